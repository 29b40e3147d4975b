//! How words sound: Chinese by pinyin in every reading, by initials or in full.

use pinyin::ToPinyinMulti;
use std::collections::BTreeSet;

/// A character, and how it may be said.
#[derive(Debug)]
struct Letter {
    letter: char,
    readings: Vec<String>,
}

/// Words, and how they sound.
#[derive(Debug)]
pub(crate) struct Sounding {
    words: String,
    letters: Vec<Letter>,
}

impl Sounding {
    pub(crate) fn of(words: &str) -> Self {
        let words = words.to_lowercase();
        let letters = words.chars().filter(|letter| letter.is_alphanumeric());
        let letter = |letter: char| {
            let readings = letter.to_pinyin_multi().into_iter().flatten().map(pinyin::Pinyin::plain);
            // Keyboards have no ü: it is typed as v, and by many as u.
            let typed = readings.flat_map(|reading| match reading.contains('ü') {
                true => vec![reading.replace('ü', "v"), reading.replace('ü', "u")],
                false => vec![reading.to_owned()],
            });
            Letter { letter, readings: typed.collect() }
        };
        Self { letters: letters.map(letter).collect(), words }
    }

    /// The first reading's initials.
    pub(crate) fn initials(&self) -> String {
        let first = |letter: &Letter| {
            letter.readings.first().and_then(|reading| reading.chars().next()).unwrap_or(letter.letter)
        };
        self.letters.iter().map(first).collect()
    }

    /// How well `term` fits: 0 is best; `None` not at all.
    pub(crate) fn find(&self, term: &str) -> Option<u32> {
        if self.words == term {
            return Some(0);
        }
        if self.words.starts_with(term) {
            return Some(1);
        }
        if sounds(&self.letters, term) {
            return Some(2);
        }
        if self.words.contains(term) {
            return Some(3);
        }
        (1..self.letters.len()).any(|from| sounds(&self.letters[from..], term)).then_some(4)
    }
}

/// Whether `letters` begin with the sound of `term`: each letter by itself, by its initial or by the whole of a reading, and the last one
/// also by the beginning of one.
fn sounds(letters: &[Letter], term: &str) -> bool {
    // How far into the term the letters so far can have led.
    let mut reached = BTreeSet::from([0]);
    for letter in letters {
        let mut next = BTreeSet::new();
        for at in reached {
            let rest = &term[at..];
            let mut own = [0; 4];
            let own: &str = letter.letter.encode_utf8(&mut own);
            if rest.starts_with(own) {
                next.insert(at + own.len());
            }
            for reading in &letter.readings {
                if reading.starts_with(rest) {
                    return true;
                }
                if rest.starts_with(reading.as_str()) {
                    next.insert(at + reading.len());
                }
                let initial = reading.chars().next().map_or(0, char::len_utf8);
                if initial > 0 && rest.starts_with(&reading[..initial]) {
                    next.insert(at + initial);
                }
            }
        }
        if next.contains(&term.len()) {
            return true;
        }
        if next.is_empty() {
            return false;
        }
        reached = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(words: &str, term: &str) -> Option<u32> {
        Sounding::of(words).find(term)
    }

    #[test]
    fn names_are_found_by_their_sound_in_every_reading() {
        assert_eq!(finds("南风花园 东门", "nfhy"), Some(2));
        assert_eq!(finds("南风花园 东门", "nfhydm"), Some(2));
        assert_eq!(finds("南风花园 东门", "nanfenghuayuan"), Some(2));
        assert_eq!(finds("南风花园 东门", "nanfhy"), Some(2));
        assert_eq!(finds("南风花园 东门", "nanfenghuay"), Some(2));
        assert_eq!(finds("南风花园 东门", "hydm"), Some(4));
        assert_eq!(finds("南风花园 东门", "花园"), Some(3));
        assert_eq!(finds("南风花园 东门", "nfx"), None);
        // 重 is chong and zhong, 长 is chang and zhang, 行 is hang and xing.
        for term in ["chongqing", "zhongqing", "cq", "zq"] {
            assert!(finds("重庆", term).is_some(), "{term}");
        }
        assert!(finds("长兴路", "cxl").is_some() && finds("长兴路", "zxl").is_some());
        assert!(finds("银行", "yinhang").is_some() && finds("银行", "yx").is_some());
        assert_eq!(finds("绿地3号楼", "ld3hl"), Some(2));
        assert_eq!(finds("East gate", "east"), Some(1));
        assert_eq!(Sounding::of("南风花园 东门").initials(), "nfhydm");
    }

    #[test]
    fn whatever_is_typed_is_answered() {
        for term in ["", "é", "ü", "南", "n南", "\u{1F3A5}", "....", "nüe"] {
            finds("南风花园", term);
            finds("", term);
        }
    }
}
