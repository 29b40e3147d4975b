//! A network in memory: datagrams wait for their time, and are lost, doubled, overtaken or cut off on the way.

use crate::randomness::Random;
use bytes::Bytes;
use protocol_quic::{DatagramNetwork, DatagramSocket};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

/// Datagrams that a socket holds before more are lost, as the system's buffers do.
const SOCKET_DATAGRAMS_MAX: usize = 2048;

/// How a link loses datagrams.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Loss {
    /// Not at all.
    #[default]
    None,
    /// Each by itself, so many of 100,000.
    Independent(u32),
    /// In bursts (Gilbert 1960, Elliott 1963): chances of 100,000 per datagram to begin and to end a burst, and to be lost in
    /// one.
    Bursts {
        /// A burst begins.
        begin: u32,
        /// It ends.
        end: u32,
        /// A datagram in it is lost.
        lost: u32,
    },
}

/// One direction of a machine's link.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Link {
    /// Time on the way.
    pub delay: Duration,
    /// Up to this much more, different for each datagram; they stay in order.
    pub jitter: Duration,
    /// Losses.
    pub loss: Loss,
    /// So many of 100,000 come twice.
    pub doubled: u32,
    /// So many of 100,000 are overtaken by those that were sent in the next milliseconds.
    pub overtaken: u32,
}

/// What has happened to datagrams so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct NetworkCounters {
    /// Sent by a program.
    pub sent: u64,
    /// Given to a program.
    pub delivered: u64,
    /// Lost by themselves.
    pub lost_alone: u64,
    /// Lost in bursts.
    pub lost_in_bursts: u64,
    /// Come twice.
    pub doubled: u64,
    /// Held back so that others overtook them.
    pub overtaken: u64,
    /// Stopped where the network is cut.
    pub cut: u64,
    /// Sent to nobody.
    pub unheard: u64,
    /// Lost because a program did not fetch them.
    pub overflowed: u64,
    /// Most datagrams on the way at once.
    pub on_the_way_max: usize,
}

/// A datagram that will arrive; ordered by time, then by when it was sent.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flight {
    at: Instant,
    number: u64,
    from: SocketAddr,
    to: SocketAddr,
    bytes: Bytes,
}

#[derive(Debug, Default)]
struct Inbox {
    waiting: VecDeque<(SocketAddr, Bytes)>,
    waker: Option<Waker>,
}

#[derive(Debug, Default)]
struct Ends {
    up: Link,
    down: Link,
    up_burst: bool,
    down_burst: bool,
}

#[derive(Debug)]
struct State {
    random: Random,
    links: BTreeMap<Ipv4Addr, Ends>,
    /// From here to there nothing comes through.
    cuts: BTreeSet<(Ipv4Addr, Ipv4Addr)>,
    /// When the newest datagram arrives that keeps its place, per direction.
    newest: BTreeMap<(Ipv4Addr, Ipv4Addr), Instant>,
    flights: BinaryHeap<Reverse<Flight>>,
    inboxes: BTreeMap<SocketAddr, Arc<Mutex<Inbox>>>,
    next_port: u16,
    number: u64,
    counters: NetworkCounters,
}

