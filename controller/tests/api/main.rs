//! The API through both doors of a real controller: signing in, rights, defences, the audit log, what those who watch are told.

mod acts;
mod panels;
mod rights;

use controller::{ApiError, Controller, ControllerOptions, DataSettings};
use controller_identity::{Act, AuditRecord, Role};
use controller_store::{SqliteStore, StateStore, StoreLimits, Transaction};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

const HALL: &str = include_str!("../two-walls.toml");
const PASSWORD: &str = "canary-7Q-南风花园";
const PATIENCE: Duration = Duration::from_secs(20);
/// Who loses a right has lost his open connections after so long.
const CLOSED_WITHIN: Duration = Duration::from_secs(1);

/// A controller that runs.
struct Hall {
    document: &'static str,
    folder: PathBuf,
    runtime: Runtime,
    commands: SocketAddr,
    console: SocketAddr,
    setup: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<tokio::task::JoinHandle<()>>,
}

impl Hall {
    fn new(name: &str) -> Self {
        Self::of(name, HALL)
    }

    fn of(name: &str, document: &'static str) -> Self {
        let folder = std::env::temp_dir().join(format!("taibai-api-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Self::start(folder, document)
    }

    fn start(folder: PathBuf, document: &'static str) -> Self {
        protocol_quic::install_crypto_provider();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let options = ControllerOptions {
            state: folder.clone(),
            listen: any,
            http: any,
            console: any,
            console_hosts: vec!["wall.hall.lan".into()],
            console_certificate: None,
            webhook_listen: None,
            software: "test".into(),
        };
        let data = DataSettings {
            data_folder: folder.clone(),
            media_folder: folder.clone(),
            secrets: Arc::new(|_| None),
            voice_command: Vec::new(),
            sound_command: Vec::new(),
        };
        let layout = layouts::parse(document, "hall.toml").unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (controller, setup) = runtime.block_on(async {
            let controller =
                Controller::bind(layout, document.into(), Vec::new(), &options, data).await.unwrap();
            let setup = controller.setup_path().await.unwrap();
            (controller, setup)
        });
        let (commands, console) = controller.addresses().unwrap();
        let running = runtime.spawn(controller.run(async {
            let _ = stopped.await;
        }));
        Self { document, folder, runtime, commands, console, setup, stop: Some(stop), running: Some(running) }
    }

    fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running).unwrap();
        }
    }

    /// The same hall after its controller has ended.
    fn again(mut self) -> Self {
        self.stop();
        let (folder, document) = (std::mem::take(&mut self.folder), self.document);
        drop(self);
        Self::start(folder, document)
    }

    /// On this machine, as commands do.
    fn local(&self, method: &str, path: &str, body: Value) -> Answer {
        request(self.commands, method, path, &[], &body)
    }

    fn add_user(&self, user: &str, role: Role) {
        let form = json!({ "user": user, "name": user, "password": PASSWORD, "roles": [role.as_str()] });
        let answer = self.local("POST", "/v1/users", form);
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    fn sign_in(&self, user: &str) -> Client {
        let answer =
            request(self.console, "POST", "/v1/session", &[], &json!({ "user": user, "password": PASSWORD }));
        assert_eq!(answer.status, 200, "{}", answer.text);
        Client { console: self.console, cookie: answer.cookie() }
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        self.stop();
        if !self.folder.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A browser in which somebody has signed in.
#[derive(Clone)]
struct Client {
    console: SocketAddr,
    cookie: String,
}

impl Client {
    fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let origin = format!("http://{}", self.console);
        request(self.console, method, path, &[("Cookie", &self.cookie), ("Origin", &origin)], &body)
    }

    fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null)
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (header, value) = line.split_once(": ")?;
            header.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let error: ApiError = serde_json::from_str(&self.text).unwrap();
        assert_eq!(error.status, self.status);
        error.code
    }

    fn cookie(&self) -> String {
        self.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }
}

fn request(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let host = to.to_string();
    let mut all = vec![("Host", host.as_str()), ("Connection", "close")];
    all.retain(|(name, _)| !headers.iter().any(|(other, _)| other == name));
    all.extend(headers);
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    for (name, value) in all {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str("Content-Type: application/json\r\n");
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // Who is refused may be cut off before all of it is sent.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    let (head, text) =
        answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer to {method} {path}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), text: text.to_owned() }
}

