//! The chain of hashes.

use media::WallTime;
use ring::digest;
use std::fmt::Write;

/// The end of a chain: how many records there are and the last one's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) sequence: i64,
    pub(crate) hash: String,
}

impl Default for Chain {
    /// Before the first record.
    fn default() -> Self {
        Self { sequence: 0, hash: "0".repeat(64) }
    }
}

impl Chain {
    /// The chain with one record more. Every part goes in with its length, so that no two records are the same bytes.
    pub(crate) fn next(&self, at: WallTime, by: &str, what: &str) -> Self {
        let sequence = self.sequence.saturating_add(1);
        let mut context = digest::Context::new(&digest::SHA256);
        let (number, time) = (sequence.to_string(), at.0.to_string());
        for part in ["taibai ledger 1", &self.hash, &number, &time, by, what] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut hash = String::with_capacity(64);
        for byte in context.finish().as_ref() {
            let _ = write!(hash, "{byte:02x}");
        }
        Self { sequence, hash }
    }
}
