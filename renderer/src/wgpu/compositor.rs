//! Composing on a graphics device: a scene becomes a list of small jobs, each one dispatch of a compute shader that
//! reads, lays over and writes the pixels of one part of one item.

use super::device::WgpuDevice;
use super::jobs::{Job, Jobs, Onto, Program};
use super::pipelines::{Pipelines, UNIFORM_STRIDE};
use super::pool::storage_buffer;
use super::readback::{Finished, read_back};
use super::samples::{BoxPass, SampleCache};
use super::tables::DeviceTables;
use crate::picture::{Picture, PixelRect};
use crate::planner::Planner;
use crate::scene::Prepared;
use crate::{ComposeError, Composed, Compositor, FrameLookup, RasterProvider};
use ::wgpu::{BindGroup, Buffer, BufferUsages, CommandEncoder, ComputePass};
use layouts::{Output, Rotation, TilePlan};
use media::Size;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many ticks may wait on the device. When it falls further behind, ticks are refused instead of piled up.
const IN_FLIGHT_MAX: u32 = 3;

/// Composes on a graphics device, into a buffer of its memory.
#[derive(Debug)]
pub struct WgpuCompositor {
    device: Arc<WgpuDevice>,
    planner: Planner,
    samples: SampleCache,
    tables: DeviceTables,
    painter: Painter,
}

/// The frame buffer and what sends work to it.
#[derive(Debug, Default)]
struct Painter {
    target: Option<Target>,
    /// The picture that is laid over the frame buffer, upright, while there is one.
    above: Option<Buffer>,
    uniforms: Option<Buffer>,
    finished: Finished,
    in_flight: Arc<AtomicU32>,
}

/// The frame buffer on the device: a word a pixel, blue in the lowest byte, rows without padding.
#[derive(Debug)]
pub(super) struct Target {
    pub buffer: Buffer,
    pub output: Output,
}

/// What a compositor has moved and done since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Bytes of frames and bitmaps sent to the device.
    pub uploaded_bytes: u64,
}

impl WgpuCompositor {
    /// A compositor on `device`. Compiles the device's shaders if nobody has yet.
    pub fn new(device: &Arc<WgpuDevice>) -> Self {
        Self {
            device: Arc::clone(device),
            planner: Planner::new(),
            samples: SampleCache::default(),
            tables: DeviceTables::default(),
            painter: Painter::default(),
        }
    }

    /// What has been moved so far.
    pub fn moved(&self) -> Moved {
        Moved { uploaded_bytes: self.samples.uploaded_bytes() }
    }

    /// The device that it composes on.
    pub fn device(&self) -> &Arc<WgpuDevice> {
        &self.device
    }

    /// The frame buffer, for those who draw it into a window; `None` before the first tick.
    pub(super) fn target(&self) -> Option<&Target> {
        self.painter.target.as_ref()
    }

    /// Everything of `compose` that may fail once the planner has taken the scene for painted.
    fn paint(
        &mut self,
        plan: &TilePlan,
        frames: &dyn FrameLookup,
        rasters: &mut dyn RasterProvider,
    ) -> Result<Composed, ComposeError> {
        let step = self.planner.prepare(plan, frames, rasters)?;
        let (scene, damage) = (step.scene, step.damage);
        let composed = |damage: &[PixelRect]| {
            let turned = damage.iter().map(|rect| turned(*rect, scene.size, scene.output.rotation));
            Composed { dirty: turned.collect(), skipped: scene.skipped }
        };
        if damage.is_empty() {
            return Ok(composed(&damage));
        }
        let onto = self.painter.fit(&self.device, scene)?;
        let tables = self.tables.refresh(&self.device, self.samples.pool(), scene)?;
        self.samples.announce(scene);
        let jobs = Jobs::new(&self.device, scene, &damage, &self.tables, &mut self.samples, onto)?;
        self.painter.run(&self.device, &jobs, &tables)?;
        self.samples.retain(scene);
        let composed = composed(&damage);
        match self.device.take_fault() {
            Some(fault) => Err(ComposeError::Device(fault)),
            None => Ok(composed),
        }
    }

    /// Forgets what the device may not hold, so that the next tick paints everything.
    fn start_over(&mut self) {
        self.planner.forget();
        self.samples.clear();
        self.tables = DeviceTables::default();
    }
}

