//! Row operations in plain Rust: what the fast ones are held to.

use super::kernels::RowPair;
use crate::axis::Axis;
use crate::blend::over;
use crate::color::{ColorMatrix, mul_round};

/// Ten bits to eight, `docs/PIXELS.md` 3.3.
pub fn narrow(words: &[u8], out: &mut [u8]) {
    for (word, out) in words.chunks_exact(2).zip(out) {
        let sample = u16::from_le_bytes([word[0], word[1]]);
        *out = (sample.saturating_add(2) >> 2).min(255) as u8;
    }
}

/// Sums of one column each.
pub fn sum(rows: &[&[u8]], sums: &mut [u16]) {
    for (column, sum) in sums.iter_mut().enumerate() {
        *sum = rows.iter().map(|row| u16::from(row[column])).sum();
    }
}

/// Sums of two neighbouring columns each.
pub fn sum_pairs(rows: &[&[u8]], sums: &mut [u16]) {
    for (pair, sum) in sums.iter_mut().enumerate() {
        *sum = rows.iter().map(|row| u16::from(row[2 * pair]) + u16::from(row[2 * pair + 1])).sum();
    }
}

/// Averages of `1 << group` sums each, which hold `1 << total` samples together.
pub fn reduce(sums: &[u16], group: u32, total: u32, out: &mut [u8]) {
    let half = (1u32 << total) >> 1;
    for (sums, out) in sums.chunks(1 << group).zip(out) {
        let sum: u32 = sums.iter().map(|sum| u32::from(*sum)).sum();
        *out = ((sum + half) >> total) as u8;
    }
}

/// A byte in 1/128 around 128.
fn centred(sample: u8) -> i16 {
    (i16::from(sample) - 128) * 128
}

/// Columns that are samples.
pub fn widen(row: &[u8], out: &mut [i16]) {
    for (sample, out) in row.iter().zip(out) {
        *out = centred(*sample);
    }
}

/// Columns by their taps; `row` begins at sample `first`.
pub fn columns(row: &[u8], axis: &Axis, first: usize, start: usize, end: usize, out: &mut [i16]) {
    for (at, out) in out.iter_mut().enumerate().take(end).skip(start) {
        let (index, weight) = axis.tap(at);
        let near = i16::from(row[index - first]) - 128;
        let far = if weight == 0 { 0 } else { i16::from(row[axis.next(index) - first]) - 128 };
        *out = (128 - weight as i16) * near + weight as i16 * far;
    }
}

/// Rows of samples, interpolated exactly.
pub fn rows(near: &[u8], far: &[u8], weight: u32, out: &mut [i16]) {
    let weight = weight as i16;
    for ((near, far), out) in near.iter().zip(far).zip(out) {
        *out = (128 - weight) * (i16::from(*near) - 128) + weight * (i16::from(*far) - 128);
    }
}

fn between(pair: RowPair<'_>, at: usize) -> i16 {
    let (near, far) = (pair.near[at], pair.far[at]);
    near + mul_round(far - near, (pair.weight << 8) as i16)
}

/// Rows of 1/128 to pixels.
pub fn shade(planes: [RowPair<'_>; 3], matrix: ColorMatrix, out: &mut [u8]) {
    for (at, pixel) in out.chunks_exact_mut(4).enumerate() {
        let [y, u, v] = planes.map(|pair| between(pair, at));
        pixel.copy_from_slice(&matrix.pixel(y, u, v));
    }
}

/// Four channels of 1/128 to pixels.
pub fn shade_bgra(channels: [RowPair<'_>; 4], out: &mut [u8]) {
    for (at, pixel) in out.chunks_exact_mut(4).enumerate() {
        for (channel, out) in channels.into_iter().zip(pixel) {
            *out = ((i32::from(between(channel, at)) + 16_384 + 64) >> 7) as u8;
        }
    }
}

/// Luma at full and chroma at half width to pixels.
pub fn shade_doubled(luma: &[u8], u: &[i16], v: &[i16], matrix: ColorMatrix, out: &mut [u8]) {
    let middle = |row: &[i16], at: usize| {
        if at.is_multiple_of(2) {
            row[at / 2]
        } else {
            ((i32::from(row[at / 2]) + i32::from(row[at / 2 + 1])) / 2) as i16
        }
    };
    for (at, pixel) in out.chunks_exact_mut(4).enumerate() {
        pixel.copy_from_slice(&matrix.pixel(centred(luma[at]), middle(u, at), middle(v, at)));
    }
}

/// Pixels over pixels.
pub fn blend(below: &mut [u8], above: &[u8], alpha: u8) {
    for (below, above) in below.chunks_exact_mut(4).zip(above.chunks_exact(4)) {
        let pixel = |bytes: &[u8]| [bytes[0], bytes[1], bytes[2], bytes[3]];
        below.copy_from_slice(&over(pixel(below), pixel(above), alpha));
    }
}
