//! An operator's act that was answered is there after the controller was killed, whenever that was, and can still be undone.

use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tests::cluster::{Cluster, Settings};
use tests::stage::Place;

const ROUNDS: u64 = 8;
const PATIENCE: Duration = Duration::from_secs(10);

const HALL: &str = r#"
version = 1
hall = { name = "kept", language = "en" }
[[wall]]
id = "w"
canvas_px_per_mm = 1
[[wall.screen]]
id = "s1"
node = "wall"
output = 1
resolution = [960, 540]
position_mm = [0, 0]
size_mm = [960, 540]
[[source]]
id = "gate"
rtsp = { host = "127.0.0.1", port = 9, path = "/1" }
[[scene]]
id = "day"
wall = "w"
window = [{ source = "gate", rect_percent = [0, 0, 50, 50] }]
[[tour]]
id = "rounds"
wall = "w"
scenes = [{ scene = "day", dwell_s = 600 }]
"#;

/// Status and answer; an error when the controller goes away before it has answered.
fn ask(address: &str, method: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let body = body.to_string();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let lost = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(lost)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(lost)?;
    Ok((status, serde_json::from_str(body).map_err(|_| lost())?))
}

fn windows(address: &str, of: &str) -> Value {
    let (status, seen) = ask(address, "GET", &format!("/v1/walls/w/windows?of={of}"), &json!(null)).unwrap();
    assert_eq!(status, 200, "{seen}");
    seen
}

fn x(seen: &Value) -> f64 {
    seen["windows"][0]["rect"]["x"].as_f64().unwrap()
}

/// Moves the window by one pixel after the other until nobody answers: the last place that was answered, and the one that was asked for then.
fn work(address: &str, of: &str, from: f64) -> (f64, f64, u64) {
    let mut revision = windows(address, of)["revision"].clone();
    let (mut answered, mut count) = (from, 0);
    loop {
        let wanted = (answered + 1.0) % 400.0;
        let body = json!({
            "of": of, "base_revision": revision, "rect": { "x": wanted, "y": 0, "width": 320, "height": 180 },
        });
        match ask(address, "PATCH", "/v1/walls/w/windows/w1", &body) {
            Ok((200, answer)) => {
                (answered, revision) = (wanted, answer["revision"].clone());
                count += 1;
            }
            Ok(other) => panic!("{other:?}"),
            Err(_) => return (answered, wanted, count),
        }
    }
}

#[test]
fn what_was_answered_outlives_a_killed_controller() {
    let _alone = crate::alone();
    let place = Place::of_this_program("kept").unwrap();
    let hall = place.work.join("hall.toml");
    std::fs::write(&hall, HALL).unwrap();
    let settings = Settings::headless(&place, hall).unwrap();
    let mut cluster = Cluster::start_without_displays(settings, &mut |words| println!("{words}")).unwrap();
    let address = cluster.settings().http();
    assert_eq!(ask(&address, "POST", "/v1/walls/w/stage", &json!({ "scene": "day" })).unwrap().0, 200);
    assert_eq!(ask(&address, "POST", "/v1/tours/rounds/pause", &json!(null)).unwrap().0, 200);
    let (mut places, mut acts) = ([0.0, 0.0], 0);
    for round in 0..ROUNDS {
        let workers = ["air", "stage"].map(|of| {
            let (address, from) = (address.clone(), places[usize::from(of == "stage")]);
            std::thread::spawn(move || work(&address, of, from))
        });
        // Not at the same moment of an act each time.
        std::thread::sleep(Duration::from_millis(150 + round * 37));
        cluster.restart_controller().unwrap();
        for (n, (worker, of)) in workers.into_iter().zip(["air", "stage"]).enumerate() {
            let (answered, wanted, count) = worker.join().unwrap();
            let seen = windows(&address, of);
            let at = x(&seen);
            assert!(at == answered || at == wanted, "{of}: answered {answered}, asked {wanted}, found {at}");
            assert!(seen["undo"].as_u64().unwrap() >= count.min(50), "{of}: {count} acts, {seen}");
            (places[n], acts) = (at, acts + count);
        }
        let (_, tours) = ask(&address, "GET", "/v1/tours", &json!(null)).unwrap();
        assert_eq!(tours[0]["paused"], true, "{tours}");
    }
    println!("kept: {acts} acts answered over {ROUNDS} kills, none lost");
    assert!(acts > 20 * ROUNDS, "{acts}");
    for of in ["air", "stage"] {
        let now = x(&windows(&address, of));
        let (status, undone) = ask(&address, "POST", "/v1/walls/w/undo", &json!({ "of": of })).unwrap();
        assert_eq!((status, x(&undone)), (200, (now + 399.0) % 400.0), "{of}");
    }
    assert!(cluster.stop().is_empty());
}
