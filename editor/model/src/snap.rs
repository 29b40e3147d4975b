//! Edges and middles that attract: of screens, of the canvas, of other windows, of a grid.

use crate::rect::{Handle, Rect, resized};

/// A line that held something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Guide {
    /// Whether it is upright.
    pub upright: bool,
    /// Where it stands: x of an upright one, y of one that lies.
    pub at: i64,
}

/// What attracts, on both axes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    upright: Vec<i64>,
    lying: Vec<i64>,
}

impl Lines {
    /// Edges and middles of things on the canvas; `grid` is the distance of grid lines from `origin`, 0 for none.
    pub fn new(things: impl IntoIterator<Item = Rect>, within: Rect, grid: i64) -> Self {
        let mut lines = Self::default();
        for thing in things.into_iter().chain([within]) {
            lines.upright.extend([thing.x, thing.x + thing.width / 2, thing.right()]);
            lines.lying.extend([thing.y, thing.y + thing.height / 2, thing.bottom()]);
        }
        // A grid finer than a pixel attracts nothing: everything lies on it.
        if grid >= 1000 {
            let steps = |begin: i64, length: i64| (0..=length / grid).map(move |step| begin + step * grid);
            lines.upright.extend(steps(within.x, within.width));
            lines.lying.extend(steps(within.y, within.height));
        }
        lines.upright.sort_unstable();
        lines.upright.dedup();
        lines.lying.sort_unstable();
        lines.lying.dedup();
        lines
    }
}

/// A rectangle where it snapped to, and the lines that hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapped {
    /// Where it is.
    pub rect: Rect,
    /// At most one on each axis.
    pub guides: Vec<Guide>,
}

/// The smallest step that brings one of `points` onto one of `lines`, if it is at most `reach`; and onto which.
fn nearest(points: &[i64], lines: &[i64], reach: i64) -> Option<(i64, i64)> {
    let steps = points.iter().flat_map(|point| {
        let after = lines.partition_point(|line| line < point);
        let near = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|at| lines.get(at));
        near.map(move |line| (line - point, *line))
    });
    // Of two as near the one before: the result does not depend on the order of things.
    steps.filter(|(step, _)| step.abs() <= reach).min_by_key(|(step, line)| (step.abs(), *line))
}

/// `rect`, which is being moved, drawn to what is at most `reach` away. On each axis its nearest edge or middle decides.
pub fn snap_move(rect: Rect, lines: &Lines, reach: i64) -> Snapped {
    let across = nearest(&[rect.x, rect.x + rect.width / 2, rect.right()], &lines.upright, reach);
    let down = nearest(&[rect.y, rect.y + rect.height / 2, rect.bottom()], &lines.lying, reach);
    let by = (across.map_or(0, |(step, _)| step), down.map_or(0, |(step, _)| step));
    Snapped { rect: rect.moved(by), guides: guides(across, down) }
}

fn guides(across: Option<(i64, i64)>, down: Option<(i64, i64)>) -> Vec<Guide> {
    let across = across.map(|(_, at)| Guide { upright: true, at });
    let down = down.map(|(_, at)| Guide { upright: false, at });
    across.into_iter().chain(down).collect()
}

/// `rect`, whose `handle` was dragged by `by`, with the edges that are held drawn to what is at most `reach` away. With `keep_aspect` the
/// axis that leads snaps, and the other follows.
pub fn snap_resize(
    rect: Rect,
    handle: Handle,
    by: (i64, i64),
    keep_aspect: bool,
    smallest: i64,
    lines: &Lines,
    reach: i64,
) -> Snapped {
    let free = resized(rect, handle, by, keep_aspect, smallest);
    let edge = |side: i8, begin: i64, end: i64| match side {
        -1 => Some(begin),
        1 => Some(end),
        _ => None,
    };
    let across = edge(handle.x, free.x, free.right()).and_then(|at| nearest(&[at], &lines.upright, reach));
    let down = edge(handle.y, free.y, free.bottom()).and_then(|at| nearest(&[at], &lines.lying, reach));
    let (across, down) = match (keep_aspect, across, down) {
        // Both cannot be had: the nearer one is.
        (true, Some((x, _)), Some((y, _))) if x.abs() <= y.abs() => (across, None),
        (true, Some(_), Some(_)) => (None, down),
        _ => (across, down),
    };
    let step = (across.map_or(0, |(step, _)| step), down.map_or(0, |(step, _)| step));
    let snapped = resized(free, handle, step, keep_aspect, smallest);
    // The smallest size may hold an edge away from its line: then no line holds it.
    let holds = |guide: &Guide| match guide.upright {
        true => edge(handle.x, snapped.x, snapped.right()) == Some(guide.at),
        false => edge(handle.y, snapped.y, snapped.bottom()) == Some(guide.at),
    };
    Snapped { rect: snapped, guides: guides(across, down).into_iter().filter(holds).collect() }
}
