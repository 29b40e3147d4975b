//! The wall's state and every decision about it, as a value: no socket, no clock, no file.

use crate::assign::reader_of;
use crate::now::Now;
use crate::on_wall::{Asks, COMMIT_LEAD, Commit, OnWall, QUICK_LEAD};
use crate::status::{HallStatus, NodeStatus, WallStatus, cpu_percent, memory_mib, screen_rows, source_rows};
use layouts::rules::Picture;
use layouts::{Layout, OnAir, Variant, VariantError, WindowContent};
use media::{LocalTime, NodeId, SceneId, SourceId, StreamId, WallId, WallTime};
use protocol::{Asset, Cannot, Hello, IngestEntry, Report, Role, Showing, Snapshot};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Why an order is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// The hall document has no such scene.
    #[error("there is no scene {wanted:?}; this hall has {known}")]
    UnknownScene {
        /// What was asked for.
        wanted: String,
        /// The scenes that there are, joined by commas.
        known: String,
    },
    /// The hall document has no such wall, or no scene for it.
    #[error("there is no wall {wanted:?} with scenes; this hall has {known}")]
    UnknownWall {
        /// What was asked for.
        wanted: String,
        /// The walls that have scenes, joined by commas.
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
///
/// Whatever changes may make a new revision ([`Authority::revision`]), which every connected node must be given as a
/// [`Authority::snapshot`], and decisions to switch ([`Authority::poll_commit`]), which must be told after that.
#[derive(Debug)]
pub struct Authority {
    /// The hall document's scenes, and behind them the variants.
    layout: Layout,
    /// The hall as its document says.
    written: Layout,
    /// Scenes that some wall shows, has just shown or prepares, and that follow from those of the document.
    variants: Vec<Variant>,
    variants_so_far: u64,
    document: String,
    assets: Vec<Asset>,
    revision: u64,
    walls: BTreeMap<WallId, OnWall>,
    nodes: BTreeMap<NodeId, NodeEntry>,
    commits: VecDeque<Commit>,
}

impl Authority {
    /// The state at start: on every wall its first scene. `document` is the text that `layout` was read from,
    /// `assets` are the still pictures that its windows name.
    pub fn new(layout: Layout, document: String, assets: Vec<Asset>, now: WallTime) -> Self {
        let mut walls = BTreeMap::new();
        for scene in layout.scenes() {
            let Some(rate) = layout.wall(&scene.wall).map(|wall| wall.tick) else { continue };
            walls.entry(scene.wall.clone()).or_insert_with(|| OnWall::new(rate, scene.id.clone(), now));
        }
        // A revision that grows with time stays above those that nodes remember from before a restart.
        let revision = u64::try_from(now.0 / 1_000_000).unwrap_or(0);
        Self {
            written: layout.clone(),
            layout,
            variants: Vec::new(),
            variants_so_far: 0,
            document,
            assets,
            revision,
            walls,
            nodes: BTreeMap::new(),
            commits: VecDeque::new(),
        }
    }

    /// The hall as validated, with the variants that its walls show.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The hall has other sources: nodes are told, walls go on showing what they show. Variants of scenes lose what they had of
    /// sources that are gone.
    pub fn follow(&mut self, layout: Layout, document: String, now: Now) {
        self.layout = layout.clone();
        for mut variant in std::mem::take(&mut self.variants) {
            variant.keep_sources(|source| layout.source(source).is_some());
            match self.layout.with_variants(std::slice::from_ref(&variant)) {
                Ok(with_it) => {
                    self.layout = with_it;
                    self.variants.push(variant);
                }
                Err(error) => tracing::error!(%error, scene = %variant.id, "a variant of a scene is lost"),
            }
        }
        self.written = layout;
        self.document = document;
        self.revise();
        self.settle(now);
    }

    /// Grows with every change that nodes must hear of.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Brings `scene` on its wall: every display node of the wall prepares it, and when all have answered, or after
    /// [`crate::PREPARE_WITHIN`], all switch at one tick. Gives the wall. What is prepared already, or on air, stays.
    pub fn recall(&mut self, scene: &str, now: Now) -> Result<(WallId, SceneId), OrderError> {
        let found = self.written.scenes().iter().find(|candidate| candidate.id.as_str() == scene);
        let Some(found) = found else {
            let known = self.written.scenes().iter().map(|scene| scene.id.as_str());
            return Err(OrderError::UnknownScene { wanted: scene.to_owned(), known: listed(known) });
        };
        let (wall, scene) = (found.wall.clone(), found.id.clone());
        self.lead(&wall, &scene, now);
        Ok((wall, scene))
    }

    /// Brings what rules, schedules, tours and operators have made of `wall` on it, as [`Authority::recall`] does: a scene of the
    /// document as it is written, or a variant of one. Gives the scene's id. Errors: a slot, source or scene that the hall does
    /// not have; nothing is changed then.
    pub fn show(&mut self, wall: &WallId, picture: &Picture, now: Now) -> Result<SceneId, VariantError> {
        let Picture { scene, edits, fills, banner } = picture;
        let leads_to = self.walls.get(wall).map(|on_wall| on_wall.leading().clone());
        let is_that = |variant: &&Variant| {
            let Variant { id: _, base, edits: edited, fills: filled, banner: worded, cut: _ } = *variant;
            (base, edited, filled, worded) == (scene, edits, fills, banner)
        };
        let plain = edits.is_empty() && fills.is_empty() && banner.is_none();
        let same = |variant: &&Variant| is_that(variant) && Some(&variant.id) == leads_to.as_ref();
        // However it has come or comes on: what the wall leads to needs no second name.
        let led = self.variants.iter().find(same).map(|variant| variant.id.clone());
        let led = led.or_else(|| leads_to.as_ref().filter(|id| plain && *id == scene).cloned());
        // What an operator does to windows is not a change of scenes: it is there at one tick.
        let cut = leads_to.is_some_and(|id| self.is_edited_only(&id, picture));
        let id = if let Some(id) = led {
            id
        } else if plain && !cut {
            let there = self.written.scene(scene);
            there.ok_or_else(|| VariantError::NoSuchScene(scene.clone()))?.id.clone()
        } else if let Some(variant) =
            self.variants.iter().find(|variant| is_that(variant) && variant.cut == cut)
        {
            variant.id.clone()
        } else {
            let id = self.fresh_id(scene)?;
            let (base, edits) = (scene.clone(), edits.clone());
            let (fills, banner) = (fills.clone(), banner.clone());
            let mut variants = self.variants.clone();
            variants.push(Variant { id: id.clone(), base, edits, fills, banner, cut });
            self.layout = self.written.with_variants(&variants)?;
            self.variants = variants;
            id
        };
        if self.nodes.is_empty() {
            self.hang(wall, &id, now);
        } else {
            self.lead(wall, &id, now);
        }
        Ok(id)
    }

    /// Whether `picture` is what the scene `id` shows with other edits.
    fn is_edited_only(&self, id: &SceneId, picture: &Picture) -> bool {
        let Picture { scene, edits, fills: _, banner } = picture;
        match self.variants.iter().find(|variant| variant.id == *id) {
            Some(variant) => variant.base == *scene && variant.edits != *edits && variant.banner == *banner,
            None => id == scene && !edits.is_empty() && banner.is_none(),
        }
    }

    /// Before the first node comes, what a wall is to show is what it shows: nothing flickers when this program is started anew.
    fn hang(&mut self, wall: &WallId, scene: &SceneId, now: Now) {
        let Some(rate) = self.layout.wall(wall).map(|wall| wall.tick) else { return };
        if let Some(on_wall) = self.walls.get_mut(wall) {
            *on_wall = OnWall::new(rate, scene.clone(), now.wall);
            self.revise();
        }
    }

    /// A name that no scene of the document and no variant before it has, also of an earlier run of this program.
    fn fresh_id(&mut self, base: &SceneId) -> Result<SceneId, VariantError> {
        loop {
            self.variants_so_far += 1;
            let name = format!("variant-{}-{}", self.revision, self.variants_so_far);
            let id = SceneId::new(&name).map_err(|_| VariantError::NoSuchScene(base.clone()))?;
            if self.layout.scene(&id).is_none() {
                return Ok(id);
            }
        }
    }

    /// Begins to prepare `scene`, unless the wall comes to it anyway.
    fn lead(&mut self, wall: &WallId, scene: &SceneId, now: Now) {
        let asks = self.asks(wall, scene);
        if let Some(on_wall) = self.walls.get_mut(wall).filter(|on_wall| on_wall.leading() != scene) {
            on_wall.prepare(scene.clone(), asks, now);
            self.revise();
            self.settle(now);
        }
    }

    /// What `scene` asks of the nodes of `wall`. A change of scenes takes the time that it takes, so that nobody is late; what is done to
    /// the windows of one scene is to be seen at once.
    fn asks(&self, wall: &WallId, scene: &SceneId) -> Asks {
        let Some(on_wall) = self.walls.get(wall) else { return Asks::Streams };
        let nodes = connected_displays(&self.layout, &self.nodes, wall);
        let shown = &on_wall.decided().scene;
        let streams = |scene: &SceneId, node: &NodeId| -> BTreeSet<(SourceId, Option<StreamId>)> {
            let on_air = OnAir::still(scene.clone());
            let demands = layouts::demand(&self.layout, wall, &on_air, node);
            demands.into_iter().map(|demand| (demand.source, demand.stream)).collect()
        };
        let suffices = |has: &[&SceneId]| {
            nodes.iter().all(|node| {
                let has: BTreeSet<_> = has.iter().flat_map(|has| streams(has, node)).collect();
                streams(scene, node).is_subset(&has)
            })
        };
        let is_same = |other: &SceneId| self.base(other) == self.base(scene);
        let coming = on_wall.preparing().filter(|coming| is_same(coming));
        if is_same(shown) && suffices(&[shown]) {
            Asks::Nothing
        } else if coming.is_some_and(|coming| suffices(&[shown, coming])) {
            Asks::NothingMore
        } else {
            Asks::Streams
        }
    }

    /// How far ahead a switch is announced that asks nothing of the nodes of `wall`.
    fn quick_lead(&self, wall: &WallId) -> Duration {
        let tick = self.layout.wall(wall).map_or(Duration::ZERO, |wall| wall.tick.period());
        let round_trip = |node: &NodeId| match self.nodes.get(node)?.report.clock.round_trip_ns {
            0 => None,
            ns => Some(Duration::from_nanos(ns)),
        };
        let nodes = connected_displays(&self.layout, &self.nodes, wall);
        // Of whom nothing is known yet, nothing is expected.
        let slowest = nodes.iter().try_fold(Duration::ZERO, |slowest, node| {
            round_trip(node).map(|round_trip| slowest.max(round_trip))
        });
        slowest.map_or(COMMIT_LEAD, |slowest| (QUICK_LEAD + tick + slowest * 4).min(COMMIT_LEAD))
    }

    /// Forgets variants that no wall shows, has just shown or prepares: so there are at most three for each wall.
    fn drop_variants(&mut self) {
        let used: BTreeSet<&SceneId> = self.walls.values().flat_map(OnWall::scenes).collect();
        let before = self.variants.len();
        self.variants.retain(|variant| used.contains(&variant.id));
        if self.variants.len() != before {
            // Those that are left do not follow from one another.
            match self.written.with_variants(&self.variants) {
                Ok(layout) => self.layout = layout,
                Err(error) => tracing::error!(%error, "a variant of a scene is lost"),
            }
        }
    }

    /// The scene of the document that a variant follows from; a scene of the document is its own.
    fn base(&self, scene: &SceneId) -> SceneId {
        let variant = self.variants.iter().find(|variant| variant.id == *scene);
        variant.map_or(scene, |variant| &variant.base).clone()
    }

    /// Shows or hides the sync stamp on a wall.
    pub fn set_stamp(&mut self, wall: &str, on: bool, now: Now) -> Result<WallId, OrderError> {
        self.mark(wall, now, |on_wall| on_wall.set_stamp(on))
    }

    /// Has every screen of a wall show its numbered card until a moment, or no longer. Nodes take the cards away by themselves when it comes,
    /// whether there is a controller then or not.
    pub fn identify(&mut self, wall: &str, until: Option<WallTime>, now: Now) -> Result<WallId, OrderError> {
        self.mark(wall, now, |on_wall| on_wall.identify(until))
    }

    /// Changes what lies over a wall; `change` says whether it did.
    fn mark(
        &mut self,
        wall: &str,
        now: Now,
        change: impl FnOnce(&mut OnWall) -> bool,
    ) -> Result<WallId, OrderError> {
        let found = self.walls.iter_mut().find(|(id, _)| id.as_str() == wall);
        let Some((id, on_wall)) = found else {
            let known = self.walls.keys().map(WallId::as_str);
            return Err(OrderError::UnknownWall { wanted: wall.to_owned(), known: listed(known) });
        };
        let id = id.clone();
        if change(on_wall) {
            self.revise();
            self.settle(now);
        }
        Ok(id)
    }

    /// Begins a revision: every node must answer for it.
    fn revise(&mut self) {
        self.revision += 1;
        self.drop_variants();
        for node in self.nodes.values_mut() {
            node.standing = Standing::Preparing;
        }
        for (wall, on_wall) in &mut self.walls {
            on_wall.ask(self.revision, connected_displays(&self.layout, &self.nodes, wall));
        }
    }

    /// Decides what can be decided now.
    fn settle(&mut self, now: Now) {
        let leads: Vec<Duration> = self.walls.keys().map(|wall| self.quick_lead(wall)).collect();
        let due = |((wall, on_wall), lead): ((&WallId, &mut OnWall), Duration)| {
            on_wall.commit_due(wall, self.revision, lead, now)
        };
        self.commits.extend(self.walls.iter_mut().zip(leads).filter_map(due));
    }

    /// What has been decided and not been told yet, oldest first.
    pub fn poll_commit(&mut self) -> Option<Commit> {
        self.commits.pop_front()
    }

    /// When [`Authority::handle_timeout`] must be called again at the latest.
    pub fn poll_timeout(&self) -> Option<LocalTime> {
        self.walls.values().filter_map(OnWall::poll_timeout).min()
    }

    /// Lets time pass. To be called at [`Authority::poll_timeout`] or at any moment.
    pub fn handle_timeout(&mut self, now: Now) {
        self.settle(now);
    }

    /// A node said hello from `host`.
    pub fn connected(&mut self, hello: &Hello, host: &str, now: Now) {
        let media_address = match hello.role {
            Role::Ingest => join_host(host, hello.media_port),
            Role::Display | Role::Feed => String::new(),
        };
        let before = self.directory();
        let entry = NodeEntry {
            role: hello.role,
            software: hello.software.clone(),
            media_address,
            connected: true,
            standing: Standing::Preparing,
            report: Report::default(),
        };
        self.nodes.insert(hello.node.clone(), entry);
        if self.directory() != before {
            self.revise();
        }
        for (wall, on_wall) in &mut self.walls {
            if connected_displays(&self.layout, &self.nodes, wall).contains(&hello.node) {
                on_wall.ask_also(&hello.node);
            }
        }
        self.settle(now);
    }

    /// A node's link has ended. The last that it reported stays; its sources stay its own, for it will be back.
    pub fn lost(&mut self, node: &NodeId, now: Now) {
        if let Some(entry) = self.nodes.get_mut(node) {
            entry.connected = false;
        }
        self.walls.values_mut().for_each(|on_wall| on_wall.gone(node));
        self.settle(now);
    }

    /// A node is prepared.
    pub fn ready(&mut self, node: &NodeId, revision: u64, now: Now) {
        self.stand(node, Standing::Ready(revision));
        self.answered(node, revision, None, now);
    }

    /// A node cannot show a revision.
    pub fn cannot(&mut self, node: &NodeId, cannot: Cannot, now: Now) {
        let Cannot { revision, why } = cannot;
        self.answered(node, revision, Some(&why), now);
        self.stand(node, Standing::Cannot { revision, why });
    }

    /// A node shows a revision.
    pub fn showing(&mut self, node: &NodeId, showing: &Showing) {
        self.stand(node, Standing::Showing(showing.revision));
    }

    fn answered(&mut self, node: &NodeId, revision: u64, cannot: Option<&str>, now: Now) {
        self.walls.values_mut().for_each(|on_wall| on_wall.answered(node, revision, cannot));
        self.settle(now);
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

    /// All that a node must know that hears it at `now`.
    pub fn snapshot(&self, now: WallTime) -> Snapshot {
        let programs = self.walls.iter().map(|(wall, on_wall)| on_wall.program(wall, &self.layout, now));
        Snapshot {
            revision: self.revision,
            document: self.document.clone(),
            walls: programs.collect(),
            directory: self.directory(),
            assets: self.assets.clone(),
            variants: self.variants.clone(),
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

    /// The switch that was decided last on each wall, whether its tick has come or not, in the order of the walls' names.
    pub fn decided(&self) -> impl Iterator<Item = &OnAir> {
        self.walls.values().map(OnWall::decided)
    }

    /// The tags of every source that a wall shows, has just shown or is about to show.
    pub(crate) fn tags_on(&self, wall: &str) -> Vec<Vec<String>> {
        let on_wall = self.walls.iter().find(|(id, _)| id.as_str() == wall).map(|(_, on_wall)| on_wall);
        let scenes =
            on_wall.into_iter().flat_map(OnWall::scenes).filter_map(|scene| self.layout.scene(scene));
        let sources = scenes.flat_map(|scene| &scene.windows).filter_map(|window| match &window.content {
            WindowContent::Source { source, .. } => self.layout.source(source),
            _ => None,
        });
        sources.map(|source| source.tags.clone()).collect()
    }

    /// How everything is at `now`.
    pub fn status(&self, now: WallTime) -> HallStatus {
        let nodes = self.nodes.iter().map(|(node, entry)| self.node_status(node, entry));
        let reports = || self.nodes.iter().map(|(node, entry)| (node, entry.role, &entry.report));
        HallStatus {
            revision: self.revision,
            utc_offset_s: self.layout.hall().utc_offset_s,
            walls: self.walls.iter().map(|(wall, on_wall)| self.wall_status(wall, on_wall, now)).collect(),
            nodes: nodes.collect(),
            sources: source_rows(reports()),
            screens: screen_rows(reports()),
        }
    }

    /// Operators know the scenes of the document: a variant bears its name.
    fn wall_status(&self, wall: &WallId, on_wall: &OnWall, now: WallTime) -> WallStatus {
        let status = on_wall.status(wall, now);
        WallStatus {
            on_air: self.base(&status.on_air),
            next: status.next.as_ref().map(|next| self.base(next)),
            ..status
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
            pictures_encoded: entry.report.pictures_encoded,
            clock: entry.report.clock.into(),
        }
    }
}

/// The connected display nodes that drive screens of `wall`.
fn connected_displays(
    layout: &Layout,
    nodes: &BTreeMap<NodeId, NodeEntry>,
    wall: &WallId,
) -> BTreeSet<NodeId> {
    let is_there =
        |node: &NodeId| nodes.get(node).is_some_and(|entry| entry.connected && entry.role == Role::Display);
    let screens = layout.wall(wall).into_iter().flat_map(|wall| &wall.screens);
    screens.map(|screen| screen.node.clone()).filter(is_there).collect()
}

/// Names joined by commas.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// `host:port`, with brackets around an IPv6 address.
fn join_host(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests;
