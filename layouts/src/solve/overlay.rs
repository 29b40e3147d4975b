//! What lies over a source's picture and belongs to the picture itself: privacy zones, and what another system has found
//! in it. Both follow the picture through crop and fit.

use super::marks::{self, Style};
use super::{Pen, meet};
use crate::plan::{Align, CanvasRect, CanvasUnit, Content, Crop, Draw, Outline, Raster, Rgba, Weight};
use crate::theme::Palette;
use crate::widget::Answer;
use media::{Size, SourceId, Table, Value, WallTime};
use std::sync::Arc;

/// A detection belongs to a picture that was captured at most so long before or after it.
const APART_NS_MAX: u64 = 500_000_000;
/// Most boxes on one window.
const BOXES_MAX: usize = 64;
/// Most rows of an answer that are looked through at each tick.
const ROWS_MAX: usize = 4096;

/// A picture in its window: which part of it fills which rectangle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pictured {
    pub size: Size,
    pub crop: Crop,
    pub rect: CanvasRect,
}

impl Pictured {
    /// Where a part of the picture, as edges in 1/65536 of it, lies on the canvas, rounded outwards; it may lie outside `rect`.
    /// `None` where it cannot be reckoned.
    fn place(&self, [left, top, right, bottom]: [i64; 4]) -> Option<[CanvasUnit; 4]> {
        let Self { size: _, crop, rect } = self;
        let along = |part: i64, from: u32, of: u32, start: CanvasUnit, length: CanvasUnit, up: bool| {
            let product = (i128::from(part) - i128::from(from)) * i128::from(length);
            let of = i128::from(of);
            let way = product.checked_div_euclid(of)?;
            let way = if up && way * of != product { way + 1 } else { way };
            start.checked_add(CanvasUnit::try_from(way).ok()?)
        };
        Some([
            along(left, crop.x, crop.width, rect.x, rect.width, false)?,
            along(top, crop.y, crop.height, rect.y, rect.height, false)?,
            along(right, crop.x, crop.width, rect.x, rect.width, true)?,
            along(bottom, crop.y, crop.height, rect.y, rect.height, true)?,
        ])
    }

    /// How far beyond its edge a part of the picture can colour a pixel that is `pitch` wide: filters reach over one and a
    /// half output pixels, and over one and a half samples of chroma, which are two of the picture's own.
    fn reach(&self, pitch: CanvasUnit) -> Option<[CanvasUnit; 2]> {
        let sample = |length: CanvasUnit, part: u32, pixels: u32| {
            let shown = i128::from(part) * i128::from(pixels);
            CanvasUnit::try_from((i128::from(length) << 16).checked_div(shown)?).ok()
        };
        let Self { size, crop, rect } = self;
        let (across, down) =
            (sample(rect.width, crop.width, size.width)?, sample(rect.height, crop.height, size.height)?);
        let far = |sample: CanvasUnit| sample.checked_mul(3)?.checked_add(pitch.checked_mul(2)?);
        Some([far(across)?, far(down)?])
    }
}

/// The part that two rectangles share, if they share any.
fn shared(edges: [CanvasUnit; 4], rect: CanvasRect) -> Option<CanvasRect> {
    let [left, top, right, bottom] = edges;
    let (x, y) = (left.max(rect.x), top.max(rect.y));
    let (width, height) = (right.min(rect.x + rect.width) - x, bottom.min(rect.y + rect.height) - y);
    (width > 0 && height > 0).then_some(CanvasRect { x, y, width, height })
}

/// Covers the privacy zones of a picture, on screens whose pixels are at most `pitch` wide.
///
/// A zone is opaque even where its window is not, and in its corners too: what is behind it must not shine through. One whose
/// place cannot be reckoned covers the whole window.
pub(super) fn masks(
    pen: &mut Pen<'_>,
    palette: &Palette,
    pictured: &Pictured,
    masks: &[Crop],
    pitch: CanvasUnit,
) {
    let color = Rgba { a: 255, ..palette.raised.0 };
    for mask in masks {
        let area = match covered(pictured, *mask, pitch) {
            Some(edges) => shared(edges, pen.window),
            None => Some(pen.window),
        };
        if let Some(rect) = area {
            let (clip, outline) = (pen.window, Outline::default());
            pen.draws.push(Draw { content: Content::Fill(color), rect, clip, opacity: 255, outline });
        }
    }
}

