//! The rules of changes: what replaces what, and what stands in a removal's way.

use super::*;
use serde_json::json;

fn keys(value: Value) -> SourceKeys {
    value.as_object().unwrap().clone()
}

#[test]
fn what_is_given_replaces_and_null_takes_away() {
    let before = keys(
        json!({ "id": "a", "label": "A", "tags": ["x"], "rtsp": { "host": "h", "path": "/1", "port": 8554 } }),
    );
    let after = merged(&before, keys(json!({ "label": null, "tags": ["y"], "place": "lake" })));
    assert_eq!(
        Value::Object(after),
        json!({ "id": "a", "tags": ["y"], "place": "lake", "rtsp": before["rtsp"] })
    );
    let after = merged(&before, keys(json!({ "rtsp": { "host": "h2", "path": "/2" } })));
    assert_eq!(after["rtsp"], json!({ "host": "h2", "path": "/2" }), "as a whole");
    let after = merged(&before, keys(json!({ "srt": { "host": "h", "port": 9000 } })));
    assert!(after.get("rtsp").is_none() && after.get("srt").is_some());
    assert_eq!(merged(&before, SourceKeys::new()), before);
}

#[test]
fn whatever_the_document_refuses_is_refused_and_no_password_is_repeated() {
    for (wrong, code) in [
        (json!({ "id": "a", "rtsp": "rtsp://u:geheim@10.0.0.9/x" }), "url"),
        (json!({ "id": "a", "rtsp": { "host": "u:geheim@10.0.0.9", "path": "/x" } }), "secret-in-document"),
        (
            json!({ "id": "a", "rtsp": { "host": "10.0.0.9", "path": "/x?password=geheim" } }),
            "secret-in-document",
        ),
        (
            json!({ "id": "a", "rtsp": { "host": "10.0.0.9", "path": "/x", "password": "geheim" } }),
            "secret-in-document",
        ),
        (json!({ "id": "a", "rtsp": { "host": "10.0.0.9", "path": "/x" }, "colour": 1 }), "unknown-key"),
        (
            json!({ "id": "a", "rtsp": { "host": "10.0.0.9", "path": "/x" }, "image": { "path": "a.png" } }),
            "two-endpoints",
        ),
        (json!({ "id": "a" }), "no-endpoint"),
        (json!({ "rtsp": { "host": "10.0.0.9", "path": "/x" } }), "missing-key"),
        (json!({ "id": "A B", "image": { "path": "a.png" } }), "bad-id"),
        (json!({ "id": "a", "file": { "path": "../etc/passwd" } }), "bad-path"),
        (
            json!({ "id": "a", "udp": { "host": "239.1.1.1", "port": 5000, "codec": "h264" } }),
            "rtp-misplaced",
        ),
    ] {
        let fault = match read(&keys(wrong.clone())) {
            Err(fault @ SourceFault::Wrong(_)) => fault,
            other => panic!("{wrong}: {:?}", other.map(|source| source.id)),
        };
        let lines = fault.mistakes();
        assert!(lines.iter().any(|line| line.code == code), "{wrong}: {lines:?}");
        let said = format!("{} {} {lines:?} {fault:?}", fault.said().zh, fault.said().en);
        assert!(!said.contains("geheim"), "{said}");
        assert!(lines.iter().all(|line| !line.zh.is_ascii()), "{lines:?}");
    }
    let null = read(&keys(json!({ "id": "a", "image": { "path": null } })));
    assert!(matches!(null, Err(SourceFault::Edit(EditError::Value(key))) if key == "image"));
}

#[test]
fn the_form_of_the_description_has_every_key_of_the_document() {
    let full = json!({
        "id": "a", "label": { "zh": "东门", "en": "East" }, "place": "lake/north", "position": [120.1, 30.2], "tags": ["gate"],
        "ingest": "in-1", "rtsp": { "host": "10.0.0.9", "port": 554, "tls": false, "transport": "tcp", "credential": "cams" },
        "streams": [{ "name": "main", "path": "/1", "size": [1920, 1080] }],
        "masks": [{ "rect_percent": [0, 0, 10, 10] }], "detections": { "query": "boxes" }
    });
    let others = [
        json!({ "id": "a", "srt": { "host": "h", "port": 9, "mode": "caller", "latency_ms": 120, "stream_id": "s", "credential": "c" } }),
        json!({ "id": "a", "rtmp": { "host": "h", "port": 9, "path": "/x", "tls": false, "credential": "c" } }),
        json!({ "id": "a", "http": { "host": "h", "port": 9, "path": "/x", "tls": false, "credential": "c" } }),
        json!({ "id": "a", "udp": { "host": "239.1.1.1", "port": 9, "interface": "10.0.0.1", "format": "rtp", "codec": "h264", "payload_type": 96 } }),
        json!({ "id": "a", "file": { "path": "a.mp4", "repeat": true } }),
        json!({ "id": "a", "image": { "path": "a.png" } }),
    ];
    for whole in std::iter::once(full).chain(others) {
        let form: SourceForm = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!(serde_json::to_value(form).unwrap(), whole, "both know the same keys");
        read(&keys(whole)).unwrap();
    }
}
