//! The wgpu compositor against the CPU compositor: equal bytes, whatever is shown, turned or changed.

mod support;

use layouts::{CANVAS_PIXEL, CanvasRect, Content, Crop, Draw, Outline, PixelGrid, Rgba, Rotation};
use media::{Chroma, PixelLayout, Size};
use proptest::prelude::*;
use renderer::Compositor;
use renderer::cpu::{CpuCompositor, Kernels};
use renderer::wgpu::{Prefer, WgpuCompositor, WgpuDevice};
use std::sync::{Arc, OnceLock};
use support::{Dice, Frames, Patterns, random_draw, random_frame, random_frames, random_plan};

/// The software rasteriser; `None`, said aloud, on a machine without one. With `CI` set that is a failure.
fn device() -> Option<Arc<WgpuDevice>> {
    static DEVICE: OnceLock<Option<Arc<WgpuDevice>>> = OnceLock::new();
    let open = || match WgpuDevice::new(&Prefer::Software) {
        Ok(device) => Some(device),
        Err(error) => {
            let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
            assert!(!ci, "continuous integration must compare both compositors: {error}");
            eprintln!("NOT COMPARED: {error}");
            None
        }
    };
    DEVICE.get_or_init(open).clone()
}

fn bytes(compositor: &mut dyn Compositor) -> Vec<u8> {
    let picture = compositor.picture().unwrap();
    (0..picture.size.height).flat_map(|y| picture.row(y).to_vec()).collect()
}

