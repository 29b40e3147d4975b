//! The row operations that compositing is made of, and the choice of who carries them out.

use super::columns::{Columns, Shape};
use super::{avx2, scalar};
use crate::axis::Axis;
use crate::color::ColorMatrix;

/// Which instructions carry out row operations. All give the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernels {
    /// Plain Rust: any processor, and the readable form.
    Scalar,
    /// 256-bit integers of x86-64; only ever made by [`Kernels::detect`] or [`Kernels::avx2`].
    Avx2(Avx2),
}

/// Proof that the processor has AVX2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avx2(());

/// Two rows of samples in 1/128 around 128, and the weight (0–127) of the second.
#[derive(Debug, Clone, Copy)]
pub struct RowPair<'a> {
    /// The upper row.
    pub near: &'a [i16],
    /// The lower row, as long as the upper one.
    pub far: &'a [i16],
    /// Weight of the lower row.
    pub weight: u32,
}

impl RowPair<'_> {
    /// The columns `start..end` alone.
    pub fn part(&self, start: usize, end: usize) -> Self {
        Self { near: &self.near[start..end], far: &self.far[start..end], weight: self.weight }
    }
}

impl Kernels {
    /// The fastest that this processor has.
    pub fn detect() -> Self {
        Self::avx2().unwrap_or(Self::Scalar)
    }

    /// AVX2, where the processor has it.
    pub fn avx2() -> Option<Self> {
        avx2::is_available().then_some(Self::Avx2(Avx2(())))
    }

    /// Ten-bit little-endian words to bytes, rounded. `words` has two bytes for each of `out`.
    pub(super) fn narrow(self, words: &[u8], out: &mut [u8]) {
        match self {
            Self::Scalar => scalar::narrow(words, out),
            Self::Avx2(_) => avx2::narrow(words, out),
        }
    }

    /// Averages `rows` (1, 2, 4 … 64 of them, equally long) in boxes `1 << shift` wide into `out`; the rows must have
    /// `out.len() << shift` samples, or fewer, and then the last one counts for the missing.
    pub(super) fn average(self, rows: &[&[u8]], shift: u32, sums: &mut Vec<u16>, out: &mut [u8]) {
        let width = rows.first().map_or(0, |row| row.len());
        let small = shift > 0 && shift < 3 && rows.len() == 1 << shift && width == out.len() << shift;
        if small && self != Self::Scalar {
            return avx2::average_small(rows, out);
        }
        let total = shift + rows.len().trailing_zeros();
        let paired = usize::from(shift > 0);
        sums.resize((out.len() << shift) >> paired, 0);
        // Whole samples, or pairs of them, first; then what the last box lacks.
        let whole = (width >> paired).min(sums.len());
        match (self, paired) {
            (Self::Scalar, 0) => scalar::sum(rows, &mut sums[..whole]),
            (Self::Scalar, _) => scalar::sum_pairs(rows, &mut sums[..whole]),
            (Self::Avx2(_), 0) => avx2::sum(rows, &mut sums[..whole]),
            (Self::Avx2(_), _) => avx2::sum_pairs(rows, &mut sums[..whole]),
        }
        let last = rows.iter().map(|row| u16::from(row.last().copied().unwrap_or(0))).sum::<u16>();
        sums[whole..].fill(last << paired);
        let group = shift.saturating_sub(1);
        match self {
            Self::Scalar => scalar::reduce(sums, group, total, out),
            Self::Avx2(_) => avx2::reduce(sums, group, total, out),
        }
    }

    /// Interpolates columns `start..end` of a table from `row`, whose first sample is the table's `columns.first`, to
    /// the same columns of `out`; whole blocks may be written. `row` has at least 16 bytes.
    pub(super) fn columns(
        self,
        row: &[u8],
        axis: &Axis,
        columns: &Columns,
        range: (usize, usize),
        out: &mut [i16],
    ) {
        let (start, end) = range;
        match (&columns.shape, self) {
            (Shape::Identity, Self::Scalar) => scalar::widen(&row[start..end], &mut out[start..end]),
            (Shape::Identity, Self::Avx2(_)) => avx2::widen(&row[start..end], &mut out[start..end]),
            (Shape::Blocks(blocks), Self::Avx2(_)) => avx2::blocks(row, blocks, start, end, out),
            (Shape::Doubled { .. } | Shape::Scattered, _) | (Shape::Blocks(_), Self::Scalar) => {
                scalar::columns(row, axis, columns.first, start, end, out);
            }
        }
    }

    /// Rows first: interpolates two rows of samples into 1/128 around 128. `weight` is 0–127.
    pub(super) fn rows(self, near: &[u8], far: &[u8], weight: u32, out: &mut [i16]) {
        match self {
            Self::Scalar => scalar::rows(near, far, weight, out),
            Self::Avx2(_) => avx2::rows(near, far, weight, out),
        }
    }

    /// Interpolates rows and turns them into pixels; `planes` are Y, U, V, as long as `out` has pixels. With `stream`
    /// the pixels may go past the caches.
    pub(super) fn shade(self, planes: [RowPair<'_>; 3], matrix: ColorMatrix, stream: bool, out: &mut [u8]) {
        match self {
            Self::Scalar => scalar::shade(planes, matrix, out),
            Self::Avx2(_) => avx2::shade(planes, matrix, stream, out),
        }
    }

    /// Pixels from luma at one sample a pixel and chroma rows (1/128 around 128) at one sample for two pixels, the
    /// first pixel on the first sample. The chroma rows have at least `luma.len() / 2 + 1` entries.
    pub(super) fn shade_doubled(
        self,
        luma: &[u8],
        u: &[i16],
        v: &[i16],
        matrix: ColorMatrix,
        stream: bool,
        out: &mut [u8],
    ) {
        match self {
            Self::Scalar => scalar::shade_doubled(luma, u, v, matrix, out),
            Self::Avx2(_) => avx2::shade_doubled(luma, u, v, matrix, stream, out),
        }
    }

    /// Ends a picture of which parts were streamed.
    pub(super) fn fence(self) {
        if self != Self::Scalar {
            avx2::fence();
        }
    }

    /// Lays pixels over others with one opacity.
    pub(super) fn blend(self, below: &mut [u8], above: &[u8], alpha: u8) {
        match self {
            Self::Scalar => scalar::blend(below, above, alpha),
            Self::Avx2(_) => avx2::blend(below, above, alpha),
        }
    }
}
