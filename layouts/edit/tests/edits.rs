//! Edits of hall documents: what they change, what they leave alone, and what is refused.

use layouts::WindowContent;
use layouts_edit::{EditError, HallText, NewContent, NewWindow, Percent, Pixels, TextEdit};
use media::{SceneId, SourceId};
use proptest::prelude::*;

/// Two scenes in the two forms of TOML, with comments and spaces of all kinds; the designer's session is tested with it, too.
const HALL: &str = include_str!("hall.toml");

fn hall() -> HallText {
    HallText::parse(HALL, "hall.toml").unwrap()
}

fn scene(id: &str) -> SceneId {
    SceneId::new(id).unwrap()
}

fn source(id: &str) -> SourceId {
    SourceId::new(id).unwrap()
}

fn place(id: &str, window: usize, rect: [i64; 4]) -> TextEdit {
    TextEdit::Place { scene: scene(id), window, rect: Pixels(rect.map(|value| value * 1000)) }
}

/// Lines that are in one text and not in the other, in order.
fn differing(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (mut before, mut after) = (lines(before), lines(after));
    while before.first().is_some_and(|line| after.first() == Some(line)) {
        before.remove(0);
        after.remove(0);
    }
    while before.last().is_some_and(|line| after.last() == Some(line)) {
        before.pop();
        after.pop();
    }
    (before, after)
}

#[test]
fn a_document_that_nobody_edits_keeps_every_byte() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden");
    let golden = std::fs::read_dir(folder).unwrap().flatten();
    let mut texts: Vec<String> =
        golden.filter_map(|entry| std::fs::read_to_string(entry.path().join("hall.toml")).ok()).collect();
    assert!(texts.len() >= 25, "{}", texts.len());
    texts.extend([HALL.replace('\n', "\r\n"), format!("\u{feff}{HALL}"), HALL.trim_end().to_owned()]);
    for text in texts {
        let hall = HallText::parse(&text, "hall.toml").unwrap();
        assert_eq!(**hall.text(), *text);
        assert_eq!(**hall.edited(&[]).unwrap().text(), *text);
    }
}

#[test]
fn a_window_moves_and_only_its_line_changes() {
    let moved = hall().edited(&[place("day", 1, [10, 20, 300, 60])]).unwrap();
    let (before, after) = differing(HALL, moved.text());
    assert_eq!(before, ["rect_px = [ 100,100,  200, 50 ]  # unusual spaces stay"]);
    assert_eq!(after, ["rect_px = [10, 20, 300, 60]  # unusual spaces stay"]);
}

#[test]
fn what_stood_in_a_cell_stands_at_pixels_and_keeps_its_comment() {
    let moved = hall().edited(&[place("day", 0, [1, 2, 3, 4])]).unwrap();
    let text = moved.text();
    assert!(text.contains("rect_px = [1, 2, 3, 4]    # left\n") && !text.contains("cell ="), "{text}");
    assert!(text.contains("# the picture that people come for\n"), "{text}");
}

#[test]
fn windows_in_braces_are_edited_too() {
    let edits = [place("night", 1, [960, 0, 960, 1080]), place("night", 0, [0, 0, 900, 1000])];
    let moved = hall().edited(&edits).unwrap();
    let text = moved.text();
    assert!(text.contains("{ source = \"lake\", rect_px = [0, 0, 900, 1000] },   # inline\n"), "{text}");
    assert!(text.contains("{ source = \"gate\", rect_px = [960, 0, 960, 1080]"), "{text}");
    let windows = &moved.layout().scene(&scene("night")).unwrap().windows;
    assert_eq!(windows.len(), 2);
}

#[test]
fn another_source_takes_no_crop_with_it() {
    let shown = TextEdit::Source { scene: scene("day"), window: 0, source: source("lake") };
    let other = hall().edited(std::slice::from_ref(&shown)).unwrap();
    assert!(!other.text().contains("crop_percent"), "{}", other.text());
    let same = TextEdit::Source { scene: scene("day"), window: 0, source: source("gate") };
    assert_eq!(&**hall().edited(&[same]).unwrap().text(), HALL);
    let words = TextEdit::Source { scene: scene("day"), window: 1, source: source("gate") };
    // Words have keys that a picture has not.
    assert!(matches!(hall().edited(&[words]), Err(EditError::Wrong(_))));
    let crop =
        TextEdit::Crop { scene: scene("day"), window: 0, crop: Some(Percent([0, 0, 333_333, 1_000_000])) };
    assert!(hall().edited(&[crop]).unwrap().text().contains("crop_percent = [0, 0, 33.3333, 100]\n"));
}

