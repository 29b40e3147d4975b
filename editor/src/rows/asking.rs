//! Rows are asked for on a thread of its own, so that the editor never waits for a database.

use super::Rows;
use layouts::{Answer, Layout, Words};
use media::QueryId;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What each query was answered, and of which document it was asked.
type Answered = BTreeMap<QueryId, (Arc<Layout>, Result<Answer, Words>)>;

#[derive(Default)]
struct State {
    /// What is asked next. A newer one takes its place and asks for the queries of both.
    order: Option<(Arc<Layout>, Vec<QueryId>)>,
    done: Answered,
    busy: bool,
    end: bool,
}

struct Desk {
    state: Mutex<State>,
    told: Condvar,
    /// Called when something is answered.
    done: Box<dyn Fn() + Send + Sync>,
}

/// Asks for rows.
pub(super) struct Asking {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
    name: Words,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, mut rows: Box<dyn Rows>) {
        let mut state = self.lock();
        while !state.end {
            let Some((layout, queries)) = state.order.take() else {
                state = self.told.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.busy = true;
            drop(state);
            let answered = rows.ask(&layout, &queries);
            state = self.lock();
            state.done.extend(answered.into_iter().map(|(query, answer)| (query, (layout.clone(), answer))));
            state.busy = false;
            self.told.notify_all();
            (self.done)();
        }
    }
}

impl Asking {
    /// Asks `rows`, and calls `done` from its own thread whenever there is something to take. `None` where the system refuses a thread.
    pub fn new(rows: Box<dyn Rows>, done: impl Fn() + Send + Sync + 'static) -> Option<Self> {
        let name = rows.name();
        let desk = Arc::new(Desk { state: Mutex::default(), told: Condvar::new(), done: Box::new(done) });
        let own = Arc::clone(&desk);
        let thread =
            std::thread::Builder::new().name("rows".to_owned()).spawn(move || own.work(rows)).ok()?;
        Some(Self { desk, thread: Some(thread), name })
    }

    /// What is asked.
    pub fn name(&self) -> &Words {
        &self.name
    }

    /// Asks for the rows of `queries`.
    pub fn ask(&self, layout: Arc<Layout>, mut queries: Vec<QueryId>) {
        let mut state = self.desk.lock();
        if let Some((_, waiting)) = state.order.take() {
            queries.extend(waiting);
            queries.sort();
            queries.dedup();
        }
        state.order = Some((layout, queries));
        self.desk.told.notify_all();
    }

    /// What has been answered since it was last asked; `None` for nothing.
    pub fn take(&self) -> Option<Answered> {
        let answered = std::mem::take(&mut self.desk.lock().done);
        (!answered.is_empty()).then_some(answered)
    }

    /// Whether an answer is waited for.
    pub fn is_busy(&self) -> bool {
        let state = self.desk.lock();
        state.busy || state.order.is_some()
    }

    /// Waits until everything is answered.
    pub fn settle(&self) {
        let mut state = self.desk.lock();
        while state.busy || state.order.is_some() {
            state = self.desk.told.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.desk.lock().end = true;
        self.desk.told.notify_all();
        if let Some(thread) = self.thread.take() {
            // What it has panicked about has been said already.
            let _ = thread.join();
        }
    }
}
