//! What is measured on the network ladder: streams of 4 Mbit/s over bad links.

use super::{Proofs, Row};
use crate::impair::{LinkSettings, Script};
use crate::ladder::{self, Course, History, Rig};
use crate::stage::Place;
use std::time::Duration;

/// A picture that comes later than this is of no use to the wall.
const LATEST_MS: f64 = 250.0;
/// What the largest window may need on a full link.
const LATEST_TOP_MS: f64 = 300.0;
/// No picture of a link that is as it was before is older; ten times what is usual, for a busy machine.
const NORMAL_MS: f64 = 100.0;
/// What a connection may need to find its feet before it is measured.
const SETTLE: Duration = Duration::from_secs(3);
/// How long links are measured that stay as they are: 1,000 pictures.
const STEADY: Duration = Duration::from_secs(40);
/// How long a link is watched before and after a disturbance.
const BEFORE: Duration = Duration::from_secs(5);
const AFTER: Duration = Duration::from_secs(12);
const SEED: u64 = 20_261_124;

/// Links, and the per cent of pictures that must be decodable in time.
const STEADY_LINKS: [(&str, f64); 7] = [
    ("lan", 99.9),
    ("lan-jitter", 99.9),
    ("reorder", 99.9),
    ("loss-1", 99.9),
    ("loss-2", 99.9),
    ("loss-5", 99.9),
    ("burst-10", 99.0),
];

/// What becomes of a link for how many seconds.
const DISTURBANCES: [(&str, u64); 3] = [("outage", 1), ("outage", 3), ("narrow", 5)];

/// Streams on the full link: 12 Mbit/s where 7.2 Mbit/s go.
const CROWD: usize = 3;
const CROWDED_BITS_PER_S: u64 = 7_200_000;

type Rung = fn(&mut Rig) -> Result<Vec<Row>, String>;

/// One stream over links that stay as they are.
pub fn steady(_: &Proofs) -> Vec<Row> {
    climb("steady", 1, steady_links)
}

/// One stream over links that are disturbed for a while.
pub fn disturbed(_: &Proofs) -> Vec<Row> {
    climb("disturbed", 1, disturbances)
}

/// More streams than a link carries.
pub fn crowded(_: &Proofs) -> Vec<Row> {
    climb("crowded", CROWD, crowd)
}

fn climb(name: &str, streams: usize, rung: Rung) -> Vec<Row> {
    let climbed = || {
        let place =
            Place::of_this_program(&format!("prove-ladder-{name}")).map_err(|error| error.to_string())?;
        let mut rig = Rig::start(&place, streams, &mut |words| eprintln!("   {words}"))?;
        let mut rows = rung(&mut rig)?;
        rows.iter_mut().for_each(|row| row.line = format!("ladder, {}: {}", rig.described(), row.line));
        Ok::<_, String>(rows)
    };
    climbed().unwrap_or_else(|why| vec![Row::broken(&format!("ladder: {name}"), "measured", why)])
}

fn link(name: &str) -> Result<LinkSettings, String> {
    LinkSettings::named(name).ok_or_else(|| format!("there is no link {name}"))
}

/// Whether a row that was measured with a planted fault falls short, as it must.
fn planted(line: &str, fault: &str, row: &Row) -> Row {
    eprintln!("   planted in {line}, {fault}: {}", row.figure);
    Row::planted(line, fault, !row.holds)
}

/// All links at the same time.
fn steady_links(rig: &mut Rig) -> Result<Vec<Row>, String> {
    let mut viewers = Vec::new();
    for (index, (name, _)) in STEADY_LINKS.iter().enumerate() {
        viewers.push(rig.viewer(name, Script::steady(link(name)?), SEED + index as u64, &[(0, 0)])?);
    }
    let mut lossy = link("loss-5")?;
    lossy.down.loss = 0.6;
    viewers.push(rig.viewer("planted", Script::steady(lossy), SEED, &[(0, 0)])?);
    rig.wait_for_streams(&mut viewers)?;
    rig.pass(SETTLE, &mut viewers)?;
    let from = ladder::now();
    rig.pass(STEADY, &mut viewers)?;
    let to = ladder::now();
    rig.pass(Duration::from_secs(1), &mut viewers)?;
    let mut rows = Vec::new();
    for ((name, bar), viewer) in STEADY_LINKS.iter().zip(&viewers) {
        eprintln!("   {name}: {:?}", viewer.counts());
        rows.push(judge_steady(name, *bar, &rig.history(viewer, 0)?.between(from, to)));
    }
    if let Some(viewer) = viewers.last() {
        let row = judge_steady("planted", 99.0, &rig.history(viewer, 0)?.between(from, to));
        rows.push(planted("ladder", "60 % of the packets are lost", &row));
    }
    Ok(rows)
}

fn judge_steady(name: &str, bar: f64, course: &Course) -> Row {
    let in_time = course.within(LATEST_MS) * 100.0;
    let figure = format!("{in_time:.2} % of {} in time, {}", course.count(), described(course));
    let holds = course.count() >= 900 && in_time >= bar;
    Row::new(name, figure, &format!("≥ {bar} % decodable inside 250 ms"), holds)
}

fn described(course: &Course) -> String {
    let [p50, p99, max] = [50.0, 99.0, 100.0].map(|percent| course.percentile(percent));
    format!("{:.2} % decodable, age p50 {p50:.0} p99 {p99:.0} max {max:.0} ms", course.decodable() * 100.0)
}

