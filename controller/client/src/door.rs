//! Where a controller is reached, whom its certificate is believed from, and who one is there.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use ureq::http::Uri;

/// Why an address, a token or an authority is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// The address is none.
    #[error("{0:?} is no address of a controller; write https://HOST:PORT")]
    Address(String),
    /// The token is none.
    #[error(
        "the token is empty or has characters that no token has; `taibai token add NAME --role designer` prints one"
    )]
    Token,
    /// There is no certificate.
    #[error("the authority's file holds no certificate; a PEM file is wanted")]
    Authority,
}

/// A secret by which a program is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token in `text`, without the blanks around it.
    pub fn new(text: &str) -> Result<Self, DoorError> {
        let text = text.trim();
        let fits = !text.is_empty() && text.len() <= 512 && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(DoorError::Token) }
    }

    /// The value of the header `Authorization`.
    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// A door of a controller. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Door {
    secure: bool,
    /// Without brackets.
    host: String,
    port: u16,
    token: Option<Token>,
    /// Beside those of the machine.
    authorities: Arc<[CertificateDer<'static>]>,
}

impl Door {
    /// The door for this machine's own commands, where nobody is asked who he is.
    pub fn local(http: SocketAddr) -> Self {
        let (host, port) = (http.ip().to_string(), http.port());
        Self { secure: false, host, port, token: None, authorities: Arc::new([]) }
    }

    /// The door at `https://HOST:PORT`, or `http://HOST:PORT` where the controller has no certificate. `authority` is a PEM file's
    /// content: certificates that are believed beside those of the machine.
    pub fn parse(url: &str, token: Option<Token>, authority: Option<&[u8]>) -> Result<Self, DoorError> {
        let wrong = || DoorError::Address(url.to_owned());
        let uri: Uri = url.trim().parse().map_err(|_| wrong())?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let named = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        if !named || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(wrong());
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let authorities = authority.map(certificates).transpose()?.unwrap_or_default().into();
        Ok(Self { secure, host, port, token, authorities })
    }

    /// The same door for somebody else.
    pub fn with_token(self, token: Option<Token>) -> Self {
        Self { token, ..self }
    }

    /// Whether what is said there can be read by nobody else.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether it is on this very machine.
    pub fn is_here(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// `HOST:PORT`.
    pub fn name(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// `path` behind the door, with the scheme of requests.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", if self.secure { "https" } else { "http" }, self.name())
    }

    /// All authorities that are believed.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        machine().iter().chain(self.authorities.iter())
    }
}

impl fmt::Display for Door {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.url(""))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, DoorError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(DoorError::Authority),
    }
}

/// The machine's authorities, read once.
fn machine() -> &'static [CertificateDer<'static>] {
    static MACHINE: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let loaded = rustls_native_certs::load_native_certs();
        for error in &loaded.errors {
            tracing::warn!(%error, "some authorities of this machine cannot be read");
        }
        loaded.certs
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_what_is_none_is_named() {
        let door = |url: &str| Door::parse(url, None, None);
        assert_eq!(door("https://wall.hall.lan:8470").unwrap().to_string(), "https://wall.hall.lan:8470");
        assert_eq!(door("http://10.0.0.7/").unwrap().to_string(), "http://10.0.0.7:80");
        assert_eq!(door("https://[::1]:9").unwrap().name(), "[::1]:9");
        assert!(door("https://[::1]:9").unwrap().is_here() && !door("https://[fe80::1]").unwrap().is_here());
        for wrong in [
            "",
            "wall",
            "ftp://wall",
            "https://",
            "https://wall/console",
            "https://a:b@wall",
            "https://wall/?x",
        ] {
            assert!(matches!(door(wrong), Err(DoorError::Address(named)) if named == wrong), "{wrong}");
        }
        assert_eq!(Door::parse("https://wall", None, Some(b"none")).unwrap_err(), DoorError::Authority);
    }

    #[test]
    fn a_token_is_seen_by_nobody() {
        let token = Token::new(" taibai_canary\n").unwrap();
        let door = Door::parse("https://wall", Some(token.clone()), None).unwrap();
        assert!(!format!("{door:?} {door} {token:?}").contains("canary"));
        assert_eq!(token.header(), "Bearer taibai_canary");
        for wrong in ["", " ", "two words", "ta\u{ef}", "a\nb"] {
            assert_eq!(Token::new(wrong), Err(DoorError::Token), "{wrong:?}");
        }
    }
}
