//! An ingest node: real links, and cameras that make a small numbered packet for each picture.

use crate::hall::{MEDIA_PORT, SOURCE_HZ, ingest_id, source_index};
use crate::machine::Clocks;
use crate::watch::SharedWatch;
use layouts::Layout;
use media::{Codec, MediaTime, NodeId, Packet, Size, SourceId, StreamInfo, WallTime};
use protocol::{Hello, Role, Snapshot, SourceStatus, StatusMessage};
use protocol_quic::{
    ClientEvent, ControlClient, Host, Identity, MediaOrigin, MediaServer, SharedClock, SourcePublisher,
    TrackWriter,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const CACHE_BYTES_MAX: u64 = 1 << 20;
/// A key picture every second.
const GROUP_PICTURES: u64 = SOURCE_HZ as u64;
const PICTURE_BYTES: usize = 300;

/// What an ingest program is started with.
pub struct IngestSetup {
    /// Which ingest node.
    pub index: usize,
    /// What it runs on.
    pub host: Host,
    /// Its clocks, for the timers.
    pub clocks: Arc<Clocks>,
    /// Its certificate.
    pub identity: Identity,
    /// `host:port` of the controller.
    pub controller: String,
    /// Whom to tell what happens.
    pub watch: SharedWatch,
    /// Cameras that are broken now, by index.
    pub broken: watch::Receiver<Vec<bool>>,
}

/// A camera's task; dropping it ends the source.
struct Camera(JoinHandle<()>);

impl Drop for Camera {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs until the task is aborted or told to stop in order.
pub async fn run(setup: IngestSetup, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let node = ingest_id(setup.index)?;
    let origin = MediaOrigin::new(CACHE_BYTES_MAX)?;
    let server =
        MediaServer::bind(&setup.host, ([0, 0, 0, 0], MEDIA_PORT).into(), &setup.identity, origin.clone())?;
    let hello =
        Hello { node: node.clone(), role: Role::Ingest, software: "wall".into(), media_port: MEDIA_PORT };
    let mut control = ControlClient::start(&setup.host, &setup.controller, setup.identity.clone(), hello);
    let mut cameras: BTreeMap<SourceId, Camera> = BTreeMap::new();
    loop {
        tokio::select! {
            biased;
            _ = stop.changed() => break,
            event = control.next() => {
                let Some(event) = event else { break };
                setup.watch.lock().link_event(node.as_str(), &event);
                if let ClientEvent::Snapshot(snapshot) = event {
                    tokio::select! {
                        biased;
                        _ = stop.changed() => break,
                        () = control.clock_set() => {}
                    }
                    let layout = layouts::parse(&snapshot.document, "hall.toml")?;
                    assign(&setup, &origin, &node, &layout, &snapshot, &control.clock(), &mut cameras)?;
                    // A newer layout may have come meanwhile.
                    let _ = control.ready(snapshot.revision);
                }
            }
        }
        let cached = origin.cached_bytes();
        setup.watch.lock().bounded("bytes cached by an ingest node", cached, 2 * CACHE_BYTES_MAX);
    }
    drop(cameras);
    control.close().await;
    server.close().await;
    Ok(())
}

/// Offers the sources that the directory gives this node, and no others.
fn assign(
    setup: &IngestSetup,
    origin: &MediaOrigin,
    node: &NodeId,
    layout: &Layout,
    snapshot: &Snapshot,
    clock: &SharedClock,
    cameras: &mut BTreeMap<SourceId, Camera>,
) -> anyhow::Result<()> {
    let entry = snapshot.directory.iter().find(|entry| entry.node == *node);
    let sources: &[SourceId] = entry.map_or(&[], |entry| entry.sources.as_slice());
    cameras.retain(|source, _| sources.contains(source));
    for source in sources.iter().filter(|source| layout.source(source).is_some()) {
        if !cameras.contains_key(source) {
            let publisher = origin.publish(source, &[])?;
            let film = Film {
                source: source.clone(),
                index: source_index(source),
                writer: publisher.stream(None)?,
                publisher,
                host: setup.host.clone(),
                clocks: setup.clocks.clone(),
                clock: clock.clone(),
                watch: setup.watch.clone(),
                broken: setup.broken.clone(),
            };
            cameras.insert(source.clone(), Camera(tokio::spawn(film.run())));
        }
    }
    Ok(())
}

/// One camera at work.
struct Film {
    source: SourceId,
    index: usize,
    publisher: SourcePublisher,
    writer: TrackWriter,
    host: Host,
    clocks: Arc<Clocks>,
    clock: SharedClock,
    watch: SharedWatch,
    broken: watch::Receiver<Vec<bool>>,
}

impl Film {
    async fn run(mut self) {
        let info = StreamInfo {
            codec: Codec::H264,
            size: Some(Size::new(640, 360)),
            frame_rate_millihz: Some(SOURCE_HZ * 1000),
            extradata: bytes::Bytes::new(),
        };
        let (mut told, mut resumed) = (None, true);
        let begin = self.host.local();
        for number in 0_u64.. {
            let period = 1_000_000_000 / u64::from(SOURCE_HZ);
            // The cameras of a hall are not in step with its ticks, nor with each other.
            let phase = 7_000_000 * (self.index as u64 + 1);
            let at = begin + std::time::Duration::from_nanos(number * period + phase);
            tokio::time::sleep_until(self.clocks.instant_of(at)).await;
            let now = self.clock.map().to_wall(self.host.local());
            let broken = self.broken.borrow().get(self.index).copied().unwrap_or_default();
            let status =
                if broken { SourceStatus::Fault(media::Fault::Unreachable) } else { SourceStatus::Live };
            if told != Some(status) {
                told = Some(status);
                let _ = self.publisher.status(StatusMessage { status, since: now, retry_at: None });
            }
            if broken {
                let _ = self.writer.pause();
                resumed = true;
                continue;
            }
            let keyframe = std::mem::take(&mut resumed) || number.is_multiple_of(GROUP_PICTURES);
            self.picture(&info, number, now, keyframe);
        }
    }

    fn picture(&mut self, info: &StreamInfo, number: u64, captured: WallTime, keyframe: bool) {
        let packet = Packet {
            source: self.source.clone(),
            time: MediaTime((number * 1_000_000_000 / u64::from(SOURCE_HZ)) as i64),
            captured,
            keyframe,
            bytes: vec![number as u8; PICTURE_BYTES].into(),
        };
        self.watch.lock().made(self.index, captured);
        if let Err(error) = self.writer.write(info, &packet) {
            self.watch.lock().violation(format!("a picture of {} cannot be written: {error}", self.source));
        }
    }
}
