//! Two display nodes in one process, a controller's endpoint and real QUIC: an answer is on both from the same tick on, and
//! stays when the controller has gone.

use media::{CanvasFrame, NodeId, QueryId, SceneId, Table, Value, WallId, WallTime};
use node::{Clock, CompositorKind, DisplaySettings, Rehearsal, serve_display};
use protocol::{Answer, ControllerEvent, Reason, Role, Snapshot, WallProgram};
use protocol_quic::{Authority, BindError, ClockMaster, ControlServer, Host, NodeLink, Peer, ServerEvent};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

const NODES: [&str; 2] = ["left", "right"];
const HZ: u32 = 25;

fn document() -> String {
    let mut text = format!(
        "version = 1\n[hall]\nname = \"two\"\nlanguage = \"en\"\n[[wall]]\nid = \"w\"\ntick_hz = {HZ}\n\
         canvas_px_per_mm = 1\nviewing_distance_m = 1\n"
    );
    for (node, x) in NODES.iter().zip([0, 320]) {
        text += &format!(
            "[[wall.screen]]\nid = \"{node}\"\nnode = \"{node}\"\noutput = 1\nresolution = [320, 180]\n\
             position_mm = [{x}, 0]\nsize_mm = [320, 180]\n"
        );
    }
    text + "[[query]]\nid = \"news\"\nsql = \"select 'x' as text\"\n\
            [[scene]]\nid = \"day\"\nwall = \"w\"\nname = \"Day\"\n\
            [[scene.window]]\nwidget = \"ticker\"\nquery = \"news\"\nrect_px = [0, 60, 640, 60]\n"
}

fn snapshot() -> Arc<Snapshot> {
    let program = WallProgram {
        wall: WallId::new("w").unwrap(),
        scene: SceneId::new("day").unwrap(),
        from: None,
        since: CanvasFrame(0),
        next: None,
        stamp: false,
        identify_until: None,
    };
    let (walls, directory, assets) = (vec![program], vec![], vec![]);
    Arc::new(Snapshot { revision: 1, document: document(), walls, directory, assets, variants: Vec::new() })
}

fn answer(query: &str, from: WallTime) -> Answer {
    let table = Table::new(vec!["text".into()], vec![vec![Value::Text("東門 is open".into())]]).unwrap();
    Answer {
        query: QueryId::new(query).unwrap(),
        from,
        as_of: Some(from),
        promise: Duration::from_secs(3600),
        fault: None,
        table: Arc::new(table),
    }
}

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(30), future).await.unwrap_or_else(|_| panic!("{what}: nothing within 30 s"))
}

struct Hall {
    host: Host,
    folder: PathBuf,
    authority: Arc<Authority>,
}

impl Hall {
    fn new() -> Self {
        protocol_quic::install_crypto_provider();
        let host = Host::system();
        let folder = std::env::temp_dir().join(format!("taibai-answers-{}", std::process::id()));
        let authority = Arc::new(Authority::open(&host, &folder).unwrap());
        Self { host, folder, authority }
    }

    fn bind(&self, address: SocketAddr) -> Result<ControlServer, BindError> {
        ControlServer::bind(&self.host, address, self.authority.clone(), "test")
    }

