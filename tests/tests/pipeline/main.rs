//! End to end with real peers: cameras over their own protocols, Taibai's processes, QUIC, and the frame counter read out of
//! the composed pixels.

mod faults;
mod identity;
mod protocols;
mod shutdown;
