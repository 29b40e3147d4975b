//! Media tracks over real QUIC on loopback and inside one process.

use crate::relay::Relay;
use crate::support::{Hall, LOOPBACK, host, info, node, number, picture, rebind, soon, source, stream};
use ::media::{NodeId, Packet, SourceId};
use protocol::{Role, SourceStatus, StatusMessage};
use protocol_quic::{
    DurableTrack, LinkError, LinkState, MediaClient, MediaLink, MediaOrigin, MediaReader, MediaServer,
    SubscribeOptions, TrackEvent, TrackWriter,
};
use std::time::Duration;

const CACHE: u64 = 32 << 20;

fn patient() -> SubscribeOptions {
    SubscribeOptions { priority: 1, latency_max: Duration::from_secs(2) }
}

/// An ingest node that serves `origin`, and a display node that is connected to it.
async fn served(hall: &Hall, origin: &MediaOrigin) -> (MediaServer, MediaClient) {
    let server =
        MediaServer::bind(&host(), LOOPBACK, &hall.identity("reader", Role::Ingest), origin.clone()).unwrap();
    let address = server.local_addr().unwrap().to_string();
    let identity = hall.identity("wall", Role::Display);
    let client =
        soon("connect", MediaClient::connect(&host(), &address, &identity, &node("reader"))).await.unwrap();
    (server, client)
}

fn write(writer: &mut TrackWriter, source: &SourceId, numbers: std::ops::Range<u64>) {
    for n in numbers {
        writer.write(&info(), &picture(source, n, 25, 2000 + n as usize)).unwrap();
    }
}

