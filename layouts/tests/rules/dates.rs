//! Schedules: local time, holidays, the ends of months, and clocks that are set.

use crate::hall::{BEGIN, Hall, at, event, layout};
use layouts::rules::{Engine, EngineState, Now, Refused, What};
use media::EventState::Reported;
use media::{LocalTime, ScheduleId, WallId, WallTime};
use std::time::Duration;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

#[test]
fn schedules_come_in_local_time_and_not_on_holidays() {
    // It is Wednesday the 25th of November, 08:00 in UTC+8.
    let mut hall = Hall::new(
        r#"
[[schedule]]
id = "work"
cron = "30 8 * * mon-fri"
scene = "two"
except = "holidays"
[[schedule]]
id = "feast"
cron = "30 8 * * *"
scene = "three"
only = "holidays"
[[schedule]]
id = "evening"
cron = "0 18 * * *"
scene = "one"
[[holiday]]
date = 2026-11-26
to = 2026-11-27
name = "feast"
"#,
    );
    assert_eq!(hall.engine.poll_timeout(), Some(at(MINUTE).local));
    assert_eq!(hall.at(29.9 * MINUTE).scene("main"), "one");
    assert_eq!(hall.at(30.0 * MINUTE).scene("main"), "two");
    assert_eq!(hall.at(9.99 * HOUR).at(10.0 * HOUR).scene("main"), "one");
    // Minutes that are slept through are made up for when they are few.
    for day in 1..6 {
        let begin = f64::from(day) * DAY;
        hall.at(begin + 29.0 * MINUTE).at(begin + 31.0 * MINUTE);
        let expected = ["two", "three", "three", "one", "one", "two"][day as usize];
        assert_eq!(hall.scene("main"), expected, "day {day}");
        hall.at(begin + 9.99 * HOUR).at(begin + 10.0 * HOUR);
        assert_eq!(hall.scene("main"), "one");
    }
}

#[test]
fn the_last_day_of_a_month_is_found() {
    let mut hall = Hall::new("[[schedule]]\nid = \"end\"\ncron = \"0 8 L * *\"\nscene = \"two\"\n");
    for day in 1..100 {
        let before = hall.said(What::Schedule).len();
        let begin = f64::from(day) * DAY;
        hall.at(begin - 1.0).at(begin);
        // 30 November, 31 December, 31 January, 28 February.
        let last = [5, 36, 67, 95].contains(&day);
        assert_eq!(hall.said(What::Schedule).len() - before, usize::from(last), "day {day}");
    }
}

#[test]
fn a_schedule_waits_under_an_alarm_and_may_start_a_tour() {
    let mut hall = Hall::new(
        r#"
[[tour]]
id = "day"
wall = "main"
start = false
scenes = [{ scene = "two", dwell_s = 30 }, { scene = "three", dwell_s = 30 }]
[[schedule]]
id = "morning"
cron = "1 8 * * *"
tour = "day"
[[rule]]
id = "fire"
when = { event = "event.kind == 'fire'" }
do = [{ scene = "alarm" }]
hold_s = 60
"#,
    );
    hall.at(30.0).event("e", "fire", Reported);
    assert_eq!(hall.at(60.0).scene("main"), "alarm");
    assert_eq!(hall.at(90.0).scene("main"), "two");
    assert_eq!(hall.at(119.0).scene("main"), "two");
    assert_eq!(hall.at(120.0).scene("main"), "three");
}

/// An engine whose wall clock is told apart from its local one.
fn told(engine: &mut Engine, local_s: f64, wall_s: f64) -> String {
    let wall = WallTime(BEGIN.0 + (wall_s * 1e9) as i64);
    engine.handle_timeout(Now { local: LocalTime((local_s * 1e9) as i64), wall });
    engine.picture(&WallId::new("main").unwrap()).unwrap().scene.to_string()
}

#[test]
fn a_clock_that_is_set_neither_repeats_nor_blocks_schedules() {
    let rules = "[[schedule]]\nid = \"a\"\ncron = \"5 8 * * *\"\nscene = \"two\"\n\
                 [[schedule]]\nid = \"b\"\ncron = \"10 * * * *\"\nscene = \"three\"\n";
    let mut engine = Engine::new(&layout(rules), Now { local: LocalTime(0), wall: BEGIN });
    assert_eq!(told(&mut engine, 300.0, 300.0), "two");
    assert_eq!(told(&mut engine, 600.0, 600.0), "three");
    assert_eq!(told(&mut engine, 610.0, 240.0), "three", "six minutes back");
    assert_eq!(told(&mut engine, 680.0, 310.0), "three", "08:05 has been");
    let fired = engine.log().filter(|why| why.what == What::Schedule).count();
    assert_eq!((told(&mut engine, 990.0, 620.0).as_str(), fired), ("three", 2));
    // A year ahead by mistake, and back: it goes on from where the clock is.
    told(&mut engine, 1000.0, 365.0 * DAY);
    told(&mut engine, 1010.0, 640.0);
    assert_eq!(engine.log().filter(|why| why.what == What::Clock).count(), 2);
    told(&mut engine, 4600.0, 4230.0);
    assert_eq!(engine.log().filter(|why| why.what == What::Schedule).count(), 3, "09:10");
}

