//! Marks drawn from geometry: disc, pill, stripes and signs.

use super::sheet::Sheet;
use crate::blend;
use layouts::{Icon, Rgba};
use tiny_skia::{FillRule, LineCap, Paint, Path, PathBuilder, PixmapMut, Rect, Stroke, Transform};

/// Points looked at in a pixel of discs and stripes, on each axis.
const POINTS: i64 = 8;

/// A disc in the middle, as wide as the smaller side.
pub(super) fn dot(sheet: &mut Sheet, color: Rgba) {
    let (width, height) = (i64::from(sheet.size().width), i64::from(sheet.size().height));
    // In 1/16 pixel, where the points of a pixel lie at odd places.
    let unit = 2 * POINTS;
    let reach = (width.min(height) * unit / 2).pow(2);
    let away = |pixel: i64, point: i64, sides: i64| (pixel * unit + 2 * point + 1 - sides * unit / 2).pow(2);
    let all = POINTS * POINTS;
    // Of each column and row the squares of its points, the least and the greatest: most pixels lie inside or outside as a whole.
    let squares = |sides: i64| -> Vec<([i64; POINTS as usize], i64, i64)> {
        let of_pixel = |pixel: i64| {
            let squares: [i64; POINTS as usize] =
                std::array::from_fn(|point| away(pixel, point as i64, sides));
            let most = squares.iter().copied().max().unwrap_or(0);
            (squares, squares.iter().copied().min().unwrap_or(0), most)
        };
        (0..sides).map(of_pixel).collect()
    };
    let (across, down) = (squares(width), squares(height));
    for (y, (down, down_least, down_most)) in (0..).zip(&down) {
        for (x, (across, across_least, across_most)) in (0..).zip(&across) {
            let count = if down_least + across_least > reach {
                0
            } else if down_most + across_most <= reach {
                all
            } else {
                let inside = |a: &i64| across.iter().filter(|b| *a + **b <= reach).count();
                down.iter().map(inside).sum::<usize>() as i64
            };
            sheet.over(x, y, color, ((count * 255 + all / 2) / all) as u8);
        }
    }
}

/// A pill over the whole sheet: filled, with a line of `line_px` just inside its edge.
pub(super) fn pill(sheet: &mut Sheet, ground: Rgba, line: Rgba, line_px: f32) {
    let (width, height) = (sheet.size().width as f32, sheet.size().height as f32);
    let line_px = line_px.min(width.min(height) / 2.0);
    // The ground ends in the middle of the line, so that no second colour shines through the outer edge.
    fill(sheet, rounded(width, height, line_px / 2.0), ground);
    if line_px > 0.0 {
        stroke(sheet, rounded(width, height, line_px / 2.0), line, line_px);
    }
}

/// Stripes that rise to the right, one half of every pitch wide.
pub(super) fn stripes(sheet: &mut Sheet, ground: Rgba, stripe: Rgba, pitch_px: f32) {
    let points = POINTS;
    // Places in 1/16 pixel of the supersampled grid, so the edges depend on whole numbers alone.
    let unit = 2 * points;
    let pitch = ((f64::from(pitch_px) * unit as f64).round() as i64).max(2);
    let period: Vec<u8> = (0..pitch.min(1 << 20)).map(|place| u8::from(2 * place < pitch)).collect();
    let inside = |place: i64| i64::from(period[(place % pitch) as usize % period.len()]);
    let size = sheet.size();
    let (width, height) = (size.width as usize, size.height as usize);
    // Coverage depends on x + y alone, so one diagonal's worth of values serves every row.
    let (below, above) = (blend::premultiplied(ground), blend::premultiplied(stripe));
    let diagonal: Vec<[u8; 4]> = (0..(width + height) as i64)
        .map(|place| {
            let mut covered = 0;
            for offset in 0..2 * points - 1 {
                // How many of the points of a pixel share this offset along the diagonal.
                let share = points - (offset - points + 1).abs();
                covered += share * inside(place * unit + 2 * offset + 2);
            }
            let coverage = (covered * 255 + points * points / 2) / (points * points);
            blend::over(below, above, coverage as u8)
        })
        .collect();
    for (y, row) in sheet.bytes_mut().chunks_exact_mut(width * 4).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            pixel.copy_from_slice(&diagonal[x + y]);
        }
    }
}

/// A sign in the middle, as high as the smaller side.
pub(super) fn icon(sheet: &mut Sheet, icon: Icon, color: Rgba) {
    let (width, height) = (sheet.size().width as f32, sheet.size().height as f32);
    let side = width.min(height);
    let (x, y) = (width / 2.0, height / 2.0);
    let line = (side / 13.0).max(1.0);
    stroke(sheet, PathBuilder::from_circle(x, y, (side - line) / 2.0), color, line);
    match icon {
        Icon::Lost => {
            let reach = side * 0.18;
            let mut path = PathBuilder::new();
            path.move_to(x - reach, y - reach);
            path.line_to(x + reach, y + reach);
            path.move_to(x + reach, y - reach);
            path.line_to(x - reach, y + reach);
            stroke(sheet, path.finish(), color, line);
        }
        Icon::Waiting => {
            for step in [-1.0, 0.0, 1.0] {
                fill(sheet, PathBuilder::from_circle(x + step * side * 0.2, y, line * 0.8), color);
            }
        }
    }
}

/// The outline of a pill `inset` pixels inside a box.
fn rounded(width: f32, height: f32, inset: f32) -> Option<Path> {
    /// How far the control points of a quarter circle lie from its ends, in radii: 4/3 · (√2 − 1).
    const ARC: f32 = 0.552_284_8;
    let rect = Rect::from_ltrb(inset, inset, width - inset, height - inset)?;
    let radius = rect.width().min(rect.height()) / 2.0;
    let (left, top, right, bottom) = (rect.left(), rect.top(), rect.right(), rect.bottom());
    let far = radius * (1.0 - ARC);
    let mut path = PathBuilder::new();
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.cubic_to(right - far, top, right, top + far, right, top + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - far, right - far, bottom, right - radius, bottom);
    path.line_to(left + radius, bottom);
    path.cubic_to(left + far, bottom, left, bottom - far, left, bottom - radius);
    path.line_to(left, top + radius);
    path.cubic_to(left, top + far, left + far, top, left + radius, top);
    path.close();
    path.finish()
}

/// Fills `path`, if there is one.
fn fill(sheet: &mut Sheet, path: Option<Path>, color: Rgba) {
    let size = sheet.size();
    let pixmap = PixmapMut::from_bytes(sheet.bytes_mut(), size.width, size.height);
    if let (Some(path), Some(mut pixmap)) = (path, pixmap) {
        pixmap.fill_path(&path, &paint(color), FillRule::Winding, Transform::identity(), None);
    }
}

/// Draws along `path`, if there is one, with round ends.
fn stroke(sheet: &mut Sheet, path: Option<Path>, color: Rgba, width: f32) {
    let size = sheet.size();
    let pixmap = PixmapMut::from_bytes(sheet.bytes_mut(), size.width, size.height);
    if let (Some(path), Some(mut pixmap)) = (path, pixmap) {
        let stroke = Stroke { width, line_cap: LineCap::Round, ..Stroke::default() };
        pixmap.stroke_path(&path, &paint(color), &stroke, Transform::identity(), None);
    }
}

/// A smooth paint of one colour. Red and blue change places: tiny-skia counts RGBA where a sheet counts BGRA.
fn paint(color: Rgba) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(color.b, color.g, color.r, color.a);
    paint.anti_alias = true;
    paint
}
