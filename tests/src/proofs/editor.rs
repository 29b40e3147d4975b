//! The promises of the layout designers' editor.

use super::suites::{cargo_test, cargo_test_of, passed};
use super::{Proofs, Row};
use std::path::Path;

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

/// The canvas against `taibai render`, over all golden halls and every tick of transitions; windows that are a pixel off and a canvas
/// that is a tick late are planted.
pub fn canvas(_: &Proofs) -> Vec<Row> {
    let names = ["the_canvas_at_a_hundred_percent", "every_tick_of_a_transition"];
    let (ok, text) = cargo_test_of(&["--workspace", "--test", "designer"], &names, &[]);
    let figure = |name: &str| said(&text, name).unwrap_or("the test failed");
    let all_noticed = |name: &str| {
        let counts: Option<(f64, f64)> = said(&text, name)
            .and_then(|said| said.split_once(" of "))
            .and_then(|(noticed, planted)| Some((number(noticed)?, number(planted)?)));
        counts.is_some_and(|(noticed, planted)| planted > 0.0 && noticed == planted)
    };
    vec![
        Row::new(
            "the canvas at 100 % is the bytes of taibai render",
            figure("canvas: "),
            "every golden hall",
            ok && said(&text, "canvas: ").is_some(),
        ),
        Row::planted("canvas", "windows a pixel off", all_noticed("planted a pixel off: ")),
        Row::new(
            "ticks of transitions are those of a node",
            figure("ticks: "),
            "every tick",
            ok && said(&text, "ticks: ").is_some(),
        ),
        Row::planted("ticks", "the canvas a tick late", all_noticed("planted a tick late: ")),
    ]
}

/// Ten thousand random histories; documents that are saved unedited, and after one edit.
pub fn histories(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--workspace", "--test", "session"], &[("HISTORIES", "10000")]);
    let all = ok && passed(&text, "whatever_is_done_can_be_taken_back_and_done_again");
    let lines = passed(&text, "a_drag_of_two_windows_changes_their_two_lines");
    let (edits_ok, edits) = cargo_test(&["--workspace", "--test", "edits"], &[]);
    let whole = edits_ok && passed(&edits, "text_and_layout_never_part");
    let same = edits_ok && passed(&edits, "a_document_that_nobody_edits_keeps_every_byte");
    let word = |held: bool, words: &str| if held { words.to_owned() } else { "the test failed".to_owned() };
    vec![
        Row::new(
            "random acts, taken back and done again",
            word(all, "10,000 end where they should"),
            "10,000",
            all,
        ),
        Row::planted(
            "histories",
            "a step that is not taken back",
            passed(&text, "a_step_that_is_not_taken_back_is_noticed"),
        ),
        Row::new("a document saved without edits", word(same, "byte-identical"), "byte-identical", same),
        Row::new(
            "lines that an edit changes",
            word(lines && whole, "only its own"),
            "only its own",
            lines && whole,
        ),
        Row::planted("lines", "a second line", passed(&text, "a_second_line_is_noticed")),
    ]
}

/// A large hall dragged on the software GPU; in the planted run each frame takes 80 ms more.
pub fn speed(_: &Proofs) -> Vec<Row> {
    let run = |delay_ms: &str| {
        let arguments = ["--release", "--workspace", "--test", "designer", "speed"];
        let (ok, text) = cargo_test(&arguments, &[("DRAG_DELAY_MS", delay_ms)]);
        said(&text, "drag: ").and_then(number).filter(|_| ok)
    };
    let fast = |fps: Option<f64>| fps.is_some_and(|fps| fps >= DRAG_FPS_MIN);
    let (fps, slowed) = (run("0"), run("80"));
    vec![
        Row::new(
            "200 windows on 40 screens dragged on the software GPU",
            figure(fps, "frames a second"),
            "≥ 15 frames a second",
            fast(fps),
        ),
        Row::planted("the drag", "80 ms more for each frame", slowed.is_some() && !fast(slowed)),
    ]
}

/// What a drag must reach.
const DRAG_FPS_MIN: f64 = 15.0;

fn figure(value: Option<f64>, unit: &str) -> String {
    value.map_or("the test failed".to_owned(), |value| format!("{value:.1} {unit}"))
}

/// Runs a test of the real program under Xvfb.
fn real(proofs: &Proofs, test: &str, kills: &str) -> (bool, String) {
    let taibai = std::path::absolute(&proofs.taibai).unwrap_or_else(|_| proofs.taibai.clone());
    let environment = [("EDITOR_KILLS", kills), ("TAIBAI", &*taibai.to_string_lossy())];
    cargo_test(&["--workspace", "--test", "editor", test], &environment)
}

