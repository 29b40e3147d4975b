//! Role × endpoint × source: every cell of the table is asked for, and an endpoint of which nothing is said here fails.

use super::{Answer, Hall, PATIENCE, request};
use controller_identity::{Act, Role};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Instant;

/// Three walls, each with one source, a rule, a tour and a schedule: one with the tag that the rights name, one with another, one without any.
const HALL: &str = r#"
version = 1
hall = { name = "Rights", language = "en" }
[[wall]]
id = "wall-yard"
canvas_px_per_mm = 1
screen = [{ id = "screen-yard", node = "n", output = 1, resolution = [640, 360], position_mm = [0, 0], size_mm = [640, 360] }]
[[wall]]
id = "wall-vault"
canvas_px_per_mm = 1
screen = [{ id = "screen-vault", node = "n", output = 2, resolution = [640, 360], position_mm = [0, 0], size_mm = [640, 360] }]
[[wall]]
id = "wall-bare"
canvas_px_per_mm = 1
screen = [{ id = "screen-bare", node = "n", output = 3, resolution = [640, 360], position_mm = [0, 0], size_mm = [640, 360] }]
[[source]]
id = "cam-yard"
tags = ["yard"]
rtsp = { host = "127.0.0.1", port = 9, path = "/" }
[[source]]
id = "cam-vault"
tags = ["vault"]
rtsp = { host = "127.0.0.1", port = 9, path = "/" }
[[source]]
id = "cam-bare"
rtsp = { host = "127.0.0.1", port = 9, path = "/" }
[[scene]]
id = "scene-yard"
wall = "wall-yard"
window = [{ source = "cam-yard", rect_percent = [0, 0, 100, 100] }]
[[scene]]
id = "scene-vault"
wall = "wall-vault"
window = [{ source = "cam-vault", rect_percent = [0, 0, 100, 100] }]
[[scene]]
id = "scene-bare"
wall = "wall-bare"
window = [{ source = "cam-bare", rect_percent = [0, 0, 100, 100] }]
[[tour]]
id = "tour-yard"
wall = "wall-yard"
start = false
scenes = [{ scene = "scene-yard", dwell_s = 60 }]
[[schedule]]
id = "schedule-yard"
cron = "0 3 29 2 *"
scene = "scene-yard"
[[rule]]
id = "rule-yard"
when = { event = "event.kind == 'yard'" }
do = [{ scene = "scene-yard" }]
until = "acknowledged"
[[tour]]
id = "tour-vault"
wall = "wall-vault"
start = false
scenes = [{ scene = "scene-vault", dwell_s = 60 }]
[[schedule]]
id = "schedule-vault"
cron = "0 3 29 2 *"
scene = "scene-vault"
[[rule]]
id = "rule-vault"
when = { event = "event.kind == 'vault'" }
do = [{ scene = "scene-vault" }]
until = "acknowledged"
[[tour]]
id = "tour-bare"
wall = "wall-bare"
start = false
scenes = [{ scene = "scene-bare", dwell_s = 60 }]
[[schedule]]
id = "schedule-bare"
cron = "0 3 29 2 *"
scene = "scene-bare"
[[rule]]
id = "rule-bare"
when = { event = "event.kind == 'bare'" }
do = [{ scene = "scene-bare" }]
until = "acknowledged"
"#;

/// A rule on two of the walls, one that puts a source into a window of another wall, and one that acts on no wall.
const MORE_RULES: &str = r#"
[[rule]]
id = "rule-both"
when = { event = "event.kind == 'both'" }
do = [{ scene = "scene-yard" }, { scene = "scene-vault" }]
until = "acknowledged"
[[rule]]
id = "rule-fill"
wall = "wall-yard"
when = { event = "event.kind == 'fill'" }
do = [{ slot = "w1", source = "cam-vault" }]
until = "acknowledged"
[[rule]]
id = "rule-voice"
when = { event = "event.kind == 'voice'" }
do = [{ voice = { zh = "注意", en = "mind" } }]
"#;

/// What comes behind `cam-`, `wall-`, `scene-`, `screen-`, `rule-`, `tour-` and `schedule-`, and whether rights for the tag `yard` cover it.
/// The alarms of the rules are due in this order.
const SOURCES: [(&str, bool); 3] = [("yard", true), ("vault", false), ("bare", false)];

