//! Media tracks over real QUIC on loopback and inside one process.

mod support;

use media::Packet;
use protocol::{Role, SourceStatus, StatusMessage};
use protocol_quic::{MediaClient, MediaOrigin, MediaReader, MediaServer, SubscribeOptions, TrackWriter};
use std::time::Duration;
use support::{Hall, LOOPBACK, info, node, number, picture, soon, source, stream};

const CACHE: u64 = 32 << 20;

fn patient() -> SubscribeOptions {
    SubscribeOptions { priority: 1, latency_max: Duration::from_secs(2) }
}

/// An ingest node that serves `origin`, and a display node that is connected to it.
async fn served(hall: &Hall, origin: &MediaOrigin) -> (MediaServer, MediaClient) {
    let server = MediaServer::bind(LOOPBACK, &hall.identity("reader", Role::Ingest), origin.clone()).unwrap();
    let address = server.local_addr().unwrap().to_string();
    let identity = hall.identity("wall", Role::Display);
    let client = soon("connect", MediaClient::connect(&address, &identity, &node("reader"))).await.unwrap();
    (server, client)
}

fn write(writer: &mut TrackWriter, source: &media::SourceId, numbers: std::ops::Range<u64>) {
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
    soon("demand", writer.wanted()).await.unwrap();
    write(&mut writer, &gate, 0..75);
    for n in 0..75 {
        let (got_info, packet) = soon("picture", track.next()).await.unwrap().unwrap();
        assert_eq!(*got_info, info());
        let Packet { source, time, captured, keyframe, bytes } = packet;
        let sent = picture(&gate, n, 25, 2000 + n as usize);
        assert_eq!(
            (source, time, captured, keyframe, bytes),
            (sent.source, sent.time, sent.captured, sent.keyframe, sent.bytes)
        );
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
        since: media::WallTime(n * 1_000_000_000),
        retry_at: Some(media::WallTime(n * 1_000_000_000 + 5)),
    };
    publisher.status(message(1, SourceStatus::Connecting)).unwrap();
    publisher.status(message(2, SourceStatus::Live)).unwrap();
    let (_server, client) = served(&hall, &origin).await;
    let mut status = soon("status", client.status(&gate)).await.unwrap();
    assert_eq!(soon("newest", status.next()).await.unwrap(), Some(message(2, SourceStatus::Live)));
    let fault = message(3, SourceStatus::Fault(media::Fault::Credentials));
    publisher.status(fault).unwrap();
    assert_eq!(soon("next", status.next()).await.unwrap(), Some(fault));
}
