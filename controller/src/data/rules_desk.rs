//! The rules at work: an engine behind a lock that is never held across a wait, told what lands, what operators want and what
//! time it is, and what it wants done.

use super::outward::{Outgoing, Sender};
use crate::memory::Memory;
use crate::node_service::Desk;
use controller_store::StoreError;
use ingest_feeds::{Change, EventStep, QueryError, Store};
use layouts::Layout;
use layouts::rules::{Effect, Engine, EngineState, EventView, Now, RowView, When, Why};
use media::{EventReport, EventState, LocalTime, SourceId, Table, TableId, TableSpec, Value, WallTime};
use protocol_quic::Host;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::broadcast::{self, error::RecvError};

/// Most rows of a table, and most open events, of which the rules are told at start.
const ROWS_MAX: u32 = 100_000;
const ASK_WITHIN: Duration = Duration::from_secs(10);
/// How often what the rules remember is written down, and how often is looked which sources give pictures.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After writing down it rests this many times as long as that took.
const SAVE_REST: u32 = 20;
/// How often is looked which rows have left their tables.
const GONE_EVERY: Duration = Duration::from_secs(2);

/// Why an operator's wish is refused.
pub(crate) type Fault = layouts::rules::Refused;

/// The rules of a hall at work. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RulesDesk {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Mutex<Engine>,
    desk: Desk,
    host: Host,
    outward: Sender,
    /// The next timer is another one.
    timer: Notify,
    memory: Memory,
    /// Local time before which nothing is written down again.
    rests_until: AtomicI64,
    /// The engine went on where it was left: what is there is new to it if it was not there before.
    restored: bool,
    /// The tables that rules look at.
    tables: Vec<TableSpec>,
    /// The rows that the rules have been told of, in tables whose rows leave.
    known: Mutex<BTreeMap<TableId, BTreeSet<String>>>,
}

impl RulesDesk {
    /// Goes on where the rules were left, and shows what they want shown.
    pub(super) fn new(
        host: &Host,
        desk: Desk,
        layout: &Layout,
        (memory, saved): (Memory, Option<&EngineState>),
        outward: Sender,
    ) -> Self {
        let now = Now { local: host.local(), wall: host.wall() };
        let engine = match saved {
            Some(state) => Engine::restore(layout, state, now),
            None => Engine::new(layout, now),
        };
        let watched: BTreeSet<&TableId> = layout
            .rules()
            .rules
            .iter()
            .filter_map(|rule| match &rule.when {
                When::Row { table, .. } => Some(table),
                When::Event { .. } => None,
            })
            .collect();
        let tables = layout.tables().iter().filter(|table| watched.contains(&table.id)).cloned().collect();
        let inner = Inner {
            engine: Mutex::new(engine),
            desk,
            host: host.clone(),
            outward,
            timer: Notify::new(),
            memory,
            rests_until: AtomicI64::new(i64::MIN),
            restored: saved.is_some(),
            tables,
            known: Mutex::default(),
        };
        let rules = Self { inner: Arc::new(inner) };
        rules.tell(|_, _| ());
        rules
    }

    /// The hall has other sources.
    pub(crate) fn follow_sources(&self, layout: &Layout) {
        self.tell(|engine, _| engine.follow_sources(layout));
    }

    /// Tells the engine something, and does what it wants done.
    pub(crate) fn tell<T>(&self, what: impl FnOnce(&mut Engine, Now) -> T) -> T {
        let Inner { host, timer, memory, .. } = &*self.inner;
        let mut engine = self.engine();
        let before = engine.poll_timeout();
        let outcome = what(&mut engine, Now { local: host.local(), wall: host.wall() });
        // Under the lock, so that walls are told in the order in which it was decided.
        while let Some(effect) = engine.poll_effect() {
            self.inner.perform(effect);
        }
        memory.touch();
        if engine.poll_timeout() != before {
            timer.notify_one();
        }
        outcome
    }

