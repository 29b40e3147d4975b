//! Opens an endpoint and pulls the encoded pictures of its first video stream, untouched.

use crate::address::{self, Address, Timeouts};
use crate::probe;
use crate::still::Still;
use crate::sys::{Dictionary, FormatContext, OwnedPacket, error_text, local_now};
use bytes::Bytes;
use ffmpeg_next::ffi;
use ffmpeg_next::ffi::AVCodecID;
use ingest::{Interrupt, RawPacket, Source, SourceError, SourceEvent, Timescale};
use media::{Codec, Credential, Endpoint, Size, SrtMode, StreamInfo};
use std::ffi::c_int;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

/// No access unit of a sane stream is larger.
const PACKET_BYTES_MAX: usize = 32 << 20;

/// After this many bytes without a picture a stream is called garbage, not empty.
const GARBAGE_BYTES: i64 = 256 << 10;

/// An open source.
pub struct FfmpegSource(Inner);

enum Inner {
    Demuxer(Box<Demuxer>),
    Still(Still),
}

/// As [`open`], with the sound of servers that are asked for pictures alone otherwise: for whoever wants to know all that there is.
pub fn look(
    endpoint: &Endpoint,
    credential: Option<&Credential>,
    media_folder: &Path,
    timeouts: Timeouts,
    interrupt: Interrupt,
) -> Result<FfmpegSource, SourceError> {
    connect(endpoint, credential, media_folder, timeouts, interrupt, true)
}

/// Connects to `endpoint`.
///
/// `media_folder` is where [`Endpoint::File`] and [`Endpoint::Image`] begin. The call ends within `timeouts.connect`,
/// except for an SRT listener, which waits for its caller until `interrupt` is cancelled.
pub fn open(
    endpoint: &Endpoint,
    credential: Option<&Credential>,
    media_folder: &Path,
    timeouts: Timeouts,
    interrupt: Interrupt,
) -> Result<FfmpegSource, SourceError> {
    connect(endpoint, credential, media_folder, timeouts, interrupt, false)
}

fn connect(
    endpoint: &Endpoint,
    credential: Option<&Credential>,
    media_folder: &Path,
    timeouts: Timeouts,
    interrupt: Interrupt,
    sound: bool,
) -> Result<FfmpegSource, SourceError> {
    // Sources that are cancelled together still have their own deadlines.
    let interrupt = interrupt.child();
    if let Endpoint::Image { path } = endpoint {
        let file = address::inside(media_folder, path)?;
        return Ok(FfmpegSource(Inner::Still(Still::read(&file, path)?)));
    }
    let mut address = address::address(endpoint, credential, timeouts)?;
    if sound {
        address.options.retain(|(name, _)| *name != address::PICTURES_ALONE.0);
    }
    let mut repeat = None;
    if let Endpoint::File { path, repeat: again } = endpoint {
        let file = address::inside(media_folder, path)?;
        address.url = format!("file:{}", file.display());
        repeat = again.then(Repeat::default);
    }
    let waits = matches!(endpoint, Endpoint::Srt { mode: SrtMode::Listener, .. });
    let connect = (!waits).then_some(timeouts.connect);
    let start = local_now();
    let context = connect_to(&address, connect, &interrupt)
        .map_err(|error| closer(error, endpoint, local_now().since(start) >= timeouts.connect, timeouts))?;
    Ok(FfmpegSource(Inner::Demuxer(Box::new(Demuxer {
        context,
        address,
        timeouts,
        interrupt,
        repeat,
        chosen: None,
        queued: None,
    }))))
}

impl FfmpegSource {
    /// How the sound beside the pictures is encoded, as FFmpeg calls it; `None` where there is none, or none is known of yet.
    pub fn audio(&self) -> Option<String> {
        let Inner::Demuxer(demuxer) = &self.0 else { return None };
        let sounds = demuxer.context.streams().iter().find_map(|stream| {
            // SAFETY: libavformat keeps its streams and their parameters alive as long as the context.
            let parameters = unsafe { &*(**stream).codecpar };
            (parameters.codec_type == ffi::AVMediaType::AVMEDIA_TYPE_AUDIO).then_some(parameters.codec_id)
        });
        sounds.map(codec_name)
    }
}

