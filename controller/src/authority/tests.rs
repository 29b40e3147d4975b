//! What the authority decides, on a clock of the test's own.

use super::*;
use crate::on_wall::{COMMIT_LEAD, NotReady, PREPARE_WITHIN};
use layouts::OnAir;
use media::CanvasFrame;
use proptest::prelude::*;
use std::time::Duration;

const HALL: &str = include_str!("../../tests/two-walls.toml");
/// The two display nodes of wall `main`.
const MAIN: [&str; 2] = ["left", "right"];

fn at(ms: i64) -> Now {
    let ns = ms * 1_000_000;
    Now { local: LocalTime(ns), wall: WallTime(1_000_000_000_000_000_000 + ns) }
}

fn authority() -> Authority {
    let layout = layouts::parse(HALL, "two-walls.toml").unwrap();
    Authority::new(layout, HALL.to_owned(), Vec::new(), at(0).wall)
}

fn node(name: &str) -> NodeId {
    NodeId::new(name).unwrap()
}

fn hello(name: &str, role: Role) -> Hello {
    Hello { node: node(name), role, software: "test".into(), media_port: 7 }
}

/// An authority whose display nodes are all there.
fn with_displays() -> Authority {
    let mut authority = authority();
    for name in ["left", "right", "far"] {
        authority.connected(&hello(name, Role::Display), "10.0.0.9", at(0));
    }
    authority
}

fn main_wall(authority: &Authority, now: Now) -> crate::WallStatus {
    authority.status(now.wall).walls.remove(0)
}

#[test]
fn a_scene_is_prepared_by_all_and_then_goes_on_air_at_one_tick() {
    let mut authority = with_displays();
    let before = authority.revision();
    assert_eq!(authority.recall("storm", at(1000)).unwrap().0.as_str(), "main");
    let snapshot = authority.snapshot(at(1000).wall);
    assert_eq!((snapshot.revision, authority.revision()), (before + 1, before + 1));
    let program = &snapshot.walls[0];
    assert_eq!((program.scene.as_str(), program.next.as_ref().unwrap().as_str()), ("day", "storm"));
    let wall = main_wall(&authority, at(1001));
    assert_eq!(wall.preparing, MAIN.map(node), "far drives no screen of this wall");
    authority.ready(&node("left"), before + 1, at(1100));
    assert_eq!(authority.poll_commit(), None);
    authority.ready(&node("right"), before + 1, at(1200));
    let commit = authority.poll_commit().unwrap();
    let rate = authority.layout().wall(&commit.activate.wall).unwrap().tick;
    assert_eq!(rate.start_of(commit.activate.at), at(1520).wall, "the first tick of 40 ms after 1.5 s");
    assert_eq!((commit.activate.revision, commit.scene.as_str()), (before + 1, "storm"));
    assert_eq!(commit.not_ready, []);
    assert_eq!(authority.poll_timeout(), None);
    let wall = main_wall(&authority, at(1519));
    assert_eq!((wall.on_air.as_str(), wall.next_at), ("day", Some(at(1520).wall)));
    let wall = main_wall(&authority, at(1520));
    assert_eq!((wall.on_air.as_str(), wall.next, wall.since), ("storm", None, at(1520).wall));
}

#[test]
fn who_is_not_ready_in_time_is_named_and_holds_nobody() {
    let mut authority = with_displays();
    authority.recall("storm", at(0)).unwrap();
    let revision = authority.revision();
    authority.cannot(&node("left"), Cannot::new(revision, "no room"), at(10));
    assert_eq!(main_wall(&authority, at(11)).not_ready.len(), 1);
    assert_eq!(authority.poll_timeout(), Some(at(2000).local));
    authority.handle_timeout(at(1999));
    assert_eq!(authority.poll_commit(), None);
    authority.handle_timeout(at(2000));
    let commit = authority.poll_commit().unwrap();
    let expected = [("left", "no room"), ("right", "it has not said that it is ready")];
    let expected = expected.map(|(name, why)| NotReady { node: node(name), why: why.into() });
    assert_eq!(commit.not_ready, expected);
    assert_eq!(main_wall(&authority, at(3000)).not_ready, expected, "it stays to be read");
    authority.recall("day", at(4000)).unwrap();
    assert_eq!(main_wall(&authority, at(4000)).not_ready, [], "until the next change");
}

