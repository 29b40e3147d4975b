//! A studio remembers what it has read and drawn; the pictures are those of one that remembers nothing.

use layouts::{Answers, CANVAS_PIXEL, CanvasRect, Layout, OnAir, PixelGrid};
use media::{SceneId, Size, SourceId, WallId, WallTime};
use node::{CompositorKind, Moment, OwnedPicture, StillError, Studio, View, render_still};
use std::path::Path;
use std::time::Duration;

const HALL: &str = r#"
version = 1
[hall]
name = "h"
[[wall]]
id = "w"
tick_hz = 25
canvas_px_per_mm = 1
[[wall.screen]]
id = "s1"
node = "n"
output = 1
resolution = [320, 180]
position_mm = [0, 0]
size_mm = [320, 180]
[[source]]
id = "gate"
rtsp = { host = "127.0.0.1", path = "/gate" }
[[source]]
id = "gone"
file = { path = "gone.mp4" }
[[scene]]
id = "day"
wall = "w"
[[scene.window]]
source = "gate"
rect_px = [10.5, 7, 200, 120]
corner_px = 9
[[scene.window]]
text = "东门 gate"
size_px = 30
rect_px = [60, 90, 250, 80]
[[scene]]
id = "night"
wall = "w"
[[scene.window]]
source = "gone"
rect_px = [0, 0, 320, 180]
"#;

struct Set {
    layout: Layout,
    wall: WallId,
    answers: Answers,
    on_air: OnAir,
}

impl Set {
    fn new(scene: &str) -> Self {
        let layout = layouts::parse(HALL, "hall.toml").unwrap();
        let on_air = OnAir::still(SceneId::new(scene).unwrap());
        Self { layout, wall: WallId::new("w").unwrap(), answers: Answers::new(), on_air }
    }

    fn moment<'a>(&'a self, view: View<'a>) -> Moment<'a> {
        Moment {
            layout: &self.layout,
            wall: &self.wall,
            on_air: &self.on_air,
            stamp: false,
            view,
            start: WallTime(0),
            at: Duration::from_millis(1500),
            answers: &self.answers,
            media_folder: Path::new("/no/such/folder"),
        }
    }
}

fn cut(picture: &OwnedPicture, left: usize, top: usize, size: Size) -> Vec<u8> {
    let stride = picture.size.width as usize * 4;
    let row = |y: usize| &picture.bytes[(top + y) * stride + left * 4..][..size.width as usize * 4];
    (0..size.height as usize).flat_map(|y| row(y).to_vec()).collect()
}

#[test]
fn a_part_is_cut_out_of_the_whole_byte_for_byte_whatever_came_before() {
    let set = Set::new("day");
    let whole = render_still(&set.moment(View::Canvas), CompositorKind::Cpu).unwrap();
    let mut studio = Studio::new(CompositorKind::Cpu).unwrap();
    for (left, top, width, height) in
        [(0, 0, 320, 180), (33, 21, 100, 90), (200, 100, 120, 80), (0, 0, 320, 180)]
    {
        let unit = |pixels: u32| i64::from(pixels) * CANVAS_PIXEL;
        let area = CanvasRect { x: unit(left), y: unit(top), width: unit(width), height: unit(height) };
        let size = Size::new(width, height);
        let shot = studio.render(&set.moment(View::Part(PixelGrid { area, size }))).unwrap();
        assert!(shot.faults.is_empty());
        assert!(shot.picture.bytes == cut(&whole, left as usize, top as usize, size), "{left}, {top}");
        studio.render(&set.moment(View::Scene(Size::new(64, 36)))).unwrap();
    }
}

#[test]
fn a_file_that_is_not_there_is_a_card_in_the_studio_and_a_refusal_of_a_still() {
    let set = Set::new("night");
    let shot = Studio::new(CompositorKind::Cpu).unwrap().render(&set.moment(View::Canvas)).unwrap();
    assert_eq!(shot.faults.len(), 1);
    let pixels: std::collections::BTreeSet<&[u8]> = shot.picture.bytes.chunks_exact(4).collect();
    assert!(pixels.len() > 2, "nothing stands in its place");
    let refused = render_still(&set.moment(View::Canvas), CompositorKind::Cpu);
    assert!(matches!(refused, Err(StillError::Source { .. })), "{refused:?}");
    let source = SourceId::new("gate").unwrap();
    let small = View::Source(&source, Size::new(64, 36));
    assert_eq!(render_still(&set.moment(small), CompositorKind::Cpu).unwrap().size, Size::new(64, 36));
}

/// A template that is saved with a mistake is named, the picture before stays, and the next good one is shown.
#[test]
fn a_template_is_read_again_when_it_is_saved_and_a_wrong_one_changes_nothing() {
    use layouts::Answer;
    use media::{QueryId, Table, Value};
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("templates");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    // Of different lengths: a file system may not tell two moments apart that are a millisecond from each other.
    let write = |text: &str| std::fs::write(folder.join("own.svg"), text).unwrap();
    let widget = "[[query]]\nid = \"q\"\nsql = \"select 1 as value\"\n[[scene]]\nid = \"day\"\nwall = \"w\"\n[[scene.window]]\n\
                  widget = \"template\"\ntemplate = \"own.svg\"\nquery = \"q\"\nrect_px = [0, 0, 320, 180]\n";
    let text = HALL.replace("[[scene]]\nid = \"day\"\nwall = \"w\"\n", widget);
    let table = Table::new(vec!["value".into()], vec![vec![Value::Integer(7)]]).unwrap();
    let answer = Answer {
        table: std::sync::Arc::new(table),
        as_of: Some(WallTime(0)),
        promise: Duration::from_secs(60),
        fault: None,
    };
    let mut set = Set::new("day");
    set.layout = layouts::parse(&text, "hall.toml").unwrap();
    set.answers.insert(QueryId::new("q").unwrap(), answer);
    let moment = Moment { media_folder: &folder, ..set.moment(View::Canvas) };
    let square = |color: &str, more: &str| {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>\n<path d='M0 0h9v9h-9z' fill='{color}'/>\n{more}</svg>"
        )
    };
    let mut studio = Studio::new(CompositorKind::Cpu).unwrap();
    let mut render = || {
        let shot = studio.render(&moment).unwrap();
        (shot.picture.bytes, shot.faults.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    write(&square("red", ""));
    let (red, faults) = render();
    assert!(faults.is_empty(), "{faults:?}");
    write(&square("blue", ""));
    let (blue, faults) = render();
    assert!(red != blue && faults.is_empty(), "{faults:?}");
    write(&square("green", "{{ nothing.of.that }}"));
    for _ in 0..2 {
        let (picture, faults) = render();
        assert!(picture == blue, "the last good picture is gone");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].contains("own.svg") && faults[0].contains("3"), "{faults:?}");
    }
    write(&square("red", "<!-- again -->"));
    let (again, faults) = render();
    assert!(again == red && faults.is_empty(), "{faults:?}");
}
