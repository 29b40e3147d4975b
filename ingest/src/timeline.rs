//! From a container's timestamps to the house's clocks: wraps undone, gaps filled, wild ones caught, jumps survived.

use crate::capture_clock::CaptureClock;
use crate::pacer::Pacer;
use crate::{RawPacket, Timescale};
use media::{MediaTime, WallTime};
use std::time::Duration;

/// How many packets in a row must agree on a new timeline before it replaces the old one.
const JUMP_PACKETS: u32 = 3;
/// B-frames and reordering reach back no further.
const BACK_NS: i64 = 1_000_000_000;
/// A live source's timestamps run ahead of the time that passes by no more than this.
const AHEAD_NS: i64 = 1_000_000_000;
/// Where arrival says nothing (files, HLS), a step above this is a jump.
const STEP_NS: i64 = 10_000_000_000;

/// How packets come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As they are made: arrival tells how old a picture is.
    Live,
    /// Faster or in bursts: they are released at their own rate.
    ///
    /// With a `hold` it is a live play list, whose old segments come again when it is opened again: they keep the
    /// times that they had. Without, it is a file, which begins anew.
    Paced {
        /// How long the first packet is held, so that a late burst finds something left to show.
        hold: Duration,
    },
}

/// Where a packet lies on the house's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Display time on the source's clock: unwrapped and, over jumps and restarts, continuous.
    pub time: MediaTime,
    /// When the picture was made, as far as can be known; for paced sources the moment from which it may be shown.
    pub captured: WallTime,
    /// When the packet is to be passed on: at once for live sources.
    pub due: WallTime,
}

/// This far back, a play list's segments may come again.
const AGAIN_NS: i64 = 60_000_000_000;
/// They come all at once; what still comes after this is new, whatever its timestamps say.
const AGAIN_WITHIN: Duration = Duration::from_secs(3);

/// What a timeline had to repair so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimelineCounters {
    /// Packets without any timestamp.
    pub missing: u64,
    /// Timestamps that fit nowhere and were replaced.
    pub wild: u64,
    /// Lasting jumps, after each of which the timeline went on where it was.
    pub jumps: u64,
}

/// The last packet that was accepted.
#[derive(Debug, Clone, Copy)]
struct Last {
    ticks: i64,
    /// Display time on the source's clock, before any shift.
    ns: i64,
    arrival: WallTime,
}

/// A packet that may begin a new timeline.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    at: Last,
    count: u32,
}

/// Whether a play list has just been opened again.
#[derive(Debug, Clone, Copy)]
enum Reopened {
    No,
    /// Its first packet is awaited.
    Awaiting,
    /// Its first packet came then.
    At(WallTime),
}

/// Stamps the packets of one source, through all its connections.
#[derive(Debug, Clone)]
pub struct Timeline {
    timescale: Option<Timescale>,
    shift_ns: i64,
    last: Option<Last>,
    /// The latest stamp given, and when.
    given: Option<(MediaTime, WallTime)>,
    interval_ns: Option<i64>,
    /// How long before its display the packet in hand is to be decoded.
    lead_ns: i64,
    candidate: Option<Candidate>,
    reopened: Reopened,
    clock: CaptureClock,
    pacer: Option<Pacer>,
    counters: TimelineCounters,
}

impl Timeline {
    /// A timeline before its first packet.
    pub fn new(pace: Pace) -> Self {
        let pacer = match pace {
            Pace::Live => None,
            Pace::Paced { hold } => Some(Pacer::new(hold)),
        };
        Self {
            timescale: None,
            shift_ns: 0,
            last: None,
            given: None,
            interval_ns: None,
            lead_ns: 0,
            candidate: None,
            reopened: Reopened::No,
            clock: CaptureClock::default(),
            pacer,
            counters: TimelineCounters::default(),
        }
    }

    /// What had to be repaired so far.
    pub fn counters(&self) -> TimelineCounters {
        self.counters
    }

    /// A new connection: the next packet's timestamp has nothing to do with the last one's, unless it is a play list
    /// that repeats itself.
    pub fn restart(&mut self) {
        self.candidate = None;
        if self.pacer.as_ref().is_some_and(Pacer::holds) {
            self.reopened = Reopened::Awaiting;
            return;
        }
        self.last = None;
        self.clock = CaptureClock::default();
        if let Some(pacer) = &mut self.pacer {
            pacer.restart();
        }
    }

    /// Stamps `packet`, which came at `arrival`.
    pub fn stamp(&mut self, packet: &RawPacket, arrival: WallTime) -> Stamp {
        if self.timescale != Some(packet.timescale) {
            self.timescale = Some(packet.timescale);
            self.last = None;
        }
        let Some(raw) = packet.pts.or(packet.dts) else {
            self.lead_ns = 0;
            self.counters.missing += 1;
            return self.guess(arrival);
        };
        self.lead_ns = lead_ns(packet);
        if let Some(stamp) = self.again(raw, packet, arrival) {
            return stamp;
        }
        let reference = self.candidate.map(|candidate| candidate.at).or(self.last);
        let ticks = reference.map_or(raw, |reference| unwrapped(raw, packet.wrap_bits, reference.ticks));
        let at = Last { ticks, ns: packet.timescale.to_nanos(ticks), arrival };
        match self.last {
            None => self.anchor(at),
            Some(last) => {
                // The candidate's unwrapping may lie whole turns away from the accepted timeline's.
                let home = unwrapped(raw, packet.wrap_bits, last.ticks);
                let home = Last { ticks: home, ns: packet.timescale.to_nanos(home), arrival };
                if self.follows(last, home) { self.accept(last, home) } else { self.doubt(at) }
            }
        }
    }

