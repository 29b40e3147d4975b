//! The thread that draws widgets, so that the engines' threads never do.
//!
//! **Where threads meet.** An engine has a few milliseconds between two ticks; a map may take a hundred. So engines only ask at
//! the [`RasterDesk`], which lies behind one lock that nobody holds longer than a look into a table takes: the worker draws
//! without it. Each node has one worker, for all its walls and screens, so that a widget that spans four screens is drawn once and a
//! processor core stays free for them.
//!
//! **Agreement.** An answer reaches all nodes before the tick from which it is shown. The engine looks at it in the tick after it
//! came and has its pictures drawn at once; at the answer's tick every node finds them and switches. A node that is not done by then
//! goes on showing the picture before, switches as soon as the new one is there, and counts the ticks in between
//! (`late_rasters` of its report). It holds up nobody: the others have switched at their tick, and the audit names the node.
//!
//! **Scenes.** A scene is ready to go on air when all its pictures are drawn, and an engine that starts draws its first pictures before
//! its first tick; so nothing is seen half done.
//!
//! Text, marks and still pictures outside of widgets take microseconds and are drawn by the engine itself. Offline
//! renderers use no worker: what they draw is there when they ask.

use crate::raster_desk::{Found, Job, RasterDesk, Slot};
use layouts::Raster;
use media::{Size, WallTime};
use renderer::RasterProvider;
use renderer::picture::Bitmap;
use renderer::raster::{FontFault, RasterCache, Rasterizer};
use renderer::scene::PixelScale;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Makes a rasterizer with the hall's files.
pub type MakeRasterizer = Box<dyn Fn() -> Result<Rasterizer, FontFault> + Send>;

#[derive(Debug)]
struct Shared {
    desk: Mutex<Option<RasterDesk>>,
    wanted: Condvar,
}

impl Shared {
    /// The desk; none is there once the worker is told to end.
    fn desk(&self) -> MutexGuard<'_, Option<RasterDesk>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker. It ends when this is dropped, after what it is drawing.
#[derive(Debug)]
pub struct RasterWorker {
    shared: Arc<Shared>,
}

/// Why there is no worker.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The bundled fonts cannot be read.
    #[error(transparent)]
    Fonts(#[from] FontFault),
    /// No thread can be started.
    #[error("no thread can be started: {0}")]
    Thread(std::io::Error),
}

impl RasterWorker {
    /// Starts a worker that keeps at most `bytes_max` bytes of pictures besides those in use.
    pub fn start(make: MakeRasterizer, bytes_max: usize) -> Result<Self, WorkerError> {
        let desk = Mutex::new(Some(RasterDesk::new(bytes_max)));
        let shared = Arc::new(Shared { desk, wanted: Condvar::new() });
        let (rasterizer, own) = (make()?, Arc::clone(&shared));
        std::thread::Builder::new()
            .name("widgets".into())
            .spawn(move || work(&own, rasterizer, &make))
            .map_err(WorkerError::Thread)?;
        Ok(Self { shared })
    }

    /// The rasters of one screen: widgets from this worker, everything else from `own`.
    pub fn screen(&self, own: RasterCache) -> ScreenRasters {
        ScreenRasters { own, shared: Arc::clone(&self.shared), tick: WallTime::default(), late: false }
    }
}

impl Drop for RasterWorker {
    fn drop(&mut self) {
        *self.shared.desk() = None;
        self.shared.wanted.notify_all();
    }
}

/// Draws what is wanted until there is no desk any more.
fn work(shared: &Shared, mut rasterizer: Rasterizer, make: &MakeRasterizer) {
    while let Some(Job { slot, spec, due: _ }) = next(shared) {
        let drawn = catch_unwind(AssertUnwindSafe(|| rasterizer.draw(&spec, slot.size, slot.scale)));
        let bitmap = match drawn {
            Ok(Ok(report)) => Some(Arc::new(report.bitmap)),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a widget cannot be drawn");
                None
            }
            Err(_) => {
                // The panic has been reported. What it has left of the rasterizer is not trusted.
                tracing::error!("drawing a widget has failed: it is left out");
                match make() {
                    Ok(anew) => rasterizer = anew,
                    Err(error) => tracing::error!(%error, "the fonts cannot be read again"),
                }
                None
            }
        };
        let freed = shared.desk().as_mut().map(|desk| desk.done(bitmap));
        drop(freed);
    }
}

