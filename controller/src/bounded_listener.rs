//! A listener for an address that strangers can reach: so many connections at a time, so many from one address, none that says nothing for
//! long, and none that takes for ever to say it. Where all places are taken, addresses share them fairly: a newcomer gets the place of the
//! connection that has been idle longest among those of the address with the most, whatever that one was answered before. A few addresses
//! that keep many connections warm shut nobody out, and who holds few loses none to who holds many.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep};

/// Connections at a time.
const CONNECTIONS_MAX: usize = 512;
/// Connections from one address at a time; one more is closed at once.
const FROM_ONE_MAX: usize = 192;
/// A connection on which nothing comes for so long is closed.
const IDLE: Duration = Duration::from_secs(30);
/// So long after its first byte a request must have been answered or begun to be: who sends it letter by letter waits for nothing.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
/// How long the first byte of a connection may take.
const FIRST_WITHIN: Duration = Duration::from_secs(10);

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remote(pub(crate) SocketAddr);

impl Connected<IncomingStream<'_, BoundedListener>> for Remote {
    fn connect_info(stream: IncomingStream<'_, BoundedListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Who holds a place.
#[derive(Debug)]
struct Holder {
    address: IpAddr,
    /// When something last came or went on it, by the clock of the places.
    active: Arc<AtomicU64>,
    /// The connection ends when this is dropped.
    _stays: oneshot::Sender<()>,
}

/// The places, in the order in which they were taken.
#[derive(Debug, Default)]
struct Taken {
    holders: BTreeMap<u64, Holder>,
    count: u64,
}

impl Taken {
    /// How many places each address has.
    fn shares(&self) -> BTreeMap<IpAddr, usize> {
        let mut shares = BTreeMap::new();
        for holder in self.holders.values() {
            *shares.entry(holder.address).or_insert(0) += 1;
        }
        shares
    }

    /// Whose place a newcomer from `address` gets where all are taken: the idlest of the greediest address. Where nobody is greedier than
    /// the newcomer's own address, it is one of its own.
    fn idlest_of_the_greediest(&self, address: IpAddr, shares: &BTreeMap<IpAddr, usize>) -> Option<u64> {
        let most = shares.values().copied().max()?;
        let share_of = |address: IpAddr| shares.get(&address).copied().unwrap_or(0);
        let is_own_turn = share_of(address) >= most;
        self.holders
            .iter()
            .filter(
                |(_, holder)| {
                    if is_own_turn { holder.address == address } else { share_of(holder.address) == most }
                },
            )
            .min_by_key(|(_, holder)| holder.active.load(Ordering::Relaxed))
            .map(|(number, _)| *number)
    }
}

#[derive(Debug, Default)]
struct Places {
    taken: Mutex<Taken>,
    /// Goes on by one with everything that comes or goes on any connection: enough to say who has been idle longer.
    clock: AtomicU64,
}

/// A connection's place; it is free again when this is dropped.
#[derive(Debug)]
struct Place {
    places: Arc<Places>,
    number: u64,
    /// Shared with the holder.
    active: Arc<AtomicU64>,
    /// Done when the place was given to another.
    lost: oneshot::Receiver<()>,
}

impl Places {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    fn take(places: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut taken = places.taken();
        let shares = taken.shares();
        if shares.get(&address).is_some_and(|share| *share >= FROM_ONE_MAX) {
            return None;
        }
        if taken.holders.len() >= CONNECTIONS_MAX {
            let idlest = taken.idlest_of_the_greediest(address, &shares)?;
            taken.holders.remove(&idlest);
        }
        taken.count += 1;
        let number = taken.count;
        let active = Arc::new(AtomicU64::new(places.now()));
        let (stays, lost) = oneshot::channel();
        taken.holders.insert(number, Holder { address, active: active.clone(), _stays: stays });
        Some(Place { places: places.clone(), number, active, lost })
    }
}

impl Place {
    /// Something has come or gone.
    fn note_active(&self) {
        self.active.store(self.places.now(), Ordering::Relaxed);
    }

    /// Whether the place was given to another; whoever asks is woken when it is.
    fn is_lost(&mut self, cx: &mut Context<'_>) -> bool {
        Pin::new(&mut self.lost).poll(cx).is_ready()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().holders.remove(&self.number);
    }
}

/// Accepts while there is room, and closes what has none.
pub(crate) struct BoundedListener {
    listener: TcpListener,
    places: Arc<Places>,
}

impl BoundedListener {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self { listener, places: Arc::default() }
    }
}

