//! The wall's state and every decision about it, as a value: no socket, no clock, no file.

use crate::assign::reader_of;
use crate::status::{HallStatus, NodeStatus, WallStatus, cpu_percent, memory_mib, screen_rows, source_rows};
use layouts::Layout;
use media::{CanvasFrame, NodeId, SceneId, SourceId, TickRate, WallId, WallTime};
use protocol::{Activate, Asset, Cannot, Hello, IngestEntry, Report, Role, Showing, Snapshot, WallProgram};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long nodes get to prepare a scene before all of them switch to it.
const PREPARE: Duration = Duration::from_millis(500);

/// Why a scene is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecallError {
    /// The hall document has no such scene.
    #[error("there is no scene {wanted:?}; this hall has {known}")]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// The scenes that there are, joined by commas.
        known: String,
    },
}

/// How far a node has come with a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    Preparing,
    Ready(u64),
    Cannot { revision: u64, why: String },
    Showing(u64),
}

#[derive(Debug, Clone)]
struct NodeEntry {
    role: Role,
    software: String,
    media_address: String,
    connected: bool,
    standing: Standing,
    report: Report,
}

/// What one wall shows.
#[derive(Debug, Clone)]
struct OnWall {
    rate: TickRate,
    scene: SceneId,
    from: Option<SceneId>,
    since: CanvasFrame,
    /// The scene that takes over, and when.
    next: Option<(SceneId, CanvasFrame)>,
}

impl OnWall {
    /// The first tick that does not begin before `time`.
    fn tick_from(&self, time: WallTime) -> CanvasFrame {
        let running = self.rate.frame_at(time);
        if self.rate.start_of(running) < time { CanvasFrame(running.0 + 1) } else { running }
    }

    /// The scene that was decided last.
    fn decided(&self) -> &SceneId {
        self.next.as_ref().map_or(&self.scene, |(scene, _)| scene)
    }
}

/// What hangs on the walls now, and who does what for it.
#[derive(Debug)]
pub struct Authority {
    layout: Layout,
    document: String,
    assets: Vec<Asset>,
    revision: u64,
    walls: BTreeMap<WallId, OnWall>,
    nodes: BTreeMap<NodeId, NodeEntry>,
}

impl Authority {
    /// The state at start: on every wall its first scene. `document` is the text that `layout` was read from,
    /// `assets` are the still pictures that its windows name.
    pub fn new(layout: Layout, document: String, assets: Vec<Asset>, now: WallTime) -> Self {
        let mut walls = BTreeMap::new();
        for scene in layout.scenes() {
            let Some(rate) = layout.wall(&scene.wall).map(|wall| wall.tick) else { continue };
            walls.entry(scene.wall.clone()).or_insert_with(|| OnWall {
                rate,
                scene: scene.id.clone(),
                from: None,
                since: rate.frame_at(now),
                next: None,
            });
        }
        // A revision that grows with time stays above those that nodes remember from before a restart.
        let revision = u64::try_from(now.0 / 1_000_000).unwrap_or(0);
        Self { layout, document, assets, revision, walls, nodes: BTreeMap::new() }
    }

    /// The hall as validated.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Grows with every change that nodes must hear of.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Shows `scene` on its wall; gives the wall and the moment at which every node switches.
    pub fn recall(&mut self, scene: &str, now: WallTime) -> Result<(WallId, WallTime), RecallError> {
        let found = self.layout.scenes().iter().find(|candidate| candidate.id.as_str() == scene);
        let Some(found) = found else {
            let known: Vec<&str> = self.layout.scenes().iter().map(|scene| scene.id.as_str()).collect();
            return Err(RecallError::Unknown { wanted: scene.to_owned(), known: known.join(", ") });
        };
        let (wall, scene) = (found.wall.clone(), found.id.clone());
        self.revise();
        let mut at = now;
        if let Some(on_wall) = self.walls.get_mut(&wall) {
            let tick = on_wall.tick_from(now + PREPARE);
            at = on_wall.rate.start_of(tick);
            on_wall.next = Some((scene, tick));
        }
        Ok((wall, at))
    }

    /// Begins a revision. What the one before has put on air is no longer next.
    fn revise(&mut self) {
        self.revision += 1;
        for on_wall in self.walls.values_mut() {
            if let Some((scene, since)) = on_wall.next.take() {
                on_wall.from = Some(std::mem::replace(&mut on_wall.scene, scene));
                on_wall.since = since;
            }
        }
        for node in self.nodes.values_mut() {
            node.standing = Standing::Preparing;
        }
    }

