//! `taibai editor`: the layout designers' program.

use crate::cli::EditorArgs;
use crate::exit::Failure;
use crate::file_rows::FileRows;
use editor::{Launch, OpenError, Rows, RowsOf, RunError};
use media::WallTime;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time of this machine, in whole nanoseconds since 1970.
fn now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Queries are answered from the files in `data`, by default the folder `data` beside the document.
fn rows_of(data: Option<PathBuf>) -> RowsOf {
    let scratch = std::env::temp_dir().join(format!("taibai-editor-{}", std::process::id()));
    Box::new(move |hall: &Path| {
        let beside = || hall.parent().map(|folder| folder.join("data")).unwrap_or_default();
        match FileRows::new(data.clone().unwrap_or_else(beside), scratch.clone(), Arc::new(now)) {
            Ok(rows) => Some(Box::new(rows) as Box<dyn Rows>),
            Err(error) => {
                tracing::warn!(%error, "no thread for the rows of queries");
                None
            }
        }
    })
}

/// Opens the document, or the start page, in a window and returns when it is closed.
pub fn run(args: EditorArgs) -> Result<(), Failure> {
    let EditorArgs { hall, media, data, settings } = args;
    let here = Launch::here(hall);
    let launch = Launch { media_folder: media, settings: settings.or(here.settings.clone()), ..here };
    editor::run(launch, rows_of(data)).map_err(|error| match error {
        RunError::Open(OpenError::Wrong(mistakes)) => Failure::Document(miette::Report::new(*mistakes)),
        other => Failure::from(anyhow::Error::from(other)),
    })
}
