//! What can be done to tours and schedules, each as a value.

use crate::edit::words;
use crate::found::Tables;
use crate::hall_text::EditError;
use crate::listed::{append, entry, remove};
use crate::value::{number, put, put_instead};
use layouts::rules::{Days, Scheduled};
use media::{SceneId, ScheduleId, TourId, WallId};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

/// The lists' keys.
const TOUR: &str = "tour";
const SCHEDULE: &str = "schedule";

/// One change of a tour. Stops are counted in document order from 0; times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TourEdit {
    /// A tour behind the last one. It does not ask that its wall begins with it.
    Add {
        /// Its id.
        tour: TourId,
        /// Its wall.
        wall: WallId,
        /// Its name in Chinese and in English.
        name: (String, String),
        /// Its scenes and how long each stays, at least one.
        stops: Vec<(SceneId, u32)>,
    },
    /// A tour is gone.
    Remove(TourId),
    /// A tour is called otherwise, in Chinese and in English.
    Rename(TourId, (String, String)),
    /// A stop lasts longer or shorter.
    Dwell {
        /// Which tour.
        tour: TourId,
        /// Which stop.
        stop: usize,
        /// How long.
        dwell_ms: u32,
    },
    /// A stop shows another scene.
    Scene {
        /// Which tour.
        tour: TourId,
        /// Which stop.
        stop: usize,
        /// What it shows.
        scene: SceneId,
    },
    /// A new stop.
    Insert {
        /// Which tour.
        tour: TourId,
        /// In front of which stop; the number of stops for behind the last one.
        stop: usize,
        /// What it shows.
        scene: SceneId,
        /// How long.
        dwell_ms: u32,
    },
    /// A stop is gone.
    Drop {
        /// Which tour.
        tour: TourId,
        /// Which stop.
        stop: usize,
    },
    /// A stop stands elsewhere; the others keep their order.
    Move {
        /// Which tour.
        tour: TourId,
        /// Which stop.
        stop: usize,
        /// Which one it is then.
        to: usize,
    },
    /// Whether the wall begins with it.
    Start(TourId, bool),
    /// After how long it takes the wall back; `None` for never.
    BackAfter(TourId, Option<u32>),
}

/// One change of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleEdit {
    /// A schedule behind the last one.
    Add {
        /// Its id.
        schedule: ScheduleId,
        /// When, in the five fields of cron.
        cron: String,
        /// What it puts on its wall.
        what: Scheduled,
    },
    /// A schedule is gone.
    Remove(ScheduleId),
    /// It comes at other times.
    Cron(ScheduleId, String),
    /// It puts something else on its wall.
    What(ScheduleId, Scheduled),
    /// It counts on other days.
    Days(ScheduleId, Days),
}

impl TourEdit {
    pub(crate) fn apply(&self, document: &mut DocumentMut) -> Result<(), EditError> {
        match self {
            Self::Add { tour, wall, name, stops } => {
                let mut table = Table::new();
                table.insert("id", value(tour.as_str()));
                table.insert("name", Item::Value(words(name)));
                table.insert("wall", value(wall.as_str()));
                let stops = stops.iter().map(|(scene, dwell_ms)| Value::from(stop_table(scene, *dwell_ms)));
                table.insert("scenes", Item::Value(stops.collect::<Array>().into()));
                table.insert("start", value(false));
                append(document, TOUR, table);
            }
            Self::Remove(tour) => remove(document, TOUR, tour.as_str())?,
            Self::Rename(tour, name) => put(entry(document, TOUR, tour.as_str())?, "name", words(name)),
            Self::Dwell { tour, stop, dwell_ms } => {
                let stop = stop_of(document, tour, *stop)?;
                put(stop, "dwell_s", number(i64::from(*dwell_ms), 3));
            }
            Self::Scene { tour, stop, scene } => {
                put(stop_of(document, tour, *stop)?, "scene", scene.as_str().into());
            }
            Self::Insert { tour, stop, scene, dwell_ms } => {
                insert(document, tour, *stop, stop_table(scene, *dwell_ms))?;
            }
            Self::Drop { tour, stop } => {
                // That it is there.
                stop_of(document, tour, *stop)?;
                match stops_of(document, tour)? {
                    Tables::Headed(list) => drop(list.remove(*stop)),
                    Tables::Inline(list) => take(list, *stop),
                }
            }
            Self::Move { tour, stop, to } => shift(document, tour, *stop, *to)?,
            Self::Start(tour, start) => put(entry(document, TOUR, tour.as_str())?, "start", (*start).into()),
            Self::BackAfter(tour, after) => {
                let table = entry(document, TOUR, tour.as_str())?;
                match after {
                    Some(after) => put(table, "back_after_s", number(i64::from(*after), 3)),
                    None => drop(table.remove("back_after_s")),
                }
            }
        }
        Ok(())
    }
}

