//! A designer at work on one document: which scene is open, what is selected, what is locked and what belongs together.
//!
//! Locks and groups are the designer's own and not in the document. They go with the history, so that after an undo the same
//! windows are selected as before the act.

use crate::history::{History, StepName};
use crate::rect::Rect;
use layouts::{CanvasRect, Layout, Scene, Wall, Window};
use layouts_edit::{EditError, HallText, Pixels, TextEdit};
use media::{SceneId, ScreenId, WindowId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A window of some scene.
pub type Mark = (SceneId, WindowId);

/// What a designer keeps of a document beside the document: which windows are locked, and which belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Windows that cannot be changed.
    pub locked: BTreeSet<Mark>,
    /// Windows that are selected together.
    pub groups: Vec<BTreeSet<Mark>>,
}

/// What a designer has marked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Marks {
    scene: Option<SceneId>,
    selection: BTreeSet<WindowId>,
    screens: BTreeSet<ScreenId>,
    locked: BTreeSet<Mark>,
    groups: Vec<BTreeSet<Mark>>,
}

/// A window as it lies on the canvas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub id: WindowId,
    /// Which of the scene's windows it is in the document, from 0.
    pub index: usize,
    /// Where it stands.
    pub rect: Rect,
    /// Higher ones lie in front.
    pub z: i32,
    /// Whether it is selected.
    pub selected: bool,
    /// Whether it cannot be changed.
    pub locked: bool,
}

/// A document that is worked on, and the state of the work.
#[derive(Debug, Clone)]
pub struct Session {
    history: History,
    now: Marks,
    /// What was marked when each state of the history was left; as many as there are states.
    states: Vec<Marks>,
    gestures: u64,
    /// Whether the wall is worked on and not what it shows.
    on_wall: bool,
}

impl Session {
    /// Begins with the document's first scene.
    pub fn new(document: HallText, file_name: &str) -> Self {
        let scene = document.layout().scenes().first().map(|scene| scene.id.clone());
        let (selection, screens) = (BTreeSet::new(), BTreeSet::new());
        let now = Marks { scene, selection, screens, locked: BTreeSet::new(), groups: Vec::new() };
        let states = vec![now.clone()];
        Self { history: History::new(document, file_name), states, now, gestures: 0, on_wall: false }
    }

    /// The document and all that was done to it.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The document lies in its file as it is now.
    pub fn saved(&mut self) {
        self.history.saved();
    }

    /// The document.
    pub fn document(&self) -> &HallText {
        self.history.document()
    }

    /// What the document means.
    pub fn layout(&self) -> &Layout {
        self.document().layout()
    }

    /// The scene that is open; `None` in a document without scenes.
    pub fn scene(&self) -> Option<&Scene> {
        self.layout().scene(self.now.scene.as_ref()?)
    }

    /// The wall of the scene that is open, else the document's first.
    pub fn wall(&self) -> Option<&Wall> {
        match self.scene() {
            Some(scene) => self.layout().wall(&scene.wall),
            None => self.layout().walls().first(),
        }
    }

    /// The canvas.
    pub fn canvas(&self) -> Rect {
        let size = self.wall().map(Wall::canvas_size);
        let side = |pixels: Option<u32>| pixels.map_or(1_000, |pixels| i64::from(pixels) * 1000);
        Rect {
            x: 0,
            y: 0,
            width: side(size.map(|size| size.width)),
            height: side(size.map(|size| size.height)),
        }
    }

    /// The lit areas of the wall's screens, in document order.
    pub fn screens(&self) -> Vec<Rect> {
        let screens = self.wall().map_or(&[][..], |wall| &wall.screens);
        screens.iter().map(|screen| rect_of(screen.grid.area)).collect()
    }

    /// The windows of the scene that is open, back to front.
    pub fn items(&self) -> Vec<Item> {
        let Some(scene) = self.scene() else { return Vec::new() };
        let order = self.document().windows(&scene.id);
        let index: BTreeMap<&WindowId, usize> = order.iter().enumerate().map(|(at, id)| (id, at)).collect();
        let item = |window: &Window| {
            Some(Item {
                index: *index.get(&window.id)?,
                rect: rect_of(window.rect),
                z: window.z,
                selected: self.now.selection.contains(&window.id),
                locked: self.is_locked(&window.id),
                id: window.id.clone(),
            })
        };
        scene.windows.iter().filter_map(item).collect()
    }

    /// What is selected, back to front.
    pub fn selected(&self) -> Vec<Item> {
        self.items().into_iter().filter(|item| item.selected).collect()
    }

    /// What is selected and not locked, back to front.
    pub fn movable(&self) -> Vec<Item> {
        self.items().into_iter().filter(|item| item.selected && !item.locked).collect()
    }

    /// The window that is selected, if it is one alone.
    pub fn only(&self) -> Option<(&Window, Item)> {
        let [item]: [Item; 1] = self.selected().try_into().ok()?;
        Some((self.scene()?.window(&item.id)?, item))
    }

