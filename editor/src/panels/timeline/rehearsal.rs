//! A rehearsal: what happens when, which alarms come of it, what the wall shows and when it returns.

use super::{LANE, axis, block, day, lane_name, log};
use crate::app::Editor;
use crate::fields::number;
use crate::panels::{choose, clock, teach, title};
use crate::style::Tokens;
use crate::time::Mode;
use crate::words::{Language, Word};
use axis::Axis;
use editor_model::{Act, Begins, Lane, REHEARSAL_MAX, Rehearsal, Run, Sample};
use egui::{Id, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use layouts::Layout;
use layouts::rules::Rule;
use media::{EVENT_STATES, EventState, RuleId};
use std::time::Duration;

/// How high the lane of an alarm is.
const ALARM: f32 = 26.0;

/// Buttons that have something happen at the playhead.
pub(super) fn header(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some(mut rehearsal) = editor.time.rehearsal.clone() else { return };
    let layout = editor.session.document().layout().clone();
    let at = editor.time.head();
    let before = rehearsal.acts.len();
    ui.menu_button(Word::AddAlarm.get(language), |ui| {
        for rule in &layout.rules().rules {
            if ui.button(rule.name.get(language)).clicked() {
                let number = rehearsal.free_number();
                let sample = Sample::of(&layout, rule, number, rehearsal.begin + at);
                rehearsal.acts.push((at, Act::Comes(sample)));
                ui.close();
            }
        }
    });
    let event =
        rehearsal.samples().filter(|sample| sample.table.is_none()).map(|sample| sample.number).last();
    if let Some(number) = event {
        ui.menu_button(Word::AddState.get(language), |ui| {
            for state in EVENT_STATES {
                if ui.button(state_words(state, language)).clicked() {
                    rehearsal.acts.push((at, Act::Becomes(number, state)));
                    ui.close();
                }
            }
        });
    }
    if ui.button(Word::ActAcknowledge.get(language)).clicked() {
        rehearsal.acts.push((at, Act::Acknowledge));
    }
    if rehearsal.acts.len() > before {
        editor.time.act = Some(before);
        editor.time.rehearsal = Some(rehearsal);
    }
}

/// A state as people say it.
fn state_words(state: EventState, language: Language) -> &'static str {
    let (zh, en) = match state {
        EventState::Reported => ("已上报", "reported"),
        EventState::Verified => ("已核实", "verified"),
        EventState::Dispatched => ("已派遣", "dispatched"),
        EventState::Handled => ("已处置", "handled"),
        EventState::Closed => ("已结案", "closed"),
    };
    if language == Language::Chinese { zh } else { en }
}

fn rule_name(layout: &Layout, rule: &RuleId, language: Language) -> String {
    let known = layout.rules().rules.iter().find(|known| known.id == *rule);
    known.map_or_else(|| rule.to_string(), |rule| rule.name.get(language).to_owned())
}

/// Shows the lanes, and below them what is selected and what happens.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let (Some(run), Some(wall)) = (editor.played(), editor.time_wall()) else {
        return teach(ui, Word::NothingRehearsed.get(language));
    };
    let layout = editor.session.document().layout().clone();
    let lanes = run.lanes(&wall);
    outcome(ui, &run, &lanes, language);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.vertical(|ui| {
            ui.add_space(26.0);
            lane_name(ui, Word::RehearsalAct.get(language), false, ALARM);
            lane_name(ui, Word::WallShows.get(language), false, LANE);
            for lane in &lanes {
                lane_name(ui, lane.alarm.name.get(language), false, ALARM);
            }
        });
        let room = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), LANE * 4.0));
        let width = axis::zoomed(editor, ui, room);
        ScrollArea::horizontal().id_salt("rehearsal").auto_shrink([false, true]).show(ui, |ui| {
            ui.vertical(|ui| {
                let top = ui.cursor().top();
                let length = editor.time.held.map_or(run.length(), |(_, length)| length);
                let axis = axis::ruler(editor, ui, width, length, None);
                let lane = axis.lane(ui, ALARM);
                acts(editor, ui, &layout, &axis, lane);
                let lane = axis.lane(ui, LANE);
                day::shots(ui, &run, &wall, run.layout(), &axis, lane, language);
                for alarm in &lanes {
                    let lane = axis.lane(ui, ALARM);
                    alarm_lane(ui, alarm, &axis, lane, language);
                }
                axis::playhead(editor, ui, &axis, egui::Rangef::new(top, ui.cursor().top() - 4.0));
            });
        });
    });
    ui.add_space(4.0);
    ui.columns(2, |columns| {
        about(editor, &mut columns[0], &layout);
        log::show(editor, &mut columns[1], &run);
    });
}

/// When the wall is as it was, in one line.
fn outcome(ui: &mut Ui, run: &Run, lanes: &[Lane], language: Language) {
    let tokens = Tokens::here(ui);
    if !run.alarms(run.length()).is_empty() {
        ui.colored_label(tokens.warn, Word::StillDue.get(language));
    } else if let Some(end) = lanes.iter().filter_map(|lane| lane.parts.last()).map(|(_, end, _)| *end).max()
    {
        let words = format!("{} {}", Word::ReturnsAt.get(language), clock(end));
        ui.colored_label(tokens.ok, words);
    }
}

