//! The control link over real QUIC.

use crate::support::{Hall, LOOPBACK, hello, host, node, rebind, soon};
use media::{CanvasFrame, SceneId, WallId};
use protocol::{
    Activate, Audit, ControllerEvent, Ready, Reason, Report, Role, Showing, Snapshot, WallProgram,
};
use protocol_quic::{ClientEvent, ControlClient, ControlServer, LinkError, NodeLink, ServerEvent};
use std::net::SocketAddr;
use std::sync::Arc;

pub fn snapshot(revision: u64) -> Arc<Snapshot> {
    Arc::new(Snapshot {
        revision,
        // Longer than any one flow-control step.
        document: "墙".repeat(500_000),
        walls: vec![WallProgram {
            wall: WallId::new("main").unwrap(),
            scene: SceneId::new("day").unwrap(),
            from: None,
            since: CanvasFrame(0),
            next: Some(SceneId::new("night").unwrap()),
            stamp: false,
            identify_until: None,
        }],
        directory: vec![],
        assets: vec![],
        variants: vec![],
    })
}

fn showing(revision: u64) -> Showing {
    Showing {
        revision,
        wall: WallId::new("main").unwrap(),
        scene: SceneId::new("day").unwrap(),
        canvas_frame: CanvasFrame(25),
    }
}

pub async fn controller(hall: &Hall, address: SocketAddr) -> (ControlServer, SocketAddr) {
    let bind = || ControlServer::bind(&host(), address, hall.authority.clone(), "test");
    let server = soon("the port", rebind(bind)).await;
    let address = server.local_addr().unwrap();
    (server, address)
}

pub async fn connected(server: &mut ControlServer) -> NodeLink {
    match soon("a node", server.next()).await.unwrap() {
        ServerEvent::Connected(link) => link,
        other => panic!("{other:?}"),
    }
}

