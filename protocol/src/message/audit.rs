//! `Audit`: what a node has shown of a wall, tick by tick. About twice a second a batch; batches are neither merged nor
//! replaced.
//!
//! ```text
//! body: wall    text ≤ 64           an id
//!       scenes  list ≤ 256 of text  ids
//!       sources list ≤ 1024 of text ids
//!       screens list ≤ 256 of text  ids
//!       ticks   list ≤ 256:
//!         canvas_frame varint
//!         revision     varint
//!         scene        varint       place in `scenes`
//!         presented_ns option of zigzag
//!         frames       list ≤ 1024: place in `sources` varint, captured zigzag
//!         hashes       list ≤ 256:  place in `screens` varint, hash 64-bit varint
//! ```

use crate::error::{DecodeError, OverLimit, at_most};
use crate::frame::{Kind, Wire};
use media::{CanvasFrame, SceneId, ScreenId, SourceId, WallId, WallTime};
use serde::{Deserialize, Serialize};

const SCENES_MAX: usize = 256;
const SOURCES_MAX: usize = 1024;
const SCREENS_MAX: usize = 256;
/// The most ticks of one batch.
pub const AUDIT_TICKS_MAX: usize = 256;

/// What one node has shown of one wall in a row of ticks. The lists of ids are tables: the ticks name places in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Which wall.
    pub wall: WallId,
    /// The scenes that were shown, at most 256.
    pub scenes: Vec<SceneId>,
    /// The sources that were shown, at most 1024.
    pub sources: Vec<SourceId>,
    /// This node's screens of the wall, at most 256.
    pub screens: Vec<ScreenId>,
    /// Oldest first, at most [`AUDIT_TICKS_MAX`].
    pub ticks: Vec<TickAudit>,
}

/// What one node has shown at one tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TickAudit {
    /// Which tick.
    pub canvas_frame: CanvasFrame,
    /// The revision that was shown.
    pub revision: u64,
    /// The scene that was on air, or was being changed to: its place in [`Audit::scenes`].
    pub scene: u16,
    /// The wall time of the present call minus the beginning of the tick, in nanoseconds, by this node's clock; `None` when
    /// the tick was missed.
    pub presented_ns: Option<i64>,
    /// For each source shown, its place in [`Audit::sources`] and when its picture was captured.
    pub frames: Vec<(u16, WallTime)>,
    /// For each screen, its place in [`Audit::screens`] and the xxh3 hash of the bytes that were composed.
    pub hashes: Vec<(u16, u64)>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TickForm {
    canvas_frame: u64,
    revision: u64,
    scene: u16,
    presented_ns: Option<i64>,
    frames: Vec<(u16, i64)>,
    hashes: Vec<(u16, u64)>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Form {
    wall: String,
    scenes: Vec<String>,
    sources: Vec<String>,
    screens: Vec<String>,
    ticks: Vec<TickForm>,
}

impl From<&TickAudit> for TickForm {
    fn from(tick: &TickAudit) -> Self {
        let TickAudit {
            canvas_frame: CanvasFrame(canvas_frame),
            revision,
            scene,
            presented_ns,
            frames,
            hashes,
        } = tick;
        Self {
            canvas_frame: *canvas_frame,
            revision: *revision,
            scene: *scene,
            presented_ns: *presented_ns,
            frames: frames.iter().map(|(source, WallTime(captured))| (*source, *captured)).collect(),
            hashes: hashes.clone(),
        }
    }
}

impl From<TickForm> for TickAudit {
    fn from(form: TickForm) -> Self {
        let TickForm { canvas_frame, revision, scene, presented_ns, frames, hashes } = form;
        Self {
            canvas_frame: CanvasFrame(canvas_frame),
            revision,
            scene,
            presented_ns,
            frames: frames.into_iter().map(|(source, captured)| (source, WallTime(captured))).collect(),
            hashes,
        }
    }
}

/// Whoever takes an audit may look every place up: each lies in its table.
fn places_exist(audit: &Audit) -> Result<(), DecodeError> {
    let within = |place: u16, table: usize| usize::from(place) < table;
    for tick in &audit.ticks {
        if !within(tick.scene, audit.scenes.len()) {
            return Err(DecodeError::Value("audit.tick.scene"));
        }
        if !tick.frames.iter().all(|(source, _)| within(*source, audit.sources.len())) {
            return Err(DecodeError::Value("audit.tick.frames"));
        }
        if !tick.hashes.iter().all(|(screen, _)| within(*screen, audit.screens.len())) {
            return Err(DecodeError::Value("audit.tick.hashes"));
        }
    }
    Ok(())
}

impl Wire for Audit {
    const KIND: Kind = Kind::Audit;
    type Form = Form;

    fn to_form(&self) -> Form {
        let Self { wall, scenes, sources, screens, ticks } = self;
        Form {
            wall: wall.to_string(),
            scenes: scenes.iter().map(ToString::to_string).collect(),
            sources: sources.iter().map(ToString::to_string).collect(),
            screens: screens.iter().map(ToString::to_string).collect(),
            ticks: ticks.iter().map(TickForm::from).collect(),
        }
    }

    fn check(form: &Form) -> Result<(), OverLimit> {
        at_most("audit.scenes", form.scenes.len(), SCENES_MAX)?;
        at_most("audit.sources", form.sources.len(), SOURCES_MAX)?;
        at_most("audit.screens", form.screens.len(), SCREENS_MAX)?;
        at_most("audit.ticks", form.ticks.len(), AUDIT_TICKS_MAX)?;
        for tick in &form.ticks {
            at_most("audit.tick.frames", tick.frames.len(), SOURCES_MAX)?;
            at_most("audit.tick.hashes", tick.hashes.len(), SCREENS_MAX)?;
        }
        Ok(())
    }

    fn from_form(form: Form) -> Result<Self, DecodeError> {
        let Form { wall, scenes, sources, screens, ticks } = form;
        let scene = |text: String| SceneId::new(&text).map_err(|_| DecodeError::Value("audit.scene"));
        let source = |text: String| SourceId::new(&text).map_err(|_| DecodeError::Value("audit.source"));
        let screen = |text: String| ScreenId::new(&text).map_err(|_| DecodeError::Value("audit.screen"));
        let audit = Self {
            wall: WallId::new(&wall).map_err(|_| DecodeError::Value("audit.wall"))?,
            scenes: scenes.into_iter().map(scene).collect::<Result<_, _>>()?,
            sources: sources.into_iter().map(source).collect::<Result<_, _>>()?,
            screens: screens.into_iter().map(screen).collect::<Result<_, _>>()?,
            ticks: ticks.into_iter().map(TickAudit::from).collect(),
        };
        places_exist(&audit)?;
        Ok(audit)
    }
}
