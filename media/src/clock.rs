//! The four times of the house, which never mix by accident.
//!
//! A source counts in [`MediaTime`], a machine in [`LocalTime`], all machines together in [`WallTime`], and the wall
//! itself in [`CanvasFrame`]s. Only a [`ClockMap`] turns local time into wall time, and it carries how wrong it may be.

use std::num::NonZeroU32;
use std::ops::{Add, Sub};
use std::time::Duration;

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

macro_rules! time_types {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
        pub struct $name(pub i64);

        impl $name {
            /// How long after `earlier` this is; zero when it is not after.
            pub fn since(self, earlier: Self) -> Duration {
                Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
            }

            /// This minus `other` in nanoseconds, negative when this is the earlier one.
            pub fn nanos_from(self, other: Self) -> i64 {
                self.0.saturating_sub(other.0)
            }

            /// This time moved by `delta_ns` nanoseconds, held inside the range of the type.
            pub fn offset(self, delta_ns: i64) -> Self {
                Self(self.0.saturating_add(delta_ns))
            }
        }

        impl Add<Duration> for $name {
            type Output = Self;
            fn add(self, duration: Duration) -> Self {
                Self(self.0.saturating_add(nanos(duration)))
            }
        }

        impl Sub<Duration> for $name {
            type Output = Self;
            fn sub(self, duration: Duration) -> Self {
                Self(self.0.saturating_sub(nanos(duration)))
            }
        }
    )*};
}

time_types! {
    /// Nanoseconds of this machine's monotonic clock, from a zero of its own.
    LocalTime
    /// Nanoseconds since the Unix epoch as all nodes of a hall agree on them.
    WallTime
    /// Nanoseconds on a source's own clock, unwrapped, from a zero of its own.
    MediaTime
}

/// The number of a wall tick since the Unix epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct CanvasFrame(pub u64);

/// How many times a second a wall changes its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickRate(NonZeroU32);

impl TickRate {
    /// A rate of `hz` ticks a second; `None` unless 1 ≤ `hz` ≤ 240.
    pub fn new(hz: u32) -> Option<Self> {
        NonZeroU32::new(hz).filter(|hz| hz.get() <= 240).map(Self)
    }

    /// Ticks a second.
    pub fn hz(self) -> u32 {
        self.0.get()
    }

    /// The length of one tick, rounded down to a nanosecond.
    pub fn period(self) -> Duration {
        Duration::from_nanos(1_000_000_000 / u64::from(self.hz()))
    }

    /// When tick `frame` begins. Exact: ticks do not drift against whole seconds.
    pub fn start_of(self, frame: CanvasFrame) -> WallTime {
        let nanos = u128::from(frame.0) * 1_000_000_000 / u128::from(self.hz());
        WallTime(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    /// The tick that is running at `time`.
    pub fn frame_at(self, time: WallTime) -> CanvasFrame {
        let hz = u128::from(self.hz());
        let nanos = u128::try_from(time.0).unwrap_or(0);
        // start_of rounds down, so the first nanosecond of a tick may still compute to the tick before it.
        CanvasFrame(u64::try_from(((nanos + 1) * hz - 1) / 1_000_000_000).unwrap_or(u64::MAX))
    }
}

/// Turns one machine's [`LocalTime`] into the hall's [`WallTime`] and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockMap {
    /// Wall time at local time zero, in nanoseconds.
    pub offset_ns: i64,
    /// The true wall time lies within this many nanoseconds of the mapped one.
    pub error_ns: u64,
}

impl ClockMap {
    /// The wall time at `local`.
    pub fn to_wall(self, local: LocalTime) -> WallTime {
        WallTime(local.0.saturating_add(self.offset_ns))
    }

    /// The local time at `wall`.
    pub fn to_local(self, wall: WallTime) -> LocalTime {
        LocalTime(wall.0.saturating_sub(self.offset_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tick_begins_inside_itself() {
        for hz in [1, 24, 25, 30, 50, 60, 144, 240] {
            let rate = TickRate::new(hz).unwrap();
            let now = 1_795_000_000 * u64::from(hz);
            for n in [0, 1, 7, now, now + 1, now + 2, now + 3] {
                let start = rate.start_of(CanvasFrame(n));
                assert_eq!(rate.frame_at(start), CanvasFrame(n), "{hz} Hz, tick {n}");
                if n > 0 {
                    assert_eq!(
                        rate.frame_at(start.offset(-1)),
                        CanvasFrame(n - 1),
                        "{hz} Hz, before tick {n}"
                    );
                }
            }
        }
        assert_eq!(TickRate::new(0), None);
        assert_eq!(TickRate::new(241), None);
    }
}
