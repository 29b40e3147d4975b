//! The event board's columns: counts, oldest first, each item's time against its due clock.

use super::format;
use super::setting::unix_s;
use super::words;
use layouts::Language;
use media::{DUE_AFTER, EVENT_STATES, EventState, Table, Value as Cell};
use minijinja::Value;

/// Items of one column that a template is told about: more never fit.
const ITEMS_MAX: usize = 60;

/// How an item stands to its due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    InTime,
    DueSoon,
    Late,
    Done,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::InTime => "ok",
            Self::DueSoon => "warn",
            Self::Late => "danger",
            Self::Done => "done",
        }
    }
}

/// How long ago something was reported, how long it has, and what that means. In time below 70 %, late from 100 % on.
fn level(elapsed_s: i64, allowed_s: i64) -> Level {
    if elapsed_s >= allowed_s {
        Level::Late
    } else if elapsed_s.saturating_mul(10) >= allowed_s.saturating_mul(7) {
        Level::DueSoon
    } else {
        Level::InTime
    }
}

/// The columns of `table` at `now_s`, for the template.
pub(super) fn columns(table: &Table, now_s: i64, language: Language) -> Vec<Value> {
    let state_column = table.column("state");
    let state_of =
        |row: &[Cell]| state_column.and_then(|at| row.get(at)?.text()).and_then(EventState::by_name);
    let reported = table.column("reported");
    let moment = |row: &[Cell], column: Option<usize>| match column.and_then(|at| row.get(at)) {
        Some(Cell::Time(time)) => Some(unix_s(*time)),
        _ => None,
    };
    EVENT_STATES
        .into_iter()
        .map(|state| {
            let mut rows: Vec<usize> =
                (0..table.rows().len()).filter(|row| state_of(&table.rows()[*row]) == Some(state)).collect();
            let count = rows.len();
            // Equal times keep the order of the answer.
            rows.sort_by_key(|row| moment(&table.rows()[*row], reported).unwrap_or(i64::MAX));
            rows.truncate(ITEMS_MAX);
            let items: Vec<Value> =
                rows.into_iter().map(|row| item(table, row, state, now_s, language)).collect();
            let color = match state {
                EventState::Reported => "warn",
                EventState::Verified | EventState::Dispatched => "accent",
                EventState::Handled => "ok",
                EventState::Closed => "muted",
            };
            Value::from_pairs([
                ("state", Value::from(state.as_str())),
                ("name", Value::from(words::state(language, state))),
                ("color", Value::from(color)),
                ("count", Value::from(count)),
                ("items", Value::from(items)),
            ])
        })
        .collect()
}

fn item(table: &Table, row: usize, state: EventState, now_s: i64, language: Language) -> Value {
    let moment = |name: &str| match table.get(row, name) {
        Some(Cell::Time(time)) => Some(unix_s(*time)),
        _ => None,
    };
    let cell = |name: &str| table.get(row, name).map_or_else(Value::default, super::setting::cell);
    let reported = moment("reported");
    // A report from a clock that runs ahead counts as new, not as old.
    let elapsed_s = reported.map_or(0, |at| now_s.saturating_sub(at).max(0));
    let due = moment("due").or(reported.map(|at| at.saturating_add(DUE_AFTER.as_secs() as i64)));
    let allowed_s = due.zip(reported).map_or(0, |(due, at)| due.saturating_sub(at).max(1));
    let left_s = due.map_or(0, |due| due.saturating_sub(now_s));
    let running = !matches!(state, EventState::Handled | EventState::Closed) && reported.is_some();
    let level = if running { level(elapsed_s, allowed_s) } else { Level::Done };
    let left = words::left(language, left_s <= 0, &format::clock(left_s.saturating_abs(), language));
    Value::from_pairs([
        ("title", titled(table, row, language)),
        ("place", cell("place")),
        ("network", cell("network")),
        ("severity", cell("severity")),
        ("running", Value::from(running)),
        ("level", Value::from(level.name())),
        ("elapsed", Value::from(format::clock(elapsed_s, language))),
        ("left", Value::from(left)),
        (
            "share",
            Value::from(if allowed_s > 0 { (elapsed_s as f64 / allowed_s as f64).min(1.0) } else { 1.0 }),
        ),
    ])
}

/// What it is called in the language of the wall; an event that has no second title has one for all.
fn titled(table: &Table, row: usize, language: Language) -> Value {
    let english =
        table.get(row, "title_en").filter(|title| title.text().is_some_and(|text| !text.is_empty()));
    let title = english.filter(|_| language == Language::English).or_else(|| table.get(row, "title"));
    title.map_or_else(Value::default, super::setting::cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::WallTime;
    use std::sync::Arc;

    fn at(second: i64) -> Cell {
        Cell::Time(WallTime(second * 1_000_000_000))
    }

    #[test]
    fn an_item_is_in_time_due_soon_or_late() {
        assert_eq!(level(419, 600), Level::InTime);
        assert_eq!(level(420, 600), Level::DueSoon);
        assert_eq!(level(599, 600), Level::DueSoon);
        assert_eq!(level(600, 600), Level::Late);
    }

    #[test]
    fn a_title_is_that_of_the_walls_language_where_there_is_one() {
        let names: Vec<Arc<str>> = ["state", "title", "title_en", "reported"].map(Into::into).to_vec();
        let text = |words: &str| Cell::Text(words.into());
        let rows = vec![
            vec![text("reported"), text("占道"), text("Blocked"), at(1)],
            vec![text("reported"), text("积水"), text(""), at(2)],
            vec![text("reported"), text("路灯"), Cell::Null, at(3)],
        ];
        let table = Table::new(names, rows).unwrap();
        let titles =
            |language| (0..3).map(|row| titled(&table, row, language).to_string()).collect::<Vec<_>>();
        assert_eq!(titles(Language::Chinese), ["占道", "积水", "路灯"]);
        assert_eq!(titles(Language::English), ["Blocked", "积水", "路灯"]);
    }

    #[test]
    fn columns_count_sort_and_stop_the_clock() {
        let columns_of = |rows| {
            let names: Vec<Arc<str>> = ["state", "title", "reported", "due"].map(Into::into).to_vec();
            columns(&Table::new(names, rows).unwrap(), 10_000, Language::Chinese)
        };
        let text = |words: &str| Cell::Text(words.into());
        let all = columns_of(vec![
            vec![text("reported"), text("young"), at(9_990), at(10_590)],
            vec![text("reported"), text("old"), at(9_000), at(9_600)],
            vec![text("reported"), text("ahead"), at(20_000), Cell::Null],
            vec![text("closed"), text("done"), at(1), at(2)],
            vec![text("wrong"), Cell::Null, Cell::Null, Cell::Null],
        ]);
        let get = |value: &Value, name: &str| value.get_attr(name).unwrap();
        let counts: Vec<usize> = all.iter().map(|column| get(column, "count").as_usize().unwrap()).collect();
        assert_eq!(counts, [3, 0, 0, 0, 1]);
        let items: Vec<Value> = get(&all[0], "items").try_iter().unwrap().collect();
        let named = |name| items.iter().map(|item| get(item, name).to_string()).collect::<Vec<_>>();
        assert_eq!(named("title"), ["old", "young", "ahead"]);
        assert_eq!(named("level"), ["danger", "ok", "ok"]);
        assert_eq!(named("elapsed"), ["16:40", "00:10", "00:00"]);
        assert_eq!(named("left"), ["超时 06:40", "剩余 09:50", "剩余 2:56:40"]);
        let done = get(&all[4], "items").get_item_by_index(0).unwrap();
        assert!(!get(&done, "running").is_true());
    }
}
