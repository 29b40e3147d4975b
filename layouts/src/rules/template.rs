//! Words with members in braces: "{title} ({place})".

use super::expression::Over;
use super::member::{EVENT_MEMBERS, Member, Members, cut};
use crate::document::remedy;
use crate::layout::{Language, Words};
use media::{EVENT_STATES, EventState};
use std::collections::BTreeSet;

/// Most bytes of words that a rule puts on the wall or says.
pub(crate) const WORDS_BYTES_MAX: usize = 600;
/// Most bytes of one member among them.
const MEMBER_SHOWN_BYTES_MAX: usize = 240;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Member(String),
}

/// Words with members in braces, in both languages. `{{` and `}}` stand for braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    zh: Vec<Piece>,
    en: Vec<Piece>,
}

/// Why words are no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// The words, in the language in which they are wrong.
    pub words: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl Template {
    /// Reads `words`; `columns` are those of the row's table, where they are known.
    pub fn new(words: &Words, over: Over, columns: Option<&BTreeSet<String>>) -> Result<Self, TemplateError> {
        Ok(Self { zh: pieces(&words.zh, over, columns)?, en: pieces(&words.en, over, columns)? })
    }

    /// The words as written, members in braces.
    pub fn pattern(&self) -> Words {
        let written = |pieces: &[Piece]| -> String {
            let piece = |piece: &Piece| match piece {
                Piece::Plain(text) => text.clone(),
                Piece::Member(name) => format!("{{{name}}}"),
            };
            pieces.iter().map(piece).collect()
        };
        Words { zh: written(&self.zh), en: written(&self.en) }
    }

    /// The words with the members' values. Moments are shown in local time, `utc_offset_s` before UTC.
    pub fn words(&self, members: &Members, utc_offset_s: i32) -> Words {
        let fill = |pieces: &[Piece], language: Language| {
            let mut words = String::new();
            for piece in pieces {
                match piece {
                    Piece::Plain(text) => words.push_str(text),
                    Piece::Member(name) => words.push_str(&shown(name, members, language, utc_offset_s)),
                }
            }
            cut(&words, WORDS_BYTES_MAX).trim().to_owned()
        };
        Words { zh: fill(&self.zh, Language::Chinese), en: fill(&self.en, Language::English) }
    }
}

fn pieces(words: &str, over: Over, columns: Option<&BTreeSet<String>>) -> Result<Vec<Piece>, TemplateError> {
    let wrong = |message: String, help: String| TemplateError { words: words.to_owned(), message, help };
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = words;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, behind) = rest.split_at(at);
        plain.push_str(before);
        if let Some(after) = behind.strip_prefix("{{").or_else(|| behind.strip_prefix("}}")) {
            plain.push_str(&behind[..1]);
            rest = after;
            continue;
        }
        let end = behind.starts_with('{').then(|| behind.find('}')).flatten();
        let Some(end) = end else {
            let help = "write {title} for a member, {{ and }} for braces";
            return Err(wrong("a brace stands alone".to_owned(), help.to_owned()));
        };
        let name = behind[1..end].trim();
        let help = match (over, columns) {
            (Over::Event, _) if !EVENT_MEMBERS.contains(&name) => Some(remedy(name, EVENT_MEMBERS, "")),
            (Over::Row, Some(columns)) if !columns.contains(name) => {
                Some(remedy(name, columns.iter().map(String::as_str), "it has none"))
            }
            (Over::Row, None) if name.is_empty() => Some("write the name of a column".to_owned()),
            _ => None,
        };
        if let Some(help) = help {
            return Err(wrong(format!("{} has no member `{name}`", over.name()), help));
        }
        if !plain.is_empty() {
            pieces.push(Piece::Plain(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Member(name.to_owned()));
        rest = &behind[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Plain(plain));
    }
    Ok(pieces)
}

