//! A wall seen from afar, over real HTTP and QUIC, with display nodes that this test plays: who is told to send, who sees what,
//! and what comes of a picture that is asked for.

use controller::{Controller, ControllerOptions, DataSettings};
use media::{CanvasFrame, NodeId, ScreenId, WallId, WallTime};
use protocol::{
    Hello, Looks, NoPicture, PictureReply, PictureRequest, PictureSubject, Preview, PreviewCoding,
    PreviewPicture, Role,
};
use protocol_quic::{ClientEvent, ControlClient, Host, Peer};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tungstenite::{Message, WebSocket};

const HALL: &str = r#"
version = 1
hall = { name = "Two" }
[[wall]]
id = "main"
tick_hz = 25
canvas_px_per_mm = 1
viewing_distance_m = 2
screen = [
  { id = "a", node = "east", output = 1, resolution = [640, 360], position_mm = [0, 0], size_mm = [640, 360] },
  { id = "b", node = "west", output = 1, resolution = [640, 360], position_mm = [640.5, 0], size_mm = [640, 360] },
]
[[wall]]
id = "other"
canvas_px_per_mm = 1
viewing_distance_m = 2
screen = [{ id = "c", node = "west", output = 2, resolution = [640, 360], position_mm = [0, 0], size_mm = [640, 360] }]
[[scene]]
id = "day"
wall = "main"
name = "Day"
window = [{ text = "Day", size_px = 40, rect_percent = [0, 0, 100, 20] }]
"#;

