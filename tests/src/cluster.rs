//! A hall's own processes: controller, ingest node and display nodes, enrolled with one-time tokens and supervised.

use crate::peers;
use crate::process::{self, Process};
use crate::stage::Place;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a part may take to start or to end.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Where a hall's processes find what they need, and where they leave what they make.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The `taibai` binary.
    pub taibai: PathBuf,
    /// The hall document.
    pub hall: PathBuf,
    /// Secrets of the sources.
    pub credentials: PathBuf,
    /// Folder of the ingest node's files and stills.
    pub media: PathBuf,
    /// A folder of its own for states, logs and results.
    pub work: PathBuf,
    /// UDP port on which the controller listens for nodes, TCP port of its commands, UDP port of the ingest node.
    pub ports: [u16; 3],
    /// Draw into images instead of windows.
    pub headless: bool,
    /// Named pipes (or files) to which display nodes copy every picture, by node name.
    pub taps: BTreeMap<String, PathBuf>,
    /// Where display nodes reach the controller, where that is not where it listens: a relay.
    pub controller_seen: Option<String>,
    /// More arguments for parts, by name of the node or `controller`.
    pub arguments: BTreeMap<String, Vec<String>>,
}

/// Running processes. Dropping it stops them in order.
#[derive(Debug)]
pub struct Cluster {
    settings: Settings,
    // Fields drop in this order: whoever shows goes first, then who feeds, then who decides.
    displays: Vec<Process>,
    ingest: Option<Process>,
    controller: Option<Process>,
}

impl Cluster {
    /// Starts controller, ingest node and display nodes, and tells `say` about each.
    pub fn start(settings: Settings, say: &mut dyn FnMut(&str)) -> io::Result<Self> {
        let mut cluster = Self::start_without_displays(settings, say)?;
        cluster.start_displays(say)?;
        Ok(cluster)
    }

    /// Starts controller and ingest node, and tells `say` about each.
    pub fn start_without_displays(settings: Settings, say: &mut dyn FnMut(&str)) -> io::Result<Self> {
        fs::create_dir_all(settings.work.join("screens"))?;
        let mut cluster = Self { settings, displays: Vec::new(), ingest: None, controller: None };
        cluster.start_controller(say)?;
        cluster.start_ingest(say)?;
        Ok(cluster)
    }

