//! From the bytes of a message to rows that are safe in the store, with what a feed's health is made of.

use crate::fault::FeedFault;
use crate::store::{Store, StoreError};
use bytes::Bytes;
use ingest::feed::{Heard, Json, Mapped, Mapping, Reject, RejectLog, RejectReason};
use ingest::{Backoff, BackoffSettings};
use media::{FeedId, FeedSpec, FeedTarget, LocalTime, WallTime};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Messages from this size on are mapped on a thread of their own, so that nothing else waits for them.
const LARGE_BYTES: usize = 128 << 10;
/// Waits between attempts: soon, at most five seconds, short again after ten good seconds.
const BACKOFF: BackoffSettings = BackoffSettings {
    first: Duration::from_millis(250),
    cap: Duration::from_secs(5),
    hold: Duration::from_secs(10),
};

/// How a feed is.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedHealth {
    /// Whether its connection stands, or its last poll succeeded. A feed that is pushed to is always connected.
    pub connected: bool,
    /// When something that fits last came, or the feed confirmed that nothing has changed.
    pub heard: Option<WallTime>,
    /// How often it promises to be heard.
    pub promise: Duration,
    /// Messages (or polls with content) since the start.
    pub messages: u64,
    /// Rows that have landed since the start.
    pub rows: u64,
    /// Rows and messages that did not fit since the start.
    pub rejected: u64,
    /// What is wrong now, if anything.
    pub fault: Option<FeedFault>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landed {
    /// Rows that have landed.
    pub rows: usize,
    /// Rows that did not fit; the reject log has the last ones.
    pub rejected: u64,
}

struct State {
    connected: bool,
    heard: Heard,
    messages: u64,
    rows: u64,
    rejects: RejectLog,
    fault: Option<FeedFault>,
}

/// A feed's way into the store.
pub(crate) struct Landing {
    pub(crate) spec: FeedSpec,
    mapping: Mapping,
    pub(crate) store: Store,
    state: Mutex<State>,
    /// Counts how often any feed was heard, for those who show ages.
    heard: watch::Sender<u64>,
    random: AtomicU64,
    born: Instant,
}

