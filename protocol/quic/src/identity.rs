//! What a program shows on the network to prove who it is: certificate, key, and the hall's authority.

use crate::names::Peer;
use crate::state_dir::{self, FileError};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::path::Path;
use std::sync::Arc;

const FILE_BYTES_MAX: u64 = 64 << 10;
const CERTIFICATE: &str = "node.pem";
const KEY: &str = "node.key";
const AUTHORITY: &str = "authority.pem";

/// Why there is no usable identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The directory holds none.
    #[error("{0}: this machine has not joined a hall; run `taibai join`")]
    Missing(String),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file holds no certificate or key.
    #[error("{0} is damaged; join the hall again with `taibai join`")]
    Damaged(String),
}

/// A certificate with its key and the authority that made it. The key is never printed.
#[derive(Clone)]
pub struct Identity {
    pub(crate) peer: Peer,
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) authority: CertificateDer<'static>,
    pub(crate) key: Arc<PrivatePkcs8KeyDer<'static>>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Whom a certificate belongs to, when it has exactly one name and that name is one of ours.
pub(crate) fn peer_of(certificate: &CertificateDer<'_>) -> Option<Peer> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    let mut names = certificate.valid_dns_names();
    let peer = Peer::from_dns_name(names.next()?)?;
    names.next().is_none().then_some(peer)
}

/// `der` as a PEM file.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (index, chunk) in der.chunks(3).enumerate() {
        if index > 0 && index % 16 == 0 {
            text.push('\n');
        }
        let [a, b, c] = [0, 1, 2].map(|at| u32::from(chunk.get(at).copied().unwrap_or(0)));
        let bits = a << 16 | b << 8 | c;
        for place in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

fn read(directory: &Path, name: &str) -> Result<Vec<u8>, IdentityError> {
    state_dir::read(directory, name, FILE_BYTES_MAX)?
        .ok_or_else(|| IdentityError::Missing(directory.display().to_string()))
}

impl Identity {
    /// Puts an identity together; `None` when the certificate has no name of ours.
    pub(crate) fn new(
        certificate: CertificateDer<'static>,
        authority: CertificateDer<'static>,
        key: PrivatePkcs8KeyDer<'static>,
    ) -> Option<Self> {
        Some(Self { peer: peer_of(&certificate)?, certificate, authority, key: Arc::new(key) })
    }

    /// Reads what `taibai join` left in `directory`.
    pub fn load(directory: &Path) -> Result<Self, IdentityError> {
        let damaged = |name: &str| IdentityError::Damaged(directory.join(name).display().to_string());
        let certificate = CertificateDer::from_pem_slice(&read(directory, CERTIFICATE)?);
        let authority = CertificateDer::from_pem_slice(&read(directory, AUTHORITY)?);
        let key = PrivatePkcs8KeyDer::from_pem_slice(&read(directory, KEY)?);
        Self::new(
            certificate.map_err(|_| damaged(CERTIFICATE))?,
            authority.map_err(|_| damaged(AUTHORITY))?,
            key.map_err(|_| damaged(KEY))?,
        )
        .ok_or_else(|| damaged(CERTIFICATE))
    }

    /// Writes the identity into `directory`, which becomes readable by its owner alone.
    pub fn save(&self, directory: &Path) -> Result<(), IdentityError> {
        state_dir::make(directory)?;
        state_dir::write(directory, KEY, pem("PRIVATE KEY", self.key.secret_pkcs8_der()).as_bytes())?;
        state_dir::write(directory, AUTHORITY, pem("CERTIFICATE", &self.authority).as_bytes())?;
        state_dir::write(directory, CERTIFICATE, pem("CERTIFICATE", &self.certificate).as_bytes())?;
        Ok(())
    }

    /// Whom this identity belongs to.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The node's chain: its own certificate, then the authority's, so that a joining machine can find the latter.
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.clone(), self.authority.clone()]
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone_key())
    }
}
