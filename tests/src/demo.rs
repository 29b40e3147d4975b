//! The demo hall's conductor: what starts when, how it ends, and what is collected.

use crate::cluster::{Cluster, Settings, count_live};
use crate::data::{Screen, Seen};
use crate::district;
use crate::peers::{self, Kit, Peer, Server};
use crate::picture;
use crate::process::{self, Process};
use crate::tap;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long we wait for the sources to come before the clock of `--seconds` starts.
const READY: Duration = Duration::from_secs(30);

/// What the user chose.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Draw into images even where there is a display.
    pub headless: bool,
    /// End by itself after so many seconds of a wall that is up.
    pub seconds: Option<u64>,
    /// Let the district live: a broker, residents who report, sensors, and the tour of its scenes. Without it the wall stays at
    /// its first scene, and nothing but cameras runs.
    pub district: bool,
    /// Read every composed picture, for who looks at them with [`Demo::seen`]. It costs the display nodes time.
    pub tapped: bool,
}

/// Where the demo's console is.
const CONSOLE: &str = "127.0.0.1:17781";

/// A demo that runs. Dropping it stops every process in order.
#[derive(Debug)]
pub struct Demo {
    // Fields drop in this order: the hall first, then its cameras.
    cluster: Cluster,
    district: Option<Process>,
    peers: Vec<Peer>,
    screens: Vec<Screen>,
    _lock: File,
}

impl Demo {
    /// Runs the whole demo and collects its results. Errors say what is wrong in words for a person.
    pub fn run(options: &Options, taibai: &Path, say: &mut dyn FnMut(&str)) -> io::Result<()> {
        process::catch_stop_signals();
        let mut demo = Self::start(options, taibai, say)?;
        demo.wait_until_ready(say)?;
        say(match options.seconds {
            Some(_) => "The wall is up.",
            None => "The wall is up; Ctrl-C ends it.",
        });
        if let Some(link) = demo.console_link() {
            say(&format!("The operators' console, once, to make yourself its first administrator: {link}"));
        }
        let begin = Instant::now();
        let limit = options.seconds.map(Duration::from_secs);
        while !process::stop_asked() && limit.is_none_or(|limit| begin.elapsed() < limit) {
            demo.tend()?;
            std::thread::sleep(Duration::from_millis(100));
        }
        say("Stopping");
        demo.finish(say)
    }

    /// Starts cameras, controller, ingest and displays.
    pub fn start(options: &Options, taibai: &Path, say: &mut dyn FnMut(&str)) -> io::Result<Self> {
        let living = ["--acknowledge-after", "40", "--tour", "day"];
        Self::start_with(options, &living, taibai, say)
    }

    /// The same with a district in which nobody but the caller raises or acknowledges an alarm, or changes scenes.
    pub fn start_calm(options: &Options, taibai: &Path, say: &mut dyn FnMut(&str)) -> io::Result<Self> {
        Self::start_with(options, &["--no-alarms"], taibai, say)
    }

