//! What is wrong with a hall document: every mistake with its line, column, value and remedy.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::collections::BTreeSet;
use std::fmt;

/// At most so many mistakes are kept; the rest is counted.
pub const MISTAKES_MAX: usize = 200;

/// A range of bytes of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// First byte of the document that it concerns.
    pub offset: usize,
    /// How many bytes it concerns.
    pub length: usize,
    /// A stable name of its kind, such as `unknown-key`.
    pub code: &'static str,
    /// What is wrong, with the value.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl Diagnostic for Mistake {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = (self.offset, self.length.max(1));
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, span))))
    }
}

/// All that is wrong with a document, in the order of its lines; passwords that stood in it are blotted out.
pub struct Mistakes {
    file_name: String,
    // Boxed, so that a result with mistakes stays small.
    source: Box<NamedSource<String>>,
    list: Vec<Mistake>,
    total: usize,
}

impl Mistakes {
    /// The mistakes in the order of lines, at most [`MISTAKES_MAX`].
    pub fn list(&self) -> &[Mistake] {
        &self.list
    }

    /// How many there are, also those that were not kept.
    pub fn total(&self) -> usize {
        self.total
    }

    /// All of it as plain lines, `file:line:column: message` with the remedy below each.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for mistake in &self.list {
            let Mistake { line, column, code, message, help, .. } = mistake;
            text += &format!("{}:{line}:{column}: {message} [{code}]\n    {help}\n", self.file_name);
        }
        if self.total > self.list.len() {
            text += &format!("… and {} more\n", self.total - self.list.len());
        }
        text
    }
}

impl fmt::Debug for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file_name, list, total, .. } = self;
        match total {
            1 => write!(f, "{file_name} has a mistake"),
            _ if *total > list.len() => {
                write!(f, "{file_name} has {total} mistakes; the first {} are shown", list.len())
            }
            _ => write!(f, "{file_name} has {total} mistakes"),
        }
    }
}

impl std::error::Error for Mistakes {}

impl Diagnostic for Mistakes {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.source)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.list.iter().map(|mistake| mistake as &dyn Diagnostic)))
    }
}

struct Found {
    span: Span,
    code: &'static str,
    message: String,
    help: String,
}

/// Gathers mistakes while a document is read.
pub(super) struct Collector<'d> {
    text: &'d str,
    /// The first byte of each line.
    lines: Vec<usize>,
    found: Vec<Found>,
    total: usize,
    /// What looks like a password, in order and apart from each other.
    by_look: Vec<Span>,
    /// What was read and found to be one.
    secrets: Vec<Span>,
}

