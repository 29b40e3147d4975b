//! How the editor feels: fine screens, words that can be read, a hand that rests.

use crate::desk::Desk;
use editor::{Command, Language, Launch, demo_hall, install};
use egui_kittest::{Harness, SnapshotOptions, try_image_snapshot_options};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

fn fine(name: &str, language: Language) -> Desk {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let hall = folder.join("hall.toml");
    std::fs::write(&hall, demo_hall()).unwrap();
    let documents = folder.join("documents");
    let launch =
        Launch { hall: Some(hall), media_folder: None, settings: None, documents, home: None, live: None };
    Desk::start(launch, language, (960.0, 600.0), 2.0)
}

#[test]
fn on_a_fine_screen_everything_is_as_large_and_twice_as_sharp() {
    for language in [Language::Chinese, Language::English] {
        let mut desk = fine(&format!("fine-{language:?}"), language);
        desk.snapshot("fine");
        let image = desk.harness.render().unwrap();
        assert_eq!((image.width(), image.height()), (1920, 1200));
        // No margin: the corners are the editor's.
        for (x, y) in [(0, 0), (1919, 0), (0, 1199), (1919, 1199)] {
            assert_eq!(image.get_pixel(x, y).0[3], 255, "{x}, {y}");
        }
    }
}

#[test]
fn at_a_hundred_percent_a_fine_screen_shows_a_pixel_for_each_pixel_of_the_canvas() {
    let mut desk = fine("fine-pixels", Language::English);
    let context = desk.harness.ctx.clone();
    desk.editor_mut().run(Command::ToggleClean, &context);
    desk.editor_mut().run(Command::ZoomFull, &context);
    desk.settle();
    let composed = desk.editor().canvas().picture().shown().unwrap().clone();
    let rect = desk.editor().canvas().view.grid_rect(&composed.grid);
    assert_eq!(rect.width() * 2.0, composed.picture.size.width as f32);
    let (left, top) = ((rect.left() * 2.0).round() as i64, (rect.top() * 2.0).round() as i64);
    let image = desk.harness.render().unwrap();
    // What of the canvas is seen in the middle of the window.
    let (mut seen, mut differing) = (0, 0);
    for (x, y) in (700..1200).flat_map(|x| (300..800).map(move |y| (x, y))) {
        let at = ((i64::from(y) - top) * i64::from(composed.picture.size.width) + i64::from(x) - left) * 4;
        let bgra = &composed.picture.bytes[usize::try_from(at).unwrap()..][..3];
        let [r, g, b, _] = image.get_pixel(x, y).0;
        seen += 1;
        differing += u32::from(bgra != [b, g, r]);
    }
    assert_eq!((seen, differing), (250_000, 0));
}

/// What the tests of this program rest on: a letter that the bundled font does not have, and a control without a name, are faults.
#[test]
fn a_missing_letter_and_a_missing_name_are_noticed() {
    let shown = |words: &'static str, named: bool| {
        let run = || {
            let mut harness = Harness::builder().with_context_setup(install).build_ui(move |ui| {
                ui.label(words);
                let field = ui.add(egui::TextEdit::singleline(&mut String::new()));
                if named {
                    field.accessible_name("field");
                }
            });
            harness.run_steps(2);
            harness.check_accessibility();
        };
        catch_unwind(AssertUnwindSafe(run)).is_ok()
    };
    assert!(shown("大厅 Hall", true));
    assert!(!shown("大厅 ꙮ", true), "a letter without a picture goes unnoticed");
    assert!(!shown("大厅 Hall", false), "a control without a name goes unnoticed");
}

/// What the pictures of this program rest on: one pixel of another colour is a fault.
#[test]
fn a_pixel_of_another_colour_is_noticed() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("planted");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut desk = fine("planted-desk", Language::English);
    let mut image = desk.harness.render().unwrap();
    image.save(folder.join("planted.png")).unwrap();
    let options = SnapshotOptions::new().threshold(0.0).output_path(&folder);
    assert!(try_image_snapshot_options(&image, "planted", &options).is_ok());
    // Where pictures are stored anew nothing is compared.
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        return;
    }
    image.get_pixel_mut(960, 300).0[1] ^= 16;
    assert!(try_image_snapshot_options(&image, "planted", &options).is_err(), "a pixel goes unnoticed");
}

/// Nothing moves, so nothing is drawn: what costs at rest is a repaint that somebody asks for without need.
#[test]
fn an_editor_that_nobody_touches_asks_for_no_repaint() {
    let mut desk = fine("rest", Language::Chinese);
    desk.settle();
    let rests = |desk: &mut Desk| {
        desk.harness.run_steps(12);
        !desk.harness.ctx.has_requested_repaint()
    };
    assert!(rests(&mut desk), "{:?}", desk.harness.ctx.repaint_causes());
    // The planted fault: a repaint that is asked for after each one.
    let context = desk.harness.ctx.clone();
    let asks = context.clone();
    context.on_end_pass("restless", std::sync::Arc::new(move |_: &mut egui::Ui| asks.request_repaint()));
    assert!(!rests(&mut desk), "a restless editor goes unnoticed");
}
