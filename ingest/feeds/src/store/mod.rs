//! Tables that feeds fill and queries read, and the ledger of events: in SQLite inside the process, or in PostgreSQL.
//!
//! Times are kept as whole nanoseconds since 1970 in both databases, so that the same arithmetic works in both:
//! `due < :now`, `(:now - reported) / 60000000000`. In an answer a column is a time when it is a table's column of that kind, or
//! a computed number that bears the name of one (`max(reported) AS reported`). Flags are BOOLEAN: `WHERE open` works in both.
//!
//! One task writes; what waits is written together in one transaction. A row replaces the one with the same key, so that
//! duplicates land once. In a table with a column of kind time called `at`, an older row never replaces a newer one, and one
//! without a time replaces none that has one.

pub(crate) mod database;
mod reader;
pub(crate) mod schema;
mod writer;
pub(crate) use writer::Job;

pub use schema::EVENTS_TABLE;

use crate::ledger::Ledger;
use crate::query::QueryError;
use database::Reach;
use media::{Credential, Table, TableId, TableSpec, Value, WallTime};
use reader::ANSWER_BYTES_MAX;
pub(crate) use reader::Readers;
use schema::TableShape;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use writer::Writer;

/// Tells the hall's time.
pub type Clock = Arc<dyn Fn() -> WallTime + Send + Sync>;

/// How many times each table has changed since the store was opened; `events` among them.
pub type Revisions = BTreeMap<String, u64>;

/// Jobs that wait for the writer; who has one more waits with it.
const JOBS_MAX: usize = 256;
/// Changes kept for a slow listener; it is told how many it missed.
const CHANGES_MAX: usize = 256;

/// Where the tables are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAddress {
    /// A SQLite file; it and its folder are made where they do not exist.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A PostgreSQL database, whose user may create tables in it.
    Postgres {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// The database's name.
        database: String,
        /// TLS, with the server's name proven by the machine's authorities.
        tls: bool,
        /// User and password.
        credential: Option<Credential>,
    },
}

/// Why the store could not be opened or did not take something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer; what was given to it has not landed, try again.
    #[error("the database does not answer: {0}")]
    Unreachable(String),
    /// The database refuses.
    #[error("the database refuses: {0}")]
    Refused(String),
    /// A table that cannot be.
    #[error("table {table}: {why}")]
    BadTable {
        /// Which.
        table: TableId,
        /// What is wrong with it.
        why: String,
    },
    /// No such table.
    #[error("there is no table {0}")]
    NoTable(TableId),
    /// A row that has not the table's columns.
    #[error("a row does not have the columns of table {0}")]
    BadRow(TableId),
    /// The folder of the file cannot be made.
    #[error("cannot make the folder of the tables: {0}")]
    Folder(String),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// The error in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::Unreachable(why) => format!("数据库没有应答：{why}"),
            Self::Refused(why) => format!("数据库拒绝：{why}"),
            Self::BadTable { table, why } => format!("表 {table} 有误：{why}"),
            Self::NoTable(table) => format!("没有表 {table}"),
            Self::BadRow(table) => format!("行与表 {table} 的列不符"),
            Self::Folder(why) => format!("无法创建数据表所在的文件夹：{why}"),
            Self::Closed => "数据存储已关闭".into(),
        }
    }

    /// Whether the same may succeed later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let words = plain_words(&error);
        if database::Link::is_dead(&error) || database::Link::is_out_of_room(&error) {
            Self::Unreachable(words)
        } else {
            Self::Refused(words)
        }
    }
}

/// What the database says, in one line and without the statement.
pub(crate) fn plain_words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().lines().next().unwrap_or_default().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::PoolTimedOut => "no connection in time".into(),
        other => other.to_string(),
    }
}

/// Something has landed.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Rows came into a table; among them may be some that were there already, or older than what is there.
    Rows {
        /// Which table.
        table: TableId,
        /// The rows, with a value for each of the table's columns.
        rows: Arc<Vec<Vec<Value>>>,
    },
    /// Events were reported or went on; each step is told once.
    Events(Arc<Vec<crate::ledger::EventStep>>),
}

/// The tables and the ledger. Cheap to clone; the database closes with the last clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    shapes: Arc<Vec<TableShape>>,
    jobs: mpsc::Sender<Job>,
    revisions: watch::Receiver<Arc<Revisions>>,
    changes: broadcast::Sender<Change>,
    readers: Readers,
    clock: Clock,
}

