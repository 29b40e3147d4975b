//! A camera is added while the hall runs, seen in the composed pixels with its own counter, survives the controller, stands in the exported
//! document, and goes again; a wrong password, a dead port and a forbidden address are told apart before anything is kept.

use crate::data::{Wall, get, http};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};
use tests::camera::Scene;
use tests::cluster::{Cluster, Settings};
use tests::counter;
use tests::peers::{self, Clip, Coding, Peer, Server};
use tests::picture::{Picture, Rect};
use tests::stage::Place;
use tests::tap;

const PATIENCE: Duration = Duration::from_secs(30);
const CAMERA: u32 = 21;
const SUB: u32 = 22;

/// Cameras of this test are on this machine, which a hall's document has to allow.
const HALL: &str = r##"# A hall that gets its cameras later.
version = 1
[hall]
name = "sources"
language = "en"
source_addresses = ["127.0.0.1"]   # where the cameras are
[[wall]]
id = "w"
tick_hz = 25
latency_ms = 240
canvas_px_per_mm = 1
[[wall.screen]]
id = "s1"
node = "wall"
output = 1
resolution = [1280, 720]
position_mm = [0, 0]
size_mm = [1280, 720]
[[source]]
id = "card"   # a still
image = { path = "card.png" }
[[scene]]
id = "day"
wall = "w"
[[scene.window]]
source = "card"
label = false
rect_px = [0, 0, 640, 360]
# the end
"##;

const MAIN_CLIP: Clip =
    Clip { size: (1280, 720), ..Clip::new("late-main", Scene::Gate, CAMERA, Coding::H264) };
const SUB_CLIP: Clip = Clip::new("late-sub", Scene::Gate, SUB, Coding::H264);

fn ask(address: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let (status, answer) = http(address, method, path, None, &text);
    (status, if answer.is_empty() { Value::Null } else { serde_json::from_str(&answer).unwrap() })
}

fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or_default()
}

/// What the strip in the right half of the wall says.
fn seen(picture: &Picture) -> Option<counter::Reading> {
    counter::read(picture, Rect::new(640.0, 0.0, 640.0, 360.0))
}

fn is_red(picture: &Picture) -> bool {
    picture.bgra[(100 * picture.width as usize + 100) * 4..][..3]
        .iter()
        .zip([0_u8, 0, 255])
        .all(|(a, b)| a.abs_diff(b) < 40)
}

