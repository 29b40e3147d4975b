//! What is measured on the network ladder: streams of 4 Mbit/s over bad links.

use super::{Proofs, Row};
use crate::impair::{LinkSettings, Script};
use crate::ladder::{self, Course, Rig, Viewer};
use crate::stage::Place;
use std::time::Duration;

/// A picture that comes later than this is of no use to the wall.
const LATEST_MS: f64 = 250.0;
/// What a connection may need to find its feet before it is measured.
const SETTLE: Duration = Duration::from_secs(3);
/// How long steady links are measured: 1,000 pictures.
const STEADY: Duration = Duration::from_secs(40);
const SEED: u64 = 20_261_124;

/// Links, and the per cent of pictures that must be decodable in time.
const STEADY_LINKS: [(&str, f64); 6] = [
    ("lan", 99.9),
    ("lan-jitter", 99.9),
    ("loss-1", 99.9),
    ("loss-2", 99.9),
    ("loss-5", 99.9),
    ("burst-10", 99.0),
];

/// Every rung of the ladder.
pub fn ladder(_: &Proofs) -> Vec<Row> {
    let mut rows = Vec::new();
    let rungs: [(&str, Rung); 1] = [("steady", steady)];
    for (name, rung) in rungs {
        rows.extend(climb(name, rung).unwrap_or_else(|why| vec![Row::broken(name, "measured", why)]));
    }
    rows
}

type Rung = fn(&mut Rig) -> Result<Vec<Row>, String>;

fn climb(name: &str, rung: Rung) -> Result<Vec<Row>, String> {
    let place = Place::of_this_program(&format!("prove-ladder-{name}")).map_err(|error| error.to_string())?;
    let mut rig = Rig::start(&place, 1, &mut |words| eprintln!("   {words}"))?;
    rung(&mut rig)
}

fn link(name: &str) -> Result<LinkSettings, String> {
    LinkSettings::named(name).ok_or_else(|| format!("there is no link {name}"))
}

/// One stream over links that stay as they are, all at the same time.
fn steady(rig: &mut Rig) -> Result<Vec<Row>, String> {
    let mut viewers = Vec::new();
    for (index, (name, _)) in STEADY_LINKS.iter().enumerate() {
        viewers.push(rig.viewer(name, Script::steady(link(name)?), SEED + index as u64, &[(0, 0)])?);
    }
    let mut lossy = link("loss-5")?;
    lossy.down.loss = 0.4;
    viewers.push(rig.viewer("loss-40", Script::steady(lossy), SEED, &[(0, 0)])?);
    rig.wait_for_streams(&mut viewers)?;
    rig.pass(SETTLE, &mut viewers)?;
    let from = ladder::now();
    rig.pass(STEADY, &mut viewers)?;
    let to = ladder::now();
    rig.pass(Duration::from_secs(1), &mut viewers)?;
    let mut rows = Vec::new();
    for viewer in &viewers {
        let bar = STEADY_LINKS.iter().find(|(name, _)| *name == viewer.name()).map_or(99.0, |(_, bar)| *bar);
        rows.push(judge_steady(viewer, &rig.history(viewer, 0)?.between(from, to), bar));
        eprintln!("   {}: {:?}", viewer.name(), viewer.counts());
    }
    Ok(rows)
}

fn judge_steady(viewer: &Viewer, course: &Course, bar: f64) -> Row {
    let figure = format!(
        "{:.2} % of {} in time, {:.2} % decodable, p50 {:.0} p99 {:.0} max {:.0} ms",
        course.within(LATEST_MS) * 100.0,
        course.count(),
        course.decodable() * 100.0,
        course.percentile(50.0),
        course.percentile(99.0),
        course.percentile(100.0),
    );
    let holds = course.count() >= 900 && course.within(LATEST_MS) * 100.0 >= bar;
    Row::new(&format!("ladder: {}", viewer.name()), figure, &format!("≥ {bar} % inside 250 ms"), holds)
}
