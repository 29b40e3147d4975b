//! Tours as lanes of stops: their edges can be dragged, they can be put elsewhere, added and taken away; scenes are dropped on them.

use super::{LANE, axis, block, lane_name, scene_name};
use crate::app::Editor;
use crate::compose::Small;
use crate::fields::number;
use crate::panels::{choose, field_gesture, teach, title, untitled};
use crate::style::Tokens;
use crate::words::{Language, Word};
use axis::Axis;
use egui::{Color32, CursorIcon, Id, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use layouts::rules::Tour;
use media::{SceneId, TourId};
use std::time::Duration;

/// How wide the edge of a stop is where it can be taken hold of.
const EDGE: f32 = 8.0;

/// Buttons beside the modes.
pub(super) fn header(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    if ui.button(Word::NewTour.get(language)).clicked() {
        let done = editor.session.add_tour();
        if let Some(Some(tour)) = editor.tell(done) {
            select(editor, &tour, Some(0));
        }
    }
}

fn select(editor: &mut Editor, tour: &TourId, stop: Option<usize>) {
    if editor.time.tour.as_ref() != Some(tour) {
        editor.time.leave();
    }
    (editor.time.tour, editor.time.stop) = (Some(tour.clone()), stop);
}

/// Shows the lanes, and below them what is selected.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let tours = editor.session.layout().rules().tours.clone();
    if tours.is_empty() {
        return teach(ui, Word::NoTours.get(language));
    }
    let wall = editor.session.wall().map(|wall| wall.id.clone());
    let chosen = editor.time.tour_of(editor.session.layout(), wall.as_ref());
    let longest = tours.iter().map(round).max().unwrap_or(Duration::from_secs(1));
    let length = editor.time.held.map_or(longest, |(_, length)| length);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.vertical(|ui| {
            ui.add_space(26.0);
            for tour in &tours {
                let selected = chosen.as_ref() == Some(&tour.id);
                if lane_name(ui, tour.name.get(language), selected, LANE).clicked() {
                    select(editor, &tour.id, None);
                }
            }
        });
        let room = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), LANE * 4.0));
        let width = axis::zoomed(editor, ui, room);
        ScrollArea::horizontal().id_salt("tours").auto_shrink([false, true]).show(ui, |ui| {
            ui.vertical(|ui| {
                let top = ui.cursor().top();
                let axis = axis::ruler(editor, ui, width, length, None);
                for tour in &tours {
                    let rect = axis.lane(ui, LANE);
                    lane(editor, ui, tour, &axis, rect, chosen.as_ref() == Some(&tour.id));
                }
                axis::playhead(editor, ui, &axis, egui::Rangef::new(top, ui.cursor().top() - 4.0));
            });
        });
    });
    teach(ui, Word::StopHow.get(language));
    if let Some(tour) = tours.iter().find(|tour| chosen.as_ref() == Some(&tour.id)) {
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| about_stop(editor, ui, tour));
        ui.horizontal_wrapped(|ui| about_tour(editor, ui, tour));
    }
}

fn round(tour: &Tour) -> Duration {
    tour.stops.iter().map(|(_, dwell)| *dwell).sum()
}

/// When a stop begins.
fn begin(tour: &Tour, stop: usize) -> Duration {
    tour.stops[..stop].iter().map(|(_, dwell)| *dwell).sum()
}

fn lane(editor: &mut Editor, ui: &mut Ui, tour: &Tour, axis: &Axis, rect: Rect, chosen: bool) {
    for stop in 0..tour.stops.len() {
        let from = begin(tour, stop);
        let place = axis.stretch(rect, from, from + tour.stops[stop].1).shrink2(vec2(1.0, 0.0));
        stop_block(editor, ui, tour, stop, place, (axis, rect), chosen);
        edge(editor, ui, tour, stop, axis, place);
    }
    add(editor, ui, tour, axis, rect);
    drop_scene(editor, ui, tour, axis, rect);
}

