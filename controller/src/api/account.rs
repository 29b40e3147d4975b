//! Signing in and out, locking a session, and the first administrator.

use super::gate::{COOKIE, Gate};
use super::identity_desk::random;
use super::principal::{Audited, Known, Principal};
use super::problem::Refusal;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use controller_identity::{
    Grant, IdentityError, NewUser, Rights, SESSION_FOR, Secret, UserChange, check_password,
};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Whoever asks: who they are and what they may do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionLine {
    /// The name to sign in with; `token:ID` for a token, `local` at the controller's own machine.
    pub user: String,
    /// The name for people.
    pub name: String,
    /// The roles of all grants.
    pub roles: Vec<String>,
    /// What the grants allow.
    pub rights: RightsLine,
    /// `zh-CN` or `en`.
    pub locale: String,
    /// Whether the session is locked.
    pub locked: bool,
}

/// What somebody may do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RightsLine {
    /// The acts that are allowed somewhere: `look`, `operate`, …
    pub acts: Vec<String>,
    /// Where and with which sources.
    pub grants: Vec<Grant>,
}

impl RightsLine {
    fn new(rights: &Rights) -> Self {
        let acts = rights.acts().into_iter().map(str::to_owned).collect();
        Self { acts, grants: rights.grants().to_vec() }
    }
}

/// The roles of grants, each once.
pub(crate) fn roles_of(grants: &[Grant]) -> Vec<String> {
    let mut roles: Vec<_> = grants.iter().map(|grant| grant.role).collect();
    roles.sort();
    roles.dedup();
    roles.into_iter().map(|role| role.as_str().to_owned()).collect()
}

/// The endpoints.
pub(crate) fn router(gate: Gate) -> Router {
    Router::new()
        .route("/v1/session", get(session).post(sign_in).delete(sign_out))
        .route("/v1/session/lock", post(lock))
        .route("/v1/session/unlock", post(unlock))
        .route("/v1/session/password", post(change_password))
        .route("/v1/setup", post(set_up))
        .with_state(gate)
}

async fn session(State(gate): State<Gate>, Extension(principal): Extension<Principal>) -> Json<SessionLine> {
    let user = principal.user.clone();
    let locale =
        gate.identity().look(|directory| directory.user(&user).map(|user| user.locale.clone())).await;
    let locale = locale.unwrap_or_else(|_| "zh-CN".to_owned());
    Json(line(&principal, locale))
}

fn line(principal: &Principal, locale: String) -> SessionLine {
    SessionLine {
        user: principal.user.clone(),
        name: principal.name.clone(),
        roles: roles_of(principal.rights.grants()),
        rights: RightsLine::new(&principal.rights),
        locale,
        locked: matches!(principal.known, Known::Session { locked: true, .. }),
    }
}

/// `POST /v1/session`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInForm {
    user: String,
    password: String,
}

async fn sign_in(
    State(gate): State<Gate>,
    Extension(principal): Extension<Principal>,
    form: Result<Json<SignInForm>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(SignInForm { user, password }) = form?;
    if let Err(unproven) = prove(&gate, &user, password).await {
        return Ok(with_author(&gate, unproven, user).await);
    }
    begin_session(&gate, principal, user).await
}

/// A password that has proved nothing.
struct Unproven {
    refusal: Refusal,
    /// Nobody has even looked at it: the user was locked out before.
    locked_before: bool,
}

impl From<Refusal> for Unproven {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, locked_before: false }
    }
}

/// Checks a password, and counts the wrong ones.
async fn prove(gate: &Gate, user: &str, password: String) -> Result<(), Unproven> {
    let (identity, name) = (gate.identity(), user.to_owned());
    let now = identity.now();
    let hash = identity.look(|directory| directory.password_of(&name, now)).await;
    let hash = hash.map_err(|error| Unproven { refusal: error.into(), locked_before: true })?;
    let right = identity.compare(hash.clone(), password).await?;
    identity.change(move |directory, now| directory.note_password(&name, &hash, right, now)).await?;
    Ok(())
}

/// A refusal that goes into the audit log, when it is about somebody who is known: names that are made up would fill it.
async fn with_author(gate: &Gate, unproven: Unproven, user: String) -> Response {
    let Unproven { refusal, locked_before } = unproven;
    let known = gate.identity().look(|directory| directory.user(&user).is_ok()).await;
    let is_about_it =
        matches!(&refusal, Refusal::Words(StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS, ..));
    let audited = match (known && is_about_it, locked_before) {
        (false, _) => None,
        // Wrong ones are few: the last of them locks out, and says so.
        (true, false) => Some(Audited::default()),
        // Whoever is locked out may try as often as they like.
        (true, true) => gate.refusals().note(&format!("locked out: {user}"), Instant::now()),
    };
    let mut response = refusal.into_response();
    if let Some(audited) = audited {
        response.extensions_mut().insert(Audited { by: Some(user), ..audited });
    }
    response
}