/// What an endpoint has to do with sources.
enum About {
    /// Nothing: whoever has the role may, and hears of no source beyond his rights.
    None,
    /// One source, which the path leads to, with that body.
    Path(fn(&str) -> Value),
    /// The same, and the body names one besides: with this body, and with the path of the wall that is covered.
    Body(fn(&str) -> Value),
    /// All of them: the rights must cover everything.
    All,
    /// It tells of sources on purpose, to those who may read what everybody does.
    Told,
}

fn about(verb: &str, path: &str) -> About {
    let opened: fn(&str) -> Value = |name| json!({ "base_revision": 1, "source": format!("cam-{name}"), "rect": { "x": 0, "y": 0, "width": 320, "height": 180 } });
    match (verb, path) {
        ("post", "/v1/walls/{wall}/windows") => About::Body(opened),
        ("post", "/v1/walls/{wall}/changes") => About::Body(
            |name| json!({ "base_revision": 1, "changes": [{ "do": "change", "window": "w1", "source": format!("cam-{name}") }] }),
        ),
        ("patch", "/v1/walls/{wall}/windows/{window}") => {
            About::Body(|name| json!({ "base_revision": 1, "source": format!("cam-{name}") }))
        }
        ("post", "/v1/walls/{wall}/swap") => {
            About::Path(|_| json!({ "base_revision": 1, "a": "w1", "b": "w1" }))
        }
        ("post", "/v1/walls/{wall}/undo" | "/v1/walls/{wall}/redo" | "/v1/walls/{wall}/reset") => {
            About::Path(|_| json!({}))
        }
        ("post", "/v1/walls/{wall}/stage") => About::Path(|name| json!({ "scene": format!("scene-{name}") })),
        ("get" | "delete", "/v1/walls/{wall}/windows" | "/v1/walls/{wall}/windows/{window}")
        | (
            "post",
            "/v1/walls/{wall}/take"
            | "/v1/scene/{id}"
            | "/v1/alarms/{id}/acknowledge"
            | "/v1/tours/{id}/pause"
            | "/v1/tours/{id}/resume"
            | "/v1/rules/{id}/pause"
            | "/v1/rules/{id}/resume"
            | "/v1/schedules/{id}/pause"
            | "/v1/schedules/{id}/resume",
        )
        | (
            "get",
            "/v1/walls/{wall}/preview"
            | "/v1/walls/{wall}/picture.png"
            | "/v1/walls/{wall}/screens/{screen}/picture.png"
            | "/v1/walls/{wall}/screens/{screen}/picture.jpg"
            | "/v1/walls/{wall}/scenes/{scene}/thumbnail.jpg"
            | "/v1/sources/{source}"
            | "/v1/sources/{source}/thumbnail.jpg",
        )
        // Scenes of the document show them, so nothing is removed.
        | ("delete", "/v1/sources/{source}") => About::Path(|_| Value::Null),
        // Who may see a source gives it no tags, and so to nobody, that are not theirs.
        ("patch", "/v1/sources/{source}") => About::Body(|name| json!({ "tags": [name] })),
        ("post", "/v1/sources" | "/v1/sources/probe") => About::Path(
            |name| json!({ "id": format!("new-{name}"), "tags": [name], "rtsp": { "host": "10.0.0.9", "path": "/" } }),
        ),
        ("get", "/v1/document") => About::All,
        ("get", "/v1/audit") => About::Told,
        (
            "get",
            "/healthz"
            | "/readyz"
            | "/metrics"
            | "/v1/openapi.json"
            | "/v1/docs"
            | "/v1/session"
            | "/v1/watch"
            | "/v1/users"
            | "/v1/users/{user}"
            | "/v1/tokens"
            | "/v1/status"
            | "/v1/sync"
            | "/v1/walls"
            | "/v1/walls/{wall}/screens"
            | "/v1/sources"
            | "/v1/feeds"
            | "/v1/events"
            | "/v1/alarms"
            | "/v1/tours"
            | "/v1/rules"
            | "/v1/log"
            | "/v1/events/{id}/photo"
            | "/v1/map"
            | "/v1/queries/{id}",
        )
        | (
            "post",
            "/v1/session"
            | "/v1/session/lock"
            | "/v1/session/unlock"
            | "/v1/session/password"
            | "/v1/setup"
            | "/v1/users"
            | "/v1/tokens"
            | "/v1/audit/verify"
            | "/v1/stamp/{wall}"
            | "/v1/walls/{wall}/identify"
            | "/v1/feeds/{id}"
            | "/v1/events"
            | "/v1/events/verify"
            | "/v1/events/{id}/state"
            | "/v1/sources/discover"
            | "/v1/sources/streams",
        )
        | ("patch" | "delete", "/v1/users/{user}")
        | ("delete", "/v1/session" | "/v1/tokens/{id}") => About::None,
        _ => panic!("nothing is said of sources at {verb} {path}"),
    }
}

