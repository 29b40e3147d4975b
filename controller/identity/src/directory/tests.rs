//! Users, sessions and tokens, told the time.

use super::{Directory, NewToken, NewUser};
use crate::error::IdentityError;
use crate::password::PasswordHash;
use crate::rights::{Act, Grant, Role};
use crate::secret::Secret;
use crate::session::{SESSION_FOR, SESSION_IDLE};
use crate::user::{LOCKED_FOR, UserChange, WRONG_MAX};
use media::WallTime;
use std::collections::BTreeMap;
use std::time::Duration;

const T0: WallTime = WallTime(1_795_000_000_000_000_000);
const SECOND: Duration = Duration::from_secs(1);

/// A hash that costs nothing: these tests never compare passwords.
fn hash(text: &str) -> PasswordHash {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).unwrap()
}

fn new(user: &str, role: Role) -> NewUser {
    let grants = vec![Grant::everywhere(role)];
    NewUser {
        user: user.into(),
        name: user.to_uppercase(),
        locale: "zh-CN".into(),
        password: hash("p"),
        grants,
    }
}

fn directory() -> Directory {
    let mut directory = Directory::default();
    directory.add_user(new("wang", Role::Admin), T0).unwrap();
    directory.add_user(new("li.wei", Role::Operator), T0).unwrap();
    directory
}

/// What the writes add up to.
fn kept(directory: &mut Directory, store: &mut BTreeMap<String, Vec<u8>>) {
    for write in directory.take_writes() {
        match write.value {
            Some(value) => store.insert(write.key, value),
            None => store.remove(&write.key),
        };
    }
}

#[test]
fn what_was_written_is_the_same_directory() {
    let mut store = BTreeMap::new();
    let mut one = Directory::default();
    let link = one.offer_setup([1; 32], T0);
    kept(&mut one, &mut store);
    assert_eq!(Directory::load(store.clone()).unwrap(), one);
    one.set_up(&link.reveal(), new("wang", Role::Admin), T0).unwrap();
    one.add_user(new("li", Role::Viewer), T0).unwrap();
    let secret = one.sign_in("li", "10.0.0.7", [2; 32], T0).unwrap();
    let other = one.sign_in("wang", "10.0.0.8", [3; 32], T0).unwrap();
    let token = NewToken { name: "中控".into(), grants: vec![], ttl: SECOND, by: "wang".into() };
    one.add_token(token, [4; 32], [5; 4], T0).unwrap();
    one.set_locked(&secret, true).unwrap();
    one.sign_out(&other);
    one.note_password("li", &hash("p"), false, T0).unwrap_err();
    kept(&mut one, &mut store);
    assert_eq!(Directory::load(store.clone()).unwrap(), one);
    assert_eq!(store.len(), 2 + 1 + 1, "{:?}", store.keys());
    store.insert("identity/users/li".into(), b"{}".to_vec());
    let error = Directory::load(store).unwrap_err();
    assert_eq!(error, IdentityError::Unreadable("identity/users/li".into()));
}

#[test]
fn the_first_link_makes_one_administrator_once_and_in_time() {
    let mut directory = Directory::default();
    assert!(directory.needs_setup());
    let first = directory.offer_setup([1; 32], T0).reveal();
    let link = directory.offer_setup([2; 32], T0).reveal();
    let user = || new("wang", Role::Admin);
    assert_eq!(directory.set_up(&first, user(), T0), Err(IdentityError::NoSetup), "replaced");
    assert_eq!(directory.set_up("", user(), T0), Err(IdentityError::NoSetup));
    let late = T0 + Duration::from_secs(24 * 3600);
    assert_eq!(directory.check_setup(&link, late), Err(IdentityError::NoSetup), "too old");
    directory.set_up(&link, user(), T0).unwrap();
    assert_eq!(directory.set_up(&link, new("li", Role::Admin), T0), Err(IdentityError::NoSetup), "spent");
    assert!(directory.user("wang").unwrap().rights().may(Act::Administer, None, None));
}

