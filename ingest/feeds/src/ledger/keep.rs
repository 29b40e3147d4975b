//! The ledger in the database: its tables, their guards, and how records are added.

use super::record::What;
use super::{Chain, EventError, EventStep, LedgerInput, Link};
use crate::store::StoreError;
use crate::store::database::{Bind, Dialect};
use media::{ColumnKind, EventReport, EventState, Real, Value, WallTime};

/// The columns of `events` in their order.
pub(super) const EVENT_COLUMNS: [(&str, ColumnKind); 20] = [
    ("id", ColumnKind::Text),
    ("network", ColumnKind::Text),
    ("domain", ColumnKind::Text),
    ("place", ColumnKind::Text),
    ("lon", ColumnKind::Real),
    ("lat", ColumnKind::Real),
    ("kind", ColumnKind::Text),
    ("severity", ColumnKind::Integer),
    ("title", ColumnKind::Text),
    ("photo", ColumnKind::Text),
    ("state", ColumnKind::Text),
    ("reported", ColumnKind::Time),
    ("verified", ColumnKind::Time),
    ("dispatched", ColumnKind::Time),
    ("handled", ColumnKind::Time),
    ("closed", ColumnKind::Time),
    ("by", ColumnKind::Text),
    ("due", ColumnKind::Time),
    ("sequence", ColumnKind::Integer),
    ("title_en", ColumnKind::Text),
];
/// Where the time of the first state stands among them; the others follow in order.
const FIRST_TIME: usize = 11;

/// Makes the ledger's tables and the guards that let nobody change a record.
pub(crate) async fn create(link: &mut Link) -> Result<(), StoreError> {
    let dialect = link.dialect();
    let columns: Vec<String> = EVENT_COLUMNS
        .iter()
        .map(|(name, kind)| {
            let primary = if *name == "id" { " PRIMARY KEY" } else { "" };
            format!("\"{name}\" {}{primary}", dialect.column_type(*kind))
        })
        .collect();
    link.script(&format!(
        "CREATE TABLE IF NOT EXISTS ledger (\"sequence\" BIGINT PRIMARY KEY, \"at\" BIGINT NOT NULL, \"by\" TEXT NOT NULL, \
         \"what\" TEXT NOT NULL, \"hash\" TEXT NOT NULL); \
         CREATE TABLE IF NOT EXISTS events ({}); \
         CREATE INDEX IF NOT EXISTS events__state ON events (\"state\", \"reported\")",
        columns.join(", ")
    ))
    .await?;
    add_title_en(link).await?;
    link.script(match dialect {
        Dialect::Sqlite => SQLITE_GUARDS,
        Dialect::Postgres => POSTGRES_GUARDS,
    })
    .await?;
    Ok(())
}

/// Tables of earlier programs have one title.
async fn add_title_en(link: &mut Link) -> Result<(), StoreError> {
    let add = match link.dialect() {
        Dialect::Postgres => "ALTER TABLE events ADD COLUMN IF NOT EXISTS \"title_en\" TEXT",
        Dialect::Sqlite => {
            let there = "SELECT name FROM pragma_table_info('events') WHERE name = 'title_en'";
            if !link.rows(there, Vec::new()).await?.is_empty() {
                return Ok(());
            }
            "ALTER TABLE events ADD COLUMN \"title_en\" TEXT"
        }
    };
    Ok(link.script(add).await?)
}

const SQLITE_GUARDS: &str = "\
CREATE TRIGGER IF NOT EXISTS ledger_no_update BEFORE UPDATE ON ledger \
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END; \
CREATE TRIGGER IF NOT EXISTS ledger_no_delete BEFORE DELETE ON ledger \
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END; \
CREATE TRIGGER IF NOT EXISTS ledger_in_order BEFORE INSERT ON ledger \
WHEN NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM ledger) \
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END";

const POSTGRES_GUARDS: &str = "\
CREATE OR REPLACE FUNCTION ledger_guard() RETURNS trigger LANGUAGE plpgsql AS $$ \
BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$; \
DROP TRIGGER IF EXISTS ledger_no_change ON ledger; \
CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_guard(); \
DROP TRIGGER IF EXISTS ledger_no_truncate ON ledger; \
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard()";

/// The last record's place and hash.
pub(crate) async fn head(link: &mut Link) -> Result<Chain, StoreError> {
    let rows = link
        .rows("SELECT \"sequence\", \"hash\" FROM ledger ORDER BY \"sequence\" DESC LIMIT 1", Vec::new())
        .await?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([Value::Integer(sequence), Value::Text(hash)]) => {
            Chain { sequence: *sequence, hash: hash.to_string() }
        }
        _ => Chain::default(),
    })
}

