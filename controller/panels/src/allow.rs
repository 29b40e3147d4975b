//! Who may come through a door.

use layouts::Door;
use std::net::IpAddr;

/// Whether `address` is on the door's list.
pub(crate) fn allows(door: &Door, address: IpAddr) -> bool {
    door.allow.iter().any(|range| range.contains(address))
}