impl Source for FfmpegSource {
    fn next(&mut self) -> Result<SourceEvent, SourceError> {
        match &mut self.0 {
            Inner::Demuxer(demuxer) => demuxer.next(),
            Inner::Still(still) => still.next(),
        }
    }
}

fn connect_to(
    address: &Address,
    limit: Option<Duration>,
    interrupt: &Interrupt,
) -> Result<FormatContext, SourceError> {
    let mut options = Dictionary::new();
    options.set("protocol_whitelist", address.protocols);
    options.set("format_whitelist", address.demuxer.unwrap_or(address.demuxers));
    options.set("probesize", "1000000");
    options.set("analyzeduration", "500000");
    options.set("fpsprobesize", "0");
    // Wraps are undone by ingest::timeline, which also sees the wild ones.
    options.set("correct_ts_overflow", "0");
    for (name, value) in &address.options {
        options.set(name, value);
    }
    interrupt.set_deadline(limit.map(|limit| local_now() + limit));
    let text = address.session.as_deref();
    FormatContext::open(&address.url, text, address.demuxer, &mut options, interrupt)
        .map_err(|code| open_error(code, &address.place, interrupt))
}

/// Tells a silent peer and a refusing one from one that is not there.
fn closer(error: SourceError, endpoint: &Endpoint, timed_out: bool, timeouts: Timeouts) -> SourceError {
    match error {
        SourceError::Unreachable { place } if probe::answers(endpoint) => match endpoint {
            // A listener that answers and takes nobody refuses the passphrase or the stream id.
            Endpoint::Srt { .. } => SourceError::Credentials { place },
            _ if timed_out => {
                let waited_ms = u64::try_from(timeouts.connect.as_millis()).unwrap_or(u64::MAX);
                SourceError::NoPicture { place, waited_ms }
            }
            _ => SourceError::Refused { place },
        },
        error => error,
    }
}

/// What a failed connection means.
fn open_error(code: c_int, place: &str, interrupt: &Interrupt) -> SourceError {
    let place = place.to_owned();
    // Some demuxers have codes of their own for being interrupted.
    match code {
        _ if interrupt.is_cancelled() => SourceError::Cancelled,
        _ if interrupt.is_due(local_now()) => SourceError::Unreachable { place },
        ffi::AVERROR_HTTP_UNAUTHORIZED | ffi::AVERROR_HTTP_FORBIDDEN => SourceError::Credentials { place },
        ffi::AVERROR_HTTP_NOT_FOUND | ffi::AVERROR_STREAM_NOT_FOUND => SourceError::NotFound { place },
        ffi::AVERROR_HTTP_BAD_REQUEST
        | ffi::AVERROR_HTTP_TOO_MANY_REQUESTS
        | ffi::AVERROR_HTTP_OTHER_4XX
        | ffi::AVERROR_HTTP_SERVER_ERROR => SourceError::Refused { place },
        ffi::AVERROR_INVALIDDATA => SourceError::Garbage { place, detail: error_text(code) },
        ffi::AVERROR_PROTOCOL_NOT_FOUND
        | ffi::AVERROR_DEMUXER_NOT_FOUND
        | ffi::AVERROR_PATCHWELCOME
        | ffi::AVERROR_OPTION_NOT_FOUND => SourceError::Unsupported { place, detail: error_text(code) },
        ffi::AVERROR_EOF => SourceError::Ended { place },
        _ if code == ffi::AVERROR(ffi::ECONNREFUSED) => SourceError::Refused { place },
        // A demuxer that is not on the list.
        _ if code == ffi::AVERROR(ffi::EINVAL) => {
            SourceError::Unsupported { place, detail: "it is of a kind that is not read".to_owned() }
        }
        _ if code == ffi::AVERROR(ffi::ENOENT) => SourceError::NotFound { place },
        _ if code == ffi::AVERROR(ffi::EACCES) || code == ffi::AVERROR(ffi::EPERM) => {
            SourceError::Credentials { place }
        }
        _ => SourceError::Unreachable { place },
    }
}

