//! The controller's endpoint: joins, and one link per connected node.

use crate::answer_sender::{AnswerOutbox, send_answers};
use crate::authority::{Authority, AuthorityError};
use crate::endpoint::{self, BindError, CONNECTIONS_MAX, SETUP_WITHIN, Use};
use crate::error::LinkError;
use crate::feed_server::{self, IncomingPush};
use crate::host::Host;
use crate::names::Peer;
use crate::picture_reader::{PICTURES_MAX, read_pictures};
use crate::tls::{self, Clients};
use crate::{clock_exchange, join, stream};
use media::{NodeId, WallId};
use protocol::{
    Activate, AnswerFrame, ControllerEvent, ControllerSession, Errand, Hello, NodePicture, PictureRequest,
    Preview, Reason, Role, Snapshot, ToController,
};
use quinn::{Connection, Endpoint, Incoming, RecvStream, SendStream};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

const EVENTS_MAX: usize = 64;
const SERVER_EVENTS_MAX: usize = 64;
/// Requests for pictures that a link's task has yet to take over; of more the oldest are forgotten.
const REQUESTS_MAX: usize = 32;

/// What happens at the controller's endpoint.
#[derive(Debug)]
pub enum ServerEvent {
    /// A node is connected and accepted.
    Connected(NodeLink),
    /// A machine has joined the hall: it will connect with its new certificate.
    Enrolled {
        /// Its node.
        node: NodeId,
        /// Its role.
        role: Role,
        /// Whence.
        remote: SocketAddr,
    },
    /// A program pushes data, and waits to be told that it has landed.
    Push(IncomingPush),
    /// Somebody was refused.
    Refused {
        /// Whence.
        remote: SocketAddr,
        /// In words for the log.
        why: String,
    },
}

/// The controller's endpoint. Dropping it ends every link.
#[derive(Debug)]
pub struct ControlServer {
    endpoint: Endpoint,
    events: mpsc::Receiver<ServerEvent>,
    accepting: tokio::task::JoinHandle<()>,
}

/// What every task of the server shares.
struct Shared {
    host: Host,
    authority: Arc<Authority>,
    software: String,
    events: mpsc::Sender<ServerEvent>,
    places: Arc<Semaphore>,
}

impl ControlServer {
    /// Serves at `address` with a fresh certificate of `authority`; `software` is told to the nodes.
    pub fn bind(
        host: &Host,
        address: SocketAddr,
        authority: Arc<Authority>,
        software: &str,
    ) -> Result<Self, BindError> {
        let wrong = |error: AuthorityError| LinkError::Local(error.to_string());
        let identity = authority.issue(&Peer::Controller).map_err(wrong)?;
        let tls = tls::server(
            host,
            &identity,
            &[tls::ALPN_CONTROL, tls::ALPN_JOIN, tls::ALPN_FEED],
            Clients::MayJoin,
        )?;
        let endpoint = endpoint::serve(host, address, tls, Use::Control)?;
        let (sender, events) = mpsc::channel(SERVER_EVENTS_MAX);
        let shared = Arc::new(Shared {
            host: host.clone(),
            authority,
            software: software.to_owned(),
            events: sender,
            places: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        });
        let accepting = tokio::spawn(accept(endpoint.clone(), shared));
        Ok(Self { endpoint, events, accepting })
    }

    /// Where it serves; the port is the real one when 0 was asked for.
    pub fn local_addr(&self) -> Result<SocketAddr, LinkError> {
        self.endpoint.local_addr().map_err(|error| LinkError::Local(error.to_string()))
    }

    /// What happens next; `None` once the endpoint is closed.
    pub async fn next(&mut self) -> Option<ServerEvent> {
        self.events.recv().await
    }

    /// Ends every link with `reason` and waits until the nodes have been told, at most a second.
    pub async fn close(mut self, reason: Reason) {
        self.endpoint.close(quinn::VarInt::from_u32(reason.code()), reason.to_string().as_bytes());
        let _ = timeout(std::time::Duration::from_secs(1), self.endpoint.wait_idle()).await;
        // The tasks hold the socket: another server may want the port at once.
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        self.endpoint.close(quinn::VarInt::from_u32(Reason::Shutdown.code()), b"");
        self.accepting.abort();
    }
}

async fn accept(endpoint: Endpoint, shared: Arc<Shared>) {
    let mut tasks = JoinSet::new();
    while let Some(incoming) = endpoint.accept().await {
        while tasks.try_join_next().is_some() {}
        let Ok(place) = shared.places.clone().try_acquire_owned() else {
            incoming.refuse();
            continue;
        };
        let shared = shared.clone();
        tasks.spawn(async move {
            serve(incoming, &shared).await;
            drop(place);
        });
    }
}

