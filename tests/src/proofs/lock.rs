//! The promises of the frame-lock, measured on eight display processes: the same frame on every tile, scenes that
//! change as one, clocks that agree, an audit that says what the pixels say.

use super::{Proofs, Row};
use crate::impair::LinkSettings;
use crate::lock::{Agreement, LockHall, LockOptions, SCENES, Scenes, TICK_HZ, Timing, node};
use crate::stage::Place;
use crate::watch::now_ns;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Display processes.
const NODES: u32 = 8;
/// Ticks that are compared.
const TICKS: u64 = 2_000;
/// What a hall gets to find its rhythm before it is measured.
const SETTLE: Duration = Duration::from_secs(8);
/// How far each machine's clock runs wrong where clocks drift, in parts per million; every second one the other way.
const DRIFT_PPM: i32 = 40;
/// The node with a planted fault.
const FAULTY: u32 = 2;
/// How long clocks are watched on each link.
const CLOCKS_S: u64 = 40;
/// Changes of scenes on each link.
const CHANGES: usize = 200;
/// A change gets so long: nodes prepare for up to 2 s, and the switch is announced 0.3 s ahead.
const CHANGE_WITHIN: Duration = Duration::from_secs(4);

type Measured = Result<Vec<Row>, String>;

fn rows(line: &str, bar: &str, measured: Measured) -> Vec<Row> {
    measured.unwrap_or_else(|why| vec![Row::broken(line, bar, why)])
}

fn link(name: &str) -> Result<Option<LinkSettings>, String> {
    LinkSettings::named(name).map(Some).ok_or_else(|| format!("there is no link {name}"))
}

/// Options for `nodes` nodes whose clocks drift, with more faults for some of them.
fn drifting(nodes: u32, link: Option<LinkSettings>, faults: &[(u32, &str)]) -> LockOptions {
    let mut arguments = BTreeMap::new();
    for index in 0..nodes {
        let ppm = if index % 2 == 0 { DRIFT_PPM } else { -DRIFT_PPM };
        let mut words = format!("clock-ppm={ppm}");
        for (_, fault) in faults.iter().filter(|(faulty, _)| *faulty == index) {
            words += &format!(",{fault}");
        }
        arguments.insert(node(index), vec!["--rehearse".to_owned(), words]);
    }
    LockOptions { nodes, link, arguments, ..LockOptions::default() }
}

fn begun(name: &str, options: &LockOptions) -> Result<LockHall, String> {
    let place = Place::of_this_program(name).map_err(|error| error.to_string())?;
    LockHall::start(&place, options).map_err(|error| error.to_string())
}

fn started(name: &str, options: &LockOptions) -> Result<LockHall, String> {
    let mut hall = begun(name, options)?;
    hall.wait_until_all_show(Duration::from_secs(60))?;
    hall.watch_for(SETTLE)?;
    Ok(hall)
}

/// Eight nodes, three live cameras over all of them, on this machine's own network.
pub fn lock(_: &Proofs) -> Vec<Row> {
    let measured = || {
        let options = LockOptions { nodes: NODES, ..LockOptions::default() };
        let mut hall = started("prove-lock", &options)?;
        let from = now_ns();
        let mut rows = judge_frames("lock", &mut hall, from)?;
        let timing = hall.stop(from).map_err(|error| error.to_string())?;
        rows.push(judge_clocks("loopback", &timing, 250));
        Ok(rows)
    };
    rows("lock", "0 differing frames", measured())
}

/// When eight processes call for presentation.
pub fn skew(_: &Proofs) -> Vec<Row> {
    let watched = |name: &str, arguments| {
        let options = LockOptions { nodes: NODES, unwatched: true, arguments, ..LockOptions::default() };
        let mut hall = started(name, &options)?;
        let from = now_ns();
        hall.watch_for(Duration::from_secs(CLOCKS_S))?;
        let timing = hall.stop(from).map_err(|error| error.to_string())?;
        Ok::<_, String>(judge_skew(&timing))
    };
    let measured = || {
        let mut rows = vec![watched("prove-skew", BTreeMap::new())?];
        let late = ["--rehearse", "clock-offset-us=2000", "--clock", "system"].map(str::to_owned);
        let row = watched("prove-skew-planted", [(node(FAULTY), late.to_vec())].into())?;
        rows.push(Row::planted(
            "present calls",
            "a node's clock is 2 ms ahead and it believes it",
            !row.holds,
        ));
        Ok(rows)
    };
    rows("present calls apart", "p50 ≤ 150 µs", measured())
}

