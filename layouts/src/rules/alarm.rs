//! Alarms: when a rule raises one, what it does then, and what ends it.

use super::acting::described;
use super::calendar::local_minute;
use super::engine::{Engine, Facts, Refused};
use super::expression::{Expression, Over, Scope};
use super::member::{Members, cut};
use super::rule::{Action, Rule, Until, When};
use super::why::{AlarmId, Ending, What, Why, about, both, seconds};
use crate::layout::Words;
use crate::variant::BannerSpec;
use media::{LocalTime, RuleId, SceneId, SourceId, WallId, WallTime};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Most alarms that are due at one time.
pub const ALARMS_MAX: usize = 256;
/// Most events or rows of a rule of which it is remembered that its condition holds.
pub const SUBJECTS_MAX: usize = 4096;
/// An expression that fails is told of at most so often.
const FAULT_EVERY: Duration = Duration::from_secs(60);

/// Something that has happened, whose picture has not been given back.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    pub id: AlarmId,
    /// The rule, as an index.
    pub rule: usize,
    /// The event's id or the row's key.
    pub subject: String,
    pub raised: LocalTime,
    pub raised_wall: WallTime,
    pub ends: Option<LocalTime>,
    /// The newest state of the event or row.
    pub members: Members,
    /// What is in which slot; chosen when it was raised, so that no camera leaves while people look at it.
    pub fills: BTreeMap<String, SourceId>,
    pub banner: Option<BannerSpec>,
}

impl Alarm {
    /// The scene that it recalls on a wall.
    pub fn scene_on<'f>(&self, wall: usize, facts: &'f Facts) -> Option<&'f SceneId> {
        let on = |scene: &SceneId| facts.scenes.get(scene).is_some_and(|facts| facts.wall == wall);
        facts.set.rules[self.rule].actions.iter().rev().find_map(|action| match action {
            Action::Scene(scene) if on(scene) => Some(scene),
            _ => None,
        })
    }
}

/// An alarm as operators see it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmView {
    /// Its number.
    pub id: AlarmId,
    /// Its rule.
    pub rule: RuleId,
    /// The rule's name.
    pub name: Words,
    /// What has happened.
    pub words: Words,
    /// The event's id or the row's key.
    pub subject: String,
    /// When it was raised.
    pub raised: WallTime,
    /// −100 to 100.
    pub priority: i8,
    /// The walls whose picture it changes.
    pub walls: Vec<WallId>,
    /// On which of them it is seen: no other alarm lies over it.
    pub seen_on: Vec<WallId>,
    /// How long it lasts at most; `None` where there is no limit.
    pub left: Option<Duration>,
    /// Whether acknowledging ends it.
    pub acknowledge: bool,
}

/// What is remembered of one event or row by one rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct SubjectState {
    /// Whether the condition holds, as far as is known.
    pub holds: bool,
    /// When it raises an alarm, should the condition still hold then.
    pub pending: Option<(LocalTime, u64)>,
    /// Its newest state, while it is pending.
    pub members: Members,
    /// Until when it raises no alarm.
    pub cool: Option<LocalTime>,
    /// When it was told last, for forgetting the oldest.
    pub seen: u64,
}

/// What is remembered of a rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuleState {
    pub paused: bool,
    pub subjects: BTreeMap<String, SubjectState>,
    /// When it has raised alarms lately, oldest first.
    pub raised: VecDeque<LocalTime>,
    /// When a failing expression was told of.
    pub fault: Option<LocalTime>,
}

/// What will raise an alarm unless it stops before, in the order of time.
#[derive(Debug, Default)]
pub(crate) struct Waiting(BTreeMap<(LocalTime, u64), (usize, String)>);

impl Waiting {
    pub fn next(&self) -> Option<LocalTime> {
        self.0.keys().next().map(|(due, _)| *due)
    }

    /// The first one that is due, with the key under which it was put.
    pub fn pop(&mut self, at: LocalTime) -> Option<((LocalTime, u64), (usize, String))> {
        let key = *self.0.keys().next().filter(|(due, _)| *due <= at)?;
        self.0.remove(&key).map(|waiting| (key, waiting))
    }

