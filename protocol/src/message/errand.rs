//! `Errand`: something small that an ingest node is asked to find out, and nothing of which is kept. The reply is an `ErrandReply` with
//! the same number.
//!
//! ```text
//! body: number      varint
//!       task        0 probe: source text ≤ 16 KiB (TOML, one [[source]])
//!                   1 discover
//!                   2 streams: host text ≤ 253, port varint ≤ 65535, path text ≤ 1024, credential option of text ≤ 64
//! ```

use crate::error::{DecodeError, OverLimit, at_most};
use crate::frame::{Kind, Wire};
use media::CredentialId;
use serde::{Deserialize, Serialize};

const SOURCE_BYTES_MAX: usize = 16 << 10;
const HOST_BYTES_MAX: usize = 253;
const PATH_BYTES_MAX: usize = 1024;

/// What is to be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Open a source, look at what it sends, and close it again.
    Probe {
        /// The source as a hall document has it, at most 16 KiB: what `layouts::parse_source` reads.
        source: String,
    },
    /// Ask the network which cameras there are (ONVIF WS-Discovery).
    Discover,
    /// Ask one camera for its streams (ONVIF media service).
    Streams {
        /// Host name or address, at most 253 bytes.
        host: String,
        /// TCP port of its device service.
        port: u16,
        /// Path of its device service, at most 1024 bytes.
        path: String,
        /// User and password, by name.
        credential: Option<CredentialId>,
    },
}

/// Something to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// The reply bears the same. Each is greater than those before it on the same link.
    pub number: u64,
    /// What.
    pub task: Task,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum TaskForm {
    Probe(String),
    Discover,
    Streams { host: String, port: u16, path: String, credential: Option<String> },
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    number: u64,
    task: TaskForm,
}

impl Wire for Errand {
    const KIND: Kind = Kind::Errand;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { number, task } = self;
        let task = match task {
            Task::Probe { source } => TaskForm::Probe(source.clone()),
            Task::Discover => TaskForm::Discover,
            Task::Streams { host, port, path, credential } => TaskForm::Streams {
                host: host.clone(),
                port: *port,
                path: path.clone(),
                credential: credential.as_ref().map(ToString::to_string),
            },
        };
        Form { number: *number, task }
    }

    fn check(form: &Form) -> Result<(), OverLimit> {
        match &form.task {
            TaskForm::Probe(source) => at_most("errand.source", source.len(), SOURCE_BYTES_MAX),
            TaskForm::Discover => Ok(()),
            TaskForm::Streams { host, port: _, path, credential: _ } => {
                at_most("errand.host", host.len(), HOST_BYTES_MAX)?;
                at_most("errand.path", path.len(), PATH_BYTES_MAX)
            }
        }
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { number, task } = form;
        let id = |text: String| CredentialId::new(&text).map_err(|_| DecodeError::Value("errand.credential"));
        let task = match task {
            TaskForm::Probe(source) => Task::Probe { source },
            TaskForm::Discover => Task::Discover,
            TaskForm::Streams { host, port, path, credential } => {
                Task::Streams { host, port, path, credential: credential.map(id).transpose()? }
            }
        };
        Ok(Self { number, task })
    }
}
