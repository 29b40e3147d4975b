//! The controller's work with its nodes: one authority behind a lock that is never held across a wait, a task per node,
//! and the timers of decisions. Operators reach it through a [`Desk`]; it needs no HTTP.

pub(crate) mod errands;
pub(crate) mod pictures;

use crate::authority::{Authority, OrderError};
use crate::now::Now;
use crate::on_wall::Commit;
use crate::preview::board::Board;
use crate::status::HallStatus;
use crate::sync_audit::{Alarm, SyncAudit, SyncStatus};
use errands::Errands;
use layouts::rules::{AlarmId, Picture};
use layouts::{Layout, OnAir, VariantError};
use media::{LocalTime, NodeId, QueryId, SceneId, WallId, WallTime};
use protocol::{Answer, AnswerFrame, ControllerEvent, EncodeError, Reason, Role};
use protocol_quic::{ControlServer, Host, IncomingPush, NodeHandle, NodeLink, ServerEvent};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The answer to a recalled scene: it is on its way, and the status says how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneRecalled {
    /// The wall that changes.
    pub wall: WallId,
    /// The scene that is to be shown.
    pub scene: SceneId,
    /// The revision with which nodes are told.
    pub revision: u64,
    /// The alarm that covers it: the wall shows it when no alarm is due any more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub behind: Option<AlarmId>,
}

/// The answer when the sync stamp was shown or hidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampSet {
    /// Which wall.
    pub wall: WallId,
    /// Whether the stamp is shown.
    pub on: bool,
    /// The revision with which nodes are told.
    pub revision: u64,
}

/// The longest time for which screens show their numbers, in seconds.
pub(crate) const IDENTIFY_SECONDS_MAX: u32 = 3600;

/// The answer when screens were told to show their numbers, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identified {
    /// Which wall.
    pub wall: WallId,
    /// How many screens it has.
    pub screens: usize,
    /// Until when they show them, in wall time; absent where they do not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<WallTime>,
    /// The revision with which nodes are told.
    pub revision: u64,
}

/// The link that stands for a node.
struct Link {
    /// Which one it is: an old link's end must not touch its successor.
    number: u64,
    role: Role,
    handle: NodeHandle,
}

struct State {
    authority: Authority,
    audit: SyncAudit,
    links: BTreeMap<NodeId, Link>,
    links_so_far: u64,
    /// The newest answer to each of the layout's queries, as it travels.
    answers: BTreeMap<QueryId, AnswerFrame>,
}

struct Shared {
    host: Host,
    state: Mutex<State>,
    /// Something has happened that may bring the next timer forward.
    changed: Notify,
    /// Who looks at the walls from afar. Locked under `state`, never the other way round.
    board: Board,
    /// What ingest nodes find out.
    errands: Errands,
}

