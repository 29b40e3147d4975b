//! Pictures of the walls: display nodes are told who looks, what they send is handed on as it came, and single pictures are
//! asked for. Nothing is decoded or drawn here.

use super::{Desk, Link, Shared, State};
use crate::preview::board::{Look, Outcome, Seen};
use bytes::Bytes;
use layouts::{CANVAS_PIXEL, CanvasRect, CanvasUnit, Layout, OnAir, Screen, Wall, WindowContent};
use media::{CanvasFrame, NodeId, SceneId, ScreenId, SourceId, WallId, WallTime};
use protocol::{
    ErrandReply, Looks, NoPicture, NodePicture, PICTURE_WIDTHS_PX, PictureFormat, PictureReply,
    PictureRequest, PictureSubject, Preview, PreviewCoding, PreviewPicture, Role,
};
use protocol_quic::NodeHandle;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

/// The longer side of a whole wall, as small as its screens' pictures are.
const SIDE_PX_MAX: u32 = 1280;
/// Pictures of a screen a second, at most.
const PER_SECOND: u32 = 10;
/// Nodes go on for so long after the last viewer, who may only have turned a page.
const GRACE: Duration = Duration::from_secs(5);
/// A node that has not sent what it was asked for by then will not.
const REPLY_WITHIN: Duration = Duration::from_secs(5);

/// Why nobody can look, or why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PictureFault {
    /// There is no such wall, screen, source or scene.
    #[error("{0}")]
    Unknown(String),
    /// More people, or more requests, than a controller serves at once.
    #[error("too many look at the walls at once: try again in a moment")]
    Busy,
    /// No display node that could draw it is connected.
    #[error("the display node that would draw it is not connected")]
    Away,
    /// The node does not answer.
    #[error("the display node has not sent the picture in time")]
    Slow,
    /// The node says that there is none.
    #[error(transparent)]
    None(#[from] NoPicture),
}

/// A rectangle in canvas pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl From<CanvasRect> for Place {
    fn from(rect: CanvasRect) -> Self {
        let CanvasRect { x, y, width, height } = rect;
        // At most 2³² units: exact.
        let pixels = |units: CanvasUnit| units as f64 / CANVAS_PIXEL as f64;
        Self { x: pixels(x), y: pixels(y), width: pixels(width), height: pixels(height) }
    }
}

/// Where a screen lies on its wall's canvas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScreenPlace {
    /// Which screen.
    pub(crate) screen: ScreenId,
    /// Who drives it.
    pub(crate) node: NodeId,
    /// Whether that node is connected.
    pub(crate) connected: bool,
    /// Where it lies.
    pub(crate) rect: Place,
}

/// What stands before the picture in a viewer's message.
#[derive(Serialize)]
struct Head<'a> {
    screen: &'a ScreenId,
    rect: Place,
    /// When the picture had been composed, was sent by its node, and came here: milliseconds since the Unix epoch.
    captured_ms: i64,
    sent_ms: i64,
    received_ms: i64,
    tick: u64,
    format: &'static str,
    /// Of H.264 alone: whether the picture leans on none before.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<bool>,
}

fn ms(time: WallTime) -> i64 {
    time.0.div_euclid(1_000_000)
}

/// What viewers are sent: the length of the head (32 bits, big endian), the head, the picture.
fn message(head: &Head<'_>, picture: &[u8]) -> Option<Bytes> {
    let head = serde_json::to_vec(head).ok()?;
    let length = u32::try_from(head.len()).ok()?.to_be_bytes();
    Some([&length[..], &head, picture].concat().into())
}

/// What the display nodes of `wall` are told.
fn preview(wall: &Wall, looks: Looks) -> Preview {
    let every_ticks = wall.tick.hz().div_ceil(PER_SECOND);
    Preview { wall: wall.id.clone(), looks, side_px_max: SIDE_PX_MAX, every_ticks }
}

fn drives(wall: &Wall, node: &NodeId) -> bool {
    wall.screens.iter().any(|screen| screen.node == *node)
}

fn wall_of<'a>(layout: &'a Layout, wall: &str) -> Result<&'a Wall, PictureFault> {
    let found = WallId::new(wall).ok().and_then(|id| layout.wall(&id));
    found.ok_or_else(|| PictureFault::Unknown(format!("there is no wall {wall:?} in this hall")))
}

impl State {
    /// Tells the display nodes of a wall who looks at it.
    fn tell_preview(&self, wall: &WallId, looks: Looks) {
        let Some(wall) = self.authority.layout().wall(wall) else { return };
        for (node, Link { role, handle, .. }) in &self.links {
            if *role == Role::Display && drives(wall, node) {
                handle.preview(preview(wall, looks));
            }
        }
    }

