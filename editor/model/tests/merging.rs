//! Two people at one document by properties: what does not touch is put together whichever comes first, a conflict is where both have
//! said something else of the same thing and nowhere else, and nothing that anybody has done is lost. And what a wall is asked for makes
//! it show what was designed.

use editor_model::merge::{Choice, Face, Merged, decide, merge};
use editor_model::stage::{Hung, Which, Wish, difference, taken, wishes};
use layouts::{CANVAS_PIXEL, CanvasRect, Change, Crop, Draft, Layout, Window, WindowContent, WindowSet};
use layouts_edit::{Fields, HallText, NewContent, NewWindow, PartName, Percent, Pixels, TextEdit};
use media::{SceneId, SourceId, WallId, WindowId};
use proptest::prelude::*;
use std::collections::BTreeSet;

const HALL: &str = r##"# What hangs here was measured twice.
version = 1

[hall]
name = { zh = "大厅", en = "Hall" }   # both languages

[[wall]]
id = "w"
tick_hz = 25
canvas_px_per_mm = 1
[[wall.screen]]
id = "s1"
node = "left"
output = 1
resolution = [1920, 1080]
position_mm = [0, 0]
size_mm = [1920, 1080]

[[source]]
id = "gate"   # the east gate
image = { path = "gate.png" }
[[source]]
id = "lake"
image = { path = "lake.png" }
[[source]]
id = "hall"
image = { path = "hall.png" }

[[scene]]
id = "day"
wall = "w"
name = { zh = "白天", en = "Day" }
[[scene.window]]
source = "gate"
rect_percent = [0, 0, 50, 50]
slot = "big"
[[scene.window]]
source = "lake"
rect_px = [960, 0, 960, 540]   # beside the gate
[[scene.window]]
text = { zh = "欢迎", en = "Welcome" }
size_px = 40
rect_px = [0, 540, 960, 200]
z = 2
[[scene.window]]
source = "gate"
rect_px = [960, 540, 960, 540]
crop_percent = [10, 10, 50, 50]

[[scene]]
id = "night"
wall = "w"
name = "Night"
window = [{ source = "lake", rect_percent = [0, 0, 100, 100] }, { source = "hall", rect_px = [0, 0, 400, 300], z = 1 }]
"##;

fn hall() -> HallText {
    HallText::parse(HALL, "hall.toml").unwrap()
}

fn scene(id: &str) -> SceneId {
    SceneId::new(id).unwrap()
}

/// What somebody does to a scene.
#[derive(Debug, Clone)]
enum Act {
    Place(usize, [i64; 4]),
    Source(usize, usize),
    Order(usize, i32),
    Crop(usize, i64),
    Open(usize, [i64; 4], i32),
    Close(usize),
    Rename(u8),
    AddScene(u8),
    RemoveScene,
}

/// On the canvas, in thousandths of a pixel; whole hundredths, so that different ones differ on the wall, too.
fn place() -> impl Strategy<Value = [i64; 4]> {
    (0..8_i64, 0..4_i64, 2..8_i64, 2..6_i64).prop_map(|(x, y, w, h)| {
        let (x, y) = (x * 120_000, y * 120_000);
        [x, y, (w * 120_000).min(1_920_000 - x), (h * 100_500).min(1_080_000 - y)]
    })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..6_usize, place()).prop_map(|(at, place)| Act::Place(at, place)),
        2 => (0..6_usize, 0..3_usize).prop_map(|(at, source)| Act::Source(at, source)),
        2 => (0..6_usize, -3..4_i32).prop_map(|(at, z)| Act::Order(at, z)),
        1 => (0..6_usize, 1..9_i64).prop_map(|(at, by)| Act::Crop(at, by)),
        2 => (0..3_usize, place(), 0..3_i32).prop_map(|(source, place, z)| Act::Open(source, place, z)),
        1 => (0..6_usize).prop_map(Act::Close),
        1 => (0..3_u8).prop_map(Act::Rename),
        1 => (0..3_u8).prop_map(Act::AddScene),
        1 => Just(Act::RemoveScene),
    ]
}

const SOURCES: [&str; 3] = ["gate", "lake", "hall"];

