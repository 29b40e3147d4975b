//! Who looks at which wall from afar, and the newest picture of each screen while somebody does. A value behind a lock that is
//! never held across a wait; what it holds is bounded by the screens there are.

use bytes::Bytes;
use media::{NodeId, ScreenId, WallId, WallTime};
use protocol::NoPicture;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};

/// People who look at a time, on all walls together.
const VIEWERS_MAX: usize = 256;
/// Pictures that are awaited at a time.
const REQUESTS_MAX: usize = 64;

/// A picture that was asked for and when it was made, or why there is none.
pub(crate) type Outcome = Result<(WallTime, Bytes), NoPicture>;

/// A picture that is awaited: from which node, and who waits.
struct Awaited {
    node: NodeId,
    waits: oneshot::Sender<Outcome>,
}

/// A wall that somebody looks at, or did until a moment ago.
struct Watched {
    viewers: usize,
    /// How often somebody has come: who was the last to go knows whether another one has come since.
    comings: u64,
    /// Grows with each picture.
    news: watch::Sender<u64>,
    /// The newest message of each screen, and its number.
    shots: BTreeMap<ScreenId, (u64, Bytes)>,
}

#[derive(Default)]
struct Inner {
    walls: BTreeMap<WallId, Watched>,
    viewers: usize,
    shots_so_far: u64,
    awaited: BTreeMap<u64, Awaited>,
    requests_so_far: u64,
}

/// The board.
#[derive(Default)]
pub(crate) struct Board {
    inner: Mutex<Inner>,
}

impl Board {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // It is whole between any two statements: a panic elsewhere does not spoil it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more looks at `wall`: whether it is the first, and what tells of new pictures. `None` when there are too many.
    pub(crate) fn enter(&self, wall: &WallId) -> Option<(bool, watch::Receiver<u64>)> {
        let mut inner = self.inner();
        if inner.viewers >= VIEWERS_MAX {
            return None;
        }
        inner.viewers += 1;
        let is_first = !inner.walls.contains_key(wall);
        let fresh = || Watched { viewers: 0, comings: 0, news: watch::channel(0).0, shots: BTreeMap::new() };
        let watched = inner.walls.entry(wall.clone()).or_insert_with(fresh);
        watched.viewers += 1;
        watched.comings += 1;
        Some((is_first, watched.news.subscribe()))
    }

    /// One goes. What [`Board::close`] is to be told later, when it was the last.
    pub(crate) fn leave(&self, wall: &WallId) -> Option<u64> {
        let mut inner = self.inner();
        inner.viewers = inner.viewers.saturating_sub(1);
        let watched = inner.walls.get_mut(wall)?;
        watched.viewers = watched.viewers.saturating_sub(1);
        (watched.viewers == 0).then_some(watched.comings)
    }

    /// Whether still nobody looks at `wall` since the last one has gone: its pictures are forgotten then.
    pub(crate) fn close(&self, wall: &WallId, comings: u64) -> bool {
        let mut inner = self.inner();
        let is_over = |watched: &Watched| watched.viewers == 0 && watched.comings == comings;
        let is_over = inner.walls.get(wall).is_some_and(is_over);
        if is_over {
            inner.walls.remove(wall);
        }
        is_over
    }

    /// The walls whose pictures are wanted.
    pub(crate) fn watched(&self) -> Vec<WallId> {
        self.inner().walls.keys().cloned().collect()
    }

    /// A screen's newest picture. One of a wall that nobody looks at is forgotten.
    pub(crate) fn put(&self, wall: &WallId, screen: ScreenId, message: Bytes) {
        let mut inner = self.inner();
        inner.shots_so_far += 1;
        let number = inner.shots_so_far;
        if let Some(watched) = inner.walls.get_mut(wall) {
            watched.shots.insert(screen, (number, message));
            watched.news.send_replace(number);
        }
    }

    /// Of the pictures of `wall` that are newer than those in `seen`, the one that came first.
    pub(crate) fn next(
        &self,
        wall: &WallId,
        seen: &BTreeMap<ScreenId, u64>,
    ) -> Option<(ScreenId, u64, Bytes)> {
        let inner = self.inner();
        let shots = inner.walls.get(wall)?.shots.iter();
        let unseen = shots.filter(|(screen, (number, _))| seen.get(*screen).is_none_or(|seen| seen < number));
        let (screen, (number, message)) = unseen.min_by_key(|(_, (number, _))| *number)?;
        Some((screen.clone(), *number, message.clone()))
    }

