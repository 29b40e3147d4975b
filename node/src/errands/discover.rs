//! Cameras of the network: ONVIF's use of WS-Discovery (ONVIF Core Specification, section 7; WS-Discovery April 2005), asked once and
//! listened to for a moment. Whoever answers is only listed.

use super::{cut, network, xml};
use crate::source_reader::ReaderSettings;
use layouts::Hall;
use protocol::{Device, ErrandFault};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// IANA's group and port for it.
const GROUP: (Ipv4Addr, u16) = (Ipv4Addr::new(239, 255, 255, 250), 3702);
const LISTEN_FOR: Duration = Duration::from_millis(2800);
/// A datagram may be lost: it is asked twice.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const DEVICES_MAX: usize = 256;
const INTERFACES_MAX: usize = 16;
const DATAGRAM_BYTES_MAX: usize = 32 << 10;
/// Datagrams of one interface that are looked at: a flood costs no more.
const DATAGRAMS_MAX: usize = 1024;
const NAME_BYTES_MAX: usize = 128;
const SCOPE_BYTES_MAX: usize = 256;
const SCOPES_MAX: usize = 32;

/// Asks on every interface from whose network the hall lets sources be read.
pub fn discover(hall: &Hall, settings: &ReaderSettings) -> Result<Vec<Device>, ErrandFault> {
    let mut id = [0; 16];
    SystemRandom::new().fill(&mut id).map_err(|_| network("no randomness"))?;
    let message = message_id(id);
    let own: Vec<Ipv4Addr> = own_addresses().map_err(network)?;
    let own: Vec<Ipv4Addr> =
        own.into_iter().filter(|own| hall.may_read_from(IpAddr::V4(*own))).take(INTERFACES_MAX).collect();
    if own.is_empty() {
        return Err(network("this machine has no network from which the hall lets sources be read"));
    }
    let found = settings.runtime.block_on(async {
        let mut asked = JoinSet::new();
        for own in own {
            asked.spawn(ask(own, message.clone()));
        }
        asked.join_all().await
    });
    let (answers, faults): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
    if answers.is_empty() {
        return Err(network(
            faults.into_iter().find_map(Result::err).map_or_else(String::new, |why| why.to_string()),
        ));
    }
    let mut devices: BTreeMap<(String, u16), Device> = BTreeMap::new();
    for device in answers.into_iter().flatten().flatten() {
        let allowed = device.host.parse::<IpAddr>().is_ok_and(|address| hall.may_read_from(address));
        if allowed && devices.len() < DEVICES_MAX {
            devices.entry((device.host.clone(), device.port)).or_insert(device);
        }
    }
    Ok(devices.into_values().collect())
}

fn message_id(bytes: [u8; 16]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("uuid:{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

fn question(message: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>{message}</w:MessageID><w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header><e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"#
    )
}

/// Asks by one interface: a socket that is bound to its address sends to groups by it.
async fn ask(own: Ipv4Addr, message: String) -> std::io::Result<Vec<Device>> {
    let socket = UdpSocket::bind((own, 0)).await?;
    let question = question(&message);
    let to = SocketAddr::from(GROUP);
    socket.send_to(question.as_bytes(), to).await?;
    let begin = Instant::now();
    let (end, mut again) = (begin + LISTEN_FOR, Some(begin + AGAIN_AFTER));
    let mut found = Vec::new();
    let mut bytes = vec![0; DATAGRAM_BYTES_MAX];
    for _ in 0..DATAGRAMS_MAX {
        match timeout_at(again.unwrap_or(end).min(end), socket.recv_from(&mut bytes)).await {
            Ok(Ok((length, _))) => found.extend(devices(&bytes[..length], &message)),
            Ok(Err(_)) => {}
            Err(_) if again.take().is_some() => {
                // What was sent once may have arrived: a second failure is nobody's end.
                let _ = socket.send_to(question.as_bytes(), to).await;
            }
            Err(_) => break,
        }
        if found.len() >= DEVICES_MAX {
            break;
        }
    }
    Ok(found)
}

/// The cameras in an answer to the question `message`; none in anything else.
fn devices(datagram: &[u8], message: &str) -> Vec<Device> {
    let Ok(text) = std::str::from_utf8(datagram) else { return Vec::new() };
    let Some(document) = xml::read(text) else { return Vec::new() };
    let root = document.root();
    if xml::text(root, "RelatesTo") != Some(message) {
        return Vec::new();
    }
    xml::all(root, "ProbeMatch").filter_map(device).take(DEVICES_MAX).collect()
}

fn device(found: roxmltree::Node<'_, '_>) -> Option<Device> {
    let addresses = xml::text(found, "XAddrs")?.split_whitespace();
    let http = addresses.filter_map(xml::address).filter(|(scheme, ..)| scheme == "http");
    // Of several addresses the first of the older family is the one that cameras are known by.
    let mut http: Vec<_> = http.take(8).collect();
    http.sort_by_key(|(_, host, ..)| host.contains(':'));
    let (_, host, port, path) = http.into_iter().next()?;
    let scopes: Vec<&str> =
        xml::text(found, "Scopes").into_iter().flat_map(str::split_whitespace).take(SCOPES_MAX).collect();
    let said = |what: &str| {
        let prefix = format!("onvif://www.onvif.org/{what}/");
        let found: Vec<String> =
            scopes.iter().filter_map(|scope| scope.strip_prefix(&prefix)).map(unescaped).collect();
        cut(&found.join(" "), NAME_BYTES_MAX)
    };
    Some(Device {
        port: port.unwrap_or(80),
        host,
        path,
        name: said("name"),
        hardware: said("hardware"),
        place: said("location"),
        scopes: scopes.iter().map(|scope| cut(scope, SCOPE_BYTES_MAX)).collect(),
    })
}

/// `%20` and its like as what they stand for; controls and what is no text are left out.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control() && *c != '\u{fffd}').collect()
}

