//! The demo hall's conductor: what starts when, how it ends, and what is collected.

use crate::peers::{self, Kit, Peer};
use crate::process::{self, Process};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LISTEN: &str = "127.0.0.1:17777";
const HTTP: &str = "127.0.0.1:17780";
const MEDIA_LISTEN: &str = "127.0.0.1:17778";
/// How long a part may take to end when it is told to.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long we wait for the sources to come before the clock of `--seconds` starts.
const READY: Duration = Duration::from_secs(30);

/// What the user chose.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Draw into images even where there is a display.
    pub headless: bool,
    /// End by itself after so many seconds of a wall that is up.
    pub seconds: Option<u64>,
}

/// Where everything lies.
#[derive(Debug, Clone)]
pub struct Places {
    /// The `taibai` binary.
    pub taibai: PathBuf,
    /// The hall document.
    pub hall: PathBuf,
    /// `target/demo`.
    pub demo: PathBuf,
    /// Secrets of the sources.
    pub credentials: PathBuf,
}

/// A demo that runs. Dropping it stops every process in order.
#[derive(Debug)]
pub struct Demo {
    places: Places,
    // Fields drop in this order: whoever shows goes first, then who feeds, then who decides, then the cameras.
    displays: Vec<Process>,
    ingest: Option<Process>,
    controller: Option<Process>,
    peers: Vec<Peer>,
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
        let places = Places::new(taibai)?;
        let lock = lock(&places.demo.join("lock"))?;
        let work = places.demo.clone();
        let kit = Kit {
            cache: work.join("clips"),
            work: work.join("peers"),
            credentials: places.credentials.clone(),
        };
        for old in ["peers", "state", "screens", "logs", "report.json", "wall.png"] {
            let path = work.join(old);
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
        peers::ensure(&kit.cache, &peers::demo_clips(), say)?;
        peers::write_demo_media(&kit.cache, &work.join("media"))?;
        let passphrase = peers::password(&places.credentials, "srt-news")?;
        let running = peers::start_demo(&kit, &passphrase, &mut |words| say(&format!("Starting {words}")))?;
        let mut demo = Self {
            places,
            displays: Vec::new(),
            ingest: None,
            controller: None,
            peers: running,
            _lock: lock,
        };
        demo.start_controller(say)?;
        demo.start_nodes(options.headless, say)?;
        Ok(demo)
    }

