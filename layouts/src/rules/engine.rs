//! The rules at work: told what happens and what time it is, it says what each wall shows and what else is to be done.

use super::alarm::{Alarm, RuleState, Waiting};
use super::base::{Countdown, Floor, TourState};
use super::expression::{Over, Scope};
use super::member::{EventView, Members, RowView, age};
use super::picture::{Layer, Picture, picture};
use super::rule::{MqttTopic, Quiet, RuleSet, Webhook, When};
use super::why::{AlarmId, What, Why, both};
use crate::edit::Edits;
use crate::layout::{Layout, Words};
use media::EVENT_STATES;
use media::{LocalTime, RuleId, SceneId, ScheduleId, SourceId, TableId, WallId, WallTime};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Lines of the log that are kept.
pub const LOG_MAX: usize = 1000;
/// Effects that wait to be polled; of more the oldest are lost, but never a picture.
pub const EFFECTS_MAX: usize = 4096;
/// Events of which the newest state is kept.
const EVENTS_MAX: usize = 8192;
static NO_SLOTS: BTreeSet<String> = BTreeSet::new();

/// How often conditions that depend on an event's age are looked at again.
const AGE_EVERY: Duration = Duration::from_secs(5);

/// What time it is, on both clocks: `local` for durations, `wall` for dates. Wall time may step; local time may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// This machine's monotonic time.
    pub local: LocalTime,
    /// The hall's time.
    pub wall: WallTime,
}

/// What others are told of an alarm: the body of webhooks and MQTT messages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    /// The alarm.
    pub alarm: AlarmId,
    /// The rule that raised it.
    pub rule: RuleId,
    /// The rule's name, Chinese.
    pub name_zh: String,
    /// The rule's name, English.
    pub name_en: String,
    /// What has happened, Chinese: the banner's words, or the event's title, or the row's key.
    pub words_zh: String,
    /// The same in English.
    pub words_en: String,
    /// When, in nanoseconds since 1970 UTC.
    pub at: WallTime,
    /// The event's id or the row's key.
    pub subject: String,
    /// All that is known of it.
    pub members: Members,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A wall is to show this.
    Show {
        /// Which wall.
        wall: WallId,
        /// What.
        picture: Picture,
    },
    /// A sound is to be played, once.
    Sound {
        /// For which alarm.
        alarm: AlarmId,
        /// The file's path below the media folder.
        path: String,
    },
    /// Words are to be said, once.
    Voice {
        /// For which alarm.
        alarm: AlarmId,
        /// The words.
        words: Words,
    },
    /// A server is to be told.
    Webhook {
        /// Where.
        to: Webhook,
        /// What.
        notice: Box<Notice>,
    },
    /// A broker is to be told.
    Mqtt {
        /// Where.
        to: MqttTopic,
        /// What.
        notice: Box<Notice>,
    },
    /// Why something happened or did not.
    Log(Why),
}

/// What an operator asked for cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such alarm, or it is over.
    #[error("alarm {0} is over")]
    NoSuchAlarm(AlarmId),
    /// The alarm's rule does not let it end by acknowledging.
    #[error("alarms of rule `{0}` end by themselves")]
    NotAcknowledgeable(RuleId),
    /// There is no such thing in the hall document.
    #[error("there is no {what} `{name}`")]
    Unknown {
        /// "wall", "scene", "slot", "source", "rule", "schedule", "tour", "quiet time".
        what: &'static str,
        /// Its name.
        name: String,
    },
}

/// What becomes of an operator's choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// The wall shows it.
    Shown,
    /// An alarm covers it; the wall is given back to it when this and all other alarms of the wall are over.
    Waits {
        /// The alarm that is seen.
        alarm: AlarmId,
        /// Its rule.
        rule: RuleId,
    },
}

/// What the engine knows of a scene.
pub(crate) struct SceneFacts {
    pub wall: usize,
    /// The slots into which sources can be put.
    pub slots: BTreeSet<String>,
}

