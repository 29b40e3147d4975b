//! The groups of one subscription in order, of which those are given up that have fallen too far behind.
//!
//! The library below drops a late group only while its reader waits for it, and judges it by where the next one begins. So
//! this looks ahead: as soon as a newer group has brought a picture that is more than the allowed latency newer than the
//! one that was read last, the rest of the old group is left out, whether it is here or not. On a full link that is
//! always the end of a group: the sender prefers the newest.

use crate::error::LinkError;
use crate::media_origin::moq_error;
use crate::track_reader::SubscribeOptions;
use bytes::Bytes;
use moq_net::kio::Waiter;
use moq_net::{frame, group, track};
use std::collections::VecDeque;
use std::task::Poll;
use std::time::Duration;

/// Groups that are known and not read yet. A stream whose pictures are all key pictures has one a picture.
const AHEAD_MAX: usize = 64;

/// What comes next.
pub(crate) enum Next {
    /// A frame of the track.
    Frame(Bytes),
    /// Frames are missing before the next one.
    Gap,
}

struct Group {
    consumer: group::Consumer,
    /// Frames that were read to learn how far the group has come, at most those of one cache.
    frames: VecDeque<frame::Frame>,
    begins_micros: Option<u128>,
    newest_micros: Option<u128>,
}

impl Group {
    fn new(consumer: group::Consumer) -> Self {
        Self { consumer, frames: VecDeque::new(), begins_micros: None, newest_micros: None }
    }

    /// Learns when the group begins and how far it has come.
    fn look(&mut self, waiter: &Waiter) {
        // A group that fails does so again when it is its turn.
        while let Poll::Ready(Ok(Some(frame))) = self.consumer.poll_read_frame(waiter) {
            let micros = frame.timestamp.as_micros();
            self.begins_micros.get_or_insert(micros);
            self.newest_micros = Some(micros);
            self.frames.push_back(frame);
        }
    }

    fn poll_frame(&mut self, waiter: &Waiter) -> Poll<Result<Option<frame::Frame>, moq_net::Error>> {
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Ok(Some(frame))),
            None => self.consumer.poll_read_frame(waiter),
        }
    }
}

pub(crate) struct GroupQueue {
    track: track::Ordered,
    latency_max: Duration,
    current: Option<Group>,
    ahead: VecDeque<Group>,
    /// The time of the newest frame that was read.
    at_micros: u128,
    /// The group that follows without a gap.
    next_sequence: Option<u64>,
    ended: bool,
}

impl GroupQueue {
    pub(crate) fn new(track: track::Ordered, latency_max: Duration) -> Self {
        Self {
            track,
            latency_max,
            current: None,
            ahead: VecDeque::new(),
            at_micros: 0,
            next_sequence: None,
            ended: false,
        }
    }

    pub(crate) fn update(&mut self, options: SubscribeOptions) -> Result<(), LinkError> {
        self.latency_max = options.latency_max;
        self.track.update(options.subscription()).map_err(moq_error)
    }

