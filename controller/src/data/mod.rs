//! The hall's data at work: the store, its feeds, the questions that the walls ask, and the rules that act on what comes.
//!
//! A wall hangs without any of it: while the store does not answer, rules keep their time, schedules and tours go on, and every
//! question is answered with what is wrong.

mod answers;
mod events;
mod ground;
mod http;
mod instance;
mod lines;
mod outward;
mod pushes;
mod reach;
mod rule_list;
mod rules_desk;
mod words;

pub(crate) use events::{EventsQuery, ReportForm, StepForm};
pub(crate) use ground::MapQuery;
pub use ground::{MapLine, MapSource, MapView};
pub(crate) use http::{LogQuery, Who, hooks, router};
pub use lines::{
    AlarmLine, EventLine, FeedLine, LogLine, Pushed, QueryAnswer, RejectLine, RuleLine, ScheduleLine, Taken,
    TourLine,
};
pub use rule_list::ListedRule;
pub(crate) use rules_desk::RulesDesk;
pub use words::Said;

use crate::authority::OrderError;
use crate::hall::HallNow;
use crate::memory::Memory;
use crate::node_service::{Desk, SceneRecalled};
use answers::Answering;
use controller_store::StoreError as StateError;
use ingest_feeds::{Feeds, FeedsSettings, Outward, Secrets, Store, StoreAddress, StoreError};
use layouts::rules::{Chosen, EngineState};
use layouts::{DataStore, Layout};
use media::{QueryId, WallTime};
use outward::Worker;
use protocol::Answer;
use protocol_quic::Host;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// How long is waited before a store that does not answer is tried again.
const OPEN_EVERY: Duration = Duration::from_secs(2);
/// The tables and the ledger, in the controller's state folder.
const STORE_FILE: &str = "data.sqlite";

/// What the data needs besides the hall document.
#[derive(Clone)]
pub struct DataSettings {
    /// The folder below which files and SQLite databases of feeds lie.
    pub data_folder: PathBuf,
    /// The folder of sounds.
    pub media_folder: PathBuf,
    /// Gives users and passwords.
    pub secrets: Secrets,
    /// The program that says words aloud, in the hall's language, and its arguments; the words come on its standard input. Empty: nothing is said.
    pub voice_command: Vec<String>,
    /// The program that plays a file and its arguments; the file's path is its last one. Empty: nothing is played.
    pub sound_command: Vec<String>,
}

/// The parts that are there once the store has answered.
pub(crate) struct Live {
    pub(crate) store: Store,
    pub(crate) feeds: Feeds,
}

pub(crate) struct Shared {
    pub(crate) desk: Desk,
    host: Host,
    pub(crate) layout: Layout,
    /// The same with the sources that there are now.
    hall: HallNow,
    pub(crate) settings: DataSettings,
    address: Result<StoreAddress, String>,
    live: OnceLock<Live>,
    answers: Mutex<BTreeMap<QueryId, Arc<Answer>>>,
    pub(crate) rules: RulesDesk,
    ground: ground::GroundCache,
}

/// Where data, events and rules are spoken to. Cheap to clone.
#[derive(Clone)]
pub struct DataDesk {
    pub(crate) shared: Arc<Shared>,
}

/// Everything that runs for the data.
pub(crate) struct DataService {
    desk: DataDesk,
    worker: Worker,
}

impl DataService {
    /// Makes the rules act as they were left, and tells `desk` what its walls show. Nothing waits for the store.
    pub(crate) fn new(
        host: &Host,
        desk: Desk,
        hall: HallNow,
        state: &Path,
        settings: DataSettings,
        (memory, saved): (Memory, Option<&EngineState>),
    ) -> Self {
        let layout = hall.layout();
        let outward = Outward::new(settings.secrets.clone(), feeds_settings(host, state, &settings));
        let (worker, sender) = Worker::new(outward, &settings, layout.hall().language);
        let rules = RulesDesk::new(host, desk.clone(), &layout, (memory, saved), sender);
        let address = store_address(layout.store(), state, &settings.secrets);
        let shared = Shared {
            desk,
            host: host.clone(),
            layout: Layout::clone(&layout),
            hall,
            settings,
            address,
            live: OnceLock::new(),
            answers: Mutex::default(),
            rules,
            ground: ground::GroundCache::default(),
        };
        Self { desk: DataDesk { shared: Arc::new(shared) }, worker }
    }

