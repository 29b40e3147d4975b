//! What one wall shows, and how its next scene gets on air: first every display node of the wall prepares it, then all of
//! them are given one tick at which to switch. No node holds the others for longer than [`PREPARE_WITHIN`].

use crate::now::Now;
use crate::status::WallStatus;
use layouts::{Layout, OnAir};
use media::{CanvasFrame, LocalTime, NodeId, SceneId, TickRate, WallId, WallTime};
use protocol::{Activate, WallProgram};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long nodes get to prepare a scene before the wall switches without those that are not ready.
pub const PREPARE_WITHIN: Duration = Duration::from_secs(2);

/// How far ahead the switch is announced: longer than a message needs, even when it has to be sent again.
pub const COMMIT_LEAD: Duration = Duration::from_millis(300);

/// How far ahead a switch is announced at least that needs nothing which nodes do not show already, besides a tick and four round trips.
///
/// QUIC sends a lost packet again after about 30 ms on a LAN (a probe's time-out: three round trips or so and the 25 ms for which an
/// acknowledgement may wait) and then after 60 ms more: two losses in a row fit. What comes later is shown late by that node, as at
/// [`COMMIT_LEAD`] after three. Two such acts may wait for each other, so an act is on the wall within 2 × (this + a tick) and the time
/// to tell it: with 25 Hz below 350 ms, at most, and half of that as a rule.
pub const QUICK_LEAD: Duration = Duration::from_millis(100);

/// What is said of a node that did not answer in time.
const NO_ANSWER: &str = "it has not said that it is ready";

/// A node that was not ready when the wall switched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotReady {
    /// Which node.
    pub node: NodeId,
    /// Why, in its own words where it gave any.
    pub why: String,
}

/// The decision that a wall switches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// What every node is told.
    pub activate: Activate,
    /// The scene that goes on air.
    pub scene: SceneId,
    /// Connected display nodes of the wall that are not ready for it. They switch at the same tick.
    pub not_ready: Vec<NotReady>,
}

/// What a scene asks of the nodes that are to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// Nothing that they do not show already.
    Nothing,
    /// Nothing that they do not show or prepare already.
    NothingMore,
    /// Streams that they must open.
    Streams,
}

/// A scene on its way to the air.
#[derive(Debug, Clone)]
struct Preparing {
    scene: SceneId,
    /// What nodes do for it. Those that answer for a later revision have done it too.
    asks: Asks,
    /// The revision from which on answers count.
    asked: u64,
    until: LocalTime,
    waiting: BTreeSet<NodeId>,
    cannot: BTreeMap<NodeId, String>,
}

/// One wall.
#[derive(Debug, Clone)]
pub(crate) struct OnWall {
    rate: TickRate,
    on_air: OnAir,
    /// The first tick of what `on_air` replaces.
    before: CanvasFrame,
    /// When the first tick of `on_air` begins or has begun. Until then nothing more is decided.
    settled: LocalTime,
    preparing: Option<Preparing>,
    not_ready: Vec<NotReady>,
    stamp: bool,
    /// Until when the screens show their cards.
    identify_until: Option<WallTime>,
}

impl OnWall {
    /// A wall that shows `scene` from now on.
    pub(crate) fn new(rate: TickRate, scene: SceneId, now: WallTime) -> Self {
        let since = rate.frame_at(now);
        let on_air = OnAir { scene, from: None, since };
        Self {
            rate,
            on_air,
            before: since,
            settled: LocalTime(i64::MIN),
            preparing: None,
            not_ready: Vec::new(),
            stamp: false,
            identify_until: None,
        }
    }

    /// What was asked for last: the scene to which the wall comes by itself.
    pub(crate) fn leading(&self) -> &SceneId {
        self.preparing().unwrap_or(&self.on_air.scene)
    }