async fn refused(server: &mut ControlServer) -> String {
    match soon("a refusal", server.next()).await.unwrap() {
        ServerEvent::Refused { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

async fn disconnected(client: &mut ControlClient) -> LinkError {
    match soon("an end", client.next()).await.unwrap() {
        ClientEvent::Disconnected { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

pub async fn welcomed(client: &mut ControlClient) {
    let event = soon("a welcome", client.next()).await.unwrap();
    assert!(matches!(&event, ClientEvent::Connected(welcome) if welcome.software == "test"), "{event:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revision_goes_to_the_node_and_answers_come_back() {
    let hall = Hall::new();
    let (mut server, address) = controller(&hall, LOOPBACK).await;
    let identity = hall.identity("east", Role::Display);
    let mut client =
        ControlClient::start(&host(), &address.to_string(), identity, hello("east", Role::Display));
    let mut link = connected(&mut server).await;
    assert_eq!(link.hello(), &hello("east", Role::Display));
    link.set_snapshot(snapshot(1));
    welcomed(&mut client).await;
    let ClientEvent::Snapshot(got) = soon("a snapshot", client.next()).await.unwrap() else {
        panic!("no snapshot");
    };
    assert_eq!(got, snapshot(1));
    let activate = Activate { revision: 1, wall: WallId::new("main").unwrap(), at: CanvasFrame(25) };
    link.activate(Activate { revision: 2, ..activate.clone() });
    link.activate(activate.clone());
    // Neither the snapshot again, nor what speaks of a revision that was not given.
    let event = soon("an activation", client.next()).await.unwrap();
    assert!(matches!(&event, ClientEvent::Activate(got) if *got == activate), "{event:?}");
    client.ready(1).unwrap();
    client.showing(showing(1)).unwrap();
    client.report(Report { memory_bytes: 7, ..Report::default() });
    assert_eq!(soon("ready", link.next()).await, Some(ControllerEvent::Ready(Ready { revision: 1 })));
    assert_eq!(soon("showing", link.next()).await, Some(ControllerEvent::Showing(showing(1))));
    let report = Report { memory_bytes: 7, ..Report::default() };
    assert_eq!(soon("report", link.next()).await, Some(ControllerEvent::Report(report)));
    let wall = WallId::new("main").unwrap();
    let audit = Audit { wall, scenes: vec![], sources: vec![], screens: vec![], ticks: vec![] };
    client.audit(audit.clone());
    assert_eq!(soon("audit", link.next()).await, Some(ControllerEvent::Audit(audit)));
    soon("close", client.close()).await;
    assert_eq!(soon("closed", link.next()).await, Some(ControllerEvent::Closed(Reason::Shutdown)));
    assert_eq!(soon("end", link.next()).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_comes_back_to_a_controller_that_restarts_and_keeps_what_it_has() {
    let hall = Hall::new();
    let (mut server, address) = controller(&hall, LOOPBACK).await;
    let identity = hall.identity("east", Role::Display);
    let mut client =
        ControlClient::start(&host(), &address.to_string(), identity, hello("east", Role::Display));
    let link = connected(&mut server).await;
    link.set_snapshot(snapshot(4));
    welcomed(&mut client).await;
    assert!(matches!(soon("a snapshot", client.next()).await, Some(ClientEvent::Snapshot(_))));
    client.ready(4).unwrap();
    server.close(Reason::Shutdown).await;
    drop(link);
    let why = disconnected(&mut client).await;
    assert_eq!(why.to_string(), "refused by the other side: the other side is shutting down");
    let (mut server, _) = controller(&hall, address).await;
    let mut link = connected(&mut server).await;
    link.set_snapshot(snapshot(4));
    // The answer is told again without the node doing anything, and no snapshot is raised.
    assert_eq!(soon("ready", link.next()).await, Some(ControllerEvent::Ready(Ready { revision: 4 })));
    link.set_snapshot(snapshot(5));
    loop {
        match soon("an event", client.next()).await.unwrap() {
            ClientEvent::Connected(_) | ClientEvent::Disconnected { .. } => {}
            ClientEvent::Snapshot(snapshot) => return assert_eq!(snapshot.revision, 5),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_a_rogue_certificate_is_refused_on_both_sides() {
    let hall = Hall::new();
    let (mut server, address) = controller(&hall, LOOPBACK).await;
    let identity = hall.rogue("east", Role::Display);
    let mut client =
        ControlClient::start(&host(), &address.to_string(), identity, hello("east", Role::Display));
    let words =
        "the certificate is not valid in this hall: made by another authority, expired, or for another use";
    assert_eq!(disconnected(&mut client).await.to_string(), format!("refused by the other side: {words}"));
    assert_eq!(refused(&mut server).await, format!("the other side is refused: {words}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_gives_itself_another_name_or_role_is_refused_on_both_sides() {
    let hall = Hall::new();
    let (mut server, address) = controller(&hall, LOOPBACK).await;
    let cases = [
        (hello("west", Role::Display), "the certificate belongs to another node than the one that is named"),
        (hello("east", Role::Ingest), "the certificate's role does not allow this"),
    ];
    for (hello, words) in cases {
        let identity = hall.identity("east", Role::Display);
        let mut client = ControlClient::start(&host(), &address.to_string(), identity, hello);
        assert_eq!(
            disconnected(&mut client).await.to_string(),
            format!("refused by the other side: {words}")
        );
        assert_eq!(refused(&mut server).await, format!("the other side is refused: {words}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_of_another_hall_is_not_trusted() {
    let (hall, other) = (Hall::new(), Hall::new());
    let (_server, address) = controller(&other, LOOPBACK).await;
    let identity = hall.identity("east", Role::Display);
    let mut client =
        ControlClient::start(&host(), &address.to_string(), identity, hello("east", Role::Display));
    let why = disconnected(&mut client).await;
    assert!(matches!(why, LinkError::WrongServer(_)), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_no_controller() {
    let hall = Hall::new();
    let origin = protocol_quic::MediaOrigin::new(1 << 20).unwrap();
    let server =
        protocol_quic::MediaServer::bind(&host(), LOOPBACK, &hall.identity("reader", Role::Ingest), origin)
            .unwrap();
    let address = server.local_addr().unwrap().to_string();
    let mut client = ControlClient::start(
        &host(),
        &address,
        hall.identity("east", Role::Display),
        hello("east", Role::Display),
    );
    // Its endpoint speaks no control protocol at all.
    let why = disconnected(&mut client).await;
    assert!(matches!(why, LinkError::Refused(Reason::Version)), "{why}");
    assert_eq!(node("east"), hello("east", Role::Display).node);
}
