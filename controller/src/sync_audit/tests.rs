//! The audit of a hall that the test makes up, on a clock of the test's own.

use super::*;
use media::{CanvasFrame, SceneId, SourceId, WallId, WallTime};
use protocol::TickAudit;

const HALL: &str = include_str!("../../tests/two-walls.toml");
/// Begin of the test's time, a whole second: 12:00:00 in UTC, 20:00:00 in the hall.
const EPOCH: i64 = 1_795_003_200_000_000_000;
const TICK: i64 = 40_000_000;
/// The first tick.
const FIRST: u64 = 1_795_003_200 * 25;

fn at(ms: i64) -> Now {
    Now { local: LocalTime(ms * 1_000_000), wall: WallTime(EPOCH + ms * 1_000_000) }
}

fn node(name: &str) -> NodeId {
    NodeId::new(name).unwrap()
}

/// What the nodes of wall `main` do.
struct Hall {
    audit: SyncAudit,
    /// The next tick of which nodes speak, from the first.
    next: i64,
    /// The displays of the wall, in words: which scene, how many frames late, what of it they do not say.
    nodes: Vec<Actor>,
}

#[derive(Clone)]
struct Actor {
    name: &'static str,
    scene: &'static str,
    late: i64,
    /// Of so many ticks one is late by one frame.
    late_now_and_then: Option<i64>,
    misses: Option<i64>,
    presented_us: i64,
    speaks: bool,
    /// Batches are held back for so long.
    delay: i64,
}

impl Actor {
    fn new(name: &'static str) -> Self {
        let (late_now_and_then, misses) = (None, None);
        Self {
            name,
            scene: "day",
            late: 0,
            late_now_and_then,
            misses,
            presented_us: 100,
            speaks: true,
            delay: 0,
        }
    }

    fn batch(&self, ticks: std::ops::Range<i64>) -> Audit {
        let tick = |tick: i64| {
            let every = |period: Option<i64>| period.is_some_and(|period| tick % period == 0);
            let late = self.late + i64::from(every(self.late_now_and_then));
            let captured = WallTime(EPOCH + (tick - 3 - late) * TICK);
            TickAudit {
                canvas_frame: CanvasFrame(FIRST.checked_add_signed(tick).unwrap()),
                revision: 1,
                scene: 0,
                presented_ns: (!every(self.misses)).then_some(self.presented_us * 1000),
                frames: vec![(0, captured), (1, captured)],
                hashes: Vec::new(),
            }
        };
        Audit {
            wall: WallId::new("main").unwrap(),
            scenes: vec![SceneId::new(self.scene).unwrap()],
            sources: ["gate", "shore"].map(|name| SourceId::new(name).unwrap()).to_vec(),
            screens: Vec::new(),
            ticks: ticks.map(tick).collect(),
        }
    }
}

impl Hall {
    fn new() -> Self {
        Self::of(HALL, &["left", "right"])
    }