/// A scene that is dropped on a tour becomes a stop of it, before the stop whose first half it is dropped on.
fn drop_scene(editor: &mut Editor, ui: &Ui, tour: &Tour, axis: &Axis, lane: Rect) {
    let (at, released) = ui.input(|input| (input.pointer.latest_pos(), input.pointer.any_released()));
    let Some(at) = at.filter(|at| lane.intersect(ui.clip_rect()).contains(*at)) else { return };
    let Some(scene) = egui::DragAndDrop::payload::<SceneId>(ui.ctx()) else { return };
    if editor.session.layout().scene(&scene).is_none_or(|scene| scene.wall != tour.wall) {
        return ui.ctx().set_cursor_icon(CursorIcon::NotAllowed);
    }
    let middle = |stop: &usize| begin(tour, *stop) + tour.stops[*stop].1 / 2;
    let to = (0..tour.stops.len()).take_while(|stop| axis.at(at.x) > middle(stop)).count();
    ui.painter().vline(axis.x(begin(tour, to)), lane.y_range(), Stroke::new(3.0, Tokens::here(ui).accent));
    if released {
        egui::DragAndDrop::clear_payload(ui.ctx());
        let done = editor.session.insert_stop(&tour.id, to, &scene);
        if editor.tell(done).is_some() {
            select(editor, &tour.id, Some(to));
        }
    }
}

fn stop_block(
    editor: &mut Editor,
    ui: &mut Ui,
    tour: &Tour,
    stop: usize,
    place: Rect,
    (axis, lane): (&Axis, Rect),
    chosen: bool,
) {
    let (tokens, language) = (Tokens::here(ui), editor.preferences.language);
    let (scene, dwell) = &tour.stops[stop];
    let name = scene_name(editor.session.layout(), scene, language);
    let words = format!("{name} {} s", dwell.as_secs());
    let body = place.with_max_x((place.right() - EDGE / 2.0).max(place.left() + 1.0));
    let response = ui.interact(body, Id::unique(("stop", tour.id.as_str(), stop)), Sense::click_and_drag());
    let selected = chosen && editor.time.stop == Some(stop);
    response
        .widget_info(|| WidgetInfo::selected(Role::Button, true, selected, stop_name(tour, stop, &words)));
    let edge = match (selected, response.hovered()) {
        (true, _) => Stroke::new(2.0, tokens.accent),
        (false, true) => Stroke::new(1.0, tokens.accent),
        _ => Stroke::new(1.0, tokens.line),
    };
    let picture = thumbnail(editor, scene, place);
    let words_at = picture.map_or(place, |picture| place.with_min_x(picture.right()));
    block(ui, place, "", tokens.raised, edge, tokens.text);
    super::text(
        ui,
        words_at.shrink2(vec2(4.0, 0.0)),
        pos2(words_at.left() + 6.0, place.center().y),
        &words,
        if chosen { tokens.text } else { tokens.text_2 },
    );
    if let Some(picture) = picture {
        paint_thumbnail(editor, ui, scene, picture);
    }
    if response.clicked() {
        select(editor, &tour.id, Some(stop));
    }
    let Some(pointer) =
        response.interact_pointer_pos().filter(|_| response.dragged() || response.drag_stopped())
    else {
        return;
    };
    let to = target(tour, stop, axis.at(pointer.x));
    let line = if to > stop { begin(tour, to) + tour.stops[to].1 } else { begin(tour, to) };
    if response.drag_stopped() {
        let done = editor.session.move_stop(&tour.id, stop, to, None);
        if editor.tell(done).is_some() {
            select(editor, &tour.id, Some(to));
        }
    } else {
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        ui.painter().vline(axis.x(line), lane.y_range(), Stroke::new(3.0, tokens.accent));
    }
}

/// What a stop is called: the same scene may be shown twice.
fn stop_name(tour: &Tour, stop: usize, words: &str) -> String {
    format!("{} {}: {words}", tour.id, stop + 1)
}

/// Which stop one becomes that is dropped at a moment: beyond the middle of another one it takes its place.
fn target(tour: &Tour, stop: usize, at: Duration) -> usize {
    let middle = |other: usize| begin(tour, other) + tour.stops[other].1 / 2;
    let later = (stop + 1..tour.stops.len()).take_while(|other| at > middle(*other)).count();
    let earlier = (0..stop).rev().take_while(|other| at < middle(*other)).count();
    stop + later - earlier
}

