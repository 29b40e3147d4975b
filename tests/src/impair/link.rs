//! One direction of a link: decides what becomes of each packet, from its settings, a seed and the time it is told.

use super::settings::{Burst, Direction, Rate};
use std::time::Duration;

/// Bytes of the headers of IPv4 and UDP, which the wire carries too.
const HEADER_BYTES: usize = 28;

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Arrives(Deliveries),
    /// It is lost on the way.
    Lost,
    /// It found the queue in front of the wire full.
    Overflowed,
}

/// When a packet arrives: once, or twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deliveries {
    /// The first time, on the clock that the link is told.
    pub at: Duration,
    /// The second time, where the packet is doubled.
    pub again: Option<Duration>,
}

/// One direction of a link for one client.
#[derive(Debug)]
pub struct Link {
    random: Random,
    bad: bool,
    /// When it was seen last whether it is bad.
    seen: Duration,
    /// When the wire has sent all that it was given.
    wire_free: Duration,
    /// When the newest packet arrives of those that may not be overtaken.
    newest: Duration,
}

impl Link {
    /// A link that is good and empty. The same seed and packets give the same fates.
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random(seed),
            bad: false,
            seen: Duration::ZERO,
            wire_free: Duration::ZERO,
            newest: Duration::ZERO,
        }
    }

    /// What becomes of a packet of `bytes` that is sent at `now` over a link that is like `direction` now.
    pub fn offer(&mut self, direction: &Direction, bytes: usize, now: Duration) -> Fate {
        // The queue stands in front of the wire, and packets are lost on it: a lost one has taken its time there.
        let Some(sent) = self.through_wire(direction.rate, bytes, now) else { return Fate::Overflowed };
        let alone = self.random.chance(direction.loss);
        if self.in_burst(direction, now) || alone {
            return Fate::Lost;
        }
        let at = self.arrival(direction, sent);
        let again = self.random.chance(direction.duplicate).then(|| self.arrival(direction, sent));
        Fate::Arrives(Deliveries { at, again })
    }

    /// When the wire has sent the packet; `None` when the queue has no room for it.
    fn through_wire(&mut self, rate: Option<Rate>, bytes: usize, now: Duration) -> Option<Duration> {
        let Some(Rate { bits_per_s, queue }) = rate else { return Some(now) };
        let begin = self.wire_free.max(now);
        if begin - now > queue {
            return None;
        }
        let bits = (bytes + HEADER_BYTES) as u64 * 8;
        self.wire_free = begin + Duration::from_nanos(bits * 1_000_000_000 / bits_per_s.max(1));
        Some(self.wire_free)
    }

    fn in_burst(&mut self, direction: &Direction, now: Duration) -> bool {
        let Some(Burst { share, mean }) = direction.burst else {
            self.bad = false;
            return false;
        };
        // How much the state of then says of now, with exponential stays in both states.
        let memory = (-(now - self.seen).as_secs_f64() / (mean.as_secs_f64() * (1.0 - share))).exp();
        let before = if self.bad { 1.0 } else { 0.0 };
        self.bad = self.random.chance(share + (before - share) * memory);
        self.seen = now;
        self.bad
    }

    fn arrival(&mut self, direction: &Direction, sent: Duration) -> Duration {
        let spread = direction.jitter.mul_f64(2.0 * self.random.unit());
        let at = (sent + direction.delay + spread).saturating_sub(direction.jitter).max(sent);
        if direction.reorder {
            return at;
        }
        self.newest = self.newest.max(at);
        self.newest
    }
}

