//! Following what changes below a prefix.

use crate::state::{Changes, StateStore, StoreError};

/// Changes that are read at a time.
const BATCH: u32 = 512;

/// Follows a prefix from a revision. It holds nothing in the store: who stops and comes again later names the revision that
/// [`Watch::revision`] gave.
#[derive(Debug, Clone)]
pub struct Watch<S> {
    store: S,
    prefix: String,
    after: u64,
}

impl<S: StateStore> Watch<S> {
    pub(crate) fn new(store: S, prefix: &str, after: u64) -> Self {
        Self { store, prefix: prefix.to_owned(), after }
    }

    /// Up to where everything has been given.
    pub fn revision(&self) -> u64 {
        self.after
    }

    /// Waits for the next changes and gives them, in order; [`Changes::Compacted`] when what comes next is forgotten: then it goes on
    /// from the oldest revision that is known, and whoever watches must read everything anew. Cancelling loses nothing.
    pub async fn next(&mut self) -> Result<Changes, StoreError> {
        loop {
            match self.store.changes(&self.prefix, self.after, BATCH).await? {
                Changes::Since { upto, list } => {
                    let quiet = list.is_empty() && upto == self.after;
                    self.after = upto;
                    if !list.is_empty() {
                        return Ok(Changes::Since { upto, list });
                    }
                    if quiet {
                        self.store.wait(upto).await;
                    }
                }
                Changes::Compacted { oldest } => {
                    self.after = oldest;
                    return Ok(Changes::Compacted { oldest });
                }
            }
        }
    }
}
