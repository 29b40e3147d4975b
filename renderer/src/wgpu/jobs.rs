//! From a scene and its damage to dispatches: which shader paints which part, with which uniforms.

use super::device::WgpuDevice;
use super::pipelines::UNIFORM_STRIDE;
use super::samples::{BoxPass, PlaneAt, SampleCache, Samples};
use super::tables::DeviceTables;
use crate::ComposeError;
use crate::picture::PixelRect;
use crate::scene::{Item, Layer, Paint, Prepared, Tables, Video};
use ::wgpu::Buffer;
use layouts::Rotation;
use shaders::structs;
use std::sync::Arc;

/// With more parts than this, everything inside the damage's outer edge is painted whole instead, which costs more
/// pixels and gives the same ones.
const JOBS_MAX: usize = 4096;

/// Which shader paints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Fill,
    Bitmap,
    Yuv,
    Bgra,
}

/// One dispatch of a painting shader.
#[derive(Debug)]
pub(super) struct Job {
    pub program: Program,
    /// The upright pixels to paint.
    pub part: PixelRect,
    /// What it reads; `None` for fills.
    pub samples: Option<Buffer>,
    /// The picture that it paints.
    pub onto: Buffer,
}

/// Where pictures lie on the device, a word a pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Onto<'a> {
    /// The frame buffer.
    pub frame: &'a Buffer,
    /// The picture that is laid over it, upright.
    pub above: Option<&'a Buffer>,
}

/// What all painting reads.
struct Readings<'a> {
    device: &'a WgpuDevice,
    tables: &'a DeviceTables,
    samples: &'a mut SampleCache,
}

/// All dispatches of a tick, in order: first the prefilter, then the items back to front.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    pub boxes: Vec<BoxPass>,
    pub items: Vec<Job>,
    /// What `items` are told, one for each.
    told: Vec<structs::Item>,
}

impl Jobs {
    /// Plans the painting of `damage`, uploading what is not on the device yet.
    pub(super) fn new(
        device: &WgpuDevice,
        scene: &Prepared,
        damage: &[PixelRect],
        tables: &DeviceTables,
        samples: &mut SampleCache,
        onto: Onto<'_>,
    ) -> Result<Self, ComposeError> {
        let around = damage.iter().copied().reduce(PixelRect::around);
        let count = |layer: &Layer| -> usize {
            let visible = layer.items.iter().map(|item| &item.visible).chain([&layer.background_visible]);
            visible.map(|visible| parts(visible, damage).count()).sum()
        };
        let above = scene.over.as_ref().map_or(0, |over| count(&over.layer));
        let simple = count(&scene.layer) + above > JOBS_MAX;
        let damage = if simple { around.as_slice() } else { damage };
        let mut jobs = Self::default();
        let mut read = Readings { device, tables, samples };
        let place = turning(scene);
        jobs.layer(&mut read, &scene.layer, damage, simple, place, onto.frame)?;
        if let (Some(over), Some(above)) = (&scene.over, onto.above) {
            let upright = structs::Item { step_x: 1, step_y: scene.size.width as i32, ..Default::default() };
            let seen: Vec<PixelRect> = parts(&over.parts, damage).collect();
            jobs.layer(&mut read, &over.layer, &seen, simple, upright, above)?;
            let opacity = u32::from(over.opacity);
            let lay = structs::Item { opacity, bitmap_width: scene.size.width, ..place };
            for part in seen {
                jobs.push(Program::Bitmap, lay, part, Some(above), onto.frame);
            }
        }
        Ok(jobs)
    }

    /// One structure each [`UNIFORM_STRIDE`] bytes: those of `boxes`, then those of `items`.
    pub(super) fn uniforms(&self) -> Vec<u8> {
        let mut uniforms = Vec::new();
        for pass in &self.boxes {
            append(&mut uniforms, bytemuck::bytes_of(&pass.uniform));
        }
        for item in &self.told {
            append(&mut uniforms, bytemuck::bytes_of(item));
        }
        uniforms
    }

    fn push(
        &mut self,
        program: Program,
        uniform: structs::Item,
        part: PixelRect,
        samples: Option<&Buffer>,
        onto: &Buffer,
    ) {
        let PixelRect { left, top, right, bottom } = part;
        self.told.push(structs::Item { left, top, right, bottom, ..uniform });
        self.items.push(Job { program, part, samples: samples.cloned(), onto: onto.clone() });
    }

    /// Paints `damage` of one picture; with `simple`, hidden things too. `place` says where its pixels lie in `onto`.
    fn layer(
        &mut self,
        read: &mut Readings<'_>,
        layer: &Layer,
        damage: &[PixelRect],
        simple: bool,
        place: structs::Item,
        onto: &Buffer,
    ) -> Result<(), ComposeError> {
        let background = if simple { damage } else { &layer.background_visible };
        let fill = structs::Item { fill: u32::from_le_bytes(layer.background), opacity: 255, ..place };
        for part in parts(background, damage) {
            self.push(Program::Fill, fill, part, None, onto);
        }
        for item in &layer.items {
            let whole = [item.rect];
            let visible = if simple { &whole[..] } else { &item.visible };
            let mut parts = parts(visible, damage).peekable();
            if parts.peek().is_none() {
                continue;
            }
            let (program, uniform, buffer) = self.paint(read, item, place)?;
            for part in parts {
                self.push(program, uniform, part, buffer.as_ref(), onto);
            }
        }
        Ok(())
    }

