//! Real servers that send the synthetic cameras: RTSP, SRT, RTMP with HLS, MPEG-TS and RTP over UDP.
//!
//! Each peer is one or two processes, started and ended by pid. Clips are encoded once and sent without encoding again,
//! so all of them together take a fraction of a core. [`Kit`] holds what they share: the cache, a work folder, secrets.

mod clips;
mod demo;

pub use clips::{Clip, Coding, ensure};
pub use demo::{
    MQTT_PORT as DEMO_MQTT_PORT, clips as demo_clips, clips_of as demo_clips_of, fps as demo_fps,
    start as start_demo, write_media as write_demo_media,
};

use crate::process::Process;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What peers share.
#[derive(Debug, Clone)]
pub struct Kit {
    /// Folder of encoded clips.
    pub cache: PathBuf,
    /// Folder for logs, server configurations and HLS segments.
    pub work: PathBuf,
    /// The credentials file.
    pub credentials: PathBuf,
}

/// A mount of an RTSP server: its path with the leading slash, and what it sends.
pub type Mount = (&'static str, Clip);

/// Which server a peer is.
#[derive(Debug, Clone)]
pub enum Server {
    /// RTSP over TCP or UDP as the client asks, with digest (or basic) authentication by table `credential`.
    Rtsp {
        /// TCP port.
        port: u16,
        /// What it offers.
        mounts: Vec<Mount>,
        /// Table of the credentials file.
        credential: &'static str,
        /// Ask for basic instead of digest authentication.
        basic: bool,
    },
    /// SRT that waits for a caller; starts anew after each.
    SrtListener {
        /// UDP port.
        port: u16,
        /// Encrypts when there is one.
        passphrase: Option<String>,
        /// What it sends.
        clip: Clip,
    },
    /// SRT that calls a listener, again and again.
    SrtCaller {
        /// UDP port to call.
        port: u16,
        /// What it sends.
        clip: Clip,
    },
    /// nginx with an RTMP application `live`, its HLS play list at `/hls/STREAM.m3u8`, and a publisher.
    RtmpHls {
        /// TCP port of RTMP.
        rtmp_port: u16,
        /// TCP port of HTTP.
        http_port: u16,
        /// Stream name.
        stream: &'static str,
        /// What is published.
        clip: Clip,
    },
    /// MPEG transport stream in datagrams to an address; a multicast group leaves by the loopback interface.
    UdpMpegTs {
        /// `address:port`.
        to: String,
        /// What it sends.
        clip: Clip,
    },
    /// mosquitto, an MQTT broker on 127.0.0.1 that forgets when it ends and asks nobody for a password.
    Mqtt {
        /// TCP port.
        port: u16,
    },
    /// RTP with payload type 96 and parameter sets before each key picture.
    Rtp {
        /// `address:port`.
        to: String,
        /// What it sends.
        clip: Clip,
    },
}

/// A server that runs.
#[derive(Debug)]
pub struct Peer {
    name: String,
    kit: Kit,
    server: Server,
    processes: Vec<Process>,
    wanted: bool,
}

impl Peer {
    /// Starts a server and waits until it listens. Its clips must be in the cache.
    pub fn start(name: &str, kit: &Kit, server: Server) -> io::Result<Self> {
        let mut peer =
            Self { name: name.into(), kit: kit.clone(), server, processes: Vec::new(), wanted: true };
        peer.launch()?;
        Ok(peer)
    }

    /// What we call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn launch(&mut self) -> io::Result<()> {
        self.processes.clear();
        for (index, mut command) in self.server.commands(&self.name, &self.kit)?.into_iter().enumerate() {
            let log = self.kit.work.join(format!("{}.log", self.name));
            let process = Process::spawn(&self.name, &mut command, &log)?;
            self.processes.push(process);
            if index == 0 {
                self.wait_until_listening()?;
            }
        }
        Ok(())
    }

    fn wait_until_listening(&mut self) -> io::Result<()> {
        let ports = match self.server {
            Server::Rtsp { port, .. } | Server::Mqtt { port } => vec![port],
            Server::RtmpHls { rtmp_port, http_port, .. } => vec![rtmp_port, http_port],
            _ => return Ok(()),
        };
        let begin = Instant::now();
        for port in ports {
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                let ended = self.processes[0].ended().is_some();
                if ended || begin.elapsed() > Duration::from_secs(20) {
                    let words = self.processes[0].last_words(5);
                    return Err(io::Error::other(format!(
                        "{} does not listen on port {port}: {words}",
                        self.name
                    )));
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(())
    }

    /// Starts again what ended by itself (an SRT listener whose caller left). Call it a few times a second.
    pub fn tend(&mut self) -> io::Result<()> {
        if self.wanted && self.processes.iter_mut().any(|process| process.ended().is_some()) {
            self.launch()?;
        }
        Ok(())
    }

    /// Ends it as a power cut would; [`Self::restart`] brings it back.
    pub fn kill(&mut self) {
        self.wanted = false;
        for process in &mut self.processes {
            process.kill();
        }
    }

    /// Starts it again after [`Self::kill`].
    pub fn restart(&mut self) -> io::Result<()> {
        self.wanted = true;
        self.launch()
    }

    /// Stops it in the middle of whatever it does, connections open: a camera that hangs.
    pub fn freeze(&mut self) {
        self.processes.iter_mut().for_each(|process| process.signal(libc::SIGSTOP));
    }

    /// Lets it go on after [`Self::freeze`].
    pub fn thaw(&mut self) {
        self.processes.iter_mut().for_each(|process| process.signal(libc::SIGCONT));
    }

    /// CPU seconds of its running processes.
    pub fn cpu_seconds(&self) -> f64 {
        self.processes.iter().map(Process::cpu_seconds).sum()
    }
}

impl Server {
    /// The processes to start, in this order.
    fn commands(&self, name: &str, kit: &Kit) -> io::Result<Vec<Command>> {
        Ok(match self {
            Self::Rtsp { port, mounts, credential, basic } => {
                vec![rtsp(
                    kit,
                    *port,
                    mounts,
                    &format!("{credential}{}", if *basic { ":basic" } else { "" }),
                )?]
            }
            Self::SrtListener { port, passphrase, clip } => {
                let secret = passphrase
                    .as_ref()
                    .map(|word| format!("&passphrase={word}&pbkeylen=16"))
                    .unwrap_or_default();
                let url = format!("srt://127.0.0.1:{port}?mode=listener&latency=120000{secret}");
                vec![sender(kit, clip, &["-f", "mpegts", &url])]
            }
            Self::SrtCaller { port, clip } => {
                let url = format!("srt://127.0.0.1:{port}?mode=caller&latency=120000&connect_timeout=1000");
                vec![sender(kit, clip, &["-f", "mpegts", &url])]
            }
            Self::RtmpHls { rtmp_port, http_port, stream, clip } => {
                let url = format!("rtmp://127.0.0.1:{rtmp_port}/live/{stream}");
                vec![nginx(name, kit, *rtmp_port, *http_port)?, sender(kit, clip, &["-f", "flv", &url])]
            }
            Self::UdpMpegTs { to, clip } => {
                let url = format!("udp://{to}?pkt_size=1316&localaddr=127.0.0.1&ttl=1");
                vec![sender(kit, clip, &["-f", "mpegts", &url])]
            }
            Self::Mqtt { port } => vec![mosquitto(name, kit, *port)?],
            Self::Rtp { to, clip } => {
                let url = format!("rtp://{to}?pkt_size=1200");
                vec![sender(kit, clip, &["-payload_type", "96", "-f", "rtp", &url])]
            }
        })
    }
}

/// An ffmpeg that sends a clip for ever at its own pace, without encoding.
fn sender(kit: &Kit, clip: &Clip, output: &[&str]) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args("-hide_banner -loglevel warning -nostdin -re -stream_loop -1 -i".split(' '));
    command.arg(clip.file(&kit.cache)).args(["-c", "copy"]).args(output);
    command
}

fn rtsp(kit: &Kit, port: u16, mounts: &[Mount], credential: &str) -> io::Result<Command> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/rtsp.py");
    // Debian's own Python: another one on the path has no GStreamer bindings.
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script).arg(port.to_string()).arg(&kit.credentials).arg(credential);
    for (path, clip) in mounts {
        let name = match clip.coding {
            Coding::H265 => "h265",
            Coding::Mjpeg => "mjpeg",
            _ => "h264",
        };
        let file = clip.bare_file(&kit.cache).ok_or_else(|| {
            io::Error::other(format!("{}: RTSP peers do not send {:?}", clip.name, clip.coding))
        })?;
        command.arg(format!("{path}={name}:{}:{}:{}", clip.fps, clip.gop(), file.display()));
    }
    Ok(command)
}

