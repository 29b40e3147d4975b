//! The document and everything that was done to it, without limit: each step is kept as the few characters that it changed.

use layouts_edit::{EditError, HallText, TextEdit};
use std::sync::Arc;

/// What a step is called, in Chinese and in English.
pub type StepName = (String, String);

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is called.
    pub name: StepName,
    change: Change,
    /// Acts with the same mark, one after the other, are one step: a drag.
    mark: Option<u64>,
}

/// Text that took the place of other text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    at: usize,
    before: Box<str>,
    after: Box<str>,
}

impl Change {
    /// What makes `after` of `before`: all between their common beginning and their common end.
    fn between(before: &str, after: &str) -> Self {
        let common = |one: &mut dyn Iterator<Item = (char, char)>| -> usize {
            one.take_while(|(one, other)| one == other).map(|(c, _)| c.len_utf8()).sum()
        };
        let at = common(&mut before.chars().zip(after.chars()));
        let (rest, new_rest) = (&before[at..], &after[at..]);
        let end = common(&mut rest.chars().rev().zip(new_rest.chars().rev()));
        Self { at, before: rest[..rest.len() - end].into(), after: new_rest[..new_rest.len() - end].into() }
    }

    fn redo(&self, text: &str) -> String {
        replaced(text, self.at, &self.before, &self.after)
    }

    fn undo(&self, text: &str) -> String {
        replaced(text, self.at, &self.after, &self.before)
    }
}

fn replaced(text: &str, at: usize, old: &str, new: &str) -> String {
    let mut result = String::with_capacity(text.len() + new.len());
    result.push_str(&text[..at]);
    result.push_str(new);
    result.push_str(&text[at + old.len()..]);
    result
}

/// A document that is worked on.
#[derive(Debug, Clone)]
pub struct History {
    now: HallText,
    file_name: String,
    past: Vec<Step>,
    future: Vec<Step>,
    saved: Arc<str>,
}

impl History {
    /// Begins with a document as it lies in its file.
    pub fn new(document: HallText, file_name: &str) -> Self {
        let saved = document.text().clone();
        Self { now: document, file_name: file_name.to_owned(), past: Vec::new(), future: Vec::new(), saved }
    }

    /// The document as it is.
    pub fn document(&self) -> &HallText {
        &self.now
    }

    /// What can be undone, oldest first.
    pub fn past(&self) -> &[Step] {
        &self.past
    }

    /// What can be done again, the next one last.
    pub fn future(&self) -> &[Step] {
        &self.future
    }

    /// Whether there is anything to save.
    pub fn is_changed(&self) -> bool {
        *self.now.text() != self.saved
    }

    /// The document lies in its file as it is now.
    pub fn saved(&mut self) {
        self.saved = self.now.text().clone();
    }

    /// Does several edits as one step called `name`, all or none. What could have been done again is forgotten. Acts with the same
    /// `mark`, one directly after the other, become one step.
    pub fn act(&mut self, name: StepName, edits: &[TextEdit], mark: Option<u64>) -> Result<(), EditError> {
        let next = self.now.edited(edits)?;
        self.take(name, next, mark);
        Ok(())
    }

    /// The document was changed as text.
    pub fn rewrite(&mut self, name: StepName, document: HallText) {
        self.take(name, document, None);
    }

    fn take(&mut self, name: StepName, next: HallText, mark: Option<u64>) {
        if next.text() == self.now.text() {
            return;
        }
        self.future.clear();
        let going_on = mark.is_some() && self.past.last().is_some_and(|step| step.mark == mark);
        match self.past.pop_if(|_| going_on) {
            Some(step) => {
                let begin = step.change.undo(self.now.text());
                let change = Change::between(&begin, next.text());
                // A drag that came back to where it began is nothing that was done.
                if change.before != change.after {
                    self.past.push(Step { name, change, mark });
                }
            }
            None => {
                let change = Change::between(self.now.text(), next.text());
                self.past.push(Step { name, change, mark });
            }
        }
        self.now = next;
    }

    /// Takes the newest step back and gives its name; `None` when there is none.
    pub fn undo(&mut self) -> Option<StepName> {
        let mut step = self.past.pop()?;
        self.become_text(&step.change.undo(self.now.text()));
        step.mark = None;
        let name = step.name.clone();
        self.future.push(step);
        Some(name)
    }

    /// Does again what was taken back last and gives its name; `None` when there is nothing.
    pub fn redo(&mut self) -> Option<StepName> {
        let step = self.future.pop()?;
        self.become_text(&step.change.redo(self.now.text()));
        let name = step.name.clone();
        self.past.push(step);
        Some(name)
    }

    /// Goes to the moment when the first `count` of all steps were done.
    pub fn go_to(&mut self, count: usize) {
        while self.past.len() > count && self.undo().is_some() {}
        while self.past.len() < count && self.redo().is_some() {}
    }

    fn become_text(&mut self, text: &str) {
        // It was right before, and the same text is right again.
        if let Ok(document) = HallText::parse(text, &self.file_name) {
            self.now = document;
        }
    }
}