impl Store {
    /// Opens the store and makes its tables. A table whose columns or key have become others is made anew and empty; one that
    /// is no longer among `tables` stays in the database but cannot be asked through [`Asker`](crate::Asker) triggers.
    ///
    /// Must be called inside a tokio runtime; the writer lives there until the last clone is gone.
    pub async fn open(
        address: &StoreAddress,
        tables: &[TableSpec],
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let shapes: Vec<TableShape> = tables.iter().map(TableShape::new).collect::<Result<_, _>>()?;
        let mut names = BTreeSet::new();
        if let Some(twice) = shapes.iter().find(|shape| !names.insert(shape.name())) {
            return Err(StoreError::BadTable {
                table: twice.spec.id.clone(),
                why: "it is there twice".into(),
            });
        }
        let reach = match address {
            StoreAddress::Sqlite { path } => {
                if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    tokio::fs::create_dir_all(folder)
                        .await
                        .map_err(|error| StoreError::Folder(error.to_string()))?;
                }
                Reach::Sqlite(path.clone())
            }
            StoreAddress::Postgres { host, port, database, tls, credential } => {
                Reach::postgres(host, *port, database, *tls, credential.as_ref())
            }
        };
        let shapes = Arc::new(shapes);
        let (revision_sender, revisions) = watch::channel(Arc::new(Revisions::new()));
        let changes = broadcast::Sender::new(CHANGES_MAX);
        let mut writer =
            Writer::new(reach.clone(), shapes.clone(), clock.clone(), revision_sender, changes.clone());
        writer.prepare().await?;
        let (jobs, waiting) = mpsc::channel(JOBS_MAX);
        tokio::spawn(writer.run(waiting));
        let readers = Readers::new(reach, shapes.clone(), ANSWER_BYTES_MAX);
        Ok(Self { inner: Arc::new(Inner { shapes, jobs, revisions, changes, readers, clock }) })
    }

    /// Puts rows into a table by its key and waits until they are safe in the database. `came` is when they came. All of them
    /// land or none; after [`StoreError::Unreachable`] they may be given again, for the same rows land once.
    ///
    /// Gives how many rows there were.
    pub async fn upsert(
        &self,
        table: &TableId,
        rows: Vec<Vec<Value>>,
        came: WallTime,
    ) -> Result<usize, StoreError> {
        let index = self.index(table)?;
        if let Some(shape) = self.inner.shapes.get(index)
            && !rows.iter().all(|row| shape.fits(row))
        {
            return Err(StoreError::BadRow(table.clone()));
        }
        let count = rows.len();
        if count == 0 {
            return Ok(0);
        }
        self.job(|reply| Job::Rows { table: index, rows, came, reply }).await?;
        Ok(count)
    }

    /// Hands a job to the writer and waits for its outcome.
    pub(crate) async fn job<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (reply, outcome) = oneshot::channel();
        self.inner.jobs.send(job(reply)).await.map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    /// Asks in SQL: one statement that only reads, within `timeout`, at most `rows_max` rows and 8 MiB. `:now` in it is the
    /// hall's time.
    pub async fn ask(&self, sql: &str, rows_max: u32, timeout: Duration) -> Result<Table, QueryError> {
        let reading = crate::query::Reading::new(sql)?;
        self.inner.readers.ask(sql, &reading, (self.inner.clock)(), rows_max, timeout).await
    }

    /// Which tables a query names, `events` among them.
    pub fn tables_of(&self, sql: &str) -> BTreeSet<String> {
        let known = self.inner.shapes.iter().map(|shape| shape.name()).chain([EVENTS_TABLE]);
        crate::query::tables_named(sql, known)
    }

    /// The tables as they were declared.
    pub fn tables(&self) -> impl Iterator<Item = &TableSpec> {
        self.inner.shapes.iter().map(|shape| &shape.spec)
    }

    /// Wakes when a table changed, and says how many times each has.
    pub fn revisions(&self) -> watch::Receiver<Arc<Revisions>> {
        self.inner.revisions.clone()
    }

    /// What lands from now on, for rules; a listener that falls behind is told how many changes it missed.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.subscribe()
    }

    /// The ledger of events.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.clone())
    }

    /// When a row last came into a table; `None` while it is empty.
    pub async fn last_came(&self, table: &TableId) -> Result<Option<WallTime>, StoreError> {
        let index = self.index(table)?;
        self.job(|reply| Job::LastCame { table: index, reply }).await
    }

    /// The hall's time as the store was given it.
    pub fn now(&self) -> WallTime {
        (self.inner.clock)()
    }

    /// Throws out rows that have stayed longer than their table keeps them. The store does so by itself every second.
    pub async fn prune(&self) -> Result<(), StoreError> {
        self.job(|reply| Job::Prune { reply }).await
    }

    fn index(&self, table: &TableId) -> Result<usize, StoreError> {
        let place = self.inner.shapes.iter().position(|shape| shape.spec.id == *table);
        place.ok_or_else(|| StoreError::NoTable(table.clone()))
    }
}
