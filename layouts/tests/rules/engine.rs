//! What each key of a rule does.

use crate::hall::{BEGIN, Hall, at, event, layout};
use layouts::rules::{Chosen, Effect, Engine, EngineState, LOG_MAX, Now, Quiet, Refused, RowView, What};
use media::EventState::{Closed, Dispatched, Handled, Reported, Verified};
use media::{Real, RuleId, SceneId, SourceId, TableId, TourId, Value, WallId};
use std::sync::Arc;
use std::time::Duration;

const TOUR: &str = r#"
[[tour]]
id = "day"
wall = "main"
scenes = [{ scene = "one", dwell_s = 30 }, { scene = "two", dwell_s = 20 }]
"#;

const FIRE: &str = r##"
[[rule]]
id = "fire"
name = { zh = "消防通道", en = "Fire lane" }
when = { event = "event.kind == 'fire'" }
do = [
  { scene = "alarm" },
  { nearest = { slots = ["a-1", "a-2", "a-3"], to = "event" } },
  { banner = { zh = "{place} {title}：{state}", en = "{title}: {state}" }, color = "#FFB020" },
  { sound = "alarm.wav" },
  { voice = "{title}" },
  { webhook = { host = "10.0.0.9", path = "/alarms", credential = "desk" } },
  { mqtt = { host = "10.0.0.8", topic = "hall/alarms" } },
]
hold_s = 60
"##;

fn source(id: &str) -> SourceId {
    SourceId::new(id).unwrap()
}

#[test]
fn an_alarm_takes_the_wall_and_gives_it_back_to_the_rest_of_the_tour() {
    let mut hall = Hall::new(&format!("{TOUR}{FIRE}"));
    assert_eq!(hall.scene("main"), "one");
    hall.at(12.0).event("e1", "fire", Reported);
    assert_eq!(hall.scene("main"), "alarm");
    let picture = hall.picture("main").clone();
    let cameras = [("a-1", "cam-1"), ("a-2", "cam-2"), ("a-3", "cam-0")];
    assert_eq!(picture.fills, cameras.map(|(slot, id)| (slot.to_owned(), source(id))).to_vec());
    let banner = picture.banner.unwrap();
    assert_eq!(banner.words.zh, "district/street/03 消防通道占用：已上报");
    assert_eq!(banner.until, Some(BEGIN + Duration::from_secs(600)));
    assert_eq!(hall.at(71.9).scene("main"), "alarm");
    assert_eq!(hall.at(72.0).scene("main"), "one");
    assert_eq!(hall.at(89.9).scene("main"), "one");
    assert_eq!(hall.at(90.0).scene("main"), "two", "18 s of 30 were left");
    let ended = &hall.said(What::Ended)[0].words;
    assert_eq!(
        ended.en,
        "Fire lane: 消防通道占用: reported, held 60 s, its time is over, wall main given back to tour day"
    );
    assert!(ended.zh.ends_with("持续 60 秒，时间到，墙 main 交还巡视 day"), "{}", ended.zh);
}

#[test]
fn what_is_done_once_is_done_once_and_says_for_what() {
    let mut hall = Hall::new(FIRE);
    hall.at(1.0).event("e1", "fire", Reported).event("e1", "fire", Verified).event("e1", "fire", Verified);
    let mut kinds = Vec::new();
    for effect in &hall.effects {
        match effect {
            Effect::Show { wall, picture } => kinds.push(format!("{wall} {}", picture.scene)),
            Effect::Sound { path, .. } => kinds.push(path.clone()),
            Effect::Voice { words, .. } => kinds.push(words.en.clone()),
            Effect::Webhook { to, notice } => {
                assert_eq!(
                    (notice.subject.as_str(), notice.words_en.as_str()),
                    ("e1", "消防通道占用: reported")
                );
                let json = serde_json::to_value(&**notice).unwrap();
                assert_eq!(json["members"]["severity"]["integer"], 4);
                kinds.push(format!("{}:{}{}", to.host, to.port, to.path));
            }
            Effect::Mqtt { to, .. } => kinds.push(format!("{}:{} {}", to.host, to.port, to.topic)),
            Effect::Log(why) => kinds.push(format!("{:?}", why.what)),
        }
    }
    assert_eq!(
        kinds,
        [
            "main alarm",
            "alarm.wav",
            "消防通道占用",
            "10.0.0.9:80/alarms",
            "10.0.0.8:1883 hall/alarms",
            "Raised",
            "main alarm"
        ]
    );
    assert!(hall.picture("main").banner.as_ref().unwrap().words.en.ends_with("verified"), "the newest state");
    assert!(layout(FIRE).credentials().iter().any(|id| id.as_str() == "desk"));
}

