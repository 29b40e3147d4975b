//! The small HTTP API on loopback: `GET /v1/status`, `GET /v1/sync?after=N`, `POST /v1/scene/{id}`,
//! `POST /v1/stamp/{wall}?on=true|false`.

use crate::authority::OrderError;
use crate::data::DataDesk;
use crate::node_service::{Desk, SceneRecalled, StampSet};
use crate::status::HallStatus;
use crate::sync_audit::SyncStatus;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

/// What a refused request carries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApiError {
    /// A stable code, such as `unknown_scene`.
    pub code: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Why a request is refused.
pub(crate) enum Refusal {
    Order(OrderError),
    Query(QueryRejection),
    /// Status, code and message.
    Said(StatusCode, &'static str, String),
}

impl From<OrderError> for Refusal {
    fn from(error: OrderError) -> Self {
        Self::Order(error)
    }
}

impl From<QueryRejection> for Refusal {
    fn from(error: QueryRejection) -> Self {
        Self::Query(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::Order(error @ OrderError::UnknownScene { .. }) => {
                (StatusCode::NOT_FOUND, "unknown_scene", error.to_string())
            }
            Self::Order(error @ OrderError::UnknownWall { .. }) => {
                (StatusCode::NOT_FOUND, "unknown_wall", error.to_string())
            }
            Self::Said(status, code, message) => (status, code, message),
            Self::Query(error) => (StatusCode::BAD_REQUEST, "bad_query", error.body_text()),
        };
        (status, Json(ApiError { code: code.into(), message })).into_response()
    }
}

/// The routes.
pub(crate) fn router(desk: Desk, data: DataDesk) -> Router {
    let state = Desks { desk: desk.clone(), data: data.clone() };
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/sync", get(sync))
        .route("/v1/scene/{id}", post(scene))
        .route("/v1/stamp/{wall}", post(stamp))
        .with_state(state)
        .merge(crate::data::router(data))
        .merge(crate::preview::router(desk))
}

#[derive(Clone)]
struct Desks {
    desk: Desk,
    data: DataDesk,
}

async fn status(State(Desks { desk, .. }): State<Desks>) -> Json<HallStatus> {
    Json(desk.status())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SyncQuery {
    after: Option<u64>,
}

async fn sync(
    State(Desks { desk, .. }): State<Desks>,
    query: Result<Query<SyncQuery>, QueryRejection>,
) -> Result<Json<SyncStatus>, Refusal> {
    let Query(SyncQuery { after }) = query?;
    Ok(Json(desk.sync(after)))
}

async fn scene(
    State(Desks { data, .. }): State<Desks>,
    Path(id): Path<String>,
) -> Result<Json<SceneRecalled>, Refusal> {
    Ok(Json(data.recall(&id, "operator")?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StampQuery {
    on: bool,
}

async fn stamp(
    State(Desks { desk, .. }): State<Desks>,
    Path(wall): Path<String>,
    query: Result<Query<StampQuery>, QueryRejection>,
) -> Result<Json<StampSet>, Refusal> {
    let Query(StampQuery { on }) = query?;
    Ok(Json(desk.set_stamp(&wall, on)?))
}
