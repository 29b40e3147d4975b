//! The console's files, embedded in the program (`build.rs` lists what lies in `controller/web/`).

use super::problem::Refusal;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use ring::digest;
use std::collections::BTreeMap;
use std::sync::LazyLock;

include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// Each file by its path, with its tag.
static FILES: LazyLock<BTreeMap<&str, (&[u8], String)>> = LazyLock::new(|| {
    let tag = |bytes: &[u8]| {
        let hash = digest::digest(&digest::SHA256, bytes);
        let start = hash.as_ref().iter().take(12).map(|byte| format!("{byte:02x}"));
        format!("\"{}\"", start.collect::<String>())
    };
    WEB.iter().map(|(path, bytes)| (*path, (*bytes, tag(bytes)))).collect()
});

/// The kind of a file by its name; none for files that are not for browsers.
fn kind(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "woff2" => "font/woff2",
        "otf" => "font/otf",
        "ttf" => "font/ttf",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

/// Gives a file of the console; `/` is its page.
pub(crate) async fn file(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = match uri.path() {
        "/" => "index.html",
        path => path.trim_start_matches('/'),
    };
    if method != Method::GET && method != Method::HEAD {
        return super::problem::nothing_there().await.into_response();
    }
    let Some(((bytes, tag), kind)) = FILES.get(path).zip(kind(path)) else {
        return super::problem::nothing_there().await.into_response();
    };
    let tag_value = HeaderValue::from_str(tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
    let common = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        // Asked again each time, and sent only when it has changed.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ETAG, tag_value.clone()),
    ];
    if headers.get(header::IF_NONE_MATCH) == Some(&tag_value) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, *bytes).into_response()
}

/// Nothing but what has a path of its own lies at the local door.
pub(crate) async fn nothing() -> Refusal {
    super::problem::nothing_there().await
}
