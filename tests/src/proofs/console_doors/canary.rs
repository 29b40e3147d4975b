//! A hall whose every secret is the same canary, among servers that refuse it: whatever the hall says, to whom and in whatever form, the canary
//! is not in it.

use super::hall::{DoorsHall, Parts};
use super::leaks::{Needles, Said};
use super::refusing::Refusing;
use super::wire::{Answer, Request};
use super::{Measured, Row, rows};
use crate::cluster::Settings;
use crate::peers;
use crate::proofs::Proofs;
use crate::stage::Place;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

const LINE: &str = "a canary password in logs, answers, metrics, exports, files";
const BAR: &str = "nowhere";
/// A password, passphrase and token that looks another way in URLs, and in Base64.
const CANARY: &str = "Kanari-7Q/5+x@9";
/// Its user at every server.
const USER: &str = "viewer";
/// How long everybody may take to be refused.
const PATIENCE: Duration = Duration::from_secs(40);
/// The feeds that are refused, and the sources.
const FEEDS: [&str; 4] = ["asked", "heard", "stock", "store"];
const SOURCES: usize = 4;

/// Once with logs for people, once with logs for machines.
pub(crate) fn canary(proofs: &Proofs) -> Vec<Row> {
    let mut found = Vec::new();
    for format in ["text", "json"] {
        found.extend(rows(&format!("{LINE}; {format} logs"), BAR, measure(proofs, format)));
    }
    found
}

/// The hall: every server with the canary as its password.
fn document(refusing: &Refusing, lines: u16) -> String {
    wall(refusing, lines) + &feeds(refusing)
}

fn wall(refusing: &Refusing, lines: u16) -> String {
    let Refusing { rtsp, srt, web, projector, .. } = refusing;
    let (web, projector) = (web.port, projector.port);
    let mut text = format!(
        r#"version = 1
[hall]
name = "canary"
language = "en"
[[wall]]
id = "main"
tick_hz = 25
canvas_px_per_mm = 1
viewing_distance_m = 1
[[wall.screen]]
id = "a1"
node = "left"
output = 1
resolution = [640, 360]
position_mm = [0, 0]
size_mm = [640, 360]
[control]
lines = {{ listen = "127.0.0.1", port = {lines}, allow = ["127.0.0.1"] }}
[[control.display]]
screen = "a1"
pjlink = {{ host = "127.0.0.1", port = {projector}, credential = "canary" }}
[[source]]
id = "by-rtsp"
ingest = "ingest-1"
rtsp = {{ host = "127.0.0.1", port = {rtsp}, path = "/gate", credential = "canary" }}
[[source]]
id = "by-srt"
ingest = "ingest-1"
srt = {{ host = "127.0.0.1", port = {srt}, credential = "canary" }}
[[source]]
id = "by-rtmp"
ingest = "ingest-1"
rtmp = {{ host = "127.0.0.1", port = {web}, path = "/live/gate", credential = "canary" }}
[[source]]
id = "by-http"
ingest = "ingest-1"
http = {{ host = "127.0.0.1", port = {web}, path = "/live/gate.m3u8", credential = "canary" }}
[[scene]]
id = "day"
wall = "main"
"#
    );
    for (source, place) in
        ["by-rtsp", "by-srt", "by-rtmp", "by-http"].into_iter().zip([(0, 0), (320, 0), (0, 180), (320, 180)])
    {
        text += &format!(
            "[[scene.window]]\nsource = \"{source}\"\nrect_px = [{}, {}, 320, 180]\n",
            place.0, place.1
        );
    }
    text
}

