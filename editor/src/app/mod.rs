//! The editor: a document that is worked on, the canvas, and the panels around it.

mod leaving;
pub(crate) mod menu;
mod sheets;

use crate::browse::Browse;
use crate::canvas::CanvasState;
use crate::compose::Composer;
use crate::fields::Fields;
use crate::files::{self, FileError, Journal};
use crate::live::{Beginning, Live, LiveOptions};
use crate::panels::Dock;
use crate::panels::preflight::CarriedScenes;
use crate::panels::thumbnails::Thumbnails;
use crate::panels::widget::WidgetState;
use crate::preferences::Preferences;
use crate::program::Wish;
use crate::rows::RowsDesk;
use crate::search::Search;
use crate::style;
use crate::time::TimeDesk;
use crate::tour::{self, Tour};
use crate::wall::WallDesk;
use crate::words::Word;
use controller_client::AskError;
use editor_model::Session;
use egui::{CentralPanel, Frame, Panel, Ui};
use layouts::Mistakes;
use layouts_edit::{EditError, HallText};
pub(crate) use leaving::Going;
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
    /// The controller does not give its document.
    #[error(transparent)]
    Live(#[from] AskError),
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
    /// The designer's own folder.
    pub home: Option<PathBuf>,
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
    pub(crate) data: RowsDesk,
    pub(crate) widgets: WidgetState,
    pub(crate) time: TimeDesk,
    pub(crate) sheet: Option<Sheet>,
    pub(crate) wall: WallDesk,
    pub(crate) carried: CarriedScenes,
    pub(crate) media_folder: PathBuf,
    pub(crate) tour: Tour,
    pub(crate) live: Option<Live>,
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
    home: Option<PathBuf>,
    browse: Option<Browse>,
    going: Option<Going>,
    wish: Option<Wish>,
}

impl Editor {
    /// Opens a document with the settings in their file. `context` is told when something is composed.
    pub fn open(options: Options, context: &egui::Context) -> Result<Self, OpenError> {
        let read = options.settings.as_ref().and_then(|path| files::read(path).ok());
        let preferences = read.as_deref().map(Preferences::read).unwrap_or_default();
        Self::begin(options, preferences, context)
    }

    /// Opens a document with `preferences`.
    pub(crate) fn begin(
        options: Options,
        mut preferences: Preferences,
        context: &egui::Context,
    ) -> Result<Self, OpenError> {
        let Options { hall, media_folder, settings, home } = options;
        let text = files::read(&hall)?;
        let name = hall.display().to_string();
        let document = HallText::parse(&text, &name)?;
        let (journal, left) = Journal::open(&hall, &text).map_err(OpenError::Journal)?;
        let mut session = Session::new(document, &name);
        session.restore(preferences.kept_of(&files::absolute(&hall)));
        let mut sheet = None;
        if let Some(left) = left
            && let Ok(document) = HallText::parse(&left.text, &name)
        {
            session.rewrite(("恢复".to_owned(), "Recover".to_owned()), document);
            sheet = Some(Sheet::Recovered);
        }
        style::install(context);
        let kept_preferences = preferences.clone();
        preferences.opened(&files::absolute(&hall));
        let repaint = context.clone();
        let composer = Composer::new(move || repaint.request_repaint())?;
        Ok(Self {
            search: Search::new(session.document().layout()),
            journaled: session.document().text().clone(),
            kept_preferences,
            session,
            canvas: CanvasState::default(),
            composer,
            thumbnails: Thumbnails::default(),
            preferences,
            fields: Fields::default(),
            data: RowsDesk::default(),
            widgets: WidgetState::default(),
            time: TimeDesk::default(),
            sheet,
            wall: WallDesk::default(),
            carried: CarriedScenes::default(),
            media_folder,
            live: None,
            file: hall,
            on_disk: text.into(),
            journal,
            settings,
            notice: None,
            palette: sheets::PaletteState::default(),
            closing: false,
            tour: Tour::default(),
            home,
            browse: None,
            going: None,
            wish: None,
        })
    }

