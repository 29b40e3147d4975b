//! One source as one wall of one display node receives it: real subscriptions, and the real frame queue.

use crate::watch::SharedWatch;
use ingest::{FrameQueue, Freshness};
use media::{Chroma, Color, Fault, Frame, Health, NodeId, PixelLayout, Plane, Size, SourceId, WallTime};
use protocol::SourceStatus;
use protocol_quic::{DurableTrack, LinkState, MediaLink, SubscribeOptions, TrackEvent};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// As many as the latency is long, and some.
const FRAMES_MAX: usize = 16;
const RECEIVED_MAX: usize = 32;

/// What has come of a source.
#[derive(Debug)]
struct State {
    queue: FrameQueue,
    /// When the newest pictures that came were captured: what the queue's picks are judged by.
    received: VecDeque<WallTime>,
    link_lost: bool,
    status: Option<SourceStatus>,
}

/// A subscription. Dropping it ends the tasks.
#[derive(Debug)]
pub struct Feed {
    /// Who reads the source.
    pub reader: NodeId,
    state: Arc<Mutex<State>>,
    tasks: Vec<JoinHandle<()>>,
    freshness: Freshness,
}

/// What a feed has for one tick.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// The picture to show.
    pub captured: Option<WallTime>,
    /// The newest due picture that has come.
    pub newest_due: Option<WallTime>,
    /// Whether nothing will come for a known reason.
    pub faulty: bool,
    /// How the source stands.
    pub health: Health,
}

fn open(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Feed {
    /// Subscribes to `source`.
    pub fn start(
        who: &str,
        source: &SourceId,
        reader: NodeId,
        link: &MediaLink,
        options: SubscribeOptions,
        freshness: Freshness,
        watch: &SharedWatch,
    ) -> Self {
        let state = Arc::new(Mutex::new(State {
            queue: FrameQueue::new(FRAMES_MAX),
            received: VecDeque::new(),
            link_lost: false,
            status: None,
        }));
        let who: Arc<str> = who.into();
        let track = link.track(source, None, options);
        let tasks = vec![
            tokio::spawn(receive(who, state.clone(), track, watch.clone())),
            tokio::spawn(watch_link(state.clone(), link.clone())),
            tokio::spawn(watch_status(source.clone(), state.clone(), link.clone())),
        ];
        Self { reader, state, tasks, freshness }
    }

    /// What is due at `tick`: the newest picture captured up to `deadline`; it is picked by `picked_by`, which differs from
    /// that where a fault is planted.
    pub fn due(&mut self, tick: WallTime, deadline: WallTime, picked_by: WallTime) -> Due {
        let mut state = open(&self.state);
        let captured = state.queue.pick(picked_by).map(|picked| picked.frame.captured());
        let newest_due = state.received.iter().copied().filter(|received| *received <= deadline).max();
        let fault = match (state.link_lost, state.status) {
            (true, _) => Some(Fault::IngestLost),
            (false, Some(SourceStatus::Fault(fault))) => Some(fault),
            (false, _) => None,
        };
        match fault {
            Some(fault) => self.freshness.fault(fault, tick),
            None => self.freshness.clear_fault(),
        }
        if let Some(captured) = captured {
            self.freshness.shown(captured, tick);
        }
        Due { captured, newest_due, faulty: fault.is_some(), health: self.freshness.health(tick) }
    }

    /// Pictures that wait.
    pub fn waiting(&self) -> usize {
        open(&self.state).queue.len()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn frame(captured: WallTime, time: media::MediaTime) -> Option<Frame> {
    let planes = vec![Plane { bytes: vec![0].into(), stride: 1 }];
    Frame::new(time, captured, Size::new(1, 1), Color::HD, PixelLayout::Planar8(Chroma::Mono), planes).ok()
}

async fn receive(who: Arc<str>, state: Arc<Mutex<State>>, mut track: DurableTrack, watch: SharedWatch) {
    loop {
        match track.next().await {
            TrackEvent::Picture(_, packet) => {
                watch.lock().trace.note("picture", &who, packet.captured.0);
                let mut state = open(&state);
                if let Some(frame) = frame(packet.captured, packet.time) {
                    state.queue.push(frame);
                }
                state.received.push_back(packet.captured);
                if state.received.len() > RECEIVED_MAX {
                    state.received.pop_front();
                }
            }
            TrackEvent::Interrupted(error) => {
                let mut watch = watch.lock();
                watch.count("subscription interrupted");
                watch.trace.note("interrupted", &who, error.to_string());
            }
        }
    }
}

async fn watch_link(state: Arc<Mutex<State>>, link: MediaLink) {
    let mut link_state = link.state();
    loop {
        let lost = matches!(&*link_state.borrow_and_update(), LinkState::Down(_));
        open(&state).link_lost = lost;
        if link_state.changed().await.is_err() {
            return;
        }
    }
}

async fn watch_status(source: SourceId, state: Arc<Mutex<State>>, link: MediaLink) {
    loop {
        let Ok(reader) = link.reader().await else { return };
        if let Ok(mut statuses) = reader.status(&source).await {
            while let Ok(Some(message)) = statuses.next().await {
                open(&state).status = Some(message.status);
            }
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
