//! How near the integers come to the real numbers that they stand for.

mod support;

use bytes::Bytes;
use layouts::{CANVAS_PIXEL, CanvasRect, Content, Crop, Draw, Outline, PixelGrid, Rgba, Rotation, TilePlan};
use media::{
    Chroma, ChromaSiting, Color, Frame, Matrix, MediaTime, PixelLayout, Plane, Range, Size, WallTime,
};
use renderer::Compositor;
use renderer::cpu::CpuCompositor;
use support::{Frames, Patterns, source};

/// A smooth picture's luma, U and V at a place in 0–1, around their middle.
fn smooth(plane: usize, u: f64, v: f64) -> f64 {
    match plane {
        0 => 126.0 + 55.0 * (u * 17.0 + v * 5.0).sin() + 40.0 * (v * 13.0 - u * 3.0).cos(),
        1 => 128.0 + 45.0 * (u * 9.0 - v * 4.0).sin(),
        _ => 128.0 + 45.0 * (u * 3.0 + v * 11.0).cos(),
    }
}

/// How a plane's samples lie: luma samples to one of it, and its offset in its own samples.
fn lattice(chroma: Chroma, siting: ChromaSiting, plane: usize) -> [(f64, f64); 2] {
    let left = if siting == ChromaSiting::Center { 0.0 } else { 0.25 };
    let top = if siting == ChromaSiting::TopLeft { 0.25 } else { 0.0 };
    match chroma {
        _ if plane == 0 => [(1.0, 0.0), (1.0, 0.0)],
        Chroma::Yuv420 => [(2.0, left), (2.0, top)],
        Chroma::Yuv422 => [(2.0, left), (1.0, 0.0)],
        Chroma::Yuv444 | Chroma::Mono => [(1.0, 0.0), (1.0, 0.0)],
    }
}

fn smooth_frame(size: Size, layout: PixelLayout, color: Color) -> Frame {
    let (chroma, deep) = match layout {
        PixelLayout::Planar8(chroma) => (chroma, false),
        PixelLayout::Planar10(chroma) => (chroma, true),
        PixelLayout::Bgra8 => unreachable!("YUV only"),
    };
    let planes = (0..layout.plane_count()).map(|plane| {
        let extent = layout.plane_size(size, plane);
        let [(dx, ox), (dy, oy)] = lattice(chroma, color.siting, plane);
        let mut bytes = Vec::new();
        for y in 0..extent.height {
            for x in 0..extent.width {
                let u = (f64::from(x) + 0.5 - ox) * dx / f64::from(size.width);
                let v = (f64::from(y) + 0.5 - oy) * dy / f64::from(size.height);
                let value = smooth(plane, u, v);
                if deep {
                    bytes.extend(((value * 4.0).round() as u16).to_le_bytes());
                } else {
                    bytes.push(value.round() as u8);
                }
            }
        }
        Plane { bytes: Bytes::from(bytes), stride: extent.width as usize * layout.bytes_per_sample() }
    });
    Frame::new(MediaTime(0), WallTime(0), size, color, layout, planes.collect()).unwrap()
}

/// A plane's sample as a real number of eight bits; beyond its edges the last one goes on.
fn sample(frame: &Frame, plane: usize, x: i64, y: i64) -> f64 {
    let size = frame.layout().plane_size(frame.size(), plane);
    let x = x.clamp(0, i64::from(size.width) - 1) as usize;
    let y = y.clamp(0, i64::from(size.height) - 1) as usize;
    let rows = frame.plane(plane).unwrap();
    match frame.layout() {
        PixelLayout::Planar10(_) => {
            let at = y * rows.stride + 2 * x;
            f64::from(u16::from_le_bytes([rows.bytes[at], rows.bytes[at + 1]])) / 4.0
        }
        _ => f64::from(rows.bytes[y * rows.stride + x]),
    }
}

/// The samples an output pixel takes on one axis and their weights: two by their distance when magnifying, the mean of
/// all it covers when minifying.
fn weights(centre: f64, ratio: f64) -> Vec<(i64, f64)> {
    if ratio <= 1.0 {
        let place = centre - 0.5;
        let weight = place - place.floor();
        return vec![(place.floor() as i64, 1.0 - weight), (place.floor() as i64 + 1, weight)];
    }
    let (start, end) = (centre - ratio / 2.0, centre + ratio / 2.0);
    let inside = |k: i64| ((k + 1) as f64).min(end) - (k as f64).max(start);
    (start.floor() as i64..=end.floor() as i64).map(|k| (k, inside(k).max(0.0) / ratio)).collect()
}

fn real_pixel(frame: &Frame, chroma: Chroma, output: Size, x: u32, y: u32) -> [f64; 3] {
    let size = frame.size();
    let scale =
        (f64::from(size.width) / f64::from(output.width), f64::from(size.height) / f64::from(output.height));
    let mut values = [0.0; 3];
    for (plane, value) in values.iter_mut().enumerate() {
        let [(dx, ox), (dy, oy)] = lattice(chroma, frame.color().siting, plane);
        let across = weights((f64::from(x) + 0.5) * scale.0 / dx + ox, scale.0 / dx);
        let down = weights((f64::from(y) + 0.5) * scale.1 / dy + oy, scale.1 / dy);
        for (row, row_weight) in &down {
            for (column, column_weight) in &across {
                *value += row_weight * column_weight * sample(frame, plane, *column, *row);
            }
        }
    }
    real_color(frame.color(), values)
}

