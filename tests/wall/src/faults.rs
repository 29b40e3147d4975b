//! What goes wrong: kinds of disturbances, how each begins and how it ends.

use crate::hall::Hall;
use crate::network::{Link, Loss};
use crate::randomness::Random;
use crate::world::{World, signed};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

/// A rate changes by no more than this at once: what a quartz does when its room warms up.
const RATE_CHANGE_PPB: i64 = 3_000;
/// The wall clock of a node may leap this far, in nanoseconds: nobody believes it once the controller has told the time.
const NODE_STEP_NS: i64 = 3_600_000_000_000;
/// That of the controller leaps no farther than half of the wall's latency: nodes learn of it one after another, and until
/// all have, their ticks are so far apart.
const MASTER_STEP_NS: i64 = 60_000_000;

/// A disturbance of some machine or way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Up to 2 % of the datagrams are lost.
    LightLoss,
    /// Up to 30 % are.
    HeavyLoss,
    /// Datagrams are lost in bursts.
    Bursts,
    /// The way becomes longer.
    Delay,
    /// Its length varies.
    Jitter,
    /// Datagrams are overtaken by later ones.
    Overtaking,
    /// Datagrams come twice.
    Doubling,
    /// A display node and the controller do not hear each other.
    CutFromController,
    /// A display node and an ingest node do not hear each other.
    CutFromIngest,
    /// An ingest node and the controller do not hear each other.
    CutIngest,
    /// The controller hears a display node that does not hear it.
    CutOneWay,
    /// A machine hears nobody and nobody hears it.
    CutAlone,
    /// A display node's program dies.
    KillDisplay,
    /// It is restarted in order.
    RestartDisplay,
    /// The controller dies.
    KillController,
    /// It is restarted in order.
    RestartController,
    /// An ingest node dies.
    KillIngest,
    /// It is restarted in order.
    RestartIngest,
    /// A camera gives no pictures.
    BrokenCamera,
    /// A machine's clocks begin to run faster or slower.
    ClockRate,
    /// A node's own wall clock leaps.
    ClockStep,
    /// The controller's wall clock leaps: everybody's time is another one.
    MasterStep,
}

/// All kinds.
pub const KINDS: [Kind; 22] = [
    Kind::LightLoss,
    Kind::HeavyLoss,
    Kind::Bursts,
    Kind::Delay,
    Kind::Jitter,
    Kind::Overtaking,
    Kind::Doubling,
    Kind::CutFromController,
    Kind::CutFromIngest,
    Kind::CutIngest,
    Kind::CutOneWay,
    Kind::CutAlone,
    Kind::KillDisplay,
    Kind::RestartDisplay,
    Kind::KillController,
    Kind::RestartController,
    Kind::KillIngest,
    Kind::RestartIngest,
    Kind::BrokenCamera,
    Kind::ClockRate,
    Kind::ClockStep,
    Kind::MasterStep,
];

impl Kind {
    /// What it is counted as.
    pub fn name(self) -> &'static str {
        match self {
            Self::LightLoss => "fault: light loss",
            Self::HeavyLoss => "fault: heavy loss",
            Self::Bursts => "fault: bursts of loss",
            Self::Delay => "fault: delay",
            Self::Jitter => "fault: jitter",
            Self::Overtaking => "fault: overtaking",
            Self::Doubling => "fault: doubling",
            Self::CutFromController => "fault: display cut from the controller",
            Self::CutFromIngest => "fault: display cut from an ingest node",
            Self::CutIngest => "fault: ingest node cut from the controller",
            Self::CutOneWay => "fault: cut one way",
            Self::CutAlone => "fault: machine cut off",
            Self::KillDisplay => "fault: display killed",
            Self::RestartDisplay => "fault: display restarted",
            Self::KillController => "fault: controller killed",
            Self::RestartController => "fault: controller restarted",
            Self::KillIngest => "fault: ingest node killed",
            Self::RestartIngest => "fault: ingest node restarted",
            Self::BrokenCamera => "fault: broken camera",
            Self::ClockRate => "fault: clock drifts otherwise",
            Self::ClockStep => "fault: wall clock of a node steps",
            Self::MasterStep => "fault: wall clock of the controller steps",
        }
    }

    /// How long it lasts, in milliseconds from and to.
    fn lasts_ms(self) -> (u64, u64) {
        match self {
            Self::RestartDisplay | Self::RestartController | Self::RestartIngest => (50, 3_000),
            Self::KillDisplay | Self::KillController | Self::KillIngest => (50, 12_000),
            Self::CutFromController
            | Self::CutFromIngest
            | Self::CutIngest
            | Self::CutOneWay
            | Self::CutAlone => (100, 14_000),
            _ => (500, 10_000),
        }
    }
}

