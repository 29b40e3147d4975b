//! Walls by properties: whatever is done to screens, windows stay on the canvas and everything can be taken back; a plan becomes the wall
//! that it shows.

use editor_model::{
    Align, Axis, BuildOn, Cabling, Clash, Outputs, Panel, Rect, ScreenItem, Session, WallFrame, WallGrid,
    nodes_of,
};
use layouts::Rotation;
use layouts_edit::{HallText, ScreenSetting, WallSetting};
use media::{NodeId, ScreenId, Size, WallId};
use proptest::prelude::*;
use std::collections::BTreeSet;

const HALL: &str = r##"# Measured twice.
version = 1
hall = { name = "Hall" }

[[wall]]
id = "main"   # behind the desks
canvas_px_per_mm = 1
[[wall.screen]]
id = "a1"
node = "left"
output = 1
resolution = [1000, 500]
position_mm = [0, 0]   # by laser
size_mm = [1000, 500]
bezel_mm = 2
[[wall.screen]]
id = "a2"
node = "left"
output = 2
resolution = [1000, 500]
position_mm = [1004, 0]
size_mm = [1000, 500]
bezel_mm = 2
[[wall.screen]]
id = "a3"
node = "right"
output = 1
resolution = [1000, 500]
position_mm = [2008, 0]
size_mm = [1000, 500]
bezel_mm = 2

[[wall]]
id = "side"
canvas_px_per_mm = 1
screen = [{ id = "s", node = "far", output = 1, resolution = [100, 100], position_mm = [0, 0], size_mm = [100, 100] }]

[[node]]
id = "right"
decodes_1080p = 8

[[scene]]
id = "day"
wall = "main"
[[scene.window]]
text = "on a2"
size_px = 40
rect_px = [1004, 100, 1000, 50]
[[scene.window]]
text = "on a3"
size_px = 40
rect_px = [2008, 0, 1000, 500]
"##;

fn session() -> Session {
    let hall = HallText::parse(HALL, "hall.toml").unwrap_or_else(|wrong| panic!("{}", wrong.to_text()));
    Session::new(hall, "hall.toml")
}

fn screen(id: &str) -> ScreenId {
    ScreenId::new(id).unwrap()
}

fn node(id: &str) -> NodeId {
    NodeId::new(id).unwrap()
}

fn name() -> (String, String) {
    ("改".to_owned(), "Change".to_owned())
}

fn item(session: &Session, id: &str) -> ScreenItem {
    session.screen_items().into_iter().find(|item| item.id.as_str() == id).unwrap()
}

/// Where the first window stands on the screen `id`, in thousandths of a canvas pixel.
fn on_screen(session: &Session, window: usize, id: &str) -> (i64, i64) {
    let frame = session.wall_frame().unwrap();
    let (lit, rect) = (frame.place(item(session, id).lit), session.items()[window].rect);
    (rect.x - lit.x, rect.y - lit.y)
}

#[test]
fn a_screen_hung_to_the_left_of_all_takes_no_window_with_it() {
    let mut session = session();
    assert_eq!((on_screen(&session, 0, "a2"), on_screen(&session, 1, "a3")), ((0, 100_000), (0, 0)));
    session.select_screens([screen("a1")], false);
    let grip = session.grip_screens().unwrap();
    session.hang_screens(&grip, (-250_000, 40_000)).unwrap();
    assert_eq!(session.wall_frame().unwrap().lit_um.x, -250_000);
    assert_eq!((on_screen(&session, 0, "a2"), on_screen(&session, 1, "a3")), ((0, 100_000), (0, 0)));
    assert!(session.document().text().contains("position_mm = [-250, 40]   # by laser\n"));
    session.undo();
    assert_eq!(&**session.document().text(), HALL);
    assert_eq!(session.selected_screens().len(), 1, "what was selected is selected again");
}

