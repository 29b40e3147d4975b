//! The arrangements that every operator knows, over any wall.

use crate::rect::Rect;

/// An arrangement of windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Template {
    /// One window.
    One,
    /// Two by two.
    Four,
    /// Three by three.
    Nine,
    /// Four by four.
    Sixteen,
    /// A large one and five around it.
    OneAndFive,
    /// A large one and seven around it.
    OneAndSeven,
    /// One over all, and a small one in its lower right corner.
    PictureInPicture,
    /// Words across the top, and three by two below.
    BannerAndGrid,
}

impl Template {
    /// All, with their names in Chinese and in English.
    pub const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::One, "单画面", "One"),
        (Self::Four, "四画面", "Four"),
        (Self::Nine, "九画面", "Nine"),
        (Self::Sixteen, "十六画面", "Sixteen"),
        (Self::OneAndFive, "一大五小", "One and five"),
        (Self::OneAndSeven, "一大七小", "One and seven"),
        (Self::PictureInPicture, "画中画", "Picture in picture"),
        (Self::BannerAndGrid, "通栏加网格", "Banner and grid"),
    ];

    /// The id of a scene in this arrangement.
    pub fn stem(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Four => "four",
            Self::Nine => "nine",
            Self::Sixteen => "sixteen",
            Self::OneAndFive => "one-and-five",
            Self::OneAndSeven => "one-and-seven",
            Self::PictureInPicture => "picture-in-picture",
            Self::BannerAndGrid => "banner-and-grid",
        }
    }

    /// Its windows over `canvas`, back to front, with `gutter` between them and around them.
    pub fn rects(self, canvas: Rect, gutter: i64) -> Vec<Rect> {
        match self {
            Self::One => cells(canvas, gutter, (1, 1), &[(0, 0, 1, 1)]),
            Self::Four => grid(canvas, gutter, 2, 2),
            Self::Nine => grid(canvas, gutter, 3, 3),
            Self::Sixteen => grid(canvas, gutter, 4, 4),
            Self::OneAndFive => {
                let small = [(2, 0), (2, 1), (0, 2), (1, 2), (2, 2)].map(|(x, y)| (x, y, 1, 1));
                let all: Vec<_> = [(0, 0, 2, 2)].into_iter().chain(small).collect();
                cells(canvas, gutter, (3, 3), &all)
            }
            Self::OneAndSeven => {
                let small =
                    [(3, 0), (3, 1), (3, 2), (0, 3), (1, 3), (2, 3), (3, 3)].map(|(x, y)| (x, y, 1, 1));
                let all: Vec<_> = [(0, 0, 3, 3)].into_iter().chain(small).collect();
                cells(canvas, gutter, (4, 4), &all)
            }
            Self::PictureInPicture => {
                let (width, height) = (canvas.width / 4, canvas.height / 4);
                // A narrow wall has less room at its edge than a broad one.
                let inside = gutter.max(canvas.height.min(canvas.width) / 40);
                let inside = inside.min((canvas.width - width) / 2).min((canvas.height - height) / 2);
                let (x, y) = (canvas.right() - inside - width, canvas.bottom() - inside - height);
                vec![canvas, Rect { x, y, width: width.max(1), height: height.max(1) }]
            }
            Self::BannerAndGrid => {
                let banner = Rect { height: (canvas.height / 8).max(1), ..canvas };
                let below = Rect {
                    y: canvas.y + banner.height,
                    height: (canvas.height - banner.height).max(1),
                    ..canvas
                };
                let mut all = cells(banner, gutter, (1, 1), &[(0, 0, 1, 1)]);
                all.extend(grid(below, gutter, 3, 2));
                all
            }
        }
    }
}

fn grid(canvas: Rect, gutter: i64, columns: i64, rows: i64) -> Vec<Rect> {
    let all: Vec<_> = (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y, 1, 1))).collect();
    cells(canvas, gutter, (columns, rows), &all)
}

/// Cells `(column, row, columns, rows)` of an even grid.
fn cells(
    canvas: Rect,
    gutter: i64,
    (columns, rows): (i64, i64),
    wanted: &[(i64, i64, i64, i64)],
) -> Vec<Rect> {
    // A narrow wall has no room for the gutters of a broad one: they take a quarter of it at most.
    let gutter = gutter.min(canvas.width / (4 * (columns + 1))).min(canvas.height / (4 * (rows + 1)));
    let edge = |begin: i64, length: i64, count: i64, at: i64| begin + gutter + (length - gutter) * at / count;
    let one = |&(x, y, across, down): &(i64, i64, i64, i64)| {
        let left = edge(canvas.x, canvas.width, columns, x);
        let top = edge(canvas.y, canvas.height, rows, y);
        let right = edge(canvas.x, canvas.width, columns, x + across) - gutter;
        let bottom = edge(canvas.y, canvas.height, rows, y + down) - gutter;
        Rect { x: left, y: top, width: (right - left).max(1), height: (bottom - top).max(1) }
    };
    wanted.iter().map(one).collect()
}
