//! The name under which brokers know this hall.

use std::fs;
use std::path::Path;

/// Names this hall to brokers: the same after a restart, another one for every state folder.
pub(super) fn instance(state: &Path) -> String {
    let path = fs::canonicalize(state).unwrap_or_else(|_| state.to_owned());
    let machine = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in machine.trim().bytes().chain(path.as_os_str().as_encoded_bytes().iter().copied()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}
