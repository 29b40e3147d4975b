//! How a picture meets a window: which part of it is shown, and where. Integers only.

use crate::plan::{CanvasRect, CanvasUnit, Crop, Fit};
use media::Size;

/// One whole in [`Crop`]'s reckoning.
const ONE: u128 = 65_536;

/// Which part of a picture of `picture` pixels fills which rectangle, so that its part `crop` meets `window` as `fit` says.
///
/// The part never leaves `crop`, the rectangle never leaves `window`. Pixels of picture and canvas are square.
pub fn fit_picture(picture: Size, crop: Crop, window: CanvasRect, fit: Fit) -> (Crop, CanvasRect) {
    let (width, height) = (u128::from(crop.width), u128::from(crop.height));
    // Extents of the part in 1/65536 of a picture pixel, at least 1 so that nothing is divided by zero.
    let part_width = (width * u128::from(picture.width)).max(1);
    let part_height = (height * u128::from(picture.height)).max(1);
    let (wide, high) = (positive(window.width), positive(window.height));
    // The part is relatively wider than the window when part_width / part_height > wide / high.
    let (across, down) = (part_width * high, part_height * wide);
    match fit {
        Fit::Stretch => (crop, window),
        Fit::Cover if across > down => {
            let kept = (width * down / across).clamp(1, width);
            (narrowed(crop, kept, height), window)
        }
        Fit::Cover => {
            let kept = (height * across / down).clamp(1, height);
            (narrowed(crop, width, kept), window)
        }
        Fit::Contain if across > down => (crop, shrunk(window, wide, wide * part_height / part_width)),
        Fit::Contain => (crop, shrunk(window, high * part_width / part_height, high)),
    }
}

fn positive(extent: CanvasUnit) -> u128 {
    u128::try_from(extent).unwrap_or(1).max(1)
}

/// The middle of `crop` with the given extent, which is not above its own.
fn narrowed(crop: Crop, width: u128, height: u128) -> Crop {
    let small = |value: u128| u32::try_from(value.min(ONE)).unwrap_or(1);
    let (width, height) = (small(width), small(height));
    Crop { x: crop.x + (crop.width - width) / 2, y: crop.y + (crop.height - height) / 2, width, height }
}

/// The middle of `window` with the given extent, which is not above its own.
fn shrunk(window: CanvasRect, width: u128, height: u128) -> CanvasRect {
    let width = CanvasUnit::try_from(width).unwrap_or(window.width).clamp(1, window.width);
    let height = CanvasUnit::try_from(height).unwrap_or(window.height).clamp(1, window.height);
    CanvasRect {
        x: window.x + (window.width - width) / 2,
        y: window.y + (window.height - height) / 2,
        width,
        height,
    }
}
