//! Proof that the ledger is what it was: every hash computed anew, every event folded anew.

use super::keep::{EventRow, event_columns};
use super::record::What;
use super::{Chain, Link};
use crate::store::StoreError;
use crate::store::database::Bind;
use media::{Value, WallTime};
use std::collections::BTreeMap;

/// Records that are read at a time.
const PAGE: i64 = 1000;

/// What a ledger without a flaw says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many records there are.
    pub records: u64,
    /// How many events they are about.
    pub events: u64,
    /// The last record's hash in hexadecimal: written down elsewhere, it proves all before it.
    pub hash: String,
}

/// What is wrong with a ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A record is not what was written.
    #[error("record {sequence} of the ledger was altered")]
    Altered {
        /// The first one.
        sequence: i64,
    },
    /// A record is not there.
    #[error("record {sequence} of the ledger is missing")]
    Missing {
        /// The first one.
        sequence: i64,
    },
    /// A record says something that was never allowed, although its hash is right.
    #[error("record {sequence} of the ledger is no legal step")]
    Illegal {
        /// The first one.
        sequence: i64,
    },
    /// The table `events` is not what the records add up to.
    #[error("event {id} in table events is not what the ledger says")]
    Event {
        /// The first one.
        id: String,
    },
}

impl VerifyError {
    /// The error in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::Altered { sequence } => format!("台账第 {sequence} 条记录被改动"),
            Self::Missing { sequence } => format!("台账第 {sequence} 条记录缺失"),
            Self::Illegal { sequence } => format!("台账第 {sequence} 条记录是不合规的变更"),
            Self::Event { id } => format!("events 表中的事件 {id} 与台账不符"),
        }
    }
}

/// Reads all records. `end` is where the chain ends as the writer knows it.
pub(crate) async fn verify(
    link: &mut Link,
    end: &Chain,
) -> Result<Result<Verified, VerifyError>, StoreError> {
    let mut walk = Walk { chain: Chain::default(), events: BTreeMap::new() };
    let mut sql = "SELECT \"sequence\", \"at\", \"by\", \"what\", \"hash\" FROM ledger WHERE \"sequence\" > "
        .to_owned();
    link.dialect().placeholder(1, &mut sql);
    sql.push_str(&format!(" ORDER BY \"sequence\" LIMIT {PAGE}"));
    // From below zero on, so that a record slipped in before the first is seen.
    let mut from = i64::MIN;
    loop {
        let rows = link.rows(&sql, vec![Bind::Int(from)]).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            if let Err(error) = walk.record(row) {
                return Ok(Err(error));
            }
        }
        from = walk.chain.sequence;
    }
    let kept = link.rows("SELECT shape FROM taibai_tables WHERE name = 'ledger'", Vec::new()).await?;
    let kept = kept.first().and_then(|row| row.first()?.text()).and_then(|text| {
        let (sequence, hash) = text.split_once(' ')?;
        Some(Chain { sequence: sequence.parse().ok()?, hash: hash.to_owned() })
    });
    for end in [Some(end.clone()), kept].into_iter().flatten() {
        if walk.chain.sequence < end.sequence {
            return Ok(Err(VerifyError::Missing { sequence: walk.chain.sequence.saturating_add(1) }));
        }
        if walk.chain != end {
            return Ok(Err(VerifyError::Altered { sequence: walk.chain.sequence }));
        }
    }
    let Walk { chain, events } = walk;
    let rows =
        link.rows(&format!("SELECT {} FROM events ORDER BY \"id\"", event_columns()), Vec::new()).await?;
    let verified = Verified {
        records: u64::try_from(chain.sequence).unwrap_or(0),
        events: events.len() as u64,
        hash: chain.hash,
    };
    Ok(compare(events, &rows).map(|()| verified))
}

struct Walk {
    chain: Chain,
    events: BTreeMap<String, EventRow>,
}

impl Walk {
    fn record(&mut self, row: &[Value]) -> Result<(), VerifyError> {
        let expected = self.chain.sequence.saturating_add(1);
        let altered = VerifyError::Altered { sequence: expected };
        let [
            Value::Integer(sequence),
            Value::Integer(at),
            Value::Text(by),
            Value::Text(what),
            Value::Text(hash),
        ] = row
        else {
            return Err(altered);
        };
        if *sequence > expected {
            return Err(VerifyError::Missing { sequence: expected });
        }
        let next = self.chain.next(WallTime(*at), by, what);
        if *sequence != expected || next.hash != **hash {
            return Err(altered);
        }
        let illegal = VerifyError::Illegal { sequence: expected };
        match What::from_text(what).ok_or(altered)? {
            What::Report(report) => {
                let row = EventRow::new(&report, by, expected);
                if self.events.insert(report.id.clone(), row).is_some() {
                    return Err(illegal);
                }
            }
            What::Advance { id, to, at } => {
                let event = self.events.get_mut(&id).ok_or_else(|| illegal.clone())?;
                if event.advance(to, at, by, expected) != Ok(true) {
                    return Err(illegal);
                }
            }
            What::Note { id, .. } => {
                if !self.events.contains_key(&id) {
                    return Err(illegal);
                }
            }
        }
        self.chain = next;
        Ok(())
    }
}

fn compare(mut events: BTreeMap<String, EventRow>, rows: &[Vec<Value>]) -> Result<(), VerifyError> {
    for row in rows {
        let id = row.first().and_then(Value::text).unwrap_or_default().to_owned();
        let same = EventRow::from_values(row).is_some_and(|kept| events.remove(&id) == Some(kept));
        if !same {
            return Err(VerifyError::Event { id });
        }
    }
    match events.into_keys().next() {
        Some(id) => Err(VerifyError::Event { id }),
        None => Ok(()),
    }
}
