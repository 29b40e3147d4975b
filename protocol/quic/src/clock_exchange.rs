//! The clock exchange over a control link's datagrams. Both ends run it on a task of their own that does nothing else, so
//! that a probe never waits behind a layout or a report.

use crate::control_server::sleep_until;
use crate::host::Host;
use crate::shared_clock::{ClockWriter, SharedClock};
use bytes::Bytes;
use media::LocalTime;
use protocol::{ClockEcho, ClockFollower, ClockProbe, ClockReport, ClockSettings};
use quinn::Connection;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The master's end: answers probes until the connection is over.
pub(crate) async fn answer(connection: Connection, host: Host) {
    while let Ok(datagram) = connection.read_datagram().await {
        let received = host.wall();
        let Ok(probe) = ClockProbe::decode(&datagram) else { continue };
        // Between the two the master does nothing that could take time.
        let echo = probe.echo(received, host.wall().max(received));
        if connection.send_datagram(Bytes::copy_from_slice(&echo.encode())).is_err() {
            tracing::debug!("an echo could not be sent");
        }
    }
}

#[derive(Debug)]
struct State {
    follower: ClockFollower,
    writer: ClockWriter,
}

/// A node's clock over any number of links.
#[derive(Debug, Clone)]
pub(crate) struct NodeClock {
    host: Host,
    state: Arc<Mutex<State>>,
    shared: SharedClock,
}

impl NodeClock {
    pub(crate) fn new(host: Host) -> Self {
        let follower = ClockFollower::new(ClockSettings::default(), host.local(), host.wall());
        let writer = ClockWriter::new(follower.map());
        let shared = writer.clock();
        Self { host, state: Arc::new(Mutex::new(State { follower, writer })), shared }
    }

    pub(crate) fn shared(&self) -> SharedClock {
        self.shared.clone()
    }

    pub(crate) fn report(&self) -> ClockReport {
        self.state().follower.report(self.host.local())
    }

    /// The node's end: probes and listens until the connection is over. To be ended with it at the latest, and
    /// [`NodeClock::disconnected`] to be said.
    pub(crate) async fn follow(self, connection: Connection) {
        self.state().follower.handle_connect(self.host.local());
        loop {
            let due = self.probe(&connection);
            tokio::select! {
                datagram = connection.read_datagram() => match datagram {
                    Ok(datagram) => self.listen(&datagram),
                    Err(_) => return,
                },
                () = sleep_until(due.map(|due| self.host.instant(due))) => {}
            }
        }
    }

    /// There is no link: the clock runs on by itself.
    pub(crate) fn disconnected(&self) {
        self.state().follower.handle_disconnect();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The follower has no half-done state between its methods: a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, datagram: &[u8]) {
        let arrived = self.host.local();
        let Ok(echo) = ClockEcho::decode(datagram) else { return };
        let mut state = self.state();
        state.follower.handle_echo(echo, arrived);
        let map = state.follower.map();
        state.writer.write(map);
    }

    /// Sends a probe if one is due, and gives the time of the next.
    fn probe(&self, connection: &Connection) -> Option<LocalTime> {
        let mut state = self.state();
        if let Some(probe) = state.follower.poll_probe(self.host.local())
            && connection.send_datagram(Bytes::copy_from_slice(&probe.encode())).is_err()
        {
            tracing::debug!("a clock probe could not be sent");
        }
        state.follower.poll_timeout()
    }
}
