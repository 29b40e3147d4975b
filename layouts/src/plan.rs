//! The tile plan: all that one screen shows at one tick, in integers, and the only thing that crosses from layout
//! to pixels.
//!
//! Places on the canvas are counted in [`CanvasUnit`]s, 1/65536 of a canvas pixel, so that a screen of any pitch at
//! any position in millimetres samples the same canvas as its neighbours do.

use crate::widget::WidgetFace;
use media::{CanvasFrame, ScreenId, Size, SourceId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// 1/65536 of a canvas pixel.
pub type CanvasUnit = i64;

/// How many [`CanvasUnit`]s make one canvas pixel.
pub const CANVAS_PIXEL: CanvasUnit = 1 << 16;

/// A rectangle on the canvas, half open: it holds its left and top edges and not its right and bottom ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CanvasRect {
    /// Left edge.
    pub x: CanvasUnit,
    /// Top edge.
    pub y: CanvasUnit,
    /// Extent to the right, at least 1.
    pub width: CanvasUnit,
    /// Extent downwards, at least 1.
    pub height: CanvasUnit,
}

/// How a screen hangs, clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rotation {
    /// As it stands on a desk.
    #[default]
    None,
    /// A quarter turn to the right.
    Quarter,
    /// Upside down.
    Half,
    /// A quarter turn to the left.
    ThreeQuarters,
}

/// What the cable carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Output {
    /// The frame buffer, before the panel turns it.
    pub size: Size,
    /// How the panel hangs: the upright picture is turned the other way round into the frame buffer.
    pub rotation: Rotation,
}

/// Where a screen's upright pixels lie on the canvas.
///
/// Pixel `(i, j)` of the upright picture has its centre at `origin + (2·i + 1) · span / (2 · size)` on each axis: an
/// exact rational number, so cutting a screen into tiles moves no sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelGrid {
    /// The canvas area that is lit.
    pub area: CanvasRect,
    /// Upright pixels across that area.
    pub size: Size,
}

/// A part of a picture, in 1/65536 of its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Crop {
    /// Left edge, 0–65535.
    pub x: u32,
    /// Top edge, 0–65535.
    pub y: u32,
    /// Width, 1–65536.
    pub width: u32,
    /// Height, 1–65536.
    pub height: u32,
}

impl CanvasRect {
    /// A place whose numbers have come from outside; `None` when it has no area, or lies further away than any canvas reaches.
    pub fn checked(x: CanvasUnit, y: CanvasUnit, width: CanvasUnit, height: CanvasUnit) -> Option<Self> {
        let far = CANVAS_PIXEL << 18;
        let near = |number: CanvasUnit| (-far..=far).contains(&number);
        let right = near(x) && near(y) && (1..=far).contains(&width) && (1..=far).contains(&height);
        right.then_some(Self { x, y, width, height })
    }
}

impl Crop {
    /// A part of a picture whose numbers have come from outside; `None` when it has no area or reaches beyond the picture.
    pub fn checked(x: u32, y: u32, width: u32, height: u32) -> Option<Self> {
        let inside = |at: u32, extent: u32| {
            (1..=65_536).contains(&extent) && at.checked_add(extent).is_some_and(|end| end <= 65_536)
        };
        (inside(x, width) && inside(y, height)).then_some(Self { x, y, width, height })
    }

    /// The whole picture.
    pub const ALL: Self = Self { x: 0, y: 0, width: 65_536, height: 65_536 };
}

/// Red, green, blue and opacity, not premultiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rgba {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// 255 is opaque.
    pub a: u8,
}

/// The outline that a draw is cut to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Outline {
    /// Corner radius; 0 for square corners.
    pub radius: CanvasUnit,
    /// When above 0, only a ring of this width inside the outline is drawn: a border.
    pub ring: CanvasUnit,
}

/// One thing to draw.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Draw {
    /// What fills the rectangle.
    pub content: Content,
    /// Where, on the canvas.
    pub rect: CanvasRect,
    /// The part of `rect` outside which nothing is drawn (a window that cuts off what it covers); often `rect` itself.
    pub clip: CanvasRect,
    /// 255 is opaque; multiplies the content's own opacity.
    pub opacity: u8,
    /// The outline, in relation to `clip`.
    pub outline: Outline,
}

