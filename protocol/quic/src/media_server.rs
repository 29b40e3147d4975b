//! The media endpoint of an ingest node: display nodes of the hall may read, and nobody may write.

use crate::endpoint::{self, BindError, CONNECTIONS_MAX, SETUP_WITHIN, Use};
use crate::error::LinkError;
use crate::host::Host;
use crate::identity::Identity;
use crate::media_origin::MediaOrigin;
use crate::names::Peer;
use crate::tls::{self, Clients};
use media::NodeId;
use protocol::{Reason, Role};
use quinn::{Connection, Endpoint, Incoming};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{Semaphore, broadcast};
use tokio::task::JoinSet;
use tokio::time::timeout;
use web_transport_quinn::Session;

const REFUSALS_MAX: usize = 64;

/// Serves an origin over QUIC. Dropping it ends every connection.
#[derive(Debug)]
pub struct MediaServer {
    endpoint: Endpoint,
    accepting: tokio::task::JoinHandle<()>,
    refusals: broadcast::Sender<String>,
}

impl MediaServer {
    /// Serves `origin` at `address` under `identity`, which must be an ingest node's.
    pub fn bind(
        host: &Host,
        address: SocketAddr,
        identity: &Identity,
        origin: MediaOrigin,
    ) -> Result<Self, BindError> {
        let tls = tls::server(host, identity, &[tls::ALPN_MEDIA], Clients::MustProve)?;
        let endpoint = endpoint::serve(host, address, tls, Use::Media)?;
        let (refusals, _) = broadcast::channel(REFUSALS_MAX);
        let accepting = tokio::spawn(accept(endpoint.clone(), origin, refusals.clone()));
        Ok(Self { endpoint, accepting, refusals })
    }

    /// Where it serves; the port is the real one when 0 was asked for.
    pub fn local_addr(&self) -> Result<SocketAddr, LinkError> {
        self.endpoint.local_addr().map_err(|error| LinkError::Local(error.to_string()))
    }

    /// Whoever is refused from now on, in words. Refusals are logged as well.
    pub fn refusals(&self) -> broadcast::Receiver<String> {
        self.refusals.subscribe()
    }

    /// Ends every connection and waits until the viewers have been told, at most a second.
    pub async fn close(mut self) {
        self.endpoint.close(quinn::VarInt::from_u32(Reason::Shutdown.code()), b"");
        let _ = timeout(std::time::Duration::from_secs(1), self.endpoint.wait_idle()).await;
        // The tasks hold the socket: another server may want the port at once.
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for MediaServer {
    fn drop(&mut self) {
        self.endpoint.close(quinn::VarInt::from_u32(Reason::Shutdown.code()), b"");
        self.accepting.abort();
    }
}

async fn accept(endpoint: Endpoint, origin: MediaOrigin, refusals: broadcast::Sender<String>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut tasks = JoinSet::new();
    while let Some(incoming) = endpoint.accept().await {
        while tasks.try_join_next().is_some() {}
        let Ok(place) = places.clone().try_acquire_owned() else {
            incoming.refuse();
            continue;
        };
        let (origin, refusals) = (origin.clone(), refusals.clone());
        tasks.spawn(async move {
            let remote = incoming.remote_address();
            if let Err(error) = serve(incoming, &origin).await {
                tracing::warn!(%remote, why = %error, "media connection refused");
                // Nobody need listen: the log has it.
                let _ = refusals.send(error.to_string());
            }
            drop(place);
        });
    }
}

/// One connection from its first packet to its end. An error means that it was refused.
async fn serve(incoming: Incoming, origin: &MediaOrigin) -> Result<(), LinkError> {
    let connection = timeout(SETUP_WITHIN, incoming).await.map_err(|_| LinkError::NoAnswer)?;
    let connection = connection.map_err(|error| LinkError::from(error).on_server())?;
    let node = viewer(&connection).inspect_err(|reason| endpoint::close(&connection, *reason));
    let node = node.map_err(LinkError::Refusing)?;
    let server = moq_net::Server::new().with_publisher(origin.consume()).with_versions(lite()?);
    let now = tokio::time::Instant::now().into_std();
    let setup = timeout(SETUP_WITHIN, server.accept(now, Session::raw(connection.clone()))).await;
    let (session, driver) = match setup {
        Ok(Ok(accepted)) => accepted,
        Ok(Err(error)) => {
            endpoint::close(&connection, Reason::Protocol);
            return Err(LinkError::Transport(error.to_string()));
        }
        Err(_) => {
            endpoint::close(&connection, Reason::HelloTimeout);
            return Err(LinkError::Refusing(Reason::HelloTimeout));
        }
    };
    tracing::info!(%node, remote = %connection.remote_address(), "viewer connected");
    moq_net::time::run(driver).await;
    drop(session);
    tracing::info!(%node, "viewer gone");
    Ok(())
}

/// The wire that both sides are pinned to.
pub(crate) fn lite() -> Result<moq_net::Versions, LinkError> {
    let version: Result<moq_net::Version, _> = "moq-lite-06".parse();
    version.map(Into::into).map_err(|_| LinkError::Local("the media wire moq-lite-06 is not built in".into()))
}

/// The display node at the other end; nobody else may subscribe.
fn viewer(connection: &Connection) -> Result<NodeId, Reason> {
    match endpoint::peer(connection)? {
        Peer::Node(node, Role::Display) => Ok(node),
        Peer::Node(_, Role::Ingest | Role::Feed) | Peer::Controller => Err(Reason::WrongRole),
    }
}
