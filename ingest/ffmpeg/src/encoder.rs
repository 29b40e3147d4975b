//! Small live pictures as H.264, for people who look from afar: each picture comes out as it goes in, none waits for a later one.

use bytes::Bytes;
use ffmpeg_next::{Dictionary, Error, codec, color, encoder, ffi, format, frame, picture, software::scaling};
use media::Size;
use std::ffi::c_int;

/// The encoder that is used: it is part of Debian's FFmpeg.
const ENCODER: &str = "libx264";

/// Why there is no H.264.
#[derive(Debug, thiserror::Error)]
pub enum VideoEncodeError {
    /// This FFmpeg was built without it.
    #[error("this FFmpeg has no encoder {ENCODER}")]
    Missing,
    /// 4:2:0 has one colour for every two pixels, each way.
    #[error("{0} pixels: both sides must be even, 2 to 4096")]
    Size(Size),
    /// The encoder refuses, in FFmpeg's own words.
    #[error("the encoder refuses: {0}")]
    Refused(#[from] Error),
}

/// Encodes the pictures of one screen: H.264 main profile, byte stream format, ITU-R BT.709 in limited range.
pub struct VideoEncoder {
    encoder: encoder::video::Encoder,
    scaler: scaling::Context,
    bgra: frame::Video,
    planar: frame::Video,
    pictures: i64,
}

// SAFETY: encoder, scaler and frames are used by whoever has this value and nobody else; none is bound to a thread.
unsafe impl Send for VideoEncoder {}

impl VideoEncoder {
    /// An encoder of pictures of `size`, both sides even and 2 to 4096, of which about `per_second` come.
    ///
    /// Errors: another size, or an FFmpeg without this encoder.
    pub fn new(size: Size, per_second: u32) -> Result<Self, VideoEncodeError> {
        let Size { width, height } = size;
        let fits = |side: u32| (2..=4096).contains(&side) && side.is_multiple_of(2);
        if !fits(width) || !fits(height) {
            return Err(VideoEncodeError::Size(size));
        }
        crate::sys::init();
        let codec = encoder::find_by_name(ENCODER).ok_or(VideoEncodeError::Missing)?;
        let mut video = codec::Context::new_with_codec(codec).encoder().video()?;
        video.set_width(width);
        video.set_height(height);
        video.set_format(format::Pixel::YUV420P);
        let rate = c_int::try_from(per_second.clamp(1, 240)).unwrap_or(240);
        video.set_time_base((1, rate));
        video.set_frame_rate(Some((rate, 1)));
        video.set_max_b_frames(0);
        // Key pictures come when they are asked for.
        video.set_gop(1 << 20);
        video.set_colorspace(color::Space::BT709);
        video.set_color_range(color::Range::MPEG);
        video.set_color_primaries(color::Primaries::BT709);
        video.set_color_transfer_characteristic(color::TransferCharacteristic::BT709);
        // One thread: several would each wait for a picture of their own.
        video.set_threading(codec::threading::Config::count(1));
        let mut options = Dictionary::new();
        for (name, value) in [
            ("preset", "veryfast"),
            ("tune", "zerolatency"),
            ("profile", "main"),
            ("crf", "23"),
            ("maxrate", "4M"),
            ("bufsize", "2M"),
            ("forced-idr", "1"),
            ("sc_threshold", "0"),
        ] {
            options.set(name, value);
        }
        let encoder = video.open_as_with(codec, options)?;
        let mut scaler = scaling::Context::get(
            format::Pixel::BGRA,
            width,
            height,
            format::Pixel::YUV420P,
            width,
            height,
            scaling::Flags::BILINEAR | scaling::Flags::ACCURATE_RND,
        )?;
        // SAFETY: the scaler is alive; the tables are FFmpeg's own and live for ever.
        unsafe {
            let table = ffi::sws_getCoefficients(ffi::SWS_CS_ITU709 as c_int);
            ffi::sws_setColorspaceDetails(scaler.as_mut_ptr(), table, 1, table, 0, 0, 1 << 16, 1 << 16);
        }
        let bgra = frame::Video::new(format::Pixel::BGRA, width, height);
        let planar = frame::Video::new(format::Pixel::YUV420P, width, height);
        Ok(Self { encoder, scaler, bgra, planar, pictures: 0 })
    }

    /// How large its pictures are.
    pub fn size(&self) -> Size {
        Size::new(self.bgra.width(), self.bgra.height())
    }

