//! Widgets by names, in both languages: put in, filled with rows, written, coloured, read; templates that are saved meanwhile; and sources
//! by the tree of the grid.

use crate::desk::Desk;
use editor::{Language, Rows, Word, demo_hall};
use editor_model::Sort;
use egui::{Key, Modifiers, Role, vec2};
use egui_kittest::kittest::Queryable as _;
use layouts::{Answer, Layout, WindowContent, Words};
use media::{QueryId, Table, Value, WallTime};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const SIZE: (f32, f32) = (1440.0, 1400.0);
const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];
/// 2026-11-23 10:32 in Beijing.
const NOW: WallTime = WallTime(1_795_401_120_000_000_000);

const HALL: &str = r##"version = 1
[hall]
name = { zh = "大厅", en = "Hall" }
utc_offset = "+08:00"
[[wall]]
id = "w"
tick_hz = 25
canvas_px_per_mm = 1
viewing_distance_m = 2
[[wall.screen]]
id = "s1"
node = "n"
output = 1
resolution = [1280, 720]
position_mm = [0, 0]
size_mm = [1280, 720]
[[table]]
id = "jobs"
columns = { id = "text", street = "text", open = "integer" }
key = ["id"]
[[feed]]
id = "jobs"
file = { path = "in/jobs.csv" }
table = "jobs"
[[query]]
id = "open"      # of all streets
sql = "select count(*) as value from jobs"
[[query]]
id = "streets"
sql = "select street as name, count(*) as value from jobs group by 1"
[[scene]]
id = "day"
wall = "w"
[[scene.window]]
widget = "figure"
title = { zh = "未结工单", en = "Open jobs" }
query = "open"
rect_px = [40, 40, 400, 300]
[[scene.window]]
widget = "ranking"
title = { zh = "各街道", en = "By street" }
query = "streets"
rect_px = [480, 40, 760, 300]
"##;

const DATA: &str = r#"{
  "open": { "columns": ["value"], "rows": [[47906.25]], "promise_s": 31536000 },
  "streets": { "columns": ["name", "value"], "rows": [["南风", 46], ["临湖", 31], ["金桥", 12]], "promise_s": 31536000 }
}"#;

fn opened(name: &str, text: &str, language: Language) -> Desk {
    let mut desk = Desk::open(&format!("{name}-{language:?}"), text, language, SIZE);
    desk.editor_mut().set_clock(|| NOW);
    desk
}

/// Brings what bears a name into sight, which a long inspector may hide, and clicks it.
fn press(desk: &mut Desk, role: Role, name: &str) {
    desk.harness.get_by_role_and_label(role, name).scroll_to_me();
    desk.settle();
    desk.harness.get_by_role_and_label(role, name).click();
    desk.settle();
}

/// Types into the line that bears a name.
fn type_into(desk: &mut Desk, name: &str, words: &str) {
    press(desk, Role::TextInput, name);
    desk.harness.get_by_role_and_label(Role::TextInput, name).type_text(words);
    desk.harness.run_steps(2);
    desk.keys(Modifiers::NONE, Key::Enter);
}

/// Opens the data file by typing its path, with a window selected whose query it answers.
fn fill(desk: &mut Desk) {
    std::fs::write(desk.hall.with_file_name("data.json"), DATA).unwrap();
    type_into(desk, desk.say(Word::DataFile), "data.json");
}

fn choose(desk: &mut Desk, list: &str, entry: &str) {
    press(desk, Role::ComboBox, list);
    desk.harness.get_all_by_label(entry).last().unwrap().scroll_to_me();
    desk.settle();
    desk.harness.get_all_by_label(entry).last().unwrap().click();
    desk.settle();
}

/// What is on the canvas.
fn picture(desk: &Desk) -> Vec<u8> {
    desk.editor().canvas().picture().shown().unwrap().picture.bytes.clone()
}

