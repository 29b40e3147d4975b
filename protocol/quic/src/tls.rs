//! TLS 1.3 between the programs of a hall: each proves who it is with a certificate of the hall's own authority.

use crate::authority::fingerprint;
use crate::error::LinkError;
use crate::host::Host;
use crate::identity::Identity;
use media::WallTime;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme,
};
use std::sync::Arc;

/// The control link's protocol name.
pub(crate) const ALPN_CONTROL: &[u8] = b"taibai-control/1";
/// The joining protocol's name.
pub(crate) const ALPN_JOIN: &[u8] = b"taibai-join/1";
/// The name of the protocol by which programs push data.
pub(crate) const ALPN_FEED: &[u8] = b"taibai-feed/1";
/// The wire of the media tracks.
pub(crate) const ALPN_MEDIA: &[u8] = b"moq-lite-06";

/// Installs ring as the process's cryptography. To be called once, first thing in `main`: two libraries bring a
/// provider each and rustls refuses to choose. Further calls do nothing.
pub fn install_crypto_provider() {
    // An error means that a provider is installed already, which is all that is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Certificates are judged by the host's clock.
#[derive(Debug)]
struct HostTime(Host);

impl TimeProvider for HostTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(self.0.wall().since(WallTime(0))))
    }
}

fn time_of(host: &Host) -> Arc<dyn TimeProvider> {
    Arc::new(HostTime(host.clone()))
}

fn local(error: impl std::fmt::Display) -> LinkError {
    LinkError::Local(format!("TLS cannot be set up: {error}"))
}

fn roots(authority: &CertificateDer<'static>) -> Result<Arc<RootCertStore>, LinkError> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).map_err(local)?;
    Ok(Arc::new(roots))
}

/// Whether a client may come without a certificate. One that does can do nothing but join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clients {
    /// Each must show one.
    MustProve,
    /// One without it gets as far as being told why it is refused, or joins.
    MayJoin,
}

/// The server's side.
pub(crate) fn server(
    host: &Host,
    identity: &Identity,
    alpn: &[&[u8]],
    clients: Clients,
) -> Result<QuicServerConfig, LinkError> {
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(&identity.authority)?, provider());
    let verifier = match clients {
        Clients::MustProve => verifier,
        Clients::MayJoin => verifier.allow_unauthenticated(),
    };
    let mut config = ServerConfig::builder_with_details(provider(), time_of(host))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(local)?
        .with_client_cert_verifier(verifier.build().map_err(local)?)
        .with_single_cert(identity.chain(), identity.private_key())
        .map_err(local)?;
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    // Each connection proves itself anew: no tickets to steal, no stale proofs.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    QuicServerConfig::try_from(config).map_err(local)
}

/// A client that shows its certificate and trusts the hall's authority.
pub(crate) fn client(host: &Host, identity: &Identity, alpn: &[u8]) -> Result<QuicClientConfig, LinkError> {
    let config = ClientConfig::builder_with_details(provider(), time_of(host))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(local)?
        .with_root_certificates(roots(&identity.authority)?)
        .with_client_auth_cert(identity.chain(), identity.private_key())
        .map_err(local)?;
    finish_client(config, alpn)
}

/// A client without a certificate of its own that knows the authority by its fingerprint alone.
pub(crate) fn joining_client(
    host: &Host,
    authority: [u8; 32],
    alpn: &[u8],
) -> Result<QuicClientConfig, LinkError> {
    let config = ClientConfig::builder_with_details(provider(), time_of(host))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(local)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PinnedAuthority { authority, provider: provider() }))
        .with_no_client_auth();
    finish_client(config, alpn)
}

fn finish_client(mut config: ClientConfig, alpn: &[u8]) -> Result<QuicClientConfig, LinkError> {
    config.alpn_protocols = vec![alpn.to_vec()];
    config.resumption = Resumption::disabled();
    QuicClientConfig::try_from(config).map_err(local)
}

/// Trusts the one authority whose fingerprint is in the join token, and then verifies as strictly as ever: chain,
/// dates, use and name.
#[derive(Debug)]
struct PinnedAuthority {
    authority: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let authority = intermediates.iter().find(|certificate| fingerprint(certificate) == self.authority);
        let authority =
            authority.ok_or(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not spoken here".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
