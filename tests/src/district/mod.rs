//! The demo hall's fictional district, alive: residents report, sensors read, roads fill, and now and then a fire lane is blocked.
//!
//! [`Simulator`] is told the time and a seed and says what happens, as the messages that the hall document's feeds expect.
//! [`Live`] sends them to a real broker, webhook and database; [`data_file`] runs them through the hall's own mappings,
//! tables and queries at once, for pictures without a controller.

mod events;
mod live;
mod offline;
mod readings;
mod seeded;
mod services;

pub use live::{Live, Places};
pub use offline::data_file;

use events::Life;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// A cell of the grid.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// Its path in the hall document.
    pub path: String,
    /// The community that it belongs to, in Chinese.
    pub community: String,
    /// How many people live in it.
    pub residents: u32,
    /// Its middle, in degrees.
    pub lon: f64,
    /// Its middle, in degrees.
    pub lat: f64,
}

/// By which way a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Published under this topic.
    Topic(String),
    /// Posted to the webhook of this feed.
    Hook(&'static str),
}

/// Something that is said.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// By which way.
    pub way: Way,
    /// What, as JSON.
    pub body: Value,
}

impl Message {
    fn topic(topic: &str, body: Value) -> Self {
        Self { way: Way::Topic(topic.to_owned()), body }
    }

    fn reports(body: Value) -> Self {
        Self { way: Way::Hook("reports"), body }
    }
}

/// How often what is said again, in milliseconds.
const SENSORS_MS: i64 = 10_000;
const TRAFFIC_MS: i64 = 5_000;
const WEATHER_MS: i64 = 600_000;
const BOXES_MS: i64 = 200;

/// The district's life as a function of a seed and the time.
#[derive(Debug)]
pub struct Simulator {
    cells: Vec<Cell>,
    life: Life,
    now_ms: i64,
}

impl Simulator {
    /// A district that begins at `start_ms` (since 1970) with about `per_minute` reports.
    pub fn new(cells: Vec<Cell>, seed: u64, start_ms: i64, per_minute: f64) -> Self {
        Self { life: Life::new(cells.clone(), seed, start_ms, per_minute), cells, now_ms: start_ms }
    }

    /// The same, but no alarm comes by itself: whoever measures alarms makes them.
    pub fn without_alarms(mut self) -> Self {
        self.life.without_alarms();
        self
    }

    /// What there is at the beginning: two days of events, a day of flow, the newest of all else.
    pub fn opening(&mut self) -> Vec<Message> {
        let now = self.now_ms;
        let mut messages = self.life.opening(now);
        messages.push(readings::weather(now));
        messages.push(readings::traffic(now));
        messages.push(readings::flow(now - 24 * 3_600_000, now));
        messages.extend(readings::sensor_messages(&self.cells, now));
        messages
    }

    /// A fire lane that is blocked just now, as a camera's own system reports it.
    pub fn fire_lane(&mut self) -> Message {
        self.life.fire_lane(self.now_ms)
    }

    /// Everything that is said from the last call until `now_ms`.
    pub fn until(&mut self, now_ms: i64) -> Vec<Message> {
        let from = std::mem::replace(&mut self.now_ms, now_ms);
        let due = |every: i64| from.div_euclid(every) != now_ms.div_euclid(every);
        let mut messages = self.life.until(now_ms);
        if due(BOXES_MS) {
            messages.extend(self.life.boxes(now_ms));
        }
        if due(TRAFFIC_MS) {
            messages.push(readings::traffic(now_ms));
        }
        if due(SENSORS_MS) {
            messages.extend(readings::sensor_messages(&self.cells, now_ms));
        }
        if due(readings::SLOT_MS) {
            messages.push(readings::flow(from, now_ms));
        }
        if due(WEATHER_MS) {
            messages.push(readings::weather(now_ms));
        }
        messages
    }
}

/// Writes the large lists (components, buildings, cells, cameras) and the notices into the hall's data folder.
pub fn write_lists(district: &Path, data: &Path) -> io::Result<()> {
    fs::create_dir_all(data)?;
    let status = Command::new("python3").arg(district.join("make.py")).arg("--csv").arg(data).status()?;
    if !status.success() {
        return Err(io::Error::other(format!("{} did not make the district's lists", district.display())));
    }
    fs::write(data.join("notices.json"), services::notices().to_string())
}

