//! What a template is told: sizes, colours, the answer, and what the kind of widget makes of it.

use super::format::{self, Moment};
use super::setting::{self, MomentValue, Rows, SETTING, Setting, as_number, hex, unix_s};
use super::{board, series, words};
use layouts::{Language, Mode, Palette, Shown, Threshold, WidgetFace, WidgetKind};
use media::{Table, Value as Cell};
use minijinja::Value;
use std::sync::Arc;

/// Lengths in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lengths {
    /// Extent of what is drawn.
    pub width: u32,
    /// Extent of what is drawn.
    pub height: u32,
    /// Size of ordinary words.
    pub em: f64,
}

/// Name and value pairs for a template.
pub(super) type Pairs = Vec<(&'static str, Value)>;

/// Sizes, colours, language: what every template is told.
pub(super) fn surroundings(face: &WidgetFace, lengths: Lengths, setting: &Arc<Setting>) -> Pairs {
    let Lengths { width, height, em } = lengths;
    // The theme's ratio: title 36, card title 22, body 24, small 18, figure 84.
    let size = Value::from_pairs([
        ("title", em * 1.5),
        ("card", em * 22.0 / 24.0),
        ("body", em),
        ("small", em * 0.75),
        ("figure", em * 3.5),
    ]);
    vec![
        (SETTING, Value::from_dyn_object(Arc::clone(setting))),
        ("width", Value::from(width)),
        ("height", Value::from(height)),
        ("em", Value::from(em)),
        ("grid", Value::from(em / 3.0)),
        ("hair", Value::from(libm::round(em / 24.0).max(1.0))),
        ("size", size),
        ("theme", series::theme(&setting.palette)),
        ("dark", Value::from(face.mode == Mode::Dark)),
        ("lang", Value::from(if face.language == Language::Chinese { "zh" } else { "en" })),
        ("title", Value::from(super::measure::cleaned(&face.title, 400))),
        ("now", Value::from_object(MomentValue { unix_s: face.now_s })),
        ("now_s", Value::from(face.now_s)),
    ]
}

/// The answers that a face shows.
pub(super) fn answers(kind: &WidgetKind<Shown>) -> Vec<&Shown> {
    match kind {
        WidgetKind::Map { layers, .. } => layers
            .iter()
            .filter_map(|layer| match layer {
                layouts::MapLayer::Areas { query, .. } => query.as_ref(),
                layouts::MapLayer::Ground { .. } => None,
                layouts::MapLayer::Points { query, .. } => Some(query),
            })
            .collect(),
        WidgetKind::Clock { .. } => Vec::new(),
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
        | WidgetKind::Template { query, .. } => vec![query],
    }
}

/// The format that numbers of a face are written in.
pub(super) fn number_format(kind: &WidgetKind<Shown>) -> layouts::NumberFormat {
    match kind {
        WidgetKind::Figure { format, .. }
        | WidgetKind::Line { format, .. }
        | WidgetKind::Bar { format, .. }
        | WidgetKind::Donut { format, .. }
        | WidgetKind::Gauge { format, .. }
        | WidgetKind::Ranking { format, .. }
        | WidgetKind::Table { format, .. }
        | WidgetKind::Map { format, .. }
        | WidgetKind::Heat { format, .. }
        | WidgetKind::Template { format, .. } => format.clone(),
        WidgetKind::EventBoard { .. }
        | WidgetKind::Ticker { .. }
        | WidgetKind::Clock { .. }
        | WidgetKind::Strip { .. }
        | WidgetKind::Picture { .. }
        | WidgetKind::Banner { .. } => layouts::NumberFormat::default(),
    }
}

/// Columns without which a kind has nothing to draw.
pub(super) fn columns(kind: &WidgetKind<Shown>) -> &'static [&'static str] {
    match kind {
        WidgetKind::Figure { .. } | WidgetKind::Gauge { .. } => &["value"],
        WidgetKind::Donut { .. } | WidgetKind::Ranking { .. } | WidgetKind::Strip { .. } => {
            &["name", "value"]
        }
        WidgetKind::EventBoard { .. } => &["state", "title"],
        WidgetKind::Heat { .. } => &["x", "y", "value"],
        WidgetKind::Ticker { .. } | WidgetKind::Banner { .. } => &["text"],
        WidgetKind::Picture { .. } => &["picture"],
        WidgetKind::Line { .. }
        | WidgetKind::Bar { .. }
        | WidgetKind::Table { .. }
        | WidgetKind::Map { .. }
        | WidgetKind::Clock { .. }
        | WidgetKind::Template { .. } => &[],
    }
}