/// Where the picture of a scene lies in its block, if there is room.
fn thumbnail(editor: &Editor, scene: &SceneId, place: Rect) -> Option<Rect> {
    let layout = editor.session.layout();
    let canvas = layout.wall(&layout.scene(scene)?.wall)?.canvas_size();
    let height = place.height() - 8.0;
    let width = (height * canvas.width as f32 / canvas.height.max(1) as f32).min(96.0);
    let picture = Rect::from_min_size(place.min + vec2(4.0, 4.0), vec2(width, height));
    (picture.right() + 90.0 < place.right()).then_some(picture)
}

fn paint_thumbnail(editor: &mut Editor, ui: &Ui, scene: &SceneId, place: Rect) {
    let (scenery, layout) = (editor.scenery(scene), editor.session.document().layout().clone());
    let quiet = editor.canvas.is_busy();
    let what = Small::Scene(scene.clone());
    if let Some(texture) = editor.thumbnails.get(what, || scenery, &editor.composer, &layout, quiet) {
        let all = Rect::from_min_max(egui::Pos2::ZERO, pos2(1.0, 1.0));
        ui.painter().image(texture.id(), place, all, Color32::WHITE);
    }
}

/// The right edge of a stop, which can be dragged.
fn edge(editor: &mut Editor, ui: &mut Ui, tour: &Tour, stop: usize, axis: &Axis, place: Rect) {
    let grip =
        Rect::from_x_y_ranges(place.right() - EDGE / 2.0..=place.right() + EDGE / 2.0, place.y_range());
    let response = ui.interact(grip, Id::unique(("stop edge", tour.id.as_str(), stop)), Sense::drag());
    let words = Word::DwellEdge.get(editor.preferences.language);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, stop_name(tour, stop, words)));
    if response.hovered() || response.dragged() {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        ui.painter().vline(grip.center().x, grip.y_range(), Stroke::new(3.0, Tokens::here(ui).accent));
    }
    if response.drag_started() {
        let tours = &editor.session.layout().rules().tours;
        let longest = tours.iter().map(round).max().unwrap_or_default();
        let gesture = editor.session.gesture();
        editor.time.held = Some((gesture, longest));
        select(editor, &tour.id, Some(stop));
    }
    if response.dragged()
        && let (Some(pointer), Some((gesture, _))) = (response.interact_pointer_pos(), editor.time.held)
    {
        let dwell = axis.at(pointer.x).saturating_sub(begin(tour, stop));
        let done = editor.session.set_dwell(&tour.id, stop, dwell, Some(gesture));
        editor.tell(done);
    }
    if response.drag_stopped() {
        editor.time.held = None;
    }
}

/// A button behind the last stop.
fn add(editor: &mut Editor, ui: &mut Ui, tour: &Tour, axis: &Axis, lane: Rect) {
    let tokens = Tokens::here(ui);
    let end = axis.x(round(tour)).min(ui.clip_rect().right() - 28.0);
    let rect = Rect::from_min_size(pos2(end + 4.0, lane.center().y - 11.0), vec2(22.0, 22.0));
    let response = ui.interact(rect, Id::unique(("add stop", tour.id.as_str())), Sense::click());
    let language = editor.preferences.language;
    let name = format!("{} · {}", Word::AddStop.get(language), tour.id);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let color = if response.hovered() { tokens.accent } else { tokens.text_2 };
    let painter = ui.painter();
    painter.circle(rect.center(), 10.0, tokens.surface, Stroke::new(1.0, tokens.line));
    painter.hline(rect.center().x - 4.0..=rect.center().x + 4.0, rect.center().y, Stroke::new(1.5, color));
    painter.vline(rect.center().x, rect.center().y - 4.0..=rect.center().y + 4.0, Stroke::new(1.5, color));
    egui::Popup::menu(&response).show(|ui| {
        for (scene, name) in scenes(editor, tour, language) {
            if ui.button(name).clicked() {
                let done = editor.session.insert_stop(&tour.id, tour.stops.len(), &scene);
                if editor.tell(done).is_some() {
                    select(editor, &tour.id, Some(tour.stops.len()));
                }
                ui.close();
            }
        }
    });
}

