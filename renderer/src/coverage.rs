//! Rounded outlines and rings: how much of a pixel lies inside, in 1/255, from integers alone.
//!
//! An outline is laid on whole pixels (those whose centres its rectangle holds), so its straight edges are sharp and
//! its four corners equal. See `docs/PIXELS.md`, "Outlines".

use crate::picture::PixelRect;
use std::sync::Arc;

/// Points looked at in a pixel, on each axis.
const POINTS: i64 = 8;

/// The largest corner radius in 1/256 pixel; larger ones are drawn as this one.
const RADIUS_MAX: i64 = 1_024 * 256;

/// A rounded rectangle, or the ring inside one, on whole pixels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Outline {
    /// The outline's pixels in upright screen coordinates; may reach beyond the tile.
    pub rect: PixelRect,
    /// Coverage of the corners.
    pub corner: Arc<Corner>,
    /// Width of the ring in pixels, left and right; 0 (both) when the whole inside is drawn.
    pub ring_x: i32,
    /// Width of the ring in pixels, top and bottom.
    pub ring_y: i32,
}

/// Coverage of the top left corner; the others are its mirror images.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Corner {
    /// Columns, 0 for square corners.
    pub width: i32,
    /// Rows, 0 for square corners.
    pub height: i32,
    /// `width · height` coverages, row after row.
    pub alpha: Vec<u8>,
}

impl Outline {
    /// Lays an outline on `rect` with corners of radius `radius_x`, `radius_y` in 1/256 pixel (held below half the
    /// sides and 1024 pixels) and a ring of whole pixels (0 for none).
    pub fn new(rect: PixelRect, radius_x: i64, radius_y: i64, ring_x: i32, ring_y: i32) -> Self {
        let radius_x = radius_x.clamp(0, RADIUS_MAX.min(rect.width() as i64 * 128));
        let radius_y = radius_y.clamp(0, RADIUS_MAX.min(rect.height() as i64 * 128));
        let corner = Arc::new(Corner::new(radius_x, radius_y, ring_x, ring_y));
        Self { rect, corner, ring_x, ring_y }
    }

    /// Coverage (0–255) of the pixel in column `x` and row `y`, inside `rect`.
    #[inline]
    pub fn at(&self, x: i32, y: i32) -> u8 {
        let from_side = (x - self.rect.left).min(self.rect.right - 1 - x);
        let from_end = (y - self.rect.top).min(self.rect.bottom - 1 - y);
        if from_side < self.corner.width && from_end < self.corner.height {
            return self.corner.alpha[(from_end * self.corner.width + from_side) as usize];
        }
        let hole = self.ring_x > 0 && from_side >= self.ring_x && from_end >= self.ring_y;
        if hole { 0 } else { 255 }
    }

    /// The parts of `rect` that are covered wholly: a cross, or nothing for a ring.
    pub fn solid(&self) -> [PixelRect; 2] {
        if self.ring_x > 0 {
            return [PixelRect::default(); 2];
        }
        let PixelRect { left, top, right, bottom } = self.rect;
        let (width, height) = (self.corner.width, self.corner.height);
        [
            PixelRect::new(left, top + height, right, bottom - height),
            PixelRect::new(left + width, top, right - width, bottom),
        ]
    }

    /// The hole of a ring, which is not touched at all; empty when there is none.
    pub fn hole(&self) -> PixelRect {
        if self.ring_x == 0 {
            return PixelRect::default();
        }
        let PixelRect { left, top, right, bottom } = self.rect;
        let (x, y) = (self.ring_x.max(self.corner.width), self.ring_y.max(self.corner.height));
        PixelRect::new(left + x, top + y, right - x, bottom - y)
    }
}

impl Corner {
    /// Radii in 1/256 pixel, at least 0; rings in pixels, 0 for none.
    fn new(radius_x: i64, radius_y: i64, ring_x: i32, ring_y: i32) -> Self {
        if radius_x == 0 || radius_y == 0 {
            return Self { width: 0, height: 0, alpha: Vec::new() };
        }
        let width = (radius_x + 255) / 256;
        let height = (radius_y + 255) / 256;
        let hollow = ring_x > 0;
        let (inset_x, inset_y) = (i64::from(ring_x) * 256, i64::from(ring_y) * 256);
        let outer = Quarter { start_x: 0, start_y: 0, radius_x, radius_y };
        let inner = Quarter {
            start_x: inset_x,
            start_y: inset_y,
            radius_x: (radius_x - inset_x).max(0),
            radius_y: (radius_y - inset_y).max(0),
        };
        let mut alpha = Vec::with_capacity((width * height) as usize);
        for row in 0..height {
            for column in 0..width {
                let inside = outer.points_in(column, row);
                let hole = if hollow { inner.points_in(column, row) } else { 0 };
                let all = POINTS * POINTS;
                alpha.push((((inside - hole).max(0) * 255 + all / 2) / all) as u8);
            }
        }
        Self { width: width as i32, height: height as i32, alpha }
    }
}

