//! One stream on a display node, from its subscription to the queue of decoded frames.
//!
//! A network task takes packets off QUIC and hands them to a decoder thread over a bounded channel; the decoder thread
//! fills a bounded frame queue; the display engine picks from that queue at each tick and never waits for either. When
//! the decoder cannot keep up the channel is full, and packets are dropped up to the next key picture.

use crate::stats::StreamMeter;
use ingest::{Decoder, FrameQueue, Verdict};
use ingest_ffmpeg::FfmpegDecoder;
use media::{Fault, Frame, Packet, SourceId, StreamId, StreamInfo, WallTime};
use protocol::{SourceStatus, StatusMessage};
use protocol_quic::{LinkState, MediaLink, SubscribeOptions, TrackEvent};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Packets between the network and the decoder: about two seconds of video.
const PACKETS_MAX: usize = 64;

/// Decoded frames that wait for their tick: more than a second of any usual rate.
const FRAMES_MAX: usize = 32;

/// What the decoder thread works on.
type Work = (Arc<StreamInfo>, Packet);

struct Shared {
    source: SourceId,
    queue: Mutex<FrameQueue>,
    status: Mutex<Option<StatusMessage>>,
    link_lost: AtomicBool,
    meter: Mutex<StreamMeter>,
    dropped: AtomicU64,
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
    /// Subscribes to `source`'s stream `stream` over `link` and begins to decode.
    pub fn start(
        source: &SourceId,
        stream: Option<&StreamId>,
        link: &MediaLink,
        options: SubscribeOptions,
        runtime: &Handle,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            source: source.clone(),
            queue: Mutex::new(FrameQueue::new(FRAMES_MAX)),
            status: Mutex::new(None),
            link_lost: AtomicBool::new(false),
            meter: Mutex::default(),
            dropped: AtomicU64::new(0),
        });
        let (sender, receiver) = sync_channel(PACKETS_MAX);
        let decoding = shared.clone();
        // The thread ends when the network task drops its end of the channel.
        std::thread::Builder::new()
            .name(format!("decode {source}"))
            .spawn(move || decode_all(&decoding, &receiver))?;
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
        let is_new = picked.as_ref().is_some_and(|picked| picked.verdict != Verdict::Repeated);
        Due { frame: picked.map(|picked| picked.frame), is_new, fault: self.fault() }
    }

    fn fault(&self) -> Option<Fault> {
        if self.shared.link_lost.load(Ordering::Relaxed) {
            return Some(Fault::IngestLost);
        }
        match open(&self.shared.status).map(|message| message.status) {
            Some(SourceStatus::Fault(fault)) => Some(fault),
            _ => None,
        }
    }

    /// Notes that a new picture, `age` old, was shown at `now`.
    pub fn shown(&self, age: std::time::Duration, now: WallTime) {
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
    }
}

async fn receive(shared: Arc<Shared>, mut track: protocol_quic::DurableTrack, sender: SyncSender<Work>) {
    let mut wait_for_key = false;
    loop {
        match track.next().await {
            TrackEvent::Picture(info, packet) => {
                wait_for_key &= !packet.keyframe;
                if wait_for_key {
                    shared.dropped.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                match sender.try_send((info, packet)) {
                    Ok(()) => {}
                    Err(TrySendError::Full(_)) => {
                        wait_for_key = true;
                        shared.dropped.fetch_add(1, Ordering::Relaxed);
                        tracing::warn!(source = %shared.source, "the decoder cannot keep up: skipping to the next key picture");
                    }
                    Err(TrySendError::Disconnected(_)) => return,
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
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
}

/// A decoder and the stream that it was made for.
struct Decoding {
    info: Arc<StreamInfo>,
    decoder: FfmpegDecoder,
}

fn decode_all(shared: &Shared, work: &Receiver<Work>) {
    let mut decoding: Option<Decoding> = None;
    let mut frames = Vec::new();
    while let Ok((info, packet)) = work.recv() {
        if decoding.as_ref().is_none_or(|running| *running.info != *info) {
            decoding = start_decoder(shared, &info);
        }
        let Some(running) = &mut decoding else {
            shared.dropped.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        if let Err(error) = running.decoder.decode(&packet, &mut frames) {
            shared.dropped.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(source = %shared.source, %error, "a packet gave no picture");
        }
        let mut queue = open(&shared.queue);
        for frame in frames.drain(..) {
            queue.push(frame);
        }
    }
}

fn start_decoder(shared: &Shared, info: &Arc<StreamInfo>) -> Option<Decoding> {
    match FfmpegDecoder::new(info, 1) {
        Ok(decoder) => Some(Decoding { info: info.clone(), decoder }),
        Err(error) => {
            tracing::warn!(source = %shared.source, %error, "no decoder for this stream");
            None
        }
    }
}
