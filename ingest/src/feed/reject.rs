//! What did not fit, why, and a shortened copy of it: a bounded log that an operator can read.

use media::{ColumnKind, WallTime};
use std::collections::VecDeque;

/// How many rejects are kept; the oldest leave.
pub const REJECTS_KEPT: usize = 100;
/// Most characters of a copy.
const COPY_CHARS_MAX: usize = 300;

/// Why a message or a row was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// The message has too many bytes.
    #[error("the message has {bytes} bytes; at most {bytes_max} are taken")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many are taken.
        bytes_max: usize,
    },
    /// Lists and objects inside each other without end.
    #[error("lists and objects nest deeper than 64")]
    TooDeep,
    /// A text of more than 64 KiB.
    #[error("{}a text has more than 64 KiB", named(.field, ": "))]
    TextTooLong {
        /// Where; empty where that is not known.
        field: String,
    },
    /// The bytes are no JSON (NaN and Infinity are none).
    #[error("this is no JSON: {why}")]
    NoJson {
        /// What the parser says, with line and column.
        why: String,
    },
    /// A line of a CSV file has another number of fields than its heading, or a quote is never closed.
    #[error("this line is no CSV: {why}")]
    NoCsv {
        /// What is wrong.
        why: String,
    },
    /// An expression could not be computed.
    #[error("{field}: the expression failed: {why}")]
    Expression {
        /// Which column or field.
        field: String,
        /// What went wrong.
        why: String,
    },
    /// Nothing is there for a column that needs a value.
    #[error("{field}: no value, and it may not be empty")]
    Missing {
        /// Which column or field.
        field: String,
    },
    /// A value of another kind.
    #[error("{field}: {got} is no {}", kind_in_english(*.wanted))]
    WrongKind {
        /// Which column or field.
        field: String,
        /// What it should be.
        wanted: ColumnKind,
        /// What came, shortened.
        got: String,
    },
    /// A number or moment that the column cannot hold; NaN and the infinities too.
    #[error("{field}: {got} is out of range")]
    OutOfRange {
        /// Which column or field.
        field: String,
        /// What came, shortened.
        got: String,
    },
    /// A moment without a time zone could be any of 24 hours.
    #[error("{field}: {got} names no time zone; add one, such as +08:00")]
    NoZone {
        /// Which column or field.
        field: String,
        /// What came, shortened.
        got: String,
    },
    /// A moment too far ahead of the hall's clock: it would keep newer rows out.
    #[error("{field}: {ahead_s} s ahead of the hall's clock; check the sender's clock")]
    Ahead {
        /// Which column or field.
        field: String,
        /// How far.
        ahead_s: u64,
    },
    /// The event ledger, or something else further on, did not take it.
    #[error("{english}")]
    Refused {
        /// Why, in English.
        english: String,
        /// Why, in Chinese.
        chinese: String,
    },
}

/// A field's name with what stands behind it; nothing where it has none.
fn named(field: &str, behind: &str) -> String {
    if field.is_empty() { String::new() } else { format!("{field}{behind}") }
}

fn kind_in_english(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Integer => "whole number",
        ColumnKind::Real => "number",
        ColumnKind::Flag => "true or false",
        ColumnKind::Time => "moment (RFC 3339, or seconds or milliseconds since 1970)",
    }
}

fn kind_in_chinese(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "文本",
        ColumnKind::Integer => "整数",
        ColumnKind::Real => "数字",
        ColumnKind::Flag => "真假值（true/false）",
        ColumnKind::Time => "时间（RFC 3339，或 1970 年以来的秒数、毫秒数）",
    }
}

impl RejectReason {
    /// The reason in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::TooLarge { bytes, bytes_max } => format!("消息有 {bytes} 字节，最多接收 {bytes_max} 字节"),
            Self::TooDeep => "列表和对象嵌套超过 64 层".into(),
            Self::TextTooLong { field } => format!("{}文本超过 64 KiB", named(field, "：")),
            Self::NoJson { why } => format!("不是 JSON：{why}"),
            Self::NoCsv { why } => format!("这一行不是 CSV：{why}"),
            Self::Expression { field, why } => format!("{field}：表达式出错：{why}"),
            Self::Missing { field } => format!("{field}：没有值，而该列不能为空"),
            Self::WrongKind { field, wanted, got } => {
                format!("{field}：{got} 不是{}", kind_in_chinese(*wanted))
            }
            Self::OutOfRange { field, got } => format!("{field}：{got} 超出范围"),
            Self::NoZone { field, got } => format!("{field}：{got} 没有时区，请加上，例如 +08:00"),
            Self::Ahead { field, ahead_s } => {
                format!("{field}：比大厅时钟快 {ahead_s} 秒，请检查发送方的时钟")
            }
            Self::Refused { chinese, .. } => chinese.clone(),
        }
    }
}

/// One thing that did not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// When it came.
    pub at: WallTime,
    /// Why it was not taken.
    pub reason: RejectReason,
    /// What came, at most 300 characters of it.
    pub copy: String,
}

/// The last rejects of a feed, and how many there were in all.
#[derive(Debug, Clone, Default)]
pub struct RejectLog {
    count: u64,
    last: VecDeque<Reject>,
}

impl RejectLog {
    /// Counts and keeps one; `copy` is shortened to 300 characters.
    pub fn push(&mut self, at: WallTime, reason: RejectReason, copy: &str) {
        self.count = self.count.saturating_add(1);
        if self.last.len() >= REJECTS_KEPT {
            self.last.pop_front();
        }
        self.last.push_back(Reject { at, reason, copy: shortened(copy, COPY_CHARS_MAX) });
    }

    /// Takes over all of another log, whose entries are newer.
    pub fn append(&mut self, newer: RejectLog) {
        let RejectLog { count, last } = newer;
        self.count = self.count.saturating_add(count);
        self.last.extend(last);
        while self.last.len() > REJECTS_KEPT {
            self.last.pop_front();
        }
    }

    /// How many were ever rejected.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The last ones, oldest first, at most [`REJECTS_KEPT`].
    pub fn last(&self) -> impl DoubleEndedIterator<Item = &Reject> {
        self.last.iter()
    }
}

/// The first characters of a text, with an ellipsis where something was left out; control characters become spaces.
pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    match text.char_indices().nth(chars_max) {
        None => text.chars().map(plain).collect(),
        Some(_) => text.chars().take(chars_max.saturating_sub(1)).map(plain).chain(['…']).collect(),
    }
}
