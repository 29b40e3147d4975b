//! How a refused request is answered: problem details (RFC 9457) with a stable code, in both languages.

use super::gist::chinese_of;
use crate::authority::OrderError;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use controller_identity::IdentityError;
use controller_store::StoreError;
use serde::{Deserialize, Serialize};

/// What a refused request carries: problem details as RFC 9457 has them, and a code for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// A URN with the code in it.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The status in words.
    #[serde(default)]
    pub title: String,
    /// The status.
    #[serde(default)]
    pub status: u16,
    /// What is wrong and what would be right, in English.
    pub detail: String,
    /// The same in Chinese, or at least the gist of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail_zh: Option<String>,
    /// A stable code, such as `unknown_scene`.
    pub code: String,
}

impl ApiError {
    /// What the body is.
    pub(crate) const KIND: HeaderValue = HeaderValue::from_static("application/problem+json");

    /// Without Chinese words of its own it has those of its code.
    pub(crate) fn new(status: StatusCode, code: &str, detail: String, detail_zh: Option<String>) -> Self {
        let detail_zh = detail_zh.or_else(|| chinese_of(code).map(str::to_owned));
        Self {
            kind: format!("urn:taibai:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail,
            detail_zh,
            code: code.to_owned(),
        }
    }
}

/// Why a request is refused.
pub(crate) enum Refusal {
    Order(OrderError),
    Query(QueryRejection),
    /// Status, code and message; in Chinese it has the words of its code.
    Said(StatusCode, &'static str, String),
    /// Status, code, and what is wrong in English and Chinese.
    Words(StatusCode, &'static str, String, String),
}

impl Refusal {
    /// A refusal in both languages.
    pub(crate) fn words(
        status: StatusCode,
        code: &'static str,
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Self {
        Self::Words(status, code, en.into(), zh.into())
    }

    /// Nobody is known who asks.
    pub(crate) fn nobody() -> Self {
        let error = IdentityError::NoSession;
        Self::words(StatusCode::UNAUTHORIZED, error.code(), error.to_string(), error.chinese())
    }

    /// Somebody is known, and may not.
    pub(crate) fn may_not() -> Self {
        Self::words(
            StatusCode::FORBIDDEN,
            "forbidden",
            "your rights do not cover this; an administrator can grant them",
            "权限不足，请联系管理员授权",
        )
    }

    /// Whether it is refused because whoever asks may not.
    pub(crate) fn is_forbidden(&self) -> bool {
        match self {
            Self::Said(status, ..) | Self::Words(status, ..) => *status == StatusCode::FORBIDDEN,
            _ => false,
        }
    }

    fn parts(self) -> (StatusCode, &'static str, String, Option<String>) {
        match self {
            Self::Order(error @ OrderError::UnknownScene { .. }) => {
                (StatusCode::NOT_FOUND, "unknown_scene", error.to_string(), None)
            }
            Self::Order(error @ OrderError::UnknownWall { .. }) => {
                (StatusCode::NOT_FOUND, "unknown_wall", error.to_string(), None)
            }
            Self::Said(status, code, message) => (status, code, message, None),
            Self::Words(status, code, en, zh) => (status, code, en, Some(zh)),
            Self::Query(error) => {
                (StatusCode::BAD_REQUEST, "bad_query", without_values(&error.body_text()), None)
            }
        }
    }
}

impl From<OrderError> for Refusal {
    fn from(error: OrderError) -> Self {
        Self::Order(error)
    }
}

impl From<QueryRejection> for Refusal {
    fn from(error: QueryRejection) -> Self {
        Self::Query(error)
    }
}

impl From<JsonRejection> for Refusal {
    fn from(error: JsonRejection) -> Self {
        Self::Said(error.status(), "bad_body", without_values(&error.body_text()))
    }
}

impl From<WebSocketUpgradeRejection> for Refusal {
    fn from(error: WebSocketUpgradeRejection) -> Self {
        Self::Said(error.status(), "no_websocket", error.body_text())
    }
}

/// What a reader says of a wrong body, without the values that it quotes: one of them may be a password in the wrong place.
fn without_values(said: &str) -> String {
    const BEGINS: [(&str, &str); 2] = [("string \"", "\", expected "), ("unknown variant `", "`, expected ")];
    for (begin, end) in BEGINS {
        if let Some((before, rest)) = said.split_once(begin)
            && let Some((_, after)) = rest.rsplit_once(end)
        {
            return format!("{before}{begin}…{end}{after}");
        }
    }
    said.to_owned()
}

impl From<IdentityError> for Refusal {
    fn from(error: IdentityError) -> Self {
        let status = match &error {
            IdentityError::Wrong
            | IdentityError::NoSession
            | IdentityError::NoToken
            | IdentityError::NoSetup => StatusCode::UNAUTHORIZED,
            IdentityError::LockedOut { until: _ } => StatusCode::TOO_MANY_REQUESTS,
            IdentityError::UnknownUser(_) | IdentityError::UnknownToken(_) => StatusCode::NOT_FOUND,
            IdentityError::Taken(_) | IdentityError::LastAdmin | IdentityError::TooMany(_) => {
                StatusCode::CONFLICT
            }
            IdentityError::Changed { now: _ } => StatusCode::PRECONDITION_FAILED,
            IdentityError::BadName | IdentityError::BadField(_) | IdentityError::Password(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            IdentityError::Unreadable(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::words(status, error.code(), error.to_string(), error.chinese())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the state cannot be kept");
        // Paths and the system's words are for the log.
        Self::words(
            StatusCode::SERVICE_UNAVAILABLE,
            "state_not_kept",
            "the controller cannot keep its state; its log says why",
            "控制器无法保存状态，原因见日志",
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, detail, detail_zh) = self.parts();
        let error = ApiError::new(status, code, detail, detail_zh);
        let body = serde_json::to_vec(&error).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, ApiError::KIND)], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"taibai\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// What the framework refuses by itself (a path that is no text, for one) is answered in the form of every other refusal.
pub(crate) fn in_one_form(response: Response) -> Response {
    let status = response.status();
    let told = response.headers().get(header::CONTENT_TYPE) == Some(&ApiError::KIND);
    if told || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    unreadable(status).into_response()
}

/// A request that is none that there is.
pub(crate) fn unreadable(status: StatusCode) -> Refusal {
    Refusal::words(
        status,
        "bad_request",
        "the request cannot be read; /v1/openapi.json says what there is",
        "无法解析该请求，见 /v1/openapi.json",
    )
}

/// Nothing lies at that path.
pub(crate) async fn nothing_there() -> Refusal {
    Refusal::words(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path", "此路径没有内容")
}

/// The path knows no such method.
pub(crate) fn unknown_method() -> Refusal {
    Refusal::words(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path does not know that method; /v1/openapi.json lists them",
        "此路径不支持该方法，见 /v1/openapi.json",
    )
}

/// The same as a handler.
pub(crate) async fn no_such_method() -> Refusal {
    unknown_method()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_wrong_body_quotes_no_value() {
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Side {
            Left,
        }
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "never made")]
        struct Form {
            side: Side,
            count: u8,
        }
        let said = |body: &str| without_values(&serde_json::from_str::<Form>(body).unwrap_err().to_string());
        for body in [
            r#""geheim""#,
            r#"{"count": "geheim"}"#,
            r#"{"count": "ge\", expected heim"}"#,
            r#"{"side": "geheim"}"#,
        ] {
            let words = said(body);
            assert!(!words.contains("heim") && words.contains("expected"), "{words}");
        }
        assert_eq!(
            said(r#"{"sid": 1}"#),
            "unknown field `sid`, expected `side` or `count` at line 1 column 6"
        );
    }
}
