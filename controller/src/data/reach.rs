//! Which walls, scenes and sources the rules, schedules and tours act on, and so who sees them and who may change them.

use crate::api::{Principal, Refusal};
use controller_identity::Act;
use layouts::Layout;
use layouts::rules::{Action, Filling, Scheduled, Why};
use media::{RuleId, SceneId, ScheduleId, SourceId, TourId, WallId};

/// What something acts on that the hall does by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Whose picture it changes.
    walls: Vec<WallId>,
    /// What it puts there.
    scenes: Vec<SceneId>,
    sources: Vec<SourceId>,
}

impl Reach {
    /// That of a rule; `None` where there is no such rule. Cameras that it chooses only when it acts are not known before.
    pub(super) fn of_rule(layout: &Layout, id: &RuleId) -> Option<Self> {
        let rule = layout.rules().rules.iter().find(|rule| rule.id == *id)?;
        let mut reach = Self { walls: rule.walls.clone(), ..Self::default() };
        for action in &rule.actions {
            match action {
                Action::Scene(scene) => reach.scenes.push(scene.clone()),
                Action::Fill { filling: Filling::Source(source), .. } => reach.sources.push(source.clone()),
                _ => {}
            }
        }
        Some(reach)
    }

    /// That of a tour; `None` where there is no such tour.
    pub(super) fn of_tour(layout: &Layout, id: &TourId) -> Option<Self> {
        let tour = layout.rules().tours.iter().find(|tour| tour.id == *id)?;
        let scenes = tour.stops.iter().map(|(scene, _)| scene.clone()).collect();
        Some(Self { walls: vec![tour.wall.clone()], scenes, sources: Vec::new() })
    }

    /// That of a schedule; `None` where there is no such schedule.
    pub(super) fn of_schedule(layout: &Layout, id: &ScheduleId) -> Option<Self> {
        let schedule = layout.rules().schedules.iter().find(|schedule| schedule.id == *id)?;
        match &schedule.what {
            Scheduled::Tour(tour) => Self::of_tour(layout, tour),
            Scheduled::Scene(id) => {
                let walls = vec![layout.scene(id)?.wall.clone()];
                Some(Self { walls, scenes: vec![id.clone()], sources: Vec::new() })
            }
        }
    }

    /// Refuses whoever may not operate on all the walls, or not see all that is put there. It is what would be asked of him if he did the
    /// same by hand.
    pub(super) fn must_operate(&self, principal: &Principal, layout: &Layout) -> Result<(), Refusal> {
        for wall in &self.walls {
            principal.must(Act::Operate, wall.as_str())?;
        }
        let covered = self.scenes.iter().all(|scene| principal.sees_scene(layout, scene))
            && self.sources.iter().all(|source| principal.sees_source(layout, source));
        if covered { Ok(()) } else { Err(Refusal::may_not()) }
    }
}

/// Whether a wall may be looked at.
pub(super) fn sees_wall(principal: &Principal, wall: &WallId) -> bool {
    principal.rights.may(Act::Look, Some(wall.as_str()), None)
}

/// Whether one of the walls on which something acts may be looked at; what acts on none is for everybody who has the role.
pub(super) fn sees_one(principal: &Principal, walls: &[WallId]) -> bool {
    walls.is_empty() || walls.iter().any(|wall| sees_wall(principal, wall))
}

/// Whether a line of the log is about a wall that may be looked at, and names no source that may not be seen.
pub(super) fn sees_line(principal: &Principal, layout: &Layout, line: &Why) -> bool {
    let sees = match (&line.wall, &line.rule) {
        (Some(wall), _) => sees_wall(principal, wall),
        (None, Some(rule)) => match Reach::of_rule(layout, rule) {
            Some(reach) => sees_one(principal, &reach.walls),
            // Of a rule that the document no longer has nobody knows the walls.
            None => layout.walls().iter().all(|wall| sees_wall(principal, &wall.id)),
        },
        (None, None) => true,
    };
    sees && line.sources.iter().all(|source| principal.sees_source(layout, source))
}
