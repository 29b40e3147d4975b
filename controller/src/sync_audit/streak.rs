//! When something that is right on some ticks and wrong on others becomes an alarm, and when it ceases to be one.

use std::collections::VecDeque;

/// Wrong ticks in a row that raise an alarm.
const RAISE_ROW: u32 = 3;
/// Wrong ticks within [`REPEATED_S`] that raise one, though they were no row.
const REPEATED: usize = 5;
/// Seconds of ticks in which wrong ones count as repeated.
const REPEATED_S: u64 = 10;
/// Seconds of right ticks in a row that end an alarm.
const CLEAR_S: u64 = 2;

/// What a tick has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing: right or wrong as before, without an alarm.
    Quiet,
    /// An alarm stands since tick `since`, and this tick was wrong too. Also given when it begins.
    Wrong { since: u64 },
    /// An alarm stands, and this tick was right.
    Waning,
    /// An alarm has ended: tick `from` was the first right one.
    Ended { from: u64 },
}

/// One thing that is looked at on many ticks.
#[derive(Debug, Clone, Default)]
pub(super) struct Streak {
    /// Wrong ticks in a row up to now, and the first of them.
    row: (u32, u64),
    /// The newest wrong ticks, at most [`REPEATED`].
    wrong: VecDeque<u64>,
    /// The first tick of the right ones up to now.
    right_from: Option<u64>,
    /// The first wrong tick of the alarm that stands.
    alarm: Option<u64>,
    newest: u64,
}

impl Streak {
    /// The newest tick that was looked at.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// Takes in one tick of a wall of `hz` ticks a second.
    pub(super) fn look(&mut self, tick: u64, right: bool, hz: u64) -> Turn {
        self.newest = self.newest.max(tick);
        if right { self.right(tick, hz) } else { self.wrong(tick, hz) }
    }

    fn right(&mut self, tick: u64, hz: u64) -> Turn {
        self.row = (0, 0);
        let from = *self.right_from.get_or_insert(tick);
        if self.alarm.is_none() {
            return Turn::Quiet;
        }
        if tick.saturating_sub(from) < CLEAR_S * hz {
            return Turn::Waning;
        }
        self.alarm = None;
        self.wrong.clear();
        Turn::Ended { from }
    }

    fn wrong(&mut self, tick: u64, hz: u64) -> Turn {
        self.right_from = None;
        let (count, first) = self.row;
        self.row = if count == 0 { (1, tick) } else { (count + 1, first) };
        if self.wrong.len() >= REPEATED {
            self.wrong.pop_front();
        }
        self.wrong.push_back(tick);
        if self.alarm.is_none() {
            let oldest = self.wrong.front().copied().unwrap_or(tick);
            let repeated = self.wrong.len() >= REPEATED && tick.saturating_sub(oldest) <= REPEATED_S * hz;
            self.alarm = if self.row.0 >= RAISE_ROW { Some(self.row.1) } else { repeated.then_some(oldest) };
        }
        self.alarm.map_or(Turn::Quiet, |since| Turn::Wrong { since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(streak: &mut Streak, from: u64, pattern: &str) -> Turn {
        let looks = (from..).zip(pattern.chars()).map(|(tick, c)| streak.look(tick, c == '.', 25));
        looks.last().unwrap()
    }

    #[test]
    fn three_in_a_row_raise_and_two_seconds_of_right_ticks_end() {
        let mut streak = Streak::default();
        assert_eq!(looks(&mut streak, 0, "..XX"), Turn::Quiet);
        assert_eq!(looks(&mut streak, 4, "X"), Turn::Wrong { since: 2 });
        assert_eq!(looks(&mut streak, 5, &".".repeat(50)), Turn::Waning);
        assert_eq!(looks(&mut streak, 55, "X"), Turn::Wrong { since: 2 }, "it had not ended");
        assert_eq!(looks(&mut streak, 56, &".".repeat(51)), Turn::Ended { from: 56 });
        assert_eq!(looks(&mut streak, 107, "XX"), Turn::Quiet);
    }

    #[test]
    fn a_single_wrong_tick_raises_nothing_unless_it_comes_again_and_again() {
        let mut streak = Streak::default();
        let now_and_then = format!("X{}", ".".repeat(79));
        assert_eq!(looks(&mut streak, 0, &now_and_then.repeat(20)), Turn::Quiet, "once in 3.2 s");
        let mut streak = Streak::default();
        let often = format!("X{}", ".".repeat(49));
        assert_eq!(looks(&mut streak, 0, &often.repeat(4)), Turn::Quiet);
        assert_eq!(looks(&mut streak, 200, "X"), Turn::Wrong { since: 0 });
    }
}
