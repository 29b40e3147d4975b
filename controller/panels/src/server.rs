//! The doors: lines over TCP and UDP, OSC over UDP.
//!
//! Who is not on a door's list is closed to without a word. An answer is a line, `OK …` or `ERR code words`. A line is carried
//! out before the next one of its connection is read, so that a panel's orders keep their order.

use crate::allow::allows;
use crate::lines::{LINE_BYTES_MAX, Lines};
use crate::order::{Order, Orders};
use crate::osc::{self, PACKET_BYTES_MAX};
use layouts::{Control, Door};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Connections, and datagrams being carried out, of a door at once.
pub const CONNECTIONS_MAX: usize = 64;
/// A panel that has said nothing for so long is gone.
const IDLE: Duration = Duration::from_secs(600);
/// What is written must be read in this time.
const WRITE_WITHIN: Duration = Duration::from_secs(5);

/// Why a door cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot listen at {address}: {why}; is another program there?")]
pub struct DoorsError {
    /// Which door.
    pub what: &'static str,
    /// Where.
    pub address: SocketAddr,
    /// The system's words.
    pub why: std::io::Error,
}

/// Doors that are open.
pub struct Doors {
    lines: Option<(Door, TcpListener, UdpSocket)>,
    osc: Option<(Door, UdpSocket)>,
    commands: Lines,
}

impl Doors {
    /// Opens what the hall document asks for.
    pub async fn open(control: &Control) -> Result<Self, DoorsError> {
        let wrong = |what, address| move |why| DoorsError { what, address, why };
        let lines = match &control.lines {
            None => None,
            Some(door) => {
                let address = SocketAddr::new(door.listen, door.port);
                let tcp = TcpListener::bind(address).await.map_err(wrong("the door for lines", address))?;
                let udp = UdpSocket::bind(address).await.map_err(wrong("the door for lines", address))?;
                Some((door.clone(), tcp, udp))
            }
        };
        let osc = match &control.osc {
            None => None,
            Some(door) => {
                let address = SocketAddr::new(door.listen, door.port);
                let udp = UdpSocket::bind(address).await.map_err(wrong("the door for OSC", address))?;
                Some((door.clone(), udp))
            }
        };
        Ok(Self { lines, osc, commands: Lines::new(&control.commands) })
    }

    /// Serves until it is dropped.
    pub async fn run(self, orders: impl Orders) {
        let Self { lines, osc, commands } = self;
        let commands = Arc::new(commands);
        let by_lines = async {
            match lines {
                None => std::future::pending().await,
                Some((door, tcp, udp)) => {
                    let (door, by_udp) = (Arc::new(door), commands.clone());
                    let streams = serve_streams(door.clone(), tcp, commands, orders.clone());
                    let again = orders.clone();
                    let datagrams = serve_datagrams(door, udp, "panel", move |bytes, by| {
                        let (commands, orders) = (by_udp.clone(), again.clone());
                        async move { Some(answer(&commands, &orders, &bytes, &by).await.into_bytes()) }
                    });
                    tokio::join!(streams, datagrams);
                }
            }
        };
        let by_osc = async {
            match osc {
                None => std::future::pending().await,
                Some((door, udp)) => {
                    let orders = orders.clone();
                    serve_datagrams(Arc::new(door), udp, "osc", move |bytes, by| {
                        let orders = orders.clone();
                        async move {
                            carry_out(&orders, &bytes, &by).await;
                            None
                        }
                    })
                    .await;
                }
            }
        };
        tokio::join!(by_lines, by_osc);
    }
}

