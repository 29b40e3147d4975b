//! Where the parts of a widget stand, how layers are put on each other, and the layers that are kept.

use super::super::image::{decode_image, resample};
use super::super::sheet::Sheet;
use super::Files;
use super::context::Pairs;
use super::functions::Placement;
use super::setting::Setting;
use crate::blend::mul_255;
use crate::scene::PixelScale;
use layouts::{CANVAS_PIXEL, Crop, Language, Mode, NumberFormat, Palette, WidgetFace, WidgetKind};
use media::Size;
use minijinja::Value;
use resvg::tiny_skia::Pixmap;

/// Bytes of cards that are kept.
const CARD_BYTES_MAX: usize = 96 << 20;
/// Legends that are kept: more maps than a wall shows.
const LEGENDS_MAX: usize = 16;
/// Most bytes of a picture that comes in a cell, encoded: 64 KiB of file.
const CELL_PICTURE_BYTES_MAX: usize = (64 << 10) / 3 * 4 + 8;
/// Most pixels of such a picture.
const CELL_PICTURE_PIXELS_MAX: u64 = 16_000_000;

/// A rectangle of whole pixels inside a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Box2 {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Box2 {
    /// All of a sheet.
    pub(super) fn whole(size: Size) -> Self {
        Self { x: 0, y: 0, width: size.width, height: size.height }
    }
}

/// What words about the data's state take away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Taken {
    /// Width of the badge in the title's line.
    pub badge: Option<f64>,
    /// Whether a line at the foot is needed.
    pub foot: bool,
}

/// Where the parts of a widget stand, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stack {
    pub size: Size,
    /// Size of ordinary words, smaller than asked for where the widget has no room.
    pub em: f64,
    pub padding: f64,
    /// The title's middle line and width; `None` without a title.
    pub title: Option<(f64, f64)>,
    /// Where the data stands.
    pub content: Box2,
    /// The middle line of the words at the foot.
    pub foot: Option<f64>,
}

impl Stack {
    /// Places the parts of `face` in a picture of `size` whose ordinary words are to be `em` pixels high.
    pub(super) fn new(face: &WidgetFace, size: Size, em: f64, taken: Taken) -> Self {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let bare = matches!(face.kind, WidgetKind::Ticker { .. } | WidgetKind::Banner { .. });
        let titled = !bare && !face.title.is_empty() && height >= 30.0;
        let rows = match (bare, titled) {
            (true, _) => 1.6,
            (false, true) => 4.6,
            (false, false) => 2.0,
        };
        let em = em.min(height / rows).min(width / if bare { 2.0 } else { 7.0 }).max(1.0);
        let framed = face.card && !bare;
        let padding = if framed { libm::round(em.min(width.min(height) * 0.13)) } else { 0.0 };
        let mut top = padding;
        let badge = taken.badge.unwrap_or(0.0);
        let title = titled.then(|| {
            let line = em * 22.0 / 24.0;
            let middle = libm::round(top + line * 0.5);
            top += line + em * 0.55;
            (middle, (width - 2.0 * padding - em * 0.6 - badge).max(0.0))
        });
        let mut bottom = height - padding;
        let foot = (taken.foot && bottom - top > em * 2.4).then(|| {
            bottom -= em * 1.25;
            libm::round(bottom + em * 0.7)
        });
        let (x, y) = (padding as u32, libm::round(top) as u32);
        let content = Box2 {
            x: x.min(size.width.saturating_sub(1)),
            y: y.min(size.height.saturating_sub(1)),
            width: (width - 2.0 * padding).max(1.0) as u32,
            height: (libm::round(bottom) - f64::from(y)).max(1.0) as u32,
        };
        let content = Box2 {
            width: content.width.min(size.width - content.x),
            height: content.height.min(size.height - content.y),
            ..content
        };
        Self { size, em, padding, title, content, foot }
    }

    /// What the card template is told.
    pub(super) fn card_pairs(&self, face: &WidgetFace) -> Pairs {
        let mut pairs = self.status_pairs();
        pairs.push(("card", Value::from(face.card)));
        pairs
    }