    pub fn put(&mut self, key: (LocalTime, u64), rule: usize, subject: &str) {
        self.0.insert(key, (rule, subject.to_owned()));
    }

    pub fn remove(&mut self, key: Option<(LocalTime, u64)>) {
        if let Some(key) = key {
            self.0.remove(&key);
        }
    }
}

pub(crate) fn condition(rule: &Rule) -> (&Expression, Over) {
    match &rule.when {
        When::Event { condition } => (condition, Over::Event),
        When::Row { condition, .. } => (condition, Over::Row),
    }
}

/// Whether a rule's condition changes with the age of events.
pub(crate) fn is_aging_when(rule: &Rule) -> bool {
    condition(rule).0.is_aging()
}

/// Whether anything of a rule changes with the age of events.
pub(crate) fn is_aging(rule: &Rule) -> bool {
    is_aging_when(rule) || matches!(&rule.until, Some(Until::Condition(until)) if until.is_aging())
}

impl Engine {
    /// All alarms that are due, the oldest first.
    pub fn alarms(&self) -> Vec<AlarmView> {
        let view = |alarm: &Alarm| {
            let rule = &self.facts.set.rules[alarm.rule];
            let seen =
                |wall: &&WallId| self.wall_state(wall).is_some_and(|state| state.top == Some(alarm.id));
            AlarmView {
                id: alarm.id,
                rule: rule.id.clone(),
                name: rule.name.clone(),
                words: described(alarm.banner.as_ref(), &alarm.members, &alarm.subject),
                subject: alarm.subject.clone(),
                raised: alarm.raised_wall,
                priority: rule.priority,
                walls: rule.walls.clone(),
                seen_on: rule.walls.iter().filter(seen).cloned().collect(),
                left: alarm.ends.map(|ends| ends.since(self.now.local)),
                acknowledge: rule.acknowledge,
            }
        };
        self.alarms.iter().map(view).collect()
    }

    /// Ends an alarm because `who` has seen it.
    pub fn acknowledge(&mut self, alarm: AlarmId, who: &str, now: super::Now) -> Result<(), Refused> {
        self.advance(now);
        let at = self.alarms.iter().position(|other| other.id == alarm).ok_or(Refused::NoSuchAlarm(alarm))?;
        let rule = &self.facts.set.rules[self.alarms[at].rule];
        if !rule.acknowledge {
            return Err(Refused::NotAcknowledgeable(rule.id.clone()));
        }
        self.end(at, &Ending::Acknowledged(cut(who, 64).to_owned()));
        self.settle();
        Ok(())
    }

    /// Looks at what a rule says of an event or row.
    pub(crate) fn weigh(&mut self, rule: usize, key: &str, members: &Members, scope: &Scope, raise: bool) {
        if self.rules[rule].paused || !self.facts.set.rules[rule].enabled {
            return;
        }
        let holds = condition(&self.facts.set.rules[rule]).0.holds(scope);
        let holds = holds.unwrap_or_else(|error| {
            self.fault(rule, &error);
            false
        });
        let now = self.now.local;
        self.counter += 1;
        let (seen, debounce) = (self.counter, self.facts.set.rules[rule].debounce);
        let state = self.rules[rule].subjects.entry(key.to_owned()).or_default();
        state.seen = seen;
        state.cool = state.cool.filter(|until| *until > now);
        if !holds {
            let pending = state.pending.take();
            state.holds = false;
            state.members = Members::new();
            if state.cool.is_none() {
                self.rules[rule].subjects.remove(key);
            }
            self.waiting.remove(pending);
            return;
        }
        if state.holds {
            if state.pending.is_some() {
                state.members = members.clone();
            }
            return;
        }
        state.holds = true;
        if !raise {
            self.bound(rule);
            return;
        }
        let due = (now + debounce).max(state.cool.unwrap_or(now));
        if due <= now {
            self.bound(rule);
            self.raise(rule, key, members.clone());
            return;
        }
        state.pending = Some((due, seen));
        state.members = members.clone();
        let cooling = state.cool.is_some_and(|cool| cool > now + debounce);
        self.waiting.put((due, seen), rule, key);
        self.bound(rule);
        if cooling {
            let left = seconds(due.since(now));
            let words = (
                format!("同一对象刚告警过，{} 后若仍成立再告警", left.zh),
                format!("the same has just raised one; it will in {}, should it still hold", left.en),
            );
            self.say_about(What::Waits, rule, members, key, None, &words.0, &words.1);
        }
    }

