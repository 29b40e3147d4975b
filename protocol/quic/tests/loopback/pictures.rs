//! Pictures of a node's screens over real QUIC.

use crate::control::{connected, controller, welcomed};
use crate::support::{Hall, LOOPBACK, hello, host, soon};
use media::{CanvasFrame, ScreenId, WallId, WallTime};
use protocol::{
    Looks, NoPicture, NodePicture, PictureFormat, PictureReply, PictureRequest, PictureSubject, Preview,
    PreviewCoding, PreviewPicture, Role,
};
use protocol_quic::{ClientEvent, ControlClient, ControlServer, NodeLink};

async fn pair(hall: &Hall) -> (ControlServer, NodeLink, ControlClient) {
    let (mut server, address) = controller(hall, LOOPBACK).await;
    let identity = hall.identity("east", Role::Display);
    let mut client =
        ControlClient::start(&host(), &address.to_string(), identity, hello("east", Role::Display));
    let link = connected(&mut server).await;
    welcomed(&mut client).await;
    (server, link, client)
}

fn picture(screen: &str, tick: u64, bytes: usize) -> PreviewPicture {
    PreviewPicture {
        wall: WallId::new("main").unwrap(),
        screen: ScreenId::new(screen).unwrap(),
        tick: CanvasFrame(tick),
        composed: WallTime(7),
        sent: WallTime(8),
        coding: PreviewCoding::Jpeg,
        bytes: vec![tick as u8; bytes].into(),
    }
}

fn request(number: u64) -> PictureRequest {
    PictureRequest {
        number,
        wall: WallId::new("main").unwrap(),
        subject: PictureSubject::Screen(ScreenId::new("left").unwrap()),
        format: PictureFormat::Png,
        width_px: Some(640),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_and_what_is_asked_reaches_the_node_and_the_pictures_come_back() {
    let hall = Hall::new();
    let (_server, mut link, mut client) = pair(&hall).await;
    let mut pictures = link.pictures().unwrap();
    assert!(link.pictures().is_none(), "they go to one place");
    let looks = Looks { stills: true, video: true };
    let preview = Preview { wall: WallId::new("main").unwrap(), looks, side_px_max: 1280, every_ticks: 3 };
    link.handle().preview(preview.clone());
    match soon("a preview", client.next()).await.unwrap() {
        ClientEvent::Preview(told) => assert_eq!(told, preview),
        other => panic!("{other:?}"),
    }
    for number in 1..=3 {
        link.handle().request(request(number));
        match soon("a request", client.next()).await.unwrap() {
            ClientEvent::PictureRequest(told) => assert_eq!(told, request(number)),
            other => panic!("{other:?}"),
        }
    }
    client.pictures().preview(&picture("left", 9, 500_000)).unwrap();
    let sent = soon("a picture", pictures.recv()).await.unwrap();
    assert_eq!(sent, NodePicture::Preview(picture("left", 9, 500_000)));
    let replies = [
        PictureReply { number: 1, outcome: Ok((WallTime(5), vec![3; 20 << 20].into())) },
        PictureReply { number: 2, outcome: Err(NoPicture::None) },
    ];
    for reply in replies {
        client.pictures().reply(&reply).unwrap();
        assert_eq!(soon("a reply", pictures.recv()).await.unwrap(), NodePicture::Reply(reply));
    }
    assert!(client.pictures().preview(&picture("left", 9, 512 << 10)).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_flood_that_nobody_fetches_the_newest_is_left() {
    let hall = Hall::new();
    let (_server, mut link, client) = pair(&hall).await;
    let mut pictures = link.pictures().unwrap();
    let sender = client.pictures();
    for tick in 1..=2_000 {
        sender.preview(&picture("busy", tick, 300_000)).unwrap();
        tokio::task::yield_now().await;
    }
    sender.preview(&picture("quiet", 1, 10)).unwrap();
    let (mut got, mut quiet) = (Vec::new(), false);
    while got.last() != Some(&2_000) || !quiet {
        match soon("a picture", pictures.recv()).await.unwrap() {
            NodePicture::Preview(picture) if picture.screen.as_str() == "quiet" => quiet = true,
            NodePicture::Preview(picture) => got.push(picture.tick.0),
            other => panic!("{other:?}"),
        }
    }
    println!("{} of 2000 pictures arrived", got.len());
    assert!(got.is_sorted(), "{got:?}");
    // What waits to be fetched, what waits to be handed over, what is read, what is under way, and the newest.
    assert!(got.len() < 30, "{got:?}");
}
