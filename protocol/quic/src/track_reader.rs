//! The reading end: subscribe to a stream and get its pictures, from the process next door or from inside this one.

use crate::error::LinkError;
use crate::group_queue::{GroupQueue, Next};
use crate::media_origin::{moq_error, status_track, stream_track};
use media::{Packet, SourceId, StreamId, StreamInfo};
use moq_net::{origin, track};
use protocol::{MediaFrame, StatusMessage};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How a stream is to be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscribeOptions {
    /// Who survives an overload: higher goes first. Give no two streams the same.
    pub priority: u8,
    /// A group whose next picture is this much older than the newest that has come is given up for the newer group, at
    /// most 2 s.
    pub latency_max: Duration,
}

impl Default for SubscribeOptions {
    fn default() -> Self {
        Self { priority: 100, latency_max: Duration::from_millis(500) }
    }
}

impl SubscribeOptions {
    /// What a display node asks for: `rank` counts its windows by area from 0, the smallest, and `wall_latency` is how
    /// old pictures are when the wall shows them. A picture that comes later has missed its tick; a group is given up at
    /// twice that, so that one that is late for a moment is not cut short.
    pub fn for_window(rank: usize, wall_latency: Duration) -> Self {
        Self { priority: u8::try_from(rank.min(250)).unwrap_or(250), latency_max: wall_latency * 2 }
    }

    pub(crate) fn subscription(self) -> track::Subscription {
        track::Subscription::default().with_priority(self.priority).with_max_age(self.latency_max)
    }
}

/// Where a connection's end is told; `None` while it stands.
pub(crate) type Ended = watch::Receiver<Option<LinkError>>;

/// Subscribes to what one origin offers: of this process, or of an ingest node. Cheap to clone.
#[derive(Clone)]
pub struct MediaReader {
    origin: Arc<origin::Consumer>,
    ended: Option<Ended>,
}

impl std::fmt::Debug for MediaReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaReader").field("local", &self.ended.is_none()).finish_non_exhaustive()
    }
}

/// `source` and `stream` in words.
pub(crate) fn described(source: &SourceId, stream: Option<&StreamId>) -> String {
    match stream {
        Some(stream) => format!("stream {stream} of source {source}"),
        None => format!("source {source}"),
    }
}

/// Waits for the connection's end; for ever where there is no connection.
async fn end(ended: &mut Option<Ended>) -> LinkError {
    let Some(ended) = ended else { return std::future::pending().await };
    match ended.wait_for(Option::is_some).await {
        Ok(error) => error.clone().unwrap_or(LinkError::Lost),
        Err(_) => LinkError::Lost,
    }
}

/// What came of reading, unless the connection's end is the better answer.
fn told<T>(ended: &Option<Ended>, read: Result<Option<T>, LinkError>) -> Result<Option<T>, LinkError> {
    match (read, ended) {
        (Ok(Some(read)), _) => Ok(Some(read)),
        (other, None) => other,
        (other, Some(ended)) => ended.borrow().clone().map_or(other, Err),
    }
}

impl MediaReader {
    pub(crate) fn new(origin: origin::Consumer, ended: Option<Ended>) -> Self {
        Self { origin: Arc::new(origin), ended }
    }

    /// Subscribes to a stream of `source`, `None` being its main one. Waits until the source is offered.
    pub async fn subscribe(
        &self,
        source: &SourceId,
        stream: Option<&StreamId>,
        options: SubscribeOptions,
    ) -> Result<TrackReader, LinkError> {
        let subscription =
            track::Subscription::default().with_priority(options.priority).with_max_age(options.latency_max);
        let track =
            self.open(source, &stream_track(stream), subscription, &described(source, stream)).await?;
        Ok(TrackReader {
            source: source.clone(),
            groups: GroupQueue::new(track.ordered(), options.latency_max),
            ended: self.ended.clone(),
            info: None,
            seek_keyframe: true,
        })
    }

    /// Subscribes to what the ingest node says of `source`. Waits until the source is offered.
    pub async fn status(&self, source: &SourceId) -> Result<StatusReader, LinkError> {
        let subscription = track::Subscription::default().with_priority(u8::MAX);
        let what = format!("the status of source {source}");
        let track = self.open(source, status_track(), subscription, &what).await?;
        Ok(StatusReader { track: track.ordered(), ended: self.ended.clone() })
    }