/// The edges of what a zone covers.
fn covered(pictured: &Pictured, mask: Crop, pitch: CanvasUnit) -> Option<[CanvasUnit; 4]> {
    let Crop { x, y, width, height } = mask;
    let edges = [x, y, x.checked_add(width)?, y.checked_add(height)?].map(i64::from);
    let [left, top, right, bottom] = pictured.place(edges)?;
    let [across, down] = pictured.reach(pitch)?;
    Some([
        left.checked_sub(across)?,
        top.checked_sub(down)?,
        right.checked_add(across)?,
        bottom.checked_add(down)?,
    ])
}

/// Something found in a picture.
struct Found<'a> {
    /// Edges in 1/65536 of the picture.
    edges: [i64; 4],
    label: &'a str,
    color: Rgba,
}

/// Draws what was found in the picture that was captured at `captured`.
pub(super) fn detections(
    pen: &mut Pen<'_>,
    style: &Style<'_>,
    pictured: &Pictured,
    answer: &Answer,
    source: &SourceId,
    captured: WallTime,
) {
    for found in found_in(&answer.table, source, captured, style.palette) {
        if let Some(edges) = pictured.place(found.edges) {
            draw_box(pen, style, edges, &found);
        }
    }
}

/// The rows of `source` whose moment is the nearest to `captured`, at most half a second from it; of two that are as near,
/// the earlier.
fn found_in<'a>(
    table: &'a Table,
    source: &SourceId,
    captured: WallTime,
    palette: &Palette,
) -> Vec<Found<'a>> {
    let columns = ["source", "captured", "x", "y", "width", "height"].map(|name| table.column(name));
    let [Some(of), Some(at), Some(x), Some(y), Some(width), Some(height)] = columns else {
        return Vec::new();
    };
    let moment = |row: &[Value]| match row.get(at) {
        Some(Value::Time(time)) if row.get(of).and_then(Value::text) == Some(source.as_str()) => Some(*time),
        _ => None,
    };
    let rows = || table.rows().iter().take(ROWS_MAX);
    let apart = |time: WallTime| (time.0.abs_diff(captured.0), time);
    let nearest = rows().filter_map(|row| moment(row)).map(apart).min();
    let Some((_, nearest)) = nearest.filter(|(apart, _)| *apart <= APART_NS_MAX) else { return Vec::new() };
    let (label, color) = (table.column("label"), table.column("color"));
    let found = |row: &'a Vec<Value>| {
        let number =
            |column: usize| row.get(column).and_then(Value::number).filter(|number| number.is_finite());
        let (x, y, width, height) = (number(x)?, number(y)?, number(width)?, number(height)?);
        // Clamped first, so that the product is exact and in range whatever a feed says.
        let part = |place: f64| (place.clamp(0.0, 1.0) * 65_536.0).round() as i64;
        let edges = [part(x), part(y), part(x + width), part(y + height)];
        let text = |column: Option<usize>| column.and_then(|at| row.get(at)).and_then(Value::text);
        (edges[2] > edges[0] && edges[3] > edges[1]).then(|| Found {
            edges,
            label: text(label).unwrap_or("").trim(),
            color: text(color).and_then(|role| palette.role(role)).unwrap_or(palette.warn.0),
        })
    };
    rows().filter(|row| moment(row) == Some(nearest)).filter_map(found).take(BOXES_MAX).collect()
}

