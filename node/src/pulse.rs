//! The thread of one wall's engine: it keeps to the wall's ticks and takes orders between them.
//!
//! Everything it has to say goes into a view that others read, or into a bounded channel that it never waits for. It waits
//! for two moments of each tick: half a period before the tick it composes, at the tick it presents. Presenting begins in
//! the middle of the time that the picture may still reach the panel in, so that a node whose clock is a little early or
//! late shows the same pictures on the same ticks as the others. Nobody is waited for: a node that is slow misses ticks
//! and holds up nobody.

use crate::audit_book::{AuditBook, TickNote};
use crate::clock::Clock;
use crate::display_node::EngineEvent;
use crate::engine::{Engine, Program, Ticked};
use crate::lookout::Lookout;
use crate::timing_log::TimingLog;
use crate::wall_picture::OwnedPicture;
use media::{CanvasFrame, SceneId, ScreenId, TickRate, WallId};
use protocol::{AUDIT_TICKS_MAX, PictureRequest, Preview, ScreenReport, Showing, SourceReport};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A wall begins at the latest after this time, whatever is drawn by then.
const FIRST_PICTURES_WITHIN: Duration = Duration::from_secs(2);

/// The lowest real-time class in turns; what the thread starts itself runs as everything else does.
const REAL_TIME: libc::c_int = libc::SCHED_RR | libc::SCHED_RESET_ON_FORK;

/// What an engine lets others see.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The sources that its wall shows.
    pub sources: Vec<SourceReport>,
    /// This node's screens on it.
    pub screens: Vec<ScreenReport>,
}

/// What an engine's thread is told.
pub enum Order {
    /// A newer program.
    Follow(Program),
    /// What `revision` has the wall prepare goes on air at tick `at`.
    Activate {
        /// Of which revision.
        revision: u64,
        /// From which tick on.
        at: CanvasFrame,
    },
    /// Whether anybody looks from afar.
    Preview(Preview),
    /// A picture is wanted.
    Picture(PictureRequest),
}

/// What an engine's thread runs.
pub struct Pulse {
    /// Makes the pictures.
    pub engine: Engine,
    /// Of which wall.
    pub wall: WallId,
    /// What is told from outside.
    pub orders: Receiver<Order>,
    /// Ends the thread.
    pub stop: Arc<AtomicBool>,
    /// What others may see.
    pub view: Arc<Mutex<View>>,
    /// Where events go.
    pub events: tokio::sync::mpsc::Sender<EngineEvent>,
    /// The node's clock.
    pub clock: Clock,
    /// Where present calls are noted.
    pub timing_log: Option<Arc<Mutex<TimingLog>>>,
    /// What others see from afar.
    pub lookout: Lookout,
}

/// Lets this thread go before others when its tick comes, where the system allows that: decoding that runs at that moment
/// would otherwise move the present call by milliseconds. Timers end when they are due, and not up to 50 µs later as the
/// kernel does to save power.
fn wake_in_time() {
    // SAFETY: plain system calls about the calling thread; the parameter outlives the second one.
    let (exact, first) = unsafe {
        let lowest = libc::sched_param { sched_priority: 1 };
        (libc::prctl(libc::PR_SET_TIMERSLACK, 1_usize), libc::sched_setscheduler(0, REAL_TIME, &lowest))
    };
    if (exact, first) != (0, 0) {
        tracing::debug!("presenting has no priority here; as root, or with CAP_SYS_NICE, it would");
    }
}

impl Pulse {
    /// Keeps to the ticks until it is told to stop; gives the last picture of every screen.
    pub fn run(mut self) -> Vec<(ScreenId, OwnedPicture)> {
        let Some(rate) = self.engine.wall().map(|wall| wall.tick) else { return Vec::new() };
        wake_in_time();
        let half = rate.period() / 2;
        let screens = self.engine.outputs().iter().map(|output| output.screen().clone()).collect();
        let mut book = AuditBook::new(self.wall.clone(), screens);
        self.first_pictures(rate);
        let mut last = rate.frame_at(self.clock.wall());
        self.showing(CanvasFrame(last.0 + 1));
        while !self.stop.load(Ordering::Relaxed) {
            self.obey(last);
            // The next tick that can still be presented in time; those before it are lost.
            let tick = CanvasFrame((rate.frame_at(self.clock.wall() - half).0 + 1).max(last.0 + 1));
            let lost = tick.0 - last.0 - 1;
            std::thread::sleep(self.clock.until(rate.start_of(tick) - half));
            let ticked = self.engine.compose(tick);
            let composed = self.clock.wall();
            if ticked.switched {
                self.showing(tick);
            }
            if let Some(revision) = ticked.ready {
                self.tell(EngineEvent::Ready(self.wall.clone(), revision));
            }
            let hashes = self.hashes();
            std::thread::sleep(self.clock.until(rate.start_of(tick)));
            let presented_ns = self.present(tick, rate, lost);
            let first = last.0.max(tick.0.saturating_sub(AUDIT_TICKS_MAX as u64)) + 1;
            for lost in first..tick.0 {
                book.note(self.note(CanvasFrame(lost), Ticked::default(), None, Vec::new()));
            }
            book.note(self.note(tick, ticked, presented_ns, hashes));
            self.lookout.look(tick, composed, &mut self.engine);
            last = tick;
            let hz = u64::from(rate.hz());
            if tick.0.is_multiple_of((hz / 2).max(1))
                && let Some(audit) = book.take()
            {
                self.tell(EngineEvent::Audit(audit));
            }
            if tick.0.is_multiple_of(hz) {
                self.look();
            }
        }
        let outputs = self.engine.outputs().iter_mut();
        outputs.filter_map(|output| Some((output.screen().clone(), output.picture()?))).collect()
    }

