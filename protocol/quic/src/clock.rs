//! The two clocks of this machine, as the protocol machines want them.

use media::{LocalTime, WallTime};
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Monotonic time since this process first asked for it.
pub fn local_now() -> LocalTime {
    static START: OnceLock<Instant> = OnceLock::new();
    LocalTime(0) + START.get_or_init(Instant::now).elapsed()
}

/// The system's wall clock.
pub fn wall_now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime(0) + since
}