#[test]
fn another_scale_keeps_windows_as_large_as_they_are_in_front_of_the_wall() {
    let mut session = session();
    let before = session.items()[0].rect;
    session.set_wall(name(), WallSetting::Scale(2_000_000), None).unwrap();
    let after = session.items()[0].rect;
    assert_eq!(
        [after.x, after.y, after.width, after.height],
        [before.x, before.y, before.width, before.height].map(|e3| e3 * 2)
    );
    assert!(session.document().text().contains("size_px = 80\n"));
    session.set_wall(name(), WallSetting::Scale(1_000_000), None).unwrap();
    assert_eq!(&**session.document().text(), HALL);
}

#[test]
fn a_dragged_screen_is_held_beside_others_with_the_gap_of_the_wall() {
    let mut session = session();
    assert_eq!(session.usual_gap_um(), [4_000, 4_000]);
    session.select_screens([screen("a3")], false);
    let grip = session.grip_screens().unwrap();
    // Below a2, a little off.
    let held = grip.at((-1_004_000 + 3_000, 504_000 - 2_500), 5_000);
    assert_eq!((held.by, held.collides), ((-1_004_000, 504_000), false));
    assert_eq!(held.guides.len(), 2);
    let free = grip.at((-1_004_000 + 3_000, 504_000 - 2_500), 0);
    assert_eq!((free.by, free.collides), ((-1_001_000, 501_500), true), "the frames lie over each other");
    session.hang_screens(&grip, held.by).unwrap();
    assert_eq!(
        item(&session, "a3").lit,
        Rect { x: 1_004_000, y: 504_000, width: 1_000_000, height: 500_000 }
    );
}

#[test]
fn a_taken_output_is_swapped_and_a_node_that_is_left_is_forgotten() {
    let mut session = session();
    session.assign(&screen("a1"), &node("right"), 1).unwrap();
    let outputs = session.outputs();
    assert_eq!(outputs.at(&node("right"), 1), Some(&screen("a1")));
    assert_eq!(outputs.at(&node("left"), 1), Some(&screen("a3")));
    assert_eq!(session.history().past().last().unwrap().name.1, "Swap outputs");
    session.undo();
    session.assign(&screen("a3"), &node("left"), 7).unwrap();
    assert_eq!(session.history().past().last().unwrap().name.1, "Assign output");
    assert!(!session.document().text().contains("[[node]]"), "right drives nothing any more");
    session.undo();
    assert_eq!(&**session.document().text(), HALL);
    session.select_screens([screen("a3")], false);
    session.remove_screens().unwrap();
    assert!(!session.document().text().contains("[[node]]"));
    assert_eq!(session.items().len(), 2, "its window is kept on the canvas");
}

#[test]
fn a_screen_is_added_turned_and_given_another_pitch() {
    let mut session = session();
    session.select_screens([screen("a2")], false);
    session.add_screen().unwrap();
    let (added, only) = session.only_screen().unwrap();
    assert_eq!((added.id.as_str(), added.node.as_str(), added.output_number), ("a4", "left", 3));
    assert_eq!(only.lit.x, 3_012_000, "beside a2 hangs a3 already");
    session.turn_screens().unwrap();
    let (turned, _) = session.only_screen().unwrap();
    assert_eq!((turned.output.rotation, turned.size_um), (Rotation::Quarter, [500_000, 1_000_000]));
    assert_eq!(turned.output.size, Size::new(1000, 500), "the cable carries what it carried");
    for _ in 0..3 {
        session.turn_screens().unwrap();
    }
    assert_eq!(item(&session, "a4").lit, only.lit, "four quarters are a turn");
    session.set_pitch(1_250_000, None).unwrap();
    assert_eq!(session.only_screen().unwrap().0.size_um, [1_250_000, 625_000]);
}

#[test]
fn what_the_document_refuses_changes_nothing() {
    let mut session = session();
    session.select_screens([screen("a1")], false);
    let refused = session.set_screens(name(), &ScreenSetting::Position([500_000, 0]), None).unwrap_err();
    assert!(refused.to_string().contains("overlap") && refused.to_string().contains("move `"), "{refused}");
    session.select_all_screens();
    assert!(session.remove_screens().is_err());
    assert_eq!(&**session.document().text(), HALL);
    assert!(session.history().past().is_empty());
}

