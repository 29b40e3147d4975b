//! Queries that are asked again when a table that they name has changed, and not more often than they may be.

use crate::feeds::{Feeds, Freshness};
use crate::query::{QueryError, Reading};
use crate::store::{Revisions, Store};
use ingest::{Backoff, BackoffSettings};
use media::{LocalTime, QueryId, Table, WallTime};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How often ages are told anew while nothing else changes.
const AGE_EVERY: Duration = Duration::from_secs(1);
/// How often a query with `:now` is asked although no table changed.
const NOW_EVERY: Duration = Duration::from_secs(1);
/// A query that takes long must not fill the database's day: after each run it rests this many times as long.
const REST: u32 = 2;
/// Waits while the database is away.
const BACKOFF: BackoffSettings = BackoffSettings {
    first: Duration::from_millis(500),
    cap: Duration::from_secs(5),
    hold: Duration::from_secs(10),
};

/// A query that is asked again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its name.
    pub id: QueryId,
    /// One statement that only reads.
    pub sql: String,
    /// Most rows of its answer.
    pub rows_max: u32,
    /// Most runs a second, at least 1.
    pub per_s: u32,
    /// How long a run may take.
    pub timeout: Duration,
}

/// The newest answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Which question.
    pub id: QueryId,
    /// The rows, or why there are none. After an error the rows before it are still true for their time.
    pub outcome: Result<Arc<Table>, QueryError>,
    /// When the feed behind it whose promise ends first was last heard, as it was before the run; `None` while one never was.
    pub as_of: Option<WallTime>,
    /// What that feed promised.
    pub promise: Duration,
}

/// Asks all questions of a hall. They end when it is dropped.
pub struct Asker {
    ready: Arc<Ready>,
    tasks: Vec<JoinHandle<()>>,
}

/// The newest answer to each question that nobody has taken yet: bounded by the number of questions.
#[derive(Default)]
struct Ready {
    answers: Mutex<BTreeMap<QueryId, Answered>>,
    woken: Notify,
}

impl Drop for Asker {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Asker {
    /// Begins to ask. Must be called inside a tokio runtime. `seed` spreads the retries.
    pub fn start(store: &Store, feeds: &Feeds, questions: Vec<Question>, seed: u64) -> Self {
        let ready = Arc::new(Ready::default());
        let tasks = questions.into_iter().zip(seed..).map(|(question, seed)| {
            let asking = Asking {
                tables: store.tables_of(&question.sql),
                store: store.clone(),
                feeds: feeds.clone(),
                ready: ready.clone(),
                question,
                random: seed,
            };
            tokio::spawn(asking.run())
        });
        let tasks = tasks.collect();
        Self { ready, tasks }
    }

    /// The next answer that is new: other rows, another error, or another age (at most once a second). Of several answers to
    /// one question only the newest is given. Safe to drop while it waits.
    pub async fn next(&self) -> Answered {
        loop {
            let woken = self.ready.woken.notified();
            let answer = self.ready.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            if let Some((_, answer)) = answer {
                return answer;
            }
            woken.await;
        }
    }
}

struct Asking {
    store: Store,
    feeds: Feeds,
    question: Question,
    tables: BTreeSet<String>,
    ready: Arc<Ready>,
    random: u64,
}

impl Asking {
    async fn run(mut self) {
        let mut revisions = self.store.revisions();
        let mut heard = self.feeds.heard();
        let timed = Reading::new(&self.question.sql).is_ok_and(|reading| reading.asks_for_now());
        let between = Duration::from_secs(1) / self.question.per_s.max(1);
        let born = Instant::now();
        let mut backoff = Backoff::new(BACKOFF);
        let mut told: Option<Answered> = None;
        loop {
            let began = Instant::now();
            let seen = self.count(&revisions.borrow_and_update());
            heard.borrow_and_update();
            let fresh = self.fresh();
            let Question { sql, rows_max, timeout, .. } = &self.question;
            let outcome = self.store.ask(sql, *rows_max, *timeout).await.map(Arc::new);
            let unreachable = matches!(outcome, Err(QueryError::Unreachable(_)));
            self.tell(&mut told, outcome, fresh);
            let took = began.elapsed();
            let rest = if unreachable {
                self.random = self
                    .random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let now = LocalTime(i64::try_from(born.elapsed().as_nanos()).unwrap_or(i64::MAX));
                backoff.failed(now, self.random)
            } else {
                between.saturating_sub(took).max(took * REST)
            };
            tokio::time::sleep(rest).await;
            if unreachable {
                continue;
            }
            let mut age_at = Instant::now() + AGE_EVERY;
            let again = began + NOW_EVERY.max(between).max(took * REST);
            loop {
                if self.count(&revisions.borrow_and_update()) != seen || (timed && Instant::now() >= again) {
                    break;
                }
                tokio::select! {
                    changed = revisions.changed() => if changed.is_err() { return },
                    () = tokio::time::sleep_until(again), if timed => {}
                    () = Self::age(age_at, &mut heard) => {
                        age_at = Instant::now() + AGE_EVERY;
                        let Some(before) = &told else { continue };
                        let outcome = before.outcome.clone();
                        let fresh = self.fresh();
                        self.tell(&mut told, outcome, fresh);
                    }
                }
            }
        }
    }

    /// Waits until a feed has been heard, but at least until `at`.
    async fn age(at: Instant, heard: &mut tokio::sync::watch::Receiver<u64>) {
        tokio::time::sleep_until(at).await;
        if heard.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// How many times the tables of this query have changed.
    fn count(&self, revisions: &Revisions) -> u64 {
        self.tables.iter().filter_map(|table| revisions.get(table)).sum()
    }

    fn fresh(&self) -> Freshness {
        self.feeds.freshness(&self.tables, self.store.now())
    }

    fn tell(&self, told: &mut Option<Answered>, outcome: Result<Arc<Table>, QueryError>, fresh: Freshness) {
        let Freshness { as_of, promise } = fresh;
        let answer = Answered { id: self.question.id.clone(), outcome, as_of, promise };
        if told.as_ref() == Some(&answer) {
            return;
        }
        *told = Some(answer.clone());
        self.ready.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(answer.id.clone(), answer);
        self.ready.woken.notify_one();
    }
}
