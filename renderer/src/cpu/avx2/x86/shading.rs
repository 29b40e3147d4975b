//! Rows to pixels: interpolation between rows, colour, and four bytes a pixel.

use super::memory::{load_256, store_pixels};
use crate::color::ColorMatrix;
use crate::cpu::kernels::RowPair;
use crate::cpu::scalar;
use std::arch::x86_64::*;

/// A colour matrix spread over registers.
#[derive(Clone, Copy)]
struct Weights {
    y: __m256i,
    bias: __m256i,
    rv: __m256i,
    gu: __m256i,
    gv: __m256i,
    bu: __m256i,
}

impl Weights {
    /// `y_scale` divides luma's weight, for luma that comes multiplied by as much; it must be 1 or 2.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(matrix: ColorMatrix, y_scale: i16) -> Self {
        Self {
            y: _mm256_set1_epi16(matrix.y / y_scale),
            bias: _mm256_set1_epi16(matrix.bias),
            rv: _mm256_set1_epi16(matrix.rv),
            gu: _mm256_set1_epi16(matrix.gu),
            gv: _mm256_set1_epi16(matrix.gv),
            bu: _mm256_set1_epi16(matrix.bu),
        }
    }

    /// Sixteen pixels' blue and red, and green and alpha, as bytes: eight of the one and eight of the other in each half.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn bytes(self, y: __m256i, u: __m256i, v: __m256i) -> (__m256i, __m256i) {
        let luma = _mm256_add_epi16(_mm256_mulhrs_epi16(y, self.y), self.bias);
        let red = _mm256_add_epi16(luma, _mm256_mulhrs_epi16(v, self.rv));
        let blue = _mm256_add_epi16(luma, _mm256_mulhrs_epi16(u, self.bu));
        let green = _mm256_add_epi16(_mm256_mulhrs_epi16(u, self.gu), _mm256_mulhrs_epi16(v, self.gv));
        let green = _mm256_srai_epi16::<5>(_mm256_add_epi16(luma, green));
        let (red, blue) = (_mm256_srai_epi16::<5>(red), _mm256_srai_epi16::<5>(blue));
        (_mm256_packus_epi16(blue, red), _mm256_packus_epi16(green, _mm256_set1_epi16(255)))
    }
}

/// Pixels 0–3 and 8–11, and pixels 4–7 and 12–15, of what [`Weights::bytes`] gave.
#[inline]
#[target_feature(enable = "avx2")]
fn pixels((blue_red, green_alpha): (__m256i, __m256i)) -> (__m256i, __m256i) {
    let blue_green = _mm256_unpacklo_epi8(blue_red, green_alpha);
    let red_alpha = _mm256_unpackhi_epi8(blue_red, green_alpha);
    (_mm256_unpacklo_epi16(blue_green, red_alpha), _mm256_unpackhi_epi16(blue_green, red_alpha))
}

/// Rows `near` and `far` mixed; both must have 16 values from `at` on.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn between<const MOVED: bool>(pair: &RowPair<'_>, at: usize, weight: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let near = load_256(pair.near, at);
        if !MOVED {
            return near;
        }
        let difference = _mm256_sub_epi16(load_256(pair.far, at), near);
        _mm256_add_epi16(near, _mm256_mulhrs_epi16(difference, weight))
    }
}

/// Whether pixels may go past the caches: asked for, and every register's place a multiple of 32.
fn streams(asked: bool, out: &[u8]) -> bool {
    asked && out.as_ptr().addr().is_multiple_of(32)
}