    async fn open(
        &self,
        source: &SourceId,
        track: &str,
        subscription: track::Subscription,
        what: &str,
    ) -> Result<track::Subscriber, LinkError> {
        let mut ended = self.ended.clone();
        let opening = async {
            let broadcast = self.origin.routed_broadcast(source.as_str()).await.map_err(moq_error)?;
            let track = broadcast.track(track).map_err(|_| LinkError::NotOffered(what.to_owned()))?;
            match track.subscribe(subscription).await {
                Ok(subscriber) => Ok(subscriber),
                Err(moq_net::Error::Closed | moq_net::Error::Dropped | moq_net::Error::Cancel) => {
                    Err(LinkError::Closed)
                }
                Err(_) => Err(LinkError::NotOffered(what.to_owned())),
            }
        };
        tokio::select! {
            biased;
            error = end(&mut ended) => Err(error),
            opened = opening => opened,
        }
    }
}

/// The reading end of one stream.
pub struct TrackReader {
    source: SourceId,
    groups: GroupQueue,
    ended: Option<Ended>,
    info: Option<Arc<StreamInfo>>,
    /// Pictures are left out up to the next key picture: decoding cannot begin before.
    seek_keyframe: bool,
}

impl std::fmt::Debug for TrackReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrackReader").field("source", &self.source).finish_non_exhaustive()
    }
}

impl TrackReader {
    /// The next picture, with what a decoder must know of its stream; `None` when the source has ended the stream.
    /// After an error, subscribe again. The first picture, and the first one after a gap, is a key picture.
    ///
    /// May be dropped at any time, as in `select!`, without losing a picture.
    pub async fn next(&mut self) -> Result<Option<(Arc<StreamInfo>, Packet)>, LinkError> {
        let mut ended = self.ended.clone();
        tokio::select! {
            biased;
            picture = self.picture() => told(&self.ended, picture),
            error = end(&mut ended) => Err(error),
        }
    }

    /// Changes the priority and the latency that is allowed.
    pub fn update(&mut self, options: SubscribeOptions) -> Result<(), LinkError> {
        self.groups.update(options)
    }

    async fn picture(&mut self) -> Result<Option<(Arc<StreamInfo>, Packet)>, LinkError> {
        loop {
            let next = moq_net::kio::wait(|waiter| self.groups.poll_next(waiter)).await?;
            match next {
                Some(Next::Frame(bytes)) => {
                    if let Some(picture) = self.take(bytes)? {
                        return Ok(Some(picture));
                    }
                }
                Some(Next::Gap) => {
                    tracing::debug!(source = %self.source, "pictures that come too late are left out");
                    self.seek_keyframe = true;
                }
                None => return Ok(None),
            }
        }
    }

    fn take(&mut self, bytes: bytes::Bytes) -> Result<Option<(Arc<StreamInfo>, Packet)>, LinkError> {
        match MediaFrame::decode(&self.source, bytes)? {
            MediaFrame::Info(info) => {
                // Told once per change, so that a decoder can see at a glance that nothing has.
                if self.info.as_deref() != Some(&info) {
                    self.info = Some(Arc::new(info));
                }
                Ok(None)
            }
            MediaFrame::Unit(packet) => {
                if self.seek_keyframe && !packet.keyframe {
                    return Ok(None);
                }
                let Some(info) = self.info.clone() else {
                    return Err(protocol::MediaFrameError::Value("the order").into());
                };
                self.seek_keyframe = false;
                Ok(Some((info, packet)))
            }
        }
    }
}

/// The reading end of a source's status.
pub struct StatusReader {
    track: track::Ordered,
    ended: Option<Ended>,
}

impl std::fmt::Debug for StatusReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusReader").finish_non_exhaustive()
    }
}

impl StatusReader {
    /// The next status; the newest one at first. `None` when the source is offered no longer.
    pub async fn next(&mut self) -> Result<Option<StatusMessage>, LinkError> {
        let mut ended = self.ended.clone();
        tokio::select! {
            biased;
            message = self.message() => told(&self.ended, message),
            error = end(&mut ended) => Err(error),
        }
    }

    async fn message(&mut self) -> Result<Option<StatusMessage>, LinkError> {
        loop {
            let Some(mut group) = self.track.next_group().await.map_err(moq_error)? else { return Ok(None) };
            // A status that was overtaken while it was read is of no use any more.
            if let Ok(Some(frame)) = group.read_frame().await {
                return Ok(Some(StatusMessage::decode(&frame.payload)?));
            }
        }
    }
}
