//! How a message lies on a stream: a header of six bytes, then a postcard body.
//!
//! ```text
//!  0               4   5   6                6 + length
//! ┌───────────────┬───┬───┬─────────────────┐
//! │ length  (u32) │ v │ k │ body            │   length: bytes of the body, big endian
//! └───────────────┴───┴───┴─────────────────┘   v: protocol version, k: kind of message
//! ```
//!
//! The header alone decides how much is read: a length above its kind's limit is refused before a byte of memory is
//! set aside for it.

use crate::error::{DecodeError, EncodeError, OverLimit};
use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version that this program speaks.
pub const PROTOCOL_VERSION: u8 = 6;

/// Bytes of a frame's header.
pub const HEADER_BYTES: usize = 6;

const MESSAGE_BYTES_MAX: u32 = 1 << 20;
const SNAPSHOT_BYTES_MAX: u32 = 8 << 20;
const ANSWER_BYTES_MAX: u32 = 8 << 20;
const PREVIEW_PICTURE_BYTES_MAX: u32 = 512 << 10;
const PICTURE_REPLY_BYTES_MAX: u32 = 32 << 20;
const JOIN_BYTES_MAX: u32 = 16 << 10;
/// The largest message of a feed (4 MiB), and what stands around it.
const PUSH_BYTES_MAX: u32 = (4 << 20) + (16 << 10);

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $byte:literal),* $(,)?) => {
        /// What a frame holds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// The byte on the wire.
            pub fn byte(self) -> u8 {
                match self { $(Self::$name => $byte,)* }
            }

            /// The kind that `byte` stands for.
            pub fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($byte => Some(Self::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// Node to controller: who connects.
    Hello = 1,
    /// Node to controller: prepared for a revision.
    Ready = 2,
    /// Node to controller: cannot show a revision.
    Cannot = 3,
    /// Node to controller: a revision is on the screens.
    Showing = 4,
    /// Node to controller: measurements.
    Report = 5,
    /// Either way: still here.
    Heartbeat = 6,
    /// Node to controller: what was shown, tick by tick.
    Audit = 7,
    /// Display node to controller, on a one-way stream of its own: a screen as it is, small.
    PreviewPicture = 12,
    /// Display node to controller, on a one-way stream of its own: a picture that was asked for.
    PictureReply = 13,
    /// Ingest node to controller, on a one-way stream of its own: what an errand has brought.
    ErrandReply = 14,
    /// Controller to node: the hello is accepted.
    Welcome = 16,
    /// Controller to node: the whole layout.
    Snapshot = 17,
    /// Either way: the link ends, and why.
    Goodbye = 18,
    /// Controller to node: what was prepared goes on air.
    Activate = 19,
    /// Controller to display node, on a one-way stream of its own: what a query has answered.
    Answer = 20,
    /// Controller to display node: whether somebody looks at a wall from afar.
    Preview = 24,
    /// Controller to display node: a picture is wanted.
    PictureRequest = 25,
    /// Controller to ingest node: something to find out.
    Errand = 26,
    /// Joining machine to controller: token and signing request.
    JoinRequest = 32,
    /// Controller to joining machine: the certificate.
    JoinAccepted = 33,
    /// Program to controller, on a stream of its own: messages for a feed.
    Push = 48,
    /// Controller to program: what has become of a push.
    Pushed = 49,
}

impl Kind {
    /// The longest body of this kind, in bytes.
    pub fn body_bytes_max(self) -> u32 {
        match self {
            Self::Snapshot => SNAPSHOT_BYTES_MAX,
            Self::Answer => ANSWER_BYTES_MAX,
            Self::JoinRequest | Self::JoinAccepted => JOIN_BYTES_MAX,
            Self::Push => PUSH_BYTES_MAX,
            Self::PreviewPicture => PREVIEW_PICTURE_BYTES_MAX,
            Self::PictureReply => PICTURE_REPLY_BYTES_MAX,
            Self::Heartbeat
            | Self::Goodbye
            | Self::Activate
            | Self::Pushed
            | Self::Preview
            | Self::PictureRequest => 256,
            Self::Hello
            | Self::Ready
            | Self::Cannot
            | Self::Showing
            | Self::Report
            | Self::Audit
            | Self::Errand
            | Self::ErrandReply
            | Self::Welcome => MESSAGE_BYTES_MAX,
        }
    }
}

/// A frame's first six bytes, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// What follows.
    pub kind: Kind,
    /// How many bytes follow, at most [`Kind::body_bytes_max`].
    pub body_bytes: u32,
}

impl FrameHeader {
    /// Reads a header; a version, kind or length outside the protocol is an error.
    pub fn decode(bytes: [u8; HEADER_BYTES]) -> Result<Self, DecodeError> {
        let [a, b, c, d, version, kind] = bytes;
        if version != PROTOCOL_VERSION {
            return Err(DecodeError::Version(version));
        }
        let kind = Kind::from_byte(kind).ok_or(DecodeError::Kind(kind))?;
        let body_bytes = u32::from_be_bytes([a, b, c, d]);
        let limit = kind.body_bytes_max();
        if body_bytes > limit {
            return Err(DecodeError::TooLong { bytes: body_bytes, limit });
        }
        Ok(Self { kind, body_bytes })
    }
}

/// A message that has its own kind and its own form on the wire.
pub(crate) trait Wire: Sized {
    /// Its kind.
    const KIND: Kind;
    /// The type that postcard sees.
    type Form: Serialize + DeserializeOwned;
    /// Into the wire's form; destructures, so that no field is forgotten.
    fn to_form(&self) -> Self::Form;
    /// From the wire's form, after [`Wire::check`].
    fn from_form(form: Self::Form) -> Result<Self, DecodeError>;
    /// Holds texts and lists against their limits.
    fn check(_form: &Self::Form) -> Result<(), OverLimit> {
        Ok(())
    }
}

/// The whole frame of `message`.
pub(crate) fn encode<M: Wire>(message: &M) -> Result<Bytes, EncodeError> {
    let form = message.to_form();
    M::check(&form)?;
    let body = postcard::to_allocvec(&form).map_err(|_| EncodeError::Encoding)?;
    let limit = M::KIND.body_bytes_max();
    let length = u32::try_from(body.len()).ok().filter(|length| *length <= limit);
    let length = length.ok_or(EncodeError::TooLong { bytes: body.len(), limit })?;
    let mut frame = BytesMut::with_capacity(HEADER_BYTES + body.len());
    frame.put_u32(length);
    frame.put_u8(PROTOCOL_VERSION);
    frame.put_u8(M::KIND.byte());
    frame.put_slice(&body);
    Ok(frame.freeze())
}

/// The message in a frame's body.
pub(crate) fn decode<M: Wire>(body: &[u8]) -> Result<M, DecodeError> {
    let (form, rest) = postcard::take_from_bytes::<M::Form>(body).map_err(|_| DecodeError::Malformed)?;
    if !rest.is_empty() {
        return Err(DecodeError::Trailing);
    }
    M::check(&form)?;
    M::from_form(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(length: u32, version: u8, kind: u8) -> [u8; HEADER_BYTES] {
        let [a, b, c, d] = length.to_be_bytes();
        [a, b, c, d, version, kind]
    }

    #[test]
    fn a_length_of_four_gigabytes_is_refused_from_the_header() {
        let error = FrameHeader::decode(header(u32::MAX, PROTOCOL_VERSION, Kind::Snapshot.byte()));
        assert_eq!(error, Err(DecodeError::TooLong { bytes: u32::MAX, limit: 8 << 20 }));
    }

    #[test]
    fn only_what_is_long_by_nature_may_be_longer_than_a_mebibyte() {
        for byte in 0..=255 {
            let Some(kind) = Kind::from_byte(byte) else { continue };
            let one_more = FrameHeader::decode(header((1 << 20) + 1, PROTOCOL_VERSION, byte));
            let long = matches!(kind, Kind::Snapshot | Kind::Answer | Kind::Push | Kind::PictureReply);
            assert_eq!(one_more.is_ok(), long, "{kind:?}");
            let most = kind.body_bytes_max();
            assert!(FrameHeader::decode(header(most, PROTOCOL_VERSION, byte)).is_ok());
            assert!(FrameHeader::decode(header(most + 1, PROTOCOL_VERSION, byte)).is_err());
        }
    }

    #[test]
    fn another_version_is_named_before_anything_else_is_read() {
        assert_eq!(FrameHeader::decode(header(u32::MAX, 9, 200)), Err(DecodeError::Version(9)));
        assert_eq!(FrameHeader::decode(header(0, PROTOCOL_VERSION, 200)), Err(DecodeError::Kind(200)));
    }
}