/// The network. It lives as long as its driver, see [`Network::drive`].
#[derive(Debug)]
pub struct Network {
    state: Mutex<State>,
    sooner: Notify,
}

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Network {
    /// A network without delay or fault, driven by a task of the current runtime.
    pub fn start(random: Random) -> Arc<Self> {
        let state = State {
            random,
            links: BTreeMap::new(),
            cuts: BTreeSet::new(),
            newest: BTreeMap::new(),
            flights: BinaryHeap::new(),
            inboxes: BTreeMap::new(),
            next_port: 40_000,
            number: 0,
            counters: NetworkCounters::default(),
        };
        let network = Arc::new(Self { state: Mutex::new(state), sooner: Notify::new() });
        tokio::spawn(network.clone().drive());
        network
    }

    /// Sets what leaves `machine` and what comes to it.
    pub fn set_links(&self, machine: Ipv4Addr, up: Link, down: Link) {
        let mut state = open(&self.state);
        let ends = state.links.entry(machine).or_default();
        (ends.up, ends.down) = (up, down);
    }

    /// Cuts the way from one machine to another, this direction only.
    pub fn cut(&self, from: Ipv4Addr, to: Ipv4Addr) {
        open(&self.state).cuts.insert((from, to));
    }

    /// Mends the way.
    pub fn mend(&self, from: Ipv4Addr, to: Ipv4Addr) {
        open(&self.state).cuts.remove(&(from, to));
    }

    /// What has happened so far.
    pub fn counters(&self) -> NetworkCounters {
        open(&self.state).counters
    }

    async fn drive(self: Arc<Self>) {
        loop {
            let next = self.deliver_due();
            let sleep = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.sooner.notified() => {}
                () = sleep => {}
            }
        }
    }

    /// Hands over what has arrived; says when the next one does.
    fn deliver_due(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut state = open(&self.state);
        while state.flights.peek().is_some_and(|Reverse(flight)| flight.at <= now) {
            let Some(Reverse(flight)) = state.flights.pop() else { break };
            state.deliver(flight);
        }
        state.flights.peek().map(|Reverse(flight)| flight.at)
    }

    fn send(&self, from: SocketAddr, to: SocketAddr, datagram: &[u8]) {
        if open(&self.state).send(from, to, datagram) {
            self.sooner.notify_one();
        }
    }
}

