//! Answers of queries from a JSON file, for pictures of a wall without a controller.

use layouts::{Answer, Answers, Layout};
use media::{QueryId, Real, Table, Value, WallTime};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Largest file in bytes.
const BYTES_MAX: u64 = 64 << 20;

/// Why a data file gives no answers.
#[derive(Debug, thiserror::Error)]
pub enum DataFileError {
    /// It cannot be read.
    #[error("the data file {path} cannot be read: {why}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// It is too large.
    #[error("the data file {path} has {bytes} bytes; at most {BYTES_MAX} fit")]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// What it has.
        bytes: u64,
    },
    /// It is no JSON, or not of this form.
    #[error("the data file {path}: {why}")]
    Form {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with line and column.
        why: serde_json::Error,
    },
    /// It answers what nobody asks.
    #[error("the hall has no query {name:?}; it has {known}")]
    NoQuery {
        /// What it answers.
        name: String,
        /// The queries that there are.
        known: String,
    },
    /// An answer has a value that is none.
    #[error("the data file {path}, query {query}: {why}")]
    Value {
        /// Which file.
        path: PathBuf,
        /// Which query.
        query: QueryId,
        /// What is wrong, and where.
        why: String,
    },
}

/// One query's answer as the file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerFile {
    /// Names; ` time` behind one turns its texts and numbers into times.
    columns: Vec<String>,
    rows: Vec<Vec<serde_json::Value>>,
    /// When data last came: seconds since 1970 or RFC 3339; without it just now, and with `null` never.
    #[serde(default = "now")]
    as_of: serde_json::Value,
    #[serde(default = "promise")]
    promise_s: u64,
    #[serde(default)]
    fault: Option<String>,
}

fn now() -> serde_json::Value {
    serde_json::Value::from("now")
}

fn promise() -> u64 {
    60
}

/// Reads the answers in `path` to queries of `layout`, for a picture of the moment `now`.
pub fn read_answers(path: &Path, layout: &Layout, now: WallTime) -> Result<Answers, DataFileError> {
    let unread = |why| DataFileError::Read { path: path.to_owned(), why };
    let bytes = std::fs::metadata(path).map_err(unread)?.len();
    if bytes > BYTES_MAX {
        return Err(DataFileError::TooLarge { path: path.to_owned(), bytes });
    }
    let text = std::fs::read_to_string(path).map_err(unread)?;
    let form = |why| DataFileError::Form { path: path.to_owned(), why };
    let file: BTreeMap<String, AnswerFile> = serde_json::from_str(&text).map_err(form)?;
    let mut answers = Answers::new();
    for (name, answer) in file {
        let Some(query) = QueryId::new(&name).ok().filter(|id| layout.query(id).is_some()) else {
            let known: Vec<&str> = layout.queries().map(|query| query.id.as_str()).collect();
            return Err(DataFileError::NoQuery { name, known: known.join(", ") });
        };
        let wrong = |why| DataFileError::Value { path: path.to_owned(), query: query.clone(), why };
        let answer = answer_of(answer, now).map_err(wrong)?;
        answers.insert(query, answer);
    }
    Ok(answers)
}

fn answer_of(file: AnswerFile, now: WallTime) -> Result<Answer, String> {
    let AnswerFile { columns, rows, as_of, promise_s, fault } = file;
    let is_time: Vec<bool> = columns.iter().map(|column| column.ends_with(" time")).collect();
    let names = columns.iter().map(|column| column.strip_suffix(" time").unwrap_or(column).trim().into());
    let names: Vec<Arc<str>> = names.collect();
    let mut table = Vec::with_capacity(rows.len());
    for (number, row) in rows.into_iter().enumerate() {
        let values = row.into_iter().enumerate().map(|(column, value)| {
            let time = is_time.get(column).copied().unwrap_or(false);
            value_of(value, time).map_err(|why| format!("row {}, column {}: {why}", number + 1, column + 1))
        });
        table.push(values.collect::<Result<Vec<Value>, String>>()?);
    }
    let table = Table::new(names, table).ok_or("a row has more or fewer values than there are columns")?;
    let as_of = match &as_of {
        serde_json::Value::Null => None,
        serde_json::Value::String(word) if word == "now" => Some(now),
        other => Some(time_of(other).ok_or("as_of is no time")?),
    };
    let promise = Duration::from_secs(promise_s);
    Ok(Answer { table: Arc::new(table), as_of, promise, fault: fault.map(Into::into) })
}

fn value_of(value: serde_json::Value, time: bool) -> Result<Value, String> {
    if time && !value.is_null() {
        return time_of(&value).map(Value::Time).ok_or_else(|| format!("{value} is no time"));
    }
    match value {
        serde_json::Value::Null => Ok(Value::Null),
        serde_json::Value::Bool(flag) => Ok(Value::Flag(flag)),
        serde_json::Value::String(text) => Ok(Value::Text(text.into())),
        serde_json::Value::Number(number) => {
            let real = || number.as_f64().and_then(Real::new).map(Value::Real);
            let value = number.as_i64().map(Value::Integer).or_else(real);
            value.ok_or_else(|| format!("{number} is too large"))
        }
        other => Err(format!("{other} is neither text nor number, true, false or null")),
    }
}

