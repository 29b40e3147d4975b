//! Many simulations, each in a process of its own, and what came of all of them together.

use crate::faults::KINDS;
use crate::simulation::{Outcome, Planted, RARE, RARE_WALL_HOURS, RECOVERIES};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A row of seeds to simulate.
#[derive(Debug)]
pub struct Campaign {
    /// Walls are to be shown for so long, all together.
    pub wall_hours: f64,
    /// The first seed; the others follow.
    pub first: u64,
    /// Only this seed.
    pub only: Option<u64>,
    /// Processes at once.
    pub jobs: usize,
    /// How long each hall is simulated.
    pub length: Duration,
    /// How many seeds are simulated twice.
    pub replays: u64,
    /// A fault that must be noticed.
    pub planted: Option<Planted>,
}

impl Default for Campaign {
    fn default() -> Self {
        Self {
            wall_hours: 4.0,
            first: 1,
            only: None,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            length: Duration::from_secs(12 * 60),
            replays: 0,
            planted: None,
        }
    }
}

/// What came of all simulations.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Simulated.
    pub simulations: u64,
    /// Simulated time of all walls.
    pub wall_hours: f64,
    /// Real time.
    pub took_s: f64,
    /// Events of all traces.
    pub events: u64,
    /// What must not have been, with its seed.
    pub violations: Vec<String>,
    /// Seeds that were simulated twice.
    pub replays: u64,
    /// Of these, with the same hash.
    pub replays_equal: u64,
    /// Faults and ways of recovery that were never seen.
    pub unseen: Vec<String>,
    /// How often each was seen.
    pub counters: BTreeMap<String, u64>,
}

impl Summary {
    /// Whether everything is as it must be.
    pub fn holds(&self) -> bool {
        self.violations.is_empty() && self.replays == self.replays_equal && self.unseen.is_empty()
    }

    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.simulations += 1;
        self.wall_hours += outcome.wall_seconds as f64 / 3600.0;
        self.events += outcome.events;
        self.violations.extend(outcome.violations.iter().map(|what| format!("WALL_SEED={seed}: {what}")));
        for (name, count) in outcome.counters {
            *self.counters.entry(name).or_default() += count;
        }
    }

    fn print(&self) {
        for (name, count) in &self.counters {
            println!("{count:>12}  {name}");
        }
        for name in &self.unseen {
            println!("       NEVER  {name}");
        }
        for violation in self.violations.iter().take(20) {
            println!("VIOLATION  {violation}");
        }
        println!(
            "{} simulations, {:.1} wall-hours in {:.0} s, {} events, {} violations, {} of {} replays equal",
            self.simulations,
            self.wall_hours,
            self.took_s,
            self.events,
            self.violations.len(),
            self.replays_equal,
            self.replays
        );
    }
}

impl Campaign {
    /// Simulates until the walls have been shown for long enough. True when everything is as it must be.
    pub fn run(&self, json: bool) -> anyhow::Result<bool> {
        let begin = Instant::now();
        let (summary, next) = (Mutex::new(Summary::default()), AtomicU64::new(0));
        std::thread::scope(|scope| {
            let workers: Vec<_> =
                (0..self.jobs.max(1)).map(|_| scope.spawn(|| self.work(&summary, &next))).collect();
            workers.into_iter().try_for_each(|worker| match worker.join() {
                Ok(worked) => worked,
                Err(_) => anyhow::bail!("a worker has fallen"),
            })
        })?;
        let mut summary = summary.into_inner().unwrap_or_default();
        summary.took_s = begin.elapsed().as_secs_f64();
        if self.only.is_none() && self.planted.is_none() {
            let faults = KINDS.iter().map(|kind| kind.name());
            let rare = RARE.into_iter().filter(|_| summary.wall_hours >= RARE_WALL_HOURS);
            let unseen = faults
                .chain(RECOVERIES)
                .chain(rare)
                .filter(|name| summary.counters.get(*name).is_none_or(|count| *count == 0));
            summary.unseen = unseen.map(str::to_owned).collect();
        }
        if json {
            println!("{}", serde_json::to_string(&summary)?);
        } else {
            summary.print();
        }
        Ok(summary.holds())
    }

    /// Simulates one seed after the other.
    fn work(&self, summary: &Mutex<Summary>, next: &AtomicU64) -> anyhow::Result<()> {
        let hold = || summary.lock().map_err(|_| anyhow::anyhow!("a worker has fallen"));
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let seed = match self.only {
                Some(seed) if number == 0 => seed,
                Some(_) => return Ok(()),
                None => self.first + number,
            };
            {
                let summary = hold()?;
                if summary.wall_hours >= self.wall_hours || summary.violations.len() > 20 {
                    return Ok(());
                }
            }
            let outcome = self.simulate(seed)?;
            let again = if number < self.replays { Some(self.simulate(seed)?) } else { None };
            let mut summary = hold()?;
            if let Some(again) = again {
                let equal = again.hash == outcome.hash && again.events == outcome.events;
                summary.replays += 1;
                summary.replays_equal += u64::from(equal);
                if !equal {
                    summary.violations.push(format!("WALL_SEED={seed}: a replay is different"));
                }
            }
            summary.add(seed, outcome);
        }
    }

    /// One simulation in a process of its own: nothing is left over from another one.
    fn simulate(&self, seed: u64) -> anyhow::Result<Outcome> {
        let mut command = Command::new(std::env::current_exe()?);
        let minutes = (self.length.as_secs_f64() / 60.0).to_string();
        command.args(["run", &seed.to_string(), "--json", "--minutes", &minutes]);
        if let Some(planted) = self.planted {
            command.args(["--planted", planted.name()]);
        }
        let output = command.stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(text.lines().last().unwrap_or_default())
            .with_context(|| format!("WALL_SEED={seed}: the simulation ended with {}", output.status))
    }
}
