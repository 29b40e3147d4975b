//! Counting what was shown: how old, how often, how late. Bounded, whatever happens.

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

#[cfg(test)]
mod tests {
    use super::*;

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
