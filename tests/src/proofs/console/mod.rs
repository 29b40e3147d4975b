//! The promises of the controller, its API and the console, as far as test programs and a browser measure them here.

mod away;
mod browser;
mod eyes;
mod hall;
mod load;

pub(super) use away::away;
pub(super) use browser::browser;
pub(super) use load::load;

use super::suites::{cargo_test_of, figure, passed};
use super::{Proofs, Row};
use std::error::Error;

/// From HTTP to the composed pixels, and from a composed picture to who looks from afar.
const ACT_MS_MAX: f64 = 250.0;
const SEEN_MS_MAX: f64 = 150.0;

/// From an operator's act to the composed picture, five operators at once, and the wall seen from afar.
pub fn acts(_: &Proofs) -> Vec<Row> {
    let (ok, text) = cargo_test_of(
        &["--workspace", "--test", "pipeline"],
        &["edits", "preview"],
        &[("TAIBAI_PLANT", "1")],
    );
    let acted = passed(&text, "what_operators_do_is_seen_on_the_wall");
    let act_ms = figure(&text, "from an act to the composed picture", "p95");
    let seen_ms = figure(&text, "composed to received", "composed to received p50");
    let one = figure(&text, "one viewer:", "each,");
    let twelve = figure(&text, "twelve viewers:", "each at least,");
    let held = ok && passed(&text, "many_viewers_cost_the_nodes_what_one_does");
    let ms = |value: Option<f64>| value.map_or("not measured".to_owned(), |value| format!("{value:.0} ms"));
    let soon = |ms: f64| ms <= ACT_MS_MAX;
    let costs_one = |one: f64, all: f64| all < one * 1.5;
    let encodes = one.zip(twelve).map_or("not measured".to_owned(), |(one, twelve)| {
        format!("{one:.0} for one viewer, {twelve:.0} for twelve")
    });
    let mut found = vec![
        Row::new(
            "an act on the wall, from HTTP to composed pixels",
            format!("p95 {}", ms(act_ms)),
            "p95 ≤ 250 ms",
            ok && act_ms.is_some_and(soon),
        ),
        Row::planted(
            "an act on the wall",
            "a relay holds each request for at least 600 ms",
            figure(&text, "planted, each act held back", "p95").is_some_and(|ms| !soon(ms)),
        ),
        Row::new(
            "five operators at once: acts seen, undone, conflicts answered",
            if acted { "none lost" } else { "the test failed" },
            "no lost update",
            ok && acted,
        ),
        Row::planted(
            "five operators at once",
            "the answers tell of an act more than was done",
            figure(&text, "planted, an act answered", "that is there:").is_some_and(|lost| lost > 0.0),
        ),
        Row::new(
            "live picture, from composed frame to viewer",
            format!("p50 {}", ms(seen_ms)),
            "p50 ≤ 150 ms",
            held && seen_ms.is_some_and(|ms| ms <= SEEN_MS_MAX),
        ),
        Row::planted(
            "live picture to a viewer",
            "a relay holds what comes for 200 ms",
            figure(&text, "planted, one who looks", "p50").is_some_and(|ms| ms > SEEN_MS_MAX),
        ),
        Row::new(
            "pictures encoded in 5 s",
            encodes,
            "twelve viewers cost what one does",
            held && one.zip(twelve).is_some_and(|(one, twelve)| costs_one(one, twelve)),
        ),
        Row::planted(
            "pictures encoded",
            "twelve who each ask for pictures of their own",
            one.zip(figure(&text, "planted, twelve who ask", "own:"))
                .is_some_and(|(one, twelve)| !costs_one(one, twelve)),
        ),
    ];
    found.push(as_video(&text, one.filter(|_| held), costs_one));
    found
}

/// Twelve who look in H.264, beside what one costs in JPEGs.
fn as_video(text: &str, one: Option<f64>, costs_one: impl Fn(f64, f64) -> bool) -> Row {
    let of = |name: &str| figure(text, "twelve viewers in video:", name);
    let measured = one.zip(of("bytes each,")).zip(of("in video p50"));
    let words = measured.map_or("not measured".to_owned(), |((one, all), ms)| {
        format!("{all:.0} encoded, {one:.0} for one in JPEGs; p50 {ms:.0} ms")
    });
    let holds = measured.is_some_and(|((one, all), ms)| costs_one(one, all) && ms <= SEEN_MS_MAX);
    Row::new("twelve viewers in H.264", words, "no more encodings; p50 ≤ 150 ms", holds)
}

/// What a measurement gives; any error breaks it off.
type Measured<T> = Result<T, Box<dyn Error>>;

/// The rows of a measurement, or the one that says why there are none.
fn rows(line: &str, bar: &str, measured: Measured<Vec<Row>>) -> Vec<Row> {
    measured.unwrap_or_else(|why| vec![Row::broken(line, bar, why.to_string())])
}
