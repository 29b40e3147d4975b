//! The store against a model, over restarts, and with files that are damaged.

use controller_store::{
    Change, Changes, Compare, Operation, Outcome, SqliteStore, StateStore, StoreError, StoreLimits,
    Transaction,
};
use media::WallTime;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("taibai-store-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("state.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, StoreLimits::default()).await.unwrap()
}

const SMALL: StoreLimits = StoreLimits { bytes_max: 4000, history: 5 };

/// What a store ought to be.
#[derive(Debug, Default, Clone)]
struct Model {
    revision: u64,
    compacted: u64,
    /// Value, created, modified.
    entries: BTreeMap<String, (Vec<u8>, u64, u64)>,
    changes: Vec<Change>,
}

impl Model {
    fn commit(&mut self, transaction: &Transaction) -> Result<Outcome, StoreError> {
        for compare in &transaction.compares {
            let found = self.entries.get(compare.key());
            let holds = match compare {
                Compare::Absent(_) => found.is_none(),
                Compare::Modified(_, revision) => found.is_some_and(|(.., modified)| modified == revision),
            };
            if !holds {
                let found = found.map(|(value, created, modified)| controller_store::Entry {
                    key: compare.key().to_owned(),
                    value: value.clone(),
                    created: *created,
                    modified: *modified,
                    lease: None,
                });
                return Ok(Outcome::Conflict { key: compare.key().to_owned(), found });
            }
        }
        let mut next = self.clone();
        next.revision += 1;
        for operation in &transaction.operations {
            let (key, deleted) = match operation {
                Operation::Put { key, value, .. } => {
                    let created = next.entries.get(key).map_or(next.revision, |(_, created, _)| *created);
                    next.entries.insert(key.clone(), (value.clone(), created, next.revision));
                    (key, false)
                }
                Operation::Delete { key } => {
                    if next.entries.remove(key).is_none() {
                        continue;
                    }
                    (key, true)
                }
            };
            next.changes.push(Change { revision: next.revision, key: key.clone(), deleted });
        }
        if next.changes.len() == self.changes.len() {
            return Ok(Outcome::Done { revision: self.revision });
        }
        if next.bytes() > SMALL.bytes_max && next.bytes() > self.bytes() {
            return Err(StoreError::Full { bytes_max: SMALL.bytes_max });
        }
        if next.revision - next.compacted > 2 * SMALL.history {
            next.compacted = next.revision - SMALL.history;
        }
        next.changes.sort_by(|a, b| (a.revision, &a.key).cmp(&(b.revision, &b.key)));
        *self = next;
        Ok(Outcome::Done { revision: self.revision })
    }

    fn bytes(&self) -> u64 {
        self.entries.iter().map(|(key, (value, ..))| (key.len() + value.len()) as u64).sum()
    }

    fn range(&self, prefix: &str) -> Vec<(String, Vec<u8>, u64, u64)> {
        let entries = self.entries.iter().filter(|(key, _)| key.starts_with(prefix));
        entries
            .map(|(key, (value, created, modified))| (key.clone(), value.clone(), *created, *modified))
            .collect()
    }

    fn changes(&self, prefix: &str, after: u64) -> Changes {
        if after < self.compacted {
            return Changes::Compacted { oldest: self.compacted };
        }
        let list =
            self.changes.iter().filter(|change| change.revision > after && change.key.starts_with(prefix));
        Changes::Since { upto: self.revision, list: list.cloned().collect() }
    }
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![Just("a"), Just("a/1"), Just("a/2"), Just("a0"), Just("b"), Just("b/~"), Just("~")]
        .prop_map(str::to_owned)
}

fn transactions() -> impl Strategy<Value = Vec<Transaction>> {
    let compare = prop_oneof![
        key().prop_map(Compare::Absent),
        (key(), 0u64..12).prop_map(|(key, revision)| Compare::Modified(key, revision)),
    ];
    let value = prop::collection::vec(any::<u8>(), 0..1500);
    let operation = prop_oneof![
        3 => (key(), value).prop_map(|(key, value)| Operation::Put { key, value, lease: None }),
        1 => key().prop_map(|key| Operation::Delete { key }),
    ];
    let one = (prop::collection::vec(compare, 0..2), prop::collection::vec(operation, 0..4)).prop_map(
        |(compares, mut operations)| {
            let mut seen = std::collections::BTreeSet::new();
            operations.retain(|operation| seen.insert(operation.key().to_owned()));
            Transaction { compares, operations }
        },
    );
    prop::collection::vec(one, 1..30)
}

