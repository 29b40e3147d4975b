//! Which stream of a source a node shows in a scene: only pictures of one stream can be the same picture.

use layouts::{Layout, OnAir, demand};
use media::{NodeId, SceneId, SourceId, StreamId, WallId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Pairs of scene and node whose streams are remembered; all are forgotten when there are more.
const REMEMBERED: usize = 1024;

/// The streams of one wall, looked up when they are first asked for.
#[derive(Debug)]
pub(super) struct Streams {
    layout: Arc<Layout>,
    wall: WallId,
    /// The sources that have several streams, with the names of these.
    several: BTreeMap<SourceId, Vec<StreamId>>,
    chosen: HashMap<(SceneId, NodeId), BTreeMap<SourceId, u16>>,
}

impl Streams {
    pub(super) fn new(layout: Arc<Layout>, wall: WallId) -> Self {
        let several = layout.sources().filter(|source| source.streams.len() > 1);
        let names =
            |source: &layouts::Source| source.streams.iter().map(|stream| stream.id.clone()).collect();
        let several = several.map(|source| (source.id.clone(), names(source))).collect();
        Self { layout, wall, several, chosen: HashMap::new() }
    }

    /// Looks streams up in `layout` from now on.
    pub(super) fn follow(&mut self, layout: Arc<Layout>) {
        self.layout = layout;
    }

    /// The place of the stream of `source` that `node` shows in `scene`; `None` when it cannot be told.
    pub(super) fn of(&mut self, scene: &SceneId, node: &NodeId, source: &SourceId) -> Option<u16> {
        if !self.several.contains_key(source) {
            return Some(0);
        }
        if self.chosen.len() > REMEMBERED {
            self.chosen.clear();
        }
        let (layout, wall, several) = (&self.layout, &self.wall, &self.several);
        let choose = || {
            let demands = demand(layout, wall, &OnAir::still(scene.clone()), node).into_iter();
            let place = |demand: layouts::Demand| {
                let place =
                    several.get(&demand.source)?.iter().position(|id| Some(id) == demand.stream.as_ref());
                Some((demand.source, u16::try_from(place?).ok()?))
            };
            demands.filter_map(place).collect()
        };
        let chosen = self.chosen.entry((scene.clone(), node.clone())).or_insert_with(choose);
        chosen.get(source).copied()
    }
}

/// The display nodes of a wall, sorted.
pub(super) fn nodes_of(layout: &Layout, wall: &WallId) -> Vec<NodeId> {
    let screens = layout.wall(wall).into_iter().flat_map(|wall| &wall.screens);
    screens.map(|screen| screen.node.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}