impl<'d> Collector<'d> {
    pub(super) fn new(text: &'d str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        Self {
            text,
            lines,
            found: Vec::new(),
            total: 0,
            by_look: merged(secrets_in(text)),
            secrets: Vec::new(),
        }
    }

    /// Notes a mistake.
    pub(super) fn add(
        &mut self,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.total += 1;
        // Kept beyond the limit so that sorting by line still shows the first ones; bounded all the same.
        if self.found.len() < 16 * MISTAKES_MAX {
            self.found.push(Found { span, code, message: message.into(), help: help.into() });
        }
    }

    /// Marks a part of the document as secret: no message and no excerpt shows it.
    pub(super) fn hide(&mut self, span: Span) {
        self.secrets.push(span);
    }

    /// Takes over what `form` found on lines without an error of syntax. What is missing may only have been unreadable,
    /// so it is left out.
    pub(super) fn absorb_form(&mut self, form: Collector<'_>) {
        let broken: BTreeSet<usize> = self.found.iter().map(|found| self.line_of(found.span)).collect();
        for found in form.found {
            let doubtful = matches!(found.code, "missing-key" | "no-endpoint" | "no-screens" | "no-streams");
            if !doubtful && !broken.contains(&self.line_of(found.span)) {
                self.add(found.span, found.code, found.message, found.help);
            }
        }
        self.secrets.extend(form.secrets);
    }

    /// Whether a remedy is still worth searching for: one that can take long is sought for the first mistakes only, so
    /// that a document made of mistakes does not cost minutes.
    pub(super) fn wants_remedies(&self) -> bool {
        self.total < MISTAKES_MAX / 2
    }

    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The line of a place, for messages that point back to an earlier one.
    pub(super) fn line_of(&self, span: Span) -> usize {
        self.lines.partition_point(|start| *start <= span.start).max(1)
    }

    /// The document's own words at `span`, shortened to fit a message.
    pub(super) fn excerpt(&self, span: Span) -> String {
        let meets = |secret: &Span| secret.start < span.end && span.start < secret.end;
        let by_look = self.by_look.partition_point(|secret| secret.end <= span.start);
        if self.by_look.get(by_look).is_some_and(meets) || self.secrets.iter().any(meets) {
            return "…".to_owned();
        }
        let text = self.text.get(span.start..span.end).unwrap_or("");
        let line = text.lines().next().unwrap_or("");
        let short: String = line.chars().take(48).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    }

    /// Byte `at` of `text`, which was read from the value at `span`, up to the value's end; all of the value where it is
    /// not written as it reads.
    pub(super) fn within(&self, span: Span, text: &str, at: usize) -> Span {
        let raw = self.text.get(span.start..span.end).unwrap_or("");
        let starts = ["\"\"\"", "'''", "\"", "'"].into_iter().filter_map(|quote| {
            let rest = raw.strip_prefix(quote)?;
            let rest = if quote.len() == 3 { rest.strip_prefix('\n').unwrap_or(rest) } else { rest };
            Some((raw.len() - rest.len(), rest.len() - rest.strip_prefix(text)?.len()))
        });
        starts.into_iter().next().map_or(span, |(start, length)| Span {
            start: span.start + start + at,
            end: span.start + start + length.max(at),
        })
    }

    /// Sorts what was found by place and closes the list.
    pub(super) fn finish(mut self, file_name: &str) -> Mistakes {
        self.found
            .sort_by(|a, b| (a.span.start, a.span.end, a.code).cmp(&(b.span.start, b.span.end, b.code)));
        let list =
            self.found.iter().take(MISTAKES_MAX).map(|found| locate(self.text, &self.lines, found)).collect();
        self.secrets.extend(&self.by_look);
        let shown = blot(self.text, &self.secrets);
        Mistakes {
            file_name: file_name.to_owned(),
            source: Box::new(NamedSource::new(file_name, shown)),
            list,
            total: self.total,
        }
    }
}

fn locate(text: &str, line_starts: &[usize], found: &Found) -> Mistake {
    let (offset, end) = (floor(text, found.span.start), floor(text, found.span.end));
    let line = line_starts.partition_point(|start| *start <= offset).max(1);
    let start = line_starts.get(line - 1).copied().unwrap_or(0);
    let column = text.get(start..offset).unwrap_or("").chars().count() + 1;
    let length = end.saturating_sub(offset);
    Mistake {
        line,
        column,
        offset,
        length,
        code: found.code,
        message: found.message.clone(),
        help: found.help.clone(),
    }
}

/// Replaces every byte of the secrets by `*`, so that offsets stay what they are.
fn blot(text: &str, secrets: &[Span]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for secret in secrets {
        let end = secret.end.min(bytes.len());
        if let Some(part) = bytes.get_mut(secret.start..end) {
            part.fill(b'*');
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How far around a sign its secret is looked for, in bytes: a bound on the time that a hostile document costs.
const SECRET_BYTES_MAX: usize = 512;

/// Sorts spans and joins those that touch.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| span.start);
    let mut apart: Vec<Span> = Vec::new();
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => apart.push(span),
        }
    }
    apart
}

/// The nearest character boundary at or below `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Finds passwords by their look alone, wherever they stand, for documents that cannot be read and for comments:
/// `user:password@` and the value behind a word such as `password`. Hiding too much does no harm.
fn secrets_in(text: &str) -> Vec<Span> {
    let mut secrets = logins_in(text);
    let lower = text.to_ascii_lowercase();
    for word in ["password", "passwd", "passphrase", "pwd", "pass", "secret", "token"] {
        for (at, _) in lower.match_indices(word) {
            secrets.extend(value_behind(text, at + word.len()));
        }
    }
    secrets
}