/// The same with clocks that drift and a link that jitters; then with a node that lags.
pub fn drift(_: &Proofs) -> Vec<Row> {
    let measured = || {
        let jitter = link("lan-jitter")?;
        let mut hall = started("prove-drift", &drifting(NODES, jitter, &[]))?;
        let mut rows = judge_frames("drift ± 40 ppm, 5 ± 2 ms", &mut hall, now_ns())?;
        drop(hall);
        let mut hall = begun("prove-lag", &drifting(NODES, jitter, &[(FAULTY, "lag-ticks=1")]))?;
        rows.extend(judge_lag(&mut hall)?);
        Ok(rows)
    };
    rows("drift", "0 differing frames", measured())
}

fn judge_frames(line: &str, hall: &mut LockHall, from: u128) -> Measured {
    let seconds = TICKS / u64::from(TICK_HZ) + 2;
    let audit = hall.begin_audit(seconds).map_err(|error| error.to_string())?;
    hall.watch_for(Duration::from_secs(seconds + 2))?;
    let report = audit.finish().map_err(|error| format!("taibai audit: {error}"))?;
    let agreement = Agreement::of(&hall.watches, SCENES[0], from);
    for (tick, window, frames) in agreement.differing.iter().take(5) {
        eprintln!("   {line}: tick {tick} {window}: {frames:?}");
    }
    let mut rows = judge_agreement(line, &agreement);
    rows.push(judge_audit(line, &agreement, &report));
    Ok(rows)
}

fn judge_agreement(line: &str, agreement: &Agreement) -> Vec<Row> {
    let Agreement { ticks, compared, differing, unreadable, missing, expected } = agreement;
    let missed = *missing as f64 * 100.0 / (*expected).max(1) as f64;
    vec![
        Row::new(
            &format!("{line}: differing frames"),
            format!(
                "{} of {compared} comparisons in {ticks} ticks, {unreadable} unreadable",
                differing.len()
            ),
            "0, in at least 2,000 ticks",
            differing.is_empty() && *ticks >= TICKS && *unreadable == 0,
        ),
        Row::new(
            &format!("{line}: missed ticks"),
            format!("{missed:.2} % of {expected}"),
            "≤ 1 %",
            *expected > 0 && missed <= 1.0,
        ),
    ]
}

/// Which nodes differed on which ticks.
type Apart = BTreeSet<(u64, String)>;

/// What the audit's report says of the ticks from `first` to `last`.
fn apart_by_audit(report: &Value, first: u64, last: u64) -> Apart {
    let walls = report["walls"].as_array().into_iter().flatten();
    let differences = walls.flat_map(|wall| wall["differences"].as_array().into_iter().flatten());
    let who =
        |difference: &Value| Some((difference["tick"].as_u64()?, difference["node"].as_str()?.to_owned()));
    differences.filter_map(who).filter(|(tick, _)| (first..=last).contains(tick)).collect()
}

/// What the pixels say: who did not show the frame that most showed.
fn apart_by_pixels(agreement: &Agreement, first: u64, last: u64) -> Apart {
    let mut apart = Apart::new();
    for (tick, _, frames) in agreement.differing.iter().filter(|(tick, ..)| (first..=last).contains(tick)) {
        let votes = |frame: &u32| frames.values().filter(|other| *other == frame).count();
        let most = frames.values().max_by_key(|frame| votes(frame));
        let others = frames.iter().filter(|(_, frame)| Some(*frame) != most);
        apart.extend(others.map(|(index, _)| (*tick, node(*index as u32))));
    }
    apart
}

/// The ticks that an audit's report covers for certain: not those at its ends, which it may know in part.
fn audited_ticks(report: &Value) -> (u64, u64) {
    let tick = |key: &str| {
        let tick = u128::from(report[key].as_u64().unwrap_or(0)) * u128::from(TICK_HZ) / 1_000_000_000;
        u64::try_from(tick).unwrap_or(0)
    };
    (tick("from") + u64::from(TICK_HZ), tick("to").saturating_sub(2 * u64::from(TICK_HZ)))
}

