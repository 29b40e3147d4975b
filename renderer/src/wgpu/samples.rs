//! Frames and bitmaps on the device: uploaded once, only the rows that the tile shows, prefiltered once, kept while a
//! scene shows them.

use super::device::WgpuDevice;
use super::pool::Pool;
use crate::ComposeError;
use crate::axis::Axis;
use crate::picture::Bitmap;
use crate::scene::{Paint, Prepared, Video};
use ::wgpu::Buffer;
use media::{Frame, PixelLayout, Size};
use shaders::structs::Boxes;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;

/// Where a plane lies in a buffer, in bytes. When only some of its rows are there, `start` is where row 0 would begin,
/// counted modulo 2³² as shaders do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct PlaneAt {
    pub start: u32,
    pub stride: u32,
}

/// Samples that a painting shader can read.
#[derive(Debug, Clone)]
pub(super) struct Samples {
    pub buffer: Buffer,
    pub planes: [PlaneAt; 3],
}

/// A prefilter pass that must run before painting.
#[derive(Debug)]
pub(super) struct BoxPass {
    pub from: Buffer,
    pub to: Buffer,
    pub uniform: Boxes,
}

/// What makes a frame this one and no other: its planes are immutable and held, so addresses suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct FrameKey {
    planes: [(usize, usize); 3],
    size: Size,
    layout: PixelLayout,
}

impl FrameKey {
    fn of(frame: &Frame) -> Self {
        let planes = [0, 1, 2].map(|index| {
            frame.plane(index).map_or((0, 0), |plane| (plane.bytes.as_ptr() as usize, plane.stride))
        });
        Self { planes, size: frame.size(), layout: frame.layout() }
    }
}

/// Binary logarithms of the prefilter's box: luma across and down, chroma across and down.
type Shifts = [u32; 4];

/// Rows of samples of the three planes, half open.
type Rows = [Range<u32>; 3];

#[derive(Debug)]
struct OnDevice {
    /// Held so that the key's addresses are nobody else's.
    _frame: Frame,
    rows: Rows,
    raw: Samples,
    boxed: HashMap<Shifts, Samples>,
}

/// All pictures on the device.
#[derive(Debug, Default)]
pub(super) struct SampleCache {
    frames: HashMap<FrameKey, OnDevice>,
    /// What the scene to be painted needs of its frames.
    needed: HashMap<FrameKey, Rows>,
    bitmaps: HashMap<usize, (Arc<Bitmap>, Buffer)>,
    pool: Pool,
    uploaded_bytes: u64,
}

impl SampleCache {
    /// Idle buffers, for others too.
    pub(super) fn pool(&mut self) -> &mut Pool {
        &mut self.pool
    }

    /// Bytes of frames and bitmaps that have been sent to the device so far.
    pub(super) fn uploaded_bytes(&self) -> u64 {
        self.uploaded_bytes
    }

    /// Looks through `scene` for the rows that its items take from each frame; called before any other of a tick.
    pub(super) fn announce(&mut self, scene: &Prepared) {
        self.needed.clear();
        for item in scene.items() {
            let Paint::Video(video) = &item.paint else { continue };
            let rows = rows_of(video);
            match self.needed.entry(FrameKey::of(&video.frame)) {
                Entry::Vacant(entry) => drop(entry.insert(rows)),
                Entry::Occupied(mut entry) => {
                    for (known, more) in entry.get_mut().iter_mut().zip(rows) {
                        *known = known.start.min(more.start)..known.end.max(more.end);
                    }
                }
            }
        }
    }

    /// The bitmap's pixels, one to a word.
    pub(super) fn bitmap(
        &mut self,
        device: &WgpuDevice,
        bitmap: &Arc<Bitmap>,
    ) -> Result<Buffer, ComposeError> {
        let key = Arc::as_ptr(bitmap) as usize;
        if let Some((_, buffer)) = self.bitmaps.get(&key) {
            return Ok(buffer.clone());
        }
        let buffer = self.pool.take(device, bitmap.bytes().len() as u64)?;
        device.queue.write_buffer(&buffer, 0, bitmap.bytes());
        self.uploaded_bytes += bitmap.bytes().len() as u64;
        self.bitmaps.insert(key, (Arc::clone(bitmap), buffer.clone()));
        Ok(buffer)
    }

