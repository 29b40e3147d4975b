//! Crops as the editor moves them: parts of a picture, in ten thousandths of a percent.

use layouts::Crop;
use layouts_edit::Percent;

/// The whole of a side.
const WHOLE: i64 = 1_000_000;
/// The shortest side of a crop: a hundredth of the picture.
const SIDE_MIN: i64 = 10_000;

/// A crop as a document can say it.
pub fn percent_of(crop: Crop) -> Percent {
    let Crop { x, y, width, height } = crop;
    let (left, right) = (e6(x), e6(x + width));
    let (top, bottom) = (e6(y), e6(y + height));
    Percent([left, top, right - left, bottom - top])
}

/// 1/65536 of a side in millionths, rounded up: rounded down when it is read, it is the same again.
fn e6(part: u32) -> i64 {
    (i64::from(part) * WHOLE + 65_535) / 65_536
}

/// What a document is to say of a crop: nothing where it is the whole picture.
pub fn spoken(crop: Percent) -> Option<Percent> {
    (crop != Percent([0, 0, WHOLE, WHOLE])).then_some(crop)
}

/// `crop` moved by millionths of the picture, and kept in it.
pub fn moved(crop: Percent, by: (i64, i64)) -> Percent {
    let Percent([x, y, width, height]) = crop;
    Percent([(x + by.0).clamp(0, WHOLE - width), (y + by.1).clamp(0, WHOLE - height), width, height])
}

/// `crop` made larger or smaller: its sides are `e3` thousandths of what they were, around its middle, in its proportions, and kept in
/// the picture.
pub fn scaled(crop: Percent, e3: i64) -> Percent {
    let Percent([x, y, width, height]) = crop;
    // The side that meets a limit first decides for both.
    let least = |side: i64| SIDE_MIN.min(side) * 1_000_000 / side.max(1);
    let most = |side: i64| WHOLE * 1_000_000 / side.max(1);
    let (low, high) = (least(width).max(least(height)), most(width).min(most(height)));
    let e6 = (e3.max(1) * 1000).clamp(low.min(high), high);
    let side = |side: i64| (side * e6 / 1_000_000).clamp(1, WHOLE);
    let (wide, high) = (side(width), side(height));
    moved(Percent([x + (width - wide) / 2, y + (height - high) / 2, wide, high]), (0, 0))
}
