//! Which rows are known of a hall's queries while it is laid out, and where they are from.

use crate::preview::answer_now;
use crate::widgets::Sort;
use layouts::{Answer, Answers, Layout, WidgetContent, WindowContent, Words};
use media::{QueryId, Table, WallTime};
use std::collections::BTreeMap;

/// Where rows are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The query itself says them: it asks no table.
    Query,
    /// They have been asked for, of what is called so.
    Asked(Words),
    /// A file that the designer has opened.
    File(String),
    /// Nobody knows them: they show what the widget looks like.
    Sample,
}

#[derive(Debug, Clone)]
struct Known {
    /// What the query asked then: the rows are those of no other statement.
    sql: String,
    answer: Answer,
    origin: Origin,
}

/// The rows that are known.
#[derive(Debug, Clone, Default)]
pub struct KnownRows {
    known: BTreeMap<QueryId, Known>,
    samples: bool,
    changes: u64,
}

impl KnownRows {
    /// Counts up with every change of what is known.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether rows that nobody knows are stood in for by samples.
    pub fn samples(&self) -> bool {
        self.samples
    }

    /// Has samples stand in, or not.
    pub fn show_samples(&mut self, samples: bool) {
        self.samples = samples;
        self.changes += 1;
    }

    /// The answer to a query of `layout`.
    pub fn learn(&mut self, layout: &Layout, query: &QueryId, answer: Answer, origin: Origin) {
        let Some(sql) = layout.query(query).map(|query| query.sql.clone()) else { return };
        self.known.insert(query.clone(), Known { sql, answer, origin });
        self.changes += 1;
    }

    /// Forgets everything.
    pub fn forget(&mut self) {
        self.known.clear();
        self.changes += 1;
    }

    /// What is known of a query, and where that is from; nothing after it has come to ask something else.
    pub fn get(&self, layout: &Layout, query: &QueryId) -> Option<(&Answer, &Origin)> {
        let known = self.known.get(query)?;
        (layout.query(query)?.sql == known.sql).then_some((&known.answer, &known.origin))
    }

    /// What a wall of `layout` shows: what is known, and samples where they stand in. `now` is the hall's time.
    pub fn answers(&self, layout: &Layout, now: WallTime) -> Answers {
        let known =
            self.known.keys().filter_map(|query| Some((query.clone(), self.get(layout, query)?.0.clone())));
        let mut answers: Answers = known.collect();
        if self.samples {
            let windows = layout.scenes().iter().flat_map(|scene| &scene.windows);
            for window in windows {
                if let WindowContent::Widget(widget) = &window.content {
                    samples(layout, widget, now, &mut answers);
                }
            }
        }
        answers
    }
}

/// Samples for the queries of a widget that have no answer.
fn samples(layout: &Layout, widget: &WidgetContent, now: WallTime, answers: &mut Answers) {
    let Some(sort) = Sort::of(widget.kind.name()) else { return };
    for query in widget.kind.queries() {
        let rows: Option<Table> = sort.sample(layout.hall().language, now);
        if let (false, Some(rows)) = (answers.contains_key(query), rows) {
            answers.insert(query.clone(), answer_now(rows, now));
        }
    }
}
