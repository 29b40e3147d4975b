//! Software decoding of one stream.

use crate::convert::Converter;
use crate::log;
use crate::still::PIXELS_MAX;
use crate::sys::{OwnedFrame, OwnedPacket, error_text, init};
use ffmpeg_next::ffi::{self, AVCodecID};
use ingest::{DecodeError, Decoder};
use media::{Codec, Frame, MediaTime, Packet, StreamInfo, WallTime};
use std::ffi::c_int;
use std::ptr::{self, NonNull};

/// What has happened to a decoder's packets so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecoderCounters {
    /// Packets given.
    pub packets: u64,
    /// Frames that came out.
    pub frames: u64,
    /// Packets passed over while waiting for the first key frame.
    pub skipped: u64,
    /// Packets that the decoder refused as damaged.
    pub errors: u64,
    /// Frames held back because they, or what they build on, are damaged.
    pub withheld: u64,
}

/// A decoder on FFmpeg's software codecs.
pub struct FfmpegDecoder {
    context: NonNull<ffi::AVCodecContext>,
    codec: Codec,
    frame: OwnedFrame,
    converter: Converter,
    /// Nothing is decoded before the next key frame: the stream begins here, or anew.
    await_keyframe: bool,
    /// From this time on pictures are decoded and held back, until the next key frame.
    broken: Option<MediaTime>,
    counters: DecoderCounters,
}

// SAFETY: a codec context may be used by any one thread at a time.
unsafe impl Send for FfmpegDecoder {}

impl FfmpegDecoder {
    /// A decoder for the stream that `info` describes, on `threads` threads (1 gives the least delay).
    pub fn new(info: &StreamInfo, threads: u32) -> Result<Self, DecodeError> {
        init();
        let frame = OwnedFrame::new().map_err(damaged)?;
        // SAFETY: null results are checked; everything set here is a plain field of a context that is not open yet.
        unsafe {
            let codec = ffi::avcodec_find_decoder(codec_id(info.codec));
            if codec.is_null() {
                let detail = format!("no decoder for {:?}", info.codec);
                return Err(DecodeError::Unsupported { detail });
            }
            let context = NonNull::new(ffi::avcodec_alloc_context3(codec))
                .ok_or_else(|| damaged(crate::sys::NO_MEMORY))?;
            let decoder = Self {
                context,
                codec: info.codec,
                frame,
                converter: Converter::new(),
                await_keyframe: true,
                broken: None,
                counters: DecoderCounters::default(),
            };
            let fields = &mut *context.as_ptr();
            fields.thread_count = c_int::try_from(threads.clamp(1, 16)).unwrap_or(1);
            fields.thread_type = ffi::FF_THREAD_SLICE as c_int;
            fields.flags |= ffi::AV_CODEC_FLAG_UNALIGNED as c_int;
            if info.codec == Codec::Av1 {
                // Frame threads off. The older codecs delay no more than their stream asks for, and MPEG-2 would give
                // B-frames in the wrong order.
                fields.flags |= ffi::AV_CODEC_FLAG_LOW_DELAY as c_int;
            }
            fields.max_pixels = i64::try_from(PIXELS_MAX).unwrap_or(i64::MAX);
            fields.pkt_timebase = ffi::AVRational { num: 1, den: 1_000_000_000 };
            if let Some(size) = info.size {
                fields.coded_width = c_int::try_from(size.width).unwrap_or(0);
                fields.coded_height = c_int::try_from(size.height).unwrap_or(0);
            }
            set_extradata(fields, &info.extradata)?;
            let code = ffi::avcodec_open2(context.as_ptr(), codec, ptr::null_mut());
            if code < 0 {
                return Err(DecodeError::Unsupported { detail: error_text(code) });
            }
            Ok(decoder)
        }
    }

    /// What has happened so far.
    pub fn counters(&self) -> DecoderCounters {
        self.counters
    }

    fn send(&mut self, packet: Option<&OwnedPacket>) -> Result<(), c_int> {
        let packet = packet.map_or(ptr::null(), |packet| packet.as_ptr().cast_const());
        // SAFETY: context and packet are alive; null asks for what is still held back.
        match unsafe { ffi::avcodec_send_packet(self.context.as_ptr(), packet) } {
            code if code < 0 => Err(code),
            _ => Ok(()),
        }
    }

    /// Takes every frame that is ready.
    fn receive(&mut self, out: &mut Vec<Frame>) -> Result<(), DecodeError> {
        loop {
            // SAFETY: context and frame are alive; the frame is emptied first by FFmpeg.
            let code = unsafe { ffi::avcodec_receive_frame(self.context.as_ptr(), self.frame.as_ptr()) };
            if code == ffi::AVERROR(ffi::EAGAIN) || code == ffi::AVERROR_EOF {
                return Ok(());
            }
            if code < 0 {
                return Err(damaged(code));
            }
            let fields = self.frame.get();
            let captured = WallTime(fields.reordered_opaque);
            let time = [fields.pts, fields.best_effort_timestamp]
                .into_iter()
                .find(|time| *time != ffi::AV_NOPTS_VALUE)
                .map_or(MediaTime(captured.0), MediaTime);
            if self.is_fit(time) {
                out.push(self.converter.frame(&self.frame, self.codec, time, captured)?);
                self.counters.frames += 1;
            } else {
                self.counters.withheld += 1;
            }
        }
    }

