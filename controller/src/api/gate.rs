//! What every request passes: where it may come from, who asks, whether that is allowed, and what is written down of it.

use super::audit_desk::AuditDesk;
use super::idempotency::{Idempotency, Known as Repeated};
use super::identity_desk::IdentityDesk;
use super::origin::{self, Door};
use super::principal::{Audited, Edited, Known, Principal};
use super::problem::{self, Refusal, unknown_method};
use super::route::{Answer, Route, Verb};
use super::standing::Standing;
use super::table;
use super::watch::Hub;
use crate::bounded_listener::Remote;
use crate::hall::HallNow;
use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use controller_identity::{Act, Deed, Secret, TOKEN_START};
use media::{SceneId, SourceId};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// The cookie of a session.
pub(crate) const COOKIE: &str = "taibai_session";
/// A request with this header shows nobody's presence: a page asks by itself.
const BACKGROUND: &str = "taibai-background";
/// How long a request may take, its body included.
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
    hall: HallNow,
}

impl Gate {
    /// `hall` says which tags sources have and on which wall a scene shows.
    pub(crate) fn new(identity: IdentityDesk, audit: AuditDesk, hub: Hub, hall: HallNow, door: Door) -> Self {
        let shared = Shared { identity, audit, hub, repeated: Idempotency::default(), hall };
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
        if let Some(route) = route {
            check_rights(route, &principal)?;
            self.check_scope(route, &principal, request.uri().path())?;
        }
        if matches!(principal.known, Known::Token { .. }) {
            // Handlers look there for the tokens of feeds.
            request.headers_mut().remove(header::AUTHORIZATION);
        }
        request.extensions_mut().insert(principal.clone());
        Ok((route, principal))
    }

    /// Refuses what the rights do not cover on the wall, the scene or the source that a path names. Ids need no escapes: what is written with
    /// some is nobody's unless everything is.
    fn check_scope(&self, route: &Route, principal: &Principal, path: &str) -> Result<(), Refusal> {
        let layout = self.shared.hall.layout();
        for (name, given) in route.path.split('/').zip(path.split('/')) {
            let covered = match name {
                "{wall}" => principal.rights.may(route.act, Some(given), None),
                "{scene}" => match SceneId::new(given).ok().filter(|scene| layout.scene(scene).is_some()) {
                    Some(scene) => principal.sees_scene(&layout, &scene),
                    None => true,
                },
                "{source}" => {
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
        let key = match Idempotency::key(route, &principal, &request) {
            Ok(key) => key,
            Err(refusal) => return refusal.into_response(),
        };
        let (repeat, request) = match key {
            None => (None, request),
            Some(key) => match self.shared.repeated.begin(key, request).await {
                Ok(Repeated::First(repeat, request)) => (Some(repeat), *request),
                Ok(Repeated::Again(response)) => return response,
                Err(refusal) => return refusal.into_response(),
            },
        };
        let to: String = request.uri().path().to_owned();
        let mut response = within(next.run(request)).await;
        let audited = response.extensions_mut().remove::<Audited>();
        let told =
            response.status().is_success() || audited.as_ref().is_some_and(|audited| audited.by.is_some());
        if route.audited && told {
            let status = response.status().as_u16();
            self.shared.audit.record(deed(route, &principal, to, status, audited.unwrap_or_default())).await;
        }
        let edited = response.extensions_mut().remove::<Edited>();
        if let Some(what) = route.touches.filter(|_| response.status().is_success()) {
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

async fn within(answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(REQUEST_WITHIN, answer).await {
        Ok(response) => response,
        Err(_) => Refusal::words(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            "the request took too long",
            "请求处理超时",
        )
        .into_response(),
    }
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