#[test]
fn the_higher_priority_is_seen_and_the_lower_one_shows_after() {
    let mut hall = Hall::new(
        r#"
[[rule]]
id = "low"
when = { event = "event.kind == 'low'" }
do = [{ scene = "alarm" }, { slot = "a-1", source = "cam-3" }, { banner = "low" }]
hold_s = 100
[[rule]]
id = "high"
when = { event = "event.kind == 'high'" }
do = [{ scene = "grave" }]
hold_s = 30
priority = 10
[[rule]]
id = "words"
when = { event = "event.kind == 'words'" }
do = [{ banner = "words" }]
hold_s = 10
priority = 20
"#,
    );
    hall.at(0.0).event("h", "high", Reported).event("l", "low", Reported);
    assert_eq!((hall.scene("main").as_str(), hall.picture("main").fills.len()), ("grave", 0));
    hall.at(5.0).event("w", "words", Reported);
    assert_eq!(hall.scene("main"), "grave");
    assert_eq!(hall.picture("main").banner.as_ref().unwrap().words.en, "words");
    assert_eq!(
        hall.picture("side").banner.as_ref().unwrap().words.en,
        "words",
        "it names no wall: all of them"
    );
    hall.at(20.0);
    assert_eq!(hall.picture("main").banner, None, "the scene on top covers the banner of the one below");
    hall.at(30.0);
    assert_eq!(hall.scene("main"), "alarm");
    assert_eq!(hall.picture("main").fills, [("a-1".to_owned(), source("cam-3"))]);
    assert_eq!(
        hall.said(What::Uncovered).len(),
        2,
        "the grave one after the words, the low one after the grave one"
    );
    hall.at(100.0);
    assert_eq!((hall.scene("main").as_str(), hall.picture("main").banner.is_none()), ("one", true));
    // Of equal ones the newer is seen.
    hall.event("l2", "low", Reported).at(110.0).event("l3", "low", Reported);
    assert_eq!(hall.said(What::Covered).last().unwrap().alarm, Some(hall.engine.alarms()[0].id));
}

#[test]
fn debounce_waits_and_what_stops_before_raises_nothing() {
    let mut hall = Hall::new(
        r#"
[[rule]]
id = "open"
when = { event = "event.kind == 'gate' && event.state == 'reported'" }
debounce_s = 5
do = [{ scene = "alarm" }]
hold_s = 60
"#,
    );
    hall.at(1.0).event("g", "gate", Reported);
    assert_eq!(hall.engine.poll_timeout(), Some(at(6.0).local));
    hall.at(4.0).event("g", "gate", Verified);
    assert_eq!(hall.at(20.0).scene("main"), "one");
    hall.event("g2", "gate", Reported);
    assert_eq!(hall.at(24.999).scene("main"), "one");
    assert_eq!(hall.at(25.0).scene("main"), "alarm");
}

