//! Work on a controller while the hall runs: its document is opened and followed, what others do is put together with what the designer
//! does, scenes go to the stage and on the wall. Without the controller the work goes on, and is compared when it is there again.
//!
//! All asking is done by threads of their own (`line`); here is what is known, and nothing waits.

mod asks;
pub(crate) mod bar;
pub(crate) mod conflicts;
pub(crate) mod hands;
mod line;
mod pictures;
mod view;

pub use asks::{Refusal, Remedy};
pub use line::{Person, Standing};

use crate::app::Editor;
use crate::compose::LivePictures;
use crate::words::{Language, Word};
use asks::{Asking, Snapshot, Staged};
use controller::{SessionLine, WallLine, WindowsView};
use controller_client::{AskError, Door};
use editor_model::Session;
use editor_model::merge::{self, Choice, Conflict, Merged};
use editor_model::stage::{self, Difference};
use egui::Context;
use layouts::WindowContent;
use layouts_edit::{EditError, HallText};
use line::{Hand, Line, News, Order, Pointer};
use media::{SceneId, SourceId, WallId, WindowId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use view::Named;

/// Where a controller is reached, and where what it said last is kept.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// The controller.
    pub door: Door,
    /// The file that keeps the last document on which this editor and the controller have agreed, so that work goes on without it.
    pub base: PathBuf,
}

/// What the controller says at the start.
#[derive(Debug, Clone)]
pub struct Beginning {
    pub(crate) snapshot: Snapshot,
}

impl Beginning {
    /// Asks the controller for its document and its walls. Waits for the answer, 10 s at most.
    pub fn ask(door: &Door) -> Result<Self, AskError> {
        Ok(Self { snapshot: Asking::new(door).snapshot()? })
    }

    /// The document, with what is on air.
    pub fn document(&self) -> &HallText {
        &self.snapshot.document
    }
}

/// Why the controller gives no document, in Chinese and in English.
pub(crate) fn refused(error: &AskError) -> (String, String) {
    Refusal::of(error, false).words
}

/// What is known of the controller, and how its document and the designer's stand to each other.
pub struct Live {
    line: Line,
    door: Door,
    standing: Standing,
    /// The base of each stretch of the history: from how many steps on it holds.
    bases: Vec<(usize, HallText)>,
    theirs: Option<HallText>,
    conflicts: Vec<Conflict>,
    /// The three texts that were compared last.
    compared: Option<[Arc<str>; 3]>,
    /// Why they cannot be put together, if they cannot.
    apart: Option<String>,
    walls: Vec<WallLine>,
    air: BTreeMap<WallId, WindowsView>,
    who: Option<SessionLine>,
    people: Vec<Person>,
    hands: BTreeMap<String, Hand>,
    touched: Vec<Hand>,
    pointers: BTreeMap<String, Pointer>,
    /// Whether the real screens show their numbers, and why not, until it is said.
    identified: Option<Result<(), Box<Refusal>>>,
    staged: Option<Staged>,
    refusal: Option<Refusal>,
    done: Option<Done>,
    /// What was chosen against refusals since the last order, so that one remedy does not undo the one before.
    remedies: BTreeSet<Remedy>,
    /// What the controller has put on the stage beside what was asked for: sub-streams.
    granted: Option<WindowsView>,
    /// What the open scene differs in, and the texts that were compared for it.
    difference: Option<(Arc<str>, Arc<str>, SceneId, Difference)>,
    /// What windows of the open scene are called on the wall, and for which document and wall that holds.
    named: Option<Named>,
    base_file: PathBuf,
    kept: Arc<str>,
    /// Whether sources are shown as they are now, and how many are.
    pub(crate) pictures: bool,
    shown: usize,
}

/// What was done last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// A scene is on the stage; so many of its things cannot be shown before the document is the hall's.
    Staged(SceneId, usize),
    /// A scene is on the wall.
    Taken(SceneId),
    /// Others' changes have come into the document.
    Merged,
}