    /// Forgets the events or rows told of longest ago, so that no flood grows the memory.
    fn bound(&mut self, rule: usize) {
        let subjects = &mut self.rules[rule].subjects;
        if subjects.len() <= SUBJECTS_MAX {
            return;
        }
        let mut seen: Vec<u64> = subjects.values().map(|state| state.seen).collect();
        let (_, oldest, _) = seen.select_nth_unstable(SUBJECTS_MAX / 4);
        let oldest = *oldest;
        let mut gone = Vec::new();
        subjects.retain(|_, state| {
            let stays = state.seen > oldest;
            if !stays {
                gone.push(state.pending);
            }
            stays
        });
        gone.into_iter().for_each(|pending| self.waiting.remove(pending));
    }

    /// Raises what has waited long enough.
    pub(crate) fn raise_waiting(&mut self, due: (LocalTime, u64), rule: usize, key: &str) {
        let state = self.rules[rule].subjects.get_mut(key).filter(|state| state.pending == Some(due));
        let Some(state) = state else { return };
        state.pending = None;
        let members = std::mem::take(&mut state.members);
        self.raise(rule, key, members);
    }

    fn raise(&mut self, rule: usize, key: &str, members: Members) {
        if self.is_quiet(rule, &members) {
            self.say_about(
                What::Quiet,
                rule,
                &members,
                key,
                None,
                "静默时段，未执行",
                "quiet time, nothing was done",
            );
            return;
        }
        if self.alarms.iter().any(|alarm| alarm.rule == rule && alarm.subject == key) {
            return;
        }
        let over = condition(&self.facts.set.rules[rule]).1;
        let scope = Scope::new(over, &members);
        if self.is_over(rule, &scope) || !self.has_leave(rule, key, &members) {
            return;
        }
        let id = AlarmId(self.next_alarm);
        self.next_alarm += 1;
        self.rules[rule].raised.push_back(self.now.local);
        let facts_rule = &self.facts.set.rules[rule];
        let (hold, held) = (facts_rule.hold, facts_rule.has_picture());
        let (fills, mut done) = self.choose_sources(rule, &members, &scope);
        let banner = self.banner(rule, &members, self.now.wall);
        self.act(rule, id, key, &members, banner.as_ref(), &mut done);
        let words = described(banner.as_ref(), &members, key);
        let done = done.join("、");
        let words = about(
            &self.facts.set.rules[rule],
            &words,
            &format!("执行：{done}"),
            &format!("did: {}", done.replace('、', ", ")),
        );
        let rule_id = self.facts.set.rules[rule].id.clone();
        let sources = fills.values().cloned().collect();
        let (at, rule_id, alarm) = (self.now.wall, Some(rule_id), Some(id));
        self.write(Why { seq: 0, at, what: What::Raised, rule: rule_id, alarm, wall: None, sources, words });
        if held {
            let now = self.now;
            self.alarms.push(Alarm {
                id,
                rule,
                subject: key.to_owned(),
                raised: now.local,
                raised_wall: now.wall,
                ends: hold.map(|hold| now.local + hold),
                members,
                fills,
                banner,
            });
        } else {
            self.cool(rule, key);
        }
    }

