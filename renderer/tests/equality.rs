//! The CPU compositor against the specification, its kernels against each other, and damage against whole pictures.

mod support;

use proptest::prelude::*;
use renderer::Compositor;
use renderer::cpu::{CpuCompositor, Kernels};
use support::{Dice, Frames, Patterns, random_frames, random_plan};

/// The frame buffer without padding.
fn composed(kernels: Kernels, plan: &layouts::TilePlan, frames: &Frames) -> Vec<u8> {
    let mut compositor = CpuCompositor::with_kernels(kernels);
    compositor.compose(plan, frames, &mut Patterns::default()).unwrap();
    bytes(&mut compositor)
}

fn bytes(compositor: &mut CpuCompositor) -> Vec<u8> {
    let picture = compositor.picture().unwrap();
    (0..picture.size.height).flat_map(|y| picture.row(y).to_vec()).collect()
}

fn first_difference(a: &[u8], b: &[u8], width: u32) -> Option<(usize, usize)> {
    assert_eq!(a.len(), b.len());
    let at = a.chunks(4).zip(b.chunks(4)).position(|(a, b)| a != b)?;
    Some((at % width as usize, at / width as usize))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_kernel_follows_the_specification(seed: u64) {
        let mut dice = Dice(seed);
        let frames = random_frames(&mut dice);
        let plan = random_plan(&mut dice);
        let truth = support::reference::render(&plan, &frames);
        let width = plan.output.size.width;
        let scalar = composed(Kernels::Scalar, &plan, &frames);
        prop_assert_eq!(first_difference(&truth.bytes, &scalar, width), None, "scalar, {:#?}", plan);
        if let Some(avx2) = Kernels::avx2() {
            let fast = composed(avx2, &plan, &frames);
            prop_assert_eq!(first_difference(&scalar, &fast, width), None, "AVX2, {:#?}", plan);
        }
    }
}
