//! Says truthfully how fresh a source is, from the capture times of the pictures that are really shown.
//!
//! Nothing upstream is believed: a camera that hangs without closing, one that repeats a timestamp, a decoder that is
//! stuck and a network that is late all end in a shown picture that grows old, and that is what is measured.

use media::{Fault, Health, WallTime};
use std::collections::VecDeque;
use std::time::Duration;

/// Intervals kept to know a source's frame rate.
const INTERVALS: usize = 9;
/// No source is taken to be slower than this: a picture in 1.5 s.
const INTERVAL_NS_MAX: i64 = 1_500_000_000;

/// When a source counts as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshnessSettings {
    /// Whether pictures are expected to keep coming; false for stills.
    pub moving: bool,
    /// How old a picture is by design when it is shown: the wall's latency.
    pub latency: Duration,
    /// Beyond the latency, a picture may be this old or three frame intervals, whichever is more.
    pub stale_after: Duration,
    /// From this age a card takes the picture's place; also how long the first picture may take.
    pub lost_after: Duration,
}

impl FreshnessSettings {
    /// Marked 500 ms after the next picture was due, lost at 5 s.
    pub fn new(moving: bool, latency: Duration) -> Self {
        let (stale_after, lost_after) = (Duration::from_millis(500), Duration::from_secs(5));
        Self { moving, latency, stale_after, lost_after }
    }
}

/// The freshness of one source on one display.
#[derive(Debug, Clone)]
pub struct Freshness {
    settings: FreshnessSettings,
    began: WallTime,
    /// Since when the source is of the kind that it is: what was captured before is judged as a moving picture.
    kind_since: WallTime,
    shown: Option<WallTime>,
    intervals_ns: VecDeque<i64>,
    fault: Option<(Fault, WallTime)>,
}

impl Freshness {
    /// A source that begins to be awaited at `now`. `frame_rate_millihz` is what it announces, if anything.
    pub fn new(settings: FreshnessSettings, frame_rate_millihz: Option<u32>, now: WallTime) -> Self {
        let mut freshness = Self {
            settings,
            began: now,
            kind_since: WallTime(i64::MIN),
            shown: None,
            intervals_ns: VecDeque::with_capacity(INTERVALS + 1),
            fault: None,
        };
        freshness.announce(frame_rate_millihz);
        freshness
    }

    /// Goes by other `settings` from `now` on: another latency, or another kind of source under the same name.
    pub fn follow(&mut self, settings: FreshnessSettings, now: WallTime) {
        if self.settings.moving != settings.moving {
            self.kind_since = now;
        }
        self.settings = settings;
    }

    /// Takes note of the frame rate that the stream announces; what is seen outweighs it.
    pub fn announce(&mut self, frame_rate_millihz: Option<u32>) {
        if let Some(rate) = frame_rate_millihz.filter(|rate| *rate > 0)
            && self.intervals_ns.is_empty()
        {
            self.intervals_ns.push_back((1_000_000_000_000 / i64::from(rate)).min(INTERVAL_NS_MAX));
        }
    }

    /// A picture captured at `captured` is on the wall at `now`. To be said at every tick, repeats included.
    pub fn shown(&mut self, captured: WallTime, now: WallTime) {
        // A picture from the future would look fresh for ever.
        let captured = captured.min(now);
        if let Some(before) = self.shown {
            let interval = captured.nanos_from(before);
            if (1..=INTERVAL_NS_MAX).contains(&interval) {
                self.intervals_ns.push_back(interval);
                if self.intervals_ns.len() > INTERVALS {
                    self.intervals_ns.pop_front();
                }
            }
        }
        if self.fault.is_some_and(|(_, since)| captured > since) {
            self.fault = None;
        }
        self.shown = Some(captured);
    }

    /// Something is known to be wrong since `now`. It is told to viewers when pictures stop, not before.
    pub fn fault(&mut self, fault: Fault, now: WallTime) {
        let since = match self.fault {
            Some((_, since)) => since,
            None => now,
        };
        self.fault = Some((fault, since));
    }

