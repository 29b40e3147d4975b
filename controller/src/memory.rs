//! What the hall remembers over a restart: who decides it says what it is, here it is written down as a whole, and read again.
//!
//! All of it lies in the state store. What an operator did is acknowledged after it has been written; acts that come while something
//! is being written are written together.

use controller_store::{
    Compare, Entry, OPERATIONS_MAX, Operation, Outcome, SqliteStore, StateStore, StoreError, Transaction,
    VALUE_BYTES_MAX,
};
use layouts::rules::EngineState;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Mutex;

/// The rules' state, in pieces that are one value when they are joined.
const RULES: &str = "rules/";
/// What stands in the way of another writer: it is written each time.
const HEAD: &str = "rules/000";
/// What operators have done to walls.
pub(crate) const WALLS: &str = "walls/";
/// Where what cannot be understood is put aside.
const ASIDE: &str = "unreadable/";
/// Largest state of the rules in bytes.
const RULES_BYTES_MAX: usize = 64 << 20;
/// Entries that are read at a time.
const PAGE: u32 = 1000;

/// What is to be kept.
pub(crate) struct Snapshot {
    /// What the rules remember.
    pub(crate) rules: EngineState,
    /// All keys below [`WALLS`] with their values; none for a value that is kept under its key already and never changes.
    pub(crate) walls: BTreeMap<String, Option<Vec<u8>>>,
}

/// Gives what is to be kept, nothing when there is nobody left who knows; it is told which keys are kept already.
type Source = Box<dyn Fn(&BTreeSet<String>) -> Option<Snapshot> + Send + Sync>;

/// What was remembered.
#[derive(Default)]
pub(crate) struct Remembered {
    /// What the rules remember; `None` at first start.
    pub(crate) rules: Option<EngineState>,
    /// Values by their keys, all below [`WALLS`].
    pub(crate) walls: BTreeMap<String, Vec<u8>>,
}

/// Where it is written down. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Memory {
    inner: Arc<Inner>,
}

struct Inner {
    store: SqliteStore,
    source: OnceLock<Source>,
    /// Something may have changed since it was written down.
    dirty: AtomicBool,
    /// Held while it is written down.
    kept: Mutex<Kept>,
}

/// What the store has.
#[derive(Default)]
struct Kept {
    keys: BTreeSet<String>,
    /// The revision that wrote [`HEAD`] last.
    head: Option<u64>,
    /// A file of an earlier program, of no use once the store has what was in it.
    former: Option<PathBuf>,
}

impl Memory {
    /// Reads what was remembered in `store`, or where it has nothing, in the file that programs before this one wrote below `state`.
    pub(crate) async fn open(store: SqliteStore, state: &Path) -> Result<(Self, Remembered), StoreError> {
        let mut kept = Kept::default();
        let rules = read_all(&store, RULES).await?;
        let walls = read_all(&store, WALLS).await?;
        kept.head = rules.first().filter(|entry| entry.key == HEAD).map(|entry| entry.modified);
        kept.keys.extend(rules.iter().chain(&walls).map(|entry| entry.key.clone()));
        let rules = if rules.is_empty() {
            let file = state.join("rules.json");
            let found = former(&file);
            kept.former = found.is_some().then_some(file);
            found
        } else {
            let joined: Vec<u8> = rules.iter().flat_map(|piece| piece.value.iter().copied()).collect();
            match serde_json::from_slice(&joined) {
                Ok(rules) => Some(rules),
                Err(error) => {
                    tracing::error!(%error, "what the rules remember cannot be read; it is put aside");
                    put_aside(&store, rules).await?;
                    None
                }
            }
        };
        let walls = walls.into_iter().map(|entry| (entry.key, entry.value)).collect();
        let inner =
            Inner { store, source: OnceLock::new(), dirty: AtomicBool::new(true), kept: Mutex::new(kept) };
        Ok((Self { inner: Arc::new(inner) }, Remembered { rules, walls }))
    }

    /// Who says what is to be kept; the first one counts.
    pub(crate) fn keeps(
        &self,
        source: impl Fn(&BTreeSet<String>) -> Option<Snapshot> + Send + Sync + 'static,
    ) {
        let _ = self.inner.source.set(Box::new(source));
    }

    /// Something may have changed.
    pub(crate) fn touch(&self) {
        self.inner.dirty.store(true, Ordering::Relaxed);
    }

