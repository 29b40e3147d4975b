//! Random histories of events: no illegal state is ever reached, and no late word brings an old one back.

use crate::dice::run;
use crate::hall::{Hall, event, layout};
use media::{EVENT_STATES, EventState};
use proptest::prelude::{any, prop};
use proptest::{prop_assert, prop_assert_eq};

const RULE: &str = r#"
[[rule]]
id = "open"
when = { event = "event.state != 'closed'" }
do = [{ banner = "{state}" }]
until = "event.state == 'closed'"
"#;

fn rank(state: EventState) -> usize {
    EVENT_STATES.iter().position(|other| *other == state).unwrap()
}

/// Random histories of steps of which those are taken that `takes` lets be.
fn histories(name: &str, cases: u32, takes: impl Fn(EventState, EventState) -> bool) {
    let layout = layout(RULE);
    let histories = (
        prop::collection::vec(0_usize..5, 1..24),
        // Which word of the history is brought at which turn: late, twice, or never.
        prop::collection::vec(any::<prop::sample::Index>(), 1..32),
    );
    run(name, cases, histories, |(attempts, deliveries)| {
        let mut history = vec![EventState::Reported];
        for attempt in attempts {
            let (from, to) = (*history.last().unwrap(), EVENT_STATES[attempt]);
            let legal =
                rank(to) == rank(from) + 1 || (to == EventState::Closed && from != EventState::Closed);
            prop_assert_eq!(from.may_become(to), legal);
            if takes(from, to) {
                history.push(to);
            }
        }
        prop_assert!(history.windows(2).all(|pair| rank(pair[0]) < rank(pair[1])), "{:?}", history);
        let closed = history.iter().filter(|state| **state == EventState::Closed).count();
        prop_assert!(closed <= 1 && (closed == 0 || history.last() == Some(&EventState::Closed)));
        let mut hall = Hall::of(&layout);
        let mut newest = None;
        for delivery in deliveries {
            let state = history[delivery.index(history.len())];
            hall.event("e", "any", state);
            newest = newest.max(Some(rank(state)));
            let shown = hall.picture("main").banner.as_ref().map(|banner| banner.words.en.clone());
            let expected = newest.map(|rank| EVENT_STATES[rank]).filter(|state| *state != EventState::Closed);
            prop_assert_eq!(shown.as_deref(), expected.map(EventState::as_str));
        }
        Ok(())
    });
}

#[test]
fn no_history_reaches_an_illegal_state() {
    histories("histories", 10_000, EventState::may_become);
}

#[test]
#[should_panic(expected = "planted-histories")]
fn a_planted_step_that_skips_is_found() {
    histories("planted-histories", 200, |_, _| true);
}

#[test]
fn many_events_are_kept_apart() {
    let mut hall = Hall::of(&layout(RULE));
    for number in 0..20_000 {
        let id = format!("e{number}");
        hall.engine.event(hall.now, &event(&id, "any", EventState::Closed));
    }
    hall.event("e19999", "any", EventState::Reported);
    assert_eq!(hall.engine.alarms().len(), 0, "it is closed");
    hall.event("e0", "any", EventState::Reported);
    assert_eq!(hall.engine.alarms().len(), 1, "that is so long ago that it counts as new");
}
