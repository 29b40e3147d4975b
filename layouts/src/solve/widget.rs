//! Windows that show data: what their pictures depend on at one tick, and the strip of a ticker that moves.

use super::marks::{self, Style};
use super::{Pen, Tick};
use crate::layout::{Banner, Language};
use crate::plan::{CANVAS_PIXEL, CanvasRect, CanvasUnit, Content, Raster};
use crate::widget::{Answer, Shown, WidgetContent, WidgetFace, WidgetKind};
use crate::words;
use media::{Table, Value, WallTime};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// Most pieces of a ticker's strip; further rows are left out.
const PIECES_MAX: usize = 64;
/// Widest piece: a raster may have 16,384 pixels, and a screen twice as many pixels as its part of the canvas.
const PIECE_WIDTH_MAX: CanvasUnit = 8000 * CANVAS_PIXEL;

/// Draws a widget into its window.
pub(super) fn widget(pen: &mut Pen<'_>, style: &Style<'_>, tick: &Tick<'_>, content: &WidgetContent) {
    let WidgetContent { title, kind, card, size } = content;
    let language = tick.layout.hall.language;
    let own = identity(content, language, "");
    let kind = kind.map(|query| shown(tick.answers.get(query), tick.now));
    if let WidgetKind::Ticker { query, speed_px_s } = &kind
        && let Some(pieces) = pieces(query, *size)
    {
        return ticker(pen, style, tick, content, query, *speed_px_s, pieces);
    }
    let title = title.as_ref().map(|title| title.get(language).to_owned()).unwrap_or_default();
    let now_s = now_s(&kind, tick.now);
    put_face(pen, WidgetFace { now_s, widget: own, ..face(tick, title, kind, *card, *size) });
}

/// A number for a widget of the hall (for `piece` of its strip), the same from answer to answer, on every screen and in every
/// scene that shows it.
fn identity(content: &WidgetContent, language: Language, piece: &str) -> u64 {
    let WidgetContent { title, kind, card, size } = content;
    let mut hasher = DefaultHasher::new();
    (title.as_ref().map(|title| title.get(language)), kind, card, size, piece).hash(&mut hasher);
    hasher.finish()
}

/// Draws the banner of a rule.
pub(super) fn banner(pen: &mut Pen<'_>, tick: &Tick<'_>, banner: &Banner) {
    let Banner { words, color, until, size } = banner;
    let text = Value::Text(words.get(tick.layout.hall.language).into());
    let until = until.map_or(Value::Null, Value::Time);
    let table = Table::new(vec!["text".into(), "until".into()], vec![vec![text, until]]);
    let table = Arc::new(table.unwrap_or_default());
    let kind = WidgetKind::Banner {
        query: Shown { table, stale_s: None, waiting: false, fault: None },
        color: *color,
    };
    let now_s = now_s(&kind, tick.now);
    let mut hasher = DefaultHasher::new();
    (words.get(tick.layout.hall.language), color, size).hash(&mut hasher);
    let widget = hasher.finish();
    put_face(pen, WidgetFace { now_s, widget, ..face(tick, String::new(), kind, true, *size) });
}

fn face(tick: &Tick<'_>, title: String, kind: WidgetKind<Shown>, card: bool, size: CanvasUnit) -> WidgetFace {
    let hall = &tick.layout.hall;
    let (language, mode, utc_offset_s) = (hall.language, hall.mode, hall.utc_offset_s);
    WidgetFace { widget: 0, title, kind, card, size, language, mode, utc_offset_s, now_s: 0 }
}

fn put_face(pen: &mut Pen<'_>, face: WidgetFace) {
    pen.put(raster(face), pen.window);
}

fn raster(face: WidgetFace) -> Content {
    Content::Raster(Arc::new(Raster::Widget(Box::new(face))))
}

/// An answer as it is drawn at `now`.
fn shown(answer: Option<&Answer>, now: WallTime) -> Shown {
    let Some(Answer { table, as_of, promise, fault }) = answer else {
        return Shown { table: Arc::default(), stale_s: None, waiting: true, fault: None };
    };
    Shown {
        table: Arc::clone(table),
        stale_s: as_of.and_then(|as_of| stale_s(now.since(as_of), *promise)),
        waiting: as_of.is_none(),
        fault: fault.clone(),
    }
}

