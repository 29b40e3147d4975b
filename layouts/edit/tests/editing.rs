//! Windows that operators open, move, swap and close: whatever they do, what comes of it can be shown, undone and saved.

use layouts::{
    CANVAS_PIXEL, CanvasRect, CanvasUnit, Change, ChangeError, Crop, Draft, Layout, Window, WindowContent,
    WindowSet, from_pixels, loads, parse, to_pixels,
};
use layouts_edit::export;
use media::{NodeId, SceneId, SourceId, WallId, WindowId};
use proptest::prelude::*;

const HALL: &str = r##"# The hall of the tests; this line stays.
version = 1
hall = { name = "edit", language = "en" } # so does this one

[[node]]
id = "left"
decodes_1080p = 3

[[wall]]
id = "main"
canvas_px_per_mm = 1.0
[[wall.screen]]
id = "a"
node = "left"
output = 1
resolution = [1920, 1080]
position_mm = [0, 0]
size_mm = [1920, 1080]

[[source]]
id = "gate"
rtsp = { host = "127.0.0.1" }
streams = [
    { name = "sub", size = [640, 360], path = "/gate-sub" },
    { name = "main", size = [3840, 2160], path = "/gate" },
]
[[source]]
id = "lake"
rtsp = { host = "127.0.0.1", path = "/lake" }
[[source]]
id = "road"
rtsp = { host = "127.0.0.1", path = "/road" }

[[scene]]
id = "day"
wall = "main"
grid = { columns = 3, rows = 2, gutter_px = 7 }
[[scene.window]] # the gate
source = "gate" # it must stay large
cell = { column = 1, row = 1, columns = 2, rows = 2 }
[[scene.window]]
source = "lake"
slot = "corner"
crop_percent = [10, 10, 50, 50]
rect_percent = [70, 0, 30, 40]
z = 3
[[scene.window]]
text = "Hello"
size_px = 40
rect_px = [1300, 800, 500, 200]

[[scene]]
id = "rows"
wall = "main"
window = [
    { source = "road", rect_px = [0, 0, 960, 1080] }, # left
    { source = "lake", rect_px = [960, 0, 960, 1080], z = 1 },
]

[[scene]]
id = "empty"
wall = "main"
window = []
# The end.
"##;

fn layout() -> Layout {
    parse(HALL, "hall.toml").unwrap_or_else(|mistakes| panic!("{}", mistakes.to_text()))
}

fn scene(name: &str) -> SceneId {
    SceneId::new(name).unwrap()
}

fn window(name: &str) -> WindowId {
    WindowId::new(name).unwrap()
}

fn source(name: &str) -> SourceId {
    SourceId::new(name).unwrap()
}

fn rect(numbers: [f64; 4]) -> CanvasRect {
    let [x, y, width, height] = numbers.map(|number| from_pixels(number).unwrap());
    CanvasRect { x, y, width, height }
}

fn open(name: &str, numbers: [f64; 4]) -> Change {
    Change::Open { source: source(name), rect: rect(numbers), small_stream: false }
}

fn set(name: &str, set: WindowSet) -> Change {
    Change::Set { window: window(name), set }
}

fn moved(name: &str, numbers: [f64; 4]) -> Change {
    set(name, WindowSet { rect: Some(rect(numbers)), ..WindowSet::default() })
}

fn swap(a: &str, b: &str) -> Change {
    Change::Swap { a: window(a), b: window(b) }
}

fn close(name: &str) -> Change {
    Change::Close { window: window(name) }
}

/// One window a line: name, place, what it shows.
fn told(draft: &Draft, layout: &Layout) -> String {
    let line = |window: &Window| {
        let CanvasRect { x, y, width, height } = window.rect;
        let [x, y, width, height] = [x, y, width, height].map(|units| to_pixels(units).round());
        let shows = match &window.content {
            WindowContent::Source { source, slot, .. } => format!("{source} {slot:?}"),
            WindowContent::Text(text) => text.words.en.clone(),
            _ => panic!("neither source nor text"),
        };
        format!("{} {x},{y} {width}x{height} {shows}", window.id)
    };
    draft.windows(layout).unwrap().iter().map(line).collect::<Vec<_>>().join("; ")
}