fn scenes(editor: &Editor, tour: &Tour, language: Language) -> Vec<(SceneId, String)> {
    let scenes = editor.session.layout().scenes_of(&tour.wall);
    scenes.map(|scene| (scene.id.clone(), scene.name.get(language).to_owned())).collect()
}

fn about_stop(editor: &mut Editor, ui: &mut Ui, tour: &Tour) {
    let language = editor.preferences.language;
    let Some(stop) = editor.time.stop.filter(|stop| *stop < tour.stops.len()) else { return };
    let (scene, dwell) = &tour.stops[stop];
    let all = scenes(editor, tour, language);
    let name = Word::StopScene.get(language);
    let chosen = ui.vertical(|ui| {
        title(ui, name);
        choose(ui, "stop scene", name, scene, &all)
    });
    if let Some(scene) = chosen.inner {
        let done = editor.session.set_stop_scene(&tour.id, stop, &scene);
        editor.tell(done);
    }
    let e3 = i64::try_from(dwell.as_millis()).unwrap_or(i64::MAX);
    if let Some(e3) = number(ui, Word::Dwell.get(language), e3, 1_000..=86_400_000) {
        let dwell = Duration::from_millis(u64::try_from(e3).unwrap_or(1000));
        let gesture = field_gesture(("dwell", tour.id.as_str(), stop));
        let done = editor.session.set_dwell(&tour.id, stop, dwell, gesture);
        editor.tell(done);
    }
    let last = tour.stops.len() - 1;
    for (word, to, possible) in
        [(Word::StopEarlier, stop.saturating_sub(1), stop > 0), (Word::StopLater, stop + 1, stop < last)]
    {
        let button = egui::Button::new(word.get(language));
        if untitled(ui, |ui| ui.add_enabled(possible, button)).clicked() {
            let done = editor.session.move_stop(&tour.id, stop, to, None);
            if editor.tell(done).is_some() {
                editor.time.stop = Some(to);
            }
        }
    }
    let button = egui::Button::new(Word::RemoveStop.get(language));
    if untitled(ui, |ui| ui.add_enabled(last > 0, button)).clicked() {
        let done = editor.session.remove_stop(&tour.id, stop);
        if editor.tell(done).is_some() {
            editor.time.stop = Some(stop.min(last - 1));
        }
    }
}

fn about_tour(editor: &mut Editor, ui: &mut Ui, tour: &Tour) {
    let language = editor.preferences.language;
    for (word, zh) in [(Word::NameChinese, true), (Word::NameEnglish, false)] {
        let own = if zh { &tour.name.zh } else { &tour.name.en };
        let typed = ui.vertical(|ui| {
            ui.set_max_width(140.0);
            editor.fields.line(ui, ("tour", tour.id.as_str(), zh), word.get(language), own)
        });
        if let Some(words) = typed.inner {
            let name = if zh { (words, tour.name.en.clone()) } else { (tour.name.zh.clone(), words) };
            let done = editor.session.rename_tour(&tour.id, name);
            editor.tell(done);
        }
    }
    let mut start = tour.start;
    if untitled(ui, |ui| ui.checkbox(&mut start, Word::TourStarts.get(language))).clicked() {
        let done = editor.session.set_tour_start(&tour.id, start);
        editor.tell(done);
    }
    let back = tour.back_after.map_or(0, |back| i64::try_from(back.as_secs()).unwrap_or(0));
    let field = ui.scope(|ui| number(ui, Word::BackAfter.get(language), back * 1000, 0..=86_400_000));
    field.response.on_hover_text(Word::BackAfterTip.get(language));
    if let Some(e3) = field.inner {
        let seconds = u32::try_from(e3 / 1000).ok().filter(|seconds| *seconds > 0);
        let done =
            editor.session.set_back_after(&tour.id, seconds, field_gesture(("back", tour.id.as_str())));
        editor.tell(done);
    }
    if untitled(ui, |ui| ui.button(Word::DeleteTour.get(language))).clicked() {
        let done = editor.session.remove_tour(&tour.id);
        if editor.tell(done).is_some() {
            (editor.time.tour, editor.time.stop) = (None, None);
            editor.time.leave();
        }
    }
}
