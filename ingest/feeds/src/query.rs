//! What can be known about a query from its text alone: that it only reads, which tables it names, whether it asks for the time.

use media::WallTime;
use std::collections::BTreeSet;
use std::ops::Range;

/// Most bytes of a query.
const QUERY_BYTES_MAX: usize = 16 << 10;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// It is not one statement that reads.
    #[error("a query is one statement that begins with SELECT or WITH and only reads")]
    NotReading,
    /// The database does not understand it.
    #[error("wrong SQL: {0}")]
    Sql(String),
    /// It takes too long.
    #[error("the query takes longer than {ms} ms and was stopped")]
    OutOfTime {
        /// How long it may take.
        ms: u64,
    },
    /// It gives too many rows.
    #[error("the query gives more than {rows_max} rows; add a LIMIT")]
    TooManyRows {
        /// How many it may give.
        rows_max: u32,
    },
    /// Its answer has too many bytes.
    #[error("the answer has more than 8 MiB; ask for fewer columns or rows")]
    TooLarge,
    /// A column that is neither text nor number nor flag nor time.
    #[error("{0} cannot be shown; turn it into text or a number in the query")]
    WrongType(String),
    /// The database does not accept user and password.
    #[error("the database does not accept user name and password")]
    WrongCredential,
    /// The database does not answer.
    #[error("the database does not answer: {0}")]
    Unreachable(String),
}

impl QueryError {
    /// The error in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::NotReading => "查询必须是一条以 SELECT 或 WITH 开头、只读的语句".into(),
            Self::Sql(why) => format!("SQL 有误：{why}"),
            Self::OutOfTime { ms } => format!("查询超过 {ms} 毫秒，已停止"),
            Self::TooManyRows { rows_max } => format!("查询结果超过 {rows_max} 行，请加 LIMIT"),
            Self::TooLarge => "查询结果超过 8 MiB，请减少列或行".into(),
            Self::WrongType(what) => format!("{what} 无法显示，请在查询中转换为文本或数字"),
            Self::WrongCredential => "数据库不接受用户名或密码".into(),
            Self::Unreachable(why) => format!("数据库没有应答：{why}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    /// A bare word, as it is written.
    Word(&'a str),
    /// A name in quotes, without them.
    Quoted(String),
    /// `:name`, without its colon.
    Parameter(&'a str),
    Semicolon,
    Other,
}

/// The tokens that matter, with their places. Comments, texts and numbers are passed over.
fn tokens(sql: &str) -> Vec<(Token<'_>, Range<usize>)> {
    let bytes = sql.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begin = at;
        match byte(at) {
            b'-' if byte(at + 1) == b'-' => at = find(bytes, at, b"\n"),
            b'/' if byte(at + 1) == b'*' => at = find(bytes, at + 2, b"*/"),
            b'\'' => {
                at = end_of_quote(bytes, at, b'\'');
                found.push((Token::Other, begin..at));
            }
            quote @ (b'"' | b'`') => {
                at = end_of_quote(bytes, at, quote);
                let doubled: String = [char::from(quote); 2].iter().collect();
                let name = sql.get(begin + 1..at.saturating_sub(1).max(begin + 1)).unwrap_or_default();
                let name = name.replace(&doubled, &char::from(quote).to_string());
                found.push((Token::Quoted(name), begin..at));
            }
            b'[' => {
                at = find(bytes, at, b"]");
                let name = sql.get(begin + 1..at.saturating_sub(1).max(begin + 1)).unwrap_or_default();
                found.push((Token::Quoted(name.to_owned()), begin..at));
            }
            b':' if byte(at + 1) == b':' => at += 2,
            b':' if is_word(byte(at + 1)) => {
                at = end_of_word(bytes, at + 1);
                found.push((Token::Parameter(sql.get(begin + 1..at).unwrap_or_default()), begin..at));
            }
            b';' => {
                at += 1;
                found.push((Token::Semicolon, begin..at));
            }
            c if is_word(c) => {
                at = end_of_word(bytes, at);
                let word = sql.get(begin..at).unwrap_or_default();
                let number = c.is_ascii_digit();
                found.push((if number { Token::Other } else { Token::Word(word) }, begin..at));
            }
            c => {
                at += 1;
                if !c.is_ascii_whitespace() {
                    found.push((Token::Other, begin..at));
                }
            }
        }
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn end_of_word(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).copied().is_some_and(|byte| is_word(byte) || byte == b'$') {
        at += 1;
    }
    at
}

/// Behind the next `what`, or behind all.
fn find(bytes: &[u8], from: usize, what: &[u8]) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let place = rest.windows(what.len()).position(|window| window == what);
    place.map_or(bytes.len(), |place| from + place + what.len())
}

/// Behind the closing quote of what opens at `at`; a doubled quote does not close.
fn end_of_quote(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut at = at + 1;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if *byte == quote {
            if bytes.get(at) != Some(&quote) {
                return at;
            }
            at += 1;
        }
    }
    at
}

/// A query that has been looked at: one statement that begins like one that reads.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    text: String,
    now_at: Vec<Range<usize>>,
}

