//! Sample faces: what a hall would show, in both languages.

use layouts::{
    CANVAS_PIXEL, Language, MapLayer, Mode, NumberFormat, Shown, Theme, Threshold, WidgetFace, WidgetKind,
};
use media::{Real, Table, Value, WallTime};
use std::sync::Arc;
use std::time::Duration;

/// 23 November 2026, 10:32:07 in China.
pub const NOW_S: i64 = 1_795_401_127;

/// Words in both languages.
pub type Both = (&'static str, &'static str);

/// A language and a mode.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub language: Language,
    pub mode: Mode,
}

/// Every look, Chinese and dark first.
pub const LOOKS: [Look; 4] = [
    Look { language: Language::Chinese, mode: Mode::Dark },
    Look { language: Language::English, mode: Mode::Dark },
    Look { language: Language::Chinese, mode: Mode::Light },
    Look { language: Language::English, mode: Mode::Light },
];

impl Look {
    pub fn say(self, words: Both) -> &'static str {
        match self.language {
            Language::Chinese => words.0,
            Language::English => words.1,
        }
    }

    pub fn role(self, name: &str) -> layouts::Rgba {
        Theme::built_in().palette(self.mode).role(name).unwrap()
    }
}

pub fn text(words: &str) -> Value {
    Value::Text(words.into())
}

pub fn real(number: f64) -> Value {
    Value::Real(Real::new(number).unwrap())
}

pub fn time(unix_s: i64) -> Value {
    Value::Time(WallTime(unix_s * 1_000_000_000))
}

pub fn table(columns: &[&str], rows: Vec<Vec<Value>>) -> Arc<Table> {
    Arc::new(Table::new(columns.iter().map(|name| (*name).into()).collect(), rows).unwrap())
}

pub fn shown(columns: &[&str], rows: Vec<Vec<Value>>) -> Shown {
    Shown { table: table(columns, rows), stale_s: None, waiting: false, fault: None }
}

pub fn format(decimals: u8, short: bool, unit: &str) -> NumberFormat {
    NumberFormat { decimals, short, signed: false, unit: unit.into() }
}

pub fn face(look: Look, title: Both, size_px: i64, kind: WidgetKind<Shown>) -> WidgetFace {
    let timed = matches!(
        kind,
        WidgetKind::Clock { .. }
            | WidgetKind::EventBoard { .. }
            | WidgetKind::Banner { .. }
            | WidgetKind::Table { .. }
    );
    WidgetFace {
        widget: 0,
        title: look.say(title).to_owned(),
        card: true,
        size: size_px * CANVAS_PIXEL,
        language: look.language,
        mode: look.mode,
        utc_offset_s: 8 * 3_600,
        now_s: if timed { NOW_S } else { 0 },
        kind,
    }
}

const COMMUNITIES: [Both; 8] = [
    ("许庄街道", "Xuzhuang"),
    ("石桥镇", "Shiqiao"),
    ("南风花园", "Nanfeng Garden"),
    ("京杭佳苑", "Canal Court"),
    ("济宁学院", "College"),
    ("任城大道", "Rencheng Ave."),
    ("太白湖北岸", "North Shore"),
    ("运河社区", "Canal Quarter"),
];

fn named(look: Look, values: &[f64]) -> Shown {
    let row = |(name, value): (&Both, &f64)| vec![text(look.say(*name)), real(*value)];
    shown(&["name", "value"], COMMUNITIES.iter().zip(values).map(row).collect())
}

/// A wave that looks like a day's figures, always the same.
fn wave(index: usize, phase: f64) -> f64 {
    let x = index as f64;
    (40.0 + 22.0 * (x * 0.55 + phase).sin() + 9.0 * (x * 1.7 + phase * 3.0).cos()).round()
}

pub fn figure(look: Look) -> WidgetKind<Shown> {
    let rows = (0..16).map(|i| vec![Value::Integer(157), real(139.6), real(wave(i, 0.0))]).collect();
    WidgetKind::Figure {
        query: shown(&["value", "before", "trend"], rows),
        format: format(0, false, look.say(("起", "cases"))),
        rising_is_good: Some(true),
        against: look.say(("较上月", "vs last month")).into(),
        thresholds: Vec::new(),
    }
}