/// One connection from its first packet to its end.
async fn serve(incoming: Incoming, shared: &Shared) {
    let remote = incoming.remote_address();
    let connection = match timeout(SETUP_WITHIN, incoming).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return refuse(shared, remote, &LinkError::from(error).on_server()),
        Err(_) => return refuse(shared, remote, &LinkError::NoAnswer),
    };
    let result = match endpoint::alpn(&connection).as_deref() {
        Some(tls::ALPN_JOIN) => enrol(&connection, shared).await,
        Some(tls::ALPN_FEED) => feed_server::serve(&connection, &shared.events).await,
        _ => link(&connection, shared).await,
    };
    if let Err(error) = result {
        endpoint::close(&connection, error.reason());
        refuse(shared, remote, &error);
    }
}

/// A refusal is logged; the event is for those who count, and is lost where nobody fetches events.
fn refuse(shared: &Shared, remote: SocketAddr, error: &LinkError) {
    tracing::warn!(%remote, why = %error, "control connection refused");
    let _ = shared.events.try_send(ServerEvent::Refused { remote, why: error.to_string() });
}

async fn enrol(connection: &Connection, shared: &Shared) -> Result<(), LinkError> {
    let admitted = timeout(SETUP_WITHIN, join::admit(connection, shared.authority.clone())).await;
    let peer = admitted.map_err(|_| LinkError::NoAnswer)??;
    if let Peer::Node(node, role) = peer {
        let remote = connection.remote_address();
        tracing::info!(%node, %role, %remote, "node enrolled");
        let _ = shared.events.send(ServerEvent::Enrolled { node, role, remote }).await;
    }
    Ok(())
}

/// A node's link as the controller holds it. Dropping it ends the link.
#[derive(Debug)]
pub struct NodeLink {
    hello: Hello,
    remote: SocketAddr,
    handle: NodeHandle,
    events: mpsc::Receiver<ControllerEvent>,
    pictures: Option<mpsc::Receiver<NodePicture>>,
}

/// Gives orders to a node; cheap to clone, does not keep the link alive.
#[derive(Debug, Clone)]
pub struct NodeHandle {
    orders: Arc<watch::Sender<Orders>>,
    answers: Arc<AnswerOutbox>,
}

#[derive(Debug, Clone, Default)]
struct Orders {
    snapshot: Option<Arc<Snapshot>>,
    /// Those of the snapshot's revision.
    activations: BTreeMap<WallId, Activate>,
    /// The newest of each wall.
    previews: BTreeMap<WallId, Preview>,
    /// The newest, by their numbers.
    requests: VecDeque<PictureRequest>,
    /// The newest, by their numbers.
    errands: VecDeque<Errand>,
    close: Option<Reason>,
}

impl NodeHandle {
    /// Makes `snapshot` the node's newest; one that was not sent yet is replaced.
    pub fn set_snapshot(&self, snapshot: Arc<Snapshot>) {
        self.orders.send_modify(|orders| {
            orders.activations.retain(|_, activate| activate.revision == snapshot.revision);
            orders.snapshot = Some(snapshot);
        });
    }

    /// Puts the snapshot's next scene on air. One that speaks of another revision or wall is forgotten.
    pub fn activate(&self, activate: Activate) {
        self.orders.send_modify(|orders| {
            if orders.snapshot.as_ref().is_some_and(|snapshot| snapshot.awaits(&activate)) {
                orders.activations.insert(activate.wall.clone(), activate);
            }
        });
    }

    /// Has the node told what a query has answered. It waits for nobody: an answer to the same query that was not sent yet
    /// is replaced, and one that is under way is given up for this one, though never twice in a row.
    pub fn answer(&self, answer: AnswerFrame) {
        self.answers.put(answer);
    }

    /// Tells the node whether anybody looks at a wall from afar.
    pub fn preview(&self, preview: Preview) {
        self.orders.send_modify(|orders| {
            orders.previews.insert(preview.wall.clone(), preview);
        });
    }

    /// Asks the node for a picture; its number must be greater than those before it.
    pub fn request(&self, request: PictureRequest) {
        self.orders.send_modify(|orders| {
            if orders.requests.len() >= REQUESTS_MAX {
                orders.requests.pop_front();
            }
            orders.requests.push_back(request);
        });
    }

    /// Has the node find something out; its number must be greater than those before it.
    pub fn errand(&self, errand: Errand) {
        self.orders.send_modify(|orders| {
            if orders.errands.len() >= REQUESTS_MAX {
                orders.errands.pop_front();
            }
            orders.errands.push_back(errand);
        });
    }

