//! What the hall does by itself, as a list: `GET /v1/rules`.

use super::DataDesk;
use super::reach::{sees_one, sees_wall};
use super::words::Said;
use crate::api::Principal;
use axum::extract::State;
use axum::{Extension, Json};
use layouts::rules::{Rule, Schedule, Scheduled};
use media::{RuleId, ScheduleId, WallId, WallTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A rule or a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedRule {
    /// Its id; rules and schedules count apart.
    pub rule: String,
    /// `rule` or `schedule`.
    pub kind: String,
    /// Its name; for a schedule what it puts on its wall.
    pub name: Said,
    /// Whether an operator has paused it.
    pub paused: bool,
    /// −100 to 100; 0 for schedules.
    pub priority: i8,
    /// The walls whose picture it changes, as far as who asks may look at them.
    pub walls: Vec<WallId>,
    /// When a schedule acts next; a paused one does not.
    pub next: Option<WallTime>,
}

/// Rules in document order, then schedules: those that act on a wall that may be looked at, and those that act on none.
pub(super) async fn rules(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
) -> Json<Vec<ListedRule>> {
    let set = desk.shared.layout.rules();
    let (paused, resting): (BTreeSet<RuleId>, BTreeSet<ScheduleId>) = desk.shared.rules.look(|engine| {
        (engine.paused_rules().cloned().collect(), engine.paused_schedules().cloned().collect())
    });
    let rules = set.rules.iter().map(|rule| listed(rule, paused.contains(&rule.id)));
    let (now, offset_s) = (desk.shared.now(), desk.shared.layout.hall().utc_offset_s);
    let schedules = set.schedules.iter().map(|schedule| {
        let paused = resting.contains(&schedule.id);
        let next = if paused { None } else { set.next_of(schedule, now, offset_s) };
        scheduled(&desk, schedule, paused, next)
    });
    let lines = rules.chain(schedules).filter(|line| sees_one(&principal, &line.walls));
    let told = |mut line: ListedRule| {
        line.walls.retain(|wall| sees_wall(&principal, wall));
        line
    };
    Json(lines.map(told).collect())
}

fn listed(rule: &Rule, paused: bool) -> ListedRule {
    ListedRule {
        rule: rule.id.to_string(),
        kind: "rule".to_owned(),
        name: (&rule.name).into(),
        paused,
        priority: rule.priority,
        walls: rule.walls.clone(),
        next: None,
    }
}

fn scheduled(desk: &DataDesk, schedule: &Schedule, paused: bool, next: Option<WallTime>) -> ListedRule {
    let layout = &desk.shared.layout;
    let plain = |id: String| Said { zh: id.clone(), en: id };
    let (name, walls) = match &schedule.what {
        Scheduled::Scene(id) => layout.scene(id).map_or_else(
            || (plain(id.to_string()), Vec::new()),
            |scene| (Said::from(&scene.name), vec![scene.wall.clone()]),
        ),
        Scheduled::Tour(id) => layout.rules().tours.iter().find(|tour| tour.id == *id).map_or_else(
            || (plain(id.to_string()), Vec::new()),
            |tour| (Said::from(&tour.name), vec![tour.wall.clone()]),
        ),
    };
    let (rule, kind) = (schedule.id.to_string(), "schedule".to_owned());
    ListedRule { rule, kind, name, paused, priority: 0, walls, next }
}
