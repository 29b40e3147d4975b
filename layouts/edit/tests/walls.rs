//! Edits of walls and screens: what they change, what they leave alone, and what is refused with what would be right.

use layouts::Rotation;
use layouts_edit::{
    EditError, HallText, KeptWindows, NewScreen, ScreenSetting, TextEdit, WallEdit, WallSetting,
};
use media::{NodeId, ScreenId, Size, WallId};
use proptest::prelude::*;

const HALL: &str = r##"# Measured twice.
version = 1
hall = { name = "Hall" }

[[wall]]
id = "main"   # behind the desks
canvas_px_per_mm = 1
[[wall.screen]]
# the old one
id = "a"
node = "left"
output = 1
resolution = [1000, 1000]
position_mm = [0, 0]   # by laser
size_mm = [1000, 1000]
bezel_mm = 5
[[wall.screen]]
id = "b"
node = "left"
output = 2
resolution = [1000, 1000]
position_mm = [1010, 0]
size_mm = [1000, 1000]
bezel_mm = 5

[[wall]]
id = "side"
canvas_px_per_mm = 0.5
screen = [
  { id = "c", node = "right", output = 1, resolution = [1920, 1080], position_mm = [0, 0], size_mm = [1920, 1080] },   # inline
]

[[node]]
id = "right"   # the new machine
decodes_1080p = 8

[control]
[[control.display]]
screen = "b"
mdc = { host = "10.0.0.7" }   # lives in the rack

[[scene]]
id = "day"
wall = "main"
grid = { columns = 2, rows = 1, gutter_px = 8 }
[[scene.window]]
text = "hello"
size_px = 40
rect_px = [1010, 100, 1000, 50]   # on b
border = { width_px = 2 }
[[scene.window]]
text = "cell"
size_px = 40
cell = { column = 1, row = 1 }
[[scene]]
id = "aside"
wall = "side"
[[scene.window]]
text = "other"
size_px = 40
rect_px = [0, 0, 100, 100]
# the end
"##;

fn hall() -> HallText {
    HallText::parse(HALL, "hall.toml").unwrap_or_else(|wrong| panic!("{}", wrong.to_text()))
}

fn wall(id: &str) -> WallId {
    WallId::new(id).unwrap()
}

fn screen(id: &str) -> ScreenId {
    ScreenId::new(id).unwrap()
}

fn node(id: &str) -> NodeId {
    NodeId::new(id).unwrap()
}

fn new(id: &str, output: u32, x_mm: i64) -> NewScreen {
    NewScreen {
        id: screen(id),
        node: node("left"),
        output,
        resolution: Size::new(1000, 1000),
        position_um: [x_mm * 1000, 0],
        size_um: [1_000_000, 1_000_000],
        rotation: Rotation::None,
        bezel_um: [5000; 4],
    }
}

fn set(id: &str, setting: ScreenSetting) -> WallEdit {
    WallEdit::SetScreen { screen: screen(id), setting }
}

fn edited(hall: &HallText, edits: &[WallEdit]) -> Result<HallText, EditError> {
    let edits: Vec<TextEdit> = edits.iter().cloned().map(TextEdit::Wall).collect();
    hall.edited(&edits)
}

/// Lines that are in one text and not in the other.
fn differing(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let only = |these: &str, those: &str| -> Vec<String> {
        let those: Vec<&str> = those.lines().collect();
        these.lines().filter(|line| !those.contains(line)).map(str::to_owned).collect()
    };
    (only(before, after), only(after, before))
}

#[test]
fn a_screen_moves_turns_and_changes_its_cable_and_only_its_lines_change() {
    let edits = [
        set("a", ScreenSetting::Position([-4_500, 250])),
        set("a", ScreenSetting::Output(7)),
        set("b", ScreenSetting::Bezel([1_750, 0, 1_750, 440])),
        set("b", ScreenSetting::Rotation(Rotation::Half)),
    ];
    let changed = edited(&hall(), &edits).unwrap();
    let (before, after) = differing(HALL, changed.text());
    assert_eq!(before, ["output = 1", "position_mm = [0, 0]   # by laser"]);
    let expected = [
        "output = 7",
        "position_mm = [-4.5, 0.25]   # by laser",
        "bezel_mm = [1.75, 0, 1.75, 0.44]",
        "rotation = 180",
    ];
    assert_eq!(after, expected);
    let upright = set("b", ScreenSetting::Rotation(Rotation::None));
    let frameless = set("b", ScreenSetting::Bezel([0; 4]));
    let plain = edited(&changed, &[upright, frameless]).unwrap();
    assert!(!plain.text().contains("rotation") && !plain.text().contains("0.44"), "{}", plain.text());
}

