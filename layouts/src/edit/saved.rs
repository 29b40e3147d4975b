//! What operators have changed of windows, as it is written down.

use super::{Draft, Edits, Shows, WINDOWS_MAX, WindowEdit};
use crate::layout::Layout;
use crate::plan::{CanvasRect, Crop};
use media::{SceneId, SourceId, WindowId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One window's differences; places in canvas units, crops in 1/65536, as x, y, width, height.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedEdit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rect: Option<[i64; 4]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shows: Option<SavedShows>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    z: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    back: Option<[i64; 4]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    small_stream: Option<bool>,
    #[serde(default)]
    locked: bool,
    #[serde(default)]
    closed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum SavedShows {
    Source { source: SourceId, crop: [u32; 4] },
    Window(WindowId),
}

/// A draft as it is written down; [`SavedDraft::restored`] makes it one of a document that may have changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedDraft {
    scene: SceneId,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fills: BTreeMap<String, SourceId>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    edits: BTreeMap<WindowId, SavedEdit>,
}

impl From<&Draft> for SavedDraft {
    fn from(draft: &Draft) -> Self {
        let Draft { scene, fills, edits } = draft;
        Self { scene: scene.clone(), fills: fills.clone(), edits: saved(edits) }
    }
}

impl SavedDraft {
    /// The draft, without what `layout` no longer has; `None` where it has no such scene.
    pub fn restored(&self, layout: &Layout) -> Option<Draft> {
        let Self { scene, fills, edits } = self;
        layout.scene(scene)?;
        let fills = fills.iter().filter(|(_, source)| layout.source(source).is_some());
        let fills = fills.map(|(slot, source)| (slot.clone(), source.clone())).collect();
        let draft = Draft { scene: scene.clone(), fills, edits: restored(layout, scene, edits) };
        draft.windows(layout).is_ok().then_some(draft)
    }
}

/// What is written down.
pub(crate) fn saved(edits: &Edits) -> BTreeMap<WindowId, SavedEdit> {
    let rect = |CanvasRect { x, y, width, height }: CanvasRect| [x, y, width, height];
    let shows = |shows: &Shows| match shows {
        Shows::Source { source, crop: Crop { x, y, width, height } } => {
            SavedShows::Source { source: source.clone(), crop: [*x, *y, *width, *height] }
        }
        Shows::Window(window) => SavedShows::Window(window.clone()),
    };
    let one = |edit: &WindowEdit| {
        let WindowEdit { rect: place, shows: shown, z, back, small_stream, locked, closed } = edit;
        SavedEdit {
            rect: place.map(rect),
            shows: shown.as_ref().map(shows),
            z: *z,
            back: back.map(rect),
            small_stream: *small_stream,
            locked: *locked,
            closed: *closed,
        }
    };
    edits.iter().map(|(id, edit)| (id.clone(), one(edit))).collect()
}

/// What was written down of `scene`, as far as the document still has what it is about: a window that is gone, or a source, takes what
/// was made of it along.
pub(crate) fn restored(layout: &Layout, scene: &SceneId, saved: &BTreeMap<WindowId, SavedEdit>) -> Edits {
    let mut edits = Edits::new();
    for (id, saved) in saved.iter().take(2 * WINDOWS_MAX) {
        let Some(edit) = edit(saved) else { continue };
        let mut with = Draft::of(scene.clone());
        with.edits.insert(id.clone(), edit.clone());
        if with.windows(layout).is_ok() {
            edits.insert(id.clone(), edit);
        }
    }
    let whole = Draft { edits, ..Draft::of(scene.clone()) };
    if whole.windows(layout).is_ok() { whole.edits } else { Edits::new() }
}

/// `None` for numbers that are no place and no part of a picture.
fn edit(saved: &SavedEdit) -> Option<WindowEdit> {
    let SavedEdit { rect: place, shows, z, back, small_stream, locked, closed } = saved;
    let rect = |[x, y, width, height]: [i64; 4]| CanvasRect::checked(x, y, width, height);
    let shows = match shows {
        None => None,
        Some(SavedShows::Window(window)) => Some(Shows::Window(window.clone())),
        Some(SavedShows::Source { source, crop: [x, y, width, height] }) => {
            Some(Shows::Source { source: source.clone(), crop: Crop::checked(*x, *y, *width, *height)? })
        }
    };
    let place = match place {
        None => None,
        Some(place) => Some(rect(*place)?),
    };
    let back = match back {
        None => None,
        Some(back) => Some(rect(*back)?),
    };
    let (z, small_stream, locked, closed) = (*z, *small_stream, *locked, *closed);
    Some(WindowEdit { rect: place, shows, z, back, small_stream, locked, closed })
}
