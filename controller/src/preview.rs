//! Walls seen from afar: `GET /v1/walls/{wall}/preview` (WebSocket), `GET /v1/walls/{wall}/screens`,
//! `GET /v1/walls/{wall}/picture.png`, `GET /v1/walls/{wall}/screens/{screen}/picture.png` and `…/picture.jpg`, `GET /v1/walls/{wall}/scenes/{scene}/thumbnail.jpg`,
//! `GET /v1/sources/{source}/thumbnail.jpg`.
//!
//! The controller draws nothing: display nodes do, and only while somebody looks. It lays the pictures of screens beside each other where
//! somebody asks for the whole wall as one file.

pub(crate) mod board;
mod cache;
mod whole;

use crate::api::{Principal, Refusal, Standing, close};
use crate::node_service::Desk;
use crate::node_service::pictures::{PictureFault, Place, ScreenPlace, Viewer};
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use board::Look;
use bytes::Bytes;
use cache::{Cache, Key};
use controller_identity::Act;
use media::{SceneId, ScreenId, SourceId, WallTime};
use protocol::{NoPicture, PICTURE_WIDTHS_PX, PictureFormat, PictureSubject};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, interval, timeout};

/// Viewers have nothing to say.
const FROM_VIEWER_BYTES_MAX: usize = 4 << 10;
/// A viewer that does not take a picture in this time is gone.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// Viewers are asked this often whether they are there …
const PING_EVERY: Duration = Duration::from_secs(10);
/// … and count as gone after so much silence.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// A source's thumbnail is as old as this at most.
const SOURCE_FRESH: Duration = Duration::from_secs(2);
/// A scene's thumbnail, of one revision.
const SCENE_FRESH: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Desks {
    desk: Desk,
    thumbnails: Arc<Cache>,
}

/// The routes.
pub(crate) fn router(desk: Desk) -> Router {
    Router::new()
        .route("/v1/walls/{wall}/preview", get(look))
        .route("/v1/walls/{wall}/screens", get(screens))
        .route("/v1/walls/{wall}/picture.png", get(whole_png))
        .route("/v1/walls/{wall}/screens/{screen}/picture.png", get(picture_png))
        .route("/v1/walls/{wall}/screens/{screen}/picture.jpg", get(picture_jpeg))
        .route("/v1/walls/{wall}/scenes/{scene}/thumbnail.jpg", get(scene))
        .route("/v1/sources/{source}/thumbnail.jpg", get(source))
        .with_state(Desks { desk, thumbnails: Arc::default() })
}

fn refuse(status: StatusCode, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::Said(status, code, message.into())
}

impl From<PictureFault> for Refusal {
    fn from(fault: PictureFault) -> Self {
        let (status, code) = match &fault {
            PictureFault::Unknown(_) => (StatusCode::NOT_FOUND, "unknown"),
            PictureFault::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            PictureFault::Away => (StatusCode::SERVICE_UNAVAILABLE, "node_away"),
            PictureFault::Slow => (StatusCode::GATEWAY_TIMEOUT, "node_slow"),
            PictureFault::None(NoPicture::Unknown) => (StatusCode::CONFLICT, "node_behind"),
            PictureFault::None(NoPicture::None) => (StatusCode::NOT_FOUND, "no_picture"),
            PictureFault::None(NoPicture::TooLarge) => (StatusCode::CONFLICT, "picture_too_large"),
            PictureFault::None(NoPicture::Failed) => (StatusCode::INTERNAL_SERVER_ERROR, "picture_failed"),
        };
        refuse(status, code, fault.to_string())
    }
}

/// A wall is seen by those who may see every source on it.
fn may_see(desk: &Desk, principal: &Principal, wall: &str) -> bool {
    desk.tags_on(wall).iter().all(|tags| principal.rights.may(Act::Look, Some(wall), Some(tags)))
}