fn grid(columns: u32, rows: u32) -> WallGrid {
    WallGrid { columns, rows, nodes: nodes_of("n-1"), ..WallGrid::default() }
}

#[test]
fn a_plan_becomes_the_wall_that_it_shows() {
    let mut session = session();
    let plan = grid(4, 2);
    assert_eq!(plan.faults(session.layout(), None), []);
    let scale = plan.scale_e6();
    session.build_wall(&plan, scale, &BuildOn::New { wall: WallId::new("new").unwrap() }).unwrap();
    let wall = session.wall().unwrap();
    assert_eq!(wall.id.as_str(), "new");
    let names: Vec<&str> = wall.screens.iter().map(|screen| screen.id.as_str()).collect();
    // The main wall has an a1 already.
    assert_eq!(names[..5], ["new-a1", "new-a2", "new-a3", "new-a4", "new-b1"]);
    assert_eq!(wall.screens[7].node.as_str(), "n-2");
    assert_eq!(wall.screens[1].position_um, [1_211_400, 0]);
    assert_eq!(wall.screens[1].bezel_um, [900; 4]);
    // 4 × 1920 and the pixels behind three seams.
    assert_eq!([wall.canvas_size().width, wall.canvas_size().height].map(i64::from), plan.canvas(scale));
    assert_eq!(wall.canvas_size(), Size::new(7689, 2163));
    assert_eq!(session.scene().unwrap().wall.as_str(), "new");
    session.undo();
    assert_eq!(&**session.document().text(), HALL);
}

#[test]
fn a_wall_is_rebuilt_and_what_has_the_same_name_keeps_its_comment() {
    let mut session = session();
    let plan = WallGrid {
        size_um: [1_000_000, 500_000],
        resolution: Size::new(1000, 500),
        gap_um: [4_000; 2],
        nodes: nodes_of("left, right"),
        outputs: 2,
        ..grid(2, 2)
    };
    let main = WallId::new("main").unwrap();
    assert_eq!(plan.faults(session.layout(), Some(&main)), []);
    session.build_wall(&plan, 1_000_000, &BuildOn::Open).unwrap();
    let names: Vec<&str> = session.wall().unwrap().screens.iter().map(|screen| screen.id.as_str()).collect();
    assert_eq!(names, ["a1", "a2", "b1", "b2"]);
    let text = session.document().text();
    assert!(
        text.contains("position_mm = [0, 0]   # by laser\n") && text.contains("decodes_1080p = 8"),
        "{text}"
    );
    // 3008 canvas pixels have become 2004, and 500 have become 1004.
    let rect = session.items()[1].rect;
    assert_eq!((rect.right(), rect.bottom()), (2_004_000, 1_004_000));
}

#[test]
fn outputs_carry_blocks_of_cabinets_and_cables_go_there_and_back() {
    let mut plan = grid(8, 4);
    plan.take_panel(Panel::USUAL.iter().find(|panel| panel.name == "LED 600 × 337.5 · P1.2").unwrap());
    assert_eq!(plan.block, [4, 4]);
    plan.block = [4, 2];
    plan.cabling = Cabling::Serpentine;
    let screens = plan.screens([0; 2], "x", &BTreeSet::new());
    let told: Vec<(&str, u32, Size)> =
        screens.iter().map(|screen| (screen.id.as_str(), screen.output, screen.resolution)).collect();
    let size = Size::new(1920, 540);
    assert_eq!(told, [("a1", 1, size), ("a2", 2, size), ("b1", 4, size), ("b2", 3, size)]);
    assert_eq!(screens[3].position_um, [2_400_000, 675_000]);
    assert_eq!(plan.canvas(plan.scale_e6()), [3840, 1080]);
    plan.columns = 6;
    let screens = plan.screens([0; 2], "x", &BTreeSet::new());
    assert_eq!(screens[1].resolution, Size::new(960, 540), "what is left is a smaller one");
}

