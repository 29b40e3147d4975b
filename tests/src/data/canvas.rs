//! A wall's canvas, put together from what its screens' cables carry.

use crate::picture::Picture;
use layouts::{CANVAS_PIXEL, Rotation, Wall};

/// The canvas with every screen's pixels where they lie on it, one pixel for each canvas pixel; black between the screens
/// and where there is no picture. `picture` gives that of a screen by its place in the hall document.
pub fn wall_canvas<'a>(wall: &Wall, picture: impl Fn(u32) -> Option<&'a Picture>) -> Picture {
    let size = wall.canvas_size();
    wall_part(wall, [0, 0, size.width, size.height], picture)
}

/// A part (x, y, width, height) of what [`wall_canvas`] gives, without the work for the rest.
pub fn wall_part<'a>(
    wall: &Wall,
    [left, top, width, height]: [u32; 4],
    picture: impl Fn(u32) -> Option<&'a Picture>,
) -> Picture {
    let mut part = Picture::filled(width, height, [0, 0, 0, 255]);
    for (index, screen) in (0_u32..).zip(&wall.screens) {
        let Some(shown) = picture(index) else { continue };
        let area = screen.grid.area;
        let upright = |at: u32, start: i64, span: i64, pixels: u32| -> Option<u32> {
            let along = i64::from(at) * CANVAS_PIXEL + CANVAS_PIXEL / 2 - start;
            (0..span).contains(&along).then(|| u32::try_from(along * i64::from(pixels) / span).unwrap_or(0))
        };
        let grid = screen.grid.size;
        let along = |start: i64, span: i64, from: u32, extent: u32| {
            let at = |units: i64| u32::try_from((units / CANVAS_PIXEL).max(0)).unwrap_or(0);
            at(start).max(from)..at(start + span + CANVAS_PIXEL).min(from + extent)
        };
        for y in along(area.y, area.height, top, height) {
            let Some(j) = upright(y, area.y, area.height, grid.height) else { continue };
            for x in along(area.x, area.width, left, width) {
                let Some(i) = upright(x, area.x, area.width, grid.width) else { continue };
                let (column, row) = match screen.output.rotation {
                    Rotation::None => (i, j),
                    Rotation::Quarter => (j, grid.width - 1 - i),
                    Rotation::Half => (grid.width - 1 - i, grid.height - 1 - j),
                    Rotation::ThreeQuarters => (grid.height - 1 - j, i),
                };
                let start = ((y - top) as usize * width as usize + (x - left) as usize) * 4;
                if let (Some(pixel), Some(to)) = (shown.at(column, row), part.bgra.get_mut(start..start + 4))
                {
                    to.copy_from_slice(&pixel);
                }
            }
        }
    }
    part
}

/// The bytes of a rectangle (x, y, width, height), as far as it lies on the picture.
pub fn region(picture: &Picture, [x, y, width, height]: [u32; 4]) -> Vec<u8> {
    let (right, bottom) = ((x + width).min(picture.width), (y + height).min(picture.height));
    let row = |line: u32| {
        let start = line as usize * picture.width as usize * 4;
        picture.bgra.get(start + x as usize * 4..start + right as usize * 4).unwrap_or_default().to_vec()
    };
    (y..bottom).flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_cut_at_the_edge() {
        let mut picture = Picture::filled(3, 2, [0, 0, 0, 255]);
        picture.bgra[4 * 5] = 9;
        assert_eq!(region(&picture, [1, 1, 9, 9]), [0, 0, 0, 255, 9, 0, 0, 255]);
    }
}
