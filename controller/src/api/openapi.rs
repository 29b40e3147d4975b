//! The OpenAPI 3.1 document, made of the table of endpoints.

use super::gist;
use super::problem::ApiError;
use super::route::{Answer, Route, Shape, Verb};
use super::shape::{Shapes, shape};
use super::table;
use controller_identity::Act;
use serde_json::{Map, Value, json};

/// The document for a program of that version, and what could not be described.
pub(crate) fn document(version: &str) -> (Value, Vec<String>) {
    let mut shapes = Shapes::default();
    let problem = shape::<ApiError>(&mut shapes);
    let mut paths: Map<String, Value> = Map::new();
    for route in table::routes() {
        let operation = operation(route, &problem, &mut shapes);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.verb.as_str()] = operation;
    }
    let Shapes { named, faults } = shapes;
    let codes: Map<String, Value> =
        gist::all().map(|(code, words)| (code.to_owned(), Value::from(words))).collect();
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Taibai (太白)",
            "version": version,
            "summary": "Drives video walls: what hangs where, sources, events, alarms, users. 控制大屏：上墙内容、信号源、事件、告警与用户。",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": named,
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": super::gate::COOKIE },
                "token": { "type": "http", "scheme": "bearer" },
            },
        },
        "security": [{ "session": [] }, { "token": [] }],
        "x-taibai-codes": codes,
    });
    (document, faults)
}

fn operation(route: &Route, problem: &Value, shapes: &mut Shapes) -> Value {
    let mut parameters: Vec<Value> = names_in(route.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    parameters.extend(route.query.into_iter().flat_map(|query| query_parameters(query, shapes)));
    parameters.extend(header_parameters(route));
    let refused = |words: &str| {
        let content = json!({ "application/problem+json": { "schema": problem } });
        json!({ "description": words, "content": content })
    };
    let (status, answer) = answer(route, shapes);
    let mut responses = json!({ status: answer, "default": refused("Refused, with a stable code") });
    if route.conditional {
        // Windows are compared one by one: what others did elsewhere on the wall is no conflict.
        let late = if route.path.starts_with("/v1/walls/") { "409" } else { "412" };
        responses[late] = refused("Somebody else has changed it meanwhile");
    }
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.en,
        "description": route.zh,
        "tags": [route.path.trim_start_matches("/v1").split('/').nth(1).unwrap_or_default()],
        "parameters": parameters,
        "responses": responses,
        "x-taibai-act": route.act.as_str(),
    });
    if let Some(body) = route.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body(shapes) } } });
    }
    if route.act == Act::Open {
        operation["security"] = json!([]);
    }
    operation
}

/// What comes back when it was done: its status, and what it bears.
fn answer(route: &Route, shapes: &mut Shapes) -> (&'static str, Value) {
    let made = route.verb == Verb::Post && ["/v1/users", "/v1/tokens", "/v1/sources"].contains(&route.path);
    let (status, mut answer) = match route.answer {
        Answer::Json(shape) => {
            let content = json!({ "application/json": { "schema": shape(shapes) } });
            (if made { "201" } else { "200" }, json!({ "description": "Done", "content": content }))
        }
        Answer::Other(kind) => ("200", json!({ "description": "Done", "content": { kind: {} } })),
        Answer::Nothing => ("204", json!({ "description": "Done" })),
        Answer::Socket => ("101", json!({ "description": "A WebSocket of JSON messages" })),
    };
    let mut bears = |header: &str, words: &str| {
        answer["headers"][header] = json!({ "description": words, "schema": { "type": "string" } });
    };
    if route.tagged {
        bears("ETag", "Its revision in quotes, for If-Match");
    }
    if route.linked {
        bears("Link", "Where the next page is, with rel=\"next\"; missing on the last page");
    }
    (status, answer)
}

/// The headers that an operation heeds.
fn header_parameters(route: &Route) -> Vec<Value> {
    let mut found = Vec::new();
    if route.verb == Verb::Post && !matches!(route.act, Act::Open | Act::Account) {
        found.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Sent again with the same key, it is done once",
            "schema": { "type": "string", "minLength": 1, "maxLength": 128 },
        }));
    }
    if route.conditional {
        found.push(json!({
            "name": "If-Match", "in": "header", "required": false,
            "description": "The ETag of what was seen: it is done only where nobody has changed that meanwhile",
            "schema": { "type": "string" },
        }));
    }
    found
}

/// The fields of a query's type as parameters; the type itself is no schema of its own.
fn query_parameters(query: Shape, shapes: &mut Shapes) -> Vec<Value> {
    let mut own = Shapes::default();
    let reference = query(&mut own);
    shapes.faults.append(&mut own.faults);
    let name = reference["$ref"].as_str().and_then(|text| text.rsplit('/').next()).unwrap_or_default();
    let schema = own.named.get(name).cloned().unwrap_or_default();
    let required =
        |field: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|name| name == field));
    let fields = schema["properties"].as_object().cloned().unwrap_or_default();
    let parameter = |(field, schema): (String, Value)| {
        // In a query there is no null: what is missing is missing.
        let schema = schema["anyOf"].get(0).cloned().unwrap_or(schema);
        json!({ "name": field, "in": "query", "required": required(&field), "schema": schema })
    };
    fields.into_iter().map(parameter).collect()
}

fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn operation_id(route: &Route) -> String {
    let words: Vec<&str> = route
        .path
        .trim_start_matches("/v1")
        .split(['/', '{', '}', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    format!("{}_{}", route.verb.as_str(), words.join("_"))
}
