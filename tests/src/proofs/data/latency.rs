//! From a message to the changed pixel: MQTT, HTTP pushed and polled, SQL polled, into both stores.

use super::super::{Proofs, Row};
use super::document::{CITY, DATABASE, Ports, figures, postgres_store, values};
use super::{Measured, percentile, rows};
use crate::data::{Broker, DataHall, Page, Postgres, Publisher, Setup, Sql, head, region, scene, waited};
use crate::stage::Place;
use serde_json::json;
use std::time::{Duration, Instant};

/// The bar.
const P95_MAX: Duration = Duration::from_millis(500);
/// How often polls come: the shortest that a document may ask for.
const EVERY_S: f64 = 0.2;
/// How often they come where the fault is planted.
const SLOW_EVERY_S: f64 = 2.0;
/// A value that is not seen for so long never comes.
const PATIENCE: Duration = Duration::from_secs(10);
/// The ways, with the words of the table.
const WAYS: [(&str, &str); 4] = [
    ("mqtt", "mosquitto, QoS 1"),
    ("push", "HTTP push"),
    ("poll", "HTTP poll, every 0.2 s, the wait for it included"),
    ("stock", "PostgreSQL poll, every 0.2 s, the wait for it included"),
];

/// The real servers.
struct Servers {
    broker: Broker,
    postgres: Postgres,
    page: Page,
}

impl Servers {
    fn start(name: &str) -> Measured<Self> {
        let place = Place::of_this_program(name)?;
        let postgres = Postgres::start()?;
        Sql::connect(postgres.port)?.run(
            "CREATE TABLE readings (id text PRIMARY KEY, value double precision NOT NULL); \
             INSERT INTO readings VALUES ('a', 0)",
        )?;
        let page = Page::start(r#"[{"id": "a", "value": 0}]"#)?;
        Ok(Self { broker: Broker::start(&place.work, true)?, postgres, page })
    }

    fn ports(&self) -> Ports {
        Ports { mqtt: self.broker.port, postgres: self.postgres.port, page: self.page.port }
    }
}

/// A hall that is told values.
struct Bench<'a> {
    servers: &'a Servers,
    hall: DataHall,
    places: Vec<[u32; 4]>,
    publisher: Publisher,
    sql: Sql,
    value: u32,
}

impl<'a> Bench<'a> {
    fn start(servers: &'a Servers, name: &str, in_postgres: bool, every_s: f64) -> Measured<Self> {
        let queries = WAYS.map(|(way, _)| way);
        let (windows, places) = figures(&queries, 2, [440, 230]);
        let store = if in_postgres { postgres_store(servers.postgres.port) } else { String::new() };
        let data = values(servers.ports(), every_s);
        let document = format!("{}{store}{data}{}{windows}", head([960, 540]), scene());
        let setup = Setup { name: name.into(), document, secrets: vec![CITY, DATABASE], ..Setup::default() };
        let hall = DataHall::start(&setup)?;
        waited("the broker's feed is connected", Duration::from_secs(20), || {
            Ok((hall.feed("mqtt")?["connected"] == true).then_some(()))
        })?;
        let publisher = Publisher::connect(servers.broker.port);
        let sql = Sql::connect(servers.postgres.port)?;
        Ok(Self { servers, hall, places, publisher, sql, value: 0 })
    }

    /// Says a new value by one way.
    fn tell(&mut self, way: usize) -> Measured<()> {
        self.value += 1;
        let value = self.value;
        let row = json!({ "id": "a", "value": value });
        match WAYS[way].0 {
            "mqtt" => self.publisher.publish("proof/value", row.to_string())?,
            "push" => {
                let body = row.to_string();
                let path = "/v1/feeds/push";
                let (status, answer) =
                    self.hall.hooks.post(path, Some(CITY.2), "application/json", body.as_bytes())?;
                if status != 200 {
                    return Err(format!("the webhook says {status}: {answer}").into());
                }
            }
            "poll" => self.servers.page.say(json!([row]).to_string()),
            _ => self.sql.run(&format!("UPDATE readings SET value = {value} WHERE id = 'a'"))?,
        }
        Ok(())
    }

    /// Says a new value by one way. Returns how long it took until the pixels changed.
    fn sample(&mut self, way: usize) -> Measured<Duration> {
        let (name, place) = (WAYS[way].0, self.places[way]);
        let before = region(&self.hall.screen()?.next()?.picture, place);
        let told = Instant::now();
        self.tell(way)?;
        let value = self.value;
        let seen = self
            .hall
            .screen()?
            .until(&format!("a value by {name}"), PATIENCE, |picture| region(picture, place) != before)?;
        // Nothing else than this value may have changed the figure.
        let shown = self.hall.number(name)?;
        if shown != Some(f64::from(value)) {
            return Err(format!("{name}: {shown:?} is shown instead of {value}").into());
        }
        Ok(seen.at.saturating_duration_since(told))
    }

    /// Samples of every way in turn, at moments that keep no step with polls and ticks.
    fn samples(&mut self, ways: &[usize], count: u32) -> Measured<Vec<Vec<Duration>>> {
        // The first value of each way makes its figure; what was there before the hall may come first.
        for way in ways {
            self.tell(*way)?;
            let (name, value) = (WAYS[*way].0, f64::from(self.value));
            waited("the first value", PATIENCE, || {
                Ok((self.hall.number(name)? == Some(value)).then_some(()))
            })?;
        }
        std::thread::sleep(Duration::from_millis(500));
        let mut all = vec![Vec::new(); ways.len()];
        let mut phase = 17_u64;
        for _ in 0..count {
            for (samples, way) in all.iter_mut().zip(ways) {
                phase = phase.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                std::thread::sleep(Duration::from_millis(60 + (phase >> 33) % 200));
                samples.push(self.sample(*way)?);
            }
            self.hall.check()?;
        }
        Ok(all)
    }
}

fn judge(line: &str, samples: &[Duration]) -> Row {
    let [p50, p95, max] = [50, 95, 100].map(|percent| percentile(samples, percent));
    let figure = format!(
        "p50 {} ms, p95 {} ms, worst {} ms of {}",
        p50.as_millis(),
        p95.as_millis(),
        max.as_millis(),
        samples.len()
    );
    Row::new(line, figure, "p95 ≤ 500 ms", !samples.is_empty() && p95 <= P95_MAX)
}

/// Every way into both stores.
pub(crate) fn latency(proofs: &Proofs) -> Vec<Row> {
    let count = if proofs.quick { 20 } else { 60 };
    rows("publish to pixel", "p95 ≤ 500 ms", measure(count))
}

fn measure(count: u32) -> Measured<Vec<Row>> {
    let servers = Servers::start("prove-latency-servers")?;
    let mut found = Vec::new();
    for (name, words, in_postgres) in [
        ("prove-latency-sqlite", "kept in SQLite", false),
        ("prove-latency-postgres", "kept in PostgreSQL", true),
    ] {
        let mut bench = Bench::start(&servers, name, in_postgres, EVERY_S)?;
        for (samples, (_, way)) in bench.samples(&[0, 1, 2, 3], count)?.iter().zip(WAYS) {
            found.push(judge(&format!("publish to pixel, {words}: {way}"), samples));
        }
    }
    let mut slow = Bench::start(&servers, "prove-latency-planted", false, SLOW_EVERY_S)?;
    let samples = slow.samples(&[3], 8)?;
    let noticed = !judge("planted", &samples[0]).holds;
    found.push(Row::planted("publish to pixel", "the database is polled every 2 s", noticed));
    Ok(found)
}
