//! Decoded pictures waiting for their tick: the newest that is due is shown, the rest is dropped and counted.

use media::{Frame, WallTime};
use std::collections::VecDeque;
use std::time::Duration;

/// A source whose clock fell back by more than this has begun anew and is believed.
const ANEW_NS: i64 = 1_000_000_000;

/// A picture that lies further ahead of the hall's time than this bears the time of a clock that is wrong.
const AHEAD_NS: i64 = 1_000_000_000;

/// Room is waited for this long beyond the moment at which the oldest picture should have been taken: whoever takes them
/// does so once a tick, and is late now and then.
const TAKEN_WITHIN: Duration = Duration::from_millis(500);

/// So many pictures may wait however large they are: the one for the next tick, and the one after it.
const FRAMES_MIN: usize = 2;

/// Whether showing a picture captured at `captured` after one captured at `shown` would make time run back.
pub fn runs_back(shown: WallTime, captured: WallTime) -> bool {
    (-ANEW_NS..0).contains(&captured.nanos_from(shown))
}

/// How a pick went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A new picture that was here when its tick came.
    OnTime,
    /// A new picture that should have been shown at an earlier tick and came too late for it.
    Late,
    /// No new picture is due: the one from before again.
    Repeated,
}

/// What to show at a tick.
#[derive(Debug, Clone)]
pub struct Picked {
    /// The picture.
    pub frame: Frame,
    /// How it came to be picked.
    pub verdict: Verdict,
    /// Pictures passed over by this pick because a newer one was due as well.
    pub skipped: u32,
}

/// What has happened to a queue's pictures so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueCounters {
    /// Pictures pushed.
    pub pushed: u64,
    /// New pictures shown, late ones included.
    pub shown: u64,
    /// New pictures that were shown after their tick.
    pub late: u64,
    /// Ticks at which the picture from before was shown again.
    pub repeated: u64,
    /// Pictures passed over for a newer one, or older than what was already shown.
    pub skipped: u64,
    /// Pictures dropped because the queue was full.
    pub overflowed: u64,
}

#[derive(Debug)]
struct Waiting {
    frame: Frame,
    /// The tick deadline that had already passed when this picture came.
    after: Option<WallTime>,
}

/// A bounded queue in order of capture.
///
/// Where the wall's latency is longer than the queue, whoever fills it asks [`FrameQueue::wait_for_room`] first and keeps
/// what follows as it came, encoded, which is a hundredth of the size.
#[derive(Debug)]
pub struct FrameQueue {
    frames_max: usize,
    bytes_max: usize,
    waiting: VecDeque<Waiting>,
    shown: Option<Frame>,
    deadline: Option<WallTime>,
    counters: QueueCounters,
}

impl FrameQueue {
    /// A queue for at most `frames_max` pictures, at least one.
    pub fn new(frames_max: usize) -> Self {
        Self {
            frames_max: frames_max.max(1),
            bytes_max: usize::MAX,
            waiting: VecDeque::new(),
            shown: None,
            deadline: None,
            counters: QueueCounters::default(),
        }
    }

    /// The same queue with room for about `bytes_max` bytes, but for two pictures at any rate.
    #[must_use]
    pub fn with_bytes(self, bytes_max: usize) -> Self {
        Self { bytes_max, ..self }
    }

    fn is_full(&self) -> bool {
        let bytes = || self.waiting.iter().map(|waiting| waiting.frame.bytes()).sum::<usize>();
        let waiting = self.waiting.len();
        waiting >= self.frames_max || (waiting >= FRAMES_MIN && bytes() >= self.bytes_max)
    }

    /// How long the next picture should wait for room at most, at `now` by the hall's clock, when pictures are taken
    /// `latency` after their capture; `None` when it should be pushed at once. To be asked again after each pick.
    ///
    /// Nobody is waited for who does not come: pictures that ought to have been taken, and pictures from a wrong clock's
    /// future, give way to newer ones as [`FrameQueue::push`] says.
    pub fn wait_for_room(&self, now: WallTime, latency: Duration) -> Option<Duration> {
        let oldest = self.waiting.front().filter(|_| self.is_full())?.frame.captured();
        if oldest.nanos_from(now) > AHEAD_NS {
            return None;
        }
        let wait = (oldest + latency + TAKEN_WITHIN).since(now);
        (!wait.is_zero()).then_some(wait)
    }

