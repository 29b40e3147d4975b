//! The hall of the frame-lock proof: screens side by side, each on a display node of its own, three live cameras that
//! span them all, and a watch on every node's composed pixels.

use super::timing::Timing;
use crate::camera::Scene;
use crate::cameras::rtsp_endpoint;
use crate::cluster::{Cluster, Settings};
use crate::counter;
use crate::impair::{LinkSettings, Relay};
use crate::peers::{self, Clip, Coding, Peer, Server};
use crate::picture::Rect;
use crate::process::Process;
use crate::stage::Place;
use crate::tap;
use crate::watch::{Watch, Window};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long an audit may take to write its report when its time is over.
const AUDIT_PATIENCE: Duration = Duration::from_secs(10);
/// Ticks a second of the wall.
pub const TICK_HZ: u32 = 25;
/// Pixels across and down of each screen.
const SCREEN: (u32, u32) = (320, 360);
/// Pixels across and down of the cameras' wide pictures.
const WIDE: (u32, u32) = (1280, 180);
/// The scenes: three pictures over the whole wall, and two arrangements of twelve windows.
pub const SCENES: [&str; 3] = ["wide", "twelve-a", "twelve-b"];
/// Windows side by side in a row of the arrangements of twelve.
const COLUMNS: u32 = 4;

/// Cameras over the whole wall.
const CAMERAS: usize = 3;

/// How a lock hall is set up.
#[derive(Debug, Clone, Default)]
pub struct LockOptions {
    /// Display nodes, each with one screen; a multiple of four, at most 8.
    pub nodes: u32,
    /// The link between the display nodes and the others; loopback itself without.
    pub link: Option<LinkSettings>,
    /// More arguments for parts, by name.
    pub arguments: BTreeMap<String, Vec<String>>,
    /// Nobody watches the pixels: on a machine that runs all nodes the watching itself moves their present calls.
    pub unwatched: bool,
}

/// A hall that runs. Dropping it stops everything.
#[derive(Debug)]
pub struct LockHall {
    /// What is seen of each node.
    pub watches: Vec<Watch>,
    /// Taibai's processes.
    pub cluster: Cluster,
    peers: Vec<Peer>,
    /// To the controller and to the ingest node.
    relays: Vec<Relay>,
    /// Where the nodes' timing logs lie.
    work: PathBuf,
    nodes: u32,
}

/// `taibai audit` at work.
#[derive(Debug)]
pub struct Audit {
    process: Process,
    report: PathBuf,
}

impl Audit {
    /// Waits for its end and gives its report.
    pub fn finish(mut self) -> io::Result<serde_json::Value> {
        self.process.wait(AUDIT_PATIENCE);
        Ok(serde_json::from_slice(&fs::read(&self.report)?)?)
    }
}

struct Camera {
    id: &'static str,
    clip: Clip,
    endpoint: String,
    server: Server,
}

fn clip(name: &'static str, scene: Scene, number: u32, coding: Coding, nodes: u32) -> Clip {
    Clip { size: WIDE, strips: nodes, ..Clip::new(name, scene, number, coding) }
}

fn cameras(nodes: u32) -> io::Result<Vec<Camera>> {
    let (first, second, srt) = (peers::free_tcp_port()?, peers::free_tcp_port()?, peers::free_udp_port()?);
    let h264 = clip("wide-motorway", Scene::Motorway, 21, Coding::H264, nodes);
    let over_srt = clip("wide-harbour", Scene::Harbour, 22, Coding::H264, nodes);
    let h265 = clip("wide-shore", Scene::Shore, 23, Coding::H265, nodes);
    let rtsp = |port, clip| Server::Rtsp {
        port,
        mounts: vec![("/live", clip)],
        credential: "cameras",
        basic: false,
    };
    Ok(vec![
        Camera {
            id: "rtsp-h264",
            clip: h264,
            endpoint: rtsp_endpoint(first, "/live", "tcp"),
            server: rtsp(first, h264),
        },
        Camera {
            id: "srt",
            clip: over_srt,
            endpoint: format!("srt = {{ host = \"127.0.0.1\", port = {srt} }}"),
            server: Server::SrtListener { port: srt, passphrase: None, clip: over_srt },
        },
        Camera {
            id: "rtsp-h265",
            clip: h265,
            endpoint: rtsp_endpoint(second, "/live", "tcp"),
            server: rtsp(second, h265),
        },
    ])
}

/// The name of node `index`.
pub fn node(index: u32) -> String {
    format!("tile-{}", index + 1)
}

