//! Rows of queries while a hall is laid out: who is asked for them, what is known, and what the canvas shows of it.

mod asking;
mod templates;

use crate::app::Editor;
use crate::compose::Data;
use crate::words::Word;
use asking::Asking;
use editor_model::{KnownRows, Origin, Sort, answer_now};
use layouts::{Answer, Layout, Words};
use media::{QueryId, Table, WallTime};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
pub(crate) use templates::template_files;

/// Gives the rows that queries of a hall answer: from files, or from a controller. It is asked on a thread of its own and may wait.
pub trait Rows: Send {
    /// What is asked, as people call it: shown beside the rows.
    fn name(&self) -> Words;

    /// Asks `queries` of `layout`. Each gets its rows, or why it has none.
    fn ask(&mut self, layout: &Layout, queries: &[QueryId]) -> BTreeMap<QueryId, Result<Answer, Words>>;
}

/// Tells the hall's time.
type Clock = Box<dyn Fn() -> WallTime>;

/// What is known of the hall's data.
pub(crate) struct RowsDesk {
    known: KnownRows,
    asking: Option<Asking>,
    shown: Arc<Data>,
    /// Of which document, and which state of what is known, that is.
    shown_of: Option<(Arc<Layout>, u64)>,
    clock: Clock,
}

impl Default for RowsDesk {
    fn default() -> Self {
        let nanos = |since: std::time::Duration| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
        let clock = move || WallTime(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanos));
        Self {
            known: KnownRows::default(),
            asking: None,
            shown: Arc::default(),
            shown_of: None,
            clock: Box::new(clock),
        }
    }
}

impl RowsDesk {
    /// What is known.
    pub fn known(&self) -> &KnownRows {
        &self.known
    }

    /// What the canvas shows.
    pub fn shown(&self) -> &Arc<Data> {
        &self.shown
    }

    /// The hall's time.
    pub fn now(&self) -> WallTime {
        (self.clock)()
    }

    /// Who can be asked for rows.
    pub fn asked(&self) -> Option<&Words> {
        self.asking.as_ref().map(Asking::name)
    }

    /// Whether an answer is waited for.
    pub fn is_asking(&self) -> bool {
        self.asking.as_ref().is_some_and(Asking::is_busy)
    }

    /// Waits until what was asked for is answered.
    pub fn settle(&self) {
        if let Some(asking) = &self.asking {
            asking.settle();
        }
    }

    /// Has samples stand in for what is not known.
    pub fn show_samples(&mut self, samples: bool) {
        self.known.show_samples(samples);
    }

    /// The rows that a new query itself says.
    pub fn learn_own(&mut self, layout: &Layout, query: &QueryId, rows: Table) {
        let answer = answer_now(rows, self.now());
        self.known.learn(layout, query, answer, Origin::Query);
    }

    /// Takes what has been answered, and makes of all that is known what the canvas shows.
    pub fn refresh(&mut self, layout: &Arc<Layout>) {
        if let Some(asking) = &self.asking
            && let Some(answers) = asking.take()
        {
            let name = asking.name().clone();
            for (query, (of, answer)) in answers {
                let answer = answer.unwrap_or_else(|why| fault(&of, &why));
                self.known.learn(&of, &query, answer, Origin::Asked(name.clone()));
            }
        }
        let current = self
            .shown_of
            .as_ref()
            .is_some_and(|(of, changes)| Arc::ptr_eq(of, layout) && *changes == self.known.changes());
        if current {
            return;
        }
        let moved = self.shown_of.as_ref().is_none_or(|(_, changes)| *changes != self.known.changes());
        // Time goes on only when something is learnt: an act of the designer's does not let widgets count.
        let now = if moved { self.now() } else { self.shown.now };
        let answers = self.known.answers(layout, now);
        let data = if answers.is_empty() { Data::default() } else { Data { answers, now } };
        if data != *self.shown {
            self.shown = Arc::new(data);
        }
        self.shown_of = Some((layout.clone(), self.known.changes()));
    }
}

/// An answer that says why there is none.
fn fault(layout: &Layout, why: &Words) -> Answer {
    let words = why.get(layout.hall().language).into();
    Answer { table: Arc::default(), as_of: None, promise: std::time::Duration::ZERO, fault: Some(words) }
}

