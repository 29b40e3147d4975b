//! What is kept of many answers, and a controller that sends what is none.

use super::*;
use crate::endpoint::{self, Use};
use crate::tls::{self, Clients};
use crate::{Authority, ClientEvent, ControlClient, Host, Peer};
use media::{NodeId, Table, WallTime};
use protocol::{Hello, Role, ToNode, Welcome};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::time::timeout;

fn answer(query: &str, from: i64) -> Answer {
    Answer {
        query: QueryId::new(query).unwrap(),
        from: WallTime(from),
        as_of: None,
        promise: Duration::ZERO,
        fault: None,
        table: Arc::new(Table::default()),
    }
}

#[test]
fn answers_that_nobody_fetches_are_one_for_each_query() {
    let inbox = AnswerInbox::default();
    (0..10_000).for_each(|n| assert!(inbox.put(n, answer("busy", n as i64))));
    assert!(inbox.put(10_000, answer("quiet", 1)));
    assert_eq!(inbox.take().as_deref(), Some(&answer("busy", 9_999)));
    assert_eq!(inbox.take().as_deref(), Some(&answer("quiet", 1)));
    assert_eq!(inbox.take(), None);
}

#[test]
fn an_older_answer_that_arrives_later_is_forgotten() {
    let inbox = AnswerInbox::default();
    assert!(inbox.put(2, answer("busy", 2)) && inbox.put(1, answer("busy", 1)));
    assert_eq!(inbox.take().as_deref(), Some(&answer("busy", 2)));
    assert!(inbox.put(0, answer("busy", 0)));
    assert_eq!(inbox.take(), None, "also when the newer one has been fetched");
    inbox.begin();
    assert!(inbox.put(0, answer("busy", 3)));
    assert_eq!(inbox.take().as_deref(), Some(&answer("busy", 3)), "a new connection counts anew");
}

#[test]
fn more_queries_than_a_hall_can_have_are_refused() {
    let inbox = AnswerInbox::default();
    let put = |n: usize| inbox.put(n as u64, answer(&n.to_string(), 0));
    assert!((0..QUERIES_MAX).all(put));
    assert!(!put(QUERIES_MAX));
    assert!(inbox.put(5_000, answer("0", 1)), "a known one is still taken");
}

/// A controller with a true certificate that welcomes a node and then sends `bytes` as an answer. Gives why the node has
/// ended the link, and the code that the controller is told.
async fn rogue(bytes: Vec<u8>) -> (LinkError, u64) {
    crate::install_crypto_provider();
    let (host, soon) = (Host::system(), Duration::from_secs(20));
    let folder =
        std::env::temp_dir().join(format!("taibai-rogue-{}-{:x}", std::process::id(), bytes.as_ptr().addr()));
    let authority = Authority::open(&host, &folder).unwrap();
    let identity = authority.issue(&Peer::Controller).unwrap();
    let tls = tls::server(&host, &identity, &[tls::ALPN_CONTROL], Clients::MayJoin).unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = endpoint::serve(&host, address, tls, Use::Control).unwrap();
    let address = server.local_addr().unwrap().to_string();
    let node = NodeId::new("east").unwrap();
    let identity = authority.issue(&Peer::Node(node.clone(), Role::Display)).unwrap();
    let hello = Hello { node, role: Role::Display, software: "test".into(), media_port: 0 };
    let mut client = ControlClient::start(&host, &address, identity, hello);
    let controller = tokio::spawn(async move {
        let connection = server.accept().await.unwrap().await.unwrap();
        let (mut send, _receive) = connection.accept_bi().await.unwrap();
        let welcome = ToNode::Welcome(Welcome { software: "rogue".into(), now: WallTime(0) });
        send.write_chunk(welcome.encode().unwrap()).await.unwrap();
        let mut answers = connection.open_uni().await.unwrap();
        answers.write_all(&bytes).await.unwrap();
        answers.finish().unwrap();
        match connection.closed().await {
            quinn::ConnectionError::ApplicationClosed(close) => close.error_code.into_inner(),
            other => panic!("{other}"),
        }
    });
    let why = loop {
        match timeout(soon, client.next()).await.unwrap().unwrap() {
            ClientEvent::Disconnected { why, .. } => break why,
            ClientEvent::Connected(_) => {}
            other => panic!("{other:?}"),
        }
    };
    let code = timeout(soon, controller).await.unwrap().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    (why, code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_answer_ends_the_link_with_its_reason() {
    let good = answer("jobs", 1).encode().unwrap().bytes().to_vec();
    let header = |length: u32, version: u8, kind: u8| [&length.to_be_bytes()[..], &[version, kind]].concat();
    let protocol = u64::from(Reason::Protocol.code());
    let malformed = "the message's body is malformed";
    let heartbeat = ToNode::Heartbeat.encode().unwrap().to_vec();
    let cases = [
        (vec![], malformed, protocol),
        (good[..4].to_vec(), malformed, protocol),
        (good[..good.len() - 1].to_vec(), malformed, protocol),
        ([&good[..], b"!"].concat(), "bytes follow the end of the message", protocol),
        ([&header(40, protocol::PROTOCOL_VERSION, 20)[..], &[0xFF; 40]].concat(), malformed, protocol),
        (
            header(u32::MAX, protocol::PROTOCOL_VERSION, 20),
            "a message of 4294967295 bytes is announced; at most 8388608 are allowed",
            protocol,
        ),
        (heartbeat, "no message of kind 6 is expected here", protocol),
        (
            header(0, 9, 20),
            "the peer speaks protocol version 9, this program speaks 6",
            u64::from(Reason::Version.code()),
        ),
    ];
    for (bytes, words, code) in cases {
        let (why, told) = rogue(bytes).await;
        assert_eq!((why.to_string().as_str(), told), (words, code));
    }
}
