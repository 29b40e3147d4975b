//! The HTTP API of data, events and rules. The frame (`crate::api`) has checked who asks; the webhooks alone have a listener without it,
//! each with its feed's token.

use super::lines::{
    AlarmLine, FeedLine, LogLine, Pushed, QueryAnswer, RejectLine, RuleLine, ScheduleLine, TourLine,
};
use super::reach::{Reach, sees_line, sees_one, sees_wall};
use super::rules_desk::Fault;
use super::words::Said;
use super::{DataDesk, Live, events, ground};
use crate::api::{Audited, Principal, Refusal};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use ingest::feed::MESSAGE_BYTES_MAX;
use ingest_feeds::{FeedFault, LedgerError, PushError};
use layouts::Layout;
use layouts::rules::{AlarmId, Engine, Now, What};
use media::{FeedId, QueryId, RuleId, ScheduleId, TourId, Value, WallTime};
use protocol::Answer;
use serde::Deserialize;
use std::sync::PoisonError;
use std::time::Duration;

/// How long a webhook may take, its body included. Behind the gate it is the gate that looks at the time, and breaks off nothing that acts.
const REQUEST_WITHIN: Duration = Duration::from_secs(15);

pub(super) type Answered<T> = Result<Json<T>, Refusal>;
/// What is done, with what of it goes into the audit log.
pub(super) type Done<T> = Result<(Extension<Audited>, Json<T>), Refusal>;

/// Everything, for behind the gate.
pub(crate) fn router(desk: DataDesk) -> Router {
    Router::new()
        .route("/v1/feeds", get(feeds))
        .route("/v1/feeds/{id}", post(push))
        .route("/v1/events", get(events::list).post(events::report))
        .route("/v1/events/verify", post(events::verify))
        .route("/v1/events/{id}/state", post(events::advance))
        .route("/v1/events/{id}/photo", get(events::photo))
        .route("/v1/map", get(ground::map))
        .route("/v1/alarms", get(alarms))
        .route("/v1/alarms/{id}/acknowledge", post(acknowledge))
        .route("/v1/tours", get(tours))
        .route("/v1/tours/{id}/pause", post(pause_tour))
        .route("/v1/tours/{id}/resume", post(resume_tour))
        .route("/v1/rules", get(super::rule_list::rules))
        .route("/v1/rules/{id}/pause", post(pause_rule))
        .route("/v1/rules/{id}/resume", post(resume_rule))
        .route("/v1/schedules/{id}/pause", post(pause_schedule))
        .route("/v1/schedules/{id}/resume", post(resume_schedule))
        .route("/v1/log", get(log))
        .route("/v1/queries/{id}", get(query))
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX))
        .with_state(desk)
}

/// The webhooks alone, for whoever has a token.
pub(crate) fn hooks(desk: DataDesk) -> Router {
    Router::new()
        .route("/v1/feeds/{id}", post(hook))
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX))
        .layer(from_fn(in_time))
        .with_state(desk)
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            refuse(StatusCode::REQUEST_TIMEOUT, "too_slow", "the request took too long").into_response()
        }
    }
}

pub(super) fn refuse(status: StatusCode, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::Said(status, code, message.into())
}

pub(super) fn live(desk: &DataDesk) -> Result<&Live, Refusal> {
    let away = || refuse(StatusCode::SERVICE_UNAVAILABLE, "no_data", "the data store does not answer yet");
    desk.shared.live.get().ok_or_else(away)
}

impl From<PushError> for Refusal {
    fn from(error: PushError) -> Self {
        let (status, code) = match &error {
            PushError::NoFeed(_) => (StatusCode::NOT_FOUND, "unknown_feed"),
            PushError::WrongToken => (StatusCode::UNAUTHORIZED, "wrong_token"),
            PushError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            PushError::Store(store) if store.is_passing() => (StatusCode::SERVICE_UNAVAILABLE, "no_data"),
            PushError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
        };
        refuse(status, code, error.to_string())
    }
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        use ingest_feeds::EventError;
        let (status, code) = match &error {
            LedgerError::Event(EventError::Unknown { .. }) => (StatusCode::NOT_FOUND, "unknown_event"),
            LedgerError::Event(EventError::Illegal { .. }) => (StatusCode::CONFLICT, "illegal_step"),
            LedgerError::Event(EventError::BadField { .. }) => (StatusCode::BAD_REQUEST, "bad_field"),
            LedgerError::Store(store) if store.is_passing() => (StatusCode::SERVICE_UNAVAILABLE, "no_data"),
            LedgerError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
        };
        refuse(status, code, error.to_string())
    }
}

