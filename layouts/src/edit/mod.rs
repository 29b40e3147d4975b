//! What operators make of a scene: for each window the little that differs from the document, so that a former state is a former
//! value, and what two of them have changed can be told apart window by window.
//!
//! A window's name is its slot, where it has one; else `w` and its place among the windows of its scene in the document, from 1
//! (with a `-` behind it where a slot bears that name). Windows that operators open are `o1`, `o2`, …

mod change;
mod draft;
mod place;
pub(crate) mod saved;

pub use change::{CHANGES_MAX, Change, ChangeError, WindowSet};
pub use draft::Draft;
pub use place::{CANVAS_PIXELS_MAX, EDGE_MIN, from_pixels, to_pixels};
pub use saved::SavedDraft;

use crate::layout::{Layout, Scene, Window, WindowContent};
use crate::plan::{CanvasRect, Crop, Fit};
use crate::variant::VariantError;
use media::{SourceId, WindowId};
use std::collections::{BTreeMap, BTreeSet};

/// Most windows of a scene, in the document and as operators leave it.
pub const WINDOWS_MAX: usize = 512;

/// What differs, by the window's name. Windows that differ in nothing are not in it.
pub type Edits = BTreeMap<WindowId, WindowEdit>;

/// What differs of one window; nothing that is set makes it as the document has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WindowEdit {
    /// Where it stands.
    pub rect: Option<CanvasRect>,
    /// What it shows.
    pub shows: Option<Shows>,
    /// Higher ones lie in front.
    pub z: Option<i32>,
    /// Where it goes back to from full screen.
    pub back: Option<CanvasRect>,
    /// Whether its source's smallest stream will do.
    pub small_stream: Option<bool>,
    /// Nothing of it may be changed but this.
    pub locked: bool,
    /// A window of the document that is not there.
    pub closed: bool,
}

/// What an operator has put into a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// A source's pictures.
    Source {
        /// Which one.
        source: SourceId,
        /// Which part of its picture.
        crop: Crop,
    },
    /// What the document shows in another window of the scene.
    Window(WindowId),
}

/// The names of a scene's windows; `slots` are their slots in the document's order.
pub fn window_names<'a>(slots: impl Iterator<Item = Option<&'a str>>) -> Vec<String> {
    let slots: Vec<Option<&str>> = slots.collect();
    let taken: BTreeSet<&str> = slots.iter().flatten().copied().collect();
    let name = |(index, slot): (usize, &Option<&str>)| match slot {
        Some(slot) => (*slot).to_owned(),
        None => {
            let mut name = format!("w{}", index + 1);
            while taken.contains(name.as_str()) {
                name.push('-');
            }
            name
        }
    };
    slots.iter().enumerate().map(name).collect()
}

/// The slot of what a window shows.
pub(crate) fn slot_of(content: &WindowContent) -> Option<&str> {
    match content {
        WindowContent::Source { slot, .. } => slot.as_deref(),
        WindowContent::Text(_)
        | WindowContent::Image { .. }
        | WindowContent::Widget(_)
        | WindowContent::Banner(_) => None,
    }
}

impl Layout {
    /// The windows of `base` with `edits`, back to front.
    pub(crate) fn edited(&self, base: &Scene, edits: &Edits) -> Result<Vec<Window>, VariantError> {
        if edits.is_empty() {
            return Ok(base.windows.clone());
        }
        let mut windows = Vec::with_capacity(base.windows.len());
        for window in &base.windows {
            match edits.get(&window.id) {
                None => windows.push(window.clone()),
                Some(edit) if edit.closed => {}
                Some(edit) => windows.push(self.changed(base, window, edit)?),
            }
        }
        let opened = edits.iter().filter(|(id, edit)| base.window(id).is_none() && !edit.closed);
        for (id, edit) in opened {
            windows.push(self.opened(base, id, edit)?);
        }
        if windows.len() > WINDOWS_MAX {
            return Err(VariantError::TooManyWindows(base.id.clone()));
        }
        windows.sort_by_key(|window| window.z);
        Ok(windows)
    }

    fn changed(&self, base: &Scene, window: &Window, edit: &WindowEdit) -> Result<Window, VariantError> {
        let WindowEdit { rect, shows, z, back: _, small_stream, locked: _, closed: _ } = edit;
        let content = match shows {
            None => window.content.clone(),
            Some(shows) => self.shown(base, Some(&window.content), shows)?,
        };
        Ok(Window {
            rect: rect.unwrap_or(window.rect),
            z: z.unwrap_or(window.z),
            small_stream: small_stream.unwrap_or(window.small_stream),
            content,
            ..window.clone()
        })
    }

    fn opened(&self, base: &Scene, id: &WindowId, edit: &WindowEdit) -> Result<Window, VariantError> {
        let WindowEdit { rect, shows, z, back: _, small_stream, locked: _, closed: _ } = edit;
        let nothing = || VariantError::NoSuchWindow { scene: base.id.clone(), window: id.clone() };
        let (Some(rect), Some(shows)) = (rect, shows) else { return Err(nothing()) };
        Ok(Window {
            id: id.clone(),
            rect: *rect,
            content: self.shown(base, None, shows)?,
            z: z.unwrap_or(0),
            opacity: 255,
            border: None,
            corner: 0,
            small_stream: small_stream.unwrap_or(false),
        })
    }

    /// What a window shows whose content in the document is `own`. The slot is the window's, whatever it shows.
    fn shown(
        &self,
        base: &Scene,
        own: Option<&WindowContent>,
        shows: &Shows,
    ) -> Result<WindowContent, VariantError> {
        let own_slot = own.and_then(slot_of).map(str::to_owned);
        match shows {
            Shows::Source { source, crop } => {
                if self.source(source).is_none() {
                    return Err(VariantError::NoSuchSource(source.clone()));
                }
                let (fit, label) = match own {
                    Some(WindowContent::Source { fit, label, .. }) => (*fit, *label),
                    _ => (Fit::Cover, true),
                };
                let (source, crop) = (source.clone(), *crop);
                Ok(WindowContent::Source { source, crop, fit, label, slot: own_slot })
            }
            Shows::Window(other) => {
                let found = base.window(other);
                let missing = || VariantError::NoSuchWindow { scene: base.id.clone(), window: other.clone() };
                let mut content = found.ok_or_else(missing)?.content.clone();
                if let WindowContent::Source { slot, .. } = &mut content {
                    *slot = own_slot;
                }
                Ok(content)
            }
        }
    }
}
