//! Files that somebody else writes below the data folder: read when they have changed and are whole.

use super::{poll, read_csv};
use crate::fault::FeedFault;
use crate::landing::Landing;
use bytes::Bytes;
use ingest::feed::{DOCUMENT_BYTES_MAX, Json};
use media::{FileFormat, WallTime};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often a file is looked at. One that is the same at two looks is taken to be whole.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What a look sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    bytes: u64,
    modified: SystemTime,
}

#[derive(Default)]
struct Seen {
    last: Option<Look>,
    taken: Option<Look>,
}

/// Watches for ever.
pub(super) async fn run(landing: &Arc<Landing>, folder: &Path, path: &str, format: FileFormat) {
    let seen = Mutex::new(Seen::default());
    let (seen, folder) = (&seen, folder.to_owned());
    poll(landing, LOOK_EVERY, || {
        let (folder, path) = (folder.clone(), path.to_owned());
        async move {
            let before = {
                let seen = seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                (seen.last, seen.taken)
            };
            let work = move || look(&folder, &path, before.0, before.1);
            let (now, body) = tokio::task::spawn_blocking(work)
                .await
                .map_err(|_| FeedFault::File("reading broke off".into()))??;
            if let Some(body) = body {
                land(landing, body, format, now.modified).await?;
                seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).taken = Some(now);
            }
            seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).last = Some(now);
            Ok(())
        }
    })
    .await;
}

/// Looks at the file and reads it where it has changed since it was taken and not since the last look.
fn look(
    folder: &Path,
    path: &str,
    last: Option<Look>,
    taken: Option<Look>,
) -> Result<(Look, Option<Vec<u8>>), FeedFault> {
    let words = |error: std::io::Error| FeedFault::File(error.kind().to_string());
    let place = inside(folder, path)?;
    let mut file = File::open(&place).map_err(words)?;
    let about = file.metadata().map_err(words)?;
    if !about.is_file() {
        return Err(FeedFault::File("it is no file".into()));
    }
    let now = Look { bytes: about.len(), modified: about.modified().map_err(words)? };
    if now.bytes > DOCUMENT_BYTES_MAX as u64 {
        return Err(FeedFault::File(format!("it has more than {DOCUMENT_BYTES_MAX} bytes")));
    }
    if taken == Some(now) || last != Some(now) {
        return Ok((now, None));
    }
    let mut body = Vec::new();
    file.by_ref().take(DOCUMENT_BYTES_MAX as u64 + 1).read_to_end(&mut body).map_err(words)?;
    let whole = body.len() as u64 == now.bytes;
    Ok((now, whole.then_some(body)))
}

/// The file's true place, which links must not lead out of the folder.
pub(super) fn inside(folder: &Path, path: &str) -> Result<PathBuf, FeedFault> {
    let outside = || FeedFault::File("its path leads out of the data folder".into());
    let relative = Path::new(path);
    if path.is_empty() || !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(outside());
    }
    let words = |error: std::io::Error| FeedFault::File(error.kind().to_string());
    let folder = folder.canonicalize().map_err(words)?;
    let place = folder.join(relative).canonicalize().map_err(words)?;
    if place.starts_with(&folder) { Ok(place) } else { Err(outside()) }
}

/// Lands a file's content. It is as old as the file, not as our reading of it.
async fn land(
    landing: &Arc<Landing>,
    body: Vec<u8>,
    format: FileFormat,
    modified: SystemTime,
) -> Result<(), FeedFault> {
    let nanos = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let came = WallTime(i64::try_from(nanos).unwrap_or(i64::MAX));
    match format {
        FileFormat::Json => {
            landing
                .land_of(vec![Bytes::from(body)], DOCUMENT_BYTES_MAX, came)
                .await
                .map_err(FeedFault::Store)?;
        }
        FileFormat::Csv => {
            let sheet = tokio::task::spawn_blocking(move || read_csv(&body))
                .await
                .map_err(|_| FeedFault::File("reading broke off".into()))?;
            match sheet {
                Ok(sheet) => {
                    for (reason, line) in sheet.wrong {
                        landing.rejected(reason, &line);
                    }
                    landing.land_json(Json::Array(sheet.rows), came).await.map_err(FeedFault::Store)?;
                }
                Err(reason) => landing.rejected(reason, ""),
            }
        }
    }
    Ok(())
}