/// Keeps the chain's end beside it, so that a record taken off the end is missed.
pub(crate) async fn keep_head(link: &mut Link, chain: &Chain) -> Result<(), StoreError> {
    let dialect = link.dialect();
    let (mut one, mut sql) =
        (String::new(), "INSERT INTO taibai_tables (name, shape) VALUES ('ledger', ".to_owned());
    dialect.placeholder(1, &mut one);
    sql.push_str(&one);
    sql.push_str(") ON CONFLICT (name) DO UPDATE SET shape = excluded.shape");
    link.execute(&sql, vec![Bind::Text(format!("{} {}", chain.sequence, chain.hash))]).await?;
    Ok(())
}

/// An event as the table has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EventRow {
    pub(super) report: EventReport,
    pub(super) state: EventState,
    /// When each state was reached.
    pub(super) times: [Option<WallTime>; 5],
    pub(super) by: String,
    /// The last record that changed it.
    pub(super) sequence: i64,
}

impl EventRow {
    /// A new event.
    pub(super) fn new(report: &EventReport, by: &str, sequence: i64) -> Self {
        let mut times = [None; 5];
        times[0] = Some(report.reported);
        Self { report: report.clone(), state: EventState::Reported, times, by: by.into(), sequence }
    }

    /// Takes a step; `false` when it has been there already.
    pub(super) fn advance(
        &mut self,
        to: EventState,
        at: WallTime,
        by: &str,
        sequence: i64,
    ) -> Result<bool, EventError> {
        let reached = media::EVENT_STATES.iter().zip(&mut self.times).find(|(state, _)| **state == to);
        let Some((_, time)) = reached else { return Ok(false) };
        if time.is_some() {
            return Ok(false);
        }
        if !self.state.may_become(to) {
            return Err(EventError::Illegal { id: self.report.id.clone(), from: self.state, to });
        }
        *time = Some(at);
        (self.state, self.by, self.sequence) = (to, by.into(), sequence);
        Ok(true)
    }

    /// The row's values in the order of [`EVENT_COLUMNS`].
    pub(super) fn values(&self) -> Vec<Value> {
        let EventReport {
            id,
            network,
            domain,
            place,
            lon_lat,
            kind,
            severity,
            title,
            title_en,
            photo,
            reported: _,
            due,
        } = &self.report;
        let text = |text: &String| Value::Text(text.as_str().into());
        let degree = |at: usize| {
            let degree = lon_lat.as_ref().and_then(|pair| pair.get(at)).and_then(|degree| Real::new(*degree));
            degree.map_or(Value::Null, Value::Real)
        };
        let mut values =
            vec![text(id), text(network), text(domain), text(place), degree(0), degree(1), text(kind)];
        values.extend([Value::Integer((*severity).into()), text(title), text(photo)]);
        values.push(Value::Text(self.state.as_str().into()));
        values.extend(self.times.iter().map(|time| time.map_or(Value::Null, Value::Time)));
        values.extend([text(&self.by), Value::Time(*due), Value::Integer(self.sequence), text(title_en)]);
        values
    }

    /// The event of a row; `None` where it is none.
    pub(super) fn from_values(values: &[Value]) -> Option<Self> {
        let text = |at: usize| values.get(at)?.text().map(str::to_owned);
        let time = |at: usize| match values.get(at)? {
            Value::Time(time) => Some(*time),
            Value::Integer(nanos) => Some(WallTime(*nanos)),
            _ => None,
        };
        let integer = |at: usize| match values.get(at)? {
            Value::Integer(integer) => Some(*integer),
            _ => None,
        };
        let mut times = [None; 5];
        for (slot, at) in times.iter_mut().zip(FIRST_TIME..) {
            *slot = time(at);
        }
        let degree = |at: usize| values.get(at)?.number();
        let report = EventReport {
            id: text(0)?,
            network: text(1)?,
            domain: text(2)?,
            place: text(3)?,
            lon_lat: degree(4).zip(degree(5)).map(|(lon, lat)| [lon, lat]),
            kind: text(6)?,
            severity: u8::try_from(integer(7)?).ok()?,
            title: text(8)?,
            title_en: text(19).unwrap_or_default(),
            photo: text(9)?,
            reported: time(FIRST_TIME)?,
            due: time(17)?,
        };
        Some(Self {
            report,
            state: EventState::by_name(&text(10)?)?,
            times,
            by: text(16)?,
            sequence: integer(18)?,
        })
    }
}