    /// The stamp that this picture had before, when a reopened play list gives it once more.
    fn again(&mut self, raw: i64, packet: &RawPacket, arrival: WallTime) -> Option<Stamp> {
        let began = match self.reopened {
            Reopened::No => return None,
            Reopened::Awaiting => arrival,
            Reopened::At(began) => began,
        };
        self.reopened = Reopened::At(began);
        let (last, pacer) = (self.last?, self.pacer.as_ref()?);
        let ns = packet.timescale.to_nanos(unwrapped(raw, packet.wrap_bits, last.ticks));
        let back = last.ns.saturating_sub(ns);
        if (0..=AGAIN_NS).contains(&back) && arrival.since(began) < AGAIN_WITHIN {
            let time = MediaTime(ns.saturating_add(self.shift_ns));
            let due = pacer.before(time)?.min(arrival);
            return Some(Stamp { time, captured: due, due });
        }
        self.reopened = Reopened::No;
        if !(-STEP_NS..=0).contains(&back) {
            self.last = None;
            self.pacer.as_mut()?.restart();
        }
        None
    }

    /// Whether `next` may come after `last` on one timeline.
    fn follows(&self, last: Last, next: Last) -> bool {
        let step = next.ns.saturating_sub(last.ns);
        let interval = self.interval_ns.unwrap_or(0);
        let ahead = match self.pacer {
            Some(_) => STEP_NS,
            None => next.arrival.nanos_from(last.arrival).max(0).saturating_add(AHEAD_NS.max(3 * interval)),
        };
        (-BACK_NS.max(4 * interval)..=ahead).contains(&step)
    }

    fn accept(&mut self, last: Last, at: Last) -> Stamp {
        let step = at.ns.saturating_sub(last.ns);
        if (1..=BACK_NS).contains(&step) {
            self.interval_ns = Some(self.interval_ns.map_or(step, |interval| (7 * interval + step) / 8));
        }
        self.candidate = None;
        self.last = Some(at);
        self.give(MediaTime(at.ns.saturating_add(self.shift_ns)), at.arrival, true)
    }

    /// Begins the timeline at `at`, going on from the last stamp where there is one.
    fn anchor(&mut self, at: Last) -> Stamp {
        let time = self.given.map(|(time, when)| {
            let passed = at.arrival.nanos_from(when);
            let least = self.interval_ns.unwrap_or(1_000_000);
            time.offset(passed.max(least))
        });
        if let Some(time) = time {
            self.shift_ns = time.0.saturating_sub(at.ns);
        }
        self.candidate = None;
        self.last = Some(at);
        self.clock = CaptureClock::default();
        self.give(MediaTime(at.ns.saturating_add(self.shift_ns)), at.arrival, true)
    }

    /// Takes a timestamp that does not fit: replaced, unless enough of its kind follow each other.
    fn doubt(&mut self, at: Last) -> Stamp {
        let count = match self.candidate {
            Some(candidate) if self.follows(candidate.at, at) => candidate.count + 1,
            _ => 1,
        };
        if count >= JUMP_PACKETS {
            self.counters.jumps += 1;
            return self.anchor(at);
        }
        self.candidate = Some(Candidate { at, count });
        self.counters.wild += 1;
        self.guess(at.arrival)
    }

    /// A stamp for a packet that has none of its own: one interval after the last.
    fn guess(&mut self, arrival: WallTime) -> Stamp {
        let time = match (self.given, self.interval_ns) {
            (None, _) => MediaTime(0),
            (Some((time, _)), Some(interval)) => time.offset(interval),
            (Some((time, when)), None) => time.offset(arrival.nanos_from(when).max(1)),
        };
        self.give(time, arrival, false)
    }

    fn give(&mut self, time: MediaTime, arrival: WallTime, trusted: bool) -> Stamp {
        let newest = self.given.map_or(time, |(newest, _)| newest.max(time));
        self.given = Some((newest, arrival));
        if let Some(pacer) = &mut self.pacer {
            // Released when it is to be decoded, so that B-frames are not kept waiting by what they build on.
            let due = pacer.due(time.offset(-self.lead_ns), arrival);
            return Stamp { time, captured: due.offset(self.lead_ns), due };
        }
        let captured = if trusted {
            self.clock.observe(time, self.lead_ns, arrival)
        } else {
            self.clock.captured(time, arrival)
        };
        Stamp { time, captured, due: arrival }
    }
}

/// Display time minus decoding time, where both are known.
fn lead_ns(packet: &RawPacket) -> i64 {
    let (Some(pts), Some(dts)) = (packet.pts, packet.dts) else { return 0 };
    let ticks = unwrapped(pts, packet.wrap_bits, dts).saturating_sub(dts);
    packet.timescale.to_nanos(ticks).clamp(0, BACK_NS)
}

/// The count nearest to `reference` that equals `raw` in its lowest `bits` bits.
fn unwrapped(raw: i64, bits: u32, reference: i64) -> i64 {
    if !(1..=62).contains(&bits) {
        return raw;
    }
    let modulus = 1i64 << bits;
    let forward = raw.wrapping_sub(reference).rem_euclid(modulus);
    let delta = if forward >= modulus / 2 { forward - modulus } else { forward };
    reference.saturating_add(delta)
}

#[cfg(test)]
mod tests;
