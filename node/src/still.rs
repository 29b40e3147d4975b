//! One moment of a scene as a picture, without clocks, networks or windows: the same input gives the same bytes.
//!
//! Files and stills show what they hold at that moment; live sources are stood in for by test cards.

use crate::assets::AssetError;
use crate::display_node::{CompositorKind, DisplayError};
use crate::studio::{Shot, Studio};
use crate::test_card;
use crate::wall_picture::OwnedPicture;
use ingest::{Decoder, Interrupt, Pace, Source as _, SourceError, SourceEvent, Timeline};
use ingest_ffmpeg::{FfmpegDecoder, Timeouts};
use layouts::{Answers, Layout, OnAir, PixelGrid, Source};
use media::{Endpoint, Frame, MediaTime, Packet, ScreenId, Size, SourceId, StreamInfo, WallId, WallTime};
use renderer::ComposeError;
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
    /// A template cannot be drawn: which, on which line and why, in the wall's language.
    #[error("{0}")]
    Template(String),
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
    /// Whether every screen shows its numbered card.
    pub identify: bool,
    /// What of it is rendered.
    pub view: View<'a>,
    /// The wall time at which every file starts.
    pub start: WallTime,
    /// Time since the start of every file, at most [`AT_MAX`].
    pub at: Duration,
    /// What the hall's queries have answered.
    pub answers: &'a Answers,
    /// Where files and stills lie.
    pub media_folder: &'a Path,
}

/// What of a hall is rendered.
#[derive(Debug, Clone, Copy)]
pub enum View<'a> {
    /// The whole canvas of the wall, a pixel for each of its pixels.
    Canvas,
    /// A part of the canvas at any pitch: at the pitch of the canvas it is cut out of [`View::Canvas`], byte for byte.
    Part(PixelGrid),
    /// One screen as its cable carries it.
    Screen(&'a ScreenId),
    /// The scene as a small picture, without a transition.
    Scene(Size),
    /// One source alone, as a small picture.
    Source(&'a SourceId, Size),
}

/// Renders `moment`; refuses where a file cannot be read. A template that cannot be drawn is a card that says so, as on the wall.
pub fn render_still(moment: &Moment<'_>, compositor: CompositorKind) -> Result<OwnedPicture, StillError> {
    let Shot { picture, faults } = Studio::new(compositor)?.render(moment)?;
    let refuses = |fault: &StillError| !matches!(fault, StillError::Template(_));
    match faults.into_iter().find(refuses) {
        Some(fault) => Err(fault),
        None => Ok(picture),
    }
}

/// What `source` shows at the moment; a test card stands in for what is live.
pub(crate) fn frame_at(source: &Source, moment: &Moment<'_>) -> Result<Frame, StillError> {
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
