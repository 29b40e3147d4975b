//! How a link behaves, and the links that have names.

use std::time::Duration;

/// Packets that are lost in bursts (Gilbert and Elliott): the link is good or bad for a while, loses nothing while it is
/// good and everything while it is bad. It changes with time and not with packets: a fade lasts as long for the few
/// acknowledgements of one direction as for the many pictures of the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burst {
    /// Share of the time in which the link is bad, 0–1.
    pub share: f64,
    /// How long it is bad at a time, on average.
    pub mean: Duration,
}

/// A wire that carries only so much, with a queue in front of it that drops what does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Bits a second on the wire, headers of UDP and IPv4 included.
    pub bits_per_s: u64,
    /// The longest that a packet waits in the queue; one that would wait longer is dropped.
    pub queue: Duration,
}

/// What one direction of a link does to packets.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Direction {
    /// Chance that a packet is lost, each on its own, 0–1.
    pub loss: f64,
    /// Loses packets in bursts as well.
    pub burst: Option<Burst>,
    /// How long a packet is on its way.
    pub delay: Duration,
    /// Each packet is on its way for the delay ± up to this, all values alike, each on its own.
    pub jitter: Duration,
    /// Jitter may let packets overtake each other; otherwise one that would do so arrives together with the one before.
    pub reorder: bool,
    /// Chance that a packet arrives twice, 0–1.
    pub duplicate: f64,
    /// The wire carries only so much.
    pub rate: Option<Rate>,
}

/// Both directions of a link.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LinkSettings {
    /// From the clients to the server.
    pub up: Direction,
    /// From the server to the clients.
    pub down: Direction,
}

const fn both(direction: Direction) -> LinkSettings {
    LinkSettings { up: direction, down: direction }
}

/// The same both ways: on its way for half of `round_trip_ms` ± `jitter_ms`, and lost by the per cent.
fn path(round_trip_ms: u64, jitter_ms: u64, loss_percent: f64) -> Direction {
    Direction {
        delay: Duration::from_micros(round_trip_ms * 500),
        jitter: Duration::from_millis(jitter_ms),
        loss: loss_percent / 100.0,
        ..Direction::default()
    }
}

impl LinkSettings {
    /// Every named link and what it is.
    pub const NAMES: [(&'static str, &'static str); 11] = [
        ("lan", "nothing but this machine's own delay"),
        ("lan-switch", "0.6 ms round trip, ± 0.1 ms each way, in order: a busy switch"),
        ("lan-jitter", "5 ms ± 2 ms each way, in order"),
        ("wan-20", "20 ms round trip, ± 3 ms each way, in order"),
        ("loss-1", "20 ms round trip, 1 % lost each way"),
        ("loss-2", "20 ms round trip, 2 % lost each way"),
        ("loss-5", "20 ms round trip, 5 % lost each way"),
        ("burst-10", "40 ms round trip, lost each way for 10 % of the time, 15 ms at a time on average"),
        ("reorder", "20 ms round trip, ± 3 ms each way, packets overtake each other, 1 % arrive twice"),
        (
            "narrow",
            "20 ms round trip, 2.4 Mbit/s down with a queue of 100 ms: 60 % of one stream of 4 Mbit/s",
        ),
        ("outage", "nothing arrives"),
    ];

    /// The link of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "lan" => Self::default(),
            "lan-switch" => both(Direction {
                delay: Duration::from_micros(300),
                jitter: Duration::from_micros(100),
                ..Direction::default()
            }),
            "lan-jitter" => both(path(10, 2, 0.0)),
            "wan-20" => both(path(20, 3, 0.0)),
            "loss-1" => both(path(20, 0, 1.0)),
            "loss-2" => both(path(20, 0, 2.0)),
            "loss-5" => both(path(20, 0, 5.0)),
            "burst-10" => both(Direction {
                burst: Some(Burst { share: 0.1, mean: Duration::from_millis(15) }),
                ..path(40, 0, 0.0)
            }),
            "reorder" => both(Direction { reorder: true, duplicate: 0.01, ..path(20, 3, 0.0) }),
            "narrow" => both(path(20, 0, 0.0)).narrowed(2_400_000),
            "outage" => both(path(0, 0, 100.0)),
            _ => return None,
        })
    }

    /// The same link with a wire from the server to the clients that carries `bits_per_s`, and a queue of 100 ms.
    pub fn narrowed(mut self, bits_per_s: u64) -> Self {
        self.down.rate = Some(Rate { bits_per_s, queue: Duration::from_millis(100) });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_link() {
        for (name, about) in LinkSettings::NAMES {
            assert!(LinkSettings::named(name).is_some(), "{name}: {about}");
        }
        assert_eq!(LinkSettings::named("rope"), None);
    }
}