impl Live {
    /// Follows the controller of `options`; `base` is what both have agreed upon last. `done` is called when there is news.
    pub(crate) fn new(
        options: LiveOptions,
        base: HallText,
        beginning: Option<Beginning>,
        done: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let LiveOptions { door, base: base_file } = options;
        let mut live = Self {
            line: Line::new(&door, Arc::new(done)),
            door,
            standing: Standing::Connecting,
            kept: "".into(),
            bases: vec![(0, base)],
            theirs: None,
            conflicts: Vec::new(),
            compared: None,
            apart: None,
            walls: Vec::new(),
            air: BTreeMap::new(),
            who: None,
            people: Vec::new(),
            hands: BTreeMap::new(),
            touched: Vec::new(),
            pointers: BTreeMap::new(),
            identified: None,
            staged: None,
            refusal: None,
            done: None,
            remedies: BTreeSet::new(),
            granted: None,
            difference: None,
            named: None,
            base_file,
            pictures: true,
            shown: 0,
        };
        if let Some(Beginning { snapshot }) = beginning {
            live.take_snapshot(snapshot);
        }
        live
    }

    // ---- what is known -----------------------------------------------------------------------------------------------

    /// How the line stands.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What the designer has to decide.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// What was refused last, if nothing has been done since.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// What was done last.
    pub fn done(&self) -> Option<&Done> {
        self.done.as_ref()
    }

    /// Who else is there; one for each program.
    pub fn others(&self) -> Vec<&Person> {
        let own = self.who.as_ref().map(|who| who.user.as_str());
        // This program is one of those that are there.
        let own = self
            .people
            .iter()
            .position(|person| Some(person.user.as_str()) == own && person.page == "editor");
        let others = self.people.iter().enumerate().filter(|(index, _)| Some(*index) != own);
        others.map(|(_, person)| person).collect()
    }

    /// The others' edition of the document.
    pub fn theirs(&self) -> Option<&HallText> {
        self.theirs.as_ref()
    }

    /// What both have agreed upon last.
    pub fn base(&self) -> &HallText {
        // There is always one: those that are taken off leave the first.
        &self.bases[self.bases.len() - 1].1
    }

    fn set_base(&mut self, base: HallText) {
        if let Some(last) = self.bases.last_mut() {
            last.1 = base;
        }
    }

    /// Waits until there is news, `within` at most; whether there is.
    pub(crate) fn wait(&self, within: std::time::Duration) -> bool {
        self.line.wait(within)
    }

    /// Whether something was asked for and is not answered.
    pub fn is_asking(&self) -> bool {
        self.line.is_busy()
    }

    /// The wall as the controller says.
    fn wall(&self, wall: &WallId) -> Option<&WallLine> {
        self.walls.iter().find(|line| line.wall == *wall)
    }

    /// What of the open scene is other than on the controller; while something is dragged, what it was before.
    pub(crate) fn difference(&mut self, session: &Session, busy: bool) -> Difference {
        if let Some((.., known)) = self.difference.as_ref().filter(|_| busy) {
            return known.clone();
        }
        let Some(scene) = session.scene().map(|scene| scene.id.clone()) else { return Difference::default() };
        let (base, mine) = (self.base().clone(), session.document());
        if let Some((old, text, of, known)) = &self.difference
            && Arc::ptr_eq(old, base.text())
            && Arc::ptr_eq(text, mine.text())
            && *of == scene
        {
            return known.clone();
        }
        let found = stage::difference(&base, mine, &scene);
        self.difference = Some((base.text().clone(), mine.text().clone(), scene, found.clone()));
        found
    }

    // ---- what is heard -----------------------------------------------------------------------------------------------

    /// Takes what has come, and puts others' changes into the document. Nothing is put together while something is dragged.
    pub(crate) fn follow(&mut self, session: &mut Session, busy: bool, now_s: f64) {
        for news in self.line.take() {
            self.hear(news, now_s);
        }
        self.touched.retain(|hand| hand.until_s > now_s);
        self.pointers.retain(|_, pointer| pointer.until_s > now_s);
        if !busy {
            self.adopt(session);
            self.put_together(session);
            self.refresh_names(session);
        }
        self.keep_base();
    }

