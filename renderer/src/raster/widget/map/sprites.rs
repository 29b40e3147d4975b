//! Small pictures that a map repeats: dots, circles with a count, labels. Drawn once, then only copied.

use super::labels::Area;
use crate::blend::mul_255;
use crate::raster::shape;
use crate::raster::sheet::Sheet;
use crate::raster::text::{Inset, TextEngine, TextStyle};
use crate::raster::widget::setting::{ink, mix};
use layouts::{Align, Palette, Rgba, Weight};
use media::Size;
use std::collections::HashMap;

/// Sprites that are kept; more than any map shows at a time.
const SPRITES_MAX: usize = 4_096;
/// Palettes that sprites are kept of: both modes, fresh and faded.
const PALETTES_MAX: usize = 4;
/// Dots that are found again without being looked up.
const DOTS_MAX: usize = 16;

/// What a sprite shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A disc with a rim of the map's ground.
    Dot {
        /// Diameter in pixels, rim included.
        pixels: u32,
        color: Rgba,
    },
    /// A circle with words in it.
    Bubble { pixels: u32, color: Rgba, words: String, em_64: u32 },
    /// Words with the ground's colour around their letters.
    Label { color: Rgba, words: String, em_64: u32, width: u32 },
}

/// A small picture: premultiplied BGRA.
pub(super) struct Sprite {
    size: Size,
    bytes: Vec<u8>,
}

/// All sprites by what they show and the palette that they were drawn in. Each has a number that no other one is ever given,
/// so that equal numbers mean equal pixels even after sprites were forgotten.
#[derive(Default)]
pub(super) struct Sprites {
    known: HashMap<(usize, Kind), u32>,
    drawn: Vec<Sprite>,
    /// The number of the first one in `drawn`.
    first: u32,
    palettes: Vec<Palette>,
    /// The palette of the map that is being drawn.
    current: usize,
    /// Diameters and colours of dots in it, and their numbers: fifty thousand dots are a few sprites.
    dots: Vec<(u32, Rgba, u32)>,
}

impl Sprites {
    /// Draws in `palette` from now on.
    pub(super) fn begin(&mut self, palette: &Palette) {
        let known = self.palettes.iter().position(|known| known == palette);
        if self.drawn.len() > SPRITES_MAX || (known.is_none() && self.palettes.len() >= PALETTES_MAX) {
            self.first = self.first.wrapping_add(self.drawn.len() as u32);
            self.drawn.clear();
            self.known.clear();
            self.palettes.clear();
        }
        let known = self.palettes.iter().position(|known| known == palette);
        self.current = known.unwrap_or(self.palettes.len());
        if known.is_none() {
            self.palettes.push(*palette);
        }
        self.dots.clear();
    }

    /// The number of the sprite of a kind, drawn now if it never was; `None` where it cannot be drawn.
    pub(super) fn get(&mut self, kind: Kind, text: &mut TextEngine) -> Option<u32> {
        let key = (self.current, kind);
        if let Some(number) = self.known.get(&key) {
            return Some(*number);
        }
        let sprite = drawn(&key.1, self.palettes.get(self.current)?, text)?;
        let number = self.first.wrapping_add(self.drawn.len() as u32);
        self.drawn.push(sprite);
        self.known.insert(key, number);
        Some(number)
    }

    /// The number of a dot, as [`Self::get`].
    pub(super) fn dot(&mut self, pixels: u32, color: Rgba, text: &mut TextEngine) -> Option<u32> {
        let same = |dot: &&(u32, Rgba, u32)| dot.0 == pixels && dot.1 == color;
        if let Some((_, _, number)) = self.dots.iter().find(same) {
            return Some(*number);
        }
        let number = self.get(Kind::Dot { pixels, color }, text)?;
        if self.dots.len() < DOTS_MAX {
            self.dots.push((pixels, color, number));
        }
        Some(number)
    }

    /// The sprite of a number; `None` once it is forgotten.
    pub(super) fn sprite(&self, number: u32) -> Option<&Sprite> {
        self.drawn.get(number.wrapping_sub(self.first) as usize)
    }
}