/// How a repeated file keeps one timeline.
#[derive(Default)]
struct Repeat {
    /// Added to every timestamp of this round.
    offset: i64,
    /// Decoding time of the last packet, with its offset, and the ticks until the one after it.
    last: Option<(i64, i64)>,
    /// Whether this round's first packet has set `offset`.
    started: bool,
}

impl Repeat {
    fn shift(&mut self, raw: &mut RawPacket, duration: i64) {
        let Some(decode) = raw.dts.or(raw.pts) else { return };
        if !self.started {
            self.started = true;
            if let Some((last, step)) = self.last {
                self.offset = last.saturating_add(step).saturating_sub(decode);
            }
        }
        let decode = decode.saturating_add(self.offset);
        let step = match self.last {
            _ if duration > 0 => duration,
            Some((last, _)) if decode > last => decode - last,
            Some((_, step)) => step,
            // One twenty-fifth of a second until the stream tells.
            None => i64::from(raw.timescale.den.get()) / (25 * i64::from(raw.timescale.num.get())).max(1),
        };
        self.last = Some((decode, step.max(1)));
        raw.pts = raw.pts.map(|ticks| ticks.saturating_add(self.offset));
        raw.dts = raw.dts.map(|ticks| ticks.saturating_add(self.offset));
    }
}

struct Chosen {
    index: c_int,
    /// What the container says.
    announced: StreamInfo,
    /// The same with parameter sets that came inside the stream.
    info: StreamInfo,
}

struct Demuxer {
    context: FormatContext,
    address: Address,
    timeouts: Timeouts,
    interrupt: Interrupt,
    repeat: Option<Repeat>,
    chosen: Option<Chosen>,
    queued: Option<RawPacket>,
}

impl Demuxer {
    fn next(&mut self) -> Result<SourceEvent, SourceError> {
        if let Some(packet) = self.queued.take() {
            return Ok(SourceEvent::Packet(packet));
        }
        let limit = match self.chosen {
            Some(_) => self.timeouts.read,
            None => self.timeouts.connect.max(self.timeouts.read),
        };
        self.interrupt.set_deadline(Some(local_now() + limit));
        loop {
            let read = self.context.read();
            // Late, a packet is only what a parser still had: the stream itself hangs.
            if self.interrupt.is_due(local_now()) {
                return Err(self.read_error(ffi::AVERROR_EXIT, limit));
            }
            match read {
                Ok(packet) => {
                    if let Some(event) = self.take(packet)? {
                        return Ok(event);
                    }
                }
                Err(code) if code == ffi::AVERROR(ffi::EAGAIN) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(ffi::AVERROR_EOF) if self.repeat.is_some() => self.rewind()?,
                Err(code) => return Err(self.read_error(code, limit)),
            }
        }
    }

    fn read_error(&self, code: c_int, waited: Duration) -> SourceError {
        let place = self.address.place.clone();
        let empty = self.chosen.is_none() && self.context.bytes_read() < GARBAGE_BYTES;
        let late = self.interrupt.is_due(local_now());
        match code {
            _ if self.interrupt.is_cancelled() => SourceError::Cancelled,
            ffi::AVERROR_INVALIDDATA if !late => SourceError::Garbage { place, detail: error_text(code) },
            _ if self.chosen.is_none() && !empty => {
                SourceError::Garbage { place, detail: "no picture in what came".to_owned() }
            }
            _ if late || code == ffi::AVERROR(ffi::ETIMEDOUT) => {
                let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
                SourceError::NoPicture { place, waited_ms }
            }
            _ => SourceError::Ended { place },
        }
    }

    /// Begins a repeated file again. The demuxer is opened anew: seeking back is not exact in every container.
    fn rewind(&mut self) -> Result<(), SourceError> {
        let place = self.address.place.clone();
        match &mut self.repeat {
            Some(repeat) if repeat.started => repeat.started = false,
            _ => return Err(SourceError::Garbage { place, detail: "the file has no picture".to_owned() }),
        }
        self.context = connect_to(&self.address, Some(self.timeouts.connect), &self.interrupt)?;
        self.interrupt.set_deadline(Some(local_now() + self.timeouts.read));
        Ok(())
    }

