//! Faults that a display node can be told to have, so that proofs can show that the audit notices them.

use media::{LocalTime, WallTime};
use protocol_quic::{Host, HostClock};
use std::str::FromStr;
use std::sync::Arc;

/// What to do wrong; by default nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rehearsal {
    /// How much too fast this machine's own clock runs, in parts per million.
    pub clock_ppm: i32,
    /// How far this machine's own clock is ahead from the start, in microseconds.
    pub clock_offset_us: i64,
    /// How many ticks too late every picture is shown.
    pub lag_ticks: u32,
    /// How many ticks too late another scene goes on air.
    pub switch_late_ticks: u32,
}

/// The real machine, with a clock that goes wrong as `rehearsal` says.
pub fn rehearsed_host(rehearsal: Rehearsal) -> Host {
    let host = Host::system();
    let Rehearsal { clock_ppm, clock_offset_us, lag_ticks: _, switch_late_ticks: _ } = rehearsal;
    if (clock_ppm, clock_offset_us) == (0, 0) {
        return host;
    }
    Host::with_clock(Arc::new(WrongClock { begin: host.local(), host, rehearsal }))
}

/// A machine's clock that runs too fast from the start on, and is ahead.
#[derive(Debug)]
struct WrongClock {
    host: Host,
    begin: LocalTime,
    rehearsal: Rehearsal,
}

impl WrongClock {
    fn wrong_ns(&self) -> i64 {
        let passed = i128::from(self.host.local().nanos_from(self.begin));
        let drift = passed * i128::from(self.rehearsal.clock_ppm) / 1_000_000;
        i64::try_from(drift).unwrap_or(0) + self.rehearsal.clock_offset_us.saturating_mul(1_000)
    }
}

impl HostClock for WrongClock {
    fn local(&self) -> LocalTime {
        self.host.local().offset(self.wrong_ns())
    }

    fn wall(&self) -> WallTime {
        self.host.wall().offset(self.wrong_ns())
    }
}

/// Words that name no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no fault to rehearse; there are clock-ppm=N, clock-offset-us=N, lag-ticks=N and switch-late-ticks=N, joined by commas"
)]
pub struct RehearsalError(String);

impl FromStr for Rehearsal {
    type Err = RehearsalError;

    fn from_str(words: &str) -> Result<Self, RehearsalError> {
        let mut rehearsal = Self::default();
        for word in words.split(',') {
            let wrong = || RehearsalError(word.to_owned());
            let (key, value) = word.split_once('=').ok_or_else(wrong)?;
            match key {
                "clock-ppm" => rehearsal.clock_ppm = value.parse().map_err(|_| wrong())?,
                "clock-offset-us" => rehearsal.clock_offset_us = value.parse().map_err(|_| wrong())?,
                "lag-ticks" => rehearsal.lag_ticks = value.parse().map_err(|_| wrong())?,
                "switch-late-ticks" => rehearsal.switch_late_ticks = value.parse().map_err(|_| wrong())?,
                _ => return Err(wrong()),
            }
        }
        Ok(rehearsal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_by_words() {
        let expected = Rehearsal { clock_ppm: -40, lag_ticks: 1, ..Rehearsal::default() };
        assert_eq!("clock-ppm=-40,lag-ticks=1".parse(), Ok(expected));
        assert_eq!("lag=1".parse::<Rehearsal>(), Err(RehearsalError("lag=1".into())));
        assert!("".parse::<Rehearsal>().is_err());
    }
}
