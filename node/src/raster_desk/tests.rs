//! The desk, told its ticks.

use super::*;
use layouts::{CANVAS_PIXEL, Rgba};

const SIZE: Size = Size { width: 8, height: 4 };
const BYTES: usize = 8 * 4 * 4 + ENTRY_BYTES;
const SCALE: PixelScale = PixelScale { columns: 1, width: CANVAS_PIXEL, rows: 1, height: CANVAS_PIXEL };
const SECOND: i64 = 1_000_000_000;

fn slot(widget: u64) -> Slot {
    Slot { widget, size: SIZE, scale: SCALE }
}

/// Another picture for each number; the desk looks at no more than whether it is the same.
fn spec(number: u8) -> Arc<Raster> {
    Arc::new(Raster::Dot(Rgba { r: number, g: 0, b: 0, a: 255 }))
}

fn bitmap(number: u8) -> Option<Arc<Bitmap>> {
    Bitmap::new(SIZE, vec![number; 8 * 4 * 4]).map(Arc::new)
}

fn number(of: &Arc<Raster>) -> u8 {
    match **of {
        Raster::Dot(color) => color.r,
        _ => panic!("{of:?}"),
    }
}

fn desk() -> RasterDesk {
    RasterDesk::new(100 * BYTES)
}

/// Draws what is next; its number.
fn draw(desk: &mut RasterDesk) -> Option<u8> {
    let job = desk.take()?;
    let drawn = number(&job.spec);
    drop(desk.done(bitmap(drawn)));
    Some(drawn)
}

/// What widget 1 shows at `tick` when picture `wanted` is due: whether that is late, and what is seen.
fn seen(desk: &mut RasterDesk, wanted: u8, tick: i64) -> (bool, Option<u8>) {
    let first = |bitmap: Option<Arc<Bitmap>>| bitmap.map(|bitmap| bitmap.bytes()[0]);
    match desk.show(slot(1), &spec(wanted), WallTime(tick)) {
        Found::Drawn(bitmap) => (false, first(bitmap)),
        Found::Late(bitmap) => (true, first(bitmap)),
    }
}

#[test]
fn what_was_prepared_is_there_at_its_tick_and_not_before() {
    let mut desk = desk();
    assert_eq!(seen(&mut desk, 1, 10), (true, None), "nothing was ever drawn");
    assert_eq!(draw(&mut desk), Some(1));
    assert_eq!(seen(&mut desk, 1, 20), (false, Some(1)));
    assert_eq!(desk.prepare(slot(1), &spec(2), WallTime(40)), None);
    assert_eq!(draw(&mut desk), Some(2));
    assert_eq!(seen(&mut desk, 1, 30), (false, Some(1)), "its tick has not come");
    assert_eq!(desk.prepare(slot(1), &spec(2), WallTime(40)), Some(bitmap(2)));
    assert_eq!(seen(&mut desk, 2, 40), (false, Some(2)));
    assert_eq!(draw(&mut desk), None, "nothing is drawn twice");
}

#[test]
fn what_is_late_is_stood_in_for_until_it_is_there() {
    let mut desk = desk();
    seen(&mut desk, 1, 10);
    draw(&mut desk);
    seen(&mut desk, 1, 20);
    desk.prepare(slot(1), &spec(2), WallTime(30));
    assert_eq!(desk.take().map(|job| number(&job.spec)), Some(2));
    for tick in 30..35 {
        assert_eq!(seen(&mut desk, 2, tick), (true, Some(1)));
        assert_eq!(desk.waiting, 0, "what is being drawn is not wanted again");
    }
    drop(desk.done(bitmap(2)));
    assert_eq!(seen(&mut desk, 2, 35), (false, Some(2)));
}

#[test]
fn what_is_overtaken_before_it_was_begun_is_never_drawn() {
    let mut desk = desk();
    for (picture, due) in [(1, 10), (2, 20), (3, 30)] {
        desk.prepare(slot(1), &spec(picture), WallTime(due));
    }
    seen(&mut desk, 2, 25);
    assert_eq!((draw(&mut desk), draw(&mut desk), draw(&mut desk)), (Some(2), Some(3), None));
    // More wait than there is room for: the newest stay.
    for picture in 10..20 {
        desk.prepare(slot(1), &spec(picture), WallTime(100 + i64::from(picture)));
    }
    let drawn: Vec<u8> = std::iter::from_fn(|| draw(&mut desk)).collect();
    assert_eq!(drawn, [16, 17, 18, 19]);
    assert_eq!(desk.waiting, 0);
}

