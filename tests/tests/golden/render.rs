//! Rendering a case with one compositor, and the faults that tests plant on the way.

use crate::case::Case;
use layouts::{CANVAS_PIXEL, Raster, TilePlan};
use media::{Frame, Size, SourceId};
use renderer::cpu::{CpuCompositor, Kernels};
use renderer::picture::Bitmap;
use renderer::raster::RasterCache;
use renderer::scene::PixelScale;
use renderer::wgpu::{Prefer, WgpuCompositor, WgpuDevice};
use renderer::{Compositor, FrameLookup, RasterProvider};
use std::collections::BTreeMap;
use std::sync::Arc;
use tests::picture::Picture;

/// The pictures of a wall, by screen.
pub type Screens = BTreeMap<String, Picture>;

/// One kind of compositor, and what is done to its work.
pub struct Bench {
    name: &'static str,
    make: Box<dyn Fn() -> Box<dyn Compositor>>,
    shifted: bool,
    kept: Option<BTreeMap<String, Box<dyn Compositor>>>,
}

impl Bench {
    /// One bench per compositor.
    pub fn all() -> Vec<Self> {
        // The golden bytes hold for every compositor: a machine that has not all of them cannot run this test.
        let device = WgpuDevice::new(&Prefer::Software)
            .unwrap_or_else(|e| panic!("no software Vulkan ({e}): ./dev test installs mesa-vulkan-drivers"));
        vec![
            Self::new("cpu", || Box::new(CpuCompositor::new())),
            Self::new("cpu without SIMD", || Box::new(CpuCompositor::with_kernels(Kernels::Scalar))),
            Self::new("wgpu", move || Box::new(WgpuCompositor::new(&device))),
        ]
    }

    fn new(name: &'static str, make: impl Fn() -> Box<dyn Compositor> + 'static) -> Self {
        Self { name, make: Box::new(make), shifted: false, kept: None }
    }

    /// What to call it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// From now on one compositor per screen name shows one case after the other.
    pub fn keep_compositors(&mut self) {
        self.kept = Some(BTreeMap::new());
    }

    /// Plants a seam: every screen but the first shows the canvas one of its pixels too far to the left.
    pub fn shift_screens_after_the_first(&mut self) {
        self.shifted = true;
    }

    /// All screens of the case.
    pub fn render(&mut self, case: &Case) -> Screens {
        let (now, states) = (case.now(), case.states());
        let solved = |screen: &layouts::Screen| {
            let stamp = case.stamp.then(|| layouts::Stamp { node: screen.node.clone() });
            layouts::solve_screen(
                &case.hall,
                &screen.id,
                &case.on_air,
                case.tick,
                now,
                &states,
                &layouts::Answers::new(),
                stamp.as_ref(),
            )
        };
        let mut plans: Vec<TilePlan> = case.wall().screens.iter().filter_map(solved).collect();
        if case.identify {
            plans.iter_mut().for_each(|plan| layouts::identify(&case.hall, &case.wall().id, plan));
        }
        if self.shifted {
            plans.iter_mut().skip(1).for_each(shift);
        }
        let frames = Frames(case.frames());
        plans.iter().map(|plan| (plan.screen.to_string(), self.picture(case, plan, &frames))).collect()
    }

    fn picture(&mut self, case: &Case, plan: &TilePlan, frames: &Frames) -> Picture {
        let mut rasters = Rasters::of(case);
        let mut fresh;
        let compositor = match &mut self.kept {
            Some(kept) => kept.entry(plan.screen.to_string()).or_insert_with(&self.make),
            None => {
                fresh = (self.make)();
                &mut fresh
            }
        };
        let context = || format!("{} / {} by {}", case.name, plan.screen, self.name);
        compositor.compose(plan, frames, &mut rasters).unwrap_or_else(|e| panic!("{}: {e}", context()));
        let picture = compositor.picture().unwrap_or_else(|e| panic!("{}: {e}", context()));
        let Size { width, height } = picture.size;
        let bgra = (0..height).flat_map(|y| picture.row(y).iter().copied()).collect();
        Picture { width, height, bgra }
    }
}

fn shift(plan: &mut TilePlan) {
    let pitch = plan.grid.area.width / i64::from(plan.grid.size.width);
    assert!(pitch > CANVAS_PIXEL / 16);
    plan.grid.area.x += pitch;
}

struct Frames(BTreeMap<SourceId, Frame>);

impl FrameLookup for Frames {
    fn frame(&self, source: &SourceId) -> Option<&Frame> {
        self.0.get(source)
    }
}

struct Rasters(RasterCache);

impl Rasters {
    fn of(case: &Case) -> Self {
        let case = case.clone();
        let load = move |path: &str| {
            let (size, bytes) = case.image(path)?;
            Bitmap::new(size, bytes).map(Arc::new)
        };
        Self(RasterCache::new(Box::new(load), 64 << 20).unwrap())
    }
}

impl RasterProvider for Rasters {
    fn raster(&mut self, spec: &Arc<Raster>, size: Size, scale: PixelScale) -> Option<Arc<Bitmap>> {
        self.0.get(spec, size, scale).ok()
    }
}
