//! How wide words are, and how they are made to fit: shrunk, wrapped, ended by an ellipsis.

use layouts::Weight;

/// Line pitch in em.
pub(super) const LINE_HEIGHT: f64 = 1.35;
/// What of one text is looked at; nothing on a wall shows more.
const CHARACTERS_MAX: usize = 1_000;
/// The mark of a character without a glyph.
pub(in crate::raster) const NO_GLYPH: u16 = u16::MAX;
/// What must not begin a line.
const CLOSING: &str = "。，、：；！？）》」』】”’…,.:;!?)]}%";
/// What must not end a line.
const OPENING: &str = "（《「『【“‘([{";

/// Advance widths of both weights of the bundled font, in 1/1000 em by code point.
pub(in crate::raster) struct Measure {
    regular: Vec<u16>,
    medium: Vec<u16>,
}

/// Words that fit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    /// The lines, without trailing spaces.
    pub lines: Vec<String>,
    /// Font size that they are to be set in.
    pub size: f64,
    /// Width of the widest line.
    pub width: f64,
}

/// How words may be made to fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Room {
    /// Width that there is.
    pub width: f64,
    /// Font size that is wanted.
    pub size: f64,
    /// How far it may shrink, as a part of itself.
    pub least: f64,
    /// Letters' weight.
    pub weight: Weight,
    /// How many lines there may be, at least 1.
    pub lines: usize,
}

impl Measure {
    /// From the advances of Regular and Medium, [`NO_GLYPH`] where there is none.
    pub(in crate::raster) fn new(regular: Vec<u16>, medium: Vec<u16>) -> Self {
        Self { regular, medium }
    }

    /// Whether both weights have a glyph.
    pub(super) fn has(&self, character: char) -> bool {
        let known = |table: &[u16]| table.get(character as usize).is_some_and(|advance| *advance != NO_GLYPH);
        known(&self.regular) && known(&self.medium)
    }

    fn advance(&self, character: char, weight: Weight) -> f64 {
        let table = match weight {
            Weight::Regular => &self.regular,
            Weight::Medium => &self.medium,
        };
        // A character without a glyph is left out of the picture and so takes no room.
        table
            .get(character as usize)
            .filter(|advance| **advance != NO_GLYPH)
            .map_or(0.0, |a| f64::from(*a) / 1_000.0)
    }

    /// Width of `text` on one line at `size`. Kerning, which mostly draws closer, is left out.
    pub(super) fn width(&self, text: &str, size: f64, weight: Weight) -> f64 {
        text.chars().map(|character| self.advance(character, weight)).sum::<f64>() * size
    }

    /// As much of the beginning of `text` as begins within `width`: cut by the picture's edge, without an ellipsis.
    pub(super) fn cut(&self, text: &str, width: f64, size: f64) -> String {
        let mut used = 0.0;
        let text = cleaned(text, 40_000);
        let fits = |character: &char| {
            let inside = used < width;
            used += self.advance(*character, Weight::Regular) * size;
            inside
        };
        text.chars().take_while(fits).collect()
    }

    /// Sets `text` into its room.
    pub(super) fn fit(&self, text: &str, room: Room) -> Fitted {
        let text = cleaned(text, CHARACTERS_MAX);
        if room.width <= 0.0 || room.size <= 0.0 || text.is_empty() || room.lines == 0 {
            return Fitted { lines: Vec::new(), size: room.size.max(0.0), width: 0.0 };
        }
        let least = room.least.clamp(0.1, 1.0);
        // Rather a little smaller than broken inside a word.
        for may_break_words in [false, true] {
            for step in 0..=8 {
                let size = room.size * (1.0 - (1.0 - least) * f64::from(step) / 8.0);
                let (lines, whole, broken) = self.wrap(&text, size, room);
                if whole && (may_break_words || !broken) {
                    return self.fitted(lines, size, room.weight);
                }
            }
        }
        let size = room.size * least;
        let (mut lines, _, _) = self.wrap(&text, size, room);
        let last = lines.len().saturating_sub(1);
        for (index, line) in lines.iter_mut().enumerate() {
            // A line before the last is too long only where not even one character has room.
            if index == last || self.width(line, size, room.weight) > room.width {
                *line = self.with_ellipsis(line, size, room);
            }
        }
        self.fitted(lines, size, room.weight)
    }

    fn fitted(&self, lines: Vec<String>, size: f64, weight: Weight) -> Fitted {
        let width = lines.iter().map(|line| self.width(line, size, weight)).fold(0.0, f64::max);
        Fitted { lines, size, width }
    }

    /// Breaks `text` into at most `room.lines` lines; whether all of it found room, and whether a word was broken. The
    /// last line may be too long.
    fn wrap(&self, text: &str, size: f64, room: Room) -> (Vec<String>, bool, bool) {
        let mut broken = false;
        let mut lines = Vec::new();
        let mut rest = text;
        while lines.len() + 1 < room.lines {
            let end = self.line_end(rest, size, room);
            if end == rest.len() {
                break;
            }
            let (before, after) = (rest[..end].chars().next_back(), rest[end..].chars().next());
            broken |=
                before.zip(after).is_some_and(|(before, after)| after != ' ' && !may_break(before, after));
            lines.push(rest[..end].trim_end().to_owned());
            rest = rest[end..].trim_start();
        }
        lines.push(rest.to_owned());
        let whole = lines.iter().all(|line| self.width(line, size, room.weight) <= room.width);
        (lines, whole, broken)
    }

