//! A display node: one engine thread per wall that has screens here.

use crate::answer_book::AnswerBook;
use crate::assets::Images;
use crate::clock::Clock;
use crate::engine::{Engine, Program};
use crate::lookout::Lookout;
use crate::output::{Present, RASTER_BYTES_MAX, ScreenOutput};
use crate::picture_press::{Commission, PicturePress, Pixels};
use crate::pulse::{Order, Pulse, View};
use crate::raster_worker::{RasterWorker, ScreenRasters, WorkerError};
use crate::rehearsal::Rehearsal;
use crate::tap::Tap;
use crate::timing_log::TimingLog;
use crate::wall_picture::OwnedPicture;
use layouts::{Screen, Wall};
use media::{NodeId, ScreenId, WallId};
use protocol::{
    Activate, Answer, Audit, Looks, NoPicture, PictureRequest, Preview, ScreenReport, Showing, SourceReport,
};
use protocol_quic::PictureSender;
use renderer::Compositor;
use renderer::cpu::CpuCompositor;
use renderer::wgpu::{WgpuCompositor, WgpuDevice};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::runtime::Handle;

/// Which implementation makes the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompositorKind {
    /// The CPU.
    Cpu,
    /// The graphics device.
    Wgpu,
}

/// Why screens cannot be driven.
#[derive(Debug, thiserror::Error)]
pub enum DisplayError {
    /// No screen of the hall names this node.
    #[error("no screen of the hall is driven by node {node}; the hall has screens for {known}")]
    NoScreens {
        /// This node.
        node: NodeId,
        /// The nodes that have screens, joined by commas.
        known: String,
    },
    /// The bundled fonts cannot be read.
    #[error(transparent)]
    Fonts(#[from] renderer::raster::FontFault),
    /// The tap or the timing log cannot be opened.
    #[error("{path} cannot be opened for writing: {why}")]
    Tap {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// No thread can be started.
    #[error("no thread can be started: {0}")]
    Thread(std::io::Error),
    /// Windows cannot be opened.
    #[error("{0}")]
    Windows(String),
    /// The graphics device cannot be used.
    #[error("{0}")]
    Device(String),
}

impl From<WorkerError> for DisplayError {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Fonts(fault) => Self::Fonts(fault),
            WorkerError::Thread(why) => Self::Thread(why),
        }
    }
}

/// Where screens become windows.
pub trait Windows: Send + Sync {
    /// Opens a window for each of the screens given, in their order, in place of one that the screen had.
    fn open(&self, screens: &[&Screen]) -> Result<Vec<Box<dyn Present>>, DisplayError>;

    /// Closes every window of `node` but those of the screens given.
    fn keep(&self, node: &NodeId, screens: &[&Screen]);
}

/// Opens and closes the windows of display nodes.
pub type OpenWindows = Arc<dyn Windows>;

/// What a display node is given at start.
#[derive(Clone)]
pub struct DisplaySettings {
    /// Its name in the hall document.
    pub node: NodeId,
    /// The machine's clock.
    pub clock: Clock,
    /// Runs the network tasks.
    pub runtime: Handle,
    /// Which implementation makes the pixels.
    pub compositor: CompositorKind,
    /// Opens windows; without it pictures stay in memory.
    pub windows: Option<OpenWindows>,
    /// Where every composed picture is appended.
    pub tap: Option<PathBuf>,
    /// Where every present call is noted.
    pub timing_log: Option<PathBuf>,
    /// What to do wrong.
    pub rehearsal: Rehearsal,
}

/// What an engine has done.
#[derive(Debug, Clone)]
pub enum EngineEvent {
    /// A wall has prepared what a revision asks of it.
    Ready(WallId, u64),
    /// A program is on the screens.
    Showing(Showing),
    /// What was shown in the last ticks.
    Audit(Audit),
}

/// What all walls are to show, as of one revision.
#[derive(Debug, Clone)]
pub struct Shows {
    /// A program per wall.
    pub programs: BTreeMap<WallId, Program>,
    /// The still pictures of windows.
    pub images: Images,
    /// Whether the pictures are other ones than before.
    pub images_changed: bool,
}

