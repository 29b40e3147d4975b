//! Users and tokens, for those who manage them.

use super::account::roles_of;
use super::gate::Gate;
use super::identity_desk::random;
use super::principal::{Audited, Principal};
use super::problem::Refusal;
use super::tag::{bad_if_match, etag, if_match};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Extension, Json, Router};
use controller_identity::{
    ApiToken, Grant, IdentityError, NewToken, NewUser, Role, User, UserChange, check_password,
};
use media::WallTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Lines of a page unless asked otherwise, and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 1000;
/// How long a token is good unless asked otherwise.
const TOKEN_DAYS: u32 = 365;

/// A user as the API tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserLine {
    /// The name to sign in with.
    pub user: String,
    /// The name for people.
    pub name: String,
    /// `zh-CN` or `en`.
    pub locale: String,
    /// The roles of all grants.
    pub roles: Vec<String>,
    /// What the user may do.
    pub grants: Vec<Grant>,
    /// Whether the user may not sign in.
    pub disabled: bool,
    /// Locked out until then, after too many wrong passwords.
    pub locked_until: Option<WallTime>,
    /// When the user last signed in.
    pub signed_in: Option<WallTime>,
    /// Since when the user is known.
    pub created: WallTime,
    /// Grows with every change; also the ETag.
    pub revision: u64,
}

impl UserLine {
    fn new(user: &User, now: WallTime) -> Self {
        Self {
            user: user.user.clone(),
            name: user.name.clone(),
            locale: user.locale.clone(),
            roles: roles_of(&user.grants),
            grants: user.grants.clone(),
            disabled: user.disabled,
            locked_until: user.locked_out(now),
            signed_in: user.signed_in,
            created: user.created,
            revision: user.revision,
        }
    }
}

/// A token as the API tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenLine {
    /// Its short name.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// The roles of all grants.
    pub roles: Vec<String>,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// Who made it.
    pub by: String,
    /// When.
    pub created: WallTime,
    /// From when on it is worth nothing.
    pub expires: WallTime,
}

impl TokenLine {
    fn new(token: &ApiToken) -> Self {
        Self {
            id: token.id.clone(),
            name: token.name.clone(),
            roles: roles_of(&token.grants),
            grants: token.grants.clone(),
            by: token.by.clone(),
            created: token.created,
            expires: token.expires,
        }
    }
}

/// A token that was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenMade {
    /// Its short name.
    pub id: String,
    /// Its text, shown this one time.
    pub token: String,
    /// From when on it is worth nothing.
    pub expires: WallTime,
}

/// The endpoints.
pub(crate) fn router(gate: Gate) -> Router {
    Router::new()
        .route("/v1/users", get(users).post(add_user))
        .route("/v1/users/{user}", get(user).patch(change_user).delete(remove_user))
        .route("/v1/tokens", get(tokens).post(add_token))
        .route("/v1/tokens/{id}", delete(revoke_token))
        .with_state(gate)
}

/// Which page of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// Only what stands behind this one.
    after: Option<String>,
    limit: Option<u32>,
}

/// A page of a list that is sorted by `key`, and where the next one is.
fn page<T: Serialize>(path: &str, list: Vec<T>, query: PageQuery, key: impl Fn(&T) -> &str) -> Response {
    let PageQuery { after, limit } = query;
    let limit = limit.map_or(PAGE, |limit| usize::try_from(limit).unwrap_or(PAGE_MAX)).clamp(1, PAGE_MAX);
    let behind = list.into_iter().filter(|line| after.as_deref().is_none_or(|after| key(line) > after));
    let mut lines: Vec<T> = behind.take(limit + 1).collect();
    let more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines
        .last()
        .filter(|_| more)
        .map(|last| format!("<{path}?after={}&limit={limit}>; rel=\"next\"", key(last)));
    let mut response = Json(lines).into_response();
    if let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
        response.headers_mut().insert(header::LINK, next);
    }
    response
}

async fn users(
    State(gate): State<Gate>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let now = gate.identity().now();
    let lines = gate
        .identity()
        .look(|directory| directory.users().map(|user| UserLine::new(user, now)).collect::<Vec<_>>())
        .await;
    Ok(page("/v1/users", lines, query, |line| &line.user))
}

async fn user(State(gate): State<Gate>, Path(user): Path<String>) -> Result<Response, Refusal> {
    let now = gate.identity().now();
    let line =
        gate.identity().look(|directory| directory.user(&user).map(|user| UserLine::new(user, now))).await?;
    Ok(tagged(&line).into_response())
}

fn tagged(line: &UserLine) -> impl IntoResponse + use<> {
    (etag(&line.revision.to_string()), Json(line.clone()))
}

/// The revision of `If-Match`; `None` where there is none, or any will do.
fn expected(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    if_match(headers)?.map(|revision| revision.parse().map_err(|_| bad_if_match())).transpose()
}

fn json(value: &impl Serialize) -> Option<Value> {
    serde_json::to_value(value).ok()
}

