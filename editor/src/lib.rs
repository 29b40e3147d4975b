//! The layout designers' program: a hall document as a wall that can be taken hold of. What is on the canvas is what the wall's own
//! planner and compositor make of the document.

mod app;
mod canvas;
mod commands;
pub mod compose;
mod fields;
mod files;
pub mod live;
mod native;
mod panels;
mod preferences;
mod search;
mod style;
mod words;

pub use app::{Editor, OpenError, Options, Sheet};
pub use canvas::moment::Moment;
pub use canvas::picture::Picture;
pub use canvas::view::Sight;
pub use canvas::{CanvasState, window_name};
pub use commands::{Command, MENUS, OFFERS, Offer};
pub use files::{FileError, base_path, copy_path, settings_path};
pub use native::{RunError, run, run_live};
pub use panels::Pane;
pub use preferences::Preferences;
pub use style::{Tokens, install};
pub use words::{Language, Word};
