//! What operators have done to one side of a wall, its air or its stage: revisions, who is in whose way, and the way back. A value: no
//! lock, no clock.

mod kept;

use layouts::Draft;
use media::WindowId;
use std::collections::{BTreeSet, VecDeque};

/// Acts that can be undone.
pub(crate) const UNDO_MAX: usize = 50;
/// Changes that are remembered, so that an older one of somebody else's can be told apart from them.
const STEPS_MAX: usize = 512;

/// A change that has been made.
#[derive(Debug, Clone)]
struct Step {
    revision: u64,
    /// The windows that it changed; `None` for all of them: another scene has come.
    touched: Option<BTreeSet<WindowId>>,
}

/// Where an act leads back to, or forth again.
#[derive(Debug, Clone)]
struct Act {
    /// Another one for each act of a wall; later ones are greater.
    number: u64,
    draft: Draft,
    gesture: Option<String>,
}

/// One side of a wall.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    /// As it was known last.
    draft: Option<Draft>,
    revision: u64,
    /// Nothing is known of what was changed up to this revision.
    since: u64,
    steps: VecDeque<Step>,
    undo: VecDeque<Act>,
    redo: Vec<Act>,
}

/// Who else has changed what since an operator looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InTheWay {
    /// The windows that both want; empty where another scene has come.
    pub changed: BTreeSet<WindowId>,
}

impl Track {
    /// A side of which nothing is known yet.
    pub(crate) fn new(revision: u64) -> Self {
        let (undo, redo, steps) = Default::default();
        Self { draft: None, revision, since: revision, steps, undo, redo }
    }

    /// As it was known last.
    pub(crate) fn draft(&self) -> Option<&Draft> {
        self.draft.as_ref()
    }

    /// Grows with every change of this side.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// How many acts can be undone, and how many done again.
    pub(crate) fn depth(&self) -> (usize, usize) {
        (self.undo.len(), self.redo.len())
    }

    /// Takes note of what is there. Where something else has changed it, and be it an operator by another way (`by_operator`), that is
    /// a change like any other; what a schedule or a tour has brought cannot be undone.
    pub(crate) fn follow(&mut self, draft: Option<&Draft>, by_operator: bool, counter: &mut u64) {
        if self.draft.as_ref() == draft {
            return;
        }
        let before = std::mem::replace(&mut self.draft, draft.cloned());
        let touched = before.as_ref().zip(draft).and_then(|(before, after)| before.differences(after));
        self.step(touched, counter);
        match before {
            Some(before) if by_operator && draft.is_some() => self.remember(before, None),
            _ => self.forget(),
        }
    }

    /// Forgets the ways back, and forth again, that lead to drafts of which `gone` is true.
    pub(crate) fn forget_drafts(&mut self, gone: impl Fn(&Draft) -> bool) {
        self.undo.retain(|act| !gone(&act.draft));
        self.redo.retain(|act| !gone(&act.draft));
        // What led there may lead to what is there anyhow.
        while self.undoing().is_some() && self.undoing() == self.draft() {
            self.undo.pop_back();
        }
        while self.redoing().is_some() && self.redoing() == self.draft() {
            self.redo.pop();
        }
    }

    /// Whether changes of `touched` that were thought of at revision `base` may be made now.
    pub(crate) fn fits(&self, base: u64, touched: &BTreeSet<WindowId>, counter: u64) -> Result<(), InTheWay> {
        if base < self.since || base > counter {
            return Err(InTheWay { changed: BTreeSet::new() });
        }
        let mut changed = BTreeSet::new();
        for step in self.steps.iter().filter(|step| step.revision > base) {
            match &step.touched {
                None => return Err(InTheWay { changed: BTreeSet::new() }),
                Some(theirs) => changed.extend(theirs.intersection(touched).cloned()),
            }
        }
        if changed.is_empty() { Ok(()) } else { Err(InTheWay { changed }) }
    }

    /// Whether what touches everything of this side and was thought of at revision `base` may be done now.
    pub(crate) fn unchanged(&self, base: u64, counter: u64) -> Result<(), InTheWay> {
        let everything = || InTheWay { changed: BTreeSet::new() };
        if base < self.since || base > counter {
            return Err(everything());
        }
        let mut since = self.steps.iter().filter(|step| step.revision > base).peekable();
        if since.peek().is_none() {
            return Ok(());
        }
        let mut changed = BTreeSet::new();
        for step in since {
            changed.extend(step.touched.as_ref().ok_or_else(everything)?.iter().cloned());
        }
        Err(InTheWay { changed })
    }

    /// An act has led to `after`. Acts of one `gesture` that follow each other are undone together.
    pub(crate) fn act(&mut self, after: Draft, gesture: Option<String>, counter: &mut u64) {
        if self.draft.as_ref() == Some(&after) {
            return;
        }
        let before = self.draft.replace(after.clone());
        let touched = before.as_ref().and_then(|before| before.differences(&after));
        self.step(touched, counter);
        match before {
            Some(before) => self.remember(before, gesture),
            None => self.forget(),
        }
    }

