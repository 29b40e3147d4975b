//! What can be done with tours, schedules and rules, each as one step of the history.

use crate::gesture::step;
use crate::session::Session;
use layouts::rules::{Days, Schedule, Scheduled, Tour};
use layouts_edit::{EditError, RuleEdit, ScheduleEdit, TextEdit, TourEdit};
use media::{RuleId, SceneId, ScheduleId, TourId};
use std::time::Duration;

/// How long a stop of a tour stays at least and at most, as the document takes it.
pub const DWELL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(86_400));
/// How long a new stop stays.
const DWELL_NEW_MS: u32 = 20_000;
/// When a new schedule acts: every day at eight.
const CRON_NEW: &str = "0 8 * * *";
/// Most tours or schedules whose names differ in a number alone.
const NAMES_MAX: usize = 1000;

impl Session {
    /// A tour of the document.
    pub fn tour(&self, id: &TourId) -> Option<&Tour> {
        self.layout().rules().tours.iter().find(|tour| tour.id == *id)
    }

    fn tour_act(
        &mut self,
        zh: &str,
        en: &str,
        edit: TourEdit,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        self.act(step(zh, en), &[TextEdit::Tour(edit)], gesture)
    }

    /// A tour of the scenes of the open scene's wall, 20 s each, behind the last one; gives its id. Nothing where there is no scene.
    pub fn add_tour(&mut self) -> Result<Option<TourId>, EditError> {
        let Some(wall) = self.wall().map(|wall| wall.id.clone()) else { return Ok(None) };
        let scenes = self.layout().scenes_of(&wall).take(6);
        let stops: Vec<(SceneId, u32)> = scenes.map(|scene| (scene.id.clone(), DWELL_NEW_MS)).collect();
        let taken = |id: &TourId| self.tour(id).is_some();
        let free = (1..NAMES_MAX).filter_map(|number| TourId::new(&format!("tour-{number}")).ok());
        let Some(tour) = free.into_iter().find(|id| !taken(id)).filter(|_| !stops.is_empty()) else {
            return Ok(None);
        };
        let number = tour.as_str().trim_start_matches("tour-").to_owned();
        let name = (format!("轮巡 {number}"), format!("Tour {number}"));
        self.tour_act("新建轮巡", "New tour", TourEdit::Add { tour: tour.clone(), wall, name, stops }, None)?;
        Ok(Some(tour))
    }

    /// Takes a tour away.
    pub fn remove_tour(&mut self, tour: &TourId) -> Result<(), EditError> {
        self.tour_act("删除轮巡", "Delete tour", TourEdit::Remove(tour.clone()), None)
    }

    /// Calls a tour otherwise.
    pub fn rename_tour(&mut self, tour: &TourId, name: (String, String)) -> Result<(), EditError> {
        self.tour_act("重命名轮巡", "Rename tour", TourEdit::Rename(tour.clone(), name), None)
    }

    /// Gives a stop a time, to the second and within [`DWELL`].
    pub fn set_dwell(
        &mut self,
        tour: &TourId,
        stop: usize,
        dwell: Duration,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let seconds = dwell.saturating_add(Duration::from_millis(500)).as_secs();
        let seconds = seconds.clamp(DWELL.0.as_secs(), DWELL.1.as_secs());
        let dwell_ms = u32::try_from(seconds * 1000).unwrap_or(u32::MAX);
        let edit = TourEdit::Dwell { tour: tour.clone(), stop, dwell_ms };
        self.tour_act("改变停留时间", "Change how long a stop stays", edit, gesture)
    }

    /// Shows another scene at a stop.
    pub fn set_stop_scene(&mut self, tour: &TourId, stop: usize, scene: &SceneId) -> Result<(), EditError> {
        let edit = TourEdit::Scene { tour: tour.clone(), stop, scene: scene.clone() };
        self.tour_act("换轮巡场景", "Change a stop's scene", edit, None)
    }

    /// Puts a stop in front of another one, or behind the last.
    pub fn insert_stop(&mut self, tour: &TourId, stop: usize, scene: &SceneId) -> Result<(), EditError> {
        let (tour, scene) = (tour.clone(), scene.clone());
        let edit = TourEdit::Insert { tour, stop, scene, dwell_ms: DWELL_NEW_MS };
        self.tour_act("添加轮巡场景", "Add a stop", edit, None)
    }

    /// Takes a stop away; the last one stays, for a tour has at least one.
    pub fn remove_stop(&mut self, tour: &TourId, stop: usize) -> Result<(), EditError> {
        self.tour_act("移除轮巡场景", "Remove a stop", TourEdit::Drop { tour: tour.clone(), stop }, None)
    }

    /// Puts a stop elsewhere among the others.
    pub fn move_stop(
        &mut self,
        tour: &TourId,
        stop: usize,
        to: usize,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let edit = TourEdit::Move { tour: tour.clone(), stop, to };
        self.tour_act("调整轮巡顺序", "Reorder stops", edit, gesture)
    }

