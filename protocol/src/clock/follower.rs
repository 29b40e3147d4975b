//! A node's clock: when to probe, what to make of echoes, and which map to go by.

use super::interval::{Exchange, Interval, Rate};
use super::rate::RateMeter;
use super::{ClockEcho, ClockProbe};
use crate::{ClockReport, ClockState};
use media::{ClockMap, LocalTime, WallTime};
use std::collections::VecDeque;
use std::time::Duration;

/// On a new connection this many probes go out …
const QUICK_PROBES: u32 = 128;
/// … this often.
const QUICK_EVERY: Duration = Duration::from_millis(25);
/// Probes whose echo is still awaited; the oldest of more is given up.
const AWAITED_MAX: usize = 64;
/// The clock aims at what so many exchanges prove: enough to find quick packets among them …
const AIMED: usize = 64;
/// … and states what the last few of these prove: a step of the master that is smaller than the round trip contradicts
/// nothing, and must not be denied for long.
const STATED: usize = 16;
/// The clock is set after this many exchanges …
const LOCK_EXCHANGES: usize = 8;
/// … or this long after the first.
const LOCK_WITHIN: Duration = Duration::from_millis(500);
/// So many exchanges that agree with each other prove that the master's time is another one.
const WITNESSES: usize = 4;
/// The rate counts as this much less certain where old exchanges are judged by new ones, in parts of 10⁹: when a rate
/// changes at once, what was true before must make room in time.
const FADE_PPB: i64 = 50_000;
/// Without exchanges the rate may wander by this much, in parts of 10⁹: more than a quartz does when its room warms up.
const WANDER_PPB: i64 = 3_000;
/// Small corrections are made at this rate at most, in parts of 10⁹ …
const SLEW_PPB: i64 = 500_000;
/// … up to this many nanoseconds, and larger ones …
const SMALL_NS: u64 = 2_000_000;
/// … at up to this rate: a second takes 50 s.
const FAST_SLEW_PPB: i64 = 20_000_000;
/// A clock that has this much to make up, in nanoseconds, says that it is slewing.
const SLEWING_NS: u64 = 500_000;
/// Without an exchange for this long the clock is in holdover.
const HOLDOVER_AFTER: Duration = Duration::from_secs(2);
/// Nobody knows.
const UNKNOWN_NS: u64 = u64::MAX;

/// How a clock follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSettings {
    /// How often it probes in steady service.
    pub probe_every: Duration,
}

impl Default for ClockSettings {
    /// 16 probes a second.
    fn default() -> Self {
        Self { probe_every: Duration::from_micros(62_500) }
    }
}

/// A node's clock, over any number of connections one after another. `now` is the node's own monotonic clock.
#[derive(Debug)]
pub struct ClockFollower {
    settings: ClockSettings,
    map: ClockMap,
    meter: RateMeter,
    /// The newest exchanges, which agree with each other.
    trusted: VecDeque<Exchange>,
    /// How many of them are of the connection that stands: another one may lead to another master.
    fresh: usize,
    /// Newer ones that agree with each other and not with those.
    dissent: Vec<Exchange>,
    is_set: bool,
    awaited: VecDeque<ClockProbe>,
    sequence: u32,
    quick_left: u32,
    next_probe: LocalTime,
    connected: bool,
}

impl ClockFollower {
    /// A clock that knows nothing yet: until it does, its map carries `wall` on from `now`, with an unknown error.
    pub fn new(settings: ClockSettings, now: LocalTime, wall: WallTime) -> Self {
        Self {
            settings,
            map: ClockMap { error_ns: UNKNOWN_NS, ..ClockMap::steady(now, wall) },
            meter: RateMeter::new(),
            trusted: VecDeque::new(),
            fresh: 0,
            dissent: Vec::new(),
            is_set: false,
            awaited: VecDeque::new(),
            sequence: 0,
            quick_left: 0,
            next_probe: now,
            connected: false,
        }
    }

    /// There is a way to the master: probes go out from now on, the first ones in quick succession.
    pub fn handle_connect(&mut self, now: LocalTime) {
        self.connected = true;
        self.fresh = 0;
        self.dissent.clear();
        self.quick_left = QUICK_PROBES;
        self.next_probe = now;
    }

    /// The way to the master is gone. The clock runs on as it does.
    pub fn handle_disconnect(&mut self) {
        self.connected = false;
        self.awaited.clear();
    }

    /// The probe to send, if one is due. Its time is `now`: it must leave at once.
    pub fn poll_probe(&mut self, now: LocalTime) -> Option<ClockProbe> {
        if !self.connected || now < self.next_probe {
            return None;
        }
        let quick = self.quick_left > 0;
        let every =
            if quick { QUICK_EVERY.min(self.settings.probe_every) } else { self.settings.probe_every };
        self.quick_left = self.quick_left.saturating_sub(1);
        self.next_probe = now + every;
        self.sequence = self.sequence.wrapping_add(1);
        let probe = ClockProbe { sequence: self.sequence, sent: now };
        if self.awaited.len() >= AWAITED_MAX {
            self.awaited.pop_front();
        }
        self.awaited.push_back(probe);
        Some(probe)
    }

    /// When the next probe is due; `None` without a way to the master.
    pub fn poll_timeout(&self) -> Option<LocalTime> {
        self.connected.then_some(self.next_probe)
    }

