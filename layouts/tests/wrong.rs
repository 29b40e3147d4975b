//! Wrong hall documents and what is said of them: every `wrong/NN-name.toml` has its message in `wrong/NN-name.txt`,
//! compared exactly. `TAIBAI_BLESS=1` writes the messages anew; a missing one fails.

use miette::GraphicalReportHandler;
use std::path::PathBuf;

fn documents() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wrong");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths
}

/// How what is said of the document `name` differs from what is stored for it, if it does.
fn difference(name: &str, said: &str, stored: Option<&str>) -> Option<String> {
    match stored {
        Some(stored) if stored == said => None,
        Some(stored) => Some(format!("{name} says:\n{said}and should say:\n{stored}")),
        None => Some(format!("{name} has no .txt; it says:\n{said}")),
    }
}

#[test]
fn every_wrong_document_has_its_message() {
    let bless = std::env::var("TAIBAI_BLESS").is_ok_and(|value| value == "1");
    let paths = documents();
    assert!(paths.len() >= 40, "{} documents", paths.len());
    let mut differing = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let said = match layouts::parse(&text, &name) {
            Ok(_) => panic!("{name} is found right"),
            Err(mistakes) => mistakes.to_text(),
        };
        let expected = path.with_extension("txt");
        if bless {
            std::fs::write(&expected, &said).unwrap();
        }
        differing.extend(difference(&name, &said, std::fs::read_to_string(&expected).ok().as_deref()));
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn a_planted_change_of_a_message_is_caught() {
    let paths = documents();
    let path = &paths[0];
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let said = layouts::parse(&text, &name).unwrap_err().to_text();
    let stored = std::fs::read_to_string(path.with_extension("txt")).unwrap();
    assert_eq!(difference(&name, &said, Some(&stored)), None);
    let altered = stored.replacen('1', "2", 1);
    assert_ne!(altered, stored);
    assert!(difference(&name, &said, Some(&altered)).is_some());
    assert!(difference(&name, &said, None).is_some());
}

#[test]
fn no_report_shows_a_password() {
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mistakes = layouts::parse(&text, "hall.toml").unwrap_err();
        let mut report = String::new();
        GraphicalReportHandler::new().render_report(&mut report, &mistakes).unwrap();
        report += &format!("{mistakes:?} {mistakes} {}", mistakes.to_text());
        assert!(!report.contains("geheim"), "{}: {report}", path.display());
    }
}

#[test]
fn every_mistake_names_a_remedy_and_a_place() {
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        for mistake in layouts::parse(&text, "hall.toml").unwrap_err().list() {
            assert!(!mistake.help.is_empty() && !mistake.message.is_empty());
            assert!(mistake.line >= 1 && mistake.column >= 1);
            assert!(mistake.line <= text.lines().count().max(1), "{}: {mistake}", path.display());
        }
    }
}
