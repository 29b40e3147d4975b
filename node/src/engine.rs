//! The display engine of one wall on one node: at each tick it picks what is due, solves the layout, composes every
//! screen of this node and presents.
//!
//! Two clocks meet here. The wall's tick *k* begins at an agreed wall time, and every node that shows the wall composes
//! for the same instant; the picture of tick *k* holds, for each source, the newest frame captured at least the wall's
//! latency before *k*. The engine composes ahead of the tick, waits for it, and presents; it never waits for a source,
//! a decoder or another node. A tick whose picture is not on its way to the panel within half a period has been missed.

use crate::clock::Clock;
use crate::input::{Due, Input};
use crate::links::Links;
use crate::output::ScreenOutput;
use crate::stats::StreamMeter;
use ingest::{Freshness, FreshnessSettings};
use layouts::{Layout, OnAir, SourceState, SourceStates, Wall};
use media::{CanvasFrame, Fault, Frame, Health, NodeId, SceneId, SourceId, StreamId, WallId, WallTime};
use protocol_quic::SubscribeOptions;
use renderer::FrameLookup;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// What a wall shows from some moment on.
#[derive(Debug, Clone)]
pub struct Program {
    /// The layout's revision.
    pub revision: u64,
    /// The hall.
    pub layout: Arc<Layout>,
    /// The scene on this engine's wall.
    pub scene: SceneId,
    /// When to switch to it; `None` while that is not decided yet.
    pub activate_at: Option<WallTime>,
    /// Where sources are read.
    pub links: Arc<Links>,
}

/// A source as this node shows it.
struct Shown {
    /// None while no ingest node reads the source.
    input: Option<Fed>,
    /// Another stream of the same source, or the same from another node, on its way: it takes over with its first frame.
    next: Option<Fed>,
    freshness: Freshness,
    frame: Option<Frame>,
    health: Health,
}

/// An input, and what it is fed from.
struct Fed {
    stream: Option<StreamId>,
    reader: NodeId,
    input: Input,
}

/// The frames of one tick.
struct TickFrames<'a>(&'a HashMap<SourceId, Shown>);

impl FrameLookup for TickFrames<'_> {
    fn frame(&self, source: &SourceId) -> Option<&Frame> {
        self.0.get(source).and_then(|shown| shown.frame.as_ref())
    }
}

/// One wall's engine on one node.
pub struct Engine {
    node: NodeId,
    wall: WallId,
    clock: Clock,
    runtime: Handle,
    program: Program,
    coming: Option<Program>,
    sources: HashMap<SourceId, Shown>,
    outputs: Vec<ScreenOutput>,
}

/// What a tick did to the program.
pub enum Switched {
    /// Nothing.
    No,
    /// This revision is shown from this tick on.
    To(u64, SceneId),
}

impl Engine {
    /// An engine for the screens of `wall` that `node` drives, one output for each in the document's order.
    pub fn new(
        node: NodeId,
        wall: WallId,
        program: Program,
        outputs: Vec<ScreenOutput>,
        clock: Clock,
        runtime: Handle,
    ) -> Self {
        let mut engine =
            Self { node, wall, clock, runtime, program, coming: None, sources: HashMap::new(), outputs };
        engine.subscribe(&engine.program.clone(), true);
        engine
    }

    /// Prepares `program`: what it needs is subscribed to now, so that its first tick finds pictures.
    pub fn prepare(&mut self, program: Program) {
        self.activate_due(self.clock.wall());
        self.subscribe(&program, false);
        self.coming = Some(program);
    }

    /// Switches to the program that is prepared for `revision` at tick `at`, or at once when that has passed.
    pub fn activate(&mut self, revision: u64, at: CanvasFrame) {
        let Some(tick) = self.wall().map(|wall| wall.tick) else { return };
        if let Some(coming) = self.coming.as_mut().filter(|coming| coming.revision == revision) {
            coming.activate_at = Some(tick.start_of(at));
        }
    }

    /// This node's screens on the wall.
    pub fn outputs(&mut self) -> &mut [ScreenOutput] {
        &mut self.outputs
    }

    /// The wall as the program that is shown describes it.
    pub fn wall(&self) -> Option<&Wall> {
        self.program.layout.wall(&self.wall)
    }

    /// Every source shown: how it stands, how its pictures flow, how many were given up.
    pub fn sources(&self) -> BTreeMap<SourceId, (Health, StreamMeter, u64)> {
        let entry = |shown: &Shown| {
            let input = shown.input.as_ref().map(|fed| &fed.input);
            (shown.health, input.map(Input::meter).unwrap_or_default(), input.map_or(0, Input::dropped))
        };
        self.sources.iter().map(|(id, shown)| (id.clone(), entry(shown))).collect()
    }

