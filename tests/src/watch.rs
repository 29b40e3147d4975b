//! Watching windows of a running wall: the frame counter and the brightness of each, tick by tick, out of the composed
//! pixels; and what that says.

use crate::counter::{self, Reading};
use crate::picture::{Picture, Rect};
use crate::tap;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A window to watch.
#[derive(Debug, Clone)]
pub struct Window {
    /// What to call it.
    pub name: String,
    /// Its screen, in the order of the hall document.
    pub screen: u32,
    /// Where the whole camera picture lies on the screen.
    pub place: Rect,
    /// The camera whose number must stand in its counter.
    pub camera: u32,
    /// After so many frames the counter begins again.
    pub clip_frames: u32,
    /// Pictures that the camera makes each second.
    pub fps: u32,
}

/// One window at one tick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// The tick, counted from the Unix epoch.
    pub tick: u64,
    /// The counter; `None` where it cannot be read or another camera's stands there.
    pub frame: Option<u32>,
    /// Mean of the colours in the window's middle, 0 to 255.
    pub brightness: f64,
    /// The lower half of the window in 8 × 8 levels: enough to tell a held picture from a card.
    pub sketch: [u8; 64],
}

impl Seen {
    /// Mean difference of the two sketches, 0 to 255.
    pub fn unlike(&self, other: &Self) -> f64 {
        let sum: u32 = self.sketch.iter().zip(&other.sketch).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        f64::from(sum) / 64.0
    }
}

/// A watch that runs.
#[derive(Debug)]
pub struct Watch {
    windows: Vec<Window>,
    tick_hz: u32,
    incoming: Receiver<Vec<(usize, Seen)>>,
    history: Vec<Vec<Seen>>,
}

impl Watch {
    /// Begins to read `tap`, waiting for its writer in the background. `tick_hz` is the wall's.
    pub fn start(tap: &Path, windows: Vec<Window>, tick_hz: u32) -> Self {
        let (sender, incoming) = channel();
        let (path, watched) = (tap.to_path_buf(), windows.clone());
        std::thread::spawn(move || -> io::Result<()> {
            let mut reader = tap::Reader::open(&path)?;
            while let Some(record) = reader.read()? {
                let on_screen =
                    watched.iter().enumerate().filter(|(_, window)| window.screen == record.screen);
                let seen = on_screen.map(|(index, window)| (index, look(window, &record))).collect();
                if sender.send(seen).is_err() {
                    break;
                }
            }
            Ok(())
        });
        let history = windows.iter().map(|_| Vec::new()).collect();
        Self { windows, tick_hz, incoming, history }
    }

    /// Watches for so long. Returns false when the tap has ended.
    pub fn watch_for(&mut self, duration: Duration) -> bool {
        self.watch_until(duration, |_| false).is_ok()
    }

    /// Watches until `done`, at most `patience`. Errors: the patience or the tap has ended; how, in words.
    pub fn watch_until(&mut self, patience: Duration, done: impl Fn(&Self) -> bool) -> Result<bool, String> {
        let deadline = Instant::now() + patience;
        while !done(self) {
            match self.incoming.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(seen) => seen.into_iter().for_each(|(index, seen)| self.history[index].push(seen)),
                Err(RecvTimeoutError::Timeout) => return Ok(false),
                Err(RecvTimeoutError::Disconnected) => return Err("the tap has ended".into()),
            }
        }
        Ok(true)
    }

    /// The windows, in the order in which they were given.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// All that was seen of a window, oldest first; empty for an unknown name.
    pub fn history(&self, name: &str) -> &[Seen] {
        let index = self.windows.iter().position(|window| window.name == name);
        index.map_or(&[], |index| &self.history[index])
    }

    /// What was seen of a window from a moment on, given as [`now_ns`] gives it.
    pub fn since(&self, name: &str, from_ns: u128) -> &[Seen] {
        let all = self.history(name);
        &all[all.partition_point(|seen| self.time_ns(seen) < from_ns)..]
    }

    /// When a tick began, in nanoseconds since the Unix epoch.
    pub fn time_ns(&self, seen: &Seen) -> u128 {
        u128::from(seen.tick) * 1_000_000_000 / u128::from(self.tick_hz)
    }

    /// Milliseconds from a moment to the first tick after it that is as asked; `None` when there was none.
    pub fn ms_until(&self, name: &str, from_ns: u128, wanted: impl Fn(&Seen) -> bool) -> Option<u64> {
        let first = self.since(name, from_ns).iter().find(|seen| wanted(seen))?;
        u64::try_from((self.time_ns(first) - from_ns) / 1_000_000).ok()
    }

    /// The counter's course in a window from a moment on.
    pub fn course(&self, name: &str, from_ns: u128) -> Option<Course> {
        let window = self.windows.iter().find(|window| window.name == name)?;
        Some(Course::of(self.since(name, from_ns), window.clip_frames))
    }
}