#[test]
fn nobody_to_wait_for_means_no_waiting() {
    let mut authority = authority();
    authority.recall("storm", at(0)).unwrap();
    assert_eq!(authority.poll_commit().unwrap().scene.as_str(), "storm");
    let mut authority = with_displays();
    authority.recall("storm", at(0)).unwrap();
    authority.ready(&node("left"), authority.revision(), at(10));
    authority.lost(&node("right"), at(20));
    assert_eq!(authority.poll_commit().unwrap().not_ready, []);
}

#[test]
fn a_later_recall_supersedes_and_the_scene_on_air_calls_off() {
    let mut authority = with_displays();
    authority.recall("storm", at(0)).unwrap();
    let first = authority.revision();
    authority.recall("storm", at(500)).unwrap();
    assert_eq!(authority.revision(), first, "what is being prepared is not begun again");
    authority.recall("night", at(1000)).unwrap();
    MAIN.iter().for_each(|name| authority.ready(&node(name), first, at(1010)));
    authority.handle_timeout(at(2999));
    assert_eq!(authority.poll_commit(), None, "answers about another revision do not count");
    authority.recall("day", at(2999)).unwrap();
    assert_eq!(authority.snapshot(at(3000).wall).walls[0].next, None);
    authority.handle_timeout(at(9000));
    assert_eq!(authority.poll_commit(), None);
}

#[test]
fn a_change_waits_for_the_tick_of_the_one_before() {
    let mut authority = with_displays();
    authority.recall("storm", at(0)).unwrap();
    MAIN.iter().for_each(|name| authority.ready(&node(name), authority.revision(), at(10)));
    let tick = at(320);
    assert_eq!(main_wall(&authority, at(11)).next_at, Some(tick.wall));
    authority.poll_commit().unwrap();
    authority.recall("day", at(20)).unwrap();
    MAIN.iter().for_each(|name| authority.ready(&node(name), authority.revision(), at(30)));
    assert_eq!((authority.poll_commit(), authority.poll_timeout()), (None, Some(tick.local)));
    authority.handle_timeout(tick);
    assert_eq!(authority.poll_commit().unwrap().scene.as_str(), "day");
}

#[test]
fn screens_show_their_numbers_until_a_moment_and_nodes_are_told_which() {
    let mut authority = with_displays();
    let (revision, until) = (authority.revision(), at(30_000).wall);
    assert_eq!(authority.identify("main", Some(until), at(0)).unwrap().as_str(), "main");
    assert_eq!(authority.revision(), revision + 1);
    let told = |authority: &Authority, now: Now| {
        let snapshot = authority.snapshot(now.wall);
        let program = snapshot.walls.iter().find(|program| program.wall.as_str() == "main").unwrap();
        assert_eq!(main_wall(authority, now).identify_until, program.identify_until);
        program.identify_until
    };
    assert_eq!(told(&authority, at(29_999)), Some(until));
    assert_eq!(told(&authority, at(30_000)), None, "who comes then has nothing to take away");
    authority.identify("main", Some(until), at(10)).unwrap();
    assert_eq!(authority.revision(), revision + 1, "nothing is new");
    authority.identify("main", None, at(20)).unwrap();
    assert_eq!((authority.revision(), told(&authority, at(20))), (revision + 2, None));
    let error = authority.identify("mian", None, at(0)).unwrap_err().to_string();
    assert!(error.contains("there is no wall \"mian\""), "{error}");
}

