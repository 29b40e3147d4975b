//! A finished picture made smaller and turned upright: what is sent to people who look at the wall from afar.
//!
//! Each pixel is the mean of what it covers, weighted in 1/256 on each axis.

use crate::picture::{Bitmap, Picture};
use layouts::Rotation;
use media::Size;

/// What a row of pixels covers of a longer one.
struct Cover {
    spans: Vec<Span>,
    /// Of all spans, one after the other; those of a span add up to 256.
    weights: Vec<u16>,
}

/// What one pixel covers.
#[derive(Clone, Copy)]
struct Span {
    /// The first pixel of the longer row.
    first: usize,
    /// Its place in the weights.
    at: usize,
    /// How many pixels.
    count: usize,
}

impl Cover {
    /// `to` pixels over `from`, 1 ≤ `to` ≤ `from`.
    fn new(from: u32, to: u32) -> Self {
        let (from, to) = (u64::from(from), u64::from(to));
        let mut cover = Self { spans: Vec::new(), weights: Vec::new() };
        for index in 0..to {
            // In a measure in which a pixel of the longer row has the length `to`, and one of the shorter `from`.
            let (begin, end) = (index * from, (index + 1) * from);
            let (first, after) = (begin / to, end.div_ceil(to));
            let at = cover.weights.len();
            let mut before = 0;
            for pixel in first..after {
                let covered = ((pixel + 1) * to).min(end) - begin;
                // Rounding the sums, not the parts, makes the whole 256.
                let sum = (256 * covered + from / 2) / from;
                cover.weights.push(u16::try_from(sum - before).unwrap_or(0));
                before = sum;
            }
            let place = |number: u64| usize::try_from(number).unwrap_or(0);
            cover.spans.push(Span { first: place(first), at, count: place(after - first) });
        }
        cover
    }

    fn weights(&self, span: Span) -> &[u16] {
        &self.weights[span.at..span.at + span.count]
    }
}

/// The largest size of the proportions of `upright` that is at most `width_max` wide and no larger than `upright`.
pub fn fitting(upright: Size, width_max: u32) -> Size {
    let width = upright.width.min(width_max).max(1);
    let height = (u64::from(upright.height) * u64::from(width) + u64::from(upright.width) / 2)
        / u64::from(upright.width.max(1));
    Size::new(width, u32::try_from(height).unwrap_or(u32::MAX).clamp(1, upright.height.max(1)))
}

/// The frame buffer `picture` as it is seen on a panel that hangs by `rotation`, as `size`, which is held within the upright
/// picture's own size. `None` for a picture without pixels.
pub fn upright(picture: Picture<'_>, rotation: Rotation, size: Size) -> Option<Bitmap> {
    let size = if turns(rotation) { size.transposed() } else { size };
    let from = picture.size;
    if from.area() == 0 {
        return None;
    }
    let size = Size::new(size.width.clamp(1, from.width), size.height.clamp(1, from.height));
    let bytes = if size == from { copied(picture) } else { shrink(picture, size) };
    let (bytes, size) = turn(bytes, size, rotation);
    Bitmap::new(size, bytes)
}

fn turns(rotation: Rotation) -> bool {
    matches!(rotation, Rotation::Quarter | Rotation::ThreeQuarters)
}

fn copied(picture: Picture<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(picture.size.width as usize * picture.size.height as usize * 4);
    (0..picture.size.height).for_each(|y| bytes.extend_from_slice(picture.row(y)));
    bytes
}

fn shrink(picture: Picture<'_>, size: Size) -> Vec<u8> {
    let columns = Cover::new(picture.size.width, size.width);
    let rows = Cover::new(picture.size.height, size.height);
    let line_bytes = size.width as usize * 4;
    let mut out = vec![0; line_bytes * size.height as usize];
    // At most 255 · 256.
    let mut sums = vec![0_u16; picture.size.width as usize * 4];
    for (span, line) in rows.spans.iter().zip(out.chunks_exact_mut(line_bytes)) {
        sums.fill(0);
        for (y, weight) in (span.first as u32..).zip(rows.weights(*span)) {
            add(&mut sums, picture.row(y), *weight);
        }
        across(&sums, &columns, line);
    }
    out
}

/// Adds a row, weighted. It cannot overflow, and says so, or it would be checked byte by byte.
fn add(sums: &mut [u16], row: &[u8], weight: u16) {
    for (sum, byte) in sums.iter_mut().zip(row) {
        *sum = sum.wrapping_add(u16::from(*byte).wrapping_mul(weight));
    }
}

/// One line of pixels from the sums of the rows that it covers.
fn across(sums: &[u16], columns: &Cover, line: &mut [u8]) {
    for (span, pixel) in columns.spans.iter().zip(line.chunks_exact_mut(4)) {
        let mut total = [1_u32 << 15; 4];
        let samples = sums[span.first * 4..].chunks_exact(4);
        for (sample, weight) in samples.zip(columns.weights(*span)) {
            for (total, value) in total.iter_mut().zip(sample) {
                *total = total.wrapping_add(u32::from(*value).wrapping_mul(u32::from(*weight)));
            }
        }
        pixel.copy_from_slice(&total.map(|value| (value >> 16) as u8));
    }
}

