//! The `Decoder` trait: encoded pictures in, shown pictures out.

use media::{Frame, Packet};

/// Why a packet gave no picture. The decoder stays usable and takes the next packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are damaged; pictures are held back until the next key frame.
    #[error("a damaged picture was dropped: {detail}")]
    Damaged {
        /// What the decoder says.
        detail: String,
    },
    /// The stream uses something that this decoder does not have, or a size above the limit.
    #[error("the picture cannot be decoded here: {detail}")]
    Unsupported {
        /// What is missing.
        detail: String,
    },
}

/// Turns packets of one stream into frames, in order of display time.
pub trait Decoder: Send {
    /// Takes the next packet in decoding order and appends every frame that is finished to `out`.
    ///
    /// Frames bear the `time` and `captured` of the packet that they came in. An error says that this packet is
    /// lost; the caller counts it and goes on.
    fn decode(&mut self, packet: &Packet, out: &mut Vec<Frame>) -> Result<(), DecodeError>;

    /// Appends the frames that are still held back for reordering, and forgets the stream: the next packet has to be
    /// a key frame.
    fn flush(&mut self, out: &mut Vec<Frame>) -> Result<(), DecodeError>;
}
