//! A designer's work by properties: whatever is done, windows stay on the canvas, what is locked stays, and everything can be taken back.

use editor_model::{Align, Axis, Handle, Item, Order, Rect, Session, Template};
use layouts::{Easing, Fit, Transition, TransitionKind};
use layouts_edit::{HallText, Setting};
use media::WindowId;
use proptest::prelude::*;

const HALL: &str = include_str!("../../../layouts/edit/tests/hall.toml");

fn session() -> Session {
    Session::new(HallText::parse(HALL, "hall.toml").unwrap(), "hall.toml")
}

/// What hands do.
#[derive(Debug, Clone)]
enum Act {
    Select(usize, bool),
    Marquee(Rect),
    All,
    Drag((i64, i64), i64),
    Stretch(usize, (i64, i64), bool),
    Nudge((i64, i64)),
    Duplicate,
    Delete,
    Reorder(Order),
    Align(Axis, Align),
    Distribute(Axis),
    SameSize,
    Set(Setting),
    CopyPaste(bool),
    Lock,
    Group,
    Ungroup,
    Show(usize),
    NewScene(usize),
    CopyScene,
    RemoveScene,
    Reflow(usize),
    Transition(u32),
    Undo,
    Redo,
    GoTo(usize),
}

fn by() -> impl Strategy<Value = (i64, i64)> {
    (-2_000_000..2_000_000_i64, -2_000_000..2_000_000_i64)
}

