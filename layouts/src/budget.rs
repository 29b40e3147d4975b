//! What the display nodes have to decode for what the walls show, and what they can.

use crate::demand::demand;
use crate::layout::{Layout, Stream, WindowContent};
use crate::on_air::OnAir;
use media::{Endpoint, NodeId, SceneId, Size, WallId, WindowId};
use std::collections::BTreeSet;

/// The pixels of a 1080p picture.
const FULL_HD: u64 = 1920 * 1080;

/// What one node has to decode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Which node.
    pub node: NodeId,
    /// Thousandths of a 1080p stream, all its streams together. A stream of which the document does not say how large it is counts as
    /// one of 1080p, a still picture as nothing.
    pub decodes_e3: u64,
    /// Bytes that go to its graphics device when every one of its streams has a new picture, in the usual 4:2:0 of 8 bits.
    pub upload_bytes: u64,
    /// How many streams of 1080p it can decode.
    pub limit: u32,
    /// Windows whose source has a smaller stream than the one that it is shown with: wall and window, in the order of the walls.
    pub could_be_smaller: Vec<(WallId, WindowId)>,
}

impl Load {
    /// Whether it has more to decode than it can.
    pub fn is_over(&self) -> bool {
        self.decodes_e3 > u64::from(self.limit) * 1000
    }

    /// Streams of 1080p, rounded up.
    pub fn decodes(&self) -> u64 {
        self.decodes_e3.div_ceil(1000)
    }
}

/// What every node of which the document says what it can decode has to decode while the walls show `scenes` and nothing is changing,
/// sorted by node.
pub fn loads(layout: &Layout, scenes: &[(WallId, SceneId)]) -> Vec<Load> {
    layout.decodes.iter().map(|(node, limit)| load(layout, scenes, node, *limit)).collect()
}

/// What `node` has to decode of what the walls show, if it can decode `limit` streams of 1080p.
pub fn load(layout: &Layout, scenes: &[(WallId, SceneId)], node: &NodeId, limit: u32) -> Load {
    // A node decodes a stream once, however many of its walls show it.
    let mut streams = BTreeSet::new();
    let mut could_be_smaller = Vec::new();
    for (wall, scene) in scenes {
        let mut larger = BTreeSet::new();
        for demand in demand(layout, wall, &OnAir::still(scene.clone()), node) {
            let Some(source) = layout.source(&demand.source) else { continue };
            if !source.endpoint(demand.stream.as_ref()).is_some_and(Endpoint::is_moving) {
                continue;
            }
            if source.streams.first().is_some_and(|smallest| Some(&smallest.id) != demand.stream.as_ref()) {
                larger.insert(demand.source.clone());
            }
            let size = source.streams.iter().find(|stream| Some(&stream.id) == demand.stream.as_ref());
            let pixels = size.map_or(FULL_HD, |Stream { size, .. }| Size::area(*size));
            streams.insert((demand.source, demand.stream, pixels));
        }
        let windows = layout.scene(scene).map_or(&[][..], |scene| &scene.windows);
        let shows = |content: &WindowContent| match content {
            WindowContent::Source { source, .. } => larger.contains(source),
            _ => false,
        };
        let named = windows.iter().filter(|window| shows(&window.content));
        could_be_smaller.extend(named.map(|window| (wall.clone(), window.id.clone())));
    }
    let decodes_e3 = streams.iter().map(|(_, _, pixels)| (pixels * 1000).div_ceil(FULL_HD)).sum();
    let upload_bytes = streams.iter().map(|(_, _, pixels)| pixels * 3 / 2).sum();
    Load { node: node.clone(), decodes_e3, upload_bytes, limit, could_be_smaller }
}
