//! The API's description as a page to read, made of the OpenAPI document and of nothing else. It has no script and no style, and needs
//! none: the door's policy lets neither in.

use serde_json::{Map, Value};
use std::fmt::Write;

/// The page's beginning.
const HEAD: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
     <title>太白 API</title><h1>太白 API</h1><p><a href=\"/v1/openapi.json\">OpenAPI 3.1</a></p>";

/// The page.
pub(crate) fn page(document: &Value) -> String {
    let mut page = String::from(HEAD);
    let operations: Vec<Operation> = operations(document).collect();
    overview(&mut page, &operations);
    let schemas = &document["components"]["schemas"];
    operations.iter().for_each(|operation| section(&mut page, operation, schemas));
    types(&mut page, schemas);
    codes(&mut page, &document["x-taibai-codes"]);
    page.push_str("</html>");
    page
}

/// An operation of the document.
struct Operation<'a> {
    verb: String,
    path: &'a str,
    value: &'a Value,
}

impl Operation<'_> {
    fn text(&self, key: &str) -> String {
        escaped(self.value[key].as_str().unwrap_or_default())
    }
}

/// The members of an object; of anything else there are none.
fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    members(&document["paths"]).flat_map(|(path, verbs)| {
        members(verbs).map(move |(verb, value)| Operation { verb: verb.to_uppercase(), path, value })
    })
}

/// A text in which nothing is taken for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// All operations at a glance.
fn overview(page: &mut String, operations: &[Operation<'_>]) {
    page.push_str(
        "<table><thead><tr><th>方法 Method<th>路径 Path<th>权限 Act<th>说明<th>What it does</thead><tbody>",
    );
    for operation in operations {
        let Operation { verb, path, .. } = operation;
        let (id, act) = (operation.text("operationId"), operation.text("x-taibai-act"));
        let (zh, en) = (operation.text("description"), operation.text("summary"));
        let path = escaped(path);
        let _ = write!(
            page,
            "<tr><td><code>{verb}</code><td><a href=\"#{id}\"><code>{path}</code></a><td>{act}<td>{zh}<td lang=\"en\">{en}"
        );
    }
    page.push_str("</tbody></table>");
}

/// All of one operation.
fn section(page: &mut String, operation: &Operation<'_>, schemas: &Value) {
    let Operation { verb, path, value } = operation;
    let (id, act) = (operation.text("operationId"), operation.text("x-taibai-act"));
    let (zh, en) = (operation.text("description"), operation.text("summary"));
    let path = escaped(path);
    let _ = write!(
        page,
        "<section id=\"{id}\"><h2><code>{verb} {path}</code></h2><p>{zh} · <span lang=\"en\">{en}</span> · 权限 Act: <code>{act}</code></p>"
    );
    parameters(page, &value["parameters"]);
    for (kind, content) in members(&value["requestBody"]["content"]) {
        let _ = write!(page, "<h3>请求体 Body</h3><p><code>{}</code>", escaped(kind));
        shape(page, &content["schema"], schemas);
    }
    answers(page, &value["responses"]);
    page.push_str("</section>");
}

fn parameters(page: &mut String, all: &Value) {
    if elements(all).next().is_none() {
        return;
    }
    page.push_str(
        "<h3>参数 Parameters</h3><table><thead><tr><th>名称 Name<th>位置 In<th>类型 Type<th>必填 Required<th>说明 Notes</thead><tbody>",
    );
    for parameter in elements(all) {
        let text = |key: &str| escaped(parameter[key].as_str().unwrap_or_default());
        let (name, place, notes) = (text("name"), text("in"), text("description"));
        let (kind, needed) = (kind(&parameter["schema"]), yes(parameter["required"] == true));
        let _ = write!(
            page,
            "<tr><td><code>{name}</code><td>{place}<td>{kind}<td>{needed}<td lang=\"en\">{notes}"
        );
    }
    page.push_str("</tbody></table>");
}

fn yes(is: bool) -> &'static str {
    if is { "是 yes" } else { "" }
}

