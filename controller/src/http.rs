//! The small HTTP API on loopback: `GET /v1/status`, `POST /v1/scene/{id}`.

use crate::authority::RecallError;
use crate::server::Shared;
use crate::status::HallStatus;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use media::{WallId, WallTime};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The answer to a recalled scene.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SceneRecalled {
    /// The wall that changes.
    pub wall: WallId,
    /// When every node switches.
    pub activate_at: WallTime,
}

/// What a refused request carries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApiError {
    /// A stable code, such as `unknown_scene`.
    pub code: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl IntoResponse for RecallError {
    fn into_response(self) -> Response {
        let Self::Unknown { .. } = &self;
        let body = ApiError { code: "unknown_scene".into(), message: self.to_string() };
        (StatusCode::NOT_FOUND, Json(body)).into_response()
    }
}

/// The routes.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/v1/status", get(status)).route("/v1/scene/{id}", post(scene)).with_state(shared)
}

async fn status(State(shared): State<Arc<Shared>>) -> Json<HallStatus> {
    Json(shared.with(|authority| authority.status()))
}

async fn scene(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<SceneRecalled>, RecallError> {
    let (wall, activate_at) = shared.decide(|authority, now| authority.recall(&id, now))?;
    tracing::info!(scene = id, %wall, "scene recalled");
    Ok(Json(SceneRecalled { wall, activate_at }))
}
