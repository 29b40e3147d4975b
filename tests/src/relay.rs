//! A relay between an RTSP client and its camera that can turn the pictures to garbage and back: headers stay right, what
//! they carry becomes noise.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A relay that runs until the process ends.
#[derive(Debug, Clone)]
pub struct Relay {
    port: u16,
    garbage: Arc<AtomicBool>,
}

impl Relay {
    /// Listens on a free port of 127.0.0.1 and passes every connection on to `camera_port`.
    pub fn start(camera_port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let relay = Self { port: listener.local_addr()?.port(), garbage: Arc::default() };
        let garbage = Arc::clone(&relay.garbage);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(camera) = TcpStream::connect(("127.0.0.1", camera_port)) {
                    join(client, camera, &garbage);
                }
            }
        });
        Ok(relay)
    }

    /// Where clients connect.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Turns the garbage on or off.
    pub fn set_garbage(&self, on: bool) {
        self.garbage.store(on, Ordering::Relaxed);
    }
}

fn join(client: TcpStream, camera: TcpStream, garbage: &Arc<AtomicBool>) {
    let (Ok(mut from_client), Ok(mut to_camera)) = (client.try_clone(), camera.try_clone()) else { return };
    std::thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_camera);
        let _ = to_camera.shutdown(Shutdown::Both);
    });
    let garbage = Arc::clone(garbage);
    std::thread::spawn(move || {
        let (mut from, mut to) = (camera, client);
        let mut spoiler = Spoiler::default();
        let mut bytes = [0; 16_384];
        while let Ok(count) = from.read(&mut bytes) {
            if count == 0 {
                break;
            }
            let out = spoiler.pass(&bytes[..count], garbage.load(Ordering::Relaxed));
            if to.write_all(&out).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}

/// Cuts the camera's bytes into answers and interleaved packets (RFC 2326, 10.12), and spoils what the packets carry.
#[derive(Debug, Default)]
struct Spoiler {
    held: Vec<u8>,
    state: u32,
}

/// `$`, channel, length: before each interleaved packet.
const INTERLEAVED_HEADER: usize = 4;
const RTP_HEADER: usize = 12;

impl Spoiler {
    fn pass(&mut self, bytes: &[u8], garbage: bool) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let mut out = Vec::with_capacity(self.held.len());
        while let Some(length) = self.next_part() {
            let mut part: Vec<u8> = self.held.drain(..length).collect();
            // Even channels carry RTP, odd ones its reports.
            if garbage && part[0] == b'$' && part[1].is_multiple_of(2) {
                part.iter_mut().skip(INTERLEAVED_HEADER + RTP_HEADER).for_each(|byte| *byte = self.noise());
            }
            out.extend(part);
        }
        out
    }

    /// How long the first whole part is; `None` while it has not come entirely.
    fn next_part(&self) -> Option<usize> {
        let held = &self.held;
        let length = if *held.first()? == b'$' {
            INTERLEAVED_HEADER + usize::from(u16::from_be_bytes([*held.get(2)?, *held.get(3)?]))
        } else {
            let head = held.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
            let text = String::from_utf8_lossy(&held[..head]).to_ascii_lowercase();
            let body = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            head + body.unwrap_or(0)
        };
        (held.len() >= length).then_some(length)
    }

    fn noise(&mut self) -> u8 {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.state >> 24) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_packets_carry_is_spoiled() {
        let answer = b"RTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n$a$".to_vec();
        let mut packet = vec![b'$', 0, 0, 16];
        packet.extend(0..16_u8);
        let whole = [answer.clone(), packet.clone(), packet.clone()].concat();
        let mut good = Spoiler::default();
        let passed: Vec<u8> = whole.chunks(5).flat_map(|bytes| good.pass(bytes, false)).collect();
        assert_eq!(passed, whole);
        let mut bad = Spoiler::default();
        let spoiled: Vec<u8> = whole.chunks(7).flat_map(|bytes| bad.pass(bytes, true)).collect();
        assert_eq!(spoiled.len(), whole.len());
        let at = answer.len();
        assert_eq!(spoiled[..at + 16], whole[..at + 16]);
        assert_ne!(spoiled[at + 16..at + 20], whole[at + 16..at + 20]);
    }
}