    fn hear(&mut self, news: News, now_s: f64) {
        match news {
            News::Stands(standing) => {
                if !matches!(standing, Standing::Up) {
                    self.hands.clear();
                    self.pointers.clear();
                    self.people.clear();
                }
                self.standing = standing;
            }
            News::Snapshot(snapshot) => self.take_snapshot(*snapshot),
            News::People(people) => self.people = people,
            News::Hand(hand) if hand.windows.is_empty() => drop(self.hands.remove(&hand.mark)),
            News::Hand(hand) => drop(self.hands.insert(hand.mark.clone(), hand)),
            News::Touched(hand) => self.touched.push(Hand { until_s: now_s + hands::TOUCHED_S, ..hand }),
            News::Pointer(pointer) if pointer.at.is_none() => drop(self.pointers.remove(&pointer.mark)),
            News::Pointer(pointer) => {
                let pointer = Pointer { until_s: now_s + hands::POINTER_S, ..pointer };
                self.pointers.insert(pointer.mark.clone(), pointer);
            }
            News::Identified(identified) => self.identified = Some(identified),
            News::Staged(Ok(staged)) => {
                self.refusal = None;
                self.done = Some(Done::Staged(staged.scene.clone(), staged.unsaid));
                self.granted = Some(staged.view().clone());
                self.staged = Some(*staged);
            }
            News::Taken(Ok(view)) => {
                self.refusal = None;
                self.done = Some(Done::Taken(view.scene.clone()));
                self.taken(&view);
            }
            News::Staged(Err(refusal)) | News::Taken(Err(refusal)) => {
                self.done = None;
                self.refusal = Some(*refusal);
            }
        }
    }

    fn take_snapshot(&mut self, snapshot: Snapshot) {
        let Snapshot { document, walls, air, who } = snapshot;
        self.who = Some(who);
        let (on_air, staged) = (air.clone(), self.staged.as_ref().map(|staged| staged.wall.clone()));
        // Somebody else may have taken what this designer has staged.
        if let Some(view) = staged.and_then(|wall| on_air.get(&wall))
            && self.staged.as_ref().is_some_and(|staged| staged.is_shown(view))
        {
            self.taken(view);
        }
        (self.walls, self.air, self.theirs) = (walls, air, Some(document));
    }

    /// What was staged hangs: it is no difference of this designer any more.
    fn taken(&mut self, view: &WindowsView) {
        let Some(staged) = self.staged.take_if(|staged| staged.scene == view.scene) else { return };
        match stage::taken(self.base(), &staged.document, &staged.scene) {
            Ok(base) => self.set_base(base),
            Err(error) => tracing::warn!(%error, "what was taken is compared as a change of others"),
        }
    }

    /// Windows that were staged with their sub-streams, for the nodes could not decode more, have them in the document as well.
    fn adopt(&mut self, session: &mut Session) {
        let Some(view) = self.granted.take() else { return };
        let edits = view::small_streams(session, &view);
        let same =
            self.staged.as_ref().is_some_and(|staged| staged.document.text() == session.document().text());
        let name = ("改用子码流".to_owned(), "Use sub-streams".to_owned());
        if session.act(name, &edits, None).is_ok()
            && let Some(staged) = self.staged.as_mut().filter(|_| same)
        {
            staged.document = session.document().clone();
        }
    }

