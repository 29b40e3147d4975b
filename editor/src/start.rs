//! The start page: documents that were opened before, the demo hall, halls to begin with.

use crate::browse::{Browse, Choice, Purpose, recent_list};
use crate::panels::{teach, title};
use crate::preferences::Preferences;
use crate::style::{Tokens, strong};
use crate::words::{Language, Word};
use editor_model::{HallTemplate, Rect as Place};
use egui::{
    Align2, Button, CentralPanel, FontId, Frame, Id, Modal, Rect, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use std::path::PathBuf;

/// What a designer begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Begin {
    /// A document that is there.
    Open(PathBuf),
    /// The demo hall.
    Demo,
    /// A new document: its place and its text.
    New(PathBuf, String),
    /// The start page.
    Page,
}

/// The start page.
pub(crate) struct Start {
    /// The designer's settings.
    pub preferences: Preferences,
    /// Why the last thing could not be opened.
    pub refusal: Option<String>,
    documents: PathBuf,
    home: Option<PathBuf>,
    browse: Option<(Browse, Option<HallTemplate>)>,
}

/// How wide the page is, in points.
const WIDTH: f32 = 836.0;

impl Start {
    /// The page; new documents are put below `documents`, `home` is the designer's own folder.
    pub fn new(preferences: Preferences, documents: PathBuf, home: Option<PathBuf>) -> Self {
        Self { preferences, refusal: None, documents, home, browse: None }
    }

    /// Draws it; gives what was chosen.
    pub fn show(&mut self, ui: &mut Ui) -> Option<Begin> {
        let theme = if self.preferences.dark { egui::Theme::Dark } else { egui::Theme::Light };
        ui.ctx().set_theme(theme);
        let tokens = Tokens::of(self.preferences.mode());
        let mut begin = None;
        CentralPanel::default().frame(Frame::new().fill(tokens.canvas).inner_margin(24)).show(ui, |ui| {
            self.settings(ui);
            let room = ui.available_rect_before_wrap();
            let height = 460.0_f32.min(room.height());
            let page = Rect::from_center_size(room.center(), vec2(WIDTH.min(room.width()), height));
            ui.scope_builder(egui::UiBuilder::new().max_rect(page), |ui| begin = self.page(ui, &tokens));
        });
        begin.or(self.sheet(ui))
    }

