//! Databases that are asked again and again: one statement that only reads, within limits; each row becomes a JSON object.

use super::file::inside;
use super::{credential, poll};
use crate::fault::FeedFault;
use crate::feeds::{FeedsSettings, Secrets};
use crate::landing::Landing;
use crate::query::{QueryError, Reading};
use crate::store::database::Reach;
use crate::store::{Readers, plain_words};
use ingest::feed::Json;
use media::{Credential, CredentialId, FeedEndpoint, SqlEngine, Value, WallTime};
use sqlx::mysql::{MySqlConnectOptions, MySqlRow, MySqlSslMode};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, MySqlConnection, Row, TypeInfo, ValueRef};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a query may run.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Most rows of an answer.
const ROWS_MAX: u32 = 200_000;
/// Most bytes of an answer.
const BYTES_MAX: usize = 64 << 20;

/// Asks for ever.
pub(super) async fn run(
    landing: &Arc<Landing>,
    secrets: &Secrets,
    settings: &FeedsSettings,
    endpoint: &FeedEndpoint,
) {
    let FeedEndpoint::Sql { engine, host, port, database, query, every, credential: id } = endpoint else {
        return;
    };
    let source = Source { engine: *engine, host, port: *port, database, id: id.as_ref(), settings };
    // The connection is kept between polls, with the credential that it was made with.
    let kept: Mutex<Option<(Option<Credential>, Asked)>> = Mutex::new(None);
    let (kept, source) = (&kept, &source);
    poll(landing, *every, || async move {
        let secret = credential(secrets, source.id)?;
        let before = kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let mut asked = match before {
            Some((with, asked)) if with == secret => asked,
            _ => source.open(secret.as_ref()).await?,
        };
        let rows = asked.rows(query, landing.store.now()).await.map_err(|fault| source.name(fault))?;
        *kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((secret, asked));
        landing.land_json(Json::Array(rows), landing.store.now()).await.map_err(FeedFault::Store)?;
        Ok(())
    })
    .await;
}

struct Source<'a> {
    engine: SqlEngine,
    host: &'a str,
    port: u16,
    database: &'a str,
    id: Option<&'a CredentialId>,
    settings: &'a FeedsSettings,
}

/// A database that can be asked.
enum Asked {
    Postgres(Readers),
    Sqlite(Readers),
    MySql(Box<MySqlConnection>),
}

impl Source<'_> {
    async fn open(&self, secret: Option<&Credential>) -> Result<Asked, FeedFault> {
        // A hall's databases stand in its own network; TLS is used where the server offers it.
        match self.engine {
            SqlEngine::Postgres => {
                let reach = Reach::postgres_source(self.host, self.port, self.database, secret);
                Ok(Asked::Postgres(Readers::new(reach, Arc::default(), BYTES_MAX)))
            }
            SqlEngine::Sqlite => {
                let place = inside(&self.settings.data_folder, self.database)?;
                Ok(Asked::Sqlite(Readers::new(Reach::Sqlite(place), Arc::default(), BYTES_MAX)))
            }
            SqlEngine::MySql => {
                let options = MySqlConnectOptions::new()
                    .host(self.host)
                    .port(self.port)
                    .database(self.database)
                    .charset("utf8mb4")
                    .ssl_mode(MySqlSslMode::Preferred)
                    .disable_statement_logging();
                let options = match secret {
                    Some(Credential { user, password }) => options.username(user).password(password),
                    None => options,
                };
                let connection = tokio::time::timeout(TIMEOUT, MySqlConnection::connect_with(&options))
                    .await
                    .map_err(|_| FeedFault::Unreachable("no connection in 10 s".into()))?
                    .map_err(|error| self.name(mysql_words(&error)))?;
                Ok(Asked::MySql(Box::new(connection)))
            }
        }
    }

    fn name(&self, fault: FeedFault) -> FeedFault {
        match fault {
            FeedFault::WrongCredential(_) => FeedFault::WrongCredential(self.id.cloned()),
            fault => fault,
        }
    }
}

