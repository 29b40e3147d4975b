//! The films of screens: H.264 whose pictures lean on those before them, and on a key picture at the latest.

use super::Shot;
use bytes::Bytes;
use ingest_ffmpeg::{VideoEncodeError, VideoEncoder};
use media::{CanvasFrame, ScreenId, WallId, WallTime};
use protocol::PreviewCoding;
use std::collections::BTreeMap;
use std::time::Duration;

/// After so long a new key picture comes, on a screen that stands still too: whoever has lost one waits no longer.
const KEY_EVERY: Duration = Duration::from_secs(2);
/// And after so many pictures, however fast they come.
const PER_KEY: u32 = 20;
/// What an encoder may reckon with; it plans bits by it and nothing else.
const PER_SECOND: u32 = 10;

struct Film {
    wall: WallId,
    encoder: VideoEncoder,
    key: CanvasFrame,
    /// When the key picture had been composed.
    begun: WallTime,
    order: u32,
}

/// One film for each screen that is watched so.
#[derive(Default)]
pub(super) struct Films {
    running: BTreeMap<ScreenId, Film>,
    /// There is no such encoder here: this has been said, and nobody tries again.
    missing: bool,
}

impl Films {
    /// The next picture of the screen's film. `None` when there is no film, and no picture to begin one with.
    pub fn next(&mut self, shot: &Shot) -> Option<(PreviewCoding, Bytes)> {
        let encoded = self.encode(shot);
        encoded.unwrap_or_else(|error| {
            self.missing |= matches!(error, VideoEncodeError::Missing);
            tracing::warn!(screen = %shot.screen, %error, "the live picture cannot be sent as video");
            self.cut(&shot.screen);
            None
        })
    }

    fn encode(&mut self, shot: &Shot) -> Result<Option<(PreviewCoding, Bytes)>, VideoEncodeError> {
        if self.missing {
            return Ok(None);
        }
        let fits = |film: &Film| shot.picture.as_ref().is_none_or(|is| is.size() == film.encoder.size());
        if !self.running.get(&shot.screen).is_some_and(fits) {
            let Some(picture) = &shot.picture else { return Ok(None) };
            let encoder = VideoEncoder::new(picture.size(), PER_SECOND)?;
            let film =
                Film { wall: shot.wall.clone(), encoder, key: shot.tick, begun: shot.composed, order: 0 };
            self.running.insert(shot.screen.clone(), film);
        }
        let Some(film) = self.running.get_mut(&shot.screen) else { return Ok(None) };
        if film.order >= PER_KEY || shot.composed.since(film.begun) >= KEY_EVERY {
            (film.key, film.begun, film.order) = (shot.tick, shot.composed, 0);
        }
        let coding = PreviewCoding::H264 { key: film.key, order: film.order };
        let bytes = film.encoder.encode(shot.picture.as_ref().map(|is| is.bytes()), film.order == 0)?;
        film.order += 1;
        Ok(Some((coding, bytes)))
    }

    /// The screen's next picture leans on none before.
    pub fn cut(&mut self, screen: &ScreenId) {
        self.running.remove(screen);
    }

    /// The same for all screens of a wall.
    pub fn forget(&mut self, wall: &WallId) {
        self.running.retain(|_, film| film.wall != *wall);
    }
}
