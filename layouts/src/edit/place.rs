//! Places in canvas pixels, as operators say them, and in canvas units, as the wall reckons.

use super::change::ChangeError;
use crate::layout::Wall;
use crate::plan::{CANVAS_PIXEL, CanvasRect, CanvasUnit};

/// The least width and height of a window that an operator places, in canvas units.
pub const EDGE_MIN: CanvasUnit = 16 * CANVAS_PIXEL;
/// No number of a place is larger, in canvas pixels.
pub const CANVAS_PIXELS_MAX: f64 = 70_000.0;

/// Canvas units of a number of canvas pixels, to the thousandth that hall documents keep; `None` beyond any canvas, and for what is
/// no number.
pub fn from_pixels(pixels: f64) -> Option<CanvasUnit> {
    if pixels.is_nan() || pixels.abs() > CANVAS_PIXELS_MAX {
        return None;
    }
    // Below 2^27, so the cast loses nothing.
    let thousandths = (pixels * 1000.0).round() as i64;
    Some((thousandths * CANVAS_PIXEL + 500).div_euclid(1000))
}

/// Canvas pixels of a place in canvas units, exact.
pub fn to_pixels(units: CanvasUnit) -> f64 {
    // A canvas has fewer than 2^33 units.
    units as f64 / CANVAS_PIXEL as f64
}

/// The size of a canvas in canvas units: whole pixels, as hall documents have it.
pub(super) fn extent(wall: &Wall) -> (CanvasUnit, CanvasUnit) {
    let size = wall.canvas_size();
    (CanvasUnit::from(size.width) * CANVAS_PIXEL, CanvasUnit::from(size.height) * CANVAS_PIXEL)
}

/// `rect` on the canvas of `wall`: what hangs over the edge is moved in, and cut where the canvas is smaller. What can be shown can
/// be saved, and hall documents keep windows whole.
pub(super) fn place(rect: CanvasRect, wall: &Wall) -> Result<CanvasRect, ChangeError> {
    let (wide, high) = extent(wall);
    let CanvasRect { x, y, width, height } = rect;
    let bound = 2 * CANVAS_PIXELS_MAX as i64 * CANVAS_PIXEL;
    if [x, y, width, height].iter().any(|number| number.abs() > bound) {
        return Err(ChangeError::Outside);
    }
    if width < EDGE_MIN.min(wide) || height < EDGE_MIN.min(high) {
        return Err(ChangeError::TooSmall);
    }
    if x >= wide || y >= high || x + width <= 0 || y + height <= 0 {
        return Err(ChangeError::Outside);
    }
    let (width, height) = (width.min(wide), height.min(high));
    Ok(CanvasRect { x: x.clamp(0, wide - width), y: y.clamp(0, high - height), width, height })
}
