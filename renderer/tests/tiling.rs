//! However a wall is cut into screens, and however they hang, it shows the same pixels as one screen would.

mod support;

use layouts::{CANVAS_PIXEL, CanvasRect, CanvasUnit, PixelGrid, Rotation, TilePlan};
use media::Size;
use proptest::prelude::*;
use renderer::Compositor;
use renderer::cpu::CpuCompositor;
use renderer::picture::PixelRect;
use support::{Dice, Frames, Patterns, random_draw, random_frames, random_rgba, random_rotation};

/// How many random walls are cut: `TAIBAI_TILINGS`, or 300.
fn cases() -> u32 {
    std::env::var("TAIBAI_TILINGS").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

/// A pitch of `units / pixels` canvas units a pixel on each axis; tiles begin at multiples of `pixels`.
#[derive(Debug, Clone, Copy)]
struct Pitch {
    units: CanvasUnit,
    pixels: i64,
}

impl Pitch {
    fn random(dice: &mut Dice) -> Self {
        let pixels = dice.pick(&[1, 1, 2, 3, 7]);
        Self { units: pixels * dice.pick(&[CANVAS_PIXEL, CANVAS_PIXEL, 40_000, 91_111, 131_072]), pixels }
    }

    fn area(self, rect: PixelRect) -> CanvasRect {
        let units = |pixels: i32| i64::from(pixels) / self.pixels * self.units;
        let (x, y) = (units(rect.left), units(rect.top));
        CanvasRect { x, y, width: units(rect.right) - x, height: units(rect.bottom) - y }
    }
}

/// `plan`'s things on a screen that shows the pixels `rect` of an endless grid of `pitch`.
fn screen(plan: &TilePlan, pitch: Pitch, rect: PixelRect, rotation: Rotation) -> TilePlan {
    let size = Size::new(rect.width() as u32, rect.height() as u32);
    let grid = PixelGrid { area: pitch.area(rect), size };
    let over = plan.over.clone();
    TilePlan { over, ..support::plan(grid, rotation, plan.background, plan.draws.clone()) }
}

/// Cuts a rectangle into tiles whose edges are multiples of `step`, with gaps (bezels) left out now and then.
fn cut(dice: &mut Dice, rect: PixelRect, step: i64, out: &mut Vec<PixelRect>) {
    let wide = rect.width() >= rect.height();
    let length = if wide { rect.width() } else { rect.height() } as i64 / step;
    if length < 2 || (out.len() > 1 && dice.chance(25)) || dice.chance(10) {
        if !dice.chance(8) {
            out.push(rect);
        }
        return;
    }
    let at = (dice.range(1, length - 1) * step) as i32;
    let (mut first, mut second) = (rect, rect);
    if wide {
        (first.right, second.left) = (rect.left + at, rect.left + at);
    } else {
        (first.bottom, second.top) = (rect.top + at, rect.top + at);
    }
    cut(dice, first, step, out);
    cut(dice, second, step, out);
}

fn rendered(plan: &TilePlan, frames: &Frames) -> impl Fn(u32, u32) -> [u8; 4] + use<> {
    let mut compositor = CpuCompositor::new();
    compositor.compose(plan, frames, &mut Patterns::default()).unwrap();
    let picture = compositor.picture().unwrap();
    let size = picture.size;
    let bytes: Vec<u8> = (0..size.height).flat_map(|y| picture.row(y).to_vec()).collect();
    move |x, y| {
        let at = (y as usize * size.width as usize + x as usize) * 4;
        bytes[at..at + 4].try_into().unwrap()
    }
}

/// Where a tile first differs from the single picture, in the tile's upright pixels.
fn difference(
    whole: impl Fn(u32, u32) -> [u8; 4],
    tile: &TilePlan,
    rect: PixelRect,
    frames: &Frames,
) -> Option<(u32, u32)> {
    let shown = rendered(tile, frames);
    let (w, h) = (rect.width() as u32, rect.height() as u32);
    for y in 0..h {
        for x in 0..w {
            // Where the panel shows its upright pixel: the turns of docs/PIXELS.md, the other way round.
            let (frame_x, frame_y) = match tile.output.rotation {
                Rotation::None => (x, y),
                Rotation::Quarter => (y, w - 1 - x),
                Rotation::Half => (w - 1 - x, h - 1 - y),
                Rotation::ThreeQuarters => (h - 1 - y, x),
            };
            if shown(frame_x, frame_y) != whole(x + rect.left as u32, y + rect.top as u32) {
                return Some((x, y));
            }
        }
    }
    None
}

/// A wall's contents and frames.
fn contents(dice: &mut Dice) -> (TilePlan, Frames) {
    let frames = random_frames(dice);
    let canvas = Size::new(170, 130);
    let draws: Vec<_> = (0..dice.range(1, 7)).map(|_| random_draw(dice, canvas, 4)).collect();
    let over = support::random_over(dice, canvas, &draws);
    let area = CanvasRect { x: 0, y: 0, width: 1, height: 1 };
    let plan =
        support::plan(PixelGrid { area, size: Size::new(1, 1) }, Rotation::None, random_rgba(dice), draws);
    (TilePlan { over, ..plan }, frames)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tiling_shows_the_single_picture(seed: u64) {
        let mut dice = Dice(seed);
        let (plan, frames) = contents(&mut dice);
        // Two pitches on one wall: each screen must equal the wall's single picture at its own pitch.
        for pitch in [Pitch::random(&mut dice), Pitch::random(&mut dice)] {
            let side = |dice: &mut Dice| (dice.range(8, 150) / pitch.pixels).max(2) * pitch.pixels;
            let whole = PixelRect::new(0, 0, side(&mut dice) as i32, side(&mut dice) as i32);
            let picture = rendered(&screen(&plan, pitch, whole, Rotation::None), &frames);
            let mut tiles = Vec::new();
            cut(&mut dice, whole, pitch.pixels, &mut tiles);
            for rect in tiles {
                let tile = screen(&plan, pitch, rect, random_rotation(&mut dice));
                let found = difference(&picture, &tile, rect, &frames);
                prop_assert_eq!(found, None, "tile {:?} of {:?} at {:?}", rect, whole, pitch);
            }
        }
    }
}

/// The comparison above can fail: a tile that lies one pixel, or half a pixel, beside its place is found out.
#[test]
fn a_planted_seam_is_found() {
    let mut dice = Dice(3);
    let mut frames = Frames::default();
    let layout = media::PixelLayout::Planar8(media::Chroma::Yuv420);
    frames.0.insert(support::source(0), support::frame_of(&mut dice, layout, Size::new(120, 90), 0));
    let (mut plan, _) = contents(&mut dice);
    let rect = CanvasRect { x: 0, y: 0, width: 150 * CANVAS_PIXEL, height: 110 * CANVAS_PIXEL };
    let content = layouts::Content::Video { source: support::source(0), crop: layouts::Crop::ALL };
    plan.draws =
        vec![layouts::Draw { content, rect, clip: rect, opacity: 255, outline: layouts::Outline::default() }];
    let pitch = Pitch { units: CANVAS_PIXEL, pixels: 1 };
    let picture = rendered(&screen(&plan, pitch, PixelRect::new(0, 0, 150, 110), Rotation::None), &frames);
    let rect = PixelRect::new(40, 20, 110, 80);
    let mut tile = screen(&plan, pitch, rect, Rotation::Quarter);
    assert_eq!(difference(&picture, &tile, rect, &frames), None);
    tile.grid.area.x += CANVAS_PIXEL;
    assert!(difference(&picture, &tile, rect, &frames).is_some(), "one pixel");
    tile.grid.area.x -= CANVAS_PIXEL / 2;
    assert!(difference(&picture, &tile, rect, &frames).is_some(), "half a pixel");
}
