//! Widgets in windows, and the queries behind them: which kind, which query, how its values are written; each as a value that takes the
//! place of what the document said. What is the default is not written.

use crate::edit::words;
use crate::found::{Tables, window};
use crate::hall_text::{EditError, HallText};
use crate::sources::{SourceKeys, keys_of};
use crate::value::{number, put};
use layouts::{Mode, WIDGET_KINDS};
use media::{QueryId, SceneId};
use serde_json::Value as Json;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

/// Words in Chinese and in English.
pub type Pair = (String, String);

/// One thing that a document says of a widget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WidgetSetting {
    /// What it is. Keys that the new kind has not are taken away, what it cannot be without is put in.
    Kind {
        /// The kind, such as `figure`.
        kind: String,
        /// The query that it shows where it had none.
        query: Option<QueryId>,
        /// The template that it draws where it had none.
        template: Option<String>,
    },
    /// Whose answer it shows. For a map, whose answer its points are.
    Query(QueryId),
    /// What stands above it; or nothing.
    Title(Option<Pair>),
    /// What stands behind its numbers; or nothing.
    Unit(Option<Pair>),
    /// Digits behind the point, 0–6.
    Decimals(u8),
    /// Whether large numbers are shortened.
    Short(bool),
    /// Whether a plus sign stands before what is above zero.
    Signed(bool),
    /// From which value on (in millionths) which colour, as the document writes it, is shown; each above the one before.
    Thresholds(Vec<(i64, String)>),
    /// Between which values a gauge moves, in millionths.
    Ends(i64, i64),
    /// A table's columns, each with what stands above it; none for all of them.
    Headings(Vec<(String, Option<Pair>)>),
    /// Whether rising is good; `None` where it is neither.
    RisingIsGood(Option<bool>),
    /// What a figure's change is compared with; or nothing.
    Against(Option<Pair>),
    /// Whether bars stand on each other.
    Stacked(bool),
    /// How many seconds a page of a table stays; 10 where nothing is said.
    Page(u32),
    /// How many canvas pixels a ticker goes in a second.
    Speed(u32),
    /// Whether a clock shows seconds.
    Seconds(bool),
    /// Whether a clock shows the date.
    Date(bool),
    /// A banner's colour as the document writes it.
    Color(String),
    /// The template's path below the media folder.
    Template(String),
    /// Whether it stands on a card; `None` for what is usual for its kind.
    Card(Option<bool>),
    /// The size of its ordinary words in thousandths of a canvas pixel; `None` for the theme's.
    TextSize(Option<i64>),
}

const FORMAT: [&str; 4] = ["decimals", "short", "signed", "unit"];

/// The keys that a widget of `kind` can have, beside `widget`; without those of every window. Empty for a kind that there is not.
pub fn widget_keys(kind: &str) -> Vec<&'static str> {
    let own: &[&str] = match kind {
        "figure" => &["query", "thresholds", "rising_is_good", "against"],
        "gauge" => &["query", "thresholds", "from", "to"],
        "line" | "area" | "donut" | "ranking" | "heat" => &["query"],
        "bar" => &["query", "stacked"],
        "table" => &["query", "page_s", "headings"],
        "map" => &["layers", "bounds", "legend"],
        "clock" => &["seconds", "date"],
        "template" => &["query", "template"],
        "event-board" | "strip" | "picture" => &["query"],
        "ticker" => &["query", "speed_px_s"],
        "banner" => &["query", "color"],
        _ => return Vec::new(),
    };
    let mut keys = own.to_vec();
    if !matches!(kind, "event-board" | "strip" | "picture" | "ticker" | "banner" | "clock") {
        keys.extend(FORMAT);
    }
    if !matches!(kind, "ticker" | "banner") {
        keys.push("title");
    }
    if kind != "banner" {
        keys.push("card");
    }
    keys.push("text_px");
    keys
}

