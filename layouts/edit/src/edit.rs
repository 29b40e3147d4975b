//! What can be done to a document, each as a value.

use crate::found::{Tables, scene, scene_index, window};
use crate::hall_text::EditError;
use crate::rules::RuleEdit;
use crate::setting::{Setting, put_transition};
use crate::timetable::{ScheduleEdit, TourEdit};
use crate::value::{Percent, Pixels, put, put_instead};
use crate::walls::WallEdit;
use crate::widgets::{WidgetSetting, put_kind, put_statement, put_theme, remove_query, set};
use layouts::{Mode, Transition};
use media::{QueryId, SceneId, SourceId, WallId};
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

pub(crate) const PLACES: [&str; 3] = ["rect_px", "rect_percent", "cell"];
const CONTENTS: [&str; 4] = ["source", "text", "image", "widget"];

/// What a new window shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewContent {
    /// A source of the document.
    Source(SourceId),
    /// Words, of a size in thousandths of a canvas pixel.
    Text {
        /// The words in Chinese and in English.
        words: (String, String),
        /// Their size.
        size: i64,
    },
    /// A still picture: its path below the media folder.
    Image(String),
    /// A widget by the name of its kind, with the query whose answer it shows.
    Widget {
        /// Its kind, such as `figure`.
        kind: String,
        /// Its query, for those that have one.
        query: Option<String>,
        /// The template's path below the media folder, for one that draws a template.
        template: Option<String>,
    },
}

/// A window that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWindow {
    /// What it shows.
    pub content: NewContent,
    /// Where it stands.
    pub rect: Pixels,
    /// In front of what it lies.
    pub z: i32,
}

/// One change. Windows are counted in document order from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextEdit {
    /// A window stands elsewhere, or is larger or smaller.
    Place {
        /// In which scene.
        scene: SceneId,
        /// Which window.
        window: usize,
        /// Where it stands now.
        rect: Pixels,
    },
    /// A window shows a source. What was said of its picture before (crop) stays with the picture before.
    Source {
        /// In which scene.
        scene: SceneId,
        /// Which window.
        window: usize,
        /// What it shows now.
        source: SourceId,
    },
    /// A window shows a part of its picture, or all of it again.
    Crop {
        /// In which scene.
        scene: SceneId,
        /// Which window.
        window: usize,
        /// Which part.
        crop: Option<Percent>,
    },
    /// A window lies in front of others, or behind them.
    Order {
        /// In which scene.
        scene: SceneId,
        /// Which window.
        window: usize,
        /// −1000 to 1000.
        z: i32,
    },
    /// A new window behind the scene's last one in the document.
    Open {
        /// In which scene.
        scene: SceneId,
        /// The window.
        window: NewWindow,
    },
    /// A window once more, at another place, behind the scene's last one in the document.
    Duplicate {
        /// In which scene.
        scene: SceneId,
        /// Which window.
        window: usize,
        /// Where the new one stands.
        rect: Pixels,
    },
    /// Something else is said of a window.
    Set {
        /// In which scene.
        scene: SceneId,
        /// Which window.
        window: usize,
        /// What.
        setting: Setting,
    },
    /// Something else is said of a window's widget.
    Widget {
        /// In which scene.
        scene: SceneId,
        /// Which window.
        window: usize,
        /// What.
        setting: WidgetSetting,
    },
    /// A query asks something else, or comes behind the last one.
    PutQuery {
        /// Its id.
        query: QueryId,
        /// One statement that only reads.
        sql: String,
    },
    /// A query is gone.
    RemoveQuery {
        /// Which.
        query: QueryId,
    },
    /// The hall is dark or light.
    Theme(Mode),
    /// A window that was copied as text, behind the scene's last one in the document. It keeps the name of its slot where that is free.
    Paste {
        /// In which scene.
        scene: SceneId,
        /// The keys of its table, as [`crate::copied_windows`] gives them.
        window: String,
        /// Where it stands.
        rect: Pixels,
    },
    /// A scene comes on in another way.
    Transition {
        /// Which scene.
        scene: SceneId,
        /// In which way.
        transition: Transition,
    },
    /// A window is gone.
    Close {
        /// In which scene.
        scene: SceneId,
        /// Which window.
        window: usize,
    },
    /// A scene without windows behind the last one.
    AddScene {
        /// Its id.
        scene: SceneId,
        /// Its wall.
        wall: WallId,
        /// Its name in Chinese and in English.
        name: (String, String),
    },
    /// A scene once more under another id, behind the last one.
    CopyScene {
        /// Which scene.
        scene: SceneId,
        /// The id of the new one.
        copy: SceneId,
        /// Its name in Chinese and in English.
        name: (String, String),
    },
    /// A scene is called otherwise.
    RenameScene {
        /// Which scene.
        scene: SceneId,
        /// Its name in Chinese and in English.
        name: (String, String),
    },
    /// A scene is gone.
    RemoveScene {
        /// Which scene.
        scene: SceneId,
    },
    /// Something is done to a wall or its screens.
    Wall(WallEdit),
    /// Something about a tour.
    Tour(TourEdit),
    /// Something about a schedule.
    Schedule(ScheduleEdit),
    /// Something about a rule.
    Rule(RuleEdit),
}