    /// A node said hello from `host`. True when the others must hear of it.
    pub fn connected(&mut self, hello: &Hello, host: &str) -> bool {
        let media_address = match hello.role {
            Role::Ingest => join_host(host, hello.media_port),
            Role::Display => String::new(),
        };
        let entry = NodeEntry {
            role: hello.role,
            software: hello.software.clone(),
            media_address,
            connected: true,
            standing: Standing::Preparing,
            report: Report::default(),
        };
        self.nodes.insert(hello.node.clone(), entry);
        if hello.role == Role::Ingest {
            self.revise();
        }
        hello.role == Role::Ingest
    }

    /// A node's link has ended. The last that it reported stays; its sources stay its own, for it will be back.
    pub fn lost(&mut self, node: &NodeId) {
        if let Some(entry) = self.nodes.get_mut(node) {
            entry.connected = false;
        }
    }

    /// A node is prepared.
    pub fn ready(&mut self, node: &NodeId, revision: u64) {
        self.stand(node, Standing::Ready(revision));
    }

    /// A node cannot show a revision.
    pub fn cannot(&mut self, node: &NodeId, cannot: Cannot) {
        let Cannot { revision, why } = cannot;
        self.stand(node, Standing::Cannot { revision, why });
    }

    /// A node shows a revision.
    pub fn showing(&mut self, node: &NodeId, showing: &Showing) {
        self.stand(node, Standing::Showing(showing.revision));
    }

    fn stand(&mut self, node: &NodeId, standing: Standing) {
        if let Some(entry) = self.nodes.get_mut(node) {
            entry.standing = standing;
        }
    }

    /// A node's measurements.
    pub fn reported(&mut self, node: &NodeId, report: Report) {
        if let Some(entry) = self.nodes.get_mut(node) {
            entry.report = report;
        }
    }

    /// All that a node must know.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            revision: self.revision,
            document: self.document.clone(),
            walls: self.programs(),
            directory: self.directory(),
            assets: self.assets.clone(),
        }
    }

    fn programs(&self) -> Vec<WallProgram> {
        let program = |(wall, on_wall): (&WallId, &OnWall)| WallProgram {
            wall: wall.clone(),
            scene: on_wall.scene.clone(),
            from: on_wall.from.clone(),
            since: on_wall.since,
            next: on_wall.next.as_ref().map(|(scene, _)| scene.clone()),
            stamp: false,
        };
        self.walls.iter().map(program).collect()
    }

    /// What the nodes are told after the snapshot of this revision.
    pub fn activations(&self) -> Vec<Activate> {
        let activate = |(wall, on_wall): (&WallId, &OnWall)| {
            let (_, at) = on_wall.next.as_ref()?;
            Some(Activate { revision: self.revision, wall: wall.clone(), at: *at })
        };
        self.walls.iter().filter_map(activate).collect()
    }

    fn directory(&self) -> Vec<IngestEntry> {
        let readers: Vec<&NodeId> =
            self.nodes.iter().filter(|(_, entry)| entry.role == Role::Ingest).map(|(node, _)| node).collect();
        let mut sources: BTreeMap<&NodeId, Vec<SourceId>> =
            readers.iter().map(|node| (*node, Vec::new())).collect();
        for source in self.layout.sources() {
            let reader = match &source.ingest {
                Some(fixed) => readers.iter().copied().find(|node| *node == fixed),
                None => reader_of(&source.id, readers.iter().copied()),
            };
            if let Some(list) = reader.and_then(|node| sources.get_mut(node)) {
                list.push(source.id.clone());
            }
        }
        let address = |node: &NodeId| self.nodes.get(node).map(|entry| entry.media_address.clone());
        sources
            .into_iter()
            .map(|(node, sources)| IngestEntry {
                node: node.clone(),
                address: address(node).unwrap_or_default(),
                sources,
            })
            .collect()
    }

    /// How everything is.
    pub fn status(&self) -> HallStatus {
        let walls = self
            .walls
            .iter()
            .map(|(wall, on_wall)| WallStatus { wall: wall.clone(), scene: on_wall.decided().clone() });
        let nodes = self.nodes.iter().map(|(node, entry)| self.node_status(node, entry));
        let reports = || self.nodes.iter().map(|(node, entry)| (node, entry.role, &entry.report));
        HallStatus {
            revision: self.revision,
            walls: walls.collect(),
            nodes: nodes.collect(),
            sources: source_rows(reports()),
            screens: screen_rows(reports()),
        }
    }

    fn node_status(&self, node: &NodeId, entry: &NodeEntry) -> NodeStatus {
        let (standing, why) = match &entry.standing {
            Standing::Preparing => ("preparing", None),
            Standing::Ready(revision) if *revision == self.revision => ("ready", None),
            Standing::Showing(revision) if *revision == self.revision => ("showing", None),
            Standing::Cannot { revision, why } if *revision == self.revision => ("cannot", Some(why.clone())),
            _ => ("behind", None),
        };
        NodeStatus {
            node: node.clone(),
            role: entry.role.as_str().to_owned(),
            connected: entry.connected,
            software: entry.software.clone(),
            standing: standing.to_owned(),
            why,
            cpu_percent: cpu_percent(&entry.report),
            memory_mib: memory_mib(&entry.report),
        }
    }
}

