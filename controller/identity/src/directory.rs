//! All users, sessions and tokens of a hall, as a value. Each change leaves the entries that must be written down.

use crate::error::IdentityError;
use crate::password::PasswordHash;
use crate::rights::{Grant, Role};
use crate::secret::{Secret, same};
use crate::session::Session;
use crate::token::{ApiToken, TOKEN_START};
use crate::user::{User, UserChange};
use media::WallTime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How the keys begin under which all of it is kept.
pub const IDENTITY_PREFIX: &str = "identity/";
const USERS: &str = "identity/users/";
const SESSIONS: &str = "identity/sessions/";
const TOKENS: &str = "identity/tokens/";
const SETUP: &str = "identity/setup";

/// Most users, tokens, sessions of all and of one.
const USERS_MAX: usize = 1000;
const TOKENS_MAX: usize = 1000;
const SESSIONS_MAX: usize = 4000;
const SESSIONS_OF_ONE_MAX: usize = 20;
/// Most grants of one, and names in a grant.
const GRANTS_MAX: usize = 32;
const NAMES_MAX: usize = 256;
/// Most characters of names.
const NAME_CHARS_MAX: usize = 64;
/// How long a one-time link is good.
const SETUP_FOR: Duration = Duration::from_secs(24 * 3600);
/// Longest life of a token.
const TOKEN_FOR_MAX: Duration = Duration::from_secs(3660 * 24 * 3600);
/// A session's last request is written down when it is so much later than what is written: a restart ends nobody's session early by more.
const SEEN_WRITTEN: Duration = Duration::from_secs(60);
/// The languages of the console.
const LOCALES: [&str; 2] = ["zh-CN", "en"];

/// An entry to be written down, or deleted where there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Option<Vec<u8>>,
}

/// A user who is to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The name to sign in with.
    pub user: String,
    /// The name for people.
    pub name: String,
    /// `zh-CN` or `en`.
    pub locale: String,
    /// The password's hash; the password itself was checked.
    pub password: PasswordHash,
    /// What the user may do.
    pub grants: Vec<Grant>,
}

/// A token that is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// How long it is good.
    pub ttl: Duration,
    /// Who makes it.
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setup {
    hash: String,
    expires: WallTime,
}

/// Who is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    users: BTreeMap<String, User>,
    /// By the hash of their secret.
    sessions: BTreeMap<String, Session>,
    /// When what is written of a session was so.
    seen_written: BTreeMap<String, WallTime>,
    tokens: BTreeMap<String, ApiToken>,
    setup: Option<Setup>,
    writes: Vec<Write>,
}

impl Directory {
    /// What was kept: keys that begin with [`IDENTITY_PREFIX`], and their values.
    pub fn load(entries: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, IdentityError> {
        let mut directory = Self::default();
        for (key, value) in entries {
            if let Some(user) = key.strip_prefix(USERS) {
                directory.users.insert(user.to_owned(), read(&key, &value)?);
            } else if let Some(hash) = key.strip_prefix(SESSIONS) {
                let session: Session = read(&key, &value)?;
                directory.seen_written.insert(hash.to_owned(), session.seen);
                directory.sessions.insert(hash.to_owned(), session);
            } else if let Some(id) = key.strip_prefix(TOKENS) {
                directory.tokens.insert(id.to_owned(), read(&key, &value)?);
            } else if key == SETUP {
                directory.setup = Some(read(&key, &value)?);
            }
        }
        Ok(directory)
    }

    /// What must be written down since the last time.
    pub fn take_writes(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.writes)
    }

    /// The users in the order of their names.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// A user.
    pub fn user(&self, user: &str) -> Result<&User, IdentityError> {
        self.users.get(user).ok_or_else(|| unknown(user))
    }

    /// The tokens in the order of their ids.
    pub fn tokens(&self) -> impl Iterator<Item = &ApiToken> {
        self.tokens.values()
    }

    /// Whether nobody is known yet.
    pub fn needs_setup(&self) -> bool {
        self.users.is_empty()
    }

    /// The secret of a one-time link with which the first administrator makes himself known; the one before is worth nothing from now on.
    pub fn offer_setup(&mut self, random: [u8; 32], now: WallTime) -> Secret {
        let secret = Secret::new(random);
        let setup = Setup { hash: secret.hash(), expires: now + SETUP_FOR };
        self.write(SETUP, Some(&setup));
        self.setup = Some(setup);
        secret
    }

    /// Whether a one-time link is good.
    pub fn check_setup(&self, secret: &str, now: WallTime) -> Result<(), IdentityError> {
        let hash = Secret::parse(secret).ok_or(IdentityError::NoSetup)?.hash();
        let good = self.setup.as_ref().is_some_and(|setup| {
            same(setup.hash.as_bytes(), hash.as_bytes()) && setup.expires > now && self.needs_setup()
        });
        if good { Ok(()) } else { Err(IdentityError::NoSetup) }
    }