impl TextEdit {
    /// Does it to `document`.
    pub(crate) fn apply(&self, document: &mut DocumentMut) -> Result<(), EditError> {
        match self {
            Self::Place { scene, window: index, rect } => {
                put_instead(window(document, scene, *index)?, &PLACES, "rect_px", rect.value());
            }
            Self::Source { scene, window: index, source } => show(window(document, scene, *index)?, source),
            Self::Crop { scene, window: index, crop } => {
                let window = window(document, scene, *index)?;
                match crop {
                    Some(crop) => put(window, "crop_percent", crop.value()),
                    None => drop(window.remove("crop_percent")),
                }
            }
            Self::Order { scene, window: index, z } => {
                put(window(document, scene, *index)?, "z", i64::from(*z).into());
            }
            Self::Open { scene: id, window } => open(scene(document, id)?, window),
            Self::Duplicate { scene: id, window: index, rect } => {
                let mut copy = plain(window(document, id, *index)?);
                put_instead(&mut copy, &PLACES, "rect_px", rect.value());
                // A slot's name is unique in its scene.
                copy.remove("slot");
                append(scene(document, id)?, copy);
            }
            Self::Set { scene, window: index, setting } => setting.apply(window(document, scene, *index)?),
            Self::Widget { scene, window, setting } => set(document, scene, *window, setting)?,
            Self::PutQuery { query, sql } => put_statement(document, query, sql),
            Self::RemoveQuery { query } => remove_query(document, query),
            Self::Theme(mode) => put_theme(document, *mode),
            Self::Paste { scene: id, window, rect } => paste(scene(document, id)?, window, *rect)?,
            Self::Transition { scene: id, transition } => put_transition(scene(document, id)?, *transition),
            Self::Close { scene: id, window: index } => {
                // That it is there.
                window(document, id, *index)?;
                if let Some(windows) = Tables::of(scene(document, id)?, "window") {
                    windows.remove(*index);
                }
            }
            Self::AddScene { scene, wall, name } => {
                let mut table = Table::new();
                table.insert("id", value(scene.as_str()));
                table.insert("wall", value(wall.as_str()));
                table.insert("name", Item::Value(words(name)));
                append_scene(document, table);
            }
            Self::CopyScene { scene: id, copy, name } => {
                let mut table = plain_scene(scene(document, id)?);
                put(&mut table, "id", copy.as_str().into());
                put(&mut table, "name", words(name));
                append_scene(document, table);
            }
            Self::RenameScene { scene: id, name } => put(scene(document, id)?, "name", words(name)),
            Self::RemoveScene { scene: id } => {
                let index = scene_index(document, id)?;
                if let Some(scenes) = Tables::of(document.as_table_mut(), "scene") {
                    scenes.remove(index);
                }
            }
            Self::Wall(edit) => edit.apply(document)?,
            Self::Tour(edit) => edit.apply(document)?,
            Self::Schedule(edit) => edit.apply(document)?,
            Self::Rule(edit) => edit.apply(document)?,
        }
        Ok(())
    }
}