/// The IPv4 addresses of this machine's interfaces that are up.
fn own_addresses() -> std::io::Result<Vec<Ipv4Addr>> {
    let mut first: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: the list that is written to `first` is freed below, and nothing of it is kept.
    if unsafe { libc::getifaddrs(&mut first) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    let mut found = Vec::new();
    let mut next = first;
    while !next.is_null() {
        // SAFETY: the list ends with null; an address of the family AF_INET is a sockaddr_in.
        unsafe {
            let interface = &*next;
            let up = interface.ifa_flags & (libc::IFF_UP as libc::c_uint) != 0;
            if up
                && !interface.ifa_addr.is_null()
                && i32::from((*interface.ifa_addr).sa_family) == libc::AF_INET
            {
                let address = std::ptr::read_unaligned(interface.ifa_addr.cast::<libc::sockaddr_in>());
                found.push(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)));
            }
            next = interface.ifa_next;
        }
    }
    // SAFETY: it came from getifaddrs and is freed once.
    unsafe { libc::freeifaddrs(first) };
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header><a:RelatesTo>uuid:1</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch><d:Scopes>onvif://www.onvif.org/name/%E4%B8%9C%E9%97%A8 onvif://www.onvif.org/hardware/DS-2CD%202 onvif://www.onvif.org/location/lake onvif://www.onvif.org/type/video_encoder</d:Scopes><d:XAddrs>http://[fe80::1]/onvif/device_service http://10.0.0.9:8000/onvif/device_service</d:XAddrs></d:ProbeMatch><d:ProbeMatch><d:XAddrs>file:///etc/passwd</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"#;

    #[test]
    fn an_answer_to_our_question_is_a_camera() {
        let found = devices(ANSWER.as_bytes(), "uuid:1");
        assert_eq!(found.len(), 1, "{found:?}");
        let Device { host, port, path, name, hardware, place, scopes } = &found[0];
        assert_eq!((host.as_str(), *port, path.as_str()), ("10.0.0.9", 8000, "/onvif/device_service"));
        assert_eq!((name.as_str(), hardware.as_str(), place.as_str()), ("东门", "DS-2CD 2", "lake"));
        assert_eq!(scopes.len(), 4);
    }

    #[test]
    fn what_nobody_asked_for_is_nothing() {
        assert!(devices(ANSWER.as_bytes(), "uuid:2").is_empty());
        for noise in [&b"\xff\xfe"[..], b"", b"<a/>", &[b'<'; 4096]] {
            assert!(devices(noise, "uuid:1").is_empty());
        }
        for cut in 0..ANSWER.len() {
            if let Some(part) = ANSWER.get(..cut) {
                assert!(devices(part.as_bytes(), "uuid:1").is_empty());
            }
        }
        assert_eq!(unescaped("%41%"), "A%");
        assert_eq!(unescaped("%ff%0a%4"), "%4");
    }
}