/// A path of the table, filled in so that it leads to a source.
fn filled(path: &str, name: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{wall}" => format!("wall-{name}"),
        "{scene}" => format!("scene-{name}"),
        "{id}" if path.starts_with("/v1/scene/") => format!("scene-{name}"),
        "{id}" if path.starts_with("/v1/rules/") => format!("rule-{name}"),
        "{id}" if path.starts_with("/v1/tours/") => format!("tour-{name}"),
        "{id}" if path.starts_with("/v1/schedules/") => format!("schedule-{name}"),
        "{id}" if path.starts_with("/v1/alarms/") => alarm_of(name).to_string(),
        "{screen}" => format!("screen-{name}"),
        "{source}" => format!("cam-{name}"),
        "{window}" => "w1".to_owned(),
        part if part.starts_with('{') => "nothing".to_owned(),
        part => part.to_owned(),
    });
    let query = if path.ends_with("{window}") { "?base_revision=1" } else { "" };
    parts.collect::<Vec<_>>().join("/") + query
}

/// The number of the alarm of a rule, when all are raised in their order.
fn alarm_of(name: &str) -> usize {
    1 + SOURCES.iter().position(|(known, _)| *known == name).unwrap()
}

/// Reports an event of each of these kinds, and waits each time until its rule has told of it.
fn raise(hall: &Hall, kinds: &[&str]) {
    let begin = Instant::now();
    for kind in kinds {
        let event = json!({ "id": format!("event-{kind}"), "kind": kind, "title": kind });
        // Until the data is open it is away.
        while hall.local("POST", "/v1/events", event.clone()).status != 200 {
            assert!(begin.elapsed() < PATIENCE, "{kind}");
        }
        let rule = json!(format!("rule-{kind}"));
        let raised = |line: &Value| line["what"] == "raised" && line["rule"] == rule;
        while !hall.local("GET", "/v1/log", Value::Null).json().as_array().unwrap().iter().any(raised) {
            assert!(begin.elapsed() < PATIENCE, "{kind}");
        }
    }
}

/// A token with one grant, as a header's value.
fn bearer(hall: &Hall, grant: &Value) -> String {
    let made = hall.local("POST", "/v1/tokens", json!({ "name": "one", "grants": [grant] })).json();
    format!("Bearer {}", made["token"].as_str().unwrap())
}

/// What is tried out of one cell: paths, bodies, and which sources each names.
fn tries(verb: &str, path: &str, name: &str) -> Vec<(String, Value)> {
    let to = |name: &str| filled(path, name);
    match about(verb, path) {
        About::None | About::All | About::Told => vec![(to(name), Value::Null)],
        About::Path(body) => vec![(to(name), body(name))],
        About::Body(body) => vec![(to(name), body(name)), (to("yard"), body(name)), (to(name), body("yard"))],
    }
}