#[test]
fn wrong_passwords_lock_out_for_longer_and_longer() {
    let mut directory = directory();
    let p = hash("p");
    let mut now = T0;
    for _ in 1..WRONG_MAX {
        assert_eq!(directory.note_password("li.wei", &p, false, now), Err(IdentityError::Wrong));
    }
    for factor in [1, 2, 4, 8] {
        assert!(directory.password_of("li.wei", now).is_ok());
        let until = now + LOCKED_FOR * factor;
        let locked = Err(IdentityError::LockedOut { until });
        assert_eq!(directory.note_password("li.wei", &p, false, now), locked);
        assert_eq!(directory.note_password("li.wei", &p, true, now + SECOND), locked, "also the right one");
        assert_eq!(directory.password_of("li.wei", until - SECOND).map(drop), locked);
        now = until;
    }
    for _ in 0..40 {
        let Err(IdentityError::LockedOut { until }) = directory.note_password("li.wei", &p, false, now)
        else {
            panic!()
        };
        assert!(until <= now + Duration::from_secs(24 * 3600));
        now = until;
    }
    directory.note_password("li.wei", &p, true, now).unwrap();
    assert_eq!(directory.note_password("li.wei", &p, false, now), Err(IdentityError::Wrong), "counted anew");
    assert!(directory.password_of("nobody", now).is_ok(), "nobody learns who is known");
    assert_eq!(
        directory.note_password("nobody", &PasswordHash::of_nobody(), true, now),
        Err(IdentityError::Wrong)
    );
}

#[test]
fn a_password_that_was_changed_meanwhile_opens_nothing() {
    let mut directory = directory();
    let old = directory.password_of("li.wei", T0).unwrap();
    let change = UserChange { password: Some(hash("q")), ..UserChange::default() };
    directory.change_user("li.wei", change, None).unwrap();
    assert_eq!(directory.note_password("li.wei", &old, true, T0), Err(IdentityError::Wrong));
}

#[test]
fn sessions_end_by_rest_by_age_and_by_what_happens_to_their_user() {
    let mut directory = directory();
    let secret = directory.sign_in("li.wei", "10.0.0.7", [1; 32], T0).unwrap();
    let rest = SESSION_IDLE - SECOND;
    let mut now = T0;
    while now + rest < T0 + SESSION_FOR {
        now = now + rest;
        assert_eq!(directory.session(&secret, true, now).unwrap().0.user, "li.wei");
    }
    assert_eq!(directory.session(&secret, true, T0 + SESSION_FOR).map(drop), Err(IdentityError::NoSession));
    let secret = directory.sign_in("li.wei", "", [2; 32], now).unwrap();
    // A page that asks by itself is nobody who is there.
    assert!(directory.session(&secret, false, now + rest).is_ok());
    assert!(directory.session(&secret, false, now + SESSION_IDLE).is_err());
    for change in [
        UserChange { disabled: Some(true), ..UserChange::default() },
        UserChange { password: Some(hash("q")), disabled: Some(false), ..UserChange::default() },
    ] {
        directory
            .change_user("li.wei", UserChange { disabled: Some(false), ..UserChange::default() }, None)
            .unwrap();
        let secret = directory.sign_in("li.wei", "", [3; 32], now).unwrap();
        assert!(directory.session(&secret, true, now).is_ok());
        directory.change_user("li.wei", change, None).unwrap();
        assert!(directory.session(&secret, true, now).is_err());
    }
    let secret = directory.sign_in("li.wei", "", [4; 32], now).unwrap();
    directory.remove_user("li.wei", None).unwrap();
    assert!(directory.session(&secret, true, now).is_err());
    assert!(directory.session(&Secret::new([9; 32]), true, now).is_err());
}

