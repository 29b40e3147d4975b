//! Other systems of the hall that drive the wall or are driven by it: lines over TCP and UDP, OSC in and out, displays over
//! PJLink and Samsung MDC, machines that are woken. What is asked for becomes an [`Order`]; who carries it out is an [`Orders`].
//!
//! Nothing here listens or sends unless the hall document says so, and who is not on a door's list is not answered. What comes
//! is bounded: a line has [`LINE_BYTES_MAX`] bytes, a door [`CONNECTIONS_MAX`] connections.

mod allow;
mod display;
mod lines;
mod mdc;
mod order;
mod osc;
mod pjlink;
mod server;
mod wake;

pub use display::{DisplayError, DisplayState, Power, set_input, set_power, state};
pub use lines::{LINE_BYTES_MAX, LineError, Lines};
pub use order::{Order, OrderRefused, Orders};
pub use osc::{OscError, Telling, order_of, tell};
pub use server::{CONNECTIONS_MAX, Doors, DoorsError};
pub use wake::{WakeError, magic_packet, wake};