/// Asks for every cell with a token whose rights are for the sources tagged `tag`. Gives the number of cells, and those whose answer is
/// another one than that of rights for the tag `yard`.
fn faults(hall: &Hall, tag: &str) -> (usize, Vec<String>) {
    let document = hall.local("GET", "/v1/openapi.json", Value::Null).json();
    let (mut cells, mut found) = (0, Vec::new());
    for role in Role::ALL {
        let grants = json!([{ "role": role.as_str(), "walls": ["*"], "tags": [tag] }]);
        let made =
            hall.local("POST", "/v1/tokens", json!({ "name": role.as_str(), "grants": grants })).json();
        let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (verb, operation) in operations.as_object().unwrap() {
                let act = super::act(operation["x-taibai-act"].as_str().unwrap());
                for (name, covered) in SOURCES {
                    cells += 1;
                    for (to, body) in tries(verb, path, name) {
                        let verb = verb.to_uppercase();
                        let answer = request(hall.console, &verb, &to, &[("Authorization", &bearer)], &body);
                        let within = match about(&verb.to_lowercase(), path) {
                            About::None | About::Told => true,
                            About::Path(_) | About::Body(_) => covered,
                            About::All => false,
                        };
                        let told = matches!(about(&verb.to_lowercase(), path), About::Told);
                        let wrong = wrong(&answer, role.may(act) && within, told);
                        found.extend(wrong.map(|why| format!("{role:?}: {verb} {to} {body}: {why}")));
                    }
                }
            }
        }
    }
    (cells, found)
}

/// What is wrong with an answer to somebody whose rights are for the tag `yard`.
fn wrong(answer: &Answer, may: bool, told: bool) -> Option<String> {
    let refused = answer.status == 403 && answer.code() == "forbidden";
    let beyond: BTreeSet<&str> =
        SOURCES.iter().filter(|(_, covered)| !covered).map(|(name, _)| *name).collect();
    let tells = beyond.iter().any(|name| answer.text.contains(&format!("cam-{name}")));
    if refused == may {
        return Some(format!("refused: {refused}; {} {}", answer.status, answer.text));
    }
    if tells && !told {
        return Some(format!("tells of sources beyond the rights: {}", answer.text));
    }
    (answer.status == 500).then(|| answer.text.clone())
}

#[test]
fn every_role_may_at_every_endpoint_with_every_source_what_its_rights_cover() {
    let hall = Hall::of("cells", HALL);
    raise(&hall, &SOURCES.map(|(name, _)| name));
    let (cells, found) = faults(&hall, "yard");
    let endpoints = super::endpoints(&hall).len();
    assert_eq!(found, Vec::<String>::new());
    let all = endpoints * Role::ALL.len() * SOURCES.len();
    assert_eq!(cells, all);
    println!(
        "{cells} of {all} cells: {} roles, {endpoints} endpoints, {} sources",
        Role::ALL.len(),
        SOURCES.len()
    );
    // Who sees one source sees it in the list.
    let grants = json!([{ "role": "viewer", "tags": ["yard"] }]);
    let made = hall.local("POST", "/v1/tokens", json!({ "name": "one", "grants": grants })).json();
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let list =
        request(hall.console, "GET", "/v1/sources", &[("Authorization", &bearer)], &Value::Null).json();
    let names: Vec<&str> =
        list.as_array().unwrap().iter().filter_map(|line| line["source"].as_str()).collect();
    assert_eq!(names, ["cam-yard", "new-yard"], "that of the hall, and what a cell has added");
}

#[test]
fn a_thumbnail_is_refused_however_its_path_is_written() {
    let hall = Hall::of("escapes", HALL);
    let grants = json!([{ "role": "viewer", "walls": ["*"], "tags": ["yard"] }]);
    let made = hall.local("POST", "/v1/tokens", json!({ "name": "yard", "grants": grants })).json();
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let get =
        |path: &str| request(hall.console, "GET", path, &[("Authorization", bearer.as_str())], &Value::Null);
    for path in [
        "/v1/walls/wall-vault/scenes/scene-vault/thumbnail.jpg",
        "/v1/walls/wall-vault/scenes/scene-v%61ult/thumbnail.jpg",
        "/v1/walls/wall-v%61ult/scenes/%73cene-vault/thumbnail.jpg",
        "/v1/walls/wall-bare/scenes/scene-b%61re/thumbnail.jpg",
        "/v1/walls/wall-vault/scenes/variant-1-1/thumbnail.jpg",
        "/v1/walls/wall-yard/scenes/no-such/thumbnail.jpg",
        "/v1/sources/cam-v%61ult/thumbnail.jpg",
        "/v1/sources/no-such/thumbnail.jpg",
    ] {
        assert_eq!(get(path).code(), "forbidden", "{path}");
    }
    // What is covered is covered however it is written; no node is there to draw it.
    assert_eq!(get("/v1/walls/wall-yard/scenes/scene-y%61rd/thumbnail.jpg").code(), "node_away");
    assert_eq!(get("/v1/sources/cam-y%61rd/thumbnail.jpg").code(), "no_picture");
    assert_eq!(get("/v1/walls/wall-yard/scenes/%ff/thumbnail.jpg").code(), "bad_request");
    // Who may see everything hears what is not there.
    for path in ["/v1/walls/wall-yard/scenes/variant-1-1/thumbnail.jpg", "/v1/sources/no-such/thumbnail.jpg"]
    {
        assert_eq!(hall.local("GET", path, Value::Null).code(), "unknown", "{path}");
    }
}

