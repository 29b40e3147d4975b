//! What can go wrong between two programs, in words that name the side and the remedy.

use protocol::{DecodeError, EncodeError, MediaFrameError, Reason};
use quinn::ConnectionError;

/// Why a connection could not be made, or is over.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LinkError {
    /// The address is no `host:port`, or its host has no address.
    #[error("{0} is no address that can be reached: give host:port")]
    Address(String),
    /// Nobody answers.
    #[error("nobody answers")]
    NoAnswer,
    /// The other side refuses, or has ended the connection in order.
    #[error("refused by the other side: {0}")]
    Refused(Reason),
    /// This side refuses the other.
    #[error("the other side is refused: {0}")]
    Refusing(Reason),
    /// The other side's certificate is not that of the expected program in this hall.
    #[error("the other side is not who it should be: {0}")]
    WrongServer(String),
    /// The connection stood and is gone.
    #[error("the connection is lost")]
    Lost,
    /// The transport failed in another way.
    #[error("the connection failed: {0}")]
    Transport(String),
    /// Bytes came that are no message.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A message cannot be sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A media frame that is none.
    #[error(transparent)]
    Media(#[from] MediaFrameError),
    /// The source or stream is not offered.
    #[error("the ingest node does not offer {0}")]
    NotOffered(String),
    /// The endpoint or origin is closed.
    #[error("this side is shutting down")]
    Closed,
    /// This machine's own configuration does not allow it.
    #[error("{0}")]
    Local(String),
}

/// TLS alerts (RFC 8446, section 6) inside QUIC's crypto errors (RFC 9001, section 4.8: 0x100 + alert).
fn alert(code: quinn::TransportErrorCode) -> Option<u8> {
    u64::from(code).checked_sub(0x100).and_then(|alert| u8::try_from(alert).ok())
}

const ALERT_NO_CERTIFICATE: u8 = 116;
const ALERT_NO_APPLICATION_PROTOCOL: u8 = 120;

impl From<ConnectionError> for LinkError {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::ApplicationClosed(close) => {
                match u32::try_from(close.error_code.into_inner()).ok().and_then(Reason::from_code) {
                    Some(reason) => Self::Refused(reason),
                    None => Self::Lost,
                }
            }
            // The other side's TLS did not like what this side showed.
            ConnectionError::ConnectionClosed(close) => match alert(close.error_code) {
                Some(ALERT_NO_CERTIFICATE) => Self::Refused(Reason::NoCertificate),
                Some(ALERT_NO_APPLICATION_PROTOCOL) => Self::Refused(Reason::Version),
                Some(42..=49 | 51) => Self::Refused(Reason::BadCertificate),
                Some(_) | None => Self::Transport(close.to_string()),
            },
            // This side's TLS did not like what the other side showed.
            ConnectionError::TransportError(error) => match alert(error.code) {
                Some(ALERT_NO_CERTIFICATE) => Self::Refusing(Reason::NoCertificate),
                Some(ALERT_NO_APPLICATION_PROTOCOL) => Self::Refusing(Reason::Version),
                Some(42..=49 | 51) => Self::WrongServer(error.reason),
                Some(_) | None => Self::Transport(error.to_string()),
            },
            ConnectionError::TimedOut => Self::NoAnswer,
            ConnectionError::Reset => Self::Lost,
            ConnectionError::VersionMismatch => Self::Refused(Reason::Version),
            ConnectionError::LocallyClosed => Self::Closed,
            ConnectionError::CidsExhausted => Self::Transport(error.to_string()),
        }
    }
}

impl LinkError {
    /// The same error on the side that accepted the connection, where a bad certificate is a client's.
    pub(crate) fn on_server(self) -> Self {
        match self {
            Self::WrongServer(_) => Self::Refusing(Reason::BadCertificate),
            other => other,
        }
    }

    /// What to tell the other side about this error.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Refused(reason) | Self::Refusing(reason) => *reason,
            Self::Decode(DecodeError::Version(_)) => Reason::Version,
            Self::Decode(_) | Self::Media(_) => Reason::Protocol,
            Self::NoAnswer | Self::Lost => Reason::Idle,
            Self::Closed => Reason::Shutdown,
            Self::Address(_)
            | Self::WrongServer(_)
            | Self::Transport(_)
            | Self::Encode(_)
            | Self::NotOffered(_)
            | Self::Local(_) => Reason::Internal,
        }
    }
}