    /// Where title, badge and foot stand.
    pub(super) fn status_pairs(&self) -> Pairs {
        vec![
            ("padding", Value::from(self.padding)),
            ("title_middle", Value::from(self.title.map(|(middle, _)| middle))),
            ("title_width", Value::from(self.title.map(|(_, width)| width))),
            ("foot_middle", Value::from(self.foot)),
        ]
    }

    /// All that the card's picture depends on.
    pub(super) fn card_key(&self, face: &WidgetFace) -> CardKey {
        CardKey {
            size: self.size,
            em_bits: self.em.to_bits(),
            title_width_bits: self.title.map(|(_, width)| width.to_bits()),
            title: face.title.clone(),
            card: face.card,
            mode: face.mode,
            language: face.language,
        }
    }
}

/// All that a card's picture depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CardKey {
    size: Size,
    em_bits: u64,
    title_width_bits: Option<u64>,
    title: String,
    card: bool,
    mode: Mode,
    language: Language,
}

struct Card {
    key: CardKey,
    bytes: Vec<u8>,
    missing_glyphs: u32,
}

/// All that a legend's picture depends on, and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LegendKey {
    steps: Vec<super::map::Step>,
    title: String,
    place: Box2,
    em_bits: u64,
    language: Language,
    format: NumberFormat,
    palette: Palette,
}

impl LegendKey {
    /// The key of a legend.
    pub(super) fn new(
        steps: &[super::map::Step],
        title: &str,
        place: Box2,
        stack: &Stack,
        setting: &Setting,
    ) -> Self {
        Self {
            steps: steps.to_vec(),
            title: title.to_owned(),
            place,
            em_bits: stack.em.to_bits(),
            language: setting.language,
            format: setting.format.clone(),
            palette: setting.palette,
        }
    }
}

struct Legend {
    key: LegendKey,
    pixels: Pixmap,
    missing_glyphs: u32,
}

/// Cards and legends that are drawn already, the one used last at the end.
#[derive(Default)]
pub(super) struct Layers {
    cards: Vec<Card>,
    legends: Vec<Legend>,
}

impl Layers {
    /// Puts a kept card on an empty sheet; `None` where it is not kept, else its characters without a glyph.
    pub(super) fn put_card(&mut self, key: &CardKey, sheet: &mut Sheet) -> Option<u32> {
        let at = self.cards.iter().position(|card| card.key == *key)?;
        let card = self.cards.remove(at);
        sheet.bytes_mut().copy_from_slice(&card.bytes);
        let missing = card.missing_glyphs;
        self.cards.push(card);
        Some(missing)
    }

    /// Keeps what is on the sheet.
    pub(super) fn keep_card(&mut self, key: CardKey, sheet: &mut Sheet, missing_glyphs: u32) {
        let bytes = sheet.bytes_mut().to_vec();
        if bytes.len() > CARD_BYTES_MAX / 2 {
            return;
        }
        self.cards.push(Card { key, bytes, missing_glyphs });
        while self.cards.iter().map(|card| card.bytes.len()).sum::<usize>() > CARD_BYTES_MAX {
            self.cards.remove(0);
        }
    }
}

impl Layers {
    /// Puts a kept legend on the sheet; `None` where it is not kept, else its characters without a glyph.
    pub(super) fn put_legend(&mut self, key: &LegendKey, sheet: &mut Sheet) -> Option<u32> {
        let at = self.legends.iter().position(|legend| legend.key == *key)?;
        let legend = self.legends.remove(at);
        put(&legend.pixels, key.place, sheet);
        let missing = legend.missing_glyphs;
        self.legends.push(legend);
        Some(missing)
    }

    /// Keeps a legend that was drawn.
    pub(super) fn keep_legend(&mut self, key: LegendKey, pixels: Pixmap, missing_glyphs: u32) {
        self.legends.push(Legend { key, pixels, missing_glyphs });
        if self.legends.len() > LEGENDS_MAX {
            self.legends.remove(0);
        }
    }
}