/// Carries out what a packet of OSC asks for, and logs what it does not.
async fn carry_out(orders: &impl Orders, bytes: &[u8], by: &str) {
    let asked = match osc::order_of(bytes) {
        Ok(asked) => asked,
        Err(error) => return tracing::warn!(by, %error, "OSC"),
    };
    for order in asked {
        let outcome = match order {
            Ok(order) => orders.perform(order, by).await.map(drop).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = outcome {
            tracing::warn!(by, why, "an OSC message is not carried out");
        }
    }
}

/// Carries out a line and gives its answer, with its end.
async fn answer(commands: &Lines, orders: &impl Orders, line: &[u8], by: &str) -> String {
    let order: Order = match commands.order(line) {
        Ok(order) => order,
        Err(error) => return format!("ERR {} {}\r\n", error.code(), one_line(&error.to_string())),
    };
    match orders.perform(order, by).await {
        Ok(words) => format!("OK {}", one_line(&words)).trim_end().to_owned() + "\r\n",
        Err(refused) => format!("ERR {} {}\r\n", refused.code, one_line(&refused.words)),
    }
}

fn one_line(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

async fn serve_streams(door: Arc<Door>, listener: TcpListener, commands: Arc<Lines>, orders: impl Orders) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // The system is out of something: it is not asked again at once.
                tracing::warn!(%error, "a panel cannot be let in");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if !allows(&door, remote.ip()) {
            tracing::warn!(%remote, "a panel that is on no list is refused");
            continue;
        }
        let Ok(place) = places.clone().try_acquire_owned() else {
            tracing::warn!(%remote, "too many panels: one is refused");
            continue;
        };
        let (commands, orders) = (commands.clone(), orders.clone());
        tasks.spawn(async move {
            if let Err(why) = serve_stream(stream, remote, &commands, &orders).await {
                tracing::info!(%remote, %why, "a panel's connection has ended");
            }
            drop(place);
        });
    }
}

async fn serve_stream(
    mut stream: TcpStream,
    remote: SocketAddr,
    commands: &Lines,
    orders: &impl Orders,
) -> std::io::Result<()> {
    let by = format!("panel {}", remote.ip());
    let (mut line, mut buffer) = (Vec::new(), [0; 1024]);
    loop {
        let read = timeout(IDLE, stream.read(&mut buffer)).await.map_err(std::io::Error::from)??;
        if read == 0 {
            return Ok(());
        }
        for byte in &buffer[..read] {
            match byte {
                b'\r' | b'\n' if line.is_empty() => {}
                b'\r' | b'\n' => {
                    let answer = answer(commands, orders, &line, &by).await;
                    line.clear();
                    timeout(WRITE_WITHIN, stream.write_all(answer.as_bytes()))
                        .await
                        .map_err(std::io::Error::from)??;
                }
                byte if line.len() < LINE_BYTES_MAX => line.push(*byte),
                _ => {
                    let words = format!("ERR bad_line a line has at most {LINE_BYTES_MAX} bytes\r\n");
                    return timeout(WRITE_WITHIN, stream.write_all(words.as_bytes()))
                        .await
                        .map_err(std::io::Error::from)?;
                }
            }
        }
    }
}

/// Takes datagrams of a `kind` of system for ever; what `act` gives is sent back.
async fn serve_datagrams<F>(
    door: Arc<Door>,
    socket: UdpSocket,
    kind: &'static str,
    act: impl Fn(Vec<u8>, String) -> F,
) where
    F: Future<Output = Option<Vec<u8>>> + Send + 'static,
{
    let (socket, places) = (Arc::new(socket), Arc::new(Semaphore::new(CONNECTIONS_MAX)));
    let mut tasks = JoinSet::new();
    let mut buffer = vec![0; PACKET_BYTES_MAX + 1];
    loop {
        while tasks.try_join_next().is_some() {}
        let (length, remote) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // An answer to somebody who is gone comes back as an error of this socket.
            Err(_) => continue,
        };
        if !allows(&door, remote.ip()) {
            tracing::warn!(%remote, "a datagram from somebody on no list is refused");
            continue;
        }
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let acting = act(buffer[..length].to_vec(), format!("{kind} {}", remote.ip()));
        let socket = socket.clone();
        tasks.spawn(async move {
            if let Some(answer) = acting.await {
                let _ = socket.send_to(&answer, remote).await;
            }
            drop(place);
        });
    }
}
