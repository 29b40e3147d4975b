//! A wall of many display nodes under pictures that span all of them, and what its pixels say of its frame-lock.

mod compare;
mod hall;
mod timing;

pub use compare::{Agreement, Scenes};
pub use hall::{Audit, LockHall, LockOptions, SCENES, TICK_HZ, node};
pub use timing::Timing;