/// Lays RGBA pixels over the sheet.
pub(super) fn put(pixels: &Pixmap, place: Box2, sheet: &mut Sheet) {
    let size = sheet.size();
    let stride = size.width as usize * 4;
    let columns = (pixels.width() as usize).min(size.width.saturating_sub(place.x) as usize);
    let from = pixels.data().chunks_exact(pixels.width() as usize * 4);
    let to = sheet.bytes_mut().chunks_exact_mut(stride).skip(place.y as usize);
    for (source, target) in from.zip(to) {
        let target = &mut target[place.x as usize * 4..][..columns * 4];
        for (above, below) in source.as_chunks::<4>().0.iter().zip(target.as_chunks_mut::<4>().0) {
            let above = [above[2], above[1], above[0], above[3]];
            match above[3] {
                0 => {}
                255 => *below = above,
                _ => over(above, 255, below),
            }
        }
    }
}

/// Puts one premultiplied BGRA pixel over another.
fn over(above: [u8; 4], opacity: u8, below: &mut [u8]) {
    let above = if opacity == 255 { above } else { above.map(|channel| mul_255(channel, opacity)) };
    let clear = 255 - above[3];
    for (channel, value) in below.iter_mut().zip(above) {
        *channel = value.saturating_add(mul_255(*channel, clear));
    }
}

/// Lays a map (rows of premultiplied BGRA, as large as `place`) over the sheet, its corners rounded.
pub(super) fn put_rounded(map: &[u8], place: Box2, radius: f64, sheet: &mut Sheet) {
    let radius = radius.min(f64::from(place.width.min(place.height)) / 2.0) as i64;
    let (width, height) = (i64::from(place.width), i64::from(place.height));
    let stride = sheet.size().width as usize * 4;
    let target = sheet.bytes_mut().chunks_exact_mut(stride).skip(place.y as usize);
    for (y, (source, target)) in map.chunks_exact(place.width as usize * 4).zip(target).enumerate() {
        let target = &mut target[place.x as usize * 4..][..source.len()];
        let y = y as i64;
        if y >= radius && y < height - radius {
            target.copy_from_slice(source);
            continue;
        }
        let middle = radius as usize * 4..(width - radius) as usize * 4;
        target[middle.clone()].copy_from_slice(&source[middle]);
        for x in (0..radius).chain(width - radius..width) {
            let coverage = corner(x, y, width, height, radius);
            let at = x as usize * 4;
            over(
                [source[at], source[at + 1], source[at + 2], source[at + 3]],
                coverage,
                &mut target[at..at + 4],
            );
        }
    }
}

/// How much of a pixel lies inside a rectangle with round corners, from 4 × 4 points in it.
fn corner(x: i64, y: i64, width: i64, height: i64, radius: i64) -> u8 {
    let beyond = |at: i64, length: i64, point: i64| {
        // In eighths of a pixel, where the points lie at odd places.
        let place = at * 8 + point * 2 + 1;
        (radius * 8 - place).max(place - (length - radius) * 8).max(0)
    };
    let reach = (radius * 8) * (radius * 8);
    let mut inside = 0;
    for down in 0..4 {
        let dy = beyond(y, height, down);
        inside += (0..4).filter(|across| beyond(x, width, *across).pow(2) + dy.pow(2) <= reach).count();
    }
    (inside * 255 / 16) as u8
}

