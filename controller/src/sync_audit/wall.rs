//! The audit of one wall: what its nodes say of each tick is gathered, compared, and remembered for as long as late words may
//! still come.

use super::alarms::{Alarms, Trouble};
use super::compare::{Right, Seen, Shown, StreamKey};
use super::figures::{Difference, SceneDifference, SourceDifference, TickFigure};
use super::minute::Missed;
use super::streak::{Streak, Turn};
use super::streams::{Streams, nodes_of};
use crate::now::Now;
use layouts::Layout;
use media::{CanvasFrame, NodeId, SceneId, SourceId, TickRate, WallId, WallTime};
use protocol::{Audit, TickAudit};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// A tick is judged when every connected node has spoken of it, or when it is this old. Whoever speaks later is compared
/// with what was right then.
const SETTLE: Duration = Duration::from_millis(800);
/// Words about ticks further from now than this are not taken: the tick is final.
const WINDOW: Duration = Duration::from_secs(4);
/// Captured times kept of ticks that are not judged yet: over this, the oldest ticks are given up.
const VALUES_MAX: usize = 1 << 20;
/// How long ticks' figures are kept.
const RECENT_S: u64 = 60;
/// How many differences are kept.
const DIFFERENCES_MAX: usize = 2000;
/// Sources named in one difference.
const SOURCES_NAMED: usize = 16;
/// Variants of scenes that are known: many more than are shown within the time that is compared.
const VARIANTS_KNOWN: usize = 64;
/// A source or scene that was not compared for this long is not under suspicion any more.
const FORGET_S: u64 = 5;
/// A node is late with its words when none has come for so long.
const UNAUDITED_AFTER: Duration = Duration::from_secs(5);
/// The seconds in which missed ticks are counted for the alarm.
const MISSED_S: i64 = 10;

/// A display node of the wall.
#[derive(Debug)]
pub(super) struct WallNode {
    pub(super) id: NodeId,
    pub(super) connected: Option<Now>,
    /// When it last spoke of a tick.
    pub(super) audited: Option<Now>,
    pub(super) missed: Missed,
    pub(super) differing: u64,
    pub(super) unaudited: u64,
    pub(super) presented_ns: Option<i64>,
    /// Its newest wrong tick, and the worst of its frames there.
    wrong: Option<(u64, i64, i64)>,
    /// The newest tick that it has spoken of.
    newest: u64,
}

/// What one node has said of one tick.
#[derive(Debug)]
struct Entry {
    node: u16,
    scene: u16,
    frames: Vec<(StreamKey, i64)>,
}

/// What is known of one tick.
#[derive(Debug, Default)]
struct Tick {
    /// Who has spoken.
    heard: Vec<u16>,
    /// What those presented that were not judged yet.
    entries: Vec<Entry>,
    /// What was right, once that was judged.
    verdict: Option<(Right, u16)>,
    /// Nodes that presented it, with the earliest and the latest present call.
    presented: (u32, i64, i64),
    compared: u32,
    differing: u32,
}

/// What the judging of all walls writes to.
pub(super) struct Book<'a> {
    pub(super) alarms: &'a mut Alarms,
    /// The number of the newest tick or difference.
    pub(super) sequence: &'a mut u64,
}

/// The audit of one wall.
#[derive(Debug)]
pub(super) struct WallAudit {
    pub(super) id: WallId,
    pub(super) rate: TickRate,
    pub(super) nodes: Vec<WallNode>,
    pub(super) compared_ticks: u64,
    pub(super) comparisons: u64,
    pub(super) differing_ticks: u64,
    /// The worst difference so far in frames and nanoseconds.
    pub(super) worst: (u64, u64),
    pub(super) recent: VecDeque<TickFigure>,
    pub(super) differences: VecDeque<Difference>,
    /// The newest entry of `recent` or `differences` that is forgotten.
    pub(super) forgotten: u64,
    /// Those of the document, and behind them the newest variants.
    scenes: Vec<SceneId>,
    written_scenes: usize,
    /// Which variant's place the next one takes.
    next_variant: usize,
    sources: Vec<SourceId>,
    streams: Streams,
    window: BTreeMap<u64, Tick>,
    /// Captured times in `window`.
    values: usize,
    judged_through: u64,
    final_through: u64,
    seen: HashMap<StreamKey, Seen>,
    /// By node, and source or, for the scene, `None`.
    streaks: HashMap<(u16, Option<u16>), Streak>,
    /// Wrong ticks of the last second with their worst frames and nanoseconds.
    skews: VecDeque<(u64, u64, u64)>,
    /// The scene that all nodes showed last.
    agreed: u16,
}

