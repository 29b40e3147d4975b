//! One source on an ingest node: a thread per stream that reads it while somebody wants it, and passes its pictures
//! on untouched.
//!
//! Three clocks meet in [`StreamThread::pass_on`]: the container's ticks, the moment of arrival on this machine, and
//! the hall's wall time. Only the [`Timeline`] joins them; everything downstream believes its `captured`.

use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::stats::StreamMeter;
use ingest::{Backoff, BackoffSettings, Interrupt, Pace, Source as _, SourceError, SourceEvent, Timeline};
use layouts::Source;
use media::{Endpoint, Fault, Packet, SourceId, StreamId, StreamInfo, WallTime};
use protocol::{MediaFrameError, SourceStatus, StatusMessage};
use protocol_quic::{LinkError, MediaOrigin, SourcePublisher, TrackWriter};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// A stream that nobody shows any more is kept open this long: scenes come and go.
const LINGER: Duration = Duration::from_secs(10);
/// A play list's segments are a second or more apart: what is read is held this long, so that playing never pauses.
const PLAY_LIST_HOLD: Duration = Duration::from_secs(2);
/// A still picture is offered again this often, for viewers who come after the cache has let it go.
const STILL_EVERY: Duration = Duration::from_secs(2);

/// Whether a file that has been played to its end is still shown is looked at this often.
const OVER_EVERY: Duration = Duration::from_secs(1);

/// What every reader on an ingest node shares.
#[derive(Debug)]
pub struct ReaderSettings {
    /// Users and passwords.
    pub credentials: Credentials,
    /// Where files and stills lie.
    pub media_folder: PathBuf,
    /// The machine's clock.
    pub clock: Clock,
    /// Runs the waiting for viewers.
    pub runtime: Handle,
}

/// What is known of a source, over all of its streams.
struct Shared {
    source: Source,
    publisher: SourcePublisher,
    settings: Arc<ReaderSettings>,
    state: Mutex<State>,
    stop: Notify,
    interrupt: Interrupt,
}

#[derive(Default)]
struct State {
    streams: BTreeMap<Option<StreamId>, SourceStatus>,
    told: Option<(SourceStatus, WallTime)>,
    meter: StreamMeter,
}

/// A source that is being read. Dropping it ends its threads.
pub struct SourceReader {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl SourceReader {
    /// Offers `source` at `origin` and begins to read its streams as they are wanted.
    pub fn start(
        source: &Source,
        origin: &MediaOrigin,
        settings: Arc<ReaderSettings>,
    ) -> Result<Self, LinkError> {
        let streams: Vec<StreamId> = source.streams.iter().map(|stream| stream.id.clone()).collect();
        let publisher = origin.publish(&source.id, &streams)?;
        // A source with named streams is asked for by their names; one without has the nameless one alone.
        let names: Vec<Option<StreamId>> =
            if streams.is_empty() { vec![None] } else { streams.into_iter().map(Some).collect() };
        let shared = Arc::new(Shared {
            source: source.clone(),
            publisher,
            settings,
            state: Mutex::default(),
            stop: Notify::new(),
            interrupt: Interrupt::new(),
        });
        shared.tell(None, SourceStatus::Connecting, None);
        let mut threads = Vec::new();
        for (index, name) in names.into_iter().enumerate() {
            let writer = shared.publisher.stream(name.as_ref())?;
            let thread = StreamThread {
                timeline: Timeline::new(pace_of(source.endpoint(name.as_ref()))),
                random: Random::new(&source.id, index),
                backoff: Backoff::new(BackoffSettings::default()),
                shared: shared.clone(),
                name,
                writer,
            };
            let spawned = std::thread::Builder::new()
                .name(format!("read {}", source.id))
                .spawn(move || thread.run())
                .map_err(|error| LinkError::Local(error.to_string()))?;
            threads.push(spawned);
        }
        Ok(Self { shared, threads })
    }

    /// The source as the hall document gave it.
    pub fn source(&self) -> &Source {
        &self.shared.source
    }

