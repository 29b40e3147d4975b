//! `taibai feed`, `events`, `alarms`, `acknowledge`, `tour` and `log`: words about data, events and rules to a running controller.

use super::operate::{ask, order, post};
use super::show::runtime;
use crate::cli::{
    AcknowledgeArgs, AlarmsArgs, EventsAdvanceArgs, EventsCommand, EventsListArgs, EventsReportArgs,
    EventsVerifyArgs, FeedCommand, FeedPushArgs, LogArgs, TourArgs, TourCommand,
};
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use controller::{
    AlarmLine, EventLine, FeedLine, HallStatus, LogLine, Pushed, Taken, store_file, time_of_day,
};
use ingest_feeds::{Store, StoreAddress};
use ingest_feeds_client::{Landed, Pusher};
use media::{FeedId, TourId, WallTime};
use serde::Serialize;
use std::io::BufRead;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// Lines that are pushed together, and the bytes from which on no more are added; a message has at most 4 MiB.
const BATCH_MAX: usize = 500;
const BATCH_BYTES_MAX: usize = 1 << 20;

/// Pushes rows, or says how the feeds are.
pub fn feed(command: &FeedCommand) -> Result<(), Failure> {
    match command {
        FeedCommand::Push(args) => push(args),
        FeedCommand::List(args) => list_feeds(args),
    }
}

fn push(args: &FeedPushArgs) -> Result<(), Failure> {
    let feed = FeedId::new(&args.feed).map_err(|why| Failure::Usage(format!("{:?}: {why}", args.feed)))?;
    if let Some(address) = &args.quic {
        return push_over_quic(address, &args.state, &feed);
    }
    let token = args.token_file.as_deref().map(read_token).transpose()?;
    let (mut batch, mut lines, mut sum) = (Vec::new(), 0, Pushed { rows: 0, rejected: 0 });
    let mut send = |batch: &mut Vec<u8>| -> Result<(), Failure> {
        let path = format!("/v1/feeds/{feed}");
        let pushed: Pushed = post(args.http, &path, "application/x-ndjson", token.as_deref(), batch)?;
        batch.clear();
        sum.rows += pushed.rows;
        sum.rejected += pushed.rejected;
        Ok(())
    };
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.context("standard input cannot be read")?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        if !batch.is_empty() && batch.len() + line.len() > BATCH_BYTES_MAX {
            send(&mut batch)?;
            lines = 0;
        }
        batch.extend(line);
        batch.push(b'\n');
        lines += 1;
        if lines == BATCH_MAX {
            send(&mut batch)?;
            lines = 0;
        }
    }
    if !batch.is_empty() {
        send(&mut batch)?;
    }
    println!("{} rows have landed in {feed}, {} did not fit", sum.rows, sum.rejected);
    Ok(())
}