impl LockHall {
    /// Starts cameras, Taibai's processes and a watch on each display node.
    pub fn start(place: &Place, options: &LockOptions) -> io::Result<Self> {
        let kit = place.kit();
        let cameras = cameras(options.nodes)?;
        let clips: Vec<Clip> = cameras.iter().map(|camera| camera.clip).collect();
        peers::ensure(&kit.cache, &clips, &mut |words| println!("{words}"))?;
        let start = |camera: &Camera| Peer::start(camera.id, &kit, camera.server.clone());
        let running = cameras.iter().map(start).collect::<io::Result<Vec<_>>>()?;
        let hall = place.work.join("hall.toml");
        fs::write(&hall, document(options.nodes, &cameras))?;
        let mut taps = BTreeMap::new();
        let mut watches = Vec::new();
        for index in (0..options.nodes).filter(|_| !options.unwatched) {
            let pipe = place.work.join(format!("{}.tap", node(index)));
            tap::make_pipe(&pipe)?;
            watches.push(Watch::start(&pipe, windows(index, options.nodes, &cameras), TICK_HZ));
            taps.insert(node(index), pipe);
        }
        let ports = [peers::free_udp_port()?, peers::free_tcp_port()?, peers::free_udp_port()?];
        let relay =
            |(seed, port)| Some(Relay::start((Ipv4Addr::LOCALHOST, port).into(), options.link?, seed));
        let relays = [(1, ports[0]), (2, ports[2])].into_iter().filter_map(relay);
        let relays = relays.collect::<io::Result<Vec<Relay>>>()?;
        let mut arguments = options.arguments.clone();
        if let Some(relay) = relays.get(1) {
            let port = relay.local_addr().port().to_string();
            arguments.entry("ingest-1".into()).or_default().extend(["--announce-port".into(), port]);
        }
        for index in 0..options.nodes {
            let log = place.work.join(format!("{}.csv", node(index)));
            arguments
                .entry(node(index))
                .or_default()
                .extend(["--timing-log".into(), log.display().to_string()]);
        }
        let settings = Settings {
            taibai: place.taibai.clone(),
            hall,
            credentials: kit.credentials,
            media: place.work.clone(),
            work: place.work.clone(),
            ports,
            headless: true,
            taps,
            controller_seen: relays.first().map(|relay| relay.local_addr().to_string()),
            arguments,
        };
        let cluster = Cluster::start(settings, &mut |_| {})?;
        Ok(Self { watches, cluster, peers: running, relays, work: place.work.clone(), nodes: options.nodes })
    }

    /// Changes the link between the display nodes and the others.
    pub fn set_link(&self, link: LinkSettings) {
        self.relays.iter().for_each(|relay| relay.set(link));
    }

    /// Begins `taibai audit` over so many seconds; it leaves its report in the file.
    pub fn begin_audit(&self, seconds: u64) -> io::Result<Audit> {
        let report = self.work.join("audit.json");
        let settings = self.cluster.settings();
        let mut command = settings.command("audit");
        command
            .args(["--seconds", &seconds.to_string(), "--http", &settings.http(), "--report"])
            .arg(&report);
        Ok(Audit { process: settings.spawn("audit", &mut command)?, report })
    }

