//! `taibai editor`: the layout designers' program.

use crate::cli::EditorArgs;
use crate::exit::Failure;
use editor::{OpenError, Options, RunError, settings_path};

/// Opens the document in a window and returns when it is closed.
pub fn run(args: EditorArgs) -> Result<(), Failure> {
    let EditorArgs { hall, media, settings } = args;
    let beside = hall.parent().map(|folder| folder.join("media")).unwrap_or_default();
    let settings = settings.or_else(settings_path);
    let options = Options { hall, media_folder: media.unwrap_or(beside), settings };
    editor::run(options).map_err(|error| match error {
        RunError::Open(OpenError::Wrong(mistakes)) => Failure::Document(miette::Report::new(*mistakes)),
        other => Failure::from(anyhow::Error::from(other)),
    })
}