#[test]
fn a_widget_is_found_by_its_sound_dragged_in_and_shows_rows_at_once() {
    for language in LANGUAGES {
        let mut desk = opened("widget-palette", HALL, language);
        desk.click_word(Word::Widgets);
        desk.snapshot("widgets");
        let field = desk.harness.get_by_role_and_label(Role::TextInput, desk.say(Word::SearchWidgets));
        field.focus();
        field.type_text("yb");
        desk.settle();
        assert!(desk.harness.query_by_label(Sort::Clock.name(language)).is_none());
        let before = picture(&desk);
        let card = desk.find(Sort::Gauge.name(language)).center();
        let to = desk.at(640, 540);
        desk.drag(card, to);
        let text = desk.text();
        assert!(text.contains("widget = \"gauge\"") && text.contains("id = \"gauge\"\nsql = "), "{text}");
        assert_eq!(desk.editor().session().items().len(), 3);
        assert!(desk.editor().session().widget().is_some());
        assert_ne!(picture(&desk), before);
        desk.harness.get_by_label_contains(desk.say(Word::FromQuery));
        desk.snapshot("widget-gauge");
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.text(), HALL);
    }
}

#[test]
fn rows_come_from_a_file_and_are_written_as_the_wall_writes_them() {
    for language in LANGUAGES {
        let mut desk = opened("widget-rows", HALL, language);
        let name = desk.name(0);
        desk.click(&name);
        desk.harness.get_by_label(desk.say(Word::RowsUnknown));
        desk.harness.get_by_label_contains("in/jobs.csv");
        let waiting = picture(&desk);
        fill(&mut desk);
        assert_ne!(picture(&desk), waiting, "the canvas shows the rows");
        desk.harness.get_by_label_contains("data.json");
        // The example is the wall's own words, and the wall of this hall speaks Chinese.
        desk.harness.get_by_label("47,906");
        let short = desk.say(Word::ShortNumbers);
        press(&mut desk, Role::CheckBox, short);
        desk.harness.get_by_label("4.79 万");
        assert!(desk.text().contains("short = true\n"));
        let unit = desk.say(Word::UnitChinese);
        type_into(&mut desk, unit, "件");
        assert!(desk.text().contains("unit = \"件\"\n"), "{}", desk.text());
        desk.snapshot("widget-rows");
        let lines: Vec<String> = desk.text().lines().map(str::to_owned).collect();
        assert!(
            HALL.lines().all(|line| lines.iter().any(|own| own == line)),
            "a line that nobody touched is gone"
        );
    }
}

#[test]
fn thresholds_are_added_dragged_and_taken_back() {
    for language in LANGUAGES {
        let mut desk = opened("widget-thresholds", HALL, language);
        let name = desk.name(0);
        desk.click(&name);
        fill(&mut desk);
        for _ in 0..3 {
            let add = desk.say(Word::AddThreshold);
            press(&mut desk, Role::Button, add);
        }
        let before = desk.text();
        let steps = |desk: &Desk| {
            let scene = desk.editor().session().scene().unwrap().id.clone();
            desk.editor().session().document().widget(&scene, 0).unwrap().thresholds()
        };
        let three = steps(&desk);
        assert_eq!(three.iter().map(|(_, color)| &**color).collect::<Vec<_>>(), ["ok", "warn", "danger"]);
        assert!(three.windows(2).all(|pair| pair[0].0 < pair[1].0), "{three:?}");
        let word = desk.say(Word::Threshold);
        let handle = desk.harness.get_by(|node| {
            node.role() == Role::Slider
                && node.label().is_some_and(|label| label.starts_with(&format!("{word} 2 ")))
        });
        let from = handle.rect().center();
        desk.drag(from, from + vec2(-24.0, 0.0));
        let moved = steps(&desk);
        assert!(moved[1].0 < three[1].0 && moved[1].0 > moved[0].0, "{moved:?}");
        desk.snapshot("widget-thresholds");
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.text(), before, "the whole drag is one step");
        let remove = format!("{} 2", desk.say(Word::RemoveThreshold));
        press(&mut desk, Role::Button, &remove);
        assert_eq!(steps(&desk), [three[0].clone(), three[2].clone()]);
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(desk.text(), before);
    }
}

/// Answers each query with its own statement.
struct Echo;

impl Rows for Echo {
    fn name(&self) -> Words {
        Words { zh: "回声".to_owned(), en: "echo".to_owned() }
    }