    /// Adds a picture.
    ///
    /// When the queue is full, the oldest goes if it is due already (nobody picks), else the youngest makes room:
    /// dropping the oldest then would mean that none ever gets old enough to be shown.
    pub fn push(&mut self, frame: Frame) {
        self.counters.pushed += 1;
        if self.is_full() {
            self.counters.overflowed += 1;
            let due =
                |waiting: &Waiting| self.deadline.is_none_or(|deadline| waiting.frame.captured() <= deadline);
            if self.waiting.front().is_some_and(due) {
                self.waiting.pop_front();
            } else {
                self.waiting.pop_back();
            }
        }
        let at = self.waiting.partition_point(|other| other.frame.captured() <= frame.captured());
        self.waiting.insert(at, Waiting { frame, after: self.deadline });
    }

    /// The newest picture captured at or before `deadline`; the one from before when nothing new is due; `None` when
    /// there never was one.
    pub fn pick(&mut self, deadline: WallTime) -> Option<Picked> {
        let due = self.waiting.partition_point(|waiting| waiting.frame.captured() <= deadline);
        self.deadline = Some(deadline);
        let newest = self.waiting.drain(..due).next_back();
        let passed = u32::try_from(due.saturating_sub(1)).unwrap_or(u32::MAX);
        self.counters.skipped += u64::from(passed);
        let verdict = match newest {
            Some(newest) if self.is_news(&newest.frame) => {
                let late = newest.after.is_some_and(|before| newest.frame.captured() <= before);
                self.counters.shown += 1;
                self.counters.late += u64::from(late);
                self.shown = Some(newest.frame);
                if late { Verdict::Late } else { Verdict::OnTime }
            }
            newest => {
                self.counters.skipped += u64::from(newest.is_some());
                self.counters.repeated += u64::from(self.shown.is_some());
                Verdict::Repeated
            }
        };
        let frame = self.shown.clone()?;
        Some(Picked { frame, verdict, skipped: passed })
    }

    /// Whether `frame` is younger than what is shown, or its source has begun anew.
    fn is_news(&self, frame: &Frame) -> bool {
        self.shown.as_ref().is_none_or(|shown| {
            frame.captured() != shown.captured() && !runs_back(shown.captured(), frame.captured())
        })
    }

