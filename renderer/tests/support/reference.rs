//! `docs/PIXELS.md`, read aloud: one pixel at a time, every position by its formula, nothing kept.

use super::Frames;
use layouts::{CanvasRect, Content, Crop, Draw, PixelGrid, Rgba, Rotation, TilePlan};
use media::{Chroma, ChromaSiting, Frame, PixelLayout, Size};
use renderer::color::ColorMatrix;
use renderer::picture::Bitmap;
use renderer::scene::PixelScale;

/// A frame buffer, BGRA without padding.
pub struct Reference {
    pub size: Size,
    pub bytes: Vec<u8>,
}

impl Reference {
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let at = (y as usize * self.size.width as usize + x as usize) * 4;
        self.bytes[at..at + 4].try_into().unwrap()
    }
}

pub fn render(plan: &TilePlan, frames: &Frames) -> Reference {
    let PixelGrid { area, size } = plan.grid;
    let axes = [
        Axis { s: area.x, l: area.width, n: size.width },
        Axis { s: area.y, l: area.height, n: size.height },
    ];
    let (w, h) = (i64::from(size.width), i64::from(size.height));
    let prepare = |draws: &[Draw]| -> Vec<(Draw, Option<Bitmap>)> {
        draws.iter().map(|draw| (draw.clone(), bitmap(draw, &axes))).collect()
    };
    let Rgba { r, g, b, .. } = plan.background;
    let picture = |draws: &[(Draw, Option<Bitmap>)], u: i64, v: i64| {
        let mut below = [b, g, r, 255];
        for (draw, bitmap) in draws {
            if let Some((pixel, alpha)) = draw_at(draw, bitmap.as_ref(), &axes, frames, u, v) {
                below = over(below, pixel, alpha);
            }
        }
        below
    };
    let under = prepare(&plan.draws);
    let above = plan.over.as_ref().map(|over| (prepare(&over.draws), over.opacity));
    let mut bytes = Vec::new();
    for y in 0..i64::from(plan.output.size.height) {
        for x in 0..i64::from(plan.output.size.width) {
            let (u, v) = match plan.output.rotation {
                Rotation::None => (x, y),
                Rotation::Quarter => (w - 1 - y, x),
                Rotation::Half => (w - 1 - x, h - 1 - y),
                Rotation::ThreeQuarters => (y, h - 1 - x),
            };
            let below = picture(&under, u, v);
            bytes.extend(match &above {
                Some((above, opacity)) => over(below, picture(above, u, v), *opacity),
                None => below,
            });
        }
    }
    Reference { size: plan.output.size, bytes }
}

#[derive(Clone, Copy)]
struct Axis {
    s: i64,
    l: i64,
    n: u32,
}

fn floor_div(a: i128, b: i128) -> i128 {
    a.div_euclid(b)
}

impl Axis {
    /// c(i) as a fraction over 2n.
    fn centre(self, i: i64) -> i128 {
        2 * i128::from(self.n) * i128::from(self.s) + (2 * i128::from(i) + 1) * i128::from(self.l)
    }

    fn covers(self, start: i64, length: i64, i: i64) -> bool {
        let below = 2 * i128::from(self.n);
        i128::from(start) * below <= self.centre(i) && self.centre(i) < i128::from(start + length) * below
    }

    fn first(self, place: i64) -> i64 {
        let (n, l) = (i128::from(self.n), i128::from(self.l));
        let value = -floor_div(-(2 * n * i128::from(place - self.s) - l), 2 * l);
        value as i64
    }

    fn pixels_256(self, length: i64) -> i64 {
        floor_div(
            2 * 256 * i128::from(length) * i128::from(self.n) + i128::from(self.l),
            2 * i128::from(self.l),
        ) as i64
    }
}

fn covered(axes: &[Axis; 2], rect: CanvasRect, u: i64, v: i64) -> bool {
    axes[0].covers(rect.x, rect.width, u) && axes[1].covers(rect.y, rect.height, v)
}

fn m(a: u8, b: u8) -> u8 {
    ((u32::from(a) * u32::from(b) * 2 + 255) / 510) as u8
}

fn over(below: [u8; 4], above: [u8; 4], alpha: u8) -> [u8; 4] {
    let p = above.map(|channel| m(channel, alpha));
    [0, 1, 2, 3].map(|c| (u32::from(p[c]) + u32::from(m(below[c], 255 - p[3]))).min(255) as u8)
}

