//! What of a map seldom changes: areas with their tints, roads and water. Drawn with tiny-skia and kept.

use super::geojson::{Position, Shape, Shapes};
use super::projection::Projection;
use crate::raster::sheet::Sheet;
use crate::raster::widget::geometry;
use crate::raster::widget::setting::{mix, tint};
use layouts::{Palette, Rgba};
use media::Table;
use std::collections::HashMap;
use std::sync::Arc;
use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, PixmapMut, Stroke, Transform};

/// A layer of the ground, its file read.
pub(super) enum Layer {
    /// Areas, tinted by the table where there is one.
    Areas(Arc<Shapes>, Option<Arc<Table>>),
    /// Lines and areas in one colour.
    Quiet(Arc<Shapes>, Rgba),
}

/// A step of the legend: from here on, up to there, in this colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::raster::widget) struct Step {
    pub from: f64,
    pub to: f64,
    pub color: Rgba,
}

/// The classes into which values of a table fall: at most six, between round numbers.
pub(super) fn steps(table: &Table, palette: &Palette) -> Vec<Step> {
    let Some(column) = table.column("value") else { return Vec::new() };
    let values = table.rows().iter().filter_map(|row| row.get(column)?.number());
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return Vec::new();
    }
    let marks = geometry::axis(if low >= 0.0 && low < high * 0.4 { 0.0 } else { low }, high, 4).marks;
    let last = marks.len().saturating_sub(2).max(1) as f64;
    let step = |(index, pair): (usize, &[f64])| Step {
        from: pair[0],
        to: pair[1],
        color: tint(0.04 + 0.46 * index as f64 / last, palette),
    };
    marks.windows(2).take(6).enumerate().map(step).collect()
}

fn step_of(value: f64, steps: &[Step]) -> Option<Rgba> {
    steps.iter().rev().find(|step| value >= step.from).or(steps.first()).map(|step| step.color)
}

/// Draws layers back to front over `sheet`.
pub(super) fn draw(layers: &[Layer], projection: &Projection, em: f64, palette: &Palette, sheet: &mut Sheet) {
    let hair = (em / 24.0).round().max(1.0) as f32;
    for layer in layers {
        match layer {
            Layer::Areas(shapes, table) => {
                let steps = table.as_deref().map(|table| steps(table, palette)).unwrap_or_default();
                let values = table.as_deref().map(values).unwrap_or_default();
                let quiet = mix(palette.canvas.0, palette.raised.0, 0.7);
                let paths: Vec<Option<Path>> =
                    shapes.shapes.iter().map(|shape| rings(shape, projection)).collect();
                for (shape, path) in shapes.shapes.iter().zip(&paths) {
                    let value = shape.id.as_deref().and_then(|id| values.get(id));
                    let color = value.and_then(|value| step_of(*value, &steps)).unwrap_or(quiet);
                    fill(sheet, path.as_ref(), color);
                }
                let border = mix(palette.line.0, palette.text_2.0, 0.25);
                for (shape, path) in shapes.shapes.iter().zip(&paths) {
                    stroke(sheet, path.as_ref(), Rgba { a: 170, ..border }, hair);
                    stroke(sheet, lines(shape, projection).as_ref(), Rgba { a: 170, ..border }, hair);
                }
            }
            Layer::Quiet(shapes, color) => {
                for shape in &shapes.shapes {
                    fill(sheet, rings(shape, projection).as_ref(), *color);
                    stroke(sheet, lines(shape, projection).as_ref(), *color, (em / 9.0).max(1.0) as f32);
                }
            }
        }
    }
}

/// Values by area.
fn values(table: &Table) -> HashMap<String, f64> {
    let (Some(area), Some(value)) = (table.column("area"), table.column("value")) else {
        return HashMap::new();
    };
    let name = |cell: &media::Value| match cell {
        media::Value::Text(text) => Some(text.to_string()),
        media::Value::Integer(number) => Some(number.to_string()),
        _ => None,
    };
    table.rows().iter().filter_map(|row| Some((name(row.get(area)?)?, row.get(value)?.number()?))).collect()
}

fn rings(shape: &Shape, projection: &Projection) -> Option<Path> {
    path(&shape.rings, projection, true)
}

fn lines(shape: &Shape, projection: &Projection) -> Option<Path> {
    path(&shape.lines, projection, false)
}

/// Points that lie less than a third of a pixel from the one before are left out.
fn path(lines: &[Vec<Position>], projection: &Projection, closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for line in lines {
        let mut before: Option<(f32, f32)> = None;
        for [lon, lat] in line {
            let (x, y) = projection.place(*lon, *lat);
            match before {
                None => path.move_to(x, y),
                Some((left, above)) if (x - left).abs() + (y - above).abs() < 0.34 => continue,
                Some(_) => path.line_to(x, y),
            }
            before = Some((x, y));
        }
        if closed && before.is_some() {
            path.close();
        }
    }
    path.finish()
}

/// Red and blue change places: tiny-skia counts RGBA where a sheet counts BGRA.
fn paint(color: Rgba) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(color.b, color.g, color.r, color.a);
    paint.anti_alias = true;
    paint
}

fn fill(sheet: &mut Sheet, path: Option<&Path>, color: Rgba) {
    let size = sheet.size();
    let pixmap = PixmapMut::from_bytes(sheet.bytes_mut(), size.width, size.height);
    if let (Some(path), Some(mut pixmap)) = (path, pixmap) {
        pixmap.fill_path(path, &paint(color), FillRule::EvenOdd, Transform::identity(), None);
    }
}

fn stroke(sheet: &mut Sheet, path: Option<&Path>, color: Rgba, width: f32) {
    let size = sheet.size();
    let pixmap = PixmapMut::from_bytes(sheet.bytes_mut(), size.width, size.height);
    if let (Some(path), Some(mut pixmap)) = (path, pixmap) {
        let stroke =
            Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        pixmap.stroke_path(path, &paint(color), &stroke, Transform::identity(), None);
    }
}