impl Asked {
    async fn rows(&mut self, query: &str, now: WallTime) -> Result<Vec<Json>, FeedFault> {
        let reading = Reading::new(query).map_err(|error| FeedFault::Query(error.to_string()))?;
        match self {
            Self::Postgres(readers) => {
                // The server writes each row as JSON itself, so that every type of it has a text. The line ends before the
                // bracket, for the query may end with a comment.
                let wrapped = format!(
                    "SELECT row_to_json(taibai_q)::text AS r FROM ({}\n) AS taibai_q",
                    reading.at(now)
                );
                let reading = Reading::new(&wrapped).map_err(|error| FeedFault::Query(error.to_string()))?;
                let table =
                    readers.ask(&wrapped, &reading, now, ROWS_MAX, TIMEOUT).await.map_err(query_words)?;
                let texts = table.rows().iter().filter_map(|row| row.first()?.text());
                let rows: Result<Vec<Json>, _> = texts.map(serde_json::from_str).collect();
                rows.map_err(|error| FeedFault::Answer(error.to_string()))
            }
            Self::Sqlite(readers) => {
                let table =
                    readers.ask(query, &reading, now, ROWS_MAX, TIMEOUT).await.map_err(query_words)?;
                let object = |row: &Vec<Value>| {
                    let members =
                        table.columns().iter().map(|name| name.to_string()).zip(row.iter().map(plain));
                    Json::Object(members.collect())
                };
                Ok(table.rows().iter().map(object).collect())
            }
            Self::MySql(connection) => {
                let work = mysql_rows(connection, reading.at(now));
                match tokio::time::timeout(TIMEOUT + Duration::from_secs(1), work).await {
                    Ok(rows) => rows,
                    Err(_) => Err(FeedFault::Query("it takes longer than 10 s and was stopped".into())),
                }
            }
        }
    }
}

/// A value as another program's database has it: what it declares as a time is whatever that program keeps there.
fn plain(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Flag(flag) => Json::Bool(*flag),
        Value::Integer(int) => Json::from(*int),
        Value::Time(time) => Json::from(time.0),
        Value::Real(real) => Json::from(real.get()),
        Value::Text(text) => Json::String(text.to_string()),
    }
}

fn query_words(error: QueryError) -> FeedFault {
    match error {
        QueryError::Unreachable(why) => FeedFault::Unreachable(why),
        QueryError::WrongCredential => FeedFault::WrongCredential(None),
        other => FeedFault::Query(other.to_string()),
    }
}

fn mysql_words(error: &sqlx::Error) -> FeedFault {
    match error {
        sqlx::Error::Database(inner) if inner.code().as_deref() == Some("28000") => {
            FeedFault::WrongCredential(None)
        }
        sqlx::Error::Database(_) => FeedFault::Query(plain_words(error)),
        _ => FeedFault::Unreachable(plain_words(error)),
    }
}

async fn mysql_rows(connection: &mut MySqlConnection, query: String) -> Result<Vec<Json>, FeedFault> {
    use futures_util::StreamExt;
    let words = |error: sqlx::Error| mysql_words(&error);
    // MySQL and MariaDB name their limit differently, and each refuses the other's.
    let limits = ["SET SESSION max_execution_time = 10000", "SET SESSION max_statement_time = 10"];
    for limit in limits {
        if let Err(error) = sqlx::raw_sql(limit).execute(&mut *connection).await
            && !matches!(error, sqlx::Error::Database(_))
        {
            return Err(words(error));
        }
    }
    sqlx::raw_sql("START TRANSACTION READ ONLY").execute(&mut *connection).await.map_err(words)?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    {
        let mut stream = sqlx::raw_sql(AssertSqlSafe(query)).fetch(&mut *connection);
        while let Some(row) = stream.next().await {
            let row = mysql_row(&row.map_err(words)?, &mut bytes)?;
            if rows.len() >= ROWS_MAX as usize || bytes > BYTES_MAX {
                return Err(FeedFault::Query("its answer is too large; add a LIMIT".into()));
            }
            rows.push(row);
        }
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.map_err(words)?;
    Ok(rows)
}

/// In MySQL's text protocol every value is text; numbers become numbers again where they are ones exactly.
fn mysql_row(row: &MySqlRow, bytes: &mut usize) -> Result<Json, FeedFault> {
    let mut members = serde_json::Map::new();
    for (at, column) in row.columns().iter().enumerate() {
        let raw = row.try_get_raw(at).map_err(|error| mysql_words(&error))?;
        let value = if raw.is_null() {
            Json::Null
        } else {
            let text: String = row
                .try_get_unchecked(at)
                .map_err(|_| FeedFault::Query(format!("column {} is no text", column.name())))?;
            *bytes += text.len() + 32;
            let number =
                ["INT", "DOUBLE", "FLOAT"].iter().any(|kind| column.type_info().name().contains(kind));
            match text.parse() {
                Ok(number_value) if number => Json::Number(number_value),
                _ => Json::String(text),
            }
        };
        members.insert(column.name().to_owned(), value);
    }
    Ok(Json::Object(members))
}
