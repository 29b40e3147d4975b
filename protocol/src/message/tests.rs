//! Every message survives the wire; hostile bytes are refused with their name.

use super::*;
use crate::{FrameHeader, HEADER_BYTES, PROTOCOL_VERSION, Role};
use layouts::{BannerSpec, CanvasRect, Crop, Rgba, Shows, Variant, WindowEdit, Words};
use media::{
    CanvasFrame, CredentialId, Fault, Health, NodeId, SceneId, ScreenId, Size, SourceId, WallId, WallTime,
    WindowId,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn id<T>(new: fn(&str) -> Result<T, media::IdError>) -> impl Strategy<Value = T>
where
    T: std::fmt::Debug,
{
    "[a-z0-9][a-z0-9_-]{0,63}".prop_map(move |text| new(&text).unwrap())
}

fn fault() -> impl Strategy<Value = Fault> {
    prop::sample::select(vec![
        Fault::Unreachable,
        Fault::Refused,
        Fault::Credentials,
        Fault::NotFound,
        Fault::NoPicture,
        Fault::Garbage,
        Fault::Unsupported,
        Fault::Ended,
        Fault::IngestLost,
    ])
}

fn health() -> impl Strategy<Value = Health> {
    prop_oneof![
        Just(Health::Connecting),
        Just(Health::Live),
        any::<i64>().prop_map(|since| Health::Stale { since: WallTime(since) }),
        (any::<i64>(), fault()).prop_map(|(since, fault)| Health::Lost { since: WallTime(since), fault }),
    ]
}

fn hello() -> impl Strategy<Value = Hello> {
    let role = prop::sample::select(vec![Role::Ingest, Role::Display]);
    (id(NodeId::new), role, ".{0,16}", any::<u16>()).prop_map(|(node, role, software, media_port)| Hello {
        node,
        role,
        software,
        media_port,
    })
}

fn source_report() -> impl Strategy<Value = SourceReport> {
    (id(SourceId::new), health(), any::<[u32; 3]>(), any::<[u64; 2]>()).prop_map(
        |(source, health, [fps_milli, age_p50_ms, age_p95_ms], [frames, dropped])| SourceReport {
            source,
            health,
            fps_milli,
            age_p50_ms,
            age_p95_ms,
            frames,
            dropped,
        },
    )
}

fn screen_report() -> impl Strategy<Value = ScreenReport> {
    (id(ScreenId::new), any::<[u64; 5]>()).prop_map(
        |(screen, [ticks, presented, missed, repeated, late_rasters])| ScreenReport {
            screen,
            ticks,
            presented,
            missed,
            repeated,
            late_rasters,
        },
    )
}

fn report() -> impl Strategy<Value = Report> {
    (vec(source_report(), 0..5), vec(screen_report(), 0..5), any::<u32>(), any::<[u64; 2]>(), clock_report())
        .prop_map(|(sources, screens, cpu_milli_percent, [memory_bytes, pictures_encoded], clock)| Report {
            sources,
            screens,
            cpu_milli_percent,
            memory_bytes,
            pictures_encoded,
            clock,
        })
}

fn clock_report() -> impl Strategy<Value = ClockReport> {
    let state = prop::sample::select(vec![
        ClockState::Unset,
        ClockState::Locked,
        ClockState::Slewing,
        ClockState::Holdover,
        ClockState::System,
    ]);
    (state, any::<i64>(), any::<[u64; 2]>()).prop_map(|(state, offset_ns, [error_ns, round_trip_ns])| {
        ClockReport { state, offset_ns, error_ns, round_trip_ns }
    })
}

/// Ticks whose places lie in tables of three.
fn tick_audit() -> impl Strategy<Value = TickAudit> {
    let frames = vec((0..3_u16, any::<i64>().prop_map(WallTime)), 0..4);
    let hashes = vec((0..3_u16, any::<u64>()), 0..4);
    (any::<[u64; 2]>(), 0..3_u16, any::<Option<i64>>(), frames, hashes).prop_map(
        |([canvas_frame, revision], scene, presented_ns, frames, hashes)| TickAudit {
            canvas_frame: CanvasFrame(canvas_frame),
            revision,
            scene,
            presented_ns,
            frames,
            hashes,
        },
    )
}

fn audit() -> impl Strategy<Value = Audit> {
    let tables = (vec(id(SceneId::new), 3..5), vec(id(SourceId::new), 3..5), vec(id(ScreenId::new), 3..5));
    (id(WallId::new), tables, vec(tick_audit(), 0..6))
        .prop_map(|(wall, (scenes, sources, screens), ticks)| Audit { wall, scenes, sources, screens, ticks })
}

fn reason() -> impl Strategy<Value = Reason> {
    prop::sample::select(Reason::ALL)
}

fn to_controller() -> impl Strategy<Value = ToController> {
    let showing = (any::<u64>(), id(WallId::new), id(SceneId::new), any::<u64>()).prop_map(
        |(revision, wall, scene, frame)| Showing { revision, wall, scene, canvas_frame: CanvasFrame(frame) },
    );
    prop_oneof![
        hello().prop_map(ToController::Hello),
        any::<u64>().prop_map(|revision| ToController::Ready(Ready { revision })),
        (any::<u64>(), ".{0,600}")
            .prop_map(|(revision, why)| ToController::Cannot(Cannot::new(revision, &why))),
        showing.prop_map(ToController::Showing),
        report().prop_map(ToController::Report),
        audit().prop_map(ToController::Audit),
        Just(ToController::Heartbeat),
        reason().prop_map(ToController::Goodbye),
    ]
}

fn edit() -> impl Strategy<Value = WindowEdit> {
    let place = || {
        let number = -(1_i64 << 33)..1 << 33;
        (number.clone(), number, 1..1_i64 << 33, 1..1_i64 << 33)
            .prop_map(|(x, y, width, height)| CanvasRect { x, y, width, height })
    };
    let crop = (0..32_768_u32, 0..32_768_u32, 1..=32_768_u32, 1..=32_768_u32)
        .prop_map(|(x, y, width, height)| Crop { x, y, width, height });
    let shows = prop_oneof![
        (id(SourceId::new), crop).prop_map(|(source, crop)| Shows::Source { source, crop }),
        id(WindowId::new).prop_map(Shows::Window),
    ];
    let flags = (prop::option::of(any::<bool>()), any::<bool>(), any::<bool>());
    let places = (prop::option::of(place()), prop::option::of(place()));
    (places, prop::option::of(shows), prop::option::of(any::<i32>()), flags).prop_map(
        |((rect, back), shows, z, (small_stream, locked, closed))| WindowEdit {
            rect,
            shows,
            z,
            back,
            small_stream,
            locked,
            closed,
        },
    )
}

fn variant() -> impl Strategy<Value = Variant> {
    let words = (".{0,40}", ".{0,40}").prop_map(|(zh, en)| Words { zh, en });
    let color = any::<[u8; 4]>().prop_map(|[r, g, b, a]| Rgba { r, g, b, a });
    let banner = (words, color, prop::option::of(any::<i64>().prop_map(WallTime)))
        .prop_map(|(words, color, until)| BannerSpec { words, color, until });
    let fills = vec((".{0,20}", id(SourceId::new)), 0..4);
    let edits = prop::collection::btree_map(id(WindowId::new), edit(), 0..4);
    (id(SceneId::new), id(SceneId::new), edits, fills, prop::option::of(banner), any::<bool>())
        .prop_map(|(id, base, edits, fills, banner, cut)| Variant { id, base, edits, fills, banner, cut })
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let entry = (id(NodeId::new), ".{0,60}", vec(id(SourceId::new), 0..4))
        .prop_map(|(node, address, sources)| IngestEntry { node, address, sources });
    let scene = || prop::option::of(id(SceneId::new));
    let marks = (any::<bool>(), prop::option::of(any::<i64>().prop_map(WallTime)));
    let program = (id(WallId::new), id(SceneId::new), scene(), any::<u64>(), scene(), marks).prop_map(
        |(wall, scene, from, since, next, (stamp, identify_until))| WallProgram {
            wall,
            scene,
            from,
            since: CanvasFrame(since),
            next,
            stamp,
            identify_until,
        },
    );
    let asset = (".{0,60}", vec(any::<u8>(), 0..200)).prop_map(|(path, bytes)| Asset { path, bytes });
    let lists = (vec(program, 0..4), vec(entry, 0..4), vec(asset, 0..3), vec(variant(), 0..3));
    (any::<u64>(), ".{0,200}", lists).prop_map(
        |(revision, document, (walls, directory, assets, variants))| Snapshot {
            revision,
            document,
            walls,
            directory,
            assets,
            variants,
        },
    )
}

fn picture_request() -> impl Strategy<Value = PictureRequest> {
    let subject = prop_oneof![
        id(ScreenId::new).prop_map(PictureSubject::Screen),
        id(SourceId::new).prop_map(PictureSubject::Source),
        id(SceneId::new).prop_map(PictureSubject::Scene),
    ];
    let format = prop::sample::select(vec![PictureFormat::Png, PictureFormat::Jpeg]);
    (any::<u64>(), id(WallId::new), subject, format, prop::option::of(16..=16_384_u32)).prop_map(
        |(number, wall, subject, format, width_px)| PictureRequest {
            number,
            wall,
            subject,
            format,
            width_px,
        },
    )
}

fn node_picture() -> impl Strategy<Value = NodePicture> {
    let bytes = || vec(any::<u8>(), 0..300).prop_map(Bytes::from);
    let no_picture = prop::sample::select(vec![
        NoPicture::Unknown,
        NoPicture::None,
        NoPicture::TooLarge,
        NoPicture::Failed,
    ]);
    let h264 = |(key, order)| PreviewCoding::H264 { key: CanvasFrame(key), order };
    let coding = prop_oneof![Just(PreviewCoding::Jpeg), (any::<u64>(), 0..=255_u32).prop_map(h264)];
    let outcome = prop_oneof![
        (any::<i64>(), bytes()).prop_map(|(made, bytes)| Ok((WallTime(made), bytes))),
        no_picture.prop_map(Err),
    ];
    prop_oneof![
        (id(WallId::new), id(ScreenId::new), any::<u64>(), any::<[i64; 2]>(), coding, bytes()).prop_map(
            |(wall, screen, tick, [composed, sent], coding, bytes)| NodePicture::Preview(PreviewPicture {
                wall,
                screen,
                tick: CanvasFrame(tick),
                composed: WallTime(composed),
                sent: WallTime(sent),
                coding,
                bytes,
            })
        ),
        (any::<u64>(), outcome)
            .prop_map(|(number, outcome)| NodePicture::Reply(PictureReply { number, outcome })),
        (any::<u64>(), errand_outcome())
            .prop_map(|(number, outcome)| NodePicture::Errand(ErrandReply { number, outcome })),
    ]
}

fn errand_outcome() -> impl Strategy<Value = ErrandOutcome> {
    let side = || 1..=16_384_u32;
    let jpeg = vec(any::<u8>(), 0..300).prop_map(Bytes::from);
    let numbers = (prop::option::of(any::<u32>()), prop::option::of(any::<u32>()), any::<u32>());
    let probed =
        (".{0,8}", (side(), side()), numbers, prop::option::of(".{0,8}"), vec((any::<u32>(), jpeg), 0..8));
    let device =
        (".{0,60}", any::<u16>(), [".{0,30}", ".{0,30}", ".{0,30}", ".{0,30}"], vec(".{0,60}", 0..32));
    let stream =
        ([".{0,30}", ".{0,60}", ".{0,200}", ".{0,8}"], any::<u16>(), prop::option::of((side(), side())));
    let fault = prop_oneof![
        prop::sample::select(vec![
            ErrandFault::Source(Fault::Credentials),
            ErrandFault::Source(Fault::NoPicture),
            ErrandFault::NotAllowed,
            ErrandFault::NoSecret,
            ErrandFault::NoKeyPicture,
            ErrandFault::Undecodable,
            ErrandFault::Busy,
        ]),
        ".{0,120}".prop_map(ErrandFault::Wrong),
        ".{0,120}".prop_map(ErrandFault::Network),
    ];
    prop_oneof![
        probed.prop_map(|(codec, (width, height), (fps_milli, key_every_ms, open_ms), audio, pictures)| {
            let size = Size::new(width, height);
            ErrandOutcome::Probed(Probed { codec, size, fps_milli, key_every_ms, audio, open_ms, pictures })
        }),
        vec(
            device.prop_map(|(host, port, [path, name, hardware, place], scopes)| Device {
                host,
                port,
                path,
                name,
                hardware,
                place,
                scopes
            }),
            0..4
        )
        .prop_map(ErrandOutcome::Found),
        vec(
            stream.prop_map(|([name, host, path, codec], port, size)| DeviceStream {
                name,
                host,
                port,
                path,
                codec,
                size: size.map(|(width, height)| Size::new(width, height)),
            }),
            0..4
        )
        .prop_map(ErrandOutcome::Streams),
        fault.prop_map(ErrandOutcome::Failed),
    ]
}

fn errand() -> impl Strategy<Value = Errand> {
    let credential = prop::option::of(id(CredentialId::new));
    let task = prop_oneof![
        ".{0,400}".prop_map(|source| Task::Probe { source }),
        Just(Task::Discover),
        (".{0,60}", any::<u16>(), ".{0,200}", credential)
            .prop_map(|(host, port, path, credential)| Task::Streams { host, port, path, credential }),
    ];
    (any::<u64>(), task).prop_map(|(number, task)| Errand { number, task })
}

fn encoded(picture: &NodePicture) -> Result<Bytes, EncodeError> {
    match picture {
        NodePicture::Preview(preview) => preview.encode(),
        NodePicture::Reply(reply) => reply.encode(),
        NodePicture::Errand(reply) => reply.encode(),
    }
}

fn to_node() -> impl Strategy<Value = ToNode> {
    prop_oneof![
        (".{0,16}", any::<i64>())
            .prop_map(|(software, now)| ToNode::Welcome(Welcome { software, now: WallTime(now) })),
        snapshot().prop_map(|snapshot| ToNode::Snapshot(Arc::new(snapshot))),
        (any::<u64>(), id(WallId::new), any::<u64>()).prop_map(|(revision, wall, at)| ToNode::Activate(
            Activate { revision, wall, at: CanvasFrame(at) }
        )),
        (id(WallId::new), any::<[bool; 2]>(), 16..=4096_u32, 1..=240_u32).prop_map(
            |(wall, [stills, video], side_px_max, every_ticks)| ToNode::Preview(Preview {
                wall,
                looks: Looks { stills, video },
                side_px_max,
                every_ticks
            })
        ),
        picture_request().prop_map(ToNode::PictureRequest),
        errand().prop_map(ToNode::Errand),
        Just(ToNode::Heartbeat),
        reason().prop_map(ToNode::Goodbye),
    ]
}

fn split(frame: &[u8]) -> (FrameHeader, &[u8]) {
    let (header, body) = frame.split_first_chunk::<HEADER_BYTES>().unwrap();
    let header = FrameHeader::decode(*header).unwrap();
    assert_eq!(header.body_bytes as usize, body.len());
    (header, body)
}

proptest! {
    #[test]
    fn what_a_node_says_survives_the_wire(message in to_controller()) {
        let frame = message.encode().unwrap();
        let (header, body) = split(&frame);
        prop_assert_eq!(ToController::decode(header.kind, body).unwrap(), message);
    }

    #[test]
    fn what_the_controller_says_survives_the_wire(message in to_node()) {
        let frame = message.encode().unwrap();
        let (header, body) = split(&frame);
        prop_assert_eq!(ToNode::decode(header.kind, body).unwrap(), message);
    }

    #[test]
    fn pictures_survive_the_wire_and_are_refused_when_cut_short(
        picture in node_picture(),
        cut in any::<prop::sample::Index>(),
    ) {
        let frame = encoded(&picture).unwrap();
        let (header, body) = split(&frame);
        prop_assert!(NodePicture::decode(header.kind, &body[..cut.index(body.len())]).is_err());
        prop_assert_eq!(NodePicture::decode(header.kind, body).unwrap(), picture);
    }

    #[test]
    fn any_bytes_are_a_message_or_an_error(kind in any::<u8>(), body in vec(any::<u8>(), 0..300)) {
        if let Some(kind) = Kind::from_byte(kind) {
            let _ = ToController::decode(kind, &body);
            let _ = ToNode::decode(kind, &body);
            let _ = NodePicture::decode(kind, &body);
            let _ = crate::JoinRequest::decode(kind, &body);
            let _ = crate::JoinAccepted::decode(kind, &body);
        }
    }

    #[test]
    fn a_message_that_is_cut_short_is_refused(message in to_node(), cut in any::<prop::sample::Index>()) {
        let frame = message.encode().unwrap();
        let (header, body) = split(&frame);
        if !body.is_empty() {
            prop_assert!(ToNode::decode(header.kind, &body[..cut.index(body.len())]).is_err());
        }
    }

    #[test]
    fn bytes_after_a_message_are_refused(message in to_controller(), extra in any::<u8>()) {
        let frame = message.encode().unwrap();
        let (header, body) = split(&frame);
        let longer = [body, &[extra]].concat();
        prop_assert_eq!(ToController::decode(header.kind, &longer), Err(DecodeError::Trailing));
    }
}

/// The largest number that postcard's variable-length form can say in ten bytes.
const HUGE: [u8; 10] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];

