//! From the first start to a saved hall: the tour, the start page, files, and what is remembered.

use crate::desk::Desk;
use editor::{Command, Language, Launch, Word};
use editor_model::HallTemplate;
use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{AccessKitNode as Node, NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};

const SIZE: (f32, f32) = (1440.0, 900.0);
const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

/// A place where nobody has ever started the program.
fn fresh(name: &str, language: Language) -> (PathBuf, Launch) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{language:?}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let settings = Some(folder.join("settings").join("editor.json"));
    let (documents, home) = (folder.join("halls"), Some(folder.clone()));
    let launch = Launch { hall: None, media_folder: None, settings, documents, home, live: None };
    (folder, launch)
}

/// A program that has been started before.
fn seasoned(name: &str, language: Language) -> (PathBuf, Desk) {
    let (folder, launch) = fresh(name, language);
    let mut first = Desk::start(launch.clone(), language, SIZE, 1.0);
    first.click_word(Word::TourSkip);
    first.program().end();
    (folder, Desk::start(launch, language, SIZE, 1.0))
}

fn hall(folder: &Path, name: &str, windows: usize) -> PathBuf {
    let mut text = HallTemplate::One.text(("大厅", "Hall"));
    for window in 0..windows {
        text += &format!(
            "[[scene.window]]\nsource = \"camera-{}\"\nrect_px = [{}, 100, 400, 225]\n",
            window + 1,
            window * 450 + 20
        );
    }
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The words on the screen that hold `part`.
fn said(desk: &Desk, part: &str) -> Option<String> {
    let words = |node: &Node| node.value().or(node.label()).filter(|words| words.contains(part));
    let found = desk.harness.query_all_by(|node| words(node).is_some()).next()?;
    words(&found.accesskit_node())
}

#[test]
fn the_first_start_is_a_guided_demo_and_the_second_is_not() {
    for language in LANGUAGES {
        let (folder, launch) = fresh("first", language);
        let mut desk = Desk::start(launch.clone(), language, SIZE, 1.0);
        let demo = folder.join("halls").join("demo").join("hall.toml");
        assert_eq!(desk.editor().file(), demo);
        assert!(
            desk.editor().canvas().picture().shown().unwrap().faults.is_empty(),
            "something of the demo is missing"
        );
        layouts::parse(&std::fs::read_to_string(&demo).unwrap(), "hall.toml").unwrap();
        let stops =
            [Word::TourCanvas, Word::TourSources, Word::TourScenes, Word::TourPreflight, Word::TourSaveTry];
        for (at, word) in stops.into_iter().enumerate() {
            desk.harness.get_by_label(desk.say(word));
            if at == 1 {
                desk.snapshot("tour");
            }
            if at == 3 {
                // The pre-flight lay behind the layers.
                desk.harness.get_by_label_contains(&format!("left: {}", desk.say(Word::Decodes)));
            }
            desk.click_word(if at + 1 < stops.len() { Word::TourNext } else { Word::TourDone });
        }
        assert!(desk.harness.query_by_label(desk.say(Word::TourSaveTry)).is_none());
        // It is remembered at once: even a kill does not bring it back.
        std::mem::forget(desk);
        let mut desk = Desk::start(launch.clone(), language, SIZE, 1.0);
        assert!(!desk.is_at_work(), "the second start shows the start page");
        desk.snapshot("start");
        desk.click_word(Word::OpenDemo);
        assert!(desk.is_at_work());
        assert!(desk.harness.query_by_label(desk.say(Word::TourCanvas)).is_none());
        // Whoever asks for it gets it again, and Escape leaves it.
        let context = desk.harness.ctx.clone();
        desk.editor_mut().run(Command::Tour, &context);
        desk.settle();
        desk.harness.get_by_label(desk.say(Word::TourCanvas));
        desk.keys(Modifiers::NONE, Key::Escape);
        assert!(desk.harness.query_by_label(desk.say(Word::TourCanvas)).is_none());
    }
}

#[test]
fn a_document_that_is_named_is_opened_without_a_tour() {
    let (folder, launch) = fresh("named", Language::English);
    let launch = Launch { hall: Some(hall(&folder, "hall.toml", 1)), ..launch };
    let desk = Desk::start(launch, Language::English, SIZE, 1.0);
    assert!(desk.harness.query_by_label(desk.say(Word::TourCanvas)).is_none());
}

#[test]
fn a_hall_is_made_from_a_template_and_found_again() {
    for language in LANGUAGES {
        let (folder, mut desk) = seasoned("template", language);
        let (_, zh, en) = HallTemplate::ALL[1];
        desk.click(if language == Language::Chinese { zh } else { en });
        desk.snapshot("new-hall");
        desk.fill(desk.say(Word::FileName), "control room");
        desk.click_word(Word::SaveHere);
        let path = desk.editor().file().to_owned();
        assert_eq!(path.file_name().unwrap(), "control room.toml");
        assert!(path.starts_with(&folder));
        assert_eq!(desk.editor().session().wall().unwrap().screens.len(), 4);
        let context = desk.harness.ctx.clone();
        desk.editor_mut().run(Command::StartPage, &context);
        desk.settle();
        desk.click(&format!("{} control room.toml", desk.say(Word::Recent)));
        assert_eq!(desk.editor().file(), path);
    }
}

#[test]
fn another_document_is_opened_after_a_question_where_something_is_not_saved() {
    for language in LANGUAGES {
        let (folder, launch) = fresh("open", language);
        let (one, other) = (hall(&folder, "one.toml", 2), hall(&folder, "other.toml", 1));
        std::fs::write(folder.join("wrong.toml"), "version = 2\n").unwrap();
        let launch = Launch { hall: Some(one.clone()), ..launch };
        let mut desk = Desk::start(launch, language, SIZE, 1.0);
        let document = |desk: &Desk, name: &str| format!("{} {name}", desk.say(Word::Document));
        // What is wrong is refused in the designer's language, and the work goes on.
        desk.keys(Modifiers::COMMAND, Key::O);
        desk.snapshot("open");
        desk.click(&document(&desk, "wrong.toml"));
        let refused = if language == Language::Chinese { "第 1 行" } else { "Line 1" };
        assert!(said(&desk, refused).is_some(), "it is not said what is wrong");
        assert_eq!(desk.editor().file(), one);
        desk.keys(Modifiers::COMMAND, Key::A);
        desk.keys(Modifiers::SHIFT, Key::ArrowDown);
        let before = std::fs::read_to_string(&one).unwrap();
        for (answer, open) in [(Word::Cancel, &one), (Word::SaveAndGo, &other)] {
            desk.keys(Modifiers::COMMAND, Key::O);
            desk.click(&document(&desk, "other.toml"));
            desk.click_word(answer);
            assert_eq!(desk.editor().file(), open);
        }
        assert_ne!(std::fs::read_to_string(&one).unwrap(), before, "what was done is saved");
        assert!(!folder.join(".one.toml.journal").exists());
    }
}

#[test]
fn a_document_is_saved_as_another_and_nothing_is_written_over_unasked() {
    for language in LANGUAGES {
        let (folder, launch) = fresh("save-as", language);
        let one = hall(&folder, "one.toml", 2);
        let taken = hall(&folder, "taken.toml", 1);
        let (before, there) =
            (std::fs::read_to_string(&one).unwrap(), std::fs::read_to_string(&taken).unwrap());
        let launch = Launch { hall: Some(one.clone()), ..launch };
        let mut desk = Desk::start(launch, language, SIZE, 1.0);
        desk.keys(Modifiers::COMMAND, Key::A);
        desk.keys(Modifiers::SHIFT, Key::ArrowDown);
        desk.keys(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::S);
        desk.fill(desk.say(Word::FileName), "taken");
        desk.click_word(Word::SaveHere);
        desk.harness.get_by_label(desk.say(Word::ReplaceAsk));
        assert_eq!(std::fs::read_to_string(&taken).unwrap(), there);
        desk.fill(desk.say(Word::FileName), "two");
        desk.click_word(Word::SaveHere);
        let two = folder.join("two.toml");
        assert_eq!(desk.editor().file(), two);
        assert_eq!(std::fs::read_to_string(&two).unwrap(), desk.text());
        assert_eq!(std::fs::read_to_string(&one).unwrap(), before, "the former file is what it was");
        assert!(!folder.join(".one.toml.journal").exists(), "and nothing of it waits to be recovered");
        // From now on the new file is the one that is worked on.
        desk.keys(Modifiers::SHIFT, Key::ArrowDown);
        desk.keys(Modifiers::COMMAND, Key::S);
        assert_eq!(std::fs::read_to_string(&two).unwrap(), desk.text());
    }
}

#[test]
fn locks_and_groups_are_there_again_when_the_document_is_opened_again() {
    let (folder, launch) = fresh("kept", Language::Chinese);
    let launch = Launch { hall: Some(hall(&folder, "hall.toml", 3)), ..launch };
    let mut desk = Desk::start(launch.clone(), Language::Chinese, SIZE, 1.0);
    let ids: Vec<_> = desk.editor().session().items().into_iter().map(|item| item.id).collect();
    let session = desk.editor_mut().session_mut();
    session.select([ids[0].clone()], false);
    session.toggle_lock();
    session.select([ids[1].clone(), ids[2].clone()], false);
    session.group();
    let kept = session.kept();
    desk.program().end();
    drop(desk);
    let mut desk = Desk::start(launch.clone(), Language::Chinese, SIZE, 1.0);
    assert_eq!(desk.editor().session().kept(), kept);
    let session = desk.editor_mut().session_mut();
    assert!(session.is_locked(&ids[0]));
    session.select([ids[1].clone()], false);
    assert_eq!(session.selected().len(), 2, "the group is selected together");
    // Another document of the same names has none of it.
    desk.program().end();
    let other = folder.join("other.toml");
    std::fs::copy(folder.join("hall.toml"), &other).unwrap();
    let desk = Desk::start(Launch { hall: Some(other), ..launch }, Language::Chinese, SIZE, 1.0);
    assert_eq!(desk.editor().session().kept(), editor_model::Kept::default());
}

#[test]
fn what_cannot_be_done_is_said_in_the_designers_language() {
    for language in LANGUAGES {
        let (folder, launch) = fresh("refused", language);
        let launch = Launch { hall: Some(hall(&folder, "hall.toml", 2)), ..launch };
        let mut desk = Desk::start(launch, language, SIZE, 1.0);
        let before = desk.text();
        let name = desk.name(0);
        desk.click(&name);
        desk.fill(desk.say(Word::Slot), "no slot!");
        desk.keys(Modifiers::NONE, Key::Enter);
        assert_eq!(desk.text(), before);
        let words = said(&desk, desk.say(Word::Refused)).expect("nothing is said");
        let chinese = words.chars().any(|c| ('一'..='龥').contains(&c));
        assert_eq!(chinese, language == Language::Chinese, "{words}");
        let english = words.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 3).count();
        assert!(language == Language::English || english <= 2, "{words}");
    }
}

