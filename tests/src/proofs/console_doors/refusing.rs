//! Servers that let nobody in: cameras, a broker, a database, a web server and a projector, each with another password than the hall's.

use super::Measured;
use super::hall::GATE;
use crate::data::Postgres;
use crate::peers::{self, Kit, Peer, Server};
use crate::process::Process;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// All of them. Dropping it ends them.
#[derive(Debug)]
pub(super) struct Refusing {
    pub(super) rtsp: u16,
    pub(super) srt: u16,
    pub(super) mqtt: u16,
    pub(super) postgres: Postgres,
    /// Says 401 to whatever it is asked, in HTTP.
    pub(super) web: Refuser,
    /// A projector whose password is another one.
    pub(super) projector: Refuser,
    cameras: Vec<Peer>,
    _broker: Process,
}

impl Refusing {
    pub(super) fn start(kit: &Kit) -> Measured<Self> {
        fs::create_dir_all(&kit.work)?;
        peers::ensure(&kit.cache, &[GATE], &mut |words| eprintln!("   {words}"))?;
        let other = kit.work.join("others.toml");
        fs::write(&other, "[cameras]\nuser = \"somebody\"\npassword = \"of-another-hall\"\n")?;
        let own = Kit { credentials: other, ..kit.clone() };
        let (rtsp, srt, mqtt) = (peers::free_tcp_port()?, peers::free_udp_port()?, peers::free_tcp_port()?);
        let mounts = vec![("/gate", GATE)];
        let camera = Server::Rtsp { port: rtsp, mounts, credential: "cameras", basic: true };
        let passphrase = Some("of-another-hall".to_owned());
        let listener = Server::SrtListener { port: srt, passphrase, clip: GATE };
        let cameras = vec![Peer::start("rtsp", &own, camera)?, Peer::start("srt", &own, listener)?];
        let http = |stream: TcpStream| {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while stream.read_line(&mut line)? > 2 {
                line.clear();
            }
            stream.get_mut().write_all(
                b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"door\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            )
        };
        let pjlink = |mut stream: TcpStream| {
            stream.write_all(b"PJLINK 1 498e4a67\r")?;
            let mut said = [0; 136];
            let _ = stream.read(&mut said)?;
            stream.write_all(b"PJLINK ERRA\r")
        };
        Ok(Self {
            rtsp,
            srt,
            mqtt,
            postgres: Postgres::start()?,
            web: Refuser::start(http)?,
            projector: Refuser::start(pjlink)?,
            cameras,
            _broker: broker(kit, mqtt)?,
        })
    }

    /// Starts again what ended by itself.
    pub(super) fn tend(&mut self) -> io::Result<()> {
        self.cameras.iter_mut().try_for_each(Peer::tend)
    }
}

/// mosquitto, which knows nobody.
fn broker(kit: &Kit, port: u16) -> Measured<Process> {
    let (conf, passwords) = (kit.work.join("closed.conf"), kit.work.join("closed.passwords"));
    fs::write(&passwords, "")?;
    fs::write(
        &conf,
        format!(
            "listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {}\nuser root\npersistence false\n",
            passwords.display()
        ),
    )?;
    let mut command = Command::new("/usr/sbin/mosquitto");
    let mut process = Process::spawn("closed", command.arg("-c").arg(conf), &kit.work.join("closed.log"))?;
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if process.ended().is_some() || begin.elapsed() > PATIENCE {
            return Err(format!("mosquitto does not start: {}", process.last_words(5)).into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(process)
}

/// A small server that refuses whoever comes, and counts them.
#[derive(Debug)]
pub(super) struct Refuser {
    /// Its TCP port on 127.0.0.1.
    pub(super) port: u16,
    refused: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
}

impl Refuser {
    fn start(refuse: impl Fn(TcpStream) -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let (refused, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, over) = (refused.clone(), ended.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
                if refuse(stream).is_ok() {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Ok(Self { port, refused, ended })
    }

    /// How many were refused.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Refuser {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}
