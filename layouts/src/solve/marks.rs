//! What a window says about its source: the strip with its name, the age of a held picture, the cards that stand where
//! no picture can. Everything here is only more draws.

use super::Pen;
use crate::layout::{Hall, Place, Source};
use crate::plan::{
    Align, CANVAS_PIXEL, CanvasRect, CanvasUnit, Content, Icon, Outline, Raster, Rgba, Weight,
};
use crate::theme::{Measures, Palette};
use crate::words;
use media::{Fault, WallTime};
use std::sync::Arc;

/// How much a window has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Name, place, signs and sentences.
    Large,
    /// Name and a few words.
    Small,
    /// One sign.
    Tiny,
}

/// Colours, words and measures for one window.
pub(super) struct Style<'a> {
    pub palette: &'a Palette,
    pub measures: &'a Measures,
    pub hall: &'a Hall,
    /// Canvas units to one design pixel.
    pub unit: CanvasUnit,
    pub form: Form,
}

impl<'a> Style<'a> {
    /// The style of a window of `rect` on `canvas`: marks keep to the scale of the wall, and shrink with windows less than
    /// 200 design pixels high, down to half a canvas pixel for a design pixel.
    pub(super) fn new(
        palette: &'a Palette,
        measures: &'a Measures,
        hall: &'a Hall,
        canvas: CanvasRect,
        rect: CanvasRect,
    ) -> Self {
        let unit = (canvas.height.min(canvas.width) / 1080).min(rect.height / 200).max(CANVAS_PIXEL / 2);
        let (wide, high) = (rect.width / unit, rect.height / unit);
        let form = match () {
            () if wide >= 240 && high >= 190 => Form::Large,
            () if wide >= 120 && high >= 96 => Form::Small,
            () => Form::Tiny,
        };
        Self { palette, measures, hall, unit, form }
    }

    pub(super) fn px(&self, design_px: u32) -> CanvasUnit {
        self.unit * CanvasUnit::from(design_px)
    }

    /// The font size of the name in the strip.
    pub(super) fn name_size(&self) -> CanvasUnit {
        self.px(self.measures.name_px)
    }

    /// The height of the strip at the foot, if this window has room for one.
    pub(super) fn strip_height(&self) -> CanvasUnit {
        match self.form {
            Form::Large | Form::Small => self.px(self.measures.strip_px),
            Form::Tiny => 0,
        }
    }
}

/// About how wide `text` becomes: a hanzi is one em, a capital two thirds, anything else a little more than half.
pub(crate) fn estimate(text: &str, size: CanvasUnit) -> CanvasUnit {
    let hundredths: CanvasUnit = text
        .chars()
        .map(|c| match c {
            '\u{2e80}'.. => 100,
            'A'..='Z' | 'm' | 'w' | '—' => 70,
            _ => 57,
        })
        .sum();
    size * hundredths / 100
}

fn thinned(color: Rgba, percent: u32) -> Rgba {
    let alpha = u32::from(color.a) * percent.min(100) / 100;
    Rgba { a: u8::try_from(alpha).unwrap_or(255), ..color }
}

/// `percent` of `a` over the rest of `b`, opaque.
pub(super) fn mixed(a: Rgba, b: Rgba, percent: u32) -> Rgba {
    let mix = |a: u8, b: u8| {
        let sum = u32::from(a) * percent + u32::from(b) * (100 - percent.min(100));
        u8::try_from(sum / 100).unwrap_or(255)
    };
    Rgba { r: mix(a.r, b.r), g: mix(a.g, b.g), b: mix(a.b, b.b), a: 255 }
}

/// One line of text.
fn line(text: String, size: CanvasUnit, color: Rgba, align: Align, weight: Weight) -> Content {
    let vertical = Align::Middle;
    Content::Raster(Arc::new(Raster::Text { text, size, color, align, vertical, weight, lines_max: 1 }))
}

fn dot(color: Rgba) -> Content {
    Content::Raster(Arc::new(Raster::Dot(color)))
}

fn icon(icon: Icon, color: Rgba) -> Content {
    Content::Raster(Arc::new(Raster::Icon { icon, color }))
}

