//! An alarm tells other systems: a webhook with its password, again when their server fails, and a message to a real broker.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tests::cluster::{Cluster, Settings};
use tests::peers::{self, Peer, Server};
use tests::process::Process;
use tests::stage::Place;

const PASSWORD: &str = "canary-of-the-desk";
const SOON: Duration = Duration::from_secs(20);

fn hall(webhook: u16, broker: u16) -> String {
    format!(
        r##"version = 1
[hall]
name = "outward"
[[wall]]
id = "w"
tick_hz = 25
canvas_px_per_mm = 1
[[wall.screen]]
id = "s1"
node = "wall"
output = 1
resolution = [320, 180]
position_mm = [0, 0]
size_mm = [320, 180]
[[scene]]
id = "day"
wall = "w"
name = "day"
[[scene.window]]
widget = "clock"
rect_px = [0, 0, 320, 180]
[[rule]]
id = "fire-lane"
name = "Fire lane"
when = {{ event = "event.kind == 'fire-lane'" }}
do = [
  {{ banner = "{{title}}", color = "warn" }},
  {{ webhook = {{ host = "127.0.0.1", port = {webhook}, path = "/alarms?wall=w", credential = "desk" }} }},
  {{ mqtt = {{ host = "127.0.0.1", port = {broker}, topic = "hall/alarms" }} }},
]
hold_s = 60
"##
    )
}

/// A server of somebody else: fails the first request, takes the others, and hands on what each was.
fn desk() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for (index, stream) in listener.incoming().enumerate() {
            let request = answer(stream.unwrap(), if index == 0 { "500 No" } else { "204 Yes" });
            if sender.send(request).is_err() {
                return;
            }
        }
    });
    (port, requests)
}

/// Reads one request, head and body, and answers it.
fn answer(stream: TcpStream, status: &str) -> String {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some((_, value)) = line.to_lowercase().split_once("content-length:") {
            length = value.trim().parse().unwrap();
        }
        request += &line;
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    write!(reader.get_mut(), "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    request + &String::from_utf8(body).unwrap()
}

/// What a subscriber of the broker hears.
fn subscribe(place: &Place, port: u16) -> (Process, std::path::PathBuf) {
    let heard = place.work.join("heard");
    let port = port.to_string();
    // A process's words go to its log; what the subscriber hears goes to a file of its own.
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$@\" > \"$0\""]).arg(&heard).args(["stdbuf", "-oL"]);
    command.args(["mosquitto_sub", "-h", "127.0.0.1"]);
    command.args(["-p", &port, "-q", "1", "-t", "hall/#", "-d", "-v"]).stdin(Stdio::null());
    let log = place.work.join("mosquitto_sub.log");
    (Process::spawn("mosquitto_sub", &mut command, &log).unwrap(), heard)
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = std::time::Instant::now();
    while !done() {
        assert!(begin.elapsed() < SOON, "not seen: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_alarm_reaches_a_webhook_and_a_broker() {
    let _alone = crate::alone();
    let place = Place::of_this_program("outward").unwrap();
    let (webhook, requests) = desk();
    let broker = peers::free_tcp_port().unwrap();
    let _broker = Peer::start("broker", &place.kit(), Server::Mqtt { port: broker }).unwrap();
    let (_subscriber, heard) = subscribe(&place, broker);
    let heard = || std::fs::read_to_string(&heard).unwrap_or_default();
    until("the subscription", || heard().contains("SUBACK"));

    let document = place.work.join("hall.toml");
    std::fs::write(&document, hall(webhook, broker)).unwrap();
    let credentials = place.work.join("desk.toml");
    std::fs::write(&credentials, format!("[desk]\npassword = \"{PASSWORD}\"\n")).unwrap();
    std::fs::set_permissions(&credentials, std::fs::Permissions::from_mode(0o600)).unwrap();
    let controller = vec!["--credentials".to_owned(), credentials.display().to_string()];
    let settings = Settings {
        arguments: BTreeMap::from([("controller".to_owned(), controller)]),
        ..Settings::headless(&place, document).unwrap()
    };
    let mut cluster = Cluster::start_without_displays(settings, &mut |words| println!("{words}")).unwrap();
    let events = format!("http://{}/v1/events", cluster.settings().http());
    let event =
        serde_json::json!({ "id": "e1", "kind": "fire-lane", "severity": 4, "title": "消防通道占用" });
    until("the report taken", || ureq::post(&events).send_json(&event).is_ok());

    // The first request failed: the second says the same.
    let first = requests.recv_timeout(SOON).unwrap();
    let second = requests.recv_timeout(SOON).unwrap();
    for request in [&first, &second] {
        assert!(request.starts_with("POST /alarms?wall=w HTTP/1.1\r\n"), "{request}");
        assert!(request.contains(&format!("Bearer {PASSWORD}")), "no password came");
        let body: serde_json::Value =
            serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!((&body["rule"], &body["subject"]), (&"fire-lane".into(), &"e1".into()), "{body}");
        assert_eq!(body["words_zh"], "消防通道占用");
    }
    until("the message at the broker", || heard().contains("\"subject\":\"e1\""));
    assert!(heard().contains("hall/alarms {"), "{}", heard());
    let log = cluster.controller().unwrap().last_words(500);
    assert!(!log.contains(PASSWORD), "the log tells the password");
    cluster.stop();
}
