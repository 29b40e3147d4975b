//! `Answer`: what a query has answered, for all display nodes at the same tick. It travels on a one-way stream of its own.
//!
//! ```text
//! body: query      text ≤ 64               an id
//!       from       zigzag                  nanoseconds of wall time
//!       as_of      option of zigzag        nanoseconds of wall time
//!       promise    varint                  nanoseconds
//!       fault      option of text ≤ 300
//!       columns    list ≤ 64 of text ≤ 256
//!       rows       varint ≤ 100,000
//!       cells      list ≤ 1,048,576, row by row; as many as rows × columns:
//!         0 nothing │ 1 flag bool │ 2 integer zigzag │ 3 real 64-bit little endian │ 4 text ≤ 65,536 │ 5 time zigzag
//! ```

use crate::error::{DecodeError, EncodeError, OverLimit, at_most, shorten};
use crate::frame::{self, Kind, Wire};
use bytes::Bytes;
use media::{QueryId, Real, Table, Value, WallTime};
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const FAULT_BYTES_MAX: usize = 300;
const COLUMNS_MAX: usize = 64;
const COLUMN_BYTES_MAX: usize = 256;
const ROWS_MAX: usize = 100_000;
/// A cell that takes one byte on the wire takes 24 in memory.
const CELLS_MAX: usize = 1 << 20;
const TEXT_BYTES_MAX: usize = 64 << 10;
/// The most queries that a hall's answers may come from.
pub const QUERIES_MAX: usize = 1024;

/// What a query has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Which query.
    pub query: QueryId,
    /// It is shown from the first tick on that begins then or later.
    pub from: WallTime,
    /// When a feed behind it last said something; `None` while none has.
    pub as_of: Option<WallTime>,
    /// How old that may grow before it counts as old, at most 584 years.
    pub promise: Duration,
    /// Why there is no (new) answer, in the wall's language, at most 300 bytes.
    pub fault: Option<Arc<str>>,
    /// At most 64 columns with names of at most 256 bytes, 100,000 rows and 1,048,576 values, of which words hold at most
    /// 64 KiB each; encoded at most 8 MiB.
    pub table: Arc<Table>,
}

impl Answer {
    /// The answer as it travels. Takes some 10 ms for the largest. Errors: a table or fault above its limits.
    pub fn encode(&self) -> Result<AnswerFrame, EncodeError> {
        Ok(AnswerFrame { query: self.query.clone(), bytes: frame::encode(self)? })
    }

    /// The answer in the `body` of a message of kind `kind`.
    pub fn decode(kind: Kind, body: &[u8]) -> Result<Self, DecodeError> {
        match kind {
            Kind::Answer => frame::decode(body),
            other => Err(DecodeError::Kind(other.byte())),
        }
    }

    /// `words` as a fault: the first 300 bytes of them, cut between characters.
    pub fn fault(words: &str) -> Arc<str> {
        shorten(words, FAULT_BYTES_MAX).into()
    }
}

/// An answer that was encoded once and is sent to many. Clones share its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct AnswerFrame {
    query: QueryId,
    bytes: Bytes,
}

impl AnswerFrame {
    /// What was asked.
    pub fn query(&self) -> &QueryId {
        &self.query
    }

    /// Header and body.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl fmt::Debug for AnswerFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerFrame").field("query", &self.query).field("bytes", &self.bytes.len()).finish()
    }
}

/// Words that are taken from the wire with one allocation and given to it with none.
pub(crate) struct Text(Arc<str>);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl Visitor<'_> for Words {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("words")
            }
            fn visit_str<E: Error>(self, words: &str) -> Result<Text, E> {
                Ok(Text(words.into()))
            }
        }
        deserializer.deserialize_str(Words)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Cell {
    Null,
    Flag(bool),
    Integer(i64),
    Real(f64),
    Text(Text),
    Time(i64),
}

