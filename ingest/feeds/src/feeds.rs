//! All feeds of a hall: started together, stopped together, each with its own health.

use crate::connect;
use crate::landing::{FeedHealth, Landed, Landing};
use crate::store::{Store, StoreError};
use bytes::Bytes;
use ingest::feed::{MESSAGE_BYTES_MAX, Mapping, MappingError, Reject};
use media::{Credential, CredentialId, FeedEndpoint, FeedId, FeedSpec, FeedTarget, TableId, WallTime};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a stop waits for a feed's last transaction.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// The promise of what never grows old by itself.
pub const FOR_EVER: Duration = Duration::from_secs(u32::MAX as u64);

/// Gives user and password of a credential.
pub type Secrets = Arc<dyn Fn(&CredentialId) -> Option<Credential> + Send + Sync>;

/// What all feeds share.
#[derive(Clone)]
pub struct FeedsSettings {
    /// The folder below which files and SQLite databases of feeds lie.
    pub data_folder: PathBuf,
    /// Names this hall to brokers: the same after a restart, another for every hall that uses the same broker. At most 32
    /// characters of `a-z 0-9 -`.
    pub instance: String,
    /// Spreads the retries.
    pub seed: u64,
    /// Certificates (DER) of authorities that are trusted besides the machine's own.
    pub authorities: Vec<Vec<u8>>,
}

/// Why feeds cannot start.
#[derive(Debug, thiserror::Error)]
pub enum FeedsError {
    /// An expression or a table is wrong.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two feeds of the same name.
    #[error("feed {0} is there twice")]
    Twice(FeedId),
}

/// Why something that was pushed has not landed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// No such feed, or it is not one of that kind.
    #[error("there is no feed {0} that can be pushed to")]
    NoFeed(FeedId),
    /// The token is not the feed's.
    #[error("the token is wrong")]
    WrongToken,
    /// More bytes than a message may have.
    #[error("the message has more than 4 MiB")]
    TooLarge,
    /// The store did not take it; after [`StoreError::is_passing`] it may be pushed again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PushError {
    /// The error in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::NoFeed(feed) => format!("没有可推送的数据源 {feed}"),
            Self::WrongToken => "令牌错误".into(),
            Self::TooLarge => "消息超过 4 MiB".into(),
            Self::Store(error) => error.chinese(),
        }
    }
}

/// How fresh the feeds behind a query are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// When the feed whose promise ends first was last heard; `None` while one never was.
    pub as_of: Option<WallTime>,
    /// What that feed promised.
    pub promise: Duration,
}

/// The feeds of a hall. Cheap to clone; they stop with [`Feeds::stop`] or with the last clone.
#[derive(Clone)]
pub struct Feeds {
    inner: Arc<Inner>,
}