#[test]
fn rates_are_kept_and_the_same_thing_cools_down() {
    let mut hall = Hall::new(
        r#"
[[rule]]
id = "fire"
when = { event = "event.kind == 'fire'" }
do = [{ scene = "alarm" }]
hold_s = 1
at_most = { count = 2, per_s = 60 }
[[rule]]
id = "level"
when = { table = "sensors", row = "row.level > 3" }
do = [{ scene = "grave" }]
hold_s = 10
cooldown_s = 100
"#,
    );
    for second in 0..10 {
        hall.at(f64::from(second)).event(&format!("e{second}"), "fire", Reported);
    }
    assert_eq!((hall.said(What::Raised).len(), hall.said(What::TooOften).len()), (2, 8));
    hall.at(59.9).event("x", "fire", Reported);
    hall.at(60.0).event("y", "fire", Reported).at(60.5).event("z", "fire", Reported);
    assert_eq!(hall.said(What::Raised).len(), 3);
    let mut hall = Hall::of(&layout(include_str!("level.toml")));
    level(&mut hall, "s1", 4.0);
    assert_eq!(hall.scene("main"), "grave");
    hall.at(10.0);
    level(&mut hall, "s1", 2.0);
    level(&mut hall, "s1", 5.0);
    level(&mut hall, "s2", 5.0);
    assert_eq!(hall.engine.alarms().len(), 1, "another row is not held back");
    assert_eq!(hall.said(What::Waits).len(), 1);
    assert_eq!(hall.at(109.0).scene("main"), "one");
    assert_eq!(hall.at(110.0).scene("main"), "grave", "it still holds when the time is over");
    hall.at(200.0);
    level(&mut hall, "s1", 6.0);
    assert_eq!(hall.at(300.0).engine.alarms().len(), 0, "it has held all the time: no second alarm");
}

/// A row of the table of sensors.
fn level(hall: &mut Hall, key: &str, level: f64) {
    let columns: [Arc<str>; 4] = ["id".into(), "level".into(), "lon".into(), "camera".into()];
    let values = [
        Value::Text(key.into()),
        Value::Real(Real::new(level).unwrap()),
        Value::Null,
        Value::Text("cam-2".into()),
    ];
    let row = RowView { key, columns: &columns, values: &values };
    hall.engine.row(hall.now, &TableId::new("sensors").unwrap(), &row);
    hall.drain();
}

#[test]
fn an_alarm_lasts_until_its_condition_or_its_row_is_gone() {
    let mut hall = Hall::new(
        r#"
[[rule]]
id = "level"
when = { table = "sensors", row = "row.level > 3.0" }
do = [{ scene = "alarm" }, { slot = "a-1", source = "row.camera" }, { banner = "{id} {level}" }]
until = "row.level < 2.0"
"#,
    );
    level(&mut hall, "s1", 3.5);
    assert_eq!(hall.picture("main").fills, [("a-1".to_owned(), source("cam-2"))]);
    hall.at(3600.0);
    level(&mut hall, "s1", 2.5);
    assert_eq!(hall.picture("main").banner.as_ref().unwrap().words.en, "s1 2.5");
    level(&mut hall, "s1", 1.5);
    assert_eq!(hall.scene("main"), "one");
    level(&mut hall, "s1", 4.0);
    assert_eq!(hall.scene("main"), "alarm");
    hall.engine.row_gone(hall.now, &TableId::new("sensors").unwrap(), "s1");
    assert_eq!(hall.scene("main"), "one");
    assert!(hall.said(What::Ended)[1].words.en.contains("its row is gone"));
}

#[test]
fn acknowledging_ends_what_may_be_acknowledged() {
    let mut hall = Hall::new(
        r#"
[[rule]]
id = "ask"
when = { event = "event.kind == 'ask'" }
do = [{ scene = "alarm" }]
until = "acknowledged"
[[rule]]
id = "own"
when = { event = "event.kind == 'own'" }
do = [{ scene = "siren" }]
hold_s = 10
acknowledge = false
"#,
    );
    hall.event("a", "ask", Reported).event("o", "own", Reported);
    let ids: Vec<_> = hall.engine.alarms().iter().map(|alarm| alarm.id).collect();
    let own = RuleId::new("own").unwrap();
    assert_eq!(hall.engine.acknowledge(ids[1], "li", hall.now), Err(Refused::NotAcknowledgeable(own)));
    hall.at(100_000.0);
    assert_eq!((hall.scene("main").as_str(), hall.scene("side").as_str()), ("alarm", "left"));
    assert_eq!(hall.engine.acknowledge(ids[0], "li", hall.now), Ok(()));
    assert_eq!(hall.engine.acknowledge(ids[0], "li", hall.now), Err(Refused::NoSuchAlarm(ids[0])));
    assert_eq!(hall.scene("main"), "one");
    let words = &hall.said(What::Ended)[1].words;
    assert!(words.en.ends_with("acknowledged by li, wall main given back to scene one"), "{}", words.en);
    assert!(words.zh.ends_with("由 li 确认，墙 main 交还场景 one"), "{}", words.zh);
    hall.event("a", "ask", Verified);
    assert_eq!(hall.scene("main"), "one", "the same event does not come back");
}

