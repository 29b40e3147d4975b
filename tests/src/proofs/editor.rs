//! The promises of the layout designers' editor.

use super::suites::{cargo_test, passed};
use super::{Proofs, Row};

/// What a test said behind `name`, up to the end of the line.
fn said<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.split(name).nth(1))
}

/// The first number in what was said.
fn number(words: &str) -> Option<f64> {
    let begin = words.find(|c: char| c.is_ascii_digit())?;
    let rest = &words[begin..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest[..end].trim_end_matches('.').parse().ok()
}

/// The canvas against `taibai render`, over all golden halls; a window that is a pixel off is planted in each.
pub fn canvas(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--workspace", "--test", "designer", "pixels"], &[]);
    let held = ok && passed(&text, "the_canvas_at_a_hundred_percent_is_what_is_rendered");
    let figure = said(&text, "canvas: ").unwrap_or("the test failed");
    vec![
        Row::new("the canvas at 100 % is the bytes of taibai render", figure, "every golden hall", held),
        Row::planted("canvas", "windows a pixel off", held),
    ]
}

/// Ten thousand random histories; documents that are saved unedited, and after one edit.
pub fn histories(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--workspace", "--test", "session"], &[("HISTORIES", "10000")]);
    let all = ok && passed(&text, "whatever_is_done_can_be_taken_back_and_done_again");
    let lines = passed(&text, "a_drag_of_two_windows_changes_their_two_lines");
    let (edits_ok, edits) = cargo_test(&["--workspace", "--test", "edits"], &[]);
    let whole = edits_ok && passed(&edits, "text_and_layout_never_part");
    let word = |held: bool, words: &str| if held { words.to_owned() } else { "the test failed".to_owned() };
    vec![
        Row::new(
            "random acts, taken back and done again",
            word(all, "10,000 end where they should"),
            "10,000",
            all,
        ),
        Row::new(
            "lines that an edit changes",
            word(lines && whole, "only its own"),
            "only its own",
            lines && whole,
        ),
        Row::planted("lines", "a second line", passed(&text, "a_second_line_is_noticed")),
    ]
}

/// A large hall dragged on the software GPU.
pub fn speed(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--release", "--workspace", "--test", "designer", "speed"], &[]);
    let fps = said(&text, "drag: ").and_then(number);
    let figure = fps.map_or("the test failed".to_owned(), |fps| format!("{fps:.1} frames a second"));
    let holds = ok && fps.is_some_and(|fps| fps >= 15.0);
    vec![Row::new("200 windows on 40 screens dragged", figure, "≥ 15 frames a second", holds)]
}

/// The real program under Xvfb: keys, files, kills, rest.
pub fn program(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--workspace", "--test", "editor"], &[("EDITOR_KILLS", "40")]);
    let edited = passed(&text, "a_hall_is_edited_with_keys_saved_checked_and_rendered");
    let lost = said(&text, "at most the last ").and_then(number);
    let idle = said(&text, "idle: ").and_then(number);
    let figure = |value: Option<f64>, unit: &str| {
        value.map_or("the test failed".to_owned(), |value| format!("{value:.1} {unit}"))
    };
    vec![
        Row::new(
            "opened, edited with keys, saved, checked, rendered",
            if edited { "seen in the file and in the pixels" } else { "the test failed" },
            "seen",
            edited,
        ),
        Row::new(
            "killed 40 times at any moment",
            figure(lost, "ms lost"),
            "≤ 1000 ms",
            ok && lost.is_some_and(|ms| ms <= 1000.0),
        ),
        Row::new(
            "nobody touches it",
            figure(idle, "% of a core"),
            "≤ 2 %",
            idle.is_some_and(|percent| percent <= 2.0),
        ),
    ]
}

/// A designer's work by names, in both languages, with pictures.
pub fn workflows(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--workspace", "--test", "designer", "workflows"], &[]);
    let count = text.lines().filter(|line| line.starts_with("test ") && line.ends_with("... ok")).count();
    vec![Row::new(
        "workflows by names, in both languages",
        format!("{count} hold"),
        "all hold",
        ok && count >= 10,
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_out_of_what_tests_say() {
        let text = "x\ndrag: 23.4 frames a second with 200 windows\nidle: 0.2 % of a core";
        assert_eq!(said(text, "drag: ").and_then(number), Some(23.4));
        assert_eq!(said(text, "idle: ").and_then(number), Some(0.2));
        assert_eq!(said(text, "lost: "), None);
        assert_eq!(number("at most 240 ms."), Some(240.0));
    }
}
