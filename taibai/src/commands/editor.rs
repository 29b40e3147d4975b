//! `taibai editor`: the layout designers' program, on a file or live on a controller.

use super::data::read_token;
use crate::cli::EditorArgs;
use crate::exit::Failure;
use crate::file_rows::FileRows;
use anyhow::Context;
use controller_client::{AskError, Door, Token};
use editor::live::LiveOptions;
use editor::{Launch, OpenError, Rows, RowsOf, RunError, base_path, copy_path};
use media::WallTime;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the token is, if it is in no file. It is never on the command line, which others on the machine can read.
const TOKEN: &str = "TAIBAI_TOKEN";

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
    let EditorArgs { hall, controller, token_file, authority, media, data, settings } = args;
    let door = controller.map(|url| door(&url, token_file.as_deref(), authority.as_deref())).transpose()?;
    let live = door.map(|door| live(door, hall.clone())).transpose()?;
    let (hall, live) = match live {
        Some((copy, live)) => (Some(copy), Some(live)),
        None => (hall, None),
    };
    let here = Launch::here(hall);
    let settings = settings.or(here.settings.clone());
    let launch = Launch { live, media_folder: media, settings, ..here };
    editor::run(launch, rows_of(data)).map_err(|error| match error {
        RunError::Open(OpenError::Wrong(mistakes)) => Failure::Document(miette::Report::new(*mistakes)),
        RunError::Open(OpenError::Live(AskError::Refused(refused))) => Failure::Usage(format!(
            "the controller does not give its document: {}; a designer needs `taibai token add NAME --role designer`, for all walls and tags",
            refused.detail
        )),
        other => Failure::from(anyhow::Error::from(other)),
    })
}

/// The designer's own copy of the document of the controller behind `door`, by default below the folder of states, and what belongs to it.
fn live(door: Door, copy: Option<PathBuf>) -> Result<(PathBuf, LiveOptions), Failure> {
    let copy = copy.or_else(|| copy_path(&door.name())).ok_or_else(|| {
        Failure::Usage(
            "there is no home folder for a copy of the controller's document; name a file".to_owned(),
        )
    })?;
    if let Some(folder) = copy.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("the folder {}", folder.display()))?;
    }
    let base = base_path(&copy);
    Ok((copy, LiveOptions { door, base }))
}

/// The controller's door.
fn door(url: &str, token_file: Option<&Path>, authority: Option<&Path>) -> Result<Door, Failure> {
    let wrong = |why: controller_client::DoorError| Failure::Usage(why.to_string());
    let token = match token_file {
        Some(file) => Some(read_token(file)?),
        None => std::env::var(TOKEN).ok().filter(|token| !token.is_empty()),
    };
    let token = token.as_deref().map(Token::new).transpose().map_err(wrong)?;
    let pem = authority.map(|file| {
        std::fs::read(file).with_context(|| format!("the authority's file {} cannot be read", file.display()))
    });
    let door = Door::parse(url, token.clone(), pem.transpose()?.as_deref()).map_err(wrong)?;
    // On the controller's own machine its local door asks nobody who he is.
    if token.is_none() && !door.is_here() {
        let why = format!("{door} wants to know who asks: give --token-file, or the token in {TOKEN}");
        return Err(Failure::Usage(why));
    }
    Ok(door)
}