    /// The first administrator. The link is spent.
    pub fn set_up(&mut self, secret: &str, user: NewUser, now: WallTime) -> Result<(), IdentityError> {
        self.check_setup(secret, now)?;
        self.add_user(user, now)?;
        self.setup = None;
        self.write(SETUP, None::<&Setup>);
        Ok(())
    }

    /// The hash with which a password is to be compared, also for a user whom nobody knows.
    pub fn password_of(&self, user: &str, now: WallTime) -> Result<PasswordHash, IdentityError> {
        match self.users.get(user) {
            None => Ok(PasswordHash::of_nobody()),
            Some(user) => match user.locked_out(now) {
                Some(until) => Err(IdentityError::LockedOut { until }),
                None => Ok(user.password.clone()),
            },
        }
    }

    /// Notes whether a password was `compared` to be right, against [`Directory::password_of`].
    pub fn note_password(
        &mut self,
        user: &str,
        compared: &PasswordHash,
        right: bool,
        now: WallTime,
    ) -> Result<(), IdentityError> {
        let Some(found) = self.users.get_mut(user) else { return Err(IdentityError::Wrong) };
        if let Some(until) = found.locked_out(now) {
            return Err(IdentityError::LockedOut { until });
        }
        // Changed while it was compared: the old one opens nothing any more.
        let right = right && found.password == *compared;
        if right {
            if found.wrong > 0 {
                found.was_right();
                self.keep_user(user);
            }
            return Ok(());
        }
        found.was_wrong(now);
        let locked = found.locked_out(now);
        self.keep_user(user);
        Err(locked.map_or(IdentityError::Wrong, |until| IdentityError::LockedOut { until }))
    }

    /// Begins a session of somebody whose password was right. Gives its secret.
    pub fn sign_in(
        &mut self,
        user: &str,
        from: &str,
        random: [u8; 32],
        now: WallTime,
    ) -> Result<Secret, IdentityError> {
        let found = self.users.get_mut(user).filter(|user| !user.disabled).ok_or(IdentityError::Wrong)?;
        found.signed_in = Some(now);
        self.keep_user(user);
        self.make_room(user);
        let secret = Secret::new(random);
        let from = from.chars().take(NAME_CHARS_MAX).collect();
        let session = Session { user: user.to_owned(), created: now, seen: now, locked: false, from };
        self.write(&format!("{SESSIONS}{}", secret.hash()), Some(&session));
        self.seen_written.insert(secret.hash(), now);
        self.sessions.insert(secret.hash(), session);
        Ok(secret)
    }

    fn make_room(&mut self, user: &str) {
        let oldest = |sessions: &BTreeMap<String, Session>, of: Option<&str>| {
            let candidates = sessions.iter().filter(|(_, session)| of.is_none_or(|of| session.user == of));
            candidates.min_by_key(|(_, session)| session.seen).map(|(hash, _)| hash.clone())
        };
        let own = self.sessions.values().filter(|session| session.user == user).count();
        let gone = if own >= SESSIONS_OF_ONE_MAX {
            oldest(&self.sessions, Some(user))
        } else if self.sessions.len() >= SESSIONS_MAX {
            oldest(&self.sessions, None)
        } else {
            None
        };
        if let Some(hash) = gone {
            self.end_session(&hash);
        }
    }

    /// Whose session that is. `touch` says whether the request shows that somebody is there.
    pub fn session(
        &mut self,
        secret: &Secret,
        touch: bool,
        now: WallTime,
    ) -> Result<(&User, &Session), IdentityError> {
        let hash = secret.hash();
        let stands = self.sessions.get(&hash).is_some_and(|session| session.stands(now));
        let user = self.sessions.get(&hash).and_then(|session| self.users.get(&session.user));
        if !stands || user.is_none_or(|user| user.disabled) {
            if self.sessions.contains_key(&hash) {
                self.end_session(&hash);
            }
            return Err(IdentityError::NoSession);
        }
        if touch && let Some(session) = self.sessions.get_mut(&hash) {
            session.seen = session.seen.max(now);
            let written = self.seen_written.get(&hash).copied().unwrap_or_default();
            if now.since(written) >= SEEN_WRITTEN {
                self.keep_session(&hash);
            }
        }
        let session = self.sessions.get(&hash).ok_or(IdentityError::NoSession)?;
        let user = self.users.get(&session.user).ok_or(IdentityError::NoSession)?;
        Ok((user, session))
    }

    /// Ends a session; one that is over stays so.
    pub fn sign_out(&mut self, secret: &Secret) {
        self.end_session(&secret.hash());
    }