    /// Sorts one packet in: nothing for other streams, else the picture or, before it, a new description.
    fn take(&mut self, packet: OwnedPacket) -> Result<Option<SourceEvent>, SourceError> {
        // SAFETY: the packet is alive and nobody else writes to it.
        let raw = unsafe { &*packet.as_ptr() };
        let Some(&stream) =
            usize::try_from(raw.stream_index).ok().and_then(|i| self.context.streams().get(i))
        else {
            return Ok(None);
        };
        // SAFETY: libavformat keeps its streams alive as long as the context.
        let stream = unsafe { &*stream };
        if !self.chooses(stream)? || raw.size <= 0 {
            return Ok(None);
        }
        let duration = raw.duration;
        let extradata = new_extradata(&packet);
        let mut picture = raw_packet(raw, stream, &self.address.place)?;
        picture.bytes = Bytes::from_owner(packet);
        // The VP9 payload of RTP carries no mark of its own.
        picture.keyframe |= codec_is(stream, Codec::Vp9) && is_vp9_key(&picture.bytes);
        if let Some(repeat) = &mut self.repeat {
            repeat.shift(&mut picture, duration);
        }
        let changed = self.describe(stream, extradata);
        Ok(Some(match changed {
            Some(info) => {
                self.queued = Some(picture);
                SourceEvent::Stream(info)
            }
            None => SourceEvent::Packet(picture),
        }))
    }

    /// Whether `stream` is the one to be read. The first video stream that gives a packet is it for good.
    fn chooses(&mut self, stream: &ffi::AVStream) -> Result<bool, SourceError> {
        if let Some(chosen) = &self.chosen {
            return Ok(chosen.index == stream.index);
        }
        // SAFETY: every stream has its parameters.
        let parameters = unsafe { &*stream.codecpar };
        let picture = ffi::AV_DISPOSITION_ATTACHED_PIC as c_int & stream.disposition != 0;
        if parameters.codec_type != ffi::AVMediaType::AVMEDIA_TYPE_VIDEO || picture {
            return Ok(false);
        }
        if codec_of(parameters.codec_id).is_none() {
            let detail = format!("its pictures are encoded as {}", codec_name(parameters.codec_id));
            return Err(SourceError::Unsupported { place: self.address.place.clone(), detail });
        }
        Ok(true)
    }

    /// The stream's description where it is new or has changed.
    fn describe(&mut self, stream: &ffi::AVStream, extradata: Option<Bytes>) -> Option<StreamInfo> {
        let announced = stream_info(stream)?;
        let before = self.chosen.as_ref();
        let mut info = match before {
            Some(chosen) if chosen.announced == announced => chosen.info.clone(),
            _ => announced.clone(),
        };
        if let Some(extradata) = extradata {
            info.extradata = extradata;
        }
        let changed = before.is_none_or(|chosen| chosen.info != info);
        self.chosen = Some(Chosen { index: stream.index, announced, info: info.clone() });
        changed.then_some(info)
    }
}

/// Parameter sets that replace the announced ones from this packet on.
fn new_extradata(packet: &OwnedPacket) -> Option<Bytes> {
    let mut size = 0;
    // SAFETY: side data belongs to the packet and is copied before the packet moves.
    unsafe {
        let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_NEW_EXTRADATA;
        let data = ffi::av_packet_get_side_data(packet.as_ptr(), kind, &mut size);
        (!data.is_null() && size > 0).then(|| Bytes::copy_from_slice(std::slice::from_raw_parts(data, size)))
    }
}

