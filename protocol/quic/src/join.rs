//! Enrolment: a machine without a certificate shows a one-time token and gets one.

use crate::authority::{Authority, signing_request};
use crate::endpoint::{self, SETUP_WITHIN, Use};
use crate::error::LinkError;
use crate::host::Host;
use crate::identity::Identity;
use crate::names::Peer;
use crate::tokens::TokenError;
use crate::{stream, tls};
use media::NodeId;
use protocol::{JoinAccepted, JoinRequest, JoinToken, Reason, Role};
use quinn::Connection;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use std::time::Duration;

/// A machine that was admitted has this long to read the answer before the connection ends.
const READ_WITHIN: Duration = Duration::from_secs(2);

/// Why a machine could not join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The controller could not be reached, or refuses.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// No key could be made.
    #[error("no key can be made: {0}")]
    Key(String),
    /// The controller answered with a certificate that is not the one that was asked for.
    #[error("the controller answered with a certificate for somebody else")]
    WrongAnswer,
}

/// Enrols this machine as `node` in `role` with the controller at `address` (`host:port`). The token's fingerprint
/// must be that of the controller's authority. The key is made here and never leaves.
pub async fn join(
    host: &Host,
    address: &str,
    token: &JoinToken,
    node: &NodeId,
    role: Role,
) -> Result<Identity, JoinError> {
    let remote = endpoint::resolve(address).await?;
    let (key, request) = signing_request().map_err(|error| JoinError::Key(error.to_string()))?;
    let request = JoinRequest { node: node.clone(), role, secret: token.secret.clone(), request };
    let frame = request.encode().map_err(LinkError::from)?;
    let tls = tls::joining_client(host, token.authority, tls::ALPN_JOIN)?;
    let (_endpoint, connection) = endpoint::dial(host, remote, tls, &Peer::Controller, Use::Control).await?;
    let exchange = tokio::time::timeout(SETUP_WITHIN, ask(&connection, frame)).await;
    let accepted = exchange.map_err(|_| LinkError::NoAnswer)?.map_err(|error| told(&connection, error))?;
    endpoint::close(&connection, Reason::Shutdown);
    let certificate = CertificateDer::from(accepted.certificate);
    let authority = CertificateDer::from(accepted.authority);
    if crate::authority::fingerprint(&authority) != token.authority {
        return Err(JoinError::WrongAnswer);
    }
    let identity = Identity::new(certificate, authority, key).ok_or(JoinError::WrongAnswer)?;
    if identity.peer != Peer::Node(node.clone(), role) {
        return Err(JoinError::WrongAnswer);
    }
    Ok(identity)
}

async fn ask(connection: &Connection, frame: bytes::Bytes) -> Result<JoinAccepted, LinkError> {
    let (mut send, mut receive) = connection.open_bi().await?;
    stream::write(&mut send, frame).await?;
    let (kind, body) = stream::read(&mut receive).await?;
    Ok(JoinAccepted::decode(kind, &body)?)
}

/// The connection's own end says more than the stream's.
pub(crate) fn told(connection: &Connection, error: LinkError) -> LinkError {
    match (&error, connection.close_reason()) {
        (LinkError::Lost | LinkError::Transport(_), Some(end)) => end.into(),
        _ => error,
    }
}

/// The controller's side of one joining machine: whom it has admitted, or why not.
pub(crate) async fn admit(connection: &Connection, authority: Arc<Authority>) -> Result<Peer, LinkError> {
    let (mut send, mut receive) = connection.accept_bi().await?;
    let (kind, body) = stream::read(&mut receive).await?;
    let request = JoinRequest::decode(kind, &body)?;
    let peer = Peer::Node(request.node.clone(), request.role);
    // Files are written and synced: not on a thread that serves others.
    let answer = tokio::task::spawn_blocking(move || authority.admit(&request)).await;
    let accepted = match answer {
        Ok(Ok(accepted)) => accepted,
        Ok(Err(TokenError::Refused(reason))) => return Err(LinkError::Refusing(reason)),
        Ok(Err(error)) => return Err(LinkError::Local(error.to_string())),
        Err(_) => return Err(LinkError::Refusing(Reason::Internal)),
    };
    stream::write(&mut send, accepted.encode()?).await?;
    // The joining machine closes once it has read the answer. If it does not, the token is spent all the same.
    let _ = tokio::time::timeout(READ_WITHIN, connection.closed()).await;
    Ok(peer)
}
