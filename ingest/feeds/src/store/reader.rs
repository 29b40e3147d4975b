//! Answers to queries: connections that cannot write, with limits on time, rows and bytes.

use super::database::{Link, Reach, postgres_value, sqlite_value};
use super::plain_words;
use super::schema::{CAME, EVENTS_TABLE, TableShape};
use crate::ledger::EVENT_TIMES;
use crate::query::{QueryError, Reading, tables_named};
use futures_util::StreamExt;
use media::{ColumnKind, Table, Value, WallTime};
use sqlx::{AssertSqlSafe, Column, Row};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Queries that run at a time; more wait.
const READERS_MAX: usize = 4;
/// Most bytes of an answer.
pub(crate) const ANSWER_BYTES_MAX: usize = 8 << 20;
/// SQLite asks for the time after this many of its steps: some microseconds.
const STEPS: i32 = 2000;
/// PostgreSQL stops a statement by itself; only a dead connection takes longer by this.
const GRACE: Duration = Duration::from_secs(1);

/// A connection that reads, with the moment until which its query may run.
struct Reader {
    link: Link,
    /// Milliseconds since `born`.
    until: Arc<AtomicU64>,
    born: Instant,
    /// Where PostgreSQL keeps times: table and column by its numbers.
    times: BTreeSet<(u32, i16)>,
}

/// The connections that read.
pub(crate) struct Readers {
    reach: Reach,
    shapes: Arc<Vec<TableShape>>,
    bytes_max: usize,
    free: Mutex<Vec<Reader>>,
    permits: Semaphore,
}

impl Readers {
    pub(crate) fn new(reach: Reach, shapes: Arc<Vec<TableShape>>, bytes_max: usize) -> Self {
        Self { reach, shapes, bytes_max, free: Mutex::new(Vec::new()), permits: Semaphore::new(READERS_MAX) }
    }

    pub(crate) async fn ask(
        &self,
        sql: &str,
        reading: &Reading,
        now: WallTime,
        rows_max: u32,
        timeout: Duration,
    ) -> Result<Table, QueryError> {
        let out_of_time =
            QueryError::OutOfTime { ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX) };
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| QueryError::Unreachable("the store is closed".into()))?;
        let free = self.free.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        let mut reader = match free {
            Some(reader) => reader,
            None => self.connect().await.map_err(|error| words(error, &out_of_time))?,
        };
        let text = reading.at(now);
        let work = reader.run(&text, rows_max, self.bytes_max, timeout);
        let answer = match tokio::time::timeout(timeout + GRACE, work).await {
            Ok(answer) => answer.map_err(|failure| match failure {
                Failure::Query(error) => error,
                Failure::Database(error) => words(error, &out_of_time),
            }),
            Err(_) => Err(out_of_time),
        };
        // After a failure the connection may be in the middle of something: a new one is cheap.
        let Answered { columns, declared, mut rows } = answer?;
        self.free.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(reader);
        self.name_times(sql, &columns, &declared, &mut rows);
        hide(columns, rows)
    }

    /// Whole numbers that bear the name of a column of time or flags of a table that the query names are such.
    fn name_times(&self, sql: &str, columns: &[Arc<str>], declared: &[bool], rows: &mut [Vec<Value>]) {
        let known = self.shapes.iter().map(|shape| shape.name()).chain([EVENTS_TABLE]);
        let named = tables_named(sql, known);
        let mut times: BTreeSet<&str> = BTreeSet::new();
        for shape in self.shapes.iter().filter(|shape| named.contains(shape.name())) {
            let columns = shape.spec.columns.iter().filter(|column| column.kind == ColumnKind::Time);
            times.extend(columns.map(|column| column.name.as_str()));
        }
        if named.contains(EVENTS_TABLE) {
            times.extend(EVENT_TIMES);
        }
        for (at, name) in columns.iter().enumerate() {
            if declared.get(at) == Some(&true) || times.contains(&**name) {
                for value in rows.iter_mut().filter_map(|row| row.get_mut(at)) {
                    if let Value::Integer(nanos) = value {
                        *value = Value::Time(WallTime(*nanos));
                    }
                }
            }
        }
    }

    async fn connect(&self) -> Result<Reader, sqlx::Error> {
        let mut link = self.reach.reader().await?;
        let (until, born) = (Arc::new(AtomicU64::new(u64::MAX)), Instant::now());
        let mut times = BTreeSet::new();
        match &mut link {
            Link::Sqlite(connection) => {
                let until = until.clone();
                let in_time = move || born.elapsed().as_millis() < u128::from(until.load(Ordering::Relaxed));
                connection.lock_handle().await?.set_progress_handler(STEPS, in_time);
            }
            Link::Postgres(_) => {
                let mut pairs: Vec<(&str, &str)> =
                    EVENT_TIMES.iter().map(|name| (EVENTS_TABLE, *name)).collect();
                for shape in self.shapes.iter() {
                    let columns = shape.spec.columns.iter().filter(|column| column.kind == ColumnKind::Time);
                    pairs.extend(columns.map(|column| (shape.name(), column.name.as_str())));
                }
                let sql = "SELECT c.relname::text, a.attname::text, c.oid::bigint, a.attnum FROM pg_class c \
                    JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attnum > 0 AND c.relkind = 'r' \
                    AND c.relnamespace = current_schema()::regnamespace";
                for row in link.rows(sql, Vec::new()).await? {
                    if let [
                        Value::Text(table),
                        Value::Text(column),
                        Value::Integer(oid),
                        Value::Integer(number),
                    ] = row.as_slice()
                        && pairs.contains(&(&**table, &**column))
                        && let (Ok(oid), Ok(number)) = (u32::try_from(*oid), i16::try_from(*number))
                    {
                        times.insert((oid, number));
                    }
                }
            }
        }
        Ok(Reader { link, until, born, times })
    }
}