/// Puts a window that was copied as text behind the last one.
fn paste(scene: &mut dyn TableLike, text: &str, rect: Pixels) -> Result<(), EditError> {
    let syntax = |error: toml_edit::TomlError| EditError::Syntax(error.message().to_owned());
    let copied: DocumentMut = text.parse().map_err(syntax)?;
    let mut window = plain(copied.as_table());
    put_instead(&mut window, &PLACES, "rect_px", rect.value());
    let slot = window.get("slot").and_then(Item::as_str).map(str::to_owned);
    if slot.is_some() && slots(scene).contains(&slot) {
        window.remove("slot");
    }
    append(scene, window);
    Ok(())
}

/// The slots of a scene's windows, in document order.
pub(crate) fn slots(scene: &mut dyn TableLike) -> Vec<Option<String>> {
    let count = Tables::of(scene, "window").map_or(0, |windows| windows.len());
    let slot = |at| {
        let window = Tables::of(scene, "window")?.get(at)?;
        Some(window.get("slot")?.as_str()?.to_owned())
    };
    (0..count).map(slot).collect()
}

/// Words in one or two languages.
pub(crate) fn words((zh, en): &(String, String)) -> Value {
    if zh == en {
        return zh.as_str().into();
    }
    let mut table = InlineTable::new();
    table.insert("zh", zh.as_str().into());
    table.insert("en", en.as_str().into());
    table.into()
}

fn show(window: &mut dyn TableLike, source: &SourceId) {
    let same = window.get("source").and_then(Item::as_str) == Some(source.as_str());
    if !same {
        window.remove("crop_percent");
    }
    put_instead(window, &CONTENTS, "source", source.as_str().into());
}

fn open(scene: &mut dyn TableLike, window: &NewWindow) {
    let NewWindow { content, rect, z } = window;
    let mut table = Table::new();
    match content {
        NewContent::Source(source) => {
            table.insert("source", value(source.as_str()));
        }
        NewContent::Text { words: said, size } => {
            table.insert("text", Item::Value(words(said)));
            table.insert("size_px", Item::Value(crate::value::number(*size, 3)));
        }
        NewContent::Image(path) => {
            table.insert("image", value(path));
        }
        NewContent::Widget { kind, query, template } => {
            put_kind(&mut table, kind, query.as_deref(), template.as_deref());
        }
    }
    table.insert("rect_px", Item::Value(rect.value()));
    if *z != 0 {
        table.insert("z", value(i64::from(*z)));
    }
    append(scene, table);
}

/// Puts a window behind the last one.
fn append(scene: &mut dyn TableLike, window: Table) {
    append_to(scene, "window", window);
}

fn append_scene(document: &mut DocumentMut, mut scene: Table) {
    scene.decor_mut().set_prefix("\n");
    append_to(document.as_table_mut(), "scene", scene);
}

/// Puts a table behind the last one of the list under `key`.
pub(crate) fn append_to(parent: &mut dyn TableLike, key: &str, table: Table) {
    match Tables::of(parent, key) {
        Some(list) => {
            let count = list.len();
            list.insert(count, table);
        }
        None => {
            let mut list = ArrayOfTables::new();
            list.push(table);
            parent.insert(key, Item::ArrayOfTables(list));
        }
    }
}

/// The keys of a table, without the comments around it: those speak of the one that was copied.
pub(crate) fn plain(table: &dyn TableLike) -> Table {
    let mut copy = Table::new();
    for (key, item) in table.iter() {
        if let Some(value) = item.as_value() {
            let mut value = value.clone();
            value.decor_mut().clear();
            copy.insert(key, Item::Value(value));
        }
    }
    copy
}

/// The same with its windows.
fn plain_scene(scene: &mut dyn TableLike) -> Table {
    let mut copy = plain(scene);
    copy.remove("window");
    let count = Tables::of(scene, "window").map_or(0, |windows| windows.len());
    let windows: ArrayOfTables = (0..count)
        .filter_map(|index| Tables::of(scene, "window")?.get(index).map(|window| plain(window)))
        .collect();
    if !windows.is_empty() {
        copy.insert("window", Item::ArrayOfTables(windows));
    }
    copy
}
