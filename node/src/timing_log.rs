//! What a display node's clock and its present calls really did, in lines for proofs that run all nodes on one machine:
//! there the system clock is the truth that the nodes' own clocks are held against.
//!
//! ```text
//! tick,system_ns,wall_ns,error_ns      at each present call: the tick, the system clock, this node's wall clock, its bound
//! ```

use media::{CanvasFrame, WallTime};
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

    /// Notes a present call. `wall` is read by the caller as close as can be before this.
    pub fn presented(&mut self, tick: CanvasFrame, wall: WallTime, error_ns: u64) -> io::Result<()> {
        let system_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        writeln!(self.out, "{},{system_ns},{},{error_ns}", tick.0, wall.0)
    }
}
