//! The HTTP API of walls, windows, the stage and sources; `docs/WALL_API.md` is the same in prose.

mod refusal;
mod shapes;

use crate::wall_desk::{Side, SourceLine, SourceQuery, WallDesk, WallFault, WallLine, WindowsView, Wish};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use layouts::{Change, WindowSet};
use refusal::WallRefusal;
use serde::Deserialize;
use shapes::{ChangesIn, CloseQuery, OfIn, OpenIn, SetIn, StageIn, SwapIn, window_id};

/// Most bytes of a request.
const BODY_BYTES_MAX: usize = 256 << 10;
/// Who acts, while nobody says who it is.
const OPERATOR: &str = "operator";

type Answered<T> = Result<T, WallRefusal>;
type Body<T> = Result<Json<T>, JsonRejection>;
type Asked<T> = Result<Query<T>, QueryRejection>;

/// The routes.
pub(crate) fn router(desk: WallDesk) -> Router {
    Router::new()
        .route("/v1/walls", get(walls))
        .route("/v1/walls/{wall}/windows", get(windows).post(open))
        .route("/v1/walls/{wall}/windows/{window}", patch(set).delete(close))
        .route("/v1/walls/{wall}/swap", post(swap))
        .route("/v1/walls/{wall}/changes", post(changes))
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

async fn walls(State(desk): State<WallDesk>) -> Json<Vec<WallLine>> {
    Json(desk.lines())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfQuery {
    #[serde(default)]
    of: Side,
}

async fn windows(
    State(desk): State<WallDesk>,
    Path(wall): Path<String>,
    query: Asked<OfQuery>,
) -> Answered<Shown> {
    let Query(OfQuery { of }) = query?;
    Ok(Shown(desk.windows(&wall, of)?))
}

/// The revision that a request is based on.
fn base(told: Option<u64>, headers: &HeaderMap) -> Result<u64, WallFault> {
    let header = || {
        let tag = headers.get(header::IF_MATCH)?.to_str().ok()?;
        tag.trim().trim_start_matches("W/").trim_matches('"').parse().ok()
    };
    told.or_else(header).ok_or(WallFault::NoBase)
}

/// Changes windows, and answers when that has been written down.
async fn act(desk: WallDesk, wall: &str, wish: Wish) -> Answered<Shown> {
    let shown = desk.change(wall, wish)?;
    desk.written().await;
    Ok(Shown(shown))
}

async fn open(
    State(desk): State<WallDesk>,
    Path(wall): Path<String>,
    headers: HeaderMap,
    body: Body<OpenIn>,
) -> Answered<Shown> {
    let Json(OpenIn { of, base_revision, gesture, open }) = body?;
    let changes = vec![open.change()?];
    let wish = Wish { of, base: base(base_revision, &headers)?, changes, gesture, who: OPERATOR.to_owned() };
    act(desk, &wall, wish).await
}

async fn set(
    State(desk): State<WallDesk>,
    Path((wall, window)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body<SetIn>,
) -> Answered<Shown> {
    let Json(SetIn { of, base_revision, gesture, set }) = body?;
    let set: WindowSet = set.set()?;
    let changes = vec![Change::Set { window: window_id(&window)?, set }];
    let wish = Wish { of, base: base(base_revision, &headers)?, changes, gesture, who: OPERATOR.to_owned() };
    act(desk, &wall, wish).await
}

async fn close(
    State(desk): State<WallDesk>,
    Path((wall, window)): Path<(String, String)>,
    headers: HeaderMap,
    query: Asked<CloseQuery>,
) -> Answered<Shown> {
    let Query(CloseQuery { of, base_revision }) = query?;
    let changes = vec![Change::Close { window: window_id(&window)? }];
    let base = base(base_revision, &headers)?;
    let wish = Wish { of, base, changes, gesture: None, who: OPERATOR.to_owned() };
    act(desk, &wall, wish).await
}

async fn swap(
    State(desk): State<WallDesk>,
    Path(wall): Path<String>,
    headers: HeaderMap,
    body: Body<SwapIn>,
) -> Answered<Shown> {
    let Json(SwapIn { of, base_revision, a, b }) = body?;
    let changes = vec![Change::Swap { a: window_id(&a)?, b: window_id(&b)? }];
    let base = base(base_revision, &headers)?;
    let wish = Wish { of, base, changes, gesture: None, who: OPERATOR.to_owned() };
    act(desk, &wall, wish).await
}

async fn changes(
    State(desk): State<WallDesk>,
    Path(wall): Path<String>,
    headers: HeaderMap,
    body: Body<ChangesIn>,
) -> Answered<Shown> {
    let Json(ChangesIn { of, base_revision, gesture, changes }) = body?;
    let changes = changes.into_iter().map(shapes::ChangeIn::change).collect::<Result<Vec<Change>, _>>()?;
    let wish = Wish { of, base: base(base_revision, &headers)?, changes, gesture, who: OPERATOR.to_owned() };
    act(desk, &wall, wish).await
}

async fn undo(State(desk): State<WallDesk>, Path(wall): Path<String>, body: Body<OfIn>) -> Answered<Shown> {
    let Json(OfIn { of }) = body?;
    let shown = desk.undo(&wall, of, true, OPERATOR)?;
    desk.written().await;
    Ok(Shown(shown))
}

async fn redo(State(desk): State<WallDesk>, Path(wall): Path<String>, body: Body<OfIn>) -> Answered<Shown> {
    let Json(OfIn { of }) = body?;
    let shown = desk.undo(&wall, of, false, OPERATOR)?;
    desk.written().await;
    Ok(Shown(shown))
}

async fn reset(State(desk): State<WallDesk>, Path(wall): Path<String>, body: Body<OfIn>) -> Answered<Shown> {
    let Json(OfIn { of }) = body?;
    let shown = desk.reset(&wall, of, OPERATOR)?;
    desk.written().await;
    Ok(Shown(shown))
}

/// The staged windows, or `null` when the stage is empty.
async fn stage(
    State(desk): State<WallDesk>,
    Path(wall): Path<String>,
    body: Body<StageIn>,
) -> Answered<Response> {
    let Json(StageIn { scene }) = body?;
    let staged = desk.stage(&wall, scene.as_deref())?;
    Ok(staged.map_or_else(|| Json(()).into_response(), |staged| Shown(staged).into_response()))
}

async fn take(State(desk): State<WallDesk>, Path(wall): Path<String>) -> Answered<Shown> {
    let shown = desk.take(&wall, OPERATOR)?;
    desk.written().await;
    Ok(Shown(shown))
}

async fn document(State(desk): State<WallDesk>) -> Answered<Response> {
    let kind = [(header::CONTENT_TYPE, "application/toml; charset=utf-8")];
    Ok((kind, desk.document()?).into_response())
}

async fn sources(State(desk): State<WallDesk>, query: Asked<SourceQuery>) -> Answered<Json<Vec<SourceLine>>> {
    let Query(query) = query?;
    Ok(Json(desk.sources(&query)))
}
