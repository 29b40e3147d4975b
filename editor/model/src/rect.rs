//! Rectangles as the editor moves them, in thousandths of a canvas pixel: what a document can say exactly.

use layouts_edit::Pixels;

/// A rectangle; y grows downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Its left edge.
    pub x: i64,
    /// Its top edge.
    pub y: i64,
    /// Its width, at least 1.
    pub width: i64,
    /// Its height, at least 1.
    pub height: i64,
}

impl Rect {
    /// The rectangle between two corners, whichever they are.
    pub fn between(one: (i64, i64), other: (i64, i64)) -> Self {
        let (x, y) = (one.0.min(other.0), one.1.min(other.1));
        let (width, height) = ((one.0 - other.0).abs().max(1), (one.1 - other.1).abs().max(1));
        Self { x, y, width, height }
    }

    /// Its right edge.
    pub fn right(self) -> i64 {
        self.x + self.width
    }

    /// Its bottom edge.
    pub fn bottom(self) -> i64 {
        self.y + self.height
    }

    /// The same elsewhere.
    pub fn moved(self, by: (i64, i64)) -> Self {
        Self { x: self.x + by.0, y: self.y + by.1, ..self }
    }

    /// Whether a point lies in it.
    pub fn contains(self, (x, y): (i64, i64)) -> bool {
        (self.x..self.right()).contains(&x) && (self.y..self.bottom()).contains(&y)
    }

    /// Whether the two have a point in common.
    pub fn meets(self, other: Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// The smallest rectangle around several; `None` around none.
    pub fn around(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().reduce(|one, other| {
            let (x, y) = (one.x.min(other.x), one.y.min(other.y));
            let (right, bottom) = (one.right().max(other.right()), one.bottom().max(other.bottom()));
            Self { x, y, width: right - x, height: bottom - y }
        })
    }
}

impl From<Rect> for Pixels {
    fn from(Rect { x, y, width, height }: Rect) -> Self {
        Self([x, y, width, height])
    }
}

impl From<Pixels> for Rect {
    fn from(Pixels([x, y, width, height]): Pixels) -> Self {
        Self { x, y, width, height }
    }
}

/// What of a rectangle is held: on each axis its beginning (−1), its end (1) or neither (0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Handle {
    /// Left (−1), right (1) or neither.
    pub x: i8,
    /// Top (−1), bottom (1) or neither.
    pub y: i8,
}

impl Handle {
    /// The eight of a rectangle, clockwise from the top left one.
    pub const ALL: [Self; 8] = [
        Self { x: -1, y: -1 },
        Self { x: 0, y: -1 },
        Self { x: 1, y: -1 },
        Self { x: 1, y: 0 },
        Self { x: 1, y: 1 },
        Self { x: 0, y: 1 },
        Self { x: -1, y: 1 },
        Self { x: -1, y: 0 },
    ];
}

/// `rect` after `handle` was dragged by `by`. It never turns over: no side is shorter than `smallest`. With `keep_aspect` it keeps
/// its proportions, as near as thousandths allow; a corner follows the axis that was dragged farther in proportion.
pub fn resized(rect: Rect, handle: Handle, by: (i64, i64), keep_aspect: bool, smallest: i64) -> Rect {
    let length = |length: i64, side: i8, by: i64| (length + i64::from(side) * by).max(smallest);
    let mut width = length(rect.width, handle.x, by.0);
    let mut height = length(rect.height, handle.y, by.1);
    if keep_aspect {
        let (by_width, by_height) = (height_for(rect, width), width_for(rect, height));
        let wider = i128::from(width - rect.width).abs() * i128::from(rect.height)
            >= i128::from(height - rect.height).abs() * i128::from(rect.width);
        if handle.y == 0 || (handle.x != 0 && wider) {
            height = by_width.max(smallest);
        } else {
            width = by_height.max(smallest);
        }
    }
    // What is not held stays: an edge, or with an edge in the middle the middle.
    let begin = |begin: i64, old: i64, new: i64, side: i8| match side {
        -1 => begin + old - new,
        1 => begin,
        _ => begin + (old - new) / 2,
    };
    Rect {
        x: begin(rect.x, rect.width, width, handle.x),
        y: begin(rect.y, rect.height, height, handle.y),
        width,
        height,
    }
}

fn height_for(rect: Rect, width: i64) -> i64 {
    scaled(rect.height, width, rect.width)
}

fn width_for(rect: Rect, height: i64) -> i64 {
    scaled(rect.width, height, rect.height)
}

/// `value · by / of`, rounded to the nearest.
fn scaled(value: i64, by: i64, of: i64) -> i64 {
    let of = i128::from(of.max(1));
    let product = i128::from(value) * i128::from(by);
    i64::try_from((product + of / 2).div_euclid(of)).unwrap_or(i64::MAX)
}
