//! What the nodes' timing logs say when the system clock of the one machine they share is taken for the truth.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Present calls and clocks of many nodes.
#[derive(Debug, Clone, Default)]
pub struct Timing {
    /// Present calls that were compared.
    pub calls: u64,
    /// The farthest that a node's wall clock certainly stood from the truth, in nanoseconds.
    pub error_ns_max: i128,
    /// How often a node's clock was farther off than it said.
    pub lies: u64,
    /// The largest bound that a node stated, in nanoseconds.
    pub bound_ns_max: i128,
    /// For each tick that every node presented, the latest present call minus the earliest, in nanoseconds, sorted.
    pub skews_ns: Vec<u64>,
}

impl Timing {
    /// Reads `logs` from `from_ns` of the system clock on.
    pub fn read(logs: &[impl AsRef<Path>], from_ns: u128) -> io::Result<Self> {
        let mut timing = Self::default();
        let mut ticks: BTreeMap<i128, Vec<i128>> = BTreeMap::new();
        for log in logs {
            for line in fs::read_to_string(log)?.lines() {
                let Some([tick, before_ns, wall_ns, after_ns, bound_ns]) = numbers(line) else { continue };
                if before_ns < i128::try_from(from_ns).unwrap_or(i128::MAX) {
                    continue;
                }
                // The truth lies somewhere between the two readings: what is certain is the distance from both.
                let error_ns = (before_ns - wall_ns).max(wall_ns - after_ns).max(0);
                timing.calls += 1;
                timing.error_ns_max = timing.error_ns_max.max(error_ns);
                timing.lies += u64::from(error_ns > bound_ns);
                timing.bound_ns_max = timing.bound_ns_max.max(bound_ns);
                ticks.entry(tick).or_default().push(before_ns);
            }
        }
        let skew = |calls: &Vec<i128>| {
            Some(u64::try_from(calls.iter().max()? - calls.iter().min()?).unwrap_or(u64::MAX))
        };
        let whole = ticks.values().filter(|calls| calls.len() == logs.len());
        timing.skews_ns = whole.filter_map(skew).collect();
        timing.skews_ns.sort_unstable();
        Ok(timing)
    }

    /// The skew that `percent` of the ticks do not exceed, in microseconds.
    pub fn skew_us(&self, percent: usize) -> Option<f64> {
        let last = self.skews_ns.len().checked_sub(1)?;
        self.skews_ns.get(last * percent / 100).map(|ns| *ns as f64 / 1_000.0)
    }
}

/// `tick,before_ns,wall_ns,after_ns,error_ns`; `None` for a line that was cut off.
fn numbers(line: &str) -> Option<[i128; 5]> {
    let numbers: Vec<i128> = line.split(',').map_while(|part| part.parse().ok()).collect();
    numbers.try_into().ok()
}