#[test]
fn a_camera_is_added_shown_kept_and_removed_while_the_hall_runs() {
    let _alone = crate::alone();
    let place = Place::of_this_program("sources").unwrap();
    let kit = place.kit();
    peers::ensure(&kit.cache, &[MAIN_CLIP, SUB_CLIP], &mut |words| println!("{words}")).unwrap();
    let port = peers::free_tcp_port().unwrap();
    let mounts = vec![("/main", MAIN_CLIP), ("/sub", SUB_CLIP)];
    let server = Server::Rtsp { port, mounts, credential: "cameras", basic: false };
    let _camera = Peer::start("late-camera", &kit, server).unwrap();
    let (hall, pipe) = (place.work.join("hall.toml"), place.work.join("tap"));
    std::fs::write(&hall, HALL).unwrap();
    let red = Picture { width: 320, height: 180, bgra: [0, 0, 255, 255].repeat(320 * 180) };
    red.write_png(&place.work.join("card.png")).unwrap();
    // A name whose password is another one.
    let secrets = place.work.join("secrets.toml");
    peers::private_copy(&kit.credentials, &secrets).unwrap();
    let mut text = std::fs::read_to_string(&secrets).unwrap();
    text.push_str("\n[wrong]\nuser = \"viewer\"\npassword = \"canary-not-it\"\n");
    std::fs::write(&secrets, text).unwrap();
    tap::make_pipe(&pipe).unwrap();
    let wall = Wall::watch(&pipe);
    let settings = Settings {
        taps: BTreeMap::from([("wall".to_owned(), pipe)]),
        credentials: secrets,
        ..Settings::headless(&place, hall).unwrap()
    };
    let mut cluster = Cluster::start(settings, &mut |words| println!("{words}")).unwrap();
    let commands = cluster.settings().http();
    wall.until("the card", PATIENCE, is_red);

    probes(&commands, port);
    let source = json!({
        "id": "late", "label": { "zh": "东门", "en": "East gate" }, "tags": ["gate"], "place": "lake/north",
        "rtsp": { "host": "127.0.0.1", "port": port, "credential": "cameras" },
        "streams": [{ "name": "main", "path": "/main", "size": [1280, 720] }, { "name": "sub", "path": "/sub", "size": [640, 360] }]
    });
    let added = Instant::now();
    let (status, answer) = ask(&commands, "POST", "/v1/sources", source.clone());
    assert_eq!((status, &answer), (201, &source), "it is what was given");
    let (status, answer) = ask(&commands, "POST", "/v1/sources", source.clone());
    assert_eq!((status, code(&answer)), (409, "source_taken"));
    let found = get(&commands, "/v1/sources?search=dm");
    assert_eq!(
        (&found[0]["source"], &found[0]["kind"]),
        (&json!("late"), &json!("rtsp")),
        "by its sound: {found}"
    );

    open(&commands, "late");
    let shown = wall.until("the camera's own counter", PATIENCE, |picture| seen(picture).is_some());
    println!("from adding to the composed picture: {:?}", added.elapsed());
    assert_eq!(seen(&shown).map(|read| read.camera), Some(SUB), "the stream that fits the window");
    shown.write_png(&place.work.join("shown.png")).unwrap();
    assert!(is_red(&shown), "what hung before hangs on");

    changes(&commands, &wall);
    document(&commands);
    // The controller is gone and comes back: the wall goes on, and the source is there.
    cluster.restart_controller().unwrap();
    assert_eq!(ask(&commands, "GET", "/v1/sources/late", Value::Null).1["tags"], json!(["gate", "night"]));
    let counts = counts(&wall, Duration::from_secs(2));
    assert!(counts.len() > 30, "pictures go on: {}", counts.len());
    removal(&commands, &wall);
    cluster.restart_controller().unwrap();
    assert_eq!(ask(&commands, "GET", "/v1/sources/late", Value::Null).0, 404, "gone for good");
    assert_eq!(http(&commands, "GET", "/v1/document", None, "").1, HALL);
    assert!(cluster.stop().is_empty());
    nothing_was_told(&place.work.join("logs"));
}

fn open(commands: &str, source: &str) {
    let base = get(commands, "/v1/walls/w/windows")["revision"].clone();
    let window = json!({ "base_revision": base, "source": source, "rect": { "x": 640, "y": 0, "width": 640, "height": 360 } });
    let (status, answer) = ask(commands, "POST", "/v1/walls/w/windows", window);
    assert_eq!(status, 200, "{answer}");
}

/// What an ingest node says of cameras that nobody keeps.
fn probes(commands: &str, port: u16) {
    let probe = |rtsp: Value| {
        let begin = Instant::now();
        let (status, answer) = ask(commands, "POST", "/v1/sources/probe", json!({ "rtsp": rtsp }));
        assert!(begin.elapsed() < Duration::from_secs(12), "{:?}", begin.elapsed());
        println!("{status} {} in {:?}", answer["fault"]["code"], begin.elapsed());
        (status, answer)
    };
    let (status, good) =
        probe(json!({ "host": "127.0.0.1", "port": port, "path": "/main", "credential": "cameras" }));
    assert_eq!((status, &good["ok"]), (200, &json!(true)), "{good}");
    let found = &good["found"];
    assert_eq!(
        (&found["codec"], &found["width"], &found["height"]),
        (&json!("h264"), &json!(1280), &json!(720))
    );
    let fps = found["fps"].as_f64().unwrap();
    assert!((24.0..26.0).contains(&fps), "{fps}");
    let key_every = found["key_every_ms"].as_u64().unwrap();
    assert!((200..4100).contains(&key_every), "{key_every}");
    let pictures = found["pictures"].as_array().unwrap();
    assert!(pictures.len() >= 2, "{}", pictures.len());
    let mut frames = BTreeSet::new();
    for picture in pictures {
        let picture = jpeg(picture["jpeg"].as_str().unwrap());
        assert_eq!((picture.width, picture.height), (640, 360));
        let read = counter::read(&picture, Rect::new(0.0, 0.0, 640.0, 360.0)).expect("the camera's strip");
        assert_eq!(read.camera, CAMERA);
        frames.insert(read.frame);
    }
    assert_eq!(frames.len(), pictures.len(), "a live picture moves");

    let fault = |rtsp: Value| probe(rtsp).1["fault"]["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        fault(json!({ "host": "127.0.0.1", "port": port, "path": "/main", "credential": "wrong" })),
        "wrong_password"
    );
    assert_eq!(
        fault(json!({ "host": "127.0.0.1", "port": port, "path": "/main", "credential": "nobody" })),
        "no_secret"
    );
    assert_eq!(
        fault(json!({ "host": "127.0.0.1", "port": port, "path": "/nowhere", "credential": "cameras" })),
        "not_found"
    );
    let closed = peers::free_tcp_port().unwrap();
    assert_eq!(fault(json!({ "host": "127.0.0.1", "port": closed, "path": "/main" })), "refused");
    let (status, answer) = probe(json!({ "host": "169.254.169.254", "port": 80, "path": "/latest" }));
    assert_eq!((status, code(&answer)), (422, "address_not_allowed"));
    assert!(answer["detail_zh"].as_str().unwrap().contains("169.254.169.254"));
    assert_eq!(get(commands, "/v1/sources").as_array().unwrap().len(), 1, "nothing was kept");
}

