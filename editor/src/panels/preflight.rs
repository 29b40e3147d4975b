//! Whether the nodes can carry the open scene, before it goes to the wall; and what deserves a word.

use super::{teach, title};
use crate::app::Editor;
use crate::style::{Tokens, strong};
use crate::words::Word;
use egui::{Rect, ScrollArea, Sense, Ui, vec2};
use layouts::{Layout, Load};
use layouts_edit::Setting;
use media::{SceneId, WallId};

/// Shows the panel.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some(scene) = editor.session.scene() else { return teach(ui, Word::NoScenes.get(language)) };
    let (wall, scene) = (scene.wall.clone(), scene.id.clone());
    let layout = editor.session.document().layout().clone();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let loads = loads(&layout, &wall, &scene);
        title(ui, Word::Decodes.get(language));
        for load in &loads {
            node(editor, ui, load);
        }
        let known = loads.iter().any(|load| load.limit != u32::MAX);
        if known && loads.iter().all(|load| !load.is_over()) {
            let color = Tokens::here(ui).ok;
            ui.colored_label(color, Word::AllFits.get(language));
        }
        ui.add_space(8.0);
        title(ui, Word::Advice.get(language));
        let advice: Vec<_> =
            layouts::advice(&layout).into_iter().filter(|advice| advice.scene == scene).collect();
        if advice.is_empty() {
            teach(ui, Word::NoAdvice.get(language));
        }
        super::widget::remarks(editor, ui, advice);
    });
}

/// What every display node of the wall has to decode; without a limit in the document, the limit is the largest number.
fn loads(layout: &Layout, wall: &WallId, scene: &SceneId) -> Vec<Load> {
    let scenes = [(wall.clone(), scene.clone())];
    let nodes = layout.display_nodes().into_iter();
    let here = nodes.filter(|node| layout.screens_of(node).any(|(of, _)| of.id == *wall));
    here.map(|node| layouts::load(layout, &scenes, node, layout.decodes_1080p(node).unwrap_or(u32::MAX)))
        .collect()
}

fn node(editor: &mut Editor, ui: &mut Ui, load: &Load) {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    let decodes = load.decodes_e3 as f32 / 1000.0;
    ui.horizontal(|ui| {
        ui.label(strong(load.node.to_string()));
        if load.limit == u32::MAX {
            ui.label(format!("{decodes:.2}")).on_hover_text(Word::NoLimit.get(language));
        } else {
            ui.label(format!("{decodes:.2} / {}", load.limit));
        }
    });
    super::teach(ui, &format!("{} {}", Word::Upload.get(language), megabytes(load.upload_bytes)));
    if load.limit != u32::MAX {
        let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 6.0), Sense::hover());
        ui.painter().rect_filled(bar, 3.0, tokens.canvas);
        let part = (decodes / load.limit.max(1) as f32).clamp(0.0, 1.0);
        let fill = Rect::from_min_size(bar.min, vec2(bar.width() * part, bar.height()));
        let color = if load.is_over() {
            tokens.danger
        } else if part > 0.8 {
            tokens.warn
        } else {
            tokens.ok
        };
        ui.painter().rect_filled(fill, 3.0, color);
    }
    if load.is_over() {
        let over = decodes - load.limit as f32;
        ui.colored_label(tokens.danger, format!("{} {over:.2}", Word::Over.get(language)));
        if !load.could_be_smaller.is_empty() && ui.button(Word::Remedy.get(language)).clicked() {
            editor.use_sub_streams(load);
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

impl Editor {
    /// Has windows show their smallest streams, the largest savings first, until the node has no more to decode than it can.
    fn use_sub_streams(&mut self, load: &Load) {
        let Some(scene) = self.session.scene().map(|scene| scene.id.clone()) else { return };
        let names: Vec<_> = load.could_be_smaller.iter().map(|(_, window)| window.clone()).collect();
        let items = self.session.items().into_iter().filter(|item| names.contains(&item.id));
        let edit = |window| layouts_edit::TextEdit::Set {
            scene: scene.clone(),
            window,
            setting: Setting::SmallStream(true),
        };
        // The smallest on the canvas lose least; a window after the other until it fits.
        let mut items: Vec<_> = items.collect();
        items.sort_by_key(|item| item.rect.width * item.rect.height);
        let mut edits = Vec::new();
        for item in items {
            edits.push(edit(item.index));
            let tried = self.session.document().edited(&edits);
            let wall = self.session.wall().map(|wall| wall.id.clone());
            if let (Ok(tried), Some(wall)) = (tried, wall) {
                let scenes = [(wall, scene.clone())];
                if !layouts::load(tried.layout(), &scenes, &load.node, load.limit).is_over() {
                    break;
                }
            }
        }
        let name = ("改用子码流".to_owned(), "Use sub-streams".to_owned());
        let done = self.session.act(name, &edits, None);
        self.tell(done);
    }
}
