//! The table against the sources of the routers, and each row against what it must have.

use super::{Route, Verb, find, routes};
use crate::api::openapi;
use crate::api::tests::sources;
use controller_identity::Act;
use std::collections::BTreeSet;
use std::path::Path;

/// The crate's own text.
fn texts() -> Vec<String> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// Every `.route("path", get(…).post(…))` of these texts.
fn mounted(texts: &[String]) -> BTreeSet<(String, &'static str)> {
    let mut found = BTreeSet::new();
    for text in texts {
        for call in text.split(concat!(".", "route(")).skip(1) {
            let call: String =
                call.split(".with_state").next().unwrap().split(".layer(").next().unwrap().to_owned();
            let Some(path) = call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
            else {
                continue;
            };
            for verb in ["get", "post", "put", "patch", "delete"] {
                let called = |before: &str| call.contains(&format!("{before}{verb}("));
                if called(" ") || called(".") || called("::") {
                    found.insert((path.to_owned(), verb));
                }
            }
        }
    }
    found
}

/// Every row of the table.
fn rows() -> BTreeSet<(String, &'static str)> {
    routes().map(|route| (route.path.to_owned(), route.verb.as_str())).collect()
}

#[test]
fn every_endpoint_has_a_row_and_every_row_an_endpoint() {
    assert_eq!(rows().len(), routes().count(), "two rows for one endpoint");
    assert_eq!(mounted(&texts()), rows());
}

#[test]
fn a_planted_endpoint_without_a_row_is_noticed() {
    let mut planted = texts();
    let endpoint = concat!("Router::new().", "route(\"/v1/planted\", get(walls).delete(walls))");
    planted.push(endpoint.to_owned());
    let found = mounted(&planted);
    let without: Vec<_> = found.difference(&rows()).cloned().collect();
    let of = |verb| ("/v1/planted".to_owned(), verb);
    assert_eq!(without, [of("delete"), of("get")]);
    // Nor does a row stay unnoticed whose endpoint is gone.
    planted.retain(|text| !text.contains("\"/v1/status\""));
    assert!(!rows().is_subset(&mounted(&planted)));
}

#[test]
fn each_row_speaks_both_languages_and_what_changes_is_written_down() {
    for route in routes() {
        assert!(!route.en.is_empty() && !route.zh.is_empty() && !route.zh.is_ascii(), "{}", route.path);
        assert!(route.path.starts_with("/v1/") || route.verb == Verb::Get, "{}", route.path);
        if route.verb != Verb::Get && !route.audited {
            let excused = ["/v1/feeds/{id}", "/v1/events/verify", "/v1/audit/verify"];
            assert!(excused.contains(&route.path), "{} goes into no audit log", route.path);
        }
        if route.act == Act::Open && route.verb != Verb::Get {
            assert!(
                ["/v1/session", "/v1/setup"].contains(&route.path),
                "{} is open to everybody",
                route.path
            );
        }
    }
    assert!(find(Verb::Get, "/v1/status").is_some() && find(Verb::Post, "/v1/status").is_none());
}

#[test]
fn a_row_that_honours_if_match_has_a_path_that_bears_an_etag() {
    for route in routes().filter(|route| route.conditional) {
        let is_there =
            |other: &&Route| other.verb == Verb::Get && other.tagged && route.path.starts_with(other.path);
        let wall = "/v1/walls/{wall}/";
        assert!(
            routes().any(|other| is_there(&other)) || route.path.starts_with(wall),
            "{} {}: nobody is given what it expects",
            route.verb.as_str(),
            route.path
        );
    }
    let lists: Vec<&str> = routes().filter(|route| route.linked).map(|route| route.path).collect();
    assert_eq!(lists, ["/v1/users", "/v1/tokens", "/v1/sources"], "docs/API.md names the same");
}

#[test]
fn the_description_is_made_of_the_rows_and_of_types_that_can_be_looked_into() {
    let (document, faults) = openapi::document("1.2.3");
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(document["openapi"], "3.1.0");
    let operations: usize =
        document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, routes().count());
    let status = &document["components"]["schemas"]["HallStatus"];
    assert_eq!(status["properties"]["nodes"]["items"]["$ref"], "#/components/schemas/NodeStatus");
    let form = &document["components"]["schemas"]["ReportForm"];
    assert_eq!(form["required"], serde_json::json!(["id", "kind", "title"]));
    let change = &document["paths"]["/v1/sources/{source}"]["patch"];
    let heeds = |operation: &serde_json::Value, header: &str| {
        operation["parameters"].as_array().unwrap().iter().any(|parameter| parameter["name"] == header)
    };
    assert!(heeds(change, "If-Match") && change["responses"]["412"].is_object());
    assert!(change["responses"]["200"]["headers"]["ETag"].is_object());
    let list = &document["paths"]["/v1/tokens"]["get"];
    assert!(!heeds(list, "If-Match") && list["responses"]["412"].is_null());
    assert!(list["responses"]["200"]["headers"]["Link"].is_object());
    assert!(document["x-taibai-codes"]["changed_meanwhile"].is_string());
    // Every reference leads somewhere.
    let text = document.to_string();
    for name in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(!document["components"]["schemas"][name].is_null(), "{name}");
    }
}
