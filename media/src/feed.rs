//! Where data comes from and what it becomes, as structure: no URL, no option string, no password.

use crate::{ColumnKind, CredentialId, FeedId, NodeId, TableId};
use std::fmt;
use std::time::Duration;

/// One column of a table that feeds fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name: 1–64 characters of `a-z 0-9 _`, beginning with a letter.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
    /// Whether a row may lack it.
    pub optional: bool,
}

/// A table that feeds fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name, which queries use: `-` is not allowed in it.
    pub id: TableId,
    /// Its columns, at least one.
    pub columns: Vec<ColumnSpec>,
    /// The columns by which a row is known; a row with the same key replaces the one before. At least one.
    pub key: Vec<String>,
    /// How long a row stays after it last came; for ever without.
    pub keep: Option<Duration>,
    /// Most rows; beyond them those that came longest ago leave.
    pub rows_max: u32,
}

/// Which MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MqttVersion {
    /// 3.1.1
    V4,
    /// 5
    V5,
}

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqlEngine {
    /// PostgreSQL.
    Postgres,
    /// MySQL or MariaDB.
    MySql,
    /// A SQLite file in the hall's data folder.
    Sqlite,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// One JSON document.
    Json,
    /// Comma-separated values with a heading line; each line is a row whose members are texts.
    Csv,
}

/// The way by which a feed's data comes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FeedEndpoint {
    /// A program of the hall pushes over QUIC with its own certificate, or `taibai feed push` does.
    Push {
        /// The programs that may, by the names under which they have joined; empty: every one that has joined to push.
        by: Vec<NodeId>,
    },
    /// Somebody posts JSON to the controller; the token is this credential's password.
    Webhook {
        /// Whose password must come as the bearer token.
        credential: CredentialId,
    },
    /// The controller asks an HTTP server again and again.
    Http {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Path with its leading slash; may carry a query.
        path: String,
        /// TLS around the connection.
        tls: bool,
        /// How often.
        every: Duration,
        /// User and password (basic), or a password alone as the bearer token.
        credential: Option<CredentialId>,
    },
    /// A broker sends what is published.
    Mqtt {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// TLS around the connection.
        tls: bool,
        /// Which MQTT.
        version: MqttVersion,
        /// Topic filter.
        topic: String,
        /// User and password.
        credential: Option<CredentialId>,
    },
    /// A database is asked again and again.
    Sql {
        /// Which database.
        engine: SqlEngine,
        /// Host name or address; empty for SQLite.
        host: String,
        /// TCP port; 0 for SQLite.
        port: u16,
        /// The database's name; for SQLite the file's path below the data folder, without `..`.
        database: String,
        /// What is asked: one statement that only reads.
        query: String,
        /// How often.
        every: Duration,
        /// User and password.
        credential: Option<CredentialId>,
    },
    /// A file that somebody else writes.
    File {
        /// Path below the data folder, without `..`.
        path: String,
        /// How it is written.
        format: FileFormat,
    },
}

impl FeedEndpoint {
    /// The credential that it needs.
    pub fn credential(&self) -> Option<&CredentialId> {
        match self {
            Self::Webhook { credential } => Some(credential),
            Self::Http { credential, .. } | Self::Mqtt { credential, .. } | Self::Sql { credential, .. } => {
                credential.as_ref()
            }
            Self::Push { .. } | Self::File { .. } => None,
        }
    }
}

/// What a feed fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedTarget {
    /// Rows of a table: for each column the expression (CEL over `row`, and `doc` for the whole message) that gives its value;
    /// a column without one takes the member of its own name.
    Table {
        /// Which table.
        table: TableId,
        /// Column and expression.
        columns: Vec<(String, String)>,
    },
    /// Reports and changes of events; for each field of an event the expression that gives its value.
    Events {
        /// Field and expression.
        fields: Vec<(String, String)>,
    },
}

/// A feed as the hall document declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSpec {
    /// Its name.
    pub id: FeedId,
    /// The way by which its data comes.
    pub endpoint: FeedEndpoint,
    /// CEL over `doc` that gives the list of rows of a message; without it a list is its rows, anything else one row.
    pub rows: Option<String>,
    /// What it fills.
    pub target: FeedTarget,
    /// The feed promises something new at least this often: what is older is shown as old.
    pub promise: Duration,
}

impl fmt::Display for FeedEndpoint {
    /// Where the data comes from in words for logs, without any secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Push { .. } => f.write_str("push over QUIC"),
            Self::Webhook { .. } => f.write_str("webhook"),
            Self::Http { host, port, path, tls, .. } => {
                let path = path.split('?').next().unwrap_or_default();
                write!(f, "http{}://{host}:{port}{path}", if *tls { "s" } else { "" })
            }
            Self::Mqtt { host, port, topic, .. } => write!(f, "mqtt://{host}:{port} {topic}"),
            Self::Sql { host, port, database, .. } if !host.is_empty() => {
                write!(f, "sql://{host}:{port}/{database}")
            }
            Self::Sql { database, .. } => write!(f, "sqlite {database}"),
            Self::File { path, .. } => write!(f, "file {path}"),
        }
    }
}
