//! What is measured on running halls: the demo's report, every protocol, cameras that break.

use super::{Proofs, Row};
use crate::demo::{Demo, Options};
use crate::faults::{self, NEIGHBOURS, Outcome, VICTIMS};
use crate::stage::{Camera, Grid, Place, Stage, TICK_HZ};
use crate::watch::now_ns;
use crate::{cameras, peers};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// Seconds for which the demo's wall is measured.
const DEMO_S: u64 = 30;

/// The demo: every source live, its frame rate, ticks presented, ages.
pub fn demo(proofs: &Proofs) -> Vec<Row> {
    let mut rows = match run_demo(&proofs.taibai, false) {
        Ok(report) => judge_demo("demo", &report),
        Err(why) => vec![Row::broken("demo", "runs", why)],
    };
    let noticed =
        run_demo(&proofs.taibai, true).map(|report| judge_demo("demo", &report).iter().any(|row| !row.holds));
    rows.push(Row::planted("demo", "the RTSP server is killed half way", noticed.unwrap_or(false)));
    rows
}

fn run_demo(taibai: &Path, plant: bool) -> Result<Value, String> {
    let words = |error: std::io::Error| error.to_string();
    let seconds = if plant { DEMO_S / 2 } else { DEMO_S };
    let options = Options { headless: true, seconds: Some(seconds), district: false, tapped: false };
    let mut say = |line: &str| eprintln!("   {line}");
    let mut demo = Demo::start(&options, taibai, &mut say).map_err(words)?;
    demo.wait_until_ready(&mut say).map_err(words)?;
    for tenth in 0..seconds * 10 {
        demo.tend().map_err(words)?;
        if plant && tenth == seconds * 5 {
            demo.kill_peer("rtsp");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let report = demo.report_path();
    demo.finish(&mut say).map_err(words)?;
    let text = std::fs::read_to_string(report).map_err(words)?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn list(report: &Value, key: &str) -> Vec<Value> {
    report[key].as_array().cloned().unwrap_or_default()
}

fn name(row: &Value) -> String {
    row["source"].as_str().unwrap_or_default().to_owned()
}

/// Whether every source that a demo's wall shows is live. What no window shows is not read, so the figure says how many of the
/// hall's sources that leaves.
pub(super) fn judge_sources(of: &str, report: &Value) -> Row {
    let rows = list(report, "sources");
    let names: BTreeSet<String> = rows.iter().map(name).collect();
    let dark: BTreeSet<String> = rows.iter().filter(|row| row["state"] != "live").map(name).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/hall.toml");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let in_hall = layouts::parse(&text, "hall.toml").map_or(0, |layout| layout.sources().count());
    let live = names.len() - dark.len();
    let figure = format!("{live} of {}; the hall has {in_hall}", names.len());
    Row::new(
        &format!("{of}: sources on the wall live"),
        figure,
        "all, at least 12",
        dark.is_empty() && names.len() >= 12,
    )
}

/// What a demo's report promises.
pub(super) fn judge_demo(of: &str, report: &Value) -> Vec<Row> {
    let (sources, screens) = (list(report, "sources"), list(report, "screens"));
    let still = |row: &Value| name(row) == "map";
    let worst_rate = sources.iter().filter(|row| !still(row)).map(|row| {
        let fps = peers::demo_fps(&name(row));
        ((row["fps"].as_f64().unwrap_or(0.0) - fps).abs() / fps * 100.0, name(row))
    });
    let worst_rate = worst_rate.fold((0.0, String::new()), |a, b| if b.0 > a.0 { b } else { a });
    let worst_screen = screens.iter().map(|row| {
        let count = |key: &str| row[key].as_u64().unwrap_or(0);
        let share = count("presented") as f64 * 100.0 / count("ticks").max(1) as f64;
        (share, row["screen"].as_str().unwrap_or_default().to_owned())
    });
    let worst_screen = worst_screen.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
    let aged = sources.iter().filter(|row| !still(row));
    let oldest =
        aged.map(|row| (row["age_p95_ms"].as_u64().unwrap_or(u64::MAX), name(row))).max().unwrap_or_default();
    let any = !sources.is_empty();
    vec![
        judge_sources(of, report),
        Row::new(
            &format!("{of}: frame rate off by"),
            format!("{:.1} % ({})", worst_rate.0, worst_rate.1),
            "≤ 2 %",
            any && worst_rate.0 <= 2.0,
        ),
        Row::new(
            &format!("{of}: ticks presented"),
            format!("{:.2} % ({}, the worst of {} screens)", worst_screen.0, worst_screen.1, screens.len()),
            "≥ 99 % on each screen",
            worst_screen.0 >= 99.0,
        ),
        Row::new(
            &format!("{of}: oldest age p95"),
            format!("{} ms ({})", oldest.0, oldest.1),
            "≤ 500 ms",
            any && oldest.0 <= 500,
        ),
    ]
}

/// Every protocol with every codec: its counter through QUIC to the pixels.
pub fn protocols(_: &Proofs) -> Vec<Row> {
    match watch_protocols() {
        Ok(rows) => rows,
        Err(why) => vec![Row::broken("protocols", "every counter comes through", why)],
    }
}

fn watch_protocols() -> Result<Vec<Row>, String> {
    let place = Place::of_this_program("prove-protocols").map_err(|error| error.to_string())?;
    let cameras = cameras::every_protocol(&place).map_err(|error| error.to_string())?;
    let grid = Grid { columns: 5, window: (256, 144) };
    let mut stage = Stage::start(&place, grid, &cameras).map_err(|error| error.to_string())?;
    stage.wait_until_all_show(Duration::from_secs(60))?;
    // Jitter buffers find their depth before the measurement begins.
    stage.watch_for(Duration::from_secs(4))?;
    let from = now_ns();
    stage.watch_for(Duration::from_secs(20))?;
    let mut rows: Vec<Row> = cameras.iter().map(|camera| judge_course(&stage, camera, from)).collect();
    let from = now_ns();
    if let Some(peer) = stage.peers.get_mut("rtp-h264") {
        peer.freeze();
    }
    stage.watch_for(Duration::from_secs(4))?;
    let noticed = cameras
        .iter()
        .filter(|camera| camera.id == "rtp-h264")
        .any(|camera| !judge_course(&stage, camera, from).holds);
    if let Some(peer) = stage.peers.get_mut("rtp-h264") {
        peer.thaw();
    }
    rows.push(Row::planted("protocols", "one camera stands still", noticed));
    Ok(rows)
}

fn judge_course(stage: &Stage, camera: &Camera, from_ns: u128) -> Row {
    let line = format!("protocol: {}", camera.id);
    let Some(course) = stage.watch.course(camera.id, from_ns) else {
        return Row::broken(&line, "a counter", "no such window");
    };
    let still = camera.is_still();
    let beyond = if still { 0 } else { course.repeats_beyond_ratio(camera.clip.fps, TICK_HZ) };
    let figure = format!(
        "{} ticks, {} unreadable, {} back, {} repeats beyond the ratio, {} skipped",
        course.ticks, course.unreadable, course.backwards, beyond, course.skipped
    );
    // A camera and a wall that both count 25 a second have no common beat: one slip in five seconds is the beat itself.
    let slips = course.ticks / (5 * TICK_HZ);
    let holds =
        course.ticks >= 4 * TICK_HZ / 2 && course.unreadable == 0 && course.backwards == 0 && beyond <= slips;
    Row::new(&line, figure, &format!("0 unreadable, 0 back, ≤ {slips} repeats beyond"), holds)
}

/// Cameras that are killed, hang, or send garbage.
pub fn faults(_: &Proofs) -> Vec<Row> {
    let play = |name: &str, plant| {
        let place = Place::of_this_program(name).map_err(|error| error.to_string())?;
        faults::play(&place, plant)
    };
    let mut rows = match play("prove-faults", false) {
        Ok(outcome) => judge_faults(&outcome),
        Err(why) => vec![Row::broken("faults", "marked, card, live again", why)],
    };
    let noticed =
        play("prove-faults-planted", true).map(|outcome| judge_faults(&outcome).iter().any(|row| !row.holds));
    rows.push(Row::planted("faults", "a neighbour is killed too", noticed.unwrap_or(false)));
    rows
}

fn judge_faults(outcome: &Outcome) -> Vec<Row> {
    let mut rows = Vec::new();
    let ms = |time: Option<u64>| time.map_or("never".into(), |ms| format!("{ms} ms"));
    for (id, times) in VICTIMS.iter().zip(&outcome.victims) {
        let marked = times.marked_ms.is_some_and(|ms| ms <= 1_000);
        rows.push(Row::new(&format!("camera {id}: marked after"), ms(times.marked_ms), "≤ 1000 ms", marked));
        // A tick of 40 ms on either side, and what the wall's latency holds back.
        let card = times.card_ms.is_some_and(|ms| (4_500..=5_300).contains(&ms));
        rows.push(Row::new(&format!("camera {id}: card after"), ms(times.card_ms), "5000 ms ± 500", card));
        let live = times.live_ms.is_some_and(|ms| ms <= 3_000);
        rows.push(Row::new(
            &format!("camera {id}: live again after"),
            ms(times.live_ms),
            "≤ 2000 ms + GOP 1000 ms",
            live,
        ));
    }
    for (id, course) in NEIGHBOURS.iter().zip(&outcome.neighbours) {
        let figure =
            format!("{} lost, {} unreadable in {} ticks", course.skipped, course.unreadable, course.ticks);
        let holds =
            course.skipped == 0 && course.unreadable == 0 && course.backwards == 0 && course.ticks > 0;
        rows.push(Row::new(&format!("camera {id}: frames"), figure, "none lost", holds));
    }
    rows
}
