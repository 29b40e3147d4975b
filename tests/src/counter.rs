//! The machine-readable frame counter in a synthetic camera's picture, and its reader.
//!
//! A strip of 32 square cells near the top edge, dark for 0 and bright for 1: `1 0`, six bits of camera number, eighteen
//! bits of frame number (both with the highest bit first), four check bits, `0 1`. At 640×360 a cell is 12 × 12 pixels, so
//! it survives lossy coding, 4:2:0 and scaling to less than half. Thresholds come from the sync cells: dimming does no harm.

use crate::picture::{Picture, Rect};

/// Cells in the strip.
pub const CELLS: u32 = 32;
/// Frame numbers wrap here.
pub const FRAMES: u32 = 1 << 18;
/// Camera numbers are below this.
pub const CAMERAS: u32 = 1 << 6;

// The strip's place in 1/640 of the picture's width and 1/360 of its height.
const LEFT: f64 = 128.0 / 640.0;
const TOP: f64 = 12.0 / 360.0;
const CELL_WIDTH: f64 = 12.0 / 640.0;
const CELL_HEIGHT: f64 = 12.0 / 360.0;

/// Luma of a dark cell.
pub const DARK: u8 = 32;
/// Luma of a bright cell.
pub const BRIGHT: u8 = 208;

/// What a strip says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reading {
    /// Which camera made the picture, below [`CAMERAS`].
    pub camera: u32,
    /// Which of its pictures it is, modulo [`FRAMES`].
    pub frame: u32,
}

/// The cells for a reading, first cell in the highest bit.
pub fn cells(reading: Reading) -> u32 {
    let value = ((reading.camera % CAMERAS) << 18) | (reading.frame % FRAMES);
    (0b10 << 30) | (value << 6) | (check(value) << 2) | 0b01
}

/// Four bits that a wrong strip misses 15 times of 16, on top of the sync cells.
fn check(value: u32) -> u32 {
    (0..6).fold(0b1010, |sum, nibble| {
        let mixed = sum ^ ((value >> (nibble * 4)) & 15);
        ((mixed << 1) & 15) | (mixed >> 3)
    })
}

/// Where cell `index` of a picture at `place` lies: left, top, right, bottom in whole pixels.
fn cell_pixels(index: u32, place: Rect) -> [u32; 4] {
    let x = |cell: u32| (place.x + (LEFT + f64::from(cell) * CELL_WIDTH) * place.width).round() as u32;
    let y = |cell: f64| (place.y + (TOP + cell * CELL_HEIGHT) * place.height).round() as u32;
    [x(index), y(0.0), x(index + 1), y(1.0)]
}

/// Draws the strip into a luma plane.
pub fn draw(luma: &mut [u8], width: u32, height: u32, reading: Reading) {
    draw_at(luma, width, Rect::new(0.0, 0.0, f64::from(width), f64::from(height)), reading);
}

/// Draws the strip of a picture that would lie at `place` into a luma plane of `width`, which must hold the strip.
pub fn draw_at(luma: &mut [u8], width: u32, place: Rect, reading: Reading) {
    let bits = cells(reading);
    for index in 0..CELLS {
        let value = if (bits >> (CELLS - 1 - index)) & 1 == 1 { BRIGHT } else { DARK };
        let [left, top, right, bottom] = cell_pixels(index, place);
        for y in top..bottom {
            let row = y as usize * width as usize;
            luma[row + left as usize..row + right as usize].fill(value);
        }
    }
}

/// Where the whole camera picture would lie for a strip that fills part `index` of `count` equal parts side by side of a
/// picture of `width` × `height`: for wide pictures whose every part must say which frame it belongs to.
pub fn part_place(index: u32, count: u32, width: f64, height: f64) -> Rect {
    let part = width / f64::from(count);
    let whole = part * 0.96 / (CELL_WIDTH * f64::from(CELLS));
    let left = part * (f64::from(index) + 0.02) - LEFT * whole;
    // Cells a ninth of the height, an eighth below the top.
    let tall = height / 9.0 / CELL_HEIGHT;
    Rect::new(left, height / 8.0 - TOP * tall, whole, tall)
}

/// Reads the strip from a composed picture.
///
/// `place` is where the *whole* camera picture lies on it, also where a window cuts parts off. `None` when the strip is
/// not wholly there, too faint, or its sync and check cells disagree.
pub fn read(picture: &Picture, place: Rect) -> Option<Reading> {
    let mut levels = [0.0; CELLS as usize];
    for (index, level) in (0_u32..).zip(&mut levels) {
        *level = picture.brightness(cell_core(place, index))?;
    }
    let bright = (levels[0] + levels[31]) / 2.0;
    let dark = (levels[1] + levels[30]) / 2.0;
    if bright - dark < 24.0 {
        return None;
    }
    let mut bits = 0_u32;
    for level in levels {
        let share = (level - dark) / (bright - dark);
        if (0.35..0.65).contains(&share) {
            return None;
        }
        bits = (bits << 1) | u32::from(share > 0.5);
    }
    let value = (bits >> 6) & (CAMERAS * FRAMES - 1);
    let reading = Reading { camera: value >> 18, frame: value % FRAMES };
    (cells(reading) == bits).then_some(reading)
}

