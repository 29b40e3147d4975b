//! The groups of one subscription in order, of which those are given up that have fallen too far behind.
//!
//! The library below drops a late group only while its reader waits for it. A reader that is behind never waits, so
//! this looks ahead: as soon as the newest group begins more than the allowed latency after the picture that would be
//! read next, the rest of the old group is left out.

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
    /// The first frame, read already to learn when the group begins.
    first: Option<frame::Frame>,
    begins_micros: Option<u128>,
}

impl Group {
    /// Learns when the group begins, as soon as that can be known.
    fn look(&mut self, waiter: &Waiter) {
        if self.begins_micros.is_none()
            && let Poll::Ready(Ok(Some(frame))) = self.consumer.poll_read_frame(waiter)
        {
            self.begins_micros = Some(frame.timestamp.as_micros());
            self.first = Some(frame);
        }
    }

    fn poll_frame(&mut self, waiter: &Waiter) -> Poll<Result<Option<frame::Frame>, moq_net::Error>> {
        match self.first.take() {
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
                    self.ahead.push_back(Group { consumer, first: None, begins_micros: None });
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
        let newest = self.ahead.iter().rev().find_map(|group| group.begins_micros);
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
