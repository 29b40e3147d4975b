//! The palette of sources: found by name, pinyin, place and tag, and dragged onto the canvas.

use super::{card, teach, write_line};
use crate::app::Editor;
use crate::compose::Small;
use crate::style::Tokens;
use crate::words::Word;
use egui::{ComboBox, Rect, Role, ScrollArea, Sense, Stroke, TextEdit, Ui, WidgetInfo, pos2, vec2};
use layouts::Source;
use media::SourceId;
use std::collections::BTreeSet;

const ROW: f32 = 52.0;

/// Shows the panel.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let hint = Word::SearchSources.get(language);
    let field = TextEdit::singleline(&mut editor.search.words).hint_text(hint).desired_width(f32::INFINITY);
    ui.add(field).accessible_name(hint).on_hover_text(hint);
    let by_grid = as_tree(editor, ui);
    if !by_grid {
        places(editor, ui);
    }
    tags(editor, ui);
    let layout = editor.session.document().layout().clone();
    editor.search.refresh(&layout);
    let found: Vec<SourceId> = editor.search.found();
    if found.is_empty() {
        let none = layout.sources().next().is_none();
        teach(ui, if none { Word::NoSourcesInHall } else { Word::NoSources }.get(language));
        return;
    }
    if by_grid {
        super::places::show(editor, ui, &layout, &found);
        return;
    }
    let rows = ScrollArea::vertical().auto_shrink(false).min_scrolled_height(0.0);
    rows.show_rows(ui, ROW, found.len(), |ui, range| {
        for id in &found[range] {
            if let Some(source) = layout.source(id) {
                row(editor, ui, source);
            }
        }
    });
}

/// Lets one choose between the list and the tree of the grid; whether it is the tree. A hall without a grid has none.
fn as_tree(editor: &mut Editor, ui: &mut Ui) -> bool {
    let language = editor.preferences.language;
    if !editor.session.layout().sources().any(|source| source.place.is_some()) {
        return false;
    }
    ui.horizontal(|ui| {
        for (tree, word) in [(false, Word::AsList), (true, Word::ByGrid)] {
            if ui.selectable_label(editor.search.by_grid == tree, word.get(language)).clicked() {
                editor.search.by_grid = tree;
                // The tree shows all places.
                editor.search.place = editor.search.place.take().filter(|_| !tree);
            }
        }
    });
    editor.search.by_grid
}

/// The tree of the grid, to look in one part of it alone.
fn places(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let levels = crate::search::levels(editor.session.layout());
    if levels.is_empty() {
        return;
    }
    let everywhere = Word::AllPlaces.get(language);
    let now = editor.search.place.clone();
    let named = levels.iter().find(|(path, ..)| Some(path) == now.as_ref());
    let shown = named.map_or(everywhere, |(_, _, name)| name.get(language)).to_owned();
    let list = ComboBox::from_id_salt("places").selected_text(shown).width(ui.available_width());
    let response = list.show_ui(ui, |ui| {
        if ui.selectable_label(now.is_none(), everywhere).clicked() {
            editor.search.place = None;
        }
        for (path, depth, name) in &levels {
            let words = format!("{}{}", "    ".repeat(depth + 1), name.get(language));
            if ui.selectable_label(now.as_ref() == Some(path), words).clicked() {
                editor.search.place = Some(path.clone());
            }
        }
    });
    response.response.accessible_name(everywhere);
}

fn tags(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let all: BTreeSet<&String> = editor.session.layout().sources().flat_map(|source| &source.tags).collect();
    let all: Vec<String> = all.into_iter().cloned().collect();
    if all.is_empty() {
        return;
    }
    let row = ScrollArea::horizontal().id_salt("tags").auto_shrink([false, true]);
    row.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            ui.spacing_mut().button_padding = vec2(8.0, 2.0);
            let none = editor.search.tag.is_none();
            if ui.selectable_label(none, Word::AllTags.get(language)).clicked() {
                editor.search.tag = None;
            }
            for tag in all {
                let on = editor.search.tag.as_ref() == Some(&tag);
                if ui.selectable_label(on, &tag).clicked() {
                    editor.search.tag = (!on).then_some(tag);
                }
            }
        })
    });
}

pub(super) fn row(editor: &mut Editor, ui: &mut Ui, source: &Source) {
    let tokens = Tokens::here(ui);
    let language = editor.preferences.language;
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW - 4.0), Sense::click_and_drag());
    let name = source.label.get(language).to_owned();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let edge = if response.hovered() { Stroke::new(1.0, tokens.line) } else { Stroke::NONE };
    card(ui.painter(), rect, 6.0, tokens.raised, edge);
    // In a narrow panel the name needs the room more than the picture does.
    let wide = (width * 0.4).clamp(32.0, 71.0);
    let picture = Rect::from_min_size(rect.min + vec2(4.0, 4.0), vec2(wide, 40.0));
    ui.painter().rect_filled(picture, 3.0, tokens.canvas);
    let scenery = editor.session.scene().and_then(|scene| editor.scenery(&scene.id));
    let layout = editor.session.document().layout().clone();
    let what = Small::Source(source.id.clone());
    let quiet = editor.canvas.is_busy();
    if let Some(texture) = editor.thumbnails.get(what, || scenery, &editor.composer, &layout, quiet) {
        let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let size = texture.size_vec2();
        let scale = (picture.width() / size.x).min(picture.height() / size.y);
        let inside = Rect::from_center_size(picture.center(), size * scale);
        ui.painter().image(texture.id(), inside, all, egui::Color32::WHITE);
    }
    let left = picture.right() + 10.0;
    // The dot of those that are in use stands behind them.
    let room = rect.right() - 24.0 - left;
    write_line(ui.painter(), pos2(left, rect.top() + 15.0), room, &name, 13.0, tokens.text);
    let place = source.place.iter().flat_map(|place| &place.names).map(|words| words.get(language));
    let place: Vec<&str> = place.collect();
    let below = if place.is_empty() { source.id.to_string() } else { place.join(" · ") };
    write_line(ui.painter(), pos2(left, rect.top() + 34.0), room, &below, 11.0, tokens.muted);
    let scene = editor.session.scene();
    let uses = scene.map_or(0, |scene| super::thumbnails::uses(&scene.windows, &source.id));
    if uses > 0 {
        let dot = pos2(rect.right() - 12.0, rect.center().y);
        ui.painter().circle_filled(dot, 4.0, tokens.accent);
    }
    if response.double_clicked() {
        editor.add_source(&source.id, None);
    }
    response.dnd_set_drag_payload(source.id.clone());
    if response.dragged()
        && let Some(at) = ui.input(|input| input.pointer.latest_pos())
    {
        let layer = egui::LayerId::new(egui::Order::Tooltip, egui::Id::unique("dragged source"));
        crate::canvas::guides::note(&ui.ctx().layer_painter(layer), at + vec2(0.0, 22.0), &name, &tokens);
    }
    response.on_hover_text(Word::DragIn.get(language));
}
