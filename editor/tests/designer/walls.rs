//! Building walls and hanging screens, by names, in both languages.

use crate::desk::Desk;
use editor::{Command, Language, Word, demo_hall};
use editor_model::ScreenItem;
use egui::{Key, Modifiers, Role, vec2};
use egui_kittest::kittest::Queryable as _;

const SIZE: (f32, f32) = (1440.0, 900.0);
const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

/// Room for the whole panel.
const TALL: (f32, f32) = (1440.0, 1600.0);

fn opened(name: &str, language: Language) -> Desk {
    Desk::open(&format!("{name}-{language:?}"), &demo_hall(), language, SIZE)
}

fn opened_tall(name: &str, language: Language) -> Desk {
    Desk::open(&format!("{name}-{language:?}"), &demo_hall(), language, TALL)
}

fn screen(desk: &Desk, id: &str) -> ScreenItem {
    let items = desk.editor().session().screen_items();
    items.into_iter().find(|item| item.id.as_str() == id).unwrap()
}

/// What a screen is called on the canvas.
fn called(desk: &Desk, id: &str) -> String {
    format!("{} {} · {id}", desk.say(Word::Screen), screen(desk, id).number)
}

/// Runs a command by its name in the command palette.
fn command(desk: &mut Desk, word: Word) {
    desk.keys(Modifiers::COMMAND, Key::K);
    let field = desk.harness.get_by_role_and_label(Role::TextInput, desk.say(Word::SearchCommands));
    field.type_text(desk.say(word));
    desk.settle();
    desk.keys(Modifiers::NONE, Key::Enter);
}

/// Enters a number into the field of a name.
fn enter(desk: &mut Desk, word: Word, number: &str) {
    let name = desk.say(word);
    // A long panel may hide it.
    desk.harness.get_by_role_and_label(Role::SpinButton, name).scroll_to_me();
    desk.settle();
    desk.harness.get_by_role_and_label(Role::SpinButton, name).click();
    desk.harness.run_steps(2);
    desk.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    desk.harness.event(egui::Event::Text(number.to_owned()));
    desk.harness.run_steps(1);
    desk.keys(Modifiers::NONE, Key::Enter);
}

#[test]
fn screens_are_selected_dragged_nudged_turned_and_everything_is_taken_back() {
    for language in LANGUAGES {
        let mut desk = opened("hangs", language);
        let before = desk.text();
        desk.keys(Modifiers::NONE, Key::M);
        assert!(desk.editor().session().is_on_wall());
        let name = called(&desk, "b3");
        desk.click(&name);
        assert_eq!(desk.editor().session().selected_screens().len(), 1);
        desk.snapshot("wall-mode");
        let (lit, middle) = (screen(&desk, "b3").lit, desk.find(&name).center());
        desk.drag(middle, middle + vec2(90.0, 0.0));
        let moved = screen(&desk, "b3").lit;
        assert!(moved.x > lit.x + 50_000, "{lit:?} {moved:?}");
        desk.keys(Modifiers::SHIFT, Key::ArrowRight);
        desk.keys(Modifiers::NONE, Key::ArrowRight);
        assert_eq!(screen(&desk, "b3").lit.x, moved.x + 11_000);
        desk.keys(Modifiers::NONE, Key::R);
        let turned = screen(&desk, "b3").lit;
        assert_eq!((turned.width, turned.height), (lit.height, lit.width));
        let steps = desk.editor().session().history().past().len();
        assert_eq!(steps, 3, "a drag, nudges, a turn");
        for _ in 0..steps {
            desk.keys(Modifiers::COMMAND, Key::Z);
        }
        assert_eq!(desk.text(), before);
        // Onto another screen: it goes back, and nothing has happened.
        let target = desk.find(&called(&desk, "b1")).center();
        desk.drag(desk.find(&name).center(), target);
        assert_eq!(desk.text(), before);
        desk.keys(Modifiers::NONE, Key::Escape);
        assert!(desk.editor().session().selected_screens().is_empty());
        desk.keys(Modifiers::NONE, Key::Escape);
        assert!(!desk.editor().session().is_on_wall());
    }
}

#[test]
fn every_screen_shows_its_number_on_the_canvas() {
    for language in LANGUAGES {
        let mut desk = opened("identifies", language);
        let plain = desk.editor().canvas().picture().shown().unwrap().picture.bytes.clone();
        desk.keys(Modifiers::NONE, Key::I);
        desk.snapshot("identify");
        let cards = desk.editor().canvas().picture().shown().unwrap().picture.bytes.clone();
        assert!(plain != cards);
        desk.keys(Modifiers::NONE, Key::I);
        assert!(desk.editor().canvas().picture().shown().unwrap().picture.bytes == plain);
    }
}