fn edit(act: &Act) -> TextEdit {
    let (scene, source) = (scene("day"), |at: &usize| SourceId::new(SOURCES[*at]).unwrap());
    match act {
        Act::Place(window, place) => TextEdit::Place { scene, window: *window, rect: Pixels(*place) },
        Act::Source(window, at) => TextEdit::Source { scene, window: *window, source: source(at) },
        Act::Order(window, z) => TextEdit::Order { scene, window: *window, z: *z },
        Act::Crop(window, by) => {
            let crop = Some(Percent([by * 10_000, 0, 500_000, 500_000]));
            TextEdit::Crop { scene, window: *window, crop }
        }
        Act::Open(at, place, z) => {
            let window = NewWindow { content: NewContent::Source(source(at)), rect: Pixels(*place), z: *z };
            TextEdit::Open { scene, window }
        }
        Act::Close(window) => TextEdit::Close { scene, window: *window },
        Act::Rename(number) => {
            TextEdit::RenameScene { scene, name: (format!("名{number}"), format!("Name {number}")) }
        }
        Act::AddScene(number) => {
            let (id, wall) = (SceneId::new(&format!("new{number}")).unwrap(), WallId::new("w").unwrap());
            TextEdit::AddScene { scene: id, wall, name: ("新".into(), "New".into()) }
        }
        Act::RemoveScene => TextEdit::RemoveScene { scene: SceneId::new("night").unwrap() },
    }
}

/// The document after what of `acts` can be done.
fn after(begin: &HallText, acts: &[Act]) -> HallText {
    acts.iter().fold(begin.clone(), |hall, act| hall.edited(&[edit(act)]).unwrap_or(hall))
}

/// What a document says, whatever the order of windows that are alike in depth.
fn said(hall: &HallText) -> Vec<(String, Fields)> {
    let name = |part: &PartName| match part {
        PartName::Window { scene, .. } => format!("window of {scene}"),
        other => format!("{other:?}"),
    };
    let mut all: Vec<_> = hall.parts().into_iter().map(|(part, fields)| (name(&part), fields)).collect();
    all.sort();
    all
}