/// ITU-T H.273 in real numbers: blue, green, red.
fn real_color(color: Color, [y, u, v]: [f64; 3]) -> [f64; 3] {
    let (kr, kb) = match color.matrix {
        Matrix::Bt601 => (0.299, 0.114),
        Matrix::Bt709 => (0.2126, 0.0722),
        Matrix::Bt2020 => (0.2627, 0.0593),
    };
    let (y, u, v) = match color.range {
        Range::Limited => ((y - 16.0) / 219.0, (u - 128.0) / 224.0, (v - 128.0) / 224.0),
        Range::Full => (y / 255.0, (u - 128.0) / 255.0, (v - 128.0) / 255.0),
    };
    let red = y + 2.0 * (1.0 - kr) * v;
    let blue = y + 2.0 * (1.0 - kb) * u;
    let green = (y - kr * red - kb * blue) / (1.0 - kr - kb);
    [blue, green, red].map(|value| (value * 255.0).clamp(0.0, 255.0))
}

fn shown(frame: &Frame, output: Size) -> (TilePlan, Frames) {
    let area = CanvasRect {
        x: 0,
        y: 0,
        width: i64::from(output.width) * CANVAS_PIXEL,
        height: i64::from(output.height) * CANVAS_PIXEL,
    };
    let content = Content::Video { source: source(0), crop: Crop::ALL };
    let draw = Draw { content, rect: area, clip: area, opacity: 255, outline: Outline::default() };
    let black = Rgba { r: 0, g: 0, b: 0, a: 255 };
    let plan = support::plan(PixelGrid { area, size: output }, Rotation::None, black, vec![draw]);
    let mut frames = Frames::default();
    frames.0.insert(source(0), frame.clone());
    (plan, frames)
}

/// PSNR in decibels, and the largest difference.
fn likeness(frame: &Frame, chroma: Chroma, output: Size) -> (f64, f64) {
    let (plan, frames) = shown(frame, output);
    let mut compositor = CpuCompositor::new();
    compositor.compose(&plan, &frames, &mut Patterns::default()).unwrap();
    let picture = compositor.picture().unwrap();
    let (mut squares, mut worst) = (0.0, 0.0f64);
    for y in 0..output.height {
        for x in 0..output.width {
            let pixel = picture.pixel(x, y).unwrap();
            let real = real_pixel(frame, chroma, output, x, y);
            for channel in 0..3 {
                let difference = (f64::from(pixel[channel]) - real[channel]).abs();
                squares += difference * difference;
                worst = worst.max(difference);
            }
        }
    }
    let mean = squares / (output.area() * 3) as f64;
    (10.0 * (255.0 * 255.0 / mean).log10(), worst)
}

#[test]
fn smooth_pictures_stay_within_forty_decibels_at_every_scale() {
    let source = Size::new(320, 180);
    for (layout, chroma, color) in [
        (PixelLayout::Planar8(Chroma::Yuv420), Chroma::Yuv420, Color::HD),
        (PixelLayout::Planar8(Chroma::Yuv422), Chroma::Yuv422, Color::SD),
        (PixelLayout::Planar8(Chroma::Yuv420), Chroma::Yuv420, Color::JPEG),
        (
            PixelLayout::Planar10(Chroma::Yuv420),
            Chroma::Yuv420,
            Color { matrix: Matrix::Bt2020, range: Range::Limited, siting: ChromaSiting::TopLeft },
        ),
    ] {
        let frame = smooth_frame(source, layout, color);
        for (width, height) in [
            (320, 180),
            (640, 360),
            (481, 271),
            (1000, 90),
            (319, 179),
            (213, 120),
            (160, 90),
            (101, 57),
            (80, 45),
            (43, 25),
        ] {
            let (psnr, worst) = likeness(&frame, chroma, Size::new(width, height));
            assert!(psnr >= 40.0, "{layout:?} to {width}×{height}: {psnr:.1} dB, worst {worst:.1}");
        }
    }
}

#[test]
fn at_one_to_one_only_rounding_is_left() {
    let frame = smooth_frame(Size::new(320, 180), PixelLayout::Planar8(Chroma::Yuv420), Color::HD);
    let (psnr, worst) = likeness(&frame, Chroma::Yuv420, Size::new(320, 180));
    assert!(psnr >= 56.0 && worst < 1.2, "{psnr:.1} dB, worst {worst:.2}");
}

/// What the bars above would say of a wrong matrix and of a shift by one pixel.
#[test]
fn planted_faults_fall_below_the_bar() {
    let size = Size::new(320, 180);
    let layout = PixelLayout::Planar8(Chroma::Yuv420);
    let right = smooth_frame(size, layout, Color::HD);
    let planes = (0..3).map(|index| right.plane(index).unwrap().clone()).collect();
    let wrong = Frame::new(right.time(), right.captured(), size, Color::SD, layout, planes).unwrap();
    let picture = |frame: &Frame, shift: i64| {
        let (mut plan, frames) = shown(frame, size);
        plan.grid.area.x += shift;
        let mut compositor = CpuCompositor::new();
        compositor.compose(&plan, &frames, &mut Patterns::default()).unwrap();
        let picture = compositor.picture().unwrap();
        (0..size.height).flat_map(|y| picture.row(y).to_vec()).collect::<Vec<u8>>()
    };
    let good = picture(&right, 0);
    assert_ne!(good, picture(&wrong, 0), "the wrong matrix is seen");
    assert_ne!(good, picture(&right, CANVAS_PIXEL), "a shift by a pixel is seen");
}
