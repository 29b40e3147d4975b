//! The timeline on a fake clock: wraps, jumps, wild ones, B-frames, stalls, backlogs, drift.

use super::*;
use bytes::Bytes;
use proptest::prelude::*;
use std::num::NonZeroU32;

const MS: i64 = 1_000_000;
const HOUR: i64 = 3_600_000 * MS;
/// Some moment in 2026.
const START: i64 = 1_795_000_000_000 * MS;

fn packet(pts: Option<i64>, timescale: Timescale, wrap_bits: u32) -> RawPacket {
    RawPacket { pts, dts: None, timescale, wrap_bits, keyframe: false, bytes: Bytes::new() }
}

fn millis() -> Timescale {
    Timescale::per_second(NonZeroU32::new(1000).unwrap())
}

/// A packet of a clock in milliseconds that never wraps.
fn at(ms: i64) -> RawPacket {
    packet(Some(ms), millis(), 64)
}

fn wall(ms: i64) -> WallTime {
    WallTime(START + ms * MS)
}

/// What a picture counts as that comes at `ms` with the least delay: older than it is by the clock's margin.
fn counted(ms: i64) -> WallTime {
    wall(ms).offset(-crate::capture_clock::MARGIN_NS)
}

/// A live timeline after `count` packets at 25 a second, each 30 ms under way.
fn running(count: i64) -> Timeline {
    let mut timeline = Timeline::new(Pace::Live);
    for n in 0..count {
        timeline.stamp(&at(n * 40), wall(n * 40 + 30));
    }
    timeline
}

#[test]
fn wraps_go_by_unnoticed() {
    // Ticks a second, bits, and the hours after which the count begins again.
    for (rate, bits, hours) in [(90_000, 32, 13), (90_000, 33, 26), (1000, 32, 1193)] {
        let timescale = Timescale::per_second(NonZeroU32::new(rate).unwrap());
        let modulus = 1i64 << bits;
        let mut timeline = Timeline::new(Pace::Live);
        let tick = i64::from(rate) / 25;
        let begin = modulus - 50 * tick;
        assert_eq!(begin / i64::from(rate) / 3600, hours);
        let mut before: Option<Stamp> = None;
        for n in 0..100 {
            let raw = (begin + n * tick) % modulus;
            let stamp = timeline.stamp(&packet(Some(raw), timescale, bits), wall(n * 40));
            if let Some(before) = before {
                assert_eq!(
                    stamp.time.since(before.time),
                    Duration::from_millis(40),
                    "{bits} bits, packet {n}"
                );
                assert_eq!(stamp.captured.since(before.captured), Duration::from_millis(40));
            }
            before = Some(stamp);
        }
        assert_eq!(timeline.counters(), TimelineCounters::default());
    }
}

#[test]
fn days_of_wraps_add_no_drift() {
    let mut timeline = Timeline::new(Pace::Live);
    let (mut first, mut last) = (None, None);
    // Three days, a packet every half second: 2^33 goes by twice.
    for n in 0..2 * 3 * 86_400i64 {
        let raw = (n * 45_000) % (1 << 33);
        let stamp = timeline.stamp(&packet(Some(raw), Timescale::KHZ_90, 33), wall(n * 500));
        first.get_or_insert(stamp);
        last = Some(stamp);
    }
    let (first, last) = (first.unwrap(), last.unwrap());
    assert_eq!(last.time.since(first.time), Duration::from_millis((2 * 3 * 86_400 - 1) * 500));
    assert_eq!(last.captured.since(first.captured), last.time.since(first.time));
    assert_eq!(timeline.counters(), TimelineCounters::default());
}

#[test]
fn one_wild_timestamp_changes_nothing() {
    for wild in [i64::MAX, i64::MIN, 0, 10_000_000, -10_000_000, 100 * 40 + 5000] {
        let mut timeline = running(100);
        let stamp = timeline.stamp(&at(wild), wall(100 * 40 + 30));
        if wild != 0 {
            assert_eq!(stamp.time, MediaTime(100 * 40 * MS), "{wild}");
        }
        for n in 101..200 {
            let stamp = timeline.stamp(&at(n * 40), wall(n * 40 + 30));
            assert_eq!(stamp.time, MediaTime(n * 40 * MS), "{wild}");
            assert_eq!(stamp.captured, counted(n * 40 + 30), "{wild}");
        }
        assert_eq!(timeline.counters(), TimelineCounters { wild: 1, ..Default::default() }, "{wild}");
    }
}

