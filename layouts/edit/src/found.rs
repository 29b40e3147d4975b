//! Finds scenes and windows in a document, whichever of TOML's forms they are written in.

use crate::edit::slots;
use crate::hall_text::EditError;
use media::{SceneId, WindowId};
use std::collections::BTreeMap;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, Value};

/// The tables of a list, written as `[[key]]` or as `key = [{ … }]`.
pub(crate) enum Tables<'d> {
    Headed(&'d mut ArrayOfTables),
    Inline(&'d mut toml_edit::Array),
}

impl<'d> Tables<'d> {
    /// The list under `key`, if there is one.
    pub(crate) fn of(table: &'d mut dyn TableLike, key: &str) -> Option<Self> {
        match table.get_mut(key)? {
            Item::ArrayOfTables(list) => Some(Self::Headed(list)),
            Item::Value(Value::Array(list)) => Some(Self::Inline(list)),
            _ => None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Headed(list) => list.len(),
            Self::Inline(list) => list.len(),
        }
    }

    pub(crate) fn get(self, index: usize) -> Option<&'d mut dyn TableLike> {
        match self {
            Self::Headed(list) => list.get_mut(index).map(|table| table as &mut dyn TableLike),
            Self::Inline(list) => {
                let table = list.get_mut(index)?.as_inline_table_mut()?;
                Some(table as &mut dyn TableLike)
            }
        }
    }

    pub(crate) fn remove(self, index: usize) {
        match self {
            Self::Headed(list) => {
                list.remove(index);
            }
            Self::Inline(list) => {
                list.remove(index);
            }
        }
    }

    pub(crate) fn insert(self, index: usize, table: Table) {
        match self {
            Self::Headed(list) => list.insert(index, table),
            Self::Inline(list) => list.insert(index, table.into_inline_table()),
        }
    }
}

/// The table of a scene.
pub(crate) fn scene<'d>(
    document: &'d mut DocumentMut,
    wanted: &SceneId,
) -> Result<&'d mut dyn TableLike, EditError> {
    let gone = || EditError::NoScene(wanted.clone());
    let index = scene_index(document, wanted)?;
    Tables::of(document.as_table_mut(), "scene").and_then(|scenes| scenes.get(index)).ok_or_else(gone)
}

/// Which of the document's scenes it is.
pub(crate) fn scene_index(document: &mut DocumentMut, wanted: &SceneId) -> Result<usize, EditError> {
    let count = Tables::of(document.as_table_mut(), "scene").map_or(0, |scenes| scenes.len());
    let named = |document: &mut DocumentMut, index| {
        let scene = Tables::of(document.as_table_mut(), "scene")?.get(index)?;
        Some(scene.get("id")?.as_str()? == wanted.as_str())
    };
    let found = (0..count).find(|index| named(document, *index) == Some(true));
    found.ok_or_else(|| EditError::NoScene(wanted.clone()))
}

/// The table of a scene's window, in document order from 0.
pub(crate) fn window<'d>(
    document: &'d mut DocumentMut,
    wanted: &SceneId,
    index: usize,
) -> Result<&'d mut dyn TableLike, EditError> {
    let gone = || EditError::NoWindow { scene: wanted.clone(), window: index };
    let scene = scene(document, wanted)?;
    Tables::of(scene, "window").and_then(|windows| windows.get(index)).ok_or_else(gone)
}

/// The names of every scene's windows, in document order.
pub(crate) fn windows_of(document: &mut DocumentMut) -> BTreeMap<SceneId, Vec<WindowId>> {
    let mut all = BTreeMap::new();
    let count = Tables::of(document.as_table_mut(), "scene").map_or(0, |scenes| scenes.len());
    for index in 0..count {
        let scene = Tables::of(document.as_table_mut(), "scene").and_then(|scenes| scenes.get(index));
        let Some(scene) = scene else { continue };
        let id = scene.get("id").and_then(Item::as_str).and_then(|id| SceneId::new(id).ok());
        let Some(id) = id else { continue };
        all.insert(id, names_in(scene).iter().filter_map(|name| WindowId::new(name).ok()).collect());
    }
    all
}

/// The names of a scene's windows, in document order.
pub(crate) fn names_in(scene: &mut dyn TableLike) -> Vec<String> {
    layouts::window_names(slots(scene).iter().map(Option::as_deref))
}
