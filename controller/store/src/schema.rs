//! The state file: how it is made, opened and found whole.

use crate::state::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, Row, SqliteConnection};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// The newest format that this program knows.
const FORMAT: i64 = 1;
/// How long is waited for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const TABLES: &str = "\
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID; \
CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, created INTEGER NOT NULL, \
 modified INTEGER NOT NULL, lease INTEGER) STRICT; \
CREATE INDEX IF NOT EXISTS entries_lease ON entries (lease) WHERE lease IS NOT NULL; \
CREATE TABLE IF NOT EXISTS changes (revision INTEGER NOT NULL, key TEXT NOT NULL, deleted INTEGER NOT NULL, \
 PRIMARY KEY (revision, key)) STRICT, WITHOUT ROWID; \
CREATE TABLE IF NOT EXISTS leases (id INTEGER PRIMARY KEY AUTOINCREMENT, ends INTEGER NOT NULL) STRICT; \
INSERT OR IGNORE INTO about (name, value) VALUES ('format', 1), ('revision', 0), ('compacted', 0), ('bytes', 0)";

/// What the file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) revision: u64,
    pub(crate) compacted: u64,
    pub(crate) bytes: u64,
}

/// Opens the file, and makes it where there is none; only its owner can read it.
pub(crate) async fn open(path: &Path) -> Result<(SqliteConnection, About), StoreError> {
    prepare(path).map_err(|error| StoreError::Unopened { path: path.to_owned(), why: error.to_string() })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    let fault = |error: sqlx::Error| opening_fault(path, &error);
    let mut link = SqliteConnection::connect_with(&options).await.map_err(fault)?;
    whole(&mut link, path).await?;
    link.execute(sqlx::raw_sql(TABLES)).await.map_err(fault)?;
    let format = read(&mut link, "format").await.map_err(fault)?;
    if format > FORMAT {
        return Err(StoreError::Newer { path: path.to_owned(), found: format, known: FORMAT });
    }
    let about = about(&mut link).await.map_err(fault)?;
    Ok((link, about))
}

/// The file with its rights, before SQLite makes it with other ones. SQLite gives its companions the same.
fn prepare(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    let mut rights = file.metadata()?.permissions();
    if rights.mode() & 0o077 != 0 {
        rights.set_mode(0o600);
        file.set_permissions(rights)?;
    }
    Ok(())
}

/// Looks through the whole file once.
async fn whole(link: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let row = sqlx::query("PRAGMA quick_check(1)").fetch_one(link).await;
    let found = row.and_then(|row| row.try_get::<String, _>(0));
    match found.map_err(|error| opening_fault(path, &error))? {
        words if words == "ok" => Ok(()),
        why => Err(StoreError::Corrupt { path: path.to_owned(), why }),
    }
}

async fn read(link: &mut SqliteConnection, name: &str) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT value FROM about WHERE name = ?").bind(name).fetch_one(link).await?.try_get(0)
}

/// Reads what the file says of itself.
pub(crate) async fn about(link: &mut SqliteConnection) -> Result<About, sqlx::Error> {
    let number = |value: i64| u64::try_from(value).unwrap_or(0);
    let revision = number(read(link, "revision").await?);
    let compacted = number(read(link, "compacted").await?);
    Ok(About { revision, compacted, bytes: number(read(link, "bytes").await?) })
}

fn opening_fault(path: &Path, error: &sqlx::Error) -> StoreError {
    let path = path.to_owned();
    if is_damage(error) {
        StoreError::Corrupt { path, why: error.to_string() }
    } else {
        StoreError::Unopened { path, why: error.to_string() }
    }
}

/// Whether the file is to blame: `SQLITE_CORRUPT` or `SQLITE_NOTADB`, with their extensions in the upper bytes; or tables that are not ours.
pub(crate) fn is_damage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| matches!(code & 0xff, 1 | 11 | 26)),
        sqlx::Error::RowNotFound | sqlx::Error::ColumnDecode { .. } => true,
        _ => false,
    }
}