    /// Locks a session, or opens it again for somebody whose password was right.
    pub fn set_locked(&mut self, secret: &Secret, locked: bool) -> Result<(), IdentityError> {
        let hash = secret.hash();
        self.sessions.get_mut(&hash).ok_or(IdentityError::NoSession)?.locked = locked;
        self.keep_session(&hash);
        Ok(())
    }

    /// Makes a user known.
    pub fn add_user(&mut self, new: NewUser, now: WallTime) -> Result<(), IdentityError> {
        let NewUser { user, name, locale, password, grants } = new;
        check_user_name(&user)?;
        check_fields(Some(&name), Some(&locale), Some(&grants))?;
        if self.users.contains_key(&user) {
            return Err(IdentityError::Taken(user));
        }
        if self.users.len() >= USERS_MAX {
            return Err(IdentityError::TooMany(USERS_MAX));
        }
        let key = user.clone();
        let (disabled, created, revision, wrong) = (false, now, 1, 0);
        let (locked_until, signed_in) = (None, None);
        let new = User {
            user,
            name,
            locale,
            password,
            grants,
            disabled,
            created,
            revision,
            wrong,
            locked_until,
            signed_in,
        };
        self.users.insert(key.clone(), new);
        self.keep_user(&key);
        Ok(())
    }

    /// Changes a user, if the user still has revision `expected` where one is given.
    pub fn change_user(
        &mut self,
        user: &str,
        change: UserChange,
        expected: Option<u64>,
    ) -> Result<&User, IdentityError> {
        let UserChange { name, locale, password, grants, disabled } = change;
        check_fields(name.as_deref(), locale.as_deref(), grants.as_deref())?;
        self.check_revision(user, expected)?;
        let mut next = self.user(user)?.clone();
        let ends_sessions = password.is_some() || disabled == Some(true);
        if password.is_some() {
            next.was_right();
        }
        next.name = name.unwrap_or(next.name);
        next.locale = locale.unwrap_or(next.locale);
        next.password = password.unwrap_or(next.password);
        next.grants = grants.unwrap_or(next.grants);
        next.disabled = disabled.unwrap_or(next.disabled);
        next.revision += 1;
        if !next.administers() {
            self.check_not_last(user)?;
        }
        self.users.insert(user.to_owned(), next);
        self.keep_user(user);
        if ends_sessions {
            self.end_sessions_of(user);
        }
        self.user(user)
    }

    /// Forgets a user, whose sessions end.
    pub fn remove_user(&mut self, user: &str, expected: Option<u64>) -> Result<User, IdentityError> {
        self.check_revision(user, expected)?;
        self.check_not_last(user)?;
        let gone = self.users.remove(user).ok_or_else(|| unknown(user))?;
        self.write(&format!("{USERS}{user}"), None::<&User>);
        self.end_sessions_of(user);
        Ok(gone)
    }

    fn check_revision(&self, user: &str, expected: Option<u64>) -> Result<(), IdentityError> {
        let now = self.user(user)?.revision;
        if expected.is_none_or(|expected| expected == now) {
            Ok(())
        } else {
            Err(IdentityError::Changed { now })
        }
    }

    /// Somebody else can manage users, or `user` cannot either.
    fn check_not_last(&self, user: &str) -> Result<(), IdentityError> {
        let others = self.users.values().filter(|other| other.user != user);
        let is_one = self.users.get(user).is_some_and(User::administers);
        if !is_one || others.into_iter().any(User::administers) {
            Ok(())
        } else {
            Err(IdentityError::LastAdmin)
        }
    }

    /// Makes a token. Gives it with the text that is shown this one time.
    pub fn add_token(
        &mut self,
        new: NewToken,
        random: [u8; 32],
        id: [u8; 4],
        now: WallTime,
    ) -> Result<(&ApiToken, String), IdentityError> {
        let NewToken { name, grants, ttl, by } = new;
        check_fields(Some(&name), None, Some(&grants))?;
        if ttl.is_zero() || ttl > TOKEN_FOR_MAX {
            return Err(IdentityError::BadField("days"));
        }
        if self.tokens.len() >= TOKENS_MAX {
            return Err(IdentityError::TooMany(TOKENS_MAX));
        }
        let (id, secret) = (crate::secret::hex(&id), Secret::new(random));
        if self.tokens.contains_key(&id) {
            return Err(IdentityError::Taken(id));
        }
        let text = format!("{TOKEN_START}{id}_{}", secret.reveal());
        let token = ApiToken {
            id: id.clone(),
            name,
            hash: secret.hash(),
            grants,
            by,
            created: now,
            expires: now + ttl,
        };
        self.write(&format!("{TOKENS}{id}"), Some(&token));
        let token = self.tokens.entry(id).or_insert(token);
        Ok((token, text))
    }

