//! One moment of a scene as a picture, without clocks, networks or windows: the same input gives the same bytes.
//!
//! Files and stills show what they hold at that moment; live sources are stood in for by test cards.

use crate::assets::{AssetError, Images, read_assets};
use crate::display_node::{CompositorKind, DisplayError, new_compositor};
use crate::output::RASTER_BYTES_MAX;
use crate::test_card;
use crate::wall_picture::OwnedPicture;
use ingest::{Decoder, Interrupt, Pace, Source as _, SourceError, SourceEvent, Timeline};
use ingest_ffmpeg::{FfmpegDecoder, Timeouts};
use layouts::{Answers, Layout, OnAir, Source, SourceState, SourceStates, Stamp, WindowContent};
use media::{Endpoint, Frame, Health, MediaTime, Packet, ScreenId, SourceId, StreamInfo, WallId, WallTime};
use renderer::{ComposeError, FrameLookup};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// The latest moment that can be rendered: files are decoded up to it.
pub const AT_MAX: Duration = Duration::from_secs(3600);

/// Why a moment cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum StillError {
    /// The scene is not made for the wall, or there is no such wall or screen.
    #[error("there is no such wall or screen for this scene")]
    NoSuchPlace,
    /// A file or still cannot be read.
    #[error("source {source_id}: {why}")]
    Source {
        /// Which source.
        source_id: SourceId,
        /// What is wrong.
        why: SourceError,
    },
    /// A file or still cannot be decoded.
    #[error("source {source_id}: {why}")]
    Decode {
        /// Which source.
        source_id: SourceId,
        /// What is wrong.
        why: String,
    },
    /// A window's picture cannot be read.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// Composing failed.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// There is no compositor of the kind asked for.
    #[error(transparent)]
    Display(#[from] DisplayError),
}

/// What is to be rendered.
#[derive(Debug, Clone)]
pub struct Moment<'a> {
    /// The hall.
    pub layout: &'a Layout,
    /// Which wall.
    pub wall: &'a WallId,
    /// What is on the air, by the ticks of the wall.
    pub on_air: &'a OnAir,
    /// Whether the sync stamp lies over it.
    pub stamp: bool,
    /// One screen as its cable carries it; `None` for the whole canvas.
    pub screen: Option<&'a ScreenId>,
    /// The wall time at which every file starts.
    pub start: WallTime,
    /// Time since the start of every file, at most [`AT_MAX`].
    pub at: Duration,
    /// What the hall's queries have answered.
    pub answers: &'a Answers,
    /// Where files and stills lie.
    pub media_folder: &'a Path,
    /// Which implementation makes the pixels.
    pub compositor: CompositorKind,
}

struct Frames(BTreeMap<SourceId, Frame>);

impl FrameLookup for Frames {
    fn frame(&self, source: &SourceId) -> Option<&Frame> {
        self.0.get(source)
    }
}

/// Renders `moment`.
pub fn render_still(moment: &Moment<'_>) -> Result<OwnedPicture, StillError> {
    let Moment { layout, wall, on_air, stamp, screen, start, at, answers, media_folder, compositor } = moment;
    let tick_rate = layout.wall(wall).ok_or(StillError::NoSuchPlace)?.tick;
    let now = *start + *at;
    let frames = Frames(frames_at(moment)?);
    let state = |frame: &Frame| SourceState {
        picture: Some(frame.size()),
        // Files and test cards count from their own start.
        captured: Some(frame.captured().offset(start.0)),
        health: Health::Live,
    };
    let states: SourceStates = frames.0.iter().map(|(id, frame)| (id.clone(), state(frame))).collect();
    let canvas_frame = tick_rate.frame_at(now);
    let plan = match screen {
        Some(id) => {
            let (_, place) = layout.screen(id).ok_or(StillError::NoSuchPlace)?;
            let stamp = stamp.then(|| Stamp { node: place.node.clone() });
            layouts::solve_screen(layout, id, on_air, canvas_frame, now, &states, answers, stamp.as_ref())
        }
        None => layouts::solve_canvas(layout, wall, on_air, canvas_frame, now, &states, answers, *stamp),
    };
    let plan = plan.ok_or(StillError::NoSuchPlace)?;
    let images = Images::decode(&read_assets(layout, media_folder)?);
    let mut rasters = images.rasters(RASTER_BYTES_MAX).map_err(DisplayError::from)?;
    let mut compositor = new_compositor(*compositor)?;
    compositor.compose(&plan, &frames, &mut rasters)?;
    Ok(OwnedPicture::copy_of(compositor.picture()?))
}

