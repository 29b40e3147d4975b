//! The hall documents of the proofs about data, in parts.

use crate::data::window;

/// The credential of the webhook: name, user, password.
pub(super) const CITY: (&str, &str, &str) = ("city", "", "a-token-of-this-proof");
/// The credential of PostgreSQL.
pub(super) const DATABASE: (&str, &str, &str) = ("database", "taibai", "secret");

/// Where the servers of a hall are, all on 127.0.0.1.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ports {
    pub(super) mqtt: u16,
    pub(super) postgres: u16,
    pub(super) page: u16,
}

/// Keeps the hall's own tables in PostgreSQL.
pub(super) fn postgres_store(port: u16) -> String {
    format!(
        "[data]\npostgres = {{ host = \"127.0.0.1\", port = {port}, database = \"postgres\", credential = \"database\" }}\n"
    )
}

/// A table with text `id` and number `value`, a feed of the same name that fills it, and the query of row `a`.
fn value(name: &str, endpoint: &str) -> String {
    format!(
        "[[table]]\nid = \"{name}\"\ncolumns = {{ id = \"text\", value = \"real\" }}\nkey = [\"id\"]\n\
         [[feed]]\nid = \"{name}\"\n{endpoint}\ntable = \"{name}\"\npromise_s = 3600\n\
         [[query]]\nid = \"{name}\"\nsql = \"SELECT value FROM {name} WHERE id = 'a'\"\nper_s = 20\n"
    )
}

/// The four ways in which a value comes, with their tables `mqtt`, `push`, `poll`, `stock`; polls are `every_s` apart.
pub(super) fn values(ports: Ports, every_s: f64) -> String {
    let Ports { mqtt, postgres, page } = ports;
    let endpoints = [
        ("mqtt", format!("mqtt = {{ host = \"127.0.0.1\", port = {mqtt}, topic = \"proof/value\" }}")),
        ("push", "webhook = { credential = \"city\" }".to_owned()),
        (
            "poll",
            format!(
                "http = {{ host = \"127.0.0.1\", port = {page}, path = \"/value\", every_s = {every_s} }}"
            ),
        ),
        ("stock", polled(postgres, "SELECT id, value FROM readings", every_s)),
    ];
    endpoints.iter().map(|(name, endpoint)| value(name, endpoint)).collect()
}

fn polled(port: u16, query: &str, every_s: f64) -> String {
    format!(
        "sql = {{ engine = \"postgres\", host = \"127.0.0.1\", port = {port}, database = \"postgres\", credential = \"database\", \
         query = \"{query}\", every_s = {every_s} }}"
    )
}

/// What must not be lost: tables `kept_mqtt` and `kept_database` of numbered rows, whose feeds promise to be heard every
/// two seconds, and queries `kept-mqtt` and `kept-database` that count them.
pub(super) fn kept(ports: Ports) -> String {
    let mqtt = format!("mqtt = {{ host = \"127.0.0.1\", port = {}, topic = \"proof/kept\" }}", ports.mqtt);
    let database = polled(ports.postgres, "SELECT n FROM kept_rows", 0.2);
    let table = |(name, endpoint): (&str, String)| {
        format!(
            "[[table]]\nid = \"kept_{name}\"\ncolumns = {{ n = \"integer\" }}\nkey = [\"n\"]\n\
             [[feed]]\nid = \"kept-{name}\"\n{endpoint}\ntable = \"kept_{name}\"\npromise_s = 2\n\
             [[query]]\nid = \"kept-{name}\"\nsql = \"SELECT count(*) AS value FROM kept_{name}\"\nper_s = 20\n"
        )
    };
    [("mqtt", mqtt), ("database", database)].map(table).concat()
}

/// Figures side by side, one for each query; gives the windows and their places.
pub(super) fn figures(queries: &[&str], columns: u32, [width, height]: [u32; 2]) -> (String, Vec<[u32; 4]>) {
    let places: Vec<[u32; 4]> = (0..queries.len() as u32)
        .map(|index| {
            let (column, row) = (index % columns, index / columns);
            [20 + column * (width + 20), 20 + row * (height + 20), width, height]
        })
        .collect();
    let windows = queries
        .iter()
        .zip(&places)
        .map(|(query, place)| window("figure", query, *place, &format!("title = \"{query}\"\ntext_px = 28")));
    (windows.collect(), places)
}