/// How many whole seconds old what is older than promised is; from two minutes on whole minutes, in seconds.
fn stale_s(age: Duration, promise: Duration) -> Option<u32> {
    let seconds = u32::try_from(age.as_secs()).unwrap_or(u32::MAX);
    let step = if seconds < 120 { 1 } else { 60 };
    (age > promise).then_some(seconds / step * step)
}

/// The part of the time that a widget's picture depends on, in seconds.
fn now_s(kind: &WidgetKind<Shown>, now: WallTime) -> i64 {
    let step = match kind {
        WidgetKind::Clock { seconds: true, .. } => 1,
        WidgetKind::Clock { seconds: false, .. } => 60,
        WidgetKind::EventBoard { query } if !query.table.rows().is_empty() => 1,
        WidgetKind::Banner { query, .. } => match query.table.get(0, "until") {
            Some(Value::Time(_)) => 1,
            _ => return 0,
        },
        WidgetKind::Table { query, page, .. } if query.table.rows().len() > 1 => {
            i64::try_from(page.as_secs()).unwrap_or(i64::MAX).max(1)
        }
        _ => return 0,
    };
    now.0.div_euclid(1_000_000_000).div_euclid(step) * step
}

/// A piece of a ticker's strip.
struct Piece {
    text: String,
    width: CanvasUnit,
}

/// A ticker's rows as pieces of its strip; `None` where there is nothing to move.
fn pieces(shown: &Shown, size: CanvasUnit) -> Option<Vec<Piece>> {
    let column = shown.table.column("text")?;
    let texts = shown.table.rows().iter().filter_map(|row| row.get(column)?.text());
    let pieces: Vec<Piece> =
        texts.filter(|text| !text.trim().is_empty()).take(PIECES_MAX).map(|text| piece(text, size)).collect();
    (!pieces.is_empty()).then_some(pieces)
}

/// One row with the space behind it: two letters wide, which also takes up what the estimate of its width lacks.
fn piece(text: &str, size: CanvasUnit) -> Piece {
    let room = (PIECE_WIDTH_MAX - 3 * size).max(size);
    let (mut words, mut width) = (String::new(), 0);
    for c in text.trim().chars() {
        let c = if c.is_control() { ' ' } else { c };
        let next = width + size * wide(c) / 100;
        if next > room {
            words.push('…');
            width += size;
            break;
        }
        words.push(c);
        width = next;
    }
    // Whole canvas pixels, so that a screen of the canvas's own pitch draws every piece once, wherever it stands.
    Piece { text: words, width: (width + 2 * size + CANVAS_PIXEL - 1) / CANVAS_PIXEL * CANVAS_PIXEL }
}

/// How wide a character is at most, nearly, in hundredths of the font size.
fn wide(c: char) -> CanvasUnit {
    match c {
        'W' | 'M' | 'm' | 'w' | '@' | '%' | '—' | '…' | '\u{2e80}'.. => 100,
        'A'..='Z' => 75,
        ' ' | '.' | ',' | ':' | ';' | 'i' | 'l' | 'j' | '\'' | '!' | '|' => 32,
        _ => 60,
    }
}

/// Draws the pieces one behind the other, again and again, moved by the tick alone.
fn ticker(
    pen: &mut Pen<'_>,
    style: &Style<'_>,
    tick: &Tick<'_>,
    content: &WidgetContent,
    query: &Shown,
    speed_px_s: u32,
    pieces: Vec<Piece>,
) {
    let WidgetContent { title: _, kind: _, card, size } = content;
    let window = pen.window;
    if *card {
        pen.put(Content::Fill(style.palette.surface.0), window);
    }
    let length: CanvasUnit = pieces.iter().map(|piece| piece.width).sum();
    let period = length.max(window.width + size);
    let travelled =
        u128::from(tick.canvas_frame.0) * u128::from(speed_px_s) * CANVAS_PIXEL.unsigned_abs() as u128
            / u128::from(tick.wall.tick.hz());
    let behind = CanvasUnit::try_from(travelled % period.unsigned_abs().max(1) as u128).unwrap_or(0);
    let mut left = window.x - behind;
    let mut drawn: Vec<(Content, CanvasUnit, CanvasUnit)> = Vec::new();
    for Piece { text, width } in pieces {
        let widget = identity(content, tick.layout.hall.language, &text);
        let table = Table::new(vec!["text".into()], vec![vec![Value::Text(text.into())]]);
        let table = Arc::new(table.unwrap_or_default());
        let kind = WidgetKind::Ticker {
            query: Shown { table, stale_s: None, waiting: false, fault: None },
            speed_px_s,
        };
        let face = WidgetFace { widget, ..face(tick, String::new(), kind, false, *size) };
        drawn.push((raster(face), left, width));
        left += width;
    }
    for round in [0, period] {
        for (content, left, width) in &drawn {
            let rect = CanvasRect { x: left + round, width: *width, ..window };
            if super::meet(rect, window) {
                pen.put(content.clone(), rect);
            }
        }
    }
    if let Some((long, short)) = trouble(query, tick.layout.hall.language) {
        // The strip itself is not drawn again in other colours when it grows old: that would be a second raster.
        let percent = style.palette.cover_percent(style.measures.dim_percent);
        marks::faded(pen, style, percent, &long, &short);
    }
}

