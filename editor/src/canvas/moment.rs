//! Which moment the canvas shows: time since the start of every file, and a transition that can be scrubbed.

use crate::app::Editor;
use crate::style::Tokens;
use crate::words::Word;
use egui::{ComboBox, Rect, Slider, Ui, UiBuilder};
use layouts::{OnAir, Scene};
use media::{CanvasFrame, SceneId};
use std::time::Duration;

/// How high the strip below the canvas is, in points.
pub(super) const HEIGHT: f32 = 40.0;

/// The end of the slider.
const SECONDS_MAX: f64 = 10.0;

/// A moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moment {
    /// Time since the start of every file, in milliseconds.
    pub at_ms: u64,
    /// The scene that gives way from the first moment on.
    pub from: Option<SceneId>,
}

impl Moment {
    /// Time since the start of every file.
    pub fn at(&self) -> Duration {
        Duration::from_millis(self.at_ms)
    }

    /// What is on the air while `scene` is open.
    pub fn on_air(&self, scene: &Scene) -> OnAir {
        let from = self.from.clone().filter(|from| *from != scene.id);
        OnAir { scene: scene.id.clone(), from, since: CanvasFrame(0) }
    }
}

/// Shows the strip.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, strip: Rect) {
    let language = editor.preferences.language;
    ui.painter().rect_filled(strip, 0.0, Tokens::here(ui).surface);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(strip.shrink2(egui::vec2(12.0, 5.0))));
    ui.horizontal_centered(|ui| {
        let label = ui.label(Word::Moment.get(language));
        let mut seconds = editor.canvas.moment.at_ms as f64 / 1000.0;
        ui.spacing_mut().slider_width = (ui.available_width() - 420.0).clamp(80.0, 480.0);
        let slider = Slider::new(&mut seconds, 0.0..=SECONDS_MAX).step_by(0.04).fixed_decimals(2);
        if ui.add(slider).labelled_by(label.id).changed() {
            editor.canvas.moment.at_ms = (seconds * 1000.0).round() as u64;
        }
        ui.label(Word::FromScene.get(language));
        from(editor, ui);
    });
}

fn from(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some((own, wall)) = editor.session.scene().map(|scene| (scene.id.clone(), scene.wall.clone())) else {
        return;
    };
    let scenes = editor.session.layout().scenes_of(&wall).filter(|scene| scene.id != own);
    let scenes: Vec<(SceneId, String)> =
        scenes.map(|scene| (scene.id.clone(), scene.name.get(language).to_owned())).collect();
    let none = Word::FromNothing.get(language).to_owned();
    let now = editor.canvas.moment.from.clone();
    let shown = scenes.iter().find(|(id, _)| Some(id) == now.as_ref()).map_or(&none, |(_, name)| name);
    let list = ComboBox::from_id_salt("from").selected_text(shown.clone()).width(160.0);
    let response = list.show_ui(ui, |ui| {
        let all = [(None, none.clone())]
            .into_iter()
            .chain(scenes.iter().cloned().map(|(id, name)| (Some(id), name)));
        for (id, name) in all {
            if ui.selectable_label(now == id, name).clicked() {
                editor.canvas.moment.from = id;
            }
        }
    });
    response.response.accessible_name(Word::FromScene.get(language));
}