/// What the engine knows of the hall.
pub(crate) struct Facts {
    pub set: RuleSet,
    pub utc_offset_s: i32,
    pub walls: Vec<WallId>,
    pub scenes: BTreeMap<SceneId, SceneFacts>,
    pub sources: BTreeMap<SourceId, Option<[f64; 2]>>,
    pub event_rules: Vec<usize>,
    pub row_rules: BTreeMap<TableId, Vec<usize>>,
    /// Whether some rule depends on the age of events.
    pub aging: bool,
}

impl Facts {
    fn new(layout: &Layout) -> Self {
        let walls: Vec<WallId> = layout.walls().iter().map(|wall| wall.id.clone()).collect();
        let scenes = layout.scenes().iter().filter_map(|scene| {
            let wall = walls.iter().position(|wall| *wall == scene.wall)?;
            Some((
                scene.id.clone(),
                SceneFacts { wall, slots: scene.slots().map(|(slot, _)| slot.to_owned()).collect() },
            ))
        });
        let set = layout.rules().clone();
        let mut event_rules = Vec::new();
        let mut row_rules: BTreeMap<TableId, Vec<usize>> = BTreeMap::new();
        for (index, rule) in set.rules.iter().enumerate() {
            match &rule.when {
                When::Event { .. } => event_rules.push(index),
                When::Row { table, .. } => row_rules.entry(table.clone()).or_default().push(index),
            }
        }
        let aging = set.rules.iter().any(super::alarm::is_aging);
        Self {
            scenes: scenes.collect(),
            sources: positions(layout),
            utc_offset_s: layout.hall().utc_offset_s,
            walls,
            set,
            event_rules,
            row_rules,
            aging,
        }
    }
}

/// Where each source stands, as far as the document says so.
fn positions(layout: &Layout) -> BTreeMap<SourceId, Option<[f64; 2]>> {
    let at = |position: &[media::Real; 2]| position.map(media::Real::get);
    layout.sources().map(|source| (source.id.clone(), source.position.as_ref().map(at))).collect()
}

/// A wall as the engine keeps it.
pub(crate) struct WallState {
    /// What it shows when no alarm is due.
    pub floor: Floor,
    /// How long until a tour takes the wall back.
    pub back: Option<Countdown>,
    pub shown: Picture,
    /// What was polled last.
    pub told: Option<Picture>,
    /// The alarm on top.
    pub top: Option<AlarmId>,
}

/// An event of which something was told.
pub(crate) struct Known {
    /// How far it has come, as its place in [`EVENT_STATES`].
    pub rank: usize,
    pub seen: u64,
    /// Kept while it is open and some rule depends on its age.
    pub members: Option<Members>,
}

/// A quiet time that an operator has set.
#[derive(Debug, Clone)]
pub(crate) struct Hushed {
    pub id: u64,
    pub quiet: Quiet,
    pub ends: LocalTime,
    pub who: String,
}

/// The rules of a hall at work. It does nothing by itself: whoever holds it tells it what happens and polls what follows.
pub struct Engine {
    pub(crate) facts: Facts,
    pub(crate) now: Now,
    /// The last local minute whose schedules were looked at.
    pub(crate) minute: Option<i64>,
    /// Alarms that are due, oldest first.
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) next_alarm: u64,
    /// One for each rule.
    pub(crate) rules: Vec<RuleState>,
    /// The schedules that operators have paused.
    pub(crate) paused_schedules: BTreeSet<ScheduleId>,
    /// One for each tour.
    pub(crate) tours: Vec<TourState>,
    /// One for each wall; `None` for a wall without scenes.
    pub(crate) walls: Vec<Option<WallState>>,
    /// What will raise an alarm unless it stops before.
    pub(crate) waiting: Waiting,
    pub(crate) hushed: Vec<Hushed>,
    pub(crate) lost: BTreeSet<SourceId>,
    pub(crate) events: BTreeMap<String, Known>,
    pub(crate) age_at: LocalTime,
    pub(crate) counter: u64,
    out: VecDeque<Effect>,
    log: VecDeque<Why>,
    log_seq: u64,
    lost_effects: u64,
}

