//! Rows of pixels from a frame: prefilter, columns, rows, colour, with the last two rows of each plane kept.

use super::columns::{Columns, Shape};
use super::kernels::{Kernels, RowPair};
use super::scalar;
use crate::axis::Axis;
use crate::scene::Video;
use media::{Frame, PixelLayout};

/// Memory that is used again from item to item.
#[derive(Debug, Default)]
pub struct VideoScratch {
    kept: [Kept; 4],
    samples: [Vec<u8>; 2],
    averages: Vec<u8>,
    sums: Vec<u16>,
    chroma: [Vec<i16>; 2],
    zeros: Vec<i16>,
}

/// The last two rows of a plane whose columns were interpolated.
#[derive(Debug, Default)]
struct Kept {
    rows: [Option<usize>; 2],
    values: [Vec<i16>; 2],
}

impl Kept {
    fn find(&self, row: usize) -> Option<usize> {
        self.rows.iter().position(|kept| *kept == Some(row))
    }
}

/// Makes rows of one item's pixels, for columns inside one range.
pub struct VideoRows<'a> {
    kernels: Kernels,
    video: &'a Video,
    luma: &'a Columns,
    chroma: Option<&'a Columns>,
    range: (usize, usize),
    direct: bool,
    scratch: &'a mut VideoScratch,
}

impl<'a> VideoRows<'a> {
    /// For columns `range.0..range.1` of the item that shows `video`; `luma` and `chroma` belong to its tables.
    pub fn new(
        kernels: Kernels,
        video: &'a Video,
        luma: &'a Columns,
        chroma: Option<&'a Columns>,
        range: (usize, usize),
        scratch: &'a mut VideoScratch,
    ) -> Self {
        for kept in &mut scratch.kept {
            kept.rows = [None; 2];
        }
        let unfiltered = |axis: &Axis| axis.shift() == 0;
        let direct = match (chroma, &video.chroma) {
            (Some(chroma), Some(tables)) => {
                matches!(luma.shape, Shape::Identity)
                    && matches!(chroma.shape, Shape::Doubled { .. })
                    && luma.rows_whole
                    && chroma.rows_first
                    && [&video.luma.columns, &video.luma.rows, &tables.columns, &tables.rows]
                        .into_iter()
                        .all(unfiltered)
            }
            _ => false,
        };
        Self { kernels, video, luma, chroma, range, direct, scratch }
    }

    /// The pixels of columns `start..end` (inside the range) of the item's row `row`.
    ///
    /// With `stream` they may go past the caches.
    pub fn row(&mut self, row: usize, start: usize, end: usize, stream: bool, out: &mut [u8]) {
        match self.video.matrix {
            None => self.bgra_row(row, start, end, out),
            Some(_) if self.direct => self.direct_row(row, start, end, stream, out),
            Some(matrix) => {
                let luma = self.prepare(0, row);
                let chroma = self.chroma.map(|_| [self.prepare(1, row), self.prepare(2, row)]);
                let scratch = &mut *self.scratch;
                if chroma.is_none() && scratch.zeros.len() < end {
                    scratch.zeros.resize(end, 0);
                }
                let zero = RowPair { near: &scratch.zeros, far: &scratch.zeros, weight: 0 };
                let planes = match chroma {
                    Some([u, v]) => {
                        [pair(&scratch.kept, 0, luma), pair(&scratch.kept, 1, u), pair(&scratch.kept, 2, v)]
                    }
                    None => [pair(&scratch.kept, 0, luma), zero, zero],
                };
                self.kernels.shade(planes.map(|plane| plane.part(start, end)), matrix, stream, out);
            }
        }
    }

    fn bgra_row(&mut self, row: usize, start: usize, end: usize, out: &mut [u8]) {
        let tables = &self.video.luma;
        let whole = matches!(self.luma.shape, Shape::Identity) && self.luma.rows_whole;
        if whole && tables.columns.shift() == 0 && tables.rows.shift() == 0 {
            let (index, _) = tables.rows.tap(row);
            let bytes = plane_row(&self.video.frame, 0, index);
            out.copy_from_slice(&bytes[(self.luma.first + start) * 4..(self.luma.first + end) * 4]);
            return;
        }
        let rows = [0, 1, 2, 3].map(|channel| self.prepare(channel, row));
        let kept = &self.scratch.kept;
        let channels = [0, 1, 2, 3].map(|channel| pair(kept, channel, rows[channel]).part(start, end));
        scalar::shade_bgra(channels, out);
    }