    /// The source, or the way to it, is known to be well again. A newer picture says the same.
    pub fn clear_fault(&mut self) {
        self.fault = None;
    }

    /// How old the shown picture is; `None` before the first.
    pub fn age(&self, now: WallTime) -> Option<Duration> {
        self.shown.map(|captured| now.since(captured))
    }

    /// What can be truthfully said at `now`.
    pub fn health(&self, now: WallTime) -> Health {
        let fault = self.fault.map_or(Fault::NoPicture, |(fault, _)| fault);
        let Some(captured) = self.shown else {
            let waiting = now.since(self.began) < self.settings.lost_after;
            return if waiting { Health::Connecting } else { Health::Lost { since: self.began, fault } };
        };
        // A camera's last picture is no still, whatever has taken the camera's place.
        let moving = self.settings.moving || captured < self.kind_since;
        let since = match (moving, self.fault) {
            (true, _) => captured,
            // A still is as good as the node that stands behind it.
            (false, Some((Fault::IngestLost, since))) => since,
            (false, _) => return Health::Live,
        };
        let (age, limit) = (now.since(since), self.limit());
        if age >= self.settings.lost_after.max(limit) {
            Health::Lost { since, fault }
        } else if age >= limit {
            Health::Stale { since }
        } else {
            Health::Live
        }
    }

