//! The audit that never ends: what every node says it has shown is compared tick by tick, and what a person should know of it
//! is said in words. Pure: the moment is an argument.
//!
//! A node is right when it shows, of every source and on every tick, the frame that most nodes show. Ticks that it missed
//! are counted, not compared: what was not presented cannot be wrong. Memory is bounded by a window of some seconds.

mod alarms;
mod compare;
mod figures;
mod minute;
mod streak;
mod streams;
mod wall;

pub use figures::{
    Alarm, AlarmWords, Difference, FrameSkew, NodeSync, PresentSkew, SceneDifference, SourceDifference,
    SyncStatus, TickFigure, WallSync,
};

use crate::now::Now;
use crate::status::ClockStatus;
use alarms::{Alarms, Trouble};
use layouts::Layout;
use media::{LocalTime, NodeId};
use protocol::{Audit, ClockReport, ClockState};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use wall::{Book, WallAudit, WallNode};

/// How often time is let pass.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A connected node that says nothing for so long is silent.
const SILENT_AFTER: Duration = Duration::from_secs(3);
/// A node that is gone gets so long to come back before that is an alarm.
const GONE_AFTER: Duration = Duration::from_secs(1);
/// Nodes get so long to connect after the controller's start.
const START_WITHIN: Duration = Duration::from_secs(10);
/// The alarm of a node that was silent ends when it has been back for so long.
const BACK_FOR: Duration = Duration::from_secs(1);
/// The smallest error bound of a clock that raises an alarm; else it is a sixteenth of a tick.
const CLOCK_ERROR_MIN: Duration = Duration::from_millis(1);
/// Reports in a row that raise or end the alarm of a clock.
const CLOCK_REPORTS: u32 = 2;
/// Differences that are told to whoever asks for no `after`.
const DIFFERENCES_TOLD: usize = 20;

/// A display node, whatever walls it has screens on.
#[derive(Debug)]
struct Watched {
    connected: Option<Now>,
    /// When it was heard last, or when the controller started.
    heard: Now,
    clock: Option<ClockReport>,
    /// Its clock's alarm is raised above this bound, in nanoseconds.
    clock_error_max_ns: u64,
    /// Reports in a row on one side of the bound.
    clock_wrong: u32,
    clock_right: u32,
}

/// The audit of a hall.
#[derive(Debug)]
pub struct SyncAudit {
    utc_offset_s: i32,
    start: Now,
    walls: Vec<WallAudit>,
    nodes: BTreeMap<NodeId, Watched>,
    alarms: Alarms,
    sequence: u64,
    due: LocalTime,
}

impl SyncAudit {
    /// An audit of the walls of `layout` that have scenes; it has heard nothing yet.
    pub fn new(layout: &Layout, now: Now) -> Self {
        let layout = Arc::new(layout.clone());
        let shows = |wall: &&layouts::Wall| layout.scenes_of(&wall.id).next().is_some();
        let walls: Vec<WallAudit> =
            layout.walls().iter().filter(shows).map(|wall| WallAudit::new(&layout, wall)).collect();
        let mut nodes = BTreeMap::new();
        for wall in &walls {
            let sixteenth = (wall.rate.period() / 16).max(CLOCK_ERROR_MIN);
            let bound = u64::try_from(sixteenth.as_nanos()).unwrap_or(u64::MAX);
            for node in &wall.nodes {
                let entry = nodes.entry(node.id.clone()).or_insert_with(|| Watched::new(now));
                entry.clock_error_max_ns = entry.clock_error_max_ns.min(bound);
            }
        }
        let utc_offset_s = layout.hall().utc_offset_s;
        let (alarms, due) = (Alarms::new(utc_offset_s), now.local + LOOK_EVERY);
        Self { utc_offset_s, start: now, walls, nodes, alarms, sequence: 0, due }
    }

    /// The layout has other variants of its scenes: what nodes show of them is compared, too.
    pub fn follow(&mut self, layout: &Layout) {
        let layout = Arc::new(layout.clone());
        self.walls.iter_mut().for_each(|wall| wall.follow(&layout));
    }

    /// A node's control link stands.
    pub fn connected(&mut self, node: &NodeId, now: Now) {
        self.connect(node, Some(now), now);
    }

    /// A node's control link has ended.
    pub fn lost(&mut self, node: &NodeId, now: Now) {
        self.connect(node, None, now);
        self.alarms.clear(None, node, "clock_error", None, now.wall);
    }

    fn connect(&mut self, node: &NodeId, connected: Option<Now>, now: Now) {
        let Some(watched) = self.nodes.get_mut(node) else { return };
        *watched = Watched { connected, heard: now, clock: None, clock_wrong: 0, clock_right: 0, ..*watched };
        for wall in &mut self.walls {
            wall.connect(node, connected, now, &mut self.alarms);
        }
    }

    /// A node has said something.
    pub fn heard(&mut self, node: &NodeId, now: Now) {
        if let Some(watched) = self.nodes.get_mut(node) {
            watched.heard = now;
        }
    }

    /// A node has said what it has shown.
    pub fn audit(&mut self, node: &NodeId, audit: &Audit, now: Now) {
        if let Some(wall) = self.walls.iter_mut().find(|wall| wall.id == audit.wall) {
            let mut book = Book { alarms: &mut self.alarms, sequence: &mut self.sequence };
            wall.take(node, audit, now, &mut book);
        }
    }

