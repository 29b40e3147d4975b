//! The HTTP API of sources at run time; `docs/WALL_API.md` is the same in prose.

use super::fault::found_wrong;
use super::form::{
    DeviceLine, DeviceStreamLine, DiscoverForm, Discovered, FaultLine, Found, NodeFault, PictureLine, Probe,
    RemoveQuery, StreamsForm, StreamsFound,
};
use super::{Changed, SourceDesk, SourceFault, endpoint_words, read};
use crate::api::{Audited, Principal, Refusal, etag, if_match};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use controller_identity::Act;
use layouts_edit::SourceKeys;
use media::{NodeId, SourceId};
use protocol::{Device, DeviceStream, ErrandFault, ErrandOutcome, Probed, Task};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// No source takes more.
const BODY_BYTES_MAX: usize = 64 << 10;
/// Ingest nodes that ask their networks at once.
const NODES_MAX: usize = 4;

type Who = Extension<Principal>;
type Body<T> = Result<Json<T>, JsonRejection>;

/// Why a request is refused.
enum Refused {
    Frame(Refusal),
    Fault(SourceFault),
}

impl From<SourceFault> for Refused {
    fn from(fault: SourceFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Frame(refusal)
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        Self::Frame(rejection.into())
    }
}

impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        Self::Frame(rejection.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Frame(refusal) => refusal.into_response(),
            Self::Fault(fault) => fault.into_response(),
        }
    }
}

/// The routes.
pub(crate) fn router(desk: SourceDesk) -> Router {
    Router::new()
        .route("/v1/sources", post(add))
        .route("/v1/sources/probe", post(probe))
        .route("/v1/sources/discover", post(discover))
        .route("/v1/sources/streams", post(streams))
        .route("/v1/sources/{source}", get(source).patch(change).delete(remove))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(desk)
}

fn named(source: &str) -> Result<SourceId, SourceFault> {
    SourceId::new(source).map_err(|_| SourceFault::Unknown(source.to_owned()))
}

/// Refuses tags that the rights do not cover: nobody gives away, or takes, what is not theirs.
fn must_design(principal: &Principal, tags: &[String]) -> Result<(), Refusal> {
    if principal.rights.may(Act::Design, None, Some(tags)) { Ok(()) } else { Err(Refusal::may_not()) }
}

/// The ETag of an answer.
type Tag = [(HeaderName, String); 1];

/// What goes into the audit log, and the answer.
fn audited(changed: Changed) -> (Extension<Audited>, Option<Tag>, Json<Value>) {
    let Changed { before, after, revision } = changed;
    let (before, after) = (before.map(Value::Object), after.map(Value::Object));
    let tag = revision.as_deref().map(etag);
    (Extension(Audited::change(before, after.clone())), tag, Json(after.unwrap_or(Value::Null)))
}

/// The revision that whoever asks has seen.
fn expected(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    Ok(if_match(headers)?.map(str::to_owned))
}

async fn source(
    State(desk): State<SourceDesk>,
    Path(source): Path<String>,
) -> Result<(Tag, Json<SourceKeys>), Refused> {
    let (keys, revision) = desk.keys(&named(&source)?)?;
    Ok((etag(&revision), Json(keys)))
}

async fn add(
    State(desk): State<SourceDesk>,
    Extension(principal): Who,
    body: Body<SourceKeys>,
) -> Result<Response, Refused> {
    let Json(keys) = body?;
    must_design(&principal, &read(&keys)?.tags)?;
    let (audited, tag, after) = audited(desk.add(keys).await?);
    Ok((StatusCode::CREATED, audited, tag, after).into_response())
}

async fn change(
    State(desk): State<SourceDesk>,
    Extension(principal): Who,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Body<SourceKeys>,
) -> Result<Response, Refused> {
    let Json(patch) = body?;
    let expected = expected(&headers)?;
    match patch.get("tags") {
        None => {}
        Some(Value::Array(tags)) => {
            let tags: Vec<String> = tags.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            must_design(&principal, &tags)?;
        }
        // Without tags, or what is no list of tags and is refused.
        Some(_) => must_design(&principal, &[])?,
    }
    let answer = audited(desk.change(&named(&source)?, patch, expected).await?);
    Ok(answer.into_response())
}

async fn remove(
    State(desk): State<SourceDesk>,
    Extension(principal): Who,
    Path(source): Path<String>,
    headers: HeaderMap,
    query: Result<Query<RemoveQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let expected = expected(&headers)?;
    let (Query(RemoveQuery { close }), source) = (query?, named(&source)?);
    if close {
        for line in desk.inner.walls.shown_by(&source) {
            principal.must(Act::Operate, line.wall.as_str())?;
        }
    }
    let (audited, _, _) = audited(desk.remove(&source, close.then(|| principal.by(None)), expected).await?);
    // Closed windows, and ways back that are gone with the source.
    desk.inner.walls.written().await.map_err(SourceFault::from)?;
    Ok((StatusCode::NO_CONTENT, audited).into_response())
}

