//! One stream on a display node, from its subscription to the queue of decoded frames.
//!
//! A network task takes packets off QUIC and hands them to a decoder thread over a bounded channel; the decoder thread
//! fills a bounded frame queue; the display engine picks from that queue at each tick and never waits for either. When
//! the decoder cannot keep up the channel is full, and packets are dropped up to the next key picture.
//!
//! Pictures wait for the wall's latency, which may be five seconds: at 4K that is more than a gigabyte of decoded frames
//! for one window, and some ten megabytes of packets. So it is the packets that wait. The decoder works ahead until the
//! frame queue is full, half a second to a second of pictures, and goes on as pictures are taken; what comes meanwhile
//! stays in the channel, which has room for the latency's packets beside those of a decoder that is late. Both ends are
//! bounded in pictures and in bytes, and no bound depends on what a source promises of itself.

use crate::clock::Clock;
use crate::stats::StreamMeter;
use ingest::{DecodeError, Decoder, FrameQueue, Verdict};
use ingest_ffmpeg::FfmpegDecoder;
use media::{Fault, Frame, Packet, SourceId, StreamId, StreamInfo, WallTime};
use protocol::{SourceStatus, StatusMessage};
use protocol_quic::{LinkState, MediaLink, SubscribeOptions, TrackEvent};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Packets between the network and a decoder that is late, beyond those that wait for the wall's latency: about two
/// seconds of video.
const PACKETS_LATE: usize = 64;

/// Pictures a second that a stream is taken to have at least, in thousandths: many announce too few, or none.
const RATE_MIN_MILLIHZ: u32 = 60_000;

/// Bytes of packets that wait: five seconds at 200 Mbit/s, more than any camera sends.
const PACKET_BYTES_MAX: usize = 128 << 20;

/// Decoded frames that wait for their tick: more than a second of any usual rate.
const FRAMES_MAX: usize = 32;

/// Bytes of decoded frames that wait: 20 frames of 4K video with eight bits.
const FRAME_BYTES_MAX: usize = 256 << 20;

/// What the decoder thread works on.
type Work = (Arc<StreamInfo>, Packet);

/// The packets between the network and the decoder.
#[derive(Debug, Default)]
struct Backlog {
    packets: usize,
    bytes: usize,
}

/// Whether one more packet may wait.
#[derive(Debug, PartialEq, Eq)]
enum Room {
    Enough,
    /// The decoder is late.
    Packets,
    /// The stream is too large for the latency.
    Bytes,
}

impl Backlog {
    /// Counts a packet of `bytes` in where there is room, `packets_max` packets being the most.
    fn enter(&mut self, bytes: usize, packets_max: usize) -> Room {
        if self.packets >= packets_max {
            return Room::Packets;
        }
        // One packet is always let through, however large it is.
        if self.packets > 0 && self.bytes.saturating_add(bytes) > PACKET_BYTES_MAX {
            return Room::Bytes;
        }
        self.packets += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        Room::Enough
    }

