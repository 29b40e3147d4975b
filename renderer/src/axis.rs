//! One axis of sampling: which sample of a plane each output column (or row) takes, and how much of its neighbour.
//!
//! Source positions are exact fractions of 128-bit integers until they are rounded to 1/128 sample, so that cutting
//! a screen into tiles moves no sample. See `docs/PIXELS.md`, "Sampling".

use layouts::CanvasUnit;

/// The largest box prefilter is `1 << SHIFT_MAX` samples long.
pub const SHIFT_MAX: u32 = 6;

/// A table of taps over a plane's samples on one axis.
///
/// A tap is `index | weight << 16`: the value at an output pixel is
/// `((128 − weight) · s[index] + weight · s[min(index + 1, len − 1)]) / 128`, `weight` in 0–127, where `s` are the
/// plane's samples averaged in boxes of `1 << shift`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Axis {
    shift: u32,
    len: u32,
    taps: Vec<u32>,
}

impl Axis {
    /// log₂ of the box prefilter's length, 0–[`SHIFT_MAX`].
    pub fn shift(&self) -> u32 {
        self.shift
    }

    /// How many samples the plane has on this axis after the prefilter, `ceil(samples / 2^shift)`, at least 1.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether the table has no entries.
    pub fn is_empty(&self) -> bool {
        self.taps.is_empty()
    }

    /// All taps, packed as the type's description says; ready to be uploaded.
    pub fn taps(&self) -> &[u32] {
        &self.taps
    }

    /// Index of the first sample of output pixel `at`, and the weight (0–127) of the second.
    pub fn tap(&self, at: usize) -> (usize, u32) {
        let tap = self.taps[at];
        ((tap & 0xFFFF) as usize, tap >> 16)
    }

    /// Index of the second sample of a tap whose first is `index`.
    pub fn next(&self, index: usize) -> usize {
        (index + 1).min(self.len as usize - 1)
    }
}

/// One axis of a screen's pixel grid: pixel `i` has its centre at `start + (2i + 1) · length / (2 · pixels)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GridAxis {
    /// Canvas place of the first pixel's near edge.
    pub start: CanvasUnit,
    /// Canvas extent of all pixels, at least 1.
    pub length: CanvasUnit,
    /// Pixels, at least 1.
    pub pixels: u32,
}

impl GridAxis {
    /// The first pixel, of an endless row of them, whose centre is not before `place`.
    pub fn first_at(self, place: CanvasUnit) -> i32 {
        let length = i128::from(self.length);
        let numerator = 2 * i128::from(self.pixels) * (i128::from(place) - i128::from(self.start)) - length;
        clamp_pixel(-(-numerator).div_euclid(2 * length))
    }

    /// `length` in 1/256 pixel, rounded to the nearest.
    pub fn pixels_256(self, length: CanvasUnit) -> i64 {
        let own = i128::from(self.length);
        let twice = 2 * 256 * i128::from(length) * i128::from(self.pixels) + own;
        i64::from(clamp_pixel(twice.div_euclid(2 * own)))
    }
}

/// Far enough from the ends of `i32` that sums of two pixel places never overflow.
fn clamp_pixel(value: i128) -> i32 {
    const FAR: i128 = 1 << 29;
    value.clamp(-FAR, FAR) as i32
}

/// How a plane's axis lies on the screen's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mapping {
    /// The screen's axis.
    pub grid: GridAxis,
    /// Canvas place of the draw's near edge.
    pub rect_start: CanvasUnit,
    /// Canvas extent of the draw, at least 1.
    pub rect_length: CanvasUnit,
    /// The part of the picture that fills the draw begins here, in 1/65536 of the picture.
    pub crop_start: u32,
    /// Extent of that part in 1/65536 of the picture, at least 1.
    pub crop_length: u32,
    /// Luma samples of the picture on this axis.
    pub luma_samples: u32,
    /// Samples of the plane on this axis.
    pub samples: u32,
    /// Luma samples to one of the plane's: 1 or 2.
    pub divisor: u32,
    /// Quarters of the plane's sample by which its grid is offset: 1 for co-sited chroma, else 0.
    pub offset_quarters: u32,
}

impl Mapping {
    /// log₂ of the prefilter: the largest power of two not above the plane's samples per output pixel.
    pub fn shift(self) -> u32 {
        let source =
            i128::from(self.luma_samples) * i128::from(self.crop_length) * i128::from(self.grid.length);
        let output =
            65_536 * i128::from(self.rect_length) * i128::from(self.grid.pixels) * i128::from(self.divisor);
        (1..=SHIFT_MAX).take_while(|&shift| source >= output << shift).last().unwrap_or(0)
    }

