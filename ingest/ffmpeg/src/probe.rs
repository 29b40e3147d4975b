//! Asks a host that gave no picture whether it is there at all, so that the fault can be told apart.
//!
//! FFmpeg's one error for "no answer", "answers and says nothing" and "refuses the passphrase" is not enough for an
//! operator who has to know whether to check a cable, a camera or a password.

use media::{Endpoint, SrtMode};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

const WAIT: Duration = Duration::from_millis(300);

/// Whether anybody answers at the endpoint's own port. False for endpoints that send to us.
pub(crate) fn answers(endpoint: &Endpoint) -> bool {
    match endpoint {
        Endpoint::Rtsp { host, port, .. }
        | Endpoint::Rtmp { host, port, .. }
        | Endpoint::Http { host, port, .. } => {
            resolve(host, *port).is_some_and(|address| TcpStream::connect_timeout(&address, WAIT).is_ok())
        }
        Endpoint::Srt { host, port, mode: SrtMode::Caller, .. } => {
            resolve(host, *port).is_some_and(|address| srt_answers(address).is_ok_and(|answers| answers))
        }
        _ => false,
    }
}

fn resolve(host: &str, port: u16) -> Option<SocketAddr> {
    (host.trim_matches(['[', ']']), port).to_socket_addrs().ok()?.next()
}

/// Sends the first packet of an SRT handshake, which a listener answers without keeping anything
/// (draft-sharabayko-srt, section 4.3.1.1).
fn srt_answers(address: SocketAddr) -> std::io::Result<bool> {
    let local = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(local)?;
    socket.connect(address)?;
    socket.set_read_timeout(Some(WAIT))?;
    socket.send(&induction())?;
    let mut answer = [0; 64];
    let size = socket.recv(&mut answer)?;
    Ok(size >= 16 && answer.starts_with(&[0x80, 0x00]))
}

/// Header (control, type handshake) and a version 4 handshake of type induction.
fn induction() -> [u8; 64] {
    let mut packet = [0; 64];
    let mut put = |at: usize, word: u32| packet[at..at + 4].copy_from_slice(&word.to_be_bytes());
    put(0, 0x8000_0000);
    put(16, 4); // version
    put(20, 2); // no encryption, extension field "datagram"
    put(24, 1); // initial sequence number
    put(28, 1500); // MTU
    put(32, 8192); // flow window
    put(36, 1); // induction
    put(40, 0x0007_a1ba); // our socket id
    packet
}
