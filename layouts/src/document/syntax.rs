//! Errors of syntax in words of our own, and what can still be read of a document that has some.

use super::mistakes::{Collector, Span};
use super::read;
use toml::de::DeTable;

/// Documents above this size get their first error of syntax only: keeping all of a hostile one would cost much memory.
const RECOVER_BYTES_MAX: usize = 256 << 10;

/// What the parser calls it, how an operator would, and what is to be done.
const WORDS: [(&str, &str, &str); 18] = [
    ("key with no value", "a key without a value", "write key = value; a comment begins with #"),
    ("missing value for key", "a key without a value", "write a value behind the ="),
    ("missing value", "a key without a value", "write a value behind the ="),
    ("missing assignment between key-value pairs", "a key without =", "write key = value"),
    ("invalid key-value pair", "neither a key nor a header", "write key = value"),
    ("invalid basic string", "text that does not end", "close the quotes on the same line"),
    ("invalid literal string", "text that does not end", "close the quotes on the same line"),
    ("unclosed array", "a list that does not end", "close it with ]"),
    ("unclosed inline table", "a table that does not end", "close it with }"),
    ("unclosed table", "a header that does not end", "close it with ]"),
    ("unclosed array table", "a header that does not end", "close it with ]]"),
    ("missing comma between array elements", "a comma is missing", "separate the entries by commas"),
    ("missing comma between key-value pairs", "a comma is missing", "separate the entries by commas"),
    ("extra comma in array", "a comma too many", "remove it"),
    ("extra comma in inline table", "a comma too many", "remove it"),
    ("duplicate key", "a key given twice", "give each key once; remove or rename this one"),
    ("unexpected leading zero", "a number with a leading zero", "remove the zero, or put the text in quotes"),
    ("cannot recurse further; max recursion depth met", "tables nested too deeply", "nest fewer of them"),
];

/// Notes the errors of syntax, and what is wrong in form on the lines that could be read all the same.
pub(super) fn read_broken(text: &str, first: &toml::de::Error, found: &mut Collector<'_>) {
    if text.len() > RECOVER_BYTES_MAX {
        add(text, first, found);
        return;
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        add(text, error, found);
    }
    let mut form = Collector::new(text);
    read(table.get_ref(), &mut form);
    found.absorb_form(form);
}

/// Turns an error of syntax into a mistake.
fn add(text: &str, error: &toml::de::Error, found: &mut Collector<'_>) {
    let span = error.span().map(Span::from).unwrap_or_default();
    let (what, wanted) = match error.message().split_once(", expected ") {
        Some((what, wanted)) => (what, Some(wanted)),
        None => (error.message(), None),
    };
    let near = match found.excerpt(span) {
        near if near.trim().is_empty() => found.excerpt(line_around(text, span)),
        near => near,
    };
    let (what, help) = if what == "string values must be quoted" {
        let help = match near.split_once(' ') {
            Some((first, rest)) => {
                format!("put text in quotes: \"{near}\"; or write a list: {first}, {rest}")
            }
            None => format!("put it in quotes: \"{near}\""),
        };
        ("text without quotes", help)
    } else if let Some((_, words, help)) = WORDS.iter().find(|(name, ..)| *name == what) {
        (*words, (*help).to_owned())
    } else {
        let help = match wanted {
            Some("nothing") => "remove it".to_owned(),
            Some(wanted) => format!("expected here: {wanted}"),
            None => "see https://toml.io for how TOML is written".to_owned(),
        };
        (what, help)
    };
    let message = match near.as_str() {
        "" => format!("not TOML: {what}"),
        near => format!("not TOML at `{near}`: {what}"),
    };
    found.add(span, "syntax", message, help);
}

/// The line on which `span` begins, without the space around it.
fn line_around(text: &str, span: Span) -> Span {
    let Some((before, behind)) = text.split_at_checked(span.start) else { return span };
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = span.start + behind.find('\n').unwrap_or(behind.len());
    let line = text.get(start..end).unwrap_or("");
    let start = start + (line.len() - line.trim_start().len());
    Span { start, end: (start + line.trim().len()).max(start) }
}
