//! Who looks at which wall from afar, and the newest picture of each screen while somebody does. A value behind a lock that is
//! never held across a wait; what it holds is bounded by the screens there are.
//!
//! Of a screen's JPEGs the newest is held, of its H.264 what has come since the newest key picture: whoever begins to look begins there,
//! and whoever is slower than the pictures come goes on at the next one.

use bytes::Bytes;
use media::{CanvasFrame, NodeId, ScreenId, WallId, WallTime};
use protocol::{Looks, NoPicture, PreviewCoding};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};

/// People who look at a time, on all walls together.
const VIEWERS_MAX: usize = 256;
/// Pictures that are awaited at a time.
const REQUESTS_MAX: usize = 64;

/// Bytes of a screen's H.264 that are held; what comes after them is passed over until the next key picture.
const CHAIN_BYTES_MAX: usize = 4 << 20;

/// In which form somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// JPEGs.
    Stills,
    /// H.264, and JPEGs of screens whose node cannot make it.
    Video,
}

/// A picture that was asked for and when it was made, or why there is none.
pub(crate) type Outcome = Result<(WallTime, Bytes), NoPicture>;

/// A picture that is awaited: from which node, and who waits.
struct Awaited {
    node: NodeId,
    waits: oneshot::Sender<Outcome>,
}

/// Those who look at a wall in one form.
#[derive(Default)]
struct Audience {
    viewers: usize,
    /// How often somebody has come: who was the last to go knows whether another one has come since.
    comings: u64,
    /// Whether nodes have been told to send what they look at.
    served: bool,
}

/// A message and its number.
type Numbered = (u64, Bytes);

/// A screen's H.264 since the newest key picture.
#[derive(Default)]
struct Chain {
    /// The tick of that picture.
    key: u64,
    /// By their places after it.
    pictures: BTreeMap<u32, Numbered>,
}

/// A wall that somebody looks at, or did until a moment ago.
struct Watched {
    stills: Audience,
    video: Audience,
    /// Grows with each picture.
    news: watch::Sender<u64>,
    /// The newest JPEG of each screen.
    shots: BTreeMap<ScreenId, Numbered>,
    chains: BTreeMap<ScreenId, Chain>,
}

impl Watched {
    fn audience(&mut self, look: Look) -> &mut Audience {
        match look {
            Look::Stills => &mut self.stills,
            Look::Video => &mut self.video,
        }
    }

    fn looks(&self) -> Looks {
        Looks { stills: self.stills.served, video: self.video.served }
    }

    /// What somebody who has seen `seen` of a screen sees next of it.
    fn next(&self, look: Look, screen: &ScreenId, seen: Option<&Seen>) -> Option<(Seen, &Numbered)> {
        if let (Look::Video, Some(chain)) = (look, self.chains.get(screen)) {
            let order = match seen {
                Some(Seen::Video { key, order }) if *key == chain.key => order + 1,
                _ => 0,
            };
            return chain.pictures.get(&order).map(|next| (Seen::Video { key: chain.key, order }, next));
        }
        let shot = self.shots.get(screen)?;
        let is_new = seen.is_none_or(|seen| !matches!(seen, Seen::Still(number) if *number >= shot.0));
        is_new.then_some((Seen::Still(shot.0), shot))
    }
}

