//! Finding a document, or a place for one: folders and hall documents in a list, without anything of the desktop's own.

use crate::files::{self, Entry, FileError};
use crate::style::Tokens;
use crate::words::{Language, Word};
use egui::{Button, ScrollArea, TextEdit, Ui, vec2};
use std::path::{Path, PathBuf};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A document that is there.
    Open,
    /// A place for a document.
    Save,
}

/// A folder that is looked at.
#[derive(Debug)]
pub(crate) struct Browse {
    purpose: Purpose,
    /// The designer's own folder.
    home: Option<PathBuf>,
    folder: PathBuf,
    entries: Result<Vec<Entry>, FileError>,
    /// The folder as it is typed.
    typed: String,
    /// The name of the document as it is typed.
    name: String,
    /// The place where something lies already and is to be written over, if the designer says so.
    doubtful: Option<PathBuf>,
}

/// What the designer has decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This document.
    Path(PathBuf),
    /// None.
    Cancel,
}

impl Browse {
    /// Begins in the folder of `near`, a document, with its name; `home` is the designer's own folder.
    pub fn near(purpose: Purpose, near: &Path, home: Option<&Path>) -> Self {
        let near = files::absolute(near);
        let folder = near.parent().map(Path::to_owned).unwrap_or_default();
        let name = near.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut browse = Self {
            purpose,
            home: home.map(Path::to_owned),
            folder: PathBuf::new(),
            entries: Ok(Vec::new()),
            typed: String::new(),
            name,
            doubtful: None,
        };
        // Of a folder that is not there yet the nearest one above it is shown.
        let there = folder.ancestors().find(|folder| files::is_folder(folder)).unwrap_or(Path::new("/"));
        browse.go(there.to_owned());
        browse
    }

    /// Looks at another folder.
    fn go(&mut self, folder: PathBuf) {
        self.entries = files::list(&folder);
        self.typed = files::shown(&folder, self.home.as_deref());
        self.folder = folder;
        self.doubtful = None;
    }

    /// The place that the typed name means; a document's name ends with `.toml`.
    fn place(&self) -> Option<PathBuf> {
        let name = self.name.trim();
        if name.is_empty() || name.contains('/') || name.starts_with('.') {
            return None;
        }
        let ending = if name.ends_with(".toml") { "" } else { ".toml" };
        Some(self.folder.join(format!("{name}{ending}")))
    }

    /// A document was chosen, or a place: at once, unless something would be written over.
    fn choose(&mut self, path: PathBuf) -> Option<Choice> {
        if self.purpose == Purpose::Save && files::is_there(&path) && self.doubtful.as_ref() != Some(&path) {
            self.doubtful = Some(path);
            return None;
        }
        Some(Choice::Path(path))
    }

