//! Everything that happens in a simulation, boiled down to one number: two replays of a seed must give the same.

use std::hash::{DefaultHasher, Hash, Hasher};
use tokio::time::Instant;

/// The running hash of all events, each with its moment.
#[derive(Debug)]
pub struct Trace {
    begin: Instant,
    hasher: DefaultHasher,
    events: u64,
    /// Whether events are also printed.
    aloud: bool,
}

impl Trace {
    /// An empty trace that begins now. With `aloud`, events are printed as they come.
    pub fn new(aloud: bool) -> Self {
        // The keys of this hasher are fixed.
        Self { begin: Instant::now(), hasher: DefaultHasher::new(), events: 0, aloud }
    }

    /// Simulated nanoseconds since the beginning.
    pub fn now_ns(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Notes that `what` happened to `who`.
    pub fn note(&mut self, what: &'static str, who: &str, details: impl Hash + std::fmt::Debug) {
        let now = self.now_ns();
        (now, what, who).hash(&mut self.hasher);
        details.hash(&mut self.hasher);
        self.events += 1;
        if self.aloud {
            println!("{:>12.3} {who:>8} {what} {details:?}", now as f64 / 1e9);
        }
    }

    /// How many events there were.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The hash of all of them.
    pub fn hash(&self) -> u64 {
        self.hasher.finish()
    }
}