    /// Ends a token.
    pub fn revoke_token(&mut self, id: &str) -> Result<ApiToken, IdentityError> {
        let gone = self.tokens.remove(id).ok_or_else(|| IdentityError::UnknownToken(short(id)))?;
        self.write(&format!("{TOKENS}{id}"), None::<&ApiToken>);
        Ok(gone)
    }

    /// The token of that text.
    pub fn token(&self, text: &str, now: WallTime) -> Result<&ApiToken, IdentityError> {
        let parts = text.strip_prefix(TOKEN_START).and_then(|rest| rest.split_once('_'));
        let (id, secret) = parts.ok_or(IdentityError::NoToken)?;
        let secret = Secret::parse(secret).ok_or(IdentityError::NoToken)?;
        let found = self.tokens.get(id).filter(|token| same(token.hash.as_bytes(), secret.hash().as_bytes()));
        found.filter(|token| token.expires > now).ok_or(IdentityError::NoToken)
    }

    /// Forgets sessions that are over and tokens that have long expired.
    pub fn forget(&mut self, now: WallTime) {
        let over = self.sessions.iter().filter(|(_, session)| !session.stands(now));
        let over: Vec<String> = over.map(|(hash, _)| hash.clone()).collect();
        over.iter().for_each(|hash| self.end_session(hash));
        let long = Duration::from_secs(90 * 24 * 3600);
        let expired = self.tokens.values().filter(|token| now.since(token.expires) > long);
        let expired: Vec<String> = expired.map(|token| token.id.clone()).collect();
        for id in expired {
            let _ = self.revoke_token(&id);
        }
    }

    fn end_session(&mut self, hash: &str) {
        if self.sessions.remove(hash).is_some() {
            self.seen_written.remove(hash);
            self.write(&format!("{SESSIONS}{hash}"), None::<&Session>);
        }
    }

    fn end_sessions_of(&mut self, user: &str) {
        let own = self.sessions.iter().filter(|(_, session)| session.user == user);
        let own: Vec<String> = own.map(|(hash, _)| hash.clone()).collect();
        own.iter().for_each(|hash| self.end_session(hash));
    }

    fn keep_user(&mut self, user: &str) {
        if let Some(value) = self.users.get(user).and_then(|user| serde_json::to_vec(user).ok()) {
            self.writes.push(Write { key: format!("{USERS}{user}"), value: Some(value) });
        }
    }

    fn keep_session(&mut self, hash: &str) {
        if let Some(session) = self.sessions.get(hash) {
            self.seen_written.insert(hash.to_owned(), session.seen);
            if let Ok(value) = serde_json::to_vec(session) {
                self.writes.push(Write { key: format!("{SESSIONS}{hash}"), value: Some(value) });
            }
        }
    }

    fn write(&mut self, key: &str, value: Option<&impl Serialize>) {
        let value = value.and_then(|value| serde_json::to_vec(value).ok());
        self.writes.push(Write { key: key.to_owned(), value });
    }
}

impl NewUser {
    /// The first administrator of a hall.
    pub fn administrator(user: String, name: String, locale: String, password: PasswordHash) -> Self {
        Self { user, name, locale, password, grants: vec![Grant::everywhere(Role::Admin)] }
    }
}

fn read<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, IdentityError> {
    serde_json::from_slice(value).map_err(|_| IdentityError::Unreadable(key.to_owned()))
}

fn short(text: &str) -> String {
    text.chars().take(NAME_CHARS_MAX).collect()
}

fn unknown(user: &str) -> IdentityError {
    IdentityError::UnknownUser(short(user))
}

fn check_user_name(user: &str) -> Result<(), IdentityError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let good = (1..=32).contains(&user.len())
        && user.bytes().next().is_some_and(plain)
        && user.bytes().all(|byte| plain(byte) || b"._-".contains(&byte));
    if good { Ok(()) } else { Err(IdentityError::BadName) }
}

fn check_fields(
    name: Option<&str>,
    locale: Option<&str>,
    grants: Option<&[Grant]>,
) -> Result<(), IdentityError> {
    let is_text = |text: &str, max: usize| {
        !text.trim().is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control)
    };
    if name.is_some_and(|name| !is_text(name, NAME_CHARS_MAX)) {
        return Err(IdentityError::BadField("name"));
    }
    if locale.is_some_and(|locale| !LOCALES.contains(&locale)) {
        return Err(IdentityError::BadField("locale"));
    }
    let grants = grants.unwrap_or_default();
    let scope =
        |names: &[String]| names.len() <= NAMES_MAX && names.iter().all(|name| is_text(name, NAME_CHARS_MAX));
    if grants.len() > GRANTS_MAX || !grants.iter().all(|grant| scope(&grant.walls) && scope(&grant.tags)) {
        return Err(IdentityError::BadField("grants"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
