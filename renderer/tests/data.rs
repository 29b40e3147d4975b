//! Data that does not change costs nothing at a tick, and a ticker costs its strip.

use layouts::{Answer, Answers, OnAir, SourceStates, TilePlan, solve};
use media::{CanvasFrame, QueryId, Table, Value, WallTime};
use renderer::cpu::CpuCompositor;
use renderer::picture::PixelRect;
use renderer::raster::RasterCache;
use renderer::{Compositor, FrameLookup};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SINCE: u64 = 17_950_000_003;

/// One screen with the canvas's own pitch, one with a coarser one; below on both a ticker, above on both a map.
const HALL: &str = r#"
version = 1
hall = { name = "Data", language = "zh-CN" }
query = [{ id = "news", sql = "select 'x' as text" }, { id = "points", sql = "select 1 as lon, 2 as lat" }]
[[wall]]
id = "main"
tick_hz = 25
canvas_px_per_mm = 1
viewing_distance_m = 2
screen = [
  { id = "fine", node = "n", output = 1, resolution = [1280, 720], position_mm = [0, 0], size_mm = [1280, 720] },
  { id = "coarse", node = "n", output = 2, resolution = [900, 500], position_mm = [1280, 0], size_mm = [1280, 720] },
]
[[scene]]
id = "day"
wall = "main"
name = "Day"
window = [
  { widget = "map", layers = [{ points = "points" }], rect_px = [0, 0, 2560, 600] },
  { widget = "ticker", query = "news", text_px = 40, rect_px = [0, 640, 2560, 80] },
]
"#;

struct NoFrames;

impl FrameLookup for NoFrames {
    fn frame(&self, _: &media::SourceId) -> Option<&media::Frame> {
        None
    }
}

fn answer(table: Table) -> Answer {
    let as_of = Some(WallTime(i64::MAX));
    Answer { table: Arc::new(table), as_of, promise: Duration::from_secs(60), fault: None }
}

fn points(seed: i64) -> Answer {
    let point = |n: i64| {
        let degrees = |n: i64| Value::Real(media::Real::new(n as f64 / 1000.0).unwrap());
        vec![degrees(n % 251 + 116_000), degrees(n % 241 + 35_000), Value::Text(format!("{seed} {n}").into())]
    };
    let columns = ["lon", "lat", "label"].map(Into::into).to_vec();
    answer(Table::new(columns, (0..50_000).map(point).collect()).unwrap())
}

fn news(rows: &[&str]) -> Answer {
    let rows = rows.iter().map(|text| vec![Value::Text((*text).into())]).collect();
    answer(Table::new(vec!["text".into()], rows).unwrap())
}

fn answers(news: Answer, points: Answer) -> Answers {
    let id = |name: &str| QueryId::new(name).unwrap();
    Answers::from([(id("news"), news), (id("points"), points)])
}

struct Wall {
    layout: layouts::Layout,
    screens: Vec<(CpuCompositor, RasterCache)>,
}

impl Wall {
    fn new() -> Self {
        let layout = layouts::parse(HALL, "hall.toml").unwrap();
        let screen = |_| (CpuCompositor::new(), RasterCache::new(Box::new(|_| None), 256 << 20).unwrap());
        Self { layout, screens: (0..2).map(screen).collect() }
    }

    fn plans(&self, tick: u64, answers: &Answers) -> Vec<TilePlan> {
        let wall = &self.layout.walls()[0];
        let on_air = OnAir::still(media::SceneId::new("day").unwrap());
        let tick = CanvasFrame(tick);
        let now = wall.tick.start_of(tick);
        solve(&self.layout, &wall.id, &on_air, tick, now, &SourceStates::new(), answers, None)
    }

    /// What each screen has painted at the tick.
    fn paint(&mut self, tick: u64, answers: &Answers) -> Vec<Vec<PixelRect>> {
        let plans = self.plans(tick, answers);
        let paint = |(plan, (compositor, rasters)): (&TilePlan, &mut (CpuCompositor, RasterCache))| {
            compositor.compose(plan, &NoFrames, rasters).unwrap().dirty
        };
        plans.iter().zip(&mut self.screens).map(paint).collect()
    }

    fn drawn(&self) -> [u64; 2] {
        [0, 1].map(|index: usize| self.screens[index].1.counts().misses)
    }
}

#[test]
fn a_ticker_is_drawn_once_and_repaints_its_strip_alone() {
    let mut wall = Wall::new();
    let answers = answers(
        news(&["京杭佳苑小区东门消防通道已清理完毕，请各网格员注意巡查，有情况及时上报。"]),
        points(0),
    );
    wall.paint(SINCE, &answers);
    let (strips, mut moved) = ([640..720, 444..500], [0; 2]);
    for tick in SINCE + 1..=SINCE + 100 {
        for (index, dirty) in wall.paint(tick, &answers).iter().enumerate() {
            moved[index] += u32::from(!dirty.is_empty());
            for rect in dirty {
                assert!(strips[index].contains(&rect.top) && rect.bottom <= strips[index].end, "{rect:?}");
            }
        }
    }
    println!("drawn: {:?}; ticks at which the strip moved: {moved:?}", wall.drawn());
    // The map and the strip's one piece; where the pitch is another one, the piece may be a pixel wider at some ticks.
    assert_eq!(wall.drawn()[0], 2);
    assert!(wall.drawn()[1] <= 3, "{:?}", wall.drawn());
    assert!(moved.iter().all(|moved| *moved > 50), "{moved:?}");
}

#[test]
fn fifty_thousand_rows_that_do_not_change_cost_nothing() {
    let mut wall = Wall::new();
    let ticks = |wall: &mut Wall, start: u64, answers: &Answers| {
        let began = Instant::now();
        (start..start + 100).for_each(|tick| drop(wall.paint(tick, answers)));
        began.elapsed() / 100
    };
    let few = answers(news(&["短讯"]), answer(Table::default()));
    wall.paint(SINCE, &few);
    let without = ticks(&mut wall, SINCE + 1, &few);
    let many = answers(news(&["短讯"]), points(1));
    wall.paint(SINCE + 200, &many);
    let with = ticks(&mut wall, SINCE + 201, &many);
    // The same rows in another place of memory, as after A, B and A again: compared once, not at each tick.
    let again = answers(news(&["短讯"]), points(1));
    let drawn = wall.drawn();
    wall.paint(SINCE + 400, &again);
    let again = ticks(&mut wall, SINCE + 401, &again);
    println!(
        "a tick of two screens: {without:?} without rows, {with:?} with 50,000, {again:?} with the same elsewhere"
    );
    assert_eq!(wall.drawn(), drawn);
    let bound = without * 2 + Duration::from_micros(200);
    assert!(with < bound && again < bound, "{without:?} {with:?} {again:?}");
}

#[test]
fn rows_that_are_no_longer_shown_are_let_go() {
    let mut wall = Wall::new();
    let mut cache = RasterCache::new(Box::new(|_| None), 64 << 20).unwrap();
    std::mem::swap(&mut cache, &mut wall.screens[0].1);
    for seed in 0..40 {
        wall.paint(SINCE + seed, &answers(news(&["短讯"]), points(seed as i64)));
        let counts = wall.screens[0].1.counts();
        assert!(counts.bytes <= 64 << 20, "{counts:?}");
        // Each picture of 2560 × 600 canvas pixels keeps at least five megabytes of rows alive.
        assert!(counts.entries <= 12, "{counts:?}");
    }
}