    /// The scenes that are on air, were before, or are to come.
    pub(crate) fn scenes(&self) -> impl Iterator<Item = &SceneId> {
        let OnAir { scene, from, since: _ } = &self.on_air;
        let next = self.preparing.iter().map(|preparing| &preparing.scene);
        std::iter::once(scene).chain(from).chain(next)
    }

    /// Begins to prepare `scene`, instead of whatever was being prepared. A scene that is on air already needs no
    /// preparation: asking for it only calls the other one off.
    pub(crate) fn prepare(&mut self, scene: SceneId, asks: Asks, now: Now) {
        self.not_ready.clear();
        let before = self.preparing.take();
        if self.on_air.scene == scene {
            return;
        }
        self.preparing = Some(match (asks, before) {
            // Who is busy for the scene before goes on and is waited for no longer than for that one: acts that follow fast upon each
            // other would otherwise never be seen.
            (Asks::NothingMore, Some(before)) if before.asks != Asks::Nothing => {
                Preparing { scene, ..before }
            }
            (asks, _) => Preparing {
                scene,
                asks: if asks == Asks::Nothing { asks } else { Asks::Streams },
                asked: u64::MAX,
                until: now.local + PREPARE_WITHIN,
                waiting: BTreeSet::new(),
                cannot: BTreeMap::new(),
            },
        });
    }

    /// The scene that is being prepared.
    pub(crate) fn preparing(&self) -> Option<&SceneId> {
        self.preparing.as_ref().map(|preparing| &preparing.scene)
    }

    /// `revision` is given to `nodes`, the connected display nodes of this wall. For a scene that has been asked of nobody yet each must
    /// answer; those that are asked already answer for this revision or for one before.
    pub(crate) fn ask(&mut self, revision: u64, nodes: BTreeSet<NodeId>) {
        if let Some(preparing) = self.preparing.as_mut().filter(|preparing| preparing.asked == u64::MAX) {
            preparing.asked = revision;
            if preparing.asks != Asks::Nothing {
                preparing.waiting = nodes;
            }
        }
    }

    /// A display node of this wall is given the revision that the others have.
    pub(crate) fn ask_also(&mut self, node: &NodeId) {
        // Who has yet to show anything is not waited for by what is to be seen at once.
        if let Some(preparing) = self.preparing.as_mut().filter(|preparing| preparing.asks != Asks::Nothing) {
            preparing.cannot.remove(node);
            preparing.waiting.insert(node.clone());
        }
    }

    /// A node has answered for `revision`: it is ready, or says why not. What was asked with a later one it does not know yet.
    pub(crate) fn answered(&mut self, node: &NodeId, revision: u64, cannot: Option<&str>) {
        let Some(preparing) = self.preparing.as_mut().filter(|preparing| preparing.asked <= revision) else {
            return;
        };
        let asked = preparing.waiting.remove(node) || preparing.cannot.remove(node).is_some();
        if let (true, Some(why)) = (asked, cannot) {
            preparing.cannot.insert(node.clone(), why.to_owned());
        }
    }

    /// A node is gone: nobody waits for it any more.
    pub(crate) fn gone(&mut self, node: &NodeId) {
        if let Some(preparing) = &mut self.preparing {
            preparing.waiting.remove(node);
            preparing.cannot.remove(node);
        }
    }

    /// When [`OnWall::commit_due`] must be called at the latest.
    pub(crate) fn poll_timeout(&self) -> Option<LocalTime> {
        let preparing = self.preparing.as_ref()?;
        Some(if preparing.waiting.is_empty() { self.settled } else { preparing.until.max(self.settled) })
    }