fn after(draft: &Draft, changes: &[Change]) -> Draft {
    draft.change(&layout(), changes).unwrap().0
}

#[test]
fn windows_have_names_and_every_change_does_what_it_says() {
    let layout = layout();
    let day = Draft::of(scene("day"));
    let gate = "w1 0,0 1278x1080 gate None";
    let text = "w3 1300,800 500x200 Hello";
    let corner = "corner 1344,0 576x432 lake Some(\"corner\")";
    assert_eq!(told(&day, &layout), format!("{gate}; {text}; {corner}"));
    let (opened, names) = day.change(&layout, &[open("road", [100.0, 100.0, 320.0, 180.0])]).unwrap();
    assert_eq!(names, [window("o1")]);
    assert_eq!(told(&opened, &layout), format!("{gate}; {text}; {corner}; o1 100,100 320x180 road None"));
    // What was opened and closed again was never there.
    assert_eq!(after(&opened, &[close("o1")]), day);
    let closed = after(&day, &[close("corner"), close("w3")]);
    assert_eq!(told(&closed, &layout), gate);
    let swapped = after(&day, &[swap("w1", "corner")]);
    assert_eq!(
        told(&swapped, &layout),
        format!("w1 0,0 1278x1080 lake None; {text}; corner 1344,0 576x432 gate Some(\"corner\")")
    );
    assert_eq!(after(&swapped, &[swap("corner", "w1")]), day, "twice is not at all");
    let with_text = after(&day, &[swap("w3", "corner")]);
    assert_eq!(
        told(&with_text, &layout),
        format!("{gate}; w3 1300,800 500x200 lake None; corner 1344,0 576x432 Hello")
    );
    let front = after(&day, &[set("w1", WindowSet { raise: true, ..WindowSet::default() })]);
    assert_eq!(front.windows(&layout).unwrap().last().unwrap().id, window("w1"));
    let back = after(&front, &[set("w1", WindowSet { lower: true, ..WindowSet::default() })]);
    assert_eq!(back.windows(&layout).unwrap()[0].id, window("w1"));
}

#[test]
fn full_screen_is_there_and_back_and_what_is_moved_back_has_not_changed() {
    let layout = layout();
    let day = Draft::of(scene("day"));
    let full = |on| set("corner", WindowSet { full_screen: Some(on), ..WindowSet::default() });
    let large = after(&day, &[full(true)]);
    assert!(told(&large, &layout).ends_with("corner 0,0 1920x1080 lake Some(\"corner\")"));
    assert_eq!(told(&after(&large, &[full(true), full(false)]), &layout), told(&day, &layout));
    // The numbers that an operator is told lead back to the very place, though a grid has no thousandths.
    let place = day.windows(&layout).unwrap()[0].rect;
    let numbers = [place.x, place.y, place.width, place.height].map(to_pixels);
    let away = after(&day, &[moved("w1", [5.0, 6.0, 700.0, 700.0])]);
    assert_ne!(away, day);
    let there = after(&day, &[moved("w1", numbers)]);
    assert_eq!(there, day);
    assert_eq!(after(&away, &[moved("w1", [5.0, 6.0, 700.0, 700.0])]), away);
}