fn bitmap(draw: &Draw, axes: &[Axis; 2]) -> Option<Bitmap> {
    let Content::Raster(spec) = &draw.content else { return None };
    let layouts::Raster::Dot(color) = &**spec else { return None };
    let width = axes[0].first(draw.rect.x + draw.rect.width) - axes[0].first(draw.rect.x);
    let height = axes[1].first(draw.rect.y + draw.rect.height) - axes[1].first(draw.rect.y);
    let gcd = |a: i64, b: i64| {
        let (mut a, mut b) = (a, b);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let (gx, gy) = (gcd(i64::from(axes[0].n), axes[0].l), gcd(i64::from(axes[1].n), axes[1].l));
    let scale = PixelScale {
        columns: axes[0].n / gx as u32,
        width: axes[0].l / gx,
        rows: axes[1].n / gy as u32,
        height: axes[1].l / gy,
    };
    if width <= 0 || height <= 0 {
        return None;
    }
    Some(super::pattern(*color, Size::new(width as u32, height as u32), scale))
}

fn draw_at(
    draw: &Draw,
    bitmap: Option<&Bitmap>,
    axes: &[Axis; 2],
    frames: &Frames,
    u: i64,
    v: i64,
) -> Option<([u8; 4], u8)> {
    if !covered(axes, draw.rect, u, v) || !covered(axes, draw.clip, u, v) {
        return None;
    }
    let pixel = match &draw.content {
        Content::Fill(Rgba { r, g, b, a }) => [m(*b, *a), m(*g, *a), m(*r, *a), *a],
        Content::Raster(_) => {
            let bitmap = bitmap?;
            let (x, y) = (u - axes[0].first(draw.rect.x), v - axes[1].first(draw.rect.y));
            let at = (y as usize * bitmap.size().width as usize + x as usize) * 4;
            bitmap.bytes()[at..at + 4].try_into().unwrap()
        }
        Content::Video { source, crop } => video(frames.0.get(source)?, *crop, draw.rect, axes, u, v),
    };
    Some((pixel, m(draw.opacity, coverage(draw, axes, u, v))))
}

fn coverage(draw: &Draw, axes: &[Axis; 2], u: i64, v: i64) -> u8 {
    let layouts::Outline { radius, ring } = draw.outline;
    if radius == 0 && ring == 0 {
        return 255;
    }
    let clip = draw.clip;
    let (left, right) = (axes[0].first(clip.x), axes[0].first(clip.x + clip.width));
    let (top, bottom) = (axes[1].first(clip.y), axes[1].first(clip.y + clip.height));
    let (from_x, from_y) = ((u - left).min(right - 1 - u), (v - top).min(bottom - 1 - v));
    let rx = axes[0].pixels_256(radius).min(1_024 * 256).min((right - left) * 128);
    let ry = axes[1].pixels_256(radius).min(1_024 * 256).min((bottom - top) * 128);
    let whole = |length: i64| if ring == 0 { 0 } else { ((length + 128) >> 8).max(1) };
    let (ring_x, ring_y) = (whole(axes[0].pixels_256(ring)), whole(axes[1].pixels_256(ring)));
    let rounded = |x: i64, y: i64, rx: i64, ry: i64| -> bool {
        let (rx, ry, x, y) = (i128::from(rx), i128::from(ry), i128::from(x), i128::from(y));
        if x >= rx || y >= ry {
            return true;
        }
        let (dx, dy) = (rx - x, ry - y);
        dx * dx * ry * ry + dy * dy * rx * rx <= rx * rx * ry * ry
    };
    let mut points = 0;
    for down in 0..8 {
        for across in 0..8 {
            let (x, y) = (from_x * 256 + (2 * across + 1) * 16, from_y * 256 + (2 * down + 1) * 16);
            // Outside the corner's box a whole pixel counts as one.
            let boxed = from_x < (rx + 255) / 256 && from_y < (ry + 255) / 256;
            let outer = !boxed || rounded(x, y, rx, ry);
            let (ix, iy) = (x - ring_x * 256, y - ring_y * 256);
            let inner = if boxed {
                ix >= 0 && iy >= 0 && rounded(ix, iy, (rx - ring_x * 256).max(0), (ry - ring_y * 256).max(0))
            } else {
                from_x >= ring_x && from_y >= ring_y
            };
            points += i32::from(outer && !(ring > 0 && inner));
        }
    }
    ((points * 255 + 32) / 64) as u8
}

/// One axis of one plane: index, second index and weight, and the box's size.
struct Tap {
    near: i64,
    far: i64,
    weight: i32,
    shift: u32,
}

struct Facts {
    luma: u32,
    samples: u32,
    d: i128,
    quarters: i128,
}

fn tap(axis: Axis, rect: (i64, i64), crop: (u32, u32), facts: &Facts, i: i64) -> Tap {
    let (r, big_r) = (i128::from(rect.0), i128::from(rect.1));
    let (p, q) = (i128::from(crop.0), i128::from(crop.1));
    let (n, l, big_n) = (i128::from(axis.n), i128::from(axis.l), i128::from(facts.luma));
    let mut shift = 0;
    while shift < 6 && (2i128 << shift) * 65_536 * big_r * n * facts.d <= big_n * q * l {
        shift += 1;
    }
    // P = N (p + q (c − r) / R) / 65536, over 65536 · R · 2n.
    let below = 65_536 * big_r * 2 * n;
    let above = big_n * (p * big_r * 2 * n + q * (axis.centre(i) - r * 2 * n));
    // X = P / d + quarters / 4, over below · 4.
    let x = above * 4 / facts.d + facts.quarters * below;
    // t = floor(128 (X / 2^S − 1/2) + 1/2).
    let t = floor_div(2 * 128 * x - 127 * ((4 * below) << shift), 2 * ((4 * below) << shift));
    let count = i128::from(facts.samples.div_ceil(1 << shift));
    let (near, weight) = if t < 0 {
        (0, 0)
    } else if (t >> 7) >= count - 1 {
        (count - 1, 0)
    } else {
        (t >> 7, t & 127)
    };
    Tap { near: near as i64, far: (near + 1).min(count - 1) as i64, weight: weight as i32, shift }
}

fn sample(frame: &Frame, plane: usize, x: i64, y: i64) -> i32 {
    let (index, channel) = if frame.layout() == PixelLayout::Bgra8 { (0, plane) } else { (plane, 0) };
    let size = frame.layout().plane_size(frame.size(), index);
    let (x, y) = (x.min(i64::from(size.width) - 1) as usize, y.min(i64::from(size.height) - 1) as usize);
    let plane = frame.plane(index).unwrap();
    match frame.layout() {
        PixelLayout::Planar8(_) => i32::from(plane.bytes[y * plane.stride + x]),
        PixelLayout::Bgra8 => i32::from(plane.bytes[y * plane.stride + x * 4 + channel]),
        PixelLayout::Planar10(_) => {
            let at = y * plane.stride + x * 2;
            let word = u32::from(plane.bytes[at]) + 256 * u32::from(plane.bytes[at + 1]);
            if word > 65_533 { 255 } else { (((word + 2) >> 2) as i32).min(255) }
        }
    }
}

fn boxed(frame: &Frame, plane: usize, x: i64, sx: u32, y: i64, sy: u32) -> i32 {
    let mut sum = 0;
    for down in 0..1i64 << sy {
        for across in 0..1i64 << sx {
            sum += sample(frame, plane, (x << sx) + across, (y << sy) + down);
        }
    }
    let total = sx + sy;
    (sum + ((1 << total) >> 1)) >> total
}

fn interpolated(frame: &Frame, plane: usize, x: &Tap, y: &Tap) -> i32 {
    let at = |column: i64, row: i64| boxed(frame, plane, column, x.shift, row, y.shift) - 128;
    let across = |row: i64| (128 - x.weight) * at(x.near, row) + x.weight * at(x.far, row);
    let (h0, h1) = (across(y.near), across(y.far));
    h0 + (((h1 - h0) * (y.weight << 8) + 0x4000) >> 15)
}

fn video(frame: &Frame, crop: Crop, rect: CanvasRect, axes: &[Axis; 2], u: i64, v: i64) -> [u8; 4] {
    let taps = |plane: usize, d: (i128, i128), quarters: (i128, i128)| {
        let size = frame.layout().plane_size(frame.size(), plane);
        let across = Facts { luma: frame.size().width, samples: size.width, d: d.0, quarters: quarters.0 };
        let down = Facts { luma: frame.size().height, samples: size.height, d: d.1, quarters: quarters.1 };
        (
            tap(axes[0], (rect.x, rect.width), (crop.x, crop.width), &across, u),
            tap(axes[1], (rect.y, rect.height), (crop.y, crop.height), &down, v),
        )
    };
    let luma = taps(0, (1, 1), (0, 0));
    let chroma = match frame.layout() {
        PixelLayout::Bgra8 => {
            return [0, 1, 2, 3]
                .map(|c| ((interpolated(frame, c, &luma.0, &luma.1) + 16_384 + 64) >> 7) as u8);
        }
        PixelLayout::Planar8(chroma) | PixelLayout::Planar10(chroma) => chroma,
    };
    let siting = frame.color().siting;
    let left = i128::from(siting != ChromaSiting::Center);
    let top = i128::from(siting == ChromaSiting::TopLeft);
    let y = interpolated(frame, 0, &luma.0, &luma.1);
    let (x_taps, y_taps) = match chroma {
        Chroma::Mono => return color(frame, y, 0, 0),
        Chroma::Yuv420 => taps(1, (2, 2), (left, top)),
        Chroma::Yuv422 => taps(1, (2, 1), (left, 0)),
        Chroma::Yuv444 => taps(1, (1, 1), (0, 0)),
    };
    color(frame, y, interpolated(frame, 1, &x_taps, &y_taps), interpolated(frame, 2, &x_taps, &y_taps))
}

fn color(frame: &Frame, y: i32, u: i32, v: i32) -> [u8; 4] {
    let matrix = ColorMatrix::new(frame.color());
    let mul = |a: i32, b: i16| (a * i32::from(b) + 0x4000) >> 15;
    let luma = mul(y, matrix.y) + i32::from(matrix.bias);
    let red = luma + mul(v, matrix.rv);
    let green = luma + mul(u, matrix.gu) + mul(v, matrix.gv);
    let blue = luma + mul(u, matrix.bu);
    let held = |value: i32| (value >> 5).clamp(0, 255) as u8;
    [held(blue), held(green), held(red), 255]
}