impl Engine {
    /// The hall has other sources than before, and nothing else of it has changed. What stands on the walls stays.
    pub fn follow_sources(&mut self, layout: &Layout) {
        self.facts.sources = positions(layout);
        let known = &self.facts.sources;
        self.lost.retain(|source| known.contains_key(source));
    }

    /// Begins with the hall's first tours and scenes; no alarm is due. The first polls give the picture of every wall.
    pub fn new(layout: &Layout, now: Now) -> Self {
        let facts = Facts::new(layout);
        let mut engine = Self {
            now,
            minute: None,
            alarms: Vec::new(),
            next_alarm: 1,
            rules: facts.set.rules.iter().map(|_| RuleState::default()).collect(),
            paused_schedules: BTreeSet::new(),
            tours: facts.set.tours.iter().map(TourState::new).collect(),
            walls: (0..facts.walls.len()).map(|wall| first_picture(layout, &facts, wall)).collect(),
            waiting: Waiting::default(),
            hushed: Vec::new(),
            lost: BTreeSet::new(),
            events: BTreeMap::new(),
            age_at: now.local + AGE_EVERY,
            counter: 0,
            out: VecDeque::new(),
            log: VecDeque::new(),
            log_seq: 0,
            lost_effects: 0,
            facts,
        };
        engine.clock();
        engine.settle();
        engine
    }

    /// A row has come or changed. `table` and `row.key` together name it.
    pub fn row(&mut self, now: Now, table: &TableId, row: &RowView<'_>) {
        self.take_row(now, table, row, true);
    }

    /// A row that was there before the engine was: it raises nothing, and only what becomes true later does.
    pub fn learn_row(&mut self, now: Now, table: &TableId, row: &RowView<'_>) {
        self.take_row(now, table, row, false);
    }

    fn take_row(&mut self, now: Now, table: &TableId, row: &RowView<'_>, raise: bool) {
        self.advance(now);
        if let Some(rules) = self.facts.row_rules.get(table).cloned() {
            let members = row.members();
            let scope = Scope::new(Over::Row, &members);
            self.renew(&rules, row.key, &members, &scope);
            for rule in rules {
                self.weigh(rule, row.key, &members, &scope, raise);
            }
        }
        self.settle();
    }

    /// A row has left its table: what waited for it is over.
    pub fn row_gone(&mut self, now: Now, table: &TableId, key: &str) {
        self.advance(now);
        for rule in self.facts.row_rules.get(table).cloned().unwrap_or_default() {
            self.forget(rule, key);
        }
        self.settle();
    }

    /// An event has come or changed. A state older than one that was told before is not looked at.
    pub fn event(&mut self, now: Now, event: &EventView<'_>) {
        self.take_event(now, event, true);
    }

    /// An event that was there before the engine was: it raises nothing, and only what becomes true later does.
    pub fn learn_event(&mut self, now: Now, event: &EventView<'_>) {
        self.take_event(now, event, false);
    }

    fn take_event(&mut self, now: Now, event: &EventView<'_>, raise: bool) {
        self.advance(now);
        let rank = EVENT_STATES.iter().position(|state| *state == event.state).unwrap_or(0);
        if self.events.get(event.id).is_some_and(|known| known.rank > rank) {
            let state = super::template::state_words(event.state);
            let words = both(
                format!("事件 {}：收到较早的状态“{}”，未采用", event.id, state.zh),
                format!(
                    "event {}: the older state \"{}\" came late and was not looked at",
                    event.id, state.en
                ),
            );
            self.say(What::Stale, None, None, None, words);
        } else {
            let members = event.members(self.now.wall);
            let scope = Scope::new(Over::Event, &members);
            let rules = self.facts.event_rules.clone();
            self.renew(&rules, event.id, &members, &scope);
            for rule in rules {
                self.weigh(rule, event.id, &members, &scope, raise);
            }
            let open = rank + 1 < EVENT_STATES.len();
            self.remember(event.id, rank, (self.facts.aging && open).then_some(members));
        }
        self.settle();
    }

