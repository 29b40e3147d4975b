//! How much may be under way on a media connection.
//!
//! The model is BBR's (draft-cardwell-iccrg-bbr-congestion-control): the path is described by the rate at which it delivers
//! and by its round trip when no queue stands in it, and lost packets alone say nothing. What is different serves live
//! pictures. The window is the path's content and a queue that is short in *time*, because priorities decide only about
//! what has not been sent yet. The rate is forgotten after a few rounds, so that a path that narrows is not flooded. And
//! while acknowledgements stay out the window grows with the time, at the rate that the path had: after a burst of losses
//! pictures go on, and their acknowledgements tell what was lost, long before a timer would.

use quinn::congestion::{Controller, ControllerFactory};
use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The window before anything is known.
const INITIAL_PACKETS: u64 = 32;
/// The window is never smaller, or acknowledgements would be too rare to tell anything.
const LEAST_PACKETS: u64 = 10;
/// The queue that may stand in front of the narrowest wire: more than acknowledgements are usually delayed (25 ms, RFC 9000,
/// section 18.2), or the rate could not be seen to be higher than it is thought to be.
const QUEUE: Duration = Duration::from_millis(30);
/// The longest silence during which the window grows.
const SILENCE_MAX: Duration = Duration::from_millis(500);
/// After so many rounds the rate is forgotten; after as many more at the latest, if nothing as fast was seen.
const RATE_ROUNDS: u64 = 5;
/// After this the round trip is forgotten; a path that is always full is drained as often, to see it again.
const ROUND_TRIP_EPOCH: Duration = Duration::from_secs(5);
/// How long a drain takes, beyond two round trips.
const DRAIN: Duration = Duration::from_millis(20);
/// Transmissions whose fate is not known that are remembered. Beyond it the oldest is forgotten and gives no sample.
const SENT_MAX: usize = 8192;

/// Makes [`Live`] controllers.
#[derive(Debug)]
pub(crate) struct LiveConfig;

impl ControllerFactory for LiveConfig {
    fn build(self: Arc<Self>, now: Instant, current_mtu: u16) -> Box<dyn Controller> {
        Box::new(Live::new(now, current_mtu))
    }
}

/// One transmission, and what was known when it left.
#[derive(Debug, Clone, Copy)]
struct Sent {
    packets: (u64, u64),
    at: Instant,
    /// Bytes that had been acknowledged.
    delivered: u64,
    /// When the newest of them had been.
    delivered_at: Instant,
    /// When the newest acknowledged transmission had left.
    previous: Instant,
    /// There was less to send than could have been.
    idle: bool,
}

/// The greatest number of the last one to two spans; spans are ended from outside.
#[derive(Debug, Clone, Copy, Default)]
struct Greatest {
    before: u64,
    now: u64,
}

impl Greatest {
    fn see(&mut self, number: u64) {
        self.now = self.now.max(number);
    }

    fn get(self) -> u64 {
        self.before.max(self.now)
    }

    fn next_span(&mut self) {
        *self = Self { before: self.now, now: 0 };
    }
}

/// The controller of one connection.
#[derive(Debug, Clone)]
struct Live {
    mtu: u64,
    sent: VecDeque<Sent>,
    in_flight: u64,
    delivered: u64,
    delivered_at: Instant,
    /// When the newest acknowledged transmission left.
    acknowledged_sent: Instant,
    /// While no more than this is delivered, samples of the rate show what there was to send.
    idle_until: u64,
    /// Bytes a second.
    rate: Greatest,
    round_ends: u64,
    rounds: u64,
    /// The shortest round trip of the last span and of this one.
    round_trips: [Option<Duration>; 2],
    epoch_began: Instant,
    drain_until: Option<Instant>,
    window: u64,
    /// How much the window is larger for the silence.
    silence: u64,
}

impl Live {
    fn new(now: Instant, mtu: u16) -> Self {
        let mtu = u64::from(mtu);
        Self {
            mtu,
            sent: VecDeque::new(),
            in_flight: 0,
            delivered: 0,
            delivered_at: now,
            acknowledged_sent: now,
            idle_until: 0,
            rate: Greatest::default(),
            round_ends: 0,
            rounds: 0,
            round_trips: [None; 2],
            epoch_began: now,
            drain_until: None,
            window: INITIAL_PACKETS * mtu,
            silence: 0,
        }
    }

