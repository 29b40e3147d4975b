//! What a wall shows when no alarm is due: an operator's scene, a schedule's, or a tour.

use super::calendar::{DAY_MINUTES, Day, local_minute};
use super::engine::{Chosen, Engine, Hushed, Now, Refused};
use super::member::cut;
use super::picture::Picture;
use super::rule::{Days, Quiet, Schedule, Scheduled, Tour};
use super::why::{AlarmId, What, both, seconds};
use crate::edit::{Draft, Edits, WindowEdit};
use crate::layout::Words;
use media::{LocalTime, RuleId, SceneId, ScheduleId, SourceId, TourId, WallId, WindowId};
use std::collections::BTreeMap;
use std::time::Duration;

/// Schedules that were missed by so many minutes are made up for; what is missed by more is not.
const CATCH_UP_MINUTES: i64 = 60;
/// Most quiet times that operators have set.
const HUSHED_MAX: usize = 256;

/// A time that runs down, and stands still while it must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Countdown {
    pub rest: Duration,
    /// Since when it runs; `None` while it stands still.
    pub since: Option<LocalTime>,
}

impl Countdown {
    pub fn new(rest: Duration) -> Self {
        Self { rest, since: None }
    }

    pub fn due(&self) -> Option<LocalTime> {
        self.since.map(|since| since + self.rest)
    }

    /// Lets it run or stand still from `now` on.
    pub fn run(&mut self, runs: bool, now: LocalTime) {
        match (self.since, runs) {
            (None, true) => self.since = Some(now),
            (Some(since), false) => {
                self.rest = self.rest.saturating_sub(now.since(since));
                self.since = None;
            }
            _ => {}
        }
    }

    /// What is left at `now`.
    pub fn left(&self, now: LocalTime) -> Duration {
        self.rest.saturating_sub(self.since.map_or(Duration::ZERO, |since| now.since(since)))
    }
}

/// Who has chosen a scene.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum By {
    Beginning,
    Operator(String),
    Schedule(ScheduleId),
}

/// What lies under all alarms.
#[derive(Debug, Clone)]
pub(crate) enum Floor {
    Scene {
        scene: SceneId,
        fills: BTreeMap<String, SourceId>,
        edits: Edits,
        by: By,
    },
    /// A tour, as an index.
    Tour(usize),
}

static NO_FILLS: BTreeMap<String, SourceId> = BTreeMap::new();
static NO_EDITS: Edits = Edits::new();

impl Floor {
    pub fn first(scene: SceneId) -> Self {
        Self::Scene { scene, fills: BTreeMap::new(), edits: Edits::new(), by: By::Beginning }
    }

    pub fn picture<'a>(
        &'a self,
        tours: &'a [Tour],
        states: &[TourState],
    ) -> (&'a SceneId, &'a BTreeMap<String, SourceId>, &'a Edits) {
        match self {
            Self::Scene { scene, fills, edits, by: _ } => (scene, fills, edits),
            // A tour has at least one stop, and its state never leads past the last one.
            Self::Tour(tour) => (&tours[*tour].stops[states[*tour].stop].0, &NO_FILLS, &NO_EDITS),
        }
    }
}

/// How far a tour has come.
#[derive(Debug, Clone)]
pub(crate) struct TourState {
    pub stop: usize,
    pub paused: bool,
    pub dwell: Countdown,
}

impl TourState {
    pub fn new(tour: &Tour) -> Self {
        Self { stop: 0, paused: false, dwell: Countdown::new(tour.stops[0].1) }
    }
}

/// A tour as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TourView {
    /// Its id.
    pub id: TourId,
    /// Its wall.
    pub wall: WallId,
    /// Whether the wall shows it when no alarm is due.
    pub chosen: bool,
    /// Whether an operator has paused it.
    pub paused: bool,
    /// Whether its time runs: it is chosen, not paused, and no alarm is due on its wall.
    pub runs: bool,
    /// The scene at which it is.
    pub scene: SceneId,
    /// How long that scene still stays.
    pub left: Duration,
}

