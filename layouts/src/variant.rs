//! Scenes that nobody wrote: a scene of the document with other windows, other sources in its slots and words across its foot.

use crate::edit::{Edits, Shows, slot_of};
use crate::layout::{Banner, Layout, Scene, Transition, Wall, Window, WindowContent, Words};
use crate::plan::{CANVAS_PIXEL, CanvasRect, CanvasUnit, Rgba};
use crate::theme::Theme;
use media::{SceneId, SourceId, WallTime, WindowId};

/// Words across the wall's foot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BannerSpec {
    /// The words.
    pub words: Words,
    /// Its colour.
    pub color: Rgba,
    /// Until when something is to be done: the banner shows the time that is left.
    pub until: Option<WallTime>,
}

/// A scene that follows from another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its own name, which no scene of the layout has.
    pub id: SceneId,
    /// The scene that it follows from.
    pub base: SceneId,
    /// What operators have changed of its windows.
    pub edits: Edits,
    /// Slot and source: what stands there instead of the document's own source, and of what operators have put there.
    pub fills: Vec<(String, SourceId)>,
    /// Words across the foot, if there are any.
    pub banner: Option<BannerSpec>,
    /// It comes on at one tick, however its base does: what an operator does to the scene on air is not a change of scenes.
    pub cut: bool,
}

impl Variant {
    /// Forgets what it says of sources for which `known` is false.
    pub fn keep_sources(&mut self, known: impl Fn(&SourceId) -> bool) {
        self.fills.retain(|(_, source)| known(source));
        self.edits.retain(|_, edit| match &edit.shows {
            Some(Shows::Source { source, .. }) => known(source),
            Some(Shows::Window(_)) | None => true,
        });
    }
}

/// Why a variant cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariantError {
    /// The base is no scene of the layout.
    #[error("there is no scene `{0}`")]
    NoSuchScene(SceneId),
    /// The base has no window with this slot.
    #[error("scene `{scene}` has no slot `{slot}`")]
    NoSuchSlot {
        /// The base.
        scene: SceneId,
        /// The slot.
        slot: String,
    },
    /// What is to be put into a slot is no source of the layout.
    #[error("there is no source `{0}`")]
    NoSuchSource(SourceId),
    /// The base has no window of this name, or nothing is known of a new one.
    #[error("scene `{scene}` has no window `{window}`")]
    NoSuchWindow {
        /// The base.
        scene: SceneId,
        /// The window.
        window: WindowId,
    },
    /// More windows than a scene may have.
    #[error("scene `{0}` would have too many windows")]
    TooManyWindows(SceneId),
    /// A scene of this name exists.
    #[error("there is a scene `{0}` already")]
    Taken(SceneId),
}

impl Layout {
    /// The layout with `variants` as scenes of their own behind those of the document, each with its base's wall, name
    /// and transition.
    ///
    /// A variant may follow from an earlier one. Errors: names that lead nowhere, an id that is taken; nothing is changed then.
    pub fn with_variants(&self, variants: &[Variant]) -> Result<Self, VariantError> {
        let mut layout = self.clone();
        for variant in variants {
            let scene = layout.derive(variant)?;
            layout.scenes.push(scene);
        }
        Ok(layout)
    }

    fn derive(&self, variant: &Variant) -> Result<Scene, VariantError> {
        let Variant { id, base, edits, fills, banner, cut } = variant;
        if self.scene(id).is_some() {
            return Err(VariantError::Taken(id.clone()));
        }
        let base = self.scene(base).ok_or_else(|| VariantError::NoSuchScene(base.clone()))?;
        let mut windows = self.windows_of(base, edits, fills.iter().map(|(slot, fill)| (slot, fill)))?;
        // A banner over a banner would hide it: the newer one replaces it.
        if banner.is_some() {
            windows.retain(|window| !matches!(window.content, WindowContent::Banner(_)));
        }
        let wall = self.wall(&base.wall);
        windows.extend(banner.as_ref().zip(wall).and_then(|(banner, wall)| banner_window(banner, wall)));
        let transition = if *cut { Transition::default() } else { base.transition };
        let (wall, name) = (base.wall.clone(), base.name.clone());
        Ok(Scene { id: id.clone(), wall, name, transition, windows })
    }

    /// The windows of `base` as operators have changed them, with other sources in its slots, back to front.
    ///
    /// A slot is filled whatever operators have done to its window: closed, or showing no source, it is back as the document has it.
    pub(crate) fn windows_of<'a>(
        &self,
        base: &Scene,
        edits: &Edits,
        fills: impl Iterator<Item = (&'a String, &'a SourceId)>,
    ) -> Result<Vec<Window>, VariantError> {
        let mut windows = self.edited(base, edits)?;
        for (slot, fill) in fills {
            if self.source(fill).is_none() {
                return Err(VariantError::NoSuchSource(fill.clone()));
            }
            let is_slot = |window: &&Window| slot_of(&window.content) == Some(slot.as_str());
            let no_slot = || VariantError::NoSuchSlot { scene: base.id.clone(), slot: slot.clone() };
            let written = base.windows.iter().find(is_slot).ok_or_else(no_slot)?;
            let index = match windows.iter().position(|window| window.id == written.id) {
                Some(index) => index,
                None => {
                    let index = windows.partition_point(|window| window.z <= written.z);
                    windows.insert(index, written.clone());
                    index
                }
            };
            let window = &mut windows[index];
            if slot_of(&window.content).is_none() {
                window.content = written.content.clone();
            }
            if let WindowContent::Source { source, crop, .. } = &mut window.content {
                if source != fill {
                    // A part that was chosen for one camera means nothing on another one.
                    *crop = crate::plan::Crop::ALL;
                }
                *source = fill.clone();
            }
        }
        Ok(windows)
    }
}

/// Across the foot of the wall, in front of everything.
fn banner_window(spec: &BannerSpec, wall: &Wall) -> Option<Window> {
    let BannerSpec { words, color, until } = spec;
    let canvas = wall.canvas;
    let unit = design_unit(canvas);
    // As large as it must be where people sit, as long as the wall has the room.
    let body = CanvasUnit::from(Theme::built_in().measures.body_px) * unit;
    let size = body.max(wall.legible_size()).min(canvas.height / 8).max(CANVAS_PIXEL);
    let height = (size * 29 / 12).min(canvas.height);
    let aside = (40 * unit).min(canvas.width / 8);
    let foot = (24 * unit).min(canvas.height - height);
    let rect = CanvasRect {
        x: canvas.x + aside,
        y: canvas.y + canvas.height - foot - height,
        width: canvas.width - 2 * aside,
        height,
    };
    let banner = Banner { words: words.clone(), color: *color, until: *until, size };
    Some(Window {
        // Nobody looks for a banner by its name.
        id: WindowId::new("banner_").ok()?,
        rect,
        content: WindowContent::Banner(banner),
        z: i32::MAX,
        opacity: 255,
        border: None,
        corner: 0,
        small_stream: false,
    })
}

/// Canvas units to one design pixel on a canvas.
pub(crate) fn design_unit(canvas: CanvasRect) -> CanvasUnit {
    (canvas.width.min(canvas.height) / 1080).max(1)
}
