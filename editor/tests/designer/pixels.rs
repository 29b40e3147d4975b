//! What is on the canvas at 100 % is, byte for byte, what `taibai render` gives of the same tick.

use crate::desk::Desk;
use editor::{Command, Language};
use layouts::{Answers, Layout, OnAir};
use media::WallTime;
use node::{CompositorKind, Moment, OwnedPicture, View, render_still};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn golden() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    let mut halls: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().flatten().map(|entry| entry.path().join("hall.toml")).collect();
    halls.retain(|hall| hall.exists());
    halls.sort();
    halls
}

/// The picture that `taibai render` writes of a scene at its first tick.
fn rendered(layout: &Layout, scene: &layouts::Scene, media: &Path) -> OwnedPicture {
    let (on_air, answers) = (OnAir::still(scene.id.clone()), Answers::new());
    let moment = Moment {
        layout,
        wall: &scene.wall,
        on_air: &on_air,
        stamp: false,
        identify: false,
        view: View::Canvas,
        start: WallTime(0),
        at: Duration::ZERO,
        answers: &answers,
        media_folder: media,
    };
    render_still(&moment, CompositorKind::Cpu).unwrap()
}

/// The hall with live sources in the place of clips, which golden halls only name: test cards stand in for them.
fn test_cards(text: &str) -> String {
    let live = "rtsp = { host = \"127.0.0.1\", path = \"/card\" }";
    let line = |line: &str| if line.starts_with("file = {") { live.to_owned() } else { line.to_owned() };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Small pictures for every file that a hall names.
fn write_media(layout: &Layout, media: &Path) {
    let windows = layout.scenes().iter().flat_map(|scene| &scene.windows);
    let sources = layout.sources().filter_map(|source| match source.endpoint(None) {
        Some(media::Endpoint::Image { path }) => Some(path.as_str()),
        _ => None,
    });
    for (number, path) in windows.flat_map(|window| window.content.files()).chain(sources).enumerate() {
        let path = media.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = std::fs::File::create(path).unwrap();
        let (width, height) = (64 + number as u32, 36);
        let mut encoder = png::Encoder::new(file, width, height);
        encoder.set_color(png::ColorType::Rgba);
        let pixel =
            |at: u32| [(at % 251) as u8, (at / 7 % 256) as u8, number as u8 * 40, 255 - (at % 64) as u8];
        let bytes: Vec<u8> = (0..width * height).flat_map(pixel).collect();
        encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    }
}

/// The canvas of `scene` as the window shows it, in blue, green, red, alpha; and how it was composed.
fn shown(desk: &mut Desk, scene: &media::SceneId) -> (OwnedPicture, OwnedPicture) {
    desk.editor_mut().session_mut().show(scene);
    let context = desk.harness.ctx.clone();
    desk.editor_mut().run(Command::ZoomFull, &context);
    desk.settle();
    let composed = desk.editor().canvas().picture().shown().unwrap().clone();
    let rect = desk.editor().canvas().view.grid_rect(&composed.grid);
    let image = desk.harness.render().unwrap();
    let size = composed.picture.size;
    let mut bytes = Vec::with_capacity(size.area() as usize * 4);
    for y in 0..size.height {
        for x in 0..size.width {
            let [r, g, b, a] = image.get_pixel(rect.left() as u32 + x, rect.top() as u32 + y).0;
            bytes.extend([b, g, r, a]);
        }
    }
    (OwnedPicture { size, bytes }, composed.picture)
}

fn differing(one: &OwnedPicture, other: &OwnedPicture) -> usize {
    assert_eq!(one.size, other.size);
    one.bytes.chunks_exact(4).zip(other.bytes.chunks_exact(4)).filter(|(a, b)| a != b).count()
}

#[test]
fn the_canvas_at_a_hundred_percent_is_what_is_rendered() {
    let (mut halls, mut scenes, mut planted, mut noticed) = (0, 0, 0, 0);
    for hall in golden() {
        let text = test_cards(&std::fs::read_to_string(&hall).unwrap());
        let layout = layouts::parse(&text, "hall.toml").unwrap();
        let name = hall.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pixels").join(&name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("media")).unwrap();
        write_media(&layout, &folder.join("media"));
        let own = folder.join("hall.toml");
        std::fs::write(&own, &text).unwrap();
        let mut desk = Desk::open_file(own, Language::Chinese, (2600.0, 1600.0));
        let context = desk.harness.ctx.clone();
        desk.editor_mut().run(Command::ToggleClean, &context);
        for scene in layout.scenes() {
            let rendered = rendered(&layout, scene, &folder.join("media"));
            let (shown, composed) = shown(&mut desk, &scene.id);
            assert_eq!(differing(&composed, &rendered), 0, "{name}, {}: composed otherwise", scene.id);
            assert_eq!(differing(&shown, &rendered), 0, "{name}, {}: shown otherwise", scene.id);
            scenes += 1;
            // The planted fault: windows that are a pixel elsewhere must be seen, wherever they can be moved.
            if scene.windows.first().is_some_and(|window| window.rect.x > 1 << 16) {
                let session = desk.editor_mut().session_mut();
                session.select_all();
                session.nudge((-1_000, 0)).unwrap();
                let (moved, _) = self::shown(&mut desk, &scene.id);
                planted += 1;
                match differing(&moved, &rendered) {
                    0 => println!("{name}, {}: a pixel off goes unnoticed", scene.id),
                    _ => noticed += 1,
                }
            }
        }
        halls += 1;
    }
    assert!(halls >= 50, "{halls} halls");
    println!("canvas: {scenes} scenes of {halls} golden halls byte-equal");
    println!("planted a pixel off: {noticed} noticed of {planted}");
    assert!(planted > 0 && noticed == planted, "{noticed} of {planted}");
}