    /// Where the first line of `text` ends: at the last place where a break is good, or inside a word that is too long.
    fn line_end(&self, text: &str, size: f64, room: Room) -> usize {
        let mut used = 0.0;
        let mut good = 0;
        let mut before: Option<char> = None;
        for (at, character) in text.char_indices() {
            if before.is_some_and(|before| may_break(before, character)) {
                good = at;
            }
            used += self.advance(character, room.weight) * size;
            if used > room.width && character != ' ' {
                return if good > 0 { good } else { at.max(text.chars().next().map_or(0, char::len_utf8)) };
            }
            before = Some(character);
        }
        text.len()
    }

    /// As much of `line` as fits together with an ellipsis.
    fn with_ellipsis(&self, line: &str, size: f64, room: Room) -> String {
        // The font's own ellipsis stands in the middle of a hanzi; after Latin letters dots stand on the base line.
        let latin = line.chars().next().is_some_and(|character| character.is_ascii());
        let ellipsis = if latin { "..." } else { "…" };
        let width = room.width - self.width(ellipsis, size, room.weight);
        let mut used = 0.0;
        let fits = |character: &char| {
            used += self.advance(*character, room.weight) * size;
            used <= width
        };
        let kept: String = line.chars().take_while(fits).collect();
        let kept = kept.trim_end();
        // A lone ellipsis says nothing and may itself be too wide.
        if kept.is_empty() && width < 0.0 { String::new() } else { format!("{kept}{ellipsis}") }
    }
}

impl std::fmt::Debug for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Measure").finish_non_exhaustive()
    }
}

fn may_break(before: char, after: char) -> bool {
    let wide = |character: char| ('\u{2e80}'..='\u{ffef}').contains(&character);
    if CLOSING.contains(after) || OPENING.contains(before) {
        return false;
    }
    before == ' ' || before == '-' || before == '/' || wide(before) || wide(after)
}

/// The text with single spaces for white space and control characters, without marks that cannot be seen.
pub(super) fn cleaned(text: &str, characters_max: usize) -> String {
    let mut kept = String::new();
    for (index, character) in text.chars().enumerate() {
        if index >= characters_max {
            kept.push('…');
            break;
        }
        match character {
            '\u{feff}'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' => {}
            character if character.is_whitespace() || character.is_control() => {
                if !kept.ends_with(' ') && !kept.is_empty() {
                    kept.push(' ');
                }
            }
            character => kept.push(character),
        }
    }
    kept.truncate(kept.trim_end().len());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hanzi one em wide, everything below U+2000 half an em, nothing beyond the basic plane.
    fn measure() -> Measure {
        let table: Vec<u16> = (0..0x1_0000).map(|code| if code < 0x2000 { 500 } else { 1_000 }).collect();
        Measure::new(table.clone(), table)
    }

    fn room(width: f64, lines: usize, least: f64) -> Room {
        Room { width, size: 10.0, least, weight: Weight::Regular, lines }
    }

    #[test]
    fn words_shrink_then_wrap_then_end_in_an_ellipsis() {
        let measure = measure();
        let fit = |text: &str, room| measure.fit(text, room);
        assert_eq!(fit("南风花园", room(40.0, 1, 0.8)).lines, ["南风花园"]);
        let shrunk = fit("南风花园", room(34.0, 1, 0.8));
        assert_eq!(shrunk.lines, ["南风花园"]);
        assert!((8.0..8.6).contains(&shrunk.size) && shrunk.width <= 34.0);
        assert_eq!(fit("南风花园东门", room(30.0, 1, 1.0)).lines, ["南风…"]);
        assert_eq!(fit("南风花园，东门", room(40.0, 2, 1.0)).lines, ["南风花", "园，东门"]);
        assert_eq!(fit("north gate of the garden", room(60.0, 2, 1.0)).lines, ["north gate", "of the ga..."]);
        assert_eq!(fit("unbreakable", room(30.0, 3, 1.0)).lines, ["unbrea", "kable"]);
        assert_eq!(fit("东", room(4.0, 1, 1.0)).lines, [""]);
        assert_eq!(fit("东", room(-4.0, 1, 1.0)).lines, [""; 0]);
        assert_eq!(fit("a\n\tb\u{202e}\u{0}", room(100.0, 1, 1.0)).lines, ["a b"]);
    }

    #[test]
    fn nothing_is_wider_than_its_room() {
        let measure = measure();
        for text in [
            "南风花园 东门：密码错误，检查凭据",
            "a very long line of words",
            "unbreakableunbreakable",
            "（（（（",
            "。。。。。。",
        ] {
            for width in 6..90 {
                for lines in 1..4 {
                    let fitted = measure.fit(text, room(f64::from(width), lines, 0.7));
                    assert!(
                        fitted.width <= f64::from(width) && fitted.lines.len() <= lines,
                        "{text} {width} {fitted:?}"
                    );
                }
            }
        }
    }
}