    /// What `taibai status --sync --json` says now.
    pub fn sync(&self) -> io::Result<serde_json::Value> {
        let settings = self.cluster.settings();
        let output =
            settings.command("status").args(["--sync", "--json", "--http", &settings.http()]).output()?;
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Stops everything and reads what the nodes have noted of their present calls and clocks from a moment on.
    pub fn stop(mut self, from_ns: u128) -> io::Result<Timing> {
        self.cluster.stop();
        let logs: Vec<PathBuf> =
            (0..self.nodes).map(|index| self.work.join(format!("{}.csv", node(index)))).collect();
        Timing::read(&logs, from_ns)
    }

    /// Watches for so long. Errors: a part of Taibai ended.
    pub fn watch_for(&mut self, duration: Duration) -> Result<(), String> {
        self.watch_until(duration, |_| false).map(drop)
    }

    /// Watches until `done`, at most `patience`; false when that ran out. Errors: a part of Taibai ended.
    pub fn watch_until(
        &mut self,
        patience: Duration,
        done: impl Fn(&[Watch]) -> bool,
    ) -> Result<bool, String> {
        let begin = Instant::now();
        loop {
            for peer in &mut self.peers {
                peer.tend().map_err(|error| error.to_string())?;
            }
            if let Some((name, _, words)) = self.cluster.ended() {
                return Err(format!("{name} ended by itself: {words}"));
            }
            for watch in &mut self.watches {
                watch.watch_until(Duration::from_millis(5), |_| false)?;
            }
            if self.watches.is_empty() {
                std::thread::sleep(Duration::from_millis(100));
            }
            if done(&self.watches) {
                return Ok(true);
            }
            if begin.elapsed() >= patience {
                return Ok(false);
            }
        }
    }

    /// Whether every node says that every camera is live.
    fn is_live(&self) -> bool {
        let status = self.cluster.status().unwrap_or_default();
        let sources = status["sources"].as_array().into_iter().flatten();
        let live = sources.filter(|source| source["state"] == "live").count();
        live >= self.nodes as usize * CAMERAS
    }

    /// Waits until every camera is seen on every node.
    pub fn wait_until_all_show(&mut self, patience: Duration) -> Result<(), String> {
        let shown = |watch: &Watch| {
            let seen =
                |window: &Window| watch.history(&window.name).last().is_some_and(|seen| seen.frame.is_some());
            watch.windows().iter().filter(|window| window.name.starts_with("wide/")).all(seen)
        };
        let begin = Instant::now();
        while begin.elapsed() < patience {
            let shown = self.watch_until(Duration::from_secs(1), |watches| {
                !watches.is_empty() && watches.iter().all(shown)
            })?;
            if shown || (self.watches.is_empty() && self.is_live()) {
                return Ok(());
            }
        }
        let status = self.cluster.status().map(|status| status["sources"].to_string()).unwrap_or_default();
        Err(format!("not every node shows every camera after {patience:?}; the hall says {status}"))
    }
}

fn document(nodes: u32, cameras: &[Camera]) -> String {
    let (width, height) = SCREEN;
    let mut text = format!(
        "version = 1\n[hall]\nname = \"lock\"\nlanguage = \"en\"\n[[wall]]\nid = \"w\"\ntick_hz = {TICK_HZ}\n\
         latency_ms = {LATENCY_MS}\ncanvas_px_per_mm = 1\nviewing_distance_m = 1\n"
    );
    for index in 0..nodes {
        text += &format!(
            "[[wall.screen]]\nid = \"screen-{}\"\nnode = \"{}\"\noutput = 1\nresolution = [{width}, {height}]\n\
             position_mm = [{}, 0]\nsize_mm = [{width}, {height}]\n",
            index + 1,
            node(index),
            index * width
        );
    }
    for Camera { id, endpoint, .. } in cameras {
        text += &format!("[[source]]\nid = \"{id}\"\nlabel = \"{id}\"\ningest = \"ingest-1\"\n{endpoint}\n");
    }
    let row = height / cameras.len() as u32;
    let window = |source: &str, x: u32, y: u32, width: u32, crop: [u32; 2]| {
        format!(
            "[[scene.window]]\nsource = \"{source}\"\nrect_px = [{x}, {y}, {width}, {row}]\nfit = \"stretch\"\n\
             crop_percent = [{}, 0, {}, 100]\nlabel = false\n",
            crop[0], crop[1]
        )
    };
    for (turn, scene) in SCENES.iter().enumerate() {
        text += &format!("[[scene]]\nid = \"{scene}\"\nwall = \"w\"\nname = \"{scene}\"\n");
        let columns = if turn == 0 { 1 } else { COLUMNS };
        for (line, y) in (0..cameras.len()).zip((0..).step_by(row as usize)) {
            for column in 0..columns {
                let part = nodes * width / columns;
                let share = 100 / columns;
                text += &window(
                    cameras[(line + turn) % cameras.len()].id,
                    column * part,
                    y,
                    part,
                    [column * share, share],
                );
            }
        }
    }
    text
}

/// The latency of a wall that says nothing else.
const LATENCY_MS: u32 = 120;

/// What to look for on node `index`: in each row, the strip of each camera that some scene shows there.
fn windows(index: u32, nodes: u32, cameras: &[Camera]) -> Vec<Window> {
    let (width, height) = (f64::from(SCREEN.0), f64::from(SCREEN.1));
    let row = height / cameras.len() as f64;
    let place = counter::part_place(index, nodes, width * f64::from(nodes), row);
    let mut windows = Vec::new();
    for (turn, scene) in SCENES.iter().enumerate() {
        for line in 0..cameras.len() {
            let camera = &cameras[(line + turn) % cameras.len()];
            windows.push(Window {
                name: format!("{scene}/{}", camera.id),
                screen: index,
                place: Rect::new(
                    place.x - width * f64::from(index),
                    place.y + row * line as f64,
                    place.width,
                    place.height,
                ),
                camera: camera.clip.number,
                clip_frames: camera.clip.frames(),
                fps: camera.clip.fps,
            });
        }
    }
    windows
}
