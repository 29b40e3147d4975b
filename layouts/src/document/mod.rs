//! Reads a hall document: TOML text → the document as written → checked [`Layout`], with every mistake at once.
//!
//! A table is read key by key by our own small reader, because serde stops at the first mistake. What is wrong in form
//! is noted while reading, what is wrong in meaning while checking; a value that could not be read is `None` and is not
//! complained about again.

mod check_rules;
mod check_scenes;
mod check_sources;
mod check_walls;
mod chinese;
mod control;
mod data;
mod expression;
mod feeds;
mod mistakes;
mod reader;
mod rules;
mod scenes;
mod sources;
mod sql;
mod suggest;
mod syntax;
mod tables;
mod timetable;
mod values;
mod walls;
mod widgets;

pub(crate) use check_scenes::window_at;
pub use mistakes::{MISTAKES_MAX, Mistake, Mistakes};
pub(crate) use suggest::remedy;
pub use widgets::WIDGET_KINDS;

use crate::data::{DataStore, EventSettings, QuerySpec};
use crate::layout::{Hall, Layout, Source, Words};
use crate::plan::Rgba;
use crate::theme::Theme;
use media::{FeedSpec, QueryId, TableId, TableSpec};
use mistakes::{Collector, Span};
use reader::{At, Table};
use std::collections::BTreeMap;
use toml::de::DeTable;

/// Largest document in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 4 << 20;

/// The document as written.
struct Document {
    hall: walls::HallDoc,
    places: Vec<walls::PlaceDoc>,
    walls: Vec<walls::WallDoc>,
    nodes: Vec<walls::NodeDoc>,
    sources: Vec<sources::SourceDoc>,
    scenes: Vec<scenes::SceneDoc>,
    rules: rules::RulesDoc,
    data: Data,
    control: Option<At<control::ControlDoc>>,
}

/// What the document says about data, which needs little checking beyond its form.
struct Data {
    tables: Checked<TableId, TableSpec>,
    queries: Checked<QueryId, QuerySpec>,
    feeds: Vec<FeedSpec>,
    events: EventSettings,
    store: DataStore,
}

/// Reads and checks a hall document; `file_name` is what the mistakes call it.
pub fn parse(text: &str, file_name: &str) -> Result<Layout, Mistakes> {
    if text.len() > DOCUMENT_BYTES_MAX {
        let mut found = Collector::new("");
        let message = format!("the document has {} bytes; at most {DOCUMENT_BYTES_MAX} fit", text.len());
        found.add(Span::default(), "too-large", message, "split the hall into several documents");
        return Err(found.finish(file_name));
    }
    let mut found = Collector::new(text);
    let layout = match DeTable::parse(text) {
        Ok(table) => {
            let document = read(table.get_ref(), &mut found);
            check(document, &mut found)
        }
        Err(first) => {
            syntax::read_broken(text, &first, &mut found);
            None
        }
    };
    match layout {
        Some(layout) if found.is_empty() => Ok(layout),
        _ => Err(found.finish(file_name)),
    }
}

/// Reads one source by itself, written as in a hall document: `[[source]]` and its keys. What it refers to elsewhere in the hall is not
/// looked for. Errors: everything that a hall document may not say of a source, too.
pub fn parse_source(text: &str, file_name: &str) -> Result<Source, Mistakes> {
    let mut found = Collector::new(text);
    let mut sources = Vec::new();
    match DeTable::parse(text) {
        Ok(table) => {
            let mut root = Table::new("a source", table.get_ref(), Span::default());
            let docs = sources::read_sources(root.get("source"), &mut found);
            root.finish(&mut found);
            let anything = Checked { nameless: true, ..Checked::default() };
            sources = check_sources::check(docs, &BTreeMap::new(), &anything, &mut found).right;
        }
        Err(error) => found.add(Span::default(), "syntax", error.message(), "write it as TOML"),
    }
    match (sources.pop(), sources.is_empty()) {
        (Some(source), true) if found.is_empty() => Ok(source),
        _ => {
            if found.is_empty() {
                found.add(
                    Span::default(),
                    "one-source",
                    "there is not exactly one source",
                    "write one [[source]]",
                );
            }
            Err(found.finish(file_name))
        }
    }
}

/// Reads the form of the document.
fn read(table: &DeTable<'_>, found: &mut Collector<'_>) -> Document {
    let mut root = Table::new("the document", table, Span::default());
    root.required("version", "version = 1", found, |node, key, found| {
        let version = values::number(0, 0..=i64::MAX)(node, key, found)?;
        if version != 1 {
            let message = format!("`version = {version}` is unknown to this program");
            found.add(reader::span(node), "version", message, "write version = 1");
        }
        Some(version)
    });
    let hall = root.required("hall", "[hall]", found, |node, _, found| Some(walls::read_hall(node, found)));
    let hall = hall.map(|hall| hall.value).unwrap_or_default();
    let voice = widgets::Voice {
        language: hall.language.as_ref().map_or(Default::default(), |at| at.value),
        palette: Theme::built_in().palette(hall.mode.as_ref().map_or(Default::default(), |at| at.value)),
    };
    let document = Document {
        hall,
        places: walls::read_places(root.get("place"), found),
        walls: walls::read_walls(root.get("wall"), found),
        sources: sources::read_sources(root.get("source"), found),
        scenes: scenes::read_scenes(root.get("scene"), voice, found),
        data: read_data(&mut root, found),
        rules: rules::read_rules(&mut root, found),
        control: root.optional("control", found, control::read_control),
        nodes: walls::read_nodes(root.get("node"), found),
    };
    if !root.has("wall") {
        root.lack("wall", "add [[wall]]");
    }
    for key in ["window", "screen"] {
        root.misplaced(key, "write [[scene.window]] below its scene, [[wall.screen]] below its wall");
    }
    root.finish(found);
    document
}

