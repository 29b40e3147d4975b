//! `taibai bench`: measurements, never verdicts of a test.

use crate::bench_compose::{self, BenchComposeOptions};
use crate::cli::{BenchCommand, BenchComposeArgs};
use crate::exit::Failure;

/// Runs one benchmark.
pub fn run(command: BenchCommand) -> Result<(), Failure> {
    let BenchCommand::Compose(BenchComposeArgs { quick, json }) = command;
    bench_compose::run(BenchComposeOptions { quick, json })?;
    Ok(())
}
