//! What can be truthfully said of a source at a moment.

use crate::WallTime;

/// What is wrong with a source, in kinds that an operator can act on. Words live in `layouts`, per language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nobody answers at the address.
    Unreachable,
    /// The host answers and refuses the connection.
    Refused,
    /// User name or password is wrong or missing.
    Credentials,
    /// The host knows no such stream or file.
    NotFound,
    /// The connection stands and no picture comes.
    NoPicture,
    /// What comes cannot be decoded.
    Garbage,
    /// The picture is encoded in a way that this node cannot decode.
    Unsupported,
    /// The source ended the stream.
    Ended,
    /// The ingest node that reads the source is out of reach.
    IngestLost,
}

/// The state of a source as a viewer may be told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// No picture has come yet and the wait is still short.
    Connecting,
    /// New pictures come.
    Live,
    /// The last picture is held and was captured at `since`.
    Stale {
        /// Capture time of the picture that is held.
        since: WallTime,
    },
    /// Too old to be shown, or never seen: a card takes its place.
    Lost {
        /// When the last picture was captured, or the wait began.
        since: WallTime,
        /// What is known to be wrong.
        fault: Fault,
    },
}
