//! The status track of a source: what its ingest node sees, told to everyone who shows it.
//!
//! ```text
//! version 1 byte
//! state   0 connecting · 1 live · 2 fault + fault varint
//! since   zigzag        wall time in nanoseconds at which the state began
//! retry   0 · 1 + zigzag   wall time of the next attempt
//! ```

use crate::error::{DecodeError, EncodeError};
use crate::message::{fault_from_wire, fault_to_wire};
use bytes::Bytes;
use media::{Fault, WallTime};
use serde::{Deserialize, Serialize};

const STATUS_VERSION: u8 = 1;
const STATUS_BYTES_MAX: usize = 64;

/// A source as its ingest node sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceStatus {
    /// Not yet, and not wrong for long.
    Connecting,
    /// Pictures come in.
    Live,
    /// Something is wrong.
    Fault(Fault),
}

/// One message of a status track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusMessage {
    /// How it stands.
    pub status: SourceStatus,
    /// Since when.
    pub since: WallTime,
    /// When the ingest node tries again, where it is waiting to.
    pub retry_at: Option<WallTime>,
}

#[derive(Serialize, Deserialize)]
enum WireStatus {
    Connecting,
    Live,
    Fault(crate::message::WireFault),
}

#[derive(Serialize, Deserialize)]
struct Form {
    version: u8,
    status: WireStatus,
    since: i64,
    retry_at: Option<i64>,
}

impl StatusMessage {
    /// The bytes of the message.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        let Self { status, since: WallTime(since), retry_at } = *self;
        let status = match status {
            SourceStatus::Connecting => WireStatus::Connecting,
            SourceStatus::Live => WireStatus::Live,
            SourceStatus::Fault(fault) => WireStatus::Fault(fault_to_wire(fault)),
        };
        let retry_at = retry_at.map(|WallTime(at)| at);
        let form = Form { version: STATUS_VERSION, status, since, retry_at };
        postcard::to_allocvec(&form).map(Bytes::from).map_err(|_| EncodeError::Encoding)
    }

    /// Reads a message of at most 64 bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        crate::error::at_most("status", bytes.len(), STATUS_BYTES_MAX)?;
        match bytes.first() {
            Some(&STATUS_VERSION) => {}
            Some(&version) => return Err(DecodeError::Version(version)),
            None => return Err(DecodeError::Malformed),
        }
        let (form, rest) = postcard::take_from_bytes::<Form>(bytes).map_err(|_| DecodeError::Malformed)?;
        if !rest.is_empty() {
            return Err(DecodeError::Trailing);
        }
        let Form { version: _, status, since, retry_at } = form;
        let status = match status {
            WireStatus::Connecting => SourceStatus::Connecting,
            WireStatus::Live => SourceStatus::Live,
            WireStatus::Fault(fault) => SourceStatus::Fault(fault_from_wire(fault)),
        };
        Ok(Self { status, since: WallTime(since), retry_at: retry_at.map(WallTime) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_survive_the_wire() {
        for status in [SourceStatus::Connecting, SourceStatus::Live, SourceStatus::Fault(Fault::Credentials)]
        {
            for retry_at in [None, Some(WallTime(i64::MIN)), Some(WallTime(7))] {
                let message = StatusMessage { status, since: WallTime(-5), retry_at };
                assert_eq!(StatusMessage::decode(&message.encode().unwrap()), Ok(message));
            }
        }
    }

    #[test]
    fn what_is_no_status_is_refused() {
        assert_eq!(StatusMessage::decode(&[]), Err(DecodeError::Malformed));
        assert_eq!(StatusMessage::decode(&[9, 1, 0, 0]), Err(DecodeError::Version(9)));
        assert_eq!(StatusMessage::decode(&[1, 3, 0, 0]), Err(DecodeError::Malformed));
        assert_eq!(StatusMessage::decode(&[1, 1, 0, 0, 0]), Err(DecodeError::Trailing));
        assert!(matches!(StatusMessage::decode(&[1; 65]), Err(DecodeError::Limit { .. })));
    }
}
