//! The palette of widgets: each kind as the wall draws it, found by its name and by its sound, and dragged onto the canvas.

use super::teach;
use crate::app::Editor;
use crate::compose::{Data, Scenery, Small};
use crate::style::Tokens;
use crate::words::{Language, Word};
use editor_model::{Preview, Sort, preview};
use egui::{
    Align2, FontId, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui, WidgetInfo, pos2, vec2,
};
use layouts::{Mode, OnAir};
use layouts_search::Names;
use media::WallTime;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// How wide a card is at least, in points.
const CARD: f32 = 132.0;
/// The height of a card's name.
const NAME: f32 = 26.0;
/// The moment that previews show: a morning on which all clocks look alike, 2026-11-23 10:32 in Beijing.
const MOMENT: WallTime = WallTime(1_795_401_120_000_000_000);

/// The names of all kinds, as they are searched for.
static NAMES: LazyLock<Names> = LazyLock::new(|| Names::new(Sort::ALL.map(Sort::names)));

/// Shows the panel.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let hint = Word::SearchWidgets.get(language);
    // The words are those of the sources' search: what is looked for is looked for in both.
    let field = TextEdit::singleline(&mut editor.search.words).hint_text(hint).desired_width(f32::INFINITY);
    ui.add(field).accessible_name(hint).on_hover_text(hint);
    let mut samples = editor.data.known().samples();
    let tip = Word::SampleRowsTip.get(language);
    if ui.checkbox(&mut samples, Word::SampleRows.get(language)).on_hover_text(tip).changed() {
        editor.data.show_samples(samples);
    }
    let found = NAMES.find(&editor.search.words);
    if found.is_empty() {
        teach(ui, Word::NoWidgets.get(language));
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let gap = ui.spacing().item_spacing.x;
        let columns = ((ui.available_width() + gap) / (CARD + gap)).floor().max(1.0);
        let width = (ui.available_width() - gap * (columns - 1.0)) / columns;
        for row in found.chunks(columns as usize) {
            ui.horizontal(|ui| {
                for at in row {
                    card(editor, ui, Sort::ALL[*at], width);
                }
            });
        }
    });
}

fn card(editor: &mut Editor, ui: &mut Ui, sort: Sort, width: f32) {
    let tokens = Tokens::here(ui);
    let language = editor.preferences.language;
    let picture = vec2(width - 8.0, (width - 8.0) * 9.0 / 16.0);
    let (rect, response) =
        ui.allocate_exact_size(vec2(width, picture.y + NAME + 4.0), Sense::click_and_drag());
    let name = sort.name(language);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let edge = if response.hovered() { Stroke::new(1.0, tokens.accent) } else { Stroke::NONE };
    ui.painter().rect(rect, 6.0, tokens.raised, edge, StrokeKind::Inside);
    let place = Rect::from_min_size(rect.min + vec2(4.0, 4.0), picture);
    ui.painter().rect_filled(place, 3.0, tokens.canvas);
    draw(editor, ui, sort, place);
    let words = ui.painter().with_clip_rect(rect.shrink(4.0));
    let at = pos2(place.left() + 4.0, rect.bottom() - NAME / 2.0);
    words.text(at, Align2::LEFT_CENTER, name, FontId::proportional(13.0), tokens.text);
    if response.double_clicked() {
        editor.add_widget(sort, None);
    }
    response.dnd_set_drag_payload(sort);
    if response.dragged()
        && let Some(at) = ui.input(|input| input.pointer.latest_pos())
    {
        let layer = egui::LayerId::new(egui::Order::Tooltip, egui::Id::unique("dragged widget"));
        crate::canvas::guides::note(&ui.ctx().layer_painter(layer), at + vec2(0.0, 22.0), name, &tokens);
    }
    response.on_hover_text(about(sort, language));
}

/// What a tooltip teaches: the columns that the kind needs, and what can be done with the card.
fn about(sort: Sort, language: Language) -> String {
    let drag = Word::DragIn.get(language);
    match sort.columns() {
        [] => format!("{}\n{drag}", sort.name(language)),
        columns => {
            format!(
                "{}\n{} {}\n{drag}",
                sort.name(language),
                Word::NeededColumns.get(language),
                columns.join(", ")
            )
        }
    }
}

/// The kind as a wall of this language and theme draws it; for a designer's own the sign of a drawing.
fn draw(editor: &mut Editor, ui: &Ui, sort: Sort, place: Rect) {
    let (language, mode) = (editor.preferences.language, editor.preferences.mode());
    let what = Small::Widget(sort, language, mode);
    let layout = editor.session.document().layout().clone();
    let quiet = editor.canvas.is_busy();
    let texture =
        editor.thumbnails.get(what, || scenery(sort, language, mode), &editor.composer, &layout, quiet);
    if let Some(texture) = texture {
        let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture.id(), place, all, egui::Color32::WHITE);
    } else if sort == Sort::Template {
        let tokens = Tokens::here(ui);
        let at = |x: f32, y: f32| place.min + vec2(place.width() * x, place.height() * y);
        let line = Stroke::new(2.0, tokens.accent);
        let points = [(0.2, 0.75), (0.4, 0.3), (0.6, 0.6), (0.8, 0.2)].map(|(x, y)| at(x, y));
        ui.painter().line(points.to_vec(), line);
        for point in points {
            let handle = Rect::from_center_size(point, vec2(7.0, 7.0));
            ui.painter().rect(handle, 1.0, tokens.surface, line, StrokeKind::Middle);
        }
    }
}

/// The little hall in which the kind stands alone.
fn scenery(sort: Sort, language: Language, mode: Mode) -> Option<Scenery> {
    let Preview { layout, answers } = preview(sort, language, mode, MOMENT)?;
    let scene = layout.scenes().first()?;
    let (wall, on_air) = (scene.wall.clone(), OnAir::still(scene.id.clone()));
    let data = Arc::new(Data { answers, now: MOMENT });
    let (at, media_folder) = (Duration::ZERO, PathBuf::new());
    Some(Scenery { layout, wall, on_air, start: None, at, media_folder, data })
}
