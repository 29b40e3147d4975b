//! The picture of the canvas: composed by the wall's own planner and compositor, on a thread of its own, when something has changed.

use layouts::{Answers, Layout, OnAir, PixelGrid};
use media::{SceneId, Size, SourceId, WallId, WallTime};
use node::{CompositorKind, Moment, OwnedPicture, Shot, StillError, Studio, View};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Most small pictures that wait; of more the oldest are forgotten and asked for again when they are seen.
const WAITING_MAX: usize = 256;

/// A moment of the hall that is to be composed.
#[derive(Debug, Clone)]
pub struct Scenery {
    /// The hall.
    pub layout: Arc<Layout>,
    /// Which wall.
    pub wall: WallId,
    /// What is on it.
    pub on_air: OnAir,
    /// The hall's time at which every file starts.
    pub start: WallTime,
    /// Time since the start of every file.
    pub at: Duration,
    /// Where files and stills lie.
    pub media_folder: PathBuf,
}

/// A small picture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Small {
    /// A scene.
    Scene(SceneId),
    /// A source.
    Source(SourceId),
    /// A moment at which a scene comes on.
    Change(SceneId),
}

/// The canvas, or a part of it, composed.
#[derive(Debug, Clone)]
pub struct Canvas {
    /// Which part, and how fine.
    pub grid: PixelGrid,
    /// Its pixels.
    pub picture: OwnedPicture,
    /// What could not be read.
    pub faults: Vec<String>,
    /// The number with which it was asked for.
    pub number: u64,
}

#[derive(Debug)]
struct CanvasOrder {
    scenery: Scenery,
    grid: PixelGrid,
    number: u64,
}

#[derive(Debug)]
struct SmallOrder {
    what: Small,
    scenery: Scenery,
    size: Size,
}

#[derive(Default)]
struct State {
    canvas: Option<CanvasOrder>,
    small: VecDeque<SmallOrder>,
    done_canvas: Option<Canvas>,
    done_small: BTreeMap<Small, OwnedPicture>,
    busy: bool,
    end: bool,
}

struct Desk {
    state: Mutex<State>,
    told: Condvar,
    /// Called when something is done.
    done: Box<dyn Fn() + Send + Sync>,
}

/// Composes for the editor.
pub struct Composer {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
    number: u64,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, mut studio: Studio) {
        let mut state = self.lock();
        loop {
            if state.end {
                return;
            }
            if let Some(order) = state.canvas.take() {
                state.busy = true;
                drop(state);
                let canvas = canvas(&mut studio, &order);
                state = self.lock();
                state.done_canvas = Some(canvas);
            } else if let Some(order) = state.small.pop_front() {
                state.busy = true;
                drop(state);
                let picture = small(&mut studio, &order);
                state = self.lock();
                if let Some(picture) = picture {
                    state.done_small.insert(order.what, picture);
                }
            } else {
                state = self.told.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.busy = false;
            self.told.notify_all();
            (self.done)();
        }
    }
}

fn render(studio: &mut Studio, scenery: &Scenery, view: View<'_>) -> Result<Shot, StillError> {
    let Scenery { layout, wall, on_air, start, at, media_folder } = scenery;
    let answers = Answers::default();
    let moment = Moment {
        layout,
        wall,
        on_air,
        stamp: false,
        view,
        start: *start,
        at: *at,
        answers: &answers,
        media_folder,
    };
    studio.render(&moment)
}

fn canvas(studio: &mut Studio, order: &CanvasOrder) -> Canvas {
    let CanvasOrder { scenery, grid, number } = order;
    let (picture, faults) = match render(studio, scenery, View::Part(*grid)) {
        Ok(Shot { picture, faults }) => (picture, faults.iter().map(ToString::to_string).collect()),
        Err(error) => (OwnedPicture { size: Size::new(0, 0), bytes: Vec::new() }, vec![error.to_string()]),
    };
    Canvas { grid: *grid, picture, faults, number: *number }
}

fn small(studio: &mut Studio, order: &SmallOrder) -> Option<OwnedPicture> {
    let SmallOrder { what, scenery, size } = order;
    let shot = match what {
        Small::Scene(scene) => {
            let scenery = Scenery { on_air: OnAir::still(scene.clone()), ..scenery.clone() };
            render(studio, &scenery, View::Scene(*size)).ok()
        }
        Small::Source(source) => render(studio, scenery, View::Source(source, *size)).ok(),
        Small::Change(_) => {
            let area = scenery.layout.wall(&scenery.wall)?.canvas;
            render(studio, scenery, View::Part(PixelGrid { area, size: *size })).ok()
        }
    };
    Some(shot?.picture)
}

impl Composer {
    /// A composer that calls `done` from its own thread whenever there is something to take.
    pub fn new(done: impl Fn() + Send + Sync + 'static) -> Result<Self, StillError> {
        let studio = Studio::new(CompositorKind::Cpu)?;
        let desk = Arc::new(Desk { state: Mutex::default(), told: Condvar::new(), done: Box::new(done) });
        let own = Arc::clone(&desk);
        let thread =
            std::thread::Builder::new().name("compose".to_owned()).spawn(move || own.work(studio)).ok();
        Ok(Self { desk, thread, number: 0 })
    }

    /// Asks for a part of the canvas, instead of what was asked for before and is not begun. Gives the number that it will bear.
    pub fn ask(&mut self, scenery: Scenery, grid: PixelGrid) -> u64 {
        self.number += 1;
        self.desk.lock().canvas = Some(CanvasOrder { scenery, grid, number: self.number });
        self.desk.told.notify_all();
        self.number
    }

    /// Asks for a small picture; one of the same thing that waits is asked for no more.
    pub fn ask_small(&self, what: Small, scenery: Scenery, size: Size) {
        let mut state = self.desk.lock();
        state.small.retain(|order| order.what != what);
        state.small.push_back(SmallOrder { what, scenery, size });
        if state.small.len() > WAITING_MAX {
            state.small.pop_front();
        }
        drop(state);
        self.desk.told.notify_all();
    }

    /// What has been composed of the canvas since it was last asked.
    pub fn take(&self) -> Option<Canvas> {
        self.desk.lock().done_canvas.take()
    }

    /// The small pictures that have been composed since it was last asked.
    pub fn take_small(&self) -> BTreeMap<Small, OwnedPicture> {
        std::mem::take(&mut self.desk.lock().done_small)
    }

    /// Waits until all that was asked for is composed.
    pub fn settle(&self) {
        let mut state = self.desk.lock();
        while self.thread.is_some() && (state.busy || state.canvas.is_some() || !state.small.is_empty()) {
            state = self.desk.told.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Composer {
    fn drop(&mut self) {
        self.desk.lock().end = true;
        self.desk.told.notify_all();
        if let Some(thread) = self.thread.take() {
            // What it has panicked about has been said already.
            let _ = thread.join();
        }
    }
}
