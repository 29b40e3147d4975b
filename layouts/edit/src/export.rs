//! Writes what operators have made of scenes back into the hall document: what they have not touched keeps its bytes, comments and
//! order.

use crate::edit::slots;
use crate::found::{self, Tables};
use crate::value::{Percent, Pixels, put};
use layouts::{Crop, Draft, Layout, Shows, VariantError, WindowEdit};
use media::{SceneId, WindowId};
use std::collections::BTreeMap;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, TableLike};

/// Keys of a window that say where and how it stands, not what it shows.
const PLACE_KEYS: [&str; 9] =
    ["rect_px", "rect_percent", "cell", "z", "opacity", "border", "corner_px", "slot", "small_stream"];

/// Why a document cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The text is no TOML.
    #[error("the hall document cannot be read: {0}")]
    Syntax(#[from] toml_edit::TomlError),
    /// The document has no such scene, or a scene of another form than its layout says.
    #[error("the hall document has no scene `{0}` that can be written to")]
    NoScene(SceneId),
    /// A draft that does not fit the layout.
    #[error(transparent)]
    Draft(#[from] VariantError),
    /// The document would be wrong: a rule may need what was closed, for one.
    #[error("the document would not be right: {0}")]
    Wrong(String),
}

/// `text`, the document of `layout`, with `drafts` as its scenes; of two drafts of one scene the later one counts. Without any
/// difference it is `text` itself, byte by byte.
pub fn export(text: &str, layout: &Layout, drafts: &[Draft]) -> Result<String, ExportError> {
    let drafts: BTreeMap<&SceneId, &Draft> = drafts.iter().map(|draft| (&draft.scene, draft)).collect();
    if drafts.values().all(|draft| is_as_written(draft)) {
        return Ok(text.to_owned());
    }
    let mut document: DocumentMut = text.parse()?;
    for draft in drafts.into_values().filter(|draft| !is_as_written(draft)) {
        draft.windows(layout)?;
        let missing = || ExportError::NoScene(draft.scene.clone());
        let scene = found::scene(&mut document, &draft.scene).map_err(|_| missing())?;
        write(scene, draft).ok_or_else(missing)?;
    }
    let written = document.to_string();
    match layouts::parse(&written, "hall.toml") {
        Ok(_) => Ok(written),
        Err(mistakes) => Err(ExportError::Wrong(mistakes.to_text())),
    }
}

/// Locks belong to the operators at work, not to the document.
fn is_as_written(draft: &Draft) -> bool {
    let plain = WindowEdit::default();
    let differs = |edit: &WindowEdit| {
        let WindowEdit { rect, shows, z, back: _, small_stream, locked: _, closed } = edit;
        let differs = (rect, shows, z) != (&plain.rect, &plain.shows, &plain.z);
        differs || *closed || small_stream.is_some()
    };
    draft.fills.is_empty() && !draft.edits.values().any(differs)
}

/// What a window shows, as its keys.
type Content = Vec<(String, Item)>;

fn write(scene: &mut dyn TableLike, draft: &Draft) -> Option<()> {
    if !scene.contains_key("window") {
        scene.insert("window", Item::ArrayOfTables(ArrayOfTables::new()));
    }
    // An empty list is written as a value, which holds no tables of their own.
    if scene.get("window").and_then(Item::as_array).is_some_and(Array::is_empty) {
        scene.insert("window", Item::ArrayOfTables(ArrayOfTables::new()));
    }
    let (slots, names) = (slots(scene), found::names_in(scene));
    let mut contents: BTreeMap<String, Content> = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        contents.insert(name.clone(), content(Tables::of(scene, "window")?.get(index)?));
    }
    let mut closed = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let table = Tables::of(scene, "window")?.get(index)?;
        let fill = slots[index].as_ref().and_then(|slot| draft.fills.get(slot));
        let edit = WindowId::new(name).ok().and_then(|id| draft.edits.get(&id));
        match edit {
            // What was put into the slot after it was closed has brought it back.
            Some(edit) if edit.closed && fill.is_none() => closed.push(index),
            Some(edit) if !edit.closed => place(table, edit, &contents)?,
            _ => {}
        }
        if let Some(source) = fill {
            table.remove("crop_percent");
            put(table, "source", source.as_str().into());
        }
    }
    closed.into_iter().rev().try_for_each(|index| {
        Tables::of(scene, "window")?.remove(index);
        Some(())
    })?;
    for (_, edit) in draft.edits.iter().filter(|(id, _)| !names.iter().any(|name| name == id.as_str())) {
        let mut table = Table::new();
        place(&mut table, edit, &contents)?;
        let windows = Tables::of(scene, "window")?;
        let last = windows.len();
        windows.insert(last, table);
    }
    Some(())
}

/// The keys that say what a window shows.
fn content(table: &dyn TableLike) -> Content {
    let keys = table.iter().filter(|(key, _)| !PLACE_KEYS.contains(key));
    keys.map(|(key, item)| (key.to_owned(), item.clone())).collect()
}

/// Writes what differs of one window.
fn place(table: &mut dyn TableLike, edit: &WindowEdit, contents: &BTreeMap<String, Content>) -> Option<()> {
    let WindowEdit { rect, shows, z, back: _, small_stream, locked: _, closed: _ } = edit;
    match shows {
        None => {}
        Some(Shows::Source { source, crop }) => {
            if !table.contains_key("source") {
                empty(table);
            }
            put(table, "source", source.as_str().into());
            match *crop == Crop::ALL {
                true => drop(table.remove("crop_percent")),
                false => put(table, "crop_percent", percent(*crop).value()),
            }
        }
        Some(Shows::Window(other)) => {
            empty(table);
            let content = contents.get(other.as_str())?;
            if !content.iter().any(|(key, _)| key == "source") {
                table.remove("slot");
                table.remove("small_stream");
            }
            for (key, item) in content {
                table.insert(key, item.clone());
            }
        }
    }
    if let Some(rect) = rect {
        table.remove("cell");
        table.remove("rect_percent");
        put(table, "rect_px", Pixels::of(*rect, (0, 0)).value());
    }
    if let Some(z) = z {
        put(table, "z", i64::from(*z).into());
    }
    match small_stream {
        Some(true) if table.contains_key("source") => put(table, "small_stream", true.into()),
        Some(_) => drop(table.remove("small_stream")),
        None => {}
    }
    Some(())
}

/// Takes out what a window shows.
fn empty(table: &mut dyn TableLike) {
    let keys: Vec<String> = content(table).into_iter().map(|(key, _)| key).collect();
    keys.iter().for_each(|key| drop(table.remove(key)));
}

/// The numbers that are read as this very crop.
fn percent(crop: Crop) -> Percent {
    let Crop { x, y, width, height } = crop;
    // Ten-thousandths of a percent, rounded up, for they are rounded down when they are read.
    let e6 = |part: u32| (i64::from(part) * 1_000_000 + 65_535) / 65_536;
    let (left, top) = (e6(x), e6(y));
    Percent([left, top, e6(x + width) - left, e6(y + height) - top])
}
