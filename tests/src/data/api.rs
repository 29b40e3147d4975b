//! A small client of the controller's HTTP API.

use serde_json::Value;
use std::io;
use std::time::Duration;

/// How long a request may take.
const WITHIN: Duration = Duration::from_secs(20);

/// Where requests go.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    agent: ureq::Agent,
}

impl Api {
    /// `address` is `host:port`.
    pub fn new(address: &str) -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(WITHIN)).http_status_as_error(false);
        // The controller closes what is idle; a connection that is kept might be gone when it is used again.
        let config = config.max_idle_connections(0).build();
        Self { base: format!("http://{address}"), agent: config.into() }
    }

    /// Status and body. Errors: the controller does not answer.
    pub fn ask(&self, path: &str) -> io::Result<(u16, Value)> {
        let answer = self.agent.get(format!("{}{path}", self.base)).call();
        read(answer.map_err(|error| failed(path, &error))?)
    }

    /// The body. Errors: no answer, or another status than 200.
    pub fn get(&self, path: &str) -> io::Result<Value> {
        match self.ask(path)? {
            (200, body) => Ok(body),
            (status, body) => Err(io::Error::other(format!("{path}: {status}: {body}"))),
        }
    }

    /// Posts `body` of a media type, with a bearer token if there is one. Gives status and body.
    pub fn post(&self, path: &str, token: Option<&str>, kind: &str, body: &[u8]) -> io::Result<(u16, Value)> {
        let mut request = self.agent.post(format!("{}{path}", self.base)).header("content-type", kind);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        read(request.send(body).map_err(|error| failed(path, &error))?)
    }

    /// Posts JSON without a token.
    pub fn post_json(&self, path: &str, body: &str) -> io::Result<(u16, Value)> {
        self.post(path, None, "application/json", body.as_bytes())
    }
}

fn failed(path: &str, error: &ureq::Error) -> io::Error {
    io::Error::other(format!("{path}: {error}"))
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> io::Result<(u16, Value)> {
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().map_err(io::Error::other)?;
    // What is no JSON is words.
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok((status, body))
}
