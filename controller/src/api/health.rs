//! What watches the controller from outside: whether it runs, whether it can work, its figures, and the description of its API.

use super::gate::Gate;
use super::{docs_page, openapi};
use crate::data::DataDesk;
use crate::node_service::Desk;
use crate::status::{HallStatus, NodeStatus, ScreenStatus};
use crate::sync_audit::{SyncStatus, WallSync};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::Arc;

/// The answer to whether the controller runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Well {
    /// Always.
    well: bool,
}

/// The answer to whether the controller can do its work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// Whether its state can be read and its audit log written.
    ready: bool,
    /// Whether the data store answers. The walls hang without it.
    data: bool,
}

#[derive(Clone)]
struct Desks {
    gate: Gate,
    desk: Desk,
    data: DataDesk,
    description: Arc<str>,
    /// The same to read.
    page: Arc<str>,
}

/// The endpoints.
pub(crate) fn router(gate: Gate, desk: Desk, data: DataDesk, software: &str) -> Router {
    let (document, faults) = openapi::document(software);
    if !faults.is_empty() {
        tracing::error!(?faults, "the API's description has gaps");
    }
    let page = docs_page::page(&document).into();
    let desks = Desks { gate, desk, data, description: document.to_string().into(), page };
    Router::new()
        .route("/healthz", get(well))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/v1/openapi.json", get(description))
        .route("/v1/docs", get(docs))
        .with_state(desks)
}

async fn well() -> Json<Well> {
    Json(Well { well: true })
}

async fn ready(State(Desks { gate, data, .. }): State<Desks>) -> Response {
    let ready = gate.audit().list(0, 1).await.is_ok() && !gate.audit().is_failing();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, data: data.is_live() })).into_response()
}

async fn description(State(Desks { description, .. }): State<Desks>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], description.to_string()).into_response()
}

async fn docs(State(Desks { page, .. }): State<Desks>) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.to_string()).into_response()
}

/// One family of figures in Prometheus's text format.
fn family<V: Display>(
    text: &mut String,
    name: &str,
    kind: &str,
    help: &str,
    values: impl IntoIterator<Item = (String, V)>,
) {
    let _ = writeln!(text, "# HELP taibai_{name} {help}\n# TYPE taibai_{name} {kind}");
    for (labels, value) in values {
        let _ = writeln!(text, "taibai_{name}{labels} {value}");
    }
}

/// Labels; our ids need no escaping, and other words get it.
fn labels(pairs: &[(&str, &str)]) -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

async fn metrics(State(Desks { gate, desk, data, .. }): State<Desks>) -> Response {
    let mut text = String::new();
    hall_figures(&mut text, &desk.status(), &desk.sync(None));
    let one = |count: u64| [(String::new(), count)];
    family(&mut text, "alarms", "gauge", "Alarms of the rules that are due", one(data.alarms_due() as u64));
    let feeds = data.feed_counts();
    let feed = |name: &str| labels(&[("feed", name)]);
    let rows = feeds.iter().map(|(name, rows, _)| (feed(name), *rows));
    family(&mut text, "feed_rows_total", "counter", "Rows that have landed", rows);
    let rejected = feeds.iter().map(|(name, _, rejected)| (feed(name), *rejected));
    family(&mut text, "feed_rejected_total", "counter", "What did not fit", rejected);
    family(&mut text, "audit_records", "gauge", "Records of the audit log", one(gate.audit().count().await));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// Screens, sources, nodes and walls.
fn hall_figures(text: &mut String, status: &HallStatus, sync: &SyncStatus) {
    let screen = |row: &ScreenStatus| labels(&[("screen", row.screen.as_str()), ("node", row.node.as_str())]);
    let ticks = status.screens.iter().map(|row| (screen(row), row.ticks));
    family(text, "screen_ticks_total", "counter", "Ticks that have come", ticks);
    let missed = status.screens.iter().map(|row| (screen(row), row.missed));
    family(text, "screen_missed_ticks_total", "counter", "Ticks presented late or never", missed);
    let mut states: BTreeMap<&str, u64> =
        ["connecting", "live", "stale", "lost"].map(|state| (state, 0)).into();
    for row in &status.sources {
        *states.entry(&row.state).or_default() += 1;
    }
    let states = states.into_iter().map(|(state, count)| (labels(&[("state", state)]), count));
    family(text, "sources", "gauge", "Sources by state, one for each node that shows it", states);
    let node = |row: &NodeStatus| labels(&[("node", row.node.as_str()), ("role", &row.role)]);
    let up = status.nodes.iter().map(|row| (node(row), u8::from(row.connected)));
    family(text, "node_connected", "gauge", "Whether the node's link stands", up);
    let bounds = status.nodes.iter().map(|row| (node(row), row.clock.error_us as f64 / 1e6));
    let help = "How far the node's clock may be off";
    family(text, "node_clock_error_bound_seconds", "gauge", help, bounds);
    let wall = |row: &WallSync| labels(&[("wall", row.wall.as_str())]);
    let skew = sync.walls.iter().map(|row| (wall(row), row.skew.now_us as f64 / 1e6));
    family(text, "wall_skew_seconds", "gauge", "Largest difference of shown frames now", skew);
    let differing = sync.walls.iter().map(|row| (wall(row), row.differing_ticks));
    family(text, "wall_differing_ticks_total", "counter", "Ticks on which nodes differed", differing);
    family(text, "sync_alarms", "gauge", "Alarms of the sync audit", [(String::new(), sync.alarms.len())]);
}