fn place(index: usize) -> Option<u16> {
    u16::try_from(index).ok()
}

impl WallAudit {
    /// An audit of `wall` that has heard nothing.
    pub(super) fn new(layout: &Arc<Layout>, wall: &layouts::Wall) -> Self {
        let node = |id| WallNode {
            id,
            connected: None,
            audited: None,
            missed: Missed::default(),
            differing: 0,
            unaudited: 0,
            presented_ns: None,
            wrong: None,
            newest: 0,
        };
        Self {
            id: wall.id.clone(),
            rate: wall.tick,
            nodes: nodes_of(layout, &wall.id).into_iter().map(node).collect(),
            compared_ticks: 0,
            comparisons: 0,
            differing_ticks: 0,
            worst: (0, 0),
            recent: VecDeque::new(),
            differences: VecDeque::new(),
            forgotten: 0,
            scenes: layout.scenes_of(&wall.id).map(|scene| scene.id.clone()).collect(),
            written_scenes: layout.scenes_of(&wall.id).count(),
            next_variant: 0,
            sources: layout.sources().map(|source| source.id.clone()).collect(),
            streams: Streams::new(layout.clone(), wall.id.clone()),
            window: BTreeMap::new(),
            values: 0,
            judged_through: 0,
            final_through: 0,
            seen: HashMap::new(),
            streaks: HashMap::new(),
            skews: VecDeque::new(),
            agreed: 0,
        }
    }

    fn hz(&self) -> u64 {
        u64::from(self.rate.hz())
    }

    fn begin(&self, tick: u64) -> WallTime {
        self.rate.start_of(CanvasFrame(tick))
    }

    /// A node's link stands, or does not.
    pub(super) fn connect(&mut self, node: &NodeId, connected: Option<Now>, now: Now, alarms: &mut Alarms) {
        let Some(index) = self.nodes.iter().position(|known| known.id == *node) else { return };
        self.nodes[index].connected = connected;
        if connected.is_some() {
            self.nodes[index].audited = None;
            return;
        }
        // What is no longer heard is no longer known.
        let gone = place(index);
        let keys: Vec<_> = self.streaks.keys().filter(|(of, _)| Some(*of) == gone).copied().collect();
        keys.into_iter().for_each(|key| self.acquit(key, now.wall, alarms));
        for code in ["missed_ticks", "unaudited"] {
            alarms.clear(Some(&self.id), node, code, None, now.wall);
        }
    }

    /// Forgets what a node was suspected of.
    fn acquit(&mut self, key: (u16, Option<u16>), ended: WallTime, alarms: &mut Alarms) {
        self.streaks.remove(&key);
        let (node, source) = key;
        let Some(node) = self.nodes.get(usize::from(node)) else { return };
        let source = source.and_then(|source| self.sources.get(usize::from(source)));
        let code = if source.is_some() { "wrong_frame" } else { "wrong_scene" };
        alarms.clear(Some(&self.id), &node.id, code, source, ended);
    }

    /// Takes note of scenes that are new. The newest ones are kept: nodes speak of what they have just shown.
    pub(super) fn follow(&mut self, layout: &Arc<Layout>) {
        for scene in layout.scenes_of(&self.id) {
            let written = self.written_scenes;
            if self.scenes.contains(&scene.id) {
                // Known already.
            } else if self.scenes.len() < written + VARIANTS_KNOWN {
                self.scenes.push(scene.id.clone());
            } else {
                self.scenes[written + self.next_variant] = scene.id.clone();
                self.next_variant = (self.next_variant + 1) % VARIANTS_KNOWN;
            }
        }
        self.streams.follow(layout.clone());
    }

