//! The document's feeds, as written and checked.

use super::expression::expression;
use super::mistakes::Collector;
use super::reader::{At, Node, Table, list, span};
use super::sources::{folder_path, host, url_path};
use super::sql::sql;
use super::tables::entries;
use super::values::{choice, flag, id, number, text, whole};
use super::{Checked, claim, refer, suggest, value_or};
use media::{
    CredentialId, FeedEndpoint, FeedId, FeedSpec, FeedTarget, FileFormat, MqttVersion, SqlEngine, TableId,
    TableSpec,
};
use std::time::Duration;
use toml::de::DeValue;

/// Most feeds of a hall.
const FEEDS_MAX: usize = 256;
/// Most expressions of a feed.
const EXPRESSIONS_MAX: usize = 64;
/// Most programs that one feed names.
const PUSHERS_MAX: usize = 32;
/// The keys that say by which way data comes; a feed has exactly one of them.
const WAYS: [&str; 6] = ["push", "webhook", "http", "mqtt", "sql", "file"];
/// Keys with which people try to say it.
const NEAR_WAYS: [&str; 8] = ["url", "uri", "address", "https", "mqtts", "postgres", "mysql", "sqlite"];
/// How often is asked where the document says nothing.
const EVERY_MS: i64 = 5000;

type Expressions = At<Vec<(At<String>, String)>>;

pub(super) fn read_feeds(
    node: Option<&Node<'_>>,
    tables: &Checked<TableId, TableSpec>,
    found: &mut Collector<'_>,
) -> Vec<FeedSpec> {
    let mut names: Checked<FeedId, ()> = Checked::default();
    let mut feeds = Vec::new();
    for node in list(node, "feed", FEEDS_MAX, found) {
        let Some(mut table) = Table::open("a feed", "feed", node, "[[feed]] and its keys below", found)
        else {
            continue;
        };
        let id = table.required("id", "id = \"appeals\"", found, id);
        let endpoint = read_way(&mut table, found);
        let rows = table.optional("rows", found, expression);
        let target = read_target(&mut table, tables, found);
        let promise_s = table.optional("promise_s", found, whole(1..=31_536_000));
        let structured = "write the parts, for example http = { host = \"10.0.0.9\", path = \"/appeals\" }";
        for key in NEAR_WAYS {
            table.misplaced(key, structured);
        }
        table.misplaced("every_s", "write it into http = { … } or sql = { … }");
        table.finish(found);
        let free = id.as_ref().is_some_and(|id| claim(&mut names.names, id, "feed", found));
        let (Some(id), Some(endpoint), Some(target), true) = (id, endpoint, target, free) else { continue };
        feeds.push(FeedSpec {
            id: id.value,
            endpoint,
            rows: rows.map(|rows| rows.value),
            target,
            promise: Duration::from_secs(value_or(promise_s, 60).into()),
        });
    }
    feeds
}

