//! Painting a scene's damage, item by item, row by row.

use super::ColumnsCache;
use super::kernels::Kernels;
use super::surface::Surface;
use super::video::{VideoRows, VideoScratch};
use crate::blend::mul_255;
use crate::coverage::Outline;
use crate::picture::{Bitmap, PixelRect};
use crate::scene::{Item, Layer, Paint, Prepared, Tables};
use layouts::Rotation;
use std::sync::Arc;

/// Pictures of this many bytes and more leave the nearer caches before they are read again: their video pixels are written
/// past them.
const STREAM_MIN: usize = 4 << 20;

/// Memory that is used again from tick to tick.
#[derive(Debug, Default)]
pub struct Scratch {
    video: VideoScratch,
    pixels: Vec<u8>,
    /// The picture that is laid over another one, while there is one.
    above: Surface,
}

/// Paints the pixels of `damage` (disjoint) and no others.
pub fn paint(
    kernels: Kernels,
    scene: &Prepared,
    damage: &[PixelRect],
    columns: &ColumnsCache,
    scratch: &mut Scratch,
    surface: &mut Surface,
) {
    // A picture that is turned afterwards, or laid over another one, is read again at once.
    let last = scene.output.rotation == Rotation::None && scene.over.is_none();
    let stream = last && surface.picture().bytes.len() >= STREAM_MIN;
    paint_layer(kernels, &scene.layer, damage, columns, stream, scratch, surface);
    let mut above = std::mem::take(&mut scratch.above);
    if let Some(over) = &scene.over {
        let parts = common(&over.parts, damage);
        above.resize(scene.size);
        paint_layer(kernels, &over.layer, &parts, columns, false, scratch, &mut above);
        for part in parts {
            for y in part.top..part.bottom {
                let (below, above) =
                    (surface.row_mut(y, part.left, part.right), above.row_mut(y, part.left, part.right));
                kernels.blend(below, above, over.opacity);
            }
        }
        scratch.above = above;
    }
    kernels.fence();
}

/// The pixels that two lists of disjoint rectangles share; disjoint.
fn common(a: &[PixelRect], b: &[PixelRect]) -> Vec<PixelRect> {
    let each = a.iter().flat_map(|rect| b.iter().map(|part| rect.intersect(*part)));
    each.filter(|rect| !rect.is_empty()).collect()
}

fn paint_layer(
    kernels: Kernels,
    layer: &Layer,
    damage: &[PixelRect],
    columns: &ColumnsCache,
    stream: bool,
    scratch: &mut Scratch,
    surface: &mut Surface,
) {
    for part in common(&layer.background_visible, damage) {
        for y in part.top..part.bottom {
            fill(surface.row_mut(y, part.left, part.right), layer.background);
        }
    }
    for item in &layer.items {
        for part in common(&item.visible, damage) {
            paint_part(kernels, item, part, columns, stream, scratch, surface);
        }
    }
}

fn paint_part(
    kernels: Kernels,
    item: &Item,
    part: PixelRect,
    columns: &ColumnsCache,
    stream: bool,
    scratch: &mut Scratch,
    surface: &mut Surface,
) {
    let Scratch { video: video_scratch, pixels, above: _ } = scratch;
    let mut rows = match &item.paint {
        Paint::Fill(pixel) => Rows::Fill(*pixel),
        Paint::Bitmap { bitmap, left, top } => Rows::Bitmap { bitmap, left: *left, top: *top },
        Paint::Video(video) => {
            let find = |tables: &Arc<Tables>| {
                columns.get(&Arc::as_ptr(tables).addr()).map(|(_, columns)| columns.as_ref())
            };
            let Some(luma) = find(&video.luma) else { return };
            let chroma = video.chroma.as_ref().and_then(find);
            let range = ((part.left - item.rect.left) as usize, (part.right - item.rect.left) as usize);
            let rows = VideoRows::new(kernels, video, luma, chroma, range, video_scratch);
            let origin = (item.rect.left, item.rect.top);
            Rows::Video { rows, origin, opaque: video.matrix.is_some(), stream }
        }
    };
    for y in part.top..part.bottom {
        for (left, right) in segments(item.outline.as_ref(), y, part.left, part.right) {
            if left < right {
                let out = surface.row_mut(y, left, right);
                rows.lay(kernels, item, (y, left, right), out, pixels);
            }
        }
    }
}

