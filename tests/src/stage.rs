//! A small hall built for a test: cameras in a grid of equal windows on one screen, all of Taibai's processes, and a
//! watch on the composed pixels.

use crate::cluster::{Cluster, Settings};
use crate::counter;
use crate::peers::{self, Clip, Kit, Peer, Server};
use crate::picture::{Picture, Rect};
use crate::tap;
use crate::watch::{Watch, Window};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Ticks a second of every test hall.
pub const TICK_HZ: u32 = 25;
/// The display node and the ingest node of every test hall.
const DISPLAY: &str = "wall";

/// One camera of a test hall.
#[derive(Debug, Clone)]
pub struct Camera {
    /// The source's id.
    pub id: &'static str,
    /// What it shows.
    pub clip: Clip,
    /// The key of the hall document that says where it is, such as `udp = { … }`.
    pub endpoint: String,
    /// The server that sends it; `None` for files, and for cameras that another one's server sends too.
    pub server: Option<Server>,
}

impl Camera {
    /// Whether it is a picture that never changes.
    pub fn is_still(&self) -> bool {
        self.endpoint.starts_with("image")
    }
}

/// Windows across, and their size in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Grid {
    /// Windows side by side.
    pub columns: u32,
    /// Width and height of each.
    pub window: (u32, u32),
}

/// A hall that runs, in a folder of its own.
#[derive(Debug)]
pub struct Stage {
    /// What is seen on the wall.
    pub watch: Watch,
    /// Taibai's processes.
    pub cluster: Cluster,
    /// The servers, by the camera's id.
    pub peers: BTreeMap<&'static str, Peer>,
}

/// Where a test's files lie and which binary it runs.
#[derive(Debug, Clone)]
pub struct Place {
    /// The `taibai` binary.
    pub taibai: PathBuf,
    /// A folder of its own.
    pub work: PathBuf,
}

impl Place {
    /// A clean folder `name` below the target folder that this program was built into, and the binary beside it.
    pub fn of_this_program(name: &str) -> io::Result<Self> {
        let program = std::env::current_exe()?;
        // target/debug/deps/pipeline-… or target/release/prove
        let folder = program.ancestors().skip(1).find(|path| path.join("taibai").is_file());
        let Some(folder) = folder else {
            return Err(io::Error::other(
                "there is no taibai binary beside this program: run ./dev test, or cargo build -p taibai",
            ));
        };
        let work = folder.join("stage").join(name);
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(&work)?;
        let credentials = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/credentials.toml");
        peers::private_copy(&credentials, &work.join("credentials.toml"))?;
        Ok(Self { taibai: folder.join("taibai"), work })
    }

    /// What peers of this place share. Clips are kept between runs.
    pub fn kit(&self) -> Kit {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let cache = root.join("target/demo/clips");
        Kit { cache, work: self.work.join("peers"), credentials: self.work.join("credentials.toml") }
    }
}

impl Stage {
    /// Starts servers, Taibai's processes and the watch.
    pub fn start(place: &Place, grid: Grid, cameras: &[Camera]) -> io::Result<Self> {
        let kit = place.kit();
        let clips: BTreeSet<Clip> =
            cameras.iter().filter(|camera| !camera.is_still()).map(|camera| camera.clip).collect();
        let clips = Vec::from_iter(clips);
        peers::ensure(&kit.cache, &clips, &mut |words| println!("{words}"))?;
        let mut running = BTreeMap::new();
        for camera in cameras {
            if let Some(server) = &camera.server {
                running.insert(camera.id, Peer::start(camera.id, &kit, server.clone())?);
            }
        }
        let media = place.work.join("media");
        write_media(&kit.cache, &media, &clips)?;
        let hall = place.work.join("hall.toml");
        fs::write(&hall, document(grid, cameras))?;
        let pipe = place.work.join("tap");
        tap::make_pipe(&pipe)?;
        let watch = Watch::start(&pipe, windows(grid, cameras), TICK_HZ);
        let settings = Settings {
            media,
            taps: BTreeMap::from([(DISPLAY.to_owned(), pipe)]),
            ..Settings::headless(place, hall)?
        };
        let cluster = Cluster::start(settings, &mut |words| println!("{words}"))?;
        Ok(Self { watch, cluster, peers: running })
    }

    /// Watches for so long while servers that end by themselves are started again.
    pub fn watch_for(&mut self, duration: Duration) -> Result<(), String> {
        self.watch_until(duration, |_| false).map(drop)
    }

