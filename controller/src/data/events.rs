//! The HTTP API of events: the list, a report, the steps on an event's way, its photo, and the ledger's proof.

use super::DataDesk;
use super::http::{Answered, Done, live, refuse};
use super::lines::{EventLine, Taken};
use super::rules_desk::event_of;
use crate::api::{Audited, Principal, Refusal};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use media::{EventReport, EventState};
use serde::Deserialize;
use std::fs;
use std::io::Read;
use std::path::{Component, Path as FilePath};
use std::time::Duration;

/// Most events of one answer.
const EVENTS_MAX: u32 = 1000;
const ASK_WITHIN: Duration = Duration::from_secs(5);
/// Largest photo in bytes.
const PHOTO_BYTES_MAX: u64 = 8 << 20;
/// Longest id of an event in characters.
const ID_CHARS_MAX: usize = 64;

/// What comes in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsQuery {
    state: Option<String>,
    limit: Option<u32>,
    /// How many of the newest are left out: the next page.
    offset: Option<u32>,
}

pub(super) async fn list(
    State(desk): State<DataDesk>,
    query: Result<Query<EventsQuery>, QueryRejection>,
) -> Answered<Vec<EventLine>> {
    let Query(EventsQuery { state, limit, offset }) = query?;
    let only = match state.as_deref().map(|name| (name, EventState::by_name(name))) {
        None => String::new(),
        Some((_, Some(state))) => format!("WHERE state = '{}'", state.as_str()),
        Some((name, None)) => {
            return Err(refuse(StatusCode::BAD_REQUEST, "bad_query", format!("there is no state {name:?}")));
        }
    };
    let limit = limit.unwrap_or(100).min(EVENTS_MAX);
    let offset = offset.unwrap_or(0);
    let which = format!("{only} ORDER BY reported DESC, id LIMIT {limit} OFFSET {offset}");
    Ok(Json(ask(&desk, &which).await?))
}

/// The events that end a SELECT.
async fn ask(desk: &DataDesk, which: &str) -> Result<Vec<EventLine>, Refusal> {
    let sql = format!(
        "SELECT id, network, domain, place, lon, lat, kind, severity, title, title_en, photo, state, reported, due \
         FROM events {which}"
    );
    let asked = live(desk)?.store.ask(&sql, EVENTS_MAX, ASK_WITHIN).await;
    let table =
        asked.map_err(|error| refuse(StatusCode::SERVICE_UNAVAILABLE, "no_data", error.to_string()))?;
    let lines = (0..table.rows().len()).filter_map(|row| event_of(&table, row)).map(|(report, state)| {
        let EventReport {
            id,
            network,
            domain,
            place,
            lon_lat,
            kind,
            severity,
            title,
            title_en,
            photo,
            reported,
            due,
        } = report;
        let state = state.as_str().to_owned();
        EventLine {
            id,
            network,
            domain,
            place,
            lon_lat,
            kind,
            severity,
            title,
            title_en,
            photo,
            state,
            reported,
            due,
        }
    });
    Ok(lines.collect())
}

/// What comes in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportForm {
    id: String,
    #[serde(default)]
    network: String,
    #[serde(default)]
    domain: String,
    #[serde(default)]
    place: String,
    lon: Option<f64>,
    lat: Option<f64>,
    kind: String,
    #[serde(default = "slight")]
    severity: u8,
    title: String,
    /// The same in English, where it is known.
    #[serde(default)]
    title_en: String,
    #[serde(default)]
    photo: String,
    by: Option<String>,
}

fn slight() -> u8 {
    1
}

pub(super) async fn report(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    form: Result<Json<ReportForm>, JsonRejection>,
) -> Done<Taken> {
    let Json(form) = form?;
    let ReportForm { id, network, domain, place, lon, lat, kind, severity, title, title_en, photo, by } =
        form;
    let now = desk.shared.now();
    let due = now + desk.shared.layout.events().due;
    let (lon_lat, reported) = (lon.zip(lat).map(|(lon, lat)| [lon, lat]), now);
    let report = EventReport {
        id: id.clone(),
        network,
        domain,
        place,
        lon_lat,
        kind,
        severity,
        title,
        title_en,
        photo,
        reported,
        due,
    };
    let after =
        serde_json::json!({ "event": id, "title": report.title, "kind": report.kind, "severity": severity });
    let added = live(&desk)?.store.ledger().report(report, &principal.by(by.as_deref())).await?;
    Ok((Extension(Audited::now(after)), Json(Taken { id, added })))
}

