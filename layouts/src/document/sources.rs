//! The document's sources, as written.

use super::mistakes::Collector;
use super::reader::{At, Node, Table, list, span};
use super::values::{choice, flag, id, numbers, text, whole, words};
use super::walls::{pixels, place};
use crate::layout::Words;
use media::{Codec, CredentialId, NodeId, QueryId, RtspTransport, Size, SourceId, SrtMode, StreamId};
use toml::de::DeValue;

/// Most sources of a hall.
pub(super) const SOURCES_MAX: usize = 4096;
/// Most resolutions of a source.
const STREAMS_MAX: usize = 8;
/// Most tags of a source.
const TAGS_MAX: usize = 32;
/// Most privacy zones of a source.
const MASKS_MAX: usize = 32;
/// The keys that say where pictures come from; a source has exactly one of them.
const KINDS: [&str; 7] = ["rtsp", "srt", "rtmp", "http", "udp", "file", "image"];

/// Keys with which people try to say it.
const NEAR_KINDS: [&str; 9] = ["url", "uri", "address", "rtsps", "rtmps", "hls", "https", "rtp", "host"];

/// `[[source]]`.
#[derive(Debug)]
pub(super) struct SourceDoc {
    pub id: Option<At<SourceId>>,
    pub label: Option<At<Words>>,
    pub place: Option<At<Vec<String>>>,
    /// Longitude and latitude in millionths of a degree.
    pub position: Option<At<[i64; 2]>>,
    pub tags: Vec<String>,
    pub ingest: Option<At<NodeId>>,
    pub endpoint: Option<At<EndpointDoc>>,
    pub streams: Option<At<Vec<StreamDoc>>>,
    /// x, y, width, height in ten-thousandths of a percent of the picture.
    pub masks: Vec<At<[i64; 4]>>,
    pub detections: Option<At<QueryId>>,
}

/// One entry of `streams`.
#[derive(Debug)]
pub(super) struct StreamDoc {
    pub name: Option<At<StreamId>>,
    pub path: Option<At<String>>,
    pub size: Option<At<Size>>,
}

/// A server that names its streams by path: RTSP, RTMP, HTTP.
#[derive(Debug)]
pub(super) struct ServerDoc {
    pub host: Option<At<String>>,
    pub port: Option<At<u32>>,
    pub path: Option<At<String>>,
    pub tls: Option<At<bool>>,
    pub credential: Option<At<CredentialId>>,
}

/// What a source's one kind key holds.
#[derive(Debug)]
pub(super) enum EndpointDoc {
    Rtsp { server: ServerDoc, transport: Option<At<RtspTransport>> },
    Rtmp { server: ServerDoc },
    Http { server: ServerDoc },
    Srt(SrtDoc),
    Udp(UdpDoc),
    File { path: Option<At<String>>, repeat: Option<At<bool>> },
    Image { path: Option<At<String>> },
}

/// `srt = { … }`.
#[derive(Debug)]
pub(super) struct SrtDoc {
    pub host: Option<At<String>>,
    pub port: Option<At<u32>>,
    pub mode: Option<At<SrtMode>>,
    pub latency_ms: Option<At<u32>>,
    pub stream_id: Option<At<String>>,
    pub credential: Option<At<CredentialId>>,
}

/// `udp = { … }`.
#[derive(Debug)]
pub(super) struct UdpDoc {
    pub host: Option<At<String>>,
    pub port: Option<At<u32>>,
    pub interface: Option<At<String>>,
    pub rtp: Option<At<bool>>,
    pub codec: Option<At<Codec>>,
    pub payload_type: Option<At<u32>>,
}

pub(super) fn read_sources(node: Option<&Node<'_>>, found: &mut Collector<'_>) -> Vec<SourceDoc> {
    list(node, "source", SOURCES_MAX, found).into_iter().filter_map(|node| read_source(node, found)).collect()
}

