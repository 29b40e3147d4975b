//! Carries UDP between clients and one server as a link says. Each client has a cable of its own: a socket towards the
//! server and a [`Link`] each way, seeded by the relay's seed and the order in which clients come.

use super::link::{Fate, Link};
use super::script::Script;
use super::settings::LinkSettings;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Clients beyond this are not served.
const CLIENTS_MAX: usize = 256;
/// Packets under way beyond this are dropped and count as overflowed.
const UNDER_WAY_MAX: usize = 65_536;
/// Packets that are read from one socket before the others have their turn.
const BATCH: usize = 64;
/// Without packets the relay looks this often whether it is to stop.
const IDLE: Duration = Duration::from_millis(20);
/// A packet that leaves more than this after its time counts as late.
const LATE: Duration = Duration::from_millis(1);
/// What bursts of packets need while the relay waits for a core.
const SOCKET_BYTES: libc::c_int = 4 << 20;

/// What became of the packets of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Packets that came.
    pub offered: u64,
    /// Their bytes, without headers.
    pub offered_bytes: u64,
    /// Packets that were passed on, each of a double counted.
    pub delivered: u64,
    /// Lost on the way.
    pub lost: u64,
    /// Dropped in front of a full queue.
    pub overflowed: u64,
}

/// What became of all packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RelayCounts {
    /// From the clients to the server.
    pub up: Counts,
    /// From the server to the clients.
    pub down: Counts,
    /// Clients that were seen.
    pub clients: usize,
    /// Packets that left more than 1 ms after their time, because this machine was busy.
    pub late: u64,
    /// The most that a packet left after its time.
    pub late_max: Duration,
}

struct Shared {
    script: Mutex<(Script, Instant)>,
    counts: Mutex<RelayCounts>,
    stop: AtomicBool,
}

