//! A POST that is sent again because its answer was lost is done once: it bears the same `Idempotency-Key` and gets the first answer.

use super::principal::{Known as By, Principal};
use super::problem::Refusal;
use super::route::{Route, Verb};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use controller_identity::Act;
use ring::digest;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Answers that are remembered.
const ANSWERS_MAX: usize = 512;
/// Largest answer that is remembered, and largest body that is compared.
const BYTES_MAX: usize = 256 * 1024;
/// Most bytes of a key.
const KEY_BYTES_MAX: usize = 128;

/// Which request: who, which way, and the key.
type Which = (String, String, String);

#[derive(Debug)]
enum Entry {
    /// It is being done.
    Running {
        body: Vec<u8>,
    },
    Done {
        body: Vec<u8>,
        status: StatusCode,
        headers: HeaderMap,
        answer: Bytes,
    },
}

#[derive(Debug, Default)]
struct Answers {
    entries: BTreeMap<Which, Entry>,
    /// Those that are done, oldest first.
    order: VecDeque<Which>,
}

/// Answers that have been given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Idempotency {
    answers: Arc<Mutex<Answers>>,
}

/// What is known of a request.
pub(crate) enum Known {
    /// It has not been seen: it is to be done, and the answer remembered.
    First(Repeat, Box<Request>),
    /// This was the answer.
    Again(Response),
}

/// Remembers an answer; when it is dropped before, the request was not done.
pub(crate) struct Repeat {
    all: Idempotency,
    which: Which,
    ended: bool,
}

impl Idempotency {
    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request's name, where it bears a key and may be repeated.
    pub(crate) fn key(
        route: &Route,
        principal: &Principal,
        request: &Request,
    ) -> Result<Option<Which>, Refusal> {
        let Some(key) = request.headers().get("idempotency-key") else { return Ok(None) };
        // Signing in is never remembered: its answer bears a secret.
        let may = route.verb == Verb::Post && !matches!(route.act, Act::Open | Act::Account);
        if !may || principal.known == By::Nobody {
            return Ok(None);
        }
        let key = key.to_str().ok().filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
        let Some(key) = key else {
            return Err(Refusal::words(
                StatusCode::BAD_REQUEST,
                "bad_idempotency_key",
                "an Idempotency-Key has 1 to 128 printable ASCII characters",
                "Idempotency-Key 须为 1 至 128 个可见 ASCII 字符",
            ));
        };
        let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
        Ok(Some((principal.user.clone(), path, key.to_owned())))
    }

    /// Looks whether it has been done.
    pub(crate) async fn begin(&self, which: Which, request: Request) -> Result<Known, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, BYTES_MAX).await.map_err(|_| {
            Refusal::words(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "with an Idempotency-Key a body has at most 256 KiB",
                "带 Idempotency-Key 的请求体最多 256 KiB",
            )
        })?;
        let hash = digest::digest(&digest::SHA256, &bytes).as_ref().to_vec();
        let mut answers = self.answers();
        match answers.entries.get(&which) {
            None => {
                if answers.entries.len() >= ANSWERS_MAX * 2 {
                    return Err(conflict(
                        "too_many_running",
                        "too many requests are being done",
                        "处理中的请求过多",
                    ));
                }
                answers.entries.insert(which.clone(), Entry::Running { body: hash });
                let repeat = Repeat { all: self.clone(), which, ended: false };
                Ok(Known::First(repeat, Box::new(Request::from_parts(parts, Body::from(bytes)))))
            }
            Some(Entry::Running { body } | Entry::Done { body, .. }) if *body != hash => Err(conflict(
                "idempotency_key_reused",
                "this Idempotency-Key was sent with another body",
                "此 Idempotency-Key 已用于其他请求内容",
            )),
            Some(Entry::Running { .. }) => Err(conflict(
                "still_running",
                "the request with this Idempotency-Key is still being done",
                "相同 Idempotency-Key 的请求仍在处理",
            )),
            Some(Entry::Done { body: _, status, headers, answer }) => {
                let mut response = Response::new(Body::from(answer.clone()));
                *response.status_mut() = *status;
                *response.headers_mut() = headers.clone();
                let again = axum::http::HeaderValue::from_static("true");
                response.headers_mut().insert("idempotent-replayed", again);
                Ok(Known::Again(response))
            }
        }
    }
}

fn conflict(code: &'static str, en: &str, zh: &str) -> Refusal {
    Refusal::words(StatusCode::CONFLICT, code, en, zh)
}

impl Repeat {
    /// Remembers the answer, unless the server failed or the time was over: then it may be tried again.
    pub(crate) async fn end(mut self, response: Response) -> Response {
        let status = response.status();
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(answer) = to_bytes(body, BYTES_MAX).await else {
            let refusal = Refusal::words(
                StatusCode::INTERNAL_SERVER_ERROR,
                "answer_too_large",
                "it is done, but the answer is too large to be kept for an Idempotency-Key",
                "已完成，但结果过大，无法为 Idempotency-Key 保存",
            );
            return axum::response::IntoResponse::into_response(refusal);
        };
        let mut answers = self.all.answers();
        if let Some(entry) = answers.entries.get_mut(&self.which)
            && let Entry::Running { body } = entry
        {
            let body = std::mem::take(body);
            let (status, headers) = (parts.status, parts.headers.clone());
            *entry = Entry::Done { body, status, headers, answer: answer.clone() };
            answers.order.push_back(self.which.clone());
            if answers.order.len() > ANSWERS_MAX
                && let Some(oldest) = answers.order.pop_front()
            {
                answers.entries.remove(&oldest);
            }
        }
        self.ended = true;
        drop(answers);
        Response::from_parts(parts, Body::from(answer))
    }
}

impl Drop for Repeat {
    fn drop(&mut self) {
        if !self.ended {
            self.all.answers().entries.remove(&self.which);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_says_nothing_of_the_act_is_not_remembered() {
        let all = Idempotency::default();
        let begin = || {
            let which = ("li".to_owned(), "/v1/events".to_owned(), "k1".to_owned());
            all.begin(which, Request::new(Body::from("{}")))
        };
        for status in [StatusCode::REQUEST_TIMEOUT, StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK] {
            let Ok(Known::First(repeat, _)) = begin().await else { panic!("remembered before {status}") };
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            assert_eq!(repeat.end(response).await.status(), status);
        }
        let Ok(Known::Again(response)) = begin().await else { panic!("done twice") };
        assert_eq!(response.status(), StatusCode::OK);
    }
}
