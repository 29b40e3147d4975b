//! Puts packets that come in groups (a GOP each, groups in parallel) back into one decodable order.
//!
//! Within the order nothing is waited for longer than a set time: then the hole is given up, and because what follows
//! a hole cannot be decoded, everything up to the next key frame goes with it.

use media::{LocalTime, Packet};
use std::collections::BTreeMap;
use std::time::Duration;

/// The bounds of a jitter buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JitterSettings {
    /// How long a missing packet is waited for while others are here.
    pub wait: Duration,
    /// Packets kept at most.
    pub packets_max: usize,
    /// Bytes kept at most.
    pub bytes_max: usize,
}

impl Default for JitterSettings {
    /// 100 ms, 1024 packets, 32 MiB.
    fn default() -> Self {
        Self { wait: Duration::from_millis(100), packets_max: 1024, bytes_max: 32 << 20 }
    }
}

/// What has happened to a buffer's packets so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JitterCounters {
    /// Packets passed on.
    pub passed: u64,
    /// Packets that were here already.
    pub duplicates: u64,
    /// Packets that came after their place had been given up or passed.
    pub late: u64,
    /// Packets dropped because they follow a hole, or come before the first key frame.
    pub undecodable: u64,
    /// Packets dropped because a bound was reached.
    pub overflowed: u64,
    /// Holes given up.
    pub holes: u64,
}

/// A packet's place: its group, and its number in the group from 0.
type Place = (u64, u32);

#[derive(Debug)]
struct Held {
    packet: Packet,
    arrived: LocalTime,
}

/// Reorders the packets of one stream.
#[derive(Debug)]
pub struct JitterBuffer {
    settings: JitterSettings,
    held: BTreeMap<Place, Held>,
    bytes: usize,
    /// The place that comes next; `None` before the first packet is passed on.
    next: Option<Place>,
    /// How many packets a finished group has.
    ends: BTreeMap<u64, u32>,
    /// Only a key frame can go on.
    await_keyframe: bool,
    counters: JitterCounters,
}

impl JitterBuffer {
    /// An empty buffer.
    pub fn new(settings: JitterSettings) -> Self {
        Self {
            settings,
            held: BTreeMap::new(),
            bytes: 0,
            next: None,
            ends: BTreeMap::new(),
            await_keyframe: true,
            counters: JitterCounters::default(),
        }
    }

    /// Takes packet `index` of `group`, which came at `now`.
    pub fn push(&mut self, group: u64, index: u32, packet: Packet, now: LocalTime) {
        let place = (group, index);
        if self.next.is_some_and(|next| place < next) {
            self.counters.late += 1;
            return;
        }
        if self.held.contains_key(&place) {
            self.counters.duplicates += 1;
            return;
        }
        self.bytes += packet.bytes.len();
        self.held.insert(place, Held { packet, arrived: now });
        while self.held.len() > self.settings.packets_max || self.bytes > self.settings.bytes_max {
            let Some((place, _)) = self.take_first() else { break };
            self.counters.overflowed += 1;
            self.next = Some((place.0, place.1.saturating_add(1)));
            self.await_keyframe = true;
        }
    }

    /// Group `group` is complete with `packets` packets: the next group may follow without waiting.
    pub fn end_group(&mut self, group: u64, packets: u32) {
        if self.next.is_none_or(|next| group >= next.0) {
            self.ends.insert(group, packets);
        }
        while self.ends.len() > 64 {
            self.ends.pop_first();
        }
    }

    /// The next packet in decoding order, if it is here or what it waits for has been given up at `now`.
    pub fn pop(&mut self, now: LocalTime) -> Option<Packet> {
        loop {
            let (&place, first) = self.held.first_key_value()?;
            if !self.is_next(place) {
                if now.since(first.arrived) < self.settings.wait {
                    return None;
                }
                if self.next.is_some() {
                    self.counters.holes += 1;
                    self.await_keyframe = true;
                }
            }
            let (place, held) = self.take_first()?;
            self.next = Some((place.0, place.1.saturating_add(1)));
            self.ends = self.ends.split_off(&place.0);
            if held.packet.keyframe {
                self.await_keyframe = false;
            }
            if self.await_keyframe {
                self.counters.undecodable += 1;
                continue;
            }
            self.counters.passed += 1;
            return Some(held.packet);
        }
    }

    /// When [`Self::pop`] may have something although nothing more comes; `None` when only a packet can change that.
    pub fn wake_at(&self) -> Option<LocalTime> {
        self.held.first_key_value().map(|(_, held)| held.arrived + self.settings.wait)
    }

    /// What has happened so far.
    pub fn counters(&self) -> JitterCounters {
        self.counters
    }

    /// Packets and bytes held.
    pub fn held(&self) -> (usize, usize) {
        (self.held.len(), self.bytes)
    }

    /// Whether nothing can lie before `place` that has not been passed on.
    fn is_next(&self, place: Place) -> bool {
        let Some(next) = self.next else {
            // The first group of all begins with its first packet.
            return place.1 == 0;
        };
        // A group that is known to be complete hands over to the one after it; empty ones are stepped over.
        let mut at = next;
        while at != place && self.ends.get(&at.0) == Some(&at.1) {
            at = (at.0.saturating_add(1), 0);
        }
        at == place
    }

    fn take_first(&mut self) -> Option<(Place, Held)> {
        let (place, held) = self.held.pop_first()?;
        self.bytes -= held.packet.bytes.len();
        Some((place, held))
    }
}

#[cfg(test)]
mod tests;
