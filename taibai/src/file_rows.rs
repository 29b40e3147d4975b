//! Rows for the editor without a controller: what the hall's feeds read from files of its data folder is landed in a store that is thrown
//! away, and queries are asked of it. Feeds that come over a network are not asked: a designer's machine may not stand in their network.

use ingest_feeds::{Clock, FeedHealth, Feeds, FeedsSettings, Secrets, Store, StoreAddress};
use layouts::{Answer, Layout, Words};
use media::{FeedEndpoint, FeedSpec, FeedTarget, QueryId, SqlEngine, TableSpec, WallTime};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How long feeds may take to read their files.
const READ_WITHIN: Duration = Duration::from_secs(10);
/// How often is looked whether they have.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The store of a hall's files, and the feeds that fill it.
struct Open {
    /// Of which tables and feeds.
    tables: Vec<TableSpec>,
    specs: Vec<FeedSpec>,
    store: Store,
    feeds: Feeds,
}

/// Answers queries from files.
pub struct FileRows {
    data_folder: PathBuf,
    /// Where the store lies while the editor runs.
    scratch: PathBuf,
    clock: Clock,
    runtime: Option<Runtime>,
    open: Option<Open>,
}

/// What went wrong before a query could be asked.
fn words(zh: impl std::fmt::Display, en: impl std::fmt::Display) -> Words {
    Words { zh: zh.to_string(), en: en.to_string() }
}

impl FileRows {
    /// Rows of the files below `data_folder`. A store is made in the folder `scratch` and goes with it.
    pub fn new(data_folder: PathBuf, scratch: PathBuf, clock: Clock) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Self { data_folder, scratch, clock, runtime: Some(runtime), open: None })
    }

    /// Opens the store for the tables and feeds of `layout`, unless it is open for them.
    async fn follow(&mut self, layout: &Layout) -> Result<(), Words> {
        let tables = layout.tables().to_vec();
        let specs: Vec<FeedSpec> = layout.feeds().iter().filter(|feed| is_file(feed)).cloned().collect();
        if self.open.as_ref().is_some_and(|open| open.tables == tables && open.specs == specs) {
            return Ok(());
        }
        if let Some(open) = self.open.take() {
            open.feeds.stop().await;
        }
        let _ = std::fs::remove_dir_all(&self.scratch);
        let path = self.scratch.join("rows.db");
        let store = Store::open(&StoreAddress::Sqlite { path }, &tables, self.clock.clone()).await;
        let store = store.map_err(|error| words(error.chinese(), error))?;
        let secrets: Secrets = Arc::new(|_| None);
        let settings = FeedsSettings {
            data_folder: self.data_folder.clone(),
            instance: "editor".to_owned(),
            seed: 1,
            authorities: Vec::new(),
        };
        let feeds = Feeds::start(&specs, store.clone(), secrets, settings).await;
        let feeds = feeds.map_err(|error| words(&error, &error))?;
        self.open = Some(Open { tables, specs, store, feeds });
        Ok(())
    }

    async fn answer(
        &mut self,
        layout: &Layout,
        queries: &[QueryId],
    ) -> BTreeMap<QueryId, Result<Answer, Words>> {
        if let Err(why) = self.follow(layout).await {
            return queries.iter().map(|query| (query.clone(), Err(why.clone()))).collect();
        }
        let Some(open) = &self.open else { return BTreeMap::new() };
        open.read(Instant::now() + READ_WITHIN).await;
        let mut answers = BTreeMap::new();
        for id in queries {
            if let Some(query) = layout.query(id) {
                answers.insert(id.clone(), open.ask(query, (self.clock)()).await);
            }
        }
        answers
    }
}

/// Whether a feed reads a file of the data folder.
fn is_file(feed: &FeedSpec) -> bool {
    matches!(feed.endpoint, FeedEndpoint::File { .. } | FeedEndpoint::Sql { engine: SqlEngine::Sqlite, .. })
}

impl Open {
    /// Waits until each feed has read its file or said why it cannot, at most until `until`.
    async fn read(&self, until: Instant) {
        let has_read =
            |health: &FeedHealth| health.messages > 0 || health.rejected > 0 || health.fault.is_some();
        let mut tick = tokio::time::interval(LOOK_EVERY);
        while !self.feeds.health().values().all(has_read) && Instant::now() < until {
            tick.tick().await;
        }
    }

