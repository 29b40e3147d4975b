//! What the renderer's tests share: dice, frames, plans, a simple raster provider and a compositor that follows
//! `docs/PIXELS.md` pixel by pixel from the plan itself, sharing no code with the real ones but `ColorMatrix`.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod reference;

use bytes::Bytes;
use layouts::{
    Align, CANVAS_PIXEL, CanvasRect, Content, Crop, Draw, Outline, Output, Over, PixelGrid, Raster, Rgba,
    Rotation, TilePlan, Weight,
};
use media::{
    CanvasFrame, Chroma, ChromaSiting, Color, Frame, Matrix, MediaTime, PixelLayout, Plane, Range, ScreenId,
    Size, SourceId, WallTime,
};
use renderer::picture::Bitmap;
use renderer::scene::PixelScale;
use renderer::{FrameLookup, RasterProvider};
use std::collections::HashMap;
use std::sync::Arc;

/// Numbers that follow from a seed (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `low..=high`.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }

    pub fn side(&mut self, high: u32) -> u32 {
        self.range(1, i64::from(high)) as u32
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[(self.next() % of.len() as u64) as usize]
    }

    pub fn byte(&mut self) -> u8 {
        self.next() as u8
    }
}

/// Frames by source.
#[derive(Default, Clone)]
pub struct Frames(pub HashMap<SourceId, Frame>);

impl FrameLookup for Frames {
    fn frame(&self, source: &SourceId) -> Option<&Frame> {
        self.0.get(source)
    }
}

/// Draws a pattern that depends on the spec, the size and the scale, and keeps it.
#[derive(Default)]
pub struct Patterns(HashMap<(Arc<Raster>, Size, PixelScale), Arc<Bitmap>>);

impl RasterProvider for Patterns {
    fn raster(&mut self, spec: &Arc<Raster>, size: Size, scale: PixelScale) -> Option<Arc<Bitmap>> {
        let made = self.0.entry((Arc::clone(spec), size, scale)).or_insert_with(|| {
            let Raster::Dot(color) = &**spec else { panic!("the tests draw dots only") };
            Arc::new(pattern(*color, size, scale))
        });
        Some(Arc::clone(made))
    }
}

pub fn pattern(color: Rgba, size: Size, scale: PixelScale) -> Bitmap {
    let mut bytes = Vec::new();
    for y in 0..size.height {
        for x in 0..size.width {
            let mix = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 7;
            let alpha = if color.a == 255 { 255 } else { [0, 255, 90, mix as u8][(mix >> 8) as usize % 4] };
            let scaled = |channel: u8| (u32::from(channel) * u32::from(alpha) / 255) as u8;
            let red = color.r ^ scale.pixels_64_down(CANVAS_PIXEL) as u8;
            bytes.extend([scaled(color.b), scaled(color.g), scaled(red), alpha]);
        }
    }
    Bitmap::new(size, bytes).unwrap()
}

pub fn source(index: usize) -> SourceId {
    SourceId::new(&format!("s{index}")).unwrap()
}

pub fn random_color(dice: &mut Dice) -> Color {
    Color {
        matrix: dice.pick(&[Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020]),
        range: dice.pick(&[Range::Limited, Range::Full]),
        siting: dice.pick(&[ChromaSiting::Left, ChromaSiting::Center, ChromaSiting::TopLeft]),
    }
}

/// A frame of noise, some of it smooth, of any layout, with strides that are longer than rows.
pub fn random_frame(dice: &mut Dice, size: Size, time: i64) -> Frame {
    let chroma = dice.pick(&[Chroma::Mono, Chroma::Yuv420, Chroma::Yuv420, Chroma::Yuv422, Chroma::Yuv444]);
    let layout = match dice.range(0, 5) {
        0 => PixelLayout::Bgra8,
        1 | 2 => PixelLayout::Planar10(chroma),
        _ => PixelLayout::Planar8(chroma),
    };
    frame_of(dice, layout, size, time)
}

pub fn frame_of(dice: &mut Dice, layout: PixelLayout, size: Size, time: i64) -> Frame {
    let planes = (0..layout.plane_count()).map(|index| {
        let extent = layout.plane_size(size, index);
        let stride = extent.width as usize * layout.bytes_per_sample() + dice.pick(&[0, 0, 13, 40]);
        let mut bytes: Vec<u8> = (0..stride * extent.height as usize).map(|_| dice.byte()).collect();
        match layout {
            PixelLayout::Planar10(_) => {
                // Words of ten bits; a few beyond, as a broken decoder might give them.
                let wild = dice.chance(20);
                for row in bytes.chunks_mut(stride) {
                    for word in row.chunks_exact_mut(2) {
                        if !wild {
                            word[1] &= 3;
                        }
                    }
                }
            }
            PixelLayout::Bgra8 if dice.chance(80) => {
                for row in bytes.chunks_mut(stride) {
                    for pixel in row.chunks_exact_mut(4) {
                        let alpha = pixel[3];
                        pixel[..3].iter_mut().for_each(|channel| *channel = (*channel).min(alpha));
                    }
                }
            }
            _ => {}
        }
        Plane { bytes: Bytes::from(bytes), stride }
    });
    let planes = planes.collect();
    Frame::new(MediaTime(time), WallTime(time), size, random_color(dice), layout, planes).unwrap()
}

/// A rectangle that lies about `size` canvas pixels, with ragged edges half of the time.
pub fn random_rect(dice: &mut Dice, size: Size) -> CanvasRect {
    let ragged = dice.chance(50);
    let mut length = |limit: u32, low: i64| {
        let whole = dice.range(low, i64::from(limit)) * CANVAS_PIXEL;
        whole + if ragged { dice.range(-30_000, 30_000) } else { 0 }
    };
    let (x, y) = (length(size.width, -20), length(size.height, -20));
    CanvasRect { x, y, width: length(size.width, 1).max(1), height: length(size.height, 1).max(1) }
}

