//! How many ticks a node has missed lately.

use media::WallTime;
use std::collections::VecDeque;

const SECONDS: i64 = 60;

/// Ticks and missed ticks of one node, in all and second by second for a minute.
#[derive(Debug, Clone, Default)]
pub(super) struct Missed {
    total: (u64, u64),
    /// Second of the wall time, ticks, missed ticks; oldest first.
    seconds: VecDeque<(i64, u64, u64)>,
}

impl Missed {
    /// The tick that began at `begin` was missed, or was not.
    pub(super) fn count(&mut self, begin: WallTime, missed: bool) {
        let (second, missed) = (begin.0.div_euclid(1_000_000_000), u64::from(missed));
        self.total = (self.total.0 + 1, self.total.1 + missed);
        match self.seconds.back_mut() {
            Some((newest, ticks, of)) if *newest >= second => (*ticks, *of) = (*ticks + 1, *of + missed),
            _ => self.seconds.push_back((second, 1, missed)),
        }
        while self.seconds.front().is_some_and(|(oldest, ..)| *oldest <= second - SECONDS) {
            self.seconds.pop_front();
        }
    }

    /// Ticks and missed ticks so far.
    pub(super) fn total(&self) -> (u64, u64) {
        self.total
    }

    /// Ticks and missed ticks in the newest `seconds`, at most 60, that were heard of.
    pub(super) fn newest(&self, seconds: i64) -> (u64, u64) {
        let after = self.seconds.back().map_or(i64::MAX, |(newest, ..)| newest - seconds);
        let newest = self.seconds.iter().rev().take_while(|(second, ..)| *second > after);
        newest.fold((0, 0), |(ticks, missed), (_, t, m)| (ticks + t, missed + m))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misses_are_forgotten_after_a_minute_and_counted_for_ever() {
        let mut missed = Missed::default();
        for tick in 0..100 * 25 {
            missed.count(WallTime(tick * 40_000_000), tick % 5 == 0);
        }
        assert_eq!(missed.total(), (2500, 500));
        assert_eq!(missed.newest(60), (1500, 300));
        assert_eq!(missed.newest(10), (250, 50));
        missed.count(WallTime(1_000_000_000_000), true);
        assert_eq!(missed.newest(60), (1, 1));
    }
}