async fn probe(
    State(desk): State<SourceDesk>,
    Extension(principal): Who,
    body: Body<SourceKeys>,
) -> Result<(Extension<Audited>, Json<Probe>), Refused> {
    let Json(mut keys) = body?;
    // Before a source has a name it can be looked at.
    keys.entry("id").or_insert_with(|| "new".into());
    let source = read(&keys)?;
    must_design(&principal, &source.tags)?;
    let at = source.endpoint(None).map(endpoint_words);
    let (node, outcome) = desk.probe(keys).await?;
    let answer = match outcome {
        ErrandOutcome::Probed(probed) => Probe { node, ok: true, found: Some(found(probed)), fault: None },
        ErrandOutcome::Failed(fault) => {
            Probe { node, ok: false, found: None, fault: Some(found_wrong(&fault)) }
        }
        ErrandOutcome::Found(_) | ErrandOutcome::Streams(_) => return Err(SourceFault::Broken.into()),
    };
    Ok((Extension(Audited::now(json!({ "probed": at, "ok": answer.ok }))), Json(answer)))
}

fn found(probed: Probed) -> Found {
    let Probed { codec, size, fps_milli, key_every_ms, audio, open_ms, pictures } = probed;
    let picture = |(after_ms, jpeg): (u32, bytes::Bytes)| PictureLine { after_ms, jpeg: BASE64.encode(jpeg) };
    Found {
        codec,
        width: size.width,
        height: size.height,
        fps: fps_milli.map(|milli| f64::from(milli) / 1000.0),
        key_every_ms,
        audio,
        open_ms,
        pictures: pictures.into_iter().map(picture).collect(),
    }
}

async fn discover(
    State(desk): State<SourceDesk>,
    body: Body<DiscoverForm>,
) -> Result<(Extension<Audited>, Json<Discovered>), Refused> {
    let Json(DiscoverForm { node }) = body?;
    let nodes = match node {
        Some(node) => vec![desk.reader(Some(&node))?],
        None => desk.readers().into_iter().take(NODES_MAX).collect(),
    };
    if nodes.is_empty() {
        desk.reader(None)?;
    }
    let mut asked = JoinSet::new();
    for node in nodes {
        let desk = desk.clone();
        asked.spawn(async move {
            let outcome = desk.errand(&node, Task::Discover).await;
            (node, outcome)
        });
    }
    let mut answer = Discovered { devices: Vec::new(), faults: Vec::new() };
    for (node, outcome) in asked.join_all().await {
        match outcome {
            Ok(ErrandOutcome::Found(devices)) => {
                answer.devices.extend(devices.into_iter().map(|found| device(&node, found)))
            }
            Ok(ErrandOutcome::Failed(fault)) => {
                answer.faults.push(NodeFault { node, fault: found_wrong(&fault) })
            }
            Ok(ErrandOutcome::Probed(_) | ErrandOutcome::Streams(_)) | Err(_) => {
                answer.faults.push(NodeFault { node, fault: found_wrong(&ErrandFault::Busy) });
            }
        }
    }
    answer.devices.sort_by(|a, b| (&a.host, a.port, &a.node).cmp(&(&b.host, b.port, &b.node)));
    Ok((Extension(Audited::now(json!({ "devices": answer.devices.len() }))), Json(answer)))
}

fn device(node: &NodeId, device: Device) -> DeviceLine {
    let Device { host, port, path, name, hardware, place, scopes } = device;
    DeviceLine { node: node.clone(), host, port, path, name, hardware, place, scopes }
}

async fn streams(
    State(desk): State<SourceDesk>,
    body: Body<StreamsForm>,
) -> Result<(Extension<Audited>, Json<StreamsFound>), Refused> {
    let Json(StreamsForm { node, host, port, path, credential }) = body?;
    let (port, path) = (port.unwrap_or(80), path.unwrap_or_default());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    let is_path = path.len() <= 1024 && path.chars().all(|c| c.is_ascii_graphic());
    if host.is_empty() || host.len() > 253 || !host.chars().all(plain) || !is_path {
        let (en, zh) = ("host is a name or an address, path a path on it", "请填写主机地址和路径");
        return Err(Refusal::words(StatusCode::UNPROCESSABLE_ENTITY, "bad_address", en, zh).into());
    }
    desk.must_be_allowed_at(&host, port).await?;
    let node = desk.reader(node.as_ref())?;
    let place = format!("{host}:{port}");
    let outcome = desk.errand(&node, Task::Streams { host, port, path, credential }).await?;
    let (streams, fault): (_, Option<FaultLine>) = match outcome {
        ErrandOutcome::Streams(streams) => (streams.into_iter().map(stream).collect(), None),
        ErrandOutcome::Failed(fault) => (Vec::new(), Some(found_wrong(&fault))),
        ErrandOutcome::Probed(_) | ErrandOutcome::Found(_) => return Err(SourceFault::Broken.into()),
    };
    let now = Extension(Audited::now(json!({ "asked": place, "ok": fault.is_none() })));
    Ok((now, Json(StreamsFound { node, streams, fault })))
}

fn stream(stream: DeviceStream) -> DeviceStreamLine {
    let DeviceStream { name, host, port, path, codec, size } = stream;
    let (width, height) = size.map(|size| (size.width, size.height)).unzip();
    DeviceStreamLine { name, host, port, path, codec, width, height }
}
