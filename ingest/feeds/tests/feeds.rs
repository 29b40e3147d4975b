//! Feeds from real peers to rows: mosquitto, HTTP, PostgreSQL, files, pushes; and queries that follow.

mod common;

use bytes::Bytes;
use common::{
    Folder, Mosquitto, Postgres, ask, feed, feed_id, free_port, integer, secrets, settings, sqlite, start,
    table, until,
};
use ingest_feeds::{Asker, FOR_EVER, FeedFault, Feeds, PushError, Question, Store, same_token};
use media::{
    CredentialId, FeedEndpoint, FeedSpec, FeedTarget, FileFormat, MqttVersion, QueryId, SqlEngine, Value,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

fn good() -> Option<CredentialId> {
    Some(CredentialId::new("good").unwrap())
}

fn sensors() -> media::TableSpec {
    table("sensors", "id text, v real, name text?")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pushed_lands_and_what_does_not_fit_is_kept_with_its_reason() {
    let folder = Folder::new("feeds");
    let store = sqlite(&folder, &[sensors()]).await;
    let webhook = FeedEndpoint::Webhook { credential: good().unwrap() };
    let mut mapped = feed("hook", webhook, "sensors");
    mapped.rows = Some("doc.list".into());
    let columns =
        vec![("id".to_owned(), "row.no".to_owned()), ("v".to_owned(), "double(row.t) / 10.0".to_owned())];
    mapped.target = FeedTarget::Table { table: common::table_id("sensors"), columns };
    let feeds =
        start(&[feed("push", FeedEndpoint::Push { by: Vec::new() }, "sensors"), mapped], &store, &folder)
            .await;
    let push =
        async |text: &'static str| feeds.push(&feed_id("push"), Bytes::from_static(text.as_bytes())).await;

    assert_eq!(feeds.health()[&feed_id("push")].heard, None);
    let landed = push(r#"[{"id":"a","v":1.5},{"id":"b","v":"x"},{"id":"c"},{"v":2}]"#).await.unwrap();
    assert_eq!((landed.rows, landed.rejected), (1, 3));
    assert_eq!(push("{\"id\":\"d\",\"v\":NaN}").await.unwrap().rejected, 1);
    let health = feeds.health()[&feed_id("push")].clone();
    assert_eq!((health.messages, health.rows, health.rejected), (2, 1, 4));
    assert!(health.heard.is_some());
    let rejects = feeds.rejects(&feed_id("push"));
    assert_eq!(rejects[0].reason.to_string(), "v: \"x\" is no number");
    assert_eq!(rejects[0].reason.chinese(), "v：\"x\" 不是数字");
    assert_eq!(rejects[0].copy, r#"{"id":"b","v":"x"}"#);

    let body = Bytes::from_static(br#"{"list":[{"no":"h","t":215}]}"#);
    let hook = feed_id("hook");
    for wrong in ["", "secre", "secrets"] {
        assert_eq!(feeds.webhook(&hook, wrong, body.clone()).await, Err(PushError::WrongToken), "{wrong}");
    }
    assert_eq!(feeds.webhook(&hook, "secret", body.clone()).await.unwrap().rows, 1);
    assert!(matches!(feeds.push(&hook, body).await, Err(PushError::NoFeed(_))));
    let got = ask(&store, "SELECT id, v FROM sensors ORDER BY id").await;
    assert_eq!(got.len(), 2);
    assert_eq!(got[1][1].number(), Some(21.5));
    assert!(!same_token("", ""));
    let huge = Bytes::from(vec![b' '; (4 << 20) + 1]);
    assert_eq!(feeds.push(&feed_id("push"), huge).await, Err(PushError::TooLarge));
    feeds.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_by_feed_and_illegal_steps_are_rejected() {
    let folder = Folder::new("feeds");
    let store = sqlite(&folder, &[]).await;
    let mut spec = feed("calls", FeedEndpoint::Push { by: Vec::new() }, "unused");
    spec.target = FeedTarget::Events { fields: vec![("title".into(), "row.what".into())] };
    let feeds = start(&[spec], &store, &folder).await;
    let push = async |text: String| feeds.push(&feed_id("calls"), Bytes::from(text)).await.unwrap();
    let landed = push(r#"[{"id":"e1","what":"灯坏了","network":"城管","lon":120.1,"lat":30.2,"severity":4},{"id":"e2","what":"x","severity":9},{"id":"e1","state":"verified","by":"李"},{"id":"e1","state":"verified"},{"id":"e1","state":"handled"},{"id":"e9","state":"closed"},{"id":"e1","state":"lost"}]"#.into()).await;
    assert_eq!((landed.rows, landed.rejected), (3, 4));
    let got = ask(&store, "SELECT id, title, state, by, due - reported AS span FROM events").await;
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(
        got,
        [[text("e1"), text("灯坏了"), text("verified"), text("李"), Value::Integer(600_000_000_000)]]
    );
    let reasons: Vec<String> =
        feeds.rejects(&feed_id("calls")).iter().map(|reject| reject.reason.to_string()).collect();
    assert!(reasons.contains(&"event e1 is verified; it cannot become handled".to_owned()), "{reasons:?}");
    assert_eq!(store.ledger().verify().await.unwrap().unwrap().records, 2);
}

fn mqtt(broker: &Mosquitto, version: MqttVersion, credential: Option<CredentialId>, tls: bool) -> FeedSpec {
    let endpoint = FeedEndpoint::Mqtt {
        host: if tls { "localhost".into() } else { "127.0.0.1".into() },
        port: broker.port,
        tls,
        version,
        topic: "hall/+/v".into(),
        credential,
    };
    feed("mq", endpoint, "sensors")
}

async fn connected(feeds: &Feeds, name: &str) {
    let id = feed_id(name);
    until("the feed is connected", async || feeds.health()[&id].connected).await;
}

fn lines(range: std::ops::Range<u32>) -> String {
    range.map(|n| format!("{{\"id\":\"{n}\",\"v\":{n}}}\n")).collect()
}

async fn count(store: &Store) -> i64 {
    integer(store, "SELECT count(*) FROM sensors").await
}

/// A broker that stops, is killed, and comes back; a feed that is stopped meanwhile: all that was published arrives.
async fn nothing_is_lost(version: MqttVersion) {
    let folder = Folder::new("mqtt");
    let mut broker = Mosquitto::start(&folder, "allow_anonymous true");
    let store = sqlite(&folder, &[sensors()]).await;
    let spec = mqtt(&broker, version, None, false);
    let feeds = start(std::slice::from_ref(&spec), &store, &folder).await;
    connected(&feeds, "mq").await;
    broker.publish("hall/a/v", &lines(0..500), &[]);
    until("the first rows", async || count(&store).await == 500).await;

    // The feed is away: the broker keeps what comes.
    feeds.stop().await;
    drop(feeds);
    broker.publish("hall/b/v", &lines(500..1500), &[]);
    assert_eq!(count(&store).await, 500);
    // And the broker itself goes and comes back with what it kept.
    broker.down(false);
    let feeds = start(std::slice::from_ref(&spec), &store, &folder).await;
    until("the feed says what is wrong", async || {
        matches!(feeds.health()[&feed_id("mq")].fault, Some(FeedFault::Unreachable(_)))
    })
    .await;
    broker.up();
    until("what was kept", async || count(&store).await == 1500).await;

    // Killed while messages flow: what its store had is there, and the feed goes on.
    broker.publish("hall/c/v", &lines(1500..1600), &[]);
    broker.down(true);
    broker.up();
    connected(&feeds, "mq").await;
    broker.publish("hall/d/v", &lines(1500..2000), &[]);
    until("the rest", async || count(&store).await == 2000).await;
    assert_eq!(feeds.health()[&feed_id("mq")].rejected, 0);
    feeds.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mqtt_3_loses_nothing_that_the_broker_kept() {
    nothing_is_lost(MqttVersion::V4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mqtt_5_loses_nothing_that_the_broker_kept() {
    nothing_is_lost(MqttVersion::V5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_holds_the_broker_and_loses_nothing() {
    let folder = Folder::new("mqtt");
    let broker = Mosquitto::start(&folder, "allow_anonymous true");
    let mut postgres = Postgres::start(&folder);
    let store = Store::open(&postgres.address(), &[sensors()], common::system_clock()).await.unwrap();
    let feeds = start(&[mqtt(&broker, MqttVersion::V4, None, false)], &store, &folder).await;
    connected(&feeds, "mq").await;
    broker.publish("hall/a/v", &lines(0..100), &[]);
    until("the first rows", async || count(&store).await == 100).await;
    postgres.down();
    broker.publish("hall/a/v", &lines(100..1000), &[]);
    until("the feed says what is wrong", async || {
        matches!(feeds.health()[&feed_id("mq")].fault, Some(FeedFault::Store(_)))
    })
    .await;
    postgres.up();
    until("all rows", async || {
        store
            .ask("SELECT count(*) AS n FROM sensors", 1, Duration::from_secs(1))
            .await
            .is_ok_and(|table| table.get(0, "n") == Some(&Value::Integer(1000)))
    })
    .await;
    until("no fault", async || feeds.health()[&feed_id("mq")].fault.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mqtt_goes_over_tls_with_user_and_password_and_names_what_is_wrong() {
    let folder = Folder::new("mqtt");
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(vec![]).unwrap();
    // OpenSSL takes a certificate for self-signed when both bear one name.
    authority.distinguished_name.push(rcgen::DnType::CommonName, "the hall's authority");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &issuer).unwrap();
    let path = |name: &str| folder.0.join(name);
    std::fs::write(path("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(path("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(path("users"), "").unwrap();
    let made = std::process::Command::new("mosquitto_passwd")
        .arg("-b")
        .arg(path("users"))
        .args(["user", "secret"])
        .status()
        .unwrap();
    assert!(made.success());
    let extra = format!(
        "allow_anonymous false\npassword_file {}\ncertfile {}\nkeyfile {}",
        path("users").display(),
        path("cert.pem").display(),
        path("key.pem").display()
    );
    let broker = Mosquitto::start(&folder, &extra);
    let store = sqlite(&folder, &[sensors()]).await;
    let spec = |version| mqtt(&broker, version, good(), true);
    let fault = async |specs: FeedSpec, secrets, authorities: Vec<Vec<u8>>| {
        let settings = ingest_feeds::FeedsSettings { authorities, ..settings(&folder.0) };
        let feeds = Feeds::start(&[specs], store.clone(), secrets, settings).await.unwrap();
        until("a fault", async || feeds.health()[&feed_id("mq")].fault.is_some()).await;
        let fault = feeds.health()[&feed_id("mq")].fault.clone().unwrap();
        feeds.stop().await;
        fault
    };
    let trusted = vec![issuer_certificate.der().to_vec()];
    for version in [MqttVersion::V4, MqttVersion::V5] {
        let stranger = fault(spec(version), secrets("user", "secret"), vec![]).await;
        assert!(stranger.to_string().contains("certificate"), "{stranger}");
        let wrong = fault(spec(version), secrets("user", "wr0ng-one"), trusted.clone()).await;
        assert_eq!(wrong.to_string(), "wrong user name or password; check credential good");
        assert_eq!(wrong.chinese(), "用户名或密码错误，请检查凭据 good");
        let settings = ingest_feeds::FeedsSettings { authorities: trusted.clone(), ..settings(&folder.0) };
        let right =
            Feeds::start(&[spec(version)], store.clone(), secrets("user", "secret"), settings).await.unwrap();
        connected(&right, "mq").await;
        let ca = path("ca.pem");
        std::fs::write(&ca, issuer_certificate.pem()).unwrap();
        let number = if version == MqttVersion::V4 { 1 } else { 2 };
        let more = ["-u", "user", "-P", "secret", "--cafile", ca.to_str().unwrap(), "--insecure"];
        broker.publish("hall/a/v", &lines(number..number + 1), &more);
        until("the row", async || count(&store).await == i64::from(number)).await;
        right.stop().await;
    }
    let absent = mqtt(&broker, MqttVersion::V4, Some(CredentialId::new("absent").unwrap()), true);
    let none = fault(absent, secrets("user", "secret"), trusted).await;
    assert!(matches!(none, FeedFault::NoCredential(_)), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn http_is_polled_with_its_tag_and_its_password_and_every_fault_is_named() {
    use axum::extract::Request;
    use axum::http::{HeaderMap, StatusCode};
    use axum::response::IntoResponse;
    let folder = Folder::new("http");
    let store = sqlite(&folder, &[sensors()]).await;
    let (asked, same, broken) =
        (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let state = (asked.clone(), same.clone(), broken.clone());
    let answer = async move |headers: HeaderMap, request: Request| {
        let (asked, same, broken) = &state;
        if headers.get("authorization").is_none_or(|value| value != "Basic dXNlcjpzZWNyZXQ=") {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        if broken.load(Ordering::Relaxed) {
            return StatusCode::BAD_GATEWAY.into_response();
        }
        if request.uri().path() == "/moved" {
            return (StatusCode::FOUND, [("location", "/v?key=1")]).into_response();
        }
        if headers.get("if-none-match").is_some_and(|tag| tag == "\"one\"") {
            same.fetch_add(1, Ordering::Relaxed);
            return StatusCode::NOT_MODIFIED.into_response();
        }
        asked.fetch_add(1, Ordering::Relaxed);
        ([("etag", "\"one\"")], r#"[{"id":"a","v":1}]"#).into_response()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    let http = |name: &str, path: &str, port: u16, credential| {
        let every = Duration::from_millis(100);
        let endpoint = FeedEndpoint::Http {
            host: "127.0.0.1".into(),
            port,
            path: path.into(),
            tls: false,
            every,
            credential,
        };
        feed(name, endpoint, "sensors")
    };
    let specs = [
        http("right", "/v?key=1", port, good()),
        http("stranger", "/v", port, None),
        http("moved", "/moved", port, good()),
        http("nobody", "/v", free_port(), None),
    ];
    let feeds = start(&specs, &store, &folder).await;
    until("the row", async || count(&store).await == 1).await;
    until("answers without content", async || same.load(Ordering::Relaxed) > 2).await;
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(feeds.health()[&feed_id("right")].messages, 1);
    let fault = |name: &str| feeds.health()[&feed_id(name)].fault.clone();
    until("faults", async || ["stranger", "moved", "nobody"].iter().all(|name| fault(name).is_some())).await;
    assert_eq!(fault("stranger"), Some(FeedFault::WrongCredential(None)));
    assert_eq!(fault("moved"), Some(FeedFault::Status(302)));
    assert!(matches!(fault("nobody"), Some(FeedFault::Unreachable(_))));
    broken.store(true, Ordering::Relaxed);
    until("the server's fault", async || fault("right") == Some(FeedFault::Status(502))).await;
    broken.store(false, Ordering::Relaxed);
    until("well again", async || fault("right").is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_taken_when_they_change_and_never_from_outside() {
    let folder = Folder::new("files");
    let store = sqlite(&folder, &[sensors()]).await;
    let outside = Folder::new("outside");
    std::fs::write(outside.0.join("secret.json"), r#"{"id":"stolen","v":1}"#).unwrap();
    std::os::unix::fs::symlink(outside.0.join("secret.json"), folder.0.join("link.json")).unwrap();
    std::fs::write(folder.0.join("a.csv"), "id,v,name\n1,1.5,东门\n2,x,y\n3\n").unwrap();
    let file = |name: &str, path: &str, format| {
        feed(name, FeedEndpoint::File { path: path.into(), format }, "sensors")
    };
    let specs = [
        file("csv", "a.csv", FileFormat::Csv),
        file("json", "b.json", FileFormat::Json),
        file("link", "link.json", FileFormat::Json),
        file("up", "../x.json", FileFormat::Json),
    ];
    let feeds = start(&specs, &store, &folder).await;
    until("the line that fits", async || count(&store).await == 1).await;
    until("the lines that do not", async || feeds.health()[&feed_id("csv")].rejected == 2).await;
    let fault = |name: &str| feeds.health()[&feed_id(name)].fault.clone();
    until("faults", async || ["json", "link", "up"].iter().all(|name| fault(name).is_some())).await;
    for name in ["link", "up"] {
        assert_eq!(fault(name), Some(FeedFault::File("its path leads out of the data folder".into())));
    }
    std::fs::write(folder.0.join("b.json"), r#"[{"id":"j","v":1}]"#).unwrap();
    until("the new file", async || count(&store).await == 2).await;
    std::fs::write(folder.0.join("b.json"), r#"[{"id":"j","v":1},{"id":"k","v":2}]"#).unwrap();
    until("its change", async || count(&store).await == 3).await;
    assert_eq!(integer(&store, "SELECT count(*) FROM sensors WHERE id = 'stolen'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_are_polled_without_being_able_to_write() {
    let folder = Folder::new("sql");
    let postgres = Postgres::start(&folder);
    // Our own store makes the tables that are asked: one in PostgreSQL, one in a SQLite file.
    let spec = table("source", "id text, v real, name text?");
    let row = |id: &str| {
        vec![vec![Value::Text(id.into()), Value::Real(media::Real::new(2.5).unwrap()), Value::Null]]
    };
    let there =
        Store::open(&postgres.address(), std::slice::from_ref(&spec), common::system_clock()).await.unwrap();
    there.upsert(&common::table_id("source"), row("pg"), there.now()).await.unwrap();
    let address = ingest_feeds::StoreAddress::Sqlite { path: folder.0.join("other/source.sqlite") };
    let file = Store::open(&address, &[spec], common::system_clock()).await.unwrap();
    file.upsert(&common::table_id("source"), row("lite"), file.now()).await.unwrap();

    let store = sqlite(&folder, &[sensors()]).await;
    let sql = |name: &str, engine, query: &str, credential: Option<CredentialId>| {
        let file = engine == SqlEngine::Sqlite;
        let endpoint = FeedEndpoint::Sql {
            engine,
            host: if file { String::new() } else { "127.0.0.1".into() },
            port: if file { 0 } else { postgres.port },
            database: if file { "other/source.sqlite".into() } else { "postgres".into() },
            query: query.into(),
            every: Duration::from_millis(100),
            credential,
        };
        feed(name, endpoint, "sensors")
    };
    let typed =
        "SELECT id || '-typed' AS id, v::numeric(8,3) AS v, now()::text AS name FROM source -- all of them";
    let specs = [
        sql("pg", SqlEngine::Postgres, "SELECT id, v, name FROM source;", good()),
        sql("typed", SqlEngine::Postgres, typed, good()),
        sql("lite", SqlEngine::Sqlite, "SELECT * FROM source", None),
        sql(
            "writes",
            SqlEngine::Postgres,
            "WITH x AS (DELETE FROM source RETURNING *) SELECT * FROM x",
            good(),
        ),
        sql("stranger", SqlEngine::Postgres, "SELECT 1", Some(CredentialId::new("absent").unwrap())),
        sql("wrong", SqlEngine::Sqlite, "SELECT nothing FROM source", None),
    ];
    let feeds =
        Feeds::start(&specs, store.clone(), secrets("taibai", "secret"), settings(&folder.0)).await.unwrap();
    until("rows of both", async || count(&store).await == 3).await;
    let got = ask(&store, "SELECT id, v FROM sensors ORDER BY id").await;
    assert_eq!(got.iter().map(|row| row[0].text().unwrap()).collect::<Vec<_>>(), ["lite", "pg", "pg-typed"]);
    let fault = |name: &str| feeds.health()[&feed_id(name)].fault.clone();
    until("faults", async || ["writes", "stranger", "wrong"].iter().all(|name| fault(name).is_some())).await;
    assert!(matches!(fault("writes"), Some(FeedFault::Query(_))), "{:?}", fault("writes"));
    assert!(matches!(fault("stranger"), Some(FeedFault::NoCredential(_))));
    assert!(matches!(fault("wrong"), Some(FeedFault::Query(_))));
    assert_eq!(integer(&there, "SELECT count(*) FROM source").await, 1);
    let before = feeds.health()[&feed_id("pg")].messages;
    until("polls go on", async || feeds.health()[&feed_id("pg")].messages > before + 2).await;
    let wrong =
        Feeds::start(&specs[..1], store, secrets("taibai", "wr0ng-one"), settings(&folder.0)).await.unwrap();
    until("the wrong password is named", async || {
        wrong.health()[&feed_id("pg")].fault == Some(FeedFault::WrongCredential(good()))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_follow_their_tables_and_say_how_old_they_are() {
    let folder = Folder::new("asker");
    let store = sqlite(&folder, &[sensors(), table("other", "id text, v real")]).await;
    let specs = [
        feed("push", FeedEndpoint::Push { by: Vec::new() }, "sensors"),
        feed("other", FeedEndpoint::Push { by: Vec::new() }, "other"),
    ];
    let feeds = start(&specs, &store, &folder).await;
    let question = |id: &str, sql: &str| Question {
        id: QueryId::new(id).unwrap(),
        sql: sql.into(),
        rows_max: 100,
        per_s: 20,
        timeout: Duration::from_secs(1),
    };
    let questions = vec![
        question("n", "SELECT count(*) AS n FROM sensors"),
        question("wrong", "SELECT nothing FROM sensors"),
        question("events", "SELECT count(*) AS n FROM events"),
    ];
    let asker = Asker::start(&store, &feeds, questions, 3);
    let mut answers = std::collections::BTreeMap::new();
    while answers.len() < 3 {
        let answer = asker.next().await;
        answers.insert(answer.id.to_string(), answer);
    }
    let first = &answers["n"];
    assert_eq!((first.as_of, first.promise), (None, Duration::from_secs(10)));
    assert!(answers["wrong"].outcome.as_ref().is_err_and(|error| error.to_string().contains("nothing")));
    assert_eq!(answers["events"].promise, FOR_EVER);
    assert!(answers["events"].as_of.is_some());
    feeds.push(&feed_id("push"), Bytes::from_static(br#"{"id":"a","v":1}"#)).await.unwrap();
    let answer = loop {
        let answer = asker.next().await;
        if answer.id.as_str() == "n" {
            break answer;
        }
    };
    assert_eq!(answer.outcome.unwrap().get(0, "n"), Some(&Value::Integer(1)));
    assert_eq!(answer.as_of, feeds.health()[&feed_id("push")].heard);
    // A row that was there already changes no answer but its age.
    let before = answer.as_of;
    feeds.push(&feed_id("push"), Bytes::from_static(br#"{"id":"a","v":1}"#)).await.unwrap();
    let answer = loop {
        let answer = asker.next().await;
        if answer.id.as_str() == "n" {
            break answer;
        }
    };
    assert!(answer.as_of > before);
}