    /// Writes down what may have changed. When it comes back with success, what had changed before it was called is on the disk, whoever
    /// wrote it. A caller that goes away changes nothing about that.
    pub(crate) async fn save(&self) -> Result<(), StoreError> {
        let inner = self.inner.clone();
        let work = tokio::spawn(async move {
            let mut kept = inner.kept.lock().await;
            if !inner.dirty.swap(false, Ordering::Relaxed) {
                return Ok(());
            }
            let written = write(&inner, &mut kept).await;
            if let Err(error) = &written {
                inner.dirty.store(true, Ordering::Relaxed);
                tracing::error!(%error, "what the hall remembers cannot be written down");
            }
            written
        });
        work.await.unwrap_or_else(|error| Err(StoreError::Failed { why: error.to_string() }))
    }
}

async fn write(inner: &Arc<Inner>, kept: &mut Kept) -> Result<(), StoreError> {
    let (taken, keys) = (inner.clone(), kept.keys.clone());
    let entries = tokio::task::spawn_blocking(move || {
        let snapshot = taken.source.get().and_then(|source| source(&keys));
        snapshot.map(entries).transpose()
    });
    let entries = entries.await.map_err(|error| StoreError::Failed { why: error.to_string() })??;
    let Some(entries) = entries else { return Ok(()) };
    let delete = kept.keys.iter().filter(|key| !entries.contains_key(*key)).cloned().collect::<Vec<_>>();
    let all: BTreeSet<String> = entries.keys().cloned().collect();
    let delete = delete.into_iter().map(|key| Operation::Delete { key });
    let put =
        |(key, value): (String, Option<Vec<u8>>)| Some(Operation::Put { key, value: value?, lease: None });
    // What others name goes before them, and the head last: whatever is written of it before the power fails can be read.
    let mut operations: Vec<Operation> = entries.into_iter().filter_map(put).collect();
    operations.sort_by_key(|operation| std::cmp::Reverse(operation.key().matches('/').count()));
    let (head, mut rest): (Vec<_>, Vec<_>) = operations.into_iter().partition(|it| it.key() == HEAD);
    rest.extend(delete);
    rest.extend(head);
    let compare = match kept.head {
        Some(revision) => Compare::Modified(HEAD.to_owned(), revision),
        None => Compare::Absent(HEAD.to_owned()),
    };
    let mut revision = kept.head;
    for part in rest.chunks(OPERATIONS_MAX) {
        let transaction = Transaction { compares: vec![compare.clone()], operations: part.to_vec() };
        match inner.store.commit(transaction).await? {
            Outcome::Done { revision: done } => revision = Some(done),
            Outcome::Conflict { key, found: _ } => {
                let why = format!("{key} is another one: a second controller writes this state");
                return Err(StoreError::Failed { why });
            }
        }
    }
    *kept = Kept { keys: all, head: revision, former: kept.former.take() };
    if let Some(file) = kept.former.take()
        && let Err(error) = fs::rename(&file, file.with_extension("json.moved"))
    {
        tracing::warn!(file = %file.display(), %error, "a file that is no longer used stays where it is");
    }
    Ok(())
}

/// All keys and values of a snapshot.
fn entries(snapshot: Snapshot) -> Result<BTreeMap<String, Option<Vec<u8>>>, StoreError> {
    let Snapshot { rules, walls } = snapshot;
    let bytes = serde_json::to_vec(&rules).map_err(|error| StoreError::Failed { why: error.to_string() })?;
    if bytes.len() > RULES_BYTES_MAX {
        return Err(StoreError::TooLarge { key: RULES.to_owned() });
    }
    let pieces = bytes.chunks(VALUE_BYTES_MAX).enumerate();
    let pieces = pieces.map(|(number, piece)| (format!("{RULES}{number:03}"), Some(piece.to_vec())));
    Ok(pieces.chain(walls).collect())
}

async fn read_all(store: &SqliteStore, prefix: &str) -> Result<Vec<Entry>, StoreError> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let after = all.last().map(|entry| entry.key.clone());
        let page = store.range(prefix, after.as_deref(), PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

async fn put_aside(store: &SqliteStore, entries: Vec<Entry>) -> Result<(), StoreError> {
    for Entry { key, value, .. } in entries {
        store.commit(Transaction::put(&format!("{ASIDE}{key}"), value)).await?;
    }
    Ok(())
}

/// What a program before this one has written down; `None` at first start. A file that cannot be understood is put aside.
fn former(path: &Path) -> Option<EngineState> {
    let parsed = match fs::metadata(path) {
        Ok(about) if about.len() > RULES_BYTES_MAX as u64 => Err("it is too large".to_owned()),
        Ok(_) => fs::read(path)
            .map_err(|error| error.to_string())
            .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => Err(error.to_string()),
    };
    match parsed {
        Ok(state) => Some(state),
        Err(why) => {
            let aside = path.with_extension("json.unreadable");
            tracing::error!(file = %path.display(), why, "what the rules remember cannot be read; it is put aside");
            let _ = fs::rename(path, aside);
            None
        }
    }
}

#[cfg(test)]
mod tests;
