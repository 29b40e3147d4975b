//! The audit log, for those who may read it.

use super::gate::Gate;
use super::problem::Refusal;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use controller_identity::AuditRecord;
use media::WallTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Records of a page unless asked otherwise, and at most.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 1000;

/// A record as the API tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its number, counted from 1.
    pub seq: u64,
    /// When.
    pub at: WallTime,
    /// Who: a user, `token:ID`, `local`, or `panel:ADDRESS` and `osc:ADDRESS` for panels and mixers.
    pub by: String,
    /// From which address.
    pub from: String,
    /// What, such as `POST /v1/scene/{id}`.
    pub what: String,
    /// The same in words.
    pub words: crate::data::Said,
    /// To what, such as `/v1/scene/day`.
    pub to: String,
    /// The status of the answer.
    pub status: u16,
    /// `done` or `refused`.
    pub outcome: String,
    /// What was before, where that is known.
    pub before: Option<Value>,
    /// What is now, where that is known.
    pub after: Option<Value>,
    /// The chain's hash here.
    pub hash: String,
}

impl From<AuditRecord> for AuditLine {
    fn from(record: AuditRecord) -> Self {
        let AuditRecord { number, at, by, from, what, to, status, before, after, hash } = record;
        let state = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        let words = super::table::words_of(&what);
        let outcome = if status < 400 { "done" } else { "refused" }.to_owned();
        let (seq, before, after) = (number, state(before), state(after));
        Self { seq, at, by, from, what, words, to, status, outcome, before, after, hash }
    }
}

/// A part of the audit log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuditPage {
    /// How many records there are in all.
    pub last: u64,
    /// These, oldest first.
    pub records: Vec<AuditLine>,
}

/// What a whole audit log says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuditWhole {
    /// How many records there are.
    pub records: u64,
    /// The last record's hash: written down elsewhere, it proves all before it.
    pub hash: String,
}

/// The endpoints.
pub(crate) fn router(gate: Gate) -> Router {
    Router::new().route("/v1/audit", get(list)).route("/v1/audit/verify", post(verify)).with_state(gate)
}

/// `GET /v1/audit`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    /// Only records behind this number; without it the newest ones.
    after: Option<u64>,
    /// Only records before this number, the newest of them.
    before: Option<u64>,
    limit: Option<u32>,
}

async fn list(
    State(gate): State<Gate>,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<AuditPage>, Refusal> {
    let Query(AuditQuery { after, before, limit }) = query?;
    let limit = limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let last = gate.audit().count().await;
    let end = before.map_or(last, |before| before.saturating_sub(1).min(last));
    let after = after.unwrap_or_else(|| end.saturating_sub(u64::from(limit)));
    let limit = u32::try_from(end.saturating_sub(after)).unwrap_or(limit).min(limit);
    let records = gate.audit().list(after, limit).await?;
    Ok(Json(AuditPage { last, records: records.into_iter().map(AuditLine::from).collect() }))
}

async fn verify(State(gate): State<Gate>) -> Result<Json<AuditWhole>, Refusal> {
    let outcome = gate.audit().verify().await?;
    let whole = outcome.map_err(|fault| {
        Refusal::words(StatusCode::CONFLICT, "audit_altered", fault.to_string(), fault.chinese())
    })?;
    Ok(Json(AuditWhole { records: whole.records, hash: whole.hash }))
}