    /// For the HTTP API.
    pub(crate) fn desk(&self) -> DataDesk {
        self.desk.clone()
    }

    /// Works until it is dropped; [`DataDesk::stop`] ends it in order.
    pub(crate) async fn run(self, state: PathBuf) {
        let Self { desk: DataDesk { shared }, worker } = self;
        let rules = shared.rules.clone();
        let data = async {
            let (live, changes) = shared.open(&state).await;
            let answering = Answering::new(&shared, live);
            tokio::join!(answering.run(), shared.rules.listen(&live.store, changes));
        };
        tokio::join!(rules.keep_time(), worker.run(), data);
    }
}

impl DataDesk {
    /// Brings a scene of the document on its wall because `by` wants it; an alarm that is due stays on top.
    pub(crate) fn recall(&self, scene: &str, by: &str) -> Result<SceneRecalled, OrderError> {
        let Shared { layout, rules, desk, .. } = &*self.shared;
        let unknown = || OrderError::UnknownScene {
            wanted: scene.to_owned(),
            known: layout.scenes().iter().map(|scene| scene.id.as_str()).collect::<Vec<_>>().join(", "),
        };
        let found = layout.scenes().iter().find(|found| found.id.as_str() == scene).ok_or_else(unknown)?;
        let (wall, scene) = (found.wall.clone(), found.id.clone());
        let chosen = rules.tell(|engine, now| engine.operator_scene(&wall, &scene, by, now));
        let behind = match chosen.map_err(|_| unknown())? {
            Chosen::Shown => None,
            Chosen::Waits { alarm, .. } => Some(alarm),
        };
        Ok(SceneRecalled { wall, scene, revision: desk.revision(), behind })
    }

    /// The rules at work.
    pub(crate) fn rules(&self) -> RulesDesk {
        self.shared.rules.clone()
    }

    /// The hall as its document says.
    pub(crate) fn layout(&self) -> Arc<Layout> {
        self.shared.hall.layout()
    }

    /// Whether the store answers.
    pub(crate) fn is_live(&self) -> bool {
        self.shared.live.get().is_some()
    }

    /// How many alarms are due.
    pub(crate) fn alarms_due(&self) -> usize {
        self.shared.rules.look(|engine| engine.alarms().len())
    }

    /// Each feed with the rows that have landed and what did not fit, since the start.
    pub(crate) fn feed_counts(&self) -> Vec<(String, u64, u64)> {
        let live = self.shared.live.get();
        let health = live.map(|live| live.feeds.health()).unwrap_or_default();
        health.into_iter().map(|(feed, health)| (feed.to_string(), health.rows, health.rejected)).collect()
    }

    /// Fingerprints of alarms, tours, the rules' log and the events.
    pub(crate) fn prints(&self) -> [u64; 4] {
        let (mut alarms, mut tours) = (DefaultHasher::new(), DefaultHasher::new());
        let log = self.shared.rules.look(|engine| {
            for alarm in engine.alarms() {
                (
                    alarm.id.0,
                    alarm.acknowledge,
                    alarm.seen_on.iter().map(media::WallId::as_str).collect::<Vec<_>>(),
                )
                    .hash(&mut alarms);
            }
            for tour in engine.tours() {
                (tour.id.as_str(), tour.paused, tour.runs, tour.scene.as_str()).hash(&mut tours);
            }
            engine.log().last().map_or(0, |line| line.seq)
        });
        let live = self.shared.live.get();
        let events =
            live.and_then(|live| live.store.revisions().borrow().get(ingest_feeds::EVENTS_TABLE).copied());
        [alarms.finish(), tours.finish(), log, events.map_or(0, |revision| revision + 1)]
    }

