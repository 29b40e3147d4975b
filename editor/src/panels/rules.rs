//! What the hall does by itself when something happens, in words; each rule can be changed in its simple fields, and rehearsed.

use super::{card, choose, field_gesture, teach, title, write_line};
use crate::app::Editor;
use crate::fields::number;
use crate::style::{Tokens, strong};
use crate::words::Word;
use egui::{Button, Label, RichText, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use layouts::Layout;
use layouts::rules::{Action, Rule};
use media::SceneId;

/// How high the row of a rule is.
const ROW: f32 = 34.0;

/// Shows the panel.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let layout = editor.session.document().layout().clone();
    if layout.rules().rules.is_empty() {
        return teach(ui, Word::NoRules.get(language));
    }
    let chosen = editor.time.rule_of(&layout).map(|rule| rule.id.clone());
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for rule in &layout.rules().rules {
            let open = chosen.as_ref() == Some(&rule.id);
            row(editor, ui, rule, open);
            if open {
                about(editor, ui, rule, &layout);
                ui.add_space(8.0);
            }
        }
    });
}

fn row(editor: &mut Editor, ui: &mut Ui, rule: &Rule, open: bool) {
    let (tokens, language) = (Tokens::here(ui), editor.preferences.language);
    let name = rule.name.get(language);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, name));
    let edge = match (open, response.hovered()) {
        (true, _) => Stroke::new(1.5, tokens.accent),
        (false, true) => Stroke::new(1.0, tokens.line),
        _ => Stroke::NONE,
    };
    let painter = ui.painter();
    card(painter, rect, 6.0, tokens.raised, edge);
    let color = if rule.enabled { tokens.text } else { tokens.muted };
    let at = pos2(rect.left() + 10.0, rect.center().y);
    let placed = write_line(painter, at, rect.width() - 54.0, name, 14.0, color);
    if !rule.enabled {
        painter.hline(placed.x_range(), placed.center().y, Stroke::new(1.0, tokens.muted));
    }
    let at = pos2(rect.right() - 10.0, rect.center().y);
    let number = egui::FontId::proportional(14.0);
    painter.text(at, egui::Align2::RIGHT_CENTER, rule.priority.to_string(), number, tokens.text_2);
    if response.on_hover_text(Word::PriorityTip.get(language)).clicked() {
        editor.time.rule = Some(rule.id.clone());
    }
}

fn about(editor: &mut Editor, ui: &mut Ui, rule: &Rule, layout: &Layout) {
    let (tokens, language) = (Tokens::here(ui), editor.preferences.language);
    ui.horizontal_wrapped(|ui| {
        let rehearse =
            Button::new(strong(Word::Rehearse.get(language))).fill(tokens.accent.gamma_multiply(0.35));
        if ui.add(rehearse).on_hover_text(Word::RehearseTip.get(language)).clicked() {
            editor.rehearse(&rule.id);
        }
        let mut enabled = rule.enabled;
        if ui.checkbox(&mut enabled, Word::RuleEnabled.get(language)).clicked() {
            let done = editor.session.set_rule_enabled(&rule.id, enabled);
            editor.tell(done);
        }
    });
    // What it says comes below what can be done: a rule may say much.
    ui.horizontal_wrapped(|ui| fields(editor, ui, rule));
    scene_field(editor, ui, rule, layout);
    let words = rule.spoken(layout);
    let line = |ui: &mut Ui, words: &str, color| {
        ui.add(Label::new(RichText::new(words).color(color).size(13.0)).wrap());
    };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        line(ui, words.when.get(language), tokens.text);
        for does in &words.does {
            line(ui, &format!("→ {}", does.get(language)), tokens.text);
        }
        for ends in &words.ends {
            line(ui, ends.get(language), tokens.text_2);
        }
    });
}

/// The scene that a rule shows, and others of the same wall.
fn scene_field(editor: &mut Editor, ui: &mut Ui, rule: &Rule, layout: &Layout) {
    let language = editor.preferences.language;
    let shown = rule.actions.iter().find_map(|action| match action {
        Action::Scene(scene) => Some(scene),
        _ => None,
    });
    let Some(shown) = shown else { return };
    let wall = layout.scene(shown).map(|scene| scene.wall.clone());
    let scenes = layout.scenes().iter().filter(|scene| Some(&scene.wall) == wall.as_ref());
    let all: Vec<(SceneId, String)> =
        scenes.map(|scene| (scene.id.clone(), scene.name.get(language).to_owned())).collect();
    title(ui, Word::RuleScene.get(language));
    let name = Word::RuleScene.get(language);
    if let Some(scene) = choose(ui, ("rule scene", rule.id.as_str()), name, shown, &all) {
        let done = editor.session.set_rule_scene(&rule.id, &scene);
        editor.tell(done);
    }
}

fn fields(editor: &mut Editor, ui: &mut Ui, rule: &Rule) {
    let language = editor.preferences.language;
    let priority = i64::from(rule.priority) * 1000;
    let field = ui.scope(|ui| number(ui, Word::Priority.get(language), priority, -100_000..=100_000));
    field.response.on_hover_text(Word::PriorityTip.get(language));
    if let Some(priority) = field.inner.and_then(|e3| i8::try_from(e3 / 1000).ok()) {
        let gesture = field_gesture(("priority", rule.id.as_str()));
        let done = editor.session.set_priority(&rule.id, priority, gesture);
        editor.tell(done);
    }
    if !rule.has_picture() {
        return;
    }
    let hold = rule.hold.map_or(0, |hold| i64::try_from(hold.as_millis()).unwrap_or(0));
    let field = ui.scope(|ui| number(ui, Word::HoldSeconds.get(language), hold, 0..=604_800_000));
    field.response.on_hover_text(Word::HoldTip.get(language));
    if let Some(e3) = field.inner {
        let seconds = u32::try_from(e3 / 1000).ok().filter(|seconds| *seconds > 0);
        let done = editor.session.set_hold(&rule.id, seconds, field_gesture(("hold", rule.id.as_str())));
        editor.tell(done);
    }
}