#[test]
fn a_change_survives_other_revisions_and_what_was_answered_for_it_stays_so() {
    let mut authority = with_displays();
    authority.recall("storm", at(0)).unwrap();
    authority.ready(&node("left"), authority.revision(), at(10));
    let revision = authority.revision();
    authority.connected(&hello("in-1", Role::Ingest), "10.0.0.8", at(100));
    assert_eq!(authority.revision(), revision + 1, "sources have moved");
    assert_eq!(main_wall(&authority, at(100)).preparing, [node("right")], "left has answered");
    authority.lost(&node("in-1"), at(200));
    authority.connected(&hello("in-1", Role::Ingest), "10.0.0.8", at(300));
    assert_eq!(authority.revision(), revision + 1, "it is back where it was");
    authority.set_stamp("main", true, at(400)).unwrap();
    authority.recall("busy", at(500)).unwrap();
    let snapshot = authority.snapshot(at(500).wall);
    let next = |index: usize| snapshot.walls[index].next.as_ref().unwrap().as_str();
    assert_eq!((next(0), next(1), snapshot.walls[0].stamp), ("storm", "busy", true));
    authority.lost(&node("far"), at(600));
    authority.connected(&hello("far", Role::Display), "10.0.0.7", at(700));
    authority.ready(&node("right"), authority.revision(), at(800));
    let commit = authority.poll_commit().unwrap();
    assert_eq!(
        (commit.scene.as_str(), authority.poll_commit()),
        ("storm", None),
        "walls do not wait for walls"
    );
    authority.ready(&node("far"), authority.revision(), at(900));
    let commit = authority.poll_commit().unwrap();
    assert_eq!(commit.scene.as_str(), "busy", "who comes meanwhile answers too");
    assert_eq!(authority.layout().wall(&commit.activate.wall).unwrap().tick.hz(), 50);
}

#[test]
fn who_comes_late_is_told_what_is_on_air_and_what_it_replaced_while_that_can_be_seen() {
    let mut authority = with_displays();
    authority.recall("night", at(0)).unwrap();
    MAIN.iter().for_each(|name| authority.ready(&node(name), authority.revision(), at(10)));
    let since = authority.poll_commit().unwrap().activate.at;
    for (ms, from) in [(20, Some("day")), (900, Some("day")), (1279, Some("day")), (1280, None)] {
        let program = authority.snapshot(at(ms).wall).walls.remove(0);
        assert_eq!((program.scene.as_str(), program.since, program.next), ("night", since, None), "{ms} ms");
        assert_eq!(program.from.as_ref().map(SceneId::as_str), from, "{ms} ms");
    }
}

#[test]
fn unknown_names_are_answered_with_the_known_ones() {
    let mut authority = authority();
    let error = authority.recall("nigth", at(0)).unwrap_err().to_string();
    assert_eq!(error, "there is no scene \"nigth\"; this hall has day, night, storm, quiet, busy");
    let error = authority.set_stamp("mian", true, at(0)).unwrap_err().to_string();
    assert_eq!(error, "there is no wall \"mian\" with scenes; this hall has main, side");
}

#[test]
fn sources_go_to_ingest_nodes_that_are_there_or_will_be_back() {
    let mut authority = with_displays();
    assert!(authority.snapshot(at(0).wall).directory.is_empty());
    authority.connected(&hello("in-1", Role::Ingest), "fe80::1", at(0));
    let directory = authority.snapshot(at(0).wall).directory;
    assert_eq!((directory.len(), directory[0].address.as_str()), (1, "[fe80::1]:7"));
    assert_eq!(
        directory[0].sources.len(),
        1,
        "the other source is bound to an ingest node that is not there"
    );
    authority.lost(&node("in-1"), at(0));
    assert_eq!(authority.snapshot(at(0).wall).directory, directory);
}

#[test]
fn a_node_that_cannot_is_named_with_its_reason() {
    let mut authority = with_displays();
    let revision = authority.revision();
    let far = |authority: &Authority| authority.status(at(0).wall).nodes.remove(0);
    authority.cannot(&node("far"), Cannot::new(revision, "no room"), at(0));
    assert_eq!(
        (far(&authority).standing.as_str(), far(&authority).why.as_deref()),
        ("cannot", Some("no room"))
    );
    authority.ready(&node("far"), revision - 1, at(0));
    assert_eq!(far(&authority).standing, "behind");
}

/// Something that happens to a hall.
#[derive(Debug, Clone)]
enum Step {
    Recall(usize),
    Stamp(usize, bool),
    Comes(usize),
    Goes(usize),
    Ready(usize),
    Cannot(usize),
    Outdated(usize),
    Wait(u16),
}

const NODES: [(&str, Role); 5] = [
    ("left", Role::Display),
    ("right", Role::Display),
    ("far", Role::Display),
    ("in-1", Role::Ingest),
    ("in-2", Role::Ingest),
];
const SCENES: [&str; 5] = ["day", "night", "storm", "quiet", "busy"];

