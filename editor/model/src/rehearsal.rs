//! Alarms that are played through to see what the wall would do: samples made from rules, and what happens to them when.

use crate::run::{Cue, Happening, Run, Script};
use layouts::Layout;
use layouts::rules::{EventView, Member, Members, Rule, When};
use media::{
    ColumnKind, EventReport, EventState, Real, RuleId, SceneId, TableId, TableSpec, TourId, Value, WallTime,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a rehearsal is played at most.
pub const REHEARSAL_MAX: Duration = Duration::from_secs(3600);
/// How long it goes on when everything is over.
const AFTER: Duration = Duration::from_secs(15);
/// The members of an event that follow from others.
const DERIVED: [&str; 3] = ["id", "reported", "due"];

/// An event or a row that a rule is rehearsed with.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The rule that it was made for.
    pub rule: RuleId,
    /// Tells it from the other samples of a rehearsal.
    pub number: u32,
    /// The table, where it is a row.
    pub table: Option<TableId>,
    /// Its values. An event has `age_s` and `due_in_s` at the moment when it comes; `reported` and `due` follow from them.
    pub members: Members,
}

/// What happens in a rehearsal.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// A sample comes.
    Comes(Sample),
    /// The event of this number has come to another state.
    Becomes(u32, EventState),
    /// An operator acknowledges every alarm.
    Acknowledge,
}

/// What a wall shows at the beginning of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begins {
    /// A scene.
    Scene(SceneId),
    /// A tour.
    Tour(TourId),
}

/// What is rehearsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// The hall's time at the beginning: quiet hours count.
    pub begin: WallTime,
    /// What the walls show then, where it is not what they begin with.
    pub begins: Vec<Begins>,
    /// What happens when, from the beginning.
    pub acts: Vec<(Duration, Act)>,
}

impl Sample {
    /// One for which `rule` acts at `now`, where that can be found; else one with the simplest values.
    pub fn of(layout: &Layout, rule: &Rule, number: u32, now: WallTime) -> Self {
        let (table, base) = match &rule.when {
            When::Event { .. } => (None, event_members(layout, rule, now)),
            When::Row { table, .. } => (
                Some(table.clone()),
                layout.table(table).map(|spec| row_members(spec, now)).unwrap_or_default(),
            ),
        };
        let members = rule.sample(&base, now).unwrap_or(base);
        Self { rule: rule.id.clone(), number, table, members }
    }

    /// The members that can be edited: those that the rule looks at first, then those that others may look at.
    pub fn fields(&self, layout: &Layout) -> Vec<String> {
        let rule = layout.rules().rules.iter().find(|rule| rule.id == self.rule);
        let compared = rule.map(Rule::compared).unwrap_or_default();
        let mut names: Vec<String> = self
            .members
            .keys()
            .filter(|name| self.table.is_some() || !DERIVED.contains(&name.as_str()))
            .cloned()
            .collect();
        names.sort_by_key(|name| !compared.contains(name));
        names
    }

    /// Whether its rule's condition is fulfilled when it comes.
    pub fn fulfils(&self, layout: &Layout) -> bool {
        let rule = layout.rules().rules.iter().find(|rule| rule.id == self.rule);
        rule.is_some_and(|rule| rule.acts_on(&self.members))
    }

    /// Gives a member the value that `text` says in its kind; whether it says one.
    pub fn set(&mut self, name: &str, text: &str) -> bool {
        let Some(member) = self.members.get_mut(name) else { return false };
        let text = text.trim();
        let new = match member {
            Member::Flag(_) => text.parse().ok().map(Member::Flag),
            Member::Integer(_) => text.parse().ok().map(Member::Integer),
            Member::Real(_) => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Member::Real),
            Member::Text(_) => Some(Member::Text(text.to_owned())),
            Member::Time(_) => text
                .parse()
                .ok()
                .map(|seconds: i64| Member::Time(WallTime(seconds.saturating_mul(1_000_000_000)))),
            Member::Nothing => None,
        };
        let new = new.filter(|new| match (name, new, &self.table) {
            ("severity", Member::Integer(severity), None) => (1..=5).contains(severity),
            ("state", Member::Text(state), None) => EventState::by_name(state).is_some(),
            _ => true,
        });
        new.is_some_and(|new| {
            *member = new;
            true
        })
    }

    /// The member as text that [`Sample::set`] takes.
    pub fn text(&self, name: &str) -> String {
        match self.members.get(name) {
            None | Some(Member::Nothing) => String::new(),
            Some(Member::Flag(flag)) => flag.to_string(),
            Some(Member::Integer(number)) => number.to_string(),
            Some(Member::Real(number)) => number.to_string(),
            Some(Member::Text(text)) => text.clone(),
            Some(Member::Time(time)) => time.0.div_euclid(1_000_000_000).to_string(),
        }
    }

    /// Its coming at `now`.
    fn happening(&self, layout: &Layout, now: WallTime, state: Option<EventState>) -> Option<Happening> {
        let Some(table) = &self.table else {
            let (report, own) = self.report(now);
            return Some(Happening::Event { report, state: state.unwrap_or(own) });
        };
        let spec = layout.table(table)?;
        let values: Vec<Value> = spec.columns.iter().map(|column| self.value(&column.name)).collect();
        let columns = spec.columns.iter().map(|column| Arc::from(column.name.as_str())).collect();
        let key = spec.key.iter().map(|name| self.text(name)).collect::<Vec<_>>().join(" / ");
        Some(Happening::Row { table: table.clone(), key, columns, values })
    }

    fn value(&self, name: &str) -> Value {
        match self.members.get(name) {
            None | Some(Member::Nothing) => Value::Null,
            Some(Member::Flag(flag)) => Value::Flag(*flag),
            Some(Member::Integer(number)) => Value::Integer(*number),
            Some(Member::Real(number)) => Real::new(*number).map_or(Value::Null, Value::Real),
            Some(Member::Text(text)) => Value::Text(text.as_str().into()),
            Some(Member::Time(time)) => Value::Time(*time),
        }
    }

    fn report(&self, now: WallTime) -> (EventReport, EventState) {
        let number = |name: &str| self.members.get(name).and_then(Member::as_number);
        let seconds = |name: &str| (number(name).unwrap_or(0.0) * 1e9) as i64;
        let lon_lat = number("lon").zip(number("lat")).map(|(lon, lat)| [lon, lat]);
        let state = EventState::by_name(&self.text("state")).unwrap_or(EventState::Reported);
        let report = EventReport {
            id: format!("sample-{}", self.number),
            network: self.text("network"),
            domain: self.text("domain"),
            place: self.text("place"),
            lon_lat,
            kind: self.text("kind"),
            severity: number("severity").map_or(3, |severity| severity.clamp(1.0, 5.0) as u8),
            title: self.text("title"),
            title_en: self.text("title_en"),
            photo: String::new(),
            reported: now.offset(-seconds("age_s")),
            due: now.offset(seconds("due_in_s")),
        };
        (report, state)
    }
}

