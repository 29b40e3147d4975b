//! The authority on the wall: what hangs, what is shown, which node does what, and how all of it is.

mod assign;
mod authority;
mod http;
mod server;
mod status;

pub use authority::{Authority, RecallError};
pub use http::{ApiError, SceneRecalled};
pub use server::{Controller, ControllerError, ControllerOptions};
pub use status::{HallStatus, NodeStatus, ScreenStatus, SourceStatus, WallStatus};
