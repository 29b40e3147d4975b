//! Cameras that are killed, hang or send garbage are marked, replaced by a card, and live again; the others lose nothing.

use tests::faults::{NEIGHBOURS, VICTIMS, play};
use tests::stage::Place;

#[test]
fn broken_cameras_are_said_to_be_broken_and_cost_their_neighbours_nothing() {
    let _alone = crate::alone();
    let outcome = play(&Place::of_this_program("faults").unwrap(), false).unwrap();
    for (id, times) in VICTIMS.iter().zip(&outcome.victims) {
        println!("{id:12} {times:?}");
    }
    for (id, course) in NEIGHBOURS.iter().zip(&outcome.neighbours) {
        println!("{id:12} {course:?}");
    }
    // How fast each comes is measured by `./dev prove hall`; here it must come at all, in the right order.
    for (id, times) in VICTIMS.iter().zip(&outcome.victims) {
        let (Some(marked), Some(card), Some(_)) = (times.marked_ms, times.card_ms, times.live_ms) else {
            panic!("{id}: {times:?}");
        };
        assert!(marked < card && card >= 4_000, "{id}: {times:?}");
    }
    for (id, course) in NEIGHBOURS.iter().zip(&outcome.neighbours) {
        assert_eq!((course.unreadable, course.backwards), (0, 0), "{id}: {course:?}");
    }
}
