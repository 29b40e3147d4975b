//! What the editor remembers between days: language, theme, what is shown, where panels stand.

use crate::panels::{Pane, arrangement};
use crate::words::Language;
use layouts::Mode;
use serde::{Deserialize, Serialize};

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
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: Language::Chinese,
            dark: true,
            snap: true,
            grid: false,
            as_it_hangs: false,
            panels: arrangement(),
        }
    }
}

impl Preferences {
    /// From the text of their file; what cannot be read is as at the first start.
    pub fn read(text: &str) -> Self {
        let Ok(file) = serde_json::from_str(text) else { return Self::default() };
        let PreferencesFile { language, dark, snap, grid, as_it_hangs, panels } = file;
        let language = if language == "en" { Language::English } else { Language::Chinese };
        // A tree in which a panel is missing would hide it for ever.
        let whole = Pane::ALL.iter().all(|pane| panels.tiles.find_pane(pane).is_some());
        let panels = if whole { panels } else { arrangement() };
        Self { language, dark, snap, grid, as_it_hangs, panels }
    }

    /// The text of their file.
    pub fn to_text(&self) -> String {
        let Self { language, dark, snap, grid, as_it_hangs, panels } = self;
        let language = if *language == Language::English { "en" } else { "zh-CN" };
        let (dark, snap, grid, as_it_hangs) = (*dark, *snap, *grid, *as_it_hangs);
        let (language, panels) = (language.to_owned(), panels.clone());
        let file = PreferencesFile { language, dark, snap, grid, as_it_hangs, panels };
        serde_json::to_string_pretty(&file).unwrap_or_default()
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
        let again = Preferences::read(&settings.to_text());
        assert_eq!((again.language, again.dark, again.grid), (Language::English, false, true));
        assert_eq!(again, settings);
        for broken in ["", "{", "{\"dark\":true}", "[]"] {
            assert_eq!(Preferences::read(broken), Preferences::default());
        }
    }
}
