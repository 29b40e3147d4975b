//! What sensors, roads and the sky say at a moment: functions of the seed and the time alone.

use super::seeded::{bustle, drift};
use super::{Cell, Message};
use serde_json::{Value, json};

/// Roads of `assets/demo/district/roads.geojson`: words, vehicles an hour at full bustle, free speed.
const ROADS: [(&str, f64, f64); 9] = [
    ("任城大道", 3900.0, 58.0),
    ("太白湖路", 3100.0, 55.0),
    ("济安大道", 3500.0, 60.0),
    ("凤凰大道", 2900.0, 52.0),
    ("运河路", 2300.0, 50.0),
    ("荷塘路", 1500.0, 48.0),
    ("北湖路", 1900.0, 50.0),
    ("科技路", 1700.0, 46.0),
    ("环湖路", 1200.0, 42.0),
];
/// How far apart the slots of the flow are.
pub const SLOT_MS: i64 = 600_000;

/// Where a sensor's readings move: kind, name, middle, swing, period in seconds, unit.
struct Sensor {
    kind: &'static str,
    name: String,
    place: String,
    middle: f64,
    swing: f64,
    unit: &'static str,
}

fn sensors(cells: &[Cell]) -> Vec<Sensor> {
    let mut all = Vec::new();
    let one = |kind, cell: &Cell, name: String, middle, swing, unit| Sensor {
        kind,
        name,
        place: cell.path.clone(),
        middle,
        swing,
        unit,
    };
    for (n, cell) in cells.iter().step_by(13).enumerate() {
        let name = format!("{} {}", cell.community, cell.path.rsplit('/').next().unwrap_or_default());
        let spread = (n * 7 % 11) as f64;
        all.push(one("bin", cell, name.clone(), 38.0 + spread * 4.6, 11.0, "%"));
        if n % 2 == 0 {
            all.push(one("air", cell, name.clone(), 52.0 + spread, 9.0, "AQI"));
            all.push(one("noise", cell, name, 51.0 + spread, 5.0, "dB"));
        }
    }
    let Some(first) = cells.first() else { return all };
    for (name, middle) in [
        ("市民广场", 214.0),
        ("奥体中心", 480.0),
        ("会展中心", 356.0),
        ("石桥市场", 62.0),
        ("凤凰台", 128.0),
        ("湖滨", 171.0),
    ] {
        all.push(one("parking", first, name.into(), middle, middle * 0.22, "个"));
    }
    for (name, middle) in
        [("许庄街道", 98.9), ("石桥镇", 97.8), ("北湖街道", 99.2), ("凤凰街道", 98.4), ("荷塘街道", 97.1)]
    {
        all.push(one("lamps", first, name.into(), middle, 0.5, "%"));
    }
    all.push(one("level", first, "北岸".into(), 33.42, 0.03, "米"));
    all.push(one("level", first, "南岸".into(), 33.40, 0.03, "米"));
    all.push(one("bus", first, "公交".into(), 93.5, 2.4, "%"));
    all
}

/// A message for every sensor.
pub fn sensor_messages(cells: &[Cell], now_ms: i64) -> Vec<Message> {
    let message = |(n, sensor): (usize, Sensor)| {
        let id = format!("{}-{n:02}", sensor.kind);
        let value = sensor.middle + sensor.swing * drift(n as u64 * 31 + 5, now_ms, 300.0);
        // Car parks and such count whole things.
        let value = if sensor.unit == "个" { value.round() } else { (value * 100.0).round() / 100.0 };
        let body = json!({
            "sensor": id, "kind": sensor.kind, "name": sensor.name, "place": sensor.place, "value": value,
            "unit": sensor.unit, "time": now_ms,
        });
        Message::topic(&format!("taibaihu/sensors/{id}"), body)
    };
    sensors(cells).into_iter().enumerate().map(message).collect()
}

/// Vehicles an hour and how congested the road is (1 free, from 2 on slow) at a moment.
fn road_at(n: usize, at_ms: i64) -> (f64, f64) {
    let (_, full, _) = ROADS[n % ROADS.len()];
    let load = bustle(at_ms) * (1.0 + 0.16 * drift(n as u64 + 400, at_ms, 2_400.0));
    let sensitive = 1.25 + 0.95 * ((n * 5 % 9) as f64 / 8.0);
    (full * load, 1.0 + sensitive * load.clamp(0.0, 1.2).powi(2))
}

/// All roads as they are now.
pub fn traffic(now_ms: i64) -> Message {
    let roads: Vec<Value> = (0..ROADS.len())
        .map(|n| {
            let (name, _, free) = ROADS[n];
            let (flow, congestion) = road_at(n, now_ms);
            let wobble = 1.0 + 0.03 * drift(n as u64 + 900, now_ms, 40.0);
            json!({
                "road": format!("road-{n}"), "name": name, "flow": (flow * wobble).round() as i64,
                "speed": (free / congestion.powf(0.8) * wobble * 10.0).round() / 10.0,
                "congestion": (congestion * 100.0).round() / 100.0,
            })
        })
        .collect();
    Message::topic("taibaihu/traffic", json!({ "time": now_ms, "roads": roads }))
}

/// The slots of all roads that end between two moments.
pub fn flow(from_ms: i64, to_ms: i64) -> Message {
    let mut slots = Vec::new();
    let mut slot = (from_ms / SLOT_MS + 1) * SLOT_MS;
    while slot <= to_ms {
        for (n, road) in ROADS.iter().enumerate() {
            let (flow, congestion) = road_at(n, slot);
            let usual = road.1 * bustle(slot);
            slots.push(json!({
                "road": format!("road-{n}"), "slot": slot, "flow": flow.round() as i64, "usual": usual.round() as i64,
                "congestion": (congestion * 100.0).round() / 100.0,
            }));
        }
        slot += SLOT_MS;
    }
    Message::topic("taibaihu/flow", json!({ "slots": slots }))
}

/// The sky over the lake.
pub fn weather(now_ms: i64) -> Message {
    let warm = 9.5 + 3.0 * drift(3, now_ms, 86_400.0);
    let wind = 2.6 + 1.1 * drift(4, now_ms, 7_200.0);
    let damp = 58.0 + 9.0 * drift(5, now_ms, 50_000.0);
    let air = 61.0 + 14.0 * drift(6, now_ms, 40_000.0);
    let now = [
        (1, "天气", "多云".to_owned(), "cloud"),
        (2, "气温", format!("{warm:.1} ℃"), "thermometer"),
        (3, "湿度", format!("{damp:.0}%"), "drop"),
        (4, "东南风", format!("{wind:.1} m/s"), "wind"),
        (5, "空气", format!("良 {air:.0}"), "leaf"),
    ];
    let now: Vec<Value> = now
        .into_iter()
        .map(|(ordinal, name, value, icon)| json!({ "ordinal": ordinal, "name": name, "value": value, "icon": icon }))
        .collect();
    Message::topic("taibaihu/weather", json!({ "now": now }))
}
