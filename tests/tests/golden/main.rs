//! Golden images: each folder of tests/golden is a hall document, a case, and the exact pixels of every screen.
//!
//! All compositors must give the same bytes as the stored picture, without tolerance; a missing picture fails. `./dev
//! bless` shows what changed and accepts it.

mod case;
mod pattern;
mod render;
mod sheet;

use case::Case;
use render::{Bench, Screens};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tests::picture::Picture;

/// How many cases there are at least.
const CASES_MIN: usize = 25;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn cases() -> Vec<Case> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root()).unwrap().flatten().map(|e| e.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.iter().map(|folder| Case::load(folder)).collect()
}

fn expected_path(case: &Case, screen: &str) -> PathBuf {
    case.folder.join(format!("expected-{screen}.png"))
}

/// Where two pictures differ, in words; `None` when they are equal.
fn difference(expected: &Picture, actual: &Picture) -> Option<String> {
    if (expected.width, expected.height) != (actual.width, actual.height) {
        let sizes = (expected.width, expected.height, actual.width, actual.height);
        return Some(format!("{}×{} expected, {}×{} came", sizes.0, sizes.1, sizes.2, sizes.3));
    }
    let pairs = || expected.bgra.chunks_exact(4).zip(actual.bgra.chunks_exact(4));
    let count = pairs().filter(|(a, b)| a != b).count();
    let first = pairs().position(|(a, b)| a != b)?;
    let (x, y) = (first % expected.width as usize, first / expected.width as usize);
    let largest = expected.bgra.iter().zip(&actual.bgra).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
    let (a, b) = (&expected.bgra[first * 4..first * 4 + 4], &actual.bgra[first * 4..first * 4 + 4]);
    Some(format!(
        "{count} pixels differ, by at most {largest}; first at {x}, {y}: BGRA {a:?} expected, {b:?} came"
    ))
}

/// Differences of one case: one line per screen that is not what it should be.
fn judge(case: &Case, name: &str, screens: &Screens) -> Vec<String> {
    let mut wrong = Vec::new();
    for (screen, actual) in screens {
        let line = match Picture::read_png(&expected_path(case, screen)) {
            Ok(expected) => difference(&expected, actual),
            Err(error) => Some(format!("no expected picture ({error}); look at it, then ./dev bless")),
        };
        wrong.extend(line.map(|line| format!("{} / {screen} by {name}: {line}", case.name)));
    }
    wrong
}

#[test]
fn every_compositor_gives_the_golden_bytes() {
    let cases = cases();
    assert!(cases.len() >= CASES_MIN, "{} cases; at least {CASES_MIN}", cases.len());
    let mut wrong = Vec::new();
    let mut shown = BTreeMap::new();
    let mut names = Vec::new();
    for mut bench in Bench::all() {
        names.push(bench.name());
        for case in &cases {
            let screens = bench.render(case);
            wrong.extend(judge(case, bench.name(), &screens));
            shown.entry(case.name.clone()).or_insert(screens);
        }
    }
    let accepted = sheet::bless_or_show(&cases, &shown, &wrong);
    assert!(accepted || wrong.is_empty(), "{} pictures are wrong\n{}", wrong.len(), wrong.join("\n"));
    println!("golden: {} cases byte-equal by {}", cases.len(), names.join(", "));
}

/// The same compositor shows all cases one after the other: what is left of the last one must not shine through.
#[test]
fn damage_leaves_nothing_of_the_picture_before() {
    let cases = cases();
    for mut bench in Bench::all() {
        bench.keep_compositors();
        for case in cases.iter().chain(cases.iter().rev()) {
            let wrong = judge(case, bench.name(), &bench.render(case));
            assert!(wrong.is_empty(), "after another case: {}", wrong.join("\n"));
        }
    }
}

fn differs(wrong: &[String]) -> bool {
    wrong.iter().any(|line| line.contains("pixels differ"))
}

#[test]
fn a_planted_seam_of_one_pixel_is_caught() {
    let cases = cases();
    let case = cases.iter().find(|case| case.name == "seam-two-pitches").unwrap();
    for mut bench in Bench::all() {
        bench.shift_screens_after_the_first();
        let wrong = judge(case, bench.name(), &bench.render(case));
        assert!(differs(&wrong), "{} went unnoticed", bench.name());
    }
}

#[test]
fn a_planted_wrong_matrix_is_caught() {
    let cases = cases();
    for mut bench in Bench::all() {
        for case in cases.iter().filter(|case| case.name.starts_with("matrix-")) {
            let mut planted = case.clone();
            planted.exchange_matrices();
            let wrong = judge(&planted, bench.name(), &bench.render(&planted));
            assert!(differs(&wrong), "{} by {} went unnoticed", case.name, bench.name());
        }
    }
}

#[test]
fn a_missing_picture_fails() {
    let mut case = cases().remove(0);
    let screens = Bench::all().remove(0).render(&case);
    case.folder = root().join("no-such-case");
    assert!(!judge(&case, "cpu", &screens).is_empty());
}