impl From<Fault> for Refusal {
    fn from(error: Fault) -> Self {
        let (status, code) = match &error {
            Fault::NoSuchAlarm(_) => (StatusCode::NOT_FOUND, "no_such_alarm"),
            Fault::NotAcknowledgeable(_) => (StatusCode::CONFLICT, "not_acknowledgeable"),
            Fault::Unknown { what: _, name: _ } => (StatusCode::NOT_FOUND, "unknown"),
        };
        refuse(status, code, error.to_string())
    }
}

impl From<BytesRejection> for Refusal {
    fn from(error: BytesRejection) -> Self {
        refuse(error.status(), "bad_body", error.body_text())
    }
}

async fn feeds(State(desk): State<DataDesk>) -> Answered<Vec<FeedLine>> {
    let feeds = &live(&desk)?.feeds;
    let said = |fault: FeedFault| Said { zh: fault.chinese(), en: fault.to_string() };
    let lines = feeds.health().into_iter().map(|(feed, health)| {
        let rejects = feeds.rejects(&feed).into_iter().map(|reject| RejectLine {
            at: reject.at,
            why: Said { zh: reject.reason.chinese(), en: reject.reason.to_string() },
            copy: reject.copy,
        });
        FeedLine {
            connected: health.connected,
            heard: health.heard,
            promise_s: health.promise.as_secs_f64(),
            messages: health.messages,
            rows: health.rows,
            rejected: health.rejected,
            fault: health.fault.map(said),
            rejects: rejects.collect(),
            feed,
        }
    });
    Ok(Json(lines.collect()))
}

/// The token of a request, if it carries one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

/// The messages of a body: one, or with `application/x-ndjson` one in each line.
fn messages(headers: &HeaderMap, body: Bytes) -> Vec<Bytes> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-ndjson") {
        return vec![body];
    }
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| body.slice_ref(line)).collect()
}

async fn take_hook(desk: &DataDesk, feed: &str, headers: &HeaderMap, body: Bytes) -> Answered<Pushed> {
    let feeds = &live(desk)?.feeds;
    let token = bearer(headers).unwrap_or_default();
    // Who has no token does not learn which feeds there are.
    let id = FeedId::new(feed).map_err(|_| PushError::WrongToken)?;
    let landed =
        feeds.webhook_all(&id, token, messages(headers, body)).await.map_err(|error| match error {
            PushError::NoFeed(_) => PushError::WrongToken,
            other => other,
        })?;
    Ok(Json(Pushed { rows: landed.rows as u64, rejected: landed.rejected }))
}