#[test]
fn windows_and_scenes_come_and_go() {
    let window = NewWindow {
        content: NewContent::Source(source("lake")),
        rect: Pixels([0, 0, 100_500, 100_000]),
        z: 7,
    };
    let open = TextEdit::Open { scene: scene("day"), window };
    let opened = hall().edited(std::slice::from_ref(&open)).unwrap();
    let (before, after) = differing(HALL, opened.text());
    assert!(before.is_empty(), "{before:?}");
    let expected = ["", "[[scene.window]]", "source = \"lake\"", "rect_px = [0, 0, 100.5, 100]", "z = 7"];
    assert_eq!(
        after.iter().filter(|line| !line.is_empty()).collect::<Vec<_>>(),
        expected[1..].iter().collect::<Vec<_>>()
    );
    assert_eq!(opened.layout().scene(&scene("day")).unwrap().windows.len(), 5);
    // Behind those of its own scene, before the next one.
    assert!(opened.text().find("z = 7").unwrap() < opened.text().find("id = \"night\"").unwrap());

    let closed = opened.edited(&[TextEdit::Close { scene: scene("day"), window: 4 }]).unwrap();
    assert_eq!(closed.layout(), hall().layout());

    let name = ("夜间二".to_owned(), "Night two".to_owned());
    let copy = TextEdit::CopyScene { scene: scene("night"), copy: scene("night-2"), name: name.clone() };
    let copied = hall().edited(&[copy]).unwrap();
    let (one, two) =
        (copied.layout().scene(&scene("night")).unwrap(), copied.layout().scene(&scene("night-2")).unwrap());
    assert_eq!((one.windows.as_slice(), &two.name.zh), (two.windows.as_slice(), &name.0));
    assert!(copied.text().starts_with(HALL.trim_end_matches("# the end\n")), "{}", copied.text());
    let removed = copied.edited(&[TextEdit::RemoveScene { scene: scene("night-2") }]).unwrap();
    assert_eq!(removed.layout(), hall().layout());
    let only = hall().edited(&[TextEdit::RemoveScene { scene: scene("day") }]).unwrap();
    assert!(only.layout().scene(&scene("day")).is_none() && !only.text().contains("the picture that people"));
}

#[test]
fn what_would_be_wrong_is_refused_whole() {
    let good = place("day", 1, [10, 20, 300, 60]);
    let refused = |edit: TextEdit| hall().edited(&[good.clone(), edit]).unwrap_err().to_string();
    assert_eq!(refused(place("dusk", 0, [0, 0, 1, 1])), "there is no scene `dusk`");
    assert_eq!(refused(place("day", 4, [0, 0, 1, 1])), "scene `day` has no window 5");
    assert!(refused(place("day", 0, [0, 0, -5, 1])).starts_with("the hall document would not be right"));
    let unknown = TextEdit::Source { scene: scene("day"), window: 0, source: source("moon") };
    assert!(refused(unknown).contains("moon"));
    let twice = TextEdit::CopyScene {
        scene: scene("day"),
        copy: scene("night"),
        name: ("n".to_owned(), "n".to_owned()),
    };
    assert!(refused(twice).contains("night"));
}

/// The place of each window of a scene in the document's order, as the document says it.
fn rect_of(hall: &HallText, id: &str, source_id: &str) -> layouts::CanvasRect {
    let scene = hall.layout().scene(&scene(id)).unwrap();
    let found = scene.windows.iter().find(|window| {
        matches!(&window.content, WindowContent::Source { source, .. } if source.as_str() == source_id)
    });
    found.unwrap().rect
}

#[test]
fn a_rectangle_of_the_canvas_comes_back_as_it_was_to_the_thousandth() {
    let moved = hall().edited(&[place("night", 0, [7, 9, 333, 777])]).unwrap();
    let rect = rect_of(&moved, "night", "lake");
    let canvas = moved.layout().walls()[0].canvas;
    assert_eq!(Pixels::of(rect, (canvas.x, canvas.y)), Pixels([7000, 9000, 333_000, 777_000]));
}