impl WidgetSetting {
    pub(crate) fn apply(&self, window: &mut dyn TableLike) {
        match self {
            Self::Kind { kind, query, template } => {
                put_kind(window, kind, query.as_ref().map(QueryId::as_str), template.as_deref());
            }
            Self::Query(query) => put_query(window, query.as_str()),
            Self::Title(title) => put_or_remove(window, "title", title.as_ref().map(words)),
            Self::Unit(unit) => put_or_remove(window, "unit", unit.as_ref().map(words)),
            Self::Decimals(digits) => {
                put_or_remove(window, "decimals", (*digits > 0).then(|| i64::from(*digits).into()));
            }
            Self::Short(short) => put_or_remove(window, "short", short.then(|| true.into())),
            Self::Signed(signed) => put_or_remove(window, "signed", signed.then(|| true.into())),
            Self::Thresholds(all) => {
                put_or_remove(window, "thresholds", (!all.is_empty()).then(|| thresholds(all)));
            }
            Self::Ends(from, to) => {
                put_or_remove(window, "from", (*from != 0).then(|| number(*from, 6)));
                put(window, "to", number(*to, 6));
            }
            Self::Headings(all) => {
                put_or_remove(window, "headings", (!all.is_empty()).then(|| headings(all)));
            }
            Self::RisingIsGood(good) => put_or_remove(window, "rising_is_good", good.map(Value::from)),
            Self::Against(against) => put_or_remove(window, "against", against.as_ref().map(words)),
            Self::Stacked(stacked) => put_or_remove(window, "stacked", stacked.then(|| true.into())),
            Self::Page(seconds) => {
                put_or_remove(window, "page_s", (*seconds != 10).then(|| i64::from(*seconds).into()));
            }
            Self::Speed(pixels) => put(window, "speed_px_s", i64::from(*pixels).into()),
            Self::Seconds(shown) => put_or_remove(window, "seconds", (!shown).then(|| false.into())),
            Self::Date(shown) => put_or_remove(window, "date", (!shown).then(|| false.into())),
            Self::Color(color) => put(window, "color", color.as_str().into()),
            Self::Template(path) => put(window, "template", path.as_str().into()),
            Self::Card(card) => put_or_remove(window, "card", card.map(Value::from)),
            Self::TextSize(size) => put_or_remove(window, "text_px", size.map(|size| number(size, 3))),
        }
    }
}

fn put_or_remove(window: &mut dyn TableLike, key: &str, value: Option<Value>) {
    match value {
        Some(value) => put(window, key, value),
        None => drop(window.remove(key)),
    }
}

fn thresholds(all: &[(i64, String)]) -> Value {
    let one = |(from, color): &(i64, String)| {
        let mut table = InlineTable::new();
        table.insert("from", number(*from, 6));
        table.insert("color", color.as_str().into());
        Value::from(table)
    };
    Value::Array(all.iter().map(one).collect::<Array>())
}

fn headings(all: &[(String, Option<Pair>)]) -> Value {
    let one = |(column, text): &(String, Option<Pair>)| {
        let mut table = InlineTable::new();
        table.insert("column", column.as_str().into());
        if let Some(text) = text {
            table.insert("text", words(text));
        }
        Value::from(table)
    };
    Value::Array(all.iter().map(one).collect::<Array>())
}

/// The query of a widget's own, or the first of a map's layers.
fn query_of(window: &dyn TableLike) -> Option<String> {
    if let Some(query) = window.get("query").and_then(Item::as_str) {
        return Some(query.to_owned());
    }
    let layers = window.get("layers")?.as_array()?.iter().filter_map(Value::as_inline_table);
    let mut queries = layers.filter_map(|layer| layer.get("points").or_else(|| layer.get("query"))?.as_str());
    queries.next().map(str::to_owned)
}

/// Makes a window's widget one of `kind`; what it had and the new kind has too, it keeps.
pub(crate) fn put_kind(window: &mut dyn TableLike, kind: &str, query: Option<&str>, template: Option<&str>) {
    let query = query_of(window).or_else(|| query.map(str::to_owned));
    let keys = widget_keys(kind);
    for key in WIDGET_KINDS.into_iter().flat_map(widget_keys).filter(|key| !keys.contains(key)) {
        window.remove(key);
    }
    put(window, "widget", kind.into());
    if let Some(query) = query.as_deref().filter(|_| keys.contains(&"query") || keys.contains(&"layers"))
        && (keys.contains(&"query") || !window.contains_key("layers"))
    {
        put_query_of(window, kind, query);
    }
    if kind == "gauge" && !window.contains_key("to") {
        put(window, "to", 100.into());
    }
    if let Some(path) = template.filter(|_| kind == "template" && !window.contains_key("template")) {
        put(window, "template", path.into());
    }
}

fn put_query(window: &mut dyn TableLike, query: &str) {
    let kind = window.get("widget").and_then(Item::as_str).unwrap_or_default().to_owned();
    put_query_of(window, &kind, query);
}

/// A map has its queries in its layers: the first layer of points shows the query, or a new one behind the others does.
fn put_query_of(window: &mut dyn TableLike, kind: &str, query: &str) {
    if kind != "map" {
        return put(window, "query", query.into());
    }
    let layers = window.get_mut("layers").and_then(Item::as_array_mut);
    let points = |layer: &mut Value| {
        let layer = layer.as_inline_table_mut().filter(|layer| layer.contains_key("points"));
        layer.map(|layer| put(layer, "points", query.into()))
    };
    let layer = || {
        let mut layer = InlineTable::new();
        layer.insert("points", query.into());
        Value::from(layer)
    };
    match layers {
        Some(layers) => {
            if layers.iter_mut().find_map(points).is_none() {
                layers.push(layer());
            }
        }
        None => put(window, "layers", Value::Array([layer()].into_iter().collect())),
    }
}