/// A member as people read it; nothing where nothing is known.
fn shown(name: &str, members: &Members, language: Language, utc_offset_s: i32) -> String {
    let own = || match (name, language, members.get("title_en")) {
        ("title", Language::English, Some(Member::Text(title))) if !title.is_empty() => {
            members.get("title_en")
        }
        _ => members.get(name),
    };
    match own() {
        None | Some(Member::Nothing) => String::new(),
        Some(Member::Flag(flag)) => match (language, flag) {
            (Language::Chinese, true) => "是".to_owned(),
            (Language::Chinese, false) => "否".to_owned(),
            (Language::English, true) => "yes".to_owned(),
            (Language::English, false) => "no".to_owned(),
        },
        Some(Member::Integer(number)) => number.to_string(),
        Some(Member::Real(number)) => {
            let digits = format!("{number:.2}");
            digits.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Some(Member::Text(text)) => match (name, EventState::by_name(text)) {
            ("state", Some(state)) => state_words(state).get(language).to_owned(),
            _ => plain(text),
        },
        Some(Member::Time(time)) => {
            let minute = time.0.div_euclid(1_000_000_000) + i64::from(utc_offset_s);
            let minute = minute.div_euclid(60).rem_euclid(24 * 60);
            format!("{:02}:{:02}", minute / 60, minute % 60)
        }
    }
}

/// One line without control characters, not too long.
fn plain(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match cut(&line, MEMBER_SHOWN_BYTES_MAX) {
        short if short.len() < line.len() => format!("{}…", short.trim_end()),
        all => all.to_owned(),
    }
}

/// A state in words.
pub(crate) fn state_words(state: EventState) -> Words {
    let all = [
        ("已上报", "reported"),
        ("已核实", "verified"),
        ("已派遣", "dispatched"),
        ("已处置", "handled"),
        ("已结案", "closed"),
    ];
    let at = EVENT_STATES.iter().position(|other| *other == state).unwrap_or(0);
    let (zh, en) = all.get(at).copied().unwrap_or_default();
    Words { zh: zh.to_owned(), en: en.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::WallTime;

    fn words(text: &str) -> Words {
        Words { zh: text.to_owned(), en: text.to_owned() }
    }

    #[test]
    fn an_english_title_stands_in_english_words() {
        let titled = |english: &str| -> Members {
            let both = [("title", "消防通道占用"), ("title_en", english)];
            both.map(|(name, text)| (name.to_owned(), Member::Text(text.to_owned()))).into_iter().collect()
        };
        let template = Template::new(&words("{title}!"), Over::Event, None).unwrap();
        let words = template.words(&titled("Fire lane blocked"), 0);
        assert_eq!((words.zh.as_str(), words.en.as_str()), ("消防通道占用!", "Fire lane blocked!"));
        assert_eq!(template.words(&titled(""), 0).en, "消防通道占用!");
    }

    #[test]
    fn members_stand_where_their_braces_are() {
        let members: Members = [
            ("title", Member::Text("消防通道\n占用".into())),
            ("state", Member::Text("verified".into())),
            ("level", Member::Real(3.5)),
            ("at", Member::Time(WallTime(1_795_000_000_000_000_000))),
            ("open", Member::Flag(true)),
        ]
        .into_iter()
        .map(|(name, member)| (name.to_owned(), member))
        .collect();
        let template =
            Template::new(&words("{title} {{{state}}} {level} {at} {open} {none}."), Over::Row, None)
                .unwrap();
        let shown = template.words(&members, 8 * 3600);
        assert_eq!(shown.zh, "消防通道 占用 {已核实} 3.5 19:06 是 .");
        assert_eq!(shown.en, "消防通道 占用 {verified} 3.5 19:06 yes .");
    }

    #[test]
    fn what_is_no_template_is_said() {
        let refused = |text: &str, over| Template::new(&words(text), over, None).unwrap_err();
        assert_eq!(refused("{titel}", Over::Event).help, "did you mean `title`?");
        assert_eq!(refused("{title", Over::Event).message, "a brace stands alone");
        assert_eq!(refused("title}", Over::Event).message, "a brace stands alone");
        assert_eq!(refused("{}", Over::Row).help, "write the name of a column");
    }

    #[test]
    fn no_member_floods_the_wall() {
        let template = Template::new(&words(&"{title}".repeat(50)), Over::Event, None).unwrap();
        let members = [("title".to_owned(), Member::Text("湖".repeat(1000)))].into_iter().collect();
        let shown = template.words(&members, 0);
        assert!(shown.zh.len() <= WORDS_BYTES_MAX && shown.zh.starts_with('湖'));
    }
}
