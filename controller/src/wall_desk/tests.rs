//! What operators have done outlives the program: whatever they do, and whenever it ends, the next one goes on where this one was.

use super::*;
use crate::authority::Authority;
use crate::data::{DataDesk, DataService, DataSettings};
use crate::hall::HallNow;
use crate::memory::Remembered;
use crate::node_service::NodeService;
use controller_store::{SqliteStore, StoreLimits};
use layouts::{CANVAS_PIXEL, CanvasRect, WindowSet};
use layouts_edit::HallText;
use media::{SourceId, TourId};
use proptest::prelude::*;
use protocol_quic::{ControlServer, Host};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

const HALL: &str = r##"
version = 1
hall = { name = "kept", language = "en" }
[[node]]
id = "wall"
decodes_1080p = 2
[[wall]]
id = "w"
canvas_px_per_mm = 1
[[wall.screen]]
id = "s1"
node = "wall"
output = 1
resolution = [960, 540]
position_mm = [0, 0]
size_mm = [960, 540]
[[source]]
id = "one"
rtsp = { host = "127.0.0.1", port = 9 }
streams = [{ name = "sub", path = "/1s", size = [640, 360] }, { name = "main", path = "/1m", size = [1920, 1080] }]
[[source]]
id = "two"
rtsp = { host = "127.0.0.1", port = 9 }
streams = [{ name = "sub", path = "/2s", size = [640, 360] }, { name = "main", path = "/2m", size = [1920, 1080] }]
[[source]]
id = "three"
rtsp = { host = "127.0.0.1", port = 9 }
streams = [{ name = "sub", path = "/3s", size = [640, 360] }, { name = "main", path = "/3m", size = [1920, 1080] }]
[[scene]]
id = "day"
wall = "w"
window = [{ source = "one", rect_percent = [0, 0, 50, 50], slot = "big" }, { source = "two", rect_percent = [50, 0, 50, 50] }]
[[scene]]
id = "night"
wall = "w"
window = [{ source = "two", rect_percent = [0, 0, 50, 50] }]
[[tour]]
id = "rounds"
wall = "w"
scenes = [{ scene = "day", dwell_s = 600 }, { scene = "night", dwell_s = 600 }]
"##;

/// A controller without doors.
struct Program {
    walls: WallDesk,
    data: DataDesk,
}

