//! How fast the master's clock runs against the local one: what is likely and what is certain.
//!
//! Likely is the slope of a weighted line through the exchanges of half a minute. But a way that becomes uneven meanwhile
//! tilts such a line, and nothing in the residuals need show it. Certain is only what two exchanges far apart prove: both
//! hold the truth between their ends.

use super::interval::{Exchange, Rate};
use media::LocalTime;
use std::collections::VecDeque;
use std::time::Duration;

/// Exchanges older than this say little about the rate of today.
const WINDOW: Duration = Duration::from_secs(32);
/// The most exchanges that are kept: half a minute at 16 a second.
const EXCHANGES_MAX: usize = 512;
/// A quick exchange of each half a minute is kept longer: so many, a quarter of an hour.
const ANCHORS_MAX: usize = 30;
/// No oscillator in service is further off, in parts of 10⁹.
const RATE_PPB_MAX: i64 = 500_000;
/// The lowest and the highest rate there are, in parts of 10⁹.
const ANY_RATE: (i64, i64) = (-RATE_PPB_MAX, RATE_PPB_MAX);
/// What is expected of an oscillator that has not been seen, as a standard deviation in parts of 10⁹.
const UNSEEN_PPB: f64 = 100_000.0;
/// How far a rate wanders with temperature, in parts of 10⁹.
const WANDER_PPB: i64 = 10_000;
/// How many standard deviations are likely.
const DEVIATIONS: f64 = 5.0;
/// The resolution of timestamps, in nanoseconds.
const RESOLUTION_NS: f64 = 1_000.0;

/// A rate and its standard deviation, both in parts of 10⁹.
#[derive(Debug, Clone, Copy)]
struct Estimate {
    ppb: f64,
    deviation_ppb: f64,
}

/// Watches the rate.
#[derive(Debug)]
pub(super) struct RateMeter {
    exchanges: VecDeque<Exchange>,
    anchors: VecDeque<Exchange>,
    /// What was known before the first of the exchanges.
    before: Estimate,
    now: Estimate,
    /// The lowest and the highest rate that can be.
    limits: (i64, i64),
    unfitted: usize,
}

impl RateMeter {
    pub(super) fn new() -> Self {
        let unseen = Estimate { ppb: 0.0, deviation_ppb: UNSEEN_PPB };
        Self {
            exchanges: VecDeque::new(),
            anchors: VecDeque::new(),
            before: unseen,
            now: unseen,
            limits: ANY_RATE,
            unfitted: 0,
        }
    }

    /// How many exchanges it knows.
    pub(super) fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// The oldest exchange that it knows.
    pub(super) fn first(&self) -> Option<&Exchange> {
        self.exchanges.front()
    }

    /// The shortest round trip that it knows, in nanoseconds.
    pub(super) fn round_trip_ns_min(&self) -> Option<i64> {
        self.exchanges.iter().map(Exchange::round_trip_ns).min()
    }

    /// The line is broken: what was measured belongs to another one. The rate is still the likeliest, and proves nothing.
    pub(super) fn forget(&mut self) {
        let now = Estimate { ppb: self.now.ppb, deviation_ppb: UNSEEN_PPB };
        *self = Self { before: now, now, ..Self::new() };
    }

    /// Takes another exchange in.
    pub(super) fn add(&mut self, exchange: Exchange) {
        let old = exchange.arrived - WINDOW;
        while self.exchanges.len() >= EXCHANGES_MAX || self.first().is_some_and(|first| first.arrived < old) {
            self.exchanges.pop_front();
        }
        if self.exchanges.is_empty() {
            let deviation_ppb = self.now.deviation_ppb.max(WANDER_PPB as f64);
            self.before = Estimate { ppb: self.now.ppb, deviation_ppb };
        }
        self.exchanges.push_back(exchange);
        self.unfitted += 1;
        // A line through many changes little with each.
        if self.unfitted * 16 >= self.exchanges.len() {
            self.unfitted = 0;
            self.now = self.fit(exchange.arrived);
            self.prove();
        }
    }