    /// One sample of luma a pixel, half as many of chroma: nothing is written but the pixels.
    fn direct_row(&mut self, row: usize, start: usize, end: usize, stream: bool, out: &mut [u8]) {
        let (Some(matrix), Some(chroma), Some(tables)) = (self.video.matrix, self.chroma, &self.video.chroma)
        else {
            return;
        };
        let Shape::Doubled { odd } = chroma.shape else { return };
        let frame = &self.video.frame;
        let place = start + usize::from(odd);
        let first = chroma.first + place / 2;
        let last = (chroma.first + (end + usize::from(odd)) / 2 + 1).min(chroma.end);
        let (near, weight) = tables.rows.tap(row);
        let far = if weight == 0 { near } else { tables.rows.next(near) };
        let VideoScratch { samples, chroma: halves, .. } = &mut *self.scratch;
        for (plane, half) in halves.iter_mut().enumerate() {
            let [near_bytes, far_bytes] = samples;
            let near = samples_of(self.kernels, frame, plane + 1, near, (first, last), near_bytes);
            let far = samples_of(self.kernels, frame, plane + 1, far, (first, last), far_bytes);
            half.resize((last - first + 2).max(half.len()), 0);
            self.kernels.rows(near, far, weight, &mut half[..last - first]);
            // Beyond the plane's end its last sample goes on.
            let edge = half[last - first - 1];
            half[last - first..last - first + 2].fill(edge);
        }
        let columns = (self.luma.first + start, self.luma.first + end);
        let luma =
            samples_of(self.kernels, frame, 0, self.video.luma.rows.tap(row).0, columns, &mut samples[0]);
        let [u, v] = halves;
        let skip = place % 2;
        if skip == 1 {
            let middle = |half: &[i16]| ((i32::from(half[0]) + i32::from(half[1])) / 2) as i16;
            let y = (i16::from(luma[0]) - 128) * 128;
            out[..4].copy_from_slice(&matrix.pixel(y, middle(u), middle(v)));
        }
        self.kernels.shade_doubled(
            &luma[skip..],
            &u[skip..],
            &v[skip..],
            matrix,
            stream,
            &mut out[skip * 4..],
        );
    }

    /// Makes sure that the two rows which output row `row` takes from a plane are kept; says where, and the weight.
    fn prepare(&mut self, plane: usize, row: usize) -> (usize, usize, u32) {
        let (columns, tables) = match (plane, self.video.matrix.is_some(), self.chroma, &self.video.chroma) {
            (1.., true, Some(columns), Some(tables)) => (columns, tables),
            _ => (self.luma, &self.video.luma),
        };
        let (near, weight) = tables.rows.tap(row);
        let far = if weight == 0 { near } else { tables.rows.next(near) };
        let near_slot = self.keep(plane, near, None, columns);
        let far_slot = if far == near { near_slot } else { self.keep(plane, far, Some(near_slot), columns) };
        (near_slot, far_slot, weight)
    }

    fn keep(&mut self, plane: usize, row: usize, taken: Option<usize>, columns: &Columns) -> usize {
        let kept = &self.scratch.kept[plane];
        if let Some(slot) = kept.find(row) {
            return slot;
        }
        // The older row goes: rows are walked downwards.
        let slot = match taken {
            Some(slot) => 1 - slot,
            None => usize::from(kept.rows[1] < kept.rows[0]),
        };
        self.interpolate(plane, row, slot, columns);
        self.scratch.kept[plane].rows[slot] = Some(row);
        slot
    }

    fn interpolate(&mut self, plane: usize, row: usize, slot: usize, columns: &Columns) {
        let is_chroma = plane > 0 && self.video.matrix.is_some();
        let tables =
            if is_chroma { self.video.chroma.as_ref().unwrap_or(&self.video.luma) } else { &self.video.luma };
        let frame = &self.video.frame;
        let VideoScratch { kept, samples: [samples, _], averages, sums, .. } = &mut *self.scratch;
        let (shift_x, shift_y) = (tables.columns.shift(), tables.rows.shift());
        let count = columns.end - columns.first;
        let source: &[u8] = if shift_x == 0 && shift_y == 0 {
            samples_of(self.kernels, frame, plane, row, (columns.first, columns.end), samples)
        } else {
            averages.resize(count.max(averages.len()), 0);
            let boxes = Boxes { plane, row, shift_x, shift_y, first: columns.first, count };
            boxes.fill(self.kernels, frame, samples, sums, &mut averages[..count]);
            &averages[..count]
        };
        let values = &mut kept[plane].values[slot];
        let width = tables.columns.taps().len().next_multiple_of(16);
        values.resize(width.max(values.len()), 0);
        let mut short = [0; 16];
        let source = if source.len() < 16 {
            short[..source.len()].copy_from_slice(source);
            &short[..]
        } else {
            source
        };
        self.kernels.columns(source, &tables.columns, columns, self.range, values);
    }
}

