//! Answers go from the desk to display nodes, over real QUIC.

use controller::{Authority, Desk, NodeService};
use media::{NodeId, QueryId, Table, Value, WallTime};
use protocol::{Answer, EncodeError, Hello, Role};
use protocol_quic::{ClientEvent, ControlClient, ControlServer, Host, Peer};
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const HALL: &str = r#"
version = 1
hall = { name = "Data" }
query = [{ id = "news", sql = "select 'x' as text" }, { id = "jobs", sql = "select 1 as value" }]
[[wall]]
id = "main"
canvas_px_per_mm = 1
viewing_distance_m = 2
screen = [{ id = "a", node = "east", output = 1, resolution = [640, 360], position_mm = [0, 0], size_mm = [640, 360] }]
[[scene]]
id = "day"
wall = "main"
name = "Day"
window = [{ widget = "ticker", query = "news", rect_percent = [0, 80, 100, 20] }]
"#;

struct Hall {
    host: Host,
    folder: PathBuf,
    identities: Arc<protocol_quic::Authority>,
    address: SocketAddr,
    desk: Desk,
}

impl Hall {
    fn new() -> Self {
        protocol_quic::install_crypto_provider();
        let host = Host::system();
        let folder = std::env::temp_dir().join(format!("taibai-desk-{}", std::process::id()));
        let identities = Arc::new(protocol_quic::Authority::open(&host, &folder).unwrap());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = ControlServer::bind(&host, address, identities.clone(), "test").unwrap();
        let address = server.local_addr().unwrap();
        let layout = layouts::parse(HALL, "hall.toml").unwrap();
        let authority = Authority::new(layout, HALL.to_owned(), Vec::new(), host.wall());
        let service = NodeService::new(&host, server, authority);
        let desk = service.desk();
        tokio::spawn(service.run(drop, pending()));
        Self { host, folder, identities, address, desk }
    }

    fn connect(&self, name: &str, role: Role) -> ControlClient {
        let node = NodeId::new(name).unwrap();
        let identity = self.identities.issue(&Peer::Node(node.clone(), role)).unwrap();
        let hello = Hello { node, role, software: "test".into(), media_port: 0 };
        ControlClient::start(&self.host, &self.address.to_string(), identity, hello)
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn answer(query: &str, from: i64) -> Arc<Answer> {
    let table = Table::new(vec!["value".into()], vec![vec![Value::Integer(from)]]).unwrap();
    Arc::new(Answer {
        query: QueryId::new(query).unwrap(),
        from: WallTime(from),
        as_of: None,
        promise: Duration::ZERO,
        fault: None,
        table: Arc::new(table),
    })
}

async fn next(client: &mut ControlClient) -> ClientEvent {
    timeout(Duration::from_secs(20), client.next()).await.expect("nothing within 20 s").unwrap()
}

/// The next `count` answers, sorted by query.
async fn answers(client: &mut ControlClient, count: usize) -> Vec<Arc<Answer>> {
    let mut got = Vec::new();
    while got.len() < count {
        if let ClientEvent::Answer(answer) = next(client).await {
            got.push(answer);
        }
    }
    got.sort_by_key(|answer| answer.query.clone());
    got
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn display_nodes_are_told_each_answer_and_the_newest_ones_when_they_connect() {
    let hall = Hall::new();
    let mut east = hall.connect("east", Role::Display);
    let mut reader = hall.connect("reader", Role::Ingest);
    while !matches!(next(&mut east).await, ClientEvent::Snapshot(_)) {}
    while !matches!(next(&mut reader).await, ClientEvent::Snapshot(_)) {}
    assert_eq!(hall.desk.answers(vec![answer("news", 1), answer("jobs", 2), answer("unknown", 3)]), []);
    assert_eq!(answers(&mut east, 2).await, [answer("jobs", 2), answer("news", 1)]);
    assert_eq!(hall.desk.answers(vec![answer("news", 4)]), []);
    assert_eq!(answers(&mut east, 1).await, [answer("news", 4)]);
    // Who comes later is told the newest of each, and so is who comes again.
    let mut west = hall.connect("west", Role::Display);
    assert_eq!(answers(&mut west, 2).await, [answer("jobs", 2), answer("news", 4)]);
    drop(east);
    let mut east = hall.connect("east", Role::Display);
    assert_eq!(answers(&mut east, 2).await, [answer("jobs", 2), answer("news", 4)]);

    let rows = vec![vec![Value::Null]; 100_001];
    let table = Arc::new(Table::new(vec!["value".into()], rows).unwrap());
    let large = Arc::new(Answer { table, ..(*answer("news", 5)).clone() });
    let over = EncodeError::Limit { field: "answer.rows", count: 100_001, limit: 100_000 };
    let refused = hall.desk.answers(vec![large, answer("jobs", 6)]);
    assert_eq!(refused, [(QueryId::new("news").unwrap(), over)]);
    assert_eq!(answers(&mut east, 1).await, [answer("jobs", 6)]);

    // The ingest node has been told the stamp, which came last, and no answer before it.
    hall.desk.set_stamp("main", true).unwrap();
    loop {
        match next(&mut reader).await {
            ClientEvent::Snapshot(snapshot) if snapshot.walls[0].stamp => break,
            ClientEvent::Snapshot(_) => {}
            other => panic!("{other:?}"),
        }
    }
}
