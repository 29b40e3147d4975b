//! Opening and reading: files and stills, what is refused, what a fault is called, and that no secret is told.

mod common;

use common::{clip, ffmpeg, folder, limits, pull, pull_file};
use ingest::{Interrupt, Source, SourceError, SourceEvent};
use ingest_ffmpeg::{Timeouts, capabilities, open};
use media::{Credential, CredentialId, Endpoint, Fault, RtspTransport, SrtMode};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const X264: &[&str] = &["-c:v", "libx264", "-preset", "ultrafast"];

fn file(path: &str) -> Endpoint {
    Endpoint::File { path: path.to_owned(), repeat: false }
}

fn rtsp(port: u16) -> Endpoint {
    Endpoint::Rtsp {
        host: "127.0.0.1".into(),
        port,
        path: "/cam?token=t0psecret".into(),
        transport: RtspTransport::Tcp,
        tls: false,
        credential: CredentialId::new("cam").ok(),
    }
}

fn http(port: u16, path: &str) -> Endpoint {
    Endpoint::Http { host: "127.0.0.1".into(), port, path: path.into(), tls: false, credential: None }
}

fn short() -> Timeouts {
    Timeouts { connect: Duration::from_millis(400), read: Duration::from_millis(400) }
}

/// Serves connections one after the other until the process ends.
fn serve(answer: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap());
        }
    });
    port
}

/// Reads a request's head; `None` at the end of the connection.
fn head(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => return Some(lines),
            line => lines.push(line.to_owned()),
        }
    }
}

fn fault(result: Result<impl Sized, SourceError>) -> Option<Fault> {
    result.err().expect("this must not open").fault()
}

#[test]
fn a_repeated_file_keeps_one_timeline() {
    let folder = folder();
    for (name, encoder) in
        [("loop.mp4", &["-c:v", "libx264", "-bf", "2"][..]), ("loop.ts", X264), ("loop.mkv", X264)]
    {
        clip(&folder, name, "64x48", encoder);
        let endpoint = Endpoint::File { path: name.into(), repeat: true };
        let (_, packets) = pull(&folder, &endpoint, 40).unwrap();
        let decode: Vec<i64> = packets
            .iter()
            .map(|packet| packet.timescale.to_nanos(packet.dts.or(packet.pts).unwrap()) / 1_000_000)
            .collect();
        for pair in decode.windows(2) {
            assert!((39..=41).contains(&(pair[1] - pair[0])), "{name}: {decode:?}");
        }
        let mut shown: Vec<i64> =
            packets.iter().filter_map(|p| Some(p.timescale.to_nanos(p.pts?) / 1_000_000)).collect();
        shown.sort_unstable();
        shown.dedup();
        assert!(shown.len() + 2 >= packets.len(), "{name}: pictures share display times");
        let keys = [0, 12, 24, 36].map(|index| packets[index].keyframe);
        assert_eq!(keys, [true; 4], "{name}");
    }
}

#[test]
fn a_file_ends_and_one_without_pictures_says_so() {
    let folder = folder();
    clip(&folder, "a.mp4", "64x48", X264);
    let (_, packets) = pull_file(&folder, "a.mp4");
    assert_eq!(packets.len(), 12);
    ffmpeg(&["-f", "lavfi", "-i", "sine=d=0.2", folder.join("sound.mp4").to_str().unwrap()]);
    let endpoint = Endpoint::File { path: "sound.mp4".into(), repeat: true };
    assert_eq!(fault(pull(&folder, &endpoint, 9)), Some(Fault::Garbage));
    std::fs::write(folder.join("noise.mp4"), vec![0x55; 100_000]).unwrap();
    assert_eq!(fault(pull(&folder, &file("noise.mp4"), 9)), Some(Fault::Garbage));
    clip(&folder, "old.avi", "64x48", &["-c:v", "huffyuv"]);
    assert_eq!(fault(pull(&folder, &file("old.avi"), 9)), Some(Fault::Unsupported));
}

#[test]
fn nothing_outside_the_media_folder_is_opened() {
    let outer = folder();
    let inner = outer.join("inner");
    std::fs::create_dir_all(&inner).unwrap();
    clip(&outer, "a.mp4", "64x48", X264);
    std::os::unix::fs::symlink(outer.join("a.mp4"), inner.join("link.mp4")).unwrap();
    let absolute = outer.join("a.mp4");
    let secret = outer.join("a.mp4").display().to_string();
    for path in [
        "../a.mp4",
        "x/../../a.mp4",
        "link.mp4",
        absolute.to_str().unwrap(),
        "",
        ".",
        "a\0b",
        "concat:a",
        "subfile,,start,0,end,0,,:a.mp4",
        &format!("file:{secret}"),
        "http://127.0.0.1/a",
        "pipe:0",
        "no.mp4",
    ] {
        for endpoint in [file(path), Endpoint::Image { path: path.to_owned() }] {
            assert_eq!(fault(pull(&inner, &endpoint, 1)), Some(Fault::NotFound), "{path:?}");
        }
    }
    // A play list in the folder is no video file: it could name anything.
    std::fs::write(inner.join("list.mp4"), format!("ffconcat version 1.0\nfile '{secret}'\n")).unwrap();
    std::fs::write(inner.join("hls.mp4"), format!("#EXTM3U\n#EXTINF:1,\nfile://{secret}\n")).unwrap();
    for path in ["list.mp4", "hls.mp4"] {
        let fault = fault(pull(&inner, &file(path), 1));
        assert!(matches!(fault, Some(Fault::Unsupported | Fault::Garbage)), "{path}: {fault:?}");
    }
}

