//! The document's rules, as written.

use super::mistakes::{Collector, Span};
use super::reader::{At, Node, Table, list, span, wrong_kind};
use super::sources::{host, media_path, url_path};
use super::timetable::{HoursDoc, Timetable, read_hours};
use super::values::{Paint, choice, flag, id, number, numbers, paint, text, whole, words};
use crate::layout::Words;
use crate::rules::{EXPRESSION_CHARS_MAX, Over};
use media::{CredentialId, MqttVersion, RuleId, SceneId, SourceId, TableId, WallId};
use std::ops::RangeInclusive;
use toml::de::DeValue;

/// Most rules of a hall.
pub(super) const RULES_MAX: usize = 256;
/// Most actions of a rule.
const ACTIONS_MAX: usize = 32;
/// Most slots that the nearest cameras fill.
const NEAREST_MAX: usize = 16;
/// Most quiet hours of a rule.
const HOURS_MAX: usize = 32;

/// The keys of which an action has exactly one.
const ACTIONS: [&str; 8] = ["scene", "slot", "nearest", "banner", "sound", "voice", "webhook", "mqtt"];

/// All that the document says about acting by itself.
#[derive(Debug, Default)]
pub(super) struct RulesDoc {
    pub rules: Vec<RuleDoc>,
    pub timetable: Timetable,
}

/// `[[rule]]`.
#[derive(Debug)]
pub(super) struct RuleDoc {
    pub at: Span,
    pub id: Option<At<RuleId>>,
    pub name: Option<At<Words>>,
    pub wall: Option<At<WallId>>,
    pub when: Option<At<WhenDoc>>,
    pub debounce_ms: Option<At<i64>>,
    pub actions: Option<Vec<At<ActionDoc>>>,
    pub hold_ms: Option<At<i64>>,
    pub until: Option<At<String>>,
    /// Whether an end was written, even a wrong one.
    pub end_given: bool,
    pub priority: Option<At<i64>>,
    pub at_most: Option<At<AtMostDoc>>,
    pub cooldown_ms: Option<At<i64>>,
    pub acknowledge: Option<At<bool>>,
    pub quiet: Vec<HoursDoc>,
    pub enabled: Option<At<bool>>,
}

/// `when = { … }`.
#[derive(Debug)]
pub(super) enum WhenDoc {
    Row { table: Option<At<TableId>>, condition: Option<At<String>> },
    Event { condition: Option<At<String>> },
}

/// `at_most = { … }`.
#[derive(Debug)]
pub(super) struct AtMostDoc {
    pub count: Option<At<u32>>,
    pub per_ms: Option<At<i64>>,
}

/// One entry of `do`.
#[derive(Debug)]
pub(super) enum ActionDoc {
    Scene(Option<At<SceneId>>),
    Fill { slot: Option<At<String>>, source: Option<At<String>> },
    Nearest { slots: Option<At<Vec<String>>>, to: Option<At<Over>>, within_m: Option<At<u32>> },
    Banner { words: Option<At<Words>>, color: Option<At<Paint>> },
    Sound(Option<At<String>>),
    Voice(Option<At<Words>>),
    Webhook(ServerDoc),
    Mqtt { server: ServerDoc, version: Option<At<MqttVersion>> },
}

/// Whom an action tells.
#[derive(Debug, Default)]
pub(super) struct ServerDoc {
    pub host: Option<At<String>>,
    pub port: Option<At<u32>>,
    /// A path or a topic.
    pub path: Option<At<String>>,
    pub tls: Option<At<bool>>,
    pub credential: Option<At<CredentialId>>,
}

/// A time in seconds with up to three digits behind the point, in milliseconds.
pub(super) fn seconds(
    range_s: RangeInclusive<i64>,
) -> impl Fn(&Node<'_>, &str, &mut Collector<'_>) -> Option<i64> {
    number(3, range_s.start() * 1000..=range_s.end() * 1000)
}

