//! Sources at run time: they are added, changed and removed while the hall runs, and looked at before anybody keeps them.
//!
//! What the document's file says stays the ground; what is done here is kept source by source (`kept.rs`) and laid over it, so the hall
//! is at any time one document that was checked as a whole. Nodes get it in a snapshot like any other revision.

mod fault;
mod form;
mod http;
mod kept;
mod revision;

pub(crate) use fault::SourceFault;
pub(crate) use form::{DiscoverForm, Discovered, Probe, RemoveQuery, SourceForm, StreamsForm, StreamsFound};
pub(crate) use http::router;
pub(crate) use kept::load;
pub(crate) use revision::revision;

use crate::data::RulesDesk;
use crate::hall::HallNow;
use crate::node_service::Desk;
use crate::node_service::errands::NoReply;
use crate::wall_desk::WallDesk;
use controller_store::SqliteStore;
use layouts::{Hall, Layout, Source, WindowContent};
use layouts_edit::{EditError, HallText, SourceKeys, source_text};
use media::{Endpoint, NodeId, Reach, SourceId};
use protocol::{ErrandOutcome, Task};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// What a source's address may be found out in.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(2);
/// The keys of which a source has exactly one.
const KINDS: [&str; 7] = ["rtsp", "srt", "rtmp", "http", "udp", "file", "image"];
/// Paths of the API that a source cannot be called by.
const RESERVED: [&str; 3] = ["probe", "discover", "streams"];

struct Inner {
    hall: HallNow,
    /// The document as its file has it.
    file: HallText,
    /// One at a time changes sources.
    kept: Mutex<kept::Changes>,
    store: SqliteStore,
    desk: Desk,
    rules: RulesDesk,
    walls: WallDesk,
}

/// Where sources are added, changed, removed and looked at. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SourceDesk {
    inner: Arc<Inner>,
}

/// The hall at start: the file, and what was done to its sources while it ran before.
pub(crate) struct Opened {
    pub(crate) hall: HallNow,
    file: HallText,
    kept: kept::Changes,
}

impl Opened {
    /// Lays what is kept over the document.
    pub(crate) fn new(file: HallText, kept: kept::Changes) -> Self {
        let (hall, kept) = kept::laid_over(&file, kept);
        if !kept.is_empty() {
            let sources = kept.len();
            tracing::info!(
                sources,
                "sources were changed while the hall ran; `taibai export` prints the document with them"
            );
        }
        Self { hall: HallNow::new(hall), file, kept }
    }
}

/// A source before and after a change.
pub(crate) struct Changed {
    pub(crate) before: Option<SourceKeys>,
    pub(crate) after: Option<SourceKeys>,
    /// Of what it is now.
    pub(crate) revision: Option<String>,
}

impl SourceDesk {
    pub(crate) fn new(
        opened: Opened,
        store: SqliteStore,
        desk: Desk,
        rules: RulesDesk,
        walls: WallDesk,
    ) -> Self {
        let Opened { hall, file, kept } = opened;
        Self { inner: Arc::new(Inner { hall, file, kept: Mutex::new(kept), store, desk, rules, walls }) }
    }

    /// What the document says of a source, and its revision.
    pub(crate) fn keys(&self, source: &SourceId) -> Result<(SourceKeys, String), SourceFault> {
        let unknown = || SourceFault::Unknown(source.to_string());
        let keys = self.inner.hall.text().source(source).ok_or_else(unknown)?;
        let revision = revision(&keys);
        Ok((keys, revision))
    }

    /// Adds a source.
    pub(crate) async fn add(&self, keys: SourceKeys) -> Result<Changed, SourceFault> {
        let source = read(&keys)?;
        if RESERVED.contains(&source.id.as_str()) {
            return Err(SourceFault::Reserved(source.id));
        }
        self.inner.must_be_allowed(&source).await?;
        self.spawned(|inner| async move {
            let mut kept = inner.kept.lock().await;
            if inner.hall.layout().source(&source.id).is_some() {
                return Err(SourceFault::Taken(source.id));
            }
            inner.put(&mut kept, &source.id, keys.clone()).await?;
            Ok(Changed { before: None, after: Some(keys), revision: inner.revision(&source.id) })
        })
        .await
    }

    /// Changes a source: keys that are given replace those that are there, null takes one away. A kind that is given replaces
    /// another kind. Where a revision is expected, it is that one or nothing is done.
    pub(crate) async fn change(
        &self,
        id: &SourceId,
        patch: SourceKeys,
        expected: Option<String>,
    ) -> Result<Changed, SourceFault> {
        if patch.get("id").is_some_and(|given| given.as_str() != Some(id.as_str())) {
            return Err(SourceFault::OtherId);
        }
        let id = id.clone();
        self.spawned(|inner| async move {
            let mut kept = inner.kept.lock().await;
            let unknown = || SourceFault::Unknown(id.to_string());
            let before = inner.hall.text().source(&id).ok_or_else(unknown)?;
            revision::must_be(expected.as_deref(), &before)?;
            let after = merged(&before, patch);
            let source = read(&after)?;
            if KINDS.iter().any(|kind| before.get(*kind) != after.get(*kind)) {
                inner.must_be_allowed(&source).await?;
            }
            inner.put(&mut kept, &id, after.clone()).await?;
            Ok(Changed { before: Some(before), after: Some(after), revision: inner.revision(&id) })
        })
        .await
    }