/// What somebody has seen last of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A JPEG, by its number.
    Still(u64),
    /// So manieth picture after a key picture.
    Video {
        /// The tick of the key picture.
        key: u64,
        /// Its place.
        order: u32,
    },
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

    /// One more looks at `wall`: what nodes are to be told, if it is the first who looks so, and what tells of new pictures. `None` when
    /// there are too many.
    pub(crate) fn enter(&self, wall: &WallId, look: Look) -> Option<(Option<Looks>, watch::Receiver<u64>)> {
        let mut inner = self.inner();
        if inner.viewers >= VIEWERS_MAX {
            return None;
        }
        inner.viewers += 1;
        let fresh = || Watched {
            stills: Audience::default(),
            video: Audience::default(),
            news: watch::channel(0).0,
            shots: BTreeMap::new(),
            chains: BTreeMap::new(),
        };
        let watched = inner.walls.entry(wall.clone()).or_insert_with(fresh);
        let audience = watched.audience(look);
        audience.viewers += 1;
        audience.comings += 1;
        let is_first = !std::mem::replace(&mut audience.served, true);
        Some((is_first.then(|| watched.looks()), watched.news.subscribe()))
    }

    /// One goes. What [`Board::close`] is to be told later, when it was the last who looked so.
    pub(crate) fn leave(&self, wall: &WallId, look: Look) -> Option<u64> {
        let mut inner = self.inner();
        inner.viewers = inner.viewers.saturating_sub(1);
        let watched = inner.walls.get_mut(wall)?;
        let audience = watched.audience(look);
        audience.viewers = audience.viewers.saturating_sub(1);
        (audience.viewers == 0).then_some(audience.comings)
    }

    /// What nodes are to be told, if still nobody looks at `wall` so since the last one has gone: such pictures are forgotten then.
    pub(crate) fn close(&self, wall: &WallId, look: Look, comings: u64) -> Option<Looks> {
        let mut inner = self.inner();
        let watched = inner.walls.get_mut(wall)?;
        let audience = watched.audience(look);
        if !audience.served || audience.viewers > 0 || audience.comings != comings {
            return None;
        }
        audience.served = false;
        match look {
            Look::Stills => watched.shots.clear(),
            Look::Video => watched.chains.clear(),
        }
        let looks = watched.looks();
        if !looks.any() {
            inner.walls.remove(wall);
        }
        Some(looks)
    }

    /// The walls whose pictures are wanted, and as what.
    pub(crate) fn watched(&self) -> Vec<(WallId, Looks)> {
        self.inner().walls.iter().map(|(wall, watched)| (wall.clone(), watched.looks())).collect()
    }

    /// A screen's newest picture. One of a wall that nobody looks at is forgotten.
    pub(crate) fn put(&self, wall: &WallId, screen: ScreenId, coding: PreviewCoding, message: Bytes) {
        let mut inner = self.inner();
        inner.shots_so_far += 1;
        let number = inner.shots_so_far;
        let Some(watched) = inner.walls.get_mut(wall) else { return };
        match coding {
            PreviewCoding::Jpeg => {
                watched.shots.insert(screen, (number, message));
            }
            PreviewCoding::H264 { key: CanvasFrame(key), order } => {
                // Pictures may come in another order than the one in which they were sent.
                let chain = watched.chains.entry(screen).or_default();
                if key > chain.key {
                    *chain = Chain { key, pictures: BTreeMap::new() };
                }
                let held: usize = chain.pictures.values().map(|(_, held)| held.len()).sum();
                if key < chain.key || held + message.len() > CHAIN_BYTES_MAX {
                    return;
                }
                chain.pictures.insert(order, (number, message));
            }
        }
        watched.news.send_replace(number);
    }

    /// Of the pictures of `wall` that somebody who has seen `seen` sees next, the one that came first.
    pub(crate) fn next(
        &self,
        wall: &WallId,
        look: Look,
        seen: &BTreeMap<ScreenId, Seen>,
    ) -> Option<(ScreenId, Seen, Bytes)> {
        let inner = self.inner();
        let watched = inner.walls.get(wall)?;
        let screens: BTreeSet<&ScreenId> = watched.shots.keys().chain(watched.chains.keys()).collect();
        let of = |screen| watched.next(look, screen, seen.get(screen)).map(|next| (screen, next));
        let (screen, (now, (_, message))) =
            screens.into_iter().filter_map(of).min_by_key(|(_, (_, (number, _)))| *number)?;
        Some((screen.clone(), now, message.clone()))
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

    const STILLS: Option<Looks> = Some(Looks { stills: true, video: false });
    const VIDEO: Option<Looks> = Some(Looks { stills: false, video: true });
    const BOTH: Option<Looks> = Some(Looks { stills: true, video: true });
    const NOBODY: Option<Looks> = Some(Looks { stills: false, video: false });

    fn h264(key: u64, order: u32) -> PreviewCoding {
        PreviewCoding::H264 { key: CanvasFrame(key), order }
    }

    /// All that somebody sees who looks now.
    fn see(board: &Board, look: Look, seen: &mut BTreeMap<ScreenId, Seen>) -> Vec<Bytes> {
        let mut got = Vec::new();
        while let Some((screen, now, message)) = board.next(&wall(), look, seen) {
            seen.insert(screen, now);
            got.push(message);
        }
        got
    }

    #[test]
    fn the_last_who_goes_closes_the_wall_unless_another_has_come_since() {
        let board = Board::default();
        let look = Look::Stills;
        assert_eq!(board.enter(&wall(), look).unwrap().0, STILLS);
        assert_eq!(board.enter(&wall(), look).unwrap().0, None);
        assert_eq!(board.leave(&wall(), look), None);
        let last = board.leave(&wall(), look).unwrap();
        // Within the grace the wall goes on.
        assert_eq!(board.watched(), [(wall(), STILLS.unwrap())]);
        assert_eq!(board.enter(&wall(), look).unwrap().0, None);
        assert_eq!(board.close(&wall(), look, last), None);
        let again = board.leave(&wall(), look).unwrap();
        assert_eq!(board.close(&wall(), look, last), None, "the older grace is over first");
        assert_eq!(board.close(&wall(), look, again), NOBODY);
        assert_eq!(board.watched(), []);
        assert_eq!(board.close(&wall(), look, again), None);
        assert_eq!(board.enter(&wall(), look).unwrap().0, STILLS);
    }

    #[test]
    fn each_form_is_served_while_somebody_looks_so() {
        let board = Board::default();
        assert_eq!(board.enter(&wall(), Look::Video).unwrap().0, VIDEO);
        assert_eq!(board.enter(&wall(), Look::Stills).unwrap().0, BOTH);
        assert_eq!(board.enter(&wall(), Look::Stills).unwrap().0, None);
        let film_over = board.leave(&wall(), Look::Video).unwrap();
        // Others who look otherwise change nothing.
        board.enter(&wall(), Look::Stills);
        assert_eq!(board.close(&wall(), Look::Video, film_over), STILLS);
        (0..2).for_each(|_| assert_eq!(board.leave(&wall(), Look::Stills), None));
        let over = board.leave(&wall(), Look::Stills).unwrap();
        assert_eq!(board.close(&wall(), Look::Stills, over), NOBODY);
    }

    #[test]
    fn a_slow_viewer_gets_the_newest_of_each_screen_and_no_queue() {
        let board = Board::default();
        board.put(&wall(), screen("a"), PreviewCoding::Jpeg, "lost".into());
        let (_, news) = board.enter(&wall(), Look::Stills).unwrap();
        let mut seen = BTreeMap::new();
        assert!(see(&board, Look::Stills, &mut seen).is_empty());
        for n in 0..10_000 {
            board.put(&wall(), screen("a"), PreviewCoding::Jpeg, n.to_string().into());
            board.put(&wall(), screen("b"), PreviewCoding::Jpeg, format!("b{n}").into());
        }
        assert!(news.has_changed().unwrap());
        assert_eq!(see(&board, Look::Stills, &mut seen), ["9999", "b9999"]);
    }

    #[test]
    fn video_is_seen_from_the_key_picture_on_without_a_gap_whatever_order_it_comes_in() {
        let board = Board::default();
        board.enter(&wall(), Look::Video).unwrap();
        let put = |key, order, bytes: &'static str| {
            board.put(&wall(), screen("a"), h264(key, order), bytes.into());
        };
        let mut seen = BTreeMap::new();
        put(7, 1, "7+1");
        assert!(see(&board, Look::Video, &mut seen).is_empty(), "its key picture is not here yet");
        put(7, 0, "7");
        put(7, 3, "7+3");
        assert_eq!(see(&board, Look::Video, &mut seen), ["7", "7+1"]);
        put(7, 2, "7+2");
        assert_eq!(see(&board, Look::Video, &mut seen), ["7+2", "7+3"]);
        assert_eq!(
            see(&board, Look::Video, &mut BTreeMap::new()),
            ["7", "7+1", "7+2", "7+3"],
            "who comes late"
        );
        // Whoever is behind goes on at the next key picture; what is older is passed over.
        put(7, 4, "7+4");
        put(27, 0, "27");
        put(7, 5, "7+5");
        assert_eq!(see(&board, Look::Video, &mut seen), ["27"]);
        // Who wants JPEGs sees none of it; a screen without video is seen in JPEGs by all.
        board.put(&wall(), screen("b"), PreviewCoding::Jpeg, "b".into());
        assert_eq!(see(&board, Look::Stills, &mut BTreeMap::new()), ["b"]);
        assert_eq!(see(&board, Look::Video, &mut seen), ["b"]);
    }

    #[test]
    fn what_is_held_of_a_chain_is_bounded() {
        let board = Board::default();
        board.enter(&wall(), Look::Video).unwrap();
        let large = Bytes::from(vec![0; 512 << 10]);
        (0..=255).for_each(|order| board.put(&wall(), screen("a"), h264(1, order), large.clone()));
        let held = see(&board, Look::Video, &mut BTreeMap::new());
        assert_eq!(held.iter().map(Bytes::len).sum::<usize>(), CHAIN_BYTES_MAX);
        board.put(&wall(), screen("a"), h264(2, 0), "2".into());
        assert_eq!(see(&board, Look::Video, &mut BTreeMap::new()), ["2"]);
    }

    #[test]
    fn viewers_and_requests_are_bounded() {
        let board = Board::default();
        let entered = (0..1_000).filter(|_| board.enter(&wall(), Look::Stills).is_some()).count();
        assert_eq!(entered, VIEWERS_MAX);
        board.leave(&wall(), Look::Stills);
        assert!(board.enter(&wall(), Look::Video).is_some());
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
