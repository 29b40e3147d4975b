//! What is measured by running commands: the bench, `.ci/run`, the fresh clone.

use super::live::{judge_demo, judge_sources};
use super::{Proofs, Row};
use serde_json::Value;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `taibai bench compose`: the ratio to libavfilter.
pub fn bench(proofs: &Proofs) -> Vec<Row> {
    let line = "bench compose against libavfilter";
    let json = root().join("target/bench-compose.json");
    let _ = fs::remove_file(&json);
    let run = Command::new(&proofs.taibai).args(["bench", "compose", "--json"]).arg(&json).output();
    let text = fs::read_to_string(&json).unwrap_or_default();
    let Ok(figures) = serde_json::from_str::<Value>(&text) else {
        let why = run.map(|output| String::from_utf8_lossy(&output.stderr).trim().to_owned());
        return vec![Row::broken(
            line,
            "mean ≤ 0.6, none > 1.5",
            why.unwrap_or_else(|error| error.to_string()),
        )];
    };
    let cases = figures["cases"].as_array().cloned().unwrap_or_default();
    let ratios = |times: f64| -> Vec<f64> {
        cases
            .iter()
            .filter_map(|case| Some(case["ours_ms"].as_f64()? * times / case["peer_ms"].as_f64()?))
            .collect()
    };
    let mut rows = vec![judge_bench(line, &ratios(1.0)), floor(&cases)];
    rows.push(Row::planted("bench", "our times three times as long", !judge_bench(line, &ratios(3.0)).holds));
    rows
}

/// Our times over the byte floor: every source byte read once, the output written once.
fn floor(cases: &[Value]) -> Row {
    let ratios: Vec<f64> = cases.iter().filter_map(|case| case["floor_ratio"].as_f64()).collect();
    let (mean, worst) = mean_and_worst(&ratios);
    let figure = format!("mean {mean:.2}, worst {worst:.2} of {} cases", ratios.len());
    Row::new("bench compose against the byte floor", figure, "no bar: to be printed", ratios.len() == 16)
}

/// The geometric mean and the largest.
fn mean_and_worst(ratios: &[f64]) -> (f64, f64) {
    let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len().max(1) as f64).exp();
    (mean, ratios.iter().copied().fold(0.0, f64::max))
}

fn judge_bench(line: &str, ratios: &[f64]) -> Row {
    let (mean, worst) = mean_and_worst(ratios);
    let figure = format!("mean {mean:.3}, worst {worst:.2} of {} cases", ratios.len());
    Row::new(
        line,
        figure,
        "16 cases, mean ≤ 0.6, none > 1.5",
        ratios.len() == 16 && mean <= 0.6 && worst <= 1.5,
    )
}

/// `.ci/run` from an empty cache.
pub fn continuous_integration(_: &Proofs) -> Vec<Row> {
    let cache = root().join("target/prove-ci");
    let _ = fs::remove_dir_all(&cache);
    let begin = Instant::now();
    let run = Command::new(root().join(".ci/run")).env("CARGO_TARGET_DIR", &cache).env("CI", "1").status();
    let minutes = begin.elapsed().as_secs_f64() / 60.0;
    let _ = fs::remove_dir_all(&cache);
    let passed = run.is_ok_and(|status| status.success());
    vec![judge_ci(minutes, passed), plant_bad_form()]
}

fn judge_ci(minutes: f64, passed: bool) -> Row {
    let figure = format!("{minutes:.1} minutes{}", if passed { "" } else { ", failed" });
    Row::new(".ci/run from an empty cache", figure, "≤ 60 minutes", passed && minutes <= 60.0)
}

/// `.ci/run` of a clone in which one file is badly formatted: it ends at its first step, and must not end well.
fn plant_bad_form() -> Row {
    let fault = "a badly formatted file";
    let clone = root().join("target/prove-ci-planted");
    let _ = fs::remove_dir_all(&clone);
    let begin = Instant::now();
    let run = run_badly_formatted(&clone);
    let minutes = begin.elapsed().as_secs_f64() / 60.0;
    let _ = fs::remove_dir_all(&clone);
    let Ok((passed, said)) = run else { return Row::planted("ci", fault, false) };
    // Ended by that fault and no other.
    Row::planted("ci", fault, !judge_ci(minutes, passed).holds && said.contains("Diff in"))
}

/// Whether `.ci/run` of such a clone passes, and what it says.
fn run_badly_formatted(clone: &Path) -> io::Result<(bool, String)> {
    let cloned = Command::new("git").args(["clone", "--quiet"]).arg(root()).arg(clone).status()?;
    if !cloned.success() {
        return Err(io::Error::other("git cannot clone"));
    }
    let mut file = fs::File::options().append(true).open(clone.join("taibai/src/main.rs"))?;
    file.write_all(b"fn  planted( ) { }\n")?;
    let output = Command::new(clone.join(".ci/run")).env("CI", "1").output()?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// Both commands of the README in a fresh clone inside a bare Debian root.
pub fn fresh_clone(_: &Proofs) -> Vec<Row> {
    let line = "both commands in a fresh clone on bare Debian 12";
    let report = root().join("target/fresh-clone-report.json");
    let _ = fs::remove_file(&report);
    let run = Command::new(root().join("tests/fresh-clone")).output();
    if let Ok(output) = &run {
        // An hour's work, of which one line says too little.
        let log = root().join("target/fresh-clone.log");
        match fs::write(&log, [&output.stdout[..], &output.stderr].concat()) {
            Ok(()) => eprintln!("   what it said is in {}", log.display()),
            Err(error) => eprintln!("   what it said cannot be kept: {error}"),
        }
    }
    let mut rows = match run {
        Ok(output) if output.status.success() => {
            vec![Row::new(line, "demo and test work", "both work", true)]
        }
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            vec![Row::broken(line, "both work", text.lines().next_back().unwrap_or_default())]
        }
        Err(error) => vec![Row::broken(line, "both work", error.to_string())],
    };
    rows.extend(judge_clone(&fs::read_to_string(report).unwrap_or_default()));
    rows
}

/// The report of the clone's demo, by the same measure as that of the demo here.
fn judge_clone(text: &str) -> Vec<Row> {
    let of = "fresh clone";
    let report: Value = match serde_json::from_str(text) {
        Ok(report) => report,
        Err(error) => return vec![Row::broken(of, "the demo's report", error.to_string())],
    };
    let mut rows = judge_demo(of, &report);
    let mut altered = report;
    if let Some(state) = altered.pointer_mut("/sources/0/state") {
        *state = Value::from("lost");
    }
    rows.push(Row::planted(of, "a source that is not live", !judge_sources(of, &altered).holds));
    rows
}