fn judge_audit(line: &str, agreement: &Agreement, report: &Value) -> Row {
    let (first, last) = audited_ticks(report);
    let (pixels, audit) = (apart_by_pixels(agreement, first, last), apart_by_audit(report, first, last));
    let compared: u64 = report["walls"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|wall| wall["compared_ticks"].as_u64())
        .sum();
    let unlike = pixels.symmetric_difference(&audit).count();
    for (tick, who) in pixels.symmetric_difference(&audit).take(5) {
        eprintln!("   {line}: tick {tick}: only one of audit and pixels says that {who} differed");
    }
    Row::new(
        &format!("{line}: the audit says what the pixels say"),
        format!(
            "{} differing by pixels, {} by the audit, {unlike} unlike; {compared} ticks compared, complete {}",
            pixels.len(),
            audit.len(),
            report["complete"]
        ),
        "0 unlike",
        unlike == 0 && report["complete"] == true && compared >= (last - first) * 99 / 100 && compared > 0,
    )
}

/// A node lags by a tick from the start: the audit names it within a second of the first tick on which pixels show it.
fn judge_lag(hall: &mut LockHall) -> Measured {
    let faulty = node(FAULTY);
    let begin = Instant::now();
    let mut named = None;
    while named.is_none() && begin.elapsed() < Duration::from_secs(60) {
        hall.watch_for(Duration::from_millis(40))?;
        let sync = hall.sync().map_err(|error| error.to_string())?;
        let words = sync["alarms"].as_array().into_iter().flatten();
        let mut words = words.filter(|alarm| alarm["code"] == "wrong_frame" && alarm["node"] == *faulty);
        named = words.next().map(|alarm| (now_ns(), alarm["words"]["en"].to_string()));
    }
    let (at, words) = named.ok_or("the audit never named the node that lags")?;
    // What was shown before it was named may still be on its way to the watches.
    hall.watch_for(SETTLE)?;
    let from = now_ns();
    let seen = Agreement::of(&hall.watches, SCENES[0], 0);
    let lagged = |frames: &BTreeMap<usize, u32>| {
        let own = frames.get(&(FAULTY as usize));
        let others: BTreeSet<u32> =
            frames.iter().filter(|(index, _)| **index != FAULTY as usize).map(|(_, frame)| *frame).collect();
        own.is_some_and(|own| others.len() == 1 && !others.contains(own))
    };
    let first = seen.differing.iter().find(|(.., frames)| lagged(frames)).map(|(tick, ..)| *tick);
    let first = first.ok_or("the pixels never showed the lag")?;
    let shown_ns = u128::from(first) * 1_000_000_000 / u128::from(TICK_HZ);
    let after_ms = at.saturating_sub(shown_ns) / 1_000_000;
    let audit = hall.begin_audit(20).map_err(|error| error.to_string())?;
    hall.watch_for(Duration::from_secs(22))?;
    let report = audit.finish().map_err(|error| format!("taibai audit: {error}"))?;
    let agreement = Agreement::of(&hall.watches, SCENES[0], from);
    Ok(vec![
        Row::new(
            "a node that lags one frame is named",
            format!("{after_ms} ms after the first tick that shows it: {words}"),
            "≤ 1000 ms",
            after_ms <= 1_000,
        ),
        judge_audit("a node that lags", &agreement, &report),
        Row::planted("lock", "a node lags one frame", !agreement.differing.is_empty()),
    ])
}

fn judge_clocks(line: &str, timing: &Timing, bar_us: u64) -> Row {
    let Timing { calls, error_ns_max, lies, bound_ns_max, .. } = timing;
    Row::new(
        &format!("clock error, {line}"),
        format!(
            "{:.0} µs at worst in {calls} readings, stated {:.0} µs at most, {lies} false bounds",
            *error_ns_max as f64 / 1e3,
            *bound_ns_max as f64 / 1e3
        ),
        &format!("≤ {bar_us} µs, the bound never lies"),
        *calls > 0 && *error_ns_max <= i128::from(bar_us) * 1000 && *lies == 0,
    )
}

fn judge_skew(timing: &Timing) -> Row {
    let [p50, p90, p99] = [50, 90, 99].map(|percent| timing.skew_us(percent).unwrap_or(f64::INFINITY));
    Row::new(
        &format!("present calls of {NODES} processes apart (benchmark)"),
        format!("p50 {p50:.0} µs, p90 {p90:.0} µs, p99 {p99:.0} µs of {} ticks", timing.skews_ns.len()),
        "p50 ≤ 150 µs, p90 ≤ 500 µs",
        p50 <= 150.0 && p90 <= 500.0,
    )
}

