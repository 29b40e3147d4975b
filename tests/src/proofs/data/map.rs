//! A map of fifty thousand points over a thousand areas: what its first picture costs, and the one after a point has moved.

use super::super::{Proofs, Row};
use super::{Measured, rows};
use layouts::{Answer, Answers, CANVAS_PIXEL, Content, Layout, OnAir, Raster, SourceStates, solve_screen};
use media::{CanvasFrame, QueryId, Real, SceneId, ScreenId, Size, Table, Value, WallTime};
use renderer::raster::Rasterizer;
use renderer::scene::PixelScale;
use std::sync::Arc;
use std::time::Duration;

const POINTS: usize = 50_000;
const FIRST_MS_MAX: f64 = 300.0;
const CHANGED_MS_MAX: f64 = 30.0;
/// First pictures, each by a rasterizer that knows nothing.
const FIRST: usize = 3;
/// Pictures after a change.
const CHANGED: usize = 12;
/// The picture.
const SIZE: Size = Size { width: 1920, height: 1080 };
const SCALE: PixelScale = PixelScale { columns: 1, width: CANVAS_PIXEL, rows: 1, height: CANVAS_PIXEL };
/// Areas across and down.
const AREAS: (u32, u32) = (40, 25);

/// Whether the rasterizer remembers what it has drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    Keeps,
    Forgets,
}

/// What it cost in milliseconds of CPU, at worst.
struct Cost {
    first_ms: f64,
    changed_ms: f64,
}

/// Points in clusters and each by itself.
pub(crate) fn map(_: &Proofs) -> Vec<Row> {
    let measured = || {
        let mut found = Vec::new();
        for (words, cluster) in [("in clusters", true), ("each by itself", false)] {
            found.extend(judge(words, &cost(Memory::Keeps, cluster)?));
        }
        let [_, moved] = judge("planted", &cost(Memory::Forgets, true)?);
        found.push(Row::planted("map", "nothing is kept of the picture before", !moved.holds));
        Ok(found)
    };
    rows("map of 50,000 points", "≤ 300 ms, changed ≤ 30 ms", measured())
}

fn judge(words: &str, cost: &Cost) -> [Row; 2] {
    let Cost { first_ms, changed_ms } = *cost;
    let line = |what: &str| format!("map, 50,000 points {words}: {what}");
    [
        Row::new(
            &line("first picture"),
            format!("{first_ms:.0} ms of CPU, worst of {FIRST}"),
            "≤ 300 ms",
            first_ms <= FIRST_MS_MAX,
        ),
        Row::new(
            &line("a point moved"),
            format!("{changed_ms:.1} ms of CPU, worst of {CHANGED}"),
            "≤ 30 ms",
            changed_ms <= CHANGED_MS_MAX,
        ),
    ]
}

fn cost(memory: Memory, cluster: bool) -> Measured<Cost> {
    let table = |moved| points(POINTS, moved).ok_or("the points are no table");
    let (tables, areas) = ((0..=CHANGED).map(table).collect::<Result<Vec<_>, _>>()?, areas());
    let layout = layouts::parse(&document(cluster), "map").map_err(|wrong| wrong.to_text())?;
    let file: Arc<str> = grid().into();
    let fresh = || -> Measured<Rasterizer> {
        let text = Arc::clone(&file);
        Ok(Rasterizer::new(Box::new(|_| None))?.with_texts(Box::new(move |_| Some(Arc::clone(&text)))))
    };
    let draw = |rasterizer: &mut Rasterizer, table: &Arc<Table>| -> Measured<f64> {
        let spec = solved(&layout, table, &areas)?;
        let begin = cpu_ms()?;
        let report = rasterizer.draw(&spec, SIZE, SCALE)?;
        let took = cpu_ms()? - begin;
        // A map without its points would be cheap.
        let blue = |pixel: &[u8]| pixel[0] > 200 && pixel[1] > 140 && pixel[2] < 90;
        let drawn = report.bitmap.bytes().chunks_exact(4).filter(|pixel| blue(pixel)).count();
        if drawn < 1_000 { Err("the points were not drawn".into()) } else { Ok(took) }
    };
    let (mut first_ms, mut changed_ms) = (0_f64, 0_f64);
    for run in 0..FIRST {
        let mut rasterizer = fresh()?;
        first_ms = first_ms.max(draw(&mut rasterizer, &tables[0])?);
        let changes = if run == 0 { &tables[1..] } else { &[] };
        for table in changes {
            if memory == Memory::Forgets {
                rasterizer = fresh()?;
            }
            changed_ms = changed_ms.max(draw(&mut rasterizer, table)?);
        }
    }
    Ok(Cost { first_ms, changed_ms })
}

/// CPU milliseconds of this process so far: threads that a rasterizer might use count too.
fn cpu_ms() -> std::io::Result<f64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid timespec that outlives the call.
    if unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6)
}