/// Waits for something to draw; `None` when there is no desk any more.
fn next(shared: &Shared) -> Option<Job> {
    let mut desk = shared.desk();
    loop {
        if let Some(job) = desk.as_mut()?.take() {
            return Some(job);
        }
        desk = shared.wanted.wait(desk).unwrap_or_else(PoisonError::into_inner);
    }
}

/// The rasters of one screen at one tick.
#[derive(Debug)]
pub struct ScreenRasters {
    own: RasterCache,
    shared: Arc<Shared>,
    tick: WallTime,
    late: bool,
}

impl ScreenRasters {
    /// Comes to the tick that begins at `tick`.
    pub fn begin(&mut self, tick: WallTime) {
        (self.tick, self.late) = (tick, false);
    }

    /// Whether a widget's picture was not drawn yet since [`Self::begin`].
    pub fn late(&self) -> bool {
        self.late
    }

    /// A provider for looking at the plan of a tick that begins at `due` or later. It draws by itself only while `may_go_on`.
    pub fn ahead<'a>(&'a mut self, due: WallTime, may_go_on: &'a dyn Fn() -> bool) -> Ahead<'a> {
        Ahead { rasters: self, due, may_go_on, left: 0 }
    }

    /// Where the picture of a widget belongs; `None` for what is no widget.
    fn slot(spec: &Raster, size: Size, scale: PixelScale) -> Option<Slot> {
        match spec {
            Raster::Widget(face) => Some(Slot { widget: face.widget, size, scale }),
            _ => None,
        }
    }
}

impl RasterProvider for ScreenRasters {
    fn raster(&mut self, spec: &Arc<Raster>, size: Size, scale: PixelScale) -> Option<Arc<Bitmap>> {
        let Some(slot) = Self::slot(spec, size, scale) else { return self.own.raster(spec, size, scale) };
        let found = self.shared.desk().as_mut()?.show(slot, spec, self.tick);
        match found {
            Found::Drawn(bitmap) => bitmap,
            Found::Late(bitmap) => {
                self.late = true;
                self.shared.wanted.notify_one();
                bitmap
            }
        }
    }
}

/// Has pictures drawn for a tick that has not come.
pub struct Ahead<'a> {
    rasters: &'a mut ScreenRasters,
    due: WallTime,
    may_go_on: &'a dyn Fn() -> bool,
    /// How many were not there.
    left: usize,
}

impl Ahead<'_> {
    /// Whether everything asked for was there.
    pub fn is_complete(&self) -> bool {
        self.left == 0
    }
}

