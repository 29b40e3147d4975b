//! Users, sessions and tokens at work: the directory behind a lock, each change written down before it is answered.

use super::problem::Refusal;
use axum::http::StatusCode;
use controller_identity::{Directory, IDENTITY_PREFIX, IdentityError, PasswordHash, Secret, Write};
use controller_store::{OPERATIONS_MAX, SqliteStore, StateStore, StoreError, Transaction};
use media::WallTime;
use protocol_quic::Host;
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore, watch};

/// Passwords that are compared at a time; each takes a core for some 30 ms, and the wall needs the others.
const AT_ONCE: usize = 1;
/// Entries that are read at a time.
const PAGE: u32 = 1000;

/// Where it is asked who somebody is. Cheap to clone.
#[derive(Clone)]
pub(crate) struct IdentityDesk {
    inner: Arc<Inner>,
}

struct Inner {
    host: Host,
    store: SqliteStore,
    directory: Mutex<Directory>,
    comparing: Arc<Semaphore>,
    /// Grows with each change that was written down.
    changes: watch::Sender<u64>,
}

impl IdentityDesk {
    /// Reads who is known.
    pub(crate) async fn open(host: &Host, store: SqliteStore) -> Result<Self, IdentityFault> {
        let directory = Mutex::new(load(&store).await?);
        let comparing = Arc::new(Semaphore::new(AT_ONCE));
        let changes = watch::Sender::new(0);
        Ok(Self { inner: Arc::new(Inner { host: host.clone(), store, directory, comparing, changes }) })
    }

    pub(crate) fn now(&self) -> WallTime {
        self.inner.host.wall()
    }

    /// Tells of every change to come.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Looks at what is known.
    pub(crate) async fn look<T>(&self, at: impl FnOnce(&Directory) -> T) -> T {
        at(&*self.inner.directory.lock().await)
    }

    /// Changes what is known. What is answered is safe on the disk; a caller that goes away changes nothing about that.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        what: impl FnOnce(&mut Directory, WallTime) -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let inner = self.inner.clone();
        let work = tokio::spawn(async move {
            let mut directory = inner.directory.lock().await;
            let outcome = what(&mut directory, inner.host.wall());
            let writes = directory.take_writes();
            let changes = !writes.is_empty();
            if let Err(error) = write(&inner.store, writes).await {
                // What is in memory must not be more than what is kept.
                if let Ok(kept) = load(&inner.store).await {
                    *directory = kept;
                }
                return Err(Refusal::from(error));
            }
            if changes {
                inner.changes.send_modify(|count| *count += 1);
            }
            outcome.map_err(Refusal::from)
        });
        work.await.unwrap_or_else(|_| Err(broken()))
    }

    /// Whether a password is right. Others wait meanwhile.
    pub(crate) async fn compare(&self, hash: PasswordHash, password: String) -> Result<bool, Refusal> {
        self.slowly(move || hash.is(&password)).await
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: String) -> Result<PasswordHash, Refusal> {
        let salt = random()?;
        self.slowly(move || PasswordHash::new(&password, salt)).await
    }

    async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = self.inner.comparing.clone().acquire_owned().await.map_err(|_| broken())?;
        let work = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        work.await.map_err(|_| broken())
    }

    /// A one-time secret for the first administrator, where nobody is known yet.
    pub(crate) async fn offer_setup(&self) -> Result<Option<Secret>, Refusal> {
        let random = random()?;
        let offer = move |directory: &mut Directory, now| {
            Ok(directory.needs_setup().then(|| directory.offer_setup(random, now)))
        };
        self.change(offer).await
    }
}

/// Why it is not known who is known.
#[derive(Debug, thiserror::Error)]
pub enum IdentityFault {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What it holds cannot be read.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// Something here has failed that should not.
pub(super) fn broken() -> Refusal {
    Refusal::words(
        StatusCode::INTERNAL_SERVER_ERROR,
        "broken",
        "the controller could not do it",
        "控制器内部出错",
    )
}

/// Randomness of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| broken())?;
    Ok(bytes)
}

async fn load(store: &SqliteStore) -> Result<Directory, IdentityFault> {
    let (mut entries, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = store.range(IDENTITY_PREFIX, after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        entries.extend(page.into_iter().map(|entry| (entry.key, entry.value)));
    }
    Ok(Directory::load(entries)?)
}

async fn write(store: &SqliteStore, writes: Vec<Write>) -> Result<(), StoreError> {
    // Of two writes to one key the later is the one that counts.
    let last: BTreeMap<String, Option<Vec<u8>>> =
        writes.into_iter().map(|Write { key, value }| (key, value)).collect();
    let mut all = last.into_iter().peekable();
    while all.peek().is_some() {
        let add = |transaction: Transaction, (key, value): (String, Option<Vec<u8>>)| match value {
            Some(value) => transaction.and_put(&key, value),
            None => transaction.and_delete(&key),
        };
        let transaction = all.by_ref().take(OPERATIONS_MAX).fold(Transaction::default(), add);
        store.commit(transaction).await?;
    }
    Ok(())
}
