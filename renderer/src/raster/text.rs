//! Lines of text: shaping, wrapping, ellipsis, optical placing and the drawing of glyphs.
//!
//! Shaping and glyph outlines come from cosmic-text; where lines stand is decided here, from the metrics that matter
//! to the eye. A hanzi fills its em box, whose middle lies 0.38 em above the base line; Latin capitals and figures
//! of the same font have their middle at 0.37 em. Putting 0.38 em on the middle of a strip centres both.

use super::font::{self, FAMILY, FontFault};
use super::sheet::Sheet;
use super::widget::measure::NO_GLYPH;
use cosmic_text::{
    Attrs, Buffer, Family, FontSystem, LayoutGlyph, Metrics, Shaping, SwashCache, SwashContent, Wrap, fontdb,
};
use layouts::{Align, Rgba, Weight};

/// How far a hanzi's em box rises above the base line, in em (`OS/2.sTypoAscender` of the font).
const EM_ASCENT: f32 = 0.88;
/// How far it falls below, in em.
const EM_DESCENT: f32 = 0.12;
/// How far Latin letters such as g fall below the base line, in em: what must fit above a bottom edge.
const LETTER_DESCENT: f32 = 0.22;
/// From one base line to the next, in em.
const LINE_HEIGHT: f32 = 1.4;
/// The smallest and largest font size that is drawn, in pixels.
const EM_PX: std::ops::RangeInclusive<f32> = 1.0..=2048.0;
/// What lies beyond is cut off with an ellipsis: no wall shows more words in one window.
const CHARACTERS_MAX: usize = 4096;
/// Lines beyond are never laid out.
const LINES_MAX: usize = 512;

/// How text is set. Lengths in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TextStyle {
    /// Font size.
    pub em_px: f32,
    /// Letters' colour.
    pub color: Rgba,
    /// Horizontal place.
    pub align: Align,
    /// Vertical place.
    pub vertical: Align,
    /// Letters' weight.
    pub weight: Weight,
    /// How many lines at most; 0 for as many as fit.
    pub lines_max: u32,
}

/// Room kept free of text on the left and on the right.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Inset {
    /// On each side.
    pub side_px: f32,
}

/// A line that is laid out: its glyphs, from the left edge of the text's room.
struct Line {
    glyphs: Vec<LayoutGlyph>,
}

/// Parsed fonts and the scratch memory of shaping.
pub(super) struct TextEngine {
    fonts: FontSystem,
    glyphs: SwashCache,
}

impl TextEngine {
    /// Parses the bundled fonts; the machine's own are never looked at.
    pub(super) fn new() -> Result<Self, FontFault> {
        // Families that the platform would fall back to are not in the database, so they are never found.
        let fonts = FontSystem::new_with_locale_and_db("zh-CN".into(), font::database()?);
        Ok(Self { fonts, glyphs: SwashCache::new() })
    }

    /// Whether both weights have a glyph for `character`.
    pub(super) fn has_glyph(&mut self, character: char) -> bool {
        let ids: Vec<_> = self.fonts.db().faces().map(|face| (face.id, face.weight)).collect();
        ids.into_iter().all(|(id, weight)| {
            let font = self.fonts.get_font(id, weight);
            font.is_some_and(|font| font.as_swash().charmap().map(character) != 0)
        })
    }

    /// Advance widths by code point up to U+FFFF in 1/1000 em; [`NO_GLYPH`] where there is no glyph.
    pub(super) fn advances(&mut self, weight: Weight) -> Vec<u16> {
        let mut table = vec![NO_GLYPH; 0x1_0000];
        let id = self.fonts.db().faces().find(|face| face.weight == font_weight(weight)).map(|face| face.id);
        let Some(font) = id.and_then(|id| self.fonts.get_font(id, font_weight(weight))) else { return table };
        let font = font.as_swash();
        let metrics = font.glyph_metrics(&[]);
        let units = f32::from(metrics.units_per_em().max(1));
        font.charmap().enumerate(|code, glyph| {
            if let (Some(entry), true) = (table.get_mut(code as usize), glyph != 0) {
                *entry = (metrics.advance_width(glyph) * 1_000.0 / units).round() as u16;
            }
        });
        table
    }

    /// Draws `text` over `sheet`; returns how many of its characters have no glyph.
    pub(super) fn draw(&mut self, sheet: &mut Sheet, text: &str, style: &TextStyle, inset: Inset) -> u32 {
        let style = TextStyle { em_px: style.em_px.clamp(*EM_PX.start(), *EM_PX.end()), ..*style };
        let room_px = sheet.size().width as f32 - 2.0 * inset.side_px;
        let height_px = sheet.size().height as f32;
        if room_px <= 0.0 {
            return 0;
        }
        let lines = self.lay_out(&cleaned(text), &style, room_px, lines_fitting(&style, height_px));
        let mut missing = 0;
        for (line, baseline) in lines.iter().zip(baselines(&style, lines.len(), height_px)) {
            for glyph in &line.glyphs {
                if glyph.glyph_id == 0 {
                    missing += 1;
                } else {
                    self.draw_glyph(sheet, glyph, inset.side_px, baseline, style.color);
                }
            }
        }
        missing
    }

    /// Breaks `text` into at most `lines_max` lines, the last one ended by an ellipsis if words are left over.
    fn lay_out(&mut self, text: &str, style: &TextStyle, room_px: f32, lines_max: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut paragraphs = text.split('\n').peekable();
        while let Some(paragraph) = paragraphs.next() {
            let left = lines_max - lines.len();
            let mut laid = self.shape(paragraph, style, Some(room_px));
            let more = paragraphs.peek().is_some();
            if laid.len() > left || (laid.len() == left && more) {
                laid.truncate(left);
                let start = laid.pop().and_then(|line| line.glyphs.iter().map(|glyph| glyph.start).min());
                laid.push(self.with_ellipsis(&paragraph[start.unwrap_or(0)..], style, room_px));
            }
            lines.append(&mut laid);
            if lines.len() >= lines_max {
                break;
            }
        }
        lines
    }