async fn begin_session(gate: &Gate, principal: Principal, user: String) -> Result<Response, Refusal> {
    let random = random()?;
    let from = principal.from.map(|from| from.to_string()).unwrap_or_default();
    let name = user.clone();
    let (secret, found) = gate
        .identity()
        .change(move |directory, now| {
            let secret = directory.sign_in(&name, &from, random, now)?;
            Ok((secret, directory.user(&name)?.clone()))
        })
        .await?;
    let known = Known::Session { secret: secret.clone(), locked: false };
    let rights = found.rights();
    let principal = Principal { user: found.user, name: found.name, from: principal.from, known, rights };
    let audited = Audited { by: Some(user), ..Audited::default() };
    let cookie = AppendHeaders([(header::SET_COOKIE, set_cookie(Some(&secret), gate.is_encrypted()))]);
    Ok((cookie, Extension(audited), Json(line(&principal, found.locale))).into_response())
}

/// The cookie of a session, or the end of it. No script can read it, and no other page's request carries it; where it was given over
/// HTTPS it travels by HTTPS only.
fn set_cookie(secret: Option<&Secret>, encrypted: bool) -> HeaderValue {
    let secure = if encrypted { "; Secure" } else { "" };
    let (value, seconds) = match secret {
        Some(secret) => (secret.reveal(), SESSION_FOR.as_secs()),
        None => (String::new(), 0),
    };
    let text = format!("{COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

async fn sign_out(
    State(gate): State<Gate>,
    Extension(principal): Extension<Principal>,
) -> Result<Response, Refusal> {
    let secret = principal.session()?.clone();
    gate.identity()
        .change(move |directory, _| {
            directory.sign_out(&secret);
            Ok(())
        })
        .await?;
    let cookie = AppendHeaders([(header::SET_COOKIE, set_cookie(None, gate.is_encrypted()))]);
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

async fn set_locked(gate: &Gate, principal: &Principal, locked: bool) -> Result<(), Refusal> {
    let secret = principal.session()?.clone();
    gate.identity().change(move |directory, _| directory.set_locked(&secret, locked)).await
}

async fn lock(
    State(gate): State<Gate>,
    Extension(principal): Extension<Principal>,
) -> Result<StatusCode, Refusal> {
    set_locked(&gate, &principal, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v1/session/unlock`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnlockForm {
    password: String,
}

async fn unlock(
    State(gate): State<Gate>,
    Extension(principal): Extension<Principal>,
    form: Result<Json<UnlockForm>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(UnlockForm { password }) = form?;
    principal.session()?;
    if let Err(unproven) = prove(&gate, &principal.user, password).await {
        return Ok(with_author(&gate, unproven, principal.user).await);
    }
    set_locked(&gate, &principal, false).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /v1/session/password`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordForm {
    old: String,
    new: String,
}

async fn change_password(
    State(gate): State<Gate>,
    Extension(principal): Extension<Principal>,
    form: Result<Json<PasswordForm>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(PasswordForm { old, new }) = form?;
    principal.session()?;
    if matches!(principal.known, Known::Session { locked: true, .. }) {
        return Err(Refusal::may_not());
    }
    check_password(&new, &principal.user).map_err(IdentityError::from)?;
    if let Err(unproven) = prove(&gate, &principal.user, old).await {
        return Ok(with_author(&gate, unproven, principal.user).await);
    }
    let hash = gate.identity().hash(new).await?;
    let user = principal.user.clone();
    let change = UserChange { password: Some(hash), ..UserChange::default() };
    gate.identity().change(move |directory, _| directory.change_user(&user, change, None).map(drop)).await?;
    // All sessions have ended, this one too; whoever knows the new password is here goes on.
    begin_session(&gate, principal.clone(), principal.user).await
}

/// `POST /v1/setup`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUpForm {
    token: String,
    user: String,
    name: String,
    password: String,
    locale: Option<String>,
}

async fn set_up(
    State(gate): State<Gate>,
    Extension(principal): Extension<Principal>,
    form: Result<Json<SetUpForm>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(SetUpForm { token, user, name, password, locale }) = form?;
    let identity = gate.identity();
    let now = identity.now();
    identity.look(|directory| directory.check_setup(&token, now)).await?;
    check_password(&password, &user).map_err(IdentityError::from)?;
    let password = identity.hash(password).await?;
    let locale = locale.unwrap_or_else(|| "zh-CN".to_owned());
    let new = NewUser::administrator(user.clone(), name, locale, password);
    identity.change(move |directory, now| directory.set_up(&token, new, now)).await?;
    begin_session(&gate, principal, user).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_given_over_https_never_travels_plainly() {
        let text = |encrypted| set_cookie(None, encrypted).to_str().unwrap_or_default().to_owned();
        assert!(text(true).ends_with("; Secure"));
        assert!(!text(false).contains("Secure") && text(false).contains("HttpOnly; SameSite=Strict"));
    }
}
