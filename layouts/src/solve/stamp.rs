//! The sync stamp: by a photograph of several screens a person sees whether they are in step.
//!
//! On each screen a plate tells node and screen, the wall time at which the tick began, the tick's number, and its lowest
//! bits as cells that are still told apart where digits blur. Two bars cross the whole canvas and meet over bezels only
//! while all screens show the same tick. Each window bears the time at which its picture was captured. Digits are
//! rasters of their own, so that a running clock draws no raster twice.

use super::change::Placed;
use super::{SourceStates, meet};
use crate::layout::{Wall, WindowContent};
use crate::plan::{
    Align, CANVAS_PIXEL, CanvasRect, CanvasUnit, Content, Draw, Outline, PixelGrid, Raster, Rgba, Weight,
};
use crate::theme::Palette;
use media::{CanvasFrame, WallTime};
use std::sync::Arc;

/// How many of the tick's lowest bits are shown as cells.
const CELLS: i64 = 16;
/// How long the upright bar takes across the canvas, in seconds.
const ACROSS_S: u64 = 2;
/// How long the level bar takes down.
const DOWN_S: u64 = 3;

/// What one screen's part of the stamp is drawn from.
pub(super) struct Facts<'a> {
    pub wall: &'a Wall,
    pub palette: &'a Palette,
    pub canvas_frame: CanvasFrame,
    pub now: WallTime,
    pub utc_offset_s: i32,
    pub states: &'a SourceStates,
}

/// The two bars, which belong to the canvas: every screen draws its part of them.
pub(super) fn bars(facts: &Facts<'_>, draws: &mut Vec<Draw>) {
    let (canvas, tick) = (facts.wall.canvas, facts.canvas_frame.0);
    let ticks = |seconds: u64| seconds * u64::from(facts.wall.tick.hz());
    let (across, down) = (ticks(ACROSS_S), ticks(DOWN_S));
    // Half a step broad, so that the bars of two ticks never touch.
    let step = (canvas.width / across as i64).min(canvas.height / down as i64);
    let broad = (step / 2).clamp(CANVAS_PIXEL, (canvas.height / 100).max(CANVAS_PIXEL));
    let at = |length: CanvasUnit, ticks: u64| {
        let (phase, ticks) = ((tick % ticks) as i64, ticks as i64);
        length / ticks * phase + length % ticks * phase / ticks
    };
    let color = facts.palette.accent.0;
    fill(draws, CanvasRect { x: canvas.x + at(canvas.width, across), width: broad, ..canvas }, color, 0);
    fill(draws, CanvasRect { y: canvas.y + at(canvas.height, down), height: broad, ..canvas }, color, 0);
}

