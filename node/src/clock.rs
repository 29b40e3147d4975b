//! The machine's clock: monotonic inside, on the hall's wall time outside.

use media::{ClockMap, LocalTime, WallTime};
use protocol_quic::{Host, SharedClock};
use std::time::Duration;

/// A clock that never runs backwards once it has been set. Clones tell the same time.
#[derive(Debug, Clone)]
pub struct Clock {
    host: Host,
    map: SharedClock,
}

impl Clock {
    /// The system's wall time as it stands, carried on by `host`'s monotonic clock, so that a stepped system clock never
    /// makes the wall jump.
    pub fn system(host: Host) -> Self {
        let map = SharedClock::fixed(ClockMap::steady(host.local(), host.wall()));
        Self { host, map }
    }

    /// The hall's time as `map`, which a control link keeps, tells it.
    pub fn following(host: Host, map: SharedClock) -> Self {
        Self { host, map }
    }

    /// The machine.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Monotonic time.
    pub fn local(&self) -> LocalTime {
        self.host.local()
    }

    /// The hall's time.
    pub fn wall(&self) -> WallTime {
        self.map.map().to_wall(self.local())
    }

    /// The hall's time lies within so many nanoseconds of [`Clock::wall`].
    pub fn error_ns(&self) -> u64 {
        self.map.map().error_at(self.local())
    }

    /// How long until `time`; zero when it has passed.
    pub fn until(&self, time: WallTime) -> Duration {
        self.map.map().to_local(time).since(self.local())
    }
}
