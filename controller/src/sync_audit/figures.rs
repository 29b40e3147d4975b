//! What the audit publishes, in the shape that `GET /v1/sync`, `taibai status --sync` and `taibai audit` share.

use crate::status::ClockStatus;
use media::{NodeId, SceneId, SourceId, WallId, WallTime};
use serde::{Deserialize, Serialize};

/// How well the hall's nodes agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// When this was said.
    pub now: WallTime,
    /// The hall's time of day minus UTC, in seconds.
    pub utc_offset_s: i32,
    /// The number of the newest tick or difference in any of the lists; ask for what came `after` it.
    pub sequence: u64,
    /// Whether the lists hold everything since the `after` that was asked for; false when some of it is forgotten already.
    pub complete: bool,
    /// Every wall that has scenes.
    pub walls: Vec<WallSync>,
    /// Alarms that stand, then those that have ended, newest first.
    pub alarms: Vec<Alarm>,
    /// Alarms that were not raised because too many stood.
    pub alarms_suppressed: u64,
}

/// One wall. Counters run since the controller's start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallSync {
    /// Which wall.
    pub wall: WallId,
    /// Ticks a second.
    pub tick_hz: u32,
    /// Ticks on which at least one source was shown by at least two nodes, and compared.
    pub compared_ticks: u64,
    /// Comparisons of one node's frame of one source with the right one.
    pub comparisons: u64,
    /// Ticks on which some node showed a wrong frame or a wrong scene.
    pub differing_ticks: u64,
    /// How far apart the frames are that nodes show on the same tick.
    pub skew: FrameSkew,
    /// How far apart the present calls are on the same tick.
    pub present: PresentSkew,
    /// Its display nodes, sorted.
    pub nodes: Vec<NodeSync>,
    /// The newest differences, oldest first; with `after`, all since then that are still known.
    pub differences: Vec<Difference>,
    /// With `after`: the ticks since then, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ticks: Vec<TickFigure>,
}

/// Differences of the frames shown on one tick, of one source, between two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FrameSkew {
    /// The largest in the last second, in frames that some node has shown.
    pub now_frames: u64,
    /// The largest in the last second, in microseconds of capture time.
    pub now_us: u64,
    /// The largest so far, in frames.
    pub worst_frames: u64,
    /// The largest so far, in microseconds of capture time.
    pub worst_us: u64,
}

/// The latest present call of a tick minus its earliest one, over all nodes, by each node's own clock. Nothing is corrected:
/// the truth may differ by `clock_error_us` of both nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PresentSkew {
    /// Ticks of the last minute that at least two nodes presented.
    pub ticks: u64,
    /// Half of them were this far apart or less, in microseconds.
    pub p50_us: u64,
    /// Nine of ten.
    pub p90_us: u64,
    /// 99 of a hundred.
    pub p99_us: u64,
    /// The worst of the last minute.
    pub worst_us: u64,
    /// The largest error bound of a connected node's clock, in microseconds; `None` while some node knows none.
    pub clock_error_us: Option<u64>,
}

impl PresentSkew {
    /// The figures of `skews_ns`, one a tick; `clock_error_ns` is the largest bound among the nodes.
    pub fn of(mut skews_ns: Vec<u64>, clock_error_ns: Option<u64>) -> Self {
        skews_ns.sort_unstable();
        // Nearest rank: the smallest value that so many of a hundred do not exceed.
        let rank = |percent: usize| (skews_ns.len() * percent).div_ceil(100).saturating_sub(1);
        let at = |percent: usize| skews_ns.get(rank(percent)).map_or(0, |ns| ns / 1000);
        Self {
            ticks: skews_ns.len() as u64,
            p50_us: at(50),
            p90_us: at(90),
            p99_us: at(99),
            worst_us: at(100),
            clock_error_us: clock_error_ns.map(|ns| ns.div_ceil(1000)),
        }
    }
}

/// One display node on one wall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSync {
    /// Which node.
    pub node: NodeId,
    /// Whether its control link stands.
    pub connected: bool,
    /// When it last said what it has shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub audited: Option<WallTime>,
    /// Its clock, once it has told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock: Option<ClockStatus>,
    /// How far its frames were from the right ones on its newest wrong tick, where that lies in the last second: the worst, in
    /// frames, positive when late.
    pub skew_frames: i64,
    /// The same in microseconds of capture time.
    pub skew_us: i64,
    /// Its newest present call after its tick's beginning, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub presented_us: Option<i64>,
    /// Ticks that it has spoken of.
    pub ticks: u64,
    /// Of them, those that it did not present in time.
    pub missed: u64,
    /// Ticks of the last minute that it has spoken of.
    pub ticks_last_minute: u64,
    /// Of them, those that it did not present in time.
    pub missed_last_minute: u64,
    /// Ticks on which it showed a wrong frame or scene.
    pub differing_ticks: u64,
    /// Ticks of which others spoke and it did not, though it was connected.
    pub unaudited_ticks: u64,
}

/// One tick on which one node differed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Counts ticks and differences of all walls.
    pub sequence: u64,
    /// Which tick.
    pub tick: u64,
    /// When the tick began.
    pub at: WallTime,
    /// Who differed.
    pub node: NodeId,
    /// The scene that it showed, where that was a wrong one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scene: Option<SceneDifference>,
    /// The sources of which it showed a wrong frame, at most 16.
    pub sources: Vec<SourceDifference>,
    /// How many more sources there were.
    pub more: usize,
}

/// A wrong scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneDifference {
    /// What the node showed.
    pub shown: SceneId,
    /// What most nodes showed.
    pub right: SceneId,
}

/// A wrong frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceDifference {
    /// Of which source.
    pub source: SourceId,
    /// How late, in frames that some node has shown; negative when early.
    pub frames: i64,
    /// Whether it may have been more frames: the audit does not remember frames that old.
    pub at_least: bool,
    /// How late, in microseconds of capture time; negative when early.
    pub us: i64,
}

/// One tick, after its last node has answered or was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickFigure {
    /// Counts ticks and differences of all walls.
    pub sequence: u64,
    /// Which tick.
    pub tick: u64,
    /// Nodes that presented it.
    pub nodes: u32,
    /// Comparisons of one node's frame of one source with the right one.
    pub compared: u32,
    /// Nodes that showed a wrong frame or scene.
    pub differing: u32,
    /// The latest present call minus the earliest one, in nanoseconds; `None` when fewer than two nodes presented.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub present_ns: Option<u64>,
}

/// The same words in both languages of the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmWords {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    pub zh: String,
}

/// Something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Stable: `wrong_frame`, `wrong_scene`, `missed_ticks`, `clock_error`, `silent` or `unaudited`.
    pub code: String,
    /// On which wall, where it concerns one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wall: Option<WallId>,
    /// Which node.
    pub node: NodeId,
    /// Which source, where it concerns one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<SourceId>,
    /// When it began.
    pub since: WallTime,
    /// When it ended, if it has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended: Option<WallTime>,
    /// What it is.
    pub words: AlarmWords,
}