fn feeds(refusing: &Refusing) -> String {
    let Refusing { mqtt, postgres, web, .. } = refusing;
    let (postgres, web) = (postgres.port, web.port);
    let mut text = String::new();
    let endpoints = [
        ("hook", "webhook = { credential = \"canary\" }".to_owned()),
        (
            "asked",
            format!(
                "http = {{ host = \"127.0.0.1\", port = {web}, path = \"/rows\", every_s = 1, credential = \"canary\" }}"
            ),
        ),
        (
            "heard",
            format!(
                "mqtt = {{ host = \"127.0.0.1\", port = {mqtt}, topic = \"rows\", credential = \"canary\" }}"
            ),
        ),
        (
            "stock",
            format!(
                "sql = {{ engine = \"postgres\", host = \"127.0.0.1\", port = {postgres}, database = \"postgres\", query = \"SELECT 1\", every_s = 1, credential = \"canary\" }}"
            ),
        ),
        (
            "store",
            format!(
                "sql = {{ engine = \"mysql\", host = \"127.0.0.1\", port = {web}, database = \"x\", query = \"SELECT 1\", every_s = 1, credential = \"canary\" }}"
            ),
        ),
    ];
    for (name, endpoint) in endpoints {
        text += &format!(
            "[[table]]\nid = \"{name}\"\ncolumns = {{ id = \"text\", value = \"real\" }}\nkey = [\"id\"]\n[[feed]]\nid = \"{name}\"\n{endpoint}\n\
             table = \"{name}\"\npromise_s = 5\n"
        );
    }
    text + &format!(
        "[[rule]]\nid = \"fire-lane\"\nwhen = {{ event = \"event.kind == 'fire-lane'\" }}\nhold_s = 60\n\
         do = [{{ banner = \"{{title}}\" }}, {{ webhook = {{ host = \"127.0.0.1\", port = {web}, path = \"/alarms\", credential = \"canary\" }} }}]\n"
    )
}

fn measure(proofs: &Proofs, format: &str) -> Measured<Vec<Row>> {
    let place =
        Place { taibai: proofs.taibai.clone(), ..Place::of_this_program(&format!("prove-canary-{format}"))? };
    let mut refusing = Refusing::start(&place.kit())?;
    let lines = peers::free_tcp_port()?;
    let mut hall = start(&place, format, &document(&refusing, lines))?;
    let refused = wait_until_refused(&mut hall, &mut refusing)?;
    let mut said = Said::default();
    let mut needles = vec![Needles::of("the password", CANARY)];
    needles.extend(ask_everything(&hall, &mut said, lines)?);
    // One more moment for the webhook and the panels to fail, and to be told of.
    std::thread::sleep(Duration::from_secs(2));
    let token = hall.cluster.settings().token("spare", "display")?;
    needles.push(Needles::of("a join token", String::from_utf8_lossy(&token).trim()));
    let (web, projector) = (refusing.web.refused(), refusing.projector.refused());
    hall.cluster.stop();
    let work = hall.work.clone();
    drop(hall);
    let held = |path: &Path| {
        !path.ends_with("peers") && !path.ends_with("credentials.toml") && !path.ends_with("clips")
    };
    said.add_files(&work, &held)?;
    let found = said.search(&needles);
    let (places, mib) = said.extent();
    let figure = match found.first() {
        None => format!("in none of {places} places ({mib:.1} MiB)"),
        Some(first) => format!("in {} of {places} places: {first}", found.len()),
    };
    let all = refused == SOURCES + FEEDS.len() && web > 0 && projector > 0;
    // The planted fault: lines of a log in the same folder.
    fs::write(
        work.join("logs/planted.log"),
        format!("connecting to rtsp://{USER}:Kanari-7Q%2F5%2Bx%409@10.0.0.7/gate\n"),
    )?;
    let mut planted = Said::default();
    planted.add_files(&work, &held)?;
    let noticed = planted.search(&needles).iter().any(|place| place.contains("planted.log"));
    fs::remove_file(work.join("logs/planted.log"))?;
    Ok(vec![
        Row::new(&format!("{LINE}; {format} logs"), figure, BAR, found.is_empty() && places > 50),
        Row::new(
            "servers that refused it meanwhile",
            format!(
                "{refused} of {} sources and feeds, {web} requests over HTTP, a projector {projector} times",
                SOURCES + FEEDS.len()
            ),
            "every one",
            all,
        ),
        Row::planted("the search for the canary", "a line in a log, with escapes", noticed),
    ])
}

fn start(place: &Place, format: &str, document: &str) -> Measured<DoorsHall> {
    let hall = place.work.join("hall.toml");
    fs::write(&hall, document)?;
    let (open, credentials) = (place.work.join("peers/open.toml"), place.work.join("credentials.toml"));
    fs::write(&open, format!("[canary]\nuser = \"{USER}\"\npassword = \"{CANARY}\"\n"))?;
    peers::private_copy(&open, &credentials)?;
    let log = || ["--log", "debug", "--log-format", format].map(str::to_owned).to_vec();
    let mut controller = log();
    controller.extend(["--credentials".to_owned(), credentials.display().to_string()]);
    let arguments = BTreeMap::from([
        ("controller".to_owned(), controller),
        ("ingest-1".to_owned(), log()),
        ("left".to_owned(), log()),
    ]);
    let settings = Settings { credentials, arguments, ..Settings::headless(place, hall)? };
    DoorsHall::start_with(settings, Parts::Shows)
}

