//! The time line: tours, a day with its schedules, or a rehearsal, with a playhead whose moment is on the canvas.

mod axis;
mod day;
mod log;
mod rehearsal;
mod tours;

use crate::app::Editor;
use crate::panels::{choose, clock, play_button, write_line};
use crate::style::Tokens;
use crate::time::Mode;
use crate::words::{Language, Word};
use egui::{Color32, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use layouts::Layout;
use media::SceneId;

/// How wide the names of lanes are.
const NAMES: f32 = 132.0;
/// How high a lane is.
const LANE: f32 = 40.0;

/// Shows the panel.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui) {
    ui.horizontal_wrapped(|ui| header(editor, ui));
    ui.add_space(4.0);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| match editor.time.mode {
        Mode::Tours => tours::show(editor, ui),
        Mode::Day => day::show(editor, ui),
        Mode::Rehearsal => rehearsal::show(editor, ui),
    });
}

fn header(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let words = [Word::ModeTours, Word::ModeDay, Word::ModeRehearsal];
    for (mode, word) in Mode::ALL.into_iter().zip(words) {
        if ui.selectable_label(editor.time.mode == mode, word.get(language)).clicked() {
            editor.time.leave();
            editor.time.mode = mode;
        }
    }
    ui.separator();
    let now_s = ui.input(|input| input.time);
    if play_button(ui, editor.time.is_playing(), language).clicked() {
        editor.toggle_timeline_play(now_s);
    }
    let speeds: Vec<(u32, String)> =
        [1, 10, 60, 600, 3600].into_iter().map(|speed| (speed, format!("{speed}×"))).collect();
    ui.scope(|ui| {
        ui.spacing_mut().combo_width = 56.0;
        if let Some(speed) = choose(ui, "speed", Word::Speed.get(language), &editor.time.speed, &speeds) {
            editor.time.leave();
            editor.time.speed = speed;
        }
    });
    if let Some(run) = editor.played() {
        let words = format!("{} / {}", clock(editor.time.head()), clock(run.length()));
        ui.label(egui::RichText::new(words).color(Tokens::here(ui).text_2));
    }
    match editor.time.mode {
        Mode::Tours => tours::header(editor, ui),
        Mode::Day => day::header(editor, ui),
        Mode::Rehearsal => rehearsal::header(editor, ui),
    }
}

/// What a scene of the hall, or one that follows from it, is called.
fn scene_name(layout: &Layout, scene: &SceneId, language: Language) -> String {
    layout.scene(scene).map_or_else(|| scene.to_string(), |scene| scene.name.get(language).to_owned())
}

/// The name of a lane, which selects it.
fn lane_name(ui: &mut Ui, words: &str, selected: bool, height: f32) -> egui::Response {
    let tokens = Tokens::here(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(NAMES, height), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, words));
    let color = match (selected, response.hovered()) {
        (true, _) => tokens.accent,
        (false, true) => tokens.text,
        _ => tokens.text_2,
    };
    let at = pos2(rect.left() + 4.0, rect.center().y);
    text(ui, rect.shrink2(vec2(2.0, 0.0)), at, words, color);
    response
}

/// Words that stay within `rect`; a sliver has none.
fn text(ui: &Ui, rect: Rect, at: egui::Pos2, words: &str, color: Color32) {
    if rect.width() >= 24.0 {
        write_line(ui.painter(), at, rect.right() - at.x, words, 13.0, color);
    }
}

/// A stretch of time that bears a name.
fn block(ui: &Ui, rect: Rect, words: &str, fill: Color32, edge: Stroke, color: Color32) {
    ui.painter().rect(rect, 4.0, fill, edge, StrokeKind::Inside);
    text(ui, rect.shrink2(vec2(4.0, 0.0)), pos2(rect.left() + 7.0, rect.center().y), words, color);
}
