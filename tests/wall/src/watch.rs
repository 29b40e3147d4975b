//! Sees everything that happens in a simulation, and says at once what must not be.

use crate::hall::Hall;
use crate::trace::Trace;
use controller::Desk;
use layouts::OnAir;
use media::{CanvasFrame, SceneId, WallTime};
use protocol_quic::ClientEvent;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// After the last disturbance has ended, all must be well again within this time.
pub const RECOVER_WITHIN_NS: u64 = 15_000_000_000;
/// Nodes that can hear the controller have noticed after this long that its clock has leapt.
const STEP_NOTICED_NS: u64 = 3_000_000_000;
/// Pictures that are remembered of each source: more than a wall is late.
const MADE_MAX: usize = 64;
/// Ticks of a wall that are remembered.
const TICKS_MAX: usize = 8;

/// One source at one tick of one wall on one display node.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// Which source.
    pub source: usize,
    /// The picture on the screens.
    pub captured: Option<WallTime>,
    /// The newest picture that is due and had come to the node.
    pub newest_due: Option<WallTime>,
    /// Whether the viewer is told that it is live.
    pub live: bool,
}

/// One tick of one wall on one display node.
#[derive(Debug, Clone)]
pub struct Tick {
    /// Which display node.
    pub display: usize,
    /// Which wall.
    pub wall: usize,
    /// Which tick.
    pub frame: CanvasFrame,
    /// No picture may be younger.
    pub deadline: WallTime,
    /// What the node believes the time is, how wrong it says that may be, and the truth.
    pub clock: Reading,
    /// The scene that is shown.
    pub scene: SceneId,
    /// What the node has been told last.
    pub told: OnAir,
    /// Whether its link to the controller stands.
    pub linked: bool,
    /// Every source that is on air.
    pub shown: Vec<Shown>,
}

/// A node's clock beside the master's.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The node's.
    pub believed: WallTime,
    /// How far it may be from the master's, by its own word.
    pub error_ns: u64,
    /// The master's.
    pub truth: WallTime,
}

/// A decision of the controller about one wall.
#[derive(Debug, Clone)]
struct Decided {
    on_air: OnAir,
    at_ns: u64,
}

#[derive(Debug, Default)]
struct DisplayState {
    /// Disturbances that are on its way to the controller now.
    impaired: u32,
    impaired_last_ns: Option<u64>,
    /// Since when its control link stands.
    linked_since_ns: Option<u64>,
    /// What it showed last, and in which life of the source, by wall and source.
    before: BTreeMap<(usize, usize), (WallTime, u64)>,
}

/// What two nodes are compared by.
#[derive(Debug)]
struct Seen {
    display: usize,
    /// `None` when it has not been told the newest decision.
    scene: Option<SceneId>,
    /// Pictures by source, of sources whose newest due picture had come.
    pictures: Vec<(usize, WallTime)>,
}

/// The observer. It is shared by every part of a simulation.
pub struct Watch {
    /// The hash of all events.
    pub trace: Trace,
    violations: Vec<String>,
    counters: BTreeMap<&'static str, u64>,
    made: Vec<VecDeque<WallTime>>,
    /// Grows whenever a source may begin anew in the past.
    lives: Vec<u64>,
    /// Where the controller's decisions can be asked for, while it runs.
    desk: Option<Desk>,
    asked_at_ns: u64,
    decided: Vec<Decided>,
    displays: Vec<DisplayState>,
    ticks: Vec<BTreeMap<CanvasFrame, Vec<Seen>>>,
    disturbances: u32,
    calm_since_ns: u64,
    /// When the controller's clock leapt last.
    master_stepped_ns: Option<u64>,
}

/// A [`Watch`] that everybody holds.
#[derive(Clone)]
pub struct SharedWatch(Arc<Mutex<Watch>>);

impl SharedWatch {
    /// A watch over `hall`.
    pub fn new(hall: &Hall, aloud: bool) -> Self {
        Self(Arc::new(Mutex::new(Watch {
            trace: Trace::new(aloud),
            violations: Vec::new(),
            counters: BTreeMap::new(),
            made: vec![VecDeque::new(); hall.sources],
            lives: vec![0; hall.sources],
            desk: None,
            asked_at_ns: u64::MAX,
            decided: Vec::new(),
            displays: (0..hall.displays).map(|_| DisplayState::default()).collect(),
            ticks: (0..hall.walls).map(|_| BTreeMap::new()).collect(),
            disturbances: 0,
            calm_since_ns: 0,
            master_stepped_ns: None,
        })))
    }

