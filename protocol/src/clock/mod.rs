//! How a node learns the hall's time from its master.

mod datagram;

pub use datagram::{CLOCK_DATAGRAM_BYTES, ClockEcho, ClockProbe};
