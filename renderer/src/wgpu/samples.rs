//! Frames and bitmaps on the device: uploaded once, prefiltered once, kept while a scene shows them.

use super::device::WgpuDevice;
use super::pool::Pool;
use crate::ComposeError;
use crate::picture::Bitmap;
use crate::scene::{Paint, Prepared, Video};
use ::wgpu::Buffer;
use media::{Frame, PixelLayout, Size};
use shaders::structs::Boxes;
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

/// Where a plane lies in a buffer, in bytes.
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

#[derive(Debug)]
struct OnDevice {
    /// Held so that the key's addresses are nobody else's.
    _frame: Frame,
    raw: Samples,
    boxed: HashMap<Shifts, Samples>,
}

/// All pictures on the device.
#[derive(Debug, Default)]
pub(super) struct SampleCache {
    frames: HashMap<FrameKey, OnDevice>,
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
        if !self.frames.contains_key(&key) {
            let raw = upload(device, &mut self.pool, frame)?;
            self.uploaded_bytes += raw.buffer.size();
            self.frames.insert(key, OnDevice { _frame: frame.clone(), raw, boxed: HashMap::new() });
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
        let boxed = plan_boxes(device, &mut self.pool, video, &held.raw, passes)?;
        held.boxed.insert(shifts, boxed.clone());
        Ok(boxed)
    }

    /// Gives up what `scene` does not show.
    pub(super) fn retain(&mut self, scene: &Prepared) {
        let mut frames = std::collections::HashSet::new();
        let mut bitmaps = std::collections::HashSet::new();
        for item in &scene.items {
            match &item.paint {
                Paint::Video(video) => drop(frames.insert(FrameKey::of(&video.frame))),
                Paint::Bitmap { bitmap, .. } => drop(bitmaps.insert(Arc::as_ptr(bitmap) as usize)),
                Paint::Fill(_) => {}
            }
        }
        let gone: Vec<FrameKey> = self.frames.keys().filter(|key| !frames.contains(key)).copied().collect();
        for held in gone.iter().filter_map(|key| self.frames.remove(key)) {
            self.pool.give(held.raw.buffer);
            held.boxed.into_values().for_each(|boxed| self.pool.give(boxed.buffer));
        }
        let gone: Vec<usize> = self.bitmaps.keys().filter(|key| !bitmaps.contains(key)).copied().collect();
        for (_, buffer) in gone.iter().filter_map(|key| self.bitmaps.remove(key)) {
            self.pool.give(buffer);
        }
    }

    /// Forgets everything, so that a pass that never ran is planned again.
    pub(super) fn clear(&mut self) {
        *self = Self { uploaded_bytes: self.uploaded_bytes, ..Self::default() };
    }
}

/// Sends a frame's planes to the device, rows packed to whole words.
fn upload(device: &WgpuDevice, pool: &mut Pool, frame: &Frame) -> Result<Samples, ComposeError> {
    let layout = frame.layout();
    let extent = |index| layout.plane_size(frame.size(), index);
    let mut planes = [PlaneAt::default(); 3];
    let mut bytes = 0u64;
    for (index, at) in planes.iter_mut().enumerate().take(layout.plane_count()) {
        let row = extent(index).width as usize * layout.bytes_per_sample();
        *at = PlaneAt { start: bytes as u32, stride: row.next_multiple_of(4) as u32 };
        bytes += u64::from(at.stride) * u64::from(extent(index).height);
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
    for (index, at) in planes.iter().enumerate() {
        let Some(plane) = frame.plane(index) else { break };
        let row = extent(index).width as usize * layout.bytes_per_sample();
        for y in 0..extent(index).height as usize {
            let from = &plane.bytes[y * plane.stride..][..row];
            let to = at.start as usize + y * at.stride as usize;
            staging.slice(to..to + row).copy_from_slice(from);
        }
    }
    drop(staging);
    Ok(Samples { buffer, planes })
}

/// Makes room for prefiltered planes and says which passes fill it.
fn plan_boxes(
    device: &WgpuDevice,
    pool: &mut Pool,
    video: &Video,
    raw: &Samples,
    passes: &mut Vec<BoxPass>,
) -> Result<Samples, ComposeError> {
    let (frame, layout) = (&video.frame, video.frame.layout());
    let channels = if layout == PixelLayout::Bgra8 { 4 } else { 1 };
    let mut planes = [PlaneAt::default(); 3];
    let mut uniforms = Vec::new();
    let mut bytes = 0u32;
    for (index, at) in planes.iter_mut().enumerate().take(layout.plane_count()) {
        let tables = if index == 0 { Some(&video.luma) } else { video.chroma.as_ref() };
        let Some(tables) = tables else { break };
        let (to_width, to_height) = (tables.columns.len() * channels, tables.rows.len());
        *at = PlaneAt { start: bytes, stride: to_width.next_multiple_of(4) };
        bytes += at.stride * to_height;
        let extent = layout.plane_size(frame.size(), index);
        uniforms.push(Boxes {
            from_start: raw.planes[index].start,
            from_stride: raw.planes[index].stride,
            from_width: extent.width,
            from_height: extent.height,
            from_step: layout.bytes_per_sample() as u32,
            ten_bits: u32::from(matches!(layout, PixelLayout::Planar10(_))),
            shift_x: tables.columns.shift(),
            shift_y: tables.rows.shift(),
            to_start: at.start / 4,
            to_stride: at.stride / 4,
            to_width,
            to_height,
            channels,
            ..Boxes::default()
        });
    }
    let buffer = pool.take(device, u64::from(bytes))?;
    let pass = |uniform| BoxPass { from: raw.buffer.clone(), to: buffer.clone(), uniform };
    passes.extend(uniforms.into_iter().map(pass));
    Ok(Samples { buffer, planes })
}