    /// Ends the link.
    pub fn close(&self, reason: Reason) {
        self.orders.send_modify(|orders| orders.close = Some(reason));
    }
}

impl NodeLink {
    /// How the node introduced itself; its certificate says the same.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Whence it connected.
    pub fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// For giving orders from elsewhere.
    pub fn handle(&self) -> NodeHandle {
        self.handle.clone()
    }

    /// Makes `snapshot` the node's newest; one that was not sent yet is replaced.
    pub fn set_snapshot(&self, snapshot: Arc<Snapshot>) {
        self.handle.set_snapshot(snapshot);
    }

    /// Puts the snapshot's next scene on air.
    pub fn activate(&self, activate: Activate) {
        self.handle.activate(activate);
    }

    /// Has the node told what a query has answered, as [`NodeHandle::answer`].
    pub fn answer(&self, answer: AnswerFrame) {
        self.handle.answer(answer);
    }

    /// The pictures that the node sends, the first time that it is asked. Where they are not fetched, a few wait and the node
    /// leaves out what it has no room for.
    pub fn pictures(&mut self) -> Option<mpsc::Receiver<NodePicture>> {
        self.pictures.take()
    }

    /// What the node says next; `None` after [`ControllerEvent::Closed`].
    pub async fn next(&mut self) -> Option<ControllerEvent> {
        self.events.recv().await
    }
}

impl Drop for NodeLink {
    fn drop(&mut self) {
        self.handle.close(Reason::Shutdown);
    }
}

/// Serves one node until its link is over. An error means that it was never accepted.
async fn link(connection: &Connection, shared: &Shared) -> Result<(), LinkError> {
    let (node, role) = match endpoint::peer(connection) {
        Ok(Peer::Node(node, role @ (Role::Ingest | Role::Display))) => (node, role),
        Ok(Peer::Node(_, Role::Feed) | Peer::Controller) => {
            return Err(LinkError::Refusing(Reason::WrongRole));
        }
        Err(reason) => return Err(LinkError::Refusing(reason)),
    };
    let answers = Arc::new(AnswerOutbox::default());
    // They end with this function.
    let mut tasks = JoinSet::new();
    tasks.spawn(clock_exchange::answer(connection.clone(), shared.host.clone()));
    tasks.spawn(send_answers(connection.clone(), answers.clone()));
    let (sent, pictures) = mpsc::channel(PICTURES_MAX);
    let (broken, pictures_broken) = mpsc::channel(1);
    tasks.spawn(hear_pictures(connection.clone(), sent, broken));
    let stream = timeout(SETUP_WITHIN, connection.accept_bi()).await;
    let (send, receive) = stream.map_err(|_| LinkError::Refusing(Reason::HelloTimeout))??;
    let (orders, orders_seen) = watch::channel(Orders::default());
    let driver = Driver {
        session: ControllerSession::new(node, role, &shared.software, shared.host.local()),
        connection: connection.clone(),
        send,
        orders: orders_seen,
        obeyed: Orders::default(),
        link: Some((NodeHandle { orders: Arc::new(orders), answers }, pictures)),
        events: None,
        pictures_broken,
        requested: None,
        sent_out: None,
    };
    driver.run(receive, shared).await
}

/// Runs one controller session over one connection.
struct Driver {
    session: ControllerSession,
    connection: Connection,
    send: SendStream,
    orders: watch::Receiver<Orders>,
    /// What of them the session has been told.
    obeyed: Orders,
    /// Given away when the node is accepted.
    link: Option<(NodeHandle, mpsc::Receiver<NodePicture>)>,
    events: Option<mpsc::Sender<ControllerEvent>>,
    /// What came as a picture and was none.
    pictures_broken: mpsc::Receiver<LinkError>,
    /// The number of the last picture that was asked for.
    requested: Option<u64>,
    /// The number of the last errand.
    sent_out: Option<u64>,
}

impl Driver {
    async fn run(mut self, receive: RecvStream, shared: &Shared) -> Result<(), LinkError> {
        let mut incoming = read_all(receive, self.connection.clone());
        loop {
            self.deliver(shared).await?;
            self.transmit(&shared.host).await;
            if self.session.is_finished() {
                return Ok(());
            }
            let at = self.session.poll_timeout().map(|at| shared.host.instant(at));
            tokio::select! {
                message = incoming.recv() => match message {
                    Some(Ok(message)) => self.session.handle_message(message, shared.host.local()),
                    Some(Err(error)) => self.broken(&error),
                    None => self.session.handle_disconnect(Reason::Idle),
                },
                changed = self.orders.changed() => {
                    let orders = self.orders.borrow_and_update().clone();
                    if changed.is_err() {
                        self.session.close(Reason::Shutdown);
                    }
                    self.obey(orders);
                }
                Some(error) = self.pictures_broken.recv() => self.session.close(error.reason()),
                () = sleep_until(at) => self.session.handle_timeout(shared.host.local()),
            }
        }
    }

