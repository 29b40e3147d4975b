//! Thumbnails that were drawn a moment ago: many consoles that ask for the same cost one drawing.

use crate::node_service::Desk;
use crate::node_service::pictures::PictureFault;
use bytes::Bytes;
use media::WallTime;
use protocol::{PictureFormat, PictureSubject};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Thumbnails kept; some 20 KB each.
const KEPT_MAX: usize = 512;
/// Thumbnails are so wide where nobody says otherwise, and at most.
const WIDTH_PX: u32 = 320;
const WIDTH_PX_MAX: u32 = 640;

/// What a thumbnail shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// On which wall; `None` where any will do.
    pub(crate) wall: Option<String>,
    /// What.
    pub(crate) subject: PictureSubject,
    /// How wide.
    pub(crate) width: Option<u32>,
}

/// One that was drawn.
#[derive(Debug)]
struct Drawn {
    revision: u64,
    at: Instant,
    picture: (WallTime, Bytes),
}

/// Whoever asks while it is being drawn waits for it.
type Place = Arc<tokio::sync::Mutex<Option<Drawn>>>;

/// Thumbnails by what they show.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    places: Mutex<BTreeMap<Key, Place>>,
}

impl Cache {
    /// The thumbnail of `key`, drawn for this revision and not longer ago than `fresh` says.
    pub(crate) async fn get(
        &self,
        desk: &Desk,
        key: Key,
        (revision, fresh): (u64, Duration),
    ) -> Result<(WallTime, Bytes), PictureFault> {
        let width = key.width.unwrap_or(WIDTH_PX).min(WIDTH_PX_MAX);
        let key = Key { width: Some(width), ..key };
        let place = self.place(&key);
        let mut drawn = place.lock().await;
        if let Some(drawn) =
            drawn.as_ref().filter(|drawn| drawn.revision == revision && drawn.at.elapsed() < fresh)
        {
            return Ok(drawn.picture.clone());
        }
        let Key { wall, subject, width } = key;
        let picture = desk.picture(wall.as_deref(), subject, PictureFormat::Jpeg, width).await?;
        *drawn = Some(Drawn { revision, at: Instant::now(), picture: picture.clone() });
        Ok(picture)
    }

    fn place(&self, key: &Key) -> Place {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= KEPT_MAX && !places.contains_key(key) {
            // All are drawn again soon enough.
            places.clear();
        }
        places.entry(key.clone()).or_default().clone()
    }
}
