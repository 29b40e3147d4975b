//! Data on the wall: rows that are posted are seen in the composed pixels, an event brings the alarm's scene with its banner, and
//! when it is acknowledged the wall has its picture back.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use tests::cluster::{Cluster, Settings};
use tests::peers;
use tests::picture::Picture;
use tests::stage::Place;
use tests::tap;

const TOKEN: &str = "a-token-of-this-test";
const HALL: &str = r##"version = 1
[hall]
name = "data"
language = "en"
[[wall]]
id = "w"
tick_hz = 25
latency_ms = 240
canvas_px_per_mm = 1
viewing_distance_m = 1
[[wall.screen]]
id = "s1"
node = "wall"
output = 1
resolution = [960, 540]
position_mm = [0, 0]
size_mm = [960, 540]
[[table]]
id = "levels"
columns = { id = "text", name = "text", value = "real" }
key = ["id"]
[[feed]]
id = "levels"
webhook = { credential = "city" }
table = "levels"
promise_s = 3600
[[query]]
id = "level"
sql = "SELECT value FROM levels WHERE id = 'lake'"
per_s = 20
[[query]]
id = "news"
sql = "SELECT name AS text FROM levels ORDER BY id"
[[query]]
id = "board"
sql = "SELECT id, state, title, place, reported, due FROM events"
[[scene]]
id = "day"
wall = "w"
name = "day"
[[scene.window]]
widget = "figure"
query = "level"
title = "Lake"
unit = "m"
decimals = 2
rect_px = [40, 40, 400, 300]
[[scene.window]]
widget = "ticker"
query = "news"
rect_px = [0, 440, 960, 60]
[[scene]]
id = "alarm"
wall = "w"
name = "alarm"
[[scene.window]]
widget = "event-board"
query = "board"
title = "Events"
rect_px = [40, 40, 880, 400]
[[rule]]
id = "fire-lane"
name = "Fire lane"
when = { event = "event.kind == 'fire-lane' && event.severity >= 3" }
do = [
  { scene = "alarm" },
  { banner = "{title} at {place}", color = "warn" },
  { voice = "{title}" },
]
hold_s = 600
until = "acknowledged"
priority = 50
"##;
/// The region of the figure, and all above the ticker: what moves by itself is below.
const FIGURE: [u32; 4] = [40, 40, 400, 300];
const STILL: [u32; 4] = [0, 0, 960, 430];

/// What a display process composes.
pub(crate) struct Wall {
    newest: Arc<(Mutex<Option<Picture>>, Condvar)>,
}

impl Wall {
    pub(crate) fn watch(pipe: &Path) -> Self {
        let newest: Arc<(Mutex<Option<Picture>>, Condvar)> = Arc::default();
        let (path, told) = (pipe.to_owned(), newest.clone());
        std::thread::spawn(move || {
            let mut reader = tap::Reader::open(&path).unwrap();
            while let Ok(Some(record)) = reader.read() {
                *told.0.lock().unwrap() = Some(record.picture);
                told.1.notify_all();
            }
        });
        Self { newest }
    }

    /// The first picture that is as wanted.
    pub(crate) fn until(&self, what: &str, patience: Duration, wanted: impl Fn(&Picture) -> bool) -> Picture {
        let begin = Instant::now();
        let mut newest = self.newest.0.lock().unwrap();
        loop {
            if let Some(picture) = newest.as_ref().filter(|picture| wanted(picture)) {
                return picture.clone();
            }
            let left = patience.saturating_sub(begin.elapsed());
            if left.is_zero() {
                if let Some(picture) = newest.as_ref() {
                    picture.write_png(&std::env::temp_dir().join("taibai-data-failed.png")).unwrap();
                }
                panic!("not seen within {patience:?}: {what}");
            }
            *newest = None;
            newest = self.newest.1.wait_timeout(newest, left).unwrap().0;
        }
    }

    pub(crate) fn next(&self) -> Picture {
        *self.newest.0.lock().unwrap() = None;
        self.until("a picture", Duration::from_secs(5), |_| true)
    }
}