impl ScheduleEdit {
    pub(crate) fn apply(&self, document: &mut DocumentMut) -> Result<(), EditError> {
        match self {
            Self::Add { schedule, cron, what } => {
                let mut table = Table::new();
                table.insert("id", value(schedule.as_str()));
                table.insert("cron", value(cron));
                let (key, id) = scheduled(what);
                table.insert(key, value(id));
                append(document, SCHEDULE, table);
            }
            Self::Remove(schedule) => remove(document, SCHEDULE, schedule.as_str())?,
            Self::Cron(schedule, cron) => {
                put(entry(document, SCHEDULE, schedule.as_str())?, "cron", cron.as_str().into());
            }
            Self::What(schedule, what) => {
                let (key, id) = scheduled(what);
                put_instead(
                    entry(document, SCHEDULE, schedule.as_str())?,
                    &["scene", "tour"],
                    key,
                    id.into(),
                );
            }
            Self::Days(schedule, days) => {
                let table = entry(document, SCHEDULE, schedule.as_str())?;
                let key = match days {
                    Days::All => {
                        table.remove("except");
                        table.remove("only");
                        return Ok(());
                    }
                    Days::ExceptHolidays => "except",
                    Days::OnlyHolidays => "only",
                };
                put_instead(table, &["except", "only"], key, "holidays".into());
            }
        }
        Ok(())
    }
}

fn scheduled(what: &Scheduled) -> (&'static str, &str) {
    match what {
        Scheduled::Scene(scene) => ("scene", scene.as_str()),
        Scheduled::Tour(tour) => ("tour", tour.as_str()),
    }
}

fn stop_table(scene: &SceneId, dwell_ms: u32) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert("scene", scene.as_str().into());
    table.insert("dwell_s", number(i64::from(dwell_ms), 3));
    table
}

fn stops_of<'d>(document: &'d mut DocumentMut, tour: &TourId) -> Result<Tables<'d>, EditError> {
    let gone = || EditError::NoStop { tour: tour.clone(), stop: 0 };
    Tables::of(entry(document, TOUR, tour.as_str())?, "scenes").ok_or_else(gone)
}

fn stop_of<'d>(
    document: &'d mut DocumentMut,
    tour: &TourId,
    stop: usize,
) -> Result<&'d mut dyn TableLike, EditError> {
    let gone = || EditError::NoStop { tour: tour.clone(), stop };
    let stops = stops_of(document, tour)?;
    if stop >= stops.len() {
        return Err(gone());
    }
    stops.get(stop).ok_or_else(gone)
}

fn prefix(value: &Value) -> String {
    value.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned()
}

/// The last line of the space in front of a value: its comments are the value's own.
fn indent(prefix: &str) -> &str {
    prefix.rfind('\n').map_or(prefix, |at| &prefix[at..])
}

