//! Still pictures: the file's own bytes as one packet, refused from the header when they would be too large.

use bytes::Bytes;
use ingest::{RawPacket, SourceError, SourceEvent, Timescale};
use media::{Codec, Frame, Size, StreamInfo};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// No still has more pixels: 64 MP decode to 256 MB.
pub const PIXELS_MAX: u64 = 64_000_000;

/// No still has more bytes: as many as a picture on the way to the screens may have (`protocol::ACCESS_UNIT_BYTES_MAX`),
/// so that whoever renders one is told what the wall would say.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// One still picture that is given once.
pub(crate) struct Still {
    place: String,
    info: Option<StreamInfo>,
    bytes: Option<Bytes>,
}

impl Still {
    /// Reads the picture in `file`; `place` is what errors call it.
    pub(crate) fn read(file: &Path, place: &str) -> Result<Self, SourceError> {
        let missing = |_| SourceError::NotFound { place: place.to_owned() };
        let mut bytes = Vec::new();
        File::open(file)
            .map_err(missing)?
            .take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(missing)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            let detail = "the file is larger than 8 MiB".to_owned();
            return Err(SourceError::Unsupported { place: place.to_owned(), detail });
        }
        let (codec, size) = header(&bytes).ok_or_else(|| SourceError::Garbage {
            place: place.to_owned(),
            detail: "it is neither a PNG nor a JPEG picture".to_owned(),
        })?;
        let sides = 1..=Frame::SIDE_MAX;
        if size.area() > PIXELS_MAX || !sides.contains(&size.width) || !sides.contains(&size.height) {
            let detail = format!("{size} pixels are too many");
            return Err(SourceError::Unsupported { place: place.to_owned(), detail });
        }
        let info = StreamInfo { codec, size: Some(size), frame_rate_millihz: None, extradata: Bytes::new() };
        Ok(Self { place: place.to_owned(), info: Some(info), bytes: Some(bytes.into()) })
    }

    pub(crate) fn next(&mut self) -> Result<SourceEvent, SourceError> {
        if let Some(info) = self.info.take() {
            return Ok(SourceEvent::Stream(info));
        }
        let bytes = self.bytes.take().ok_or_else(|| SourceError::Ended { place: self.place.clone() })?;
        Ok(SourceEvent::Packet(RawPacket {
            pts: Some(0),
            dts: Some(0),
            timescale: Timescale::KHZ_90,
            wrap_bits: 64,
            keyframe: true,
            bytes,
        }))
    }
}

/// Encoding and size from the first bytes of a picture file.
fn header(bytes: &[u8]) -> Option<(Codec, Size)> {
    png(bytes).map(|size| (Codec::Png, size)).or_else(|| jpeg(bytes).map(|size| (Codec::Mjpeg, size)))
}

/// W3C PNG: signature, then the `IHDR` chunk with width and height.
fn png(bytes: &[u8]) -> Option<Size> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?;
    let word = |at: usize| rest.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    Some(Size::new(word(0)?, word(4)?))
}

/// ITU-T T.81: segments up to the first start of frame, which holds height and width.
fn jpeg(bytes: &[u8]) -> Option<Size> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let marker = *rest.strip_prefix(b"\xff")?.first()?;
        if marker == 0xff {
            rest = rest.get(1..)?;
            continue;
        }
        let body = rest.get(2..)?;
        let word = |at: usize| body.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes);
        match marker {
            // Start of frame; C4, C8 and CC are tables and extensions.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some(Size::new(word(5)?.into(), word(3)?.into()));
            }
            0x01 | 0xd0..=0xd7 => rest = body,
            0xd8..=0xda => return None,
            _ => rest = body.get(usize::from(word(0)?)..)?,
        }
    }
}