/// Clocks that drift, over links of three kinds.
pub fn clocks(_: &Proofs) -> Vec<Row> {
    let watched = |name: &str, bar_us: u64, faults: &[(u32, &str)], system: bool| {
        let mut options = drifting(NODES, link(name)?, faults);
        options.unwatched = true;
        if system {
            let arguments = options.arguments.entry(node(FAULTY)).or_default();
            arguments.extend(["--clock".to_owned(), "system".to_owned()]);
        }
        let mut hall = started(&format!("prove-clocks-{name}"), &options)?;
        let from = now_ns();
        hall.watch_for(Duration::from_secs(CLOCKS_S))?;
        let timing = hall.stop(from).map_err(|error| error.to_string())?;
        Ok::<_, String>(judge_clocks(&format!("{name}, ± {DRIFT_PPM} ppm"), &timing, bar_us))
    };
    let measured = || {
        let mut rows = Vec::new();
        for (name, bar_us) in [("lan", 250), ("lan-switch", 250), ("wan-20", 1_000)] {
            rows.push(watched(name, bar_us, &[], false)?);
        }
        let row = watched("lan-switch", 250, &[(FAULTY, "clock-offset-us=2000")], true)?;
        rows.push(Row::planted("clocks", "a node's own clock is 2 ms ahead and it believes it", !row.holds));
        Ok(rows)
    };
    rows("clock error", "≤ 250 µs", measured())
}

/// Twelve windows on eight nodes, changed again and again.
pub fn scenes(_: &Proofs) -> Vec<Row> {
    let changed = |link: Option<LinkSettings>, faults: &[(u32, &str)], changes: usize| {
        let name = format!("prove-scenes-{}-{}", link.is_some(), faults.len());
        let mut hall = started(&name, &drifting(NODES, link, faults))?;
        let from = now_ns();
        let mut slowest = Duration::ZERO;
        for turn in 0..changes {
            slowest = slowest.max(change(&mut hall, SCENES[1 + turn % 2])?);
        }
        hall.watch_for(Duration::from_secs(1))?;
        Ok::<_, String>((Scenes::of(&hall.watches, from), slowest))
    };
    let measured = || {
        let mut rows = Vec::new();
        for (line, link) in [("clean", None), ("2 % lost", link("loss-2")?)] {
            let (scenes, slowest) = changed(link, &[], CHANGES)?;
            rows.push(judge_scenes(&format!("scene changes, {line}"), &scenes, CHANGES as u64, slowest));
        }
        let (scenes, slowest) = changed(None, &[(FAULTY, "switch-late-ticks=1")], 10)?;
        let row = judge_scenes("planted", &scenes, 10, slowest);
        rows.push(Row::planted("scene changes", "a node switches one tick late", !row.holds));
        Ok(rows)
    };
    rows("scene changes", "0 torn ticks", measured())
}

/// Brings `scene` on all nodes. Gives how long that took.
fn change(hall: &mut LockHall, scene: &str) -> Result<Duration, String> {
    let begin = Instant::now();
    hall.cluster.show_scene(scene).map_err(|error| error.to_string())?;
    let prefix = format!("{scene}/");
    let shown = hall.watch_until(CHANGE_WITHIN, |watches| {
        watches.iter().all(|watch| {
            let mut windows = watch.windows().iter().filter(|window| window.name.starts_with(&prefix));
            windows.all(|window| watch.history(&window.name).last().is_some_and(|seen| seen.frame.is_some()))
        })
    })?;
    if shown {
        Ok(begin.elapsed())
    } else {
        Err(format!("{scene} was not on all nodes within {CHANGE_WITHIN:?}"))
    }
}

fn judge_scenes(line: &str, scenes: &Scenes, wanted: u64, slowest: Duration) -> Row {
    let Scenes { ticks, torn, changes, unclear } = scenes;
    if let Some(first) = torn.first() {
        eprintln!("   {line}: two scenes at once on tick {first}");
    }
    let figure = format!(
        "{} torn of {ticks} ticks in {changes} changes, {unclear} pictures unclear, slowest {} ms",
        torn.len(),
        slowest.as_millis()
    );
    // A picture that shows no scene whole cannot be told from a torn one.
    Row::new(
        line,
        figure,
        &format!("0 torn in {wanted} changes, none unclear"),
        torn.is_empty() && *changes >= wanted - 1 && *unclear == 0,
    )
}
