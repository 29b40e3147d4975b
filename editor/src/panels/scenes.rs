//! Scenes with their pictures, and arrangements for new ones.

use super::{Pane, card as rounded, teach, title, transition, write_line};
use crate::app::Editor;
use crate::compose::{Scenery, Small};
use crate::style::{Tokens, strong};
use crate::words::Word;
use editor_model::{Rect as Place, Template};
use egui::{Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use layouts::{OnAir, Window, WindowContent};
use media::SceneId;
use std::time::Duration;

/// Space between the windows of an arrangement, in thousandths of a canvas pixel.
const GUTTER: i64 = 16_000;

/// How high the panel is at least where arrangements take more than one row.
const SHORT: f32 = 320.0;

/// Shows the panel.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    // Always in sight: most work begins with an arrangement.
    let below = egui::Panel::bottom("arrangements").frame(egui::Frame::new()).show_separator_line(false);
    let is_short = ui.available_height() < SHORT;
    below.show(ui, |ui| arrangements(editor, ui, is_short));
    ScrollArea::vertical().auto_shrink(false).min_scrolled_height(0.0).show(ui, |ui| {
        let scenes: Vec<SceneId> =
            editor.session.layout().scenes().iter().map(|scene| scene.id.clone()).collect();
        if scenes.is_empty() {
            teach(ui, Word::NoScenes.get(editor.preferences.language));
        }
        for scene in &scenes {
            card(editor, ui, scene);
        }
        ui.add_space(8.0);
        about(editor, ui);
    });
}

impl Editor {
    /// The open document's moment with `scene` on its wall.
    pub(crate) fn scenery(&self, scene: &SceneId) -> Option<Scenery> {
        let layout = self.session.document().layout().clone();
        let wall = layout.scene(scene)?.wall.clone();
        let (at, media_folder) = (Duration::ZERO, self.media_folder.clone());
        let (start, data) = (None, self.data.shown().clone());
        Some(Scenery { layout, wall, on_air: OnAir::still(scene.clone()), start, at, media_folder, data })
    }

    /// A scene in the simplest arrangement, with the first source.
    pub(crate) fn new_scene(&mut self) -> Result<(), layouts_edit::EditError> {
        self.scene_in(Template::One)
    }

    fn scene_in(&mut self, template: Template) -> Result<(), layouts_edit::EditError> {
        let (_, zh, en) =
            Template::ALL.into_iter().find(|(own, ..)| *own == template).unwrap_or(Template::ALL[0]);
        let sources: Vec<_> = self.session.layout().sources().map(|source| source.id.clone()).collect();
        let gutter = if template == Template::One { 0 } else { GUTTER };
        self.session.new_scene(template, (zh.to_owned(), en.to_owned()), &sources, gutter)
    }
}

fn card(editor: &mut Editor, ui: &mut Ui, id: &SceneId) {
    let tokens = Tokens::here(ui);
    let language = editor.preferences.language;
    let Some(scene) = editor.session.layout().scene(id) else { return };
    let name = scene.name.get(language).to_owned();
    let canvas = editor.session.layout().wall(&scene.wall).map(layouts::Wall::canvas_size);
    let aspect = canvas.map_or(0.5, |size| size.height as f32 / size.width.max(1) as f32);
    let width = ui.available_width();
    let picture = vec2(width - 16.0, ((width - 16.0) * aspect).min(160.0));
    let (rect, response) = ui.allocate_exact_size(vec2(width, picture.y + 38.0), Sense::click_and_drag());
    // It can be dropped on a tour.
    response.dnd_set_drag_payload(id.clone());
    let open = editor.session.scene().is_some_and(|scene| scene.id == *id);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, &name));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let painter = ui.painter().clone();
    let edge = match (open, response.hovered()) {
        (true, _) => Stroke::new(2.0, tokens.accent),
        (false, true) => Stroke::new(1.0, tokens.line),
        _ => Stroke::NONE,
    };
    rounded(&painter, rect, 8.0, tokens.raised, edge);
    let place = Rect::from_center_size(pos2(rect.center().x, rect.top() + 8.0 + picture.y / 2.0), picture);
    painter.rect_filled(place, 4.0, tokens.canvas);
    let quiet = editor.canvas.is_busy();
    let scenery = editor.scenery(id);
    let layout = editor.session.document().layout().clone();
    let what = Small::Scene(id.clone());
    if let Some(texture) = editor.thumbnails.get(what, || scenery, &editor.composer, &layout, quiet) {
        let size = texture.size_vec2();
        let scale = (place.width() / size.x).min(place.height() / size.y);
        let inside = Rect::from_center_size(place.center(), size * scale);
        painter.image(
            texture.id(),
            inside,
            Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)),
            egui::Color32::WHITE,
        );
    }
    let at = pos2(rect.left() + 10.0, rect.bottom() - 15.0);
    let color = if open { tokens.text } else { tokens.text_2 };
    write_line(&painter, at, rect.width() - 20.0, &name, 13.0, color);
    if response.clicked() {
        editor.canvas.end_crop();
        editor.time.leave();
        editor.session.show(id);
    }
}

