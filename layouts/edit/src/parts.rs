//! A document as parts that can be compared and carried over: what two people have made of it is put together from them.
//!
//! Scenes, sources and whatever else is a list of tables with ids are parts by their ids, the windows of a scene by their places, and
//! everything else is the hall's own. Comments, order and the form of numbers are no difference.

use crate::edit::PLACES;
use crate::found::{Tables, scene, window};
use crate::hall_text::{EditError, HallText};
use crate::listed;
use crate::value::{Pixels, put_instead};
use layouts::{CanvasRect, Crop, Window, WindowContent};
use media::SceneId;
use std::collections::{BTreeMap, BTreeSet};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, Value};

/// The field of a window that says where it stands, in whatever form.
pub const PLACE: &str = "place";
const CROP: &str = "crop_percent";
const DEPTH: &str = "z";

/// Which part of a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartName {
    /// What belongs to no other part.
    Hall,
    /// A table of a list.
    Listed {
        /// The list, such as `source`.
        list: String,
        /// The table's id.
        id: String,
    },
    /// A window, counted in document order from 0.
    Window {
        /// Its scene.
        scene: SceneId,
        /// Which one.
        index: usize,
    },
}

/// What is said of a part: by key, in one form for one meaning. What is not said is not there.
pub type Fields = BTreeMap<String, String>;

/// Something that is carried from one document into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Graft {
    /// What `from` says in a field, or that it says nothing, is said of `to`.
    Field {
        /// Whose.
        from: PartName,
        /// Of what.
        to: PartName,
        /// Which field.
        field: String,
    },
    /// A part is put behind the last one of its kind: a scene with its windows, a window into the scene of that name.
    Add(PartName),
    /// A part is gone; in the document that is changed.
    Remove(PartName),
}

impl HallText {
    /// All parts and what is said of them. The windows of a scene are parts of their own.
    pub fn parts(&self) -> BTreeMap<PartName, Fields> {
        let Ok(mut document) = self.document() else { return BTreeMap::new() };
        let lists = lists(&mut document);
        let mut parts = BTreeMap::new();
        let own = |key: &str| !lists.contains(key);
        let hall = document.iter().filter(|(key, _)| own(key));
        parts.insert(PartName::Hall, hall.map(|(key, item)| (key.to_owned(), said(item))).collect());
        for list in &lists {
            for index in 0..count(document.as_table_mut(), list) {
                let Some((id, table)) = listed(&mut document, list, index) else { continue };
                let windows = |key: &str| list == "scene" && key == "window";
                let keys = table.iter().filter(|(key, _)| !windows(key));
                let fields = keys.map(|(key, item)| (key.to_owned(), said(item))).collect();
                parts.insert(PartName::Listed { list: list.clone(), id }, fields);
            }
        }
        for scene in self.layout().scenes() {
            for (index, name) in self.windows(&scene.id).iter().enumerate() {
                let Some(shown) = scene.window(name) else { continue };
                let Ok(table) = window(&mut document, &scene.id, index) else { continue };
                parts
                    .insert(PartName::Window { scene: scene.id.clone(), index }, window_fields(table, shown));
            }
        }
        parts
    }

    /// The document with `grafts` of `from`: all of them, or none and why. Parts are named as they are called before; what no graft
    /// concerns keeps its lines.
    pub fn grafted(&self, from: &Self, grafts: &[Graft]) -> Result<Self, EditError> {
        if grafts.is_empty() {
            return Ok(self.clone());
        }
        let (mut document, mut other) = (self.document()?, from.document()?);
        for graft in grafts {
            match graft {
                Graft::Field { from, to, field } => carry(&mut document, to, &mut other, from, field)?,
                Graft::Add(part) => add(&mut document, &mut other, part)?,
                Graft::Remove(_) => {}
            }
        }
        // Backwards: where one is gone, those behind it are counted otherwise.
        let gone: BTreeSet<&PartName> = grafts
            .iter()
            .filter_map(|graft| match graft {
                Graft::Remove(part) => Some(part),
                _ => None,
            })
            .collect();
        for part in gone.into_iter().rev() {
            remove(&mut document, part);
        }
        self.with_text(&document.to_string())
    }
}

/// The lists of the document whose tables all have ids of their own.
fn lists(document: &mut DocumentMut) -> BTreeSet<String> {
    let keys: Vec<String> = document.iter().map(|(key, _)| key.to_owned()).collect();
    let by_id = |key: &String| {
        let count = count(document.as_table_mut(), key);
        let ids: BTreeSet<String> =
            (0..count).filter_map(|index| Some(listed(document, key, index)?.0)).collect();
        count > 0 && ids.len() == count
    };
    keys.into_iter().filter(by_id).collect()
}

fn count(table: &mut dyn TableLike, list: &str) -> usize {
    Tables::of(table, list).map_or(0, |tables| tables.len())
}

fn listed<'d>(
    document: &'d mut DocumentMut,
    list: &str,
    index: usize,
) -> Option<(String, &'d mut dyn TableLike)> {
    let table = Tables::of(document.as_table_mut(), list)?.get(index)?;
    Some((table.get("id")?.as_str()?.to_owned(), table))
}

fn table<'d>(document: &'d mut DocumentMut, part: &PartName) -> Result<&'d mut dyn TableLike, EditError> {
    match part {
        PartName::Hall => Ok(document.as_table_mut()),
        PartName::Window { scene, index } => window(document, scene, *index),
        PartName::Listed { list, id } => listed::entry(document, list, id),
    }
}