#[test]
fn quiet_times_keep_rules_from_acting() {
    let rule = |more: &str| {
        format!(
            "{more}\n[[rule]]\nid = \"fire\"\nwhen = {{ event = \"event.kind == 'fire'\" }}\n\
             do = [{{ scene = \"alarm\" }}]\nhold_s = 5\n"
        )
    };
    let raised = |hall: &mut Hall| hall.event("e", "fire", Reported).said(What::Raised).len();
    // It is Wednesday, 08:00.
    for (quiet, expected) in [
        ("days = [\"wed\"]\nfrom = \"07:00\"\nto = \"09:00\"\n", 0),
        ("from = \"22:00\"\nto = \"08:00\"\n", 1),
        ("begins = 2026-11-25T08:00:00\nends = 2026-11-25T08:01:00\n", 0),
        ("begins = 2026-11-25T08:01:00\n", 1),
        ("place = \"district/street\"\n", 0),
        ("place = \"district/str\"\n", 1),
        ("kind = \"fire\"\nnetwork = \"警务\"\n", 1),
        ("rule = \"fire\"\ndomain = \"安全\"\n", 0),
    ] {
        let quiet = format!("[[quiet]]\nkind = \"fire\"\n{quiet}").replace("kind = \"fire\"\nkind", "kind");
        let mut hall = Hall::new(&rule(&quiet));
        assert_eq!(raised(&mut hall), expected, "{quiet}");
        assert_eq!(hall.said(What::Quiet).len(), 1 - expected);
    }
    let mut hall =
        Hall::new(&rule("").replace("hold_s", "quiet = [{ from = \"08:00\", to = \"08:01\" }]\nhold_s"));
    assert_eq!(raised(&mut hall), 0);
    let mut hall = Hall::new(&rule(""));
    let quiet = Quiet { kind: Some("fire".into()), ..Quiet::default() };
    let id = hall.engine.quiet(quiet, Duration::from_secs(60), "li", hall.now);
    assert_eq!((raised(&mut hall), hall.engine.quiet_times().count()), (0, 1));
    hall.at(60.0).event("f", "fire", Reported);
    assert_eq!((hall.said(What::Raised).len(), hall.engine.quiet_times().count()), (1, 0));
    assert_eq!(hall.engine.end_quiet(id, "li", hall.now), Ok(()));
    assert!(hall.engine.end_quiet(id, "li", hall.now).is_err());
}

