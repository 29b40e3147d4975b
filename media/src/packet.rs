//! Encoded pictures on their way from a source to a decoder, untouched.

use crate::{MediaTime, Size, SourceId, WallTime};
use bytes::Bytes;

/// What a packet's bytes are encoded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// ITU-T H.264, AVC.
    H264,
    /// ITU-T H.265, HEVC.
    H265,
    /// AOMedia AV1.
    Av1,
    /// VP9.
    Vp9,
    /// VP8.
    Vp8,
    /// ISO 13818-2.
    Mpeg2,
    /// ISO 14496-2.
    Mpeg4,
    /// A JPEG picture a packet.
    Mjpeg,
    /// A PNG picture a packet.
    Png,
}

/// What a decoder must know before the first packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamInfo {
    /// The encoding.
    pub codec: Codec,
    /// The coded size as the container announces it; `None` until a decoder finds out.
    pub size: Option<Size>,
    /// Pictures a second in thousandths, as announced; `None` where the container says nothing.
    pub frame_rate_millihz: Option<u32>,
    /// Parameter sets outside the stream (`avcC`, `hvcC`, `av1C`, or Annex B); often empty.
    pub extradata: Bytes,
}

/// One encoded picture.
#[derive(Debug, Clone)]
pub struct Packet {
    /// Who made it.
    pub source: SourceId,
    /// When it is to be shown, on the source's clock.
    pub time: MediaTime,
    /// When it is to be shown at the earliest, on the hall's clock: the moment of capture as far as it can be known.
    pub captured: WallTime,
    /// Whether decoding can begin here.
    pub keyframe: bool,
    /// The picture.
    pub bytes: Bytes,
}
