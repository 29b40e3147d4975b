//! The district on real wires: a broker, the controller's webhook, and the service hall's own SQLite database.

use super::{Message, Simulator, Way, services};
use rumqttc::{Client, Event, MqttOptions, Outgoing, QoS};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often the service hall's clerks write.
const SERVICES_EVERY: Duration = Duration::from_secs(2);
/// How long the webhook may take.
const POST_WITHIN: Duration = Duration::from_secs(5);
/// Messages that wait for the broker.
const WAITING_MAX: usize = 4096;

/// Where the district sends to.
#[derive(Debug, Clone)]
pub struct Places {
    /// The broker's TCP port on 127.0.0.1.
    pub mqtt_port: u16,
    /// The controller's HTTP address, `host:port`.
    pub http: String,
    /// The webhook's token.
    pub token: String,
    /// The service hall's database.
    pub services: PathBuf,
    /// Acknowledges alarms so long after they came, as an operator would.
    pub acknowledge_after: Option<Duration>,
    /// Starts this tour once the opening has been sent.
    pub tour: Option<String>,
}

/// What has been sent, and what could not be.
#[derive(Debug, Default)]
pub struct Sent {
    /// Messages that the broker was given.
    pub published: AtomicU64,
    /// Posts that the controller took.
    pub posted: AtomicU64,
    /// Posts that it did not take, after all attempts.
    pub refused: AtomicU64,
}

/// A district that runs.
pub struct Live {
    places: Places,
    client: Client,
    agent: ureq::Agent,
    sent: Arc<Sent>,
    runtime: tokio::runtime::Runtime,
    last_services: Option<Instant>,
    last_alarms: Instant,
}

