//! The present moment on both of the controller's clocks.

use media::{LocalTime, WallTime};

/// One moment. Waits are counted in local time, which never steps; ticks are counted in wall time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// On this machine's monotonic clock.
    pub local: LocalTime,
    /// On the hall's clock.
    pub wall: WallTime,
}
