//! schemathesis on the served description of the API: what it makes up from the schemas brings no server error, and what is answered is as
//! described.

use super::hall::{DoorsHall, Parts};
use super::wire::{Meddled, Meddler};
use super::{Measured, Row, rows};
use crate::proofs::Proofs;
use serde_json::Value;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const LINE: &str = "schemathesis on the served OpenAPI";
const BAR: &str = "0 server errors, every answer as described";
/// What it looks at.
const CHECKS: &str = "not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance,response_headers_conformance";
/// Cases made up for each endpoint.
const EXAMPLES: &str = "60";
/// So many requests of somebody who may must have been right ones: else nothing but refusals was tried.
const DONE_MIN: u64 = 300;
/// The file with the hall's names.
const NAMES: &str = "schemathesis.toml";
/// How long a run may take, in seconds.
const WITHIN_S: &str = "240";

/// With an administrator's token, with a viewer's, and without any.
pub(crate) fn schema(proofs: &Proofs) -> Vec<Row> {
    rows(LINE, BAR, measure(proofs))
}

fn measure(proofs: &Proofs) -> Measured<Vec<Row>> {
    let program = install()?;
    let mut hall = DoorsHall::start(proofs, "prove-schema", Parts::Shows)?;
    hall.wait_until_shown()?;
    let mut found = Vec::new();
    hall.session("wang", "operator")?;
    write_names(&hall)?;
    let admin = hall.token("admin")?;
    let viewer = hall.token("viewer")?;
    for (who, token) in [("nobody", None), ("a viewer", Some(&viewer)), ("an administrator", Some(&admin))] {
        let name = who.rsplit(' ').next().unwrap_or(who);
        let outcome = run(&program, (hall.console, name), token.map(String::as_str), &[], &hall.work)?;
        hall.check()?;
        let (bar, enough) = match token {
            None => (BAR.to_owned(), true),
            Some(_) => (format!("{BAR}, ≥ {DONE_MIN} carried out"), outcome.done >= DONE_MIN),
        };
        let holds = outcome.holds() && enough;
        found.push(Row::new(&format!("{LINE}, as {who}"), outcome.figure(), &bar, holds));
    }
    // The planted faults: one path answers with a server error, and with something else than is described.
    let plant = |answer: &'static str| -> Measured<Outcome> {
        let broken = Meddler::start(hall.console, move |head| {
            if head.split(' ').nth(1).is_some_and(|path| path.starts_with("/v1/tours")) {
                return Meddled::Answer(format!("HTTP/1.1 {answer}"));
            }
            Meddled::On(head)
        })?;
        let only_tours = ["--include-path", "/v1/tours"];
        run(&program, (broken.address, "planted"), Some(&viewer), &only_tours, &hall.work)
    };
    let failing = plant("500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    let other = plant(
        "200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\nConnection: close\r\n\r\n[{\"tour\": 7}]",
    )?;
    found.push(Row::planted("schemathesis", "one path answers 500", failing.server_errors > 0));
    let noticed = other.server_errors == 0 && !other.others.is_empty();
    found.push(Row::planted("schemathesis", "one path answers in another shape", noticed));
    Ok(found)
}

/// The program in an environment of its own below `target`, as the requirements file names it.
fn install() -> Measured<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("api/requirements.txt");
    let folder = root.join("target/schemathesis");
    let (program, stamp) = (folder.join("bin/schemathesis"), folder.join("requirements.txt"));
    let wanted = std::fs::read(&requirements)?;
    if program.is_file() && std::fs::read(&stamp).is_ok_and(|there| there == wanted) {
        return Ok(program);
    }
    eprintln!("   installing schemathesis into target/schemathesis (once, some 30 s)");
    let run = |command: &mut Command, what: &str| -> Measured<()> {
        let output = command.output().map_err(|error| format!("{what}: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = words.lines().last().unwrap_or_default().to_owned();
        Err(format!("schemathesis cannot be installed ({what}): {last}; it takes PyPI and python3-venv")
            .into())
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder), "python3 -m venv")?;
    let mut pip = Command::new(folder.join("bin/pip"));
    run(
        pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements),
        "pip install",
    )?;
    std::fs::write(stamp, wanted)?;
    Ok(program)
}

