//! What is measured with the wall simulator: hours of walls under every fault, replays, planted faults.

use super::{Proofs, Row};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// Simulated hours of walls.
const WALL_HOURS: &str = "200";
/// Halls that are simulated twice.
const REPLAYS: u64 = 50;
/// Faults that must be noticed, and the words by which they are.
const PLANTED: [(&str, &str); 4] =
    [("lag", "apart"), ("deaf", "was not told to show"), ("early", "too early"), ("clock", "clock")];

fn wall(words: &[&str]) -> Result<(bool, String), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let program: PathBuf = program.with_file_name("wall");
    let output = Command::new(&program)
        .args(words)
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// Two hundred hours of walls, fifty halls twice, four planted faults.
pub fn simulator(_: &Proofs) -> Vec<Row> {
    measured().unwrap_or_else(|why| vec![Row::broken("simulator", "0 violations", why)])
}

fn measured() -> Result<Vec<Row>, String> {
    let replays = REPLAYS.to_string();
    let (_, text) = wall(&["all", "--wall-hours", WALL_HOURS, "--replays", &replays, "--json"])?;
    let summary: Value = serde_json::from_str(text.lines().last().unwrap_or_default())
        .map_err(|error| format!("the simulator said {text:?}: {error}"))?;
    let list = |key: &str| summary[key].as_array().cloned().unwrap_or_default();
    let number = |key: &str| summary[key].as_u64().unwrap_or(0);
    let (violations, unseen) = (list("violations"), list("unseen"));
    violations.iter().take(5).for_each(|what| eprintln!("   {what}"));
    unseen.iter().for_each(|what| eprintln!("   never seen: {what}"));
    let hours = summary["wall_hours"].as_f64().unwrap_or(0.0);
    let seen = summary["counters"].as_object().map_or(0, serde_json::Map::len);
    let mut rows = vec![
        Row::new(
            "simulator",
            format!("{hours:.0} wall-hours, {} violations, {} events", violations.len(), number("events")),
            "≥ 200 wall-hours, 0 violations",
            hours >= 200.0 && violations.is_empty() && number("events") > 0,
        ),
        Row::new(
            "simulator: faults and recoveries seen",
            format!("{seen} kinds counted, {} never seen", unseen.len()),
            "each at least once",
            seen > 0 && unseen.is_empty(),
        ),
        Row::new(
            "simulator: replays equal",
            format!("{} of {}", number("replays_equal"), number("replays")),
            "50 of 50",
            number("replays") >= REPLAYS && number("replays_equal") == number("replays"),
        ),
    ];
    for (fault, words) in PLANTED {
        let (holds, said) = wall(&["run", "3", "--minutes", "3", "--planted", fault])?;
        rows.push(Row::planted("simulator", fault, !holds && said.contains(words)));
    }
    Ok(rows)
}
