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

/// Turns one machine's [`LocalTime`] into the hall's [`WallTime`] and back, and says how wrong that may be.
///
/// A line through (`at`, `wall`) that runs `rate_ppb` faster than local time. A clock that was found to be off is not stepped
/// but slewed: from `at` to `slew_until` the line runs faster or slower by `slew_ppb` more, and from there on at its own
/// rate. So a map stays right on its own, however late the next one comes.
///
/// Both rates together stay within ± 5 %: whoever makes a map sees to it, and it keeps wall time running forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockMap {
    /// Where the line begins in local time.
    pub at: LocalTime,
    /// Where it begins in wall time.
    pub wall: WallTime,
    /// How much faster wall time runs than local time, in parts of 10⁹.
    pub rate_ppb: i64,
    /// How much faster still until `slew_until`, in parts of 10⁹.
    pub slew_ppb: i64,
    /// When the slew is done; not before `at`.
    pub slew_until: LocalTime,
    /// At `at` the true wall time lies within this many nanoseconds of where the slew leads.
    pub error_ns: u64,
    /// How fast that grows with the time since `at`, in parts of 10⁹.
    pub error_growth_ppb: u64,
}

const BILLION: i128 = 1_000_000_000;

fn narrow(ns: i128) -> i64 {
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

/// Nanoseconds of wall time in `local_ns` at a rate, rounded down.
fn wall_ns(local_ns: i128, rate_ppb: i64) -> i128 {
    (local_ns * (BILLION + i128::from(rate_ppb))).div_euclid(BILLION)
}

/// The fewest nanoseconds of local time that hold `wall_ns` at a rate.
fn local_ns(wall_ns: i128, rate_ppb: i64) -> i128 {
    let faster = BILLION + i128::from(rate_ppb);
    (wall_ns * BILLION + faster - 1).div_euclid(faster)
}

impl ClockMap {
    /// Wall time runs as local time does, without error.
    pub fn steady(at: LocalTime, wall: WallTime) -> Self {
        Self { at, wall, rate_ppb: 0, slew_ppb: 0, slew_until: at, error_ns: 0, error_growth_ppb: 0 }
    }

    fn slew_ns(self) -> i128 {
        (i128::from(self.slew_until.0) - i128::from(self.at.0)).max(0)
    }

    /// The wall time at `local`. Never runs backwards.
    pub fn to_wall(self, local: LocalTime) -> WallTime {
        let since = i128::from(local.0) - i128::from(self.at.0);
        let slewed = since.clamp(0, self.slew_ns());
        let wall = wall_ns(slewed, self.rate_ppb + self.slew_ppb) + wall_ns(since - slewed, self.rate_ppb);
        WallTime(narrow(i128::from(self.wall.0) + wall))
    }

    /// The earliest local time whose wall time is not before `wall`.
    pub fn to_local(self, wall: WallTime) -> LocalTime {
        let since = i128::from(wall.0) - i128::from(self.wall.0);
        let bend = wall_ns(self.slew_ns(), self.rate_ppb + self.slew_ppb);
        let local = if since <= 0 {
            local_ns(since, self.rate_ppb)
        } else if since <= bend {
            local_ns(since, self.rate_ppb + self.slew_ppb)
        } else {
            self.slew_ns() + local_ns(since - bend, self.rate_ppb)
        };
        LocalTime(narrow(i128::from(self.at.0) + local))
    }

    /// What the slew still adds to wall time after `local`, in nanoseconds.
    pub fn slew_left_at(self, local: LocalTime) -> i64 {
        let left = (i128::from(self.slew_until.0) - i128::from(local.0)).clamp(0, self.slew_ns());
        narrow((left * i128::from(self.slew_ppb)).div_euclid(BILLION))
    }

    /// The true wall time at `local` lies within this many nanoseconds of [`ClockMap::to_wall`].
    pub fn error_at(self, local: LocalTime) -> u64 {
        let since = u128::from(local.0.abs_diff(self.at.0));
        let grown = since * u128::from(self.error_growth_ppb) / 1_000_000_000 + 1;
        let grown = u64::try_from(grown).unwrap_or(u64::MAX);
        self.error_ns.saturating_add(grown).saturating_add(self.slew_left_at(local).unsigned_abs())
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

    fn maps() -> Vec<ClockMap> {
        let mut maps = Vec::new();
        for rate_ppb in [0, 1, -1, 40_000, -200_000] {
            for slew_ppb in [0, 500_000, -500_000, 20_000_000, -20_000_000] {
                maps.push(ClockMap {
                    at: LocalTime(7_000_000_123),
                    wall: WallTime(1_795_000_000_000_000_456),
                    rate_ppb,
                    slew_ppb,
                    slew_until: LocalTime(7_000_000_123 + 50_000),
                    error_ns: 1_000,
                    error_growth_ppb: 10_000,
                });
            }
        }
        maps
    }

    /// Around the beginning, around the bend, and far away.
    fn moments(map: ClockMap) -> impl Iterator<Item = LocalTime> {
        let near = [map.at, map.slew_until].into_iter().flat_map(|at| (-40..40).map(move |n| at.offset(n)));
        near.chain([map.at.offset(-3_600_000_000_000), map.at.offset(31_536_000_000_000_000)])
    }

    #[test]
    fn a_map_leads_there_and_back_to_the_nanosecond() {
        for map in maps() {
            for local in moments(map) {
                let wall = map.to_wall(local);
                for wall in [wall.offset(-1), wall, wall.offset(1)] {
                    let back = map.to_local(wall);
                    assert!(map.to_wall(back) >= wall, "{map:?} {wall:?}: the wall time has come");
                    assert!(map.to_wall(back.offset(-1)) < wall, "{map:?} {wall:?}: and not before");
                }
                let back = map.to_local(wall);
                assert!(back <= local && local.nanos_from(back) <= 2, "{map:?} {local:?}");
            }
        }
    }

    #[test]
    fn wall_time_runs_forward_and_bends_without_a_step() {
        for map in maps() {
            for local in moments(map) {
                let step = map.to_wall(local.offset(1)).nanos_from(map.to_wall(local));
                assert!((0..=2).contains(&step), "{map:?} {local:?}: {step} ns");
            }
        }
    }

    #[test]
    fn the_error_shrinks_with_the_slew_and_grows_with_time() {
        let at = LocalTime(1_000_000_000);
        let map = ClockMap {
            slew_ppb: -500_000,
            slew_until: at.offset(2_000_000_000),
            error_ns: 70_000,
            error_growth_ppb: 10_000,
            ..ClockMap::steady(at, WallTime(0))
        };
        assert_eq!(map.slew_left_at(at), -1_000_000);
        assert_eq!(map.slew_left_at(at.offset(1_000_000_000)), -500_000);
        assert_eq!(map.slew_left_at(at.offset(3_000_000_000)), 0);
        assert_eq!(map.error_at(at), 1_070_001);
        assert_eq!(map.error_at(at.offset(1_000_000_000)), 580_001);
        assert_eq!(map.error_at(at.offset(4_000_000_000)), 110_001);
        let unknown = ClockMap { error_ns: u64::MAX, ..map };
        assert_eq!(unknown.error_at(at), u64::MAX);
    }

    #[test]
    fn absurd_times_are_held_inside_their_type() {
        for map in maps() {
            for time in [i64::MIN, i64::MIN + 1, 0, i64::MAX] {
                let _ = (
                    map.to_wall(LocalTime(time)),
                    map.to_local(WallTime(time)),
                    map.error_at(LocalTime(time)),
                );
            }
        }
    }
}