    /// How it stands, since when, and how its pictures flow.
    pub fn state(&self) -> (SourceStatus, WallTime, StreamMeter) {
        let state = self.shared.state();
        let (status, since) = state.told.unwrap_or((SourceStatus::Connecting, WallTime(0)));
        (status, since, state.meter.clone())
    }
}

impl Drop for SourceReader {
    fn drop(&mut self) {
        self.shared.interrupt.cancel();
        self.shared.stop.notify_waiters();
        for thread in self.threads.drain(..) {
            // A reading thread that panicked has been reported by the runtime already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Counters and words: usable whatever happened to the thread that held them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how one stream stands and tells every viewer when that changes how the source stands.
    fn tell(&self, stream: Option<&StreamId>, status: SourceStatus, retry_at: Option<WallTime>) {
        let now = self.settings.clock.wall();
        let mut state = self.state();
        state.streams.insert(stream.cloned(), status);
        let best = state.streams.values().copied().min_by_key(|status| match status {
            SourceStatus::Live => 0,
            SourceStatus::Fault(_) => 1,
            SourceStatus::Connecting => 2,
        });
        let best = best.unwrap_or(SourceStatus::Connecting);
        let since = match state.told {
            Some((told, since)) if told == best => since,
            _ => now,
        };
        if state.told == Some((best, since)) && retry_at.is_none() {
            return;
        }
        state.told = Some((best, since));
        drop(state);
        if let Err(error) = self.publisher.status(StatusMessage { status: best, since, retry_at }) {
            tracing::warn!(source = %self.source.id, %error, "a source's state could not be told");
        }
    }

    fn is_stopping(&self) -> bool {
        self.interrupt.is_cancelled()
    }
}

/// How reading a stream ended.
enum End {
    Stopped,
    Unwanted,
    /// A file that is to be played once has been.
    Over,
    Failed(SourceError),
}

struct StreamThread {
    shared: Arc<Shared>,
    name: Option<StreamId>,
    writer: TrackWriter,
    timeline: Timeline,
    backoff: Backoff,
    random: Random,
}

impl StreamThread {
    fn run(mut self) {
        while self.wait_until_wanted() {
            match self.read() {
                End::Stopped => return,
                End::Unwanted => {
                    tracing::debug!(source = %self.id(), "nobody shows this source any more");
                    self.tell(SourceStatus::Connecting, None);
                }
                End::Over => self.rest(),
                End::Failed(error) => self.fail(&error),
            }
        }
    }

    /// Tells that the file is over and leaves it so as long as somebody shows it: the last picture, then a card. Who shows
    /// it again later, in another scene, sees it from its beginning.
    fn rest(&self) {
        tracing::info!(source = %self.id(), "the file has been played to its end");
        self.tell(SourceStatus::Fault(Fault::Ended), None);
        let mut flow = Flow::default();
        while self.go_on(&mut flow).is_ok() {
            self.sleep(OVER_EVERY);
        }
        if !self.shared.is_stopping() {
            self.tell(SourceStatus::Connecting, None);
        }
    }

    fn id(&self) -> &SourceId {
        &self.shared.source.id
    }

    fn tell(&self, status: SourceStatus, retry_at: Option<WallTime>) {
        self.shared.tell(self.name.as_ref(), status, retry_at);
    }

    /// False when the reader is to end.
    fn wait_until_wanted(&self) -> bool {
        let wanted = self.shared.settings.runtime.block_on(async {
            let stop = self.shared.stop.notified();
            tokio::pin!(stop);
            stop.as_mut().enable();
            if self.shared.is_stopping() {
                return false;
            }
            tokio::select! {
                () = stop => false,
                wanted = self.writer.wanted() => wanted.is_ok(),
            }
        });
        wanted && !self.shared.is_stopping()
    }

    /// Tells what happened and waits for the next attempt.
    fn fail(&mut self, error: &SourceError) {
        let clock = self.shared.settings.clock.clone();
        let wait = self.backoff.failed(clock.local(), self.random.next());
        let fault = error.fault().unwrap_or(Fault::Ended);
        tracing::warn!(source = %self.id(), %error, retry_in_ms = wait.as_millis() as u64, "source failed");
        self.tell(SourceStatus::Fault(fault), Some(clock.wall() + wait));
        self.sleep(wait);
    }

    fn sleep(&self, wait: Duration) {
        self.shared.settings.runtime.block_on(async {
            let stop = self.shared.stop.notified();
            tokio::pin!(stop);
            stop.as_mut().enable();
            if !self.shared.is_stopping() {
                // Either way there is nothing left to wait for.
                let _ = tokio::time::timeout(wait, stop).await;
            }
        });
    }

    /// Opens the stream and passes its pictures on until something ends it.
    fn read(&mut self) -> End {
        let shared = self.shared.clone();
        let Some(endpoint) = shared.source.endpoint(self.name.as_ref()) else { return End::Stopped };
        let credential = match credential_of(endpoint).map(|id| (id, shared.settings.credentials.get(id))) {
            Some((_, None)) => {
                return End::Failed(SourceError::Credentials { place: ingest_ffmpeg::place(endpoint) });
            }
            Some((_, found)) => found,
            None => None,
        };
        let timeouts = ingest_ffmpeg::Timeouts::default();
        let folder = &shared.settings.media_folder;
        let mut source =
            match ingest_ffmpeg::open(endpoint, credential, folder, timeouts, shared.interrupt.clone()) {
                Ok(source) => source,
                Err(error) => return self.ended(error),
            };
        self.timeline.restart();
        let mut flow = Flow::default();
        let end = loop {
            match source.next() {
                Ok(SourceEvent::Stream(info)) => flow.info = Some(info),
                Ok(SourceEvent::Packet(raw)) => {
                    if let Err(end) = self.pass_on(raw, &mut flow) {
                        break end;
                    }
                }
                Err(SourceError::Ended { .. }) if !endpoint.is_moving() => break self.hold_still(&mut flow),
                Err(SourceError::Ended { .. }) if flow.live && is_played_once(endpoint) => break End::Over,
                Err(error) => break self.ended(error),
            }
        };
        if let Err(error) = self.writer.pause() {
            tracing::debug!(source = %self.id(), %error, "the open group could not be ended");
        }
        end
    }

    fn ended(&self, error: SourceError) -> End {
        if self.shared.is_stopping() { End::Stopped } else { End::Failed(error) }
    }

    fn pass_on(&mut self, raw: ingest::RawPacket, flow: &mut Flow) -> Result<(), End> {
        let arrival = self.shared.settings.clock.wall();
        let stamp = self.timeline.stamp(&raw, arrival);
        let wait = stamp.due.since(arrival);
        if !wait.is_zero() {
            self.sleep(wait);
        }
        let packet = Packet {
            source: self.id().clone(),
            time: stamp.time,
            captured: stamp.captured,
            keyframe: raw.keyframe,
            bytes: raw.bytes,
        };
        self.write(flow, &packet)?;
        self.go_on(flow)
    }

    /// Passes a picture on. A source is live when one has been passed on, not when one has come: where already the first is
    /// too large for the way, reading ends with that as its fault.
    fn write(&mut self, flow: &mut Flow, packet: &Packet) -> Result<(), End> {
        let Some(info) = &flow.info else { return Ok(()) };
        let (now, local) = (self.shared.settings.clock.wall(), self.shared.settings.clock.local());
        match self.writer.write(info, packet) {
            Ok(()) => {
                self.shared.state().meter.passed(now.since(packet.captured), now);
                if !flow.live {
                    flow.live = true;
                    tracing::info!(source = %self.id(), stream = self.name.as_ref().map(tracing::field::display), "source is live");
                    self.backoff.succeeded(local);
                }
                self.tell(SourceStatus::Live, None);
            }
            Err(LinkError::Media(error @ MediaFrameError::TooLong { .. })) if !flow.live => {
                let endpoint = self.shared.source.endpoint(self.name.as_ref());
                let place = endpoint.map(ingest_ffmpeg::place).unwrap_or_default();
                let detail = format!("its picture is too large: {error}");
                return Err(End::Failed(SourceError::Unsupported { place, detail }));
            }
            Err(error) => {
                self.shared.state().meter.lost(1);
                tracing::warn!(source = %self.id(), %error, "a picture could not be passed on");
            }
        }
        flow.last = Some(packet.clone());
        Ok(())
    }

    /// Offers a still picture again and again until nobody wants it.
    fn hold_still(&mut self, flow: &mut Flow) -> End {
        loop {
            self.sleep(STILL_EVERY);
            if let Err(end) = self.go_on(flow) {
                return end;
            }
            if let Some(mut packet) = flow.last.clone() {
                packet.captured = self.shared.settings.clock.wall();
                if let Err(end) = self.write(flow, &packet) {
                    return end;
                }
            }
        }
    }

    /// Whether somebody still wants the stream.
    fn go_on(&self, flow: &mut Flow) -> Result<(), End> {
        if self.shared.is_stopping() {
            return Err(End::Stopped);
        }
        let now = self.shared.settings.clock.wall();
        if self.writer.is_wanted() {
            flow.unwanted_since = None;
            return Ok(());
        }
        let since = *flow.unwanted_since.get_or_insert(now);
        if now.since(since) > LINGER { Err(End::Unwanted) } else { Ok(()) }
    }
}

/// What is known of a stream while it is open.
#[derive(Default)]
struct Flow {
    info: Option<StreamInfo>,
    live: bool,
    unwanted_since: Option<WallTime>,
    last: Option<Packet>,
}

/// A file gives its pictures as fast as it can be read, a play list a segment at a time.
fn pace_of(endpoint: Option<&Endpoint>) -> Pace {
    match endpoint {
        Some(Endpoint::File { .. }) => Pace::Paced { hold: Duration::ZERO },
        Some(Endpoint::Http { .. }) => Pace::Paced { hold: PLAY_LIST_HOLD },
        _ => Pace::Live,
    }
}

/// Whether a source's end is what its document wants, and nothing to be tried again.
fn is_played_once(endpoint: &Endpoint) -> bool {
    matches!(endpoint, Endpoint::File { repeat: false, .. })
}

/// Random bits that spread reconnects: seeded by the operating system, never for secrets.
struct Random(u64);

impl Random {
    fn new(source: &SourceId, index: usize) -> Self {
        use std::hash::{BuildHasher, RandomState};
        Self(RandomState::new().hash_one((source, index)))
    }

    /// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The credential that an endpoint asks for.
pub(crate) fn credential_of(endpoint: &Endpoint) -> Option<&media::CredentialId> {
    match endpoint {
        Endpoint::Rtsp { credential, .. }
        | Endpoint::Rtmp { credential, .. }
        | Endpoint::Http { credential, .. } => credential.as_ref(),
        Endpoint::Srt { passphrase, .. } => passphrase.as_ref(),
        Endpoint::Udp { .. } | Endpoint::File { .. } | Endpoint::Image { .. } => None,
    }
}
