//! `taibai user`, `taibai token add|list|revoke` and `taibai audit-log`: words about people to a running controller on this machine.

use super::data::{encoded, offset_s, print_json, read_token};
use super::operate::{ask, client, order, post, told};
use crate::cli::{
    AccessTokenCommand, AuditLogCommand, AuditLogListArgs, AuditLogVerifyArgs, PeopleListArgs, RightsArgs,
    TokenAddArgs, TokenRevokeArgs, UserAddArgs, UserCommand, UserNameArgs, UserPasswordArgs, UserRoleArgs,
};
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use controller::{AuditLine, AuditPage, AuditWhole, TokenLine, TokenMade, UserLine, time_of_day};
use media::WallTime;
use serde_json::{Value, json};
use std::io::{BufRead, IsTerminal};
use std::net::SocketAddr;
use std::path::Path;

/// What is asked about users.
pub fn user(command: &UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Add(args) => add(args),
        UserCommand::List(args) => list(args),
        UserCommand::Disable(args) => set_disabled(args, true),
        UserCommand::Enable(args) => set_disabled(args, false),
        UserCommand::Password(args) => password(args),
        UserCommand::Role(args) => role(args),
        UserCommand::Remove(args) => remove(args),
    }
}

/// The password of a file, or the first line of standard input.
fn read_password(file: Option<&Path>) -> Result<String, Failure> {
    if let Some(path) = file {
        return read_token(path);
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprintln!("taibai: type the new password and press Enter (it can be seen on this terminal):");
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).context("standard input cannot be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Each role on the named walls and with the named tags.
fn grants(rights: &RightsArgs) -> Value {
    let RightsArgs { role, wall, tag } = rights;
    let all = || vec!["*".to_owned()];
    let (walls, tags) = (
        if wall.is_empty() { all() } else { wall.clone() },
        if tag.is_empty() { all() } else { tag.clone() },
    );
    role.iter().map(|role| json!({ "role": role.as_str(), "walls": walls, "tags": tags })).collect()
}

fn add(args: &UserAddArgs) -> Result<(), Failure> {
    let UserAddArgs { user, name, rights, english, password_file, http } = args;
    let form = json!({
        "user": user, "name": name.as_ref().unwrap_or(user), "grants": grants(rights),
        "locale": if *english { "en" } else { "zh-CN" }, "password": read_password(password_file.as_deref())?,
    });
    let line: UserLine = post(*http, "/v1/users", "application/json", None, form.to_string().as_bytes())?;
    println!("user {} ({}) may sign in as {}", line.user, line.name, line.roles.join(", "));
    Ok(())
}

fn change(http: SocketAddr, user: &str, form: &Value) -> Result<UserLine, Failure> {
    told(client(http).patch(&format!("/v1/users/{}", encoded(user)), form))
}

fn set_disabled(args: &UserNameArgs, disabled: bool) -> Result<(), Failure> {
    let line = change(args.http, &args.user, &json!({ "disabled": disabled }))?;
    println!("user {} {} sign in", line.user, if disabled { "can no longer" } else { "can" });
    Ok(())
}

fn password(args: &UserPasswordArgs) -> Result<(), Failure> {
    let password = read_password(args.password_file.as_deref())?;
    let line = change(args.http, &args.user, &json!({ "password": password }))?;
    println!("user {} has another password; all sessions have ended", line.user);
    Ok(())
}

fn role(args: &UserRoleArgs) -> Result<(), Failure> {
    let line = change(args.http, &args.user, &json!({ "grants": grants(&args.rights) }))?;
    println!("user {} is now {}", line.user, line.roles.join(", "));
    Ok(())
}

fn delete(http: SocketAddr, path: &str) -> Result<(), Failure> {
    told(client(http).delete::<Value>(path)).map(drop)
}

fn remove(args: &UserNameArgs) -> Result<(), Failure> {
    delete(args.http, &format!("/v1/users/{}", encoded(&args.user)))?;
    println!("user {} is forgotten", args.user);
    Ok(())
}

fn list(args: &PeopleListArgs) -> Result<(), Failure> {
    let users: Vec<UserLine> = ask(args.http, "/v1/users?limit=1000")?;
    if args.json {
        return print_json(&users);
    }
    println!("{:<20} {:<28} {:<10} name", "user", "roles", "state");
    for user in &users {
        let state = match (user.disabled, user.locked_until) {
            (true, _) => "disabled",
            (false, Some(_)) => "locked",
            (false, None) => "may",
        };
        println!("{:<20} {:<28} {state:<10} {}", user.user, user.roles.join(", "), user.name);
    }
    Ok(())
}

/// What is asked about tokens of other systems.
pub fn token(command: &AccessTokenCommand) -> Result<(), Failure> {
    match command {
        AccessTokenCommand::Add(args) => add_token(args),
        AccessTokenCommand::List(args) => list_tokens(args),
        AccessTokenCommand::Revoke(args) => revoke_token(args),
    }
}

fn add_token(args: &TokenAddArgs) -> Result<(), Failure> {
    let TokenAddArgs { name, rights, days, http } = args;
    let form = json!({ "name": name, "grants": grants(rights), "days": days });
    let made: TokenMade = post(*http, "/v1/tokens", "application/json", None, form.to_string().as_bytes())?;
    eprintln!("taibai: token {} is shown this one time:", made.id);
    println!("{}", made.token);
    Ok(())
}

/// The day of a moment, such as `2026-11-26`, at UTC.
fn day(time: WallTime) -> String {
    // Days since 1970 to a date, by eras of 400 years that begin in March.
    let days = time.0.div_euclid(86_400_000_000_000) + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{of_month:02}", year + era * 400 + next)
}

fn list_tokens(args: &PeopleListArgs) -> Result<(), Failure> {
    let tokens: Vec<TokenLine> = ask(args.http, "/v1/tokens?limit=1000")?;
    if args.json {
        return print_json(&tokens);
    }
    println!("{:<10} {:<28} {:<12} {:<16} name", "id", "roles", "expires", "by");
    for token in &tokens {
        println!(
            "{:<10} {:<28} {:<12} {:<16} {}",
            token.id,
            token.roles.join(", "),
            day(token.expires),
            token.by,
            token.name
        );
    }
    Ok(())
}

fn revoke_token(args: &TokenRevokeArgs) -> Result<(), Failure> {
    delete(args.http, &format!("/v1/tokens/{}", encoded(&args.id)))?;
    println!("token {} is worth nothing any more", args.id);
    Ok(())
}

/// What is asked about the audit log.
pub fn audit_log(command: &AuditLogCommand) -> Result<(), Failure> {
    match command {
        AuditLogCommand::List(args) => list_records(args),
        AuditLogCommand::Verify(args) => verify(args),
    }
}

fn list_records(args: &AuditLogListArgs) -> Result<(), Failure> {
    let AuditLogListArgs { after, limit, english, json, http } = args;
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    let page: AuditPage = ask(*http, &format!("/v1/audit?limit={limit}{after}"))?;
    if *json {
        return print_json(&page);
    }
    let offset = offset_s(*http)?;
    for record in &page.records {
        let AuditLine { seq, at, by, from, words, to, status, before, after, .. } = record;
        let words = if *english { &words.en } else { &words.zh };
        let date = day(at.offset(i64::from(offset) * 1_000_000_000));
        println!("{seq:<6} {date} {} {by:<16} {from:<16} {status} {words}  {to}", time_of_day(*at, offset));
        for (sign, state) in [('-', before), ('+', after)] {
            if let Some(state) = state {
                println!("       {sign} {state}");
            }
        }
    }
    println!("{} of {} records", page.records.len(), page.last);
    Ok(())
}

fn verify(args: &AuditLogVerifyArgs) -> Result<(), Failure> {
    let whole: AuditWhole = match order(args.http, "/v1/audit/verify") {
        // An altered log is a finding, not a wrong command line.
        Err(Failure::Usage(message)) => return Err(anyhow!(message).into()),
        other => other?,
    };
    println!("the audit log is whole: {} records, last hash {}", whole.records, whole.hash);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        let at = |seconds: i64| day(WallTime(seconds * 1_000_000_000));
        assert_eq!(at(0), "1970-01-01");
        assert_eq!(at(951_782_399), "2000-02-28");
        assert_eq!(at(951_782_400), "2000-02-29");
        assert_eq!(at(1_795_651_199), "2026-11-25");
        assert_eq!(at(-1), "1969-12-31");
    }
}