    fn start_controller(&mut self, say: &mut dyn FnMut(&str)) -> io::Result<()> {
        say("Starting the controller");
        let mut command = self.places.taibai("controller");
        command.arg(&self.places.hall).args(["--listen", LISTEN, "--http", HTTP, "--state"]);
        command.arg(self.places.state("controller"));
        let controller = self.controller.insert(self.places.spawn("controller", &mut command)?);
        let begin = Instant::now();
        while TcpStream::connect(HTTP).is_err() {
            if controller.ended().is_some() || begin.elapsed() > PATIENCE {
                return Err(io::Error::other(format!(
                    "the controller did not start:\n{}",
                    controller.last_words(20)
                )));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn start_nodes(&mut self, headless: bool, say: &mut dyn FnMut(&str)) -> io::Result<()> {
        let nodes = Nodes::of(&self.places.hall)?;
        say(&format!("Enrolling and starting the ingest node {}", nodes.ingest));
        self.places.enrol(&nodes.ingest, "ingest")?;
        let mut command = self.places.taibai("ingest");
        command
            .args(["--controller", LISTEN, "--listen", MEDIA_LISTEN, "--state"])
            .arg(self.places.state(&nodes.ingest));
        command
            .arg("--credentials")
            .arg(&self.places.credentials)
            .arg("--media")
            .arg(self.places.demo.join("media"));
        self.ingest = Some(self.places.spawn(&nodes.ingest, &mut command)?);
        let headless =
            headless || ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|name| std::env::var_os(name).is_none());
        for node in &nodes.displays {
            say(&format!(
                "Enrolling and starting the display node {node}{}",
                if headless { ", without windows" } else { "" }
            ));
            self.places.enrol(node, "display")?;
            let mut command = self.places.taibai("display");
            command.args(["--controller", LISTEN, "--state"]).arg(self.places.state(node));
            command.arg("--out").arg(self.places.out(node)).arg("--report").arg(self.places.report(node));
            if headless {
                command.arg("--headless");
            }
            self.displays.push(self.places.spawn(node, &mut command)?);
        }
        Ok(())
    }

    /// What `taibai status --json` says now.
    pub fn status(&self) -> io::Result<serde_json::Value> {
        let output = self.places.taibai("status").args(["--json", "--http", HTTP]).output()?;
        serde_json::from_slice(&output.stdout)
            .map_err(|_| io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }

    fn wait_until_ready(&mut self, say: &mut dyn FnMut(&str)) -> io::Result<()> {
        let begin = Instant::now();
        let mut told = String::new();
        while !process::stop_asked() && begin.elapsed() < READY {
            self.tend()?;
            let (live, all) = self.status().map(|status| count_live(&status)).unwrap_or((0, 0));
            let words = format!("{live} of {all} sources are live");
            if all > 0 && words != told {
                say(&words);
                told = words;
            }
            if all > 0 && live == all {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        Ok(())
    }

    /// Starts again what a peer lost by itself, and complains when a part of Taibai ended.
    pub fn tend(&mut self) -> io::Result<()> {
        self.peers.iter_mut().try_for_each(Peer::tend)?;
        let parts = self.displays.iter_mut().chain(&mut self.ingest).chain(&mut self.controller);
        for part in parts {
            if let Some(status) = part.ended() {
                let (name, how) = (part.name().to_owned(), process::how_it_ended(status));
                // A user who closes the wall's windows ends the demo; the others end with it.
                if process::ended_cleanly(status) {
                    process::ask_to_stop();
                    return Ok(());
                }
                return Err(io::Error::other(format!(
                    "{name} ended by itself ({how}):\n{}",
                    part.last_words(20)
                )));
            }
        }
        Ok(())
    }

    /// Stops everything in order and writes wall.png, screens/ and report.json.
    pub fn finish(mut self, say: &mut dyn FnMut(&str)) -> io::Result<()> {
        let status = self.status().unwrap_or_default();
        let processes = self.usage();
        let nodes: Vec<String> = self.displays.iter().map(|display| display.name().to_owned()).collect();
        let mut unclean = Vec::new();
        // All displays are told first, so that they write their pictures at the same time.
        self.displays.iter_mut().for_each(|display| display.signal(libc::SIGTERM));
        for part in self.displays.iter_mut().chain(&mut self.ingest).chain(&mut self.controller) {
            match part.stop(PATIENCE) {
                Some(ended) if process::ended_cleanly(ended) => {}
                Some(ended) => unclean.push(format!("{} ({})", part.name(), process::how_it_ended(ended))),
                None => unclean.push(format!("{} (no answer)", part.name())),
            }
        }
        self.peers.clear();
        let report = collect(&self.places, &nodes, status, processes)?;
        say(&format!("Pictures and report.json are in {}", self.places.demo.display()));
        say(&report);
        if unclean.is_empty() {
            Ok(())
        } else {
            Err(io::Error::other(format!("did not end cleanly: {}", unclean.join(", "))))
        }
    }

    fn usage(&mut self) -> serde_json::Value {
        let parts = self.displays.iter().chain(&self.ingest).chain(&self.controller);
        let of_parts = parts.map(|part| {
            let memory_mib = process::memory_bytes(part.pid()).unwrap_or(0) / (1 << 20);
            let what = serde_json::json!({ "cpu_s": part.cpu_seconds(), "memory_mib": memory_mib });
            (part.name().to_owned(), what)
        });
        let cameras = self.peers.iter().map(|peer| {
            (format!("peer {}", peer.name()), serde_json::json!({ "cpu_s": peer.cpu_seconds() }))
        });
        of_parts.chain(cameras).collect::<serde_json::Map<_, _>>().into()
    }
}

impl Places {
    /// The demo's places in this checkout.
    pub fn new(taibai: &Path) -> io::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        let taibai = taibai.canonicalize().map_err(|e| {
            io::Error::new(e.kind(), format!("{}: {e}; run ./dev build first", taibai.display()))
        })?;
        let demo = root.join("target/demo");
        fs::create_dir_all(&demo)?;
        let assets = root.join("assets/demo");
        Ok(Self {
            taibai,
            hall: assets.join("hall.toml"),
            demo,
            credentials: assets.join("credentials.toml"),
        })
    }

    fn taibai(&self, command: &str) -> Command {
        let mut taibai = Command::new(&self.taibai);
        taibai.arg(command).stdin(Stdio::null());
        taibai
    }

    fn state(&self, node: &str) -> PathBuf {
        self.demo.join("state").join(node)
    }

    fn out(&self, node: &str) -> PathBuf {
        self.demo.join("screens").join(node)
    }

    fn report(&self, node: &str) -> PathBuf {
        self.demo.join("screens").join(format!("{node}.json"))
    }

    fn spawn(&self, name: &str, command: &mut Command) -> io::Result<Process> {
        fs::create_dir_all(self.demo.join("screens"))?;
        Process::spawn(name, command, &self.demo.join("logs").join(format!("{name}.log")))
    }

    /// Makes a one-time token for a node and joins with it. The token travels by pipe: a command line is public.
    fn enrol(&self, node: &str, role: &str) -> io::Result<()> {
        let state = self.state("controller");
        let made = self.taibai("token").args([node, "--role", role, "--state"]).arg(state).output()?;
        let token = successful(made, &format!("taibai token {node}"))?;
        let mut join = self.taibai("join");
        join.args(["-", "--controller", LISTEN, "--state"]).arg(self.state(node));
        let mut child = join.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(&token)?;
        }
        successful(child.wait_with_output()?, &format!("taibai join for {node}")).map(drop)
    }
}

fn successful(output: std::process::Output, what: &str) -> io::Result<Vec<u8>> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let how = process::how_it_ended(output.status);
    Err(io::Error::other(format!("{what}: {how}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

/// The names of a hall's nodes.
struct Nodes {
    ingest: String,
    displays: BTreeSet<String>,
}

impl Nodes {
    fn of(hall: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(hall)
            .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", hall.display())))?;
        let document: toml::Table =
            text.parse().map_err(|e| io::Error::other(format!("{}: {e}", hall.display())))?;
        let list = |table: &toml::Table, key: &str| -> Vec<toml::Table> {
            let items = table.get(key).and_then(toml::Value::as_array).into_iter().flatten();
            items.filter_map(|item| item.as_table().cloned()).collect()
        };
        let node_of = |table: &toml::Table| table.get("node")?.as_str().map(str::to_owned);
        let screens =
            list(&document, "wall").iter().flat_map(|wall| list(wall, "screen")).collect::<Vec<_>>();
        let ingest = list(&document, "source").iter().find_map(node_of).unwrap_or_else(|| "ingest".into());
        Ok(Self { ingest, displays: screens.iter().filter_map(node_of).collect() })
    }
}

/// Takes the lock that only one demo can hold, or says who holds it.
fn lock(path: &Path) -> io::Result<File> {
    let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
    // SAFETY: plain system call on a descriptor that is open.
    if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } != 0 {
        let mut holder = String::new();
        file.read_to_string(&mut holder)?;
        return Err(io::Error::other(format!(
            "a demo runs already (process {}); end it with Ctrl-C there, or with: kill {}",
            holder.trim(),
            holder.trim()
        )));
    }
    file.set_len(0)?;
    write!(file, "{}", std::process::id())?;
    Ok(file)
}

/// How many sources a status calls live, and how many there are.
fn count_live(status: &serde_json::Value) -> (usize, usize) {
    let sources =
        status.get("sources").and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let live =
        sources.iter().filter(|source| source.get("state").is_some_and(|state| state == "live")).count();
    (live, sources.len())
}

/// Joins what the displays wrote: pictures beside each other, reports in one document. Returns a summary in words.
fn collect(
    places: &Places,
    nodes: &[String],
    status: serde_json::Value,
    processes: serde_json::Value,
) -> io::Result<String> {
    let mut reports = serde_json::Map::new();
    let (mut sources, mut screens) = (Vec::new(), Vec::new());
    for node in nodes {
        let text = fs::read_to_string(places.report(node)).unwrap_or_default();
        let report: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        for (key, list) in [("sources", &mut sources), ("screens", &mut screens)] {
            for item in report.get(key).and_then(serde_json::Value::as_array).into_iter().flatten() {
                let mut item = item.clone();
                item["node"] = node.clone().into();
                list.push(item);
            }
        }
        reports.insert(node.clone(), report);
    }
    crate::picture::join_walls(
        &nodes.iter().map(|node| places.out(node).join("wall.png")).collect::<Vec<_>>(),
    )?
    .map_or(Ok(()), |wall| wall.write_png(&places.demo.join("wall.png")))?;
    let summary = format!("{} screens, {} subscriptions reported", screens.len(), sources.len());
    let report = serde_json::json!({
        "sources": sources, "screens": screens, "processes": processes, "nodes": reports, "status": status
    });
    fs::write(places.demo.join("report.json"), serde_json::to_string_pretty(&report)?)?;
    Ok(summary)
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
