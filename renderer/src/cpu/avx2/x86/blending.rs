//! Pixels over pixels.

use super::memory::{load_256, store_256};
use crate::cpu::scalar;
use std::arch::x86_64::*;

/// Pixels over pixels, eight at a time.
#[target_feature(enable = "avx2")]
pub fn blend(below: &mut [u8], above: &[u8], alpha: u8) {
    let (zero, opacity) = (_mm256_setzero_si256(), _mm256_set1_epi16(i16::from(alpha)));
    let all_alpha = _mm256_set1_epi32(0xFF00_0000u32 as i32);
    let count = below.len().min(above.len());
    let mut at = 0;
    while at + 32 <= count {
        // SAFETY: eight pixels lie ahead on both sides, here and below.
        let source = unsafe { load_256(above, at) };
        if _mm256_testz_si256(source, source) == 0 {
            let opaque = alpha == 255 && _mm256_testc_si256(source, all_alpha) != 0;
            let result = if opaque {
                source
            } else {
                let target = unsafe { load_256(below, at) };
                let low =
                    over(_mm256_unpacklo_epi8(source, zero), _mm256_unpacklo_epi8(target, zero), opacity);
                let high =
                    over(_mm256_unpackhi_epi8(source, zero), _mm256_unpackhi_epi8(target, zero), opacity);
                let above = _mm256_packus_epi16(low.0, high.0);
                _mm256_adds_epu8(above, _mm256_packus_epi16(low.1, high.1))
            };
            unsafe { store_256(below, at, result) };
        }
        at += 32;
    }
    scalar::blend(&mut below[at..], &above[at..], alpha);
}

/// Four pixels in 16-bit channels: the upper ones dimmed, and what is left of the lower ones.
#[inline]
#[target_feature(enable = "avx2")]
fn over(source: __m256i, target: __m256i, opacity: __m256i) -> (__m256i, __m256i) {
    let above = product(source, opacity);
    let alpha = _mm256_shufflehi_epi16::<0xFF>(_mm256_shufflelo_epi16::<0xFF>(above));
    (above, product(target, _mm256_sub_epi16(_mm256_set1_epi16(255), alpha)))
}

/// `a · b / 255`, rounded to the nearest.
#[inline]
#[target_feature(enable = "avx2")]
fn product(a: __m256i, b: __m256i) -> __m256i {
    let sum = _mm256_add_epi16(_mm256_mullo_epi16(a, b), _mm256_set1_epi16(128));
    _mm256_srli_epi16::<8>(_mm256_add_epi16(sum, _mm256_srli_epi16::<8>(sum)))
}