/// All disturbances at the same time.
fn disturbances(rig: &mut Rig) -> Result<Vec<Row>, String> {
    let good = link("wan-20")?;
    let mut longer = good;
    longer.down.delay += Duration::from_millis(200);
    // The last one is planted: nothing is lost, but the link stays longer than it was.
    let mut cases = vec![("a longer way for ever".to_owned(), longer, longer, Duration::from_secs(1))];
    for (name, seconds) in DISTURBANCES {
        cases.insert(0, (format!("{name} of {seconds} s"), link(name)?, good, Duration::from_secs(seconds)));
    }
    let mut viewers = Vec::new();
    for (index, (name, ..)) in cases.iter().enumerate() {
        viewers.push(rig.viewer(name, Script::steady(good), SEED + index as u64, &[(0, 0)])?);
    }
    rig.wait_for_streams(&mut viewers)?;
    rig.pass(SETTLE, &mut viewers)?;
    let from = ladder::now();
    rig.pass(BEFORE, &mut viewers)?;
    let begin = ladder::now();
    for ((_, during, after, time), viewer) in cases.iter().zip(&viewers) {
        viewer.play(Script::steady(*during).at(*time, *after));
    }
    let longest = cases.iter().map(|(.., time)| *time).max().unwrap_or_default();
    rig.pass(longest + AFTER, &mut viewers)?;
    let mut rows = Vec::new();
    for ((name, _, after, time), viewer) in cases.iter().zip(&viewers) {
        eprintln!("   {name}: {:?}", viewer.counts());
        let end = begin + i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        let row = judge_disturbed(name, &rig.history(viewer, 0)?, from, begin, end);
        rows.push(if *after == good { row } else { planted("ladder", name, &row) });
    }
    Ok(rows)
}

fn judge_disturbed(name: &str, history: &History, from: i64, begin: i64, end: i64) -> Row {
    let back = history.back_after(end, NORMAL_MS);
    let before = history.between(from, begin).percentile(50.0);
    // The last pictures may still be under way.
    let after = history.last(4).percentile(50.0);
    let words = back.map_or("never".to_owned(), |back| format!("{} ms", back.as_millis()));
    let figure = format!("after {words}; age p50 {before:.0} ms before, {after:.0} ms at the end");
    let holds = back.is_some_and(|back| back <= Duration::from_secs(2)) && after <= before + 20.0;
    Row::new(&format!("back after {name}"), figure, "≤ 2 s, and no older than before", holds)
}

/// The largest window keeps its pictures, the smallest loses first.
fn crowd(rig: &mut Rig) -> Result<Vec<Row>, String> {
    let narrow = link("wan-20")?.narrowed(CROWDED_BITS_PER_S);
    let ranked: Vec<_> = (0..CROWD).map(|number| (number, number)).collect();
    let turned: Vec<_> = (0..CROWD).map(|number| (number, CROWD - number)).collect();
    let mut viewers = vec![
        rig.viewer("ranked", Script::steady(narrow), SEED, &ranked)?,
        rig.viewer("turned", Script::steady(narrow), SEED, &turned)?,
    ];
    rig.pass(SETTLE * 2, &mut viewers)?;
    let from = ladder::now();
    rig.pass(STEADY, &mut viewers)?;
    let to = ladder::now();
    rig.pass(Duration::from_secs(1), &mut viewers)?;
    let mut judged = Vec::new();
    for viewer in &viewers {
        eprintln!("   {}: {:?}", viewer.name(), viewer.counts());
        let course = |number| Ok::<_, String>(rig.history(viewer, number)?.between(from, to));
        let courses: Vec<Course> = (0..CROWD).rev().map(course).collect::<Result<_, _>>()?;
        courses.iter().for_each(|course| eprintln!("      {}", described(course)));
        judged.push(judge_crowded(&courses));
    }
    let fault = "the largest window has the lowest rank";
    let noticed = judged.pop().map(|rows| rows.iter().any(|row| !row.holds));
    let mut rows = judged.pop().unwrap_or_default();
    rows.push(Row::planted("ladder", fault, noticed.unwrap_or(false)));
    Ok(rows)
}

/// `courses` from the largest window to the smallest.
fn judge_crowded(courses: &[Course]) -> Vec<Row> {
    let line = format!("{CROWD} streams over {:.1} Mbit/s", CROWDED_BITS_PER_S as f64 / 1e6);
    let top = courses.first().cloned().unwrap_or_default();
    let p99 = top.percentile(99.0);
    let shares: Vec<f64> = courses.iter().map(|course| course.within(LATEST_TOP_MS)).collect();
    let words: Vec<String> = shares.iter().map(|share| format!("{:.0} %", share * 100.0)).collect();
    let dropped_by_rank =
        shares.is_sorted_by(|larger, smaller| larger >= smaller) && shares.last() < shares.first();
    vec![
        Row::new(
            &format!("{line}: the largest window"),
            format!("p99 {p99:.0} ms, {}", described(&top)),
            "p99 ≤ 300 ms",
            top.count() >= 900 && p99 <= LATEST_TOP_MS,
        ),
        Row::new(
            &format!("{line}: in time by size"),
            words.join(", "),
            "none less than a smaller one",
            dropped_by_rank,
        ),
    ]
}
