//! Which answer to each query is shown at which tick: a value, without a clock. Every node of a wall that has been told the
//! same shows the same.
//!
//! What is shown stays, for ever if nothing newer comes: how old it is follows from the answer itself.

use layouts::{Answer, Answers};
use media::{QueryId, WallTime};
use protocol::QUERIES_MAX;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Answers to one query that are not due yet. Of more the newest takes the place of the one before it, so that those that
/// are due first are shown even while others come faster than they fall due.
const AHEAD_MAX: usize = 8;

/// Changes that are looked at ahead of their ticks.
const CHANGES_MAX: usize = 4;

#[derive(Debug, Clone)]
struct Ahead {
    from: WallTime,
    answer: Answer,
}

#[derive(Debug, Clone)]
struct Entry {
    /// Each later than the one before it.
    ahead: VecDeque<Ahead>,
    /// How often the hall had got other queries when the newest answer came.
    came_in: u64,
}

/// The answers that a wall's screens show and will show.
#[derive(Debug, Clone, Default)]
pub struct AnswerBook {
    entries: BTreeMap<QueryId, Entry>,
    shown: Arc<Answers>,
    /// When the next of those ahead is due.
    due: Option<WallTime>,
    /// How many answers have been told.
    told: u64,
    /// The queries of the layout, and how often they have become others.
    queries: BTreeSet<QueryId>,
    changes: u64,
}

impl AnswerBook {
    /// Keeps `answer`, to be shown from the first tick at or after `from`; what has come before it for a later tick is
    /// forgotten. Gives the answer as it is kept: one with the same rows as the answer before shares them, so that it costs
    /// nothing to find that nothing has changed.
    pub fn take(&mut self, query: &QueryId, from: WallTime, mut answer: Answer) -> Answer {
        if !self.entries.contains_key(query) && self.entries.len() >= QUERIES_MAX {
            tracing::warn!(%query, "too many queries: an answer is not shown");
            return answer;
        }
        let fresh = || Entry { ahead: VecDeque::new(), came_in: self.changes };
        let entry = self.entries.entry(query.clone()).or_insert_with(fresh);
        let before = entry.ahead.back().map(|ahead| &ahead.answer).or_else(|| self.shown.get(query));
        if let Some(before) = before.filter(|before| before.table == answer.table) {
            answer.table = Arc::clone(&before.table);
        }
        entry.came_in = self.changes;
        while entry.ahead.back().is_some_and(|ahead| ahead.from >= from) || entry.ahead.len() >= AHEAD_MAX {
            entry.ahead.pop_back();
        }
        entry.ahead.push_back(Ahead { from, answer: answer.clone() });
        self.told += 1;
        self.look_ahead();
        answer
    }

    /// Comes to the tick that begins at `tick`; true when it shows other answers than the one before it.
    pub fn at(&mut self, tick: WallTime) -> bool {
        if self.due.is_none_or(|due| due > tick) {
            return false;
        }
        let mut changed = false;
        for (query, entry) in &mut self.entries {
            let count = entry.ahead.iter().take_while(|ahead| ahead.from <= tick).count();
            let Some(Ahead { from: _, answer }) = entry.ahead.drain(..count).next_back() else { continue };
            if self.shown.get(query) != Some(&answer) {
                Arc::make_mut(&mut self.shown).insert(query.clone(), answer);
                changed = true;
            }
        }
        self.look_ahead();
        changed
    }

    /// How many answers it has been told.
    pub fn told(&self) -> u64 {
        self.told
    }

    /// What is shown since the last tick.
    pub fn shown(&self) -> &Arc<Answers> {
        &self.shown
    }

    /// What will be shown up to `tick` if nothing else comes: each time at which something changes, and what is shown from
    /// then on. The earliest few; empty while nothing changes.
    pub fn ahead(&self, tick: WallTime) -> Vec<(WallTime, Arc<Answers>)> {
        let mut changes = Vec::new();
        if self.due.is_none_or(|due| due > tick) {
            return changes;
        }
        let mut then = self.clone();
        while let Some(due) = then.due.filter(|due| *due <= tick && changes.len() < CHANGES_MAX) {
            if then.at(due) {
                changes.push((due, Arc::clone(&then.shown)));
            }
        }
        changes
    }