fn jpeg(text: &str) -> Picture {
    let bitmap = renderer::raster::decode_image(&BASE64.decode(text).unwrap()).unwrap();
    let media::Size { width, height } = bitmap.size();
    Picture { width, height, bgra: bitmap.bytes().to_vec() }
}

/// New words do not disturb the pictures; another address does what it says; what the document refuses is refused.
fn changes(commands: &str, wall: &Wall) {
    let (status, answer) = ask(
        commands,
        "PATCH",
        "/v1/sources/late",
        json!({ "tags": ["gate", "night"], "label": { "zh": "东大门", "en": "East gate" } }),
    );
    assert_eq!((status, &answer["tags"]), (200, &json!(["gate", "night"])), "{answer}");
    let counted = counts(wall, Duration::from_secs(1));
    assert!(counted.len() > 15, "the pictures go on undisturbed: {counted:?}");
    let (status, answer) = ask(
        commands,
        "PATCH",
        "/v1/sources/late",
        json!({ "rtsp": "rtsp://viewer:canary-secret@127.0.0.1/main" }),
    );
    assert_eq!((status, code(&answer)), (422, "bad_source"));
    assert!(!answer.to_string().contains("canary-secret"), "{answer}");
    let (status, answer) = ask(commands, "PATCH", "/v1/sources/late", json!({ "colour": "red" }));
    assert_eq!((status, &answer["mistakes"][0]["code"]), (422, &json!("unknown-key")), "{answer}");
    let (status, answer) = ask(commands, "PATCH", "/v1/sources/late", json!({ "id": "other" }));
    assert_eq!((status, code(&answer)), (422, "source_id_fixed"));
    let (status, answer) = ask(commands, "PATCH", "/v1/sources/nobody", json!({}));
    assert_eq!((status, code(&answer)), (404, "unknown_source"));
    let own = json!({ "id": "own", "rtsp": { "host": "127.0.0.2", "path": "/x" } });
    let (status, answer) = ask(commands, "POST", "/v1/sources", own);
    assert_eq!((status, code(&answer)), (422, "address_not_allowed"));
}

/// Different frames that the wall shows in `time`.
fn counts(wall: &Wall, time: Duration) -> BTreeSet<u32> {
    let begin = Instant::now();
    let mut seen_frames = BTreeSet::new();
    while begin.elapsed() < time {
        seen_frames.extend(seen(&wall.next()).map(|read| read.frame));
    }
    seen_frames
}

fn document(commands: &str) {
    let (_, text) = http(commands, "GET", "/v1/document", None, "");
    for kept in [
        "# A hall that gets its cameras later.",
        "# where the cameras are",
        "id = \"card\"   # a still",
        "# the end",
    ] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    assert!(text.contains("id = \"late\"") && text.contains("tags = [\"gate\", \"night\"]"), "{text}");
    let layout = layouts::parse(&text, "exported.toml").unwrap();
    let late = layout.sources().find(|source| source.id.as_str() == "late").unwrap();
    assert_eq!(late.streams.len(), 2);
    assert!(layout.scenes()[0].windows.len() == 2, "with the window that shows it");
}