/// The area right of and below `start`, less what its rounded corner cuts off. All in 1/256 pixel.
struct Quarter {
    start_x: i64,
    start_y: i64,
    radius_x: i64,
    radius_y: i64,
}

impl Quarter {
    fn points_in(&self, column: i64, row: i64) -> i64 {
        let place = |pixel: i64, point: i64| pixel * 256 + (2 * point + 1) * 256 / (2 * POINTS);
        // The points nearest to and farthest from the corner decide for most pixels.
        if self.holds(place(column, 0), place(row, 0)) {
            return POINTS * POINTS;
        }
        if !self.holds(place(column, POINTS - 1), place(row, POINTS - 1)) {
            return 0;
        }
        let mut count = 0;
        for down in 0..POINTS {
            for across in 0..POINTS {
                count += i64::from(self.holds(place(column, across), place(row, down)));
            }
        }
        count
    }

    fn holds(&self, x: i64, y: i64) -> bool {
        let (from_x, from_y) = (x - self.start_x, y - self.start_y);
        if from_x < 0 || from_y < 0 {
            return false;
        }
        if from_x >= self.radius_x || from_y >= self.radius_y {
            return true;
        }
        let across = i128::from((self.radius_x - from_x) * self.radius_y);
        let down = i128::from((self.radius_y - from_y) * self.radius_x);
        let reach = i128::from(self.radius_x * self.radius_y);
        across * across + down * down <= reach * reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disc_covers_its_area() {
        let rect = PixelRect::new(0, 0, 200, 200);
        let disc = Outline::new(rect, 100 * 256, 100 * 256, 0, 0);
        let sum: f64 =
            (0..200).flat_map(|y| (0..200).map(move |x| (x, y))).map(|(x, y)| f64::from(disc.at(x, y))).sum();
        let area = sum / 255.0;
        assert!((area / (std::f64::consts::PI * 10_000.0) - 1.0).abs() < 1e-3, "{area}");
    }

    #[test]
    fn corners_mirror_each_other_and_straight_edges_are_whole() {
        let rect = PixelRect::new(-3, 5, 38, 44);
        let outline = Outline::new(rect, 7 * 256 + 90, 7 * 256 + 90, 0, 0);
        for y in rect.top..rect.bottom {
            for x in rect.left..rect.right {
                let (mirror_x, mirror_y) = (rect.left + rect.right - 1 - x, rect.top + rect.bottom - 1 - y);
                assert_eq!(outline.at(x, y), outline.at(mirror_x, y));
                assert_eq!(outline.at(x, y), outline.at(x, mirror_y));
            }
        }
        assert_eq!(outline.at(20, 5), 255);
        assert!(outline.at(-3, 5) == 0 && (1..255).contains(&outline.at(-1, 6)));
    }

    #[test]
    fn a_ring_and_its_inside_make_the_whole() {
        let rect = PixelRect::new(0, 0, 60, 50);
        let (radius, ring) = (12 * 256, 4);
        let whole = Outline::new(rect, radius, radius, 0, 0);
        let hollow = Outline::new(rect, radius, radius, ring, ring);
        let inside = PixelRect::new(ring, ring, 60 - ring, 50 - ring);
        let inner = Outline::new(inside, radius - 256 * 4, radius - 256 * 4, 0, 0);
        for y in 0..50 {
            for x in 0..60 {
                let pixel = PixelRect::new(x, y, x + 1, y + 1);
                let rest = if inside.contains(pixel) { inner.at(x, y) } else { 0 };
                let sum = i32::from(hollow.at(x, y)) + i32::from(rest);
                assert!((sum - i32::from(whole.at(x, y))).abs() <= 1, "{x} {y}");
                if hollow.hole().contains(pixel) {
                    assert_eq!(hollow.at(x, y), 0);
                }
                if whole.solid().iter().any(|part| part.contains(pixel)) {
                    assert_eq!(whole.at(x, y), 255);
                }
            }
        }
    }

    #[test]
    fn a_radius_without_limit_ends() {
        let rect = PixelRect::new(-100_000, -100_000, 100_000, 100_000);
        let outline = Outline::new(rect, i64::MAX, i64::MAX, 0, 0);
        assert_eq!((outline.corner.width, outline.corner.height), (1_024, 1_024));
    }
}
