//! The cameras of the end-to-end tests: each protocol with each codec, on ports that are free now.

use crate::camera::Scene;
use crate::peers::{self, Clip, Coding, Server, free_tcp_port, free_udp_port};
use crate::stage::{Camera, Place};
use std::io;

const H264: Clip = Clip::new("gate-east", Scene::Gate, 1, Coding::H264);
const CROSSING: Clip = Clip::new("crossing", Scene::Crossing, 3, Coding::H264);
const H265: Clip = Clip::new("shore", Scene::Shore, 4, Coding::H265);
const MJPEG: Clip = Clip { fps: 15, ..Clip::new("market", Scene::Market, 5, Coding::Mjpeg) };
const B_FRAMES: Clip = Clip::new("motorway", Scene::Motorway, 9, Coding::H264BFrames);
const MPEG2: Clip = Clip::new("harbour", Scene::Harbour, 11, Coding::Mpeg2);
const VP9: Clip = Clip::new("plaza", Scene::Plaza, 14, Coding::Vp9);
const AV1: Clip = Clip::new("lake-av1", Scene::Lake, 15, Coding::Av1);
/// A still is a clip of one frame that never moves; its picture is `still.png` of the stage.
const STILL: Clip = Clip { name: "still", number: 63, ..H264 };

/// One camera for each protocol with each codec that it carries.
pub fn every_protocol(place: &Place) -> io::Result<Vec<Camera>> {
    let mut all = rtsp()?;
    all.extend(srt(place)?);
    all.extend(rtmp_and_http()?);
    all.extend(udp()?);
    all.extend([
        Camera {
            id: "file-h264",
            clip: H264,
            endpoint: "file = { path = \"gate-east.mp4\" }".into(),
            server: None,
        },
        Camera {
            id: "file-vp9",
            clip: VP9,
            endpoint: "file = { path = \"plaza.webm\" }".into(),
            server: None,
        },
        Camera {
            id: "file-av1",
            clip: AV1,
            endpoint: "file = { path = \"lake-av1.webm\" }".into(),
            server: None,
        },
        Camera {
            id: "still-png",
            clip: STILL,
            endpoint: "image = { path = \"still.png\" }".into(),
            server: None,
        },
    ]);
    Ok(all)
}

/// The key of the hall document for an RTSP camera of the demo's credentials.
pub fn rtsp_endpoint(port: u16, path: &str, transport: &str) -> String {
    format!(
        "rtsp = {{ host = \"127.0.0.1\", port = {port}, path = \"{path}\", transport = \"{transport}\", credential = \"cameras\" }}"
    )
}

/// A camera with an RTSP server of its own.
pub fn rtsp_alone(id: &'static str, number: u32) -> io::Result<Camera> {
    let port = free_tcp_port()?;
    let name = ["alone-0", "alone-1", "alone-2", "alone-3", "alone-4"][number as usize % 5];
    let clip = Clip::new(name, Scene::ALL[number as usize % Scene::ALL.len()], 40 + number, Coding::H264);
    let server = Server::Rtsp { port, mounts: vec![("/live", clip)], credential: "cameras", basic: false };
    Ok(Camera { id, clip, endpoint: rtsp_endpoint(port, "/live", "tcp"), server: Some(server) })
}

fn rtsp() -> io::Result<Vec<Camera>> {
    let (port, basic_port) = (free_tcp_port()?, free_tcp_port()?);
    let mounts = vec![("/h264", H264), ("/h265", H265), ("/mjpeg", MJPEG), ("/udp", CROSSING)];
    let server = Server::Rtsp { port, mounts, credential: "cameras", basic: false };
    let basic = Server::Rtsp {
        port: basic_port,
        mounts: vec![("/h264", CROSSING)],
        credential: "cameras",
        basic: true,
    };
    let camera = |id, clip, path: &str, transport: &str| Camera {
        id,
        clip,
        endpoint: rtsp_endpoint(port, path, transport),
        server: None,
    };
    Ok(vec![
        Camera { server: Some(server), ..camera("rtsp-h264", H264, "/h264", "tcp") },
        camera("rtsp-h265", H265, "/h265", "tcp"),
        camera("rtsp-mjpeg", MJPEG, "/mjpeg", "tcp"),
        camera("rtsp-udp", CROSSING, "/udp", "udp"),
        Camera {
            id: "rtsp-basic",
            clip: CROSSING,
            endpoint: rtsp_endpoint(basic_port, "/h264", "tcp"),
            server: Some(basic),
        },
    ])
}

