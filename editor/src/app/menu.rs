//! Menus and buttons of commands.

use crate::app::Editor;
use crate::commands::{Command, OFFERS, Offer, keys_words};
use crate::style::{Tokens, strong};
use crate::tour::Spot;
use crate::words::Word;
use editor_model::Order;
use egui::{Button, MenuBar, Ui};

/// What a click with the other button offers.
const CONTEXT: [Command; 11] = [
    Command::Cut,
    Command::Copy,
    Command::Duplicate,
    Command::Delete,
    Command::CropInPlace,
    Command::CropReset,
    Command::Lock,
    Command::Group,
    Command::Ungroup,
    Command::Order(Order::Front),
    Command::Order(Order::Back),
];

/// The bar at the top.
pub(crate) fn bar(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    MenuBar::new().ui(ui, |ui| {
        let name = editor.session.layout().hall().name.get(language).to_owned();
        ui.label(strong(name).size(15.0));
        ui.add_space(12.0);
        for menu in editor.menus() {
            ui.menu_button(menu.get(language), |ui| {
                ui.set_min_width(260.0);
                for offer in OFFERS.iter().filter(|offer| offer.menu == menu) {
                    item(editor, ui, offer);
                }
            });
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let save = Button::new(strong(Word::Save.get(language)))
                .fill(Tokens::here(ui).accent.gamma_multiply(0.35))
                .min_size(egui::vec2(64.0, 28.0));
            let changed = editor.is_possible(Command::Save);
            let response = ui.add_enabled(changed, save).on_hover_text(Word::SaveTip.get(language));
            editor.tour.note(Spot::Save, response.rect);
            if response.clicked() {
                let context = ui.ctx().clone();
                editor.run(Command::Save, &context);
            }
            for command in [Command::Redo, Command::Undo] {
                editor.command_button(ui, command);
            }
            for command in [Command::ZoomFull, Command::ZoomFit] {
                editor.command_button(ui, command);
            }
        });
    });
}

/// The menu of a window.
pub(crate) fn context(editor: &mut Editor, ui: &mut Ui) {
    ui.set_min_width(220.0);
    for command in CONTEXT {
        if let Some(offer) = OFFERS.iter().find(|offer| offer.command == command) {
            item(editor, ui, offer);
        }
    }
}

/// The menu of a screen.
pub(crate) fn screens(editor: &mut Editor, ui: &mut Ui) {
    ui.set_min_width(220.0);
    let commands = [Command::AddScreen, Command::TurnScreens, Command::Delete, Command::ToggleWallMode];
    for offer in commands.iter().filter_map(|command| OFFERS.iter().find(|offer| offer.command == *command)) {
        item(editor, ui, offer);
    }
}

fn item(editor: &mut Editor, ui: &mut Ui, offer: &Offer) {
    let Offer { command, word, tip, keys, menu: _ } = offer;
    let language = editor.preferences.language;
    let keys = keys.as_ref().map(keys_words).unwrap_or_default();
    let button = Button::new(word.get(language)).shortcut_text(keys);
    let mut response = ui.add_enabled(editor.is_possible(*command), button);
    if let Some(tip) = tip {
        response = response.on_hover_text(tip.get(language));
    }
    if response.clicked() {
        let context = ui.ctx().clone();
        editor.run(*command, &context);
        ui.close();
    }
}

impl Editor {
    /// A button for a command, with its keys in the tooltip.
    pub(crate) fn command_button(&mut self, ui: &mut Ui, command: Command) {
        let Some(offer) = OFFERS.iter().find(|offer| offer.command == command) else { return };
        let language = self.preferences.language;
        let words = offer.word.get(language);
        let keys = offer.keys.as_ref().map(keys_words);
        let response = ui.add_enabled(self.is_possible(command), Button::new(words));
        let told = [Some(words.to_owned()), keys, offer.tip.map(|tip| tip.get(language).to_owned())];
        let told: Vec<String> = told.into_iter().flatten().collect();
        if response.on_hover_text(told.join("\n")).clicked() {
            let context = ui.ctx().clone();
            self.run(command, &context);
        }
    }
}
