//! The writing end of one stream: pictures go in, groups that begin at key pictures come out.

use crate::error::LinkError;
use crate::media_origin::moq_error;
use bytes::Bytes;
use media::{Packet, SourceId, StreamInfo};
use moq_net::{Timestamp, group, track};
use protocol::MediaFrame;

/// A group holds no more than this: cameras whose key pictures are minutes apart would fill the memory otherwise.
const GROUP_BYTES_MAX: usize = 16 << 20;
const GROUP_FRAMES_MAX: usize = 4096;

/// Writes one stream of one source.
pub struct TrackWriter {
    source: SourceId,
    track: track::Producer,
    open: Option<OpenGroup>,
    newest_micros: u64,
}

struct OpenGroup {
    producer: group::Producer,
    info: StreamInfo,
    bytes: usize,
    frames: usize,
}

impl std::fmt::Debug for TrackWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrackWriter")
            .field("source", &self.source)
            .field("track", &self.track.name())
            .finish_non_exhaustive()
    }
}

impl OpenGroup {
    fn write(&mut self, at: Timestamp, bytes: Bytes) -> Result<(), LinkError> {
        self.bytes += bytes.len();
        self.frames += 1;
        self.producer.write_frame(at, bytes).map_err(moq_error)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.bytes + bytes <= GROUP_BYTES_MAX && self.frames < GROUP_FRAMES_MAX
    }
}

impl TrackWriter {
    pub(crate) fn new(source: SourceId, track: track::Producer) -> Self {
        Self { source, track, open: None, newest_micros: 0 }
    }

    /// Passes on one picture. What comes before the first key picture is of use to nobody and is left out.
    ///
    /// A group that grows too long is continued in another one that does not begin with a key picture: who follows
    /// goes on without a gap, who comes late waits for the next key picture.
    pub fn write(&mut self, info: &StreamInfo, packet: &Packet) -> Result<(), LinkError> {
        let unit = MediaFrame::encode_unit(packet)?;
        let at = self.timestamp(packet)?;
        if self.open.is_none() && !packet.keyframe {
            return Ok(());
        }
        let goes_on = !packet.keyframe
            && self.open.as_ref().is_some_and(|open| open.has_room(unit.len()) && open.info == *info);
        if !goes_on {
            self.begin(info, at)?;
        }
        let written = self.open.as_mut().map_or(Ok(()), |open| open.write(at, unit));
        if written.is_err() {
            // Half a group is worse than none: the next key picture begins a new one.
            self.open = None;
        }
        written
    }

    /// Ends the group that is open: the source has stopped, and what comes next begins with a key picture.
    pub fn pause(&mut self) -> Result<(), LinkError> {
        match self.open.take() {
            Some(open) => open.producer.finish().map_err(moq_error),
            None => Ok(()),
        }
    }

    /// Whether somebody shows this stream now.
    pub fn is_wanted(&self) -> bool {
        self.track.is_used()
    }

    /// Waits until somebody shows this stream; at once where somebody does.
    pub async fn wanted(&self) -> Result<(), LinkError> {
        self.track.used().await.map_err(moq_error)
    }

    /// Waits until nobody shows this stream; at once where nobody does.
    pub async fn unwanted(&self) -> Result<(), LinkError> {
        self.track.unused().await.map_err(moq_error)
    }

    fn begin(&mut self, info: &StreamInfo, at: Timestamp) -> Result<(), LinkError> {
        let description = MediaFrame::encode_info(info)?;
        self.pause()?;
        let producer = self.track.append_group().map_err(moq_error)?;
        let mut open = OpenGroup { producer, info: info.clone(), bytes: 0, frames: 0 };
        open.write(at, description)?;
        self.open = Some(open);
        Ok(())
    }

    /// The time by which groups age. It never steps back, or B-frames and clock corrections would age groups wrongly.
    fn timestamp(&mut self, packet: &Packet) -> Result<Timestamp, LinkError> {
        let micros = u64::try_from(packet.captured.0 / 1000).unwrap_or(0);
        self.newest_micros = self.newest_micros.max(micros);
        Timestamp::from_micros(self.newest_micros)
            .map_err(|_| LinkError::Local("a time is out of range".into()))
    }
}
