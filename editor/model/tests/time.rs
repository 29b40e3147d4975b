//! Time by properties and examples: what walls would do over it is what the engine of the rules does, and every act can be taken back.

use editor_model::{Act, Begins, Cue, Happening, Rehearsal, Run, Sample, Script, Session, Template};
use layouts::rules::{Day, Days, Engine, Now, Scheduled};
use layouts::{Layout, Rundown};
use layouts_edit::HallText;
use media::{CanvasFrame, EventState, LocalTime, SceneId, TourId, WallId};
use proptest::prelude::*;
use std::sync::Arc;
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
[[source]]
id = "gate"
position = [116.5, 35.3]
rtsp = { host = "127.0.0.1", path = "/gate" }
[[source]]
id = "lake"
position = [116.6, 35.4]
rtsp = { host = "127.0.0.1", path = "/lake" }
[[feed]]
id = "levels"
push = true
table = "levels"
[[table]]
id = "levels"
columns = { place = "text", level = "real", open = "flag" }
key = ["place"]
[[scene]]
id = "day"
wall = "w"
transition = { kind = "fade", duration_ms = 400 }
[[scene.window]]
source = "gate"
rect_percent = [0, 0, 100, 100]
[[scene]]
id = "night"
wall = "w"
transition = { kind = "move", duration_ms = 800 }
[[scene.window]]
source = "lake"
rect_percent = [0, 0, 50, 100]
[[scene]]
id = "alarm"
wall = "w"
[[scene.window]]
source = "lake"
slot = "one"
rect_percent = [0, 0, 100, 100]

[[tour]]
id = "round"
wall = "w"
scenes = [{ scene = "day", dwell_s = 30 }, { scene = "night", dwell_s = 20 }]
start = false

[[schedule]]
id = "morning"
cron = "30 8 * * mon-fri"
tour = "round"
[[schedule]]
id = "evening"
cron = "0 22 * * *"
scene = "night"

[[rule]]
id = "fire"
name = { zh = "火情", en = "Fire" }
when = { event = "event.kind == 'fire' && event.severity >= 4" }
do = [{ scene = "alarm" }, { nearest = { slots = ["one"], to = "event" } }, { banner = "{title} {state}" }, { voice = "{title}" }]
until = "event.state == 'handled'"
hold_s = 60
priority = 50
[[rule]]
id = "flood"
when = { table = "levels", row = "row.level > 3.0 && row.open" }
do = [{ scene = "night" }]
hold_s = 120
priority = 10
[[rule]]
id = "late"
when = { event = "event.severity >= 1" }
do = [{ banner = "{title}" }]
until = "acknowledged"
quiet = [{ from = "22:00", to = "06:00" }]
"##;

fn layout() -> Arc<Layout> {
    Arc::new(layouts::parse(HALL, "hall.toml").unwrap_or_else(|wrong| panic!("{}", wrong.to_text())))
}

fn wall() -> WallId {
    WallId::new("w").unwrap()
}

