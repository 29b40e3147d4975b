//! A small painter for the still ground of a scene: gradients, polygons, lines and lights in linear-enough RGB.
//!
//! Coordinates are those of a 640 × 360 picture whatever the real size is.

use super::Planes;

/// Red, green, blue from 0 to 255.
pub type Rgb = [f32; 3];
/// A point of the nominal 640 × 360 picture.
pub type Point = (f32, f32);

/// Nominal extent.
pub const NOMINAL: (f32, f32) = (640.0, 360.0);

/// A picture that is being painted.
#[derive(Debug, Clone)]
pub struct Ground {
    width: usize,
    height: usize,
    pixels: Vec<Rgb>,
}

impl Ground {
    /// A vertical gradient through `stops` of (height, colour), top to bottom.
    pub fn gradient(width: u32, height: u32, stops: &[(f32, Rgb)]) -> Self {
        let (width, height) = (width as usize, height as usize);
        let mut pixels = Vec::with_capacity(width * height);
        for row in 0..height {
            let y = (row as f32 + 0.5) * NOMINAL.1 / height as f32;
            pixels.resize(pixels.len() + width, color_at(stops, y));
        }
        Self { width, height, pixels }
    }

    /// Mixes `color` into every pixel by the amount, 0 to 1, that `cover` gives for its centre inside `bounds`
    /// (left, top, right, bottom).
    pub fn blend(&mut self, bounds: [f32; 4], color: Rgb, cover: impl Fn(Point) -> f32) {
        let (sx, sy) = (self.width as f32 / NOMINAL.0, self.height as f32 / NOMINAL.1);
        let columns = span(bounds[0] * sx, bounds[2] * sx, self.width);
        for row in span(bounds[1] * sy, bounds[3] * sy, self.height) {
            for column in columns.clone() {
                let amount = cover(((column as f32 + 0.5) / sx, (row as f32 + 0.5) / sy)).clamp(0.0, 1.0);
                let pixel = &mut self.pixels[row * self.width + column];
                for (old, new) in pixel.iter_mut().zip(color) {
                    *old += (new - *old) * amount;
                }
            }
        }
    }

    /// Fills a convex polygon whose corners run clockwise, with soft edges.
    pub fn polygon(&mut self, corners: &[Point], color: Rgb, opacity: f32) {
        let bounds = corners.iter().fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |b, &(x, y)| {
            [b[0].min(x - 1.0), b[1].min(y - 1.0), b[2].max(x + 1.0), b[3].max(y + 1.0)]
        });
        self.blend(bounds, color, |point| {
            let inside = edges(corners).map(|(a, b)| distance_inside(a, b, point)).fold(f32::MAX, f32::min);
            (inside + 0.5).clamp(0.0, 1.0) * opacity
        });
    }

    /// Fills an upright rectangle.
    pub fn rectangle(&mut self, [left, top, right, bottom]: [f32; 4], color: Rgb, opacity: f32) {
        self.polygon(&[(left, top), (right, top), (right, bottom), (left, bottom)], color, opacity);
    }

    /// Draws a straight line `width` thick at its start and `width_end` at its end.
    pub fn line(&mut self, from: Point, to: Point, (width, width_end): (f32, f32), color: Rgb, opacity: f32) {
        let thick = width.max(width_end) + 1.0;
        let bounds = [
            from.0.min(to.0) - thick,
            from.1.min(to.1) - thick,
            from.0.max(to.0) + thick,
            from.1.max(to.1) + thick,
        ];
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length2 = (dx * dx + dy * dy).max(1e-6);
        self.blend(bounds, color, |(x, y)| {
            let along = (((x - from.0) * dx + (y - from.1) * dy) / length2).clamp(0.0, 1.0);
            let (px, py) = (from.0 + along * dx, from.1 + along * dy);
            let distance = ((x - px).powi(2) + (y - py).powi(2)).sqrt();
            let half = (width + (width_end - width) * along) / 2.0;
            // A line thinner than a pixel is fainter instead.
            (half - distance + 0.5).clamp(0.0, 1.0) * (half * 2.0).min(1.0) * opacity
        });
    }

    /// Lays a soft light of the given radii over the picture.
    pub fn glow(&mut self, (x, y): Point, (rx, ry): (f32, f32), color: Rgb, opacity: f32) {
        self.blend([x - rx, y - ry, x + rx, y + ry], color, |point| {
            let distance2 = ((point.0 - x) / rx).powi(2) + ((point.1 - y) / ry).powi(2);
            (1.0 - distance2).max(0.0).powi(2) * opacity
        });
    }

    /// Darkens the corners and adds the grain that keeps gradients from banding; `seed` chooses the grain.
    pub fn finish(mut self, seed: u32) -> Self {
        let mut state = seed | 1;
        for (index, pixel) in self.pixels.iter_mut().enumerate() {
            let x = (index % self.width) as f32 / self.width as f32 - 0.5;
            let y = (index / self.width) as f32 / self.height as f32 - 0.5;
            let shade = 1.0 - 0.7 * (x * x + y * y);
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let grain = (state >> 16) as f32 / 65_536.0 * 2.4 - 1.2;
            *pixel = pixel.map(|value| (value * shade + grain).clamp(0.0, 255.0));
        }
        self
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width as u32, self.height as u32)
    }

    /// The picture as bytes of red, green, blue.
    pub fn to_rgb8(&self) -> Vec<u8> {
        self.pixels.iter().flatten().map(|&value| value.round() as u8).collect()
    }

    /// The picture as BT.601 limited-range 4:2:0.
    pub fn to_planes(&self) -> Planes {
        let y = self.pixels.iter().map(|&[r, g, b]| byte(16.0 + 0.257 * r + 0.504 * g + 0.098 * b)).collect();
        let mut planes = Planes { y, u: Vec::new(), v: Vec::new() };
        for row in (0..self.height).step_by(2) {
            for column in (0..self.width).step_by(2) {
                let at = row * self.width + column;
                let four = [at, at + 1, at + self.width, at + self.width + 1].map(|index| self.pixels[index]);
                let [r, g, b] =
                    [0, 1, 2].map(|channel| four.iter().map(|pixel| pixel[channel]).sum::<f32>() / 4.0);
                planes.u.push(byte(128.0 - 0.148 * r - 0.291 * g + 0.439 * b));
                planes.v.push(byte(128.0 + 0.439 * r - 0.368 * g - 0.071 * b));
            }
        }
        planes
    }
}

fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

fn span(from: f32, to: f32, limit: usize) -> std::ops::Range<usize> {
    from.floor().clamp(0.0, limit as f32) as usize..to.ceil().clamp(0.0, limit as f32) as usize
}

fn color_at(stops: &[(f32, Rgb)], y: f32) -> Rgb {
    let after = stops.iter().position(|stop| stop.0 >= y);
    match after {
        Some(0) => stops[0].1,
        None => stops.last().map_or([0.0; 3], |stop| stop.1),
        Some(index) => {
            let ((y0, a), (y1, b)) = (stops[index - 1], stops[index]);
            let share = (y - y0) / (y1 - y0);
            [0, 1, 2].map(|channel| a[channel] + (b[channel] - a[channel]) * share)
        }
    }
}

fn edges(corners: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    corners.iter().zip(corners.iter().cycle().skip(1)).map(|(&a, &b)| (a, b))
}

/// How far `p` lies inside the edge from `a` to `b` of a clockwise polygon.
fn distance_inside(a: Point, b: Point, p: Point) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    (dx * (p.1 - a.1) - dy * (p.0 - a.0)) / (dx * dx + dy * dy).sqrt().max(1e-6)
}
