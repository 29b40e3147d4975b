//! How the open scene comes on: kind, time and easing, with the curve that the wall follows tick by tick, and its picture under the pointer.

use super::{choose, field_gesture, title};
use crate::app::Editor;
use crate::canvas::moment::{lead, progress_words};
use crate::compose::Scenery;
use crate::fields::number;
use crate::style::Tokens;
use crate::words::Word;
use egui::{Color32, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use layouts::{Easing, Layout, Scene, Transition, TransitionKind};
use media::{SceneId, TickRate};
use std::sync::Arc;

/// How long a transition takes that has just been asked for, in milliseconds.
const USUAL_MS: u32 = 400;
/// The longest that a document can say.
const LONGEST_MS: i64 = 10_000;
/// How high the curve and the picture are.
const HEIGHT: f32 = 72.0;

/// Shows it.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, scene: &Scene) {
    let language = editor.preferences.language;
    let Transition { kind, duration_ms, easing } = scene.transition;
    title(ui, Word::Transition.get(language));
    let kinds = [
        (TransitionKind::Cut, Word::TransitionCut),
        (TransitionKind::Fade, Word::TransitionFade),
        (TransitionKind::Move, Word::TransitionMove),
    ];
    ui.horizontal(|ui| {
        for (other, word) in kinds {
            if ui.selectable_label(kind == other, word.get(language)).clicked() && kind != other {
                let duration_ms = if other == TransitionKind::Cut { 0 } else { duration_ms.max(USUAL_MS) };
                set(editor, Transition { kind: other, duration_ms, easing: other.usual_easing() }, None);
            }
        }
    });
    if kind == TransitionKind::Cut {
        return;
    }
    ui.columns(2, |columns| {
        let e3 = i64::from(duration_ms) * 1000;
        let field = number(&mut columns[0], Word::Duration.get(language), e3, 40_000..=LONGEST_MS * 1000);
        if let Some(e3) = field {
            let ms = u32::try_from(e3 / 1000).unwrap_or(USUAL_MS);
            let gesture = field_gesture(("transition", scene.id.as_str()));
            set(editor, Transition { kind, duration_ms: ms, easing }, gesture);
        }
        let ui = &mut columns[1];
        title(ui, Word::Easing.get(language));
        let easings = [
            (Easing::Even, Word::EasingEven.get(language).to_owned()),
            (Easing::Out, Word::EasingOut.get(language).to_owned()),
            (Easing::InOut, Word::EasingInOut.get(language).to_owned()),
        ];
        if let Some(easing) = choose(ui, "easing", Word::Easing.get(language), &easing, &easings) {
            set(editor, Transition { kind, duration_ms, easing }, None);
        }
    });
    look(editor, ui, scene);
}

fn set(editor: &mut Editor, transition: Transition, gesture: Option<u64>) {
    let done = editor.session.set_transition(transition, gesture);
    editor.tell(done);
}

/// The scene that gives way: the one that the canvas has it come from, else the one before it on its wall.
fn giving_way(editor: &Editor, layout: &Layout, scene: &Scene) -> Option<SceneId> {
    let chosen = editor.canvas.moment.from.clone().filter(|from| *from != scene.id);
    let others: Vec<&SceneId> = layout.scenes_of(&scene.wall).map(|other| &other.id).collect();
    let own = others.iter().position(|other| **other == scene.id)?;
    let before = own.checked_sub(1).or(others.len().checked_sub(1))?;
    chosen.or_else(|| Some(others[before].clone())).filter(|from| *from != scene.id)
}

