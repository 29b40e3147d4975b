//! Sources that come, change and go while a hall runs, written into its document; as keys they are what the document says of them, in
//! JSON's values.

use crate::found::Tables;
use crate::hall_text::{EditError, HallText};
use crate::value::put;
use media::SourceId;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// The keys of a source, as `[[source]]` has them.
pub type SourceKeys = Map<String, Json>;

/// The order in which people write keys; others come behind them.
const ORDER: [&str; 33] = [
    "id",
    "label",
    "zh",
    "en",
    "place",
    "position",
    "tags",
    "ingest",
    "rtsp",
    "srt",
    "rtmp",
    "http",
    "udp",
    "file",
    "image",
    "name",
    "host",
    "port",
    "path",
    "size",
    "tls",
    "transport",
    "mode",
    "latency_ms",
    "stream_id",
    "interface",
    "format",
    "codec",
    "payload_type",
    "credential",
    "repeat",
    "streams",
    "masks",
];
/// Tables in lists in tables: as deep as a source goes, and a little more.
const DEPTH_MAX: usize = 8;

impl HallText {
    /// What the document says of a source.
    pub fn source(&self, id: &SourceId) -> Option<SourceKeys> {
        let mut document: DocumentMut = self.text().parse().ok()?;
        let index = index(&mut document, id)?;
        let table = Tables::of(document.as_table_mut(), "source")?.get(index)?;
        Some(keys_of(table))
    }

    /// What the document says of all sources. Each costs as much as one alone, but the document is read once.
    pub fn sources(&self) -> BTreeMap<SourceId, SourceKeys> {
        let mut all = BTreeMap::new();
        let Ok(mut document) = self.text().parse::<DocumentMut>() else { return all };
        let count = Tables::of(document.as_table_mut(), "source").map_or(0, |sources| sources.len());
        for index in 0..count {
            let table = Tables::of(document.as_table_mut(), "source").and_then(|sources| sources.get(index));
            let Some(keys) = table.map(|table| keys_of(table)) else { continue };
            let id = keys.get("id").and_then(Json::as_str).and_then(|id| SourceId::new(id).ok());
            all.extend(id.map(|id| (id, keys)));
        }
        all
    }

    /// The document with other sources: each is what it is given as, or gone where it is given as nothing; those that are not named
    /// stay. All of it, or none and why. Lines of other things, and of keys that stay what they were, are the same.
    pub fn with_sources(&self, changes: &BTreeMap<SourceId, Option<SourceKeys>>) -> Result<Self, EditError> {
        if changes.is_empty() {
            return Ok(self.clone());
        }
        let mut document = self.document()?;
        for (id, keys) in changes {
            match keys {
                Some(keys) => put_source(&mut document, id, keys)?,
                None => remove_source(&mut document, id),
            }
        }
        self.with_text(&document.to_string())
    }
}

/// A source by itself, as a document has it: what [`layouts::parse_source`] reads.
pub fn source_text(keys: &SourceKeys) -> Result<String, EditError> {
    let mut sources = ArrayOfTables::new();
    sources.push(table(keys)?);
    let mut document = DocumentMut::new();
    document.insert("source", Item::ArrayOfTables(sources));
    Ok(document.to_string())
}

fn index(document: &mut DocumentMut, id: &SourceId) -> Option<usize> {
    let count = Tables::of(document.as_table_mut(), "source")?.len();
    (0..count).find(|index| {
        let table = Tables::of(document.as_table_mut(), "source").and_then(|sources| sources.get(*index));
        table.and_then(|table| table.get("id")?.as_str().map(|name| name == id.as_str())) == Some(true)
    })
}

fn put_source(document: &mut DocumentMut, id: &SourceId, keys: &SourceKeys) -> Result<(), EditError> {
    let new = table(keys)?;
    let found = index(document, id);
    let place = found.and_then(|index| Tables::of(document.as_table_mut(), "source")?.get(index));
    let Some(there) = place else {
        append(document, new);
        return Ok(());
    };
    let was = keys_of(there);
    let gone: Vec<String> = was.keys().filter(|key| !keys.contains_key(*key)).cloned().collect();
    gone.iter().for_each(|key| drop(there.remove(key)));
    for (key, item) in new {
        if let Item::Value(value) = item
            && was.get(key.as_str()) != keys.get(key.as_str())
        {
            put(there, &key, value);
        }
    }
    Ok(())
}

fn remove_source(document: &mut DocumentMut, id: &SourceId) {
    if let Some(index) = index(document, id)
        && let Some(sources) = Tables::of(document.as_table_mut(), "source")
    {
        sources.remove(index);
    }
}

fn append(document: &mut DocumentMut, mut source: Table) {
    source.decor_mut().set_prefix("\n");
    match Tables::of(document.as_table_mut(), "source") {
        Some(sources) => {
            let count = sources.len();
            sources.insert(count, source);
        }
        None => {
            let mut sources = ArrayOfTables::new();
            sources.push(source);
            document.insert("source", Item::ArrayOfTables(sources));
        }
    }
}

/// The keys in the order in which they are written.
fn ordered(keys: &SourceKeys) -> Vec<(&String, &Json)> {
    let place = |key: &String| ORDER.iter().position(|known| known == key).unwrap_or(ORDER.len());
    let mut all: Vec<(&String, &Json)> = keys.iter().collect();
    all.sort_by_key(|(key, _)| place(key));
    all
}

fn table(keys: &SourceKeys) -> Result<Table, EditError> {
    let mut table = Table::new();
    for (key, json) in ordered(keys) {
        table.insert(key, Item::Value(value(json, DEPTH_MAX).ok_or_else(|| EditError::Value(key.clone()))?));
    }
    Ok(table)
}

/// JSON's value as TOML's. `None` for what TOML cannot say: null, numbers beyond 64 bits, endless depth.
fn value(json: &Json, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    Some(match json {
        Json::Null => return None,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None if number.is_f64() => number.as_f64()?.into(),
            None => return None,
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(list) => {
            Value::Array(list.iter().map(|one| value(one, depth)).collect::<Option<Array>>()?)
        }
        Json::Object(keys) => {
            let mut table = InlineTable::new();
            for (key, one) in ordered(keys) {
                table.insert(key, value(one, depth)?);
            }
            table.into()
        }
    })
}

pub(crate) fn keys_of(table: &dyn TableLike) -> SourceKeys {
    table.iter().filter_map(|(key, item)| Some((key.to_owned(), json_of_item(item)?))).collect()
}

fn json_of_item(item: &Item) -> Option<Json> {
    Some(match item {
        Item::None => return None,
        Item::Value(value) => json(value)?,
        Item::Table(table) => Json::Object(keys_of(table)),
        Item::ArrayOfTables(list) => {
            Json::Array(list.iter().map(|table| Json::Object(keys_of(table))).collect())
        }
    })
}

/// TOML's value as JSON's. Dates, of which a source has none, and numbers that are none are left out.
fn json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::String(text) => Json::from(text.value().as_str()),
        Value::Integer(number) => Json::from(*number.value()),
        Value::Float(number) => Json::Number(serde_json::Number::from_f64(*number.value())?),
        Value::Boolean(flag) => Json::from(*flag.value()),
        Value::Datetime(_) => return None,
        Value::Array(list) => Json::Array(list.iter().filter_map(json).collect()),
        Value::InlineTable(table) => Json::Object(keys_of(table)),
    })
}
