//! What a controller tells by itself, over a WebSocket: news and pictures.

use crate::ask::{AskError, refusal};
use crate::door::Door;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, HandshakeError, Message, WebSocket};

/// How long a controller may take until both know each other.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// A controller pings every 15 s: one that is silent for longer is not there any more.
const SILENT_MAX: Duration = Duration::from_secs(40);
/// Largest message.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Nothing within the time to wait.
    Nothing,
    /// Words.
    Text(String),
    /// A picture.
    Bytes(Vec<u8>),
    /// The controller has closed the connection; 4401 is for a session or token that has ended.
    Over(Option<u16>),
}

/// A connection on which a controller tells.
pub struct Watch {
    socket: WebSocket<Way>,
    door: String,
    heard: Instant,
}

enum Way {
    Plain(TcpStream),
    Secure(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Way {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Secure(stream) => &stream.sock,
        }
    }
}

impl Read for Way {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Way {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Secure(stream) => stream.flush(),
        }
    }
}

impl Watch {
    /// Opens `path`; from then on [`Watch::hear`] waits up to `wait` for something.
    pub fn open(door: &Door, path: &str, wait: Duration) -> Result<Self, AskError> {
        let name = door.to_string();
        let gone = |why: String| AskError::Unreachable { door: name.clone(), why };
        let way = connect(door).map_err(|error| gone(error.to_string()))?;
        let url = format!("{}://{}{path}", if door.is_secure() { "wss" } else { "ws" }, door.name());
        let mut request = url.into_client_request().map_err(|error| gone(error.to_string()))?;
        if let Some(token) = door.token() {
            let mut value = HeaderValue::from_str(&token.header())
                .map_err(|_| gone("the token cannot be sent".to_owned()))?;
            value.set_sensitive(true);
            request.headers_mut().insert("Authorization", value);
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let (socket, _) = tungstenite::client::client_with_config(request, way, Some(config)).map_err(
            |error| match error {
                HandshakeError::Failure(Error::Http(answer)) => {
                    refusal(answer.status(), answer.body().as_deref().unwrap_or_default())
                }
                HandshakeError::Failure(error) => gone(error.to_string()),
                HandshakeError::Interrupted(_) => gone("it takes too long to answer".to_owned()),
            },
        )?;
        socket.get_ref().tcp().set_read_timeout(Some(wait)).map_err(|error| gone(error.to_string()))?;
        Ok(Self { socket, door: name, heard: Instant::now() })
    }

    /// What comes next.
    pub fn hear(&mut self) -> Result<Heard, AskError> {
        let heard = match self.socket.read() {
            Ok(Message::Text(text)) => Heard::Text(text.as_str().to_owned()),
            Ok(Message::Binary(bytes)) => Heard::Bytes(bytes.to_vec()),
            Ok(Message::Close(frame)) => Heard::Over(frame.map(|frame| frame.code.into())),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {
                self.heard = Instant::now();
                return Ok(Heard::Nothing);
            }
            Err(Error::Io(error)) if is_patience(&error) => {
                if self.heard.elapsed() > SILENT_MAX {
                    return Err(self.gone("it is silent".to_owned()));
                }
                return Ok(Heard::Nothing);
            }
            Err(error) => return Err(self.gone(error.to_string())),
        };
        self.heard = Instant::now();
        Ok(heard)
    }

    /// Says something.
    pub fn say(&mut self, text: &str) -> Result<(), AskError> {
        match self.socket.send(Message::text(text)) {
            Err(Error::Io(error)) if is_patience(&error) => Ok(()),
            sent => sent.map_err(|error| self.gone(error.to_string())),
        }
    }

    fn gone(&self, why: String) -> AskError {
        AskError::Unreachable { door: self.door.clone(), why }
    }
}

/// Waiting has ended, and the connection has not.
fn is_patience(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

fn connect(door: &Door) -> io::Result<Way> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in (door.host(), door.port()).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, OPEN_WITHIN) {
            Ok(stream) => {
                stream.set_read_timeout(Some(OPEN_WITHIN))?;
                stream.set_write_timeout(Some(OPEN_WITHIN))?;
                stream.set_nodelay(true)?;
                return if door.is_secure() { secured(door, stream) } else { Ok(Way::Plain(stream)) };
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn secured(door: &Door, stream: TcpStream) -> io::Result<Way> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(door.roots().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(door.host().to_owned()).map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    Ok(Way::Secure(Box::new(StreamOwned::new(connection, stream))))
}
