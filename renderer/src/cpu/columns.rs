//! How the columns of one table are read fastest.

use crate::axis::Axis;

/// Outputs that one 16-byte load serves.
pub const BLOCK: usize = 8;

/// A way to read columns; all give the same numbers.
#[derive(Debug)]
pub struct Columns {
    /// First sample (after the prefilter) that any column takes.
    pub first: usize,
    /// One past the last sample that any column takes.
    pub end: usize,
    /// The shape of the table.
    pub shape: Shape,
    /// Whether rows may be interpolated before columns: every row's weight is even.
    pub rows_first: bool,
    /// Whether every row's weight is 0.
    pub rows_whole: bool,
}

/// What a table looks like.
#[derive(Debug)]
pub enum Shape {
    /// Column `i` is sample `first + i`.
    Identity,
    /// Twice as many columns as samples, co-sited: column `i` is sample `first + (i + odd) / 2`, or the middle of it
    /// and the next one where `i + odd` is odd.
    Doubled {
        /// Whether the first column is a middle.
        odd: bool,
    },
    /// Each block of [`BLOCK`] columns lies in 16 samples.
    Blocks(Blocks),
    /// Anything else.
    Scattered,
}

/// A table as operands of a byte shuffle and a byte multiply-add.
#[derive(Debug)]
pub struct Blocks {
    /// For each block, its first sample, counted from `Columns::first`.
    pub starts: Vec<u32>,
    /// The largest of them.
    pub last_start: u32,
    /// For each column, where its two samples lie, counted from the block's first one.
    pub picks: Vec<[u8; 2]>,
    /// For each column, the two weights, 0–128.
    pub weights: Vec<[u8; 2]>,
}

impl Columns {
    /// Looks at a pair of tables.
    pub fn new(columns: &Axis, rows: &Axis) -> Self {
        let taps: Vec<(usize, u32)> = (0..columns.taps().len()).map(|at| columns.tap(at)).collect();
        let first = taps.iter().map(|tap| tap.0).min().unwrap_or(0);
        let second = |tap: &(usize, u32)| if tap.1 == 0 { tap.0 } else { columns.next(tap.0) };
        let end = taps.iter().map(second).max().unwrap_or(0) + 1;
        let shape = if taps.iter().enumerate().all(|(at, tap)| *tap == (first + at, 0)) {
            Shape::Identity
        } else if let Some(odd) = [false, true].into_iter().find(|odd| doubled(&taps, first, end, *odd)) {
            Shape::Doubled { odd }
        } else {
            Blocks::new(&taps, first, end).map_or(Shape::Scattered, Shape::Blocks)
        };
        let row_weights = || (0..rows.taps().len()).map(|at| rows.tap(at).1);
        let rows_first = row_weights().all(|weight| weight % 2 == 0);
        Self { first, end, shape, rows_first, rows_whole: row_weights().all(|weight| weight == 0) }
    }
}

fn doubled(taps: &[(usize, u32)], first: usize, end: usize, odd: bool) -> bool {
    taps.iter().enumerate().all(|(at, tap)| {
        let place = at + usize::from(odd);
        let index = first + place / 2;
        // The middle of the plane's last sample and nothing is that sample.
        *tap == (index, 64 * (place as u32 % 2)) || (*tap == (index, 0) && index + 1 == end)
    })
}

impl Blocks {
    fn new(taps: &[(usize, u32)], first: usize, end: usize) -> Option<Self> {
        // Whole pairs of blocks, so that wide registers never see half of one.
        let padded = taps.len().next_multiple_of(2 * BLOCK);
        let mut blocks = Self { starts: Vec::new(), last_start: 0, picks: Vec::new(), weights: Vec::new() };
        for block in 0..padded / BLOCK {
            let mine = &taps[(block * BLOCK).min(taps.len())..((block + 1) * BLOCK).min(taps.len())];
            let lowest = mine.iter().map(|tap| tap.0 - first).min().unwrap_or(0);
            // Sixteen bytes can be loaded from here without leaving the row, if it has sixteen.
            let start = lowest.min((end - first).saturating_sub(16));
            blocks.starts.push(start as u32);
            blocks.last_start = blocks.last_start.max(start as u32);
            for column in 0..BLOCK {
                let (index, weight) = mine.get(column).map_or((start, 0), |tap| (tap.0 - first, tap.1));
                let near = u8::try_from(index - start).ok().filter(|near| *near < 16)?;
                let far = if weight == 0 { near } else { near + 1 };
                if far > 15 {
                    return None;
                }
                blocks.picks.push([near, far]);
                blocks.weights.push([128 - weight as u8, weight as u8]);
            }
        }
        Some(blocks)
    }
}