fn setting() -> impl Strategy<Value = Setting> {
    prop_oneof![
        Just(Setting::Fit(Fit::Contain)),
        Just(Setting::Fit(Fit::Cover)),
        (0..=10_000_u32).prop_map(Setting::Opacity),
        (0..9_000_i64).prop_map(Setting::Corner),
        Just(Setting::Border(Some((4_000, "accent".to_owned())))),
        Just(Setting::Border(None)),
        any::<bool>().prop_map(Setting::Label),
        Just(Setting::Text("水".to_owned(), "water".to_owned())),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let order =
        prop_oneof![Just(Order::Front), Just(Order::Forward), Just(Order::Backward), Just(Order::Back)];
    let axis = || prop_oneof![Just(Axis::Across), Just(Axis::Down)];
    let to = prop_oneof![Just(Align::Begin), Just(Align::Middle), Just(Align::End)];
    prop_oneof![
        6 => (0..8_usize, any::<bool>()).prop_map(|(at, more)| Act::Select(at, more)),
        1 => (by(), by()).prop_map(|(one, other)| Act::Marquee(Rect::between(one, other))),
        1 => Just(Act::All),
        4 => (by(), 0..20_000_i64).prop_map(|(by, reach)| Act::Drag(by, reach)),
        3 => (0..8_usize, by(), any::<bool>()).prop_map(|(at, by, keep)| Act::Stretch(at, by, keep)),
        2 => (-9_000..9_000_i64, -9_000..9_000_i64).prop_map(Act::Nudge),
        2 => Just(Act::Duplicate),
        2 => Just(Act::Delete),
        2 => order.prop_map(Act::Reorder),
        1 => (axis(), to).prop_map(|(axis, to)| Act::Align(axis, to)),
        1 => axis().prop_map(Act::Distribute),
        1 => Just(Act::SameSize),
        2 => setting().prop_map(Act::Set),
        2 => any::<bool>().prop_map(Act::CopyPaste),
        1 => Just(Act::Lock),
        1 => Just(Act::Group),
        1 => Just(Act::Ungroup),
        2 => (0..4_usize).prop_map(Act::Show),
        1 => (0..8_usize).prop_map(Act::NewScene),
        1 => Just(Act::CopyScene),
        1 => Just(Act::RemoveScene),
        1 => (0..8_usize).prop_map(Act::Reflow),
        1 => (1..900_u32).prop_map(Act::Transition),
        3 => Just(Act::Undo),
        2 => Just(Act::Redo),
        1 => (0..12_usize).prop_map(Act::GoTo),
    ]
}

/// Does it; what is refused changes nothing.
fn perform(session: &mut Session, act: &Act) {
    let before = session.document().text().clone();
    let done = match act {
        Act::Select(at, more) => {
            let items = session.items();
            if let Some(item) = items.get(at % items.len().max(1)) {
                session.select([item.id.clone()], *more);
            }
            Ok(())
        }
        Act::Marquee(area) => {
            session.select_in(*area, false);
            Ok(())
        }
        Act::All => {
            session.select_all();
            Ok(())
        }
        Act::Drag(by, reach) => match session.grip(0) {
            Some(grip) => {
                let half = session.drag(&grip, (by.0 / 2, by.1 / 2), *reach);
                half.and_then(|_| session.drag(&grip, *by, *reach)).map(drop)
            }
            None => Ok(()),
        },
        Act::Stretch(at, by, keep) => match session.grip(40_000) {
            Some(grip) => session.stretch(&grip, Handle::ALL[*at], *by, *keep, 5_000).map(drop),
            None => Ok(()),
        },
        Act::Nudge(by) => session.nudge(*by),
        Act::Duplicate => session.duplicate(),
        Act::Delete => session.delete(),
        Act::Reorder(order) => session.reorder(*order),
        Act::Align(axis, to) => session.align(*axis, *to),
        Act::Distribute(axis) => session.distribute(*axis),
        Act::SameSize => session.same_size(),
        Act::Set(setting) => session.set(("设".into(), "Set".into()), setting, None),
        Act::CopyPaste(elsewhere) => {
            let text = session.copy();
            let other = session.layout().scenes().last().map(|scene| scene.id.clone());
            if let Some(other) = other.filter(|_| *elsewhere) {
                session.show(&other);
            }
            session.paste(&text).map(drop)
        }
        Act::Lock => {
            session.toggle_lock();
            Ok(())
        }
        Act::Group => {
            session.group();
            Ok(())
        }
        Act::Ungroup => {
            session.ungroup();
            Ok(())
        }
        Act::Show(at) => {
            let scene = session.layout().scenes().get(*at).map(|scene| scene.id.clone());
            {
                scene.iter().for_each(|scene| session.show(scene));
                Ok(())
            }
        }
        Act::NewScene(at) => {
            let sources: Vec<_> = session.layout().sources().map(|source| source.id.clone()).collect();
            session.new_scene(Template::ALL[*at].0, ("新".into(), "New".into()), &sources, 16_000)
        }
        Act::CopyScene => session.copy_scene(),
        Act::RemoveScene => session.remove_scene(),
        Act::Reflow(at) => session.reflow(Template::ALL[*at].0, 8_000),
        Act::Transition(ms) => {
            let (kind, easing) = (TransitionKind::Fade, Easing::InOut);
            session.set_transition(Transition { kind, duration_ms: *ms, easing }, None)
        }
        Act::Undo => {
            session.undo();
            Ok(())
        }
        Act::Redo => {
            session.redo();
            Ok(())
        }
        Act::GoTo(count) => {
            session.go_to(*count);
            Ok(())
        }
    };
    if done.is_err() {
        assert_eq!(&before, session.document().text(), "{act:?} was refused and changed something");
    }
}

fn locked(session: &Session) -> Vec<(WindowId, Rect)> {
    session.items().into_iter().filter(|item| item.locked).map(|item| (item.id, item.rect)).collect()
}

/// How many sequences: `HISTORIES=10000` for the proof.
fn cases() -> u32 {
    std::env::var("HISTORIES").ok().and_then(|count| count.parse().ok()).unwrap_or(64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn whatever_is_done_can_be_taken_back_and_done_again(acts in proptest::collection::vec(act(), 1..24)) {
        let mut session = session();
        for act in &acts {
            let (held, scene) = (locked(&session), session.scene().map(|scene| scene.id.clone()));
            perform(&mut session, act);
            let canvas = session.canvas();
            for item in session.items() {
                let Rect { x, y, .. } = item.rect;
                prop_assert!(x >= 0 && y >= 0 && item.rect.right() <= canvas.right() && item.rect.bottom() <= canvas.bottom());
            }
            // Only going back and forth in time may move what is locked; deleting others may give it another name.
            let travels = matches!(act, Act::Undo | Act::Redo | Act::GoTo(_) | Act::Lock);
            if !travels && scene == session.scene().map(|scene| scene.id.clone()) {
                let now: Vec<Rect> = locked(&session).into_iter().map(|(_, rect)| rect).collect();
                let mut before: Vec<Rect> = held.into_iter().map(|(_, rect)| rect).collect();
                let mut after = now;
                let key = |rect: &Rect| (rect.x, rect.y, rect.width, rect.height);
                before.sort_by_key(key);
                after.sort_by_key(key);
                prop_assert_eq!(before, after, "{:?}", act);
            }
        }
        let (text, steps) = (session.document().text().clone(), session.history().past().len());
        while session.undo().is_some() {}
        prop_assert_eq!(&**session.document().text(), HALL);
        session.go_to(steps);
        prop_assert_eq!(session.document().text(), &text);
    }
}

/// A planted fault: of three steps one is not taken back.
#[test]
fn a_step_that_is_not_taken_back_is_noticed() {
    let mut session = session();
    session.select([WindowId::new("w3").unwrap()], false);
    for by in [(1_000, 0), (0, 2_000), (-500, 0)] {
        let grip = session.grip(0).unwrap();
        session.drag(&grip, by, 0).unwrap();
    }
    session.undo();
    session.undo();
    assert_ne!(&**session.document().text(), HALL);
    session.undo();
    assert_eq!(&**session.document().text(), HALL);
}

#[test]
fn what_is_kept_beside_the_document_comes_back_where_its_windows_are() {
    let mut first = session();
    let id = |name: &str| WindowId::new(name).unwrap();
    first.select([id("w3")], false);
    first.toggle_lock();
    first.select([id("main"), id("w2")], false);
    first.group();
    let mut kept = first.kept();
    let day = first.layout().scenes()[0].id.clone();
    kept.locked.insert((day.clone(), id("w9")));
    kept.groups.push([(day.clone(), id("w2")), (day, id("w8"))].into());
    let mut again = session();
    again.restore(kept);
    assert_eq!(again.kept(), first.kept(), "what is not there is left out");
    assert!(again.is_locked(&id("w3")));
    again.select([id("w2")], false);
    again.nudge((1_000, 0)).unwrap();
    again.undo().unwrap();
    assert_eq!(again.kept(), first.kept(), "an undo does not lose it");
}

/// Lines that are in `after` and not at their place in `before`.
fn changed_lines(before: &str, after: &str) -> usize {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    assert_eq!(before.len(), after.len());
    before.iter().zip(&after).filter(|(a, b)| a != b).count()
}

#[test]
fn a_drag_of_two_windows_changes_their_two_lines() {
    let mut session = session();
    let ids: Vec<WindowId> =
        session.items().into_iter().filter(|item| item.index >= 2).map(|item| item.id).collect();
    session.select(ids, false);
    let grip = session.grip(0).unwrap();
    for step in 1..30 {
        session.drag(&grip, (step * 1_000, -step * 500), 0).unwrap();
    }
    assert_eq!(session.history().past().len(), 1);
    assert_eq!(changed_lines(HALL, session.document().text()), 2);
    session.undo().unwrap();
    assert_eq!(&**session.document().text(), HALL);
    assert_eq!(session.selected().len(), 2, "what was selected before the act is selected again");
}

/// A planted fault: an edit that touches a second line is seen.
#[test]
fn a_second_line_is_noticed() {
    let planted = HALL.replace("the end", "the END").replace("hello", "HELLO");
    assert_eq!(changed_lines(HALL, &planted), 2);
}

fn depths(session: &Session) -> Vec<usize> {
    session.items().into_iter().map(|item: Item| item.index).collect()
}

#[test]
fn windows_go_to_the_front_and_to_the_back_and_a_step_at_a_time() {
    let mut session = session();
    let id = |session: &Session, index: usize| {
        session.items().into_iter().find(|item| item.index == index).unwrap().id
    };
    assert_eq!(depths(&session), [0, 2, 3, 1]);
    session.select([id(&session, 0)], false);
    session.reorder(Order::Front).unwrap();
    assert_eq!(depths(&session), [2, 3, 1, 0]);
    session.reorder(Order::Backward).unwrap();
    assert_eq!(depths(&session), [2, 3, 0, 1]);
    session.reorder(Order::Back).unwrap();
    assert_eq!(depths(&session), [0, 2, 3, 1]);
    session.reorder(Order::Forward).unwrap();
    assert_eq!(depths(&session), [2, 0, 3, 1]);
    session.select_all();
    session.reorder(Order::Front).unwrap();
    assert_eq!(depths(&session), [2, 0, 3, 1], "all keep their order");
}

#[test]
fn what_is_copied_comes_to_another_scene_and_keeps_its_slot_where_it_is_free() {
    let mut session = session();
    session.select_all();
    let text = session.copy();
    assert!(text.contains("[[window]]") && text.contains("slot = \"main\""), "{text}");
    let night = session.layout().scenes()[1].id.clone();
    session.show(&night);
    assert_eq!(session.paste(&text).unwrap(), 4);
    assert_eq!(session.selected().len(), 4);
    assert!(session.scene().unwrap().slots().any(|(slot, _)| slot == "main"));
    assert_eq!(session.paste(&text).unwrap(), 4);
    assert_eq!(session.scene().unwrap().slots().count(), 1);
    assert_eq!(session.paste("no windows at all").unwrap(), 0);
    assert_eq!(session.paste("[[window]]\nrect_px = [0,0,1e99,1]").unwrap_or(0), 0);
}

#[test]
fn locks_and_groups_stay_with_their_windows_when_others_are_deleted() {
    let mut session = session();
    session.select([WindowId::new("w4").unwrap()], false);
    session.toggle_lock();
    session.select([WindowId::new("w2").unwrap()], false);
    session.delete().unwrap();
    let locked: Vec<Rect> =
        session.items().into_iter().filter(|item| item.locked).map(|item| item.rect).collect();
    assert_eq!(locked, [Rect { x: 1_400_000, y: 600_000, width: 400_000, height: 300_000 }]);
    session.undo().unwrap();
    assert!(session.is_locked(&WindowId::new("w4").unwrap()));
}
