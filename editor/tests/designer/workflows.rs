//! A designer's work, by names, in both languages: every control is found by its name and no letter is missing from the bundled font.

use crate::desk::Desk;
use editor::{Language, Word, demo_hall};
use egui::{Key, Modifiers, Role, vec2};
use egui_kittest::kittest::Queryable as _;

const SIZE: (f32, f32) = (1440.0, 900.0);
const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

fn opened(name: &str, language: Language) -> Desk {
    Desk::open(&format!("{name}-{language:?}"), &demo_hall(), language, SIZE)
}

#[test]
fn the_demo_hall_is_opened_and_looks_as_it_did() {
    for language in LANGUAGES {
        let mut desk = opened("opens", language);
        desk.snapshot("opened");
        desk.editor_mut().preferences_mut().dark = false;
        desk.snapshot("light");
    }
}

#[test]
fn a_window_is_selected_dragged_resized_and_everything_is_taken_back() {
    for language in LANGUAGES {
        let mut desk = opened("drags", language);
        let before = desk.text();
        let (name, place) = (desk.name(0), desk.place(0));
        desk.click(&name);
        assert_eq!(desk.editor().session().selected().len(), 1);
        let middle = desk.find(&name).center();
        desk.drag(middle, middle + vec2(40.0, 20.0));
        let moved = desk.place(0);
        assert_ne!((moved.x, moved.y), (place.x, place.y));
        assert_eq!((moved.width, moved.height), (place.width, place.height));
        let handle = desk.find(desk.say(Word::HandleBottomRight)).center();
        desk.drag(handle, handle - vec2(60.0, 40.0));
        let sized = desk.place(0);
        assert!(sized.width < moved.width && sized.height < moved.height);
        assert_eq!((sized.x, sized.y), (moved.x, moved.y));
        desk.snapshot("selected");
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.place(0), moved);
        desk.keys(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
        assert_eq!(desk.place(0), sized);
        desk.keys(Modifiers::COMMAND, Key::Z);
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.text(), before);
    }
}

#[test]
fn several_windows_are_marked_aligned_nudged_copied_and_deleted() {
    for language in LANGUAGES {
        let mut desk = opened("several", language);
        let before = desk.editor().session().items().len();
        desk.keys(Modifiers::COMMAND, Key::A);
        assert_eq!(desk.editor().session().selected().len(), before);
        desk.click_word(Word::AlignTop);
        let tops: Vec<i64> = desk.editor().session().items().iter().map(|item| item.rect.y).collect();
        assert!(tops.iter().all(|top| *top == tops[0]), "{tops:?}");
        desk.keys(Modifiers::COMMAND, Key::Z);
        desk.keys(Modifiers::NONE, Key::Escape);
        let name = desk.name(0);
        desk.click(&name);
        let place = desk.place(0);
        desk.keys(Modifiers::SHIFT, Key::ArrowDown);
        desk.keys(Modifiers::NONE, Key::ArrowDown);
        assert_eq!(
            desk.place(0).y,
            (place.y + 11_000).min(desk.editor().session().canvas().height - place.height)
        );
        desk.keys(Modifiers::COMMAND, Key::D);
        assert_eq!(desk.editor().session().items().len(), before + 1);
        desk.keys(Modifiers::NONE, Key::Delete);
        assert_eq!(desk.editor().session().items().len(), before);
    }
}

#[test]
fn the_marquee_takes_what_it_meets() {
    for language in LANGUAGES {
        let mut desk = opened("marquee", language);
        let all = desk.editor().session().items().len();
        let canvas = desk.editor().session().canvas();
        let from = desk.at(canvas.width / 1000 + 40, canvas.height / 1000 + 40);
        let to = desk.at(-40, -40);
        desk.drag(from, to);
        assert_eq!(desk.editor().session().selected().len(), all);
        desk.drag(from, desk.at(canvas.width / 1000 + 10, canvas.height / 1000 + 10));
        assert_eq!(desk.editor().session().selected().len(), 0);
    }
}

#[test]
fn a_source_is_found_by_its_sound_and_dragged_onto_the_canvas() {
    for language in LANGUAGES {
        let mut desk = opened("sources", language);
        let before = desk.editor().session().items().len();
        let field = desk.harness.get_by_role_and_label(Role::TextInput, desk.say(Word::SearchSources));
        field.focus();
        field.type_text("nfhy");
        desk.settle();
        desk.snapshot("search");
        let layout = desk.editor().session().document().layout().clone();
        let source = layout.sources().find(|source| source.id.as_str() == "gate-east").unwrap();
        let row = desk.find(source.label.get(language)).center();
        let to = desk.at(60, 60);
        // With Shift it is a new window wherever it is dropped.
        desk.harness.event(egui::Event::ModifiersChanged(Modifiers::SHIFT));
        desk.drag(row, to);
        desk.harness.event(egui::Event::ModifiersChanged(Modifiers::NONE));
        assert_eq!(desk.editor().session().items().len(), before + 1);
        assert_eq!(desk.editor().session().selected().len(), 1);
    }
}

