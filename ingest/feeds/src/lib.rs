//! Data connectors, the tables that they fill, the ledger of events, and the queries that widgets ask.

mod asker;
mod connect;
mod fault;
mod feeds;
mod landing;
mod ledger;
mod query;
mod store;

pub use asker::{Answered, Asker, Question};
pub use connect::{Outward, Target};
pub use fault::FeedFault;
pub use feeds::{FOR_EVER, Feeds, FeedsError, FeedsSettings, Freshness, PushError, Secrets, same_token};
pub use landing::{FeedHealth, Landed};
pub use ledger::{EventError, EventStep, Ledger, LedgerError, Verified, VerifyError};
pub use query::QueryError;
pub use store::{Change, Clock, EVENTS_TABLE, Revisions, Store, StoreAddress, StoreError};
