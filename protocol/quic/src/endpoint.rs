//! QUIC endpoints with the hall's limits, and who is at the other end of a connection.

use crate::answer_sender::ANSWER_STREAMS_MAX;
use crate::congestion::LiveConfig;
use crate::error::LinkError;
use crate::host::Host;
use crate::identity::peer_of;
use crate::names::Peer;
use crate::picture_sender::PICTURE_STREAMS_MAX;
use protocol::Reason;
use quinn::crypto::rustls::{HandshakeData, QuicClientConfig, QuicServerConfig};
use quinn::{AckFrequencyConfig, Connection, Endpoint, IdleTimeout, TransportConfig, VarInt};
use rustls::pki_types::CertificateDer;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A peer must finish the handshake and its first message in this time.
pub(crate) const SETUP_WITHIN: Duration = Duration::from_secs(5);
/// Connections that one server carries at once.
pub(crate) const CONNECTIONS_MAX: usize = 512;
const HANDSHAKES_MAX: usize = 256;
const KIBIBYTE: u32 = 1024;
/// What may be under way on one stream …
const STREAM_WINDOW_BYTES: u32 = 4 * KIBIBYTE * KIBIBYTE;
/// … and on a connection.
const WINDOW_BYTES: u32 = 64 * KIBIBYTE * KIBIBYTE;
// However many answers wait to be read, the control stream has room.
const _: () = assert!(ANSWER_STREAMS_MAX * STREAM_WINDOW_BYTES <= WINDOW_BYTES / 2);
const _: () = assert!(PICTURE_STREAMS_MAX * STREAM_WINDOW_BYTES <= WINDOW_BYTES / 2);
/// Pushes that one program may have under way at once. A node has one stream; that it could open more is of no use to it.
const PUSHES_MAX: u32 = 4;
/// Clock datagrams that wait on a control connection, each way.
const DATAGRAM_BYTES_MAX: usize = 16 * 1024;

/// Why a server has no socket.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The socket cannot be had.
    #[error("UDP {address} cannot be used: {source}")]
    Socket {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Setup(#[from] LinkError),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Few small messages both ways, answers one way and pictures the other; a short stall of a busy machine must not end it.
    Control,
    /// Many streams of pictures, one way; death must be noticed at once.
    Media,
    /// Data into feeds, each push on a stream of its own.
    Feed,
}

/// A media connection is given up after this much silence …
const MEDIA_IDLE_MS: u32 = 1_000;
/// … so both sides break it this often.
const MEDIA_KEEP_ALIVE: Duration = Duration::from_millis(250);
/// A guess at the round trip of a link that nothing is known about.
const INITIAL_ROUND_TRIP: Duration = Duration::from_millis(100);
/// The receiver of pictures acknowledges them after this at the latest.
const MEDIA_ACK_WITHIN: Duration = Duration::from_millis(3);
// Death is noticed within 1.5 s: the silence, and what may be under way when the wire is cut.
const _: () = assert!(MEDIA_IDLE_MS as u128 + MEDIA_KEEP_ALIVE.as_millis() <= 1_500);
// Three lost probes in a row are no death.
const _: () = assert!(MEDIA_KEEP_ALIVE.as_millis() * 4 <= MEDIA_IDLE_MS as u128);

/// Which end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Server,
    Client,
}

