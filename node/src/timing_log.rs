//! What a display node's clock and its present calls really did, in lines for proofs that run all nodes on one machine:
//! there the system clock is the truth that the nodes' own clocks are held against.
//!
//! ```text
//! tick,before_ns,wall_ns,after_ns,error_ns
//! ```
//!
//! At each present call: the tick, the system clock, this node's wall clock, the system clock again, this node's bound. The
//! system clock is read twice, because between two readings the process may lose the processor.

use crate::clock::Clock;
use media::CanvasFrame;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// A file of lines; written when full and at the end.
#[derive(Debug)]
pub struct TimingLog {
    out: BufWriter<File>,
}

impl TimingLog {
    /// A new file at `path`.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { out: BufWriter::with_capacity(1 << 16, File::create(path)?) })
    }

    /// Notes a present call at this moment.
    pub fn presented(&mut self, tick: CanvasFrame, clock: &Clock) -> io::Result<()> {
        let before = system_ns();
        let wall = clock.wall();
        let after = system_ns();
        writeln!(self.out, "{},{before},{},{after},{}", tick.0, wall.0, clock.error_ns())
    }
}

fn system_ns() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}
