//! A day: when schedules act, and what is on the wall at which hour because of them.

use super::{LANE, axis, block, lane_name, scene_name};
use crate::app::Editor;
use crate::panels::{choose, teach, title, untitled};
use crate::style::Tokens;
use crate::words::{Language, Word};
use axis::Axis;
use editor_model::{Run, Shot};
use egui::{Id, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, vec2};
use layouts::Layout;
use layouts::rules::{Day, Days, Schedule, Scheduled};
use media::{ScheduleId, WallId};
use std::time::Duration;

/// How high the lane of a schedule is.
const MARKS: f32 = 26.0;

/// The day, and buttons for others.
pub(super) fn header(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    for (word, by) in [(Word::DayBefore, -1), (Word::DayAfter, 1)] {
        if by > 0 {
            let (year, month, of_month) = editor.time.day.date();
            ui.label(format!("{year}-{month:02}-{of_month:02} {}", weekday(editor.time.day, language)));
            if editor.session.layout().rules().holidays.contains(&editor.time.day) {
                ui.colored_label(Tokens::here(ui).warn, Word::Holiday.get(language));
            }
        }
        if ui.button(word.get(language)).clicked() {
            editor.time.day = Day(editor.time.day.0 + by);
        }
    }
    if ui.button(Word::NewSchedule.get(language)).clicked() {
        let done = editor.session.add_schedule();
        if let Some(Some(schedule)) = editor.tell(done) {
            editor.time.schedule = Some(schedule);
        }
    }
}

fn weekday(day: Day, language: Language) -> &'static str {
    let names = [
        ("周日", "Sun"),
        ("周一", "Mon"),
        ("周二", "Tue"),
        ("周三", "Wed"),
        ("周四", "Thu"),
        ("周五", "Fri"),
        ("周六", "Sat"),
    ];
    let (zh, en) = names[day.weekday() as usize % 7];
    if language == Language::Chinese { zh } else { en }
}

/// Shows the lanes, and below them the schedule that is selected.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some(run) = editor.played() else { return };
    let Some(wall) = editor.time_wall() else { return };
    let layout = editor.session.document().layout().clone();
    let schedules = layout.rules().schedules.clone();
    let acts = editor.time.acts();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.vertical(|ui| {
            ui.add_space(26.0);
            lane_name(ui, Word::WallShows.get(language), false, LANE);
            for schedule in &schedules {
                let selected = editor.time.schedule.as_ref() == Some(&schedule.id);
                if lane_name(ui, schedule.id.as_str(), selected, MARKS).clicked() {
                    editor.time.schedule = Some(schedule.id.clone());
                }
            }
        });
        let room = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), LANE * 4.0));
        let width = axis::zoomed(editor, ui, room);
        ScrollArea::horizontal().id_salt("day").auto_shrink([false, true]).show(ui, |ui| {
            ui.vertical(|ui| {
                let top = ui.cursor().top();
                let axis = axis::ruler(editor, ui, width, run.length(), Some(Duration::ZERO));
                let lane = axis.lane(ui, LANE);
                shots(ui, &run, &wall, &layout, &axis, lane, language);
                for schedule in &schedules {
                    let lane = axis.lane(ui, MARKS);
                    let times = acts.get(&schedule.id).map_or(&[][..], Vec::as_slice);
                    marks(editor, ui, &schedule.id, times, &axis, lane);
                }
                axis::playhead(editor, ui, &axis, egui::Rangef::new(top, ui.cursor().top() - 4.0));
            });
        });
    });
    if schedules.is_empty() {
        return teach(ui, Word::NoSchedules.get(language));
    }
    let chosen = editor.time.schedule.clone();
    if let Some(schedule) = schedules.iter().find(|schedule| Some(&schedule.id) == chosen.as_ref()) {
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| about(editor, ui, schedule));
    }
}

/// What a wall shows over time: a tour as one stretch, scenes each.
pub(super) fn shots(
    ui: &Ui,
    run: &Run,
    wall: &WallId,
    layout: &Layout,
    axis: &Axis,
    lane: Rect,
    language: Language,
) {
    let tokens = Tokens::here(ui);
    for (shot, end) in stretches(run, wall) {
        let tour = shot.tour.as_ref().and_then(|id| layout.rules().tours.iter().find(|tour| tour.id == *id));
        let (words, fill) = match (tour, shot.alarm) {
            (_, Some(_)) => (scene_name(layout, &shot.base, language), tokens.warn.gamma_multiply(0.24)),
            (Some(tour), None) => (tour.name.get(language).to_owned(), tokens.accent.gamma_multiply(0.2)),
            (None, None) => (scene_name(layout, &shot.base, language), tokens.raised),
        };
        let place = axis.stretch(lane, shot.at, end).shrink2(vec2(1.0, 0.0));
        if !place.intersects(ui.clip_rect()) {
            continue;
        }
        let edge = if shot.alarm.is_some() { tokens.warn } else { tokens.line };
        block(ui, place, &words, fill, Stroke::new(1.0, edge), tokens.text);
    }
}