/// `position = [longitude, latitude]`, in millionths of a degree.
pub(super) fn lon_lat(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<[i64; 2]> {
    let both = numbers::<2>("longitude, latitude", 6, -180_000_000..=180_000_000)(node, key, found)?;
    if both[1].abs() > 90_000_000 {
        let message = format!("`{key} = {}` lies beyond a pole", found.excerpt(span(node)));
        let help = "write [longitude, latitude] in degrees: the longitude comes first";
        found.add(span(node), "bad-position", message, help);
        return None;
    }
    Some(both)
}

pub(super) fn read_rules(root: &mut Table<'_, '_>, found: &mut Collector<'_>) -> RulesDoc {
    let rules = list(root.get("rule"), "rule", RULES_MAX, found);
    let rules = rules.into_iter().filter_map(|node| read_rule(node, found)).collect();
    RulesDoc { rules, timetable: super::timetable::read(root, found) }
}

fn read_rule(node: &Node<'_>, found: &mut Collector<'_>) -> Option<RuleDoc> {
    let mut table = Table::open("a rule", "rule", node, "[[rule]] and its keys below", found)?;
    let doc = RuleDoc {
        at: table.at(),
        id: table.required("id", "id = \"fire-lane\"", found, id),
        name: table.optional("name", found, words(1..=100)),
        wall: table.optional("wall", found, id),
        when: table.required("when", "when = { event = \"event.kind == 'fire'\" }", found, read_when),
        debounce_ms: table.optional("debounce_s", found, seconds(0..=3600)),
        actions: table
            .required("do", "do = [{ scene = \"alarm\" }]", found, read_actions)
            .map(|actions| actions.value),
        end_given: table.has("hold_s") || table.has("until"),
        hold_ms: table.optional("hold_s", found, seconds(1..=604_800)),
        until: table.optional("until", found, expression),
        priority: table.optional("priority", found, number(0, -100..=100)),
        at_most: table.optional("at_most", found, read_at_most),
        cooldown_ms: table.optional("cooldown_s", found, seconds(0..=604_800)),
        acknowledge: table.optional("acknowledge", found, flag),
        enabled: table.optional("enabled", found, flag),
        quiet: table.optional("quiet", found, read_all_hours).map(|hours| hours.value).unwrap_or_default(),
    };
    for (key, remedy) in [
        ("debounce", "write debounce_s = 2, in seconds"),
        ("hold", "write hold_s = 60, in seconds"),
        ("cooldown", "write cooldown_s = 300, in seconds"),
        ("event", "write when = { event = \"…\" }"),
        ("scene", "write do = [{ scene = \"…\" }]"),
    ] {
        table.misplaced(key, remedy);
    }
    table.finish(found);
    Some(doc)
}

/// The text of an expression; whether it is one is seen when it is known what it looks at.
fn expression(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<String> {
    text(1..=EXPRESSION_CHARS_MAX)(node, key, found)
}

fn read_when(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<WhenDoc> {
    let example =
        "when = { event = \"event.severity >= 3\" } or { table = \"sensors\", row = \"row.level > 3.0\" }";
    let mut table = Table::open("a condition", key, node, example, found)?;
    let event = table.optional("event", found, expression);
    let name = table.optional("table", found, id);
    let row = table.optional("row", found, expression);
    let rows = table.has("table") || table.has("row");
    let doc = match (table.has("event"), rows) {
        (true, true) => {
            let help = "make two rules of it: one waits for events, one for rows";
            found.add(table.key_span("event"), "two-of-a-kind", "`when` has both `event` and rows", help);
            None
        }
        (true, false) => Some(WhenDoc::Event { condition: event }),
        (false, true) => {
            for (key, help) in
                [("table", "add table = \"sensors\""), ("row", "add row = \"row.level > 3.0\"")]
            {
                if !table.has(key) {
                    table.lack(key, help);
                }
            }
            Some(WhenDoc::Row { table: name, condition: row })
        }
        (false, false) => {
            found.add(
                table.at(),
                "missing-key",
                "`when` does not say what it waits for",
                format!("write {example}"),
            );
            None
        }
    };
    table.finish(found);
    doc
}

fn read_at_most(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<AtMostDoc> {
    let mut table = Table::open("a limit", key, node, "at_most = { count = 5, per_s = 60 }", found)?;
    let doc = AtMostDoc {
        count: table.required("count", "count = 5", found, whole(1..=1000)),
        per_ms: table.required("per_s", "per_s = 60", found, seconds(1..=604_800)),
    };
    table.finish(found);
    Some(doc)
}

/// The entries of a list that is written on one line.
pub(super) fn entries<'t, 'd>(
    node: &'t Node<'d>,
    key: &str,
    max: usize,
    example: &str,
    found: &mut Collector<'_>,
) -> Option<Vec<&'t Node<'d>>> {
    let DeValue::Array(list) = node.get_ref() else {
        wrong_kind(node, key, "a list", &format!("write {key} = [{example}]"), found);
        return None;
    };
    if list.is_empty() || list.len() > max {
        let message = format!("`{key}` has {} entries", list.len());
        found.add(
            span(node),
            "list-length",
            message,
            format!("give it 1 to {max}, as in {key} = [{example}]"),
        );
        return None;
    }
    Some(list.iter().collect())
}

fn read_all_hours(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<HoursDoc>> {
    let example = "{ from = \"22:00\", to = \"06:00\" }";
    let nodes = entries(node, key, HOURS_MAX, example, found)?;
    let mut all = Vec::new();
    for node in nodes {
        let Some(mut table) = Table::open("an entry of quiet hours", key, node, example, found) else {
            continue;
        };
        all.extend(read_hours(&mut table, true, found));
        table.finish(found);
    }
    Some(all)
}

fn read_actions(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<At<ActionDoc>>> {
    let nodes = entries(node, key, ACTIONS_MAX, "{ scene = \"alarm\" }", found)?;
    Some(nodes.into_iter().filter_map(|node| read_action(node, found)).collect())
}

fn read_action(node: &Node<'_>, found: &mut Collector<'_>) -> Option<At<ActionDoc>> {
    let mut table = Table::open("an action", "do", node, "do = [{ scene = \"alarm\" }]", found)?;
    let given: Vec<&'static str> = ACTIONS.into_iter().filter(|key| table.has(key)).collect();
    let doc = match given.first() {
        Some(&kind) => Some(read_kind(kind, &mut table, found)),
        None => {
            let help = format!("add one of {}", super::suggest::listed(&ACTIONS));
            found.add(table.at(), "missing-key", "an action does not say what is to be done", help);
            ACTIONS.into_iter().for_each(|key| {
                table.get(key);
            });
            None
        }
    };
    if let [_, second, ..] = given.as_slice() {
        let message = format!("an action has both `{}` and `{second}`", given[0]);
        let help = "make two actions of it: do = [{ … }, { … }]";
        found.add(table.key_span(second), "two-of-a-kind", message, help);
        given.iter().for_each(|key| {
            table.get(key);
        });
    }
    // What is no key of an action at all was said; the others belong to another kind.
    for (key, remedy) in [
        ("source", "it belongs to `slot`: { slot = \"alarm-1\", source = \"east-gate\" }"),
        ("color", "it belongs to `banner`: { banner = \"…\", color = \"warn\" }"),
        ("slots", "it belongs into `nearest`: { nearest = { slots = [\"alarm-1\"] } }"),
        ("topic", "it belongs into `mqtt`: { mqtt = { host = \"…\", topic = \"…\" } }"),
    ] {
        table.misplaced(key, remedy);
    }
    let at = table.at();
    table.finish(found);
    doc.map(|value| At { value, span: at })
}

fn read_kind(kind: &'static str, table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> ActionDoc {
    match kind {
        "scene" => ActionDoc::Scene(table.optional("scene", found, id)),
        "slot" => ActionDoc::Fill {
            slot: table.optional("slot", found, text(1..=64)),
            source: table.required("source", "source = \"east-gate\"", found, expression),
        },
        "nearest" => {
            let nearest = table.optional("nearest", found, read_nearest).map(|nearest| nearest.value);
            nearest.unwrap_or(ActionDoc::Nearest { slots: None, to: None, within_m: None })
        }
        "banner" => ActionDoc::Banner {
            words: table.optional("banner", found, words(1..=500)),
            color: table.optional("color", found, paint),
        },
        "sound" => ActionDoc::Sound(table.optional("sound", found, media_path)),
        "voice" => ActionDoc::Voice(table.optional("voice", found, words(1..=500))),
        "webhook" => {
            let webhook = table.optional("webhook", found, read_webhook);
            ActionDoc::Webhook(webhook.map(|server| server.value).unwrap_or_default())
        }
        _ => {
            let mqtt = table.optional("mqtt", found, read_mqtt).map(|mqtt| mqtt.value);
            mqtt.unwrap_or(ActionDoc::Mqtt { server: ServerDoc::default(), version: None })
        }
    }
}

fn read_nearest(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<ActionDoc> {
    let example = "nearest = { slots = [\"alarm-1\", \"alarm-2\"], to = \"event\" }";
    let mut table = Table::open("the nearest cameras", key, node, example, found)?;
    let slots = |node: &Node<'_>, key: &str, found: &mut Collector<'_>| {
        let nodes = entries(node, key, NEAREST_MAX, "\"alarm-1\", \"alarm-2\"", found)?;
        Some(nodes.into_iter().filter_map(|node| text(1..=64)(node, "slot", found)).collect())
    };
    let over = [("event", Over::Event), ("row", Over::Row)];
    let doc = ActionDoc::Nearest {
        slots: table.required("slots", "slots = [\"alarm-1\", \"alarm-2\"]", found, slots),
        to: table.optional("to", found, choice(&over)),
        within_m: table.optional("within_m", found, whole(1..=1_000_000)),
    };
    table.finish(found);
    Some(doc)
}

fn read_webhook(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<ServerDoc> {
    let example = "webhook = { host = \"10.0.0.9\", path = \"/alarms\" }";
    let mut table = Table::open("a webhook", key, node, example, found)?;
    let doc = ServerDoc {
        host: table.required("host", "host = \"10.0.0.9\"", found, host),
        port: table.optional("port", found, whole(1..=65_535)),
        path: table.required("path", "path = \"/alarms\"", found, url_path),
        tls: table.optional("tls", found, flag),
        credential: table.optional("credential", found, id),
    };
    table.misplaced("url", "write host, port and path apart, each under its own key");
    table.finish(found);
    Some(doc)
}

fn read_mqtt(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<ActionDoc> {
    let example = "mqtt = { host = \"10.0.0.9\", topic = \"hall/alarms\" }";
    let mut table = Table::open("an MQTT message", key, node, example, found)?;
    let versions = [("3.1.1", MqttVersion::V4), ("5", MqttVersion::V5)];
    let version = table.optional("version", found, choice(&versions));
    let server = ServerDoc {
        host: table.required("host", "host = \"10.0.0.9\"", found, host),
        port: table.optional("port", found, whole(1..=65_535)),
        path: table.required("topic", "topic = \"hall/alarms\"", found, topic),
        tls: table.optional("tls", found, flag),
        credential: table.optional("credential", found, id),
    };
    table.misplaced("url", "write host, port and topic apart, each under its own key");
    table.finish(found);
    Some(ActionDoc::Mqtt { server, version })
}

/// A topic to which something is published.
fn topic(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<String> {
    let text = text(1..=512)(node, key, found)?;
    if text.contains(['+', '#']) || text.starts_with('$') {
        let message = format!("`{key} = {}` cannot be published to", found.excerpt(span(node)));
        found.add(span(node), "bad-topic", message, "write one topic without + and #, not beginning with $");
        return None;
    }
    Some(text)
}

/// A source's id or an expression.
pub(super) fn source_id(text: &str) -> Option<SourceId> {
    SourceId::new(text).ok()
}
