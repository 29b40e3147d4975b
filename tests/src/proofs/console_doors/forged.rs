//! What other pages, forms, and names that were bound to this machine afterwards send is refused at every endpoint that changes something,
//! and at every WebSocket.

use super::hall::{DoorsHall, Parts};
use super::wire::{Meddled, Meddler, Request};
use super::{Measured, Row, rows};
use crate::proofs::Proofs;
use serde_json::Value;
use std::net::SocketAddr;

const LINE: &str = "forged origins, forms of other pages, rebound names";
const BAR: &str = "every one refused";
/// How each door says that it lets nobody in who comes like that.
const CODES: [&str; 3] = ["foreign_origin", "unknown_host", "browser_refused"];
/// A name that leads to this machine since a moment ago.
const REBOUND: &str = "evil.example:8470";

/// An endpoint that changes something, or a WebSocket.
struct Endpoint {
    method: String,
    path: String,
    socket: bool,
}

/// Every endpoint, with every forgery, at both doors.
pub(crate) fn forged(proofs: &Proofs) -> Vec<Row> {
    rows(LINE, BAR, measure(proofs))
}

fn measure(proofs: &Proofs) -> Measured<Vec<Row>> {
    let hall = DoorsHall::start(proofs, "prove-forged", Parts::Decides)?;
    let cookie = hall.session("wang", "admin")?;
    let endpoints = endpoints(&hall.description()?);
    let written = |hall: &DoorsHall| -> Measured<Value> {
        Ok(hall.local("GET", "/v1/audit?limit=1", &Value::Null)?["last"].clone())
    };
    let before = written(&hall)?;
    let (asked, let_in) = forge(&endpoints, hall.console, hall.console, &cookie)?;
    let (at_commands, let_in_there) = forge_at_commands(&endpoints, hall.commands)?;
    let after = written(&hall)?;
    let sockets = endpoints.iter().filter(|endpoint| endpoint.socket).count();
    let wrong: Vec<&String> = let_in.iter().chain(&let_in_there).collect();
    let all = asked + at_commands;
    let figure = match wrong.first() {
        None => format!(
            "{all} of {all} at {} endpoints, {sockets} of them WebSockets, by both doors",
            endpoints.len()
        ),
        Some(first) => format!("{} of {all} let in; {first}", wrong.len()),
    };
    let kept = wrong.is_empty() && before == after && endpoints.len() >= 30 && sockets >= 2;
    let quiet = format!("audit log at {after}, before {before}");
    // The planted fault: a proxy that makes every origin the controller's own.
    let own = format!("Origin: http://{}", hall.console);
    let careless = Meddler::start(hall.console, move |head| {
        let line = |line: &str| if line.starts_with("Origin:") { own.clone() } else { line.to_owned() };
        Meddled::On(head.split("\r\n").map(line).collect::<Vec<_>>().join("\r\n"))
    })?;
    let (_, planted) = forge(&endpoints, careless.address, hall.console, &cookie)?;
    Ok(vec![
        Row::new(LINE, figure, BAR, kept),
        Row::new("what they have changed", quiet, "nothing", before == after),
        Row::planted("forged origins", "a proxy that rewrites the origin", !planted.is_empty()),
    ])
}

fn endpoints(description: &Value) -> Vec<Endpoint> {
    let mut found = Vec::new();
    for (path, operations) in description["paths"].as_object().into_iter().flatten() {
        for (verb, operation) in operations.as_object().into_iter().flatten() {
            let socket = !operation["responses"]["101"].is_null();
            if verb != "get" || socket {
                let parts = path.split('/').map(|part| match part {
                    "{wall}" => "main",
                    part if part.starts_with('{') => "day",
                    part => part,
                });
                let path = parts.collect::<Vec<_>>().join("/");
                found.push(Endpoint { method: verb.to_uppercase(), path, socket });
            }
        }
    }
    found
}

impl Endpoint {
    fn request(&self) -> Request {
        let request = Request::new(&self.method, &self.path);
        if self.socket { request.socket() } else { request.body(b"{}") }
    }
}

/// Sends each forgery with a good cookie to `to`, which clients know as `name`. Gives how many were sent, and those that were let in.
fn forge(
    endpoints: &[Endpoint],
    to: SocketAddr,
    name: SocketAddr,
    cookie: &str,
) -> Measured<(usize, Vec<String>)> {
    let (host, own) = (name.to_string(), format!("http://{name}"));
    let (host, own) = (host.as_str(), own.as_str());
    let other = "http://evil.example";
    let json = ("Content-Type", "application/json");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let forgeries: [(&str, Vec<(&str, &str)>); 7] = [
        ("a script of another page", vec![("Host", host), ("Origin", other), json]),
        ("a page in a sandbox", vec![("Host", host), ("Origin", "null"), json]),
        ("a page of another port", vec![("Host", host), ("Origin", "http://127.0.0.1"), json]),
        (
            "a form of another page",
            vec![
                ("Host", host),
                ("Origin", other),
                ("Sec-Fetch-Site", "cross-site"),
                ("Sec-Fetch-Mode", "navigate"),
                form,
            ],
        ),
        ("a form of an old browser", vec![("Host", host), form]),
        (
            "a page of the same site",
            vec![("Host", host), ("Sec-Fetch-Site", "same-site"), ("Origin", own), json],
        ),
        ("a rebound name", vec![("Host", REBOUND), ("Origin", "http://evil.example:8470"), json]),
    ];
    let (mut asked, mut let_in) = (0, Vec::new());
    for endpoint in endpoints {
        for (what, headers) in &forgeries {
            let request = endpoint.request().header("Cookie", cookie);
            let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            asked += 1;
            note(&request, to, &format!("{what}: {} {}", endpoint.method, endpoint.path), &mut let_in)?;
        }
    }
    Ok((asked, let_in))
}

/// At the commands' door stands no browser, whatever it says.
fn forge_at_commands(endpoints: &[Endpoint], to: SocketAddr) -> Measured<(usize, Vec<String>)> {
    let host = to.to_string();
    let forgeries = [
        ("its own origin", vec![("Host", host.as_str()), ("Origin", "http://127.0.0.1")]),
        ("a form", vec![("Host", host.as_str()), ("Sec-Fetch-Site", "cross-site")]),
        ("a rebound name", vec![("Host", REBOUND)]),
    ];
    let (mut asked, mut let_in) = (0, Vec::new());
    for endpoint in endpoints {
        for (what, headers) in &forgeries {
            let request = endpoint.request();
            let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            asked += 1;
            let what = format!("{what} at the commands' door: {} {}", endpoint.method, endpoint.path);
            note(&request, to, &what, &mut let_in)?;
        }
    }
    Ok((asked, let_in))
}

fn note(request: &Request, to: SocketAddr, what: &str, let_in: &mut Vec<String>) -> Measured<()> {
    let answer = request.to(to)?;
    if !matches!(answer.status, 403 | 421) || !CODES.contains(&answer.code().as_str()) {
        let_in.push(format!("{what}: {} {}", answer.status, answer.code()));
    }
    Ok(())
}