    /// One access unit of a picture, rows of blue, green, red and something without gaps; `None` is the picture before once more. The first
    /// picture is a key picture, and each that is asked for as one.
    ///
    /// Errors: a picture of another size, and what the encoder says.
    pub fn encode(&mut self, bgra: Option<&[u8]>, key: bool) -> Result<Bytes, VideoEncodeError> {
        if let Some(bgra) = bgra {
            self.take(bgra)?;
        }
        self.planar.set_pts(Some(self.pictures));
        self.planar.set_kind(if key { picture::Type::I } else { picture::Type::None });
        self.pictures += 1;
        self.encoder.send_frame(&self.planar)?;
        let mut packet = codec::packet::Packet::empty();
        self.encoder.receive_packet(&mut packet)?;
        Ok(Bytes::copy_from_slice(packet.data().unwrap_or_default()))
    }

    fn take(&mut self, bgra: &[u8]) -> Result<(), VideoEncodeError> {
        let row = self.bgra.width() as usize * 4;
        if bgra.len() != row * self.bgra.height() as usize {
            return Err(VideoEncodeError::Size(self.size()));
        }
        let stride = self.bgra.stride(0);
        let rows = self.bgra.data_mut(0).chunks_mut(stride).zip(bgra.chunks_exact(row));
        rows.for_each(|(to, from)| to[..row].copy_from_slice(from));
        // The encoder may still hold on to the picture before.
        // SAFETY: a frame of ours; its buffers are copied when somebody else refers to them.
        let code = unsafe { ffi::av_frame_make_writable(self.planar.as_mut_ptr()) };
        if code < 0 {
            return Err(Error::from(code).into());
        }
        Ok(self.scaler.run(&self.bgra, &mut self.planar)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FfmpegDecoder;
    use ingest::Decoder;
    use media::{Codec, Color, Matrix, MediaTime, Packet, Range, SourceId, StreamInfo, WallTime};

    const SIZE: Size = Size::new(64, 48);

    fn plain(color: [u8; 3]) -> Vec<u8> {
        let [b, g, r] = color;
        [b, g, r, 255].repeat((SIZE.width * SIZE.height) as usize)
    }

    /// Whether an access unit begins anew, as its NAL units say.
    fn is_key(unit: &[u8]) -> bool {
        unit.windows(4).any(|four| four[..3] == [0, 0, 1] && four[3] & 0x1F == 5)
    }

    #[test]
    fn each_picture_comes_out_at_once_and_key_pictures_when_they_are_asked_for() {
        let mut encoder = VideoEncoder::new(SIZE, 10).unwrap();
        let picture = plain([40, 200, 90]);
        let first = encoder.encode(Some(&picture), true).unwrap();
        let again: Vec<Bytes> = (0..30).map(|_| encoder.encode(None, false).unwrap()).collect();
        let key = encoder.encode(Some(&picture), true).unwrap();
        assert!(is_key(&first) && is_key(&key));
        assert!(again.iter().all(|unit| !unit.is_empty() && !is_key(unit)));
        let still = again.iter().map(Bytes::len).max().unwrap();
        assert!(still * 4 < first.len(), "{still} bytes for nothing new, {} for a picture", first.len());
    }

    #[test]
    fn a_decoder_has_each_picture_as_soon_as_it_was_encoded_and_in_its_colours() {
        let mut encoder = VideoEncoder::new(SIZE, 10).unwrap();
        let info =
            StreamInfo { codec: Codec::H264, size: None, frame_rate_millihz: None, extradata: Bytes::new() };
        let mut decoder = FfmpegDecoder::new(&info, 1).unwrap();
        for (number, color) in [[40, 200, 90], [0, 0, 255], [255, 255, 255]].into_iter().enumerate() {
            let bytes = encoder.encode(Some(&plain(color)), number == 0).unwrap();
            let packet = Packet {
                source: SourceId::new("screen").unwrap(),
                time: MediaTime(number as i64 * 100_000_000),
                captured: WallTime(0),
                keyframe: number == 0,
                bytes,
            };
            let mut frames = Vec::new();
            decoder.decode(&packet, &mut frames).unwrap();
            let [frame] = &frames[..] else { panic!("{} frames of picture {number}", frames.len()) };
            let Color { matrix, range, .. } = frame.color();
            assert_eq!((matrix, range, frame.size()), (Matrix::Bt709, Range::Limited, SIZE));
            let [b, g, r] = color.map(f64::from);
            // ITU-R BT.709, 8 bits in limited range.
            let luma = 16.0 + (0.2126 * r + 0.7152 * g + 0.0722 * b) * 219.0 / 255.0;
            let plane = frame.plane(0).unwrap();
            let middle = f64::from(plane.bytes[plane.stride * 24 + 32]);
            assert!((middle - luma).abs() < 4.0, "{middle} for {luma}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (width, height) in [(0, 48), (63, 48), (64, 47), (64, 5000)] {
            assert!(matches!(
                VideoEncoder::new(Size::new(width, height), 10),
                Err(VideoEncodeError::Size(_))
            ));
        }
        let mut encoder = VideoEncoder::new(SIZE, 10).unwrap();
        assert!(matches!(encoder.encode(Some(&[0; 16]), true), Err(VideoEncodeError::Size(_))));
    }
}