/// The grants of a form: as they are, or roles for everything.
fn grants_of(grants: Option<Vec<Grant>>, roles: Option<Vec<Role>>) -> Option<Vec<Grant>> {
    grants.or_else(|| roles.map(|roles| roles.into_iter().map(Grant::everywhere).collect()))
}

/// `POST /v1/users`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUserForm {
    user: String,
    name: String,
    password: String,
    grants: Option<Vec<Grant>>,
    roles: Option<Vec<Role>>,
    locale: Option<String>,
}

async fn add_user(
    State(gate): State<Gate>,
    form: Result<Json<NewUserForm>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(NewUserForm { user, name, password, grants, roles, locale }) = form?;
    check_password(&password, &user).map_err(IdentityError::from)?;
    let identity = gate.identity();
    // Before the dear part.
    if identity.look(|directory| directory.user(&user).is_ok()).await {
        return Err(IdentityError::Taken(user).into());
    }
    let password = identity.hash(password).await?;
    let locale = locale.unwrap_or_else(|| "zh-CN".to_owned());
    let grants = grants_of(grants, roles).unwrap_or_default();
    let new = NewUser { user: user.clone(), name, locale, password, grants };
    let line = identity
        .change(move |directory, now| {
            directory.add_user(new, now)?;
            Ok(UserLine::new(directory.user(&user)?, now))
        })
        .await?;
    let audited = Audited::change(None, json(&line));
    Ok((StatusCode::CREATED, Extension(audited), tagged(&line)).into_response())
}

/// `PATCH /v1/users/{user}`: what is not given stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserForm {
    name: Option<String>,
    password: Option<String>,
    grants: Option<Vec<Grant>>,
    roles: Option<Vec<Role>>,
    locale: Option<String>,
    disabled: Option<bool>,
}

async fn change_user(
    State(gate): State<Gate>,
    Path(user): Path<String>,
    headers: HeaderMap,
    form: Result<Json<UserForm>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(UserForm { name, password, grants, roles, locale, disabled }) = form?;
    let expected = expected(&headers)?;
    let identity = gate.identity();
    identity.look(|directory| directory.user(&user).map(drop)).await?;
    let password = match password {
        None => None,
        Some(password) => {
            check_password(&password, &user).map_err(IdentityError::from)?;
            Some(identity.hash(password).await?)
        }
    };
    let set = password.is_some();
    let change = UserChange { name, locale, password, grants: grants_of(grants, roles), disabled };
    let (before, after) = identity
        .change(move |directory, now| {
            let before = UserLine::new(directory.user(&user)?, now);
            let after = UserLine::new(directory.change_user(&user, change, expected)?, now);
            Ok((before, after))
        })
        .await?;
    let mut after_json = json(&after);
    if let Some(Value::Object(fields)) = after_json.as_mut().filter(|_| set) {
        fields.insert("password".to_owned(), "changed".into());
    }
    let audited = Audited::change(json(&before), after_json);
    Ok((Extension(audited), tagged(&after)).into_response())
}

async fn remove_user(
    State(gate): State<Gate>,
    Path(user): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let expected = expected(&headers)?;
    let gone = gate
        .identity()
        .change(move |directory, now| {
            directory.remove_user(&user, expected).map(|user| UserLine::new(&user, now))
        })
        .await?;
    let audited = Audited::change(json(&gone), None);
    Ok((StatusCode::NO_CONTENT, Extension(audited)).into_response())
}

async fn tokens(
    State(gate): State<Gate>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let lines =
        gate.identity().look(|directory| directory.tokens().map(TokenLine::new).collect::<Vec<_>>()).await;
    Ok(page("/v1/tokens", lines, query, |line| &line.id))
}

/// `POST /v1/tokens`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenForm {
    name: String,
    grants: Option<Vec<Grant>>,
    roles: Option<Vec<Role>>,
    days: Option<u32>,
}

async fn add_token(
    State(gate): State<Gate>,
    Extension(principal): Extension<Principal>,
    form: Result<Json<TokenForm>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(TokenForm { name, grants, roles, days }) = form?;
    let ttl = Duration::from_secs(u64::from(days.unwrap_or(TOKEN_DAYS)) * 24 * 3600);
    let grants = grants_of(grants, roles).unwrap_or_default();
    let new = NewToken { name, grants, ttl, by: principal.user };
    let (secret, id) = (random()?, random()?);
    let (line, text) = gate
        .identity()
        .change(move |directory, now| {
            directory.add_token(new, secret, id, now).map(|(token, text)| (TokenLine::new(token), text))
        })
        .await?;
    let audited = Audited::change(None, json(&line));
    let TokenLine { id, expires, .. } = line;
    Ok((StatusCode::CREATED, Extension(audited), Json(TokenMade { id, token: text, expires }))
        .into_response())
}

async fn revoke_token(State(gate): State<Gate>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let gone = gate
        .identity()
        .change(move |directory, _| directory.revoke_token(&id).map(|token| TokenLine::new(&token)))
        .await?;
    let audited = Audited::change(json(&gone), None);
    Ok((StatusCode::NO_CONTENT, Extension(audited)).into_response())
}
