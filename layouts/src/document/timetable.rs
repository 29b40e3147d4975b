//! The document's schedules, holidays, tours and quiet times, as written.

use super::mistakes::Collector;
use super::reader::{At, Node, Table, list, span, wrong_kind};
use super::rules::{entries, seconds};
use super::values::{choice, flag, id, text, words};
use crate::layout::Words;
use crate::rules::{Day, WEEKDAYS};
use media::{RuleId, SceneId, ScheduleId, TourId, WallId};
use toml::de::DeValue;
use toml::value::Datetime;

/// Most schedules of a hall.
const SCHEDULES_MAX: usize = 256;
/// Most entries of the list of holidays.
const HOLIDAYS_MAX: usize = 1024;
/// Most tours of a hall.
const TOURS_MAX: usize = 64;
/// Most scenes of a tour.
const STOPS_MAX: usize = 256;
/// Most entries of the hall's list of quiet times.
const QUIET_MAX: usize = 256;

/// What happens at certain times.
#[derive(Debug, Default)]
pub(super) struct Timetable {
    pub schedules: Vec<ScheduleDoc>,
    pub holidays: Vec<HolidayDoc>,
    pub tours: Vec<TourDoc>,
    pub quiet: Vec<QuietDoc>,
}

/// Hours of days.
#[derive(Debug)]
pub(super) struct HoursDoc {
    /// A bit for each day of the week.
    pub days: Option<At<u8>>,
    pub from: Option<At<u16>>,
    pub to: Option<At<u16>>,
}

/// `[[schedule]]`.
#[derive(Debug)]
pub(super) struct ScheduleDoc {
    pub id: Option<At<ScheduleId>>,
    pub cron: Option<At<String>>,
    pub scene: Option<At<SceneId>>,
    pub tour: Option<At<TourId>>,
    pub except_holidays: bool,
    pub only_holidays: bool,
}

/// `[[holiday]]`.
#[derive(Debug)]
pub(super) struct HolidayDoc {
    pub date: Option<At<Day>>,
    pub to: Option<At<Day>>,
}

/// `[[tour]]`.
#[derive(Debug)]
pub(super) struct TourDoc {
    pub id: Option<At<TourId>>,
    pub name: Option<At<Words>>,
    pub wall: Option<At<WallId>>,
    pub stops: Vec<StopDoc>,
    pub start: Option<At<bool>>,
    pub back_after_ms: Option<At<i64>>,
}

/// One entry of a tour's `scenes`.
#[derive(Debug)]
pub(super) struct StopDoc {
    pub scene: Option<At<SceneId>>,
    pub dwell_ms: Option<At<i64>>,
}

/// `[[quiet]]`.
#[derive(Debug)]
pub(super) struct QuietDoc {
    pub rule: Option<At<RuleId>>,
    pub place: Option<At<String>>,
    pub kind: Option<At<String>>,
    pub network: Option<At<String>>,
    pub domain: Option<At<String>>,
    pub source: Option<At<String>>,
    /// Local minutes since 1970.
    pub begins: Option<At<i64>>,
    pub ends: Option<At<i64>>,
    pub hours: Option<HoursDoc>,
}