    /// A node has said how its clock stands.
    pub fn clock(&mut self, node: &NodeId, report: ClockReport, now: Now) {
        let Some(watched) = self.nodes.get_mut(node) else { return };
        watched.clock = Some(report);
        let unset = report.state == ClockState::Unset;
        if unset || report.error_ns > watched.clock_error_max_ns {
            (watched.clock_wrong, watched.clock_right) = (watched.clock_wrong + 1, 0);
        } else {
            (watched.clock_wrong, watched.clock_right) = (0, watched.clock_right + 1);
        }
        if watched.clock_wrong >= CLOCK_REPORTS {
            let error_ns = (!unset).then_some(report.error_ns);
            self.alarms.raise(None, node, now.wall, Trouble::ClockError { error_ns });
        } else if watched.clock_right >= CLOCK_REPORTS {
            self.alarms.clear(None, node, "clock_error", None, now.wall);
        }
    }

    /// When [`SyncAudit::handle_timeout`] must be called again at the latest.
    pub fn poll_timeout(&self) -> LocalTime {
        self.due
    }

    /// Lets time pass. To be called at [`SyncAudit::poll_timeout`] or at any moment.
    pub fn handle_timeout(&mut self, now: Now) {
        self.due = now.local + LOOK_EVERY;
        let mut book = Book { alarms: &mut self.alarms, sequence: &mut self.sequence };
        for wall in &mut self.walls {
            wall.handle_timeout(now, &mut book);
        }
        for (node, watched) in &self.nodes {
            let quiet = now.local.since(watched.heard.local);
            let started = now.local.since(self.start.local) >= START_WITHIN;
            let silent = match watched.connected {
                Some(_) => quiet >= SILENT_AFTER,
                None => quiet >= GONE_AFTER && (started || watched.heard != self.start),
            };
            if silent {
                self.alarms.raise(None, node, watched.heard.wall, Trouble::Silent);
            } else if watched.connected.is_some_and(|since| now.local.since(since.local) >= BACK_FOR) {
                self.alarms.clear(None, node, "silent", None, now.wall);
            }
        }
    }

    /// An alarm that has begun or ended and was not fetched yet, oldest first; the oldest of more than 256 are dropped.
    pub fn poll_notice(&mut self) -> Option<Alarm> {
        self.alarms.poll_notice()
    }

    /// How everything stands; with `after`, every tick and difference of a greater sequence number that is still known.
    pub fn status(&self, after: Option<u64>, now: Now) -> SyncStatus {
        let (alarms, alarms_suppressed) = self.alarms.list();
        let forgotten = self.walls.iter().map(|wall| wall.forgotten).max().unwrap_or(0);
        SyncStatus {
            now: now.wall,
            utc_offset_s: self.utc_offset_s,
            sequence: self.sequence,
            complete: after.is_none_or(|after| forgotten <= after),
            walls: self.walls.iter().map(|wall| self.wall_status(wall, after)).collect(),
            alarms,
            alarms_suppressed,
        }
    }

    fn wall_status(&self, wall: &WallAudit, after: Option<u64>) -> WallSync {
        let (now_frames, now_us) = wall.skew_now();
        let (worst_frames, worst_us) = wall.worst;
        let differences = match after {
            Some(after) => wall.differences.partition_point(|difference| difference.sequence <= after),
            None => wall.differences.len().saturating_sub(DIFFERENCES_TOLD),
        };
        let ticks = after.map_or(wall.recent.len(), |after| {
            wall.recent.partition_point(|figure| figure.sequence <= after)
        });
        WallSync {
            wall: wall.id.clone(),
            tick_hz: wall.rate.hz(),
            compared_ticks: wall.compared_ticks,
            comparisons: wall.comparisons,
            differing_ticks: wall.differing_ticks,
            skew: FrameSkew { now_frames, now_us, worst_frames, worst_us },
            present: self.present_skew(wall),
            nodes: wall.nodes.iter().map(|node| self.node_status(wall, node)).collect(),
            differences: wall.differences.iter().skip(differences).cloned().collect(),
            ticks: wall.recent.iter().skip(ticks).cloned().collect(),
        }
    }

    fn present_skew(&self, wall: &WallAudit) -> PresentSkew {
        let skews = wall.recent.iter().filter_map(|figure| figure.present_ns).collect();
        let connected = wall.nodes.iter().filter(|node| node.connected.is_some());
        let error = |node: &WallNode| {
            let clock = self.nodes.get(&node.id)?.clock.filter(|clock| clock.state != ClockState::Unset)?;
            Some(clock.error_ns)
        };
        // One node that knows nothing of its error leaves the whole unknown.
        let errors: Option<Vec<u64>> = connected.map(error).collect();
        PresentSkew::of(skews, errors.and_then(|errors| errors.into_iter().max()))
    }

    fn node_status(&self, wall: &WallAudit, node: &WallNode) -> NodeSync {
        let (skew_frames, skew_us) = wall.skew_of(node);
        let (ticks, missed) = node.missed.total();
        let (ticks_last_minute, missed_last_minute) = node.missed.newest(60);
        NodeSync {
            node: node.id.clone(),
            connected: node.connected.is_some(),
            audited: node.audited.map(|at| at.wall),
            clock: self.nodes.get(&node.id).and_then(|watched| watched.clock).map(ClockStatus::from),
            skew_frames,
            skew_us,
            presented_us: node.presented_ns.map(|ns| ns / 1000),
            ticks,
            missed,
            ticks_last_minute,
            missed_last_minute,
            differing_ticks: node.differing,
            unaudited_ticks: node.unaudited,
        }
    }
}

impl Watched {
    fn new(start: Now) -> Self {
        Self {
            connected: None,
            heard: start,
            clock: None,
            clock_error_max_ns: u64::MAX,
            clock_wrong: 0,
            clock_right: 0,
        }
    }
}

#[cfg(test)]
mod tests;
