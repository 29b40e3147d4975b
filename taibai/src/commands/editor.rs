//! `taibai editor`: the layout designers' program, on a file or live on a controller.

use super::data::read_token;
use crate::cli::EditorArgs;
use crate::exit::Failure;
use anyhow::Context;
use controller_client::{AskError, Door, Token};
use editor::live::LiveOptions;
use editor::{OpenError, Options, RunError, base_path, copy_path, settings_path};
use std::path::Path;

/// Where the token is, if it is in no file. It is never on the command line, which others on the machine can read.
const TOKEN: &str = "TAIBAI_TOKEN";

/// Opens the document in a window and returns when it is closed.
pub fn run(args: EditorArgs) -> Result<(), Failure> {
    let EditorArgs { hall, media, settings, controller, token_file, authority } = args;
    let door = controller.map(|url| door(&url, token_file.as_deref(), authority.as_deref())).transpose()?;
    let copy = || copy_path(&door.as_ref()?.name());
    let hall = hall.or_else(copy).ok_or_else(|| {
        Failure::Usage("there is no home folder for a copy of the controller's document; name a file".to_owned())
    })?;
    let beside = hall.parent().map(|folder| folder.join("media")).unwrap_or_default();
    let settings = settings.or_else(settings_path);
    let options = Options { hall: hall.clone(), media_folder: media.unwrap_or(beside), settings };
    let ended = match door {
        None => editor::run(options),
        Some(door) => {
            if let Some(folder) = hall.parent() {
                std::fs::create_dir_all(folder).with_context(|| format!("the folder {}", folder.display()))?;
            }
            editor::run_live(options, LiveOptions { door, base: base_path(&hall) })
        }
    };
    ended.map_err(|error| match error {
        RunError::Open(OpenError::Wrong(mistakes)) => Failure::Document(miette::Report::new(*mistakes)),
        RunError::Open(OpenError::Live(AskError::Refused(refused))) => Failure::Usage(format!(
            "the controller does not give its document: {}; a designer needs `taibai token add NAME --role designer`, for all walls and tags",
            refused.detail
        )),
        other => Failure::from(anyhow::Error::from(other)),
    })
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
