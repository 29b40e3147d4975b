//! `taibai editor`: the layout designers' program.

use crate::cli::EditorArgs;
use crate::exit::Failure;
use editor::{Launch, OpenError, RunError};

/// Opens the document, or the start page, in a window and returns when it is closed.
pub fn run(args: EditorArgs) -> Result<(), Failure> {
    let EditorArgs { hall, media, settings } = args;
    let here = Launch::here(hall);
    let launch = Launch { media_folder: media, settings: settings.or(here.settings.clone()), ..here };
    editor::run(launch).map_err(|error| match error {
        RunError::Open(OpenError::Wrong(mistakes)) => Failure::Document(miette::Report::new(*mistakes)),
        other => Failure::from(anyhow::Error::from(other)),
    })
}
