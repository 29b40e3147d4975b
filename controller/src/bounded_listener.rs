//! A listener for an address that strangers can reach: so many connections at a time, so many from one address, none that says nothing for
//! long, and none that takes for ever to say it. Where all places are taken, a newcomer gets that of whoever has waited longest without
//! having been answered anything: who asks and goes on never loses his to a crowd that only stands there.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
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
    /// Whether anything has been answered.
    answered: bool,
    /// The connection ends when this is dropped.
    _stays: oneshot::Sender<()>,
}

/// The places, in the order in which they were taken.
#[derive(Debug, Default)]
struct Taken {
    holders: BTreeMap<u64, Holder>,
    count: u64,
}

#[derive(Debug, Default)]
struct Places {
    taken: Mutex<Taken>,
}

/// A connection's place; it is free again when this is dropped.
#[derive(Debug)]
struct Place {
    places: Arc<Places>,
    number: u64,
    /// Done when the place was given to another.
    lost: oneshot::Receiver<()>,
}

impl Places {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(places: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut taken = places.taken();
        let Taken { holders, count } = &mut *taken;
        if holders.values().filter(|holder| holder.address == address).count() >= FROM_ONE_MAX {
            return None;
        }
        if holders.len() >= CONNECTIONS_MAX {
            let idlest = holders.iter().find(|(_, holder)| !holder.answered).map(|(number, _)| *number);
            holders.remove(&idlest?);
        }
        *count += 1;
        let (stays, lost) = oneshot::channel();
        holders.insert(*count, Holder { address, answered: false, _stays: stays });
        Some(Place { places: places.clone(), number: *count, lost })
    }
}

impl Place {
    fn note_answered(&self) {
        if let Some(holder) = self.places.taken().holders.get_mut(&self.number) {
            holder.answered = true;
        }
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
                let connection = Connection {
                    stream,
                    idle: Box::pin(sleep(FIRST_WITHIN)),
                    begun: None,
                    answered: false,
                    place,
                };
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
    /// Whether anything has been.
    answered: bool,
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
                let lost = Pin::new(&mut self.place.lost).poll(cx).is_ready();
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
                ready
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if matches!(written, Poll::Ready(Ok(_))) {
            self.begun = None;
            if !self.answered {
                self.answered = true;
                self.place.note_answered();
            }
            // A WebSocket on which only we speak is not idle.
            self.idle.as_mut().reset(Instant::now() + IDLE);
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

    #[test]
    fn in_a_crowd_who_was_answered_stays_and_who_waits_longest_goes() {
        let places = Arc::default();
        let mut crowd: Vec<Place> = (0..CONNECTIONS_MAX)
            .map(|number| Places::take(&places, address(number as u32 / 100)).unwrap())
            .collect();
        crowd[0].note_answered();
        let gone = |place: &mut Place| place.lost.try_recv() == Err(oneshot::error::TryRecvError::Closed);
        let newcomer = Places::take(&places, address(99)).unwrap();
        assert!(!gone(&mut crowd[0]) && gone(&mut crowd[1]) && !gone(&mut crowd[2]));
        assert_eq!(places.taken().holders.len(), CONNECTIONS_MAX);
        // Its connection goes afterwards, and takes nobody's place with it.
        drop(crowd.remove(1));
        assert_eq!(places.taken().holders.len(), CONNECTIONS_MAX);
        crowd.iter().for_each(Place::note_answered);
        newcomer.note_answered();
        assert!(Places::take(&places, address(98)).is_none(), "nobody only stands there");
    }
}