fn drawn(kind: &Kind, palette: &Palette, text: &mut TextEngine) -> Option<Sprite> {
    let ground = palette.canvas.0;
    match kind {
        Kind::Dot { pixels, color } => {
            let mut sheet = Sheet::new(Size::new(*pixels, *pixels))?;
            shape::dot(&mut sheet, Rgba { a: 200, ..ground });
            let rim = (pixels / 8).clamp(1, 4);
            let mut inner = Sheet::new(Size::new(
                pixels.saturating_sub(2 * rim).max(1),
                pixels.saturating_sub(2 * rim).max(1),
            ))?;
            shape::dot(&mut inner, *color);
            let inner = finished(inner);
            blit(&inner, rim as i32, rim as i32, &mut sheet);
            Some(finished(sheet))
        }
        Kind::Bubble { pixels, color, words, em_64 } => {
            let mut sheet = Sheet::new(Size::new(*pixels, *pixels))?;
            // A rim of the ground keeps circles apart from tints of nearly their own colour.
            shape::dot(&mut sheet, Rgba { a: 190, ..ground });
            let rim = (pixels / 14).max(1);
            let fill = mix(*color, ground, 0.08);
            let mut inner = Sheet::new(Size::new(pixels - 2 * rim, pixels - 2 * rim))?;
            shape::dot(&mut inner, fill);
            blit(&finished(inner), rim as i32, rim as i32, &mut sheet);
            text.draw(&mut sheet, words, &style(*em_64, ink(fill, palette), Align::Middle), Inset::default());
            Some(finished(sheet))
        }
        Kind::Label { color, words, em_64, width } => {
            let halo = (em_64 / 64 / 9).clamp(1, 4) as i32;
            let height = em_64 / 64 * 5 / 4 + 2 * halo as u32;
            let size = Size::new(width + 2 * halo as u32, height);
            let mut letters = Sheet::new(size)?;
            let inset = Inset { side_px: halo as f32 };
            text.draw(&mut letters, words, &style(*em_64, *color, Align::Start), inset);
            let letters = finished(letters);
            let mut sheet = Sheet::new(size)?;
            around(&letters, halo, ground, &mut sheet);
            blit(&letters, 0, 0, &mut sheet);
            Some(finished(sheet))
        }
    }
}

fn style(em_64: u32, color: Rgba, align: Align) -> TextStyle {
    TextStyle {
        em_px: em_64 as f32 / 64.0,
        color,
        align,
        vertical: Align::Middle,
        weight: Weight::Medium,
        lines_max: 1,
    }
}

fn finished(sheet: Sheet) -> Sprite {
    Sprite { size: sheet.size(), bytes: sheet.into_bytes() }
}

/// Puts `color` wherever a letter is at most `reach` pixels away.
fn around(letters: &Sprite, reach: i32, color: Rgba, sheet: &mut Sheet) {
    let (width, height) = (letters.size.width as i32, letters.size.height as i32);
    for y in 0..height {
        for x in 0..width {
            let mut most = 0;
            for near_y in (y - reach).max(0)..=(y + reach).min(height - 1) {
                for near_x in (x - reach).max(0)..=(x + reach).min(width - 1) {
                    most = most.max(letters.bytes[(near_y * width + near_x) as usize * 4 + 3]);
                }
            }
            sheet.over(i64::from(x), i64::from(y), color, mul_255(most, 215));
        }
    }
}

impl Sprite {
    /// Extent in pixels.
    pub(super) fn size(&self) -> Size {
        self.size
    }
}

/// Puts a sprite on the sheet with its first pixel at `(left, top)`; what lies outside is cut.
fn blit(sprite: &Sprite, left: i32, top: i32, sheet: &mut Sheet) {
    let (width, height) = (sheet.size().width as i32, sheet.size().height as i32);
    lay(sprite, left, top, [0, 0, width, height], width, sheet.bytes_mut());
}

/// Lays a sprite with its first pixel at `(left, top)` over a picture whose rows are `width` pixels; what lies outside `area`,
/// which lies in the picture, is cut.
pub(super) fn lay(sprite: &Sprite, left: i32, top: i32, area: Area, width: i32, picture: &mut [u8]) {
    let (first, last) = (left.max(area[0]), left.saturating_add(sprite.size.width as i32).min(area[2]));
    if first >= last {
        return;
    }
    let stride = width as usize * 4;
    let from_stride = sprite.size.width as usize * 4;
    for y in top.max(area[1])..top.saturating_add(sprite.size.height as i32).min(area[3]) {
        let from = (y - top) as usize * from_stride + (first - left) as usize * 4;
        let to = y as usize * stride + first as usize * 4;
        let bytes = (last - first) as usize * 4;
        let source = &sprite.bytes[from..from + bytes];
        let target = &mut picture[to..to + bytes];
        for (above, below) in source.as_chunks::<4>().0.iter().zip(target.as_chunks_mut::<4>().0) {
            match above[3] {
                0 => {}
                255 => *below = *above,
                alpha => {
                    for (value, channel) in above.iter().zip(below) {
                        *channel = value.saturating_add(mul_255(*channel, 255 - alpha));
                    }
                }
            }
        }
    }
}
