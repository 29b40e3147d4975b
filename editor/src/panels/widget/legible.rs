//! Whether a window can be read from where people sit, and what would help.

use crate::app::Editor;
use crate::panels::title;
use crate::style::Tokens;
use crate::words::Word;
use editor_model::Item;
use egui::Ui;
use layouts::{Advice, Remedy};

/// Shows what is remarked on the selected window.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, item: &Item) {
    let language = editor.preferences.language;
    let Some(scene) = editor.session.scene().map(|scene| scene.id.clone()) else { return };
    title(ui, Word::Legibility.get(language));
    let own = |advice: &Advice| advice.scene == scene && advice.window == item.id;
    let advice: Vec<Advice> = layouts::advice(editor.session.layout()).into_iter().filter(own).collect();
    if advice.is_empty() {
        let color = Tokens::here(ui).ok;
        ui.label(egui::RichText::new(Word::Legible.get(language)).color(color));
    }
    remarks(editor, ui, advice);
}

/// Each remark with a button that does away with it, where one can.
pub(in crate::panels) fn remarks(editor: &mut Editor, ui: &mut Ui, advice: Vec<Advice>) {
    let language = editor.preferences.language;
    let color = Tokens::here(ui).warn;
    for (at, advice) in advice.into_iter().enumerate() {
        ui.push_id(("advice", at), |ui| {
            let words = egui::RichText::new(advice.words.get(language)).color(color);
            ui.add(egui::Label::new(words).wrap());
            let word = match advice.remedy {
                Some(Remedy::Size(_)) => Word::LargerLetters,
                Some(Remedy::Color { .. }) => Word::ReadableColor,
                None => return,
            };
            if ui.button(word.get(language)).clicked() {
                let done = editor.session.remedy(&advice);
                editor.tell(done);
            }
        });
    }
}