    fn ask(&mut self, layout: &Layout, queries: &[QueryId]) -> BTreeMap<QueryId, Result<Answer, Words>> {
        let answer = |query: &QueryId| {
            let sql = &layout.query(query)?.sql;
            let table = Table::new(vec!["name".into()], vec![vec![Value::Text((&**sql).into())]])?;
            let answer = Answer {
                table: Arc::new(table),
                as_of: Some(NOW),
                promise: Duration::from_secs(60),
                fault: None,
            };
            let wrong = sql
                .contains("nowhere")
                .then(|| Words { zh: "没有这张表".to_owned(), en: "no such table".to_owned() });
            Some((query.clone(), wrong.map_or(Ok(answer), Err)))
        };
        queries.iter().filter_map(answer).collect()
    }
}

#[test]
fn a_query_is_run_and_its_missing_columns_and_faults_are_said() {
    for language in LANGUAGES {
        let mut desk = opened("widget-run", HALL, language);
        let context = desk.harness.ctx.clone();
        desk.editor_mut().set_rows(Box::new(Echo), &context);
        let name = desk.name(1);
        desk.click(&name);
        let word = desk.say(Word::RunQuery);
        press(&mut desk, Role::Button, word);
        desk.harness.get_by_label_contains(if language == Language::Chinese { "回声" } else { "echo" });
        let missing = format!("{} value", desk.say(Word::MissingColumns));
        desk.harness.get_by_label(&missing);
        // The copy of the query asks the same and has its rows.
        let word = desk.say(Word::NewQuery);
        press(&mut desk, Role::Button, word);
        assert!(desk.text().contains("query = \"ranking\"\n"), "{}", desk.text());
        desk.harness.get_by_label(&missing);
        let query = QueryId::new("ranking").unwrap();
        let asks =
            desk.editor_mut().session_mut().set_statement(&query, "select 1 as name from nowhere".to_owned());
        asks.unwrap();
        desk.settle();
        desk.harness.get_by_label(desk.say(Word::RowsUnknown));
        let word = desk.say(Word::RunQuery);
        press(&mut desk, Role::Button, word);
        desk.harness.get_by_label("没有这张表");
    }
}

#[test]
fn a_kind_is_changed_and_samples_stand_in_for_rows() {
    for language in LANGUAGES {
        let mut desk = opened("widget-kind", HALL, language);
        let name = desk.name(1);
        desk.click(&name);
        let kind = desk.say(Word::WidgetKind);
        choose(&mut desk, kind, Sort::Donut.name(language));
        assert!(desk.text().contains("widget = \"donut\"\n"), "{}", desk.text());
        desk.click_word(Word::Widgets);
        let waiting = picture(&desk);
        let samples = desk.say(Word::SampleRows);
        press(&mut desk, Role::CheckBox, samples);
        assert_ne!(picture(&desk), waiting);
        desk.harness.get_by_label_contains(desk.say(Word::FromSample));
        let word = desk.say(Word::ThemeLight);
        press(&mut desk, Role::Button, word);
        assert!(desk.text().contains("theme = \"light\"\n"));
        desk.snapshot("widget-donut");
        let samples = desk.say(Word::SampleRows);
        press(&mut desk, Role::CheckBox, samples);
        assert_ne!(picture(&desk), waiting, "the hall is light now");
        desk.keys(Modifiers::COMMAND, Key::Z);
        assert_eq!(picture(&desk), waiting);
    }
}

