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
        // SAFETY: 32 samples lie ahead, two bytes each in `words`.
        unsafe {
            let low = _mm256_srli_epi16::<2>(_mm256_adds_epu16(load_256(words, 2 * at), two));
            let high = _mm256_srli_epi16::<2>(_mm256_adds_epu16(load_256(words, 2 * at + 32), two));
            store_256(out, at, in_order(_mm256_packus_epi16(low, high)));
        }
        at += 32;
    }
    scalar::narrow(&words[2 * at..], &mut out[at..]);
}

/// What a pack of two registers gave, its quarters put into the order of memory.
#[inline]
#[target_feature(enable = "avx2")]
fn in_order(packed: __m256i) -> __m256i {
    _mm256_permute4x64_epi64::<0b11_01_10_00>(packed)
}

/// Sums of columns.
#[target_feature(enable = "avx2")]
pub fn sum(rows: &[&[u8]], sums: &mut [u16]) {
    let count = rows.iter().map(|row| row.len()).min().unwrap_or(0).min(sums.len());
    let mut at = 0;
    while at + 16 <= count {
        let mut total = _mm256_setzero_si256();
        for row in rows {
            // SAFETY: every row has 16 samples ahead.
            total = _mm256_add_epi16(total, _mm256_cvtepu8_epi16(unsafe { load_128(row, at) }));
        }
        // SAFETY: so have the sums.
        unsafe { store_256(sums, at, total) };
        at += 16;
    }
    for (column, sum) in sums.iter_mut().enumerate().skip(at) {
        *sum = rows.iter().map(|row| u16::from(row[column])).sum();
    }
}

/// Sums of pairs of columns: at most 64 · 2 · 255, which 16 signed bits hold.
#[target_feature(enable = "avx2")]
pub fn sum_pairs(rows: &[&[u8]], sums: &mut [u16]) {
    let count = rows.iter().map(|row| row.len() / 2).min().unwrap_or(0).min(sums.len());
    let mut at = 0;
    while at + 16 <= count {
        // SAFETY: every row has 32 samples ahead, and 16 sums are to be written.
        unsafe { store_256(sums, at, pairs(rows, 2 * at)) };
        at += 16;
    }
    for (pair, sum) in sums.iter_mut().enumerate().skip(at) {
        *sum = rows.iter().map(|row| u16::from(row[2 * pair]) + u16::from(row[2 * pair + 1])).sum();
    }
}

/// Sums of 16 pairs of columns; every row must have 32 samples from `at` on.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn pairs(rows: &[&[u8]], at: usize) -> __m256i {
    let ones = _mm256_set1_epi8(1);
    let mut total = _mm256_setzero_si256();
    for row in rows {
        // SAFETY: the caller's promise.
        total = _mm256_add_epi16(total, _mm256_maddubs_epi16(unsafe { load_256(row, at) }, ones));
    }
    total
}

/// The two commonest averages in one pass: boxes of 2 × 2 from two rows, of 4 × 4 from four. Rows must have as many
/// samples as `out` asks for.
#[target_feature(enable = "avx2")]
pub fn average_small(rows: &[&[u8]], out: &mut [u8]) {
    match *rows {
        [a, b] => average_2(&[a, b], out),
        [a, b, c, d] => average_4(&[a, b, c, d], out),
        _ => unreachable!("two or four rows"),
    }
}

#[target_feature(enable = "avx2")]
fn average_2(rows: &[&[u8]; 2], out: &mut [u8]) {
    assert!(rows.iter().all(|row| row.len() >= 2 * out.len()), "rows as long as the averages need");
    let half = _mm256_set1_epi16(2);
    let mut at = 0;
    while at + 32 <= out.len() {
        // SAFETY: 32 averages are to be written, from 64 samples in every row.
        unsafe {
            let low = _mm256_srli_epi16::<2>(_mm256_add_epi16(pairs(rows, 2 * at), half));
            let high = _mm256_srli_epi16::<2>(_mm256_add_epi16(pairs(rows, 2 * at + 32), half));
            store_256(out, at, in_order(_mm256_packus_epi16(low, high)));
        }
        at += 32;
    }
    average_rest(rows, 1, at, out);
}

