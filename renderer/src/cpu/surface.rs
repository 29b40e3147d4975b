//! A picture in memory of our own, rows beginning on cache lines.

use crate::picture::{Picture, PixelRect};
use layouts::Rotation;
use media::Size;

/// One cache line.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// BGRA rows, each beginning on a cache line.
#[derive(Debug, Default)]
pub struct Surface {
    size: Size,
    lines: Vec<Line>,
}

impl Surface {
    /// Takes on `size`; contents are kept when it is the size already, else undefined.
    pub fn resize(&mut self, size: Size) {
        if self.size != size {
            self.size = size;
            self.lines = vec![Line([0; 64]); self.stride() / 64 * size.height as usize];
        }
    }

    fn stride(&self) -> usize {
        (self.size.width as usize * 4).next_multiple_of(64)
    }

    /// The picture as it is.
    pub fn picture(&self) -> Picture<'_> {
        // SAFETY: `Line` is 64 plain bytes without padding.
        let bytes =
            unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast::<u8>(), self.lines.len() * 64) };
        Picture { size: self.size, stride: self.stride(), bytes }
    }

    /// The bytes of row `y` from column `left` to before `right`, all inside.
    pub fn row_mut(&mut self, y: i32, left: i32, right: i32) -> &mut [u8] {
        let start = y as usize * self.stride();
        // SAFETY: as in `picture`; the borrow is unique.
        let bytes = unsafe {
            std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast::<u8>(), self.lines.len() * 64)
        };
        &mut bytes[start + left as usize * 4..start + right as usize * 4]
    }

    /// Copies the pixels of `rect`, turned, into `target` and says where they came to lie. Nothing is copied for
    /// [`Rotation::None`]: then this surface is the frame buffer itself.
    pub fn turn(&self, rect: PixelRect, rotation: Rotation, target: &mut Surface) -> PixelRect {
        let (w, h) = (self.size.width as i32, self.size.height as i32);
        let PixelRect { left, top, right, bottom } = rect;
        let turned = match rotation {
            Rotation::None => rect,
            Rotation::Quarter => PixelRect::new(top, w - right, bottom, w - left),
            Rotation::Half => PixelRect::new(w - right, h - bottom, w - left, h - top),
            Rotation::ThreeQuarters => PixelRect::new(h - bottom, left, h - top, right),
        };
        let source = self.picture();
        if rotation == Rotation::Half {
            for y in turned.top..turned.bottom {
                let start = (h - 1 - y) as usize * source.stride;
                let from = &source.bytes[start + left as usize * 4..start + right as usize * 4];
                let out = target.row_mut(y, turned.left, turned.right);
                for (out, pixel) in out.chunks_exact_mut(4).zip(from.chunks_exact(4).rev()) {
                    out.copy_from_slice(pixel);
                }
            }
            return turned;
        }
        // Squares small enough that the rows of both pictures stay in the nearest cache.
        const SQUARE: usize = 16;
        for y0 in (turned.top..turned.bottom).step_by(SQUARE) {
            for x0 in (turned.left..turned.right).step_by(SQUARE) {
                let square = PixelRect::new(x0, y0, x0 + SQUARE as i32, y0 + SQUARE as i32).intersect(turned);
                for y in square.top..square.bottom {
                    let out = target.row_mut(y, square.left, square.right);
                    turn_row(&source, rotation, square.left, y, out);
                }
            }
        }
        turned
    }
}

/// Fills `out`, which begins at column `x` of row `y` of the frame buffer, for a turn by a quarter either way.
fn turn_row(source: &Picture<'_>, rotation: Rotation, x: i32, y: i32, out: &mut [u8]) {
    let (w, h) = (source.size.width as i32, source.size.height as i32);
    // Where the first pixel comes from, and how far on the next one is, in bytes.
    let stride = source.stride as isize;
    let (from_x, from_y, step) = match rotation {
        Rotation::None | Rotation::Half => return,
        Rotation::Quarter => (w - 1 - y, x, stride),
        Rotation::ThreeQuarters => (y, h - 1 - x, -stride),
    };
    let mut at = from_y as isize * stride + from_x as isize * 4;
    for pixel in out.chunks_exact_mut(4) {
        pixel.copy_from_slice(&source.bytes[at as usize..at as usize + 4]);
        at += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_lands_where_the_specification_says() {
        let size = Size::new(70, 41);
        let mut upright = Surface::default();
        upright.resize(size);
        for y in 0..41 {
            let row = upright.row_mut(y, 0, 70);
            for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
                pixel.copy_from_slice(&[x as u8, y as u8, 7, 255]);
            }
        }
        for rotation in [Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
            let turned_size = if rotation == Rotation::Half { size } else { size.transposed() };
            let mut frame = Surface::default();
            frame.resize(turned_size);
            let all = upright.turn(PixelRect::whole(size), rotation, &mut frame);
            assert_eq!(all, PixelRect::whole(turned_size));
            for y in 0..turned_size.height {
                for x in 0..turned_size.width {
                    let (u, v) = match rotation {
                        Rotation::None => (x, y),
                        Rotation::Quarter => (69 - y, x),
                        Rotation::Half => (69 - x, 40 - y),
                        Rotation::ThreeQuarters => (y, 40 - x),
                    };
                    assert_eq!(frame.picture().pixel(x, y), Some([u as u8, v as u8, 7, 255]));
                }
            }
        }
    }
}