pub fn random_rgba(dice: &mut Dice) -> Rgba {
    let a = dice.pick(&[255, 255, 0, 128, 17]);
    Rgba { r: dice.byte(), g: dice.byte(), b: dice.byte(), a }
}

pub fn random_draw(dice: &mut Dice, canvas: Size, sources: usize) -> Draw {
    let rect = random_rect(dice, canvas);
    let content = match dice.range(0, 5) {
        0 => Content::Fill(random_rgba(dice)),
        1 => Content::Raster(Arc::new(Raster::Dot(random_rgba(dice)))),
        _ => {
            Content::Video { source: source(dice.range(0, sources as i64) as usize), crop: random_crop(dice) }
        }
    };
    let outline = Outline {
        radius: if dice.chance(30) { dice.range(1, 20 * CANVAS_PIXEL) } else { 0 },
        ring: if dice.chance(15) { dice.range(1, 6 * CANVAS_PIXEL) } else { 0 },
    };
    let clip = if dice.chance(70) { rect } else { random_rect(dice, canvas) };
    let opacity = dice.pick(&[255, 255, 255, 128, 3, 0]);
    Draw { content, rect, clip, opacity, outline }
}

pub fn random_crop(dice: &mut Dice) -> Crop {
    if dice.chance(60) {
        return Crop::ALL;
    }
    let (x, y) = (dice.range(0, 65_000) as u32, dice.range(0, 65_000) as u32);
    let (width, height) = (dice.side(65_536 - x), dice.side(65_536 - y));
    Crop { x, y, width, height }
}

/// Some frames of the sources 0 to 3; source 4 never has one.
pub fn random_frames(dice: &mut Dice) -> Frames {
    let mut frames = Frames::default();
    for index in 0..4 {
        let size = Size::new(dice.side(130), dice.side(90));
        frames.0.insert(source(index), random_frame(dice, size, index as i64));
    }
    frames
}

pub fn plan(grid: PixelGrid, rotation: Rotation, background: Rgba, draws: Vec<Draw>) -> TilePlan {
    let size = match rotation {
        Rotation::None | Rotation::Half => grid.size,
        Rotation::Quarter | Rotation::ThreeQuarters => grid.size.transposed(),
    };
    TilePlan {
        screen: ScreenId::new("test").unwrap(),
        canvas_frame: CanvasFrame(0),
        output: Output { size, rotation },
        grid,
        background,
        draws,
        over: None,
    }
}

pub fn random_rotation(dice: &mut Dice) -> Rotation {
    dice.pick(&[Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters])
}

/// A screen of any pitch somewhere on a canvas, and things to show.
pub fn random_plan(dice: &mut Dice, frames: &Frames) -> TilePlan {
    let canvas = Size::new(dice.side(160) + 20, dice.side(120) + 20);
    let size = Size::new(dice.side(150), dice.side(110));
    let mut area = random_rect(dice, canvas);
    if dice.chance(50) {
        area.width = i64::from(size.width) * CANVAS_PIXEL;
        area.height = i64::from(size.height) * CANVAS_PIXEL;
    }
    let mut draws: Vec<Draw> = (0..dice.range(0, 7)).map(|_| random_draw(dice, canvas, 4)).collect();
    if dice.chance(40) {
        // One to one, the shape that has a path of its own, at a whole number of pixels from the screen's edge.
        let index = dice.range(0, 3) as usize;
        let shown = frames.0[&source(index)].size();
        let (pitch_x, pitch_y) = (area.width / i64::from(size.width), area.height / i64::from(size.height));
        (area.width, area.height) =
            (i64::from(size.width) * pitch_x.max(1), i64::from(size.height) * pitch_y.max(1));
        let rect = CanvasRect {
            x: area.x + dice.range(-60, 20) * pitch_x.max(1),
            y: area.y + dice.range(-60, 20) * pitch_y.max(1),
            width: i64::from(shown.width) * pitch_x.max(1),
            height: i64::from(shown.height) * pitch_y.max(1),
        };
        let content = Content::Video { source: source(index), crop: Crop::ALL };
        let radius = if dice.chance(30) { 9 * CANVAS_PIXEL } else { 0 };
        draws.push(Draw { content, rect, clip: rect, opacity: 255, outline: Outline { radius, ring: 0 } });
        if dice.chance(50) {
            draws.push(random_draw(dice, canvas, 4));
        }
    }
    let background = random_rgba(dice);
    let over = random_over(dice, canvas, &draws);
    TilePlan { over, ..plan(PixelGrid { area, size }, random_rotation(dice), background, draws) }
}

/// In half of the cases a second picture over the one of `draws`, which shares some of them.
pub fn random_over(dice: &mut Dice, canvas: Size, draws: &[Draw]) -> Option<Over> {
    if dice.chance(50) {
        return None;
    }
    let mut above = draws.to_vec();
    above.retain(|_| dice.chance(60));
    for _ in 0..dice.range(0, 3) {
        above.insert(dice.range(0, above.len() as i64) as usize, random_draw(dice, canvas, 4));
    }
    Some(Over { draws: above, opacity: dice.pick(&[0, 1, 26, 128, 128, 230, 254, 255]) })
}

/// A text spec, for tests that need the shape of one only.
pub fn text(words: &str) -> Raster {
    Raster::Text {
        text: words.into(),
        size: 20 * CANVAS_PIXEL,
        color: Rgba { r: 255, g: 255, b: 255, a: 255 },
        align: Align::Start,
        vertical: Align::Middle,
        weight: Weight::Regular,
        lines_max: 1,
    }
}
