//! One connection to either database, and the values that travel over it. The only place that knows how the two differ.

use media::{ColumnKind, Real, Value, WallTime};
use sqlx::postgres::{PgConnectOptions, PgRow, PgSslMode, PgValueFormat, PgValueRef};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, PgConnection, Row, SqliteConnection,
    TypeInfo, ValueRef,
};
use std::path::PathBuf;
use std::time::Duration;

/// How long a new connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long SQLite waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Which SQL is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// How a column of that kind is declared. Times are nanoseconds since 1970; SQLite keeps the declared word, which tells a
    /// time from a number in an answer.
    pub(crate) fn column_type(self, kind: ColumnKind) -> &'static str {
        match (self, kind) {
            (_, ColumnKind::Text) => "TEXT",
            (_, ColumnKind::Integer) => "BIGINT",
            (_, ColumnKind::Real) => "DOUBLE PRECISION",
            (_, ColumnKind::Flag) => "BOOLEAN",
            (Self::Sqlite, ColumnKind::Time) => "DATETIME",
            (Self::Postgres, ColumnKind::Time) => "BIGINT",
        }
    }

    /// The placeholder of the `n`th value, from 1.
    pub(crate) fn placeholder(self, n: usize, into: &mut String) {
        match self {
            Self::Sqlite => into.push('?'),
            Self::Postgres => {
                into.push('$');
                into.push_str(&n.to_string());
            }
        }
    }
}

/// How to reach a database, secrets included: it stays inside this crate and shows nothing.
#[derive(Clone)]
pub(crate) enum Reach {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl Reach {
    /// A PostgreSQL server. With `tls`, the server must prove its name.
    pub(crate) fn postgres(
        host: &str,
        port: u16,
        database: &str,
        tls: bool,
        credential: Option<&media::Credential>,
    ) -> Self {
        let options = PgConnectOptions::new_without_pgpass()
            .host(host)
            .port(port)
            .database(database)
            .application_name("taibai")
            .ssl_mode(if tls { PgSslMode::VerifyFull } else { PgSslMode::Disable })
            .disable_statement_logging();
        Self::Postgres(Box::new(match credential {
            Some(credential) => options.username(&credential.user).password(&credential.password),
            None => options,
        }))
    }

    /// Somebody else's PostgreSQL server, with TLS where it offers that.
    pub(crate) fn postgres_source(
        host: &str,
        port: u16,
        database: &str,
        credential: Option<&media::Credential>,
    ) -> Self {
        match Self::postgres(host, port, database, false, credential) {
            Self::Postgres(options) => Self::Postgres(Box::new(options.ssl_mode(PgSslMode::Prefer))),
            sqlite => sqlite,
        }
    }

    /// A connection that may write.
    pub(crate) async fn writer(&self) -> Result<Link, sqlx::Error> {
        match self {
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Normal)
                    .busy_timeout(BUSY_TIMEOUT)
                    .disable_statement_logging();
                Ok(Link::Sqlite(SqliteConnection::connect_with(&options).await?))
            }
            Self::Postgres(options) => Self::connect_postgres(options).await,
        }
    }

    /// A connection that only reads.
    pub(crate) async fn reader(&self) -> Result<Link, sqlx::Error> {
        match self {
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .read_only(true)
                    .pragma("query_only", "ON")
                    .busy_timeout(BUSY_TIMEOUT)
                    .disable_statement_logging();
                Ok(Link::Sqlite(SqliteConnection::connect_with(&options).await?))
            }
            Self::Postgres(options) => {
                let options = options.as_ref().clone().options([("default_transaction_read_only", "on")]);
                Self::connect_postgres(&options).await
            }
        }
    }

    async fn connect_postgres(options: &PgConnectOptions) -> Result<Link, sqlx::Error> {
        match tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await {
            Ok(connection) => Ok(Link::Postgres(Box::new(connection?))),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }
}

/// A connection.
pub(crate) enum Link {
    Sqlite(SqliteConnection),
    Postgres(Box<PgConnection>),
}

