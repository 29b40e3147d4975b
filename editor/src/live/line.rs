//! The threads that talk with the controller: one asks, one listens, one fetches pictures. What they find lies on a desk that the
//! editor looks at when it draws; every queue on it is bounded.

use super::asks::{Asking, Refusal, Remedy, Snapshot, Staged};
use super::pictures::{self, Shelf};
use crate::compose::LivePictures;
use crate::files;
use controller::WindowsView;
use controller_client::{AskError, Door, Heard, Watch};
use layouts_edit::HallText;
use media::{SceneId, SourceId, WallId};
use serde::Deserialize;
use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often the listener looks whether there is something to say.
const LISTEN_FOR: Duration = Duration::from_millis(200);
/// The first wait after a lost line; each further one is twice as long.
const AGAIN_MIN: Duration = Duration::from_millis(500);
const AGAIN_MAX: Duration = Duration::from_secs(15);
/// Most news that lie on the desk. Of more, those that tell of hands go first: they are told again.
const NEWS_MAX: usize = 1024;
/// Most windows in a hand that others are told of.
const HAND_MAX: usize = 16;

/// How the line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is being opened for the first time.
    Connecting,
    /// The controller tells what happens.
    Up,
    /// It does not, and is tried again.
    Down {
        /// Why.
        why: String,
    },
    /// The token is not accepted, or no longer: trying again would not help.
    Refused {
        /// In Chinese and in English.
        words: (String, String),
    },
}

/// Somebody who is there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// Who, for the controller.
    pub user: String,
    /// Who, for people.
    pub name: String,
    /// Which page of the console, or `editor`.
    pub page: String,
}

/// Windows in somebody's hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Hand {
    pub(super) mark: String,
    pub(super) wall: WallId,
    pub(super) scene: Option<SceneId>,
    pub(super) windows: Vec<String>,
    pub(super) user: String,
    pub(super) name: String,
    /// When it is forgotten, by the editor's clock.
    pub(super) until_s: f64,
}

/// Where in a scene somebody points.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointer {
    pub(super) mark: String,
    pub(super) wall: WallId,
    pub(super) scene: SceneId,
    /// In thousandths of a canvas pixel; nothing where the pointer has left the canvas.
    pub(super) at: Option<(i64, i64)>,
    pub(super) name: String,
    /// When it is forgotten, by the editor's clock.
    pub(super) until_s: f64,
}

/// Something to ask for.
pub(super) enum Order {
    Look,
    Stage {
        wall: WallId,
        scene: SceneId,
        document: Box<HallText>,
        /// The stage as this editor has left it.
        ours: Option<Box<WindowsView>>,
        remedies: BTreeSet<Remedy>,
    },
    Take {
        wall: WallId,
        remedies: BTreeSet<Remedy>,
    },
    /// The real screens of a wall show their numbers.
    Identify(WallId),
    Keep {
        path: PathBuf,
        text: Arc<str>,
    },
}

/// Something that has come.
pub(super) enum News {
    Stands(Standing),
    Snapshot(Box<Snapshot>),
    People(Vec<Person>),
    Hand(Hand),
    Touched(Hand),
    Pointer(Pointer),
    Identified(Result<(), Box<Refusal>>),
    Staged(Result<Box<Staged>, Box<Refusal>>),
    Taken(Result<Box<WindowsView>, Box<Refusal>>),
}

type Held = (WallId, SceneId, Vec<String>);
type Pointed = (WallId, SceneId, Option<(i64, i64)>);

#[derive(Default)]
struct State {
    orders: VecDeque<Order>,
    busy: bool,
    news: VecDeque<News>,
    held: Option<Held>,
    pointed: Option<Pointed>,
    end: bool,
}

pub(super) struct Desk {
    state: Mutex<State>,
    told: Condvar,
    shelf: Shelf,
    done: Arc<dyn Fn() + Send + Sync>,
    mark: String,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, news: News) {
        let mut state = self.lock();
        if state.news.len() >= NEWS_MAX {
            state.news.retain(|news| !matches!(news, News::Hand(_) | News::Touched(_) | News::Pointer(_)));
        }
        if let News::Pointer(newer) = &news {
            state.news.retain(|news| !matches!(news, News::Pointer(older) if older.mark == newer.mark));
        }
        // An older picture of all is worth nothing beside a newer one.
        if matches!(news, News::Snapshot(_)) {
            state.news.retain(|news| !matches!(news, News::Snapshot(_)));
        }
        state.news.push_back(news);
        drop(state);
        self.told.notify_all();
        (self.done)();
    }

    fn ask(&self, order: Order) {
        let mut state = self.lock();
        match order {
            Order::Look if state.orders.iter().any(|order| matches!(order, Order::Look)) => return,
            Order::Keep { .. } => state.orders.retain(|order| !matches!(order, Order::Keep { .. })),
            _ => {}
        }
        state.orders.push_back(order);
        drop(state);
        self.told.notify_all();
    }

    fn is_over(&self) -> bool {
        self.lock().end
    }

    /// Waits, or until the editor ends.
    fn pause(&self, time: Duration) {
        let (state, begin) = (self.lock(), Instant::now());
        let left = |state: &mut State| !state.end && begin.elapsed() < time;
        drop(self.told.wait_timeout_while(state, time, left).unwrap_or_else(PoisonError::into_inner));
    }
}