/// A row's columns in three runs, of which the middle one has equal coverage throughout.
fn segments(outline: Option<&Outline>, y: i32, left: i32, right: i32) -> [(i32, i32); 3] {
    let Some(outline) = outline else { return [(left, left), (left, right), (right, right)] };
    let from_end = (y - outline.rect.top).min(outline.rect.bottom - 1 - y);
    let corner = if from_end < outline.corner.height { outline.corner.width } else { 0 };
    let reach = corner.max(outline.ring_x);
    let middle_left = (outline.rect.left + reach).clamp(left, right);
    let middle_right = (outline.rect.right - reach).clamp(middle_left, right);
    [(left, middle_left), (middle_left, middle_right), (middle_right, right)]
}

/// Where an item's pixels come from.
enum Rows<'a> {
    Fill([u8; 4]),
    Bitmap { bitmap: &'a Bitmap, left: i32, top: i32 },
    Video { rows: VideoRows<'a>, origin: (i32, i32), opaque: bool, stream: bool },
}

impl Rows<'_> {
    /// Lays one run of a row over `out`.
    fn lay(
        &mut self,
        kernels: Kernels,
        item: &Item,
        (y, left, right): (i32, i32, i32),
        out: &mut [u8],
        pixels: &mut Vec<u8>,
    ) {
        let coverage = |x: i32| item.outline.as_ref().map_or(255, |outline| outline.at(x, y));
        let even = item.outline.as_ref().is_none_or(|outline| {
            let (_, middle) = (0, segments(Some(outline), y, left, right)[1]);
            middle == (left, right)
        });
        let alpha = mul_255(item.opacity, coverage(left));
        if even && alpha == 0 {
            return;
        }
        if even && alpha == 255 && self.replace(y, left, right, out) {
            return;
        }
        pixels.resize(out.len().max(pixels.len()), 0);
        let above: &[u8] = match self {
            Rows::Bitmap { bitmap, left: start, top } => bitmap_run(bitmap, *start, *top, (y, left, right)),
            Rows::Fill(pixel) => {
                fill(&mut pixels[..out.len()], *pixel);
                &pixels[..out.len()]
            }
            Rows::Video { rows, origin, .. } => {
                let columns = ((left - origin.0) as usize, (right - origin.0) as usize);
                rows.row((y - origin.1) as usize, columns.0, columns.1, false, &mut pixels[..out.len()]);
                &pixels[..out.len()]
            }
        };
        if even {
            kernels.blend(out, above, alpha);
            return;
        }
        for (x, (below, above)) in (left..right).zip(out.chunks_exact_mut(4).zip(above.chunks_exact(4))) {
            kernels.blend(below, above, mul_255(item.opacity, coverage(x)));
        }
    }

    /// Where every pixel is opaque, writes them; else says no.
    fn replace(&mut self, y: i32, left: i32, right: i32, out: &mut [u8]) -> bool {
        match self {
            Rows::Fill(pixel) if pixel[3] == 255 => fill(out, *pixel),
            Rows::Bitmap { bitmap, left: start, top } if bitmap.is_opaque() => {
                out.copy_from_slice(bitmap_run(bitmap, *start, *top, (y, left, right)));
            }
            Rows::Video { rows, origin, opaque: true, stream } => {
                let columns = ((left - origin.0) as usize, (right - origin.0) as usize);
                rows.row((y - origin.1) as usize, columns.0, columns.1, *stream, out);
            }
            _ => return false,
        }
        true
    }
}

fn bitmap_run(bitmap: &Bitmap, start: i32, top: i32, (y, left, right): (i32, i32, i32)) -> &[u8] {
    let row = (y - top) as usize * bitmap.size().width as usize;
    &bitmap.bytes()[(row + (left - start) as usize) * 4..(row + (right - start) as usize) * 4]
}

fn fill(out: &mut [u8], pixel: [u8; 4]) {
    for bytes in out.chunks_exact_mut(4) {
        bytes.copy_from_slice(&pixel);
    }
}
