//! Requests, and what comes back: an answer, a refusal in words, or nothing.

use crate::door::Door;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, RequestBuilder};

/// Most bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// What a controller refuses, in its own words.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// What programs know it by, such as `over_budget`; empty where the controller does not say.
    pub code: String,
    /// Why, in English.
    pub detail: String,
    /// Why, in Chinese.
    pub detail_zh: String,
    /// The whole answer: some refusals say more.
    pub body: Value,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AskError {
    /// Nobody answers.
    #[error("no controller answers at {door}: {why}")]
    Unreachable {
        /// Where.
        door: String,
        /// What the system says.
        why: String,
    },
    /// The controller refuses.
    #[error("{}", .0.detail)]
    Refused(Box<Refused>),
    /// Something goes wrong in the controller, and it has no words for it.
    #[error("the controller answers {0}")]
    Failed(StatusCode),
    /// The answer is none that this version understands.
    #[error("the controller's answer cannot be read: {0}")]
    Unreadable(String),
}

impl AskError {
    /// The refusal, if it is one.
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            _ => None,
        }
    }
}

/// A picture and when it was composed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Milliseconds since the Unix epoch, by the hall's clock; `None` where the controller does not say.
    pub captured_ms: Option<i64>,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Asks a controller. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    door: Door,
    agent: Agent,
}

impl Client {
    /// A client whose answers may take up to `within` each.
    pub fn new(door: Door, within: Duration) -> Self {
        // Plain doors need no authorities, and reading those of the machine takes time.
        let roots: Vec<Certificate<'static>> = match door.is_secure() {
            true => door.roots().map(|der| Certificate::from_der(der).to_owned()).collect(),
            false => Vec::new(),
        };
        let config = Agent::config_builder()
            .timeout_global(Some(within))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent("taibai")
            .tls_config(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots)).build());
        Self { door, agent: config.build().new_agent() }
    }

    /// Where it asks.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Asks for what is at `path`.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, AskError> {
        self.answer(self.known(self.agent.get(self.door.url(path))).call())
    }

    /// Asks for the text at `path`.
    pub fn text(&self, path: &str) -> Result<String, AskError> {
        let mut response = self.good(self.known(self.agent.get(self.door.url(path))).call())?;
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        body.read_to_string().map_err(unreadable)
    }

    /// Asks for the picture at `path`.
    pub fn picture(&self, path: &str) -> Result<Picture, AskError> {
        let mut response = self.good(self.known(self.agent.get(self.door.url(path))).call())?;
        let captured =
            response.headers().get("x-captured-ms").and_then(|value| value.to_str().ok()?.parse().ok());
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        Ok(Picture { captured_ms: captured, bytes: body.read_to_vec().map_err(unreadable)? })
    }

    /// Gives the order at `path`.
    pub fn order<T: DeserializeOwned>(&self, path: &str) -> Result<T, AskError> {
        self.answer(self.known(self.agent.post(self.door.url(path))).send_empty())
    }

    /// Posts `body`, which is of the MIME type `kind`.
    pub fn post<T: DeserializeOwned>(&self, path: &str, kind: &str, body: &[u8]) -> Result<T, AskError> {
        let request = self.known(self.agent.post(self.door.url(path)));
        self.answer(request.header("Content-Type", kind).send(body))
    }

    /// Posts JSON.
    pub fn tell<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, AskError> {
        self.post(path, "application/json", body.to_string().as_bytes())
    }

    /// Changes what is at `path` as JSON says.
    pub fn patch<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, AskError> {
        let request = self.known(self.agent.patch(self.door.url(path)));
        self.answer(request.header("Content-Type", "application/json").send(body.to_string().as_bytes()))
    }

    /// Takes away what is at `path`.
    pub fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, AskError> {
        self.answer(self.known(self.agent.delete(self.door.url(path))).call())
    }

    fn known<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match self.door.token() {
            Some(token) => request.header("Authorization", token.header()),
            None => request,
        }
    }

    /// The answer's JSON; an empty answer is null.
    fn answer<T: DeserializeOwned>(&self, told: Result<Response<Body>, ureq::Error>) -> Result<T, AskError> {
        let mut response = self.good(told)?;
        if response.status() == StatusCode::NO_CONTENT {
            return serde_json::from_value(Value::Null)
                .map_err(|error| AskError::Unreadable(error.to_string()));
        }
        response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_json().map_err(unreadable)
    }

    fn good(&self, told: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, AskError> {
        let unreachable = |error: ureq::Error| AskError::Unreachable {
            door: self.door.to_string(),
            why: error.to_string(),
        };
        let mut response = told.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body =
            response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().unwrap_or_default();
        Err(refusal(status, &body))
    }
}

fn unreadable(error: ureq::Error) -> AskError {
    AskError::Unreadable(error.to_string())
}

/// What an answer that is no good one says.
pub(crate) fn refusal(status: StatusCode, body: &[u8]) -> AskError {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return AskError::Failed(status) };
    let said = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    // Problem details say it in `detail`; controllers before them did in `message`.
    let detail = if body.get("detail").is_some() { said("detail") } else { said("message") };
    if detail.is_empty() {
        return AskError::Failed(status);
    }
    let zh = said("detail_zh");
    let detail_zh = if zh.is_empty() { detail.clone() } else { zh };
    AskError::Refused(Box::new(Refused {
        status: status.as_u16(),
        code: said("code"),
        detail,
        detail_zh,
        body,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_its_words_and_an_answer_without_words_its_number() {
        let said = r#"{"code": "over_budget", "detail": "too much", "detail_zh": "超出", "over": [1]}"#;
        let refused = refusal(StatusCode::UNPROCESSABLE_ENTITY, said.as_bytes());
        let known = refused.refused().unwrap();
        assert_eq!(
            (known.status, known.code.as_str(), known.detail_zh.as_str()),
            (422, "over_budget", "超出")
        );
        assert_eq!((known.body["over"][0].as_i64(), refused.to_string()), (Some(1), "too much".to_owned()));
        let old = refusal(StatusCode::NOT_FOUND, br#"{"message": "no such scene"}"#);
        assert_eq!(old.refused().unwrap().detail_zh, "no such scene");
        for none in ["", "<html>", "{}", r#"{"detail": 3}"#] {
            let failed = refusal(StatusCode::BAD_GATEWAY, none.as_bytes());
            assert_eq!(failed.to_string(), "the controller answers 502 Bad Gateway", "{none}");
        }
    }
}
