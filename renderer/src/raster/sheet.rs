//! The sheet that a raster is drawn on.

use crate::blend;
use layouts::Rgba;
use media::Size;

/// How many pixels a bitmap may have at most: a wall of sixteen 4K screens drawn as one raster.
pub const BITMAP_PIXELS_MAX: u64 = 1 << 27;

/// A picture that is being drawn: blue, green, red and alpha bytes, colours multiplied by alpha, without gaps.
pub(super) struct Sheet {
    size: Size,
    bytes: Vec<u8>,
}

impl Sheet {
    /// A transparent sheet; `None` without pixels, or with more than [`BITMAP_PIXELS_MAX`].
    pub(super) fn new(size: Size) -> Option<Self> {
        let drawable = size.area() > 0 && size.area() <= BITMAP_PIXELS_MAX;
        drawable.then(|| Self { size, bytes: vec![0; size.area() as usize * 4] })
    }

    /// Extent in pixels.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// All bytes, to draw into; a row is `4 · width` long.
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// All bytes, given away.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Puts `color` over pixel `(x, y)`, covering `coverage` / 255 of it; nothing happens outside.
    pub(super) fn over(&mut self, x: i64, y: i64, color: Rgba, coverage: u8) {
        let (width, height) = (i64::from(self.size.width), i64::from(self.size.height));
        if coverage == 0 || x < 0 || y < 0 || x >= width || y >= height {
            return;
        }
        let at = (y * width + x) as usize * 4;
        let Some(pixel) = self.bytes[at..].first_chunk_mut::<4>() else { return };
        *pixel = blend::over(*pixel, blend::premultiplied(color), coverage);
    }
}