    /// Takes in what a node says. Words about ticks that it has spoken of before, or that are not near, are ignored.
    pub(super) fn take(&mut self, node: &NodeId, audit: &Audit, now: Now, book: &mut Book<'_>) {
        let Some(index) = self.nodes.iter().position(|known| known.id == *node).and_then(place) else {
            return;
        };
        let scenes: Vec<Option<u16>> = audit
            .scenes
            .iter()
            .map(|scene| place(self.scenes.iter().position(|known| known == scene)?))
            .collect();
        let sources: Vec<Option<u16>> =
            audit.sources.iter().map(|source| place(self.sources.binary_search(source).ok()?)).collect();
        let (from, to) = self.near(now.wall);
        self.unwind(to);
        for tick in audit.ticks.iter().filter(|tick| (from..=to).contains(&tick.canvas_frame.0)) {
            let Some(scene) = scenes.get(usize::from(tick.scene)).copied().flatten() else { continue };
            self.take_tick(index, tick, scene, &sources, now, book);
        }
        self.weigh_missed(index, now.wall, book.alarms);
        self.advance(now.wall, book);
    }

    /// The ticks that may be spoken of at `now`.
    fn near(&self, now: WallTime) -> (u64, u64) {
        (self.rate.frame_at(now - WINDOW).0, self.rate.frame_at(now + WINDOW).0)
    }

    /// When the hall's clock was set back, what lies behind `to` has not been yet.
    fn unwind(&mut self, to: u64) {
        let back = |tick: &mut u64| *tick = if *tick > to { 0 } else { *tick };
        self.nodes.iter_mut().for_each(|node| back(&mut node.newest));
        back(&mut self.judged_through);
        back(&mut self.final_through);
        if self.window.last_key_value().is_some_and(|(newest, _)| *newest > to) {
            self.window.clear();
            self.values = 0;
        }
    }

    fn take_tick(
        &mut self,
        index: u16,
        tick: &TickAudit,
        scene: u16,
        sources: &[Option<u16>],
        now: Now,
        book: &mut Book<'_>,
    ) {
        let (number, begin) = (tick.canvas_frame.0, self.rate.start_of(tick.canvas_frame));
        let node = &mut self.nodes[usize::from(index)];
        if number <= node.newest {
            return;
        }
        node.newest = number;
        node.audited = Some(now);
        node.missed.count(begin, tick.presented_ns.is_none());
        if number <= self.final_through
            || (number <= self.judged_through && !self.window.contains_key(&number))
        {
            return;
        }
        let record = self.window.entry(number).or_default();
        record.heard.push(index);
        let Some(presented) = tick.presented_ns else { return };
        self.nodes[usize::from(index)].presented_ns = Some(presented);
        record.presented = match record.presented {
            (0, ..) => (1, presented, presented),
            (nodes, earliest, latest) => (nodes + 1, earliest.min(presented), latest.max(presented)),
        };
        let frames = self.frames(index, tick, scene, sources);
        for (key, captured) in &frames {
            self.seen.entry(*key).or_default().add(*captured);
        }
        let entry = Entry { node: index, scene, frames };
        let Some(record) = self.window.get_mut(&number) else { return };
        if record.verdict.is_some() {
            self.judge_late(number, &entry, book);
        } else {
            self.values += entry.frames.len();
            record.entries.push(entry);
            self.bound();
        }
    }

    /// What a node shows on a tick, each stream once.
    fn frames(
        &mut self,
        node: u16,
        tick: &TickAudit,
        scene: u16,
        sources: &[Option<u16>],
    ) -> Vec<(StreamKey, i64)> {
        let (node, scene) = (&self.nodes[usize::from(node)].id, &self.scenes[usize::from(scene)]);
        let frame = |(source, captured): &(u16, WallTime)| {
            let source = sources.get(usize::from(*source)).copied().flatten()?;
            let stream = self.streams.of(scene, node, &self.sources[usize::from(source)])?;
            Some((StreamKey { source, stream }, captured.0))
        };
        let mut frames: Vec<_> = tick.frames.iter().filter_map(frame).collect();
        frames.sort_unstable();
        frames.dedup_by_key(|(key, _)| *key);
        frames
    }

