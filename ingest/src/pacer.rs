//! Releases packets that come in bursts, or as fast as a disk gives them, at the rate of their own clock.

use media::{MediaTime, WallTime};
use std::time::Duration;

/// A packet that is later than this moves everything after it: its source cannot keep up.
const LATE_NS: i64 = 300_000_000;
/// A packet that would have to wait longer than this has jumped.
const AHEAD_NS: i64 = 30_000_000_000;

/// Maps media time to the moment of release.
#[derive(Debug, Clone)]
pub struct Pacer {
    hold_ns: i64,
    offset_ns: Option<i64>,
    underruns: u64,
}

impl Pacer {
    /// One that releases the first packet `hold` after it came.
    pub fn new(hold: Duration) -> Self {
        let hold_ns = i64::try_from(hold.as_nanos()).unwrap_or(i64::MAX).min(AHEAD_NS / 2);
        Self { hold_ns, offset_ns: None, underruns: 0 }
    }

    /// When the packet of `time`, here at `now`, is to be passed on; B-frames may be due a little before `now`.
    pub fn due(&mut self, time: MediaTime, now: WallTime) -> WallTime {
        let offset = match self.offset_ns {
            Some(offset) => offset,
            None => now.0.saturating_add(self.hold_ns).saturating_sub(time.0),
        };
        let due = WallTime(time.0.saturating_add(offset));
        let (late, ahead) = (now.nanos_from(due) > LATE_NS, due.nanos_from(now) > AHEAD_NS);
        let due = if late || ahead { now.offset(self.hold_ns) } else { due };
        self.underruns += u64::from(late);
        self.offset_ns = Some(due.0.saturating_sub(time.0));
        due
    }

    /// When a packet of `time` was or would be due, without moving anything; `None` before the first.
    pub fn before(&self, time: MediaTime) -> Option<WallTime> {
        self.offset_ns.map(|offset| WallTime(time.0.saturating_add(offset)))
    }

    /// Whether packets are held at all.
    pub fn holds(&self) -> bool {
        self.hold_ns > 0
    }

    /// Forgets the clock; the next packet begins a new one.
    pub fn restart(&mut self) {
        self.offset_ns = None;
    }

    /// How often nothing was left to release when the next packet came.
    pub fn underruns(&self) -> u64 {
        self.underruns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn a_burst_is_spread_to_its_own_rate() {
        let mut pacer = Pacer::new(Duration::from_millis(500));
        for n in 0..50 {
            let due = pacer.due(MediaTime(n * 40 * MS), WallTime(1000 * MS + n));
            assert_eq!(due, WallTime((1500 + n * 40) * MS));
        }
        assert_eq!(pacer.underruns(), 0);
    }

    #[test]
    fn an_underrun_moves_what_follows_once() {
        let mut pacer = Pacer::new(Duration::ZERO);
        assert_eq!(pacer.due(MediaTime(0), WallTime(0)), WallTime(0));
        assert_eq!(pacer.due(MediaTime(40 * MS), WallTime(900 * MS)), WallTime(900 * MS));
        assert_eq!(pacer.due(MediaTime(80 * MS), WallTime(901 * MS)), WallTime(940 * MS));
        assert_eq!(pacer.underruns(), 1);
    }

    #[test]
    fn reordered_pictures_move_nothing() {
        let mut pacer = Pacer::new(Duration::ZERO);
        for (time, now, due) in [(0, 0, 0), (120, 40, 120), (40, 120, 40), (80, 120, 80), (240, 121, 240)] {
            assert_eq!(pacer.due(MediaTime(time * MS), WallTime(now * MS)), WallTime(due * MS));
        }
    }
}
