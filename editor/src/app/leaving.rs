//! Leaving a document: for another one, for the start page, for good; and saving it elsewhere.

use super::{Editor, Sheet};
use crate::browse::{Browse, Choice, Purpose};
use crate::files::{self, Journal};
use crate::program::Wish;
use crate::words::Word;
use egui::{Context, Ui, ViewportCommand};
use std::path::Path;

/// Where a designer goes when a document is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Going {
    /// Out of the program.
    Out,
    /// To another page of it.
    To(Wish),
}

impl Editor {
    /// Writes the settings, where they have changed.
    pub fn keep_settings(&mut self) {
        let kept = self.session.kept();
        self.preferences.keep(&files::absolute(&self.file), kept);
        if self.preferences != self.kept_preferences && self.preferences.write(self.settings.as_deref()) {
            self.kept_preferences = self.preferences.clone();
        }
    }

    /// Ends the tour, which is remembered; whether it was going on.
    pub(crate) fn end_tour(&mut self) -> bool {
        let ended = self.tour.end();
        if ended {
            self.preferences.toured = true;
            self.keep_settings();
        }
        ended
    }

    /// Where the designer wants to go.
    pub(crate) fn take_wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    /// Leaves the document, after a question where something is not saved.
    pub(crate) fn go(&mut self, going: Going, context: &Context) {
        if self.session.history().is_changed() && !self.closing {
            self.going = Some(going);
            self.sheet = Some(Sheet::CloseUnsaved);
        } else {
            self.leave_for(going, context);
        }
    }

    fn leave_for(&mut self, going: Going, context: &Context) {
        match going {
            Going::Out => context.send_viewport_cmd(ViewportCommand::Close),
            Going::To(wish) => self.wish = Some(wish),
        }
    }

    /// Asks before changes are lost.
    pub(super) fn close_asked(&mut self, context: &Context) {
        let asked = context.input(|input| input.viewport().close_requested());
        if asked && !self.closing && self.session.history().is_changed() {
            context.send_viewport_cmd(ViewportCommand::CancelClose);
            self.go(Going::Out, context);
        }
    }

    /// What the question whether to save shows and does.
    pub(super) fn close_unsaved(&mut self, ui: &mut Ui) {
        let language = self.preferences.language;
        let quits = !matches!(self.going, Some(Going::To(_)));
        let answers = match quits {
            true => [Word::SaveAndQuit, Word::QuitWithout, Word::Cancel],
            false => [Word::SaveAndGo, Word::GoWithout, Word::Cancel],
        };
        let answers = answers.map(|word| word.get(language));
        let chosen = super::sheets::question(ui, Word::CloseUnsaved.get(language), &answers);
        if chosen.is_none() {
            return;
        }
        self.sheet = None;
        let going = self.going.take().unwrap_or(Going::Out);
        let context = ui.ctx().clone();
        match chosen {
            Some(0) => {
                self.save();
                if !self.session.history().is_changed() {
                    self.leave_for(going, &context);
                }
            }
            Some(1) => {
                self.closing = true;
                self.leave_for(going, &context);
            }
            _ => {}
        }
    }

    /// The document is left: what is remembered is written, and what was not saved is kept unless the designer gave it up.
    pub(crate) fn end(&mut self) {
        self.keep_settings();
        if !self.session.history().is_changed() || self.closing {
            self.journal.clear();
        }
        self.journal.settle();
    }

    /// Looks for a document, or for a place for this one.
    pub(crate) fn browse(&mut self, purpose: Purpose) {
        self.browse = Some(Browse::near(purpose, &self.file, self.home.as_deref()));
        self.sheet = Some(match purpose {
            Purpose::Open => Sheet::Open,
            Purpose::Save => Sheet::SaveAs,
        });
    }

    /// The list of files, as a sheet.
    pub(super) fn files(&mut self, ui: &mut Ui, purpose: Purpose) {
        let language = self.preferences.language;
        let chosen = match &mut self.browse {
            Some(browse) => browse.show(ui, language, &self.preferences.recent),
            None => Some(Choice::Cancel),
        };
        let Some(chosen) = chosen else { return };
        (self.sheet, self.browse) = (None, None);
        match (chosen, purpose) {
            (Choice::Path(path), Purpose::Open) => {
                let context = ui.ctx().clone();
                self.go(Going::To(Wish::Open(path)), &context);
            }
            (Choice::Path(path), Purpose::Save) => self.save_as(&path),
            (Choice::Cancel, _) => {}
        }
    }

    /// Writes the document into another file, which is the one that is edited from then on.
    pub(crate) fn save_as(&mut self, path: &Path) {
        let language = self.preferences.language;
        let text = self.session.document().text().clone();
        let refused = match files::write_with_folder(path, &text) {
            Ok(()) => Journal::open(path, &text).err().map(|error| error.to_string()),
            Err(error) => Some(error.say(language)),
        };
        if let Some(words) = refused {
            return self.say(format!("{}{words}", Word::NotSaved.get(language)), true);
        }
        // What was not saved of the former file is in the new one.
        self.journal.clear();
        if let Ok((journal, _)) = Journal::open(path, &text) {
            self.journal = journal;
        }
        self.file = path.to_owned();
        self.on_disk = text.clone();
        self.journaled = text;
        self.session.saved();
        let path = files::absolute(path);
        self.preferences.opened(&path);
        self.keep_settings();
        self.say(Word::Saved.get(language).to_owned(), false);
    }
}
