//! A session of somebody who has signed in.

use media::WallTime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A session ends after so long without a request.
pub const SESSION_IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends so long after signing in.
pub const SESSION_FOR: Duration = Duration::from_secs(12 * 3600);

/// A session as kept under the hash of its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Whose.
    pub user: String,
    /// When it began.
    pub created: WallTime,
    /// The last request.
    pub seen: WallTime,
    /// Whether its user has locked it: nothing but the password opens it again.
    pub locked: bool,
    /// From which address.
    pub from: String,
}

impl Session {
    /// Whether it still stands.
    pub fn stands(&self, now: WallTime) -> bool {
        self.seen + SESSION_IDLE > now && self.created + SESSION_FOR > now
    }
}
