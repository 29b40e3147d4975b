//! Screens as they hang, in micrometres: where the canvas lies in them, and how those that are dragged find their places beside others.

use crate::rect::Rect;
use crate::screens::ScreenItem;
use crate::snap::Guide;
use layouts::CANVAS_PIXEL;

/// Where a wall's canvas lies in the hall: its corner is that of the box around all lit areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallFrame {
    /// The box around all lit areas, in µm.
    pub lit_um: Rect,
    /// Canvas pixels per millimetre, in millionths.
    pub scale_e6: i64,
}

impl WallFrame {
    /// The frame of lit areas; `None` of none.
    pub fn of(lit: impl IntoIterator<Item = Rect>, scale_e6: i64) -> Option<Self> {
        Some(Self { lit_um: Rect::around(lit)?, scale_e6 })
    }

    /// The canvas in thousandths of a canvas pixel, in whole pixels, as documents reckon it.
    pub fn canvas(&self) -> [i64; 2] {
        [self.lit_um.width, self.lit_um.height].map(|um| {
            let unit = i128::from(CANVAS_PIXEL);
            let units =
                (i128::from(um) * i128::from(self.scale_e6) * unit + 500_000_000).div_euclid(1_000_000_000);
            i64::try_from((units + unit - 1).div_euclid(unit) * 1000).unwrap_or(i64::MAX / 4)
        })
    }

    /// A length in µm as thousandths of a canvas pixel.
    pub fn length(&self, um: i64) -> i64 {
        scaled(um, self.scale_e6, 1_000_000)
    }

    /// A length in thousandths of a canvas pixel as µm.
    pub fn length_um(&self, thousandths: i64) -> i64 {
        scaled(thousandths, 1_000_000, self.scale_e6)
    }

    /// Where on the canvas a rectangle of the hall lies.
    pub fn place(&self, um: Rect) -> Rect {
        let (x, y) = (self.length(um.x - self.lit_um.x), self.length(um.y - self.lit_um.y));
        Rect { x, y, width: self.length(um.width).max(1), height: self.length(um.height).max(1) }
    }

    /// Where in the hall a point of the canvas lies, in µm.
    pub fn um(&self, (x, y): (i64, i64)) -> (i64, i64) {
        (self.lit_um.x + self.length_um(x), self.lit_um.y + self.length_um(y))
    }
}

fn scaled(value: i64, by: i64, of: i64) -> i64 {
    let of = i128::from(of.max(1));
    let product = i128::from(value) * i128::from(by);
    i64::try_from((product + of / 2).div_euclid(of)).unwrap_or(i64::MAX / 4)
}

/// Screens that are being dragged, as they hung when they were taken hold of. The document changes when they are let go.
#[derive(Debug, Clone)]
pub struct ScreenGrip {
    pub(crate) screens: Vec<ScreenItem>,
    pub(crate) others: Vec<ScreenItem>,
    /// The distance between lit areas at which they are held, in µm.
    pub(crate) gap_um: [i64; 2],
}

/// Where dragged screens are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// How far they have come, in µm.
    pub by: (i64, i64),
    /// The lines that hold them, in µm; at most one on each axis.
    pub guides: Vec<Guide>,
    /// Whether one of them lies over another screen or its frame: there it cannot be let go.
    pub collides: bool,
}

impl ScreenGrip {
    /// The lit areas, moved.
    pub fn lit(&self, by: (i64, i64)) -> impl Iterator<Item = Rect> {
        self.screens.iter().map(move |screen| screen.lit.moved(by))
    }

    /// The screens as they were taken hold of.
    pub fn screens(&self) -> &[ScreenItem] {
        &self.screens
    }

    /// Where they are when they are moved by `by`, drawn to at most `reach` away: beside others with the wall's gap, and flush with their
    /// edges and middles.
    pub fn at(&self, by: (i64, i64), reach: i64) -> Held {
        let (Some(lit), Some(framed)) = (
            Rect::around(self.screens.iter().map(|screen| screen.lit)),
            Rect::around(self.screens.iter().map(|screen| screen.framed)),
        ) else {
            return Held { by, guides: Vec::new(), collides: false };
        };
        let own = Axes { lit, framed };
        let across = self.nearest(&own, by.0, true, reach);
        let down = self.nearest(&own, by.1, false, reach);
        let by = (by.0 + across.map_or(0, |(step, _)| step), by.1 + down.map_or(0, |(step, _)| step));
        let guide = |found: Option<(i64, i64)>, upright| found.map(|(_, at)| Guide { upright, at });
        let guides = guide(across, true).into_iter().chain(guide(down, false)).collect();
        Held { by, guides, collides: self.collides(by) }
    }

    fn collides(&self, by: (i64, i64)) -> bool {
        let moved = self.screens.iter().map(|screen| screen.framed.moved(by));
        moved.into_iter().any(|framed| self.others.iter().any(|other| other.framed.meets(framed)))
    }

    /// The smallest step on one axis that is at most `reach`, and the line that it leads to.
    fn nearest(&self, own: &Axes, by: i64, upright: bool, reach: i64) -> Option<(i64, i64)> {
        let (begin, end, before, after) = own.axis(upright);
        let (begin, end) = (begin + by, end + by);
        let gap = self.gap_um[usize::from(!upright)];
        let steps = self.others.iter().flat_map(|other| {
            let other = Axes { lit: other.lit, framed: other.framed };
            let (from, to, other_before, other_after) = other.axis(upright);
            // Frames never lie over each other, whatever gap is usual.
            let (behind, ahead) = (to + gap.max(other_after + before), from - gap.max(other_before + after));
            [
                (behind - begin, behind),
                (ahead - end, ahead),
                (from - begin, from),
                (to - end, to),
                ((from + to) / 2 - (begin + end) / 2, (from + to) / 2),
            ]
        });
        steps.filter(|(step, _)| step.abs() <= reach).min_by_key(|(step, line)| (step.abs(), *line))
    }
}

/// A box with its frame.
struct Axes {
    lit: Rect,
    framed: Rect,
}

impl Axes {
    /// On one axis: where the lit area begins and ends, and how much frame is before and after it.
    fn axis(&self, upright: bool) -> (i64, i64, i64, i64) {
        let Self { lit, framed } = self;
        match upright {
            true => (lit.x, lit.right(), lit.x - framed.x, framed.right() - lit.right()),
            false => (lit.y, lit.bottom(), lit.y - framed.y, framed.bottom() - lit.bottom()),
        }
    }
}