#[test]
fn a_list_that_claims_all_the_memory_there_is_takes_none() {
    assert_eq!(ToController::decode(Kind::Report, &HUGE), Err(DecodeError::Malformed));
    let many_walls = [&[1, 0][..], &HUGE].concat();
    assert_eq!(ToNode::decode(Kind::Snapshot, &many_walls), Err(DecodeError::Malformed));
}

#[test]
fn a_text_that_claims_all_the_memory_there_is_takes_none() {
    assert_eq!(ToController::decode(Kind::Hello, &HUGE), Err(DecodeError::Malformed));
    assert_eq!(ToNode::decode(Kind::Snapshot, &[&[1][..], &HUGE].concat()), Err(DecodeError::Malformed));
}

#[test]
fn an_id_that_is_none_is_refused() {
    let frame = ToController::Hello(Hello {
        node: NodeId::new("east").unwrap(),
        role: Role::Display,
        software: "1".into(),
        media_port: 0,
    });
    let frame = frame.encode().unwrap();
    let (_, body) = split(&frame);
    let mut body = body.to_vec();
    assert_eq!(&body[1..5], b"east");
    body[1] = b'/';
    assert_eq!(ToController::decode(Kind::Hello, &body), Err(DecodeError::Value("hello.node")));
    // No role has this number.
    body[5] = 3;
    assert_eq!(ToController::decode(Kind::Hello, &body), Err(DecodeError::Malformed));
}