#[test]
fn a_scene_is_made_from_an_arrangement_named_and_saved() {
    for language in LANGUAGES {
        let mut desk = opened("scenes", language);
        let before = desk.text();
        let four = if language == Language::Chinese { "四画面" } else { "Four" };
        desk.click(four);
        assert_eq!(desk.editor().session().scene().unwrap().windows.len(), 4);
        desk.snapshot("arrangement");
        assert!(desk.editor().session().history().is_changed());
        desk.keys(Modifiers::COMMAND, Key::S);
        assert!(!desk.editor().session().history().is_changed());
        let saved = std::fs::read_to_string(&desk.hall).unwrap();
        assert_eq!(saved, desk.text());
        assert!(saved.len() > before.len());
        layouts::parse(&saved, "hall.toml").unwrap();
        let lines: std::collections::HashSet<&str> = saved.lines().collect();
        assert!(before.lines().all(|line| lines.contains(line)), "a line that nobody touched is gone");
    }
}

#[test]
fn commands_are_found_and_run_by_name() {
    for language in LANGUAGES {
        let mut desk = opened("palette", language);
        desk.keys(Modifiers::COMMAND, Key::K);
        let field = desk.harness.get_by_role_and_label(Role::TextInput, desk.say(Word::SearchCommands));
        field.type_text(desk.say(Word::SelectAll));
        desk.settle();
        desk.snapshot("palette");
        desk.keys(Modifiers::NONE, Key::Enter);
        let session = desk.editor().session();
        assert_eq!(session.selected().len(), session.items().len());
        desk.keys(Modifiers::NONE, Key::F1);
        desk.snapshot("shortcuts");
        desk.keys(Modifiers::NONE, Key::Escape);
    }
}

#[test]
fn steps_of_the_history_are_named_and_gone_back_to() {
    for language in LANGUAGES {
        let mut desk = opened("history", language);
        let before = desk.text();
        let name = desk.name(0);
        desk.click(&name);
        desk.keys(Modifiers::COMMAND, Key::D);
        desk.keys(Modifiers::NONE, Key::Delete);
        desk.click_word(Word::History);
        desk.snapshot("history");
        desk.click(&format!("0  {}", desk.say(Word::Opened)));
        assert_eq!(desk.text(), before);
        assert_eq!(desk.editor().session().history().future().len(), 2);
    }
}

#[test]
fn what_nodes_have_to_carry_is_said_before_it_goes_to_the_wall() {
    for language in LANGUAGES {
        let mut desk = opened("preflight", language);
        desk.click_word(Word::Preflight);
        desk.snapshot("preflight");
        let scene = desk.editor().session().layout().scenes()[1].clone();
        let line = format!("{}: ", scene.name.get(language));
        let line = desk.harness.get_by(|node| {
            node.role() == Role::Button && node.label().is_some_and(|label| label.starts_with(&line))
        });
        line.scroll_to_me();
        desk.settle();
        let line = format!("{}: ", scene.name.get(language));
        let line = desk.harness.get_by(|node| {
            node.role() == Role::Button && node.label().is_some_and(|label| label.starts_with(&line))
        });
        line.click();
        desk.settle();
        assert_eq!(desk.editor().session().scene().unwrap().id, scene.id, "its line opens a scene");
    }
}

#[test]
fn what_is_too_much_for_a_node_is_named_and_helped_with_one_click() {
    for language in LANGUAGES {
        let few = demo_hall().replacen("decodes_1080p = 24", "decodes_1080p = 2", 1);
        assert!(few != demo_hall());
        let mut desk = Desk::open(&format!("over-{language:?}"), &few, language, SIZE);
        desk.click_word(Word::Preflight);
        let over = desk.say(Word::Over);
        assert!(desk.harness.query_all_by_label_contains(over).next().is_some());
        desk.snapshot("preflight-over");
        let before = desk.text();
        desk.click_word(Word::RemedyFewer);
        assert!(desk.harness.query_all_by_label_contains(over).next().is_none(), "it fits");
        assert!(desk.text().len() < before.len());
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.text(), before);
    }
}

#[test]
fn what_was_not_saved_is_back_after_the_editor_was_killed() {
    for language in LANGUAGES {
        let mut desk = opened("recovers", language);
        let name = desk.name(0);
        desk.click(&name);
        desk.keys(Modifiers::SHIFT, Key::ArrowDown);
        let (text, hall) = (desk.text(), desk.hall.clone());
        assert_ne!(std::fs::read_to_string(&hall).unwrap(), text);
        // Killed: nothing is told that it ends.
        std::mem::forget(desk);
        let mut desk = Desk::open_file(hall.clone(), language, SIZE);
        assert_eq!(desk.text(), text);
        desk.snapshot("recovered");
        desk.click_word(Word::DropRecovered);
        assert_eq!(desk.text(), std::fs::read_to_string(&hall).unwrap());
    }
}

#[test]
fn a_file_that_somebody_else_has_changed_is_not_written_over() {
    for language in LANGUAGES {
        let mut desk = opened("outside", language);
        let name = desk.name(0);
        desk.click(&name);
        desk.keys(Modifiers::SHIFT, Key::ArrowDown);
        let other = format!("{}\n# somebody else\n", demo_hall());
        std::fs::write(&desk.hall, &other).unwrap();
        desk.keys(Modifiers::COMMAND, Key::S);
        assert_eq!(std::fs::read_to_string(&desk.hall).unwrap(), other);
        desk.click_word(Word::Cancel);
        assert_eq!(std::fs::read_to_string(&desk.hall).unwrap(), other);
        desk.keys(Modifiers::COMMAND, Key::S);
        desk.click_word(Word::KeepMine);
        assert_eq!(std::fs::read_to_string(&desk.hall).unwrap(), desk.text());
    }
}
