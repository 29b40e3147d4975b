//! What a wall shows: its base, and over it every alarm that is due. Nothing else goes in, so what an alarm covered is back,
//! to the last source, when the alarm is gone.

use crate::edit::Edits;
use crate::variant::BannerSpec;
use media::{SceneId, SourceId};
use std::collections::{BTreeMap, BTreeSet};

/// What a wall shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The scene.
    pub scene: SceneId,
    /// What operators have changed of its windows.
    pub edits: Edits,
    /// Slots of that scene which hold another source than the document's, sorted by slot.
    pub fills: Vec<(String, SourceId)>,
    /// Words across it.
    pub banner: Option<BannerSpec>,
}

/// What one alarm puts over a wall.
pub(crate) struct Layer<'a> {
    pub scene: Option<&'a SceneId>,
    pub fills: &'a BTreeMap<String, SourceId>,
    pub banner: Option<&'a BannerSpec>,
}

/// Lays `layers` over the base, the last one on top.
///
/// A layer with a scene covers all that is below it: what others had put into their scene means nothing in this one. A layer
/// without one adds to what is below. Slots that the scene does not have are left out; `slots` gives those of a scene.
pub(crate) fn picture<'a>(
    scene: &'a SceneId,
    fills: &'a BTreeMap<String, SourceId>,
    edits: &'a Edits,
    layers: impl Iterator<Item = Layer<'a>>,
    slots: impl Fn(&SceneId) -> &'a BTreeSet<String>,
) -> Picture {
    let (mut shown, mut edited) = (scene, Some(edits));
    let mut filled: BTreeMap<&String, &SourceId> = fills.iter().collect();
    let mut banner = None;
    for layer in layers {
        if let Some(scene) = layer.scene {
            // An alarm's scene is as the document has it, also where operators have changed it.
            (shown, edited) = (scene, None);
            filled.clear();
            banner = None;
        }
        filled.extend(layer.fills);
        banner = layer.banner.or(banner);
    }
    let known = slots(shown);
    let fills = filled.into_iter().filter(|(slot, _)| known.contains(*slot));
    Picture {
        scene: shown.clone(),
        edits: edited.cloned().unwrap_or_default(),
        fills: fills.map(|(slot, source)| (slot.clone(), source.clone())).collect(),
        banner: banner.cloned(),
    }
}