    /// Gives the oldest ticks up while too much is kept.
    fn bound(&mut self) {
        while self.values > VALUES_MAX
            && let Some((_, oldest)) = self.window.pop_first()
        {
            self.values -= oldest.entries.iter().map(|entry| entry.frames.len()).sum::<usize>();
        }
    }

    /// Judges what can be judged, and closes what is final.
    pub(super) fn advance(&mut self, now: WallTime, book: &mut Book<'_>) {
        while let Some((number, _)) = self.window.range(self.judged_through + 1..).next() {
            let number = *number;
            if !self.everybody_spoke(number) && self.begin(number) + SETTLE > now {
                break;
            }
            self.judged_through = number;
            self.judge(number, book);
        }
        while let Some((number, record)) = self.window.first_key_value() {
            let number = *number;
            let over = self.everybody_spoke(number) || self.begin(number) + WINDOW <= now;
            if record.verdict.is_none() || !over {
                break;
            }
            self.close(number, book);
        }
    }

    /// Whether no connected node has anything more to say of a tick.
    fn everybody_spoke(&self, tick: u64) -> bool {
        self.nodes.iter().all(|node| node.connected.is_none() || node.newest >= tick)
    }

    /// Finds out what was right on a tick, and who differed.
    fn judge(&mut self, number: u64, book: &mut Book<'_>) {
        let Some(record) = self.window.get_mut(&number) else { return };
        let entries = std::mem::take(&mut record.entries);
        self.values -= entries.iter().map(|entry| entry.frames.len()).sum::<usize>();
        let mut shown = Vec::new();
        for Entry { node, frames, .. } in &entries {
            shown.extend(frames.iter().map(|(key, captured)| Shown {
                key: *key,
                captured: *captured,
                node: *node,
            }));
        }
        let mut right = Right::of(&mut shown);
        let scene = self.right_scene(&entries);
        let mut compared: BTreeMap<u16, Vec<(StreamKey, i64, i64)>> = BTreeMap::new();
        for group in shown.chunk_by(|a, b| a.key == b.key).filter(|group| group.len() > 1) {
            for Shown { key, captured, node } in group {
                let right = right.or_insert(*key, *captured);
                compared.entry(*node).or_default().push((*key, *captured, right));
            }
        }
        if let Some(record) = self.window.get_mut(&number) {
            record.verdict = Some((right, scene));
        }
        for entry in &entries {
            let scenes = (entries.len() > 1).then_some((entry.scene, scene));
            let frames = compared.remove(&entry.node).unwrap_or_default();
            self.weigh(number, entry.node, scenes, &frames, book);
        }
    }

    /// The scene that most nodes show; of several such, one that is new on the wall.
    fn right_scene(&mut self, entries: &[Entry]) -> u16 {
        let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
        for entry in entries {
            *counts.entry(entry.scene).or_default() += 1;
        }
        let agreed = self.agreed;
        let most = counts.iter().max_by_key(|(scene, count)| (**count, **scene != agreed));
        let right = most.map_or(agreed, |(scene, _)| *scene);
        if counts.len() == 1 {
            self.agreed = right;
        }
        right
    }

    /// Compares what a node says of a tick that was judged without it.
    fn judge_late(&mut self, number: u64, entry: &Entry, book: &mut Book<'_>) {
        let Some(Tick { verdict: Some((right, scene)), presented, .. }) = self.window.get_mut(&number) else {
            return;
        };
        let scenes = (presented.0 > 1).then_some((entry.scene, *scene));
        let mut frames = Vec::new();
        for (key, captured) in &entry.frames {
            let known = right.len();
            let with = right.or_insert(*key, *captured);
            if right.len() == known {
                frames.push((*key, *captured, with));
            }
        }
        self.weigh(number, entry.node, scenes, &frames, book);
    }

