//! When a picture was captured, from when it came: the fastest packet of a sliding window defines zero transit.
//!
//! Only the difference between two transits can be seen from one end. So the least `arrival − media time` of the last
//! seconds is taken as no transit at all, and everything slower shows its true extra age. The estimate falls at once
//! and rises by a few per cent of the time that passes, which follows any crystal and most cameras' idea of a frame
//! rate, and hides neither a stall nor the backlog after it.
//!
//! Pictures on which B-frames wait are sent early: their display time lies further ahead of their sending than that of
//! others. Where packets say when they are to be decoded, transit is reckoned from that, and the longest lead of display
//! over decoding is taken off for all alike; else the rare picture with a longer lead than its neighbours would count as
//! captured when it came, out of step with them.

use media::{MediaTime, WallTime};
use std::collections::VecDeque;

/// Delays kept to leave a single odd one out.
const RECENT: usize = 8;
const BUCKET_NS: i64 = 500_000_000;
const WINDOW_NS: i64 = 5_000_000_000;
/// The estimate rises by at most this many thousandths of the time that passes: 3 %.
const RISE_PER_MILLE: i64 = 30;
/// Captures are reckoned with an offset that lies this far below the estimate when it is set, and that stands still
/// until the estimate has left it by as much again, up or down.
///
/// While the offset stands still, pictures are spaced exactly as their source spaces them, and a source that counts as
/// fast as the wall falls into one tick after the other; an offset that followed every estimate would carry pictures
/// back and forth over the edges of ticks. Lying below leaves room for packets that come a little sooner than the
/// soonest so far, as those do on which B-frames wait: at the estimate itself their captures would be cut off at their
/// arrivals and jitter as these do. The price is that a picture counts as older than it is, by at most twice this.
pub(crate) const MARGIN_NS: i64 = 5_000_000;
/// A source that pauses its own clock looks like a delay above this that neither grows nor drains …
const PAUSE_NS: i64 = 1_000_000_000;
/// … for at least this long …
const PAUSE_SPAN_NS: i64 = 3_000_000_000;
/// … within this.
const PAUSE_SPREAD_NS: i64 = 100_000_000;

/// Maps media time to capture time by minimum delay.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaptureClock {
    estimate_ns: Option<i64>,
    /// What captures are reckoned with: a little below the estimate, without its small movements.
    offset_ns: Option<i64>,
    recent: VecDeque<i64>,
    leads: Leads,
    /// Start and least delay of each half second in which packets came.
    buckets: VecDeque<(i64, i64)>,
    last_arrival_ns: i64,
}

impl CaptureClock {
    /// Takes note of a packet and says when its picture was captured: never later than `arrival`.
    ///
    /// `lead_ns` is how long before `media` the packet is to be decoded.
    pub(crate) fn observe(&mut self, media: MediaTime, lead_ns: i64, arrival: WallTime) -> WallTime {
        self.leads.remember(lead_ns, arrival.0);
        let delay = arrival.0.saturating_sub(media.0).saturating_add(lead_ns);
        self.recent.push_back(delay);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        let robust = self.second_least().unwrap_or(delay);
        self.remember(robust, arrival.0);
        let passed = arrival.0.saturating_sub(self.last_arrival_ns).max(0);
        self.last_arrival_ns = arrival.0;
        let target = self.buckets.iter().map(|(_, delay)| *delay).min().unwrap_or(robust);
        let estimate = match self.estimate_ns {
            None => target,
            Some(before) if target <= before => target,
            Some(before) if target - before > PAUSE_NS && self.is_steady() => target,
            Some(before) => before + (target - before).min(passed * RISE_PER_MILLE / 1000),
        };
        self.estimate_ns = Some(estimate);
        let held =
            self.offset_ns.filter(|offset| (0..=2 * MARGIN_NS).contains(&estimate.saturating_sub(*offset)));
        self.offset_ns = Some(held.unwrap_or(estimate.saturating_sub(MARGIN_NS)));
        self.captured(media, arrival)
    }

    /// When a picture was captured that comes at `arrival`, without taking note of it.
    pub(crate) fn captured(&self, media: MediaTime, arrival: WallTime) -> WallTime {
        let lead_ns = self.leads.longest_ns();
        let reckoned = |offset: i64| WallTime(media.0.saturating_add(offset).saturating_sub(lead_ns));
        self.offset_ns.map_or(arrival, |offset| arrival.min(reckoned(offset)))
    }

    /// The second least of the recent delays, so that one wild timestamp moves nothing.
    fn second_least(&self) -> Option<i64> {
        let (mut least, mut second) = (i64::MAX, i64::MAX);
        for &delay in &self.recent {
            if delay < least {
                (least, second) = (delay, least);
            } else if delay < second {
                second = delay;
            }
        }
        (self.recent.len() > 1).then_some(second)
    }