    /// Opens a controller's document, or goes on with what is made of it: `options.hall` is the designer's own copy, which is made if it is
    /// not there. Where the controller does not answer, work goes on with that copy. Waits for the controller, 10 s at most.
    pub(crate) fn begin_live(
        options: Options,
        live: LiveOptions,
        preferences: Preferences,
        context: &egui::Context,
    ) -> Result<Self, OpenError> {
        let own = files::read(&options.hall).ok();
        let base = files::read(&live.base).ok();
        let asked = Beginning::ask(&live.door);
        // Whoever is not let in does not go on either; whom nobody hears does.
        if let Err(error) = &asked
            && (own.is_none() || base.is_none() || !matches!(error, AskError::Unreachable { .. }))
        {
            return Err(error.clone().into());
        }
        let beginning = asked.ok();
        let untouched = own.is_none() || (own == base && !files::has_journal(&options.hall));
        if let Some(beginning) = beginning.as_ref().filter(|_| untouched) {
            files::replace(&options.hall, beginning.document().text())?;
        }
        let mut editor = Self::begin(options, preferences, context)?;
        let known = base.filter(|_| !untouched).and_then(|text| HallText::parse(&text, "hall.toml").ok());
        // Without anything that both have known, all that differs is the designer's.
        let known = known.or_else(|| beginning.as_ref().map(|beginning| beginning.document().clone()));
        let base = known.unwrap_or_else(|| editor.session.document().clone());
        let repaint = context.clone();
        editor.live = Some(Live::new(live, base, beginning, move || repaint.request_repaint()));
        Ok(editor)
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
        self.data.settle();
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
        self.files_from_outside(&context);
        self.keys(&context);
        if egui::DragAndDrop::has_any_payload(&context) {
            // What is dragged takes the keyboard away from what was typed into.
            context.memory_mut(|memory| {
                if let Some(focused) = memory.focused() {
                    memory.surrender_focus(focused);
                }
            });
        }
        crate::live::follow(self, &context);
        self.pass_time(&context);
        self.data.refresh(&self.session.document().layout().clone());
        self.thumbnails.take(&context, &self.composer, self.data.known().changes());
        // Their ground is the colour to which the window is cleared, as that of the tiles is: painted once more it would only cost.
        let bar = Frame::new().inner_margin(egui::Margin::symmetric(12, 6));
        Panel::top("menu").frame(bar).show(ui, |ui| menu::bar(self, ui));
        if self.live.is_some() {
            Panel::top("live").frame(bar).show(ui, |ui| crate::live::bar::show(self, ui));
        }
        Panel::bottom("status").frame(bar).show(ui, |ui| self.status(ui));
        let frame = Frame::new();
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
        tour::show(self, &context);
        sheets::show(self, &context);
        self.keep();
    }

    /// File, selection, messages, zoom.
    fn status(&mut self, ui: &mut Ui) {
        let language = self.preferences.language;
        let tokens = style::Tokens::here(ui);
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(format!("{:.0} %", self.canvas.view.percent()));
                if let Some((x, y)) = self.canvas.pointed_at() {
                    let words = format!("{}, {} px", x.div_euclid(1000), y.div_euclid(1000));
                    ui.label(egui::RichText::new(words).color(tokens.muted));
                }
                let faults = self.canvas.picture().shown().map_or(&[][..], |canvas| &canvas.faults);
                if !faults.is_empty() {
                    let words = format!("{} {}", Word::Faults.get(language), faults.len());
                    let told: Vec<&str> = faults.iter().map(|fault| fault.get(language)).collect();
                    ui.colored_label(tokens.warn, words).on_hover_text(told.join("\n"));
                }
                if self.canvas.is_behind() {
                    ui.label(egui::RichText::new(Word::Composing.get(language)).color(tokens.muted));
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| self.said(ui, &tokens));
            });
        });
    }

    /// The file, whether it is saved, and what was said last, in the room that is left.
    fn said(&self, ui: &mut Ui, tokens: &style::Tokens) {
        let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        ui.label(egui::RichText::new(name).color(tokens.text_2));
        if self.session.history().is_changed() {
            ui.colored_label(tokens.warn, Word::Unsaved.get(self.preferences.language));
        }
        if let Some(Notice { words, bad }) = &self.notice {
            let color = if *bad { tokens.danger } else { tokens.ok };
            let label = egui::Label::new(egui::RichText::new(words).color(color)).truncate();
            ui.add(label).on_hover_text(words);
        }
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
                self.say(format!("{}{}", Word::Refused.get(language), error.say(language)), true);
                None
            }
        }
    }

    /// What is said at the foot of the window.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_ref().map(|notice| &*notice.words)
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
        let ended = self.sheet.take().is_some()
            || self.end_tour()
            || self.leave_screens()
            || self.canvas.end_crop()
            || self.time.leave();
        if !ended {
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
                let language = self.preferences.language;
                self.say(format!("{}{}", Word::NotSaved.get(language), error.say(language)), true);
            }
        }
    }

    /// Takes the file as it is now, as one more step.
    fn reload(&mut self) {
        let (name, language) = (self.file.display().to_string(), self.preferences.language);
        let read = files::read(&self.file).map_err(OpenError::from).and_then(|text| {
            let document = HallText::parse(&text, &name)?;
            Ok((text, document))
        });
        match read {
            Ok((text, document)) => {
                self.on_disk = text.into();
                self.session.rewrite(("重新读取文件".to_owned(), "Read file again".to_owned()), document);
                self.session.saved();
            }
            Err(error) => self.say(crate::refusals::opening(&error, language), true),
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

    /// Takes a data file that is dropped onto the window; and looks at templates when the designer comes back from another program.
    fn files_from_outside(&mut self, context: &egui::Context) {
        let (dropped, back) = context.input(|input| {
            let dropped: Vec<PathBuf> =
                input.raw.dropped_files.iter().map(|file| file.path().to_path_buf()).collect();
            let back = input.events.iter().any(|event| matches!(event, egui::Event::WindowFocused(true)));
            (dropped, back)
        });
        if back {
            self.composer.look();
        }
        for path in dropped.iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
            self.open_data_file(path);
        }
    }

    /// Looks at once at the files that the canvas shows, instead of within half a second.
    pub fn look_at_files(&self) {
        self.composer.look();
    }
}