    /// Removes a source that no window shows; with `close`, by whom, windows that operators can close are closed first.
    /// Where a revision is expected, it is that one or nothing is done.
    pub(crate) async fn remove(
        &self,
        id: &SourceId,
        close: Option<String>,
        expected: Option<String>,
    ) -> Result<Changed, SourceFault> {
        let id = id.clone();
        self.spawned(|inner| async move {
            let mut kept = inner.kept.lock().await;
            let before = inner.hall.text().source(&id).ok_or_else(|| SourceFault::Unknown(id.to_string()))?;
            revision::must_be(expected.as_deref(), &before)?;
            let written = scenes_with(&inner.hall.layout(), &id);
            if !written.is_empty() {
                return Err(SourceFault::Written { source: id, scenes: written });
            }
            if let Some(who) = close {
                inner.walls.close_source(&id, &who).map_err(SourceFault::Close)?;
            }
            let shown = inner.walls.shown_by(&id);
            if !shown.is_empty() {
                return Err(SourceFault::Shown { source: id, shown });
            }
            inner.take_away(&mut kept, &id).await?;
            Ok(Changed { before: Some(before), after: None, revision: None })
        })
        .await
    }

    /// Work that goes on when whoever asked for it goes away: what is half kept would be worse.
    async fn spawned<T: Send + 'static, F: Future<Output = Result<T, SourceFault>> + Send + 'static>(
        &self,
        work: impl FnOnce(Arc<Inner>) -> F,
    ) -> Result<T, SourceFault> {
        tokio::spawn(work(self.inner.clone())).await.unwrap_or(Err(SourceFault::Broken))
    }

    /// Looks at a source that nobody keeps. Gives who has looked.
    pub(crate) async fn probe(&self, keys: SourceKeys) -> Result<(NodeId, ErrandOutcome), SourceFault> {
        let source = read(&keys)?;
        self.inner.must_be_allowed(&source).await?;
        let task = Task::Probe { source: source_text(&keys).map_err(SourceFault::Edit)? };
        let node = self.reader(source.ingest.as_ref())?;
        let outcome = self.inner.desk.errand(&node, task).await?;
        Ok((node, outcome))
    }

    /// The ingest node that is meant, or any.
    pub(crate) fn reader(&self, wanted: Option<&NodeId>) -> Result<NodeId, SourceFault> {
        let readers = self.inner.desk.readers();
        let found = match wanted {
            Some(wanted) => readers.into_iter().find(|node| node == wanted),
            None => readers.into_iter().next(),
        };
        found.ok_or(SourceFault::Reply(NoReply::Away))
    }

    /// The ingest nodes that are connected.
    pub(crate) fn readers(&self) -> Vec<NodeId> {
        self.inner.desk.readers()
    }

    pub(crate) async fn errand(&self, node: &NodeId, task: Task) -> Result<ErrandOutcome, SourceFault> {
        Ok(self.inner.desk.errand(node, task).await?)
    }

    /// Refuses an address from which the hall reads nothing.
    pub(crate) async fn must_be_allowed_at(&self, host: &str, port: u16) -> Result<(), SourceFault> {
        self.inner.may_call(host, port).await
    }
}

/// What the keys mean, by themselves.
pub(crate) fn read(keys: &SourceKeys) -> Result<Source, SourceFault> {
    let text = source_text(keys).map_err(SourceFault::Edit)?;
    layouts::parse_source(&text, "source").map_err(|mistakes| SourceFault::Wrong(Box::new(mistakes)))
}

/// The windows of the document's scenes that show `source`, as `scene/window`.
fn scenes_with(layout: &Layout, source: &SourceId) -> Vec<String> {
    let windows =
        layout.scenes().iter().flat_map(|scene| scene.windows.iter().map(move |window| (scene, window)));
    let shows = |content: &WindowContent| matches!(content, WindowContent::Source { source: shown, .. } if shown == source);
    windows
        .filter(|(_, window)| shows(&window.content))
        .map(|(scene, window)| format!("{}/{}", scene.id, window.id))
        .collect()
}