#[test]
fn what_is_wrong_with_a_plan_is_named_before_it_is_built() {
    let session = session();
    let faults = |plan: &WallGrid| -> Vec<String> {
        plan.faults(session.layout(), None).into_iter().map(|words| words.en).collect()
    };
    let twice = WallGrid { nodes: nodes_of("left"), outputs: 1, ..grid(1, 1) };
    assert_eq!(faults(&twice), ["output 1 of left drives a1 and new-a1; output 3 is free"]);
    let idle = WallGrid { nodes: nodes_of("x-1 x-2"), outputs: 4, ..grid(2, 2) };
    let told = faults(&idle);
    assert!(told.len() == 1 && told[0].starts_with("node x-2 drives no screen"), "{told:?}");
    let framed = WallGrid { block: [2, 1], ..grid(2, 2) };
    assert!(faults(&framed)[0].starts_with("a seam lies inside the picture of one output"));
    let many = WallGrid { outputs: 64, ..grid(20, 20) };
    assert!(faults(&many)[0].starts_with("400 screens are needed and the hall has room for 252"));
    let odd = WallGrid { resolution: Size::new(1080, 1920), ..grid(1, 1) };
    assert!(faults(&odd)[0].starts_with("pixels are far from square"));
    assert!(faults(&WallGrid { nodes: Vec::new(), ..grid(1, 1) })[0].starts_with("name at least one"));
    let clash = Outputs::new([], [&node("idle")]).clashes();
    assert_eq!(clash, [Clash::Idle(node("idle"))]);
}

#[derive(Debug, Clone)]
enum Act {
    Select(usize, bool),
    Nudge((i64, i64)),
    Drag((i64, i64), i64),
    Add,
    Remove,
    Turn,
    Align(Axis, Align),
    Distribute,
    Assign(usize, bool, u32),
    Pitch(i64),
    Scale(i64),
    Rename(usize),
    Build(u32, u32, bool, usize),
    Undo,
    Redo,
}

fn acts() -> impl Strategy<Value = Act> {
    let by = (-2_000_000..2_000_000_i64, -1_000_000..1_000_000_i64);
    prop_oneof![
        (0..6_usize, any::<bool>()).prop_map(|(at, more)| Act::Select(at, more)),
        (-20_000..20_000_i64, -20_000..20_000_i64).prop_map(Act::Nudge),
        (by, 0..60_000_i64).prop_map(|(by, reach)| Act::Drag(by, reach)),
        Just(Act::Add),
        Just(Act::Remove),
        Just(Act::Turn),
        prop_oneof![Just(Axis::Across), Just(Axis::Down)].prop_map(|axis| Act::Align(axis, Align::Middle)),
        Just(Act::Distribute),
        (0..6_usize, any::<bool>(), 1..6_u32).prop_map(|(at, left, output)| Act::Assign(at, left, output)),
        (900_000..1_200_000_i64).prop_map(Act::Pitch),
        (100_000..3_000_000_i64).prop_map(Act::Scale),
        (0..6_usize).prop_map(Act::Rename),
        (1..4_u32, 1..3_u32, any::<bool>(), 0..Panel::USUAL.len())
            .prop_map(|(columns, rows, new, panel)| Act::Build(columns, rows, new, panel)),
        Just(Act::Undo),
        Just(Act::Redo),
    ]
}

