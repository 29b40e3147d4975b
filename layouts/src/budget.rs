//! What display nodes have to carry for what the walls show, and what they can.

use crate::demand::demand;
use crate::layout::{Layout, Stream, WindowContent};
use crate::on_air::OnAir;
use media::{Endpoint, NodeId, SceneId, Size, WallId, WindowId};
use std::collections::BTreeSet;

/// The pixels of a 1080p picture.
const FULL_HD: u64 = 1920 * 1080;
/// What a stream of 1080p is taken to bring over the network, for the document does not say it: what cameras send as they are
/// delivered, in kbit/s.
const FULL_HD_KBIT_S: u64 = 4096;
/// How many new pictures a stream is taken to have in a second.
const PICTURES_S: u64 = 25;
/// Pictures of a stream that a node is taken to hold: those that its decoder refers to, and those that wait for their tick.
const PICTURES_HELD: u64 = 12;
/// Pictures of a screen that a node holds: one is shown, one waits, one is composed.
const SCREENS_HELD: u64 = 3;

/// What a display node can carry, as the document says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeBudget {
    /// Streams of 1080p that it can decode.
    pub decodes_1080p: u32,
    /// What its network brings for video, in Mbit/s.
    pub receive_mbit_s: Option<u32>,
    /// What goes to its graphics device, in MB/s.
    pub upload_mb_s: Option<u32>,
    /// Memory for pictures, in MB.
    pub memory_mb: Option<u32>,
}

/// One of the things of which a node has so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Thousandths of a decoded stream of 1080p.
    Decodes,
    /// kbit/s over the network.
    Receive,
    /// Bytes to the graphics device in a second.
    Upload,
    /// Bytes of pictures that are held.
    Memory,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Decodes, Self::Receive, Self::Upload, Self::Memory];
}

impl NodeBudget {
    /// How much there is, in the resource's own unit; `None` where the document does not say.
    pub fn has(&self, resource: Resource) -> Option<u64> {
        let Self { decodes_1080p, receive_mbit_s, upload_mb_s, memory_mb } = *self;
        match resource {
            Resource::Decodes => Some(u64::from(decodes_1080p) * 1000),
            Resource::Receive => receive_mbit_s.map(|mbit_s| u64::from(mbit_s) * 1000),
            Resource::Upload => upload_mb_s.map(|mb_s| u64::from(mb_s) * 1_000_000),
            Resource::Memory => memory_mb.map(|mb| u64::from(mb) * 1_000_000),
        }
    }
}

/// What one node has to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Which node.
    pub node: NodeId,
    /// Thousandths of a 1080p stream, all its streams together. A stream of which the document does not say how large it is counts as
    /// one of 1080p, a still picture as nothing.
    pub decodes_e3: u64,
    /// Bytes that go to its graphics device when every one of its streams has a new picture, in the usual 4:2:0 of 8 bits.
    pub upload_bytes: u64,
    /// What its streams bring over the network, in kbit/s, reckoned by their pixels.
    pub receive_kbit_s: u64,
    /// What the pictures of its streams and of its screens take, reckoned by their pixels.
    pub memory_bytes: u64,
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

    /// How much of a resource it takes, in the resource's own unit.
    pub fn needs(&self, resource: Resource) -> u64 {
        match resource {
            Resource::Decodes => self.decodes_e3,
            Resource::Receive => self.receive_kbit_s,
            Resource::Upload => self.upload_bytes * PICTURES_S,
            Resource::Memory => self.memory_bytes,
        }
    }

    /// Of what it takes more than there is.
    pub fn over<'l>(&'l self, budget: &'l NodeBudget) -> impl Iterator<Item = Resource> + 'l {
        let is_over =
            |resource: &Resource| budget.has(*resource).is_some_and(|has| self.needs(*resource) > has);
        Resource::ALL.into_iter().filter(is_over)
    }

    /// Streams of 1080p, rounded up.
    pub fn decodes(&self) -> u64 {
        self.decodes_e3.div_ceil(1000)
    }
}

/// What every node of which the document says what it can decode has to decode while the walls show `scenes` and nothing is changing,
/// sorted by node.
pub fn loads(layout: &Layout, scenes: &[(WallId, SceneId)]) -> Vec<Load> {
    let of = |(node, budget): (&NodeId, &NodeBudget)| load(layout, scenes, node, budget.decodes_1080p);
    layout.budgets.iter().map(of).collect()
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
    let upload_bytes: u64 = streams.iter().map(|(_, _, pixels)| pixels * 3 / 2).sum();
    let receive_kbit_s =
        streams.iter().map(|(_, _, pixels)| (pixels * FULL_HD_KBIT_S).div_ceil(FULL_HD)).sum();
    let screens = layout.screens_of(node).map(|(_, screen)| screen.grid.size.area() * 4 * SCREENS_HELD);
    let memory_bytes = upload_bytes * PICTURES_HELD + screens.sum::<u64>();
    Load {
        node: node.clone(),
        decodes_e3,
        upload_bytes,
        receive_kbit_s,
        memory_bytes,
        limit,
        could_be_smaller,
    }
}
