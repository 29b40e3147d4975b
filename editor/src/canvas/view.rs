//! Which part of the canvas is looked at, and how large: pan and zoom, in whole pixels of the screen.

use editor_model::Rect as Place;
use egui::{Pos2, Rect, Vec2, vec2};
use layouts::{CANVAS_PIXEL, CanvasRect, CanvasUnit, PixelGrid};
use media::Size;

/// How many screen pixels the canvas' picture may have before only what is seen of it is composed.
const WHOLE_MAX: i64 = 4_000_000;

/// The longest side of a texture that every graphics device has.
const SIDE_MAX: i64 = 8192;

/// Canvas units that a pixel of the screen may span, the smallest first: 3200 % to 1 %.
const UNITS: (CanvasUnit, CanvasUnit) = (CANVAS_PIXEL / 32, CANVAS_PIXEL * 100);

/// Zoom of one step.
const STEP: f64 = 1.25;

/// What is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// Canvas units that one pixel of the screen spans. [`CANVAS_PIXEL`] is 100 %.
    units: CanvasUnit,
    /// Where on the screen the canvas begins, in pixels from the left top of the viewport.
    origin: (i64, i64),
    /// A wish that can be granted when the viewport is known.
    wish: Option<Wish>,
    /// The viewport on the screen, in points, and how many pixels a point has.
    viewport: Rect,
    pixels_per_point: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Wish {
    Fit,
    Full,
    Zoom(f64),
}

impl Default for Sight {
    fn default() -> Self {
        Self {
            units: CANVAS_PIXEL,
            origin: (0, 0),
            wish: Some(Wish::Fit),
            viewport: Rect::from_min_size(Pos2::ZERO, vec2(1.0, 1.0)),
            pixels_per_point: 1.0,
        }
    }
}

impl Sight {
    /// The whole wall, as large as fits.
    pub fn fit(&mut self) {
        self.wish = Some(Wish::Fit);
    }

    /// A pixel of the screen for each pixel of the canvas.
    pub fn full(&mut self) {
        self.wish = Some(Wish::Full);
    }

    /// Steps closer or further away, around the middle.
    pub fn step(&mut self, steps: i32) {
        self.wish = Some(Wish::Zoom(STEP.powi(steps)));
    }

    /// The zoom in percent.
    pub fn percent(&self) -> f64 {
        CANVAS_PIXEL as f64 * 100.0 / self.units as f64
    }

    /// The viewport is where it is; grants what was wished for. `outer` is what is to fit, in thousandths of a canvas pixel.
    pub fn settle(&mut self, viewport: Rect, pixels_per_point: f32, outer: Place) {
        // A canvas that begins within a pixel would be sampled between its own.
        let begin = (viewport.min.to_vec2() * pixels_per_point).round() / pixels_per_point;
        self.viewport = Rect::from_min_max(begin.to_pos2(), viewport.max);
        self.pixels_per_point = pixels_per_point;
        let middle = viewport.center();
        match self.wish.take() {
            None => {}
            Some(Wish::Zoom(factor)) => self.zoom(factor, middle),
            Some(Wish::Full) => {
                let held = self.canvas(middle);
                self.units = CANVAS_PIXEL;
                self.hold(held, middle);
            }
            Some(Wish::Fit) => {
                let room = self.pixels(viewport.size() - vec2(48.0, 48.0));
                let units = |length: i64, room: f64| {
                    (length as f64 / 1000.0 * CANVAS_PIXEL as f64 / room.max(1.0)).ceil() as CanvasUnit
                };
                let units = units(outer.width, room.0).max(units(outer.height, room.1));
                self.units = units.clamp(UNITS.0, UNITS.1);
                let held = (outer.x + outer.width / 2, outer.y + outer.height / 2);
                self.hold((held.0 as f64, held.1 as f64), middle);
            }
        }
    }

    fn pixels(&self, points: Vec2) -> (f64, f64) {
        (f64::from(points.x * self.pixels_per_point), f64::from(points.y * self.pixels_per_point))
    }

    /// Zooms by `factor`; what lies under `at` stays there.
    pub fn zoom(&mut self, factor: f64, at: Pos2) {
        let held = self.canvas(at);
        let units = (self.units as f64 / factor).round() as CanvasUnit;
        // 100 % is met on the way: pixels should be seen as they are.
        let passes = (self.units < CANVAS_PIXEL) != (units < CANVAS_PIXEL) && self.units != CANVAS_PIXEL;
        self.units = if passes { CANVAS_PIXEL } else { units.clamp(UNITS.0, UNITS.1) };
        self.hold(held, at);
    }