#[test]
fn what_hangs_over_the_edge_is_moved_in_and_what_is_nowhere_is_refused() {
    let (layout, day) = (layout(), Draft::of(scene("day")));
    let place = |numbers: [f64; 4]| {
        let draft = day.change(&layout, &[moved("w3", numbers)])?.0;
        let rect =
            draft.windows(&layout).unwrap().into_iter().find(|found| found.id == window("w3")).unwrap().rect;
        Ok([rect.x, rect.y, rect.width, rect.height].map(to_pixels))
    };
    assert_eq!(place([-100.0, 1000.0, 640.0, 360.0]), Ok([0.0, 720.0, 640.0, 360.0]));
    assert_eq!(place([-500.0, -500.0, 5000.0, 5000.0]), Ok([0.0, 0.0, 1920.0, 1080.0]));
    assert_eq!(place([2000.0, 0.0, 640.0, 360.0]), Err(ChangeError::Outside));
    assert_eq!(place([0.0, -400.0, 640.0, 360.0]), Err(ChangeError::Outside));
    assert_eq!(place([0.0, 0.0, 15.0, 360.0]), Err(ChangeError::TooSmall));
    assert_eq!(place([0.0, 0.0, -15.0, 360.0]), Err(ChangeError::TooSmall));
    for wrong in [f64::NAN, f64::INFINITY, -1e300, 70_001.0] {
        assert_eq!(from_pixels(wrong), None);
    }
}

#[test]
fn what_cannot_be_done_changes_nothing_and_says_why() {
    let (layout, day) = (layout(), Draft::of(scene("day")));
    let why = |changes: &[Change]| day.change(&layout, changes).unwrap_err();
    let locked = set("w1", WindowSet { locked: Some(true), ..WindowSet::default() });
    assert_eq!(why(&[close("w9")]), ChangeError::NoSuchWindow(window("w9")));
    assert_eq!(why(&[close("w1"), close("w1")]), ChangeError::NoSuchWindow(window("w1")));
    assert_eq!(why(&[open("sea", [0.0, 0.0, 64.0, 64.0])]), ChangeError::NoSuchSource(source("sea")));
    assert_eq!(why(&[locked.clone(), close("w1")]), ChangeError::Locked(window("w1")));
    assert_eq!(why(&[locked.clone(), swap("w1", "w3")]), ChangeError::Locked(window("w1")));
    let free = set("w1", WindowSet { locked: Some(false), ..WindowSet::default() });
    assert_eq!(after(&day, &[locked, free]), day);
    let crop = Crop { x: 0, y: 0, width: 32_768, height: 65_536 };
    let cut = |name| set(name, WindowSet { crop: Some(crop), ..WindowSet::default() });
    assert_eq!(why(&[cut("w3")]), ChangeError::ShowsNoSource(window("w3")));
    assert!(matches!(why(&[set("w1", WindowSet::default())]), ChangeError::Senseless(_)));
    assert!(matches!(why(&[swap("w1", "w1")]), ChangeError::Senseless(_)));
    assert_eq!(why(&vec![swap("w1", "w3"); 257]), ChangeError::TooMany);
    // Another source is seen whole; the same one keeps its part.
    let shown = |changes: &[Change]| {
        let windows = after(&day, changes).windows(&layout).unwrap();
        match &windows.iter().find(|found| found.id == window("w1")).unwrap().content {
            WindowContent::Source { source, crop, .. } => (source.to_string(), *crop),
            _ => panic!("a source"),
        }
    };
    let to = |name: &str| set("w1", WindowSet { source: Some(source(name)), ..WindowSet::default() });
    assert_eq!(shown(&[cut("w1"), to("gate")]), ("gate".to_owned(), crop));
    assert_eq!(shown(&[cut("w1"), to("road")]), ("road".to_owned(), Crop::ALL));
}

