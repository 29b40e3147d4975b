//! The frame of the HTTP API: one table of endpoints, who may do what, what is written down of it, and the two doors.

mod account;
mod audit_desk;
mod audit_log;
mod docs_page;
mod gate;
mod gist;
mod health;
mod idempotency;
mod identity_desk;
mod lookout;
mod openapi;
mod origin;
mod people;
mod principal;
mod problem;
mod refusals;
mod route;
mod shape;
mod standing;
mod table;
mod tag;
#[cfg(test)]
mod tests;
mod watch;
mod web;

pub use account::{RightsLine, SessionLine};
pub(crate) use audit_desk::AuditDesk;
pub use audit_log::{AuditLine, AuditPage, AuditWhole};
pub(crate) use gate::Gate;
pub(crate) use identity_desk::IdentityDesk;
pub use identity_desk::IdentityFault;
pub(crate) use lookout::look;
pub(crate) use origin::Door;
pub use people::{TokenLine, TokenMade, UserLine};
pub(crate) use principal::{Audited, Edited, Principal};
pub use problem::ApiError;
pub(crate) use problem::Refusal;
pub(crate) use standing::Standing;
pub(crate) use tag::{etag, if_match};
pub(crate) use watch::{Hub, close};

use crate::data::DataDesk;
use crate::node_service::Desk;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;

/// Largest body of what is not data.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// All endpoints behind one door. `hall` has those of the walls and of the data.
pub(crate) fn behind(
    gate: &Gate,
    door: Door,
    hall: Router,
    desk: &Desk,
    data: &DataDesk,
    software: &str,
) -> Router {
    let is_console = matches!(door, Door::Console { .. });
    let gate = gate.at(door);
    let own = Router::new()
        .merge(account::router(gate.clone()))
        .merge(people::router(gate.clone()))
        .merge(audit_log::router(gate.clone()))
        .merge(watch::router(gate.clone()))
        .merge(health::router(gate.clone(), desk.clone(), data.clone(), software))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    let all = own.merge(hall).method_not_allowed_fallback(problem::no_such_method);
    let all = if is_console { all.fallback(web::file) } else { all.fallback(web::nothing) };
    all.layer(from_fn_with_state(gate, gate::guard))
}
