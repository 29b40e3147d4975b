//! After any storm of alarms the wall returns to exactly the picture it had.

use crate::dice::run;
use crate::hall::{Hall, at, layout};
use layouts::Layout;
use layouts::rules::{Engine, EngineState};
use media::EVENT_STATES;
use media::EventState::{Closed, Handled, Reported, Verified};
use media::{RuleId, SceneId, SourceId, TourId, WallId};
use proptest::prelude::{Just, Strategy, prop, prop_oneof};
use proptest::prop_assert_eq;
use std::time::Duration;

/// Rules of every kind of picture, priority and end, on both walls.
pub const STORM: &str = r#"
[[rule]]
id = "r0"
when = { event = "event.kind == 'k0'" }
do = [{ scene = "alarm" }, { nearest = { slots = ["a-1", "a-2"] } }, { banner = "{title}" }]
hold_s = 20
priority = 10
[[rule]]
id = "r1"
when = { event = "event.kind == 'k1' && event.state != 'handled'" }
do = [{ scene = "grave" }, { scene = "siren" }, { banner = "grave {state}" }]
until = "event.state == 'handled' || event.state == 'closed'"
priority = 50
[[rule]]
id = "r2"
when = { event = "event.kind == 'k2'" }
do = [{ banner = "words" }]
hold_s = 7
priority = -20
[[rule]]
id = "r3"
when = { event = "event.kind == 'k3' && event.state != 'verified'" }
debounce_s = 3
do = [{ slot = "a-3", source = "cam-3" }, { sound = "s.wav" }]
until = "acknowledged"
cooldown_s = 15
wall = "main"
[[rule]]
id = "r4"
when = { event = "event.kind in ['k0', 'k3']" }
do = [{ scene = "alarm" }, { slot = "a-2", source = "cam-0" }]
hold_s = 4
until = "event.state == 'verified'"
at_most = { count = 2, per_s = 30 }
priority = 90
[[tour]]
id = "day"
wall = "main"
scenes = [{ scene = "one", dwell_s = 9 }, { scene = "two", dwell_s = 5 }, { scene = "three", dwell_s = 13 }]
"#;

/// One thing that happens in a storm.
#[derive(Debug, Clone)]
pub enum Act {
    Wait(u32),
    Event {
        id: usize,
        kind: usize,
        state: usize,
    },
    Acknowledge(usize),
    Choose {
        wall: usize,
        scene: usize,
    },
    Fill {
        slot: usize,
        source: Option<usize>,
    },
    Tour(bool),
    Pause {
        rule: usize,
        paused: bool,
    },
    /// The controller is restarted.
    Restart,
}

pub const WALLS: [&str; 2] = ["main", "side"];
pub const SCENES: [[&str; 3]; 2] = [["one", "two", "three"], ["left", "right", "siren"]];

/// `operators`: whether they choose and pause, too.
pub fn act(operators: bool) -> impl Strategy<Value = Act> {
    let alarms = prop_oneof![
        3 => (0_u32..12_000).prop_map(Act::Wait),
        6 => (0_usize..8, 0_usize..4, 0_usize..5).prop_map(|(id, kind, state)| Act::Event { id, kind, state }),
        2 => (0_usize..4).prop_map(Act::Acknowledge),
        1 => Just(Act::Restart),
    ];
    let choices = prop_oneof![
        (0_usize..2, 0_usize..3).prop_map(|(wall, scene)| Act::Choose { wall, scene }),
        (0_usize..3, prop::option::of(0_usize..4)).prop_map(|(slot, source)| Act::Fill { slot, source }),
        prop::bool::ANY.prop_map(Act::Tour),
        (0_usize..5, prop::bool::ANY).prop_map(|(rule, paused)| Act::Pause { rule, paused }),
    ];
    prop_oneof![5 => alarms, u32::from(operators) => choices]
}

