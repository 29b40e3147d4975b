//! Comma-separated values (RFC 4180) with a heading line: each line becomes an object of texts.

use ingest::feed::{Json, RejectReason, TEXT_BYTES_MAX};

/// Most columns of a file.
const COLUMNS_MAX: usize = 256;

/// A file's rows, and the lines that are none with the reason.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) rows: Vec<Json>,
    pub(crate) wrong: Vec<(RejectReason, String)>,
}

fn no_csv(why: impl Into<String>) -> RejectReason {
    RejectReason::NoCsv { why: why.into() }
}

/// Reads a whole file in UTF-8, with or without a byte order mark.
pub(crate) fn read(bytes: &[u8]) -> Result<Sheet, RejectReason> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        no_csv(format!("it is not UTF-8 (byte {}); save it as UTF-8", error.valid_up_to()))
    })?;
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let heading = record(&mut rest).ok_or_else(|| no_csv("it is empty"))??;
    if heading.len() > COLUMNS_MAX {
        return Err(no_csv("it has more than 256 columns"));
    }
    let heading: Vec<String> = heading.iter().map(|name| name.trim().to_owned()).collect();
    let mut sheet = Sheet { rows: Vec::new(), wrong: Vec::new() };
    loop {
        let before = rest;
        let Some(fields) = record(&mut rest) else { break };
        let line = || before.lines().next().unwrap_or_default().to_owned();
        match fields {
            Ok(fields) if fields.len() == 1 && fields.iter().all(String::is_empty) => {}
            Ok(fields) if fields.len() != heading.len() => {
                let why = format!("it has {} fields, the heading {}", fields.len(), heading.len());
                sheet.wrong.push((no_csv(why), line()));
            }
            Ok(fields) => {
                let members = heading.iter().cloned().zip(fields.into_iter().map(Json::String));
                sheet.rows.push(Json::Object(members.collect()));
            }
            Err(reason) => sheet.wrong.push((reason, line())),
        }
    }
    Ok(sheet)
}

/// Takes the next record off the text; `None` at its end.
fn record(rest: &mut &str) -> Option<Result<Vec<String>, RejectReason>> {
    if rest.is_empty() {
        return None;
    }
    let mut fields = Vec::new();
    let mut long = false;
    loop {
        let (field, behind) = match rest.strip_prefix('"') {
            Some(quoted) => match quoted_field(quoted) {
                Some(found) => found,
                None => {
                    // Everything behind belongs to the quote that is never closed.
                    *rest = "";
                    return Some(Err(no_csv("a quote is never closed")));
                }
            },
            None => {
                let end = rest.find([',', '\n']).unwrap_or(rest.len());
                let (field, behind) = rest.split_at(end);
                (field.strip_suffix('\r').unwrap_or(field).to_owned(), behind)
            }
        };
        long |= field.len() > TEXT_BYTES_MAX;
        fields.push(field);
        let behind = behind.strip_prefix('\r').unwrap_or(behind);
        if let Some(next) = behind.strip_prefix(',') {
            *rest = next;
            continue;
        }
        *rest = match behind.split_once('\n') {
            Some((_, next)) => next,
            None => "",
        };
        return Some(if long { Err(RejectReason::TextTooLong { field: String::new() }) } else { Ok(fields) });
    }
}

/// The field up to its closing quote, and what stands behind it.
fn quoted_field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (before, behind) = rest.split_once('"')?;
        field.push_str(before);
        match behind.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, behind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn quotes_line_ends_and_a_byte_order_mark_are_understood() {
        let text = "\u{feff}id, name\r\n1,\"a \"\"b\"\", c\nd\"\r\n\r\n2,东门\n3\n4,\"";
        let sheet = read(text.as_bytes()).unwrap();
        assert_eq!(
            sheet.rows,
            [json!({"id": "1", "name": "a \"b\", c\nd"}), json!({"id": "2", "name": "东门"})]
        );
        assert_eq!(sheet.wrong.len(), 2, "{:?}", sheet.wrong);
        assert_eq!(sheet.wrong[0].1, "3");
    }

    #[test]
    fn another_encoding_is_refused_in_words() {
        let gbk = b"id,name\n1,\xb6\xab\xc3\xc5\n";
        assert!(read(gbk).unwrap_err().to_string().contains("UTF-8"));
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(rows in prop::collection::vec(prop::collection::vec(".{0,20}", 3), 0..10)) {
            let quote = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quote).collect::<Vec<_>>().join(",");
            let text = format!("a,b,c\r\n{}", rows.iter().map(line).collect::<Vec<_>>().join("\r\n"));
            let sheet = read(text.as_bytes()).unwrap();
            let back: Vec<Vec<String>> = sheet.rows.iter().map(|row| {
                ["a", "b", "c"].map(|name| row[name].as_str().unwrap().to_owned()).to_vec()
            }).collect();
            prop_assert_eq!(back, rows);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[\",\n\ra]{0,60}") {
            let _ = read(&bytes);
            let _ = read(text.as_bytes());
        }
    }
}