    /// The watch itself. Never held across a wait.
    pub fn lock(&self) -> MutexGuard<'_, Watch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Something that must not be.
    pub fn violation(&mut self, what: String) {
        let at = self.trace.now_ns() as f64 / 1e9;
        self.trace.note("VIOLATION", "", &what);
        self.violations.push(format!("at {at:.3} s: {what}"));
    }

    /// What must not have been.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// Counts that a fault or a way of recovery was seen.
    pub fn count(&mut self, what: &'static str) {
        *self.counters.entry(what).or_default() += 1;
    }

    /// How often each was seen.
    pub fn counters(&self) -> &BTreeMap<&'static str, u64> {
        &self.counters
    }

    /// A quantity that has a bound.
    pub fn bounded(&mut self, what: &str, value: u64, max: u64) {
        if value > max {
            self.violation(format!("{what}: {value}, at most {max}"));
        }
    }

    /// Something begins to go wrong.
    pub fn disturb(&mut self) {
        self.disturbances += 1;
    }

    /// It is over.
    pub fn settle(&mut self) {
        self.disturbances = self.disturbances.saturating_sub(1);
        self.calm_since_ns = self.trace.now_ns();
    }

    /// Whether all must be well.
    pub fn is_calm(&self) -> bool {
        self.disturbances == 0 && self.trace.now_ns() > self.calm_since_ns + RECOVER_WITHIN_NS
    }

    /// The controller's clock has leapt.
    pub fn master_stepped(&mut self) {
        self.master_stepped_ns = Some(self.trace.now_ns());
    }

    /// The way between a display node and the controller is bad from now on.
    pub fn impair(&mut self, display: usize) {
        self.displays[display].impaired += 1;
    }

    /// It is well again.
    pub fn mend(&mut self, display: usize) {
        let now = self.trace.now_ns();
        let state = &mut self.displays[display];
        state.impaired = state.impaired.saturating_sub(1);
        state.impaired_last_ns = Some(now);
    }

    /// A display node's program begins anew.
    pub fn new_display(&mut self, display: usize) {
        let state = &mut self.displays[display];
        state.before.clear();
        state.linked_since_ns = None;
    }

    /// A display node's link stands since then, or does not.
    fn linked(&mut self, node: &str, since_ns: Option<u64>) {
        let display = node.strip_prefix('d').and_then(|number| number.parse::<usize>().ok());
        if let Some(state) = display.and_then(|display| self.displays.get_mut(display)) {
            state.linked_since_ns = since_ns;
        }
    }

    /// A camera has made a picture.
    pub fn made(&mut self, source: usize, captured: WallTime) {
        let made = &mut self.made[source];
        made.push_back(captured);
        if made.len() > MADE_MAX {
            made.pop_front();
        }
        self.trace.note("made", "", (source, captured.0));
    }

    /// A control link's event at a node.
    pub fn link_event(&mut self, node: &str, event: &ClientEvent) {
        match event {
            ClientEvent::Connected(_) => {
                self.count("control link up");
                self.linked(node, Some(self.trace.now_ns()));
                self.trace.note("connected", node, ());
            }
            ClientEvent::Snapshot(snapshot) => {
                self.count("snapshot taken");
                self.trace.note("snapshot", node, snapshot.revision);
            }
            ClientEvent::Activate(activate) => {
                self.count("activation taken");
                self.trace.note("activate", node, (activate.revision, activate.wall.as_str(), activate.at.0));
            }
            ClientEvent::Answer(answer) => {
                self.count("answer taken");
                self.trace.note("answer", node, (answer.query.as_str(), answer.from.0));
            }
            ClientEvent::Preview(_) | ClientEvent::PictureRequest(_) | ClientEvent::Errand(_) => {}
            ClientEvent::Disconnected { why, retry_in } => {
                self.count("control link lost");
                self.linked(node, None);
                self.trace.note("disconnected", node, (why.to_string(), retry_in.as_nanos() as u64));
            }
        }
    }

    /// A controller begins its work.
    pub fn new_controller(&mut self, desk: Desk) {
        self.desk = Some(desk);
        self.ask();
    }

    /// The controller has ended.
    pub fn no_controller(&mut self) {
        self.ask();
        self.desk = None;
    }

    /// Asks the controller what it has decided.
    fn ask(&mut self) {
        let Some(desk) = &self.desk else { return };
        self.asked_at_ns = self.trace.now_ns();
        for (wall, on_air) in desk.decided().into_iter().enumerate() {
            match self.decided.get(wall) {
                Some(last) if last.on_air.scene == on_air.scene && last.on_air.since == on_air.since => {}
                _ => {
                    self.trace.note("decided", "", (wall, on_air.scene.as_str().to_owned(), on_air.since.0));
                    let decided = Decided { on_air, at_ns: self.asked_at_ns };
                    self.decided.splice(wall..(wall + 1).min(self.decided.len()), [decided]);
                }
            }
        }
    }

    /// A display node has presented a tick.
    pub fn tick(&mut self, tick: &Tick) {
        let Tick { display, wall, frame, .. } = *tick;
        let pictures: Vec<_> = tick
            .shown
            .iter()
            .map(|shown| (shown.source, shown.captured.map(|captured| captured.0)))
            .collect();
        self.trace.note("tick", "", (display, wall, frame.0, tick.scene.as_str(), pictures));
        self.count("ticks");
        let newest = self.decided.get(wall);
        if self.trace.now_ns() != self.asked_at_ns || newest.is_none_or(|decided| !is_told(tick, decided)) {
            self.ask();
        }
        let found = [
            self.check_clock(tick),
            self.check_pictures(tick),
            self.check_scene(tick),
            self.check_calm(tick),
        ];
        for what in found.into_iter().flatten() {
            let (scene, clock) = (&tick.scene, tick.clock);
            self.violation(format!(
                "display {display}, wall {wall}, tick {}, scene {scene}, clock off by {} ns: {what}",
                frame.0,
                clock.believed.nanos_from(clock.truth),
            ));
        }
        self.compare(tick);
    }

    /// The controller's clock has leapt, and this node cannot know it yet.
    fn knows_no_better(&self, display: usize) -> bool {
        let Some(stepped) = self.master_stepped_ns else { return false };
        let DisplayState { impaired, impaired_last_ns, linked_since_ns, .. } = &self.displays[display];
        let hindered = stepped.max(impaired_last_ns.unwrap_or(0));
        let knows_from = match linked_since_ns {
            _ if *impaired > 0 => return true,
            Some(since) => hindered.max(*since) + STEP_NOTICED_NS,
            // It waits for up to 5 s before it dials again, and the dial that was under way may have to fail first.
            None => hindered + RECOVER_WITHIN_NS,
        };
        self.trace.now_ns() < knows_from
    }

    fn check_clock(&mut self, tick: &Tick) -> Option<String> {
        let Reading { believed, error_ns, truth } = tick.clock;
        let off = believed.nanos_from(truth).unsigned_abs();
        if off <= error_ns {
            return None;
        }
        if self.knows_no_better(tick.display) {
            self.count("clock of a node that could not know of a step");
            return None;
        }
        Some(format!("says that its clock is at most {error_ns} ns off, and it is {off} ns off"))
    }

    fn check_pictures(&mut self, tick: &Tick) -> Option<String> {
        for shown in &tick.shown {
            let life = self.lives[shown.source];
            let Some(captured) = shown.captured else { continue };
            if captured > tick.deadline {
                let by = captured.nanos_from(tick.deadline);
                return Some(format!("source {} is shown {by} ns too early", shown.source));
            }
            let key = (tick.wall, shown.source);
            let before = self.displays[tick.display].before.insert(key, (captured, life));
            let Some((before, before_life)) = before.filter(|(_, before_life)| *before_life == life) else {
                continue;
            };
            if captured < before && before_life == life {
                return Some(format!(
                    "source {} runs back by {} ns",
                    shown.source,
                    before.nanos_from(captured)
                ));
            }
            if shown.newest_due.is_some_and(|due| due > captured) {
                let by = shown.newest_due.map_or(0, |due| due.nanos_from(captured));
                return Some(format!(
                    "source {}: a picture younger by {by} ns is there and due",
                    shown.source
                ));
            }
        }
        None
    }

    /// A node that has been told must do as it was told, from the very tick; one that has not been told in time must have
    /// been cut off.
    fn check_scene(&mut self, tick: &Tick) -> Option<String> {
        let decided = self.decided.get(tick.wall)?.clone();
        if is_told(tick, &decided) {
            let expected = if tick.frame >= decided.on_air.since {
                Some(&decided.on_air.scene)
            } else {
                decided.on_air.from.as_ref()
            };
            let wrong = expected.is_some_and(|expected| *expected != tick.scene);
            return wrong.then(|| format!("was told to show {:?}", decided.on_air));
        }
        if tick.frame < decided.on_air.since {
            return None;
        }
        if self.knows_no_better(tick.display) {
            self.count("tick of a node that could not know of a step");
            return None;
        }
        let state = &self.displays[tick.display];
        let cut_off_last =
            if state.impaired > 0 { Some(self.trace.now_ns()) } else { state.impaired_last_ns };
        if cut_off_last.is_some_and(|last| last + RECOVER_WITHIN_NS >= decided.at_ns) {
            self.count("tick of a node that was cut off during a commit");
            return None;
        }
        Some(format!("was not cut off and was not told to show {:?}", decided.on_air))
    }

    /// Long after the last disturbance, nothing may be amiss.
    fn check_calm(&mut self, tick: &Tick) -> Option<String> {
        if !self.is_calm() {
            return None;
        }
        self.count("calm tick");
        if !tick.linked {
            return Some("has no link to the controller".into());
        }
        for shown in &tick.shown {
            let made = self.made[shown.source].iter().copied().filter(|made| *made <= tick.deadline).max();
            if made.is_none() || shown.captured != made {
                let behind = made.zip(shown.captured).map(|(made, captured)| made.nanos_from(captured));
                return Some(format!("source {}: {behind:?} ns behind the newest due picture", shown.source));
            }
            if !shown.live {
                return Some(format!("source {} is not called live", shown.source));
            }
        }
        None
    }

    /// Two nodes at the same tick.
    fn compare(&mut self, tick: &Tick) {
        let decided = self.decided.get(tick.wall);
        let scene = decided.filter(|decided| is_told(tick, decided)).map(|_| tick.scene.clone());
        let is_complete = |shown: &&Shown| {
            let made = self.made[shown.source].iter().copied().filter(|made| *made <= tick.deadline).max();
            made.is_some() && shown.newest_due == made
        };
        let complete = tick.shown.iter().filter(is_complete);
        let pictures = complete.filter_map(|shown| Some((shown.source, shown.captured?))).collect();
        let seen = Seen { display: tick.display, scene, pictures };
        let mut found = Vec::new();
        let mut compared = 0;
        for other in self.ticks[tick.wall].get(&tick.frame).into_iter().flatten() {
            if other.scene.is_some() && seen.scene.is_some() && other.scene != seen.scene {
                found.push(format!(
                    "displays {} and {} show {:?} and {:?}",
                    other.display, seen.display, other.scene, seen.scene
                ));
            }
            for (source, captured) in &seen.pictures {
                let Some((_, others)) = other.pictures.iter().find(|(same, _)| same == source) else {
                    continue;
                };
                compared += 1;
                if others != captured {
                    let by = captured.nanos_from(*others);
                    found.push(format!(
                        "displays {} and {} show source {source} {by} ns apart",
                        other.display, seen.display
                    ));
                }
            }
        }
        *self.counters.entry("pictures compared").or_default() += compared;
        for what in found {
            self.violation(format!("wall {}, tick {}: {what}", tick.wall, tick.frame.0));
        }
        let ticks = &mut self.ticks[tick.wall];
        ticks.entry(tick.frame).or_default().push(seen);
        while ticks.len() > TICKS_MAX {
            ticks.pop_first();
        }
    }
}

fn is_told(tick: &Tick, decided: &Decided) -> bool {
    tick.told.scene == decided.on_air.scene && tick.told.since == decided.on_air.since
}