/// A relay that runs in a thread of its own. Dropping it ends it; packets under way are lost then.
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Relay {
    /// Listens on a free port of 127.0.0.1 and passes packets on to `upstream` and back over `link`.
    pub fn start(upstream: SocketAddr, link: LinkSettings, seed: u64) -> io::Result<Self> {
        let listener = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        Self::serve(listener, upstream, Script::steady(link), seed)
    }

    /// Serves clients of `listener`. The sockets towards `upstream` are made in the network namespace of the calling
    /// thread, which need not be that of `listener`. The script begins now.
    pub fn serve(listener: UdpSocket, upstream: SocketAddr, script: Script, seed: u64) -> io::Result<Self> {
        let address = listener.local_addr()?;
        prepare(&listener)?;
        let shared = Arc::new(Shared {
            script: Mutex::new((script, Instant::now())),
            counts: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let carrier = Carrier {
            listener,
            upstream,
            seed,
            begin: Instant::now(),
            clients: Vec::new(),
            by_address: BTreeMap::new(),
            under_way: BinaryHeap::new(),
            sequence: 0,
            counts: RelayCounts::default(),
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new().name("relay".into()).spawn(move || carrier.run())?;
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// Where clients send to.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// From now on packets go over `link`. What is under way arrives as it would have.
    pub fn set(&self, link: LinkSettings) {
        self.play(Script::steady(link));
    }

    /// From now on packets go over the links of `script`, which begins now.
    pub fn play(&self, script: Script) {
        *locked(&self.shared.script) = (script, Instant::now());
    }

    /// What became of the packets so far.
    pub fn counts(&self) -> RelayCounts {
        *locked(&self.shared.counts)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Makes a socket that never waits and holds bursts.
fn prepare(socket: &UdpSocket) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    let bytes = SOCKET_BYTES;
    for option in [libc::SO_RCVBUF, libc::SO_SNDBUF] {
        let (value, size) = (&raw const bytes, size_of_val(&bytes) as libc::socklen_t);
        // SAFETY: `value` points to `size` bytes that outlive the call. The system takes what it allows.
        unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, value.cast(), size) };
    }
    Ok(())
}

struct Client {
    address: SocketAddr,
    socket: UdpSocket,
    up: Link,
    down: Link,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Up,
    Down,
}

/// A packet on its way, ordered by its time.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    at: Duration,
    sequence: u64,
    client: usize,
    way: Way,
    bytes: Vec<u8>,
}

struct Carrier {
    listener: UdpSocket,
    upstream: SocketAddr,
    seed: u64,
    begin: Instant,
    clients: Vec<Client>,
    by_address: BTreeMap<SocketAddr, usize>,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    sequence: u64,
    counts: RelayCounts,
    shared: Arc<Shared>,
}

impl Carrier {
    fn run(mut self) {
        // SAFETY: plain system call: this thread's timers may be as exact as the clock, not 50 µs late.
        unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64) };
        let mut bytes = vec![0; 65_536];
        while !self.shared.stop.load(Ordering::Relaxed) {
            self.wait();
            let link = {
                let (script, begin) = &*locked(&self.shared.script);
                script.link(begin.elapsed())
            };
            self.take_from_clients(&link, &mut bytes);
            self.take_from_server(&link, &mut bytes);
            self.deliver();
            *locked(&self.shared.counts) = self.counts;
        }
    }

    /// Until a packet comes or is due.
    fn wait(&self) {
        let due = self.under_way.peek().map(|Reverse(next)| next.at.saturating_sub(self.begin.elapsed()));
        let wait = due.unwrap_or(IDLE).min(IDLE);
        let timeout = libc::timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
        let sockets = std::iter::once(&self.listener).chain(self.clients.iter().map(|client| &client.socket));
        let mut asked: Vec<_> = sockets
            .map(|socket| libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 })
            .collect();
        // SAFETY: `asked` and `timeout` outlive the call. Errors, such as a signal, only end the wait.
        unsafe {
            libc::ppoll(asked.as_mut_ptr(), asked.len() as libc::nfds_t, &raw const timeout, std::ptr::null())
        };
    }

    fn take_from_clients(&mut self, link: &LinkSettings, bytes: &mut [u8]) {
        for _ in 0..BATCH {
            match self.listener.recv_from(bytes) {
                Ok((length, address)) => {
                    if let Some(client) = self.client(address) {
                        self.offer(link, client, Way::Up, &bytes[..length]);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // A client has closed its socket: the packet that told so is gone.
                Err(_) => {}
            }
        }
    }

    fn take_from_server(&mut self, link: &LinkSettings, bytes: &mut [u8]) {
        for client in 0..self.clients.len() {
            for _ in 0..BATCH {
                match self.clients[client].socket.recv(bytes) {
                    Ok(length) => self.offer(link, client, Way::Down, &bytes[..length]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    // Nobody listens at the server's port now.
                    Err(_) => {}
                }
            }
        }
    }

    /// The client at `address`, a new one if need be; `None` when there are too many, or there is no socket for it.
    fn client(&mut self, address: SocketAddr) -> Option<usize> {
        if let Some(client) = self.by_address.get(&address) {
            return Some(*client);
        }
        let index = self.clients.len();
        if index >= CLIENTS_MAX {
            return None;
        }
        let any = if self.upstream.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).ok()?;
        prepare(&socket).ok()?;
        socket.connect(self.upstream).ok()?;
        let seed = self.seed.wrapping_add((index as u64) << 32);
        self.clients.push(Client { address, socket, up: Link::new(seed), down: Link::new(!seed) });
        self.by_address.insert(address, index);
        self.counts.clients = self.clients.len();
        Some(index)
    }

    fn offer(&mut self, link: &LinkSettings, client: usize, way: Way, bytes: &[u8]) {
        let now = self.begin.elapsed();
        let cable = &mut self.clients[client];
        let (link, direction, counts) = match way {
            Way::Up => (&mut cable.up, &link.up, &mut self.counts.up),
            Way::Down => (&mut cable.down, &link.down, &mut self.counts.down),
        };
        counts.offered += 1;
        counts.offered_bytes += bytes.len() as u64;
        match link.offer(direction, bytes.len(), now) {
            Fate::Lost => counts.lost += 1,
            Fate::Overflowed => counts.overflowed += 1,
            Fate::Arrives(_) if self.under_way.len() >= UNDER_WAY_MAX => counts.overflowed += 1,
            Fate::Arrives(deliveries) => {
                for at in std::iter::once(deliveries.at).chain(deliveries.again) {
                    self.sequence += 1;
                    let sequence = self.sequence;
                    let packet = UnderWay { at, sequence, client, way, bytes: bytes.to_vec() };
                    self.under_way.push(Reverse(packet));
                }
            }
        }
    }

    /// Passes on what is due.
    fn deliver(&mut self) {
        while let Some(Reverse(next)) = self.under_way.peek() {
            let Some(late) = self.begin.elapsed().checked_sub(next.at) else { return };
            let Some(Reverse(packet)) = self.under_way.pop() else { return };
            self.counts.late += u64::from(late > LATE);
            self.counts.late_max = self.counts.late_max.max(late);
            let client = &self.clients[packet.client];
            let (sent, counts) = match packet.way {
                Way::Up => (client.socket.send(&packet.bytes), &mut self.counts.up),
                Way::Down => (self.listener.send_to(&packet.bytes, client.address), &mut self.counts.down),
            };
            // A socket that takes no more drops the packet, as any wire does.
            match sent {
                Ok(_) => counts.delivered += 1,
                Err(_) => counts.overflowed += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends every packet back, and says how many came.
    fn echo() -> (SocketAddr, JoinHandle<usize>) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let mut bytes = [0; 2048];
            for count in 0.. {
                let (length, from) = socket.recv_from(&mut bytes).unwrap();
                if &bytes[..length] == b"end" {
                    return count;
                }
                socket.send_to(&bytes[..length], from).unwrap();
            }
            0
        });
        (address, thread)
    }

    fn client(relay: &Relay) -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(relay.local_addr()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        socket
    }

    fn answer(client: &UdpSocket, word: &[u8]) -> Vec<u8> {
        client.send(word).unwrap();
        let mut bytes = [0; 2048];
        let length = client.recv(&mut bytes).unwrap();
        bytes[..length].to_vec()
    }

    #[test]
    fn packets_go_to_and_fro_between_each_client_and_the_server() {
        let (server, echo) = echo();
        let relay = Relay::start(server, LinkSettings::named("lan-jitter").unwrap(), 1).unwrap();
        let clients = [client(&relay), client(&relay)];
        for round in 0..20_u8 {
            for (index, client) in clients.iter().enumerate() {
                let word = [round, index as u8];
                let begin = Instant::now();
                assert_eq!(answer(client, &word), word);
                // Two ways of 3 to 7 ms each; how much longer a busy machine takes is not the relay's to say.
                assert!(begin.elapsed() >= Duration::from_millis(6));
            }
        }
        relay.set(LinkSettings::named("outage").unwrap());
        clients[0].send(b"nobody hears this").unwrap();
        while relay.counts().up.lost == 0 {
            std::thread::yield_now();
        }
        relay.set(LinkSettings::named("lan").unwrap());
        assert_eq!(answer(&clients[0], b"again"), b"again");
        UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"end", server).unwrap();
        assert_eq!(echo.join().unwrap(), 41);
        // Counted when the relay has turned round, which may be after the packet came.
        while relay.counts().down.delivered < 41 {
            std::thread::yield_now();
        }
        let counts = relay.counts();
        assert_eq!((counts.clients, counts.up.offered, counts.up.lost, counts.down.offered), (2, 42, 1, 41));
        assert_eq!((counts.up.delivered, counts.down.lost), (41, 0));
    }
}
