//! A scene as operators have made it.

use super::{Edits, slot_of};
use crate::layout::{Layout, Window};
use crate::variant::VariantError;
use media::{SceneId, SourceId, WindowId};
use std::collections::{BTreeMap, BTreeSet};

/// A scene of the document, with other sources in its slots and other windows than it has there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The scene.
    pub scene: SceneId,
    /// Slots that hold another source than the document's.
    pub fills: BTreeMap<String, SourceId>,
    /// What differs of its windows.
    pub edits: Edits,
}

impl Draft {
    /// The scene as the document has it.
    pub fn of(scene: SceneId) -> Self {
        Self { scene, fills: BTreeMap::new(), edits: Edits::new() }
    }

    /// Whether it is as the document has it.
    pub fn is_plain(&self) -> bool {
        self.fills.is_empty() && self.edits.is_empty()
    }

    /// Its windows, back to front. Errors: names that lead nowhere in `layout`.
    pub fn windows(&self, layout: &Layout) -> Result<Vec<Window>, VariantError> {
        let Self { scene, fills, edits } = self;
        let base = layout.scene(scene).ok_or_else(|| VariantError::NoSuchScene(scene.clone()))?;
        layout.windows_of(base, edits, fills.iter())
    }

    /// The windows in which the two differ; `None` when they are different scenes.
    pub fn differences(&self, other: &Self) -> Option<BTreeSet<WindowId>> {
        if self.scene != other.scene {
            return None;
        }
        let of = |a: &Edits, b: &Edits| {
            a.iter().filter(|(id, edit)| b.get(*id) != Some(edit)).map(|(id, _)| id.clone()).collect()
        };
        let mut differing: BTreeSet<WindowId> = of(&self.edits, &other.edits);
        differing.append(&mut of(&other.edits, &self.edits));
        // A slot's window bears its name.
        let slots = self.fills.keys().chain(other.fills.keys());
        let changed = slots.filter(|slot| self.fills.get(*slot) != other.fills.get(*slot));
        differing.extend(changed.filter_map(|slot| WindowId::new(slot).ok()));
        Some(differing)
    }

    /// The source that fills the slot of `window`, if one does.
    pub(super) fn fill_of(&self, window: &Window) -> Option<&SourceId> {
        self.fills.get(slot_of(&window.content)?)
    }
}
