//! The machine's clock: monotonic inside, on the hall's wall time outside.
//!
//! Wall time is read from the system clock once, at start, and carried on by the monotonic clock, so that a stepped
//! system clock never makes the wall jump.

use media::{ClockMap, LocalTime, WallTime};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock that never runs backwards. Copies tell the same time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
    map: ClockMap,
}

impl Clock {
    /// Begins from the system clock as it stands. A machine whose clock stands before 1970 begins at 1970.
    pub fn system() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let map = ClockMap::steady(LocalTime(0), WallTime(0) + since_epoch);
        Self { origin: Instant::now(), map }
    }

    /// Time since this clock began.
    pub fn local(&self) -> LocalTime {
        LocalTime(i64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(i64::MAX))
    }

    /// The hall's time.
    pub fn wall(&self) -> WallTime {
        self.map.to_wall(self.local())
    }

    /// How long until `time`; zero when it has passed.
    pub fn until(&self, time: WallTime) -> Duration {
        time.since(self.wall())
    }
}
