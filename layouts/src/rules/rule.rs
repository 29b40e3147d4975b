//! What a hall document says about acting by itself: rules, schedules, tours, quiet times.

use super::calendar::{Cron, DAY_MINUTES, Day, Hours, local_minute, minute_start};
use super::expression::Expression;
use super::member::{Member, Members};
use super::template::Template;
use crate::layout::Words;
use crate::plan::Rgba;
use media::{
    CredentialId, MqttVersion, RuleId, SceneId, ScheduleId, SourceId, TableId, TourId, WallId, WallTime,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// What makes a rule act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// A row of this table for which the condition has become true.
    Row {
        /// Which table.
        table: TableId,
        /// Over `row`.
        condition: Expression,
    },
    /// An event for which the condition has become true.
    Event {
        /// Over `event`.
        condition: Expression,
    },
}

/// What ends an alarm before its time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// The newest state of the event or row fulfils this.
    Condition(Expression),
    /// Somebody acknowledges it.
    Acknowledged,
}

/// At most so many alarms of a rule in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AtMost {
    /// How many, at least one.
    pub count: u32,
    /// In which time.
    pub per: Duration,
}

/// An HTTP server that is told of an alarm by POST.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Webhook {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Path with its leading slash.
    pub path: String,
    /// TLS around the connection.
    pub tls: bool,
    /// User and password (basic), or a password alone as the bearer token.
    pub credential: Option<CredentialId>,
}

/// A topic of a broker that is told of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MqttTopic {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// TLS around the connection.
    pub tls: bool,
    /// Which MQTT.
    pub version: MqttVersion,
    /// The topic, without wildcards.
    pub topic: String,
    /// User and password.
    pub credential: Option<CredentialId>,
}

/// Which source a slot is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filling {
    /// This one.
    Source(SourceId),
    /// The one whose id the expression gives.
    Given(Expression),
}

/// One thing that a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Recalls a scene on its wall.
    Scene(SceneId),
    /// Puts a source into a slot.
    Fill {
        /// The slot.
        slot: String,
        /// What is put there.
        filling: Filling,
    },
    /// Puts the cameras nearest to the event or row into slots, the nearest one first.
    Nearest {
        /// The slots.
        slots: Vec<String>,
        /// No camera farther away than this, in metres.
        within_m: Option<u32>,
    },
    /// Words across the wall.
    Banner {
        /// The words.
        words: Template,
        /// Their colour.
        color: Rgba,
    },
    /// Plays a file of the media folder, once.
    Sound(String),
    /// Says words, once.
    Voice(Template),
    /// Tells an HTTP server.
    Webhook(Webhook),
    /// Tells a broker.
    Mqtt(MqttTopic),
}

impl Action {
    /// Whether it changes a wall's picture, and so has to be taken back.
    pub fn is_picture(&self) -> bool {
        match self {
            Self::Scene(_) | Self::Fill { .. } | Self::Nearest { .. } | Self::Banner { .. } => true,
            Self::Sound(_) | Self::Voice(_) | Self::Webhook(_) | Self::Mqtt(_) => false,
        }
    }
}

/// What is done when something happens, and how long it stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id, unique in the hall.
    pub id: RuleId,
    /// Its name for people.
    pub name: Words,
    /// What makes it act.
    pub when: When,
    /// For how long that must have been so without interruption.
    pub debounce: Duration,
    /// The walls whose picture it changes, in document order; empty when it changes none.
    pub walls: Vec<WallId>,
    /// What it does, in order.
    pub actions: Vec<Action>,
    /// How long its picture stays at most; `None` for no limit.
    pub hold: Option<Duration>,
    /// What ends it earlier.
    pub until: Option<Until>,
    /// −100 to 100; of two alarms the one with the higher number is seen, of equal ones the newer.
    pub priority: i8,
    /// How often it acts at most.
    pub at_most: Option<AtMost>,
    /// For how long after the end of an alarm the same event or row raises none.
    pub cooldown: Duration,
    /// Whether acknowledging ends it.
    pub acknowledge: bool,
    /// When it does not act.
    pub quiet: Vec<Hours>,
    /// Whether it acts at all.
    pub enabled: bool,
}

impl Rule {
    /// Whether it changes a picture, and so makes an alarm that lasts.
    pub fn has_picture(&self) -> bool {
        self.actions.iter().any(Action::is_picture)
    }

    /// Every credential that its actions need.
    pub fn credentials(&self) -> impl Iterator<Item = &CredentialId> {
        self.actions.iter().filter_map(|action| match action {
            Action::Webhook(webhook) => webhook.credential.as_ref(),
            Action::Mqtt(topic) => topic.credential.as_ref(),
            _ => None,
        })
    }
}

/// What does not raise alarms for a time. Whatever it names must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quiet {
    /// Alarms of this rule.
    pub rule: Option<RuleId>,
    /// Events and rows whose `place` this is or lies in.
    pub place: Option<String>,
    /// Those of this `kind`.
    pub kind: Option<String>,
    /// Those of this `network`.
    pub network: Option<String>,
    /// Those of this `domain`.
    pub domain: Option<String>,
    /// Those whose `source` this is (a row's column).
    pub source: Option<String>,
    /// From when on; `None` for always.
    pub begins: Option<WallTime>,
    /// Until when; `None` for ever.
    pub ends: Option<WallTime>,
    /// At which hours of which days; `None` for all of them.
    pub hours: Option<Hours>,
}

