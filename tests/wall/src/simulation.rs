//! One simulation from its seed to its end: acts of disturbances, and calm between them in which all must be well.

use crate::faults::{Fault, Faults, KINDS, Kind};
use crate::hall::{Hall, SCENES, scene_name};
use crate::randomness::{self, Random};
use crate::watch::{RECOVER_WITHIN_NS, SharedWatch};
use crate::world::World;
use layouts::rules::Picture;
use layouts::{CANVAS_PIXEL, CanvasRect, Change, Draft, WindowSet};
use media::{SceneId, SourceId, WindowId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// What is to be simulated.
#[derive(Debug, Clone)]
pub struct Order {
    /// All randomness comes from it.
    pub seed: u64,
    /// For how long.
    pub length: Duration,
    /// What may go wrong.
    pub kinds: Vec<Kind>,
    /// A fault that must be noticed.
    pub planted: Option<Planted>,
    /// Whether every event is printed.
    pub aloud: bool,
}

impl Order {
    /// Twelve minutes of everything.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            length: Duration::from_secs(12 * 60),
            kinds: KINDS.to_vec(),
            planted: None,
            aloud: false,
        }
    }
}

/// A fault of the simulated program itself, to show that it would be noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// A display node shows everything one tick too late.
    Lag,
    /// A display node does not hear that a scene goes on air.
    Deaf,
    /// A display node shows pictures before their time.
    Early,
    /// A display node says that its clock is better than it is.
    Clock,
}

impl Planted {
    const ALL: [Self; 4] = [Self::Lag, Self::Deaf, Self::Early, Self::Clock];

    /// What the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lag => "lag",
            Self::Deaf => "deaf",
            Self::Early => "early",
            Self::Clock => "clock",
        }
    }

    /// The one of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|planted| planted.name() == name)
    }
}

/// Ways of recovery, and other things that must have been seen, beside every fault.
pub const RECOVERIES: [&str; 4] = [
    "control link lost",
    "control link up",
    "subscription interrupted",
    "tick of a node that was cut off during a commit",
];

/// What a few hours may pass without: a decision comes after its tick only when it was lost several times in a row. It must have been
/// seen in [`RARE_WALL_HOURS`].
pub const RARE: [&str; 1] = ["activation came late"];
/// Hours in which what is rare has come.
pub const RARE_WALL_HOURS: f64 = 50.0;

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// Hash of all events.
    pub hash: u64,
    /// How many there were.
    pub events: u64,
    /// Simulated seconds of all walls together.
    pub wall_seconds: u64,
    /// What must not have been.
    pub violations: Vec<String>,
    /// How often each fault and each way of recovery was seen.
    pub counters: BTreeMap<String, u64>,
}

impl Outcome {
    /// Prints it for a person.
    pub fn print(&self, seed: u64, took: Duration) {
        for (name, count) in &self.counters {
            println!("{count:>12}  {name}");
        }
        for violation in self.violations.iter().take(20) {
            println!("VIOLATION  {violation}");
        }
        let (events, walls, took) = (self.events, self.wall_seconds, took.as_secs_f64());
        let times = walls as f64 / took;
        println!(
            "seed {seed}: hash {:016x} of {events} events, {walls} wall-seconds in {took:.1} s ({times:.0} x)",
            self.hash
        );
    }
}

/// Runs a simulation on a paused clock. To be called once in a process.
pub fn run(order: &Order) -> anyhow::Result<Outcome> {
    randomness::seed_process(order.seed);
    protocol_quic::install_crypto_provider();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(simulate(order))
}

async fn simulate(order: &Order) -> anyhow::Result<Outcome> {
    let mut random = Random::new(order.seed, 0);
    let hall = Hall::new(
        random.between(4, 8) as usize,
        random.between(2, 4) as usize,
        random.between(1, 2) as usize,
        random.between(2, 4) as usize,
    )?;
    let watch = SharedWatch::new(&hall, order.aloud);
    watch.lock().trace.note("hall", "", (hall.walls, hall.displays, hall.ingests, hall.sources));
    // The start is a disturbance as any other.
    {
        let mut watch = watch.lock();
        watch.disturb();
        (0..hall.displays).for_each(|display| watch.impair(display));
    }
    let mut world = World::start(hall, watch.clone(), order)?;
    {
        let mut watch = watch.lock();
        (0..world.hall.displays).for_each(|display| watch.mend(display));
        watch.settle();
    }
    let end = Instant::now() + order.length;
    let mut director = Director {
        random,
        faults: Faults::default(),
        kinds: order.kinds.clone(),
        next_recall: Instant::now(),
    };
    while Instant::now() < end && watch.lock().violations().is_empty() {
        director.act(&mut world).await?;
    }
    let mut counters: BTreeMap<String, u64> =
        watch.lock().counters().iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    count_network(&world, &mut counters);
    let watch = watch.lock();
    let wall_seconds = watch.trace.now_ns() / 1_000_000_000 * world.hall.walls as u64;
    Ok(Outcome {
        hash: watch.trace.hash(),
        events: watch.trace.events(),
        wall_seconds,
        violations: watch.violations().to_vec(),
        counters,
    })
}

