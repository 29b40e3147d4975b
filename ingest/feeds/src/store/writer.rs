//! The one task that writes: what waits is written together, in one transaction.

use super::database::{Bind, Dialect, Link, Reach};
use super::schema::{self, CAME, EVENTS_TABLE, TableShape};
use super::{Change, Clock, Revisions, StoreError};
use crate::ledger::{self, Chain, EventError, EventStep, LedgerInput, Verified, VerifyError};
use media::{Value, WallTime};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// Most rows of one transaction, beyond which it takes no further job.
const BATCH_ROWS_MAX: usize = 8192;
/// Values in one statement; SQLite takes 32,766.
const BINDS_MAX: usize = 8192;
/// How often rows that are too old leave.
const PRUNE_EVERY: Duration = Duration::from_secs(1);

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;
/// What became of each of some reports and steps.
pub(crate) type Outcomes = Vec<Result<bool, EventError>>;

/// Something for the writer to do.
pub(crate) enum Job {
    Rows { table: usize, rows: Vec<Vec<Value>>, came: WallTime, reply: Reply<()> },
    Events { inputs: Vec<LedgerInput>, reply: Reply<Outcomes> },
    LastCame { table: usize, reply: Reply<Option<WallTime>> },
    Prune { reply: Reply<()> },
    Verify { reply: Reply<Result<Verified, VerifyError>> },
}

/// What one transaction did.
#[derive(Default)]
struct Done {
    outcomes: Vec<Outcomes>,
    changes: Vec<Change>,
    chain: Option<Chain>,
}

pub(crate) struct Writer {
    reach: Reach,
    shapes: Arc<Vec<TableShape>>,
    clock: Clock,
    link: Option<Link>,
    chain: Chain,
    /// No table has more rows than this.
    rows_at_most: Vec<u64>,
    /// Whether SQLite waits for the disk at each commit.
    full_sync: bool,
    revisions: watch::Sender<Arc<Revisions>>,
    changes: broadcast::Sender<Change>,
}

impl Writer {
    pub(crate) fn new(
        reach: Reach,
        shapes: Arc<Vec<TableShape>>,
        clock: Clock,
        revisions: watch::Sender<Arc<Revisions>>,
        changes: broadcast::Sender<Change>,
    ) -> Self {
        let rows_at_most = vec![u64::MAX; shapes.len()];
        Self {
            reach,
            shapes,
            clock,
            link: None,
            chain: Chain::default(),
            rows_at_most,
            full_sync: false,
            revisions,
            changes,
        }
    }

    /// Connects and makes the tables.
    pub(crate) async fn prepare(&mut self) -> Result<(), StoreError> {
        let mut link = self.reach.writer().await?;
        schema::migrate(&mut link, &self.shapes).await?;
        ledger::create(&mut link).await?;
        self.chain = ledger::head(&mut link).await?;
        self.full_sync = false;
        self.link = Some(link);
        Ok(())
    }

