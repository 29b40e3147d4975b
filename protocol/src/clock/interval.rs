//! What exchanges with the master prove: an interval in which the wall time lies.

use super::ClockEcho;
use media::{LocalTime, WallTime};

/// No wall time of a hall lies outside: the years 1970 to 2116.
const WALL_MAX: i64 = i64::MAX / 2;
/// An exchange that takes longer proves too little to be kept.
const ROUND_TRIP_NS_MAX: i64 = 4_000_000_000;

/// Exchanges that are closer to each other in nanoseconds say nothing of the rate.
const APART_NS_MIN: i64 = 10_000_000;

/// One exchange: the master's clock was seen between two moments of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exchange {
    sent: LocalTime,
    received: WallTime,
    replied: WallTime,
    pub(super) arrived: LocalTime,
}

impl Exchange {
    /// `None` when no honest exchange can have these times.
    pub(super) fn new(echo: ClockEcho, arrived: LocalTime) -> Option<Self> {
        let ClockEcho { sequence: _, sent, received, replied } = echo;
        let took = arrived.0.checked_sub(sent.0).filter(|took| (0..=ROUND_TRIP_NS_MAX).contains(took))?;
        // The two clocks may differ in rate, but not by more than a thousandth.
        let held_max = took + took / 1000;
        let plausible = 0 <= received.0 && received <= replied && replied.0 <= WALL_MAX;
        (plausible && replied.nanos_from(received) <= held_max).then_some(Self {
            sent,
            received,
            replied,
            arrived,
        })
    }

    /// How long it was on its way, there and back.
    pub(super) fn round_trip_ns(&self) -> i64 {
        let Self { sent, received, replied, arrived } = self;
        (arrived.nanos_from(*sent) - replied.nanos_from(*received)).max(0)
    }

    /// The lowest and the highest rate, in parts of 10⁹, that the clocks can have had between this exchange and a later one;
    /// `None` when the two are too close to say anything.
    pub(super) fn rate_until(&self, later: &Self) -> Option<(i64, i64)> {
        let apart = later.sent.nanos_from(self.arrived);
        if apart < APART_NS_MIN {
            return None;
        }
        let faster = |wall: i64, local: i64| {
            let ppb = i128::from(wall - local) * 1_000_000_000 / i128::from(local);
            i64::try_from(ppb).ok()
        };
        let low = faster(later.replied.nanos_from(self.received), later.arrived.nanos_from(self.sent))?;
        let high = faster(later.received.nanos_from(self.replied), apart)?;
        Some((low - 1, high + 1))
    }

    /// Wall time minus local time in the middle of the exchange, if both ways took equally long.
    pub(super) fn offset_ns(&self) -> i64 {
        let Self { sent, received, replied, arrived } = self;
        let middle_wall = received.0 + replied.nanos_from(*received) / 2;
        let middle_local = sent.0 + arrived.nanos_from(*sent) / 2;
        middle_wall.saturating_sub(middle_local)
    }
}

/// How fast wall time runs against local time, and how far that may be from the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    /// How much faster, in parts of 10⁹.
    pub(super) ppb: i64,
    /// By how much the truth may differ, in parts of 10⁹.
    pub(super) uncertain_ppb: i64,
}

impl Rate {
    /// The same rate, `more_ppb` less certain.
    pub(super) fn less_certain(self, more_ppb: i64) -> Self {
        Self { ppb: self.ppb, uncertain_ppb: self.uncertain_ppb + more_ppb }
    }
}

/// `time` and what wall time has run in `elapsed_ns` nanoseconds of local time since, rounded down.
fn carried(time: WallTime, elapsed_ns: i64, rate_ppb: i64) -> WallTime {
    let gained_ns = match elapsed_ns.checked_mul(rate_ppb) {
        Some(product) => product.div_euclid(1_000_000_000),
        // Beyond hours of waiting, and rare: the division in the wide type is slow.
        None => (i128::from(elapsed_ns) * i128::from(rate_ppb)).div_euclid(1_000_000_000) as i64,
    };
    time.offset(elapsed_ns.saturating_add(gained_ns))
}

/// At some moment the wall time lies between the two ends, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    low: WallTime,
    high: WallTime,
}

impl Interval {
    /// What `exchanges` prove together for `at`, a moment after all of them; `None` when they contradict each other, or when
    /// there are none.
    pub(super) fn proved<'a>(
        mut exchanges: impl Iterator<Item = &'a Exchange>,
        at: LocalTime,
        rate: Rate,
    ) -> Option<Self> {
        let first = Self::of(exchanges.next()?, at, rate);
        let all = exchanges.fold(first, |all, exchange| {
            let Self { low, high } = Self::of(exchange, at, rate);
            Self { low: all.low.max(low), high: all.high.min(high) }
        });
        (all.low <= all.high).then_some(all)
    }

    /// The wall time had not passed `received` when the probe left, and was not before `replied` when the echo came.
    fn of(exchange: &Exchange, at: LocalTime, rate: Rate) -> Self {
        let Exchange { sent, received, replied, arrived } = *exchange;
        let low = carried(replied, at.nanos_from(arrived).max(0), rate.ppb - rate.uncertain_ppb);
        let high = carried(received, at.nanos_from(sent).max(0), rate.ppb + rate.uncertain_ppb);
        // A nanosecond for the rounding.
        Self { low, high: high.offset(1) }
    }

    /// The place from which nothing in the interval is far.
    pub(super) fn middle(&self) -> WallTime {
        self.low.offset(self.high.nanos_from(self.low) / 2)
    }

    /// How far the wall time may be from `wall`, in nanoseconds.
    pub(super) fn farthest_ns(&self, wall: WallTime) -> u64 {
        self.low.0.abs_diff(wall.0).max(self.high.0.abs_diff(wall.0))
    }
}