    /// Whether an act of `gesture` goes on with the act before.
    pub(crate) fn goes_on(&self, gesture: Option<&str>) -> bool {
        let last = self.undo.back().and_then(|act| act.gesture.as_deref());
        gesture.is_some() && last == gesture && self.redo.is_empty()
    }

    /// What undoing leads to.
    pub(crate) fn undoing(&self) -> Option<&Draft> {
        self.undo.back().map(|act| &act.draft)
    }

    /// What doing again leads to.
    pub(crate) fn redoing(&self) -> Option<&Draft> {
        self.redo.last().map(|act| &act.draft)
    }

    /// The number of the act that undoing takes back.
    pub(crate) fn undo_act(&self) -> Option<u64> {
        self.undo.back().map(|act| act.number)
    }

    /// The number of the act that is done again.
    pub(crate) fn redo_act(&self) -> Option<u64> {
        self.redo.last().map(|act| act.number)
    }

    /// The last act has been undone, which has led to `there`: what undoing leads to, maybe with smaller streams.
    pub(crate) fn undone(&mut self, there: Draft, counter: &mut u64) {
        if self.undo.pop_back().is_none() {
            return;
        }
        if let Some(after) = self.turn_to(there, counter) {
            self.redo.push(Act { number: self.revision, draft: after, gesture: None });
        }
    }

    /// What was undone last has been done again, which has led to `there`: what that leads to, maybe with smaller streams.
    pub(crate) fn redone(&mut self, there: Draft, counter: &mut u64) {
        if self.redo.pop().is_none() {
            return;
        }
        if let Some(before) = self.turn_to(there, counter) {
            self.undo.push_back(Act { number: self.revision, draft: before, gesture: None });
        }
    }

    fn turn_to(&mut self, draft: Draft, counter: &mut u64) -> Option<Draft> {
        let former = self.draft.replace(draft.clone());
        let touched = former.as_ref().and_then(|former| former.differences(&draft));
        self.step(touched, counter);
        former
    }

    fn step(&mut self, touched: Option<BTreeSet<WindowId>>, counter: &mut u64) {
        *counter += 1;
        self.revision = *counter;
        self.steps.push_back(Step { revision: *counter, touched });
        if self.steps.len() > STEPS_MAX
            && let Some(oldest) = self.steps.pop_front()
        {
            self.since = oldest.revision;
        }
    }

    fn remember(&mut self, before: Draft, gesture: Option<String>) {
        if !self.goes_on(gesture.as_deref()) {
            self.undo.push_back(Act { number: self.revision, draft: before, gesture });
        }
        if self.undo.len() > UNDO_MAX {
            self.undo.pop_front();
        }
        self.redo.clear();
    }

