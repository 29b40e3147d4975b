//! The controller at work: nodes over QUIC, operators over HTTP, one state behind a lock that is never held across a
//! wait.

use crate::authority::Authority;
use crate::http::router;
use layouts::Layout;
use media::{NodeId, WallTime};
use protocol::{Asset, ControllerEvent, Reason, Snapshot};
use protocol_quic::{ControlServer, Host, NodeHandle, NodeLink, ServerEvent};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

/// Why a controller cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    /// The HTTP API would be reachable from outside, and it has no users yet.
    #[error("the command address {0} is not loopback; give --http a 127.x.x.x or [::1] address")]
    HttpNotLoopback(SocketAddr),
    /// The HTTP address is taken or not ours.
    #[error("the command address {address} cannot be used: {why}; is another controller running?")]
    Http {
        /// Which address.
        address: SocketAddr,
        /// The system's words.
        why: std::io::Error,
    },
    /// The hall's authority cannot be opened.
    #[error(transparent)]
    Authority(#[from] protocol_quic::AuthorityError),
    /// The nodes' address is taken or not ours.
    #[error("the controller cannot listen for nodes at {address}: {why}; is another controller running?")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// What the endpoint says.
        why: protocol_quic::BindError,
    },
}

/// Where a controller keeps things and listens.
#[derive(Debug, Clone)]
pub struct ControllerOptions {
    /// Folder of the hall's authority and tokens.
    pub state: PathBuf,
    /// Where nodes connect.
    pub listen: SocketAddr,
    /// Where operators' commands arrive; loopback.
    pub http: SocketAddr,
    /// This program's version, told to nodes.
    pub software: String,
}

struct State {
    authority: Authority,
    /// The link that stands for each node, and which one it is: an old link's end must not touch its successor.
    links: BTreeMap<NodeId, (u64, NodeHandle)>,
    links_so_far: u64,
}

/// What the HTTP API and the nodes' links share.
pub(crate) struct Shared {
    host: Host,
    state: Mutex<State>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A decision is made in full or, by an early error, not at all: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Authority) -> T) -> T {
        look(&self.state().authority)
    }

    /// Changes the state and tells every connected node when that made a new revision.
    pub(crate) fn decide<T>(&self, change: impl FnOnce(&mut Authority, WallTime) -> T) -> T {
        let mut state = self.state();
        let before = state.authority.revision();
        let result = change(&mut state.authority, self.host.wall());
        if state.authority.revision() != before {
            let snapshot = Arc::new(state.authority.snapshot());
            for (_, link) in state.links.values() {
                tell(link, &snapshot, &state.authority);
            }
        }
        result
    }

    /// Takes a node's new link in and gives its number.
    fn join(&self, link: &NodeLink) -> u64 {
        let host = link.remote().ip().to_string();
        let node = link.hello().node.clone();
        self.decide(|authority, _| authority.connected(link.hello(), &host));
        let mut state = self.state();
        tell(&link.handle(), &Arc::new(state.authority.snapshot()), &state.authority);
        state.links_so_far += 1;
        let number = state.links_so_far;
        if let Some((_, old)) = state.links.insert(node, (number, link.handle())) {
            old.close(Reason::Replaced);
        }
        number
    }

    /// Link `number` of `node` is over.
    fn leave(&self, node: &NodeId, number: u64) {
        let mut state = self.state();
        if state.links.get(node).is_some_and(|(standing, _)| *standing == number) {
            state.links.remove(node);
            state.authority.lost(node);
        }
    }
}

/// Tells one node what is decided.
fn tell(link: &NodeHandle, snapshot: &Arc<Snapshot>, authority: &Authority) {
    link.set_snapshot(snapshot.clone());
    for activate in authority.activations() {
        link.activate(activate);
    }
}

/// A controller that has its addresses and serves as soon as it is run.
pub struct Controller {
    shared: Arc<Shared>,
    server: ControlServer,
    listener: TcpListener,
}

impl Controller {
    /// Takes the addresses, and makes the hall's authority in the state folder at first start.
    pub async fn bind(
        layout: Layout,
        document: String,
        assets: Vec<Asset>,
        options: &ControllerOptions,
    ) -> Result<Self, ControllerError> {
        if !options.http.ip().is_loopback() {
            return Err(ControllerError::HttpNotLoopback(options.http));
        }
        let http_error = |why| ControllerError::Http { address: options.http, why };
        let listener = TcpListener::bind(options.http).await.map_err(http_error)?;
        let host = Host::system();
        let authority = Arc::new(protocol_quic::Authority::open(&host, &options.state)?);
        let server = ControlServer::bind(&host, options.listen, authority, &options.software)
            .map_err(|why| ControllerError::Bind { address: options.listen, why })?;
        let authority = Authority::new(layout, document, assets, host.wall());
        let shared = Arc::new(Shared {
            host,
            state: Mutex::new(State { authority, links: BTreeMap::new(), links_so_far: 0 }),
        });
        Ok(Self { shared, server, listener })
    }

    /// Serves until `stop` is done, then tells every node.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { shared, mut server, listener } = self;
        let app = router(shared.clone());
        let http = tokio::spawn(async move { axum::serve(listener, app).await });
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                event = server.next() => match event {
                    Some(ServerEvent::Connected(link)) => {
                        let number = shared.join(&link);
                        tokio::spawn(serve_node(link, number, shared.clone()));
                    }
                    // Both have been logged where they happened.
                    Some(ServerEvent::Enrolled { .. } | ServerEvent::Refused { .. }) => {}
                    None => break,
                },
            }
        }
        http.abort();
        server.close(Reason::Shutdown).await;
    }
}

/// Listens to one node until its link ends.
async fn serve_node(mut link: NodeLink, number: u64, shared: Arc<Shared>) {
    let node = link.hello().node.clone();
    while let Some(event) = link.next().await {
        match event {
            ControllerEvent::Joined(_) => {}
            ControllerEvent::Ready(ready) => {
                shared.decide(|authority, _| authority.ready(&node, ready.revision))
            }
            ControllerEvent::Cannot(cannot) => {
                tracing::warn!(%node, why = cannot.why, "a node cannot show the layout");
                shared.decide(|authority, _| authority.cannot(&node, cannot));
            }
            ControllerEvent::Showing(showing) => {
                shared.decide(|authority, _| authority.showing(&node, &showing))
            }
            ControllerEvent::Report(report) => {
                shared.decide(|authority, _| authority.reported(&node, report))
            }
            ControllerEvent::Audit(_) => {}
            ControllerEvent::Closed(reason) => {
                tracing::warn!(%node, why = %reason, "a node's link has ended")
            }
        }
    }
    shared.leave(&node, number);
}
