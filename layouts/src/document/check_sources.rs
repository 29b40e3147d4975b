//! Checks sources and turns them into endpoints.

use super::mistakes::Collector;
use super::reader::At;
use super::sources::{EndpointDoc, ServerDoc, SourceDoc, SrtDoc, StreamDoc, UdpDoc};
use super::walls::PlaceDoc;
use super::{Checked, claim, named_by, refer, value_or};
use crate::data::QuerySpec;
use crate::layout::{Place, Source, Stream, Words};
use crate::plan::Crop;
use media::{
    Codec, CredentialId, Endpoint, QueryId, RtpPayload, RtspTransport, SourceId, SrtMode, UdpFormat,
};
use std::collections::BTreeMap;

/// The names of places by their paths.
pub(super) type PlaceNames = BTreeMap<Vec<String>, Words>;

pub(super) fn name_places(docs: Vec<PlaceDoc>, found: &mut Collector<'_>) -> PlaceNames {
    let mut names = PlaceNames::new();
    let mut lines = BTreeMap::new();
    for PlaceDoc { path, name } in docs {
        let (Some(path), Some(name)) = (path, name) else { continue };
        let joined = At { value: path.value.join("/"), span: path.span };
        if claim(&mut lines, &joined, "place", found) {
            names.insert(path.value, name.value);
        }
    }
    names
}

pub(super) fn check(
    docs: Vec<SourceDoc>,
    places: &PlaceNames,
    queries: &Checked<QueryId, QuerySpec>,
    found: &mut Collector<'_>,
) -> Checked<SourceId, Source> {
    let mut checked = Checked::default();
    for doc in docs {
        let SourceDoc { id, label, place, position, tags, ingest, endpoint, streams, masks, detections } =
            doc;
        checked.nameless |= id.is_none();
        if let Some(id) = &id {
            claim(&mut checked.names, id, "source", found);
        }
        if let Some(query) = &detections {
            refer(queries, query, "query", found);
        }
        let masks: Vec<Crop> = masks.into_iter().filter_map(|mask| check_mask(mask, found)).collect();
        let ends = endpoint.and_then(|endpoint| check_endpoint(endpoint, streams, found));
        let (Some(id), Some((best, streams))) = (id, ends) else { continue };
        checked.right.push(Source {
            label: label.map_or_else(|| named_by(id.value.as_str()), |label| label.value),
            place: place.map(|place| name_place(place.value, places)),
            position: position.and_then(super::check_rules::position),
            tags,
            ingest: ingest.map(|ingest| ingest.value),
            streams,
            masks,
            detections: detections.map(|query| query.value),
            best,
            id: id.value,
        });
    }
    checked
}

/// Ten-thousandths of a percent → 1/65536, rounded outwards: a zone may grow, never shrink.
fn check_mask(mask: At<[i64; 4]>, found: &mut Collector<'_>) -> Option<Crop> {
    let [x, y, width, height] = mask.value;
    let message = match () {
        () if width == 0 || height == 0 => "has no area",
        () if x + width > 1_000_000 || y + height > 1_000_000 => "reaches beyond the picture",
        () => {
            let down = |e6: i64| u32::try_from(e6 * 65_536 / 1_000_000).unwrap_or(0);
            let up = |e6: i64| u32::try_from((e6 * 65_536 + 999_999) / 1_000_000).unwrap_or(65_536);
            let (left, top) = (down(x), down(y));
            return Some(Crop { x: left, y: top, width: up(x + width) - left, height: up(y + height) - top });
        }
    };
    let message = format!("`rect_percent = {}` {message}", found.excerpt(mask.span));
    let help = "write [left, top, width, height] in percent; left + width and top + height are at most 100";
    found.add(mask.span, "bad-mask", message, help);
    None
}

fn name_place(path: Vec<String>, names: &PlaceNames) -> Place {
    let name = |depth: usize| {
        let own = || named_by(path.get(depth - 1).map_or("", String::as_str));
        path.get(..depth).and_then(|part| names.get(part)).cloned().unwrap_or_else(own)
    };
    Place { names: (1..=path.len()).map(name).collect(), path }
}

type Ends = (Endpoint, Vec<Stream>);

fn check_endpoint(
    endpoint: At<EndpointDoc>,
    streams: Option<At<Vec<StreamDoc>>>,
    found: &mut Collector<'_>,
) -> Option<Ends> {
    let server = matches!(
        endpoint.value,
        EndpointDoc::Rtsp { .. } | EndpointDoc::Rtmp { .. } | EndpointDoc::Http { .. }
    );
    if let (Some(streams), false) = (&streams, server) {
        let help = "only rtsp, rtmp and http sources have them; make a source of each";
        found.add(streams.span, "streams-misplaced", "this source cannot have `streams`", help);
        return None;
    }
    let one = |endpoint: Option<Endpoint>| endpoint.map(|endpoint| (endpoint, Vec::new()));
    match endpoint.value {
        EndpointDoc::Rtsp { server, transport } => {
            let transport = value_or(transport, RtspTransport::Tcp);
            check_server(server, [554, 322], streams, found, |parts| {
                let Parts { host, port, path, tls, credential } = parts;
                Endpoint::Rtsp { host, port, path, transport, tls, credential }
            })
        }
        EndpointDoc::Rtmp { server } => check_server(server, [1935, 443], streams, found, |parts| {
            let Parts { host, port, path, tls, credential } = parts;
            Endpoint::Rtmp { host, port, path, tls, credential }
        }),
        EndpointDoc::Http { server } => check_server(server, [80, 443], streams, found, |parts| {
            let Parts { host, port, path, tls, credential } = parts;
            Endpoint::Http { host, port, path, tls, credential }
        }),
        EndpointDoc::Srt(doc) => one(check_srt(doc)),
        EndpointDoc::Udp(doc) => one(check_udp(doc, found)),
        EndpointDoc::File { path, repeat } => {
            one(path.map(|path| Endpoint::File { path: path.value, repeat: value_or(repeat, true) }))
        }
        EndpointDoc::Image { path } => one(path.map(|path| Endpoint::Image { path: path.value })),
    }
}

