//! What stands where in a map: the picture is cut into tiles, and only those are painted again in which something else
//! stands than before.
//!
//! A tile's pixels follow from its ground and from the stamps that touch it, back to front, and from nothing else. So a tile
//! whose stamps are the same as before has the same pixels, whatever has changed in the answer: rows that came, went, moved
//! or only stand in another order. What is kept is compared itself and not a digest of it.

use super::sprites::{self, Sprites};
use media::Size;
use std::ops::Range;

/// Side of a tile in pixels: its bytes fit into the cache next to the processor while its stamps are laid on each other.
const SIDE: i32 = 64;

/// A sprite and where its first pixel lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stamp {
    /// Its number among [`Sprites`].
    pub sprite: u32,
    pub left: i32,
    pub top: i32,
}

/// The stamps of each tile, one tile behind the other.
#[derive(Default)]
pub(super) struct Tiles {
    columns: i32,
    rows: i32,
    /// Where each tile's stamps begin, and at the end where the last one's end.
    starts: Vec<u32>,
    stamps: Vec<Stamp>,
}

impl Tiles {
    /// Sorts `stamps`, which lie back to front, into the tiles of a picture of `size`.
    pub(super) fn new(size: Size, stamps: &[Stamp], sprites: &Sprites) -> Self {
        let (columns, rows) =
            (size.width.div_ceil(SIDE as u32) as i32, size.height.div_ceil(SIDE as u32) as i32);
        let mut tiles =
            Self { columns, rows, starts: vec![0; (columns * rows) as usize + 1], stamps: Vec::new() };
        for stamp in stamps {
            for tile in tiles.touched(stamp, sprites) {
                tiles.starts[tile + 1] += 1;
            }
        }
        let mut sum = 0;
        for start in &mut tiles.starts {
            sum += *start;
            *start = sum;
        }
        let mut next = tiles.starts.clone();
        let mut sorted = vec![Stamp::default(); sum as usize];
        for stamp in stamps {
            for tile in tiles.touched(stamp, sprites) {
                sorted[next[tile] as usize] = *stamp;
                next[tile] += 1;
            }
        }
        tiles.stamps = sorted;
        tiles
    }

    /// The tiles that a stamp lies in.
    fn touched(&self, stamp: &Stamp, sprites: &Sprites) -> impl Iterator<Item = usize> + use<> {
        let size = sprites.sprite(stamp.sprite).map(|sprite| sprite.size()).unwrap_or_default();
        let span = |first: i32, length: u32, count: i32| -> Range<i32> {
            let end = first.saturating_add(length as i32);
            first.div_euclid(SIDE).clamp(0, count)..(end + SIDE - 1).div_euclid(SIDE).clamp(0, count)
        };
        let (across, columns) = (span(stamp.left, size.width, self.columns), self.columns);
        span(stamp.top, size.height, self.rows)
            .flat_map(move |row| across.clone().map(move |column| (row * columns + column) as usize))
    }

    /// What stands in a tile, back to front.
    fn in_tile(&self, tile: usize) -> &[Stamp] {
        match self.starts.get(tile..tile + 2) {
            Some([start, end]) => self.stamps.get(*start as usize..*end as usize).unwrap_or(&[]),
            _ => &[],
        }
    }

    /// Paints into `picture`, where `before` stands on `ground`, the tiles in which something else stands now; returns how
    /// many these were. Both are rows of a picture of `size` without gaps.
    pub(super) fn repaint(
        &self,
        before: &Tiles,
        size: Size,
        ground: &[u8],
        sprites: &Sprites,
        picture: &mut [u8],
    ) -> usize {
        let (width, height) = (size.width as i32, size.height as i32);
        let mut painted = 0;
        for tile in 0..(self.columns * self.rows) as usize {
            let stamps = self.in_tile(tile);
            if stamps == before.in_tile(tile) {
                continue;
            }
            painted += 1;
            let (left, top) = (tile as i32 % self.columns * SIDE, tile as i32 / self.columns * SIDE);
            let area = [left, top, (left + SIDE).min(width), (top + SIDE).min(height)];
            for y in area[1]..area[3] {
                let row = (y * width + left) as usize * 4..(y * width + area[2]) as usize * 4;
                picture[row.clone()].copy_from_slice(&ground[row]);
            }
            for stamp in stamps {
                if let Some(sprite) = sprites.sprite(stamp.sprite) {
                    sprites::lay(sprite, stamp.left, stamp.top, area, width, picture);
                }
            }
        }
        painted
    }
}
