//! Acts on a whole wall, over HTTP: nobody brings what they may not see, and nobody acts unasked upon what another has done meanwhile.

use super::{Answer, Hall, request};
use serde_json::{Value, json};

/// One wall, and a scene that shows sources of two tags.
const HALL: &str = r#"
version = 1
hall = { name = "Acts", language = "en" }
[[wall]]
id = "w"
canvas_px_per_mm = 1
screen = [{ id = "s", node = "n", output = 1, resolution = [640, 360], position_mm = [0, 0], size_mm = [640, 360] }]
[[source]]
id = "cam-yard"
tags = ["yard"]
rtsp = { host = "127.0.0.1", port = 9, path = "/" }
[[source]]
id = "cam-vault"
tags = ["vault"]
rtsp = { host = "127.0.0.1", port = 9, path = "/" }
[[scene]]
id = "both"
wall = "w"
window = [{ source = "cam-yard", rect_percent = [0, 0, 50, 100] }, { source = "cam-vault", rect_percent = [50, 0, 50, 100] }]
[[scene]]
id = "open"
wall = "w"
window = [{ source = "cam-yard", rect_percent = [0, 0, 100, 100] }]
"#;

fn windows(hall: &Hall, of: &str) -> Value {
    hall.local("GET", &format!("/v1/walls/w/windows?of={of}"), Value::Null).json()
}

/// Done on this machine, where everybody may everything.
fn done(hall: &Hall, path: &str, body: Value) -> Value {
    let answer = hall.local("POST", path, body);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

#[test]
fn who_may_not_see_a_source_does_not_bring_it_back_on_the_wall() {
    let hall = Hall::of("acts-rights", HALL);
    let grants = json!([{ "role": "operator", "walls": ["*"], "tags": ["yard"] }]);
    let made = hall.local("POST", "/v1/tokens", json!({ "name": "yard", "grants": grants })).json();
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let ask = |verb: &str, path: &str, body: Value| -> Answer {
        request(hall.console, verb, path, &[("Authorization", &bearer)], &body)
    };
    let base = windows(&hall, "air")["revision"].clone();
    let close = json!({ "base_revision": base, "changes": [{ "do": "close", "window": "w2" }] });
    done(&hall, "/v1/walls/w/changes", close);
    let before = windows(&hall, "air");
    assert_eq!(ask("GET", "/v1/walls/w/windows", Value::Null).status, 200, "what is left may be seen");
    let refused = |path: &str, body: Value| {
        let answer = ask("POST", path, body);
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{path}");
        assert!(!answer.text.contains("cam-vault"), "{path}: {}", answer.text);
        assert_eq!(windows(&hall, "air"), before, "{path}");
    };
    refused("/v1/walls/w/undo", json!({}));
    refused("/v1/walls/w/undo", json!({ "base_revision": base }));
    refused("/v1/walls/w/reset", json!({}));
    refused("/v1/walls/w/stage", json!({ "scene": "both" }));
    refused("/v1/scene/both", Value::Null);
    done(&hall, "/v1/walls/w/stage", json!({ "scene": "both" }));
    refused("/v1/walls/w/take", Value::Null);
    refused("/v1/walls/w/take", json!({ "base_revision": base }));
    // What was undone by another does not come again by them, either.
    done(&hall, "/v1/scene/open", Value::Null);
    done(&hall, "/v1/scene/both", Value::Null);
    done(&hall, "/v1/walls/w/undo", json!({}));
    let answer = ask("POST", "/v1/walls/w/redo", json!({}));
    assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"));

    // Scenes that they may not see are not listed.
    let scenes = |walls: &Value| -> Vec<String> {
        let scenes = walls[0]["scenes"].as_array().unwrap();
        scenes.iter().map(|line| line["scene"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(scenes(&ask("GET", "/v1/walls", Value::Null).json()), ["open"]);
    assert_eq!(scenes(&hall.local("GET", "/v1/walls", Value::Null).json()), ["both", "open"]);
}

#[test]
fn acts_on_a_whole_wall_name_what_their_author_has_seen() {
    let hall = Hall::of("acts-based", HALL);
    let seen = windows(&hall, "air")["revision"].clone();
    let moved = |x: u32| {
        let rect = json!({ "x": x, "y": 0, "width": 320, "height": 180 });
        let changes = json!([{ "do": "change", "window": "w1", "rect": rect }]);
        let base = windows(&hall, "air")["revision"].clone();
        done(&hall, "/v1/walls/w/changes", json!({ "base_revision": base, "changes": changes }))
    };
    let (first, second) = (moved(10)["act"].clone(), moved(20)["act"].clone());
    assert!(first.is_u64() && second.is_u64() && first != second);
    let conflict = |path: &str, body: Value, of: &str| {
        let answer = hall.local("POST", path, body);
        assert_eq!((answer.status, answer.code().as_str()), (409, "conflict"), "{path}: {}", answer.text);
        let answer = answer.json();
        assert_eq!(answer["current"], windows(&hall, of), "{path}");
        answer["changed"].clone()
    };
    for path in ["/v1/walls/w/undo", "/v1/walls/w/reset", "/v1/scene/both"] {
        assert_eq!(conflict(path, json!({ "base_revision": seen }), "air"), json!(["w1"]), "{path}");
    }
    let undo = "/v1/walls/w/undo";
    assert_eq!(conflict(undo, json!({ "act": first }), "air"), json!(["w1"]));
    let undone = done(&hall, undo, json!({ "act": second }));
    assert_eq!((&undone["undo_act"], &undone["redo_act"]), (&first, &undone["act"]));
    assert_eq!(conflict("/v1/walls/w/redo", json!({ "act": second }), "air"), json!(["w1"]));
    done(&hall, "/v1/walls/w/redo", json!({ "act": undone["act"], "base_revision": undone["revision"] }));

    // A scene that another has staged meanwhile is not taken, nor staged over.
    let staged = done(&hall, "/v1/walls/w/stage", json!({ "scene": "open" }))["revision"].clone();
    done(&hall, "/v1/walls/w/stage", json!({ "scene": "both" }));
    let stale = json!({ "base_revision": staged });
    assert_eq!(conflict("/v1/walls/w/take", stale, "stage"), json!([]));
    let over = json!({ "scene": "open", "base_revision": staged });
    assert_eq!(conflict("/v1/walls/w/stage", over, "stage"), json!([]));
    let now = windows(&hall, "stage")["revision"].clone();
    assert_eq!(done(&hall, "/v1/walls/w/take", json!({ "base_revision": now }))["scene"], "both");
    let now = windows(&hall, "air")["revision"].clone();
    assert_eq!(done(&hall, "/v1/scene/open", json!({ "base_revision": now }))["scene"], "open");

    let wrong = hall.local("POST", "/v1/scene/open", json!({ "base": now }));
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "bad_body"));
}
