//! Screens of a display process, seen through its tap: the newest picture of each, and when it came.

use crate::picture::Picture;
use crate::tap;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A picture of a screen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its tick.
    pub tick: u64,
    /// When all of it had been read from the tap.
    pub at: Instant,
    /// Its pixels.
    pub picture: Arc<Picture>,
}

#[derive(Debug, Default)]
struct State {
    newest: BTreeMap<u32, Seen>,
    ended: bool,
}

/// What a display process composes, while it does.
#[derive(Debug, Clone)]
pub struct Screen {
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Screen {
    /// Begins to read a tap, waiting for its writer in the background.
    pub fn watch(pipe: &Path) -> Self {
        let shared: Arc<(Mutex<State>, Condvar)> = Arc::default();
        let (path, told) = (pipe.to_path_buf(), shared.clone());
        std::thread::spawn(move || {
            let read = tap::Reader::open(&path).map(|mut reader| {
                while let Ok(Some(record)) = reader.read() {
                    let tap::Record { tick, screen, picture } = record;
                    let seen = Seen { tick, at: Instant::now(), picture: Arc::new(picture) };
                    lock(&told.0).newest.insert(screen, seen);
                    told.1.notify_all();
                }
            });
            lock(&told.0).ended = true;
            told.1.notify_all();
            read
        });
        Self { shared }
    }

    /// The first picture of screen 0 from now on that is as wanted. Errors: none within `patience`; the tap has ended.
    pub fn until(
        &self,
        what: &str,
        patience: Duration,
        wanted: impl Fn(&Picture) -> bool,
    ) -> io::Result<Seen> {
        let begin = Instant::now();
        let mut state = lock(&self.shared.0);
        let mut looked = state.newest.get(&0).map(|seen| seen.tick);
        loop {
            if state.ended {
                return Err(io::Error::other("the tap has ended"));
            }
            let newest = state.newest.get(&0).filter(|seen| Some(seen.tick) != looked).cloned();
            if let Some(seen) = newest {
                looked = Some(seen.tick);
                // The reader goes on while this picture is looked at.
                drop(state);
                if wanted(&seen.picture) {
                    return Ok(seen);
                }
                state = lock(&self.shared.0);
                continue;
            }
            let left = patience.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Err(io::Error::other(format!("not seen within {patience:?}: {what}")));
            }
            state = self.shared.1.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The next picture of screen 0.
    pub fn next(&self) -> io::Result<Seen> {
        self.until("a picture", Duration::from_secs(5), |_| true)
    }

    /// The newest picture of every screen, by its place in the hall document.
    pub fn newest(&self) -> BTreeMap<u32, Seen> {
        lock(&self.shared.0).newest.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