/// Rows as they came, and which columns are surely times.
struct Answered {
    columns: Vec<Arc<str>>,
    declared: Vec<bool>,
    rows: Vec<Vec<Value>>,
}

enum Failure {
    Query(QueryError),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Takes rows from a stream within the limits.
macro_rules! collect {
    ($stream:expr, $value:path, $rows_max:expr, $bytes_max:expr, $is_time:expr) => {{
        let (mut rows, mut bytes) = (Vec::new(), 0usize);
        let mut columns: Vec<Arc<str>> = Vec::new();
        let mut declared: Vec<bool> = Vec::new();
        while let Some(row) = $stream.next().await {
            let row = row?;
            if rows.is_empty() {
                columns = row.columns().iter().map(|column| column.name().into()).collect();
                declared = row.columns().iter().map($is_time).collect();
            }
            if rows.len() >= $rows_max as usize {
                return Err(Failure::Query(QueryError::TooManyRows { rows_max: $rows_max }));
            }
            let values: Vec<Value> = (0..row.len()).map(|at| $value(&row, at)).collect::<Result<_, _>>()?;
            bytes += values.iter().map(|value| 24 + value.text().map_or(0, str::len)).sum::<usize>();
            if bytes > $bytes_max {
                return Err(Failure::Query(QueryError::TooLarge));
            }
            rows.push(values);
        }
        Answered { columns, declared, rows }
    }};
}

impl Reader {
    async fn run(
        &mut self,
        sql: &str,
        rows_max: u32,
        bytes_max: usize,
        timeout: Duration,
    ) -> Result<Answered, Failure> {
        let until = (self.born.elapsed() + timeout).as_millis();
        self.until.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
        let text = AssertSqlSafe(sql.to_owned());
        let mut answer = match &mut self.link {
            Link::Sqlite(connection) => {
                let mut stream = sqlx::query::<sqlx::Sqlite>(text).persistent(false).fetch(&mut *connection);
                collect!(stream, sqlite_value, rows_max, bytes_max, |_| false)
            }
            Link::Postgres(connection) => {
                let ms = timeout.as_millis().max(1);
                let begin = format!("BEGIN READ ONLY; SET LOCAL statement_timeout = {ms}");
                sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut **connection).await?;
                let times = &self.times;
                let answer = {
                    let mut stream =
                        sqlx::query::<sqlx::Postgres>(text).persistent(false).fetch(&mut **connection);
                    collect!(stream, postgres_value, rows_max, bytes_max, |column| {
                        let place = column.relation_id().zip(column.relation_attribute_no());
                        place.is_some_and(|(table, number)| times.contains(&(table.0, number)))
                    })
                };
                sqlx::raw_sql("ROLLBACK").execute(&mut **connection).await?;
                answer
            }
        };
        self.until.store(u64::MAX, Ordering::Relaxed);
        if answer.rows.is_empty() {
            answer.columns = self.columns(sql).await.unwrap_or_default();
        }
        Ok(answer)
    }

    /// The columns of a query that gave no row.
    async fn columns(&mut self, sql: &str) -> Result<Vec<Arc<str>>, sqlx::Error> {
        use sqlx::{Executor, SqlSafeStr, Statement};
        let text = AssertSqlSafe(sql.to_owned()).into_sql_str();
        Ok(match &mut self.link {
            Link::Sqlite(connection) => {
                let statement = connection.prepare(text).await?;
                statement.columns().iter().map(|column| column.name().into()).collect()
            }
            Link::Postgres(connection) => {
                let statement = connection.prepare(text).await?;
                statement.columns().iter().map(|column| column.name().into()).collect()
            }
        })
    }
}

/// Leaves out our own column and makes the rectangle.
fn hide(mut columns: Vec<Arc<str>>, mut rows: Vec<Vec<Value>>) -> Result<Table, QueryError> {
    while let Some(at) = columns.iter().position(|column| &**column == CAME) {
        columns.remove(at);
        for row in &mut rows {
            row.remove(at);
        }
    }
    Table::new(columns, rows).ok_or(QueryError::TooLarge)
}

fn words(error: sqlx::Error, out_of_time: &QueryError) -> QueryError {
    match &error {
        sqlx::Error::TypeNotFound { type_name } => QueryError::WrongType(type_name.clone()),
        sqlx::Error::Database(inner) => match inner.code().as_deref() {
            // SQLITE_INTERRUPT, and PostgreSQL's query_canceled.
            Some("9" | "57014") => out_of_time.clone(),
            Some("28P01" | "28000") => QueryError::WrongCredential,
            _ if Link::is_dead(&error) => QueryError::Unreachable(plain_words(&error)),
            _ => QueryError::Sql(plain_words(&error)),
        },
        _ if Link::is_dead(&error) => QueryError::Unreachable(plain_words(&error)),
        _ => QueryError::Sql(plain_words(&error)),
    }
}
