//! From a structured endpoint to what FFmpeg is told: one URL, one demuxer, a closed list of protocols and options.
//!
//! Nothing of the hall document becomes an option or a scheme. Hosts and paths are checked and percent-encoded, so no
//! text can leave its place in the URL; only the protocols that an endpoint needs are on its list, so no play list or
//! redirect reaches a file or another kind of service.

use ingest::SourceError;
use media::{Codec, Credential, Endpoint, RtpPayload, RtspTransport, SrtMode, UdpFormat};
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// How long opening and reading may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// From the first byte sent to the first picture.
    pub connect: Duration,
    /// Between two pictures.
    pub read: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), read: Duration::from_secs(3) }
    }
}

/// What FFmpeg is told about one endpoint. No `Debug`: the URL and the options hold secrets.
pub(crate) struct Address {
    /// URL with user and password; never shown.
    pub url: String,
    /// The demuxer, where the endpoint settles it.
    pub demuxer: Option<&'static str>,
    /// Demuxers that may be found by looking at the bytes; empty when `demuxer` settles it.
    pub demuxers: &'static str,
    /// The only protocols that may be opened on behalf of this endpoint.
    pub protocols: &'static str,
    /// Further options: name and value, all of our own choosing.
    pub options: Vec<(&'static str, String)>,
    /// A session description to be read instead of the URL.
    pub session: Option<String>,
    /// Scheme, host, port and path without query: fit for logs.
    pub place: String,
}

/// An RTSP server is asked for its pictures and nothing else.
pub(crate) const PICTURES_ALONE: (&str, &str) = ("allowed_media_types", "video");

/// Containers with timestamps: bare elementary streams have none, so nobody could say how fast to play them.
const FILE_DEMUXERS: &str = "mov,matroska,webm,mpegts,mpeg,avi,flv,ivf";
const HTTP_DEMUXERS: &str = "hls,mpegts,mov,matroska,webm,flv";

/// The server must prove its name to an authority that this machine trusts; FFmpeg asks for no proof by itself. RTSPS
/// cannot be told so: FFmpeg 5.1 opens its TLS connection without options.
fn verify() -> (&'static str, String) {
    ("tls_verify", "1".to_owned())
}

/// Scheme, host, port and path of `endpoint` without query, user or password: what logs and errors may say.
pub fn place(endpoint: &Endpoint) -> String {
    let bare = |path: &str| path.split(['?', '#']).next().unwrap_or("").to_owned();
    match endpoint {
        Endpoint::Rtsp { host, port, path, tls, .. } => {
            format!("{}://{}:{port}{}", if *tls { "rtsps" } else { "rtsp" }, bracketed(host), bare(path))
        }
        Endpoint::Srt { host, port, .. } => format!("srt://{}:{port}", bracketed(host)),
        Endpoint::Rtmp { host, port, path, tls, .. } => {
            format!("{}://{}:{port}{}", if *tls { "rtmps" } else { "rtmp" }, bracketed(host), bare(path))
        }
        Endpoint::Http { host, port, path, tls, .. } => {
            format!("{}://{}:{port}{}", if *tls { "https" } else { "http" }, bracketed(host), bare(path))
        }
        Endpoint::Udp { host, port, .. } => format!("udp://{}:{port}", bracketed(host)),
        Endpoint::File { path, .. } | Endpoint::Image { path } => path.clone(),
    }
}

/// Says what FFmpeg is to be told; `file` is the checked path of a file endpoint.
pub(crate) fn address(
    endpoint: &Endpoint,
    credential: Option<&Credential>,
    timeouts: Timeouts,
) -> Result<Address, SourceError> {
    let place = place(endpoint);
    let micros = |duration: Duration| duration.as_micros().min(i32::MAX as u128).to_string();
    let read_us = micros(timeouts.read);
    let url = |scheme: &str, host: &str, port: u16, path: &str| -> Result<String, SourceError> {
        let (host, path) = (checked_host(host, &place)?, encoded_path(path));
        Ok(format!("{scheme}://{}{host}:{port}{path}", user_info(credential)))
    };
    let mut built = match endpoint {
        Endpoint::Rtsp { host, port, path, transport, tls, .. } => {
            let scheme = if *tls { "rtsps" } else { "rtsp" };
            let (transport, protocols) = match transport {
                RtspTransport::Tcp => ("tcp", "rtsp,rtsps,tcp,tls"),
                RtspTransport::Udp => ("udp", "rtsp,rtsps,tcp,tls,rtp,udp"),
            };
            let options = vec![
                ("rtsp_transport", transport.to_owned()),
                (PICTURES_ALONE.0, PICTURES_ALONE.1.to_owned()),
                ("timeout", read_us),
                ("buffer_size", "2097152".to_owned()),
                ("user_agent", "Taibai".to_owned()),
            ];
            bare(url(scheme, host, *port, path)?, Some("rtsp"), protocols, options)
        }
        Endpoint::Rtmp { host, port, path, tls, .. } => {
            let (scheme, protocols) = if *tls { ("rtmps", "rtmps,tls,tcp") } else { ("rtmp", "rtmp,tcp") };
            let mut options = vec![("rw_timeout", read_us), ("rtmp_live", "live".to_owned())];
            options.extend(tls.then(verify));
            bare(url(scheme, host, *port, path)?, Some("flv"), protocols, options)
        }
        Endpoint::Http { host, port, path, tls, .. } => {
            let scheme = if *tls { "https" } else { "http" };
            let mut options = vec![
                ("rw_timeout", read_us),
                ("live_start_index", "-2".to_owned()),
                ("user_agent", "Taibai".to_owned()),
            ];
            options.extend(tls.then(verify));
            let url = url(scheme, host, *port, path)?;
            Address { demuxers: HTTP_DEMUXERS, ..bare(url, None, "http,https,tcp,tls,crypto", options) }
        }
        Endpoint::Srt { host, port, mode, latency_ms, stream_id, .. } => {
            let options = srt_options(*mode, *latency_ms, stream_id.as_deref(), credential, timeouts);
            let url = format!("srt://{}:{port}", checked_host(host, &place)?);
            bare(url, Some("mpegts"), "srt", options)
        }
        Endpoint::Udp { host, port, interface, format } => {
            udp(checked_host(host, &place)?, host, *port, interface.as_deref(), *format, &place)?
        }
        Endpoint::File { .. } | Endpoint::Image { .. } => {
            Address { demuxers: FILE_DEMUXERS, ..bare(String::new(), None, "file", Vec::new()) }
        }
    };
    built.place = place;
    Ok(built)
}

fn bare(
    url: String,
    demuxer: Option<&'static str>,
    protocols: &'static str,
    options: Vec<(&'static str, String)>,
) -> Address {
    Address { url, demuxer, demuxers: "", protocols, options, session: None, place: String::new() }
}

fn srt_options(
    mode: SrtMode,
    latency_ms: u32,
    stream_id: Option<&str>,
    credential: Option<&Credential>,
    timeouts: Timeouts,
) -> Vec<(&'static str, String)> {
    let mode = match mode {
        SrtMode::Caller => "caller",
        SrtMode::Listener => "listener",
    };
    let mut options = vec![
        ("mode", mode.to_owned()),
        ("transtype", "live".to_owned()),
        ("latency", (u64::from(latency_ms) * 1000).to_string()),
        ("connect_timeout", timeouts.connect.as_millis().to_string()),
        // A listener waits for its caller as long as it takes: the interrupt ends the wait.
        ("timeout", timeouts.read.as_micros().to_string()),
    ];
    if let Some(id) = stream_id {
        options.push(("streamid", id.to_owned()));
    }
    if let Some(credential) = credential.filter(|credential| !credential.password.is_empty()) {
        options.push(("passphrase", credential.password.clone()));
        options.push(("enforced_encryption", "1".to_owned()));
    }
    options
}

fn udp(
    host: String,
    bare_host: &str,
    port: u16,
    interface: Option<&str>,
    format: UdpFormat,
    place: &str,
) -> Result<Address, SourceError> {
    let group = is_multicast(bare_host);
    let local = match (group, interface) {
        (_, Some(interface)) => Some(checked_host(interface, place)?),
        (false, None) => Some(bare_host.to_owned()),
        (true, None) => None,
    };
    let local = local.map(|text| text.trim_matches(['[', ']']).to_owned());
    match format {
        UdpFormat::MpegTs => {
            let mut options = vec![
                ("buffer_size", "2097152".to_owned()),
                // 6 MiB between socket and demuxer; what does not fit is lost and counted by the demuxer.
                ("fifo_size", "32768".to_owned()),
                ("overrun_nonfatal", "1".to_owned()),
                ("reuse", if group { "1" } else { "0" }.to_owned()),
            ];
            options.extend(local.map(|local| ("localaddr", local)));
            Ok(bare(format!("udp://{host}:{port}"), Some("mpegts"), "udp", options))
        }
        UdpFormat::Rtp(payload) => {
            let mut options = vec![
                ("buffer_size", "2097152".to_owned()),
                ("reorder_queue_size", "500".to_owned()),
                // The session holds one description; nobody has to announce themselves first.
                ("listen_timeout", "3600".to_owned()),
            ];
            options.extend(local.map(|local| ("localaddr", local)));
            let session = session(bare_host, port, payload, place)?;
            let address = bare(String::new(), Some("sdp"), "rtp,udp", options);
            Ok(Address { session: Some(session), ..address })
        }
    }
}

/// A session description (RFC 8866) for one video stream on a 90 kHz clock.
fn session(host: &str, port: u16, payload: RtpPayload, place: &str) -> Result<String, SourceError> {
    let name = match payload.codec {
        Codec::H264 => "H264",
        Codec::H265 => "H265",
        Codec::Vp8 => "VP8",
        Codec::Vp9 => "VP9",
        Codec::Mpeg2 => "MPV",
        Codec::Mpeg4 => "MP4V-ES",
        Codec::Mjpeg => "JPEG",
        Codec::Av1 | Codec::Png => {
            let detail = format!("RTP with {:?} is not supported", payload.codec);
            return Err(SourceError::Unsupported { place: place.to_owned(), detail });
        }
    };
    let bare = host.trim_matches(['[', ']']);
    let (family, ttl) = if bare.contains(':') { ("IP6", "") } else { ("IP4", "/16") };
    let ttl = if is_multicast(host) { ttl } else { "" };
    let pt = payload.payload_type & 0x7f;
    Ok(format!(
        "v=0\r\no=- 0 0 IN {family} {bare}\r\ns=-\r\nc=IN {family} {bare}{ttl}\r\nt=0 0\r\n\
         m=video {port} RTP/AVP {pt}\r\na=rtpmap:{pt} {name}/90000\r\n"
    ))
}

fn is_multicast(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_multicast())
}

fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

/// A host name or address and nothing more, with brackets around IPv6.
fn checked_host(host: &str, place: &str) -> Result<String, SourceError> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let name = !bare.is_empty()
        && bare.len() <= 253
        && bare.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if name || bare.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(bracketed(bare));
    }
    Err(SourceError::NotFound { place: place.to_owned() })
}

