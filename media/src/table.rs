//! Data as rows and columns: what feeds fill, queries answer and widgets draw.

use crate::WallTime;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// Words, at most 64 KiB each.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers with a fraction.
    Real,
    /// True or false.
    Flag,
    /// Moments.
    Time,
}

/// A number with a fraction that is one: neither NaN nor infinite, and with one zero only.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Real(f64);

impl Real {
    /// Keeps `number`; `None` for NaN and the infinities.
    pub fn new(number: f64) -> Option<Self> {
        // Adding zero turns -0 into 0, so that equal numbers have equal bits.
        number.is_finite().then_some(Self(number + 0.0))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Nothing is known.
    Null,
    /// True or false.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Real(Real),
    /// Words.
    Text(Arc<str>),
    /// A moment.
    Time(WallTime),
}

impl Value {
    /// The value as a number; `None` where it is none.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Real(number) => Some(number.get()),
            Self::Null | Self::Flag(_) | Self::Text(_) | Self::Time(_) => None,
        }
    }

    /// The value as words, where it is some.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Flag(_) | Self::Integer(_) | Self::Real(_) | Self::Time(_) => None,
        }
    }
}

/// The answer to a query: every row has one value for each column.
///
/// It keeps a digest of its content, so that hashing a map of fifty thousand points costs nothing at each tick.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    digest: u64,
    bytes: usize,
    columns: Vec<Arc<str>>,
    rows: Vec<Vec<Value>>,
}

impl Hash for Table {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

impl Table {
    /// Keeps rows under their columns; `None` when a row has another number of values than there are columns.
    pub fn new(columns: Vec<Arc<str>>, rows: Vec<Vec<Value>>) -> Option<Self> {
        if rows.iter().any(|row| row.len() != columns.len()) {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        (&columns, &rows).hash(&mut hasher);
        let text = |value: &Value| value.text().map_or(0, str::len);
        let row =
            |row: &Vec<Value>| size_of_val(row) + size_of_val(&**row) + row.iter().map(text).sum::<usize>();
        let bytes =
            columns.iter().map(|name| name.len()).sum::<usize>() + rows.iter().map(row).sum::<usize>();
        Some(Self { digest: hasher.finish(), bytes, columns, rows })
    }

    /// How much memory it takes, in bytes, nearly; words that rows share count in each.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The columns' names.
    pub fn columns(&self) -> &[Arc<str>] {
        &self.columns
    }

    /// The rows.
    pub fn rows(&self) -> &[Vec<Value>] {
        &self.rows
    }

    /// Where the column called `name` stands.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| &**column == name)
    }

    /// The value in row `row` of the column called `name`; `None` when there is no such row or column.
    pub fn get(&self, row: usize, name: &str) -> Option<&Value> {
        self.rows.get(row)?.get(self.column(name)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_is_a_number_and_zero_is_one_number() {
        assert_eq!(Real::new(f64::NAN), None);
        assert_eq!(Real::new(f64::INFINITY), None);
        let bits = |number: f64| Real::new(number).map(|real| real.get().to_bits());
        assert_eq!(bits(-0.0), bits(0.0));
    }

    #[test]
    fn a_table_is_a_rectangle() {
        let columns: Vec<Arc<str>> = vec!["a".into(), "b".into()];
        assert_eq!(Table::new(columns.clone(), vec![vec![Value::Null]]), None);
        let table = Table::new(columns, vec![vec![Value::Integer(3), Value::Text("x".into())]]).unwrap();
        assert_eq!(table.get(0, "a").and_then(Value::number), Some(3.0));
        assert_eq!(table.get(0, "b").and_then(Value::text), Some("x"));
        assert_eq!((table.get(1, "a"), table.get(0, "c")), (None, None));
        assert!((50..150).contains(&table.bytes()), "{}", table.bytes());
    }
}
