//! A hall with two walls, a tour on one of them, cameras on a street, and a clock that is moved by hand.

use layouts::Layout;
use layouts::rules::{AlarmId, Effect, Engine, EventView, Now, Picture, What, Why};
use media::{EventState, LocalTime, SceneId, WallId, WallTime};
use std::time::Duration;

/// 2026-11-25 08:00 in UTC+8, a Wednesday.
pub const BEGIN: WallTime = WallTime(1_795_564_800_000_000_000);

const HALL: &str = r##"
version = 1
hall = { name = "test", utc_offset = "+08:00" }

[[wall]]
id = "main"
canvas_px_per_mm = 1.0
[[wall.screen]]
id = "m"
node = "n"
output = 1
resolution = [640, 360]
position_mm = [0, 0]
size_mm = [640, 360]

[[wall]]
id = "side"
canvas_px_per_mm = 1.0
[[wall.screen]]
id = "s"
node = "n"
output = 2
resolution = [640, 360]
position_mm = [0, 0]
size_mm = [640, 360]

[[table]]
id = "sensors"
columns = { id = "text", level = "real", lon = "real?", camera = "text" }
key = ["id"]
"##;

/// The test hall with what `rules` adds to it.
pub fn text(rules: &str) -> String {
    let mut text = HALL.to_owned();
    for (index, lon) in ["120.600", "120.601", "120.602", "120.650"].into_iter().enumerate() {
        text += &format!(
            "[[source]]\nid = \"cam-{index}\"\nposition = [{lon}, 31.300]\nimage = {{ path = \"c.png\" }}\n"
        );
    }
    text += "[[source]]\nid = \"nowhere\"\nimage = { path = \"c.png\" }\n";
    for (scene, wall) in [
        ("one", "main"),
        ("two", "main"),
        ("three", "main"),
        ("alarm", "main"),
        ("grave", "main"),
        ("left", "side"),
        ("right", "side"),
        ("siren", "side"),
    ] {
        text += &format!("[[scene]]\nid = \"{scene}\"\nwall = \"{wall}\"\n");
        for slot in 1..=3 {
            text += &window(slot);
        }
    }
    text + rules
}

fn window(slot: u32) -> String {
    format!(
        "[[scene.window]]\nsource = \"nowhere\"\nrect_px = [{}, 0, 100, 100]\n{}",
        slot * 100,
        slot_key(slot)
    )
}

/// How a window names its slot.
fn slot_key(slot: u32) -> String {
    format!("slot = \"a-{slot}\"\n")
}

/// The test hall as a layout.
pub fn layout(rules: &str) -> Layout {
    match layouts::parse(&text(rules), "hall.toml") {
        Ok(layout) => layout,
        Err(mistakes) => panic!("{}", mistakes.to_text()),
    }
}

/// An engine and its clock.
pub struct Hall {
    pub engine: Engine,
    pub now: Now,
    pub effects: Vec<Effect>,
}

/// A time `seconds` after the beginning.
pub fn at(seconds: f64) -> Now {
    let nanos = (seconds * 1e9).round() as i64;
    Now { local: LocalTime(5_000_000_000_000 + nanos), wall: BEGIN.offset(nanos) }
}

impl Hall {
    pub fn new(rules: &str) -> Self {
        Self::of(&layout(rules))
    }

    pub fn of(layout: &Layout) -> Self {
        let mut hall = Self { engine: Engine::new(layout, at(0.0)), now: at(0.0), effects: Vec::new() };
        hall.drain();
        hall.effects.clear();
        hall
    }

    pub fn drain(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            self.effects.push(effect);
        }
    }

    /// Lets the time come until `seconds` after the beginning.
    pub fn at(&mut self, seconds: f64) -> &mut Self {
        self.now = at(seconds);
        self.engine.handle_timeout(self.now);
        self.drain();
        self
    }

    /// An event of `kind` comes, or changes its state.
    pub fn event(&mut self, id: &str, kind: &str, state: EventState) -> &mut Self {
        self.engine.event(self.now, &event(id, kind, state));
        self.drain();
        self
    }

    pub fn scene(&self, wall: &str) -> String {
        self.picture(wall).scene.to_string()
    }

    pub fn picture(&self, wall: &str) -> &Picture {
        self.engine.picture(&WallId::new(wall).unwrap()).unwrap()
    }

    pub fn choose(&mut self, wall: &str, scene: &str) {
        let (wall, scene) = (WallId::new(wall).unwrap(), SceneId::new(scene).unwrap());
        self.engine.operator_scene(&wall, &scene, "li", self.now).unwrap();
        self.drain();
    }

    /// The newest alarm.
    pub fn newest(&self) -> AlarmId {
        self.engine.alarms().last().unwrap().id
    }

    pub fn said(&self, what: What) -> Vec<&Why> {
        self.engine.log().filter(|why| why.what == what).collect()
    }
}

/// An event near the first camera.
pub fn event<'a>(id: &'a str, kind: &'a str, state: EventState) -> EventView<'a> {
    EventView {
        id,
        state,
        network: "综治",
        domain: "安全",
        place: "district/street/03",
        kind,
        severity: 4,
        title: "消防通道占用",
        title_en: "",
        lon_lat: Some([120.6012, 31.3]),
        reported: BEGIN,
        due: BEGIN + Duration::from_secs(600),
    }
}
