//! Where a request may come from. At the local door stands no browser; at the console's door a browser shows which page sent it, and the
//! name under which it found this machine.

use super::problem::Refusal;
use axum::http::{HeaderMap, StatusCode, header};
use std::net::{IpAddr, Ipv6Addr};

/// What pages of this controller may load, and from where: from here, and nothing that a page was talked into.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
     media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Through which listener a request comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Door {
    /// Loopback, for commands on this machine, without credentials.
    Local,
    /// For people and other systems, with the names under which this machine is known besides its addresses.
    Console {
        /// In lower case, without ports.
        hosts: Vec<String>,
        /// Whether it speaks HTTPS.
        encrypted: bool,
    },
}

/// A page that is not ours has sent this.
pub(crate) fn foreign() -> Refusal {
    Refusal::words(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "the request comes from another page than this controller's own",
        "请求来自其他网页，已拒绝",
    )
}

/// The host of a `Host` header or an origin, without port and brackets.
fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Refuses names that are none of this machine's: a page whose name was bound to our address afterwards.
pub(crate) fn check_host(door: &Door, headers: &HeaderMap) -> Result<(), Refusal> {
    let mut named = headers.get_all(header::HOST).into_iter();
    let host = match (named.next(), named.next()) {
        (None, _) => "",
        (Some(host), None) => host.to_str().unwrap_or("?"),
        (Some(_), Some(_)) => "?",
    };
    let name = host_of(host).to_ascii_lowercase();
    let address: Option<IpAddr> = name.parse().ok().or_else(|| name.parse::<Ipv6Addr>().ok().map(IpAddr::V6));
    let good = match door {
        // A browser always names a host.
        Door::Local => {
            name.is_empty() || name == "localhost" || address.is_some_and(|address| address.is_loopback())
        }
        // An address cannot be bound anew.
        Door::Console { hosts, .. } => name == "localhost" || address.is_some() || hosts.contains(&name),
    };
    if good {
        return Ok(());
    }
    Err(Refusal::words(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown_host",
        "this controller is not known under that name; add it with --console-host, or use its address",
        "控制器未登记此主机名，请用 --console-host 添加，或使用 IP 地址访问",
    ))
}

/// Refuses what another page sent. `changes` says whether the request would change something or open a WebSocket.
pub(crate) fn check_origin(door: &Door, headers: &HeaderMap, changes: bool) -> Result<(), Refusal> {
    let origin = headers.get(header::ORIGIN);
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    match door {
        Door::Local if origin.is_some() || headers.contains_key("sec-fetch-site") => Err(Refusal::words(
            StatusCode::FORBIDDEN,
            "browser_refused",
            "this address is for commands on this machine, not for browsers; the console has its own address (--console)",
            "此地址仅供本机命令使用，浏览器请访问控制台地址（--console）",
        )),
        Door::Local => Ok(()),
        Door::Console { .. } => {
            let same = origin.is_none_or(|origin| {
                let origin = origin.to_str().unwrap_or_default();
                let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
                authority.is_some() && authority == host
            });
            // Typed into the bar, or sent by a page of ours; other pages may not even look.
            let site_good = site.is_none_or(|site| site == "same-origin" || (!changes && site == "none"));
            let navigates = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
            if same && (site_good || (!changes && navigates)) { Ok(()) } else { Err(foreign()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn console() -> Door {
        Door::Console { hosts: vec!["wall.hall.lan".into()], encrypted: false }
    }

    #[test]
    fn a_name_that_is_not_ours_is_refused_at_both_doors() {
        let good = |door: &Door, host: &str| check_host(door, &headers(&[("host", host)])).is_ok();
        for (host, local, at_console) in [
            ("127.0.0.1:7780", true, true),
            ("[::1]:7780", true, true),
            ("localhost", true, true),
            ("LOCALHOST:1", true, true),
            ("10.0.0.7:8470", false, true),
            ("wall.hall.lan:8470", false, true),
            ("wall.hall.lan.evil.example", false, false),
            ("evil.example:7780", false, false),
            ("127.0.0.1.evil.example", false, false),
            ("localhost.evil.example", false, false),
            ("2130706433", false, false),
            ("", true, false),
        ] {
            assert_eq!((good(&Door::Local, host), good(&console(), host)), (local, at_console), "{host}");
        }
        let two = headers(&[("host", "127.0.0.1"), ("host", "evil.example")]);
        assert!(check_host(&Door::Local, &two).is_err() && check_host(&console(), &two).is_err());
        assert!(
            check_host(&Door::Local, &HeaderMap::new()).is_ok()
                && check_host(&console(), &HeaderMap::new()).is_err()
        );
    }

    #[test]
    fn other_pages_change_nothing_and_no_browser_comes_to_the_local_door() {
        let at = |door: &Door, changes: bool, pairs: &[(&'static str, &str)]| {
            let mut all = vec![("host", "10.0.0.7:8470")];
            all.extend(pairs);
            check_origin(door, &headers(&all), changes).is_ok()
        };
        let door = console();
        assert!(at(&door, true, &[("origin", "http://10.0.0.7:8470"), ("sec-fetch-site", "same-origin")]));
        assert!(at(&door, true, &[("origin", "https://10.0.0.7:8470")]), "behind a TLS proxy");
        for origin in
            ["http://evil.example", "null", "http://10.0.0.7", "http://10.0.0.7:84700", "ftp://10.0.0.7:8470"]
        {
            assert!(!at(&door, true, &[("origin", origin)]), "{origin}");
            assert!(!at(&door, false, &[("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site", "none"] {
            assert!(!at(&door, true, &[("sec-fetch-site", site)]), "{site}");
        }
        assert!(!at(&door, false, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]));
        assert!(
            at(&door, false, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]),
            "a link"
        );
        assert!(at(&door, false, &[("sec-fetch-site", "none")]), "typed into the bar");
        assert!(at(&door, true, &[]), "no browser");
        for pairs in [
            [("origin", "http://127.0.0.1:7780")],
            [("sec-fetch-site", "same-origin")],
            [("sec-fetch-site", "none")],
        ] {
            assert!(!at(&Door::Local, false, &pairs), "{pairs:?}");
        }
        assert!(at(&Door::Local, true, &[]));
    }
}