impl From<&Value> for Cell {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Flag(flag) => Self::Flag(*flag),
            Value::Integer(number) => Self::Integer(*number),
            Value::Real(number) => Self::Real(number.get()),
            Value::Text(words) => Self::Text(Text(Arc::clone(words))),
            Value::Time(WallTime(time)) => Self::Time(*time),
        }
    }
}

impl TryFrom<Cell> for Value {
    type Error = DecodeError;
    fn try_from(cell: Cell) -> Result<Self, DecodeError> {
        Ok(match cell {
            Cell::Null => Self::Null,
            Cell::Flag(flag) => Self::Flag(flag),
            Cell::Integer(number) => Self::Integer(number),
            Cell::Real(number) => Self::Real(Real::new(number).ok_or(DecodeError::Value("answer.real"))?),
            Cell::Text(Text(words)) => Self::Text(words),
            Cell::Time(time) => Self::Time(WallTime(time)),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    query: String,
    from: i64,
    as_of: Option<i64>,
    promise_ns: u64,
    fault: Option<Text>,
    columns: Vec<Text>,
    rows: u32,
    cells: Vec<Cell>,
}

/// The rectangle that `rows` rows of `cells` under `columns` make.
fn table(columns: Vec<Text>, rows: u32, cells: Vec<Cell>) -> Result<Table, DecodeError> {
    let (width, height) = (columns.len(), usize::try_from(rows).unwrap_or(usize::MAX));
    if width.checked_mul(height) != Some(cells.len()) {
        return Err(DecodeError::Value("answer.cells"));
    }
    let mut cells = cells.into_iter();
    let row = |_| cells.by_ref().take(width).map(Value::try_from).collect::<Result<Vec<Value>, _>>();
    let rows = (0..height).map(row).collect::<Result<_, _>>()?;
    let columns = columns.into_iter().map(|Text(name)| name).collect();
    Table::new(columns, rows).ok_or(DecodeError::Value("answer.cells"))
}

impl Wire for Answer {
    const KIND: Kind = Kind::Answer;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { query, from: WallTime(from), as_of, promise, fault, table } = self;
        Form {
            query: query.to_string(),
            from: *from,
            as_of: as_of.map(|WallTime(time)| time),
            promise_ns: u64::try_from(promise.as_nanos()).unwrap_or(u64::MAX),
            fault: fault.clone().map(Text),
            columns: table.columns().iter().cloned().map(Text).collect(),
            rows: u32::try_from(table.rows().len()).unwrap_or(u32::MAX),
            cells: table.rows().iter().flatten().map(Cell::from).collect(),
        }
    }

    fn check(form: &Form) -> Result<(), OverLimit> {
        let Form { query: _, from: _, as_of: _, promise_ns: _, fault, columns, rows, cells } = form;
        at_most("answer.fault", fault.as_ref().map_or(0, |Text(words)| words.len()), FAULT_BYTES_MAX)?;
        at_most("answer.columns", columns.len(), COLUMNS_MAX)?;
        for Text(name) in columns {
            at_most("answer.column", name.len(), COLUMN_BYTES_MAX)?;
        }
        at_most("answer.rows", usize::try_from(*rows).unwrap_or(usize::MAX), ROWS_MAX)?;
        at_most("answer.cells", cells.len(), CELLS_MAX)?;
        for cell in cells {
            if let Cell::Text(Text(words)) = cell {
                at_most("answer.text", words.len(), TEXT_BYTES_MAX)?;
            }
        }
        Ok(())
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { query, from, as_of, promise_ns, fault, columns, rows, cells } = form;
        Ok(Self {
            query: QueryId::new(&query).map_err(|_| DecodeError::Value("answer.query"))?,
            from: WallTime(from),
            as_of: as_of.map(WallTime),
            promise: Duration::from_nanos(promise_ns),
            fault: fault.map(|Text(words)| words),
            table: Arc::new(table(columns, rows, cells)?),
        })
    }
}

#[cfg(test)]
mod tests;