/// The bytes of a rectangle.
fn part(picture: &Picture, [x, y, width, height]: [u32; 4]) -> Vec<u8> {
    let row = |line: u32| {
        let begin = (line * picture.width + x) as usize * 4;
        picture.bgra[begin..begin + width as usize * 4].to_vec()
    };
    (y..y + height).flat_map(row).collect()
}

/// One request over HTTP/1.1: status and body.
pub(crate) fn http(
    address: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n{token}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

pub(crate) fn get(address: &str, path: &str) -> serde_json::Value {
    let (status, body) = http(address, "GET", path, None, "");
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// `taibai render` of the same rows.
fn rendered(place: &Place, answer: &serde_json::Value) -> Picture {
    let data = serde_json::json!({ "level": {
        "columns": answer["columns"], "rows": answer["rows"], "promise_s": 3600,
    }});
    let (file, out) = (place.work.join("data.json"), place.work.join("rendered.png"));
    std::fs::write(&file, data.to_string()).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut command = Command::new(&place.taibai);
    command.arg("render").arg(place.work.join("hall.toml")).args(["--scene", "day", "--screen", "s1"]);
    command.args(["--now", &now.to_string()]).arg("--data").arg(file).arg("--out").arg(&out);
    assert!(command.status().unwrap().success());
    Picture::read_png(&out).unwrap()
}

fn start(place: &Place) -> (Cluster, Wall, String) {
    let (hall, pipe) = (place.work.join("hall.toml"), place.work.join("tap"));
    std::fs::write(&hall, HALL).unwrap();
    let tokens = place.work.join("tokens.toml");
    std::fs::write(&tokens, format!("[city]\npassword = \"{TOKEN}\"\n")).unwrap();
    let mut mode = std::fs::metadata(&tokens).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o600);
    std::fs::set_permissions(&tokens, mode).unwrap();
    tap::make_pipe(&pipe).unwrap();
    let wall = Wall::watch(&pipe);
    let said = place.work.join("said").display().to_string();
    let hooks = format!("127.0.0.1:{}", peers::free_tcp_port().unwrap());
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let controller = words(&[
        "--credentials",
        &tokens.display().to_string(),
        "--webhook-listen",
        &hooks,
        "--voice-command",
        "tee",
        &said,
        ";",
    ]);
    let settings = Settings {
        taps: BTreeMap::from([("wall".to_owned(), pipe)]),
        arguments: BTreeMap::from([("controller".to_owned(), controller)]),
        ..Settings::headless(place, hall).unwrap()
    };
    let cluster = Cluster::start(settings, &mut |words| println!("{words}")).unwrap();
    (cluster, wall, hooks)
}

#[test]
fn rows_and_events_become_pictures_and_an_acknowledged_alarm_gives_the_wall_back() {
    let _alone = crate::alone();
    let place = Place::of_this_program("data").unwrap();
    let (mut cluster, wall, hooks) = start(&place);
    let commands = cluster.settings().http();
    wall.until("the first picture", Duration::from_secs(30), |_| true);

    // Rows: who has no token changes nothing; what is posted is seen soon.
    let row = |value: f64| format!(r#"{{"id": "lake", "name": "Lake gauge", "value": {value}}}"#);
    let feed = "/v1/feeds/levels";
    assert_eq!(http(&hooks, "POST", feed, Some("wrong"), &row(9.0)).0, 401);
    assert_eq!(http(&hooks, "POST", feed, None, &row(9.0)).0, 401);
    assert_eq!(http(&hooks, "GET", "/v1/status", None, "").0, 404, "only webhooks are reached from outside");
    assert_eq!(http(&hooks, "POST", feed, Some(TOKEN), &row(1.0)).0, 200);
    std::thread::sleep(Duration::from_secs(1));
    let mut late = Vec::new();
    for value in [2.25, 3.5, 4.75, 5.25, 6.5] {
        let before = part(&wall.next(), FIGURE);
        let posted = Instant::now();
        let (status, body) = http(&hooks, "POST", feed, Some(TOKEN), &row(value));
        assert_eq!((status, body.as_str()), (200, r#"{"rows":1,"rejected":0}"#));
        wall.until("the posted figure", Duration::from_secs(5), |picture| part(picture, FIGURE) != before);
        late.push(posted.elapsed());
        std::thread::sleep(Duration::from_millis(300));
    }
    println!("from POST to the composed picture: {late:?}");
    late.sort();
    assert!(late[late.len() - 1] < Duration::from_millis(500), "{late:?}");
    let answer = get(&commands, "/v1/queries/level");
    assert_eq!(answer["rows"], serde_json::json!([[6.5]]));
    let expected = part(&rendered(&place, &answer), FIGURE);
    wall.until("what `taibai render` draws of the same rows", Duration::from_secs(3), |picture| {
        part(picture, FIGURE) == expected
    });
    // A row that does not fit is counted and kept with the reason.
    assert_eq!(http(&hooks, "POST", feed, Some(TOKEN), r#"{"id": "lake", "value": "deep"}"#).0, 200);
    assert_eq!(get(&commands, "/v1/feeds")[0]["rejected"], 1);

    // An event brings the alarm's scene, with its words across the foot.
    let before = part(&wall.next(), STILL);
    let event =
        r#"{"id": "e1", "kind": "fire-lane", "severity": 4, "title": "Lane blocked", "place": "east/3"}"#;
    assert_eq!(http(&commands, "POST", "/v1/events", None, event).0, 200);
    wall.until("the alarm's scene", Duration::from_secs(5), |picture| part(picture, STILL) != before);
    std::thread::sleep(Duration::from_millis(800));
    let alarm = wall.next();
    alarm.write_png(&place.work.join("alarm.png")).unwrap();
    assert_eq!(cluster.status().unwrap()["walls"][0]["on_air"], "alarm");
    let alarms = get(&commands, "/v1/alarms");
    assert_eq!(alarms.as_array().unwrap().len(), 1, "{alarms}");
    assert_eq!(alarms[0]["words"]["en"], "Lane blocked at east/3");
    let until_said = Instant::now();
    let said = || std::fs::read_to_string(place.work.join("said")).unwrap_or_default();
    while !said().contains("Lane blocked") {
        assert!(until_said.elapsed() < Duration::from_secs(5), "nothing was said: {:?}", said());
        std::thread::sleep(Duration::from_millis(50));
    }
    // A choice of the operator waits below it.
    let (_, chosen) = http(&commands, "POST", "/v1/scene/day", None, "");
    assert!(chosen.contains(r#""behind":1"#), "{chosen}");

    // Acknowledged: the picture is what it was.
    let (status, body) = http(&commands, "POST", "/v1/alarms/1/acknowledge?by=test", None, "");
    assert_eq!(status, 200, "{body}");
    wall.until("the picture before the alarm", Duration::from_secs(5), |picture| {
        part(picture, STILL) == before
    });
    assert_eq!(get(&commands, "/v1/alarms"), serde_json::json!([]));
    let log = get(&commands, "/v1/log").to_string();
    assert!(log.contains("acknowledged by test") && log.contains("raised"), "{log}");

    // The ledger: legal steps only, and whole, with the controller and without it.
    let step = |state: &str| {
        http(&commands, "POST", "/v1/events/e1/state", None, &format!(r#"{{"state": "{state}"}}"#)).0
    };
    assert_eq!((step("handled"), step("verified"), step("verified")), (409, 200, 200));
    assert_eq!(get(&commands, "/v1/events")[0]["state"], "verified");
    assert!(cluster.stop().is_empty());
    let state = cluster.settings().state("controller");
    let verify = |expected: i32| {
        let mut command = Command::new(&place.taibai);
        let output = command.args(["events", "verify", "--state"]).arg(&state).output().unwrap();
        let words =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(expected), "{words}");
        words
    };
    assert!(verify(0).contains("2 records of 1 events"));
}
