//! The strip of the controller: how the line stands, who is there, what is on air and on the stage, what differs, and the two buttons.

use super::asks::Remedy;
use super::{Done, Live, Standing};
use crate::app::{Editor, Sheet};
use crate::commands::Command;
use crate::style::{Tokens, strong};
use crate::words::{Language, Word};
use editor_model::stage::Difference;
use egui::{Align, Button, Color32, Layout, RichText, Role, Sense, Ui, WidgetInfo, vec2};

/// Shows the strip, and below it what was refused.
pub(crate) fn show(editor: &mut Editor, ui: &mut Ui) {
    let language = editor.preferences.language;
    let Some(mut live) = editor.live.take() else { return };
    let difference = live.difference(&editor.session, editor.canvas.is_busy());
    ui.horizontal(|ui| {
        line(&live, ui, language);
        people(&live, ui);
        ui.separator();
        wall(&live, editor, ui, language);
        editor.live = Some(live);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            buttons(editor, ui);
            differs(editor, ui, &difference, language);
        });
    });
    refusal(editor, ui, language);
}

/// A dot with words: colour is never alone.
fn line(live: &Live, ui: &mut Ui, language: Language) {
    let tokens = Tokens::here(ui);
    let (color, words, more) = match live.standing() {
        Standing::Connecting => (tokens.muted, Word::LiveConnecting.get(language).to_owned(), String::new()),
        Standing::Up => (tokens.ok, Word::LiveUp.get(language).to_owned(), String::new()),
        Standing::Down { why } => (tokens.stale, Word::LiveDown.get(language).to_owned(), why.clone()),
        Standing::Refused { words: (zh, en) } => {
            let said = if language == Language::Chinese { zh } else { en };
            (tokens.danger, format!("{}{said}", Word::LiveRefused.get(language)), String::new())
        }
    };
    let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
    ui.painter().circle_filled(dot.center(), 4.0, color);
    let told: Vec<String> =
        [live.door.to_string(), more].into_iter().filter(|words| !words.is_empty()).collect();
    ui.label(RichText::new(words).color(color)).on_hover_text(told.join("\n"));
    if !live.door.is_secure() && !live.door.is_here() {
        let words = RichText::new(Word::LivePlain.get(language)).color(tokens.warn);
        ui.label(words).on_hover_text(Word::LivePlainTip.get(language));
    }
}

/// The colour of a person, the same wherever he is seen.
pub(super) fn color_of(name: &str, tokens: &Tokens) -> Color32 {
    // Told apart by people with red-green blindness, and never the colours of states or of one's own selection.
    let all = [
        Color32::from_rgb(0xF0, 0xE4, 0x42),
        Color32::from_rgb(0xB9, 0x85, 0x52),
        Color32::from_rgb(0xCC, 0x79, 0xA7),
        Color32::from_rgb(0x00, 0xB3, 0x9A),
    ];
    let sum = name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    all.get(sum % all.len()).copied().unwrap_or(tokens.accent)
}

