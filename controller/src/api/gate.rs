//! What every request passes: where it may come from, who asks, whether that is allowed, and what is written down of it.

use super::BODY_BYTES_MAX;
use super::audit_desk::AuditDesk;
use super::idempotency::{Idempotency, Known as Repeated, Repeat};
use super::identity_desk::{IdentityDesk, broken};
use super::origin::{self, Door};
use super::principal::{Audited, Edited, Known, Principal};
use super::problem::{self, Refusal, unknown_method};
use super::refusals::Refusals;
use super::route::{Answer, Route, Verb};
use super::standing::Standing;
use super::table;
use super::watch::Hub;
use crate::bounded_listener::Remote;
use crate::hall::HallNow;
use axum::RequestExt;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use controller_identity::{Act, Deed, Secret, TOKEN_START};
use ingest::feed::MESSAGE_BYTES_MAX;
use media::{SceneId, SourceId};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The cookie of a session.
pub(crate) const COOKIE: &str = "taibai_session";
/// A request with this header shows nobody's presence: a page asks by itself.
const BACKGROUND: &str = "taibai-background";
/// How long a request may take, its body included. What it changes is not broken off then: only the answer is.
const REQUEST_WITHIN: Duration = Duration::from_secs(20);

/// What stands before the API at one of its doors. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gate {
    shared: Arc<Shared>,
    door: Arc<Door>,
}

struct Shared {
    identity: IdentityDesk,
    audit: AuditDesk,
    hub: Hub,
    repeated: Idempotency,
    refusals: Refusals,
    hall: HallNow,
    within: Duration,
}

/// A request that would change something, as far as it is known.
enum Begun {
    /// It is to be done, and the answer remembered where it bears a key.
    New(Option<Repeat>, Box<Request>),
    /// It has been done, and this was the answer.
    Again(Response),
}

impl Gate {
    /// `hall` says which tags sources have and on which wall a scene shows.
    pub(crate) fn new(identity: IdentityDesk, audit: AuditDesk, hub: Hub, hall: HallNow, door: Door) -> Self {
        let (repeated, refusals, within) = (Idempotency::default(), Refusals::default(), REQUEST_WITHIN);
        let shared = Shared { identity, audit, hub, repeated, refusals, hall, within };
        Self { shared: Arc::new(shared), door: Arc::new(door) }
    }

    /// The same before another door.
    pub(crate) fn at(&self, door: Door) -> Self {
        Self { shared: self.shared.clone(), door: Arc::new(door) }
    }