    /// The next frame or gap; `None` when the track has ended.
    pub(crate) fn poll_next(&mut self, waiter: &Waiter) -> Poll<Result<Option<Next>, LinkError>> {
        self.look_ahead(waiter)?;
        loop {
            if self.is_late() {
                self.leave();
            }
            let Some(current) = &mut self.current else {
                let Some(group) = self.ahead.pop_front() else {
                    return if self.ended { Poll::Ready(Ok(None)) } else { Poll::Pending };
                };
                if self.begin(group) {
                    return Poll::Ready(Ok(Some(Next::Gap)));
                }
                continue;
            };
            match current.poll_frame(waiter) {
                Poll::Ready(Ok(Some(frame))) => {
                    self.at_micros = frame.timestamp.as_micros();
                    return Poll::Ready(Ok(Some(Next::Frame(frame.payload))));
                }
                Poll::Ready(Ok(None)) => self.current = None,
                // Cut off, or dropped from the cache, or stalled for longer than is allowed.
                Poll::Ready(Err(_)) => self.leave(),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn look_ahead(&mut self, waiter: &Waiter) -> Result<(), LinkError> {
        while !self.ended && self.ahead.len() < AHEAD_MAX {
            match self.track.poll_next_group(waiter) {
                Poll::Ready(Ok(Some(consumer))) => {
                    self.ahead.push_back(Group::new(consumer));
                }
                Poll::Ready(Ok(None)) => self.ended = true,
                Poll::Ready(Err(error)) => return Err(moq_error(error)),
                Poll::Pending => break,
            }
        }
        self.ahead.iter_mut().for_each(|group| group.look(waiter));
        Ok(())
    }

    /// Whether the group that is read is so far behind the newest one that the rest of it is of no use.
    fn is_late(&self) -> bool {
        let newest = self.ahead.iter().rev().find_map(|group| group.newest_micros);
        self.current.is_some()
            && newest
                .is_some_and(|newest| newest.saturating_sub(self.at_micros) > self.latency_max.as_micros())
    }

    /// Leaves a group before its end.
    fn leave(&mut self) {
        self.current = None;
        self.next_sequence = None;
    }

    /// Goes on with `group`; says whether something is missing before it.
    fn begin(&mut self, group: Group) -> bool {
        let sequence = group.consumer.sequence;
        let gap = self.next_sequence != Some(sequence);
        self.next_sequence = sequence.checked_add(1);
        if let Some(begins) = group.begins_micros {
            self.at_micros = begins;
        }
        self.current = Some(group);
        gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media_origin::{new_origin, track_info};
    use moq_net::{Timestamp, origin};

    fn write(group: &mut group::Producer, ms: u64) {
        group.write_frame(Timestamp::from_millis(ms).unwrap(), Bytes::from(ms.to_string())).unwrap();
    }

    /// What can be read now, in words.
    async fn read(queue: &mut GroupQueue) -> Vec<String> {
        let mut words = Vec::new();
        let reading = async {
            while let Some(next) = moq_net::kio::wait(|waiter| queue.poll_next(waiter)).await.unwrap() {
                words.push(match next {
                    Next::Frame(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                    Next::Gap => "gap".into(),
                });
            }
        };
        tokio::select! {
            biased;
            () = reading => panic!("the track has not ended"),
            () = std::future::ready(()) => words,
        }
    }

    #[tokio::test]
    async fn a_group_that_stands_still_is_left_when_a_newer_one_is_too_far_ahead() {
        let (producer, _cache) = new_origin(1 << 20);
        let broadcast = producer.create_broadcast("source").unwrap();
        let track = broadcast.create_track("video", track_info()).unwrap();
        broadcast.announce(origin::Route::default()).unwrap();
        let consumer = producer.consume().routed_broadcast("source").await.unwrap().track("video").unwrap();
        let options = SubscribeOptions { priority: 1, latency_max: Duration::from_millis(100) };
        let subscriber = consumer.subscribe(options.subscription()).await.unwrap();
        let mut queue = GroupQueue::new(subscriber.ordered(), options.latency_max);

        let mut old = track.append_group().unwrap();
        [0, 40].into_iter().for_each(|ms| write(&mut old, ms));
        assert_eq!(read(&mut queue).await, ["gap", "0", "40"]);
        // The old group's end is on its way, and the newer group overtakes it.
        let mut new = track.append_group().unwrap();
        [80, 120].into_iter().for_each(|ms| write(&mut new, ms));
        assert_eq!(read(&mut queue).await, [""; 0], "late, but not too late");
        write(&mut old, 60);
        old.finish().unwrap();
        assert_eq!(read(&mut queue).await, ["60", "80", "120"], "nothing is missing");
        let mut newest = track.append_group().unwrap();
        [160, 200].into_iter().for_each(|ms| write(&mut newest, ms));
        assert_eq!(read(&mut queue).await, [""; 0]);
        write(&mut newest, 240);
        assert_eq!(read(&mut queue).await, ["gap", "160", "200", "240"]);
    }
}