    /// Shows the folder; `recent` are documents that were opened before.
    pub fn show(&mut self, ui: &mut Ui, language: Language, recent: &[PathBuf]) -> Option<Choice> {
        ui.set_width(640.0);
        let heading = if self.purpose == Purpose::Open { Word::OpenFile } else { Word::SaveAs };
        // On a button the points say that something will be asked; here it is.
        ui.heading(heading.get(language).trim_end_matches('…'));
        self.way(ui, language);
        let mut chosen = None;
        if self.purpose == Purpose::Open && !recent.is_empty() {
            chosen = recent_list(ui, language, recent).map(Choice::Path);
        }
        chosen = chosen.or(self.list(ui, language));
        if self.purpose == Purpose::Save {
            let label = ui.label(Word::FileName.get(language));
            let field = TextEdit::singleline(&mut self.name).desired_width(f32::INFINITY);
            if ui.add(field).labelled_by(label.id).changed() {
                self.doubtful = None;
            }
        }
        let doubtful = self.doubtful.is_some();
        if doubtful {
            ui.colored_label(Tokens::here(ui).warn, Word::ReplaceAsk.get(language));
        }
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if self.purpose == Purpose::Save {
                let word = if doubtful { Word::Replace } else { Word::SaveHere };
                let fill = Tokens::here(ui).accent.gamma_multiply(0.35);
                let place = self.place();
                let button = Button::new(word.get(language)).fill(fill);
                let clicked = ui.add_enabled(place.is_some(), button).clicked();
                if let Some(place) = place.filter(|_| clicked) {
                    chosen = self.choose(place);
                }
            }
            if ui.button(Word::Cancel.get(language)).clicked() {
                chosen = Some(Choice::Cancel);
            }
        });
        chosen
    }

    /// The folder's path, which can be typed, and the ways out of it.
    fn way(&mut self, ui: &mut Ui, language: Language) {
        ui.horizontal(|ui| {
            let above = self.folder.parent().map(Path::to_owned);
            let up = ui.add_enabled(above.is_some(), Button::new(Word::FolderUp.get(language)));
            if let Some(above) = above.filter(|_| up.clicked()) {
                self.go(above);
            }
            if let Some(home) = self.home.clone()
                && ui.button(Word::FolderHome.get(language)).clicked()
            {
                self.go(home);
            }
            let field = TextEdit::singleline(&mut self.typed).desired_width(f32::INFINITY);
            let response = ui.add(field).accessible_name(Word::Folder.get(language));
            let typed = files::typed(&self.typed, self.home.as_deref());
            if response.lost_focus() && typed != self.folder {
                self.go(typed);
            }
        });
    }

    /// What is in the folder.
    fn list(&mut self, ui: &mut Ui, language: Language) -> Option<Choice> {
        let entries = match &self.entries {
            Ok(entries) => entries.clone(),
            Err(error) => {
                ui.colored_label(Tokens::here(ui).danger, error.say(language));
                return None;
            }
        };
        if entries.is_empty() {
            super::panels::teach(ui, Word::FolderEmpty.get(language));
        }
        let (mut opened, height) = (None, ui.spacing().interact_size.y);
        ui.spacing_mut().item_spacing.y = 2.0;
        let area = ScrollArea::vertical().id_salt("folder").max_height(280.0).auto_shrink([false, true]);
        area.show_rows(ui, height, entries.len(), |ui, range| {
            for Entry { is_file, name } in &entries[range] {
                if row(ui, language, name, *is_file).clicked() {
                    opened = Some((self.folder.join(name), *is_file));
                }
            }
        });
        ui.spacing_mut().item_spacing.y = 8.0;
        match opened? {
            (folder, false) => {
                self.go(folder);
                None
            }
            (path, true) if self.purpose == Purpose::Open => self.choose(path),
            (path, true) => {
                // Its name is taken; whether the document is to be written over is asked when it is.
                self.name = path.file_name()?.to_string_lossy().into_owned();
                self.doubtful = None;
                None
            }
        }
    }
}

/// A folder or a document in the list.
fn row(ui: &mut Ui, language: Language, name: &str, is_file: bool) -> egui::Response {
    let (tokens, kind) = (Tokens::here(ui), if is_file { Word::Document } else { Word::Folder });
    let color = if is_file { tokens.text } else { tokens.text_2 };
    let words = egui::RichText::new(if is_file { name.to_owned() } else { format!("{name}/") }).color(color);
    let button = Button::selectable(false, words)
        .shortcut_text(egui::RichText::new(kind.get(language)).color(tokens.muted))
        .min_size(vec2(ui.available_width(), ui.spacing().interact_size.y));
    ui.add(button).accessible_name(format!("{} {name}", kind.get(language)))
}

/// Documents that were opened before, each a click away; gives the one that was clicked.
pub(crate) fn recent_list(ui: &mut Ui, language: Language, recent: &[PathBuf]) -> Option<PathBuf> {
    super::panels::title(ui, Word::Recent.get(language));
    let mut chosen = None;
    for path in recent.iter().take(6) {
        let tokens = Tokens::here(ui);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = path.parent().and_then(Path::file_name);
        let folder = folder.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        let button = Button::selectable(false, egui::RichText::new(&name).color(tokens.text))
            .shortcut_text(egui::RichText::new(folder).color(tokens.muted))
            .min_size(vec2(ui.available_width(), ui.spacing().interact_size.y));
        let response = ui.add(button).accessible_name(format!("{} {name}", Word::Recent.get(language)));
        if response.on_hover_text(path.display().to_string()).clicked() {
            chosen = Some(path.clone());
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_document_in_the_folder_and_nothing_is_written_over_unasked() {
        let folder = std::env::temp_dir().join(format!("taibai-browse-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("old.toml"), "").unwrap();
        let mut browse = Browse::near(Purpose::Save, &folder.join("new"), None);
        assert_eq!(browse.place(), Some(folder.join("new.toml")));
        for wrong in ["", " ", "../escape", "/etc/passwd", ".hidden"] {
            browse.name = wrong.to_owned();
            assert_eq!(browse.place(), None, "{wrong}");
        }
        let (old, new) = (folder.join("old.toml"), folder.join("new.toml"));
        assert_eq!(browse.choose(old.clone()), None);
        assert_eq!(browse.choose(old.clone()), Some(Choice::Path(old)));
        assert_eq!(browse.choose(new.clone()), Some(Choice::Path(new)));
        let elsewhere = Browse::near(Purpose::Open, &folder.join("no/such/folder/hall.toml"), None);
        assert_eq!(elsewhere.folder, folder);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