    /// The samples that `video`'s tables count in; passes that make them first are added to `passes`.
    pub(super) fn video(
        &mut self,
        device: &WgpuDevice,
        video: &Video,
        passes: &mut Vec<BoxPass>,
    ) -> Result<Samples, ComposeError> {
        let frame = &video.frame;
        let key = FrameKey::of(frame);
        let rows = self.needed.get(&key).cloned().unwrap_or_else(|| rows_of(video));
        let fits = |held: &OnDevice| {
            held.rows.iter().zip(&rows).all(|(held, row)| held.start <= row.start && row.end <= held.end)
        };
        if !self.frames.get(&key).is_some_and(fits) {
            if let Some(narrow) = self.frames.remove(&key) {
                self.release(narrow);
            }
            let (raw, bytes) = upload(device, &mut self.pool, frame, &rows)?;
            self.uploaded_bytes += bytes;
            self.frames.insert(key, OnDevice { _frame: frame.clone(), rows, raw, boxed: HashMap::new() });
        }
        let Some(held) = self.frames.get_mut(&key) else {
            return Err(ComposeError::Device("a frame was lost between two steps".into()));
        };
        let chroma =
            video.chroma.as_ref().map_or([0, 0], |tables| [tables.columns.shift(), tables.rows.shift()]);
        let shifts = [video.luma.columns.shift(), video.luma.rows.shift(), chroma[0], chroma[1]];
        if shifts == [0; 4] && !matches!(frame.layout(), PixelLayout::Planar10(_)) {
            return Ok(held.raw.clone());
        }
        if let Some(boxed) = held.boxed.get(&shifts) {
            return Ok(boxed.clone());
        }
        let boxed = plan_boxes(device, &mut self.pool, video, held, passes)?;
        held.boxed.insert(shifts, boxed.clone());
        Ok(boxed)
    }

    /// Gives up what `scene` does not show.
    pub(super) fn retain(&mut self, scene: &Prepared) {
        let mut frames = std::collections::HashSet::new();
        let mut bitmaps = std::collections::HashSet::new();
        for item in scene.items() {
            match &item.paint {
                Paint::Video(video) => drop(frames.insert(FrameKey::of(&video.frame))),
                Paint::Bitmap { bitmap, .. } => drop(bitmaps.insert(Arc::as_ptr(bitmap) as usize)),
                Paint::Fill(_) => {}
            }
        }
        let gone: Vec<FrameKey> = self.frames.keys().filter(|key| !frames.contains(key)).copied().collect();
        for key in gone {
            if let Some(held) = self.frames.remove(&key) {
                self.release(held);
            }
        }
        let gone: Vec<usize> = self.bitmaps.keys().filter(|key| !bitmaps.contains(key)).copied().collect();
        for (_, buffer) in gone.iter().filter_map(|key| self.bitmaps.remove(key)) {
            self.pool.give(buffer);
        }
    }

    fn release(&mut self, held: OnDevice) {
        self.pool.give(held.raw.buffer);
        held.boxed.into_values().for_each(|boxed| self.pool.give(boxed.buffer));
    }

    /// Forgets everything, so that a pass that never ran is planned again.
    pub(super) fn clear(&mut self) {
        *self = Self { uploaded_bytes: self.uploaded_bytes, ..Self::default() };
    }
}

/// The rows of samples that `video`'s tables lead to, in each plane.
fn rows_of(video: &Video) -> Rows {
    let layout = video.frame.layout();
    [0, 1, 2].map(|index| {
        let tables = if index == 0 { Some(&video.luma) } else { video.chroma.as_ref() };
        let Some(tables) = tables.filter(|_| index < layout.plane_count()) else { return 0..0 };
        let boxes = boxes_of(&tables.rows);
        let samples = layout.plane_size(video.frame.size(), index).height;
        let shift = tables.rows.shift();
        boxes.start << shift..(boxes.end << shift).min(samples)
    })
}

/// The boxes that a table leads to: first to last, with each one's neighbour.
fn boxes_of(axis: &Axis) -> Range<u32> {
    let indices = axis.taps().iter().map(|tap| tap & 0xFFFF);
    let (first, last) =
        indices.fold((u32::MAX, 0), |(first, last), index| (first.min(index), last.max(index)));
    first.min(axis.len() - 1)..(last + 2).min(axis.len())
}

