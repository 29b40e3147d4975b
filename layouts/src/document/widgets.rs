//! The widgets of the document's scenes. Words become those of the wall's language and colours those of its theme while
//! they are read; queries keep their place, to be checked with the rest.

use super::color;
use super::mistakes::Collector;
use super::reader::{At, Node, Table, list, span};
use super::sources::media_path;
use super::value_or;
use super::values::{choice, flag, id, number, numbers, paint, text, whole, words};
use crate::layout::{Language, Words};
use crate::plan::{CanvasUnit, Rgba};
use crate::theme::Palette;
use crate::widget::{MapLayer, NumberFormat, Threshold, WidgetKind};
use media::{QueryId, Real};
use std::time::Duration;

/// Most thresholds of a widget.
const THRESHOLDS_MAX: usize = 8;
/// Most headings of a table.
const HEADINGS_MAX: usize = 32;
/// Most layers of a map.
const LAYERS_MAX: usize = 16;

/// What words and colours become.
#[derive(Clone, Copy)]
pub(super) struct Voice<'a> {
    pub language: Language,
    pub palette: &'a Palette,
}

/// `widget = "…"` and the keys that belong to it.
#[derive(Debug)]
pub(super) struct WidgetDoc {
    pub title: Option<At<Words>>,
    /// `None` where something of it is wrong.
    pub kind: Option<WidgetKind<At<QueryId>>>,
    pub card: Option<At<bool>>,
    /// Whether it stands on a card where the document says nothing.
    pub card_usual: bool,
    pub text_px_e3: Option<At<i64>>,
}

/// The kinds, as the document writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Figure,
    Line,
    Area,
    Bar,
    Donut,
    Gauge,
    Ranking,
    Table,
    EventBoard,
    Map,
    Heat,
    Ticker,
    Clock,
    Strip,
    Picture,
    Banner,
    Template,
}

const NAMES: [(&str, Name); 17] = [
    ("figure", Name::Figure),
    ("line", Name::Line),
    ("area", Name::Area),
    ("bar", Name::Bar),
    ("donut", Name::Donut),
    ("gauge", Name::Gauge),
    ("ranking", Name::Ranking),
    ("table", Name::Table),
    ("event-board", Name::EventBoard),
    ("map", Name::Map),
    ("heat", Name::Heat),
    ("ticker", Name::Ticker),
    ("clock", Name::Clock),
    ("strip", Name::Strip),
    ("picture", Name::Picture),
    ("banner", Name::Banner),
    ("template", Name::Template),
];

/// The kinds of widgets, as the document writes them.
pub const WIDGET_KINDS: [&str; NAMES.len()] = {
    let mut kinds = [""; NAMES.len()];
    let mut at = 0;
    while at < kinds.len() {
        kinds[at] = NAMES[at].0;
        at += 1;
    }
    kinds
};

/// All keys that some kind of widget has.
pub(super) const KEYS: [&str; 24] = [
    "title",
    "text_px",
    "card",
    "query",
    "unit",
    "decimals",
    "short",
    "signed",
    "thresholds",
    "rising_is_good",
    "against",
    "from",
    "to",
    "stacked",
    "headings",
    "page_s",
    "layers",
    "bounds",
    "legend",
    "speed_px_s",
    "seconds",
    "date",
    "color",
    "template",
];

