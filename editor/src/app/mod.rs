//! The editor: a document that is worked on, the canvas, and the panels around it.

pub(crate) mod menu;
mod sheets;

use crate::canvas::CanvasState;
use crate::compose::Composer;
use crate::fields::Fields;
use crate::files::{self, FileError, Journal};
use crate::panels::Dock;
use crate::panels::thumbnails::Thumbnails;
use crate::preferences::Preferences;
use crate::search::Search;
use crate::style;
use crate::wall::WallDesk;
use crate::words::Word;
use editor_model::Session;
use egui::{CentralPanel, Frame, Panel, Ui};
use layouts::Mistakes;
use layouts_edit::{EditError, HallText};
use node::StillError;
pub use sheets::Sheet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a document cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not right; `taibai check` says where.
    #[error(transparent)]
    Wrong(#[from] Box<Mistakes>),
    /// Nothing can be composed.
    #[error(transparent)]
    Compose(#[from] StillError),
    /// The system refuses a thread.
    #[error("the journal cannot be kept: {0}")]
    Journal(std::io::Error),
}

/// What is opened, and where things lie.
#[derive(Debug, Clone)]
pub struct Options {
    /// The hall document.
    pub hall: PathBuf,
    /// Where files and stills lie.
    pub media_folder: PathBuf,
    /// Where settings are kept; `None` keeps none.
    pub settings: Option<PathBuf>,
}

/// Something that was said to the designer.
#[derive(Debug, Clone)]
struct Notice {
    words: String,
    bad: bool,
}

/// The program.
pub struct Editor {
    pub(crate) session: Session,
    pub(crate) canvas: CanvasState,
    pub(crate) composer: Composer,
    pub(crate) thumbnails: Thumbnails,
    pub(crate) preferences: Preferences,
    pub(crate) search: Search,
    pub(crate) fields: Fields,
    pub(crate) sheet: Option<Sheet>,
    pub(crate) wall: WallDesk,
    pub(crate) media_folder: PathBuf,
    file: PathBuf,
    /// The document as it lies in its file, as far as the editor knows.
    on_disk: Arc<str>,
    journal: Journal,
    journaled: Arc<str>,
    settings: Option<PathBuf>,
    kept_preferences: Preferences,
    notice: Option<Notice>,
    palette: sheets::PaletteState,
    closing: bool,
}

impl Editor {
    /// Opens a document. `context` is told when something is composed.
    pub fn open(options: Options, context: &egui::Context) -> Result<Self, OpenError> {
        let Options { hall, media_folder, settings } = options;
        let text = files::read(&hall)?;
        let name = hall.display().to_string();
        let document = HallText::parse(&text, &name)?;
        let (journal, left) = Journal::open(&hall, &text).map_err(OpenError::Journal)?;
        let mut session = Session::new(document, &name);
        let mut sheet = None;
        if let Some(left) = left
            && let Ok(document) = HallText::parse(&left.text, &name)
        {
            session.rewrite(("恢复".to_owned(), "Recover".to_owned()), document);
            sheet = Some(Sheet::Recovered);
        }
        let read = settings.as_ref().and_then(|path| files::read(path).ok());
        let preferences = read.as_deref().map(Preferences::read).unwrap_or_default();
        style::install(context);
        let repaint = context.clone();
        let composer = Composer::new(move || repaint.request_repaint())?;
        Ok(Self {
            search: Search::new(session.document().layout()),
            journaled: session.document().text().clone(),
            kept_preferences: preferences.clone(),
            session,
            canvas: CanvasState::default(),
            composer,
            thumbnails: Thumbnails::default(),
            preferences,
            fields: Fields::default(),
            sheet,
            wall: WallDesk::default(),
            media_folder,
            file: hall,
            on_disk: text.into(),
            journal,
            settings,
            notice: None,
            palette: sheets::PaletteState::default(),
            closing: false,
        })
    }

    /// What is worked on.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What is worked on, for who drives the editor by other means than hands.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The canvas.
    pub fn canvas(&self) -> &CanvasState {
        &self.canvas
    }

    /// The designer's settings.
    pub fn preferences_mut(&mut self) -> &mut Preferences {
        &mut self.preferences
    }

    /// Waits until everything is composed and written that was asked for.
    pub fn settle(&self) {
        self.composer.settle();
        self.journal.settle();
    }

    /// The document's file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Draws the editor.
    pub fn show(&mut self, ui: &mut Ui) {
        let context = ui.ctx().clone();
        let theme = if self.preferences.dark { egui::Theme::Dark } else { egui::Theme::Light };
        context.set_theme(theme);
        self.close_asked(&context);
        self.keys(&context);
        self.thumbnails.take(&context, &self.composer);
        let tokens = style::Tokens::of(self.preferences.mode());
        let bar = Frame::new().fill(tokens.canvas).inner_margin(egui::Margin::symmetric(12, 6));
        Panel::top("menu").frame(bar).show(ui, |ui| menu::bar(self, ui));
        Panel::bottom("status").frame(bar).show(ui, |ui| self.status(ui));
        let frame = Frame::new().fill(tokens.canvas);
        CentralPanel::default().frame(frame).show(ui, |ui| {
            // Panels and the editor are drawn by each other, so the panels are taken out meanwhile.
            let empty = egui_tiles::Tree::empty(egui::Id::unique("panels"));
            let mut panels = std::mem::replace(&mut self.preferences.panels, empty);
            let mut dock = Dock { editor: &mut *self };
            panels.ui(&mut dock, ui);
            // Who has asked for the panels of the first start gets them.
            if self.preferences.panels.is_empty() {
                self.preferences.panels = panels;
            }
        });
        sheets::show(self, &context);
        self.keep();
    }

    /// File, selection, messages, zoom.
    fn status(&mut self, ui: &mut Ui) {
        let language = self.preferences.language;
        let tokens = style::Tokens::here(ui);
        ui.horizontal(|ui| {
            let name =
                self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            ui.label(egui::RichText::new(name).color(tokens.text_2));
            if self.session.history().is_changed() {
                ui.colored_label(tokens.warn, Word::Unsaved.get(language));
            }
            if let Some(Notice { words, bad }) = &self.notice {
                ui.colored_label(if *bad { tokens.danger } else { tokens.ok }, words);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(format!("{:.0} %", self.canvas.view.percent()));
                if let Some((x, y)) = self.canvas.pointer() {
                    let words = format!("{}, {} px", x.div_euclid(1000), y.div_euclid(1000));
                    ui.label(egui::RichText::new(words).color(tokens.muted));
                }
                let faults = self.canvas.picture().shown().map_or(&[][..], |canvas| &canvas.faults);
                if !faults.is_empty() {
                    let words = format!("{} {}", Word::Faults.get(language), faults.len());
                    ui.colored_label(tokens.warn, words).on_hover_text(faults.join("\n"));
                }
                if self.canvas.is_behind() {
                    ui.label(egui::RichText::new(Word::Composing.get(language)).color(tokens.muted));
                }
            });
        });
    }

    /// Says why something could not be done; gives what it gave if it could.
    pub(crate) fn tell<T>(&mut self, done: Result<T, EditError>) -> Option<T> {
        match done {
            Ok(value) => {
                self.notice = self.notice.take().filter(|notice| !notice.bad);
                Some(value)
            }
            Err(error) => {
                let language = self.preferences.language;
                let gist = crate::wall::gist(&error).filter(|_| language == crate::words::Language::Chinese);
                let words = match gist {
                    Some(gist) => format!("{}{gist}（{error}）", Word::Refused.get(language)),
                    None => format!("{}{error}", Word::Refused.get(language)),
                };
                self.say(words, true);
                None
            }
        }
    }

    pub(crate) fn say(&mut self, words: String, bad: bool) {
        self.notice = Some(Notice { words, bad });
    }

    /// Puts what is selected on the clipboard.
    pub(crate) fn copy(&mut self, context: &egui::Context) {
        let text = self.session.copy();
        if !text.is_empty() {
            context.copy_text(text);
        }
    }

    /// Ends what is going on: a sheet, cropping, the selection.
    pub(crate) fn leave(&mut self) {
        if self.sheet.take().is_none() && !self.leave_screens() && !self.canvas.end_crop() {
            self.session.select([], false);
        }
    }

    pub(crate) fn open_sheet(&mut self, sheet: Sheet) {
        self.palette = sheets::PaletteState::default();
        self.sheet = if self.sheet == Some(sheet) { None } else { Some(sheet) };
    }

    /// Writes the document into its file.
    pub(crate) fn save(&mut self) {
        let language = self.preferences.language;
        // Somebody else may have written there meanwhile.
        if files::read(&self.file).is_ok_and(|text| *text != *self.on_disk) {
            self.sheet = Some(Sheet::ChangedOutside);
            return;
        }
        self.overwrite();
        if self.notice.as_ref().is_none_or(|notice| !notice.bad) {
            self.say(Word::Saved.get(language).to_owned(), false);
        }
    }

    /// The same whatever lies there.
    fn overwrite(&mut self) {
        let text = self.session.document().text().clone();
        match files::replace(&self.file, &text) {
            Ok(()) => {
                self.session.saved();
                self.on_disk = text.clone();
                self.journaled = text;
                self.journal.clear();
                self.notice = None;
            }
            Err(error) => {
                let words = format!("{}{error}", Word::NotSaved.get(self.preferences.language));
                self.say(words, true);
            }
        }
    }

    /// Takes the file as it is now, as one more step.
    fn reload(&mut self) {
        let name = self.file.display().to_string();
        let read = files::read(&self.file).map_err(|error| error.to_string());
        let read = read.and_then(|text| {
            let document = HallText::parse(&text, &name).map_err(|wrong| wrong.to_string())?;
            Ok((text, document))
        });
        match read {
            Ok((text, document)) => {
                self.on_disk = text.into();
                self.session.rewrite(("重新读取文件".to_owned(), "Read file again".to_owned()), document);
                self.session.saved();
            }
            Err(words) => self.say(words, true),
        }
    }

    /// Keeps in the journal what is not saved, and settings in their file.
    fn keep(&mut self) {
        let text = self.session.document().text();
        if !Arc::ptr_eq(text, &self.journaled) {
            match **text == *self.on_disk {
                true => self.journal.clear(),
                false => self.journal.keep(&self.on_disk, text),
            }
            self.journaled = text.clone();
        }
        if let Some(words) = self.journal.fault() {
            self.say(words, true);
        }
    }

    /// Writes the settings, where they have changed.
    pub fn keep_settings(&mut self) {
        if let Some(path) = &self.settings
            && self.preferences != self.kept_preferences
        {
            match files::write_settings(path, &self.preferences.to_text()) {
                Ok(()) => self.kept_preferences = self.preferences.clone(),
                Err(error) => tracing::warn!(%error, "settings cannot be written"),
            }
        }
    }

    /// Asks before changes are lost.
    fn close_asked(&mut self, context: &egui::Context) {
        let asked = context.input(|input| input.viewport().close_requested());
        if asked && !self.closing && self.session.history().is_changed() {
            context.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.sheet = Some(Sheet::CloseUnsaved);
        }
    }
}

impl eframe::App for Editor {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self) {
        self.keep_settings();
        // Whoever ends without saving has said so.
        if !self.session.history().is_changed() || self.closing {
            self.journal.clear();
        }
        self.journal.settle();
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        style::Tokens::of(self.preferences.mode()).canvas.to_normalized_gamma_f32()
    }
}
