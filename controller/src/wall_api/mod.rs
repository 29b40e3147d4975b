//! The HTTP API of walls, windows, the stage, scenes and sources; `docs/WALL_API.md` is the same in prose.

mod refusal;
mod shapes;

use crate::api::{Audited, Edited, Principal, Refusal};
use crate::authority::OrderError;
use crate::node_service::SceneRecalled;
use crate::wall_desk::{
    Doing, Sees, Side, SourceQuery, Turn, WallDesk, WallFault, WallLine, WindowLine, WindowsView, Wish,
};
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use controller_identity::Act;
use layouts::{Change, Layout};
use media::{SceneId, SourceId, WindowId};
use refusal::WallRefusal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shapes::{Asks, ChangeIn, OpenIn, SetIn};
use std::collections::BTreeSet;

pub(crate) use shapes::{
    BaseIn, ChangesIn, CloseQuery, OfIn, OpenFields, RecallIn, SetFields, StageIn, SwapIn, TakeIn, TurnIn,
};

/// Most bytes of a request.
const BODY_BYTES_MAX: usize = 256 << 10;

type Answered<T> = Result<T, WallRefusal>;
/// What is shown after a change, and what of it goes into the audit log and to others who are at the wall.
type Changed = Answered<(Extension<Audited>, Extension<Edited>, Shown)>;
type Who = Extension<Principal>;
type Body<T> = Result<Json<T>, JsonRejection>;
type Asked<T> = Result<Query<T>, QueryRejection>;

/// The routes.
pub(crate) fn router(desk: WallDesk) -> Router {
    Router::new()
        .route("/v1/walls", get(walls))
        .route("/v1/walls/{wall}/windows", get(windows).post(change::<OpenIn>))
        .route("/v1/walls/{wall}/windows/{window}", patch(change::<SetIn>).delete(close))
        .route("/v1/walls/{wall}/swap", post(change::<SwapIn>))
        .route("/v1/walls/{wall}/changes", post(change::<ChangesIn<ChangeIn>>))
        .route("/v1/walls/{wall}/undo", post(undo))
        .route("/v1/walls/{wall}/redo", post(redo))
        .route("/v1/walls/{wall}/reset", post(reset))
        .route("/v1/walls/{wall}/stage", post(stage))
        .route("/v1/walls/{wall}/take", post(take))
        .route("/v1/scene/{id}", post(recall))
        .route("/v1/document", get(document))
        .route("/v1/sources", get(sources))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(desk)
}

/// Windows, with their revision as the answer's tag.
struct Shown(WindowsView);

