//! The pulse of a link: when to speak so as not to be taken for dead, and when to give the other side up.

use media::LocalTime;
use std::time::Duration;

/// A node must have said hello, and been welcomed, within this time.
pub const HELLO_WITHIN: Duration = Duration::from_secs(5);
/// A side that has nothing to say says so this often.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);
/// A side that hears nothing for this long ends the link.
pub const IDLE_AFTER: Duration = Duration::from_secs(5);

/// When each side last spoke.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pulse {
    heard: LocalTime,
    spoke: LocalTime,
}

impl Pulse {
    pub(crate) fn new(now: LocalTime) -> Self {
        Self { heard: now, spoke: now }
    }

    pub(crate) fn heard(&mut self, now: LocalTime) {
        self.heard = self.heard.max(now);
    }

    pub(crate) fn spoke(&mut self, now: LocalTime) {
        self.spoke = self.spoke.max(now);
    }

    pub(crate) fn is_dead(self, now: LocalTime) -> bool {
        now >= self.heard + IDLE_AFTER
    }

    pub(crate) fn must_speak(self, now: LocalTime) -> bool {
        now >= self.spoke + HEARTBEAT_EVERY
    }

    /// When one of the two becomes true.
    pub(crate) fn next(self) -> LocalTime {
        (self.heard + IDLE_AFTER).min(self.spoke + HEARTBEAT_EVERY)
    }
}
