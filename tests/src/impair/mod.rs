//! Links that are worse than this machine's own: a relay for UDP that loses, delays, reorders, doubles and throttles packets.
//!
//! [`Link`] decides what becomes of each packet and is told the time and the seed; [`Relay`] carries packets between
//! sockets as a link says. Links have names ([`LinkSettings::NAMES`]) and can change with time ([`Script`]).

mod link;
mod relay;
mod script;
mod settings;

pub use link::{Deliveries, Fate, Link};
pub use relay::{Counts, Relay, RelayCounts};
pub use script::Script;
pub use settings::{Burst, Direction, LinkSettings, Rate};