pub fn line(look: Look, area: bool) -> WidgetKind<Shown> {
    let (a, b) = (look.say(("诉求", "Requests")), look.say(("办结", "Closed")));
    let row = |i: usize| {
        let second = if i == 9 { Value::Null } else { real(wave(i, 2.0) * 0.6) };
        vec![time(NOW_S - 82_800 + 3_600 * i as i64), real(wave(i, 0.0) * 40.0), second]
    };
    let rows: Vec<Vec<Value>> = (0..24).map(row).collect();
    let query = if area {
        shown(&["t", a], rows.into_iter().map(|row| row[..2].to_vec()).collect())
    } else {
        let scaled = |mut row: Vec<Value>| {
            row[2] = row[2].number().map_or(Value::Null, |number| real(number * 40.0));
            row
        };
        shown(&["t", a, b], rows.into_iter().map(scaled).collect())
    };
    WidgetKind::Line { query, format: format(0, false, look.say(("件", ""))), area }
}

pub fn bar(look: Look, stacked: bool) -> WidgetKind<Shown> {
    let names =
        [("综治", "Security"), ("警务", "Police"), ("城管", "City"), ("创城", "Civic")].map(|n| look.say(n));
    let row = |(i, name): (usize, &Both)| {
        let mut row = vec![text(look.say(*name))];
        row.extend((0..if stacked { 4 } else { 1 }).map(|s| real(wave(i * 3, s as f64))));
        row
    };
    let rows = COMMUNITIES.iter().take(6).enumerate().map(row).collect();
    let columns: Vec<&str> =
        std::iter::once("x").chain(names.into_iter().take(if stacked { 4 } else { 1 })).collect();
    WidgetKind::Bar { query: shown(&columns, rows), format: format(0, false, ""), stacked }
}

pub fn donut(look: Look) -> WidgetKind<Shown> {
    let query = named(look, &[4210.0, 3120.0, 2304.0, 1806.0, 950.0, 430.0, 220.0, 90.0]);
    WidgetKind::Donut { query, format: format(0, true, look.say(("件", "cases"))) }
}

pub fn gauge(look: Look) -> WidgetKind<Shown> {
    let at = |from: f64, role: &str| Threshold { from: Real::new(from).unwrap(), color: look.role(role) };
    WidgetKind::Gauge {
        query: shown(&["value"], vec![vec![real(92.4)]]),
        format: format(1, false, "%"),
        from: Real::new(0.0).unwrap(),
        to: Real::new(100.0).unwrap(),
        thresholds: vec![at(0.0, "danger"), at(60.0, "warn"), at(85.0, "ok")],
    }
}

pub fn ranking(look: Look) -> WidgetKind<Shown> {
    WidgetKind::Ranking { query: named(look, &[42.0, 31.0, 23.0, 18.0, 9.0]), format: format(0, false, "") }
}

pub fn rows(look: Look, count: usize) -> WidgetKind<Shown> {
    let kinds = [
        ("落水管破损", "Broken downpipe"),
        ("垃圾满溢", "Overflowing bin"),
        ("路灯故障", "Street light out"),
    ];
    let row = |i: usize| {
        let number = if i == 2 { Value::Null } else { real(wave(i, 1.0) * 31.7) };
        vec![
            text(look.say(kinds[i % 3])),
            text(look.say(COMMUNITIES[i % 8])),
            time(NOW_S - 300 * i as i64),
            number,
        ]
    };
    let heading = |column: &str, words: Both| (column.to_owned(), look.say(words).to_owned());
    WidgetKind::Table {
        query: shown(&["what", "place", "at", "n"], (0..count).map(row).collect()),
        headings: vec![
            heading("what", ("事项", "What")),
            heading("place", ("地点", "Where")),
            heading("at", ("时间", "When")),
            heading("n", ("数量", "Count")),
        ],
        format: format(1, false, ""),
        page: Duration::from_secs(10),
    }
}

