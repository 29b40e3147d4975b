//! When to try a source again: soon, with a cap, spread by chance, and not fooled by a brief success.

use media::LocalTime;
use std::time::Duration;

/// How long to wait between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffSettings {
    /// The first wait; each later one is twice as long.
    pub first: Duration,
    /// No wait is longer.
    pub cap: Duration,
    /// A connection must have given pictures this long before the waits begin short again.
    pub hold: Duration,
}

impl Default for BackoffSettings {
    /// 250 ms doubling to 1 s: a camera that returns is asked within a second, and one that is gone costs one packet
    /// a second.
    fn default() -> Self {
        let (first, cap) = (Duration::from_millis(250), Duration::from_secs(1));
        Self { first, cap, hold: Duration::from_secs(10) }
    }
}

/// The waits of one source.
#[derive(Debug, Clone)]
pub struct Backoff {
    settings: BackoffSettings,
    failures: u32,
    live_since: Option<LocalTime>,
}

impl Backoff {
    /// A source that has not been tried yet.
    pub fn new(settings: BackoffSettings) -> Self {
        Self { settings, failures: 0, live_since: None }
    }

    /// The first picture of a connection came at `now`.
    pub fn succeeded(&mut self, now: LocalTime) {
        self.live_since.get_or_insert(now);
    }

    /// An attempt or a connection ended at `now`: how long to wait before the next one.
    ///
    /// `random` is any 64 random bits; the wait lies between half of the current step and all of it, so that a
    /// hundred cameras behind one switch do not come back in one blow.
    pub fn failed(&mut self, now: LocalTime, random: u64) -> Duration {
        if self.live_since.take().is_some_and(|since| now.since(since) >= self.settings.hold) {
            self.failures = 0;
        }
        let step = self.settings.first.saturating_mul(1u32 << self.failures.min(16)).min(self.settings.cap);
        self.failures = self.failures.saturating_add(1);
        let half = step / 2;
        let spread = (u128::from(random) * half.as_nanos()) >> 64;
        half + Duration::from_nanos(u64::try_from(spread).unwrap_or(u64::MAX))
    }

    /// How many attempts in a row have failed.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(duration: Duration) -> u128 {
        duration.as_millis()
    }

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn waits_double_to_the_cap_and_stay_between_half_and_all() {
        let mut most = Backoff::new(BackoffSettings::default());
        let mut least = most.clone();
        for (step, n) in [250, 500, 1000, 1000, 1000].into_iter().zip(0..) {
            assert_eq!(ms(least.failed(LocalTime(n), 0)), step / 2);
            assert_eq!(ms(most.failed(LocalTime(n), u64::MAX)), step - 1);
        }
        for n in 0..100_000 {
            assert!(most.failed(LocalTime(n), u64::MAX) <= Duration::from_secs(1));
        }
    }

    #[test]
    fn a_brief_success_does_not_reset() {
        let mut backoff = Backoff::new(BackoffSettings::default());
        for n in 0..5 {
            backoff.failed(LocalTime(n), 0);
        }
        backoff.succeeded(LocalTime(0));
        assert_eq!(ms(backoff.failed(LocalTime(9 * SECOND), 0)), 500);
        // The time between attempts is no success.
        assert_eq!(ms(backoff.failed(LocalTime(30 * SECOND), 0)), 500);
        backoff.succeeded(LocalTime(40 * SECOND));
        backoff.succeeded(LocalTime(45 * SECOND));
        assert_eq!(ms(backoff.failed(LocalTime(50 * SECOND), 0)), 125);
        assert_eq!(backoff.failures(), 1);
    }
}