fn time_of(value: &serde_json::Value) -> Option<WallTime> {
    match value {
        serde_json::Value::Number(number) => wall_time(&number.to_string()),
        serde_json::Value::String(text) => wall_time(text),
        _ => None,
    }
}

/// Seconds since 1970 with up to nine digits behind the point, or a time like `2026-11-23T10:32:00+08:00` (RFC 3339).
pub fn wall_time(text: &str) -> Option<WallTime> {
    let (date, clock) = match text.split_once(['T', 't', ' ']) {
        Some(parts) => parts,
        None => return nanos(text).map(WallTime),
    };
    let (clock, offset_s) = match clock.find(['Z', 'z', '+', '-']) {
        Some(at) => (clock.get(..at)?, offset_s(clock.get(at..)?)?),
        None => return None,
    };
    let [year, month, day] = parts(date, '-')?;
    let (whole, fraction) = clock.split_once('.').map_or((clock, "0"), |(whole, part)| (whole, part));
    let [hour, minute, second] = parts(whole, ':')?;
    let right = (1..=12).contains(&month) && (1..=31).contains(&day) && (1970..=2200).contains(&year);
    if !right || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset_s;
    let part = nanos(&format!("0.{fraction}"))?;
    seconds.checked_mul(1_000_000_000)?.checked_add(part).map(WallTime)
}

/// Decimal seconds as nanoseconds.
fn nanos(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 9 || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<9}").parse().ok()
}

/// Three numbers between two signs.
fn parts(text: &str, sign: char) -> Option<[i64; 3]> {
    let numbers: Option<Vec<i64>> =
        text.split(sign).map(|part| part.parse::<u16>().ok().map(i64::from)).collect();
    numbers?.try_into().ok()
}

/// `Z`, `+08:00`.
fn offset_s(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
    (hours < 24 && minutes < 60).then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
}

/// Days from 1970 to a date of the Gregorian calendar. A year is reckoned from 1 March, so that the leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let ms = |text: &str| wall_time(text).map(|time| (time.0 / 1_000_000, time.0 % 1_000_000));
        assert_eq!(ms("0"), Some((0, 0)));
        assert_eq!(ms("1795401112.25"), Some((1_795_401_112_250, 0)));
        assert_eq!(ms("0.000000009"), Some((0, 9)));
        assert_eq!(ms("2026-11-23T02:31:52Z"), Some((1_795_401_112_000, 0)));
        assert_eq!(ms("2026-11-23 10:31:52.5+08:00"), Some((1_795_401_112_500, 0)));
        assert_eq!(ms("2024-02-29T00:00:00Z"), Some((1_709_164_800_000, 0)));
        assert_eq!(ms("1970-01-01T00:00:00-01:30"), Some((5_400_000, 0)));
        for wrong in [
            "",
            "x",
            "-1",
            "1e9",
            "2026-11-23",
            "2026-11-23T02:31:52",
            "2026-13-01T00:00:00Z",
            "1.0123456789",
        ] {
            assert_eq!(wall_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn answers_are_read() {
        let text = r#"{"columns": ["name", "due time", "value"],
            "rows": [["许庄", "2026-11-23T02:31:52Z", 4.5], [null, 7, 3]], "promise_s": 5, "as_of": 8}"#;
        let now = WallTime(9_000_000_000);
        let read = |text: &str| {
            serde_json::from_str(text).map_err(|why| why.to_string()).and_then(|file| answer_of(file, now))
        };
        let answer = read(text).unwrap();
        assert_eq!(answer.table.get(0, "due"), Some(&Value::Time(WallTime(1_795_401_112_000_000_000))));
        assert_eq!(answer.table.get(1, "value"), Some(&Value::Integer(3)));
        assert_eq!((answer.as_of, answer.promise), (Some(WallTime(8_000_000_000)), Duration::from_secs(5)));
        let just_now = read(r#"{"columns": [], "rows": []}"#).unwrap();
        assert_eq!(just_now.as_of, Some(now));
        assert_eq!(read(r#"{"columns": [], "rows": [], "as_of": null}"#).unwrap().as_of, None);
        for wrong in [
            r#"{"columns": ["a"], "rows": [[1, 2]]}"#,
            r#"{"columns": ["a time"], "rows": [["soon"]]}"#,
            r#"{"columns": ["a"], "rows": [[[1]]]}"#,
            r#"{"columns": ["a"], "rows": [], "as_of": "soon"}"#,
            r#"{"columns": ["a"], "rows": [], "promise": 3}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
