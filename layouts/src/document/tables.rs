//! The document's tables and queries.

use super::mistakes::Collector;
use super::reader::{At, Node, Table, list, span, wrong_kind};
use super::sql::sql;
use super::values::{id, text, whole};
use super::{Checked, claim, suggest, value_or};
use crate::data::QuerySpec;
use media::{ColumnKind, ColumnSpec, QueryId, TableId, TableSpec};
use std::collections::BTreeMap;
use std::time::Duration;
use toml::de::DeValue;

/// Most tables of a hall.
const TABLES_MAX: usize = 256;
/// Most columns of a table.
const COLUMNS_MAX: usize = 64;
/// Most queries of a hall.
const QUERIES_MAX: usize = 1024;
/// What columns may hold.
const KINDS: [(&str, ColumnKind); 5] = [
    ("text", ColumnKind::Text),
    ("integer", ColumnKind::Integer),
    ("real", ColumnKind::Real),
    ("flag", ColumnKind::Flag),
    ("time", ColumnKind::Time),
];

/// The entries of a table whose keys the document chooses, in the order in which they stand; at most `max`.
pub(super) fn entries<'t, 'd>(
    node: &'t Node<'d>,
    key: &str,
    example: &str,
    max: usize,
    found: &mut Collector<'_>,
) -> Option<Vec<(At<String>, &'t Node<'d>)>> {
    let DeValue::Table(table) = node.get_ref() else {
        wrong_kind(node, key, "a table", &format!("write {example}"), found);
        return None;
    };
    if table.is_empty() || table.len() > max {
        let message = format!("`{key}` has {} entries", table.len());
        found.add(span(node), "entry-count", message, format!("give it 1 to {max}: {example}"));
        return None;
    }
    let name = |key: &toml::Spanned<std::borrow::Cow<'d, str>>| At {
        value: key.get_ref().to_string(),
        span: key.span().into(),
    };
    let mut entries: Vec<(At<String>, &Node<'d>)> =
        table.iter().map(|(key, node)| (name(key), node)).collect();
    entries.sort_by_key(|(name, _)| name.span.start);
    Some(entries)
}

/// Whether `name` can be a column's or a table's: SQL needs no quotes for it.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain)
}

pub(super) fn read_tables(node: Option<&Node<'_>>, found: &mut Collector<'_>) -> Checked<TableId, TableSpec> {
    let mut checked = Checked::default();
    for node in list(node, "table", TABLES_MAX, found) {
        let Some(mut table) =
            Table::open("a table of data", "table", node, "[[table]] and its keys below", found)
        else {
            continue;
        };
        let id = table.required("id", "id = \"appeals\"", found, table_id);
        let example = "columns = { id = \"text\", value = \"real\" }";
        let columns = table.required("columns", example, found, read_columns);
        let key = table.required("key", "key = [\"id\"]", found, read_names);
        let keep_s = table.optional("keep_s", found, whole(1..=315_360_000));
        let rows_max = table.optional("rows_max", found, whole(1..=1_000_000));
        table.finish(found);
        checked.nameless |= id.is_none();
        let free = id.as_ref().is_some_and(|id| claim(&mut checked.names, id, "table", found));
        let key = key.zip(columns.as_ref()).and_then(|(key, columns)| check_key(key, &columns.value, found));
        let (Some(id), Some(columns), Some(key), true) = (id, columns, key, free) else { continue };
        checked.right.push(TableSpec {
            id: id.value,
            columns: columns.value,
            key,
            keep: keep_s.map(|at| Duration::from_secs(at.value.into())),
            rows_max: value_or(rows_max, 100_000),
        });
    }
    checked
}

