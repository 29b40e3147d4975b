//! What requests about sources carry, and what is answered. A source itself has the keys of the hall document; the document's own reader
//! reads them, these types describe them.

use crate::data::Said;
use media::{CredentialId, NodeId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `[[source]]` in JSON. Exactly one of the kinds from `rtsp` to `image` is there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// A text, or `{zh, en}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// Longitude and latitude in degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ingest: Option<NodeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtsp: Option<ServerForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtmp: Option<ServerForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<ServerForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    srt: Option<SrtForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    udp: Option<UdpForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    streams: Option<Vec<StreamForm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    masks: Option<Vec<MaskForm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detections: Option<DetectionsForm>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerForm {
    host: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<bool>,
    /// `tcp` or `udp`; RTSP alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<CredentialId>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SrtForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    port: u16,
    /// `caller` or `listener`.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<CredentialId>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UdpForm {
    host: String,
    port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<String>,
    /// `mpegts` or `rtp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    codec: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_type: Option<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<bool>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageForm {
    path: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamForm {
    name: String,
    path: String,
    /// Width and height in pixels.
    size: Vec<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaskForm {
    rect_percent: Vec<Value>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DetectionsForm {
    query: String,
}

/// `DELETE /v1/sources/{source}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoveQuery {
    /// Close the windows that show it.
    #[serde(default)]
    pub(crate) close: bool,
}

/// `POST /v1/sources/discover`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiscoverForm {
    /// Which ingest node asks its network; all where none is named.
    pub(crate) node: Option<NodeId>,
}

/// `POST /v1/sources/streams`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamsForm {
    /// Which ingest node asks; any where none is named.
    pub(crate) node: Option<NodeId>,
    pub(crate) host: String,
    /// Of its device service; 80 where nothing is said.
    pub(crate) port: Option<u16>,
    /// Of its device service; `/onvif/device_service` where nothing is said.
    pub(crate) path: Option<String>,
    pub(crate) credential: Option<CredentialId>,
}

/// What a source sends, or what is wrong with it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Probe {
    /// Who has looked.
    pub(crate) node: NodeId,
    pub(crate) ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) found: Option<Found>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<FaultLine>,
}

/// What a source sends.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    /// Such as `h264`.
    pub(crate) codec: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) fps: Option<f64>,
    /// How often a key picture came.
    pub(crate) key_every_ms: Option<u32>,
    /// Null without sound.
    pub(crate) audio: Option<String>,
    /// From the attempt to the first picture.
    pub(crate) open_ms: u32,
    pub(crate) pictures: Vec<PictureLine>,
}

/// A picture of a source.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PictureLine {
    /// Since the first.
    pub(crate) after_ms: u32,
    /// In base64.
    pub(crate) jpeg: String,
}

/// What is wrong, with a stable code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FaultLine {
    pub(crate) code: String,
    pub(crate) words: Said,
}

/// A camera of the network.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeviceLine {
    /// Who has found it.
    pub(crate) node: NodeId,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) hardware: String,
    pub(crate) place: String,
    pub(crate) scopes: Vec<String>,
}

/// A node that has found nothing, and why.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NodeFault {
    pub(crate) node: NodeId,
    pub(crate) fault: FaultLine,
}

/// What the networks of the ingest nodes have.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Discovered {
    pub(crate) devices: Vec<DeviceLine>,
    pub(crate) faults: Vec<NodeFault>,
}

/// A stream of a camera.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeviceStreamLine {
    pub(crate) name: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) path: String,
    pub(crate) codec: String,
    pub(crate) width: Option<u32>,
    pub(crate) height: Option<u32>,
}

/// A camera's streams, or why it does not tell them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StreamsFound {
    pub(crate) node: NodeId,
    pub(crate) streams: Vec<DeviceStreamLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<FaultLine>,
}
