//! The demo hall's servers: the ports, paths and clips that `assets/demo/hall.toml` names.

use super::{Clip, Coding, Kit, Peer, Server};
use crate::camera::{self, Scene};
use std::fs;
use std::io;
use std::path::Path;

const GATE: Clip = Clip::new("gate-east", Scene::Gate, 1, Coding::H264);
const GATE_SUB: Clip = Clip { size: (320, 180), ..Clip::new("gate-east-sub", Scene::Gate, 2, Coding::H264) };
const CROSSING: Clip = Clip::new("crossing", Scene::Crossing, 3, Coding::H264);
const SHORE: Clip = Clip::new("shore", Scene::Shore, 4, Coding::H265);
const MARKET: Clip = Clip { fps: 15, ..Clip::new("market", Scene::Market, 5, Coding::Mjpeg) };
const NEWS: Clip = Clip::new("evening-news", Scene::News, 6, Coding::H264);
const LATE_NEWS: Clip = Clip::new("late-news", Scene::LateNews, 7, Coding::H264);
const PATROL: Clip = Clip::new("patrol", Scene::Patrol, 8, Coding::H264);
const MOTORWAY: Clip = Clip::new("motorway", Scene::Motorway, 9, Coding::H264BFrames);
const BRIDGE: Clip = Clip::new("bridge", Scene::Bridge, 10, Coding::H265);
const HARBOUR: Clip = Clip::new("harbour", Scene::Harbour, 11, Coding::Mpeg2);
const LANE: Clip = Clip::new("lane", Scene::Lane, 12, Coding::H264);
const LAKE: Clip = Clip::new("lake", Scene::Lake, 13, Coding::H264);
const PLAZA: Clip = Clip::new("plaza", Scene::Plaza, 14, Coding::Vp9);

/// All clips of the demo.
pub fn clips() -> Vec<Clip> {
    let mut all = vec![GATE, GATE_SUB, CROSSING, SHORE, MARKET, NEWS, LATE_NEWS];
    all.extend([PATROL, MOTORWAY, BRIDGE, HARBOUR, LANE, LAKE, PLAZA]);
    all
}

/// The clips that a camera of the demo hall may show: its streams, the larger first. Empty for what is no camera.
pub fn clips_of(source: &str) -> Vec<Clip> {
    let one = match source {
        "gate-east" => return vec![GATE, GATE_SUB],
        "crossing" => CROSSING,
        "shore" => SHORE,
        "market" => MARKET,
        "evening-news" => NEWS,
        "studio" => LATE_NEWS,
        "patrol" | "patrol-web" => PATROL,
        "square" => MOTORWAY,
        "bridge" => BRIDGE,
        "broadcast" => HARBOUR,
        "drone" => LANE,
        "lake" => LAKE,
        "plaza" => PLAZA,
        _ => return Vec::new(),
    };
    vec![one]
}

/// Pictures a second of a source of the demo hall.
pub fn fps(source: &str) -> f64 {
    if source == "market" { f64::from(MARKET.fps) } else { 25.0 }
}

/// The demo's MQTT broker.
pub const MQTT_PORT: u16 = 18831;

/// Puts the demo's files into the media folder that its ingest node and its controller read: `clips/lake.mp4`,
/// `clips/plaza.webm`, `stills/map.png` and the district's maps. The clips must be in the cache.
pub fn write_media(cache: &Path, media: &Path) -> io::Result<()> {
    fs::create_dir_all(media.join("clips"))?;
    fs::create_dir_all(media.join("stills"))?;
    fs::create_dir_all(media.join("district"))?;
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/district"))? {
        let path = file?.path();
        if let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|end| end == "geojson"))
        {
            fs::copy(&path, media.join("district").join(name))?;
        }
    }
    fs::copy(LAKE.file(cache), media.join("clips/lake.mp4"))?;
    fs::copy(PLAZA.file(cache), media.join("clips/plaza.webm"))?;
    let map = camera::map(1280, 720);
    let (width, height) = map.size();
    let mut encoder = png::Encoder::new(fs::File::create(media.join("stills/map.png"))?, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&map.to_rgb8()))
        .map_err(io::Error::other)
}

/// Starts every server of the demo, and tells `progress` about each. `passphrase` is that of the second SRT stream.
pub fn start(kit: &Kit, passphrase: &str, progress: &mut dyn FnMut(&str)) -> io::Result<Vec<Peer>> {
    let cameras = vec![
        ("/gate-east", GATE),
        ("/gate-east-sub", GATE_SUB),
        ("/crossing", CROSSING),
        ("/shore", SHORE),
        ("/market", MARKET),
    ];
    let rtsp = Server::Rtsp { port: 18554, mounts: cameras, credential: "cameras", basic: false };
    let servers = [
        ("rtsp", "five RTSP cameras on port 18554", rtsp),
        ("srt", "SRT on port 18890", Server::SrtListener { port: 18890, passphrase: None, clip: NEWS }),
        (
            "srt-secret",
            "SRT with a passphrase on port 18891",
            Server::SrtListener { port: 18891, passphrase: Some(passphrase.into()), clip: LATE_NEWS },
        ),
        (
            "nginx",
            "RTMP on port 18935 and HLS on port 18080",
            Server::RtmpHls { rtmp_port: 18935, http_port: 18080, stream: "patrol", clip: PATROL },
        ),
        (
            "udp-h264",
            "MPEG-TS with H.264 to UDP port 18901",
            Server::UdpMpegTs { to: "127.0.0.1:18901".into(), clip: MOTORWAY },
        ),
        (
            "udp-h265",
            "MPEG-TS with H.265 to UDP port 18902",
            Server::UdpMpegTs { to: "127.0.0.1:18902".into(), clip: BRIDGE },
        ),
        (
            "multicast",
            "MPEG-TS with MPEG-2 to group 239.77.0.1:18903",
            Server::UdpMpegTs { to: "239.77.0.1:18903".into(), clip: HARBOUR },
        ),
        ("rtp", "RTP with H.264 to UDP port 18904", Server::Rtp { to: "127.0.0.1:18904".into(), clip: LANE }),
    ];
    let mut peers = Vec::new();
    for (name, words, server) in servers {
        progress(words);
        peers.push(Peer::start(name, kit, server)?);
    }
    Ok(peers)
}
