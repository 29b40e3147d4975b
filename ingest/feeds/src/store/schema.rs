//! Tables as the databases keep them: their statements, and how a changed table is made anew.

use super::StoreError;
use super::database::{Bind, Dialect, Link};
use media::{ColumnKind, TableSpec, Value};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The column that says when a row last came, in nanoseconds since 1970. Answers never show it.
pub(crate) const CAME: &str = "_came";
/// The table of the hall's events, which every store has.
pub const EVENTS_TABLE: &str = "events";
/// Names that no table of a feed may have.
const RESERVED: [&str; 3] = [EVENTS_TABLE, "ledger", "taibai_tables"];
/// Most columns of a table.
const COLUMNS_MAX: usize = 64;

/// A table with the statements that fill it.
#[derive(Debug)]
pub(crate) struct TableShape {
    pub(crate) spec: TableSpec,
    /// Where the key's columns stand.
    pub(crate) key: Vec<usize>,
    /// Where the column of time called `at` stands: an older row never replaces a newer one.
    pub(crate) at: Option<usize>,
}

impl TableShape {
    /// Checks a table: names, key, number of columns.
    pub(crate) fn new(spec: &TableSpec) -> Result<Self, StoreError> {
        let wrong = |why: &str| StoreError::BadTable { table: spec.id.clone(), why: why.into() };
        let name = spec.id.as_str();
        let plain = |text: &str| {
            text.len() <= 63
                && text.starts_with(|c: char| c.is_ascii_lowercase())
                && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        if !plain(name) || RESERVED.contains(&name) || name.starts_with("sqlite_") || name.starts_with("pg_")
        {
            return Err(wrong("a table's name is a-z, 0-9 and _, begins with a letter, and is not taken"));
        }
        if spec.columns.is_empty() || spec.columns.len() > COLUMNS_MAX {
            return Err(wrong("a table has 1 to 64 columns"));
        }
        let names: BTreeSet<&str> = spec.columns.iter().map(|column| column.name.as_str()).collect();
        if names.len() != spec.columns.len() || !names.iter().all(|name| plain(name)) {
            return Err(wrong("a column's name is a-z, 0-9 and _, begins with a letter, and stands once"));
        }
        let place = |name: &String| spec.columns.iter().position(|column| column.name == *name);
        let key: Option<Vec<usize>> = spec.key.iter().map(place).collect();
        let key = key
            .filter(|key| !key.is_empty())
            .ok_or_else(|| wrong("its key names columns that it has, at least one"))?;
        let at =
            spec.columns.iter().position(|column| column.name == "at" && column.kind == ColumnKind::Time);
        Ok(Self { spec: spec.clone(), key, at })
    }

    pub(crate) fn name(&self) -> &str {
        self.spec.id.as_str()
    }

    /// What makes the table what it is; another text means another table.
    fn fingerprint(&self) -> String {
        let mut text = String::from("1");
        for column in &self.spec.columns {
            let _ = write!(text, " {}:{:?}:{}", column.name, column.kind, column.optional);
        }
        let _ = write!(text, " key {}", self.spec.key.join(","));
        text
    }

    fn creation(&self, dialect: Dialect) -> String {
        let name = self.name();
        let mut sql = format!("DROP TABLE IF EXISTS \"{name}\"; CREATE TABLE \"{name}\" (");
        for (at, column) in self.spec.columns.iter().enumerate() {
            let needed = if column.optional && !self.key.contains(&at) { "" } else { " NOT NULL" };
            let _ = write!(sql, "\"{}\" {}{needed}, ", column.name, dialect.column_type(column.kind));
        }
        let _ = write!(sql, "\"{CAME}\" BIGINT NOT NULL, PRIMARY KEY ({}));", self.key_columns());
        let _ = write!(sql, " CREATE INDEX \"{name}__came\" ON \"{name}\" (\"{CAME}\");");
        sql
    }

    fn key_columns(&self) -> String {
        let quoted: Vec<String> = self.spec.key.iter().map(|name| format!("\"{name}\"")).collect();
        quoted.join(", ")
    }

    /// The statement that puts `rows` rows in: by key, never an older row over a newer one.
    pub(crate) fn upsert(&self, dialect: Dialect, rows: usize) -> String {
        let name = self.name();
        let columns: Vec<&str> =
            self.spec.columns.iter().map(|column| column.name.as_str()).chain([CAME]).collect();
        let mut sql = format!("INSERT INTO \"{name}\" (\"{}\") VALUES ", columns.join("\", \""));
        let mut n = 0;
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for at in 0..columns.len() {
                n += 1;
                sql.push_str(if at == 0 { "" } else { ", " });
                dialect.placeholder(n, &mut sql);
            }
            sql.push(')');
        }
        let _ = write!(sql, " ON CONFLICT ({}) DO UPDATE SET ", self.key_columns());
        let changed: Vec<String> = columns
            .iter()
            .filter(|column| !self.spec.key.iter().any(|key| key == *column))
            .map(|column| format!("\"{column}\" = excluded.\"{column}\""))
            .collect();
        sql.push_str(&changed.join(", "));
        if self.at.is_some_and(|at| !self.key.contains(&at)) {
            let _ = write!(sql, " WHERE \"{name}\".\"at\" IS NULL OR excluded.\"at\" >= \"{name}\".\"at\"");
        }
        sql
    }

