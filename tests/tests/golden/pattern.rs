//! Test patterns in every pixel layout, in integers: the same frame on every machine.

use bytes::Bytes;
use media::{Chroma, Color, Frame, MediaTime, PixelLayout, Plane, Size, WallTime};
use serde::Deserialize;
use tests::counter::{self, Reading};

/// What a frame shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pattern {
    /// Eight upright bars of unlike luma and colour.
    Bars,
    /// Luma grows to the right, one colour difference downwards, the other along the diagonal, over all code values.
    Ramp,
    /// Single samples of the lowest and highest code value in turn.
    Checker,
    /// Random samples; `number` is the seed.
    Noise,
    /// Random samples of the lowest and highest code value only; `number` is the seed.
    Extremes,
    /// Rings that grow finer outwards: what scaling does wrong shows as moiré.
    Zone,
    /// One grey in `number`'s lowest eight bits, neutral colour differences.
    Flat,
    /// A ramp with the frame counter strip of camera 1, frame `number`.
    Counter,
}

/// How samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// 4:2:0, 8 bits.
    #[default]
    Yuv420,
    /// 4:2:2, 8 bits.
    Yuv422,
    /// 4:4:4, 8 bits.
    Yuv444,
    /// Luma alone, 8 bits.
    Gray,
    /// 4:2:0, 10 bits.
    Yuv420p10,
    /// 4:2:2, 10 bits.
    Yuv422p10,
    /// 4:4:4, 10 bits.
    Yuv444p10,
    /// Luma alone, 10 bits.
    Gray10,
    /// Premultiplied, with an alpha that varies.
    Bgra,
}

impl Layout {
    fn pixel_layout(self) -> PixelLayout {
        match self {
            Self::Yuv420 => PixelLayout::Planar8(Chroma::Yuv420),
            Self::Yuv422 => PixelLayout::Planar8(Chroma::Yuv422),
            Self::Yuv444 => PixelLayout::Planar8(Chroma::Yuv444),
            Self::Gray => PixelLayout::Planar8(Chroma::Mono),
            Self::Yuv420p10 => PixelLayout::Planar10(Chroma::Yuv420),
            Self::Yuv422p10 => PixelLayout::Planar10(Chroma::Yuv422),
            Self::Yuv444p10 => PixelLayout::Planar10(Chroma::Yuv444),
            Self::Gray10 => PixelLayout::Planar10(Chroma::Mono),
            Self::Bgra => PixelLayout::Bgra8,
        }
    }
}

/// A frame of the pattern.
pub fn frame(pattern: Pattern, layout: Layout, color: Color, size: Size, number: u32) -> Frame {
    let layout = layout.pixel_layout();
    let planes = match layout {
        PixelLayout::Bgra8 => {
            vec![Plane { bytes: Bytes::from(bgra(pattern, size, number)), stride: size.width as usize * 4 }]
        }
        _ => (0..layout.plane_count()).map(|index| plane(pattern, layout, size, index, number)).collect(),
    };
    Frame::new(MediaTime(0), WallTime(0), size, color, layout, planes).unwrap()
}

fn plane(pattern: Pattern, layout: PixelLayout, size: Size, index: usize, number: u32) -> Plane {
    let extent = layout.plane_size(size, index);
    let wide = layout.bytes_per_sample() == 2;
    let max = if wide { 1023 } else { 255 };
    let mut samples = Vec::with_capacity(extent.area() as usize);
    for y in 0..extent.height {
        for x in 0..extent.width {
            samples.push(sample(pattern, extent, index, (x, y), max, number));
        }
    }
    if pattern == Pattern::Counter && index == 0 {
        let mut luma: Vec<u8> = samples.iter().map(|&value| (value * 255 / max) as u8).collect();
        counter::draw(&mut luma, extent.width, extent.height, Reading { camera: 1, frame: number });
        samples = luma.iter().map(|&value| u32::from(value) * max / 255).collect();
    }
    // Rows are longer than their samples, as decoders make them; what lies behind a row must never be seen.
    let stride = extent.width as usize * layout.bytes_per_sample() + 6;
    let mut bytes = Vec::with_capacity(stride * extent.height as usize);
    for row in samples.chunks_exact(extent.width as usize) {
        for &value in row {
            let [low, high, ..] = value.to_le_bytes();
            bytes.push(low);
            bytes.extend(wide.then_some(high));
        }
        bytes.resize(bytes.len() + 6, if wide { 0x01 } else { 0xa5 });
    }
    Plane { bytes: Bytes::from(bytes), stride }
}

/// One sample, 0 to `max`.
fn sample(pattern: Pattern, extent: Size, index: usize, (x, y): (u32, u32), max: u32, number: u32) -> u32 {
    const BARS: [[u32; 3]; 8] = [
        [235, 128, 128],
        [162, 44, 142],
        [131, 156, 44],
        [112, 72, 58],
        [84, 184, 198],
        [65, 100, 212],
        [35, 212, 114],
        [16, 128, 128],
    ];
    let (width, height) = (extent.width, extent.height);
    match pattern {
        Pattern::Bars => BARS[(x * 8 / width) as usize][index] * (max + 1) / 256,
        Pattern::Ramp | Pattern::Counter => match index {
            0 => x * max / (width - 1).max(1),
            1 => y * max / (height - 1).max(1),
            _ => (x + y) * max / (width + height - 2).max(1),
        },
        Pattern::Checker => ((x + y + index as u32) & 1) * max,
        Pattern::Noise => random(number, index, x, y) % (max + 1),
        Pattern::Extremes => (random(number, index, x, y) & 1) * max,
        Pattern::Zone => {
            let (dx, dy) = (x.abs_diff(width / 2), y.abs_diff(height / 2));
            let phase = (dx * dx + dy * dy) * 512 / width.max(height) % 512;
            let wave = if phase < 256 { phase } else { 511 - phase };
            if index == 0 { wave * max / 255 } else { max.div_ceil(2) }
        }
        Pattern::Flat => {
            if index == 0 {
                (number & 255) * (max + 1) / 256
            } else {
                max.div_ceil(2)
            }
        }
    }
}

/// Premultiplied BGRA rows: the pattern's three planes as colours, with an alpha that falls to the lower right.
pub fn bgra(pattern: Pattern, size: Size, number: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size.area() as usize * 4);
    for y in 0..size.height {
        for x in 0..size.width {
            let alpha = match pattern {
                Pattern::Bars | Pattern::Flat => 255,
                _ => 255 - (x + y) * 255 / (size.width + size.height),
            };
            for index in 0..3 {
                let value = sample(pattern, size, index, (x, y), 255, number);
                bytes.push(((value * alpha + 127) / 255) as u8);
            }
            bytes.push(alpha as u8);
        }
    }
    bytes
}

/// A random number that depends on the place alone (a finisher of splitmix's kind over the mixed coordinates).
fn random(seed: u32, index: usize, x: u32, y: u32) -> u32 {
    let mut state = (u64::from(seed) << 48) ^ ((index as u64) << 40) ^ (u64::from(y) << 20) ^ u64::from(x);
    state = state.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (state >> 33) as u32
}