#[test]
fn a_wall_is_built_from_a_panel_rows_and_columns() {
    for language in LANGUAGES {
        let mut desk = opened_tall("builds", language);
        let before = desk.text();
        command(&mut desk, Word::BuildWall);
        enter(&mut desk, Word::PanelColumns, "5");
        enter(&mut desk, Word::PanelRows, "3");
        enter(&mut desk, Word::OutputsPerNode, "6");
        let cabling = desk.say(Word::CablingSerpentine);
        desk.harness.get_by_role_and_label(Role::Button, cabling).scroll_to_me();
        desk.settle();
        desk.click_word(Word::CablingSerpentine);
        desk.harness.get_by_label(desk.say(Word::BuildReady));
        desk.snapshot("build-wall");
        let field = desk.harness.get_by_role_and_label(Role::TextInput, desk.say(Word::NodeNames));
        field.focus();
        desk.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        desk.harness.event(egui::Event::Text("left".to_owned()));
        desk.settle();
        // The demo's left node has three screens.
        desk.snapshot("build-wall-clash");
        assert!(desk.harness.query_by_label(desk.say(Word::BuildReady)).is_none());
        desk.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        desk.harness.event(egui::Event::Text("north, south".to_owned()));
        desk.settle();
        desk.click_word(Word::BuildNow);
        let session = desk.editor().session();
        let wall = session.wall().unwrap();
        assert_eq!((wall.screens.len(), wall.id.as_str()), (15, "wall-1"));
        let ends = [&wall.screens[0], &wall.screens[14]]
            .map(|screen| (screen.node.to_string(), screen.output_number));
        assert_eq!(ends, [("north".to_owned(), 1), ("south-2".to_owned(), 3)]);
        desk.snapshot("wall-built");
        let lines: std::collections::HashSet<String> = desk.text().lines().map(str::to_owned).collect();
        assert!(before.lines().all(|line| lines.contains(line)), "a line that nobody touched is gone");
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.text(), before);
    }
}

#[test]
fn a_screen_is_dragged_to_another_output_and_the_two_change_places() {
    for language in LANGUAGES {
        let mut desk = opened_tall("outputs", language);
        let before = desk.text();
        desk.click_word(Word::Wall);
        let free = format!("left 4: {}", desk.say(Word::OutputFree));
        let (from, to) = (desk.find("left 1: a1").center(), desk.find("right 2: b2").center());
        desk.drag(from, to);
        desk.snapshot("outputs");
        let item = screen(&desk, "a1");
        assert_eq!((item.node.as_str(), item.output), ("right", 2));
        assert_eq!((screen(&desk, "b2").node.as_str(), screen(&desk, "b2").output), ("left", 1));
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.text(), before);
        let (from, to) = (desk.find("left 1: a1").center(), desk.find(&free).center());
        desk.drag(from, to);
        assert_eq!(screen(&desk, "a1").output, 4);
        desk.find("left 4: a1");
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.text(), before);
    }
}

#[test]
fn a_screen_s_numbers_are_entered_and_what_would_be_wrong_is_refused_in_words() {
    for language in LANGUAGES {
        let mut desk = opened_tall("numbers", language);
        desk.keys(Modifiers::NONE, Key::M);
        let name = called(&desk, "b3");
        desk.click(&name);
        enter(&mut desk, Word::ScreenX, "2300");
        assert_eq!(screen(&desk, "b3").lit.x, 2_300_000);
        let before = desk.text();
        enter(&mut desk, Word::ScreenX, "1700");
        assert_eq!(desk.text(), before, "it would lie over b2");
        let refused = desk.say(Word::Refused);
        desk.harness.get_by_label_contains(refused);
        desk.snapshot("refused");
        enter(&mut desk, Word::WallTick, "50");
        assert!(desk.text().contains("tick_hz = 50"), "{}", desk.text());
        assert_eq!(desk.editor().session().wall().unwrap().tick.hz(), 50);
    }
}

#[test]
fn a_window_whose_middle_lies_across_a_bezel_is_marked() {
    for language in LANGUAGES {
        let mut desk = opened("bezels", language);
        let text = desk.text();
        assert!(desk.editor().is_possible(Command::AddText));
        // A picture over the edge between a1 and a2.
        let session = desk.editor_mut().session_mut();
        let source = session.layout().sources().next().unwrap().id.clone();
        let rect = editor_model::Rect { x: 800_000, y: 80_000, width: 480_000, height: 270_000 };
        let name = ("加".to_owned(), "Add".to_owned());
        session.add(name, layouts_edit::NewContent::Source(source), rect).unwrap();
        desk.click_word(Word::Preflight);
        desk.snapshot("bezel-advice");
        let said = if language == Language::Chinese { "拼缝" } else { "lies across a bezel" };
        desk.harness.get_by_label_contains(said);
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.text(), text);
        assert!(desk.harness.query_by_label_contains(said).is_none());
    }
}