/// Reads the cells out of `cells.csv`.
pub fn read_cells(data: &Path) -> io::Result<Vec<Cell>> {
    let wrong = || io::Error::other(format!("{} is no list of cells", data.join("cells.csv").display()));
    let cells = csv_rows(&data.join("cells.csv"))?.into_iter().map(|row| {
        let text = |name: &str| row[name].as_str().map(str::to_owned);
        let number = |name: &str| text(name)?.parse::<f64>().ok();
        Some(Cell {
            path: text("path")?,
            community: text("community")?,
            residents: number("residents")? as u32,
            lon: number("lon")?,
            lat: number("lat")?,
        })
    });
    cells.collect::<Option<Vec<_>>>().filter(|cells| !cells.is_empty()).ok_or_else(wrong)
}

/// The rows of one of our own lists, whose values hold no commas and no quotes.
fn csv_rows(path: &Path) -> io::Result<Vec<Value>> {
    let text =
        fs::read_to_string(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
    let mut lines = text.lines();
    let heading: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let row = |line: &str| {
        let mut row = json!({});
        for (name, value) in heading.iter().zip(line.split(',')) {
            row[*name] = value.into();
        }
        row
    };
    Ok(lines.map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn district() -> Simulator {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/district");
        let cells = read_cells(&folder).unwrap();
        assert_eq!(cells.iter().map(|cell| cell.residents).sum::<u32>(), 170_800);
        Simulator::new(cells, 7, 1_795_401_120_000, 6.0)
    }

    fn events(messages: &[Message]) -> Vec<Value> {
        let of = |message: &Message| match &message.way {
            Way::Topic(topic) if topic == "taibaihu/alarms" => vec![message.body.clone()],
            Way::Topic(_) => Vec::new(),
            Way::Hook(_) => message.body["events"].as_array().cloned().unwrap_or_default(),
        };
        messages.iter().flat_map(of).collect()
    }

    #[test]
    fn the_same_seed_tells_the_same_day() {
        let day = || {
            let mut district = district();
            let mut all = district.opening();
            (1..600).for_each(|second| all.extend(district.until(1_795_401_120_000 + second * 1000)));
            all
        };
        assert_eq!(day(), day());
    }

    #[test]
    fn every_event_goes_its_legal_way_and_some_are_late() {
        let mut district = district();
        let mut all = district.opening();
        (1..7_200).for_each(|second| all.extend(district.until(1_795_401_120_000 + second * 1000)));
        let mut states: BTreeMap<String, (media::EventState, i64)> = BTreeMap::new();
        let (mut late, mut closed) = (0, 0);
        for row in events(&all) {
            let id = row["id"].as_str().unwrap().to_owned();
            let Some(state) = row["state"].as_str() else {
                let reported = row["reported"].as_i64().unwrap();
                assert!(
                    states.insert(id.clone(), (media::EventState::Reported, reported)).is_none(),
                    "{id} twice"
                );
                continue;
            };
            let state = media::EventState::by_name(state).unwrap();
            let (before, reported) =
                states.get(&id).copied().unwrap_or_else(|| panic!("{id} before its report"));
            assert!(before.may_become(state), "{id}: {before:?} to {state:?}");
            let took = row["at"].as_i64().unwrap() - reported;
            late += usize::from(state == media::EventState::Handled && took > 600_000);
            closed += usize::from(state == media::EventState::Closed);
            states.insert(id, (state, reported));
        }
        assert!(states.len() > 900 && closed > 800, "{} events, {closed} closed", states.len());
        assert!((20..150).contains(&late), "{late} late of {}", states.len());
        let kinds: BTreeSet<_> = states.values().map(|(state, _)| *state).collect();
        assert_eq!(kinds.len(), 5, "every state is there at the end");
    }

    #[test]
    fn a_blocked_lane_is_seen_in_the_picture_until_it_is_free() {
        let mut district = district();
        let boxes = |messages: Vec<Message>| {
            messages.iter().filter(|m| m.way == Way::Topic("taibaihu/detections/market".into())).count()
        };
        assert_eq!(boxes(district.until(1_795_401_121_000)), 0);
        let _ = district.fire_lane();
        assert_eq!(boxes(district.until(1_795_401_122_000)), 1);
        // It is freed 200 to 280 s after its report; another one comes 45 s after the start, and the next 420 s after that.
        assert_eq!(boxes(district.until(1_795_401_120_000 + 195_000)), 1);
        assert_eq!(boxes(district.until(1_795_401_120_000 + 400_000)), 0);
    }
}
