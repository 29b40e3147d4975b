//! The ledger of events: records that are only ever added, each with the hash of the one before.
//!
//! The table `events`, which queries read, is what the records add up to; it is written in the same transaction and can be
//! computed again from them. A record's hash is SHA-256 over the hash before it and its own sequence, time, author and content.

mod chain;
mod keep;
mod record;
#[cfg(test)]
mod tests;
mod verify;

pub(crate) use chain::Chain;
pub(crate) use keep::{append, create, head, keep_head};
pub(crate) use verify::verify;
pub use verify::{Verified, VerifyError};

use crate::store::database::Link;
use crate::store::{Store, StoreError};
use media::{EventReport, EventState, WallTime};
use record::What;

/// The columns of `events` that are times.
pub(crate) const EVENT_TIMES: [&str; 6] = ["reported", "verified", "dispatched", "handled", "closed", "due"];

/// Why the ledger did not take a report or a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Nobody has reported that event.
    #[error("event {id} was never reported")]
    Unknown {
        /// Which.
        id: String,
    },
    /// An event cannot go from there to there.
    #[error("event {id} is {}; it cannot become {}", from.as_str(), to.as_str())]
    Illegal {
        /// Which.
        id: String,
        /// Where it stands.
        from: EventState,
        /// Where it was to go.
        to: EventState,
    },
    /// A field that the ledger does not take.
    #[error("event {id}: {field} is empty, too long or out of range")]
    BadField {
        /// Which event.
        id: String,
        /// Which field.
        field: &'static str,
    },
}

impl EventError {
    /// The error in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::Unknown { id } => format!("事件 {id} 从未上报"),
            Self::Illegal { id, from, to } => {
                format!("事件 {id} 处于“{}”，不能变为“{}”", chinese_state(*from), chinese_state(*to))
            }
            Self::BadField { id, field } => format!("事件 {id}：{field} 为空、过长或超出范围"),
        }
    }
}

fn chinese_state(state: EventState) -> &'static str {
    match state {
        EventState::Reported => "已上报",
        EventState::Verified => "已核实",
        EventState::Dispatched => "已派遣",
        EventState::Handled => "已处置",
        EventState::Closed => "已办结",
    }
}

/// Why something did not get into the ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The ledger refuses.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LedgerError {
    /// The error in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::Event(error) => error.chinese(),
            Self::Store(error) => error.chinese(),
        }
    }
}

/// A step that an event took.
#[derive(Debug, Clone, PartialEq)]
pub struct EventStep {
    /// What was reported of it; for a later step as the table has it.
    pub report: EventReport,
    /// Where it stood; `None` for its report.
    pub from: Option<EventState>,
    /// Where it stands.
    pub to: EventState,
    /// When, as whoever did it says.
    pub at: WallTime,
    /// Who.
    pub by: String,
}

/// What somebody wants to be in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LedgerInput {
    pub(crate) what: What,
    pub(crate) by: String,
}

/// The ledger. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    store: Store,
}

impl Ledger {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// A new event. Gives `false` when an event of that id is there already: nothing is changed then.
    pub async fn report(&self, report: EventReport, by: &str) -> Result<bool, LedgerError> {
        self.one(What::Report(Box::new(report)), by).await
    }

    /// An event goes on to a state, at a time. Gives `false` when it has been in that state already.
    pub async fn advance(
        &self,
        id: &str,
        to: EventState,
        by: &str,
        at: WallTime,
    ) -> Result<bool, LedgerError> {
        self.one(What::Advance { id: id.to_owned(), to, at }, by).await
    }

    /// A remark about an event, at most 2000 characters.
    pub async fn note(&self, id: &str, text: &str, by: &str) -> Result<(), LedgerError> {
        self.one(What::Note { id: id.to_owned(), text: text.to_owned() }, by).await.map(|_| ())
    }

    /// What a feed's rows say, in their order and in one transaction; `by` names who says nothing of that himself. For each
    /// whether something was added, or why it was refused.
    pub async fn take(
        &self,
        inputs: Vec<ingest::feed::EventInput>,
        by: &str,
    ) -> Result<Vec<Result<bool, EventError>>, StoreError> {
        use ingest::feed::EventInput;
        let author = |named: String| if named.is_empty() { by.to_owned() } else { named };
        let inputs = inputs.into_iter().map(|input| match input {
            EventInput::Report { report, by } => LedgerInput { what: What::Report(report), by: author(by) },
            EventInput::Advance { id, to, by, at } => {
                LedgerInput { what: What::Advance { id, to, at }, by: author(by) }
            }
        });
        let inputs = inputs.collect();
        self.store.job(|reply| crate::store::Job::Events { inputs, reply }).await
    }

    /// Computes every hash anew and compares what the records add up to with the table `events`. Names the first record
    /// that was altered or is missing.
    pub async fn verify(&self) -> Result<Result<Verified, VerifyError>, StoreError> {
        self.store.job(|reply| crate::store::Job::Verify { reply }).await
    }

    async fn one(&self, what: What, by: &str) -> Result<bool, LedgerError> {
        let inputs = vec![LedgerInput { what, by: by.to_owned() }];
        let outcomes = self.store.job(|reply| crate::store::Job::Events { inputs, reply }).await?;
        Ok(outcomes.into_iter().next().unwrap_or(Ok(false))?)
    }
}
