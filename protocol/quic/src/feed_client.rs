//! A program's side of pushing data: one connection to the controller, a stream for each push.

use crate::endpoint::{self, Use};
use crate::error::LinkError;
use crate::host::Host;
use crate::identity::Identity;
use crate::names::Peer;
use crate::{join, stream, tls};
use bytes::Bytes;
use media::FeedId;
use protocol::{Push, Pushed, Reason};
use quinn::{Connection, Endpoint};
use std::time::Duration;
use tokio::time::timeout;

/// The controller gives up on a push after 15 s and says so; what takes longer than this was lost.
const ANSWER_WITHIN: Duration = Duration::from_secs(35);

/// A connection over which data is pushed. Dropping it ends the connection.
#[derive(Debug)]
pub struct FeedClient {
    endpoint: Endpoint,
    connection: Connection,
}

impl FeedClient {
    /// Connects to the controller at `address` (`host:port`) as the program that `identity` names; it must have joined in the
    /// role [`protocol::Role::Feed`]. Whether the controller accepts it shows with the first push.
    pub async fn connect(host: &Host, address: &str, identity: &Identity) -> Result<Self, LinkError> {
        let remote = endpoint::resolve(address).await?;
        let tls = tls::client(host, identity, tls::ALPN_FEED)?;
        let (endpoint, connection) = endpoint::dial(host, remote, tls, &Peer::Controller, Use::Feed).await?;
        Ok(Self { endpoint, connection })
    }

    /// Pushes `messages` into `feed` and waits until they have landed. After an error nobody knows whether they have: push them
    /// again, over a new connection unless [`LinkError::Encode`] says that they cannot be sent at all. May be called
    /// several times at once; what is pushed at once lands in any order.
    pub async fn push(&self, feed: &FeedId, messages: Vec<Bytes>) -> Result<Pushed, LinkError> {
        let frame = Push { feed: feed.clone(), messages }.encode()?;
        let exchange = async {
            let (mut send, mut receive) = self.connection.open_bi().await?;
            stream::write(&mut send, frame).await?;
            send.finish().map_err(|_| LinkError::Lost)?;
            let (kind, body) = stream::read(&mut receive).await?;
            Ok::<_, LinkError>(Pushed::decode(kind, &body)?)
        };
        let pushed = timeout(ANSWER_WITHIN, exchange).await.map_err(|_| LinkError::NoAnswer)?;
        pushed.map_err(|error| join::told(&self.connection, error))
    }

    /// Ends the connection in order.
    pub async fn close(self) {
        endpoint::close(&self.connection, Reason::Shutdown);
        let _ = timeout(Duration::from_secs(1), self.endpoint.wait_idle()).await;
    }
}