impl Editor {
    /// Has `rows` be asked when the designer runs a query.
    pub fn set_rows(&mut self, rows: Box<dyn Rows>, context: &egui::Context) {
        let repaint = context.clone();
        self.data.asking = Asking::new(rows, move || repaint.request_repaint());
    }

    /// Has `clock` tell the hall's time.
    pub fn set_clock(&mut self, clock: impl Fn() -> WallTime + 'static) {
        self.data.clock = Box::new(clock);
    }

    /// Asks for the rows of `queries`; nothing happens where nobody can be asked.
    pub(crate) fn ask_rows(&mut self, queries: Vec<QueryId>) {
        let layout = self.session.document().layout().clone();
        if let Some(asking) = &self.data.asking {
            asking.ask(layout, queries);
        }
    }

    /// Takes the answers of a data file, as `taibai render --data` reads it. A path without a beginning lies beside the document.
    pub(crate) fn open_data_file(&mut self, path: &Path) {
        let path = self.file().parent().map_or_else(|| path.to_owned(), |folder| folder.join(path));
        let layout = self.session.document().layout().clone();
        match node::read_answers(&path, &layout, self.data.now()) {
            Ok(answers) => {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                let origin = Origin::File(name.unwrap_or_default());
                for (query, answer) in answers {
                    self.data.known.learn(&layout, &query, answer, origin.clone());
                }
                self.tell(Ok(()));
            }
            Err(error) => {
                let words = format!("{}{error}", Word::NotRead.get(self.preferences.language));
                self.say(words, true);
            }
        }
    }

    /// Opens a window with a widget of a kind with its middle at `at`, else in the middle of the canvas.
    pub(crate) fn add_widget(&mut self, sort: Sort, at: Option<(i64, i64)>) {
        let rect = self.room(at, sort.shape());
        let template = self.template_for(sort);
        let rows = sort.sample(self.session.layout().hall().language, self.data.now());
        let added = self.session.add_widget(sort, rect, template, rows.as_ref());
        self.learn_new(added, rows);
    }

    /// Makes the selected widget one of another kind.
    pub(crate) fn change_sort(&mut self, sort: Sort) {
        let template = self.template_for(sort);
        let rows = sort.sample(self.session.layout().hall().language, self.data.now());
        let changed = self.session.change_sort(sort, template, rows.as_ref());
        self.learn_new(changed, rows);
    }

    /// Gives the selected widget a query of its own.
    pub(crate) fn own_query(&mut self) {
        let Some(sort) = self.session.widget().and_then(|(widget, _)| Sort::of(widget.kind.name())) else {
            return;
        };
        let known =
            self.session.widget().and_then(|(widget, _)| widget.kind.queries().first().cloned().cloned());
        let layout = self.session.document().layout().clone();
        let before = known
            .and_then(|query| self.data.known.get(&layout, &query))
            .map(|(answer, origin)| (answer.clone(), origin.clone()));
        let rows = sort.sample(layout.hall().language, self.data.now());
        let made = self.session.own_query(rows.as_ref());
        if let (Some(Some(query)), Some((answer, origin))) = (self.tell(made), before) {
            // It asks the same, so it is answered the same.
            let layout = self.session.document().layout().clone();
            self.data.known.learn(&layout, &query, answer, origin);
        }
    }

    /// The rows of a query that was made with them are known.
    fn learn_new(&mut self, made: Result<Option<QueryId>, layouts_edit::EditError>, rows: Option<Table>) {
        if let (Some(Some(query)), Some(rows)) = (self.tell(made), rows) {
            let layout = self.session.document().layout().clone();
            self.data.learn_own(&layout, &query, rows);
        }
    }

    /// A template for a widget that needs one: the first of the media folder, else a new one to begin with.
    fn template_for(&mut self, sort: Sort) -> Option<String> {
        if sort != Sort::Template {
            return None;
        }
        if let Some(first) = template_files(&self.media_folder).into_iter().next() {
            return Some(first);
        }
        match templates::begin(&self.media_folder) {
            Ok(path) => Some(path.to_owned()),
            Err(error) => {
                self.say(format!("{}{error}", Word::NotSaved.get(self.preferences.language)), true);
                None
            }
        }
    }
}
