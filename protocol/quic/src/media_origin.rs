//! What a process offers: its sources, each with its streams and its status, cached for viewers who come late.

use crate::error::LinkError;
use crate::track_reader::MediaReader;
use crate::track_writer::TrackWriter;
use media::{SourceId, StreamId};
use moq_net::{Hop, Timescale, Timestamp, broadcast, cache, origin, track};
use protocol::StatusMessage;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Each server offers this path from its first moment: seeing it tells a client that it is accepted.
pub(crate) const GREETING: &str = "_accepted";
const STATUS_TRACK: &str = "status";
/// Groups older than this are dropped from the cache; the newest of each track always stays.
const KEEP: Duration = Duration::from_secs(2);

/// The track of a source's stream; `None` is the stream of a source that has no sub-streams, and the main one of a
/// source that has.
pub(crate) fn stream_track(stream: Option<&StreamId>) -> String {
    // Ids have no dots, so no stream can be taken for another track.
    stream.map_or_else(|| "video".to_owned(), |stream| format!("video.{stream}"))
}

pub(crate) fn status_track() -> &'static str {
    STATUS_TRACK
}

pub(crate) fn track_info() -> track::Info {
    track::Info::default().with_timescale(Timescale::MICRO).with_max_age(KEEP)
}

pub(crate) fn moq_error(error: moq_net::Error) -> LinkError {
    match error {
        moq_net::Error::Closed | moq_net::Error::Dropped | moq_net::Error::Cancel => LinkError::Closed,
        // The connection itself says more, see `MediaClient::ended`.
        moq_net::Error::Transport(_) | moq_net::Error::Session(_) => LinkError::Lost,
        other => LinkError::Transport(other.to_string()),
    }
}

/// Everything that this process offers. Cheap to clone; lives as long as a clone, a publisher or a server of it.
#[derive(Clone)]
pub struct MediaOrigin {
    producer: origin::Producer,
    cache: cache::Pool,
    /// Kept so that servers are recognised; see [`GREETING`].
    _greeting: Arc<broadcast::Producer>,
}

impl std::fmt::Debug for MediaOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaOrigin").field("cached_bytes", &self.cache.used()).finish_non_exhaustive()
    }
}

/// An empty origin whose cache aims at `cache_bytes_max`, with the task that drives it.
pub(crate) fn new_origin(cache_bytes_max: u64) -> (origin::Producer, cache::Pool) {
    let pool = cache::Pool::new(cache::Config::default().with_capacity(cache_bytes_max));
    let mut config = origin::Config::new(Hop::random());
    config.pool = pool.clone();
    // There is one path to each source: nothing can flap, so nothing needs to be held back.
    config.update_hold = Duration::ZERO;
    let (producer, driver) = origin::Producer::new(config);
    tokio::spawn(moq_net::time::run(driver));
    (producer, pool)
}

impl MediaOrigin {
    /// An origin that offers nothing yet. Its cache is drawn back to `cache_bytes_max` whenever something is
    /// written, except that the newest group of each stream always stays. To be called inside a tokio runtime.
    pub fn new(cache_bytes_max: u64) -> Result<Self, LinkError> {
        let (producer, cache) = new_origin(cache_bytes_max);
        let greeting = producer.publish(GREETING, origin::Route::default()).map_err(moq_error)?;
        Ok(Self { producer, cache, _greeting: Arc::new(greeting) })
    }

    /// Offers `source` with its main stream and `streams`. Ends when the publisher is dropped.
    pub fn publish(&self, source: &SourceId, streams: &[StreamId]) -> Result<SourcePublisher, LinkError> {
        let broadcast = self.producer.create_broadcast(source.as_str()).map_err(moq_error)?;
        let status = broadcast.create_track(STATUS_TRACK, track_info()).map_err(moq_error)?;
        let mut tracks = BTreeMap::new();
        for stream in std::iter::once(None).chain(streams.iter().map(Some)) {
            let track = broadcast.create_track(stream_track(stream), track_info()).map_err(moq_error)?;
            tracks.insert(stream.cloned(), track);
        }
        // Announced last: whoever sees the source sees its streams.
        broadcast.announce(origin::Route::default()).map_err(moq_error)?;
        Ok(SourcePublisher { source: source.clone(), broadcast, status, tracks })
    }

    /// Reads what this origin offers inside this process, without a network.
    pub fn local(&self) -> MediaReader {
        MediaReader::new(self.producer.consume(), None)
    }

    /// Bytes in the cache now.
    pub fn cached_bytes(&self) -> u64 {
        self.cache.used()
    }

    pub(crate) fn consume(&self) -> origin::Consumer {
        self.producer.consume()
    }
}

/// One offered source.
pub struct SourcePublisher {
    source: SourceId,
    broadcast: broadcast::Producer,
    status: track::Producer,
    tracks: BTreeMap<Option<StreamId>, track::Producer>,
}

impl std::fmt::Debug for SourcePublisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourcePublisher").field("source", &self.source).finish_non_exhaustive()
    }
}

impl SourcePublisher {
    /// Which source.
    pub fn source(&self) -> &SourceId {
        &self.source
    }

    /// The writing end of a stream that was named when the source was published; `None` is the main stream. There
    /// must be one writer per stream at a time.
    pub fn stream(&self, stream: Option<&StreamId>) -> Result<TrackWriter, LinkError> {
        let track = self.tracks.get(&stream.cloned());
        let track = track
            .ok_or_else(|| LinkError::NotOffered(crate::track_reader::described(&self.source, stream)))?;
        Ok(TrackWriter::new(self.source.clone(), track.clone()))
    }

    /// Tells everyone who shows the source how it stands. Late viewers are told the newest.
    pub fn status(&self, message: StatusMessage) -> Result<(), LinkError> {
        let bytes = message.encode()?;
        let micros = u64::try_from(message.since.0 / 1000).unwrap_or(0);
        let at =
            Timestamp::from_micros(micros).map_err(|_| LinkError::Local("a time is out of range".into()))?;
        let mut group = self.status.append_group().map_err(moq_error)?;
        group.write_frame(at, bytes).map_err(moq_error)?;
        group.finish().map_err(moq_error)
    }
}

impl Drop for SourcePublisher {
    fn drop(&mut self) {
        self.broadcast.close();
    }
}