    fn start_controller(&mut self, say: &mut dyn FnMut(&str)) -> io::Result<()> {
        say("Starting the controller");
        let settings = &self.settings;
        let http = settings.http();
        let mut command = settings.command("controller");
        command.arg(&settings.hall).args(["--listen", &settings.listen(), "--http", &http, "--state"]);
        command.arg(settings.state("controller"));
        // Several halls run on one machine; who looks for the console says where it is to be.
        if !settings.more("controller").iter().any(|argument| argument == "--console") {
            command.args(["--console", "127.0.0.1:0"]);
        }
        command.args(settings.more("controller"));
        let controller = self.controller.insert(settings.spawn("controller", &mut command)?);
        let begin = Instant::now();
        while TcpStream::connect(&http).is_err() {
            if controller.ended().is_some() || begin.elapsed() > PATIENCE {
                let words = controller.last_words(20);
                return Err(io::Error::other(format!("the controller did not start:\n{words}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Kills the controller as a power cut would.
    pub fn kill_controller(&mut self) {
        if let Some(mut controller) = self.controller.take() {
            controller.kill();
        }
    }

    /// Kills the controller, if it runs, and starts it again with the state that it has written. Returns when it answers.
    pub fn restart_controller(&mut self) -> io::Result<()> {
        self.kill_controller();
        self.start_controller(&mut |_| {})
    }

    fn start_ingest(&mut self, say: &mut dyn FnMut(&str)) -> io::Result<()> {
        let settings = &self.settings;
        let nodes = Nodes::of(&settings.hall)?;
        say(&format!("Enrolling and starting the ingest node {}", nodes.ingest));
        settings.enrol(&nodes.ingest, "ingest")?;
        let mut command = settings.command("ingest");
        command.args(["--controller", &settings.listen(), "--listen", &settings.media_listen(), "--state"]);
        command.arg(settings.state(&nodes.ingest)).arg("--credentials").arg(&settings.credentials);
        command.arg("--media").arg(&settings.media).args(settings.more(&nodes.ingest));
        self.ingest = Some(settings.spawn(&nodes.ingest, &mut command)?);
        Ok(())
    }

    fn start_displays(&mut self, say: &mut dyn FnMut(&str)) -> io::Result<()> {
        let settings = &self.settings;
        let nodes = Nodes::of(&settings.hall)?;
        let how = if settings.headless { ", without windows" } else { "" };
        for node in &nodes.displays {
            say(&format!("Enrolling and starting the display node {node}{how}"));
            settings.enrol(node, "display")?;
            self.displays.push(settings.spawn_display(node)?);
        }
        Ok(())
    }

    /// What it was started with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The display nodes.
    pub fn displays(&mut self) -> &mut [Process] {
        &mut self.displays
    }

    /// The controller.
    pub fn controller(&mut self) -> Option<&mut Process> {
        self.controller.as_mut()
    }

    /// Every process.
    pub fn parts(&mut self) -> impl Iterator<Item = &mut Process> {
        self.displays.iter_mut().chain(&mut self.ingest).chain(&mut self.controller)
    }

    /// What `taibai status --json` says now.
    pub fn status(&self) -> io::Result<serde_json::Value> {
        let output =
            self.settings.command("status").args(["--json", "--http", &self.settings.http()]).output()?;
        Ok(serde_json::from_slice(&successful(output, "taibai status")?)?)
    }

    /// Shows another scene, as an operator would.
    pub fn show_scene(&self, scene: &str) -> io::Result<()> {
        let output =
            self.settings.command("scene").args([scene, "--http", &self.settings.http()]).output()?;
        successful(output, "taibai scene").map(drop)
    }

    /// Which part ended by itself, if one did: its name, whether cleanly, and its last words.
    pub fn ended(&mut self) -> Option<(String, bool, String)> {
        self.parts().find_map(|part| {
            let status = part.ended()?;
            let words = format!("{}\n{}", process::how_it_ended(status), part.last_words(20));
            Some((part.name().to_owned(), process::ended_cleanly(status), words))
        })
    }

    /// Stops displays, ingest and controller in this order. Returns those that did not end cleanly.
    pub fn stop(&mut self) -> Vec<String> {
        // All displays are told first, so that they write their pictures at the same time.
        self.displays.iter_mut().for_each(|display| display.signal(libc::SIGTERM));
        let mut unclean = Vec::new();
        for part in self.parts() {
            match part.stop(PATIENCE) {
                Some(status) if process::ended_cleanly(status) => {}
                Some(status) => unclean.push(format!("{} ({})", part.name(), process::how_it_ended(status))),
                None => unclean.push(format!("{} (no answer)", part.name())),
            }
        }
        unclean
    }
}

impl Settings {
    /// A hall without windows in a place of its own, on ports that are free.
    pub fn headless(place: &Place, hall: PathBuf) -> io::Result<Self> {
        Ok(Self {
            taibai: place.taibai.clone(),
            hall,
            credentials: place.kit().credentials,
            media: place.work.clone(),
            work: place.work.clone(),
            ports: [peers::free_udp_port()?, peers::free_tcp_port()?, peers::free_udp_port()?],
            headless: true,
            taps: BTreeMap::new(),
            controller_seen: None,
            arguments: BTreeMap::new(),
        })
    }

    /// `taibai COMMAND`.
    pub fn command(&self, command: &str) -> Command {
        let mut taibai = Command::new(&self.taibai);
        taibai.arg(command).stdin(Stdio::null());
        taibai
    }

    /// Where nodes connect.
    pub fn listen(&self) -> String {
        format!("127.0.0.1:{}", self.ports[0])
    }

    /// Where commands go.
    pub fn http(&self) -> String {
        format!("127.0.0.1:{}", self.ports[1])
    }

    fn more(&self, part: &str) -> &[String] {
        self.arguments.get(part).map(Vec::as_slice).unwrap_or_default()
    }

    fn media_listen(&self) -> String {
        format!("127.0.0.1:{}", self.ports[2])
    }

    /// The state folder of a node, or of `controller`.
    pub fn state(&self, node: &str) -> PathBuf {
        self.work.join("state").join(node)
    }

    /// Where a display node leaves its pictures.
    pub fn out(&self, node: &str) -> PathBuf {
        self.work.join("screens").join(node)
    }

    /// Where a display node leaves its report.
    pub fn report(&self, node: &str) -> PathBuf {
        self.work.join("screens").join(format!("{node}.json"))
    }

    /// Starts a process with its log below the work folder.
    pub fn spawn(&self, name: &str, command: &mut Command) -> io::Result<Process> {
        Process::spawn(name, command, &self.work.join("logs").join(format!("{name}.log")))
    }

    fn spawn_display(&self, node: &str) -> io::Result<Process> {
        let mut command = self.command("display");
        let controller = self.controller_seen.clone().unwrap_or_else(|| self.listen());
        command.args(["--controller", &controller, "--state"]).arg(self.state(node)).args(self.more(node));
        command.arg("--out").arg(self.out(node)).arg("--report").arg(self.report(node));
        if self.headless {
            command.arg("--headless");
        }
        if let Some(tap) = self.taps.get(node) {
            command.arg("--tap").arg(tap);
        }
        self.spawn(node, &mut command)
    }

    /// Makes a one-time token.
    pub fn token(&self, node: &str, role: &str) -> io::Result<Vec<u8>> {
        let mut command = self.command("token");
        command.args([node, "--role", role, "--state"]).arg(self.state("controller"));
        successful(command.output()?, &format!("taibai token {node}"))
    }

    /// Joins with a token; `node` chooses the state folder. The token travels by pipe: a command line is public.
    pub fn join(&self, node: &str, token: &[u8]) -> io::Result<Output> {
        let mut join = self.command("join");
        join.args(["-", "--controller", &self.listen(), "--state"]).arg(self.state(node));
        let mut child = join.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(token)?;
        }
        child.wait_with_output()
    }

    /// Makes a token and joins with it: afterwards [`Self::state`] holds the node's identity.
    pub fn enrol(&self, node: &str, role: &str) -> io::Result<()> {
        let token = self.token(node, role)?;
        successful(self.join(node, &token)?, &format!("taibai join for {node}")).map(drop)
    }
}

fn successful(output: Output, what: &str) -> io::Result<Vec<u8>> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let how = process::how_it_ended(output.status);
    Err(io::Error::other(format!("{what}: {how}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

/// How many of the sources that display nodes show are live, and how many they show. What nobody shows is not read.
pub fn count_live(status: &serde_json::Value) -> (usize, usize) {
    let rows = |key: &str| status.get(key).and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let displays: BTreeSet<String> = rows("nodes")
        .iter()
        .filter(|node| node["role"] == "display")
        .filter_map(|node| node["node"].as_str().map(str::to_owned))
        .collect();
    let mut shown = rows("sources");
    shown.retain(|source| source["node"].as_str().is_some_and(|node| displays.contains(node)));
    (shown.iter().filter(|source| source["state"] == "live").count(), shown.len())
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
        let word = |table: &toml::Table, key: &str| table.get(key)?.as_str().map(str::to_owned);
        let screens: Vec<_> = list(&document, "wall").iter().flat_map(|wall| list(wall, "screen")).collect();
        let sources = list(&document, "source");
        let ingest =
            sources.iter().find_map(|source| word(source, "ingest")).unwrap_or_else(|| "ingest-1".into());
        Ok(Self { ingest, displays: screens.iter().filter_map(|screen| word(screen, "node")).collect() })
    }
}