fn removal(commands: &str, wall: &Wall) {
    let (status, answer) = ask(commands, "DELETE", "/v1/sources/late", Value::Null);
    assert_eq!((status, code(&answer)), (409, "source_shown"), "{answer}");
    assert_eq!(answer["shown"], json!([{ "wall": "w", "of": "air", "window": "o1" }]));
    let (status, answer) = ask(commands, "DELETE", "/v1/sources/card?close=true", Value::Null);
    assert_eq!((status, code(&answer)), (409, "source_in_document"));
    assert_eq!(answer["scenes"], json!(["day/w1"]));
    let (status, answer) = ask(commands, "DELETE", "/v1/sources/late?close=true", Value::Null);
    assert_eq!(status, 204, "{answer}");
    wall.until("the window is gone", PATIENCE, |picture| seen(picture).is_none() && is_red(picture));
    let view = get(commands, "/v1/walls/w/windows");
    assert_eq!(
        (view["windows"].as_array().unwrap().len(), &view["undo"]),
        (1, &json!(0)),
        "no way leads back to it: {view}"
    );
}

fn nothing_was_told(logs: &std::path::Path) {
    for file in std::fs::read_dir(logs).unwrap().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap_or_default();
        assert!(!text.contains("canary-"), "{} tells a password", file.path().display());
    }
}

/// A small camera of the network: it answers one question of WS-Discovery as ONVIF has it.
fn answer_as_a_camera(socket: &UdpSocket) {
    let mut bytes = [0; 4096];
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    while let Ok((length, from)) = socket.recv_from(&mut bytes) {
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        let Some(id) = text.split("MessageID>").nth(1).and_then(|rest| rest.split('<').next()) else {
            continue;
        };
        let answer = format!(
            r#"<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header><a:RelatesTo>{id}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch><d:Scopes>onvif://www.onvif.org/name/East%20gate onvif://www.onvif.org/hardware/Test</d:Scopes><d:XAddrs>http://127.0.0.1:8081/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"#
        );
        socket.send_to(answer.as_bytes(), from).unwrap();
        return;
    }
}

#[test]
fn cameras_of_the_network_are_found_when_somebody_asks() {
    let _alone = crate::alone();
    let group = Ipv4Addr::new(239, 255, 255, 250);
    let Ok(socket) = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 3702)) else {
        panic!("port 3702 is taken on this machine");
    };
    socket.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST).unwrap();
    let camera = std::thread::spawn(move || answer_as_a_camera(&socket));
    let place = Place::of_this_program("discovery").unwrap();
    let hall = place.work.join("hall.toml");
    std::fs::write(&hall, HALL).unwrap();
    let red = Picture { width: 320, height: 180, bgra: [0, 0, 255, 255].repeat(320 * 180) };
    red.write_png(&place.work.join("card.png")).unwrap();
    let settings = Settings::headless(&place, hall).unwrap();
    let mut cluster = Cluster::start_without_displays(settings, &mut |words| println!("{words}")).unwrap();
    let commands = cluster.settings().http();
    let begin = Instant::now();
    // The node may only just be coming.
    let found = loop {
        let (status, answer) = ask(&commands, "POST", "/v1/sources/discover", json!({}));
        if status == 200 && answer["faults"] == json!([]) {
            break answer;
        }
        assert!(begin.elapsed() < PATIENCE, "{status} {answer}");
        std::thread::sleep(Duration::from_millis(200));
    };
    let device = &found["devices"][0];
    assert_eq!((&device["host"], &device["port"]), (&json!("127.0.0.1"), &json!(8081)), "{found}");
    assert_eq!((&device["name"], &device["hardware"]), (&json!("East gate"), &json!("Test")));
    let (status, answer) =
        ask(&commands, "POST", "/v1/sources/streams", json!({ "host": "169.254.169.254" }));
    assert_eq!((status, code(&answer)), (422, "address_not_allowed"));
    camera.join().unwrap();
    assert!(cluster.stop().is_empty());
}