    /// Language and theme.
    fn settings(&mut self, ui: &mut Ui) {
        let language = self.preferences.language;
        let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
        ui.allocate_ui_with_layout(size, egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button(Word::SwitchTheme.get(language)).clicked() {
                self.preferences.dark = !self.preferences.dark;
            }
            if ui.button(Word::SwitchLanguage.get(language)).clicked() {
                self.preferences.switch_language();
            }
        });
    }

    fn page(&mut self, ui: &mut Ui, tokens: &Tokens) -> Option<Begin> {
        let language = self.preferences.language;
        let mut begin = None;
        ui.label(strong(Word::Editor.get(language)).size(26.0).color(tokens.text));
        teach(ui, Word::StartTeach.get(language));
        if let Some(words) = &self.refusal {
            ui.add(egui::Label::new(egui::RichText::new(words).color(tokens.danger)).wrap());
        }
        ui.add_space(16.0);
        let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.x, 24.0);
        ui.columns(2, |columns| {
            columns.iter_mut().for_each(|column| column.spacing_mut().item_spacing.x = spacing);
            begin = self.beginnings(&mut columns[0], tokens);
            let high = columns[0].min_rect().height() - 32.0;
            let ui = &mut columns[1];
            let frame = Frame::new().fill(tokens.surface).corner_radius(12).inner_margin(16);
            frame.show(ui, |ui| {
                ui.set_min_size(vec2(ui.available_width(), high));
                if self.preferences.recent.is_empty() {
                    title(ui, Word::Recent.get(language));
                    teach(ui, Word::NoRecent.get(language));
                } else if let Some(path) = recent_list(ui, language, &self.preferences.recent) {
                    begin = Some(Begin::Open(path));
                }
            });
        });
        begin
    }

    /// The demo, a file, a new hall.
    fn beginnings(&mut self, ui: &mut Ui, tokens: &Tokens) -> Option<Begin> {
        let language = self.preferences.language;
        let mut begin = None;
        let wide = vec2(ui.available_width(), 40.0);
        let demo = Button::new(strong(Word::OpenDemo.get(language))).min_size(wide);
        let demo = ui.add(demo.fill(tokens.accent.gamma_multiply(0.35)));
        if demo.on_hover_text(Word::OpenDemoTip.get(language)).clicked() {
            begin = Some(Begin::Demo);
        }
        if ui.add(Button::new(Word::OpenFile.get(language)).min_size(wide)).clicked() {
            let near = self.preferences.recent.first().cloned();
            let near = near.unwrap_or_else(|| self.documents.join("hall.toml"));
            self.browse = Some((Browse::near(Purpose::Open, &near, self.home.as_deref()), None));
        }
        ui.add_space(8.0);
        title(ui, Word::NewHall.get(language));
        ui.horizontal_wrapped(|ui| {
            for (template, zh, en) in HallTemplate::ALL {
                let name = if language == Language::Chinese { zh } else { en };
                if sketch(ui, template, name, tokens).clicked() {
                    let near = self.documents.join("hall.toml");
                    self.browse =
                        Some((Browse::near(Purpose::Save, &near, self.home.as_deref()), Some(template)));
                }
            }
        });
        begin
    }

    /// The list of files, where it is open.
    fn sheet(&mut self, ui: &Ui) -> Option<Begin> {
        let (browse, template) = self.browse.as_mut()?;
        let (language, recent) = (self.preferences.language, &self.preferences.recent);
        let frame = Frame::popup(ui.style()).inner_margin(16);
        let sheet = Modal::new(Id::unique("sheet")).frame(frame);
        let shown = sheet.show(ui.ctx(), |ui| browse.show(ui, language, recent));
        let template = *template;
        match shown.inner {
            Some(Choice::Path(path)) => {
                self.browse = None;
                Some(match template {
                    Some(template) => {
                        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
                        let name = name.unwrap_or_default();
                        Begin::New(path, template.text((&name, &name)))
                    }
                    None => Begin::Open(path),
                })
            }
            Some(Choice::Cancel) => {
                self.browse = None;
                None
            }
            None => {
                if shown.should_close() {
                    self.browse = None;
                }
                None
            }
        }
    }
}

/// A wall as a small drawing with its name.
fn sketch(ui: &mut Ui, template: HallTemplate, name: &str, tokens: &Tokens) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(130.0, 96.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let edge = if response.hovered() || response.has_focus() { tokens.accent } else { tokens.line };
    ui.painter().rect(rect, 8.0, tokens.surface, Stroke::new(1.0, edge), StrokeKind::Inside);
    let screens = template.screens();
    let Some(around) = Place::around(screens.iter().copied()) else { return response };
    let room = Rect::from_min_max(rect.min + vec2(12.0, 12.0), rect.max - vec2(12.0, 34.0));
    let scale = (room.width() / around.width as f32).min(room.height() / around.height as f32);
    let size = vec2(around.width as f32, around.height as f32) * scale;
    let origin = room.center() - size / 2.0;
    for screen in screens {
        let min = origin + vec2(screen.x as f32, screen.y as f32) * scale;
        let lit = Rect::from_min_size(min, vec2(screen.width as f32, screen.height as f32) * scale);
        ui.painter().rect(lit, 0.0, tokens.line, Stroke::new(1.0, tokens.canvas), StrokeKind::Inside);
    }
    let at = pos2(rect.center().x, rect.bottom() - 16.0);
    ui.painter().text(at, Align2::CENTER_CENTER, name, FontId::proportional(12.0), tokens.text);
    response
}