impl Landing {
    pub(crate) fn new(
        spec: FeedSpec,
        mapping: Mapping,
        store: Store,
        last: Option<WallTime>,
        heard: watch::Sender<u64>,
        seed: u64,
    ) -> Self {
        let pushed =
            matches!(spec.endpoint, media::FeedEndpoint::Push { .. } | media::FeedEndpoint::Webhook { .. });
        // Feeds of one seed must not all come back at the same moment.
        let random = spec.id.as_str().bytes().fold(seed, |sum, byte| mixed(sum ^ u64::from(byte)));
        let state = State {
            connected: pushed,
            heard: Heard::new(spec.promise, last),
            messages: 0,
            rows: 0,
            rejects: RejectLog::default(),
            fault: None,
        };
        Self {
            spec,
            mapping,
            store,
            state: Mutex::new(state),
            heard,
            random: AtomicU64::new(random),
            born: Instant::now(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn id(&self) -> &FeedId {
        &self.spec.id
    }

    pub(crate) fn health(&self) -> FeedHealth {
        let state = self.state();
        FeedHealth {
            connected: state.connected,
            heard: state.heard.last(),
            promise: state.heard.promise(),
            messages: state.messages,
            rows: state.rows,
            rejected: state.rejects.count(),
            fault: state.fault.clone(),
        }
    }

    pub(crate) fn rejects(&self) -> Vec<Reject> {
        self.state().rejects.last().cloned().collect()
    }

    pub(crate) fn heard(&self) -> Heard {
        self.state().heard
    }

    /// The connection stands.
    pub(crate) fn connected(&self) {
        let mut state = self.state();
        if !state.connected {
            tracing::info!(feed = %self.spec.id, from = %self.spec.endpoint, "feed connected");
        }
        (state.connected, state.fault) = (true, None);
    }

    /// Something is wrong with the connection.
    pub(crate) fn failed(&self, fault: FeedFault) {
        let mut state = self.state();
        if state.fault.as_ref() != Some(&fault) {
            tracing::warn!(feed = %self.spec.id, from = %self.spec.endpoint, %fault, "feed failed");
        }
        (state.connected, state.fault) = (false, Some(fault));
    }

    /// Nothing has changed, the feed says.
    pub(crate) fn confirmed(&self) {
        self.state().heard.hear(self.store.now());
        self.heard.send_modify(|count| *count += 1);
    }

    /// Something did not fit before it could be mapped.
    pub(crate) fn rejected(&self, reason: RejectReason, copy: &str) {
        let now = self.store.now();
        self.state().rejects.push(now, reason, copy);
    }

    pub(crate) fn backoff(&self) -> Backoff {
        Backoff::new(BACKOFF)
    }

    pub(crate) fn local_now(&self) -> LocalTime {
        LocalTime(i64::try_from(self.born.elapsed().as_nanos()).unwrap_or(i64::MAX))
    }

    /// The next of this feed's seeded random numbers.
    pub(crate) fn random(&self) -> u64 {
        mixed(self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed))
    }

    /// Maps some messages and lands their rows together. Nothing is counted when the store does not take them.
    pub(crate) async fn land(
        self: &Arc<Self>,
        messages: Vec<Bytes>,
        bytes_max: usize,
    ) -> Result<Landed, StoreError> {
        self.land_of(messages, bytes_max, self.store.now()).await
    }

    /// As [`Landing::land`], for messages that are from `came`.
    pub(crate) async fn land_of(
        self: &Arc<Self>,
        messages: Vec<Bytes>,
        bytes_max: usize,
        came: WallTime,
    ) -> Result<Landed, StoreError> {
        let count = messages.len();
        let now = self.store.now();
        let large = messages.iter().map(Bytes::len).sum::<usize>() >= LARGE_BYTES;
        let this = self.clone();
        let map = move || {
            let mut rejects = RejectLog::default();
            let mut all: Option<Mapped> = None;
            for message in &messages {
                let mapped = this.mapping.map_bytes(message, bytes_max, now, &mut rejects);
                match &mut all {
                    Some(all) => all.append(mapped),
                    None => all = Some(mapped),
                }
            }
            (all, rejects)
        };
        let (mapped, rejects) = if large {
            tokio::task::spawn_blocking(map).await.map_err(|_| StoreError::Closed)?
        } else {
            map()
        };
        self.keep(mapped, rejects, count, came.min(now)).await
    }

    /// Maps a document that is read already, such as the rows of a database; it is from `came`.
    pub(crate) async fn land_json(
        self: &Arc<Self>,
        rows: Json,
        came: WallTime,
    ) -> Result<Landed, StoreError> {
        let now = self.store.now();
        let this = self.clone();
        let map = move || {
            let mut rejects = RejectLog::default();
            let mapped = this.mapping.map(&rows, now, &mut rejects);
            (Some(mapped), rejects)
        };
        let (mapped, rejects) = tokio::task::spawn_blocking(map).await.map_err(|_| StoreError::Closed)?;
        self.keep(mapped, rejects, 1, came.min(now)).await
    }

    async fn keep(
        &self,
        mapped: Option<Mapped>,
        mut rejects: RejectLog,
        messages: usize,
        now: WallTime,
    ) -> Result<Landed, StoreError> {
        let rows = match mapped {
            None => 0,
            Some(Mapped::Rows(rows)) => match &self.spec.target {
                FeedTarget::Table { table, .. } => self.store.upsert(table, rows, now).await?,
                FeedTarget::Events { .. } => 0,
            },
            Some(Mapped::Events(inputs)) => {
                let mut taken = 0;
                let copies: Vec<String> = inputs.iter().map(|input| format!("{input:?}")).collect();
                let outcomes = self.store.ledger().take(inputs, self.spec.id.as_str()).await?;
                for (outcome, copy) in outcomes.into_iter().zip(copies) {
                    match outcome {
                        Ok(_) => taken += 1,
                        Err(error) => {
                            let (english, chinese) = (error.to_string(), error.chinese());
                            rejects.push(now, RejectReason::Refused { english, chinese }, &copy);
                        }
                    }
                }
                taken
            }
        };
        let rejected = rejects.count();
        let mut state = self.state();
        state.messages += messages as u64;
        state.rows += rows as u64;
        state.rejects.append(rejects);
        if matches!(state.fault, Some(FeedFault::Store(_))) {
            state.fault = None;
        }
        // A message of which nothing fits brings nothing new.
        if rows > 0 || rejected == 0 {
            state.heard.hear(now);
            drop(state);
            self.heard.send_modify(|count| *count += 1);
        }
        Ok(Landed { rows, rejected })
    }

    /// Lands messages however long the store is away; the feed is held meanwhile. What the store refuses for good is counted
    /// and kept among the rejects.
    pub(crate) async fn land_surely(self: &Arc<Self>, messages: Vec<Bytes>, bytes_max: usize) {
        let mut backoff = self.backoff();
        loop {
            match self.land(messages.clone(), bytes_max).await {
                Ok(_) => return,
                Err(error) if error.is_passing() => {
                    self.state().fault = Some(FeedFault::Store(error));
                    tokio::time::sleep(backoff.failed(self.local_now(), self.random())).await;
                }
                Err(error) => {
                    let (english, chinese) = (error.to_string(), error.chinese());
                    for message in &messages {
                        let reason =
                            RejectReason::Refused { english: english.clone(), chinese: chinese.clone() };
                        let head = message.get(..message.len().min(2048)).unwrap_or_default();
                        self.rejected(reason, &String::from_utf8_lossy(head));
                    }
                    return;
                }
            }
        }
    }
}

/// SplitMix64's finaliser: every bit of the result depends on every bit of `x`.
fn mixed(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