    /// Forgets everything, the shown picture too.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.shown = None;
    }

    /// What has happened so far.
    pub fn counters(&self) -> QueueCounters {
        self.counters
    }

    /// How many pictures wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::{Chroma, Color, MediaTime, PixelLayout, Plane, Size};
    use proptest::prelude::*;

    fn frame(captured: i64) -> Frame {
        let planes = vec![Plane { bytes: vec![0].into(), stride: 1 }];
        let layout = PixelLayout::Planar8(Chroma::Mono);
        let size = Size::new(1, 1);
        Frame::new(MediaTime(captured), WallTime(captured), size, Color::HD, layout, planes).unwrap()
    }

    fn pick(queue: &mut FrameQueue, deadline: i64) -> Option<(i64, Verdict, u32)> {
        queue
            .pick(WallTime(deadline))
            .map(|picked| (picked.frame.captured().0, picked.verdict, picked.skipped))
    }

    #[test]
    fn the_newest_due_picture_is_shown() {
        let mut queue = FrameQueue::new(8);
        assert_eq!(pick(&mut queue, 5), None);
        for captured in [10, 30, 20] {
            queue.push(frame(captured));
        }
        assert_eq!(pick(&mut queue, 9), None);
        assert_eq!(pick(&mut queue, 10), Some((10, Verdict::OnTime, 0)));
        assert_eq!(pick(&mut queue, 19), Some((10, Verdict::Repeated, 0)));
        assert_eq!(pick(&mut queue, 40), Some((30, Verdict::OnTime, 1)));
        queue.push(frame(39));
        assert_eq!(pick(&mut queue, 50), Some((39, Verdict::Late, 0)));
        queue.push(frame(38));
        assert_eq!(pick(&mut queue, 60), Some((39, Verdict::Repeated, 0)));
        let counters = queue.counters();
        assert_eq!((counters.pushed, counters.shown, counters.late), (5, 3, 1));
        assert_eq!((counters.repeated, counters.skipped, counters.overflowed), (2, 2, 0));
    }

    #[test]
    fn a_flood_drops_the_oldest_due_and_spares_the_next_one_due() {
        let mut queue = FrameQueue::new(3);
        for captured in 0..10 {
            queue.push(frame(captured));
        }
        assert_eq!(pick(&mut queue, 7), Some((7, Verdict::OnTime, 0)));
        for captured in 10..20 {
            queue.push(frame(captured));
        }
        // 8 and 9 still wait; the third place holds the youngest.
        assert_eq!(pick(&mut queue, 8), Some((8, Verdict::OnTime, 0)));
        assert_eq!(pick(&mut queue, 30), Some((19, Verdict::OnTime, 1)));
        assert_eq!(queue.counters().overflowed, 16);
    }

    #[test]
    fn a_source_that_begins_anew_in_the_past_is_shown() {
        let mut queue = FrameQueue::new(3);
        queue.push(frame(10_000_000_000));
        assert!(pick(&mut queue, 10_000_000_000).is_some());
        queue.push(frame(8_000_000_000));
        assert_eq!(pick(&mut queue, 10_100_000_000), Some((8_000_000_000, Verdict::Late, 0)));
    }

    #[test]
    fn a_latency_longer_than_the_queue_loses_no_picture() {
        const MS: i64 = 1_000_000;
        let latency = Duration::from_millis(2000);
        let mut queue = FrameQueue::new(32);
        let mut encoded = VecDeque::new();
        for ms in 0..10_000 {
            let now = WallTime(ms * MS);
            if ms % 40 == 0 {
                encoded.push_back(now);
            }
            if ms % 20 == 0 {
                queue.pick(now - latency);
            }
            while queue.wait_for_room(now, latency).is_none()
                && let Some(captured) = encoded.pop_front()
            {
                queue.push(frame(captured.0));
            }
            assert!(queue.len() <= 32);
        }
        let counters = queue.counters();
        assert_eq!((counters.shown, counters.late), (200, 0));
        assert_eq!((counters.skipped, counters.overflowed), (0, 0));
    }

    #[test]
    fn room_is_waited_for_only_where_it_will_come() {
        const MS: i64 = 1_000_000;
        let latency = Duration::from_millis(200);
        let mut queue = FrameQueue::new(8).with_bytes(3);
        for captured in [1000, 1040] {
            queue.push(frame(captured * MS));
        }
        assert_eq!(queue.wait_for_room(WallTime(1080 * MS), latency), None);
        queue.push(frame(1080 * MS));
        assert_eq!(queue.wait_for_room(WallTime(1100 * MS), latency), Some(Duration::from_millis(600)));
        // Nobody has taken it in time.
        assert_eq!(queue.wait_for_room(WallTime(1700 * MS), latency), None);
        // Of a wrong clock, which has been put right since.
        assert_eq!(queue.wait_for_room(WallTime(-3_600_000 * MS), latency), None);
        // However large they are, two may wait.
        let mut large = FrameQueue::new(8).with_bytes(1);
        large.push(frame(1000 * MS));
        assert_eq!(large.wait_for_room(WallTime(1100 * MS), latency), None);
        large.push(frame(1040 * MS));
        assert!(large.wait_for_room(WallTime(1100 * MS), latency).is_some());
    }

    proptest! {
        #[test]
        fn every_picture_is_counted_once_and_time_never_runs_back(
            steps in proptest::collection::vec((0i64..400, 0i64..40, any::<bool>()), 1..200)
        ) {
            let mut queue = FrameQueue::new(5);
            let (mut now, mut last) = (0, i64::MIN);
            for (captured, step, push) in steps {
                now += step;
                if push {
                    queue.push(frame(captured));
                    prop_assert!(queue.len() <= 5);
                } else if let Some((shown, _, _)) = pick(&mut queue, now) {
                    prop_assert!(shown <= now && shown >= last);
                    last = shown;
                }
                let c = queue.counters();
                prop_assert_eq!(c.pushed, c.shown + c.skipped + c.overflowed + queue.len() as u64);
            }
        }
    }
}
