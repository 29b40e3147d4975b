//! Reads a table of the document key by key, gathers every mistake and goes on.

use super::mistakes::{Collector, Span};
use super::suggest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value of the document and where it stands.
pub(super) type Node<'d> = Spanned<DeValue<'d>>;

/// Something read, and where it stood.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    /// What was read.
    pub value: T,
    /// Where.
    pub span: Span,
}

pub(super) fn span(node: &Node<'_>) -> Span {
    node.span().into()
}

/// "text", "a whole number", … as an operator calls it.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Notes that `key` holds something of the wrong kind.
pub(super) fn wrong_kind(node: &Node<'_>, key: &str, wanted: &str, help: &str, found: &mut Collector<'_>) {
    let at = span(node);
    let value = found.excerpt(at);
    let is = kind(node.get_ref());
    // A table under a header has its header for an excerpt, which says nothing about the value.
    let message = match node.get_ref() {
        DeValue::Table(_) => format!("`{key}` is {is}; it must be {wanted}"),
        _ => format!("`{key} = {value}` is {is}; it must be {wanted}"),
    };
    found.add(at, "wrong-kind", message, help);
}

/// A table being read. Every key that is asked for becomes a known one; [`Table::finish`] reports the others.
pub(super) struct Table<'t, 'd> {
    what: &'static str,
    table: &'t DeTable<'d>,
    at: Span,
    known: Vec<&'static str>,
    lacking: Vec<(&'static str, String)>,
    misplaced: Vec<(&'static str, &'static str)>,
}

impl<'t, 'd> Table<'t, 'd> {
    /// `what` names the table in messages, with its article: "a screen".
    pub(super) fn new(what: &'static str, table: &'t DeTable<'d>, at: Span) -> Self {
        Self { what, table, at, known: Vec::new(), lacking: Vec::new(), misplaced: Vec::new() }
    }

    /// Reads `node` as a table, or notes that it is none.
    pub(super) fn open(
        what: &'static str,
        key: &str,
        node: &'t Node<'d>,
        example: &str,
        found: &mut Collector<'_>,
    ) -> Option<Self> {
        match node.get_ref() {
            DeValue::Table(table) => Some(Self::new(what, table, span(node))),
            _ => {
                wrong_kind(node, key, "a table", &format!("write {example}"), found);
                None
            }
        }
    }

    /// Where the table stands: its header or its braces.
    pub(super) fn at(&self) -> Span {
        self.at
    }

    /// Whether `key` stands in the table; does not make it a known one.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where `key` stands.
    pub(super) fn key_span(&self, key: &str) -> Span {
        self.table.get_key_value(key).map_or(self.at, |(key, _)| key.span().into())
    }

    /// The value of `key`, which becomes a known one.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'t Node<'d>> {
        self.known.push(key);
        self.table.get(key)
    }

    /// Reads `key` if it is there.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        found: &mut Collector<'_>,
        read: impl FnOnce(&Node<'d>, &str, &mut Collector<'_>) -> Option<T>,
    ) -> Option<At<T>> {
        let node = self.get(key)?;
        read(node, key, found).map(|value| At { value, span: span(node) })
    }

    /// Reads `key`, or notes that it is missing; `example` shows how it is written.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        example: &str,
        found: &mut Collector<'_>,
        read: impl FnOnce(&Node<'d>, &str, &mut Collector<'_>) -> Option<T>,
    ) -> Option<At<T>> {
        if !self.has(key) {
            self.lack(key, &format!("add {example}"));
        }
        self.optional(key, found, read)
    }

    /// Notes that `key` is missing; `help` says what to add.
    pub(super) fn lack(&mut self, key: &'static str, help: &str) {
        self.lacking.push((key, help.to_owned()));
    }

    /// Says why `key` is out of place here, should it be there.
    pub(super) fn misplaced(&mut self, key: &'static str, remedy: &'static str) {
        self.misplaced.push((key, remedy));
    }

    /// The key that was meant by `name`: one that is missing, or else one that may still be added.
    fn meant_by(&self, name: &str) -> Option<&'static str> {
        let absent = self.lacking.iter().map(|(key, _)| *key);
        let free = self.known.iter().copied().filter(|known| !self.has(known));
        suggest::nearest(name, absent).or_else(|| suggest::nearest(name, free))
    }

    /// Reports every key that nobody asked for and every one that is missing.
    pub(super) fn finish(mut self, found: &mut Collector<'_>) {
        for (key, value) in self.table {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            let at = Span::from(key.span());
            let shown: String = name.chars().take(48).collect();
            if is_secret(name) {
                found.hide(span(value));
                let message = format!("`{shown}` has no place in a hall document");
                let help = "keep user and password in the secrets file and name the entry: credential = \"gate-cameras\"";
                found.add(at, "secret-in-document", message, help);
                continue;
            }
            let meant = if found.wants_remedies() { self.meant_by(name) } else { None };
            let misplaced = self.misplaced.iter().find(|(key, _)| *key == name);
            let help = match (misplaced, meant) {
                (Some((_, remedy)), _) => (*remedy).to_owned(),
                (None, Some(meant)) => {
                    // A misspelt key is reported once: as unknown, with the missing one as its suggestion.
                    self.lacking.retain(|(key, _)| *key != meant);
                    format!("did you mean `{meant}`?")
                }
                (None, None) => format!("it has {}", suggest::listed(&self.known)),
            };
            found.add(at, "unknown-key", format!("`{shown}` is no key of {}", self.what), help);
        }
        for (key, help) in &self.lacking {
            found.add(self.at, "missing-key", format!("{} needs `{key}`", self.what), help.as_str());
        }
    }
}

/// Keys under which people write down what must not be written here.
fn is_secret(key: &str) -> bool {
    ["password", "passwd", "pwd", "pass", "passphrase", "secret", "token", "user", "username", "login"]
        .contains(&key)
}

/// The elements of a list of tables (`[[key]]`), at most `max` of them.
pub(super) fn list<'t, 'd>(
    node: Option<&'t Node<'d>>,
    key: &str,
    max: usize,
    found: &mut Collector<'_>,
) -> Vec<&'t Node<'d>> {
    let Some(node) = node else { return Vec::new() };
    let DeValue::Array(list) = node.get_ref() else {
        let help = match node.get_ref() {
            DeValue::Table(_) => format!("double the brackets: [[{key}]]"),
            _ => format!("write each one under its own [[{key}]]"),
        };
        wrong_kind(node, key, "a list of tables", &help, found);
        return Vec::new();
    };
    if list.len() > max {
        // At the first one, so that the rest of them cannot push it out of the report.
        let at = list.iter().next().map_or_else(|| span(node), span);
        let message = format!("there are {} [[{key}]]; at most {max} fit", list.len());
        found.add(at, "too-many", message, format!("remove {}", list.len() - max));
    }
    list.iter().take(max).collect()
}