    /// Tells the session what is new in `orders`: a layout is long, and is sent once.
    fn obey(&mut self, orders: Orders) {
        let Orders { snapshot, activations, previews, requests, errands, close } = &orders;
        let held = self.obeyed.snapshot.as_ref();
        if let Some(snapshot) = snapshot
            && !held.is_some_and(|held| Arc::ptr_eq(held, snapshot))
        {
            self.session.set_snapshot(snapshot.clone());
        }
        for (wall, activate) in activations {
            if self.obeyed.activations.get(wall) != Some(activate) {
                self.session.activate(activate.clone());
            }
        }
        for (wall, preview) in previews {
            if self.obeyed.previews.get(wall) != Some(preview) {
                self.session.preview(preview.clone());
            }
        }
        for request in requests {
            if self.requested.is_none_or(|last| last < request.number) {
                self.requested = Some(request.number);
                self.session.request(request.clone());
            }
        }
        for errand in errands {
            if self.sent_out.is_none_or(|last| last < errand.number) {
                self.sent_out = Some(errand.number);
                self.session.errand(errand.clone());
            }
        }
        if let Some(reason) = close {
            self.session.close(*reason);
        }
        self.obeyed = orders;
    }

    /// What the node said was no message, or the connection is gone.
    fn broken(&mut self, error: &LinkError) {
        match error {
            LinkError::Decode(_) => self.session.close(error.reason()),
            other => self.session.handle_disconnect(other.reason()),
        }
    }

    async fn transmit(&mut self, host: &Host) {
        while let Some(message) = self.session.poll_transmit(host.local(), host.wall()) {
            let last = matches!(message, protocol::ToNode::Goodbye(_));
            let sent = match message.encode() {
                Ok(frame) => timeout(protocol::IDLE_AFTER, stream::write(&mut self.send, frame)).await,
                Err(error) => Ok(Err(error.into())),
            };
            match sent {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(why = %error, "a node's link failed");
                    self.session.handle_disconnect(error.reason());
                }
                Err(_) => self.session.handle_disconnect(Reason::Idle),
            }
            if last && let protocol::ToNode::Goodbye(reason) = message {
                endpoint::close(&self.connection, reason);
            }
        }
    }

    /// Hands events on. A reader that is slow slows its own node down and nobody else.
    async fn deliver(&mut self, shared: &Shared) -> Result<(), LinkError> {
        while let Some(event) = self.session.poll_event() {
            match (event, &self.events) {
                (ControllerEvent::Joined(hello), _) => self.introduce(hello, shared).await,
                (ControllerEvent::Closed(reason), None) => {
                    self.transmit(&shared.host).await;
                    return Err(LinkError::Refusing(reason));
                }
                (event, Some(events)) => {
                    if timeout(protocol::IDLE_AFTER, events.send(event)).await.is_err() {
                        self.session.close(Reason::Internal);
                    }
                }
                (_, None) => {}
            }
        }
        Ok(())
    }

    async fn introduce(&mut self, hello: Hello, shared: &Shared) {
        let Some((handle, pictures)) = self.link.take() else { return };
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        self.events = Some(sender);
        tracing::info!(node = %hello.node, role = %hello.role, software = %hello.software, "node connected");
        let (remote, pictures) = (self.connection.remote_address(), Some(pictures));
        let link = NodeLink { hello, remote, handle, events, pictures };
        let _ = shared.events.send(ServerEvent::Connected(link)).await;
    }
}

/// Reads pictures until the connection is over, and tells what of them was none.
async fn hear_pictures(
    connection: Connection,
    pictures: mpsc::Sender<NodePicture>,
    broken: mpsc::Sender<LinkError>,
) {
    if let Err(error) = read_pictures(connection, pictures).await {
        let _ = broken.send(error).await;
    }
}

/// Sleeps until `at`, or for ever.
pub(crate) async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Reads messages on a task of its own, because half a message cannot be put back.
fn read_all(
    mut receive: RecvStream,
    connection: Connection,
) -> mpsc::Receiver<Result<ToController, LinkError>> {
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(async move {
        loop {
            let message = match stream::read(&mut receive).await {
                Ok((kind, body)) => ToController::decode(kind, &body).map_err(LinkError::from),
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