fn insert(document: &mut DocumentMut, tour: &TourId, at: usize, stop: InlineTable) -> Result<(), EditError> {
    let gone = || EditError::NoStop { tour: tour.clone(), stop: at };
    match stops_of(document, tour)? {
        tables if at > tables.len() => return Err(gone()),
        Tables::Headed(list) => {
            let mut table = stop.into_table();
            // What has a place in the document stays in front of what is put behind it.
            table.set_position(at.checked_sub(1).and_then(|before| list.get(before)?.position()));
            list.insert(at, table);
            keep_places(list);
        }
        Tables::Inline(list) => {
            let prefixes: Vec<String> = list.iter().map(prefix).collect();
            let lines = prefixes.iter().filter(|prefix| prefix.contains('\n')).count();
            let apart = lines > 1 && lines + 1 >= prefixes.len();
            let mut new = Value::from(stop);
            let own = match (prefixes.get(at), apart) {
                (Some(there), _) => indent(there).to_owned(),
                (None, true) => prefixes.last().map(|last| indent(last).to_owned()).unwrap_or_default(),
                (None, false) => " ".to_owned(),
            };
            // The space before the closing bracket stays before the bracket.
            let mut end = String::new();
            if at == list.len()
                && let Some(last) = list.get_mut(at.wrapping_sub(1))
            {
                end = last.decor().suffix().and_then(|end| end.as_str()).unwrap_or_default().to_owned();
                last.decor_mut().set_suffix("");
            }
            *new.decor_mut() = toml_edit::Decor::new(own, end);
            list.insert_formatted(at, new);
            // What stood at the beginning of a line or of the list stands behind the new one; on its own line if all do.
            if let (Some(next), Some(there), false) = (list.get_mut(at + 1), prefixes.get(at), apart)
                && !there.contains('#')
            {
                next.decor_mut().set_prefix(" ");
            }
        }
    }
    Ok(())
}

/// Takes a stop out of a list in brackets; what follows the first one stands where that stood.
fn take(list: &mut Array, at: usize) {
    let gone = list.remove(at);
    let end = gone.decor().suffix().and_then(|end| end.as_str()).unwrap_or_default().to_owned();
    let behind = at == list.len();
    let neighbour = if behind { list.get_mut(at.wrapping_sub(1)) } else { list.get_mut(at) };
    let Some(neighbour) = neighbour else { return };
    if behind && neighbour.decor().suffix().is_none_or(|own| own.as_str() == Some("")) {
        neighbour.decor_mut().set_suffix(end);
    } else if !behind && !prefix(neighbour).contains('#') {
        neighbour.decor_mut().set_prefix(prefix(&gone));
    }
}

/// Moves a stop: what they say changes places, spaces and comments stay where they are.
fn shift(document: &mut DocumentMut, tour: &TourId, from: usize, to: usize) -> Result<(), EditError> {
    let missing = |stop| EditError::NoStop { tour: tour.clone(), stop };
    let stops = stops_of(document, tour)?;
    if let Some(stop) = [from, to].into_iter().find(|stop| *stop >= stops.len()) {
        return Err(missing(stop));
    }
    match stops {
        Tables::Headed(list) => {
            let Some(moved) = list.get(from).cloned() else { return Err(missing(from)) };
            let places: Vec<Option<isize>> = list.iter().map(Table::position).collect();
            list.remove(from);
            list.insert(to, moved);
            list.iter_mut().zip(places).for_each(|(table, place)| table.set_position(place));
        }
        Tables::Inline(list) => {
            let decors: Vec<_> = list.iter().map(|stop| stop.decor().clone()).collect();
            let moved = list.remove(from);
            list.insert_formatted(to, moved);
            list.iter_mut().zip(decors).for_each(|(stop, decor)| *stop.decor_mut() = decor);
        }
    }
    Ok(())
}

/// Tables are written in the order of their places, so a new one that lies between two others moves those behind it by nothing.
fn keep_places(list: &mut toml_edit::ArrayOfTables) {
    let mut last = None;
    for table in list.iter_mut() {
        match table.position() {
            Some(place) if last.is_none_or(|last| place >= last) => last = Some(place),
            _ => table.set_position(last),
        }
    }
}