/// A disturbance under way.
#[derive(Debug)]
pub struct Fault {
    /// What it is.
    pub kind: Kind,
    /// How long it lasts.
    pub lasts: Duration,
    victim: usize,
    /// What it does to a machine's link.
    link: Option<(Ipv4Addr, Link)>,
    cuts: Vec<(Ipv4Addr, Ipv4Addr)>,
    /// Whose clock goes wrong, and by how much: parts of 10⁹ of its rate, or nanoseconds of a step.
    clock: Option<(Ipv4Addr, i64)>,
    /// Display nodes whose way to the controller it spoils.
    impairs: Vec<usize>,
}

/// All faults that are under way, and what they do to the network together.
#[derive(Debug, Default)]
pub struct Faults {
    cuts: BTreeMap<(Ipv4Addr, Ipv4Addr), u32>,
    links: BTreeMap<Ipv4Addr, Vec<Link>>,
}

/// A machine of the hall: which display nodes' control links depend on it.
fn any_machine(hall: &Hall, random: &mut Random) -> (Ipv4Addr, Vec<usize>) {
    let all = hall.displays + hall.ingests + 1;
    let index = random.between(0, all as u64 - 1) as usize;
    if index < hall.displays {
        (Hall::display_ip(index), vec![index])
    } else if index < hall.displays + hall.ingests {
        (Hall::ingest_ip(index - hall.displays), Vec::new())
    } else {
        (Hall::controller_ip(), (0..hall.displays).collect())
    }
}

fn both_ways(a: Ipv4Addr, b: Ipv4Addr) -> [(Ipv4Addr, Ipv4Addr); 2] {
    [(a, b), (b, a)]
}

impl Fault {
    /// Any disturbance of that kind.
    pub fn new(kind: Kind, hall: &Hall, random: &mut Random) -> Self {
        let (low, high) = kind.lasts_ms();
        // Short ones are more frequent than long ones.
        let longest = random.between(low, high);
        let lasts = Duration::from_millis(random.between(low, longest));
        let display = random.between(0, hall.displays as u64 - 1) as usize;
        let ingest = random.between(0, hall.ingests as u64 - 1) as usize;
        let mut fault = Self {
            kind,
            lasts,
            victim: display,
            link: None,
            cuts: Vec::new(),
            clock: None,
            impairs: Vec::new(),
        };
        let (display_ip, ingest_ip) = (Hall::display_ip(display), Hall::ingest_ip(ingest));
        let everyone = || (0..hall.displays).collect();
        match kind {
            Kind::LightLoss | Kind::Delay | Kind::Jitter | Kind::Overtaking | Kind::Doubling => {
                fault.link = Some((any_machine(hall, random).0, change(kind, random)));
            }
            Kind::HeavyLoss | Kind::Bursts => {
                let (machine, impairs) = any_machine(hall, random);
                fault.link = Some((machine, change(kind, random)));
                fault.impairs = impairs;
            }
            Kind::CutFromController => {
                fault.cuts.extend(both_ways(display_ip, Hall::controller_ip()));
                fault.impairs = vec![display];
            }
            Kind::CutOneWay => {
                fault.cuts.push((Hall::controller_ip(), display_ip));
                fault.impairs = vec![display];
            }
            Kind::CutFromIngest => fault.cuts.extend(both_ways(display_ip, ingest_ip)),
            Kind::CutIngest => fault.cuts.extend(both_ways(ingest_ip, Hall::controller_ip())),
            Kind::CutAlone => {
                let (machine, impairs) = any_machine(hall, random);
                fault.impairs = impairs;
                let displays = (0..hall.displays).map(Hall::display_ip);
                let others =
                    displays.chain((0..hall.ingests).map(Hall::ingest_ip)).chain([Hall::controller_ip()]);
                fault.cuts = others
                    .filter(|other| *other != machine)
                    .flat_map(|other| both_ways(machine, other))
                    .collect();
            }
            Kind::KillDisplay | Kind::RestartDisplay => fault.impairs = vec![display],
            Kind::KillController | Kind::RestartController => fault.impairs = everyone(),
            Kind::KillIngest | Kind::RestartIngest => fault.victim = ingest,
            Kind::BrokenCamera => fault.victim = random.between(0, hall.sources as u64 - 1) as usize,
            Kind::ClockRate => {
                fault.clock = Some((any_machine(hall, random).0, signed(random, RATE_CHANGE_PPB)));
            }
            Kind::ClockStep => {
                let node = if random.chance(50_000) { display_ip } else { ingest_ip };
                fault.clock = Some((node, signed(random, NODE_STEP_NS)));
            }
            Kind::MasterStep => {
                fault.clock = Some((Hall::controller_ip(), signed(random, MASTER_STEP_NS)));
            }
        }
        fault
    }