fn alarm_lane(ui: &Ui, lane: &Lane, axis: &Axis, place: Rect, language: Language) {
    let tokens = Tokens::here(ui);
    for (number, (from, to, seen)) in lane.parts.iter().enumerate() {
        let rect = axis.stretch(place, *from, *to);
        let (fill, edge) = match seen {
            true => (tokens.warn.gamma_multiply(0.3), tokens.warn),
            false => (tokens.raised, tokens.line),
        };
        let words = if number == 0 { lane.alarm.words.get(language) } else { "" };
        block(ui, rect, words, fill, Stroke::new(1.0, edge), if *seen { tokens.text } else { tokens.muted });
    }
}

fn act_words(act: &Act, layout: &Layout, language: Language) -> String {
    match act {
        Act::Comes(sample) => format!("{} {}", rule_name(layout, &sample.rule, language), sample.number),
        Act::Becomes(number, state) => format!("{number} {}", state_words(*state, language)),
        Act::Acknowledge => Word::ActAcknowledge.get(language).to_owned(),
    }
}

/// What happens, as marks that can be dragged to another time.
fn acts(editor: &mut Editor, ui: &Ui, layout: &Layout, axis: &Axis, lane: Rect) {
    let (tokens, language) = (Tokens::here(ui), editor.preferences.language);
    let Some(rehearsal) = editor.time.rehearsal.clone() else { return };
    ui.painter().hline(lane.x_range(), lane.center().y, Stroke::new(1.0, tokens.line));
    for (number, (at, act)) in rehearsal.acts.iter().enumerate() {
        let center = pos2(axis.x(*at), lane.center().y);
        let rect = Rect::from_center_size(center, vec2(18.0, 20.0));
        let response = ui.interact(rect, Id::unique(("rehearsal act", number)), Sense::click_and_drag());
        let words = format!("{} {}", act_words(act, layout, language), clock(*at));
        let selected = editor.time.act == Some(number);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, &words));
        let color = match act {
            Act::Comes(_) => tokens.warn,
            Act::Becomes(..) => tokens.accent,
            Act::Acknowledge => tokens.ok,
        };
        let size = if selected || response.hovered() { 7.0 } else { 5.5 };
        sign(ui, center, act, size, color);
        if response.clicked() {
            editor.time.act = Some(number);
            editor.scrub(*at);
        }
        if response.drag_started() {
            let length = editor.played().map_or(REHEARSAL_MAX, |run| run.length());
            editor.time.held = Some((0, length));
            editor.time.act = Some(number);
        }
        if response.dragged()
            && let Some(pointer) = response.interact_pointer_pos()
        {
            let at = Duration::from_secs(axis.at(pointer.x).as_secs().min(REHEARSAL_MAX.as_secs()));
            let mut changed = rehearsal.clone();
            changed.acts[number].0 = at;
            editor.time.rehearsal = Some(changed);
        }
        if response.drag_stopped() {
            editor.time.held = None;
        }
        response.on_hover_text(words);
    }
}

/// Each kind of act has a shape of its own, beside its colour.
fn sign(ui: &Ui, at: egui::Pos2, act: &Act, size: f32, color: egui::Color32) {
    let shape = match act {
        Act::Comes(_) => {
            let corners = [(0.0, -size), (size, size * 0.8), (-size, size * 0.8)];
            let corners = corners.map(|(x, y)| at + vec2(x, y)).to_vec();
            egui::Shape::convex_polygon(corners, color, Stroke::NONE)
        }
        Act::Becomes(..) => {
            let square = Rect::from_center_size(at, vec2(size * 1.6, size * 1.6));
            egui::Shape::rect_filled(square, 2.0, color)
        }
        Act::Acknowledge => egui::Shape::circle_filled(at, size, color),
    };
    ui.painter().add(shape);
}

