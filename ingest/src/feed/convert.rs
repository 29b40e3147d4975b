//! From JSON to the typed values of columns.

use super::json::{Json, TEXT_BYTES_MAX};
use super::moment::{MomentError, moment_of_number, moment_of_text};
use super::reject::{RejectReason, shortened};
use media::{ColumnKind, Real, Value};

/// Most characters of a value in a reason.
const GOT_CHARS_MAX: usize = 40;

/// The value of a column of `kind` called `field`; absent, null, and an empty text where none is wanted are [`Value::Null`].
pub(super) fn value(field: &str, kind: ColumnKind, json: Option<&Json>) -> Result<Value, RejectReason> {
    let Some(json) = json else { return Ok(Value::Null) };
    match (kind, json) {
        (_, Json::Null) => Ok(Value::Null),
        (ColumnKind::Text, json) => text(field, json),
        (_, Json::String(text)) if text.trim().is_empty() => Ok(Value::Null),
        (ColumnKind::Integer, json) => integer(field, json).map(Value::Integer),
        (ColumnKind::Real, json) => real(field, json).map(Value::Real),
        (ColumnKind::Flag, json) => flag(field, json).map(Value::Flag),
        (ColumnKind::Time, json) => time(field, json),
    }
}

fn got(json: &Json) -> String {
    match json {
        Json::Array(list) => format!("a list of {}", list.len()),
        Json::Object(members) => format!("an object of {}", members.len()),
        other => shortened(&other.to_string(), GOT_CHARS_MAX),
    }
}

fn wrong(field: &str, wanted: ColumnKind, json: &Json) -> RejectReason {
    RejectReason::WrongKind { field: field.into(), wanted, got: got(json) }
}

fn out_of_range(field: &str, json: &Json) -> RejectReason {
    RejectReason::OutOfRange { field: field.into(), got: got(json) }
}

fn text(field: &str, json: &Json) -> Result<Value, RejectReason> {
    match json {
        Json::String(text) if text.len() > TEXT_BYTES_MAX => {
            Err(RejectReason::TextTooLong { field: field.into() })
        }
        // PostgreSQL keeps no NUL in a text, and neither font nor eye has one.
        Json::String(text) if text.contains('\0') => Err(wrong(field, ColumnKind::Text, json)),
        Json::String(text) => Ok(Value::Text(text.as_str().into())),
        Json::Number(number) => Ok(Value::Text(number.to_string().into())),
        Json::Bool(flag) => Ok(Value::Text(if *flag { "true" } else { "false" }.into())),
        other => Err(wrong(field, ColumnKind::Text, other)),
    }
}

/// The number of a JSON number or of numeric text.
fn number(field: &str, wanted: ColumnKind, json: &Json) -> Result<f64, RejectReason> {
    let number = match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| wrong(field, wanted, json))?;
    if number.is_finite() { Ok(number) } else { Err(out_of_range(field, json)) }
}

fn integer(field: &str, json: &Json) -> Result<i64, RejectReason> {
    let exact = match json {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    if let Some(exact) = exact {
        return Ok(exact);
    }
    let number = number(field, ColumnKind::Integer, json)?;
    if number.fract() != 0.0 {
        return Err(wrong(field, ColumnKind::Integer, json));
    }
    // Beyond 2⁵³ a double names no single whole number.
    let whole = number.abs() <= 9_007_199_254_740_992.0;
    if whole { Ok(number as i64) } else { Err(out_of_range(field, json)) }
}

fn real(field: &str, json: &Json) -> Result<Real, RejectReason> {
    Real::new(number(field, ColumnKind::Real, json)?).ok_or_else(|| out_of_range(field, json))
}

fn flag(field: &str, json: &Json) -> Result<bool, RejectReason> {
    let known = match json {
        Json::Bool(flag) => Some(*flag),
        Json::Number(number) => match number.as_f64() {
            Some(0.0) => Some(false),
            Some(1.0) => Some(true),
            _ => None,
        },
        Json::String(text) => match text.trim() {
            "true" | "TRUE" | "True" | "t" | "1" => Some(true),
            "false" | "FALSE" | "False" | "f" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    known.ok_or_else(|| wrong(field, ColumnKind::Flag, json))
}

fn time(field: &str, json: &Json) -> Result<Value, RejectReason> {
    let moment = match json {
        Json::Number(number) => number.as_f64().ok_or(MomentError::NoMoment).and_then(moment_of_number),
        Json::String(text) => moment_of_text(text),
        _ => Err(MomentError::NoMoment),
    };
    moment.map(Value::Time).map_err(|error| match error {
        MomentError::NoMoment => wrong(field, ColumnKind::Time, json),
        MomentError::NoZone => RejectReason::NoZone { field: field.into(), got: got(json) },
        MomentError::OutOfRange => out_of_range(field, json),
    })
}
