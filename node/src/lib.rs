//! One machine's work: an ingest node reads sources and offers them, a display node fetches, composes and shows them.

mod answer_book;
mod assets;
mod audit_book;
mod clock;
mod credentials;
mod data_file;
mod display_node;
mod engine;
mod errands;
mod feeds;
mod ingest_node;
mod input;
mod links;
mod lookout;
mod output;
mod picture_press;
mod process;
mod pulse;
mod raster_desk;
mod raster_worker;
mod rehearsal;
mod services;
mod source_reader;
mod stats;
mod still;
mod studio;
mod tap;
mod templates;
mod test_card;
mod timing_log;
mod wall_picture;
mod windows;

pub use assets::{AssetError, Images, read_assets};
pub use clock::Clock;
pub use credentials::{Credentials, CredentialsError};
pub use data_file::{DataFileError, read_answers, wall_time};
pub use display_node::{
    CompositorKind, DisplayError, DisplayNode, DisplaySettings, EngineEvent, OpenWindows, Shows, Windows,
};
pub use engine::Program;
pub use ingest_node::IngestNode;
pub use links::Links;
pub use process::{ProcessMeter, ProcessUse};
pub use rehearsal::{Rehearsal, RehearsalError, rehearsed_host};
pub use services::{CACHE_BYTES_MAX, DisplayEnd, IngestSettings, ServiceError, serve_display, serve_ingest};
pub use source_reader::ReaderSettings;

pub use output::Present;
pub use still::{AT_MAX, Moment, StillError, View, render_still};
pub use studio::{FileMarks, LivePicture, Shot, Studio};
pub use wall_picture::{OwnedPicture, wall_picture};
pub use windows::{WindowDoor, WindowError, WindowThread, close_signal, open_windows};