    /// Watches until `done`, at most `patience`; false when that ran out. Errors: a part of Taibai ended.
    pub fn watch_until(&mut self, patience: Duration, done: impl Fn(&Watch) -> bool) -> Result<bool, String> {
        let step = Duration::from_millis(200);
        let begin = std::time::Instant::now();
        loop {
            for peer in self.peers.values_mut() {
                peer.tend().map_err(|error| error.to_string())?;
            }
            if let Some((name, _, words)) = self.cluster.ended() {
                return Err(format!("{name} ended by itself: {words}"));
            }
            let left = patience.saturating_sub(begin.elapsed());
            if self.watch.watch_until(step.min(left), &done)? {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
        }
    }

    /// Waits until every window shows its camera. Errors: which do not after `patience`, and what the hall says of them.
    pub fn wait_until_all_show(&mut self, patience: Duration) -> Result<(), String> {
        let shows =
            |watch: &Watch, name: &str| watch.history(name).last().is_some_and(|seen| seen.frame.is_some());
        let names: Vec<String> = self.watch.windows().iter().map(|window| window.name.clone()).collect();
        if self.watch_until(patience, |watch| names.iter().all(|name| shows(watch, name)))? {
            return Ok(());
        }
        let dark: Vec<_> = names.iter().filter(|name| !shows(&self.watch, name)).collect();
        let status = self.cluster.status().map(|status| status["sources"].to_string()).unwrap_or_default();
        Err(format!("no picture of {dark:?} after {patience:?}; the hall says {status}"))
    }
}

/// The hall document of a test.
fn document(grid: Grid, cameras: &[Camera]) -> String {
    let rows = (cameras.len() as u32).div_ceil(grid.columns);
    let (width, height) = (grid.columns * grid.window.0, rows * grid.window.1);
    let mut text = format!(
        "version = 1\n[hall]\nname = \"test\"\nlanguage = \"en\"\n[[wall]]\nid = \"w\"\ntick_hz = {TICK_HZ}\n\
         latency_ms = 240\ncanvas_px_per_mm = 1\nviewing_distance_m = 1\n[[wall.screen]]\nid = \"s1\"\nnode = \"{DISPLAY}\"\n\
         output = 1\nresolution = [{width}, {height}]\nposition_mm = [0, 0]\nsize_mm = [{width}, {height}]\n"
    );
    for camera in cameras {
        let Camera { id, endpoint, .. } = camera;
        text += &format!("[[source]]\nid = \"{id}\"\nlabel = \"{id}\"\ningest = \"ingest-1\"\n{endpoint}\n");
    }
    text += "[[scene]]\nid = \"all\"\nwall = \"w\"\nname = \"all\"\n";
    for (camera, place) in cameras.iter().zip(places(grid)) {
        let Rect { x, y, width, height } = place;
        text += &format!(
            "[[scene.window]]\nsource = \"{}\"\nrect_px = [{x}, {y}, {width}, {height}]\nlabel = false\n",
            camera.id
        );
    }
    text
}

fn places(grid: Grid) -> impl Iterator<Item = Rect> {
    let (width, height) = grid.window;
    (0..).map(move |index: u32| {
        let (x, y) = (index % grid.columns * width, index / grid.columns * height);
        Rect::new(f64::from(x), f64::from(y), f64::from(width), f64::from(height))
    })
}

fn windows(grid: Grid, cameras: &[Camera]) -> Vec<Window> {
    let window = |(camera, place): (&Camera, Rect)| Window {
        name: camera.id.into(),
        screen: 0,
        place: place.cover(f64::from(camera.clip.size.0) / f64::from(camera.clip.size.1)),
        camera: camera.clip.number,
        clip_frames: camera.clip.frames(),
        fps: camera.clip.fps,
    };
    cameras.iter().zip(places(grid)).map(window).collect()
}

/// Every clip as `NAME.EXTENSION`, and `still.png` with the counter of camera 63, frame 77.
fn write_media(cache: &Path, media: &Path, clips: &[Clip]) -> io::Result<()> {
    fs::create_dir_all(media)?;
    for clip in clips {
        let file = clip.file(cache);
        let extension = file.extension().unwrap_or_default().to_string_lossy().into_owned();
        fs::copy(&file, media.join(format!("{}.{extension}", clip.name)))?;
    }
    let mut luma = vec![90; 640 * 360];
    counter::draw(&mut luma, 640, 360, counter::Reading { camera: 63, frame: 77 });
    let bgra = luma.iter().flat_map(|&y| [y, y, y, 255]).collect();
    Picture { width: 640, height: 360, bgra }.write_png(&media.join("still.png"))
}
