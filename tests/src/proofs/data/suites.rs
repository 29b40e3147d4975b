//! What test programs of the workspace measure about rules and widgets.

use super::super::suites::{cargo_test, passed};
use super::super::{Proofs, Row};

/// The number before `what` in a line that begins with `begin`; zero where there is none.
fn count(text: &str, begin: &str, what: &str) -> u64 {
    let lines = text.lines().filter(|line| line.starts_with(begin));
    let number = |line: &str| line.split(what).next()?.split_whitespace().next_back()?.parse().ok();
    lines.filter_map(number).next().unwrap_or(0)
}

/// A property that is tested on random cases, by the name of its test and the word that its line begins with.
fn property(text: &str, line: &str, test: &str, word: &str, min: u64) -> Row {
    let cases = count(text, &format!("{word}: "), " cases");
    let held = passed(text, test);
    let figure = if held { format!("{cases} random cases") } else { "the test failed".to_owned() };
    Row::new(line, figure, &format!("≥ {min}"), held && cases >= min)
}

/// The exact picture after any storm, the engine against a model of it, histories of events.
pub(crate) fn rules(_: &Proofs) -> Vec<Row> {
    let (_, text) = cargo_test(&["--workspace", "--test", "rules"], &[]);
    let mut found = vec![
        property(
            &text,
            "rules: the exact picture after any storm of alarms",
            "after_any_storm_both_walls_show_the_exact_picture_they_had",
            "storms",
            5_000,
        ),
        property(
            &text,
            "rules: priorities, holds, limits as in a model",
            "the_engine_does_what_the_model_does",
            "model",
            3_000,
        ),
        property(
            &text,
            "rules: no history of an event reaches an illegal state",
            "no_history_reaches_an_illegal_state",
            "histories",
            10_000,
        ),
    ];
    let plants = [
        ("a scene stays when the storm is over", "a_planted_scene_that_stays_is_found"),
        ("the model has another priority", "a_planted_wrong_priority_is_found"),
        ("a history skips a state", "a_planted_step_that_skips_is_found"),
    ];
    for (fault, test) in plants {
        found.push(Row::planted("rules", fault, passed(&text, test)));
    }
    let (_, text) = cargo_test(&["--workspace", "--lib", "ledger"], &[]);
    let histories = count(&text, "ledger: ", " histories");
    let held = passed(&text, "ten_thousand_random_histories_never_reach_an_illegal_state");
    let said = text.lines().find(|line| line.starts_with("ledger: ")).unwrap_or("no words").to_owned();
    found.push(Row::new(
        "rules: histories in the ledger, and its proof of itself",
        if held { said } else { "the test failed".to_owned() },
        "≥ 10000 as the model says",
        held && histories >= 10_000,
    ));
    let noticed = passed(&text, "a_planted_ledger_that_takes_every_step_is_found");
    found.push(Row::planted("rules", "the ledger would take every step", noticed));
    found
}

/// Every kind of widget in every look against its stored picture.
pub(crate) fn widgets(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--workspace", "--test", "widgets"], &[]);
    let said = text.lines().find_map(|line| line.strip_prefix("widgets: ")).unwrap_or("the test failed");
    let kinds = count(&text, "widgets: ", " kinds");
    let looks = count(&text, "widgets: ", " languages") * count(&text, "widgets: ", " themes");
    let figure = if ok { said.to_owned() } else { format!("{said}; a test failed") };
    vec![
        Row::new(
            "widgets: golden pictures of every kind",
            figure,
            "16 kinds, 2 languages, 2 themes, all equal",
            ok && kinds >= 16 && looks == 4,
        ),
        Row::planted(
            "widgets",
            "a figure of 158 instead of 157",
            passed(&text, "a_planted_change_is_caught"),
        ),
        Row::planted("widgets", "a missing picture", passed(&text, "a_planted_missing_picture_is_caught")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_out_of_words() {
        let text =
            "storms: 6000 cases, RULES_SEED=1\nwidgets: 16 kinds × 2 languages × 2 themes = 64 golden cases";
        assert_eq!(count(text, "storms: ", " cases"), 6000);
        assert_eq!(count(text, "widgets: ", " kinds"), 16);
        assert_eq!(count(text, "widgets: ", " languages"), 2);
        assert_eq!(count(text, "widgets: ", " themes"), 2);
        assert_eq!(count(text, "model: ", " cases"), 0);
    }
}
