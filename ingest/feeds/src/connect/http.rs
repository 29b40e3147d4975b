//! HTTP servers that are asked again and again. No redirect is followed: the address is what the hall document says.

use super::{credential, poll, trust};
use crate::fault::FeedFault;
use crate::feeds::{FeedsSettings, Secrets};
use crate::landing::Landing;
use bytes::Bytes;
use ingest::feed::DOCUMENT_BYTES_MAX;
use media::{Credential, CredentialId};
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// How long one request may take, from name look-up to the last byte.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The URL of an endpoint.
pub(super) fn address(host: &str, port: u16, path: &str, tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    if host.contains(':') {
        format!("{scheme}://[{host}]:{port}{path}")
    } else {
        format!("{scheme}://{host}:{port}{path}")
    }
}

/// What a request gave.
enum Got {
    Same,
    New { body: Bytes, tag: Option<String> },
}

/// Asks for ever.
pub(super) async fn run(
    landing: &Arc<Landing>,
    secrets: &Secrets,
    settings: &FeedsSettings,
    address: &str,
    every: Duration,
    credential_id: Option<&CredentialId>,
) {
    let agent = agent(settings, TIMEOUT);
    let tag = std::sync::Mutex::new(None::<String>);
    let tag = &tag;
    poll(landing, every, || {
        let (agent, address) = (agent.clone(), address.to_owned());
        async move {
            let credential = credential(secrets, credential_id)?;
            let known = tag.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
            let request = move || ask(&agent, &address, credential.as_ref(), known.as_deref());
            let got = tokio::task::spawn_blocking(request)
                .await
                .map_err(|_| FeedFault::Answer("the request broke off".into()))?
                .map_err(|fault| name_credential(fault, credential_id))?;
            match got {
                Got::Same => landing.confirmed(),
                Got::New { body, tag: new } => {
                    landing.land(vec![body], DOCUMENT_BYTES_MAX).await.map_err(FeedFault::Store)?;
                    // Only now: what did not land is asked for again.
                    *tag.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = new;
                }
            }
            Ok(())
        }
    })
    .await;
}

/// A client that asks nobody but whom it is told to.
pub(super) fn agent(settings: &FeedsSettings, timeout: Duration) -> Agent {
    let certificates: Vec<Certificate<'static>> =
        trust::authorities(settings).map(|der| Certificate::from_der(der).to_owned()).collect();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&certificates)).build();
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent("taibai")
        .accept("application/json")
        .tls_config(tls)
        .build();
    config.new_agent()
}

/// Says whose credential was not accepted.
pub(super) fn name_credential(fault: FeedFault, id: Option<&CredentialId>) -> FeedFault {
    match fault {
        FeedFault::WrongCredential(_) => FeedFault::WrongCredential(id.cloned()),
        fault => fault,
    }
}

fn ask(
    agent: &Agent,
    address: &str,
    credential: Option<&Credential>,
    tag: Option<&str>,
) -> Result<Got, FeedFault> {
    let mut request = agent.get(address);
    if let Some(credential) = credential {
        request = request.header("Authorization", authorization(credential));
    }
    if let Some(tag) = tag {
        request = request.header("If-None-Match", tag);
    }
    let mut response = request.call().map_err(words)?;
    match response.status().as_u16() {
        304 => return Ok(Got::Same),
        200 => {}
        401 | 403 => return Err(FeedFault::WrongCredential(None)),
        status => return Err(FeedFault::Status(status)),
    }
    let tag = response.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let body =
        response.body_mut().with_config().limit(DOCUMENT_BYTES_MAX as u64).read_to_vec().map_err(words)?;
    Ok(Got::New { body: Bytes::from(body), tag })
}

/// A user with a password, or a token alone.
fn authorization(Credential { user, password }: &Credential) -> String {
    if user.is_empty() {
        format!("Bearer {password}")
    } else {
        format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
    }
}

/// Posts JSON once.
pub(super) fn post(
    agent: &Agent,
    address: &str,
    credential: Option<&Credential>,
    body: &[u8],
) -> Result<(), FeedFault> {
    let mut request = agent.post(address).header("Content-Type", "application/json");
    if let Some(credential) = credential {
        request = request.header("Authorization", authorization(credential));
    }
    match request.send(body).map_err(words)?.status().as_u16() {
        200..=299 => Ok(()),
        401 | 403 => Err(FeedFault::WrongCredential(None)),
        status => Err(FeedFault::Status(status)),
    }
}

/// What went wrong, without the URL, whose query may hold a key.
fn words(error: ureq::Error) -> FeedFault {
    match error {
        ureq::Error::BodyExceedsLimit(bytes) => FeedFault::Answer(format!("it has more than {bytes} bytes")),
        ureq::Error::Timeout(_) => FeedFault::Unreachable("no answer in time".into()),
        ureq::Error::HostNotFound => FeedFault::Unreachable("the host name is unknown".into()),
        ureq::Error::Io(error) => FeedFault::Unreachable(error.to_string()),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => FeedFault::Unreachable("the address is none".into()),
        other => FeedFault::Unreachable(other.to_string()),
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for n in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * n) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if n <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_in_the_rfc() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, coded) in pairs {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn addresses_of_both_kinds_become_urls() {
        assert_eq!(address("a.example", 80, "/x?y", false), "http://a.example:80/x?y");
        assert_eq!(address("fe80::1", 443, "/", true), "https://[fe80::1]:443/");
    }
}