    /// Whether a window of the open scene is locked.
    pub fn is_locked(&self, window: &WindowId) -> bool {
        let scene = self.now.scene.clone();
        scene.is_some_and(|scene| self.now.locked.contains(&(scene, window.clone())))
    }

    // ---- what is looked at -------------------------------------------------------------------------------------------

    /// Opens another scene; nothing is selected then.
    pub fn show(&mut self, scene: &SceneId) {
        if self.layout().scene(scene).is_some() && self.now.scene.as_ref() != Some(scene) {
            self.now.scene = Some(scene.clone());
            self.now.selection.clear();
        }
    }

    /// Selects `windows` and what belongs to them; with `more` beside what is selected already.
    pub fn select(&mut self, windows: impl IntoIterator<Item = WindowId>, more: bool) {
        if !more {
            self.now.selection.clear();
        }
        for window in windows {
            let together = self.together(&window);
            self.now.selection.extend(together);
        }
        self.keep_what_is_there();
    }

    /// Selects a window and what belongs to it, or takes it out of the selection.
    pub fn toggle(&mut self, window: &WindowId) {
        let together = self.together(window);
        match self.now.selection.contains(window) {
            true => self.now.selection.retain(|selected| !together.contains(selected)),
            false => self.now.selection.extend(together),
        }
    }

    /// Selects what meets `area`; with `more` beside what is selected already. Locked windows stay out: they are what is drawn on.
    pub fn select_in(&mut self, area: Rect, more: bool) {
        let found = self.items().into_iter().filter(|item| item.rect.meets(area) && !item.locked);
        let found: Vec<WindowId> = found.map(|item| item.id).collect();
        self.select(found, more);
    }

    /// Whether screens are selected and moved, and not windows.
    pub fn is_on_wall(&self) -> bool {
        self.on_wall
    }

    /// Works on the wall, or on what it shows. What is selected of the other is selected no more.
    pub fn work_on_wall(&mut self, on: bool) {
        self.on_wall = on;
        match on {
            true => self.now.selection.clear(),
            false => self.now.screens.clear(),
        }
    }

    /// The screens that are selected.
    pub(crate) fn marked_screens(&self) -> &BTreeSet<ScreenId> {
        &self.now.screens
    }

    /// Selects these screens and no others.
    pub(crate) fn mark_screens(&mut self, screens: BTreeSet<ScreenId>) {
        self.now.screens = screens;
    }

    /// Selects every window that is not locked.
    pub fn select_all(&mut self) {
        let all: Vec<WindowId> =
            self.items().into_iter().filter(|item| !item.locked).map(|item| item.id).collect();
        self.select(all, false);
    }

    /// The window and all that belong to it.
    fn together(&self, window: &WindowId) -> BTreeSet<WindowId> {
        let mut found = BTreeSet::from([window.clone()]);
        let Some(scene) = &self.now.scene else { return found };
        let mark = (scene.clone(), window.clone());
        for group in self.now.groups.iter().filter(|group| group.contains(&mark)) {
            found.extend(group.iter().filter(|(of, _)| of == scene).map(|(_, window)| window.clone()));
        }
        found
    }

    /// Locks what is selected, or lets it go where all of it is locked.
    pub fn toggle_lock(&mut self) {
        let Some(scene) = self.now.scene.clone() else { return };
        let selected: Vec<Mark> =
            self.now.selection.iter().map(|window| (scene.clone(), window.clone())).collect();
        if selected.iter().all(|mark| self.now.locked.contains(mark)) {
            self.now.locked.retain(|mark| !selected.contains(mark));
        } else {
            self.now.locked.extend(selected);
        }
    }

    /// From now on what is selected is selected together.
    pub fn group(&mut self) {
        let Some(scene) = self.now.scene.clone() else { return };
        let group: BTreeSet<Mark> =
            self.now.selection.iter().map(|window| (scene.clone(), window.clone())).collect();
        if group.len() > 1 {
            self.now.groups.retain(|other| !other.is_subset(&group));
            self.now.groups.push(group);
        }
    }

    /// What is selected belongs together no more.
    pub fn ungroup(&mut self) {
        let Some(scene) = self.now.scene.clone() else { return };
        let selected = self.now.selection.clone();
        self.now
            .groups
            .retain(|group| !group.iter().any(|(of, window)| *of == scene && selected.contains(window)));
    }

    /// Whether anything that is selected belongs to a group.
    pub fn is_grouped(&self) -> bool {
        self.now.selection.iter().any(|window| self.together(window).len() > 1)
    }

    /// What is locked and what belongs together, to be kept until the document is opened again.
    pub fn kept(&self) -> Kept {
        let Marks { scene: _, selection: _, locked, groups, screens: _ } = &self.now;
        Kept { locked: locked.clone(), groups: groups.clone() }
    }

