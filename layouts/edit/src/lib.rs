//! A hall document that is changed as text: comments, order and every line that an edit does not concern stay as they were
//! written, and what would not be a right document any more is refused whole.
//!
//! Pure: text in, text out. The controller writes live edits of a scene back with it, the editor all that a designer does.

mod clipboard;
mod edit;
mod export;
mod found;
mod hall_text;
mod listed;
mod parts;
mod placing;
mod rules;
mod setting;
mod sources;
mod timetable;
mod value;
mod walls;
mod widgets;

pub use clipboard::{CopiedWindow, copied_windows, copy_windows};
pub use edit::{NewContent, NewWindow, TextEdit};
pub use export::{ExportError, export};
pub use hall_text::{EditError, HallText};
pub use parts::{Fields, Graft, PLACE, PartName};
pub use rules::RuleEdit;
pub use setting::Setting;
pub use sources::{SourceKeys, source_text};
pub use timetable::{ScheduleEdit, TourEdit};
pub use value::{Percent, Pixels};
pub use walls::{KeptWindows, NewScreen, ScreenSetting, WallEdit, WallSetting};
pub use widgets::{Pair, WidgetSetting, WidgetText, widget_keys};
