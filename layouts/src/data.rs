//! What a hall document says about data, beside feeds and tables: questions, events, where everything is kept.

use crate::layout::Words;
use media::DUE_AFTER;
use media::{CredentialId, QueryId};
use std::time::Duration;

/// A question to the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuerySpec {
    /// Its name.
    pub id: QueryId,
    /// One SQL statement that only reads, without a semicolon at its end.
    pub sql: String,
    /// Most rows of an answer; what is beyond them is cut off. 1–100,000.
    pub rows_max: u32,
    /// At most so many runs a second, 1–50.
    pub runs_per_s_max: u32,
    /// How long a run may take.
    pub timeout: Duration,
}

/// What the hall's events are sorted by, and how long they may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSettings {
    /// The networks that report; an event names one by its Chinese or its English words.
    pub networks: Vec<Words>,
    /// The domains that events belong to, named in the same way.
    pub domains: Vec<Words>,
    /// From report to handled, where the report says nothing else.
    pub due: Duration,
}

impl Default for EventSettings {
    fn default() -> Self {
        let words = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(zh, en)| Words { zh: (*zh).to_owned(), en: (*en).to_owned() }).collect()
        };
        Self {
            networks: words(&[
                ("综治", "Governance"),
                ("警务", "Police"),
                ("城管", "City management"),
                ("创城", "Civic"),
            ]),
            domains: words(&[
                ("民生服务", "Livelihood services"),
                ("交通", "Traffic"),
                ("政务服务", "Government services"),
                ("综合评价", "Comprehensive assessment"),
                ("城市管理", "City management"),
            ]),
            due: DUE_AFTER,
        }
    }
}

/// Where tables and events are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DataStore {
    /// A SQLite file in the controller's own folder: nothing to install.
    #[default]
    Embedded,
    /// A PostgreSQL server.
    Postgres {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// The database's name.
        database: String,
        /// User and password.
        credential: Option<CredentialId>,
        /// TLS around the connection.
        tls: bool,
    },
}

impl DataStore {
    /// The credential that it needs.
    pub fn credential(&self) -> Option<&CredentialId> {
        match self {
            Self::Embedded => None,
            Self::Postgres { credential, .. } => credential.as_ref(),
        }
    }
}
