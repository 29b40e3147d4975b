//! Programs that push data over real QUIC.

use crate::support::{Hall, LOOPBACK, hello, host, node, soon};
use bytes::Bytes;
use media::FeedId;
use protocol::{PushRefusal, Pushed, Reason, Role};
use protocol_quic::{
    ClientEvent, ControlClient, ControlServer, FeedClient, IncomingPush, LinkError, ServerEvent,
};

fn feed() -> FeedId {
    FeedId::new("levels").unwrap()
}

fn serve(hall: &Hall) -> (ControlServer, String) {
    let server = ControlServer::bind(&host(), LOOPBACK, hall.authority.clone(), "test").unwrap();
    let address = server.local_addr().unwrap().to_string();
    (server, address)
}

async fn next_push(server: &mut ControlServer) -> IncomingPush {
    match soon("a push", server.next()).await.unwrap() {
        ServerEvent::Push(push) => push,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_is_answered_when_it_has_landed_and_says_who_pushes() {
    let hall = Hall::new();
    let (mut server, address) = serve(&hall);
    let client = FeedClient::connect(&host(), &address, &hall.identity("office", Role::Feed)).await.unwrap();
    let messages = vec![Bytes::from_static(b"{\"id\": 1}"), Bytes::from(vec![b' '; 3 << 20])];
    let levels = feed();
    for answer in [Pushed::Landed { rows: 2, rejected: 1 }, Pushed::Refused(PushRefusal::NoFeed)] {
        let (sent, ()) = tokio::join!(soon("an answer", client.push(&levels, messages.clone())), async {
            let push = next_push(&mut server).await;
            assert_eq!(
                (&push.by, &push.push.feed, &push.push.messages),
                (&node("office"), &feed(), &messages)
            );
            push.answer(answer);
        });
        assert_eq!(sent.unwrap(), answer);
    }
    // Who lets a push fall has the program push it again.
    let (sent, ()) = tokio::join!(soon("an answer", client.push(&levels, messages.clone())), async {
        drop(next_push(&mut server).await);
    });
    assert_eq!(sent.unwrap(), Pushed::Refused(PushRefusal::NotNow));
    client.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pushes_need_a_certificate_of_this_hall_for_pushing_and_it_is_good_for_nothing_else() {
    let hall = Hall::new();
    let (_server, address) = serve(&hall);
    let push = async |identity| {
        let client = FeedClient::connect(&host(), &address, &identity).await?;
        client.push(&feed(), vec![Bytes::from_static(b"{}")]).await
    };
    for role in [Role::Display, Role::Ingest] {
        let refused = soon("a refusal", push(hall.identity("east", role))).await;
        assert!(matches!(refused, Err(LinkError::Refused(Reason::WrongRole))), "{refused:?}");
    }
    let refused = soon("a refusal", push(hall.rogue("office", Role::Feed))).await;
    assert!(matches!(refused, Err(LinkError::Refused(Reason::BadCertificate))), "{refused:?}");
    let identity = hall.identity("office", Role::Feed);
    let mut client = ControlClient::start(&host(), &address, identity, hello("office", Role::Display));
    let event = soon("a refusal", client.next()).await;
    let why = match event {
        Some(ClientEvent::Disconnected { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    assert!(matches!(why, LinkError::Refused(Reason::WrongRole)), "{why:?}");
}