fn scene(id: &str) -> SceneId {
    SceneId::new(id).unwrap()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A Wednesday.
fn midnight() -> media::WallTime {
    Day::new(2026, 11, 25).unwrap().start(8 * 3600)
}

fn bases(run: &Run) -> Vec<(u64, String)> {
    run.shots(&wall()).iter().map(|shot| (shot.at.as_secs(), shot.base.to_string())).collect()
}

#[test]
fn a_day_is_what_its_schedules_make_of_it() {
    let script =
        Script { begin: midnight(), warm_up: seconds(7 * 86_400), cues: Vec::new(), length: seconds(86_400) };
    let run = Run::play(&layout(), &script);
    let shots = run.shots(&wall());
    assert_eq!(shots[0].base, scene("night"), "as the evening before has left it");
    let morning = seconds(8 * 3600 + 30 * 60);
    assert!(shots[0].tour.is_none() && run.shot(&wall(), morning - seconds(1)).unwrap().tour.is_none());
    let touring = run.shot(&wall(), morning).unwrap();
    assert_eq!(touring.tour, Some(TourId::new("round").unwrap()));
    assert_eq!(touring.at, morning);
    assert_eq!(run.shot(&wall(), morning + seconds(30)).unwrap().base, scene("night"));
    assert_eq!(run.shot(&wall(), morning + seconds(50)).unwrap().base, scene("day"));
    let last = run.shot(&wall(), seconds(86_399)).unwrap();
    assert_eq!((last.at, last.tour.clone()), (seconds(22 * 3600), None));
    // On a Saturday nobody comes.
    let saturday = Script { begin: midnight() + seconds(3 * 86_400), ..script };
    assert_eq!(bases(&Run::play(&layout(), &saturday)), [(0, "night".to_owned())]);
}

#[test]
fn a_rehearsal_says_what_is_shown_who_wins_and_when_it_returns() {
    let layout = layout();
    let rules = layout.rules();
    let begin = midnight() + seconds(10 * 3600);
    let begins = vec![Begins::Scene(scene("day"))];
    let mut rehearsal = Rehearsal::of(&layout, &rules.rules[0], begin, begins);
    let sample = rehearsal.samples().next().unwrap().clone();
    assert!(sample.fulfils(&layout));
    assert_eq!((sample.text("kind").as_str(), sample.text("title").as_str()), ("fire", "火情"));
    // The third rule sees the same event and is not over by itself.
    let run = rehearsal.run(&layout);
    assert_eq!(run.alarms(run.length()).len(), 1, "nobody has acknowledged the other rule's banner");
    rehearsal.acts.push((seconds(20), Act::Comes(Sample::of(&layout, &rules.rules[1], 2, begin))));
    rehearsal.acts.push((seconds(40), Act::Becomes(1, EventState::Handled)));
    rehearsal.acts.push((seconds(50), Act::Acknowledge));
    let run = rehearsal.run(&layout);
    let expected = [(0, "day"), (5, "alarm"), (40, "night"), (50, "day")];
    let expected: Vec<(u64, String)> = expected.map(|(at, base)| (at, base.to_owned())).to_vec();
    let mut shown = bases(&run);
    shown.dedup_by(|later, first| later.1 == first.1);
    assert_eq!(shown, expected, "{:#?}", run.beats());
    assert!(run.alarms(run.length()).is_empty());
    let lanes = run.lanes(&wall());
    assert_eq!(lanes.len(), 3);
    let flood = lanes.iter().find(|lane| lane.alarm.rule.as_str() == "flood").unwrap();
    let parts: Vec<(u64, u64, bool)> =
        flood.parts.iter().map(|(from, to, seen)| (from.as_secs(), to.as_secs(), *seen)).collect();
    assert_eq!(
        parts,
        [(20, 40, false), (40, 50, true)],
        "covered by the more important one until it is over"
    );
    let said = run.beats().iter().flat_map(|beat| &beat.done).any(|words| words.zh == "火情");
    assert!(said, "the voice was heard");
    let scene = &run.shot(&wall(), seconds(6)).unwrap().scene;
    let window = &run.layout().scene(scene).unwrap().windows[0];
    assert!(
        matches!(&window.content, layouts::WindowContent::Source { source, .. } if source.as_str() == "gate")
    );
    // At night the third rule rests.
    let night = Rehearsal {
        begin: midnight() + seconds(23 * 3600),
        ..Rehearsal::of(&layout, &rules.rules[0], begin, vec![])
    };
    let run = night.run(&layout);
    assert_eq!(run.lanes(&wall()).len(), 1);
    assert!(run.alarms(run.length()).is_empty(), "after a minute it is over");
    assert_eq!(run.lanes(&wall())[0].parts, [(seconds(5), seconds(65), true)]);
}

#[test]
fn samples_are_edited_in_their_kinds_and_a_row_is_known_by_its_key() {
    let layout = layout();
    let mut sample = Sample::of(&layout, &layout.rules().rules[1], 1, midnight());
    assert!(sample.fulfils(&layout), "{sample:?}");
    assert_eq!(sample.fields(&layout)[..2], ["level", "open"], "what the rule looks at comes first");
    assert!(sample.set("level", "2.5") && !sample.fulfils(&layout));
    assert!(!sample.set("level", "much") && !sample.set("open", "perhaps") && !sample.set("none", "1"));
    assert_eq!(sample.text("level"), "2.5");
    let mut event = Sample::of(&layout, &layout.rules().rules[0], 1, midnight());
    assert!(!event.set("severity", "6") && !event.set("state", "gone") && event.set("state", "verified"));
}

#[test]
fn what_is_on_air_at_a_moment_is_what_a_node_would_have_been_told() {
    let layout = layout();
    let begin = midnight() + seconds(36_000);
    let cues = vec![Cue { at: Duration::ZERO, what: Happening::Tour(TourId::new("round").unwrap()) }];
    let run = Run::play(&layout, &Script { begin, warm_up: Duration::ZERO, cues, length: seconds(120) });
    let tick = layout.wall(&wall()).unwrap().tick;
    let first = tick.frame_at(begin).0;
    let mut node = Rundown::new(1, run.on_air(&wall(), Duration::ZERO).unwrap(), None);
    let changes: Vec<(u64, SceneId)> = run
        .shots(&wall())
        .iter()
        .skip(1)
        .map(|shot| (tick.frame_at(begin + shot.at).0, shot.scene.clone()))
        .collect();
    assert!(changes.len() >= 4);
    for (revision, (at, next)) in (2..).zip(&changes) {
        node.follow(revision, node.decided().clone(), Some(next.clone()), CanvasFrame(at - 1));
        node.activate(revision, CanvasFrame(*at));
        for frame in at - 2..at + 25 {
            node.turn(&layout, CanvasFrame(frame));
            let now = tick.start_of(CanvasFrame(frame)).since(begin);
            let mut here = run.on_air(&wall(), now).unwrap();
            if here.is_over(&layout, CanvasFrame(frame)) {
                here.from = None;
            }
            let there = node.on_air();
            assert_eq!((&here.scene, &here.from), (&there.scene, &there.from), "tick {}", frame - first);
            if there.from.is_some() {
                assert_eq!(here.since, there.since);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However a rehearsal goes, at every second the wall shows what an engine shows that is told the same.
    #[test]
    fn a_run_shows_at_every_second_what_the_engine_shows(
        acts in proptest::collection::vec((0..240_u64, 0..5_usize), 1..7), hour in 0..24_u64
    ) {
        let layout = layout();
        let begin = midnight() + seconds(hour * 3600);
        let rules = &layout.rules().rules;
        let acts: Vec<(Duration, Act)> = acts.iter().enumerate().map(|(index, (at, which))| {
            let number = index as u32 + 1;
            let act = match which {
                0..=2 => Act::Comes(Sample::of(&layout, &rules[*which], number, begin)),
                3 => Act::Becomes(number / 2, EventState::Handled),
                _ => Act::Acknowledge,
            };
            (seconds(*at), act)
        }).collect();
        let rehearsal = Rehearsal { begin, begins: vec![Begins::Tour(TourId::new("round").unwrap())], acts };
        let run = rehearsal.run(&layout);
        let mut shots = run.shots(&wall()).iter().map(|shot| shot.at);
        let first = shots.next();
        prop_assert_eq!(first, Some(Duration::ZERO));
        let times: Vec<Duration> = run.shots(&wall()).iter().map(|shot| shot.at).collect();
        prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
        for lane in run.lanes(&wall()) {
            for (from, to, _) in &lane.parts {
                prop_assert!(from <= to && *to <= run.length());
            }
        }
        // Every alarm that is seen has its lane, and every shot under an alarm is one that some alarm made.
        for shot in run.shots(&wall()) {
            let due = run.alarms(shot.at).iter().any(|alarm| Some(alarm.id) == shot.alarm);
            prop_assert_eq!(due, shot.alarm.is_some());
        }
        // The base under all of it is the tour, which nothing but alarms holds up: with none, it is as if nothing had happened.
        if run.lanes(&wall()).is_empty() {
            let mut engine = Engine::new(&layout, Now { local: LocalTime(0), wall: begin });
            let now = |at: Duration| Now { local: LocalTime(0) + at, wall: begin + at };
            engine.resume_tour(&TourId::new("round").unwrap(), "x", now(Duration::ZERO)).unwrap();
            for second in 0..run.length().as_secs() {
                engine.handle_timeout(now(seconds(second)));
                let shown = &engine.picture(&wall()).unwrap().scene;
                prop_assert_eq!(shown, &run.shot(&wall(), seconds(second)).unwrap().base);
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Do {
    Dwell(usize, u64),
    Insert(usize, usize),
    Remove(usize),
    Move(usize, usize),
    AddTour,
    RemoveTour(usize),
    Start(usize, bool),
    Back(usize, Option<u32>),
    AddSchedule,
    RemoveSchedule(usize),
    Cron(usize, usize),
    Scheduled(usize, bool),
    Days(usize, usize),
    Priority(usize, i8),
    Hold(usize, Option<u32>),
    Enabled(usize, bool),
    RuleScene(usize, usize),
    Undo,
    Redo,
}

fn what() -> impl Strategy<Value = Do> {
    let n = || 0..6_usize;
    prop_oneof![
        (n(), 0..100_000_u64).prop_map(|(a, b)| Do::Dwell(a, b)),
        (n(), n()).prop_map(|(a, b)| Do::Insert(a, b)),
        n().prop_map(Do::Remove),
        (n(), n()).prop_map(|(a, b)| Do::Move(a, b)),
        Just(Do::AddTour),
        n().prop_map(Do::RemoveTour),
        (n(), any::<bool>()).prop_map(|(a, b)| Do::Start(a, b)),
        (n(), proptest::option::of(0..90_000_u32)).prop_map(|(a, b)| Do::Back(a, b)),
        Just(Do::AddSchedule),
        n().prop_map(Do::RemoveSchedule),
        (n(), n()).prop_map(|(a, b)| Do::Cron(a, b)),
        (n(), any::<bool>()).prop_map(|(a, b)| Do::Scheduled(a, b)),
        (n(), n()).prop_map(|(a, b)| Do::Days(a, b)),
        (n(), any::<i8>()).prop_map(|(a, b)| Do::Priority(a, b)),
        (n(), proptest::option::of(0..700_000_u32)).prop_map(|(a, b)| Do::Hold(a, b)),
        (n(), any::<bool>()).prop_map(|(a, b)| Do::Enabled(a, b)),
        (n(), n()).prop_map(|(a, b)| Do::RuleScene(a, b)),
        Just(Do::Undo),
        Just(Do::Redo),
    ]
}

fn perform(session: &mut Session, what: &Do) {
    let before = session.document().text().clone();
    let rules = session.layout().rules().clone();
    let scenes: Vec<SceneId> = session.layout().scenes().iter().map(|scene| scene.id.clone()).collect();
    let pick = |at: usize| scenes[at % scenes.len()].clone();
    let (tours, schedules) = (rules.tours.len(), rules.schedules.len());
    let tour = |at: usize| rules.tours[at % tours.max(1)].id.clone();
    let schedule = |at: usize| rules.schedules[at % schedules.max(1)].id.clone();
    let rule = |at: usize| rules.rules[at % rules.rules.len()].id.clone();
    let done = match *what {
        Do::Undo => {
            session.undo();
            return;
        }
        Do::Redo => {
            session.redo();
            return;
        }
        Do::AddTour => session.add_tour().map(drop),
        Do::AddSchedule => session.add_schedule().map(drop),
        Do::Dwell(..)
        | Do::Insert(..)
        | Do::Remove(_)
        | Do::Move(..)
        | Do::RemoveTour(_)
        | Do::Start(..)
        | Do::Back(..)
            if tours == 0 =>
        {
            Ok(())
        }
        Do::RemoveSchedule(_) | Do::Cron(..) | Do::Scheduled(..) | Do::Days(..) if schedules == 0 => Ok(()),
        Do::Dwell(at, s) => {
            session.set_dwell(&tour(at), at % rules.tours[at % tours].stops.len(), seconds(s), Some(7))
        }
        Do::Insert(at, which) => session.insert_stop(&tour(at), at, &pick(which)),
        Do::Remove(at) => session.remove_stop(&tour(at), at),
        Do::Move(at, to) => session.move_stop(&tour(at), at, to, None),
        Do::RemoveTour(at) => session.remove_tour(&tour(at)),
        Do::Start(at, start) => session.set_tour_start(&tour(at), start),
        Do::Back(at, s) => session.set_back_after(&tour(at), s, None),
        Do::RemoveSchedule(at) => session.remove_schedule(&schedule(at)),
        Do::Cron(at, which) => {
            let crons = ["0 9 * * *", "*/5 8-18 * * 1-5", "nonsense", "0 0 L * *", "", "61 1 1 1 1"];
            session.set_cron(&schedule(at), crons[which])
        }
        Do::Scheduled(at, true) if tours > 0 => {
            session.set_scheduled(&schedule(at), Scheduled::Tour(tour(at)))
        }
        Do::Scheduled(at, _) => session.set_scheduled(&schedule(at), Scheduled::Scene(pick(at))),
        Do::Days(at, which) => {
            let days = [Days::All, Days::ExceptHolidays, Days::OnlyHolidays][which % 3];
            session.set_days(&schedule(at), days)
        }
        Do::Priority(at, priority) => session.set_priority(&rule(at), priority, None),
        Do::Hold(at, s) => session.set_hold(&rule(at), s, None),
        Do::Enabled(at, enabled) => session.set_rule_enabled(&rule(at), enabled),
        Do::RuleScene(at, which) => session.set_rule_scene(&rule(at), &pick(which)),
    };
    if done.is_err() {
        assert_eq!(&before, session.document().text(), "{what:?} was refused and changed something");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_done_to_time_can_be_taken_back_and_done_again(acts in proptest::collection::vec(what(), 1..16)) {
        let mut session = Session::new(HallText::parse(HALL, "hall.toml").unwrap(), "hall.toml");
        for act in &acts {
            perform(&mut session, act);
        }
        let (text, steps) = (session.document().text().clone(), session.history().past().len());
        while session.undo().is_some() {}
        prop_assert_eq!(&**session.document().text(), HALL);
        session.go_to(steps);
        prop_assert_eq!(session.document().text(), &text);
    }
}

#[test]
fn a_dragged_edge_is_one_step_with_a_name() {
    let mut session = Session::new(HallText::parse(HALL, "hall.toml").unwrap(), "hall.toml");
    let tour = TourId::new("round").unwrap();
    let gesture = session.gesture();
    for dwell in 31..50 {
        session.set_dwell(&tour, 0, Duration::from_millis(dwell * 1000 + 400), Some(gesture)).unwrap();
    }
    assert_eq!(session.history().past().len(), 1);
    let (zh, en) = &session.history().past()[0].name;
    assert_eq!((zh.as_str(), en.as_str()), ("改变停留时间", "Change how long a stop stays"));
    assert_eq!(session.tour(&tour).unwrap().stops[0].1, seconds(49));
}

/// Screens `(x, y, width, height, bezel, rotation)` in millimetres as a hall with two sources and a scene of nine windows.
fn odd(screens: &[(i64, i64, i64, i64, i64, i64)]) -> String {
    let mut text =
        "version = 1\nhall = { name = \"x\" }\n[[wall]]\nid = \"w\"\ntick_hz = 25\ncanvas_px_per_mm = 1\n"
            .to_owned();
    for (index, (x, y, width, height, bezel, rotation)) in screens.iter().enumerate() {
        let (across, down) = if rotation % 180 == 0 { (width, height) } else { (height, width) };
        text += &format!(
            "[[wall.screen]]\nid = \"s{index}\"\nnode = \"n\"\noutput = {}\nresolution = [{across}, {down}]\nposition_mm = [{x}, {y}]\n\
             size_mm = [{width}, {height}]\nbezel_mm = {bezel}\nrotation = {rotation}\n",
            index + 1
        );
    }
    text += "[[source]]\nid = \"a\"\nrtsp = { host = \"127.0.0.1\", path = \"/a\" }\n[[scene]]\nid = \"s\"\nwall = \"w\"\n";
    for window in 0..16 {
        text += &format!("[[scene.window]]\nsource = \"a\"\nrect_px = [{}, 0, 8, 8]\n", window);
    }
    text
}

#[test]
fn arrangements_flow_over_odd_walls_and_the_document_stays_right() {
    /// Place and size in millimetres, and pixels.
    type Panels<'a> = &'a [(i64, i64, i64, i64, i64, i64)];
    let walls: [Panels<'_>; 6] = [
        // A ribbon over a door, a tower, a single small panel.
        &[(0, 0, 3840, 216, 0, 0), (3840, 0, 3840, 216, 0, 0)],
        &[
            (0, 0, 270, 480, 5, 90),
            (0, 500, 270, 480, 5, 90),
            (0, 1000, 270, 480, 5, 90),
            (0, 1500, 270, 480, 5, 90),
        ],
        &[(0, 0, 160, 90, 0, 180)],
        // An L, screens with gaps, and unlike ones that do not touch.
        &[(0, 0, 960, 540, 10, 0), (0, 560, 960, 540, 10, 0), (980, 560, 960, 540, 10, 0)],
        &[(0, 0, 640, 360, 0, 0), (1500, 700, 333, 777, 7, 0), (300, 1300, 101, 53, 1, 270)],
        &[(-500, -300, 641, 359, 3, 0), (200, -300, 641, 359, 3, 0)],
    ];
    for screens in walls {
        let text = odd(screens);
        let document =
            HallText::parse(&text, "hall.toml").unwrap_or_else(|wrong| panic!("{}\n{text}", wrong.to_text()));
        let mut session = Session::new(document, "hall.toml");
        let canvas = session.canvas();
        for (template, _, name) in Template::ALL {
            session.reflow(template, 16_000).unwrap_or_else(|error| panic!("{name}: {error}"));
            let places = template.rects(canvas, 16_000);
            let mut items = session.items();
            items.sort_by_key(|item| item.index);
            let laid: Vec<_> = items.iter().map(|item| item.rect).take(places.len()).collect();
            assert_eq!(laid, places, "{name} over {screens:?}");
            let inside = places.iter().all(|rect| {
                rect.width > 0
                    && rect.height > 0
                    && rect.x >= 0
                    && rect.y >= 0
                    && rect.right() <= canvas.right()
                    && rect.bottom() <= canvas.bottom()
            });
            assert!(inside, "{name} over {screens:?}: {places:?}");
            // Most of the canvas is used, so that no wall is left half empty.
            let area = |width: i64, height: i64| i128::from(width) * i128::from(height);
            let used: i128 = places.iter().map(|rect| area(rect.width, rect.height)).sum();
            assert!(used * 2 > area(canvas.width, canvas.height), "{name} over {screens:?}");
        }
        let sources: Vec<_> = session.layout().sources().map(|source| source.id.clone()).collect();
        for (template, zh, en) in Template::ALL {
            session.new_scene(template, (zh.to_owned(), en.to_owned()), &sources, 16_000).unwrap();
        }
    }
}
