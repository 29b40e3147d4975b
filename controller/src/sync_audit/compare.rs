//! Comparing what nodes have shown of the same sources on one tick.

use std::collections::BTreeSet;

/// Captured times that are remembered of one stream: some seconds, enough to count frames in.
const REMEMBERED: usize = 512;

/// A source's stream, by its places in the wall's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StreamKey {
    pub(super) source: u16,
    pub(super) stream: u16,
}

/// What one node showed of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shown {
    pub(super) key: StreamKey,
    /// When the picture was captured, wall time in nanoseconds.
    pub(super) captured: i64,
    /// Its place among the wall's nodes.
    pub(super) node: u16,
}

/// What was right on one tick, in the order of the keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Right(Vec<(StreamKey, i64)>);

impl Right {
    /// Finds the right frame of every stream: the one that most nodes show; of several such, the newest. Sorts `shown`.
    pub(super) fn of(shown: &mut [Shown]) -> Self {
        shown.sort_unstable();
        let streams = shown.chunk_by(|a, b| a.key == b.key);
        Self(streams.filter_map(|group| Some((group.first()?.key, most(group)?))).collect())
    }

    /// The right frame of `key`, which is `captured` if nobody has shown that stream before.
    pub(super) fn or_insert(&mut self, key: StreamKey, captured: i64) -> i64 {
        match self.0.binary_search_by_key(&key, |(known, _)| *known) {
            Ok(place) => self.0[place].1,
            Err(place) => {
                self.0.insert(place, (key, captured));
                captured
            }
        }
    }

    /// How many streams it knows.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The frame that most of `group`, which is sorted, show; of several such, the newest.
fn most(group: &[Shown]) -> Option<i64> {
    let frames = group.chunk_by(|a, b| a.captured == b.captured);
    frames.max_by_key(|same| same.len()).and_then(|same| same.first()).map(|shown| shown.captured)
}

/// The frames of one stream that some node has shown, newest [`REMEMBERED`].
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(BTreeSet<i64>);

impl Seen {
    /// Some node shows the frame captured then.
    pub(super) fn add(&mut self, captured: i64) {
        if self.0.insert(captured) && self.0.len() > REMEMBERED {
            self.0.pop_first();
        }
    }

    /// How many frames `captured` lies before `right`, and whether that may be too few; negative when it lies behind.
    pub(super) fn frames_late(&self, captured: i64, right: i64) -> (i64, bool) {
        let (earlier, later) = (captured.min(right), captured.max(right));
        let count = self.0.range(earlier..later).count().max(1);
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let forgotten = self.0.first().is_none_or(|first| *first > earlier);
        (if captured <= right { count } else { -count }, forgotten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(frames: &[(u16, i64)]) -> Vec<Shown> {
        let key = StreamKey { source: 0, stream: 0 };
        frames.iter().map(|(node, captured)| Shown { key, captured: *captured, node: *node }).collect()
    }

    #[test]
    fn the_majority_is_right_and_in_a_tie_the_newest() {
        let key = StreamKey { source: 0, stream: 0 };
        let right = |frames: &[(u16, i64)]| Right::of(&mut shown(frames)).or_insert(key, -1);
        assert_eq!(right(&[(0, 40), (1, 40), (2, 80)]), 40);
        assert_eq!(right(&[(0, 40), (1, 80)]), 80);
        assert_eq!(right(&[(0, 80), (1, 80), (2, 40), (3, 40), (4, 0)]), 80);
        assert_eq!(right(&[]), -1, "who is alone is right");
    }

    #[test]
    fn frames_are_counted_not_guessed() {
        let mut seen = Seen::default();
        for captured in [0, 33, 34, 100, 100, 900] {
            seen.add(captured);
        }
        assert_eq!(seen.frames_late(100, 900), (1, false), "a hole in the stream is one frame");
        assert_eq!(seen.frames_late(0, 100), (3, false));
        assert_eq!(seen.frames_late(900, 34), (-2, false));
        assert_eq!(seen.frames_late(-50, 33), (1, true), "nobody remembers that far");
        for captured in 1000..2000 {
            seen.add(captured);
        }
        assert_eq!(seen.frames_late(900, 1999), (511, true));
    }
}
