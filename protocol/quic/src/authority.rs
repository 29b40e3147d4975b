//! The hall's own certificate authority, made by the controller at its first start.

use crate::host::Host;
use crate::identity::{Identity, pem};
use crate::names::Peer;
use crate::state_dir::{self, FileError};
use crate::tokens::{TokenError, Tokens};
use media::{NodeId, WallTime};
use protocol::{JoinAccepted, JoinRequest, JoinToken, Reason, Role};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use ring::digest::{SHA256, digest};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, PrivatePkcs8KeyDer};
use std::path::Path;
use std::time::Duration;

const CERTIFICATE: &str = "authority.pem";
const KEY: &str = "authority.key";
const FILE_BYTES_MAX: u64 = 64 << 10;
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Long, because there is no renewal yet and a wall that goes dark over a date is worse.
const AUTHORITY_VALID: Duration = Duration::from_secs(20 * 365 * 24 * 3600);
const NODE_VALID: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Why the authority cannot do what is asked.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file holds no certificate or key.
    #[error("{0} is damaged; restore it from a backup, or remove the directory and enrol every node again")]
    Damaged(String),
    /// A certificate cannot be made.
    #[error("a certificate cannot be made: {0}")]
    Making(#[from] rcgen::Error),
    /// The certificate that was just made cannot be read.
    #[error("a certificate was made that cannot be read")]
    Unreadable,
}

/// The authority of one hall: its certificate, its key and its book of join tokens.
pub struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    tokens: Tokens,
    host: Host,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

fn new_key() -> Result<KeyPair, rcgen::Error> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
}

fn dated(mut params: CertificateParams, now: WallTime, valid_for: Duration) -> CertificateParams {
    let now = rcgen::date_time_ymd(1970, 1, 1) + now.since(WallTime(0));
    // A day of grace for nodes whose clock is behind.
    params.not_before = now - DAY;
    params.not_after = now + valid_for;
    params
}

fn authority_params(now: WallTime) -> CertificateParams {
    let mut params = dated(CertificateParams::default(), now, AUTHORITY_VALID);
    params.distinguished_name.push(DnType::CommonName, "Taibai hall authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn peer_params(peer: &Peer, now: WallTime) -> Result<CertificateParams, rcgen::Error> {
    let mut params = dated(CertificateParams::new([peer.to_dns_name()])?, now, NODE_VALID);
    params.distinguished_name.push(DnType::CommonName, peer.to_string());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    // Display nodes and programs that push data serve nobody, so their certificates are good for no server.
    params.extended_key_usages = match peer {
        Peer::Controller => vec![ExtendedKeyUsagePurpose::ServerAuth],
        Peer::Node(_, Role::Ingest) => {
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]
        }
        Peer::Node(_, Role::Display | Role::Feed) => vec![ExtendedKeyUsagePurpose::ClientAuth],
    };
    Ok(params)
}

/// SHA-256 of a certificate.
pub(crate) fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, certificate).as_ref());
    bytes
}

impl Authority {
    /// Opens the authority in `directory`; makes it if there is none. The directory becomes readable by its owner
    /// alone. Certificates and tokens are dated by the clock of `host`.
    pub fn open(host: &Host, directory: &Path) -> Result<Self, AuthorityError> {
        state_dir::make(directory)?;
        let _lock = state_dir::lock(directory)?;
        let certificate = state_dir::read(directory, CERTIFICATE, FILE_BYTES_MAX)?;
        let key = state_dir::read(directory, KEY, FILE_BYTES_MAX)?;
        let (certificate, key) = match (certificate, key) {
            (Some(certificate), Some(key)) => (certificate, key),
            // The key is written first: a certificate without it is no half-finished start, something was lost.
            (None, _) => Self::create(directory, host.wall())?,
            (Some(_), None) => return Err(damaged(directory, KEY)),
        };
        let certificate =
            CertificateDer::from_pem_slice(&certificate).map_err(|_| damaged(directory, CERTIFICATE))?;
        let key = std::str::from_utf8(&key).ok().and_then(|pem| KeyPair::from_pem(pem).ok());
        let key = key.ok_or_else(|| damaged(directory, KEY))?;
        let issuer =
            Issuer::from_ca_cert_der(&certificate, key).map_err(|_| damaged(directory, CERTIFICATE))?;
        Ok(Self { certificate, issuer, tokens: Tokens::new(directory), host: host.clone() })
    }

    fn create(directory: &Path, now: WallTime) -> Result<(Vec<u8>, Vec<u8>), AuthorityError> {
        let key = new_key()?;
        let certificate = authority_params(now).self_signed(&key)?;
        let key = key.serialize_pem().into_bytes();
        let certificate = pem("CERTIFICATE", certificate.der()).into_bytes();
        state_dir::write(directory, KEY, &key)?;
        state_dir::write(directory, CERTIFICATE, &certificate)?;
        Ok((certificate, key))
    }

    /// Makes a certificate and a key for `peer`: for the controller itself, and for the nodes of a hall that runs on
    /// one machine. A node elsewhere makes its own key and joins.
    pub fn issue(&self, peer: &Peer) -> Result<Identity, AuthorityError> {
        let key = new_key()?;
        let certificate = peer_params(peer, self.host.wall())?.signed_by(&key, &self.issuer)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Identity::new(certificate.der().clone(), self.certificate.clone(), key)
            .ok_or(AuthorityError::Unreadable)
    }

    /// Makes a token with which `node` can join in `role`, once, within `valid_for`.
    pub fn new_token(&self, node: &NodeId, role: Role, valid_for: Duration) -> Result<JoinToken, TokenError> {
        let secret = self.tokens.issue(node, role, valid_for, self.host.wall())?;
        Ok(JoinToken { authority: fingerprint(&self.certificate), secret })
    }

    /// Answers a joining machine: checks and spends the token, then signs the machine's key.
    pub(crate) fn admit(&self, request: &JoinRequest) -> Result<JoinAccepted, TokenError> {
        let bad = |_| TokenError::Refused(Reason::BadRequest);
        let der = CertificateSigningRequestDer::from(request.request.clone());
        // Only the key of the request counts; the names are those of the token.
        let now = self.host.wall();
        let mut signing = CertificateSigningRequestParams::from_der(&der).map_err(bad)?;
        signing.params = peer_params(&Peer::Node(request.node.clone(), request.role), now).map_err(bad)?;
        self.tokens.spend(&request.secret, &request.node, request.role, now)?;
        let certificate = signing.signed_by(&self.issuer).map_err(bad)?;
        Ok(JoinAccepted { certificate: certificate.der().to_vec(), authority: self.certificate.to_vec() })
    }
}

fn damaged(directory: &Path, name: &str) -> AuthorityError {
    AuthorityError::Damaged(directory.join(name).display().to_string())
}

/// A key and the request to have it signed.
pub(crate) fn signing_request() -> Result<(PrivatePkcs8KeyDer<'static>, Vec<u8>), rcgen::Error> {
    let key = new_key()?;
    let request = CertificateParams::default().serialize_request(&key)?;
    Ok((PrivatePkcs8KeyDer::from(key.serialize_der()), request.der().to_vec()))
}