#[test]
fn answers_that_come_faster_than_they_can_be_drawn_are_shown_as_they_get_done_and_never_backwards() {
    let mut desk = desk();
    let (mut pictures, mut last) = (Vec::new(), None);
    for tick in 0..200i64 {
        // Another picture at each tick; drawing one takes five.
        let wanted = tick as u8;
        let (late, now) = seen(&mut desk, wanted, 1_000 + tick);
        assert!(late);
        assert!(now >= last, "{now:?} after {last:?}");
        if now != last {
            pictures.push(now);
        }
        last = now;
        if tick % 5 == 4 {
            draw(&mut desk);
        }
    }
    assert!(pictures.len() > 30, "{pictures:?}");
}

#[test]
fn what_is_due_first_is_drawn_first_whoever_wants_it() {
    let mut desk = desk();
    for (widget, picture, due) in [(1, 1, 50), (2, 2, 30), (3, 3, 40), (4, 4, 30)] {
        desk.prepare(slot(widget), &spec(picture), WallTime(due));
    }
    // Wanted earlier than it was thought.
    desk.prepare(slot(1), &spec(1), WallTime(20));
    let drawn: Vec<u8> = std::iter::from_fn(|| draw(&mut desk)).collect();
    assert_eq!(drawn, [1, 2, 4, 3]);
}

#[test]
fn what_cannot_be_drawn_is_not_tried_again() {
    let mut desk = desk();
    seen(&mut desk, 1, 10);
    desk.take().unwrap();
    assert_eq!(desk.done(None), []);
    assert_eq!(seen(&mut desk, 1, 20), (false, None));
    assert_eq!(desk.prepare(slot(1), &spec(1), WallTime(30)), Some(None));
    assert_eq!(draw(&mut desk), None);
}

#[test]
fn a_clock_that_comes_on_air_shows_the_second_for_which_it_was_prepared() {
    let mut desk = desk();
    desk.prepare(slot(1), &spec(1), WallTime(10));
    draw(&mut desk);
    assert_eq!(seen(&mut desk, 2, 20), (true, Some(1)));
    draw(&mut desk);
    assert_eq!(seen(&mut desk, 2, 21), (false, Some(2)));
}

#[test]
fn a_raster_of_seconds_is_still_found_when_it_is_done() {
    let mut desk = desk();
    seen(&mut desk, 1, 0);
    desk.take().unwrap();
    seen(&mut desk, 1, 5 * SECOND);
    drop(desk.done(bitmap(1)));
    assert_eq!(seen(&mut desk, 1, 5 * SECOND + 1), (false, Some(1)));
    assert_eq!(draw(&mut desk), None);
}

#[test]
fn what_is_kept_is_bounded_but_never_what_is_in_use() {
    let mut desk = RasterDesk::new(10 * BYTES);
    // Forty widgets on the wall at once.
    for widget in 0..40 {
        desk.show(slot(widget), &spec(widget as u8), WallTime(SECOND));
        draw(&mut desk);
    }
    assert_eq!((desk.widgets.len(), desk.bytes), (40, 40 * BYTES));
    for widget in 0..40 {
        assert!(matches!(
            desk.show(slot(widget), &spec(widget as u8), WallTime(SECOND + 1)),
            Found::Drawn(_)
        ));
    }
    // Another scene, ten seconds later.
    for widget in 100..105 {
        desk.show(slot(widget), &spec(widget as u8), WallTime(11 * SECOND));
        draw(&mut desk);
    }
    assert!(desk.bytes <= 10 * BYTES, "{}", desk.bytes);
    assert!((100..105).all(|widget| desk.widgets.contains_key(&slot(widget))));
    // A clock keeps no more than a few of its seconds.
    for second in 0..100 {
        desk.show(slot(200), &spec(second), WallTime((20 + i64::from(second)) * SECOND));
        draw(&mut desk);
    }
    assert!(desk.widgets[&slot(200)].drawn.len() <= DRAWN_OF_WIDGET_MAX);
    let bytes =
        desk.widgets.values().flat_map(|widget| &widget.drawn).map(|drawn| drawn.bytes).sum::<usize>();
    assert_eq!(desk.bytes, bytes);
}