fn read_data(root: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Data {
    let form_was_right = found.is_empty();
    let mut tables = tables::read_tables(root.get("table"), found);
    tables.nameless |= tables.names.is_empty() && !form_was_right;
    let queries = tables::read_queries(root.get("query"), found);
    let feeds = feeds::read_feeds(root.get("feed"), &tables, found);
    let events = root.optional("events", found, data::read_events);
    let store = root.optional("data", found, data::read_store);
    let (events, store) = (value_or(events, Default::default()), value_or(store, Default::default()));
    Data { tables, queries, feeds, events, store }
}

/// Checks the meaning of the document.
fn check(document: Document, found: &mut Collector<'_>) -> Option<Layout> {
    let Document { hall, places, walls, nodes, sources, scenes, data, rules, control } = document;
    let Data { tables, mut queries, feeds, events, store } = data;
    let walls::HallDoc { name, language, utc_offset_s, mode, source_addresses } = hall;
    let mode = value_or(mode, Default::default());
    let palette = Theme::built_in().palette(mode);
    let places = check_sources::name_places(places, found);
    let form_is_right = found.is_empty();
    queries.nameless |= queries.names.is_empty() && !form_is_right;
    let mut sources = check_sources::check(sources, &places, &queries, found);
    let mut walls = check_walls::check(walls, palette, found);
    let budgets = check_walls::check_nodes(nodes, &walls, found);
    // A whole list may be missing because its key is wrong; that has been said.
    sources.nameless |= sources.names.is_empty() && !form_is_right;
    walls.nameless |= walls.names.is_empty() && !form_is_right;
    let scenes = check_scenes::check(scenes, &walls, &sources, &queries, palette, found);
    let around = check_rules::Around {
        walls: &walls,
        sources: &sources,
        scenes: &scenes,
        scenes_right: found.is_empty(),
        tables: &tables,
        palette,
        utc_offset_s: utc_offset_s.as_ref().map_or(8 * 3600, |at| at.value),
    };
    let rules = check_rules::check(rules, &around, found);
    let control = control::check(control, &walls, found);
    let hall = Hall {
        name: name?.value,
        language: value_or(language, Default::default()),
        utc_offset_s: value_or(utc_offset_s, 8 * 3600),
        mode,
        source_addresses: value_or(source_addresses, Vec::new()),
    };
    Some(Layout {
        hall,
        walls: walls.right,
        sources: sources.right.into_iter().map(|source| (source.id.clone(), source)).collect(),
        scenes,
        rules,
        budgets,
        tables: tables.right,
        feeds,
        queries: queries.right.into_iter().map(|query| (query.id.clone(), query)).collect(),
        events,
        store,
        control,
    })
}

/// What was checked: the things that are right, and the names of all, so that a reference to a thing that has mistakes
/// of its own is not called unknown.
struct Checked<I, T> {
    right: Vec<T>,
    names: BTreeMap<I, usize>,
    /// Whether a name could not be read, so that a reference which leads nowhere may be right.
    nameless: bool,
}

impl<I, T> Default for Checked<I, T> {
    fn default() -> Self {
        Self { right: Vec::new(), names: BTreeMap::new(), nameless: false }
    }
}

/// Keeps `id` as a name of `what`, or notes that it is taken; gives whether it was free.
fn claim<I: Ord + Clone + std::fmt::Display>(
    names: &mut BTreeMap<I, usize>,
    id: &At<I>,
    what: &str,
    found: &mut Collector<'_>,
) -> bool {
    if let Some(line) = names.get(&id.value) {
        let message = format!("{what} `{}` is already on line {line}", id.value);
        found.add(id.span, "duplicate-id", message, "give each its own id");
        return false;
    }
    names.insert(id.value.clone(), found.line_of(id.span));
    true
}

/// Notes it when `id` names nothing.
fn refer<I: Ord + std::fmt::Display + AsRef<str>, T>(
    checked: &Checked<I, T>,
    id: &At<I>,
    what: &str,
    found: &mut Collector<'_>,
) {
    if checked.nameless || checked.names.contains_key(&id.value) {
        return;
    }
    let help = if found.wants_remedies() {
        let known = checked.names.keys().map(AsRef::as_ref);
        suggest::remedy(id.value.as_ref(), known, &format!("the document has no {what} yet"))
    } else {
        "name one of the document's own".to_owned()
    };
    found.add(id.span, "unknown-reference", format!("there is no {what} `{}`", id.value), help);
}

fn value_or<T>(at: Option<At<T>>, default: T) -> T {
    at.map_or(default, |at| at.value)
}

/// The words for something that was given no name: its id.
fn named_by(id: &str) -> Words {
    Words { zh: id.to_owned(), en: id.to_owned() }
}

/// The colour meant by `paint`.
fn color(paint: values::Paint, palette: &crate::theme::Palette) -> Rgba {
    match paint {
        values::Paint::Fixed(rgba) => rgba,
        // ROLES and Palette::role go together; a test of the theme walks all of them.
        values::Paint::Role(role) => palette.role(role).unwrap_or(palette.text.0),
    }
}
