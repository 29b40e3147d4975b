//! Whom connections over TLS believe: the machine's authorities and the hall's own.

use crate::fault::FeedFault;
use crate::feeds::FeedsSettings;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, OnceLock};

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

/// All authorities in DER.
pub(super) fn authorities(settings: &FeedsSettings) -> impl Iterator<Item = &[u8]> {
    machine().iter().map(AsRef::as_ref).chain(settings.authorities.iter().map(Vec::as_slice))
}

/// A TLS client that believes them.
pub(super) fn client(settings: &FeedsSettings) -> Result<Arc<ClientConfig>, FeedFault> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities(settings).map(|der| CertificateDer::from(der.to_vec())));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| FeedFault::Unreachable(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
