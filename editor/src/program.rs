//! The program: the start page, or a document that is worked on, and how one becomes the other.

use crate::app::{Editor, Options};
use crate::files;
use crate::live::LiveOptions;
use crate::preferences::Preferences;
use crate::rows::Rows;
use crate::start::{Begin, Start};
use crate::style;
use crate::words::{Language, Word};
use egui::Ui;
use std::path::{Path, PathBuf};

/// How the program is started.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The hall document; without one the start page is shown, and at the very first start a guided demo.
    pub hall: Option<PathBuf>,
    /// Where files and stills lie; by default `media` beside the document.
    pub media_folder: Option<PathBuf>,
    /// Where settings are kept; `None` keeps none.
    pub settings: Option<PathBuf>,
    /// Where new documents are put unless the designer says otherwise.
    pub documents: PathBuf,
    /// The designer's own folder, which paths are shown from.
    pub home: Option<PathBuf>,
    /// The controller whose document `hall` is the designer's copy of.
    pub live: Option<LiveOptions>,
}

impl Launch {
    /// As the environment says it: settings and documents lie below the designer's own folder.
    pub fn here(hall: Option<PathBuf>) -> Self {
        let home = files::home();
        let documents = home.clone().unwrap_or_default().join("taibai");
        Self { hall, media_folder: None, settings: files::settings_path(), documents, home, live: None }
    }
}

/// Gives who answers the queries of the document at a path; `None` where nobody can.
pub type RowsOf = Box<dyn Fn(&Path) -> Option<Box<dyn Rows>>>;

/// Where a designer wants to go from a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To another document.
    Open(PathBuf),
    /// To the start page.
    Start,
}

enum Page {
    Start(Box<Start>),
    Work(Box<Editor>),
}

/// The program.
pub struct Program {
    launch: Launch,
    context: egui::Context,
    page: Page,
    title: String,
    rows_of: Option<RowsOf>,
}

impl Program {
    /// Opens what it was started with. Errors: a document that was named cannot be opened.
    pub fn open(launch: Launch, context: &egui::Context) -> Result<Self, crate::OpenError> {
        style::install(context);
        let is_first = launch.settings.as_ref().is_some_and(|path| !files::is_there(path));
        let read = launch.settings.as_ref().and_then(|path| files::read(path).ok());
        let preferences = read.as_deref().map(Preferences::read).unwrap_or_default();
        let context = context.clone();
        let page = match &launch.hall {
            Some(hall) => {
                let options = options(&launch, hall);
                Page::Work(Box::new(match launch.live.clone() {
                    Some(live) => Editor::begin_live(options, live, preferences, &context)?,
                    None => Editor::begin(options, preferences, &context)?,
                }))
            }
            None => Page::Start(Box::new(start(&launch, preferences))),
        };
        let mut program = Self { launch, context, page, title: String::new(), rows_of: None };
        if is_first && program.launch.hall.is_none() {
            program.open_demo();
        }
        Ok(program)
    }

    /// Has queries answered by who `rows_of` gives, in what is open and in what will be.
    pub fn answer_with(&mut self, rows_of: RowsOf) {
        self.rows_of = Some(rows_of);
        self.give_rows();
    }

    fn give_rows(&mut self) {
        let Page::Work(editor) = &mut self.page else { return };
        if let Some(rows) = self.rows_of.as_ref().and_then(|rows_of| rows_of(editor.file())) {
            editor.set_rows(rows, &self.context);
        }
    }

    /// The editor, where a document is worked on.
    pub fn editor(&self) -> Option<&Editor> {
        match &self.page {
            Page::Work(editor) => Some(editor),
            Page::Start(_) => None,
        }
    }

    /// The same, for who drives it by other means than hands.
    pub fn editor_mut(&mut self) -> Option<&mut Editor> {
        match &mut self.page {
            Page::Work(editor) => Some(editor),
            Page::Start(_) => None,
        }
    }

    /// The designer's settings.
    pub fn preferences_mut(&mut self) -> &mut Preferences {
        match &mut self.page {
            Page::Work(editor) => &mut editor.preferences,
            Page::Start(start) => &mut start.preferences,
        }
    }

