//! How refused wishes are answered over HTTP.

use crate::api::{ApiError, Refusal};
use crate::wall_desk::{Over, WallFault, WindowsView};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use controller_store::StoreError;
use layouts::{ChangeError, Load, VariantError};
use media::{NodeId, WallId, WindowId};
use serde::Serialize;

/// Why a request is refused.
pub(super) enum WallRefusal {
    Fault(WallFault),
    Json(JsonRejection),
    Query(QueryRejection),
    Refused(Refusal),
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

impl From<Refusal> for WallRefusal {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for WallRefusal {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
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

/// What the same request can name as its `remedy`, and the windows that it would change besides.
#[derive(Serialize)]
struct RemedyLine {
    remedy: &'static str,
    windows: Vec<WindowId>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<RemedyLine>,
}

impl From<Load> for OverLine {
    fn from(load: Load) -> Self {
        let needs = load.decodes();
        let Load {
            node,
            decodes_e3: _,
            upload_bytes: _,
            receive_kbit_s: _,
            memory_bytes: _,
            limit,
            could_be_smaller,
        } = load;
        let window = |(wall, window): (WallId, WindowId)| WindowLine { wall, window };
        Self { node, needs, has: limit, windows: could_be_smaller.into_iter().map(window).collect() }
    }
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
        WallFault::Hidden => (StatusCode::FORBIDDEN, "forbidden"),
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
            Self::Refused(refusal) => return refusal.into_response(),
            Self::Json(rejection) => return Refusal::from(rejection).into_response(),
            Self::Query(rejection) => return Refusal::from(rejection).into_response(),
            Self::Fault(fault) => fault,
        };
        let (status, code) = status(&fault);
        let said = fault.said();
        let (mut changed, mut current, mut over, mut remedy) = (None, None, Vec::new(), None);
        match fault {
            WallFault::Conflict { changed: windows, current: now } => {
                (changed, current) = (Some(windows.into_iter().collect()), now);
            }
            WallFault::OverBudget(Over { loads, remedy: windows }) => {
                over = loads.into_iter().map(OverLine::from).collect();
                remedy = (!windows.is_empty()).then_some(RemedyLine { remedy: "sub-streams", windows });
            }
            _ => {}
        }
        let problem = ApiError::new(status, code, said.en, Some(said.zh));
        let mut response =
            (status, Json(RefusalBody { problem, changed, current, over, remedy })).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, ApiError::KIND);
        response
    }
}
