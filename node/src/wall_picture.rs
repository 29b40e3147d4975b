//! The wall as it hangs, as one picture: every screen's frame buffer turned upright, scaled to one pitch and put in
//! its place in millimetres, with bezels and gaps between.

use layouts::{Rotation, Screen, Wall};
use media::Size;

/// Blue, green, red, alpha of the bare wall between screens.
const BARE_WALL: [u8; 4] = [20, 15, 12, 255];
/// Blue, green, red, alpha of a bezel.
const BEZEL: [u8; 4] = [48, 40, 36, 255];
/// Bare wall around the outermost bezels, in micrometres.
const MARGIN_UM: i64 = 30_000;

/// A picture that owns its pixels: rows of blue, green, red, alpha without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedPicture {
    /// Extent in pixels.
    pub size: Size,
    /// `size.height` rows of `size.width × 4` bytes.
    pub bytes: Vec<u8>,
}

impl OwnedPicture {
    /// Copies a borrowed picture, leaving row padding out.
    pub fn copy_of(picture: renderer::picture::Picture<'_>) -> Self {
        let mut bytes = Vec::with_capacity(picture.size.area() as usize * 4);
        (0..picture.size.height).for_each(|y| bytes.extend_from_slice(picture.row(y)));
        Self { size: picture.size, bytes }
    }

    fn filled(size: Size, pixel: [u8; 4]) -> Self {
        let bytes = pixel.iter().copied().cycle().take(size.area() as usize * 4).collect();
        Self { size, bytes }
    }
}

/// Micrometres of wall to pixels of the picture.
struct Scale {
    left_um: i64,
    top_um: i64,
    um_per_px: i64,
}

impl Scale {
    fn x(&self, um: i64) -> i64 {
        (um - self.left_um) / self.um_per_px
    }

    fn y(&self, um: i64) -> i64 {
        (um - self.top_um) / self.um_per_px
    }
}

/// Draws `wall`, at most `width_max` pixels wide. `pictures` gives a screen's frame buffer, or `None` for a dark one.
pub fn wall_picture<'a>(
    wall: &Wall,
    width_max: u32,
    pictures: impl Fn(&Screen) -> Option<&'a OwnedPicture>,
) -> OwnedPicture {
    let edge = |far: bool, axis: usize| {
        let edges = wall.screens.iter().map(move |screen| {
            let near = screen.position_um[axis] - screen.bezel_um[axis];
            let beyond = screen.position_um[axis] + screen.size_um[axis] + screen.bezel_um[axis + 2];
            if far { beyond + MARGIN_UM } else { near - MARGIN_UM }
        });
        if far { edges.max().unwrap_or(1) } else { edges.min().unwrap_or(0) }
    };
    let (left_um, top_um) = (edge(false, 0), edge(false, 1));
    let um_per_px = ((edge(true, 0) - left_um) / i64::from(width_max.max(1))).max(100);
    let scale = Scale { left_um, top_um, um_per_px };
    let side = |pixels: i64| u32::try_from(pixels.clamp(1, 16_384)).unwrap_or(1);
    let size = Size::new(side(scale.x(edge(true, 0))), side(scale.y(edge(true, 1))));
    let mut out = OwnedPicture::filled(size, BARE_WALL);
    for screen in &wall.screens {
        let [left, top, right, bottom] = screen.bezel_um;
        let [x, y] = screen.position_um;
        let [width, height] = screen.size_um;
        let frame = [x - left, y - top, x + width + right, y + height + bottom];
        paint(&mut out, &scale, frame, |_, _| BEZEL);
        let Some(picture) = pictures(screen) else {
            paint(&mut out, &scale, [x, y, x + width, y + height], |_, _| [0, 0, 0, 255]);
            continue;
        };
        let lit = Lit { picture, rotation: screen.output.rotation };
        let (columns, rows) = (scale.x(x + width) - scale.x(x), scale.y(y + height) - scale.y(y));
        paint(&mut out, &scale, [x, y, x + width, y + height], |i, j| lit.mean(i, columns, j, rows));
    }
    out
}