fn raw_packet(raw: &ffi::AVPacket, stream: &ffi::AVStream, place: &str) -> Result<RawPacket, SourceError> {
    let garbage = |detail: &str| SourceError::Garbage { place: place.to_owned(), detail: detail.to_owned() };
    if usize::try_from(raw.size).unwrap_or(usize::MAX) > PACKET_BYTES_MAX {
        return Err(garbage("a picture above 32 MiB"));
    }
    let positive = |value: c_int| u32::try_from(value).ok().and_then(NonZeroU32::new);
    let (Some(num), Some(den)) = (positive(stream.time_base.num), positive(stream.time_base.den)) else {
        return Err(garbage("timestamps without a unit"));
    };
    let ticks = |value: i64| (value != ffi::AV_NOPTS_VALUE).then_some(value);
    Ok(RawPacket {
        pts: ticks(raw.pts),
        dts: ticks(raw.dts),
        timescale: Timescale { num, den },
        wrap_bits: u32::try_from(stream.pts_wrap_bits).unwrap_or(64).clamp(8, 64),
        keyframe: raw.flags & ffi::AV_PKT_FLAG_KEY != 0,
        bytes: Bytes::new(),
    })
}

fn stream_info(stream: &ffi::AVStream) -> Option<StreamInfo> {
    // SAFETY: every stream has its parameters; extradata has the size that is said.
    let (parameters, extradata) = unsafe {
        let parameters = &*stream.codecpar;
        let extradata = match usize::try_from(parameters.extradata_size) {
            Ok(size) if !parameters.extradata.is_null() => {
                std::slice::from_raw_parts(parameters.extradata, size)
            }
            _ => &[],
        };
        (parameters, extradata)
    };
    let side = |value: c_int| u32::try_from(value).ok().filter(|side| *side > 0);
    let size = side(parameters.width).zip(side(parameters.height));
    Some(StreamInfo {
        codec: codec_of(parameters.codec_id)?,
        size: size.map(|(width, height)| Size::new(width, height)),
        frame_rate_millihz: frame_rate(stream.avg_frame_rate).or_else(|| frame_rate(stream.r_frame_rate)),
        extradata: Bytes::copy_from_slice(extradata),
    })
}

/// Thousandths of a picture a second; `None` outside 0.1–480: a container's time base is no frame rate.
fn frame_rate(rate: ffi::AVRational) -> Option<u32> {
    let millihz = i64::from(rate.num) * 1000 / i64::from(rate.den.max(1));
    u32::try_from(millihz).ok().filter(|rate| (100..=480_000).contains(rate))
}

pub(crate) fn codec_of(id: AVCodecID) -> Option<Codec> {
    Some(match id {
        AVCodecID::AV_CODEC_ID_H264 => Codec::H264,
        AVCodecID::AV_CODEC_ID_HEVC => Codec::H265,
        AVCodecID::AV_CODEC_ID_AV1 => Codec::Av1,
        AVCodecID::AV_CODEC_ID_VP9 => Codec::Vp9,
        AVCodecID::AV_CODEC_ID_VP8 => Codec::Vp8,
        // RTP does not tell them apart, and the MPEG-2 decoder takes both.
        AVCodecID::AV_CODEC_ID_MPEG2VIDEO | AVCodecID::AV_CODEC_ID_MPEG1VIDEO => Codec::Mpeg2,
        AVCodecID::AV_CODEC_ID_MPEG4 => Codec::Mpeg4,
        AVCodecID::AV_CODEC_ID_MJPEG => Codec::Mjpeg,
        AVCodecID::AV_CODEC_ID_PNG => Codec::Png,
        _ => return None,
    })
}

fn codec_is(stream: &ffi::AVStream, codec: Codec) -> bool {
    // SAFETY: every stream has its parameters.
    codec_of(unsafe { (*stream.codecpar).codec_id }) == Some(codec)
}

/// Whether a VP9 frame is a key frame: frame marker 2, nothing shown again, frame type 0 (VP9 bitstream, 6.2).
fn is_vp9_key(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| first & 0b1100_0000 == 0b1000_0000 && first & 0b0000_1100 == 0)
}

fn codec_name(id: AVCodecID) -> String {
    // SAFETY: returns a static text for every id.
    unsafe { std::ffi::CStr::from_ptr(ffi::avcodec_get_name(id)).to_string_lossy().into_owned() }
}
