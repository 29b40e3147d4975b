//! What lies over the editor for a moment: the command palette, the shortcuts, questions.

use crate::app::Editor;
use crate::browse::Purpose;
use crate::commands::{OFFERS, Offer, keys_words};
use crate::style::{Tokens, strong};
use crate::words::Word;
use egui::{Button, Context, Grid, Id, Key, Modal, Modifiers, ScrollArea, TextEdit, Ui};

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// Every command, found by its name.
    Commands,
    /// Every key.
    Shortcuts,
    /// What was not saved is back.
    Recovered,
    /// The file has been changed by somebody else.
    ChangedOutside,
    /// The document is left and something is not saved.
    CloseUnsaved,
    /// A document is looked for.
    Open,
    /// A place for the document is looked for.
    SaveAs,
    /// A wall is built.
    BuildWall,
    /// What both have changed, who work on a controller, side by side.
    Conflicts,
}

/// What was typed into the palette.
#[derive(Default)]
pub(super) struct PaletteState {
    words: String,
    at: usize,
}

/// Shows the sheet that is open.
pub(super) fn show(editor: &mut Editor, context: &Context) {
    let Some(sheet) = editor.sheet else { return };
    let frame = egui::Frame::popup(&context.global_style()).inner_margin(16);
    let shown = Modal::new(Id::unique("sheet")).frame(frame).show(context, |ui| match sheet {
        Sheet::Commands => palette(editor, ui),
        Sheet::Shortcuts => shortcuts(editor, ui),
        Sheet::Recovered => recovered(editor, ui),
        Sheet::ChangedOutside => changed_outside(editor, ui),
        Sheet::CloseUnsaved => editor.close_unsaved(ui),
        Sheet::Open => editor.files(ui, Purpose::Open),
        Sheet::SaveAs => editor.files(ui, Purpose::Save),
        Sheet::BuildWall => crate::wall::build::show(editor, ui),
        Sheet::Conflicts => crate::live::conflicts::show(editor, ui),
    });
    // A question is answered by its buttons.
    let asks = matches!(sheet, Sheet::Recovered | Sheet::ChangedOutside | Sheet::CloseUnsaved);
    if shown.should_close() && !asks && editor.sheet == Some(sheet) {
        editor.sheet = None;
    }
}

/// The commands whose names hold what was typed, in any language.
fn matching(words: &str) -> Vec<&'static Offer> {
    let words = words.trim().to_lowercase();
    let holds = |offer: &&Offer| {
        let both = [crate::words::Language::Chinese, crate::words::Language::English];
        both.into_iter().any(|language| offer.word.get(language).to_lowercase().contains(&words))
    };
    OFFERS.iter().filter(holds).collect()
}

fn palette(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    ui.set_width(480.0);
    let hint = Word::SearchCommands.get(language);
    let field = TextEdit::singleline(&mut editor.palette.words).hint_text(hint).desired_width(f32::INFINITY);
    let response = ui.add(field).accessible_name(hint);
    response.request_focus();
    if response.changed() {
        editor.palette.at = 0;
    }
    let found = matching(&editor.palette.words);
    let (up, down, enter) = ui.input_mut(|input| {
        let mut key = |key| input.count_and_consume_key(Modifiers::NONE, key);
        (key(Key::ArrowUp), key(Key::ArrowDown), key(Key::Enter) > 0)
    });
    let last = found.len().saturating_sub(1);
    editor.palette.at = (editor.palette.at + down).saturating_sub(up).min(last);
    let mut chosen = enter.then(|| found.get(editor.palette.at).map(|offer| offer.command)).flatten();
    if found.is_empty() {
        ui.label(Word::NoCommands.get(language));
    }
    ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
        for (index, offer) in found.iter().enumerate() {
            let keys = offer.keys.as_ref().map(keys_words).unwrap_or_default();
            let at = index == editor.palette.at;
            let button = Button::selectable(at, offer.word.get(language)).shortcut_text(keys);
            let button = button.min_size(egui::vec2(ui.available_width(), 28.0));
            let response = ui.add_enabled(editor.is_possible(offer.command), button);
            if at && (up > 0 || down > 0) {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                chosen = Some(offer.command);
            }
        }
    });
    if let Some(command) = chosen {
        editor.sheet = None;
        if editor.is_possible(command) {
            let context = ui.ctx().clone();
            editor.run(command, &context);
        }
    }
}

