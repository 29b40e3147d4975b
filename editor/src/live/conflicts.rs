//! What both have changed, side by side: the designer's and the wall's, each as it would look, and a button below each.

use super::Live;
use crate::app::Editor;
use crate::canvas::window_name;
use crate::compose::{Scenery, Small};
use crate::style::{Tokens, strong};
use crate::words::{Language, Word};
use editor_model::merge::{Choice, Conflict};
use editor_model::rect_of;
use egui::{Color32, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use layouts::OnAir;
use layouts_edit::{HallText, PartName};
use media::SceneId;
use std::time::Duration;

const PICTURE_WIDTH: f32 = 340.0;

/// Whether a conflict is about a scene or one of its windows.
pub(super) fn is_of(conflict: &Conflict, scene: &SceneId) -> bool {
    let Conflict { base: _, mine, theirs, fields: _ } = conflict;
    scene_of(mine.as_ref().or(theirs.as_ref())).as_ref() == Some(scene)
}

fn scene_of(part: Option<&PartName>) -> Option<SceneId> {
    match part? {
        PartName::Window { scene, .. } => Some(scene.clone()),
        PartName::Listed { list, id } if list == "scene" => SceneId::new(id).ok(),
        _ => None,
    }
}

/// What a part is called by people.
fn name(hall: &HallText, part: &PartName, language: Language) -> String {
    let layout = hall.layout();
    match part {
        PartName::Hall => layout.hall().name.get(language).to_owned(),
        PartName::Listed { list, id } => format!("{list} {id}"),
        PartName::Window { scene, index } => {
            let id = hall.windows(scene).get(*index);
            let window = id.and_then(|id| layout.scene(scene)?.window(id));
            match window {
                Some(window) => window_name(layout, window, language),
                None => format!("{scene} {}", index + 1),
            }
        }
    }
}

/// In what both differ.
fn fields(conflict: &Conflict, language: Language) -> String {
    let mut words: Vec<&str> = conflict
        .fields
        .iter()
        .map(|field| match field.as_str() {
            "place" => Word::FieldPlace,
            "source" | "text" | "image" | "widget" => Word::FieldContent,
            "crop_percent" => Word::FieldCrop,
            "z" => Word::FieldDepth,
            _ => Word::FieldOther,
        })
        .map(|word| word.get(language))
        .collect();
    words.dedup();
    words.join(if language == Language::Chinese { "、" } else { ", " })
}

/// Shows the sheet.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some(live) = &editor.live else { return };
    let conflicts = live.conflicts().to_vec();
    if conflicts.is_empty() {
        editor.sheet = None;
        return;
    }
    ui.set_width(2.0 * PICTURE_WIDTH + 8.0);
    ui.heading(Word::Conflicts.get(language));
    ui.label(RichText::new(Word::ConflictHow.get(language)).color(Tokens::here(ui).text_2));
    let mut chosen = None;
    ScrollArea::vertical().max_height(520.0).show(ui, |ui| {
        for (index, conflict) in conflicts.iter().enumerate() {
            ui.add_space(8.0);
            if let Some(choice) = one(editor, ui, index, conflict, language) {
                chosen = Some((conflict.clone(), choice));
            }
        }
    });
    if let Some((conflict, choice)) = chosen
        && let Some(live) = &mut editor.live
    {
        live.decide(&mut editor.session, &conflict, choice);
    }
    if ui.button(Word::Close.get(language)).clicked() {
        editor.sheet = None;
    }
}

/// One conflict; gives what was chosen.
fn one(
    editor: &mut Editor,
    ui: &mut Ui,
    index: usize,
    conflict: &Conflict,
    language: Language,
) -> Option<Choice> {
    let theirs = editor.live.as_ref().and_then(Live::theirs)?.clone();
    let mine = editor.session.document().clone();
    let title = match (&conflict.mine, &conflict.theirs) {
        (Some(part), _) => name(&mine, part, language),
        (None, Some(part)) => name(&theirs, part, language),
        (None, None) => return None,
    };
    ui.label(strong(format!("{} {title}", Word::ConflictTitle.get(language))));
    let said = fields(conflict, language);
    if !said.is_empty() {
        ui.label(RichText::new(said).color(Tokens::here(ui).text_2));
    }
    let mut chosen = None;
    ui.horizontal_top(|ui| {
        let sides = [
            (Choice::Mine, &mine, &conflict.mine, Word::ConflictMine, Word::KeepMineHere),
            (Choice::Theirs, &theirs, &conflict.theirs, Word::ConflictTheirs, Word::TakeTheirs),
        ];
        for (choice, hall, part, side, button) in sides {
            ui.vertical(|ui| {
                ui.set_width(PICTURE_WIDTH);
                let gone = if part.is_none() {
                    format!(" · {}", Word::ConflictGone.get(language))
                } else {
                    String::new()
                };
                ui.label(format!("{}{gone}", side.get(language)));
                picture(
                    editor,
                    ui,
                    hall,
                    scene_of(conflict.mine.as_ref().or(conflict.theirs.as_ref())),
                    part.as_ref(),
                    choice,
                );
                // Each button is known by what it is about, also to who cannot see the picture.
                let words = button.get(language);
                let response = ui.button(words);
                let named = if index == 0 { words.to_owned() } else { format!("{words} {}", index + 1) };
                let response = response.accessible_name(named);
                if response.clicked() {
                    chosen = Some(choice);
                }
            });
        }
    });
    chosen
}

/// The scene as one of them has it, with the window in question framed.
fn picture(
    editor: &mut Editor,
    ui: &mut Ui,
    hall: &HallText,
    scene: Option<SceneId>,
    part: Option<&PartName>,
    choice: Choice,
) {
    let tokens = Tokens::here(ui);
    let Some(scene) = scene else { return };
    let layout = hall.layout().clone();
    let Some(wall) = layout.scene(&scene).and_then(|found| layout.wall(&found.wall)) else { return };
    let (size, wall) = (wall.canvas_size(), wall.id.clone());
    let what = match choice {
        Choice::Mine => Small::Scene(scene.clone()),
        Choice::Theirs => Small::Theirs(scene.clone()),
    };
    let (media_folder, data) = (editor.media_folder.clone(), editor.data.shown().clone());
    let (on_air, start, at) = (OnAir::still(scene.clone()), None, Duration::ZERO);
    let scenery = || Some(Scenery { layout: layout.clone(), wall, on_air, start, at, media_folder, data });
    let texture =
        editor.thumbnails.get(what, scenery, &editor.composer, &layout, false).map(|texture| texture.id());
    let height = PICTURE_WIDTH * size.height as f32 / size.width.max(1) as f32;
    let (rect, _) = ui.allocate_exact_size(vec2(PICTURE_WIDTH, height), Sense::hover());
    ui.painter().rect_filled(rect, 4.0, tokens.canvas);
    if let Some(texture) = texture {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture, rect, whole, Color32::WHITE);
    }
    if let Some(PartName::Window { scene, index }) = part
        && let Some(window) = hall.windows(scene).get(*index).and_then(|id| layout.scene(scene)?.window(id))
    {
        let at = rect_of(window.rect);
        let scale = PICTURE_WIDTH / (size.width.max(1) as f32 * 1000.0);
        let min = rect.min + vec2(at.x as f32, at.y as f32) * scale;
        let frame = Rect::from_min_size(min, vec2(at.width as f32, at.height as f32) * scale);
        ui.painter().rect_stroke(
            frame.intersect(rect),
            2.0,
            Stroke::new(2.0, tokens.warn),
            StrokeKind::Inside,
        );
    }
}