    /// Whether browsers reach this door by HTTPS.
    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(*self.door, Door::Console { encrypted: true, .. })
    }

    pub(crate) fn identity(&self) -> &IdentityDesk {
        &self.shared.identity
    }

    pub(crate) fn audit(&self) -> &AuditDesk {
        &self.shared.audit
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.shared.hub
    }

    pub(crate) fn refusals(&self) -> &Refusals {
        &self.shared.refusals
    }

    async fn admit(&self, request: &mut Request) -> Result<(Option<&'static Route>, Principal), Refusal> {
        let headers = request.headers();
        origin::check_host(&self.door, headers)?;
        let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
        let verb = Verb::of(request.method());
        let route = match &path {
            // Files of the console, which are for everybody, or nothing at all.
            None => None,
            Some(path) => Some(verb.and_then(|verb| table::find(verb, path)).ok_or_else(unknown_method)?),
        };
        let changes = verb != Some(Verb::Get) || headers.contains_key(header::UPGRADE);
        origin::check_origin(&self.door, headers, changes)?;
        let from = remote(request);
        let principal = self.principal(headers, from).await?;
        let by_cookie = matches!(principal.known, Known::Session { .. });
        if by_cookie && changes && !headers.contains_key(header::ORIGIN) {
            // A browser names the origin of whatever changes something; who does not name it may have been sent by another page.
            return Err(origin::foreign());
        }
        if let Some(route) = route
            && let Err(refusal) = self.check(route, &principal, request).await
        {
            if route.verb != Verb::Get && refusal.is_forbidden() {
                let to = request.uri().path().to_owned();
                self.note_refused(route, &principal, to).await;
            }
            return Err(refusal);
        }
        if matches!(principal.known, Known::Token { .. }) {
            // Handlers look there for the tokens of feeds.
            request.headers_mut().remove(header::AUTHORIZATION);
        }
        request.extensions_mut().insert(principal.clone());
        Ok((route, principal))
    }

    /// Refuses what whoever asks may not do.
    async fn check(
        &self,
        route: &Route,
        principal: &Principal,
        request: &mut Request,
    ) -> Result<(), Refusal> {
        check_rights(route, principal)?;
        // As the handlers read them, escapes and all: what is judged is what is asked for.
        let named = request.extract_parts::<RawPathParams>().await;
        self.check_scope(route, principal, &named.map_err(|_| problem::unreadable(StatusCode::BAD_REQUEST))?)
    }

    /// Refuses what the rights do not cover on the wall, the scene or the source that a path names.
    fn check_scope(
        &self,
        route: &Route,
        principal: &Principal,
        named: &RawPathParams,
    ) -> Result<(), Refusal> {
        let layout = self.shared.hall.layout();
        let wall = named.iter().find_map(|(name, given)| (name == "wall").then_some(given));
        for (name, given) in named {
            let covered = match name {
                "wall" => principal.rights.may(route.act, Some(given), None),
                "scene" => match SceneId::new(given).ok().filter(|scene| layout.scene(scene).is_some()) {
                    Some(scene) => principal.sees_scene(&layout, &scene),
                    // A variant that hangs there, or nothing at all. Who may see every source there may learn which.
                    None => principal.rights.may(route.act, wall, Some(&[])),
                },
                "source" => {
                    let source = SourceId::new(given).ok();
                    let tags =
                        source.and_then(|source| layout.source(&source)).map(|source| source.tags.as_slice());
                    principal.rights.may(route.act, None, Some(tags.unwrap_or_default()))
                }
                _ => true,
            };
            if !covered {
                return Err(Refusal::may_not());
            }
        }
        Ok(())
    }

    async fn principal(&self, headers: &HeaderMap, from: Option<IpAddr>) -> Result<Principal, Refusal> {
        if matches!(*self.door, Door::Local) {
            return Ok(Principal::local(from));
        }
        if let Some(text) = bearer(headers).filter(|text| text.starts_with(TOKEN_START)) {
            let text = text.to_owned();
            let token = self.shared.identity.change(move |directory, now| {
                directory
                    .token(&text, now)
                    .map(|token| (token.id.clone(), token.name.clone(), token.rights()))
            });
            let (id, name, rights) = token.await?;
            let user = format!("token:{id}");
            return Ok(Principal { user, name, from, known: Known::Token { id }, rights });
        }
        let Some(secret) = cookie(headers).and_then(Secret::parse) else {
            return Ok(Principal::nobody(from));
        };
        let touch = !headers.contains_key(BACKGROUND);
        let known = secret.clone();
        let session = self.shared.identity.change(move |directory, now| {
            directory
                .session(&known, touch, now)
                .map(|(user, session)| (user.user.clone(), user.name.clone(), user.rights(), session.locked))
        });
        match session.await {
            Ok((user, name, rights, locked)) => {
                Ok(Principal { user, name, from, known: Known::Session { secret, locked }, rights })
            }
            // A session that is over is none.
            Err(Refusal::Words(StatusCode::UNAUTHORIZED, ..)) => Ok(Principal::nobody(from)),
            Err(other) => Err(other),
        }
    }

    /// Writes down who has tried what and may not, unless it comes too often.
    async fn note_refused(&self, route: &Route, principal: &Principal, to: String) {
        if let Some(audited) = self.shared.refusals.note(&principal.user, std::time::Instant::now()) {
            let status = StatusCode::FORBIDDEN.as_u16();
            self.shared.audit.record(deed(route, principal, to, status, audited)).await;
        }
    }

    async fn perform(
        &self,
        route: Option<&'static Route>,
        principal: Principal,
        mut request: Request,
        next: Next,
    ) -> Response {
        let Some(route) = route else { return next.run(request).await };
        if matches!(route.answer, Answer::Socket) {
            // It stays open, and whoever holds it may be told to go.
            let standing = Standing::new(self.shared.identity.clone(), principal.clone());
            request.extensions_mut().insert(standing);
        }
        let due = Instant::now() + self.shared.within;
        if route.verb == Verb::Get {
            let answer = timeout_at(due, next.run(request)).await;
            return answer.unwrap_or_else(|_| too_slow().into_response());
        }
        let begun = match timeout_at(due, self.begin(route, &principal, request)).await {
            Ok(Ok(begun)) => begun,
            Ok(Err(refusal)) => return refusal.into_response(),
            Err(_) => return too_slow().into_response(),
        };
        let (repeat, request) = match begun {
            Begun::New(repeat, request) => (repeat, request),
            Begun::Again(response) => return response,
        };
        // From here on it is done to its end, whoever goes away: half of it would be in no log, and done again when it is sent again.
        let act = tokio::spawn(self.clone().act(route, principal, *request, next, repeat));
        match timeout_at(due, act).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                tracing::error!(%error, path = route.path, "an act has broken off");
                broken().into_response()
            }
            Err(_) => goes_on().into_response(),
        }
    }

    /// Takes all of the request in, before anything is done for it.
    async fn begin(&self, route: &Route, principal: &Principal, request: Request) -> Result<Begun, Refusal> {
        let key = Idempotency::key(route, principal, &request)?;
        let request = whole(request, body_bytes_max(route.act)).await?;
        let Some(key) = key else { return Ok(Begun::New(None, Box::new(request))) };
        Ok(match self.shared.repeated.begin(key, request).await? {
            Repeated::First(repeat, request) => Begun::New(Some(repeat), request),
            Repeated::Again(response) => Begun::Again(response),
        })
    }

    /// Does what is asked for, writes it down, and tells those who watch.
    async fn act(
        self,
        route: &'static Route,
        principal: Principal,
        request: Request,
        next: Next,
        repeat: Option<Repeat>,
    ) -> Response {
        let to: String = request.uri().path().to_owned();
        let mut response = next.run(request).await;
        let status = response.status();
        let audited = response.extensions_mut().remove::<Audited>();
        let told = status.is_success() || audited.as_ref().is_some_and(|audited| audited.by.is_some());
        if status == StatusCode::FORBIDDEN {
            self.note_refused(route, &principal, to).await;
        } else if route.audited && told {
            let deed = deed(route, &principal, to, status.as_u16(), audited.unwrap_or_default());
            self.shared.audit.record(deed).await;
        }
        let edited = response.extensions_mut().remove::<Edited>();
        if let Some(what) = route.touches.filter(|_| status.is_success()) {
            match &edited {
                Some(edited) => self.shared.hub.tell_edit(what, edited, &principal),
                None => self.shared.hub.tell(what),
            }
        }
        if route.audited {
            self.shared.hub.hurry.notify_one();
        }
        match repeat {
            None => response,
            Some(repeat) => repeat.end(response).await,
        }
    }
}

