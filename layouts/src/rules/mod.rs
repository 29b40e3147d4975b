//! What the hall does by itself: rules, schedules and tours as values, and the engine that is told what happens and says what
//! is to be done. No clock, no socket, no thread: time is an argument.

mod acting;
mod alarm;
mod base;
mod calendar;
mod engine;
mod expression;
mod member;
mod nearest;
mod picture;
mod rule;
mod sample;
mod spoken;
mod state;
mod template;
mod why;

pub use alarm::{ALARMS_MAX, AlarmView, SUBJECTS_MAX};
pub use base::TourView;
pub use calendar::{Cron, Day, Hours};
pub use engine::{Chosen, EFFECTS_MAX, Effect, Engine, LOG_MAX, Notice, Now, Refused};
pub use expression::{EXPRESSION_CHARS_MAX, Expression, ExpressionError, Over, Scope};
pub use member::{EVENT_MEMBERS, EventView, MEMBER_BYTES_MAX, MEMBERS_MAX, Member, Members, RowView};
pub use nearest::distance_m;
pub use picture::Picture;
pub use rule::{
    Action, AtMost, Days, Filling, MqttTopic, Quiet, Rule, RuleSet, Schedule, Scheduled, Tour, Until,
    Webhook, When,
};
pub use spoken::{RuleWords, member_words};
pub use state::EngineState;
pub use template::{Template, TemplateError};
pub use why::{AlarmId, What, Why};

pub(crate) use calendar::{WEEKDAYS, minute_start};