    fn is_quiet(&self, rule: usize, members: &Members) -> bool {
        let minute = local_minute(self.now.wall, self.facts.utc_offset_s);
        let (set, now) = (&self.facts.set, self.now);
        let rule = &set.rules[rule];
        let hushed = self.hushed.iter().filter(|hushed| hushed.ends > now.local).map(|hushed| &hushed.quiet);
        rule.quiet.iter().any(|hours| hours.hold(minute))
            || set.quiet.iter().chain(hushed).any(|quiet| quiet.covers(&rule.id, members, now.wall, minute))
    }

    /// Whether what ends an alarm of this rule is so already.
    fn is_over(&mut self, rule: usize, scope: &Scope) -> bool {
        let Some(Until::Condition(until)) = &self.facts.set.rules[rule].until else { return false };
        until.holds(scope).unwrap_or_else(|error| {
            self.fault(rule, &error);
            false
        })
    }

    /// Whether there is room for one more alarm; makes it where more important ones may take it.
    fn has_leave(&mut self, rule: usize, key: &str, members: &Members) -> bool {
        if let Some(limit) = self.facts.set.rules[rule].at_most {
            let now = self.now.local;
            let raised = &mut self.rules[rule].raised;
            while raised.pop_front_if(|at| *at + limit.per <= now).is_some() {}
            if raised.len() >= usize::try_from(limit.count).unwrap_or(usize::MAX) {
                let zh = format!("{} 内已告警 {} 次，未执行", seconds(limit.per).zh, limit.count);
                let en =
                    format!("{} in {} are the most, nothing was done", limit.count, seconds(limit.per).en);
                self.say_about(What::TooOften, rule, members, key, None, &zh, &en);
                return false;
            }
        } else {
            self.rules[rule].raised.clear();
        }
        if self.alarms.len() < ALARMS_MAX || !self.facts.set.rules[rule].has_picture() {
            return true;
        }
        let priority = |alarm: &Alarm| self.facts.set.rules[alarm.rule].priority;
        let least =
            (0..self.alarms.len()).min_by_key(|at| (priority(&self.alarms[*at]), self.alarms[*at].id));
        match least.filter(|at| priority(&self.alarms[*at]) <= self.facts.set.rules[rule].priority) {
            Some(at) => {
                self.end(at, &Ending::Crowded);
                true
            }
            None => {
                let (zh, en) =
                    ("告警过多且都更重要，未执行", "too many more important ones, nothing was done");
                self.say_about(What::Crowded, rule, members, key, None, zh, en);
                false
            }
        }
    }

    /// Tells the alarms of an event or row its newest state.
    pub(crate) fn renew(&mut self, rules: &[usize], key: &str, members: &Members, scope: &Scope) {
        let mut at = 0;
        while let Some(alarm) = self.alarms.get(at) {
            let (rule, raised) = (alarm.rule, alarm.raised_wall);
            if alarm.subject != key || !rules.contains(&rule) {
                at += 1;
                continue;
            }
            let banner = self.banner(rule, members, raised);
            let over = self.is_over(rule, scope);
            if let Some(alarm) = self.alarms.get_mut(at) {
                alarm.members = members.clone();
                alarm.banner = banner;
            }
            if over {
                self.end(at, &Ending::Condition);
            } else {
                at += 1;
            }
        }
    }

    /// A row is gone: nothing waits for it, nothing is due for it.
    pub(crate) fn forget(&mut self, rule: usize, key: &str) {
        if let Some(state) = self.rules[rule].subjects.remove(key) {
            self.waiting.remove(state.pending);
        }
        let gone = |alarm: &Alarm| alarm.rule == rule && alarm.subject == key;
        // Only what waits for the row's next state: the others have their time.
        if let Some(at) = self.alarms.iter().position(gone)
            && matches!(self.facts.set.rules[rule].until, Some(Until::Condition(_)))
        {
            self.end(at, &Ending::RowGone);
        }
    }

    /// Ends every alarm whose time is over.
    pub(crate) fn end_due(&mut self) {
        let now = self.now.local;
        while let Some(at) = self.alarms.iter().position(|alarm| alarm.ends.is_some_and(|ends| ends <= now)) {
            self.end(at, &Ending::TimeOver);
        }
    }

