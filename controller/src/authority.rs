//! The wall's state and every decision about it, as a value: no socket, no clock, no file.

use crate::assign::reader_of;
use crate::status::{HallStatus, NodeStatus, WallStatus, cpu_percent, memory_mib, screen_rows, source_rows};
use layouts::Layout;
use media::{NodeId, SceneId, SourceId, WallId, WallTime};
use protocol::{Asset, Cannot, Hello, IngestEntry, Report, Role, Showing, Snapshot};
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

/// What hangs on the walls now, and who does what for it.
#[derive(Debug)]
pub struct Authority {
    layout: Layout,
    document: String,
    assets: Vec<Asset>,
    revision: u64,
    activate_at: WallTime,
    scenes: BTreeMap<WallId, SceneId>,
    nodes: BTreeMap<NodeId, NodeEntry>,
}

impl Authority {
    /// The state at start: on every wall its first scene. `document` is the text that `layout` was read from,
    /// `assets` are the still pictures that its windows name.
    pub fn new(layout: Layout, document: String, assets: Vec<Asset>, now: WallTime) -> Self {
        let mut scenes = BTreeMap::new();
        for scene in layout.scenes() {
            scenes.entry(scene.wall.clone()).or_insert_with(|| scene.id.clone());
        }
        // A revision that grows with time stays above those that nodes remember from before a restart.
        let revision = u64::try_from(now.0 / 1_000_000).unwrap_or(0);
        Self { layout, document, assets, revision, activate_at: now, scenes, nodes: BTreeMap::new() }
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
        let wall = found.wall.clone();
        self.scenes.insert(wall.clone(), found.id.clone());
        self.revise(now + PREPARE);
        Ok((wall, self.activate_at))
    }

    fn revise(&mut self, activate_at: WallTime) {
        self.revision += 1;
        self.activate_at = activate_at;
        for node in self.nodes.values_mut() {
            node.standing = Standing::Preparing;
        }
    }

    /// A node said hello from `host`. True when the others must hear of it.
    pub fn connected(&mut self, hello: &Hello, host: &str, now: WallTime) -> bool {
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
            self.revise(self.activate_at.max(now));
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
            scenes: self.scenes.iter().map(|(wall, scene)| (wall.clone(), scene.clone())).collect(),
            activate_at: self.activate_at,
            directory: self.directory(),
            assets: self.assets.clone(),
        }
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
        let walls =
            self.scenes.iter().map(|(wall, scene)| WallStatus { wall: wall.clone(), scene: scene.clone() });
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
        assert_eq!((wall.as_str(), at), ("main", now + PREPARE));
        let after = authority.snapshot();
        assert_eq!(after.revision, before.revision + 1);
        assert_eq!(after.activate_at, at);
        assert_eq!(after.scenes[0].1.as_str(), "night");
        assert_eq!(before.scenes[0].1.as_str(), "day", "the first scene is shown at start");
        let error = authority.recall("nigth", now).unwrap_err();
        assert_eq!(error.to_string(), "there is no scene \"nigth\"; this hall has day, night");
    }

    #[test]
    fn sources_go_to_ingest_nodes_that_are_there_or_will_be_back() {
        let mut authority = authority();
        let now = WallTime(1_000_000_001_000_000_000);
        assert!(authority.snapshot().directory.is_empty());
        assert!(!authority.connected(&hello("left", Role::Display), "10.0.0.9", now));
        assert!(authority.connected(&hello("in-1", Role::Ingest), "fe80::1", now));
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
        authority.connected(&hello("left", Role::Display), "10.0.0.9", WallTime(0));
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
