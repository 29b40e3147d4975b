//! What rules see of an event or a row: named values, cut to a size that no expression runs long on.

use media::{EventReport, EventState};
use media::{Value, WallTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest text that a rule sees, in bytes; what is longer is cut.
pub const MEMBER_BYTES_MAX: usize = 4096;
/// Most columns of a row that rules see.
pub const MEMBERS_MAX: usize = 256;

/// The members of `event` in expressions and banners.
pub const EVENT_MEMBERS: [&str; 15] = [
    "id", "state", "network", "domain", "place", "kind", "severity", "title", "title_en", "lon", "lat",
    "reported", "due", "age_s", "due_in_s",
];

/// Those that change as time passes, without anything having been told.
pub(crate) const AGING_MEMBERS: [&str; 2] = ["age_s", "due_in_s"];

/// One named value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Member {
    /// Nothing is known: `null` in expressions.
    Nothing,
    /// True or false.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Real(f64),
    /// Words.
    Text(String),
    /// A moment: whole seconds since 1970 UTC in expressions.
    Time(WallTime),
}

/// Named values of an event or a row.
pub type Members = BTreeMap<String, Member>;

/// An event as it stands now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventView<'a> {
    /// Its id, unique in the hall for ever.
    pub id: &'a str,
    /// Where it stands.
    pub state: EventState,
    /// Which network it came from.
    pub network: &'a str,
    /// Which domain it belongs to.
    pub domain: &'a str,
    /// Place in the grid, outermost first, joined by `/`; empty where unknown.
    pub place: &'a str,
    /// What kind of thing it is.
    pub kind: &'a str,
    /// 1 (slight) to 5 (grave).
    pub severity: u8,
    /// In words, in the language of whoever reported it.
    pub title: &'a str,
    /// In English; empty where only `title` is known.
    pub title_en: &'a str,
    /// Longitude and latitude in degrees (WGS 84).
    pub lon_lat: Option<[f64; 2]>,
    /// When it was reported.
    pub reported: WallTime,
    /// When it is to be handled at the latest.
    pub due: WallTime,
}

impl<'a> EventView<'a> {
    /// What was reported, standing at `state`.
    pub fn new(report: &'a EventReport, state: EventState) -> Self {
        Self {
            id: &report.id,
            state,
            network: &report.network,
            domain: &report.domain,
            place: &report.place,
            kind: &report.kind,
            severity: report.severity,
            title: &report.title,
            title_en: &report.title_en,
            lon_lat: report.lon_lat,
            reported: report.reported,
            due: report.due,
        }
    }

    /// Its members at `now`.
    pub fn members(&self, now: WallTime) -> Members {
        let Self { id, state, network, domain, place, kind, severity, title, .. } = *self;
        let Self { title_en, lon_lat, reported, due, .. } = *self;
        let degrees = |index: usize| lon_lat.map_or(Member::Nothing, |both| real(both[index]));
        let mut members: Members = [
            ("id", text(id)),
            ("state", text(state.as_str())),
            ("network", text(network)),
            ("domain", text(domain)),
            ("place", text(place)),
            ("kind", text(kind)),
            ("severity", Member::Integer(i64::from(severity))),
            ("title", text(title)),
            ("title_en", text(title_en)),
            ("lon", degrees(0)),
            ("lat", degrees(1)),
            ("reported", Member::Time(reported)),
            ("due", Member::Time(due)),
        ]
        .into_iter()
        .map(|(name, member)| (name.to_owned(), member))
        .collect();
        age(&mut members, now);
        members
    }
}

/// A row of a table as it is now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowView<'a> {
    /// What the row is known by in its table: the values of its key, joined.
    pub key: &'a str,
    /// The columns' names.
    pub columns: &'a [Arc<str>],
    /// One value for each of them.
    pub values: &'a [Value],
}

impl RowView<'_> {
    /// Its members; of more than [`MEMBERS_MAX`] columns the first ones.
    pub fn members(&self) -> Members {
        let pairs = self.columns.iter().zip(self.values).take(MEMBERS_MAX);
        pairs.map(|(column, value)| (column.to_string(), Member::from(value))).collect()
    }
}

impl From<&Value> for Member {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Flag(flag) => Self::Flag(*flag),
            Value::Integer(number) => Self::Integer(*number),
            Value::Real(number) => Self::Real(number.get()),
            Value::Text(words) => text(words),
            Value::Time(time) => Self::Time(*time),
        }
    }
}

impl Member {
    /// The value as words, where it is some.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a number, where it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Real(number) => Some(*number),
            _ => None,
        }
    }
}

fn real(number: f64) -> Member {
    if number.is_finite() { Member::Real(number) } else { Member::Nothing }
}

fn text(text: &str) -> Member {
    Member::Text(cut(text, MEMBER_BYTES_MAX).to_owned())
}

/// The beginning of `text` that fits `bytes` bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Sets the members of an event that change as time passes.
pub(crate) fn age(members: &mut Members, now: WallTime) {
    let time = |name: &str| match members.get(name) {
        Some(Member::Time(time)) => Some(*time),
        _ => None,
    };
    let seconds = |ns: i64| Member::Integer(ns.div_euclid(1_000_000_000));
    let age = time("reported").map_or(Member::Nothing, |reported| seconds(now.nanos_from(reported)));
    let left = time("due").map_or(Member::Nothing, |due| seconds(due.nanos_from(now)));
    members.insert("age_s".to_owned(), age);
    members.insert("due_in_s".to_owned(), left);
}

/// Longitude and latitude among the members, where both are there and on the globe.
pub(crate) fn lon_lat(members: &Members) -> Option<[f64; 2]> {
    let lon = members.get("lon")?.as_number()?;
    let lat = members.get("lat")?.as_number()?;
    (lon.abs() <= 180.0 && lat.abs() <= 90.0).then_some([lon, lat])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("太白", 4), "太");
        assert_eq!(cut("太白", 6), "太白");
        let Member::Text(cut) = text(&"湖".repeat(5000)) else { panic!() };
        assert_eq!(cut.len(), 4095);
    }

    #[test]
    fn a_place_off_the_globe_is_none() {
        let at = |lon: f64, lat: f64| {
            lon_lat(&[("lon".to_owned(), real(lon)), ("lat".to_owned(), real(lat))].into_iter().collect())
        };
        assert_eq!(at(120.1, 31.2), Some([120.1, 31.2]));
        assert_eq!(at(200.0, 31.2), None);
        assert_eq!(at(f64::NAN, 31.2), None);
        assert_eq!(lon_lat(&Members::new()), None);
    }
}
