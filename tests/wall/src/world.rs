//! All machines of a simulated hall and the programs that run on them.

use crate::display::{self, DisplaySetup};
use crate::hall::{Hall, display_id, ingest_id};
use crate::ingest::{self, IngestSetup};
use crate::machine::{BEGIN, Clocks, Machine, RATE_PPB_MAX};
use crate::network::{Access, Link, Network};
use crate::randomness::Random;
use crate::simulation::{Order, Planted};
use crate::watch::SharedWatch;
use anyhow::Context;
use controller::{Desk, NodeService};
use media::LocalTime;
use protocol::Role;
use protocol_quic::{Authority, ControlServer, Identity, Peer};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How far the wall clocks of machines stand off at the start.
const NODE_OFF_NS: i64 = 30_000_000_000;

/// Any number from `-max` to `max`.
pub fn signed(random: &mut Random, max: i64) -> i64 {
    random.between(0, 2 * max.unsigned_abs()) as i64 - max
}

/// A program that runs on a machine.
struct Program {
    task: JoinHandle<anyhow::Result<()>>,
    access: Arc<Access>,
    stop: watch::Sender<bool>,
}

impl Program {
    /// Ends it without a word, as a power cut would.
    async fn kill(self) {
        self.access.cut_off();
        self.task.abort();
        let _ = self.task.await;
    }

    /// Lets it say goodbye.
    async fn stop(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        let ended = tokio::time::timeout(Duration::from_secs(5), self.task).await;
        // What its transport still has to send is not part of the program any more.
        self.access.cut_off();
        ended.context("a program that was told to stop goes on")?.context("a program was cut short")?
    }
}

/// A machine with its program, if that runs.
struct Node {
    machine: Machine,
    identity: Identity,
    program: Option<Program>,
}

/// The folder of a hall's authority; removed with it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the folder of temporary files harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The simulated hall at work.
pub struct World {
    /// What it is.
    pub hall: Hall,
    /// Who sees everything.
    pub watch: SharedWatch,
    /// The way between all machines.
    pub network: Arc<Network>,
    authority: Arc<Authority>,
    controller: (Machine, Option<Program>),
    desk: Option<Desk>,
    displays: Vec<Node>,
    ingests: Vec<Node>,
    broken: watch::Sender<Vec<bool>>,
    lags: Vec<watch::Sender<u32>>,
    planted: Option<Planted>,
    /// How each machine's link is when nothing is wrong with it.
    base: Link,
    _folder: Folder,
}

impl World {
    /// Sets up the machines and starts every program.
    pub fn start(hall: Hall, watch: SharedWatch, order: &Order) -> anyhow::Result<Self> {
        let mut random = Random::new(order.seed, 2);
        let network = Network::start(Random::new(order.seed, 1));
        let base = Link {
            delay: Duration::from_millis(random.between(0, 8)),
            jitter: Duration::from_millis(random.between(0, 2)),
            ..Link::default()
        };
        let mut machine = |ip| {
            network.set_links(ip, base, base);
            let local = LocalTime(random.between(0, 1_000_000_000_000) as i64);
            // Nodes do not know the time before the controller tells them.
            let wall = if ip == Hall::controller_ip() {
                BEGIN
            } else {
                BEGIN.offset(signed(&mut random, NODE_OFF_NS))
            };
            let rate_ppb = signed(&mut random, RATE_PPB_MAX);
            Machine::new(ip, Clocks::new(local, wall, rate_ppb), network.clone())
        };
        let controller = machine(Hall::controller_ip());
        let folder = Folder(std::env::temp_dir().join(format!("taibai-wall-{}", std::process::id())));
        let (host, _) = controller.boot();
        let authority = Arc::new(Authority::open(&host, &folder.0)?);
        let mut node = |ip, peer| -> anyhow::Result<Node> {
            Ok(Node { machine: machine(ip), identity: authority.issue(&peer)?, program: None })
        };
        let mut displays = Vec::new();
        for index in 0..hall.displays {
            displays.push(node(Hall::display_ip(index), Peer::Node(display_id(index)?, Role::Display))?);
        }
        let mut ingests = Vec::new();
        for index in 0..hall.ingests {
            ingests.push(node(Hall::ingest_ip(index), Peer::Node(ingest_id(index)?, Role::Ingest))?);
        }
        let mut world = Self {
            broken: watch::Sender::new(vec![false; hall.sources]),
            lags: (0..hall.displays).map(|_| watch::Sender::new(0)).collect(),
            planted: order.planted,
            hall,
            watch,
            network,
            authority,
            controller: (controller, None),
            desk: None,
            displays,
            ingests,
            base,
            _folder: folder,
        };
        world.start_controller()?;
        (0..world.ingests.len()).for_each(|index| world.start_ingest(index));
        (0..world.displays.len()).for_each(|index| world.start_display(index));
        Ok(world)
    }

