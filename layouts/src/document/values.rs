//! Reads single values: each function gives what it read, or notes what would be right and gives nothing.

use super::mistakes::Collector;
use super::reader::{At, Node, Table, span, wrong_kind};
use super::suggest;
use crate::layout::Words;
use crate::plan::Rgba;
use crate::theme;
use std::ops::RangeInclusive;
use toml::de::DeValue;

/// Text of `length` characters without control characters (`\n` may stand in it).
pub(super) fn text(
    length: RangeInclusive<usize>,
) -> impl Fn(&Node<'_>, &str, &mut Collector<'_>) -> Option<String> {
    move |node, key, found| {
        let DeValue::String(text) = node.get_ref() else {
            let quoted = found.excerpt(span(node));
            wrong_kind(node, key, "text", &format!("put it in quotes: {key} = \"{quoted}\""), found);
            return None;
        };
        let count = text.chars().count();
        if !length.contains(&count) {
            let (low, high) = (length.start(), length.end());
            let message = match count {
                0 => format!("`{key}` is empty"),
                _ => format!("`{key}` has {count} characters"),
            };
            found.add(span(node), "text-length", message, format!("give it {low} to {high} characters"));
            return None;
        }
        if let Some(odd) = text.chars().find(|c| c.is_control() && *c != '\n') {
            let message = format!("`{key}` holds the control character U+{:04X}", u32::from(odd));
            found.add(span(node), "control-character", message, "write it without control characters");
            return None;
        }
        Some(text.to_string())
    }
}

/// An id of the house.
pub(super) fn id<T>(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<T>
where
    T: TryFrom<String, Error = media::IdError>,
{
    let DeValue::String(text) = node.get_ref() else {
        let shown = found.excerpt(span(node));
        wrong_kind(node, key, "an id in quotes", &format!("write {key} = \"{shown}\""), found);
        return None;
    };
    match T::try_from(text.to_string()) {
        Ok(id) => Some(id),
        Err(error) => {
            let shown = found.excerpt(span(node));
            let help = match error {
                media::IdError::Empty => "give it 1 to 64 characters of a-z, 0-9, - and _".to_owned(),
                media::IdError::TooLong(count) => format!("it has {count} characters; shorten it to 64"),
                media::IdError::BadCharacter(c) => {
                    format!(
                        "{c:?} cannot stand there; use a-z, 0-9, - and _, beginning with a letter or digit"
                    )
                }
            };
            found.add(span(node), "bad-id", format!("`{key} = {shown}` is no id"), help);
            None
        }
    }
}

/// True or false.
pub(super) fn flag(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<bool> {
    if let DeValue::Boolean(value) = node.get_ref() {
        return Some(*value);
    }
    wrong_kind(node, key, "true or false", &format!("write {key} = true or {key} = false"), found);
    None
}

/// One of a few words, each with what it means.
pub(super) fn choice<T: Copy>(
    choices: &[(&str, T)],
) -> impl Fn(&Node<'_>, &str, &mut Collector<'_>) -> Option<T> {
    move |node, key, found| {
        let names = choices.iter().map(|(name, _)| *name);
        if let DeValue::String(text) = node.get_ref() {
            if let Some((_, value)) = choices.iter().find(|(name, _)| name == text) {
                return Some(*value);
            }
            let shown = found.excerpt(span(node));
            let help = match suggest::nearest(text, names.clone()) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("write one of {}", quoted(names)),
            };
            found.add(span(node), "unknown-choice", format!("`{key} = {shown}` is not known"), help);
        } else {
            wrong_kind(node, key, "one of a few words", &format!("write one of {}", quoted(names)), found);
        }
        None
    }
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// Thousands, millions, … as the power of ten that `decimals` digits behind the point need.
fn power(decimals: u32) -> i64 {
    10_i64.pow(decimals)
}

/// A scaled number as people write it.
pub(super) fn unscaled(value: i64, decimals: u32) -> String {
    let scale = power(decimals).unsigned_abs();
    let (whole, part) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    let sign = if value < 0 { "-" } else { "" };
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let part = format!("{part:0width$}", width = usize::try_from(decimals).unwrap_or(0));
    format!("{sign}{whole}.{}", part.trim_end_matches('0'))
}

/// What a number's text means, in units of 10^-decimals.
enum Scaled {
    Value(i64),
    /// Written with an exponent, or infinite, or not a number.
    NotPlain,
    /// More digits behind the point than the unit can hold.
    TooFine,
    TooLarge,
}

fn scaled(text: &str, decimals: u32) -> Scaled {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return Scaled::NotPlain;
    }
    let part = part.trim_end_matches('0');
    let places = usize::try_from(decimals).unwrap_or(0);
    if part.len() > places {
        return Scaled::TooFine;
    }
    match format!("{whole}{part:0<places$}").parse::<i64>() {
        Ok(value) => Scaled::Value(if negative { -value } else { value }),
        Err(_) => Scaled::TooLarge,
    }
}

/// A number with up to `decimals` digits behind the point, inside `range`; both are counted in 10^-decimals.
pub(super) fn number(
    decimals: u32,
    range: RangeInclusive<i64>,
) -> impl Fn(&Node<'_>, &str, &mut Collector<'_>) -> Option<i64> {
    move |node, key, found| {
        let read = match node.get_ref() {
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(value) => value.checked_mul(power(decimals)).map_or(Scaled::TooLarge, Scaled::Value),
                Err(_) => Scaled::TooLarge,
            },
            DeValue::Float(number) if decimals > 0 => scaled(number.as_str(), decimals),
            other => {
                let wanted = if decimals > 0 { "a number" } else { "a whole number" };
                let help = match other {
                    DeValue::String(text) if text.parse::<f64>().is_ok() => {
                        format!(
                            "write it without quotes: {key} = {}",
                            text.chars().take(48).collect::<String>()
                        )
                    }
                    _ => format!("write {}", range_words(&range, decimals)),
                };
                wrong_kind(node, key, wanted, &help, found);
                return None;
            }
        };
        let shown = found.excerpt(span(node));
        let words = range_words(&range, decimals);
        match read {
            Scaled::Value(value) if range.contains(&value) => return Some(value),
            Scaled::Value(_) | Scaled::TooLarge => {
                found.add(
                    span(node),
                    "out-of-range",
                    format!("`{key} = {shown}` is out of range"),
                    format!("write {words}"),
                );
            }
            Scaled::NotPlain => {
                let message = format!("`{key} = {shown}` is no plain number");
                found.add(span(node), "not-plain", message, format!("write {words}, without an exponent"));
            }
            Scaled::TooFine => {
                let message = format!("`{key} = {shown}` has more than {decimals} digits behind the point");
                found.add(span(node), "too-fine", message, format!("round it to {decimals} digits"));
            }
        }
        None
    }
}

