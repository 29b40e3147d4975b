//! A display node's connection to one ingest node.

use crate::endpoint::{self, SETUP_WITHIN, Use};
use crate::error::LinkError;
use crate::host::Host;
use crate::identity::Identity;
use crate::media_origin::{GREETING, moq_error, new_origin};
use crate::media_server::lite;
use crate::names::Peer;
use crate::tls;
use crate::track_reader::{MediaReader, StatusReader, SubscribeOptions, TrackReader};
use crate::transport::Transport;
use media::{NodeId, SourceId, StreamId};
use protocol::{Reason, Role};
use quinn::{Connection, Endpoint};
use tokio::sync::watch;
use tokio::time::timeout;

/// Pictures that came and were not fetched yet take at most about this much.
const CACHE_BYTES_MAX: u64 = 64 << 20;

/// One connection to an ingest node. Dropping it ends the connection and every subscription over it.
#[derive(Debug)]
pub struct MediaClient {
    reader: MediaReader,
    connection: Connection,
    _endpoint: Endpoint,
    task: tokio::task::JoinHandle<()>,
    ended: watch::Receiver<Option<LinkError>>,
}

impl MediaClient {
    /// Connects to the ingest node `node` at `address` (`host:port`). Succeeds when the node has accepted this one,
    /// and not before.
    pub async fn connect(
        host: &Host,
        address: &str,
        identity: &Identity,
        node: &NodeId,
    ) -> Result<Self, LinkError> {
        let remote = endpoint::resolve(address).await?;
        let tls = tls::client(host, identity, tls::ALPN_MEDIA)?;
        let expected = Peer::Node(node.clone(), Role::Ingest);
        let (quic, connection) = endpoint::dial(host, remote, tls, &expected, Use::Media).await?;
        let (origin, _cache) = new_origin(CACHE_BYTES_MAX);
        let offered = origin.consume();
        let client = moq_net::Client::new().with_subscriber(origin).with_versions(lite()?);
        let now = tokio::time::Instant::now().into_std();
        let opening = client.connect(now, Transport::new(connection.clone()));
        let (session, driver) = opening.await.map_err(|error| LinkError::Transport(error.to_string()))?;
        let (sender, ended) = watch::channel(None);
        let task = tokio::spawn(drive(connection.clone(), session, driver, sender));
        let reader = MediaReader::new(offered.clone(), Some(ended.clone()));
        let client = Self { reader, connection, _endpoint: quic, task, ended };
        let greeted = tokio::select! {
            biased;
            error = client.ended() => Err(error),
            greeted = timeout(SETUP_WITHIN, offered.routed(GREETING)) => greeted.map_err(|_| LinkError::NoAnswer),
        };
        greeted?.ok_or(LinkError::Lost)?;
        Ok(client)
    }

    /// Subscribes over this connection; cheap to clone and to hand around.
    pub fn reader(&self) -> MediaReader {
        self.reader.clone()
    }

    /// Subscribes to a stream of `source`; see [`MediaReader::subscribe`].
    pub async fn subscribe(
        &self,
        source: &SourceId,
        stream: Option<&StreamId>,
        options: SubscribeOptions,
    ) -> Result<TrackReader, LinkError> {
        self.reader.subscribe(source, stream, options).await
    }

    /// Subscribes to the status of `source`; see [`MediaReader::status`].
    pub async fn status(&self, source: &SourceId) -> Result<StatusReader, LinkError> {
        self.reader.status(source).await
    }

    /// Waits until the connection is over, and says why.
    pub async fn ended(&self) -> LinkError {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(error) => error.clone().unwrap_or(LinkError::Lost),
            Err(_) => LinkError::Lost,
        }
    }

    /// Bytes that came over this connection so far, as UDP payload.
    pub fn received_bytes(&self) -> u64 {
        self.connection.stats().udp_rx.bytes
    }

    /// Smoothed round-trip time of the connection.
    pub fn round_trip(&self) -> std::time::Duration {
        self.connection.rtt()
    }
}

/// Runs the connection to its end and tells why it ended.
async fn drive(
    connection: Connection,
    session: moq_net::Session,
    driver: moq_net::Driver<Transport>,
    ended: watch::Sender<Option<LinkError>>,
) {
    let mut driving = Box::pin(moq_net::time::run(driver));
    let failed = tokio::select! {
        _ = connection.closed() => None,
        error = &mut driving => Some(error),
    };
    // Either may be first when a connection ends; the connection knows why.
    let error = match connection.close_reason().map(LinkError::from) {
        // A connection that stood does not end with "nobody answers".
        Some(LinkError::NoAnswer) | None => failed.map_or(LinkError::Lost, moq_error),
        Some(LinkError::Closed) => failed.map_or(LinkError::Closed, moq_error),
        Some(error) => error,
    };
    // Told before the driver goes and the tracks end with it: readers ask here for the reason.
    ended.send_replace(Some(error));
    drop((driving, session));
}

impl Drop for MediaClient {
    fn drop(&mut self) {
        endpoint::close(&self.connection, Reason::Shutdown);
        self.task.abort();
    }
}
