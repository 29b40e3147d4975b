//! Windows on their way from scene to scene, and from document to document: as TOML, so that they can also be read and typed.

use crate::edit::{PLACES, plain};
use crate::found::{Tables, window};
use crate::hall_text::HallText;
use crate::value::{Pixels, put_instead, thousandths};
use media::SceneId;
use toml_edit::{ArrayOfTables, DocumentMut, Item, TableLike};

/// A window that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedWindow {
    /// The keys of its table as text, for [`crate::TextEdit::Paste`].
    pub keys: String,
    /// Where it stood.
    pub rect: Pixels,
}

/// Windows of a scene, each with where it stands, as one text for the clipboard. Those that are not there are left out, and so are
/// comments.
pub fn copy_windows(hall: &HallText, scene: &SceneId, windows: &[(usize, Pixels)]) -> String {
    let Ok(mut document) = hall.text().parse::<DocumentMut>() else { return String::new() };
    let mut list = ArrayOfTables::new();
    for (index, rect) in windows {
        if let Ok(table) = window(&mut document, scene, *index) {
            let mut copy = plain(table);
            put_instead(&mut copy, &PLACES, "rect_px", rect.value());
            list.push(copy);
        }
    }
    let mut text = DocumentMut::new();
    text.insert("window", Item::ArrayOfTables(list));
    text.to_string()
}

/// The windows of a clipboard's text; empty where it holds none.
pub fn copied_windows(text: &str) -> Vec<CopiedWindow> {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return Vec::new() };
    let count = Tables::of(document.as_table_mut(), "window").map_or(0, |windows| windows.len());
    let copied = |index| {
        let table = plain(Tables::of(document.as_table_mut(), "window")?.get(index)?);
        Some(CopiedWindow { rect: pixels(&table)?, keys: table.to_string() })
    };
    (0..count).filter_map(copied).collect()
}

/// What `rect_px` says.
fn pixels(table: &dyn TableLike) -> Option<Pixels> {
    let numbers: Vec<i64> = table.get("rect_px")?.as_array()?.iter().filter_map(thousandths).collect();
    Some(Pixels(numbers.try_into().ok()?))
}
