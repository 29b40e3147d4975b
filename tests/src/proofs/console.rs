//! The promises of the controller, its API and the console, as far as test programs and a browser measure them here.

use super::suites::{cargo_test, passed};
use super::{Proofs, Row};
use crate::demo::{Demo, Options};
use serde_json::{Value, json};
use std::error::Error;
use std::path::Path;
use std::process::Command;

/// Who drives the console, made with the demo's own link.
const USER: (&str, &str) = ("prover", "seven-quiet-lakes-in-may");

/// The first number behind `name` in what a test said, such as `p95 38 ms` or `p95 181.6ms`.
fn figure(text: &str, line: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|said| said.contains(line))?;
    let rest = line.split(name).nth(1)?.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// From an operator's act to the composed picture, five operators at once, and the wall seen from afar.
pub fn acts(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--workspace", "--test", "pipeline", "edits", "preview"], &[]);
    let act_ms = figure(&text, "from an act to the composed picture", "p95");
    let seen_ms = figure(&text, "composed to received", "composed to received p50");
    let one = figure(&text, "one viewer:", "each,");
    let twelve = figure(&text, "twelve viewers:", "each at least,");
    let held = ok && passed(&text, "many_viewers_cost_the_nodes_what_one_does");
    let ms = |value: Option<f64>| value.map_or("not measured".to_owned(), |value| format!("{value:.0} ms"));
    let encodes = one.zip(twelve).map_or("not measured".to_owned(), |(one, twelve)| {
        format!("{one:.0} for one viewer, {twelve:.0} for twelve")
    });
    vec![
        Row::new(
            "an act on the wall, from HTTP to composed pixels",
            format!("p95 {}", ms(act_ms)),
            "p95 ≤ 250 ms",
            ok && act_ms.is_some_and(|ms| ms <= 250.0),
        ),
        Row::new(
            "five operators at once: acts seen, undone, conflicts answered",
            if passed(&text, "what_operators_do_is_seen_on_the_wall") {
                "none lost"
            } else {
                "the test failed"
            },
            "no lost update",
            ok && passed(&text, "what_operators_do_is_seen_on_the_wall"),
        ),
        Row::new(
            "live picture, from composed frame to viewer",
            format!("p50 {}", ms(seen_ms)),
            "p50 ≤ 150 ms",
            held && seen_ms.is_some_and(|ms| ms <= 150.0),
        ),
        Row::new("pictures encoded in 5 s", encodes, "twelve viewers cost what one does", held),
    ]
}

/// An operator's morning in Chromium against the demo hall, axe on every page, texts that would be scripts.
pub fn browser(proofs: &Proofs) -> Vec<Row> {
    let bar = "each act holds, 0 serious issues, 0 scripts run";
    measured(proofs).unwrap_or_else(|why| vec![Row::broken("the console in Chromium", bar, why.to_string())])
}

fn measured(proofs: &Proofs) -> Result<Vec<Row>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
    let install =
        Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).output()?;
    if !install.status.success() {
        return Err(format!("npm ci: {}", String::from_utf8_lossy(&install.stderr)).into());
    }
    let options = Options { headless: true, seconds: None, district: true, tapped: false };
    let mut demo = Demo::start(&options, &proofs.taibai, &mut |_| {})?;
    demo.wait_until_ready(&mut |_| {})?;
    let link = demo.console_link().ok_or("the controller has printed no link for its first administrator")?;
    let (address, token) = link.split_once("/#/setup?token=").ok_or("the link is none")?;
    let form = json!({ "token": token, "user": USER.0, "name": USER.0, "password": USER.1 });
    ureq::post(format!("{address}/v1/setup")).header("origin", address).send_json(form)?;
    let commands = format!("http://{}", demo.http());
    ureq::post(format!("{commands}/v1/tours/day/pause")).send_empty()?;
    ureq::post(format!("{commands}/v1/scene/overview")).send_empty()?;
    // Something to acknowledge, whatever the district's people do just now.
    let event = json!({ "id": "proof-1", "kind": "fire-lane", "severity": 4, "title": "消防通道被占用" });
    ureq::post(format!("{commands}/v1/events")).send_json(event)?;
    let drive = |more: &[&str]| -> Result<Vec<Value>, Box<dyn Error>> {
        let mut command = Command::new("node");
        command.args([
            "prove.mjs",
            "--url",
            address,
            "--user",
            USER.0,
            "--password",
            USER.1,
            "--search",
            "nfhy",
        ]);
        let output = command.args(more).current_dir(&folder).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        eprint!("{text}{}", String::from_utf8_lossy(&output.stderr));
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    };
    let mut rows = Vec::new();
    for (only, line) in [
        ("acts", "an operator's morning in Chromium"),
        ("axe", "axe and words on every page, both languages and themes"),
        ("payloads", "texts that would be scripts"),
    ] {
        let lines = drive(&["--only", only])?;
        let good = lines.iter().filter(|line| line["ok"] == true).count();
        let bad = lines.iter().find(|line| line["ok"] != true);
        let figure = match bad {
            None => format!("{good} of {}", lines.len()),
            Some(bad) => format!("{good} of {}; {}: {}", lines.len(), bad["proof"], bad["more"]["why"]),
        };
        rows.push(Row::new(line, figure, "all hold", bad.is_none() && good > 0));
    }
    let planted = drive(&["--only", "axe", "--plant", "axe"])?;
    rows.push(Row::planted("axe", "a button without a name", planted.iter().any(|line| line["ok"] != true)));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_out_of_what_tests_say() {
        let text = "x\nfrom an act to the composed picture: p50 163.12ms, p95 181.62ms, worst 184ms\n\
                    one viewer: 85 pictures in 5 s (42 of a), 16893 bytes each, 168 encoded; composed to received p50 36 ms";
        assert_eq!(figure(text, "from an act", "p95"), Some(181.62));
        assert_eq!(figure(text, "composed to received", "composed to received p50"), Some(36.0));
        assert_eq!(figure(text, "one viewer:", "each,"), Some(168.0));
        assert_eq!(figure(text, "nothing", "p95"), None);
    }
}