#[test]
fn a_timestamp_a_little_ahead_makes_nobody_else_old() {
    let mut timeline = running(100);
    timeline.stamp(&at(100 * 40 + 800), wall(100 * 40 + 30));
    for n in 101..200 {
        let stamp = timeline.stamp(&at(n * 40), wall(n * 40 + 30));
        assert_eq!(stamp.captured, counted(n * 40 + 30), "packet {n}");
    }
}

#[test]
fn a_lasting_jump_goes_on_where_it_was() {
    for jump in [36_000_000, -2000, 5000, -1_000_000_000_000] {
        let mut timeline = running(100);
        let mut before = MediaTime(99 * 40 * MS);
        for n in 100..200 {
            let stamp = timeline.stamp(&at(n * 40 + jump), wall(n * 40 + 30));
            assert!(stamp.time > before, "{jump}: {stamp:?} after {before:?}");
            assert!(stamp.time.since(before) <= Duration::from_millis(80), "{jump}");
            assert_eq!(stamp.captured, counted(n * 40 + 30), "{jump}, packet {n}");
            before = stamp.time;
        }
        assert_eq!(timeline.counters(), TimelineCounters { wild: 2, jumps: 1, missing: 0 }, "{jump}");
    }
}

#[test]
fn a_new_connection_goes_on_where_the_last_one_ended() {
    let mut timeline = running(100);
    timeline.restart();
    let stamp = timeline.stamp(&at(77 * HOUR), wall(10_000));
    assert_eq!(stamp.captured, counted(10_000));
    assert_eq!(stamp.time, MediaTime((99 * 40 + 10_000 - (99 * 40 + 30)) * MS));
    assert_eq!(timeline.counters(), TimelineCounters::default());
}

#[test]
fn reordered_pictures_keep_their_distance() {
    let mut timeline = Timeline::new(Pace::Live);
    // I P B B, each sent when it can be: the P a little after its capture, the Bs after the P.
    let mut arrival = 130;
    let bits = 33;
    let begin = (1i64 << bits) - 90 * 4000;
    for group in 0..200i64 {
        for (pts, wait) in [(3, 120), (1, 1), (2, 1)] {
            let pts = (group * 3 + pts) * 40;
            arrival = (group * 3 * 40 + 130 + wait).max(arrival);
            let raw = (begin + pts * 90) % (1 << bits);
            let stamp = timeline.stamp(&packet(Some(raw), Timescale::KHZ_90, bits), wall(arrival));
            assert_eq!(stamp.time, MediaTime(Timescale::KHZ_90.to_nanos(begin) + pts * MS));
            if group > 2 {
                let distance = stamp.captured.nanos_from(counted(pts)) / MS;
                // The P defines zero transit: 130 ms for everybody.
                assert_eq!(distance, 130, "picture {pts}");
            }
        }
    }
    assert_eq!(timeline.counters(), TimelineCounters::default());
}

#[test]
fn without_timestamps_arrival_is_all_there_is() {
    let mut timeline = Timeline::new(Pace::Live);
    for n in 0..100 {
        let stamp = timeline.stamp(&packet(None, millis(), 64), wall(n * 40));
        assert_eq!(stamp.captured, wall(n * 40));
        assert!((stamp.time.0 - n * 40 * MS).abs() <= MS);
    }
    // Decoding times stand in where there are no display times.
    let mut timeline = running(10);
    let decode = RawPacket { pts: None, dts: Some(400), ..at(0) };
    assert_eq!(timeline.stamp(&decode, wall(430)).time, MediaTime(400 * MS));
    // A single packet without any is one interval after the last.
    assert_eq!(timeline.stamp(&packet(None, millis(), 64), wall(470)).time, MediaTime(440 * MS));
    assert_eq!(timeline.counters(), TimelineCounters { missing: 1, ..Default::default() });
}

