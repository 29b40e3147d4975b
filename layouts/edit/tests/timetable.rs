//! Edits of tours, schedules, rules and transitions: only the lines that they concern change.

use layouts::rules::{Days, Scheduled};
use layouts::{Easing, Transition, TransitionKind};
use layouts_edit::{EditError, HallText, RuleEdit, ScheduleEdit, TextEdit, TourEdit};
use media::{RuleId, SceneId, ScheduleId, TourId, WallId};
use proptest::prelude::*;
use std::time::Duration;

const HALL: &str = r##"version = 1
hall = { name = "Hall", utc_offset = "+08:00" }
[[wall]]
id = "w"
tick_hz = 25
canvas_px_per_mm = 1
[[wall.screen]]
id = "s1"
node = "left"
output = 1
resolution = [640, 360]
position_mm = [0, 0]
size_mm = [640, 360]
[[scene]]
id = "day"
wall = "w"
window = []
transition = { kind = "fade", duration_ms = 400 }   # gently
[[scene]]
id = "night"
wall = "w"
window = []
[[scene]]
id = "alarm"
wall = "w"
window = []

# what runs all day
[[tour]]
id = "round"   # the usual one
wall = "w"
scenes = [
  { scene = "day", dwell_s = 30 }, { scene = "night", dwell_s = 20 },   # two by two
  { scene = "alarm", dwell_s = 10 },
]
start = false

[[tour]]
id = "short"
wall = "w"
scenes = [{ scene = "day", dwell_s = 5 }]
back_after_s = 600    # ten minutes

[[tour]]
id = "headed"
wall = "w"
[[tour.scenes]]
scene = "day"    # first
dwell_s = 7
[[tour.scenes]]
scene = "night"
dwell_s = 8
[[tour.scenes]]
scene = "alarm"
dwell_s = 9

[[schedule]]
id = "morning"
cron = "30 8 * * mon-fri"   # when people come
tour = "round"
except = "holidays"

# never at night
[[rule]]
id = "fire"
when = { event = "event.kind == 'fire'" }
do = [
  { banner = "{title}" },
  { scene = "alarm" },   # the large one
]
hold_s = 60    # a minute
priority = 50
# the end
"##;

fn hall() -> HallText {
    HallText::parse(HALL, "hall.toml").unwrap()
}

fn scene(id: &str) -> SceneId {
    SceneId::new(id).unwrap()
}

fn tour(id: &str) -> TourId {
    TourId::new(id).unwrap()
}