/// Every `user:password` before an `@`, in one pass.
fn logins_in(text: &str) -> Vec<Span> {
    let mut logins: Vec<Span> = Vec::new();
    // Where a user name could begin in this word, and whether a colon has followed it.
    let (mut user, mut colon) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' | b'\'' | b' ' | b'\t' | b'\n' | b'\r' => (user, colon) = (at + 1, false),
            b':' if text.get(at..at + 3) == Some("://") => (user, colon) = (at + 3, false),
            b':' => colon = true,
            b'@' if colon => match logins.last_mut() {
                Some(last) if last.start == user => last.end = at,
                _ => logins.push(Span { start: user, end: at }),
            },
            _ => {}
        }
    }
    logins
}

/// The value in `… = value`, where `at` is the end of the key.
fn value_behind(text: &str, at: usize) -> Option<Span> {
    let text = &text[..floor(text, at + SECRET_BYTES_MAX)];
    let skip = |at: usize| {
        let rest = text.get(at..)?;
        Some(at + rest.find(|c: char| !matches!(c, ' ' | '\t' | '"' | '\'')).unwrap_or(rest.len()))
    };
    let sign = skip(at)?;
    if !text.get(sign..)?.starts_with(['=', ':']) {
        return None;
    }
    let start = skip(sign + 1)?;
    let rest = text.get(start..)?;
    let quoted = text.get(sign..start)?.contains(['"', '\'']);
    let is_end = |c: char| match c {
        '\n' | '\r' | '"' | '\'' => true,
        ' ' | '\t' | ',' | '}' | '&' => !quoted,
        _ => false,
    };
    let length = rest.find(is_end).unwrap_or(rest.len());
    (length > 0).then_some(Span { start, end: start + length })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blotted_out_and_offsets_stay() {
        let text = "a = \"rtsp://admin:geheim@10.0.0.1/x\"\nb = \"ünter\"\n";
        let mut collector = Collector::new(text);
        let start = text.find("ünter").unwrap();
        collector.add(Span { start, end: start + 6 }, "test", "m", "h");
        let mistakes = collector.finish("hall.toml");
        let report = format!("{:?}", miette::Report::new(mistakes));
        assert!(!report.contains("geheim") && report.contains("ünter"), "{report}");
    }

    #[test]
    fn passwords_are_known_by_their_look() {
        for text in [
            "# rtsp://admin:geheim@10.0.0.9/x",
            "url = \"rtsp://admin:ge/heim@10.0.0.9/x",
            "host = 'admin:geheim@10.0.0.9'",
            "password = \"geheim\"",
            "Password= 'geheim",
            "x = { user = \"a\", \"passphrase\" = geheim }",
            "path = \"/x?user=a&pwd=geheim&b=1\"",
            "password: geheim",
            "token=geheim",
        ] {
            let shown = blot(text, &secrets_in(text));
            assert!(!shown.contains("heim"), "{shown}");
            assert_eq!(shown.len(), text.len());
        }
        let plain = "credential = \"cameras\" # mail duty@hall.cn about passwords";
        assert_eq!(blot(plain, &secrets_in(plain)), plain);
    }

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let text = "a\n太白b";
        let mut collector = Collector::new(text);
        collector.add(Span { start: 8, end: 9 }, "test", "m", "h");
        collector.add(Span { start: 4, end: 400 }, "inside a character and beyond the end", "m", "h");
        let mistakes = collector.finish("x");
        let places: Vec<_> = mistakes.list().iter().map(|m| (m.line, m.column)).collect();
        assert_eq!(places, [(2, 1), (2, 3)]);
    }

    #[test]
    fn a_flood_of_mistakes_is_counted() {
        let mut collector = Collector::new("");
        for _ in 0..10_000 {
            collector.add(Span::default(), "test", "m", "h");
        }
        let mistakes = collector.finish("x");
        assert_eq!((mistakes.list().len(), mistakes.total()), (MISTAKES_MAX, 10_000));
    }
}
