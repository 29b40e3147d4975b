//! All answers of a hall at one moment: the district's messages through the hall's own mappings, tables, ledger and queries.

use super::{Message, Simulator, Way, csv_rows, read_cells, services};
use ingest::feed::{Mapped, Mapping, RejectLog};
use ingest_feeds::{Store, StoreAddress};
use layouts::Layout;
use media::{FeedEndpoint, FeedSpec, FeedTarget, Table, Value, WallTime};
use serde_json::{Value as Json, json};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Answers to every query of `layout` at `now` (a while after the district began), as `taibai render --data` reads them. The
/// lists are in `data`; `work` is a folder for the tables. A row that does not fit and a query that fails are errors.
pub async fn data_file(
    layout: &Layout,
    data: &Path,
    work: &Path,
    seed: u64,
    now: WallTime,
) -> io::Result<String> {
    let now_ms = now.0 / 1_000_000;
    let mut district = Simulator::new(read_cells(data)?, seed, now_ms - 65_000, 1.0);
    let mut messages = district.opening();
    (1..=65).for_each(|second| messages.extend(district.until(now_ms - 65_000 + second * 1000)));
    let file = work.join("district.db");
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(work.join(format!("district.db{ending}")));
    }
    let address = StoreAddress::Sqlite { path: file };
    let store = Store::open(&address, layout.tables(), Arc::new(move || now)).await.map_err(other)?;
    for feed in layout.feeds() {
        let mapping = Mapping::new(feed, layout.tables()).map_err(other)?;
        for document in documents(feed, data, &messages, now_ms)? {
            land(&store, feed, &mapping, &document, now).await?;
        }
    }
    let mut lines = Vec::new();
    for query in layout.queries() {
        let table =
            store.ask(&query.sql, query.rows_max, query.timeout.max(std::time::Duration::from_secs(5)));
        let table = table.await.map_err(|error| other(format!("query {}: {error}", query.id)))?;
        lines.push(format!("{}: {}", json!(query.id.as_str()), answer(&table)));
    }
    store.ledger().verify().await.map_err(other)?.map_err(other)?;
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// What a feed would hear.
fn documents(feed: &FeedSpec, data: &Path, messages: &[Message], now_ms: i64) -> io::Result<Vec<Json>> {
    Ok(match &feed.endpoint {
        FeedEndpoint::File { path, .. } if path.ends_with(".csv") => {
            vec![Json::Array(csv_rows(&data.join(path))?)]
        }
        FeedEndpoint::File { path, .. } => vec![serde_json::from_slice(&std::fs::read(data.join(path))?)?],
        FeedEndpoint::Sql { query, .. } if query.contains("from counters") => {
            vec![services::counters(now_ms).into()]
        }
        FeedEndpoint::Sql { query, .. } if query.contains("from hours") => {
            vec![services::hours(now_ms).into()]
        }
        FeedEndpoint::Sql { .. } => vec![services::scores(now_ms).into()],
        FeedEndpoint::Mqtt { topic, .. } => {
            let begin = topic.trim_end_matches(['+', '#']);
            let fits = |way: &Way| matches!(way, Way::Topic(name) if name == topic || (begin != topic && name.starts_with(begin)));
            messages.iter().filter(|message| fits(&message.way)).map(|message| message.body.clone()).collect()
        }
        FeedEndpoint::Webhook { .. } => {
            let fits = |way: &Way| matches!(way, Way::Hook(name) if *name == feed.id.as_str());
            messages.iter().filter(|message| fits(&message.way)).map(|message| message.body.clone()).collect()
        }
        FeedEndpoint::Push { .. } | FeedEndpoint::Http { .. } => Vec::new(),
    })
}

async fn land(
    store: &Store,
    feed: &FeedSpec,
    mapping: &Mapping,
    document: &Json,
    now: WallTime,
) -> io::Result<()> {
    let mut rejects = RejectLog::default();
    let mapped = mapping.map(document, now, &mut rejects);
    if let Some(reject) = rejects.last().next() {
        return Err(other(format!("feed {}: {reject:?}", feed.id)));
    }
    match (mapped, &feed.target) {
        (Mapped::Rows(rows), FeedTarget::Table { table, .. }) => {
            store.upsert(table, rows, now).await.map_err(other)?;
        }
        (Mapped::Events(inputs), _) => {
            for outcome in store.ledger().take(inputs, feed.id.as_str()).await.map_err(other)? {
                outcome.map_err(|error| other(format!("feed {}: {error}", feed.id)))?;
            }
        }
        (Mapped::Rows(_), FeedTarget::Events { .. }) => {}
    }
    Ok(())
}

/// One answer on one line.
fn answer(table: &Table) -> Json {
    let is_time = |at: usize| table.rows().iter().any(|row| matches!(row.get(at), Some(Value::Time(_))));
    let names = table.columns().iter().enumerate();
    let columns: Vec<String> =
        names.map(|(at, name)| if is_time(at) { format!("{name} time") } else { name.to_string() }).collect();
    let value = |value: &Value| match value {
        Value::Null => Json::Null,
        Value::Flag(flag) => json!(flag),
        Value::Integer(number) => json!(number),
        Value::Real(number) => json!(number.get()),
        Value::Text(text) => json!(&**text),
        Value::Time(time) => json!(time.0 as f64 / 1e9),
    };
    let rows: Vec<Vec<Json>> = table.rows().iter().map(|row| row.iter().map(value).collect()).collect();
    json!({ "columns": columns, "rows": rows, "promise_s": 3600 })
}