#[test]
fn a_node_is_asked_for_no_more_than_it_can_decode() {
    let layout = layout();
    let main = WallId::new("main").unwrap();
    let of = |name: &str| loads(&layout, &[(main.clone(), scene(name))]).remove(0);
    // The gate fills two thirds of the wall, which its small stream does not suffice for: 4 × 1080p; the lake says nothing of itself.
    let day = of("day");
    assert_eq!(
        (day.node.clone(), day.decodes(), day.limit, day.is_over()),
        (NodeId::new("left").unwrap(), 5, 3, true)
    );
    assert_eq!(day.could_be_smaller, [(main.clone(), window("w1"))]);
    // With its small stream it costs a ninth of one, and says so in the document.
    let small = set("w1", WindowSet { small_stream: Some(true), ..WindowSet::default() });
    let written = export(HALL, &layout, &[after(&Draft::of(scene("day")), &[small])]).unwrap();
    let again = parse(&written, "hall.toml").unwrap();
    assert!(written.contains("small_stream = true"), "{written}");
    let small = loads(&again, &[(main.clone(), scene("day"))]).remove(0);
    assert_eq!((small.decodes_e3, small.is_over(), small.could_be_smaller.len()), (1_112, false, 0));
    let rows = of("rows");
    assert_eq!((rows.decodes(), rows.is_over(), rows.could_be_smaller.len()), (2, false, 0));
}

#[test]
fn a_document_that_nobody_has_edited_is_byte_identical_and_an_edited_one_keeps_its_comments() {
    let layout = layout();
    let plain = [Draft::of(scene("day")), Draft::of(scene("rows"))];
    assert_eq!(export(HALL, &layout, &plain).unwrap(), HALL);
    let lock = set("w1", WindowSet { locked: Some(true), ..WindowSet::default() });
    assert_eq!(export(HALL, &layout, &[after(&plain[0], &[lock])]).unwrap(), HALL, "locks are not written");
    let edited = after(
        &plain[0],
        &[
            moved("w1", [1.5, 2.0, 640.125, 360.0]),
            swap("w3", "corner"),
            open("road", [100.0, 100.0, 320.0, 180.0]),
        ],
    );
    let rows = after(&plain[1], &[close("w1"), moved("w2", [0.0, 0.0, 1920.0, 1080.0])]);
    let written = export(HALL, &layout, &[edited, rows]).unwrap();
    for kept in [
        "# The hall of the tests; this line stays.",
        "# so does this one",
        "# the gate",
        "# it must stay large",
        "# The end.",
    ] {
        assert!(written.contains(kept), "{kept} is lost:\n{written}");
    }
    assert!(written.contains("rect_px = [1.5, 2, 640.125, 360]"), "{written}");
    let scenes = |text: &str| text.find("[[scene]]").unwrap();
    assert_eq!(
        written[..scenes(&written)],
        HALL[..scenes(HALL)],
        "what is above the scenes has not been touched"
    );
}