#[test]
fn stills_that_would_be_too_large_are_refused_from_their_header() {
    let folder = folder();
    let png = |width: u32, height: u32| {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 2, 0, 0, 0]);
        bytes
    };
    let jpeg = |width: u16, height: u16| {
        let mut bytes = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc0\0\x11\x08".to_vec();
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes
    };
    let cases = [
        (png(40_000, 40_000), Fault::Unsupported),
        (png(16_384, 4_000), Fault::Unsupported),
        (png(16_385, 1), Fault::Unsupported),
        (png(0, 1), Fault::Unsupported),
        (png(u32::MAX, u32::MAX), Fault::Unsupported),
        (jpeg(65_535, 65_535), Fault::Unsupported),
        (b"GIF89a".to_vec(), Fault::Garbage),
        (b"\xff\xd8\xff".to_vec(), Fault::Garbage),
        (b"\xff\xd8\xff\xe0\0\0".to_vec(), Fault::Garbage),
        (Vec::new(), Fault::Garbage),
    ];
    for (bytes, expected) in cases {
        std::fs::write(folder.join("a.png"), &bytes).unwrap();
        let result = pull(&folder, &Endpoint::Image { path: "a.png".into() }, 1);
        assert_eq!(fault(result), Some(expected), "{bytes:?}");
    }
    let mut large = png(16_000, 4_000);
    for (bytes, expected) in [(0, None), (1, Some(Fault::Unsupported))] {
        large.resize((8 << 20) + bytes, 0);
        std::fs::write(folder.join("a.png"), &large).unwrap();
        let result = pull(&folder, &Endpoint::Image { path: "a.png".into() }, 1);
        assert_eq!(result.err().and_then(|error| error.fault()), expected, "{bytes} bytes too many");
    }
}

#[test]
fn a_play_list_reaches_neither_files_nor_other_protocols() {
    let folder = folder();
    clip(&folder, "a.ts", "64x48", X264);
    let target = folder.join("a.ts").display().to_string();
    // What is allowed works, so that the refusals below mean something.
    let bytes = std::fs::read(folder.join("a.ts")).unwrap();
    let port = serve(move |mut stream| {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let Some(lines) = head(&mut reader) else { return };
        let list = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n";
        let body = if lines[0].contains("/a.ts") { &bytes[..] } else { &list[..] };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(body);
    });
    assert_eq!(pull(&folder, &http(port, "/list.m3u8"), 99).unwrap().1.len(), 12);
    let bait = TcpListener::bind("127.0.0.1:0").unwrap();
    let bait_port = bait.local_addr().unwrap().port();
    for line in [
        format!("file://{target}"),
        format!("file:{target}"),
        target.clone(),
        format!("concat:{target}|{target}"),
        format!("subfile,,start,0,end,9999,,:{target}"),
        format!("rtmp://127.0.0.1:{bait_port}/a/b"),
        format!("gopher://127.0.0.1:{bait_port}/a.ts"),
        format!("udp://127.0.0.1:{bait_port}/a.ts"),
    ] {
        let list = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{line}\n#EXT-X-ENDLIST\n");
        let redirect = line.clone();
        let port = serve(move |mut stream| {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let Some(lines) = head(&mut reader) else { return };
            let answer = if lines[0].contains("/moved") {
                format!("HTTP/1.1 302 Found\r\nLocation: {redirect}\r\nContent-Length: 0\r\n\r\n")
            } else {
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{list}",
                    list.len()
                )
            };
            let _ = stream.write_all(answer.as_bytes());
        });
        for path in ["/list.m3u8", "/moved"] {
            let result = open(&http(port, path), None, &folder, short(), Interrupt::new())
                .and_then(|mut source| source.next());
            assert!(result.is_err(), "{path}: {line} was followed");
        }
    }
    bait.set_nonblocking(true).unwrap();
    assert!(bait.accept().is_err(), "another protocol was spoken");
}