#[test]
fn a_backlog_shows_its_true_age_and_moves_nothing() {
    for stall_ms in [400, 3000, 20_000] {
        let mut timeline = running(500);
        let begin = 500 * 40;
        let frames = stall_ms / 40;
        // Everything that was made during the stall comes at its end, a packet a millisecond.
        for n in 0..frames {
            let arrival = begin + stall_ms + n;
            let stamp = timeline.stamp(&at(begin + n * 40), wall(arrival));
            let age = wall(arrival).since(stamp.captured).as_millis() as i64 + 30;
            let truth = arrival - (begin + n * 40);
            assert!((age - truth).abs() <= 60, "{stall_ms}: age {age}, truth {truth}");
        }
        for n in frames + 1..frames + 200 {
            let stamp = timeline
                .stamp(&at(begin + n * 40), wall((begin + n * 40).max(begin + stall_ms + frames) + 30));
            let age = wall(begin + n * 40 + 30).nanos_from(stamp.captured) / MS;
            assert!((-60..=60).contains(&age), "{stall_ms}: {age} ms after the backlog");
        }
        assert_eq!(timeline.counters(), TimelineCounters::default());
    }
}

#[test]
fn a_backlog_that_drains_slowly_keeps_its_age() {
    let mut timeline = running(500);
    let begin = 500 * 40;
    // Ten seconds behind, and the line carries twice the rate: even again after ten seconds.
    for n in 0..500 {
        let arrival = begin + 10_000 + n * 20;
        let stamp = timeline.stamp(&at(begin + n * 40), wall(arrival));
        let age = wall(arrival).since(stamp.captured).as_millis() as i64 + 30;
        let truth = arrival - (begin + n * 40);
        assert!((age - truth).abs() <= 350, "packet {n}: age {age}, truth {truth}");
    }
}

#[test]
fn a_burst_at_the_start_ends_at_zero_age() {
    let mut timeline = Timeline::new(Pace::Live);
    // A server hands out two seconds of its buffer at once.
    for n in 0..50 {
        timeline.stamp(&at(n * 40), wall(2000 + n));
    }
    for n in 52..100 {
        let stamp = timeline.stamp(&at(n * 40), wall(n * 40 + 5));
        assert!((counted(n * 40 + 5)..=wall(n * 40 + 5)).contains(&stamp.captured), "packet {n}");
    }
}

#[test]
fn drift_is_followed() {
    // Parts in a million: crystals, and a camera whose 25 pictures a second are 24.75.
    for drift in [-10_000, -200, 200, 10_000] {
        let mut timeline = Timeline::new(Pace::Live);
        for n in 0..50_000i64 {
            let arrival = n * 40 + n * 40 * drift / 1_000_000;
            let stamp = timeline.stamp(&at(n * 40), wall(arrival));
            let age = wall(arrival).since(stamp.captured);
            assert!(age <= Duration::from_millis(120), "{drift}: {age:?} at packet {n}");
        }
        assert_eq!(timeline.counters(), TimelineCounters::default(), "{drift}");
    }
}

#[test]
fn a_source_that_pauses_its_clock_is_believed_after_a_while() {
    let mut timeline = running(500);
    let mut ages = Vec::new();
    for n in 500..1000 {
        // 2.5 s in which the source's clock stood still.
        let arrival = wall(n * 40 + 2500);
        ages.push(arrival.since(timeline.stamp(&at(n * 40), arrival).captured).as_millis());
    }
    assert!(ages[0] > 2300, "{}", ages[0]);
    assert!(ages[250] <= 10, "still {} ms after ten seconds", ages[250]);
}

#[test]
fn a_repeated_timestamp_grows_old() {
    let mut timeline = running(500);
    let held = at(499 * 40);
    for n in 500..750 {
        let arrival = wall(n * 40 + 30);
        let stamp = timeline.stamp(&held, arrival);
        let age = arrival.since(stamp.captured).as_millis() as i64;
        let truth = (n - 499) * 40;
        assert!(age >= truth * 95 / 100, "age {age} after {truth} ms");
    }
}

