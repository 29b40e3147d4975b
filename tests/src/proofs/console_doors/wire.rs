//! HTTP as bytes, for requests that no well-behaved client sends, and somebody who stands between a client and the controller.

use super::Measured;
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(25);

/// A request that is put together by hand.
#[derive(Debug, Clone)]
pub(super) struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(super) fn new(method: &str, path: &str) -> Self {
        Self { method: method.into(), path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// With another header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a body that is JSON, or none where it is null.
    pub(super) fn json(self, body: &Value) -> Self {
        if body.is_null() {
            return self;
        }
        self.header("Content-Type", "application/json").body(body.to_string().as_bytes())
    }

    /// With a body of whatever kind.
    pub(super) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_owned();
        self
    }

    /// With what asks for a WebSocket.
    pub(super) fn socket(self) -> Self {
        self.header("Upgrade", "websocket")
            .header("Connection", "Upgrade")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    }

    /// What is sent to that address.
    pub(super) fn bytes(&self, to: SocketAddr) -> Vec<u8> {
        let has = |wanted: &str| self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !has("host") {
            head += &format!("Host: {to}\r\n");
        }
        if !has("connection") {
            head += "Connection: close\r\n";
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut bytes = format!("{head}Content-Length: {}\r\n\r\n", self.body.len()).into_bytes();
        bytes.extend(&self.body);
        bytes
    }

    /// Sends it and reads the answer: all of it, or of a WebSocket its head.
    pub(super) fn to(&self, address: SocketAddr) -> Measured<Answer> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(WITHIN))?;
        // Who is refused may be cut off before all of it is sent.
        let _ = stream.write_all(&self.bytes(address));
        let mut reader = BufReader::new(stream);
        let head = read_head(&mut reader)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| format!("{} {}: no answer", self.method, self.path))?;
        let mut text = Vec::new();
        if status != 101 {
            // Who was refused a WebSocket keeps his connection: what is told ends where it says.
            let length = header_of(&head, "content-length").and_then(|length| length.parse().ok());
            let _ = reader.take(length.unwrap_or(u64::MAX)).read_to_end(&mut text);
        }
        Ok(Answer { status, head, text: String::from_utf8_lossy(&text).into_owned() })
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Measured<Value> {
        serde_json::from_str(&self.text).map_err(|error| format!("{error}: {}", self.text).into())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header_of(&self.head, name)
    }

    /// The stable code of a refusal; nothing where it is none.
    pub(super) fn code(&self) -> String {
        self.json().ok().and_then(|body| body["code"].as_str().map(str::to_owned)).unwrap_or_default()
    }
}

fn header_of<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (header, value) = line.split_once(':')?;
        header.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn read_head(reader: &mut impl BufRead) -> io::Result<String> {
    let mut head = String::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(head);
        }
        head += &String::from_utf8_lossy(&line);
        if line == b"\r\n" {
            return Ok(head);
        }
    }
}

/// What somebody in between does with a request.
#[derive(Debug)]
pub(super) enum Meddled {
    /// Hands it on with this head.
    On(String),
    /// Answers in the controller's place.
    Answer(String),
}

/// Somebody who stands between clients and the controller: a planted fault of whatever is behind. Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Meddler {
    /// Where clients come.
    pub(super) address: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl Meddler {
    /// Stands before `to` and treats the head of each request as `meddle` says.
    pub(super) fn start(
        to: SocketAddr,
        meddle: impl Fn(String) -> Meddled + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let (over, meddle) = (Arc::clone(&ended), Arc::new(meddle));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let meddle = Arc::clone(&meddle);
                std::thread::spawn(move || pass(stream, to, &*meddle));
            }
        });
        Ok(Self { address, ended })
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// One request of a connection, which is closed behind its answer.
fn pass(client: TcpStream, to: SocketAddr, meddle: &dyn Fn(String) -> Meddled) -> io::Result<()> {
    client.set_read_timeout(Some(WITHIN))?;
    let mut reader = BufReader::new(client);
    let head = read_head(&mut reader)?;
    let length = header_of(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut client = reader.into_inner();
    match meddle(head) {
        Meddled::Answer(answer) => client.write_all(answer.as_bytes()),
        Meddled::On(head) => {
            let alone =
                |line: &&str| !line.is_empty() && !line.to_ascii_lowercase().starts_with("connection:");
            let mut lines: Vec<&str> = head.split("\r\n").filter(alone).collect();
            lines.push("Connection: close\r\n\r\n");
            let mut server = TcpStream::connect(to)?;
            server.write_all(lines.join("\r\n").as_bytes())?;
            server.write_all(&body)?;
            io::copy(&mut server, &mut client).map(drop)
        }
    }
}