/// Tells it what there is in the hall: made-up names alone would only find out that nothing is there. One in five stays made up.
fn write_names(hall: &DoorsHall) -> Measured<()> {
    let shown = hall.local("GET", "/v1/walls/main/windows", &Value::Null)?;
    let names = [
        ("walls", "[\"main\"]", ["path.wall"].as_slice()),
        ("screens", "[\"a1\", \"a2\"]", &["path.screen"]),
        ("scenes", "[\"day\", \"night\"]", &["path.scene", "body.scene"]),
        ("sources", "[\"gate\", \"shore\"]", &["path.source", "body.source"]),
        ("windows", "[\"w1\", \"w2\", \"o1\"]", &["path.window", "body.a", "body.b"]),
        ("users", "[\"wang\"]", &["path.user"]),
        ("ids", "[\"day\", \"night\", \"readings\", \"fire-lane\", \"1\", \"2\"]", &["path.id", "body.id"]),
        ("kinds", "[\"fire-lane\", \"verified\", \"dispatched\", \"handled\"]", &["body.kind", "body.state"]),
    ];
    let revisions = format!("[{}]", shown["revision"]);
    let (mut dictionaries, mut parameters) = (String::new(), "[parameters]\n".to_owned());
    for (name, values, places) in names.into_iter().chain([(
        "revisions",
        revisions.as_str(),
        ["body.base_revision", "query.base_revision"].as_slice(),
    )]) {
        dictionaries += &format!("[dictionaries.{name}]\nvalues = {values}\n");
        for place in places {
            parameters += &format!("\"{place}\" = {{ dictionary = \"{name}\", probability = 0.8 }}\n");
        }
    }
    Ok(std::fs::write(hall.work.join(NAMES), dictionaries + &parameters)?)
}

/// What it has found.
#[derive(Debug, Default)]
struct Outcome {
    cases: u64,
    /// Requests that were carried out.
    done: u64,
    tested: u64,
    /// Endpoints that it has not tried, with its reasons.
    skipped: u64,
    skip_reasons: String,
    /// How often an answer was a server error.
    server_errors: u64,
    /// What else was wrong, each kind with its endpoints.
    others: Vec<String>,
    whole: bool,
}

impl Outcome {
    /// Reads the report of a run.
    fn of(report: &Value) -> Self {
        let (operations, number) = (&report["operations"], |value: &Value| value.as_u64().unwrap_or(0));
        let mut outcome = Self {
            cases: number(&report["test_cases"]["generated"]),
            done: accepted(&report["valid_rates"]),
            tested: number(&operations["tested"]),
            skipped: number(&operations["skipped"]) + number(&report["filtered"]),
            skip_reasons: operations["skip_reasons"].to_string(),
            whole: report["complete"] == true && report["stop_reason"] != "error",
            ..Self::default()
        };
        for failure in report["failures"].as_array().into_iter().flatten() {
            if failure["title"].as_str().is_some_and(|title| title.contains("Server error")) {
                outcome.server_errors += number(&failure["count"]).max(1);
            }
            outcome.others.push(format!("{}: {}", failure["title"], failure["operations"]));
        }
        let errors = report["errors"].as_array().into_iter().flatten();
        outcome.others.extend(errors.map(|error| error["title"].to_string()));
        outcome
    }

    fn holds(&self) -> bool {
        self.whole && self.cases > 0 && self.tested > 0 && self.server_errors == 0 && self.others.is_empty()
    }

    fn figure(&self) -> String {
        let first = self.others.first().map(|first| format!("; {first}")).unwrap_or_default();
        let skipped = match self.skipped {
            0 => String::new(),
            count => format!(", {count} left out {}", self.skip_reasons),
        };
        format!(
            "{} requests ({} right ones carried out) to {} endpoints{skipped}: {} server errors, {} kinds of faults{first}",
            self.cases,
            self.done,
            self.tested,
            self.server_errors,
            self.others.len()
        )
    }
}

/// How many requests were accepted, in all phases of all endpoints.
fn accepted(rates: &Value) -> u64 {
    let phases = rates.as_object().into_iter().flat_map(|endpoints| endpoints.values());
    let phases = phases.filter_map(Value::as_object).flat_map(|phases| phases.values());
    phases.filter_map(|rate| rate["accepted"].as_u64()).sum()
}

/// Runs it against an address, and gives its verdict; its own words go into a file beside its report.
fn run(
    program: &Path,
    (address, name): (SocketAddr, &str),
    token: Option<&str>,
    more: &[&str],
    folder: &Path,
) -> Measured<Outcome> {
    let (report, words) = (folder.join(format!("{name}.json")), folder.join(format!("{name}.txt")));
    let out = File::create(&words)?;
    let mut command = Command::new("timeout");
    command.args(["-k", "5", WITHIN_S]).arg(program).args(["--config-file", NAMES]);
    command.args([
        "run",
        &format!("http://{address}/v1/openapi.json"),
        "--checks",
        CHECKS,
        "--max-examples",
        EXAMPLES,
    ]);
    command.args("--phases examples,coverage,fuzzing --continue-on-failure --request-timeout 25".split(' '));
    command
        .args("--generation-deterministic --suppress-health-check all --warnings off --no-color".split(' '));
    command.args(["--report", "json", "--report-json-path"]).arg(&report).args(more);
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).current_dir(folder).status()?;
    let text =
        std::fs::read(&report).map_err(|error| format!("no report ({error}); see {}", words.display()))?;
    Ok(Outcome::of(&serde_json::from_slice(&text)?))
}
