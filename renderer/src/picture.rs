//! Pixels in memory: rectangles of them, pictures and bitmaps. A pixel is always four bytes, blue, green, red, alpha,
//! with the colours multiplied by alpha.

use media::Size;

/// A rectangle of whole pixels, half open. Coordinates may be negative or beyond a picture where that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PixelRect {
    /// First column.
    pub left: i32,
    /// First row.
    pub top: i32,
    /// Column after the last one.
    pub right: i32,
    /// Row after the last one.
    pub bottom: i32,
}

impl PixelRect {
    /// From its four edges.
    pub const fn new(left: i32, top: i32, right: i32, bottom: i32) -> Self {
        Self { left, top, right, bottom }
    }

    /// All pixels of a picture of `size` (sides ≤ 2³¹ − 1).
    pub fn whole(size: Size) -> Self {
        Self::new(0, 0, size.width as i32, size.height as i32)
    }

    /// Whether no pixel lies inside.
    pub const fn is_empty(self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    /// Columns inside, 0 when empty.
    pub const fn width(self) -> usize {
        if self.right > self.left { (self.right - self.left) as usize } else { 0 }
    }

    /// Rows inside, 0 when empty.
    pub const fn height(self) -> usize {
        if self.bottom > self.top { (self.bottom - self.top) as usize } else { 0 }
    }

    /// How many pixels lie inside.
    pub const fn area(self) -> u64 {
        self.width() as u64 * self.height() as u64
    }

    /// The pixels in both; may be empty.
    pub fn intersect(self, other: Self) -> Self {
        Self::new(
            self.left.max(other.left),
            self.top.max(other.top),
            self.right.min(other.right),
            self.bottom.min(other.bottom),
        )
    }

    /// The smallest rectangle around both, neither of them empty.
    pub fn around(self, other: Self) -> Self {
        Self::new(
            self.left.min(other.left),
            self.top.min(other.top),
            self.right.max(other.right),
            self.bottom.max(other.bottom),
        )
    }

    /// Whether every pixel of `other` lies inside.
    pub fn contains(self, other: Self) -> bool {
        self.intersect(other) == other
    }
}

/// A finished picture, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// Extent in pixels.
    pub size: Size,
    /// Bytes from one row's start to the next one's, at least four times the width.
    pub stride: usize,
    /// The rows.
    pub bytes: &'a [u8],
}

impl Picture<'_> {
    /// The four bytes of a pixel; `None` outside.
    pub fn pixel(&self, x: u32, y: u32) -> Option<[u8; 4]> {
        if x >= self.size.width || y >= self.size.height {
            return None;
        }
        let at = y as usize * self.stride + x as usize * 4;
        self.bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok())
    }

    /// The bytes of row `y` without padding; empty outside.
    pub fn row(&self, y: u32) -> &[u8] {
        let at = y as usize * self.stride;
        self.bytes.get(at..at + self.size.width as usize * 4).unwrap_or(&[])
    }
}

/// What a raster layer became: BGRA rows without padding, immutable and shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    size: Size,
    bytes: Vec<u8>,
    opaque: bool,
}

impl Bitmap {
    /// Keeps `bytes` (premultiplied BGRA, row after row, no padding) as a picture of `size`; `None` when their number
    /// is not `4 · width · height`.
    pub fn new(size: Size, bytes: Vec<u8>) -> Option<Self> {
        if bytes.len() as u64 != size.area() * 4 {
            return None;
        }
        let opaque = bytes.iter().skip(3).step_by(4).all(|&alpha| alpha == 255);
        Some(Self { size, bytes, opaque })
    }

    /// Extent in pixels.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The rows, `4 · width` bytes each.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether every pixel's alpha is 255.
    pub fn is_opaque(&self) -> bool {
        self.opaque
    }
}
