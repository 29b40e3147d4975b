//! `taibai editor`: the layout designers' program.

use crate::cli::EditorArgs;
use crate::exit::Failure;
use crate::file_rows::FileRows;
use anyhow::Context as _;
use editor::{OpenError, Options, RunError, settings_path};
use media::WallTime;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time of this machine, in whole nanoseconds since 1970.
fn now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Opens the document in a window and returns when it is closed.
pub fn run(args: EditorArgs) -> Result<(), Failure> {
    let EditorArgs { hall, media, data, settings } = args;
    let beside = hall.parent().map(|folder| folder.join("media")).unwrap_or_default();
    let settings = settings.or_else(settings_path);
    let data = data.unwrap_or_else(|| hall.parent().map(|folder| folder.join("data")).unwrap_or_default());
    let scratch = std::env::temp_dir().join(format!("taibai-editor-{}", std::process::id()));
    let rows = FileRows::new(data, scratch, Arc::new(now)).context("no thread for the rows of queries")?;
    let rows: Box<dyn editor::Rows> = Box::new(rows);
    let options = Options { hall, media_folder: media.unwrap_or(beside), settings };
    editor::run(options, rows).map_err(|error| match error {
        RunError::Open(OpenError::Wrong(mistakes)) => Failure::Document(miette::Report::new(*mistakes)),
        other => Failure::from(anyhow::Error::from(other)),
    })
}
