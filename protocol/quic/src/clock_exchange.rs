//! A node's clock: the exchange with the controller over a control link's datagrams, or with this machine's own system
//! clock where PTP or chrony keeps that. Each runs on a task of its own that does nothing else, so that a probe never waits
//! behind a layout or a report.

use crate::control_server::sleep_until;
use crate::host::Host;
use crate::shared_clock::{ClockWriter, SharedClock};
use bytes::Bytes;
use media::{ClockMap, LocalTime};
use protocol::{ClockEcho, ClockFollower, ClockProbe, ClockReport, ClockSettings, ClockState};
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

/// Who tells a node the hall's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockMaster {
    /// The controller, over the control link.
    #[default]
    Controller,
    /// This machine's system clock. Everybody in the hall must use the system's clock then, the controller does in any case.
    System,
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
    master: ClockMaster,
    state: Arc<Mutex<State>>,
    shared: SharedClock,
}

impl NodeClock {
    pub(crate) fn new(host: Host, master: ClockMaster) -> Self {
        let follower = ClockFollower::new(ClockSettings::default(), host.local(), host.wall());
        let writer = ClockWriter::new(follower.map());
        let shared = writer.clock();
        Self { host, master, state: Arc::new(Mutex::new(State { follower, writer })), shared }
    }

    pub(crate) fn shared(&self) -> SharedClock {
        self.shared.clone()
    }

    pub(crate) fn master(&self) -> ClockMaster {
        self.master
    }

    pub(crate) fn report(&self) -> ClockReport {
        let report = self.state().follower.report(self.host.local());
        if self.master == ClockMaster::Controller || report.state == ClockState::Unset {
            return report;
        }
        let error_ns = report.error_ns.saturating_add(self.host.wall_error_ns());
        ClockReport { state: ClockState::System, error_ns, ..report }
    }

    /// Follows this machine's system clock for ever, by the same machine that follows the controller's: a system clock that
    /// is stepped is caught up with smoothly, and its own idea of its error is part of the bound.
    pub(crate) async fn follow_system(self) {
        self.state().follower.handle_connect(self.host.local());
        loop {
            let due = {
                let mut state = self.state();
                if let Some(probe) = state.follower.poll_probe(self.host.local()) {
                    let wall = self.host.wall();
                    state.follower.handle_echo(probe.echo(wall, wall), self.host.local());
                    let map = state.follower.map();
                    let error_ns = map.error_ns.saturating_add(self.host.wall_error_ns());
                    state.writer.write(ClockMap { error_ns, ..map });
                }
                state.follower.poll_timeout()
            };
            sleep_until(due.map(|due| self.host.instant(due))).await;
        }
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
