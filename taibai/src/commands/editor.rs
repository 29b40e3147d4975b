//! `taibai editor`: the layout designers' program.

use crate::cli::EditorArgs;
use crate::exit::Failure;
use editor::{Launch, OpenError, RunError, documents_folder, settings_path};

/// Opens the document, or the start page, in a window and returns when it is closed.
pub fn run(args: EditorArgs) -> Result<(), Failure> {
    let EditorArgs { hall, media, settings } = args;
    let launch = Launch {
        hall,
        media_folder: media,
        settings: settings.or_else(settings_path),
        documents: documents_folder(),
    };
    editor::run(launch).map_err(|error| match error {
        RunError::Open(OpenError::Wrong(mistakes)) => Failure::Document(miette::Report::new(*mistakes)),
        other => Failure::from(anyhow::Error::from(other)),
    })
}