#[test]
fn the_first_link_makes_an_administrator_and_sessions_live_and_end() {
    let hall = Hall::new("first");
    let token = hall.setup.clone().unwrap();
    let token = token.strip_prefix("/#/setup?token=").unwrap();
    let form = |token: &str, password: &str| json!({ "token": token, "user": "wang", "name": "王芳", "password": password });
    let post = |body: Value| request(hall.console, "POST", "/v1/setup", &[], &body);
    assert_eq!(post(form(&"0".repeat(64), PASSWORD)).code(), "bad_setup_link");
    assert_eq!(post(form(token, "1234567890")).code(), "weak_password");
    let made = post(form(token, PASSWORD));
    assert_eq!(made.status, 200, "{made:?}");
    let cookie = made.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly; SameSite=Strict; Path=/; Max-Age=43200"), "{cookie}");
    assert_eq!(post(form(token, PASSWORD)).code(), "bad_setup_link", "spent");
    let wang = Client { console: hall.console, cookie: made.cookie() };
    let session = wang.get("/v1/session").json();
    assert_eq!(
        (&session["user"], &session["name"], &session["roles"]),
        (&json!("wang"), &json!("王芳"), &json!(["admin"]))
    );
    assert_eq!(request(hall.console, "GET", "/v1/session", &[], &Value::Null).code(), "not_signed_in");

    assert_eq!(wang.call("POST", "/v1/session/lock", Value::Null).status, 204);
    assert_eq!(wang.get("/v1/status").code(), "session_locked");
    assert_eq!(wang.get("/v1/session").json()["locked"], true);
    let unlock = |password: &str| wang.call("POST", "/v1/session/unlock", json!({ "password": password }));
    assert_eq!(unlock("something else").code(), "wrong_credentials");
    assert_eq!(unlock(PASSWORD).status, 204);
    assert_eq!(wang.get("/v1/status").status, 200);

    // A restart ends nobody's session, and makes no second link.
    let hall = hall.again();
    assert_eq!(hall.setup, None);
    let wang = Client { console: hall.console, ..wang };
    assert_eq!(wang.get("/v1/session").status, 200);
    assert_eq!(wang.call("DELETE", "/v1/session", Value::Null).status, 204);
    assert_eq!(wang.get("/v1/session").code(), "not_signed_in");
}

