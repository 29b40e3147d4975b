//! A real window under Xvfb: what the screen shows is, byte for byte, what the wall composed for the same tick, and what
//! `taibai render` draws of that moment without a window.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tests::camera::Scene;
use tests::counter::{self, Reading};
use tests::peers::{self, Clip, Coding};
use tests::picture::{Picture, Rect};
use tests::process::Process;
use tests::stage::Place;
use tests::{tap, x_server};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;
const CLIP: Clip = Clip::new("gate-east", Scene::Gate, 1, Coding::H264);
const HALL: &str = r#"
version = 1
[hall]
name = "window"
language = "zh-CN"
[[wall]]
id = "w"
tick_hz = 25
latency_ms = 120
canvas_px_per_mm = 1
viewing_distance_m = 1
[[wall.screen]]
id = "s1"
node = "here"
output = 1
resolution = [640, 360]
position_mm = [0, 0]
size_mm = [640, 360]
[[source]]
id = "gate"
label = { zh = "南风花园 东门", en = "East gate" }
file = { path = "gate-east.mp4" }
[[scene]]
id = "s"
wall = "w"
name = "s"
[[scene.window]]
source = "gate"
rect_px = [0, 0, 640, 360]
"#;

/// What the screen shows now, cut to the window's place at its left top corner; `None` while windows come and go.
fn screenshot(display: &str) -> Option<Picture> {
    let output = Command::new("import")
        .args([
            "-display",
            display,
            "-window",
            "root",
            "-crop",
            &format!("{WIDTH}x{HEIGHT}+0+0"),
            "-depth",
            "8",
            "rgb:-",
        ])
        .output()
        .unwrap();
    if output.stdout.len() != (WIDTH * HEIGHT * 3) as usize {
        println!("no screenshot: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    let bgra = output.stdout.chunks_exact(3).flat_map(|rgb| [rgb[2], rgb[1], rgb[0], 255]).collect();
    Some(Picture { width: WIDTH, height: HEIGHT, bgra })
}

fn frame_of(picture: &Picture) -> Option<u32> {
    let whole = Rect::new(0.0, 0.0, f64::from(WIDTH), f64::from(HEIGHT));
    counter::read(picture, whole)
        .and_then(|Reading { camera, frame }| (camera == CLIP.number).then_some(frame))
}

/// Composed pictures as they come out of the tap.
fn composed(tap: &Path) -> Receiver<Picture> {
    let (sender, pictures) = channel();
    let tap = tap.to_path_buf();
    std::thread::spawn(move || {
        let mut reader = tap::Reader::open(&tap).unwrap();
        while let Ok(Some(record)) = reader.read() {
            if sender.send(record.picture).is_err() {
                break;
            }
        }
    });
    pictures
}

/// What `taibai render` draws of the moment at which the file shows `frame`.
fn rendered(place: &Place, hall: &Path, media: &Path, frame: u32) -> Picture {
    let out = place.work.join("rendered.png");
    // In the middle of the frame, where no rounding of its time matters.
    let at = (f64::from(frame) + 0.5) / f64::from(CLIP.fps);
    let mut command = Command::new(&place.taibai);
    command.arg("render").arg(hall).args(["--scene", "s", "--screen", "s1", "--at", &at.to_string()]);
    let output = command.arg("--media").arg(media).arg("--out").arg(&out).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Picture::read_png(&out).unwrap()
}

fn unlike(one: &Picture, other: &Picture) -> usize {
    assert_eq!((one.width, one.height), (other.width, other.height));
    one.bgra.iter().zip(&other.bgra).filter(|(a, b)| a != b).count()
}

#[test]
fn a_window_shows_the_bytes_of_the_headless_picture() {
    let place = Place::of_this_program("window").unwrap();
    let kit = place.kit();
    peers::ensure(&kit.cache, &[CLIP], &mut |words| println!("{words}")).unwrap();
    let media = place.work.join("media");
    std::fs::create_dir_all(&media).unwrap();
    std::fs::copy(CLIP.file(&kit.cache), media.join("gate-east.mp4")).unwrap();
    let (hall, pipe) = (place.work.join("hall.toml"), place.work.join("tap"));
    std::fs::write(&hall, HALL).unwrap();
    tap::make_pipe(&pipe).unwrap();
    let (_server, display) = x_server::start(&place, (800, 600)).unwrap();
    let pictures = composed(&pipe);

    let mut command = Command::new(&place.taibai);
    command.arg("run").arg(&hall).arg("--media").arg(&media).arg("--tap").arg(&pipe);
    command.env("DISPLAY", &display).env_remove("WAYLAND_DISPLAY");
    let mut taibai = Process::spawn("taibai run", &mut command, &place.work.join("run.log")).unwrap();

    let mut ticks: BTreeMap<u32, Picture> = BTreeMap::new();
    let mut shots = Vec::new();
    let begin = Instant::now();
    while shots.len() < 8 {
        assert!(taibai.ended().is_none(), "{}", taibai.last_words(20));
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "no picture on the screen: {}",
            taibai.last_words(20)
        );
        keep(&mut ticks, pictures.recv_timeout(Duration::from_millis(100)).ok());
        pictures.try_iter().for_each(|picture| keep(&mut ticks, Some(picture)));
        shots.extend(screenshot(&display).and_then(|shot| Some((frame_of(&shot)?, shot))));
    }
    // The last shot's tick may still be on its way through the pipe.
    for _ in 0..25 {
        keep(&mut ticks, pictures.recv_timeout(Duration::from_secs(1)).ok());
    }
    for (frame, shot) in &shots {
        let composed =
            ticks.get(frame).unwrap_or_else(|| panic!("frame {frame} was shown and never composed"));
        let differ = unlike(composed, shot);
        assert_eq!(differ, 0, "frame {frame}: {differ} bytes differ");
    }
    let status = taibai.stop(Duration::from_secs(15)).expect("it does not end");
    assert_eq!(status.code(), Some(0), "{}", taibai.last_words(20));

    let (frame, shot) = shots.last().unwrap();
    let headless = rendered(&place, &hall, &media, *frame);
    assert_eq!(frame_of(&headless), Some(*frame), "another moment was rendered");
    let differ = unlike(&headless, shot);
    assert_eq!(differ, 0, "frame {frame}: {differ} bytes differ from the headless picture");
    // One frame on, the pictures must not be equal: else this would compare nothing.
    let next = rendered(&place, &hall, &media, (*frame + 1) % CLIP.frames());
    assert!(unlike(&next, shot) > 0, "another moment gives the same bytes");
}

fn keep(ticks: &mut BTreeMap<u32, Picture>, picture: Option<Picture>) {
    if let Some(picture) = picture
        && let Some(frame) = frame_of(&picture)
    {
        ticks.insert(frame, picture);
    }
}