struct Inner {
    landings: BTreeMap<FeedId, Arc<Landing>>,
    secrets: Secrets,
    stop: watch::Sender<bool>,
    heard: watch::Receiver<u64>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl Feeds {
    /// Compiles all mappings and starts all connectors. Must be called inside a tokio runtime.
    pub async fn start(
        specs: &[FeedSpec],
        store: Store,
        secrets: Secrets,
        settings: FeedsSettings,
    ) -> Result<Self, FeedsError> {
        let tables: Vec<_> = store.tables().cloned().collect();
        let (heard_sender, heard) = watch::channel(0);
        let (stop, stopped) = watch::channel(false);
        let mut landings = BTreeMap::new();
        for spec in specs {
            let mapping = Mapping::new(spec, &tables)?;
            // What was heard before a restart is as old as it is.
            let last = match &spec.target {
                FeedTarget::Table { table, .. } => store.last_came(table).await?,
                FeedTarget::Events { .. } => None,
            };
            let landing =
                Landing::new(spec.clone(), mapping, store.clone(), last, heard_sender.clone(), settings.seed);
            if landings.insert(spec.id.clone(), Arc::new(landing)).is_some() {
                return Err(FeedsError::Twice(spec.id.clone()));
            }
        }
        let mut tasks = Vec::new();
        for landing in landings.values() {
            let mut stopped = stopped.clone();
            let work = connect::run(landing.clone(), secrets.clone(), settings.clone());
            tasks.push(tokio::spawn(async move {
                tokio::select! {
                    () = work => {}
                    _ = stopped.wait_for(|stopped| *stopped) => {}
                }
            }));
        }
        let tasks = Mutex::new(tasks);
        Ok(Self { inner: Arc::new(Inner { landings, secrets, stop, heard, tasks }) })
    }

    /// A message for a feed with endpoint [`FeedEndpoint::Push`], from somebody whose right to it is proven. Waits until its
    /// rows are safe.
    pub async fn push(&self, feed: &FeedId, bytes: Bytes) -> Result<Landed, PushError> {
        self.push_all(feed, vec![bytes]).await
    }

    /// Several messages, landed together.
    pub async fn push_all(&self, feed: &FeedId, messages: Vec<Bytes>) -> Result<Landed, PushError> {
        let landing = self.pushed(feed, |endpoint| matches!(endpoint, FeedEndpoint::Push { .. }))?;
        take(landing, messages).await
    }

    /// A message that was posted to a feed with endpoint [`FeedEndpoint::Webhook`], with the bearer token that came with it.
    pub async fn webhook(&self, feed: &FeedId, token: &str, bytes: Bytes) -> Result<Landed, PushError> {
        self.webhook_all(feed, token, vec![bytes]).await
    }

    /// Several messages that were posted with one token, landed together.
    pub async fn webhook_all(
        &self,
        feed: &FeedId,
        token: &str,
        messages: Vec<Bytes>,
    ) -> Result<Landed, PushError> {
        let landing = self.pushed(feed, |endpoint| matches!(endpoint, FeedEndpoint::Webhook { .. }))?;
        let secret =
            landing.spec.endpoint.credential().and_then(|credential| (self.inner.secrets)(credential));
        if !secret.is_some_and(|secret| same_token(&secret.password, token)) {
            return Err(PushError::WrongToken);
        }
        take(landing, messages).await
    }

    fn pushed(
        &self,
        feed: &FeedId,
        right: impl Fn(&FeedEndpoint) -> bool,
    ) -> Result<&Arc<Landing>, PushError> {
        let landing = self.inner.landings.get(feed).filter(|landing| right(&landing.spec.endpoint));
        landing.ok_or_else(|| PushError::NoFeed(feed.clone()))
    }

    /// How each feed is.
    pub fn health(&self) -> BTreeMap<FeedId, FeedHealth> {
        self.inner.landings.iter().map(|(id, landing)| (id.clone(), landing.health())).collect()
    }

    /// The last rows and messages of a feed that did not fit, oldest first; empty for an unknown feed.
    pub fn rejects(&self, feed: &FeedId) -> Vec<Reject> {
        self.inner.landings.get(feed).map(|landing| landing.rejects()).unwrap_or_default()
    }

    /// How fresh what stands in some tables is: of all feeds behind them the one whose promise ends first. `now` and
    /// [`FOR_EVER`] where no feed fills any of them, as with an event ledger that is kept by hand.
    pub fn freshness(&self, tables: &BTreeSet<String>, now: WallTime) -> Freshness {
        let behind = self.inner.landings.values().filter(|landing| match &landing.spec.target {
            FeedTarget::Table { table, .. } => tables.contains(TableId::as_str(table)),
            // The ledger itself never grows old: between events there are none.
            FeedTarget::Events { .. } => false,
        });
        let worst = behind.map(|landing| landing.heard()).min_by_key(|heard| heard.good_until());
        match worst {
            Some(heard) => Freshness { as_of: heard.last(), promise: heard.promise() },
            None => Freshness { as_of: Some(now), promise: FOR_EVER },
        }
    }

    /// Counts how often feeds were heard: wakes who shows ages.
    pub(crate) fn heard(&self) -> watch::Receiver<u64> {
        self.inner.heard.clone()
    }

    /// Ends all connectors. What has been acknowledged is in the store; what has not comes again.
    pub async fn stop(&self) {
        self.inner.stop.send_replace(true);
        let tasks =
            std::mem::take(&mut *self.inner.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for mut task in tasks {
            if tokio::time::timeout(STOP_TIMEOUT, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

async fn take(landing: &Arc<Landing>, messages: Vec<Bytes>) -> Result<Landed, PushError> {
    if messages.iter().map(Bytes::len).sum::<usize>() > MESSAGE_BYTES_MAX {
        return Err(PushError::TooLarge);
    }
    Ok(landing.land(messages, MESSAGE_BYTES_MAX).await?)
}

/// Whether two tokens are the same, in a time that does not tell where they differ. An empty one is no token.
pub fn same_token(secret: &str, given: &str) -> bool {
    let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let (secret_digest, given_digest) = (digest(secret), digest(given));
    // Digests have one length, and their comparison looks at every byte.
    let pairs = secret_digest.as_ref().iter().zip(given_digest.as_ref());
    let difference = pairs.fold(0u8, |sum, (a, b)| std::hint::black_box(sum | (a ^ b)));
    difference == 0 && !secret.is_empty()
}