#[test]
fn a_template_that_is_saved_is_shown_and_a_wrong_one_is_named_and_changes_nothing() {
    for language in LANGUAGES {
        let widget =
            HALL.replace("widget = \"ranking\"", "widget = \"template\"\ntemplate = \"widgets/own.svg\"");
        let mut desk = opened("widget-template", HALL, language);
        let file = desk.hall.with_file_name("media").join("widgets/own.svg");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let draw = |color: &str, more: &str| {
            let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='100' height='40'>";
            let text = format!("{svg}\n<path d='M0 0h100v40h-100z' fill='{color}'/>\n{more}</svg>");
            std::fs::write(&file, text).unwrap();
        };
        draw("#35B6FF", "");
        std::fs::write(&desk.hall, widget).unwrap();
        let hall = desk.hall.clone();
        drop(desk);
        desk = Desk::open_file(hall, language, SIZE);
        desk.editor_mut().set_clock(|| NOW);
        let name = desk.name(1);
        desk.click(&name);
        fill(&mut desk);
        let blue = picture(&desk);
        draw("#FFB020", "<!-- -->");
        desk.editor().look_at_files();
        desk.settle();
        let amber = picture(&desk);
        assert_ne!(amber, blue, "what was saved is shown");
        draw("#FF6B6B", "\n\n{{ nothing.of.that }}");
        desk.editor().look_at_files();
        desk.settle();
        assert_eq!(picture(&desk), amber, "the last good picture stays");
        let faults = desk.editor().canvas().picture().shown().unwrap().faults.clone();
        assert_eq!(faults.len(), 1, "{faults:?}");
        let fault = faults[0].get(language);
        assert!(fault.contains("widgets/own.svg") && fault.contains('5'), "{fault}");
        desk.harness.get_by_label(fault);
        desk.snapshot("widget-template");
        draw("#35B6FF", "");
        desk.editor().look_at_files();
        desk.settle();
        assert_eq!(picture(&desk), blue);
        assert!(desk.editor().canvas().picture().shown().unwrap().faults.is_empty());
    }
}

#[test]
fn what_cannot_be_read_is_said_and_remedied_by_a_click() {
    for language in LANGUAGES {
        let faint = "query = \"open\"\ntext_px = 8\nthresholds = [{ from = 0, color = \"#14304C\" }]";
        let text = HALL.replacen("query = \"open\"", faint, 1);
        let mut desk = opened("widget-legible", &text, language);
        let name = desk.name(0);
        desk.click(&name);
        desk.snapshot("widget-legible");
        let word = desk.say(Word::LargerLetters);
        press(&mut desk, Role::Button, word);
        let word = desk.say(Word::ReadableColor);
        press(&mut desk, Role::Button, word);
        desk.harness.get_by_label(desk.say(Word::Legible));
        assert_eq!(layouts::advice(desk.editor().session().layout()), []);
        let window = desk.editor().session().only().unwrap().0.clone();
        let WindowContent::Widget(widget) = window.content else { panic!("no widget") };
        assert!(widget.size * 3 / 4 >= desk.editor().session().wall().unwrap().legible_size());
        // The pre-flight offers the same.
        desk.keys(Modifiers::COMMAND, Key::Z);
        desk.keys(Modifiers::NONE, Key::Escape);
        desk.click_word(Word::Preflight);
        let word = desk.say(Word::ReadableColor);
        press(&mut desk, Role::Button, word);
        desk.harness.get_by_label(desk.say(Word::NoAdvice));
    }
}

#[test]
fn sources_are_found_in_the_tree_of_the_grid() {
    for language in LANGUAGES {
        let mut desk = opened("grid-tree", &demo_hall(), language);
        let layout = desk.editor().session().document().layout().clone();
        let source = layout.sources().find(|source| source.id.as_str() == "gate-east").unwrap();
        desk.click_word(Word::ByGrid);
        assert!(desk.harness.query_by_label(source.label.get(language)).is_none());
        let names: Vec<String> =
            source.place.as_ref().unwrap().names.iter().map(|name| name.get(language).to_owned()).collect();
        for name in &names {
            let line = desk.harness.get_by(|node| {
                let label = node.label().unwrap_or_default();
                let count = label
                    .strip_prefix(&format!("{name} "))
                    .map(|rest| rest.chars().all(|c| c.is_ascii_digit()));
                node.role() == Role::Button && count == Some(true)
            });
            line.click();
            desk.settle();
        }
        desk.snapshot("grid-tree");
        let before = desk.editor().session().items().len();
        let row = desk.find(source.label.get(language)).center();
        let to = desk.at(60, 60);
        desk.harness.event(egui::Event::ModifiersChanged(Modifiers::SHIFT));
        desk.drag(row, to);
        desk.harness.event(egui::Event::ModifiersChanged(Modifiers::NONE));
        assert_eq!(desk.editor().session().items().len(), before + 1);
        // What is looked for opens all that it lies in.
        let field = desk.harness.get_by_role_and_label(Role::TextInput, desk.say(Word::SearchSources));
        field.focus();
        field.type_text("nfhy");
        desk.settle();
        desk.find(source.label.get(language));
    }
}
