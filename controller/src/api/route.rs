//! A row of the table of endpoints.

use super::shape::Shapes;
use super::watch::What;
use axum::http::Method;
use controller_identity::Act;
use serde_json::Value;

/// Makes a type's schema.
pub(crate) type Shape = fn(&mut Shapes) -> Value;

/// What an endpoint does with what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    /// In lower case, as OpenAPI and axum write it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    /// The verb of a request; HEAD is a GET without its body.
    pub(crate) fn of(method: &Method) -> Option<Self> {
        match method.as_str() {
            "GET" | "HEAD" => Some(Self::Get),
            "POST" => Some(Self::Post),
            "PUT" => Some(Self::Put),
            "PATCH" => Some(Self::Patch),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }
}

/// What comes back.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// JSON of that shape.
    Json(Shape),
    /// Something else, of that kind.
    Other(&'static str),
    /// Nothing.
    Nothing,
    /// A WebSocket.
    Socket,
}

/// An endpoint: what it does, who may, and what goes in and out. The rights check, the OpenAPI document and the tests are made of these rows; a path
/// without a row is refused.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) verb: Verb,
    /// As axum writes it: `/v1/scene/{id}`.
    pub(crate) path: &'static str,
    pub(crate) act: Act,
    pub(crate) en: &'static str,
    pub(crate) zh: &'static str,
    pub(crate) query: Option<Shape>,
    pub(crate) body: Option<Shape>,
    pub(crate) answer: Answer,
    /// Whether it goes into the audit log: everything that changes something, except what comes many times a second.
    pub(crate) audited: bool,
    /// What those who watch are to look at again.
    pub(crate) touches: Option<What>,
    /// Whether the answer bears an ETag.
    pub(crate) tagged: bool,
    /// Whether `If-Match` is honoured.
    pub(crate) conditional: bool,
    /// Whether a `Link` leads from one page of the list to the next.
    pub(crate) linked: bool,
}

impl Route {
    pub(crate) const fn new(
        verb: Verb,
        path: &'static str,
        act: Act,
        en: &'static str,
        zh: &'static str,
    ) -> Self {
        let audited = !matches!(verb, Verb::Get);
        Self {
            verb,
            path,
            act,
            en,
            zh,
            query: None,
            body: None,
            answer: Answer::Nothing,
            audited,
            touches: None,
            tagged: false,
            conditional: false,
            linked: false,
        }
    }

    pub(crate) const fn query(mut self, shape: Shape) -> Self {
        self.query = Some(shape);
        self
    }

    pub(crate) const fn body(mut self, shape: Shape) -> Self {
        self.body = Some(shape);
        self
    }

    pub(crate) const fn json(mut self, shape: Shape) -> Self {
        self.answer = Answer::Json(shape);
        self
    }

    pub(crate) const fn other(mut self, kind: &'static str) -> Self {
        self.answer = Answer::Other(kind);
        self
    }

    pub(crate) const fn socket(mut self) -> Self {
        self.answer = Answer::Socket;
        self
    }

    /// It changes nothing that would have to be written down.
    pub(crate) const fn quiet(mut self) -> Self {
        self.audited = false;
        self
    }

    /// The answer bears an ETag.
    pub(crate) const fn tagged(mut self) -> Self {
        self.tagged = true;
        self
    }

    /// It is done only where `If-Match` names what there is.
    pub(crate) const fn conditional(mut self) -> Self {
        self.conditional = true;
        self
    }

    /// It is a list in pages, each of which leads to the next.
    pub(crate) const fn linked(mut self) -> Self {
        self.linked = true;
        self
    }

    pub(crate) const fn touches(mut self, what: What) -> Self {
        self.touches = Some(what);
        self
    }
}