/// The real program under Xvfb: keys, files, Chinese through an input method.
pub fn program(proofs: &Proofs) -> Vec<Row> {
    let (_, text) = real(proofs, "a_hall_is_edited", "1");
    let edited = passed(&text, "a_hall_is_edited_with_keys_saved_checked_and_rendered");
    let figure = said(&text, "edit on the wall: ").filter(|_| edited).unwrap_or("the test failed").to_owned();
    let unedited = said(&text, "planted nothing edited: ").and_then(number);
    let (_, text) = real(proofs, "chinese_is_typed", "1");
    let skipped = said(&text, "input method: 1 skipped, ");
    let typed = said(&text, "typed: ").filter(|_| passed(&text, "chinese_is_typed_through_an_input_method"));
    let letters = said(&text, "planted input method off: ").is_some();
    vec![
        Row::new("opened, edited with keys, saved, checked, rendered", figure, "more than 0", edited),
        Row::planted("edited", "nothing edited: the pixels stay", unedited == Some(0.0)),
        Row::new(
            "Chinese typed through fcitx5",
            typed.or(skipped).unwrap_or("the test failed"),
            "seen in the file",
            typed.is_some(),
        ),
        Row::planted("typed", "the input method is off: letters", letters),
    ]
}

/// The real program killed again and again while it is worked with.
pub fn kills(proofs: &Proofs) -> Vec<Row> {
    let (ok, text) = real(proofs, "killed_at_any_moment", "40");
    let lost = said(&text, "at most the last ").and_then(number);
    let late = said(&text, "planted late journal: ").and_then(number);
    vec![
        Row::new(
            "work lost, killed 40 times at any moment",
            figure(lost, "ms"),
            "≤ 1000 ms",
            ok && lost.is_some_and(|ms| ms <= 1000.0),
        ),
        Row::planted("killed", "a journal that is written late", late.is_some_and(|ms| ms > 1000.0)),
    ]
}

/// The real program with a large hall, which nobody touches.
pub fn rest(proofs: &Proofs) -> Vec<Row> {
    let (_, text) = real(proofs, "an_editor_that_nobody_touches", "1");
    let idle = said(&text, "idle: ").and_then(number);
    let busy = said(&text, "planted restless editor: ").and_then(number);
    vec![
        Row::new(
            "200 windows on 40 screens, nobody touches it",
            figure(idle, "% of a core"),
            "≤ 2 %",
            idle.is_some_and(|percent| percent <= 2.0),
        ),
        Row::planted("rest", "it has to draw all the time", busy.is_some_and(|percent| percent > 2.0)),
    ]
}

/// A designer's work by names, in both languages, with pictures.
pub fn workflows(_: &Proofs) -> Vec<Row> {
    // What has a proof of its own is left out here.
    let own = ["--skip", "pixels::", "--skip", "speed::"];
    let (ok, text) = cargo_test_of(&["--workspace", "--test", "designer"], &own, &[]);
    let held = text.lines().filter(|line| line.starts_with("test ") && line.ends_with("... ok")).count();
    let pictures = pictures_in(Path::new(SNAPSHOTS)).len();
    vec![
        Row::new(
            "workflows by accessible name, in both languages",
            format!("{held} hold"),
            "≥ 20, all hold",
            ok && held >= 20,
        ),
        Row::new(
            "pictures of them, byte for byte",
            format!("{pictures} equal"),
            "≥ 20, all equal",
            ok && pictures >= 20,
        ),
        Row::planted(
            "workflows",
            "a letter and a name that are missing",
            passed(&text, "a_missing_letter_and_a_missing_name_are_noticed"),
        ),
        Row::planted(
            "pictures",
            "a pixel of another colour",
            passed(&text, "a_pixel_of_another_colour_is_noticed"),
        ),
    ]
}

const SNAPSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../editor/tests/snapshots");

/// The names of the pictures in a folder.
fn pictures_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".png") && !name.contains(".diff") && !name.contains(".new")).collect()
}

/// The pictures that a guide shows, by their names.
fn shown_in(guide: &str) -> Vec<&str> {
    let links = guide.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.filter(|link| link.ends_with(".png")).filter_map(|link| link.rsplit('/').next()).collect()
}

/// The designer's guide in both languages: every picture in it is one that the tests make and compare.
pub fn guide(_: &Proofs) -> Vec<Row> {
    let docs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"));
    let made = pictures_in(Path::new(SNAPSHOTS));
    let all_made = |guide: &str| {
        let shown = shown_in(guide);
        (shown.len(), shown.iter().all(|name| made.iter().any(|made| made == name)))
    };
    let read = |name: &str| std::fs::read_to_string(docs.join(name)).unwrap_or_default();
    let (english, chinese) = (read("DESIGNER.md"), read("DESIGNER.zh-CN.md"));
    let ((en, en_made), (zh, zh_made)) = (all_made(&english), all_made(&chinese));
    let sections = |guide: &str| guide.lines().filter(|line| line.starts_with("## ")).count();
    let same = sections(&english) == sections(&chinese) && en == zh;
    let planted = english.replace("opened-en.png", "never-made-en.png");
    vec![
        Row::new(
            "the guide's pictures, in both languages, made by the tests",
            format!("{en} and {zh}, {} sections each", sections(&english)),
            "≥ 8 each, the same sections",
            en >= 8 && en_made && zh_made && same,
        ),
        Row::planted("the guide", "a picture that no test makes", !all_made(&planted).1),
    ]
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

    #[test]
    fn the_pictures_of_a_guide_are_found() {
        let guide = "![a](../editor/tests/snapshots/opened-en.png) and [words](b.md), ![c](x/light-en.png)";
        assert_eq!(shown_in(guide), ["opened-en.png", "light-en.png"]);
    }
}