/// Subscribes, then publishes three groups, and holds every picture against what was written.
async fn every_picture_comes(origin: &MediaOrigin, reader: &MediaReader) {
    let gate = source("gate");
    let publisher = origin.publish(&gate, &[stream("sub")]).unwrap();
    let mut writer = publisher.stream(Some(&stream("sub"))).unwrap();
    assert!(!writer.is_wanted());
    let mut track =
        soon("subscribe", reader.subscribe(&gate, Some(&stream("sub")), patient())).await.unwrap();
    // A viewer that waits for pictures is demand, before there are any.
    tokio::select! {
        biased;
        wanted = soon("demand", writer.wanted()) => wanted.unwrap(),
        _ = track.next() => panic!("a picture before one was written"),
    }
    for group in [0..25, 25..50, 50..75] {
        write(&mut writer, &gate, group.clone());
        for n in group {
            let (got_info, got) = soon("picture", track.next()).await.unwrap().unwrap();
            assert_eq!((number(&got), &*got_info), (n, &info()));
            let sent = picture(&gate, n, 25, 2000 + n as usize);
            assert_eq!((got.source, got.time, got.captured), (sent.source, sent.time, sent.captured));
            assert_eq!(got.keyframe, sent.keyframe);
            assert!(got.bytes == sent.bytes, "the bytes of picture {n} changed");
        }
    }
    drop(track);
    soon("no demand", writer.unwanted()).await.unwrap();
    assert!(!writer.is_wanted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_come_over_quic_whole_and_in_order() {
    let (hall, origin) = (Hall::new(), MediaOrigin::new(CACHE).unwrap());
    let (_server, client) = served(&hall, &origin).await;
    every_picture_comes(&origin, &client.reader()).await;
}

#[tokio::test]
async fn pictures_come_inside_one_process_through_the_same_door() {
    let origin = MediaOrigin::new(CACHE).unwrap();
    every_picture_comes(&origin, &origin.local()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_late_begins_at_once_with_the_cached_key_picture() {
    let (hall, origin) = (Hall::new(), MediaOrigin::new(CACHE).unwrap());
    let gate = source("gate");
    let publisher = origin.publish(&gate, &[]).unwrap();
    let mut writer = publisher.stream(None).unwrap();
    // The newest group is 20 of 25 pictures long and nothing more is written: only the cache can serve it.
    write(&mut writer, &gate, 0..95);
    let (_server, client) = served(&hall, &origin).await;
    let now = SubscribeOptions { priority: 1, latency_max: Duration::ZERO };
    let mut track = soon("subscribe", client.subscribe(&gate, None, now)).await.unwrap();
    let numbers: Vec<u64> = {
        let mut numbers = Vec::new();
        while numbers.last() != Some(&94) {
            let (_, packet) = soon("picture", track.next()).await.unwrap().unwrap();
            assert!(!numbers.is_empty() || packet.keyframe);
            numbers.push(number(&packet));
        }
        numbers
    };
    assert_eq!(numbers, (75..95).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_of_a_source_is_told_newest_first() {
    let (hall, origin) = (Hall::new(), MediaOrigin::new(CACHE).unwrap());
    let gate = source("gate");
    let publisher = origin.publish(&gate, &[]).unwrap();
    let message = |n: i64, status| StatusMessage {
        status,
        since: ::media::WallTime(n * 1_000_000_000),
        retry_at: Some(::media::WallTime(n * 1_000_000_000 + 5)),
    };
    publisher.status(message(1, SourceStatus::Connecting)).unwrap();
    publisher.status(message(2, SourceStatus::Live)).unwrap();
    let (_server, client) = served(&hall, &origin).await;
    let mut status = soon("status", client.status(&gate)).await.unwrap();
    assert_eq!(soon("newest", status.next()).await.unwrap(), Some(message(2, SourceStatus::Live)));
    let fault = message(3, SourceStatus::Fault(::media::Fault::Credentials));
    publisher.status(fault).unwrap();
    assert_eq!(soon("next", status.next()).await.unwrap(), Some(fault));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_gets_what_it_asked_for_and_nothing_else() {
    let (hall, origin) = (Hall::new(), MediaOrigin::new(CACHE).unwrap());
    let (gate, lobby) = (source("gate"), source("lobby"));
    let wanted = origin.publish(&gate, &[stream("sub")]).unwrap();
    let unwanted = origin.publish(&lobby, &[]).unwrap();
    let mut sub = wanted.stream(Some(&stream("sub"))).unwrap();
    let mut main = wanted.stream(None).unwrap();
    let mut other = unwanted.stream(None).unwrap();
    let (_server, client) = served(&hall, &origin).await;
    let mut track =
        soon("subscribe", client.subscribe(&gate, Some(&stream("sub")), patient())).await.unwrap();
    for n in 0..100 {
        main.write(&info(), &picture(&gate, n, 25, 100_000)).unwrap();
        other.write(&info(), &picture(&lobby, n, 25, 100_000)).unwrap();
        sub.write(&info(), &picture(&gate, n, 25, 1000)).unwrap();
        let (_, packet) = soon("picture", track.next()).await.unwrap().unwrap();
        assert_eq!((number(&packet), &packet.source), (n, &gate));
    }
    assert!(sub.is_wanted() && !main.is_wanted() && !other.is_wanted());
    let received = client.received_bytes();
    assert!(received < 1_000_000, "{received} bytes came; 0.1 MB were asked for, 20 MB were on offer");
}

#[tokio::test]
async fn a_stream_that_is_not_offered_is_an_error_with_its_name() {
    let origin = MediaOrigin::new(CACHE).unwrap();
    let gate = source("gate");
    let publisher = origin.publish(&gate, &[]).unwrap();
    let sub = stream("sub");
    let error = soon("answer", origin.local().subscribe(&gate, Some(&sub), patient())).await.unwrap_err();
    assert_eq!(error.to_string(), "the ingest node does not offer stream sub of source gate");
    assert!(publisher.stream(Some(&sub)).is_err());
}

#[tokio::test]
async fn the_cache_keeps_to_its_cap() {
    let cap = 4 << 20;
    let origin = MediaOrigin::new(cap).unwrap();
    let sources: Vec<_> = (0..8).map(|n| source(&format!("camera-{n}"))).collect();
    let publishers: Vec<_> = sources.iter().map(|source| origin.publish(source, &[]).unwrap()).collect();
    let mut writers: Vec<_> = publishers.iter().map(|publisher| publisher.stream(None).unwrap()).collect();
    for n in 0..500 {
        for (writer, source) in writers.iter_mut().zip(&sources) {
            writer.write(&info(), &picture(source, n, 5, 20_000)).unwrap();
        }
    }
    // 80 MB were written. The newest group of each of the eight, 100 kB long, stays in any case.
    let cached = origin.cached_bytes();
    assert!(cached <= cap + 8 * 5 * 20_100, "{cached} bytes are cached");
    assert!(cached > 0);
}

#[tokio::test]
async fn a_camera_without_key_pictures_fills_no_memory_and_is_followed_without_a_gap() {
    let origin = MediaOrigin::new(CACHE).unwrap();
    let gate = source("gate");
    let publisher = origin.publish(&gate, &[]).unwrap();
    let mut writer = publisher.stream(None).unwrap();
    let mut track = soon("subscribe", origin.local().subscribe(&gate, None, patient())).await.unwrap();
    // 100 MB after one key picture: no group may hold more than 16 MiB.
    for n in 0..1000 {
        writer.write(&info(), &picture(&gate, n, u64::MAX, 100_000)).unwrap();
        let (_, packet) = soon("picture", track.next()).await.unwrap().unwrap();
        assert_eq!(number(&packet), n);
    }
    let cached = origin.cached_bytes();
    assert!(cached <= CACHE + (16 << 20), "{cached} bytes are cached");
    // Who comes now has to wait for the next key picture, which is the first thing it gets.
    let mut late = soon("subscribe", origin.local().subscribe(&gate, None, patient())).await.unwrap();
    writer.write(&info(), &picture(&gate, 2000, 2000, 1000)).unwrap();
    let (_, packet) = soon("picture", late.next()).await.unwrap().unwrap();
    assert_eq!((number(&packet), packet.keyframe), (2000, true));
}

#[tokio::test]
async fn a_viewer_that_lags_goes_on_with_a_newer_key_picture() {
    let origin = MediaOrigin::new(CACHE).unwrap();
    let gate = source("gate");
    let publisher = origin.publish(&gate, &[]).unwrap();
    let mut writer = publisher.stream(None).unwrap();
    let options = SubscribeOptions { priority: 1, latency_max: Duration::from_millis(500) };
    let mut track = soon("subscribe", origin.local().subscribe(&gate, None, options)).await.unwrap();
    writer.write(&info(), &picture(&gate, 0, 25, 1000)).unwrap();
    let (_, first) = soon("picture", track.next()).await.unwrap().unwrap();
    assert_eq!(number(&first), 0);
    // The viewer stops reading while four seconds are written.
    write(&mut writer, &gate, 1..110);
    let (_, next) = soon("picture", track.next()).await.unwrap().unwrap();
    assert_eq!((number(&next), next.keyframe), (100, true), "it should skip to the newest group");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_tracks_of_twenty_five_pictures_a_second_come_whole() {
    let (hall, origin) = (Hall::new(), MediaOrigin::new(CACHE).unwrap());
    let sources: Vec<_> = (0..12).map(|n| source(&format!("camera-{n}"))).collect();
    let publishers: Vec<_> = sources.iter().map(|source| origin.publish(source, &[]).unwrap()).collect();
    let mut writers: Vec<_> = publishers.iter().map(|publisher| publisher.stream(None).unwrap()).collect();
    let (_server, client) = served(&hall, &origin).await;
    let mut tracks = Vec::new();
    for (priority, source) in (0..).zip(&sources) {
        let options = SubscribeOptions { priority, ..patient() };
        tracks.push(soon("subscribe", client.subscribe(source, None, options)).await.unwrap());
    }
    // Four seconds of 2.5 Mbit/s each, one tick after the other.
    for n in 0..100 {
        for (writer, source) in writers.iter_mut().zip(&sources) {
            writer.write(&info(), &picture(source, n, 25, 12_500)).unwrap();
        }
        for track in &mut tracks {
            let (_, packet) = soon("picture", track.next()).await.unwrap().unwrap();
            assert_eq!(number(&packet), n);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_is_cut_is_noticed() {
    let (hall, origin) = (Hall::new(), MediaOrigin::new(CACHE).unwrap());
    let gate = source("gate");
    let publisher = origin.publish(&gate, &[]).unwrap();
    let mut writer = publisher.stream(None).unwrap();
    let server =
        MediaServer::bind(&host(), LOOPBACK, &hall.identity("reader", Role::Ingest), origin.clone()).unwrap();
    let relay = Relay::start(server.local_addr().unwrap()).await;
    let identity = hall.identity("wall", Role::Display);
    let address = relay.address.to_string();
    let client =
        soon("connect", MediaClient::connect(&host(), &address, &identity, &node("reader"))).await.unwrap();
    let mut track = soon("subscribe", client.subscribe(&gate, None, patient())).await.unwrap();
    writer.write(&info(), &picture(&gate, 0, 25, 1000)).unwrap();
    soon("picture", track.next()).await.unwrap().unwrap();
    relay.cut();
    // Nothing says goodbye: only the silence tells. `endpoint.rs` holds the time it takes to 1.5 s.
    let error = soon("end", track.next()).await.unwrap_err();
    assert!(matches!(error, LinkError::Lost), "{error}");
    assert!(matches!(soon("end", client.ended()).await, LinkError::Lost));
    drop(track);
    soon("the server notices too", writer.unwanted()).await.unwrap();
}

async fn next_picture(track: &mut DurableTrack) -> Packet {
    loop {
        if let TrackEvent::Picture(_, packet) = soon("picture", track.next()).await {
            return packet;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_track_outlives_the_ingest_node() {
    let hall = Hall::new();
    let gate = source("gate");
    let identity = hall.identity("reader", Role::Ingest);
    let origin = MediaOrigin::new(CACHE).unwrap();
    let publisher = origin.publish(&gate, &[]).unwrap();
    write(&mut publisher.stream(None).unwrap(), &gate, 0..3);
    let server = MediaServer::bind(&host(), LOOPBACK, &identity, origin.clone()).unwrap();
    let address = server.local_addr().unwrap();
    let link =
        MediaLink::start(&host(), &address.to_string(), hall.identity("wall", Role::Display), node("reader"));
    let mut track = link.track(&gate, None, patient());
    for n in 0..3 {
        assert_eq!(number(&next_picture(&mut track).await), n);
    }
    server.close().await;
    drop((publisher, origin));
    let TrackEvent::Interrupted(why) = soon("interruption", track.next()).await else {
        panic!("a picture came from a closed server");
    };
    assert!(matches!(why, LinkError::Refused(_) | LinkError::Closed | LinkError::Lost), "{why}");
    let mut state = link.state();
    soon("down", state.wait_for(|state| matches!(state, LinkState::Down(_)))).await.unwrap();
    // The node starts anew at the same place, with another origin.
    let origin = MediaOrigin::new(CACHE).unwrap();
    let publisher = origin.publish(&gate, &[]).unwrap();
    write(&mut publisher.stream(None).unwrap(), &gate, 50..53);
    let _server =
        soon("the port", rebind(|| MediaServer::bind(&host(), address, &identity, origin.clone()))).await;
    let packet = next_picture(&mut track).await;
    assert_eq!((number(&packet), packet.keyframe), (50, true));
}

/// A source that is taken away and offered again while the connection stands, as when a new revision is applied.
async fn a_source_comes_back(origin: &MediaOrigin, link: &MediaLink) {
    let gate = source("gate");
    let mut track = link.track(&gate, None, patient());
    for round in 0..3 {
        let publisher = origin.publish(&gate, &[]).unwrap();
        let mut writer = publisher.stream(None).unwrap();
        write(&mut writer, &gate, round * 100..round * 100 + 3);
        for n in 0..3 {
            assert_eq!(number(&next_picture(&mut track).await), round * 100 + n);
        }
        drop((writer, publisher));
        let event = soon("interruption", track.next()).await;
        assert!(matches!(event, TrackEvent::Interrupted(_)), "{event:?}");
    }
}

#[tokio::test]
async fn a_source_that_is_offered_again_is_followed_inside_one_process() {
    let origin = MediaOrigin::new(CACHE).unwrap();
    a_source_comes_back(&origin, &MediaLink::local(origin.local())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_offered_again_is_followed_over_quic() {
    let (hall, origin) = (Hall::new(), MediaOrigin::new(CACHE).unwrap());
    let server =
        MediaServer::bind(&host(), LOOPBACK, &hall.identity("reader", Role::Ingest), origin.clone()).unwrap();
    let address = server.local_addr().unwrap().to_string();
    let link = MediaLink::start(&host(), &address, hall.identity("wall", Role::Display), node("reader"));
    a_source_comes_back(&origin, &link).await;
}

/// Connects as `identity` and tells how both sides see the refusal.
async fn refusal(hall: &Hall, identity: &protocol_quic::Identity, expected: &NodeId) -> (LinkError, String) {
    let origin = MediaOrigin::new(CACHE).unwrap();
    let server =
        MediaServer::bind(&host(), LOOPBACK, &hall.identity("reader", Role::Ingest), origin).unwrap();
    let mut refusals = server.refusals();
    let address = server.local_addr().unwrap().to_string();
    let error =
        soon("refusal", MediaClient::connect(&host(), &address, identity, expected)).await.unwrap_err();
    (error, soon("the server's word", refusals.recv()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_display_nodes_of_this_hall_may_view() {
    let hall = Hall::new();
    let reader = node("reader");
    let (client, server) = refusal(&hall, &hall.identity("other", Role::Ingest), &reader).await;
    assert_eq!(client.to_string(), "refused by the other side: the certificate's role does not allow this");
    assert_eq!(server, "the other side is refused: the certificate's role does not allow this");

    let (client, server) = refusal(&hall, &hall.rogue("wall", Role::Display), &reader).await;
    assert!(
        client
            .to_string()
            .starts_with("refused by the other side: the certificate is not valid in this hall"),
        "{client}"
    );
    assert!(
        server.starts_with("the other side is refused: the certificate is not valid in this hall"),
        "{server}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ingest_node_that_is_not_the_expected_one_is_not_trusted() {
    let hall = Hall::new();
    let (client, server) = refusal(&hall, &hall.identity("wall", Role::Display), &node("another")).await;
    assert!(client.to_string().starts_with("the other side is not who it should be"), "{client}");
    assert!(server.contains("certificate"), "{server}");
}