/// The address of one stream of a server.
struct Parts {
    host: String,
    port: u16,
    path: String,
    tls: bool,
    credential: Option<CredentialId>,
}

/// `ports` are the standard's, without and with TLS.
fn check_server(
    doc: ServerDoc,
    ports: [u16; 2],
    streams: Option<At<Vec<StreamDoc>>>,
    found: &mut Collector<'_>,
    make: impl Fn(Parts) -> Endpoint,
) -> Option<Ends> {
    let ServerDoc { host, port, path, tls, credential } = doc;
    let tls = value_or(tls, false);
    let [plain, secured] = ports;
    let port = match port {
        Some(port) => u16::try_from(port.value).ok()?,
        None => {
            if tls {
                secured
            } else {
                plain
            }
        }
    };
    let end = |path: String, host: &str| {
        let credential = credential.as_ref().map(|credential| credential.value.clone());
        make(Parts { host: host.to_owned(), port, path, tls, credential })
    };
    match (path, streams) {
        (Some(path), None) => Some((end(path.value, &host?.value), Vec::new())),
        (None, Some(streams)) => {
            let docs = check_streams(streams, found)?;
            let host = host?.value;
            let mut streams: Vec<Stream> = docs
                .into_iter()
                .map(|(id, path, size)| Stream { id, size, endpoint: end(path, &host) })
                .collect();
            // Stable, so that equal ones keep the document's order.
            streams.sort_by_key(|stream| stream.size.area());
            let best = streams.last()?.endpoint.clone();
            Some((best, streams))
        }
        // Reported while reading: both or neither.
        (None, None) | (Some(_), Some(_)) => None,
    }
}

type StreamParts = (media::StreamId, String, media::Size);

fn check_streams(streams: At<Vec<StreamDoc>>, found: &mut Collector<'_>) -> Option<Vec<StreamParts>> {
    let mut names = BTreeMap::new();
    let mut right = Vec::new();
    for StreamDoc { name, path, size } in streams.value {
        let free = name.as_ref().is_some_and(|name| claim(&mut names, name, "stream", found));
        if let (Some(name), Some(path), Some(size), true) = (name, path, size, free) {
            right.push((name.value, path.value, size.value));
        }
    }
    Some(right)
}

fn check_srt(doc: SrtDoc) -> Option<Endpoint> {
    let SrtDoc { host, port, mode, latency_ms, stream_id, credential } = doc;
    let mode = value_or(mode, SrtMode::Caller);
    if let (None, SrtMode::Caller) = (&host, mode) {
        return None;
    }
    Some(Endpoint::Srt {
        host: host.map_or_else(|| "0.0.0.0".to_owned(), |host| host.value),
        port: u16::try_from(port?.value).ok()?,
        mode,
        latency_ms: value_or(latency_ms, 120),
        stream_id: stream_id.map(|id| id.value),
        passphrase: credential.map(|credential| credential.value),
    })
}

/// Whether `host` is a multicast group (RFC 5771, RFC 4291).
fn is_group(host: &str) -> bool {
    let first = host.split('.').next().and_then(|octet| octet.parse::<u8>().ok());
    let v6 = host.trim_start_matches('[').to_ascii_lowercase();
    first.is_some_and(|octet| (224..=239).contains(&octet)) || (v6.starts_with("ff") && v6.contains(':'))
}

fn check_udp(doc: UdpDoc, found: &mut Collector<'_>) -> Option<Endpoint> {
    let UdpDoc { host, port, interface, rtp, codec, payload_type } = doc;
    let is_rtp = value_or(rtp, false);
    if let (Some(host), Some(interface)) = (&host, &interface)
        && !is_group(&host.value)
    {
        let message = format!("`interface` has no meaning: `{}` is no multicast group", host.value);
        let help = "remove it, or write a group from 224.0.0.0 to 239.255.255.255 as host";
        found.add(interface.span, "interface-misplaced", message, help);
    }
    let stray = codec
        .as_ref()
        .map(|at| ("codec", at.span))
        .or(payload_type.as_ref().map(|at| ("payload_type", at.span)));
    if let (Some((key, span)), false) = (stray, is_rtp) {
        let message =
            format!("`{key}` has no meaning in an MPEG transport stream, which says itself what it carries");
        found.add(span, "rtp-misplaced", message, "remove it, or add format = \"rtp\"");
        return None;
    }
    let format = if is_rtp {
        let codec = codec?;
        let usual = match codec.value {
            Codec::Mjpeg => 26,
            Codec::Mpeg2 => 32,
            _ => 96,
        };
        let payload_type = u8::try_from(value_or(payload_type, usual)).ok()?;
        UdpFormat::Rtp(RtpPayload { codec: codec.value, payload_type })
    } else {
        UdpFormat::MpegTs
    };
    Some(Endpoint::Udp {
        host: host?.value,
        port: u16::try_from(port?.value).ok()?,
        interface: interface.map(|interface| interface.value),
        format,
    })
}
