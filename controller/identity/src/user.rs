//! A person who may sign in.

use crate::password::PasswordHash;
use crate::rights::{Act, Grant, Rights};
use media::WallTime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many wrong passwords in a row lock a user out.
pub const WRONG_MAX: u32 = 5;
/// For so long at first; twice as long after each further wrong one.
pub const LOCKED_FOR: Duration = Duration::from_secs(15 * 60);
/// At most so long.
const LOCKED_FOR_MAX: Duration = Duration::from_secs(24 * 3600);

/// A user as kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name to sign in with: 1 to 32 of `a-z 0-9 . _ -`.
    pub user: String,
    /// The name for people.
    pub name: String,
    /// `zh-CN` or `en`.
    pub locale: String,
    /// The password's hash.
    pub password: PasswordHash,
    /// What the user may do.
    pub grants: Vec<Grant>,
    /// Whether the user may not sign in.
    pub disabled: bool,
    /// Since when the user is known.
    pub created: WallTime,
    /// Grows with every change that somebody makes.
    pub revision: u64,
    /// Wrong passwords since the last right one.
    pub wrong: u32,
    /// Locked out until then.
    pub locked_until: Option<WallTime>,
    /// When the user last signed in.
    pub signed_in: Option<WallTime>,
}

impl User {
    /// What the user may do.
    pub fn rights(&self) -> Rights {
        Rights::new(self.grants.clone())
    }

    /// Whether the user can sign in and manage others.
    pub(crate) fn administers(&self) -> bool {
        !self.disabled && self.rights().may(Act::Administer, None, None)
    }

    /// Until when no password is taken, if that is later than `now`.
    pub fn locked_out(&self, now: WallTime) -> Option<WallTime> {
        self.locked_until.filter(|until| *until > now)
    }

    /// A wrong password was given.
    pub(crate) fn was_wrong(&mut self, now: WallTime) {
        self.wrong = self.wrong.saturating_add(1);
        if let Some(beyond) = self.wrong.checked_sub(WRONG_MAX) {
            let time = LOCKED_FOR.saturating_mul(1 << beyond.min(16)).min(LOCKED_FOR_MAX);
            self.locked_until = Some(now + time);
        }
    }

    /// The right password was given.
    pub(crate) fn was_right(&mut self) {
        (self.wrong, self.locked_until) = (0, None);
    }
}

/// What is to be another way about a user; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// The name for people.
    pub name: Option<String>,
    /// The language.
    pub locale: Option<String>,
    /// The password's hash; ends all sessions and a lockout.
    pub password: Option<PasswordHash>,
    /// What the user may do.
    pub grants: Option<Vec<Grant>>,
    /// Whether the user may not sign in; ends all sessions.
    pub disabled: Option<bool>,
}