/// A value in one form for one meaning.
fn said(item: &Item) -> String {
    match item {
        Item::None => String::new(),
        Item::Value(value) => said_value(value),
        Item::Table(table) => said_table(table),
        Item::ArrayOfTables(list) => {
            format!("[{}]", list.iter().map(|table| said_table(table)).collect::<Vec<_>>().join(","))
        }
    }
}

fn said_table(table: &dyn TableLike) -> String {
    let keys: BTreeMap<&str, String> = table.iter().map(|(key, item)| (key, said(item))).collect();
    let keys: Vec<String> = keys.into_iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
    format!("{{{}}}", keys.join(","))
}

fn said_value(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", text.value()),
        Value::Integer(number) => number.value().to_string(),
        // 5.0 and 5 are one number.
        Value::Float(number) => number.value().to_string(),
        Value::Boolean(flag) => flag.value().to_string(),
        Value::Datetime(moment) => moment.value().to_string(),
        Value::Array(list) => format!("[{}]", list.iter().map(said_value).collect::<Vec<_>>().join(",")),
        Value::InlineTable(table) => said_table(table),
    }
}

/// Places, crops and depths are compared by what they mean, for they can be written in several ways.
fn window_fields(table: &dyn TableLike, shown: &Window) -> Fields {
    let meant = |key: &str| PLACES.contains(&key) || [CROP, DEPTH].contains(&key);
    let keys = table.iter().filter(|(key, _)| !meant(key));
    let mut fields: Fields = keys.map(|(key, item)| (key.to_owned(), said(item))).collect();
    fields.retain(|key, value| !(key == "small_stream" && value == "false"));
    fields.insert(PLACE.to_owned(), place(shown.rect));
    if shown.z != 0 {
        fields.insert(DEPTH.to_owned(), shown.z.to_string());
    }
    let crop = match &shown.content {
        WindowContent::Source { crop, .. } | WindowContent::Image { crop, .. } => Some(*crop),
        _ => None,
    };
    if let Some(crop) = crop.filter(|crop| *crop != Crop::ALL) {
        let Crop { x, y, width, height } = crop;
        fields.insert(CROP.to_owned(), format!("{x} {y} {width} {height}"));
    }
    fields
}

fn place(rect: CanvasRect) -> String {
    let Pixels([x, y, width, height]) = Pixels::of(rect, (0, 0));
    format!("{x} {y} {width} {height}")
}

/// The same without a place in some document: what is printed follows what it is put behind.
fn fresh(item: &Item) -> Item {
    match item {
        Item::None => Item::None,
        Item::Value(value) => Item::Value(value.clone()),
        Item::Table(table) => Item::Table(fresh_table(table)),
        Item::ArrayOfTables(list) => {
            Item::ArrayOfTables(list.iter().map(|table| fresh_table(table)).collect())
        }
    }
}

fn fresh_table(table: &dyn TableLike) -> Table {
    let mut copy = Table::new();
    for (key, item) in table.iter() {
        copy.insert(key, fresh(item));
    }
    copy
}

fn carry(
    document: &mut DocumentMut,
    to: &PartName,
    other: &mut DocumentMut,
    from: &PartName,
    field: &str,
) -> Result<(), EditError> {
    let keys: &[&str] =
        if field == PLACE && matches!(to, PartName::Window { .. }) { &PLACES } else { &[field] };
    let source = table(other, from)?;
    let found = keys.iter().find_map(|key| Some((*key, fresh(source.get(key)?))));
    let target = table(document, to)?;
    match found {
        Some((key, Item::Value(mut value))) => {
            // The comment of the other document speaks of the other value.
            value.decor_mut().clear();
            put_instead(target, keys, key, value);
        }
        Some((key, item)) => drop(target.insert(key, item)),
        None => keys.iter().for_each(|key| drop(target.remove(key))),
    }
    Ok(())
}

fn add(document: &mut DocumentMut, other: &mut DocumentMut, part: &PartName) -> Result<(), EditError> {
    let mut new = fresh_table(table(other, part)?);
    let (into, list): (&mut dyn TableLike, &str) = match part {
        PartName::Hall => return Ok(()),
        PartName::Window { scene: id, .. } => (scene(document, id)?, "window"),
        PartName::Listed { list, .. } => {
            new.decor_mut().set_prefix("\n");
            (document.as_table_mut(), list)
        }
    };
    // An empty list is written as a value, which holds no tables of their own.
    if into.get(list).and_then(Item::as_array).is_some_and(toml_edit::Array::is_empty) {
        into.remove(list);
    }
    match Tables::of(into, list) {
        Some(tables) => {
            let last = tables.len();
            tables.insert(last, new);
        }
        None => {
            let mut tables = ArrayOfTables::new();
            tables.push(new);
            into.insert(list, Item::ArrayOfTables(tables));
        }
    }
    Ok(())
}

fn remove(document: &mut DocumentMut, part: &PartName) {
    match part {
        PartName::Hall => {}
        PartName::Window { scene: id, index } => {
            if let Ok(scene) = scene(document, id)
                && count(scene, "window") > *index
                && let Some(windows) = Tables::of(scene, "window")
            {
                windows.remove(*index);
            }
        }
        PartName::Listed { list, id } => {
            // What is not there is gone already.
            let _ = listed::remove(document, list, id);
        }
    }
}