impl RasterProvider for Ahead<'_> {
    fn raster(&mut self, spec: &Arc<Raster>, size: Size, scale: PixelScale) -> Option<Arc<Bitmap>> {
        let Self { rasters, due, may_go_on, left } = self;
        match ScreenRasters::slot(spec, size, scale) {
            Some(slot) => {
                if let Some(bitmap) = rasters.shared.desk().as_mut()?.prepare(slot, spec, *due) {
                    return bitmap;
                }
                rasters.shared.wanted.notify_one();
            }
            None if may_go_on() => return rasters.own.raster(spec, size, scale),
            None => {}
        }
        *left += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use layouts::{CANVAS_PIXEL, Language, Mode, Shown, WidgetFace, WidgetKind};
    use media::{Table, Value};
    use std::sync::mpsc::{Receiver, Sender, channel};

    const SIZE: Size = Size { width: 320, height: 40 };
    const SCALE: PixelScale = PixelScale { columns: 1, width: CANVAS_PIXEL, rows: 1, height: CANVAS_PIXEL };

    /// A widget whose template is read, and so can be held up, each time it is drawn.
    fn face(words: &str) -> Arc<Raster> {
        let table = Table::new(vec!["text".into()], vec![vec![Value::Text(words.into())]]).unwrap();
        let query = Shown { table: Arc::new(table), stale_s: None, waiting: false, fault: None };
        Arc::new(Raster::Widget(Box::new(WidgetFace {
            widget: 7,
            title: String::new(),
            kind: WidgetKind::Template { path: "slow.svg".into(), query, format: Default::default() },
            card: true,
            size: 20 * CANVAS_PIXEL,
            language: Language::English,
            mode: Mode::Dark,
            utc_offset_s: 0,
            now_s: 0,
        })))
    }

    /// A template that gives each of its texts a picture of its own.
    const TEMPLATE: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" width="{{ width }}" height="{{ height }}">{{ words(rows[0].text, x=0, middle=height / 2, size=size.body, color="text") }}</svg>"#;

    /// A screen, and the two ends by which the worker tells that it draws and is let go on.
    fn held_up() -> (RasterWorker, ScreenRasters, Receiver<()>, Sender<bool>) {
        let (begun, begins) = channel();
        let (go_on, goes_on) = channel::<bool>();
        let gate = Arc::new(Mutex::new((begun, goes_on)));
        let make = move || {
            let gate = Arc::clone(&gate);
            let texts = move |_: &str| {
                let gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
                gate.0.send(()).unwrap();
                assert!(gate.1.recv().unwrap(), "told to fail");
                Some(Arc::from(TEMPLATE))
            };
            Ok(Rasterizer::new(Box::new(|_| None))?.with_texts(Box::new(texts)))
        };
        let worker = RasterWorker::start(Box::new(make), 1 << 20).unwrap();
        let screen = worker.screen(RasterCache::new(Box::new(|_| None), 1 << 20).unwrap());
        (worker, screen, begins, go_on)
    }

    /// What the screen shows at a tick, and whether it is late.
    fn at(screen: &mut ScreenRasters, tick: i64, words: &str) -> (Option<Arc<Bitmap>>, bool) {
        screen.begin(WallTime(tick));
        let bitmap = screen.raster(&face(words), SIZE, SCALE);
        (bitmap, screen.late())
    }

    /// Asks until the picture is there.
    fn until_drawn(screen: &mut ScreenRasters, words: &str, tick: i64) -> Arc<Bitmap> {
        loop {
            if let (Some(bitmap), false) = at(screen, tick, words) {
                return bitmap;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_raster_that_takes_long_holds_no_tick_up() {
        let (_worker, mut screen, begins, go_on) = held_up();
        assert_eq!(at(&mut screen, 1, "one"), (None, true));
        begins.recv().unwrap();
        go_on.send(true).unwrap();
        let one = until_drawn(&mut screen, "one", 2);
        // The answer of tick 100 comes ahead and is drawn at once ...
        let mut ahead = screen.ahead(WallTime(100), &|| true);
        assert_eq!(ahead.raster(&face("two"), SIZE, SCALE), None);
        assert!(!ahead.is_complete());
        begins.recv().unwrap();
        // ... but it takes long: ticks go on with the picture before.
        for tick in 3..150 {
            let wanted = if tick < 100 { "one" } else { "two" };
            assert_eq!(at(&mut screen, tick, wanted), (Some(Arc::clone(&one)), tick >= 100), "tick {tick}");
        }
        go_on.send(true).unwrap();
        let two = until_drawn(&mut screen, "two", 150);
        assert!(two != one);
        assert!(screen.ahead(WallTime(160), &|| true).raster(&face("two"), SIZE, SCALE).is_some());
        // The same bytes as without a worker.
        let mut offline =
            Rasterizer::new(Box::new(|_| None)).unwrap().with_texts(Box::new(|_| Some(Arc::from(TEMPLATE))));
        assert!(offline.draw(&face("two"), SIZE, SCALE).unwrap().bitmap == *two);
    }

    #[test]
    fn a_worker_survives_a_raster_that_panics_and_ends_with_its_handle() {
        let (worker, mut screen, begins, go_on) = held_up();
        at(&mut screen, 1, "bad");
        begins.recv().unwrap();
        go_on.send(false).unwrap();
        while at(&mut screen, 2, "bad") != (None, false) {
            std::thread::yield_now();
        }
        at(&mut screen, 3, "good");
        begins.recv().unwrap();
        go_on.send(true).unwrap();
        until_drawn(&mut screen, "good", 4);
        drop(worker);
        assert_eq!(at(&mut screen, 5, "good"), (None, false), "there is nothing to ask any more");
        // The gate's other end is gone once the thread has ended.
        assert!(begins.recv().is_err());
    }
}