/// Nanoseconds since the Unix epoch.
pub fn now_ns() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

fn look(window: &Window, record: &tap::Record) -> Seen {
    let reading = counter::read(&record.picture, window.place);
    let frame = reading.and_then(|Reading { camera, frame }| (camera == window.camera).then_some(frame));
    let place = window.place;
    let middle = Rect::new(
        place.x + place.width / 4.0,
        place.y + place.height / 4.0,
        place.width / 2.0,
        place.height / 2.0,
    );
    let brightness =
        levels(&record.picture, middle).iter().map(|level| f64::from(*level)).sum::<f64>() / 64.0;
    let lower = Rect::new(
        place.x + place.width * 0.05,
        place.y + place.height * 0.45,
        place.width * 0.9,
        place.height * 0.5,
    );
    Seen { tick: record.tick, frame, brightness, sketch: levels(&record.picture, lower) }
}

/// 8 × 8 cells of a part of a picture, each the mean of nine of its pixels.
fn levels(picture: &Picture, part: Rect) -> [u8; 64] {
    let point = |cell: u32, third: u32| (f64::from(cell) + (f64::from(third) + 0.5) / 3.0) / 8.0;
    let mut levels = [0; 64];
    for (index, level) in (0_u32..).zip(&mut levels) {
        let mut sum = 0_u32;
        for spot in 0..9 {
            let x = part.x + part.width * point(index % 8, spot % 3);
            let y = part.y + part.height * point(index / 8, spot / 3);
            let [b, g, r, _] = picture.at(x as u32, y as u32).unwrap_or_default();
            sum += u32::from(b) + u32::from(g) + u32::from(r);
        }
        *level = u8::try_from(sum / 27).unwrap_or(u8::MAX);
    }
    levels
}

/// How a counter went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Course {
    /// Ticks that were seen.
    pub ticks: u32,
    /// Ticks on which the counter could not be read.
    pub unreadable: u32,
    /// Ticks on which the same frame stood as on the one before.
    pub repeated: u32,
    /// Frames that were never shown although later ones were.
    pub skipped: u32,
    /// Ticks on which an earlier frame stood than on the one before.
    pub backwards: u32,
    /// The most ticks for which one frame stood.
    pub longest_run: u32,
}

impl Course {
    /// Reads a history; frame numbers wrap after `clip_frames`.
    pub fn of(history: &[Seen], clip_frames: u32) -> Self {
        let mut course = Self { ticks: history.len() as u32, ..Self::default() };
        let mut last: Option<u32> = None;
        let mut run = 0;
        for seen in history {
            let Some(frame) = seen.frame else {
                course.unreadable += 1;
                continue;
            };
            let step = last.map_or(1, |last| (frame + clip_frames - last % clip_frames) % clip_frames);
            match step {
                0 => {
                    course.repeated += 1;
                    run += 1;
                }
                _ if step > clip_frames / 2 => {
                    course.backwards += 1;
                    run = 1;
                }
                _ => {
                    course.skipped += step - 1;
                    run = 1;
                }
            }
            course.longest_run = course.longest_run.max(run);
            last = Some(frame);
        }
        course
    }

    /// Repeats beyond those that a camera of `fps` must have on a wall of `tick_hz`.
    pub fn repeats_beyond_ratio(&self, fps: u32, tick_hz: u32) -> u32 {
        let due = u64::from(self.ticks) * u64::from(tick_hz.saturating_sub(fps)) / u64::from(tick_hz.max(1));
        self.repeated.saturating_sub(u32::try_from(due).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(frames: &[Option<u32>]) -> Vec<Seen> {
        let seen = |(tick, frame): (u64, &Option<u32>)| Seen {
            tick,
            frame: *frame,
            brightness: 0.0,
            sketch: [0; 64],
        };
        (0..).zip(frames).map(seen).collect()
    }

    #[test]
    fn a_course_counts_what_went_wrong() {
        let frames =
            [Some(97), Some(98), None, Some(98), Some(99), Some(0), Some(3), Some(2), Some(2), Some(2)];
        let course = Course::of(&history(&frames), 100);
        let expected =
            Course { ticks: 10, unreadable: 1, repeated: 3, skipped: 2, backwards: 1, longest_run: 3 };
        assert_eq!(course, expected);
    }

    #[test]
    fn slower_cameras_may_repeat() {
        let frames: Vec<_> = (0..50).map(|tick| Some(tick * 15 / 25)).collect();
        let course = Course::of(&history(&frames), 900);
        assert_eq!((course.repeated, course.skipped, course.longest_run), (20, 0, 2));
        assert_eq!(course.repeats_beyond_ratio(15, 25), 0);
        assert_eq!(course.repeats_beyond_ratio(25, 25), 20);
    }
}