    /// Looks at the engine.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&Engine) -> T) -> T {
        at(&self.engine())
    }

    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.inner.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass, writes down, and looks which sources give pictures, for ever.
    pub(super) async fn keep_time(&self) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut lost = BTreeSet::new();
        loop {
            let due = self.engine().poll_timeout();
            let wait = due.map(|due: LocalTime| due.since(self.inner.host.local()));
            tokio::select! {
                () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)), if wait.is_some() => {
                    self.tell(|engine, now| engine.handle_timeout(now));
                }
                () = self.inner.timer.notified() => {}
                _ = look.tick() => {
                    self.look_at_sources(&mut lost);
                    self.save_now_and_then().await;
                }
            }
        }
    }

    /// A source counts as lost when everybody who shows or reads it says so.
    fn look_at_sources(&self, lost: &mut BTreeSet<SourceId>) {
        let status = self.inner.desk.status();
        let mut dark: BTreeMap<SourceId, bool> = BTreeMap::new();
        for row in status.sources {
            let is_dark = row.state == "lost";
            dark.entry(row.source).and_modify(|all| *all &= is_dark).or_insert(is_dark);
        }
        let now: BTreeSet<SourceId> =
            dark.into_iter().filter(|(_, dark)| *dark).map(|(source, _)| source).collect();
        if now != *lost {
            self.tell(|engine, _| {
                lost.difference(&now).for_each(|source| engine.source_usable(source, true));
                now.difference(lost).for_each(|source| engine.source_usable(source, false));
            });
            *lost = now;
        }
    }

    /// Writes down what the rules remember, but not so often that the machine has little else to do.
    async fn save_now_and_then(&self) {
        let begin = self.inner.host.local();
        if begin.0 < self.inner.rests_until.load(Ordering::Relaxed) {
            return;
        }
        // The log has said why, if it failed; a second later it is tried again.
        let _ = self.save().await;
        let took = self.inner.host.local().since(begin);
        self.inner.rests_until.store((self.inner.host.local() + took * SAVE_REST).0, Ordering::Relaxed);
    }

    /// Writes down what the hall remembers, if anything may have changed. When it comes back with success, what was told before it was
    /// called has been written.
    pub(crate) async fn save(&self) -> Result<(), StoreError> {
        self.inner.memory.save().await
    }

    /// Tells the rules of all rows and open events that are there. The error is a database that does not answer.
    pub(super) async fn learn(&self, store: &Store) -> Result<(), QueryError> {
        self.tell_all(store, self.inner.restored).await
    }

    async fn tell_all(&self, store: &Store, raise: bool) -> Result<(), QueryError> {
        for table in &self.inner.tables {
            let columns = table.columns.iter().map(|column| format!("\"{}\"", column.name));
            let sql = format!("SELECT {} FROM {}", columns.collect::<Vec<_>>().join(", "), table.id);
            if let Some(answer) = ask(store, &sql).await? {
                self.rows(table, answer.rows(), raise);
            }
        }
        let open = "SELECT id, network, domain, place, lon, lat, kind, severity, title, title_en, photo, state, reported, due \
                    FROM events \
                    WHERE state <> 'closed'";
        if let Some(answer) = ask(store, open).await? {
            self.tell(|engine, now| {
                for row in 0..answer.rows().len() {
                    let Some((report, state)) = event_of(&answer, row) else { continue };
                    let view = EventView::new(&report, state);
                    if raise { engine.event(now, &view) } else { engine.learn_event(now, &view) }
                }
            });
        }
        Ok(())
    }

    /// Hears what lands, for ever.
    pub(super) async fn listen(&self, store: &Store, mut changes: broadcast::Receiver<Change>) {
        let mut gone = tokio::time::interval(GONE_EVERY);
        gone.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(Change::Rows { table, rows }) => {
                        if let Some(table) = self.inner.tables.iter().find(|known| known.id == table) {
                            self.rows(table, &rows, true);
                        }
                    }
                    Ok(Change::Events(steps)) => self.steps(&steps),
                    Err(RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "more lands than the rules can follow: they look at all that is there");
                        if let Err(error) = self.tell_all(store, true).await {
                            tracing::error!(%error, "the rules have missed something");
                        }
                    }
                    Err(RecvError::Closed) => return std::future::pending().await,
                },
                _ = gone.tick() => self.look_for_gone(store).await,
            }
        }
    }

    fn steps(&self, steps: &[EventStep]) {
        self.tell(|engine, now| {
            for EventStep { report, from: _, to, at: _, by: _ } in steps {
                engine.event(now, &EventView::new(report, *to));
            }
        });
    }

    fn rows(&self, table: &TableSpec, rows: &[Vec<Value>], raise: bool) {
        let columns: Vec<Arc<str>> = table.columns.iter().map(|column| column.name.as_str().into()).collect();
        let key: Vec<usize> = key_columns(table);
        let keys: Vec<String> = rows.iter().map(|row| key_of(row, &key)).collect();
        self.tell(|engine, now| {
            for (values, key) in rows.iter().zip(&keys) {
                let view = RowView { key, columns: &columns, values };
                if raise {
                    engine.row(now, &table.id, &view)
                } else {
                    engine.learn_row(now, &table.id, &view)
                }
            }
        });
        if table.keep.is_some() {
            self.known().entry(table.id.clone()).or_default().extend(keys);
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<TableId, BTreeSet<String>>> {
        self.inner.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the rules of rows that have left tables which do not keep them.
    async fn look_for_gone(&self, store: &Store) {
        for table in self.inner.tables.iter().filter(|table| table.keep.is_some()) {
            if self.known().get(&table.id).is_none_or(BTreeSet::is_empty) {
                continue;
            }
            let columns: Vec<String> = table.key.iter().map(|column| format!("\"{column}\"")).collect();
            let sql = format!("SELECT {} FROM {}", columns.join(", "), table.id);
            let Ok(Some(answer)) = ask(store, &sql).await else { continue };
            let places: Vec<usize> = (0..table.key.len()).collect();
            let there: BTreeSet<String> = answer.rows().iter().map(|row| key_of(row, &places)).collect();
            let before = self.known().insert(table.id.clone(), there.clone()).unwrap_or_default();
            let gone: Vec<&String> = before.difference(&there).collect();
            if !gone.is_empty() {
                self.tell(|engine, now| gone.iter().for_each(|key| engine.row_gone(now, &table.id, key)));
            }
        }
    }
}

impl Inner {
    fn perform(&self, effect: Effect) {
        match effect {
            Effect::Show { wall, picture } => {
                if let Err(error) = self.desk.show(&wall, &picture) {
                    tracing::error!(%wall, scene = %picture.scene, %error, "what the rules want shown cannot be shown");
                }
            }
            Effect::Sound { alarm, path } => self.outward.send(alarm, Outgoing::Sound { path }),
            Effect::Voice { alarm, words } => self.outward.send(alarm, Outgoing::Voice { words }),
            Effect::Webhook { to, notice } => {
                self.outward.send(notice.alarm, Outgoing::Webhook { to, notice });
            }
            Effect::Mqtt { to, notice } => self.outward.send(notice.alarm, Outgoing::Mqtt { to, notice }),
            Effect::Log(Why { what, words, .. }) => tracing::info!(?what, zh = words.zh, "{}", words.en),
        }
    }
}

/// Asks for all there is. Nothing where there is too much of it, with a line in the log.
async fn ask(store: &Store, sql: &str) -> Result<Option<Table>, QueryError> {
    match store.ask(sql, ROWS_MAX, ASK_WITHIN).await {
        Ok(table) => Ok(Some(table)),
        Err(error @ (QueryError::Unreachable(_) | QueryError::WrongCredential)) => Err(error),
        Err(error) => {
            tracing::warn!(%error, sql, "the rules cannot look at what is there");
            Ok(None)
        }
    }
}

fn key_columns(table: &TableSpec) -> Vec<usize> {
    let place = |name: &String| table.columns.iter().position(|column| column.name == *name);
    table.key.iter().filter_map(place).collect()
}

/// The key's values, joined.
fn key_of(row: &[Value], columns: &[usize]) -> String {
    let words = columns.iter().filter_map(|column| row.get(*column)).map(|value| match value {
        Value::Null => String::new(),
        Value::Flag(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.get().to_string(),
        Value::Text(words) => words.to_string(),
        Value::Time(WallTime(time)) => time.to_string(),
    });
    words.collect::<Vec<_>>().join(" / ")
}

/// The event in a row of the table `events`.
pub(super) fn event_of(table: &Table, row: usize) -> Option<(EventReport, EventState)> {
    let text = |name: &str| table.get(row, name).and_then(Value::text).unwrap_or_default().to_owned();
    let number = |name: &str| table.get(row, name).and_then(Value::number);
    let time = |name: &str| match table.get(row, name) {
        Some(Value::Time(time)) => Some(*time),
        _ => None,
    };
    let report = EventReport {
        id: text("id"),
        network: text("network"),
        domain: text("domain"),
        place: text("place"),
        lon_lat: number("lon").zip(number("lat")).map(|(lon, lat)| [lon, lat]),
        kind: text("kind"),
        severity: number("severity")? as u8,
        title: text("title"),
        title_en: text("title_en"),
        photo: text("photo"),
        reported: time("reported")?,
        due: time("due")?,
    };
    Some((report, EventState::by_name(&text("state"))?))
}