struct EngineThread {
    orders: Sender<Order>,
    stop: Arc<AtomicBool>,
    view: Arc<Mutex<View>>,
    answers: Arc<Mutex<AnswerBook>>,
    screens: Vec<Screen>,
    thread: JoinHandle<Vec<(ScreenId, OwnedPicture)>>,
}

/// A display node at work.
pub struct DisplayNode {
    settings: DisplaySettings,
    events: tokio::sync::mpsc::Sender<EngineEvent>,
    engines: BTreeMap<WallId, EngineThread>,
    /// Draws the widgets of all engines, from the files that they were started with.
    worker: Option<RasterWorker>,
    /// What engines that are yet to start will show.
    answers: AnswerBook,
    tap: Option<Arc<Mutex<Tap>>>,
    timing_log: Option<Arc<Mutex<TimingLog>>>,
    /// Makes pictures for people who look from afar, where there is a way to send them.
    press: Option<Arc<PicturePress>>,
    /// The walls that somebody looks at.
    previews: BTreeMap<WallId, Preview>,
}

impl DisplayNode {
    /// A node that shows nothing yet. What its engines do is told through `events`; a full channel loses events.
    pub fn new(
        settings: DisplaySettings,
        events: tokio::sync::mpsc::Sender<EngineEvent>,
    ) -> Result<Self, DisplayError> {
        let tap = opened(settings.tap.as_ref(), Tap::open)?;
        let timing_log = opened(settings.timing_log.as_ref(), TimingLog::create)?;
        let (engines, answers) = (BTreeMap::new(), AnswerBook::default());
        let (press, previews) = (None, BTreeMap::new());
        Ok(Self { settings, events, engines, worker: None, answers, tap, timing_log, press, previews })
    }

    /// From now on pictures can be taken of walls that are shown later, and are sent through `sender`.
    pub fn send_pictures(&mut self, sender: PictureSender) -> Result<(), DisplayError> {
        let press = PicturePress::start(sender, self.settings.clock.clone()).map_err(DisplayError::Thread)?;
        self.press = Some(Arc::new(press));
        Ok(())
    }

    /// Shows `shows` from its moment on. Engines whose screens changed are started anew, the others switch.
    pub fn show(&mut self, shows: &Shows) -> Result<(), DisplayError> {
        let node = self.settings.node.clone();
        if let Some(program) = shows.programs.values().next() {
            self.answers.follow(program.layout.queries().map(|query| &query.id));
        }
        // Every engine is started anew below, with a worker that knows the new files. Until then the old one is needed.
        let _old = if shows.images_changed { self.worker.take() } else { None };
        let mut walls = Vec::new();
        for (wall_id, program) in &shows.programs {
            let screens = screens_on(program, wall_id, &node);
            if screens.is_empty() {
                continue;
            }
            walls.push(wall_id.clone());
            let running = self.engines.get(wall_id);
            let keeps = running.is_some_and(|engine| engine.screens == screens) && !shows.images_changed;
            let sent = keeps && self.order(wall_id, Order::Follow(program.clone()));
            if !sent {
                self.end(wall_id);
                let engine = self.start(wall_id, program, screens, &shows.images)?;
                self.engines.insert(wall_id.clone(), engine);
                if let Some(preview) = self.previews.get(wall_id) {
                    self.order(wall_id, Order::Preview(preview.clone()));
                }
            }
        }
        let gone: Vec<WallId> = self.engines.keys().filter(|wall| !walls.contains(wall)).cloned().collect();
        gone.iter().for_each(|wall| {
            self.end(wall);
        });
        if let Some(windows) = &self.settings.windows {
            // Not before the new ones stand in their places: nobody is to see the desktop between two pictures.
            let screens: Vec<&Screen> = self.engines.values().flat_map(|engine| &engine.screens).collect();
            windows.keep(&node, &screens);
        }
        if self.engines.is_empty() {
            let nodes = shows.programs.values().next().map(|program| program.layout.display_nodes());
            let known: Vec<String> = nodes.into_iter().flatten().map(ToString::to_string).collect();
            return Err(DisplayError::NoScreens { node, known: known.join(", ") });
        }
        Ok(())
    }