/// Sends `rows` of a frame's planes to the device, each row packed to whole words; says how many bytes that were.
fn upload(
    device: &WgpuDevice,
    pool: &mut Pool,
    frame: &Frame,
    rows: &Rows,
) -> Result<(Samples, u64), ComposeError> {
    let layout = frame.layout();
    let row_bytes = |index| layout.plane_size(frame.size(), index).width as usize * layout.bytes_per_sample();
    let mut starts = [0u64; 3];
    let mut bytes = 0u64;
    for index in 0..layout.plane_count() {
        starts[index] = bytes;
        bytes += row_bytes(index).next_multiple_of(4) as u64 * rows[index].len() as u64;
    }
    if bytes > u64::from(u32::MAX) {
        return Err(ComposeError::Device(format!(
            "a frame of {} has more bytes than shaders count",
            frame.size()
        )));
    }
    let buffer = pool.take(device, bytes)?;
    let busy = || ComposeError::Device("no memory to send a frame to the device".into());
    let size = NonZeroU64::new(bytes).ok_or_else(busy)?;
    let mut staging = device.queue.write_buffer_with(&buffer, 0, size).ok_or_else(busy)?;
    let mut planes = [PlaneAt::default(); 3];
    for (index, at) in planes.iter_mut().enumerate() {
        let Some(plane) = frame.plane(index) else { break };
        let row = row_bytes(index);
        let stride = row.next_multiple_of(4);
        for (offset, y) in rows[index].clone().enumerate() {
            let from = &plane.bytes[y as usize * plane.stride..][..row];
            let to = starts[index] as usize + offset * stride;
            staging.slice(to..to + row).copy_from_slice(from);
        }
        let above = rows[index].start.wrapping_mul(stride as u32);
        *at = PlaneAt { start: (starts[index] as u32).wrapping_sub(above), stride: stride as u32 };
    }
    drop(staging);
    Ok((Samples { buffer, planes }, bytes))
}

/// Makes room for prefiltered planes and says which passes fill it.
fn plan_boxes(
    device: &WgpuDevice,
    pool: &mut Pool,
    video: &Video,
    held: &OnDevice,
    passes: &mut Vec<BoxPass>,
) -> Result<Samples, ComposeError> {
    let (frame, layout) = (&video.frame, video.frame.layout());
    let raw = &held.raw;
    let channels = if layout == PixelLayout::Bgra8 { 4 } else { 1 };
    let mut planes = [PlaneAt::default(); 3];
    let mut uniforms = Vec::new();
    let mut bytes = 0u32;
    for (index, at) in planes.iter_mut().enumerate().take(layout.plane_count()) {
        let tables = if index == 0 { Some(&video.luma) } else { video.chroma.as_ref() };
        let Some(tables) = tables else { break };
        let shift_y = tables.rows.shift();
        // All boxes of the rows that are on the device; those cut at the edges are needed by nobody.
        let rows = &held.rows[index];
        let (first_row, end_row) = (rows.start >> shift_y, rows.end.div_ceil(1 << shift_y));
        let (to_width, to_height) = (tables.columns.len() * channels, end_row - first_row);
        let stride = to_width.next_multiple_of(4);
        *at = PlaneAt { start: bytes.wrapping_sub(first_row.wrapping_mul(stride)), stride };
        let extent = layout.plane_size(frame.size(), index);
        uniforms.push(Boxes {
            from_start: raw.planes[index].start,
            from_stride: raw.planes[index].stride,
            from_width: extent.width,
            from_height: extent.height,
            from_step: layout.bytes_per_sample() as u32,
            ten_bits: u32::from(matches!(layout, PixelLayout::Planar10(_))),
            shift_x: tables.columns.shift(),
            shift_y,
            to_start: bytes / 4,
            to_stride: stride / 4,
            to_width,
            to_height,
            channels,
            first_row,
            ..Boxes::default()
        });
        bytes += stride * to_height;
    }
    let buffer = pool.take(device, u64::from(bytes))?;
    let pass = |uniform| BoxPass { from: raw.buffer.clone(), to: buffer.clone(), uniform };
    passes.extend(uniforms.into_iter().map(pass));
    Ok(Samples { buffer, planes })
}