    /// Two such faults cannot be under way at once.
    pub fn excludes(&self, other: &Self) -> bool {
        let program = |fault: &Self| match fault.kind {
            Kind::KillDisplay | Kind::RestartDisplay => Some((0, fault.victim)),
            Kind::KillController | Kind::RestartController => Some((1, 0)),
            Kind::KillIngest | Kind::RestartIngest => Some((2, fault.victim)),
            Kind::BrokenCamera => Some((3, fault.victim)),
            // Two changes at once would be one of twice the size.
            Kind::ClockRate => Some((4, 0)),
            Kind::MasterStep => Some((5, 0)),
            _ => None,
        };
        program(self).is_some() && program(self) == program(other)
    }

    /// Lets it happen.
    pub async fn begin(&self, world: &mut World, faults: &mut Faults) -> anyhow::Result<()> {
        {
            let mut watch = world.watch.lock();
            watch.count(self.kind.name());
            watch.trace.note("begin", "", format!("{self:?}"));
            watch.disturb();
            self.impairs.iter().for_each(|display| watch.impair(*display));
        }
        for way in &self.cuts {
            *faults.cuts.entry(*way).or_default() += 1;
            world.network.cut(way.0, way.1);
        }
        if let Some((machine, link)) = self.link {
            faults.links.entry(machine).or_default().push(link);
            faults.apply(world, machine);
        }
        if let Some((clocks, by)) = self.clock.and_then(|(ip, by)| Some((world.clocks(ip)?, by))) {
            match self.kind {
                Kind::ClockRate => clocks.change_rate(by),
                _ => clocks.step_wall(by),
            }
        }
        if self.kind == Kind::MasterStep {
            world.watch.lock().master_stepped();
        }
        match self.kind {
            Kind::KillDisplay => world.end_display(self.victim, false).await,
            Kind::RestartDisplay => world.end_display(self.victim, true).await,
            Kind::KillController => world.end_controller(false).await,
            Kind::RestartController => world.end_controller(true).await,
            Kind::KillIngest => world.end_ingest(self.victim, false).await,
            Kind::RestartIngest => world.end_ingest(self.victim, true).await,
            Kind::BrokenCamera => {
                world.set_broken(self.victim, true);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Makes it good.
    pub fn end(&self, world: &mut World, faults: &mut Faults) -> anyhow::Result<()> {
        for way in &self.cuts {
            let count = faults.cuts.entry(*way).or_insert(1);
            *count -= 1;
            if *count == 0 {
                world.network.mend(way.0, way.1);
            }
        }
        if let Some((machine, link)) = self.link {
            let links = faults.links.entry(machine).or_default();
            if let Some(at) = links.iter().position(|other| *other == link) {
                links.remove(at);
            }
            faults.apply(world, machine);
        }
        match self.kind {
            Kind::KillDisplay | Kind::RestartDisplay => world.start_display(self.victim),
            Kind::KillController | Kind::RestartController => world.start_controller()?,
            Kind::KillIngest | Kind::RestartIngest => world.start_ingest(self.victim),
            Kind::BrokenCamera => world.set_broken(self.victim, false),
            _ => {}
        }
        let mut watch = world.watch.lock();
        watch.trace.note("end", "", self.kind.name());
        self.impairs.iter().for_each(|display| watch.mend(*display));
        watch.settle();
        Ok(())
    }
}

/// What a disturbance does to a link.
fn change(kind: Kind, random: &mut Random) -> Link {
    let mut link = Link::default();
    match kind {
        // Of 100,000, and each of the two directions.
        Kind::LightLoss => link.loss = Loss::Independent(random.between(100, 2_000) as u32),
        Kind::HeavyLoss => link.loss = Loss::Independent(random.between(2_000, 20_000) as u32),
        Kind::Bursts => {
            link.loss = Loss::Bursts {
                begin: random.between(200, 3_000) as u32,
                end: random.between(5_000, 30_000) as u32,
                lost: random.between(50_000, 100_000) as u32,
            };
        }
        Kind::Delay => link.delay = Duration::from_millis(random.between(5, 40)),
        Kind::Jitter => link.jitter = Duration::from_millis(random.between(2, 20)),
        Kind::Overtaking => link.overtaken = random.between(1_000, 30_000) as u32,
        Kind::Doubling => link.doubled = random.between(1_000, 30_000) as u32,
        _ => {}
    }
    link
}

impl Faults {
    /// Sets a machine's link to the sum of what is wrong with it.
    fn apply(&self, world: &World, machine: Ipv4Addr) {
        let mut link = world.base();
        for wrong in self.links.get(&machine).into_iter().flatten() {
            link.delay += wrong.delay;
            link.jitter += wrong.jitter;
            link.doubled += wrong.doubled;
            link.overtaken += wrong.overtaken;
            link.loss = if wrong.loss == Loss::None { link.loss } else { wrong.loss };
        }
        world.network.set_links(machine, link, link);
    }
}
