//! A feed's mapping, compiled once: from one message to the rows of its table or to reports and changes of events.

use super::convert;
use super::event::{EventFields, EventInput};
use super::expression::{Expression, ExpressionError, Scope};
use super::json::{Json, parse_message};
use super::reject::{RejectLog, RejectReason};
use media::{ColumnKind, FeedId, FeedSpec, FeedTarget, TableId, TableSpec, Value, WallTime};
use std::borrow::Cow;
use std::time::Duration;

/// How far a row's own time may lie ahead of the hall's clock.
pub const AHEAD_MAX: Duration = Duration::from_secs(300);

/// Why a feed cannot be mapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The table that it fills is not the one that was given, or none was.
    #[error("feed {feed} fills table {table}, which does not exist")]
    NoTable {
        /// The feed.
        feed: FeedId,
        /// The table.
        table: TableId,
    },
    /// An expression for a column or field that does not exist.
    #[error("feed {feed} has an expression for {field}, which does not exist")]
    NoField {
        /// The feed.
        feed: FeedId,
        /// The column or field.
        field: String,
    },
    /// An expression cannot be read.
    #[error("feed {feed}, {field}: {error}")]
    Expression {
        /// The feed.
        feed: FeedId,
        /// The column or field, or `rows`.
        field: String,
        /// What is wrong.
        error: ExpressionError,
    },
}

/// Most bytes of a text by which a row is known.
const KEY_BYTES_MAX: usize = 512;

struct Column {
    name: String,
    kind: ColumnKind,
    optional: bool,
    key: bool,
    /// A column of time called `at` orders rows, so it must not lie ahead.
    orders: bool,
    expression: Expression,
}

enum Target {
    Table(Vec<Column>),
    Events(EventFields),
}

/// What one message gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Mapped {
    /// Rows with a value for each column of the table, in the table's order.
    Rows(Vec<Vec<Value>>),
    /// Reports and changes, in the message's order.
    Events(Vec<EventInput>),
}

impl Mapped {
    /// How many rows fitted.
    pub fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Events(events) => events.len(),
        }
    }

    /// Whether none did.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds what a later message gave.
    pub fn append(&mut self, later: Mapped) {
        match (self, later) {
            (Self::Rows(rows), Self::Rows(more)) => rows.extend(more),
            (Self::Events(events), Self::Events(more)) => events.extend(more),
            // One mapping gives one kind.
            (Self::Rows(_), Self::Events(_)) | (Self::Events(_), Self::Rows(_)) => {}
        }
    }
}

/// A feed's mapping.
pub struct Mapping {
    rows: Option<Expression>,
    target: Target,
}

impl Mapping {
    /// Compiles a feed's expressions. `tables` are all tables of the hall.
    pub fn new(spec: &FeedSpec, tables: &[TableSpec]) -> Result<Self, MappingError> {
        let compile = |field: &str, text: &str| {
            Expression::compile(text).map_err(|error| MappingError::Expression {
                feed: spec.id.clone(),
                field: field.into(),
                error,
            })
        };
        let unknown = |field: &str| MappingError::NoField { feed: spec.id.clone(), field: field.into() };
        let rows = spec.rows.as_deref().map(|text| compile("rows", text)).transpose()?;
        let target = match &spec.target {
            FeedTarget::Table { table, columns: given } => {
                let table = tables
                    .iter()
                    .find(|known| known.id == *table)
                    .ok_or_else(|| MappingError::NoTable { feed: spec.id.clone(), table: table.clone() })?;
                if let Some((name, _)) =
                    given.iter().find(|(name, _)| table.columns.iter().all(|column| column.name != *name))
                {
                    return Err(unknown(name));
                }
                let mut columns = Vec::with_capacity(table.columns.len());
                for column in &table.columns {
                    let text = given.iter().find(|(name, _)| *name == column.name);
                    let expression = match text {
                        Some((name, text)) => compile(name, text)?,
                        None => Expression::member(&column.name),
                    };
                    columns.push(Column {
                        name: column.name.clone(),
                        kind: column.kind,
                        key: table.key.contains(&column.name),
                        optional: column.optional && !table.key.contains(&column.name),
                        orders: column.kind == ColumnKind::Time && column.name == "at",
                        expression,
                    });
                }
                Target::Table(columns)
            }
            FeedTarget::Events { fields } => {
                if let Some((name, _)) = fields.iter().find(|(name, _)| !EventFields::knows(name)) {
                    return Err(unknown(name));
                }
                Target::Events(EventFields::new(|name| {
                    match fields.iter().find(|(field, _)| field == name) {
                        Some((field, text)) => compile(field, text),
                        None => Ok(Expression::member(name)),
                    }
                })?)
            }
        };
        Ok(Self { rows, target })
    }