    fn start_with(
        options: &Options,
        district_arguments: &[&str],
        taibai: &Path,
        say: &mut dyn FnMut(&str),
    ) -> io::Result<Self> {
        let mut settings = settings(options.headless, taibai)?;
        let work = &settings.work;
        fs::create_dir_all(work)?;
        let lock = lock(&work.join("lock"))?;
        for old in ["peers", "state", "data", "screens", "logs", "report.json", "wall.png", "taps"] {
            let path = work.join(old);
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo");
        peers::private_copy(&assets.join("credentials.toml"), &settings.credentials)?;
        let kit = Kit {
            cache: work.join("clips"),
            work: work.join("peers"),
            credentials: settings.credentials.clone(),
        };
        peers::ensure(&kit.cache, &peers::demo_clips(), say)?;
        peers::write_demo_media(&kit.cache, &settings.media)?;
        let passphrase = peers::password(&settings.credentials, "srt-news")?;
        let mut running =
            peers::start_demo(&kit, &passphrase, &mut |words| say(&format!("Starting {words}")))?;
        let data = work.join("data");
        fs::create_dir_all(&data)?;
        if options.district {
            say("Making the district's lists: 47,906 components, 15,401 buildings");
            district::write_lists(&assets.join("district"), &data)?;
            say(&format!("Starting MQTT on port {}", peers::DEMO_MQTT_PORT));
            running.push(Peer::start("mqtt", &kit, Server::Mqtt { port: peers::DEMO_MQTT_PORT })?);
        }
        let screens = if options.tapped { watch(&mut settings)? } else { Vec::new() };
        let cluster = Cluster::start(settings, say)?;
        let mut demo = Self { cluster, district: None, peers: running, screens, _lock: lock };
        if options.district {
            say("The district begins to live");
            demo.start_district(&data, district_arguments)?;
        }
        Ok(demo)
    }

    /// Starts the simulator, a process of its own.
    fn start_district(&mut self, data: &Path, arguments: &[&str]) -> io::Result<()> {
        let settings = self.cluster.settings();
        let mut command = Command::new(std::env::current_exe()?.with_file_name("district"));
        command.arg("live").arg("--data").arg(data).arg("--http").arg(settings.http());
        command.args(["--mqtt", &peers::DEMO_MQTT_PORT.to_string()]).args(arguments);
        command.arg("--token-file").arg(&settings.credentials);
        let log = settings.work.join("logs/district.log");
        self.district = Some(Process::spawn("district", &mut command, &log)?);
        Ok(())
    }

    /// The link with which the console's first administrator makes himself known: the controller says it where its owner reads.
    pub fn console_link(&mut self) -> Option<String> {
        let words = self.cluster.controller()?.last_words(1_000);
        words.lines().map(str::trim).find(|line| line.contains("/#/setup?token=")).map(str::to_owned)
    }

    /// Waits until every source is live, for a while.
    pub fn wait_until_ready(&mut self, say: &mut dyn FnMut(&str)) -> io::Result<()> {
        let begin = Instant::now();
        let mut told = (0, 0);
        while begin.elapsed() < READY && !process::stop_asked() {
            self.tend()?;
            // A controller that has just started may not answer yet.
            let now = self.cluster.status().map(|status| count_live(&status)).unwrap_or_default();
            if now != told {
                say(&format!("{} of {} sources are live", now.0, now.1));
                told = now;
            }
            if now.1 > 0 && now.0 == now.1 {
                break;
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        Ok(())
    }

    /// Starts again what a peer lost by itself, and complains when a part of Taibai ended.
    pub fn tend(&mut self) -> io::Result<()> {
        self.peers.iter_mut().try_for_each(Peer::tend)?;
        if let Some(district) = &mut self.district
            && district.ended().is_some()
        {
            return Err(io::Error::other(format!(
                "the district ended by itself: {}",
                district.last_words(5)
            )));
        }
        match self.cluster.ended() {
            // A user who closes the wall's windows ends the demo; the others end with it.
            Some((_, true, _)) => process::ask_to_stop(),
            Some((name, false, words)) => {
                return Err(io::Error::other(format!("{name} ended by itself: {words}")));
            }
            None => {}
        }
        Ok(())
    }

    /// Its processes.
    pub fn cluster(&mut self) -> &mut Cluster {
        &mut self.cluster
    }

    /// Stops one server in the middle of whatever it does, connections open, or lets it go on.
    pub fn hang_peer(&mut self, name: &str, hangs: bool) {
        let peers = self.peers.iter_mut().filter(|peer| peer.name() == name);
        peers.for_each(if hangs { Peer::freeze } else { Peer::thaw });
    }

    /// Ends one server for good: a planted fault.
    pub fn kill_peer(&mut self, name: &str) {
        self.peers.iter_mut().filter(|peer| peer.name() == name).for_each(Peer::kill);
    }

    /// The newest picture of every screen, by its place in the hall document; none unless the demo is tapped.
    pub fn seen(&self) -> BTreeMap<u32, Seen> {
        self.screens.iter().flat_map(Screen::newest).collect()
    }

    /// Where its controller's HTTP API is.
    pub fn http(&self) -> String {
        self.cluster.settings().http()
    }

    /// Where [`Self::finish`] leaves the report.
    pub fn report_path(&self) -> PathBuf {
        self.cluster.settings().work.join("report.json")
    }

    /// Stops everything in order and writes wall.png, screens/ and report.json.
    pub fn finish(mut self, say: &mut dyn FnMut(&str)) -> io::Result<()> {
        let status = self.cluster.status().unwrap_or_default();
        let processes = self.usage();
        let nodes: Vec<String> =
            self.cluster.displays().iter().map(|display| display.name().to_owned()).collect();
        if let Some(mut district) = self.district.take() {
            district.stop(crate::cluster::PATIENCE);
        }
        let unclean = self.cluster.stop();
        self.peers.clear();
        let summary = collect(self.cluster.settings(), &nodes, status, processes)?;
        say(&format!("Pictures and report.json are in {}", self.cluster.settings().work.display()));
        say(&summary);
        if unclean.is_empty() {
            return Ok(());
        }
        Err(io::Error::other(format!("did not end cleanly: {}", unclean.join(", "))))
    }

    fn usage(&mut self) -> Value {
        let of_part = |part: &mut Process| {
            let memory_mib = process::memory_bytes(part.pid()).unwrap_or(0) / (1 << 20);
            (part.name().to_owned(), json!({ "cpu_s": part.cpu_seconds(), "memory_mib": memory_mib }))
        };
        let of_peer = |peer: &Peer| (format!("peer {}", peer.name()), json!({ "cpu_s": peer.cpu_seconds() }));
        let parts = self.cluster.parts().map(of_part);
        parts.chain(self.peers.iter().map(of_peer)).collect::<Map<_, _>>().into()
    }
}

/// The demo's places in this checkout.
fn settings(headless: bool, taibai: &Path) -> io::Result<Settings> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let taibai = taibai
        .canonicalize()
        .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}; run ./dev build first", taibai.display())))?;
    let no_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|name| std::env::var_os(name).is_none());
    let (assets, work) = (root.join("assets/demo"), root.join("target/demo"));
    let (media, credentials) = (work.join("media"), work.join("credentials.toml"));
    let mut controller = Vec::new();
    let folders = [("--media", &media), ("--data", &work.join("data")), ("--credentials", &credentials)];
    for (name, path) in folders {
        controller.extend([name.to_owned(), path.display().to_string()]);
    }
    controller.extend(["--console", CONSOLE].map(str::to_owned));
    controller.extend(["--voice-command", "espeak-ng", "-v", "cmn", ";"].map(str::to_owned));
    Ok(Settings {
        taibai,
        hall: assets.join("hall.toml"),
        credentials,
        media,
        work,
        ports: [17777, 17780, 17778],
        headless: headless || no_display,
        taps: BTreeMap::new(),
        controller_seen: None,
        arguments: BTreeMap::from([("controller".to_owned(), controller)]),
    })
}