    /// Notes that the picture of `time`, and what builds on it, cannot be trusted.
    fn breaks(&mut self, time: MediaTime) {
        self.broken = Some(self.broken.map_or(time, |since| since.min(time)));
    }

    /// Whether the frame just decoded may be shown.
    fn is_fit(&mut self, time: MediaTime) -> bool {
        let fields = self.frame.get();
        let corrupt = fields.flags & ffi::AV_FRAME_FLAG_CORRUPT != 0 || fields.decode_error_flags != 0;
        if corrupt {
            self.breaks(time);
        } else if fields.key_frame != 0 && self.broken.is_some_and(|since| time >= since) {
            self.broken = None;
        }
        self.broken.is_none_or(|since| time < since)
    }
}

impl Decoder for FfmpegDecoder {
    fn decode(&mut self, packet: &Packet, out: &mut Vec<Frame>) -> Result<(), DecodeError> {
        self.counters.packets += 1;
        if self.await_keyframe && !packet.keyframe {
            self.counters.skipped += 1;
            return Ok(());
        }
        self.await_keyframe = false;
        let copy = OwnedPacket::copy_of(&packet.bytes).map_err(damaged)?;
        // SAFETY: both are alive and ours.
        unsafe {
            (*copy.as_ptr()).pts = packet.time.0;
            if packet.keyframe {
                (*copy.as_ptr()).flags |= ffi::AV_PKT_FLAG_KEY;
            }
            (*self.context.as_ptr()).reordered_opaque = packet.captured.0;
        }
        let lost_before = log::lost_references();
        let mut sent = self.send(Some(&copy));
        if sent == Err(ffi::AVERROR(ffi::EAGAIN)) {
            self.receive(out)?;
            sent = self.send(Some(&copy));
        }
        if log::lost_references() != lost_before {
            self.breaks(packet.time);
        }
        if let Err(code) = sent {
            self.counters.errors += 1;
            self.breaks(packet.time);
            return Err(damaged(code));
        }
        let result = self.receive(out);
        if result.is_err() {
            self.counters.errors += 1;
            self.breaks(packet.time);
        }
        result
    }

    fn flush(&mut self, out: &mut Vec<Frame>) -> Result<(), DecodeError> {
        let result = match self.send(None) {
            Ok(()) => self.receive(out),
            Err(code) => Err(damaged(code)),
        };
        // SAFETY: the context is alive; after this it takes packets again.
        unsafe { ffi::avcodec_flush_buffers(self.context.as_ptr()) };
        self.await_keyframe = true;
        self.broken = None;
        result
    }
}

impl Drop for FfmpegDecoder {
    fn drop(&mut self) {
        let mut context = self.context.as_ptr();
        // SAFETY: owned; frees the extradata too.
        unsafe { ffi::avcodec_free_context(&mut context) };
    }
}

fn damaged(code: c_int) -> DecodeError {
    match code {
        ffi::AVERROR_PATCHWELCOME => DecodeError::Unsupported { detail: error_text(code) },
        _ => DecodeError::Damaged { detail: error_text(code) },
    }
}

/// Copies `bytes` into memory that belongs to the context, with the padding that parsers read over.
fn set_extradata(context: &mut ffi::AVCodecContext, bytes: &[u8]) -> Result<(), DecodeError> {
    if bytes.is_empty() {
        return Ok(());
    }
    let size = c_int::try_from(bytes.len()).map_err(|_| damaged(crate::sys::NO_MEMORY))?;
    // SAFETY: the memory is as long as what is written to it, zeroed, and freed by avcodec_free_context.
    unsafe {
        let memory = ffi::av_mallocz(bytes.len() + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize).cast::<u8>();
        if memory.is_null() {
            return Err(damaged(crate::sys::NO_MEMORY));
        }
        ptr::copy_nonoverlapping(bytes.as_ptr(), memory, bytes.len());
        context.extradata = memory;
        context.extradata_size = size;
    }
    Ok(())
}

pub(crate) fn codec_id(codec: Codec) -> AVCodecID {
    match codec {
        Codec::H264 => AVCodecID::AV_CODEC_ID_H264,
        Codec::H265 => AVCodecID::AV_CODEC_ID_HEVC,
        Codec::Av1 => AVCodecID::AV_CODEC_ID_AV1,
        Codec::Vp9 => AVCodecID::AV_CODEC_ID_VP9,
        Codec::Vp8 => AVCodecID::AV_CODEC_ID_VP8,
        Codec::Mpeg2 => AVCodecID::AV_CODEC_ID_MPEG2VIDEO,
        Codec::Mpeg4 => AVCodecID::AV_CODEC_ID_MPEG4,
        Codec::Mjpeg => AVCodecID::AV_CODEC_ID_MJPEG,
        Codec::Png => AVCodecID::AV_CODEC_ID_PNG,
    }
}
