//! Seeded numbers of the simulated district: the same seed tells the same day.

/// SplitMix64.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// Begins with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 (included) to 1 (not included).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// `low` (included) to `high` (not included).
    pub fn span(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number of milliseconds between two numbers of seconds.
    pub fn millis(&mut self, low_s: f64, high_s: f64) -> i64 {
        (self.span(low_s, high_s) * 1000.0) as i64
    }

    /// One of them by weight; `None` where there is nothing to choose from.
    pub fn choose<'a, T>(&mut self, among: &'a [T], weight: impl Fn(&T) -> f64) -> Option<&'a T> {
        let mut at = self.unit() * among.iter().map(&weight).sum::<f64>();
        let found = among.iter().find(|one| {
            at -= weight(one);
            at < 0.0
        });
        found.or(among.last())
    }
}

/// A slow wave around 0, −1 to 1, that every `seed` runs through in its own way: readings drift instead of jumping.
pub fn drift(seed: u64, at_ms: i64, period_s: f64) -> f64 {
    let phase = Seeded::new(seed).unit();
    let turn = at_ms as f64 / 1000.0 / period_s + phase;
    let wave = |times: f64, shift: f64| ((turn * times + shift) * std::f64::consts::TAU).sin();
    0.6 * wave(1.0, 0.0) + 0.3 * wave(2.7, phase) + 0.1 * wave(9.1, phase * 3.0)
}

/// How busy the district is at a moment of its day, 0 to 1: two rush hours, a quiet night. The hall's clock is UTC+8.
pub fn bustle(at_ms: i64) -> f64 {
    let hour = (at_ms + 8 * 3_600_000).rem_euclid(86_400_000) as f64 / 3_600_000.0;
    let hump = |middle: f64, width: f64| (-((hour - middle) / width).powi(2)).exp();
    0.08 + 0.82 * hump(8.3, 1.6) + 0.55 * hump(13.0, 3.6) + 0.8 * hump(18.0, 1.9) + 0.12 * hump(21.0, 2.0)
}