/// What comes back: status, kind, type and headers.
fn answers(page: &mut String, all: &Value) {
    page.push_str(
        "<h3>应答 Answers</h3><table><thead><tr><th>状态码 Status<th>说明 Notes<th>内容 Content<th>响应头 Headers</thead><tbody>",
    );
    for (status, answer) in members(all) {
        let notes = escaped(answer["description"].as_str().unwrap_or_default());
        let content: Vec<String> = members(&answer["content"])
            .map(|(kind_of, content)| {
                let (kind_of, schema) = (escaped(kind_of), &content["schema"]);
                if schema.is_null() {
                    format!("<code>{kind_of}</code>")
                } else {
                    format!("<code>{kind_of}</code>: {}", kind(schema))
                }
            })
            .collect();
        let headers: Vec<String> = members(&answer["headers"])
            .map(|(name, header)| {
                let words = header["description"].as_str().unwrap_or_default();
                format!("<code>{}</code>: <span lang=\"en\">{}</span>", escaped(name), escaped(words))
            })
            .collect();
        let (content, headers) = (content.join("<br>"), headers.join("<br>"));
        let _ = write!(
            page,
            "<tr><td><code>{}</code><td lang=\"en\">{notes}<td>{content}<td>{headers}",
            escaped(status)
        );
    }
    page.push_str("</tbody></table>");
}

/// A schema: its type, and the members that an object of it has.
fn shape(page: &mut String, schema: &Value, schemas: &Value) {
    let _ = write!(page, " {}</p>", kind(schema));
    let objects: Vec<&Value> =
        objects(schema, schemas).into_iter().filter(|object| object["properties"].is_object()).collect();
    if !objects.is_empty() {
        fields(page, &objects);
    }
}

/// The schemas of which an object is put together: what a name stands for, and all parts of one that has several.
fn objects<'a>(schema: &'a Value, schemas: &'a Value) -> Vec<&'a Value> {
    let meant =
        |part: &'a Value| match part["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            Some(name) => &schemas[name],
            None => part,
        };
    match schema["allOf"].as_array() {
        Some(parts) => parts.iter().map(meant).collect(),
        None => vec![meant(schema)],
    }
}

/// The members of an object.
fn fields(page: &mut String, objects: &[&Value]) {
    page.push_str("<table><thead><tr><th>字段 Member<th>类型 Type<th>必填 Required</thead><tbody>");
    for object in objects {
        for (name, member) in members(&object["properties"]) {
            let needed =
                elements(&object["required"]).any(|required| required.as_str() == Some(name.as_str()));
            let (name, kind, needed) = (escaped(name), kind(member), yes(needed));
            let _ = write!(page, "<tr><td><code>{name}</code><td>{kind}<td>{needed}");
        }
    }
    page.push_str("</tbody></table>");
}

/// A type in words; one with a name leads to where its members stand.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escaped(reference.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#type-{name}\">{name}</a>");
    }
    let all_of = |key: &str, between: &str| -> Option<String> {
        let kinds: Vec<String> = schema[key].as_array()?.iter().map(kind).collect();
        Some(kinds.join(between))
    };
    if let Some(kinds) =
        all_of("anyOf", " | ").or_else(|| all_of("oneOf", " | ")).or_else(|| all_of("allOf", " + "))
    {
        return kinds;
    }
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<String> =
            choices.iter().map(|choice| format!("<code>{}</code>", escaped(&choice.to_string()))).collect();
        return choices.join(" | ");
    }
    match schema["type"].as_str() {
        Some("array") => match kind(&schema["items"]) {
            several if several.contains(" | ") => format!("array of ({several})"),
            one => format!("array of {one}"),
        },
        Some("object") if !schema["additionalProperties"].is_null() => {
            format!("object of {}", kind(&schema["additionalProperties"]))
        }
        Some(name) => format!("{}{}", escaped(name), bounds(schema)),
        None => "any".to_owned(),
    }
}