/// The built-in template of a kind; `None` for maps and designers' own.
pub(super) fn template(kind: &WidgetKind<Shown>) -> Option<&'static str> {
    match kind {
        WidgetKind::Figure { .. } => Some("figure.svg"),
        WidgetKind::Line { .. } => Some("line.svg"),
        WidgetKind::Bar { .. } => Some("bar.svg"),
        WidgetKind::Donut { .. } => Some("donut.svg"),
        WidgetKind::Gauge { .. } => Some("gauge.svg"),
        WidgetKind::Ranking { .. } => Some("ranking.svg"),
        WidgetKind::Table { .. } => Some("table.svg"),
        WidgetKind::EventBoard { .. } => Some("event-board.svg"),
        WidgetKind::Heat { .. } => Some("heat.svg"),
        WidgetKind::Ticker { .. } => Some("ticker.svg"),
        WidgetKind::Clock { .. } => Some("clock.svg"),
        WidgetKind::Strip { .. } => Some("strip.svg"),
        WidgetKind::Picture { .. } => Some("picture.svg"),
        WidgetKind::Banner { .. } => Some("banner.svg"),
        WidgetKind::Map { .. } | WidgetKind::Template { .. } => None,
    }
}

/// The rows, for every template that has an answer.
pub(super) fn rows(table: &Arc<Table>) -> Pairs {
    let columns: Vec<String> =
        table.columns().iter().map(|name| super::measure::cleaned(name, 200)).collect();
    vec![
        ("rows", Value::from_object(Rows(Arc::clone(table)))),
        ("row_count", Value::from(table.rows().len())),
        ("columns", Value::from(columns)),
    ]
}

/// What the kind makes of its answer.
pub(super) fn content(face: &WidgetFace, setting: &Setting) -> Pairs {
    let palette = &setting.palette;
    match &face.kind {
        WidgetKind::Figure { query, rising_is_good, against, thresholds, .. } => {
            let mut pairs = figure(&query.table, *rising_is_good, palette);
            pairs.push(("against", Value::from(super::measure::cleaned(against, 100))));
            pairs.push((
                "color",
                Value::from(threshold_color(&query.table, thresholds, setting, palette.text.0)),
            ));
            pairs
        }
        WidgetKind::Line { query, area, .. } => {
            let mut pairs = series::chart(&query.table, false, setting);
            pairs.push(("area", Value::from(*area)));
            pairs
        }
        WidgetKind::Bar { query, stacked, .. } => {
            let mut pairs = series::chart(&query.table, true, setting);
            pairs.push(("stacked", Value::from(*stacked)));
            pairs
        }
        WidgetKind::Donut { query, .. } => series::shares(&query.table, setting),
        WidgetKind::Gauge { query, from, to, thresholds, .. } => {
            let mut pairs = gauge(from.get(), to.get(), thresholds, setting);
            pairs.push(("value", first(&query.table, "value")));
            pairs.push((
                "color",
                Value::from(threshold_color(&query.table, thresholds, setting, palette.accent.0)),
            ));
            pairs
        }
        WidgetKind::Ranking { query, .. } => series::ranking(&query.table),
        WidgetKind::Table { query, headings, page, .. } => table(&query.table, headings, page.as_secs()),
        WidgetKind::EventBoard { query } => {
            vec![("board", Value::from(board::columns(&query.table, face.now_s, face.language)))]
        }
        WidgetKind::Heat { query, .. } => series::heat(&query.table, setting),
        WidgetKind::Ticker { query, .. } => ticker(&query.table),
        WidgetKind::Clock { seconds, date } => {
            let now = Moment::new(face.now_s, face.utc_offset_s);
            let time = now.write(if *seconds { "seconds" } else { "time" }, face.language);
            let order =
                if face.language == Language::Chinese { ["date", "weekday"] } else { ["weekday", "date"] };
            let day = order.map(|form| now.write(form, face.language)).join(" ");
            vec![("time", Value::from(time)), ("date", Value::from(if *date { day } else { String::new() }))]
        }
        WidgetKind::Picture { query } => vec![("source", first(&query.table, "picture"))],
        WidgetKind::Banner { query, color } => banner(&query.table, setting.shade(*color), face),
        WidgetKind::Template { query, .. } => series::chart(&query.table, false, setting),
        WidgetKind::Strip { .. } | WidgetKind::Map { .. } => Vec::new(),
    }
}

/// The first row's cell of a column.
fn first(table: &Table, name: &str) -> Value {
    match table.get(0, name) {
        Some(Cell::Text(text)) if name == "picture" => Value::from(Arc::clone(text)),
        Some(cell) => setting::cell(cell),
        None => Value::from(()),
    }
}