#[test]
fn five_wrong_passwords_lock_out_and_this_machine_can_help() {
    let hall = Hall::new("lockout");
    hall.add_user("li", Role::Operator);
    let sign_in = |user: &str, password: &str| {
        request(hall.console, "POST", "/v1/session", &[], &json!({ "user": user, "password": password }))
    };
    for _ in 0..4 {
        assert_eq!(sign_in("li", "wrong").code(), "wrong_credentials");
    }
    assert_eq!(sign_in("nobody", "wrong").text, sign_in("li2", "wrong").text, "who is known is not told");
    assert_eq!(sign_in("li", "wrong").code(), "locked_out");
    assert_eq!(sign_in("li", PASSWORD).code(), "locked_out");
    let statuses = || {
        let page = hall.local("GET", "/v1/audit", Value::Null).json();
        let records = page["records"].as_array().unwrap().clone();
        let of_li = records.into_iter().filter(|record| record["by"] == "li");
        of_li.map(|record| record["status"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(
        statuses(),
        [401, 401, 401, 401, 429, 429],
        "the lockout and the attempt after it are written down"
    );
    for _ in 0..20 {
        assert_eq!(sign_in("li", "wrong").code(), "locked_out");
    }
    assert!(statuses().len() < 20, "nobody fills the log with attempts");
    let other = "another-7Q-password";
    assert_eq!(hall.local("PATCH", "/v1/users/li", json!({ "password": other })).status, 200);
    assert_eq!(sign_in("li", other).status, 200);
    assert_eq!(hall.local("PATCH", "/v1/users/li", json!({ "disabled": true })).status, 200);
    assert_eq!(sign_in("li", other).code(), "wrong_credentials");
}

/// Every endpoint with a path that can be asked for: verb, path, act.
fn endpoints(hall: &Hall) -> Vec<(String, String, String)> {
    let document = hall.local("GET", "/v1/openapi.json", Value::Null).json();
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (verb, operation) in operations.as_object().unwrap() {
            let parts = path.split('/').map(|part| if part.starts_with('{') { "nothing" } else { part });
            let path = parts.collect::<Vec<_>>().join("/");
            found.push((verb.to_uppercase(), path, operation["x-taibai-act"].as_str().unwrap().to_owned()));
        }
    }
    found
}

fn act(name: &str) -> Act {
    let all = [
        Act::Open,
        Act::Account,
        Act::Look,
        Act::Operate,
        Act::Push,
        Act::Design,
        Act::Administer,
        Act::Audit,
    ];
    all.into_iter().find(|act| act.as_str() == name).unwrap()
}

#[test]
fn every_role_may_at_every_endpoint_what_the_table_says_and_nothing_else() {
    let hall = Hall::new("matrix");
    let endpoints = endpoints(&hall);
    assert!(endpoints.len() >= 40, "{}", endpoints.len());
    let mut cells = 0;
    for role in Role::ALL {
        let user = role.as_str();
        hall.add_user(user, role);
        let mut client = hall.sign_in(user);
        for (verb, path, name) in &endpoints {
            let answer = client.call(verb, path, Value::Null);
            let refused = answer.status == 403 && answer.code() == "forbidden";
            assert_eq!(refused, !role.may(act(name)), "{user}: {verb} {path} ({name}) answers {answer:?}");
            assert_ne!(answer.status, 500, "{user}: {verb} {path}");
            if *name != "open" {
                let nobody = request(hall.console, verb, path, &[], &Value::Null);
                assert_eq!(nobody.status, 401, "{verb} {path} answers {nobody:?}");
                let made_up =
                    Client { cookie: format!("taibai_session={}", "ab".repeat(32)), ..client.clone() };
                assert_eq!(made_up.call(verb, path, Value::Null).status, 401, "{verb} {path}");
            }
            if path.starts_with("/v1/session") {
                client = hall.sign_in(user);
            }
            cells += 1;
        }
    }
    println!("{cells} cells");
    assert_eq!(cells, endpoints.len() * Role::ALL.len());
}

#[test]
fn a_right_is_for_its_walls_only_and_a_token_has_its_own() {
    let hall = Hall::new("walls");
    let status = hall.local("GET", "/v1/status", Value::Null).json();
    let walls: Vec<&str> =
        status["walls"].as_array().unwrap().iter().map(|wall| wall["wall"].as_str().unwrap()).collect();
    let scene_of = |wall: &str| {
        let layout = layouts::parse(HALL, "hall.toml").unwrap();
        layout.scenes().iter().find(|scene| scene.wall.as_str() == wall).unwrap().id.to_string()
    };
    let grant = json!([{ "role": "operator", "walls": [walls[0]] }]);
    let made = hall.local("POST", "/v1/tokens", json!({ "name": "中控", "grants": grant, "days": 1 }));
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let by_token = |method: &str, path: &str| {
        request(hall.console, method, path, &[("Authorization", &bearer)], &Value::Null)
    };
    let seen = by_token("GET", "/v1/status").json();
    assert_eq!(seen["walls"].as_array().unwrap().len(), 1);
    assert_eq!(by_token("POST", &format!("/v1/scene/{}", scene_of(walls[0]))).status, 200);
    assert_eq!(by_token("POST", &format!("/v1/scene/{}", scene_of(walls[1]))).code(), "forbidden");
    assert_eq!(by_token("POST", &format!("/v1/stamp/{}?on=true", walls[1])).code(), "forbidden");
    let identify = |wall: &str, query: &str| by_token("POST", &format!("/v1/walls/{wall}/identify{query}"));
    assert_eq!(identify(walls[1], "").code(), "forbidden");
    let shown = identify(walls[0], "?seconds=60").json();
    assert!(shown["screens"].as_u64().unwrap() > 0 && shown["until"].is_i64(), "{shown}");
    let status = by_token("GET", "/v1/status").json();
    assert_eq!(status["walls"][0]["identify_until"], shown["until"]);
    assert!(identify(walls[0], "?seconds=0").json()["until"].is_null());
    assert_eq!(identify(walls[0], "?seconds=x").status, 400);
    assert_eq!(by_token("GET", "/v1/users").code(), "forbidden");
    let id = made["id"].as_str().unwrap();
    assert_eq!(hall.local("DELETE", &format!("/v1/tokens/{id}"), Value::Null).status, 204);
    assert_eq!(by_token("GET", "/v1/status").code(), "bad_token");
}

#[test]
fn other_pages_other_names_and_browsers_at_the_wrong_door_are_refused() {
    let hall = Hall::new("defences");
    hall.add_user("li", Role::Operator);
    let li = hall.sign_in("li");
    let scene = "/v1/stamp/nothing?on=true";
    let with = |headers: &[(&str, &str)]| {
        let mut all = vec![("Cookie", li.cookie.as_str())];
        all.extend(headers);
        request(hall.console, "POST", scene, &all, &Value::Null)
    };
    let own = format!("http://{}", hall.console);
    assert_eq!(with(&[("Origin", &own)]).code(), "unknown_wall", "let in");
    assert_eq!(with(&[("Origin", "http://evil.example")]).code(), "foreign_origin");
    assert_eq!(with(&[("Origin", "null")]).code(), "foreign_origin");
    assert_eq!(with(&[]).code(), "foreign_origin", "a browser names the origin");
    assert_eq!(with(&[("Host", "evil.example"), ("Origin", "http://evil.example")]).code(), "unknown_host");
    assert_eq!(with(&[("Host", "wall.hall.lan"), ("Origin", "http://wall.hall.lan")]).code(), "unknown_wall");
    let socket = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let mut headers = vec![("Cookie", li.cookie.as_str()), ("Origin", "http://evil.example")];
    headers.extend(socket);
    assert_eq!(request(hall.console, "GET", "/v1/watch", &headers, &Value::Null).code(), "foreign_origin");
    let local = |headers: &[(&str, &str)]| request(hall.commands, "GET", "/v1/status", headers, &Value::Null);
    assert_eq!(local(&[]).status, 200);
    assert_eq!(local(&[("Origin", "http://127.0.0.1")]).code(), "browser_refused");
    assert_eq!(local(&[("Sec-Fetch-Site", "same-origin")]).code(), "browser_refused");
    assert_eq!(local(&[("Host", "evil.example:7780")]).code(), "unknown_host");
    let page = request(hall.console, "GET", "/v1/docs", &[], &Value::Null);
    assert!(
        page.header("content-security-policy").unwrap().starts_with("default-src 'none'; script-src 'self';")
    );
    assert!(page.text.contains("<section id=\"patch_sources_source\">"), "each operation stands on the page");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let large = json!({ "user": "x".repeat(300_000), "password": "" });
    assert_eq!(request(hall.console, "POST", "/v1/session", &[], &large).status, 413);
    let bare: ApiError = serde_json::from_str(&li.get("/v1/events?limit=many").text).unwrap();
    assert_eq!(
        (bare.code.as_str(), bare.detail_zh.is_some()),
        ("bad_query", true),
        "words for a Chinese console"
    );
    assert_eq!(li.get("/v1/nothing").code(), "not_found");
    assert_eq!(li.call("PUT", "/v1/status", Value::Null).code(), "method_not_allowed");
}

#[test]
fn idle_sockets_and_slow_ones_keep_nobody_out() {
    let hall = Hall::new("idle");
    let mut sockets = Vec::new();
    for _ in 0..400 {
        let mut socket = TcpStream::connect(hall.console).unwrap();
        let _ = socket.write_all(b"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
        sockets.push(socket);
    }
    // From another address of this machine it goes on; from the crowded one it does again when the first have been given up.
    let begin = Instant::now();
    let answered = |from: Ipv4Addr| {
        hall.runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::from((from, 0))).unwrap();
            let Ok(mut stream) = socket.connect(hall.console).await else { return false };
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let sent = stream
                .write_all(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                .await;
            let mut text = String::new();
            sent.is_ok() && stream.read_to_string(&mut text).await.is_ok() && text.starts_with("HTTP/1.1 200")
        })
    };
    assert!(answered(Ipv4Addr::new(127, 0, 0, 2)), "another address is kept out");
    assert!(!answered(Ipv4Addr::LOCALHOST), "no bound");
    assert_eq!(hall.local("GET", "/v1/status", Value::Null).status, 200, "the other door");
    println!("answered after {:?}", begin.elapsed());
    drop(sockets);
}

#[test]
fn what_is_done_is_in_the_audit_log_and_an_altered_record_is_named() {
    let mut hall = Hall::new("audit");
    hall.add_user("li", Role::Operator);
    hall.add_user("shen", Role::Auditor);
    let (li, shen) = (hall.sign_in("li"), hall.sign_in("shen"));
    let layout = layouts::parse(HALL, "hall.toml").unwrap();
    let scene = layout.scenes().last().unwrap().id.to_string();
    assert_eq!(li.call("POST", &format!("/v1/scene/{scene}"), Value::Null).status, 200);
    let page = shen.get("/v1/audit").json();
    let records = page["records"].as_array().unwrap();
    let last = records.last().unwrap();
    assert_eq!(
        (&last["by"], &last["from"], &last["what"]),
        (&json!("li"), &json!("127.0.0.1"), &json!("POST /v1/scene/{id}"))
    );
    assert_eq!(last["after"]["scene"], json!(scene));
    assert!(last["before"]["scene"].is_string() && last["words"]["zh"] == "调用场景", "{last}");
    let first = &records[0];
    assert_eq!((&first["by"], &first["what"]), (&json!("local"), &json!("POST /v1/users")));
    assert_eq!(first["after"]["user"], "li");
    assert_eq!(shen.get("/v1/audit?after=2&limit=1").json()["records"][0]["seq"], 3);
    let whole = shen.call("POST", "/v1/audit/verify", Value::Null).json();
    assert_eq!(whole["records"], page["last"]);
    assert_eq!(li.get("/v1/audit").code(), "forbidden");

    hall.stop();
    alter(&hall.folder, 2);
    let hall = hall.again();
    let answer = hall.local("POST", "/v1/audit/verify", Value::Null);
    assert_eq!(answer.code(), "audit_altered");
    assert!(answer.text.contains("record 2 of the audit log was altered"), "{answer:?}");
    assert_no_password(&hall.folder);
}

#[test]
fn what_is_refused_for_want_of_rights_is_in_the_audit_log_and_cannot_fill_it() {
    let hall = Hall::new("refused");
    hall.add_user("zhou", Role::Viewer);
    let zhou = hall.sign_in("zhou");
    let grant = json!([{ "role": "operator", "walls": ["main"] }]);
    let made = hall.local("POST", "/v1/tokens", json!({ "name": "中控", "grants": grant, "days": 1 })).json();
    let token = format!("token:{}", made["id"].as_str().unwrap());
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let layout = layouts::parse(HALL, "hall.toml").unwrap();
    let scene = &layout.scenes().iter().find(|scene| scene.wall.as_str() == "side").unwrap().id;
    let path = format!("/v1/scene/{scene}");
    let answer = request(hall.console, "POST", &path, &[("Authorization", &bearer)], &Value::Null);
    assert_eq!(answer.code(), "forbidden", "by the endpoint itself");
    assert_eq!(zhou.get("/v1/users").code(), "forbidden", "looking changes nothing");
    for _ in 0..30 {
        assert_eq!(zhou.call("POST", "/v1/stamp/main?on=true", Value::Null).code(), "forbidden");
    }
    let page = hall.local("GET", "/v1/audit?limit=1000", Value::Null).json();
    let refused = |by: &str| {
        let records = page["records"].as_array().unwrap().iter();
        records.filter(|record| record["by"] == by && record["status"] == 403).cloned().collect::<Vec<_>>()
    };
    let by_token = refused(&token);
    assert_eq!((by_token.len(), &by_token[0]["to"]), (1, &json!(path)));
    let by_zhou = refused("zhou");
    assert!((1..30).contains(&by_zhou.len()), "{by_zhou:?}");
    assert_eq!(by_zhou[0]["what"], "POST /v1/stamp/{wall}");
    assert_eq!((&by_zhou[0]["outcome"], &by_zhou[0]["from"]), (&json!("refused"), &json!("127.0.0.1")));
    assert!(by_zhou.iter().any(|record| record["after"]["further_refusals"].is_string()), "{by_zhou:?}");
}

/// Somebody who can write the file makes a record say something else.
fn alter(folder: &Path, number: u64) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let store = SqliteStore::open(&folder.join("state.db"), StoreLimits::default()).await.unwrap();
        let key = AuditRecord::key(number);
        let mut record = AuditRecord::from_bytes(&store.get(&key).await.unwrap().unwrap().value).unwrap();
        record.by = "somebody-else".into();
        store.commit(Transaction::put(&key, record.to_bytes())).await.unwrap();
        store.close().await.unwrap();
    });
}

