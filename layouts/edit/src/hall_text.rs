//! The document as text that is always right.

use crate::edit::TextEdit;
use crate::found::windows_of;
use layouts::{Layout, Mistakes};
use media::{RuleId, SceneId, TourId, WindowId};
use std::collections::BTreeMap;
use std::sync::Arc;
use toml_edit::DocumentMut;

/// Why an edit is refused. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The document has no such scene.
    #[error("there is no scene `{0}`")]
    NoScene(SceneId),
    /// The scene has no such window.
    #[error("scene `{scene}` has no window {}", window + 1)]
    NoWindow {
        /// Which scene.
        scene: SceneId,
        /// Which window, in document order from 0.
        window: usize,
    },
    /// The document has no such tour, schedule or rule.
    #[error("there is no {what} `{name}`")]
    NoEntry {
        /// `tour`, `schedule` or `rule`.
        what: &'static str,
        /// Its id.
        name: String,
    },
    /// The tour has no such stop.
    #[error("tour `{tour}` has no stop {}", stop + 1)]
    NoStop {
        /// Which tour.
        tour: TourId,
        /// Which stop, in document order from 0.
        stop: usize,
    },
    /// The rule shows no scene that another could take the place of.
    #[error("rule `{0}` shows no scene")]
    NoSceneAction(RuleId),
    /// The document cannot be taken apart; [`layouts::parse`] says where it is wrong.
    #[error("the document is no TOML that can be edited: {0}")]
    Syntax(String),
    /// The value of a key is none that a document can hold.
    #[error("`{0}` has a value that a hall document cannot hold, such as null or a number beyond 64 bits")]
    Value(String),
    /// The document would have mistakes afterwards.
    #[error("the hall document would not be right any more: {}", first(.0))]
    Wrong(Box<Mistakes>),
}

fn first(mistakes: &Mistakes) -> String {
    mistakes.list().first().map_or_else(|| mistakes.to_string(), |mistake| mistake.to_string())
}

/// A hall document and what it means. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HallText {
    text: Arc<str>,
    file_name: Arc<str>,
    layout: Arc<Layout>,
    windows: Arc<Windows>,
}

/// The names of every scene's windows, in document order.
type Windows = BTreeMap<SceneId, Vec<WindowId>>;

impl HallText {
    /// Reads a document; `file_name` is what mistakes call it.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, Box<Mistakes>> {
        let layout = layouts::parse(text, file_name).map_err(Box::new)?;
        // What has been read as a hall is TOML, so there is a document.
        let windows = text.parse::<DocumentMut>().map(|mut document| windows_of(&mut document));
        Ok(Self::new(text, file_name.into(), layout, windows.unwrap_or_default()))
    }

    fn new(text: &str, file_name: Arc<str>, layout: Layout, windows: Windows) -> Self {
        Self { text: text.into(), file_name, layout: Arc::new(layout), windows: Arc::new(windows) }
    }

    /// The names of a scene's windows in the order in which they stand in the document, by which edits count them. Empty where there is
    /// no such scene.
    pub fn windows(&self, scene: &SceneId) -> &[WindowId] {
        self.windows.get(scene).map_or(&[], Vec::as_slice)
    }

    /// The text, as it would be saved.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// What it means.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The document after `edits`, one after the other: all of them, or none and why. Lines that they do not concern are the same.
    pub fn edited(&self, edits: &[TextEdit]) -> Result<Self, EditError> {
        if edits.is_empty() {
            return Ok(self.clone());
        }
        let mut document = self.document()?;
        for edit in edits {
            edit.apply(&mut document)?;
        }
        let text = document.to_string();
        let layout =
            layouts::parse(&text, &self.file_name).map_err(|wrong| EditError::Wrong(Box::new(wrong)))?;
        Ok(Self::new(&text, self.file_name.clone(), layout, windows_of(&mut document)))
    }

    /// The document, to be changed.
    pub(crate) fn document(&self) -> Result<DocumentMut, EditError> {
        let syntax = |error: toml_edit::TomlError| EditError::Syntax(error.message().to_owned());
        self.text.parse().map_err(syntax)
    }

    /// Another text of the same name.
    pub(crate) fn with_text(&self, text: &str) -> Result<Self, EditError> {
        Self::parse(text, &self.file_name).map_err(EditError::Wrong)
    }
}