#[test]
fn screens_written_in_braces_are_edited_too() {
    let moved = edited(&hall(), &[set("c", ScreenSetting::Position([5_000, 0]))]).unwrap();
    assert!(
        moved.text().contains(
            "resolution = [1920, 1080], position_mm = [5, 0], size_mm = [1920, 1080] },   # inline\n"
        ),
        "{}",
        moved.text()
    );
    let more = NewScreen { node: node("right"), ..new("d", 2, 2_000) };
    let added = edited(&hall(), &[WallEdit::AddScreen { wall: wall("side"), screen: more }]).unwrap();
    assert_eq!(added.layout().wall(&wall("side")).unwrap().screens.len(), 2);
}

#[test]
fn screens_come_behind_those_of_their_wall_and_go_with_their_display() {
    let add = WallEdit::AddScreen { wall: wall("main"), screen: new("d", 3, 2_020) };
    let added = edited(&hall(), &[add]).unwrap();
    let lines = "\n[[wall.screen]]\nid = \"d\"\nnode = \"left\"\noutput = 3\nresolution = [1000, 1000]\n\
                 position_mm = [2020, 0]\nsize_mm = [1000, 1000]\nbezel_mm = 5\n";
    assert!(added.text().contains(lines), "{}", added.text());
    assert_eq!(added.text().replace(lines, ""), HALL, "nothing else has moved");
    let gone = edited(&added, &[WallEdit::RemoveScreen { screen: screen("d") }]).unwrap();
    assert_eq!(&**gone.text(), HALL);
    let keep = KeptWindows {
        wall: wall("main"),
        across: (1, 1),
        down: (1, 1),
        shift: [0; 2],
        canvas: [1_000_000; 2],
        lengths: false,
    };
    let remove = WallEdit::RemoveScreen { screen: screen("b") };
    // The window on it would lie beside the canvas.
    let refused = edited(&hall(), std::slice::from_ref(&remove)).unwrap_err().to_string();
    assert!(refused.contains("the canvas has 1000 × 1000 pixels"), "{refused}");
    let removed = edited(&hall(), &[remove, WallEdit::KeepWindows(keep)]).unwrap();
    assert!(!removed.text().contains("10.0.0.7"), "{}", removed.text());
    assert!(removed.text().contains("rect_px = [0, 100, 1000, 50]   # on b\n"), "{}", removed.text());
}

#[test]
fn a_screen_is_renamed_wherever_it_is_named() {
    let renamed = edited(&hall(), &[set("b", ScreenSetting::Id(screen("door")))]).unwrap();
    let (before, after) = differing(HALL, renamed.text());
    assert_eq!(before, ["id = \"b\"", "screen = \"b\""]);
    assert_eq!(after, ["id = \"door\"", "screen = \"door\""]);
}

