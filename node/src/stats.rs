//! Counting what was shown: how old, how often, how late. Bounded, whatever happens.

use media::WallTime;
use std::time::Duration;

/// Ages in buckets of 5 ms up to 10 s; older ones fall into the last bucket.
#[derive(Debug, Clone)]
pub struct AgeHistogram {
    buckets: Vec<u32>,
    count: u64,
}

impl AgeHistogram {
    const BUCKET_MS: u64 = 5;
    const BUCKETS: usize = 2_000;

    /// Empty.
    pub fn new() -> Self {
        Self { buckets: vec![0; Self::BUCKETS], count: 0 }
    }

    /// Counts one picture that was `age` old when it was shown.
    pub fn record(&mut self, age: Duration) {
        let bucket = age.as_millis() as usize / Self::BUCKET_MS as usize;
        let slot = &mut self.buckets[bucket.min(Self::BUCKETS - 1)];
        *slot = slot.saturating_add(1);
        self.count += 1;
    }

    /// The age in milliseconds that `percent` of the pictures do not exceed, rounded up to a bucket; `None` when empty.
    pub fn percentile_ms(&self, percent: u64) -> Option<u64> {
        let wanted = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0_u64;
        for (index, bucket) in self.buckets.iter().enumerate() {
            seen += u64::from(*bucket);
            if seen >= wanted {
                return Some((index as u64 + 1) * Self::BUCKET_MS);
            }
        }
        None
    }
}

impl Default for AgeHistogram {
    fn default() -> Self {
        Self::new()
    }
}

/// How the pictures of one stream flow: how many, how old, and how many a second.
#[derive(Debug, Clone, Default)]
pub struct StreamMeter {
    ages: AgeHistogram,
    frames: u64,
    dropped: u64,
    first: Option<WallTime>,
    newest: WallTime,
}

impl StreamMeter {
    /// One more picture, `age` old, passed at `now`.
    pub fn passed(&mut self, age: Duration, now: WallTime) {
        self.ages.record(age);
        self.frames += 1;
        self.first.get_or_insert(now);
        self.newest = now;
    }

    /// `count` pictures were given up.
    pub fn lost(&mut self, count: u64) {
        self.dropped += count;
    }

    /// Pictures so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Pictures given up so far.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Pictures a second in thousandths, from the first one to the newest.
    pub fn fps_milli(&self) -> u32 {
        let Some(first) = self.first else { return 0 };
        let elapsed_ns = self.newest.since(first).as_nanos();
        let intervals = u128::from(self.frames.saturating_sub(1));
        let fps_milli = (intervals * 1_000_000_000_000).checked_div(elapsed_ns).unwrap_or(0);
        u32::try_from(fps_milli).unwrap_or(u32::MAX)
    }

    /// The age in milliseconds that `percent` of the pictures do not exceed; 0 before the first.
    pub fn age_ms(&self, percent: u64) -> u32 {
        self.ages.percentile_ms(percent).and_then(|age| u32::try_from(age).ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_counts_intervals_not_pictures() {
        let mut meter = StreamMeter::default();
        assert_eq!(meter.fps_milli(), 0);
        for n in 0..26 {
            meter.passed(Duration::from_millis(20), WallTime(1_000_000_000 + n * 40_000_000));
        }
        assert_eq!((meter.fps_milli(), meter.age_ms(95), meter.frames()), (25_000, 25, 26));
    }

    #[test]
    fn percentiles_are_upper_bounds() {
        let mut ages = AgeHistogram::new();
        assert_eq!(ages.percentile_ms(50), None);
        for age_ms in 1..=100 {
            ages.record(Duration::from_millis(age_ms));
        }
        assert_eq!(ages.percentile_ms(50), Some(55));
        assert_eq!(ages.percentile_ms(95), Some(100));
        assert_eq!(ages.percentile_ms(100), Some(105));
        ages.record(Duration::from_secs(3_600));
        assert_eq!(ages.percentile_ms(100), Some(10_000));
    }
}