    fn put_together(&mut self, session: &mut Session) {
        let position = session.history().past().len();
        // After an undo that goes back behind others' changes: these come in again.
        while self.bases.len() > 1 && self.bases[self.bases.len() - 1].0 > position {
            self.bases.pop();
        }
        let Some(theirs) = self.theirs.clone() else { return };
        let (base, mine) = (self.base().clone(), session.document().clone());
        let texts = [base.text().clone(), mine.text().clone(), theirs.text().clone()];
        let same = |old: &[Arc<str>; 3]| old.iter().zip(&texts).all(|(old, new)| Arc::ptr_eq(old, new));
        if self.compared.as_ref().is_some_and(same) {
            return;
        }
        self.compared = Some(texts);
        if base.text() == theirs.text() {
            (self.conflicts, self.apart) = (Vec::new(), None);
            return;
        }
        self.take_merged(session, merge::merge(&base, &mine, &theirs));
    }

    fn take_merged(&mut self, session: &mut Session, merged: Result<Merged, EditError>) {
        match merged {
            Ok(Merged { mine, base, conflicts }) => {
                self.apart = None;
                self.conflicts = conflicts;
                if *mine.text() == *session.document().text() {
                    self.set_base(base);
                } else {
                    session.rewrite(("他人的改动".to_owned(), "Others' changes".to_owned()), mine);
                    self.bases.push((session.history().past().len(), base));
                    self.done = Some(Done::Merged);
                }
            }
            Err(error) => self.apart = Some(error.to_string()),
        }
    }

    /// Whether the newest step of the history is what others have done: an undo is meant for the step before it.
    pub(crate) fn is_others(&self, session: &Session) -> bool {
        let position = session.history().past().len();
        position > 0 && self.bases.last().is_some_and(|(since, _)| *since == position)
    }

    fn keep_base(&mut self) {
        let text = self.base().text().clone();
        if !Arc::ptr_eq(&text, &self.kept) {
            self.kept = text.clone();
            self.line.ask(Order::Keep { path: self.base_file.clone(), text });
        }
    }

    // ---- what is done ------------------------------------------------------------------------------------------------

    /// Decides a conflict.
    pub fn decide(&mut self, session: &mut Session, conflict: &Conflict, choice: Choice) {
        let Some(theirs) = self.theirs.clone() else { return };
        let decided = merge::decide(conflict, choice, self.base(), session.document(), &theirs);
        self.take_merged(session, decided);
        self.compared = None;
    }

    /// Whether the open scene can be staged.
    pub fn can_stage(&self, session: &Session) -> bool {
        self.is_up() && !self.is_asking() && session.scene().is_some()
    }

    /// Whether there is something on the stage of the open scene's wall.
    pub fn can_take(&self, session: &Session) -> bool {
        let staged =
            session.wall().and_then(|wall| self.wall(&wall.id)).is_some_and(|line| line.staged.is_some());
        self.is_up() && !self.is_asking() && (staged || self.staged.is_some())
    }

    /// Puts the open scene on the stage of its wall, as the designer has it.
    pub fn stage(&mut self, session: &Session, remedy: Option<Remedy>) {
        let Some(scene) = session.scene() else { return };
        let here = |conflict: &&Conflict| conflicts::is_of(conflict, &scene.id);
        if self.conflicts.iter().any(|conflict| here(&conflict)) {
            self.refusal = Some(Refusal::conflicts());
            return;
        }
        let remedies = self.chosen(remedy);
        self.line.ask(Order::Stage {
            wall: scene.wall.clone(),
            scene: scene.id.clone(),
            document: Box::new(session.document().clone()),
            ours: self.staged.as_ref().map(|staged| Box::new(staged.view().clone())),
            remedies,
        });
    }

    /// Puts what is staged on the wall.
    pub fn take(&mut self, session: &Session, remedy: Option<Remedy>) {
        let Some(wall) = session.wall() else { return };
        let remedies = self.chosen(remedy);
        self.line.ask(Order::Take { wall: wall.id.clone(), remedies });
    }