#[test]
fn one_user_has_a_bounded_number_of_sessions_and_the_oldest_goes() {
    let mut directory = directory();
    let at = |n: u8| T0 + SECOND * u32::from(n);
    let secrets: Vec<Secret> =
        (0..25).map(|n| directory.sign_in("li.wei", "", [n; 32], at(n)).unwrap()).collect();
    let standing = |directory: &mut Directory, secret| directory.session(secret, false, at(30)).is_ok();
    let there: Vec<bool> = secrets.iter().map(|secret| standing(&mut directory, secret)).collect();
    assert_eq!(there, [vec![false; 5], vec![true; 20]].concat());
    directory.forget(at(0) + SESSION_IDLE * 2);
    assert!(directory.sessions.is_empty() && directory.seen_written.is_empty());
}

#[test]
fn somebody_can_always_manage_users_and_names_are_checked() {
    let mut directory = directory();
    let disable = UserChange { disabled: Some(true), ..UserChange::default() };
    let demote = UserChange { grants: Some(vec![Grant::everywhere(Role::Viewer)]), ..UserChange::default() };
    for change in [disable.clone(), demote] {
        assert_eq!(directory.change_user("wang", change, None).map(drop), Err(IdentityError::LastAdmin));
    }
    assert_eq!(directory.remove_user("wang", None).map(drop), Err(IdentityError::LastAdmin));
    directory.add_user(new("zhao", Role::Admin), T0).unwrap();
    directory.change_user("wang", disable, None).unwrap();
    assert_eq!(directory.remove_user("zhao", None).map(drop), Err(IdentityError::LastAdmin));
    assert_eq!(directory.add_user(new("zhao", Role::Admin), T0), Err(IdentityError::Taken("zhao".into())));
    for name in ["", "-a", "A", "王", "a b", &"a".repeat(33), "a/b"] {
        assert_eq!(directory.add_user(new(name, Role::Viewer), T0), Err(IdentityError::BadName), "{name}");
    }
    let long = UserChange { name: Some("x".repeat(65)), ..UserChange::default() };
    assert_eq!(directory.change_user("zhao", long, None).map(drop), Err(IdentityError::BadField("name")));
}

#[test]
fn of_two_who_change_a_user_from_the_same_revision_one_is_told() {
    let mut directory = directory();
    let name = |name: &str| UserChange { name: Some(name.into()), ..UserChange::default() };
    assert_eq!(directory.change_user("li.wei", name("李伟"), Some(1)).unwrap().revision, 2);
    assert_eq!(
        directory.change_user("li.wei", name("李卫"), Some(1)).map(drop),
        Err(IdentityError::Changed { now: 2 })
    );
    assert_eq!(directory.user("li.wei").unwrap().name, "李伟");
}

#[test]
fn a_token_is_good_until_it_expires_or_is_revoked() {
    let mut directory = directory();
    let grants = vec![Grant::everywhere(Role::Operator)];
    let wanted = NewToken { name: "Crestron".into(), grants, ttl: SECOND * 100, by: "wang".into() };
    let (token, text) = directory.add_token(wanted.clone(), [7; 32], [1, 2, 3, 4], T0).unwrap();
    assert_eq!(token.id, "01020304");
    assert!(
        text.starts_with("taibai_01020304_") && !serde_json::to_string(token).unwrap().contains(&text[16..])
    );
    let found = directory.token(&text, T0 + SECOND * 99).unwrap();
    assert!(found.rights().may(Act::Operate, None, None) && !found.rights().may(Act::Administer, None, None));
    assert_eq!(directory.token(&text, T0 + SECOND * 100), Err(IdentityError::NoToken));
    for wrong in ["", "taibai_", &text[..text.len() - 1], &text.replace("01020304", "01020305")] {
        assert_eq!(directory.token(wrong, T0), Err(IdentityError::NoToken), "{wrong}");
    }
    directory.revoke_token("01020304").unwrap();
    assert_eq!(directory.token(&text, T0), Err(IdentityError::NoToken));
    let never = NewToken { ttl: Duration::ZERO, ..wanted };
    assert_eq!(
        directory.add_token(never, [7; 32], [1; 4], T0).map(drop),
        Err(IdentityError::BadField("days"))
    );
}