impl Editor {
    /// Takes the pen to the words of the text that is selected, else to the name of the open scene.
    pub(crate) fn pick_name(&mut self) {
        let is_text = |window: &Window| matches!(window.content, WindowContent::Text(_));
        let (pane, word) = match self.session.only() {
            Some((window, item)) if is_text(window) && !item.locked => (Pane::Inspector, Word::TextChinese),
            _ => (Pane::Scenes, Word::NameChinese),
        };
        self.show_pane(pane);
        self.fields.focus(word.get(self.preferences.language));
    }
}

/// The name of the open scene and how it comes on.
fn about(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some(scene) = editor.session.scene().cloned() else { return };
    ui.label(strong(Word::Scene.get(language)));
    for (word, zh) in [(Word::NameChinese, true), (Word::NameEnglish, false)] {
        let own = if zh { &scene.name.zh } else { &scene.name.en };
        if let Some(words) = editor.fields.line(ui, ("scene", scene.id.as_str(), zh), word.get(language), own)
        {
            let name = if zh { (words, scene.name.en.clone()) } else { (scene.name.zh.clone(), words) };
            let done = editor.session.rename_scene(name);
            editor.tell(done);
        }
    }
    transition::show(editor, ui, &scene);
}

/// Arrangements: a new scene in one, or the windows of the open scene.
fn arrangements(editor: &mut Editor, ui: &mut Ui, in_a_row: bool) {
    let language = editor.preferences.language;
    ui.add_space(8.0);
    title(ui, Word::NewFromArrangement.get(language));
    if in_a_row {
        let row = ScrollArea::horizontal().id_salt("arrangements").auto_shrink([false, true]);
        row.show(ui, |ui| ui.horizontal(|ui| sketches(editor, ui)));
    } else {
        ui.horizontal_wrapped(|ui| sketches(editor, ui));
    }
}

fn sketches(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    for (template, zh, en) in Template::ALL {
        let name = if language == crate::words::Language::Chinese { zh } else { en };
        let response = sketch(ui, template, name);
        let response = response.on_hover_text(format!("{name}\n{}", Word::ReflowHow.get(language)));
        if response.clicked() {
            let alt = ui.input(|input| input.modifiers.alt);
            let done = match alt {
                true => editor.session.reflow(template, GUTTER),
                false => editor.scene_in(template),
            };
            editor.tell(done);
        }
    }
}

/// An arrangement as a small drawing.
fn sketch(ui: &mut Ui, template: Template, name: &str) -> egui::Response {
    let tokens = Tokens::here(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(48.0, 30.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let edge = if response.hovered() { tokens.accent } else { tokens.line };
    ui.painter().rect(rect, 4.0, tokens.canvas, Stroke::new(1.0, edge), StrokeKind::Inside);
    let inner = rect.shrink(3.0);
    let canvas = Place { x: 0, y: 0, width: 42_000, height: 24_000 };
    for (index, place) in template.rects(canvas, 1_500).into_iter().enumerate() {
        let at = |value: i64, of: i64, length: f32| value as f32 / of as f32 * length;
        let min = inner.min + vec2(at(place.x, 42_000, inner.width()), at(place.y, 24_000, inner.height()));
        let size = vec2(at(place.width, 42_000, inner.width()), at(place.height, 24_000, inner.height()));
        let over = template == Template::PictureInPicture && index == 1;
        let fill = if over { tokens.accent } else { tokens.line };
        ui.painter().rect_filled(Rect::from_min_size(min, size), 1.0, fill);
    }
    response
}
