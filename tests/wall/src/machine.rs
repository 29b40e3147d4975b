//! A simulated machine: its clocks, which drift and step, and its place in the network.

use crate::network::{Access, Network};
use media::{LocalTime, WallTime};
use protocol_quic::{Host, HostClock};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::{Duration, Instant};

/// The wall time at which each simulation begins: 14 November 2026, 12:00 UTC.
pub const BEGIN: WallTime = WallTime(1_794_657_600_000_000_000);

/// The clocks of ordinary machines run no more wrong than this, in parts of 10⁹.
pub const RATE_PPB_MAX: i64 = 100_000;

/// The clocks of one machine. They are exact to the nanosecond, but tokio's paused clock moves in milliseconds.
#[derive(Debug)]
pub struct Clocks(Mutex<State>);

#[derive(Debug, Clone, Copy)]
struct State {
    /// True time up to which the rest is reckoned.
    at: Instant,
    local_ns: i64,
    wall_ns: i64,
    /// How much faster than true time both clocks run.
    rate_ppb: i64,
}

impl State {
    fn elapsed(&self, now: Instant) -> i64 {
        let elapsed = i64::try_from((now - self.at).as_nanos()).unwrap_or(i64::MAX);
        elapsed + scaled(elapsed, self.rate_ppb)
    }

    fn move_to(&mut self, now: Instant) {
        let elapsed = self.elapsed(now);
        (self.at, self.local_ns, self.wall_ns) = (now, self.local_ns + elapsed, self.wall_ns + elapsed);
    }
}

fn scaled(ns: i64, ppb: i64) -> i64 {
    (i128::from(ns) * i128::from(ppb) / 1_000_000_000) as i64
}

impl Clocks {
    /// Clocks that stand at `local` and `wall` now.
    pub fn new(local: LocalTime, wall: WallTime, rate_ppb: i64) -> Self {
        Self(Mutex::new(State { at: Instant::now(), local_ns: local.0, wall_ns: wall.0, rate_ppb }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on both clocks run at another rate, `by_ppb` faster than before but at most [`RATE_PPB_MAX`] off.
    pub fn change_rate(&self, by_ppb: i64) {
        let mut state = self.state();
        state.move_to(Instant::now());
        state.rate_ppb = (state.rate_ppb + by_ppb).clamp(-RATE_PPB_MAX, RATE_PPB_MAX);
    }

    /// The wall clock leaps; the monotonic one does not.
    pub fn step_wall(&self, by_ns: i64) {
        let mut state = self.state();
        state.move_to(Instant::now());
        state.wall_ns += by_ns;
    }

    /// When this machine's monotonic clock will show `local`.
    pub fn instant_of(&self, local: LocalTime) -> Instant {
        let mut state = self.state();
        state.move_to(Instant::now());
        let ahead = local.0.saturating_sub(state.local_ns).max(0);
        // Rounding up by two nanoseconds makes up for both divisions: never too early.
        state.at + Duration::from_nanos((ahead - scaled(ahead, state.rate_ppb)).max(0) as u64 + 2)
    }
}

impl HostClock for Clocks {
    fn local(&self) -> LocalTime {
        let state = *self.state();
        LocalTime(state.local_ns + state.elapsed(Instant::now()))
    }

    fn wall(&self) -> WallTime {
        let state = *self.state();
        WallTime(state.wall_ns + state.elapsed(Instant::now()))
    }
}

/// A machine that runs one program after another.
#[derive(Debug)]
pub struct Machine {
    /// Its address.
    pub ip: Ipv4Addr,
    /// Its clocks.
    pub clocks: Arc<Clocks>,
    network: Arc<Network>,
}

impl Machine {
    /// A machine at `ip`.
    pub fn new(ip: Ipv4Addr, clocks: Clocks, network: Arc<Network>) -> Self {
        Self { ip, clocks: Arc::new(clocks), network }
    }

    /// What a new program on this machine sees. Its network ends with `Access::cut_off`.
    pub fn boot(&self) -> (Host, Arc<Access>) {
        let access = Arc::new(Access::new(self.ip, self.network.clone()));
        (Host::simulated(self.clocks.clone(), access.clone()), access)
    }
}