    fn round_trip(&self) -> Option<Duration> {
        self.round_trips.iter().flatten().min().copied()
    }

    /// The newest transmission that has arrived, at least in part; those before it are forgotten.
    fn take_acknowledged(&mut self, largest: u64) -> Option<Sent> {
        let mut newest = None;
        while self.sent.front().is_some_and(|first| first.packets.1 <= largest) {
            newest = self.sent.pop_front();
        }
        self.sent.front().filter(|first| first.packets.0 <= largest).copied().or(newest)
    }

    fn learn(&mut self, sample: Sent, now: Instant) {
        let round_trip = now.saturating_duration_since(sample.at);
        let [_, current] = &mut self.round_trips;
        *current = Some(current.map_or(round_trip, |shortest| shortest.min(round_trip)));
        self.acknowledged_sent = self.acknowledged_sent.max(sample.at);
        // The slower of how fast it was sent and how fast it was acknowledged: acknowledgements come in bunches.
        let sending = sample.at.saturating_duration_since(sample.previous);
        let span = now.saturating_duration_since(sample.delivered_at).max(sending);
        if sample.delivered >= self.round_ends {
            self.round_ends = self.delivered;
            self.rounds += 1;
        }
        // A span shorter than the round trip cannot be true.
        if self.round_trip().is_none_or(|shortest| span < shortest) || span.is_zero() {
            return;
        }
        let rate = (u128::from(self.delivered - sample.delivered) * 1_000_000_000 / span.as_nanos()) as u64;
        if rate >= self.rate.get() {
            self.rate.see(rate);
        } else if !sample.idle {
            if self.rounds >= RATE_ROUNDS {
                self.rate.next_span();
                self.rounds = 0;
            }
            self.rate.see(rate);
        }
    }

    /// Forgets old round trips, and begins to drain a path on which none but queued packets may have been seen.
    fn turn_epoch(&mut self, now: Instant, idle: bool) {
        if now.saturating_duration_since(self.epoch_began) < ROUND_TRIP_EPOCH {
            return;
        }
        self.epoch_began = now;
        if !idle {
            self.drain_until = self.round_trip().map(|round_trip| now + round_trip * 2 + DRAIN);
        }
        self.round_trips = [self.round_trips[1], None];
    }

    fn resize(&mut self, now: Instant) {
        let (Some(round_trip), rate @ 1..) = (self.round_trip(), self.rate.get()) else { return };
        let holds = |time: Duration| {
            u64::try_from(u128::from(rate) * time.as_nanos() / 1_000_000_000).unwrap_or(u64::MAX)
        };
        self.drain_until = self.drain_until.filter(|until| now < *until);
        self.window = match self.drain_until {
            Some(_) => holds(round_trip * 3 / 4).max(LEAST_PACKETS / 2 * self.mtu),
            None => holds(round_trip + round_trip / 4 + QUEUE).max(LEAST_PACKETS * self.mtu),
        };
    }
}

impl Controller for Live {
    fn on_sent(&mut self, now: Instant, bytes: u64, last_packet_number: u64) {
        if self.in_flight == 0 {
            // What was before says nothing about the path: there was nothing to send.
            (self.delivered_at, self.acknowledged_sent) = (now, now);
        }
        if self.sent.len() == SENT_MAX {
            self.sent.pop_front();
        }
        // Each number space of a connection counts from 0; only the first few packets are not of the last one.
        let first = self.sent.back().map_or(0, |before| before.packets.1 + 1).min(last_packet_number);
        self.sent.push_back(Sent {
            packets: (first, last_packet_number),
            at: now,
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            previous: self.acknowledged_sent,
            idle: self.idle_until > self.delivered,
        });
        self.in_flight += bytes;
        let silence = now.saturating_duration_since(self.delivered_at).min(SILENCE_MAX);
        self.silence = (u128::from(self.rate.get()) * silence.as_nanos() / 1_000_000_000) as u64;
    }

    fn on_end_acks(&mut self, now: Instant, in_flight: u64, app_limited: bool, largest: Option<u64>) {
        self.delivered += self.in_flight.saturating_sub(in_flight);
        self.in_flight = in_flight;
        if app_limited {
            self.idle_until = self.delivered + in_flight;
        }
        if let Some(sample) = largest.and_then(|largest| self.take_acknowledged(largest)) {
            self.learn(sample, now);
        }
        (self.delivered_at, self.silence) = (now, 0);
        self.turn_epoch(now, app_limited);
        self.resize(now);
    }

