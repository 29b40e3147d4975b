//! The book of alarms: which stand, since when, and their words.

use super::figures::{Alarm, AlarmWords};
use crate::words::time_of_day;
use media::{NodeId, SceneId, SourceId, WallId, WallTime};
use std::collections::{BTreeMap, VecDeque};

/// Alarms that may stand at one time; what comes on top of them is only counted.
const STANDING_MAX: usize = 256;
/// Ended alarms that are remembered.
const ENDED_MAX: usize = 100;
/// Beginnings and ends that wait to be logged; the oldest are dropped.
const NOTICES_MAX: usize = 256;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Frames of a source come on other ticks than on the other nodes.
    WrongFrame { source: SourceId, frames: i64, at_least: bool },
    /// Another scene is shown than on the other nodes.
    WrongScene { shown: SceneId, right: SceneId },
    /// Too many ticks were not presented in time.
    MissedTicks { missed: u64, of: u64 },
    /// The clock's error bound is large; `None` while it has not been set at all.
    ClockError { error_ns: Option<u64> },
    /// Nothing is heard.
    Silent,
    /// It is connected and does not say what it shows.
    Unaudited,
}

impl Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::WrongFrame { .. } => "wrong_frame",
            Self::WrongScene { .. } => "wrong_scene",
            Self::MissedTicks { .. } => "missed_ticks",
            Self::ClockError { .. } => "clock_error",
            Self::Silent => "silent",
            Self::Unaudited => "unaudited",
        }
    }

    fn source(&self) -> Option<&SourceId> {
        match self {
            Self::WrongFrame { source, .. } => Some(source),
            _ => None,
        }
    }

    /// What a person is told of `node`, for whom it has been so since `since`, a time of day.
    fn words(&self, node: &NodeId, since: &str) -> AlarmWords {
        let (en, zh) = match self {
            Self::WrongFrame { source, frames, at_least } => {
                let count = frames.unsigned_abs();
                let many = if count == 1 { "one frame".to_owned() } else { format!("{count} frames") };
                let (least, least_zh) = if *at_least { ("at least ", "至少") } else { ("", "") };
                let (way, way_zh) = if *frames > 0 { ("late", "慢") } else { ("early", "快") };
                (
                    format!("{node} shows camera {source} {least}{many} {way} since {since}"),
                    format!("{node} 的信号 {source} 自 {since} 起{least_zh}{way_zh} {count} 帧"),
                )
            }
            Self::WrongScene { shown, right } => (
                format!("{node} shows scene {shown} while the others show {right} since {since}"),
                format!("{node} 自 {since} 起显示场景 {shown}，其余节点显示 {right}"),
            ),
            Self::MissedTicks { missed, of } => (
                format!("{node} missed {missed} of {of} ticks"),
                format!("{node} 在 {of} 拍中漏了 {missed} 拍"),
            ),
            Self::ClockError { error_ns: Some(error_ns) } => {
                let tenths = error_ns.div_ceil(100_000);
                let ms = format!("{}.{}", tenths / 10, tenths % 10);
                (
                    format!("the clock of {node} may be wrong by {ms} ms"),
                    format!("{node} 的时钟误差可能达到 {ms} 毫秒"),
                )
            }
            Self::ClockError { error_ns: None } => {
                (format!("the clock of {node} has not been set yet"), format!("{node} 的时钟尚未校准"))
            }
            Self::Silent => (
                format!("{node} has not been heard of since {since}"),
                format!("{node} 自 {since} 起失去联系"),
            ),
            Self::Unaudited => (
                format!("{node} has not said since {since} what it shows"),
                format!("{node} 自 {since} 起没有报告所显示的画面"),
            ),
        };
        AlarmWords { en, zh }
    }
}

/// What an alarm is about: one stands for each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    code: &'static str,
    wall: Option<WallId>,
    node: NodeId,
    source: Option<SourceId>,
}

/// All alarms of a hall.
#[derive(Debug)]
pub(super) struct Alarms {
    utc_offset_s: i32,
    standing: BTreeMap<Key, (WallTime, Trouble)>,
    ended: VecDeque<Alarm>,
    suppressed: u64,
    notices: VecDeque<Alarm>,
}

impl Alarms {
    /// No alarm yet. `utc_offset_s` is the hall's time minus UTC.
    pub(super) fn new(utc_offset_s: i32) -> Self {
        let (standing, ended, notices) = (BTreeMap::new(), VecDeque::new(), VecDeque::new());
        Self { utc_offset_s, standing, ended, suppressed: 0, notices }
    }

    /// `node` is in `trouble`. An alarm that stands keeps its beginning and takes the newest figures.
    pub(super) fn raise(&mut self, wall: Option<&WallId>, node: &NodeId, since: WallTime, trouble: Trouble) {
        let key = key(wall, node, trouble.code(), trouble.source());
        if let Some((_, known)) = self.standing.get_mut(&key) {
            *known = trouble;
            return;
        }
        if self.standing.len() >= STANDING_MAX {
            self.suppressed += 1;
            return;
        }
        let alarm = self.alarm(&key, since, &trouble, None);
        self.notify(alarm);
        self.standing.insert(key, (since, trouble));
    }

    /// What `code` stands for is over since `ended`, if it stood.
    pub(super) fn clear(
        &mut self,
        wall: Option<&WallId>,
        node: &NodeId,
        code: &'static str,
        source: Option<&SourceId>,
        ended: WallTime,
    ) {
        let key = key(wall, node, code, source);
        if let Some((since, trouble)) = self.standing.remove(&key) {
            let alarm = self.alarm(&key, since, &trouble, Some(ended));
            self.notify(alarm.clone());
            if self.ended.len() >= ENDED_MAX {
                self.ended.pop_back();
            }
            self.ended.push_front(alarm);
        }
    }

    fn alarm(&self, key: &Key, since: WallTime, trouble: &Trouble, ended: Option<WallTime>) -> Alarm {
        let words = trouble.words(&key.node, &time_of_day(since, self.utc_offset_s));
        let Key { code, wall, node, source } = key.clone();
        Alarm { code: code.to_owned(), wall, node, source, since, ended, words }
    }

    fn notify(&mut self, alarm: Alarm) {
        if self.notices.len() >= NOTICES_MAX {
            self.notices.pop_front();
        }
        self.notices.push_back(alarm);
    }

    /// What has begun or ended and was not logged yet, oldest first.
    pub(super) fn poll_notice(&mut self) -> Option<Alarm> {
        self.notices.pop_front()
    }

    /// Those that stand, then those that have ended, newest first; and how many were suppressed.
    pub(super) fn list(&self) -> (Vec<Alarm>, u64) {
        let standing =
            self.standing.iter().map(|(key, (since, trouble))| self.alarm(key, *since, trouble, None));
        (standing.chain(self.ended.iter().cloned()).collect(), self.suppressed)
    }
}

fn key(wall: Option<&WallId>, node: &NodeId, code: &'static str, source: Option<&SourceId>) -> Key {
    Key { code, wall: wall.cloned(), node: node.clone(), source: source.cloned() }
}