impl Engine {
    /// Puts `scene` on `wall` as `who` has chosen it. It is what the wall is given back to after alarms. While one is due on
    /// this wall, the alarm stays on top and the choice waits under it. A tour of the wall stands still until it is resumed, or
    /// until its own `back_after_s` is over.
    pub fn operator_scene(
        &mut self,
        wall: &WallId,
        scene: &SceneId,
        who: &str,
        now: Now,
    ) -> Result<Chosen, Refused> {
        self.advance(now);
        let index = self.known_wall(wall)?;
        if self.facts.scenes.get(scene).is_none_or(|facts| facts.wall != index) {
            return Err(Refused::Unknown { what: "scene", name: scene.to_string() });
        }
        let who = cut(who, 64).to_owned();
        let words = both(
            format!("{who} 选择场景 {scene}，墙 {wall}"),
            format!("{who} has chosen scene {scene} on wall {wall}"),
        );
        self.say(What::Operator, None, None, Some(wall.clone()), words);
        let by = By::Operator(who);
        let (scene, fills, edits) = (scene.clone(), BTreeMap::new(), Edits::new());
        self.lay(index, Floor::Scene { scene, fills, edits, by });
        self.settle();
        Ok(self.chosen(index))
    }

    /// Puts `draft`, a scene of `wall` as an operator has made it, on the wall, as [`Engine::operator_scene`] does. `words` say
    /// for the log what was done; without them it is a step of what has been said already.
    pub fn operator_draft(
        &mut self,
        wall: &WallId,
        draft: Draft,
        who: &str,
        words: Option<Words>,
        now: Now,
    ) -> Result<Chosen, Refused> {
        self.advance(now);
        let index = self.known_wall(wall)?;
        let Draft { scene, fills, edits } = draft;
        if self.facts.scenes.get(&scene).is_none_or(|facts| facts.wall != index) {
            return Err(Refused::Unknown { what: "scene", name: scene.to_string() });
        }
        if let Some(words) = words {
            self.say(What::Operator, None, None, Some(wall.clone()), words);
        }
        let by = By::Operator(cut(who, 64).to_owned());
        self.lay(index, Floor::Scene { scene, fills, edits, by });
        self.settle();
        Ok(self.chosen(index))
    }

    /// Puts `source` into a slot of the scene that an operator or a schedule has chosen; `None` takes it out again. During a
    /// tour the tour's present scene is chosen by it.
    pub fn operator_fill(
        &mut self,
        wall: &WallId,
        slot: &str,
        source: Option<&SourceId>,
        who: &str,
        now: Now,
    ) -> Result<Chosen, Refused> {
        self.advance(now);
        let index = self.known_wall(wall)?;
        if let Some(source) = source.filter(|source| !self.facts.sources.contains_key(*source)) {
            return Err(Refused::Unknown { what: "source", name: source.to_string() });
        }
        let Some(state) = &self.walls[index] else { return Err(no_wall(wall)) };
        let (scene, fills, edits) = state.floor.picture(&self.facts.set.tours, &self.tours);
        let (scene, mut fills, mut edits) = (scene.clone(), fills.clone(), edits.clone());
        if self.facts.scenes.get(&scene).is_none_or(|facts| !facts.slots.contains(slot)) {
            return Err(Refused::Unknown { what: "slot", name: cut(slot, 64).to_owned() });
        }
        match source {
            Some(source) => fills.insert(cut(slot, 64).to_owned(), source.clone()),
            None => fills.remove(slot),
        };
        // What is put into a slot now is worth more than what was put into its window before. The window bears the slot's name.
        if let Ok(window) = WindowId::new(slot)
            && let Some(edit) = edits.get_mut(&window)
        {
            (edit.shows, edit.closed) = (None, false);
            if *edit == WindowEdit::default() {
                edits.remove(&window);
            }
        }
        let by = By::Operator(cut(who, 64).to_owned());
        self.lay(index, Floor::Scene { scene, fills, edits, by });
        self.settle();
        Ok(self.chosen(index))
    }

