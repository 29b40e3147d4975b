//! A tile's scene made ready to paint: the common ground of all compositors. Whoever follows these integers as
//! `docs/PIXELS.md` says gets the same bytes as everybody else.

use crate::axis::Axis;
use crate::color::ColorMatrix;
use crate::coverage::Outline;
use crate::picture::{Bitmap, PixelRect};
use layouts::{CanvasUnit, Output};
use media::{Frame, Size};
use std::sync::Arc;

/// How many screen pixels make how many canvas units, in lowest terms, so that screens of one pitch compare equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelScale {
    /// `columns` pixels lie across ...
    pub columns: u32,
    /// ... this many canvas units.
    pub width: CanvasUnit,
    /// `rows` pixels lie down ...
    pub rows: u32,
    /// ... this many canvas units.
    pub height: CanvasUnit,
}

impl PixelScale {
    /// A vertical length (such as a font size) in 1/64 screen pixel, rounded to the nearest.
    pub fn pixels_64_down(self, length: CanvasUnit) -> i64 {
        scaled_64(length, self.rows, self.height)
    }

    /// A horizontal length in 1/64 screen pixel, rounded to the nearest.
    pub fn pixels_64_across(self, length: CanvasUnit) -> i64 {
        scaled_64(length, self.columns, self.width)
    }
}

fn scaled_64(length: CanvasUnit, pixels: u32, units: CanvasUnit) -> i64 {
    let units = i128::from(units.max(1));
    let twice = 2 * 64 * i128::from(length) * i128::from(pixels) + units;
    i64::try_from(twice.div_euclid(2 * units)).unwrap_or(i64::MAX)
}

/// Where the samples of one kind of plane come from, for one item: entry 0 belongs to the item's first column or row.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Tables {
    /// One entry for each column of the item's rectangle.
    pub columns: Axis,
    /// One entry for each row of the item's rectangle.
    pub rows: Axis,
}

/// A frame and how its samples become pixels.
#[derive(Debug, Clone)]
pub struct Video {
    /// The picture.
    pub frame: Frame,
    /// Tables of the Y plane, or of all four channels of a BGRA picture.
    pub luma: Arc<Tables>,
    /// Tables of the U and V planes; `None` for grey and BGRA pictures.
    pub chroma: Option<Arc<Tables>>,
    /// From YUV to RGB; `None` for BGRA pictures.
    pub matrix: Option<ColorMatrix>,
}

/// What fills an item.
#[derive(Debug, Clone)]
pub enum Paint {
    /// Samples of a frame.
    Video(Video),
    /// One premultiplied BGRA pixel.
    Fill([u8; 4]),
    /// A bitmap, one of its pixels to one of the screen's.
    Bitmap {
        /// The pixels.
        bitmap: Arc<Bitmap>,
        /// The upright screen column of the bitmap's first column; may be negative.
        left: i32,
        /// The upright screen row of the bitmap's first row; may be negative.
        top: i32,
    },
}

/// One visible thing.
#[derive(Debug, Clone)]
pub struct Item {
    /// The upright pixels it may touch; inside the tile, never empty.
    pub rect: PixelRect,
    /// The disjoint parts of `rect` that nothing opaque hides; never empty. Painting all of `rect` gives the same
    /// picture and costs more.
    pub visible: Vec<PixelRect>,
    /// What fills it.
    pub paint: Paint,
    /// 255 is opaque; multiplies the paint's own alpha.
    pub opacity: u8,
    /// Rounded corners or a ring; `None` for the whole rectangle.
    pub outline: Option<Outline>,
}

/// A whole picture.
#[derive(Debug, Clone)]
pub struct Layer {
    /// What lies behind everything, BGRA, alpha 255.
    pub background: [u8; 4],
    /// Where the background can be seen; disjoint.
    pub background_visible: Vec<PixelRect>,
    /// Back to front.
    pub items: Vec<Item>,
}

/// A picture that is painted by itself and then laid over another one.
#[derive(Debug, Clone)]
pub struct Over {
    /// What it shows.
    pub layer: Layer,
    /// 1 to 254.
    pub opacity: u8,
    /// Where it may differ from the picture under it; disjoint, never empty. Elsewhere both have the same pixels, and laying
    /// one over the other would change nothing.
    pub parts: Vec<PixelRect>,
}

/// All that one screen shows at one tick, ready to paint.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The upright picture's extent; coordinates of items are inside it.
    pub size: Size,
    /// The frame buffer, and how the upright picture is turned into it.
    pub output: Output,
    /// What is seen, or what is under [`Self::over`].
    pub layer: Layer,
    /// A second picture that lies over the first.
    pub over: Option<Over>,
    /// Draws that could not be shown (no frame yet, or no bitmap).
    pub skipped: usize,
}

impl Prepared {
    /// The items of both pictures.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.layer.items.iter().chain(self.over.iter().flat_map(|over| &over.layer.items))
    }
}