#[test]
fn offsets_of_odd_minutes_and_both_signs() {
    // 08:00 in UTC+8 is 05:45 in UTC+05:45 and 20:00 of the day before in UTC−4.
    for (offset, cron) in [("+05:45", "46 5 25 11 wed"), ("-04:00", "1 20 24 11 *"), ("+14:00", "1 14 * * *")]
    {
        let text =
            crate::hall::text(&format!("[[schedule]]\nid = \"a\"\ncron = \"{cron}\"\nscene = \"two\"\n"));
        let text = text.replace("+08:00", offset);
        let mut hall = Hall::of(&layouts::parse(&text, "hall.toml").unwrap());
        assert_eq!(hall.at(59.0).scene("main"), "one");
        assert_eq!(hall.at(60.0).scene("main"), "two", "{offset}");
    }
}

#[test]
fn a_restart_makes_up_for_the_minutes_it_took() {
    let layout = layout("[[schedule]]\nid = \"a\"\ncron = \"5 8 * * *\"\nscene = \"two\"\n");
    let mut hall = Hall::of(&layout);
    hall.at(200.0);
    let state = hall.engine.state();
    let later = Now { local: LocalTime(3), wall: BEGIN + Duration::from_secs(400) };
    let engine = Engine::restore(&layout, &state, later);
    assert_eq!(engine.picture(&WallId::new("main").unwrap()).unwrap().scene.as_str(), "two");
}

#[test]
fn a_paused_schedule_does_not_act_and_what_it_missed_is_not_made_up_for() {
    let mut hall = Hall::new(
        "[[schedule]]\nid = \"a\"\ncron = \"*/10 * * * *\"\nscene = \"two\"\n\
         [[schedule]]\nid = \"b\"\ncron = \"15 * * * *\"\nscene = \"three\"\n",
    );
    let (a, other) = (ScheduleId::new("a").unwrap(), ScheduleId::new("other").unwrap());
    hall.engine.pause_schedule(&a, true, "li", hall.now).unwrap();
    assert_eq!(hall.engine.paused_schedules().collect::<Vec<_>>(), [&a]);
    assert_eq!(hall.at(10.0 * MINUTE).scene("main"), "one");
    assert_eq!(hall.at(15.0 * MINUTE).scene("main"), "three", "the other one goes on");
    // It is resumed in the minute in which it would have acted, of which the engine has not been told before.
    hall.engine.pause_schedule(&a, false, "li", at(20.0 * MINUTE)).unwrap();
    assert_eq!(hall.at(21.0 * MINUTE).scene("main"), "three");
    assert_eq!(hall.engine.paused_schedules().count(), 0);
    assert_eq!(hall.at(30.0 * MINUTE).scene("main"), "two");
    let said = hall.said(What::Operator);
    let said: Vec<_> = said.iter().map(|why| (why.words.zh.as_str(), why.words.en.as_str())).collect();
    let expected =
        [("li 停用计划 a", "li has paused schedule a"), ("li 启用计划 a", "li has resumed schedule a")];
    assert_eq!(said, expected);
    assert_eq!(hall.said(What::Operator)[0].wall, Some(WallId::new("main").unwrap()));
    let refused = hall.engine.pause_schedule(&other, true, "li", hall.now);
    assert_eq!(refused, Err(Refused::Unknown { what: "schedule", name: "other".to_owned() }));
}

#[test]
fn a_paused_schedule_rests_after_a_restart_and_older_states_have_none() {
    let layout = layout("[[schedule]]\nid = \"a\"\ncron = \"5 8 * * *\"\nscene = \"two\"\n");
    let mut hall = Hall::of(&layout);
    let json = serde_json::to_string(&hall.engine.state()).unwrap();
    assert!(!json.contains("paused_schedules"), "an older program reads it: {json}");
    let older: EngineState = serde_json::from_str(&json).unwrap();
    assert_eq!(older, hall.engine.state());
    hall.engine.pause_schedule(&ScheduleId::new("a").unwrap(), true, "li", hall.now).unwrap();
    let json = serde_json::to_string(&hall.engine.state()).unwrap();
    let state: EngineState = serde_json::from_str(&json).unwrap();
    let later = Now { local: LocalTime(3), wall: BEGIN + Duration::from_secs(400) };
    let shown = |state: &EngineState| {
        let engine = Engine::restore(&layout, state, later);
        let scene = engine.picture(&WallId::new("main").unwrap()).unwrap().scene.to_string();
        (scene, engine.paused_schedules().count())
    };
    assert_eq!(shown(&state), ("one".to_owned(), 1));
    assert_eq!(shown(&older), ("two".to_owned(), 0));
    // Another document, without it.
    let other = Engine::restore(&crate::hall::layout(""), &state, later);
    assert_eq!(other.paused_schedules().count(), 0);
}

#[test]
fn a_long_sleep_costs_nothing() {
    let mut hall = Hall::new(
        "[[tour]]\nid = \"t\"\nwall = \"main\"\nscenes = [{ scene = \"one\", dwell_s = 1 }, { scene = \"two\", dwell_s = 2 }]\n\
         [[rule]]\nid = \"late\"\nwhen = { event = \"event.due_in_s < 0\" }\ndo = [{ scene = \"siren\" }]\nhold_s = 5\n",
    );
    hall.engine.event(hall.now, &event("e", "any", Reported));
    // Thirty years, told once.
    hall.at(30.0 * 365.0 * DAY + 1.5);
    assert_eq!(hall.scene("main"), "two", "1.5 s into a round of 3 s");
}