impl Shared {
    fn now(&self) -> Now {
        Now { local: self.host.local(), wall: self.host.wall() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A decision is made in full or, by an early error, not at all: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells every connected node what came of it.
    fn decide<T>(&self, change: impl FnOnce(&mut State, Now) -> T) -> T {
        let now = self.now();
        let mut state = self.state();
        let (revision, timer) = (state.authority.revision(), state.poll_timeout());
        let result = change(&mut state, now);
        state.tell(revision, now);
        if state.poll_timeout() < timer {
            self.changed.notify_one();
        }
        result
    }

    /// Takes a node's new link in and gives its number.
    fn join(&self, link: &NodeLink) -> u64 {
        let host = link.remote().ip().to_string();
        let node = link.hello().node.clone();
        self.decide(|state, now| {
            let revision = state.authority.revision();
            state.authority.connected(link.hello(), &host, now);
            state.audit.connected(&node, now);
            state.links_so_far += 1;
            let number = state.links_so_far;
            let (role, handle) = (link.hello().role, link.handle());
            if role == Role::Display {
                state.answers.values().for_each(|answer| handle.answer(answer.clone()));
                self.preview_to(state, &node, &handle);
            }
            if let Some(old) = state.links.insert(node, Link { number, role, handle }) {
                old.handle.close(Reason::Replaced);
            }
            // With a new revision it is told with all the others.
            if state.authority.revision() == revision {
                link.set_snapshot(Arc::new(state.authority.snapshot(now.wall)));
            }
            number
        })
    }

    /// Link `number` of `node` is over.
    fn leave(&self, node: &NodeId, number: u64) {
        self.decide(|state, now| {
            if state.links.get(node).is_some_and(|standing| standing.number == number) {
                state.links.remove(node);
                state.authority.lost(node, now);
                state.audit.lost(node, now);
            }
        });
    }

    /// Lets timers fire, for ever.
    async fn keep_time(&self) {
        loop {
            let wait = self.state().poll_timeout().since(self.host.local());
            tokio::select! {
                () = tokio::time::sleep(wait) => self.decide(|state, now| {
                    state.authority.handle_timeout(now);
                    state.audit.handle_timeout(now);
                }),
                () = self.changed.notified() => {}
            }
        }
    }
}

impl State {
    /// When time must be let pass again at the latest.
    fn poll_timeout(&self) -> LocalTime {
        let audit = self.audit.poll_timeout();
        self.authority.poll_timeout().map_or(audit, |authority| authority.min(audit))
    }

    /// Remembers an answer to a query of the hall and sends it to every display node.
    fn answer(&mut self, answer: AnswerFrame) {
        if self.authority.layout().query(answer.query()).is_none() {
            return;
        }
        for Link { handle, .. } in self.links.values().filter(|link| link.role == Role::Display) {
            handle.answer(answer.clone());
        }
        self.answers.insert(answer.query().clone(), answer);
    }

    /// Tells every connected node what was decided since `revision`.
    fn tell(&mut self, revision: u64, now: Now) {
        if self.authority.revision() != revision {
            self.audit.follow(self.authority.layout());
            let snapshot = Arc::new(self.authority.snapshot(now.wall));
            for Link { handle, .. } in self.links.values() {
                handle.set_snapshot(snapshot.clone());
            }
        }
        while let Some(Commit { activate, scene, not_ready }) = self.authority.poll_commit() {
            let (wall, tick, revision) = (&activate.wall, activate.at.0, activate.revision);
            tracing::info!(%wall, %scene, tick, revision, "a scene goes on air");
            for missing in &not_ready {
                tracing::warn!(%wall, %scene, node = %missing.node, why = missing.why, "a node was not ready");
            }
            for Link { handle, .. } in self.links.values() {
                handle.activate(activate.clone());
            }
        }
        while let Some(Alarm { code, words, ended, .. }) = self.audit.poll_notice() {
            match ended {
                None => tracing::warn!(code, "{}", words.en),
                Some(_) => tracing::info!(code, "over: {}", words.en),
            }
        }
    }
}

/// Where operators give orders and ask how things are. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    shared: Arc<Shared>,
}

impl Desk {
    /// Brings a scene on its wall. It waits for nobody: the status says when it is on air.
    pub fn recall(&self, scene: &str) -> Result<SceneRecalled, OrderError> {
        self.shared.decide(|state, now| {
            let (wall, scene) = state.authority.recall(scene, now)?;
            let revision = state.authority.revision();
            tracing::info!(%wall, %scene, revision, "scene recalled");
            Ok(SceneRecalled { wall, scene, revision, behind: None })
        })
    }

    /// Brings on a wall what rules, schedules, tours and operators have made of it; see [`Authority::show`]. It waits for nobody.
    pub fn show(&self, wall: &WallId, picture: &Picture) -> Result<SceneId, VariantError> {
        self.shared.decide(|state, now| state.authority.show(wall, picture, now))
    }

    /// The hall has other sources from now on; see [`Authority::follow`].
    pub(crate) fn follow(&self, layout: Layout, document: String) {
        self.shared.decide(|state, now| state.authority.follow(layout, document, now));
    }

    /// The revision that nodes are told.
    pub fn revision(&self) -> u64 {
        self.shared.state().authority.revision()
    }

    /// Shows or hides the sync stamp on a wall.
    pub fn set_stamp(&self, wall: &str, on: bool) -> Result<StampSet, OrderError> {
        self.shared.decide(|state, now| {
            let wall = state.authority.set_stamp(wall, on, now)?;
            tracing::info!(%wall, on, "sync stamp");
            Ok(StampSet { wall, on, revision: state.authority.revision() })
        })
    }

    /// Has every screen of a wall show its number, its name and what drives it for some seconds, at most
    /// [`IDENTIFY_SECONDS_MAX`]; with 0 no longer.
    pub fn identify(&self, wall: &str, seconds: u32) -> Result<Identified, OrderError> {
        let time = Duration::from_secs(u64::from(seconds.min(IDENTIFY_SECONDS_MAX)));
        self.shared.decide(|state, now| {
            let until = (seconds > 0).then(|| now.wall + time);
            let wall = state.authority.identify(wall, until, now)?;
            let screens = state.authority.layout().wall(&wall).map_or(0, |wall| wall.screens.len());
            tracing::info!(%wall, seconds, "screens show their numbers");
            Ok(Identified { wall, screens, until, revision: state.authority.revision() })
        })
    }