    /// Whether the controller tells what happens.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.standing, Standing::Up)
    }

    /// Has the real screens of a wall show their numbers.
    pub(crate) fn identify(&self, wall: WallId) {
        self.line.ask(Order::Identify(wall));
    }

    /// All remedies that go with an order: none with a new one.
    fn chosen(&mut self, remedy: Option<Remedy>) -> BTreeSet<Remedy> {
        (self.refusal, self.done) = (None, None);
        match remedy {
            Some(remedy) => drop(self.remedies.insert(remedy)),
            None => self.remedies.clear(),
        }
        self.remedies.clone()
    }

    /// Tells others what is in this designer's hand and where it points, and which sources are seen here.
    pub(crate) fn tell(&mut self, session: &Session, at: Option<(i64, i64)>, sources: BTreeSet<SourceId>) {
        let held = session.scene().map(|scene| {
            let selected: Vec<WindowId> = session.selected().into_iter().map(|item| item.id).collect();
            (scene.wall.clone(), scene.id.clone(), self.names_on_wall(session, &selected))
        });
        let at = at.filter(|_| !session.is_on_wall());
        self.line.point(held.as_ref().map(|(wall, scene, _)| (wall.clone(), scene.clone(), at)));
        self.line.hold(held);
        self.line.want(if self.pictures { sources } else { BTreeSet::new() });
    }

    /// The newest pictures of sources, and which of them are old by now.
    pub(crate) fn take_pictures(&self) -> Option<LivePictures> {
        if self.pictures { self.line.pictures() } else { self.line.no_pictures() }
    }
}

/// Takes what has come from the controller, and tells it what is seen and held here. Draws again when there is news, and each second while
/// pictures are shown that grow old.
pub(crate) fn follow(editor: &mut Editor, context: &Context) {
    let Some(mut live) = editor.live.take() else { return };
    let now_s = context.input(|input| input.time);
    live.follow(&mut editor.session, editor.canvas.is_busy(), now_s);
    let windows = editor.session.scene().map_or(&[][..], |scene| &scene.windows);
    let sources = windows.iter().filter_map(|window| match &window.content {
        WindowContent::Source { source, .. } => Some(source.clone()),
        _ => None,
    });
    live.tell(&editor.session, editor.canvas.pointed_at(), sources.collect());
    if let Some(pictures) = live.take_pictures() {
        live.shown = pictures.len();
        editor.composer.show_live(pictures);
    }
    if live.shown > 0 || !live.touched.is_empty() || !live.pointers.is_empty() {
        context.request_repaint_after(std::time::Duration::from_secs(1));
    }
    let (language, identified) = (editor.preferences.language, live.identified.take());
    editor.live = Some(live);
    match identified {
        Some(Ok(())) => editor.say(Word::Identified.get(language).to_owned(), false),
        Some(Err(refusal)) => {
            let (zh, en) = refusal.words;
            editor.say(if language == Language::Chinese { zh } else { en }, true);
        }
        None => {}
    }
}

impl Editor {
    /// How the work on a controller stands; `None` where it is on a file alone.
    pub fn live(&self) -> Option<&Live> {
        self.live.as_ref()
    }

    /// Waits until the controller has said something, `within` at most; whether it has.
    pub fn wait_for_news(&self, within: std::time::Duration) -> bool {
        self.live.as_ref().is_some_and(|live| live.wait(within))
    }

    /// Has the real screens show their numbers.
    pub(crate) fn identify_for_real(&mut self) {
        if let (Some(live), Some(wall)) = (&self.live, self.session.wall()) {
            live.identify(wall.id.clone());
        }
    }

    /// Puts the open scene on its wall's stage.
    pub(crate) fn stage(&mut self, remedy: Option<Remedy>) {
        if let Some(live) = &mut self.live {
            live.stage(&self.session, remedy);
        }
    }

    /// Puts what is staged on the wall.
    pub(crate) fn take(&mut self, remedy: Option<Remedy>) {
        if let Some(live) = &mut self.live {
            live.take(&self.session, remedy);
        }
    }

    /// Takes the newest step of the designer back. What others have done since comes in again.
    pub(crate) fn undo(&mut self) {
        if self.live.as_ref().is_some_and(|live| live.is_others(&self.session)) {
            self.session.undo();
        }
        self.session.undo();
    }
}
