//! How fast a large hall can be dragged on a software GPU: measured here, held against its bar by `./dev prove editor`.

use crate::desk::Desk;
use editor::Language;
use egui::vec2;
use std::time::{Duration, Instant};

/// 40 screens and 200 windows with pictures of 20 sources.
fn large() -> String {
    let mut text = String::from(
        "version = 1\n[hall]\nname = \"large\"\n[[wall]]\nid = \"w\"\ntick_hz = 25\ncanvas_px_per_mm = 1\n",
    );
    for screen in 0..40 {
        let (x, y) = (screen % 8 * 1940, screen / 8 * 1100);
        text += &format!(
            "[[wall.screen]]\nid = \"s{screen}\"\nnode = \"n{}\"\noutput = {}\nresolution = [1920, 1080]\nposition_mm = [{x}, {y}]\nsize_mm = [1920, 1080]\nbezel_mm = 10\n",
            screen / 8,
            screen % 8 + 1
        );
    }
    for source in 0..20 {
        text += &format!(
            "[[source]]\nid = \"c{source}\"\nlabel = {{ zh = \"摄像机 {source}\", en = \"Camera {source}\" }}\nrtsp = {{ host = \"127.0.0.1\", path = \"/{source}\" }}\n"
        );
    }
    text += "[[scene]]\nid = \"s\"\nwall = \"w\"\nname = \"large\"\n";
    for window in 0..200 {
        let (x, y) = (window % 20 * 750 + 20, window / 20 * 530 + 10);
        text += &format!("[[scene.window]]\nsource = \"c{}\"\nrect_px = [{x}, {y}, 700, 394]\n", window % 20);
    }
    text
}

/// A planted fault: how long each frame takes beyond what it takes, `DRAG_DELAY_MS`.
fn planted() -> Duration {
    Duration::from_millis(std::env::var("DRAG_DELAY_MS").ok().and_then(|ms| ms.parse().ok()).unwrap_or(0))
}

#[test]
fn a_large_hall_is_dragged() {
    let mut desk = Desk::open_as_window("speed", &large(), Language::Chinese, (1440.0, 900.0));
    desk.editor_mut().session_mut().select_all();
    let name = desk.name(0);
    desk.settle();
    let from = desk.find(&name).center();
    desk.harness.hover_at(from);
    desk.harness.run_steps(1);
    desk.harness.drag_at(from);
    desk.harness.run_steps(1);
    let (planted, begin, frames) = (planted(), Instant::now(), 45);
    for frame in 1..=frames {
        desk.harness.hover_at(from + vec2(2.0, 1.0) * frame as f32);
        desk.harness.step();
        desk.harness.render().unwrap();
        let slow = Instant::now();
        while slow.elapsed() < planted {
            std::hint::spin_loop();
        }
    }
    let fps = frames as f64 / begin.elapsed().as_secs_f64();
    desk.harness.drop_at(from);
    desk.settle();
    assert!(!desk.editor().session().history().past().is_empty(), "nothing was dragged");
    println!("drag: {fps:.1} frames a second with 200 windows on 40 screens");
}
