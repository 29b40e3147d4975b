//! What the editor remembers between days: language, theme, what is shown, where panels stand, which documents were opened, and what
//! is locked in them.

use crate::files;
use crate::panels::{Pane, arrangement};
use crate::words::Language;
use editor_model::{Kept, Mark};
use layouts::Mode;
use media::{SceneId, WindowId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A designer's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Preferences {
    /// What the editor speaks.
    pub language: Language,
    /// Dark or light.
    pub dark: bool,
    /// Whether windows are drawn to lines.
    pub snap: bool,
    /// Whether a grid is shown, and drawn to.
    pub grid: bool,
    /// Whether bezels and gaps are opaque.
    pub as_it_hangs: bool,
    /// Where panels stand.
    pub panels: egui_tiles::Tree<Pane>,
    /// Whether the guided tour has been taken or left.
    pub toured: bool,
    /// Documents that were opened, the newest first.
    pub recent: Vec<PathBuf>,
    /// Locks and groups of documents, the newest first.
    pub kept: Vec<KeptOf>,
}

/// What is locked in a document and what belongs together there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOf {
    /// The document.
    pub document: PathBuf,
    /// Its locks and groups.
    pub kept: Kept,
}

/// The same as it lies in the file of the settings.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptFile {
    document: PathBuf,
    locked: Vec<(String, String)>,
    groups: Vec<Vec<(String, String)>>,
}

impl From<&KeptOf> for KeptFile {
    fn from(KeptOf { document, kept: Kept { locked, groups } }: &KeptOf) -> Self {
        let names = |marks: &BTreeSet<Mark>| {
            marks.iter().map(|(scene, window)| (scene.to_string(), window.to_string())).collect()
        };
        Self { document: document.clone(), locked: names(locked), groups: groups.iter().map(names).collect() }
    }
}

impl From<KeptFile> for KeptOf {
    fn from(KeptFile { document, locked, groups }: KeptFile) -> Self {
        // What is no name of a scene or a window locks nothing.
        let mark = |(scene, window): (String, String)| {
            Some((SceneId::new(&scene).ok()?, WindowId::new(&window).ok()?))
        };
        let marks = |names: Vec<(String, String)>| names.into_iter().filter_map(mark).collect();
        let kept = Kept { locked: marks(locked), groups: groups.into_iter().map(marks).collect() };
        Self { document, kept }
    }
}

/// The settings as they lie in their file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PreferencesFile {
    language: String,
    dark: bool,
    snap: bool,
    grid: bool,
    as_it_hangs: bool,
    panels: egui_tiles::Tree<Pane>,
    #[serde(default)]
    toured: bool,
    #[serde(default)]
    recent: Vec<PathBuf>,
    #[serde(default)]
    kept: Vec<KeptFile>,
}

/// Most documents that are remembered: with their names, and with their locks.
const RECENT_MAX: usize = 12;
const KEPT_MAX: usize = 64;

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: Language::Chinese,
            dark: true,
            snap: true,
            grid: false,
            as_it_hangs: false,
            panels: arrangement(),
            toured: false,
            recent: Vec::new(),
            kept: Vec::new(),
        }
    }
}

impl Preferences {
    /// From the text of their file; what cannot be read is as at the first start.
    pub fn read(text: &str) -> Self {
        let Ok(file) = serde_json::from_str(text) else { return Self::default() };
        let PreferencesFile { language, dark, snap, grid, as_it_hangs, panels, toured, recent, kept } = file;
        let language = if language == "en" { Language::English } else { Language::Chinese };
        // A tree in which a panel is missing would hide it for ever.
        let whole = Pane::ALL.iter().all(|pane| panels.tiles.find_pane(pane).is_some());
        let panels = if whole { panels } else { arrangement() };
        let kept = kept.into_iter().map(KeptOf::from).collect();
        Self { language, dark, snap, grid, as_it_hangs, panels, toured, recent, kept }
    }

    /// The text of their file.
    pub fn to_text(&self) -> String {
        let Self { language, dark, snap, grid, as_it_hangs, panels, toured, recent, kept } = self;
        let language = if *language == Language::English { "en" } else { "zh-CN" };
        let (dark, snap, grid, as_it_hangs) = (*dark, *snap, *grid, *as_it_hangs);
        let (language, panels, toured) = (language.to_owned(), panels.clone(), *toured);
        let (recent, kept) = (recent.clone(), kept.iter().map(KeptFile::from).collect());
        let file = PreferencesFile { language, dark, snap, grid, as_it_hangs, panels, toured, recent, kept };
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }

    /// Writes them into their file, if there is one; what cannot be written is said in the log, for nobody can do anything about it here.
    pub(crate) fn write(&self, path: Option<&Path>) -> bool {
        let Some(path) = path else { return true };
        let done = files::write_with_folder(path, &self.to_text());
        if let Err(error) = &done {
            tracing::warn!(%error, "settings cannot be written");
        }
        done.is_ok()
    }

    /// A document was opened: it is the newest one.
    pub fn opened(&mut self, document: &Path) {
        self.recent.retain(|path| path != document);
        self.recent.insert(0, document.to_owned());
        self.recent.truncate(RECENT_MAX);
    }

    /// Locks and groups that are kept of a document.
    pub fn kept_of(&self, document: &Path) -> Kept {
        let found = self.kept.iter().find(|kept| kept.document == document);
        found.map(|found| found.kept.clone()).unwrap_or_default()
    }

    /// Keeps locks and groups of a document in the place of those that were kept of it.
    pub fn keep(&mut self, document: &Path, kept: Kept) {
        if self.kept_of(document) == kept {
            return;
        }
        self.kept.retain(|kept| kept.document != document);
        if kept != Kept::default() {
            self.kept.insert(0, KeptOf { document: document.to_owned(), kept });
        }
        self.kept.truncate(KEPT_MAX);
    }

    /// The other language.
    pub fn switch_language(&mut self) {
        self.language = match self.language {
            Language::Chinese => Language::English,
            Language::English => Language::Chinese,
        };
    }

    /// Dark or light, as the theme calls it.
    pub fn mode(&self) -> Mode {
        if self.dark { Mode::Dark } else { Mode::Light }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_as_they_were_and_what_is_broken_is_as_at_first() {
        let mut settings = Preferences { dark: false, grid: true, ..Preferences::default() };
        settings.switch_language();
        let mark = |window: &str| (SceneId::new("day").unwrap(), WindowId::new(window).unwrap());
        let kept = Kept {
            locked: BTreeSet::from([mark("w1")]),
            groups: vec![BTreeSet::from([mark("w1"), mark("main")])],
        };
        settings.keep(Path::new("/halls/a.toml"), kept.clone());
        settings.keep(Path::new("/halls/b.toml"), Kept::default());
        settings.opened(Path::new("/halls/b.toml"));
        settings.opened(Path::new("/halls/a.toml"));
        settings.opened(Path::new("/halls/b.toml"));
        assert_eq!(settings.recent.len(), 2);
        let again = Preferences::read(&settings.to_text());
        assert_eq!((again.language, again.dark, again.grid), (Language::English, false, true));
        assert_eq!(again, settings);
        assert_eq!(again.kept_of(Path::new("/halls/a.toml")), kept);
        assert_eq!((again.kept.len(), again.recent[0].as_path()), (1, Path::new("/halls/b.toml")));
        for broken in ["", "{", "{\"dark\":true}", "[]"] {
            assert_eq!(Preferences::read(broken), Preferences::default());
        }
    }
}
