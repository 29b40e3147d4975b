//! A source opened once, looked at for some seconds, and closed: what it sends, and a few of its pictures.

use super::address;
use crate::assets::Images;
use crate::picture_press::{Portrait, jpeg};
use crate::source_reader::{ReaderSettings, credential_of};
use bytes::Bytes;
use ingest::{Decoder, Interrupt, RawPacket, Source as _, SourceError, SourceEvent};
use ingest_ffmpeg::{FfmpegDecoder, Timeouts};
use layouts::{
    CANVAS_PIXEL, CanvasRect, Content, Crop, Draw, Hall, Outline, Output, PixelGrid, Rgba, Rotation, Source,
    TilePlan,
};
use media::{
    CanvasFrame, Codec, Endpoint, Fault, Frame, LocalTime, MediaTime, Packet, ScreenId, Size, SourceId,
    StreamInfo, WallTime,
};
use protocol::{ErrandFault, Probed};
use renderer::cpu::CpuCompositor;
use renderer::raster::RasterCache;
use renderer::{Compositor, shrink};
use std::collections::BTreeMap;
use std::time::Duration;

/// All of it ends by then.
const WITHIN: Duration = Duration::from_secs(9);
/// A stream is looked at for so long, in its own time: two key pictures of most cameras come in it.
const LOOK_FOR: Duration = Duration::from_millis(4500);
/// So many pictures are taken …
const PICTURES_MAX: usize = 6;
/// … this far apart …
const PICTURE_EVERY: Duration = Duration::from_millis(400);
/// … so wide …
const WIDTH_PX: u32 = 640;
/// … and together so large.
const PICTURES_BYTES_MAX: usize = 900 << 10;
const QUALITY: u8 = 75;
/// No text is drawn; what the compositor keeps of it may be small.
const RASTER_BYTES_MAX: usize = 1 << 20;
/// Privacy zones, as the wall has them.
const ZONE: Rgba = Rgba { r: 0, g: 0, b: 0, a: 255 };

/// Opens the best stream of `source` and says what it sends, or what is wrong.
pub fn probe(source: &Source, hall: &Hall, settings: &ReaderSettings) -> Result<Probed, ErrandFault> {
    let endpoint = source.endpoint(None).ok_or_else(|| super::wrong("the source has no stream"))?;
    let credential = match credential_of(endpoint) {
        Some(id) => Some(settings.credentials.get(id).ok_or(ErrandFault::NoSecret)?),
        None => None,
    };
    let endpoint = address::allowed(endpoint, hall, settings)?;
    let interrupt = Interrupt::new();
    let begin = settings.clock.local();
    // A listener waits for its caller as long as it is let.
    let alarm = interrupt.clone();
    let watch = settings.runtime.spawn(async move {
        tokio::time::sleep(WITHIN).await;
        alarm.cancel();
    });
    let opened =
        ingest_ffmpeg::look(&endpoint, credential, &settings.media_folder, Timeouts::default(), interrupt);
    let found = opened.map_err(|error| fault(&error)).and_then(|mut reading| {
        let mut look = Look::new(source, &endpoint, begin)?;
        look.read(&mut reading, settings)?;
        look.finish(reading.audio())
    });
    watch.abort();
    found
}

fn fault(error: &SourceError) -> ErrandFault {
    // Cancelled by our own watch: nothing came in all that time.
    ErrandFault::Source(error.fault().unwrap_or(Fault::NoPicture))
}

/// What has been seen so far.
struct Look<'s> {
    source: &'s Source,
    is_moving: bool,
    begin: LocalTime,
    info: Option<StreamInfo>,
    decoder: Option<FfmpegDecoder>,
    unsupported: bool,
    painter: Painter,
    /// Media time of all packets: the first and the last.
    span_ns: Option<(i64, i64)>,
    packets: u32,
    keys_ns: Vec<i64>,
    open: Option<Duration>,
    size: Option<Size>,
    first_ns: Option<i64>,
    pictures: Vec<(u32, Bytes)>,
}

impl<'s> Look<'s> {
    fn new(source: &'s Source, endpoint: &Endpoint, begin: LocalTime) -> Result<Self, ErrandFault> {
        Ok(Self {
            source,
            is_moving: endpoint.is_moving(),
            begin,
            info: None,
            decoder: None,
            unsupported: false,
            painter: Painter::new()?,
            span_ns: None,
            packets: 0,
            keys_ns: Vec::new(),
            open: None,
            size: None,
            first_ns: None,
            pictures: Vec::new(),
        })
    }

