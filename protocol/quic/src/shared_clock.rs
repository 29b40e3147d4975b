//! The newest clock map, readable from every thread without waiting.
//!
//! The map is kept in four places in turn. A reader takes the newest one and then looks whether the writer has come round to
//! it meanwhile, which at some dozen maps a second means that the reader slept through several of them: then it takes the
//! next. Nobody ever waits for anybody, not even for a writer that was put to sleep in the middle.

use media::{ClockMap, LocalTime, WallTime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

const PLACES: u64 = 4;
const WORDS: usize = 7;

#[derive(Debug, Default)]
struct Places {
    /// How many maps have been written; the newest lies at the rest by the number of places.
    newest: AtomicU64,
    words: [[AtomicU64; WORDS]; PLACES as usize],
}

impl Places {
    fn place(&self, number: u64) -> &[AtomicU64; WORDS] {
        &self.words[(number % PLACES) as usize]
    }
}

/// A node's clock as its newest map tells it. Clones read the same clock.
#[derive(Debug, Clone)]
pub struct SharedClock(Arc<Places>);

impl SharedClock {
    /// A clock whose map never changes.
    pub fn fixed(map: ClockMap) -> Self {
        ClockWriter::new(map).clock()
    }

    /// The newest map.
    pub fn map(&self) -> ClockMap {
        loop {
            let number = self.0.newest.load(Ordering::Acquire);
            let place = self.0.place(number);
            let words: [u64; WORDS] = std::array::from_fn(|n| place[n].load(Ordering::Relaxed));
            // Whoever has seen a word of a later map sees, past this fence, the number of the map before that one.
            fence(Ordering::Acquire);
            if self.0.newest.load(Ordering::Relaxed) < number + PLACES - 1 {
                return unpack(words);
            }
        }
    }
}

/// The only one who sets the clock.
#[derive(Debug)]
pub(crate) struct ClockWriter(Arc<Places>);

impl ClockWriter {
    pub(crate) fn new(map: ClockMap) -> Self {
        let mut writer = Self(Arc::default());
        writer.write(map);
        writer
    }

    pub(crate) fn clock(&self) -> SharedClock {
        SharedClock(self.0.clone())
    }

    pub(crate) fn write(&mut self, map: ClockMap) {
        let number = self.0.newest.load(Ordering::Relaxed) + 1;
        // The number of the map before is seen by whoever sees a word of this one.
        fence(Ordering::Release);
        for (place, word) in self.0.place(number).iter().zip(pack(map)) {
            place.store(word, Ordering::Relaxed);
        }
        self.0.newest.store(number, Ordering::Release);
    }
}

fn pack(map: ClockMap) -> [u64; WORDS] {
    let ClockMap {
        at: LocalTime(at),
        wall: WallTime(wall),
        rate_ppb,
        slew_ppb,
        slew_until: LocalTime(until),
        error_ns,
        error_growth_ppb,
    } = map;
    let signed = [at, wall, rate_ppb, slew_ppb, until].map(i64::cast_unsigned);
    let [at, wall, rate, slew, until] = signed;
    [at, wall, rate, slew, until, error_ns, error_growth_ppb]
}

fn unpack([at, wall, rate, slew, until, error_ns, error_growth_ppb]: [u64; WORDS]) -> ClockMap {
    ClockMap {
        at: LocalTime(at.cast_signed()),
        wall: WallTime(wall.cast_signed()),
        rate_ppb: rate.cast_signed(),
        slew_ppb: slew.cast_signed(),
        slew_until: LocalTime(until.cast_signed()),
        error_ns,
        error_growth_ppb,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    /// A map whose every field follows from `n`.
    fn numbered(n: i64) -> ClockMap {
        ClockMap {
            at: LocalTime(n),
            wall: WallTime(-n),
            rate_ppb: n + 1,
            slew_ppb: -n - 1,
            slew_until: LocalTime(n + 2),
            error_ns: n.unsigned_abs(),
            error_growth_ppb: u64::MAX - n.unsigned_abs(),
        }
    }

    #[test]
    fn readers_see_whole_maps_and_never_an_older_one_again() {
        let mut writer = ClockWriter::new(numbered(0));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let clock = writer.clock();
                scope.spawn(|| {
                    let clock = clock;
                    let mut last = 0;
                    while !done.load(Ordering::Relaxed) {
                        let map = clock.map();
                        assert_eq!(map, numbered(map.at.0));
                        assert!(map.at.0 >= last);
                        last = map.at.0;
                    }
                });
            }
            for n in 1..300_000 {
                writer.write(numbered(n));
            }
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(writer.clock().map(), numbered(299_999));
    }
}
