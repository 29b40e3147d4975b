//! What an operator does to the windows of a scene.

use super::place::{extent, place};
use super::{Draft, Shows, WINDOWS_MAX, WindowEdit};
use crate::layout::{Layout, Scene, Wall, Window, WindowContent};
use crate::plan::{CANVAS_PIXEL, CanvasRect, CanvasUnit, Crop};
use crate::variant::VariantError;
use media::{SourceId, WindowId};

/// Most changes at once.
pub const CHANGES_MAX: usize = 256;
/// Windows lie no further in front or behind: the range that hall documents allow.
const Z_MAX: i32 = 1000;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A window that was not there, in front of all others.
    Open {
        /// What it shows.
        source: SourceId,
        /// Where.
        rect: CanvasRect,
        /// Whether its source's smallest stream will do.
        small_stream: bool,
    },
    /// Something of a window.
    Set {
        /// Which one.
        window: WindowId,
        /// What.
        set: WindowSet,
    },
    /// Two windows show each what the other one did.
    Swap {
        /// One of them.
        a: WindowId,
        /// The other one.
        b: WindowId,
    },
    /// A window is there no longer.
    Close {
        /// Which one.
        window: WindowId,
    },
}

/// What is changed of a window; nothing that is not set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WindowSet {
    /// Where it stands.
    pub rect: Option<CanvasRect>,
    /// Which source it shows; another one than before is seen whole.
    pub source: Option<SourceId>,
    /// Which part of its source's picture.
    pub crop: Option<Crop>,
    /// Whether its source's smallest stream will do.
    pub small_stream: Option<bool>,
    /// In front of all others.
    pub raise: bool,
    /// Behind all others.
    pub lower: bool,
    /// Whether it may be changed.
    pub locked: Option<bool>,
    /// As large as the canvas and in front, or back where it was before.
    pub full_screen: Option<bool>,
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no such window.
    #[error("there is no window `{0}`")]
    NoSuchWindow(WindowId),
    /// There is no such source.
    #[error("there is no source `{0}`")]
    NoSuchSource(SourceId),
    /// The window is locked.
    #[error("window `{0}` is locked")]
    Locked(WindowId),
    /// No part of the place lies on the canvas.
    #[error("the place lies outside the canvas")]
    Outside,
    /// The place is too small.
    #[error("a window is at least 16 canvas pixels wide and high")]
    TooSmall,
    /// The window shows no source, so there is nothing to cut.
    #[error("window `{0}` shows no source")]
    ShowsNoSource(WindowId),
    /// Nothing is changed, or two things at once that exclude each other.
    #[error("{0}")]
    Senseless(&'static str),
    /// Too many windows, or too many changes.
    #[error("a scene has at most {WINDOWS_MAX} windows, and an act at most {CHANGES_MAX} changes")]
    TooMany,
    /// The scene is not there, or what it was made of is not.
    #[error(transparent)]
    Scene(#[from] VariantError),
}

/// `rect` with the numbers of `before` that it differs from by less than can be said: places are told to a thousandth of a pixel, and
/// what was told back unchanged has not changed.
fn near(rect: CanvasRect, before: CanvasRect) -> CanvasRect {
    let keep = |told: CanvasUnit, was: CanvasUnit| {
        if (told - was).abs() <= CANVAS_PIXEL / 1000 { was } else { told }
    };
    CanvasRect {
        x: keep(rect.x, before.x),
        y: keep(rect.y, before.y),
        width: keep(rect.width, before.width),
        height: keep(rect.height, before.height),
    }
}

impl Change {
    /// The windows that it touches, those apart that it opens.
    pub fn windows(&self) -> Vec<&WindowId> {
        match self {
            Self::Open { .. } => Vec::new(),
            Self::Set { window, set: _ } | Self::Close { window } => vec![window],
            Self::Swap { a, b } => vec![a, b],
        }
    }
}

/// A draft that is being changed.
struct Work<'a> {
    layout: &'a Layout,
    wall: &'a Wall,
    base: &'a Scene,
    draft: Draft,
    opened: Vec<WindowId>,
}

impl Draft {
    /// The draft after `changes`, all of them or none, and the names of the windows that were opened.
    pub fn change(&self, layout: &Layout, changes: &[Change]) -> Result<(Self, Vec<WindowId>), ChangeError> {
        if changes.len() > CHANGES_MAX {
            return Err(ChangeError::TooMany);
        }
        let unknown = || VariantError::NoSuchScene(self.scene.clone());
        let base = layout.scene(&self.scene).ok_or_else(unknown)?;
        let wall = layout.wall(&base.wall).ok_or_else(unknown)?;
        let mut work = Work { layout, wall, base, draft: self.clone(), opened: Vec::new() };
        for change in changes {
            work.take(change)?;
        }
        Ok((work.draft, work.opened))
    }
}