/// What is selected, and how it all begins.
fn about(editor: &mut Editor, ui: &mut Ui, layout: &Layout) {
    let language = editor.preferences.language;
    let Some(mut rehearsal) = editor.time.rehearsal.clone() else { return };
    let before = rehearsal.clone();
    beginning(editor, ui, layout, &mut rehearsal);
    let chosen = editor.time.act.filter(|act| *act < rehearsal.acts.len());
    if let Some(number) = chosen {
        let act = &mut rehearsal.acts[number];
        let kind = match &act.1 {
            Act::Comes(_) => Word::ActComes,
            Act::Becomes(..) => Word::ActBecomes,
            Act::Acknowledge => Word::ActAcknowledge,
        };
        title(ui, &format!("{} · {}", kind.get(language), act_words(&act.1, layout, language)));
        ui.horizontal(|ui| {
            let e3 = i64::try_from(act.0.as_millis()).unwrap_or(0);
            let longest = i64::try_from(REHEARSAL_MAX.as_millis()).unwrap_or(i64::MAX);
            if let Some(e3) = number_field(ui, language, e3, longest) {
                act.0 = Duration::from_millis(u64::try_from(e3).unwrap_or(0));
            }
        });
        match &mut rehearsal.acts[number].1 {
            Act::Comes(sample) => sample_fields(editor, ui, layout, sample),
            Act::Becomes(_, state) => {
                let all = EVENT_STATES.map(|state| (state, state_words(state, language).to_owned()));
                if let Some(new) = choose(ui, "act state", Word::ActBecomes.get(language), state, &all) {
                    *state = new;
                }
            }
            Act::Acknowledge => {}
        }
        // Without a sample there is nothing to play.
        let one = rehearsal.samples().count() == 1 && matches!(rehearsal.acts[number].1, Act::Comes(_));
        if ui.add_enabled(!one, egui::Button::new(Word::RemoveAct.get(language))).clicked() {
            rehearsal.acts.remove(number);
            editor.time.act = None;
        }
    }
    if rehearsal != before {
        editor.time.rehearsal = Some(rehearsal);
    }
}

fn number_field(ui: &mut Ui, language: Language, e3: i64, longest: i64) -> Option<i64> {
    number(ui, Word::ActAt.get(language), e3, 0..=longest)
}

/// What the wall shows first, and at what time of day it is.
fn beginning(editor: &mut Editor, ui: &mut Ui, layout: &Layout, rehearsal: &mut Rehearsal) {
    let language = editor.preferences.language;
    debug_assert_eq!(editor.time.mode, Mode::Rehearsal);
    let Some(wall) = editor.time_wall() else { return };
    let tours = layout.rules().tours.iter().filter(|tour| tour.wall == wall);
    let touring = Word::ModeTours.get(language);
    let tours =
        tours.map(|tour| (Begins::Tour(tour.id.clone()), format!("{touring} · {}", tour.name.get(language))));
    let scenes = layout.scenes_of(&wall);
    let scenes = scenes.map(|scene| (Begins::Scene(scene.id.clone()), scene.name.get(language).to_owned()));
    let all: Vec<(Begins, String)> = tours.chain(scenes).collect();
    let offset_s = layout.hall().utc_offset_s;
    let day = layouts::rules::Day::at(rehearsal.begin, offset_s);
    let minutes = rehearsal.begin.since(day.start(offset_s)).as_secs() / 60;
    let now = format!("{:02}:{:02}", minutes / 60, minutes % 60);
    ui.horizontal(|ui| {
        ui.vertical(|ui| {
            title(ui, Word::BeginsWith.get(language));
            let begins =
                rehearsal.begins.first().cloned().or_else(|| all.first().map(|(one, _)| one.clone()));
            let name = Word::BeginsWith.get(language);
            if let Some(begins) = begins
                && let Some(new) = choose(ui, "begins", name, &begins, &all)
            {
                rehearsal.begins = vec![new];
            }
        });
        let typed = ui.vertical(|ui| {
            ui.set_max_width(90.0);
            editor.fields.line(ui, "time of day", Word::TimeOfDay.get(language), &now)
        });
        typed.response.on_hover_text(Word::TimeOfDayTip.get(language));
        if let Some(minute) = typed.inner.as_deref().and_then(minute_of) {
            rehearsal.begin = day.start(offset_s) + Duration::from_secs(minute * 60);
        }
    });
}

/// `22:30` as a minute of the day.
fn minute_of(text: &str) -> Option<u64> {
    let (hour, minute) = text.trim().split_once([':', '：'])?;
    let (hour, minute): (u64, u64) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// The values of a sample, those that its rule looks at first.
fn sample_fields(editor: &mut Editor, ui: &mut Ui, layout: &Layout, sample: &mut Sample) {
    let language = editor.preferences.language;
    let rule = layout.rules().rules.iter().find(|rule| rule.id == sample.rule);
    let compared = rule.map(Rule::compared).unwrap_or_default();
    if !sample.fulfils(layout) {
        ui.colored_label(Tokens::here(ui).warn, Word::SampleDiffers.get(language));
    }
    let names = sample.fields(layout);
    egui::Grid::new(("sample", sample.number)).num_columns(2).spacing(vec2(8.0, 4.0)).show(ui, |ui| {
        for (number, name) in names.iter().enumerate() {
            let now = sample.text(name);
            let words = layouts::rules::member_words(name, sample.table.is_none());
            let words = words.get(language);
            let words = if compared.contains(name) { format!("{words} *") } else { words.to_owned() };
            let typed = ui.vertical(|ui| {
                ui.set_width((ui.available_width() - 8.0).clamp(80.0, 150.0));
                editor.fields.line(ui, ("sample", sample.number, name), &words, &now)
            });
            if let Some(text) = typed.inner {
                sample.set(name, &text);
            }
            if number % 2 == 1 {
                ui.end_row();
            }
        }
    });
}