#[test]
fn a_file_read_in_one_go_is_due_at_its_own_rate() {
    let mut timeline = Timeline::new(Pace::Paced { hold: Duration::from_millis(100) });
    for n in 0..100 {
        let stamp = timeline.stamp(&at(n * 40), wall(0));
        assert_eq!(stamp.due, wall(100 + n * 40));
        assert_eq!(stamp.captured, stamp.due);
    }
}

#[test]
fn reordered_pictures_of_a_file_are_due_when_they_are_decoded() {
    let mut timeline = Timeline::new(Pace::Paced { hold: Duration::ZERO });
    for (n, pts) in (0..).zip([2, 5, 3, 4, 8, 6, 7]) {
        let raw = RawPacket { dts: Some(n * 40), ..at(pts * 40) };
        let stamp = timeline.stamp(&raw, wall(0));
        assert_eq!((stamp.due, stamp.captured), (wall(n * 40), wall(pts * 40)));
    }
}

#[test]
fn a_play_list_that_repeats_its_last_segments_is_not_new() {
    let mut timeline = Timeline::new(Pace::Paced { hold: Duration::from_millis(500) });
    let mut given = Vec::new();
    for n in 0..100 {
        given.push(timeline.stamp(&at(n * 40), wall(n * 40)));
    }
    // Its maker has died. Each time it is opened, the last two seconds come again.
    for round in 1..5 {
        timeline.restart();
        for n in 50..100 {
            let stamp = timeline.stamp(&at(n * 40), wall(6000 * round + n));
            assert_eq!(stamp.captured, given[n as usize].captured, "round {round}, packet {n}");
        }
    }
    // The maker is back and goes on, or begins at nought: new either way.
    let mut back = timeline.clone();
    back.restart();
    let due: Vec<_> = (100..150).map(|n| back.stamp(&at(n * 40), wall(30_000 + n)).due).collect();
    assert_eq!((due[0], due[49]), (wall(30_600), wall(30_600 + 49 * 40)));
    timeline.restart();
    let due: Vec<_> = (0..150).map(|n| timeline.stamp(&at(n * 40), wall(30_000 + n * 40)).due).collect();
    assert!(due[74] <= wall(5000) && due[75] >= wall(33_000), "{:?} {:?}", due[74], due[75]);
}

proptest! {
    #[test]
    fn jitter_and_loss_never_make_a_picture_younger_than_it_is(
        transits in proptest::collection::vec((0i64..80, any::<bool>()), 50..400)
    ) {
        let mut timeline = Timeline::new(Pace::Live);
        for (n, (transit, lost)) in transits.into_iter().enumerate() {
            let sent = n as i64 * 40;
            if lost {
                continue;
            }
            let stamp = timeline.stamp(&at(sent), wall(sent + transit));
            prop_assert_eq!(stamp.time, MediaTime(sent * MS));
            prop_assert!(stamp.captured <= wall(sent + transit));
            // Older than it is by no more than twice the margin, younger by no more than the slowest transit.
            prop_assert!(stamp.captured >= wall(sent - 10) && stamp.captured <= wall(sent + 80));
        }
        prop_assert_eq!(timeline.counters(), TimelineCounters::default());
    }

    #[test]
    fn any_timestamps_at_all_are_survived(
        raws in proptest::collection::vec((any::<Option<i64>>(), any::<i64>(), 0u32..70, 1u32..), 1..100)
    ) {
        let mut live = Timeline::new(Pace::Live);
        let mut paced = Timeline::new(Pace::Paced { hold: Duration::from_secs(1) });
        for (pts, arrival, bits, rate) in raws {
            let timescale = Timescale::per_second(NonZeroU32::new(rate).unwrap());
            let raw = packet(pts, timescale, bits);
            let stamp = live.stamp(&raw, WallTime(arrival));
            prop_assert!(stamp.captured <= WallTime(arrival));
            paced.stamp(&raw, WallTime(arrival));
        }
    }
}