/// What comes in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepForm {
    state: String,
    by: Option<String>,
}

pub(super) async fn advance(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    form: Result<Json<StepForm>, JsonRejection>,
) -> Done<Taken> {
    let Json(StepForm { state, by }) = form?;
    let wrong = || refuse(StatusCode::BAD_REQUEST, "bad_state", format!("there is no state {state:?}"));
    let to = EventState::by_name(&state).ok_or_else(wrong)?;
    let by = principal.by(by.as_deref());
    let added = live(&desk)?.store.ledger().advance(&id, to, &by, desk.shared.now()).await?;
    let after = serde_json::json!({ "event": id, "state": to.as_str(), "added": added });
    Ok((Extension(Audited::now(after)), Json(Taken { id, added })))
}

pub(super) async fn verify(State(desk): State<DataDesk>) -> Answered<serde_json::Value> {
    let outcome = live(&desk)?.store.ledger().verify().await;
    let outcome =
        outcome.map_err(|error| refuse(StatusCode::SERVICE_UNAVAILABLE, "no_data", error.to_string()))?;
    let good = outcome.map_err(|error| refuse(StatusCode::CONFLICT, "ledger_altered", error.to_string()))?;
    Ok(Json(serde_json::json!({ "records": good.records, "events": good.events, "hash": good.hash })))
}

/// The photo of an event: a JPEG, PNG or WebP file below the data folder.
pub(super) async fn photo(State(desk): State<DataDesk>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let unknown =
        || refuse(StatusCode::NOT_FOUND, "unknown_event", "there is no such event, or it has no photo");
    if id.chars().count() > ID_CHARS_MAX || id.contains('\0') {
        return Err(unknown());
    }
    let found = ask(&desk, &format!("WHERE id = '{}' LIMIT 1", id.replace('\'', "''"))).await?;
    let event = found.into_iter().next().filter(|event| !event.photo.is_empty()).ok_or_else(unknown)?;
    let folder = desk.shared.settings.data_folder.clone();
    let read = tokio::task::spawn_blocking(move || read_photo(&folder, &event.photo));
    let (kind, bytes) = read.await.ok().flatten().ok_or_else(|| {
        let words = "the photo is not in the data folder, is larger than 8 MiB, or is no JPEG, PNG or WebP";
        refuse(StatusCode::NOT_FOUND, "no_photo", words)
    })?;
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, "inline")];
    Ok((headers, bytes).into_response())
}

/// A picture's kind and bytes. Whatever is named, nothing outside `folder` is read, and nothing that a browser would run.
fn read_photo(folder: &FilePath, path: &str) -> Option<(&'static str, Vec<u8>)> {
    let path = FilePath::new(path);
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    // Links lead nowhere else either.
    let (folder, file) = (fs::canonicalize(folder).ok()?, fs::canonicalize(folder.join(path)).ok()?);
    let about = fs::metadata(&file).ok().filter(fs::Metadata::is_file)?;
    if !file.starts_with(&folder) || about.len() > PHOTO_BYTES_MAX {
        return None;
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    fs::File::open(&file).ok()?.take(PHOTO_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    let kind = match bytes.as_slice() {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ => return None,
    };
    Some((kind, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_a_picture_of_the_data_folder_and_nothing_else() {
        let outer = std::env::temp_dir().join(format!("taibai-photo-{}", std::process::id()));
        let folder = outer.join("data");
        fs::create_dir_all(folder.join("photos")).unwrap();
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3];
        fs::write(folder.join("photos/a.jpg"), jpeg).unwrap();
        fs::write(folder.join("photos/a.html"), "<script>").unwrap();
        fs::write(outer.join("secret.jpg"), jpeg).unwrap();
        std::os::unix::fs::symlink(outer.join("secret.jpg"), folder.join("link.jpg")).unwrap();
        let large = fs::File::create(folder.join("large.jpg")).unwrap();
        fs::write(folder.join("large.jpg"), jpeg).unwrap();
        large.set_len(PHOTO_BYTES_MAX + 1).unwrap();
        assert_eq!(read_photo(&folder, "photos/a.jpg"), Some(("image/jpeg", jpeg.to_vec())));
        let absolute = folder.join("photos/a.jpg").display().to_string();
        for wrong in
            ["photos/a.html", "photos", "none.jpg", "../secret.jpg", "link.jpg", "large.jpg", "", &absolute]
        {
            assert_eq!(read_photo(&folder, wrong), None, "{wrong}");
        }
        fs::remove_dir_all(&outer).unwrap();
    }
}