#[test]
fn the_store_is_what_the_model_says_also_after_it_was_opened_again() {
    let folder = Folder::new("model");
    let runtime = runtime();
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let result = runner.run(&transactions(), |transactions| {
        let _ = std::fs::remove_dir_all(&folder.0);
        runtime.block_on(async {
            let mut store = SqliteStore::open(&folder.file(), SMALL).await.unwrap();
            let mut model = Model::default();
            for (n, transaction) in transactions.iter().enumerate() {
                assert_eq!(store.commit(transaction.clone()).await, model.commit(transaction));
                if n % 9 == 8 {
                    store.close().await.unwrap();
                    store = SqliteStore::open(&folder.file(), SMALL).await.unwrap();
                }
                assert_eq!(store.revision().await.unwrap(), model.revision);
            }
            for prefix in ["", "a", "a/", "b", "c"] {
                let range = store.range(prefix, None, 100).await.unwrap();
                let range: Vec<_> =
                    range.into_iter().map(|e| (e.key, e.value, e.created, e.modified)).collect();
                assert_eq!(range, model.range(prefix));
                for after in 0..=model.revision {
                    assert_eq!(
                        store.changes(prefix, after, 1000).await.unwrap(),
                        model.changes(prefix, after)
                    );
                }
            }
            store.close().await.unwrap();
        });
        Ok(())
    });
    result.unwrap();
}

#[test]
fn pages_of_a_range_are_the_whole_range() {
    runtime().block_on(async {
        let folder = Folder::new("pages");
        let store = open(&folder.file()).await;
        for n in 0..25 {
            store.commit(Transaction::put(&format!("k/{n:02}"), vec![n])).await.unwrap();
        }
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let page = store.range("k/", after.as_deref(), 10).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            all.extend(page.into_iter().map(|entry| entry.value[0]));
        }
        assert_eq!(all, (0..25).collect::<Vec<u8>>());
    });
}

#[test]
fn of_two_that_change_the_same_from_the_same_revision_one_is_told() {
    runtime().block_on(async {
        let folder = Folder::new("cas");
        let store = open(&folder.file()).await;
        store.commit(Transaction::put("wall", b"day".to_vec())).await.unwrap();
        let from = store.get("wall").await.unwrap().unwrap().modified;
        let swap = |value: &[u8]| {
            Transaction::put("wall", value.to_vec()).only_if(Compare::Modified("wall".into(), from))
        };
        assert_eq!(store.commit(swap(b"night")).await.unwrap(), Outcome::Done { revision: 2 });
        let Outcome::Conflict { key, found } = store.commit(swap(b"storm")).await.unwrap() else {
            panic!("a lost update");
        };
        assert_eq!((key.as_str(), found.unwrap().value), ("wall", b"night".to_vec()));
    });
}

