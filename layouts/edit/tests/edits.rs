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

mod widgets {
    use super::{differing, scene};
    use layouts::{Mode, WIDGET_KINDS};
    use layouts_edit::{
        EditError, HallText, NewContent, NewWindow, Pixels, TextEdit, WidgetSetting, widget_keys,
    };
    use media::QueryId;

    /// A hall without widgets.
    const HALL: &str = include_str!("widgets.toml");

    fn query(id: &str) -> QueryId {
        QueryId::new(id).unwrap()
    }

    /// The hall with a query and a figure that shows it.
    fn hall() -> HallText {
        let text = HALL.replace(
            "# ---- scenes",
            "[[query]]\nid = \"jobs\"   # of today\nsql = \"select 1 as value\"\n# ---- scenes",
        );
        let figure = "[[scene.window]]\nwidget = \"figure\"   # what the mayor asks for\ntitle = { zh = \"工单\", en = \"Jobs\" }\n\
                      query = \"jobs\"  # the only one\nunit = \"%\"\nrect_px = [0, 0, 400, 300]\n";
        let text = text.replace("[[scene]]\nid = \"night\"", &format!("{figure}\n[[scene]]\nid = \"night\""));
        HallText::parse(&text, "hall.toml").unwrap()
    }

    fn set(setting: WidgetSetting) -> TextEdit {
        TextEdit::Widget { scene: scene("day"), window: 2, setting }
    }

    fn pair(zh: &str, en: &str) -> (String, String) {
        (zh.to_owned(), en.to_owned())
    }

    #[test]
    fn what_is_said_of_a_widget_changes_its_own_line() {
        let warn = || "warn".to_owned();
        let all: [(WidgetSetting, &str); 9] = [
            (WidgetSetting::Title(Some(pair("案件", "Cases"))), "title = { zh = \"案件\", en = \"Cases\" }"),
            (WidgetSetting::Unit(Some(pair("件", "cases"))), "unit = { zh = \"件\", en = \"cases\" }"),
            (WidgetSetting::Decimals(2), "decimals = 2"),
            (WidgetSetting::Short(true), "short = true"),
            (WidgetSetting::Signed(true), "signed = true"),
            (
                WidgetSetting::Thresholds(vec![(0, warn()), (1_500_000, "#FF0000".to_owned())]),
                "thresholds = [{ from = 0, color = \"warn\" }, { from = 1.5, color = \"#FF0000\" }]",
            ),
            (WidgetSetting::RisingIsGood(Some(false)), "rising_is_good = false"),
            (
                WidgetSetting::Against(Some(pair("较昨日", "vs yesterday"))),
                "against = { zh = \"较昨日\", en = \"vs yesterday\" }",
            ),
            (WidgetSetting::TextSize(Some(24_500)), "text_px = 24.5"),
        ];
        for (setting, line) in all {
            let changed = hall().edited(&[set(setting)]).unwrap();
            let (before, after) = differing(hall().text(), changed.text());
            assert_eq!(after, [line]);
            assert!(before.len() <= 1, "{before:?}");
            assert!(before.iter().all(|old| old.split('=').next() == line.split('=').next()), "{before:?}");
        }
        let steps = vec![(0, warn()), (1_500_000, "#FF0000".to_owned())];
        let read = hall().edited(&[set(WidgetSetting::Thresholds(steps.clone()))]).unwrap();
        let read = read.widget(&scene("day"), 2).unwrap();
        assert_eq!((read.thresholds(), read.words("unit")), (steps, Some(pair("%", "%"))));
        assert_eq!(read.words("title"), Some(pair("工单", "Jobs")));
        let card = hall().edited(&[set(WidgetSetting::Card(Some(false)))]).unwrap();
        assert!(card.text().contains("card = false\n"));
        let back = card.edited(&[set(WidgetSetting::Card(None))]).unwrap();
        assert_eq!(back.text(), hall().text());
        let bare = hall().edited(&[set(WidgetSetting::Title(None)), set(WidgetSetting::Unit(None))]).unwrap();
        assert!(!bare.text().contains("工单") && !bare.text().contains("unit"));
    }

    #[test]
    fn a_widget_becomes_another_kind_and_keeps_what_both_have() {
        let kind = |kind: &str| WidgetSetting::Kind {
            kind: kind.to_owned(),
            query: Some(query("jobs")),
            template: Some("widgets/own.svg".to_owned()),
        };
        for one in WIDGET_KINDS {
            let changed = hall().edited(&[set(kind(one))]).unwrap_or_else(|error| panic!("{one}: {error}"));
            let keys = changed.widget(&scene("day"), 2).unwrap();
            assert_eq!(keys.kind(), one);
            assert!(changed.text().contains("# what the mayor asks for"), "{}", changed.text());
            assert_eq!(keys.has("unit"), keys.can_have("unit"), "{one}");
            for other in WIDGET_KINDS {
                let again = changed.edited(&[set(kind(other))]);
                let again = again.unwrap_or_else(|error| panic!("{one} as {other}: {error}"));
                assert_eq!(again.widget(&scene("day"), 2).unwrap().kind(), other);
            }
        }
        assert!(hall().edited(&[set(kind("pie"))]).is_err());
    }