    /// The connected display nodes of a wall, in the order of its screens.
    fn displays<'a>(&'a self, wall: &'a Wall) -> impl Iterator<Item = (&'a NodeId, &'a Link)> {
        let mut named = BTreeSet::new();
        let nodes = wall.screens.iter().map(|screen| &screen.node).filter(move |node| named.insert(*node));
        let link = move |node: &'a NodeId| self.links.get(node).map(|link| (node, link));
        nodes.filter_map(link).filter(|(_, link)| link.role == Role::Display)
    }

    /// Which node can make a picture, and of which wall.
    fn artist(&self, wall: Option<&str>, subject: &PictureSubject) -> Result<(WallId, NodeId), PictureFault> {
        let layout = self.authority.layout();
        let unknown = |what: &str, id: &str| PictureFault::Unknown(format!("there is no {what} {id:?} here"));
        match (subject, wall) {
            (PictureSubject::Screen(screen), wall) => {
                let wall = wall_of(layout, wall.unwrap_or_default())?;
                let place = wall.screen(screen).ok_or_else(|| unknown("screen", screen.as_str()))?;
                Ok((wall.id.clone(), place.node.clone()))
            }
            (PictureSubject::Scene(scene), wall) => {
                let wall = wall_of(layout, wall.unwrap_or_default())?;
                let found = layout.scene(scene).filter(|scene| scene.wall == wall.id);
                found.ok_or_else(|| unknown("scene", scene.as_str()))?;
                let (node, _) = self.displays(wall).next().ok_or(PictureFault::Away)?;
                Ok((wall.id.clone(), node.clone()))
            }
            (PictureSubject::Source(source), _) => {
                layout.source(source).ok_or_else(|| unknown("source", source.as_str()))?;
                let mut nodes = layout
                    .walls()
                    .iter()
                    .flat_map(|wall| self.displays(wall).map(move |(node, _)| (wall, node)));
                let shown = nodes.find(|(wall, node)| self.shows(wall, node, source));
                let (wall, node) = shown.ok_or(PictureFault::None(NoPicture::None))?;
                Ok((wall.id.clone(), node.clone()))
            }
        }
    }
}

impl State {
    /// Whether `node` shows `source` in what is on a wall.
    fn shows(&self, wall: &Wall, node: &NodeId, source: &SourceId) -> bool {
        let layout = self.authority.layout();
        let is_here =
            |on_air: &&OnAir| layout.scene(&on_air.scene).is_some_and(|scene| scene.wall == wall.id);
        let Some(on_air) = self.authority.decided().find(is_here) else { return false };
        layouts::demand(layout, &wall.id, on_air, node).iter().any(|demand| demand.source == *source)
    }
}

impl Shared {
    /// A display node has come: it is told of the walls that somebody looks at.
    pub(super) fn preview_to(&self, state: &State, node: &NodeId, handle: &NodeHandle) {
        let layout = state.authority.layout();
        for (wall, looks) in self.board.watched() {
            if let Some(wall) = layout.wall(&wall).filter(|wall| drives(wall, node)) {
                handle.preview(preview(wall, looks));
            }
        }
    }

    /// Takes what a node sends in, until its link is over.
    pub(super) async fn take_pictures(
        self: Arc<Self>,
        node: NodeId,
        mut pictures: mpsc::Receiver<NodePicture>,
    ) {
        while let Some(picture) = pictures.recv().await {
            match picture {
                NodePicture::Preview(picture) => self.put(&node, picture),
                NodePicture::Reply(PictureReply { number, outcome }) => {
                    self.board.reply(&node, number, outcome)
                }
                NodePicture::Errand(ErrandReply { number, outcome }) => {
                    self.errands.reply(&node, number, outcome)
                }
            }
        }
    }

    /// Hands a screen's picture on to those who look. A node speaks of its own screens only.
    fn put(&self, node: &NodeId, picture: PreviewPicture) {
        let PreviewPicture { wall, screen, tick: CanvasFrame(tick), composed, sent, coding, bytes } = picture;
        let area = {
            let state = self.state();
            let place = state.authority.layout().wall(&wall).and_then(|wall| wall.screen(&screen));
            place.filter(|screen| screen.node == *node).map(|Screen { grid, .. }| grid.area)
        };
        let Some(area) = area else {
            tracing::debug!(%node, %wall, %screen, "a picture of a screen that the node does not drive");
            return;
        };
        let (format, key) = match coding {
            PreviewCoding::Jpeg => ("jpeg", None),
            PreviewCoding::H264 { order, .. } => ("h264", Some(order == 0)),
        };
        let head = Head {
            screen: &screen,
            rect: area.into(),
            captured_ms: ms(composed),
            sent_ms: ms(sent),
            received_ms: ms(self.host.wall()),
            tick,
            format,
            key,
        };
        if let Some(message) = message(&head, &bytes) {
            self.board.put(&wall, screen, coding, message);
        }
    }