/// A frame buffer of `size` as it is seen.
fn turn(bytes: Vec<u8>, size: Size, rotation: Rotation) -> (Vec<u8>, Size) {
    let (width, height) = (size.width as usize, size.height as usize);
    let seen = if turns(rotation) { size.transposed() } else { size };
    let mut out = Vec::with_capacity(bytes.len());
    if rotation == Rotation::None {
        return (bytes, size);
    }
    for v in 0..seen.height as usize {
        for u in 0..seen.width as usize {
            let (x, y) = match rotation {
                Rotation::None => (u, v),
                Rotation::Quarter => (v, height - 1 - u),
                Rotation::Half => (width - 1 - u, height - 1 - v),
                Rotation::ThreeQuarters => (width - 1 - v, u),
            };
            let at = (y * width + x) * 4;
            out.extend_from_slice(&bytes[at..at + 4]);
        }
    }
    (out, seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(size: Size, bytes: &[u8]) -> Picture<'_> {
        Picture { size, stride: size.width as usize * 4, bytes }
    }

    /// One number per pixel, as its blue.
    fn numbered(numbers: &[u8]) -> Vec<u8> {
        numbers.iter().flat_map(|number| [*number, 0, 0, 255]).collect()
    }

    fn blues(bitmap: &Bitmap) -> Vec<u8> {
        bitmap.bytes().chunks_exact(4).map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn weights_of_every_pixel_are_a_whole_and_cover_everything_evenly() {
        for from in 1..200 {
            for to in 1..=from {
                let cover = Cover::new(from, to);
                let mut given = vec![0; from as usize];
                for span in &cover.spans {
                    assert_eq!(cover.weights(*span).iter().sum::<u16>(), 256, "{to} of {from}");
                    for (pixel, weight) in (span.first..).zip(cover.weights(*span)) {
                        given[pixel] += i64::from(*weight);
                    }
                }
                let share = 256 * i64::from(to) / i64::from(from);
                assert!(given.iter().all(|sum| (sum - share).abs() <= 2), "{to} of {from}: {given:?}");
            }
        }
    }

    #[test]
    fn a_pixel_is_the_mean_of_what_it_covers() {
        let bytes = numbered(&[0, 10, 20, 30, 40, 50, 60, 70]);
        let small = upright(picture(Size::new(4, 2), &bytes), Rotation::None, Size::new(2, 1)).unwrap();
        assert_eq!((small.size(), blues(&small)), (Size::new(2, 1), vec![25, 45]));
        // Three pixels over four: a whole and a third of the next.
        let small = upright(picture(Size::new(8, 1), &bytes), Rotation::None, Size::new(6, 1)).unwrap();
        assert_eq!(blues(&small), [3, 15, 28, 43, 55, 68]);
        let white = vec![255; 1000 * 7 * 4];
        let small = upright(picture(Size::new(1000, 7), &white), Rotation::None, Size::new(13, 3)).unwrap();
        assert!(small.bytes().iter().all(|byte| *byte == 255));
    }

    #[test]
    fn a_turned_panel_is_seen_upright_and_nothing_grows() {
        // 0 1 2
        // 3 4 5
        let bytes = numbered(&[0, 1, 2, 3, 4, 5]);
        let frame = picture(Size::new(3, 2), &bytes);
        let large = Size::new(100, 100);
        let seen = |rotation| blues(&upright(frame, rotation, large).unwrap());
        assert_eq!(seen(Rotation::None), [0, 1, 2, 3, 4, 5]);
        assert_eq!(seen(Rotation::Quarter), [3, 0, 4, 1, 5, 2]);
        assert_eq!(seen(Rotation::Half), [5, 4, 3, 2, 1, 0]);
        assert_eq!(seen(Rotation::ThreeQuarters), [2, 5, 1, 4, 0, 3]);
        assert_eq!(upright(frame, Rotation::Quarter, large).unwrap().size(), Size::new(2, 3));
        assert_eq!(upright(frame, Rotation::Quarter, Size::new(2, 1)).unwrap().size(), Size::new(2, 1));
        assert!(upright(picture(Size::new(0, 0), &[]), Rotation::None, large).is_none());
    }

    #[test]
    fn fitting_keeps_proportions_and_never_enlarges() {
        assert_eq!(fitting(Size::new(1920, 1080), 640), Size::new(640, 360));
        assert_eq!(fitting(Size::new(1920, 1080), 5000), Size::new(1920, 1080));
        assert_eq!(fitting(Size::new(16_384, 16), 16), Size::new(16, 1));
    }
}
