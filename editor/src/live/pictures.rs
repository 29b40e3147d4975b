//! Sources as they are now: their newest small pictures, as the controller gives them to whoever may see the source.
//!
//! They come over the API and not over QUIC as on display nodes: a designer is known by a token whose rights are per source tag, and the
//! API applies those, privacy zones and all; the certificate of a display node would show every source to whoever has it, and needs a
//! port open towards each ingest node. A picture of 640 pixels every two seconds is enough to lay out a wall by.

use crate::compose::{LivePicture, LivePictures};
use bytes::Bytes;
use controller_client::{AskError, Client, Door};
use media::{Color, Frame, MediaTime, PixelLayout, Plane, SourceId, WallTime};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How wide a picture is asked for: the most that the controller gives.
const WIDTH: u32 = 640;
/// A picture that is so old is asked for again.
const AGAIN_AFTER: Duration = Duration::from_millis(1500);
/// And one that could not be had.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(60);
/// A picture that has not come anew for so long is not live.
const STALE_AFTER: Duration = Duration::from_secs(8);
/// Most sources of which pictures are kept.
const SOURCES_MAX: usize = 256;
const ANSWER_WITHIN: Duration = Duration::from_secs(8);

/// What is known of one source.
#[derive(Default)]
struct Kept {
    frame: Option<Frame>,
    captured_ms: Option<i64>,
    /// When a newer picture came last.
    came: Option<Instant>,
    /// When it was asked for last, and whether it came.
    asked: Option<(Instant, bool)>,
}

impl Kept {
    fn is_due(&self, now: Instant) -> bool {
        self.asked.is_none_or(|(at, came)| now - at >= if came { AGAIN_AFTER } else { RETRY_AFTER })
    }

    fn age(&self, now: Instant) -> Duration {
        self.came.map_or(Duration::ZERO, |came| now - came)
    }
}

#[derive(Default)]
struct State {
    wanted: BTreeSet<SourceId>,
    kept: BTreeMap<SourceId, Kept>,
    /// Whether there is something that the editor has not taken.
    news: bool,
    /// How old, in seconds, the stale pictures were that the editor has.
    shown: BTreeMap<SourceId, u64>,
    end: bool,
}

/// Where pictures lie.
pub(super) struct Shelf {
    state: Mutex<State>,
    told: Condvar,
    done: Arc<dyn Fn() + Send + Sync>,
}

impl Shelf {
    pub(super) fn new(done: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { state: Mutex::default(), told: Condvar::new(), done }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which sources are seen.
    pub(super) fn want(&self, sources: BTreeSet<SourceId>) {
        let mut state = self.lock();
        if state.wanted != sources {
            state.wanted = sources.into_iter().take(SOURCES_MAX).collect();
            let State { kept, wanted, .. } = &mut *state;
            kept.retain(|source, _| wanted.contains(source));
            drop(state);
            self.told.notify_all();
        }
    }

    pub(super) fn end(&self) {
        self.lock().end = true;
        self.told.notify_all();
    }

    /// All pictures, where one of them is another one or another second has made a stale one older.
    pub(super) fn take(&self) -> Option<LivePictures> {
        let (mut state, now) = (self.lock(), Instant::now());
        let stale = |kept: &Kept| kept.frame.is_some() && kept.age(now) > STALE_AFTER;
        let old: BTreeMap<SourceId, u64> = state
            .kept
            .iter()
            .filter(|(_, kept)| stale(kept))
            .map(|(source, kept)| (source.clone(), kept.age(now).as_secs()))
            .collect();
        if !state.news && old == state.shown {
            return None;
        }
        let picture = |kept: &Kept| {
            Some(LivePicture { frame: kept.frame.clone()?, age: kept.age(now), stale: stale(kept) })
        };
        let pictures =
            state.kept.iter().filter_map(|(source, kept)| Some((source.clone(), picture(kept)?))).collect();
        (state.news, state.shown) = (false, old);
        Some(pictures)
    }

    /// No pictures any more.
    pub(super) fn clear(&self) -> Option<LivePictures> {
        let mut state = self.lock();
        let had = !state.kept.is_empty() || state.news;
        (state.kept, state.shown, state.news) = (BTreeMap::new(), BTreeMap::new(), false);
        had.then(LivePictures::new)
    }

    /// The source that has waited longest; waits until there is one. `None` when the editor ends.
    fn next(&self) -> Option<SourceId> {
        let mut state = self.lock();
        loop {
            if state.end {
                return None;
            }
            let now = Instant::now();
            let State { wanted, kept, .. } = &mut *state;
            for source in wanted.iter() {
                kept.entry(source.clone()).or_default();
            }
            let due = kept.iter().filter(|(_, kept)| kept.is_due(now));
            if let Some((source, _)) = due.min_by_key(|(_, kept)| kept.asked.map(|(at, _)| at)) {
                return Some(source.clone());
            }
            let nothing = kept.is_empty();
            state = match nothing {
                true => self.told.wait(state).unwrap_or_else(PoisonError::into_inner),
                false => {
                    self.told.wait_timeout(state, AGAIN_AFTER / 6).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn put(&self, source: &SourceId, told: Result<(Option<i64>, Option<Frame>), AskError>) {
        let mut state = self.lock();
        let Some(kept) = state.kept.get_mut(source) else { return };
        let now = Instant::now();
        kept.asked = Some((now, told.is_ok()));
        match told {
            // A picture that was composed at the same moment is the same one, and as old as it was.
            Ok((captured, Some(frame))) if kept.frame.is_none() || captured != kept.captured_ms => {
                *kept =
                    Kept { frame: Some(frame), captured_ms: captured, came: Some(now), asked: kept.asked };
            }
            // What may not be seen any more, or is shown by no wall, is not kept in sight; where only the node is away it grows old.
            Err(AskError::Refused(refused))
                if matches!(refused.status, 403 | 404) && kept.frame.is_some() =>
            {
                kept.frame = None;
            }
            _ => return,
        }
        state.news = true;
        drop(state);
        (self.done)();
    }

    fn pause(&self) {
        let state = self.lock();
        let going = |state: &mut State| !state.end;
        drop(self.told.wait_timeout_while(state, PAUSE, going).unwrap_or_else(PoisonError::into_inner));
    }
}

/// Fetches pictures of what is wanted.
pub(super) fn fetch(shelf: &Shelf, door: &Door) {
    let client = Client::new(door.clone(), ANSWER_WITHIN);
    while let Some(source) = shelf.next() {
        let told = client.picture(&format!("/v1/sources/{source}/thumbnail.jpg?width={WIDTH}"));
        shelf.put(&source, told.map(|picture| (picture.captured_ms, frame(&picture.bytes))));
        shelf.pause();
    }
}

/// A JPEG as a frame.
fn frame(jpeg: &[u8]) -> Option<Frame> {
    let bitmap = renderer::raster::decode_image(jpeg).ok()?;
    let size = bitmap.size();
    let plane = Plane { stride: size.width as usize * 4, bytes: Bytes::copy_from_slice(bitmap.bytes()) };
    Frame::new(MediaTime(0), WallTime(0), size, Color::JPEG, PixelLayout::Bgra8, vec![plane]).ok()
}