impl Live {
    /// Connects to the broker (again and again by itself) and makes the database.
    pub fn start(places: Places) -> io::Result<Self> {
        let mut options = MqttOptions::new("taibaihu-district", "127.0.0.1", places.mqtt_port);
        options.set_keep_alive(Duration::from_secs(5)).set_max_packet_size(1 << 20, 4 << 20);
        let (client, mut connection) = Client::new(options, WAITING_MAX);
        let sent = Arc::new(Sent::default());
        let counted = Arc::clone(&sent);
        std::thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    Ok(Event::Outgoing(Outgoing::Publish(_))) => {
                        counted.published.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(_) => {}
                    // The broker is away; what is said meanwhile waits.
                    Err(_) => std::thread::sleep(Duration::from_millis(300)),
                }
            }
        });
        let agent = ureq::Agent::config_builder().timeout_global(Some(POST_WITHIN)).build().into();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (last_services, last_alarms) = (None, Instant::now());
        Ok(Self { places, client, agent, sent, runtime, last_services, last_alarms })
    }

    /// What has been sent so far.
    pub fn sent(&self) -> &Sent {
        &self.sent
    }

    /// Sends the opening and then everything as it happens, until `stop` says so. Ends early only when the database cannot be
    /// written.
    pub fn run(&mut self, district: &mut Simulator, mut stop: impl FnMut() -> bool) -> io::Result<()> {
        self.write_services()?;
        for message in district.opening() {
            self.send(message);
        }
        if let Some(tour) = &self.places.tour {
            let url = format!("http://{}/v1/tours/{tour}/resume", self.places.http);
            let answer = self.agent.post(&url).header("content-type", "application/json").send("{}");
            answer.map_err(|error| io::Error::other(format!("the tour {tour} does not start: {error}")))?;
        }
        while !stop() {
            for message in district.until(now_ms()) {
                self.send(message);
            }
            if self.last_services.is_none_or(|last| last.elapsed() >= SERVICES_EVERY) {
                self.write_services()?;
            }
            self.acknowledge();
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn send(&mut self, message: Message) {
        let body = message.body.to_string();
        match message.way {
            // The queue is full while the broker is away for long: what is new comes again soon anyway.
            Way::Topic(topic) => drop(self.client.try_publish(topic, QoS::AtLeastOnce, false, body)),
            Way::Hook(feed) => self.post(feed, &body),
        }
    }

    /// Posts, and tries again while the controller is not there yet; what it has taken already it takes once.
    fn post(&self, feed: &str, body: &str) {
        let url = format!("http://{}/v1/feeds/{feed}", self.places.http);
        for attempt in 0..20u64 {
            let request =
                self.agent.post(&url).header("authorization", format!("Bearer {}", self.places.token));
            match request.header("content-type", "application/json").send(body) {
                Ok(_) => {
                    self.sent.posted.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                // It understood and does not want it.
                Err(ureq::Error::StatusCode(400..=499)) => break,
                Err(_) => std::thread::sleep(Duration::from_millis((100 * (attempt + 1)).min(1000))),
            }
        }
        self.sent.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Acknowledges alarms that have been there for long enough.
    fn acknowledge(&mut self) {
        let Some(after) = self.places.acknowledge_after else { return };
        if self.last_alarms.elapsed() < Duration::from_secs(1) {
            return;
        }
        self.last_alarms = Instant::now();
        let base = format!("http://{}/v1/alarms", self.places.http);
        let Ok(mut answer) = self.agent.get(&base).call() else { return };
        let Ok(alarms) = answer.body_mut().read_json::<Value>() else { return };
        let list = alarms.as_array().or_else(|| alarms["alarms"].as_array());
        for alarm in list.into_iter().flatten().filter(|alarm| alarm["rule"] == "fire-lane") {
            let raised_ms = alarm["raised"].as_i64().unwrap_or(0) / 1_000_000;
            if now_ms() - raised_ms >= after.as_millis() as i64 {
                let url = format!("{base}/{}/acknowledge", alarm["id"]);
                let _ = self.agent.post(&url).header("content-type", "application/json").send("{}");
            }
        }
    }

    fn write_services(&mut self) -> io::Result<()> {
        self.last_services = Some(Instant::now());
        let path = self.places.services.clone();
        self.runtime
            .block_on(write_services(&path, now_ms()))
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
    }
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Writes the service hall's tables as they are at a moment, in one transaction.
async fn write_services(path: &Path, now_ms: i64) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .disable_statement_logging();
    let mut link = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql(
        "create table if not exists counters (counter integer primary key, service text, waiting integer, served integer, \
         wait_min real, praise real); \
         create table if not exists hours (hour integer primary key, online integer, counter integer, wait_min real); \
         create table if not exists scores (street text, item text, month integer, score real, primary key (street, item, month))",
    )
    .execute(&mut link)
    .await?;
    let mut write = link.begin().await?;
    for row in services::counters(now_ms) {
        sqlx::query("insert or replace into counters values (?, ?, ?, ?, ?, ?)")
            .bind(row["counter"].as_i64())
            .bind(row["service"].as_str().map(str::to_owned))
            .bind(row["waiting"].as_i64())
            .bind(row["served"].as_i64())
            .bind(row["wait_min"].as_f64())
            .bind(row["praise"].as_f64())
            .execute(&mut *write)
            .await?;
    }
    for row in services::hours(now_ms) {
        sqlx::query("insert or replace into hours values (?, ?, ?, ?)")
            .bind(row["hour"].as_i64())
            .bind(row["online"].as_i64())
            .bind(row["counter"].as_i64())
            .bind(row["wait_min"].as_f64())
            .execute(&mut *write)
            .await?;
    }
    for row in services::scores(now_ms) {
        sqlx::query("insert or replace into scores values (?, ?, ?, ?)")
            .bind(row["street"].as_str().map(str::to_owned))
            .bind(row["item"].as_str().map(str::to_owned))
            .bind(row["month"].as_i64())
            .bind(row["score"].as_f64())
            .execute(&mut *write)
            .await?;
    }
    write.commit().await?;
    link.close().await
}
