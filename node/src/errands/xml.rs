//! What cameras answer in XML, bounded: no document types, no entities of its own, names without their prefixes.

use roxmltree::{Document, Node, ParsingOptions};

/// No answer that is worth reading is longer.
pub const BYTES_MAX: usize = 256 << 10;
const NODES_MAX: u32 = 20_000;

/// The document in `text`; `None` for one that is none, or too long.
pub fn read(text: &str) -> Option<Document<'_>> {
    if text.len() > BYTES_MAX {
        return None;
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).ok()
}

/// All elements of that local name below `node`.
pub fn all<'a, 'd: 'a>(node: Node<'a, 'd>, name: &'a str) -> impl Iterator<Item = Node<'a, 'd>> + 'a {
    node.descendants().filter(move |node| node.is_element() && node.tag_name().name() == name)
}

/// The text of the first element of that local name below `node`, without the blanks around it.
pub fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let found = node.descendants().find(|node| node.is_element() && node.tag_name().name() == name)?;
    found.text().map(str::trim).filter(|text| !text.is_empty())
}

/// `text` between tags.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Scheme, host, port and path of a URL as cameras write them; `None` for anything else.
pub fn address(url: &str) -> Option<(String, String, Option<u16>, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = match rest.find('/') {
        Some(at) => (&rest[..at], &rest[at..]),
        None => (rest, "/"),
    };
    // Whoever writes a user into it has nothing to say to us about passwords.
    let authority = authority.rsplit('@').next()?;
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (host, rest) = v6.split_once(']')?;
            (host, rest.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = port.map(str::parse).transpose().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let is_host = !host.is_empty() && host.len() <= 253 && host.chars().all(plain);
    let is_path = path.len() <= 1024 && !path.contains(|c: char| c.is_whitespace() || c.is_control());
    (is_host && is_path).then(|| (scheme.to_owned(), host.to_owned(), port, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_and_nonsense_are_no_documents() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>"#;
        for text in [bomb, "", "<a>", "nothing", "<a>&amp</a>"] {
            assert!(read(text).is_none(), "{text}");
        }
        assert!(read(&format!("<a>{}</a>", "x".repeat(BYTES_MAX))).is_none());
        assert!(read(&format!("<a>{}</a>", "<b/>".repeat(30_000))).is_none());
    }

    #[test]
    fn addresses_are_taken_apart_and_users_are_dropped() {
        let told =
            |url| address(url).map(|(scheme, host, port, path)| format!("{scheme} {host} {port:?} {path}"));
        assert_eq!(told("rtsp://10.0.0.9:554/main?ch=1").unwrap(), "rtsp 10.0.0.9 Some(554) /main?ch=1");
        assert_eq!(told("rtsp://admin:secret@cam.lan/a").unwrap(), "rtsp cam.lan None /a");
        assert_eq!(told("http://[fd00::7]:8000").unwrap(), "http fd00::7 Some(8000) /");
        for wrong in
            ["10.0.0.9/main", "rtsp:///x", "rtsp://a b/c", "rtsp://a:port/", "http://h/\u{7}", "x://[fd00"]
        {
            assert_eq!(told(wrong), None, "{wrong}");
        }
    }
}
