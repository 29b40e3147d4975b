//! Entries of the document's lists that are known by their `id`: tours, schedules, rules.

use crate::found::Tables;
use crate::hall_text::EditError;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike};

/// Which entry of the list `key` it is.
pub(crate) fn index_of(document: &mut DocumentMut, key: &str, id: &str) -> Result<usize, EditError> {
    let count = Tables::of(document.as_table_mut(), key).map_or(0, |tables| tables.len());
    let named = |document: &mut DocumentMut, index| {
        let table = Tables::of(document.as_table_mut(), key)?.get(index)?;
        Some(table.get("id")?.as_str()? == id)
    };
    let found = (0..count).find(|index| named(document, *index) == Some(true));
    found.ok_or_else(|| EditError::NoEntry { what: key.to_owned(), name: id.to_owned() })
}

/// The entry of the list `key`.
pub(crate) fn entry<'d>(
    document: &'d mut DocumentMut,
    key: &str,
    id: &str,
) -> Result<&'d mut dyn TableLike, EditError> {
    let index = index_of(document, key, id)?;
    let found = Tables::of(document.as_table_mut(), key).and_then(|tables| tables.get(index));
    found.ok_or_else(|| EditError::NoEntry { what: key.to_owned(), name: id.to_owned() })
}

/// Takes an entry away.
pub(crate) fn remove(document: &mut DocumentMut, key: &str, id: &str) -> Result<(), EditError> {
    let index = index_of(document, key, id)?;
    if let Some(tables) = Tables::of(document.as_table_mut(), key) {
        let last = tables.len() == 1;
        tables.remove(index);
        // An empty list in brackets would stand there for nothing.
        if last {
            document.remove(key);
        }
    }
    Ok(())
}

/// Puts an entry behind the last one.
pub(crate) fn append(document: &mut DocumentMut, key: &str, mut table: Table) {
    table.decor_mut().set_prefix("\n");
    match Tables::of(document.as_table_mut(), key) {
        Some(tables) => {
            let count = tables.len();
            tables.insert(count, table);
        }
        None => {
            let mut tables = ArrayOfTables::new();
            tables.push(table);
            document.insert(key, Item::ArrayOfTables(tables));
        }
    }
}
