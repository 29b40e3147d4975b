//! What a node is there for.

/// A node's part in the hall; its certificate is bound to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Reads sources and offers them over QUIC.
    Ingest,
    /// Subscribes to sources and drives screens.
    Display,
    /// Pushes data into feeds; no node of the wall.
    Feed,
}

impl Role {
    /// The word on the command line, in certificates and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Display => "display",
            Self::Feed => "feed",
        }
    }

    /// The role that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Ingest, Self::Display, Self::Feed].into_iter().find(|role| role.as_str() == word)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A role on the wire.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub(crate) enum WireRole {
    Ingest,
    Display,
    Feed,
}

impl From<Role> for WireRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Ingest => Self::Ingest,
            Role::Display => Self::Display,
            Role::Feed => Self::Feed,
        }
    }
}

impl From<WireRole> for Role {
    fn from(role: WireRole) -> Self {
        match role {
            WireRole::Ingest => Self::Ingest,
            WireRole::Display => Self::Display,
            WireRole::Feed => Self::Feed,
        }
    }
}
