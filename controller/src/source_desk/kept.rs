//! What was done to sources while the hall ran, as it is kept: one entry for each source that is not as the document's file has it.

use controller_store::{StateStore, StoreError, Transaction};
use layouts_edit::{HallText, SourceKeys};
use media::SourceId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Before the source's id.
const PREFIX: &str = "sources/";
/// Entries that are read at a time.
const PAGE: u32 = 1000;

/// Sources that are other ones than in the file, and what they are; `None` for one that is gone.
pub(crate) type Changes = BTreeMap<SourceId, Option<SourceKeys>>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    /// As the document would say it; null for a source that is gone.
    keys: Option<SourceKeys>,
}

fn key(source: &SourceId) -> String {
    format!("{PREFIX}{source}")
}

/// Reads what is kept. An entry that cannot be read is left alone, and said in the log.
pub(crate) async fn load(store: &impl StateStore) -> Result<Changes, StoreError> {
    let (mut changes, mut after) = (Changes::new(), None::<String>);
    loop {
        let page = store.range(PREFIX, after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(changes) };
        after = Some(last.key.clone());
        for entry in page {
            let id = entry.key.strip_prefix(PREFIX).and_then(|id| SourceId::new(id).ok());
            match (id, serde_json::from_slice::<Form>(&entry.value)) {
                (Some(id), Ok(Form { keys })) => drop(changes.insert(id, keys)),
                _ => tracing::error!(key = entry.key, "what is kept of a source cannot be read"),
            }
        }
    }
}

/// Keeps what has become of `source`; `None` when it is as the file has it again.
pub(crate) async fn save(
    store: &impl StateStore,
    source: &SourceId,
    change: Option<&Option<SourceKeys>>,
) -> Result<(), StoreError> {
    let transaction = match change {
        Some(keys) => {
            let form = Form { keys: keys.clone() };
            let value =
                serde_json::to_vec(&form).map_err(|why| StoreError::Failed { why: why.to_string() })?;
            Transaction::put(&key(source), value)
        }
        None => Transaction::default().and_delete(&key(source)),
    };
    store.commit(transaction).await.map(drop)
}

/// The file with what was changed, and those changes that still differ from the file: one that was saved into it is done. A change that
/// no longer fits the file, because a scene needs what was removed for one, is left out and said in the log.
pub(crate) fn laid_over(file: &HallText, kept: Changes) -> (HallText, Changes) {
    let differs = |(source, keys): &(SourceId, Option<SourceKeys>)| file.source(source) != *keys;
    let kept: Changes = kept.into_iter().filter(differs).collect();
    if let Ok(hall) = file.with_sources(&kept) {
        return (hall, kept);
    }
    let mut fitting = Changes::new();
    let mut hall = file.clone();
    for (source, keys) in kept {
        fitting.insert(source.clone(), keys);
        match file.with_sources(&fitting) {
            Ok(with_it) => hall = with_it,
            Err(error) => {
                tracing::error!(%source, %error, "a source is as the document's file has it: what was changed does not fit");
                fitting.remove(&source);
            }
        }
    }
    (hall, fitting)
}

#[cfg(test)]
mod tests {
    use super::*;
    use controller_store::{SqliteStore, StoreLimits};
    use serde_json::json;

    const FILE: &str = include_str!("../../tests/two-walls.toml");

    fn id(name: &str) -> SourceId {
        SourceId::new(name).unwrap()
    }

    fn keys(text: serde_json::Value) -> Option<SourceKeys> {
        text.as_object().cloned()
    }

    #[test]
    fn what_no_longer_fits_is_left_out_and_what_was_saved_is_done() {
        let file = HallText::parse(FILE, "hall.toml").unwrap();
        let pond = keys(json!({ "id": "pond", "rtsp": { "host": "10.0.0.9", "path": "/1" } }));
        // A scene of the file shows the gate.
        let kept = Changes::from([(id("pond"), pond.clone()), (id("gate"), None)]);
        let (hall, left) = laid_over(&file, kept.clone());
        assert_eq!(left.keys().collect::<Vec<_>>(), [&id("pond")]);
        assert!(hall.layout().source(&id("pond")).is_some() && hall.layout().source(&id("gate")).is_some());
        let saved = HallText::parse(hall.text(), "hall.toml").unwrap();
        assert_eq!(laid_over(&saved, left).1, Changes::new(), "it stands in the file");
        let (plain, none) = laid_over(&file, Changes::new());
        assert!(plain.text() == file.text() && none.is_empty());
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let folder = std::env::temp_dir().join(format!("taibai-sources-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = SqliteStore::open(&folder.join("state.db"), StoreLimits::default()).await.unwrap();
            let pond = keys(json!({ "id": "pond", "image": { "path": "a.png" } }));
            save(&store, &id("pond"), Some(&pond)).await.unwrap();
            save(&store, &id("lake"), Some(&None)).await.unwrap();
            store.commit(Transaction::put("sources/broken", b"{".to_vec())).await.unwrap();
            let kept = load(&store).await.unwrap();
            assert_eq!(kept, Changes::from([(id("pond"), pond), (id("lake"), None)]));
            save(&store, &id("lake"), None).await.unwrap();
            assert_eq!(load(&store).await.unwrap().len(), 1);
            store.close().await.unwrap();
        });
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