fn step() -> impl Strategy<Value = Step> {
    let node = 0..NODES.len();
    prop_oneof![
        2 => (0..SCENES.len()).prop_map(Step::Recall),
        1 => (0..2_usize, any::<bool>()).prop_map(|(wall, on)| Step::Stamp(wall, on)),
        2 => node.clone().prop_map(Step::Comes),
        1 => node.clone().prop_map(Step::Goes),
        6 => node.clone().prop_map(Step::Ready),
        1 => node.clone().prop_map(Step::Cannot),
        1 => node.prop_map(Step::Outdated),
        4 => (0..1500_u16).prop_map(Step::Wait),
    ]
}

/// A node as the messages leave it.
#[derive(Debug, Default)]
struct Told {
    revision: u64,
    walls: BTreeMap<WallId, (OnAir, Option<SceneId>)>,
}

impl Told {
    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.revision = snapshot.revision;
        let wall = |program: &protocol::WallProgram| {
            let protocol::WallProgram { wall, scene, from, since, next, .. } = program.clone();
            (wall, (OnAir { scene, from, since }, next))
        };
        self.walls = snapshot.walls.iter().map(wall).collect();
    }

    fn activate(&mut self, activate: &protocol::Activate) {
        if activate.revision != self.revision {
            return;
        }
        let Some((on_air, next)) = self.walls.get_mut(&activate.wall) else { return };
        if let Some(scene) = next.take() {
            *on_air = OnAir { from: Some(on_air.scene.clone()), scene, since: activate.at };
        }
    }

    /// What is shown on `wall` at `tick`.
    fn shows(&self, layout: &Layout, wall: &WallId, tick: CanvasFrame) -> (SceneId, Option<SceneId>) {
        let on_air = &self.walls[wall].0;
        match &on_air.from {
            Some(from) if tick < on_air.since => (from.clone(), None),
            from => (on_air.scene.clone(), from.clone().filter(|_| !on_air.is_over(layout, tick))),
        }
    }
}

/// A hall whose nodes hear everything at once.
struct Model {
    authority: Authority,
    now: Now,
    told: BTreeMap<usize, Told>,
    answered: BTreeSet<(usize, u64)>,
    /// When, and with which revision nodes were asked.
    recalled: BTreeMap<WallId, (Now, u64)>,
    activated: BTreeMap<(u64, WallId), CanvasFrame>,
    on_air: BTreeMap<WallId, WallTime>,
}

impl Model {
    fn new() -> Self {
        let (told, answered, recalled, activated, on_air) = Default::default();
        Self { authority: authority(), now: at(0), told, answered, recalled, activated, on_air }
    }

    fn take(&mut self, step: &Step) {
        let before = self.authority.snapshot(self.now.wall);
        self.act(step);
        let commits: Vec<Commit> = std::iter::from_fn(|| self.authority.poll_commit()).collect();
        let after = self.authority.snapshot(self.now.wall);
        if after.revision != before.revision {
            self.told.values_mut().for_each(|told| told.snapshot(&after));
        }
        for commit in &commits {
            self.told.values_mut().for_each(|told| told.activate(&commit.activate));
            self.check_commit(commit);
        }
        for (old, new) in before.walls.iter().zip(&after.walls) {
            let commit = commits.iter().find(|commit| commit.activate.wall == old.wall);
            let expected =
                commit.map_or((&old.scene, old.since), |commit| (&commit.scene, commit.activate.at));
            assert_eq!((&new.scene, new.since), expected, "only a commit changes what is on air");
        }
        self.check_nodes(&after);
    }