    /// A picture is asked of `node`: its number, greater than all before, and where it comes. `None` when too many are awaited.
    pub(crate) fn request(&self, node: &NodeId) -> Option<(u64, oneshot::Receiver<Outcome>)> {
        let mut inner = self.inner();
        // Whoever has given up waiting needs no place.
        inner.awaited.retain(|_, awaited| !awaited.waits.is_closed());
        if inner.awaited.len() >= REQUESTS_MAX {
            return None;
        }
        inner.requests_so_far += 1;
        let (waits, comes) = oneshot::channel();
        let number = inner.requests_so_far;
        inner.awaited.insert(number, Awaited { node: node.clone(), waits });
        Some((number, comes))
    }

    /// `node` has answered. A number that nobody asked it for means nothing.
    pub(crate) fn reply(&self, node: &NodeId, number: u64, outcome: Outcome) {
        let mut inner = self.inner();
        if inner.awaited.get(&number).is_some_and(|awaited| awaited.node == *node)
            && let Some(Awaited { waits, .. }) = inner.awaited.remove(&number)
        {
            // Nobody waits any more.
            let _ = waits.send(outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall() -> WallId {
        WallId::new("w").unwrap()
    }

    fn screen(name: &str) -> ScreenId {
        ScreenId::new(name).unwrap()
    }

    fn node(name: &str) -> NodeId {
        NodeId::new(name).unwrap()
    }

    #[test]
    fn the_last_who_goes_closes_the_wall_unless_another_has_come_since() {
        let board = Board::default();
        assert!(board.enter(&wall()).unwrap().0);
        assert!(!board.enter(&wall()).unwrap().0);
        assert_eq!(board.leave(&wall()), None);
        let last = board.leave(&wall()).unwrap();
        // Within the grace the wall goes on.
        assert_eq!(board.watched(), [wall()]);
        assert!(!board.enter(&wall()).unwrap().0);
        assert!(!board.close(&wall(), last));
        let again = board.leave(&wall()).unwrap();
        assert!(!board.close(&wall(), last), "the older grace is over first");
        assert!(board.close(&wall(), again));
        assert_eq!(board.watched(), []);
        assert!(board.enter(&wall()).unwrap().0);
    }

    #[test]
    fn a_slow_viewer_gets_the_newest_of_each_screen_and_no_queue() {
        let board = Board::default();
        board.put(&wall(), screen("a"), "lost".into());
        let (_, news) = board.enter(&wall()).unwrap();
        let mut seen = BTreeMap::new();
        assert_eq!(board.next(&wall(), &seen), None);
        for n in 0..10_000 {
            board.put(&wall(), screen("a"), n.to_string().into());
            board.put(&wall(), screen("b"), format!("b{n}").into());
        }
        assert!(news.has_changed().unwrap());
        let mut got = Vec::new();
        while let Some((screen, number, message)) = board.next(&wall(), &seen) {
            seen.insert(screen, number);
            got.push(message);
        }
        assert_eq!(got, ["9999", "b9999"]);
    }

    #[test]
    fn viewers_and_requests_are_bounded() {
        let board = Board::default();
        let entered = (0..1_000).filter(|_| board.enter(&wall()).is_some()).count();
        assert_eq!(entered, VIEWERS_MAX);
        board.leave(&wall());
        assert!(board.enter(&wall()).is_some());
        let mut waiting: Vec<_> = std::iter::from_fn(|| board.request(&node("east"))).collect();
        assert_eq!(waiting.len(), REQUESTS_MAX);
        waiting.pop();
        assert!(board.request(&node("east")).is_some(), "who has given up makes room");
    }

    #[test]
    fn only_the_node_that_was_asked_can_reply() {
        let board = Board::default();
        let (number, mut comes) = board.request(&node("east")).unwrap();
        board.reply(&node("west"), number, Err(NoPicture::None));
        board.reply(&node("east"), number + 1, Err(NoPicture::None));
        assert!(comes.try_recv().is_err());
        board.reply(&node("east"), number, Ok((WallTime(1), "x".into())));
        assert_eq!(comes.try_recv(), Ok(Ok((WallTime(1), "x".into()))));
        board.reply(&node("east"), number, Err(NoPicture::None));
    }
}