    fn remember(&mut self, id: &str, rank: usize, members: Option<Members>) {
        self.counter += 1;
        let known = Known { rank, seen: self.counter, members };
        self.events.insert(id.to_owned(), known);
        if self.events.len() > EVENTS_MAX {
            // A quarter at a time, so that a flood does not search all of them at every event.
            let mut seen: Vec<u64> = self.events.values().map(|known| known.seen).collect();
            let (_, oldest, _) = seen.select_nth_unstable(EVENTS_MAX / 4);
            let oldest = *oldest;
            self.events.retain(|_, known| known.seen > oldest);
        }
    }

    /// Says whether a source gives pictures: the nearest cameras are chosen among those that do. All do until it is said.
    pub fn source_usable(&mut self, source: &SourceId, usable: bool) {
        if usable {
            self.lost.remove(source);
        } else if self.facts.sources.contains_key(source) {
            self.lost.insert(source.clone());
        }
    }

    /// Lets the time come until `now`, also when nothing else happens.
    pub fn handle_timeout(&mut self, now: Now) {
        self.advance(now);
        self.settle();
    }

    /// When [`Engine::handle_timeout`] is wanted at the latest, in local time.
    pub fn poll_timeout(&self) -> Option<LocalTime> {
        let minute = (!self.facts.set.schedules.is_empty()).then(|| {
            let next = super::calendar::minute_start(
                super::calendar::local_minute(self.now.wall, self.facts.utc_offset_s) + 1,
                self.facts.utc_offset_s,
            );
            self.now.local + next.since(self.now.wall)
        });
        self.next_timer().into_iter().chain(minute).min()
    }

