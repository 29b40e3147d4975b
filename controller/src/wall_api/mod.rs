//! The HTTP API of walls, windows, the stage and sources; `docs/WALL_API.md` is the same in prose.

mod refusal;
mod shapes;

use crate::api::{Audited, Edited, Principal, Refusal};
use crate::wall_desk::{
    Side, SourceLine, SourceQuery, WallDesk, WallFault, WallLine, WindowLine, WindowsView, Wish,
};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Extension, Json, Router};
use controller_identity::Act;
use layouts::Change;
use media::{SceneId, WindowId};
use refusal::WallRefusal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shapes::{Asks, ChangeIn, OpenIn, SetIn};
use std::collections::BTreeSet;

pub(crate) use shapes::{
    BaseIn, ChangesIn, CloseQuery, OfIn, OpenFields, SetFields, StageIn, SwapIn, TakeIn,
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

/// Walls that the rights cover.
async fn walls(State(desk): State<WallDesk>, Extension(principal): Who) -> Json<Vec<WallLine>> {
    let mut lines = desk.lines();
    lines.retain(|line| principal.must(Act::Look, line.wall.as_str()).is_ok());
    Json(lines)
}

/// `GET /v1/walls/{wall}/windows`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfQuery {
    #[serde(default)]
    of: Side,
}

/// Windows are seen by those who may see every source in them.
fn seen(desk: &WallDesk, principal: &Principal, shown: &WindowsView) -> Answered<()> {
    let layout = desk.layout();
    let mut sources = shown.windows.iter().filter_map(|window| window.source.as_ref());
    if sources.all(|source| principal.sees_source(&layout, source)) {
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

/// The revision that a request is based on.
fn base(told: Option<u64>, headers: &HeaderMap) -> Result<u64, WallFault> {
    let header = || {
        let tag = headers.get(header::IF_MATCH)?.to_str().ok()?;
        tag.trim().trim_start_matches("W/").trim_matches('"').parse().ok()
    };
    told.or_else(header).ok_or(WallFault::NoBase)
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

/// Does something to a side of a wall, and answers when it has been written down.
async fn done(
    desk: &WallDesk,
    principal: &Principal,
    (wall, of): (&str, Side),
    act: impl FnOnce() -> Result<WindowsView, WallFault>,
) -> Changed {
    let before = desk.windows(wall, of).ok();
    if let Some(before) = &before {
        seen(desk, principal, before)?;
    }
    let shown = act()?;
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
    let base = base(base_revision, headers)?;
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
    done(desk, principal, (&wall, of), || desk.change(&wall, wish)).await
}

async fn undo(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(wall): Path<String>,
    body: Body<OfIn>,
) -> Changed {
    let Json(OfIn { of }) = body?;
    done(&desk, &principal, (&wall, of), || desk.undo(&wall, of, true, &principal.by(None))).await
}

async fn redo(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(wall): Path<String>,
    body: Body<OfIn>,
) -> Changed {
    let Json(OfIn { of }) = body?;
    done(&desk, &principal, (&wall, of), || desk.undo(&wall, of, false, &principal.by(None))).await
}

async fn reset(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(wall): Path<String>,
    body: Body<OfIn>,
) -> Changed {
    let Json(OfIn { of }) = body?;
    done(&desk, &principal, (&wall, of), || desk.reset(&wall, of, &principal.by(None))).await
}

/// The staged windows, or `null` when the stage is empty.
async fn stage(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    Path(wall): Path<String>,
    body: Body<StageIn>,
) -> Answered<Response> {
    let Json(StageIn { scene }) = body?;
    let (known, layout) = (scene.as_deref().and_then(|scene| SceneId::new(scene).ok()), desk.layout());
    if known.is_some_and(|scene| layout.scene(&scene).is_some() && !principal.sees_scene(&layout, &scene)) {
        return Err(Refusal::may_not().into());
    }
    let staged = desk.stage(&wall, scene.as_deref())?;
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
    body: Result<Option<Json<TakeIn>>, JsonRejection>,
) -> Changed {
    let TakeIn { remedy } = body?.map(|Json(body)| body).unwrap_or_default();
    if let Ok(staged) = desk.windows(&wall, Side::Stage) {
        seen(&desk, &principal, &staged)?;
    }
    done(&desk, &principal, (&wall, Side::Air), || desk.take(&wall, remedy, &principal.by(None))).await
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

/// Sources that the rights cover.
async fn sources(
    State(desk): State<WallDesk>,
    Extension(principal): Who,
    query: Asked<SourceQuery>,
) -> Answered<Json<Vec<SourceLine>>> {
    let Query(query) = query?;
    let layout = desk.layout();
    Ok(Json(desk.sources(&query, |source| principal.sees_source(&layout, source))))
}
