//! Why each thing happened or did not, in both languages.

use super::rule::Rule;
use crate::layout::Words;
use media::{RuleId, SourceId, WallId, WallTime};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// An alarm of a hall, counted from 1 and never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlarmId(pub u64);

impl fmt::Display for AlarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What kind of thing is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A rule has acted.
    Raised,
    /// An alarm is over.
    Ended,
    /// An alarm of higher priority, or a newer one, lies over this one.
    Covered,
    /// What lay over this alarm is gone.
    Uncovered,
    /// A rule would have acted; it is a quiet time.
    Quiet,
    /// A rule would have acted; it has done so often enough.
    TooOften,
    /// A rule will act when the time is over for which the same thing raises no alarm.
    Waits,
    /// A rule would have acted; there are too many alarms of higher priority.
    Crowded,
    /// An expression could not be evaluated, or gave what is not there.
    Fault,
    /// An older state of an event came after a newer one and was not looked at.
    Stale,
    /// Somebody has chosen, paused or silenced something.
    Operator,
    /// A schedule has acted.
    Schedule,
    /// A tour goes on by itself after another scene.
    Tour,
    /// The wall clock was set.
    Clock,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Its number, counted from 1.
    pub seq: u64,
    /// When.
    pub at: WallTime,
    /// What kind of thing.
    pub what: What,
    /// The rule that it concerns.
    pub rule: Option<RuleId>,
    /// The alarm that it concerns.
    pub alarm: Option<AlarmId>,
    /// The wall that it concerns, where it is one.
    pub wall: Option<WallId>,
    /// The sources that the words name.
    pub sources: Vec<SourceId>,
    /// All of it in words.
    pub words: Words,
}

/// The same in both languages.
pub(crate) fn both(zh: impl Into<String>, en: impl Into<String>) -> Words {
    Words { zh: zh.into(), en: en.into() }
}

/// "名称：说明" and "name: words"; what has happened stands behind it.
pub(crate) fn about(rule: &Rule, subject: &Words, zh: &str, en: &str) -> Words {
    both(format!("{}：{}，{zh}", rule.name.zh, subject.zh), format!("{}: {}, {en}", rule.name.en, subject.en))
}

/// Why an alarm is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    TimeOver,
    Acknowledged(String),
    Condition,
    RowGone,
    Crowded,
    /// After a restart or a new document.
    RuleGone,
}

impl Ending {
    pub(crate) fn words(&self) -> Words {
        match self {
            Self::TimeOver => both("时间到", "its time is over"),
            Self::Acknowledged(who) => both(format!("由 {who} 确认"), format!("acknowledged by {who}")),
            Self::Condition => both("结束条件已满足", "its condition has come true"),
            Self::RowGone => both("数据行已消失", "its row is gone"),
            Self::Crowded => both("让位于更重要的告警", "made room for more important ones"),
            Self::RuleGone => both("规则已不存在", "its rule is gone"),
        }
    }
}

/// Whole seconds, rounded down.
pub(crate) fn seconds(duration: Duration) -> Words {
    let count = duration.as_secs();
    both(format!("{count} 秒"), format!("{count} s"))
}
