//! Enrolment with one-time tokens, and what happens to those who have none.

use crate::support::{Hall, LOOPBACK, TestDir, hello, host, node, soon};
use protocol::{JoinToken, Role, Secret};
use protocol_quic::{
    ClientEvent, ControlClient, ControlServer, Identity, JoinError, LinkError, ServerEvent, join,
};
use quinn::crypto::rustls::QuicClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn refused(server: &mut ControlServer) -> String {
    match soon("a refusal", server.next()).await.unwrap() {
        ServerEvent::Refused { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_joins_and_its_identity_survives_a_restart() {
    let hall = Hall::new();
    let mut server = ControlServer::bind(&host(), LOOPBACK, hall.authority.clone(), "test").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let token = hall.authority.new_token(&node("east"), Role::Display, MINUTE).unwrap();
    let token = JoinToken::parse(&token.reveal()).unwrap();
    let joined = soon("join", join(&host(), &address, &token, &node("east"), Role::Display)).await.unwrap();
    let event = soon("enrolled", server.next()).await.unwrap();
    assert!(matches!(event, ServerEvent::Enrolled { role: Role::Display, .. }), "{event:?}");
    let dir = TestDir::new();
    joined.save(&dir.0).unwrap();
    drop(joined);
    let identity = Identity::load(&dir.0).unwrap();
    let mut client = ControlClient::start(&host(), &address, identity, hello("east", Role::Display));
    assert!(matches!(soon("welcome", client.next()).await, Some(ClientEvent::Connected(_))));
    assert!(matches!(soon("node", server.next()).await, Some(ServerEvent::Connected(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_are_spent_expired_unknown_or_anothers_are_refused_on_both_sides() {
    let hall = Hall::new();
    let mut server = ControlServer::bind(&host(), LOOPBACK, hall.authority.clone(), "test").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let east = node("east");
    let issue = |valid_for| hall.authority.new_token(&east, Role::Display, valid_for).unwrap();
    let spent = issue(MINUTE);
    soon("join", join(&host(), &address, &spent, &east, Role::Display)).await.unwrap();
    assert!(matches!(soon("enrolled", server.next()).await, Some(ServerEvent::Enrolled { .. })));
    let unknown = JoinToken { authority: spent.authority, secret: Secret([9; 16]) };
    let cases = [
        (&spent, &east, Role::Display, "the join token has been used already; make a new one"),
        (&issue(Duration::ZERO), &east, Role::Display, "the join token has expired; make a new one"),
        (&unknown, &east, Role::Display, "the join token is not known here"),
        (&issue(MINUTE), &node("west"), Role::Display, "the join token was made for another node or role"),
        (&issue(MINUTE), &east, Role::Ingest, "the join token was made for another node or role"),
    ];
    for (token, node, role, words) in cases {
        let error = soon("refusal", join(&host(), &address, token, node, role)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("refused by the other side: {words}"));
        assert_eq!(refused(&mut server).await, format!("the other side is refused: {words}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_without_the_tokens_fingerprint_learns_no_secret() {
    let hall = Hall::new();
    let mut server = ControlServer::bind(&host(), LOOPBACK, hall.authority.clone(), "test").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let token = Hall::new().authority.new_token(&node("east"), Role::Display, MINUTE).unwrap();
    let error =
        soon("refusal", join(&host(), &address, &token, &node("east"), Role::Display)).await.unwrap_err();
    assert!(matches!(error, JoinError::Link(LinkError::WrongServer(_))), "{error}");
    assert!(refused(&mut server).await.contains("certificate"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_spent_once_even_when_two_machines_race() {
    let hall = Hall::new();
    let server = ControlServer::bind(&host(), LOOPBACK, hall.authority.clone(), "test").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let east = node("east");
    let token = hall.authority.new_token(&east, Role::Display, MINUTE).unwrap();
    let race = async {
        let host = host();
        tokio::join!(
            join(&host, &address, &token, &east, Role::Display),
            join(&host, &address, &token, &east, Role::Display),
            join(&host, &address, &token, &east, Role::Display),
        )
    };
    let (a, b, c) = soon("race", race).await;
    let joined = [a.is_ok(), b.is_ok(), c.is_ok()].into_iter().filter(|joined| *joined).count();
    assert_eq!(joined, 1);
}

/// A client without a certificate, made with quinn and rustls alone, as a stranger would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_a_certificate_is_refused_on_both_sides() {
    let hall = Hall::new();
    let mut server = ControlServer::bind(&host(), LOOPBACK, hall.authority.clone(), "test").unwrap();
    let authority = CertificateDer::from_pem_file(hall.dir.0.join("authority.pem")).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority).unwrap();
    let mut tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"taibai-control/1".to_vec()];
    let config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    let endpoint = quinn::Endpoint::client(LOOPBACK).unwrap();
    let connecting =
        endpoint.connect_with(config, server.local_addr().unwrap(), "controller.taibai.internal");
    // In TLS 1.3 the client believes that it is connected before the server has looked at it.
    let connection = soon("handshake", connecting.unwrap()).await.unwrap();
    let end = LinkError::from(soon("refusal", connection.closed()).await);
    let words = "the node showed no certificate; enrol it with `taibai join`";
    assert_eq!(end.to_string(), format!("refused by the other side: {words}"));
    assert_eq!(refused(&mut server).await, format!("the other side is refused: {words}"));
}
