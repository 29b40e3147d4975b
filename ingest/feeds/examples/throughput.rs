//! How many rows a second go through mapping and store on this machine, and what that costs in CPU time:
//! `cargo run --release -p ingest-feeds --example throughput -- [SECONDS] [ROWS A SECOND]`.

use ingest_feeds::{Feeds, FeedsSettings, Store, StoreAddress};
use media::{
    ColumnKind, ColumnSpec, FeedEndpoint, FeedId, FeedSpec, FeedTarget, TableId, TableSpec, WallTime,
};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn memory_mib() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split_whitespace().nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) / 256.0
}

fn message(table: u64, begin: u64, rows: u64) -> bytes::Bytes {
    let mut text = String::from("{\"list\":[");
    for n in begin..begin + rows {
        let key = n.wrapping_mul(2_654_435_761) % 15_000;
        let comma = if n == begin { "" } else { "," };
        let _ = write!(
            text,
            "{comma}{{\"id\":\"c-{key}\",\"v\":{},\"n\":{n},\"name\":\"部件 {key}\",\"open\":{},\"table\":{table}}}",
            n as f64 / 7.0,
            n % 2 == 0
        );
    }
    text.push_str("]}");
    text.into()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (seconds, per_s) = (arguments.next().unwrap_or(10), arguments.next().unwrap_or(5000));
    let folder = std::env::temp_dir().join(format!("taibai-throughput-{}", std::process::id()));
    let columns = [
        ("id", ColumnKind::Text),
        ("v", ColumnKind::Real),
        ("n", ColumnKind::Integer),
        ("name", ColumnKind::Text),
        ("open", ColumnKind::Flag),
    ];
    let columns: Vec<ColumnSpec> =
        columns.map(|(name, kind)| ColumnSpec { name: name.into(), kind, optional: false }).into();
    let (mut tables, mut specs) = (Vec::new(), Vec::new());
    for name in ["a", "b", "c"] {
        let id = TableId::new(name)?;
        let (key, keep) = (vec!["id".to_owned()], Some(Duration::from_secs(3600)));
        tables.push(TableSpec { id: id.clone(), columns: columns.clone(), key, keep, rows_max: 100_000 });
        specs.push(FeedSpec {
            id: FeedId::new(name)?,
            endpoint: FeedEndpoint::Push { by: Vec::new() },
            rows: Some("doc.list".into()),
            target: FeedTarget::Table { table: id, columns: vec![] },
            promise: Duration::from_secs(5),
        });
    }
    let clock =
        || WallTime(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64));
    let address = StoreAddress::Sqlite { path: folder.join("tables.sqlite") };
    let store = Store::open(&address, &tables, Arc::new(clock)).await?;
    let settings =
        FeedsSettings { data_folder: folder.clone(), instance: "bench".into(), seed: 1, authorities: vec![] };
    let feeds = Feeds::start(&specs, store.clone(), Arc::new(|_| None), settings).await?;

    let (begin, cpu, mut late, mut sent) = (Instant::now(), cpu_s(), Duration::ZERO, 0);
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    for round in 0..seconds * 20 {
        tick.tick().await;
        let rows = per_s / 60;
        let pushed = Instant::now();
        for (table, spec) in specs.iter().enumerate() {
            let landed = feeds.push(&spec.id, message(table as u64, round * rows, rows)).await?;
            sent += landed.rows;
        }
        late = late.max(pushed.elapsed());
    }
    let (took, used) = (begin.elapsed().as_secs_f64(), cpu_s() - cpu);
    println!(
        "paced: {sent} rows in {took:.1} s = {:.0} rows/s, CPU {used:.2} s = {:.0} % of a core, slowest round {late:?}, memory {:.0} MiB",
        sent as f64 / took,
        used / took * 100.0,
        memory_mib()
    );

    let (begin, cpu, mut sent) = (Instant::now(), cpu_s(), 0);
    while begin.elapsed() < Duration::from_secs(3) {
        sent += feeds.push(&specs[0].id, message(0, sent as u64, 500)).await?.rows;
    }
    let (took, used) = (begin.elapsed().as_secs_f64(), cpu_s() - cpu);
    println!("flat out: {:.0} rows/s, {:.0} rows per CPU second", sent as f64 / took, sent as f64 / used);
    feeds.stop().await;
    drop((feeds, store));
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
