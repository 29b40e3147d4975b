//! What happened in a run, line by line, as the controller's log would have it: a click takes the playhead there.

use crate::app::Editor;
use crate::panels::{clock, title};
use crate::style::Tokens;
use crate::words::Word;
use editor_model::Run;
use egui::{Button, RichText, Ui, vec2};
use layouts::rules::What;

/// Most lines that are shown: a storm has more, and nobody reads them here.
const LINES_MAX: usize = 200;

/// Shows the lines.
pub(super) fn show(editor: &mut Editor, ui: &mut Ui, run: &Run) {
    let language = editor.preferences.language;
    let tokens = Tokens::here(ui);
    title(ui, Word::Log.get(language));
    let lines = run.beats().iter().flat_map(|beat| beat.whys.iter().map(|why| (beat.at, why)));
    let mut wanted = None;
    ui.spacing_mut().item_spacing.y = 2.0;
    for (at, why) in lines.take(LINES_MAX) {
        let color = match why.what {
            What::Raised | What::Covered => tokens.warn,
            What::Ended | What::Uncovered => tokens.ok,
            What::Fault => tokens.danger,
            _ => tokens.text_2,
        };
        let words = format!("{}  {}", clock(at), why.words.get(language));
        let button = Button::selectable(false, RichText::new(&words).size(12.5).color(color)).truncate();
        let button = button.min_size(vec2(ui.available_width(), 22.0));
        if ui.add(button).on_hover_text(words).clicked() {
            wanted = Some(at);
        }
    }
    if let Some(at) = wanted {
        editor.scrub(at);
    }
}
