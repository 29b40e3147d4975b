//! Whether an answer has the shape that the controller's description gives it.

use serde_json::Value;

/// What is described for an answer: of the endpoint whose path fits, with that status.
pub fn described<'a>(description: &'a Value, method: &str, path: &str, status: u16) -> Option<&'a Value> {
    let path = path.split('?').next()?;
    let fits = |template: &str| {
        let (wanted, given): (Vec<&str>, Vec<&str>) =
            (template.split('/').collect(), path.split('/').collect());
        wanted.len() == given.len()
            && wanted.iter().zip(&given).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
    };
    let (_, operations) = description["paths"].as_object()?.iter().find(|(template, _)| fits(template))?;
    operations.get(method.to_lowercase())?["responses"].get(status.to_string())
}

/// Where a value is not of a schema, as far as the controller's schemas go: types, required members, parts, choices.
pub fn faults(description: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let fault = |what: &str| vec![format!("{place}: {value} is {what}")];
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return faults(description, &description["components"]["schemas"][name], value, place);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let good = choices.iter().any(|choice| faults(description, choice, value, place).is_empty());
        return if good { vec![] } else { fault("none of the choices") };
    }
    let right = match schema["type"].as_str() {
        None => true,
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some(other) => panic!("{place}: no schema of this API has the type {other}"),
    };
    if !right {
        return fault(&format!("no {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        return fault("none of the words");
    }
    let mut found = Vec::new();
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            found.extend(fault(&format!("without {name}")));
        }
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        let known = schema["properties"].get(name).or(schema.get("additionalProperties"));
        if let Some(known) = known {
            found.extend(faults(description, known, inner, &format!("{place}.{name}")));
        }
    }
    if let Some(items) = schema.get("items") {
        for (at, inner) in value.as_array().into_iter().flatten().enumerate() {
            found.extend(faults(description, items, inner, &format!("{place}[{at}]")));
        }
    }
    found
}
