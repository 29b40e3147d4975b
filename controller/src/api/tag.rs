//! ETag and If-Match: a change is made to what its author has seen, or not at all.

use super::problem::Refusal;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};

/// The header that names a revision.
pub(crate) fn etag(revision: &str) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{revision}\""))]
}

/// The revision of `If-Match`; `None` where there is none, or any will do.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let revision = text.trim_start_matches("W/").trim_matches('"');
    if revision.is_empty() { Err(bad_if_match()) } else { Ok(Some(revision)) }
}

/// What stands in `If-Match` was never an ETag of ours.
pub(crate) fn bad_if_match() -> Refusal {
    Refusal::words(
        StatusCode::BAD_REQUEST,
        "bad_if_match",
        "If-Match takes the ETag that was given with the resource",
        "If-Match 须为资源返回的 ETag",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_tag_is_read_as_it_was_given_and_a_star_is_any() {
        let read = |text: &'static str| {
            let headers = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(text))]);
            if_match(&headers).map(|found| found.map(str::to_owned)).map_err(|_| ())
        };
        let [(_, given)] = etag("a7_-");
        assert_eq!(given, "\"a7_-\"");
        assert_eq!(read("\"a7_-\""), Ok(Some("a7_-".to_owned())));
        assert_eq!(read("W/\"12\""), Ok(Some("12".to_owned())));
        assert_eq!(read("*"), Ok(None));
        assert_eq!(read("\"\""), Err(()));
        assert!(matches!(if_match(&HeaderMap::new()), Ok(None)));
    }
}
