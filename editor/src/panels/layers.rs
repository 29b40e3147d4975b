//! Windows front to back: what lies under others can be found here.

use super::{teach, write_line};
use crate::app::Editor;
use crate::canvas::window_name;
use crate::style::Tokens;
use crate::words::Word;
use egui::{Align2, FontId, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

const ROW: f32 = 26.0;

/// Shows the panel.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let mut items = editor.session.items();
    items.reverse();
    if items.is_empty() {
        teach(ui, Word::NoWindows.get(language));
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    let layout = editor.session.document().layout().clone();
    let scene = editor.session.scene().map(|scene| scene.id.clone());
    let advice = editor.wall.advice(&layout);
    let remarks = |window: &media::WindowId| {
        let own =
            advice.iter().filter(|advice| Some(&advice.scene) == scene.as_ref() && advice.window == *window);
        own.map(|advice| advice.words.get(language)).collect::<Vec<_>>().join("\n")
    };
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, items.len(), |ui, range| {
        let tokens = Tokens::here(ui);
        for item in &items[range] {
            let Some(window) = editor.session.scene().and_then(|scene| scene.window(&item.id)) else {
                continue;
            };
            let name = window_name(editor.session.layout(), window, language);
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
            let said = format!("{}: {name}", Word::Layers.get(language));
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, item.selected, &said));
            if item.selected {
                ui.painter().rect_filled(rect, 0.0, tokens.accent.gamma_multiply(0.28));
            } else if response.hovered() {
                ui.painter().rect_filled(rect, 0.0, tokens.raised);
            }
            let color = if item.locked { tokens.muted } else { tokens.text };
            // The name gives way to the id, by which people tell two windows of one source apart.
            let (name, id) = name.rsplit_once(" · ").unwrap_or((&name, ""));
            let small = FontId::proportional(11.0);
            let at = pos2(rect.right() - 60.0, rect.center().y);
            let id = ui.painter().text(at, Align2::RIGHT_CENTER, id, small, tokens.muted);
            let at = pos2(rect.left() + 8.0, rect.center().y);
            write_line(ui.painter(), at, id.left() - 8.0 - at.x, name, 13.0, color);
            let depth =
                if item.locked { Word::Locked.get(language).to_owned() } else { format!("z {}", item.z) };
            let at = pos2(rect.right() - 8.0, rect.center().y);
            let painter = ui.painter();
            painter.text(at, Align2::RIGHT_CENTER, depth, FontId::proportional(11.0), tokens.muted);
            let remarks = remarks(&item.id);
            if !remarks.is_empty() {
                let at = pos2(rect.right() - 52.0, rect.center().y);
                ui.painter().circle_filled(at, 3.5, tokens.warn);
            }
            let response = if remarks.is_empty() { response } else { response.on_hover_text(remarks) };
            if response.clicked() {
                match ui.input(|input| input.modifiers.shift) {
                    true => editor.session.toggle(&item.id),
                    false => editor.session.select([item.id.clone()], false),
                }
            }
        }
    });
}