/// The password of everybody here stands in no file.
fn assert_no_password(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            let found = bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes());
            assert!(!found, "{:?}", entry.path());
        }
    }
}

#[test]
fn a_post_that_is_sent_again_is_done_once_and_changes_need_the_present_revision() {
    let hall = Hall::new("again");
    hall.add_user("wang", Role::Admin);
    let wang = hall.sign_in("wang");
    let origin = format!("http://{}", hall.console);
    let headers = |key: &'static str| {
        [("Cookie", wang.cookie.clone()), ("Origin", origin.clone()), ("Idempotency-Key", key.to_owned())]
    };
    let post = |key: &'static str, name: &str| {
        let headers = headers(key);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        request(hall.console, "POST", "/v1/tokens", &headers, &json!({ "name": name, "roles": ["viewer"] }))
    };
    let (first, second) = (post("k1", "one"), post("k1", "one"));
    assert_eq!((first.status, &first.text), (201, &second.text));
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!(post("k1", "two").code(), "idempotency_key_reused");
    assert_eq!(post("k2", "two").status, 201);
    assert_eq!(wang.get("/v1/tokens").json().as_array().unwrap().len(), 2);

    let user = wang.get("/v1/users/wang");
    let tag = user.header("etag").unwrap().to_owned();
    let change = |tag: &str| {
        let headers = [("Cookie", wang.cookie.as_str()), ("Origin", origin.as_str()), ("If-Match", tag)];
        request(hall.console, "PATCH", "/v1/users/wang", &headers, &json!({ "name": "王芳" }))
    };
    let changed = change(&tag);
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(change(&tag).code(), "changed_meanwhile");
    assert_eq!(change(changed.header("etag").unwrap()).status, 200);
    assert_eq!(wang.call("DELETE", "/v1/users/wang", Value::Null).code(), "last_admin");
    let page = wang.get("/v1/users?limit=1");
    assert_eq!(page.header("link"), None, "there is one only");
    hall.add_user("zhao", Role::Viewer);
    assert_eq!(
        wang.get("/v1/users?limit=1").header("link"),
        Some("</v1/users?after=wang&limit=1>; rel=\"next\"")
    );
    assert_eq!(wang.get("/v1/users?after=wang").json()[0]["user"], "zhao");
}