    /// Has every display node show `answers`, each from its own time on, and those that connect later too. The newest answer to
    /// each query of the hall document is remembered; one to any other query is forgotten. It waits for nobody and takes
    /// some 10 ms for the largest answers. Gives those that are too large to be sent: what was shown before stays, so
    /// whoever asks ought to answer with a fault in their place.
    pub fn answers(&self, answers: Vec<Arc<Answer>>) -> Vec<(QueryId, EncodeError)> {
        let mut refused = Vec::new();
        for answer in answers {
            // Encoded once for all nodes, while nobody waits for the lock.
            match answer.encode() {
                Ok(frame) => self.shared.state().answer(frame),
                Err(error) => refused.push((answer.query.clone(), error)),
            }
        }
        refused
    }

    /// How the hall is.
    pub fn status(&self) -> HallStatus {
        let now = self.shared.now();
        self.shared.state().authority.status(now.wall)
    }

    /// The tags of every source that a wall shows or is about to show.
    pub(crate) fn tags_on(&self, wall: &str) -> Vec<Vec<String>> {
        self.shared.state().authority.tags_on(wall)
    }

    /// The switch that was decided last on each wall, in the order of the walls' names.
    pub fn decided(&self) -> Vec<OnAir> {
        self.shared.state().authority.decided().cloned().collect()
    }

    /// How well the nodes agree; with `after`, also every tick and difference of a greater sequence number.
    pub fn sync(&self, after: Option<u64>) -> SyncStatus {
        let now = self.shared.now();
        self.shared.state().audit.status(after, now)
    }
}

/// Serves the nodes of a hall.
pub struct NodeService {
    shared: Arc<Shared>,
    server: ControlServer,
}

impl NodeService {
    /// Serves the nodes that come to `server`, in the time of `host`.
    pub fn new(host: &Host, server: ControlServer, authority: Authority) -> Self {
        let now = Now { local: host.local(), wall: host.wall() };
        let audit = SyncAudit::new(authority.layout(), now);
        let (links, answers) = (BTreeMap::new(), BTreeMap::new());
        let state = State { authority, audit, links, links_so_far: 0, answers };
        let (changed, board, errands) = (Notify::new(), Board::default(), Errands::default());
        let shared = Shared { host: host.clone(), state: Mutex::new(state), changed, board, errands };
        Self { shared: Arc::new(shared), server }
    }

    /// For giving orders while it runs.
    pub fn desk(&self) -> Desk {
        Desk { shared: self.shared.clone() }
    }

    /// Serves until `stop` is done, then tells every node. What programs push goes to `pushes`, which must not wait. To be called
    /// inside a tokio runtime with timers.
    pub async fn run(self, pushes: impl Fn(IncomingPush), stop: impl Future<Output = ()>) {
        let Self { shared, mut server } = self;
        let serving = async {
            while let Some(event) = server.next().await {
                match event {
                    ServerEvent::Connected(link) => {
                        let number = shared.join(&link);
                        tokio::spawn(serve_node(link, number, shared.clone()));
                    }
                    ServerEvent::Push(push) => pushes(push),
                    // Both have been logged where they happened.
                    ServerEvent::Enrolled { .. } | ServerEvent::Refused { .. } => {}
                }
            }
        };
        tokio::select! {
            () = stop => {}
            () = serving => {}
            () = shared.keep_time() => {}
        }
        server.close(Reason::Shutdown).await;
    }
}

/// Listens to one node until its link ends.
async fn serve_node(mut link: NodeLink, number: u64, shared: Arc<Shared>) {
    let node = link.hello().node.clone();
    if let Some(pictures) = link.pictures() {
        tokio::spawn(shared.clone().take_pictures(node.clone(), pictures));
    }
    while let Some(event) = link.next().await {
        shared.decide(|state, now| hear(state, &node, event, now));
    }
    shared.leave(&node, number);
}

fn hear(state: &mut State, node: &NodeId, event: ControllerEvent, now: Now) {
    let State { authority, audit, .. } = state;
    audit.heard(node, now);
    match event {
        ControllerEvent::Joined(_) => {}
        ControllerEvent::Ready(ready) => authority.ready(node, ready.revision, now),
        ControllerEvent::Cannot(cannot) => {
            tracing::warn!(%node, why = cannot.why, "a node cannot show the layout");
            authority.cannot(node, cannot, now);
        }
        ControllerEvent::Showing(showing) => authority.showing(node, &showing),
        ControllerEvent::Report(report) => {
            audit.clock(node, report.clock, now);
            authority.reported(node, report);
        }
        ControllerEvent::Audit(shown) => audit.audit(node, &shown, now),
        ControllerEvent::Closed(reason) => tracing::warn!(%node, why = %reason, "a node's link has ended"),
    }
}