fn decided(begin: Merged, theirs: &HallText, choice: Choice) -> Merged {
    let mut merged = begin;
    for _ in 0..64 {
        let Some(conflict) = merged.conflicts.first().cloned() else { return merged };
        merged = decide(&conflict, choice, &merged.base, &merged.mine, theirs).unwrap();
    }
    panic!("conflicts that never end: {:?}", merged.conflicts);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_only_one_has_touched_is_as_he_has_made_it(acts in prop::collection::vec(act(), 0..8)) {
        let (base, other) = (hall(), after(&hall(), &acts));
        let mine = merge(&base, &other, &base).unwrap();
        prop_assert_eq!(mine.mine.text(), other.text(), "nobody else has done anything");
        prop_assert!(mine.conflicts.is_empty());
        let theirs = merge(&base, &base, &other).unwrap();
        prop_assert!(theirs.conflicts.is_empty(), "{:?}", theirs.conflicts);
        prop_assert_eq!(said(&theirs.mine), said(&other));
        prop_assert_eq!(said(&theirs.base), said(&other));
        let both = merge(&base, &other, &other).unwrap();
        prop_assert!(both.conflicts.is_empty(), "they agree: {:?}", both.conflicts);
        prop_assert_eq!(both.mine.text(), other.text());
    }

    #[test]
    fn what_does_not_touch_is_put_together_whichever_comes_first(
        own in prop::collection::vec((prop_oneof![Just(0_usize), Just(2)], place()), 1..4),
        others in prop::collection::vec((prop_oneof![Just(1_usize), Just(3)], place()), 1..4),
        (opened, scene) in (place(), 0..3_u8),
    ) {
        let base = hall();
        let places = |acts: &[(usize, [i64; 4])]| acts.iter().map(|(at, place)| Act::Place(*at, *place)).collect::<Vec<_>>();
        let mut one = places(&own);
        one.push(Act::Open(2, opened, 0));
        let mut two = places(&others);
        two.push(Act::AddScene(scene));
        let (one, two) = (after(&base, &one), after(&base, &two));
        let (here, there) = (merge(&base, &one, &two).unwrap(), merge(&base, &two, &one).unwrap());
        prop_assert!(here.conflicts.is_empty() && there.conflicts.is_empty(), "{:?}", here.conflicts);
        prop_assert_eq!(said(&here.mine), said(&there.mine));
        prop_assert!(here.mine.text().contains("# The hall") || here.mine.text().starts_with("# What hangs here"), "comments stay");
    }

    #[test]
    fn a_conflict_is_where_both_have_said_something_else_of_one_field(at in 0..4_usize, one in place(), two in place(), z in 3..6_i32) {
        let base = hall();
        let mine = after(&base, &[Act::Place(at, one)]);
        let theirs = after(&base, &[Act::Place(at, two)]);
        let merged = merge(&base, &mine, &theirs).unwrap();
        let changed = |hall: &HallText| said(hall) != said(&base);
        let expected = changed(&mine) && changed(&theirs) && one != two;
        prop_assert_eq!(!merged.conflicts.is_empty(), expected);
        if expected {
            prop_assert_eq!(merged.conflicts.len(), 1);
            prop_assert_eq!(&merged.conflicts[0].fields, &BTreeSet::from(["place".to_owned()]));
            prop_assert_eq!(merged.mine.text(), mine.text(), "until it is decided the designer's stays");
            let kept = decide(&merged.conflicts[0], Choice::Mine, &merged.base, &merged.mine, &theirs).unwrap();
            prop_assert!(kept.conflicts.is_empty());
            prop_assert_eq!(said(&kept.mine), said(&mine));
            prop_assert_eq!(said(&kept.base), said(&theirs), "and is a change of his upon theirs");
            let given = decide(&merged.conflicts[0], Choice::Theirs, &merged.base, &merged.mine, &theirs).unwrap();
            prop_assert_eq!(said(&given.mine), said(&theirs));
        }
        // Other fields of the same window are in nobody's way.
        let theirs = after(&base, &[Act::Order(at, z)]);
        let merged = merge(&base, &mine, &theirs).unwrap();
        prop_assert!(merged.conflicts.is_empty());
        prop_assert_eq!(said(&merged.mine), said(&after(&mine, &[Act::Order(at, z)])));
    }

    #[test]
    fn nothing_is_lost_and_what_was_put_together_stays(
        own in prop::collection::vec(act(), 0..8),
        others in prop::collection::vec(act(), 0..8),
    ) {
        let base = hall();
        let (mine, theirs) = (after(&base, &own), after(&base, &others));
        let merged = merge(&base, &mine, &theirs).unwrap();
        let again = merge(&merged.base, &merged.mine, &theirs).unwrap();
        prop_assert_eq!(again.mine.text(), merged.mine.text());
        prop_assert_eq!(again.base.text(), merged.base.text());
        prop_assert_eq!(&again.conflicts, &merged.conflicts);
        for choice in [Choice::Mine, Choice::Theirs] {
            let end = decided(merged.clone(), &theirs, choice);
            prop_assert_eq!(said(&end.base), said(&theirs), "{:?}: all of theirs is known", choice);
        }
        // What the designer has done alone is there, whatever is decided: going back to the base from there is his own change.
        let end = decided(merged, &theirs, Choice::Mine);
        let lost = merge(&theirs, &end.mine, &theirs).unwrap();
        prop_assert_eq!(lost.mine.text(), end.mine.text());
    }

    #[test]
    fn a_wall_that_does_what_it_is_asked_for_shows_what_was_designed(
        own in prop::collection::vec(act(), 0..10),
        live in prop::collection::vec(act(), 0..6),
    ) {
        let base = hall();
        let layout = base.layout();
        // The wall has been changed by operators before.
        let before = after(&base, &live);
        let begun = ask(layout, &Draft::of(scene("day")), &before);
        let designed = after(&base, &own);
        let end = ask(layout, &begun, &designed);
        let wanted: Vec<Shown> = shown(&designed.layout().scene(&scene("day")).unwrap().windows);
        let hangs = shown(&end.windows(layout).unwrap());
        // A text that was closed by an operator cannot be asked for again; everything else hangs as it was drawn.
        let texts = |shown: &[Shown]| shown.iter().filter(|window| window.0.is_none()).count();
        let pictures = |shown: Vec<Shown>| shown.into_iter().filter(|window| window.0.is_some()).collect::<Vec<_>>();
        prop_assert!(texts(&hangs) <= texts(&wanted));
        if texts(&hangs) == texts(&wanted) {
            prop_assert_eq!(&hangs, &wanted);
        }
        prop_assert_eq!(pictures(hangs), pictures(wanted));
        let nothing = wishes(designed.layout().scene(&scene("day")).unwrap(), &hung(&end, layout));
        prop_assert!(nothing.is_empty() , "asked again there is nothing to ask for: {nothing:?}");
    }

    #[test]
    fn what_a_wall_has_taken_over_is_no_difference_any_more_and_the_rest_stays_one(own in prop::collection::vec(act(), 0..8)) {
        let (base, day) = (hall(), scene("day"));
        let mine = after(&base, &own);
        let found = difference(&base, &mine, &day);
        let base = taken(&base, &mine, &day).unwrap();
        let left = difference(&base, &mine, &day);
        prop_assert_eq!(left.windows, 0);
        prop_assert_eq!(left.unsaid, found.unsaid);
    }
}

