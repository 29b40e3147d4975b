//! The audit log at work: one writer, each record and the chain's new end in one transaction.

use controller_identity::{
    AUDIT_HEAD, AUDIT_PREFIX, AuditFault, AuditHead, AuditRecord, AuditVerified, AuditWalk, Deed,
};
use controller_store::{Compare, Outcome, SqliteStore, StateStore, StoreError, Transaction};
use protocol_quic::Host;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Mutex;

/// Records that are read at a time.
const PAGE: u32 = 1000;

/// Where deeds are written down. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AuditDesk {
    inner: Arc<Inner>,
}

struct Inner {
    host: Host,
    store: SqliteStore,
    head: Mutex<AuditHead>,
    failing: AtomicBool,
}

impl AuditDesk {
    /// Goes on where the log was left.
    pub(crate) async fn open(host: &Host, store: SqliteStore) -> Result<Self, StoreError> {
        let head = Mutex::new(kept_head(&store).await?);
        Ok(Self {
            inner: Arc::new(Inner { host: host.clone(), store, head, failing: AtomicBool::new(false) }),
        })
    }

    /// Writes a deed down and waits until it is safe. Who goes away meanwhile is written down all the same.
    pub(crate) async fn record(&self, deed: Deed) {
        let inner = self.inner.clone();
        let written = tokio::spawn(async move { inner.append(deed).await }).await;
        let failing = !matches!(written, Ok(Ok(())));
        if let Ok(Err(error)) = &written {
            tracing::error!(%error, "a deed cannot be written into the audit log");
        }
        self.inner.failing.store(failing, Ordering::Relaxed);
    }

    /// Whether the newest deed could not be written down.
    pub(crate) fn is_failing(&self) -> bool {
        self.inner.failing.load(Ordering::Relaxed)
    }

    /// How many records there are.
    pub(crate) async fn count(&self) -> u64 {
        self.inner.head.lock().await.number
    }

    /// Records behind number `after`, oldest first. What cannot be read any more is left out here; [`AuditDesk::verify`] names it.
    pub(crate) async fn list(&self, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let entries = self.inner.store.range(AUDIT_PREFIX, Some(&AuditRecord::key(after)), limit).await?;
        Ok(entries.iter().filter_map(|entry| AuditRecord::from_bytes(&entry.value)).collect())
    }

    /// Computes every hash anew. Acts wait for no part of it.
    pub(crate) async fn verify(&self) -> Result<Result<AuditVerified, AuditFault>, StoreError> {
        let store = &self.inner.store;
        // The end first: what is added meanwhile is looked at the next time.
        let head = self.inner.head.lock().await.clone();
        let kept = kept_head(store).await?;
        let (mut walk, mut after, mut seen) = (AuditWalk::default(), None::<String>, 0);
        'reading: loop {
            let page = store.range(AUDIT_PREFIX, after.as_deref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for entry in &page {
                if seen == head.number && self.count().await > head.number {
                    break 'reading;
                }
                match walk.step(&entry.key, &entry.value) {
                    Ok(record) => seen = record.number,
                    Err(fault) => return Ok(Err(fault)),
                }
            }
        }
        if kept.number < head.number || (kept.number == head.number && kept.hash != head.hash) {
            return Ok(Err(AuditFault::Altered { number: kept.number.max(1) }));
        }
        Ok(walk.finish(&head))
    }
}

impl Inner {
    async fn append(&self, deed: Deed) -> Result<(), StoreError> {
        let mut head = self.head.lock().await;
        let (record, next) = head.record(deed, self.host.wall());
        let key = AuditRecord::key(record.number);
        let transaction = Transaction::put(&key, record.to_bytes())
            .and_put(AUDIT_HEAD, next.to_string().into_bytes())
            .only_if(Compare::Absent(key));
        match self.store.commit(transaction).await? {
            Outcome::Done { .. } => {
                *head = next;
                Ok(())
            }
            Outcome::Conflict { key, .. } => {
                *head = kept_head(&self.store).await?;
                Err(StoreError::Failed {
                    why: format!("{key} is there already: somebody else writes the audit log"),
                })
            }
        }
    }
}

/// The end of the chain as it is kept. One that cannot be read is the beginning: then nothing verifies, and nothing is written over.
async fn kept_head(store: &SqliteStore) -> Result<AuditHead, StoreError> {
    let kept = store.get(AUDIT_HEAD).await?;
    let text = kept.as_ref().and_then(|entry| std::str::from_utf8(&entry.value).ok());
    Ok(text.and_then(AuditHead::parse).unwrap_or_default())
}