/// Fills the pixels of a rectangle given in micrometres; `color` gets column and row inside it.
fn paint(out: &mut OwnedPicture, scale: &Scale, edges_um: [i64; 4], color: impl Fn(i64, i64) -> [u8; 4]) {
    let (left, right) = (scale.x(edges_um[0]), scale.x(edges_um[2]));
    let (top, bottom) = (scale.y(edges_um[1]), scale.y(edges_um[3]));
    let width = i64::from(out.size.width);
    for y in top.max(0)..bottom.min(i64::from(out.size.height)) {
        for x in left.max(0)..right.min(width) {
            let at = usize::try_from((y * width + x) * 4).unwrap_or(0);
            if let Some(pixel) = out.bytes.get_mut(at..at + 4) {
                pixel.copy_from_slice(&color(x - left, y - top));
            }
        }
    }
}

/// A frame buffer seen as it hangs.
struct Lit<'a> {
    picture: &'a OwnedPicture,
    rotation: Rotation,
}

impl Lit<'_> {
    fn upright_size(&self) -> Size {
        match self.rotation {
            Rotation::None | Rotation::Half => self.picture.size,
            Rotation::Quarter | Rotation::ThreeQuarters => self.picture.size.transposed(),
        }
    }

    /// The frame buffer's pixel that a viewer sees at column `u` and row `v`.
    fn pixel(&self, u: i64, v: i64) -> &[u8] {
        let (width, height) = (i64::from(self.picture.size.width), i64::from(self.picture.size.height));
        let (x, y) = match self.rotation {
            Rotation::None => (u, v),
            Rotation::Quarter => (v, height - 1 - u),
            Rotation::Half => (width - 1 - u, height - 1 - v),
            Rotation::ThreeQuarters => (width - 1 - v, u),
        };
        let at = usize::try_from((y * width + x) * 4).unwrap_or(0);
        self.picture.bytes.get(at..at + 4).unwrap_or(&[0, 0, 0, 255])
    }

    /// The mean of the pixels behind picture cell (`i` of `columns`, `j` of `rows`); at least one.
    fn mean(&self, i: i64, columns: i64, j: i64, rows: i64) -> [u8; 4] {
        let size = self.upright_size();
        let span = |index: i64, of: i64, pixels: u32| {
            let start = index * i64::from(pixels) / of.max(1);
            let end = ((index + 1) * i64::from(pixels) / of.max(1)).max(start + 1);
            start.min(i64::from(pixels) - 1)..end.min(i64::from(pixels))
        };
        let mut sum = [0_u32; 4];
        let mut count = 0;
        for v in span(j, rows, size.height) {
            for u in span(i, columns, size.width) {
                for (total, value) in sum.iter_mut().zip(self.pixel(u, v)) {
                    *total += u32::from(*value);
                }
                count += 1;
            }
        }
        sum.map(|total| u8::try_from((total + count / 2) / count.max(1)).unwrap_or(255))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(width: u32, height: u32) -> OwnedPicture {
        let bytes = (0..width * height).flat_map(|n| [n as u8, 0, 0, 255]).collect();
        OwnedPicture { size: Size::new(width, height), bytes }
    }

    fn seen(picture: &OwnedPicture, rotation: Rotation) -> Vec<u8> {
        let lit = Lit { picture, rotation };
        let size = lit.upright_size();
        let (width, height) = (i64::from(size.width), i64::from(size.height));
        (0..height).flat_map(|v| (0..width).map(move |u| (u, v))).map(|(u, v)| lit.pixel(u, v)[0]).collect()
    }

    #[test]
    fn a_turned_panel_is_seen_turned() {
        // 0 1 2
        // 3 4 5
        let picture = numbered(3, 2);
        assert_eq!(seen(&picture, Rotation::None), [0, 1, 2, 3, 4, 5]);
        assert_eq!(
            seen(&picture, Rotation::Quarter),
            [3, 0, 4, 1, 5, 2],
            "the left column comes to lie on top"
        );
        assert_eq!(seen(&picture, Rotation::Half), [5, 4, 3, 2, 1, 0]);
        assert_eq!(seen(&picture, Rotation::ThreeQuarters), [2, 5, 1, 4, 0, 3]);
    }

    #[test]
    fn shrinking_takes_the_mean() {
        let picture = numbered(4, 1);
        let lit = Lit { picture: &picture, rotation: Rotation::None };
        assert_eq!((lit.mean(0, 2, 0, 1)[0], lit.mean(1, 2, 0, 1)[0]), (1, 3), "halves round up");
    }
}