    /// Starts inputs that `program` needs; with `only`, ends those that it does not need.
    fn subscribe(&mut self, program: &Program, only: bool) {
        let demands =
            layouts::demand(&program.layout, &self.wall, &OnAir::still(program.scene.clone()), &self.node);
        if only {
            self.sources.retain(|id, _| demands.iter().any(|demand| demand.source == *id));
        }
        let Some(wall) = program.layout.wall(&self.wall) else { return };
        let latency = Duration::from_millis(u64::from(wall.latency_ms));
        let mut by_area: Vec<_> = demands.iter().collect();
        by_area.sort_by_key(|demand| (demand.area_px, demand.source.clone()));
        for (rank, demand) in by_area.into_iter().enumerate() {
            let priority = u8::try_from(rank.min(250)).unwrap_or(250);
            self.feed(program, demand, latency, SubscribeOptions { priority, latency_max: latency * 4 });
        }
    }

    /// Sees to it that one demanded source is fed from where `program` says.
    fn feed(
        &mut self,
        program: &Program,
        demand: &layouts::Demand,
        latency: Duration,
        options: SubscribeOptions,
    ) {
        let now = self.clock.wall();
        let shown = self.sources.entry(demand.source.clone()).or_insert_with(|| {
            let source = program.layout.source(&demand.source);
            let endpoint = source.and_then(|source| source.endpoint(demand.stream.as_ref()));
            let moving = endpoint.is_none_or(media::Endpoint::is_moving);
            Shown::new(FreshnessSettings::new(moving, latency), now)
        });
        let Some((reader, link)) = program.links.of(&demand.source) else {
            (shown.input, shown.next) = (None, None);
            return;
        };
        let newest = shown.next.as_ref().or(shown.input.as_ref());
        if newest.is_some_and(|fed| fed.stream == demand.stream && fed.reader == *reader) {
            return;
        }
        let stream = demand.stream.as_ref();
        match Input::start(&demand.source, stream, link, options, &self.runtime) {
            Ok(input) => {
                let fed = Fed { stream: demand.stream.clone(), reader: reader.clone(), input };
                let place = if shown.input.is_none() { &mut shown.input } else { &mut shown.next };
                *place = Some(fed);
            }
            Err(error) => tracing::error!(source = %demand.source, %error, "no thread for a decoder"),
        }
    }

    /// Makes the pictures of tick `frame` in every output's memory.
    pub fn compose(&mut self, frame: CanvasFrame) -> Switched {
        let Some(wall) = self.wall() else { return Switched::No };
        let (tick, latency) = (wall.tick.start_of(frame), Duration::from_millis(u64::from(wall.latency_ms)));
        let switched = self.activate_due(tick);
        let mut states = SourceStates::new();
        for (id, shown) in &mut self.sources {
            states.insert(id.clone(), shown.tick(tick, tick - latency));
        }
        let frames = TickFrames(&self.sources);
        let Program { layout, scene, .. } = &self.program;
        let on_air = OnAir::still(scene.clone());
        let plans = layouts::solve(layout, &self.wall, &on_air, frame, tick, &states, None);
        for output in &mut self.outputs {
            match plans.iter().find(|plan| plan.screen == *output.screen()) {
                Some(plan) => output.compose(plan, &frames),
                None => tracing::error!(screen = %output.screen(), "the layout has lost a screen"),
            }
        }
        switched
    }

    fn activate_due(&mut self, tick: WallTime) -> Switched {
        match self.coming.take_if(|coming| coming.activate_at.is_some_and(|at| tick >= at)) {
            None => Switched::No,
            Some(program) => {
                self.program = program;
                self.subscribe(&self.program.clone(), true);
                Switched::To(self.program.revision, self.program.scene.clone())
            }
        }
    }
}

impl Shown {
    fn new(settings: FreshnessSettings, now: WallTime) -> Self {
        Self {
            input: None,
            next: None,
            freshness: Freshness::new(settings, None, now),
            frame: None,
            health: Health::Connecting,
        }
    }

    /// Takes what is due at `tick` for pictures captured up to `deadline`.
    fn tick(&mut self, tick: WallTime, deadline: WallTime) -> SourceState {
        let mut due = self.next.as_ref().map(|fed| fed.input.due(deadline)).filter(|due| due.frame.is_some());
        if due.is_some() {
            self.input = self.next.take();
        } else {
            due = self.input.as_ref().map(|fed| fed.input.due(deadline));
        }
        let Due { frame, is_new, fault } =
            due.unwrap_or(Due { frame: None, is_new: false, fault: Some(Fault::IngestLost) });
        match fault {
            Some(fault) => self.freshness.fault(fault, tick),
            None => self.freshness.clear_fault(),
        }
        if let (true, Some(frame), Some(fed)) = (is_new, &frame, &self.input) {
            fed.input.shown(tick.since(frame.captured()), tick);
        }
        self.frame = frame.or(self.frame.take());
        if let Some(frame) = &self.frame {
            self.freshness.shown(frame.captured(), tick);
        }
        self.health = self.freshness.health(tick);
        let frame = self.frame.as_ref();
        let (picture, captured) = (frame.map(Frame::size), frame.map(Frame::captured));
        SourceState { picture, captured, health: self.health }
    }
}
