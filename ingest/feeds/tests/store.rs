//! The store on both databases: what goes in comes out once, times and limits hold, a killed database comes back.

mod common;

use common::{Folder, Postgres, ask, integer, system_clock, table, table_id};
use ingest_feeds::{Change, QueryError, Store, StoreAddress, StoreError};
use media::{DUE_AFTER, EventReport, EventState, Real, TableSpec, Value, WallTime};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

const S: i64 = 1_000_000_000;
const T0: i64 = 1_800_000_000 * S;

fn tables() -> Vec<TableSpec> {
    let mut short = table("short", "id integer, at time?, v real?, open flag?, name text?");
    short.keep = Some(Duration::from_secs(60));
    let mut few = table("few", "id integer");
    few.rows_max = 10;
    vec![short, few, table("people", "id text, n integer, seen time?")]
}

fn time(s: i64) -> Value {
    Value::Time(WallTime(T0 + s * S))
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn report(id: &str) -> EventReport {
    EventReport {
        id: id.into(),
        network: "城管".into(),
        domain: "order".into(),
        place: "a/b".into(),
        lon_lat: Some([120.5, 30.25]),
        kind: "parking".into(),
        severity: 2,
        title: "占道停车".into(),
        title_en: String::new(),
        photo: String::new(),
        reported: WallTime(T0),
        due: WallTime(T0) + DUE_AFTER,
    }
}

/// All that both databases must do alike.
async fn behaves(address: &StoreAddress) {
    let now = Arc::new(AtomicI64::new(T0));
    let clock = now.clone();
    let store = Store::open(address, &tables(), Arc::new(move || WallTime(clock.load(Ordering::Relaxed))))
        .await
        .unwrap();
    let short = table_id("short");
    let row = |id: i64, at: Value, v: f64| {
        vec![
            Value::Integer(id),
            at,
            Value::Real(Real::new(v).unwrap()),
            Value::Flag(id % 2 == 0),
            text("东门"),
        ]
    };
    let mut changes = store.changes();

    // Duplicates land once, the newest wins in any order, a row without a time replaces none that has one.
    let rows = vec![row(1, time(5), 1.5), row(1, time(4), 9.0), row(2, time(1), 2.0), row(1, time(5), 1.25)];
    store.upsert(&short, rows.clone(), store.now()).await.unwrap();
    store.upsert(&short, rows, store.now()).await.unwrap();
    store.upsert(&short, vec![row(1, time(3), 7.0), row(2, Value::Null, 8.0)], store.now()).await.unwrap();
    let got = ask(&store, "SELECT * FROM short ORDER BY id").await;
    assert_eq!(got, [row(1, time(5), 1.25), row(2, time(1), 2.0)]);
    assert!(matches!(changes.recv().await.unwrap(), Change::Rows { rows, .. } if rows.len() == 2));
    assert_eq!(store.revisions().borrow().get("short"), Some(&3));
    assert_eq!(store.last_came(&short).await.unwrap(), Some(WallTime(T0)));

    // Times are times, whether they come from a column, under another name, or computed under a column's name.
    let got = ask(&store, "SELECT at AS later, max(at) AS at, count(*) AS n, sum(id) AS ids, avg(id) AS mean, (:now - at) / 1000000000 AS age_s FROM short WHERE open = true GROUP BY at").await;
    let two = Value::Real(Real::new(2.0).unwrap());
    assert_eq!(got, [[time(1), time(1), Value::Integer(1), Value::Integer(2), two, Value::Integer(-1)]]);
    assert_eq!(ask(&store, "SELECT name FROM short WHERE open AND id > 100").await, Vec::<Vec<Value>>::new());
    let empty =
        store.ask("SELECT id AS x, name FROM short WHERE id < 0", 5, Duration::from_secs(1)).await.unwrap();
    assert_eq!(empty.columns().iter().map(|name| &**name).collect::<Vec<_>>(), ["x", "name"]);

    // Rows grow old, and the oldest leave where there are too many.
    now.store(T0 + 61 * S, Ordering::Relaxed);
    store.prune().await.unwrap();
    assert_eq!(integer(&store, "SELECT count(*) FROM short").await, 0);
    for n in 0..5 {
        let rows = (0..6).map(|m| vec![Value::Integer(n * 6 + m)]).collect();
        store.upsert(&table_id("few"), rows, WallTime(T0 + n)).await.unwrap();
    }
    assert_eq!(integer(&store, "SELECT count(*) FROM few").await, 10);
    assert_eq!(integer(&store, "SELECT min(id) FROM few WHERE id >= 24").await, 24);

    // What cannot be is refused and harms nothing.
    assert!(matches!(
        store.upsert(&short, vec![vec![Value::Null]], store.now()).await,
        Err(StoreError::BadRow(_))
    ));
    assert!(matches!(
        store.upsert(&table_id("none"), vec![], store.now()).await,
        Err(StoreError::NoTable(_))
    ));
    refuses(&store).await;
    events(&store).await;
}

async fn refuses(store: &Store) {
    let ask = async |sql: &str, rows_max| store.ask(sql, rows_max, Duration::from_millis(300)).await;
    let begin = Instant::now();
    let endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t";
    assert_eq!(ask(endless, 10).await, Err(QueryError::OutOfTime { ms: 300 }));
    assert!(begin.elapsed() < Duration::from_secs(3));
    let many = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t";
    assert_eq!(ask(many, 10).await, Err(QueryError::TooManyRows { rows_max: 10 }));
    let large = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 60) SELECT replace('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'x', replace('yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy', 'y', replace('zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 'z', 'x'))) FROM t";
    assert_eq!(ask(large, 100).await, Err(QueryError::TooLarge));
    for bad in ["SELECT * FROM nowhere", "SELECT FROM WHERE", "SELECT nosuch FROM people", "SELECT :who"] {
        assert!(matches!(ask(bad, 10).await, Err(QueryError::Sql(why)) if !why.is_empty()), "{bad}");
    }
    for writing in ["DELETE FROM people", "SELECT 1; DELETE FROM people"] {
        assert_eq!(ask(writing, 10).await, Err(QueryError::NotReading), "{writing}");
    }
    // Begins like a query, but writes: the connection itself refuses.
    let sneaky = "WITH x AS (SELECT 1) DELETE FROM people";
    assert!(matches!(ask(sneaky, 10).await, Err(QueryError::Sql(_))));
    assert_eq!(ask("SELECT 1 AS one", 10).await.unwrap().get(0, "one"), Some(&Value::Integer(1)));
}