    async fn ask(&self, query: &layouts::QuerySpec, now: WallTime) -> Result<Answer, Words> {
        let table = self.store.ask(&query.sql, query.rows_max, query.timeout).await;
        let table = table.map_err(|error| words(error.chinese(), error))?;
        let named = self.store.tables_of(&query.sql);
        let feeds = self.specs.iter().filter(|spec| match &spec.target {
            FeedTarget::Table { table, .. } => named.contains(table.as_str()),
            FeedTarget::Events { .. } => named.contains(ingest_feeds::EVENTS_TABLE),
        });
        let health = self.feeds.health();
        let fault = |spec: &FeedSpec| Some((spec.id.clone(), health.get(&spec.id)?.fault.clone()?));
        let fault = feeds.filter_map(fault).next().map(|(feed, fault)| format!("{feed}: {fault}").into());
        let fresh = self.feeds.freshness(&named, now);
        // Rows are as good as when they were read: a designer looks at what they look like, not at how old files are.
        Ok(Answer { table: Arc::new(table), as_of: Some(now), promise: fresh.promise, fault })
    }
}

impl editor::Rows for FileRows {
    fn name(&self) -> Words {
        let folder = self.data_folder.display();
        words(format!("文件夹 {folder}"), format!("files of {folder}"))
    }

    fn ask(&mut self, layout: &Layout, queries: &[QueryId]) -> BTreeMap<QueryId, Result<Answer, Words>> {
        let Some(runtime) = self.runtime.take() else { return BTreeMap::new() };
        let answers = runtime.block_on(self.answer(layout, queries));
        self.runtime = Some(runtime);
        answers
    }
}

impl Drop for FileRows {
    fn drop(&mut self) {
        self.open = None;
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use editor::Rows as _;

    const HALL: &str = r#"version = 1
[hall]
name = "h"
[[wall]]
id = "w"
canvas_px_per_mm = 1
[[wall.screen]]
id = "s"
node = "n"
output = 1
resolution = [1920, 1080]
position_mm = [0, 0]
size_mm = [1920, 1080]
[[scene]]
id = "day"
wall = "w"
name = "Day"
[[table]]
id = "cells"
columns = { path = "text", residents = "integer" }
key = ["path"]
[[table]]
id = "far"
columns = { path = "text" }
key = ["path"]
[[feed]]
id = "cells"
file = { path = "cells.csv" }
table = "cells"
[[feed]]
id = "far"
mqtt = { host = "127.0.0.1", topic = "far" }
table = "far"
[[feed]]
id = "gone"
file = { path = "gone.csv" }
table = "far"
[[query]]
id = "residents"
sql = "select sum(residents) as value, :now as at from cells"
[[query]]
id = "far"
sql = "select count(*) as value from far"
[[query]]
id = "wrong"
sql = "select nothing from nowhere"
"#;

    #[test]
    fn queries_are_answered_from_the_files_of_the_data_folder() {
        let folder = std::env::temp_dir().join(format!("taibai-file-rows-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("data")).unwrap();
        std::fs::write(folder.join("data/cells.csv"), "path,residents\na,30\nb,12\n").unwrap();
        let layout = layouts::parse(HALL, "hall.toml").unwrap();
        let clock: Clock = Arc::new(|| WallTime(7_000_000_000));
        let mut rows = FileRows::new(folder.join("data"), folder.join("scratch"), clock).unwrap();
        let queries: Vec<QueryId> = layout.queries().map(|query| query.id.clone()).collect();
        let mut ask = |query: &str| {
            let query = QueryId::new(query).unwrap();
            rows.ask(&layout, &queries).remove(&query).unwrap()
        };
        let answer = ask("residents").unwrap();
        assert_eq!(answer.table.get(0, "value"), Some(&media::Value::Integer(42)));
        assert_eq!((answer.as_of, answer.fault), (Some(WallTime(7_000_000_000)), None));
        let far = ask("far").unwrap();
        assert_eq!(far.table.get(0, "value"), Some(&media::Value::Integer(0)));
        assert!(
            far.fault.is_some_and(|fault| fault.starts_with("gone: ")),
            "a file that is not there is said"
        );
        let wrong = ask("wrong").unwrap_err();
        assert!(wrong.en.contains("wrong SQL") && wrong.zh.contains("SQL 有误"), "{wrong:?}");
        drop(rows);
        assert!(!folder.join("scratch").exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
