//! Errands: what ingest nodes are asked to find out, and who waits for it. Few at once, each with an end.

use super::Desk;
use media::NodeId;
use protocol::{Errand, ErrandOutcome, Role, Task};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Errands that are awaited at once, of all nodes together.
const ERRANDS_MAX: usize = 8;
/// A node is done by then, or will never be.
const REPLY_WITHIN: Duration = Duration::from_secs(12);

/// Why an errand has brought nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoReply {
    /// No ingest node is connected, or not the one that is meant.
    Away,
    /// More errands than are run at once.
    Busy,
    /// The node does not answer.
    Slow,
}

struct Awaited {
    node: NodeId,
    waits: oneshot::Sender<ErrandOutcome>,
}

#[derive(Default)]
struct Inner {
    so_far: u64,
    awaited: BTreeMap<u64, Awaited>,
}

/// Who waits for what.
#[derive(Default)]
pub(super) struct Errands {
    inner: Mutex<Inner>,
}

impl Errands {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // It is whole between any two statements: a panic elsewhere does not spoil it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a new errand of `node`, greater than all before, and where its outcome comes.
    fn begin(&self, node: &NodeId) -> Option<(u64, oneshot::Receiver<ErrandOutcome>)> {
        let mut inner = self.inner();
        // Whoever has given up waiting needs no place.
        inner.awaited.retain(|_, awaited| !awaited.waits.is_closed());
        if inner.awaited.len() >= ERRANDS_MAX {
            return None;
        }
        inner.so_far += 1;
        let (waits, comes) = oneshot::channel();
        let number = inner.so_far;
        inner.awaited.insert(number, Awaited { node: node.clone(), waits });
        Some((number, comes))
    }

    /// `node` has answered. A number that nobody asked it for means nothing.
    pub(super) fn reply(&self, node: &NodeId, number: u64, outcome: ErrandOutcome) {
        let mut inner = self.inner();
        if inner.awaited.get(&number).is_some_and(|awaited| awaited.node == *node)
            && let Some(Awaited { waits, .. }) = inner.awaited.remove(&number)
        {
            // Nobody waits any more.
            let _ = waits.send(outcome);
        }
    }
}

impl Desk {
    /// The ingest nodes that are connected.
    pub(crate) fn readers(&self) -> Vec<NodeId> {
        let state = self.shared.state();
        let readers = state.links.iter().filter(|(_, link)| link.role == Role::Ingest);
        readers.map(|(node, _)| node.clone()).collect()
    }

    /// Has `node`, an ingest node, find something out.
    pub(crate) async fn errand(&self, node: &NodeId, task: Task) -> Result<ErrandOutcome, NoReply> {
        let comes = {
            // Numbers are given and told under one lock, so that each is greater than the one before.
            let state = self.shared.state();
            let link = state.links.get(node).filter(|link| link.role == Role::Ingest).ok_or(NoReply::Away)?;
            let (number, comes) = self.shared.errands.begin(node).ok_or(NoReply::Busy)?;
            link.handle.errand(Errand { number, task });
            comes
        };
        match tokio::time::timeout(REPLY_WITHIN, comes).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) | Err(_) => Err(NoReply::Slow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ErrandFault;

    #[test]
    fn errands_are_bounded_and_only_who_was_asked_can_reply() {
        let node = |name: &str| NodeId::new(name).unwrap();
        let errands = Errands::default();
        let mut waiting: Vec<_> = std::iter::from_fn(|| errands.begin(&node("east"))).collect();
        assert_eq!(waiting.len(), ERRANDS_MAX);
        let (number, mut comes) = waiting.pop().unwrap();
        let outcome = || ErrandOutcome::Failed(ErrandFault::Busy);
        errands.reply(&node("west"), number, outcome());
        errands.reply(&node("east"), number + 1, outcome());
        assert!(comes.try_recv().is_err());
        errands.reply(&node("east"), number, outcome());
        assert_eq!(comes.try_recv(), Ok(outcome()));
        assert!(errands.begin(&node("east")).unwrap().0 > number);
        drop(waiting);
        assert!(errands.begin(&node("east")).is_some(), "who has given up makes room");
    }
}