impl Listener for BoundedListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            let (stream, remote) = Listener::accept(&mut self.listener).await;
            if let Some(place) = Places::take(&self.places, remote.ip()) {
                let _ = stream.set_nodelay(true);
                let connection =
                    Connection { stream, idle: Box::pin(sleep(FIRST_WITHIN)), begun: None, place };
                return (connection, remote);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection with its place and its patience.
pub(crate) struct Connection {
    stream: TcpStream,
    idle: Pin<Box<Sleep>>,
    /// When the first byte came that nothing has been answered to since.
    begun: Option<Instant>,
    place: Place,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, into) {
            Poll::Pending => {
                let lost = self.place.is_lost(cx);
                match self.idle.as_mut().poll(cx) {
                    Poll::Pending if !lost => Poll::Pending,
                    _ => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                }
            }
            ready => {
                let now = Instant::now();
                let begun = *self.begun.get_or_insert(now);
                if now.duration_since(begun) > ANSWERED_WITHIN {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                self.idle.as_mut().reset(now + IDLE);
                self.place.note_active();
                ready
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        match &written {
            Poll::Ready(Ok(_)) => {
                self.begun = None;
                self.place.note_active();
                // A WebSocket on which only we speak is not idle.
                self.idle.as_mut().reset(Instant::now() + IDLE);
            }
            Poll::Ready(Err(_)) => {}
            // Who takes nothing in is not read from either: the place would be given away and the connection stay.
            Poll::Pending if self.place.is_lost(cx) => {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            Poll::Pending => {}
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from(0x0A00_0000 + number).into()
    }

    #[test]
    fn one_address_takes_no_more_than_its_share() {
        let places = Arc::default();
        let mut own: Vec<Place> =
            (0..FROM_ONE_MAX).map(|_| Places::take(&places, address(1)).unwrap()).collect();
        assert!(Places::take(&places, address(1)).is_none());
        assert!(Places::take(&places, address(2)).is_some());
        own.pop();
        assert!(Places::take(&places, address(1)).is_some());
    }

    fn taken_by(places: &Arc<Places>, number: u32, count: usize) -> Vec<Place> {
        (0..count).map(|_| Places::take(places, address(number)).unwrap()).collect()
    }

    fn gone(place: &mut Place) -> bool {
        place.lost.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn a_few_addresses_with_many_warm_connections_shut_nobody_out() {
        let places = Arc::default();
        let mut greedy: Vec<Place> = [171, 171, 170]
            .into_iter()
            .zip(1..)
            .flat_map(|(count, host)| taken_by(&places, host, count))
            .collect();
        assert_eq!(greedy.len(), CONNECTIONS_MAX);
        // Each has been answered, over and over, and is in use.
        greedy.iter().for_each(Place::note_active);
        let mut others: Vec<Place> = (10..110).flat_map(|number| taken_by(&places, number, 2)).collect();
        for place in &mut others {
            place.note_active();
            assert!(!gone(place), "who holds few loses nothing to who holds many");
        }
        assert_eq!(places.taken().holders.len(), CONNECTIONS_MAX);
        let shares = places.taken().shares();
        assert!((1..=3).all(|host| (103..=105).contains(&shares[&address(host)])), "{shares:?}");
        assert_eq!(greedy.iter_mut().map(gone).filter(|gone| *gone).count(), 200);
        // They come again, and get each other's places.
        for round in 0..600 {
            greedy.push(Places::take(&places, address(1 + round % 3)).unwrap());
        }
        assert!(others.iter_mut().all(|place| !gone(place)));
    }

    #[test]
    fn the_connection_that_has_been_idle_longest_goes_and_an_own_one_last() {
        let places = Arc::default();
        let mut crowd = taken_by(&places, 1, 100);
        crowd.extend(
            (0..CONNECTIONS_MAX - 100)
                .map(|number| Places::take(&places, address(1000 + number as u32)).unwrap()),
        );
        crowd[0].note_active();
        let mut newcomer = Places::take(&places, address(99)).unwrap();
        assert!(!gone(&mut crowd[0]) && gone(&mut crowd[1]) && !gone(&mut crowd[2]));
        assert_eq!(places.taken().holders.len(), CONNECTIONS_MAX);
        // Its connection goes afterwards, and takes nobody's place with it.
        drop(crowd.remove(1));
        assert_eq!(places.taken().holders.len(), CONNECTIONS_MAX);
        // The greediest address itself can only change one of its own for another.
        let _own = Places::take(&places, address(1)).unwrap();
        assert!(gone(&mut crowd[1]) && !gone(&mut newcomer));
        assert_eq!(places.taken().shares()[&address(1)], 99);
        // The local door counts like others.
        let _local = Places::take(&places, Ipv4Addr::LOCALHOST.into()).unwrap();
        assert_eq!(places.taken().shares()[&address(1)], 98);
    }

    #[test]
    fn among_equals_the_idlest_goes_whoever_that_is() {
        let places = Arc::default();
        let mut crowd: Vec<Place> = (0..CONNECTIONS_MAX)
            .map(|number| Places::take(&places, address(number as u32)).unwrap())
            .collect();
        crowd[0].note_active();
        let mut newcomer = Places::take(&places, address(9999)).unwrap();
        assert!(!gone(&mut crowd[0]) && gone(&mut crowd[1]));
        // A second one of an address that has its share changes the first.
        let _again = Places::take(&places, address(9999)).unwrap();
        assert!(gone(&mut newcomer) && !gone(&mut crowd[2]));
    }
}