#[test]
fn walls_come_change_and_go() {
    let add = WallEdit::Add {
        wall: wall("third"),
        scale_e6: 1_587_302,
        screens: vec![new("t1", 11, 0), new("t2", 12, 1_010)],
    };
    let added = edited(&hall(), std::slice::from_ref(&add)).unwrap();
    let third = added.layout().wall(&wall("third")).unwrap();
    assert_eq!((third.canvas_px_per_mm_e6, third.screens.len()), (1_587_302, 2));
    let (before, _) = differing(HALL, added.text());
    assert_eq!(before, [""; 0]);
    let gone = edited(&added, &[WallEdit::Remove { wall: wall("third") }]).unwrap();
    assert_eq!(gone.layout(), hall().layout());
    let settings = [
        WallSetting::TickHz(50),
        WallSetting::LatencyMs(80),
        WallSetting::Scale(750_000),
        WallSetting::ViewingDistance(7_500),
    ];
    let scaled = KeptWindows {
        wall: wall("main"),
        across: (1_000_000, 750_000),
        down: (1_000_000, 750_000),
        shift: [0; 2],
        canvas: [1_508_000, 750_000],
        lengths: true,
    };
    let mut edits: Vec<WallEdit> =
        settings.into_iter().map(|setting| WallEdit::Set { wall: wall("main"), setting }).collect();
    edits.push(WallEdit::KeepWindows(scaled));
    let changed = edited(&hall(), &edits).unwrap();
    let text = changed.text();
    for line in [
        "canvas_px_per_mm = 0.75\n",
        "tick_hz = 50\n",
        "latency_ms = 80\n",
        "viewing_distance_m = 7.5\n",
        "rect_px = [757.5, 75, 750, 37.5]   # on b\n",
        "border = { width_px = 1.5 }\n",
        "gutter_px = 6 }\n",
        "cell = { column = 1, row = 1 }\n",
        "rect_px = [0, 0, 100, 100]\n",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert_eq!(text.matches("size_px = 30\n").count(), 2, "{text}");
}

#[test]
fn what_a_node_can_decode_is_said_changed_and_forgotten() {
    let say = |name: &str, decodes_1080p| WallEdit::Node { node: node(name), decodes_1080p };
    let said = edited(&hall(), &[say("left", Some(24)), say("right", Some(9))]).unwrap();
    let layout = said.layout();
    assert_eq!(
        (layout.decodes_1080p(&node("left")), layout.decodes_1080p(&node("right"))),
        (Some(24), Some(9))
    );
    assert!(said.text().contains("id = \"right\"   # the new machine\n"));
    let forgotten = edited(&said, &[say("left", None), say("right", None), say("right", None)]).unwrap();
    assert!(!forgotten.text().contains("[[node]]"), "{}", forgotten.text());
}

#[test]
fn what_the_document_would_refuse_is_refused_with_what_would_be_right() {
    let refused = |edit: WallEdit| edited(&hall(), &[edit]).unwrap_err().to_string();
    assert_eq!(refused(set("z", ScreenSetting::Output(1))), "there is no screen `z`");
    assert_eq!(refused(WallEdit::Remove { wall: wall("z") }), "there is no wall `z`");
    let words = refused(set("b", ScreenSetting::Output(1)));
    assert!(words.contains("already drives `a`") && words.contains("another output: 2 is free"), "{words}");
    let words = refused(set("b", ScreenSetting::Position([900_000, 0])));
    assert!(words.contains("overlap by 100 × 1000 mm") && words.contains("move `b` to x = 1010"), "{words}");
    let words = refused(set("b", ScreenSetting::Bezel([20_000; 4])));
    assert!(words.contains("bezels of `a` and `b` overlap by 15 mm"), "{words}");
    assert!(refused(set("b", ScreenSetting::Id(screen("a")))).contains("`a`"));
    let words = refused(WallEdit::Set { wall: wall("main"), setting: WallSetting::Scale(50_000_000) });
    assert!(words.contains("at most 65536") && words.contains("or less fits"), "{words}");
    assert!(refused(set("b", ScreenSetting::Size([1_000_000, 500_000]))).contains("far from square"));
    let words = refused(WallEdit::Remove { wall: wall("main") });
    assert!(words.contains("`b`"), "its display would be left over: {words}");
    let words = refused(set("c", ScreenSetting::Node(node("left"))));
    assert!(words.contains("already drives"), "{words}");
}

fn any_edit() -> impl Strategy<Value = WallEdit> {
    let id = prop_oneof![Just("a"), Just("b"), Just("c"), Just("d")];
    (id, 1..6_u32, -1200..3000_i64, 0..10_u8).prop_map(|(id, output, mm, kind)| match kind {
        0 | 1 => set(id, ScreenSetting::Position([mm * 1000, 0])),
        2 => set(id, ScreenSetting::Output(output)),
        3 => set(id, ScreenSetting::Node(node(if mm > 0 { "left" } else { "right" }))),
        4 => set(id, ScreenSetting::Rotation(Rotation::Half)),
        5 => WallEdit::AddScreen { wall: wall("main"), screen: new("d", output, mm) },
        6 => WallEdit::RemoveScreen { screen: screen(id) },
        7 => WallEdit::Node { node: node("left"), decodes_1080p: (mm > 0).then_some(output) },
        8 => WallEdit::Set { wall: wall("main"), setting: WallSetting::Scale(500_000 + mm * 100) },
        _ => WallEdit::KeepWindows(KeptWindows {
            wall: wall("main"),
            across: (2, i64::from(output)),
            down: (1, 1),
            shift: [mm * 100, mm],
            canvas: [1_000_000; 2],
            lengths: mm > 1000,
        }),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is done, the text and the layout say the same, comments outside what is gone stay, and a refused edit changes nothing.
    #[test]
    fn text_and_layout_never_part(edits in proptest::collection::vec(any_edit(), 1..12)) {
        let mut now = hall();
        for edit in &edits {
            if let Ok(next) = edited(&now, std::slice::from_ref(edit)) {
                now = next;
            }
            let read = layouts::parse(now.text(), "hall.toml").unwrap();
            prop_assert_eq!(&read, &**now.layout());
            for comment in ["# Measured twice.", "# behind the desks", "# the end"] {
                prop_assert!(now.text().contains(comment), "{comment} is gone: {}", now.text());
            }
        }
    }

    /// Windows that are kept lie on the new canvas, and neighbours still meet.
    #[test]
    fn kept_windows_stay_on_the_canvas(by in (1..4000_i64, 1..4000_i64), shift in -2_000_000..2_000_000_i64, wide in 20_000..3_000_000_i64) {
        let kept = KeptWindows {
            wall: wall("side"), across: by, down: by, shift: [shift, shift], canvas: [wide, wide], lengths: false,
        };
        let size = [wide * 2, wide * 2];
        let edits = [
            set("c", ScreenSetting::Resolution(Size::new(1000, 1000))),
            // Half a canvas pixel for a millimetre.
            set("c", ScreenSetting::Size(size)),
            WallEdit::KeepWindows(kept),
        ];
        let now = edited(&hall(), &edits);
        prop_assert!(now.is_ok(), "{}", now.unwrap_err());
    }
}
