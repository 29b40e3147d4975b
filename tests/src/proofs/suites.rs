//! What test programs of the workspace measure: golden images, tilings, wrong documents, identities.

use super::{Proofs, Row};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// Builds the programs that tests start, once; with the tests, whose features libraries would otherwise be built again for.
fn programs() -> bool {
    static BUILT: OnceLock<bool> = OnceLock::new();
    *BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut command = Command::new("cargo");
        command.args(["build", "--locked", "--workspace", "--bins", "--tests"]).current_dir(root);
        command.status().is_ok_and(|status| status.success())
    })
}

/// Runs tests through cargo, those whose names hold one of `names` or all. Returns whether they passed, and what they said.
pub(super) fn cargo_test_of(
    arguments: &[&str],
    names: &[&str],
    environment: &[(&str, &str)],
) -> (bool, String) {
    if !programs() {
        return (false, "the programs do not build".to_owned());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new("cargo");
    command.args(["test", "--locked"]).args(arguments).arg("--").args(names).arg("--show-output");
    command.current_dir(root);
    command.envs(environment.iter().copied()).env("RUST_BACKTRACE", "0");
    match command.output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            (output.status.success(), text)
        }
        Err(error) => (false, format!("cargo: {error}")),
    }
}

/// The same for all tests of the programs that `arguments` name.
pub(super) fn cargo_test(arguments: &[&str], environment: &[(&str, &str)]) -> (bool, String) {
    cargo_test_of(arguments, &[], environment)
}

/// Whether a test of that name passed.
pub(super) fn passed(text: &str, test: &str) -> bool {
    text.lines().any(|line| line.contains(test) && line.ends_with("ok"))
}

/// The first number behind `name` in what a test said, such as `p95 38 ms` or `p95 181.6ms`.
pub(super) fn figure(text: &str, line: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|said| said.contains(line))?;
    let rest = line.split(name).nth(1)?.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Golden cases by every compositor, and the faults planted in them.
pub fn golden(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--workspace", "--test", "golden"], &[]);
    let said = text.lines().find_map(|line| line.split("golden: ").nth(1)).unwrap_or("the test failed");
    let cases: u32 = said.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    let holds = ok && cases >= 25 && said.contains("wgpu");
    let mut rows =
        vec![Row::new("golden cases, cpu and wgpu byte-equal", said, "≥ 25 cases by cpu and wgpu", holds)];
    for (fault, test) in [
        ("a seam of one pixel", "a_planted_seam_of_one_pixel_is_caught"),
        ("a wrong matrix", "a_planted_wrong_matrix_is_caught"),
        ("a missing picture", "a_missing_picture_fails"),
    ] {
        rows.push(Row::planted("golden", fault, passed(&text, test)));
    }
    rows
}

/// Random tilings of random walls against the single picture.
pub fn tilings(_: &Proofs) -> Vec<Row> {
    let count = "300";
    let (ok, text) = cargo_test(&["--workspace", "--test", "tiling"], &[("TAIBAI_TILINGS", count)]);
    let holds = ok && passed(&text, "any_tiling_shows_the_single_picture");
    let figure = if holds { format!("{count} byte-equal") } else { "the test failed".into() };
    let mut rows = vec![Row::new("random tilings equal the single render", figure, "≥ 300", holds)];
    rows.push(Row::planted("tilings", "a seam", passed(&text, "a_planted_seam_is_found")));
    rows
}

/// Wrong hall documents, each with its message; random ones that must not panic.
pub fn documents(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--workspace", "--test", "wrong", "--test", "hostile"], &[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../layouts/tests/wrong");
    let names = |extension: &str| -> Vec<String> {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let of_kind = entries.filter(|path| path.extension().is_some_and(|e| e == extension));
        of_kind.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect()
    };
    let (documents, messages) = (names("toml"), names("txt"));
    let both = documents.iter().filter(|name| messages.contains(name)).count();
    let held = ok && passed(&text, "every_wrong_document_has_its_message");
    let figure = format!("{both} of {}{}", documents.len(), if held { "" } else { ", the test failed" });
    let never = text.lines().filter(|line| line.contains("never_panic") && line.ends_with("ok")).count();
    vec![
        Row::new(
            "wrong documents with their messages",
            figure,
            "≥ 40, all",
            held && both >= 40 && both == documents.len(),
        ),
        Row::new(
            "random documents",
            format!("{never} properties without a panic"),
            "≥ 1, none panics",
            ok && never > 0,
        ),
        Row::planted(
            "documents",
            "one message altered, one missing",
            passed(&text, "a_planted_change_of_a_message_is_caught"),
        ),
        Row::planted("documents", "a reader that panics", passed(&text, "a_planted_panic_is_found")),
    ]
}

/// Nodes that must be refused.
pub fn identity(_: &Proofs) -> Vec<Row> {
    let (_, halls) = cargo_test(&["--workspace", "--test", "pipeline", "identity"], &[]);
    // A node of ours without a certificate does not even ask, so a stranger is needed to hear the controller's reason.
    let stranger = "a_node_without_a_certificate_is_refused_on_both_sides";
    let (_, strangers) = cargo_test_of(&["--workspace", "--test", "loopback"], &[stranger], &[]);
    let text = halls + "\n" + &strangers;
    let row = |line: &str, tests: &[&str]| {
        let refused = tests.iter().all(|test| passed(&text, test));
        Row::new(
            line,
            if refused { "refused, both sides say why" } else { "the test failed" },
            "refused, reason on both sides",
            refused,
        )
    };
    vec![
        row("a node without a certificate", &["a_node_without_a_certificate_is_told_to_join", stranger]),
        row("a node with a rogue certificate", &["a_node_of_another_hall_is_refused"]),
        row("a node with a spent token", &["a_spent_token_is_refused"]),
        Row::planted(
            "identity",
            "the controller gives no reason",
            passed(&text, "a_planted_refusal_without_the_controllers_reason_is_noticed"),
        ),
    ]
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
