//! Whether SQL only reads, as far as its words tell. Connections are read-only besides: this is for a clear word in time.

use super::mistakes::Collector;
use super::reader::{Node, span};
use super::values::text;

/// Most characters of a statement.
const SQL_CHARS_MAX: usize = 8000;

/// Words with which a statement writes, wherever they stand outside quotes.
const WRITING: [&str; 17] = [
    "insert", "update", "delete", "merge", "upsert", "drop", "alter", "create", "truncate", "grant",
    "revoke", "attach", "detach", "pragma", "vacuum", "into", "call",
];

/// Why a statement is none that only reads.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    Empty,
    /// It begins with this word.
    Begins(String),
    Several,
    /// This word writes.
    Writes(&'static str),
    Unclosed,
}

/// One SQL statement that only reads, without the semicolon at its end.
pub(super) fn sql(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<String> {
    let statement = text(1..=SQL_CHARS_MAX)(node, key, found)?;
    let fault = match check(&statement) {
        Ok(end) => return Some(statement.get(..end).unwrap_or(&statement).trim().to_owned()),
        Err(fault) => fault,
    };
    let begin = "begin it with select, with or values";
    let (message, help) = match fault {
        Fault::Empty => (format!("`{key}` holds no statement"), begin.to_owned()),
        Fault::Begins(word) => (format!("`{key}` begins with `{word}`: it must only read"), begin.to_owned()),
        Fault::Several => (
            format!("`{key}` holds more than one statement"),
            "keep one; `;` may stand at its end".to_owned(),
        ),
        Fault::Writes(word) => (
            format!("`{key}` holds the word `{word}`: it must only read"),
            "remove it, or put a column of that name in double quotes".to_owned(),
        ),
        Fault::Unclosed => (format!("`{key}` has a quote or comment without an end"), "close it".to_owned()),
    };
    found.add(span(node), "bad-sql", message, help);
    None
}

/// Where the statement ends, before its semicolon and what is behind that.
fn check(sql: &str) -> Result<usize, Fault> {
    let (mut first, mut end) = (true, None);
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let at = sql.len() - rest.len();
        if let Some(length) = aside(rest)? {
            if rest.starts_with(['\'', '"', '`', '[']) && end.is_some() {
                return Err(Fault::Several);
            }
            rest = rest.get(length..).unwrap_or("");
        } else if c.is_alphabetic() || c == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let word = rest.get(..length).unwrap_or("").to_lowercase();
            if end.is_some() {
                return Err(Fault::Several);
            }
            if first && !["select", "with", "values"].contains(&word.as_str()) {
                return Err(Fault::Begins(word.chars().take(24).collect()));
            }
            if let Some(word) = WRITING.into_iter().find(|writing| *writing == word) {
                return Err(Fault::Writes(word));
            }
            first = false;
            rest = rest.get(length..).unwrap_or("");
        } else {
            match c {
                ';' => end = end.or(Some(at)),
                c if c.is_whitespace() => {}
                _ if end.is_some() => return Err(Fault::Several),
                _ => {}
            }
            rest = rest.get(c.len_utf8()..).unwrap_or("");
        }
    }
    if first { Err(Fault::Empty) } else { Ok(end.unwrap_or(sql.len())) }
}

/// How long the comment, text or quoted name is that `rest` begins with; `None` where it begins with none.
fn aside(rest: &str) -> Result<Option<usize>, Fault> {
    let until = |skip: usize, mark: &str| {
        let found = rest.get(skip..).and_then(|behind| behind.find(mark));
        found.map(|at| Some(skip + at + mark.len())).ok_or(Fault::Unclosed)
    };
    match rest.as_bytes() {
        [b'-', b'-', ..] => Ok(Some(rest.find('\n').unwrap_or(rest.len()))),
        [b'/', b'*', ..] => until(2, "*/"),
        // A doubled quote reads as two texts, which comes to the same.
        [b'\'', ..] => until(1, "'"),
        [b'"', ..] => until(1, "\""),
        [b'`', ..] => until(1, "`"),
        [b'$', b'$', ..] => until(2, "$$"),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_is_let_through() {
        for right in [
            "select 1",
            "SELECT name, 'it''s; delete' FROM t -- ; drop table t",
            "with a as (select 1) select * from a;",
            " /* insert */ values (1), (2) ; -- the end\n ",
            "select \"update\", `into` from t where replace(a, ';', '') = ''",
            "select count(*) as 件数 from 表",
        ] {
            assert!(check(right).is_ok(), "{right}: {:?}", check(right));
        }
        assert_eq!(check("select 1 ; -- x"), Ok(9));
    }

    #[test]
    fn what_writes_or_is_more_than_one_is_not() {
        assert_eq!(check(""), Err(Fault::Empty));
        assert_eq!(check(" -- only words"), Err(Fault::Empty));
        assert_eq!(check("delete from t"), Err(Fault::Begins("delete".into())));
        assert_eq!(check("explain select 1"), Err(Fault::Begins("explain".into())));
        assert_eq!(check("select 1; select 2"), Err(Fault::Several));
        assert_eq!(check("select 1;'x'"), Err(Fault::Several));
        assert_eq!(check("select 1;; (2)"), Err(Fault::Several));
        assert_eq!(
            check("with d as (DELETE from t returning *) select * from d"),
            Err(Fault::Writes("delete"))
        );
        assert_eq!(check("select * into copy from t"), Err(Fault::Writes("into")));
        assert_eq!(check("select 'open"), Err(Fault::Unclosed));
        assert_eq!(check("select /* open"), Err(Fault::Unclosed));
    }
}