fn transport(purpose: Use, end: End) -> Arc<TransportConfig> {
    let mut config = TransportConfig::default();
    let (idle_ms, keep_alive, bidirectional, unidirectional) = match (purpose, end) {
        (Use::Control, End::Server) => (3_000, Duration::from_millis(500), PUSHES_MAX, PICTURE_STREAMS_MAX),
        (Use::Feed, _) => (3_000, Duration::from_millis(500), 0, 0),
        (Use::Control, End::Client) => (3_000, Duration::from_millis(500), 1, ANSWER_STREAMS_MAX),
        (Use::Media, _) => (MEDIA_IDLE_MS, MEDIA_KEEP_ALIVE, 1024, 1024),
    };
    config
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(idle_ms))))
        .keep_alive_interval(Some(keep_alive))
        .max_concurrent_bidi_streams(VarInt::from_u32(bidirectional))
        .max_concurrent_uni_streams(VarInt::from_u32(unidirectional))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW_BYTES))
        .receive_window(VarInt::from_u32(WINDOW_BYTES))
        .send_window(64 << 20)
        // What a handshake loses is sent again after three times this: several times before it is given up.
        .initial_rtt(INITIAL_ROUND_TRIP);
    if purpose == Use::Control {
        // A clock probe that has waited behind hundreds of others is of no use; the oldest are dropped.
        config
            .datagram_receive_buffer_size(Some(DATAGRAM_BYTES_MAX))
            .datagram_send_buffer_size(DATAGRAM_BYTES_MAX);
    }
    if purpose == Use::Media {
        config.congestion_controller_factory(Arc::new(LiveConfig));
        // A loss is found, and the last packet of a picture asked for again, so much sooner: an acknowledgement that waits
        // 25 ms for company, as is usual, costs a live picture a tenth of its time at every loss of a loss.
        let mut soon = AckFrequencyConfig::default();
        soon.ack_eliciting_threshold(VarInt::from_u32(1)).max_ack_delay(Some(MEDIA_ACK_WITHIN));
        config.ack_frequency_config(Some(soon));
    }
    Arc::new(config)
}

/// An endpoint that accepts connections at `address`.
pub(crate) fn serve(
    host: &Host,
    address: SocketAddr,
    tls: QuicServerConfig,
    purpose: Use,
) -> Result<Endpoint, BindError> {
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(tls));
    config.transport_config(transport(purpose, End::Server)).max_incoming(HANDSHAKES_MAX).migration(false);
    host.endpoint(address, Some(config)).map_err(|source| BindError::Socket { address, source })
}

/// An endpoint that only makes connections, to `remote`'s kind of address.
fn dialler(host: &Host, remote: SocketAddr) -> Result<Endpoint, LinkError> {
    let any: SocketAddr = match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    host.endpoint(any, None).map_err(|error| LinkError::Local(format!("no UDP socket: {error}")))
}

/// The socket address of `host:port`; the first one where there are several.
pub(crate) async fn resolve(address: &str) -> Result<SocketAddr, LinkError> {
    let found = tokio::time::timeout(SETUP_WITHIN, tokio::net::lookup_host(address)).await;
    let first = found.ok().and_then(Result::ok).and_then(|mut all| all.next());
    first.ok_or_else(|| LinkError::Address(address.to_owned()))
}

/// A connection to `remote`, which must prove to be `expected`. In TLS 1.3 a client that is refused gets this far
/// too: it is accepted when the server's first message comes, not before.
pub(crate) async fn dial(
    host: &Host,
    remote: SocketAddr,
    tls: QuicClientConfig,
    expected: &Peer,
    purpose: Use,
) -> Result<(Endpoint, Connection), LinkError> {
    let endpoint = dialler(host, remote)?;
    let mut config = quinn::ClientConfig::new(Arc::new(tls));
    config.transport_config(transport(purpose, End::Client));
    let name = expected.to_dns_name();
    let connecting = endpoint
        .connect_with(config, remote, &name)
        .map_err(|error| LinkError::Transport(error.to_string()))?;
    let connection =
        tokio::time::timeout(SETUP_WITHIN, connecting).await.map_err(|_| LinkError::NoAnswer)??;
    Ok((endpoint, connection))
}

/// Whom the other side's verified certificate belongs to.
pub(crate) fn peer(connection: &Connection) -> Result<Peer, Reason> {
    let chain = connection.peer_identity().ok_or(Reason::NoCertificate)?;
    let chain = chain.downcast::<Vec<CertificateDer<'static>>>().map_err(|_| Reason::BadCertificate)?;
    chain.first().and_then(peer_of).ok_or(Reason::BadCertificate)
}

/// The protocol that the handshake settled on.
pub(crate) fn alpn(connection: &Connection) -> Option<Vec<u8>> {
    connection.handshake_data()?.downcast::<HandshakeData>().ok()?.protocol
}

/// Ends `connection` and says why.
pub(crate) fn close(connection: &Connection, reason: Reason) {
    connection.close(VarInt::from_u32(reason.code()), reason.to_string().as_bytes());
}