    /// Puts on air what the wall has prepared.
    pub fn activate(&self, activate: &Activate) {
        let Activate { revision, wall, at } = activate;
        self.order(wall, Order::Activate { revision: *revision, at: *at });
    }

    /// Takes small pictures of a wall's screens from its next tick on, or no longer. The wall may be shown later.
    pub fn preview(&mut self, preview: Preview) {
        self.order(&preview.wall, Order::Preview(preview.clone()));
        if preview.looks.any() {
            self.previews.insert(preview.wall.clone(), preview);
        } else {
            self.previews.remove(&preview.wall);
        }
    }

    /// Nobody looks at any wall: who looked can no longer be reached.
    pub fn end_previews(&mut self) {
        for (_, preview) in std::mem::take(&mut self.previews) {
            self.preview(Preview { looks: Looks::default(), ..preview });
        }
    }

    /// Makes a picture of something on a wall and sends it, or says why there is none.
    pub fn picture(&self, request: PictureRequest) {
        let PictureRequest { number, format, width_px, .. } = request;
        let wall = request.wall.clone();
        if !self.order(&wall, Order::Picture(request))
            && let Some(press) = &self.press
        {
            let (made, pixels) = (self.settings.clock.wall(), Pixels::None(NoPicture::Unknown));
            press.commission(Commission { number, made, format, width_px, pixels });
        }
    }

    /// How many pictures have been encoded for people who look from afar.
    pub fn pictures_encoded(&self) -> u64 {
        self.press.as_ref().map_or(0, |press| press.encoded())
    }

    /// Shows what a query has answered, on all walls from the first tick on that begins at the answer's time or later. It
    /// stays until a newer one comes, whether there is a controller or not. It may come before the layout that asks for it.
    pub fn answer(&mut self, answer: &Answer) {
        let Answer { query, from, as_of, promise, fault, table } = answer;
        let (table, fault) = (Arc::clone(table), fault.clone());
        let answer = layouts::Answer { table, as_of: *as_of, promise: *promise, fault };
        if !self.engines.is_empty() {
            // An engine that starts later shows later ticks only: what is overtaken by then is not kept for it.
            self.answers.at(self.settings.clock.wall());
        }
        let answer = self.answers.take(query, *from, answer);
        for engine in self.engines.values() {
            let mut book = engine.answers.lock().unwrap_or_else(PoisonError::into_inner);
            book.take(query, *from, answer.clone());
        }
    }

    /// The walls that have screens here.
    pub fn walls(&self) -> impl Iterator<Item = &WallId> {
        self.engines.keys()
    }

    /// Whether the wall's engine is there to take the order.
    fn order(&self, wall: &WallId, order: Order) -> bool {
        self.engines.get(wall).is_some_and(|engine| engine.orders.send(order).is_ok())
    }

    fn start(
        &mut self,
        wall: &WallId,
        program: &Program,
        screens: Vec<Screen>,
        images: &Images,
    ) -> Result<EngineThread, DisplayError> {
        let outputs = self.outputs(program, &screens, images)?;
        let DisplaySettings { node, clock, runtime, rehearsal, .. } = &self.settings;
        let answers = Arc::new(Mutex::new(self.answers.clone()));
        let engine = Engine::new(
            node.clone(),
            wall.clone(),
            program.clone(),
            outputs,
            clock.clone(),
            runtime.clone(),
            *rehearsal,
            answers.clone(),
        );
        let (orders, received) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let view = Arc::new(Mutex::new(View::default()));
        let pulse = Pulse {
            engine,
            wall: wall.clone(),
            orders: received,
            stop: stop.clone(),
            view: view.clone(),
            events: self.events.clone(),
            clock: clock.clone(),
            timing_log: self.timing_log.clone(),
            lookout: Lookout::new(self.press.clone(), wall.clone(), images.clone()),
        };
        let thread = std::thread::Builder::new()
            .name(format!("wall {wall}"))
            .spawn(move || pulse.run())
            .map_err(DisplayError::Thread)?;
        Ok(EngineThread { orders, stop, view, answers, screens, thread })
    }