    /// A display node at work until `stop` says so.
    fn start(&self, name: &str, address: SocketAddr, mut stop: watch::Receiver<bool>) {
        let node = NodeId::new(name).unwrap();
        let identity = self.authority.issue(&Peer::Node(node.clone(), Role::Display)).unwrap();
        let settings = DisplaySettings {
            node,
            clock: Clock::system(self.host.clone()),
            runtime: Handle::current(),
            compositor: CompositorKind::Cpu,
            windows: None,
            tap: None,
            timing_log: None,
            rehearsal: Rehearsal::default(),
        };
        tokio::spawn(async move {
            let stop = async move {
                let _ = stop.changed().await;
            };
            let (address, master) = (address.to_string(), ClockMaster::Controller);
            serve_display(&address, identity, "test", settings, master, stop).await.unwrap();
        });
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The two nodes' links, and for each tick that a node has composed the hash of its picture.
struct Audience {
    links: Vec<NodeLink>,
    seen: Vec<BTreeMap<u64, u64>>,
}

impl Audience {
    async fn gather(server: &mut ControlServer) -> Self {
        let mut links = Vec::new();
        while links.len() < NODES.len() {
            if let ServerEvent::Connected(link) = soon("a node", server.next()).await.unwrap() {
                link.set_snapshot(snapshot());
                links.push(link);
            }
        }
        links.sort_by_key(|link| link.hello().node.clone());
        Self { links, seen: vec![BTreeMap::new(); NODES.len()] }
    }

    /// Listens until both have told what they composed at a tick after `tick`.
    async fn watch_until(&mut self, tick: CanvasFrame) {
        for (link, seen) in self.links.iter_mut().zip(&mut self.seen) {
            while seen.last_key_value().is_none_or(|(last, _)| *last <= tick.0) {
                if let ControllerEvent::Audit(audit) = soon("an audit", link.next()).await.unwrap() {
                    let hashed = audit
                        .ticks
                        .iter()
                        .filter_map(|tick| Some((tick.canvas_frame.0, tick.hashes.first()?.1)));
                    seen.extend(hashed);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_is_on_all_nodes_from_the_same_tick_on_and_stays_without_a_controller() {
    let hall = Hall::new();
    let (stop, stopped) = watch::channel(false);
    let mut server = hall.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = server.local_addr().unwrap();
    NODES.iter().for_each(|name| hall.start(name, address, stopped.clone()));
    let mut audience = Audience::gather(&mut server).await;
    let rate = layouts::parse(&document(), "hall.toml").unwrap().walls()[0].tick;
    audience.watch_until(rate.frame_at(hall.host.wall())).await;
    let waiting: Vec<u64> = audience.seen.iter().map(|seen| *seen.last_key_value().unwrap().1).collect();

    // Not on the boundary of a tick, and the nodes are told at different times.
    let from = rate.start_of(CanvasFrame(rate.frame_at(hall.host.wall()).0 + 20)) - Duration::from_millis(11);
    let (first, frame) = (rate.frame_at(from).0 + 1, answer("news", from).encode().unwrap());
    audience.links[0].answer(frame.clone());
    audience.watch_until(rate.frame_at(hall.host.wall())).await;
    audience.links[1].answer(answer("nobody-asks", from).encode().unwrap());
    audience.links[1].answer(frame);
    audience.watch_until(CanvasFrame(first + 10)).await;
    for ((seen, waiting), name) in audience.seen.iter().zip(&waiting).zip(NODES) {
        let mut later = 0;
        for (tick, hash) in seen {
            assert_eq!(hash == waiting, *tick < first, "{name} at tick {tick}; it should change at {first}");
            later += u32::from(*tick >= first);
        }
        assert!(later >= 5, "{name} has composed {later} ticks with the answer");
        println!("{name}: {} ticks, changed at {first}", seen.len());
    }

    server.close(Reason::Shutdown).await;
    drop(audience);
    let mut server = soon("the port", async {
        loop {
            match hall.bind(address) {
                Ok(server) => return server,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    // It tells the nodes nothing but what they have.
    let mut audience = Audience::gather(&mut server).await;
    audience.watch_until(rate.frame_at(hall.host.wall())).await;
    for (seen, waiting) in audience.seen.iter().zip(&waiting) {
        assert!(seen.values().all(|hash| hash != waiting), "the answer stays");
    }
    stop.send(true).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_are_on_all_screens_until_the_same_tick_and_then_gone_by_themselves() {
    let hall = Hall::new();
    let (stop, stopped) = watch::channel(false);
    let mut server = hall.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = server.local_addr().unwrap();
    NODES.iter().for_each(|name| hall.start(name, address, stopped.clone()));
    let mut audience = Audience::gather(&mut server).await;
    let rate = layouts::parse(&document(), "hall.toml").unwrap().walls()[0].tick;
    audience.watch_until(rate.frame_at(hall.host.wall())).await;
    let waiting: Vec<u64> = audience.seen.iter().map(|seen| *seen.last_key_value().unwrap().1).collect();

    // Not on the boundary of a tick: the one that begins before it still shows the cards.
    let until =
        rate.start_of(CanvasFrame(rate.frame_at(hall.host.wall()).0 + 40)) - Duration::from_millis(11);
    let gone = rate.frame_at(until).0 + 1;
    let mut told = (*snapshot()).clone();
    told.revision = 2;
    told.walls[0].identify_until = Some(until);
    let told = Arc::new(told);
    audience.links.iter().for_each(|link| link.set_snapshot(told.clone()));
    audience.watch_until(CanvasFrame(gone + 10)).await;
    let mut cards = Vec::new();
    for ((seen, waiting), name) in audience.seen.iter().zip(&waiting).zip(NODES) {
        let shown: Vec<(&u64, &u64)> = seen.iter().filter(|(_, hash)| *hash != waiting).collect();
        let (first, last) = (shown.first().unwrap(), shown.last().unwrap());
        assert!(*last.0 < gone, "{name} still shows its number at {}; it should go at {gone}", last.0);
        assert!(shown.iter().all(|(_, hash)| *hash == first.1), "{name} changes its card");
        let between = seen.range(*first.0..gone);
        assert!(between.clone().count() >= 5 && between.clone().all(|(_, hash)| hash == first.1), "{name}");
        cards.push(*first.1);
        println!("{name}: its number from tick {} to {}, gone at {gone}", first.0, last.0);
    }
    assert_ne!(cards[0], cards[1], "each screen has a number of its own");
    stop.send(true).unwrap();
    server.close(Reason::Shutdown).await;
}
