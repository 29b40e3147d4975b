//! What the HTTP API of data, events and rules says, as JSON.

use super::words::Said;
use layouts::rules::AlarmId;
use media::{FeedId, QueryId, RuleId, SceneId, ScheduleId, TourId, WallId, WallTime};
use serde::{Deserialize, Serialize};

/// How a feed is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FeedLine {
    /// Its name.
    pub feed: FeedId,
    /// Whether its connection stands, or its last poll succeeded.
    pub connected: bool,
    /// When something that fits last came.
    pub heard: Option<WallTime>,
    /// How often it promises to be heard, in seconds.
    pub promise_s: f64,
    /// Messages since the start.
    pub messages: u64,
    /// Rows that have landed since the start.
    pub rows: u64,
    /// What did not fit since the start.
    pub rejected: u64,
    /// What is wrong now.
    pub fault: Option<Said>,
    /// The last that did not fit, oldest first.
    pub rejects: Vec<RejectLine>,
}

/// Something that did not fit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RejectLine {
    /// When.
    pub at: WallTime,
    /// Why.
    pub why: Said,
    /// Its beginning.
    pub copy: String,
}

/// What became of what was pushed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pushed {
    /// Rows that have landed.
    pub rows: u64,
    /// Rows that did not fit.
    pub rejected: u64,
}

/// An event as it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventLine {
    /// Its id.
    pub id: String,
    /// Which network it came from.
    pub network: String,
    /// Its domain.
    pub domain: String,
    /// Where, outermost level first.
    pub place: String,
    /// Degrees.
    pub lon_lat: Option<[f64; 2]>,
    /// What kind of thing.
    pub kind: String,
    /// 1 to 5.
    pub severity: u8,
    /// In words.
    pub title: String,
    /// The same in English; empty where it is not known.
    #[serde(default)]
    pub title_en: String,
    /// Where its photo lies, if it has one.
    pub photo: String,
    /// `reported`, `verified`, `dispatched`, `handled` or `closed`.
    pub state: String,
    /// When it was reported.
    pub reported: WallTime,
    /// When it is to be handled at the latest.
    pub due: WallTime,
}

/// Whether something was added to the ledger.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Taken {
    /// The event.
    pub id: String,
    /// `false` when it was there already.
    pub added: bool,
}

/// An alarm that is due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AlarmLine {
    /// Its number.
    pub id: AlarmId,
    /// Its rule.
    pub rule: RuleId,
    /// The rule's name.
    pub name: Said,
    /// What has happened.
    pub words: Said,
    /// The event's id or the row's key.
    pub subject: String,
    /// Since when.
    pub raised: WallTime,
    /// −128 to 127.
    pub priority: i8,
    /// On which walls it lies on top.
    pub seen_on: Vec<WallId>,
    /// Seconds until it ends by itself.
    pub left_s: Option<f64>,
    /// Whether acknowledging ends it.
    pub acknowledge: bool,
}

/// A tour.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TourLine {
    /// Which.
    pub tour: TourId,
    /// On which wall.
    pub wall: WallId,
    /// Whether it is held.
    pub paused: bool,
    /// Whether its time runs.
    pub runs: bool,
    /// Where it is.
    pub scene: SceneId,
    /// Seconds that this scene still stays.
    pub left_s: f64,
}

/// A rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleLine {
    /// Which.
    pub rule: RuleId,
    /// Whether it rests.
    pub paused: bool,
}

/// A schedule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScheduleLine {
    /// Which.
    pub schedule: ScheduleId,
    /// Whether it rests.
    pub paused: bool,
}

/// Why something happened or did not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogLine {
    /// Its number, counted from 1.
    pub seq: u64,
    /// When.
    pub at: WallTime,
    /// What kind of thing, such as `raised`.
    pub what: String,
    /// The rule.
    pub rule: Option<RuleId>,
    /// The alarm.
    pub alarm: Option<AlarmId>,
    /// The wall.
    pub wall: Option<WallId>,
    /// All of it in words.
    pub words: Said,
}

/// The newest answer to a query.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QueryAnswer {
    /// Which.
    pub query: QueryId,
    /// From when on the walls show it.
    pub from: WallTime,
    /// When a feed behind it was last heard.
    pub as_of: Option<WallTime>,
    /// How old that may grow, in seconds.
    pub promise_s: f64,
    /// What is wrong, in the hall's language.
    pub fault: Option<String>,
    /// The columns' names; ` time` behind one says that its numbers are nanoseconds since 1970.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<serde_json::Value>>,
}