/// What belongs to one screen: its plate, and the capture time of each window that it shows.
pub(super) fn screen(
    facts: &Facts<'_>,
    name: &str,
    grid: PixelGrid,
    windows: &[Placed<'_>],
    draws: &mut Vec<Draw>,
) {
    let sheet = Sheet { grid };
    let plate = Plate::new(&sheet);
    captures(facts, &sheet, plate.rect(&sheet), windows, draws);
    if plate.fits(&sheet) {
        plate.draw(facts, &sheet, name, draws);
    }
}

/// A screen's upright pixels. What is laid out in whole ones needs one raster for each letter, wherever it stands.
pub(super) struct Sheet {
    pub grid: PixelGrid,
}

impl Sheet {
    pub(super) fn wide(&self) -> i64 {
        i64::from(self.grid.size.width)
    }

    pub(super) fn high(&self) -> i64 {
        i64::from(self.grid.size.height)
    }

    /// The canvas rectangle of exactly these pixels.
    pub(super) fn rect(&self, [x, y, width, height]: [i64; 4]) -> CanvasRect {
        let area = self.grid.area;
        let across = |pixel: i64| area.x + area.width * pixel / self.wide();
        let down = |pixel: i64| area.y + area.height * pixel / self.high();
        let (left, top) = (across(x), down(y));
        CanvasRect { x: left, y: top, width: across(x + width) - left, height: down(y + height) - top }
    }

    /// A number of rows of pixels as canvas units.
    pub(super) fn rows(&self, pixels: i64) -> CanvasUnit {
        self.grid.area.height * pixels / self.high()
    }

    /// The first pixels at or after a place on the canvas.
    fn pixel(&self, x: CanvasUnit, y: CanvasUnit) -> (i64, i64) {
        let area = self.grid.area;
        let up = |a: i64, b: i64| -(-a).div_euclid(b);
        (up((x - area.x) * self.wide(), area.width), up((y - area.y) * self.high(), area.height))
    }
}

pub(super) fn fill(draws: &mut Vec<Draw>, rect: CanvasRect, color: Rgba, radius: CanvasUnit) {
    draw(draws, Content::Fill(color), rect, Outline { radius, ring: 0 });
}

pub(super) fn draw(draws: &mut Vec<Draw>, content: Content, rect: CanvasRect, outline: Outline) {
    draws.push(Draw { content, rect, clip: rect, opacity: 255, outline });
}

/// How wide a character of a running number stands, in hundredths of its font size: digits alike, signs closer.
fn advance(character: char) -> i64 {
    match character {
        '0'..='9' => 58,
        ' ' => 20,
        _ => 28,
    }
}

/// How wide `text` stands, in pixels.
fn extent(text: &str, em: i64) -> i64 {
    text.chars().map(|character| em * advance(character) / 100).sum()
}

/// A number whose characters are drawn one by one, from the pixel `(x, y)`, in rows `high` pixels tall.
fn number(
    draws: &mut Vec<Draw>,
    sheet: &Sheet,
    text: &str,
    (mut x, y): (i64, i64),
    (em, high): (i64, i64),
    color: impl Fn(usize) -> Rgba,
) {
    for (index, character) in text.chars().enumerate() {
        let width = em * advance(character) / 100;
        if character != ' ' {
            let raster = Raster::Text {
                text: character.to_string(),
                size: sheet.rows(em),
                color: color(index),
                align: Align::Middle,
                vertical: Align::Middle,
                weight: Weight::Medium,
                lines_max: 1,
            };
            let rect = sheet.rect([x, y, width, high]);
            draw(draws, Content::Raster(Arc::new(raster)), rect, Outline::default());
        }
        x += width;
    }
}

/// Hours, minutes, seconds and milliseconds on the hall's clock.
fn stop_watch(now: WallTime, utc_offset_s: i32) -> String {
    let ms = (now.0.div_euclid(1_000_000) + i64::from(utc_offset_s) * 1000).rem_euclid(86_400_000);
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", s / 3600, s / 60 % 60, s % 60)
}

/// Seconds and milliseconds of a wall time, the seconds counted up to a thousand.
fn capture_words(captured: WallTime) -> String {
    let ms = captured.0.div_euclid(1_000_000).rem_euclid(1_000_000);
    format!("{:03}.{:03}", ms / 1000, ms % 1000)
}

/// A number with a space after every three digits from the right.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// The lowest [`CELLS`] bits of a number in Gray's code, highest first: neighbours differ in one cell only, so a
/// photograph that caught two ticks is wrong by no more than one.
fn gray(number: u64) -> impl Iterator<Item = bool> {
    let low = number % (1 << CELLS);
    let code = low ^ (low >> 1);
    (0..CELLS).rev().map(move |bit| code >> bit & 1 == 1)
}

/// Measures of a screen's plate, in its pixels.
struct Plate {
    /// Font size of the stop-watch.
    em: i64,
    x: i64,
    y: i64,
    padding: i64,
    /// Of what stands on it.
    inner: i64,
}

impl Plate {
    fn new(sheet: &Sheet) -> Self {
        let em = (sheet.wide() * 2 / 17).min(sheet.high() / 10).max(4);
        let inner = extent("00:00:00.000", em);
        Self { em, x: em / 2, y: em / 2, padding: em * 2 / 5, inner }
    }

    fn high(&self) -> i64 {
        // Names, stop-watch, tick number, cells, and the spaces between them.
        self.padding * 2 + self.em * (52 + 112 + 74 + 50) / 100
    }

    fn wide(&self) -> i64 {
        self.inner + 2 * self.padding
    }

    /// A screen of a few pixels has no room for it.
    fn fits(&self, sheet: &Sheet) -> bool {
        self.x + self.wide() <= sheet.wide() && self.y + self.high() <= sheet.high()
    }

    fn rect(&self, sheet: &Sheet) -> CanvasRect {
        sheet.rect([self.x, self.y, self.wide(), self.high()])
    }

    fn draw(&self, facts: &Facts<'_>, sheet: &Sheet, name: &str, draws: &mut Vec<Draw>) {
        let (palette, em, rect) = (facts.palette, self.em, self.rect(sheet));
        let radius = sheet.rows(em / 5);
        fill(draws, rect, palette.canvas.0, radius);
        let ring = Outline { radius, ring: sheet.rows((em / 40).max(1)) };
        draw(draws, Content::Fill(palette.line.0), rect, ring);

        let (x, mut y) = (self.x + self.padding, self.y + self.padding);
        let words = Raster::Text {
            text: name.to_owned(),
            size: sheet.rows(em * 42 / 100),
            color: palette.text_2.0,
            align: Align::Start,
            vertical: Align::Start,
            weight: Weight::Regular,
            lines_max: 1,
        };
        let row = sheet.rect([x, y, self.inner, em * 50 / 100]);
        draw(draws, Content::Raster(Arc::new(words)), row, Outline::default());
        y += em * 52 / 100;

        let clock = stop_watch(facts.now, facts.utc_offset_s);
        // What runs too fast for the eye is set apart.
        let color = |index: usize| if index > 8 { palette.accent.0 } else { palette.text.0 };
        number(draws, sheet, &clock, (x, y), (em, em * 110 / 100), color);
        y += em * 112 / 100;

        let (tick, small) = (grouped(facts.canvas_frame.0), em * 50 / 100);
        let last = tick.len().saturating_sub(3);
        let color = |index: usize| if index >= last { palette.text.0 } else { palette.muted.0 };
        number(draws, sheet, &tick, (x, y), (small, em * 60 / 100), color);
        y += em * 74 / 100;

        let gap = (em / 14).max(1);
        for (index, lit) in gray(facts.canvas_frame.0).enumerate() {
            let left = (self.inner + gap) * index as i64 / CELLS;
            let right = (self.inner + gap) * (index as i64 + 1) / CELLS - gap;
            let cell = sheet.rect([x + left, y, (right - left).max(1), em * 50 / 100]);
            fill(draws, cell, if lit { palette.text.0 } else { palette.line.0 }, 0);
        }
    }
}

/// On each window of a source, where this screen shows enough of it: when its picture was captured.
fn captures(
    facts: &Facts<'_>,
    sheet: &Sheet,
    plate: CanvasRect,
    windows: &[Placed<'_>],
    draws: &mut Vec<Draw>,
) {
    let palette = facts.palette;
    let em = (sheet.wide().min(sheet.high()) / 32).max(4);
    let (padding, high) = ((em / 2).max(1), em * 14 / 10);
    let wide = extent("000.000", em) + 2 * padding;
    for (index, placed) in windows.iter().enumerate() {
        let WindowContent::Source { source, .. } = &placed.window.content else { continue };
        let Some(captured) = facts.states.get(source).and_then(|state| state.captured) else { continue };
        let (area, window) = (sheet.grid.area, placed.rect);
        if !meet(area, window) {
            continue;
        }
        // The edges of what this screen shows of the window.
        let (left, top) = (window.x.max(area.x), window.y.max(area.y));
        let right = (window.x + window.width).min(area.x + area.width);
        let bottom = (window.y + window.height).min(area.y + area.height);
        let ((x, y), (end, _)) = (sheet.pixel(left, top), sheet.pixel(right, bottom));
        let corners = [x + padding, end - padding - wide].map(|x| (x, y + padding));
        let free = |(x, y): &(i64, i64)| {
            let badge = sheet.rect([*x, *y, wide, high]);
            let inside =
                badge.x >= left && badge.x + badge.width <= right && badge.y + badge.height <= bottom;
            let hidden = windows[index + 1..].iter().any(|above| meet(above.rect, badge));
            inside && !hidden && !meet(plate, badge)
        };
        if let Some((x, y)) = corners.into_iter().find(free) {
            fill(draws, sheet.rect([x, y, wide, high]), palette.canvas.0, sheet.rows(em / 4));
            let color = |_| palette.text.0;
            number(draws, sheet, &capture_words(captured), (x + padding, y), (em, high), color);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_ticks_differ_in_one_cell() {
        for tick in [0_u64, 1, 7, 65_534, 65_535, 44_871_234_567] {
            let changed = gray(tick).zip(gray(tick + 1)).filter(|(a, b)| a != b).count();
            assert_eq!(changed, 1, "after tick {tick}");
        }
        let code = |tick: u64| gray(tick).collect::<Vec<_>>();
        let all: std::collections::BTreeSet<_> = (0..1 << CELLS).map(code).collect();
        assert_eq!(all.len(), 1 << CELLS, "every code stands for one tick");
    }

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(44_885_035_297), "44 885 035 297");
        // 2026-11-23 02:31:52.040 UTC.
        let now = WallTime(1_795_401_112_040_999_999);
        assert_eq!(stop_watch(now, 8 * 3600), "10:31:52.040");
        assert_eq!(stop_watch(WallTime(-1), 0), "23:59:59.999");
        assert_eq!(capture_words(now), "112.040");
    }
}