    /// Draws the consequences for one node on one tick: `scenes` is what it showed and what was right, `frames` the same for
    /// every stream that was compared.
    fn weigh(
        &mut self,
        number: u64,
        node: u16,
        scenes: Option<(u16, u16)>,
        frames: &[(StreamKey, i64, i64)],
        book: &mut Book<'_>,
    ) {
        if let Some((shown, right)) = scenes {
            self.weigh_scene(number, node, shown, right, book.alarms);
        }
        let mut sources = Vec::new();
        for (key, captured, right) in frames {
            sources.extend(self.weigh_frame(number, node, *key, (*captured, *right), book.alarms));
        }
        let wrong_scene = scenes.filter(|(shown, right)| shown != right);
        let differs = wrong_scene.is_some() || !sources.is_empty();
        let compared = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        let Some(record) = self.window.get_mut(&number) else { return };
        self.comparisons += u64::from(compared);
        self.compared_ticks += u64::from(record.compared == 0 && compared > 0);
        self.differing_ticks += u64::from(record.differing == 0 && differs);
        record.compared += compared;
        record.differing += u32::from(differs);
        if differs {
            let name = |scene: u16| self.scenes[usize::from(scene)].clone();
            let scene =
                wrong_scene.map(|(shown, right)| SceneDifference { shown: name(shown), right: name(right) });
            self.keep_difference(number, node, scene, sources, book);
        }
    }

    fn weigh_scene(&mut self, number: u64, node: u16, shown: u16, right: u16, alarms: &mut Alarms) {
        let hz = self.hz();
        let turn = self.streaks.entry((node, None)).or_default().look(number, shown == right, hz);
        let id = &self.nodes[usize::from(node)].id;
        match turn {
            Turn::Wrong { since } => {
                let name = |scene: u16| self.scenes[usize::from(scene)].clone();
                let trouble = Trouble::WrongScene { shown: name(shown), right: name(right) };
                alarms.raise(Some(&self.id), id, self.begin(since), trouble);
            }
            Turn::Ended { from } => {
                alarms.clear(Some(&self.id), id, "wrong_scene", None, self.begin(from));
            }
            Turn::Quiet | Turn::Waning => {}
        }
    }

    /// The difference, where there is one.
    fn weigh_frame(
        &mut self,
        number: u64,
        node: u16,
        key: StreamKey,
        (captured, right): (i64, i64),
        alarms: &mut Alarms,
    ) -> Option<SourceDifference> {
        let hz = self.hz();
        let turn =
            self.streaks.entry((node, Some(key.source))).or_default().look(number, captured == right, hz);
        let (id, source) = (&self.nodes[usize::from(node)].id, &self.sources[usize::from(key.source)]);
        if let Turn::Ended { from } = turn {
            alarms.clear(Some(&self.id), id, "wrong_frame", Some(source), self.begin(from));
        }
        if captured == right {
            return None;
        }
        let (frames, at_least) = self.seen.get(&key)?.frames_late(captured, right);
        if let Turn::Wrong { since } = turn {
            let trouble = Trouble::WrongFrame { source: source.clone(), frames, at_least };
            alarms.raise(Some(&self.id), id, self.begin(since), trouble);
        }
        let us = right.saturating_sub(captured) / 1000;
        Some(SourceDifference { source: source.clone(), frames, at_least, us })
    }

    fn keep_difference(
        &mut self,
        number: u64,
        node: u16,
        scene: Option<SceneDifference>,
        mut sources: Vec<SourceDifference>,
        book: &mut Book<'_>,
    ) {
        let worst = sources.iter().max_by_key(|difference| difference.us.unsigned_abs());
        let (frames, us) = worst.map_or((0, 0), |worst| (worst.frames, worst.us));
        self.worst = (self.worst.0.max(frames.unsigned_abs()), self.worst.1.max(us.unsigned_abs()));
        self.skews.push_back((number, frames.unsigned_abs(), us.unsigned_abs()));
        let oldest = number.saturating_sub(self.hz());
        while self.skews.front().is_some_and(|(tick, ..)| *tick < oldest) {
            self.skews.pop_front();
        }
        let at = self.begin(number);
        let entry = &mut self.nodes[usize::from(node)];
        entry.differing += 1;
        entry.wrong = Some((number, frames, us));
        let more = sources.len().saturating_sub(SOURCES_NAMED);
        sources.truncate(SOURCES_NAMED);
        *book.sequence += 1;
        let (sequence, node) = (*book.sequence, entry.id.clone());
        self.differences.push_back(Difference { sequence, tick: number, at, node, scene, sources, more });
        if self.differences.len() > DIFFERENCES_MAX
            && let Some(oldest) = self.differences.pop_front()
        {
            self.forgotten = self.forgotten.max(oldest.sequence);
        }
    }