impl Quiet {
    /// Whether it keeps `rule` from acting on `members` at `wall`, in the local minute `minute`.
    pub fn covers(&self, rule: &RuleId, members: &Members, wall: WallTime, minute: i64) -> bool {
        let Self { rule: only, place, kind, network, domain, source, begins, ends, hours } = self;
        let text = |name: &str| members.get(name).and_then(Member::as_text);
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| text(name) == Some(wanted.as_str()))
        };
        let inside = |wanted: &String| {
            let rest = text("place").and_then(|place| place.strip_prefix(wanted.as_str()));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        only.as_ref().is_none_or(|only| only == rule)
            && place.as_ref().is_none_or(inside)
            && is(kind, "kind")
            && is(network, "network")
            && is(domain, "domain")
            && is(source, "source")
            && begins.is_none_or(|begins| wall >= begins)
            && ends.is_none_or(|ends| wall < ends)
            && hours.is_none_or(|hours| hours.hold(minute))
    }
}

/// On which days a schedule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Days {
    /// On all.
    #[default]
    All,
    /// Not on holidays.
    ExceptHolidays,
    /// On holidays only.
    OnlyHolidays,
}

/// What a schedule puts on its wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheduled {
    /// A scene, until something else is chosen.
    Scene(SceneId),
    /// A tour, which begins or goes on.
    Tour(TourId),
}

/// What goes on a wall at certain times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its id, unique among the schedules.
    pub id: ScheduleId,
    /// When.
    pub cron: Cron,
    /// On which days.
    pub days: Days,
    /// What.
    pub what: Scheduled,
}

/// Scenes of one wall, shown one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tour {
    /// Its id, unique among the tours.
    pub id: TourId,
    /// Its name for people.
    pub name: Words,
    /// Its wall.
    pub wall: WallId,
    /// Its scenes and how long each stays, at least one; each at least a second.
    pub stops: Vec<(SceneId, Duration)>,
    /// Whether the wall begins with it.
    pub start: bool,
    /// So long after another scene was chosen it goes on by itself; `None` for never.
    pub back_after: Option<Duration>,
}

impl RuleSet {
    /// Every credential that some rule needs.
    pub fn credentials(&self) -> impl Iterator<Item = &CredentialId> {
        self.rules.iter().flat_map(Rule::credentials)
    }
}

impl RuleSet {
    /// When a schedule acts next after `now`, in a hall whose time is UTC plus `utc_offset_s`; `None` where none of its next thousand
    /// times lies on a day that counts.
    pub fn next_of(&self, schedule: &Schedule, now: WallTime, utc_offset_s: i32) -> Option<WallTime> {
        let mut minute = local_minute(now, utc_offset_s);
        for _ in 0..1000 {
            minute = schedule.cron.next_after(minute)?;
            let holiday = self.holidays.contains(&Day(minute.div_euclid(DAY_MINUTES)));
            let counts = match schedule.days {
                Days::All => true,
                Days::ExceptHolidays => !holiday,
                Days::OnlyHolidays => holiday,
            };
            if counts {
                return Some(minute_start(minute, utc_offset_s));
            }
        }
        None
    }
}

/// All that a hall does by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleSet {
    /// Rules, in document order.
    pub rules: Vec<Rule>,
    /// Schedules, in document order.
    pub schedules: Vec<Schedule>,
    /// Tours, in document order.
    pub tours: Vec<Tour>,
    /// Holidays.
    pub holidays: BTreeSet<Day>,
    /// What raises no alarms.
    pub quiet: Vec<Quiet>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_says_when_it_acts_next_and_minds_holidays() {
        const DAY_NS: i64 = 86_400_000_000_000;
        let schedule = |days| Schedule {
            id: ScheduleId::new("morning").unwrap(),
            cron: Cron::parse("0 8 * * *").unwrap(),
            days,
            what: Scheduled::Scene(SceneId::new("day").unwrap()),
        };
        // Eight in the morning, eight hours east of Greenwich, is midnight there.
        let next = |set: &RuleSet, days| set.next_of(&schedule(days), WallTime(0), 8 * 3600);
        let mut set = RuleSet::default();
        assert_eq!(next(&set, Days::All), Some(WallTime(DAY_NS)));
        assert_eq!(next(&set, Days::OnlyHolidays), None);
        set.holidays.extend([Day(1), Day(5)]);
        assert_eq!(next(&set, Days::ExceptHolidays), Some(WallTime(2 * DAY_NS)));
        assert_eq!(next(&set, Days::OnlyHolidays), Some(WallTime(DAY_NS)));
        assert_eq!(
            set.next_of(&schedule(Days::OnlyHolidays), WallTime(DAY_NS), 8 * 3600),
            Some(WallTime(5 * DAY_NS))
        );
    }
}