struct Hall {
    host: Host,
    folder: PathBuf,
    identities: protocol_quic::Authority,
    nodes: SocketAddr,
    http: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Hall {
    async fn new(name: &str) -> Self {
        protocol_quic::install_crypto_provider();
        let host = Host::system();
        let folder = std::env::temp_dir().join(format!("taibai-preview-{name}-{}", std::process::id()));
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let nodes = UdpSocket::bind(any).unwrap().local_addr().unwrap();
        let http = TcpListener::bind(any).unwrap().local_addr().unwrap();
        let options = ControllerOptions {
            state: folder.clone(),
            listen: nodes,
            http,
            console: any,
            console_hosts: Vec::new(),
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
        let layout = layouts::parse(HALL, "hall.toml").unwrap();
        let controller = Controller::bind(layout, HALL.to_owned(), Vec::new(), &options, data).await.unwrap();
        let identities = protocol_quic::Authority::open(&host, &folder).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(controller.run(async move { drop(stopped.await) }));
        Self { host, folder, identities, nodes, http, _stop: stop }
    }

    async fn connect(&self, name: &str) -> ControlClient {
        let (node, role) = (NodeId::new(name).unwrap(), Role::Display);
        let identity = self.identities.issue(&Peer::Node(node.clone(), role)).unwrap();
        let hello = Hello { node, role, software: "test".into(), media_port: 0 };
        let mut client = ControlClient::start(&self.host, &self.nodes.to_string(), identity, hello);
        while !matches!(next(&mut client).await, ClientEvent::Snapshot(_)) {}
        client
    }

    fn look(&self, wall: &str) -> WebSocket<TcpStream> {
        self.look_so(wall, "")
    }

    fn look_so(&self, wall: &str, query: &str) -> WebSocket<TcpStream> {
        let stream = TcpStream::connect(self.http).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let address = format!("ws://{}/v1/walls/{wall}/preview{query}", self.http);
        tungstenite::client(address, stream).unwrap().0
    }

    /// Status and body.
    fn get(&self, path: &str, more: &str) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(self.http).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let host = self.http;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, close\r\n{more}\r\n")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        (status, answer[head..].to_vec())
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn next(client: &mut ControlClient) -> ClientEvent {
    timeout(Duration::from_secs(20), client.next()).await.expect("nothing within 20 s").unwrap()
}

async fn told(client: &mut ControlClient) -> Preview {
    loop {
        if let ClientEvent::Preview(preview) = next(client).await {
            return preview;
        }
    }
}

async fn asked(client: &mut ControlClient) -> PictureRequest {
    loop {
        if let ClientEvent::PictureRequest(request) = next(client).await {
            return request;
        }
    }
}

fn preview(on: bool) -> Preview {
    looks(on, false)
}

fn looks(stills: bool, video: bool) -> Preview {
    let looks = Looks { stills, video };
    Preview { wall: WallId::new("main").unwrap(), looks, side_px_max: 1280, every_ticks: 3 }
}

fn picture(screen: &str, tick: u64, jpeg: &'static [u8]) -> PreviewPicture {
    PreviewPicture {
        wall: WallId::new("main").unwrap(),
        screen: ScreenId::new(screen).unwrap(),
        tick: CanvasFrame(tick),
        composed: WallTime(1_795_000_000_123_456_789),
        sent: WallTime(1_795_000_000_125_000_000),
        coding: PreviewCoding::Jpeg,
        bytes: jpeg.into(),
    }
}

/// The next picture: its head and its JPEG.
fn seen(viewer: &mut WebSocket<TcpStream>) -> (serde_json::Value, Vec<u8>) {
    loop {
        if let Message::Binary(message) = viewer.read().unwrap() {
            let (length, rest) = message.split_first_chunk::<4>().unwrap();
            let (head, jpeg) = rest.split_at(u32::from_be_bytes(*length) as usize);
            return (serde_json::from_slice(head).unwrap(), jpeg.to_vec());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_send_while_somebody_looks_and_everybody_sees_the_same() {
    let hall = Hall::new("look").await;
    let mut east = hall.connect("east").await;
    let mut viewers = vec![tokio::task::block_in_place(|| hall.look("main"))];
    assert_eq!(told(&mut east).await, preview(true));
    // Who connects later is told too, and of no other wall.
    let mut west = hall.connect("west").await;
    assert_eq!(told(&mut west).await, preview(true));
    viewers.extend((0..11).map(|_| tokio::task::block_in_place(|| hall.look("main"))));
    east.pictures().preview(&picture("a", 7, b"jpeg of a")).unwrap();
    for viewer in &mut viewers {
        let (head, jpeg) = tokio::task::block_in_place(|| seen(viewer));
        assert_eq!(jpeg, b"jpeg of a");
        let rect = serde_json::json!({ "x": 0.0, "y": 0.0, "width": 640.0, "height": 360.0 });
        assert_eq!((&head["screen"], &head["rect"]), (&"a".into(), &rect));
        assert_eq!((&head["tick"], &head["format"]), (&7.into(), &"jpeg".into()));
        assert_eq!(head["captured_ms"], 1_795_000_000_123_i64);
        assert_eq!(head["sent_ms"], 1_795_000_000_125_i64);
        assert!(head["received_ms"].as_i64().unwrap() > 1_700_000_000_000);
    }
    // A node speaks of its own screens alone: what east says of b is not shown, what west says is.
    east.pictures().preview(&picture("b", 8, b"a lie")).unwrap();
    west.pictures().preview(&picture("b", 9, b"jpeg of b")).unwrap();
    let (head, jpeg) = tokio::task::block_in_place(|| seen(&mut viewers[0]));
    assert_eq!((jpeg.as_slice(), &head["rect"]["x"]), (&b"jpeg of b"[..], &640.5.into()));
    // Who comes late is shown the newest of each at once.
    let mut late = tokio::task::block_in_place(|| hall.look("main"));
    let both = tokio::task::block_in_place(|| [seen(&mut late).1, seen(&mut late).1]);
    assert_eq!(both, [b"jpeg of a".to_vec(), b"jpeg of b".to_vec()]);
    // The last one goes: some seconds later nodes are told, once.
    let gone = Instant::now();
    drop((viewers, late));
    assert_eq!(told(&mut east).await, preview(false));
    assert_eq!(told(&mut west).await, preview(false));
    assert!(
        gone.elapsed() > Duration::from_secs(4),
        "a page that is turned costs nothing: {:?}",
        gone.elapsed()
    );
    let _again = tokio::task::block_in_place(|| hall.look("main"));
    assert_eq!(told(&mut east).await, preview(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_wants_video_is_sent_it_from_the_key_picture_on_and_jpegs_where_there_is_none() {
    let hall = Hall::new("video").await;
    let mut east = hall.connect("east").await;
    let mut west = hall.connect("west").await;
    let mut viewer = tokio::task::block_in_place(|| hall.look_so("main", "?format=h264"));
    assert_eq!(told(&mut east).await, looks(false, true));
    assert_eq!(told(&mut west).await, looks(false, true));
    let video = |key: u64, order: u32, bytes| PreviewPicture {
        coding: PreviewCoding::H264 { key: CanvasFrame(key), order },
        ..picture("a", key + u64::from(order), bytes)
    };
    east.pictures().preview(&video(7, 0, b"key")).unwrap();
    east.pictures().preview(&video(7, 1, b"leans")).unwrap();
    for (bytes, is_key) in [(&b"key"[..], true), (b"leans", false)] {
        let (head, picture) = tokio::task::block_in_place(|| seen(&mut viewer));
        assert_eq!((&picture[..], &head["format"], &head["key"]), (bytes, &"h264".into(), &is_key.into()));
    }
    // A node that cannot make it sends JPEGs in its place.
    west.pictures().preview(&picture("b", 9, b"jpeg of b")).unwrap();
    let (head, jpeg) = tokio::task::block_in_place(|| seen(&mut viewer));
    assert_eq!((&jpeg[..], &head["format"], head.get("key")), (&b"jpeg of b"[..], &"jpeg".into(), None));
    // Who comes late begins with the key picture. Who wants JPEGs is told of, and sent nothing else.
    let mut late = tokio::task::block_in_place(|| hall.look_so("main", "?format=h264"));
    let three = tokio::task::block_in_place(|| [0; 3].map(|_| seen(&mut late).1));
    assert_eq!(three, [b"key".to_vec(), b"leans".to_vec(), b"jpeg of b".to_vec()]);
    let mut other = tokio::task::block_in_place(|| hall.look_so("main", "?format=jpeg"));
    assert_eq!(told(&mut east).await, looks(true, true));
    east.pictures().preview(&picture("a", 10, b"jpeg of a")).unwrap();
    let both = tokio::task::block_in_place(|| [seen(&mut other).1, seen(&mut other).1]);
    assert_eq!(both, [b"jpeg of b".to_vec(), b"jpeg of a".to_vec()]);
    // Each form ends for itself.
    drop((viewer, late));
    assert_eq!(told(&mut east).await, looks(true, false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_who_may_looks() {
    let hall = Hall::new("may").await;
    let upgrade =
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let refused = |path: &str, more: &str| {
        let (status, body) = tokio::task::block_in_place(|| hall.get(path, more));
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let evil = format!("{upgrade}Origin: http://evil.example\r\n");
    assert_eq!(refused("/v1/walls/main/preview", &evil), (403, "browser_refused".into()));
    assert_eq!(refused("/v1/walls/none/preview", upgrade), (404, "unknown".into()));
    assert_eq!(refused("/v1/walls/main/preview", ""), (400, "no_websocket".into()));
    assert_eq!(refused("/v1/walls/main/preview?format=png", upgrade), (400, "bad_query".into()));
    assert_eq!(refused("/v1/walls/main/screens/c/picture.png", ""), (404, "unknown".into()));
    assert_eq!(refused("/v1/walls/main/screens/..%2Fa/picture.png", ""), (404, "unknown".into()));
    assert_eq!(refused("/v1/walls/main/screens/a/picture.png?width=1", ""), (400, "bad_query".into()));
    assert_eq!(refused("/v1/walls/main/screens/a/picture.png", ""), (503, "node_away".into()));
    assert_eq!(refused("/v1/walls/main/scenes/day/thumbnail.jpg", ""), (503, "node_away".into()));
    assert_eq!(refused("/v1/walls/other/scenes/day/thumbnail.jpg", ""), (404, "unknown".into()));
    assert_eq!(refused("/v1/sources/none/thumbnail.jpg", ""), (404, "unknown".into()));
    let (status, body) = tokio::task::block_in_place(|| hall.get("/v1/walls/main/screens", ""));
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, body["canvas"]["width"].as_f64()), (200, Some(1280.5)));
    assert_eq!(body["screens"][1]["rect"]["x"], 640.5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_picture_is_asked_of_the_node_that_drives_the_screen() {
    let hall = Arc::new(Hall::new("ask").await);
    let mut west = hall.connect("west").await;
    let fetch = |path: &'static str| {
        let hall = hall.clone();
        tokio::task::spawn_blocking(move || hall.get(path, ""))
    };
    let waits = fetch("/v1/walls/main/screens/b/picture.png?width=320");
    let request = asked(&mut west).await;
    assert_eq!(request.subject, PictureSubject::Screen(ScreenId::new("b").unwrap()));
    assert_eq!(request.width_px, Some(320));
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
    let outcome = Ok((WallTime(5_000_000), bytes.clone().into()));
    west.pictures().reply(&PictureReply { number: request.number, outcome }).unwrap();
    assert_eq!(waits.await.unwrap(), (200, bytes));
    let waits = fetch("/v1/walls/main/screens/b/picture.jpg");
    let request = asked(&mut west).await;
    west.pictures()
        .reply(&PictureReply { number: request.number, outcome: Err(NoPicture::TooLarge) })
        .unwrap();
    assert_eq!(waits.await.unwrap().0, 409);
    // Thumbnails that many ask for at once are drawn once.
    let waiting: Vec<_> = (0..8).map(|_| fetch("/v1/walls/main/scenes/day/thumbnail.jpg")).collect();
    let request = asked(&mut west).await;
    let outcome = Ok((WallTime(5_000_000), b"small".to_vec().into()));
    west.pictures().reply(&PictureReply { number: request.number, outcome }).unwrap();
    for one in waiting {
        assert_eq!(one.await.unwrap(), (200, b"small".to_vec()));
    }
    // A node that never answers.
    assert_eq!(fetch("/v1/walls/main/screens/b/picture.jpg").await.unwrap().0, 504);
}

/// A picture of one colour.
fn plain(width: u32, height: u32, color: [u8; 3]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&color.repeat((width * height) as usize)).unwrap();
    writer.finish().unwrap();
    bytes
}

/// Width, height, and a function that gives a pixel.
fn read(bytes: Vec<u8>) -> (u32, u32, impl Fn(u32, u32) -> [u8; 4]) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgba);
    let pixel = move |x: u32, y: u32| {
        let begin = (y * info.width + x) as usize * 4;
        pixels[begin..begin + 4].try_into().unwrap()
    };
    (info.width, info.height, pixel)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_whole_wall_is_its_screens_where_they_hang() {
    let hall = Arc::new(Hall::new("whole").await);
    let fetch = |path: &'static str| {
        let hall = hall.clone();
        tokio::task::spawn_blocking(move || hall.get(path, ""))
    };
    assert_eq!(fetch("/v1/walls/main/picture.png").await.unwrap().0, 503, "nobody is there");
    assert_eq!(fetch("/v1/walls/none/picture.png").await.unwrap().0, 404);
    let (mut east, mut west) = (hall.connect("east").await, hall.connect("west").await);
    let waits = fetch("/v1/walls/main/picture.png");
    let (a, b) = (asked(&mut east).await, asked(&mut west).await);
    assert_eq!(a.subject, PictureSubject::Screen(ScreenId::new("a").unwrap()));
    assert_eq!((a.width_px, b.width_px), (Some(640), Some(640)));
    let reply = |number, bytes: Vec<u8>| PictureReply { number, outcome: Ok((WallTime(5), bytes.into())) };
    east.pictures().reply(&reply(a.number, plain(640, 360, [200, 0, 0]))).unwrap();
    west.pictures().reply(&reply(b.number, plain(320, 180, [0, 0, 200]))).unwrap();
    let (status, bytes) = waits.await.unwrap();
    assert_eq!(status, 200);
    let (width, height, pixel) = read(bytes);
    assert_eq!((width, height), (1281, 360));
    assert_eq!([pixel(0, 0), pixel(639, 359)], [[200, 0, 0, 255]; 2]);
    assert_eq!(pixel(640, 100), [0; 4], "the frame between them");
    assert_eq!([pixel(641, 0), pixel(1280, 359)], [[0, 0, 200, 255]; 2]);
    // A screen whose picture does not come is missed and named; the rest is there, in the width that is wanted.
    let waits = fetch("/v1/walls/main/picture.png?width=640");
    let (a, b) = (asked(&mut east).await, asked(&mut west).await);
    assert_eq!(a.width_px, Some(320));
    east.pictures().reply(&reply(a.number, plain(320, 180, [9, 9, 9]))).unwrap();
    let none = PictureReply { number: b.number, outcome: Err(NoPicture::None) };
    west.pictures().reply(&none).unwrap();
    let (_, _, pixel) = read(waits.await.unwrap().1);
    assert_eq!((pixel(5, 5), pixel(500, 100)), ([9, 9, 9, 255], [0; 4]));
    // A screen that is narrower there than pictures come is asked for as narrow as they come: the node's link lives on.
    let waits = fetch("/v1/walls/main/picture.png?width=21");
    let (a, b) = (asked(&mut east).await, asked(&mut west).await);
    assert_eq!((a.width_px, b.width_px), (Some(16), Some(16)));
    east.pictures().reply(&reply(a.number, plain(16, 9, [7, 7, 7]))).unwrap();
    west.pictures().reply(&reply(b.number, plain(16, 9, [8, 8, 8]))).unwrap();
    let (width, _, pixel) = read(waits.await.unwrap().1);
    assert_eq!((width, pixel(2, 2), pixel(18, 2)), (21, [7, 7, 7, 255], [8, 8, 8, 255]));
    // What a node sends that is no picture harms nobody.
    let waits = fetch("/v1/walls/main/picture.png");
    let (a, b) = (asked(&mut east).await, asked(&mut west).await);
    east.pictures().reply(&reply(a.number, b"no picture".to_vec())).unwrap();
    west.pictures().reply(&reply(b.number, plain(640, 360, [1, 2, 3]))).unwrap();
    assert_eq!(waits.await.unwrap().0, 500);
}
