//! The two datagrams of the clock exchange. Both have the same size, so that a slow wire holds both up equally long.
//!
//! ```text
//!        0     1     2              6             14             22             30
//!       ┌─────┬─────┬──────────────┬──────────────┬──────────────┬──────────────┐
//! probe │ v   │ 0   │ sequence u32 │ sent i64     │ zeros                       │   big endian, nanoseconds
//! echo  │ v   │ 1   │ sequence u32 │ sent i64     │ received i64 │ replied i64  │   v: protocol version
//!       └─────┴─────┴──────────────┴──────────────┴──────────────┴──────────────┘
//! ```

use crate::PROTOCOL_VERSION;
use crate::error::DecodeError;
use media::{LocalTime, WallTime};

/// Bytes of a probe and of an echo.
pub const CLOCK_DATAGRAM_BYTES: usize = 30;

const PROBE: u8 = 0;
const ECHO: u8 = 1;

/// A node asks its master for the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockProbe {
    /// Which probe; the echo repeats it.
    pub sequence: u32,
    /// When it left, by the node's own clock.
    pub sent: LocalTime,
}

/// The master's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockEcho {
    /// The probe's.
    pub sequence: u32,
    /// The probe's.
    pub sent: LocalTime,
    /// When the probe arrived, by the master's clock.
    pub received: WallTime,
    /// When this echo left, by the master's clock.
    pub replied: WallTime,
}

impl ClockProbe {
    /// The master's answer to this probe, which arrived at `received` and is answered at `replied`.
    pub fn echo(self, received: WallTime, replied: WallTime) -> ClockEcho {
        let Self { sequence, sent } = self;
        ClockEcho { sequence, sent, received, replied }
    }

    /// As a datagram.
    pub fn encode(self) -> [u8; CLOCK_DATAGRAM_BYTES] {
        let Self { sequence, sent: LocalTime(sent) } = self;
        write(PROBE, sequence, [sent, 0, 0])
    }

    /// From a datagram.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match read(PROBE, bytes)? {
            (sequence, [sent, 0, 0]) => Ok(Self { sequence, sent: LocalTime(sent) }),
            _ => Err(DecodeError::Value("probe.padding")),
        }
    }
}

impl ClockEcho {
    /// As a datagram.
    pub fn encode(self) -> [u8; CLOCK_DATAGRAM_BYTES] {
        let Self {
            sequence,
            sent: LocalTime(sent),
            received: WallTime(received),
            replied: WallTime(replied),
        } = self;
        write(ECHO, sequence, [sent, received, replied])
    }

    /// From a datagram.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (sequence, [sent, received, replied]) = read(ECHO, bytes)?;
        Ok(Self { sequence, sent: LocalTime(sent), received: WallTime(received), replied: WallTime(replied) })
    }
}

fn write(kind: u8, sequence: u32, times: [i64; 3]) -> [u8; CLOCK_DATAGRAM_BYTES] {
    let mut bytes = [0; CLOCK_DATAGRAM_BYTES];
    bytes[0] = PROTOCOL_VERSION;
    bytes[1] = kind;
    bytes[2..6].copy_from_slice(&sequence.to_be_bytes());
    for (place, time) in bytes[6..].chunks_exact_mut(8).zip(times) {
        place.copy_from_slice(&time.to_be_bytes());
    }
    bytes
}

fn read(kind: u8, bytes: &[u8]) -> Result<(u32, [i64; 3]), DecodeError> {
    let bytes: &[u8; CLOCK_DATAGRAM_BYTES] = bytes.try_into().map_err(|_| DecodeError::Malformed)?;
    let [version, of, a, b, c, d, times @ ..] = bytes;
    if *version != PROTOCOL_VERSION {
        return Err(DecodeError::Version(*version));
    }
    if *of != kind {
        return Err(DecodeError::Kind(*of));
    }
    let mut words =
        times.chunks_exact(8).map(|word| word.iter().fold(0, |all, byte| all << 8 | i64::from(*byte)));
    let mut next = || words.next().unwrap_or_default();
    Ok((u32::from_be_bytes([*a, *b, *c, *d]), [next(), next(), next()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn probes_and_echoes_survive_the_wire(sequence: u32, sent: i64, received: i64, replied: i64) {
            let probe = ClockProbe { sequence, sent: LocalTime(sent) };
            prop_assert_eq!(ClockProbe::decode(&probe.encode()), Ok(probe));
            let echo = probe.echo(WallTime(received), WallTime(replied));
            prop_assert_eq!(ClockEcho::decode(&echo.encode()), Ok(echo));
        }

        #[test]
        fn any_bytes_are_a_datagram_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = ClockProbe::decode(&bytes);
            let _ = ClockEcho::decode(&bytes);
        }
    }

    #[test]
    fn a_datagram_of_another_length_version_or_kind_is_refused() {
        let probe = ClockProbe { sequence: 7, sent: LocalTime(-1) };
        let good = probe.encode();
        assert_eq!(ClockProbe::decode(&good[..29]), Err(DecodeError::Malformed));
        assert_eq!(ClockProbe::decode(&[&good[..], &[0]].concat()), Err(DecodeError::Malformed));
        assert_eq!(ClockEcho::decode(&good), Err(DecodeError::Kind(0)));
        let mut other = good;
        other[0] = 9;
        assert_eq!(ClockProbe::decode(&other), Err(DecodeError::Version(9)));
        let mut padded = good;
        padded[29] = 1;
        assert_eq!(ClockProbe::decode(&padded), Err(DecodeError::Value("probe.padding")));
    }

    #[test]
    fn the_datagrams_are_what_the_page_says() {
        let probe = ClockProbe { sequence: 7, sent: LocalTime(-2) };
        let mut expected = [0; CLOCK_DATAGRAM_BYTES];
        expected[..6].copy_from_slice(&[PROTOCOL_VERSION, 0, 0, 0, 0, 7]);
        expected[6..14].copy_from_slice(&[255, 255, 255, 255, 255, 255, 255, 254]);
        assert_eq!(probe.encode(), expected);
        let echo = probe.echo(WallTime(258), WallTime(3)).encode();
        assert_eq!(echo[1..6], [1, 0, 0, 0, 7]);
        assert_eq!(echo[14..], [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3]);
    }
}