/// One disc for each person who is there.
fn people(live: &Live, ui: &mut Ui) {
    let tokens = Tokens::here(ui);
    for person in live.others().into_iter().take(8) {
        let name = if person.name.is_empty() { &person.user } else { &person.name };
        let (disc, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::hover());
        ui.painter().circle_filled(disc.center(), 12.0, color_of(name, &tokens));
        let first: String = name.chars().take(1).collect();
        let font = egui::FontId::proportional(13.0);
        ui.painter().text(disc.center(), egui::Align2::CENTER_CENTER, first, font, tokens.canvas);
        let said = match person.page.as_str() {
            "" => name.clone(),
            page => format!("{name} · {page}"),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
        response.on_hover_text(said);
    }
}

/// What is on air and on the stage of the open scene's wall.
fn wall(live: &Live, editor: &Editor, ui: &mut Ui, language: Language) {
    let tokens = Tokens::here(ui);
    let Some(line) = editor.session.wall().and_then(|wall| live.wall(&wall.id)) else { return };
    let name = |scene: Option<&media::SceneId>| match scene {
        Some(id) => match editor.session.layout().scene(id) {
            Some(scene) => scene.name.get(language).to_owned(),
            None => id.to_string(),
        },
        None => Word::StageEmpty.get(language).to_owned(),
    };
    // Without the line it is what the controller said last.
    let color = if live.is_up() { tokens.text } else { tokens.stale };
    for (word, scene) in [(Word::OnAir, Some(&line.on_air)), (Word::OnStage, line.staged.as_ref())] {
        ui.label(RichText::new(word.get(language)).color(tokens.muted));
        ui.label(RichText::new(name(scene)).color(color));
    }
}

fn buttons(editor: &mut Editor, ui: &mut Ui) {
    let context = ui.ctx().clone();
    let language = editor.preferences.language;
    for (command, word, tip) in
        [(Command::Take, Word::Take, Word::TakeTip), (Command::Stage, Word::Stage, Word::StageTip)]
    {
        let fill = if command == Command::Take {
            Tokens::here(ui).accent.gamma_multiply(0.35)
        } else {
            Tokens::here(ui).raised
        };
        let button = Button::new(strong(word.get(language))).fill(fill).min_size(vec2(72.0, 28.0));
        let response = ui.add_enabled(editor.is_possible(command), button).on_hover_text(tip.get(language));
        if response.clicked() {
            editor.run(command, &context);
        }
    }
}

/// What was done, what waits for a decision, and what differs.
fn differs(editor: &mut Editor, ui: &mut Ui, difference: &Difference, language: Language) {
    let tokens = Tokens::here(ui);
    let Some(live) = &editor.live else { return };
    let (count, asking, done) = (live.conflicts().len(), live.is_asking(), live.done().cloned());
    let is_up = live.is_up();
    if count > 0 {
        let words = RichText::new(format!("{} {count}", Word::Conflicts.get(language))).color(tokens.warn);
        if ui.button(words).on_hover_text(Word::ConflictsTip.get(language)).clicked() {
            editor.open_sheet(Sheet::Conflicts);
        }
    }
    let Difference { windows, unsaid } = difference;
    if *unsaid > 0 {
        let words = format!("{} {unsaid}", Word::StaysHere.get(language));
        ui.label(RichText::new(words).color(tokens.muted)).on_hover_text(Word::StaysHereTip.get(language));
    }
    match windows {
        // Nobody knows what hangs there now.
        0 if !is_up => {}
        0 => drop(ui.label(RichText::new(Word::Alike.get(language)).color(tokens.muted))),
        _ => drop(ui.label(format!("{} {windows}", Word::WindowsDiffer.get(language)))),
    }
    let said = match done {
        _ if asking => Some((Word::AskingController, tokens.muted)),
        Some(Done::Staged(..)) => Some((Word::StagedDone, tokens.ok)),
        Some(Done::Taken(_)) => Some((Word::TakenDone, tokens.ok)),
        Some(Done::Merged) => Some((Word::MergedDone, tokens.text_2)),
        None => None,
    };
    if let Some((word, color)) = said {
        ui.label(RichText::new(word.get(language)).color(color));
    }
}

/// What was refused, and its remedy as one click.
fn refusal(editor: &mut Editor, ui: &mut Ui, language: Language) {
    let tokens = Tokens::here(ui);
    let Some(live) = &editor.live else { return };
    if let Some(why) = live.apart.clone() {
        ui.colored_label(tokens.danger, format!("{}{why}", Word::Apart.get(language)));
    }
    let Some(refused) = live.refusal().cloned() else { return };
    ui.horizontal_wrapped(|ui| {
        let (zh, en) = &refused.words;
        ui.colored_label(tokens.danger, if language == Language::Chinese { zh } else { en });
        let Some(remedy) = refused.remedy else { return };
        let word = match remedy {
            Remedy::SubStreams => Word::RemedySubStreams,
            Remedy::Unlock => Word::RemedyUnlock,
            Remedy::Replace => Word::RemedyReplace,
            Remedy::Again => Word::RemedyAgain,
            Remedy::Stage => Word::RemedyStage,
            Remedy::Decide => Word::RemedyDecide,
        };
        if ui.button(word.get(language)).clicked() {
            editor.remedy(remedy, refused.take);
        }
    });
}

impl Editor {
    /// Does what helps against a refusal.
    fn remedy(&mut self, remedy: Remedy, take: bool) {
        match remedy {
            Remedy::Decide => self.open_sheet(Sheet::Conflicts),
            Remedy::Stage => self.stage(None),
            _ if take => self.take(Some(remedy)),
            _ => self.stage(Some(remedy)),
        }
    }
}