/// The value of `widget`.
pub(super) fn name(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Name> {
    choice(&NAMES)(node, key, found)
}

/// Reads the keys of a widget of the kind `name`.
pub(super) fn read_widget(
    table: &mut Table<'_, '_>,
    name: Name,
    voice: Voice<'_>,
    found: &mut Collector<'_>,
) -> WidgetDoc {
    let plain = matches!(name, Name::Ticker | Name::Banner);
    let title = if plain { None } else { table.optional("title", found, words(1..=100)) };
    let text_px_e3 = table.optional("text_px", found, number(3, 4_000..=2_000_000));
    let card = if name == Name::Banner { None } else { table.optional("card", found, flag) };
    let kind = match name {
        Name::Figure | Name::Gauge => read_value(table, name, voice, found),
        Name::Line | Name::Area | Name::Bar | Name::Donut | Name::Ranking | Name::Heat => {
            read_chart(table, name, voice, found)
        }
        Name::Table => read_table(table, voice, found),
        Name::Map => read_map(table, voice, found),
        Name::Clock => {
            let seconds = value_or(table.optional("seconds", found, flag), true);
            let date = value_or(table.optional("date", found, flag), true);
            Some(WidgetKind::Clock { seconds, date })
        }
        Name::Template => {
            let path = table.required("template", "template = \"widgets/air.svg\"", found, media_path);
            let (query, format) = (query(table, found), format(table, voice, found));
            path.zip(query).map(|(path, query)| WidgetKind::Template { path: path.value, query, format })
        }
        Name::EventBoard | Name::Ticker | Name::Strip | Name::Picture | Name::Banner => {
            read_words(table, name, voice, found)
        }
    };
    let card_usual = !matches!(name, Name::Clock | Name::Strip | Name::Picture | Name::Template);
    WidgetDoc { title, kind, card, card_usual, text_px_e3 }
}

fn query(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Option<At<QueryId>> {
    table.required("query", "query = \"appeals-today\"", found, id)
}

/// The words under `key` in the wall's language; empty without.
fn said(table: &mut Table<'_, '_>, key: &'static str, voice: Voice<'_>, found: &mut Collector<'_>) -> String {
    let words = table.optional(key, found, words(1..=60));
    words.map(|words| words.value.get(voice.language).to_owned()).unwrap_or_default()
}

fn format(table: &mut Table<'_, '_>, voice: Voice<'_>, found: &mut Collector<'_>) -> NumberFormat {
    let decimals = value_or(table.optional("decimals", found, whole(0..=6)), 0);
    NumberFormat {
        decimals: u8::try_from(decimals).unwrap_or(0),
        short: value_or(table.optional("short", found, flag), false),
        signed: value_or(table.optional("signed", found, flag), false),
        unit: said(table, "unit", voice, found),
    }
}

/// A number with six digits behind the point. Both are exact as floating point, so their quotient is what the text says.
fn real(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Real> {
    let millionths = number(6, -9_000_000_000_000_000..=9_000_000_000_000_000)(node, key, found)?;
    Real::new(millionths as f64 / 1e6)
}

/// The colour under `key`, or a role of the theme.
fn colour(
    table: &mut Table<'_, '_>,
    key: &'static str,
    usual: Rgba,
    voice: Voice<'_>,
    found: &mut Collector<'_>,
) -> Rgba {
    table.optional(key, found, paint).map_or(usual, |at| color(at.value, voice.palette))
}

fn read_thresholds(table: &mut Table<'_, '_>, voice: Voice<'_>, found: &mut Collector<'_>) -> Vec<Threshold> {
    let mut thresholds: Vec<Threshold> = Vec::new();
    for node in list(table.get("thresholds"), "thresholds", THRESHOLDS_MAX, found) {
        let example = "{ from = 80, color = \"warn\" }";
        let Some(mut entry) = Table::open("a threshold", "thresholds", node, example, found) else {
            continue;
        };
        let from = entry.required("from", "from = 80", found, real);
        let paint = entry.required("color", "color = \"warn\"", found, paint);
        entry.finish(found);
        let (Some(from), Some(paint)) = (from, paint) else { continue };
        if thresholds.last().is_some_and(|last| last.from >= from.value) {
            let message = "thresholds stand in no order";
            found.add(from.span, "threshold-order", message, "let each begin above the one before");
        }
        thresholds.push(Threshold { from: from.value, color: color(paint.value, voice.palette) });
    }
    thresholds
}

/// One value: a figure or a gauge.
fn read_value(
    table: &mut Table<'_, '_>,
    name: Name,
    voice: Voice<'_>,
    found: &mut Collector<'_>,
) -> Option<WidgetKind<At<QueryId>>> {
    let (query, format) = (query(table, found), format(table, voice, found));
    let thresholds = read_thresholds(table, voice, found);
    if name == Name::Figure {
        let rising_is_good = table.optional("rising_is_good", found, flag).map(|at| at.value);
        let against = said(table, "against", voice, found);
        return Some(WidgetKind::Figure { query: query?, format, rising_is_good, against, thresholds });
    }
    let from = table.optional("from", found, real);
    let to = table.required("to", "to = 100", found, real);
    let (from, to_at) = (from.map_or(Real::new(0.0), |at| Some(at.value))?, to?);
    if from >= to_at.value {
        let message = "the gauge ends where it begins, or before";
        found.add(to_at.span, "gauge-ends", message, "write a `to` above `from`");
        return None;
    }
    Some(WidgetKind::Gauge { query: query?, format, from, to: to_at.value, thresholds })
}

/// A chart of a query and a format.
fn read_chart(
    table: &mut Table<'_, '_>,
    name: Name,
    voice: Voice<'_>,
    found: &mut Collector<'_>,
) -> Option<WidgetKind<At<QueryId>>> {
    let (query, format) = (query(table, found), format(table, voice, found));
    let stacked = name == Name::Bar && value_or(table.optional("stacked", found, flag), false);
    let query = query?;
    Some(match name {
        Name::Bar => WidgetKind::Bar { query, format, stacked },
        Name::Donut => WidgetKind::Donut { query, format },
        Name::Ranking => WidgetKind::Ranking { query, format },
        Name::Heat => WidgetKind::Heat { query, format },
        _ => WidgetKind::Line { query, format, area: name == Name::Area },
    })
}

/// What shows words or pictures of an answer as they come.
fn read_words(
    table: &mut Table<'_, '_>,
    name: Name,
    voice: Voice<'_>,
    found: &mut Collector<'_>,
) -> Option<WidgetKind<At<QueryId>>> {
    let query = query(table, found);
    match name {
        Name::Ticker => {
            let speed = table.optional("speed_px_s", found, whole(10..=1000));
            Some(WidgetKind::Ticker { query: query?, speed_px_s: value_or(speed, 0) })
        }
        Name::Banner => {
            let color = colour(table, "color", voice.palette.warn.0, voice, found);
            Some(WidgetKind::Banner { query: query?, color })
        }
        Name::EventBoard => Some(WidgetKind::EventBoard { query: query? }),
        Name::Strip => Some(WidgetKind::Strip { query: query? }),
        _ => Some(WidgetKind::Picture { query: query? }),
    }
}

fn read_table(
    table: &mut Table<'_, '_>,
    voice: Voice<'_>,
    found: &mut Collector<'_>,
) -> Option<WidgetKind<At<QueryId>>> {
    let (query, format) = (query(table, found), format(table, voice, found));
    let page_s = value_or(table.optional("page_s", found, whole(1..=3600)), 10);
    let mut headings = Vec::new();
    for node in list(table.get("headings"), "headings", HEADINGS_MAX, found) {
        let example = "{ column = \"title\", text = { zh = \"事项\", en = \"Matter\" } }";
        let Some(mut entry) = Table::open("a heading", "headings", node, example, found) else { continue };
        let column = entry.required("column", "column = \"title\"", found, text(1..=64));
        let words = entry.optional("text", found, words(1..=60));
        entry.finish(found);
        let Some(column) = column else { continue };
        let words = words.map(|words| words.value.get(voice.language).to_owned());
        headings.push((column.value.clone(), words.unwrap_or(column.value)));
    }
    Some(WidgetKind::Table { query: query?, headings, format, page: Duration::from_secs(page_s.into()) })
}

fn read_map(
    table: &mut Table<'_, '_>,
    voice: Voice<'_>,
    found: &mut Collector<'_>,
) -> Option<WidgetKind<At<QueryId>>> {
    let example = "layers = [{ areas = \"map/grid.geojson\" }]";
    if !table.has("layers") {
        table.lack("layers", &format!("add {example}"));
    }
    let node = table.get("layers");
    let nodes = list(node, "layers", LAYERS_MAX, found);
    if let (Some(node), true) = (node, nodes.is_empty() && node.is_some_and(|n| n.get_ref().is_array())) {
        found.add(span(node), "no-layers", "the map has no layers", format!("write {example}"));
    }
    let count = nodes.len();
    let layers: Vec<MapLayer<At<QueryId>>> =
        nodes.into_iter().filter_map(|node| read_layer(node, voice, found)).collect();
    let bounds = table.optional("bounds", found, bounds);
    let legend = said(table, "legend", voice, found);
    let format = format(table, voice, found);
    let right = count > 0 && layers.len() == count;
    right.then(|| WidgetKind::Map { layers, bounds: bounds.map(|at| at.value), legend, format })
}

/// One entry of `layers`: `areas`, `ground` or `points`.
fn read_layer(node: &Node<'_>, voice: Voice<'_>, found: &mut Collector<'_>) -> Option<MapLayer<At<QueryId>>> {
    let example = "{ areas = \"map/grid.geojson\", query = \"appeals-by-cell\" }";
    let mut table = Table::open("a layer of a map", "layers", node, example, found)?;
    let kinds = ["areas", "ground", "points"];
    let given = super::scenes::one_of(&table, &kinds, "a layer of a map", "what it shows", found);
    let areas = table.optional("areas", found, media_path);
    let ground = table.optional("ground", found, media_path);
    let points: Option<At<QueryId>> = table.optional("points", found, id);
    let layer = match given {
        Some("areas") => {
            let query = table.optional("query", found, id);
            areas.map(|path| MapLayer::Areas { path: path.value, query })
        }
        Some("ground") => {
            let color = colour(&mut table, "color", voice.palette.line.0, voice, found);
            ground.map(|path| MapLayer::Ground { path: path.value, color })
        }
        Some(_) => {
            let color = colour(&mut table, "color", voice.palette.accent.0, voice, found);
            let cluster = value_or(table.optional("cluster", found, flag), false);
            let size_px_e3 = table.optional("size_px", found, number(3, 1_000..=200_000));
            // Nothing stands for the theme's own; who checks the scene knows the canvas.
            let size = size_px_e3.map_or(0, |at| super::check_scenes::units(at.value));
            points.map(|query| MapLayer::Points { query, color, cluster, size })
        }
        None => None,
    };
    table.finish(found);
    layer
}

/// West, south, east, north in degrees.
fn bounds(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<[Real; 4]> {
    let [west, south, east, north] =
        numbers::<4>("west, south, east, north", 6, -180_000_000..=180_000_000)(node, key, found)?;
    if west >= east || south >= north || south < -85_000_000 || north > 85_000_000 {
        let message = format!("`{key} = {}` is no part of the map", found.excerpt(span(node)));
        let help =
            "write [west, south, east, north] in degrees, west below east, south below north, within ±85";
        found.add(span(node), "bad-bounds", message, help);
        return None;
    }
    let degrees = [west, south, east, north].map(|e6| Real::new(e6 as f64 / 1e6));
    let [Some(west), Some(south), Some(east), Some(north)] = degrees else { return None };
    Some([west, south, east, north])
}

/// The sizes that only the canvas and the wall tell: what was left open while reading, with `unit` canvas units to a design
/// pixel on a wall of `hz` ticks a second.
pub(super) fn fill_in(kind: WidgetKind<QueryId>, unit: CanvasUnit, hz: u32) -> WidgetKind<QueryId> {
    match kind {
        // About 100 pixels a second, in whole ones at each tick: nothing trembles.
        WidgetKind::Ticker { query, speed_px_s: 0 } => {
            WidgetKind::Ticker { query, speed_px_s: ((100 + hz / 2) / hz).max(1) * hz }
        }
        WidgetKind::Map { mut layers, bounds, legend, format } => {
            for layer in &mut layers {
                if let MapLayer::Points { size: size @ 0, .. } = layer {
                    *size = 10 * unit;
                }
            }
            WidgetKind::Map { layers, bounds, legend, format }
        }
        other => other,
    }
}