    /// The values of a row for [`TableShape::upsert`].
    pub(crate) fn binds(&self, row: Vec<Value>, came: i64, into: &mut Vec<Bind>) {
        let columns = self.spec.columns.iter().zip(row);
        into.extend(columns.map(|(column, value)| Bind::column(value, column.kind)));
        into.push(Bind::Int(came));
    }

    /// Whether a row has a value of the right kind for each column.
    pub(crate) fn fits(&self, row: &[Value]) -> bool {
        row.len() == self.spec.columns.len()
            && self.spec.columns.iter().zip(row).zip(0..).all(|((column, value), at)| match value {
                Value::Null => column.optional && !self.key.contains(&at),
                Value::Flag(_) => column.kind == ColumnKind::Flag,
                Value::Integer(_) => column.kind == ColumnKind::Integer,
                Value::Real(_) => column.kind == ColumnKind::Real,
                Value::Text(_) => column.kind == ColumnKind::Text,
                Value::Time(_) => column.kind == ColumnKind::Time,
            })
    }
}

/// Makes the tables that are not there, and those anew that have become others: their rows come again from the feeds.
pub(crate) async fn migrate(link: &mut Link, shapes: &[TableShape]) -> Result<(), StoreError> {
    link.script("CREATE TABLE IF NOT EXISTS taibai_tables (name TEXT PRIMARY KEY, shape TEXT NOT NULL)")
        .await?;
    let dialect = link.dialect();
    for shape in shapes {
        let known = link
            .rows(
                &select("shape", "taibai_tables WHERE name = ", dialect),
                vec![Bind::Text(shape.name().to_owned())],
            )
            .await?;
        let fingerprint = shape.fingerprint();
        let same = known.first().and_then(|row| row.first()?.text()).is_some_and(|text| text == fingerprint);
        if same {
            continue;
        }
        link.script("BEGIN").await?;
        let made = make(link, shape, fingerprint).await;
        link.script(if made.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
        made?;
    }
    Ok(())
}

async fn make(link: &mut Link, shape: &TableShape, fingerprint: String) -> Result<(), StoreError> {
    let dialect = link.dialect();
    link.script(&shape.creation(dialect)).await?;
    let (mut one, mut two) = (String::new(), String::new());
    dialect.placeholder(1, &mut one);
    dialect.placeholder(2, &mut two);
    let sql = format!(
        "INSERT INTO taibai_tables (name, shape) VALUES ({one}, {two}) ON CONFLICT (name) DO UPDATE SET shape = excluded.shape"
    );
    link.execute(&sql, vec![Bind::Text(shape.name().to_owned()), Bind::Text(fingerprint)]).await?;
    Ok(())
}

/// `SELECT what FROM from $1`.
pub(crate) fn select(what: &str, from: &str, dialect: Dialect) -> String {
    let mut sql = format!("SELECT {what} FROM {from}");
    dialect.placeholder(1, &mut sql);
    sql
}