fn read_source(node: &Node<'_>, found: &mut Collector<'_>) -> Option<SourceDoc> {
    let mut table = Table::open("a source", "source", node, "[[source]] and its keys below", found)?;
    let id = table.required("id", "id = \"east-gate\"", found, id);
    let label = table.optional("label", found, words(1..=100));
    let place = table.optional("place", found, place);
    let position = table.optional("position", found, super::rules::lon_lat);
    let tags = table.optional("tags", found, tags).map(|tags| tags.value).unwrap_or_default();
    let ingest = table.optional("ingest", found, super::values::id);
    let endpoint = read_endpoint(&mut table, found);
    let streams = table.optional("streams", found, read_streams);
    let masks = read_masks(table.get("masks"), found);
    let detections = table.optional("detections", found, read_detections);
    let structured =
        "write the parts, for example rtsp = { host = \"10.0.0.9\", port = 554, path = \"/main\" }";
    for key in NEAR_KINDS {
        table.misplaced(key, structured);
    }
    table.finish(found);
    Some(SourceDoc {
        id,
        label,
        place,
        position,
        tags,
        ingest,
        endpoint,
        streams,
        masks,
        detections: detections.and_then(|at| at.value),
    })
}

/// The privacy zones of a source.
fn read_masks(node: Option<&Node<'_>>, found: &mut Collector<'_>) -> Vec<At<[i64; 4]>> {
    let mut masks = Vec::new();
    for node in list(node, "source.masks", MASKS_MAX, found) {
        let example = "masks = [{ rect_percent = [0, 0, 25, 40] }]";
        let Some(mut table) = Table::open("a mask", "masks", node, example, found) else { continue };
        let rect = numbers::<4>("left, top, width, height", 4, 0..=1_000_000);
        masks.extend(table.required("rect_percent", "rect_percent = [0, 0, 25, 40]", found, rect));
        table.finish(found);
    }
    masks
}