async fn hook(
    State(desk): State<DataDesk>,
    Path(feed): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answered<Pushed> {
    take_hook(&desk, &feed, &headers, body?).await
}

/// A webhook with its token, or a feed that is pushed to by somebody who may.
async fn push(
    State(desk): State<DataDesk>,
    Path(feed): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answered<Pushed> {
    if bearer(&headers).is_some() {
        return take_hook(&desk, &feed, &headers, body?).await;
    }
    let feeds = &live(&desk)?.feeds;
    let wrong = |_| refuse(StatusCode::NOT_FOUND, "unknown_feed", format!("there is no feed {feed:?}"));
    let id = FeedId::new(&feed).map_err(wrong)?;
    let is_hook = desk.shared.layout.feed(&id).is_some_and(|spec| spec.endpoint.credential().is_some());
    if is_hook {
        return Err(PushError::WrongToken.into());
    }
    let landed = feeds.push_all(&id, messages(&headers, body?)).await?;
    Ok(Json(Pushed { rows: landed.rows as u64, rejected: landed.rejected }))
}

async fn alarms(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
) -> Json<Vec<AlarmLine>> {
    let alarms = desk.shared.rules.look(Engine::alarms).into_iter();
    let alarms = alarms.filter(|alarm| sees_one(&principal, &alarm.walls));
    let line = |alarm: layouts::rules::AlarmView| AlarmLine {
        id: alarm.id,
        rule: alarm.rule,
        name: (&alarm.name).into(),
        words: (&alarm.words).into(),
        subject: alarm.subject,
        raised: alarm.raised,
        priority: alarm.priority,
        seen_on: alarm.seen_on.into_iter().filter(|wall| sees_wall(&principal, wall)).collect(),
        left_s: alarm.left.map(|left| left.as_secs_f64()),
        acknowledge: alarm.acknowledge,
    };
    Json(alarms.map(line).collect())
}

/// By whom, as this machine's own commands say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Who {
    by: Option<String>,
}

type ByWhom = Result<Query<Who>, QueryRejection>;

/// Gives the engine an operator's order, and waits until it is written down.
async fn order(
    desk: &DataDesk,
    principal: &Principal,
    who: ByWhom,
    what: impl FnOnce(&mut Engine, &str, Now) -> Result<(), Fault>,
) -> Result<(), Refusal> {
    let Query(Who { by }) = who?;
    let by = principal.by(by.as_deref());
    desk.shared.rules.tell(|engine, now| what(engine, &by, now))?;
    Ok(desk.written().await?)
}

fn unknown(what: &'static str, name: &str) -> Refusal {
    Fault::Unknown { what, name: name.chars().take(64).collect() }.into()
}

/// Refuses whoever may not change something that the hall does by itself; `missing` where there is no such thing.
fn may_change(
    desk: &DataDesk,
    principal: &Principal,
    reach: impl FnOnce(&Layout) -> Option<Reach>,
    missing: impl FnOnce() -> Refusal,
) -> Result<(), Refusal> {
    let layout = desk.layout();
    reach(&layout).ok_or_else(missing)?.must_operate(principal, &layout)
}

async fn acknowledge(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    who: ByWhom,
) -> Done<serde_json::Value> {
    let alarm = AlarmId(id.parse().map_err(|_| unknown("alarm", &id))?);
    let due = desk.shared.rules.look(Engine::alarms).into_iter().find(|due| due.id == alarm);
    // An alarm that comes only now is acknowledged by nobody who has not been asked for his rights.
    let due = due.ok_or_else(|| Refusal::from(Fault::NoSuchAlarm(alarm)))?;
    may_change(&desk, &principal, |layout| Reach::of_rule(layout, &due.rule), Refusal::may_not)?;
    order(&desk, &principal, who, |engine, who, now| engine.acknowledge(alarm, who, now)).await?;
    let before = serde_json::json!({ "rule": due.rule, "words": due.words.zh, "subject": due.subject });
    Ok((Extension(Audited::change(Some(before), None)), done()))
}

fn done() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "done": true }))
}

async fn tours(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
) -> Json<Vec<TourLine>> {
    let tours = desk.shared.rules.look(Engine::tours).into_iter();
    let tours = tours.filter(|tour| sees_wall(&principal, &tour.wall));
    let line = |tour: layouts::rules::TourView| TourLine {
        tour: tour.id,
        wall: tour.wall,
        paused: tour.paused,
        runs: tour.runs,
        scene: tour.scene,
        left_s: tour.left.as_secs_f64(),
    };
    Json(tours.map(line).collect())
}

async fn pause_tour(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    who: ByWhom,
) -> Done<serde_json::Value> {
    set_tour(&desk, &principal, &id, true, who).await
}

async fn resume_tour(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    who: ByWhom,
) -> Done<serde_json::Value> {
    set_tour(&desk, &principal, &id, false, who).await
}

async fn set_tour(
    desk: &DataDesk,
    principal: &Principal,
    id: &str,
    paused: bool,
    who: ByWhom,
) -> Done<serde_json::Value> {
    let tour = TourId::new(id).map_err(|_| unknown("tour", id))?;
    may_change(desk, principal, |layout| Reach::of_tour(layout, &tour), || unknown("tour", id))?;
    let before = desk.shared.rules.look(Engine::tours).into_iter().find(|known| known.id == tour);
    order(desk, principal, who, |engine, who, now| {
        if paused {
            engine.pause_tour(&tour, who, now)
        } else {
            engine.resume_tour(&tour, who, now).map(drop)
        }
    })
    .await?;
    let before = before.map(|known| serde_json::json!({ "paused": known.paused }));
    let after = serde_json::json!({ "tour": tour, "paused": paused });
    Ok((Extension(Audited::change(before, Some(after))), done()))
}

