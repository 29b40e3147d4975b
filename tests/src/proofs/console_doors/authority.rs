//! What test programs of the workspace measure of rights, of the state file under kills, of the audit log, and of panels.

use super::Row;
use crate::proofs::Proofs;
use crate::proofs::suites::{cargo_test, cargo_test_of, figure, passed};

/// Who loses a right loses the open connections within this.
const CLOSED_MS_MAX: f64 = 1000.0;

/// How many tests passed.
fn count(text: &str) -> u32 {
    let results = text.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|rest| rest.split(' ').next()?.parse::<u32>().ok()).sum()
}

/// Rights, doors, the state file under kills, the audit log, panels.
pub(crate) fn authority(_: &Proofs) -> Vec<Row> {
    let (rows_ok, rows) = cargo_test(&["--workspace", "--lib", "api"], &[]);
    let (doors_ok, doors) = cargo_test(&["--workspace", "--test", "api"], &[]);
    let mut rows = rights(rows_ok && doors_ok, &(rows + &doors));
    rows.extend(revoked());
    rows.extend(kept());
    let (panels_ok, panels) = cargo_test(&["--workspace", "--test", "panels"], &[]);
    rows.push(Row::new(
        "lines, OSC, PJLink, MDC against small real servers",
        format!("{} tests", count(&panels)),
        "all hold",
        panels_ok && count(&panels) > 0,
    ));
    rows.push(Row::planted(
        "hall protocols",
        "a wrong password, a panel that is not on the list",
        panels_ok
            && passed(&panels, "pjlink_displays_are_switched_with_their_password_and_say_what_is_wrong")
            && passed(&panels, "who_is_on_no_list_is_not_heard"),
    ));
    rows
}

fn rights(ok: bool, text: &str) -> Vec<Row> {
    let cells = text.lines().find(|line| line.contains(" cells: ")).unwrap_or("the test failed").trim();
    let matrix = "every_role_may_at_every_endpoint_with_every_source_what_its_rights_cover";
    let tested = || {
        let (tested, rest) = cells.split_once(" of ")?;
        Some(tested == rest.split(' ').next()?)
    };
    let named = |names: &[&str]| names.iter().all(|name| passed(text, name));
    let rows = ["every_endpoint_has_a_row_and_every_row_an_endpoint", "each_row_speaks_both_languages"];
    let says = |holds: bool| if holds { "the tests hold" } else { "the test failed" };
    vec![
        Row::new(
            "every endpoint has a row, every row an endpoint",
            says(named(&rows)),
            "the router's and the table's are the same",
            ok && named(&rows),
        ),
        Row::planted(
            "endpoints and rows",
            "an endpoint without a row, a row without its endpoint",
            passed(text, "a_planted_endpoint_without_a_row_is_noticed"),
        ),
        Row::new("role × endpoint × source", cells, "100 % of the cells", {
            ok && passed(text, matrix) && tested().unwrap_or(false)
        }),
        Row::planted(
            "role × endpoint × source",
            "rights that reach too far",
            passed(text, "planted_rights_that_reach_too_far_are_noticed"),
        ),
    ]
}

/// How soon WebSockets close whose users or tokens may no longer have them.
fn revoked() -> Vec<Row> {
    let test = "who_loses_a_right_loses_the_open_connection_at_once";
    let measured = |environment: &[(&str, &str)]| {
        let (ok, text) = cargo_test_of(&["--workspace", "--test", "api"], &[test], environment);
        let figure = |name: &str| figure(&text, "connections closed:", name);
        (ok && passed(&text, test), figure("connections closed:"), figure("the last after"))
    };
    let holds =
        |count: Option<f64>, ms: Option<f64>| count == Some(8.0) && ms.is_some_and(|ms| ms <= CLOSED_MS_MAX);
    let (ok, count, ms) = measured(&[]);
    let words = |ms: f64| format!("{} of 8, the last after {ms:.0} ms", count.unwrap_or_default());
    let (_, late_count, late) = measured(&[("TAIBAI_PLANT_HELD_MS", "1200")]);
    vec![
        Row::new(
            "a token revoked, rights taken, a session locked: open WebSockets close",
            ms.map_or("not measured".to_owned(), words),
            "all, ≤ 1 s",
            ok && holds(count, ms),
        ),
        Row::planted(
            "revoked connections",
            "a relay holds them open for 1.2 s",
            late.is_some() && !holds(late_count, late),
        ),
    ]
}

fn kept() -> Vec<Row> {
    let kill = |environment: &[(&str, &str)]| {
        let (ok, text) = cargo_test(&["--workspace", "--test", "kill"], environment);
        let said = text.lines().find_map(|line| line.strip_prefix("killed at ")).unwrap_or("the test failed");
        (ok, said.to_owned())
    };
    let (kill_ok, said) = kill(&[("STORE_KILL_POINTS", "all")]);
    let points: u32 = said.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    let none = "0 unreadable stores, 0 acknowledged changes lost";
    let (early_ok, early) = kill(&[("STORE_KILL_PLANT", "early")]);
    let (altered_ok, altered) = cargo_test(&["--workspace", "--lib", "audit"], &[]);
    let found = altered_ok && passed(&altered, "each_of_ten_thousand_altered_records_is_found_and_named");
    vec![
        Row::new(
            "killed at every write of the store",
            said.clone(),
            "≥ 200 points, 0 unreadable, 0 lost",
            kill_ok && points >= 200 && said.contains(none),
        ),
        Row::planted(
            "kills",
            "a store that says too early that something is safe",
            !early_ok && early.contains("acknowledged changes lost") && !early.contains(" 0 acknowledged"),
        ),
        Row::new(
            "10,000 altered audit records, each a planted fault",
            if found { "each found" } else { "the test failed" },
            "each found",
            found,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_tests_are_counted() {
        let text = "test result: ok. 3 passed; 0\ntest result: ok. 4 passed;\ntest result: FAILED. 9";
        assert_eq!(count(text), 7);
    }
}