/// A WebSocket as far as this test needs one: short text frames from the server.
struct Socket(TcpStream);

impl Socket {
    fn open(client: &Client, path: &str) -> Self {
        Self::open_at(client.console, client, path)
    }

    /// Through that door.
    fn open_at(door: SocketAddr, client: &Client, path: &str) -> Self {
        Self::open_as(door, path, &format!("Origin: http://{door}\r\nCookie: {}", client.cookie))
    }

    /// `who` are the headers that say who asks.
    fn open_as(console: SocketAddr, path: &str, who: &str) -> Self {
        let mut stream = TcpStream::connect(console).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {console}\r\n{who}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        Self(stream)
    }

    fn say(&mut self, text: &str) {
        let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
        frame.extend(text.as_bytes());
        self.0.write_all(&frame).unwrap();
    }

    /// The next frame: its kind and its content.
    fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).unwrap();
        let len = match head[1] {
            126 => {
                let mut long = [0; 2];
                self.0.read_exact(&mut long).unwrap();
                usize::from(u16::from_be_bytes(long))
            }
            short => usize::from(short),
        };
        let mut body = vec![0; len];
        self.0.read_exact(&mut body).unwrap();
        (head[0], body)
    }

    /// The next message that is about `what`.
    fn until(&mut self, what: &str) -> Value {
        loop {
            if let (0x81, body) = self.frame() {
                let message: Value = serde_json::from_slice(&body).unwrap();
                if message["what"] == what {
                    return message;
                }
            }
        }
    }

    /// With which code and words it is closed.
    fn until_closed(&mut self) -> (u16, String) {
        loop {
            if let (0x88, body) = self.frame() {
                return (
                    u16::from_be_bytes([body[0], body[1]]),
                    String::from_utf8(body[2..].to_vec()).unwrap(),
                );
            }
        }
    }
}

