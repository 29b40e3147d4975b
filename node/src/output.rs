//! One screen of a display node: its compositor, where its pictures go, and how many arrived in time.

use crate::raster_worker::ScreenRasters;
use crate::tap::Tap;
use crate::wall_picture::OwnedPicture;
use layouts::{Rotation, TilePlan};
use media::{CanvasFrame, ScreenId, Size, WallTime};
use renderer::picture::Bitmap;
use renderer::planner::Planner;
use renderer::wgpu::Presented;
use renderer::{Compositor, FrameLookup, shrink};
use std::sync::{Arc, Mutex};
use xxhash_rust::xxh3::Xxh3;

/// Bytes of text, marks and cards kept per screen.
pub const RASTER_BYTES_MAX: usize = 256 << 20;

/// Where a screen's pictures go.
pub trait Present: Send {
    /// Shows what `compositor` has composed, or says that the window takes no picture just now. The error is for the log.
    /// What has not been shown is tried again at the next tick.
    fn present(&mut self, compositor: &mut dyn Compositor) -> Result<Presented, String>;
}

/// Ticks of one screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TickCounts {
    /// Ticks that have come.
    pub ticks: u64,
    /// Presented in time.
    pub presented: u64,
    /// Late, failed or skipped.
    pub missed: u64,
    /// Nothing had changed.
    pub repeated: u64,
    /// A widget's picture was not drawn yet, and the one before stood in for it.
    pub late_rasters: u64,
}

/// One screen.
pub struct ScreenOutput {
    screen: ScreenId,
    /// The screen's place in the hall document, for taps.
    index: u32,
    compositor: Box<dyn Compositor + Send>,
    rasters: ScreenRasters,
    presenter: Option<Box<dyn Present>>,
    tap: Option<Arc<Mutex<Tap>>>,
    counts: TickCounts,
    composed: bool,
    changed: bool,
    /// What was composed last is not on the screen yet.
    owed: bool,
    /// Changed since somebody last glanced at it.
    unseen: bool,
    hash: Option<u64>,
}

impl ScreenOutput {
    /// A screen whose pictures are made by `compositor` and shown by `presenter`; without one they stay in memory.
    pub fn new(
        screen: ScreenId,
        index: u32,
        compositor: Box<dyn Compositor + Send>,
        rasters: ScreenRasters,
        presenter: Option<Box<dyn Present>>,
        tap: Option<Arc<Mutex<Tap>>>,
    ) -> Self {
        Self {
            screen,
            index,
            compositor,
            rasters,
            presenter,
            tap,
            counts: TickCounts::default(),
            composed: false,
            changed: false,
            owed: true,
            unseen: true,
            hash: None,
        }
    }

    /// Which screen.
    pub fn screen(&self) -> &ScreenId {
        &self.screen
    }

    /// Makes the picture of the tick that begins at `tick` in memory.
    pub fn compose(&mut self, plan: &TilePlan, tick: WallTime, frames: &dyn FrameLookup) {
        self.rasters.begin(tick);
        let composed = self.compositor.compose(plan, frames, &mut self.rasters);
        self.counts.late_rasters += u64::from(self.rasters.late());
        match composed {
            Ok(composed) => {
                self.composed = true;
                self.changed = !composed.dirty.is_empty();
                self.owed |= self.changed;
                self.unseen |= self.changed;
            }
            Err(error) => {
                self.composed = false;
                tracing::error!(screen = %self.screen, %error, "a screen could not be composed");
            }
        }
    }

    /// Has the rasters drawn that `plan` needs, which is that of the tick beginning at `due`; those that are no widgets here and
    /// now, while `may_go_on`. True once none is missing.
    pub fn warm(
        &mut self,
        plan: &TilePlan,
        due: WallTime,
        frames: &dyn FrameLookup,
        may_go_on: &dyn Fn() -> bool,
    ) -> bool {
        let mut ahead = self.rasters.ahead(due, may_go_on);
        // A plan that cannot be prepared fails again, and is reported, when it is composed.
        let _ = Planner::new().prepare(plan, frames, &mut ahead);
        ahead.is_complete()
    }

    /// A hash of the composed bytes, where they are in memory: a graphics device would have to be waited for.
    pub fn hash(&mut self) -> Option<u64> {
        if !self.composed || self.compositor.as_wgpu().is_some() {
            return None;
        }
        if self.changed || self.hash.is_none() {
            let picture = self.compositor.picture().ok()?;
            let mut hasher = Xxh3::new();
            (0..picture.size.height).for_each(|y| hasher.update(picture.row(y)));
            self.hash = Some(hasher.digest());
        }
        self.hash
    }

    /// Shows what was composed. `in_time` tells whether the tick has not passed yet. True when it has been shown in time.
    pub fn present(&mut self, tick: CanvasFrame, in_time: bool) -> bool {
        self.counts.ticks += 1;
        let shown_in_time = self.composed && self.show(tick) && in_time;
        if shown_in_time {
            self.counts.presented += 1;
            self.counts.repeated += u64::from(!self.changed);
        } else {
            self.counts.missed += 1;
        }
        shown_in_time
    }

