//! Rows that are about events: a first report, or a step on an event's way.

use super::expression::{Expression, Scope};
use super::mapping::{MappingError, evaluate, not_ahead};
use super::reject::RejectReason;
use media::{ColumnKind, DUE_AFTER, EventReport, EventState, Real, Value, WallTime};

/// What a row says about an event.
#[derive(Debug, Clone, PartialEq)]
pub enum EventInput {
    /// Something is wrong.
    Report {
        /// What.
        report: Box<EventReport>,
        /// Who says so.
        by: String,
    },
    /// An event goes on.
    Advance {
        /// Which.
        id: String,
        /// Its new state.
        to: EventState,
        /// Who says so.
        by: String,
        /// When.
        at: WallTime,
    },
}

/// The fields of an event, what they are, and the most characters of texts.
const FIELDS: [(&str, ColumnKind, usize); 16] = [
    ("id", ColumnKind::Text, 64),
    ("network", ColumnKind::Text, 64),
    ("domain", ColumnKind::Text, 64),
    ("place", ColumnKind::Text, 256),
    ("lon", ColumnKind::Real, 0),
    ("lat", ColumnKind::Real, 0),
    ("kind", ColumnKind::Text, 64),
    ("severity", ColumnKind::Integer, 0),
    ("title", ColumnKind::Text, 500),
    ("title_en", ColumnKind::Text, 500),
    ("photo", ColumnKind::Text, 256),
    ("state", ColumnKind::Text, 64),
    ("reported", ColumnKind::Time, 0),
    ("due", ColumnKind::Time, 0),
    ("by", ColumnKind::Text, 64),
    ("at", ColumnKind::Time, 0),
];

/// The compiled expressions of an event's fields.
pub(super) struct EventFields(Vec<Expression>);

impl EventFields {
    /// Whether events have a field called `name`.
    pub(super) fn knows(name: &str) -> bool {
        FIELDS.iter().any(|(field, ..)| *field == name)
    }

    /// Asks for the expression of every field.
    pub(super) fn new(
        expression: impl Fn(&str) -> Result<Expression, MappingError>,
    ) -> Result<Self, MappingError> {
        FIELDS.iter().map(|(name, ..)| expression(name)).collect::<Result<_, _>>().map(Self)
    }

    /// Reads a row. One without a state, or in state `reported`, is a report; any other a step of an event reported before.
    pub(super) fn read(&self, scope: &mut Scope, now: WallTime) -> Result<EventInput, RejectReason> {
        let id = self.needed(scope, "id")?;
        let by = self.text(scope, "by")?;
        let state = self.text(scope, "state")?;
        let at = self.time(scope, "at", now)?;
        let state = match state.as_str() {
            "" => EventState::Reported,
            name => EventState::by_name(name).ok_or_else(|| RejectReason::Refused {
                english: format!("state: {name} is none of reported, verified, dispatched, handled, closed"),
                chinese: format!("state：{name} 不是 reported、verified、dispatched、handled、closed 之一"),
            })?,
        };
        if state != EventState::Reported {
            return Ok(EventInput::Advance { id, to: state, by, at: at.unwrap_or(now) });
        }
        let reported = self.time(scope, "reported", now)?.or(at).unwrap_or(now);
        let due = match self.value(scope, "due")? {
            Value::Time(due) => due,
            _ => reported + DUE_AFTER,
        };
        let severity = match self.value(scope, "severity")? {
            Value::Integer(severity @ 1..=5) => severity as u8,
            Value::Null => 3,
            other => return Err(out_of_range("severity", &other)),
        };
        let report = EventReport {
            id,
            network: self.text(scope, "network")?,
            domain: self.text(scope, "domain")?,
            place: self.text(scope, "place")?,
            lon_lat: self.lon_lat(scope)?,
            kind: self.text(scope, "kind")?,
            severity,
            title: self.needed(scope, "title")?,
            title_en: self.text(scope, "title_en")?,
            photo: self.photo(scope)?,
            reported,
            due,
        };
        Ok(EventInput::Report { report: Box::new(report), by })
    }

    fn value(&self, scope: &mut Scope, name: &str) -> Result<Value, RejectReason> {
        let fields = FIELDS.iter().zip(&self.0);
        let Some(((field, kind, chars_max), expression)) =
            fields.into_iter().find(|((field, ..), _)| *field == name)
        else {
            return Ok(Value::Null);
        };
        let value = evaluate(field, *kind, expression, scope)?;
        match &value {
            Value::Text(text) if text.chars().count() > *chars_max => Err(out_of_range(field, &value)),
            _ => Ok(value),
        }
    }

    fn text(&self, scope: &mut Scope, name: &str) -> Result<String, RejectReason> {
        Ok(self.value(scope, name)?.text().unwrap_or_default().to_owned())
    }

    fn needed(&self, scope: &mut Scope, name: &str) -> Result<String, RejectReason> {
        let text = self.text(scope, name)?;
        if text.trim().is_empty() { Err(RejectReason::Missing { field: name.into() }) } else { Ok(text) }
    }

    fn time(&self, scope: &mut Scope, name: &str, now: WallTime) -> Result<Option<WallTime>, RejectReason> {
        match self.value(scope, name)? {
            Value::Time(at) => not_ahead(name, at, now).map(Some),
            _ => Ok(None),
        }
    }

    fn lon_lat(&self, scope: &mut Scope) -> Result<Option<[f64; 2]>, RejectReason> {
        let (lon, lat) = (self.value(scope, "lon")?, self.value(scope, "lat")?);
        match (lon.number(), lat.number()) {
            (Some(lon), Some(lat)) if (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat) => {
                Ok(Some([lon, lat]))
            }
            (Some(_), Some(_)) => Err(out_of_range("lon, lat", &lon)),
            _ => Ok(None),
        }
    }

    fn photo(&self, scope: &mut Scope) -> Result<String, RejectReason> {
        let path = self.text(scope, "photo")?;
        let outside =
            path.starts_with('/') || path.contains('\\') || path.split('/').any(|part| part == "..");
        if outside { Err(out_of_range("photo", &Value::Text(path.into()))) } else { Ok(path) }
    }
}

fn out_of_range(field: &str, value: &Value) -> RejectReason {
    let got = match value {
        Value::Text(text) => super::reject::shortened(text, 40),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => Real::get(*number).to_string(),
        Value::Null | Value::Flag(_) | Value::Time(_) => String::new(),
    };
    RejectReason::OutOfRange { field: field.into(), got }
}