    fn leave(&mut self, bytes: usize) {
        self.packets = self.packets.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// How many packets of a stream may wait where pictures are shown `latency` after their capture.
fn packets_max(latency: Duration, info: &StreamInfo) -> usize {
    let rate = info.frame_rate_millihz.unwrap_or(0).max(RATE_MIN_MILLIHZ);
    let waiting = latency.as_millis() * u128::from(rate) / 1_000_000;
    PACKETS_LATE.saturating_add(usize::try_from(waiting).unwrap_or(usize::MAX))
}

struct Shared {
    source: SourceId,
    clock: Clock,
    /// How long after its capture a picture is shown.
    latency_ns: AtomicU64,
    backlog: Mutex<Backlog>,
    queue: Mutex<FrameQueue>,
    /// Told when pictures have been taken from the queue, and at the end.
    taken: Condvar,
    ended: AtomicBool,
    status: Mutex<Option<StatusMessage>>,
    link_lost: AtomicBool,
    /// What comes cannot be decoded on this machine.
    unsupported: AtomicBool,
    meter: Mutex<StreamMeter>,
    dropped: AtomicU64,
}

impl Shared {
    fn new(source: SourceId, clock: Clock, latency: Duration) -> Self {
        let shared = Self {
            source,
            clock,
            latency_ns: AtomicU64::new(0),
            backlog: Mutex::default(),
            queue: Mutex::new(FrameQueue::new(FRAMES_MAX).with_bytes(FRAME_BYTES_MAX)),
            taken: Condvar::new(),
            ended: AtomicBool::new(false),
            status: Mutex::new(None),
            link_lost: AtomicBool::new(false),
            unsupported: AtomicBool::new(false),
            meter: Mutex::default(),
            dropped: AtomicU64::new(0),
        };
        shared.set_latency(latency);
        shared
    }

    fn set_latency(&self, latency: Duration) {
        let latency_ns = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.latency_ns.store(latency_ns, Ordering::Relaxed);
    }

    fn latency(&self) -> Duration {
        Duration::from_nanos(self.latency_ns.load(Ordering::Relaxed))
    }

    fn fault(&self) -> Option<Fault> {
        if self.link_lost.load(Ordering::Relaxed) {
            return Some(Fault::IngestLost);
        }
        match open(&self.status).map(|message| message.status) {
            Some(SourceStatus::Fault(fault)) => Some(fault),
            _ => self.unsupported.load(Ordering::Relaxed).then_some(Fault::Unsupported),
        }
    }

    /// Puts a picture into the queue as soon as there is room; false when nobody wants it any more.
    fn push(&self, frame: Frame) -> bool {
        let mut queue = open(&self.queue);
        while !self.ended.load(Ordering::Relaxed) {
            let Some(wait) = queue.wait_for_room(self.clock.wall(), self.latency()) else {
                queue.push(frame);
                return true;
            };
            queue = self.taken.wait_timeout(queue, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    /// Ends a decoder that waits for room.
    fn end(&self) {
        // Under the lock, or a decoder that has asked and does not wait yet would not hear it.
        let queue = open(&self.queue);
        self.ended.store(true, Ordering::Relaxed);
        drop(queue);
        self.taken.notify_all();
    }
}

/// Locks a value that is usable whatever happened to the thread that held it.
fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stream that this node shows. Dropping it ends the subscription and the decoder.
pub struct Input {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

/// What an input gives for one tick.
#[derive(Default)]
pub struct Due {
    /// The newest frame that is due, the same one as before when no newer one is.
    pub frame: Option<Frame>,
    /// Whether it is shown for the first time.
    pub is_new: bool,
    /// What is wrong with the source or with the way to it, as far as is known.
    pub fault: Option<Fault>,
}

impl Input {
    /// Subscribes to `source`'s stream `stream` over `link` and begins to decode, for pictures that are shown `latency`
    /// after their capture.
    pub fn start(
        source: &SourceId,
        stream: Option<&StreamId>,
        link: &MediaLink,
        options: SubscribeOptions,
        latency: Duration,
        clock: &Clock,
        runtime: &Handle,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::new(source.clone(), clock.clone(), latency));
        // Bounded by the backlog, which knows how much a latency may hold back.
        let (sender, receiver) = channel();
        let decoding = shared.clone();
        // The thread ends when the network task drops its end of the channel.
        std::thread::Builder::new()
            .name(format!("decode {source}"))
            .spawn(move || decode_all(&decoding, &receiver, |info| FfmpegDecoder::new(info, 1)))?;
        let track = link.track(source, stream, options);
        let tasks = vec![
            runtime.spawn(receive(shared.clone(), track, sender)),
            runtime.spawn(watch_link(shared.clone(), link.clone())),
            runtime.spawn(watch_status(shared.clone(), link.clone())),
        ];
        Ok(Self { shared, tasks })
    }

    /// What to show for pictures captured up to `deadline`.
    pub fn due(&self, deadline: WallTime) -> Due {
        let picked = open(&self.shared.queue).pick(deadline);
        self.shared.taken.notify_all();
        let is_new = picked.as_ref().is_some_and(|picked| picked.verdict != Verdict::Repeated);
        Due { frame: picked.map(|picked| picked.frame), is_new, fault: self.shared.fault() }
    }

    /// From now on pictures are shown `latency` after their capture.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.set_latency(latency);
    }

    /// Notes that a new picture, `age` old, was shown at `now`.
    pub fn shown(&self, age: Duration, now: WallTime) {
        open(&self.shared.meter).passed(age, now);
    }

    /// How its pictures flow on the screens.
    pub fn meter(&self) -> StreamMeter {
        open(&self.shared.meter).clone()
    }

    /// Pictures given up on the way: for want of room, damaged, or too late for their tick.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.end();
    }
}

async fn receive(shared: Arc<Shared>, mut track: protocol_quic::DurableTrack, sender: Sender<Work>) {
    let mut wait_for_key = false;
    let mut told = false;
    loop {
        match track.next().await {
            TrackEvent::Picture(info, packet) => {
                wait_for_key &= !packet.keyframe;
                if wait_for_key {
                    shared.dropped.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                let room =
                    open(&shared.backlog).enter(packet.bytes.len(), packets_max(shared.latency(), &info));
                if room == Room::Enough {
                    if sender.send((info, packet)).is_err() {
                        return;
                    }
                    continue;
                }
                wait_for_key = true;
                shared.dropped.fetch_add(1, Ordering::Relaxed);
                if room == Room::Packets {
                    tracing::warn!(source = %shared.source, "the decoder cannot keep up: skipping to the next key picture");
                } else if !std::mem::replace(&mut told, true) {
                    tracing::warn!(
                        source = %shared.source,
                        latency_ms = shared.latency().as_millis() as u64,
                        room_mib = PACKET_BYTES_MAX >> 20,
                        "what this source sends while the wall's latency lasts does not fit into the memory set aside for it, \
                         and its picture will halt: lower the wall's latency_ms or the camera's bit rate"
                    );
                }
            }
            TrackEvent::Interrupted(error) => {
                tracing::debug!(source = %shared.source, %error, "subscription interrupted");
            }
        }
    }
}

async fn watch_link(shared: Arc<Shared>, link: MediaLink) {
    let mut state = link.state();
    loop {
        let lost = matches!(&*state.borrow_and_update(), LinkState::Down(_));
        shared.link_lost.store(lost, Ordering::Relaxed);
        if state.changed().await.is_err() {
            // A link inside this process never changes.
            return;
        }
    }
}

async fn watch_status(shared: Arc<Shared>, link: MediaLink) {
    loop {
        let Ok(reader) = link.reader().await else { return };
        if let Ok(mut statuses) = reader.status(&shared.source).await {
            while let Ok(Some(message)) = statuses.next().await {
                *open(&shared.status) = Some(message);
            }
        }
        // The source is not offered yet or any more; the directory may give it to another node.
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// A stream, and its decoder where this machine has one.
struct Decoding<D> {
    info: Arc<StreamInfo>,
    decoder: Option<D>,
    /// The log has it that the decoder is not good for this stream.
    warned: bool,
}

fn decode_all<D: Decoder>(
    shared: &Shared,
    work: &Receiver<Work>,
    make: impl Fn(&StreamInfo) -> Result<D, DecodeError>,
) {
    let mut decoding: Option<Decoding<D>> = None;
    let mut frames = Vec::new();
    while let Ok((info, packet)) = work.recv() {
        open(&shared.backlog).leave(packet.bytes.len());
        let running = match decoding.take() {
            Some(running) if *running.info == *info => running,
            // Asked for once a stream: what is not there for one packet is not there for the next.
            _ => Decoding { decoder: start_decoder(shared, make(&info)), info, warned: false },
        };
        let running = decoding.insert(running);
        let Some(decoder) = &mut running.decoder else {
            shared.dropped.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        if let Err(error) = decoder.decode(&packet, &mut frames) {
            shared.dropped.fetch_add(1, Ordering::Relaxed);
            if matches!(error, DecodeError::Unsupported { .. }) {
                shared.unsupported.store(true, Ordering::Relaxed);
                if !std::mem::replace(&mut running.warned, true) {
                    tracing::warn!(source = %shared.source, %error, "this stream cannot be decoded here");
                }
            }
            tracing::debug!(source = %shared.source, %error, "a packet gave no picture");
        }
        if !frames.is_empty() {
            shared.unsupported.store(false, Ordering::Relaxed);
        }
        for frame in frames.drain(..) {
            if !shared.push(frame) {
                return;
            }
        }
    }
}

fn start_decoder<D>(shared: &Shared, made: Result<D, DecodeError>) -> Option<D> {
    shared.unsupported.store(made.is_err(), Ordering::Relaxed);
    let warned = made.inspect_err(|error| {
        tracing::warn!(source = %shared.source, %error, "no decoder for this stream");
    });
    warned.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use media::{Codec, MediaTime};
    use protocol_quic::Host;
    use std::cell::Cell;

    struct NoDecoder;

    impl Decoder for NoDecoder {
        fn decode(&mut self, _: &Packet, _: &mut Vec<Frame>) -> Result<(), DecodeError> {
            Ok(())
        }

        fn flush(&mut self, _: &mut Vec<Frame>) -> Result<(), DecodeError> {
            Ok(())
        }
    }

    fn source() -> SourceId {
        SourceId::new("gate").unwrap()
    }

    fn info(codec: Codec) -> Arc<StreamInfo> {
        Arc::new(StreamInfo { codec, size: None, frame_rate_millihz: Some(25_000), extradata: Bytes::new() })
    }

    fn packet() -> Packet {
        let (time, captured, bytes) = (MediaTime(0), WallTime(0), Bytes::from_static(b"packet"));
        Packet { source: source(), time, captured, keyframe: true, bytes }
    }

    fn shared() -> Shared {
        Shared::new(source(), Clock::system(Host::system()), Duration::from_millis(120))
    }

    #[test]
    fn a_decoder_that_is_missing_is_asked_for_once_a_stream_and_told() {
        let shared = shared();
        let asked = Cell::new(0);
        let make = |info: &StreamInfo| {
            asked.set(asked.get() + 1);
            match info.codec {
                Codec::H264 => Ok(NoDecoder),
                _ => Err(DecodeError::Unsupported { detail: "none".into() }),
            }
        };
        let decode = |infos: &[&Arc<StreamInfo>]| {
            let (sender, receiver) = channel();
            for info in infos {
                sender.send(((*info).clone(), packet())).unwrap();
            }
            drop(sender);
            decode_all(&shared, &receiver, make);
        };
        let (unknown, known) = (info(Codec::Av1), info(Codec::H264));
        assert_eq!(shared.fault(), None);
        decode(&[&unknown, &unknown, &unknown]);
        assert_eq!((asked.get(), shared.fault()), (1, Some(Fault::Unsupported)));
        decode(&[&unknown, &known, &known]);
        assert_eq!((asked.get(), shared.fault()), (3, None));
        assert_eq!(shared.dropped.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn as_many_packets_may_wait_as_the_latency_holds_back() {
        let [short, long] = [120, 5000].map(|ms| packets_max(Duration::from_millis(ms), &info(Codec::H264)));
        assert_eq!((short, long), (PACKETS_LATE + 7, PACKETS_LATE + 300));
        let mut backlog = Backlog::default();
        for _ in 0..long {
            assert_eq!(backlog.enter(100_000, long), Room::Enough);
        }
        assert_eq!(backlog.enter(100_000, long), Room::Packets);
        backlog.leave(100_000);
        assert_eq!(backlog.enter(100_000, long), Room::Enough);
    }

    #[test]
    fn the_bytes_that_wait_are_bounded() {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.enter(PACKET_BYTES_MAX + 1, 64), Room::Enough);
        assert_eq!(backlog.enter(1, 64), Room::Bytes);
        backlog.leave(PACKET_BYTES_MAX + 1);
        assert_eq!(backlog.enter(1, 64), Room::Enough);
    }
}