    fn act(&mut self, step: &Step) {
        let (authority, now) = (&mut self.authority, self.now);
        let revision = authority.revision();
        match step {
            Step::Recall(scene) => {
                let (wall, _) = authority.recall(SCENES[*scene], now).unwrap();
                if authority.revision() != revision {
                    self.recalled.insert(wall, (now, authority.revision()));
                }
            }
            Step::Stamp(wall, on) => drop(authority.set_stamp(["main", "side"][*wall], *on, now).unwrap()),
            Step::Comes(index) => {
                let (name, role) = NODES[*index];
                authority.connected(&hello(name, role), "10.0.0.1", now);
                self.answered.retain(|(who, _)| who != index);
                let mut told = Told::default();
                told.snapshot(&authority.snapshot(now.wall));
                self.told.insert(*index, told);
            }
            Step::Goes(index) => {
                authority.lost(&node(NODES[*index].0), now);
                self.told.remove(index);
            }
            Step::Ready(index) if self.told.contains_key(index) => {
                self.answered.insert((*index, revision));
                authority.ready(&node(NODES[*index].0), revision, now);
            }
            Step::Cannot(index) if self.told.contains_key(index) => {
                self.answered.insert((*index, revision));
                authority.cannot(&node(NODES[*index].0), Cannot::new(revision, "no"), now);
            }
            Step::Outdated(index) => {
                self.answered.insert((*index, revision - 1));
                authority.ready(&node(NODES[*index].0), revision - 1, now);
            }
            Step::Wait(ms) => {
                let by = Duration::from_millis(u64::from(*ms));
                let target = Now { local: now.local + by, wall: now.wall + by };
                let due = authority.poll_timeout().map_or(target.local, |due| due.min(target.local));
                let to_due = due.since(now.local);
                self.now = Now { local: now.local + to_due, wall: now.wall + to_due };
                self.authority.handle_timeout(self.now);
                assert!(
                    self.authority.poll_timeout().is_none_or(|due| due > self.now.local),
                    "a timer that fired"
                );
            }
            Step::Ready(_) | Step::Cannot(_) => {}
        }
    }

    fn check_commit(&mut self, commit: &Commit) {
        let protocol::Activate { revision, wall, at } = &commit.activate;
        assert_eq!(*revision, self.authority.revision(), "nodes hold the revision that is activated");
        let earlier = self.activated.insert((*revision, wall.clone()), *at);
        assert_eq!(earlier, None, "one switch for each revision and wall");
        let layout = self.authority.layout();
        let rate = layout.wall(wall).unwrap().tick;
        assert!(rate.start_of(*at) >= self.now.wall + COMMIT_LEAD);
        let here: Vec<usize> = self.told.keys().copied().collect();
        let drives =
            |index: &&usize| layout.screens_of(&node(NODES[**index].0)).any(|(of, _)| of.id == *wall);
        let (recalled, asked) = self.recalled[wall];
        let silent: Vec<NodeId> = here
            .iter()
            .filter(drives)
            .filter(|index| !self.answered.iter().any(|(who, of)| who == *index && *of >= asked))
            .map(|index| node(NODES[*index].0))
            .collect();
        let waited = self.now.local.since(recalled.local);
        let before = COMMIT_LEAD + rate.period();
        assert!(waited <= PREPARE_WITHIN + before, "nobody holds a wall for longer");
        assert!(silent.is_empty() || waited >= PREPARE_WITHIN, "{silent:?} were not waited for");
        let before = self.on_air.insert(wall.clone(), rate.start_of(*at));
        assert!(before.is_none_or(|before| before <= self.now.wall), "one switch is to come, not two");
        let named: BTreeSet<&NodeId> = commit.not_ready.iter().map(|missing| &missing.node).collect();
        assert!(silent.iter().all(|node| named.contains(node)), "{silent:?} are not named");
        assert!(named.iter().all(|name| here.iter().any(|index| NODES[*index].0 == name.as_str())));
    }

