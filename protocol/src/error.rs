//! What can be wrong with bytes from the network, or with a message that is to become bytes.

/// Why bytes are no message. None of the texts repeats what the peer sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The peer speaks another version of the protocol.
    #[error("the peer speaks protocol version {0}, this program speaks {ours}", ours = crate::PROTOCOL_VERSION)]
    Version(u8),
    /// The kind byte names no message that may come in this direction.
    #[error("no message of kind {0} is expected here")]
    Kind(u8),
    /// The announced length is above the limit of its kind.
    #[error("a message of {bytes} bytes is announced; at most {limit} are allowed")]
    TooLong {
        /// What the header says.
        bytes: u32,
        /// What its kind allows.
        limit: u32,
    },
    /// The body ends early, or is no valid encoding of its kind.
    #[error("the message's body is malformed")]
    Malformed,
    /// Bytes follow the message inside its frame.
    #[error("bytes follow the end of the message")]
    Trailing,
    /// A text or list is above its own limit.
    #[error("{field} holds {count}; at most {limit} are allowed")]
    Limit {
        /// Which field.
        field: &'static str,
        /// Bytes of a text, items of a list.
        count: usize,
        /// The most there may be.
        limit: usize,
    },
    /// A field's value stands outside what the field can mean.
    #[error("{0} has a value that means nothing")]
    Value(&'static str),
}

/// Why a message cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A text or list is above its own limit.
    #[error("{field} holds {count}; at most {limit} can be sent")]
    Limit {
        /// Which field.
        field: &'static str,
        /// Bytes of a text, items of a list.
        count: usize,
        /// The most there may be.
        limit: usize,
    },
    /// The message as a whole is above the limit of its kind.
    #[error("the message takes {bytes} bytes; at most {limit} can be sent")]
    TooLong {
        /// Encoded length.
        bytes: usize,
        /// What its kind allows.
        limit: u32,
    },
    /// The encoder refused the value.
    #[error("the message cannot be encoded")]
    Encoding,
}

/// A text or list above its limit, in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OverLimit {
    pub(crate) field: &'static str,
    pub(crate) count: usize,
    pub(crate) limit: usize,
}

impl From<OverLimit> for DecodeError {
    fn from(OverLimit { field, count, limit }: OverLimit) -> Self {
        Self::Limit { field, count, limit }
    }
}

impl From<OverLimit> for EncodeError {
    fn from(OverLimit { field, count, limit }: OverLimit) -> Self {
        Self::Limit { field, count, limit }
    }
}

/// Holds `count` against `limit`.
pub(crate) fn at_most(field: &'static str, count: usize, limit: usize) -> Result<(), OverLimit> {
    if count > limit { Err(OverLimit { field, count, limit }) } else { Ok(()) }
}

/// The longest beginning of `text` that has at most `bytes_max` bytes and ends between characters.
pub(crate) fn shorten(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let mut end = bytes_max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