    /// The rate, and how far off it most likely is at most.
    pub(super) fn likely(&self) -> Rate {
        let uncertain_ppb = (self.now.deviation_ppb * DEVIATIONS) as i64 + WANDER_PPB;
        let certain = self.certain();
        Rate { uncertain_ppb: uncertain_ppb.min(certain.uncertain_ppb), ..certain }
    }

    /// The same rate, and how far off it can be.
    pub(super) fn certain(&self) -> Rate {
        let (low, high) = self.limits;
        let ppb = (self.now.ppb as i64).clamp(low, high);
        Rate { ppb, uncertain_ppb: (ppb - low).max(high - ppb) + WANDER_PPB }
    }

    /// Sets the narrowest limits that two exchanges prove: the quickest one of the newer half, and a quick one before.
    fn prove(&mut self) {
        let half = self.exchanges.len() / 2;
        let quickest = |range: std::ops::Range<usize>| {
            self.exchanges.range(range).min_by_key(|exchange| exchange.round_trip_ns()).copied()
        };
        let (Some(older), Some(newer)) = (quickest(0..half), quickest(half..self.exchanges.len())) else {
            return;
        };
        let befores = self.anchors.iter().chain([&older]);
        let limits = befores.filter_map(|before| before.rate_until(&newer));
        let (low, high) = limits.min_by_key(|(low, high)| high - low).unwrap_or(ANY_RATE);
        let held = |ppb: i64| ppb.clamp(-RATE_PPB_MAX, RATE_PPB_MAX);
        self.limits = (held(low), held(high.max(low)));
        if self.anchors.back().is_none_or(|anchor| older.arrived >= anchor.arrived + WINDOW) {
            if self.anchors.len() >= ANCHORS_MAX {
                self.anchors.pop_front();
            }
            self.anchors.push_back(older);
        }
    }

    /// Least squares with weights; an exchange counts the less, the longer it took beyond the quickest. The scale of that is
    /// the jitter that is seen.
    fn fit(&self, now: LocalTime) -> Estimate {
        let shortest = self.round_trip_ns_min().unwrap_or(0);
        let excess = |exchange: &Exchange| (exchange.round_trip_ns() - shortest) as f64 / 2.0;
        let mut all: Vec<f64> = self.exchanges.iter().map(excess).collect();
        let quarter = all.len() / 4;
        let scale = *all.select_nth_unstable_by(quarter, f64::total_cmp).1 + RESOLUTION_NS;
        let Some(origin) = self.first().map(Exchange::offset_ns) else { return self.now };
        let point = |exchange: &Exchange| Point {
            weight: 1.0 / (scale * scale + excess(exchange) * excess(exchange)),
            x: exchange.arrived.nanos_from(now) as f64 / 1e9,
            y: exchange.offset_ns().saturating_sub(origin) as f64,
        };
        let points: Vec<Point> = self.exchanges.iter().map(point).collect();
        line(&points, self.before)
    }
}

/// One exchange: when, in seconds, the offset, in nanoseconds, and how much it counts: one over its variance.
#[derive(Debug, Clone, Copy)]
struct Point {
    weight: f64,
    x: f64,
    y: f64,
}

/// The slope of the line through points; what was known `before` counts as one more measurement. Nanoseconds a second are
/// parts of 10⁹.
fn line(points: &[Point], before: Estimate) -> Estimate {
    let weight: f64 = points.iter().map(|point| point.weight).sum();
    let x_mean = points.iter().map(|point| point.weight * point.x).sum::<f64>() / weight;
    let y_mean = points.iter().map(|point| point.weight * point.y).sum::<f64>() / weight;
    let known = 1.0 / (before.deviation_ppb * before.deviation_ppb);
    let (mut spread, mut slope) = (known, known * before.ppb);
    for Point { weight, x, y } in points {
        spread += weight * (x - x_mean) * (x - x_mean);
        slope += weight * (x - x_mean) * (y - y_mean);
    }
    let ppb = slope / spread;
    let misfit = |Point { weight, x, y }: &Point| {
        let residual = y - y_mean - ppb * (x - x_mean);
        weight * residual * residual
    };
    // Scattered more widely than the weights say, the slope is known less well.
    let scatter = (points.iter().map(misfit).sum::<f64>() / points.len() as f64).max(1.0);
    Estimate { ppb, deviation_ppb: (scatter / spread).sqrt() }
}