/// Changes that may or may not make sense.
fn change() -> impl Strategy<Value = Change> {
    let name = || prop::sample::select(vec!["w1", "w2", "w3", "corner", "o1", "o2", "o3"]).prop_map(window);
    let cameras = || prop::sample::select(vec!["gate", "lake", "road"]).prop_map(source);
    let number = || (-400_000_i64..2_400_000).prop_map(|thousandths| thousandths as f64 / 1000.0);
    let extent = || (1_000_i64..2_400_000).prop_map(|thousandths| thousandths as f64 / 1000.0);
    let place = move || (number(), number(), extent(), extent()).prop_map(|(x, y, w, h)| rect([x, y, w, h]));
    let crop = (0..32_768_u32, 0..32_768_u32, 1..=32_768_u32, 1..=32_768_u32)
        .prop_map(|(x, y, width, height)| Crop { x, y, width, height });
    let flag = || prop::option::weighted(0.2, any::<bool>());
    let set =
        (
            prop::option::weighted(0.5, place()),
            prop::option::weighted(0.3, cameras()),
            prop::option::weighted(0.2, crop),
            prop::bool::weighted(0.2),
            prop::bool::weighted(0.2),
            flag(),
            flag(),
            flag(),
        )
            .prop_map(|(rect, source, crop, raise, lower, locked, full_screen, small_stream)| {
                WindowSet { rect, source, crop, small_stream, raise, lower, locked, full_screen }
            });
    prop_oneof![
        3 => (cameras(), place()).prop_map(|(source, rect)| Change::Open { source, rect, small_stream: rect.x % 2 == 0 }),
        6 => (name(), set).prop_map(|(window, set)| Change::Set { window, set }),
        2 => (name(), name()).prop_map(|(a, b)| Change::Swap { a, b }),
        2 => name().prop_map(|window| Change::Close { window }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_acts_lead_to_windows_that_can_be_shown_undone_and_saved(
        which in 0..3_usize,
        changes in prop::collection::vec(change(), 1..40)
    ) {
        let layout = layout();
        let begin = Draft::of(scene(["day", "rows", "empty"][which]));
        let (mut draft, mut undo) = (begin.clone(), Vec::new());
        for change in &changes {
            let Ok((after, opened)) = draft.change(&layout, std::slice::from_ref(change)) else { continue };
            undo.push(std::mem::replace(&mut draft, after));
            let before = undo.last().unwrap();
            // Only what a change names differs.
            let mut differing = before.differences(&draft).unwrap();
            let renumbered = differing.len() > 2;
            change.windows().into_iter().chain(&opened).for_each(|name| { differing.remove(name); });
            prop_assert!(differing.is_empty() || renumbered, "{change:?} has changed {differing:?}");
            let windows = draft.windows(&layout).unwrap();
            let names: std::collections::BTreeSet<&WindowId> = windows.iter().map(|window| &window.id).collect();
            prop_assert_eq!(names.len(), windows.len(), "names are unique");
            for window in &windows {
                let CanvasRect { x, y, width, height } = window.rect;
                prop_assert!(x >= 0 && y >= 0 && width >= CANVAS_PIXEL * 16 && height >= CANVAS_PIXEL * 16);
                prop_assert!(x + width <= 1920 * CANVAS_PIXEL && y + height <= 1080 * CANVAS_PIXEL);
                prop_assert!(window.z.abs() <= 1000);
            }
        }
        saved(&layout, &draft)?;
        while let Some(before) = undo.pop() {
            draft = before;
        }
        prop_assert_eq!(draft, begin);
    }
}

/// The saved document shows the same.
fn saved(layout: &Layout, draft: &Draft) -> Result<(), TestCaseError> {
    let written = match export(HALL, layout, std::slice::from_ref(draft)) {
        Ok(written) => written,
        Err(error) => return Err(TestCaseError::fail(format!("{draft:?} cannot be saved: {error}"))),
    };
    let again = parse(&written, "hall.toml").unwrap();
    let expected = draft.windows(layout).unwrap();
    let found = &again.scene(&draft.scene).unwrap().windows;
    prop_assert_eq!(found.len(), expected.len(), "{}", written);
    for (found, expected) in found.iter().zip(&expected) {
        let off = |a: CanvasUnit, b: CanvasUnit| (a - b).abs() <= CANVAS_PIXEL / 1000;
        let (a, b) = (found.rect, expected.rect);
        prop_assert!(off(a.x, b.x) && off(a.y, b.y) && off(a.width, b.width) && off(a.height, b.height));
        // A slot whose window shows words is none any more.
        let slotless = |content: &WindowContent| match content.clone() {
            WindowContent::Source { source, crop, fit, label, slot: _ } => {
                WindowContent::Source { source, crop, fit, label, slot: None }
            }
            other => other,
        };
        prop_assert_eq!(slotless(&found.content), slotless(&expected.content), "{}", written);
        let small =
            |window: &Window| window.small_stream && matches!(window.content, WindowContent::Source { .. });
        prop_assert_eq!(small(found), small(expected), "{}", written);
    }
    for other in layout.scenes().iter().filter(|other| other.id != draft.scene) {
        prop_assert_eq!(again.scene(&other.id), Some(other), "other scenes are as they were");
    }
    Ok(())
}