    /// How links are when nothing is wrong.
    pub fn base(&self) -> Link {
        self.base
    }

    /// The clocks of the machine at `ip`, if there is one.
    pub fn clocks(&self, ip: Ipv4Addr) -> Option<&Clocks> {
        let nodes = self.displays.iter().chain(&self.ingests).map(|node| &node.machine);
        nodes.chain([&self.controller.0]).find(|machine| machine.ip == ip).map(|machine| &*machine.clocks)
    }

    /// Where operators give orders; `None` while the controller is down.
    pub fn desk(&self) -> Option<&Desk> {
        self.desk.as_ref()
    }

    /// Starts the controller.
    pub fn start_controller(&mut self) -> anyhow::Result<()> {
        let (host, access) = self.controller.0.boot();
        let server = ControlServer::bind(&host, Hall::controller(), self.authority.clone(), "wall")?;
        let state = controller::Authority::new(
            self.hall.layout.as_ref().clone(),
            self.hall.document.to_string(),
            Vec::new(),
            host.wall(),
        );
        let service = NodeService::new(&host, server, state);
        self.desk = Some(service.desk());
        self.watch.lock().new_controller(service.desk());
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let stop = async move {
                // The sender goes with the program.
                let _ = stopped.changed().await;
            };
            service.run(drop, stop).await;
            Ok(())
        });
        self.controller.1 = Some(Program { task, access, stop });
        Ok(())
    }

    /// Ends the controller, with or without a word.
    pub async fn end_controller(&mut self, in_order: bool) -> anyhow::Result<()> {
        self.desk = None;
        self.watch.lock().no_controller();
        end(self.controller.1.take(), in_order).await
    }

    /// Starts a display node.
    pub fn start_display(&mut self, index: usize) {
        let node = &mut self.displays[index];
        let (host, access) = node.machine.boot();
        let (stop, stopped) = watch::channel(false);
        let setup = DisplaySetup {
            index,
            host,
            clocks: node.machine.clocks.clone(),
            master: self.controller.0.clocks.clone(),
            identity: node.identity.clone(),
            controller: Hall::controller().to_string(),
            watch: self.watch.clone(),
            lag_ticks: self.lags[index].subscribe(),
            planted: self.planted.filter(|_| index == 0),
        };
        let task = tokio::spawn(display::run(setup, stopped));
        node.program = Some(Program { task, access, stop });
    }

    /// Ends a display node, with or without a word.
    pub async fn end_display(&mut self, index: usize, in_order: bool) -> anyhow::Result<()> {
        end(self.displays[index].program.take(), in_order).await
    }

    /// Starts an ingest node.
    pub fn start_ingest(&mut self, index: usize) {
        let node = &mut self.ingests[index];
        let (host, access) = node.machine.boot();
        let (stop, stopped) = watch::channel(false);
        let setup = IngestSetup {
            index,
            host,
            clocks: node.machine.clocks.clone(),
            identity: node.identity.clone(),
            controller: Hall::controller().to_string(),
            watch: self.watch.clone(),
            broken: self.broken.subscribe(),
        };
        let task = tokio::spawn(ingest::run(setup, stopped));
        node.program = Some(Program { task, access, stop });
    }

    /// Ends an ingest node, with or without a word.
    pub async fn end_ingest(&mut self, index: usize, in_order: bool) -> anyhow::Result<()> {
        end(self.ingests[index].program.take(), in_order).await
    }

    /// A camera breaks, or is mended.
    pub fn set_broken(&self, source: usize, broken: bool) {
        self.broken.send_modify(|all| all[source] = broken);
    }

    /// Programs that have ended by themselves: none should.
    pub async fn fallen(&mut self) -> Vec<String> {
        let nodes = self.displays.iter_mut().chain(&mut self.ingests);
        let programs = nodes.map(|node| (node.machine.ip, &mut node.program));
        let mut found = Vec::new();
        for (ip, program) in programs.chain([(self.controller.0.ip, &mut self.controller.1)]) {
            if program.as_ref().is_some_and(|program| program.task.is_finished())
                && let Some(program) = program.take()
            {
                found.push(format!("the program on {ip} has ended: {:?}", program.task.await));
            }
        }
        found
    }
}

async fn end(program: Option<Program>, in_order: bool) -> anyhow::Result<()> {
    match program {
        Some(program) if in_order => program.stop().await,
        Some(program) => {
            program.kill().await;
            Ok(())
        }
        None => Ok(()),
    }
}
