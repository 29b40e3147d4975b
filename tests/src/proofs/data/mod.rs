//! The promises of data on the wall, measured on real brokers, databases and servers, and on composed pixels.

mod demo;
mod document;
mod hostile;
mod latency;
mod load;
mod map;
mod outage;
mod suites;

pub(super) use demo::demo;
pub(super) use hostile::hostile;
pub(super) use latency::latency;
pub(super) use load::load;
pub(super) use map::map;
pub(super) use outage::outage;
pub(super) use suites::{rules, widgets};

use super::Row;
use std::error::Error;
use std::time::Duration;

/// What a measurement gives; any error breaks it off.
type Measured<T> = Result<T, Box<dyn Error>>;

/// The rows of a measurement, or the one that says why there are none.
fn rows(line: &str, bar: &str, measured: Measured<Vec<Row>>) -> Vec<Row> {
    measured.unwrap_or_else(|why| vec![Row::broken(line, bar, why.to_string())])
}

/// The value below which `percent` of a hundred lie (nearest rank); zero of nothing.
pub(super) fn percentile(values: &[Duration], percent: usize) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<Duration> = (1..=20).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&values, 95), Duration::from_millis(19));
        assert_eq!(percentile(&values, 100), Duration::from_millis(20));
        assert_eq!(percentile(&values, 50), Duration::from_millis(10));
        assert_eq!(percentile(&[], 95), Duration::ZERO);
    }
}