    /// What is common to all parts of `item`.
    fn paint(
        &mut self,
        read: &mut Readings<'_>,
        item: &Item,
        place: structs::Item,
    ) -> Result<(Program, structs::Item, Option<Buffer>), ComposeError> {
        let Readings { device, tables, samples } = read;
        let mut uniform = place;
        uniform.opacity = u32::from(item.opacity);
        (uniform.first_x, uniform.first_y) = (item.rect.left, item.rect.top);
        if let Some(outline) = &item.outline {
            uniform.outlined = 1;
            uniform.outline_left = outline.rect.left;
            uniform.outline_top = outline.rect.top;
            uniform.outline_right = outline.rect.right;
            uniform.outline_bottom = outline.rect.bottom;
            uniform.corner_width = outline.corner.width;
            uniform.corner_height = outline.corner.height;
            uniform.ring_x = outline.ring_x;
            uniform.ring_y = outline.ring_y;
            uniform.corner_start = tables.corner(&outline.corner).ok_or_else(lost_tables)?;
        }
        match &item.paint {
            Paint::Fill(pixel) => {
                uniform.fill = u32::from_le_bytes(*pixel);
                Ok((Program::Fill, uniform, None))
            }
            Paint::Bitmap { bitmap, left, top } => {
                (uniform.first_x, uniform.first_y) = (*left, *top);
                uniform.bitmap_width = bitmap.size().width;
                Ok((Program::Bitmap, uniform, Some(samples.bitmap(device, bitmap)?)))
            }
            Paint::Video(video) => {
                let found = samples.video(device, video, &mut self.boxes)?;
                let program = with_video(&mut uniform, video, &found, tables)?;
                Ok((program, uniform, Some(found.buffer)))
            }
        }
    }
}

/// The parts of `visible` that are damaged.
fn parts(visible: &[PixelRect], damage: &[PixelRect]) -> impl Iterator<Item = PixelRect> {
    let pairs = visible.iter().flat_map(move |rect| damage.iter().map(|part| rect.intersect(*part)));
    pairs.filter(|rect| !rect.is_empty())
}

/// Fills in planes and colour weights and says which shader reads them.
fn with_video(
    uniform: &mut structs::Item,
    video: &Video,
    samples: &Samples,
    tables: &DeviceTables,
) -> Result<Program, ComposeError> {
    uniform.luma = plane(&video.luma, samples.planes[0], tables)?;
    if let Some(chroma) = &video.chroma {
        uniform.has_chroma = 1;
        uniform.u = plane(chroma, samples.planes[1], tables)?;
        uniform.v = plane(chroma, samples.planes[2], tables)?;
    }
    let Some(matrix) = video.matrix else { return Ok(Program::Bgra) };
    uniform.matrix_y = i32::from(matrix.y);
    uniform.matrix_bias = i32::from(matrix.bias);
    uniform.matrix_rv = i32::from(matrix.rv);
    uniform.matrix_gu = i32::from(matrix.gu);
    uniform.matrix_gv = i32::from(matrix.gv);
    uniform.matrix_bu = i32::from(matrix.bu);
    Ok(Program::Yuv)
}

fn plane(
    shape: &Arc<Tables>,
    samples: PlaneAt,
    tables: &DeviceTables,
) -> Result<structs::Plane, ComposeError> {
    let at = tables.tables(shape).ok_or_else(lost_tables)?;
    Ok(structs::Plane {
        columns: at.columns,
        rows: at.rows,
        width: shape.columns.len(),
        height: shape.rows.len(),
        start: samples.start,
        stride: samples.stride,
        ..Default::default()
    })
}

fn lost_tables() -> ComposeError {
    ComposeError::Device("a table was lost between two steps".into())
}

/// An item that only knows how the upright picture is turned into the frame buffer (`docs/PIXELS.md` section 1).
fn turning(scene: &Prepared) -> structs::Item {
    let (w, h) = (scene.size.width as i32, scene.size.height as i32);
    let row = scene.output.size.width as i32;
    let (origin, step_x, step_y) = match scene.output.rotation {
        Rotation::None => (0, 1, row),
        Rotation::Quarter => ((w - 1) * row, -row, 1),
        Rotation::Half => ((h - 1) * row + w - 1, -1, -row),
        Rotation::ThreeQuarters => (h - 1, row, -1),
    };
    structs::Item { origin, step_x, step_y, ..Default::default() }
}

fn append(uniforms: &mut Vec<u8>, bytes: &[u8]) {
    uniforms.extend_from_slice(bytes);
    uniforms.resize(uniforms.len().next_multiple_of(UNIFORM_STRIDE as usize), 0);
}
