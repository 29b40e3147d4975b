//! Whether the nodes can carry the open scene, before it goes to the wall; and what deserves a word.

use super::{teach, title, write_line};
use crate::app::Editor;
use crate::of_layout::OfLayout;
use crate::style::{Tokens, strong};
use crate::words::{Language, Word};
use editor_model::{Carried, Relief};
use egui::{Align2, Color32, FontId, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use layouts::{Layout, Resource};
use media::{NodeId, SceneId};

/// How high the line of a scene is.
const LINE: f32 = 26.0;

/// What the nodes carry of every scene.
pub(crate) type CarriedScenes = OfLayout<(SceneId, Vec<Carried>)>;

fn every_scene(layout: &Layout) -> Vec<(SceneId, Vec<Carried>)> {
    let scenes = layout.scenes().iter();
    scenes.map(|scene| (scene.id.clone(), editor_model::carried(layout, &scene.id))).collect()
}

/// Shows the panel.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some(scene) = editor.session.scene() else { return teach(ui, Word::NoScenes.get(language)) };
    let (wall, scene) = (scene.wall.clone(), scene.id.clone());
    let layout = editor.session.document().layout().clone();
    let all = editor.carried.get(&layout, every_scene);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let own = all.iter().find(|(id, _)| *id == scene).map_or(&[][..], |(_, carried)| carried);
        for carried in own {
            node(editor, ui, carried);
        }
        let known = own.iter().any(|carried| carried.budget.is_some());
        if known && own.iter().all(|carried| carried.over().is_empty()) {
            let color = Tokens::here(ui).ok;
            ui.colored_label(color, Word::AllFits.get(language));
        }
        ui.add_space(8.0);
        title(ui, Word::Advice.get(language));
        let advice = editor.wall.advice(&layout);
        let advice: Vec<_> = advice.iter().filter(|advice| advice.scene == scene).cloned().collect();
        if advice.is_empty() {
            teach(ui, Word::NoAdvice.get(language));
        }
        super::widget::remarks(editor, ui, advice);
        ui.add_space(8.0);
        title(ui, Word::EveryScene.get(language));
        for (id, carried) in all.iter() {
            if layout.scene(id).is_some_and(|scene| scene.wall == wall) {
                line(editor, ui, &layout, id, carried);
            }
        }
    });
}

/// A resource in words: what it is called, and how much of it is meant.
fn words(resource: Resource, much: u64, language: Language) -> (&'static str, String) {
    let much = much as f64;
    match resource {
        Resource::Decodes => (Word::Decodes.get(language), format!("{:.2} × 1080p", much / 1e3)),
        Resource::Receive => (Word::Receives.get(language), format!("{:.1} Mbit/s", much / 1e3)),
        Resource::Upload => (Word::Upload.get(language), format!("{:.0} MB/s", much / 1e6)),
        Resource::Memory => (Word::PictureMemory.get(language), format!("{:.0} MB", much / 1e6)),
    }
}

/// The colour of so many parts of a hundred.
fn color_of(percent: u64, tokens: &Tokens) -> Color32 {
    match percent {
        101.. => tokens.danger,
        81.. => tokens.warn,
        _ => tokens.ok,
    }
}

fn node(editor: &mut Editor, ui: &mut Ui, carried: &Carried) {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    let Carried { load, budget } = carried;
    ui.label(strong(load.node.to_string()));
    for resource in Resource::ALL {
        let needs = load.needs(resource);
        let has = budget.and_then(|budget| budget.has(resource));
        let (name, much) = words(resource, needs, language);
        let much = match has {
            Some(has) => {
                let (_, most) = words(resource, has, language);
                format!("{} / {most}", much.split(' ').next().unwrap_or_default())
            }
            None => much,
        };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
        response
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{}: {name} {much}", load.node)));
        let small = FontId::proportional(12.0);
        let at = pos2(rect.right(), rect.center().y);
        let much = ui.painter().text(at, Align2::RIGHT_CENTER, much, small, tokens.text);
        let at = pos2(rect.left(), rect.center().y);
        write_line(ui.painter(), at, much.left() - 8.0 - at.x, name, 12.0, tokens.text_2);
        let Some(has) = has else {
            response.on_hover_text(Word::NoLimit.get(language));
            continue;
        };
        let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 4.0), Sense::hover());
        ui.painter().rect_filled(bar, 2.0, tokens.canvas);
        let part = (needs as f32 / has.max(1) as f32).clamp(0.0, 1.0);
        let fill = Rect::from_min_size(bar.min, vec2(bar.width() * part, bar.height()));
        ui.painter().rect_filled(fill, 2.0, color_of((needs * 100).div_ceil(has.max(1)), &tokens));
    }
    let over = carried.over();
    if over.is_empty() {
        return;
    }
    for resource in over {
        let has = budget.and_then(|budget| budget.has(resource)).unwrap_or(0);
        let (name, beyond) = words(resource, load.needs(resource) - has, language);
        ui.colored_label(tokens.danger, format!("{name} {} {beyond}", Word::Over.get(language)));
    }
    ui.horizontal_wrapped(|ui| {
        for relief in Relief::ALL {
            let (word, tip) = match relief {
                Relief::SubStreams => (Word::Remedy, Word::RemedyTip),
                Relief::Smaller => (Word::RemedySmaller, Word::RemedySmallerTip),
                Relief::Fewer => (Word::RemedyFewer, Word::RemedyFewerTip),
            };
            if ui.button(word.get(language)).on_hover_text(tip.get(language)).clicked() {
                editor.relieve(&load.node, relief);
            }
        }
    });
}

/// One scene of the wall and how much of the budgets it takes; a click opens it.
fn line(editor: &mut Editor, ui: &mut Ui, layout: &Layout, id: &SceneId, carried: &[Carried]) {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    let Some(scene) = layout.scene(id) else { return };
    let name = scene.name.get(language);
    let percent = carried.iter().filter_map(Carried::percent).max();
    let much = percent.map_or("–".to_owned(), |percent| format!("{percent} %"));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    let open = editor.session.scene().is_some_and(|scene| scene.id == *id);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, format!("{name}: {much}")));
    if response.hovered() || open {
        ui.painter().rect_filled(rect, 4.0, tokens.raised);
    }
    let color = percent.map_or(tokens.muted, |percent| color_of(percent, &tokens));
    let at = pos2(rect.right() - 8.0, rect.center().y);
    let much = ui.painter().text(at, Align2::RIGHT_CENTER, much, FontId::proportional(12.0), color);
    let at = pos2(rect.left() + 8.0, rect.center().y);
    write_line(ui.painter(), at, much.left() - 8.0 - at.x, name, 13.0, tokens.text);
    if response.clicked() {
        editor.session.show(id);
    }
}

impl Editor {
    /// Has a node carry less of the open scene, and says where that cannot be.
    fn relieve(&mut self, node: &NodeId, relief: Relief) {
        let done = self.session.relieve(node, relief);
        if self.tell(done) == Some(false) {
            self.say(Word::NoRelief.get(self.preferences.language).to_owned(), true);
        }
    }
}
