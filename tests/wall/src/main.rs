//! `wall`: simulates halls on a paused clock, many or one. What it shows and how to replay it stands in docs/TESTING.md.

mod campaign;
mod display;
mod display_wall;
mod faults;
mod feed;
mod hall;
mod ingest;
mod machine;
mod network;
mod randomness;
mod simulation;
mod trace;
mod watch;
mod world;

use campaign::Campaign;
use faults::KINDS;
use simulation::{Order, Planted};
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "\
Usage: wall all [--wall-hours H] [--first SEED] [--jobs N] [--minutes M] [--replays N] [--planted WORD] [--json]
       wall run SEED [--minutes M] [--only WORD] [--planted WORD] [--aloud] [--json]

  all           simulates halls of one seed after the other, each in a process of its own, until the walls of all of them
                together have been shown for H hours (default 4); every fault and every way of recovery must have been seen
  run           simulates the hall of one seed and says what came of it; the same seed gives the same hash
  --minutes M   how long each hall is simulated (default 12)
  --replays N   how many of the halls are simulated once more, to see whether the hash is the same (default 0)
  --only WORD   only faults whose name holds WORD
  --planted WORD  a fault that must be noticed: lag, deaf, early, clock
  --aloud       print every event
  --json        print the outcome as one line of JSON

The environment variable WALL_SEED is the seed of a single simulation for `all`, to replay a failure.
Exit code 0: nothing that must not be.";

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() || words.iter().any(|word| word == "-h" || word == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let outcome = match words.remove(0).as_str() {
        "run" => read_order(words).and_then(|(order, json)| run(&order, json)),
        "all" => read_campaign(words).and_then(|(campaign, json)| campaign.run(json)),
        other => Err(anyhow::anyhow!("unknown word {other}")),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("wall: {error:#}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

/// One simulation in this process.
fn run(order: &Order, json: bool) -> anyhow::Result<bool> {
    let begin = std::time::Instant::now();
    let outcome = simulation::run(order)?;
    if json {
        println!("{}", serde_json::to_string(&outcome)?);
    } else {
        outcome.print(order.seed, begin.elapsed());
    }
    Ok(outcome.violations.is_empty())
}

/// The words of a command line: flags, and options with a value.
struct Words(std::vec::IntoIter<String>);

impl Words {
    fn value<T: std::str::FromStr>(&mut self, of: &str) -> anyhow::Result<T> {
        let text = self.0.next().unwrap_or_default();
        text.parse().map_err(|_| anyhow::anyhow!("{of} does not take {text:?}"))
    }
}

fn minutes(count: f64) -> Duration {
    Duration::from_secs_f64(count.clamp(0.1, 10_000.0) * 60.0)
}

fn read_order(words: Vec<String>) -> anyhow::Result<(Order, bool)> {
    let mut words = Words(words.into_iter());
    let seed = words.value("run")?;
    let (mut order, mut json) = (Order::new(seed), false);
    while let Some(word) = words.0.next() {
        match word.as_str() {
            "--minutes" => order.length = minutes(words.value(&word)?),
            "--only" => {
                let only: String = words.value(&word)?;
                order.kinds = KINDS.into_iter().filter(|kind| kind.name().contains(&only)).collect();
                anyhow::ensure!(!order.kinds.is_empty(), "no fault is called {only:?}");
            }
            "--planted" => order.planted = Some(planted(&mut words)?),
            "--aloud" => order.aloud = true,
            "--json" => json = true,
            other => anyhow::bail!("unknown word {other}"),
        }
    }
    Ok((order, json))
}

fn planted(words: &mut Words) -> anyhow::Result<Planted> {
    let word: String = words.value("--planted")?;
    Planted::by_name(&word).ok_or_else(|| anyhow::anyhow!("no fault to plant is called {word:?}"))
}

fn read_campaign(words: Vec<String>) -> anyhow::Result<(Campaign, bool)> {
    let mut words = Words(words.into_iter());
    let (mut campaign, mut json) = (Campaign::default(), false);
    if let Ok(seed) = std::env::var("WALL_SEED") {
        campaign.only = Some(seed.parse().map_err(|_| anyhow::anyhow!("WALL_SEED={seed} is no seed"))?);
    }
    while let Some(word) = words.0.next() {
        match word.as_str() {
            "--wall-hours" => campaign.wall_hours = words.value(&word)?,
            "--first" => campaign.first = words.value(&word)?,
            "--jobs" => campaign.jobs = words.value(&word)?,
            "--minutes" => campaign.length = minutes(words.value(&word)?),
            "--replays" => campaign.replays = words.value(&word)?,
            "--planted" => campaign.planted = Some(planted(&mut words)?),
            "--json" => json = true,
            other => anyhow::bail!("unknown word {other}"),
        }
    }
    Ok((campaign, json))
}
