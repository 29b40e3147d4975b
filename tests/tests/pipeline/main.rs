//! End to end with real peers: cameras over their own protocols, Taibai's processes, QUIC, and the frame counter read out of
//! the composed pixels.

mod data;
mod edits;
mod faults;
mod identity;
mod kept;
mod nodes;
mod outward;
mod preview;
mod protocols;
mod pushes;
mod shutdown;
mod sources;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Halls are tested one after the other: two at once on a small machine would measure each other.
fn alone() -> MutexGuard<'static, ()> {
    static STAGE: Mutex<()> = Mutex::new(());
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}
