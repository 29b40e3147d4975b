//! The display engine of one wall on one node: at each tick it picks what is due, solves the layout, composes every
//! screen of this node and presents.
//!
//! Two clocks meet here. The wall's tick *k* begins at an agreed wall time, and every node that shows the wall composes
//! for the same instant; the picture of tick *k* holds, for each source, the newest frame captured at least the wall's
//! latency before *k*. The engine composes ahead of the tick, waits for it, and presents; it never waits for a source,
//! a decoder or another node. A tick whose picture is not on its way to the panel within half a period has been missed.

mod portrait;

use crate::answer_book::AnswerBook;
use crate::clock::Clock;
use crate::feeds::Feeds;
use crate::links::Links;
use crate::output::ScreenOutput;
use crate::rehearsal::Rehearsal;
use crate::stats::StreamMeter;
use layouts::{Answers, Demand, Layout, OnAir, Rundown, SourceStates, Stamp, TilePlan, Turn, Wall};
use media::{CanvasFrame, Health, LocalTime, NodeId, SceneId, SourceId, TickRate, WallId, WallTime};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;

/// Drawing ahead what a coming scene needs, widgets excepted, may take this much of a tick.
const WARM_WITHIN: Duration = Duration::from_millis(4);
/// What answers will change in this time is drawn ahead.
const LOOK_AHEAD: Duration = Duration::from_secs(1);

/// What a wall shows, and what it is to be ready for.
#[derive(Debug, Clone)]
pub struct Program {
    /// The layout's revision.
    pub revision: u64,
    /// The hall.
    pub layout: Arc<Layout>,
    /// The scene on this engine's wall, and what it replaced.
    pub on_air: OnAir,
    /// The scene to prepare.
    pub next: Option<SceneId>,
    /// Whether the screens show the stamp by which a person can see that they run in step.
    pub stamp: bool,
    /// Until when the screens show numbered cards by which a person finds them.
    pub identify_until: Option<WallTime>,
    /// Where sources are read.
    pub links: Arc<Links>,
}

/// One wall's engine on one node.
pub struct Engine {
    node: NodeId,
    wall: WallId,
    clock: Clock,
    rehearsal: Rehearsal,
    program: Program,
    /// What of the program is on air at which tick.
    rundown: Rundown,
    /// The revision whose preparation is not finished yet.
    preparing: Option<u64>,
    feeds: Feeds,
    /// What the hall's queries have answered, told from outside.
    book: Arc<Mutex<AnswerBook>>,
    /// What of it the tick shows.
    answers: Arc<Answers>,
    /// What is left to draw for ticks to come, while something may be; and how many answers had been told then.
    looking_ahead: bool,
    told: u64,
    outputs: Vec<ScreenOutput>,
}

/// What a tick has come to.
#[derive(Debug, Clone, Default)]
pub struct Ticked {
    /// Another scene is on air from this tick on.
    pub switched: bool,
    /// This revision is prepared from this tick on.
    pub ready: Option<u64>,
    /// Every source that this node's screens show, and when its picture was captured.
    pub frames: Vec<(SourceId, WallTime)>,
}

impl Engine {
    /// An engine for the screens of `wall` that `node` drives, one output for each in the document's order. What it is to do
    /// wrong stands in `rehearsal`. Each tick shows the answers that are due in `book`.
    #[expect(clippy::too_many_arguments, reason = "an engine is made in one place from what it is made of")]
    pub fn new(
        node: NodeId,
        wall: WallId,
        program: Program,
        outputs: Vec<ScreenOutput>,
        clock: Clock,
        runtime: Handle,
        rehearsal: Rehearsal,
        book: Arc<Mutex<AnswerBook>>,
    ) -> Self {
        let preparing = Some(program.revision);
        let feeds = Feeds::new(clock.clone(), runtime);
        let rundown = Rundown::new(program.revision, program.on_air.clone(), program.next.clone());
        let answers = Arc::default();
        let mut engine = Self {
            node,
            wall,
            clock,
            rehearsal,
            program,
            rundown,
            preparing,
            feeds,
            book,
            answers,
            looking_ahead: false,
            told: 0,
            outputs,
        };
        engine.ask();
        engine.subscribe();
        engine
    }

    /// Follows a newer program. What is on air changes at its tick, not before.
    pub fn follow(&mut self, program: Program, tick: CanvasFrame) {
        self.program = program;
        let Program { revision, on_air, next, .. } = &self.program;
        self.rundown.follow(*revision, on_air.clone(), next.clone(), tick);
        self.preparing = Some(self.program.revision);
        self.ask();
        self.subscribe();
    }