    /// The table of keys is the one of who reads documents: each of its keys is read, and no other.
    #[test]
    fn each_kind_has_the_keys_that_the_reader_knows() {
        let value = |key: &str| match key {
            "query" => "\"jobs\"",
            "layers" => "[{ points = \"jobs\" }]",
            "title" | "unit" | "against" | "legend" => "\"words\"",
            "text_px" => "24",
            "decimals" | "from" => "1",
            "to" | "page_s" => "50",
            "speed_px_s" => "100",
            "thresholds" => "[{ from = 1, color = \"ok\" }]",
            "headings" => "[{ column = \"value\" }]",
            "bounds" => "[100, 20, 101, 21]",
            "color" => "\"ok\"",
            "template" => "\"widgets/own.svg\"",
            _ => "true",
        };
        let every: std::collections::BTreeSet<&str> =
            WIDGET_KINDS.into_iter().flat_map(widget_keys).collect();
        assert_eq!(every.len(), 24);
        for kind in WIDGET_KINDS {
            let known = widget_keys(kind);
            let lines = |keys: &[&str]| {
                let lines: Vec<String> = keys.iter().map(|key| format!("{key} = {}", value(key))).collect();
                let window = format!("widget = \"{kind}\"\n{}\nrect_px = [0, 0, 9, 9]\n", lines.join("\n"));
                let text = hall().text().replace("text = \"hello\"\nsize_px = 40\n", &window);
                let text = text.replace("rect_px = [ 100,100,  200, 50 ]  # unusual spaces stay\n", "");
                layouts::parse(&text, "hall.toml")
            };
            if let Err(wrong) = lines(&known) {
                panic!("{kind}: {wrong:?}");
            }
            for stranger in every.iter().filter(|key| !known.contains(key)) {
                let mut keys = known.clone();
                keys.push(stranger);
                assert!(lines(&keys).is_err(), "{kind} is read with {stranger}");
            }
        }
        assert!(widget_keys("pie").is_empty());
    }

    #[test]
    fn every_kind_is_opened_in_a_window() {
        for kind in WIDGET_KINDS {
            let content = NewContent::Widget {
                kind: kind.to_owned(),
                query: Some("jobs".to_owned()),
                template: Some("widgets/own.svg".to_owned()),
            };
            let window = NewWindow { content, rect: Pixels([0, 0, 400_000, 300_000]), z: 0 };
            let opened = hall().edited(&[TextEdit::Open { scene: scene("day"), window }]);
            let opened = opened.unwrap_or_else(|error| panic!("{kind}: {error}"));
            let (before, _) = differing(hall().text(), opened.text());
            assert!(before.is_empty(), "{before:?}");
            assert_eq!(opened.widget(&scene("day"), 3).unwrap().kind(), kind);
        }
        assert_eq!(hall().widget(&scene("day"), 0), None);
    }

    #[test]
    fn queries_come_change_and_go_while_nobody_asks_them() {
        let other = TextEdit::PutQuery { query: query("jobs"), sql: "select 2 as value".to_owned() };
        let changed = hall().edited(&[other]).unwrap();
        assert_eq!(
            differing(hall().text(), changed.text()),
            (vec!["sql = \"select 1 as value\"".to_owned()], vec!["sql = \"select 2 as value\"".to_owned()])
        );
        let new = TextEdit::PutQuery { query: query("late"), sql: "select 1\nas value".to_owned() };
        let added = hall().edited(&[new, set(WidgetSetting::Query(query("late")))]).unwrap();
        assert!(added.text().contains("query = \"late\"  # the only one\n"), "{}", added.text());
        assert_eq!(added.layout().query(&query("late")).unwrap().sql, "select 1\nas value");
        let gone = TextEdit::RemoveQuery { query: query("late") };
        assert!(matches!(added.edited(std::slice::from_ref(&gone)), Err(EditError::Wrong(_))));
        let back = added.edited(&[set(WidgetSetting::Query(query("jobs"))), gone]).unwrap();
        assert_eq!(back.text(), hall().text());
    }

    #[test]
    fn a_map_shows_a_query_in_its_layers() {
        let map = WidgetSetting::Kind { kind: "map".to_owned(), query: None, template: None };
        let map = hall().edited(&[set(map)]).unwrap();
        assert!(map.text().contains("layers = [{ points = \"jobs\" }]\n"), "{}", map.text());
        let new = TextEdit::PutQuery { query: query("late"), sql: "select 1 as value".to_owned() };
        let other = map.edited(&[new, set(WidgetSetting::Query(query("late")))]).unwrap();
        assert!(other.text().contains("layers = [{ points = \"late\" }]\n"), "{}", other.text());
        let line = WidgetSetting::Kind { kind: "line".to_owned(), query: None, template: None };
        assert!(other.edited(&[set(line)]).unwrap().text().contains("query = \"late\"\n"));
    }

    #[test]
    fn a_hall_is_light_and_dark_again() {
        let light = hall().edited(&[TextEdit::Theme(Mode::Light)]).unwrap();
        assert_eq!(light.layout().hall().mode, Mode::Light);
        assert_eq!(differing(hall().text(), light.text()).1, ["theme = \"light\""]);
        let dark = light.edited(&[TextEdit::Theme(Mode::Dark)]).unwrap();
        assert_eq!(dark.layout(), hall().layout());
        assert_eq!(hall().edited(&[TextEdit::Theme(Mode::Dark)]).unwrap().text(), hall().text());
    }
}