fn pair(kept: &[Kept; 4], plane: usize, (near, far, weight): (usize, usize, u32)) -> RowPair<'_> {
    let values = &kept[plane].values;
    RowPair { near: &values[near], far: &values[far], weight }
}

/// A row of averages of one plane.
struct Boxes {
    plane: usize,
    row: usize,
    shift_x: u32,
    shift_y: u32,
    first: usize,
    count: usize,
}

impl Boxes {
    fn fill(
        &self,
        kernels: Kernels,
        frame: &Frame,
        samples: &mut Vec<u8>,
        sums: &mut Vec<u16>,
        out: &mut [u8],
    ) {
        let size = plane_extent(frame, self.plane);
        let start = self.first << self.shift_x;
        let end = ((self.first + self.count) << self.shift_x).min(size.0);
        let rows = (0..1usize << self.shift_y).map(|at| ((self.row << self.shift_y) + at).min(size.1 - 1));
        let mut views: [&[u8]; 1 << crate::axis::SHIFT_MAX] = [&[]; 1 << crate::axis::SHIFT_MAX];
        let count = 1 << self.shift_y;
        if matches!(frame.layout(), PixelLayout::Planar8(_)) {
            for (view, row) in views.iter_mut().zip(rows) {
                *view = &plane_row(frame, self.plane, row)[start..end];
            }
        } else {
            let width = end - start;
            samples.resize((width * count).max(samples.len()), 0);
            for (row, out) in rows.zip(samples.chunks_exact_mut(width)) {
                read_samples(kernels, frame, self.plane, row, (start, end), out);
            }
            for (view, row) in views.iter_mut().zip(samples.chunks_exact(width)).take(count) {
                *view = row;
            }
        }
        kernels.average(&views[..count], self.shift_x, sums, out);
    }
}

/// The plane that a channel's samples lie in, and the plane's extent in samples.
fn plane_extent(frame: &Frame, plane: usize) -> (usize, usize) {
    let index = if frame.layout() == PixelLayout::Bgra8 { 0 } else { plane };
    let size = frame.layout().plane_size(frame.size(), index);
    (size.width as usize, size.height as usize)
}

/// The bytes of a plane's row; `Frame::new` has made sure that they are there.
fn plane_row(frame: &Frame, plane: usize, row: usize) -> &[u8] {
    let layout = frame.layout();
    let width = layout.plane_size(frame.size(), plane).width as usize * layout.bytes_per_sample();
    frame.plane(plane).map_or(&[], |plane| &plane.bytes[row * plane.stride..row * plane.stride + width])
}

/// Samples `range` of a row as bytes: where they lie, or brought into `scratch`.
fn samples_of<'a>(
    kernels: Kernels,
    frame: &'a Frame,
    plane: usize,
    row: usize,
    range: (usize, usize),
    scratch: &'a mut Vec<u8>,
) -> &'a [u8] {
    if matches!(frame.layout(), PixelLayout::Planar8(_)) {
        return &plane_row(frame, plane, row)[range.0..range.1];
    }
    let count = range.1 - range.0;
    scratch.resize(count.max(scratch.len()), 0);
    read_samples(kernels, frame, plane, row, range, &mut scratch[..count]);
    &scratch[..count]
}

/// For layouts whose samples are not bytes in a row of their own; in BGRA pictures `plane` is the channel.
fn read_samples(
    kernels: Kernels,
    frame: &Frame,
    plane: usize,
    row: usize,
    range: (usize, usize),
    out: &mut [u8],
) {
    let (start, end) = range;
    match frame.layout() {
        PixelLayout::Planar8(_) => out.copy_from_slice(&plane_row(frame, plane, row)[start..end]),
        PixelLayout::Planar10(_) => kernels.narrow(&plane_row(frame, plane, row)[start * 2..end * 2], out),
        PixelLayout::Bgra8 => {
            let pixels = plane_row(frame, 0, row)[start * 4..end * 4].chunks_exact(4);
            for (pixel, out) in pixels.zip(out) {
                *out = pixel[plane];
            }
        }
    }
}