    fn on_congestion_event(&mut self, _: Instant, _: Instant, _: bool, lost_bytes: u64) {
        self.in_flight = self.in_flight.saturating_sub(lost_bytes);
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.mtu = u64::from(new_mtu);
        self.window = self.window.max(LEAST_PACKETS * self.mtu);
    }

    fn window(&self) -> u64 {
        self.window + self.silence
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        INITIAL_PACKETS * self.mtu
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const MTU: u64 = 1200;
    const MS: Duration = Duration::from_millis(1);

    /// A sender and a path with one narrow wire and a queue in front of it.
    struct Simulation {
        live: Live,
        begin: Instant,
        ms: u64,
        /// Bytes a second, and the bytes that its queue holds.
        wire: (u64, u64),
        round_trip_ms: u64,
        /// Each packet with a number for which this holds is lost.
        loses: fn(u64) -> bool,
        backlog: u64,
        next_packet: u64,
        wire_free_us: u64,
        /// Packets under way by number: when each arrives back as an acknowledgement, `None` for lost ones.
        under_way: BTreeMap<u64, Option<u64>>,
        largest: u64,
        acknowledged: u64,
        probe_at: u64,
        probes: u32,
        queue_ms: u64,
    }

    impl Simulation {
        fn new(wire: (u64, u64), round_trip_ms: u64, loses: fn(u64) -> bool) -> Self {
            let begin = Instant::now();
            Self {
                live: Live::new(begin, MTU as u16),
                begin,
                ms: 0,
                wire,
                round_trip_ms,
                loses,
                backlog: 0,
                next_packet: 0,
                wire_free_us: 0,
                under_way: BTreeMap::new(),
                largest: 0,
                acknowledged: 0,
                probe_at: u64::MAX,
                probes: 0,
                queue_ms: 0,
            }
        }

        fn now(&self) -> Instant {
            self.begin + MS * u32::try_from(self.ms).unwrap()
        }

        fn in_flight(&self) -> u64 {
            self.under_way.len() as u64 * MTU
        }

        fn send(&mut self) {
            let number = self.next_packet;
            self.next_packet += 1;
            self.backlog = self.backlog.saturating_sub(MTU);
            let now_us = self.ms * 1000;
            let waits_us = self.wire_free_us.saturating_sub(now_us);
            let fits = waits_us * self.wire.0 / 1_000_000 < self.wire.1;
            let arrives = (fits && !(self.loses)(number)).then(|| {
                self.queue_ms = waits_us / 1000;
                (now_us + waits_us) / 1000 + self.round_trip_ms
            });
            if fits {
                self.wire_free_us = now_us + waits_us + MTU * 1_000_000 / self.wire.0;
            }
            self.under_way.insert(number, arrives);
            let now = self.now();
            self.live.on_sent(now, MTU, number);
            self.probe_at = self.ms + ((self.round_trip_ms * 3 + 25) << self.probes);
        }

        fn acknowledge(&mut self) {
            let ms = self.ms;
            let come: Vec<u64> = self
                .under_way
                .iter()
                .filter(|(_, at)| at.is_some_and(|at| at <= ms))
                .map(|(n, _)| *n)
                .collect();
            let Some(newest) = come.last().copied() else { return };
            self.under_way.retain(|number, _| !come.contains(number));
            self.acknowledged += come.len() as u64 * MTU;
            self.largest = self.largest.max(newest);
            self.probes = 0;
            let (now, in_flight) = (self.now(), self.in_flight());
            self.live.on_end_acks(now, in_flight, self.backlog == 0, Some(self.largest));
            let lost: Vec<u64> =
                self.under_way.range(..self.largest.saturating_sub(2)).map(|(n, _)| *n).collect();
            if !lost.is_empty() {
                self.under_way.retain(|number, _| !lost.contains(number));
                self.backlog += lost.len() as u64 * MTU;
                self.live.on_congestion_event(now, now, false, lost.len() as u64 * MTU);
            }
        }

        /// One millisecond in which `bytes` come to be sent.
        fn step(&mut self, bytes: u64) {
            self.backlog += bytes;
            self.acknowledge();
            if self.ms >= self.probe_at && !self.under_way.is_empty() {
                self.probes += 1;
                self.send();
                self.send();
            }
            while self.backlog > 0 && self.in_flight() + MTU < self.live.window() {
                self.send();
            }
            self.ms += 1;
        }

        /// A stream of 4 Mbit/s: a picture of 20 kB each 40 ms. Returns the most that waited to be sent.
        fn stream(&mut self, ms: u64) -> u64 {
            let step = |simulation: &mut Self| {
                simulation.step(if simulation.ms.is_multiple_of(40) { 20_000 } else { 0 });
                simulation.backlog
            };
            (0..ms).map(|_| step(self)).max().unwrap_or(0)
        }

        /// More to send than fits. Returns bytes a second that arrived, and the longest queue in ms.
        fn flood(&mut self, ms: u64) -> (u64, u64) {
            let (before, mut longest) = (self.acknowledged, 0);
            for _ in 0..ms {
                self.backlog = 1 << 20;
                self.step(0);
                longest = longest.max(self.queue_ms);
            }
            ((self.acknowledged - before) * 1000 / ms, longest)
        }
    }

    #[test]
    fn a_wire_is_filled_and_its_queue_stays_short() {
        for (rate, round_trip_ms) in
            [(300_000, 20), (900_000, 20), (900_000, 80), (12_000_000, 2), (12_000_000, 40)]
        {
            let mut path = Simulation::new((rate, rate / 5), round_trip_ms, |_| false);
            path.flood(3_000);
            let (arrived, queue_ms) = path.flood(20_000);
            assert!(arrived * 100 >= rate * 93, "{arrived} of {rate} bytes/s at {round_trip_ms} ms");
            assert!(
                queue_ms <= 45 + round_trip_ms / 3,
                "{queue_ms} ms of queue, {rate} bytes/s, {round_trip_ms} ms"
            );
        }
    }

    #[test]
    fn a_wire_that_narrows_is_not_flooded_for_long_and_found_again_when_it_widens() {
        let mut path = Simulation::new((5_000_000, 1_000_000), 20, |_| false);
        path.flood(3_000);
        path.wire = (300_000, 60_000);
        path.flood(2_000);
        let (arrived, queue_ms) = path.flood(5_000);
        assert!(arrived >= 270_000 && queue_ms <= 60, "{arrived} bytes/s, {queue_ms} ms of queue");
        path.wire = (5_000_000, 1_000_000);
        path.flood(500);
        let (arrived, _) = path.flood(2_000);
        assert!(arrived >= 4_500_000, "{arrived} bytes/s");
    }

    #[test]
    fn losses_do_not_hold_a_stream_up() {
        // One in ten by itself; a tenth in bursts; once a quarter of a second, which comes back to be sent at once.
        type Loses = fn(u64) -> bool;
        let cases: [(Loses, u64); 3] = [
            (|number| number % 10 == 3, 60_000),
            (|number| number % 100 < 10, 60_000),
            (|number| (3_000..3_100).contains(&number), 140_000),
        ];
        for (loses, most) in cases {
            let mut path = Simulation::new((5_000_000, 100_000), 40, loses);
            path.stream(2_000);
            let waited = path.stream(20_000);
            assert!(waited <= most, "{waited} bytes waited");
            assert!(path.acknowledged >= 20_000 * 25 * 21, "{}", path.acknowledged);
        }
    }

    #[test]
    fn a_path_that_grows_longer_is_believed_after_a_while() {
        let mut path = Simulation::new((900_000, 180_000), 10, |_| false);
        path.flood(3_000);
        path.round_trip_ms = 120;
        path.flood(11_000);
        let (arrived, _) = path.flood(5_000);
        assert!(arrived >= 810_000, "{arrived} bytes/s");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let begin = Instant::now();
        let mut live = Live::new(begin, MTU as u16);
        (0..3 * SENT_MAX as u64).for_each(|number| live.on_sent(begin + MS, MTU, number));
        assert_eq!(live.sent.len(), SENT_MAX);
        live.on_end_acks(begin + MS * 20, 0, true, Some(2 * SENT_MAX as u64 - 1));
        assert!(live.window() < 1 << 40);
    }
}
