//! What requests about walls carry, and what it means.

use crate::wall_desk::{RectView, Remedy, Side, WallFault};
use layouts::{CanvasRect, Change, Crop, WindowSet, from_pixels};
use media::{SourceId, WindowId};
use serde::Deserialize;

/// Most characters of a gesture's name; the rest is not looked at.
const GESTURE_CHARS_MAX: usize = 128;

/// A request that changes windows, whatever it is.
pub(super) struct Asked {
    pub of: Side,
    pub base_revision: Option<u64>,
    pub gesture: Option<String>,
    pub remedy: Option<Remedy>,
    pub changes: Vec<Change>,
}

impl Asked {
    fn new(of: Side, base_revision: Option<u64>, changes: Vec<Change>) -> Self {
        Self { of, base_revision, gesture: None, remedy: None, changes }
    }

    fn on(base: BaseIn, changes: Vec<Change>) -> Self {
        let BaseIn { of, base_revision, gesture, remedy } = base;
        Self::new(of, base_revision, changes).with(gesture, remedy)
    }

    fn with(self, gesture: Option<String>, remedy: Option<Remedy>) -> Self {
        let gesture = gesture.map(|gesture| gesture.chars().take(GESTURE_CHARS_MAX).collect());
        Self { gesture, remedy, ..self }
    }
}

/// The bodies and queries of such requests.
pub(super) trait Asks {
    /// What is asked for; `window` is the one that the path names.
    fn asked(self, window: Option<&str>) -> Result<Asked, WallFault>;
}

/// What changes of windows are based on. Beside it, in the same object, stands what is to change: the API's description has both as parts.
#[derive(Deserialize)]
pub(crate) struct BaseIn {
    #[serde(default)]
    of: Side,
    base_revision: Option<u64>,
    gesture: Option<String>,
    remedy: Option<Remedy>,
}

#[derive(Deserialize)]
pub(super) struct OpenIn {
    #[serde(flatten)]
    base: BaseIn,
    #[serde(flatten)]
    open: OpenFields,
}

impl Asks for OpenIn {
    fn asked(self, _: Option<&str>) -> Result<Asked, WallFault> {
        let Self { base, open } = self;
        Ok(Asked::on(base, vec![open.change()?]))
    }
}

/// A window to open.
#[derive(Deserialize)]
pub(crate) struct OpenFields {
    source: String,
    rect: RectView,
    #[serde(default)]
    small_stream: bool,
}

#[derive(Deserialize)]
pub(super) struct SetIn {
    #[serde(flatten)]
    base: BaseIn,
    #[serde(flatten)]
    set: SetFields,
}

impl Asks for SetIn {
    fn asked(self, window: Option<&str>) -> Result<Asked, WallFault> {
        let Self { base, set } = self;
        let change = Change::Set { window: window_id(window.unwrap_or_default())?, set: set.set()? };
        Ok(Asked::on(base, vec![change]))
    }
}

