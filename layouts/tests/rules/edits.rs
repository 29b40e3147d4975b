//! What operators have changed of windows lies under alarms like everything else: it is back, to the last pixel, when they are over.

use crate::dice::run;
use crate::hall::{Hall, layout};
use crate::storms::{SCENES, STORM, act, calm, perform};
use layouts::{CANVAS_PIXEL, CanvasRect, Change, Draft, Layout, WindowSet};
use media::{SceneId, SourceId, WallId, WindowId};
use proptest::prelude::{Strategy, prop, prop_oneof};
use proptest::prop_assert_eq;

fn main_wall() -> WallId {
    WallId::new("main").unwrap()
}

fn window(index: usize) -> WindowId {
    WindowId::new(&format!("a-{}", index + 1)).unwrap()
}

fn rect(x: i64, y: i64) -> CanvasRect {
    let unit = CANVAS_PIXEL;
    CanvasRect { x: x * unit, y: y * unit, width: 120 * unit, height: 90 * unit }
}

fn change() -> impl Strategy<Value = Change> {
    let place = || (0_i64..500, 0_i64..250).prop_map(|(x, y)| rect(x, y));
    let source = || (0_usize..4).prop_map(|number| SourceId::new(&format!("cam-{number}")).unwrap());
    let window = || (0_usize..3).prop_map(window);
    let set = |window, set| Change::Set { window, set };
    prop_oneof![
        (source(), place()).prop_map(|(source, rect)| Change::Open { source, rect, small_stream: false }),
        (window(), place()).prop_map(move |(window, rect)| set(
            window,
            WindowSet { rect: Some(rect), ..WindowSet::default() }
        )),
        (window(), source()).prop_map(move |(window, source)| set(
            window,
            WindowSet { source: Some(source), ..WindowSet::default() }
        )),
        window().prop_map(move |window| set(window, WindowSet { raise: true, ..WindowSet::default() })),
        (window(), window()).prop_map(|(a, b)| Change::Swap { a, b }),
        window().prop_map(|window| Change::Close { window }),
    ]
}

/// Does what can be done of `changes`, one after the other.
fn edit(hall: &mut Hall, layout: &Layout, changes: &[Change]) {
    for change in changes {
        let draft = hall.engine.draft(&main_wall()).unwrap();
        if let Ok((after, _)) = draft.change(layout, std::slice::from_ref(change)) {
            hall.engine.operator_draft(&main_wall(), after, "li", None, hall.now).unwrap();
            hall.drain();
        }
    }
}

#[test]
fn after_any_storm_an_edited_wall_shows_the_exact_picture_it_had() {
    let layout = layout(STORM);
    let storm = (0_usize..3, prop::collection::vec(change(), 1..8), prop::collection::vec(act(false), 1..60));
    run("edited", 3000, storm, |(scene, changes, acts)| {
        let mut hall = Hall::of(&layout);
        hall.choose("main", SCENES[0][scene]);
        edit(&mut hall, &layout, &changes);
        let (before, draft) = (hall.picture("main").clone(), hall.engine.draft(&main_wall()));
        let mut ms = 0;
        for act in &acts {
            perform(&mut hall, &layout, act, &mut ms);
            prop_assert_eq!(&hall.engine.draft(&main_wall()), &draft, "alarms change nothing of it");
            let picture = hall.picture("main").clone();
            let variant = layouts::Variant {
                id: SceneId::new("variant").unwrap(),
                base: picture.scene,
                edits: picture.edits,
                fills: picture.fills,
                banner: picture.banner,
                cut: false,
            };
            let drawn = layout.with_variants(&[variant]);
            proptest::prop_assert!(drawn.is_ok(), "{:?}", drawn.err());
        }
        calm(&mut hall);
        prop_assert_eq!(&before, hall.picture("main"));
        Ok(())
    });
}

#[test]
fn a_rule_has_its_source_seen_whatever_was_done_to_the_slots_window() {
    let layout = layout(STORM);
    let mut hall = Hall::of(&layout);
    hall.choose("main", "one");
    let to_cam = WindowSet { source: Some(SourceId::new("cam-1").unwrap()), ..WindowSet::default() };
    edit(
        &mut hall,
        &layout,
        &[Change::Close { window: window(2) }, Change::Set { window: window(0), set: to_cam }],
    );
    let edited = hall.picture("main").clone();
    assert_eq!(edited.edits.len(), 2);
    let shown = |hall: &Hall| {
        let picture = hall.picture("main").clone();
        let fills = picture.fills.into_iter().collect();
        let draft = Draft { scene: picture.scene, fills, edits: picture.edits };
        let windows = draft.windows(&layout).unwrap();
        let line = |window: &layouts::Window| match &window.content {
            layouts::WindowContent::Source { source, .. } => format!("{}={source}", window.id),
            _ => panic!("a source"),
        };
        windows.iter().map(line).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown(&hall), "a-1=cam-1 a-2=nowhere");
    // Rule r3 puts cam-3 into slot a-3, whose window an operator has closed.
    hall.event("e", "k3", media::EventState::Reported).at(4.0);
    assert_eq!(shown(&hall), "a-1=cam-1 a-2=nowhere a-3=cam-3");
    hall.engine.acknowledge(hall.newest(), "li", hall.now).unwrap();
    hall.drain();
    // Of r4, whose scene covers all that was edited, nothing is left either.
    while let Some(alarm) = hall.engine.alarms().first() {
        hall.engine.acknowledge(alarm.id, "li", hall.now).unwrap();
    }
    hall.at(60.0);
    calm(&mut hall);
    assert_eq!(hall.picture("main"), &edited);
    // Who fills the slot by hand wants to see it.
    let filled = SourceId::new("cam-2").unwrap();
    for slot in ["a-1", "a-3"] {
        hall.engine.operator_fill(&main_wall(), slot, Some(&filled), "li", hall.now).unwrap();
    }
    assert_eq!(shown(&hall), "a-1=cam-2 a-2=nowhere a-3=cam-2");
    assert!(hall.picture("main").edits.is_empty());
}