/// The least and the most that a number may be, or that a text may have of letters.
fn bounds(schema: &Value) -> String {
    let within = |least: &str, most: &str| match (&schema[least], &schema[most]) {
        (Value::Null, Value::Null) => None,
        (least, Value::Null) => Some(format!(" ≥ {least}")),
        (Value::Null, most) => Some(format!(" ≤ {most}")),
        (least, most) => Some(format!(" {least} … {most}")),
    };
    within("minimum", "maximum").or_else(|| within("minLength", "maxLength")).unwrap_or_default()
}

/// The types that have a name, each with its members.
fn types(page: &mut String, schemas: &Value) {
    page.push_str("<h2>类型 Types</h2>");
    for (name, schema) in members(schemas) {
        let name = escaped(name);
        let _ = write!(page, "<section id=\"type-{name}\"><h3>{name}</h3><p>");
        shape(page, schema, schemas);
        page.push_str("</section>");
    }
}

/// The codes of refusals.
fn codes(page: &mut String, codes: &Value) {
    page.push_str(
        "<h2>拒绝代码 Codes of refusals</h2><table><thead><tr><th>代码 Code<th>说明</thead><tbody>",
    );
    for (code, words) in members(codes) {
        let words = escaped(words.as_str().unwrap_or_default());
        let _ = write!(page, "<tr><td><code>{}</code><td>{words}", escaped(code));
    }
    page.push_str("</tbody></table>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{openapi, table};
    use serde_json::json;

    #[test]
    fn the_page_shows_of_each_operation_what_goes_in_and_what_comes_back() {
        let (document, _) = openapi::document("1.2.3");
        let page = page(&document);
        assert_eq!(page.matches("<section id=\"").count(), {
            let types = document["components"]["schemas"].as_object().unwrap().len();
            table::routes().count() + types
        });
        let section = page.split("<section id=\"patch_sources_source\">").nth(1).unwrap();
        let section = section.split("</section>").next().unwrap();
        for part in [
            "<td><code>source</code><td>path<td>string<td>是 yes",
            "<td><code>If-Match</code><td>header",
            "请求体 Body",
            "href=\"#type-SourceForm\"",
            "<td><code>rtsp</code><td><a href=\"#type-ServerForm\">ServerForm</a> | null",
            "<code>200</code>",
            "<code>412</code>",
            "<code>ETag</code>",
        ] {
            assert!(section.contains(part), "{part} is not in {section}");
        }
        let form = page.split("<section id=\"type-UserForm\">").nth(1).unwrap();
        assert!(form.contains("<td><code>disabled</code><td>boolean | null<td>"), "members with types");
        let list =
            page.split("<section id=\"get_users\">").nth(1).unwrap().split("</section>").next().unwrap();
        assert!(list.contains("array of <a href=\"#type-UserLine\">") && list.contains("<code>Link</code>"));
        assert!(page.contains("<td><code>changed_meanwhile</code><td>"));
        // Every link leads somewhere on the page.
        for to in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(page.contains(&format!("<section id=\"{to}\">")), "{to}");
        }
        assert!(!page.contains("<script") && !page.contains("style="), "the policy lets neither in");
    }

    #[test]
    fn types_are_told_in_words_and_nothing_becomes_html() {
        let all = json!({ "type": "array", "items": { "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 255 }, { "type": "null" }] } });
        assert_eq!(kind(&all), "array of (integer 0 … 255 | null)");
        assert_eq!(kind(&json!({})), "any");
        assert_eq!(kind(&json!({ "type": "string", "enum": ["a<b"] })), "<code>&quot;a&lt;b&quot;</code>");
        assert_eq!(
            kind(&json!({ "type": "object", "additionalProperties": { "type": "number" } })),
            "object of number"
        );
    }
}