    fn remember(&mut self, delay: i64, arrival_ns: i64) {
        match self.buckets.back_mut() {
            Some((start, least)) if arrival_ns < start.saturating_add(BUCKET_NS) => {
                *least = delay.min(*least)
            }
            _ => self.buckets.push_back((arrival_ns, delay)),
        }
        while self.buckets.front().is_some_and(|(start, _)| *start < arrival_ns.saturating_sub(WINDOW_NS)) {
            self.buckets.pop_front();
        }
    }

    /// Whether the whole window has one delay: nothing drains and nothing piles up.
    fn is_steady(&self) -> bool {
        let delays = || self.buckets.iter().map(|(_, delay)| *delay);
        let (Some((first, _)), Some((last, _))) = (self.buckets.front(), self.buckets.back()) else {
            return false;
        };
        let spread = delays().max().unwrap_or(0).saturating_sub(delays().min().unwrap_or(0));
        last - first >= PAUSE_SPAN_NS && spread <= PAUSE_SPREAD_NS
    }
}

/// The longest leads of the last minute: how far display times lie ahead of decoding times.
#[derive(Debug, Clone, Default)]
struct Leads {
    /// Start, longest and second longest of each ten seconds.
    buckets: VecDeque<(i64, i64, i64)>,
}

const LEAD_BUCKET_NS: i64 = 10_000_000_000;
const LEAD_WINDOW_NS: i64 = 60_000_000_000;

impl Leads {
    fn remember(&mut self, lead_ns: i64, arrival_ns: i64) {
        match self.buckets.back_mut() {
            Some((start, longest, second)) if arrival_ns < start.saturating_add(LEAD_BUCKET_NS) => {
                *second = (*second).max(lead_ns.min(*longest));
                *longest = lead_ns.max(*longest);
            }
            _ => self.buckets.push_back((arrival_ns, lead_ns, 0)),
        }
        while self
            .buckets
            .front()
            .is_some_and(|(start, ..)| *start < arrival_ns.saturating_sub(LEAD_WINDOW_NS))
        {
            self.buckets.pop_front();
        }
    }

    /// The longest lead that was seen twice, so that one wild timestamp moves nothing.
    fn longest_ns(&self) -> i64 {
        let mut all = [0, 0];
        for lead in self.buckets.iter().flat_map(|(_, longest, second)| [*longest, *second]) {
            if lead > all[0] {
                all = [lead, all[0]];
            } else if lead > all[1] {
                all[1] = lead;
            }
        }
        all[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_spacing_while_arrivals_jitter_and_the_crystal_drifts() {
        const PERIOD_NS: i64 = 40_000_000;
        let seed = 7_u64;
        let mut random = seed;
        let mut clock = CaptureClock::default();
        let mut captured = Vec::new();
        for n in 0..3_000_i64 {
            // Knuth's MMIX generator; up to 8 ms of jitter, and a source that is 20 ppm slow.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let jitter = i64::try_from(random >> 33).unwrap() % 8_000_000;
            let arrival = WallTime(1_000_000_000_000 + n * (PERIOD_NS + PERIOD_NS / 50_000) + jitter);
            captured.push(clock.observe(MediaTime(n * PERIOD_NS), 0, arrival));
        }
        let settled = &captured[250..];
        let uneven = settled.windows(2).filter(|pair| pair[1].nanos_from(pair[0]) != PERIOD_NS).count();
        assert!(uneven <= 27, "seed {seed}: {uneven} of {} steps are not one period", settled.len() - 1);
    }

    #[test]
    fn pictures_on_which_others_wait_keep_their_spacing_too() {
        const PERIOD_NS: i64 = 40_000_000;
        let seed = 11_u64;
        let mut random = seed;
        let mut clock = CaptureClock::default();
        let mut captured = Vec::new();
        // B P B P …, and every 60 pictures once B B P. Sent as they are decoded, with up to 6 ms of jitter.
        for group in 0..60_i64 {
            let leads = [4, 1, 1].into_iter().chain([3, 1].into_iter().cycle().take(58));
            for (number, lead) in (group * 61..).zip(leads) {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let jitter = i64::try_from(random >> 33).unwrap() % 6_000_000;
                let arrival = WallTime(1_000_000_000_000 + number * PERIOD_NS + jitter);
                let (media, lead) = (MediaTime((number + lead) * PERIOD_NS), lead * PERIOD_NS);
                captured.push((media, clock.observe(media, lead, arrival)));
            }
        }
        let settled = &mut captured[750..];
        settled.sort_unstable();
        let uneven = settled.windows(2).filter(|pair| pair[1].1.nanos_from(pair[0].1) != PERIOD_NS).count();
        assert!(uneven <= 4, "seed {seed}: {uneven} of {} steps are not one period", settled.len() - 1);
    }
}
