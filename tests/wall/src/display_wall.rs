//! One wall of one display node: what is on its air, what feeds it, and the book of its ticks.

use crate::feed::Feed;
use crate::hall::{TICK_HZ, source_index};
use crate::watch::{SharedWatch, Shown};
use ingest::{Freshness, FreshnessSettings, runs_back};
use layouts::{Layout, OnAir, Rundown, Turn};
use media::{CanvasFrame, Health, NodeId, SourceId, TickRate, WallId, WallTime};
use protocol::{Audit, TickAudit, WallProgram};
use protocol_quic::{MediaLink, SubscribeOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Ticks in a batch of the audit: half a second.
const AUDIT_TICKS: usize = TICK_HZ as usize / 2;

/// One wall of one node.
pub struct DisplayWall {
    /// Which wall.
    pub id: WallId,
    /// Which one, in the order of the snapshot.
    pub index: usize,
    /// What goes on air when.
    pub rundown: Rundown,
    node: NodeId,
    rate: TickRate,
    latency: Duration,
    /// The sources that are on air, and those that the next scenes need.
    now: Vec<SourceId>,
    ahead: Vec<SourceId>,
    feeds: BTreeMap<SourceId, Feed>,
    /// The picture on the screens of each source that is fed.
    shown: BTreeMap<SourceId, WallTime>,
    page: Audit,
}

/// What came of a tick.
pub struct Ticked {
    /// No picture may be younger.
    pub deadline: WallTime,
    /// What has changed on air.
    pub turn: Option<Turn>,
    /// Every source that is on air.
    pub shown: Vec<Shown>,
    /// Whether everything ahead has a picture, or is known to have none.
    pub prepared: bool,
}

fn on_air(program: &WallProgram) -> OnAir {
    OnAir { scene: program.scene.clone(), from: program.from.clone(), since: program.since }
}

impl DisplayWall {
    /// Begins with `program` of `revision`.
    pub fn new(
        node: &NodeId,
        wall: &layouts::Wall,
        index: usize,
        revision: u64,
        program: &WallProgram,
    ) -> Self {
        let screens = wall.screens.iter().filter(|screen| screen.node == *node);
        let page = Audit {
            wall: wall.id.clone(),
            scenes: Vec::new(),
            sources: Vec::new(),
            screens: screens.map(|screen| screen.id.clone()).collect(),
            ticks: Vec::new(),
        };
        Self {
            id: wall.id.clone(),
            index,
            rundown: Rundown::new(revision, on_air(program), program.next.clone()),
            node: node.clone(),
            rate: wall.tick,
            latency: Duration::from_millis(u64::from(wall.latency_ms)),
            now: Vec::new(),
            ahead: Vec::new(),
            feeds: BTreeMap::new(),
            shown: BTreeMap::new(),
            page,
        }
    }

    /// Follows a newer program at `tick`.
    pub fn follow(&mut self, revision: u64, program: &WallProgram, tick: CanvasFrame) {
        self.rundown.follow(revision, on_air(program), program.next.clone(), tick);
    }

    fn demanded(&self, layout: &Layout, on_air: &OnAir) -> Vec<SourceId> {
        layouts::demand(layout, &self.id, on_air, &self.node)
            .into_iter()
            .map(|demand| demand.source)
            .collect()
    }

    fn look(&mut self, layout: &Layout) {
        self.now = self.demanded(layout, self.rundown.on_air());
        self.ahead = self.rundown.ahead().iter().flat_map(|ahead| self.demanded(layout, ahead)).collect();
    }

    /// Feeds what is on air and what is ahead, and nothing else. `link` says who reads a source, and the way there.
    pub fn subscribe(
        &mut self,
        layout: &Layout,
        link: impl Fn(&SourceId) -> Option<(NodeId, MediaLink)>,
        now: WallTime,
        watch: &SharedWatch,
    ) {
        self.look(layout);
        let wanted: BTreeSet<SourceId> = self.now.iter().chain(&self.ahead).cloned().collect();
        self.feeds.retain(|source, _| wanted.contains(source));
        self.shown.retain(|source, _| wanted.contains(source));
        for (rank, source) in wanted.into_iter().enumerate() {
            let Some((reader, link)) = link(&source) else {
                self.feeds.remove(&source);
                continue;
            };
            if self.feeds.get(&source).is_none_or(|feed| feed.reader != reader) {
                let options = SubscribeOptions { priority: rank as u8, latency_max: self.latency * 4 };
                let freshness = Freshness::new(FreshnessSettings::new(true, self.latency), None, now);
                let who = format!("{} {} {source}", self.node, self.id);
                let feed = Feed::start(&who, &source, reader, &link, options, freshness, watch);
                self.feeds.insert(source, feed);
            }
        }
    }

    /// Shows tick `frame`, all pictures `lag_ticks` too late.
    pub fn tick(&mut self, layout: &Layout, frame: CanvasFrame, lag_ticks: i64) -> Ticked {
        let tick = self.rate.start_of(frame);
        let deadline = tick - self.latency;
        let turn = self.rundown.turn(layout, frame);
        if turn.is_some() {
            self.look(layout);
        }
        let mut dues = BTreeMap::new();
        let late = deadline.offset(-lag_ticks * self.rate.period().as_nanos() as i64);
        for (source, feed) in &mut self.feeds {
            let due = feed.due(tick, deadline, late);
            // A feed that takes over begins with what was captured before the picture that is shown.
            if let Some(captured) = due.captured
                && self.shown.get(source).is_none_or(|shown| !runs_back(*shown, captured))
            {
                self.shown.insert(source.clone(), captured);
            }
            dues.insert(source, due);
        }
        let has_all =
            |source: &SourceId| dues.get(source).is_none_or(|due| due.faulty || due.captured.is_some());
        let prepared = self.ahead.iter().all(has_all);
        let shown = self.now.iter().map(|source| {
            let due = dues.get(source);
            Shown {
                source: source_index(source),
                captured: self.shown.get(source).copied(),
                newest_due: due.and_then(|due| due.newest_due),
                live: due.is_some_and(|due| due.health == Health::Live),
            }
        });
        Ticked { deadline, turn, shown: shown.collect(), prepared }
    }

    /// Writes down what was shown at `frame`, at `presented` by the node's clock; a full page is for the controller.
    pub fn keep_book(&mut self, frame: CanvasFrame, shown: &[Shown], presented: WallTime) -> Option<Audit> {
        let scene = place(&mut self.page.scenes, self.rundown.on_air().scene.clone());
        let mut frames = Vec::new();
        for shown in shown {
            let source = SourceId::new(&format!("s{}", shown.source));
            if let (Ok(source), Some(captured)) = (source, shown.captured) {
                frames.push((place(&mut self.page.sources, source), captured));
            }
        }
        self.page.ticks.push(TickAudit {
            canvas_frame: frame,
            revision: self.rundown.revision(),
            scene,
            presented_ns: Some(presented.nanos_from(self.rate.start_of(frame))),
            frames,
            hashes: Vec::new(),
        });
        if self.page.ticks.len() < AUDIT_TICKS {
            return None;
        }
        let (wall, screens) = (self.id.clone(), self.page.screens.clone());
        let empty = Audit { wall, scenes: Vec::new(), sources: Vec::new(), screens, ticks: Vec::new() };
        Some(std::mem::replace(&mut self.page, empty))
    }

    /// Everything that feeds it.
    pub fn feeds(&self) -> impl Iterator<Item = &Feed> {
        self.feeds.values()
    }
}

/// Where `item` stands in `table`, which it joins if it is new there.
fn place<T: PartialEq>(table: &mut Vec<T>, item: T) -> u16 {
    let found = table.iter().position(|known| *known == item).unwrap_or_else(|| {
        table.push(item);
        table.len() - 1
    });
    found as u16
}
