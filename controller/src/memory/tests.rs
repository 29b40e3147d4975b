//! What is remembered is what was said last, also after the program was away, and whoever wrote it.

use super::*;
use controller_store::StoreLimits;
use layouts::rules::{Engine, Now};
use media::{LocalTime, WallTime};

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("taibai-memory-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn rules(at: i64) -> EngineState {
    let layout = layouts::parse(include_str!("../../tests/two-walls.toml"), "hall.toml").unwrap();
    Engine::new(&layout, Now { local: LocalTime(0), wall: WallTime(at) }).state()
}

async fn open(folder: &Path) -> (SqliteStore, Memory, Remembered) {
    let store = SqliteStore::open(&folder.join("state.db"), StoreLimits::default()).await.unwrap();
    let (memory, remembered) = Memory::open(store.clone(), folder).await.unwrap();
    (store, memory, remembered)
}

/// A memory that keeps what lies in `walls`.
fn keeping(memory: &Memory, walls: &Arc<std::sync::Mutex<BTreeMap<String, Vec<u8>>>>, at: i64) {
    let walls = walls.clone();
    memory.keeps(move |_| {
        let entries = walls.lock().unwrap().clone().into_iter().map(|(key, value)| (key, Some(value)));
        Some(Snapshot { rules: rules(at), walls: entries.collect() })
    });
}

#[tokio::test]
async fn what_was_written_is_read_and_what_is_gone_is_gone() {
    let folder = folder("kept");
    let walls: Arc<std::sync::Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
    let many =
        |from: usize| (from..from + 300).map(|number| (format!("walls/a/{number:05}"), vec![7; 9])).collect();
    for round in 0..3 {
        let (store, memory, remembered) = open(&folder).await;
        assert_eq!(remembered.rules, (round > 0).then(|| rules(round - 1)));
        assert_eq!(remembered.walls, *walls.lock().unwrap());
        keeping(&memory, &walls, round);
        // More than one transaction takes.
        *walls.lock().unwrap() = many(200 * round as usize);
        memory.touch();
        memory.save().await.unwrap();
        let revision = store.revision().await.unwrap();
        memory.save().await.unwrap();
        assert_eq!(store.revision().await.unwrap(), revision, "nothing has changed");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn the_file_of_an_earlier_program_is_taken_over_once() {
    let folder = folder("former");
    let file = folder.join("rules.json");
    fs::write(&file, serde_json::to_vec(&rules(7)).unwrap()).unwrap();
    let (_, memory, remembered) = open(&folder).await;
    assert_eq!(remembered.rules, Some(rules(7)));
    assert!(file.exists(), "until the store has it");
    keeping(&memory, &Arc::default(), 8);
    memory.save().await.unwrap();
    assert!(!file.exists() && folder.join("rules.json.moved").exists());
    let (_, _, remembered) = open(&folder).await;
    assert_eq!(remembered.rules, Some(rules(8)));
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn what_cannot_be_understood_is_put_aside() {
    let folder = folder("broken");
    fs::write(folder.join("rules.json"), "{").unwrap();
    let (store, memory, remembered) = open(&folder).await;
    assert_eq!(remembered.rules, None);
    assert!(folder.join("rules.json.unreadable").exists());
    keeping(&memory, &Arc::default(), 1);
    memory.save().await.unwrap();
    store.commit(Transaction::put(HEAD, b"{".to_vec())).await.unwrap();
    let (store, memory, remembered) = open(&folder).await;
    assert_eq!(remembered.rules, None);
    assert_eq!(store.get("unreadable/rules/000").await.unwrap().unwrap().value, b"{");
    keeping(&memory, &Arc::default(), 2);
    memory.save().await.unwrap();
    assert_eq!(open(&folder).await.2.rules, Some(rules(2)));
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_second_writer_is_noticed_and_loses() {
    let folder = folder("second");
    let (_, one, _) = open(&folder).await;
    let (_, other, _) = open(&folder).await;
    keeping(&one, &Arc::default(), 1);
    keeping(&other, &Arc::default(), 2);
    one.save().await.unwrap();
    assert!(matches!(other.save().await, Err(StoreError::Failed { .. })));
    assert!(matches!(other.save().await, Err(StoreError::Failed { .. })), "it is not forgotten");
    one.touch();
    one.save().await.unwrap();
    assert_eq!(open(&folder).await.2.rules, Some(rules(1)));
    fs::remove_dir_all(&folder).unwrap();
}