fn mosquitto(name: &str, kit: &Kit, port: u16) -> io::Result<Command> {
    fs::create_dir_all(&kit.work)?;
    let file = kit.work.join(format!("{name}.conf"));
    fs::write(&file, format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"))?;
    let mut command = Command::new("/usr/sbin/mosquitto");
    command.arg("-c").arg(file);
    Ok(command)
}

fn nginx(name: &str, kit: &Kit, rtmp_port: u16, http_port: u16) -> io::Result<Command> {
    let folder = kit.work.join(name);
    // Old segments would be served as if they were new.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("hls"))?;
    let folder = folder.canonicalize()?;
    let at = folder.display();
    let configuration = format!(
        "load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
master_process off;
pid {at}/nginx.pid;
error_log {at}/error.log warn;
events {{ worker_connections 64; }}
rtmp {{ server {{
  listen 127.0.0.1:{rtmp_port};
  application live {{ live on; hls on; hls_path {at}/hls; hls_fragment 1s; hls_playlist_length 6s; }}
}} }}
http {{
  access_log off;
  client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi;
  uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
  server {{ listen 127.0.0.1:{http_port}; root {at}; add_header Cache-Control no-cache; }}
}}
"
    );
    fs::write(folder.join("nginx.conf"), configuration)?;
    let mut command = Command::new("/usr/sbin/nginx");
    command.arg("-e").arg(folder.join("error.log")).arg("-c").arg(folder.join("nginx.conf"));
    Ok(command)
}

/// A TCP port of 127.0.0.1 that nobody uses now.
pub fn free_tcp_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A UDP port of 127.0.0.1 that nobody uses now.
pub fn free_udp_port() -> io::Result<u16> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Copies a credentials file to where only this user can read it, as the ingest node demands; a checkout cannot keep
/// that mode.
pub fn private_copy(from: &Path, to: &Path) -> io::Result<()> {
    let text = fs::read(from).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", from.display())))?;
    let _ = fs::remove_file(to);
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(to)?;
    file.write_all(&text)
}

/// The password in table `name` of a credentials file.
pub fn password(file: &Path, name: &str) -> io::Result<String> {
    let text =
        fs::read_to_string(file).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", file.display())))?;
    let table: toml::Table =
        text.parse().map_err(|_| io::Error::other(format!("{} is no TOML", file.display())))?;
    let word = table.get(name).and_then(|entry| entry.get("password")).and_then(toml::Value::as_str);
    word.map(Into::into)
        .ok_or_else(|| io::Error::other(format!("{}: no [{name}] with a password", file.display())))
}