impl Work<'_> {
    fn take(&mut self, change: &Change) -> Result<(), ChangeError> {
        match change {
            Change::Open { source, rect, small_stream } => self.open(source, *rect, *small_stream),
            Change::Set { window, set } => self.set(window, set),
            Change::Swap { a, b } => self.swap(a, b),
            Change::Close { window } => self.close(window),
        }
    }

    /// All windows as they stand, back to front.
    fn windows(&self) -> Result<Vec<Window>, ChangeError> {
        Ok(self.draft.windows(self.layout)?)
    }

    fn window(&self, id: &WindowId) -> Result<Window, ChangeError> {
        let found = self.windows()?.into_iter().find(|window| window.id == *id);
        found.ok_or_else(|| ChangeError::NoSuchWindow(id.clone()))
    }

    fn unlocked(&self, id: &WindowId) -> Result<(), ChangeError> {
        match self.draft.edits.get(id) {
            Some(edit) if edit.locked => Err(ChangeError::Locked(id.clone())),
            _ => Ok(()),
        }
    }

    fn known(&self, source: &SourceId) -> Result<(), ChangeError> {
        let known = self.layout.source(source).is_some();
        if known { Ok(()) } else { Err(ChangeError::NoSuchSource(source.clone())) }
    }

    fn edit(&mut self, id: &WindowId) -> &mut WindowEdit {
        self.draft.edits.entry(id.clone()).or_default()
    }

    fn open(&mut self, source: &SourceId, rect: CanvasRect, small: bool) -> Result<(), ChangeError> {
        self.known(source)?;
        let rect = place(rect, self.wall)?;
        let windows = self.windows()?;
        if windows.len() >= WINDOWS_MAX || self.draft.edits.len() >= 2 * WINDOWS_MAX {
            return Err(ChangeError::TooMany);
        }
        let taken = |id: &WindowId| self.draft.edits.contains_key(id) || self.base.window(id).is_some();
        let names = (1..=4 * WINDOWS_MAX).filter_map(|number| WindowId::new(&format!("o{number}")).ok());
        let id = names.into_iter().find(|id| !taken(id)).ok_or(ChangeError::TooMany)?;
        let shows = Some(Shows::Source { source: source.clone(), crop: Crop::ALL });
        let z = windows.last().map_or(0, |front| front.z);
        let small_stream = small.then_some(true);
        let edit = WindowEdit { rect: Some(rect), shows, z: Some(z), small_stream, ..WindowEdit::default() };
        self.draft.edits.insert(id.clone(), edit);
        self.raise(&id, true)?;
        self.opened.push(id);
        Ok(())
    }

    fn close(&mut self, id: &WindowId) -> Result<(), ChangeError> {
        self.window(id)?;
        self.unlocked(id)?;
        self.empty_slot(id);
        if self.base.window(id).is_some() {
            *self.edit(id) = WindowEdit { closed: true, ..WindowEdit::default() };
        } else {
            self.draft.edits.remove(id);
        }
        Ok(())
    }

    fn set(&mut self, id: &WindowId, set: &WindowSet) -> Result<(), ChangeError> {
        let WindowSet { rect, source, crop, small_stream, raise, lower, locked, full_screen } = set;
        let window = self.window(id)?;
        if *set == WindowSet::default() {
            return Err(ChangeError::Senseless("the change says nothing that is to change"));
        }
        if (*raise && *lower) || (rect.is_some() && full_screen.is_some()) {
            return Err(ChangeError::Senseless("the change says two things that exclude each other"));
        }
        if *locked != Some(false) {
            self.unlocked(id)?;
        }
        if source.is_some() || crop.is_some() {
            self.show(&window, source.as_ref(), *crop)?;
        }
        if let Some(rect) = rect {
            let rect = place(near(*rect, window.rect), self.wall)?;
            let edit = self.edit(id);
            (edit.rect, edit.back) = (Some(rect), None);
        }
        match full_screen {
            None => {}
            Some(true) => {
                let (width, height) = extent(self.wall);
                let edit = self.edit(id);
                edit.back = edit.back.or(Some(window.rect));
                edit.rect = Some(CanvasRect { x: 0, y: 0, width, height });
                self.raise(id, true)?;
            }
            Some(false) => {
                let edit = self.edit(id);
                if let Some(back) = edit.back.take() {
                    edit.rect = Some(back);
                }
            }
        }
        if *raise || *lower {
            self.raise(id, *raise)?;
        }
        if let Some(small) = small_stream {
            self.edit(id).small_stream = Some(*small);
        }
        if let Some(locked) = locked {
            self.edit(id).locked = *locked;
        }
        self.tidy(id);
        Ok(())
    }

    /// Another source in a window, or another part of its picture.
    fn show(
        &mut self,
        window: &Window,
        source: Option<&SourceId>,
        crop: Option<Crop>,
    ) -> Result<(), ChangeError> {
        if let Some(source) = source {
            self.known(source)?;
        }
        let before = match &window.content {
            WindowContent::Source { source, crop, .. } => Some((source, *crop)),
            _ => None,
        };
        let nothing = || ChangeError::ShowsNoSource(window.id.clone());
        let shown = source.or(before.map(|(source, _)| source)).ok_or_else(nothing)?;
        let kept = before.filter(|(before, _)| *before == shown).map_or(Crop::ALL, |(_, crop)| crop);
        let shows = Shows::Source { source: shown.clone(), crop: crop.unwrap_or(kept) };
        self.empty_slot(&window.id);
        self.edit(&window.id).shows = Some(shows);
        Ok(())
    }

    fn swap(&mut self, a: &WindowId, b: &WindowId) -> Result<(), ChangeError> {
        let windows = (self.window(a)?, self.window(b)?);
        if a == b {
            return Err(ChangeError::Senseless("a window cannot be swapped with itself"));
        }
        self.unlocked(a)?;
        self.unlocked(b)?;
        let (of_a, of_b) = (self.shows(&windows.0), self.shows(&windows.1));
        for (id, shows) in [(a, of_b), (b, of_a)] {
            self.empty_slot(id);
            self.edit(id).shows = Some(shows);
            self.tidy(id);
        }
        Ok(())
    }

    /// What a window shows, in words that mean the same in another window.
    fn shows(&self, window: &Window) -> Shows {
        if let Some(source) = self.draft.fill_of(window) {
            return Shows::Source { source: source.clone(), crop: Crop::ALL };
        }
        let edit = self.draft.edits.get(&window.id);
        edit.and_then(|edit| edit.shows.clone()).unwrap_or_else(|| Shows::Window(window.id.clone()))
    }

    /// What was put into a window's slot is there no longer. The slot's window bears its name.
    fn empty_slot(&mut self, id: &WindowId) {
        self.draft.fills.remove(id.as_str());
    }

    /// Puts a window in front of all others, or behind them.
    fn raise(&mut self, id: &WindowId, front: bool) -> Result<(), ChangeError> {
        for renumbered in [false, true] {
            let windows = self.windows()?;
            let end = if front { windows.last() } else { windows.first() };
            let Some(end) = end.filter(|end| end.id != *id) else { return Ok(()) };
            let z = if front { end.z + 1 } else { end.z - 1 };
            if z.abs() <= Z_MAX {
                self.edit(id).z = Some(z);
                self.tidy(id);
                return Ok(());
            }
            if !renumbered {
                self.renumber(&windows);
            }
        }
        Ok(())
    }

    /// Gives the windows numbers around nought, in the order in which they lie.
    fn renumber(&mut self, windows: &[Window]) {
        let middle = windows.len() / 2;
        for (index, window) in windows.iter().enumerate() {
            let z = i32::try_from(index).unwrap_or(0) - i32::try_from(middle).unwrap_or(0);
            self.edit(&window.id).z = Some(z);
            self.tidy(&window.id);
        }
    }

    /// Forgets what is as the document has it, so that what is equal to the eye is an equal value.
    fn tidy(&mut self, id: &WindowId) {
        let Some(written) = self.base.window(id) else { return };
        let Some(edit) = self.draft.edits.get_mut(id) else { return };
        edit.rect = edit.rect.filter(|rect| *rect != written.rect);
        edit.z = edit.z.filter(|z| *z != written.z);
        edit.small_stream = edit.small_stream.filter(|small| *small != written.small_stream);
        let same = match (&edit.shows, &written.content) {
            (Some(Shows::Window(other)), _) => other == id,
            (Some(Shows::Source { source, crop }), WindowContent::Source { source: own, crop: all, .. }) => {
                source == own && crop == all
            }
            _ => false,
        };
        if same {
            edit.shows = None;
        }
        if *edit == WindowEdit::default() {
            self.draft.edits.remove(id);
        }
    }
}