fn shortcuts(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    ui.set_width(640.0);
    ui.heading(Word::Shortcuts.get(language));
    ui.add_space(8.0);
    let high = (ui.ctx().content_rect().height() - 180.0).max(240.0);
    ScrollArea::vertical().max_height(high).show(ui, |ui| {
        ui.columns(2, |columns| {
            for (index, menu) in editor.menus().enumerate() {
                group(&mut columns[index % 2], menu, language);
            }
            let ui = &mut columns[1];
            ui.label(strong(Word::Gestures.get(language)));
            let hows =
                [Word::PanHow, Word::ZoomHow, Word::AspectHow, Word::MoreHow, Word::PauseHow, Word::NudgeHow];
            for how in hows {
                ui.label(how.get(language));
            }
        });
    });
    if ui.button(Word::Close.get(language)).clicked() {
        editor.sheet = None;
    }
}

fn group(ui: &mut Ui, menu: Word, language: crate::words::Language) {
    ui.label(strong(menu.get(language)));
    let tokens = Tokens::here(ui);
    Grid::new(("keys", menu)).num_columns(2).min_col_width(150.0).show(ui, |ui| {
        for offer in OFFERS.iter().filter(|offer| offer.menu == menu) {
            let Some(keys) = &offer.keys else { continue };
            ui.label(egui::RichText::new(keys_words(keys)).color(tokens.accent));
            ui.label(offer.word.get(language));
            ui.end_row();
        }
    });
    ui.add_space(8.0);
}

/// Buttons of a question; gives which one was chosen.
pub(super) fn question(ui: &mut Ui, words: &str, answers: &[&str]) -> Option<usize> {
    ui.set_width(420.0);
    ui.label(strong(words).size(15.0));
    ui.add_space(8.0);
    let mut chosen = None;
    ui.horizontal(|ui| {
        for (index, answer) in answers.iter().enumerate() {
            let fill = if index == 0 {
                Tokens::here(ui).accent.gamma_multiply(0.35)
            } else {
                Tokens::here(ui).raised
            };
            let response = ui.add(Button::new(*answer).fill(fill));
            // Enter gives the first answer, which loses nothing.
            if index == 0 && ui.memory(|memory| memory.focused().is_none()) {
                response.request_focus();
            }
            if response.clicked() {
                chosen = Some(index);
            }
        }
    });
    chosen
}

fn recovered(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let answers = [Word::KeepRecovered.get(language), Word::DropRecovered.get(language)];
    match question(ui, Word::Recovered.get(language), &answers) {
        Some(0) => editor.sheet = None,
        Some(_) => {
            editor.sheet = None;
            editor.session.go_to(0);
        }
        None => {}
    }
}

fn changed_outside(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let answers = [Word::Reload, Word::KeepMine, Word::Cancel].map(|word| word.get(language));
    let chosen = question(ui, Word::ChangedOutside.get(language), &answers);
    match chosen {
        Some(0) => editor.reload(),
        Some(1) => editor.overwrite(),
        _ => {}
    }
    if chosen.is_some() {
        editor.sheet = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Command;

    #[test]
    fn commands_are_found_by_their_names_in_both_languages() {
        assert_eq!(matching("").len(), OFFERS.len());
        for typed in ["duplicate", "复制一份", " DUPLIC "] {
            assert!(matching(typed).iter().any(|offer| offer.command == Command::Duplicate), "{typed}");
        }
        assert!(matching("no such thing").is_empty());
    }
}