impl Painter {
    /// Makes a frame buffer of another kind when the output has changed; the planner damages all of it then.
    fn fit(&mut self, device: &WgpuDevice, scene: &Prepared) -> Result<Onto<'_>, ComposeError> {
        let (output, bytes) = (scene.output, scene.size.area() * 4);
        if self.above.as_ref().is_some_and(|above| scene.over.is_none() || above.size() != bytes) {
            self.above = None;
        }
        if scene.over.is_some() && self.above.is_none() {
            self.above = Some(storage_buffer(device, bytes)?);
        }
        let target = match self.target.take_if(|target| target.output == output) {
            Some(target) => target,
            None => Target { buffer: storage_buffer(device, bytes)?, output },
        };
        Ok(Onto { frame: &self.target.insert(target).buffer, above: self.above.as_ref() })
    }

    /// Sends the jobs to the device, without waiting for it.
    fn run(&mut self, device: &WgpuDevice, jobs: &Jobs, tables: &Buffer) -> Result<(), ComposeError> {
        let told = jobs.uniforms();
        let uniforms = uniform_buffer(device, self.uniforms.take(), told.len() as u64)?;
        device.queue.write_buffer(&uniforms, 0, &told);
        let mut encoder = device.device.create_command_encoder(&Default::default());
        let pipelines = device.pipelines();
        prefilter(device, pipelines, &uniforms, &jobs.boxes, &mut encoder);
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            let offset = jobs.boxes.len() as u64 * UNIFORM_STRIDE;
            // The parts of an item read the same buffers, so they share what was bound for the first of them.
            let mut last: Option<([&Buffer; 2], BindGroup)> = None;
            for (index, job) in jobs.items.iter().enumerate() {
                let offset = offset + index as u64 * UNIFORM_STRIDE;
                let own = [&job.onto, job.samples.as_ref().unwrap_or(tables)];
                let (_, bound) = match last.take().filter(|(buffers, _)| *buffers == own) {
                    Some(same) => last.insert(same),
                    None => {
                        let [onto, samples] = own;
                        let buffers = [&uniforms, onto, tables, samples];
                        last.insert((own, pipelines.bind_items(&device.device, buffers)))
                    }
                };
                pass.set_pipeline(match job.program {
                    Program::Fill => &pipelines.fill,
                    Program::Bitmap => &pipelines.bitmap,
                    Program::Yuv => &pipelines.yuv,
                    Program::Bgra => &pipelines.bgra,
                });
                pass.set_bind_group(0, &*bound, &[offset as u32]);
                dispatch(&mut pass, job);
            }
        }
        device.queue.submit([encoder.finish()]);
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        let in_flight = Arc::clone(&self.in_flight);
        device.queue.on_submitted_work_done(move || {
            in_flight.fetch_sub(1, Ordering::AcqRel);
        });
        self.uniforms = Some(uniforms);
        self.finished.outdate();
        Ok(())
    }
}

impl Compositor for WgpuCompositor {
    fn compose(
        &mut self,
        plan: &TilePlan,
        frames: &dyn FrameLookup,
        rasters: &mut dyn RasterProvider,
    ) -> Result<Composed, ComposeError> {
        // Lets callbacks of finished work run; a lost device is reported below.
        let polled = self.device.device.poll(::wgpu::PollType::Poll);
        if let Some(fault) = self.device.take_fault() {
            self.start_over();
            return Err(ComposeError::Device(fault));
        }
        if polled.is_ok() && self.painter.in_flight.load(Ordering::Acquire) >= IN_FLIGHT_MAX {
            return Err(ComposeError::Busy);
        }
        self.paint(plan, frames, rasters).inspect_err(|error| {
            if matches!(error, ComposeError::Device(_)) {
                self.start_over();
            }
        })
    }

    fn picture(&mut self) -> Result<Picture<'_>, ComposeError> {
        let Painter { target, finished, .. } = &mut self.painter;
        let Some(target) = target else {
            return Ok(Picture { size: Size::default(), stride: 0, bytes: &[] });
        };
        read_back(&self.device, target, finished)
    }

    fn as_wgpu(&self) -> Option<&WgpuCompositor> {
        Some(self)
    }
}

/// A buffer for `bytes` of uniforms: the old one if it is large enough.
fn uniform_buffer(device: &WgpuDevice, old: Option<Buffer>, bytes: u64) -> Result<Buffer, ComposeError> {
    if let Some(old) = old.filter(|old| old.size() >= bytes) {
        return Ok(old);
    }
    let size = bytes.next_power_of_two().max(16 << 10);
    let most = device.device.limits().max_buffer_size;
    if size > most {
        return Err(ComposeError::Device(format!("{size} bytes of uniforms are needed, {most} are allowed")));
    }
    Ok(device.device.create_buffer(&::wgpu::BufferDescriptor {
        label: Some("uniforms"),
        size,
        usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
        mapped_at_creation: false,
    }))
}

/// Encodes the prefilter passes.
fn prefilter(
    device: &WgpuDevice,
    pipelines: &Pipelines,
    uniforms: &Buffer,
    boxes: &[BoxPass],
    encoder: &mut CommandEncoder,
) {
    if boxes.is_empty() {
        return;
    }
    let mut pass = encoder.begin_compute_pass(&Default::default());
    pass.set_pipeline(&pipelines.boxes);
    for (index, job) in boxes.iter().enumerate() {
        let bound = pipelines.bind_boxes(&device.device, uniforms, &job.to, &job.from);
        pass.set_bind_group(0, &bound, &[(index as u64 * UNIFORM_STRIDE) as u32]);
        let (across, down) = shaders::WORKGROUP;
        let words = job.uniform.to_width.div_ceil(4);
        pass.dispatch_workgroups(words.div_ceil(across), job.uniform.to_height.div_ceil(down), 1);
    }
}

