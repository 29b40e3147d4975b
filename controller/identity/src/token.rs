//! A token for another system.

use crate::rights::{Grant, Rights};
use media::WallTime;
use serde::{Deserialize, Serialize};

/// How the text of every token begins, so that it is recognised where it should not be.
pub const TOKEN_START: &str = "taibai_";

/// A token as kept: its secret only as a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiToken {
    /// Its short name, which is no secret.
    pub id: String,
    /// What it is for, in somebody's words.
    pub name: String,
    /// SHA-256 of its secret.
    pub hash: String,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// Who made it.
    pub by: String,
    /// When.
    pub created: WallTime,
    /// From when on it is worth nothing.
    pub expires: WallTime,
}

impl ApiToken {
    /// What it may do.
    pub fn rights(&self) -> Rights {
        Rights::new(self.grants.clone())
    }
}