fn act(session: &mut Session, act: &Act) -> bool {
    let pick = |session: &Session, at: usize| {
        let items = session.screen_items();
        items[at % items.len()].id.clone()
    };
    let done = match act {
        Act::Select(at, more) => {
            let id = pick(session, *at);
            session.select_screens([id], *more);
            Ok(())
        }
        Act::Nudge(by) => session.nudge_screens(*by),
        Act::Drag(by, reach) => match session.grip_screens() {
            Some(grip) => {
                let held = grip.at(*by, *reach);
                let done = session.hang_screens(&grip, held.by);
                // What is seen to collide is what the document refuses, and nothing else but too large a canvas.
                match &done {
                    Ok(()) => assert!(!held.collides),
                    Err(why) => {
                        assert!(held.collides || why.to_string().contains("the canvas would be"), "{why}")
                    }
                }
                done
            }
            None => Ok(()),
        },
        Act::Add => session.add_screen(),
        Act::Remove => session.remove_screens(),
        Act::Turn => session.turn_screens(),
        Act::Align(axis, to) => session.align_screens(*axis, *to),
        Act::Distribute => session.distribute_screens(Axis::Across),
        Act::Assign(at, left, output) => {
            let id = pick(session, *at);
            session.assign(&id, &node(if *left { "left" } else { "right" }), *output)
        }
        Act::Pitch(nm) => session.set_pitch(*nm, None),
        Act::Scale(e6) => session.set_wall(name(), WallSetting::Scale(*e6), None),
        Act::Rename(number) => {
            let id = screen(&format!("new{number}"));
            let first = session.selected_screens().into_iter().next();
            session.select_screens(first.map(|item| item.id), false);
            session.set_screens(name(), &ScreenSetting::Id(id), None)
        }
        Act::Build(columns, rows, new, panel) => {
            let mut plan = grid(*columns, *rows);
            plan.take_panel(&Panel::USUAL[*panel]);
            let wall = WallId::new("built").unwrap();
            let on = if *new { BuildOn::New { wall } } else { BuildOn::Open };
            let open = session.wall().map(|wall| wall.id.clone()).filter(|_| !new);
            let faults = plan.faults(session.layout(), open.as_ref());
            let there = *new && session.layout().wall(&WallId::new("built").unwrap()).is_some();
            let done = session.build_wall(&plan, plan.scale_e6(), &on);
            if faults.is_empty() && !there {
                assert!(done.is_ok(), "a plan without faults is built: {}", done.unwrap_err());
            }
            done
        }
        Act::Undo => {
            session.undo();
            Ok(())
        }
        Act::Redo => {
            session.redo();
            Ok(())
        }
    };
    done.is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Whatever is done to the wall, the document is right, and undo leads back to where it began, byte for byte.
    #[test]
    fn everything_can_be_taken_back(steps in proptest::collection::vec(acts(), 1..24)) {
        let mut session = session();
        for step in &steps {
            let before = session.document().text().clone();
            if !act(&mut session, step) {
                prop_assert_eq!(&before, session.document().text(), "what is refused changes nothing: {:?}", step);
            }
            let read = layouts::parse(session.document().text(), "hall.toml").unwrap();
            prop_assert_eq!(&read, &**session.document().layout());
        }
        let last = session.document().text().clone();
        let count = session.history().past().len();
        while session.undo().is_some() {}
        prop_assert_eq!(&**session.document().text(), HALL);
        session.go_to(count);
        prop_assert_eq!(session.document().text(), &last);
    }

    /// The canvas is reckoned as the document reckons it.
    #[test]
    fn the_canvas_is_the_document_s(wide in 10_000..3_000_000_i64, scale in 50_000..4_000_000_i64) {
        let size = [wide, wide];
        let text = HALL.replace(
            "id = \"s\", node = \"far\", output = 1, resolution = [100, 100], position_mm = [0, 0], size_mm = [100, 100]",
            &format!("id = \"s\", node = \"far\", output = 1, resolution = [100, 100], position_mm = [7, 0], size_mm = [{0}.{1:03}, {0}.{1:03}]", wide / 1000, wide % 1000),
        ).replace("id = \"side\"\ncanvas_px_per_mm = 1", &format!("id = \"side\"\ncanvas_px_per_mm = {}.{:06}", scale / 1_000_000, scale % 1_000_000));
        let layout = layouts::parse(&text, "hall.toml").unwrap_or_else(|wrong| panic!("{}", wrong.to_text()));
        let wall = layout.wall(&WallId::new("side").unwrap()).unwrap();
        let frame = WallFrame::of([Rect { x: 7000, y: 0, width: size[0], height: size[1] }], wall.canvas_px_per_mm_e6).unwrap();
        let canvas = wall.canvas_size();
        prop_assert_eq!(frame.canvas(), [canvas.width, canvas.height].map(|pixels| i64::from(pixels) * 1000));
    }
}