/// The line to a controller.
pub(super) struct Line {
    desk: Arc<Desk>,
}

impl Line {
    /// Begins to listen. `done` is called when something has come.
    pub(super) fn new(door: &Door, done: Arc<dyn Fn() + Send + Sync>) -> Self {
        // It need not be secret, only another one than that of the next editor.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mark = format!("{:x}-{:x}", std::process::id(), now.as_nanos());
        let shelf = Shelf::new(done.clone());
        let desk = Arc::new(Desk { state: Mutex::default(), told: Condvar::new(), shelf, done, mark });
        let thread = |name: &str, work: fn(&Desk, &Door)| {
            let (desk, door) = (desk.clone(), door.clone());
            let begun = std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&desk, &door));
            if let Err(error) = begun {
                tracing::error!(%error, name, "the system refuses a thread");
            }
        };
        thread("live-ask", asks);
        thread("live-listen", listen);
        thread("live-pictures", |desk, door| pictures::fetch(&desk.shelf, door));
        Self { desk }
    }

    /// Asks for something; it is answered by news.
    pub(super) fn ask(&self, order: Order) {
        self.desk.ask(order);
    }

    /// Whether something was asked for that is not answered.
    pub(super) fn is_busy(&self) -> bool {
        let state = self.desk.lock();
        state.busy
            || state.orders.iter().any(|order| matches!(order, Order::Stage { .. } | Order::Take { .. }))
    }

    /// What has come.
    pub(super) fn take(&self) -> Vec<News> {
        self.desk.lock().news.drain(..).collect()
    }

    pub(super) fn wait(&self, within: Duration) -> bool {
        let state = self.desk.lock();
        let none = |state: &mut State| state.news.is_empty();
        let (state, _) =
            self.desk.told.wait_timeout_while(state, within, none).unwrap_or_else(PoisonError::into_inner);
        !state.news.is_empty()
    }

    /// Which windows are in this designer's hand.
    pub(super) fn hold(&self, held: Option<Held>) {
        self.desk.lock().held = held;
    }

    /// Where this designer points.
    pub(super) fn point(&self, pointed: Option<Pointed>) {
        self.desk.lock().pointed = pointed;
    }

    /// Of which sources pictures are wanted.
    pub(super) fn want(&self, sources: BTreeSet<SourceId>) {
        self.desk.shelf.want(sources);
    }

    pub(super) fn pictures(&self) -> Option<LivePictures> {
        self.desk.shelf.take()
    }

    pub(super) fn no_pictures(&self) -> Option<LivePictures> {
        self.desk.shelf.clear()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        state.end = true;
        let kept = std::mem::take(&mut state.orders);
        drop(state);
        self.desk.told.notify_all();
        self.desk.shelf.end();
        // The threads may wait for an answer that takes its time, and the program ends without them. What is to be kept is kept first.
        kept.into_iter().filter(|order| matches!(order, Order::Keep { .. })).for_each(keep);
    }
}

fn keep(order: Order) {
    if let Order::Keep { path, text } = order
        && let Err(error) = files::replace(&path, &text)
    {
        tracing::warn!(%error, "what the controller said last cannot be kept");
    }
}