fn event_members(layout: &Layout, rule: &Rule, now: WallTime) -> Members {
    let settings = layout.events();
    let first = |names: &[layouts::Words]| names.first().map(|name| name.zh.clone()).unwrap_or_default();
    let (network, domain) = (first(&settings.networks), first(&settings.domains));
    let place = layout.sources().find_map(|source| source.position.as_ref());
    let event = EventView {
        id: "sample",
        state: EventState::Reported,
        network: &network,
        domain: &domain,
        place: "",
        kind: "",
        severity: 3,
        title: &rule.name.zh,
        title_en: &rule.name.en,
        lon_lat: Some(place.map_or([116.4, 39.9], |place| place.map(Real::get))),
        reported: now,
        due: now + settings.due,
    };
    event.members(now)
}

fn row_members(spec: &TableSpec, now: WallTime) -> Members {
    let value = |kind: &ColumnKind| match kind {
        ColumnKind::Flag => Member::Flag(false),
        ColumnKind::Integer => Member::Integer(0),
        ColumnKind::Real => Member::Real(0.0),
        ColumnKind::Text => Member::Text(String::new()),
        ColumnKind::Time => Member::Time(now),
    };
    spec.columns.iter().map(|column| (column.name.clone(), value(&column.kind))).collect()
}

impl Rehearsal {
    /// One in which a sample of `rule` comes after five seconds.
    pub fn of(layout: &Layout, rule: &Rule, begin: WallTime, begins: Vec<Begins>) -> Self {
        let at = Duration::from_secs(5);
        let sample = Sample::of(layout, rule, 1, begin + at);
        Self { begin, begins, acts: vec![(at, Act::Comes(sample))] }
    }

    /// A number that no sample has.
    pub fn free_number(&self) -> u32 {
        self.samples().map(|sample| sample.number).max().unwrap_or(0) + 1
    }

    /// The samples, in the order in which they were added.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.acts.iter().filter_map(|(_, act)| match act {
            Act::Comes(sample) => Some(sample),
            Act::Becomes(..) | Act::Acknowledge => None,
        })
    }

    /// Plays it through.
    pub fn run(&self, layout: &Arc<Layout>) -> Run {
        let begins = self.begins.iter().map(|begins| {
            let what = match begins {
                Begins::Scene(scene) => Happening::Scene(scene.clone()),
                Begins::Tour(tour) => Happening::Tour(tour.clone()),
            };
            Cue { at: Duration::ZERO, what }
        });
        let mut came: BTreeMap<u32, (Duration, &Sample)> = BTreeMap::new();
        for (at, act) in &self.acts {
            if let Act::Comes(sample) = act {
                came.insert(sample.number, (*at, sample));
            }
        }
        let cue = |(at, act): &(Duration, Act)| {
            let what = match act {
                Act::Comes(sample) => sample.happening(layout, self.begin + *at, None)?,
                // It is the event that came, so it is as old as it has become.
                Act::Becomes(number, state) => {
                    let (came, sample) = came.get(number)?;
                    sample.happening(layout, self.begin + *came, Some(*state))?
                }
                Act::Acknowledge => Happening::Acknowledge,
            };
            Some(Cue { at: *at, what })
        };
        let mut cues: Vec<Cue> = begins.chain(self.acts.iter().filter_map(cue)).collect();
        cues.sort_by_key(|cue| cue.at);
        let script = Script { begin: self.begin, warm_up: Duration::ZERO, cues, length: REHEARSAL_MAX };
        Run::play(layout, &script).trimmed(AFTER)
    }
}
