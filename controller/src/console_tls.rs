//! The console over HTTPS: a certificate from the organisation's own authority, and a listener that shakes hands with many at once.

use crate::bounded_listener::{BoundedListener, Connection, Remote};
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client may take until it and we know each other.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Connections that are ready and not yet taken; the bounded listener behind it counts all.
const READY_MAX: usize = 16;

/// Files of the console's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleCertificate {
    /// The certificate and those between it and its authority, PEM, the console's own first.
    pub chain: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// Why there can be no HTTPS.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleTlsError {
    /// A file cannot be read, or holds nothing of the kind.
    #[error("{}: {why}; a PEM file with {what} is wanted", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
        /// What is wrong, without anything of its content.
        why: String,
    },
    /// The key is not the certificate's, or of a kind that is not taken.
    #[error("the console's certificate and key do not make a server: {0}")]
    Pair(rustls::Error),
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConsoleTlsError> {
    let wrong = |why: String| ConsoleTlsError::File { path: path.to_owned(), what: "the certificate", why };
    let read: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?.collect();
    let chain = read.map_err(|error| wrong(error.to_string()))?;
    if chain.is_empty() { Err(wrong("there is no certificate in it".to_owned())) } else { Ok(chain) }
}

/// What a server needs, or what is wrong with the files.
pub(crate) fn server_config(files: &ConsoleCertificate) -> Result<Arc<ServerConfig>, ConsoleTlsError> {
    let chain = read_chain(&files.chain)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| ConsoleTlsError::File {
        path: files.key.clone(),
        what: "the private key",
        why: error.to_string(),
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ConsoleTlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(ConsoleTlsError::Pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Gives out connections whose handshake is done. Who is slow at it keeps nobody else waiting.
pub(crate) struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<Connection>, SocketAddr)>,
    address: SocketAddr,
    // Ends with the listener.
    _accepting: JoinSet<()>,
}

impl TlsListener {
    /// Begins to accept; inside a tokio runtime.
    pub(crate) fn new(listener: BoundedListener, config: Arc<ServerConfig>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (tell, ready) = mpsc::channel(READY_MAX);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept_all(listener, TlsAcceptor::from(config), tell));
        Ok(Self { ready, address, _accepting: accepting })
    }
}

async fn accept_all(
    mut listener: BoundedListener,
    acceptor: TlsAcceptor,
    tell: mpsc::Sender<(TlsStream<Connection>, SocketAddr)>,
) {
    // As many as the bounded listener has places for, at most.
    let mut shaking = JoinSet::new();
    loop {
        let (connection, remote) = listener.accept().await;
        while shaking.try_join_next().is_some() {}
        let (acceptor, tell) = (acceptor.clone(), tell.clone());
        shaking.spawn(async move {
            match timeout(HANDSHAKE_WITHIN, acceptor.accept(connection)).await {
                // Nobody waits for it only when the console ends.
                Ok(Ok(stream)) => drop(tell.send((stream, remote)).await),
                Ok(Err(error)) => tracing::debug!(%remote, %error, "a handshake with the console failed"),
                Err(_) => tracing::debug!(%remote, "a handshake with the console took too long"),
            }
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<Connection>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // Accepting has been aborted, and so is this one presently.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Remote {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, RootCertStore};
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsConnector;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("taibai-https-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        /// A certificate for `localhost`, its own authority.
        fn certificate(&self, name: &str) -> (ConsoleCertificate, CertificateDer<'static>) {
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            let files = ConsoleCertificate {
                chain: self.0.join(format!("{name}.pem")),
                key: self.0.join(format!("{name}-key.pem")),
            };
            std::fs::write(&files.chain, made.cert.pem()).unwrap();
            std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
            (files, made.cert.der().clone())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    async fn ask(address: SocketAddr, root: &CertificateDer<'static>) -> io::Result<String> {
        let mut roots = RootCertStore::empty();
        roots.add(root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(text)
    }

    async fn serve(files: &ConsoleCertificate) -> (SocketAddr, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let listener =
            TlsListener::new(BoundedListener::new(listener), server_config(files).unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(|| async { "well" });
        let app = app.into_make_service_with_connect_info::<Remote>();
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (address, serving)
    }

    #[tokio::test]
    async fn the_console_speaks_https_and_whoever_shakes_no_hands_keeps_nobody_waiting() {
        let folder = Folder::new("serves");
        let (files, root) = folder.certificate("console");
        let (address, serving) = serve(&files).await;
        let mut silent = Vec::new();
        for _ in 0..40 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let answer = ask(address, &root).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("well"), "{answer}");
        // Who does not know the authority turns away; who speaks plainly learns nothing.
        let (_, stranger) = folder.certificate("stranger");
        assert!(ask(address, &stranger).await.is_err());
        let mut plain = TcpStream::connect(address).await.unwrap();
        plain.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut said = Vec::new();
        let _ = plain.read_to_end(&mut said).await;
        assert!(!String::from_utf8_lossy(&said).contains("well"));
        drop(silent);
        serving.abort();
    }

    #[test]
    fn wrong_files_are_named_and_their_content_is_not() {
        let folder = Folder::new("wrong");
        let (files, _) = folder.certificate("console");
        let (other, _) = folder.certificate("other");
        let said = |chain: &Path, key: &Path| {
            let files = ConsoleCertificate { chain: chain.to_owned(), key: key.to_owned() };
            server_config(&files).unwrap_err().to_string()
        };
        assert!(said(&folder.0.join("none.pem"), &files.key).contains("none.pem"));
        assert!(said(&files.key, &files.key).contains("there is no certificate in it"));
        assert!(said(&files.chain, &files.chain).contains("with the private key is wanted"));
        let pair = said(&files.chain, &other.key);
        assert!(pair.starts_with("the console's certificate and key do not make a server"), "{pair}");
        assert!(!pair.contains("BEGIN"));
    }
}