fn layout(hall: &str) -> Layout {
    layouts::parse(hall, "hall.toml").unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

async fn open(folder: &Path, hall: &str) -> Program {
    protocol_quic::install_crypto_provider();
    let (layout, host) = (layout(hall), Host::system());
    let now = HallNow::new(HallText::parse(hall, "hall.toml").unwrap());
    let store = SqliteStore::open(&folder.join("state.db"), StoreLimits::default()).await.unwrap();
    let (memory, Remembered { rules, walls }) = Memory::open(store, folder).await.unwrap();
    let identities = Arc::new(protocol_quic::Authority::open(&host, folder).unwrap());
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = ControlServer::bind(&host, any, identities, "test").unwrap();
    let authority = Authority::new(layout, hall.to_owned(), Vec::new(), host.wall());
    let service = NodeService::new(&host, server, authority);
    let settings = DataSettings {
        data_folder: folder.to_owned(),
        media_folder: folder.to_owned(),
        secrets: Arc::new(|_| None),
        voice_command: Vec::new(),
        sound_command: Vec::new(),
    };
    let kept = (memory.clone(), rules.as_ref());
    let data = DataService::new(&host, service.desk(), now.clone(), folder, settings, kept).desk();
    let acts = (&memory, &walls);
    let walls = WallDesk::new(now, service.desk(), data.rules(), acts, host.wall());
    Program { walls, data }
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("taibai-kept-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What somebody does.
#[derive(Debug, Clone)]
enum Deed {
    Move { of: Side, window: usize, x: i64, gesture: bool },
    Open { of: Side, source: usize },
    Lock { of: Side, window: usize, locked: bool },
    Close { of: Side, window: usize },
    Undo { of: Side, back: bool },
    Reset(Side),
    Stage(Option<&'static str>),
    Take,
    Recall(&'static str),
    Tour { paused: bool },
}

fn deed() -> impl Strategy<Value = Deed> {
    let of = || prop::sample::select(vec![Side::Air, Side::Stage]);
    let scene = || prop::sample::select(vec!["day", "night"]);
    prop_oneof![
        4 => (of(), 0..4usize, 0..400i64, any::<bool>())
            .prop_map(|(of, window, x, gesture)| Deed::Move { of, window, x, gesture }),
        2 => (of(), 0..3usize).prop_map(|(of, source)| Deed::Open { of, source }),
        1 => (of(), 0..4usize, any::<bool>()).prop_map(|(of, window, locked)| Deed::Lock { of, window, locked }),
        1 => (of(), 0..4usize).prop_map(|(of, window)| Deed::Close { of, window }),
        3 => (of(), any::<bool>()).prop_map(|(of, back)| Deed::Undo { of, back }),
        1 => of().prop_map(Deed::Reset),
        2 => prop::option::of(scene()).prop_map(Deed::Stage),
        1 => Just(Deed::Take),
        1 => scene().prop_map(Deed::Recall),
        1 => any::<bool>().prop_map(|paused| Deed::Tour { paused }),
    ]
}

fn all(_: &SourceId) -> bool {
    true
}

/// Somebody who may see everything, and has seen nothing in particular.
fn doing(who: &str) -> Doing<'static> {
    Doing { who: who.to_owned(), sees: &all, base: None, remedy: None }
}

fn turn(of: Side, back: bool) -> Turn {
    Turn { of, back, act: None }
}

fn rect(x: i64) -> CanvasRect {
    CanvasRect {
        x: x * CANVAS_PIXEL,
        y: 7 * CANVAS_PIXEL,
        width: 320 * CANVAS_PIXEL,
        height: 180 * CANVAS_PIXEL,
    }
}

impl Program {
    fn wish(&self, of: Side, gesture: bool, change: Change) -> Result<WindowsView, WallFault> {
        let base = self.walls.windows("w", of)?.revision;
        let gesture = gesture.then(|| "drag".to_owned());
        let remedy = Some(Remedy::SubStreams);
        self.walls.change(
            "w",
            Wish { of, base, changes: vec![change], gesture, remedy, who: "ann".to_owned() },
            &all,
        )
    }

    fn window(&self, of: Side, number: usize) -> Option<WindowId> {
        self.walls.windows("w", of).ok()?.windows.get(number).map(|line| line.window.clone())
    }

    /// Does it if it can be done; whether it could.
    fn perform(&self, deed: &Deed) -> bool {
        let source = |number: usize| SourceId::new(["one", "two", "three"][number]).unwrap();
        let set = |set: WindowSet, window| Change::Set { window, set };
        match deed {
            Deed::Move { of, window, x, gesture } => self.window(*of, *window).is_some_and(|window| {
                let moved = WindowSet { rect: Some(rect(*x)), ..WindowSet::default() };
                self.wish(*of, *gesture, set(moved, window)).is_ok()
            }),
            Deed::Open { of, source: number } => {
                let open = Change::Open { source: source(*number), rect: rect(1), small_stream: true };
                self.wish(*of, false, open).is_ok()
            }
            Deed::Lock { of, window, locked } => self.window(*of, *window).is_some_and(|window| {
                let lock = WindowSet { locked: Some(*locked), ..WindowSet::default() };
                self.wish(*of, false, set(lock, window)).is_ok()
            }),
            Deed::Close { of, window } => self
                .window(*of, *window)
                .is_some_and(|window| self.wish(*of, false, Change::Close { window }).is_ok()),
            Deed::Undo { of, back } => self.walls.undo("w", turn(*of, *back), doing("ann")).is_ok(),
            Deed::Reset(of) => self.walls.reset("w", *of, doing("ann")).is_ok(),
            Deed::Stage(scene) => self.walls.stage("w", *scene, doing("ann")).is_ok(),
            Deed::Take => self.walls.take("w", doing("ann")).is_ok(),
            Deed::Recall(scene) => self.data.recall(scene, "ann").is_ok(),
            Deed::Tour { paused } => {
                let tour = TourId::new("rounds").unwrap();
                self.walls.inner.rules.tell(|engine, now| match paused {
                    true => engine.pause_tour(&tour, "ann", now).is_ok(),
                    false => engine.resume_tour(&tour, "ann", now).is_ok(),
                })
            }
        }
    }

    /// All that operators can see of what was done, and all that undoing and doing again would lead to.
    fn essence(&self) -> String {
        let mut walls = self.walls.walls();
        let (wall, sides) = self.walls.followed(&mut walls, "w").unwrap();
        let tours = self.walls.inner.rules.look(|engine| {
            engine.tours().into_iter().map(|tour| (tour.paused, tour.chosen, tour.scene)).collect::<Vec<_>>()
        });
        let on_air = self.walls.inner.rules.look(|engine| engine.draft(&wall));
        format!("{on_air:?}\n{:?}\n{:?}\n{tours:?}", sides.air.essence(), sides.stage.essence())
    }
}

fn on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]
    /// Each entry: what is done, and whether the program is killed after it was acknowledged.
    #[test]
    fn whatever_is_done_the_next_program_goes_on_there(
        deeds in prop::collection::vec((deed(), prop::bool::weighted(0.15)), 1..60)
    ) {
        on(async {
            let folder = folder("random");
            let mut program = open(&folder, HALL).await;
            for (deed, killed) in &deeds {
                program.perform(deed);
                program.walls.written().await.unwrap();
                if *killed {
                    let before = program.essence();
                    drop(program);
                    program = open(&folder, HALL).await;
                    prop_assert_eq!(program.essence(), before, "after {:?}", deed);
                }
            }
            let _ = std::fs::remove_dir_all(&folder);
            Ok(())
        })?;
    }
}

#[test]
fn sixty_acts_are_undone_in_the_next_program_as_far_as_fifty() {
    on(async {
        let folder = folder("fifty");
        let program = open(&folder, HALL).await;
        for x in 0..60 {
            assert!(program.perform(&Deed::Move { of: Side::Air, window: 0, x, gesture: false }));
            program.walls.written().await.unwrap();
        }
        drop(program);
        let program = open(&folder, HALL).await;
        let seen = program.walls.windows("w", Side::Air).unwrap();
        assert_eq!((seen.undo, seen.redo), (50, 0));
        let place = |program: &Program| program.walls.windows("w", Side::Air).unwrap().windows[0].rect.x;
        for x in (9..59).rev() {
            program.walls.undo("w", turn(Side::Air, true), doing("bob")).unwrap();
            assert_eq!(place(&program), f64::from(x));
        }
        assert!(matches!(
            program.walls.undo("w", turn(Side::Air, true), doing("bob")),
            Err(WallFault::NothingToUndo)
        ));
        program.walls.written().await.unwrap();
        drop(program);
        let program = open(&folder, HALL).await;
        for x in 10..60 {
            program.walls.undo("w", turn(Side::Air, false), doing("bob")).unwrap();
            assert_eq!(place(&program), f64::from(x));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    });
}

#[test]
fn a_document_that_has_changed_takes_along_what_was_made_of_what_it_no_longer_has() {
    on(async {
        let folder = folder("changed");
        let program = open(&folder, HALL).await;
        assert!(program.perform(&Deed::Open { of: Side::Air, source: 2 }));
        assert!(program.perform(&Deed::Move { of: Side::Air, window: 1, x: 9, gesture: false }));
        assert!(program.perform(&Deed::Stage(Some("night"))));
        let base = program.walls.windows("w", Side::Air).unwrap().revision;
        program.walls.written().await.unwrap();
        drop(program);
        let (before, after) =
            (r#"source = "two", rect_percent = [0, 0"#, r#"source = "one", rect_percent = [0, 0"#);
        let changed = HALL.replace("id = \"three\"", "id = \"four\"").replace("\"night\"", "\"late\"");
        assert!(changed.contains(before));
        let program = open(&folder, &changed.replace(before, after)).await;
        let seen = program.walls.windows("w", Side::Air).unwrap();
        assert_eq!(seen.windows.len(), 2, "the window with the source that is gone");
        assert!(seen.windows.iter().any(|window| window.edited), "the other one is where it was put");
        assert!(matches!(program.walls.windows("w", Side::Stage), Err(WallFault::NothingStaged(_))));
        let stale = Change::Close { window: seen.windows[0].window.clone() };
        let wish = Wish {
            of: Side::Air,
            base,
            changes: vec![stale],
            gesture: None,
            remedy: None,
            who: "ann".to_owned(),
        };
        assert!(
            matches!(program.walls.change("w", wish, &all), Err(WallFault::Conflict { .. })),
            "a revision of before"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    });
}

#[test]
fn what_no_node_could_decode_is_refused_with_what_would_make_it_fit() {
    on(async {
        let folder = folder("budget");
        let program = open(&folder, HALL).await;
        let whole = || WindowSet { full_screen: Some(true), ..WindowSet::default() };
        let wish = |changes: Vec<Change>, remedy| Wish {
            of: Side::Air,
            base: program.walls.windows("w", Side::Air).unwrap().revision,
            changes,
            gesture: None,
            remedy,
            who: "ann".to_owned(),
        };
        // Three windows that each need more than 640 pixels: three decodes of 1080p, where there are two.
        let wide = |x: i64| CanvasRect { width: 900 * CANVAS_PIXEL, height: 500 * CANVAS_PIXEL, ..rect(x) };
        let open_wide = |name: &str| Change::Open {
            source: SourceId::new(name).unwrap(),
            rect: wide(1),
            small_stream: false,
        };
        let changes = || vec![open_wide("one"), open_wide("two"), open_wide("three")];
        let refused = program.walls.change("w", wish(changes(), None), &all).unwrap_err();
        let words = refused.said();
        let WallFault::OverBudget(Over { loads, mut remedy }) = refused else { panic!("{words:?}") };
        assert_eq!((loads[0].decodes(), loads[0].limit), (3, 2), "{words:?}");
        remedy.sort();
        let names: Vec<&str> = remedy.iter().map(WindowId::as_str).collect();
        assert_eq!(names, ["big", "o1", "o3"], "all windows of two sources");
        assert!(words.en.contains("wall would need 3 1080p decodes, it has 2"), "{}", words.en);
        assert!(words.zh.contains("改用子码流"), "{}", words.zh);
        assert!(!program.walls.windows("w", Side::Air).unwrap().edited, "nothing was done");
        let done = program.walls.change("w", wish(changes(), Some(Remedy::SubStreams)), &all).unwrap();
        let small: Vec<_> =
            done.windows.iter().filter(|line| line.small_stream).map(|line| &line.window).collect();
        assert_eq!(small.into_iter().collect::<BTreeSet<_>>(), remedy.iter().collect::<BTreeSet<_>>());
        assert_eq!(done.undo, 1, "it is one act");
        // A window that is locked keeps its stream; with nothing to make smaller there is no remedy.
        let locked = WindowSet { locked: Some(true), ..WindowSet::default() };
        for line in done.windows.iter().filter(|line| line.source.is_some()) {
            let lock = Change::Set { window: line.window.clone(), set: locked.clone() };
            program.walls.change("w", wish(vec![lock], None), &all).unwrap();
        }
        let free = WindowSet { locked: Some(false), ..WindowSet::default() };
        let unlock = Change::Set { window: remedy[0].clone(), set: free };
        program.walls.change("w", wish(vec![unlock], None), &all).unwrap();
        let large = WindowSet { small_stream: Some(false), ..WindowSet::default() };
        let changes = vec![
            Change::Set { window: remedy[0].clone(), set: large },
            Change::Set { window: remedy[0].clone(), set: whole() },
        ];
        let remedied = program.walls.change("w", wish(changes, Some(Remedy::SubStreams)), &all).unwrap();
        assert!(remedied.windows.iter().any(|line| line.window == remedy[0] && line.small_stream));
        std::fs::remove_dir_all(&folder).unwrap();
    });
}

/// Two operators at one wall.
struct Two {
    program: Program,
    folder: PathBuf,
}

impl Two {
    async fn new(name: &str) -> Self {
        let folder = folder(name);
        Self { program: open(&folder, HALL).await, folder }
    }

    fn revision(&self, of: Side) -> u64 {
        self.program.walls.windows("w", of).unwrap().revision
    }

    /// The window is moved, by whomever; the number of the act.
    fn moved(&self, of: Side, number: usize, x: i64) -> u64 {
        let window = self.program.window(of, number).unwrap();
        let set = WindowSet { rect: Some(rect(x)), ..WindowSet::default() };
        self.program.wish(of, false, Change::Set { window, set }).unwrap().act.unwrap()
    }

    fn changed<T>(refused: Result<T, WallFault>) -> Vec<String> {
        match refused {
            Err(WallFault::Conflict { changed, .. }) => changed.iter().map(ToString::to_string).collect(),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it was done"),
        }
    }
}

impl Drop for Two {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn what_somebody_else_has_done_stands_in_the_way_of_acts_on_a_whole_side() {
    on(async {
        let two = Two::new("based").await;
        let walls = &two.program.walls;
        let upon = |base| Doing { base: Some(base), ..doing("ann") };
        let seen = two.revision(Side::Air);
        two.moved(Side::Air, 0, 5);
        assert_eq!(Two::changed(walls.undo("w", turn(Side::Air, true), upon(seen))), ["big"]);
        assert_eq!(Two::changed(walls.reset("w", Side::Air, upon(seen))), ["big"]);
        let (wall, day) = (WallId::new("w").unwrap(), SceneId::new("day").unwrap());
        assert_eq!(Two::changed(walls.recall(&wall, &day, upon(seen))), ["big"]);
        assert_eq!(walls.windows("w", Side::Air).unwrap().undo, 1, "nothing was done");
        // Without a base, and upon what there is, they are done.
        walls.undo("w", turn(Side::Air, true), upon(two.revision(Side::Air))).unwrap();
        assert_eq!(Two::changed(walls.undo("w", turn(Side::Air, false), upon(seen))), ["big"]);
        walls.undo("w", turn(Side::Air, false), doing("ann")).unwrap();
        walls.reset("w", Side::Air, upon(two.revision(Side::Air))).unwrap();
        walls.recall(&wall, &day, upon(two.revision(Side::Air))).unwrap();
        // The stage: what another has staged, changed or taken away since is not taken, and not staged over, unasked.
        walls.stage("w", Some("night"), doing("ann")).unwrap();
        let seen = two.revision(Side::Stage);
        two.moved(Side::Stage, 0, 5);
        assert_eq!(Two::changed(walls.take("w", upon(seen))), ["w1"]);
        walls.stage("w", Some("day"), doing("bob")).unwrap();
        let Err(WallFault::Conflict { current: Some(current), .. }) = walls.take("w", upon(seen)) else {
            panic!("another's scene was taken")
        };
        assert_eq!((current.scene.as_str(), current.of.as_str()), ("day", "stage"), "what is staged now");
        assert!(Two::changed(walls.stage("w", Some("night"), upon(seen))).is_empty());
        let taken = walls.take("w", upon(two.revision(Side::Stage))).unwrap();
        assert_eq!((taken.scene.as_str(), taken.of.as_str()), ("day", "air"));
        let gone = walls.stage("w", Some("night"), upon(seen));
        assert!(matches!(gone, Err(WallFault::Conflict { current: None, .. })), "the stage is empty now");
    });
}

#[test]
fn an_act_is_undone_where_it_is_the_newest_of_its_side_and_no_other_in_its_place() {
    on(async {
        let two = Two::new("acts").await;
        let walls = &two.program.walls;
        let this = |act, back| Turn { act: Some(act), ..turn(Side::Air, back) };
        let mine = two.moved(Side::Air, 0, 5);
        let theirs = two.moved(Side::Air, 1, 9);
        assert_eq!(Two::changed(walls.undo("w", this(mine, true), doing("ann"))), ["w2"]);
        let undone = walls.undo("w", this(theirs, true), doing("bob")).unwrap();
        assert_eq!((undone.undo_act, undone.redo_act), (Some(mine), undone.act));
        assert_eq!(Two::changed(walls.undo("w", this(mine, false), doing("ann"))), ["w2"]);
        let again = walls.undo("w", this(undone.act.unwrap(), false), doing("bob")).unwrap();
        assert_eq!(again.undo_act, again.act);
        // What changes nothing is no act, so that nobody takes another's back in its place.
        walls.undo("w", this(again.act.unwrap(), true), doing("bob")).unwrap();
        walls.undo("w", this(mine, true), doing("ann")).unwrap();
        assert_eq!(walls.reset("w", Side::Air, doing("ann")).unwrap().act, None);
    });
}

#[test]
fn nobody_puts_on_the_wall_what_they_may_not_see() {
    on(async {
        let two = Two::new("hidden").await;
        let walls = &two.program.walls;
        let sees = |source: &SourceId| source.as_str() != "one";
        let ann = || Doing { sees: &sees, ..doing("ann") };
        let window = two.program.window(Side::Air, 0).unwrap();
        let closed = two.program.wish(Side::Air, false, Change::Close { window }).unwrap();
        let hidden = |done: Result<WindowsView, WallFault>| matches!(done, Err(WallFault::Hidden));
        assert!(hidden(walls.undo("w", turn(Side::Air, true), ann())));
        assert!(hidden(walls.reset("w", Side::Air, ann())));
        let (wall, day) = (WallId::new("w").unwrap(), SceneId::new("day").unwrap());
        assert!(matches!(walls.recall(&wall, &day, ann()), Err(WallFault::Hidden)));
        assert!(matches!(walls.stage("w", Some("day"), ann()), Err(WallFault::Hidden)));
        walls.stage("w", Some("day"), doing("bob")).unwrap();
        assert!(hidden(walls.take("w", ann())));
        let stale = Doing { base: Some(closed.revision), ..ann() };
        assert!(hidden(walls.take("w", stale)), "nor is it told what stands in the way");
        let now = walls.windows("w", Side::Air).unwrap();
        assert_eq!((now.revision, now.undo), (closed.revision, closed.undo), "nothing was done");
    });
}

/// A scene of three windows that each take a whole decode, where there are two.
const WIDE: &str = r##"
[[scene]]
id = "wide"
wall = "w"
window = [
  { source = "one", rect_percent = [0, 0, 94, 94] },
  { source = "two", rect_percent = [2, 2, 94, 94] },
  { source = "three", rect_percent = [4, 4, 94, 94] },
]
"##;

#[test]
fn what_is_undone_done_again_or_brought_is_within_the_budget_or_takes_the_remedy() {
    on(async {
        let folder = folder("remedied");
        let program = open(&folder, &format!("{HALL}{WIDE}")).await;
        let walls = &program.walls;
        let remedied = || Doing { remedy: Some(Remedy::SubStreams), ..doing("ann") };
        let over = |done: Result<WindowsView, WallFault>| match done {
            Err(WallFault::OverBudget(Over { remedy, .. })) => !remedy.is_empty(),
            Err(_) | Ok(_) => false,
        };
        let small = |done: Result<WindowsView, WallFault>| {
            let windows = done.unwrap().windows;
            windows.iter().filter(|line| line.small_stream).count()
        };
        let (wall, wide) = (WallId::new("w").unwrap(), SceneId::new("wide").unwrap());
        // What rules and panels bring is not refused.
        program.data.recall("wide", "a panel").unwrap();
        assert!(program.perform(&Deed::Close { of: Side::Air, window: 0 }));
        assert!(over(walls.undo("w", turn(Side::Air, true), doing("ann"))));
        assert!(over(walls.reset("w", Side::Air, doing("ann"))));
        let before = walls.windows("w", Side::Air).unwrap();
        assert_eq!((before.windows.len(), before.redo), (2, 0), "nothing was done");
        assert_eq!(small(walls.undo("w", turn(Side::Air, true), remedied())), 2);
        assert!(program.perform(&Deed::Undo { of: Side::Air, back: false }), "it is done again");
        assert_eq!(small(walls.reset("w", Side::Air, remedied())), 2);
        // The same of a stage that nobody has changed, and of a scene that is brought straight on the wall.
        program.data.recall("day", "a panel").unwrap();
        walls.stage("w", Some("wide"), doing("ann")).unwrap();
        assert!(over(walls.take("w", doing("ann"))));
        assert_eq!(walls.windows("w", Side::Stage).unwrap().scene, wide, "it is staged as it was");
        assert_eq!(small(walls.take("w", remedied())), 2);
        program.data.recall("day", "a panel").unwrap();
        let refused = walls.recall(&wall, &wide, doing("ann"));
        assert!(matches!(refused, Err(WallFault::OverBudget(_))));
        walls.recall(&wall, &wide, remedied()).unwrap();
        assert_eq!(small(walls.windows("w", Side::Air)), 2);
        std::fs::remove_dir_all(&folder).unwrap();
    });
}