/// A place for [`read`] where a window shows a camera picture that would lie at `whole`, perhaps cut at the top: what is
/// seen of the strip is its strip.
pub fn visible_strip(window: Rect, whole: Rect) -> Rect {
    let at = |line: f64| whole.y + whole.height * line / 360.0;
    let (top, bottom) = (at(12.0).max(window.y + 1.0), at(24.0));
    // The reader looks at the middle third of twelve lines: here that is half of what is seen.
    let height = (bottom - top) * 0.5 / 0.34 * 360.0 / 12.0;
    Rect::new(whole.x, (top + bottom) / 2.0 - height * 18.0 / 360.0, whole.width, height)
}

/// The middle of a cell, at least one pixel wide and high.
fn cell_core(place: Rect, index: u32) -> Rect {
    let x = place.x + place.width * (LEFT + (f64::from(index) + 0.5) * CELL_WIDTH);
    let y = place.y + place.height * (TOP + 0.5 * CELL_HEIGHT);
    let width = (place.width * CELL_WIDTH * 0.34).max(1.0);
    let height = (place.height * CELL_HEIGHT * 0.34).max(1.0);
    Rect::new(x - width / 2.0, y - height / 2.0, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: u32, height: u32, reading: Reading) -> Picture {
        let mut luma = vec![90; (width * height) as usize];
        draw(&mut luma, width, height, reading);
        Picture { width, height, bgra: luma.iter().flat_map(|&y| [y, y, y, 255]).collect() }
    }

    #[test]
    fn every_bit_is_read_back_at_full_and_half_size() {
        for (width, height) in [(640, 360), (320, 180), (213, 120)] {
            let place = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
            for bit in 0..24 {
                let value = 1_u32 << bit;
                let reading = Reading { camera: value >> 18, frame: value % FRAMES };
                assert_eq!(
                    read(&drawn(width, height, reading), place),
                    Some(reading),
                    "bit {bit} at {width}"
                );
            }
        }
    }

    #[test]
    fn a_flipped_cell_is_noticed() {
        let reading = Reading { camera: 5, frame: 70_000 };
        let good = drawn(640, 360, reading);
        let place = Rect::new(0.0, 0.0, 640.0, 360.0);
        for index in 0..CELLS {
            let mut bad = good.clone();
            let [left, top, right, bottom] = cell_pixels(index, place);
            for y in top..bottom {
                for x in left..right {
                    let at = ((y * 640 + x) * 4) as usize;
                    let flipped = if bad.bgra[at] > 100 { DARK } else { BRIGHT };
                    bad.bgra[at..at + 3].fill(flipped);
                }
            }
            assert_eq!(read(&bad, place), None, "cell {index}");
        }
    }

    #[test]
    fn every_part_of_a_wide_picture_has_its_own_strip() {
        let (width, height) = (1280, 180);
        let reading = Reading { camera: 21, frame: 1_499 };
        let mut luma = vec![90; (width * height) as usize];
        let place = |part| part_place(part, 8, f64::from(width), f64::from(height));
        (0..8).for_each(|part| draw_at(&mut luma, width, place(part), reading));
        let picture = Picture { width, height, bgra: luma.iter().flat_map(|&y| [y, y, y, 255]).collect() };
        for part in 0..8 {
            assert_eq!(read(&picture, place(part)), Some(reading), "part {part}");
        }
    }

    #[test]
    fn a_strip_that_is_cut_is_read() {
        // 30 lines of the picture lie above the window, and 12 of the strip's 18 with them.
        let window = Rect::new(20.0, 78.0, 980.0, 490.0);
        let whole = window.cover(16.0 / 9.0);
        let reading = Reading { camera: 10, frame: 4711 };
        let mut luma = vec![90; 1020 * 600];
        draw_at(&mut luma, 1020, whole, reading);
        luma[..78 * 1020].fill(0);
        let bgra = luma.iter().flat_map(|&y| [y, y, y, 255]).collect();
        let picture = Picture { width: 1020, height: 600, bgra };
        assert_eq!(read(&picture, visible_strip(window, whole)), Some(reading));
        assert_eq!(read(&picture, whole), None);
    }

    #[test]
    fn a_picture_without_a_strip_says_nothing() {
        let place = Rect::new(0.0, 0.0, 640.0, 360.0);
        assert_eq!(read(&Picture::filled(640, 360, [90, 90, 90, 255]), place), None);
        assert_eq!(
            read(&drawn(640, 360, Reading { camera: 1, frame: 1 }), Rect::new(500.0, 0.0, 640.0, 360.0)),
            None
        );
    }
}
