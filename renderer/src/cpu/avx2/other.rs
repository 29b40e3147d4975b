//! Processors of other kinds: never available, and should anybody ask all the same, the plain form answers.

pub use crate::cpu::scalar::{blend, narrow, reduce, rows, sum, sum_pairs, widen};

use crate::color::ColorMatrix;
use crate::cpu::columns::Blocks;
use crate::cpu::kernels::RowPair;
use crate::cpu::scalar;

/// Never.
pub fn is_available() -> bool {
    false
}

/// Columns from blocks, one by one.
pub fn blocks(row: &[u8], blocks: &Blocks, start: usize, end: usize, out: &mut [i16]) {
    for (at, out) in out.iter_mut().enumerate().take(end).skip(start) {
        let block = blocks.starts[at / crate::cpu::columns::BLOCK] as usize;
        let ([near, far], [rest, weight]) = (blocks.picks[at], blocks.weights[at]);
        let sample = |pick: u8| i16::from(row[block + usize::from(pick)]) - 128;
        *out = i16::from(rest) * sample(near) + i16::from(weight) * sample(far);
    }
}

/// Boxes of 2 × 2 or 4 × 4.
pub fn average_small(rows: &[&[u8]], out: &mut [u8]) {
    let shift = rows.len().trailing_zeros();
    let mut sums = vec![0; out.len() << (shift - 1)];
    scalar::sum_pairs(rows, &mut sums);
    scalar::reduce(&sums, shift - 1, 2 * shift, out);
}

/// See `scalar::shade`.
pub fn shade(planes: [RowPair<'_>; 3], matrix: ColorMatrix, _stream: bool, out: &mut [u8]) {
    scalar::shade(planes, matrix, out);
}

/// See `scalar::shade_doubled`.
pub fn shade_doubled(luma: &[u8], u: &[i16], v: &[i16], matrix: ColorMatrix, _stream: bool, out: &mut [u8]) {
    scalar::shade_doubled(luma, u, v, matrix, out);
}

/// Nothing is streamed.
pub fn fence() {}