/// The curve, which can be scrubbed, and the picture at that tick.
fn look(editor: &mut Editor, ui: &mut Ui, scene: &Scene) {
    let layout = editor.session.document().layout().clone();
    let Some(rate) = layout.wall(&scene.wall).map(|wall| wall.tick) else { return };
    let Some(from) = giving_way(editor, &layout, scene) else { return };
    let mut moment = editor.canvas.moment.clone();
    let scrubbed = moment.from.is_some();
    moment.from = Some(from.clone());
    let on_air = moment.on_air(scene, rate);
    let ticks = on_air.ticks(&layout);
    if !scrubbed {
        // Nothing is looked at yet: the middle tells most.
        moment.tick = lead(rate) + ticks / 2;
    }
    let width = (ui.available_width() - 8.0) / 2.0;
    ui.horizontal(|ui| {
        let step = (moment.tick + 1).saturating_sub(lead(rate)).min(ticks);
        if let Some(step) = curve(editor, ui, width, scene.transition.easing, (step, ticks)) {
            moment.tick = (step + lead(rate)).saturating_sub(1);
            editor.time.leave();
            editor.canvas.moment.scrub(from, moment.tick);
        }
        picture(editor, ui, width, &layout, scene, rate, &moment);
    });
    let words = progress_words(moment.tick, rate, ticks, editor.preferences.language);
    let color = Tokens::here(ui).muted;
    ui.label(egui::RichText::new(words).size(12.0).color(color));
}

/// Draws how far a transition has come at each tick; gives the step at which it is taken hold of.
fn curve(editor: &Editor, ui: &mut Ui, width: f32, easing: Easing, (step, ticks): (u64, u64)) -> Option<u64> {
    let tokens = Tokens::here(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click_and_drag());
    let name = Word::EasingCurve.get(editor.preferences.language);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let inner = rect.shrink(8.0);
    let at = |step: u64| -> Pos2 {
        let along = step as f32 / ticks.max(1) as f32;
        let up = easing.progress(step, ticks) as f32 / 65_536.0;
        pos2(inner.left() + along * inner.width(), inner.bottom() - up * inner.height())
    };
    let painter = ui.painter();
    let edge = if response.hovered() { tokens.accent } else { tokens.line };
    painter.rect(rect, 6.0, tokens.canvas, Stroke::new(1.0, edge), StrokeKind::Inside);
    // Finer than the wall's ticks, so that the curve is one; the ticks are dots on it.
    let fine: Vec<Pos2> = (0..=64_u64)
        .map(|part| {
            let up = easing.progress(part, 64) as f32 / 65_536.0;
            pos2(inner.left() + part as f32 / 64.0 * inner.width(), inner.bottom() - up * inner.height())
        })
        .collect();
    painter.line(fine, Stroke::new(1.5, tokens.text_2));
    if ticks <= 30 {
        for step in 1..=ticks {
            painter.circle_filled(at(step), 1.8, tokens.text_2);
        }
    }
    painter.vline(at(step).x, rect.y_range(), Stroke::new(1.0, tokens.accent.gamma_multiply(0.6)));
    painter.circle_filled(at(step), 4.0, tokens.accent);
    let held = response.clicked() || response.dragged();
    let pointer =
        response.on_hover_text(Word::CurveTip.get(editor.preferences.language)).interact_pointer_pos();
    pointer.filter(|_| held).map(|pointer| {
        let along = ((pointer.x - inner.left()) / inner.width()).clamp(0.0, 1.0);
        (along * ticks as f32).round() as u64
    })
}

fn picture(
    editor: &mut Editor,
    ui: &mut Ui,
    width: f32,
    layout: &Arc<Layout>,
    scene: &Scene,
    rate: TickRate,
    moment: &crate::canvas::moment::Moment,
) {
    let tokens = Tokens::here(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    let name = Word::TransitionPicture.get(editor.preferences.language);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    ui.painter().rect_filled(rect, 6.0, tokens.canvas);
    let scenery = Scenery {
        layout: layout.clone(),
        wall: scene.wall.clone(),
        on_air: moment.on_air(scene, rate),
        start: None,
        at: moment.at(rate),
        media_folder: editor.media_folder.clone(),
        data: editor.data.shown().clone(),
    };
    if let Some(texture) = editor.thumbnails.change(scenery, &editor.composer) {
        let size = texture.size_vec2();
        let scale = (rect.width() / size.x).min(rect.height() / size.y);
        let inside = Rect::from_center_size(rect.center(), size * scale);
        let all = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        ui.painter().image(texture.id(), inside, all, Color32::WHITE);
    }
}
