//! When a feed was last heard, against what it promised.

use media::WallTime;
use std::time::Duration;

/// How fresh what a feed gave is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    promise: Duration,
    last: Option<WallTime>,
}

impl Heard {
    /// A feed that promises something at least every `promise`; `last` is when it was heard before a restart.
    pub fn new(promise: Duration, last: Option<WallTime>) -> Self {
        Self { promise, last }
    }

    /// Something that fits came at `at`, or the feed confirmed that nothing has changed. Never runs backwards.
    pub fn hear(&mut self, at: WallTime) {
        self.last = self.last.max(Some(at));
    }

    /// When it was last heard.
    pub fn last(&self) -> Option<WallTime> {
        self.last
    }

    /// What it promised.
    pub fn promise(&self) -> Duration {
        self.promise
    }

    /// When its promise ends; `None` before it was ever heard.
    pub fn good_until(&self) -> Option<WallTime> {
        self.last.map(|last| last + self.promise)
    }

    /// Whether its promise is kept at `now`.
    pub fn is_fresh(&self, now: WallTime) -> bool {
        self.good_until().is_some_and(|until| now <= until)
    }
}