pub(super) fn read(root: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Timetable {
    let schedules = list(root.get("schedule"), "schedule", SCHEDULES_MAX, found);
    let holidays = list(root.get("holiday"), "holiday", HOLIDAYS_MAX, found);
    let tours = list(root.get("tour"), "tour", TOURS_MAX, found);
    let quiet = list(root.get("quiet"), "quiet", QUIET_MAX, found);
    Timetable {
        schedules: schedules.into_iter().filter_map(|node| read_schedule(node, found)).collect(),
        holidays: holidays.into_iter().filter_map(|node| read_holiday(node, found)).collect(),
        tours: tours.into_iter().filter_map(|node| read_tour(node, found)).collect(),
        quiet: quiet.into_iter().filter_map(|node| read_quiet(node, found)).collect(),
    }
}

/// `days`, `from` and `to`; both times must be there when `required` or when one of the three is.
pub(super) fn read_hours(
    table: &mut Table<'_, '_>,
    required: bool,
    found: &mut Collector<'_>,
) -> Option<HoursDoc> {
    let any = required || ["days", "from", "to"].into_iter().any(|key| table.has(key));
    for (key, help) in [("from", "add from = \"22:00\""), ("to", "add to = \"06:00\"")] {
        if any && !table.has(key) {
            table.lack(key, help);
        }
    }
    let doc = HoursDoc {
        days: table.optional("days", found, days),
        from: table.optional("from", found, clock_time),
        to: table.optional("to", found, clock_time),
    };
    any.then_some(doc)
}

fn days(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<u8> {
    let nodes = entries(node, key, 7, "\"mon\", \"tue\"", found)?;
    let bits: Vec<(&str, u8)> = WEEKDAYS.into_iter().zip((0..7).map(|bit| 1 << bit)).collect();
    let all: Vec<Option<u8>> = nodes.into_iter().map(|node| choice(&bits)(node, key, found)).collect();
    all.into_iter().try_fold(0, |days, day| Some(days | day?))
}

/// `"22:00"` as a minute of the day; `"24:00"` is its end.
fn clock_time(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<u16> {
    let DeValue::String(text) = node.get_ref() else {
        wrong_kind(node, key, "a time of day in quotes", &format!("write {key} = \"22:00\""), found);
        return None;
    };
    let two = |digits: &str| match digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()) {
        true => digits.parse::<u16>().ok(),
        false => None,
    };
    let time = text.split_once(':').and_then(|(hour, minute)| Some((two(hour)?, two(minute)?)));
    let time = time.filter(|(hour, minute)| *minute < 60 && (*hour < 24 || (*hour, *minute) == (24, 0)));
    if time.is_none() {
        let message = format!("`{key} = {}` is no time of day", found.excerpt(span(node)));
        found.add(span(node), "bad-time", message, "write it like \"06:00\" or \"22:30\"");
    }
    time.map(|(hour, minute)| (hour * 60 + minute) % (24 * 60))
}

fn read_schedule(node: &Node<'_>, found: &mut Collector<'_>) -> Option<ScheduleDoc> {
    let mut table = Table::open("a schedule", "schedule", node, "[[schedule]] and its keys below", found)?;
    let holidays = |key: &'static str, table: &mut Table<'_, '_>, found: &mut Collector<'_>| {
        table.optional(key, found, choice(&[("holidays", ())])).is_some()
    };
    let doc = ScheduleDoc {
        id: table.required("id", "id = \"morning\"", found, id),
        cron: table.required("cron", "cron = \"0 8 * * mon-fri\"", found, text(1..=100)),
        scene: table.optional("scene", found, id),
        tour: table.optional("tour", found, id),
        except_holidays: holidays("except", &mut table, found),
        only_holidays: holidays("only", &mut table, found),
    };
    match (table.has("scene"), table.has("tour")) {
        (false, false) => {
            let message = "a schedule does not say what it shows";
            found.add(table.at(), "missing-key", message, "add scene = \"…\" or tour = \"…\"");
        }
        (true, true) => {
            let message = "a schedule has both `scene` and `tour`";
            found.add(table.key_span("tour"), "two-of-a-kind", message, "make two schedules of it");
        }
        _ => {}
    }
    if table.has("except") && table.has("only") {
        let message = "a schedule has both `except` and `only`";
        found.add(table.key_span("only"), "two-of-a-kind", message, "keep one of them");
    }
    table.finish(found);
    Some(doc)
}

fn read_holiday(node: &Node<'_>, found: &mut Collector<'_>) -> Option<HolidayDoc> {
    let mut table = Table::open("a holiday", "holiday", node, "[[holiday]] and its keys below", found)?;
    table.optional("name", found, words(1..=100));
    let doc = HolidayDoc {
        date: table.required("date", "date = 2026-10-01", found, date),
        to: table.optional("to", found, date),
    };
    table.finish(found);
    Some(doc)
}

/// A day, written as TOML writes it.
fn date(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Day> {
    match node.get_ref() {
        DeValue::Datetime(Datetime { date: Some(date), time: None, offset: None }) => {
            Day::new(i64::from(date.year), u32::from(date.month), u32::from(date.day))
        }
        _ => {
            wrong_kind(
                node,
                key,
                "a date",
                &format!("write {key} = 2026-10-01, without quotes and time"),
                found,
            );
            None
        }
    }
}

/// A moment in local time, as minutes since 1970; seconds are left out.
fn moment(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<i64> {
    match node.get_ref() {
        DeValue::Datetime(Datetime { date: Some(date), time: Some(time), offset: None }) => {
            let day = Day::new(i64::from(date.year), u32::from(date.month), u32::from(date.day))?;
            Some(day.0 * 24 * 60 + i64::from(time.hour) * 60 + i64::from(time.minute))
        }
        _ => {
            let help = format!("write {key} = 2026-11-25T08:00:00, in local time, without quotes");
            wrong_kind(node, key, "a date with a time", &help, found);
            None
        }
    }
}

fn read_tour(node: &Node<'_>, found: &mut Collector<'_>) -> Option<TourDoc> {
    let mut table = Table::open("a tour", "tour", node, "[[tour]] and its keys below", found)?;
    let example = "scenes = [{ scene = \"overview\", dwell_s = 30 }]";
    let doc = TourDoc {
        id: table.required("id", "id = \"day\"", found, id),
        name: table.optional("name", found, words(1..=100)),
        wall: table.required("wall", "wall = \"main\"", found, id),
        stops: table.required("scenes", example, found, read_stops).map(|all| all.value).unwrap_or_default(),
        start: table.optional("start", found, flag),
        back_after_ms: table.optional("back_after_s", found, seconds(1..=86_400)),
    };
    table.misplaced("dwell_s", "write it beside each scene: scenes = [{ scene = \"…\", dwell_s = 30 }]");
    table.finish(found);
    Some(doc)
}

fn read_stops(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<StopDoc>> {
    let example = "{ scene = \"overview\", dwell_s = 30 }";
    let mut all = Vec::new();
    for node in entries(node, key, STOPS_MAX, example, found)? {
        let Some(mut table) = Table::open("a scene of a tour", key, node, example, found) else { continue };
        all.push(StopDoc {
            scene: table.required("scene", "scene = \"overview\"", found, id),
            dwell_ms: table.required("dwell_s", "dwell_s = 30", found, seconds(1..=86_400)),
        });
        table.finish(found);
    }
    Some(all)
}

fn read_quiet(node: &Node<'_>, found: &mut Collector<'_>) -> Option<QuietDoc> {
    let mut table = Table::open("a quiet time", "quiet", node, "[[quiet]] and its keys below", found)?;
    let doc = QuietDoc {
        rule: table.optional("rule", found, id),
        place: table.optional("place", found, text(1..=160)),
        kind: table.optional("kind", found, text(1..=100)),
        network: table.optional("network", found, text(1..=100)),
        domain: table.optional("domain", found, text(1..=100)),
        source: table.optional("source", found, text(1..=100)),
        begins: table.optional("begins", found, moment),
        ends: table.optional("ends", found, moment),
        hours: read_hours(&mut table, false, found),
    };
    let named = ["rule", "place", "kind", "network", "domain", "source"];
    if !named.into_iter().any(|key| table.has(key)) {
        let message = "a quiet time does not say what is quiet";
        let help = format!("add one of {}", super::suggest::listed(&named));
        found.add(table.at(), "missing-key", message, help);
    }
    table.finish(found);
    Some(doc)
}