fn must_see(desk: &Desk, principal: &Principal, wall: &str) -> Result<(), Refusal> {
    if may_see(desk, principal, wall) { Ok(()) } else { Err(Refusal::may_not()) }
}

/// As what the live picture of a wall shall come.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LiveQuery {
    format: Option<LiveFormat>,
}

/// How screens are coded.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LiveFormat {
    Jpeg,
    H264,
}

/// The live picture of a wall. Each message is binary: the length of its head as 32 bits, big endian; the head, JSON; a picture of
/// one screen, a JPEG or an access unit of H.264. A viewer that is slow is sent the newest picture of each screen and no others.
async fn look(
    State(Desks { desk, .. }): State<Desks>,
    Extension(principal): Extension<Principal>,
    Extension(standing): Extension<Standing>,
    Path(wall): Path<String>,
    query: Result<Query<LiveQuery>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    must_see(&desk, &principal, &wall)?;
    let Query(LiveQuery { format }) = query?;
    let look = match format {
        None | Some(LiveFormat::Jpeg) => Look::Stills,
        Some(LiveFormat::H264) => Look::Video,
    };
    let upgrade = upgrade?;
    let viewer = desk.look(&wall, look)?;
    let upgrade = upgrade.max_message_size(FROM_VIEWER_BYTES_MAX).max_frame_size(FROM_VIEWER_BYTES_MAX);
    // What the wall shows may change while somebody looks.
    let may = move || may_see(&desk, &principal, &wall);
    Ok(upgrade.on_upgrade(move |mut socket| async move {
        let why = tokio::select! {
            () = show(&mut socket, viewer, may) => return,
            why = standing.over() => why,
        };
        close(&mut socket, why).await;
    }))
}