#[test]
fn an_operators_choice_waits_under_an_alarm_and_is_what_is_given_back() {
    let mut hall = Hall::new(&format!("{TOUR}{FIRE}"));
    hall.at(3.0).event("e", "fire", Reported);
    let (main, three) = (WallId::new("main").unwrap(), SceneId::new("three").unwrap());
    let chosen = hall.engine.operator_scene(&main, &three, "li", hall.now).unwrap();
    assert_eq!(chosen, Chosen::Waits { alarm: hall.newest(), rule: RuleId::new("fire").unwrap() });
    assert_eq!(hall.scene("main"), "alarm");
    assert_eq!(hall.engine.base(&main).unwrap().scene, three);
    hall.engine.acknowledge(hall.newest(), "li", hall.now).unwrap();
    assert_eq!(hall.scene("main"), "three");
    let fill = hall.engine.operator_fill(&main, "a-1", Some(&source("cam-1")), "li", hall.now);
    assert_eq!(fill, Ok(Chosen::Shown));
    hall.event("e2", "fire", Reported).at(200.0);
    assert_eq!(
        hall.picture("main").fills,
        [("a-1".to_owned(), source("cam-1"))],
        "given back with its slots"
    );
    let day = TourId::new("day").unwrap();
    assert_eq!(hall.engine.resume_tour(&day, "li", hall.now), Ok(Chosen::Shown));
    assert_eq!(hall.scene("main"), "one");
    assert_eq!(hall.at(226.9).scene("main"), "one");
    assert_eq!(hall.at(227.0).scene("main"), "two", "it had 27 s left when it was left");
    hall.engine.pause_tour(&day, "li", hall.now).unwrap();
    assert_eq!(hall.at(5000.0).scene("main"), "two");
    for (wall, scene) in [("main", "left"), ("main", "none"), ("none", "one")] {
        let (wall, scene) = (WallId::new(wall).unwrap(), SceneId::new(scene).unwrap());
        assert!(hall.engine.operator_scene(&wall, &scene, "li", hall.now).is_err());
    }
}

#[test]
fn a_tour_takes_its_wall_back_when_it_says_so() {
    let mut hall = Hall::new(&format!("{TOUR}back_after_s = 100\n{FIRE}"));
    hall.at(10.0);
    hall.choose("main", "three");
    hall.at(60.0).event("e", "fire", Reported);
    assert_eq!(hall.at(169.0).scene("main"), "three", "the alarm's minute does not count");
    assert_eq!(hall.at(170.0).scene("main"), "one");
    assert_eq!(hall.at(190.0).scene("main"), "two");
}

#[test]
fn paused_rules_rest() {
    let mut hall = Hall::new(FIRE);
    let fire = RuleId::new("fire").unwrap();
    hall.engine.pause_rule(&fire, true, "li", hall.now).unwrap();
    hall.event("e", "fire", Reported);
    assert_eq!((hall.scene("main").as_str(), hall.engine.paused_rules().count()), ("one", 1));
    hall.engine.pause_rule(&fire, false, "li", hall.now).unwrap();
    hall.event("e", "fire", Verified);
    assert_eq!(hall.scene("main"), "alarm");
}

#[test]
fn conditions_on_age_come_true_as_time_passes() {
    let mut hall = Hall::new(
        r#"
[[rule]]
id = "late"
when = { event = "event.due_in_s < 0 && event.state != 'handled'" }
do = [{ scene = "alarm" }]
until = "event.state == 'handled' || event.age_s > 900"
"#,
    );
    hall.event("e", "any", Dispatched);
    assert_eq!(hall.at(599.0).scene("main"), "one");
    assert_eq!(hall.at(610.0).scene("main"), "alarm", "looked at every five seconds");
    assert_eq!(hall.at(899.0).scene("main"), "alarm");
    assert_eq!(hall.at(910.0).scene("main"), "one");
    hall.event("f", "any", Reported).at(915.0);
    assert_eq!(hall.scene("main"), "one", "what ends it is so already");
}

#[test]
fn lost_cameras_are_not_chosen_and_far_ones_neither() {
    let mut hall = Hall::new(&FIRE.replace("to = \"event\"", "to = \"event\", within_m = 500"));
    hall.engine.source_usable(&source("cam-1"), false);
    hall.event("e", "fire", Reported);
    let fills: Vec<_> = hall.picture("main").fills.iter().map(|(_, id)| id.to_string()).collect();
    assert_eq!(fills, ["cam-2", "cam-0"]);
}

#[test]
fn what_was_there_before_raises_nothing_until_it_comes_anew() {
    let mut hall = Hall::new(FIRE);
    hall.engine.learn_event(hall.now, &event("old", "fire", Reported));
    hall.event("old", "fire", Verified);
    assert_eq!(hall.scene("main"), "one");
    hall.event("new", "fire", Reported);
    assert_eq!(hall.scene("main"), "alarm");
}

