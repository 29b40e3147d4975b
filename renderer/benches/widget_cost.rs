//! What a map of fifty thousand points costs on this machine: its first raster, and one after a point has moved, in
//! milliseconds of processor time, whatever else the machine does meanwhile.
//!
//! `cargo bench -p renderer --bench widget_cost`; it ends with an error when a promise is not kept.

use layouts::{
    CANVAS_PIXEL, Language, MapLayer, Mode, NumberFormat, Raster, Rgba, Shown, WidgetFace, WidgetKind,
};
use media::{Real, Size, Table, Value};
use renderer::raster::Rasterizer;
use renderer::scene::PixelScale;
use std::sync::Arc;

const POINTS: usize = 50_000;
const SCALE: PixelScale = PixelScale { columns: 1, width: CANVAS_PIXEL, rows: 1, height: CANVAS_PIXEL };
/// The first raster of a map, in milliseconds.
const FIRST_MS_MAX: f64 = 300.0;
/// How often points move in all.
const CHANGES: usize = 3 * 11;
/// The raster after one point has changed, in milliseconds.
const CHANGED_MS_MAX: f64 = 30.0;

fn real(number: f64) -> Value {
    Real::new(number).map_or(Value::Null, Value::Real)
}

/// Points spread over a district, point `moved` somewhere else.
fn points(moved: usize) -> Option<Arc<Table>> {
    let mut seed = 42u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as f64 / f64::from(1u32 << 31)
    };
    let row = |index: usize| {
        let (x, y) = (random() + random() + random(), random() + random());
        let shift = if index == moved { 0.05 } else { 0.0 };
        vec![real(116.50 + x * 0.053 + shift), real(35.28 + y * 0.052), real((index % 7) as f64)]
    };
    let columns = ["lon", "lat", "weight"].map(Arc::from).to_vec();
    Table::new(columns, (0..POINTS).map(row).collect()).map(Arc::new)
}

/// A grid of 40 × 25 cells with 40 positions each.
fn grid() -> String {
    let mut features = Vec::new();
    for cell in 0..1_000 {
        let (west, south) = (116.5 + 0.004 * f64::from(cell % 40), 35.28 + 0.0042 * f64::from(cell / 40));
        let side = |from: (f64, f64), to: (f64, f64)| {
            (0..10).map(move |step| {
                let part = f64::from(step) / 10.0;
                format!("[{:.6},{:.6}]", from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
            })
        };
        let (east, north) = (west + 0.004, south + 0.0042);
        let ring: Vec<String> = side((west, south), (east, south))
            .chain(side((east, south), (east, north)))
            .chain(side((east, north), (west, north)))
            .chain(side((west, north), (west, south)))
            .collect();
        features.push(format!(
            r#"{{"type":"Feature","id":"c{cell}","geometry":{{"type":"Polygon","coordinates":[[{},{}]]}}}}"#,
            ring.join(","),
            ring[0]
        ));
    }
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

fn map(table: Arc<Table>, cluster: bool, mode: Mode) -> WidgetFace {
    let shown = |table| Shown { table, stale_s: None, waiting: false, fault: None };
    let values = (0..1_000)
        .map(|cell| vec![Value::Text(format!("c{cell}").into()), real(f64::from(cell % 97))])
        .collect();
    let areas =
        Table::new(["area", "value"].map(Arc::from).to_vec(), values).map(Arc::new).unwrap_or_default();
    WidgetFace {
        widget: 0,
        title: "网格态势".into(),
        kind: WidgetKind::Map {
            layers: vec![
                MapLayer::Areas { path: "grid.geojson".into(), query: Some(shown(areas)) },
                MapLayer::Points {
                    query: shown(table),
                    color: Rgba { r: 53, g: 182, b: 255, a: 255 },
                    cluster,
                    size: 8 * CANVAS_PIXEL,
                },
            ],
            bounds: None,
            legend: "事件数".into(),
            format: NumberFormat::default(),
        },
        card: true,
        size: 24 * CANVAS_PIXEL,
        language: Language::Chinese,
        mode,
        utc_offset_s: 28_800,
        now_s: 0,
    }
}

/// Processor time that this thread has used, in milliseconds.
fn cpu_ms() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one timespec, which lives until it returns; on an error it stays as it is.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 * 1_000.0 + time.tv_nsec as f64 / 1_000_000.0
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = cpu_ms();
    work();
    cpu_ms() - start
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let size = Size::new(1_920, 1_080);
    let file: Arc<str> = grid().into();
    let tables: Vec<Arc<Table>> = (0..12).filter_map(|moved| points(moved * 3_001)).collect();
    let mut kept = true;
    println!(
        "map of {POINTS} points and 1000 areas at {size}, processor time of one thread, worst of {CHANGES}"
    );
    println!("{:40} {:>12} {:>12} {:>12}", "", "first", "changed", "(middle)");
    for cluster in [true, false] {
        let (mut first, mut changed) = (0.0, Vec::new());
        // Three walls that start anew.
        for _ in 0..3 {
            let text = Arc::clone(&file);
            let mut rasterizer =
                Rasterizer::new(Box::new(|_| None))?.with_texts(Box::new(move |_| Some(Arc::clone(&text))));
            let mut draw = |table: &Arc<Table>| {
                let spec = Raster::Widget(Box::new(map(Arc::clone(table), cluster, Mode::Dark)));
                milliseconds(|| drop(std::hint::black_box(rasterizer.draw(&spec, size, SCALE))))
            };
            first = f64::max(first, draw(&tables[0]));
            changed.extend(tables[1..].iter().map(&mut draw));
        }
        changed.sort_by(f64::total_cmp);
        let (middle, worst) = (changed[changed.len() / 2], changed[changed.len() - 1]);
        kept &= first <= FIRST_MS_MAX && worst <= CHANGED_MS_MAX;
        let name = if cluster { "clustered" } else { "every point by itself" };
        println!("{name:40} {first:9.1} ms {worst:9.1} ms {middle:9.1} ms");
    }
    println!(
        "{:40} {FIRST_MS_MAX:9.1} ms {CHANGED_MS_MAX:9.1} ms {:>12}",
        "bar",
        if kept { "ok" } else { "short" }
    );
    if kept { Ok(()) } else { Err("a promise is not kept".into()) }
}