/// The id of a table, which queries write without quotes.
fn table_id(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<TableId> {
    let id: TableId = id(node, key, found)?;
    let name = id.as_str();
    let taken =
        name == "events" || ["event_", "sqlite_", "pg_", "taibai_"].iter().any(|own| name.starts_with(own));
    let help = match (taken, is_plain(name)) {
        (false, true) => return Some(id),
        (true, _) => {
            "`events`, `event_…`, `sqlite_…`, `pg_…` and `taibai_…` are taken; choose another name".to_owned()
        }
        (false, false) => {
            "queries write it without quotes: use a-z, 0-9 and _, beginning with a letter".to_owned()
        }
    };
    found.add(span(node), "bad-id", format!("`{key} = \"{name}\"` is no name for a table"), help);
    None
}

fn read_columns(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<ColumnSpec>> {
    let example = "columns = { id = \"text\", value = \"real\" }";
    let entries = entries(node, key, example, COLUMNS_MAX, found)?;
    let count = entries.len();
    let columns: Vec<ColumnSpec> =
        entries.into_iter().filter_map(|(name, node)| read_column(name, node, found)).collect();
    (columns.len() == count).then_some(columns)
}

fn read_column(name: At<String>, node: &Node<'_>, found: &mut Collector<'_>) -> Option<ColumnSpec> {
    let shown: String = name.value.chars().take(48).collect();
    if !is_plain(&name.value) {
        let help = "use 1 to 64 of a-z, 0-9 and _, beginning with a letter";
        found.add(name.span, "bad-column", format!("`{shown}` is no name for a column"), help);
        return None;
    }
    let kinds: Vec<(String, (ColumnKind, bool))> = KINDS
        .iter()
        .flat_map(|(name, kind)| [((*name).to_owned(), (*kind, false)), (format!("{name}?"), (*kind, true))])
        .collect();
    let choices: Vec<(&str, (ColumnKind, bool))> =
        kinds.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    let (kind, optional) = super::values::choice(&choices)(node, &shown, found)?;
    Some(ColumnSpec { name: name.value, kind, optional })
}

/// A list of names, at least one.
fn read_names(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<At<String>>> {
    let DeValue::Array(names) = node.get_ref() else {
        wrong_kind(node, key, "a list of columns", &format!("write {key} = [\"id\"]"), found);
        return None;
    };
    if names.is_empty() || names.len() > COLUMNS_MAX {
        let message = format!("`{key}` names {} columns", names.len());
        found.add(span(node), "entry-count", message, format!("name 1 to {COLUMNS_MAX}: {key} = [\"id\"]"));
        return None;
    }
    let read = |node: &Node<'_>| Some(At { value: text(1..=64)(node, key, found)?, span: span(node) });
    let read: Vec<Option<At<String>>> = names.iter().map(read).collect();
    read.into_iter().collect()
}

fn check_key(
    key: At<Vec<At<String>>>,
    columns: &[ColumnSpec],
    found: &mut Collector<'_>,
) -> Option<Vec<String>> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut right = true;
    for name in &key.value {
        let column = columns.iter().find(|column| column.name == name.value);
        match column {
            None => {
                let known = columns.iter().map(|column| column.name.as_str());
                let help = suggest::remedy(&name.value, known, "the table has no columns");
                let shown: String = name.value.chars().take(48).collect();
                found.add(name.span, "unknown-reference", format!("the table has no column `{shown}`"), help);
                right = false;
            }
            Some(ColumnSpec { optional: true, .. }) => {
                let message =
                    format!("key column `{}` is optional: a row without it has no name", name.value);
                found.add(name.span, "optional-key", message, "remove the ? behind its kind");
                right = false;
            }
            Some(_) => right &= claim(&mut names, name, "column", found),
        }
    }
    right.then(|| key.value.into_iter().map(|name| name.value).collect())
}

pub(super) fn read_queries(
    node: Option<&Node<'_>>,
    found: &mut Collector<'_>,
) -> Checked<QueryId, QuerySpec> {
    let mut checked = Checked::default();
    for node in list(node, "query", QUERIES_MAX, found) {
        let Some(mut table) = Table::open("a query", "query", node, "[[query]] and its keys below", found)
        else {
            continue;
        };
        let id = table.required("id", "id = \"appeals-today\"", found, id);
        let sql = table.required("sql", "sql = \"select count(*) as value from appeals\"", found, sql);
        let rows_max = table.optional("rows_max", found, whole(1..=100_000));
        let runs_per_s_max = table.optional("per_s", found, whole(1..=50));
        let timeout_ms = table.optional("timeout_ms", found, whole(10..=30_000));
        table.finish(found);
        checked.nameless |= id.is_none();
        let free = id.as_ref().is_some_and(|id| claim(&mut checked.names, id, "query", found));
        let (Some(id), Some(sql), true) = (id, sql, free) else { continue };
        checked.right.push(QuerySpec {
            id: id.value,
            sql: sql.value,
            rows_max: value_or(rows_max, 1000),
            runs_per_s_max: value_or(runs_per_s_max, 4),
            timeout: Duration::from_millis(value_or(timeout_ms, 500).into()),
        });
    }
    checked
}