#[test]
fn an_older_state_that_comes_late_is_not_looked_at() {
    let mut hall = Hall::new(&FIRE.replace("hold_s = 60", "until = \"event.state == 'closed'\""));
    hall.event("e", "fire", Dispatched).event("e", "fire", Reported);
    assert!(hall.picture("main").banner.as_ref().unwrap().words.en.ends_with("dispatched"));
    hall.event("e", "fire", Closed).event("e", "fire", Handled);
    assert_eq!((hall.scene("main").as_str(), hall.said(What::Stale).len()), ("one", 2));
}

#[test]
fn a_failing_expression_is_told_of_once_a_minute_and_raises_nothing() {
    let mut hall = Hall::of(&layout(&include_str!("level.toml").replace("row.level > 3", "row.lon > 3.0")));
    for second in 0..100 {
        hall.at(f64::from(second));
        level(&mut hall, "s1", 4.0);
    }
    assert_eq!((hall.scene("main").as_str(), hall.said(What::Fault).len()), ("one", 2));
}

#[test]
fn a_restart_keeps_alarms_tours_and_limits() {
    let rules = format!("{TOUR}{FIRE}at_most = {{ count = 1, per_s = 600 }}\n");
    let layout = layout(&rules);
    let mut hall = Hall::of(&layout);
    hall.at(12.0).event("e", "fire", Reported);
    hall.at(20.0);
    let json = serde_json::to_string(&hall.engine.state()).unwrap();
    let state: EngineState = serde_json::from_str(&json).unwrap();
    assert_eq!(state, hall.engine.state());
    // The machine was restarted: its local clock begins anew, and ten seconds have passed.
    let later = Now { local: media::LocalTime(77), wall: at(30.0).wall };
    let mut engine = Engine::restore(&layout, &state, later);
    let main = WallId::new("main").unwrap();
    assert_eq!(engine.picture(&main), Some(hall.picture("main")), "the same picture, to the last camera");
    engine.event(later, &event("e", "fire", Verified));
    assert_eq!(engine.alarms().len(), 1, "what had been told raises nothing again");
    engine.event(later, &event("f", "fire", Reported));
    assert_eq!(engine.alarms().len(), 1, "one in ten minutes");
    let at = |seconds: f64| Now {
        local: later.local + Duration::from_secs_f64(seconds),
        wall: later.wall + Duration::from_secs_f64(seconds),
    };
    engine.handle_timeout(at(41.9));
    assert_eq!(engine.picture(&main).unwrap().scene.as_str(), "alarm");
    engine.handle_timeout(at(42.0));
    assert_eq!(engine.picture(&main).unwrap().scene.as_str(), "one");
    engine.handle_timeout(at(60.0));
    assert_eq!(engine.picture(&main).unwrap().scene.as_str(), "two", "18 s were left of it");
    // Another document: the rule is gone, and so is its alarm.
    let engine = Engine::restore(&Hall::new(TOUR).layout_of(TOUR), &state, later);
    assert_eq!(engine.picture(&main).unwrap().scene.as_str(), "one");
    assert!(engine.log().any(|why| why.words.en.contains("its rule is gone")));
}

impl Hall {
    fn layout_of(&self, rules: &str) -> layouts::Layout {
        layout(rules)
    }
}

#[test]
fn the_log_and_the_alarms_are_bounded() {
    let mut hall = Hall::new(&FIRE.replace("hold_s = 60", "until = \"acknowledged\""));
    for number in 0..6000 {
        hall.engine.event(hall.now, &event(&format!("e{number}"), "fire", Reported));
    }
    assert_eq!(hall.engine.alarms().len(), layouts::rules::ALARMS_MAX);
    assert_eq!(hall.engine.log().count(), LOG_MAX);
    assert!(hall.engine.lost_effects() > 0);
    hall.drain();
    assert!(hall.effects.len() <= layouts::rules::EFFECTS_MAX + 2);
    assert!(matches!(&hall.effects[0], Effect::Show { .. }), "a picture is never lost");
    assert_eq!(hall.engine.alarms()[0].subject, "e5744", "the oldest have made room");
}
