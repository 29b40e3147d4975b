//! Prefilter, columns and exact rows.

use super::memory::{load_128, load_256, store_128, store_256};
use crate::cpu::columns::{BLOCK, Blocks};
use crate::cpu::scalar;
use std::arch::x86_64::*;

/// Ten bits to eight.
#[target_feature(enable = "avx2")]
pub fn narrow(words: &[u8], out: &mut [u8]) {
    let two = _mm256_set1_epi16(2);
    let count = out.len().min(words.len() / 2);
    let mut at = 0;
    while at + 32 <= count {
        let low = _mm256_srli_epi16::<2>(_mm256_adds_epu16(load_256(words, 2 * at), two));
        let high = _mm256_srli_epi16::<2>(_mm256_adds_epu16(load_256(words, 2 * at + 32), two));
        let bytes = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(low, high));
        store_256(out, at, bytes);
        at += 32;
    }
    scalar::narrow(&words[2 * at..], &mut out[at..]);
}

/// Sums of columns.
#[target_feature(enable = "avx2")]
pub fn sum(rows: &[&[u8]], sums: &mut [u16]) {
    let mut at = 0;
    while at + 16 <= sums.len() {
        let mut total = _mm256_setzero_si256();
        for row in rows {
            total = _mm256_add_epi16(total, _mm256_cvtepu8_epi16(load_128(row, at)));
        }
        store_256(sums, at, total);
        at += 16;
    }
    for (column, sum) in sums.iter_mut().enumerate().skip(at) {
        *sum = rows.iter().map(|row| u16::from(row[column])).sum();
    }
}

/// Sums of pairs of columns: at most 64 · 2 · 255, which 16 signed bits hold.
#[target_feature(enable = "avx2")]
pub fn sum_pairs(rows: &[&[u8]], sums: &mut [u16]) {
    let ones = _mm256_set1_epi8(1);
    let mut at = 0;
    while at + 16 <= sums.len() {
        let mut total = _mm256_setzero_si256();
        for row in rows {
            total = _mm256_add_epi16(total, _mm256_maddubs_epi16(load_256(row, 2 * at), ones));
        }
        store_256(sums, at, total);
        at += 16;
    }
    for (pair, sum) in sums.iter_mut().enumerate().skip(at) {
        *sum = rows.iter().map(|row| u16::from(row[2 * pair]) + u16::from(row[2 * pair + 1])).sum();
    }
}

/// Averages from sums.
#[target_feature(enable = "avx2")]
pub fn reduce(sums: &[u16], group: u32, total: u32, out: &mut [u8]) {
    let half = (1i32 << total) >> 1;
    let shift = _mm_cvtsi32_si128(total as i32);
    let mut at = 0;
    if group == 0 {
        let half = _mm256_set1_epi16(half as i16);
        while at + 32 <= out.len() {
            let low = _mm256_srl_epi16(_mm256_add_epi16(load_256(sums, at), half), shift);
            let high = _mm256_srl_epi16(_mm256_add_epi16(load_256(sums, at + 16), half), shift);
            let bytes = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(low, high));
            store_256(out, at, bytes);
            at += 32;
        }
    } else if group == 1 {
        let (ones, half) = (_mm256_set1_epi16(1), _mm256_set1_epi32(half));
        while at + 16 <= out.len() {
            let low = _mm256_madd_epi16(load_256(sums, 2 * at), ones);
            let high = _mm256_madd_epi16(load_256(sums, 2 * at + 16), ones);
            let low = _mm256_srl_epi32(_mm256_add_epi32(low, half), shift);
            let high = _mm256_srl_epi32(_mm256_add_epi32(high, half), shift);
            let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(low, high));
            let (first, second) = (_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
            store_128(out, at, _mm_packus_epi16(first, second));
            at += 16;
        }
    }
    scalar::reduce(&sums[at << group..], group, total, &mut out[at..]);
}

/// Columns that are samples.
#[target_feature(enable = "avx2")]
pub fn widen(row: &[u8], out: &mut [i16]) {
    let middle = _mm_set1_epi8(-128);
    let count = row.len().min(out.len());
    let mut at = 0;
    while at + 16 <= count {
        let samples = _mm256_cvtepi8_epi16(_mm_xor_si128(load_128(row, at), middle));
        store_256(out, at, _mm256_slli_epi16::<7>(samples));
        at += 16;
    }
    scalar::widen(&row[at..], &mut out[at..]);
}

/// Columns from blocks: two at a time, one in each half of a register. Weights are the unsigned operand and samples,
/// less 128, the signed one, so that a weight of 128 fits and no sum saturates.
#[target_feature(enable = "avx2")]
pub fn blocks(row: &[u8], blocks: &Blocks, start: usize, end: usize, out: &mut [i16]) {
    let middle = _mm256_set1_epi8(-128);
    let (picks, weights) = (blocks.picks.as_flattened(), blocks.weights.as_flattened());
    for pair in start / (2 * BLOCK)..end.div_ceil(2 * BLOCK) {
        let first = load_128(row, blocks.starts[2 * pair] as usize);
        let second = load_128(row, blocks.starts[2 * pair + 1] as usize);
        let samples = _mm256_xor_si256(_mm256_set_m128i(second, first), middle);
        let picked = _mm256_shuffle_epi8(samples, load_256(picks, 32 * pair));
        store_256(out, 16 * pair, _mm256_maddubs_epi16(load_256(weights, 32 * pair), picked));
    }
}

/// Rows of samples, interpolated exactly.
#[target_feature(enable = "avx2")]
pub fn rows(near: &[u8], far: &[u8], weight: u32, out: &mut [i16]) {
    let middle = _mm256_set1_epi8(-128);
    let weights = _mm256_set1_epi16(((weight << 8) | (128 - weight)) as i16);
    let count = near.len().min(far.len()).min(out.len());
    let mut at = 0;
    while at + 16 <= count {
        let (near, far) = (load_128(near, at), load_128(far, at));
        let both = _mm256_set_m128i(_mm_unpackhi_epi8(near, far), _mm_unpacklo_epi8(near, far));
        store_256(out, at, _mm256_maddubs_epi16(weights, _mm256_xor_si256(both, middle)));
        at += 16;
    }
    scalar::rows(&near[at..], &far[at..], weight, &mut out[at..]);
}