fn read_detections(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Option<At<QueryId>>> {
    let mut table = Table::open("detections", key, node, "detections = { query = \"boxes\" }", found)?;
    let query = table.required("query", "query = \"boxes\"", found, id);
    table.finish(found);
    Some(query)
}

fn tags(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<String>> {
    let DeValue::Array(tags) = node.get_ref() else {
        super::reader::wrong_kind(node, key, "a list of texts", &format!("write {key} = [\"gate\"]"), found);
        return None;
    };
    if tags.len() > TAGS_MAX {
        let message = format!("there are {} tags; at most {TAGS_MAX} fit", tags.len());
        found.add(span(node), "too-many", message, format!("remove {}", tags.len() - TAGS_MAX));
        return None;
    }
    Some(tags.iter().filter_map(|tag| text(1..=64)(tag, "tag", found)).collect())
}

fn read_streams(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<StreamDoc>> {
    let mut streams = Vec::new();
    for node in list(Some(node), key, STREAMS_MAX, found) {
        let example = "{ name = \"sub\", path = \"/sub\", size = [640, 360] }";
        let Some(mut table) = Table::open("a stream", key, node, example, found) else { continue };
        streams.push(StreamDoc {
            name: table.required("name", "name = \"sub\"", found, id),
            path: table.required("path", "path = \"/sub\"", found, url_path),
            size: table.required("size", "size = [640, 360]", found, pixels),
        });
        table.finish(found);
    }
    if node.get_ref().as_array().is_some_and(|list| list.is_empty()) {
        let help = "remove it, or add { name = \"main\", path = \"/main\", size = [1920, 1080] }";
        found.add(span(node), "no-streams", "`streams` is empty", help);
    }
    Some(streams)
}

/// Reads the one key that says what kind of source it is.
fn read_endpoint(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Option<At<EndpointDoc>> {
    let given: Vec<&'static str> = KINDS.into_iter().filter(|kind| table.has(kind)).collect();
    let mut first = None;
    for kind in KINDS {
        let node = table.get(kind);
        if let (Some(node), None) = (node, &first) {
            let value = read_kind(kind, node, table.has("streams"), found);
            first = Some(value.map(|value| At { value, span: table.key_span(kind) }));
        }
    }
    match given.as_slice() {
        [] if NEAR_KINDS.into_iter().any(|key| table.has(key)) => {}
        [] => {
            let message = "a source does not say where its pictures come from";
            let help = format!("add one of {}", super::suggest::listed(&KINDS));
            found.add(table.at(), "no-endpoint", message, help);
        }
        [_] => {}
        [first, second, ..] => {
            let message = format!("a source has both `{first}` and `{second}`");
            found.add(table.key_span(second), "two-endpoints", message, "make two sources of it");
        }
    }
    first.flatten()
}

fn read_kind(
    kind: &'static str,
    node: &Node<'_>,
    streams: bool,
    found: &mut Collector<'_>,
) -> Option<EndpointDoc> {
    let (what, example) = match kind {
        "rtsp" => ("an RTSP source", "rtsp = { host = \"10.0.0.9\", path = \"/main\" }"),
        "srt" => ("an SRT source", "srt = { host = \"10.0.0.9\", port = 9000 }"),
        "rtmp" => ("an RTMP source", "rtmp = { host = \"10.0.0.9\", path = \"/live/gate\" }"),
        "http" => ("an HTTP source", "http = { host = \"10.0.0.9\", path = \"/hls/gate.m3u8\" }"),
        "udp" => ("a UDP source", "udp = { host = \"239.1.1.1\", port = 5000 }"),
        "file" => ("a file source", "file = { path = \"clips/lake.mp4\" }"),
        _ => ("an image source", "image = { path = \"stills/map.png\" }"),
    };
    if let DeValue::String(text) = node.get_ref()
        && text.contains("://")
    {
        let shown = found.excerpt(span(node));
        let message = format!("`{kind} = {shown}` is a URL");
        let help = format!("write its parts, {example}; a password goes into the secrets file");
        found.add(span(node), "url", message, help);
        return None;
    }
    let mut table = Table::open(what, kind, node, example, found)?;
    let doc = match kind {
        "rtsp" => {
            let transports = [("tcp", RtspTransport::Tcp), ("udp", RtspTransport::Udp)];
            let transport = table.optional("transport", found, choice(&transports));
            EndpointDoc::Rtsp { server: read_server(&mut table, streams, found), transport }
        }
        "rtmp" => EndpointDoc::Rtmp { server: read_server(&mut table, streams, found) },
        "http" => EndpointDoc::Http { server: read_server(&mut table, streams, found) },
        "srt" => EndpointDoc::Srt(read_srt(&mut table, found)),
        "udp" => EndpointDoc::Udp(read_udp(&mut table, found)),
        "file" => EndpointDoc::File {
            path: table.required("path", "path = \"clips/lake.mp4\"", found, media_path),
            repeat: table.optional("repeat", found, flag),
        },
        _ => EndpointDoc::Image {
            path: table.required("path", "path = \"stills/map.png\"", found, media_path),
        },
    };
    table.finish(found);
    Some(doc)
}

/// `streams` tells whether the source lists its streams, each with its path.
fn read_server(table: &mut Table<'_, '_>, streams: bool, found: &mut Collector<'_>) -> ServerDoc {
    table.misplaced("streams", "write `streams` beside the address, as a key of the source");
    match (table.has("path"), streams) {
        (false, false) => table.lack("path", "add path = \"/main\""),
        (true, true) => {
            let help = "move the path into `streams`, with its size";
            found.add(
                table.key_span("path"),
                "two-of-a-kind",
                "both `path` and `streams` say which stream it is",
                help,
            );
        }
        _ => {}
    }
    ServerDoc {
        host: table.required("host", "host = \"10.0.0.9\"", found, host),
        port: table.optional("port", found, whole(1..=65_535)),
        path: table.optional("path", found, url_path),
        tls: table.optional("tls", found, flag),
        credential: table.optional("credential", found, id),
    }
}

fn read_srt(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> SrtDoc {
    let modes = [("caller", SrtMode::Caller), ("listener", SrtMode::Listener)];
    let mode = table.optional("mode", found, choice(&modes));
    if !table.has("host") && (mode.is_none() || matches!(mode, Some(At { value: SrtMode::Caller, .. }))) {
        table.lack("host", "add host = \"10.0.0.9\", or mode = \"listener\" if the source calls us");
    }
    SrtDoc {
        host: table.optional("host", found, host),
        port: table.required("port", "port = 9000", found, whole(1..=65_535)),
        mode,
        latency_ms: table.optional("latency_ms", found, whole(20..=8000)),
        stream_id: table.optional("stream_id", found, text(1..=512)),
        credential: table.optional("credential", found, id),
    }
}

fn read_udp(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> UdpDoc {
    // No AV1: FFmpeg 5.1 reads none from RTP.
    let codecs = [
        ("h264", Codec::H264),
        ("h265", Codec::H265),
        ("vp9", Codec::Vp9),
        ("vp8", Codec::Vp8),
        ("mpeg2", Codec::Mpeg2),
        ("mpeg4", Codec::Mpeg4),
        ("mjpeg", Codec::Mjpeg),
    ];
    let rtp = table.optional("format", found, choice(&[("mpegts", false), ("rtp", true)]));
    if !table.has("codec") && matches!(rtp, Some(At { value: true, .. })) {
        table.lack("codec", "add codec = \"h264\"");
    }
    UdpDoc {
        host: table.required("host", "host = \"239.1.1.1\"", found, host),
        port: table.required("port", "port = 5000", found, whole(1..=65_535)),
        interface: table.optional("interface", found, host),
        rtp,
        codec: table.optional("codec", found, choice(&codecs)),
        payload_type: table.optional("payload_type", found, whole(0..=127)),
    }
}

/// A host name or address, and nothing else.
pub(super) fn host(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<String> {
    let text = text(1..=253)(node, key, found)?;
    if let Some(sign) = text.rfind('@') {
        found.hide(span(node));
        let rest: String = text.get(sign + 1..).unwrap_or("").chars().take(48).collect();
        let message = format!("`{key} = \"…@{rest}\"` carries a user or password");
        let help = "keep them in the secrets file and name the entry: credential = \"gate-cameras\"";
        found.add(span(node), "secret-in-document", message, help);
        return None;
    }
    let shown = found.excerpt(span(node));
    let mut wrong = |help: &str| {
        found.add(span(node), "bad-host", format!("`{key} = {shown}` is no host name or address"), help);
        None
    };
    if text.contains("://") {
        return wrong("write host, port and path apart, each under its own key");
    }
    if text.contains('/') {
        return wrong("write the path under its own key: path = \"/…\"");
    }
    if text.matches(':').count() == 1 {
        return wrong("write the port under its own key: port = 554");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%' | '[' | ']');
    if text.starts_with('-') || !text.chars().all(plain) {
        return wrong("use letters, digits, dots and hyphens");
    }
    Some(text)
}

/// The path of a stream on its server.
pub(super) fn url_path(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<String> {
    let text = text(1..=1024)(node, key, found)?;
    let (before, query) = text.split_once('?').unwrap_or((&text, ""));
    let authority = before.rfind('@').is_some_and(|sign| before[..sign].contains(':'));
    let lower = query.to_lowercase();
    let named = ["password=", "passwd=", "pwd=", "pass=", "token="].iter().any(|name| lower.contains(name));
    if authority || named {
        found.hide(span(node));
        let message = format!("`{key}` carries a password");
        let help = "keep it in the secrets file and name the entry: credential = \"gate-cameras\"";
        found.add(span(node), "secret-in-document", message, help);
        return None;
    }
    let shown = found.excerpt(span(node));
    let mut wrong = |help: &str| {
        found.add(span(node), "bad-path", format!("`{key} = {shown}` is no path on a server"), help);
        None
    };
    if text.contains("://") {
        return wrong("write host, port and path apart, each under its own key");
    }
    if !text.starts_with('/') {
        return wrong("begin it with a slash");
    }
    if before.split('/').any(|segment| segment == "..") {
        return wrong("write it without `..`");
    }
    if text.contains(char::is_whitespace) {
        return wrong("write a space as %20");
    }
    Some(text)
}

/// A path below the media folder.
pub(super) fn media_path(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<String> {
    folder_path("media", node, key, found)
}

/// A path below the folder called `folder` beside the document.
pub(super) fn folder_path(
    folder: &str,
    node: &Node<'_>,
    key: &str,
    found: &mut Collector<'_>,
) -> Option<String> {
    let text = text(1..=512)(node, key, found)?;
    let shown = found.excerpt(span(node));
    let beside = format!("relative to the folder `{folder}` beside the hall document");
    let mut wrong = |help: &str| {
        let message = format!("`{key} = {shown}` leads out of the {folder} folder");
        found.add(span(node), "bad-path", message, help);
        None
    };
    if text.contains("://") || text.contains(':') {
        return wrong(&format!("write a path {beside}, without `:`"));
    }
    if text.starts_with(['/', '~']) || text.contains('\\') {
        return wrong(&format!("write it {beside}, with / between folders"));
    }
    if text.split('/').any(|segment| matches!(segment, ".." | "." | "")) {
        return wrong("write it without `..`, `.` and double slashes");
    }
    Some(text)
}