    /// The layout has `queries` from now on: answers to others are forgotten. Those that came since the queries last became
    /// others stay a little longer, because an answer may overtake the layout that asks for it.
    pub fn follow<'a>(&mut self, queries: impl Iterator<Item = &'a QueryId>) {
        let queries: BTreeSet<QueryId> = queries.cloned().collect();
        if queries == self.queries {
            return;
        }
        let (old, changes) = (std::mem::replace(&mut self.queries, queries), self.changes);
        let (queries, shown) = (&self.queries, &mut self.shown);
        self.entries.retain(|query, entry| {
            let stays = queries.contains(query) || (!old.contains(query) && entry.came_in == changes);
            if !stays && shown.contains_key(query) {
                Arc::make_mut(shown).remove(query);
            }
            stays
        });
        self.changes += 1;
        self.look_ahead();
    }

    fn look_ahead(&mut self) {
        self.due = self.entries.values().filter_map(|entry| Some(entry.ahead.front()?.from)).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::{Table, Value};
    use std::time::Duration;

    fn id(name: &str) -> QueryId {
        QueryId::new(name).unwrap()
    }

    fn answer(number: i64) -> Answer {
        let table = Table::new(vec!["value".into()], vec![vec![Value::Integer(number)]]).unwrap();
        Answer { table: Arc::new(table), as_of: None, promise: Duration::ZERO, fault: None }
    }

    fn value(answers: &Answers, query: &str) -> Option<i64> {
        match answers.get(&id(query))?.table.get(0, "value") {
            Some(Value::Integer(number)) => Some(*number),
            other => panic!("{other:?}"),
        }
    }

    /// A book that was told each answer with the time from which it counts.
    fn book(told: &[(&str, i64, i64)]) -> AnswerBook {
        let mut book = AnswerBook::default();
        for (query, from, number) in told {
            book.take(&id(query), WallTime(*from), answer(*number));
        }
        book
    }

    /// What is shown of `query` at each of the ticks.
    fn shown<const N: usize>(book: &mut AnswerBook, query: &str, ticks: [i64; N]) -> [Option<i64>; N] {
        ticks.map(|tick| {
            book.at(WallTime(tick));
            value(book.shown(), query)
        })
    }

    #[test]
    fn an_answer_is_shown_from_the_first_tick_at_or_after_its_time() {
        let mut book = book(&[("jobs", 100, 1), ("jobs", 120, 2)]);
        assert!(!book.at(WallTime(99)));
        assert_eq!(value(book.shown(), "jobs"), None);
        assert!(book.at(WallTime(100)));
        assert_eq!(value(book.shown(), "jobs"), Some(1));
        assert!(!book.at(WallTime(119)));
        assert!(book.at(WallTime(140)));
        assert_eq!(value(book.shown(), "jobs"), Some(2));
        assert!(!book.at(WallTime(i64::MAX)), "the last one stays for ever");
        assert_eq!(value(book.shown(), "jobs"), Some(2));
    }

    #[test]
    fn whoever_comes_later_shows_the_same() {
        let told = [("jobs", 100, 1), ("heat", 105, 7), ("jobs", 120, 2), ("jobs", 140, 3)];
        let ticks = [90, 100, 110, 120, 130, 140, 150];
        let mut early = book(&told);
        let early = ticks.map(|tick| {
            early.at(WallTime(tick));
            early.shown().clone()
        });
        for start in 0..ticks.len() {
            let mut late = book(&told);
            for (tick, early) in ticks.iter().zip(&early).skip(start) {
                late.at(WallTime(*tick));
                assert_eq!(late.shown(), early);
            }
        }
    }

    #[test]
    fn a_newer_answer_for_an_earlier_tick_replaces_those_for_later_ones() {
        let mut book = book(&[("jobs", 100, 1), ("jobs", 5_000_000, 2), ("jobs", 110, 3)]);
        assert_eq!(shown(&mut book, "jobs", [100, 110, 6_000_000]), [Some(1), Some(3), Some(3)]);
        // One whose time has passed is due at once.
        book.take(&id("jobs"), WallTime(50), answer(4));
        assert_eq!(shown(&mut book, "jobs", [6_000_001]), [Some(4)]);
    }

    #[test]
    fn answers_that_come_faster_than_they_fall_due_are_bounded_and_still_shown() {
        let mut book = AnswerBook::default();
        let mut seen = BTreeSet::new();
        for now in 0..1_000 {
            // A lead of twenty ticks.
            book.take(&id("jobs"), WallTime(now + 20), answer(now));
            assert!(book.entries.values().all(|entry| entry.ahead.len() <= AHEAD_MAX));
            seen.extend(shown(&mut book, "jobs", [now])[0]);
        }
        assert!(seen.len() > 300, "{}", seen.len());
        assert_eq!(shown(&mut book, "jobs", [2_000]), [Some(999)]);
    }

    #[test]
    fn an_answer_with_the_same_rows_shares_them_and_changes_nothing() {
        let mut book = book(&[("jobs", 100, 1)]);
        assert!(book.at(WallTime(100)));
        let before = book.shown().clone();
        let kept = book.take(&id("jobs"), WallTime(120), answer(1));
        assert!(Arc::ptr_eq(&kept.table, &before.get(&id("jobs")).unwrap().table));
        assert!(!book.at(WallTime(120)));
        assert!(Arc::ptr_eq(book.shown(), &before));
        // The same rows, but fresher.
        book.take(&id("jobs"), WallTime(140), Answer { as_of: Some(WallTime(130)), ..answer(1) });
        assert!(book.at(WallTime(140)));
        let (new, old) = (book.shown().get(&id("jobs")).unwrap(), before.get(&id("jobs")).unwrap());
        assert!(Arc::ptr_eq(&new.table, &old.table));
        assert_eq!((new.as_of, old.as_of), (Some(WallTime(130)), None));
    }

    #[test]
    fn what_will_be_shown_can_be_looked_at_before() {
        let mut book = book(&[("jobs", 100, 1), ("jobs", 120, 2)]);
        let ahead = |book: &AnswerBook, tick: i64| -> Vec<(i64, Option<i64>)> {
            let changes = book.ahead(WallTime(tick));
            changes.iter().map(|(due, then)| (due.0, value(then, "jobs"))).collect()
        };
        assert_eq!(ahead(&book, 99), []);
        assert_eq!(ahead(&book, 100), [(100, Some(1))]);
        assert_eq!(ahead(&book, 130), [(100, Some(1)), (120, Some(2))], "each change at its own time");
        assert_eq!(shown(&mut book, "jobs", [99, 100]), [None, Some(1)]);
    }

    #[test]
    fn answers_to_queries_that_are_gone_are_forgotten() {
        let mut book = book(&[("jobs", 100, 1), ("heat", 100, 2), ("heat", 200, 3)]);
        let (jobs, heat, new) = (id("jobs"), id("heat"), id("new"));
        book.follow([&jobs, &heat].into_iter());
        book.at(WallTime(100));
        book.follow([&heat, &jobs].into_iter());
        assert_eq!(value(book.shown(), "heat"), Some(2));
        // The answer comes before the layout that asks for it.
        book.take(&new, WallTime(100), answer(4));
        book.follow([&jobs].into_iter());
        assert_eq!(shown(&mut book, "heat", [100, 300]), [None, None]);
        assert_eq!(shown(&mut book, "new", [300]), [Some(4)]);
        // Nobody has ever asked for it.
        book.follow([&heat].into_iter());
        assert_eq!((book.entries.len(), book.shown().len()), (0, 0));
    }

    #[test]
    fn no_more_queries_are_kept_than_a_hall_can_have() {
        let mut book = AnswerBook::default();
        (0..2 * QUERIES_MAX).for_each(|n| {
            book.take(&id(&n.to_string()), WallTime(0), answer(0));
        });
        assert_eq!(book.entries.len(), QUERIES_MAX);
    }
}