#[test]
fn f2_takes_the_pen_to_the_name_of_the_scene() {
    for language in LANGUAGES {
        let (folder, launch) = fresh("rename", language);
        let launch = Launch { hall: Some(hall(&folder, "hall.toml", 1)), ..launch };
        let mut desk = Desk::start(launch, language, SIZE, 1.0);
        desk.keys(Modifiers::NONE, Key::F2);
        let field = desk.harness.get_by_role_and_label(Role::TextInput, desk.say(Word::NameChinese));
        assert!(field.is_focused());
        field.type_text("指挥");
        desk.settle();
        desk.keys(Modifiers::NONE, Key::Enter);
        assert_eq!(desk.editor().session().scene().unwrap().name.zh, "指挥");
        // With a text selected it is the text's words.
        let context = desk.harness.ctx.clone();
        desk.editor_mut().run(Command::AddText, &context);
        desk.settle();
        desk.keys(Modifiers::NONE, Key::F2);
        let field = desk.harness.get_by_role_and_label(Role::MultilineTextInput, desk.say(Word::TextChinese));
        assert!(field.is_focused());
        field.type_text("大厅");
        desk.settle();
        // Escape leaves the line, which counts, and the window stays selected.
        desk.keys(Modifiers::NONE, Key::Escape);
        assert!(desk.text().contains("大厅"), "{}", desk.text());
        assert!(desk.editor().session().only().is_some());
    }
}
