//! From what the tables answer to what the walls show: all display nodes turn to it at the same tick.

use super::words::Said;
use super::{Live, Shared};
use ingest_feeds::{Answered, Asker, QueryError, Question};
use layouts::{Language, Layout};
use media::{FeedTarget, QueryId, Table, WallTime};
use protocol::Answer;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How far ahead of now an answer is to be shown: longer than it takes to reach every node.
const LEAD: Duration = Duration::from_millis(100);
/// How often is looked whether a feed behind an answer has failed or recovered.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Asks the questions of a hall and gives the answers to its walls.
pub(super) struct Answering<'a> {
    shared: &'a Shared,
    live: &'a Live,
    asker: Asker,
    /// The tables that each question names.
    tables: BTreeMap<QueryId, BTreeSet<String>>,
    /// What each question was answered last, and whether that was an error.
    last: BTreeMap<QueryId, Answered>,
    /// The rows that were true last.
    rows: BTreeMap<QueryId, Arc<Table>>,
}

impl<'a> Answering<'a> {
    pub(super) fn new(shared: &'a Shared, live: &'a Live) -> Self {
        let questions = questions(&shared.layout);
        let tables =
            questions.iter().map(|question| (question.id.clone(), live.store.tables_of(&question.sql)));
        let tables = tables.collect();
        let seed = u64::try_from(shared.now().0).unwrap_or(0);
        let asker = Asker::start(&live.store, &live.feeds, questions, seed);
        Self { shared, live, asker, tables, last: BTreeMap::new(), rows: BTreeMap::new() }
    }

    /// Goes on for ever.
    pub(super) async fn run(mut self) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                answered = self.asker.next() => {
                    self.last.insert(answered.id.clone(), answered.clone());
                    self.tell(&answered);
                }
                _ = look.tick() => self.look(),
            }
        }
    }

    /// Tells again what has another fault than it had.
    fn look(&mut self) {
        for answered in self.last.clone().into_values() {
            let fault = self.fault(&answered);
            let told = self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
            let same = told.get(&answered.id).is_some_and(|answer| answer.fault == fault);
            drop(told);
            if !same {
                self.tell(&answered);
            }
        }
    }

    fn tell(&mut self, answered: &Answered) {
        let Answered { id, outcome, as_of, promise } = answered;
        if let Ok(table) = outcome {
            self.rows.insert(id.clone(), table.clone());
        } else if let Err(error) = outcome {
            tracing::warn!(query = %id, why = %error, "a query has no answer");
        }
        let table = self.rows.get(id).cloned().unwrap_or_default();
        let fault = self.fault(answered);
        let from = self.shared.now() + LEAD;
        let answer = Answer { query: id.clone(), from, as_of: *as_of, promise: *promise, fault, table };
        self.shared.give(answer);
    }

    /// What is wrong with an answer, in the hall's language: the query itself, or a feed behind it.
    fn fault(&self, answered: &Answered) -> Option<Arc<str>> {
        let language = self.shared.layout.hall().language;
        if let Err(error) = &answered.outcome {
            return Some(Answer::fault(said(error).get(language)));
        }
        let tables = self.tables.get(&answered.id)?;
        let health = self.live.feeds.health();
        let behind = self.shared.layout.feeds().iter().filter(|feed| match &feed.target {
            FeedTarget::Table { table, .. } => tables.contains(table.as_str()),
            FeedTarget::Events { .. } => tables.contains(ingest_feeds::EVENTS_TABLE),
        });
        behind.filter_map(|feed| Some((feed, health.get(&feed.id)?.fault.as_ref()?))).next().map(
            |(feed, fault)| {
                Answer::fault(&match language {
                    Language::Chinese => format!("数据源 {}：{}", feed.id, fault.chinese()),
                    Language::English => format!("feed {}: {fault}", feed.id),
                })
            },
        )
    }
}

impl Shared {
    /// Gives an answer to the walls and keeps it for who asks. One that is too large is answered with that.
    fn give(&self, answer: Answer) {
        let answer = Arc::new(answer);
        let refused = self.desk.answers(vec![answer.clone()]);
        let answer = match refused.into_iter().next() {
            None => answer,
            Some((query, error)) => {
                tracing::warn!(%query, why = %error, "an answer is too large");
                let said = Said {
                    zh: format!("查询结果过大：{error}"),
                    en: format!("the answer is too large: {error}"),
                };
                let fault = Some(Answer::fault(said.get(self.layout.hall().language)));
                let small = Arc::new(Answer { fault, table: Arc::default(), ..(*answer).clone() });
                self.desk.answers(vec![small.clone()]);
                small
            }
        };
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(answer.query.clone(), answer);
    }

    /// Answers every question with what is wrong with all of them; what was shown stays below it.
    pub(super) fn all_faulty(&self, said: &Said) {
        let fault = Answer::fault(said.get(self.layout.hall().language));
        for question in questions(&self.layout) {
            let known =
                self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&question.id).cloned();
            if known.as_ref().is_some_and(|known| known.fault.as_ref() == Some(&fault)) {
                continue;
            }
            let (from, fault) = (self.now() + LEAD, Some(fault.clone()));
            self.give(match known {
                Some(known) => Answer { from, fault, ..(*known).clone() },
                None => nothing(question.id, from, fault),
            });
        }
    }
}

fn nothing(query: QueryId, from: WallTime, fault: Option<Arc<str>>) -> Answer {
    Answer { query, from, as_of: None, promise: Duration::ZERO, fault, table: Arc::default() }
}

fn said(error: &QueryError) -> Said {
    Said { zh: error.chinese(), en: error.to_string() }
}

/// The questions whose answers some scene draws. A slot may hold any source: the detections of all of them are asked for.
fn questions(layout: &Layout) -> Vec<Question> {
    let mut used: BTreeSet<&QueryId> =
        layout.scenes().iter().flat_map(|scene| layout.queries_of(&scene.id)).collect();
    used.extend(layout.sources().filter_map(|source| source.detections.as_ref()));
    let asked = layout.queries().filter(|query| used.contains(&query.id));
    asked
        .map(|query| Question {
            id: query.id.clone(),
            sql: query.sql.clone(),
            rows_max: query.rows_max,
            per_s: query.runs_per_s_max,
            timeout: query.timeout,
        })
        .collect()
}