/// Begins to watch what every display node composes.
fn watch(settings: &mut Settings) -> io::Result<Vec<Screen>> {
    let text = fs::read_to_string(&settings.hall)?;
    let layout = layouts::parse(&text, &settings.hall.display().to_string())
        .map_err(|mistakes| io::Error::other(mistakes.to_text()))?;
    let folder = settings.work.join("taps");
    fs::create_dir_all(&folder)?;
    let mut screens = Vec::new();
    for node in layout.display_nodes() {
        let pipe = folder.join(node.as_str());
        tap::make_pipe(&pipe)?;
        screens.push(Screen::watch(&pipe));
        settings.taps.insert(node.to_string(), pipe);
    }
    Ok(screens)
}

/// Takes the lock that only one demo can hold, or says who holds it.
fn lock(path: &Path) -> io::Result<File> {
    let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
    // SAFETY: plain system call on a descriptor that is open.
    if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } != 0 {
        let mut holder = String::new();
        file.read_to_string(&mut holder)?;
        let pid = holder.trim();
        let words =
            format!("a demo runs already (process {pid}); end it with Ctrl-C there, or with: kill {pid}");
        return Err(io::Error::other(words));
    }
    file.set_len(0)?;
    write!(file, "{}", std::process::id())?;
    Ok(file)
}

/// Joins what the displays wrote: pictures beside each other, reports in one document. Returns a summary in words.
fn collect(settings: &Settings, nodes: &[String], status: Value, processes: Value) -> io::Result<String> {
    let mut reports = Map::new();
    let (mut sources, mut screens) = (Vec::new(), Vec::new());
    for node in nodes {
        let text = fs::read_to_string(settings.report(node)).unwrap_or_default();
        let report: Value = serde_json::from_str(&text).unwrap_or_default();
        sources.extend(rows(&report, "sources"));
        screens.extend(rows(&report, "screens"));
        reports.insert(node.clone(), report);
    }
    let walls: Vec<_> = nodes.iter().map(|node| settings.out(node).join("wall.png")).collect();
    if let Some(wall) = picture::join_walls(&walls)? {
        wall.write_png(&settings.work.join("wall.png"))?;
    }
    let summary = summary(&sources, &screens);
    let report = json!({
        "sources": sources, "screens": screens, "processes": processes, "nodes": reports, "status": status
    });
    fs::write(settings.work.join("report.json"), serde_json::to_string_pretty(&report)?)?;
    Ok(summary)
}

fn rows(report: &Value, key: &str) -> Vec<Value> {
    report.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn summary(sources: &[Value], screens: &[Value]) -> String {
    let live = sources.iter().filter(|source| source["state"] == "live").count();
    let sum = |key: &str| screens.iter().filter_map(|screen| screen[key].as_u64()).sum::<u64>();
    let (ticks, presented) = (sum("ticks"), sum("presented"));
    let share = if ticks == 0 { 0.0 } else { presented as f64 * 100.0 / ticks as f64 };
    let oldest = sources.iter().filter_map(|source| source["age_p95_ms"].as_u64()).max().unwrap_or(0);
    format!(
        "{live} of {} subscriptions live, {} screens, {share:.1} % of {ticks} ticks presented, oldest p95 {oldest} ms",
        sources.len(),
        screens.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_demo_is_told_who_runs() {
        let path = std::env::temp_dir().join(format!("tests-demo-lock-{}", std::process::id()));
        let first = lock(&path).unwrap();
        let error = lock(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        drop(first);
        lock(&path).unwrap();
        fs::remove_file(path).unwrap();
    }
}
