//! Network namespaces for tests: machines of a hall that reach each other through a relay and in no other way.
//!
//! A namespace here has no name and no wire. It has a loopback interface, and it lives as long as somebody holds it, so
//! that nothing is left over however a test ends. A relay joins two of them with a socket in each.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// A network namespace of its own. The system ends it when neither this nor any process or socket in it is left.
#[derive(Debug)]
pub struct Namespace(File);

/// The calling thread is inside a namespace, and so is what it starts. Dropping it goes back.
#[derive(Debug)]
pub struct Inside {
    before: File,
}

/// Where this thread's namespace can be opened.
const MINE: &str = "/proc/thread-self/ns/net";

impl Namespace {
    /// A new namespace. Errors: this user may not make any.
    pub fn new() -> io::Result<Self> {
        // A thread that ends at once: nobody else shall find itself in another network.
        let made = std::thread::spawn(|| {
            // SAFETY: plain system call; only this thread moves.
            match unsafe { libc::unshare(libc::CLONE_NEWNET) } {
                0 => {
                    bring_loopback_up()?;
                    File::open(MINE)
                }
                _ => Err(io::Error::last_os_error()),
            }
        });
        made.join().unwrap_or_else(|_| Err(io::Error::other("the thread panicked"))).map(Self)
    }

    /// Moves the calling thread into the namespace. Sockets, threads and processes that it makes are in there too and
    /// stay; those that it has made stay where they are.
    pub fn enter(&self) -> io::Result<Inside> {
        let before = File::open(MINE)?;
        go(&self.0)?;
        Ok(Inside { before })
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // It was possible to come here from there; a thread that cannot go back has nowhere to report it.
        let _ = go(&self.before);
    }
}

fn go(to: &File) -> io::Result<()> {
    // SAFETY: plain system call on an open file.
    match unsafe { libc::setns(to.as_raw_fd(), libc::CLONE_NEWNET) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn bring_loopback_up() -> io::Result<()> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0")?;
    // SAFETY: all zeros is a valid request; `lo` fits with its zero byte.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, letter) in request.ifr_name.iter_mut().zip(*b"lo") {
        *place = letter as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the request outlives the call and has the form that the call expects.
    match unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw mut request) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The machines of a hall: who feeds, and who shows.
#[derive(Debug)]
pub enum Machines {
    /// Two, each in a namespace of its own.
    Apart {
        /// Controller and ingest node.
        feeding: Namespace,
        /// Display nodes.
        showing: Namespace,
    },
    /// One, because this user may not make namespaces: what passes the relay does so because it dials the relay.
    Together {
        /// Why.
        why: String,
    },
}

impl Machines {
    /// Two machines where that is allowed, one otherwise.
    pub fn new() -> Self {
        let apart =
            || Ok::<_, io::Error>(Self::Apart { feeding: Namespace::new()?, showing: Namespace::new()? });
        apart().unwrap_or_else(|error| Self::Together { why: format!("no network namespaces: {error}") })
    }

    /// Goes to the machine that feeds.
    pub fn feeding(&self) -> io::Result<Option<Inside>> {
        match self {
            Self::Apart { feeding, .. } => feeding.enter().map(Some),
            Self::Together { .. } => Ok(None),
        }
    }

    /// Goes to the machine that shows.
    pub fn showing(&self) -> io::Result<Option<Inside>> {
        match self {
            Self::Apart { showing, .. } => showing.enter().map(Some),
            Self::Together { .. } => Ok(None),
        }
    }

    /// What stands between the machines, in words.
    pub fn described(&self) -> String {
        match self {
            Self::Apart { .. } => "two network namespaces".into(),
            Self::Together { why } => format!("one loopback ({why})"),
        }
    }
}

impl Default for Machines {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impair::{LinkSettings, Relay, Script};
    use std::net::UdpSocket;
    use std::time::Duration;

    fn hears(listener: &UdpSocket, to: std::net::SocketAddr) -> bool {
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let _ = sender.send_to(b"hello", to);
        listener.recv(&mut [0; 16]).is_ok()
    }

    #[test]
    fn machines_reach_each_other_through_the_relay_alone() {
        let machines = Machines::new();
        if let Machines::Together { why } = &machines {
            eprintln!("not shown: {why}");
            return;
        }
        let _inside = machines.feeding().unwrap();
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        server.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let address = server.local_addr().unwrap();
        let listener = {
            let _inside = machines.showing().unwrap();
            UdpSocket::bind("127.0.0.1:0").unwrap()
        };
        let link = Script::steady(LinkSettings::named("lan").unwrap());
        let relay = Relay::serve(listener, address, link, 1).unwrap();
        assert!(hears(&server, address), "on the same machine");
        let _inside = machines.showing().unwrap();
        assert!(!hears(&server, address), "from the other machine");
        assert!(hears(&server, relay.local_addr()), "through the relay");
    }
}
