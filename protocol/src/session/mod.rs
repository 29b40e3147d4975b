//! The two ends of a control link as machines that are told the time and what came in, and say what goes out.

mod controller;
mod node;
mod pulse;

pub use controller::{ControllerEvent, ControllerSession};
pub use node::{NodeEvent, NodeSession};
pub use pulse::{HEARTBEAT_EVERY, HELLO_WITHIN, IDLE_AFTER};

/// A command that does not fit the session's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The revision is not the one that the controller gave last.
    #[error("revision {0} is not the newest one that this node was given")]
    OldRevision(u64),
}

#[cfg(test)]
mod tests;
