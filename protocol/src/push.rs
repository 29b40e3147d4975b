//! How data comes into a feed over QUIC: a program opens a stream, sends one [`Push`], and is answered with one [`Pushed`]
//! when every row of it has landed, or why it has not.
//!
//! ```text
//! Push:    feed text ≤ 64, messages list ≤ 1024 of bytes (JSON), together ≤ 4 MiB
//! Pushed:  0 rows varint, rejected varint  |  1 reason varint
//! ```
//!
//! A program that gets no answer pushes the same again: rows are known by their keys, so what lands twice stands once.

use crate::error::{DecodeError, EncodeError, OverLimit, at_most};
use crate::frame::{self, Kind, Wire};
use bytes::Bytes;
use media::FeedId;
use serde::{Deserialize, Serialize};

/// Most messages of one push.
pub const PUSH_MESSAGES_MAX: usize = 1024;

/// Messages for one feed, landed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// Which feed.
    pub feed: FeedId,
    /// The messages, each a JSON document, in the order in which they shall land; at most [`PUSH_MESSAGES_MAX`].
    pub messages: Vec<Bytes>,
}

/// What has become of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It has landed, and will be there after a crash.
    Landed {
        /// Rows that stand in the feed's table, or events in the ledger.
        rows: u64,
        /// Rows and messages that did not fit; the feed's reject log says why.
        rejected: u64,
    },
    /// Nothing of it has landed.
    Refused(PushRefusal),
}

/// Why a push is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PushRefusal {
    /// The hall has no such feed, or it is not one that this program may push to.
    #[error("the hall has no such feed for this program")]
    NoFeed,
    /// A message, or all of them, are longer than a feed takes.
    #[error("a message is longer than a feed takes")]
    TooLarge,
    /// The hall cannot keep it now: push it again later.
    #[error("the hall's data store does not answer now; push it again later")]
    NotNow,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PushForm {
    feed: String,
    messages: Vec<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum PushedForm {
    Landed { rows: u64, rejected: u64 },
    Refused(RefusalForm),
}

#[derive(Serialize, Deserialize)]
pub(crate) enum RefusalForm {
    NoFeed,
    TooLarge,
    NotNow,
}

impl Wire for Push {
    const KIND: Kind = Kind::Push;
    type Form = PushForm;

    fn to_form(&self) -> PushForm {
        let Self { feed, messages } = self;
        PushForm {
            feed: feed.to_string(),
            messages: messages.iter().map(|message| message.to_vec()).collect(),
        }
    }

    fn check(form: &PushForm) -> Result<(), OverLimit> {
        at_most("push.messages", form.messages.len(), PUSH_MESSAGES_MAX)
    }

    fn from_form(form: PushForm) -> Result<Self, DecodeError> {
        let PushForm { feed, messages } = form;
        let feed = FeedId::new(&feed).map_err(|_| DecodeError::Value("push.feed"))?;
        Ok(Self { feed, messages: messages.into_iter().map(Bytes::from).collect() })
    }
}

impl Wire for Pushed {
    const KIND: Kind = Kind::Pushed;
    type Form = PushedForm;

    fn to_form(&self) -> PushedForm {
        match *self {
            Self::Landed { rows, rejected } => PushedForm::Landed { rows, rejected },
            Self::Refused(PushRefusal::NoFeed) => PushedForm::Refused(RefusalForm::NoFeed),
            Self::Refused(PushRefusal::TooLarge) => PushedForm::Refused(RefusalForm::TooLarge),
            Self::Refused(PushRefusal::NotNow) => PushedForm::Refused(RefusalForm::NotNow),
        }
    }

    fn from_form(form: PushedForm) -> Result<Self, DecodeError> {
        Ok(match form {
            PushedForm::Landed { rows, rejected } => Self::Landed { rows, rejected },
            PushedForm::Refused(RefusalForm::NoFeed) => Self::Refused(PushRefusal::NoFeed),
            PushedForm::Refused(RefusalForm::TooLarge) => Self::Refused(PushRefusal::TooLarge),
            PushedForm::Refused(RefusalForm::NotNow) => Self::Refused(PushRefusal::NotNow),
        })
    }
}

impl Push {
    /// The message's frame, header and body.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        frame::encode(self)
    }

    /// The push in a frame of kind `kind`.
    pub fn decode(kind: Kind, body: &[u8]) -> Result<Self, DecodeError> {
        if kind == Kind::Push { frame::decode(body) } else { Err(DecodeError::Kind(kind.byte())) }
    }
}

impl Pushed {
    /// The message's frame, header and body.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        frame::encode(self)
    }

    /// The answer in a frame of kind `kind`.
    pub fn decode(kind: Kind, body: &[u8]) -> Result<Self, DecodeError> {
        if kind == Kind::Pushed { frame::decode(body) } else { Err(DecodeError::Kind(kind.byte())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HEADER_BYTES;

    fn push(messages: Vec<Bytes>) -> Push {
        Push { feed: FeedId::new("levels").unwrap(), messages }
    }

    #[test]
    fn pushes_and_answers_survive_the_wire() {
        let sent = push(vec![Bytes::from_static(b"{\"id\":1}"), Bytes::new()]);
        let frame = sent.encode().unwrap();
        assert_eq!(Push::decode(Kind::Push, &frame[HEADER_BYTES..]), Ok(sent));
        let answers = [
            Pushed::Landed { rows: u64::MAX, rejected: 3 },
            Pushed::Refused(PushRefusal::NoFeed),
            Pushed::Refused(PushRefusal::TooLarge),
            Pushed::Refused(PushRefusal::NotNow),
        ];
        for answer in answers {
            let frame = answer.encode().unwrap();
            assert_eq!(Pushed::decode(Kind::Pushed, &frame[HEADER_BYTES..]), Ok(answer));
        }
    }

    #[test]
    fn what_is_too_much_is_neither_sent_nor_taken() {
        let many = push(vec![Bytes::new(); PUSH_MESSAGES_MAX + 1]);
        assert!(matches!(many.encode(), Err(EncodeError::Limit { field: "push.messages", .. })));
        let long = push(vec![Bytes::from(vec![b' '; 5 << 20])]);
        assert!(matches!(long.encode(), Err(EncodeError::TooLong { .. })));
        // A count that promises more than there is.
        assert_eq!(Push::decode(Kind::Push, &[1, b'a', 0xFF, 0xFF, 0x03]), Err(DecodeError::Malformed));
        assert_eq!(Push::decode(Kind::Push, &[1, b'A', 0]), Err(DecodeError::Value("push.feed")));
    }
}