    /// Whether the wall begins with a tour.
    pub fn set_tour_start(&mut self, tour: &TourId, start: bool) -> Result<(), EditError> {
        let mut edits = vec![TextEdit::Tour(TourEdit::Start(tour.clone(), start))];
        if let Some(own) = self.tour(tour).filter(|_| start) {
            // A wall begins with one tour only.
            let others = self.layout().rules().tours.iter();
            let others = others.filter(|other| other.wall == own.wall && other.id != *tour && other.start);
            edits.splice(0..0, others.map(|other| TextEdit::Tour(TourEdit::Start(other.id.clone(), false))));
        }
        self.act(step("墙是否从轮巡开始", "Whether the wall begins with a tour"), &edits, None)
    }

    /// After how many seconds a tour takes its wall back; `None` for never.
    pub fn set_back_after(
        &mut self,
        tour: &TourId,
        seconds: Option<u32>,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let edit = TourEdit::BackAfter(tour.clone(), seconds.map(|seconds| seconds.saturating_mul(1000)));
        self.tour_act("改变接回时间", "Change when a tour takes the wall back", edit, gesture)
    }

    /// A schedule of the document.
    pub fn schedule(&self, id: &ScheduleId) -> Option<&Schedule> {
        self.layout().rules().schedules.iter().find(|schedule| schedule.id == *id)
    }

    fn schedule_act(&mut self, zh: &str, en: &str, edit: ScheduleEdit) -> Result<(), EditError> {
        self.act(step(zh, en), &[TextEdit::Schedule(edit)], None)
    }

    /// A schedule for the open scene, every day at eight, behind the last one; gives its id. Nothing where there is no scene.
    pub fn add_schedule(&mut self) -> Result<Option<ScheduleId>, EditError> {
        let Some(scene) = self.scene().map(|scene| scene.id.clone()) else { return Ok(None) };
        let free = (1..NAMES_MAX).filter_map(|number| ScheduleId::new(&format!("schedule-{number}")).ok());
        let Some(schedule) = free.into_iter().find(|id| self.schedule(id).is_none()) else { return Ok(None) };
        let (cron, what) = (CRON_NEW.to_owned(), Scheduled::Scene(scene));
        let edit = ScheduleEdit::Add { schedule: schedule.clone(), cron, what };
        self.schedule_act("新建日程", "New schedule", edit)?;
        Ok(Some(schedule))
    }

    /// Takes a schedule away.
    pub fn remove_schedule(&mut self, schedule: &ScheduleId) -> Result<(), EditError> {
        self.schedule_act("删除日程", "Delete schedule", ScheduleEdit::Remove(schedule.clone()))
    }

    /// Has a schedule come at other times.
    pub fn set_cron(&mut self, schedule: &ScheduleId, cron: &str) -> Result<(), EditError> {
        let edit = ScheduleEdit::Cron(schedule.clone(), cron.trim().to_owned());
        self.schedule_act("改变日程时间", "Change when a schedule acts", edit)
    }

    /// Has a schedule put something else on its wall.
    pub fn set_scheduled(&mut self, schedule: &ScheduleId, what: Scheduled) -> Result<(), EditError> {
        let edit = ScheduleEdit::What(schedule.clone(), what);
        self.schedule_act("改变日程内容", "Change what a schedule shows", edit)
    }

    /// Has a schedule count on other days.
    pub fn set_days(&mut self, schedule: &ScheduleId, days: Days) -> Result<(), EditError> {
        let edit = ScheduleEdit::Days(schedule.clone(), days);
        self.schedule_act("改变日程的日子", "Change a schedule's days", edit)
    }

    fn rule_act(
        &mut self,
        zh: &str,
        en: &str,
        edit: RuleEdit,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        self.act(step(zh, en), &[TextEdit::Rule(edit)], gesture)
    }

    /// Lays a rule's alarms over others or under them, −100 to 100.
    pub fn set_priority(
        &mut self,
        rule: &RuleId,
        priority: i8,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let edit = RuleEdit::Priority(rule.clone(), priority.clamp(-100, 100));
        self.rule_act("改变规则优先级", "Change a rule's priority", edit, gesture)
    }

    /// How many seconds a rule's picture stays at most; `None` for no limit.
    pub fn set_hold(
        &mut self,
        rule: &RuleId,
        seconds: Option<u32>,
        gesture: Option<u64>,
    ) -> Result<(), EditError> {
        let edit = RuleEdit::Hold(rule.clone(), seconds.map(|seconds| seconds.clamp(1, 604_800) * 1000));
        self.rule_act("改变规则保持时间", "Change how long a rule holds", edit, gesture)
    }

    /// Shows another scene by a rule.
    pub fn set_rule_scene(&mut self, rule: &RuleId, scene: &SceneId) -> Result<(), EditError> {
        let edit = RuleEdit::Scene(rule.clone(), scene.clone());
        self.rule_act("换规则场景", "Change a rule's scene", edit, None)
    }

    /// Has a rule act, or rest.
    pub fn set_rule_enabled(&mut self, rule: &RuleId, enabled: bool) -> Result<(), EditError> {
        let (zh, en) =
            if enabled { ("启用规则", "Enable rule") } else { ("停用规则", "Disable rule") };
        self.rule_act(zh, en, RuleEdit::Enabled(rule.clone(), enabled), None)
    }
}
