//! One-time join tokens: kept as hashes, bound to a node and a role, spent before a certificate leaves.

use crate::state_dir::{self, FileError};
use media::{NodeId, WallTime};
use protocol::{Reason, Role, Secret};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FILE: &str = "join-tokens.json";
const FILE_BYTES_MAX: u64 = 1 << 20;
const TOKENS_MAX: usize = 1024;
/// Spent and expired tokens are remembered for this long, so that a late use is told the right reason.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);

/// Why a token cannot be made or spent.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The book of tokens cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The book of tokens is no JSON of ours.
    #[error("{0} is damaged; remove it, every token in it becomes void")]
    Damaged(String),
    /// There are as many tokens as there may be.
    #[error("{TOKENS_MAX} join tokens are waiting; let some expire first")]
    Full,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// The token is refused.
    #[error("{0}")]
    Refused(Reason),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// SHA-256 of the secret, in hex. 128 random bits need no slow hash.
    secret_sha256: String,
    node: String,
    role: String,
    expires_ns: i64,
    spent_ns: Option<i64>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Book {
    tokens: Vec<Entry>,
}

/// The book of tokens in a controller's state directory. Every use reads and writes the file under a lock.
pub(crate) struct Tokens {
    directory: PathBuf,
}

fn hash(secret: &Secret) -> String {
    digest(&SHA256, &secret.0).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Tokens {
    pub(crate) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    fn read(&self) -> Result<Book, TokenError> {
        let Some(bytes) = state_dir::read(&self.directory, FILE, FILE_BYTES_MAX)? else {
            return Ok(Book::default());
        };
        let path = self.directory.join(FILE);
        serde_json::from_slice(&bytes).map_err(|_| TokenError::Damaged(path.display().to_string()))
    }

    fn write(&self, book: &Book) -> Result<(), TokenError> {
        let bytes = serde_json::to_vec_pretty(book);
        let bytes =
            bytes.map_err(|_| TokenError::Damaged(self.directory.join(FILE).display().to_string()))?;
        Ok(state_dir::write(&self.directory, FILE, &bytes)?)
    }

    /// Makes a token for `node` in `role` that expires `valid_for` after `now`.
    pub(crate) fn issue(
        &self,
        node: &NodeId,
        role: Role,
        valid_for: Duration,
        now: WallTime,
    ) -> Result<Secret, TokenError> {
        let mut secret = Secret([0; 16]);
        SystemRandom::new().fill(&mut secret.0).map_err(|_| TokenError::NoRandomness)?;
        let _lock = state_dir::lock(&self.directory)?;
        let mut book = self.read()?;
        book.tokens.retain(|entry| WallTime(entry.expires_ns) + REMEMBERED > now);
        if book.tokens.len() >= TOKENS_MAX {
            return Err(TokenError::Full);
        }
        book.tokens.push(Entry {
            secret_sha256: hash(&secret),
            node: node.to_string(),
            role: role.to_string(),
            expires_ns: (now + valid_for).0,
            spent_ns: None,
        });
        self.write(&book)?;
        Ok(secret)
    }

    /// Spends the token with `secret`. When this returns, the token is void even if the power goes.
    pub(crate) fn spend(
        &self,
        secret: &Secret,
        node: &NodeId,
        role: Role,
        now: WallTime,
    ) -> Result<(), TokenError> {
        let _lock = state_dir::lock(&self.directory)?;
        let mut book = self.read()?;
        let wanted = hash(secret);
        let entry = book.tokens.iter_mut().find(|entry| entry.secret_sha256 == wanted);
        let entry = entry.ok_or(TokenError::Refused(Reason::TokenUnknown))?;
        if entry.spent_ns.is_some() {
            return Err(TokenError::Refused(Reason::TokenSpent));
        }
        if now >= WallTime(entry.expires_ns) {
            return Err(TokenError::Refused(Reason::TokenExpired));
        }
        if entry.node != node.as_str() || entry.role != role.as_str() {
            return Err(TokenError::Refused(Reason::TokenForAnother));
        }
        entry.spent_ns = Some(now.0);
        self.write(&book)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_dir::tests::TestDir;

    fn refused(result: Result<(), TokenError>) -> Option<Reason> {
        match result {
            Err(TokenError::Refused(reason)) => Some(reason),
            _ => None,
        }
    }

    #[test]
    fn a_token_works_once_for_its_node_in_its_time() {
        let dir = TestDir::new();
        state_dir::make(&dir.0).unwrap();
        let tokens = Tokens::new(&dir.0);
        let (east, west) = (NodeId::new("east").unwrap(), NodeId::new("west").unwrap());
        let now = WallTime(1_795_000_000_000_000_000);
        let minute = Duration::from_secs(60);
        let secret = tokens.issue(&east, Role::Display, minute, now).unwrap();
        let spend = |secret: &Secret, node: &NodeId, role, at| {
            refused(Tokens::new(&dir.0).spend(secret, node, role, at))
        };
        assert_eq!(spend(&Secret([0; 16]), &east, Role::Display, now), Some(Reason::TokenUnknown));
        assert_eq!(spend(&secret, &west, Role::Display, now), Some(Reason::TokenForAnother));
        assert_eq!(spend(&secret, &east, Role::Ingest, now), Some(Reason::TokenForAnother));
        assert_eq!(spend(&secret, &east, Role::Display, now + minute), Some(Reason::TokenExpired));
        assert_eq!(spend(&secret, &east, Role::Display, now), None);
        assert_eq!(spend(&secret, &east, Role::Display, now), Some(Reason::TokenSpent));
        let stored = std::fs::read_to_string(dir.0.join(FILE)).unwrap();
        let hex: String = secret.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!stored.contains(&hex), "the secret itself is on the disk");
    }

    #[test]
    fn the_book_is_bounded_and_forgets_what_is_long_over() {
        let dir = TestDir::new();
        state_dir::make(&dir.0).unwrap();
        let tokens = Tokens::new(&dir.0);
        let node = NodeId::new("east").unwrap();
        let entry = |n: usize| Entry {
            secret_sha256: n.to_string(),
            node: "east".into(),
            role: "display".into(),
            expires_ns: 1,
            spent_ns: None,
        };
        tokens.write(&Book { tokens: (0..TOKENS_MAX).map(entry).collect() }).unwrap();
        let full = tokens.issue(&node, Role::Display, Duration::from_secs(1), WallTime(0));
        assert!(matches!(full, Err(TokenError::Full)));
        let later = WallTime(1) + REMEMBERED;
        tokens.issue(&node, Role::Display, Duration::from_secs(1), later).unwrap();
        assert_eq!(tokens.read().unwrap().tokens.len(), 1);
    }
}