#[test]
fn a_watch_gives_every_change_in_order_and_says_when_it_is_too_late() {
    runtime().block_on(async {
        let folder = Folder::new("watch");
        let store = SqliteStore::open(&folder.file(), StoreLimits { history: 10, ..SMALL }).await.unwrap();
        let mut watch = store.watch("k/", 0);
        let writer = store.clone();
        let writing = async move {
            for n in 0..8u8 {
                writer.commit(Transaction::put(&format!("k/{n}"), vec![n])).await.unwrap();
                writer.commit(Transaction::put("other", vec![n])).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let reading = async {
            let mut seen = Vec::new();
            while seen.len() < 8 {
                match watch.next().await.unwrap() {
                    Changes::Since { list, .. } => seen.extend(list.into_iter().map(|change| change.key)),
                    Changes::Compacted { .. } => panic!("nothing is so old"),
                }
            }
            seen
        };
        let ((), seen) = tokio::join!(writing, reading);
        assert_eq!(seen, (0..8).map(|n| format!("k/{n}")).collect::<Vec<_>>());
        for n in 0..40 {
            store.commit(Transaction::put("k/x", vec![n])).await.unwrap();
        }
        assert!(matches!(watch.next().await.unwrap(), Changes::Compacted { .. }));
        let Changes::Since { upto, list } = watch.next().await.unwrap() else { panic!("told twice") };
        assert_eq!(upto, store.revision().await.unwrap());
        assert!(!list.is_empty());
        // From a future that this file has not seen.
        assert!(matches!(store.changes("", upto + 9, 10).await.unwrap(), Changes::Compacted { .. }));
    });
}

#[test]
fn what_hangs_on_a_lease_goes_with_it() {
    runtime().block_on(async {
        let folder = Folder::new("lease");
        let store = open(&folder.file()).await;
        let (second, ttl) = (Duration::from_secs(1), Duration::from_secs(10));
        let at = |seconds: u64| WallTime(0) + second * u32::try_from(seconds).unwrap();
        let lease = store.grant(ttl, at(0)).await.unwrap();
        let leader = |lease| Transaction {
            compares: vec![Compare::Absent("leader".into())],
            operations: vec![Operation::Put {
                key: "leader".into(),
                value: b"one".to_vec(),
                lease: Some(lease),
            }],
        };
        assert!(matches!(store.commit(leader(lease)).await.unwrap(), Outcome::Done { .. }));
        store.keep_alive(lease, ttl, at(9)).await.unwrap();
        assert_eq!(store.expire(at(18)).await.unwrap(), Vec::<String>::new());
        assert_eq!(store.expire(at(19)).await.unwrap(), ["leader"]);
        assert_eq!(store.get("leader").await.unwrap(), None);
        assert_eq!(store.keep_alive(lease, ttl, at(19)).await, Err(StoreError::NoLease));
        assert_eq!(store.commit(leader(lease)).await, Err(StoreError::NoLease));
    });
}

#[test]
fn only_the_owner_can_read_the_file_and_limits_hold() {
    runtime().block_on(async {
        let folder = Folder::new("limits");
        std::fs::write(folder.file(), b"").unwrap();
        std::fs::set_permissions(folder.file(), std::fs::Permissions::from_mode(0o644)).unwrap();
        let store = open(&folder.file()).await;
        store.commit(Transaction::put("a", vec![1])).await.unwrap();
        for entry in std::fs::read_dir(&folder.0).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.path());
        }
        for key in ["", "a b", "中", &"k".repeat(257)] {
            assert_eq!(store.commit(Transaction::put(key, vec![])).await, Err(StoreError::BadKey), "{key}");
        }
        let large = vec![0; controller_store::VALUE_BYTES_MAX + 1];
        assert_eq!(
            store.commit(Transaction::put("a", large)).await,
            Err(StoreError::TooLarge { key: "a".into() })
        );
        let twice = Transaction::put("a", vec![]).and_delete("a");
        assert_eq!(store.commit(twice).await, Err(StoreError::BadTransaction));
        let many = (0..200).fold(Transaction::default(), |t, n| t.and_delete(&format!("k{n}")));
        assert_eq!(store.commit(many).await, Err(StoreError::BadTransaction));
        assert_eq!(store.get("a").await.unwrap().unwrap().value, [1]);
    });
}

#[test]
fn a_damaged_file_is_said_plainly() {
    let runtime = runtime();
    let folder = Folder::new("damage");
    runtime.block_on(async {
        let store = open(&folder.file()).await;
        for n in 0..200u32 {
            store.commit(Transaction::put(&format!("k{n}"), vec![7; 900])).await.unwrap();
        }
        store.close().await.unwrap();
    });
    let is_corrupt = || {
        let error = runtime.block_on(SqliteStore::open(&folder.file(), StoreLimits::default())).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("is damaged") && error.chinese().contains("已损坏"));
    };
    let good = std::fs::read(folder.file()).unwrap();
    assert!(good.len() > 100_000, "the log was not written back: {} bytes", good.len());
    std::fs::write(
        folder.file(),
        b"#!/bin/sh\necho this is no database, and it is long enough to be read as one\n",
    )
    .unwrap();
    is_corrupt();
    let mut bad = good.clone();
    bad[8192..40_000].fill(0xa5);
    std::fs::write(folder.file(), &bad).unwrap();
    is_corrupt();
    std::fs::write(folder.file(), &good[..good.len() / 2]).unwrap();
    is_corrupt();
    std::fs::write(folder.file(), &good).unwrap();
    let all = runtime.block_on(async { open(&folder.file()).await.range("", None, 1000).await.unwrap() });
    assert_eq!(all.len(), 200);
}