#[test]
fn who_watches_hears_what_changes_and_who_else_is_there() {
    let hall = Hall::new("watch");
    hall.add_user("li", Role::Operator);
    hall.add_user("zhou", Role::Viewer);
    let (li, zhou) = (hall.sign_in("li"), hall.sign_in("zhou"));
    let mut watching = Socket::open(&zhou, "/v1/watch");
    let people = watching.until("presence")["people"].clone();
    assert_eq!(people, json!([{ "user": "zhou", "name": "zhou", "page": "" }]));
    let mut other = Socket::open(&li, "/v1/watch");
    other.say(r#"{"page":"wall"}"#);
    let people = loop {
        let people = watching.until("presence")["people"].clone();
        if people.as_array().unwrap().len() == 2 && people[1]["page"] != "" {
            break people;
        }
    };
    assert_eq!(people[1], json!({ "user": "li", "name": "li", "page": "wall" }));
    let layout = layouts::parse(HALL, "hall.toml").unwrap();
    let scene = &layout.scenes().last().unwrap().id;
    assert_eq!(li.call("POST", &format!("/v1/scene/{scene}"), Value::Null).status, 200);
    let news = watching.until("walls");
    drop(watching);
    hall.add_user("wu", Role::Viewer);
    // Who comes again hears what was missed.
    let after = news["revision"].as_u64().unwrap();
    let mut again = Socket::open(&zhou, &format!("/v1/watch?after={after}"));
    assert!(again.until("users")["revision"].as_u64().unwrap() > after);
    let mut late = Socket::open(&zhou, "/v1/watch?after=17");
    assert!(late.until("everything")["revision"].as_u64().unwrap() > after);
    drop(other);
    loop {
        if again.until("presence")["people"].as_array().unwrap().iter().all(|person| person["user"] != "li") {
            break;
        }
    }
}

#[test]
fn who_loses_a_right_loses_the_open_connection_at_once() {
    let hall = Hall::new("standing");
    for (user, role) in [("li", Role::Operator), ("zhou", Role::Viewer), ("wu", Role::Viewer)] {
        hall.add_user(user, role);
    }
    let made = hall.local("POST", "/v1/tokens", json!({ "name": "panel", "roles": ["viewer"] })).json();
    let bearer = format!("Authorization: Bearer {}", made["token"].as_str().unwrap());
    let paths = ["/v1/watch", "/v1/walls/main/preview"];
    // Whoever plants a fault has a relay hold the connections open.
    let door = match std::env::var("TAIBAI_PLANT_HELD_MS") {
        Ok(ms) => held(hall.console, Duration::from_millis(ms.parse().unwrap())),
        Err(_) => hall.console,
    };
    let by_token = || paths.map(|path| Socket::open_as(door, path, &bearer));
    let li = hall.sign_in("li");
    let [mut stays, _] = by_token();
    let (mut count, mut worst) = (0, Duration::ZERO);
    let mut closed = |sockets: [Socket; 2], words: &str| {
        let begin = Instant::now();
        for mut socket in sockets {
            assert_eq!(socket.until_closed(), (4401, words.to_owned()));
            count += 1;
            worst = worst.max(begin.elapsed());
        }
        // The others hear about it and stay.
        assert!(stays.until("presence")["people"].is_array());
    };
    let open = |client: &Client| paths.map(|path| Socket::open_at(door, client, path));
    let change = |user: &str, what: Value| {
        assert_eq!(hall.local("PATCH", &format!("/v1/users/{user}"), what).status, 200);
    };
    let (sockets, other) = (open(&hall.sign_in("zhou")), open(&hall.sign_in("wu")));
    change("zhou", json!({ "roles": ["auditor"] }));
    closed(sockets, "the rights have changed");
    change("wu", json!({ "disabled": true }));
    closed(other, "the session is over");
    let sockets = open(&li);
    assert_eq!(li.call("POST", "/v1/session/lock", Value::Null).status, 204);
    closed(sockets, "the session is over");
    let second = hall.local("POST", "/v1/tokens", json!({ "name": "other", "roles": ["viewer"] })).json();
    let bearer = format!("Authorization: Bearer {}", second["token"].as_str().unwrap());
    let sockets = paths.map(|path| Socket::open_as(door, path, &bearer));
    let revoke = format!("/v1/tokens/{}", second["id"].as_str().unwrap());
    assert_eq!(hall.local("DELETE", &revoke, Value::Null).status, 204);
    closed(sockets, "the session is over");
    println!("connections closed: {count} of 8, the last after {:.1} ms", worst.as_secs_f64() * 1000.0);
    assert!(worst < CLOSED_WITHIN, "after {worst:?}");
}

/// Where a relay stands that passes on at once what clients say, and what they are told only after a while.
fn held(console: SocketAddr, hold: Duration) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(console).unwrap();
            let (mut asks, mut hears) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut asks, &mut hears));
            let (mut from, mut to) = (server, client);
            std::thread::spawn(move || {
                let (_silent, never) = channel::<()>();
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = from.read(&mut bytes) {
                    // Nobody says anything: this is how long it is held.
                    let _ = never.recv_timeout(hold);
                    if to.write_all(&bytes[..length]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    address
}

#[test]
fn figures_and_health_are_told() {
    let hall = Hall::new("health");
    assert_eq!(request(hall.console, "GET", "/healthz", &[], &Value::Null).json(), json!({ "well": true }));
    assert_eq!(request(hall.console, "GET", "/readyz", &[], &Value::Null).json()["ready"], true);
    assert_eq!(request(hall.console, "GET", "/metrics", &[], &Value::Null).code(), "not_signed_in");
    let metrics = hall.local("GET", "/metrics", Value::Null).text;
    assert!(
        metrics.contains("# TYPE taibai_sources gauge\n")
            && metrics.contains("taibai_sources{state=\"live\"} 0\n"),
        "{metrics}"
    );
    assert!(metrics.contains("\ntaibai_audit_records 0\n"), "{metrics}");
}

/// Sources come and go by the tags of a grant, are checked as a whole, and survive a restart.
#[test]
fn a_designer_adds_and_removes_the_sources_of_his_tags_and_a_restart_keeps_them() {
    let hall = Hall::new("sources");
    let grants = json!([{ "role": "designer", "walls": ["*"], "tags": ["gates"] }]);
    let form = json!({ "user": "zhao", "name": "zhao", "password": PASSWORD, "grants": grants });
    assert_eq!(hall.local("POST", "/v1/users", form).status, 201);
    let zhao = hall.sign_in("zhao");
    let source = |id: &str, tags: Value| json!({ "id": id, "label": { "zh": "池塘", "en": "Pond" }, "tags": tags, "rtsp": { "host": "10.0.0.9", "path": "/1", "credential": "cams" } });
    for tags in [json!(["school"]), json!(["gates", "school"]), json!([])] {
        let answer = zhao.call("POST", "/v1/sources", source("pond", tags.clone()));
        // A grant covers what bears one of its tags.
        let covered = tags == json!(["gates", "school"]);
        assert_eq!(answer.status == 403, !covered, "{tags}: {answer:?}");
        if covered {
            assert_eq!(zhao.call("DELETE", "/v1/sources/pond", Value::Null).status, 204);
        }
    }
    assert_eq!(zhao.call("POST", "/v1/sources", source("pond", json!(["gates"]))).status, 201);
    assert_eq!(zhao.call("POST", "/v1/sources", source("pond", json!(["gates"]))).code(), "source_taken");
    assert_eq!(
        zhao.call("POST", "/v1/sources", source("probe", json!(["gates"]))).code(),
        "source_id_reserved"
    );
    assert_eq!(zhao.call("PATCH", "/v1/sources/pond", json!({ "tags": ["school"] })).code(), "forbidden");
    assert_eq!(zhao.call("PATCH", "/v1/sources/pond", json!({ "tags": null })).code(), "forbidden");
    assert_eq!(zhao.call("PATCH", "/v1/sources/gate", json!({ "label": "mine" })).code(), "forbidden");
    assert_eq!(zhao.call("DELETE", "/v1/sources/gate", Value::Null).code(), "forbidden");
    assert_eq!(zhao.get("/v1/sources/gate").code(), "forbidden");
    let changed = zhao.call("PATCH", "/v1/sources/pond", json!({ "label": null, "place": "lake/1" })).json();
    assert_eq!((&changed["label"], &changed["place"]), (&Value::Null, &json!("lake/1")));
    // A change with the tag of what somebody else has replaced meanwhile is not made.
    let tag = zhao.get("/v1/sources/pond").header("etag").unwrap().to_owned();
    let matched = |method: &str, tag: &str, body: Value| {
        let origin = format!("http://{}", hall.console);
        let headers = [("Cookie", zhao.cookie.as_str()), ("Origin", origin.as_str()), ("If-Match", tag)];
        request(hall.console, method, "/v1/sources/pond", &headers, &body)
    };
    let newer = matched("PATCH", &tag, json!({ "label": "Lake" }));
    assert_eq!(newer.status, 200, "{newer:?}");
    let newest = zhao.get("/v1/sources/pond");
    assert_eq!(newer.header("etag"), newest.header("etag"), "an answer bears the tag of what is there now");
    let late = matched("PATCH", &tag, json!({ "label": "Puddle" }));
    assert_eq!((late.status, late.code().as_str()), (412, "changed_meanwhile"));
    assert_eq!(matched("DELETE", &tag, Value::Null).code(), "changed_meanwhile");
    assert_eq!(matched("DELETE", "\"\"", Value::Null).code(), "bad_if_match");
    assert_eq!(zhao.get("/v1/sources/pond").json(), newest.json(), "nothing was done");
    assert_eq!(matched("PATCH", "*", json!({ "label": null })).status, 200);
    assert_eq!(zhao.get("/v1/sources/pond").header("etag"), Some(tag.as_str()), "it is what it was");
    let page = hall.local("GET", "/v1/sources?limit=1&search=", Value::Null);
    let (first, link) = (page.json()[0]["source"].clone(), page.header("link").unwrap_or_default());
    let next = format!("</v1/sources?after={}&limit=1&search=>; rel=\"next\"", first.as_str().unwrap());
    assert_eq!(link, next, "there are more");
    assert_eq!(hall.local("GET", "/v1/sources", Value::Null).header("link"), None, "that is all");
    let found = hall.local("GET", "/v1/sources?place=lake", Value::Null).json();
    assert_eq!(format!("\"{}\"", found[0]["revision"].as_str().unwrap()), tag);
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");

    let refused = hall.local("DELETE", "/v1/sources/gate", Value::Null);
    assert_eq!(
        (refused.code().as_str(), refused.json()["scenes"].as_array().unwrap().len() > 1),
        ("source_in_document", true)
    );
    let wrong =
        hall.local("POST", "/v1/sources", json!({ "id": "x", "rtsp": "rtsp://u:canary-1@10.0.0.9/x" }));
    assert_eq!((wrong.status, wrong.json()["mistakes"][0]["code"].clone()), (422, json!("url")));
    assert!(!wrong.text.contains("canary-1"));
    for host in ["127.0.0.1", "localhost", "169.254.169.254", "[::1]", "0.0.0.0"] {
        let body = json!({ "id": "x", "rtsp": { "host": host, "path": "/x" } });
        for path in ["/v1/sources", "/v1/sources/probe"] {
            assert_eq!(hall.local("POST", path, body.clone()).code(), "address_not_allowed", "{host}");
        }
    }
    let body = json!({ "rtsp": { "host": "10.0.0.9", "path": "/x" } });
    assert_eq!(hall.local("POST", "/v1/sources/probe", body).code(), "no_ingest_node");
    assert_eq!(hall.local("POST", "/v1/sources/discover", json!({})).code(), "no_ingest_node");

    let hall = hall.again();
    let kept = hall.local("GET", "/v1/sources/pond", Value::Null).json();
    assert_eq!((&kept["rtsp"]["host"], &kept["place"]), (&json!("10.0.0.9"), &json!("lake/1")));
    let text = hall.local("GET", "/v1/document", Value::Null).text;
    assert!(text.contains("id = \"pond\"") && layouts::parse(&text, "hall.toml").is_ok(), "{text}");
    assert_eq!(hall.local("DELETE", "/v1/sources/pond", Value::Null).status, 204);
    let hall = hall.again();
    assert_eq!(hall.local("GET", "/v1/sources/pond", Value::Null).code(), "unknown_source");
    assert_eq!(hall.local("GET", "/v1/document", Value::Null).text, HALL);
    let log = hall.local("GET", "/v1/audit?limit=100", Value::Null).text;
    assert!(log.contains("POST /v1/sources") && log.contains("DELETE /v1/sources/{source}"), "{log}");
}