    /// Reads until enough is known.
    fn read(
        &mut self,
        reading: &mut ingest_ffmpeg::FfmpegSource,
        settings: &ReaderSettings,
    ) -> Result<(), ErrandFault> {
        loop {
            match reading.next() {
                Ok(SourceEvent::Stream(info)) => {
                    self.decoder = FfmpegDecoder::new(&info, 1).ok();
                    self.unsupported = self.decoder.is_none();
                    self.info = Some(info);
                }
                Ok(SourceEvent::Packet(raw)) => self.take(raw, settings.clock.local()),
                // A still has one picture, a short file a few; what stops in the middle is a source all the same.
                Err(_) if self.packets > 0 => {
                    self.flush();
                    return Ok(());
                }
                Err(error) => return Err(fault(&error)),
            }
            let spent = settings.clock.local().since(self.begin);
            if self.is_done() || spent >= WITHIN {
                return Ok(());
            }
        }
    }

    fn is_done(&self) -> bool {
        let seen = self.span_ns.map_or(0, |(first, last)| last - first);
        let enough = self.pictures.len() >= PICTURES_MAX && self.keys_ns.len() >= 2;
        enough
            || !self.is_moving && !self.pictures.is_empty()
            || i128::from(seen) >= LOOK_FOR.as_nanos() as i128
    }

    fn take(&mut self, raw: RawPacket, now: LocalTime) {
        let ns = raw.dts.or(raw.pts).map(|ticks| raw.timescale.to_nanos(ticks));
        let ns = ns.unwrap_or_else(|| i64::try_from(now.since(self.begin).as_nanos()).unwrap_or(i64::MAX));
        self.open.get_or_insert(now.since(self.begin));
        self.packets += 1;
        let (first, last) = self.span_ns.unwrap_or((ns, ns));
        self.span_ns = Some((first.min(ns), last.max(ns)));
        if raw.keyframe {
            self.keys_ns.push(ns);
        }
        let packet = Packet {
            source: self.source.id.clone(),
            time: MediaTime(ns),
            captured: WallTime(0),
            keyframe: raw.keyframe,
            bytes: raw.bytes,
        };
        let mut frames = Vec::new();
        if let Some(decoder) = &mut self.decoder {
            // A damaged packet gives no picture; others may.
            let _ = decoder.decode(&packet, &mut frames);
        }
        frames.into_iter().for_each(|frame| self.show(frame));
    }

    fn flush(&mut self) {
        let mut frames = Vec::new();
        if let Some(decoder) = &mut self.decoder {
            let _ = decoder.flush(&mut frames);
        }
        frames.into_iter().for_each(|frame| self.show(frame));
    }

    /// Takes a picture of a frame when it is time for the next one.
    fn show(&mut self, frame: Frame) {
        self.size = Some(frame.size());
        let MediaTime(ns) = frame.time();
        let first = *self.first_ns.get_or_insert(ns);
        let after_ms = u32::try_from((ns - first).max(0) / 1_000_000).unwrap_or(u32::MAX);
        let every_ms = PICTURE_EVERY.as_millis() as u32;
        let is_due = self.pictures.last().is_none_or(|(last, _)| after_ms >= last.saturating_add(every_ms));
        if !is_due || self.pictures.len() >= PICTURES_MAX {
            return;
        }
        let Some(jpeg) = self.painter.paint(self.source, frame) else { return };
        let bytes: usize = self.pictures.iter().map(|(_, jpeg)| jpeg.len()).sum();
        if bytes + jpeg.len() <= PICTURES_BYTES_MAX {
            self.pictures.push((after_ms, jpeg));
        }
    }

