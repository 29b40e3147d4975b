//! The layout designers' program: a hall document as a wall that can be taken hold of. What is on the canvas is what the wall's own
//! planner and compositor make of the document.

mod app;
mod browse;
mod canvas;
mod commands;
pub mod compose;
mod demo;
mod fields;
mod files;
pub mod live;
mod native;
mod of_layout;
mod panels;
mod preferences;
mod program;
mod refusals;
mod rows;
mod search;
mod start;
mod style;
mod time;
mod tour;
mod wall;
mod words;

pub use app::{Editor, OpenError, Options, Sheet};
pub use canvas::moment::Moment;
pub use canvas::picture::Picture;
pub use canvas::view::Sight;
pub use canvas::{CanvasState, window_name};
pub use commands::{Command, MENUS, OFFERS, Offer};
pub use demo::demo_hall;
pub use files::{FileError, base_path, copy_path};
pub use native::{RunError, run};
pub use panels::Pane;
pub use preferences::{KeptOf, Preferences};
pub use program::{Launch, Program, RowsOf};
pub use rows::Rows;
pub use style::{Tokens, install};
pub use time::{Mode, TimeDesk};
pub use words::{Language, Word};