#[test]
fn a_document_above_four_mebibytes_is_neither_sent_nor_taken() {
    let limit = 4 << 20;
    let snapshot = |bytes: usize| Snapshot {
        revision: 1,
        document: "x".repeat(bytes),
        walls: vec![],
        directory: vec![],
        assets: vec![],
        variants: vec![],
    };
    let most = ToNode::Snapshot(Arc::new(snapshot(limit))).encode().unwrap();
    let (header, body) = split(&most);
    assert!(ToNode::decode(header.kind, body).is_ok());
    let over = ToNode::Snapshot(Arc::new(snapshot(limit + 1))).encode();
    let expected = EncodeError::Limit { field: "snapshot.document", count: limit + 1, limit };
    assert_eq!(over, Err(expected));
    // The same bytes by hand: the taker's own limit holds too.
    let mut body = vec![1];
    body.extend(postcard::to_allocvec(&"x".repeat(limit + 1)).unwrap());
    body.extend([0, 0, 0, 0]);
    let expected = DecodeError::Limit { field: "snapshot.document", count: limit + 1, limit };
    assert_eq!(ToNode::decode(Kind::Snapshot, &body), Err(expected));
}

#[test]
fn still_pictures_above_three_mebibytes_together_are_refused() {
    let asset = |bytes: usize| Asset { path: "a.png".into(), bytes: vec![0; bytes] };
    let with = |assets| Snapshot {
        revision: 1,
        document: String::new(),
        walls: vec![],
        directory: vec![],
        assets,
        variants: vec![],
    };
    let most = with(vec![asset(ASSET_BYTES_MAX / 2), asset(ASSET_BYTES_MAX / 2)]);
    assert!(ToNode::Snapshot(Arc::new(most)).encode().is_ok());
    let over = with(vec![asset(ASSET_BYTES_MAX / 2), asset(ASSET_BYTES_MAX / 2 + 1)]);
    let limit = ASSET_BYTES_MAX;
    let expected = EncodeError::Limit { field: "snapshot.assets.bytes", count: limit + 1, limit };
    assert_eq!(ToNode::Snapshot(Arc::new(over)).encode(), Err(expected));
}