    /// Nodes that heard the same story in other words show the same, now and later.
    fn check_nodes(&self, snapshot: &Snapshot) {
        let mut fresh = Told::default();
        fresh.snapshot(snapshot);
        for program in &snapshot.walls {
            let rate = self.authority.layout().wall(&program.wall).unwrap().tick;
            let running = rate.frame_at(self.now.wall).0;
            for tick in (running..running + 150).map(CanvasFrame) {
                let expected = fresh.shows(self.authority.layout(), &program.wall, tick);
                for (index, told) in &self.told {
                    assert_eq!(told.revision, snapshot.revision);
                    // What a cut-short transition came from is forgotten by a snapshot: the scene never is.
                    let shown = told.shows(self.authority.layout(), &program.wall, tick);
                    assert_eq!(shown.0, expected.0, "{} at tick {tick:?}", NODES[*index].0);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_a_wall_changes_by_one_decision_that_all_nodes_hear_alike(
        steps in proptest::collection::vec(step(), 1..80)
    ) {
        let mut model = Model::new();
        for step in &steps {
            model.take(step);
        }
        for _ in 0..4 {
            model.take(&Step::Wait(2000));
        }
        let status = model.authority.status(model.now.wall);
        prop_assert!(status.walls.iter().all(|wall| wall.next.is_none()), "time-outs lead to commits");
        prop_assert_eq!(model.authority.poll_timeout(), None);
    }
}

fn words(text: &str) -> layouts::rules::Picture {
    let words = layouts::Words { zh: text.into(), en: text.into() };
    let color = layouts::Rgba { r: 255, g: 200, b: 0, a: 255 };
    let banner = Some(layouts::BannerSpec { words, color, until: None });
    let (edits, fills) = Default::default();
    layouts::rules::Picture { scene: SceneId::new("storm").unwrap(), edits, fills, banner }
}

#[test]
fn a_picture_of_the_rules_is_a_variant_that_nodes_get_and_operators_know_by_its_scene() {
    let mut authority = with_displays();
    let main = WallId::new("main").unwrap();
    let shown = authority.show(&main, &words("fire"), at(0)).unwrap();
    assert_eq!(
        authority.show(&main, &words("fire"), at(1)).unwrap(),
        shown,
        "the same picture is the same scene"
    );
    let snapshot = authority.snapshot(at(1).wall);
    assert_eq!((snapshot.variants.len(), &snapshot.walls[0].next), (1, &Some(shown.clone())));
    let drawn = authority.layout().scene(&shown).unwrap();
    assert_eq!(
        drawn.windows.len(),
        authority.layout().scene(&words("fire").scene).unwrap().windows.len() + 1
    );
    assert_eq!(main_wall(&authority, at(1)).next.unwrap().as_str(), "storm");
    // Without anything of its own it is the scene of the document.
    let plain = layouts::rules::Picture { banner: None, ..words("") };
    assert_eq!(authority.show(&main, &plain, at(2)).unwrap().as_str(), "storm");
    assert_eq!(authority.snapshot(at(2).wall).variants, []);
    // What the hall does not have changes nothing.
    let revision = authority.revision();
    let nowhere = layouts::rules::Picture { scene: SceneId::new("nowhere").unwrap(), ..words("x") };
    assert!(authority.show(&main, &nowhere, at(3)).is_err());
    let slot =
        layouts::rules::Picture { fills: vec![("a".into(), SourceId::new("gate").unwrap())], ..words("x") };
    assert!(authority.show(&main, &slot, at(3)).is_err());
    assert_eq!((authority.revision(), authority.snapshot(at(3).wall).variants.len()), (revision, 0));
}

#[test]
fn a_storm_of_pictures_leaves_at_most_three_variants_and_those_that_are_seen() {
    let mut authority = with_displays();
    let main = WallId::new("main").unwrap();
    for step in 0..200 {
        let now = at(step * 700);
        let shown = authority.show(&main, &words(&step.to_string()), now).unwrap();
        let revision = authority.revision();
        MAIN.iter().for_each(|name| authority.ready(&node(name), revision, now));
        while authority.poll_commit().is_some() {}
        let snapshot = authority.snapshot(now.wall);
        assert!(snapshot.variants.len() <= 3, "{}", snapshot.variants.len());
        // Whoever gets it can draw all that it names.
        let layout = layouts::parse(HALL, "hall.toml").unwrap().with_variants(&snapshot.variants).unwrap();
        for program in &snapshot.walls {
            let named = [Some(&program.scene), program.from.as_ref(), program.next.as_ref()];
            assert!(named.into_iter().flatten().all(|scene| layout.scene(scene).is_some()));
        }
        assert_eq!(main_wall(&authority, at(step * 700 + 600)).on_air.as_str(), "storm");
        assert!(snapshot.variants.iter().any(|variant| variant.id == shown));
    }
}

#[test]
fn what_the_rules_remember_hangs_before_the_first_node_comes() {
    let mut authority = authority();
    let main = WallId::new("main").unwrap();
    let shown = authority.show(&main, &words("fire"), at(0)).unwrap();
    assert_eq!(authority.poll_commit(), None);
    authority.connected(&hello("left", Role::Display), "10.0.0.9", at(1));
    let snapshot = authority.snapshot(at(1).wall);
    let program = &snapshot.walls[0];
    assert_eq!((&program.scene, &program.from, &program.next), (&shown, &None, &None));
}

fn picture(changes: &[layouts::Change]) -> layouts::rules::Picture {
    edited("storm", changes, HALL)
}

/// The first window of scene `storm`, whose source is seen by both nodes, at `x`.
fn moved(x: f64) -> layouts::rules::Picture {
    let [x, y, width, height] = [x, 0.0, 640.0, 180.0].map(|number| layouts::from_pixels(number).unwrap());
    let rect = Some(layouts::CanvasRect { x, y, width, height });
    let set = layouts::WindowSet { rect, ..layouts::WindowSet::default() };
    picture(&[layouts::Change::Set { window: media::WindowId::new("w1").unwrap(), set }])
}

/// Displays whose clocks say how far away they are, and scene `storm` on air since a second.
fn storm() -> Authority {
    let mut authority = with_displays();
    for name in MAIN {
        let clock = protocol::ClockReport { round_trip_ns: 1_000_000, ..Report::default().clock };
        authority.reported(&node(name), Report { clock, ..Report::default() });
    }
    authority.recall("storm", at(0)).unwrap();
    MAIN.iter().for_each(|name| authority.ready(&node(name), authority.revision(), at(10)));
    authority.poll_commit().unwrap();
    authority.handle_timeout(at(1320));
    authority
}

#[test]
fn what_needs_nothing_new_is_decided_at_once_and_comes_on_by_a_cut() {
    let mut authority = storm();
    let main = WallId::new("main").unwrap();
    let shown = authority.show(&main, &moved(320.0), at(2000)).unwrap();
    let commit = authority.poll_commit().expect("nobody is asked");
    // 100 ms, a tick of 40 ms and four round trips of 1 ms ahead, then the next tick.
    assert_eq!(commit.scene, shown);
    let rate = authority.layout().wall(&main).unwrap().tick;
    assert_eq!(rate.start_of(commit.activate.at), at(2160).wall);
    assert_eq!(authority.layout().scene(&shown).unwrap().transition, layouts::Transition::default());
    // The next one waits for its tick, and what comes meanwhile takes its place.
    for (ms, x) in [(2010, 100.0), (2050, 200.0), (2100, 300.0)] {
        authority.show(&main, &moved(x), at(ms)).unwrap();
        assert_eq!((authority.poll_commit(), authority.poll_timeout()), (None, Some(at(2160).local)));
    }
    authority.handle_timeout(at(2160));
    let commit = authority.poll_commit().unwrap();
    let last = authority.layout().scene(&commit.scene).unwrap();
    assert_eq!(layouts::to_pixels(last.windows[0].rect.x), 300.0);
    // What is on air, or comes by itself, is not asked for twice; back to the document is a cut, too.
    let revision = authority.revision();
    assert_eq!(authority.show(&main, &moved(300.0), at(2200)).unwrap(), commit.scene);
    assert_eq!(authority.revision(), revision);
    let plain = authority.show(&main, &picture(&[]), at(2500)).unwrap();
    assert_ne!(plain.as_str(), "storm");
    assert!(authority.poll_commit().is_some());
    assert_eq!(main_wall(&authority, at(4000)).on_air.as_str(), "storm", "operators know it by its name");
}

#[test]
fn a_node_of_which_nothing_is_known_is_given_the_longer_time() {
    let mut authority = storm();
    let main = WallId::new("main").unwrap();
    authority.reported(&node("right"), Report::default());
    authority.show(&main, &moved(320.0), at(2000)).unwrap();
    let commit = authority.poll_commit().unwrap();
    let rate = authority.layout().wall(&main).unwrap().tick;
    assert_eq!(rate.start_of(commit.activate.at), at(2320).wall);
}

#[test]
fn a_new_source_is_prepared_and_acts_that_follow_fast_do_not_starve_the_wall() {
    let mut authority = with_displays();
    let main = WallId::new("main").unwrap();
    authority.recall("day", at(0)).unwrap();
    authority.handle_timeout(at(1000));
    // `day` shows the gate alone: the shore is new to both.
    let open = |x: f64| {
        let layout = layouts::parse(HALL, "two-walls.toml").unwrap();
        let [x, y, width, height] =
            [x, 0.0, 640.0, 180.0].map(|number| layouts::from_pixels(number).unwrap());
        let change = layouts::Change::Open {
            source: SourceId::new("shore").unwrap(),
            rect: layouts::CanvasRect { x, y, width, height },
            small_stream: false,
        };
        let draft = layouts::Draft::of(SceneId::new("day").unwrap());
        let layouts::Draft { scene, fills: _, edits } = draft.change(&layout, &[change]).unwrap().0;
        layouts::rules::Picture { scene, edits, fills: vec![], banner: None }
    };
    authority.show(&main, &open(320.0), at(1000)).unwrap();
    let asked = authority.revision();
    assert_eq!(main_wall(&authority, at(1000)).preparing, MAIN.map(node));
    for step in 1..=10 {
        authority.show(&main, &open(320.0 + f64::from(step)), at(1000 + 50 * i64::from(step))).unwrap();
    }
    assert_eq!(authority.poll_commit(), None);
    // They answer for what they were asked first, a few acts ago.
    MAIN.iter().for_each(|name| authority.ready(&node(name), asked, at(1510)));
    let commit = authority.poll_commit().expect("all have the stream that all of the acts need");
    let shown = authority.layout().scene(&commit.scene).unwrap();
    assert_eq!(layouts::to_pixels(shown.windows.last().unwrap().rect.x), 330.0, "the newest is shown");
    assert_eq!(commit.activate.revision, authority.revision());
}

/// Sources come and go while variants of scenes hang: nodes are told, what is prepared and on air stays, and what an outgoing picture had
/// of a source that is gone goes with it.
#[test]
fn a_hall_with_other_sources_is_told_and_its_walls_go_on() {
    let with_pond = format!(
        "{HALL}\n[[source]]\nid = \"pond\"\nlabel = \"Pond\"\nrtsp = {{ host = \"10.0.0.9\", path = \"/pond\" }}\n"
    );
    let mut authority = with_displays();
    let before = authority.snapshot(at(5).wall);
    authority.follow(layouts::parse(&with_pond, "hall.toml").unwrap(), with_pond.clone(), at(10));
    let after = authority.snapshot(at(10).wall);
    assert_eq!((after.revision, &after.document), (before.revision + 1, &with_pond));
    assert_eq!(after.walls, before.walls);
    authority.connected(&hello("in-1", Role::Ingest), "10.0.0.7", at(20));
    let pond = SourceId::new("pond").unwrap();
    assert!(authority.snapshot(at(20).wall).directory[0].sources.contains(&pond), "somebody reads it");
    let open = |source: &SourceId| {
        let rect = layouts::CanvasRect {
            x: 0,
            y: 0,
            width: 100 * layouts::CANVAS_PIXEL,
            height: 100 * layouts::CANVAS_PIXEL,
        };
        edited(
            "day",
            &[layouts::Change::Open { source: source.clone(), rect, small_stream: false }],
            &with_pond,
        )
    };
    let wall = WallId::new("main").unwrap();
    authority.show(&wall, &open(&pond), at(30)).unwrap();
    let scene = authority.snapshot(at(30).wall).walls[0].next.clone().unwrap();
    assert!(authority.layout().scene(&scene).unwrap().windows.len() == 2);
    authority.follow(layouts::parse(HALL, "hall.toml").unwrap(), HALL.to_owned(), at(40));
    let snapshot = authority.snapshot(at(40).wall);
    assert_eq!((snapshot.walls[0].next.as_ref(), snapshot.variants.len()), (Some(&scene), 1));
    let layout =
        layouts::parse(&snapshot.document, "hall.toml").unwrap().with_variants(&snapshot.variants).unwrap();
    assert_eq!(layout.scene(&scene).unwrap().windows.len(), 1, "what nodes are given makes sense to them");
}

fn edited(scene: &str, changes: &[layouts::Change], document: &str) -> layouts::rules::Picture {
    let layout = layouts::parse(document, "hall.toml").unwrap();
    let draft = layouts::Draft::of(SceneId::new(scene).unwrap());
    let layouts::Draft { scene, fills: _, edits } = draft.change(&layout, changes).unwrap().0;
    layouts::rules::Picture { scene, edits, fills: vec![], banner: None }
}