fn count_network(world: &World, counters: &mut BTreeMap<String, u64>) {
    let network = world.network.counters();
    for (name, count) in [
        ("datagrams sent", network.sent),
        ("datagrams lost alone", network.lost_alone),
        ("datagrams lost in bursts", network.lost_in_bursts),
        ("datagrams doubled", network.doubled),
        ("datagrams overtaken", network.overtaken),
        ("datagrams cut", network.cut),
        ("datagrams to nobody", network.unheard),
        ("datagrams not fetched", network.overflowed),
    ] {
        counters.insert(name.into(), count);
    }
}

/// Decides what goes wrong when, and what operators do.
struct Director {
    random: Random,
    faults: Faults,
    kinds: Vec<Kind>,
    next_recall: Instant,
}

impl Director {
    /// Some disturbances that overlap, the time to recover from them, and a while in which all must be well.
    async fn act(&mut self, world: &mut World) -> anyhow::Result<()> {
        let storm = self.random.chance(20_000);
        let mut to_come = self.random.between(1, if storm { 8 } else { 3 });
        let mut under_way: Vec<(Instant, Fault)> = Vec::new();
        let mut next_begin = Instant::now();
        while to_come > 0 || !under_way.is_empty() {
            let next_end = under_way.iter().map(|(at, _)| *at).min();
            if to_come > 0 && next_end.is_none_or(|end| next_begin <= end) {
                self.until(world, next_begin).await?;
                let kind = *self.random.pick(&self.kinds);
                let fault = Fault::new(kind, &world.hall, &mut self.random);
                if !under_way.iter().any(|(_, other)| fault.excludes(other)) {
                    fault.begin(world, &mut self.faults).await?;
                    under_way.push((Instant::now() + fault.lasts, fault));
                }
                to_come -= 1;
                next_begin = Instant::now() + Duration::from_millis(self.random.between(0, 4_000));
            } else if let Some(end) = next_end {
                self.until(world, end).await?;
                let at = under_way.iter().position(|(at, _)| *at == end).unwrap_or_default();
                under_way.remove(at).1.end(world, &mut self.faults)?;
            }
        }
        let calm = Duration::from_nanos(RECOVER_WITHIN_NS)
            + Duration::from_millis(self.random.between(2_000, 8_000));
        self.until(world, Instant::now() + calm).await
    }

    /// Lets time pass until `at`; operators change scenes meanwhile.
    async fn until(&mut self, world: &mut World, at: Instant) -> anyhow::Result<()> {
        while self.next_recall < at {
            tokio::time::sleep_until(self.next_recall).await;
            let wait = if self.random.chance(40_000) {
                self.edit(world);
                // Acts follow upon each other fast: a window is dragged.
                if self.random.chance(75_000) { (30, 300) } else { (100, 12_000) }
            } else {
                self.recall(world);
                (100, 12_000)
            };
            self.next_recall = Instant::now() + Duration::from_millis(self.random.between(wait.0, wait.1));
        }
        tokio::time::sleep_until(at).await;
        for what in world.fallen().await {
            world.watch.lock().violation(what);
        }
        Ok(())
    }

    /// An operator changes the windows of what a wall shows, or is about to show. They still span every screen.
    fn edit(&mut self, world: &World) {
        let Some(desk) = world.desk() else { return };
        let walls = desk.status().walls;
        let wall = self.random.between(0, walls.len().max(1) as u64 - 1) as usize;
        let Some(row) = walls.get(wall) else { return };
        let scene = row.next.clone().unwrap_or_else(|| row.on_air.clone());
        let outcome = self.changed(world, scene).and_then(|picture| Ok(desk.show(&row.wall, &picture)?));
        let mut watch = world.watch.lock();
        watch.trace.note("edit", "", row.wall.as_str());
        match outcome {
            Ok(_) => watch.count("windows changed"),
            Err(error) => watch.violation(format!("windows cannot be changed: {error}")),
        }
    }

    fn changed(&mut self, world: &World, scene: SceneId) -> anyhow::Result<Picture> {
        let (first, second) = (WindowId::new("w1")?, WindowId::new("w2")?);
        let layout = &world.hall.layout;
        let y = self.random.between(0, 300) as i64 * CANVAS_PIXEL;
        let rect = CanvasRect {
            x: 0,
            y,
            width: world.hall.displays as i64 * 640 * CANVAS_PIXEL,
            height: 60 * CANVAS_PIXEL,
        };
        let source = SourceId::new(&format!("s{}", self.random.between(0, world.hall.sources as u64 - 1)))?;
        let set = |set| Change::Set { window: first.clone(), set };
        let change = match self.random.between(0, 9) {
            0 => set(WindowSet { source: Some(source), ..WindowSet::default() }),
            1 => Change::Open { source, rect, small_stream: false },
            2 => Change::Close { window: second },
            3 => Change::Swap { a: first.clone(), b: second },
            _ => set(WindowSet { rect: Some(rect), ..WindowSet::default() }),
        };
        let Draft { scene, fills: _, edits } = Draft::of(scene).change(layout, &[change])?.0;
        Ok(Picture { scene, edits, fills: Vec::new(), banner: None })
    }

    fn recall(&mut self, world: &World) {
        let Some(desk) = world.desk() else { return };
        let wall = self.random.between(0, world.hall.walls as u64 - 1) as usize;
        let scene = scene_name(wall, self.random.between(0, SCENES as u64 - 1) as usize);
        let recalled = desk.recall(&scene);
        let mut watch = world.watch.lock();
        watch.trace.note("recall", "", &scene);
        match recalled {
            Ok(_) => watch.count("scene recalled"),
            Err(error) => watch.violation(format!("{scene} cannot be recalled: {error}")),
        }
    }
}