    /// Holds a tour at its present scene.
    pub fn pause_tour(&mut self, tour: &TourId, who: &str, now: Now) -> Result<(), Refused> {
        self.advance(now);
        let index = self.known_tour(tour)?;
        self.tours[index].paused = true;
        let who = cut(who, 64);
        let words = both(format!("{who} 暂停巡视 {tour}"), format!("{who} has paused tour {tour}"));
        self.say(What::Operator, None, None, Some(self.facts.set.tours[index].wall.clone()), words);
        self.settle();
        Ok(())
    }

    /// Lets a tour go on where it was, with the rest of that scene's time, and chooses it for its wall.
    pub fn resume_tour(&mut self, tour: &TourId, who: &str, now: Now) -> Result<Chosen, Refused> {
        self.advance(now);
        let index = self.known_tour(tour)?;
        let wall = self.known_wall(&self.facts.set.tours[index].wall.clone())?;
        let who = cut(who, 64);
        let words = both(format!("{who} 继续巡视 {tour}"), format!("{who} has resumed tour {tour}"));
        self.say(What::Operator, None, None, Some(self.facts.walls[wall].clone()), words);
        self.tours[index].paused = false;
        self.lay(wall, Floor::Tour(index));
        self.settle();
        Ok(self.chosen(wall))
    }

    /// Lets a rule rest, or act again. Its alarms stay until they are over.
    pub fn pause_rule(&mut self, rule: &RuleId, paused: bool, who: &str, now: Now) -> Result<(), Refused> {
        self.advance(now);
        let find = |known: &super::Rule| known.id == *rule;
        let index = self.facts.set.rules.iter().position(find);
        let index = index.ok_or_else(|| Refused::Unknown { what: "rule", name: rule.to_string() })?;
        self.rules[index].paused = paused;
        if paused {
            let subjects = self.rules[index].subjects.values_mut();
            let pending: Vec<_> = subjects.filter_map(|state| state.pending.take()).collect();
            pending.into_iter().for_each(|pending| self.waiting.remove(Some(pending)));
        }
        let who = cut(who, 64);
        let words = match paused {
            true => both(format!("{who} 停用规则 {rule}"), format!("{who} has paused rule {rule}")),
            false => both(format!("{who} 启用规则 {rule}"), format!("{who} has resumed rule {rule}")),
        };
        self.say(What::Operator, Some(rule.clone()), None, None, words);
        self.settle();
        Ok(())
    }

    /// Lets a schedule rest, or act again. What it would have done meanwhile is not made up for.
    pub fn pause_schedule(
        &mut self,
        schedule: &ScheduleId,
        paused: bool,
        who: &str,
        now: Now,
    ) -> Result<(), Refused> {
        // The minutes until now count as it was in them.
        self.advance(now);
        let known = self.facts.set.schedules.iter().find(|known| known.id == *schedule);
        let known = known.ok_or_else(|| Refused::Unknown { what: "schedule", name: schedule.to_string() })?;
        let wall = self.wall_of_schedule(known);
        let who = cut(who, 64);
        let words = if paused {
            self.paused_schedules.insert(schedule.clone());
            both(format!("{who} 停用计划 {schedule}"), format!("{who} has paused schedule {schedule}"))
        } else {
            self.paused_schedules.remove(schedule);
            both(format!("{who} 启用计划 {schedule}"), format!("{who} has resumed schedule {schedule}"))
        };
        self.say(What::Operator, None, None, wall, words);
        self.settle();
        Ok(())
    }

    /// The wall on which a schedule puts something.
    fn wall_of_schedule(&self, schedule: &Schedule) -> Option<WallId> {
        match &schedule.what {
            Scheduled::Scene(scene) => {
                self.facts.scenes.get(scene).map(|facts| self.facts.walls[facts.wall].clone())
            }
            Scheduled::Tour(tour) => {
                let tour = self.facts.set.tours.iter().find(|known| known.id == *tour);
                tour.map(|tour| tour.wall.clone())
            }
        }
    }