/// The lines of standard input, as they come: what waits in the pipe travels together, and a line that comes alone goes at once.
fn push_over_quic(address: &str, state: &Path, feed: &FeedId) -> Result<(), Failure> {
    let mut pusher = Pusher::open(address, state)?;
    let (sender, lines) = std::sync::mpsc::sync_channel(BATCH_MAX);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().split(b'\n') {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut sum = Landed::default();
    let runtime = runtime()?;
    while let Ok(first) = lines.recv() {
        let more = std::iter::once(first).chain(lines.try_iter().take(BATCH_MAX - 1));
        let batch: Vec<_> = more.collect::<Result<_, _>>().context("standard input cannot be read")?;
        let batch = batch.into_iter().filter(|line: &Vec<u8>| !line.trim_ascii().is_empty());
        let Landed { rows, rejected } = runtime.block_on(pusher.push(feed, batch))?;
        sum.rows += rows;
        sum.rejected += rejected;
    }
    runtime.block_on(pusher.close());
    println!("{} rows have landed in {feed}, {} did not fit", sum.rows, sum.rejected);
    Ok(())
}

/// The contents of a file that only its owner can read.
pub fn read_token(path: &Path) -> Result<String, Failure> {
    use std::os::unix::fs::PermissionsExt;
    let about = || format!("the file {}", path.display());
    if std::fs::metadata(path).with_context(about)?.permissions().mode() & 0o077 != 0 {
        let path = path.display();
        return Err(Failure::Usage(format!(
            "the file {path} can be read by other users; run: chmod 600 {path}"
        )));
    }
    Ok(std::fs::read_to_string(path).with_context(about)?.trim().to_owned())
}

fn list_feeds(args: &AlarmsArgs) -> Result<(), Failure> {
    let feeds: Vec<FeedLine> = ask(args.http, "/v1/feeds")?;
    if args.json {
        return print_json(&feeds);
    }
    let offset = offset_s(args.http)?;
    println!("{:<24} {:<9} {:>9} {:>10} {:>9}", "feed", "heard", "messages", "rows", "rejected");
    for feed in &feeds {
        let heard = feed.heard.map_or("never".to_owned(), |heard| time_of_day(heard, offset));
        println!(
            "{:<24} {heard:<9} {:>9} {:>10} {:>9}",
            feed.feed.as_str(),
            feed.messages,
            feed.rows,
            feed.rejected
        );
        if let Some(fault) = &feed.fault {
            println!("     {} / {}", fault.zh, fault.en);
        }
        for reject in feed.rejects.iter().rev().take(3) {
            println!("     {} {}: {}", time_of_day(reject.at, offset), reject.why.en, reject.copy);
        }
    }
    Ok(())
}

/// The hall's time of day minus UTC.
pub fn offset_s(http: SocketAddr) -> Result<i32, Failure> {
    Ok(ask::<HallStatus>(http, "/v1/status")?.utc_offset_s)
}

/// Prints JSON for programs.
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// What is asked of the events.
pub fn events(command: &EventsCommand) -> Result<(), Failure> {
    match command {
        EventsCommand::Verify(args) => verify(args),
        EventsCommand::List(args) => list(args),
        EventsCommand::Report(args) => report(args),
        EventsCommand::Advance(args) => advance(args),
    }
}

fn verify(args: &EventsVerifyArgs) -> Result<(), Failure> {
    let (records, events, hash) = match &args.state {
        None => {
            let good: serde_json::Value = match order(args.http, "/v1/events/verify") {
                // An altered ledger is a finding, not a wrong command line.
                Err(Failure::Usage(message)) => return Err(anyhow!(message).into()),
                other => other?,
            };
            let number = |key: &str| good.get(key).and_then(serde_json::Value::as_u64).unwrap_or_default();
            let hash = good.get("hash").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
            (number("records"), number("events"), hash)
        }
        Some(state) => {
            let path = store_file(state);
            if !path.is_file() {
                return Err(Failure::Usage(format!("there is no store {}", path.display())));
            }
            let good = runtime()?.block_on(async {
                let store =
                    Store::open(&StoreAddress::Sqlite { path }, &[], Arc::new(|| WallTime(0))).await?;
                anyhow::Ok(store.ledger().verify().await?)
            })?;
            let good = good.map_err(|error| anyhow!("{error} / {}", error.chinese()))?;
            (good.records, good.events, good.hash)
        }
    };
    println!("the ledger is whole: {records} records of {events} events, last hash {hash}");
    Ok(())
}

fn list(args: &EventsListArgs) -> Result<(), Failure> {
    let only = args.only.as_deref().map(|state| {
        let plain = state.chars().all(|c| c.is_ascii_lowercase());
        if plain {
            Ok(format!("?state={state}"))
        } else {
            Err(Failure::Usage(format!("there is no state {state:?}")))
        }
    });
    let events: Vec<EventLine> =
        ask(args.http, &format!("/v1/events{}", only.transpose()?.unwrap_or_default()))?;
    if args.json {
        return print_json(&events);
    }
    let offset = offset_s(args.http)?;
    for event in &events {
        let (reported, due) = (time_of_day(event.reported, offset), time_of_day(event.due, offset));
        println!(
            "{:<20} {:<10} {} {reported} due {due}  {} {}",
            event.id, event.state, event.severity, event.place, event.title
        );
    }
    Ok(())
}

fn report(args: &EventsReportArgs) -> Result<(), Failure> {
    let EventsReportArgs { id, kind, title, severity, place, lon, lat, network, domain, by, http } = args;
    let form = serde_json::json!({
        "id": id, "kind": kind, "title": title, "severity": severity, "place": place, "lon": lon, "lat": lat,
        "network": network, "domain": domain, "by": by,
    });
    let taken: Taken = post(*http, "/v1/events", "application/json", None, form.to_string().as_bytes())?;
    println!(
        "{}",
        if taken.added { "reported" } else { "an event of that id is there already; nothing was changed" }
    );
    Ok(())
}

fn advance(args: &EventsAdvanceArgs) -> Result<(), Failure> {
    let form = serde_json::json!({ "state": args.to, "by": args.by });
    let path = format!("/v1/events/{}/state", encoded(&args.id));
    let taken: Taken = post(args.http, &path, "application/json", None, form.to_string().as_bytes())?;
    println!("{}", if taken.added { "done" } else { "it has been in that state already" });
    Ok(())
}

/// Text as a part of a path or a query.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn by(who: Option<&str>) -> String {
    who.map(|who| format!("?by={}", encoded(who))).unwrap_or_default()
}