/// Four lines around the place, and its name on a plate.
fn draw_box(
    pen: &mut Pen<'_>,
    style: &Style<'_>,
    [left, top, right, bottom]: [CanvasUnit; 4],
    found: &Found<'_>,
) {
    let line = style.px(3).min((right - left) / 2).min((bottom - top) / 2).max(1);
    let whole = CanvasRect { x: left, y: top, width: right - left, height: bottom - top };
    let window = pen.window;
    if !meet(whole, window) {
        return;
    }
    // Lines of their own, not a ring: where a box leaves the window it stays open.
    let sides = [
        CanvasRect { height: line, ..whole },
        CanvasRect { y: bottom - line, height: line, ..whole },
        CanvasRect { y: top + line, width: line, height: (whole.height - 2 * line).max(1), ..whole },
        CanvasRect { x: right - line, y: top + line, width: line, height: (whole.height - 2 * line).max(1) },
    ];
    for side in sides.into_iter().filter(|side| meet(*side, window)) {
        pen.put(Content::Fill(found.color), side);
    }
    let size = style.px(style.measures.small_px);
    let (height, padding) = (size * 3 / 2, size / 2);
    if found.label.is_empty() || height > window.height / 2 {
        return;
    }
    let label: String = found.label.chars().filter(|c| !c.is_control()).take(64).collect();
    let width = (marks::estimate(&label, size) + 2 * padding).min(window.width);
    let x = left.clamp(window.x, window.x + window.width - width);
    let above = top - height;
    let y = if above >= window.y { above } else { top.max(window.y) };
    pen.put(Content::Fill(found.color), CanvasRect { x, y, width, height });
    let words = Raster::Text {
        text: label,
        size,
        color: readable_on(found.color, style.palette),
        align: Align::Start,
        vertical: Align::Middle,
        weight: Weight::Regular,
        lines_max: 1,
    };
    let inner = CanvasRect { x: x + padding, y, width: (width - padding).max(1), height };
    pen.put(Content::Raster(Arc::new(words)), inner);
}

/// Which of the palette's two extremes stands out more from `ground`.
fn readable_on(ground: Rgba, palette: &Palette) -> Rgba {
    let light =
        |color: Rgba| 2126 * i64::from(color.r) + 7152 * i64::from(color.g) + 722 * i64::from(color.b);
    let far = |color: Rgba| (light(color) - light(ground)).abs();
    let (canvas, text) = (palette.canvas.0, palette.text.0);
    if far(canvas) >= far(text) { canvas } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Theme;

    const WINDOW: CanvasRect = CanvasRect { x: 10 << 16, y: 20 << 16, width: 640 << 16, height: 360 << 16 };

    fn zones(pictured: &Pictured, mask: Crop) -> Vec<Draw> {
        let mut draws = Vec::new();
        let mut pen = Pen { draws: &mut draws, window: WINDOW, corner: 99, opacity: 100 };
        masks(&mut pen, &Theme::built_in().dark, pictured, &[mask], 1 << 16);
        draws
    }

    #[test]
    fn a_zone_whose_place_cannot_be_reckoned_covers_the_whole_window() {
        let right = Pictured { size: Size::new(1280, 720), crop: Crop::ALL, rect: WINDOW };
        let mask = Crop { x: 30_000, y: 30_000, width: 100, height: 100 };
        assert!(zones(&right, mask)[0].rect.width < WINDOW.width / 20);
        let nothing = Crop { width: 0, ..Crop::ALL };
        for (pictured, mask) in [
            (Pictured { crop: nothing, ..right }, mask),
            (Pictured { size: Size::new(0, 720), ..right }, mask),
            (right, Crop { x: u32::MAX, ..mask }),
            (Pictured { rect: CanvasRect { width: i64::MAX, x: i64::MAX, ..WINDOW }, ..right }, mask),
        ] {
            let draws = zones(&pictured, mask);
            assert_eq!(draws.len(), 1, "{pictured:?}");
            let Draw { content, rect, clip, opacity, outline } = &draws[0];
            assert_eq!((rect, clip, *opacity, *outline), (&WINDOW, &WINDOW, 255, Outline::default()));
            assert!(matches!(content, Content::Fill(Rgba { a: 255, .. })));
        }
    }

    #[test]
    fn a_zone_outside_what_is_shown_is_not_drawn() {
        let half = Crop { x: 32_768, width: 32_768, ..Crop::ALL };
        let pictured = Pictured { size: Size::new(1280, 720), crop: half, rect: WINDOW };
        assert!(zones(&pictured, Crop { x: 0, y: 0, width: 20_000, height: 65_536 }).is_empty());
        assert_eq!(zones(&pictured, Crop { x: 0, y: 0, width: 40_000, height: 65_536 }).len(), 1);
    }

    #[test]
    fn words_on_a_plate_are_dark_on_light_and_light_on_dark() {
        let theme = Theme::built_in();
        for palette in [&theme.dark, &theme.light] {
            for ground in ["warn", "danger", "ok", "accent", "stale", "raised", "canvas"] {
                let ground = palette.role(ground).unwrap();
                let ratio = crate::theme::contrast(readable_on(ground, palette), ground);
                assert!(ratio >= 4.5, "{ground:?}: {ratio:.2}");
            }
        }
    }
}