    /// Takes in an echo that arrived at `arrived`. What was not asked for, comes twice or cannot be is left out.
    pub fn handle_echo(&mut self, echo: ClockEcho, arrived: LocalTime) {
        let asked = ClockProbe { sequence: echo.sequence, sent: echo.sent };
        let Some(place) = self.awaited.iter().position(|probe| *probe == asked) else { return };
        self.awaited.remove(place);
        let Some(exchange) = Exchange::new(echo, arrived) else { return };
        let rate = self.meter.certain().less_certain(FADE_PPB);
        self.trusted.push_back(exchange);
        if Interval::proved(self.trusted.iter(), arrived, rate).is_some() {
            if self.trusted.len() > AIMED {
                self.trusted.pop_front();
            }
            self.fresh = (self.fresh + 1).min(self.trusted.len());
            self.dissent.clear();
            self.meter.add(exchange);
        } else {
            self.trusted.pop_back();
            self.doubt(exchange, rate);
        }
        self.steer(arrived);
    }

    /// The exchange contradicts what is known.
    fn doubt(&mut self, exchange: Exchange, rate: Rate) {
        self.dissent.push(exchange);
        if Interval::proved(self.dissent.iter(), exchange.arrived, rate).is_none() {
            self.dissent = vec![exchange];
        }
        if self.dissent.len() >= WITNESSES {
            self.trusted = self.dissent.drain(..).collect();
            self.fresh = self.trusted.len();
            self.meter.forget();
            self.trusted.iter().for_each(|exchange| self.meter.add(*exchange));
        }
    }

    /// Points the map at the middle of what is known.
    fn steer(&mut self, now: LocalTime) {
        let now = now.max(self.map.at);
        let rate = self.meter.certain();
        let fading = rate.less_certain(FADE_PPB);
        let likely = self.meter.likely().less_certain(FADE_PPB);
        let stated = if self.fresh == 0 { self.trusted.len() } else { self.fresh.min(STATED) };
        let Some(known) = Interval::proved(self.trusted.iter().rev().take(stated), now, fading) else {
            return;
        };
        let aim = Interval::proved(self.trusted.iter(), now, likely);
        let target = aim.as_ref().unwrap_or(&known).middle();
        if !self.is_set {
            let waited = self.meter.first().is_none_or(|first| now >= first.arrived + LOCK_WITHIN);
            if self.meter.len() < LOCK_EXCHANGES && !waited {
                return;
            }
            self.is_set = true;
            self.map = ClockMap::steady(now, target);
        }
        let wall = self.map.to_wall(now);
        let (slew_ppb, slew_for) = slew(target.nanos_from(wall));
        let doubt = Interval::proved(self.dissent.iter(), now, fading);
        let doubt_ns = doubt.map_or(0, |doubt| doubt.farthest_ns(target));
        self.map = ClockMap {
            at: now,
            wall,
            rate_ppb: rate.ppb,
            slew_ppb,
            slew_until: now + slew_for,
            error_ns: known.farthest_ns(target).max(doubt_ns).saturating_add(self.unheard_ns()),
            error_growth_ppb: u64::try_from(rate.less_certain(WANDER_PPB).uncertain_ppb).unwrap_or(0),
        };
    }

    /// What a rate that changes at once does until the next exchange tells, and a nanosecond for the rounding.
    fn unheard_ns(&self) -> u64 {
        let until_next =
            self.settings.probe_every.as_nanos() * u128::from(FADE_PPB.unsigned_abs()) / 1_000_000_000;
        u64::try_from(until_next).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// The map to go by. Once the clock is set, wall time by the newest map is continuous and runs forward.
    pub fn map(&self) -> ClockMap {
        self.map
    }

    /// How the clock stands.
    pub fn report(&self, now: LocalTime) -> ClockReport {
        let offset_ns = self.map.slew_left_at(now);
        let heard = self.trusted.back().map(|newest| newest.arrived);
        let state = if !self.is_set {
            ClockState::Unset
        } else if !self.connected || heard.is_none_or(|heard| now >= heard + HOLDOVER_AFTER) {
            ClockState::Holdover
        } else if offset_ns.unsigned_abs() >= SLEWING_NS {
            ClockState::Slewing
        } else {
            ClockState::Locked
        };
        let round_trip_ns = self.meter.round_trip_ns_min().and_then(|ns| u64::try_from(ns).ok());
        ClockReport {
            state,
            offset_ns,
            error_ns: self.map.error_at(now),
            round_trip_ns: round_trip_ns.unwrap_or(0),
        }
    }
}

/// At which rate a correction is made, in parts of 10⁹, and for how long: in about a second if that is not too fast.
fn slew(correction_ns: i64) -> (i64, Duration) {
    let size = correction_ns.unsigned_abs();
    if size == 0 {
        return (0, Duration::ZERO);
    }
    // So many nanoseconds in a second are as many parts of 10⁹.
    let ppb = if size <= SMALL_NS {
        correction_ns.clamp(-SLEW_PPB, SLEW_PPB)
    } else {
        correction_ns.clamp(-FAST_SLEW_PPB, FAST_SLEW_PPB)
    };
    let nanos = u128::from(size) * 1_000_000_000 / u128::from(ppb.unsigned_abs());
    (ppb, Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
}
