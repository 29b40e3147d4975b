//! The CPU compositor against the specification, its kernels against each other, and damage against whole pictures.

mod support;

use layouts::{CANVAS_PIXEL, CanvasRect, Content, Crop, Draw, Outline, PixelGrid, Rgba, Rotation};
use media::{Chroma, PixelLayout, Size};
use proptest::prelude::*;
use renderer::Compositor;
use renderer::cpu::{CpuCompositor, Kernels};
use renderer::picture::PixelRect;
use support::{Dice, Frames, Patterns, random_draw, random_frame, random_frames, random_plan, source};

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
        let plan = random_plan(&mut dice, &frames);
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

/// Changes one thing of a plan or of its frames.
fn change(dice: &mut Dice, plan: &mut layouts::TilePlan, frames: &mut Frames) {
    let canvas = Size::new(140, 110);
    let count = plan.draws.len() as i64;
    let at = if count > 0 { dice.range(0, count - 1) as usize } else { 0 };
    match dice.range(0, 12) {
        0 | 1 => {
            let name = source(dice.range(0, 3) as usize);
            let next = match frames.0.get(&name) {
                // The next picture of the same stream; a broken clock may give it the same time.
                Some(frame) if dice.chance(60) => {
                    let time = frame.time().0 + dice.range(0, 1);
                    support::frame_of(dice, frame.layout(), frame.size(), time)
                }
                _ => {
                    let size = Size::new(dice.side(130), dice.side(90));
                    random_frame(dice, size, 100)
                }
            };
            frames.0.insert(name, next);
        }
        2 => {
            frames.0.remove(&source(dice.range(0, 3) as usize));
        }
        3 => plan.draws.insert(at, random_draw(dice, canvas, 4)),
        4 if count > 0 => drop(plan.draws.remove(at)),
        5 if count > 0 => plan.draws.swap(at, dice.range(0, count - 1) as usize),
        6 if count > 0 => {
            plan.draws[at].rect.x += dice.range(-200_000, 200_000);
            plan.draws[at].opacity = dice.byte();
        }
        7 => plan.background = support::random_rgba(dice),
        8 => plan.over = support::random_over(dice, canvas, &plan.draws),
        // A fade moves on, ends, or gives way to its end.
        9 | 10 => plan.over.iter_mut().for_each(|over| over.opacity = dice.byte()),
        11 => {
            if let Some(over) = plan.over.take() {
                plan.draws = over.draws;
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn painting_only_the_damage_gives_the_whole_picture(seed: u64) {
        let mut dice = Dice(seed);
        let mut frames = random_frames(&mut dice);
        let mut plan = random_plan(&mut dice, &frames);
        let mut rasters = Patterns::default();
        let mut lasting = CpuCompositor::new();
        let mut before: Option<Vec<u8>> = None;
        for step in 0..8 {
            let done = lasting.compose(&plan, &frames, &mut rasters).unwrap();
            let mut fresh = CpuCompositor::new();
            fresh.compose(&plan, &frames, &mut rasters).unwrap();
            let (now, width) = (bytes(&mut lasting), plan.output.size.width);
            prop_assert_eq!(first_difference(&bytes(&mut fresh), &now, width), None, "step {}, {:#?}", step, plan);
            // What is said to be unchanged is, and the dirty rectangles do not overlap.
            let mut dirty = vec![0u8; now.len() / 4];
            for rect in &done.dirty {
                for y in rect.top..rect.bottom {
                    for x in rect.left..rect.right {
                        dirty[y as usize * width as usize + x as usize] += 1;
                    }
                }
            }
            prop_assert!(dirty.iter().all(|times| *times <= 1));
            if let Some(before) = before {
                let changed = |at: usize| before[4 * at..4 * at + 4] != now[4 * at..4 * at + 4];
                prop_assert!((0..dirty.len()).all(|at| dirty[at] == 1 || !changed(at)), "step {}", step);
            }
            let again = lasting.compose(&plan, &frames, &mut rasters).unwrap();
            prop_assert_eq!(again.dirty, vec![], "nothing changed");
            before = Some(now);
            change(&mut dice, &mut plan, &mut frames);
        }
    }
}

#[test]
fn a_new_frame_damages_only_what_is_seen_of_it() {
    let mut dice = Dice(7);
    let size = Size::new(64, 64);
    let mut frames = Frames::default();
    for index in 0..2 {
        let frame = support::frame_of(&mut dice, PixelLayout::Planar8(Chroma::Yuv420), size, 0);
        frames.0.insert(source(index), frame);
    }
    let pixels = |x: i64, y: i64, width: i64, height: i64| CanvasRect {
        x: x * CANVAS_PIXEL,
        y: y * CANVAS_PIXEL,
        width: width * CANVAS_PIXEL,
        height: height * CANVAS_PIXEL,
    };
    let video = |index: usize, rect: CanvasRect| Draw {
        content: Content::Video { source: source(index), crop: Crop::ALL },
        rect,
        clip: rect,
        opacity: 255,
        outline: Outline::default(),
    };
    let grid = PixelGrid { area: pixels(0, 0, 200, 100), size: Size::new(200, 100) };
    let black = Rgba { r: 0, g: 0, b: 0, a: 255 };
    // The second window hides the right half of the first.
    let draws = vec![video(0, pixels(10, 10, 80, 40)), video(1, pixels(50, 10, 80, 40))];
    let plan = support::plan(grid, Rotation::None, black, draws);
    let mut compositor = CpuCompositor::new();
    let first = compositor.compose(&plan, &frames, &mut Patterns::default()).unwrap();
    assert_eq!(first.dirty, vec![PixelRect::new(0, 0, 200, 100)]);
    frames.0.insert(source(0), support::frame_of(&mut dice, PixelLayout::Planar8(Chroma::Yuv420), size, 1));
    let second = compositor.compose(&plan, &frames, &mut Patterns::default()).unwrap();
    assert_eq!(second.dirty, vec![PixelRect::new(10, 10, 50, 50)]);
}

#[test]
fn plans_out_of_range_are_refused_and_change_nothing() {
    let mut dice = Dice(11);
    let frames = random_frames(&mut dice);
    let mut plan = random_plan(&mut dice, &frames);
    let mut compositor = CpuCompositor::new();
    compositor.compose(&plan, &frames, &mut Patterns::default()).unwrap();
    let before = bytes(&mut compositor);
    let good = plan.clone();
    plan.grid.area.width = 0;
    assert_eq!(
        compositor.compose(&plan, &frames, &mut Patterns::default()),
        Err(renderer::ComposeError::Geometry)
    );
    plan = good.clone();
    plan.draws.push(random_draw(&mut dice, Size::new(50, 50), 3));
    let last = plan.draws.len() - 1;
    plan.draws[last].rect.x = i64::MIN;
    assert_eq!(
        compositor.compose(&plan, &frames, &mut Patterns::default()),
        Err(renderer::ComposeError::Geometry)
    );
    plan = good;
    plan.output.size.width += 1;
    let result = compositor.compose(&plan, &frames, &mut Patterns::default());
    assert!(matches!(result, Err(renderer::ComposeError::Output { .. })));
    assert_eq!(bytes(&mut compositor), before);
}