    fn of(document: &str, names: &[&'static str]) -> Self {
        let layout = layouts::parse(document, "hall.toml").unwrap();
        let mut audit = SyncAudit::new(&layout, at(0));
        names.iter().for_each(|name| audit.connected(&node(name), at(0)));
        Self { audit, next: 0, nodes: names.iter().map(|name| Actor::new(name)).collect() }
    }

    /// Eight nodes side by side.
    fn eight() -> Self {
        let names = ["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"];
        let screen = |(index, name): (usize, &&str)| {
            let x = (index + 2) * 640;
            format!(
                "{{ id = \"{name}\", node = \"{name}\", output = 1, resolution = [640, 360], \
                 position_mm = [{x}, 0], size_mm = [640, 360] }},\n"
            )
        };
        let screens: String = names.iter().enumerate().map(screen).collect();
        let document = HALL.replacen("screen = [\n", &format!("screen = [\n{screens}"), 1);
        Self::of(&document, &names)
    }

    /// Lets `count` half seconds pass, in each of which every node says what it has shown. At their end all is judged that
    /// is not waited for.
    fn run(&mut self, count: i64) {
        for _ in 0..count {
            let ticks = self.next..self.next + 12;
            self.next = ticks.end;
            let now = ticks.end * 40;
            for actor in self.nodes.iter().filter(|actor| actor.speaks) {
                let behind = actor.delay / 40;
                let audit = actor.batch(ticks.start - behind..ticks.end - behind);
                self.audit.heard(&node(actor.name), at(now));
                self.audit.audit(&node(actor.name), &audit, at(now));
            }
            self.audit.handle_timeout(at(now));
        }
    }

    fn now(&self) -> Now {
        at(self.next * 40)
    }

    fn wall(&self) -> WallSync {
        self.audit.status(None, self.now()).walls.remove(0)
    }

    fn row(&self, name: &str) -> NodeSync {
        self.wall().nodes.into_iter().find(|row| row.node.as_str() == name).unwrap()
    }

    /// The words of the alarms that stand for `names`.
    fn standing(&self, names: &[&str]) -> Vec<String> {
        let alarms = self.audit.status(None, self.now()).alarms.into_iter();
        let alarms = alarms.filter(|alarm| alarm.ended.is_none() && names.contains(&alarm.node.as_str()));
        alarms.map(|alarm| alarm.words.en).collect()
    }
}

#[test]
fn nodes_that_agree_are_compared_and_nothing_is_said() {
    let mut hall = Hall::eight();
    hall.nodes[7].presented_us = 350;
    hall.nodes[0].presented_us = -50;
    hall.run(10);
    let wall = hall.wall();
    assert_eq!((wall.compared_ticks, wall.comparisons, wall.differing_ticks), (120, 120 * 8 * 2, 0));
    assert_eq!(wall.skew, FrameSkew::default());
    let PresentSkew { ticks, p50_us, p99_us, worst_us, clock_error_us, .. } = wall.present;
    assert_eq!((ticks, p50_us, p99_us, worst_us, clock_error_us), (120, 400, 400, 400, None));
    assert_eq!(hall.standing(&["n1", "n2", "n8"]), [""; 0]);
}

#[test]
fn a_node_one_frame_late_is_named_within_a_second() {
    let mut hall = Hall::eight();
    hall.run(4);
    hall.nodes[1].late = 1;
    hall.run(1);
    assert_eq!(hall.next * 40, 2400, "the fault began at 1920 ms");
    let expected =
        ["gate", "shore"].map(|source| format!("n2 shows camera {source} one frame late since 20:00:01"));
    assert_eq!(hall.standing(&["n1", "n2", "n3"]), expected);
    let alarm = hall.audit.status(None, hall.now()).alarms.remove(0);
    assert_eq!(alarm.words.zh, "n2 的信号 gate 自 20:00:01 起慢 1 帧");
    assert_eq!((alarm.code.as_str(), alarm.since), ("wrong_frame", at(1920).wall));
    let (wall, row) = (hall.wall(), hall.row("n2"));
    assert_eq!((wall.differing_ticks, wall.skew.now_frames, wall.skew.now_us), (12, 1, 40_000));
    assert_eq!((row.skew_frames, row.skew_us, row.differing_ticks), (1, 40_000, 12));
    assert_eq!(hall.row("n1").differing_ticks, 0);
    assert_eq!(wall.differences.len(), 12);
    assert_eq!(wall.differences[0].sources.len(), 2);
    hall.nodes[1].late = 0;
    hall.run(3);
    assert_eq!(hall.standing(&["n2"]).len(), 2, "it may come back");
    hall.run(2);
    assert_eq!(hall.standing(&["n2"]), [""; 0]);
    let alarm = hall.audit.status(None, hall.now()).alarms.into_iter().find(|alarm| alarm.ended.is_some());
    assert_eq!(alarm.unwrap().ended, Some(at(2400).wall));
    assert_eq!((hall.wall().skew.now_frames, hall.wall().skew.worst_frames), (0, 1));
}

#[test]
fn of_two_nodes_the_newer_frame_is_right_and_of_three_the_more_common_one() {
    let mut hall = Hall::new();
    hall.nodes[0].late = 3;
    hall.run(2);
    assert_eq!((hall.row("left").skew_frames, hall.row("right").skew_frames), (3, 0));
    let mut hall = Hall::eight();
    hall.nodes[4].late = -2;
    hall.run(2);
    assert_eq!(hall.standing(&["n5"])[0], "n5 shows camera gate 2 frames early since 20:00:00");
    assert_eq!(hall.row("n5").skew_us, -80_000);
}

#[test]
fn single_wrong_ticks_are_listed_and_raise_no_alarm_unless_repeated() {
    let mut hall = Hall::eight();
    hall.nodes[2].late_now_and_then = Some(100);
    hall.run(40);
    assert_eq!(hall.wall().differing_ticks, 5);
    assert_eq!(hall.standing(&["n3"]), [""; 0]);
    hall.nodes[2].late_now_and_then = Some(30);
    hall.run(20);
    assert_eq!(hall.standing(&["n3"]).len(), 2);
}

#[test]
fn two_scenes_on_one_wall_are_a_fault() {
    let mut hall = Hall::new();
    hall.run(2);
    // Both switch at the same tick.
    hall.nodes.iter_mut().for_each(|actor| actor.scene = "storm");
    hall.run(2);
    assert_eq!(hall.wall().differing_ticks, 0);
    hall.nodes[1].scene = "night";
    hall.run(1);
    let alarm = hall.standing(&["left", "right"]);
    assert_eq!(alarm, ["left shows scene storm while the others show night since 20:00:01"]);
    let difference = hall.wall().differences.remove(0);
    assert_eq!((difference.node.as_str(), difference.sources.len()), ("left", 0));
    assert_eq!(difference.scene.unwrap().right.as_str(), "night", "a scene that is new is meant");
}

#[test]
fn missed_ticks_are_counted_not_compared() {
    let mut hall = Hall::new();
    hall.nodes[0].misses = Some(20);
    hall.nodes[0].late = 1;
    hall.run(30);
    let row = hall.row("left");
    assert_eq!((row.ticks, row.missed, row.missed_last_minute, row.ticks_last_minute), (360, 18, 18, 360));
    assert_eq!(row.differing_ticks, 360 - 18);
    assert_eq!(
        hall.standing(&["left"])[0],
        "left missed 11 of 235 ticks",
        "in ten seconds, the last one not over"
    );
    hall.nodes[0].misses = None;
    hall.run(24);
    assert_eq!(hall.standing(&["left"]).len(), 2, "only the lag remains");
}

#[test]
fn who_does_not_answer_holds_nobody_and_is_counted() {
    let mut hall = Hall::eight();
    hall.run(4);
    hall.nodes[7].speaks = false;
    hall.nodes[0].late = 1;
    hall.run(2);
    assert_eq!(hall.standing(&["n1"]).len(), 2, "within a second, though n8 says nothing");
    hall.run(20);
    let row = hall.row("n8");
    assert!((22 * 12 - 120..22 * 12 - 90).contains(&row.unaudited_ticks), "{}", row.unaudited_ticks);
    let silent = hall.standing(&["n8"]);
    assert_eq!(
        silent,
        ["n8 has not been heard of since 20:00:01", "n8 has not said since 20:00:01 what it shows"]
    );
    hall.nodes[7].speaks = true;
    hall.run(4);
    assert_eq!(hall.standing(&["n8"]), [""; 0]);
}

#[test]
fn late_words_are_still_compared() {
    let mut hall = Hall::eight();
    hall.nodes[3].delay = 2000;
    hall.run(8);
    hall.nodes[3].late = 1;
    hall.run(2);
    assert_eq!(hall.standing(&["n4"]).len(), 2);
    assert_eq!(hall.row("n4").unaudited_ticks, 0);
    hall.nodes[3].delay = 8000;
    hall.run(10);
    assert!(hall.row("n4").unaudited_ticks > 0, "what comes too late is not taken");
}

#[test]
fn a_node_that_is_gone_or_never_came_is_named() {
    let mut hall = Hall::new();
    hall.run(10);
    hall.audit.lost(&node("right"), at(4800));
    hall.nodes.truncate(1);
    hall.run(1);
    assert_eq!(hall.standing(&["right", "far"]), [""; 0]);
    hall.run(20);
    let words = hall.standing(&["right", "far"]);
    assert_eq!(
        words,
        ["far has not been heard of since 20:00:00", "right has not been heard of since 20:00:04"]
    );
    hall.audit.connected(&node("right"), hall.now());
    hall.nodes.push(Actor::new("right"));
    hall.run(4);
    assert_eq!(hall.standing(&["right"]), [""; 0]);
}

#[test]
fn a_clock_that_may_be_wrong_is_named_with_its_bound() {
    let mut hall = Hall::new();
    let report = |state, error_ns| ClockReport { state, offset_ns: 0, error_ns, round_trip_ns: 0 };
    let mut say = |state, error_ns| {
        hall.audit.clock(&node("left"), report(state, error_ns), at(0));
        hall.standing(&["left"])
    };
    assert_eq!(say(ClockState::Unset, u64::MAX), [""; 0], "it has just come");
    assert_eq!(say(ClockState::Locked, 200_000), [""; 0]);
    assert_eq!(say(ClockState::Holdover, 3_150_000), [""; 0]);
    assert_eq!(say(ClockState::Holdover, 3_150_001), ["the clock of left may be wrong by 3.2 ms"]);
    assert_eq!(say(ClockState::Locked, 200_000).len(), 1);
    assert_eq!(say(ClockState::Locked, 200_000), [""; 0]);
    assert_eq!(hall.wall().present.clock_error_us, None, "nobody knows how wrong the other one is");
    hall.audit.clock(&node("right"), report(ClockState::System, 300_001), at(0));
    assert_eq!(hall.wall().present.clock_error_us, Some(301));
}

#[test]
fn only_pictures_of_one_stream_are_compared() {
    let streams = "rtsp = { host = \"127.0.0.1\", port = 554 }\nstreams = [\
                   { name = \"main\", path = \"/m\", size = [1920, 1080] }, \
                   { name = \"sub\", path = \"/s\", size = [320, 180] }]";
    let one = "rtsp = { host = \"127.0.0.1\", port = 554, path = \"/gate\" }";
    let document = HALL.replacen(one, streams, 1);
    // Two windows of one source: the small one on the left node alone, the large one on the right node alone.
    let apart = "window = [{ source = \"gate\", rect_percent = [0, 0, 10, 10] }, { source = \"gate\", rect_percent = [50, 0, 50, 100] }]";
    let document =
        document.replacen("window = [{ source = \"gate\", rect_percent = [0, 0, 100, 100] }]", apart, 1);
    let mut hall = Hall::of(&document, &["left", "right"]);
    hall.nodes[0].late = 1;
    hall.run(2);
    assert_eq!(hall.standing(&["left"]), ["left shows camera shore one frame late since 20:00:00"]);
}

#[test]
fn whoever_asks_again_gets_what_is_new_and_is_told_when_something_is_forgotten() {
    let mut hall = Hall::new();
    hall.run(2);
    let first = hall.audit.status(Some(0), hall.now());
    assert_eq!((first.walls[0].ticks.len(), first.walls[0].differences.len(), first.complete), (24, 0, true));
    hall.nodes[0].late = 1;
    hall.run(2);
    let second = hall.audit.status(Some(first.sequence), hall.now());
    assert_eq!((second.walls[0].ticks.len(), second.walls[0].differences.len()), (24, 24));
    assert!(second.walls[0].ticks.iter().all(|tick| tick.differing == 1 && tick.nodes == 2));
    hall.run(200);
    let third = hall.audit.status(Some(second.sequence), hall.now());
    assert!(!third.complete);
    assert_eq!(third.walls[0].ticks.len(), 1501, "a minute");
    assert_eq!(third.walls[0].differences.len(), 2000);
    let text = serde_json::to_string(&third).unwrap();
    assert_eq!(serde_json::from_str::<SyncStatus>(&text).unwrap(), third);
}

#[test]
fn hostile_words_neither_panic_nor_grow() {
    let mut hall = Hall::new();
    hall.run(1);
    let tick = |canvas_frame: u64, presented: i64, captured: i64| TickAudit {
        canvas_frame: CanvasFrame(canvas_frame),
        revision: 0,
        scene: 9,
        presented_ns: Some(presented),
        frames: (0..1000).map(|source| (source, WallTime(captured))).collect(),
        hashes: Vec::new(),
    };
    let wild = [0, 1, FIRST - 1_000_000, FIRST + 20, FIRST + 21, FIRST + 1_000_000, u64::MAX];
    let ticks = wild.map(|frame| tick(frame, i64::MIN, i64::MAX)).to_vec();
    let known = Actor::new("left").batch(0..0);
    hall.audit.audit(&node("left"), &Audit { ticks: ticks.clone(), ..known.clone() }, hall.now());
    let ticks: Vec<_> = ticks.into_iter().map(|tick| TickAudit { scene: 0, ..tick }).collect();
    hall.audit.audit(&node("left"), &Audit { ticks: ticks.clone(), ..known.clone() }, hall.now());
    hall.audit.audit(&node("far"), &Audit { ticks: ticks.clone(), ..known.clone() }, hall.now());
    hall.audit.audit(&node("nobody"), &Audit { ticks, ..known }, hall.now());
    let right = Actor { presented_us: i64::MAX / 1000, ..Actor::new("right") };
    hall.audit.audit(&node("right"), &right.batch(12..40), hall.now());
    hall.audit.handle_timeout(at(60_000));
    assert_eq!(hall.row("left").ticks, 14);
    // The hall's clock is set back by an hour: what is said of the ticks from then on is taken.
    let mut hall = Hall::new();
    hall.run(4);
    let back = |tick: i64| tick - 3600 * 25;
    for name in ["left", "right"] {
        let now = Now { local: at(2000).local, wall: WallTime(EPOCH + back(60) * TICK) };
        hall.audit.audit(&node(name), &Actor::new(name).batch(back(50)..back(60)), now);
    }
    assert_eq!(hall.row("left").ticks, 58);
    assert_eq!(hall.wall().compared_ticks, 58);
}