/// The shots with their ends, those of one tour, and those that differ in words across the wall alone, as one.
fn stretches<'r>(run: &'r Run, wall: &WallId) -> Vec<(&'r Shot, Duration)> {
    let mut all: Vec<(&Shot, Duration)> = Vec::new();
    for shot in run.shots(wall) {
        if let Some((last, end)) = all.last_mut() {
            *end = shot.at;
            let touring = last.tour.is_some() && last.tour == shot.tour;
            if touring || (&last.base, &last.tour, last.alarm) == (&shot.base, &shot.tour, shot.alarm) {
                *end = run.length();
                continue;
            }
        }
        all.push((shot, run.length()));
    }
    all
}

fn marks(editor: &mut Editor, ui: &Ui, schedule: &ScheduleId, times: &[Duration], axis: &Axis, lane: Rect) {
    let tokens = Tokens::here(ui);
    let painter = ui.painter();
    painter.hline(lane.x_range(), lane.center().y, Stroke::new(1.0, tokens.line));
    let selected = editor.time.schedule.as_ref() == Some(schedule);
    for (number, at) in times.iter().enumerate() {
        let place = Rect::from_center_size(egui::pos2(axis.x(*at), lane.center().y), vec2(10.0, 18.0));
        if !place.intersects(ui.clip_rect()) {
            continue;
        }
        // Beyond a few there is no room to take hold of each.
        if times.len() > 48 {
            painter.vline(place.center().x, place.y_range(), Stroke::new(1.0, tokens.accent));
            continue;
        }
        let response = ui.interact(place, Id::unique(("act", schedule.as_str(), number)), Sense::click());
        let minutes = at.as_secs() / 60;
        let words = format!("{schedule} {:02}:{:02}", minutes / 60, minutes % 60);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
        let color = if selected || response.hovered() { tokens.accent } else { tokens.text_2 };
        painter.rect_filled(Rect::from_center_size(place.center(), vec2(4.0, 16.0)), 2.0, color);
        if response.on_hover_text(words).clicked() {
            editor.time.schedule = Some(schedule.clone());
            editor.scrub(*at);
        }
    }
}

fn about(editor: &mut Editor, ui: &mut Ui, schedule: &Schedule) {
    let language = editor.preferences.language;
    let id = &schedule.id;
    let typed = ui.vertical(|ui| {
        ui.set_max_width(260.0);
        let word = Word::Cron.get(language);
        editor.fields.line(ui, ("cron", id.as_str()), word, schedule.cron.text())
    });
    if let Some(cron) = typed.inner {
        let done = editor.session.set_cron(id, &cron);
        editor.tell(done);
    }
    let layout = editor.session.layout();
    let scenes = layout.scenes().iter();
    let scenes =
        scenes.map(|scene| (Scheduled::Scene(scene.id.clone()), scene.name.get(language).to_owned()));
    let tours = layout.rules().tours.iter();
    let touring = Word::ModeTours.get(language);
    let tours = tours
        .map(|tour| (Scheduled::Tour(tour.id.clone()), format!("{touring} · {}", tour.name.get(language))));
    let all: Vec<(Scheduled, String)> = tours.chain(scenes).collect();
    ui.vertical(|ui| {
        title(ui, Word::ScheduleShows.get(language));
        let name = Word::ScheduleShows.get(language);
        if let Some(what) = choose(ui, ("scheduled", id.as_str()), name, &schedule.what, &all) {
            let done = editor.session.set_scheduled(id, what);
            editor.tell(done);
        }
    });
    let days = [
        (Days::All, Word::DaysAll.get(language).to_owned()),
        (Days::ExceptHolidays, Word::DaysExcept.get(language).to_owned()),
        (Days::OnlyHolidays, Word::DaysOnly.get(language).to_owned()),
    ];
    ui.vertical(|ui| {
        title(ui, Word::ScheduleDays.get(language));
        let name = Word::ScheduleDays.get(language);
        if let Some(days) = choose(ui, ("days", id.as_str()), name, &schedule.days, &days) {
            let done = editor.session.set_days(id, days);
            editor.tell(done);
        }
    });
    if untitled(ui, |ui| ui.button(Word::DeleteSchedule.get(language))).clicked() {
        let done = editor.session.remove_schedule(id);
        if editor.tell(done).is_some() {
            editor.time.schedule = None;
        }
    }
}