    /// Puts on air what `revision` has this wall prepare, at tick `at`, or at once when that has passed.
    pub fn activate(&mut self, revision: u64, at: CanvasFrame) {
        self.rundown.activate(revision, CanvasFrame(at.0 + u64::from(self.rehearsal.switch_late_ticks)));
    }

    /// This node's screens on the wall.
    pub fn outputs(&mut self) -> &mut [ScreenOutput] {
        &mut self.outputs
    }

    /// The wall as the program describes it.
    pub fn wall(&self) -> Option<&Wall> {
        self.program.layout.wall(&self.wall)
    }

    /// What is on air, now and next.
    pub fn rundown(&self) -> &Rundown {
        &self.rundown
    }

    /// Every source shown: how it stands, how its pictures flow, how many were given up.
    pub fn sources(&self) -> BTreeMap<SourceId, (Health, StreamMeter, u64)> {
        self.feeds.report()
    }

    /// What this node needs for `on_air`.
    fn demand(&self, on_air: &OnAir) -> Vec<Demand> {
        layouts::demand(&self.program.layout, &self.wall, on_air, &self.node)
    }

    /// What this node needs beyond what is on air.
    fn demand_ahead(&self) -> Vec<Demand> {
        self.rundown.ahead().iter().flat_map(|ahead| self.demand(ahead)).collect()
    }