/// Says which alarms are due.
pub fn alarms(args: &AlarmsArgs) -> Result<(), Failure> {
    let alarms: Vec<AlarmLine> = ask(args.http, "/v1/alarms")?;
    if args.json {
        return print_json(&alarms);
    }
    let offset = offset_s(args.http)?;
    for alarm in &alarms {
        let seen: Vec<&str> = alarm.seen_on.iter().map(media::WallId::as_str).collect();
        println!(
            "{:<6} {} {} · {} / {}  {}",
            alarm.id.to_string(),
            time_of_day(alarm.raised, offset),
            alarm.name.zh,
            alarm.words.zh,
            alarm.words.en,
            if seen.is_empty() { "covered".to_owned() } else { format!("on {}", seen.join(", ")) },
        );
    }
    if alarms.is_empty() {
        println!("no alarm is due");
    }
    Ok(())
}

/// Ends an alarm.
pub fn acknowledge(args: &AcknowledgeArgs) -> Result<(), Failure> {
    let path = format!("/v1/alarms/{}/acknowledge{}", args.alarm, by(args.by.as_deref()));
    let _: serde_json::Value = order(args.http, &path)?;
    println!("alarm {} is over", args.alarm);
    Ok(())
}

/// Holds a tour or lets it go on.
pub fn tour(command: &TourCommand) -> Result<(), Failure> {
    let (TourArgs { tour, by: who, http }, what) = match command {
        TourCommand::Pause(args) => (args, "pause"),
        TourCommand::Resume(args) => (args, "resume"),
    };
    let tour = TourId::new(tour).map_err(|why| Failure::Usage(format!("{tour:?}: {why}")))?;
    let _: serde_json::Value = order(*http, &format!("/v1/tours/{tour}/{what}{}", by(who.as_deref())))?;
    println!("tour {tour} {}", if what == "pause" { "is held" } else { "goes on" });
    Ok(())
}

/// Says why things happened.
pub fn log(args: &LogArgs) -> Result<(), Failure> {
    let after = args.after.map(|after| format!("?after={after}")).unwrap_or_default();
    let lines: Vec<LogLine> = ask(args.http, &format!("/v1/log{after}"))?;
    if args.json {
        return print_json(&lines);
    }
    let offset = offset_s(args.http)?;
    for line in &lines {
        let words = if args.english { &line.words.en } else { &line.words.zh };
        println!("{:<6} {} {:<9} {words}", line.seq, time_of_day(line.at, offset), line.what);
    }
    Ok(())
}
