//! The wgpu compositor against the CPU compositor: equal bytes, whatever is shown, turned or changed.

mod support;

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
        let mut plan = random_plan(&mut dice);
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
}

#[test]
fn a_planted_fault_is_seen() {
    assert_eq!(first_difference(&[1, 2, 3, 255], &[1, 2, 3, 255], 1), None);
    assert!(first_difference(&[1, 2, 3, 255, 0, 0, 0, 0], &[1, 2, 3, 255, 0, 0, 0, 1], 1).is_some());
}

#[test]
fn nothing_is_uploaded_or_painted_twice() {
    let Some(device) = device() else { return };
    let mut dice = Dice(7);
    let (frames, plan) = (random_frames(&mut dice), random_plan(&mut dice));
    let mut rasters = Patterns::default();
    let mut gpu = WgpuCompositor::new(&device);
    gpu.compose(&plan, &frames, &mut rasters).unwrap();
    let moved = gpu.moved();
    let again = gpu.compose(&plan, &frames, &mut rasters).unwrap();
    assert_eq!(again.dirty, []);
    assert_eq!(gpu.moved(), moved);
}