/// What fills a draw.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Content {
    /// The newest due picture of a source; nothing where the source has none yet.
    Video {
        /// Which source.
        source: SourceId,
        /// Which part of the picture fills the rectangle.
        crop: Crop,
    },
    /// One colour.
    Fill(Rgba),
    /// Something rastered on the CPU at the screen's own pixel pitch, when it changes.
    Raster(Arc<Raster>),
}

/// How a picture meets a rectangle of another shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Fit {
    /// Fills the rectangle and is cut where it stands out, evenly on both sides.
    #[default]
    Cover,
    /// Is seen whole, in the middle; what stays free is left alone.
    Contain,
    /// Fills the rectangle and loses its proportions.
    Stretch,
}

/// Which edge or middle text keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Align {
    /// Left, or top.
    #[default]
    Start,
    /// In the middle.
    Middle,
    /// Right, or bottom.
    End,
}

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Weight {
    /// Text.
    #[default]
    Regular,
    /// Emphasis.
    Medium,
}

/// What a raster layer shows. Lengths are [`CanvasUnit`]s; every raster is drawn into the whole of its draw's `rect`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Raster {
    /// Lines of text, wrapped at the rectangle's width and ended by an ellipsis where they do not fit.
    Text {
        /// The words; `\n` begins a new line.
        text: String,
        /// Font size.
        size: CanvasUnit,
        /// Letters' colour.
        color: Rgba,
        /// Horizontal place.
        align: Align,
        /// Vertical place.
        vertical: Align,
        /// Letters' weight.
        weight: Weight,
        /// How many lines at most; 0 for as many as fit.
        lines_max: u32,
    },
    /// A filled disc with the rectangle's smaller side as its diameter: the state dot.
    Dot(Rgba),
    /// A pill: rounded outline with a hairline, text in the middle.
    Badge {
        /// The words.
        text: String,
        /// Font size.
        size: CanvasUnit,
        /// Letters and hairline.
        color: Rgba,
        /// Fill.
        fill: Rgba,
        /// Hairline width.
        line: CanvasUnit,
    },
    /// Diagonal stripes: the ground of a card that stands where a picture should.
    Stripes {
        /// Ground.
        ground: Rgba,
        /// Stripes.
        stripe: Rgba,
        /// Distance from one stripe's start to the next one's, along x.
        pitch: CanvasUnit,
    },
    /// A sign drawn in lines.
    Icon {
        /// Which sign.
        icon: Icon,
        /// Line colour.
        color: Rgba,
    },
    /// A still picture of the hall document.
    Image {
        /// Path relative to the hall's media folder, without `..`.
        path: String,
        /// Which part is shown; in relation to it `fit` is reckoned.
        crop: Crop,
        /// How that part meets the rectangle; only who has read the file knows its size.
        fit: Fit,
    },
    /// A widget: data as figures, charts, maps, words.
    Widget(Box<WidgetFace>),
}

/// Signs, each readable without its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Icon {
    /// A cross in a ring: lost.
    Lost,
    /// Three dots in a ring: connecting.
    Waiting,
}

/// All that one screen shows at one tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TilePlan {
    /// Which screen.
    pub screen: ScreenId,
    /// Which tick.
    pub canvas_frame: CanvasFrame,
    /// The frame buffer that it ends in.
    pub output: Output,
    /// Where the screen's pixels lie on the canvas.
    pub grid: PixelGrid,
    /// What lies behind everything; drawn opaque.
    pub background: Rgba,
    /// Back to front.
    pub draws: Vec<Draw>,
    /// A second picture that lies over the first: a scene that fades in.
    pub over: Option<Over>,
}

impl TilePlan {
    /// Every source whose pictures are drawn.
    pub fn sources<'a>(&'a self) -> BTreeSet<&'a SourceId> {
        let draws = self.draws.iter().chain(self.over.iter().flat_map(|over| &over.draws));
        let source = |draw: &'a Draw| match &draw.content {
            Content::Video { source, .. } => Some(source),
            Content::Fill(_) | Content::Raster(_) => None,
        };
        draws.filter_map(source).collect()
    }
}

/// A whole picture, background and draws, that is composed by itself and laid over another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// Back to front, over the plan's background.
    pub draws: Vec<Draw>,
    /// Of the picture as a whole: 255 hides what is under it, 0 cannot be seen.
    pub opacity: u8,
}
