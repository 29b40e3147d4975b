//! A node's end of the control link: connects, and connects again for ever.

use crate::answer_reader::{AnswerInbox, read_answers};
use crate::backoff::Backoff;
use crate::clock_exchange::{ClockMaster, NodeClock};
use crate::control_server::sleep_until;
use crate::endpoint::{self, Use};
use crate::error::LinkError;
use crate::host::Host;
use crate::identity::Identity;
use crate::names::Peer;
use crate::picture_sender::{PictureSender, send_pictures};
use crate::shared_clock::SharedClock;
use crate::{join, stream, tls};
use protocol::{
    Activate, Answer, Audit, ClockReport, ClockState, Errand, Hello, NodeEvent, NodeSession, PictureRequest,
    Preview, Reason, Report, SessionError, Showing, Snapshot, ToNode, Welcome,
};
use quinn::{Connection, Endpoint, RecvStream, SendStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

const EVENTS_MAX: usize = 64;
const CLOCK_LOOK_EVERY: Duration = Duration::from_millis(20);
/// An attempt to connect is given up after this: its first packet has been sent three times by then.
const DIAL_WITHIN: Duration = Duration::from_millis(1_500);
/// Longest wait between two attempts. With the one above: a controller that comes back, after however long, has its nodes back
/// within 2 s.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// What a node learns from its control link.
#[derive(Debug, Clone)]
pub enum ClientEvent {
    /// The controller has accepted this node.
    Connected(Welcome),
    /// A layout to prepare. Not raised again for one that was given on an earlier connection.
    Snapshot(Arc<Snapshot>),
    /// What the snapshot before has a wall prepare goes on air. May come again, with the same tick, on a new connection.
    Activate(Activate),
    /// What a query has answered. Of answers to one query that nobody fetches the newest is kept.
    Answer(Arc<Answer>),
    /// Whether anybody looks at a wall from afar; without a link nobody does.
    Preview(Preview),
    /// A picture is wanted. The reply goes through [`ControlClient::pictures`].
    PictureRequest(PictureRequest),
    /// Something is to be found out. The reply goes through [`ControlClient::pictures`].
    Errand(Errand),
    /// There is no link; what is shown stays. The next attempt comes after `retry_in`.
    Disconnected {
        /// What happened.
        why: LinkError,
        /// Until the next attempt.
        retry_in: Duration,
    },
}

struct Shared {
    host: Host,
    clock: NodeClock,
    session: Mutex<NodeSession>,
    wake: Notify,
    answers: AnswerInbox,
    pictures: PictureSender,
}

impl Shared {
    fn session(&self) -> MutexGuard<'_, NodeSession> {
        // The session has no half-done state between its methods: a panic elsewhere does not spoil it.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A node's control link. Dropping it ends the link.
#[derive(Debug)]
pub struct ControlClient {
    shared: Arc<Shared>,
    events: mpsc::Receiver<ClientEvent>,
    // They end when this is dropped.
    _tasks: JoinSet<()>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl ControlClient {
    /// Connects to the controller at `address` (`host:port`) and stays connected: after each failure it waits, longer
    /// each time up to 5 s, and tries again. The node's clock follows the controller's.
    pub fn start(host: &Host, address: &str, identity: Identity, hello: Hello) -> Self {
        Self::start_with_clock(host, address, identity, hello, ClockMaster::Controller)
    }

    /// The same for a node whose clock follows `master`.
    pub fn start_with_clock(
        host: &Host,
        address: &str,
        identity: Identity,
        hello: Hello,
        master: ClockMaster,
    ) -> Self {
        let session = Mutex::new(NodeSession::new(hello));
        let clock = NodeClock::new(host.clone(), master);
        let shared = Arc::new(Shared {
            host: host.clone(),
            clock,
            session,
            wake: Notify::new(),
            answers: AnswerInbox::default(),
            pictures: PictureSender::default(),
        });
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let mut tasks = JoinSet::new();
        tasks.spawn(stay_connected(address.to_owned(), identity, shared.clone(), sender));
        if master == ClockMaster::System {
            tasks.spawn(shared.clock.clone().follow_system());
        }
        Self { shared, events, _tasks: tasks }
    }

    /// What happens next; answers come after all else that has happened. May be given up while it waits.
    pub async fn next(&mut self) -> Option<ClientEvent> {
        loop {
            if let Ok(event) = self.events.try_recv() {
                return Some(event);
            }
            if let Some(answer) = self.shared.answers.take() {
                return Some(ClientEvent::Answer(answer));
            }
            tokio::select! {
                biased;
                event = self.events.recv() => return event,
                () = self.shared.answers.arrived() => {}
            }
        }
    }

    /// This node has prepared `revision`. Said without a link, it is told on the next one.
    pub fn ready(&self, revision: u64) -> Result<(), SessionError> {
        self.tell(|session| session.ready(revision))
    }

    /// This node cannot show `revision`, because of `why`.
    pub fn cannot(&self, revision: u64, why: &str) -> Result<(), SessionError> {
        self.tell(|session| session.cannot(revision, why))
    }

    /// A revision is on this node's screens.
    pub fn showing(&self, showing: Showing) -> Result<(), SessionError> {
        self.tell(|session| session.showing(showing))
    }

    /// Measurements, about once a second; forgotten while there is no link.
    pub fn report(&self, report: Report) {
        self.tell(|session| session.report(report));
    }

    /// What was shown of a wall; forgotten while there is no link, and the oldest dropped while it is stuck.
    pub fn audit(&self, audit: Audit) {
        self.tell(|session| session.audit(audit));
    }

    /// Sends pictures over whatever link stands.
    pub fn pictures(&self) -> PictureSender {
        self.shared.pictures.clone()
    }

    /// The clock that follows its master's, over all links of this client.
    pub fn clock(&self) -> SharedClock {
        self.shared.clock.shared()
    }

    /// How that clock stands.
    pub fn clock_report(&self) -> ClockReport {
        self.shared.clock.report()
    }

    /// Waits until the clock has been set. What is stamped or counted by a clock that is set later is wrong, so a node begins
    /// its work after this.
    pub async fn clock_set(&self) {
        while self.clock_report().state == ClockState::Unset {
            tokio::time::sleep(CLOCK_LOOK_EVERY).await;
        }
    }

    /// Ends the link in order and waits until the controller has been told, at most a second.
    pub async fn close(mut self) {
        self.tell(|session| session.close(Reason::Shutdown));
        let _ = timeout(Duration::from_secs(1), async { while self.events.recv().await.is_some() {} }).await;
    }

    fn tell<T>(&self, command: impl FnOnce(&mut NodeSession) -> T) -> T {
        let result = command(&mut self.shared.session());
        self.shared.wake.notify_one();
        result
    }
}

async fn stay_connected(
    address: String,
    identity: Identity,
    shared: Arc<Shared>,
    events: mpsc::Sender<ClientEvent>,
) {
    let mut backoff = Backoff::up_to(WAIT_MAX);
    loop {
        let why = match connect(&shared.host, &address, &identity).await {
            Ok(link) => link.run(&shared, &events, &mut backoff).await,
            Err(error) => error,
        };
        if shared.clock.master() == ClockMaster::Controller {
            shared.clock.disconnected();
        }
        if matches!(why, LinkError::Closed) {
            return;
        }
        let retry_in = backoff.wait(shared.host.local());
        if events.send(ClientEvent::Disconnected { why, retry_in }).await.is_err() {
            return;
        }
        tokio::time::sleep(retry_in).await;
    }
}

async fn connect(host: &Host, address: &str, identity: &Identity) -> Result<Link, LinkError> {
    let remote = endpoint::resolve(address).await?;
    let tls = tls::client(host, identity, tls::ALPN_CONTROL)?;
    let dialled = endpoint::dial(host, remote, tls, &Peer::Controller, Use::Control);
    let (endpoint, connection) = timeout(DIAL_WITHIN, dialled).await.map_err(|_| LinkError::NoAnswer)??;
    let (send, receive) = connection.open_bi().await?;
    Ok(Link { _endpoint: endpoint, connection, send, receive: Some(receive) })
}

/// One connection to the controller.
struct Link {
    _endpoint: Endpoint,
    connection: Connection,
    send: SendStream,
    receive: Option<RecvStream>,
}

impl Link {
    /// Runs the session over this connection until it is over, and says why.
    async fn run(
        mut self,
        shared: &Arc<Shared>,
        events: &mpsc::Sender<ClientEvent>,
        backoff: &mut Backoff,
    ) -> LinkError {
        let Some(receive) = self.receive.take() else { return LinkError::Lost };
        let mut incoming = read_all(receive, self.connection.clone());
        let (broken, mut answers_broken) = mpsc::channel(1);
        // They end with this function.
        let mut tasks = JoinSet::new();
        if shared.clock.master() == ClockMaster::Controller {
            tasks.spawn(shared.clock.clone().follow(self.connection.clone()));
        }
        tasks.spawn(hear_answers(self.connection.clone(), shared.clone(), broken));
        tasks.spawn(send_pictures(self.connection.clone(), shared.pictures.clone()));
        shared.session().handle_connect(shared.host.local());
        let mut why = LinkError::Lost;
        loop {
            self.transmit(shared, &mut why).await;
            while let Some(event) = take_event(shared) {
                let event = match event {
                    NodeEvent::Welcomed(welcome) => {
                        backoff.connected(shared.host.local());
                        ClientEvent::Connected(welcome)
                    }
                    NodeEvent::Snapshot(snapshot) => ClientEvent::Snapshot(snapshot),
                    NodeEvent::Activate(activate) => ClientEvent::Activate(activate),
                    NodeEvent::Preview(preview) => ClientEvent::Preview(preview),
                    NodeEvent::PictureRequest(request) => ClientEvent::PictureRequest(request),
                    NodeEvent::Errand(errand) => ClientEvent::Errand(errand),
                    NodeEvent::Disconnected(reason) => return self.over(reason, why, shared).await,
                };
                if events.send(event).await.is_err() {
                    return LinkError::Closed;
                }
            }
            let at = shared.session().poll_timeout().map(|at| shared.host.instant(at));
            tokio::select! {
                message = incoming.recv() => match message {
                    Some(Ok(message)) => shared.session().handle_message(message, shared.host.local()),
                    Some(Err(error)) => {
                        let broken = matches!(error, LinkError::Decode(_));
                        let reason = error.reason();
                        why = error;
                        if broken { shared.session().close(reason) } else { shared.session().handle_disconnect(reason) }
                    }
                    None => shared.session().handle_disconnect(Reason::Idle),
                },
                Some(error) = answers_broken.recv() => {
                    shared.session().close(error.reason());
                    why = error;
                }
                () = shared.wake.notified() => {}
                () = sleep_until(at) => shared.session().handle_timeout(shared.host.local()),
            }
        }
    }

    async fn transmit(&mut self, shared: &Shared, why: &mut LinkError) {
        while let Some(message) = take_message(shared) {
            let sent = match message.encode() {
                Ok(frame) => timeout(protocol::IDLE_AFTER, stream::write(&mut self.send, frame)).await,
                Err(error) => Ok(Err(error.into())),
            };
            if let Ok(Err(error)) = sent {
                *why = join::told(&self.connection, error);
                shared.session().handle_disconnect(why.reason());
            } else if sent.is_err() {
                shared.session().handle_disconnect(Reason::Idle);
            }
        }
    }

    /// The session is over: sends what is left to say, and finds the best words for why.
    async fn over(mut self, reason: Reason, mut why: LinkError, shared: &Shared) -> LinkError {
        self.transmit(shared, &mut why).await;
        let closed_here = matches!(why, LinkError::Lost) && self.connection.close_reason().is_none();
        endpoint::close(&self.connection, reason);
        self._endpoint.wait_idle().await;
        match why {
            LinkError::Lost if closed_here && reason == Reason::Shutdown => LinkError::Closed,
            LinkError::Lost => LinkError::Refused(reason),
            other => other,
        }
    }
}

/// Reads answers until the connection is over, and tells what of them was none.
async fn hear_answers(connection: Connection, shared: Arc<Shared>, broken: mpsc::Sender<LinkError>) {
    shared.answers.begin();
    if let Err(error) = read_answers(connection, &shared.answers).await {
        let _ = broken.send(error).await;
    }
}

fn take_event(shared: &Shared) -> Option<NodeEvent> {
    shared.session().poll_event()
}

fn take_message(shared: &Shared) -> Option<protocol::ToController> {
    shared.session().poll_transmit(shared.host.local())
}

/// Reads messages on a task of its own, because half a message cannot be put back.
fn read_all(mut receive: RecvStream, connection: Connection) -> mpsc::Receiver<Result<ToNode, LinkError>> {
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(async move {
        loop {
            let message = match stream::read(&mut receive).await {
                Ok((kind, body)) => ToNode::decode(kind, &body).map_err(LinkError::from),
                Err(error) => Err(join::told(&connection, error)),
            };
            let last = message.is_err();
            if sender.send(message).await.is_err() || last {
                return;
            }
        }
    });
    receiver
}