/// Does `act` to `hall`, `ms` after the beginning.
pub fn perform(hall: &mut Hall, layout: &Layout, act: &Act, ms: &mut u64) {
    let now = hall.now;
    let main = WallId::new("main").unwrap();
    match *act {
        Act::Wait(more) => {
            *ms += u64::from(more);
            hall.at(*ms as f64 / 1000.0);
        }
        Act::Event { id, kind, state } => {
            // The kind of an event never changes.
            let kind = format!("k{}", (id + kind * 8) % 4);
            let id = format!("e{id}-{kind}");
            hall.event(&id, &kind, EVENT_STATES[state]);
        }
        Act::Acknowledge(which) => {
            if let Some(alarm) = hall.engine.alarms().get(which) {
                hall.engine.acknowledge(alarm.id, "li", now).unwrap();
            }
        }
        Act::Choose { wall, scene } => hall.choose(WALLS[wall], SCENES[wall][scene]),
        Act::Fill { slot, source } => {
            let slot = format!("a-{}", slot + 1);
            let source = source.map(|number| SourceId::new(&format!("cam-{number}")).unwrap());
            hall.engine.operator_fill(&main, &slot, source.as_ref(), "li", now).unwrap();
        }
        Act::Tour(resume) => {
            let day = TourId::new("day").unwrap();
            if resume {
                hall.engine.resume_tour(&day, "li", now).unwrap();
            } else {
                hall.engine.pause_tour(&day, "li", now).unwrap();
            }
        }
        Act::Pause { rule, paused } => {
            hall.engine.pause_rule(&RuleId::new(&format!("r{rule}")).unwrap(), paused, "li", now).unwrap();
        }
        Act::Restart => {
            let text = serde_json::to_string(&hall.engine.state()).unwrap();
            let state: EngineState = serde_json::from_str(&text).unwrap();
            hall.engine = Engine::restore(layout, &state, now);
        }
    }
    hall.drain();
}

/// Everything that could still be due ends: events are closed, alarms acknowledged, times run out.
pub fn calm(hall: &mut Hall) {
    for id in 0..8 {
        for kind in 0..4 {
            let kind = format!("k{kind}");
            hall.event(&format!("e{id}-{kind}"), &kind, Closed);
        }
    }
    for _ in 0..20 {
        while let Some(alarm) = hall.engine.alarms().first() {
            hall.engine.acknowledge(alarm.id, "li", hall.now).unwrap();
        }
        hall.now.local = hall.now.local + Duration::from_secs(1);
        hall.now.wall = hall.now.wall + Duration::from_secs(1);
        hall.engine.handle_timeout(hall.now);
    }
    hall.drain();
    assert!(hall.engine.alarms().is_empty());
}

/// Storms over both walls; when one is over, `then` happens before the pictures are compared with those before it.
fn storms(name: &str, cases: u32, then: impl Fn(&mut Hall, &Layout)) {
    let layout = layout(STORM);
    let storm = (0_usize..3, prop::option::of(0_usize..4), prop::collection::vec(act(false), 1..60));
    run(name, cases, storm, |(scene, fill, acts)| {
        let mut hall = Hall::of(&layout);
        hall.choose("main", SCENES[0][scene]);
        hall.choose("side", SCENES[1][scene]);
        let mut ms = 0;
        perform(&mut hall, &layout, &Act::Fill { slot: scene, source: fill }, &mut ms);
        let before = [hall.picture("main").clone(), hall.picture("side").clone()];
        let mut covered = false;
        for act in &acts {
            perform(&mut hall, &layout, act, &mut ms);
            covered |= *hall.picture("main") != before[0];
        }
        calm(&mut hall);
        then(&mut hall, &layout);
        prop_assert_eq!(&before[0], hall.picture("main"));
        prop_assert_eq!(&before[1], hall.picture("side"));
        let base = hall.engine.base(&WallId::new("main").unwrap());
        prop_assert_eq!(base.as_ref(), Some(&before[0]));
        let raised = hall.engine.log().any(|why| why.what == layouts::rules::What::Raised);
        proptest::prop_assert!(raised || !covered, "nothing changes the wall without a line in the log");
        Ok(())
    });
}

#[test]
fn after_any_storm_both_walls_show_the_exact_picture_they_had() {
    storms("storms", 6000, |_, _| {});
}

#[test]
#[should_panic(expected = "planted-storms")]
fn a_planted_scene_that_stays_is_found() {
    storms("planted-storms", 60, |hall, layout| {
        perform(hall, layout, &Act::Choose { wall: 0, scene: 1 }, &mut 0);
    });
}