/// `host:port`, with brackets around an IPv6 address.
fn join_host(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALL: &str = include_str!("../tests/two-scenes.toml");

    fn authority() -> Authority {
        let layout = layouts::parse(HALL, "two-scenes.toml").unwrap();
        Authority::new(layout, HALL.to_owned(), Vec::new(), WallTime(1_000_000_000_000_000_000))
    }

    fn hello(node: &str, role: Role) -> Hello {
        Hello { node: NodeId::new(node).unwrap(), role, software: "test".into(), media_port: 7 }
    }

    #[test]
    fn a_scene_is_recalled_for_every_node_at_one_moment() {
        let mut authority = authority();
        let before = authority.snapshot();
        let now = WallTime(1_000_000_001_000_000_000);
        let (wall, at) = authority.recall("night", now).unwrap();
        assert_eq!(wall.as_str(), "main");
        let rate = authority.layout().wall(&wall).unwrap().tick;
        assert!(
            at >= now + PREPARE && at < now + PREPARE + rate.period(),
            "the first tick after {PREPARE:?}"
        );
        let after = authority.snapshot();
        assert_eq!(after.revision, before.revision + 1);
        let scenes = |snapshot: &Snapshot| {
            let program = snapshot.walls[0].clone();
            (program.from, program.scene, program.next)
        };
        let (day, night) = (SceneId::new("day").unwrap(), SceneId::new("night").unwrap());
        assert_eq!(scenes(&before), (None, day.clone(), None), "the first scene is shown at start");
        assert_eq!(scenes(&after), (None, day.clone(), Some(night.clone())));
        let expected = Activate { revision: after.revision, wall, at: rate.frame_at(at) };
        assert_eq!(authority.activations(), [expected]);
        authority.connected(&hello("in-1", Role::Ingest), "10.0.0.8");
        let later = authority.snapshot();
        assert_eq!(scenes(&later), (Some(day), night, None), "the next revision finds it on air");
        assert_eq!(later.walls[0].since, rate.frame_at(at));
        assert_eq!(authority.activations(), []);
        let error = authority.recall("nigth", now).unwrap_err();
        assert_eq!(error.to_string(), "there is no scene \"nigth\"; this hall has day, night");
    }

    #[test]
    fn sources_go_to_ingest_nodes_that_are_there_or_will_be_back() {
        let mut authority = authority();
        assert!(authority.snapshot().directory.is_empty());
        assert!(!authority.connected(&hello("left", Role::Display), "10.0.0.9"));
        assert!(authority.connected(&hello("in-1", Role::Ingest), "fe80::1"));
        let directory = authority.snapshot().directory;
        assert_eq!(directory.len(), 1);
        assert_eq!(directory[0].address, "[fe80::1]:7");
        assert_eq!(
            directory[0].sources.len(),
            1,
            "the other source is bound to an ingest node that is not there"
        );
        authority.lost(&NodeId::new("in-1").unwrap());
        assert_eq!(authority.snapshot().directory, directory);
        assert!(!authority.status().nodes[0].connected);
    }

    #[test]
    fn a_node_that_cannot_is_named_with_its_reason() {
        let mut authority = authority();
        let left = NodeId::new("left").unwrap();
        authority.connected(&hello("left", Role::Display), "10.0.0.9");
        let revision = authority.snapshot().revision;
        authority.cannot(&left, Cannot::new(revision, "no room"));
        let status = authority.status();
        assert_eq!(
            (status.nodes[0].standing.as_str(), status.nodes[0].why.as_deref()),
            ("cannot", Some("no room"))
        );
        authority.ready(&left, revision - 1);
        assert_eq!(authority.status().nodes[0].standing, "behind");
    }
}
