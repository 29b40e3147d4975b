//! Acts whose asker has gone, acts that take long, and bodies that do not come, over a real socket.

use super::{Gate, Shared, guard};
use crate::api::idempotency::Idempotency;
use crate::api::refusals::Refusals;
use crate::api::{AuditDesk, Door, Hub, IdentityDesk};
use crate::hall::HallNow;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::routing::post;
use bytes::Bytes;
use controller_store::{SqliteStore, StoreLimits};
use layouts_edit::HallText;
use protocol_quic::Host;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

const HALL: &str = include_str!("../../../tests/two-walls.toml");
const PATIENCE: Duration = Duration::from_secs(20);
/// So long waits a gate that shall not wait long.
const SHORT: Duration = Duration::from_secs(1);

/// Says when it is dropped.
struct Gone(UnboundedSender<()>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// A gate before an endpoint that acts when it is told to.
struct Guarded {
    folder: PathBuf,
    gate: Gate,
    address: SocketAddr,
    /// The endpoint has begun.
    began: UnboundedReceiver<()>,
    /// A request was answered or given up.
    over: UnboundedReceiver<()>,
    /// The endpoint is to go on.
    goes_on: Arc<Notify>,
}

impl Guarded {
    async fn new(name: &str, within: Duration) -> Self {
        let folder = std::env::temp_dir().join(format!("taibai-gate-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let host = Host::system();
        let store = SqliteStore::open(&folder.join("state.db"), StoreLimits::default()).await.unwrap();
        let identity = IdentityDesk::open(&host, store.clone()).await.unwrap();
        let audit = AuditDesk::open(&host, store).await.unwrap();
        let hall = HallNow::new(HallText::parse(HALL, "hall.toml").unwrap());
        let (repeated, refusals, hub) = (Idempotency::default(), Refusals::default(), Hub::new(1));
        let shared = Shared { identity, audit, hub, repeated, refusals, hall, within };
        let gate = Gate { shared: Arc::new(shared), door: Arc::new(Door::Local) };

        let ((begins, began), (ends, over)) = (unbounded_channel(), unbounded_channel());
        let goes_on = Arc::new(Notify::new());
        let waits = goes_on.clone();
        let act = move |_: Bytes| async move {
            let _ = begins.send(());
            waits.notified().await;
            "done"
        };
        let outside = move |request: Request, next: Next| {
            let gone = Gone(ends.clone());
            async move {
                let _gone = gone;
                next.run(request).await
            }
        };
        let app = Router::new()
            .route("/v1/scene/{id}", post(act))
            .layer(from_fn_with_state(gate.clone(), guard))
            .layer(from_fn(outside));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { folder, gate, address, began, over, goes_on }
    }

    /// Sends a request whose body has `length` bytes, of which `body` is there.
    async fn ask(&self, length: usize, body: &str) -> TcpStream {
        let head = format!(
            "POST /v1/scene/day HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nIdempotency-Key: k1\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    async fn has_begun(&mut self) {
        timeout(PATIENCE, self.began.recv()).await.unwrap().unwrap();
    }

    /// Waits until there is one record.
    async fn recorded(&self) {
        let recorded = async {
            while self.gate.audit().count().await == 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, recorded).await.expect("the act is in no audit log");
    }

    /// Sends the same again until it has been done, and makes sure that it was done once.
    async fn is_done_once(&mut self) {
        let answer = loop {
            let answer = heard(self.ask(2, "{}").await).await;
            if !answer.contains("still_running") {
                break answer;
            }
        };
        let is_first_one = answer.contains("idempotent-replayed: true") && answer.ends_with("done");
        assert!(answer.starts_with("HTTP/1.1 200") && is_first_one, "{answer}");
        assert!(self.began.try_recv().is_err(), "it was done twice");
        assert_eq!(self.gate.audit().count().await, 1);
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn heard(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("no end of the answer");
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn an_act_is_done_and_written_down_though_whoever_asked_has_gone() {
    let mut guarded = Guarded::new("gone", PATIENCE).await;
    let stream = guarded.ask(2, "{}").await;
    guarded.has_begun().await;
    drop(stream);
    timeout(PATIENCE, guarded.over.recv()).await.expect("the request is not given up").unwrap();
    guarded.goes_on.notify_one();
    guarded.recorded().await;
    guarded.is_done_once().await;
}

#[tokio::test]
async fn an_act_that_takes_long_goes_on_behind_its_answer() {
    let mut guarded = Guarded::new("long", SHORT).await;
    let answer = heard(guarded.ask(2, "{}").await).await;
    assert!(answer.starts_with("HTTP/1.1 504") && answer.contains("\"code\":\"too_slow\""), "{answer}");
    guarded.has_begun().await;
    assert_eq!(guarded.gate.audit().count().await, 0);
    guarded.goes_on.notify_one();
    guarded.recorded().await;
    guarded.is_done_once().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_ends_with_the_time_and_nothing_is_done() {
    let mut guarded = Guarded::new("slow", SHORT).await;
    let answer = heard(guarded.ask(10, "abc").await).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"code\":\"too_slow\""), "{answer}");
    assert!(guarded.began.try_recv().is_err());
    assert_eq!(guarded.gate.audit().count().await, 0);
    // Nor is it the answer that is given again.
    guarded.goes_on.notify_one();
    let answer = heard(guarded.ask(2, "{}").await).await;
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("idempotent-replayed"), "{answer}");
}