#[test]
fn a_report_of_too_many_sources_is_refused() {
    let one = SourceReport {
        source: SourceId::new("a").unwrap(),
        health: Health::Live,
        fps_milli: 0,
        age_p50_ms: 0,
        age_p95_ms: 0,
        frames: 0,
        dropped: 0,
    };
    let report = Report { sources: vec![one; 4097], ..Report::default() };
    let expected = EncodeError::Limit { field: "report.sources", count: 4097, limit: 4096 };
    assert_eq!(ToController::Report(report).encode(), Err(expected));
}

fn an_audit(ticks: usize) -> Audit {
    let tick = TickAudit {
        canvas_frame: CanvasFrame(1),
        revision: 1,
        scene: 0,
        presented_ns: None,
        frames: vec![(0, WallTime(5))],
        hashes: vec![(0, 6)],
    };
    Audit {
        wall: WallId::new("main").unwrap(),
        scenes: vec![SceneId::new("day").unwrap()],
        sources: vec![SourceId::new("gate").unwrap()],
        screens: vec![ScreenId::new("left").unwrap()],
        ticks: vec![tick; ticks],
    }
}

#[test]
fn an_audit_of_too_many_ticks_is_refused() {
    assert!(ToController::Audit(an_audit(AUDIT_TICKS_MAX)).encode().is_ok());
    let expected = EncodeError::Limit { field: "audit.ticks", count: 257, limit: 256 };
    assert_eq!(ToController::Audit(an_audit(257)).encode(), Err(expected));
}