    /// Stops the feeds and writes down what the rules remember.
    pub(crate) async fn stop(&self) {
        if let Some(live) = self.shared.live.get() {
            live.feeds.stop().await;
        }
        // The log has said why, if it failed.
        let _ = self.written().await;
    }

    /// Waits until what operators have done is written down.
    pub(crate) async fn written(&self) -> Result<(), StateError> {
        self.shared.rules.save().await
    }
}

impl Shared {
    /// Opens the store and starts the feeds, however long that takes, and says meanwhile what is wrong.
    async fn open(&self, state: &Path) -> (&Live, tokio::sync::broadcast::Receiver<ingest_feeds::Change>) {
        loop {
            match self.try_open(state).await {
                Ok((live, changes)) => {
                    tracing::info!(feeds = self.layout.feeds().len(), "the data is open");
                    return (self.live.get_or_init(|| live), changes);
                }
                Err(said) => {
                    tracing::error!(why = said.en, "the data cannot be opened; it is tried again");
                    self.all_faulty(&said);
                }
            }
            tokio::time::sleep(OPEN_EVERY).await;
        }
    }

    async fn try_open(
        &self,
        state: &Path,
    ) -> Result<(Live, tokio::sync::broadcast::Receiver<ingest_feeds::Change>), Said> {
        let address = self.address.as_ref().map_err(|credential| Said {
            zh: format!("缺少凭据 {credential}，请添加到凭据文件"),
            en: format!("credential {credential} is missing; add it to the credentials file"),
        })?;
        let host = self.host.clone();
        let clock = Arc::new(move || host.wall());
        let said = |error: StoreError| Said { zh: error.chinese(), en: error.to_string() };
        let store = Store::open(address, self.layout.tables(), clock).await.map_err(said)?;
        // From here on nothing that lands is missed.
        let changes = store.changes();
        self.rules
            .learn(&store)
            .await
            .map_err(|error| Said { zh: error.chinese(), en: error.to_string() })?;
        let settings = feeds_settings(&self.host, state, &self.settings);
        let feeds = Feeds::start(self.layout.feeds(), store.clone(), self.settings.secrets.clone(), settings);
        let feeds = feeds
            .await
            .map_err(|error| Said {
                zh: format!("数据源无法启动：{error}"), en: error.to_string()
            })?;
        Ok((Live { store, feeds }, changes))
    }

    pub(crate) fn now(&self) -> WallTime {
        self.host.wall()
    }
}

fn feeds_settings(host: &Host, state: &Path, settings: &DataSettings) -> FeedsSettings {
    FeedsSettings {
        data_folder: settings.data_folder.clone(),
        instance: instance::instance(state),
        // Spreads retries; nobody has to be surprised by it.
        seed: u64::try_from(host.wall().0).unwrap_or(0) ^ u64::from(std::process::id()),
        authorities: Vec::new(),
    }
}

/// Where the store is; the error is a credential that is in no file.
fn store_address(store: &DataStore, state: &Path, secrets: &Secrets) -> Result<StoreAddress, String> {
    Ok(match store {
        DataStore::Embedded => StoreAddress::Sqlite { path: store_file(state) },
        DataStore::Postgres { host, port, database, credential, tls } => StoreAddress::Postgres {
            host: host.clone(),
            port: *port,
            database: database.clone(),
            tls: *tls,
            credential: match credential {
                None => None,
                Some(id) => Some(secrets(id).ok_or_else(|| id.to_string())?),
            },
        },
    })
}

/// The file of the embedded store below a controller's state folder.
pub fn store_file(state: &Path) -> PathBuf {
    state.join(STORE_FILE)
}