    /// A tick is final: its figure is written, and who has not spoken of it is counted.
    fn close(&mut self, number: u64, book: &mut Book<'_>) {
        let Some(record) = self.window.remove(&number) else { return };
        self.final_through = self.final_through.max(number);
        let begin = self.begin(number);
        for (index, node) in self.nodes.iter_mut().enumerate() {
            let there = node.connected.is_some_and(|since| since.wall <= begin);
            node.unaudited +=
                u64::from(there && !record.heard.iter().any(|heard| usize::from(*heard) == index));
        }
        let (nodes, earliest, latest) = record.presented;
        *book.sequence += 1;
        self.recent.push_back(TickFigure {
            sequence: *book.sequence,
            tick: number,
            nodes,
            compared: record.compared,
            differing: record.differing,
            present_ns: (nodes > 1).then(|| latest.saturating_sub(earliest).unsigned_abs()),
        });
        let oldest = number.saturating_sub(RECENT_S * self.hz());
        while let Some(figure) = self.recent.pop_front_if(|figure| figure.tick < oldest) {
            self.forgotten = self.forgotten.max(figure.sequence);
        }
    }

    fn weigh_missed(&mut self, node: u16, now: WallTime, alarms: &mut Alarms) {
        let node = &self.nodes[usize::from(node)];
        let (ticks, missed) = node.missed.newest(MISSED_S);
        // Two of a hundred raise, one of two hundred ends.
        if ticks >= u64::from(self.rate.hz()) && missed >= 3 && missed * 50 >= ticks {
            alarms.raise(Some(&self.id), &node.id, now, Trouble::MissedTicks { missed, of: ticks });
        } else if missed * 200 <= ticks {
            alarms.clear(Some(&self.id), &node.id, "missed_ticks", None, now);
        }
    }

    /// Lets time pass.
    pub(super) fn handle_timeout(&mut self, now: Now, book: &mut Book<'_>) {
        self.unwind(self.near(now.wall).1);
        self.advance(now.wall, book);
        let oldest = self.rate.frame_at(now.wall).0.saturating_sub(FORGET_S * self.hz());
        let idle = self.streaks.iter().filter(|(_, streak)| streak.newest() < oldest);
        let idle: Vec<_> = idle.map(|(key, _)| *key).collect();
        idle.into_iter().for_each(|key| self.acquit(key, now.wall, book.alarms));
        for node in &self.nodes {
            let Some(connected) = node.connected else { continue };
            let heard = node.audited.unwrap_or(connected);
            if now.local.since(heard.local) >= UNAUDITED_AFTER {
                book.alarms.raise(Some(&self.id), &node.id, heard.wall, Trouble::Unaudited);
            } else if node.audited.is_some() {
                book.alarms.clear(Some(&self.id), &node.id, "unaudited", None, now.wall);
            }
        }
    }

    /// The worst differences of the last second, in frames and microseconds.
    pub(super) fn skew_now(&self) -> (u64, u64) {
        let after = self.judged_through.saturating_sub(self.hz());
        let newest = self.skews.iter().filter(|(tick, ..)| *tick > after);
        newest.fold((0, 0), |(frames, us), (_, f, u)| (frames.max(*f), us.max(*u)))
    }

    /// How wrong a node's newest wrong tick was, in frames and microseconds; nothing when that is more than a second ago.
    pub(super) fn skew_of(&self, node: &WallNode) -> (i64, i64) {
        let after = self.judged_through.saturating_sub(self.hz());
        node.wrong.filter(|(tick, ..)| *tick > after).map_or((0, 0), |(_, frames, us)| (frames, us))
    }
}
