//! What was done, by its name: any moment can be gone back to.

use crate::app::Editor;
use crate::style::Tokens;
use crate::words::{Language, Word};
use egui::{Button, ScrollArea, Ui};

/// Shows the panel.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    let history = editor.session.history();
    let said =
        |(zh, en): &(String, String)| if language == Language::Chinese { zh.clone() } else { en.clone() };
    let past = history.past().iter().map(|step| said(&step.name));
    let future = history.future().iter().rev().map(|step| said(&step.name));
    let now = history.past().len();
    let opened = Word::Opened.get(language).to_owned();
    let steps: Vec<String> = [opened].into_iter().chain(past).chain(future).collect();
    let mut wanted = None;
    ui.spacing_mut().item_spacing.y = 2.0;
    let height = ui.spacing().interact_size.y;
    ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show_rows(
        ui,
        height,
        steps.len(),
        |ui, range| {
            for at in range {
                let color = if at > now { tokens.muted } else { tokens.text };
                let words = egui::RichText::new(format!("{at}  {}", steps[at])).color(color);
                let button =
                    Button::selectable(at == now, words).min_size(egui::vec2(ui.available_width(), height));
                if ui.add(button).clicked() {
                    wanted = Some(at);
                }
            }
        },
    );
    if let Some(at) = wanted {
        editor.session.go_to(at);
    }
}
