//! Sources by the grid: districts, streets, communities and cells, each opened and closed, with the sources that stand there.

use super::sources::row;
use super::write_line;
use crate::app::Editor;
use crate::style::Tokens;
use crate::words::Word;
use egui::{Align2, FontId, Key, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use layouts::Layout;
use media::SourceId;

/// The height of a level's line, in points.
const LINE: f32 = 28.0;
/// How far a level stands behind the one that it lies in.
const STEP: f32 = 14.0;

/// Shows `found` in the tree. While something is looked for, every level that holds any of it is open.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, layout: &Layout, found: &[SourceId]) {
    let searching = !editor.search.words.trim().is_empty() || editor.search.tag.is_some();
    let levels = crate::search::levels(layout);
    let paths: Vec<(String, &SourceId)> = found
        .iter()
        .map(|id| {
            let place = layout.source(id).and_then(|source| source.place.as_ref());
            (place.map(|place| place.path.join("/")).unwrap_or_default(), id)
        })
        .collect();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for (path, depth, name) in &levels {
            let below =
                |own: &str| own == path || own.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
            let count = paths.iter().filter(|(own, _)| below(own)).count();
            let shown = is_shown(editor, path, searching);
            if count == 0 || !shown {
                continue;
            }
            let open = searching || editor.search.open.contains(path);
            let name = name.get(editor.preferences.language).to_owned();
            if line(editor, ui, (&name, count), *depth, open) && !searching {
                let _ = editor.search.open.remove(path) || editor.search.open.insert(path.clone());
            }
            if open {
                sources(editor, ui, layout, &paths, path, depth + 1);
            }
        }
        let outside = paths.iter().filter(|(own, _)| own.is_empty()).count();
        if outside > 0 {
            let open = searching || editor.search.open.contains("");
            let name = Word::WithoutPlace.get(editor.preferences.language);
            if line(editor, ui, (name, outside), 0, open) && !searching {
                let _ = editor.search.open.remove("") || editor.search.open.insert(String::new());
            }
            if open {
                sources(editor, ui, layout, &paths, "", 1);
            }
        }
    });
}

/// Whether all that a level lies in is open.
fn is_shown(editor: &Editor, path: &str, searching: bool) -> bool {
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    searching || above.into_iter().all(|above| editor.search.open.contains(above))
}

/// The sources that stand at `path` itself.
fn sources(
    editor: &mut Editor,
    ui: &mut Ui,
    layout: &Layout,
    paths: &[(String, &SourceId)],
    path: &str,
    depth: usize,
) {
    for (_, id) in paths.iter().filter(|(own, _)| own == path) {
        if let Some(source) = layout.source(id) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                ui.add_space(STEP * depth as f32);
                row(editor, ui, source);
            });
        }
    }
}

/// A level's line; whether it was clicked.
fn line(editor: &Editor, ui: &mut Ui, (name, count): (&str, usize), depth: usize, open: bool) -> bool {
    let tokens = Tokens::here(ui);
    let language = editor.preferences.language;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    let said = format!("{name} {count}");
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, &said));
    if ui.is_rect_visible(rect) {
        if response.hovered() || response.has_focus() {
            let edge = if response.has_focus() { Stroke::new(1.0, tokens.accent) } else { Stroke::NONE };
            ui.painter().rect(rect, 4.0, tokens.raised, edge, StrokeKind::Inside);
        }
        let left = rect.left() + 10.0 + STEP * depth as f32;
        let middle = rect.center().y;
        let tip = |x: f32, y: f32| pos2(left + x, middle + y);
        let corners = match open {
            true => vec![tip(-4.0, -2.5), tip(4.0, -2.5), tip(0.0, 3.5)],
            false => vec![tip(-2.5, -4.0), tip(3.5, 0.0), tip(-2.5, 4.0)],
        };
        ui.painter().add(egui::Shape::convex_polygon(corners, tokens.text_2, Stroke::NONE));
        let small = FontId::proportional(12.0);
        let at = pos2(rect.right() - 8.0, middle);
        let count = ui.painter().text(at, Align2::RIGHT_CENTER, count.to_string(), small, tokens.muted);
        let at = pos2(left + 12.0, middle);
        write_line(ui.painter(), at, count.left() - 8.0 - at.x, name, 13.0, tokens.text);
    }
    // Arrows open and close what has the focus, as in every tree.
    let arrow = if open { Key::ArrowLeft } else { Key::ArrowRight };
    let pressed = response.has_focus() && ui.input(|input| input.key_pressed(arrow));
    let word = if open { Word::CloseLevel } else { Word::OpenLevel };
    response.on_hover_text(word.get(language)).clicked() || pressed
}