/// Rows of 1/128 to pixels.
#[target_feature(enable = "avx2")]
pub fn shade(planes: [RowPair<'_>; 3], matrix: ColorMatrix, stream: bool, out: &mut [u8]) {
    if out.len() < 64 {
        scalar::shade(planes, matrix, out);
        return;
    }
    let count = out.len() / 4;
    let long = |pair: &RowPair<'_>| pair.near.len() >= count && pair.far.len() >= count;
    assert!(planes.iter().all(long), "a value for each pixel");
    let moved = |pair: &RowPair<'_>| pair.weight != 0;
    let luma = moved(&planes[0]);
    let chroma = moved(&planes[1]) || moved(&planes[2]);
    match (streams(stream, out), luma, chroma) {
        (false, false, false) => shade_as::<false, false, false>(planes, matrix, out),
        (false, false, true) => shade_as::<false, false, true>(planes, matrix, out),
        (false, true, false) => shade_as::<false, true, false>(planes, matrix, out),
        (false, true, true) => shade_as::<false, true, true>(planes, matrix, out),
        (true, false, false) => shade_as::<true, false, false>(planes, matrix, out),
        (true, false, true) => shade_as::<true, false, true>(planes, matrix, out),
        (true, true, false) => shade_as::<true, true, false>(planes, matrix, out),
        (true, true, true) => shade_as::<true, true, true>(planes, matrix, out),
    }
}

/// Every row must have a value for each pixel, and there must be at least 16 pixels.
#[target_feature(enable = "avx2")]
fn shade_as<const STREAM: bool, const LUMA: bool, const CHROMA: bool>(
    planes: [RowPair<'_>; 3],
    matrix: ColorMatrix,
    out: &mut [u8],
) {
    let weights = Weights::new(matrix, 1);
    let [y_weight, u_weight, v_weight] = [0, 1, 2].map(|plane: usize| (planes[plane].weight << 8) as i16);
    let y_weight = _mm256_set1_epi16(y_weight);
    let (u_weight, v_weight) = (_mm256_set1_epi16(u_weight), _mm256_set1_epi16(v_weight));
    let count = out.len() / 4;
    let shaded = |at: usize| {
        // SAFETY: 16 values lie ahead in every row, see the loops below.
        let (y, u, v) = unsafe {
            let y = between::<LUMA>(&planes[0], at, y_weight);
            let u = between::<CHROMA>(&planes[1], at, u_weight);
            (y, u, between::<CHROMA>(&planes[2], at, v_weight))
        };
        let (even, odd) = pixels(weights.bytes(y, u, v));
        (_mm256_permute2x128_si256::<0x20>(even, odd), _mm256_permute2x128_si256::<0x31>(even, odd))
    };
    let mut at = 0;
    while at + 16 <= count {
        let (first, second) = shaded(at);
        // SAFETY: 16 pixels lie ahead; `streams` has looked at the place.
        unsafe {
            store_pixels::<STREAM>(out, 4 * at, first);
            store_pixels::<STREAM>(out, 4 * at + 32, second);
        }
        at += 16;
    }
    if at < count {
        // The last sixteen overlap those before them.
        let at = count - 16;
        let (first, second) = shaded(at);
        // SAFETY: there are at least 16 pixels.
        unsafe {
            store_pixels::<false>(out, 4 * at, first);
            store_pixels::<false>(out, 4 * at + 32, second);
        }
    }
}

/// Luma at full and chroma at half width to pixels.
#[target_feature(enable = "avx2")]
pub fn shade_doubled(luma: &[u8], u: &[i16], v: &[i16], matrix: ColorMatrix, stream: bool, out: &mut [u8]) {
    if streams(stream, out) {
        shade_doubled_as::<true>(luma, u, v, matrix, out);
    } else {
        shade_doubled_as::<false>(luma, u, v, matrix, out);
    }
}

#[target_feature(enable = "avx2")]
fn shade_doubled_as<const STREAM: bool>(
    luma: &[u8],
    u: &[i16],
    v: &[i16],
    matrix: ColorMatrix,
    out: &mut [u8],
) {
    let weights = Weights::new(matrix, 2);
    let (middle, zero) = (_mm256_set1_epi8(-128), _mm256_setzero_si256());
    // Chroma is read one sample beyond the sixteen.
    let chroma = 2 * u.len().min(v.len()).saturating_sub(1);
    let count = (out.len() / 4).min(luma.len()).min(chroma);
    let mut at = 0;
    while at + 32 <= count {
        // SAFETY: 32 pixels lie ahead on all sides, and 17 samples of chroma; `streams` has looked at the place.
        unsafe {
            let samples = _mm256_xor_si256(load_256(luma, at), middle);
            // Twice the specification's 1/128: the sample is the upper byte, and the weight is halved.
            let (y_low, y_high) = (_mm256_unpacklo_epi8(zero, samples), _mm256_unpackhi_epi8(zero, samples));
            let (u_low, u_high) = doubled(u, at / 2);
            let (v_low, v_high) = doubled(v, at / 2);
            let (first, second) = pixels(weights.bytes(y_low, u_low, v_low));
            let (third, fourth) = pixels(weights.bytes(y_high, u_high, v_high));
            store_pixels::<STREAM>(out, 4 * at, _mm256_permute2x128_si256::<0x20>(first, second));
            store_pixels::<STREAM>(out, 4 * at + 32, _mm256_permute2x128_si256::<0x20>(third, fourth));
            store_pixels::<STREAM>(out, 4 * at + 64, _mm256_permute2x128_si256::<0x31>(first, second));
            store_pixels::<STREAM>(out, 4 * at + 96, _mm256_permute2x128_si256::<0x31>(third, fourth));
        }
        at += 32;
    }
    scalar::shade_doubled(&luma[at..], &u[at / 2..], &v[at / 2..], matrix, &mut out[4 * at..]);
}

/// Thirty-two columns from sixteen samples and the one after: columns 0–7 and 16–23, and 8–15 and 24–31. The row must
/// have 17 samples from `at` on.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn doubled(row: &[i16], at: usize) -> (__m256i, __m256i) {
    // SAFETY: the caller's promise.
    let (here, next) = unsafe { (load_256(row, at), load_256(row, at + 1)) };
    // The sum of two values of 1/128 around 128 fits 16 bits, and it is even.
    let middle = _mm256_srai_epi16::<1>(_mm256_add_epi16(here, next));
    (_mm256_unpacklo_epi16(here, middle), _mm256_unpackhi_epi16(here, middle))
}