/// The picture of every source on the air at the moment.
fn frames_at(moment: &Moment<'_>) -> Result<BTreeMap<SourceId, Frame>, StillError> {
    let OnAir { scene, from, since: _ } = moment.on_air;
    let mut frames = BTreeMap::new();
    for scene in from.iter().chain([scene]) {
        let scene = moment.layout.scene(scene).ok_or(StillError::NoSuchPlace)?;
        for window in &scene.windows {
            let WindowContent::Source { source, .. } = &window.content else { continue };
            let Some(source) = moment.layout.source(source).filter(|source| !frames.contains_key(&source.id))
            else {
                continue;
            };
            frames.insert(source.id.clone(), frame_at(source, moment)?);
        }
    }
    Ok(frames)
}

fn frame_at(source: &Source, moment: &Moment<'_>) -> Result<Frame, StillError> {
    let time = MediaTime(0) + moment.at.min(AT_MAX);
    let stream = source.streams.last().map(|stream| &stream.id);
    let endpoint = source.endpoint(stream).or_else(|| source.endpoint(None));
    match endpoint {
        Some(endpoint @ (Endpoint::File { .. } | Endpoint::Image { .. })) => {
            file_frame(source, endpoint, moment.media_folder, time)
        }
        _ => test_card::frame(&source.id, time)
            .map_err(|why| StillError::Decode { source_id: source.id.clone(), why: why.to_string() }),
    }
}

/// The last frame of `endpoint` that is due at `time`, counted from its first.
fn file_frame(
    source: &Source,
    endpoint: &Endpoint,
    folder: &Path,
    time: MediaTime,
) -> Result<Frame, StillError> {
    let wrong = |why| StillError::Source { source_id: source.id.clone(), why };
    let mut reading =
        ingest_ffmpeg::open(endpoint, None, folder, Timeouts::default(), Interrupt::new()).map_err(wrong)?;
    let mut timeline = Timeline::new(Pace::Paced { hold: Duration::ZERO });
    let mut decoder: Option<FfmpegDecoder> = None;
    let mut search = Search { until: time, first: None, best: None };
    loop {
        let mut frames = Vec::new();
        let mut ended = false;
        match reading.next() {
            Ok(SourceEvent::Stream(info)) => decoder = Some(decoder_for(source, &info)?),
            Ok(SourceEvent::Packet(raw)) => {
                let stamp = timeline.stamp(&raw, WallTime(0));
                let packet = Packet {
                    source: source.id.clone(),
                    time: stamp.time,
                    captured: stamp.captured,
                    keyframe: raw.keyframe,
                    bytes: raw.bytes,
                };
                if let Some(decoder) = &mut decoder {
                    // A damaged packet gives no frame; the one before it is shown, as on the wall.
                    let _ = decoder.decode(&packet, &mut frames);
                }
            }
            Err(SourceError::Ended { .. }) => {
                ended = true;
                if let Some(decoder) = &mut decoder {
                    let _ = decoder.flush(&mut frames);
                }
            }
            Err(error) => return Err(wrong(error)),
        }
        let passed = frames.into_iter().any(|frame| search.offer(frame));
        if passed || ended {
            let nothing =
                || StillError::Decode { source_id: source.id.clone(), why: "it holds no picture".into() };
            return search.best.ok_or_else(nothing);
        }
    }
}

fn decoder_for(source: &Source, info: &StreamInfo) -> Result<FfmpegDecoder, StillError> {
    let wrong =
        |why: ingest::DecodeError| StillError::Decode { source_id: source.id.clone(), why: why.to_string() };
    FfmpegDecoder::new(info, 1).map_err(wrong)
}

/// The newest frame up to a moment.
struct Search {
    until: MediaTime,
    first: Option<MediaTime>,
    best: Option<Frame>,
}

impl Search {
    /// True once a frame beyond the moment has come.
    fn offer(&mut self, frame: Frame) -> bool {
        let first = *self.first.get_or_insert(frame.time());
        let passed = frame.time().nanos_from(first) > self.until.0 && self.best.is_some();
        if !passed {
            self.best = Some(frame);
        }
        passed
    }
}