#[test]
fn planted_rights_that_reach_too_far_are_noticed() {
    let hall = Hall::of("cells-planted", HALL);
    raise(&hall, &SOURCES.map(|(name, _)| name));
    let (_, found) = faults(&hall, "*");
    for endpoint in [
        "GET /v1/sources",
        "POST /v1/scene/scene-vault",
        "PATCH /v1/walls/wall-yard/windows/w1",
        "POST /v1/alarms/2/acknowledge",
        "POST /v1/rules/rule-vault/pause",
        "POST /v1/schedules/schedule-vault/pause",
        "POST /v1/tours/tour-vault/resume",
    ] {
        assert!(found.iter().any(|fault| fault.contains(endpoint)), "{endpoint}: {found:#?}");
    }
}

/// The hall with more rules; their windows have slots.
fn acting(name: &str) -> Hall {
    let slots = HALL.replace("window = [{ source", "window = [{ slot = \"w1\", source");
    Hall::of(name, Box::leak(format!("{slots}{MORE_RULES}").into_boxed_str()))
}

/// The names under `key` in the lines of a list.
fn names(answer: &Answer, key: &str) -> BTreeSet<String> {
    let lines = answer.json();
    let names = lines.as_array().unwrap().iter().filter_map(|line| line[key].as_str().map(str::to_owned));
    names.collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_the_hall_does_by_itself_is_seen_with_one_of_its_walls_and_changed_with_all() {
    let hall = acting("by-itself");
    raise(&hall, &["yard", "vault", "bare", "both", "voice"]);
    // Paused on a wall of others, which the log tells as an act on that wall.
    assert_eq!(hall.local("POST", "/v1/tours/tour-vault/pause", Value::Null).status, 200);
    let tokens = Role::ALL.map(|role| {
        (role, bearer(&hall, &json!({ "role": role.as_str(), "walls": ["wall-yard"], "tags": ["*"] })))
    });
    let ask = |token: &str, method: &str, path: &str| {
        request(hall.console, method, path, &[("Authorization", token)], &Value::Null)
    };
    for (role, token) in &tokens {
        let get = |path: &str| ask(token, "GET", path);
        if !role.may(Act::Look) {
            for path in ["/v1/rules", "/v1/tours", "/v1/alarms", "/v1/log"] {
                assert_eq!(get(path).code(), "forbidden", "{role:?}: {path}");
            }
            continue;
        }
        let rules = get("/v1/rules");
        let seen = set(&["rule-yard", "rule-both", "rule-fill", "rule-voice", "schedule-yard"]);
        assert_eq!(names(&rules, "rule"), seen, "{role:?}");
        assert_eq!(names(&get("/v1/tours"), "tour"), set(&["tour-yard"]), "{role:?}");
        assert_eq!(names(&get("/v1/alarms"), "rule"), set(&["rule-yard", "rule-both"]), "{role:?}");
        let log = get("/v1/log");
        assert_eq!(names(&log, "rule"), set(&["rule-yard", "rule-both", "rule-voice"]), "{role:?}");
        assert!(names(&log, "wall").is_subset(&set(&["wall-yard"])), "{role:?}: {}", log.text);
        for lists in [&rules, &get("/v1/alarms")] {
            assert!(!lists.text.contains("wall-vault"), "{role:?}: {}", lists.text);
        }
    }
    let acts = [
        ("/v1/rules/rule-yard/pause", true),
        ("/v1/rules/rule-yard/resume", true),
        ("/v1/rules/rule-voice/pause", true),
        ("/v1/rules/rule-both/pause", false),
        ("/v1/rules/rule-vault/resume", false),
        ("/v1/schedules/schedule-yard/resume", true),
        ("/v1/schedules/schedule-yard/pause", true),
        ("/v1/schedules/schedule-vault/pause", false),
        ("/v1/tours/tour-yard/pause", true),
        ("/v1/tours/tour-vault/resume", false),
        ("/v1/alarms/4/acknowledge", false),
        ("/v1/alarms/2/acknowledge", false),
    ];
    for (role, token) in &tokens {
        for (path, covered) in acts {
            let status = if role.may(Act::Operate) && covered { 200 } else { 403 };
            let answer = ask(token, "POST", path);
            assert_eq!(answer.status, status, "{role:?}: {path}: {}", answer.text);
        }
    }
    assert_eq!(ask(&tokens[0].1, "POST", "/v1/alarms/1/acknowledge").code(), "forbidden");
    let operator = bearer(&hall, &json!({ "role": "operator", "walls": ["wall-yard", "wall-vault"] }));
    for path in ["/v1/alarms/1/acknowledge", "/v1/alarms/4/acknowledge", "/v1/rules/rule-both/pause"] {
        assert_eq!(ask(&operator, "POST", path).status, 200, "{path}");
    }
    assert_eq!(ask(&operator, "POST", "/v1/alarms/99/acknowledge").code(), "no_such_alarm");
    assert_eq!(ask(&operator, "POST", "/v1/schedules/none/pause").code(), "unknown");
}

#[test]
fn a_source_beyond_the_rights_is_named_by_no_line_and_put_there_by_no_rule_of_ones_own() {
    let hall = acting("by-itself-tags");
    raise(&hall, &["yard", "fill"]);
    let token = bearer(&hall, &json!({ "role": "operator", "tags": ["yard"] }));
    let ask = |method: &str, path: &str| {
        request(hall.console, method, path, &[("Authorization", &token)], &Value::Null)
    };
    assert!(hall.local("GET", "/v1/log", Value::Null).text.contains("cam-vault"));
    let log = ask("GET", "/v1/log");
    assert!(!log.text.contains("cam-vault") && names(&log, "rule").contains("rule-yard"), "{}", log.text);
    assert_eq!(ask("POST", "/v1/rules/rule-fill/pause").code(), "forbidden");
    assert_eq!(ask("POST", "/v1/rules/rule-both/pause").code(), "forbidden");
    assert_eq!(ask("POST", "/v1/rules/rule-yard/pause").status, 200);
}

#[test]
fn a_paused_schedule_is_listed_so_written_down_and_kept_over_a_restart() {
    let hall = Hall::of("schedules", HALL);
    let listed = |hall: &Hall| {
        let lines = hall.local("GET", "/v1/rules", Value::Null).json();
        let line = lines.as_array().unwrap().iter().find(|line| line["rule"] == "schedule-yard").unwrap();
        (line["paused"].clone(), line["next"].is_i64())
    };
    assert_eq!(listed(&hall), (json!(false), true));
    let answer = hall.local("POST", "/v1/schedules/schedule-yard/pause?by=li", Value::Null);
    assert_eq!(answer.json(), json!({ "schedule": "schedule-yard", "paused": true }));
    assert_eq!(listed(&hall), (json!(true), false));
    let page = hall.local("GET", "/v1/audit", Value::Null).json();
    let last = page["records"].as_array().unwrap().last().unwrap();
    assert_eq!(last["what"], "POST /v1/schedules/{id}/pause");
    assert_eq!(last["after"], json!({ "schedule": "schedule-yard", "paused": true }));
    let hall = hall.again();
    assert_eq!(listed(&hall), (json!(true), false));
    assert_eq!(
        hall.local("POST", "/v1/schedules/schedule-yard/resume", Value::Null).json()["paused"],
        json!(false)
    );
    assert_eq!(listed(&hall), (json!(false), true));
}