#[test]
fn an_audit_that_points_outside_its_tables_is_refused() {
    type Spoil = fn(&mut TickAudit);
    let spoil: [(Spoil, &str); 3] = [
        (|tick| tick.scene = 1, "audit.tick.scene"),
        (|tick| tick.frames[0].0 = 1, "audit.tick.frames"),
        (|tick| tick.hashes[0].0 = 1, "audit.tick.hashes"),
    ];
    for (spoil, field) in spoil {
        let mut audit = an_audit(2);
        spoil(&mut audit.ticks[1]);
        let frame = ToController::Audit(audit).encode().unwrap();
        let (header, body) = split(&frame);
        assert_eq!(ToController::decode(header.kind, body), Err(DecodeError::Value(field)));
    }
}

#[test]
fn a_preview_above_half_a_mebibyte_is_neither_sent_nor_announced() {
    let picture = |bytes: usize| PreviewPicture {
        wall: WallId::new("main").unwrap(),
        screen: ScreenId::new("left").unwrap(),
        tick: CanvasFrame(1),
        composed: WallTime(1),
        sent: WallTime(1),
        coding: PreviewCoding::Jpeg,
        bytes: vec![0; bytes].into(),
    };
    let limit = 512 << 10;
    // Names, times and kind take 14 bytes, the length of the picture 3.
    assert_eq!(picture(limit - 17).encode().unwrap().len(), limit + HEADER_BYTES);
    let over = picture(limit - 16).encode();
    assert_eq!(over, Err(EncodeError::TooLong { bytes: limit + 1, limit: limit as u32 }));
    // A chain of pictures has an end.
    let coding = PreviewCoding::H264 { key: CanvasFrame(1), order: 256 };
    let frame = PreviewPicture { coding, ..picture(1) }.encode().unwrap();
    let (header, body) = split(&frame);
    assert_eq!(NodePicture::decode(header.kind, body), Err(DecodeError::Value("preview_picture.order")));
}

