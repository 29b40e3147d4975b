//! The document as text that is always right.

use crate::edit::TextEdit;
use crate::found::windows_of;
use crate::placing::{Spots, placed};
use layouts::{Language, Layout, Mistakes};
use media::{RuleId, SceneId, ScreenId, TourId, WallId, WindowId};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
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
    /// The document has no such wall.
    #[error("there is no wall `{0}`")]
    NoWall(WallId),
    /// No wall of the document has such a screen.
    #[error("there is no screen `{0}`")]
    NoScreen(ScreenId),
    /// A list of the document has no such entry.
    #[error("there is no {what} `{name}`")]
    NoEntry {
        /// The list: `tour`, `schedule`, `rule`, `source`, ….
        what: String,
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

impl EditError {
    /// The error in Chinese; [`std::fmt::Display`] gives it in English.
    pub fn chinese(&self) -> String {
        match self {
            Self::NoScene(scene) => format!("没有场景 {scene}"),
            Self::NoWindow { scene, window } => format!("场景 {scene} 没有第 {} 个窗口", window + 1),
            Self::NoWall(wall) => format!("没有墙 {wall}"),
            Self::NoScreen(screen) => format!("没有屏幕 {screen}"),
            Self::NoEntry { what, name } => {
                let what = match &**what {
                    "source" => "信号源",
                    "scene" => "场景",
                    "wall" => "墙",
                    "tour" => "轮巡",
                    "schedule" => "日程",
                    "rule" => "规则",
                    other => other,
                };
                format!("没有{what} {name}")
            }
            Self::NoStop { tour, stop } => format!("轮巡 {tour} 没有第 {} 站", stop + 1),
            Self::NoSceneAction(rule) => format!("规则 {rule} 不显示场景"),
            Self::Syntax(why) => format!("大厅文档不是可以编辑的 TOML：{why}"),
            Self::Value(key) => format!("{key} 的值写不进大厅文档，例如 null 或超过 64 位的数"),
            Self::Wrong(mistakes) => match mistakes.list().first() {
                Some(mistake) => format!("改完大厅文档就不对了：{}", mistake.chinese()),
                None => "改完大厅文档就不对了".to_owned(),
            },
        }
    }

    /// The error in `language`.
    pub fn say(&self, language: Language) -> String {
        match language {
            Language::Chinese => self.chinese(),
            Language::English => self.to_string(),
        }
    }
}

fn first(mistakes: &Mistakes) -> String {
    let first = mistakes.list().first();
    first.map_or_else(|| mistakes.to_string(), |mistake| format!("{mistake}; {}", mistake.help))
}

/// A hall document and what it means. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HallText {
    text: Arc<str>,
    file_name: Arc<str>,
    layout: Arc<Layout>,
    windows: Arc<Windows>,
    /// Where windows' places stand in the text; looked for when the first window is moved.
    spots: Arc<OnceLock<Spots>>,
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
        let (layout, windows) = (Arc::new(layout), Arc::new(windows));
        Self { text: text.into(), file_name, layout, windows, spots: Arc::default() }
    }

    /// Where windows' places stand in the text.
    pub(crate) fn spots(&self) -> &Spots {
        self.spots.get_or_init(|| Spots::of(&self.text))
    }

    /// The same windows at other places, with a text that says so.
    pub(crate) fn with_places(&self, text: &str, layout: Layout, spots: Spots) -> Self {
        let Self { text: _, file_name, layout: _, windows, spots: _ } = self;
        Self {
            text: text.into(),
            file_name: file_name.clone(),
            layout: Arc::new(layout),
            windows: windows.clone(),
            spots: Arc::new(OnceLock::from(spots)),
        }
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
        match placed(self, edits) {
            Some(placed) => Ok(placed),
            None => self.reread(edits),
        }
    }

    /// The same by taking the document apart and reading all of it again.
    pub(crate) fn reread(&self, edits: &[TextEdit]) -> Result<Self, EditError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind; a new kind does not compile until it stands here.
    fn all() -> Vec<EditError> {
        let scene = SceneId::new("day");
        let wrong = layouts::parse("version = 2", "hall.toml").err();
        let all: Vec<EditError> = scene
            .into_iter()
            .flat_map(|scene| [EditError::NoScene(scene.clone()), EditError::NoWindow { scene, window: 2 }])
            .chain(WallId::new("main").map(EditError::NoWall))
            .chain(ScreenId::new("a1").map(EditError::NoScreen))
            .chain([EditError::NoEntry { what: "tour".to_owned(), name: "day".to_owned() }])
            .chain(TourId::new("day").map(|tour| EditError::NoStop { tour, stop: 0 }))
            .chain(RuleId::new("fire").map(EditError::NoSceneAction))
            .chain([EditError::Syntax("expected `]`".to_owned()), EditError::Value("host".to_owned())])
            .chain(wrong.map(|wrong| EditError::Wrong(Box::new(wrong))))
            .collect();
        let kind = |error: &EditError| match error {
            EditError::NoScene(_) => 0,
            EditError::NoWindow { .. } => 1,
            EditError::NoWall(_) => 2,
            EditError::NoScreen(_) => 3,
            EditError::NoEntry { .. } => 4,
            EditError::NoStop { .. } => 5,
            EditError::NoSceneAction(_) => 6,
            EditError::Syntax(_) => 7,
            EditError::Value(_) => 8,
            EditError::Wrong(_) => 9,
        };
        assert_eq!(all.iter().map(kind).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        all
    }

    #[test]
    fn every_refusal_is_said_in_both_languages() {
        for error in all() {
            let (zh, en) = (error.say(Language::Chinese), error.say(Language::English));
            assert!(zh.chars().any(|c| ('一'..='龥').contains(&c)), "{zh}");
            assert!(!en.chars().any(|c| ('一'..='龥').contains(&c)), "{en}");
        }
        assert_eq!(all()[1].chinese(), "场景 day 没有第 3 个窗口");
        assert!(all()[9].chinese().contains("第 1 行"), "{}", all()[9].chinese());
    }
}