fn dispatch(pass: &mut ComputePass<'_>, job: &Job) {
    let (across, down) = shaders::WORKGROUP;
    let (width, height) = (job.part.width() as u32, job.part.height() as u32);
    pass.dispatch_workgroups(width.div_ceil(across), height.div_ceil(down), 1);
}

/// Where an upright rectangle lies in the frame buffer (`docs/PIXELS.md` section 1).
fn turned(rect: PixelRect, upright: Size, rotation: Rotation) -> PixelRect {
    let (w, h) = (upright.width as i32, upright.height as i32);
    let PixelRect { left, top, right, bottom } = rect;
    match rotation {
        Rotation::None => rect,
        Rotation::Quarter => PixelRect::new(top, w - right, bottom, w - left),
        Rotation::Half => PixelRect::new(w - right, h - bottom, w - left, h - top),
        Rotation::ThreeQuarters => PixelRect::new(h - bottom, left, h - top, right),
    }
}

#[cfg(test)]
mod tests {
    use super::super::device::Prefer;
    use super::*;
    use crate::picture::Bitmap;
    use crate::scene::PixelScale;
    use layouts::{CANVAS_PIXEL, CanvasRect, PixelGrid, Raster, Rgba};
    use media::{CanvasFrame, Frame, ScreenId, SourceId};

    struct Nothing;

    impl FrameLookup for Nothing {
        fn frame(&self, _: &SourceId) -> Option<&Frame> {
            None
        }
    }

    impl RasterProvider for Nothing {
        fn raster(&mut self, _: &Arc<Raster>, _: Size, _: PixelScale) -> Option<Arc<Bitmap>> {
            None
        }
    }

    fn plan(size: Size, red: u8) -> TilePlan {
        let length = |pixels: u32| i64::from(pixels) * CANVAS_PIXEL;
        let area = CanvasRect { x: 0, y: 0, width: length(size.width), height: length(size.height) };
        TilePlan {
            screen: ScreenId::new("test").unwrap(),
            canvas_frame: CanvasFrame(0),
            output: Output { size, rotation: Rotation::None },
            grid: PixelGrid { area, size },
            background: Rgba { r: red, g: 2, b: 3, a: 255 },
            draws: Vec::new(),
            over: None,
        }
    }

    fn compositor() -> Option<WgpuCompositor> {
        let device = WgpuDevice::new(&Prefer::Software);
        let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
        assert!(!ci || device.is_ok(), "continuous integration must compose");
        device.ok().map(|device| WgpuCompositor::new(&device))
    }

    #[test]
    fn a_lost_device_is_an_error_and_no_panic() {
        let Some(mut compositor) = compositor() else { return };
        let size = Size::new(8, 8);
        compositor.compose(&plan(size, 1), &Nothing, &mut Nothing).unwrap();
        assert_eq!(compositor.picture().unwrap().pixel(7, 7), Some([3, 2, 1, 255]));
        compositor.device.device.destroy();
        for red in 2..6 {
            let error = compositor.compose(&plan(size, red), &Nothing, &mut Nothing).unwrap_err();
            assert!(matches!(error, ComposeError::Device(_)), "{error}");
        }
        assert!(compositor.device.lost().is_some());
        assert!(compositor.picture().is_err() || compositor.picture().unwrap().size == size);
    }

    #[test]
    fn more_than_the_device_holds_is_an_error_and_the_next_tick_is_fine() {
        let Some(mut compositor) = compositor() else { return };
        let limits = compositor.device.device.limits();
        let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let side = Frame::SIDE_MAX;
        if u64::from(side) * u64::from(side) * 4 > most {
            let error =
                compositor.compose(&plan(Size::new(side, side), 1), &Nothing, &mut Nothing).unwrap_err();
            assert!(matches!(error, ComposeError::Device(_)), "{error}");
        }
        compositor.compose(&plan(Size::new(3, 2), 9), &Nothing, &mut Nothing).unwrap();
        assert_eq!(compositor.picture().unwrap().bytes, [3, 2, 9, 255].repeat(6));
    }

    #[test]
    fn a_device_that_falls_behind_is_busy_and_catches_up() {
        let Some(mut compositor) = compositor() else { return };
        let (size, behind) = (Size::new(8, 8), Arc::clone(&compositor.painter.in_flight));
        behind.store(IN_FLIGHT_MAX, Ordering::Release);
        let error = compositor.compose(&plan(size, 1), &Nothing, &mut Nothing).unwrap_err();
        assert_eq!(error, ComposeError::Busy);
        behind.store(0, Ordering::Release);
        let composed = compositor.compose(&plan(size, 1), &Nothing, &mut Nothing).unwrap();
        assert_eq!(composed.dirty, [PixelRect::whole(size)]);
    }
}