    fn close_preview(&self, wall: &WallId, look: Look, comings: u64) {
        // Under the lock of the links: nobody can come between what is decided and what is told.
        let state = self.state();
        if let Some(looks) = self.board.close(wall, look, comings) {
            state.tell_preview(wall, looks);
            tracing::debug!(%wall, ?looks, "nobody looks at the wall from afar in one way any more");
        }
    }
}

impl Desk {
    /// Looks at a wall for as long as the viewer lives.
    pub(crate) fn look(&self, wall: &str, look: Look) -> Result<Viewer, PictureFault> {
        let state = self.shared.state();
        let wall = wall_of(state.authority.layout(), wall)?.id.clone();
        let (changed, news) = self.shared.board.enter(&wall, look).ok_or(PictureFault::Busy)?;
        if let Some(looks) = changed {
            state.tell_preview(&wall, looks);
            tracing::debug!(%wall, ?looks, "somebody looks at the wall from afar");
        }
        drop(state);
        Ok(Viewer { shared: self.shared.clone(), wall, look, news, seen: BTreeMap::new() })
    }

    /// The screens of a wall in document order, and its canvas.
    pub(crate) fn places(&self, wall: &str) -> Result<(Place, Vec<ScreenPlace>), PictureFault> {
        let state = self.shared.state();
        let wall = wall_of(state.authority.layout(), wall)?;
        let place = |Screen { id, node, grid, .. }: &Screen| ScreenPlace {
            screen: id.clone(),
            node: node.clone(),
            connected: state.links.contains_key(node),
            rect: grid.area.into(),
        };
        Ok((wall.canvas.into(), wall.screens.iter().map(place).collect()))
    }

    /// The tags of every source in a scene of `wall`, also in a variant that hangs there; `None` where there is no such scene.
    pub(crate) fn tags_in(&self, wall: &str, scene: &SceneId) -> Option<Vec<Vec<String>>> {
        let state = self.shared.state();
        let layout = state.authority.layout();
        let scene = layout.scene(scene).filter(|scene| scene.wall.as_str() == wall)?;
        let sources = scene.windows.iter().filter_map(|window| match &window.content {
            WindowContent::Source { source, .. } => layout.source(source),
            _ => None,
        });
        Some(sources.map(|source| source.tags.clone()).collect())
    }

    /// The tags of a source; `None` where there is no such source.
    pub(crate) fn tags_of(&self, source: &SourceId) -> Option<Vec<String>> {
        self.shared.state().authority.layout().source(source).map(|source| source.tags.clone())
    }

    /// A picture of something on `wall`; a source is looked for on every wall. At most `width_px` wide, or as narrow as pictures come.
    pub(crate) async fn picture(
        &self,
        wall: Option<&str>,
        subject: PictureSubject,
        format: PictureFormat,
        width_px: Option<u32>,
    ) -> Result<(WallTime, Bytes), PictureFault> {
        let width_px =
            width_px.map(|width| width.clamp(*PICTURE_WIDTHS_PX.start(), *PICTURE_WIDTHS_PX.end()));
        let comes = {
            // Numbers are given and told under one lock, so that each is greater than the one before.
            let state = self.shared.state();
            let (wall, node) = state.artist(wall, &subject)?;
            let link = state.links.get(&node).ok_or(PictureFault::Away)?;
            let (number, comes) = self.shared.board.request(&node).ok_or(PictureFault::Busy)?;
            link.handle.request(PictureRequest { number, wall, subject, format, width_px });
            comes
        };
        let outcome: Outcome = match tokio::time::timeout(REPLY_WITHIN, comes).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => return Err(PictureFault::Slow),
        };
        Ok(outcome?)
    }
}

/// One who looks at a wall from afar.
pub(crate) struct Viewer {
    shared: Arc<Shared>,
    wall: WallId,
    look: Look,
    news: watch::Receiver<u64>,
    /// The last picture of each screen.
    seen: BTreeMap<ScreenId, Seen>,
}

impl Viewer {
    /// The next message: of each screen the newest JPEG that there is, or the next of its H.264. May be given up while it waits.
    pub(crate) async fn next(&mut self) -> Bytes {
        loop {
            self.news.mark_unchanged();
            if let Some((screen, now, message)) = self.shared.board.next(&self.wall, self.look, &self.seen) {
                self.seen.insert(screen, now);
                return message;
            }
            if self.news.changed().await.is_err() {
                // The board keeps the wall for as long as somebody looks.
                std::future::pending::<()>().await;
            }
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let Some(comings) = self.shared.board.leave(&self.wall, self.look) else { return };
        let (shared, wall, look) = (self.shared.clone(), self.wall.clone(), self.look);
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                tokio::time::sleep(GRACE).await;
                shared.close_preview(&wall, look, comings);
            })),
            Err(_) => shared.close_preview(&wall, look, comings),
        }
    }
}