fn srt(place: &Place) -> io::Result<Vec<Camera>> {
    let [plain, secret, ours] = [free_udp_port()?, free_udp_port()?, free_udp_port()?];
    let passphrase = Some(peers::password(&place.kit().credentials, "srt-news")?);
    let endpoint = |port: u16, more: &str| format!("srt = {{ host = \"127.0.0.1\", port = {port}{more} }}");
    Ok(vec![
        Camera {
            id: "srt-caller",
            clip: H264,
            endpoint: endpoint(plain, ""),
            server: Some(Server::SrtListener { port: plain, passphrase: None, clip: H264 }),
        },
        Camera {
            id: "srt-passphrase",
            clip: CROSSING,
            endpoint: endpoint(secret, ", credential = \"srt-news\""),
            server: Some(Server::SrtListener { port: secret, passphrase, clip: CROSSING }),
        },
        Camera {
            id: "srt-listener",
            clip: H265,
            endpoint: endpoint(ours, ", mode = \"listener\""),
            server: Some(Server::SrtCaller { port: ours, clip: H265 }),
        },
    ])
}

fn rtmp_and_http() -> io::Result<Vec<Camera>> {
    let (rtmp_port, http_port) = (free_tcp_port()?, free_tcp_port()?);
    let server = Server::RtmpHls { rtmp_port, http_port, stream: "live", clip: H264 };
    Ok(vec![
        Camera {
            id: "rtmp-h264",
            clip: H264,
            endpoint: format!("rtmp = {{ host = \"127.0.0.1\", port = {rtmp_port}, path = \"/live/live\" }}"),
            server: Some(server),
        },
        Camera {
            id: "hls-h264",
            clip: H264,
            endpoint: format!(
                "http = {{ host = \"127.0.0.1\", port = {http_port}, path = \"/hls/live.m3u8\" }}"
            ),
            server: None,
        },
    ])
}

fn udp() -> io::Result<Vec<Camera>> {
    let [h264, h265, mpeg2, rtp, rtp_h265] =
        [free_udp_port()?, free_udp_port()?, free_udp_port()?, free_udp_port()?, free_udp_port()?];
    let unicast = |port: u16, more: &str| format!("udp = {{ host = \"127.0.0.1\", port = {port}{more} }}");
    let to = |port: u16| format!("127.0.0.1:{port}");
    let sends = |clip, port| Some(Server::UdpMpegTs { to: to(port), clip });
    Ok(vec![
        Camera {
            id: "udp-h264-b",
            clip: B_FRAMES,
            endpoint: unicast(h264, ""),
            server: sends(B_FRAMES, h264),
        },
        Camera { id: "udp-h265", clip: H265, endpoint: unicast(h265, ""), server: sends(H265, h265) },
        Camera {
            id: "multicast-mpeg2",
            clip: MPEG2,
            endpoint: format!("udp = {{ host = \"239.77.1.9\", port = {mpeg2}, interface = \"127.0.0.1\" }}"),
            server: Some(Server::UdpMpegTs { to: format!("239.77.1.9:{mpeg2}"), clip: MPEG2 }),
        },
        Camera {
            id: "rtp-h264",
            clip: CROSSING,
            endpoint: unicast(rtp, ", format = \"rtp\", codec = \"h264\", payload_type = 96"),
            server: Some(Server::Rtp { to: to(rtp), clip: CROSSING }),
        },
        Camera {
            id: "rtp-h265",
            clip: H265,
            endpoint: unicast(rtp_h265, ", format = \"rtp\", codec = \"h265\", payload_type = 96"),
            server: Some(Server::Rtp { to: to(rtp_h265), clip: H265 }),
        },
    ])
}
