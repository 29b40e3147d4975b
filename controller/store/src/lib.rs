//! The controller's memory: keys and values with revisions, behind a trait that etcd could implement too. Who decides what lies in it is elsewhere.

mod schema;
mod sqlite;
mod state;
mod watch;

pub use sqlite::{SqliteStore, StoreLimits};
pub use state::{
    Change, Changes, Compare, Entry, KEY_BYTES_MAX, LeaseId, OPERATIONS_MAX, Operation, Outcome, RANGE_MAX,
    StateStore, StoreError, Transaction, VALUE_BYTES_MAX,
};
pub use watch::Watch;
