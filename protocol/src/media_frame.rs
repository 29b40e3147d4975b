//! The frames of a media track: a group begins with the stream's description, then come access units, untouched.
//!
//! ```text
//! description  ┌────┬───┬───────┬───────────┬────────────┬───────────┬───────────┬───┐
//!              │ v1 │ 0 │ codec │ width u32 │ height u32 │ fps milli │ length u32│ … │ extradata
//!              └────┴───┴───────┴───────────┴────────────┴───────────┴───────────┴───┘
//! access unit  ┌────┬───┬───────┬───────────────┬───────────────┬───┐
//!              │ v1 │ 1 │ flags │ media time i64│ captured i64  │ … │ the picture, to the end of the frame
//!              └────┴───┴───────┴───────────────┴───────────────┴───┘
//! ```
//!
//! All numbers are big endian. A width and height of 0 mean "not known", so does a frame rate of 0. Flag bit 0 is set
//! on a picture at which decoding can begin; the other bits are 0. Since each group carries the description, a late
//! viewer can begin at any group that begins with a key picture.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use media::{Codec, MediaTime, Packet, Size, SourceId, StreamInfo, WallTime};

/// The longest encoded picture that travels: a 4K picture of several megabytes has room, a length from a broken
/// header has not.
pub const ACCESS_UNIT_BYTES_MAX: usize = 8 << 20;

const VERSION: u8 = 1;
const TYPE_INFO: u8 = 0;
const TYPE_UNIT: u8 = 1;
const FLAG_KEYFRAME: u8 = 1;
const EXTRADATA_BYTES_MAX: usize = 64 << 10;
const SIDE_MAX: u32 = 32_768;
const RATE_MAX_MILLIHZ: u32 = 1_000_000;
const INFO_HEADER_BYTES: usize = 19;
const UNIT_HEADER_BYTES: usize = 19;

/// Why bytes are no media frame, or a picture cannot become one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaFrameError {
    /// The frame ends inside its header.
    #[error("a media frame ends inside its header")]
    Short,
    /// Another version of the framing.
    #[error("media frames of version {0} come; this program reads version {VERSION}")]
    Version(u8),
    /// A field's value means nothing.
    #[error("{0} of a media frame has a value that means nothing")]
    Value(&'static str),
    /// Too many bytes.
    #[error("{field} holds {bytes} bytes; at most {limit} are allowed")]
    TooLong {
        /// Which part.
        field: &'static str,
        /// How many bytes.
        bytes: usize,
        /// The most there may be.
        limit: usize,
    },
}

/// One frame of a media track.
#[derive(Debug, Clone)]
pub enum MediaFrame {
    /// What a decoder must know; the first frame of each group.
    Info(StreamInfo),
    /// One encoded picture.
    Unit(Packet),
}

fn codec_byte(codec: Codec) -> u8 {
    match codec {
        Codec::H264 => 1,
        Codec::H265 => 2,
        Codec::Av1 => 3,
        Codec::Vp9 => 4,
        Codec::Vp8 => 5,
        Codec::Mpeg2 => 6,
        Codec::Mpeg4 => 7,
        Codec::Mjpeg => 8,
        Codec::Png => 9,
    }
}

fn codec_from_byte(byte: u8) -> Option<Codec> {
    Some(match byte {
        1 => Codec::H264,
        2 => Codec::H265,
        3 => Codec::Av1,
        4 => Codec::Vp9,
        5 => Codec::Vp8,
        6 => Codec::Mpeg2,
        7 => Codec::Mpeg4,
        8 => Codec::Mjpeg,
        9 => Codec::Png,
        _ => return None,
    })
}

fn within(field: &'static str, bytes: usize, limit: usize) -> Result<(), MediaFrameError> {
    if bytes > limit { Err(MediaFrameError::TooLong { field, bytes, limit }) } else { Ok(()) }
}