/// The columns of `events` for a SELECT.
pub(super) fn event_columns() -> String {
    EVENT_COLUMNS.map(|(name, _)| format!("\"{name}\"")).join(", ")
}

/// Adds records within the open transaction. For each input whether something was added, or why it was refused.
pub(crate) async fn append(
    link: &mut Link,
    chain: &mut Chain,
    inputs: &[LedgerInput],
    now: WallTime,
    steps: &mut Vec<EventStep>,
) -> Result<Vec<Result<bool, EventError>>, StoreError> {
    let mut outcomes = Vec::with_capacity(inputs.len());
    for input in inputs {
        outcomes.push(match input.what.check(&input.by) {
            Ok(()) => one(link, chain, input, now, steps).await?,
            Err(error) => Err(error),
        });
    }
    Ok(outcomes)
}

async fn one(
    link: &mut Link,
    chain: &mut Chain,
    input: &LedgerInput,
    now: WallTime,
    steps: &mut Vec<EventStep>,
) -> Result<Result<bool, EventError>, StoreError> {
    let LedgerInput { what, by } = input;
    let known = find(link, what.id()).await?;
    let next = chain.next(now, by, &what.to_text());
    let row = match (what, known) {
        (What::Report(_), Some(_)) => return Ok(Ok(false)),
        (What::Report(report), None) => {
            let row = EventRow::new(report, by, next.sequence);
            steps.push(step(&row, None, report.reported));
            Some(row)
        }
        (_, None) => return Ok(Err(EventError::Unknown { id: what.id().to_owned() })),
        (What::Advance { to, at, .. }, Some(mut row)) => {
            let from = row.state;
            match row.advance(*to, *at, by, next.sequence) {
                Ok(true) => {
                    steps.push(step(&row, Some(from), *at));
                    Some(row)
                }
                other => return Ok(other),
            }
        }
        (What::Note { .. }, Some(_)) => None,
    };
    record(link, &next, now, by, &what.to_text()).await?;
    if let Some(row) = row {
        put(link, &row).await?;
    }
    *chain = next;
    Ok(Ok(true))
}

fn step(row: &EventRow, from: Option<EventState>, at: WallTime) -> EventStep {
    EventStep { report: row.report.clone(), from, to: row.state, at, by: row.by.clone() }
}

async fn find(link: &mut Link, id: &str) -> Result<Option<EventRow>, StoreError> {
    let mut sql = format!("SELECT {} FROM events WHERE \"id\" = ", event_columns());
    link.dialect().placeholder(1, &mut sql);
    let rows = link.rows(&sql, vec![Bind::Text(id.to_owned())]).await?;
    Ok(rows.first().and_then(|row| EventRow::from_values(row)))
}

async fn record(
    link: &mut Link,
    chain: &Chain,
    at: WallTime,
    by: &str,
    what: &str,
) -> Result<(), StoreError> {
    let mut sql = "INSERT INTO ledger (\"sequence\", \"at\", \"by\", \"what\", \"hash\") VALUES (".to_owned();
    for n in 1..=5 {
        sql.push_str(if n == 1 { "" } else { ", " });
        link.dialect().placeholder(n, &mut sql);
    }
    sql.push(')');
    let binds = vec![
        Bind::Int(chain.sequence),
        Bind::Int(at.0),
        Bind::Text(by.to_owned()),
        Bind::Text(what.to_owned()),
        Bind::Text(chain.hash.clone()),
    ];
    link.execute(&sql, binds).await?;
    Ok(())
}

/// Writes what an event has become.
async fn put(link: &mut Link, row: &EventRow) -> Result<(), StoreError> {
    let mut sql = format!("INSERT INTO events ({}) VALUES (", event_columns());
    for n in 1..=EVENT_COLUMNS.len() {
        sql.push_str(if n == 1 { "" } else { ", " });
        link.dialect().placeholder(n, &mut sql);
    }
    let changed = EVENT_COLUMNS.iter().skip(1).map(|(name, _)| format!("\"{name}\" = excluded.\"{name}\""));
    sql.push_str(") ON CONFLICT (\"id\") DO UPDATE SET ");
    sql.push_str(&changed.collect::<Vec<_>>().join(", "));
    let binds =
        row.values().into_iter().zip(EVENT_COLUMNS).map(|(value, (_, kind))| Bind::column(value, kind));
    link.execute(&sql, binds.collect()).await?;
    Ok(())
}
