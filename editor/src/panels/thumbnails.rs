//! Small pictures of scenes and sources, composed as on the wall and kept until what they show has changed.

use crate::canvas::picture::image;
use crate::compose::{Composer, Scenery, Small};
use egui::{Context, TextureHandle, TextureOptions};
use layouts::{Layout, OnAir, Scene, Window};
use media::Size;
use std::collections::HashMap;
use std::time::Duration;

/// A thumbnail's longer side, in pixels.
const SIDE: u32 = 320;

/// The pictures that are there, and what they were asked for.
#[derive(Default)]
pub(crate) struct Thumbnails {
    textures: HashMap<Small, TextureHandle>,
    asked: HashMap<Small, Shown>,
    /// Of what scenes show beside the document: rows, files, and which sources are live.
    revision: (u64, u64, u64),
}

/// What a thumbnail depends on: it is asked for again when this is another.
#[derive(PartialEq)]
enum Shown {
    /// In the hall's theme.
    Scene(Scene, layouts::Mode),
    Source(Box<layouts::Source>),
    /// A kind of widget, which always looks the same.
    Widget,
    Change(Box<[Scene; 2]>, OnAir, Duration),
}

impl Thumbnails {
    /// Takes what was composed. With another revision of rows, files that have changed, or other sources live, all is asked for again.
    pub fn take(&mut self, context: &Context, composer: &Composer, rows: u64) {
        let revision = (rows, composer.files_changed(), composer.live_changes());
        if self.revision != revision {
            self.asked.retain(|what, _| !matches!(what, Small::Scene(_) | Small::Source(_)));
            self.revision = revision;
        }
        for (what, picture) in composer.take_small() {
            let image = image(&picture);
            match self.textures.get_mut(&what) {
                Some(texture) => texture.set(image, TextureOptions::LINEAR),
                None => {
                    let texture = context.load_texture(format!("{what:?}"), image, TextureOptions::LINEAR);
                    self.textures.insert(what, texture);
                }
            }
        }
    }

    /// The picture of something, as it was last; asks for a new one where it has changed. `quiet` while a drag is going on: then the old
    /// one will do.
    pub fn get(
        &mut self,
        what: Small,
        scenery: impl FnOnce() -> Option<Scenery>,
        composer: &Composer,
        layout: &Layout,
        quiet: bool,
    ) -> Option<&TextureHandle> {
        let shown = match &what {
            Small::Scene(scene) | Small::Theirs(scene) => {
                layout.scene(scene).map(|scene| Shown::Scene(scene.clone(), layout.hall().mode))
            }
            Small::Source(source) => layout.source(source).cloned().map(Box::new).map(Shown::Source),
            Small::Widget(..) => Some(Shown::Widget),
            // Which moment it is stands in the scenery: `change` asks for it.
            Small::Change(_) => None,
        };
        let changed = !quiet && shown.is_some() && self.asked.get(&what) != shown.as_ref();
        if changed && let (Some(shown), Some(scenery)) = (shown, scenery()) {
            let size = size(layout, &scenery);
            composer.ask_small(what.clone(), scenery, size);
            self.asked.insert(what.clone(), shown);
        }
        self.textures.get(&what)
    }
}

impl Thumbnails {
    /// The picture of a moment at which a scene comes on, as it was last; asks for a new one where the moment is another.
    pub fn change(&mut self, scenery: Scenery, composer: &Composer) -> Option<&TextureHandle> {
        let OnAir { scene, from, since: _ } = &scenery.on_air;
        let what = Small::Change(scene.clone());
        let scenes = scenery.layout.scene(from.as_ref()?).zip(scenery.layout.scene(scene));
        let (before, after) = scenes.map(|(before, after)| (before.clone(), after.clone()))?;
        let shown = Shown::Change(Box::new([before, after]), scenery.on_air.clone(), scenery.at);
        if self.asked.get(&what) != Some(&shown) {
            let size = size(&scenery.layout, &scenery);
            composer.ask_small(what.clone(), scenery, size);
            self.asked.insert(what.clone(), shown);
        }
        self.textures.get(&what)
    }
}

/// The canvas' shape.
fn size(layout: &Layout, scenery: &Scenery) -> Size {
    let canvas = layout.wall(&scenery.wall).map_or(Size::new(16, 9), layouts::Wall::canvas_size);
    let longer = canvas.width.max(canvas.height).max(1);
    let side = |pixels: u32| (u64::from(pixels) * u64::from(SIDE) / u64::from(longer)).clamp(16, 640) as u32;
    Size::new(side(canvas.width), side(canvas.height))
}

/// How many windows show each source.
pub(crate) fn uses(windows: &[Window], source: &media::SourceId) -> usize {
    let shows = |window: &&Window| matches!(&window.content, layouts::WindowContent::Source { source: own, .. } if own == source);
    windows.iter().filter(shows).count()
}
