//! How long to wait before the next attempt: longer each time, capped, and never in step with others.

use media::LocalTime;
use ring::rand::{SecureRandom, SystemRandom};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);
/// A connection must live this long before the wait begins at its shortest again: a brief success is none.
const STEADY_AFTER: Duration = Duration::from_secs(10);

/// The waits between attempts of one connection.
#[derive(Debug)]
pub(crate) struct Backoff {
    longest: Duration,
    failures: u32,
    connected_at: Option<LocalTime>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::up_to(LONGEST)
    }
}

impl Backoff {
    /// Waits that grow up to `longest`.
    pub(crate) fn up_to(longest: Duration) -> Self {
        Self { longest, failures: 0, connected_at: None }
    }

    /// An attempt succeeded.
    pub(crate) fn connected(&mut self, now: LocalTime) {
        self.connected_at = Some(now);
    }

    /// An attempt failed or a connection ended: wait this long. `random` is any number.
    fn wait_with(&mut self, now: LocalTime, random: u16) -> Duration {
        if self.connected_at.take().is_some_and(|at| now.since(at) >= STEADY_AFTER) {
            self.failures = 0;
        }
        let longest = FIRST.saturating_mul(1 << self.failures.min(16)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        // Between half and the whole of it.
        longest / 2 + (longest / 2).mul_f64(f64::from(random) / f64::from(u16::MAX))
    }

    /// As above, with a random number of the system.
    pub(crate) fn wait(&mut self, now: LocalTime) -> Duration {
        let mut random = [0; 2];
        // Without randomness the wait is the shortest of its range: still a wait.
        let _ = SystemRandom::new().fill(&mut random);
        self.wait_with(now, u16::from_be_bytes(random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_a_brief_success_does_not_reset_them() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..9).map(|_| backoff.wait_with(LocalTime(0), u16::MAX)).collect();
        assert_eq!(waits[0], FIRST);
        assert_eq!(waits[8], LONGEST);
        assert!(waits.is_sorted());
        backoff.connected(LocalTime(0));
        assert_eq!(backoff.wait_with(LocalTime(0) + Duration::from_secs(9), u16::MAX), LONGEST);
        backoff.connected(LocalTime(0));
        assert_eq!(backoff.wait_with(LocalTime(0) + Duration::from_secs(10), u16::MAX), FIRST);
    }

    #[test]
    fn the_jitter_spans_half_of_the_wait() {
        assert_eq!(Backoff::default().wait_with(LocalTime(0), 0), FIRST / 2);
        assert_eq!(Backoff::default().wait_with(LocalTime(0), u16::MAX), FIRST);
    }
}
