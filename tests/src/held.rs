//! A relay that holds back for a while what clients ask, or what they are answered: a planted fault of whatever is measured
//! through it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// A relay that runs until the process ends.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    address: SocketAddr,
}

impl Held {
    /// Listens on a free port of 127.0.0.1 and passes every connection on to `to`, each part of a request `hold` late.
    pub fn requests(to: SocketAddr, hold: Duration) -> io::Result<Self> {
        Self::start(to, [hold, Duration::ZERO])
    }

    /// The same with each part of an answer `hold` late.
    pub fn answers(to: SocketAddr, hold: Duration) -> io::Result<Self> {
        Self::start(to, [Duration::ZERO, hold])
    }

    fn start(to: SocketAddr, hold: [Duration; 2]) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(to) {
                    join(client, server, hold);
                }
            }
        });
        Ok(Self { address })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn join(client: TcpStream, server: TcpStream, [asked, answered]: [Duration; 2]) {
    let (Ok(from_client), Ok(to_server)) = (client.try_clone(), server.try_clone()) else { return };
    std::thread::spawn(move || pass(from_client, to_server, asked));
    std::thread::spawn(move || pass(server, client, answered));
}

/// Passes on until one side ends.
fn pass(mut from: TcpStream, mut to: TcpStream, hold: Duration) {
    let mut bytes = [0; 16_384];
    while let Ok(count) = from.read(&mut bytes) {
        if count == 0 {
            break;
        }
        std::thread::sleep(hold);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    // The other direction may still have something to say.
    let _ = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn what_is_asked_comes_late_and_whole() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Held::requests(listener.local_addr().unwrap(), Duration::from_millis(40)).unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 4];
            stream.read_exact(&mut asked).unwrap();
            stream.write_all(b"yes").unwrap();
            asked
        });
        let begin = Instant::now();
        let mut client = TcpStream::connect(relay.address()).unwrap();
        client.write_all(b"here").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!((answer.as_str(), &server.join().unwrap()), ("yes", b"here"));
        assert!(begin.elapsed() >= Duration::from_millis(40));
    }
}