    /// Shows the answers to the program's queries, and forgets all others.
    fn ask(&mut self) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.follow(self.program.layout.queries().map(|query| &query.id));
        self.answers = Arc::clone(book.shown());
    }

    /// Comes to the answers of the tick that begins at `tick`.
    fn hear(&mut self, tick: WallTime) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if book.at(tick) {
            self.answers = Arc::clone(book.shown());
        }
    }

    /// Feeds what is on air and what is ahead, and nothing else.
    fn subscribe(&mut self) {
        let Some(wall) = self.program.layout.wall(&self.wall) else { return };
        let latency = Duration::from_millis(u64::from(wall.latency_ms));
        let now = self.demand(self.rundown.on_air());
        self.feeds.follow(&now, &self.demand_ahead(), &self.program.layout, &self.program.links, latency);
    }

    /// Makes the pictures of tick `frame` in every output's memory.
    pub fn compose(&mut self, frame: CanvasFrame) -> Ticked {
        let Some(rate) = self.wall().map(|wall| wall.tick) else { return Ticked::default() };
        let tick = rate.start_of(frame);
        let switched = self.go_on_air(frame);
        let states = self.come_to(tick);
        let plans = self.plans(self.rundown.on_air(), frame, tick, &states, &self.answers);
        for output in &mut self.outputs {
            match plans.iter().find(|plan| plan.screen == *output.screen()) {
                Some(plan) => output.compose(plan, tick, &self.feeds),
                None => tracing::error!(screen = %output.screen(), "the layout has lost a screen"),
            }
        }
        let ready = self.prepare(frame, tick, &states);
        self.look_ahead(frame, &states);
        Ticked { switched, ready, frames: self.shown(&plans) }
    }

    /// Comes to the answers and to the pictures of the sources that the tick beginning at `tick` shows.
    fn come_to(&mut self, tick: WallTime) -> SourceStates {
        self.hear(tick);
        let wall = self.wall().map(|wall| (wall.tick.period(), u64::from(wall.latency_ms)));
        let (period, latency_ms) = wall.unwrap_or_default();
        let lag = Duration::from_millis(latency_ms) + period * self.rehearsal.lag_ticks;
        self.feeds.tick(tick, tick - lag)
    }

    /// The plans for this node's screens.
    fn plans(
        &self,
        on_air: &OnAir,
        frame: CanvasFrame,
        tick: WallTime,
        states: &SourceStates,
        answers: &Answers,
    ) -> Vec<TilePlan> {
        let stamp = self.program.stamp.then(|| Stamp { node: self.node.clone() });
        let layout = &self.program.layout;
        let mut plans =
            layouts::solve(layout, &self.wall, on_air, frame, tick, states, answers, stamp.as_ref());
        plans.retain(|plan| self.outputs.iter().any(|output| *output.screen() == plan.screen));
        if self.program.identify_until.is_some_and(|until| tick < until) {
            plans.iter_mut().for_each(|plan| layouts::identify(layout, &self.wall, plan));
        }
        plans
    }

    fn shown(&self, plans: &[TilePlan]) -> Vec<(SourceId, WallTime)> {
        let sources: BTreeSet<&SourceId> = plans.iter().flat_map(TilePlan::sources).collect();
        let captured = |source: &SourceId| Some((source.clone(), self.feeds.captured(source)?));
        sources.into_iter().filter_map(captured).collect()
    }

    /// Changes what is on air when its tick has come, and lets go of what a finished transition has left behind.
    fn go_on_air(&mut self, frame: CanvasFrame) -> bool {
        let turn = self.rundown.turn(&self.program.layout, frame);
        if turn.is_some() {
            self.subscribe();
        }
        turn == Some(Turn::Switched)
    }

    /// Goes on preparing the scene ahead; gives the revision when nothing is left to prepare.
    ///
    /// A source that is known to be faulty is waited for no longer: its card is what the scene will show.
    fn prepare(&mut self, frame: CanvasFrame, tick: WallTime, states: &SourceStates) -> Option<u64> {
        let revision = self.preparing?;
        if let Some(next) = self.rundown.next().cloned() {
            if !self.demand_ahead().iter().all(|demand| self.feeds.has_picture_or_fault(demand)) {
                return None;
            }
            if !self.warm_scene(next, frame, tick, states) {
                return None;
            }
        } else if self.rundown.decided() != self.rundown.on_air() {
            // Decided already, without a question whether it is prepared: the ticks until then are there to be used.
            let coming = self.rundown.decided().scene.clone();
            if !self.warm_scene(coming, frame, tick, states) {
                return None;
            }
        }
        self.preparing = None;
        Some(revision)
    }

    /// Draws ahead what `scene` needs; false while something is left.
    fn warm_scene(
        &mut self,
        scene: SceneId,
        frame: CanvasFrame,
        tick: WallTime,
        states: &SourceStates,
    ) -> bool {
        let plans = self.plans(&OnAir::still(scene), frame, tick, states, &self.answers);
        let end = self.clock.local() + WARM_WITHIN;
        self.warm(&plans, tick, end)
    }

    /// Has drawn what ticks to come will need: answers that fall due, and words that change with the second, of what is on air
    /// and of what may go on air next. Looked for when an answer is told, and in the middle of each second.
    fn look_ahead(&mut self, frame: CanvasFrame, states: &SourceStates) {
        let Some(rate) = self.wall().map(|wall| wall.tick) else { return };
        let half = u64::from(rate.hz()).div_ceil(2);
        let in_the_middle = frame.0 % u64::from(rate.hz()) == half - 1;
        let mut coming: BTreeMap<CanvasFrame, Arc<Answers>> = BTreeMap::new();
        {
            let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
            self.looking_ahead |= book.told() != self.told || in_the_middle;
            self.told = book.told();
            // The scene ahead has the time that is left.
            if !self.looking_ahead || self.preparing.is_some() {
                return;
            }
            // Of answers that are due at one tick the later ones hold the earlier ones.
            let due = book.ahead(rate.start_of(frame) + LOOK_AHEAD);
            coming.extend(due.into_iter().map(|(due, answers)| (first_tick(rate, due), answers)));
        }
        // From the middle of a second into the next one, at any rate.
        let then = CanvasFrame(frame.0 + half + 1);
        let second = coming.range(..=then).next_back().map_or(&self.answers, |(_, answers)| answers).clone();
        coming.insert(then, Arc::clone(&second));
        let end = self.clock.local() + WARM_WITHIN;
        let mut complete = true;
        for (tick, answers) in coming {
            let due = rate.start_of(tick);
            let plans = self.plans(self.rundown.on_air(), tick, due, states, &answers);
            complete &= self.warm(&plans, due, end);
        }
        if let Some(next) = self.rundown.next().cloned() {
            let plans = self.plans(&OnAir::still(next), then, rate.start_of(then), states, &second);
            complete &= self.warm(&plans, rate.start_of(then), end);
        }
        self.looking_ahead = !complete;
    }

    /// Has drawn what tick `frame` shows, without showing it; true once nothing is missing.
    pub fn draw_ahead(&mut self, frame: CanvasFrame) -> bool {
        let Some(rate) = self.wall().map(|wall| wall.tick) else { return true };
        let tick = rate.start_of(frame);
        let states = self.come_to(tick);
        let plans = self.plans(self.rundown.on_air(), frame, tick, &states, &self.answers);
        let end = self.clock.local() + LOOK_AHEAD;
        self.warm(&plans, tick, end)
    }

    fn warm(&mut self, plans: &[TilePlan], due: WallTime, end: LocalTime) -> bool {
        let clock = &self.clock;
        let may_go_on = || clock.local() < end;
        let mut complete = true;
        for output in &mut self.outputs {
            if let Some(plan) = plans.iter().find(|plan| plan.screen == *output.screen()) {
                complete &= output.warm(plan, due, &self.feeds, &may_go_on);
            }
        }
        complete
    }
}

/// The first tick that begins at `due` or later.
fn first_tick(rate: TickRate, due: WallTime) -> CanvasFrame {
    let tick = rate.frame_at(due);
    if rate.start_of(tick) < due { CanvasFrame(tick.0 + 1) } else { tick }
}
