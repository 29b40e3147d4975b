//! Documents in parts: forms that mean the same are the same, and what is carried over changes the lines that it concerns.

use layouts_edit::{EditError, Graft, HallText, PLACE, PartName};
use media::SceneId;

const HALL: &str = r##"# Measured twice.
version = 1
hall = { name = "Hall" }
[[wall]]
id = "w"
canvas_px_per_mm = 1
[[wall.screen]]
id = "s"
node = "n"
output = 1
resolution = [1920, 1080]
position_mm = [0, 0]
size_mm = [1920, 1080]
[[source]]
id = "gate"   # the east gate
image = { path = "gate.png" }
[[scene]]
id = "day"
wall = "w"
name = "Day"
[[scene.window]]
source = "gate"
rect_percent = [0, 0, 50, 50]   # a quarter
[[scene.window]]
text = "Welcome"
size_px = 36
rect_px = [0, 540, 960, 200]
"##;

fn hall(text: &str) -> HallText {
    HallText::parse(text, "hall.toml").unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn window(index: usize) -> PartName {
    PartName::Window { scene: SceneId::new("day").unwrap(), index }
}

fn listed(list: &str, id: &str) -> PartName {
    PartName::Listed { list: list.to_owned(), id: id.to_owned() }
}

#[test]
fn what_means_the_same_is_the_same_part() {
    let parts = hall(HALL).parts();
    let names: Vec<&PartName> = parts.keys().collect();
    let expected = [
        PartName::Hall,
        listed("scene", "day"),
        listed("source", "gate"),
        listed("wall", "w"),
        window(0),
        window(1),
    ];
    assert_eq!(names, expected.iter().collect::<Vec<_>>());
    for (old, new) in [
        ("rect_percent = [0, 0, 50, 50]   # a quarter", "rect_px = [0.0, 0, 960, 540.0]"),
        (
            "rect_percent = [0, 0, 50, 50]",
            "crop_percent = [0, 0, 100, 100]\nz = 0\nsmall_stream = false\nrect_percent = [0, 0, 50, 50]",
        ),
        ("image = { path = \"gate.png\" }", "[source.image]\npath = 'gate.png'"),
        ("# Measured twice.\n", ""),
    ] {
        assert!(HALL.contains(old), "{old}");
        assert_eq!(hall(&HALL.replace(old, new)).parts(), parts, "{new}");
    }
    assert_ne!(hall(&HALL.replace("50, 50]", "50, 51]")).parts()[&window(0)], parts[&window(0)]);
}

#[test]
fn what_is_carried_over_changes_its_lines_and_no_others() {
    let (here, there) =
        (hall(HALL), hall(&HALL.replace("[0, 0, 50, 50]", "[10, 0, 50, 50]").replace("Day", "Tag")));
    let field = |from, to, field: &str| Graft::Field { from, to, field: field.to_owned() };
    let carried = here.grafted(&there, &[field(window(0), window(0), PLACE)]).unwrap();
    assert_eq!(carried.text().to_string(), HALL.replace("[0, 0, 50, 50]", "[10, 0, 50, 50]"));
    let pixels =
        hall(&HALL.replace("rect_percent = [0, 0, 50, 50]   # a quarter", "rect_px = [1, 2, 300, 400]"));
    let carried = here.grafted(&pixels, &[field(window(0), window(0), PLACE)]).unwrap();
    assert_eq!(
        carried.text().to_string(),
        HALL.replace("rect_percent = [0, 0, 50, 50]", "rect_px = [1, 2, 300, 400]")
    );
    // What the other does not say is said no more.
    let deep = hall(&HALL.replace("text = \"Welcome\"", "text = \"Welcome\"\nz = 3"));
    let back = deep.grafted(&here, &[field(window(1), window(1), "z")]).unwrap();
    assert_eq!(back.text().to_string(), HALL);
    assert_eq!(here.grafted(&there, &[]).unwrap().text(), here.text());
}

#[test]
fn parts_come_and_go_whole_and_what_would_be_wrong_is_refused() {
    let here = hall(HALL);
    let more = format!(
        "{HALL}[[source]]\nid = \"lake\"\n[source.rtsp]\nhost = \"127.0.0.1\"\npath = \"/lake\"\n[[scene]]\nid = \"night\"\nwall = \"w\"\nname = \"Night\"\nwindow = [{{ source = \"lake\", rect_percent = [0, 0, 100, 100] }}]\n"
    );
    let there = hall(&more);
    let adds = [Graft::Add(listed("source", "lake")), Graft::Add(listed("scene", "night"))];
    let grown = here.grafted(&there, &adds).unwrap();
    assert!(grown.text().starts_with(HALL.split("[[source]]").next().unwrap()));
    assert_eq!(grown.parts(), there.parts());
    let again = grown
        .grafted(&here, &[Graft::Remove(listed("source", "lake")), Graft::Remove(listed("scene", "night"))]);
    assert_eq!(again.unwrap().parts(), here.parts());
    assert!(
        matches!(here.grafted(&there, &adds[1..]), Err(EditError::Wrong(_))),
        "the scene without its source"
    );
    assert!(matches!(
        here.grafted(&here, &[Graft::Add(listed("source", "none"))]),
        Err(EditError::NoEntry { .. })
    ));
    // Windows are counted as before the first of them goes.
    let none = here.grafted(&here, &[Graft::Remove(window(0)), Graft::Remove(window(1))]).unwrap();
    assert!(none.windows(&SceneId::new("day").unwrap()).is_empty());
}