fn real(number: f64) -> Value {
    Real::new(number).map_or(Value::Null, Value::Real)
}

/// Points spread over a district; from `moved` = 1 on, one of them lies elsewhere.
fn points(count: usize, moved: usize) -> Option<Arc<Table>> {
    let mut seed = 42_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as f64 / f64::from(1_u32 << 31)
    };
    let row = |index: usize| {
        let (x, y) = (random() + random() + random(), random() + random());
        let shift = if moved > 0 && index == moved * count / 17 { 0.05 } else { 0.0 };
        vec![real(116.50 + x * 0.053 + shift), real(35.28 + y * 0.052), real((index % 7) as f64)]
    };
    let columns = ["lon", "lat", "weight"].map(Arc::from).to_vec();
    Table::new(columns, (0..count).map(row).collect()).map(Arc::new)
}

fn areas() -> Arc<Table> {
    let row = |cell: u32| vec![Value::Text(format!("c{cell}").into()), real(f64::from(cell % 97))];
    let columns = ["area", "value"].map(Arc::from).to_vec();
    Table::new(columns, (0..AREAS.0 * AREAS.1).map(row).collect()).map(Arc::new).unwrap_or_default()
}

/// The areas' borders: cells with ten positions on each side.
fn grid() -> String {
    let cell = |cell: u32| {
        let (west, south) =
            (116.5 + 0.004 * f64::from(cell % AREAS.0), 35.28 + 0.0042 * f64::from(cell / AREAS.0));
        let (east, north) = (west + 0.004, south + 0.0042);
        let corners = [(west, south), (east, south), (east, north), (west, north), (west, south)];
        let side = |ends: &[(f64, f64)]| -> Vec<String> {
            let (from, to) = (ends[0], ends[1]);
            let at = |step: u32| {
                let part = f64::from(step) / 10.0;
                format!("[{:.6},{:.6}]", from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
            };
            (0..10).map(at).collect()
        };
        let mut ring: Vec<String> = corners.windows(2).flat_map(side).collect();
        ring.push(format!("[{west:.6},{south:.6}]"));
        format!(
            r#"{{"type":"Feature","id":"c{cell}","geometry":{{"type":"Polygon","coordinates":[[{}]]}}}}"#,
            ring.join(",")
        )
    };
    let features: Vec<String> = (0..AREAS.0 * AREAS.1).map(cell).collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

/// A hall with nothing but the map.
fn document(cluster: bool) -> String {
    let Size { width, height } = SIZE;
    format!(
        "version = 1\n[hall]\nname = \"map\"\n[[wall]]\nid = \"w\"\ntick_hz = 25\nlatency_ms = 240\ncanvas_px_per_mm = 1\n\
         viewing_distance_m = 1\n[[wall.screen]]\nid = \"s1\"\nnode = \"n\"\noutput = 1\nresolution = [{width}, {height}]\n\
         position_mm = [0, 0]\nsize_mm = [{width}, {height}]\n\
         [[query]]\nid = \"points\"\nsql = \"SELECT lon, lat, weight FROM points\"\n\
         [[query]]\nid = \"areas\"\nsql = \"SELECT area, value FROM areas\"\n\
         [[scene]]\nid = \"day\"\nwall = \"w\"\n[[scene.window]]\nwidget = \"map\"\ntitle = \"网格态势\"\nlegend = \"事件数\"\n\
         text_px = 24\nrect_px = [0, 0, {width}, {height}]\nlayers = [{{ areas = \"grid.geojson\", query = \"areas\" }}, \
         {{ points = \"points\", color = \"accent\", cluster = {cluster}, size_px = 8 }}]\n"
    )
}

/// The map as the wall's plan has it with these answers.
fn solved(layout: &Layout, points: &Arc<Table>, areas: &Arc<Table>) -> Measured<Arc<Raster>> {
    let now = WallTime(1_795_401_127_000_000_000);
    let answer = |table: &Arc<Table>| Answer {
        table: Arc::clone(table),
        as_of: Some(now),
        promise: Duration::from_secs(3600),
        fault: None,
    };
    let answers =
        Answers::from([(QueryId::new("points")?, answer(points)), (QueryId::new("areas")?, answer(areas))]);
    let on_air = OnAir::still(SceneId::new("day")?);
    let (screen, states) = (ScreenId::new("s1")?, SourceStates::new());
    let plan = solve_screen(layout, &screen, &on_air, CanvasFrame(0), now, &states, &answers, None);
    let rasters = plan.into_iter().flat_map(|plan| plan.draws).filter_map(|draw| match draw.content {
        Content::Raster(raster) => Some(raster),
        _ => None,
    });
    let map = rasters.into_iter().find(|raster| matches!(**raster, Raster::Widget(_)));
    Ok(map.ok_or("the plan has no map")?)
}