    /// Works until nobody can give it jobs any more.
    pub(crate) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut prune = tokio::time::interval(PRUNE_EVERY);
        prune.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                job = jobs.recv() => {
                    let Some(job) = job else { break };
                    let mut batch = vec![job];
                    let mut rows = size(&batch);
                    while rows < BATCH_ROWS_MAX && let Ok(job) = jobs.try_recv() {
                        batch.push(job);
                        rows = size(&batch);
                    }
                    self.work(batch).await;
                }
                _ = prune.tick() => {
                    if let Err(error) = self.prune().await {
                        tracing::debug!(%error, "old rows stay for now");
                    }
                }
            }
        }
        if let Some(Link::Sqlite(connection)) = self.link.take() {
            let _ = sqlx::Connection::close(connection).await;
        }
    }

    /// Does all jobs of a batch: those that write together, the others one by one.
    async fn work(&mut self, batch: Vec<Job>) {
        let (mut writing, mut others) = (Vec::new(), Vec::new());
        for job in batch {
            match job {
                Job::Rows { .. } | Job::Events { .. } => writing.push(job),
                _ => others.push(job),
            }
        }
        match self.transaction(&writing).await {
            Ok(done) => self.tell(writing, done),
            // One bad job must not take the others with it.
            Err(StoreError::Refused(_)) if writing.len() > 1 => {
                for job in writing {
                    let alone = vec![job];
                    match self.transaction(&alone).await {
                        Ok(done) => self.tell(alone, done),
                        Err(error) => refuse(alone, &error),
                    }
                }
            }
            Err(error) => refuse(writing, &error),
        }
        for job in others {
            match job {
                Job::Prune { reply } => drop(reply.send(self.prune().await)),
                Job::LastCame { table, reply } => drop(reply.send(self.last_came(table).await)),
                Job::Verify { reply } => drop(reply.send(self.verify().await)),
                Job::Rows { .. } | Job::Events { .. } => {}
            }
        }
    }

    /// Connects again where the connection was lost.
    async fn ready(&mut self) -> Result<(), StoreError> {
        if self.link.is_none() {
            self.rows_at_most.fill(u64::MAX);
            // What was being committed when the connection broke may be there: the chain is read anew.
            self.prepare().await?;
        }
        Ok(())
    }

    /// Lets the connection go where an error says that it is dead or in the middle of something.
    fn after<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(outcome, Err(StoreError::Unreachable(_))) {
            self.link = None;
        }
        outcome
    }

    async fn transaction(&mut self, jobs: &[Job]) -> Result<Done, StoreError> {
        if jobs.is_empty() {
            return Ok(Done::default());
        }
        self.ready().await?;
        let Some(mut link) = self.link.take() else { return Err(StoreError::Closed) };
        let full = jobs.iter().any(|job| matches!(job, Job::Events { .. }));
        let outcome = self.write(&mut link, jobs, full).await;
        match outcome {
            Ok(done) => {
                self.link = Some(link);
                if let Some(chain) = done.chain.clone() {
                    self.chain = chain;
                }
                Ok(done)
            }
            Err(error) => {
                if !error.is_passing() && link.script("ROLLBACK").await.is_ok() {
                    self.link = Some(link);
                }
                self.rows_at_most.fill(u64::MAX);
                Err(error)
            }
        }
    }

    async fn write(&mut self, link: &mut Link, jobs: &[Job], full: bool) -> Result<Done, StoreError> {
        if link.dialect() == Dialect::Sqlite && full != self.full_sync {
            // Rows come again from their feeds; a record of the ledger does not, so its commit waits for the disk.
            link.script(if full { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" })
                .await?;
            self.full_sync = full;
        }
        link.script("BEGIN").await?;
        let mut done = Done::default();
        let shapes = self.shapes.clone();
        for (index, shape) in shapes.iter().enumerate() {
            let mut came_rows: Vec<(&[Vec<Value>], WallTime)> = Vec::new();
            for job in jobs {
                if let Job::Rows { table, rows, came, .. } = job
                    && *table == index
                {
                    came_rows.push((rows, *came));
                }
            }
            if !came_rows.is_empty() {
                let rows = newest(shape, &came_rows);
                upsert(link, shape, &rows).await?;
                self.hold_rows_max(link, index, shape, rows.len() as u64).await?;
                let rows = Arc::new(rows.into_iter().map(|(row, _)| row).collect());
                done.changes.push(Change::Rows { table: shape.spec.id.clone(), rows });
            }
        }
        let mut chain = self.chain.clone();
        let mut steps: Vec<EventStep> = Vec::new();
        for job in jobs {
            if let Job::Events { inputs, .. } = job {
                let now = (self.clock)();
                done.outcomes.push(ledger::append(link, &mut chain, inputs, now, &mut steps).await?);
            }
        }
        if !steps.is_empty() {
            ledger::keep_head(link, &chain).await?;
            done.changes.push(Change::Events(Arc::new(steps)));
        }
        link.script("COMMIT").await?;
        done.chain = Some(chain);
        Ok(done)
    }

    /// Lets those rows go that came longest ago where there are more than the table may have.
    async fn hold_rows_max(
        &mut self,
        link: &mut Link,
        index: usize,
        shape: &TableShape,
        added: u64,
    ) -> Result<(), StoreError> {
        let rows_max = u64::from(shape.spec.rows_max);
        let Some(at_most) = self.rows_at_most.get_mut(index) else { return Ok(()) };
        *at_most = at_most.saturating_add(added);
        if *at_most <= rows_max {
            return Ok(());
        }
        let name = shape.name();
        let count = link.rows(&format!("SELECT count(*) FROM \"{name}\""), Vec::new()).await?;
        let count = match count.first().and_then(|row| row.first()) {
            Some(Value::Integer(count)) => u64::try_from(*count).unwrap_or(0),
            _ => 0,
        };
        *at_most = count.min(rows_max);
        let Some(surplus) = count.checked_sub(rows_max).filter(|surplus| *surplus > 0) else { return Ok(()) };
        let row = match link.dialect() {
            Dialect::Sqlite => "rowid",
            Dialect::Postgres => "ctid",
        };
        let oldest = format!("SELECT {row} FROM \"{name}\" ORDER BY \"{CAME}\" LIMIT {surplus}");
        let condition = match link.dialect() {
            Dialect::Sqlite => format!("{row} IN ({oldest})"),
            Dialect::Postgres => format!("{row} = ANY(ARRAY({oldest}))"),
        };
        link.execute(&format!("DELETE FROM \"{name}\" WHERE {condition}"), Vec::new()).await?;
        Ok(())
    }

    /// Answers the jobs of a transaction and wakes those who wait for changes.
    fn tell(&mut self, jobs: Vec<Job>, done: Done) {
        self.announce(done.changes);
        let mut outcomes = done.outcomes.into_iter();
        for job in jobs {
            match job {
                Job::Rows { reply, .. } => drop(reply.send(Ok(()))),
                Job::Events { reply, .. } => drop(reply.send(Ok(outcomes.next().unwrap_or_default()))),
                Job::LastCame { .. } | Job::Prune { .. } | Job::Verify { .. } => {}
            }
        }
    }

    fn announce(&self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        self.revisions.send_modify(|revisions| {
            let revisions = Arc::make_mut(revisions);
            for change in &changes {
                let name = match change {
                    Change::Rows { table, .. } => table.as_str(),
                    Change::Events(_) => EVENTS_TABLE,
                };
                *revisions.entry(name.to_owned()).or_insert(0) += 1;
            }
        });
        for change in changes {
            // Nobody listens: nobody misses it.
            let _ = self.changes.send(change);
        }
    }

    async fn prune(&mut self) -> Result<(), StoreError> {
        if self.shapes.iter().all(|shape| shape.spec.keep.is_none()) {
            return Ok(());
        }
        self.ready().await?;
        let now = (self.clock)();
        let mut changes = Vec::new();
        for shape in self.shapes.clone().iter() {
            let Some(keep) = shape.spec.keep else { continue };
            let Some(link) = self.link.as_mut() else { return Err(StoreError::Closed) };
            let name = shape.name();
            let mut sql = format!("DELETE FROM \"{name}\" WHERE \"{CAME}\" < ");
            link.dialect().placeholder(1, &mut sql);
            let gone = link.execute(&sql, vec![Bind::Int((now - keep).0)]).await.map_err(StoreError::from);
            if self.after(gone)? > 0 {
                changes.push(Change::Rows { table: shape.spec.id.clone(), rows: Arc::default() });
            }
        }
        self.announce(changes);
        Ok(())
    }

    async fn last_came(&mut self, table: usize) -> Result<Option<WallTime>, StoreError> {
        self.ready().await?;
        let (Some(link), Some(shape)) = (self.link.as_mut(), self.shapes.get(table)) else {
            return Err(StoreError::Closed);
        };
        let sql = format!("SELECT max(\"{CAME}\") FROM \"{}\"", shape.name());
        let rows = link.rows(&sql, Vec::new()).await.map_err(StoreError::from);
        let rows = self.after(rows)?;
        Ok(match rows.first().and_then(|row| row.first()) {
            Some(Value::Integer(nanos)) => Some(WallTime(*nanos)),
            _ => None,
        })
    }

    async fn verify(&mut self) -> Result<Result<Verified, VerifyError>, StoreError> {
        self.ready().await?;
        let chain = self.chain.clone();
        let Some(link) = self.link.as_mut() else { return Err(StoreError::Closed) };
        let outcome = ledger::verify(link, &chain).await;
        self.after(outcome)
    }
}

fn size(batch: &[Job]) -> usize {
    let rows = batch.iter().map(|job| match job {
        Job::Rows { rows, .. } => rows.len(),
        Job::Events { inputs, .. } => inputs.len(),
        Job::LastCame { .. } | Job::Prune { .. } | Job::Verify { .. } => 1,
    });
    rows.sum()
}

fn refuse(jobs: Vec<Job>, error: &StoreError) {
    for job in jobs {
        match job {
            Job::Rows { reply, .. } => drop(reply.send(Err(error.clone()))),
            Job::Events { reply, .. } => drop(reply.send(Err(error.clone()))),
            Job::LastCame { .. } | Job::Prune { .. } | Job::Verify { .. } => {}
        }
    }
}

/// One row for each key: the last that came, or the one with the newest `at`. No statement may name a key twice.
fn newest(shape: &TableShape, came_rows: &[(&[Vec<Value>], WallTime)]) -> Vec<(Vec<Value>, WallTime)> {
    let mut rows: Vec<(&Vec<Value>, WallTime)> = Vec::new();
    let mut places: HashMap<Vec<&Value>, usize> = HashMap::new();
    let moment = |row: &Vec<Value>| match shape.at.and_then(|at| row.get(at)) {
        Some(Value::Time(at)) => Some(*at),
        _ => None,
    };
    for (some, came) in came_rows {
        for row in some.iter() {
            let key: Vec<&Value> = shape.key.iter().filter_map(|at| row.get(*at)).collect();
            match places.get(&key).and_then(|place| rows.get_mut(*place)) {
                Some(known) => {
                    if moment(row) >= moment(known.0) {
                        *known = (row, *came);
                    }
                }
                None => {
                    places.insert(key, rows.len());
                    rows.push((row, *came));
                }
            }
        }
    }
    rows.into_iter().map(|(row, came)| (row.clone(), came)).collect()
}

/// Writes rows in statements of a few sizes, so that each is prepared once.
async fn upsert(
    link: &mut Link,
    shape: &TableShape,
    rows: &[(Vec<Value>, WallTime)],
) -> Result<(), StoreError> {
    let dialect = link.dialect();
    let mut rest = rows;
    while !rest.is_empty() {
        let fits = BINDS_MAX / (shape.spec.columns.len() + 1);
        let count = [256, 64, 16, 4, 1].into_iter().find(|n| *n <= rest.len() && *n <= fits).unwrap_or(1);
        let (now, later) = rest.split_at(count.min(rest.len()));
        let mut binds = Vec::with_capacity(now.len() * (shape.spec.columns.len() + 1));
        for (row, came) in now {
            shape.binds(row.clone(), came.0, &mut binds);
        }
        link.execute(&shape.upsert(dialect, now.len()), binds).await?;
        rest = later;
    }
    Ok(())
}