async fn show(socket: &mut WebSocket, mut viewer: Viewer, may: impl Fn() -> bool) {
    let mut ping_due = interval(PING_EVERY);
    let mut heard = Instant::now();
    loop {
        let message = tokio::select! {
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    continue;
                }
            },
            picture = viewer.next() => {
                if !may() {
                    continue;
                }
                Message::Binary(picture)
            }
            _ = ping_due.tick() => {
                if heard.elapsed() > SILENCE_MAX {
                    return;
                }
                Message::Ping(Bytes::new())
            }
        };
        if !matches!(timeout(SEND_WITHIN, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// A wall and its screens.
#[derive(Serialize, Deserialize)]
pub(crate) struct Screens {
    wall: String,
    /// In canvas pixels.
    canvas: Place,
    screens: Vec<ScreenPlace>,
}

/// Where each screen lies on the canvas.
async fn screens(
    State(Desks { desk, .. }): State<Desks>,
    Path(wall): Path<String>,
) -> Result<Json<Screens>, Refusal> {
    let (canvas, screens) = desk.places(&wall)?;
    Ok(Json(Screens { wall, canvas, screens }))
}

/// How wide a picture shall be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WidthQuery {
    width: Option<u32>,
}

type Width = Result<Query<WidthQuery>, QueryRejection>;

fn width_of(query: Width) -> Result<Option<u32>, Refusal> {
    let Query(WidthQuery { width }) = query?;
    if width.is_some_and(|width| !PICTURE_WIDTHS_PX.contains(&width)) {
        return Err(refuse(StatusCode::BAD_REQUEST, "bad_query", "width is 16 to 16384 pixels"));
    }
    Ok(width)
}

/// The picture as a file, with the time at which it was made.
fn file(format: PictureFormat, (made, bytes): (WallTime, Bytes)) -> Response {
    let kind = match format {
        PictureFormat::Png => "image/png",
        PictureFormat::Jpeg => "image/jpeg",
    };
    let made_ms = made.0.div_euclid(1_000_000).to_string();
    let headers = [
        ("content-type", kind.to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        ("x-captured-ms", made_ms),
    ];
    (headers, bytes).into_response()
}

/// All screens where they hang.
async fn whole_png(
    State(Desks { desk, .. }): State<Desks>,
    Extension(principal): Extension<Principal>,
    Path(wall): Path<String>,
    query: Width,
) -> Result<Response, Refusal> {
    must_see(&desk, &principal, &wall)?;
    whole::picture(&desk, &wall, width_of(query)?).await
}

/// A screen as it is composed, every pixel.
async fn picture_png(
    State(Desks { desk, .. }): State<Desks>,
    Extension(principal): Extension<Principal>,
    Path((wall, screen)): Path<(String, String)>,
    query: Width,
) -> Result<Response, Refusal> {
    must_see(&desk, &principal, &wall)?;
    snapshot(&desk, &wall, &screen, PictureFormat::Png, width_of(query)?).await
}

/// The same in fewer bytes.
async fn picture_jpeg(
    State(Desks { desk, .. }): State<Desks>,
    Extension(principal): Extension<Principal>,
    Path((wall, screen)): Path<(String, String)>,
    query: Width,
) -> Result<Response, Refusal> {
    must_see(&desk, &principal, &wall)?;
    snapshot(&desk, &wall, &screen, PictureFormat::Jpeg, width_of(query)?).await
}

async fn snapshot(
    desk: &Desk,
    wall: &str,
    screen: &str,
    format: PictureFormat,
    width_px: Option<u32>,
) -> Result<Response, Refusal> {
    let subject = PictureSubject::Screen(ScreenId::new(screen).map_err(|_| unknown("screen", screen))?);
    Ok(file(format, desk.picture(Some(wall), subject, format, width_px).await?))
}

fn unknown(what: &str, id: &str) -> Refusal {
    PictureFault::Unknown(format!("there is no {what} {id:?} here")).into()
}

/// Refuses a picture of sources with these `tags` to those who may not see each of them. Of what is not there only those hear so who may
/// see whatever it could show.
fn must_see_all(
    principal: &Principal,
    wall: Option<&str>,
    tags: Option<Vec<Vec<String>>>,
) -> Result<(), Refusal> {
    // What has no tags is covered by every tag only.
    let tags = tags.unwrap_or_else(|| vec![Vec::new()]);
    let may = tags.iter().all(|tags| principal.rights.may(Act::Look, wall, Some(tags)));
    if may { Ok(()) } else { Err(Refusal::may_not()) }
}

/// A scene as the wall would show it now, with the pictures of sources that its node has already.
async fn scene(
    State(Desks { desk, thumbnails }): State<Desks>,
    Extension(principal): Extension<Principal>,
    Path((wall, scene)): Path<(String, String)>,
    query: Width,
) -> Result<Response, Refusal> {
    principal.must(Act::Look, &wall)?;
    let scene = SceneId::new(&scene).map_err(|_| unknown("scene", &scene))?;
    must_see_all(&principal, Some(&wall), desk.tags_in(&wall, &scene))?;
    let width = width_of(query)?;
    let subject = PictureSubject::Scene(scene);
    let key = Key { wall: Some(wall), subject, width };
    let fresh = (desk.revision(), SCENE_FRESH);
    Ok(file(PictureFormat::Jpeg, thumbnails.get(&desk, key, fresh).await?))
}

/// The newest picture of a source that some wall shows, with its privacy zones.
async fn source(
    State(Desks { desk, thumbnails }): State<Desks>,
    Extension(principal): Extension<Principal>,
    Path(source): Path<String>,
    query: Width,
) -> Result<Response, Refusal> {
    let source = SourceId::new(&source).map_err(|_| unknown("source", &source))?;
    must_see_all(&principal, None, desk.tags_of(&source).map(|tags| vec![tags]))?;
    let width = width_of(query)?;
    let subject = PictureSubject::Source(source);
    let key = Key { wall: None, subject, width };
    let fresh = (desk.revision(), SOURCE_FRESH);
    Ok(file(PictureFormat::Jpeg, thumbnails.get(&desk, key, fresh).await?))
}