    /// Locks and groups what was kept; windows that are not there any more are left out.
    pub fn restore(&mut self, kept: Kept) {
        let Kept { locked, groups } = kept;
        (self.now.locked, self.now.groups) = (locked, groups);
        self.keep_what_is_there();
        if let Some(state) = self.states.get_mut(self.history.past().len()) {
            state.clone_from(&self.now);
        }
    }

    // ---- what is done ------------------------------------------------------------------------------------------------

    /// A mark for a new gesture: acts that bear it become one step.
    pub fn gesture(&mut self) -> u64 {
        self.gestures += 1;
        self.gestures
    }

    /// Does several edits as one step, all or none. Acts with the same `gesture`, one directly after the other, become one step.
    pub fn act(&mut self, name: StepName, edits: &[TextEdit], gesture: Option<u64>) -> Result<(), EditError> {
        let state = self.history.past().len();
        let (before, text) = (self.now.clone(), self.document().text().clone());
        self.history.act(name, edits, gesture)?;
        if Arc::ptr_eq(&text, self.document().text()) {
            return Ok(());
        }
        self.states.truncate(state);
        self.states.push(before.clone());
        self.states.resize(self.history.past().len(), before);
        self.settle(edits);
        self.states.push(self.now.clone());
        Ok(())
    }

    /// The document was changed as text.
    pub fn rewrite(&mut self, name: StepName, document: HallText) {
        let state = self.history.past().len();
        self.states.truncate(state);
        self.states.push(self.now.clone());
        self.history.rewrite(name, document);
        self.keep_what_is_there();
        self.states.resize(self.history.past().len(), self.now.clone());
        self.states.push(self.now.clone());
    }

    /// Names of windows without a slot are their places in the document: where one is closed, those behind it are called otherwise.
    fn settle(&mut self, edits: &[TextEdit]) {
        for edit in edits {
            if let TextEdit::Close { scene, window } = edit {
                let renamed = |mark: &Mark| self.renamed(mark, scene, *window);
                let locked = self.now.locked.iter().filter_map(renamed).collect();
                let groups = self.now.groups.iter().map(|group| group.iter().filter_map(renamed).collect());
                let groups = groups.filter(|group: &BTreeSet<Mark>| group.len() > 1).collect();
                (self.now.locked, self.now.groups) = (locked, groups);
            }
        }
        self.keep_what_is_there();
    }

    fn renamed(&self, mark: &Mark, scene: &SceneId, closed: usize) -> Option<Mark> {
        let place = |window: &WindowId| window.as_str().strip_prefix('w')?.parse::<usize>().ok();
        let (of, window) = mark;
        match place(window) {
            Some(number) if of == scene && number == closed + 1 => None,
            Some(number) if of == scene && number > closed + 1 => {
                Some((of.clone(), WindowId::new(&format!("w{}", number - 1)).ok()?))
            }
            _ => Some(mark.clone()),
        }
    }

    fn keep_what_is_there(&mut self) {
        let layout = self.history.document().layout().clone();
        let Marks { scene, selection, screens, locked, groups } = &mut self.now;
        screens.retain(|screen| layout.screen(screen).is_some());
        if scene.as_ref().is_none_or(|scene| layout.scene(scene).is_none()) {
            *scene = layout.scenes().first().map(|scene| scene.id.clone());
            selection.clear();
        }
        let open = scene.as_ref().and_then(|scene| layout.scene(scene));
        selection.retain(|window| open.is_some_and(|scene| scene.window(window).is_some()));
        let there =
            |(of, window): &Mark| layout.scene(of).is_some_and(|scene| scene.window(window).is_some());
        locked.retain(there);
        groups.iter_mut().for_each(|group| group.retain(there));
        groups.retain(|group| group.len() > 1);
    }

    /// Takes the newest step back and gives its name; `None` when there is none.
    pub fn undo(&mut self) -> Option<StepName> {
        let name = self.history.past().last()?.name.clone();
        self.go_to(self.history.past().len() - 1);
        Some(name)
    }

    /// Does again what was taken back last and gives its name; `None` when there is nothing.
    pub fn redo(&mut self) -> Option<StepName> {
        let name = self.history.future().last()?.name.clone();
        self.go_to(self.history.past().len() + 1);
        Some(name)
    }

    /// Goes to the moment when the first `count` of all steps were done.
    pub fn go_to(&mut self, count: usize) {
        if let Some(state) = self.states.get_mut(self.history.past().len()) {
            state.clone_from(&self.now);
        }
        self.history.go_to(count);
        if let Some(state) = self.states.get(self.history.past().len()) {
            self.now = state.clone();
        }
        self.keep_what_is_there();
    }
}

/// A place on the canvas in thousandths of a canvas pixel.
pub fn rect_of(rect: CanvasRect) -> Rect {
    Pixels::of(rect, (0, 0)).into()
}