async fn events(store: &Store) {
    let ledger = store.ledger();
    assert_eq!(ledger.report(report("e1"), "网格员").await, Ok(true));
    assert_eq!(ledger.report(report("e1"), "网格员").await, Ok(false));
    let at = |s: i64| WallTime(T0 + s * S);
    assert_eq!(ledger.advance("e1", EventState::Verified, "a", at(1)).await, Ok(true));
    assert_eq!(ledger.advance("e1", EventState::Verified, "b", at(2)).await, Ok(false));
    let illegal = ledger.advance("e1", EventState::Handled, "a", at(2)).await.unwrap_err();
    assert_eq!(illegal.to_string(), "event e1 is verified; it cannot become handled");
    assert_eq!(illegal.chinese(), "事件 e1 处于“已核实”，不能变为“已处置”");
    assert!(ledger.advance("e2", EventState::Verified, "a", at(2)).await.is_err());
    ledger.note("e1", "已电话核实", "a").await.unwrap();
    assert_eq!(ledger.advance("e1", EventState::Closed, "c", at(3)).await, Ok(true));
    let got = ask(
        store,
        "SELECT id, network, lon, severity, state, reported, verified, dispatched, closed, by, due FROM events",
    )
    .await;
    let lon = Value::Real(Real::new(120.5).unwrap());
    assert_eq!(
        got,
        [[
            text("e1"),
            text("城管"),
            lon,
            Value::Integer(2),
            text("closed"),
            time(0),
            time(1),
            Value::Null,
            time(3),
            text("c"),
            time(600)
        ]]
    );
    let verified = ledger.verify().await.unwrap().unwrap();
    assert_eq!((verified.records, verified.events), (4, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_tables_and_events() {
    let folder = Folder::new("store");
    let address = StoreAddress::Sqlite { path: folder.0.join("deep/er/tables.sqlite") };
    behaves(&address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_tables_and_events() {
    let folder = Folder::new("store");
    let postgres = Postgres::start(&folder);
    let address = postgres.address();
    behaves(&address).await;
    let StoreAddress::Postgres { host, port, database, tls, .. } = address else { unreachable!() };
    let credential = Some(media::Credential { user: "taibai".into(), password: "wr0ng-one".into() });
    let wrong = StoreAddress::Postgres { host, port, database, tls, credential };
    let error = Store::open(&wrong, &tables(), system_clock()).await.err().unwrap();
    assert!(!format!("{error} {error:?} {wrong:?}").contains("wr0ng-one"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgresql_takes_everything_again_once_it_is_back() {
    let folder = Folder::new("store");
    let mut postgres = Postgres::start(&folder);
    let store = Store::open(&postgres.address(), &tables(), system_clock()).await.unwrap();
    let few = table_id("few");
    store.upsert(&few, vec![vec![Value::Integer(1)]], store.now()).await.unwrap();
    store.ledger().report(report("e1"), "a").await.unwrap();
    assert_eq!(integer(&store, "SELECT count(*) FROM few").await, 1);
    postgres.down();
    let refused = store.upsert(&few, vec![vec![Value::Integer(2)]], store.now()).await;
    assert!(matches!(&refused, Err(error) if error.is_passing()), "{refused:?}");
    let asked = store.ask("SELECT count(*) FROM few", 1, Duration::from_secs(1)).await;
    assert!(matches!(asked, Err(QueryError::Unreachable(_))), "{asked:?}");
    postgres.up();
    common::until("the row lands", async || {
        store.upsert(&few, vec![vec![Value::Integer(2)]], store.now()).await.is_ok()
    })
    .await;
    common::until("it answers", async || store.ask("SELECT 1", 1, Duration::from_secs(1)).await.is_ok())
        .await;
    assert_eq!(integer(&store, "SELECT count(*) FROM few").await, 2);
    assert_eq!(store.ledger().advance("e1", EventState::Verified, "a", store.now()).await, Ok(true));
    assert_eq!(store.ledger().verify().await.unwrap().unwrap().records, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_has_become_another_is_made_anew_and_the_others_stay() {
    let folder = Folder::new("store");
    let address = StoreAddress::Sqlite { path: folder.0.join("tables.sqlite") };
    let one = [table("a", "id integer"), table("b", "id integer")];
    let store = Store::open(&address, &one, system_clock()).await.unwrap();
    for name in ["a", "b"] {
        store.upsert(&table_id(name), vec![vec![Value::Integer(1)]], store.now()).await.unwrap();
    }
    store.ledger().report(report("e1"), "a").await.unwrap();
    drop(store);
    let two = [table("a", "id integer, name text?"), table("b", "id integer")];
    let store = Store::open(&address, &two, system_clock()).await.unwrap();
    assert_eq!(integer(&store, "SELECT count(*) FROM a").await, 0);
    assert_eq!(integer(&store, "SELECT count(*) FROM b").await, 1);
    assert_eq!(integer(&store, "SELECT count(*) FROM events").await, 1);
    for (name, columns) in
        [("events", "id integer"), ("x", "Id integer"), ("pg_x", "id integer"), ("9", "id integer")]
    {
        let bad = Store::open(&address, &[table(name, columns)], system_clock()).await;
        assert!(matches!(bad.err(), Some(StoreError::BadTable { .. })), "{name}");
    }
}