    fn finish(self, audio: Option<String>) -> Result<Probed, ErrandFault> {
        let Self { info, unsupported, span_ns, packets, keys_ns, open, size, pictures, .. } = self;
        let nothing = ErrandFault::Source(Fault::NoPicture);
        let (Some(info), Some(open)) = (info, open) else { return Err(nothing) };
        if unsupported {
            return Err(ErrandFault::Source(Fault::Unsupported));
        }
        let (Some(size), false) = (size, pictures.is_empty()) else {
            return Err(if keys_ns.is_empty() {
                ErrandFault::NoKeyPicture
            } else {
                ErrandFault::Undecodable
            });
        };
        let seen_ns = span_ns.map_or(0, |(first, last)| last - first);
        let counted = (packets >= 10 && seen_ns > 0)
            .then(|| (i128::from(packets) - 1) * 1_000_000_000_000 / i128::from(seen_ns))
            .and_then(|milli| u32::try_from(milli).ok());
        // The mean over all that came, in thousandths of a second.
        let key_every = match keys_ns.as_slice() {
            [first, .., last] if last > first => {
                let steps = i64::try_from(keys_ns.len() - 1).unwrap_or(1);
                u32::try_from((last - first) / steps / 1_000_000).ok()
            }
            _ => None,
        };
        Ok(Probed {
            codec: codec_name(info.codec).to_owned(),
            size,
            fps_milli: counted.or(info.frame_rate_millihz),
            key_every_ms: key_every,
            audio,
            open_ms: u32::try_from(open.as_millis()).unwrap_or(u32::MAX),
            pictures,
        })
    }
}

/// As hall documents call them.
fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "h264",
        Codec::H265 => "h265",
        Codec::Av1 => "av1",
        Codec::Vp9 => "vp9",
        Codec::Vp8 => "vp8",
        Codec::Mpeg2 => "mpeg2",
        Codec::Mpeg4 => "mpeg4",
        Codec::Mjpeg => "mjpeg",
        Codec::Png => "png",
    }
}

/// Draws frames as the wall does, privacy zones over them.
struct Painter {
    compositor: CpuCompositor,
    rasters: RasterCache,
    screen: ScreenId,
}

impl Painter {
    fn new() -> Result<Self, ErrandFault> {
        let rasters = Images::default().rasters(RASTER_BYTES_MAX).map_err(super::network)?;
        let screen = ScreenId::new("probe").map_err(super::network)?;
        Ok(Self { compositor: CpuCompositor::new(), rasters, screen })
    }

    fn paint(&mut self, source: &Source, frame: Frame) -> Option<Bytes> {
        let size = shrink::fitting(frame.size(), WIDTH_PX);
        let portrait =
            Portrait { plan: self.plan(source, size), frames: BTreeMap::from([(source.id.clone(), frame)]) };
        self.compositor.compose(&portrait.plan, &portrait, &mut self.rasters).ok()?;
        let picture = self.compositor.picture().ok()?;
        let bitmap = shrink::upright(picture, Rotation::None, picture.size)?;
        jpeg(&bitmap, QUALITY)
    }

    fn plan(&self, source: &Source, size: Size) -> TilePlan {
        let whole = part(Crop::ALL, size);
        let draw = |content: Content, rect: CanvasRect| Draw {
            content,
            rect,
            clip: whole,
            opacity: 255,
            outline: Outline { radius: 0, ring: 0 },
        };
        let id: SourceId = source.id.clone();
        let picture = draw(Content::Video { source: id, crop: Crop::ALL }, whole);
        let zones = source.masks.iter().map(|zone| draw(Content::Fill(ZONE), part(*zone, size)));
        TilePlan {
            screen: self.screen.clone(),
            canvas_frame: CanvasFrame(0),
            output: Output { size, rotation: Rotation::None },
            grid: PixelGrid { area: whole, size },
            background: ZONE,
            draws: std::iter::once(picture).chain(zones).collect(),
            over: None,
        }
    }
}

/// A part of a picture of `size`, where a canvas pixel is a pixel; rounded outwards.
fn part(crop: Crop, size: Size) -> CanvasRect {
    let Crop { x, y, width, height } = crop;
    let down = |part: u32, side: u32| i64::from(part) * i64::from(side) * CANVAS_PIXEL / 65_536;
    let up = |part: u32, side: u32| (i64::from(part) * i64::from(side) * CANVAS_PIXEL + 65_535) / 65_536;
    let (left, top) = (down(x, size.width), down(y, size.height));
    CanvasRect {
        x: left,
        y: top,
        width: up(x + width, size.width) - left,
        height: up(y + height, size.height) - top,
    }
}
