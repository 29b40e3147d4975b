//! Nodes and their outputs as a table: a screen is dragged to another output, and an output that is taken is swapped.

use super::{teach, title};
use crate::app::Editor;
use crate::style::{Tokens, strong};
use crate::words::Word;
use editor_model::{Clash, Outputs};
use egui::{Align2, DragValue, FontId, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};
use media::{NodeId, ScreenId};

/// A cell in points.
const CELL: egui::Vec2 = vec2(64.0, 30.0);
/// Most outputs of a row beyond those that are used.
const SPARE: u32 = 1;

/// What is done with the table.
enum Act {
    Select(ScreenId, bool),
    Assign(ScreenId, NodeId, u32),
    Decodes(NodeId, u32),
}

/// Shows the table.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    title(ui, Word::NodesAndOutputs.get(language));
    teach(ui, Word::NodesHow.get(language));
    let outputs = editor.session.outputs();
    for clash in outputs.clashes() {
        let words = Clash::words(&clash);
        ui.colored_label(tokens.danger, words.get(language));
    }
    let last = (outputs.highest() + SPARE).min(editor_model::OUTPUTS_MAX);
    let mut act = None;
    let nodes: Vec<NodeId> = outputs.rows().map(|(node, _)| node.clone()).collect();
    for node in &nodes {
        ui.horizontal(|ui| {
            ui.label(strong(node.to_string()));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let mut decodes = editor.session.layout().decodes_1080p(node).unwrap_or(0);
                let name = format!("{} {node}", Word::NodeDecodes.get(language));
                let none =
                    |number: f64, _| if number < 1.0 { "–".to_owned() } else { format!("{number:.0}") };
                let field = DragValue::new(&mut decodes).range(0..=4096).custom_formatter(none);
                let response = ui.add(field.update_while_editing(false)).accessible_name(&name);
                if response.on_hover_text(Word::NodeDecodes.get(language)).changed() {
                    act = Some(Act::Decodes(node.clone(), decodes));
                }
                ui.label(egui::RichText::new("1080p").size(11.0).color(tokens.muted));
            });
        });
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            for output in 1..=last {
                act = cell(editor, ui, &outputs, (node, output)).or(act.take());
            }
        });
        ui.add_space(4.0);
    }
    match act {
        Some(Act::Select(screen, more)) => select(editor, screen, more),
        Some(Act::Assign(screen, node, output)) => editor.assign(&screen, &node, output),
        Some(Act::Decodes(node, count)) => {
            let mark =
                node.as_str().bytes().fold(9 << 60, |hash: u64, byte| hash.rotate_left(5) ^ u64::from(byte));
            let done = editor.session.set_decodes(&node, (count > 0).then_some(count), Some(mark | 1 << 63));
            editor.tell(done);
        }
        None => {}
    }
}

/// A screen of the open wall is selected on the canvas.
fn select(editor: &mut Editor, screen: ScreenId, more: bool) {
    if !editor.session.is_on_wall() {
        editor.session.work_on_wall(true);
    }
    match more {
        true => editor.session.toggle_screen(&screen),
        false => editor.session.select_screens([screen], false),
    }
}

/// One output: its number, and the screen on it.
fn cell(editor: &Editor, ui: &mut Ui, outputs: &Outputs, (node, output): (&NodeId, u32)) -> Option<Act> {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    let screen = outputs.at(node, output);
    let selected =
        screen.is_some_and(|screen| editor.session.selected_screens().iter().any(|item| item.id == *screen));
    let sense = if screen.is_some() { Sense::click_and_drag() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(CELL, sense);
    let shown = screen.map_or(Word::OutputFree.get(language), |screen| screen.as_str());
    let name = format!("{node} {output}: {shown}");
    response.widget_info(|| WidgetInfo::selected(Role::Button, screen.is_some(), selected, &name));
    let over = response.dnd_hover_payload::<ScreenId>().is_some_and(|dragged| Some(&*dragged) != screen);
    let (fill, edge) = match (screen.is_some(), selected || over) {
        (_, true) => (tokens.accent.gamma_multiply(0.28), tokens.accent),
        (true, false) => (tokens.raised, if response.hovered() { tokens.accent } else { tokens.line }),
        (false, false) => (tokens.canvas, tokens.line),
    };
    let painter = ui.painter().with_clip_rect(rect);
    painter.rect(rect, 4.0, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
    let at = rect.min + vec2(5.0, 3.0);
    painter.text(at, Align2::LEFT_TOP, output, FontId::proportional(9.0), tokens.muted);
    let color = if screen.is_some() { tokens.text } else { tokens.muted };
    let at = rect.center() + vec2(4.0, 3.0);
    painter.text(at, Align2::CENTER_CENTER, shown, FontId::proportional(12.0), color);
    if let Some(dropped) = response.dnd_release_payload::<ScreenId>() {
        return Some(Act::Assign((*dropped).clone(), node.clone(), output));
    }
    let screen = screen?;
    response.dnd_set_drag_payload(screen.clone());
    if response.clicked() {
        return Some(Act::Select(screen.clone(), ui.input(|input| input.modifiers.shift)));
    }
    None
}
