//! The codes that the sources name, each with Chinese words.

use super::{GISTS, chinese_of};
use crate::api::tests::sources;
use crate::api::{ApiError, Refusal};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use std::collections::BTreeSet;
use std::path::Path;

/// What makes a refusal of a status, a code and words.
const MAKERS: [&str; 6] =
    ["refuse(", "Refusal::Said(", "Refusal::words(", "Self::Said(", "Self::words(", "ApiError::new("];

/// The literal with which a text begins.
fn literal(text: &str) -> Option<&str> {
    let word = text.trim_start().strip_prefix('"')?.split('"').next()?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (!word.is_empty() && word.chars().all(plain)).then_some(word)
}

/// What stands behind the first comma that is in no brackets.
fn behind_comma(arguments: &str) -> Option<&str> {
    let mut depth = 0_u32;
    for (at, c) in arguments.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return None,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => return arguments.get(at + 1..),
            _ => {}
        }
    }
    None
}

/// The codes that the makers are called with; a code that is worked out elsewhere is found there.
fn given_to_makers(text: &str, file: &Path, codes: &mut BTreeSet<String>) {
    for maker in MAKERS {
        for (at, _) in text.match_indices(maker) {
            let before = &text[..at];
            let is_other = before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            if is_other || before.ends_with("fn ") {
                continue;
            }
            let Some(second) = behind_comma(&text[at + maker.len()..]) else { continue };
            match literal(second) {
                Some(code) => drop(codes.insert(code.to_owned())),
                None => {
                    let named = second.trim_start().split([',', ')']).next().unwrap().trim();
                    // Two dots are a pattern's, which makes nothing.
                    let told = ["code", "error.code(", ".."].contains(&named);
                    assert!(told, "{}: no code in {maker}…, {named}", file.display());
                }
            }
        }
    }
}

/// The codes that stand beside a status: `(StatusCode::CONFLICT, "locked")`.
fn beside_statuses(text: &str, codes: &mut BTreeSet<String>) {
    for rest in text.split("StatusCode::").skip(1) {
        let behind = rest.trim_start_matches(|c: char| c.is_ascii_uppercase() || c == '_');
        codes.extend(behind.strip_prefix(',').and_then(literal).map(str::to_owned));
    }
}

fn codes() -> BTreeSet<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&here.join("src"), &mut files);
    let mut codes = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        given_to_makers(text, &file, &mut codes);
        beside_statuses(text, &mut codes);
        codes.extend(text.split(" conflict(").skip(1).filter_map(literal).map(str::to_owned));
        codes.extend(text.split("(conflict(").skip(1).filter_map(literal).map(str::to_owned));
    }
    let identity = std::fs::read_to_string(here.join("identity/src/error.rs")).unwrap();
    let coded = identity.split("fn code(").nth(1).unwrap().split("fn chinese(").next().unwrap();
    codes.extend(coded.split("=> ").skip(1).filter_map(literal).map(str::to_owned));
    codes
}

#[test]
fn every_code_has_chinese_words() {
    let codes = codes();
    for known in [
        "bad_field",
        "bad_query",
        "node_away",
        "bad_body",
        "no_photo",
        "still_running",
        "locked",
        "last_admin",
    ] {
        assert!(codes.contains(known), "the codes are not found: {known} is not among {codes:?}");
    }
    let bare: Vec<&String> = codes.iter().filter(|code| chinese_of(code).is_none()).collect();
    assert!(bare.is_empty(), "codes without Chinese words in GISTS: {bare:?}");
}

#[test]
fn the_words_are_sorted_and_chinese() {
    assert!(GISTS.is_sorted_by(|(a, _), (b, _)| a < b), "a code is looked for by halving");
    for (code, words) in GISTS {
        assert!(!words.is_ascii() && literal(&format!("{code:?}")).is_some(), "{code}: {words}");
    }
}

#[test]
fn a_refusal_without_chinese_words_gets_those_of_its_code() {
    let error = ApiError::new(StatusCode::NOT_FOUND, "no_photo", "gone".into(), None);
    assert_eq!(error.detail_zh.as_deref(), chinese_of("no_photo"));
    assert!(error.detail_zh.is_some());
    let own = ApiError::new(StatusCode::NOT_FOUND, "no_photo", "gone".into(), Some("没了".into()));
    assert_eq!(own.detail_zh.as_deref(), Some("没了"));
    let response = Refusal::Said(StatusCode::BAD_REQUEST, "bad_field", "no title".into()).into_response();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}