/// Reads the one key that says by which way the data comes.
fn read_way(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Option<FeedEndpoint> {
    let given: Vec<&'static str> = WAYS.into_iter().filter(|way| table.has(way)).collect();
    let mut first = None;
    for way in WAYS {
        let node = table.get(way);
        if let (Some(node), None) = (node, &first) {
            first = Some(read_one(way, node, found));
        }
    }
    match given.as_slice() {
        [] if NEAR_WAYS.into_iter().any(|key| table.has(key)) => {}
        [] => {
            let message = "a feed does not say where its data comes from";
            found.add(table.at(), "no-endpoint", message, format!("add one of {}", suggest::listed(&WAYS)));
        }
        [_] => {}
        [first, second, ..] => {
            let message = format!("a feed has both `{first}` and `{second}`");
            found.add(table.key_span(second), "two-endpoints", message, "make two feeds of it");
        }
    }
    first.flatten()
}

fn read_one(way: &'static str, node: &Node<'_>, found: &mut Collector<'_>) -> Option<FeedEndpoint> {
    let (what, example) = match way {
        "push" => return read_push(node, found),
        "webhook" => ("a webhook", "webhook = { credential = \"city-platform\" }"),
        "http" => ("an HTTP feed", "http = { host = \"10.0.0.9\", path = \"/appeals\" }"),
        "mqtt" => ("an MQTT feed", "mqtt = { host = \"10.0.0.9\", topic = \"sensors/#\" }"),
        "sql" => (
            "an SQL feed",
            "sql = { engine = \"postgres\", host = \"10.0.0.9\", database = \"city\", query = \"select …\" }",
        ),
        _ => ("a file feed", "file = { path = \"in/appeals.csv\" }"),
    };
    if let DeValue::String(text) = node.get_ref()
        && text.contains("://")
    {
        let shown = found.excerpt(span(node));
        let help = format!("write its parts, {example}; a password goes into the secrets file");
        found.add(span(node), "url", format!("`{way} = {shown}` is a URL"), help);
        return None;
    }
    let mut table = Table::open(what, way, node, example, found)?;
    let endpoint = match way {
        "webhook" => {
            let credential = table.required("credential", "credential = \"city-platform\"", found, id);
            credential.map(|at| FeedEndpoint::Webhook { credential: at.value })
        }
        "http" => read_http(&mut table, found),
        "mqtt" => read_mqtt(&mut table, found),
        "sql" => read_sql(&mut table, found),
        _ => read_file(&mut table, found),
    };
    table.finish(found);
    endpoint
}

fn read_push(node: &Node<'_>, found: &mut Collector<'_>) -> Option<FeedEndpoint> {
    if let DeValue::Array(names) = node.get_ref() {
        if names.is_empty() || names.len() > PUSHERS_MAX {
            let message = format!("`push` names {} programs", names.len());
            let help = format!(
                "name 1 to {PUSHERS_MAX}, or write push = true for every one that has joined to push"
            );
            found.add(span(node), "too-many", message, help);
        }
        let by = names.iter().take(PUSHERS_MAX).filter_map(|name| id(name, "push", found)).collect();
        return Some(FeedEndpoint::Push { by });
    }
    if flag(node, "push", found)? {
        return Some(FeedEndpoint::Push { by: Vec::new() });
    }
    found.add(
        span(node),
        "unknown-choice",
        "`push = false` says nothing",
        "write push = true, or another way",
    );
    None
}

/// An interval in seconds with three digits behind the point.
fn read_every(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Duration {
    let every_ms = table.optional("every_s", found, number(3, 200..=86_400_000));
    Duration::from_millis(value_or(every_ms, EVERY_MS).unsigned_abs())
}

fn port_or(port: Option<At<u32>>, usual: u16) -> u16 {
    port.and_then(|port| u16::try_from(port.value).ok()).unwrap_or(usual)
}

fn credential_of(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Option<CredentialId> {
    table.optional("credential", found, id).map(|at| at.value)
}

fn read_http(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Option<FeedEndpoint> {
    let host = table.required("host", "host = \"10.0.0.9\"", found, host);
    let port = table.optional("port", found, whole(1..=65_535));
    let path = table.required("path", "path = \"/appeals\"", found, url_path);
    let tls = value_or(table.optional("tls", found, flag), false);
    let every = read_every(table, found);
    let credential = credential_of(table, found);
    let port = port_or(port, if tls { 443 } else { 80 });
    Some(FeedEndpoint::Http { host: host?.value, port, path: path?.value, tls, every, credential })
}

fn read_mqtt(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Option<FeedEndpoint> {
    let versions = [("3.1.1", MqttVersion::V4), ("5", MqttVersion::V5)];
    let host = table.required("host", "host = \"10.0.0.9\"", found, host);
    let port = table.optional("port", found, whole(1..=65_535));
    let tls = value_or(table.optional("tls", found, flag), false);
    let version = value_or(table.optional("version", found, choice(&versions)), MqttVersion::V5);
    let topic = table.required("topic", "topic = \"sensors/#\"", found, topic);
    let credential = credential_of(table, found);
    let port = port_or(port, if tls { 8883 } else { 1883 });
    Some(FeedEndpoint::Mqtt { host: host?.value, port, tls, version, topic: topic?.value, credential })
}

/// A topic filter (MQTT 5, section 4.7): `+` is a level of its own, `#` the last one.
fn topic(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<String> {
    let filter = text(1..=512)(node, key, found)?;
    let levels: Vec<&str> = filter.split('/').collect();
    let right = |(at, level): (usize, &&str)| match *level {
        "+" => true,
        "#" => at + 1 == levels.len(),
        level => !level.contains(['+', '#']),
    };
    if levels.iter().enumerate().all(right) {
        return Some(filter);
    }
    let message = format!("`{key} = {}` is no topic filter", found.excerpt(span(node)));
    found.add(
        span(node),
        "bad-topic",
        message,
        "`+` stands for one whole level, `#` for all that follow: a/+/b/#",
    );
    None
}

fn read_sql(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Option<FeedEndpoint> {
    let engines =
        [("postgres", SqlEngine::Postgres), ("mysql", SqlEngine::MySql), ("sqlite", SqlEngine::Sqlite)];
    let engine = table.required("engine", "engine = \"postgres\"", found, choice(&engines));
    let own = matches!(engine, Some(At { value: SqlEngine::Sqlite, .. }));
    let (mut server, mut port, mut credential) = (None, None, None);
    let database = if own {
        for key in ["host", "port", "credential"] {
            table.misplaced(key, "SQLite is a file below the data folder: database = \"city.db\"");
        }
        table.required("database", "database = \"city.db\"", found, data_path)
    } else {
        server = table.required("host", "host = \"10.0.0.9\"", found, host);
        port = table.optional("port", found, whole(1..=65_535));
        credential = credential_of(table, found);
        table.required("database", "database = \"city\"", found, database)
    };
    let query = table.required("query", "query = \"select id, title from appeals\"", found, sql);
    let every = read_every(table, found);
    let engine = engine?.value;
    let (host, port) = match engine {
        SqlEngine::Sqlite => (String::new(), 0),
        SqlEngine::Postgres => (server?.value, port_or(port, 5432)),
        SqlEngine::MySql => (server?.value, port_or(port, 3306)),
    };
    let (database, query) = (database?.value, query?.value);
    Some(FeedEndpoint::Sql { engine, host, port, database, query, every, credential })
}

/// The name of a database on a server.
pub(super) fn database(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<String> {
    let name = text(1..=63)(node, key, found)?;
    if name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        return Some(name);
    }
    let message = format!("`{key} = {}` is no name of a database", found.excerpt(span(node)));
    found.add(
        span(node),
        "bad-database",
        message,
        "use letters, digits, - and _; host and port have their own keys",
    );
    None
}

fn data_path(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<String> {
    folder_path("data", node, key, found)
}

fn read_file(table: &mut Table<'_, '_>, found: &mut Collector<'_>) -> Option<FeedEndpoint> {
    let path = table.required("path", "path = \"in/appeals.csv\"", found, data_path);
    let format =
        table.optional("format", found, choice(&[("json", FileFormat::Json), ("csv", FileFormat::Csv)]));
    let path = path?.value;
    let usual = if path.to_lowercase().ends_with(".csv") { FileFormat::Csv } else { FileFormat::Json };
    Some(FeedEndpoint::File { path, format: value_or(format, usual) })
}

/// Reads what the feed fills: `table`, with or without `columns`, or `events`.
fn read_target(
    table: &mut Table<'_, '_>,
    tables: &Checked<TableId, TableSpec>,
    found: &mut Collector<'_>,
) -> Option<FeedTarget> {
    let both = (table.has("table"), table.has("events"));
    let into: Option<At<TableId>> = table.optional("table", found, id);
    let columns = table.optional("columns", found, expressions);
    let fields = table.optional("events", found, expressions);
    if both == (false, true) {
        let given = table.has("columns");
        if given {
            let help = "remove it, or write the expressions into events = { … }";
            found.add(table.key_span("columns"), "columns-misplaced", "`columns` belongs to `table`", help);
        }
        return check_fields(fields?.value, found).filter(|_| !given);
    }
    match both {
        (true, true) => {
            let message = "a feed has both `table` and `events`";
            found.add(table.key_span("events"), "two-of-a-kind", message, "make two feeds of it");
            None
        }
        (false, false) => {
            let help = "add table = \"…\", or events = { id = \"row.id\", … }";
            found.add(table.at(), "missing-key", "a feed does not say what it fills", help);
            None
        }
        _ => check_columns(into?, table.has("columns"), columns, tables, found),
    }
}

fn expressions(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<(At<String>, String)>> {
    let example = format!("{key} = {{ id = \"row.id\" }}");
    let entries = entries(node, key, &example, EXPRESSIONS_MAX, found)?;
    let count = entries.len();
    let mut read = Vec::new();
    for (name, node) in entries {
        let shown: String = name.value.chars().take(48).collect();
        read.extend(expression(node, &shown, found).map(|text| (name, text)));
    }
    (read.len() == count).then_some(read)
}

fn check_columns(
    into: At<TableId>,
    given: bool,
    columns: Option<Expressions>,
    tables: &Checked<TableId, TableSpec>,
    found: &mut Collector<'_>,
) -> Option<FeedTarget> {
    refer(tables, &into, "table", found);
    let columns = if given { columns?.value } else { Vec::new() };
    if let Some(spec) = tables.right.iter().find(|spec| spec.id == into.value) {
        let known: Vec<&str> = spec.columns.iter().map(|column| column.name.as_str()).collect();
        unknown_names(&columns, &known, &format!("table `{}` has no column", spec.id), found)?;
    }
    let columns = columns.into_iter().map(|(name, text)| (name.value, text)).collect();
    Some(FeedTarget::Table { table: into.value, columns })
}

fn check_fields(fields: Vec<(At<String>, String)>, found: &mut Collector<'_>) -> Option<FeedTarget> {
    unknown_names(&fields, &media::EVENT_FIELDS, "an event has no field", found)?;
    Some(FeedTarget::Events { fields: fields.into_iter().map(|(name, text)| (name.value, text)).collect() })
}

/// Notes every name that is not among `known`; nothing when there is one.
fn unknown_names(
    given: &[(At<String>, String)],
    known: &[&str],
    message: &str,
    found: &mut Collector<'_>,
) -> Option<()> {
    let strangers: Vec<&At<String>> =
        given.iter().map(|(name, _)| name).filter(|name| !known.contains(&name.value.as_str())).collect();
    for name in &strangers {
        let help = suggest::remedy(&name.value, known.iter().copied(), "there is none");
        let shown: String = name.value.chars().take(48).collect();
        found.add(name.span, "unknown-reference", format!("{message} `{shown}`"), help);
    }
    strangers.is_empty().then_some(())
}
