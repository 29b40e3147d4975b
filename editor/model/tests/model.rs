//! The editor's model by properties: histories that end where they should, geometry that holds what it promises.

use editor_model::{
    Align, Axis, Handle, History, Lines, Rect, Template, align, distribute, resized, same_size, snap_move,
    snap_resize,
};
use layouts_edit::{HallText, Pixels, TextEdit};
use media::{SceneId, SourceId};
use proptest::prelude::*;

const HALL: &str = include_str!("../../../assets/demo/hall.toml");

fn hall() -> HallText {
    HallText::parse(HALL, "hall.toml").unwrap()
}

fn name(words: &str) -> (String, String) {
    (words.to_owned(), words.to_owned())
}

fn a_scene() -> (SceneId, usize) {
    let layout = hall().layout().clone();
    let scene = layout.scenes().iter().max_by_key(|scene| scene.windows.len()).unwrap();
    (scene.id.clone(), scene.windows.len())
}

fn rect() -> impl Strategy<Value = Rect> {
    (-900_000..900_000_i64, -900_000..900_000_i64, 1_000..900_000_i64, 1_000..900_000_i64)
        .prop_map(|(x, y, width, height)| Rect { x, y, width, height })
}

/// What somebody at the editor does.
#[derive(Debug, Clone)]
enum Act {
    Place(usize, Rect, Option<u64>),
    Source(usize, usize),
    Order(usize, i32),
    Duplicate(usize, Rect),
    Close(usize),
    Undo,
    Redo,
    GoTo(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..16_usize, rect(), prop_oneof![Just(None), (0..3_u64).prop_map(Some)]).prop_map(|(at, rect, mark)| Act::Place(at, rect, mark)),
        1 => (0..16_usize, 0..20_usize).prop_map(|(at, source)| Act::Source(at, source)),
        1 => (0..16_usize, -9..9_i32).prop_map(|(at, z)| Act::Order(at, z)),
        1 => (0..16_usize, rect()).prop_map(|(at, rect)| Act::Duplicate(at, rect)),
        1 => (0..16_usize).prop_map(Act::Close),
        3 => Just(Act::Undo),
        2 => Just(Act::Redo),
        1 => (0..30_usize).prop_map(Act::GoTo),
    ]
}

