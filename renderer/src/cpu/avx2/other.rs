//! Processors of other kinds: never available, and should anybody ask all the same, the plain form answers.

pub use crate::cpu::scalar::{blend, narrow, reduce, rows, shade, shade_doubled, sum, sum_pairs, widen};

use crate::cpu::columns::Blocks;

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