    /// The age from which a picture is stale.
    fn limit(&self) -> Duration {
        let mut sorted: Vec<i64> = self.intervals_ns.iter().copied().collect();
        sorted.sort_unstable();
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
        let three = Duration::from_nanos(u64::try_from(median).unwrap_or(0)) * 3;
        self.settings.latency + self.settings.stale_after.max(three)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn at(ms: i64) -> WallTime {
        WallTime(1_800_000_000_000 * MS + ms * MS)
    }

    fn camera(moving: bool) -> Freshness {
        Freshness::new(FreshnessSettings::new(moving, Duration::from_millis(200)), None, at(0))
    }

    /// A camera at 25 pictures a second, shown 200 ms late until `until_ms`.
    fn running(until_ms: i64) -> Freshness {
        let mut freshness = camera(true);
        for ms in (200..=until_ms).step_by(40) {
            freshness.shown(at(ms - 200), at(ms));
            assert_eq!(freshness.health(at(ms + 39)), Health::Live);
        }
        freshness
    }

    #[test]
    fn the_first_picture_may_take_five_seconds() {
        let mut freshness = camera(true);
        assert_eq!(freshness.health(at(4999)), Health::Connecting);
        assert_eq!(freshness.health(at(5000)), Health::Lost { since: at(0), fault: Fault::NoPicture });
        freshness.fault(Fault::Credentials, at(100));
        assert_eq!(freshness.health(at(4999)), Health::Connecting);
        assert_eq!(freshness.health(at(5000)), Health::Lost { since: at(0), fault: Fault::Credentials });
    }

    #[test]
    fn a_hang_is_marked_within_a_second_and_lost_at_five() {
        let freshness = running(10_200);
        let held = at(10_000);
        assert_eq!(freshness.health(at(10_699)), Health::Live);
        assert_eq!(freshness.health(at(10_700)), Health::Stale { since: held });
        assert_eq!(freshness.health(at(14_999)), Health::Stale { since: held });
        assert_eq!(freshness.health(at(15_000)), Health::Lost { since: held, fault: Fault::NoPicture });
    }

    #[test]
    fn the_same_picture_shown_again_is_no_new_picture() {
        let mut freshness = running(10_200);
        for ms in (10_240..11_000).step_by(20) {
            freshness.shown(at(10_000), at(ms));
        }
        assert_eq!(freshness.health(at(11_000)), Health::Stale { since: at(10_000) });
    }

    #[test]
    fn a_new_picture_heals_and_forgets_the_fault() {
        let mut freshness = running(10_200);
        freshness.fault(Fault::Refused, at(10_300));
        freshness.fault(Fault::Unreachable, at(12_000));
        assert!(matches!(freshness.health(at(16_000)), Health::Lost { fault: Fault::Unreachable, .. }));
        // What was on its way when the fault came does not clear it.
        freshness.shown(at(10_040), at(16_000));
        assert!(matches!(freshness.health(at(16_000)), Health::Lost { fault: Fault::Unreachable, .. }));
        freshness.shown(at(16_000), at(16_200));
        assert_eq!(freshness.health(at(16_200)), Health::Live);
        assert!(matches!(freshness.health(at(30_000)), Health::Lost { fault: Fault::NoPicture, .. }));
    }

    #[test]
    fn a_backlog_shows_its_true_age() {
        let mut freshness = running(10_200);
        // The line hung for three seconds; its pictures come now, the oldest first.
        freshness.shown(at(10_040), at(13_200));
        assert_eq!(freshness.health(at(13_200)), Health::Stale { since: at(10_040) });
        freshness.shown(at(13_000), at(13_240));
        assert_eq!(freshness.health(at(13_240)), Health::Live);
    }

    #[test]
    fn a_slow_camera_is_not_stale_between_its_pictures() {
        let mut freshness = camera(true);
        freshness.announce(Some(1000));
        for ms in (200..20_000).step_by(1000) {
            freshness.shown(at(ms - 200), at(ms));
            assert_eq!(freshness.health(at(ms + 999)), Health::Live);
        }
        assert_eq!(freshness.health(at(22_500)), Health::Stale { since: at(19_000) });
        assert!(matches!(freshness.health(at(24_000)), Health::Lost { .. }));
    }

    #[test]
    fn a_still_stays_live_while_its_node_is_there() {
        let mut freshness = camera(false);
        freshness.shown(at(0), at(200));
        freshness.fault(Fault::Ended, at(300));
        assert_eq!(freshness.health(at(1_000_000)), Health::Live);
        freshness.clear_fault();
        freshness.fault(Fault::IngestLost, at(1_000_000));
        assert_eq!(freshness.health(at(1_000_800)), Health::Stale { since: at(1_000_000) });
        let lost = Health::Lost { since: at(1_000_000), fault: Fault::IngestLost };
        assert_eq!(freshness.health(at(1_005_000)), lost);
        freshness.clear_fault();
        assert_eq!(freshness.health(at(1_005_000)), Health::Live);
    }

    #[test]
    fn another_latency_is_followed() {
        let mut freshness = running(10_200);
        assert_eq!(freshness.health(at(10_900)), Health::Stale { since: at(10_000) });
        freshness.follow(FreshnessSettings::new(true, Duration::from_secs(1)), at(10_900));
        assert_eq!(freshness.health(at(11_499)), Health::Live);
        assert_eq!(freshness.health(at(11_500)), Health::Stale { since: at(10_000) });
    }

    #[test]
    fn another_kind_of_source_is_followed() {
        let still = FreshnessSettings::new(false, Duration::ZERO);
        let moving = FreshnessSettings::new(true, Duration::ZERO);
        let mut freshness = Freshness::new(still, None, at(0));
        freshness.shown(at(0), at(0));
        assert_eq!(freshness.health(at(60_000)), Health::Live);
        freshness.follow(moving, at(60_000));
        freshness.shown(at(61_000), at(61_000));
        assert_eq!(freshness.health(at(61_000)), Health::Live);
        // It hangs.
        assert!(matches!(freshness.health(at(66_000)), Health::Lost { .. }));
        // A still takes its place; until it comes the camera's picture grows old.
        freshness.follow(still, at(66_000));
        assert!(matches!(freshness.health(at(66_000)), Health::Lost { .. }));
        freshness.shown(at(66_100), at(66_200));
        assert_eq!(freshness.health(at(600_000)), Health::Live);
    }

    #[test]
    fn a_picture_from_the_future_is_no_younger_than_now() {
        let mut freshness = camera(true);
        freshness.shown(at(3_600_000), at(1000));
        assert!(matches!(freshness.health(at(3000)), Health::Stale { .. }));
    }
}