fn first_difference(a: &[u8], b: &[u8], width: u32) -> Option<String> {
    assert_eq!(a.len(), b.len());
    let at = a.chunks(4).zip(b.chunks(4)).position(|(a, b)| a != b)?;
    let (x, y) = (at % width as usize, at / width as usize);
    Some(format!("pixel ({x}, {y}): {:?} and {:?}", &a[at * 4..at * 4 + 4], &b[at * 4..at * 4 + 4]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_scene_and_every_change_of_it_is_equal(seed: u64) {
        let Some(device) = device() else { return Ok(()) };
        let mut dice = Dice(seed);
        let mut frames = random_frames(&mut dice);
        let mut plan = random_plan(&mut dice, &frames);
        let mut rasters = Patterns::default();
        let mut gpu = WgpuCompositor::new(&device);
        let mut cpu = CpuCompositor::with_kernels(Kernels::Scalar);
        for tick in 0..3 {
            let by_cpu = cpu.compose(&plan, &frames, &mut rasters).unwrap();
            let by_gpu = gpu.compose(&plan, &frames, &mut rasters).unwrap();
            prop_assert_eq!(by_cpu, by_gpu);
            let (cpu, gpu) = (bytes(&mut cpu), bytes(&mut gpu));
            let difference = first_difference(&cpu, &gpu, plan.output.size.width);
            prop_assert_eq!(difference, None, "tick {}, {:#?}", tick, plan);
            change(&mut dice, &mut frames, &mut plan);
        }
    }
}

/// A new picture of a source, a draw gone or a draw come.
fn change(dice: &mut Dice, frames: &mut Frames, plan: &mut layouts::TilePlan) {
    let source = support::source(dice.range(0, 3) as usize);
    if let Some(frame) = frames.0.get(&source) {
        let frame = random_frame(dice, frame.size(), 100);
        frames.0.insert(source, frame);
    }
    if dice.chance(30) && !plan.draws.is_empty() {
        plan.draws.remove(dice.range(0, plan.draws.len() as i64 - 1) as usize);
    }
    if dice.chance(30) {
        plan.draws.push(random_draw(dice, plan.grid.size, 4));
    }
    if dice.chance(30) {
        plan.over = support::random_over(dice, plan.grid.size, &plan.draws);
    }
}

#[test]
fn a_planted_fault_is_seen() {
    assert_eq!(first_difference(&[1, 2, 3, 255], &[1, 2, 3, 255], 1), None);
    assert!(first_difference(&[1, 2, 3, 255, 0, 0, 0, 0], &[1, 2, 3, 255, 0, 0, 0, 1], 1).is_some());
}

#[test]
fn a_tile_uploads_the_rows_it_shows_and_no_others() {
    let Some(device) = device() else { return };
    let mut dice = Dice(11);
    let size = Size::new(64, 400);
    let layout = PixelLayout::Planar8(Chroma::Yuv420);
    let mut frames = Frames::default();
    frames.0.insert(support::source(0), support::frame_of(&mut dice, layout, size, 0));
    let rect = CanvasRect { x: 0, y: 0, width: 64 * CANVAS_PIXEL, height: 400 * CANVAS_PIXEL };
    let content = Content::Video { source: support::source(0), crop: Crop::ALL };
    let draw = Draw { content, rect, clip: rect, opacity: 255, outline: Outline::default() };
    // The lowest eighth of the picture.
    let area = CanvasRect { y: 350 * CANVAS_PIXEL, height: 50 * CANVAS_PIXEL, ..rect };
    let grid = PixelGrid { area, size: Size::new(64, 50) };
    let black = Rgba { r: 0, g: 0, b: 0, a: 255 };
    let plan = support::plan(grid, Rotation::None, black, vec![draw]);
    let mut rasters = Patterns::default();
    let mut gpu = WgpuCompositor::new(&device);
    gpu.compose(&plan, &frames, &mut rasters).unwrap();
    let whole = 64 * 400 * 3 / 2;
    assert!(gpu.moved().uploaded_bytes <= whole / 7, "{} of {whole}", gpu.moved().uploaded_bytes);
    let mut cpu = CpuCompositor::with_kernels(Kernels::Scalar);
    cpu.compose(&plan, &frames, &mut rasters).unwrap();
    assert_eq!(first_difference(&bytes(&mut cpu), &bytes(&mut gpu), 64), None);
}

#[test]
fn large_pictures_are_equal_at_every_scale() {
    let Some(device) = device() else { return };
    let mut dice = Dice(29);
    let black = Rgba { r: 0, g: 0, b: 0, a: 255 };
    let shapes = [(1920, 1080), (16_384, 3), (5, 16_384), (3841, 33)];
    let layouts =
        [PixelLayout::Planar8(Chroma::Yuv420), PixelLayout::Planar10(Chroma::Yuv422), PixelLayout::Bgra8];
    for (width, height) in shapes {
        for layout in layouts {
            let mut frames = Frames::default();
            let frame = support::frame_of(&mut dice, layout, Size::new(width, height), 0);
            frames.0.insert(support::source(0), frame);
            for (across, down) in [(640, 360), (1, 1), (37, 200), (2000, 40)] {
                let size = Size::new(across, down);
                let length = |pixels: u32| i64::from(pixels) * CANVAS_PIXEL;
                let rect = CanvasRect { x: 0, y: 0, width: length(across), height: length(down) };
                let content = Content::Video { source: support::source(0), crop: Crop::ALL };
                let draw = Draw { content, rect, clip: rect, opacity: 255, outline: Outline::default() };
                let plan =
                    support::plan(PixelGrid { area: rect, size }, Rotation::Quarter, black, vec![draw]);
                let mut rasters = Patterns::default();
                let mut gpu = WgpuCompositor::new(&device);
                let mut cpu = CpuCompositor::new();
                cpu.compose(&plan, &frames, &mut rasters).unwrap();
                gpu.compose(&plan, &frames, &mut rasters).unwrap();
                let difference = first_difference(&bytes(&mut cpu), &bytes(&mut gpu), down);
                assert_eq!(difference, None, "{layout:?} {width}×{height} on {size}");
            }
        }
    }
}

#[test]
fn thousands_of_parts_are_painted_as_one() {
    let Some(device) = device() else { return };
    let mut dice = Dice(3);
    let frames = random_frames(&mut dice);
    let canvas = Size::new(150, 110);
    let area = CanvasRect { x: 0, y: 0, width: 150 * CANVAS_PIXEL, height: 110 * CANVAS_PIXEL };
    let square = |at: i64| {
        let (x, y) = (at % 75 * 2 * CANVAS_PIXEL, at / 75 * 2 * CANVAS_PIXEL);
        let rect = CanvasRect { x, y, width: CANVAS_PIXEL, height: CANVAS_PIXEL };
        let content = Content::Fill(Rgba { r: at as u8, g: (at / 256) as u8, b: 9, a: 200 });
        Draw { content, rect, clip: rect, opacity: 255, outline: Outline::default() }
    };
    let mut draws: Vec<Draw> = (0..75 * 55).map(square).collect();
    draws.push(random_draw(&mut dice, canvas, 4));
    let black = Rgba { r: 0, g: 0, b: 0, a: 255 };
    let mut plan = support::plan(PixelGrid { area, size: canvas }, Rotation::Half, black, draws);
    let mut rasters = Patterns::default();
    let (mut cpu, mut gpu) = (CpuCompositor::with_kernels(Kernels::Scalar), WgpuCompositor::new(&device));
    for opacity in [0, 90, 91] {
        let draws = plan.draws.iter().step_by(2).cloned().collect();
        plan.over = Some(layouts::Over { draws, opacity });
        cpu.compose(&plan, &frames, &mut rasters).unwrap();
        gpu.compose(&plan, &frames, &mut rasters).unwrap();
        assert_eq!(first_difference(&bytes(&mut cpu), &bytes(&mut gpu), 150), None, "over at {opacity}");
    }
}

#[test]
fn compositors_may_move_between_threads() {
    fn movable<T: Send>() {}
    movable::<WgpuCompositor>();
    movable::<renderer::wgpu::Presenter>();
    movable::<renderer::raster::RasterCache>();
}

#[test]
fn nothing_is_uploaded_or_painted_twice() {
    let Some(device) = device() else { return };
    let mut dice = Dice(7);
    let frames = random_frames(&mut dice);
    let plan = random_plan(&mut dice, &frames);
    let mut rasters = Patterns::default();
    let mut gpu = WgpuCompositor::new(&device);
    gpu.compose(&plan, &frames, &mut rasters).unwrap();
    let moved = gpu.moved();
    let again = gpu.compose(&plan, &frames, &mut rasters).unwrap();
    assert_eq!(again.dirty, []);
    assert_eq!(gpu.moved(), moved);
}