    /// Has the widgets of the first tick drawn before it comes, so that no wall begins with holes; but not for ever.
    fn first_pictures(&mut self, rate: TickRate) {
        let end = self.clock.local() + FIRST_PICTURES_WITHIN;
        while !self.stop.load(Ordering::Relaxed) && self.clock.local() < end {
            let tick = CanvasFrame(rate.frame_at(self.clock.wall()).0 + 1);
            if self.engine.draw_ahead(tick) {
                return;
            }
            std::thread::sleep(self.clock.until(rate.start_of(tick)));
        }
    }

    fn obey(&mut self, last: CanvasFrame) {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Follow(program) => self.engine.follow(program, last),
                Order::Activate { revision, at } => self.engine.activate(revision, at),
                Order::Preview(preview) => self.lookout.watch(preview, self.engine.outputs()),
                Order::Picture(request) => self.lookout.request(request),
            }
        }
    }

    /// Presents on every screen; gives how long after the tick's beginning that began, `None` when it was too late.
    fn present(&mut self, tick: CanvasFrame, rate: TickRate, lost: u64) -> Option<i64> {
        let (begin, half) = (rate.start_of(tick), rate.period() / 2);
        let now = self.clock.wall();
        if let Some(log) = &self.timing_log {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = log.presented(tick, &self.clock) {
                tracing::warn!(%error, "the timing log cannot be written");
            }
        }
        let mut in_time = true;
        for output in self.engine.outputs() {
            output.skipped(lost);
            in_time &= output.present(tick, self.clock.wall() <= begin + half);
        }
        in_time.then(|| now.nanos_from(begin))
    }

    fn hashes(&mut self) -> Vec<(u16, u64)> {
        let hashes = (0..).zip(self.engine.outputs());
        hashes.filter_map(|(index, output)| Some((index, output.hash()?))).collect()
    }

    fn note(
        &self,
        canvas_frame: CanvasFrame,
        ticked: Ticked,
        presented_ns: Option<i64>,
        hashes: Vec<(u16, u64)>,
    ) -> TickNote {
        let (revision, scene) = self.on_air();
        TickNote { canvas_frame, revision, scene, presented_ns, frames: ticked.frames, hashes }
    }

    fn on_air(&self) -> (u64, SceneId) {
        let rundown = self.engine.rundown();
        (rundown.revision(), rundown.on_air().scene.clone())
    }

    fn showing(&self, canvas_frame: CanvasFrame) {
        let (wall, (revision, scene)) = (self.wall.clone(), self.on_air());
        self.tell(EngineEvent::Showing(Showing { revision, wall, scene, canvas_frame }));
    }

    fn tell(&self, event: EngineEvent) {
        if self.events.try_send(event).is_err() {
            tracing::debug!("an engine's event was lost: nobody listens");
        }
    }

    /// Renews what others may see.
    fn look(&mut self) {
        let rows = self.engine.sources().into_iter().map(|(source, (health, meter, dropped))| SourceReport {
            source,
            health,
            fps_milli: meter.fps_milli(),
            age_p50_ms: meter.age_ms(50),
            age_p95_ms: meter.age_ms(95),
            frames: meter.frames(),
            dropped,
        });
        let sources = rows.collect();
        let rows = self.engine.outputs().iter().map(|output| {
            let counts = output.counts();
            ScreenReport {
                screen: output.screen().clone(),
                ticks: counts.ticks,
                presented: counts.presented,
                missed: counts.missed,
                repeated: counts.repeated,
                late_rasters: counts.late_rasters,
            }
        });
        let screens = rows.collect();
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = View { sources, screens };
    }
}