/// A value on its way into a statement; a null still has a kind, which PostgreSQL wants to know.
#[derive(Debug, Clone)]
pub(crate) enum Bind {
    Value(Value),
    Null(ColumnKind),
    Int(i64),
    Text(String),
}

impl Bind {
    /// The value of a column of `kind`.
    pub(crate) fn column(value: Value, kind: ColumnKind) -> Self {
        match value {
            Value::Null => Self::Null(kind),
            value => Self::Value(value),
        }
    }
}

/// Binds each value to a query of either database.
macro_rules! bind_all {
    ($query:expr, $binds:expr) => {{
        let mut query = $query;
        for bind in $binds {
            query = match bind {
                Bind::Value(Value::Text(text)) => query.bind(text.to_string()),
                Bind::Value(Value::Integer(int)) | Bind::Int(int) => query.bind(int),
                Bind::Value(Value::Real(real)) => query.bind(real.get()),
                Bind::Value(Value::Flag(flag)) => query.bind(flag),
                Bind::Value(Value::Time(time)) => query.bind(time.0),
                Bind::Text(text) => query.bind(text),
                Bind::Null(ColumnKind::Integer | ColumnKind::Time) => query.bind(None::<i64>),
                Bind::Null(ColumnKind::Real) => query.bind(None::<f64>),
                Bind::Null(ColumnKind::Flag) => query.bind(None::<bool>),
                Bind::Null(ColumnKind::Text) | Bind::Value(Value::Null) => query.bind(None::<String>),
            };
        }
        query
    }};
}

impl Link {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs one of our own statements; gives the rows that it touched. Its text is kept prepared.
    pub(crate) async fn execute(&mut self, sql: &str, binds: Vec<Bind>) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => {
                let query = bind_all!(sqlx::query::<sqlx::Sqlite>(sql), binds);
                Ok(query.execute(connection).await?.rows_affected())
            }
            Self::Postgres(connection) => {
                let query = bind_all!(sqlx::query::<sqlx::Postgres>(sql), binds);
                Ok(query.execute(connection.as_mut()).await?.rows_affected())
            }
        }
    }

    /// Runs several of our own statements without values, separated by `;`.
    pub(crate) async fn script(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(connection) => connection.execute(sql).await.map(|_| ()),
            Self::Postgres(connection) => connection.execute(sql).await.map(|_| ()),
        }
    }

    /// The rows of one of our own queries.
    pub(crate) async fn rows(&mut self, sql: &str, binds: Vec<Bind>) -> Result<Vec<Vec<Value>>, sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => {
                let query = bind_all!(sqlx::query::<sqlx::Sqlite>(sql), binds);
                let rows = query.fetch_all(connection).await?;
                rows.iter().map(|row| (0..row.len()).map(|at| sqlite_value(row, at)).collect()).collect()
            }
            Self::Postgres(connection) => {
                let query = bind_all!(sqlx::query::<sqlx::Postgres>(sql), binds);
                let rows = query.fetch_all(connection.as_mut()).await?;
                rows.iter().map(|row| (0..row.len()).map(|at| postgres_value(row, at)).collect()).collect()
            }
        }
    }

    /// Whether the database would take the same later: its disk is full, its file locked, its connections used up.
    pub(crate) fn is_out_of_room(error: &sqlx::Error) -> bool {
        let sqlx::Error::Database(error) = error else { return false };
        error.code().is_some_and(|code| match code.parse::<u32>() {
            // SQLITE_BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, with their extensions in the upper bytes.
            Ok(number) if code.len() < 5 => matches!(number & 0xff, 5..=8 | 10 | 13 | 14),
            _ => code.starts_with("53") || code.starts_with("40"),
        })
    }

    /// Whether the connection is dead after that error, so that only a new one helps.
    pub(crate) fn is_dead(error: &sqlx::Error) -> bool {
        match error {
            // 57P01…57P03: the server is going down or not up yet; 08…: connection failures.
            sqlx::Error::Database(error) => {
                error.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            _ => false,
        }
    }
}