#[target_feature(enable = "avx2")]
fn average_4(rows: &[&[u8]; 4], out: &mut [u8]) {
    assert!(rows.iter().all(|row| row.len() >= 4 * out.len()), "rows as long as the averages need");
    let (ones, half) = (_mm256_set1_epi16(1), _mm256_set1_epi32(8));
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    let mut at = 0;
    while at + 32 <= out.len() {
        // SAFETY: 32 averages are to be written, from 128 samples in every row.
        let quarters = [0, 1, 2, 3].map(|quarter| unsafe {
            let sums = _mm256_madd_epi16(pairs(rows, 4 * at + 32 * quarter), ones);
            _mm256_srli_epi32::<4>(_mm256_add_epi32(sums, half))
        });
        let low = _mm256_packs_epi32(quarters[0], quarters[1]);
        let high = _mm256_packs_epi32(quarters[2], quarters[3]);
        let bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order);
        // SAFETY: as above.
        unsafe { store_256(out, at, bytes) };
        at += 32;
    }
    average_rest(rows, 2, at, out);
}

/// The averages that fill no register.
fn average_rest(rows: &[&[u8]], shift: u32, from: usize, out: &mut [u8]) {
    let total = 2 * shift;
    for (at, out) in out.iter_mut().enumerate().skip(from) {
        let columns = at << shift..(at + 1) << shift;
        let sum: u32 =
            rows.iter().flat_map(|row| &row[columns.clone()]).map(|sample| u32::from(*sample)).sum();
        *out = ((sum + ((1 << total) >> 1)) >> total) as u8;
    }
}

/// Averages from sums.
#[target_feature(enable = "avx2")]
pub fn reduce(sums: &[u16], group: u32, total: u32, out: &mut [u8]) {
    let half = (1i32 << total) >> 1;
    let shift = _mm_cvtsi32_si128(total as i32);
    let count = out.len().min(sums.len() >> group);
    let mut at = 0;
    if group == 0 {
        let half = _mm256_set1_epi16(half as i16);
        while at + 32 <= count {
            // SAFETY: 32 averages are to be written, from as many sums.
            unsafe {
                let low = _mm256_srl_epi16(_mm256_add_epi16(load_256(sums, at), half), shift);
                let high = _mm256_srl_epi16(_mm256_add_epi16(load_256(sums, at + 16), half), shift);
                store_256(out, at, in_order(_mm256_packus_epi16(low, high)));
            }
            at += 32;
        }
    } else if group == 1 {
        let (ones, half) = (_mm256_set1_epi16(1), _mm256_set1_epi32(half));
        while at + 16 <= count {
            // SAFETY: 16 averages are to be written, from twice as many sums.
            unsafe {
                let low = _mm256_madd_epi16(load_256(sums, 2 * at), ones);
                let high = _mm256_madd_epi16(load_256(sums, 2 * at + 16), ones);
                let low = _mm256_srl_epi32(_mm256_add_epi32(low, half), shift);
                let high = _mm256_srl_epi32(_mm256_add_epi32(high, half), shift);
                let words = in_order(_mm256_packs_epi32(low, high));
                let (first, second) = (_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
                store_128(out, at, _mm_packus_epi16(first, second));
            }
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
        // SAFETY: 16 samples lie ahead on both sides.
        unsafe {
            let samples = _mm256_cvtepi8_epi16(_mm_xor_si128(load_128(row, at), middle));
            store_256(out, at, _mm256_slli_epi16::<7>(samples));
        }
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
    let range = start / (2 * BLOCK)..end.div_ceil(2 * BLOCK);
    assert!(row.len() > blocks.last_start as usize + 15, "sixteen samples at every block's start");
    assert!(blocks.starts.len() >= 2 * range.end && out.len() >= 16 * range.end, "whole pairs of blocks");
    assert!(picks.len() >= 32 * range.end && weights.len() >= 32 * range.end, "a pick and a weight each");
    for pair in range {
        // SAFETY: the three assertions above.
        unsafe {
            let first = load_128(row, *blocks.starts.get_unchecked(2 * pair) as usize);
            let second = load_128(row, *blocks.starts.get_unchecked(2 * pair + 1) as usize);
            let samples = _mm256_xor_si256(_mm256_set_m128i(second, first), middle);
            let picked = _mm256_shuffle_epi8(samples, load_256(picks, 32 * pair));
            store_256(out, 16 * pair, _mm256_maddubs_epi16(load_256(weights, 32 * pair), picked));
        }
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
        // SAFETY: 16 samples lie ahead on all sides.
        unsafe {
            let (near, far) = (load_128(near, at), load_128(far, at));
            let both = _mm256_set_m128i(_mm_unpackhi_epi8(near, far), _mm_unpacklo_epi8(near, far));
            store_256(out, at, _mm256_maddubs_epi16(weights, _mm256_xor_si256(both, middle)));
        }
        at += 16;
    }
    scalar::rows(&near[at..], &far[at..], weight, &mut out[at..]);
}
