//! The store in one SQLite file. A change is acknowledged when it is on the disk.

use crate::schema::{About, about, is_damage, open};
use crate::state::{
    Change, Changes, Compare, Entry, LeaseId, Operation, Outcome, RANGE_MAX, StateStore, StoreError,
    Transaction, check_key, check_prefix,
};
use media::WallTime;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard, watch};

/// How much a store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// Bytes of all keys and values together.
    pub bytes_max: u64,
    /// Revisions whose changes can be watched; between this many and twice as many are remembered.
    pub history: u64,
}

impl Default for StoreLimits {
    /// 4 GiB, which is some ten million records of the audit, and 4096 revisions.
    fn default() -> Self {
        Self { bytes_max: 4 << 30, history: 4096 }
    }
}

/// A [`StateStore`] in a file that only its owner can read (write-ahead log, every commit synchronised).
#[derive(Debug, Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    limits: StoreLimits,
    link: Mutex<SqliteConnection>,
    revision: watch::Sender<u64>,
}

impl SqliteStore {
    /// Opens the store, and makes it where there is none. Errors: a file that cannot be opened, is damaged, or is newer.
    pub async fn open(path: &Path, limits: StoreLimits) -> Result<Self, StoreError> {
        let (link, About { revision, .. }) = open(path).await?;
        let inner = Inner {
            path: path.to_owned(),
            limits,
            link: Mutex::new(link),
            revision: watch::Sender::new(revision),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Ends in order, when this is the last of the clones: the log is written back into the file.
    pub async fn close(self) -> Result<(), StoreError> {
        match Arc::into_inner(self.inner) {
            None => Ok(()),
            Some(inner) => {
                let closed = inner.link.into_inner().close().await;
                closed.map_err(|error| StoreError::Failed { why: error.to_string() })
            }
        }
    }

    async fn link(&self) -> MutexGuard<'_, SqliteConnection> {
        self.inner.link.lock().await
    }

    fn fault(&self, error: &sqlx::Error) -> StoreError {
        let path = self.inner.path.clone();
        if is_damage(error) {
            StoreError::Corrupt { path, why: error.to_string() }
        } else {
            StoreError::Failed { why: error.to_string() }
        }
    }

    /// Ends a transaction in which something has changed, and tells who waits.
    async fn finish(
        &self,
        mut transaction: sqlx::Transaction<'_, sqlx::Sqlite>,
        about: About,
    ) -> Result<u64, sqlx::Error> {
        let About { revision, mut compacted, bytes } = about;
        let history = self.inner.limits.history.max(1);
        if revision.saturating_sub(compacted) > history * 2 {
            compacted = revision - history;
            sqlx::query("DELETE FROM changes WHERE revision <= ?")
                .bind(int(compacted))
                .execute(&mut *transaction)
                .await?;
        }
        for (name, value) in [("revision", revision), ("compacted", compacted), ("bytes", bytes)] {
            sqlx::query("UPDATE about SET value = ? WHERE name = ?")
                .bind(int(value))
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        self.inner.revision.send_replace(revision);
        Ok(revision)
    }

    async fn try_commit(&self, wanted: Transaction) -> Result<Result<Outcome, StoreError>, sqlx::Error> {
        let Transaction { compares, operations } = wanted;
        let mut link = self.link().await;
        let mut transaction = link.begin_with("BEGIN IMMEDIATE").await?;
        for compare in compares {
            let found = find(&mut transaction, compare.key()).await?;
            let holds = match &compare {
                Compare::Absent(_) => found.is_none(),
                Compare::Modified(_, revision) => {
                    found.as_ref().is_some_and(|entry| entry.modified == *revision)
                }
            };
            if !holds {
                return Ok(Ok(Outcome::Conflict { key: compare.key().to_owned(), found }));
            }
        }
        let mut about = about(&mut transaction).await?;
        let (before, bytes_before) = (about.revision, about.bytes);
        about.revision += 1;
        let mut changed = false;
        for operation in &operations {
            match apply(&mut transaction, operation, &mut about).await? {
                Ok(effective) => changed |= effective,
                Err(error) => return Ok(Err(error)),
            }
        }
        if !changed {
            return Ok(Ok(Outcome::Done { revision: before }));
        }
        let bytes_max = self.inner.limits.bytes_max;
        if about.bytes > bytes_max && about.bytes > bytes_before {
            return Ok(Err(StoreError::Full { bytes_max }));
        }
        let revision = self.finish(transaction, about).await?;
        Ok(Ok(Outcome::Done { revision }))
    }

    async fn try_changes(&self, prefix: &str, after: u64, limit: u32) -> Result<Changes, sqlx::Error> {
        let mut link = self.link().await;
        let About { revision, compacted, .. } = about(&mut link).await?;
        // From a future that this file has not seen, as after a restored copy: what is there is not what was known.
        if after < compacted || after > revision {
            let oldest = if after > revision { revision } else { compacted };
            return Ok(Changes::Compacted { oldest });
        }
        let limit = usize::try_from(limit.clamp(1, RANGE_MAX)).unwrap_or(1).max(crate::OPERATIONS_MAX);
        let rows = sqlx::query(
            "SELECT revision, key, deleted FROM changes WHERE revision > ? AND key >= ? AND key < ? ORDER BY revision, key LIMIT ?",
        )
        .bind(int(after))
        .bind(prefix)
        .bind(end_of(prefix))
        .bind(int(limit as u64 + 1))
        .fetch_all(&mut *link)
        .await?;
        let list: Result<Vec<Change>, sqlx::Error> = rows
            .iter()
            .map(|row| {
                let (revision, deleted) = (number(row, 0)?, row.try_get::<i64, _>(2)? != 0);
                Ok(Change { revision, key: row.try_get(1)?, deleted })
            })
            .collect();
        let mut list = list?;
        if list.len() <= limit {
            return Ok(Changes::Since { upto: revision, list });
        }
        // The last revision may not be whole; there are others before it, for one has at most as many changes as a transaction.
        let last = list.last().map_or(revision, |change| change.revision);
        list.retain(|change| change.revision < last);
        let upto = list.last().map_or(after, |change| change.revision);
        Ok(Changes::Since { upto, list })
    }

    async fn try_expire(&self, now: WallTime) -> Result<Vec<String>, sqlx::Error> {
        let mut link = self.link().await;
        let mut transaction = link.begin_with("BEGIN IMMEDIATE").await?;
        let rows = sqlx::query(
            "SELECT key FROM entries WHERE lease IN (SELECT id FROM leases WHERE ends <= ?) ORDER BY key",
        )
        .bind(now.0)
        .fetch_all(&mut *transaction)
        .await?;
        let keys: Vec<String> =
            rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, sqlx::Error>>()?;
        sqlx::query("DELETE FROM leases WHERE ends <= ?").bind(now.0).execute(&mut *transaction).await?;
        if keys.is_empty() {
            transaction.commit().await?;
            return Ok(keys);
        }
        let mut about = about(&mut transaction).await?;
        about.revision += 1;
        for key in &keys {
            remove(&mut transaction, key, &mut about).await?;
        }
        self.finish(transaction, about).await?;
        Ok(keys)
    }
}

impl StateStore for SqliteStore {
    async fn revision(&self) -> Result<u64, StoreError> {
        let mut link = self.link().await;
        let About { revision, .. } = about(&mut link).await.map_err(|error| self.fault(&error))?;
        Ok(revision)
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        check_key(key)?;
        let mut link = self.link().await;
        find(&mut link, key).await.map_err(|error| self.fault(&error))
    }

    async fn range(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<Entry>, StoreError> {
        check_prefix(prefix)?;
        let mut link = self.link().await;
        let rows = sqlx::query(
            "SELECT key, value, created, modified, lease FROM entries WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?",
        )
        .bind(prefix)
        .bind(end_of(prefix))
        .bind(after.unwrap_or_default())
        .bind(i64::from(limit.min(RANGE_MAX)))
        .fetch_all(&mut *link)
        .await;
        let entries = rows.and_then(|rows| rows.iter().map(entry).collect());
        entries.map_err(|error| self.fault(&error))
    }

    async fn commit(&self, transaction: Transaction) -> Result<Outcome, StoreError> {
        transaction.check()?;
        self.try_commit(transaction).await.map_err(|error| self.fault(&error))?
    }

    async fn changes(&self, prefix: &str, after: u64, limit: u32) -> Result<Changes, StoreError> {
        check_prefix(prefix)?;
        self.try_changes(prefix, after, limit).await.map_err(|error| self.fault(&error))
    }

    async fn wait(&self, after: u64) {
        let mut revision = self.inner.revision.subscribe();
        // The sender lives as long as this store.
        let _ = revision.wait_for(|revision| *revision > after).await;
    }

    async fn grant(&self, ttl: Duration, now: WallTime) -> Result<LeaseId, StoreError> {
        let mut link = self.link().await;
        let done = sqlx::query("INSERT INTO leases (ends) VALUES (?)")
            .bind((now + ttl).0)
            .execute(&mut *link)
            .await
            .map_err(|error| self.fault(&error))?;
        Ok(LeaseId(done.last_insert_rowid()))
    }

    async fn keep_alive(&self, lease: LeaseId, ttl: Duration, now: WallTime) -> Result<(), StoreError> {
        let mut link = self.link().await;
        let done = sqlx::query("UPDATE leases SET ends = ? WHERE id = ? AND ends > ?")
            .bind((now + ttl).0)
            .bind(lease.0)
            .bind(now.0)
            .execute(&mut *link)
            .await
            .map_err(|error| self.fault(&error))?;
        if done.rows_affected() == 0 { Err(StoreError::NoLease) } else { Ok(()) }
    }

    async fn expire(&self, now: WallTime) -> Result<Vec<String>, StoreError> {
        self.try_expire(now).await.map_err(|error| self.fault(&error))
    }
}

/// Does one operation; whether it has changed anything.
async fn apply(
    link: &mut SqliteConnection,
    operation: &Operation,
    about: &mut About,
) -> Result<Result<bool, StoreError>, sqlx::Error> {
    match operation {
        Operation::Delete { key } => Ok(Ok(remove(link, key, about).await?)),
        Operation::Put { key, value, lease } => {
            if let Some(LeaseId(id)) = lease {
                let known = sqlx::query("SELECT 1 FROM leases WHERE id = ?")
                    .bind(id)
                    .fetch_optional(&mut *link)
                    .await?;
                if known.is_none() {
                    return Ok(Err(StoreError::NoLease));
                }
            }
            if let Some(old) = size(link, key).await? {
                about.bytes = about.bytes.saturating_sub(old);
            }
            about.bytes += (key.len() + value.len()) as u64;
            sqlx::query(
                "INSERT INTO entries (key, value, created, modified, lease) VALUES (?1, ?2, ?3, ?3, ?4) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value, modified = excluded.modified, lease = excluded.lease",
            )
            .bind(key)
            .bind(value.as_slice())
            .bind(int(about.revision))
            .bind(lease.map(|LeaseId(id)| id))
            .execute(&mut *link)
            .await?;
            note(link, key, false, about.revision).await?;
            Ok(Ok(true))
        }
    }
}

/// Deletes a key; whether it was there.
async fn remove(link: &mut SqliteConnection, key: &str, about: &mut About) -> Result<bool, sqlx::Error> {
    let Some(old) = size(link, key).await? else { return Ok(false) };
    about.bytes = about.bytes.saturating_sub(old);
    sqlx::query("DELETE FROM entries WHERE key = ?").bind(key).execute(&mut *link).await?;
    note(link, key, true, about.revision).await?;
    Ok(true)
}

async fn note(
    link: &mut SqliteConnection,
    key: &str,
    deleted: bool,
    revision: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO changes (revision, key, deleted) VALUES (?, ?, ?)")
        .bind(int(revision))
        .bind(key)
        .bind(i64::from(deleted))
        .execute(link)
        .await?;
    Ok(())
}

/// Bytes of an entry's key and value.
async fn size(link: &mut SqliteConnection, key: &str) -> Result<Option<u64>, sqlx::Error> {
    let row =
        sqlx::query("SELECT length(value) FROM entries WHERE key = ?").bind(key).fetch_optional(link).await?;
    row.map(|row| Ok(number(&row, 0)? + key.len() as u64)).transpose()
}

async fn find(link: &mut SqliteConnection, key: &str) -> Result<Option<Entry>, sqlx::Error> {
    let row = sqlx::query("SELECT key, value, created, modified, lease FROM entries WHERE key = ?")
        .bind(key)
        .fetch_optional(link)
        .await?;
    row.as_ref().map(entry).transpose()
}

fn entry(row: &SqliteRow) -> Result<Entry, sqlx::Error> {
    Ok(Entry {
        key: row.try_get(0)?,
        value: row.try_get(1)?,
        created: number(row, 2)?,
        modified: number(row, 3)?,
        lease: row.try_get::<Option<i64>, _>(4)?.map(LeaseId),
    })
}

fn number(row: &SqliteRow, at: usize) -> Result<u64, sqlx::Error> {
    Ok(u64::try_from(row.try_get::<i64, _>(at)?).unwrap_or(0))
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The first text behind all keys that begin with `prefix`: keys are ASCII, and DEL stands in none.
fn end_of(prefix: &str) -> String {
    format!("{prefix}\x7f")
}