    /// The next thing to be done: first what walls show, then all else in its order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        for (id, wall) in self.facts.walls.iter().zip(&mut self.walls) {
            if let Some(wall) = wall
                && wall.told.as_ref() != Some(&wall.shown)
            {
                wall.told = Some(wall.shown.clone());
                return Some(Effect::Show { wall: id.clone(), picture: wall.shown.clone() });
            }
        }
        self.out.pop_front()
    }

    /// What `wall` shows; `None` for a wall that does not exist or has no scenes.
    pub fn picture(&self, wall: &WallId) -> Option<&Picture> {
        self.wall_state(wall).map(|state| &state.shown)
    }

    /// The newest lines of the log, oldest first, at most [`LOG_MAX`].
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &Why> {
        self.log.iter()
    }

    /// How many effects were lost because nobody polled them.
    pub fn lost_effects(&self) -> u64 {
        self.lost_effects
    }

    pub(crate) fn wall_index(&self, wall: &WallId) -> Option<usize> {
        self.facts.walls.iter().position(|other| other == wall)
    }

    pub(crate) fn wall_state(&self, wall: &WallId) -> Option<&WallState> {
        self.walls.get(self.wall_index(wall)?)?.as_ref()
    }

    pub(crate) fn push(&mut self, effect: Effect) {
        if self.out.len() >= EFFECTS_MAX {
            self.out.pop_front();
            self.lost_effects += 1;
        }
        self.out.push_back(effect);
    }

    pub(crate) fn say(
        &mut self,
        what: What,
        rule: Option<RuleId>,
        alarm: Option<AlarmId>,
        wall: Option<WallId>,
        words: Words,
    ) {
        let why = Why { seq: 0, at: self.now.wall, what, rule, alarm, wall, sources: Vec::new(), words };
        self.write(why);
    }

    /// Puts a line into the log, under the next number.
    pub(crate) fn write(&mut self, mut why: Why) {
        self.log_seq += 1;
        why.seq = self.log_seq;
        if self.log.len() >= LOG_MAX {
            self.log.pop_front();
        }
        self.log.push_back(why.clone());
        self.push(Effect::Log(why));
    }

    /// Does all that is due until `now`, each at its own time, so that it makes no difference how often it is asked.
    pub(crate) fn advance(&mut self, now: Now) {
        let local = now.local.max(self.now.local);
        while let Some(due) = self.next_timer().filter(|due| *due <= local) {
            let due = due.max(self.now.local);
            self.now = Now { local: due, wall: now.wall.offset(-local.nanos_from(due)) };
            self.fire(local);
            self.settle();
        }
        self.now = Now { local, wall: now.wall };
        self.clock();
    }

    fn next_timer(&self) -> Option<LocalTime> {
        let ends = self.alarms.iter().filter_map(|alarm| alarm.ends);
        let tours = self.tours.iter().filter_map(|tour| tour.dwell.due());
        let backs = self.walls.iter().flatten().filter_map(|wall| wall.back?.due());
        let aging = (self.facts.aging && !self.events.is_empty()).then_some(self.age_at);
        ends.chain(tours).chain(backs).chain(self.waiting.next()).chain(aging).min()
    }

    /// Does what is due at `self.now`; `until` is how far the time has come.
    fn fire(&mut self, until: LocalTime) {
        let at = self.now.local;
        self.end_due();
        while let Some((due, (rule, key))) = self.waiting.pop(at) {
            self.raise_waiting(due, rule, &key);
        }
        self.turn_tours(until);
        self.take_back();
        if self.facts.aging && self.age_at <= at {
            self.age_events();
            // After a long sleep one look suffices.
            self.age_at = (at + AGE_EVERY).max(until - AGE_EVERY);
        }
    }

    /// Looks again at conditions that change with an event's age.
    fn age_events(&mut self) {
        let wall = self.now.wall;
        let rules = self.facts.event_rules.clone();
        let open: Vec<(String, Members)> =
            self.events.iter().filter_map(|(id, known)| Some((id.clone(), known.members.clone()?))).collect();
        for (id, mut members) in open {
            age(&mut members, wall);
            let scope = Scope::new(Over::Event, &members);
            self.renew(&rules, &id, &members, &scope);
            for rule in &rules {
                if super::alarm::is_aging_when(&self.facts.set.rules[*rule]) {
                    self.weigh(*rule, &id, &members, &scope, true);
                }
            }
        }
    }

    /// Makes every wall show what it must, and lets tours run that are seen.
    pub(crate) fn settle(&mut self) {
        for index in 0..self.walls.len() {
            let stack = self.stack(index);
            let top = stack.last().map(|at| self.alarms[*at].id);
            self.run_tours(index, top.is_some());
            let Some(wall) = &self.walls[index] else { continue };
            let (scene, fills, edits) = wall.floor.picture(&self.facts.set.tours, &self.tours);
            let layers = stack.iter().map(|at| {
                let alarm = &self.alarms[*at];
                let scene = alarm.scene_on(index, &self.facts);
                Layer { scene, fills: &alarm.fills, banner: alarm.banner.as_ref() }
            });
            let slots =
                |scene: &SceneId| self.facts.scenes.get(scene).map_or(&NO_SLOTS, |facts| &facts.slots);
            let shown = picture(scene, fills, edits, layers, slots);
            let before = wall.top;
            if let Some(wall) = &mut self.walls[index] {
                wall.shown = shown;
                wall.top = top;
            }
            if let (Some(before), Some(top)) = (before, top)
                && before != top
            {
                self.say_cover(index, before, top);
            }
        }
    }

    /// The alarms on a wall as indices, the one on top last.
    pub(crate) fn stack(&self, wall: usize) -> Vec<usize> {
        let id = &self.facts.walls[wall];
        let mut stack: Vec<usize> = (0..self.alarms.len())
            .filter(|at| self.facts.set.rules[self.alarms[*at].rule].walls.contains(id))
            .collect();
        stack.sort_by_key(|at| (self.facts.set.rules[self.alarms[*at].rule].priority, self.alarms[*at].id));
        stack
    }
}

/// A wall begins with the tour that says so, else with its first scene.
fn first_picture(layout: &Layout, facts: &Facts, wall: usize) -> Option<WallState> {
    let id = &facts.walls[wall];
    let scene = layout.scenes_of(id).next()?.id.clone();
    let tour = facts.set.tours.iter().position(|tour| tour.wall == *id && tour.start);
    let floor = tour.map_or_else(|| Floor::first(scene.clone()), Floor::Tour);
    let shown = Picture { scene, edits: Edits::new(), fills: Vec::new(), banner: None };
    Some(WallState { floor, back: None, shown, told: None, top: None })
}
