//! How refused wishes are answered over HTTP.

use crate::api::{ApiError, Refusal};
use crate::wall_desk::{WallFault, WindowsView};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use layouts::{ChangeError, VariantError};
use media::{NodeId, WallId, WindowId};
use serde::Serialize;

/// Why a request is refused.
pub(super) enum WallRefusal {
    Fault(WallFault),
    Json(JsonRejection),
    Query(QueryRejection),
    Rights(Refusal),
}

impl From<WallFault> for WallRefusal {
    fn from(fault: WallFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<JsonRejection> for WallRefusal {
    fn from(rejection: JsonRejection) -> Self {
        Self::Json(rejection)
    }
}

impl From<QueryRejection> for WallRefusal {
    fn from(rejection: QueryRejection) -> Self {
        Self::Query(rejection)
    }
}

/// A node that could not decode it.
#[derive(Serialize)]
struct OverLine {
    node: NodeId,
    needs: u64,
    has: u32,
    windows: Vec<WindowLine>,
}

#[derive(Serialize)]
struct WindowLine {
    wall: WallId,
    window: WindowId,
}

/// What a refused request carries.
#[derive(Serialize)]
struct RefusalBody {
    #[serde(flatten)]
    problem: ApiError,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<Vec<WindowId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Box<WindowsView>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    over: Vec<OverLine>,
}

fn status(fault: &WallFault) -> (StatusCode, &'static str) {
    match fault {
        WallFault::UnknownWall(_) => (StatusCode::NOT_FOUND, "unknown_wall"),
        WallFault::UnknownScene { .. } => (StatusCode::NOT_FOUND, "unknown_scene"),
        WallFault::UnknownWindow(_) => (StatusCode::NOT_FOUND, "unknown_window"),
        WallFault::UnknownSource(_) => (StatusCode::NOT_FOUND, "unknown_source"),
        WallFault::BadRect => (StatusCode::UNPROCESSABLE_ENTITY, "bad_rect"),
        WallFault::BadCrop => (StatusCode::UNPROCESSABLE_ENTITY, "bad_crop"),
        WallFault::Change(error) => change_status(error),
        WallFault::Conflict { .. } => (StatusCode::CONFLICT, "conflict"),
        WallFault::OverBudget(_) => (StatusCode::UNPROCESSABLE_ENTITY, "over_budget"),
        WallFault::NothingToUndo => (StatusCode::CONFLICT, "nothing_to_undo"),
        WallFault::NothingToRedo => (StatusCode::CONFLICT, "nothing_to_redo"),
        WallFault::NothingStaged(_) => (StatusCode::CONFLICT, "nothing_staged"),
        WallFault::NoBase => (StatusCode::PRECONDITION_REQUIRED, "precondition_required"),
        WallFault::Export(_) => (StatusCode::CONFLICT, "not_exportable"),
    }
}

fn change_status(error: &ChangeError) -> (StatusCode, &'static str) {
    match error {
        ChangeError::NoSuchWindow(_) | ChangeError::Scene(VariantError::NoSuchWindow { .. }) => {
            (StatusCode::NOT_FOUND, "unknown_window")
        }
        ChangeError::NoSuchSource(_) | ChangeError::Scene(VariantError::NoSuchSource(_)) => {
            (StatusCode::NOT_FOUND, "unknown_source")
        }
        ChangeError::Locked(_) => (StatusCode::CONFLICT, "locked"),
        ChangeError::Outside | ChangeError::TooSmall => (StatusCode::UNPROCESSABLE_ENTITY, "bad_rect"),
        ChangeError::ShowsNoSource(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_crop"),
        ChangeError::Senseless(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_change"),
        ChangeError::TooMany => (StatusCode::UNPROCESSABLE_ENTITY, "too_many"),
        ChangeError::Scene(_) => (StatusCode::CONFLICT, "bad_scene"),
    }
}

impl IntoResponse for WallRefusal {
    fn into_response(self) -> Response {
        let fault = match self {
            Self::Rights(refusal) => return refusal.into_response(),
            Self::Json(rejection) => return Refusal::from(rejection).into_response(),
            Self::Query(rejection) => return Refusal::from(rejection).into_response(),
            Self::Fault(fault) => fault,
        };
        let (status, code) = status(&fault);
        let said = fault.said();
        let window =
            |(wall, window): &(WallId, WindowId)| WindowLine { wall: wall.clone(), window: window.clone() };
        let over = fault.over().map(|(node, needs, has, windows)| OverLine {
            node: node.clone(),
            needs,
            has,
            windows: windows.iter().map(window).collect(),
        });
        let over = over.collect();
        let (changed, current) = match fault {
            WallFault::Conflict { changed, current } => (Some(changed.into_iter().collect()), Some(current)),
            _ => (None, None),
        };
        let problem = ApiError::new(status, code, said.en, Some(said.zh));
        let mut response = (status, Json(RefusalBody { problem, changed, current, over })).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, ApiError::KIND);
        response
    }
}
