//! The promises of the frame-lock, measured on eight display processes: the same frame on every tile, scenes that
//! change as one, clocks that agree, an audit that says what the pixels say.

use super::{Proofs, Row};
use crate::lock::{Agreement, LockHall, LockOptions, SCENES, TICK_HZ};
use crate::stage::Place;
use crate::watch::now_ns;
use std::time::Duration;

/// Display processes.
const NODES: u32 = 8;
/// Ticks that are compared.
const TICKS: u64 = 2_000;
/// What a hall gets to find its rhythm before it is measured.
const SETTLE: Duration = Duration::from_secs(5);

fn started(name: &str, options: &LockOptions) -> Result<LockHall, String> {
    let place = Place::of_this_program(name).map_err(|error| error.to_string())?;
    let mut hall = LockHall::start(&place, options).map_err(|error| error.to_string())?;
    hall.wait_until_all_show(Duration::from_secs(60))?;
    hall.watch_for(SETTLE)?;
    Ok(hall)
}

/// Eight nodes, three live cameras over all of them.
pub fn lock(_: &Proofs) -> Vec<Row> {
    let measured = started("prove-lock", &LockOptions { nodes: NODES, ..LockOptions::default() })
        .and_then(|mut hall| judge_agreement("lock", &mut hall));
    measured.unwrap_or_else(|why| vec![Row::broken("lock", "0 differing frames", why)])
}

fn judge_agreement(line: &str, hall: &mut LockHall) -> Result<Vec<Row>, String> {
    let from = now_ns();
    hall.watch_for(Duration::from_secs(TICKS / u64::from(TICK_HZ) + 1))?;
    let agreement = Agreement::of(&hall.watches, SCENES[0], from);
    let Agreement { ticks, compared, differing, unreadable, missing, expected } = &agreement;
    for (tick, window, frames) in differing.iter().take(5) {
        eprintln!("   {line}: tick {tick} {window}: {frames:?}");
    }
    let missed = *missing as f64 * 100.0 / (*expected).max(1) as f64;
    Ok(vec![
        Row::new(
            &format!("{line}: differing frames"),
            format!(
                "{} of {compared} comparisons in {ticks} ticks, {unreadable} unreadable",
                differing.len()
            ),
            "0, in at least 2,000 ticks",
            differing.is_empty() && *ticks >= TICKS - 5 && *unreadable == 0,
        ),
        Row::new(
            &format!("{line}: missed ticks"),
            format!("{missed:.2} % of {expected}"),
            "≤ 1 %",
            missed <= 1.0,
        ),
    ])
}