    /// Sets a quiet time of `length`, and gives the number under which it can be ended. Of more than 256 the oldest ends.
    pub fn quiet(&mut self, quiet: Quiet, length: Duration, who: &str, now: Now) -> u64 {
        self.advance(now);
        let local = self.now.local;
        self.hushed.retain(|hushed| hushed.ends > local);
        if self.hushed.len() >= HUSHED_MAX {
            self.hushed.remove(0);
        }
        self.counter += 1;
        let (id, who) = (self.counter, cut(who, 64).to_owned());
        let length_words = seconds(length);
        let words = both(
            format!("{who} 设静默 {}", length_words.zh),
            format!("{who} has set a quiet time of {}", length_words.en),
        );
        self.say(What::Operator, quiet.rule.clone(), None, None, words);
        self.hushed.push(Hushed { id, quiet, ends: local + length, who });
        self.settle();
        id
    }

    /// Ends a quiet time that an operator has set.
    pub fn end_quiet(&mut self, id: u64, who: &str, now: Now) -> Result<(), Refused> {
        self.advance(now);
        let at = self.hushed.iter().position(|hushed| hushed.id == id);
        let at = at.ok_or_else(|| Refused::Unknown { what: "quiet time", name: id.to_string() })?;
        let hushed = self.hushed.remove(at);
        let (who, set_by) = (cut(who, 64), hushed.who);
        let words = both(
            format!("{who} 结束 {set_by} 设的静默"),
            format!("{who} has ended the quiet time that {set_by} had set"),
        );
        self.say(What::Operator, hushed.quiet.rule, None, None, words);
        self.settle();
        Ok(())
    }

    /// The quiet times that operators have set: number, what, who, how long still.
    pub fn quiet_times(&self) -> impl Iterator<Item = (u64, &Quiet, &str, Duration)> {
        let left = self.hushed.iter().map(|hushed| (hushed, hushed.ends.since(self.now.local)));
        left.filter(|(_, left)| !left.is_zero())
            .map(|(hushed, left)| (hushed.id, &hushed.quiet, hushed.who.as_str(), left))
    }

    /// What `wall` is given back to when no alarm is due; `None` for a wall that does not exist or has no scenes.
    pub fn base(&self, wall: &WallId) -> Option<Picture> {
        let Draft { scene, fills, edits } = self.draft(wall)?;
        Some(Picture { scene, edits, fills: fills.into_iter().collect(), banner: None })
    }

    /// What operators can go on changing on `wall`: its scene without what alarms have put over it; `None` for a wall that does not
    /// exist or has no scenes.
    pub fn draft(&self, wall: &WallId) -> Option<Draft> {
        let (scene, fills, edits) = self.wall_state(wall)?.floor.picture(&self.facts.set.tours, &self.tours);
        Some(Draft { scene: scene.clone(), fills: fills.clone(), edits: edits.clone() })
    }

    /// Whether an operator has chosen what `wall` shows when no alarm is due.
    pub fn is_operators(&self, wall: &WallId) -> bool {
        let floor = self.wall_state(wall).map(|state| &state.floor);
        matches!(floor, Some(Floor::Scene { by: By::Operator(_), .. }))
    }

    /// The alarm on top of `wall`, if one is due.
    pub fn covering(&self, wall: &WallId) -> Option<AlarmId> {
        self.wall_state(wall)?.top
    }

    /// All tours, in document order.
    pub fn tours(&self) -> Vec<TourView> {
        let view = |(index, tour): (usize, &Tour)| {
            let state = &self.tours[index];
            let floor = self.wall_state(&tour.wall).map(|wall| &wall.floor);
            TourView {
                id: tour.id.clone(),
                wall: tour.wall.clone(),
                chosen: matches!(floor, Some(Floor::Tour(chosen)) if *chosen == index),
                paused: state.paused,
                runs: state.dwell.since.is_some(),
                scene: tour.stops[state.stop].0.clone(),
                left: state.dwell.left(self.now.local),
            }
        };
        self.facts.set.tours.iter().enumerate().map(view).collect()
    }