pub fn board(look: Look) -> WidgetKind<Shown> {
    type Event = (&'static str, Both, Both, i64);
    let events: [Event; 12] = [
        ("reported", ("落水管破损", "Broken downpipe"), ("京杭佳苑 6号楼", "Canal Court 6"), 130),
        ("reported", ("消防通道占用", "Fire lane blocked"), ("石桥镇 11", "Shiqiao 11"), 24),
        ("reported", ("井盖松动", "Loose manhole"), ("太白湖北岸", "North Shore"), 15),
        ("verified", ("管道锈蚀", "Rusty pipe"), ("南风花园", "Nanfeng Garden"), 281),
        ("verified", ("电动车乱停", "Parked scooters"), ("许庄街道", "Xuzhuang"), 440),
        ("dispatched", ("垃圾满溢", "Overflowing bin"), ("许庄 02", "Xuzhuang 02"), 492),
        ("dispatched", ("路灯故障", "Street light out"), ("任城大道", "Rencheng Avenue"), 696),
        ("dispatched", ("树木倒伏", "Fallen tree"), ("运河社区", "Canal Quarter"), 700),
        ("dispatched", ("噪声扰民", "Noise"), ("济宁学院", "College"), 30),
        ("handled", ("井盖松动", "Loose manhole"), ("太白湖北岸", "North Shore"), 363),
        ("handled", ("占道经营", "Street trading"), ("石桥镇", "Shiqiao"), 900),
        ("closed", ("邻里纠纷", "Neighbours' dispute"), ("济宁学院", "College"), 4000),
    ];
    let row = |(state, title, place, age_s): &Event| {
        let at = NOW_S - age_s;
        vec![text(state), text(look.say(*title)), text(look.say(*place)), time(at), time(at + 600)]
    };
    let mut rows: Vec<Vec<Value>> = events.iter().map(row).collect();
    rows.extend(
        (0..150).map(|i| row(&("closed", ("邻里纠纷", "Dispute"), ("济宁学院", "College"), 5_000 + i))),
    );
    WidgetKind::EventBoard { query: shown(&["state", "title", "place", "reported", "due"], rows) }
}

pub fn heat(look: Look) -> WidgetKind<Shown> {
    let days = [("周一", "Mon"), ("周二", "Tue"), ("周三", "Wed"), ("周四", "Thu"), ("周五", "Fri")];
    let cell = |d: usize, h: usize| {
        vec![text(&format!("{:02}", h * 2)), text(look.say(days[d])), real(wave(h * 2 + d, d as f64))]
    };
    let rows = (0..5).flat_map(|d| (0..12).map(move |h| cell(d, h))).collect();
    WidgetKind::Heat {
        query: shown(&["x", "y", "value"], rows),
        format: format(0, false, look.say(("件", ""))),
    }
}

pub fn ticker(look: Look) -> WidgetKind<Shown> {
    let items = [
        ("今日化解矛盾纠纷 12 起", "12 disputes settled today"),
        ("太白湖景区客流 3.2 万人次", "32,000 visitors at the lake"),
        ("明日多云，东南风 3 级", "Cloudy tomorrow, south-easterly wind"),
    ];
    let rows = items.iter().map(|item| vec![text(look.say(*item))]).collect();
    WidgetKind::Ticker { query: shown(&["text"], rows), speed_px_s: 90 }
}

pub fn strip(look: Look) -> WidgetKind<Shown> {
    let pairs: [(Both, &str, &str); 4] = [
        (("天气", "Weather"), "23 °C", "cloud"),
        (("空气", "Air"), "AQI 41", "leaf"),
        (("风", "Wind"), "3.4 m/s", "wind"),
        (("水位", "Water level"), "1.82 m", "drop"),
    ];
    let row = |(name, value, icon): &(Both, &str, &str)| vec![text(look.say(*name)), text(value), text(icon)];
    WidgetKind::Strip { query: shown(&["name", "value", "icon"], pairs.iter().map(row).collect()) }
}

pub fn banner(look: Look) -> WidgetKind<Shown> {
    let words = (
        "京杭佳苑 消防通道被占用 — 已通知物业，预计 10 分钟内处置",
        "Fire lane blocked at Canal Court — the caretaker has been told",
    );
    let rows = vec![vec![text(look.say(words)), time(NOW_S + 576)]];
    WidgetKind::Banner { query: shown(&["text", "until"], rows), color: look.role("warn") }
}

/// A PNG of 4 × 4 pixels in base64.
pub fn picture() -> WidgetKind<Shown> {
    let picture = image::RgbImage::from_fn(64, 40, |x, y| {
        image::Rgb([x as u8 * 3, 90 + y as u8 * 2, 200 - x as u8 * 2])
    });
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let rows = vec![vec![Value::Text(base64(png.get_ref()).into())]];
    WidgetKind::Picture { query: shown(&["picture"], rows) }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().chain([&0, &0]).take(3).fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

pub fn template(path: &str) -> WidgetKind<Shown> {
    WidgetKind::Template {
        path: path.into(),
        query: shown(&["name", "value"], vec![vec![text("许庄"), real(3.0)], vec![text("石桥"), real(7.0)]]),
        format: format(1, false, ""),
    }
}

/// Areas tinted by value, roads, points in clusters.
pub fn map(look: Look) -> WidgetKind<Shown> {
    let areas = (0..12).map(|i| vec![text(&format!("c{i}")), real(wave(i, 0.5))]).collect();
    let mut points = Vec::new();
    let mut seed = 7u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as f64 / f64::from(1u32 << 31)
    };
    for i in 0..400 {
        let near = i % 5;
        let (lon, lat) = (
            116.52 + 0.025 * f64::from(near) + 0.012 * random(),
            35.30 + 0.014 * f64::from(near * 2 % 5) + 0.010 * random(),
        );
        points.push(vec![real(lon), real(lat)]);
    }
    let cameras = [
        (116.545, 35.345, ("南风花园 东门", "Nanfeng Garden east"), "ok"),
        (116.625, 35.305, ("京杭佳苑 消防通道", "Canal Court fire lane"), "danger"),
        (116.60, 35.365, ("太白湖北岸", "North Shore"), "ok"),
    ];
    let camera = |(lon, lat, label, color): &(f64, f64, Both, &str)| {
        vec![real(*lon), real(*lat), text(look.say(*label)), text(color)]
    };
    WidgetKind::Map {
        layers: vec![
            MapLayer::Areas { path: "grid.geojson".into(), query: Some(shown(&["area", "value"], areas)) },
            MapLayer::Ground { path: "roads.geojson".into(), color: look.role("line") },
            MapLayer::Points {
                query: shown(&["lon", "lat"], points),
                color: look.role("accent"),
                cluster: true,
                size: 8 * CANVAS_PIXEL,
            },
            MapLayer::Points {
                query: shown(&["lon", "lat", "label", "color"], cameras.iter().map(camera).collect()),
                color: look.role("ok"),
                cluster: false,
                size: 12 * CANVAS_PIXEL,
            },
        ],
        bounds: None,
        legend: look.say(("网格事件数", "Events by cell")).into(),
        format: format(0, false, ""),
    }
}

/// The answer of a kind that has one.
pub fn answer(kind: &mut WidgetKind<Shown>) -> Option<&mut Shown> {
    match kind {
        WidgetKind::Clock { .. } | WidgetKind::Map { .. } => None,
        WidgetKind::Figure { query, .. }
        | WidgetKind::Line { query, .. }
        | WidgetKind::Bar { query, .. }
        | WidgetKind::Donut { query, .. }
        | WidgetKind::Gauge { query, .. }
        | WidgetKind::Ranking { query, .. }
        | WidgetKind::Table { query, .. }
        | WidgetKind::EventBoard { query }
        | WidgetKind::Heat { query, .. }
        | WidgetKind::Ticker { query, .. }
        | WidgetKind::Strip { query }
        | WidgetKind::Picture { query }
        | WidgetKind::Banner { query, .. }
        | WidgetKind::Template { query, .. } => Some(query),
    }
}
