//! Events on their way from reported to closed: which changes are legal. The ledger that keeps them never forgets one.

use crate::WallTime;
use std::time::Duration;

/// How long an event may take from its report to being handled, where nothing else is said.
pub const DUE_AFTER: Duration = Duration::from_secs(600);

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventState {
    /// Somebody has said that something is wrong.
    Reported,
    /// It is true.
    Verified,
    /// Somebody has been sent.
    Dispatched,
    /// It has been dealt with.
    Handled,
    /// Nothing is left to do, or there never was anything.
    Closed,
}

/// All states in their order.
pub const EVENT_STATES: [EventState; 5] = [
    EventState::Reported,
    EventState::Verified,
    EventState::Dispatched,
    EventState::Handled,
    EventState::Closed,
];

impl EventState {
    /// The state's name in documents, feeds, tables and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Verified => "verified",
            Self::Dispatched => "dispatched",
            Self::Handled => "handled",
            Self::Closed => "closed",
        }
    }

    /// The state of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        EVENT_STATES.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether an event may go from here to `next`: one step ahead, or from anywhere but the end to closed (a false report).
    pub fn may_become(self, next: Self) -> bool {
        let step = |state: Self| EVENT_STATES.iter().position(|other| *other == state);
        match (step(self), step(next)) {
            (Some(from), Some(to)) => to == from + 1 || (next == Self::Closed && self != Self::Closed),
            _ => false,
        }
    }
}

/// What a feed may say of an event: the report's own fields, and for a change of its state the new one, when, who and why.
pub const EVENT_FIELDS: [&str; 17] = [
    "id", "network", "domain", "place", "lon", "lat", "kind", "severity", "title", "title_en", "photo",
    "reported", "due", "state", "at", "by", "note",
];

/// What was reported; it never changes.
#[derive(Debug, Clone, PartialEq)]
pub struct EventReport {
    /// Its id: 1–64 characters, unique in the hall for ever.
    pub id: String,
    /// Which network it came from (综治, 警务, 城管, 创城, or what the hall document lists).
    pub network: String,
    /// Which domain it belongs to.
    pub domain: String,
    /// Place in the four-level grid, outermost first, joined by `/`; empty where unknown.
    pub place: String,
    /// Longitude and latitude in degrees (WGS 84).
    pub lon_lat: Option<[f64; 2]>,
    /// What kind of thing it is.
    pub kind: String,
    /// 1 (slight) to 5 (grave).
    pub severity: u8,
    /// In words, in the language of whoever reported it.
    pub title: String,
    /// In English; empty where only `title` is known.
    pub title_en: String,
    /// Path of a photo in the data folder; empty for none.
    pub photo: String,
    /// When it was reported.
    pub reported: WallTime,
    /// When it is to be handled at the latest.
    pub due: WallTime,
}