/// What is wrong with words that go on travelling, in many and in few words.
fn trouble(query: &Shown, language: Language) -> Option<(String, String)> {
    let age = query.stale_s.map(|age_s| Duration::from_secs(age_s.into()));
    let words = |age| (words::data_age(language, age), words::short_age(language, age));
    query.fault.as_ref().map(|fault| (fault.to_string(), "!".to_owned())).or_else(|| age.map(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_by_the_second_and_later_by_the_minute() {
        let stale = |age_s: u64, promise_s: u64| {
            stale_s(Duration::from_secs(age_s) + Duration::from_millis(300), Duration::from_secs(promise_s))
        };
        assert_eq!(stale(59, 60), None);
        assert_eq!(stale(60, 60), Some(60), "a third of a second too old is too old");
        assert_eq!(stale(119, 60), Some(119));
        assert_eq!((stale(120, 60), stale(179, 60), stale(180, 60)), (Some(120), Some(120), Some(180)));
        assert_eq!(stale(u64::from(u32::MAX) + 9, 60), Some(u32::MAX / 60 * 60));
    }

    #[test]
    fn time_enters_only_where_it_is_shown() {
        let now = WallTime(1_795_401_132_400_000_000);
        let shown = |rows: i64, column: &str, value: fn(i64) -> Value| Shown {
            table: Arc::new(
                Table::new(vec![column.into()], (0..rows).map(|n| vec![value(n)]).collect()).unwrap(),
            ),
            stale_s: None,
            waiting: false,
            fault: None,
        };
        let rows = |rows| shown(rows, "text", Value::Integer);
        assert_eq!(now_s(&WidgetKind::Clock { seconds: true, date: true }, now), 1_795_401_132);
        assert_eq!(now_s(&WidgetKind::Clock { seconds: false, date: true }, now), 1_795_401_120);
        assert_eq!(now_s(&WidgetKind::Strip { query: rows(3) }, now), 0);
        assert_eq!(now_s(&WidgetKind::EventBoard { query: rows(0) }, now), 0);
        assert_eq!(now_s(&WidgetKind::EventBoard { query: rows(1) }, now), 1_795_401_132);
        let color = crate::plan::Rgba { r: 0, g: 0, b: 0, a: 255 };
        assert_eq!(now_s(&WidgetKind::Banner { query: rows(1), color }, now), 0);
        let until = shown(1, "until", |n| Value::Time(WallTime(n)));
        assert_eq!(now_s(&WidgetKind::Banner { query: until, color }, now), 1_795_401_132);
        let table = |query| WidgetKind::Table {
            query,
            headings: Vec::new(),
            format: Default::default(),
            page: Duration::from_secs(10),
        };
        assert_eq!(now_s(&table(rows(1)), now), 0);
        assert_eq!(now_s(&table(rows(2)), now), 1_795_401_130);
    }

    #[test]
    fn a_piece_of_a_strip_is_whole_pixels_wide_and_never_wider_than_a_raster() {
        let size = 36 * CANVAS_PIXEL + 777;
        for text in ["京杭佳苑", "line\nbreak", &"WM长".repeat(50_000)] {
            let Piece { text, width } = piece(text, size);
            assert_eq!(width % CANVAS_PIXEL, 0);
            assert!(width >= 2 * size && width <= 8192 * CANVAS_PIXEL, "{width}");
            assert!(!text.contains('\n'));
        }
    }
}
