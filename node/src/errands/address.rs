//! Where an errand may lead: names are looked up and every address that they have must be one from which the hall lets sources be read.

use crate::source_reader::ReaderSettings;
use layouts::Hall;
use media::{Endpoint, Fault, Reach};
use protocol::ErrandFault;
use std::net::IpAddr;
use std::time::Duration;

const LOOK_UP_WITHIN: Duration = Duration::from_secs(3);

/// `endpoint` as it may be opened. A name becomes the address that was looked at where nobody else needs the name, so that it
/// cannot mean another one a moment later.
pub fn allowed(endpoint: &Endpoint, hall: &Hall, settings: &ReaderSettings) -> Result<Endpoint, ErrandFault> {
    let found = match endpoint.reach() {
        Reach::Calls { host, port } => Some(look_up(host, port, hall, settings)?),
        Reach::Listens { host } => {
            let bound: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
            if !bound.is_some_and(|address| hall.may_listen_at(address)) {
                return Err(ErrandFault::NotAllowed);
            }
            None
        }
        Reach::Here => None,
    };
    let mut allowed = endpoint.clone();
    // A certificate is for a name, and web servers tell their sites by it.
    if let (
        Some(address),
        Endpoint::Rtsp { host, tls: false, .. }
        | Endpoint::Rtmp { host, tls: false, .. }
        | Endpoint::Srt { host, .. },
    ) = (found, &mut allowed)
    {
        *host = address.to_string();
    }
    Ok(allowed)
}

/// The first address of `host`, when all that it has are allowed.
pub fn look_up(host: &str, port: u16, hall: &Hall, settings: &ReaderSettings) -> Result<IpAddr, ErrandFault> {
    let bare = host.trim_matches(['[', ']']).to_owned();
    let found = settings.runtime.block_on(async {
        tokio::time::timeout(LOOK_UP_WITHIN, tokio::net::lookup_host((bare, port))).await
    });
    let addresses: Vec<IpAddr> = match found {
        Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    let first = *addresses.first().ok_or(ErrandFault::Source(Fault::Unreachable))?;
    if addresses.iter().all(|address| hall.may_read_from(*address)) {
        Ok(first)
    } else {
        Err(ErrandFault::NotAllowed)
    }
}