/// The layer of all endpoints of a door.
pub(crate) async fn guard(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/v1/");
    let mut response = match gate.admit(&mut request).await {
        Ok((route, principal)) => gate.perform(route, principal, request, next).await,
        Err(refusal) => refusal.into_response(),
    };
    if is_api {
        response = problem::in_one_form(response);
    }
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(origin::CONTENT_SECURITY_POLICY));
    if is_api || !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Most bytes of a body that are taken in before anything is done; endpoints may take fewer.
fn body_bytes_max(act: Act) -> usize {
    match act {
        // Rows of feeds, and events with what belongs to them.
        Act::Push | Act::Operate => MESSAGE_BYTES_MAX,
        Act::Open | Act::Account | Act::Look | Act::Design | Act::Administer | Act::Audit => BODY_BYTES_MAX,
    }
}

/// The request with all of its body there.
async fn whole(request: Request, bytes_max: usize) -> Result<Request, Refusal> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, bytes_max).await.map_err(|_| {
        let kib = bytes_max / 1024;
        Refusal::words(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("the body has more than {kib} KiB, or breaks off"),
            format!("请求体超过 {kib} KiB，或未完整送达"),
        )
    })?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn too_slow() -> Refusal {
    Refusal::words(StatusCode::REQUEST_TIMEOUT, "too_slow", "the request took too long", "请求处理超时")
}

/// Not the status of [`too_slow`]: whoever gets that one may send the same again at once.
fn goes_on() -> Refusal {
    Refusal::words(
        StatusCode::GATEWAY_TIMEOUT,
        "too_slow",
        "it takes long and goes on; look what has come of it before you send it again",
        "处理时间较长，仍在继续，重发前请先查看结果",
    )
}

fn check_rights(route: &Route, principal: &Principal) -> Result<(), Refusal> {
    if route.act == Act::Open {
        return Ok(());
    }
    match &principal.known {
        Known::Nobody => Err(Refusal::nobody()),
        Known::Session { locked: true, .. } if route.act != Act::Account => Err(Refusal::words(
            StatusCode::LOCKED,
            "session_locked",
            "the session is locked; the password opens it",
            "会话已锁定，请输入密码解锁",
        )),
        _ if principal.rights.may(route.act, None, None) => Ok(()),
        // A session is one's own whatever else one may.
        Known::Session { .. } if route.act == Act::Account => Ok(()),
        _ => Err(Refusal::may_not()),
    }
}

fn deed(route: &Route, principal: &Principal, to: String, status: u16, audited: Audited) -> Deed {
    let Audited { by, before, after } = audited;
    Deed {
        by: by.unwrap_or_else(|| principal.user.clone()),
        from: principal.from.map(|from| from.to_string()).unwrap_or_default(),
        what: format!("{} {}", route.verb.as_str().to_uppercase(), route.path),
        to,
        status,
        before: before.map(|before| before.to_string()),
        after: after.map(|after| after.to_string()),
    }
}

fn remote(request: &axum::http::Request<Body>) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<Remote>>().map(|ConnectInfo(Remote(address))| address.ip())
}

/// The token of a request, if it carries one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

/// The session's secret in the cookies of a request.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    pairs.flat_map(|line| line.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}

#[cfg(test)]
mod tests;