/// Numbers that look random and follow from a seed (SplitMix64, Steele and others 2014).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 ≤ number < 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::LinkSettings;
    use super::*;

    const SEED: u64 = 0x7a1b_a103;
    const PACKET: usize = 1200;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// The fates of `count` packets, one a millisecond.
    fn fates(direction: &Direction, count: u64) -> Vec<(Duration, Fate)> {
        let mut link = Link::new(SEED);
        (0..count).map(|at| (ms(at), link.offer(direction, PACKET, ms(at)))).collect()
    }

    fn times(fates: &[(Duration, Fate)]) -> Vec<(Duration, Duration)> {
        let arrives = |(sent, fate): &(Duration, Fate)| match fate {
            Fate::Arrives(deliveries) => Some((*sent, deliveries.at)),
            Fate::Lost | Fate::Overflowed => None,
        };
        fates.iter().filter_map(arrives).collect()
    }

    fn lost(fates: &[(Duration, Fate)]) -> usize {
        fates.iter().filter(|(_, fate)| *fate == Fate::Lost).count()
    }

    #[test]
    fn a_clean_link_delays_nothing() {
        let fates = fates(&LinkSettings::named("lan").unwrap().down, 1000);
        assert_eq!(times(&fates).len(), 1000);
        assert!(times(&fates).iter().all(|(sent, at)| sent == at));
    }

    #[test]
    fn the_same_seed_gives_the_same_fates() {
        let down = LinkSettings::named("burst-10").unwrap().down;
        assert_eq!(fates(&down, 1000), fates(&down, 1000));
        let other: Vec<_> = {
            let mut link = Link::new(SEED + 1);
            (0..1000).map(|at| (ms(at), link.offer(&down, PACKET, ms(at)))).collect()
        };
        assert_ne!(fates(&down, 1000), other, "seed {SEED}");
    }

    #[test]
    fn as_many_are_lost_as_is_said() {
        for (name, percent) in [("loss-1", 1.0), ("loss-2", 2.0), ("loss-5", 5.0), ("burst-10", 10.0)] {
            let found = lost(&fates(&LinkSettings::named(name).unwrap().down, 100_000)) as f64 / 1000.0;
            assert!((found / percent - 1.0).abs() < 0.1, "{name}: {found} %, seed {SEED}");
        }
        assert_eq!(lost(&fates(&LinkSettings::named("outage").unwrap().down, 1000)), 1000);
    }

    #[test]
    fn bursts_are_as_long_as_is_said() {
        let burst = Burst { share: 0.1, mean: ms(15) };
        let fates = fates(&Direction { burst: Some(burst), ..Direction::default() }, 1_000_000);
        let is_lost = |(_, fate): &(Duration, Fate)| *fate == Fate::Lost;
        let bursts = fates.windows(2).filter(|two| !is_lost(&two[0]) && is_lost(&two[1])).count();
        let length = lost(&fates) as f64 / bursts as f64;
        assert!((length / 15.0 - 1.0).abs() < 0.1, "{length} in a row, seed {SEED}");
    }

    #[test]
    fn jitter_stays_within_its_bounds_and_keeps_the_order() {
        let times = times(&fates(&LinkSettings::named("lan-jitter").unwrap().down, 10_000));
        let delays: Vec<_> = times.iter().map(|(sent, at)| *at - *sent).collect();
        assert!(delays.iter().all(|delay| (ms(3)..=ms(7)).contains(delay)), "seed {SEED}");
        assert!(delays.iter().min() < Some(&Duration::from_micros(3100)), "seed {SEED}");
        assert!(delays.iter().max() > Some(&Duration::from_micros(6900)), "seed {SEED}");
        assert!(times.is_sorted_by_key(|(_, at)| *at));
    }

    #[test]
    fn packets_overtake_and_double_where_they_may() {
        let all = fates(&LinkSettings::named("reorder").unwrap().down, 10_000);
        assert!(!times(&all).is_sorted_by_key(|(_, at)| *at), "seed {SEED}");
        let doubled =
            all.iter().filter(|(_, fate)| matches!(fate, Fate::Arrives(Deliveries { again: Some(_), .. })));
        let doubled = doubled.count();
        assert!((70..130).contains(&doubled), "{doubled} of 10000, seed {SEED}");
    }

    #[test]
    fn a_narrow_wire_takes_its_time_and_its_queue_overflows() {
        let rate = Rate { bits_per_s: 4_912_000, queue: ms(100) };
        let direction = Direction { rate: Some(rate), ..Direction::default() };
        // 1228 bytes take 2 ms, and one comes each: half of them are too many.
        let fates = fates(&direction, 10_000);
        assert_eq!(fates[0].1, Fate::Arrives(Deliveries { at: ms(2), again: None }));
        let times = times(&fates);
        assert!((4990..=5060).contains(&times.len()), "{}", times.len());
        assert!(times.windows(2).all(|two| two[1].1 - two[0].1 == ms(2)));
        assert_eq!(times.iter().map(|(sent, at)| *at - *sent).max(), Some(ms(102)));
        assert_eq!(fates.len() - times.len(), fates.iter().filter(|(_, f)| *f == Fate::Overflowed).count());
    }

    #[test]
    fn a_wire_that_was_idle_is_empty() {
        let direction =
            Direction { rate: Some(Rate { bits_per_s: 4_912_000, queue: ms(1) }), ..Direction::default() };
        let mut link = Link::new(SEED);
        for at in [0, 1000, 2000] {
            let fate = link.offer(&direction, PACKET, ms(at));
            assert_eq!(fate, Fate::Arrives(Deliveries { at: ms(at + 2), again: None }));
        }
    }
}
