//! Answers of queries over real QUIC.

use crate::control::{connected, controller, snapshot, welcomed};
use crate::support::{Hall, LOOPBACK, hello, host, rebind, soon};
use media::{CanvasFrame, QueryId, Table, Value, WallId, WallTime};
use protocol::{Activate, Answer, AnswerFrame, ControllerEvent, Reason, Role};
use protocol_quic::{ClientEvent, ControlClient, ControlServer, NodeLink};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// `texts` rows of nearly 64 KiB each.
fn answer(query: &str, from: i64, texts: usize) -> Answer {
    let words: Arc<str> = format!("{}{from:030000}", "墙".repeat(11_845)).into();
    let table = Table::new(vec!["text".into()], vec![vec![Value::Text(words)]; texts]).unwrap();
    Answer {
        query: QueryId::new(query).unwrap(),
        from: WallTime(from),
        as_of: Some(WallTime(7)),
        promise: Duration::from_secs(60),
        fault: None,
        table: Arc::new(table),
    }
}

fn frame(query: &str, from: i64, texts: usize) -> AnswerFrame {
    answer(query, from, texts).encode().unwrap()
}

async fn pair(hall: &Hall) -> (ControlServer, NodeLink, ControlClient) {
    let (mut server, address) = controller(hall, LOOPBACK).await;
    let identity = hall.identity("east", Role::Display);
    let mut client =
        ControlClient::start(&host(), &address.to_string(), identity, hello("east", Role::Display));
    let link = connected(&mut server).await;
    welcomed(&mut client).await;
    (server, link, client)
}

async fn next_answer(client: &mut ControlClient) -> Arc<Answer> {
    match soon("an answer", client.next()).await.unwrap() {
        ClientEvent::Answer(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// Bytes of memory that this process uses.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_arrive_whatever_their_size() {
    let hall = Hall::new();
    let (_server, link, mut client) = pair(&hall).await;
    for texts in [0, 1, 127] {
        link.answer(frame("jobs", 1, texts));
        assert_eq!(*next_answer(&mut client).await, answer("jobs", 1, texts));
    }
    // Each query has its own.
    link.answer(frame("a", 1, 1));
    link.answer(frame("b", 1, 1));
    let mut queries =
        [next_answer(&mut client).await, next_answer(&mut client).await].map(|got| got.query.clone());
    queries.sort();
    assert_eq!(queries.map(|query| query.to_string()), ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_go_on_after_a_link_has_been_replaced() {
    let hall = Hall::new();
    let (server, link, mut client) = pair(&hall).await;
    let address = server.local_addr().unwrap();
    (0..5).for_each(|n| link.answer(frame("jobs", n, 1)));
    while next_answer(&mut client).await.from != WallTime(4) {}
    server.close(Reason::Shutdown).await;
    drop(link);
    assert!(matches!(soon("an end", client.next()).await, Some(ClientEvent::Disconnected { .. })));
    let bind = || ControlServer::bind(&host(), address, hall.authority.clone(), "test");
    let mut server = soon("the port", rebind(bind)).await;
    let link = connected(&mut server).await;
    // The first stream of this connection has a smaller number than the last of the one before.
    link.answer(frame("jobs", 9, 1));
    loop {
        match soon("an answer", client.next()).await.unwrap() {
            ClientEvent::Answer(got) => return assert_eq!(got.from, WallTime(9)),
            ClientEvent::Connected(_) | ClientEvent::Disconnected { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_wins_in_a_flood_and_memory_does_not_grow() {
    const COUNT: i64 = 10_000;
    let hall = Hall::new();
    let (_server, link, mut client) = pair(&hall).await;
    let before = resident();
    let mut most = before;
    // 2.5 GiB in all, and nobody fetches any.
    for from in 1..=COUNT {
        link.answer(frame("busy", from, 4));
        if from % 500 == 0 {
            most = most.max(resident());
            tokio::task::yield_now().await;
        }
    }
    link.answer(frame("quiet", 1, 1));
    let (mut got, mut quiet) = (Vec::new(), false);
    while got.last() != Some(&COUNT) || !quiet {
        let next = next_answer(&mut client).await;
        match next.query.as_str() {
            "quiet" => quiet = true,
            _ => got.push(next.from.0),
        }
    }
    println!("{} of {COUNT} answers arrived, {} MiB more memory", got.len(), (most - before) >> 20);
    assert!(got.is_sorted(), "{got:?}");
    assert!(got.len() <= 4, "nobody fetched them, so few can be left: {got:?}");
    assert!(most - before < 300 << 20, "{} MiB", (most - before) >> 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_reaches_a_node_that_fetches_everything_in_order_and_to_its_end() {
    let hall = Hall::new();
    let (_server, link, mut client) = pair(&hall).await;
    let handle = link.handle();
    let flood = tokio::task::spawn_blocking(move || {
        (1..=300).for_each(|from| handle.answer(frame("busy", from, 64)))
    });
    let mut got = Vec::new();
    while got.last() != Some(&300) {
        got.push(next_answer(&mut client).await.from.0);
    }
    flood.await.unwrap();
    println!("{} of 300 answers of 4 MiB arrived", got.len());
    assert!(got.is_sorted(), "{got:?}");
    // Those that are overtaken do not keep all others from arriving.
    assert!(got.len() > 5, "{got:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_messages_are_not_delayed_behind_answers_of_eight_mebibytes() {
    let hall = Hall::new();
    let (_server, mut link, mut client) = pair(&hall).await;
    link.set_snapshot(snapshot(1));
    assert!(matches!(soon("a snapshot", client.next()).await, Some(ClientEvent::Snapshot(_))));
    let frames: Vec<AnswerFrame> = (0..8).map(|n| frame(&n.to_string(), 1, 127)).collect();
    let began = Instant::now();
    frames.into_iter().for_each(|frame| link.answer(frame));
    let (mut there, mut back, mut answers) = (Vec::new(), Vec::new(), 0);
    for tick in 0.. {
        let sent = Instant::now();
        link.activate(Activate { revision: 1, wall: WallId::new("main").unwrap(), at: CanvasFrame(tick) });
        loop {
            match soon("an event", client.next()).await.unwrap() {
                ClientEvent::Activate(activate) if activate.at == CanvasFrame(tick) => break,
                ClientEvent::Answer(_) => answers += 1,
                other => panic!("{other:?}"),
            }
        }
        if answers == 8 {
            break;
        }
        there.push(sent.elapsed());
        let sent = Instant::now();
        client.ready(1).unwrap();
        assert!(matches!(soon("ready", link.next()).await, Some(ControllerEvent::Ready(_))));
        back.push(sent.elapsed());
    }
    let (there_max, back_max) = (there.iter().max().unwrap(), back.iter().max().unwrap());
    let all = began.elapsed();
    println!(
        "{} orders while 64 MiB were under way for {all:?}: {there_max:?} there, {back_max:?} back at most",
        there.len()
    );
    assert!(there.len() > 10, "{}", there.len());
    assert!(*there_max < all / 3 && *back_max < all / 3, "{there_max:?} {back_max:?} of {all:?}");
}