/// The strip at a window's foot: state, name, and the place where it fits.
pub(super) fn strip(pen: &mut Pen<'_>, style: &Style<'_>, source: &Source, state: Rgba) {
    let (window, height) = (pen.window, style.strip_height());
    if height == 0 {
        return;
    }
    let foot = CanvasRect { y: window.y + window.height - height, height, ..window };
    let ground = thinned(style.palette.canvas.0, style.measures.strip_percent);
    pen.put(Content::Fill(ground), foot);
    let (padding, disc) = (style.px(style.measures.padding_px), style.px(style.measures.dot_px));
    let dot_at =
        CanvasRect { x: foot.x + padding, y: foot.y + (height - disc) / 2, width: disc, height: disc };
    pen.put(dot(state), dot_at);

    let language = style.hall.language;
    let name = source.label.get(language);
    let (name_size, place_size) = (style.name_size(), style.px(style.measures.small_px));
    let left = dot_at.x + disc + padding * 5 / 8;
    let room = (foot.x + foot.width - padding - left).max(1);
    let free = room - estimate(name, name_size) - padding;
    let place = source.place.as_ref().map(|place| place_words(place, style)).unwrap_or_default();
    let place = place.into_iter().find(|words| estimate(words, place_size) <= free);
    let taken = place.as_ref().map_or(0, |words| estimate(words, place_size) + padding);
    // No letter is wider than one em: room beyond that would only make another bitmap of every width of the window.
    let ems = 1 + CanvasUnit::try_from(name.chars().count()).unwrap_or(CanvasUnit::from(u16::MAX));
    let name_at = CanvasRect { x: left, width: (room - taken).min(name_size * ems).max(1), ..foot };
    pen.put(line(name.to_owned(), name_size, style.palette.text.0, Align::Start, Weight::Regular), name_at);
    if let Some(words) = place {
        let place_at = CanvasRect { x: left + room - taken, width: taken, ..foot };
        pen.put(line(words, place_size, style.palette.text_2.0, Align::End, Weight::Regular), place_at);
    }
}

/// A place in words, the longer form first: "许庄街道 · 03", "03".
fn place_words(place: &Place, style: &Style<'_>) -> Vec<String> {
    let names: Vec<&str> = place.names.iter().map(|words| words.get(style.hall.language)).collect();
    match names.as_slice() {
        [] => Vec::new(),
        [only] => vec![(*only).to_owned()],
        [_, street] => vec![(*street).to_owned()],
        [_, street, .., last] => vec![format!("{street} · {last}"), (*last).to_owned()],
    }
}

/// A held picture: dimmed, with its age.
pub(super) fn stale(pen: &mut Pen<'_>, style: &Style<'_>, since: WallTime, now: WallTime) {
    let (language, age) = (style.hall.language, now.since(since));
    let (long, short) = (words::age(language, age), words::short_age(language, age));
    faded(pen, style, style.measures.dim_percent, &long, &short);
}

/// Something that is not of now: covered by the canvas to `percent`, and what is to be known of it on a badge, in few words where
/// many have no room.
pub(super) fn faded(pen: &mut Pen<'_>, style: &Style<'_>, percent: u32, long: &str, short: &str) {
    let (palette, measures) = (style.palette, style.measures);
    pen.put(Content::Fill(thinned(palette.canvas.0, percent)), pen.window);
    let window = pen.window;
    let (size, inset) = match style.form {
        Form::Large => (style.px(measures.small_px), style.px(16)),
        Form::Small => (style.px(measures.small_px), style.px(8)),
        Form::Tiny => (style.px(measures.small_px).min(window.height * 2 / 5).max(1), style.px(2)),
    };
    let height = (size * 20 / 9).min((window.height - 2 * inset).max(1));
    let room = (window.width - 2 * inset).max(1);
    let width_of = |words: &str| estimate(words, size) + height;
    let text = if width_of(long) <= room { long } else { short }.to_owned();
    let width = width_of(&text).min(room);
    let at = CanvasRect { x: window.x + window.width - inset - width, y: window.y + inset, width, height };
    let fill = mixed(palette.stale.0, palette.canvas.0, 20);
    let line = style.px(measures.hairline_px * 2);
    pen.put(Content::Raster(Arc::new(Raster::Badge { text, size, color: palette.stale.0, fill, line })), at);
}