    /// The rules that an operator has paused.
    pub fn paused_rules(&self) -> impl Iterator<Item = &RuleId> {
        let rules = self.facts.set.rules.iter().zip(&self.rules);
        rules.filter(|(_, state)| state.paused).map(|(rule, _)| &rule.id)
    }

    /// The schedules that an operator has paused.
    pub fn paused_schedules(&self) -> impl Iterator<Item = &ScheduleId> {
        self.paused_schedules.iter()
    }

    fn known_wall(&self, wall: &WallId) -> Result<usize, Refused> {
        let index = self.wall_index(wall).filter(|index| self.walls[*index].is_some());
        index.ok_or_else(|| no_wall(wall))
    }

    fn known_tour(&self, tour: &TourId) -> Result<usize, Refused> {
        let index = self.facts.set.tours.iter().position(|known| known.id == *tour);
        index.ok_or_else(|| Refused::Unknown { what: "tour", name: tour.to_string() })
    }

    fn chosen(&self, wall: usize) -> Chosen {
        let top = self.stack(wall).last().map(|at| &self.alarms[*at]);
        top.map_or(Chosen::Shown, |alarm| Chosen::Waits {
            alarm: alarm.id,
            rule: self.facts.set.rules[alarm.rule].id.clone(),
        })
    }

    /// Lays another floor under the alarms of a wall.
    fn lay(&mut self, wall: usize, floor: Floor) {
        let id = &self.facts.walls[wall];
        let back = match floor {
            Floor::Tour(_) => None,
            Floor::Scene { .. } => {
                self.facts.set.tours.iter().find(|tour| tour.wall == *id && tour.back_after.is_some())
            }
        };
        let back = back.and_then(|tour| tour.back_after).map(Countdown::new);
        if let Some(state) = &mut self.walls[wall] {
            (state.floor, state.back) = (floor, back);
        }
    }

    /// Lets the time of a wall's tours run or stand still: it runs for the one that is seen.
    pub(crate) fn run_tours(&mut self, wall: usize, alarmed: bool) {
        let now = self.now.local;
        let Some(state) = &mut self.walls[wall] else { return };
        if let Some(back) = &mut state.back {
            back.run(!alarmed, now);
        }
        let shown = match state.floor {
            Floor::Tour(tour) => Some(tour),
            Floor::Scene { .. } => None,
        };
        for (index, tour) in self.facts.set.tours.iter().enumerate() {
            if tour.wall == self.facts.walls[wall] {
                let state = &mut self.tours[index];
                let runs = shown == Some(index) && !state.paused && !alarmed;
                state.dwell.run(runs, now);
            }
        }
    }