    fn forget(&mut self) {
        self.undo.clear();
        self.redo.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use layouts::WindowEdit;
    use media::SceneId;

    fn window(name: &str) -> WindowId {
        WindowId::new(name).unwrap()
    }

    fn names(names: &[&str]) -> BTreeSet<WindowId> {
        names.iter().map(|name| window(name)).collect()
    }

    /// Scene `scene` with windows at some depth.
    fn draft(scene: &str, depths: &[(&str, i32)]) -> Draft {
        let edit = |z| WindowEdit { z: Some(z), ..WindowEdit::default() };
        let edits = depths.iter().map(|(name, z)| (window(name), edit(*z))).collect();
        Draft { edits, ..Draft::of(SceneId::new(scene).unwrap()) }
    }

    fn undo(track: &mut Track, counter: &mut u64) {
        let there = track.undoing().cloned().unwrap();
        track.undone(there, counter);
    }

    fn redo(track: &mut Track, counter: &mut u64) {
        let there = track.redoing().cloned().unwrap();
        track.redone(there, counter);
    }

    #[test]
    fn what_touches_everything_is_in_the_way_of_whatever_was_done_since() {
        let mut counter = 10;
        let mut track = Track::new(counter);
        track.follow(Some(&draft("day", &[])), false, &mut counter);
        let seen = track.revision();
        // What is done to the other side of the wall counts on, and is in nobody's way here.
        counter += 1;
        assert_eq!(track.unchanged(seen, counter), Ok(()));
        track.act(draft("day", &[("a", 1)]), None, &mut counter);
        track.act(draft("day", &[("a", 1), ("b", 1)]), None, &mut counter);
        assert_eq!(track.unchanged(seen, counter), Err(InTheWay { changed: names(&["a", "b"]) }));
        assert_eq!(track.unchanged(track.revision(), counter), Ok(()));
        track.follow(Some(&draft("night", &[])), true, &mut counter);
        let everything = Err(InTheWay { changed: names(&[]) });
        assert_eq!(track.unchanged(seen, counter), everything);
        assert_eq!(track.unchanged(9, counter), everything, "a revision of an earlier run");
        assert_eq!(track.unchanged(counter + 1, counter), everything);
    }

    #[test]
    fn acts_have_numbers_of_their_own_and_lead_where_it_is_said() {
        let mut counter = 0;
        let mut track = Track::new(0);
        track.follow(Some(&draft("day", &[])), false, &mut counter);
        assert_eq!((track.undo_act(), track.redo_act()), (None, None));
        track.act(draft("day", &[("a", 1)]), None, &mut counter);
        let first = track.undo_act();
        track.act(draft("day", &[("b", 1)]), Some("drag".to_owned()), &mut counter);
        let second = track.undo_act();
        assert!(first.is_some() && second > first);
        track.act(draft("day", &[("b", 2)]), Some("drag".to_owned()), &mut counter);
        assert_eq!(track.undo_act(), second, "a gesture goes on being the same act");
        // What could not be decoded as it was comes back with smaller streams.
        track.undone(draft("day", &[("a", 7)]), &mut counter);
        assert_eq!(track.draft(), Some(&draft("day", &[("a", 7)])));
        assert_eq!(track.undo_act(), first);
        assert!(track.redo_act() > second);
    }

    #[test]
    fn who_touches_other_windows_is_in_nobodys_way() {
        let mut counter = 10;
        let mut track = Track::new(counter);
        track.follow(Some(&draft("day", &[])), false, &mut counter);
        let seen = track.revision();
        track.act(draft("day", &[("a", 1)]), None, &mut counter);
        assert_eq!(track.fits(seen, &names(&["b"]), counter), Ok(()));
        assert_eq!(track.fits(seen, &names(&["a", "b"]), counter), Err(InTheWay { changed: names(&["a"]) }));
        assert_eq!(track.fits(seen, &names(&[]), counter), Ok(()), "what opens a window touches none");
        assert_eq!(track.fits(track.revision(), &names(&["a"]), counter), Ok(()));
        // Undoing is a change like any other.
        let seen = track.revision();
        undo(&mut track, &mut counter);
        assert_eq!(track.fits(seen, &names(&["a"]), counter), Err(InTheWay { changed: names(&["a"]) }));
        // Another scene is in everybody's way, and so is what nobody can know.
        let everything = Err(InTheWay { changed: names(&[]) });
        let seen = track.revision();
        track.follow(Some(&draft("night", &[])), true, &mut counter);
        assert_eq!(track.fits(seen, &names(&["b"]), counter), everything);
        assert_eq!(track.fits(9, &names(&["b"]), counter), everything, "a revision of an earlier run");
        assert_eq!(track.fits(counter + 1, &names(&["b"]), counter), everything);
        for z in 0..2 * STEPS_MAX as i32 {
            track.act(draft("night", &[("a", z)]), None, &mut counter);
        }
        assert_eq!(track.fits(seen, &names(&["b"]), counter), everything, "too long ago");
    }

    #[test]
    fn the_last_fifty_acts_are_undone_to_the_very_value_and_done_again() {
        let mut counter = 0;
        let mut track = Track::new(0);
        track.follow(Some(&draft("day", &[])), false, &mut counter);
        for z in 1..=60 {
            track.act(draft("day", &[("a", z)]), None, &mut counter);
        }
        assert_eq!(track.depth(), (UNDO_MAX, 0));
        for z in (10..60).rev() {
            assert_eq!(track.undoing(), Some(&draft("day", &[("a", z)])));
            undo(&mut track, &mut counter);
        }
        assert_eq!((track.undoing(), track.depth()), (None, (0, UNDO_MAX)));
        for z in 11..=60 {
            assert_eq!(track.redoing(), Some(&draft("day", &[("a", z)])));
            redo(&mut track, &mut counter);
        }
        assert_eq!(track.draft(), Some(&draft("day", &[("a", 60)])));
        undo(&mut track, &mut counter);
        track.act(draft("day", &[("b", 1)]), None, &mut counter);
        assert_eq!(track.redoing(), None, "what was undone is gone when something else is done");
    }

    #[test]
    fn a_gesture_is_one_act_and_what_a_schedule_brings_is_none() {
        let mut counter = 0;
        let mut track = Track::new(0);
        track.follow(Some(&draft("day", &[])), false, &mut counter);
        for z in 1..=5 {
            assert_eq!(track.goes_on(Some("drag-1")), z > 1);
            track.act(draft("day", &[("a", z)]), Some("drag-1".to_owned()), &mut counter);
        }
        track.act(draft("day", &[("a", 9)]), Some("drag-2".to_owned()), &mut counter);
        assert_eq!(track.depth(), (2, 0));
        undo(&mut track, &mut counter);
        assert_eq!(track.undoing(), Some(&draft("day", &[])));
        // A gesture that begins again behind an undo is another act.
        assert!(!track.goes_on(Some("drag-1")));
        track.act(draft("day", &[("a", 7)]), Some("drag-1".to_owned()), &mut counter);
        assert_eq!(track.depth(), (2, 0));
        // Another operator's recall can be undone, a tour's cannot.
        track.follow(Some(&draft("night", &[])), true, &mut counter);
        assert_eq!(track.undoing(), Some(&draft("day", &[("a", 7)])));
        track.follow(Some(&draft("day", &[])), false, &mut counter);
        assert_eq!(track.depth(), (0, 0));
    }
}
