//! Random cases whose seed is printed: `RULES_SEED=17 cargo test -p layouts --test rules` runs the same ones again.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::hash::{BuildHasher, Hasher, RandomState};

/// Runs `test` on `cases` random values; the smallest failing one is shown.
pub fn run<S: Strategy>(
    name: &str,
    cases: u32,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let asked = std::env::var("RULES_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let seed = asked.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("{name}: {cases} cases, RULES_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    match runner.run(&strategy, test) {
        Ok(()) => {}
        Err(TestError::Fail(why, value)) => panic!("{name} (RULES_SEED={seed}): {why}\n{value:#?}"),
        Err(TestError::Abort(why)) => panic!("{name} (RULES_SEED={seed}): {why}"),
    }
    // A strategy that gives the same value every time would test nothing.
    let mut draw = || format!("{:?}", strategy.new_tree(&mut runner).map(|tree| tree.current()).ok());
    assert!((0..50).map(|_| draw()).collect::<std::collections::BTreeSet<_>>().len() > 10);
}