#[test]
fn faults_are_told_apart() {
    let open = |endpoint: &Endpoint| {
        fault(
            open(endpoint, None, Path::new("."), short(), Interrupt::new())
                .and_then(|mut source| source.next()),
        )
    };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(open(&rtsp(closed)), Some(Fault::Refused));
    // Accepts and stays silent, as a camera that hangs does.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    assert_eq!(open(&rtsp(port)), Some(Fault::NoPicture));
    assert_eq!(open(&http(port, "/a.m3u8")), Some(Fault::NoPicture));
    for (status, expected) in [
        ("404 Not Found", Fault::NotFound),
        ("401 Unauthorized", Fault::Credentials),
        ("403 Forbidden", Fault::Credentials),
        ("503 Service Unavailable", Fault::Refused),
        ("200 OK", Fault::Garbage),
    ] {
        let port = serve(move |mut stream| {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            while head(&mut reader).is_some() {
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nhello");
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        assert_eq!(open(&http(port, "/a")), Some(expected), "{status}");
    }
    let nobody = Endpoint::Srt {
        host: "127.0.0.1".into(),
        port: closed,
        mode: SrtMode::Caller,
        latency_ms: 120,
        stream_id: None,
        passphrase: None,
    };
    assert_eq!(open(&nobody), Some(Fault::Unreachable));
    let wait = Endpoint::Udp {
        host: "127.0.0.1".into(),
        port: closed,
        interface: None,
        format: media::UdpFormat::MpegTs,
    };
    assert_eq!(open(&wait), Some(Fault::NoPicture));
    for host in ["a b", "a/b", "user@host", "host:80", "a?b", "", "[::1", "host\r\nX: y"] {
        let endpoint =
            Endpoint::Http { host: host.into(), port: 80, path: "/".into(), tls: false, credential: None };
        assert_eq!(open(&endpoint), Some(Fault::NotFound), "{host:?}");
    }
}

#[test]
fn a_hang_ends_when_cancelled() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let interrupt = Interrupt::new();
    let other = interrupt.clone();
    let thread = std::thread::spawn(move || {
        let (_held, _) = silent.accept().unwrap();
        other.cancel();
        // Holds the connection open until the reader has gone.
        let _ = (&_held).read(&mut [0; 4096]);
        while (&_held).read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
    });
    let limits = Timeouts { connect: Duration::from_secs(600), read: Duration::from_secs(600) };
    let result = open(&http(port, "/a.ts"), None, Path::new("."), limits, interrupt);
    assert_eq!(result.err(), Some(SourceError::Cancelled));
    thread.join().unwrap();
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_secret_reaches_an_error_or_the_log() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = asked.clone();
    let port = serve(move |mut stream| {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(lines) = head(&mut reader) {
            let number = lines.iter().find_map(|line| line.strip_prefix("CSeq: ")).unwrap_or("1").to_owned();
            heard.lock().unwrap().extend(lines);
            let answer = format!(
                "RTSP/1.0 401 Unauthorized\r\nCSeq: {number}\r\nWWW-Authenticate: Basic realm=\"cam\"\r\n\r\n"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let log = Lines::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let credential = Credential { user: "ad@min".into(), password: "hunter2:/@".into() };
    let error = tracing_subscriber_scope(subscriber, || {
        open(&rtsp(port), Some(&credential), Path::new("."), limits(), Interrupt::new()).err().unwrap()
    });
    assert_eq!(error, SourceError::Credentials { place: format!("rtsp://127.0.0.1:{port}/cam") });
    let asked = asked.lock().unwrap().join("\n");
    // "ad@min:hunter2:/@" in base 64: the password did travel, unchanged.
    assert!(asked.contains("Authorization: Basic YWRAbWluOmh1bnRlcjI6L0A="), "{asked}");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let told = format!("{error} {error:?} {credential:?} {log}").to_lowercase();
    for secret in ["hunter2", "t0psecret", "ywrab", "ad%40min"] {
        assert!(!told.contains(secret), "{secret} is told: {told}");
    }
}

fn tracing_subscriber_scope<T>(subscriber: impl Into<tracing::Dispatch>, body: impl FnOnce() -> T) -> T {
    tracing::dispatcher::with_default(&subscriber.into(), body)
}

#[test]
fn this_machine_has_what_the_house_needs() {
    let found = capabilities();
    assert!(!found.version.is_empty());
    for (protocol, present) in &found.protocols {
        assert!(present, "FFmpeg lacks {protocol}");
    }
    for (codec, decoder) in &found.decoders {
        assert!(decoder.is_some(), "FFmpeg lacks a decoder for {codec:?}");
    }
}

#[test]
fn http_streams_are_read_and_their_stream_comes_first() {
    let folder = folder();
    let clip = clip(&folder, "a.ts", "64x48", X264);
    let bytes = std::fs::read(clip).unwrap();
    let port = serve(move |mut stream| {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        if head(&mut reader).is_some() {
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&bytes);
        }
    });
    let mut source = open(&http(port, "/live stream.ts"), None, &folder, limits(), Interrupt::new()).unwrap();
    assert!(matches!(source.next(), Ok(SourceEvent::Stream(_))));
    for _ in 0..12 {
        assert!(matches!(source.next(), Ok(SourceEvent::Packet(_))));
    }
    assert_eq!(source.next().unwrap_err().fault(), Some(Fault::Ended));
}