impl MediaFrame {
    /// The bytes of a stream's description. Sizes and rates that the wire cannot say become "not known".
    pub fn encode_info(info: &StreamInfo) -> Result<Bytes, MediaFrameError> {
        let StreamInfo { codec, size, frame_rate_millihz, extradata } = info;
        within("extradata", extradata.len(), EXTRADATA_BYTES_MAX)?;
        let size =
            size.filter(|size| (1..=SIDE_MAX).contains(&size.width) && (1..=SIDE_MAX).contains(&size.height));
        let size = size.unwrap_or(Size::new(0, 0));
        let rate = frame_rate_millihz.filter(|rate| *rate <= RATE_MAX_MILLIHZ).unwrap_or(0);
        let mut bytes = BytesMut::with_capacity(INFO_HEADER_BYTES + extradata.len());
        bytes.put_u8(VERSION);
        bytes.put_u8(TYPE_INFO);
        bytes.put_u8(codec_byte(*codec));
        bytes.put_u32(size.width);
        bytes.put_u32(size.height);
        bytes.put_u32(rate);
        bytes.put_u32(u32::try_from(extradata.len()).unwrap_or(u32::MAX));
        bytes.put_slice(extradata);
        Ok(bytes.freeze())
    }

    /// The bytes of an encoded picture.
    pub fn encode_unit(packet: &Packet) -> Result<Bytes, MediaFrameError> {
        let Packet { source: _, time: MediaTime(time), captured: WallTime(captured), keyframe, bytes: unit } =
            packet;
        within("access unit", unit.len(), ACCESS_UNIT_BYTES_MAX)?;
        let mut bytes = BytesMut::with_capacity(UNIT_HEADER_BYTES + unit.len());
        bytes.put_u8(VERSION);
        bytes.put_u8(TYPE_UNIT);
        bytes.put_u8(if *keyframe { FLAG_KEYFRAME } else { 0 });
        bytes.put_i64(*time);
        bytes.put_i64(*captured);
        bytes.put_slice(unit);
        Ok(bytes.freeze())
    }

    /// Reads a frame of a track of `source`. The picture shares `bytes`' memory.
    pub fn decode(source: &SourceId, mut bytes: Bytes) -> Result<Self, MediaFrameError> {
        if bytes.remaining() < 3 {
            return Err(MediaFrameError::Short);
        }
        let version = bytes.get_u8();
        if version != VERSION {
            return Err(MediaFrameError::Version(version));
        }
        match bytes.get_u8() {
            TYPE_INFO => decode_info(bytes).map(Self::Info),
            TYPE_UNIT => decode_unit(source, bytes).map(Self::Unit),
            _ => Err(MediaFrameError::Value("type")),
        }
    }
}

fn decode_info(mut bytes: Bytes) -> Result<StreamInfo, MediaFrameError> {
    if bytes.remaining() < INFO_HEADER_BYTES - 2 {
        return Err(MediaFrameError::Short);
    }
    let codec = codec_from_byte(bytes.get_u8()).ok_or(MediaFrameError::Value("codec"))?;
    let size = match (bytes.get_u32(), bytes.get_u32()) {
        (0, 0) => None,
        (width @ 1..=SIDE_MAX, height @ 1..=SIDE_MAX) => Some(Size::new(width, height)),
        _ => return Err(MediaFrameError::Value("size")),
    };
    let frame_rate_millihz = match bytes.get_u32() {
        0 => None,
        rate @ 1..=RATE_MAX_MILLIHZ => Some(rate),
        _ => return Err(MediaFrameError::Value("frame rate")),
    };
    let length = usize::try_from(bytes.get_u32()).unwrap_or(usize::MAX);
    within("extradata", length, EXTRADATA_BYTES_MAX)?;
    if length != bytes.remaining() {
        return Err(MediaFrameError::Value("extradata length"));
    }
    Ok(StreamInfo { codec, size, frame_rate_millihz, extradata: bytes })
}

fn decode_unit(source: &SourceId, mut bytes: Bytes) -> Result<Packet, MediaFrameError> {
    if bytes.remaining() < UNIT_HEADER_BYTES - 2 {
        return Err(MediaFrameError::Short);
    }
    let flags = bytes.get_u8();
    if flags & !FLAG_KEYFRAME != 0 {
        return Err(MediaFrameError::Value("flags"));
    }
    let time = MediaTime(bytes.get_i64());
    let captured = WallTime(bytes.get_i64());
    within("access unit", bytes.remaining(), ACCESS_UNIT_BYTES_MAX)?;
    Ok(Packet { source: source.clone(), time, captured, keyframe: flags == FLAG_KEYFRAME, bytes })
}

#[cfg(test)]
mod tests;
