//! Several windows brought into an order.

use crate::rect::Rect;

/// Along what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axis {
    /// From left to right.
    Across,
    /// From top to bottom.
    Down,
}

/// To what of the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Align {
    /// Its left or top edge.
    Begin,
    /// Its middle.
    Middle,
    /// Its right or bottom edge.
    End,
}

fn begin(rect: Rect, axis: Axis) -> i64 {
    match axis {
        Axis::Across => rect.x,
        Axis::Down => rect.y,
    }
}

fn length(rect: Rect, axis: Axis) -> i64 {
    match axis {
        Axis::Across => rect.width,
        Axis::Down => rect.height,
    }
}

fn at(rect: Rect, axis: Axis, begin: i64) -> Rect {
    match axis {
        Axis::Across => Rect { x: begin, ..rect },
        Axis::Down => Rect { y: begin, ..rect },
    }
}

/// Each at the same edge or middle of all. Fewer than two stay.
pub fn align(rects: &mut [Rect], axis: Axis, to: Align) {
    let Some(around) = Rect::around(rects.iter().copied()) else { return };
    for rect in rects {
        let room = length(around, axis) - length(*rect, axis);
        let shift = match to {
            Align::Begin => 0,
            Align::Middle => room / 2,
            Align::End => room,
        };
        *rect = at(*rect, axis, begin(around, axis) + shift);
    }
}

/// With equal gaps between them, the first and the last one staying where they are. Fewer than three stay. Gaps differ by a
/// thousandth at most.
pub fn distribute(rects: &mut [Rect], axis: Axis) {
    let count = rects.len();
    if count < 3 {
        return;
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|index| (begin(rects[*index], axis), *index));
    let (first, last) = (rects[order[0]], rects[order[count - 1]]);
    let filled: i64 = order[..count - 1].iter().map(|index| length(rects[*index], axis)).sum();
    let free = begin(last, axis) - begin(first, axis) - filled;
    let gaps = i64::try_from(count - 1).unwrap_or(1);
    let mut next = begin(first, axis);
    for (place, index) in order.iter().enumerate().take(count - 1) {
        let place = i64::try_from(place).unwrap_or(0);
        rects[*index] = at(rects[*index], axis, next + (free * place).div_euclid(gaps));
        next += length(rects[*index], axis);
    }
}

/// Each as large as the first one.
pub fn same_size(rects: &mut [Rect]) {
    if let Some(first) = rects.first().copied() {
        for rect in rects {
            *rect = Rect { width: first.width, height: first.height, ..*rect };
        }
    }
}