    /// Takes an alarm off all walls, and says what comes instead.
    pub(crate) fn end(&mut self, at: usize, ending: &Ending) {
        let alarm = self.alarms.remove(at);
        let rule = alarm.rule;
        let held = seconds(self.now.local.since(alarm.raised));
        let how = ending.words();
        let mut zh = format!("持续 {}，{}", held.zh, how.zh);
        let mut en = format!("held {}, {}", held.en, how.en);
        for wall in self.facts.set.rules[rule].walls.clone() {
            let Some(index) = self.wall_index(&wall) else { continue };
            let (then_zh, then_en) = match self.stack(index).last() {
                Some(top) => {
                    let name = &self.facts.set.rules[self.alarms[*top].rule].name;
                    (format!("仍显示告警 {}", name.zh), format!("still shows alarm {}", name.en))
                }
                None => self.given_back(index),
            };
            zh += &format!("，墙 {wall} {then_zh}");
            en += &format!(", wall {wall} {then_en}");
        }
        self.say_about(What::Ended, rule, &alarm.members, &alarm.subject, Some(&alarm), &zh, &en);
        self.cool(rule, &alarm.subject);
    }

    /// From now on the same event or row raises nothing for a while.
    fn cool(&mut self, rule: usize, key: &str) {
        let cooldown = self.facts.set.rules[rule].cooldown;
        if cooldown > Duration::ZERO {
            let until = self.now.local + cooldown;
            self.counter += 1;
            let state = self.rules[rule].subjects.entry(key.to_owned()).or_default();
            (state.cool, state.seen) = (Some(until), self.counter);
            self.bound(rule);
        }
    }

    /// Tells of an expression that failed, once in a while.
    pub(crate) fn fault(&mut self, rule: usize, error: &str) {
        let now = self.now.local;
        let state = &mut self.rules[rule];
        if state.fault.is_some_and(|at| now < at + FAULT_EVERY) {
            return;
        }
        state.fault = Some(now);
        let Rule { id, name, .. } = &self.facts.set.rules[rule];
        let (id, error) = (id.clone(), cut(error, 200));
        let words = both(
            format!("{}：表达式未能求值：{error}", name.zh),
            format!("{}: an expression failed: {error}", name.en),
        );
        self.say(What::Fault, Some(id), None, None, words);
    }

    /// One alarm lies over another, or lies open again.
    pub(crate) fn say_cover(&mut self, wall: usize, before: AlarmId, top: AlarmId) {
        let find = |id: AlarmId| self.alarms.iter().find(|alarm| alarm.id == id);
        let (Some(above), id) = (find(top), self.facts.walls[wall].clone()) else { return };
        let name = self.facts.set.rules[above.rule].name.clone();
        if let Some(below) = find(before).cloned() {
            let zh = format!("在墙 {id} 上被 {} 覆盖", name.zh);
            let en = format!("covered by {} on wall {id}", name.en);
            self.say_about(What::Covered, below.rule, &below.members, &below.subject, Some(&below), &zh, &en);
        } else if above.raised < self.now.local {
            let above = above.clone();
            let (zh, en) = (format!("重新显示在墙 {id} 上"), format!("is seen again on wall {id}"));
            self.say_about(
                What::Uncovered,
                above.rule,
                &above.members,
                &above.subject,
                Some(&above),
                &zh,
                &en,
            );
        }
    }

    #[allow(clippy::too_many_arguments)] // one line of the log, in both languages
    fn say_about(
        &mut self,
        what: What,
        rule: usize,
        members: &Members,
        key: &str,
        alarm: Option<&Alarm>,
        zh: &str,
        en: &str,
    ) {
        let subject = described(alarm.and_then(|alarm| alarm.banner.as_ref()), members, key);
        let rule = &self.facts.set.rules[rule];
        let (id, words) = (rule.id.clone(), about(rule, &subject, zh, en));
        self.say(what, Some(id), alarm.map(|alarm| alarm.id), None, words);
    }
}
