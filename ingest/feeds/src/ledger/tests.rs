//! Histories that are told, altered and proven.

use super::{EventError, VerifyError};
use crate::store::{Store, StoreAddress};
use ingest::feed::EventInput;
use media::{DUE_AFTER, EVENT_STATES, EventReport, EventState, Value, WallTime};
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("taibai-ledger-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    async fn store(&self) -> Store {
        let address = StoreAddress::Sqlite { path: self.0.join("tables.sqlite") };
        Store::open(&address, &[], Arc::new(|| WallTime(5))).await.unwrap()
    }

    async fn raw(&self) -> SqliteConnection {
        SqliteConnection::connect(self.0.join("tables.sqlite").to_str().unwrap()).await.unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn report(id: &str) -> EventInput {
    let report = EventReport {
        id: id.into(),
        network: "警务".into(),
        domain: String::new(),
        place: String::new(),
        lon_lat: Some([0.1 + 0.2, -1e-7]),
        kind: String::new(),
        severity: 1,
        title: "t\"\n人".into(),
        title_en: "t\"\nman".into(),
        photo: String::new(),
        reported: WallTime(1),
        due: WallTime(1) + DUE_AFTER,
    };
    EventInput::Report { report: Box::new(report), by: "a".into() }
}

fn advance(id: &str, to: EventState, at: i64) -> EventInput {
    EventInput::Advance { id: id.into(), to, by: "b".into(), at: WallTime(at) }
}

async fn sql(connection: &mut SqliteConnection, text: &str) -> Result<u64, String> {
    let done = connection.execute(sqlx::raw_sql(AssertSqlSafe(text.to_owned()))).await;
    done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
}

/// Random histories, a hundred in each batch, told to a ledger and to a model in which an event may go from its last state to
/// another where `may` says so.
async fn told(name: &str, batches: u64, may: fn(usize, usize) -> bool) {
    let folder = Folder::new(name);
    let store = folder.store().await;
    let ledger = store.ledger();
    let mut seed = 20_261_101u64;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    // What each event may have done, kept by a model of five lines that knows nothing of the ledger.
    let mut model: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let (mut added, mut refused) = (0u64, 0u64);
    for batch in 0..batches {
        let (mut inputs, mut expected) = (Vec::new(), Vec::new());
        // A hundred histories in each batch, all mixed; at last each is reported, if it was not before.
        for n in 0..900 {
            let within = if n < 800 { random(100) } else { n as u64 - 800 };
            let id = format!("e{}", batch * 100 + within);
            let known = model.get_mut(&id);
            if n >= 800 || random(4) == 0 {
                inputs.push(report(&id));
                expected.push(Ok(known.is_none()));
                model.entry(id).or_insert_with(|| vec![0]);
                continue;
            }
            let to = random(5) as usize;
            inputs.push(advance(&id, EVENT_STATES[to], n));
            expected.push(match known {
                None => Err(()),
                Some(path) if path.contains(&to) => Ok(false),
                Some(path) if may(*path.last().unwrap(), to) => {
                    path.push(to);
                    Ok(true)
                }
                Some(_) => Err(()),
            });
        }
        let outcomes = ledger.take(inputs, "feed").await.unwrap();
        added += outcomes.iter().filter(|outcome| **outcome == Ok(true)).count() as u64;
        refused += outcomes.iter().filter(|outcome| outcome.is_err()).count() as u64;
        let outcomes: Vec<Result<bool, ()>> =
            outcomes.into_iter().map(|outcome| outcome.map_err(|_: EventError| ())).collect();
        assert_eq!(outcomes, expected, "the ledger and its model differ");
    }
    let histories = batches * 100;
    assert_eq!(model.len() as u64, histories);
    assert!(added > histories * 3 / 2 && refused > histories, "{added} {refused}");
    let columns = "SELECT id, state, reported, verified, dispatched, handled, closed FROM events";
    let rows = store.ask(columns, 100_000, Duration::from_secs(10)).await.unwrap();
    assert_eq!(rows.rows().len(), model.len());
    for row in rows.rows() {
        let path = &model[row[0].text().unwrap()];
        assert_eq!(row[1].text(), Some(EVENT_STATES[*path.last().unwrap()].as_str()));
        let reached: Vec<usize> = (0..5).filter(|at| row[2 + at] != Value::Null).collect();
        assert_eq!(&reached, path);
    }
    let verified = ledger.verify().await.unwrap().unwrap();
    assert_eq!((verified.records, verified.events), (added, model.len() as u64));
    println!("ledger: {histories} histories, {added} steps taken, {refused} refused, all records verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_random_histories_never_reach_an_illegal_state() {
    told("histories", 100, |last, to| to == last + 1 || (to == 4 && last != 4)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "the ledger and its model differ")]
async fn a_planted_ledger_that_takes_every_step_is_found() {
    told("planted-histories", 1, |_, _| true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_single_altered_or_missing_record_is_named() {
    let folder = Folder::new("altered");
    let store = folder.store().await;
    let ledger = store.ledger();
    let mut inputs = Vec::new();
    for n in 0..8 {
        let id = format!("e{n}");
        inputs.push(report(&id));
        inputs.extend(EVENT_STATES.into_iter().skip(1).map(|state| advance(&id, state, 7)));
    }
    ledger.take(inputs, "feed").await.unwrap();
    let whole = ledger.verify().await.unwrap().unwrap();
    assert_eq!(whole.records, 40);
    let mut raw = folder.raw().await;
    for guarded in [
        "UPDATE ledger SET at = 1",
        "DELETE FROM ledger",
        "INSERT INTO ledger VALUES (90, 1, '', '', '')",
        "INSERT OR REPLACE INTO ledger SELECT sequence, at, 'x', what, hash FROM ledger LIMIT 1",
    ] {
        assert!(sql(&mut raw, guarded).await.is_err_and(|why| why.contains("append-only")), "{guarded}");
    }
    let guards = "DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete; DROP TRIGGER ledger_in_order; \
                  CREATE TABLE copy AS SELECT * FROM ledger";
    sql(&mut raw, guards).await.unwrap();
    for sequence in 1..=40 {
        let place = format!("WHERE sequence = {sequence}");
        for change in [
            "at = at + 1",
            "by = by || ' '",
            "what = replace(what, 'e', 'E')",
            "what = what || ' '",
            "hash = upper(hash) || ''",
        ] {
            let changed = sql(&mut raw, &format!("UPDATE ledger SET {change} {place}")).await.unwrap();
            assert_eq!(changed, 1);
            let found = ledger.verify().await.unwrap();
            assert_eq!(found, Err(VerifyError::Altered { sequence }), "{change}");
            sql(
                &mut raw,
                &format!("DELETE FROM ledger {place}; INSERT INTO ledger SELECT * FROM copy {place}"),
            )
            .await
            .unwrap();
        }
        sql(&mut raw, &format!("DELETE FROM ledger {place}")).await.unwrap();
        assert_eq!(ledger.verify().await.unwrap(), Err(VerifyError::Missing { sequence }));
        sql(&mut raw, &format!("INSERT INTO ledger SELECT * FROM copy {place}")).await.unwrap();
    }
    assert_eq!(ledger.verify().await.unwrap(), Ok(whole));
    sql(&mut raw, "UPDATE events SET state = 'reported' WHERE id = 'e3'").await.unwrap();
    assert_eq!(ledger.verify().await.unwrap(), Err(VerifyError::Event { id: "e3".into() }));
    sql(&mut raw, "UPDATE events SET state = 'closed' WHERE id = 'e3'; DELETE FROM events WHERE id = 'e5'")
        .await
        .unwrap();
    assert_eq!(ledger.verify().await.unwrap(), Err(VerifyError::Event { id: "e5".into() }));
    // Taken off the end while nobody looks: the end was written down.
    sql(&mut raw, "DELETE FROM ledger WHERE sequence > 38").await.unwrap();
    drop((ledger, store));
    let store = folder.store().await;
    assert_eq!(store.ledger().verify().await.unwrap(), Err(VerifyError::Missing { sequence: 39 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_from_before_events_had_a_second_title_goes_on() {
    let folder = Folder::new("one-title");
    let store = folder.store().await;
    let EventInput::Report { report: mut old, by } = report("old") else { panic!() };
    old.title_en.clear();
    let text = super::record::What::Report(old.clone()).to_text();
    assert!(!text.contains("title_en"), "its record is that of the program before");
    store.ledger().take(vec![EventInput::Report { report: old, by }], "feed").await.unwrap();
    drop(store);
    let mut raw = folder.raw().await;
    sql(&mut raw, "ALTER TABLE events DROP COLUMN title_en").await.unwrap();
    for round in 0..2 {
        let store = folder.store().await;
        let input = vec![report(&format!("new-{round}")), advance("old", EVENT_STATES[1], 3)];
        let outcomes = store.ledger().take(input, "feed").await.unwrap();
        assert_eq!(outcomes, [Ok(true), Ok(round == 0)]);
        assert!(store.ledger().verify().await.unwrap().is_ok());
        let asked =
            store.ask("SELECT title_en FROM events ORDER BY id", 10, Duration::from_secs(5)).await.unwrap();
        let titles: Vec<Option<&str>> = asked.rows().iter().map(|row| row[0].text()).collect();
        assert_eq!(titles[0], Some("t\"\nman"));
        assert_eq!(titles.last(), Some(&Some("")), "what was written again has an empty one");
    }
}