    /// Moves every tour on whose scene's time is over; `until` is how far the time has come.
    pub(crate) fn turn_tours(&mut self, until: LocalTime) {
        let now = self.now.local;
        for (tour, state) in self.facts.set.tours.iter().zip(&mut self.tours) {
            if state.dwell.due().is_none_or(|due| due > now) {
                continue;
            }
            state.stop = (state.stop + 1) % tour.stops.len();
            // After a long sleep whole rounds are left out, so that waking costs nothing.
            let round: Duration = tour.stops.iter().map(|(_, dwell)| *dwell).sum();
            let rounds = until.since(now).as_nanos() / round.as_nanos().max(1);
            let skipped = round.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX));
            state.dwell = Countdown { rest: tour.stops[state.stop].1, since: Some(now + skipped) };
        }
    }

    /// Gives walls back to their tours whose time has come.
    pub(crate) fn take_back(&mut self) {
        let now = self.now.local;
        for wall in 0..self.walls.len() {
            let due = self.walls[wall].as_ref().and_then(|state| state.back?.due());
            if due.is_none_or(|due| due > now) {
                continue;
            }
            let id = self.facts.walls[wall].clone();
            let tours = &self.facts.set.tours;
            let tour = tours.iter().position(|tour| tour.wall == id && tour.back_after.is_some());
            let Some(tour) = tour else { continue };
            let name = &tours[tour].id;
            let words =
                both(format!("墙 {id} 回到巡视 {name}"), format!("wall {id} goes back to tour {name}"));
            self.tours[tour].paused = false;
            self.lay(wall, Floor::Tour(tour));
            self.say(What::Tour, None, None, Some(id), words);
        }
    }

    /// What a wall is given back to, in words.
    pub(crate) fn given_back(&self, wall: usize) -> (String, String) {
        match self.walls[wall].as_ref().map(|state| &state.floor) {
            Some(Floor::Tour(tour)) => {
                let id = &self.facts.set.tours[*tour].id;
                (format!("交还巡视 {id}"), format!("given back to tour {id}"))
            }
            Some(Floor::Scene { scene, .. }) => {
                (format!("交还场景 {scene}"), format!("given back to scene {scene}"))
            }
            None => ("无画面".to_owned(), "shows nothing".to_owned()),
        }
    }

    /// Lets schedules act whose minute has come.
    ///
    /// Each minute counts once: a clock that is set back by up to an hour does not repeat what has been done. Minutes that
    /// were slept through, an hour of them at most, are made up for. A clock that jumps farther is taken as it is.
    pub(crate) fn clock(&mut self) {
        if self.facts.set.schedules.is_empty() {
            return;
        }
        let minute = local_minute(self.now.wall, self.facts.utc_offset_s);
        let Some(last) = self.minute.replace(minute) else { return };
        let missed = minute - last;
        if (-CATCH_UP_MINUTES..0).contains(&missed) {
            self.minute = Some(last);
            return;
        }
        if missed.abs() > CATCH_UP_MINUTES {
            let words = both(
                format!("时钟跳变 {missed} 分钟，错过的计划不补做"),
                format!("the clock has jumped by {missed} min; schedules that it passed are left out"),
            );
            self.say(What::Clock, None, None, None, words);
            return;
        }
        for minute in last + 1..=minute {
            for index in 0..self.facts.set.schedules.len() {
                self.act_on_schedule(index, minute);
            }
        }
    }

    fn act_on_schedule(&mut self, index: usize, minute: i64) {
        let set = &self.facts.set;
        let schedule = &set.schedules[index];
        if self.paused_schedules.contains(&schedule.id) {
            return;
        }
        let holiday = set.holidays.contains(&Day(minute.div_euclid(DAY_MINUTES)));
        let counts = match schedule.days {
            Days::All => true,
            Days::ExceptHolidays => !holiday,
            Days::OnlyHolidays => holiday,
        };
        if !counts || !schedule.cron.fits(minute) {
            return;
        }
        let id = schedule.id.clone();
        let (wall, floor, what) = match &schedule.what {
            Scheduled::Scene(scene) => {
                let Some(facts) = self.facts.scenes.get(scene) else { return };
                let by = By::Schedule(id.clone());
                let (fills, edits) = (BTreeMap::new(), Edits::new());
                let floor = Floor::Scene { scene: scene.clone(), fills, edits, by };
                (facts.wall, floor, both(format!("场景 {scene}"), format!("scene {scene}")))
            }
            Scheduled::Tour(tour) => {
                let Ok(tour_index) = self.known_tour(tour) else { return };
                let Some(wall) = self.wall_index(&set.tours[tour_index].wall) else { return };
                self.tours[tour_index].paused = false;
                (wall, Floor::Tour(tour_index), both(format!("巡视 {tour}"), format!("tour {tour}")))
            }
        };
        let name = self.facts.walls[wall].clone();
        let words = both(
            format!("计划 {id}：墙 {name} 显示{}", what.zh),
            format!("schedule {id}: wall {name} shows {}", what.en),
        );
        self.lay(wall, floor);
        self.say(What::Schedule, None, None, Some(name), words);
    }
}

fn no_wall(wall: &WallId) -> Refused {
    Refused::Unknown { what: "wall", name: wall.to_string() }
}