fn merged(before: &SourceKeys, patch: SourceKeys) -> SourceKeys {
    let mut after = before.clone();
    if KINDS.iter().any(|kind| patch.get(*kind).is_some_and(|value| !value.is_null())) {
        KINDS.iter().for_each(|kind| drop(after.remove(*kind)));
    }
    for (key, value) in patch {
        match value {
            Value::Null => drop(after.remove(&key)),
            value => drop(after.insert(key, value)),
        }
    }
    after
}

impl Inner {
    /// Of a source as the document has it now.
    fn revision(&self, id: &SourceId) -> Option<String> {
        self.hall.text().source(id).as_ref().map(revision)
    }

    async fn must_be_allowed(&self, source: &Source) -> Result<(), SourceFault> {
        let Some(endpoint) = source.endpoint(None) else { return Ok(()) };
        match endpoint.reach() {
            Reach::Calls { host, port } => self.may_call(host, port).await,
            Reach::Listens { host } => {
                let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
                let may = address.is_some_and(|address| self.rule(|hall| hall.may_listen_at(address)));
                if may { Ok(()) } else { Err(SourceFault::NotAllowed(host.to_owned())) }
            }
            Reach::Here => Ok(()),
        }
    }

    /// Looks the name up here, which the ingest node does again; one that is not known here may be known there.
    async fn may_call(&self, host: &str, port: u16) -> Result<(), SourceFault> {
        let bare = host.trim_matches(['[', ']']).to_owned();
        let found = tokio::time::timeout(LOOK_UP_WITHIN, tokio::net::lookup_host((bare, port))).await;
        let addresses: Vec<IpAddr> = match found {
            Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
            Ok(Err(_)) | Err(_) => Vec::new(),
        };
        let may = self.rule(|hall| addresses.iter().all(|address| hall.may_read_from(*address)));
        if may { Ok(()) } else { Err(SourceFault::NotAllowed(host.to_owned())) }
    }

    fn rule(&self, rule: impl FnOnce(&Hall) -> bool) -> bool {
        rule(self.hall.layout().hall())
    }

    /// The hall with other changes, checked as a whole. Large documents take a while.
    async fn with(&self, changes: &kept::Changes) -> Result<HallText, SourceFault> {
        let (file, changes) = (self.file.clone(), changes.clone());
        let made = tokio::task::spawn_blocking(move || file.with_sources(&changes)).await;
        made.map_err(|_| SourceFault::Broken)?.map_err(|error| match error {
            EditError::Wrong(mistakes) => SourceFault::Wrong(mistakes),
            other => SourceFault::Edit(other),
        })
    }

    async fn put(
        &self,
        kept: &mut kept::Changes,
        id: &SourceId,
        keys: SourceKeys,
    ) -> Result<(), SourceFault> {
        let mut changes = kept.clone();
        // What is as the file has it again need not be kept.
        if self.file.source(id).as_ref() == Some(&keys) {
            changes.remove(id);
        } else {
            changes.insert(id.clone(), Some(keys));
        }
        let hall = self.with(&changes).await?;
        kept::save(&self.store, id, changes.get(id)).await?;
        self.follow(hall, Order::NodesFirst);
        *kept = changes;
        Ok(())
    }

    async fn take_away(&self, kept: &mut kept::Changes, id: &SourceId) -> Result<(), SourceFault> {
        let mut changes = kept.clone();
        if self.file.layout().source(id).is_some() {
            changes.insert(id.clone(), None);
        } else {
            changes.remove(id);
        }
        let hall = self.with(&changes).await?;
        kept::save(&self.store, id, changes.get(id)).await?;
        if let Err(shown) = self.walls.remove_source(id, || self.follow(hall, Order::RulesFirst)) {
            // Somebody has opened a window with it meanwhile: it stays.
            kept::save(&self.store, id, kept.get(id)).await?;
            return Err(SourceFault::Shown { source: id.clone(), shown });
        }
        *kept = changes;
        Ok(())
    }

    /// Everybody goes by another hall from now on; operators last, so that they can only ask for what all others know.
    fn follow(&self, hall: HallText, order: Order) {
        let (layout, document) = (hall.layout().clone(), hall.text().to_string());
        if order == Order::RulesFirst {
            self.rules.follow_sources(&layout);
        }
        self.desk.follow(Layout::clone(&layout), document);
        if order == Order::NodesFirst {
            self.rules.follow_sources(&layout);
        }
        self.hall.set(hall);
    }
}

/// Who hears of it first: whoever shows a source knows it longer than whoever chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// A source comes.
    NodesFirst,
    /// A source goes.
    RulesFirst,
}

/// Scheme, host, port and path of what a source is read from: fit for the audit log.
pub(crate) fn endpoint_words(endpoint: &Endpoint) -> String {
    match endpoint.reach() {
        Reach::Calls { host, port } => format!("{host}:{port}"),
        Reach::Listens { host } => host.to_owned(),
        Reach::Here => "media".to_owned(),
    }
}

#[cfg(test)]
mod tests;
