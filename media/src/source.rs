//! Where pictures come from, as structure: no URL, no option string, no password.

use crate::{Codec, CredentialId};
use std::fmt;

/// How RTSP media travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RtspTransport {
    /// Interleaved in the control connection.
    Tcp,
    /// RTP over UDP.
    Udp,
}

/// Which side of an SRT connection calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SrtMode {
    /// We call the source.
    Caller,
    /// The source calls us.
    Listener,
}

/// What RTP packets without a session description carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RtpPayload {
    /// The encoding.
    pub codec: Codec,
    /// RTP payload type, 0–127.
    pub payload_type: u8,
}

/// What UDP datagrams carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UdpFormat {
    /// MPEG transport stream, bare or in RTP.
    MpegTs,
    /// RTP with one elementary stream; the clock runs at 90 kHz.
    Rtp(RtpPayload),
}

/// The address of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// RTSP (RFC 2326) or, with `tls`, RTSPS.
    Rtsp {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Path with its leading slash; may carry a query.
        path: String,
        /// How media travels.
        transport: RtspTransport,
        /// TLS around the connection.
        tls: bool,
        /// User and password.
        credential: Option<CredentialId>,
    },
    /// Secure Reliable Transport with an MPEG transport stream inside.
    Srt {
        /// Host to call, or the local address to listen on.
        host: String,
        /// UDP port.
        port: u16,
        /// Who calls.
        mode: SrtMode,
        /// SRT receive latency in milliseconds.
        latency_ms: u32,
        /// Stream id for servers that carry many.
        stream_id: Option<String>,
        /// The passphrase is this credential's password.
        passphrase: Option<CredentialId>,
    },
    /// RTMP or, with `tls`, RTMPS.
    Rtmp {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Application and stream name, with a leading slash.
        path: String,
        /// TLS around the connection.
        tls: bool,
        /// User and password.
        credential: Option<CredentialId>,
    },
    /// HLS play list or a progressive file over HTTP(S).
    Http {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Path with its leading slash; may carry a query.
        path: String,
        /// TLS around the connection.
        tls: bool,
        /// User and password.
        credential: Option<CredentialId>,
    },
    /// Datagrams sent to us, to a unicast port or a multicast group.
    Udp {
        /// Local address to bind, or the multicast group to join.
        host: String,
        /// UDP port.
        port: u16,
        /// Address of the local interface on which to join the group.
        interface: Option<String>,
        /// What the datagrams carry.
        format: UdpFormat,
    },
    /// A video file below the ingest node's media folder, played again and again when `repeat` is set.
    File {
        /// Path relative to the media folder, without `..`.
        path: String,
        /// Begin again at the end.
        repeat: bool,
    },
    /// A still picture below the ingest node's media folder.
    Image {
        /// Path relative to the media folder, without `..`.
        path: String,
    },
}

/// Who begins the connection with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach<'a> {
    /// We call it there.
    Calls {
        /// Host name or address.
        host: &'a str,
        /// TCP or UDP port.
        port: u16,
    },
    /// It sends to us: to an address of this machine, or to a group.
    Listens {
        /// The address or the group.
        host: &'a str,
    },
    /// It lies in the node's own media folder.
    Here,
}

impl Endpoint {
    /// Where it leads.
    pub fn reach(&self) -> Reach<'_> {
        match self {
            Self::Srt { host, mode: SrtMode::Listener, .. } | Self::Udp { host, .. } => {
                Reach::Listens { host }
            }
            Self::Rtsp { host, port, .. }
            | Self::Srt { host, port, .. }
            | Self::Rtmp { host, port, .. }
            | Self::Http { host, port, .. } => Reach::Calls { host, port: *port },
            Self::File { .. } | Self::Image { .. } => Reach::Here,
        }
    }

    /// Whether pictures are expected to keep coming: false for stills.
    pub fn is_moving(&self) -> bool {
        !matches!(self, Self::Image { .. })
    }
}

/// User and password for one source. Neither [`fmt::Debug`] nor [`fmt::Display`] shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// User name; empty where a protocol has none.
    pub user: String,
    /// Password or passphrase.
    pub password: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("user", &self.user).field("password", &"…").finish()
    }
}
