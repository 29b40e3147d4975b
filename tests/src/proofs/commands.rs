//! What is measured by running commands: the bench, `.ci/run`, the fresh clone.

use super::{Proofs, Row};
use std::fs;
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
    let Ok(figures) = serde_json::from_str::<serde_json::Value>(&text) else {
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
    let mut rows = vec![judge_bench(line, &ratios(1.0))];
    rows.push(Row::planted("bench", "our times three times as long", !judge_bench(line, &ratios(3.0)).holds));
    rows
}

fn judge_bench(line: &str, ratios: &[f64]) -> Row {
    let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len().max(1) as f64).exp();
    let worst = ratios.iter().copied().fold(0.0, f64::max);
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
    let line = ".ci/run from an empty cache";
    let cache = root().join("target/prove-ci");
    let _ = fs::remove_dir_all(&cache);
    let begin = Instant::now();
    let run = Command::new(root().join(".ci/run")).env("CARGO_TARGET_DIR", &cache).env("CI", "1").status();
    let minutes = begin.elapsed().as_secs_f64() / 60.0;
    let _ = fs::remove_dir_all(&cache);
    let ok = run.is_ok_and(|status| status.success());
    let figure = format!("{minutes:.1} minutes{}", if ok { "" } else { ", failed" });
    vec![Row::new(line, figure, "≤ 60 minutes", ok && minutes <= 60.0)]
}

/// Both commands of the README in a fresh clone inside a bare Debian root.
pub fn fresh_clone(_: &Proofs) -> Vec<Row> {
    let line = "both commands in a fresh clone on bare Debian 12";
    let run = Command::new(root().join("tests/fresh-clone")).output();
    if let Ok(output) = &run {
        // An hour's work, of which one line says too little.
        let log = root().join("target/fresh-clone.log");
        match fs::write(&log, [&output.stdout[..], &output.stderr].concat()) {
            Ok(()) => eprintln!("   what it said is in {}", log.display()),
            Err(error) => eprintln!("   what it said cannot be kept: {error}"),
        }
    }
    match run {
        Ok(output) if output.status.success() => {
            vec![Row::new(line, "demo and test work", "both work", true)]
        }
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            vec![Row::broken(line, "both work", text.lines().next_back().unwrap_or_default())]
        }
        Err(error) => vec![Row::broken(line, "both work", error.to_string())],
    }
}