#[test]
fn windows_that_are_paired_otherwise_after_a_merge_are_put_together_at_once() {
    let base = hall();
    let mine = after(&base, &[Act::Source(3, 1), Act::Source(1, 2)]);
    let theirs = after(&base, &[Act::Source(1, 2), Act::Place(3, [0, 0, 240_000, 201_000])]);
    let merged = merge(&base, &mine, &theirs).unwrap();
    let again = merge(&merged.base, &merged.mine, &theirs).unwrap();
    assert_eq!(again.mine.text(), merged.mine.text());
    assert_eq!((again.base.text(), &again.conflicts), (merged.base.text(), &merged.conflicts));
}

type Shown = (Option<SourceId>, [i64; 4], Option<Crop>, bool);

fn shown(windows: &[Window]) -> Vec<Shown> {
    let one = |window: &Window| {
        let Pixels(place) = Pixels::of(window.rect, (0, 0));
        match &window.content {
            WindowContent::Source { source, crop, .. } => {
                (Some(source.clone()), place, Some(*crop), window.small_stream)
            }
            _ => (None, place, None, false),
        }
    };
    windows.iter().map(one).collect()
}

fn hung(draft: &Draft, layout: &Layout) -> Vec<Hung> {
    let windows = draft.windows(layout).unwrap();
    let one = |window: &Window| {
        let (source, crop) = match &window.content {
            WindowContent::Source { source, crop, .. } => (Some(source.clone()), *crop),
            _ => (None, Crop::ALL),
        };
        Hung { face: Face::of(window), source, crop, small_stream: window.small_stream, locked: false }
    };
    windows.iter().map(one).collect()
}

fn rect([x, y, width, height]: [i64; 4]) -> CanvasRect {
    let [x, y, width, height] = [x, y, width, height].map(|thousandths| thousandths * CANVAS_PIXEL / 1000);
    CanvasRect::checked(x, y, width, height).unwrap()
}

fn change(wish: &Wish, opened: &[WindowId]) -> Change {
    match wish.clone() {
        Wish::Open { source, place, small_stream } => {
            Change::Open { source, rect: rect(place), small_stream }
        }
        Wish::Close(window) => Change::Close { window: WindowId::new(&window).unwrap() },
        Wish::Set { window, place, source, crop, small_stream, raise } => {
            let window = match window {
                Which::Hung(name) => WindowId::new(&name).unwrap(),
                Which::Opened(number) => opened[number].clone(),
            };
            let set = WindowSet {
                rect: place.map(rect),
                source,
                crop,
                small_stream,
                raise,
                ..WindowSet::default()
            };
            Change::Set { window, set }
        }
    }
}

/// A wall that shows `draft` is asked for what `designed` has.
fn ask(layout: &Layout, draft: &Draft, designed: &HallText) -> Draft {
    let wanted = wishes(designed.layout().scene(&scene("day")).unwrap(), &hung(draft, layout));
    let first: Vec<Change> = wanted.first.iter().map(|wish| change(wish, &[])).collect();
    let (draft, opened) = draft.change(layout, &first).unwrap();
    let then: Vec<Change> = wanted.then.iter().map(|wish| change(wish, &opened)).collect();
    draft.change(layout, &then).unwrap().0
}

#[test]
fn what_one_uses_and_the_other_has_taken_away_is_asked_about() {
    let base = hall();
    let mine = after(&base, &[Act::Open(2, [0, 0, 200_000, 200_000], 0), Act::Source(1, 2)]);
    let night = base.edited(&[TextEdit::RemoveScene { scene: scene("night") }]).unwrap();
    let theirs = night.with_sources(&[(SourceId::new("hall").unwrap(), None)].into()).unwrap();
    let merged = merge(&base, &mine, &theirs).unwrap();
    assert!(merged.mine.layout().source(&SourceId::new("hall").unwrap()).is_some(), "its window needs it");
    assert!(merged.mine.layout().scene(&scene("night")).is_none(), "what can come comes");
    let [conflict] = &merged.conflicts[..] else { panic!("{:?}", merged.conflicts) };
    assert_eq!((conflict.theirs.is_none(), conflict.fields.is_empty()), (true, true));
    let kept = decide(conflict, Choice::Mine, &merged.base, &merged.mine, &theirs).unwrap();
    assert!(kept.conflicts.is_empty() && kept.mine.text() == merged.mine.text());
    assert!(
        decide(conflict, Choice::Theirs, &merged.base, &merged.mine, &theirs).is_err(),
        "the window would be left without"
    );
}
