//! A ticker is drawn once and then only moved: its rasters are counted while it travels.

use layouts::{Answer, Answers, OnAir, SourceStates};
use media::{CanvasFrame, Frame, QueryId, SceneId, SourceId, Table, Value, WallId, WallTime};
use renderer::cpu::CpuCompositor;
use renderer::raster::RasterCache;
use renderer::{Compositor, FrameLookup};
use std::sync::Arc;
use std::time::Duration;

const TICKS: u64 = 1_000;

struct NoFrames;

impl FrameLookup for NoFrames {
    fn frame(&self, _: &SourceId) -> Option<&Frame> {
        None
    }
}

/// Two screens of `across` × `down` pixels on 320 × 180 pixels of canvas, with a ticker over both.
fn document(across: u32, down: u32) -> String {
    let mut text =
        "version = 1\n[hall]\nname = \"two\"\nlanguage = \"en\"\n[[wall]]\nid = \"w\"\ntick_hz = 50\n\
                    canvas_px_per_mm = 1\nviewing_distance_m = 1\n"
            .to_owned();
    for (node, x) in [("left", 0), ("right", 320)] {
        text += &format!(
            "[[wall.screen]]\nid = \"{node}\"\nnode = \"{node}\"\noutput = 1\nresolution = [{across}, {down}]\n\
             position_mm = [{x}, 0]\nsize_mm = [320, 180]\n"
        );
    }
    text + "[[query]]\nid = \"news\"\nsql = \"select 'x' as text\"\n\
            [[scene]]\nid = \"day\"\nwall = \"w\"\nname = \"Day\"\n\
            [[scene.window]]\nwidget = \"ticker\"\nquery = \"news\"\nrect_px = [0, 60, 640, 40]\n"
}

fn answers(texts: &[&str]) -> Answers {
    let rows = texts.iter().map(|text| vec![Value::Text((*text).into())]).collect();
    let table = Arc::new(Table::new(vec!["text".into()], rows).unwrap());
    let answer =
        Answer { table, as_of: Some(WallTime(0)), promise: Duration::from_secs(1 << 30), fault: None };
    [(QueryId::new("news").unwrap(), answer)].into()
}

/// Lets a ticker travel over both screens; how many rasters were drawn, and on how many ticks something moved.
fn travel(across: u32, down: u32, texts: &[&str]) -> (u64, u64) {
    let layout = layouts::parse(&document(across, down), "hall.toml").unwrap();
    let (wall, on_air) = (WallId::new("w").unwrap(), OnAir::still(SceneId::new("day").unwrap()));
    let (rate, answers) = (layout.walls()[0].tick, answers(texts));
    let mut cache = RasterCache::new(Box::new(|_| None), 64 << 20).unwrap();
    let mut screens = [CpuCompositor::new(), CpuCompositor::new()];
    let mut moved = 0;
    for tick in 0..TICKS {
        let frame = CanvasFrame(tick);
        let states = SourceStates::default();
        let plans =
            layouts::solve(&layout, &wall, &on_air, frame, rate.start_of(frame), &states, &answers, None);
        assert_eq!(plans.len(), 2);
        let mut any = false;
        for (screen, plan) in screens.iter_mut().zip(&plans) {
            let composed = screen.compose(plan, &NoFrames, &mut cache).unwrap();
            assert_eq!(composed.skipped, 0);
            any |= !composed.dirty.is_empty();
        }
        moved += u64::from(any);
    }
    (cache.counts().misses, moved)
}

#[test]
fn a_ticker_costs_one_raster_in_a_thousand_ticks() {
    let line = "南风花园 东门: the fire lane is free again";
    let (rasters, moved) = travel(320, 180, &[line]);
    assert_eq!(rasters, 1);
    assert!(moved > TICKS * 9 / 10, "it moved on {moved} of {TICKS} ticks");
}

#[test]
fn each_line_of_a_ticker_costs_one_raster() {
    let lines = ["one", "京杭佳苑 was told", "the third line is a little longer than the others"];
    assert_eq!(travel(320, 180, &lines).0, 3);
}

/// Where canvas and screen differ in pitch a strip begins between two pixels and takes one more of them or not: two pictures.
#[test]
fn on_screens_of_another_pitch_a_ticker_costs_two_rasters() {
    for (across, down) in [(480, 270), (250, 141)] {
        let (rasters, _) = travel(across, down, &["the fire lane is free again"]);
        assert!((1..=2).contains(&rasters), "{rasters} at {across} × {down}");
    }
}