/// Does what is ordered, one after the other.
fn asks(desk: &Desk, door: &Door) {
    let asking = Asking::new(door);
    loop {
        let mut state = desk.lock();
        let order = loop {
            match state.orders.pop_front() {
                _ if state.end => return,
                Some(order) => break order,
                None => state = desk.told.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        };
        state.busy = matches!(order, Order::Stage { .. } | Order::Take { .. });
        drop(state);
        let news = answer(&asking, order);
        desk.lock().busy = false;
        if let Some(news) = news {
            desk.tell(news);
        }
    }
}

fn answer(asking: &Asking, order: Order) -> Option<News> {
    match order {
        Order::Look => match asking.snapshot() {
            Ok(snapshot) => Some(News::Snapshot(Box::new(snapshot))),
            // The listener notices a lost line by itself, and all is asked for again.
            Err(AskError::Unreachable { .. }) => None,
            Err(error) => Some(News::Stands(refused(&error))),
        },
        Order::Stage { wall, scene, document, ours, remedies } => {
            let staged = asking.stage(&wall, &scene, &document, ours.as_deref(), &remedies);
            Some(News::Staged(staged.map(Box::new).map_err(Box::new)))
        }
        Order::Take { wall, remedies } => {
            Some(News::Taken(asking.take(&wall, &remedies).map(Box::new).map_err(Box::new)))
        }
        Order::Identify(wall) => Some(News::Identified(asking.identify(&wall).map_err(Box::new))),
        Order::Keep { .. } => {
            keep(order);
            None
        }
    }
}

/// How the line stands after an error.
fn refused(error: &AskError) -> Standing {
    match error.refused() {
        Some(refused) => Standing::Refused { words: (refused.detail_zh.clone(), refused.detail.clone()) },
        None => Standing::Down { why: error.to_string() },
    }
}

/// Hears what happens, and comes back when the line is lost.
fn listen(desk: &Desk, door: &Door) {
    let mut wait = AGAIN_MIN;
    let mut known = 0;
    while !desk.is_over() {
        let path = if known > 0 { format!("/v1/watch?after={known}") } else { "/v1/watch".to_owned() };
        let standing = match Watch::open(door, &path, LISTEN_FOR) {
            Ok(mut watch) => {
                desk.tell(News::Stands(Standing::Up));
                desk.ask(Order::Look);
                wait = AGAIN_MIN;
                match hear(desk, &mut watch, &mut known) {
                    Some(standing) => standing,
                    None => return,
                }
            }
            Err(error) => refused(&error),
        };
        desk.tell(News::Stands(standing));
        // Half of it is certain, the rest differs from editor to editor, so that not all come at once.
        let part = desk.mark.bytes().map(u32::from).sum::<u32>() % 512;
        desk.pause(wait / 2 + wait * part / 1024);
        wait = (wait * 2).min(AGAIN_MAX);
    }
}

/// Hears until the line is lost; `None` when the editor ends.
fn hear(desk: &Desk, watch: &mut Watch, known: &mut u64) -> Option<Standing> {
    let down = |error: AskError| Some(Standing::Down { why: error.to_string() });
    if let Err(error) = watch.say(r#"{"page":"editor"}"#) {
        return down(error);
    }
    let (mut said, mut shown) = (None, None);
    loop {
        if desk.is_over() {
            return None;
        }
        let held = desk.lock().held.take().filter(|held| said.as_ref() != Some(held));
        if let Some((wall, scene, windows)) = &held {
            let windows = &windows[..windows.len().min(HAND_MAX)];
            let hand = serde_json::json!({ "hand": { "mark": desk.mark, "wall": wall, "scene": scene, "windows": windows } });
            if let Err(error) = watch.say(&hand.to_string()) {
                return down(error);
            }
            said = held;
        }
        let pointed = desk.lock().pointed.clone().filter(|pointed| shown.as_ref() != Some(pointed));
        if let Some((wall, scene, at)) = &pointed {
            let at = at.map(|(x, y)| [x, y].map(|thousandths| thousandths as f64 / 1000.0));
            let pointer = serde_json::json!({ "pointer": { "mark": desk.mark, "wall": wall, "scene": scene, "at": at } });
            if let Err(error) = watch.say(&pointer.to_string()) {
                return down(error);
            }
            shown = pointed;
        }
        match watch.hear() {
            Ok(Heard::Nothing | Heard::Bytes(_)) => {}
            Ok(Heard::Text(text)) => took(desk, &text, known),
            Ok(Heard::Over(Some(4401))) => {
                let words = (
                    "令牌已失效，请换一个".to_owned(),
                    "the token is not accepted any more; use another one".to_owned(),
                );
                return Some(Standing::Refused { words });
            }
            Ok(Heard::Over(_)) => return Some(Standing::Down { why: "the controller has ended".to_owned() }),
            Err(error) => return down(error),
        }
    }
}

/// One message of the controller, as far as the editor cares.
#[derive(Deserialize)]
struct Told {
    revision: Option<u64>,
    what: String,
    #[serde(default)]
    people: Vec<Person>,
    wall: Option<WallId>,
    of: Option<String>,
    scene: Option<SceneId>,
    #[serde(default)]
    windows: Vec<String>,
    #[serde(default)]
    mark: String,
    at: Option<[f64; 2]>,
    #[serde(default)]
    user: String,
    #[serde(default)]
    name: String,
}

fn took(desk: &Desk, text: &str, known: &mut u64) {
    // A controller of a later version may say what this editor does not know.
    let Ok(told) = serde_json::from_str::<Told>(text) else { return };
    let Told { revision, what, people, wall, of, scene, windows, mark, at, user, name } = told;
    *known = revision.unwrap_or(*known).max(*known);
    let name = if name.is_empty() { user.clone() } else { name };
    match (what.as_str(), wall) {
        ("presence", _) => desk.tell(News::People(people)),
        ("hand", Some(wall)) if mark != desk.mark => {
            desk.tell(News::Hand(Hand { mark, wall, scene, windows, user, name, until_s: f64::INFINITY }));
        }
        ("pointer", Some(wall)) if mark != desk.mark => {
            let Some(scene) = scene else { return };
            // A controller lets nobody point so far that this would be cut off.
            let at = at.map(|[x, y]| ((x * 1000.0).round() as i64, (y * 1000.0).round() as i64));
            desk.tell(News::Pointer(Pointer { mark, wall, scene, at, name, until_s: f64::INFINITY }));
        }
        ("walls", Some(wall)) => {
            if of.as_deref() == Some("air") && !windows.is_empty() {
                desk.tell(News::Touched(Hand { mark, wall, scene, windows, user, name, until_s: 0.0 }));
            }
            desk.ask(Order::Look);
        }
        ("walls" | "sources" | "tours" | "everything", _) => desk.ask(Order::Look),
        _ => {}
    }
}