    fn show(&mut self, tick: CanvasFrame) -> bool {
        if let Some(tap) = &self.tap {
            // Only who must have the bytes fetches them: a graphics device would have to be waited for.
            let picture = match self.compositor.picture() {
                Ok(picture) => picture,
                Err(error) => {
                    tracing::error!(screen = %self.screen, %error, "a composed picture cannot be fetched");
                    return false;
                }
            };
            let rows = (0..picture.size.height).map(|y| picture.row(y));
            let written = match tap.lock() {
                Ok(mut tap) => tap.write(tick, self.index, picture.size, rows),
                Err(_) => Err(std::io::Error::other("the tap's writer has panicked")),
            };
            if let Err(error) = written {
                tracing::warn!(%error, "nobody reads the tap any more: it is closed");
                self.tap = None;
            }
        }
        if let Some(presenter) = self.presenter.as_mut().filter(|_| self.owed) {
            match presenter.present(self.compositor.as_mut()) {
                Ok(Presented::Shown) => self.owed = false,
                // A window that is hidden or busy is no fault, and its picture stays owed.
                Ok(Presented::Skipped) => {}
                Err(error) => {
                    tracing::warn!(screen = %self.screen, %error, "a picture could not be presented");
                }
            }
        }
        self.presenter.is_none() || !self.owed
    }

    /// `count` ticks went by before the engine came to them.
    pub fn skipped(&mut self, count: u64) {
        self.counts.ticks += count;
        self.counts.missed += count;
    }

    /// How its ticks went.
    pub fn counts(&self) -> TickCounts {
        self.counts
    }

    /// Whether the picture is another one than the last glance has shown.
    pub fn is_unseen(&self) -> bool {
        self.composed && self.unseen
    }

    /// The next glance shows the picture whether it has changed or not.
    pub fn forget_glance(&mut self) {
        self.unseen = true;
    }

    /// The picture upright and as small as `size`. On a graphics device it is waited for. `None` before the first tick.
    pub fn glance(&mut self, rotation: Rotation, size: Size) -> Option<Bitmap> {
        if !self.composed {
            return None;
        }
        self.unseen = false;
        self.compositor.picture().ok().and_then(|picture| shrink::upright(picture, rotation, size))
    }

    /// A copy of the frame buffer; `None` before the first tick.
    pub fn picture(&mut self) -> Option<OwnedPicture> {
        if !self.composed {
            return None;
        }
        self.compositor.picture().ok().map(OwnedPicture::copy_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Images;
    use crate::raster_worker::RasterWorker;
    use layouts::{CANVAS_PIXEL, CanvasRect, Output, PixelGrid, Rgba};
    use renderer::picture::{Picture, PixelRect};
    use renderer::{ComposeError, Composed, RasterProvider};
    use std::collections::VecDeque;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Changes at its first tick and never again.
    struct Still {
        changed: bool,
    }

    impl Compositor for Still {
        fn compose(
            &mut self,
            _: &TilePlan,
            _: &dyn FrameLookup,
            _: &mut dyn RasterProvider,
        ) -> Result<Composed, ComposeError> {
            let changed = std::mem::take(&mut self.changed);
            let dirty = if changed { vec![PixelRect::default()] } else { Vec::new() };
            Ok(Composed { dirty, skipped: 0 })
        }

        fn picture(&mut self) -> Result<Picture<'_>, ComposeError> {
            Err(ComposeError::Busy)
        }
    }

    /// A window that answers as it is told, and shows everything after that.
    struct Answers {
        next: VecDeque<Result<Presented, String>>,
        asked: Arc<AtomicUsize>,
    }

    impl Present for Answers {
        fn present(&mut self, _: &mut dyn Compositor) -> Result<Presented, String> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.next.pop_front().unwrap_or(Ok(Presented::Shown))
        }
    }

    struct NoFrames;

    impl FrameLookup for NoFrames {
        fn frame(&self, _: &media::SourceId) -> Option<&media::Frame> {
            None
        }
    }

    #[test]
    fn what_a_window_has_not_taken_is_offered_again_at_the_next_tick() {
        let images = Images::default();
        let files = images.clone();
        let worker = RasterWorker::start(Box::new(move || files.rasterizer()), 1 << 20).unwrap();
        let rasters = worker.screen(images.rasters(1 << 20).unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let next = VecDeque::from([Ok(Presented::Skipped), Err("lost".into()), Ok(Presented::Skipped)]);
        let window = Answers { next, asked: asked.clone() };
        let screen = ScreenId::new("s").unwrap();
        let compositor = Box::new(Still { changed: true });
        let mut output =
            ScreenOutput::new(screen.clone(), 0, compositor, rasters, Some(Box::new(window)), None);
        let size = Size::new(4, 4);
        let area = CanvasRect { x: 0, y: 0, width: 4 * CANVAS_PIXEL, height: 4 * CANVAS_PIXEL };
        let plan = TilePlan {
            screen,
            canvas_frame: CanvasFrame(0),
            output: Output { size, rotation: Rotation::None },
            grid: PixelGrid { area, size },
            background: Rgba { r: 0, g: 0, b: 0, a: 255 },
            draws: Vec::new(),
            over: None,
        };
        let shown: Vec<bool> = (0..6)
            .map(|tick| {
                output.compose(&plan, WallTime(tick), &NoFrames);
                output.present(CanvasFrame(tick as u64), true)
            })
            .collect();
        assert_eq!(shown, [false, false, false, true, true, true]);
        assert_eq!(asked.load(Ordering::Relaxed), 4);
        let TickCounts { ticks, presented, missed, repeated, .. } = output.counts();
        assert_eq!((ticks, presented, missed, repeated), (6, 3, 3, 3));
    }
}
