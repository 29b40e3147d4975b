//! The picture of the canvas: composed by the wall's own planner and compositor, on a thread of its own, when something has changed.

use crate::refusals;
use editor_model::Sort;
use layouts::{Answers, Language, Layout, Mode, OnAir, PixelGrid, Words};
use media::{CanvasFrame, SceneId, Size, SourceId, WallId, WallTime};
pub use node::LivePicture;
use node::{CompositorKind, FileMarks, Moment, OwnedPicture, Shot, StillError, Studio, View};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Most small pictures that wait; of more the oldest are forgotten and asked for again when they are seen.
const WAITING_MAX: usize = 256;

/// How often the files that windows name are looked at, while the canvas shows any.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What queries have answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// The newest answers.
    pub answers: Answers,
    /// The hall's time at which they are shown.
    pub now: WallTime,
}

impl Default for Data {
    fn default() -> Self {
        Self { answers: Answers::new(), now: WallTime(0) }
    }
}

/// A moment of the hall that is to be composed.
#[derive(Debug, Clone)]
pub struct Scenery {
    /// The hall.
    pub layout: Arc<Layout>,
    /// Which wall.
    pub wall: WallId,
    /// What is on it.
    pub on_air: OnAir,
    /// The hall's time at which every file starts. `None`: that of the data, whose tick is then the one from which the times in `on_air` count.
    pub start: Option<WallTime>,
    /// Time since the start of every file.
    pub at: Duration,
    /// Where files and stills lie.
    pub media_folder: PathBuf,
    /// What widgets show.
    pub data: Arc<Data>,
}

/// What sources show now.
pub type LivePictures = BTreeMap<SourceId, LivePicture>;

/// A small picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Small {
    /// A scene.
    Scene(SceneId),
    /// A source.
    Source(SourceId),
    /// A kind of widget in one language and one theme.
    Widget(Sort, Language, Mode),
    /// A scene as others have it, who work on the same controller.
    Theirs(SceneId),
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
    pub faults: Vec<Words>,
    /// The number with which it was asked for.
    pub number: u64,
}

#[derive(Debug, Clone)]
struct CanvasOrder {
    scenery: Scenery,
    grid: PixelGrid,
    identify: bool,
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
    done_small: HashMap<Small, OwnedPicture>,
    /// What the canvas shows, and how its files were when it was composed.
    watched: Option<(CanvasOrder, FileMarks)>,
    /// The files are to be looked at.
    look: bool,
    /// How often they were others.
    files_changed: u64,
    /// What sources show from now on, where that is other than before.
    live: Option<LivePictures>,
    busy: bool,
    end: bool,
}

/// What composes: the hall, and previews that have nothing to do with it.
struct Studios {
    hall: Studio,
    previews: Option<Studio>,
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
    live_number: u64,
    /// Which sources are shown live, and how often they have been others.
    live_sources: BTreeSet<SourceId>,
    live_changes: u64,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, studio: Studio) {
        let mut studios = Studios { hall: studio, previews: None };
        let mut state = self.lock();
        loop {
            if state.end {
                return;
            }
            if let Some(pictures) = state.live.take() {
                studios.hall.show_live(pictures);
            }
            if let Some(order) = state.canvas.take() {
                state.busy = true;
                drop(state);
                let Scenery { layout, media_folder, .. } = &order.scenery;
                // Before they are read: what is written meanwhile is another file then.
                let marks = FileMarks::look(layout, media_folder);
                let canvas = canvas(&mut studios.hall, &order);
                state = self.lock();
                state.done_canvas = Some(canvas);
                state.watched = (!marks.is_empty()).then_some((order, marks));
            } else if let Some(order) = state.small.pop_front() {
                state.busy = true;
                drop(state);
                let picture = small(&mut studios, &order);
                state = self.lock();
                if let Some(picture) = picture {
                    state.done_small.insert(order.what, picture);
                }
            } else if std::mem::take(&mut state.look) {
                state = self.look(state);
                continue;
            } else {
                state = self.wait(state);
                continue;
            }
            state.busy = false;
            self.told.notify_all();
            (self.done)();
        }
    }

    /// Waits until something is asked for; where the canvas shows files, until they are to be looked at again.
    fn wait<'s>(&'s self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        if state.watched.is_none() {
            return self.told.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let waited = self.told.wait_timeout(state, LOOK_EVERY);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        state.look |= timeout.timed_out();
        state
    }

    /// Looks at the files that the canvas shows; where they are others, it is composed again.
    fn look<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        if let Some((order, marks)) = state.watched.take() {
            state.busy = true;
            drop(state);
            let changed = FileMarks::look(&order.scenery.layout, &order.scenery.media_folder) != marks;
            state = self.lock();
            state.busy = false;
            if changed {
                state.files_changed += 1;
                // What has been asked for meanwhile will read them, too.
                state.canvas.get_or_insert(order);
            } else {
                state.watched = Some((order, marks));
            }
        }
        self.told.notify_all();
        state
    }
}

