//! `[events]` and `[data]` of the document.

use super::feeds::database;
use super::mistakes::Collector;
use super::reader::{Node, Table, span, wrong_kind};
use super::sources::host;
use super::value_or;
use super::values::{flag, id, whole, words};
use crate::data::{DataStore, EventSettings};
use crate::layout::Words;
use std::time::Duration;
use toml::de::DeValue;

/// Most networks, and most domains.
const NAMES_MAX: usize = 16;

pub(super) fn read_events(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<EventSettings> {
    let usual = EventSettings::default();
    let mut table = Table::open("the events", key, node, "[events] and its keys below", found)?;
    let networks = table.optional("networks", found, names);
    let domains = table.optional("domains", found, names);
    let due_minutes = table.optional("due_minutes", found, whole(1..=43_200));
    table.finish(found);
    Some(EventSettings {
        networks: value_or(networks, usual.networks),
        domains: value_or(domains, usual.domains),
        due: due_minutes.map_or(usual.due, |at| Duration::from_secs(60 * u64::from(at.value))),
    })
}

/// A list of words, each once.
fn names(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<Vec<Words>> {
    let DeValue::Array(list) = node.get_ref() else {
        wrong_kind(node, key, "a list of words", &format!("write {key} = [\"综治\", \"警务\"]"), found);
        return None;
    };
    if list.is_empty() || list.len() > NAMES_MAX {
        let message = format!("`{key}` has {} entries", list.len());
        found.add(span(node), "entry-count", message, format!("give it 1 to {NAMES_MAX}"));
        return None;
    }
    let mut all: Vec<Words> = Vec::new();
    for node in list.iter() {
        let Some(name) = words(1..=40)(node, key, found) else { continue };
        if all.iter().any(|other| other.zh == name.zh || other.en == name.en) {
            let message = format!("`{key}` has {} twice", found.excerpt(span(node)));
            found.add(span(node), "duplicate-name", message, "give each its own words, in both languages");
        }
        all.push(name);
    }
    Some(all)
}

pub(super) fn read_store(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<DataStore> {
    let mut table = Table::open("the data store", key, node, "[data] and its keys below", found)?;
    for key in ["store", "url", "database", "host"] {
        table.misplaced(
            key,
            "write postgres = { host = \"10.0.0.9\", database = \"taibai\", credential = \"data\" }",
        );
    }
    let store = table.optional("postgres", found, read_postgres);
    table.finish(found);
    Some(value_or(store, DataStore::Embedded))
}

fn read_postgres(node: &Node<'_>, key: &str, found: &mut Collector<'_>) -> Option<DataStore> {
    let example = "postgres = { host = \"10.0.0.9\", database = \"taibai\", credential = \"data\" }";
    let mut table = Table::open("a PostgreSQL server", key, node, example, found)?;
    let host = table.required("host", "host = \"10.0.0.9\"", found, host);
    let port = table.optional("port", found, whole(1..=65_535));
    let database = table.required("database", "database = \"taibai\"", found, database);
    let credential = table.optional("credential", found, id);
    let tls = table.optional("tls", found, flag);
    table.finish(found);
    Some(DataStore::Postgres {
        host: host?.value,
        port: u16::try_from(value_or(port, 5432)).ok()?,
        database: database?.value,
        credential: credential.map(|at| at.value),
        tls: value_or(tls, false),
    })
}