/// Rows of a card, put in its middle one below the other.
fn rows(pen: &mut Pen<'_>, area: CanvasRect, rows: Vec<(Content, CanvasUnit)>) {
    let total: CanvasUnit = rows.iter().map(|(_, height)| height).sum();
    let mut y = area.y + (area.height - total) / 2;
    for (content, height) in rows {
        let row = CanvasRect { y, height: height.max(1), ..area };
        let at = match &content {
            Content::Raster(raster) if matches!(**raster, Raster::Icon { .. }) => {
                let side = height * 4 / 5;
                CanvasRect {
                    x: row.x + (row.width - side) / 2,
                    width: side.max(1),
                    height: side.max(1),
                    ..row
                }
            }
            _ => row,
        };
        pen.put(content, at);
        y += height;
    }
}

/// The part of the window above its strip, with free space left and right.
fn card_area(pen: &Pen<'_>, style: &Style<'_>) -> CanvasRect {
    let padding = match style.form {
        Form::Large => style.px(style.measures.padding_px),
        Form::Small => style.px(style.measures.padding_px / 2),
        Form::Tiny => 0,
    };
    let window = pen.window;
    CanvasRect {
        x: window.x + padding,
        width: (window.width - 2 * padding).max(1),
        height: (window.height - style.strip_height()).max(1),
        ..window
    }
}

fn hairline(pen: &mut Pen<'_>, style: &Style<'_>) {
    let ring = style.px(style.measures.hairline_px);
    pen.ring(Outline { radius: pen.corner, ring }, style.palette.line.0);
}

/// The card of a source that is lost: what is wrong, since when, what is being done.
pub(super) fn lost(
    pen: &mut Pen<'_>,
    style: &Style<'_>,
    source: &Source,
    fault: Fault,
    since: WallTime,
    now: WallTime,
) {
    let (palette, measures, hall) = (style.palette, style.measures, style.hall);
    let stripes = Raster::Stripes {
        ground: palette.surface.0,
        stripe: palette.raised.0,
        pitch: style.px(measures.stripe_px),
    };
    pen.put(Content::Raster(Arc::new(stripes)), pen.window);
    let area = card_area(pen, style);
    let what = words::fault(hall.language, fault).to_owned();
    let sign = icon(Icon::Lost, palette.danger.0);
    let side = style.px(measures.icon_px);
    match style.form {
        Form::Large => {
            let when = words::since(hall.language, since, now, hall.utc_offset_s);
            let deed = words::action(hall.language, fault, &source.best, source.credential());
            let detail = line(
                format!("{when} · {deed}"),
                style.px(measures.small_px),
                palette.text_2.0,
                Align::Middle,
                Weight::Regular,
            );
            let size = style.px(measures.body_px);
            let title = line(what, size, palette.text.0, Align::Middle, Weight::Medium);
            rows(pen, area, vec![(sign, side * 5 / 4), (title, size * 3 / 2), (detail, size * 5 / 4)]);
        }
        Form::Small => {
            let size = style.px(measures.small_px);
            let title = line(what, size, palette.text.0, Align::Middle, Weight::Medium);
            rows(pen, area, vec![(title, size * 3 / 2)]);
        }
        Form::Tiny => {
            let side = (area.width.min(area.height) * 5 / 8).min(side);
            rows(pen, area, vec![(sign, side)]);
        }
    }
    hairline(pen, style);
}

/// The quiet card of a source whose first picture has not come yet.
pub(super) fn connecting(pen: &mut Pen<'_>, style: &Style<'_>) {
    let (palette, measures) = (style.palette, style.measures);
    pen.put(Content::Fill(palette.surface.0), pen.window);
    let area = card_area(pen, style);
    let sign = icon(Icon::Waiting, palette.muted.0);
    let size = style.px(measures.small_px);
    let words = words::connecting(style.hall.language).to_owned();
    let words = line(words, size, palette.text_2.0, Align::Middle, Weight::Regular);
    let side = style.px(measures.icon_px);
    match style.form {
        Form::Large => rows(pen, area, vec![(sign, side * 5 / 4), (words, size * 3 / 2)]),
        Form::Small => rows(pen, area, vec![(words, size * 3 / 2)]),
        Form::Tiny => rows(pen, area, vec![(sign, (area.width.min(area.height) * 5 / 8).min(side))]),
    }
    hairline(pen, style);
}
