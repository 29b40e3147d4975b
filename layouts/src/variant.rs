//! Scenes that nobody wrote: a scene of the document with other sources in its slots and words across its foot.

use crate::layout::{Banner, Layout, Scene, Wall, Window, WindowContent, Words};
use crate::plan::{CANVAS_PIXEL, CanvasRect, CanvasUnit, Rgba};
use crate::theme::Theme;
use media::{SceneId, SourceId, WallTime};

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
    /// Slot and source: what stands there instead of the document's own source.
    pub fills: Vec<(String, SourceId)>,
    /// Words across the foot, if there are any.
    pub banner: Option<BannerSpec>,
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
        let Variant { id, base, fills, banner } = variant;
        if self.scene(id).is_some() {
            return Err(VariantError::Taken(id.clone()));
        }
        let mut scene = self.scene(base).ok_or_else(|| VariantError::NoSuchScene(base.clone()))?.clone();
        for (slot, fill) in fills {
            if self.source(fill).is_none() {
                return Err(VariantError::NoSuchSource(fill.clone()));
            }
            let place = scene.windows.iter_mut().find_map(|window| match &mut window.content {
                WindowContent::Source { source, crop, slot: Some(name), .. } if name == slot => {
                    Some((source, crop))
                }
                _ => None,
            });
            let no_slot = || VariantError::NoSuchSlot { scene: base.clone(), slot: slot.clone() };
            let (source, crop) = place.ok_or_else(no_slot)?;
            if source != fill {
                // A part that was chosen for one camera means nothing on another one.
                *crop = crate::plan::Crop::ALL;
            }
            *source = fill.clone();
        }
        // A banner over a banner would hide it: the newer one replaces it.
        if banner.is_some() {
            scene.windows.retain(|window| !matches!(window.content, WindowContent::Banner(_)));
        }
        let wall = self.wall(&scene.wall);
        scene.windows.extend(banner.as_ref().zip(wall).map(|(banner, wall)| banner_window(banner, wall)));
        scene.id = id.clone();
        Ok(scene)
    }
}

/// Across the foot of the wall, in front of everything.
fn banner_window(spec: &BannerSpec, wall: &Wall) -> Window {
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
    Window {
        rect,
        content: WindowContent::Banner(banner),
        z: i32::MAX,
        opacity: 255,
        border: None,
        corner: 0,
    }
}

/// Canvas units to one design pixel on a canvas.
pub(crate) fn design_unit(canvas: CanvasRect) -> CanvasUnit {
    (canvas.width.min(canvas.height) / 1080).max(1)
}