    /// Brings the place `held`, in thousandths of a canvas pixel, under the screen's `at`.
    fn hold(&mut self, held: (f64, f64), at: Pos2) {
        let (x, y) = self.pixels(at - self.viewport.min);
        let pixel = |thousandths: f64| thousandths / 1000.0 * CANVAS_PIXEL as f64 / self.units as f64;
        self.origin = ((x - pixel(held.0)).round() as i64, (y - pixel(held.1)).round() as i64);
    }

    /// Moves the canvas by points of the screen.
    pub fn pan(&mut self, by: Vec2) {
        let (x, y) = self.pixels(by);
        self.origin = (self.origin.0 + x.round() as i64, self.origin.1 + y.round() as i64);
    }

    /// Where on the canvas a point of the screen lies, in thousandths of a canvas pixel.
    pub fn canvas(&self, at: Pos2) -> (f64, f64) {
        let (x, y) = self.pixels(at - self.viewport.min);
        let thousandths = |pixel: f64| pixel * self.units as f64 / CANVAS_PIXEL as f64 * 1000.0;
        (thousandths(x - self.origin.0 as f64), thousandths(y - self.origin.1 as f64))
    }

    /// The same, whole.
    pub fn place(&self, at: Pos2) -> (i64, i64) {
        let (x, y) = self.canvas(at);
        (x.round() as i64, y.round() as i64)
    }

    /// How far on the canvas points of the screen reach, in thousandths of a canvas pixel.
    pub fn distance(&self, points: Vec2) -> (i64, i64) {
        let (x, y) = self.pixels(points);
        let thousandths =
            |pixels: f64| (pixels * self.units as f64 / CANVAS_PIXEL as f64 * 1000.0).round() as i64;
        (thousandths(x), thousandths(y))
    }

    /// Where on the screen a place of the canvas lies.
    pub fn screen(&self, (x, y): (i64, i64)) -> Pos2 {
        let point = |thousandths: i64, origin: i64| {
            let pixels =
                thousandths as f64 / 1000.0 * CANVAS_PIXEL as f64 / self.units as f64 + origin as f64;
            (pixels / f64::from(self.pixels_per_point)) as f32
        };
        self.viewport.min + vec2(point(x, self.origin.0), point(y, self.origin.1))
    }

    /// Where on the screen a rectangle of the canvas lies.
    pub fn rect(&self, rect: Place) -> Rect {
        Rect::from_min_max(self.screen((rect.x, rect.y)), self.screen((rect.right(), rect.bottom())))
    }

    /// Where on the screen what was composed lies, to the pixel.
    pub fn grid_rect(&self, grid: &PixelGrid) -> Rect {
        let CanvasRect { x, y, width, height } = grid.area;
        let point = |units: CanvasUnit, origin: i64| {
            let pixels = units as f64 / self.units as f64 + origin as f64;
            (pixels / f64::from(self.pixels_per_point)) as f32
        };
        let corner = |x, y| self.viewport.min + vec2(point(x, self.origin.0), point(y, self.origin.1));
        Rect::from_min_max(corner(x, y), corner(x + width, y + height))
    }

    /// What is to be composed of a canvas of `size`: all of it where that is little, else what is seen and half as much around it; not
    /// finer than the canvas itself. `None` where nothing is seen.
    pub fn grid(&self, size: Size) -> Option<PixelGrid> {
        let pitch = self.units.max(CANVAS_PIXEL);
        let count = |pixels: u32| (i64::from(pixels) * CANVAS_PIXEL + pitch - 1) / pitch;
        let all = (count(size.width), count(size.height));
        let (columns, rows) = if all.0 * all.1 <= WHOLE_MAX && all.0.max(all.1) <= SIDE_MAX {
            (0..all.0, 0..all.1)
        } else {
            let (wide, high) = self.pixels(self.viewport.size());
            let seen = |origin: i64, length: f64, all: i64| {
                let begin = (-origin) * self.units / pitch;
                let length = (length as i64 * self.units / pitch).max(1);
                (begin - length / 2).clamp(0, all)..(begin + length + length / 2).clamp(0, all)
            };
            (seen(self.origin.0, wide, all.0), seen(self.origin.1, high, all.1))
        };
        let (wide, high) = (columns.end - columns.start, rows.end - rows.start);
        let size = Size::new(u32::try_from(wide).ok()?, u32::try_from(high).ok()?);
        let area = CanvasRect {
            x: columns.start * pitch,
            y: rows.start * pitch,
            width: wide * pitch,
            height: high * pitch,
        };
        (size.area() > 0).then_some(PixelGrid { area, size })
    }