    /// As much of the beginning of `text` as fits on one line together with an ellipsis.
    fn with_ellipsis(&mut self, text: &str, style: &TextStyle, room_px: f32) -> Line {
        let left = TextStyle { align: Align::Start, ..*style };
        let end_px = |line: &Line| line.glyphs.last().map_or(0.0, |glyph| glyph.x + glyph.w);
        let ellipsis_px = self.shape_line("…", &left, None).map_or(0.0, |line| end_px(&line));
        let whole = self.shape_line(text, &left, None);
        let fits = |glyph: &&LayoutGlyph| glyph.x + glyph.w + ellipsis_px <= room_px;
        let end =
            whole.iter().flat_map(|line| line.glyphs.iter().take_while(fits)).map(|glyph| glyph.end).max();
        let kept = format!("{}…", text[..end.unwrap_or(0)].trim_end());
        self.shape_line(&kept, style, Some(room_px)).unwrap_or(Line { glyphs: Vec::new() })
    }

    /// The first line of [`Self::shape`].
    fn shape_line(&mut self, text: &str, style: &TextStyle, room_px: Option<f32>) -> Option<Line> {
        self.shape(text, style, room_px).into_iter().next()
    }

    /// Lays out one paragraph, wrapped at `room_px`, or on one line without end.
    fn shape(&mut self, text: &str, style: &TextStyle, room_px: Option<f32>) -> Vec<Line> {
        let attrs = Attrs::new().family(Family::Name(FAMILY)).weight(font_weight(style.weight));
        let align = match style.align {
            Align::Start => cosmic_text::Align::Left,
            Align::Middle => cosmic_text::Align::Center,
            Align::End => cosmic_text::Align::Right,
        };
        let mut buffer = Buffer::new_empty(Metrics::new(style.em_px, style.em_px * LINE_HEIGHT));
        buffer.set_wrap(Wrap::WordOrGlyph);
        buffer.set_size(room_px, None);
        buffer.set_text(text, &attrs, Shaping::Advanced, Some(align));
        buffer.shape_until_scroll(&mut self.fonts, false);
        buffer.layout_runs().map(|run| Line { glyphs: run.glyphs.to_vec() }).collect()
    }

    /// Puts one glyph over the sheet with its origin on `baseline`.
    fn draw_glyph(
        &mut self,
        sheet: &mut Sheet,
        glyph: &LayoutGlyph,
        left_px: f32,
        baseline: i32,
        color: Rgba,
    ) {
        let place = glyph.physical((left_px, 0.0), 1.0);
        // Not cached: a raster is drawn once and its sheet kept, and large glyphs would fill memory for nothing.
        let Some(image) = self.glyphs.get_image_uncached(&mut self.fonts, place.cache_key) else { return };
        if image.content != SwashContent::Mask || image.placement.width == 0 {
            return;
        }
        let left = i64::from(place.x) + i64::from(image.placement.left);
        let top = i64::from(baseline) + i64::from(place.y) - i64::from(image.placement.top);
        for (y, row) in image.data.chunks_exact(image.placement.width as usize).enumerate() {
            for (x, coverage) in row.iter().enumerate() {
                sheet.over(left + x as i64, top + y as i64, color, *coverage);
            }
        }
    }
}

/// The weight as fonts count it.
fn font_weight(weight: Weight) -> fontdb::Weight {
    match weight {
        Weight::Regular => fontdb::Weight(400),
        Weight::Medium => fontdb::Weight(500),
    }
}

/// How many lines stand in `height_px`: at least one, even where it is cut.
fn lines_fitting(style: &TextStyle, height_px: f32) -> usize {
    let line_px = line_height_px(style) as f32;
    let fitting = 1.0 + ((height_px - style.em_px) / line_px).max(0.0);
    let wanted = if style.lines_max == 0 { LINES_MAX } else { style.lines_max as usize };
    (fitting as usize).clamp(1, wanted.clamp(1, LINES_MAX))
}

/// From one base line to the next, in whole pixels so that all lines look alike.
fn line_height_px(style: &TextStyle) -> i32 {
    (style.em_px * LINE_HEIGHT).round().max(1.0) as i32
}

/// Where the base lines of `count` lines stand, in whole pixels from the top, so that horizontal strokes are crisp.
fn baselines(style: &TextStyle, count: usize, height_px: f32) -> impl Iterator<Item = i32> {
    let step = line_height_px(style);
    let below_first = step as f32 * count.saturating_sub(1) as f32;
    let first = match style.vertical {
        Align::Start => EM_ASCENT * style.em_px,
        Align::Middle => (height_px - below_first) / 2.0 + (EM_ASCENT - EM_DESCENT) / 2.0 * style.em_px,
        Align::End => height_px - LETTER_DESCENT * style.em_px - below_first,
    };
    let first = first.round() as i32;
    (0..count).map(move |index| first + step * index as i32)
}

/// The text without what cannot be set: control characters become spaces, and it ends after [`CHARACTERS_MAX`].
fn cleaned(text: &str) -> String {
    let mut kept = String::with_capacity(text.len().min(CHARACTERS_MAX * 4));
    for (index, character) in text.chars().enumerate() {
        if index == CHARACTERS_MAX {
            kept.push('…');
            break;
        }
        match character {
            '\r' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => {}
            '\n' => kept.push('\n'),
            '\u{2028}' | '\u{2029}' => kept.push('\n'),
            character if character.is_control() => kept.push(' '),
            character => kept.push(character),
        }
    }
    kept
}
