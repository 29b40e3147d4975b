//! What outlives a restart of the controller, and a change of the hall document: active alarms, chosen scenes, tours, limits.

use super::alarm::{ALARMS_MAX, Alarm, SUBJECTS_MAX};
use super::base::{By, Countdown, Floor};
use super::engine::{Engine, Hushed, Known, Now};
use super::member::Members;
use super::rule::{Quiet, Rule};
use super::why::{AlarmId, Ending, What, both};
use crate::edit::saved::{self, SavedEdit};
use crate::layout::{Layout, Words};
use crate::plan::Rgba;
use crate::variant::BannerSpec;
use media::EVENT_STATES;
use media::{LocalTime, RuleId, SceneId, ScheduleId, SourceId, TourId, WallId, WallTime, WindowId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The form of [`EngineState`] that this program writes.
const VERSION: u32 = 1;

/// All that an engine remembers. Local time means nothing after a restart, so it holds durations; names stand instead of
/// places in lists, so that it fits a document that has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineState {
    version: u32,
    saved: WallTime,
    next_alarm: u64,
    minute: Option<i64>,
    alarms: Vec<SavedAlarm>,
    rules: Vec<SavedRule>,
    /// States that were written before schedules could be paused do not have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    paused_schedules: Vec<ScheduleId>,
    walls: Vec<SavedWall>,
    tours: Vec<SavedTour>,
    quiet: Vec<SavedQuiet>,
    /// Events and the name of the state to which they have come.
    events: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedAlarm {
    id: AlarmId,
    rule: RuleId,
    subject: String,
    raised: WallTime,
    held: Duration,
    left: Option<Duration>,
    members: Members,
    fills: BTreeMap<String, SourceId>,
    banner: Option<SavedBanner>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedBanner {
    zh: String,
    en: String,
    color: [u8; 4],
    until: Option<WallTime>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedRule {
    id: RuleId,
    paused: bool,
    /// How long ago it has raised alarms.
    raised: Vec<Duration>,
    subjects: Vec<SavedSubject>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedSubject {
    key: String,
    holds: bool,
    pending: Option<Duration>,
    cool: Option<Duration>,
    members: Members,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedWall {
    id: WallId,
    floor: SavedFloor,
    back: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum SavedFloor {
    Scene {
        scene: SceneId,
        fills: BTreeMap<String, SourceId>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        edits: BTreeMap<WindowId, SavedEdit>,
        by: By,
    },
    Tour(TourId),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedTour {
    id: TourId,
    /// The scene at which it is.
    scene: SceneId,
    stop: usize,
    paused: bool,
    left: Duration,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedQuiet {
    id: u64,
    quiet: Quiet,
    left: Duration,
    who: String,
}

impl Engine {
    /// All that is to be remembered, as it is at the time that was told last.
    pub fn state(&self) -> EngineState {
        let now = self.now.local;
        let alarm = |alarm: &Alarm| SavedAlarm {
            id: alarm.id,
            rule: self.facts.set.rules[alarm.rule].id.clone(),
            subject: alarm.subject.clone(),
            raised: alarm.raised_wall,
            held: now.since(alarm.raised),
            left: alarm.ends.map(|ends| ends.since(now)),
            members: alarm.members.clone(),
            fills: alarm.fills.clone(),
            banner: alarm.banner.as_ref().map(|BannerSpec { words, color, until }| SavedBanner {
                zh: words.zh.clone(),
                en: words.en.clone(),
                color: [color.r, color.g, color.b, color.a],
                until: *until,
            }),
        };
        let hushed = self.hushed.iter().map(|hushed| SavedQuiet {
            id: hushed.id,
            quiet: hushed.quiet.clone(),
            left: hushed.ends.since(now),
            who: hushed.who.clone(),
        });
        let name = |known: &Known| EVENT_STATES.get(known.rank).map_or("", |state| state.as_str()).to_owned();
        EngineState {
            version: VERSION,
            saved: self.now.wall,
            next_alarm: self.next_alarm,
            minute: self.minute,
            alarms: self.alarms.iter().map(alarm).collect(),
            rules: self.saved_rules(),
            paused_schedules: self.paused_schedules.iter().cloned().collect(),
            walls: self.saved_walls(),
            tours: self.saved_tours(),
            quiet: hushed.collect(),
            events: self.events.iter().map(|(id, known)| (id.clone(), name(known))).collect(),
        }
    }

    fn saved_rules(&self) -> Vec<SavedRule> {
        let now = self.now.local;
        let rules = self.facts.set.rules.iter().zip(&self.rules).map(|(rule, state)| SavedRule {
            id: rule.id.clone(),
            paused: state.paused,
            raised: state.raised.iter().map(|at| now.since(*at)).collect(),
            subjects: state
                .subjects
                .iter()
                .map(|(key, subject)| SavedSubject {
                    key: key.clone(),
                    holds: subject.holds,
                    pending: subject.pending.map(|(due, _)| due.since(now)),
                    cool: subject.cool.map(|until| until.since(now)),
                    members: subject.members.clone(),
                })
                .collect(),
        });
        rules.collect()
    }

    fn saved_walls(&self) -> Vec<SavedWall> {
        let now = self.now.local;
        let walls = self.facts.walls.iter().zip(&self.walls).filter_map(|(id, wall)| {
            let wall = wall.as_ref()?;
            let floor = match &wall.floor {
                Floor::Scene { scene, fills, edits, by } => SavedFloor::Scene {
                    scene: scene.clone(),
                    fills: fills.clone(),
                    edits: saved::saved(edits),
                    by: by.clone(),
                },
                Floor::Tour(tour) => SavedFloor::Tour(self.facts.set.tours[*tour].id.clone()),
            };
            Some(SavedWall { id: id.clone(), floor, back: wall.back.map(|back| back.left(now)) })
        });
        walls.collect()
    }

    fn saved_tours(&self) -> Vec<SavedTour> {
        let now = self.now.local;
        let tours = self.facts.set.tours.iter().zip(&self.tours).map(|(tour, state)| SavedTour {
            id: tour.id.clone(),
            scene: tour.stops[state.stop].0.clone(),
            stop: state.stop,
            paused: state.paused,
            left: state.dwell.left(now),
        });
        tours.collect()
    }

    /// Goes on where `state` was left, with a document that may have changed: what it no longer has is left out, with a line
    /// in the log. The time in between counts for alarms and limits, by the wall clock; tours stood still.
    ///
    /// Afterwards tell the engine of all open events and rows again ([`Engine::event`], [`Engine::row`]): what had been told
    /// raises nothing a second time. A state of an unknown version is not used.
    pub fn restore(layout: &Layout, state: &EngineState, now: Now) -> Self {
        let mut engine = Self::new(layout, now);
        if state.version != VERSION {
            let words = both(
                format!("保存的状态是版本 {}，未采用", state.version),
                format!("the saved state is of version {} and was not used", state.version),
            );
            engine.say(What::Fault, None, None, None, words);
            return engine;
        }
        let away = now.wall.since(state.saved);
        engine.next_alarm = state.next_alarm.max(1);
        engine.minute = state.minute.or(engine.minute);
        engine.restore_rules(&state.rules, away);
        let paused = state.paused_schedules.iter();
        let paused = paused.filter(|id| engine.facts.set.schedules.iter().any(|known| known.id == **id));
        engine.paused_schedules = paused.cloned().collect();
        engine.restore_floors(layout, state);
        for (id, name) in state.events.iter().take(8192) {
            if let Some(rank) = EVENT_STATES.iter().position(|state| state.as_str() == name) {
                engine.counter += 1;
                let seen = engine.counter;
                engine.events.insert(id.clone(), Known { rank, seen, members: None });
            }
        }
        for SavedQuiet { id, quiet, left, who } in &state.quiet {
            let ends = now.local + left.saturating_sub(away);
            engine.counter = engine.counter.max(*id);
            engine.hushed.push(Hushed { id: *id, quiet: quiet.clone(), ends, who: who.clone() });
        }
        for saved in state.alarms.iter().take(ALARMS_MAX) {
            engine.restore_alarm(saved, away);
        }
        engine.end_due();
        engine.clock();
        engine.settle();
        engine
    }

    fn restore_rules(&mut self, saved: &[SavedRule], away: Duration) {
        let now = self.now.local;
        let earlier = |ago: Duration| {
            LocalTime(now.0.saturating_sub(i64::try_from(ago.as_nanos()).unwrap_or(i64::MAX)))
        };
        for SavedRule { id, paused, raised, subjects } in saved {
            let Some(index) = self.facts.set.rules.iter().position(|rule| rule.id == *id) else { continue };
            let rule = &mut self.rules[index];
            rule.paused = *paused;
            rule.raised = raised.iter().map(|ago| earlier(ago.saturating_add(away))).collect();
            for subject in subjects.iter().take(SUBJECTS_MAX) {
                let SavedSubject { key, holds, pending, cool, members } = subject;
                self.counter += 1;
                let seen = self.counter;
                let pending = pending.map(|left| (now + left.saturating_sub(away), seen));
                if let Some(pending) = pending {
                    self.waiting.put(pending, index, key);
                }
                let cool = cool.map(|left| now + left.saturating_sub(away)).filter(|until| *until > now);
                let state = super::alarm::SubjectState {
                    holds: *holds,
                    pending,
                    members: members.clone(),
                    cool,
                    seen,
                };
                rule.subjects.insert(key.clone(), state);
            }
        }
    }

    fn restore_floors(&mut self, layout: &Layout, state: &EngineState) {
        for SavedTour { id, scene, stop, paused, left } in &state.tours {
            let Some(index) = self.facts.set.tours.iter().position(|tour| tour.id == *id) else { continue };
            self.tours[index].paused = *paused;
            // Should the tour have changed, it goes on at the same scene if it still has it.
            let stops = &self.facts.set.tours[index].stops;
            let same = |at: &usize| stops.get(*at).is_some_and(|(known, _)| known == scene);
            let at = Some(*stop).filter(same).or_else(|| (0..stops.len()).find(same));
            if let Some(at) = at {
                self.tours[index].stop = at;
                self.tours[index].dwell = Countdown::new((*left).min(stops[at].1));
            }
        }
        for SavedWall { id, floor, back } in &state.walls {
            let Some(index) = self.wall_index(id) else { continue };
            let tour_of = |tour: &TourId| {
                self.facts.set.tours.iter().position(|known| known.id == *tour && known.wall == *id)
            };
            let floor = match floor {
                SavedFloor::Tour(tour) => tour_of(tour).map(Floor::Tour),
                SavedFloor::Scene { scene, fills, edits, by } => {
                    let known = self.facts.scenes.get(scene).is_some_and(|facts| facts.wall == index);
                    let fills = fills.iter().filter(|(_, source)| self.facts.sources.contains_key(*source));
                    let fills = fills.map(|(slot, source)| (slot.clone(), source.clone())).collect();
                    let edits = saved::restored(layout, scene, edits);
                    known.then(|| Floor::Scene { scene: scene.clone(), fills, edits, by: by.clone() })
                }
            };
            if let (Some(floor), Some(wall)) = (floor, &mut self.walls[index]) {
                let has_back =
                    self.facts.set.tours.iter().any(|tour| tour.wall == *id && tour.back_after.is_some());
                wall.floor = floor;
                wall.back = back.filter(|_| has_back).map(Countdown::new);
            }
        }
    }

    fn restore_alarm(&mut self, saved: &SavedAlarm, away: Duration) {
        let SavedAlarm { id, rule, subject, raised, held, left, members, fills, banner } = saved;
        let now = self.now.local;
        let find = |known: &Rule| known.id == *rule;
        let Some(index) = self.facts.set.rules.iter().position(find) else {
            let gone = Ending::RuleGone.words();
            let words = both(
                format!("告警 {id}（{rule}）结束：{}", gone.zh),
                format!("alarm {id} ({rule}) ended: {}", gone.en),
            );
            self.say(What::Ended, Some(rule.clone()), Some(*id), None, words);
            return;
        };
        let known = |(_, source): &(&String, &SourceId)| self.facts.sources.contains_key(*source);
        let banner = banner.as_ref().map(|SavedBanner { zh, en, color, until }| BannerSpec {
            words: Words { zh: zh.clone(), en: en.clone() },
            color: Rgba { r: color[0], g: color[1], b: color[2], a: color[3] },
            until: *until,
        });
        let held = held.saturating_add(away);
        let raised_local = now.offset(-i64::try_from(held.as_nanos()).unwrap_or(i64::MAX));
        self.alarms.push(Alarm {
            id: *id,
            rule: index,
            subject: subject.clone(),
            raised: raised_local,
            raised_wall: *raised,
            ends: left.map(|left| now + left.saturating_sub(away)),
            members: members.clone(),
            fills: fills.iter().filter(known).map(|(slot, source)| (slot.clone(), source.clone())).collect(),
            banner,
        });
        self.next_alarm = self.next_alarm.max(id.0.saturating_add(1));
    }
}