    /// The taps of output pixels `first..end`.
    pub fn axis(self, first: i32, end: i32) -> Axis {
        let shift = self.shift();
        let len = self.samples.div_ceil(1 << shift).max(1);
        let pixels = i128::from(self.grid.pixels);
        let (grid_start, grid_length) = (i128::from(self.grid.start), i128::from(self.grid.length));
        let (rect_start, rect_length) = (i128::from(self.rect_start), i128::from(self.rect_length));
        let crop_length = i128::from(self.crop_length);
        let luma = i128::from(self.luma_samples);
        let quarter = 4 / i128::from(self.divisor);
        // Luma position p of pixel i is (numerator of p) / below; the plane's is p / divisor + offset / 4.
        let below = 65_536 * rect_length * 2 * pixels;
        let from_rect = 2 * pixels * (grid_start - rect_start) + (2 * i128::from(first) + 1) * grid_length;
        let above = luma * (i128::from(self.crop_start) * rect_length * 2 * pixels + from_rect * crop_length);
        let plane = quarter * above + i128::from(self.offset_quarters) * below;
        // In 1/128 of a prefiltered sample, from the middle of sample 0, rounded to the nearest.
        let denominator = (8 * below) << shift;
        let numerator = 256 * plane - 127 * ((4 * below) << shift);
        let step = 256 * quarter * luma * 2 * grid_length * crop_length;
        let taps = walk(numerator, step, denominator, (end - first).max(0) as usize, len);
        Axis { shift, len, taps }
    }
}

/// `floor((numerator + i · step) / denominator)` for each i, as taps, without dividing more than twice.
fn walk(numerator: i128, step: i128, denominator: i128, count: usize, len: u32) -> Vec<u32> {
    let (mut whole, mut rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let (step_whole, step_rest) = (step.div_euclid(denominator), step.rem_euclid(denominator));
    let last = i128::from(len - 1);
    let mut taps = Vec::with_capacity(count);
    for _ in 0..count {
        let index = whole >> 7;
        taps.push(if whole < 0 {
            0
        } else if index >= last {
            len - 1
        } else {
            index as u32 | ((whole & 127) as u32) << 16
        });
        whole += step_whole;
        rest += step_rest;
        if rest >= denominator {
            rest -= denominator;
            whole += 1;
        }
    }
    taps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(samples: u32, pixels: u32) -> Mapping {
        let grid = GridAxis { start: 0, length: i64::from(pixels) << 16, pixels };
        Mapping {
            grid,
            rect_start: 0,
            rect_length: grid.length,
            crop_start: 0,
            crop_length: 65_536,
            luma_samples: samples,
            samples,
            divisor: 1,
            offset_quarters: 0,
        }
    }

    #[test]
    fn equal_sizes_take_every_sample_once() {
        let axis = mapping(640, 640).axis(0, 640);
        assert!((0..640).all(|at| axis.tap(at) == (at, 0)));
    }

    #[test]
    fn the_box_is_the_largest_power_of_two_that_fits() {
        for (samples, shift) in [(100, 0), (199, 0), (200, 1), (399, 1), (400, 2), (800, 3), (16_384, 6)] {
            assert_eq!(mapping(samples, 100).shift(), shift, "{samples}");
        }
        assert_eq!(mapping(16_384, 1).axis(0, 1).len(), 256);
    }

    #[test]
    fn chroma_beside_luma_lies_a_quarter_off() {
        // Co-sited 4:2:0: even columns are samples, odd ones the middle of two; the last has no second.
        let chroma = Mapping { samples: 4, divisor: 2, offset_quarters: 1, ..mapping(8, 8) };
        let taps: Vec<_> = (0..8).map(|at| chroma.axis(0, 8).tap(at)).collect();
        assert_eq!(taps, [(0, 0), (0, 64), (1, 0), (1, 64), (2, 0), (2, 64), (3, 0), (3, 0)]);
        let centred = Mapping { offset_quarters: 0, ..chroma }.axis(0, 4);
        assert_eq!((0..4).map(|at| centred.tap(at)).collect::<Vec<_>>(), [(0, 0), (0, 32), (0, 96), (1, 32)]);
    }

    #[test]
    fn part_of_a_table_is_the_table_of_the_part() {
        let mapping =
            Mapping { rect_start: 12_345, crop_start: 777, crop_length: 50_001, ..mapping(1_000, 731) };
        let whole = mapping.axis(-20, 800);
        for (first, end) in [(-20, 5), (0, 1), (333, 700)] {
            let part = mapping.axis(first, end);
            let from = (first + 20) as usize;
            assert_eq!(part.taps(), &whole.taps()[from..from + (end - first) as usize]);
        }
    }

    #[test]
    fn rectangles_that_meet_share_no_pixel_and_miss_none() {
        let grid = GridAxis { start: -5_000, length: 1_000_003, pixels: 77 };
        let mut last = grid.first_at(-400_000);
        for place in (-400_000..1_500_000).step_by(999) {
            let first = grid.first_at(place);
            assert!(first >= last);
            // The first pixel's centre is not before the place, and the one before it is.
            let centre = |i: i32| 2 * 77 * -5_000i64 + (2 * i64::from(i) + 1) * 1_000_003;
            assert!(centre(first) >= 2 * 77 * place && centre(first - 1) < 2 * 77 * place);
            last = first;
        }
    }
}