fn range_words(range: &RangeInclusive<i64>, decimals: u32) -> String {
    let what = if decimals > 0 { "a number" } else { "a whole number" };
    format!("{what} from {} to {}", unscaled(*range.start(), decimals), unscaled(*range.end(), decimals))
}

/// A whole number inside `range`, as a `u32`.
pub(super) fn whole(
    range: RangeInclusive<u32>,
) -> impl Fn(&Node<'_>, &str, &mut Collector<'_>) -> Option<u32> {
    move |node, key, found| {
        let range = i64::from(*range.start())..=i64::from(*range.end());
        number(0, range)(node, key, found).and_then(|value| u32::try_from(value).ok())
    }
}

/// A list of exactly `N` numbers, called `names` in messages ("width, height").
pub(super) fn numbers<const N: usize>(
    names: &'static str,
    decimals: u32,
    range: RangeInclusive<i64>,
) -> impl Fn(&Node<'_>, &str, &mut Collector<'_>) -> Option<[i64; N]> {
    move |node, key, found| {
        let DeValue::Array(list) = node.get_ref() else {
            wrong_kind(
                node,
                key,
                &format!("a list of {N} numbers"),
                &format!("write {key} = [{names}]"),
                found,
            );
            return None;
        };
        if list.len() != N {
            let shown = found.excerpt(span(node));
            let message = format!("`{key} = {shown}` has {} entries; it must have {N}", list.len());
            found.add(span(node), "list-length", message, format!("write {key} = [{names}]"));
            return None;
        }
        let read: Vec<Option<i64>> = list
            .iter()
            .zip(names.split(", "))
            .map(|(entry, name)| number(decimals, range.clone())(entry, &format!("{key} {name}"), found))
            .collect();
        let all: Option<Vec<i64>> = read.into_iter().collect();
        all?.try_into().ok()
    }
}

/// Words in both languages: plain text, or a table with `zh`, `en` or both.
pub(super) fn words(
    length: RangeInclusive<usize>,
) -> impl Fn(&Node<'_>, &str, &mut Collector<'_>) -> Option<Words> {
    move |node, key, found| match node.get_ref() {
        DeValue::Table(table) => {
            let mut table = Table::new("a text in two languages", table, span(node));
            let zh = table.optional("zh", found, text(length.clone()));
            let en = table.optional("en", found, text(length.clone()));
            if !table.has("zh") && !table.has("en") {
                table.lack("zh", "add zh = \"…\", en = \"…\", or both");
            }
            table.finish(found);
            let (zh, en) = (zh.map(|At { value, .. }| value), en.map(|At { value, .. }| value));
            let any = zh.clone().or_else(|| en.clone())?;
            Some(Words { zh: zh.unwrap_or_else(|| any.clone()), en: en.unwrap_or(any) })
        }
        DeValue::String(_) => {
            let plain = text(length.clone())(node, key, found)?;
            Some(Words { zh: plain.clone(), en: plain })
        }
        _ => {
            wrong_kind(
                node,
                key,
                "text",
                &format!("write {key} = \"…\" or {key} = {{ zh = \"…\", en = \"…\" }}"),
                found,
            );
            None
        }
    }
}

/// A colour as the document writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    /// `#RRGGBB` or `#RRGGBBAA`.
    Fixed(Rgba),
    /// A role of the theme.
    Role(&'static str),
}

/// A colour: `#RRGGBB`, `#RRGGBBAA` or a role of the theme.
pub(super) fn paint(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Paint> {
    let DeValue::String(text) = node.get_ref() else {
        wrong_kind(node, key, "a colour", &format!("write {key} = \"#35B6FF\" or {key} = \"accent\""), found);
        return None;
    };
    if let Some(rgba) = theme::parse_hex(text) {
        return Some(Paint::Fixed(rgba));
    }
    if let Some(role) = theme::ROLES.iter().find(|role| **role == text.as_ref()) {
        return Some(Paint::Role(role));
    }
    let shown = found.excerpt(span(node));
    let help = match suggest::nearest(text, theme::ROLES) {
        Some(role) if !text.starts_with('#') => format!("did you mean \"{role}\"?"),
        _ => format!("write #RRGGBB, #RRGGBBAA or one of {}", theme::ROLES.join(", ")),
    };
    found.add(span(node), "bad-colour", format!("`{key} = {shown}` is no colour"), help);
    None
}