impl IntoResponse for Shown {
    fn into_response(self) -> Response {
        let tag = HeaderValue::from_str(&format!("\"{}\"", self.0.revision));
        let mut response = Json(self.0).into_response();
        if let Ok(tag) = tag {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// Walls that the rights cover, each with the scenes that they cover.
async fn walls(State(desk): State<WallDesk>, Extension(principal): Who) -> Json<Vec<WallLine>> {
    let (mut lines, layout) = (desk.lines(), desk.layout());
    lines.retain(|line| principal.must(Act::Look, line.wall.as_str()).is_ok());
    for line in &mut lines {
        line.scenes.retain(|row| principal.sees_scene(&layout, &row.scene));
    }
    Json(lines)
}

/// `GET /v1/walls/{wall}/windows`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfQuery {
    #[serde(default)]
    of: Side,
}

/// The sources that somebody may see.
fn sight<'a>(layout: &'a Layout, principal: &'a Principal) -> impl Fn(&SourceId) -> bool + 'a {
    move |source: &SourceId| principal.sees_source(layout, source)
}

/// Windows are seen by those who may see every source in them.
fn seen(desk: &WallDesk, principal: &Principal, shown: &WindowsView) -> Answered<()> {
    let layout = desk.layout();
    let mut sources = shown.windows.iter().filter_map(|window| window.source.as_ref());
    if sources.all(sight(&layout, principal)) {
        return Ok(());
    }
    Err(Refusal::may_not().into())
}

async fn windows(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(wall): Path<String>,
    query: Asked<OfQuery>,
) -> Answered<Shown> {
    let Query(OfQuery { of }) = query?;
    let shown = desk.windows(&wall, of)?;
    seen(&desk, &principal, &shown)?;
    Ok(Shown(shown))
}

/// The revision that a request is based on, where it says one.
fn base(told: Option<u64>, headers: &HeaderMap) -> Option<u64> {
    let header = || {
        let tag = headers.get(header::IF_MATCH)?.to_str().ok()?;
        tag.trim().trim_start_matches("W/").trim_matches('"').parse().ok()
    };
    told.or_else(header)
}

/// A body that may be missing, with whatever kind of content its head names.
fn optional<T: DeserializeOwned + Default>(body: Result<Bytes, BytesRejection>) -> Answered<T> {
    let body = body.map_err(JsonRejection::from)?;
    if body.is_empty() {
        return Ok(T::default());
    }
    let Json(body) = Json::from_bytes(&body)?;
    Ok(body)
}

/// What of the windows is another one than before, for the audit log and for others.
fn told(before: Option<&WindowsView>, after: &WindowsView) -> (Extension<Audited>, Extension<Edited>) {
    let none: &[WindowLine] = &[];
    let old = before.map_or(none, |before| &before.windows);
    let only = |these: &[WindowLine], those: &[WindowLine]| -> Vec<WindowLine> {
        these.iter().filter(|window| !those.contains(window)).cloned().collect()
    };
    let state =
        |scene: &SceneId, windows: Vec<WindowLine>| serde_json::json!({ "scene": scene, "windows": windows });
    let (gone, new) = (only(old, &after.windows), only(&after.windows, old));
    let names: BTreeSet<&WindowId> = gone.iter().chain(&new).map(|line| &line.window).collect();
    let windows = names.into_iter().cloned().collect();
    let edited = Edited { wall: after.wall.clone(), of: after.of.clone(), windows };
    let was = before.map(|before| state(&before.scene, gone));
    (Extension(Audited::change(was, Some(state(&after.scene, new)))), Extension(edited))
}

/// Does something to a side of a wall, and answers when it has been written down. `act` hears what may be seen.
async fn done(
    desk: &WallDesk,
    principal: &Principal,
    (wall, of): (&str, Side),
    act: impl FnOnce(&Sees<'_>) -> Result<WindowsView, WallFault>,
) -> Changed {
    let before = desk.windows(wall, of).ok();
    if let Some(before) = &before {
        seen(desk, principal, before)?;
    }
    let shown = act(&sight(&desk.layout(), principal))?;
    desk.written().await?;
    let (audited, edited) = told(before.as_ref(), &shown);
    Ok((audited, edited, Shown(shown)))
}

/// Where a request about windows goes.
#[derive(Deserialize)]
struct At {
    wall: String,
    window: Option<String>,
}

/// Changes windows as a body says.
async fn change<B: Asks + DeserializeOwned>(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(at): Path<At>,
    headers: HeaderMap,
    body: Body<B>,
) -> Changed {
    let Json(body) = body?;
    act(&desk, &principal, at, &headers, body).await
}

async fn close(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(at): Path<At>,
    headers: HeaderMap,
    query: Asked<CloseQuery>,
) -> Changed {
    let Query(query) = query?;
    act(&desk, &principal, at, &headers, query).await
}

async fn act(
    desk: &WallDesk,
    principal: &Principal,
    At { wall, window }: At,
    headers: &HeaderMap,
    asks: impl Asks,
) -> Changed {
    let shapes::Asked { of, base_revision, gesture, remedy, changes } = asks.asked(window.as_deref())?;
    let base = base(base_revision, headers).ok_or(WallFault::NoBase)?;
    let sources = changes.iter().filter_map(|change| match change {
        Change::Open { source, .. } => Some(source),
        Change::Set { set, .. } => set.source.as_ref(),
        Change::Swap { .. } | Change::Close { .. } => None,
    });
    let layout = desk.layout();
    let tags = |source| layout.source(source).map(|source| source.tags.as_slice()).unwrap_or_default();
    let mut rights =
        sources.map(|source| principal.rights.may(Act::Operate, Some(&wall), Some(tags(source))));
    if !rights.all(|may| may) {
        return Err(Refusal::may_not().into());
    }
    let wish = Wish { of, base, changes, gesture, remedy, who: principal.by(None) };
    done(desk, principal, (&wall, of), |sees| desk.change(&wall, wish, sees)).await
}

async fn undo(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(wall): Path<String>,
    headers: HeaderMap,
    body: Body<TurnIn>,
) -> Changed {
    let Json(body) = body?;
    turned(&desk, &principal, &wall, &headers, (true, body)).await
}

async fn redo(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(wall): Path<String>,
    headers: HeaderMap,
    body: Body<TurnIn>,
) -> Changed {
    let Json(body) = body?;
    turned(&desk, &principal, &wall, &headers, (false, body)).await
}

/// One act back, or forth again.
async fn turned(
    desk: &WallDesk,
    principal: &Principal,
    wall: &str,
    headers: &HeaderMap,
    (back, asked): (bool, TurnIn),
) -> Changed {
    let TurnIn { of, base_revision, act, remedy } = asked;
    let (base, who) = (base(base_revision, headers), principal.by(None));
    let turn = Turn { of, back, act };
    done(desk, principal, (wall, of), |sees| desk.undo(wall, turn, Doing { who, sees, base, remedy })).await
}

async fn reset(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(wall): Path<String>,
    headers: HeaderMap,
    body: Body<OfIn>,
) -> Changed {
    let Json(OfIn { of, base_revision, remedy }) = body?;
    let (base, who) = (base(base_revision, &headers), principal.by(None));
    done(&desk, &principal, (&wall, of), |sees| desk.reset(&wall, of, Doing { who, sees, base, remedy }))
        .await
}

/// The staged windows, or `null` when the stage is empty.
async fn stage(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(wall): Path<String>,
    headers: HeaderMap,
    body: Body<StageIn>,
) -> Answered<Response> {
    let Json(StageIn { scene, base_revision }) = body?;
    let (known, layout) = (scene.as_deref().and_then(|scene| SceneId::new(scene).ok()), desk.layout());
    if known.is_some_and(|scene| layout.scene(&scene).is_some() && !principal.sees_scene(&layout, &scene)) {
        return Err(Refusal::may_not().into());
    }
    let (base, who) = (base(base_revision, &headers), principal.by(None));
    let staged = {
        let sees = &sight(&layout, &principal);
        desk.stage(&wall, scene.as_deref(), Doing { who, sees, base, remedy: None })?
    };
    desk.written().await?;
    let now = Extension(Audited::now(serde_json::json!({ "staged": scene })));
    Ok(match staged {
        Some(staged) => (now, Shown(staged)).into_response(),
        None => (now, Json(())).into_response(),
    })
}

async fn take(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(wall): Path<String>,
    headers: HeaderMap,
    body: Result<Option<Json<TakeIn>>, JsonRejection>,
) -> Changed {
    let TakeIn { base_revision, remedy } = body?.map(|Json(body)| body).unwrap_or_default();
    let (base, who) = (base(base_revision, &headers), principal.by(None));
    let at = (wall.as_str(), Side::Air);
    done(&desk, &principal, at, |sees| desk.take(&wall, Doing { who, sees, base, remedy })).await
}

/// Brings a scene of the document on its wall.
async fn recall(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answered<(Extension<Audited>, Json<SceneRecalled>)> {
    let RecallIn { base_revision, remedy } = optional(body)?;
    let layout = desk.layout();
    let Some(found) = layout.scenes().iter().find(|scene| scene.id.as_str() == id) else {
        let known = layout.scenes().iter().map(|scene| scene.id.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Refusal::from(OrderError::UnknownScene { wanted: id, known }).into());
    };
    let (wall, scene) = (found.wall.clone(), found.id.clone());
    principal.must(Act::Operate, wall.as_str())?;
    if !principal.sees_scene(&layout, &scene) {
        return Err(Refusal::may_not().into());
    }
    let before = desk.on_air(&wall).map(|on_air| serde_json::json!({ "scene": on_air }));
    let (base, who) = (base(base_revision, &headers), principal.by(None));
    let recalled = {
        let sees = &sight(&layout, &principal);
        desk.recall(&wall, &scene, Doing { who, sees, base, remedy })?
    };
    desk.written().await?;
    let SceneRecalled { wall, scene, revision: _, behind } = &recalled;
    let after = serde_json::json!({ "wall": wall, "scene": scene, "behind": behind });
    Ok((Extension(Audited::change(before, Some(after))), Json(recalled)))
}

/// It tells of every wall and every source, so the rights must cover them all.
async fn document(State(desk): State<WallDesk>, Extension(principal): Who) -> Answered<Response> {
    let (layout, rights) = (desk.layout(), &principal.rights);
    let walls = layout.walls().iter().all(|wall| principal.must(Act::Design, wall.id.as_str()).is_ok());
    if !walls || !layout.sources().all(|source| rights.may(Act::Design, None, Some(&source.tags))) {
        return Err(Refusal::may_not().into());
    }
    let kind = [(header::CONTENT_TYPE, "application/toml; charset=utf-8")];
    Ok((kind, desk.document()?).into_response())
}

/// Sources that the rights cover, with a link to the next page where there are more.
async fn sources(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    query: Asked<SourceQuery>,
) -> Answered<Response> {
    let Query(query) = query?;
    let layout = desk.layout();
    let (lines, more) = desk.sources(&query, |source| principal.sees_source(&layout, source));
    let next = lines.last().filter(|_| more).map(|last| query.behind(&last.source));
    let link = next.map(|next| [(header::LINK, format!("<{next}>; rel=\"next\""))]);
    Ok((link, Json(lines)).into_response())
}
