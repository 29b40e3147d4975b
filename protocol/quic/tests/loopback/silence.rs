//! Peers that connect with a good certificate and then say nothing: they are given up after five seconds.

use crate::support::{Hall, LOOPBACK, TestDir, host, node, soon};
use protocol::Role;
use protocol_quic::{ControlServer, LinkError, MediaOrigin, MediaServer, Peer, ServerEvent};
use quinn::crypto::rustls::QuicClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A display node of the hall, made with quinn and rustls alone, that connects and does nothing more.
async fn silent(
    hall: &Hall,
    server: SocketAddr,
    name: &str,
    alpn: &[u8],
) -> (quinn::Endpoint, quinn::Connection) {
    let dir = TestDir::new();
    hall.identity("quiet", Role::Display).save(&dir.0).unwrap();
    let certificate = |file| CertificateDer::from_pem_file(dir.0.join(file)).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate("authority.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(dir.0.join("node.key")).unwrap();
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots);
    let mut tls = tls.with_client_auth_cert(vec![certificate("node.pem")], key).unwrap();
    tls.alpn_protocols = vec![alpn.to_vec()];
    let mut config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    let mut transport = quinn::TransportConfig::default();
    transport.keep_alive_interval(Some(Duration::from_millis(250)));
    config.transport_config(Arc::new(transport));
    let endpoint = quinn::Endpoint::client(LOOPBACK).unwrap();
    let connecting = endpoint.connect_with(config, server, name).unwrap();
    let connection = soon("handshake", connecting).await.unwrap();
    (endpoint, connection)
}

const NO_HELLO: &str = "no hello came within 5 seconds";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_that_says_nothing_is_given_up() {
    let hall = Hall::new();
    let reader = hall.identity("reader", Role::Ingest);
    let server = MediaServer::bind(&host(), LOOPBACK, &reader, MediaOrigin::new(1 << 20).unwrap()).unwrap();
    assert_eq!(reader.peer(), &Peer::Node(node("reader"), Role::Ingest));
    let mut refusals = server.refusals();
    // "reader" in hex.
    let name = "726561646572.ingest.node.taibai.internal";
    let (_endpoint, quiet) = silent(&hall, server.local_addr().unwrap(), name, b"moq-lite-06").await;
    let end = LinkError::from(soon("the end", quiet.closed()).await);
    assert_eq!(end.to_string(), format!("refused by the other side: {NO_HELLO}"));
    let why = soon("the server's word", refusals.recv()).await.unwrap();
    assert_eq!(why, format!("the other side is refused: {NO_HELLO}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_says_no_hello_is_given_up() {
    let hall = Hall::new();
    let mut server = ControlServer::bind(&host(), LOOPBACK, hall.authority.clone(), "test").unwrap();
    let name = "controller.taibai.internal";
    let (_endpoint, quiet) = silent(&hall, server.local_addr().unwrap(), name, b"taibai-control/1").await;
    let end = LinkError::from(soon("the end", quiet.closed()).await);
    assert_eq!(end.to_string(), format!("refused by the other side: {NO_HELLO}"));
    let event = soon("the server's word", server.next()).await.unwrap();
    assert!(matches!(&event, ServerEvent::Refused { why, .. } if why.ends_with(NO_HELLO)), "{event:?}");
}