/// Keeps what may stand in a path and query (RFC 3986) and existing escapes, encodes the rest.
fn encoded_path(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len() + 1);
    if !path.starts_with('/') {
        encoded.push('/');
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => encoded.push(char::from(byte)),
            _ if b"-._~!$&'()*+,;=:@/?%".contains(&byte) => encoded.push(char::from(byte)),
            _ => percent(&mut encoded, byte),
        }
    }
    encoded
}

fn percent(text: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(text, "%{byte:02X}");
}

/// `user:password@` with everything but letters and digits encoded; empty without a user.
fn user_info(credential: Option<&Credential>) -> String {
    let Some(credential) = credential.filter(|credential| !credential.user.is_empty()) else {
        return String::new();
    };
    let mut text = String::new();
    for (part, end) in [(&credential.user, ':'), (&credential.password, '@')] {
        for byte in part.bytes() {
            if byte.is_ascii_alphanumeric() { text.push(char::from(byte)) } else { percent(&mut text, byte) }
        }
        text.push(end);
    }
    text
}

/// The file that `path` means below `folder`; refuses everything that would lead outside, links included.
pub(crate) fn inside(folder: &Path, path: &str) -> Result<PathBuf, SourceError> {
    let missing = || SourceError::NotFound { place: path.to_owned() };
    let relative = Path::new(path);
    if path.is_empty() || path.contains('\0') {
        return Err(missing());
    }
    if !relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(missing());
    }
    let folder = folder.canonicalize().map_err(|_| missing())?;
    let file = folder.join(relative).canonicalize().map_err(|_| missing())?;
    if file.starts_with(&folder) && file.is_file() { Ok(file) } else { Err(missing()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Credential {
        Credential { user: "ad@min".into(), password: "p:/?#[]@%隐".into() }
    }

    fn built(endpoint: &Endpoint) -> Address {
        address(endpoint, Some(&secret()), Timeouts::default()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn udp_endpoint(host: &str, interface: Option<&str>, format: UdpFormat) -> Endpoint {
        Endpoint::Udp { host: host.into(), port: 5004, interface: interface.map(str::to_owned), format }
    }

    fn option<'a>(address: &'a Address, name: &str) -> Option<&'a str> {
        address.options.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn user_and_password_cannot_leave_their_place() {
        let endpoint = Endpoint::Rtsp {
            host: "fe80::1".into(),
            port: 554,
            path: "/a b?x=1 2\r\n".into(),
            transport: RtspTransport::Tcp,
            tls: true,
            credential: None,
        };
        let address = built(&endpoint);
        let info = "ad%40min:p%3A%2F%3F%23%5B%5D%40%25%E9%9A%90";
        assert_eq!(address.url, format!("rtsps://{info}@[fe80::1]:554/a%20b?x=1%202%0D%0A"));
        assert_eq!(address.place, "rtsps://[fe80::1]:554/a b");
        let nobody =
            super::address(&endpoint, None, Timeouts::default()).unwrap_or_else(|error| panic!("{error}"));
        assert!(nobody.url.starts_with("rtsps://[fe80::1]"));
    }

    #[test]
    fn a_passphrase_is_an_option_and_in_no_text() {
        let endpoint = Endpoint::Srt {
            host: "encoder.local".into(),
            port: 9000,
            mode: SrtMode::Caller,
            latency_ms: 120,
            stream_id: Some("#!::r=gate,m=request&mode=listener".into()),
            passphrase: None,
        };
        let address = built(&endpoint);
        assert_eq!(
            (&*address.url, &*address.place),
            ("srt://encoder.local:9000", "srt://encoder.local:9000")
        );
        assert_eq!(option(&address, "passphrase"), Some("p:/?#[]@%隐"));
        assert_eq!(option(&address, "streamid"), Some("#!::r=gate,m=request&mode=listener"));
        assert_eq!(option(&address, "mode"), Some("caller"));
        assert_eq!(option(&address, "latency"), Some("120000"));
    }

    #[test]
    fn every_endpoint_opens_only_the_protocols_it_needs() {
        let host = || "10.0.0.1".to_owned();
        let http = |tls| Endpoint::Http { host: host(), port: 80, path: "/a".into(), tls, credential: None };
        let rtmp =
            |tls| Endpoint::Rtmp { host: host(), port: 1935, path: "/a".into(), tls, credential: None };
        let rtp = UdpFormat::Rtp(RtpPayload { codec: Codec::H264, payload_type: 96 });
        let cases = [
            (http(false), "http,https,tcp,tls,crypto"),
            (http(true), "http,https,tcp,tls,crypto"),
            (rtmp(false), "rtmp,tcp"),
            (rtmp(true), "rtmps,tls,tcp"),
            (udp_endpoint("10.0.0.1", None, UdpFormat::MpegTs), "udp"),
            (udp_endpoint("10.0.0.1", None, rtp), "rtp,udp"),
            (Endpoint::File { path: "a.mp4".into(), repeat: true }, "file"),
        ];
        for (endpoint, protocols) in cases {
            assert_eq!(built(&endpoint).protocols, protocols, "{endpoint:?}");
        }
    }

    #[test]
    fn groups_are_joined_on_their_interface_and_ports_bound_on_their_address() {
        let local = |host, interface| {
            let address = built(&udp_endpoint(host, interface, UdpFormat::MpegTs));
            option(&address, "localaddr").map(str::to_owned)
        };
        assert_eq!(local("239.1.2.3", None), None);
        assert_eq!(local("239.1.2.3", Some("10.0.0.7")).as_deref(), Some("10.0.0.7"));
        assert_eq!(local("127.0.0.1", None).as_deref(), Some("127.0.0.1"));
        assert_eq!(local("::1", None).as_deref(), Some("::1"));
    }

    #[test]
    fn rtp_is_described_in_our_own_words() {
        let rtp = |host, codec| {
            let format = UdpFormat::Rtp(RtpPayload { codec, payload_type: 98 });
            address(&udp_endpoint(host, None, format), None, Timeouts::default())
                .map(|address| address.session)
        };
        let session = rtp("239.1.2.3", Codec::H265).ok().flatten().unwrap_or_default();
        for line in ["c=IN IP4 239.1.2.3/16", "m=video 5004 RTP/AVP 98", "a=rtpmap:98 H265/90000"] {
            assert!(session.lines().any(|other| other == line), "{line} is missing in {session}");
        }
        let session = rtp("::1", Codec::Vp9).ok().flatten().unwrap_or_default();
        assert!(session.contains("c=IN IP6 ::1\r\n") && session.contains("VP9/90000"), "{session}");
        assert!(matches!(rtp("10.0.0.1", Codec::Png), Err(SourceError::Unsupported { .. })));
        assert!(matches!(rtp("10.0.0.1\r\na=x", Codec::H264), Err(SourceError::NotFound { .. })));
    }
}