    /// Draws what is open.
    pub fn show(&mut self, ui: &mut Ui) {
        let begin = match &mut self.page {
            Page::Work(editor) => {
                editor.show(ui);
                editor.take_wish().map(|wish| match wish {
                    Wish::Open(path) => Begin::Open(path),
                    Wish::Start => Begin::Page,
                })
            }
            Page::Start(start) => start.show(ui),
        };
        match begin {
            Some(Begin::Open(path)) => self.go(&path),
            Some(Begin::Demo) => self.open_demo(),
            Some(Begin::New(path, text)) => match files::write_with_folder(&path, &text) {
                Ok(()) => self.go(&path),
                Err(error) => {
                    let words = error.say(self.preferences_mut().language);
                    self.refuse(words);
                }
            },
            Some(Begin::Page) => self.go_to_start(),
            None => {}
        }
        self.name_window();
    }

    /// Ends what is open, as when the window is closed.
    pub fn end(&mut self) {
        match &mut self.page {
            Page::Work(editor) => editor.end(),
            Page::Start(start) => {
                start.preferences.write(self.launch.settings.as_deref());
            }
        }
    }

    /// Opens the demo hall, which is written first where it is not there yet, and begins the tour where nobody has taken it.
    fn open_demo(&mut self) {
        let path = self.launch.documents.join("demo").join("hall.toml");
        if let Err(error) = crate::demo::write(&path) {
            let words = error.say(self.preferences_mut().language);
            return self.refuse(words);
        }
        self.go(&path);
        if let Page::Work(editor) = &mut self.page
            && !editor.preferences.toured
        {
            editor.tour.begin();
        }
    }

    /// Opens another document in the place of what is open.
    fn go(&mut self, path: &Path) {
        self.end();
        let preferences = self.preferences_mut().clone();
        let language = preferences.language;
        match Editor::begin(options(&self.launch, path), preferences, &self.context) {
            Ok(editor) => {
                self.page = Page::Work(Box::new(editor));
                self.give_rows();
            }
            Err(error) => {
                let words = crate::refusals::opening(&error, language);
                self.refuse(format!("{}{words}", Word::NotOpened.get(language)));
            }
        }
    }

    /// Says why something could not be opened.
    fn refuse(&mut self, words: String) {
        match &mut self.page {
            Page::Work(editor) => editor.say(words, true),
            Page::Start(start) => start.refusal = Some(words),
        }
    }

    fn go_to_start(&mut self) {
        self.end();
        let preferences = self.preferences_mut().clone();
        self.page = Page::Start(Box::new(start(&self.launch, preferences)));
    }

    /// The window bears the name of what is open in it.
    fn name_window(&mut self) {
        let language = self.preferences_mut().language;
        let title = match (&self.page, language) {
            (Page::Work(editor), _) => format!("{} · Taibai", editor.file().display()),
            (Page::Start(_), Language::Chinese) => "太白编辑器".to_owned(),
            (Page::Start(_), Language::English) => "Taibai editor".to_owned(),
        };
        if title != self.title {
            self.context.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

fn start(launch: &Launch, preferences: Preferences) -> Start {
    Start::new(preferences, launch.documents.clone(), launch.home.clone())
}

fn options(launch: &Launch, hall: &Path) -> Options {
    let Launch { hall: _, media_folder, settings, documents: _, home, live: _ } = launch;
    let beside = || hall.parent().map(|folder| folder.join("media")).unwrap_or_default();
    Options {
        hall: hall.to_owned(),
        media_folder: media_folder.clone().unwrap_or_else(beside),
        settings: settings.clone(),
        home: home.clone(),
    }
}

impl eframe::App for Program {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self) {
        self.end();
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        let mode = match &self.page {
            Page::Work(editor) => editor.preferences.mode(),
            Page::Start(start) => start.preferences.mode(),
        };
        style::Tokens::of(mode).canvas.to_normalized_gamma_f32()
    }
}