fn any_edit() -> impl Strategy<Value = TextEdit> {
    let id = prop_oneof![Just(scene("day")), Just(scene("night")), Just(scene("extra"))];
    let rect = [-500_000..2_000_000_i64, -500_000..2_000_000, 0..2_000_000, 0..2_000_000].prop_map(Pixels);
    let show = prop_oneof![Just(source("gate")), Just(source("lake"))];
    (id, 0..4_usize, rect, show, -3..3_i32, 0..9_u8).prop_map(|(scene, window, rect, source, z, kind)| {
        match kind {
            0 | 1 => TextEdit::Place { scene, window, rect },
            2 => TextEdit::Source { scene, window, source },
            3 => TextEdit::Crop { scene, window, crop: (z > 0).then_some(Percent([0, 0, 500_000, 500_000])) },
            4 => TextEdit::Order { scene, window, z },
            5 => TextEdit::Open { scene, window: NewWindow { content: NewContent::Source(source), rect, z } },
            6 => TextEdit::Duplicate { scene, window, rect },
            7 => TextEdit::Close { scene, window },
            _ => {
                TextEdit::CopyScene {
                    scene, copy: self::scene("extra"), name: ("附".into(), "extra".into())
                }
            }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is done, the text and the layout say the same, every comment outside what was closed stays, and a
    /// refused edit changes nothing.
    #[test]
    fn text_and_layout_never_part(edits in proptest::collection::vec(any_edit(), 1..12)) {
        let mut now = hall();
        for edit in &edits {
            if let Ok(next) = now.edited(std::slice::from_ref(edit)) {
                now = next;
            }
            let read = layouts::parse(now.text(), "hall.toml").unwrap();
            prop_assert_eq!(&read, &**now.layout());
            for comment in ["# What hangs here was measured twice.", "# both languages", "# the east gate", "# the end"] {
                prop_assert!(now.text().contains(comment), "{comment} is gone: {}", now.text());
            }
        }
        // Edits one by one are the same as all that were taken at once.
        let taken: Vec<TextEdit> = {
            let mut step = hall();
            edits.iter().filter(|edit| match step.edited(std::slice::from_ref(edit)) {
                Ok(next) => { step = next; true }
                Err(_) => false,
            }).cloned().collect()
        };
        let at_once = hall().edited(&taken).unwrap();
        prop_assert_eq!(at_once.layout(), now.layout());
    }
}

mod sources {
    use super::{HALL, hall};
    use layouts_edit::{EditError, SourceKeys, source_text};
    use media::SourceId;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn id(name: &str) -> SourceId {
        SourceId::new(name).unwrap()
    }

    fn keys(value: Value) -> SourceKeys {
        value.as_object().unwrap().clone()
    }

    fn change(name: &str, value: Option<Value>) -> BTreeMap<SourceId, Option<SourceKeys>> {
        BTreeMap::from([(id(name), value.map(keys))])
    }

    #[test]
    fn a_source_comes_changes_and_goes_and_all_else_stays() {
        let pond = json!({ "id": "pond", "label": { "zh": "池塘", "en": "Pond" }, "tags": ["water"],
                           "rtsp": { "host": "10.0.0.9", "path": "/1", "port": 8554 } });
        let added = hall().with_sources(&change("pond", Some(pond.clone()))).unwrap();
        let lines = "\n[[source]]\nid = \"pond\"\nlabel = { zh = \"池塘\", en = \"Pond\" }\ntags = [\"water\"]\n\
                     rtsp = { host = \"10.0.0.9\", port = 8554, path = \"/1\" }\n";
        assert!(added.text().contains(lines), "{}", added.text());
        assert_eq!(added.text().replace(lines, ""), HALL, "nothing else has moved");
        assert_eq!(added.source(&id("pond")), Some(keys(pond)));
        let gone = added.with_sources(&change("pond", None)).unwrap();
        assert_eq!(&**gone.text(), HALL);
        // What is the same keeps its line and its comment.
        let gate = json!({ "id": "gate", "image": { "path": "gate.png" }, "tags": ["east"] });
        let tagged = hall().with_sources(&change("gate", Some(gate))).unwrap();
        assert!(tagged.text().contains(
            "id = \"gate\"   # the east gate\nimage = { path = \"gate.png\" }\ntags = [\"east\"]\n"
        ));
        let moved = json!({ "id": "gate", "rtsp": { "host": "10.0.0.9", "path": "/1" } });
        let moved = hall().with_sources(&change("gate", Some(moved))).unwrap();
        assert!(
            moved
                .text()
                .contains("id = \"gate\"   # the east gate\nrtsp = { host = \"10.0.0.9\", path = \"/1\" }\n")
        );
        assert!(!moved.text().contains("gate.png"));
    }

    #[test]
    fn what_scenes_need_cannot_go_and_what_toml_cannot_say_is_refused() {
        assert!(matches!(hall().with_sources(&change("gate", None)), Err(EditError::Wrong(_))));
        assert_eq!(&**hall().with_sources(&change("nobody", None)).unwrap().text(), HALL);
        let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
        for wrong in [json!(null), json!(u64::MAX), json!([null]), deep] {
            let keys = json!({ "id": "a", "image": wrong });
            assert!(
                matches!(source_text(&super::sources::keys(keys)), Err(EditError::Value(key)) if key == "image")
            );
        }
    }

    proptest! {
        /// Whatever text stands in a source is read back as it was, and nothing breaks out of its place.
        #[test]
        fn texts_stay_texts(zh in ".{1,40}", tag in ".{1,40}", host in ".{1,20}", path in ".{0,20}") {
            let source = json!({ "id": "new", "label": zh, "tags": [tag], "rtsp": { "host": host, "path": path } });
            match hall().with_sources(&change("new", Some(source.clone()))) {
                Ok(changed) => prop_assert_eq!(changed.source(&id("new")), Some(keys(source.clone()))),
                Err(error) => prop_assert!(matches!(error, EditError::Wrong(_)), "{error}"),
            }
            let text = source_text(&keys(source)).unwrap();
            let read: toml_edit::DocumentMut = text.parse().unwrap();
            prop_assert_eq!(read.as_table().len(), 1);
        }
    }
}