#[test]
fn it_makes_no_difference_how_often_the_time_is_asked() {
    let layout = layout(STORM);
    run("steps", 1500, prop::collection::vec(act(true), 1..40), |acts| {
        let (mut coarse, mut fine) = (Hall::of(&layout), Hall::of(&layout));
        let (mut at_coarse, mut at_fine) = (0, 0);
        for act in &acts {
            perform(&mut coarse, &layout, act, &mut at_coarse);
            let Act::Wait(ms) = *act else {
                perform(&mut fine, &layout, act, &mut at_fine);
                continue;
            };
            for step in [ms / 3, ms / 3, ms - ms / 3 * 2] {
                perform(&mut fine, &layout, &Act::Wait(step), &mut at_fine);
            }
        }
        prop_assert_eq!(coarse.engine.state(), fine.engine.state());
        Ok(())
    });
}

#[test]
fn what_is_polled_is_what_the_walls_show() {
    let layout = layout(STORM);
    run("effects", 1500, prop::collection::vec(act(true), 1..40), |acts| {
        let mut hall = Hall::of(&layout);
        let mut ms = 0;
        let mut shown = WALLS.map(|wall| hall.picture(wall).clone());
        for act in &acts {
            perform(&mut hall, &layout, act, &mut ms);
            for effect in hall.effects.drain(..) {
                if let layouts::rules::Effect::Show { wall, picture } = effect {
                    shown[WALLS.iter().position(|name| *name == wall.as_str()).unwrap()] = picture;
                }
            }
            prop_assert_eq!(&shown[0], hall.picture("main"));
            prop_assert_eq!(&shown[1], hall.picture("side"));
            // Every picture can be made of the layout.
            for picture in &shown {
                let variant = layouts::Variant {
                    id: SceneId::new("variant").unwrap(),
                    base: picture.scene.clone(),
                    edits: picture.edits.clone(),
                    cut: false,
                    fills: picture.fills.clone(),
                    banner: picture.banner.clone(),
                };
                proptest::prop_assert!(layout.with_variants(&[variant]).is_ok());
            }
        }
        Ok(())
    });
}

#[test]
fn a_wall_clock_that_jumps_changes_no_duration() {
    let layout = layout(STORM);
    let jumps = prop::collection::vec((act(true), -100_000_i64..100_000), 1..40);
    run("clocks", 1000, jumps, |acts| {
        let (mut steady, mut jumping) = (Hall::of(&layout), Hall::of(&layout));
        let (mut at_steady, mut at_jumping) = (0, 0);
        for (act, jump) in &acts {
            if matches!(act, Act::Restart) {
                continue;
            }
            perform(&mut steady, &layout, act, &mut at_steady);
            // What is told comes with a wall clock that is off.
            let mut off = at(at_jumping as f64 / 1000.0);
            off.wall = off.wall.offset(jump * 1_000_000_000);
            jumping.engine.handle_timeout(off);
            jumping.now = off;
            perform(&mut jumping, &layout, act, &mut at_jumping);
            let alarms = |hall: &Hall| -> Vec<_> {
                hall.engine.alarms().into_iter().map(|alarm| (alarm.id, alarm.rule, alarm.left)).collect()
            };
            prop_assert_eq!(alarms(&steady), alarms(&jumping));
            prop_assert_eq!(steady.scene("main"), jumping.scene("main"));
            prop_assert_eq!(steady.engine.tours(), jumping.engine.tours());
        }
        Ok(())
    });
}

#[test]
fn the_tour_goes_on_with_the_rest_of_its_time_after_every_alarm() {
    let layout = layout(STORM);
    let alarms = prop::collection::vec((0_u32..30_000, 0_usize..3), 1..12);
    run("tours", 1500, alarms, |alarms| {
        let mut hall = Hall::of(&layout);
        let mut ms = 0;
        for (number, (wait, kind)) in alarms.into_iter().enumerate() {
            perform(&mut hall, &layout, &Act::Wait(wait), &mut ms);
            let tour = |hall: &Hall| (hall.engine.tours()[0].scene.clone(), hall.engine.tours()[0].left);
            let before = tour(&hall);
            let id = format!("x{number}");
            hall.event(&id, &format!("k{kind}"), Reported);
            prop_assert_eq!(hall.engine.tours()[0].runs, false);
            hall.event(&id, &format!("k{kind}"), Verified);
            hall.at(ms as f64 / 1000.0 + 25.0).event(&id, &format!("k{kind}"), Handled);
            while let Some(alarm) = hall.engine.alarms().first() {
                hall.engine.acknowledge(alarm.id, "li", hall.now).unwrap();
            }
            ms += 25_000;
            if kind == 1 {
                prop_assert_eq!(before, tour(&hall));
            }
            prop_assert_eq!(hall.engine.tours()[0].runs, true);
        }
        Ok(())
    });
}
