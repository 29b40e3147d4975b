//! The HTTP API of the walls: `GET /v1/status`, `GET /v1/sync?after=N`, `POST /v1/stamp/{wall}?on=true|false`,
//! `POST /v1/walls/{wall}/identify?seconds=N`.

use crate::api::{Audited, Principal};
use crate::data::DataDesk;
use crate::node_service::{Desk, Identified, StampSet};
use crate::status::HallStatus;
use crate::sync_audit::SyncStatus;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use controller_identity::Act;
use serde::Deserialize;
use serde_json::json;

pub(crate) use crate::api::Refusal;

/// The routes.
pub(crate) fn router(desk: Desk, data: DataDesk) -> Router {
    let state = Desks { desk: desk.clone(), data: data.clone() };
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/sync", get(sync))
        .route("/v1/stamp/{wall}", post(stamp))
        .route("/v1/walls/{wall}/identify", post(identify))
        .with_state(state)
        .merge(crate::data::router(data))
        .merge(crate::preview::router(desk))
}

#[derive(Clone)]
struct Desks {
    desk: Desk,
    data: DataDesk,
}

/// What the rights cover: walls and sources beyond them are not there.
async fn status(
    State(Desks { desk, data }): State<Desks>,
    Extension(principal): Extension<Principal>,
) -> Json<HallStatus> {
    let mut status = desk.status();
    status.walls.retain(|wall| principal.must(Act::Look, wall.wall.as_str()).is_ok());
    let layout = data.layout();
    status.sources.retain(|row| principal.sees_source(&layout, &row.source));
    Json(status)
}

/// `GET /v1/sync`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SyncQuery {
    after: Option<u64>,
}

async fn sync(
    State(Desks { desk, .. }): State<Desks>,
    Extension(principal): Extension<Principal>,
    query: Result<Query<SyncQuery>, QueryRejection>,
) -> Result<Json<SyncStatus>, Refusal> {
    let Query(SyncQuery { after }) = query?;
    let mut status = desk.sync(after);
    status.walls.retain(|wall| principal.must(Act::Look, wall.wall.as_str()).is_ok());
    Ok(Json(status))
}

/// `POST /v1/stamp/{wall}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StampQuery {
    on: bool,
}

async fn stamp(
    State(Desks { desk, .. }): State<Desks>,
    Extension(principal): Extension<Principal>,
    Path(wall): Path<String>,
    query: Result<Query<StampQuery>, QueryRejection>,
) -> Result<(Extension<Audited>, Json<StampSet>), Refusal> {
    let Query(StampQuery { on }) = query?;
    principal.must(Act::Operate, &wall)?;
    let set = desk.set_stamp(&wall, on)?;
    let audited = Audited::now(json!({ "wall": set.wall, "stamp": on }));
    Ok((Extension(audited), Json(set)))
}

/// `POST /v1/walls/{wall}/identify`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentifyQuery {
    /// For how long, up to an hour; 0 takes the cards away.
    #[serde(default = "half_a_minute")]
    seconds: u32,
}

fn half_a_minute() -> u32 {
    30
}

async fn identify(
    State(Desks { desk, .. }): State<Desks>,
    Extension(principal): Extension<Principal>,
    Path(wall): Path<String>,
    query: Result<Query<IdentifyQuery>, QueryRejection>,
) -> Result<(Extension<Audited>, Json<Identified>), Refusal> {
    let Query(IdentifyQuery { seconds }) = query?;
    principal.must(Act::Operate, &wall)?;
    let identified = desk.identify(&wall, seconds)?;
    let audited = Audited::now(json!({ "wall": identified.wall, "seconds": seconds }));
    Ok((Extension(audited), Json(identified)))
}