fn ip(address: SocketAddr) -> Ipv4Addr {
    match address.ip() {
        IpAddr::V4(ip) => ip,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}

impl State {
    fn deliver(&mut self, flight: Flight) {
        let Some(inbox) = self.inboxes.get(&flight.to) else {
            self.counters.unheard += 1;
            return;
        };
        let mut inbox = open(inbox);
        if inbox.waiting.len() >= SOCKET_DATAGRAMS_MAX {
            self.counters.overflowed += 1;
            return;
        }
        self.counters.delivered += 1;
        inbox.waiting.push_back((flight.from, flight.bytes));
        if let Some(waker) = inbox.waker.take() {
            waker.wake();
        }
    }

    /// Sends a datagram on its way; whether it is now the next one to arrive.
    fn send(&mut self, from: SocketAddr, to: SocketAddr, datagram: &[u8]) -> bool {
        self.counters.sent += 1;
        let way = (ip(from), ip(to));
        if self.cuts.contains(&way) {
            self.counters.cut += 1;
            return false;
        }
        let up = self.links.get(&way.0).map(|ends| ends.up).unwrap_or_default();
        let down = self.links.get(&way.1).map(|ends| ends.down).unwrap_or_default();
        if self.is_lost(way.0, up.loss, true) || self.is_lost(way.1, down.loss, false) {
            return false;
        }
        let bytes = Bytes::copy_from_slice(datagram);
        let before = self.flights.peek().map(|Reverse(flight)| flight.at);
        if self.random.chance(up.doubled + down.doubled) {
            self.counters.doubled += 1;
            self.launch(from, to, bytes.clone(), up, down);
        }
        self.launch(from, to, bytes, up, down);
        let on_the_way = self.flights.len();
        self.counters.on_the_way_max = self.counters.on_the_way_max.max(on_the_way);
        self.flights.peek().map(|Reverse(flight)| flight.at) != before
    }

    fn launch(&mut self, from: SocketAddr, to: SocketAddr, bytes: Bytes, up: Link, down: Link) {
        let mut at = Instant::now() + up.delay + down.delay;
        for jitter in [up.jitter, down.jitter] {
            if !jitter.is_zero() {
                let nanos = u64::try_from(jitter.as_nanos()).unwrap_or(u64::MAX);
                at += Duration::from_nanos(self.random.between(0, nanos));
            }
        }
        let newest = self.newest.entry((ip(from), ip(to))).or_insert(at);
        at = at.max(*newest);
        if self.random.chance(up.overtaken + down.overtaken) {
            self.counters.overtaken += 1;
            at += Duration::from_millis(self.random.between(2, 12));
        } else {
            *newest = at;
        }
        self.number += 1;
        self.flights.push(Reverse(Flight { at, number: self.number, from, to, bytes }));
    }

    fn is_lost(&mut self, machine: Ipv4Addr, loss: Loss, up: bool) -> bool {
        match loss {
            Loss::None => false,
            Loss::Independent(chance) => {
                let lost = self.random.chance(chance);
                self.counters.lost_alone += u64::from(lost);
                lost
            }
            Loss::Bursts { begin, end, lost } => {
                let ends = self.links.entry(machine).or_default();
                let burst = if up { &mut ends.up_burst } else { &mut ends.down_burst };
                if self.random.chance(if *burst { end } else { begin }) {
                    *burst = !*burst;
                }
                let lost = *burst && self.random.chance(lost);
                self.counters.lost_in_bursts += u64::from(lost);
                lost
            }
        }
    }

    fn bind(&mut self, asked: SocketAddr, machine: Ipv4Addr) -> io::Result<(SocketAddr, Arc<Mutex<Inbox>>)> {
        let mut address = SocketAddr::from((machine, asked.port()));
        if asked.port() == 0 {
            // Ports come round only after tens of thousands of connections: a late datagram meets nobody.
            self.next_port = if self.next_port >= 65_000 { 40_000 } else { self.next_port + 1 };
            address.set_port(self.next_port);
        }
        if self.inboxes.contains_key(&address) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        self.inboxes.insert(address, inbox.clone());
        Ok((address, inbox))
    }
}

/// The network as one program on one machine sees it.
#[derive(Debug)]
pub struct Access {
    machine: Ipv4Addr,
    network: Arc<Network>,
    alive: Arc<AtomicBool>,
    bound: Mutex<Vec<SocketAddr>>,
}

impl Access {
    /// The network for a program on `machine`.
    pub fn new(machine: Ipv4Addr, network: Arc<Network>) -> Self {
        Self { machine, network, alive: Arc::new(AtomicBool::new(true)), bound: Mutex::default() }
    }

    /// The program is dead: what its tasks still send goes nowhere, and its ports are free.
    pub fn cut_off(&self) {
        self.alive.store(false, Ordering::Relaxed);
        let mut state = open(&self.network.state);
        for address in open(&self.bound).drain(..) {
            state.inboxes.remove(&address);
        }
    }
}

impl DatagramNetwork for Access {
    fn bind(&self, address: SocketAddr) -> io::Result<Arc<dyn DatagramSocket>> {
        if !self.alive.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::NetworkDown.into());
        }
        let (address, inbox) = open(&self.network.state).bind(address, self.machine)?;
        open(&self.bound).push(address);
        Ok(Arc::new(Socket { address, inbox, network: self.network.clone(), alive: self.alive.clone() }))
    }
}

#[derive(Debug)]
struct Socket {
    address: SocketAddr,
    inbox: Arc<Mutex<Inbox>>,
    network: Arc<Network>,
    alive: Arc<AtomicBool>,
}

impl DatagramSocket for Socket {
    fn send(&self, to: SocketAddr, datagram: &[u8]) {
        if self.alive.load(Ordering::Relaxed) {
            self.network.send(self.address, to, datagram);
        }
    }

    fn poll_receive(&self, context: &mut Context<'_>) -> Poll<(SocketAddr, Bytes)> {
        let mut inbox = open(&self.inbox);
        match inbox.waiting.pop_front() {
            Some(arrived) => Poll::Ready(arrived),
            None => {
                inbox.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.alive.load(Ordering::Relaxed) {
            open(&self.network.state).inboxes.remove(&self.address);
        }
    }
}
