//! The layout designers' program: a hall document as a wall that can be taken hold of. What is on the canvas is what the wall's own
//! planner and compositor make of the document.

mod app;
mod canvas;
mod commands;
pub mod compose;
mod fields;
mod files;
mod native;
mod panels;
mod preferences;
mod search;
mod style;
mod time;
mod words;

pub use app::{Editor, OpenError, Options, Sheet};
pub use canvas::moment::Moment;
pub use canvas::picture::Picture;
pub use canvas::view::Sight;
pub use canvas::{CanvasState, window_name};
pub use commands::{Command, MENUS, OFFERS, Offer};
pub use files::{FileError, settings_path};
pub use native::{RunError, run};
pub use panels::Pane;
pub use preferences::Preferences;
pub use style::{Tokens, install};
pub use time::{Mode, TimeDesk};
pub use words::{Language, Word};