/// `value`, `change` (percent against `before`), `good` (−1, 0, 1), `trend`.
fn figure(table: &Table, rising_is_good: Option<bool>, palette: &Palette) -> Pairs {
    let value = first(table, "value");
    let before = as_number(&first(table, "before"));
    let change = as_number(&value).zip(before.filter(|before| *before != 0.0));
    let change = change.map(|(now, before)| (now - before) / before.abs() * 100.0).filter(|c| c.is_finite());
    let good = match (change, rising_is_good) {
        (Some(change), Some(rising)) if change != 0.0 => Some((change > 0.0) == rising),
        _ => None,
    };
    let color = match good {
        Some(true) => palette.ok.0,
        Some(false) => palette.danger.0,
        None => palette.text_2.0,
    };
    let trend = table.column("trend").map(|at| {
        let from = table.rows().len().saturating_sub(400);
        table.rows()[from..].iter().filter_map(|row| row.get(at)?.number()).collect::<Vec<f64>>()
    });
    vec![
        ("value", value),
        ("change", Value::from(change)),
        ("change_color", Value::from(hex(color))),
        ("trend", Value::from(trend.unwrap_or_default())),
    ]
}

/// The colour of the highest threshold that the value has reached.
fn threshold_color(
    table: &Table,
    thresholds: &[Threshold],
    setting: &Setting,
    otherwise: layouts::Rgba,
) -> String {
    let value = table.get(0, "value").and_then(Cell::number);
    let reached =
        thresholds.iter().filter(|threshold| value.is_some_and(|value| value >= threshold.from.get()));
    let highest = reached.max_by(|a, b| a.from.get().total_cmp(&b.from.get()));
    let color = highest.map_or(otherwise, |found| setting.shade(found.color));
    hex(if value.is_some() { color } else { setting.palette.muted.0 })
}

/// `from`, `to`, `zones` (`.from`, `.to` as parts of the way, `.color`).
fn gauge(from: f64, to: f64, thresholds: &[Threshold], setting: &Setting) -> Pairs {
    let part = |value: f64| if to == from { 0.0 } else { ((value - from) / (to - from)).clamp(0.0, 1.0) };
    let mut edges: Vec<(f64, layouts::Rgba)> = vec![(0.0, setting.palette.accent.0)];
    let mut sorted: Vec<&Threshold> = thresholds.iter().take(12).collect();
    sorted.sort_by(|a, b| part(a.from.get()).total_cmp(&part(b.from.get())));
    edges.extend(sorted.iter().map(|threshold| (part(threshold.from.get()), setting.shade(threshold.color))));
    let ends = edges.iter().skip(1).map(|(at, _)| *at).chain([1.0]);
    let zone = |((from, color), to): (&(f64, layouts::Rgba), f64)| {
        Value::from_pairs([
            ("from", Value::from(*from)),
            ("to", Value::from(to)),
            ("color", Value::from(hex(*color))),
        ])
    };
    let zones: Vec<Value> = edges.iter().zip(ends).filter(|((from, _), to)| to > from).map(zone).collect();
    vec![("from", Value::from(from)), ("to", Value::from(to)), ("zones", Value::from(zones))]
}

/// `headings` (`.column`, `.name`) and `page_s`.
fn table(table: &Table, headings: &[(String, String)], page_s: u64) -> Pairs {
    let own = || table.columns().iter().map(|name| (name.to_string(), name.to_string())).collect();
    let headings: Vec<(String, String)> = if headings.is_empty() { own() } else { headings.to_vec() };
    let heading = |(column, name): (String, String)| {
        // A column that the answer lacks is shown with dashes, so that the others are not lost with it.
        let at = table.column(&column).map_or(usize::MAX, |at| at);
        Value::from_pairs([
            ("column", Value::from(at)),
            ("name", Value::from(super::measure::cleaned(&name, 200))),
        ])
    };
    let headings: Vec<Value> = headings.into_iter().map(heading).collect();
    vec![("headings", Value::from(headings)), ("page_s", Value::from(page_s.max(1)))]
}

/// `texts`, as many as any strip could hold.
fn ticker(table: &Table) -> Pairs {
    let at = table.column("text");
    let text = |row: &Vec<Cell>| row.get(at?)?.text().map(|text| super::measure::cleaned(text, 2_000));
    let texts: Vec<String> =
        table.rows().iter().filter_map(text).filter(|t| !t.is_empty()).take(400).collect();
    vec![("texts", Value::from(texts))]
}

/// `text`, `left` (words; empty without an end) and `color`.
fn banner(table: &Table, color: layouts::Rgba, face: &WidgetFace) -> Pairs {
    let left = match table.get(0, "until") {
        Some(Cell::Time(until)) => {
            let left_s = unix_s(*until).saturating_sub(face.now_s);
            let clock = format::clock(left_s.saturating_abs(), face.language);
            words::left(face.language, left_s < 0, &clock)
        }
        _ => String::new(),
    };
    vec![("text", first(table, "text")), ("left", Value::from(left)), ("color", Value::from(hex(color)))]
}