/// Puts a query's statement, or a query behind the last one.
pub(crate) fn put_statement(document: &mut DocumentMut, id: &QueryId, sql: &str) {
    if let Some(query) = query_index(document, id)
        && let Some(query) =
            Tables::of(document.as_table_mut(), "query").and_then(|queries| queries.get(query))
    {
        return put(query, "sql", sql.into());
    }
    let mut query = Table::new();
    query.insert("id", value(id.as_str()));
    query.insert("sql", value(sql));
    query.decor_mut().set_prefix("\n");
    match Tables::of(document.as_table_mut(), "query") {
        Some(queries) => {
            let count = queries.len();
            queries.insert(count, query);
        }
        None => {
            let mut queries = ArrayOfTables::new();
            queries.push(query);
            document.insert("query", Item::ArrayOfTables(queries));
        }
    }
}

/// Takes a query away, where there is one.
pub(crate) fn remove_query(document: &mut DocumentMut, id: &QueryId) {
    if let Some(index) = query_index(document, id)
        && let Some(queries) = Tables::of(document.as_table_mut(), "query")
    {
        queries.remove(index);
    }
}

fn query_index(document: &mut DocumentMut, id: &QueryId) -> Option<usize> {
    let count = Tables::of(document.as_table_mut(), "query")?.len();
    (0..count).find(|index| {
        let query = Tables::of(document.as_table_mut(), "query").and_then(|queries| queries.get(*index));
        query.and_then(|query| Some(query.get("id")?.as_str()? == id.as_str())) == Some(true)
    })
}

/// Has the hall be dark or light; dark is what a hall is without a word.
pub(crate) fn put_theme(document: &mut DocumentMut, mode: Mode) {
    let Some(hall) = document.get_mut("hall").and_then(Item::as_table_like_mut) else { return };
    match mode {
        Mode::Light => put(hall, "theme", "light".into()),
        Mode::Dark if hall.contains_key("theme") => put(hall, "theme", "dark".into()),
        Mode::Dark => {}
    }
}

/// What a document says of a widget, its words in both languages.
#[derive(Debug, Clone, PartialEq)]
pub struct WidgetText(SourceKeys);

impl WidgetText {
    /// The name of its kind.
    pub fn kind(&self) -> &str {
        self.text("widget").unwrap_or_default()
    }

    /// Whether a widget of this kind can have `key`.
    pub fn can_have(&self, key: &str) -> bool {
        widget_keys(self.kind()).contains(&key)
    }

    /// Whether `key` is said.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A text, as it is written.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    /// True or false.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.as_bool()
    }

    /// A number in millionths.
    pub fn number_e6(&self, key: &str) -> Option<i64> {
        millionths(self.0.get(key)?)
    }

    /// Words; those in one language are the same in both.
    pub fn words(&self, key: &str) -> Option<Pair> {
        pair(self.0.get(key)?)
    }

    /// From which value on (in millionths) which colour is shown.
    pub fn thresholds(&self) -> Vec<(i64, String)> {
        let list = self.0.get("thresholds").and_then(Json::as_array).into_iter().flatten();
        let one =
            |entry: &Json| Some((millionths(entry.get("from")?)?, entry.get("color")?.as_str()?.to_owned()));
        list.filter_map(one).collect()
    }

    /// The columns of a table, each with what stands above it.
    pub fn headings(&self) -> Vec<(String, Option<Pair>)> {
        let list = self.0.get("headings").and_then(Json::as_array).into_iter().flatten();
        let one = |entry: &Json| {
            Some((entry.get("column")?.as_str()?.to_owned(), entry.get("text").and_then(pair)))
        };
        list.filter_map(one).collect()
    }
}

/// Below 2^53 where a document holds it, so nothing is lost.
fn millionths(json: &Json) -> Option<i64> {
    let number = json.as_f64()?;
    (number.abs() < 9e9).then(|| (number * 1e6).round() as i64)
}

fn pair(json: &Json) -> Option<Pair> {
    if let Some(words) = json.as_str() {
        return Some((words.to_owned(), words.to_owned()));
    }
    let (zh, en) = (json.get("zh").and_then(Json::as_str), json.get("en").and_then(Json::as_str));
    let either = zh.or(en)?;
    Some((zh.unwrap_or(either).to_owned(), en.unwrap_or(either).to_owned()))
}

impl HallText {
    /// What the document says of a window's widget; `None` where the window is none.
    pub fn widget(&self, scene: &SceneId, index: usize) -> Option<WidgetText> {
        let mut document: DocumentMut = self.text().parse().ok()?;
        let window = window(&mut document, scene, index).ok()?;
        let known = widget_keys(window.get("widget")?.as_str()?);
        let mut keys = keys_of(window);
        keys.retain(|key, _| key == "widget" || known.contains(&key.as_str()));
        Some(WidgetText(keys))
    }
}

/// Does `setting` to a window of `document`.
pub(crate) fn set(
    document: &mut DocumentMut,
    scene: &SceneId,
    index: usize,
    setting: &WidgetSetting,
) -> Result<(), EditError> {
    setting.apply(window(document, scene, index)?);
    Ok(())
}
