//! A display node without a screen, for the network ladder: writes down each picture that comes, and when.

use std::process::ExitCode;
use std::time::Duration;
use tests::probe::{self, Settings};
use tests::process;

const HELP: &str = "Usage: probe STATE ADDRESS INGEST WALL_LATENCY_MS SOURCE:RANK...";

fn main() -> ExitCode {
    process::catch_stop_signals();
    let Some(settings) = parse() else {
        eprintln!("{HELP}");
        return ExitCode::from(2);
    };
    match probe::watch(&settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("probe: {why}");
            ExitCode::from(3)
        }
    }
}

fn parse() -> Option<Settings> {
    let mut words = std::env::args().skip(1);
    let (state, address, ingest) = (words.next()?.into(), words.next()?, words.next()?);
    let wall_latency = Duration::from_millis(words.next()?.parse().ok()?);
    let source = |word: String| {
        let (source, rank) = word.split_once(':')?;
        Some((source.to_owned(), rank.parse().ok()?))
    };
    let sources: Vec<_> = words.map(source).collect::<Option<_>>()?;
    (!sources.is_empty()).then_some(Settings { state, address, ingest, wall_latency, sources })
}
