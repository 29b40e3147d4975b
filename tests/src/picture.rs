//! A finished picture in memory, as screens and taps deliver it.

/// Rows of blue, green, red, alpha bytes without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// `width · height · 4` bytes.
    pub bgra: Vec<u8>,
}

/// A place on a picture in its pixels; edges may lie between pixels and outside the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Extent to the right.
    pub width: f64,
    /// Extent downwards.
    pub height: f64,
}

impl Picture {
    /// A picture of one colour.
    pub fn filled(width: u32, height: u32, bgra: [u8; 4]) -> Self {
        Self { width, height, bgra: bgra.repeat(width as usize * height as usize) }
    }

    /// Blue, green, red, alpha at a pixel; `None` outside.
    pub fn at(&self, x: u32, y: u32) -> Option<[u8; 4]> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let start = (y as usize * self.width as usize + x as usize) * 4;
        self.bgra.get(start..start + 4)?.try_into().ok()
    }

    /// Mean of red, green and blue over the pixels whose centres lie in `rect`; `None` when there are none.
    pub fn brightness(&self, rect: Rect) -> Option<f64> {
        let columns = pixel_range(rect.x, rect.width, self.width);
        let rows = pixel_range(rect.y, rect.height, self.height);
        let (mut sum, mut count) = (0_u64, 0_u64);
        for y in rows {
            for x in columns.clone() {
                let [b, g, r, _] = self.at(x, y)?;
                sum += u64::from(b) + u64::from(g) + u64::from(r);
                count += 3;
            }
        }
        (count > 0).then(|| sum as f64 / count as f64)
    }
}

/// The pixels whose centres lie in `start..start + extent`, held inside `0..limit`.
fn pixel_range(start: f64, extent: f64, limit: u32) -> std::ops::Range<u32> {
    let first = (start - 0.5).ceil().clamp(0.0, f64::from(limit)) as u32;
    let end = (start + extent - 0.5).ceil().clamp(0.0, f64::from(limit)) as u32;
    first..end
}

impl Rect {
    /// A rectangle from its left top corner and its extent.
    pub fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    /// Where the whole of a picture of `aspect` = width / height lies when this window shows it with `fit = "cover"`.
    pub fn cover(self, aspect: f64) -> Self {
        let width = self.width.max(self.height * aspect);
        self.around(width, width / aspect)
    }

    /// Where the whole of a picture of `aspect` = width / height lies when this window shows it with `fit = "contain"`.
    pub fn contain(self, aspect: f64) -> Self {
        let width = self.width.min(self.height * aspect);
        self.around(width, width / aspect)
    }

    fn around(self, width: f64, height: f64) -> Self {
        let (x, y) = (self.x + (self.width - width) / 2.0, self.y + (self.height - height) / 2.0);
        Self { x, y, width, height }
    }
}