#[test]
fn a_preview_or_request_that_means_nothing_is_refused() {
    let wall = || WallId::new("main").unwrap();
    for (side_px_max, every_ticks, field) in
        [(15, 1, "preview.side_px_max"), (4097, 1, "preview.side_px_max"), (16, 0, "preview.every_ticks")]
    {
        let preview = Preview { wall: wall(), looks: Looks::default(), side_px_max, every_ticks };
        let frame = ToNode::Preview(preview).encode().unwrap();
        let (header, body) = split(&frame);
        assert_eq!(ToNode::decode(header.kind, body), Err(DecodeError::Value(field)));
    }
    let request = PictureRequest {
        number: 1,
        wall: wall(),
        subject: PictureSubject::Source(SourceId::new("gate").unwrap()),
        format: PictureFormat::Jpeg,
        width_px: Some(15),
    };
    let frame = ToNode::PictureRequest(request).encode().unwrap();
    let (header, body) = split(&frame);
    assert_eq!(ToNode::decode(header.kind, body), Err(DecodeError::Value("picture_request.width_px")));
}

#[test]
fn each_side_takes_only_its_own_kinds() {
    assert_eq!(ToController::decode(Kind::Snapshot, &[]), Err(DecodeError::Kind(17)));
    assert_eq!(ToController::decode(Kind::Activate, &[]), Err(DecodeError::Kind(19)));
    assert_eq!(ToNode::decode(Kind::Hello, &[]), Err(DecodeError::Kind(1)));
    assert_eq!(ToNode::decode(Kind::Audit, &[]), Err(DecodeError::Kind(7)));
    assert_eq!(ToNode::decode(Kind::JoinRequest, &[]), Err(DecodeError::Kind(32)));
    assert_eq!(ToController::decode(Kind::PreviewPicture, &[]), Err(DecodeError::Kind(12)));
    assert_eq!(ToNode::decode(Kind::PictureReply, &[]), Err(DecodeError::Kind(13)));
    assert_eq!(NodePicture::decode(Kind::Answer, &[]), Err(DecodeError::Kind(20)));
}

#[test]
fn the_wire_is_what_the_page_says() {
    let hello = Hello {
        node: NodeId::new("east").unwrap(),
        role: Role::Display,
        software: "1".into(),
        media_port: 300,
    };
    let frame = ToController::Hello(hello).encode().unwrap();
    assert_eq!(&frame[..], b"\x00\x00\x00\x0a\x06\x01\x04east\x01\x011\xac\x02");
    assert_eq!(frame[4], PROTOCOL_VERSION);
}

#[test]
fn reasons_too_long_are_cut_between_characters() {
    let cannot = Cannot::new(1, &"墙".repeat(1000));
    assert_eq!(cannot.why.len(), 1023);
    assert!(ToController::Cannot(cannot).encode().is_ok());
}

#[test]
fn a_reason_from_a_later_version_still_ends_the_link() {
    let body = postcard::to_allocvec(&0xFFFF_u32).unwrap();
    assert_eq!(ToNode::decode(Kind::Goodbye, &body), Ok(ToNode::Goodbye(Reason::Internal)));
}