fn wrong_type(row: &dyn std::fmt::Display, name: &str) -> sqlx::Error {
    sqlx::Error::TypeNotFound { type_name: format!("{name} (column {row})") }
}

/// A value of a SQLite row by what is really in it. A declared time or flag is one.
pub(crate) fn sqlite_value(row: &SqliteRow, at: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(at)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let column = row.column(at);
    let (stored, declared) = (raw.type_info(), column.type_info());
    Ok(match (stored.name(), declared.name()) {
        ("INTEGER" | "BOOLEAN" | "DATETIME", declared) => {
            let int: i64 = row.try_get_unchecked(at)?;
            match declared {
                "BOOLEAN" => Value::Flag(int != 0),
                "DATETIME" => Value::Time(WallTime(int)),
                _ => Value::Integer(int),
            }
        }
        ("REAL", _) => Real::new(row.try_get_unchecked(at)?).map_or(Value::Null, Value::Real),
        ("TEXT", _) => Value::Text(row.try_get_unchecked::<&str, _>(at)?.into()),
        (other, _) => return Err(wrong_type(&column.name(), other)),
    })
}

/// A value of a PostgreSQL row. Times look like whole numbers here: the reader knows the columns that hold them.
pub(crate) fn postgres_value(row: &PgRow, at: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(at)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let column = row.column(at);
    Ok(match column.type_info().name() {
        "BOOL" => Value::Flag(row.try_get(at)?),
        "INT2" => Value::Integer(row.try_get::<i16, _>(at)?.into()),
        "INT4" => Value::Integer(row.try_get::<i32, _>(at)?.into()),
        "INT8" => Value::Integer(row.try_get(at)?),
        "FLOAT4" => Real::new(row.try_get::<f32, _>(at)?.into()).map_or(Value::Null, Value::Real),
        "FLOAT8" => Real::new(row.try_get(at)?).map_or(Value::Null, Value::Real),
        "NUMERIC" => numeric(&raw).unwrap_or(Value::Null),
        "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "\"CHAR\"" | "unknown" | "UNKNOWN" => {
            Value::Text(row.try_get_unchecked::<&str, _>(at)?.into())
        }
        other => return Err(wrong_type(&column.name(), other)),
    })
}

/// PostgreSQL's NUMERIC (sums and averages of whole numbers are) in its binary form: digits to the base of 10,000. Without
/// digits behind the point it is a whole number. `None` for NaN and the infinities.
fn numeric(raw: &PgValueRef) -> Option<Value> {
    let bytes = raw.as_bytes().ok()?;
    if raw.format() == PgValueFormat::Text {
        return Real::new(std::str::from_utf8(bytes).ok()?.parse().ok()?).map(Value::Real);
    }
    let word = |at: usize| Some(i16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let (count, weight, sign, scale) = (word(0)?, word(2)?, word(4)?, word(6)?);
    if sign != 0 && sign != 0x4000 {
        return None;
    }
    let digits: Vec<i64> =
        (0..usize::try_from(count).ok()?).map(|n| word(8 + n * 2).map(i64::from)).collect::<Option<_>>()?;
    if scale == 0 && weight < 5 {
        let power =
            |n: i64| i128::from(digits.get(usize::try_from(n).unwrap_or(usize::MAX)).copied().unwrap_or(0));
        let whole = (0..=i64::from(weight)).fold(0i128, |sum, n| sum * 10_000 + power(n));
        if let Ok(whole) = i64::try_from(if sign == 0 { whole } else { -whole }) {
            return Some(Value::Integer(whole));
        }
    }
    let number = digits
        .iter()
        .zip(0i32..)
        .fold(0.0, |sum, (digit, n)| sum + *digit as f64 * 10_000f64.powi(i32::from(weight) - n));
    Real::new(if sign == 0 { number } else { -number }).map(Value::Real)
}