    /// Decides to switch when everybody has answered or time is up, and the switch before has been made: who comes meanwhile
    /// can be told of one switch that is yet to come, not of two. A transition that is under way is cut short: what an
    /// operator asks for now is worth more than the end of what went before.
    /// What asks nothing of nodes is announced by `quick` ahead.
    pub(crate) fn commit_due(
        &mut self,
        wall: &WallId,
        revision: u64,
        quick: Duration,
        now: Now,
    ) -> Option<Commit> {
        let due = |preparing: &mut Preparing| preparing.waiting.is_empty() || now.local >= preparing.until;
        if now.local < self.settled {
            return None;
        }
        let Preparing { scene, asks, waiting, mut cannot, .. } = self.preparing.take_if(due)?;
        cannot.extend(waiting.into_iter().map(|node| (node, NO_ANSWER.to_owned())));
        self.not_ready = cannot.into_iter().map(|(node, why)| NotReady { node, why }).collect();
        let lead = if asks == Asks::Nothing { quick } else { COMMIT_LEAD };
        let at = self.tick_from(now.wall + lead);
        self.settled = now.local + self.rate.start_of(at).since(now.wall);
        let from = Some(std::mem::replace(&mut self.on_air.scene, scene.clone()));
        self.before = self.on_air.since;
        self.on_air = OnAir { scene: scene.clone(), from, since: at };
        let activate = Activate { revision, wall: wall.clone(), at };
        Some(Commit { activate, scene, not_ready: self.not_ready.clone() })
    }

    /// How the wall stands at `now`.
    pub(crate) fn status(&self, wall: &WallId, now: WallTime) -> WallStatus {
        let begin = self.rate.start_of(self.on_air.since);
        let (on_air, since, decided) = match &self.on_air.from {
            Some(from) if now < begin => (from, self.rate.start_of(self.before), Some(&self.on_air.scene)),
            _ => (&self.on_air.scene, begin, None),
        };
        let preparing = self.preparing.as_ref();
        let cannot = preparing.iter().flat_map(|preparing| &preparing.cannot);
        let cannot = cannot.map(|(node, why)| NotReady { node: node.clone(), why: why.clone() });
        WallStatus {
            wall: wall.clone(),
            on_air: on_air.clone(),
            since,
            next: preparing.map(|preparing| &preparing.scene).or(decided).cloned(),
            next_at: decided.filter(|_| preparing.is_none()).map(|_| begin),
            preparing: preparing.iter().flat_map(|preparing| preparing.waiting.iter().cloned()).collect(),
            not_ready: self.not_ready.iter().cloned().chain(cannot).collect(),
            stamp: self.stamp,
            identify_until: self.identify_until(now),
        }
    }

    /// The scene whose switch was decided last, whether its tick has come or not.
    pub(crate) fn decided(&self) -> &OnAir {
        &self.on_air
    }

    /// The first tick that does not begin before `time`.
    fn tick_from(&self, time: WallTime) -> CanvasFrame {
        let running = self.rate.frame_at(time);
        if self.rate.start_of(running) < time { CanvasFrame(running.0 + 1) } else { running }
    }

    /// Shows or hides the sync stamp; false when nothing changes.
    pub(crate) fn set_stamp(&mut self, on: bool) -> bool {
        std::mem::replace(&mut self.stamp, on) != on
    }

    /// Shows every screen's card until then, or no longer; false when nothing changes.
    pub(crate) fn identify(&mut self, until: Option<WallTime>) -> bool {
        std::mem::replace(&mut self.identify_until, until) != until
    }

    /// Until when cards are shown; what is over is nothing.
    fn identify_until(&self, now: WallTime) -> Option<WallTime> {
        self.identify_until.filter(|until| now < *until)
    }

    /// What a node must know of this wall, if it hears it now. A switch that is decided is told as decided, even if its tick
    /// is yet to come: before that tick `from` is shown.
    pub(crate) fn program(&self, wall: &WallId, layout: &Layout, now: WallTime) -> WallProgram {
        let OnAir { scene, from, since } = &self.on_air;
        let over = self.on_air.is_over(layout, self.rate.frame_at(now));
        WallProgram {
            wall: wall.clone(),
            scene: scene.clone(),
            from: from.clone().filter(|_| !over),
            since: *since,
            next: self.preparing.as_ref().map(|preparing| preparing.scene.clone()),
            stamp: self.stamp,
            identify_until: self.identify_until(now),
        }
    }
}
