//! The jitter buffer on a fake clock: order, loss, duplicates, bounds.

use super::*;
use bytes::Bytes;
use media::{MediaTime, SourceId, WallTime};
use proptest::prelude::*;

fn packet(number: i64, keyframe: bool, size: usize) -> Packet {
    Packet {
        source: SourceId::new("cam").unwrap(),
        time: MediaTime(number),
        captured: WallTime(number),
        keyframe,
        bytes: Bytes::from(vec![0; size]),
    }
}

fn buffer(wait_ns: u64, packets_max: usize, bytes_max: usize) -> JitterBuffer {
    JitterBuffer::new(JitterSettings { wait: Duration::from_nanos(wait_ns), packets_max, bytes_max })
}

/// Packet `index` of group `group`; groups begin with their key frame and their numbers show the place.
fn push(buffer: &mut JitterBuffer, group: u64, index: u32, now: i64) {
    let number = i64::try_from(group).unwrap() * 100 + i64::from(index);
    buffer.push(group, index, packet(number, index == 0, 10), LocalTime(now));
}

fn drain(buffer: &mut JitterBuffer, now: i64) -> Vec<i64> {
    std::iter::from_fn(|| buffer.pop(LocalTime(now))).map(|packet| packet.time.0).collect()
}

#[test]
fn packets_in_order_pass_at_once() {
    let mut buffer = buffer(100, 10, 1000);
    for (group, index) in [(7, 0), (7, 1), (7, 2)] {
        push(&mut buffer, group, index, 0);
        assert_eq!(drain(&mut buffer, 0), [group as i64 * 100 + i64::from(index)]);
    }
    buffer.end_group(7, 3);
    push(&mut buffer, 8, 0, 0);
    assert_eq!(drain(&mut buffer, 0), [800]);
    assert_eq!(buffer.counters(), JitterCounters { passed: 4, ..Default::default() });
}

#[test]
fn groups_that_overtake_each_other_wait_for_their_turn() {
    let mut buffer = buffer(100, 10, 1000);
    push(&mut buffer, 1, 0, 0);
    push(&mut buffer, 2, 0, 1);
    push(&mut buffer, 2, 1, 2);
    assert_eq!(drain(&mut buffer, 3), [100]);
    push(&mut buffer, 1, 2, 4);
    push(&mut buffer, 1, 1, 5);
    assert_eq!(drain(&mut buffer, 5), [101, 102]);
    buffer.end_group(1, 3);
    assert_eq!(drain(&mut buffer, 6), [200, 201]);
}

#[test]
fn a_hole_is_given_up_in_time_and_takes_its_group_with_it() {
    let mut buffer = buffer(100, 10, 1000);
    for (index, now) in [(0, 0), (2, 50), (3, 60)] {
        push(&mut buffer, 1, index, now);
    }
    assert_eq!(drain(&mut buffer, 149), [100]);
    assert_eq!(buffer.wake_at(), Some(LocalTime(150)));
    assert_eq!(drain(&mut buffer, 150), [] as [i64; 0]);
    push(&mut buffer, 1, 4, 170);
    push(&mut buffer, 2, 0, 180);
    assert_eq!(drain(&mut buffer, 180), [] as [i64; 0]);
    // Nobody said that group 1 is over, so group 2 waits as well, once.
    assert_eq!(drain(&mut buffer, 280), [200]);
    push(&mut buffer, 1, 1, 290);
    let counters = buffer.counters();
    assert_eq!((counters.undecodable, counters.holes, counters.late), (3, 2, 1));
    assert_eq!(buffer.held(), (0, 0));
}

#[test]
fn a_stream_is_entered_at_a_key_frame() {
    let mut buffer = buffer(100, 10, 1000);
    push(&mut buffer, 4, 5, 0);
    push(&mut buffer, 4, 6, 0);
    assert_eq!(drain(&mut buffer, 99), [] as [i64; 0]);
    push(&mut buffer, 5, 0, 99);
    assert_eq!(drain(&mut buffer, 100), [] as [i64; 0]);
    assert_eq!(drain(&mut buffer, 199), [500]);
    assert_eq!(buffer.counters().undecodable, 2);
}

#[test]
fn duplicates_are_dropped() {
    let mut buffer = buffer(100, 10, 1000);
    push(&mut buffer, 1, 1, 0);
    push(&mut buffer, 1, 1, 0);
    push(&mut buffer, 1, 0, 0);
    assert_eq!(drain(&mut buffer, 0), [100, 101]);
    push(&mut buffer, 1, 0, 0);
    let counters = buffer.counters();
    assert_eq!((counters.duplicates, counters.late), (1, 1));
}

#[test]
fn a_flood_loses_the_oldest_and_goes_on_at_a_key_frame() {
    let mut buffer = buffer(100, 4, 1000);
    for index in 0..6 {
        push(&mut buffer, 1, index, 0);
    }
    assert_eq!(buffer.held(), (4, 40));
    buffer.end_group(1, 6);
    push(&mut buffer, 2, 0, 0);
    assert_eq!(drain(&mut buffer, 0), [200]);
    assert_eq!(buffer.counters().overflowed, 3);
    buffer.push(3, 0, packet(300, true, 1001), LocalTime(0));
    assert_eq!(buffer.held(), (0, 0), "one packet above the bound is not kept");
}

proptest! {
    #[test]
    fn order_holds_and_everything_is_counted(
        pushes in proptest::collection::vec((0u64..6, 0u32..5, 0i64..40, any::<bool>()), 1..300)
    ) {
        let mut buffer = buffer(50, 12, 100);
        let (mut now, mut pushed, mut last) = (0, 0u64, i64::MIN);
        for (group, index, step, pop) in pushes {
            now += step;
            push(&mut buffer, group, index, now);
            pushed += 1;
            let (packets, bytes) = buffer.held();
            prop_assert!(packets <= 12 && bytes <= 100);
            if pop {
                for number in drain(&mut buffer, now) {
                    prop_assert!(number > last);
                    // After a hole only a key frame may follow.
                    prop_assert!(number == last + 1 || number % 100 == 0);
                    last = number;
                }
            }
            let c = buffer.counters();
            let gone = c.passed + c.duplicates + c.late + c.undecodable + c.overflowed;
            prop_assert_eq!(pushed, gone + buffer.held().0 as u64);
        }
        buffer.pop(LocalTime(now + 50));
        drain(&mut buffer, now + 50);
        prop_assert_eq!(buffer.held().0, 0, "everything leaves after the wait");
    }
}
