//! Samples that rules act on, and rules in words.

use layouts::rules::{Engine, EventView, Member, Members, Now, Rule};
use media::{EventState, LocalTime, WallTime};

const NOW: WallTime = WallTime(1_795_000_000_000_000_000);

fn hall(when: &str, until: &str) -> layouts::Layout {
    let text = format!(
        "version = 1\nhall = {{ name = \"x\" }}\n[[wall]]\nid = \"main\"\ntick_hz = 25\ncanvas_px_per_mm = 1.0\n\
         [[wall.screen]]\nid = \"a\"\nnode = \"n\"\noutput = 1\nresolution = [640, 360]\nposition_mm = [0, 0]\n\
         size_mm = [640, 360]\n[[scene]]\nid = \"day\"\nwall = \"main\"\nwindow = []\n[[scene]]\nid = \"alarm\"\n\
         wall = \"main\"\nname = {{ zh = \"告警\", en = \"Alarm\" }}\nwindow = []\n[[rule]]\nid = \"r\"\n\
         when = {{ event = \"{when}\" }}\ndo = [{{ scene = \"alarm\" }}]\nhold_s = 60\nuntil = \"{until}\"\n"
    );
    layouts::parse(&text, "hall.toml").unwrap_or_else(|wrong| panic!("{when}: {}", wrong.to_text()))
}

fn base() -> Members {
    let event = EventView {
        id: "sample",
        state: EventState::Reported,
        network: "",
        domain: "",
        place: "",
        kind: "",
        severity: 3,
        title: "样本",
        title_en: "",
        lon_lat: Some([116.5, 35.3]),
        reported: NOW,
        due: NOW + std::time::Duration::from_secs(600),
    };
    event.members(NOW)
}

fn rule(layout: &layouts::Layout) -> &Rule {
    &layout.rules().rules[0]
}

#[test]
fn a_sample_is_found_for_what_conditions_say_and_the_engine_acts_on_it() {
    for when in [
        "event.kind == 'fire-lane' && event.severity >= 4",
        "event.severity < 2",
        "event.kind in ['flood', 'fire'] && event.place.startsWith('湖区/')",
        "event.due_in_s < 0 && event.severity >= 3 && event.state in ['verified', 'dispatched']",
        "event.age_s > 300",
        "['fire', 'gas'].exists(k, k == event.kind) || event.network == '警务'",
        "event.kind != '' && !(event.severity == 3)",
        "event['kind'] == 'x' && event.title.contains('水')",
        "event.lon > 120.0 && event.lat != null",
    ] {
        let layout = hall(when, "event.state == 'handled'");
        let members = rule(&layout).sample(&base(), NOW).unwrap_or_else(|| panic!("no sample for {when}"));
        let text = |name: &str| members[name].as_text().unwrap().to_owned();
        let time = |name: &str| match members[name] {
            Member::Time(time) => time,
            ref other => panic!("{other:?}"),
        };
        let (kind, place, network, title) = (text("kind"), text("place"), text("network"), text("title"));
        let event = EventView {
            id: "sample",
            state: EventState::by_name(&text("state")).unwrap(),
            network: &network,
            domain: "",
            place: &place,
            kind: &kind,
            severity: members["severity"].as_number().unwrap() as u8,
            title: &title,
            title_en: "",
            lon_lat: Some([members["lon"].as_number().unwrap(), members["lat"].as_number().unwrap()]),
            reported: time("reported"),
            due: time("due"),
        };
        let now = Now { local: LocalTime(0), wall: NOW };
        let mut engine = Engine::new(&layout, now);
        engine.event(now, &event);
        assert_eq!(engine.alarms().len(), 1, "{when}: {members:?}");
    }
}

#[test]
fn what_can_never_be_has_no_sample() {
    for when in
        ["event.severity > 5", "event.severity >= 4 && event.severity < 2", "event.state == 'handled'"]
    {
        let layout = hall(when, "event.state == 'handled'");
        assert_eq!(rule(&layout).sample(&base(), NOW), None, "{when}");
    }
}

#[test]
fn rules_are_said_in_both_languages_and_what_has_no_words_as_written() {
    let layout = hall("event.kind == 'fire' && event.severity >= 4", "event.state in ['handled', 'closed']");
    let words = rule(&layout).spoken(&layout);
    assert_eq!(words.when.zh, "事件：类型为 fire，且等级 ≥ 4");
    assert_eq!(words.when.en, "an event whose kind is fire and severity ≥ 4");
    assert_eq!(words.does[0].zh, "显示场景“告警”");
    assert_eq!(words.does[0].en, "show scene \"Alarm\"");
    let ends: Vec<&str> = words.ends.iter().map(|words| words.zh.as_str()).collect();
    assert_eq!(ends, ["最多保持 60 秒", "直到状态为已处置、已结案之一"]);
    let written = "event.severity + 1 > 4";
    let layout = hall(written, "event.state == 'handled'");
    assert_eq!(rule(&layout).spoken(&layout).when.en, format!("an event whose {written}"));
    assert_eq!(rule(&layout).compared().into_iter().collect::<Vec<_>>(), ["severity"]);
}

#[test]
fn a_rule_that_is_not_enabled_does_nothing() {
    let layout = hall("event.severity >= 1", "event.state == 'handled'");
    assert!(rule(&layout).enabled);
    let text = "version = 1\nhall = { name = \"x\" }\n[[wall]]\nid = \"main\"\ntick_hz = 25\ncanvas_px_per_mm = 1.0\n\
         [[wall.screen]]\nid = \"a\"\nnode = \"n\"\noutput = 1\nresolution = [640, 360]\nposition_mm = [0, 0]\n\
         size_mm = [640, 360]\n[[scene]]\nid = \"day\"\nwall = \"main\"\nwindow = []\n[[rule]]\nid = \"r\"\n\
         enabled = false\nwhen = { event = \"event.severity >= 1\" }\ndo = [{ banner = \"x\" }]\nhold_s = 60\n";
    for (text, alarms) in [(text.to_owned(), 0), (text.replace("enabled = false\n", ""), 1)] {
        let layout = layouts::parse(&text, "hall.toml").unwrap();
        let now = Now { local: LocalTime(0), wall: NOW };
        let mut engine = Engine::new(&layout, now);
        let report = media::EventReport {
            id: "e".to_owned(),
            network: String::new(),
            domain: String::new(),
            place: String::new(),
            lon_lat: None,
            kind: "fire".to_owned(),
            severity: 3,
            title: "x".to_owned(),
            title_en: String::new(),
            photo: String::new(),
            reported: NOW,
            due: NOW,
        };
        engine.event(now, &EventView::new(&report, EventState::Reported));
        assert_eq!(engine.alarms().len(), alarms);
    }
}