/// What is to change of a window.
#[derive(Deserialize)]
pub(crate) struct SetFields {
    rect: Option<RectView>,
    source: Option<String>,
    crop: Option<RectView>,
    small_stream: Option<bool>,
    #[serde(default)]
    raise: bool,
    #[serde(default)]
    lower: bool,
    locked: Option<bool>,
    full_screen: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseQuery {
    #[serde(default)]
    of: Side,
    base_revision: Option<u64>,
}

impl Asks for CloseQuery {
    fn asked(self, window: Option<&str>) -> Result<Asked, WallFault> {
        let Self { of, base_revision } = self;
        let change = Change::Close { window: window_id(window.unwrap_or_default())? };
        Ok(Asked::new(of, base_revision, vec![change]))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwapIn {
    #[serde(default)]
    of: Side,
    base_revision: Option<u64>,
    remedy: Option<Remedy>,
    a: String,
    b: String,
}

impl Asks for SwapIn {
    fn asked(self, _: Option<&str>) -> Result<Asked, WallFault> {
        let Self { of, base_revision, remedy, a, b } = self;
        let change = Change::Swap { a: window_id(&a)?, b: window_id(&b)? };
        Ok(Asked::new(of, base_revision, vec![change]).with(None, remedy))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangesIn<C> {
    #[serde(default)]
    of: Side,
    base_revision: Option<u64>,
    gesture: Option<String>,
    remedy: Option<Remedy>,
    /// Each a [`ChangeIn`]; the API's description has them as any JSON, for what each wants depends on what it does.
    changes: Vec<C>,
}

impl Asks for ChangesIn<ChangeIn> {
    fn asked(self, _: Option<&str>) -> Result<Asked, WallFault> {
        let Self { of, base_revision, gesture, remedy, changes } = self;
        let changes = changes.into_iter().map(ChangeIn::change).collect::<Result<Vec<Change>, _>>()?;
        Ok(Asked::new(of, base_revision, changes).with(gesture, remedy))
    }
}

/// One of several changes.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub(super) enum ChangeIn {
    Open(OpenFields),
    Change {
        window: String,
        #[serde(flatten)]
        set: SetFields,
    },
    Swap {
        a: String,
        b: String,
    },
    Close {
        window: String,
    },
}

/// An act on a whole side.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfIn {
    #[serde(default)]
    pub of: Side,
    pub base_revision: Option<u64>,
    pub remedy: Option<Remedy>,
}

/// An act back, or forth again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TurnIn {
    #[serde(default)]
    pub of: Side,
    pub base_revision: Option<u64>,
    pub act: Option<u64>,
    pub remedy: Option<Remedy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageIn {
    pub scene: Option<String>,
    pub base_revision: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakeIn {
    pub base_revision: Option<u64>,
    pub remedy: Option<Remedy>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecallIn {
    pub base_revision: Option<u64>,
    pub remedy: Option<Remedy>,
}

/// A window's name.
fn window_id(name: &str) -> Result<WindowId, WallFault> {
    WindowId::new(name).map_err(|_| WallFault::UnknownWindow(name.to_owned()))
}

fn source_id(name: &str) -> Result<SourceId, WallFault> {
    SourceId::new(name).map_err(|_| WallFault::UnknownSource(name.to_owned()))
}

fn rect(told: RectView) -> Result<CanvasRect, WallFault> {
    let RectView { x, y, width, height } = told;
    let number = |pixels: f64| from_pixels(pixels).ok_or(WallFault::BadRect);
    let (x, y, width, height) = (number(x)?, number(y)?, number(width)?, number(height)?);
    CanvasRect::checked(x, y, width, height).ok_or(WallFault::BadRect)
}

fn crop(told: RectView) -> Result<Crop, WallFault> {
    let RectView { x, y, width, height } = told;
    let part = |fraction: f64| {
        let inside = (0.0..=1.0).contains(&fraction);
        // Between 0 and 65536, so the cast loses nothing.
        inside.then(|| (fraction * 65_536.0).round() as u32).ok_or(WallFault::BadCrop)
    };
    let (left, top) = (part(x)?, part(y)?);
    // Edges are rounded, not extents: what ends at the picture's edge goes on doing so.
    let (right, bottom) = (part(near_one(x + width))?, part(near_one(y + height))?);
    let extent = |end: u32, begin: u32| end.checked_sub(begin).ok_or(WallFault::BadCrop);
    Crop::checked(left, top, extent(right, left)?, extent(bottom, top)?).ok_or(WallFault::BadCrop)
}

/// Sums of fractions that are meant to be 1 are a little off.
fn near_one(sum: f64) -> f64 {
    if (sum - 1.0).abs() < 1e-6 { 1.0 } else { sum }
}

impl OpenFields {
    fn change(self) -> Result<Change, WallFault> {
        let Self { source, rect: place, small_stream } = self;
        Ok(Change::Open { source: source_id(&source)?, rect: rect(place)?, small_stream })
    }
}

impl SetFields {
    fn set(self) -> Result<WindowSet, WallFault> {
        let Self { rect: place, source, crop: part, small_stream, raise, lower, locked, full_screen } = self;
        Ok(WindowSet {
            rect: place.map(rect).transpose()?,
            source: source.as_deref().map(source_id).transpose()?,
            crop: part.map(crop).transpose()?,
            small_stream,
            raise,
            lower,
            locked,
            full_screen,
        })
    }
}

impl ChangeIn {
    fn change(self) -> Result<Change, WallFault> {
        Ok(match self {
            Self::Open(open) => open.change()?,
            Self::Change { window, set } => Change::Set { window: window_id(&window)?, set: set.set()? },
            Self::Swap { a, b } => Change::Swap { a: window_id(&a)?, b: window_id(&b)? },
            Self::Close { window } => Change::Close { window: window_id(&window)? },
        })
    }
}