async fn pause_rule(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    who: ByWhom,
) -> Done<RuleLine> {
    set_rule(&desk, &principal, &id, true, who).await
}

async fn resume_rule(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    who: ByWhom,
) -> Done<RuleLine> {
    set_rule(&desk, &principal, &id, false, who).await
}

async fn set_rule(
    desk: &DataDesk,
    principal: &Principal,
    id: &str,
    paused: bool,
    who: ByWhom,
) -> Done<RuleLine> {
    let rule = RuleId::new(id).map_err(|_| unknown("rule", id))?;
    may_change(desk, principal, |layout| Reach::of_rule(layout, &rule), || unknown("rule", id))?;
    order(desk, principal, who, |engine, who, now| engine.pause_rule(&rule, paused, who, now)).await?;
    let audited = Audited::now(serde_json::json!({ "rule": rule, "paused": paused }));
    Ok((Extension(audited), Json(RuleLine { rule, paused })))
}

async fn pause_schedule(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    who: ByWhom,
) -> Done<ScheduleLine> {
    set_schedule(&desk, &principal, &id, true, who).await
}

async fn resume_schedule(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    who: ByWhom,
) -> Done<ScheduleLine> {
    set_schedule(&desk, &principal, &id, false, who).await
}

async fn set_schedule(
    desk: &DataDesk,
    principal: &Principal,
    id: &str,
    paused: bool,
    who: ByWhom,
) -> Done<ScheduleLine> {
    let schedule = ScheduleId::new(id).map_err(|_| unknown("schedule", id))?;
    let missing = || unknown("schedule", id);
    may_change(desk, principal, |layout| Reach::of_schedule(layout, &schedule), missing)?;
    order(desk, principal, who, |engine, who, now| engine.pause_schedule(&schedule, paused, who, now))
        .await?;
    let audited = Audited::now(serde_json::json!({ "schedule": schedule, "paused": paused }));
    Ok((Extension(audited), Json(ScheduleLine { schedule, paused })))
}

/// What comes in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogQuery {
    after: Option<u64>,
}

async fn log(
    State(desk): State<DataDesk>,
    Extension(principal): Extension<Principal>,
    query: Result<Query<LogQuery>, QueryRejection>,
) -> Answered<Vec<LogLine>> {
    let Query(LogQuery { after }) = query?;
    let lines = desk.shared.rules.look(|engine| {
        let newer = engine.log().filter(|line| line.seq > after.unwrap_or(0));
        newer.cloned().collect::<Vec<_>>()
    });
    let layout = desk.layout();
    let lines = lines.into_iter().filter(|line| sees_line(&principal, &layout, line));
    let name = |what: What| match serde_json::to_value(what) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    };
    let line = |why: layouts::rules::Why| LogLine {
        seq: why.seq,
        at: why.at,
        what: name(why.what),
        rule: why.rule,
        alarm: why.alarm,
        wall: why.wall,
        words: (&why.words).into(),
    };
    Ok(Json(lines.map(line).collect()))
}

async fn query(State(desk): State<DataDesk>, Path(id): Path<String>) -> Answered<QueryAnswer> {
    let answers = desk.shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = QueryId::new(&id).ok().and_then(|id| answers.get(&id).cloned());
    drop(answers);
    let none = || {
        refuse(
            StatusCode::NOT_FOUND,
            "no_answer",
            format!("query {id:?} has no answer: no scene asks it, or it has not been answered yet"),
        )
    };
    let answer = answer.ok_or_else(none)?;
    let Answer { query, from, as_of, promise, fault, table } = &*answer;
    let is_time =
        |column: usize| table.rows().iter().any(|row| matches!(row.get(column), Some(Value::Time(_))));
    let columns = table.columns().iter().enumerate();
    Ok(Json(QueryAnswer {
        query: query.clone(),
        from: *from,
        as_of: *as_of,
        promise_s: promise.as_secs_f64(),
        fault: fault.as_deref().map(str::to_owned),
        columns: columns
            .map(|(at, name)| format!("{name}{}", if is_time(at) { " time" } else { "" }))
            .collect(),
        rows: table.rows().iter().map(|row| row.iter().map(json).collect()).collect(),
    }))
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Flag(flag) => (*flag).into(),
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => number.get().into(),
        Value::Text(words) => (**words).into(),
        Value::Time(WallTime(time)) => (*time).into(),
    }
}