fn edit(scene: &SceneId, act: &Act, sources: &[SourceId]) -> Option<(TextEdit, Option<u64>)> {
    let scene = scene.clone();
    Some(match act {
        Act::Place(window, rect, mark) => {
            (TextEdit::Place { scene, window: *window, rect: Pixels::from(*rect) }, *mark)
        }
        Act::Source(window, source) => (
            TextEdit::Source { scene, window: *window, source: sources[source % sources.len()].clone() },
            None,
        ),
        Act::Order(window, z) => (TextEdit::Order { scene, window: *window, z: *z }, None),
        Act::Duplicate(window, rect) => {
            (TextEdit::Duplicate { scene, window: *window, rect: Pixels::from(*rect) }, None)
        }
        Act::Close(window) => (TextEdit::Close { scene, window: *window }, None),
        Act::Undo | Act::Redo | Act::GoTo(_) => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A model keeps every text; the history keeps changes and must always show the same one.
    #[test]
    fn histories_end_where_they_should(acts in proptest::collection::vec(act(), 1..40)) {
        let (scene, _) = a_scene();
        let sources: Vec<SourceId> = hall().layout().sources().map(|source| source.id.clone()).collect();
        let mut history = History::new(hall(), "hall.toml");
        // Every text from the first to the newest, and which of them is shown.
        let (mut texts, mut at, mut last_mark) = (vec![HALL.to_owned()], 0_usize, None);
        for act in &acts {
            match (act, edit(&scene, act, &sources)) {
                (Act::Undo, _) => { if history.undo().is_some() { at -= 1; last_mark = None; } }
                (Act::Redo, _) => { if history.redo().is_some() { at += 1; last_mark = None; } }
                (Act::GoTo(count), _) => {
                    history.go_to(*count);
                    if at != (*count).min(texts.len() - 1) { last_mark = None; }
                    at = (*count).min(texts.len() - 1);
                }
                (_, Some((edit, mark))) => {
                    let before = history.document().text().clone();
                    let outcome = history.act(name("act"), &[edit], mark);
                    let after = history.document().text();
                    if outcome.is_err() {
                        prop_assert_eq!(&before, after);
                    } else if before != *after {
                        texts.truncate(at + 1);
                        if mark.is_some() && mark == last_mark && at > 0 {
                            texts[at] = after.to_string();
                            if texts[at] == texts[at - 1] { texts.pop(); at -= 1; }
                        } else {
                            texts.push(after.to_string());
                            at += 1;
                        }
                        last_mark = mark;
                        if history.past().len() != at { last_mark = None; }
                    }
                }
                _ => unreachable!(),
            }
            prop_assert_eq!(history.document().text().as_ref(), texts[at].as_str());
            prop_assert_eq!(history.past().len(), at);
            prop_assert_eq!(history.future().len(), texts.len() - 1 - at);
        }
        history.go_to(0);
        prop_assert_eq!(history.document().text().as_ref(), HALL);
        prop_assert!(!history.is_changed());
    }
}

#[test]
fn a_drag_is_one_step_and_one_that_comes_back_is_none() {
    let (scene, _) = a_scene();
    let mut history = History::new(hall(), "hall.toml");
    let place = |x: i64| TextEdit::Place {
        scene: scene.clone(),
        window: 0,
        rect: Pixels([x * 1000, 0, 400_000, 300_000]),
    };
    history.act(name("begin"), &[place(5)], None).unwrap();
    for x in 6..200 {
        history.act(name("move"), &[place(x)], Some(1)).unwrap();
    }
    assert_eq!(history.past().len(), 2);
    history.act(name("move"), &[place(5)], Some(1)).unwrap();
    assert_eq!(history.past().len(), 1, "it came back to where it began");
    history.act(name("move"), &[place(9)], Some(2)).unwrap();
    assert_eq!(history.undo().unwrap().1, "move");
    assert_eq!(history.undo().unwrap().1, "begin");
    assert_eq!(history.document().text().as_ref(), HALL);
    assert_eq!(history.future().len(), 2);
}

proptest! {
    #[test]
    fn a_resize_keeps_what_is_not_held(rect in rect(), which in 0..8_usize, by in (-2_000_000..2_000_000_i64, -2_000_000..2_000_000_i64), keep: bool) {
        let handle = Handle::ALL[which];
        let new = resized(rect, handle, by, keep, 8_000);
        prop_assert!(new.width >= 8_000.min(rect.width) && new.height >= 8_000.min(rect.height));
        match handle.x { -1 => prop_assert_eq!(new.right(), rect.right()), 1 => prop_assert_eq!(new.x, rect.x), _ => {} }
        match handle.y { -1 => prop_assert_eq!(new.bottom(), rect.bottom()), 1 => prop_assert_eq!(new.y, rect.y), _ => {} }
        if keep && new.width > 8_000 && new.height > 8_000 {
            let off = (i128::from(new.width) * i128::from(rect.height) - i128::from(new.height) * i128::from(rect.width)).abs();
            prop_assert!(off <= i128::from(rect.width.max(rect.height)), "{rect:?} became {new:?}");
        }
    }

    #[test]
    fn snapping_moves_by_no_more_than_its_reach_and_onto_its_guides(rect in rect(), others in proptest::collection::vec(rect(), 0..6), reach in 0..20_000_i64) {
        let canvas = Rect { x: 0, y: 0, width: 1_920_000, height: 1_080_000 };
        let lines = Lines::new(others, canvas, 120_000);
        let snapped = snap_move(rect, &lines, reach);
        prop_assert!((snapped.rect.x - rect.x).abs() <= reach && (snapped.rect.y - rect.y).abs() <= reach);
        prop_assert_eq!((snapped.rect.width, snapped.rect.height), (rect.width, rect.height));
        for guide in &snapped.guides {
            let r = snapped.rect;
            let points = if guide.upright { [r.x, r.x + r.width / 2, r.right()] } else { [r.y, r.y + r.height / 2, r.bottom()] };
            prop_assert!(points.contains(&guide.at));
        }
        // What has snapped stays: a window does not creep.
        prop_assert_eq!(snap_move(snapped.rect, &lines, reach).rect, snapped.rect);
        let handle = Handle { x: 1, y: 1 };
        let sized = snap_resize(rect, handle, (0, 0), false, 1_000, &lines, reach);
        prop_assert_eq!((sized.rect.x, sized.rect.y), (rect.x, rect.y));
        prop_assert!((sized.rect.right() - rect.right()).abs() <= reach.max(1_000));
    }

    #[test]
    fn arrangements_do_what_they_say(rects in proptest::collection::vec(rect(), 1..9)) {
        let around = Rect::around(rects.iter().copied()).unwrap();
        let mut ends = rects.clone();
        align(&mut ends, Axis::Across, Align::End);
        prop_assert!(ends.iter().zip(&rects).all(|(new, old)| new.right() == around.right() && new.y == old.y));
        let mut spread = rects.clone();
        distribute(&mut spread, Axis::Down);
        let mut sorted = spread.clone();
        sorted.sort_by_key(|rect| rect.y);
        if rects.len() >= 3 {
            let first = rects.iter().map(|rect| rect.y).min().unwrap();
            let last = rects.iter().map(|rect| rect.y).max().unwrap();
            prop_assert_eq!(spread.iter().map(|rect| rect.y).min().unwrap().min(first), first.min(spread.iter().map(|rect| rect.y).min().unwrap()));
            prop_assert!(spread.iter().any(|rect| rect.y == last));
        } else {
            prop_assert_eq!(&spread, &rects);
        }
        let mut same = rects.clone();
        same_size(&mut same);
        prop_assert!(same.iter().all(|rect| (rect.width, rect.height) == (rects[0].width, rects[0].height)));
    }

    #[test]
    fn templates_fill_any_wall_without_overlap(width in 100_000..8_000_000_i64, height in 100_000..4_000_000_i64, gutter in 0..16_000_i64) {
        let canvas = Rect { x: -5_000, y: 7_000, width, height };
        for (template, _, _) in Template::ALL {
            let rects = template.rects(canvas, gutter);
            for (index, rect) in rects.iter().enumerate() {
                prop_assert!(rect.x >= canvas.x && rect.right() <= canvas.right() && rect.y >= canvas.y && rect.bottom() <= canvas.bottom(), "{template:?} {rect:?}");
                let overlaps = rects[index + 1..].iter().any(|other| rect.meets(*other));
                prop_assert_eq!(overlaps, template == Template::PictureInPicture && index == 0);
            }
        }
    }
}

fn percent() -> impl Strategy<Value = layouts_edit::Percent> {
    (0..990_000_i64, 0..990_000_i64, 10_000..1_000_000_i64, 10_000..1_000_000_i64).prop_map(
        |(x, y, width, height)| {
            layouts_edit::Percent([x, y, width.min(1_000_000 - x), height.min(1_000_000 - y)])
        },
    )
}

proptest! {
    #[test]
    fn crops_stay_in_their_pictures_and_in_their_proportions(crop in percent(), by in (-2_000_000..2_000_000_i64, -2_000_000..2_000_000_i64), e3 in 1..20_000_i64) {
        let inside = |layouts_edit::Percent([x, y, width, height])| {
            x >= 0 && y >= 0 && width >= 1 && height >= 1 && x + width <= 1_000_000 && y + height <= 1_000_000
        };
        let moved = editor_model::crop_moved(crop, by);
        prop_assert!(inside(moved));
        prop_assert_eq!((moved.0[2], moved.0[3]), (crop.0[2], crop.0[3]));
        let scaled = editor_model::crop_scaled(crop, e3);
        prop_assert!(inside(scaled));
        let [_, _, width, height] = crop.0;
        let off = (i128::from(scaled.0[2]) * i128::from(height) - i128::from(scaled.0[3]) * i128::from(width)).abs();
        prop_assert!(off <= i128::from(width.max(height)) * 2, "{crop:?} became {scaled:?}");
        prop_assert_eq!(editor_model::spoken(crop).is_none(), crop == layouts_edit::Percent([0, 0, 1_000_000, 1_000_000]));
    }
}