    /// The rasters of one more screen, which are drawn from `images`.
    fn rasters(&mut self, images: &Images) -> Result<ScreenRasters, DisplayError> {
        let worker = match &self.worker {
            Some(worker) => worker,
            None => {
                let files = images.clone();
                let worker = RasterWorker::start(Box::new(move || files.rasterizer()), RASTER_BYTES_MAX)?;
                &*self.worker.insert(worker)
            }
        };
        Ok(worker.screen(images.rasters(RASTER_BYTES_MAX)?))
    }

    fn outputs(
        &mut self,
        program: &Program,
        screens: &[Screen],
        images: &Images,
    ) -> Result<Vec<ScreenOutput>, DisplayError> {
        let wanted: Vec<&Screen> = screens.iter().collect();
        let mut presenters = match &self.settings.windows {
            Some(windows) => windows.open(&wanted)?.into_iter().map(Some).collect(),
            None => Vec::new(),
        };
        presenters.resize_with(screens.len(), || None);
        let mut outputs = Vec::new();
        for (screen, presenter) in screens.iter().zip(presenters) {
            let index = program.layout.screens().position(|(_, candidate)| candidate.id == screen.id);
            let rasters = self.rasters(images)?;
            outputs.push(ScreenOutput::new(
                screen.id.clone(),
                index.and_then(|index| u32::try_from(index).ok()).unwrap_or(0),
                new_compositor(self.settings.compositor)?,
                rasters,
                presenter,
                self.tap.clone(),
            ));
        }
        Ok(outputs)
    }

    /// What all engines measure.
    pub fn report(&self) -> (Vec<SourceReport>, Vec<ScreenReport>) {
        let mut report = (Vec::new(), Vec::new());
        for engine in self.engines.values() {
            let view = engine.view.lock().unwrap_or_else(PoisonError::into_inner).clone();
            report.0.extend(view.sources);
            report.1.extend(view.screens);
        }
        report
    }

    fn end(&mut self, wall: &WallId) -> Vec<(ScreenId, OwnedPicture)> {
        let Some(engine) = self.engines.remove(wall) else { return Vec::new() };
        engine.stop.store(true, Ordering::Relaxed);
        // An engine that panicked has been reported already and has no pictures.
        engine.thread.join().unwrap_or_default()
    }

    /// Ends every engine and gives the last picture of every screen.
    pub fn stop(mut self) -> Vec<(ScreenId, OwnedPicture)> {
        let walls: Vec<WallId> = self.engines.keys().cloned().collect();
        walls.iter().flat_map(|wall| self.end(wall)).collect()
    }
}

fn opened<T>(
    path: Option<&PathBuf>,
    open: impl Fn(&Path) -> std::io::Result<T>,
) -> Result<Option<Arc<Mutex<T>>>, DisplayError> {
    let Some(path) = path else { return Ok(None) };
    let opened = open(path).map_err(|why| DisplayError::Tap { path: path.clone(), why })?;
    Ok(Some(Arc::new(Mutex::new(opened))))
}

fn screens_on(program: &Program, wall: &WallId, node: &NodeId) -> Vec<Screen> {
    let screens = program.layout.wall(wall).map(|wall: &Wall| wall.screens.as_slice()).unwrap_or_default();
    screens.iter().filter(|screen| screen.node == *node).cloned().collect()
}

/// A compositor of the kind asked for.
pub fn new_compositor(kind: CompositorKind) -> Result<Box<dyn Compositor + Send>, DisplayError> {
    match kind {
        CompositorKind::Cpu => Ok(Box::new(CpuCompositor::new())),
        CompositorKind::Wgpu => {
            let device = WgpuDevice::shared().map_err(|error| DisplayError::Device(error.to_string()))?;
            Ok(Box::new(WgpuCompositor::new(&device)))
        }
    }
}