    /// Maps one message that came at `now`. What does not fit goes to `rejects`; a message that is no JSON is one reject.
    pub fn map_bytes(
        &self,
        bytes: &[u8],
        bytes_max: usize,
        now: WallTime,
        rejects: &mut RejectLog,
    ) -> Mapped {
        match parse_message(bytes, bytes_max) {
            Ok(doc) => self.map(&doc, now, rejects),
            Err(reason) => {
                let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
                rejects.push(now, reason, &String::from_utf8_lossy(head));
                self.nothing()
            }
        }
    }

    /// Maps one message that came at `now`. What does not fit goes to `rejects`.
    pub fn map(&self, doc: &Json, now: WallTime, rejects: &mut RejectLog) -> Mapped {
        let mut mapped = self.nothing();
        let mut scope = Scope::new(doc);
        let list = match &self.rows {
            None => Ok(Some(Cow::Borrowed(doc))),
            Some(expression) => expression.eval(&mut scope),
        };
        let list = match list {
            Ok(Some(list)) => list,
            Ok(None) => {
                rejects.push(now, RejectReason::Missing { field: "rows".into() }, &head_of(doc));
                return mapped;
            }
            Err(error) => {
                let reason = RejectReason::Expression { field: "rows".into(), why: error.to_string() };
                rejects.push(now, reason, &head_of(doc));
                return mapped;
            }
        };
        let rows = match &*list {
            Json::Array(rows) => rows.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut scope = Scope::new(doc);
        for row in rows {
            scope.enter(row);
            if let Err(reason) = self.map_row(&mut scope, now, &mut mapped) {
                rejects.push(now, reason, &head_of(row));
            }
        }
        mapped
    }

    fn nothing(&self) -> Mapped {
        match &self.target {
            Target::Table(_) => Mapped::Rows(Vec::new()),
            Target::Events(_) => Mapped::Events(Vec::new()),
        }
    }

    fn map_row(&self, scope: &mut Scope, now: WallTime, mapped: &mut Mapped) -> Result<(), RejectReason> {
        match (&self.target, mapped) {
            (Target::Table(columns), Mapped::Rows(rows)) => {
                let values = columns.iter().map(|column| column.value(scope, now));
                rows.push(values.collect::<Result<_, _>>()?);
            }
            (Target::Events(fields), Mapped::Events(events)) => events.push(fields.read(scope, now)?),
            (Target::Table(_), Mapped::Events(_)) | (Target::Events(_), Mapped::Rows(_)) => {}
        }
        Ok(())
    }
}

impl Column {
    fn value(&self, scope: &mut Scope, now: WallTime) -> Result<Value, RejectReason> {
        let value = evaluate(&self.name, self.kind, &self.expression, scope)?;
        match value {
            Value::Null if !self.optional => Err(RejectReason::Missing { field: self.name.clone() }),
            // PostgreSQL's indices hold no longer ones.
            Value::Text(text) if self.key && text.len() > KEY_BYTES_MAX => Err(RejectReason::OutOfRange {
                field: self.name.clone(),
                got: format!("a key of more than {KEY_BYTES_MAX} bytes"),
            }),
            Value::Time(at) if self.orders => not_ahead(&self.name, at, now).map(Value::Time),
            value => Ok(value),
        }
    }
}

/// A field's value of the wanted kind; null where nothing is there.
pub(super) fn evaluate(
    field: &str,
    kind: ColumnKind,
    expression: &Expression,
    scope: &mut Scope,
) -> Result<Value, RejectReason> {
    let failed =
        |error: ExpressionError| RejectReason::Expression { field: field.into(), why: error.to_string() };
    let json = expression.eval(scope).map_err(failed)?;
    convert::value(field, kind, json.as_deref())
}

/// A moment that orders rows, unless the sender's clock is wrong.
pub(super) fn not_ahead(field: &str, at: WallTime, now: WallTime) -> Result<WallTime, RejectReason> {
    let ahead = at.since(now);
    if ahead > AHEAD_MAX {
        return Err(RejectReason::Ahead { field: field.into(), ahead_s: ahead.as_secs() });
    }
    Ok(at)
}

/// The beginning of a value as text, without writing out all of a large one.
fn head_of(json: &Json) -> String {
    struct Head(Vec<u8>);
    impl std::io::Write for Head {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if self.0.len() > 1500 {
                return Err(std::io::ErrorKind::WriteZero.into());
            }
            self.0.extend_from_slice(bytes.get(..bytes.len().min(1500)).unwrap_or_default());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut head = Head(Vec::new());
    // Fails when the head is full: the rest is not wanted.
    let _ = serde_json::to_writer(&mut head, json);
    String::from_utf8_lossy(&head.0).into_owned()
}