fn render(
    studio: &mut Studio,
    scenery: &Scenery,
    identify: bool,
    view: View<'_>,
) -> Result<Shot, StillError> {
    let Scenery { layout, wall, on_air, start, at, media_folder, data } = scenery;
    let (start, on_air) = match start {
        Some(start) => (*start, on_air.clone()),
        None => {
            // What is on the air counts from the tick at which every file starts.
            let tick = layout.wall(wall).map(|wall| wall.tick);
            let first = tick.map_or(CanvasFrame(0), |tick| tick.frame_at(data.now));
            let since = CanvasFrame(first.0 + on_air.since.0);
            (tick.map_or(data.now, |tick| tick.start_of(first)), OnAir { since, ..on_air.clone() })
        }
    };
    let moment = Moment {
        layout,
        wall,
        on_air: &on_air,
        stamp: false,
        identify,
        view,
        start,
        at: *at,
        answers: &data.answers,
        media_folder,
    };
    studio.render(&moment)
}

fn canvas(studio: &mut Studio, order: &CanvasOrder) -> Canvas {
    let CanvasOrder { scenery, grid, identify, number } = order;
    let (picture, faults) = match render(studio, scenery, *identify, View::Part(*grid)) {
        Ok(Shot { picture, faults }) => (picture, faults.iter().map(refusals::still).collect()),
        Err(error) => {
            (OwnedPicture { size: Size::new(0, 0), bytes: Vec::new() }, vec![refusals::still(&error)])
        }
    };
    Canvas { grid: *grid, picture, faults, number: *number }
}

fn small(studios: &mut Studios, order: &SmallOrder) -> Option<OwnedPicture> {
    let SmallOrder { what, scenery, size } = order;
    let Studios { hall, previews } = studios;
    let shot = match what {
        Small::Scene(scene) | Small::Theirs(scene) => {
            let scenery = Scenery { on_air: OnAir::still(scene.clone()), ..scenery.clone() };
            render(hall, &scenery, false, View::Scene(*size)).ok()
        }
        Small::Source(source) => render(hall, scenery, false, View::Source(source, *size)).ok(),
        Small::Widget(..) => {
            // A studio of their own: the hall's would read its files again after each.
            let studio = match previews {
                Some(studio) => studio,
                none => none.insert(Studio::new(CompositorKind::Cpu).ok()?),
            };
            render(studio, scenery, false, View::Scene(*size)).ok()
        }
        Small::Change(_) => {
            let area = scenery.layout.wall(&scenery.wall)?.canvas;
            render(hall, scenery, false, View::Part(PixelGrid { area, size: *size })).ok()
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
        Ok(Self { desk, thread, number: 0, live_number: 0, live_sources: BTreeSet::new(), live_changes: 0 })
    }

    /// Asks for a part of the canvas, instead of what was asked for before and is not begun; with `identify` every screen shows its numbered
    /// card. Gives the number that it will bear.
    pub fn ask(&mut self, scenery: Scenery, grid: PixelGrid, identify: bool) -> u64 {
        self.number += 1;
        self.desk.lock().canvas = Some(CanvasOrder { scenery, grid, identify, number: self.number });
        self.desk.told.notify_all();
        self.number
    }

    /// From now on sources show these pictures in the place of test cards.
    pub fn show_live(&mut self, pictures: LivePictures) {
        self.live_number += 1;
        if !self.live_sources.iter().eq(pictures.keys()) {
            self.live_sources = pictures.keys().cloned().collect();
            self.live_changes += 1;
        }
        self.desk.lock().live = Some(pictures);
    }

    /// Another number with each change of what sources show.
    pub fn live_number(&self) -> u64 {
        self.live_number
    }

    /// Grows when other sources than before are shown live.
    pub fn live_changes(&self) -> u64 {
        self.live_changes
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
    pub fn take_small(&self) -> HashMap<Small, OwnedPicture> {
        std::mem::take(&mut self.desk.lock().done_small)
    }

    /// Looks at the files that the canvas shows at once: somebody may have saved one.
    pub fn look(&self) {
        self.desk.lock().look = true;
        self.desk.told.notify_all();
    }

    /// How often files that the canvas shows have become others.
    pub fn files_changed(&self) -> u64 {
        self.desk.lock().files_changed
    }

    /// Waits until all that was asked for is composed.
    pub fn settle(&self) {
        let mut state = self.desk.lock();
        let works =
            |state: &State| state.busy || state.look || state.canvas.is_some() || !state.small.is_empty();
        while self.thread.is_some() && works(&state) {
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