/// Where the legend stands and what it says; `None` without tints or without room.
pub(super) fn legend(
    steps: &[super::map::Step],
    title: &str,
    stack: &Stack,
    setting: &Setting,
) -> Option<(Box2, Pairs)> {
    let (em, content) = (stack.em, stack.content);
    let line = |number: f64| super::format::number(number, &setting.format, setting.language).joined();
    let words = |step: &super::map::Step| format!("{} – {}", line(step.from), line(step.to));
    let width_of = |text: &str| setting.measure.width(text, em * 0.75, layouts::Weight::Regular);
    let widest = steps.iter().map(|step| width_of(&words(step)) + em * 1.6).fold(width_of(title), f64::max);
    let rows = steps.len() + usize::from(!title.is_empty());
    let (width, height) = ((widest + em * 1.2).ceil(), (em * (0.75 + 1.2 * rows as f64)).ceil());
    let margin = em * 0.5;
    let fits = width + margin * 2.0 < f64::from(content.width) * 0.6
        && height + margin * 2.0 < f64::from(content.height) * 0.7;
    if steps.is_empty() || !fits {
        return None;
    }
    let place = Box2 {
        x: content.x + margin as u32,
        y: content.y + content.height - (height + margin) as u32,
        width: width as u32,
        height: height as u32,
    };
    let step = |step: &super::map::Step| {
        Value::from_pairs([("color", super::setting::hex(step.color)), ("words", words(step))])
    };
    // The highest values stand on top.
    let steps: Vec<Value> = steps.iter().rev().map(step).collect();
    Some((place, vec![("legend", Value::from(title)), ("steps", Value::from(steps))]))
}

/// Puts a template's picture on the sheet; whether it could be read.
pub(super) fn put_picture(
    picture: &Placement,
    place: Box2,
    opacity: u8,
    sheet: &mut Sheet,
    files: Option<&Files<'_>>,
) -> bool {
    let from_file = || files.and_then(|files| (files.images)(&picture.source));
    let bitmap = match from_file() {
        Some(bitmap) => bitmap,
        None => {
            let decoded = base64(&picture.source).and_then(|bytes| decode_image(&bytes).ok());
            match decoded.filter(|bitmap| bitmap.size().area() <= CELL_PICTURE_PIXELS_MAX) {
                Some(bitmap) => std::sync::Arc::new(bitmap),
                None => return false,
            }
        }
    };
    let edge = |at: f64, most: u32| libm::round(at.clamp(0.0, f64::from(most))) as u32;
    let (left, right) = (edge(picture.x, place.width), edge(picture.x + picture.width, place.width));
    let (top, bottom) = (edge(picture.y, place.height), edge(picture.y + picture.height, place.height));
    let size = Size::new(right.saturating_sub(left), bottom.saturating_sub(top));
    let Some(mut own) = Sheet::new(size) else { return true };
    // Pixels are square here: the proportions of a picture are those of its pixels.
    let square = PixelScale { columns: 1, width: CANVAS_PIXEL, rows: 1, height: CANVAS_PIXEL };
    resample(&bitmap, Crop::ALL, picture.fit, square, &mut own);
    let stride = sheet.size().width as usize * 4;
    let rows = sheet.bytes_mut().chunks_exact_mut(stride).skip((place.y + top) as usize);
    for (source, target) in own.into_bytes().chunks_exact(size.width as usize * 4).zip(rows) {
        let target = &mut target[(place.x + left) as usize * 4..];
        for (above, below) in source.chunks_exact(4).zip(target.chunks_exact_mut(4)) {
            over([above[0], above[1], above[2], above[3]], opacity, below);
        }
    }
    true
}

/// Decodes base64 (RFC 4648, section 4), white space ignored, a `data:` prefix skipped; `None` for anything else.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.split_once(";base64,").map_or(text, |(_, data)| data);
    if text.len() > CELL_PICTURE_BYTES_MAX * 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in
        text.trim_end_matches(['=', '\n', '\r', ' ']).bytes().filter(|byte| !byte.is_ascii_whitespace())
    {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    (bytes.len() <= 64 << 10).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded() {
        assert_eq!(base64("TWFu").unwrap(), b"Man");
        assert_eq!(base64("data:image/png;base64,TW\nE=").unwrap(), b"Ma");
        assert_eq!(base64("TQ==").unwrap(), b"M");
        assert_eq!(base64("T!"), None);
        assert_eq!(base64(&"A".repeat(90_000)), None);
    }
}
