//! A hall on loopback for one test: an authority in a directory of its own, and what nodes need.

use media::{Codec, MediaTime, Size, WallTime};
use media::{NodeId, Packet, SourceId, StreamId, StreamInfo};
use protocol::{Hello, Role};
use protocol_quic::{Authority, BindError, Host, Identity, Peer};
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub struct TestDir(pub PathBuf);

impl TestDir {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("taibai-hall-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for TestDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Hall {
    pub dir: TestDir,
    pub authority: Arc<Authority>,
}

impl Hall {
    pub fn new() -> Self {
        protocol_quic::install_crypto_provider();
        let dir = TestDir::new();
        let authority = Arc::new(Authority::open(&host(), &dir.0).unwrap());
        Self { dir, authority }
    }

    pub fn identity(&self, name: &str, role: Role) -> Identity {
        self.authority.issue(&Peer::Node(node(name), role)).unwrap()
    }

    /// A certificate of another authority, held by somebody who knows this hall's authority well.
    pub fn rogue(&self, name: &str, role: Role) -> Identity {
        let dir = TestDir::new();
        let other = Hall::new();
        other.identity(name, role).save(&dir.0).unwrap();
        std::fs::copy(self.dir.0.join("authority.pem"), dir.0.join("authority.pem")).unwrap();
        Identity::load(&dir.0).unwrap()
    }
}

/// The machine that the tests run on.
pub fn host() -> Host {
    Host::system()
}

pub fn node(name: &str) -> NodeId {
    NodeId::new(name).unwrap()
}

pub fn source(name: &str) -> SourceId {
    SourceId::new(name).unwrap()
}

pub fn stream(name: &str) -> StreamId {
    StreamId::new(name).unwrap()
}

pub fn hello(name: &str, role: Role) -> Hello {
    Hello { node: node(name), role, software: "test".into(), media_port: 0 }
}

/// Fails the test when `future` takes longer than anything here should, even on a busy machine.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(Duration::from_secs(20), future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: nothing within 20 s"),
    }
}

/// Binds a port that a server before may still be letting go of.
pub async fn rebind<T>(bind: impl Fn() -> Result<T, BindError>) -> T {
    loop {
        match bind() {
            Ok(server) => return server,
            Err(BindError::Socket { .. }) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

pub fn info() -> StreamInfo {
    StreamInfo {
        codec: Codec::H264,
        size: Some(Size::new(640, 360)),
        frame_rate_millihz: Some(25_000),
        extradata: bytes::Bytes::from_static(b"\x01\x64\x00\x1f"),
    }
}

/// The `n`th picture of a source at 25 pictures a second with a key picture every `gop`.
pub fn picture(source: &SourceId, n: u64, gop: u64, length: usize) -> Packet {
    let at = i64::try_from(n).unwrap() * 40_000_000;
    let mut bytes = vec![n as u8; length.max(8)];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    Packet {
        source: source.clone(),
        time: MediaTime(at),
        captured: WallTime(1_795_000_000_000_000_000 + at),
        keyframe: n.is_multiple_of(gop),
        bytes: bytes.into(),
    }
}

/// Which picture `packet` is.
pub fn number(packet: &Packet) -> u64 {
    u64::from_be_bytes(packet.bytes[..8].try_into().unwrap())
}
