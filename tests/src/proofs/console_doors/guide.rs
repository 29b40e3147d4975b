//! The examples of the integrator's guide, run by the test program that has them.

use super::Row;
use crate::proofs::Proofs;
use crate::proofs::suites::{cargo_test, passed};

/// Every curl example in both languages, against a controller.
pub(crate) fn guide(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test(&["--workspace", "--test", "guide"], &[]);
    let said =
        text.lines().find(|line| line.contains(" curl examples of ")).unwrap_or("the test failed").trim();
    let test = "every_curl_example_of_the_guides_is_answered_as_it_says";
    let same = "both_languages_have_the_same_examples";
    vec![
        Row::new(
            "the integrator's guide: its curl examples against a controller",
            said,
            "each answered, in the described shape, the same in both languages",
            ok && passed(&text, test) && passed(&text, same) && said != "the test failed",
        ),
        Row::planted(
            "the integrator's guide",
            "an example with a wrong path, an answer of another shape",
            passed(&text, "planted_examples_that_lie_are_noticed"),
        ),
    ]
}