    /// Whether `grid` still shows all that is seen, as finely as it can be.
    pub fn is_served_by(&self, grid: &PixelGrid, size: Size) -> bool {
        let Some(wanted) = self.grid(size) else { return true };
        let pitch = |grid: &PixelGrid| grid.area.width / i64::from(grid.size.width.max(1));
        if pitch(grid) != pitch(&wanted) {
            return false;
        }
        let view = Rect::from_min_max(self.viewport.min, self.viewport.max);
        let (all, own) = (self.grid_rect(&whole(size)), self.grid_rect(grid));
        let seen = all.intersect(view);
        !seen.is_positive() || own.expand(1.0).contains_rect(seen)
    }
}

/// A canvas of `size`, a pixel for each of its pixels.
fn whole(size: Size) -> PixelGrid {
    let side = |pixels: u32| CanvasUnit::from(pixels) * CANVAS_PIXEL;
    PixelGrid { area: CanvasRect { x: 0, y: 0, width: side(size.width), height: side(size.height) }, size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    fn sight() -> Sight {
        let mut sight = Sight::default();
        let outer = Place { x: 0, y: 0, width: 3_100_000, height: 1_295_000 };
        sight.settle(Rect::from_min_size(pos2(200.0, 40.0), vec2(900.0, 600.0)), 1.0, outer);
        sight
    }

    #[test]
    fn what_fits_is_seen_whole_and_in_the_middle() {
        let sight = sight();
        let rect = sight.rect(Place { x: 0, y: 0, width: 3_100_000, height: 1_295_000 });
        assert!(Rect::from_min_size(pos2(200.0, 40.0), vec2(900.0, 600.0)).contains_rect(rect), "{rect:?}");
        assert!((rect.center() - pos2(650.0, 340.0)).length() < 1.5 && rect.width() > 840.0, "{rect:?}");
    }

    #[test]
    fn what_lies_under_the_pointer_stays_there_and_comes_back() {
        let mut sight = sight();
        let at = pos2(333.0, 222.0);
        for factor in [1.25, 1.25, 2.0, 0.5, 0.1, 7.0] {
            let before = sight.canvas(at);
            sight.zoom(factor, at);
            let after = sight.canvas(at);
            let pixel = 100_000.0 / sight.percent();
            assert!((before.0 - after.0).abs() <= pixel && (before.1 - after.1).abs() <= pixel);
            let back = sight.screen(sight.place(at));
            assert!((back - at).length() < 1.0, "{back:?}");
        }
    }

    #[test]
    fn a_hundred_percent_are_pixels_as_they_are() {
        let mut sight = sight();
        sight.full();
        let view = Rect::from_min_size(pos2(200.0, 40.0), vec2(900.0, 600.0));
        sight.settle(view, 1.0, Place { x: 0, y: 0, width: 1_920_000, height: 1_080_000 });
        let size = Size::new(1920, 1080);
        let grid = sight.grid(size).unwrap();
        assert_eq!((grid.size, grid.area.width), (size, 1920 * CANVAS_PIXEL));
        let rect = sight.grid_rect(&grid);
        assert_eq!((rect.width(), rect.height()), (1920.0, 1080.0));
        assert_eq!(rect.min, rect.min.round());
        assert!(sight.is_served_by(&grid, size));
        sight.pan(vec2(50_000.0, 0.0));
        assert!(sight.is_served_by(&grid, size), "nothing is seen");
    }

    #[test]
    fn of_a_large_canvas_what_is_seen_is_composed() {
        let mut sight = sight();
        sight.full();
        let view = Rect::from_min_size(pos2(0.0, 0.0), vec2(1000.0, 800.0));
        sight.settle(view, 1.0, Place { x: 0, y: 0, width: 7_680_000, height: 4_320_000 });
        let size = Size::new(7680, 4320);
        let grid = sight.grid(size).unwrap();
        assert!(grid.size.width <= 2000 && grid.size.height <= 1600, "{}", grid.size);
        assert!(sight.is_served_by(&grid, size));
        sight.pan(vec2(300.0, 0.0));
        assert!(sight.is_served_by(&grid, size));
        sight.pan(vec2(900.0, 0.0));
        assert!(!sight.is_served_by(&grid, size));
    }
}
