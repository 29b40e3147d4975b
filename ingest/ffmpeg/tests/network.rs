//! Every protocol that the ffmpeg command can speak, with it as the peer, through demuxer, timeline and decoder.

mod common;

use common::{folder, limits};
use ingest::{Decoder, Interrupt, Pace, Source, SourceError, SourceEvent, Timeline};
use ingest_ffmpeg::{FfmpegDecoder, Timeouts, open};
use media::{
    Codec, Credential, Endpoint, Fault, Frame, Packet, RtpPayload, Size, SourceId, SrtMode, UdpFormat,
};
use media::{LocalTime, WallTime};
use std::net::{TcpListener, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PASSPHRASE: &str = "correct-horse";

/// A running ffmpeg that ends with the test.
struct Peer(Child);

impl Peer {
    fn start(encoder: &[&str], output: &[&str]) -> Self {
        let child = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-re", "-f", "lavfi"])
            .args(["-i", "testsrc2=size=160x96:rate=25"])
            .args(encoder)
            .args(output)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the ffmpeg command is needed for this test");
        Self(child)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An even port that is free, as the one above it is, which RTP takes for RTCP. Each is given once, and from below the
/// range that the system gives to sockets without a wish: a peer that starts late finds it free.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 20_000 + u16::try_from(std::process::id() % 500).unwrap() * 22;
    (0..500)
        .map(|_| base + NEXT.fetch_add(2, Ordering::Relaxed) % 1_000)
        .find(|port| {
            let free = |port: u16| UdpSocket::bind(("127.0.0.1", port)).is_ok();
            free(*port) && free(port + 1) && TcpListener::bind(("127.0.0.1", *port)).is_ok()
        })
        .unwrap()
}

fn now() -> WallTime {
    WallTime(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64)
}

/// Opens as soon as the peer listens, and decodes the first 20 pictures.
fn watch(endpoint: &Endpoint, credential: Option<&Credential>) -> (Codec, Vec<Frame>) {
    let folder = folder();
    let begin = Instant::now();
    let mut source = loop {
        match open(endpoint, credential, &folder, limits(), Interrupt::new()) {
            Ok(source) => break source,
            // The peer still starts.
            Err(SourceError::Refused { .. } | SourceError::Unreachable { .. })
                if begin.elapsed() < Duration::from_secs(20) =>
            {
                std::thread::yield_now();
            }
            Err(error) => panic!("{error}"),
        }
    };
    let mut timeline = Timeline::new(Pace::Live);
    let (mut decoder, mut codec, mut frames) = (None, None, Vec::new());
    while frames.len() < 20 {
        match source.next().unwrap_or_else(|error| panic!("{endpoint:?}: {error}")) {
            SourceEvent::Stream(info) => {
                decoder = Some(FfmpegDecoder::new(&info, 1).unwrap());
                codec = Some(info.codec);
            }
            SourceEvent::Packet(raw) => {
                let stamp = timeline.stamp(&raw, now());
                let packet = Packet {
                    source: SourceId::new("peer").unwrap(),
                    time: stamp.time,
                    captured: stamp.captured,
                    keyframe: raw.keyframe,
                    bytes: raw.bytes,
                };
                decoder.as_mut().unwrap().decode(&packet, &mut frames).unwrap();
            }
        }
    }
    assert_eq!(timeline.counters().jumps, 0, "{endpoint:?}");
    (codec.unwrap(), frames)
}

fn check(endpoint: &Endpoint, credential: Option<&Credential>, expected: Codec) {
    let (codec, frames) = watch(endpoint, credential);
    assert_eq!(codec, expected, "{endpoint:?}");
    for pair in frames.windows(2) {
        assert_eq!(pair[0].size(), Size::new(160, 96));
        let all: Vec<_> = frames.iter().map(|frame| frame.time().0 / 1_000_000).collect();
        assert!(pair[1].time() > pair[0].time(), "{endpoint:?}: time does not go on: {all:?}");
        assert!(pair[1].captured() >= pair[0].captured(), "{endpoint:?}");
    }
    let span = frames[19].time().since(frames[2].time());
    let (least, most) = (Duration::from_millis(17 * 39), Duration::from_millis(17 * 41));
    assert!((least..=most).contains(&span), "{endpoint:?}: 17 pictures in {span:?}");
}

const X264: &[&str] = &["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10"];
const X265: &[&str] = &[
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-tune",
    "zerolatency",
    "-x265-params",
    "keyint=10:log-level=0",
];
const MPEG2: &[&str] = &["-c:v", "mpeg2video", "-g", "10"];

#[test]
fn transport_streams_over_udp() {
    for (encoder, codec) in [(X264, Codec::H264), (X265, Codec::H265), (MPEG2, Codec::Mpeg2)] {
        let port = free_port();
        let endpoint =
            Endpoint::Udp { host: "127.0.0.1".into(), port, interface: None, format: UdpFormat::MpegTs };
        let _peer = Peer::start(encoder, &["-f", "mpegts", &format!("udp://127.0.0.1:{port}?pkt_size=1316")]);
        check(&endpoint, None, codec);
    }
}

#[test]
fn transport_streams_in_rtp_and_to_a_group() {
    let port = free_port();
    let format = UdpFormat::MpegTs;
    let endpoint = Endpoint::Udp { host: "127.0.0.1".into(), port, interface: None, format };
    let peer = Peer::start(X264, &["-f", "rtp_mpegts", &format!("rtp://127.0.0.1:{port}?pkt_size=1316")]);
    check(&endpoint, None, Codec::H264);
    drop(peer);
    let port = free_port();
    let interface = Some("127.0.0.1".to_owned());
    let endpoint = Endpoint::Udp { host: "239.77.1.2".into(), port, interface, format };
    let output = format!("udp://239.77.1.2:{port}?pkt_size=1316&localaddr=127.0.0.1&ttl=0");
    let _peer = Peer::start(X264, &["-f", "mpegts", &output]);
    check(&endpoint, None, Codec::H264);
}

#[test]
fn rtp_without_a_session_description() {
    let vp8 = &["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "10"][..];
    let vp9 =
        &["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "10", "-strict", "-2"][..];
    let mjpeg = &["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-huffman", "0"][..];
    let cases = [
        (X264, Codec::H264, 96),
        (X265, Codec::H265, 97),
        (vp8, Codec::Vp8, 98),
        (vp9, Codec::Vp9, 99),
        (MPEG2, Codec::Mpeg2, 32),
        (mjpeg, Codec::Mjpeg, 26),
    ];
    for (encoder, codec, payload_type) in cases {
        let port = free_port();
        let format = UdpFormat::Rtp(RtpPayload { codec, payload_type });
        let endpoint = Endpoint::Udp { host: "127.0.0.1".into(), port, interface: None, format };
        let payload = payload_type.to_string();
        // Parameter sets in the stream, as a sender without a description has to send them.
        let mut output = vec!["-payload_type", &payload, "-f", "rtp"];
        if codec == Codec::H264 {
            output.splice(0..0, ["-bsf:v", "dump_extra"]);
        }
        let url = format!("rtp://127.0.0.1:{port}");
        output.push(&url);
        let _peer = Peer::start(encoder, &output);
        check(&endpoint, None, codec);
    }
}

#[test]
fn srt_as_caller_and_listener_with_a_passphrase() {
    let credential = Credential { user: String::new(), password: PASSPHRASE.into() };
    for (mode, other) in [(SrtMode::Caller, "listener"), (SrtMode::Listener, "caller")] {
        let port = free_port();
        let endpoint = Endpoint::Srt {
            host: "127.0.0.1".into(),
            port,
            mode,
            latency_ms: 60,
            stream_id: None,
            passphrase: None,
        };
        let output =
            format!("srt://127.0.0.1:{port}?mode={other}&passphrase={PASSPHRASE}&connect_timeout=20000");
        let _peer = Peer::start(X264, &["-f", "mpegts", &output]);
        check(&endpoint, Some(&credential), Codec::H264);
    }
}

#[test]
fn rtmp_and_http() {
    let port = free_port();
    let rtmp = Endpoint::Rtmp {
        host: "127.0.0.1".into(),
        port,
        path: "/live/gate".into(),
        tls: false,
        credential: None,
    };
    let peer =
        Peer::start(X264, &["-listen", "1", "-f", "flv", &format!("rtmp://127.0.0.1:{port}/live/gate")]);
    check(&rtmp, None, Codec::H264);
    drop(peer);
    let port = free_port();
    let http =
        Endpoint::Http { host: "127.0.0.1".into(), port, path: "/a.ts".into(), tls: false, credential: None };
    let _peer =
        Peer::start(X264, &["-listen", "1", "-f", "mpegts", &format!("http://127.0.0.1:{port}/a.ts")]);
    check(&http, None, Codec::H264);
}

#[test]
fn silence_and_noise_are_told_apart() {
    let short = Timeouts { connect: Duration::from_millis(300), read: Duration::from_millis(300) };
    let fault = |endpoint: &Endpoint| {
        open(endpoint, None, &folder(), short, Interrupt::new())
            .and_then(|mut source| source.next())
            .unwrap_err()
            .fault()
    };
    let rtp = UdpFormat::Rtp(RtpPayload { codec: Codec::H264, payload_type: 96 });
    for format in [UdpFormat::MpegTs, rtp] {
        let port = free_port();
        let endpoint = Endpoint::Udp { host: "127.0.0.1".into(), port, interface: None, format };
        assert_eq!(fault(&endpoint), Some(Fault::NoPicture), "{format:?}");
    }
    let port = free_port();
    let stop = Interrupt::new();
    let stopped = stop.clone();
    let noise = std::thread::spawn(move || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut bytes = [0u8; 1316];
        let mut number = 0u32;
        while !stopped.is_due(LocalTime(0)) {
            for byte in &mut bytes {
                number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = (number >> 24) as u8;
            }
            let _ = socket.send_to(&bytes, ("127.0.0.1", port));
        }
    });
    let format = UdpFormat::MpegTs;
    let endpoint = Endpoint::Udp { host: "127.0.0.1".into(), port, interface: None, format };
    assert_eq!(fault(&endpoint), Some(Fault::Garbage));
    stop.cancel();
    noise.join().unwrap();
}