/// Waits until all that is refused says so. Gives how many sources and feeds do.
fn wait_until_refused(hall: &mut DoorsHall, refusing: &mut Refusing) -> Measured<usize> {
    let begin = Instant::now();
    loop {
        refusing.tend()?;
        hall.check()?;
        let status = hall.cluster.status().unwrap_or_default();
        let feeds = hall.local("GET", "/v1/feeds", &Value::Null).unwrap_or_default();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let faulty =
            |feed: &Value| FEEDS.iter().any(|name| feed["feed"] == *name) && !feed["fault"].is_null();
        let dark: BTreeSet<String> = list(&status["sources"])
            .iter()
            .filter(|source| !source["fault"].is_null() || source["state"] == "lost")
            .filter_map(|source| source["source"].as_str().map(str::to_owned))
            .collect();
        let refused = dark.len() + list(&feeds).iter().filter(|feed| faulty(feed)).count();
        if refused == SOURCES + FEEDS.len() || begin.elapsed() > PATIENCE {
            return Ok(refused);
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Asks for everything that can be asked for, and sends what is wrong with the canary in it. Gives the secrets that were made.
fn ask_everything(hall: &DoorsHall, said: &mut Said, lines: u16) -> Measured<Vec<Needles>> {
    let token = hall.token("admin")?;
    let secret = token.rsplit('_').next().unwrap_or_default().to_owned();
    let mut needles = vec![Needles::of("an API token", &secret)];
    let mut ask = |request: &Request, to: SocketAddr, what: &str| -> Measured<Answer> {
        let answer = request.to(to)?;
        said.add(what, format!("{}{}", answer.head, answer.text));
        Ok(answer)
    };
    let form = json!({ "user": "wang", "name": "wang", "password": CANARY, "roles": ["operator"] });
    ask(&Request::new("POST", "/v1/users").json(&form), hall.commands, "a user is made")?;
    let form = json!({ "user": "wang", "password": CANARY });
    let session = Request::new("POST", "/v1/session").json(&form).to(hall.console)?;
    let cookie = session.header("set-cookie").ok_or("the user cannot sign in")?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    needles.push(Needles::of("a session", cookie.split('=').nth(1).unwrap_or_default()));
    said_of_session(&session, &mut ask, hall, &cookie)?;
    for (what, request) in wrong_requests() {
        for to in [hall.console, hall.commands] {
            ask(&request, to, what)?;
        }
    }
    let event = json!({ "id": "e1", "kind": "fire-lane", "title": "消防通道占用", "severity": 4 });
    ask(&Request::new("POST", "/v1/events").json(&event), hall.commands, "an event")?;
    let mut panel = BufReader::new(TcpStream::connect(("127.0.0.1", lines))?);
    panel.get_ref().set_read_timeout(Some(Duration::from_secs(15)))?;
    let mut words = String::new();
    for line in ["POWER ON all\r\n", "STATUS\r\n", "INPUT a1 31\r\n"] {
        panel.get_mut().write_all(line.as_bytes())?;
        panel.read_line(&mut words)?;
    }
    std::thread::sleep(Duration::from_secs(1));
    let description = hall.description()?;
    for (path, operations) in description["paths"].as_object().into_iter().flatten() {
        if operations["get"].is_null() || !operations["get"]["responses"]["101"].is_null() {
            continue;
        }
        for path in filled(path) {
            ask(&Request::new("GET", &path), hall.commands, &format!("GET {path}"))?;
            let bearer = format!("Bearer {token}");
            ask(
                &Request::new("GET", &path).header("Authorization", &bearer),
                hall.console,
                &format!("GET {path} by token"),
            )?;
        }
    }
    said.add("lines of a panel", words);
    Ok(needles)
}

/// The session's own endpoints, with the right password and wrong ones.
fn said_of_session(
    session: &Answer,
    ask: &mut dyn FnMut(&Request, SocketAddr, &str) -> Measured<Answer>,
    hall: &DoorsHall,
    cookie: &str,
) -> Measured<()> {
    if session.text.contains(CANARY) {
        return Err("signing in says the password".into());
    }
    let origin = format!("http://{}", hall.console);
    let own = |method: &str, path: &str, body: &Value| {
        Request::new(method, path).header("Cookie", cookie).header("Origin", &origin).json(body)
    };
    for (method, path, body) in [
        ("GET", "/v1/session", Value::Null),
        ("POST", "/v1/session/lock", Value::Null),
        ("POST", "/v1/session/unlock", json!({ "password": format!("{CANARY}x") })),
        ("POST", "/v1/session/unlock", json!({ "password": CANARY })),
        ("POST", "/v1/session/password", json!({ "old": CANARY, "new": "short" })),
        ("POST", "/v1/session/password", json!({ "old": "wrong", "new": CANARY })),
        ("POST", "/v1/session/password", json!({ "old": [CANARY], "new": CANARY })),
    ] {
        ask(&own(method, path, &body), hall.console, &format!("{method} {path}"))?;
    }
    Ok(())
}

/// Requests that are wrong and carry the canary where secrets go.
fn wrong_requests() -> Vec<(&'static str, Request)> {
    let post = |path: &str, body: String| {
        Request::new("POST", path).header("Content-Type", "application/json").body(body.as_bytes())
    };
    let get = |path: &str| Request::new("GET", path);
    vec![
        ("a wrong password", post("/v1/session", json!({ "user": "li", "password": CANARY }).to_string())),
        (
            "a body that breaks off",
            post("/v1/session", format!("{{\"user\": \"li\", \"password\": \"{CANARY}\"")),
        ),
        ("a body that is a text", post("/v1/session", format!("\"{CANARY}\""))),
        (
            "a list of passwords",
            post("/v1/session", json!({ "user": "li", "password": [CANARY] }).to_string()),
        ),
        ("a member too many", post("/v1/session", json!({ "user": "li", "pasword": CANARY }).to_string())),
        (
            "a password in the wrong place",
            post("/v1/tokens", json!({ "name": "x", "days": CANARY }).to_string()),
        ),
        ("a password as a role", post("/v1/tokens", json!({ "name": "x", "roles": [CANARY] }).to_string())),
        ("a form", post("/v1/session", String::new()).body(format!("user=li&password={CANARY}").as_bytes())),
        (
            "no JSON at all",
            Request::new("POST", "/v1/session").header("Content-Type", "text/plain").body(CANARY.as_bytes()),
        ),
        (
            "a weak password",
            post("/v1/users", json!({ "user": CANARY, "name": "x", "password": CANARY }).to_string()),
        ),
        (
            "a setup link",
            post(
                "/v1/setup",
                json!({ "token": CANARY, "user": "a", "name": "a", "password": CANARY }).to_string(),
            ),
        ),
        ("a token that is none", get("/v1/status").header("Authorization", &format!("Bearer {CANARY}"))),
        (
            "a token that looks like one",
            get("/v1/status").header("Authorization", &format!("Bearer taibai_{CANARY}")),
        ),
        (
            "a user and a password",
            get("/v1/status").header("Authorization", "Basic dmlld2VyOkthbmFyaS03US81K3hAOQ=="),
        ),
        ("a cookie", get("/v1/status").header("Cookie", &format!("taibai_session={CANARY}"))),
        (
            "a wrong webhook",
            post("/v1/feeds/asked", "[]".into()).header("Authorization", &format!("Bearer {CANARY}")),
        ),
        (
            "a right webhook",
            post("/v1/feeds/hook", "[]".into()).header("Authorization", &format!("Bearer {CANARY}")),
        ),
        (
            "a webhook's rows",
            post("/v1/feeds/hook", "[{\"id\": 1}]".into())
                .header("Authorization", &format!("Bearer {CANARY}")),
        ),
        ("a side", get(&format!("/v1/walls/main/windows?of={CANARY}"))),
        ("a number", get(&format!("/v1/audit?after={CANARY}"))),
        ("a query", get(&format!("/v1/sources?limit={CANARY}&password={CANARY}"))),
    ]
}

/// A path of the description with everything that there is.
fn filled(path: &str) -> Vec<String> {
    let mut paths = vec![
        path.replace("{wall}", "main")
            .replace("{screen}", "a1")
            .replace("{scene}", "day")
            .replace("{user}", "wang"),
    ];
    for (name, all) in
        [("{source}", vec!["by-rtsp", "by-srt", "by-rtmp", "by-http"]), ("{id}", vec!["hook", "asked"])]
    {
        if path.contains(name) {
            paths = all.iter().map(|one| paths[0].replace(name, one)).collect();
        }
    }
    paths
}
