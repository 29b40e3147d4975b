//! Small pictures that a map repeats: dots, circles with a count, labels. Drawn once, then only copied.

use crate::blend::mul_255;
use crate::raster::shape;
use crate::raster::sheet::Sheet;
use crate::raster::text::{Inset, TextEngine, TextStyle};
use crate::raster::widget::setting::{ink, mix};
use layouts::{Align, Palette, Rgba, Weight};
use media::Size;
use std::collections::HashMap;
use std::sync::Arc;

/// Sprites that are kept; more than any map shows at a time.
const SPRITES_MAX: usize = 4_096;

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

/// All sprites by what they show. The ground's colour is that of one theme, so a change of theme empties it.
#[derive(Default)]
pub(super) struct Sprites {
    known: HashMap<Kind, Arc<Sprite>>,
    ground: Option<Rgba>,
}

impl Sprites {
    /// Forgets sprites of another theme.
    pub(super) fn begin(&mut self, ground: Rgba) {
        if self.ground != Some(ground) || self.known.len() > SPRITES_MAX {
            self.known.clear();
            self.ground = Some(ground);
        }
    }

    /// The sprite of a kind.
    pub(super) fn get(
        &mut self,
        kind: Kind,
        palette: &Palette,
        text: &mut TextEngine,
    ) -> Option<Arc<Sprite>> {
        if let Some(sprite) = self.known.get(&kind) {
            return Some(Arc::clone(sprite));
        }
        let sprite = Arc::new(drawn(&kind, palette, text)?);
        self.known.insert(kind, Arc::clone(&sprite));
        Some(sprite)
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
pub(super) fn blit(sprite: &Sprite, left: i32, top: i32, sheet: &mut Sheet) {
    let (width, height) = (sheet.size().width as i32, sheet.size().height as i32);
    let (first, last) = (left.max(0), left.saturating_add(sprite.size.width as i32).min(width));
    if first >= last {
        return;
    }
    let stride = width as usize * 4;
    let from_stride = sprite.size.width as usize * 4;
    for y in top.max(0)..top.saturating_add(sprite.size.height as i32).min(height) {
        let from = (y - top) as usize * from_stride + (first - left) as usize * 4;
        let to = y as usize * stride + first as usize * 4;
        let bytes = (last - first) as usize * 4;
        let source = &sprite.bytes[from..from + bytes];
        let target = &mut sheet.bytes_mut()[to..to + bytes];
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