impl Reading {
    /// Looks at a query's text.
    pub(crate) fn new(sql: &str) -> Result<Self, QueryError> {
        if sql.len() > QUERY_BYTES_MAX || sql.contains('\0') {
            return Err(QueryError::NotReading);
        }
        let tokens = tokens(sql);
        let reads =
            |word: &str| ["select", "with", "values"].iter().any(|known| word.eq_ignore_ascii_case(known));
        if !matches!(tokens.first(), Some((Token::Word(word), _)) if reads(word)) {
            return Err(QueryError::NotReading);
        }
        // A semicolon may end the statement, but nothing may stand behind it.
        let end = tokens.iter().position(|(token, _)| *token == Token::Semicolon);
        let text_end = match end {
            Some(end) if tokens.iter().skip(end).any(|(token, _)| *token != Token::Semicolon) => {
                return Err(QueryError::NotReading);
            }
            Some(end) => tokens.get(end).map_or(sql.len(), |(_, place)| place.start),
            None => sql.len(),
        };
        let mut now_at = Vec::new();
        for (token, place) in tokens {
            match token {
                Token::Parameter("now") => now_at.push(place),
                Token::Parameter(name) => {
                    return Err(QueryError::Sql(format!(":{name} is unknown; there is :now")));
                }
                _ => {}
            }
        }
        Ok(Self { text: sql.get(..text_end).unwrap_or_default().to_owned(), now_at })
    }

    /// Whether its answer changes with time alone.
    pub(crate) fn asks_for_now(&self) -> bool {
        !self.now_at.is_empty()
    }

    /// The text with the time in the place of each `:now`, in nanoseconds since 1970.
    pub(crate) fn at(&self, now: WallTime) -> String {
        let mut text = self.text.clone();
        for place in self.now_at.iter().rev() {
            text.replace_range(place.clone(), &now.0.to_string());
        }
        text
    }
}

/// Which of the `known` tables a query names. A column of the same name counts too: that costs a run, never a change.
pub(crate) fn tables_named<'a>(sql: &str, known: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let words: BTreeSet<String> = tokens(sql)
        .into_iter()
        .filter_map(|(token, _)| match token {
            Token::Word(word) => Some(word.to_ascii_lowercase()),
            Token::Quoted(name) => Some(name.to_ascii_lowercase()),
            Token::Parameter(_) | Token::Semicolon | Token::Other => None,
        })
        .collect();
    known.filter(|name| words.contains(*name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(sql: &str) -> Vec<String> {
        tables_named(sql, ["events", "flats", "people"].into_iter()).into_iter().collect()
    }

    #[test]
    fn tables_are_found_where_they_are_named_and_nowhere_else() {
        assert_eq!(named("SELECT * FROM people JOIN \"flats\" USING (id)"), ["flats", "people"]);
        assert_eq!(named("select 'people' -- from flats\n from Events /* people */"), ["events"]);
        assert_eq!(named("with x as (select 1 from [people]) select * from x"), ["people"]);
        assert_eq!(named("select * from peoples"), Vec::<String>::new());
    }

    #[test]
    fn only_one_statement_that_reads_is_taken() {
        for good in
            ["select 1", " /* a */ WITH x AS (SELECT 1) SELECT * FROM x ; ", "values (1)", "select ';'"]
        {
            assert!(Reading::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "delete from events",
            "select 1; drop table events",
            "pragma x",
            "attach 'a' as b",
            "(select 1)",
        ] {
            assert_eq!(Reading::new(bad).err(), Some(QueryError::NotReading), "{bad}");
        }
        assert!(matches!(Reading::new("select :then"), Err(QueryError::Sql(_))));
    }

    #[test]
    fn now_is_put_where_it_is_asked_for() {
        let reading =
            Reading::new("select ':now', a::text, :now - due from events where due < :now;").unwrap();
        assert_eq!(reading.at(WallTime(5)), "select ':now', a::text, 5 - due from events where due < 5");
        assert!(reading.asks_for_now());
        assert!(!Reading::new("select ':now'").unwrap().asks_for_now());
    }

    proptest! {
        #[test]
        fn any_text_can_be_looked_at(sql in ".{0,200}") {
            named(&sql);
            if let Ok(reading) = Reading::new(&sql) {
                reading.at(WallTime(i64::MIN));
            }
        }

        #[test]
        fn any_soup_of_sql_can_be_looked_at(parts in prop::collection::vec("select|;|'|\"|--|/\\*|\\*/|:now|:|\\[|\\]|`|\n|人", 0..30)) {
            let sql = format!("select {}", parts.concat());
            named(&sql);
            if let Ok(reading) = Reading::new(&sql) {
                reading.at(WallTime(1));
            }
        }
    }
}