/// The lines of the document that are gone, and those that are new, as far as they lie together.
fn differing(after: &str) -> (Vec<String>, Vec<String>) {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (mut before, mut after) = (lines(HALL), lines(after));
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

fn edited(edit: TextEdit) -> HallText {
    hall().edited(&[edit]).unwrap()
}

/// Asserts which lines an edit takes away and which it brings.
fn changes(edit: TextEdit, gone: &[&str], new: &[&str]) {
    let text = edited(edit.clone()).text().clone();
    let (before, after) = differing(&text);
    assert_eq!((before.as_slice(), after.as_slice()), (&strings(gone)[..], &strings(new)[..]), "{edit:?}");
}

fn strings(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn stops(hall: &HallText, id: &str) -> Vec<(String, u64)> {
    let tours = &hall.layout().rules().tours;
    let found = tours.iter().find(|known| known.id.as_str() == id).unwrap();
    found.stops.iter().map(|(scene, dwell)| (scene.to_string(), dwell.as_secs())).collect()
}

#[test]
fn each_simple_edit_changes_its_line_and_keeps_its_comment() {
    let two = "  { scene = \"day\", dwell_s = 30 }, { scene = \"night\", dwell_s = 20 },   # two by two";
    changes(
        TextEdit::Tour(TourEdit::Dwell { tour: tour("round"), stop: 1, dwell_ms: 45_500 }),
        &[two],
        &[&two.replace("20", "45.5")],
    );
    changes(
        TextEdit::Tour(TourEdit::Scene { tour: tour("round"), stop: 0, scene: scene("alarm") }),
        &[two],
        &[&two.replace("\"day\"", "\"alarm\"")],
    );
    changes(
        TextEdit::Tour(TourEdit::BackAfter(tour("short"), Some(90_000))),
        &["back_after_s = 600    # ten minutes"],
        &["back_after_s = 90    # ten minutes"],
    );
    changes(TextEdit::Tour(TourEdit::Start(tour("round"), true)), &["start = false"], &["start = true"]);
    let named = TourEdit::Rename(tour("short"), ("短".to_owned(), "Short".to_owned()));
    changes(TextEdit::Tour(named), &[], &["name = { zh = \"短\", en = \"Short\" }"]);
    let morning = || ScheduleId::new("morning").unwrap();
    changes(
        TextEdit::Schedule(ScheduleEdit::Cron(morning(), "0 9 * * *".to_owned())),
        &["cron = \"30 8 * * mon-fri\"   # when people come"],
        &["cron = \"0 9 * * *\"   # when people come"],
    );
    changes(TextEdit::Schedule(ScheduleEdit::Days(morning(), Days::All)), &["except = \"holidays\""], &[]);
    let only = edited(TextEdit::Schedule(ScheduleEdit::Days(morning(), Days::OnlyHolidays)));
    assert!(only.text().contains("only = \"holidays\"\n") && !only.text().contains("except"));
    let shown = edited(TextEdit::Schedule(ScheduleEdit::What(morning(), Scheduled::Scene(scene("night")))));
    assert_eq!(shown.layout().rules().schedules[0].what, Scheduled::Scene(scene("night")));
    let fire = || RuleId::new("fire").unwrap();
    changes(TextEdit::Rule(RuleEdit::Priority(fire(), -3)), &["priority = 50"], &["priority = -3"]);
    changes(TextEdit::Rule(RuleEdit::Priority(fire(), 0)), &["priority = 50"], &[]);
    changes(
        TextEdit::Rule(RuleEdit::Hold(fire(), Some(90_000))),
        &["hold_s = 60    # a minute"],
        &["hold_s = 90    # a minute"],
    );
    changes(
        TextEdit::Rule(RuleEdit::Scene(fire(), scene("night"))),
        &["  { scene = \"alarm\" },   # the large one"],
        &["  { scene = \"night\" },   # the large one"],
    );
    changes(TextEdit::Rule(RuleEdit::Enabled(fire(), false)), &[], &["enabled = false"]);
    changes(TextEdit::Rule(RuleEdit::Debounce(fire(), 2_500)), &[], &["debounce_s = 2.5"]);
    changes(
        TextEdit::Transition {
            scene: scene("day"),
            transition: Transition { kind: TransitionKind::Move, duration_ms: 600, easing: Easing::InOut },
        },
        &["transition = { kind = \"fade\", duration_ms = 400 }   # gently"],
        &["transition = { kind = \"move\", duration_ms = 600, easing = \"in-out\" }   # gently"],
    );
}

#[test]
fn stops_come_move_and_go_in_either_form() {
    for id in ["round", "headed"] {
        let hall = hall();
        let before = stops(&hall, id);
        for from in 0..3 {
            for to in 0..3 {
                let moved = hall
                    .edited(&[TextEdit::Tour(TourEdit::Move { tour: tour(id), stop: from, to })])
                    .unwrap();
                let mut expected = before.clone();
                let stop = expected.remove(from);
                expected.insert(to, stop);
                assert_eq!(stops(&moved, id), expected, "{id} {from} {to}");
                let lines = moved.text().lines().count();
                assert_eq!(lines, HALL.lines().count(), "{}", moved.text());
            }
        }
        for at in 0..=3 {
            let new = TourEdit::Insert { tour: tour(id), stop: at, scene: scene("night"), dwell_ms: 12_000 };
            let inserted = hall.edited(&[TextEdit::Tour(new)]).unwrap();
            let mut expected = before.clone();
            expected.insert(at, ("night".to_owned(), 12));
            assert_eq!(stops(&inserted, id), expected, "{id} {at}:\n{}", inserted.text());
            // And it can go again.
            let gone =
                inserted.edited(&[TextEdit::Tour(TourEdit::Drop { tour: tour(id), stop: at })]).unwrap();
            assert_eq!(stops(&gone, id), before);
        }
        for at in 0..3 {
            let dropped =
                hall.edited(&[TextEdit::Tour(TourEdit::Drop { tour: tour(id), stop: at })]).unwrap();
            let mut expected = before.clone();
            expected.remove(at);
            assert_eq!(stops(&dropped, id), expected, "{id} {at}:\n{}", dropped.text());
            assert!(dropped.text().contains("# the usual one") && dropped.text().contains("# the end"));
        }
    }
    let at_the_end =
        TourEdit::Insert { tour: tour("short"), stop: 1, scene: scene("night"), dwell_ms: 9_000 };
    changes(
        TextEdit::Tour(at_the_end),
        &["scenes = [{ scene = \"day\", dwell_s = 5 }]"],
        &["scenes = [{ scene = \"day\", dwell_s = 5 }, { scene = \"night\", dwell_s = 9 }]"],
    );
    let in_front = TourEdit::Insert { tour: tour("short"), stop: 0, scene: scene("night"), dwell_ms: 9_000 };
    changes(
        TextEdit::Tour(in_front),
        &["scenes = [{ scene = \"day\", dwell_s = 5 }]"],
        &["scenes = [{ scene = \"night\", dwell_s = 9 }, { scene = \"day\", dwell_s = 5 }]"],
    );
}

#[test]
fn tours_and_schedules_come_and_go_whole() {
    let add = TourEdit::Add {
        tour: tour("new"),
        wall: WallId::new("w").unwrap(),
        name: ("新".to_owned(), "New".to_owned()),
        stops: vec![(scene("day"), 20_000), (scene("night"), 1_500)],
    };
    let added = edited(TextEdit::Tour(add));
    let (before, after) = differing(added.text());
    assert!(before.is_empty() && after.iter().any(|line| line.contains("dwell_s = 1.5")), "{after:?}");
    let found = added.layout().rules().tours.iter().find(|known| known.id == tour("new")).unwrap();
    assert_eq!(found.stops[1].1, Duration::from_millis(1500));
    assert!(!found.start, "the wall begins as it did");
    let gone = added.edited(&[TextEdit::Tour(TourEdit::Remove(tour("new")))]).unwrap();
    assert_eq!(gone.layout(), hall().layout());
    let evening = ScheduleId::new("evening").unwrap();
    let (cron, what) = ("0 22 * * *".to_owned(), Scheduled::Scene(scene("night")));
    let add = ScheduleEdit::Add { schedule: evening.clone(), cron, what };
    let added = edited(TextEdit::Schedule(add));
    assert!(differing(added.text()).0.is_empty());
    assert_eq!(added.layout().rules().schedules.len(), 2);
    let gone = added.edited(&[TextEdit::Schedule(ScheduleEdit::Remove(evening))]).unwrap();
    assert_eq!(gone.layout(), hall().layout());
    // The last one leaves no empty list behind.
    let morning = ScheduleId::new("morning").unwrap();
    let none = edited(TextEdit::Schedule(ScheduleEdit::Remove(morning)));
    assert!(none.layout().rules().schedules.is_empty() && !none.text().contains("schedule"));
}

#[test]
fn what_would_be_wrong_is_refused_and_said() {
    let refused = |edit| hall().edited(&[edit]).unwrap_err().to_string();
    let used = refused(TextEdit::Tour(TourEdit::Remove(tour("round"))));
    assert!(used.contains("round"), "a schedule needs it: {used}");
    let last = TextEdit::Tour(TourEdit::Drop { tour: tour("short"), stop: 0 });
    assert!(matches!(hall().edited(&[last]), Err(EditError::Wrong(_))));
    assert_eq!(
        refused(TextEdit::Tour(TourEdit::Drop { tour: tour("short"), stop: 3 })),
        "tour `short` has no stop 4"
    );
    assert_eq!(refused(TextEdit::Tour(TourEdit::Remove(tour("none")))), "there is no tour `none`");
    let cron = ScheduleEdit::Cron(ScheduleId::new("morning").unwrap(), "61 * * * *".to_owned());
    assert!(refused(TextEdit::Schedule(cron)).contains("61"));
    let rule = RuleId::new("fire").unwrap();
    let endless = refused(TextEdit::Rule(RuleEdit::Hold(rule.clone(), None)));
    assert!(endless.contains("never gives the picture back"), "{endless}");
    let unknown = refused(TextEdit::Rule(RuleEdit::Scene(rule, scene("moon"))));
    assert!(unknown.contains("moon"), "{unknown}");
}

#[derive(Debug, Clone)]
enum Act {
    Dwell(usize, u32),
    Insert(usize, usize, u32),
    Drop(usize),
    Move(usize, usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..8_usize, 1..86_400_u32).prop_map(|(stop, s)| Act::Dwell(stop, s)),
        (0..8_usize, 0..3_usize, 1..900_u32).prop_map(|(at, scene, s)| Act::Insert(at, scene, s)),
        (0..8_usize).prop_map(Act::Drop),
        (0..8_usize, 0..8_usize).prop_map(|(from, to)| Act::Move(from, to)),
    ]
}

proptest! {
    #[test]
    fn a_tour_does_what_a_list_does_and_the_rest_of_the_document_stays(
        which in 0..3_usize, acts in proptest::collection::vec(act(), 1..16)
    ) {
        let id = ["round", "short", "headed"][which];
        let names = ["day", "night", "alarm"];
        let mut hall = hall();
        let mut list = stops(&hall, id);
        for act in acts {
            let count = list.len();
            let edit = match act {
                Act::Dwell(stop, s) => {
                    let stop = stop % count;
                    list[stop].1 = u64::from(s);
                    TourEdit::Dwell { tour: tour(id), stop, dwell_ms: s * 1000 }
                }
                Act::Insert(at, which, s) => {
                    let at = at % (count + 1);
                    list.insert(at, (names[which].to_owned(), u64::from(s)));
                    TourEdit::Insert { tour: tour(id), stop: at, scene: scene(names[which]), dwell_ms: s * 1000 }
                }
                Act::Drop(_) if count == 1 => continue,
                Act::Drop(stop) => {
                    list.remove(stop % count);
                    TourEdit::Drop { tour: tour(id), stop: stop % count }
                }
                Act::Move(from, to) => {
                    let (from, to) = (from % count, to % count);
                    let stop = list.remove(from);
                    list.insert(to, stop);
                    TourEdit::Move { tour: tour(id), stop: from, to }
                }
            };
            hall = hall.edited(&[TextEdit::Tour(edit)]).unwrap();
            prop_assert_eq!(&stops(&hall, id), &list);
        }
        // What is in front of the tours and behind them is the same to the byte.
        let at = |text: &str, mark: &str| text.find(mark).unwrap();
        let before = HALL[..at(HALL, "[[tour]]")].to_owned();
        prop_assert!(hall.text().starts_with(&before));
        prop_assert!(hall.text().ends_with(&HALL[at(HALL, "[[schedule]]")..]));
        for other in ["round", "short", "headed"].into_iter().filter(|other| *other != id) {
            prop_assert_eq!(stops(&hall, other), stops(&self::hall(), other));
        }
    }
}
