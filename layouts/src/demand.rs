//! Which streams a display node needs: what its screens show, at the resolution they show it, and nothing else.

use crate::layout::{Layout, Screen, Source, Stream, Window, WindowContent};
use crate::plan::{CanvasUnit, Crop, Fit};
use crate::solve::{meet, scene_on};
use media::{NodeId, SceneId, Size, SourceId, StreamId, WallId};
use std::collections::BTreeMap;

/// One stream that a node needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// Which source.
    pub source: SourceId,
    /// Which of its declared streams; `None` where it declares none.
    pub stream: Option<StreamId>,
    /// The largest window of it on this node, in screen pixels.
    pub on_screen: Size,
    /// Screen pixels of all its windows on this node together: who has more of them matters more when there is too little
    /// room for all.
    pub area_px: u64,
}

/// What `node` needs to show `scene` on its screens of `wall`, sorted by source.
///
/// Of the declared streams it names the smallest one that needs no magnification in any window, else the largest one. A
/// wall, node or scene that does not exist needs nothing.
pub fn demand(layout: &Layout, wall: &WallId, scene: &SceneId, node: &NodeId) -> Vec<Demand> {
    let Some(wall) = layout.wall(wall) else { return Vec::new() };
    let Some(scene) = scene_on(layout, wall, scene) else { return Vec::new() };
    let mut views: BTreeMap<&SourceId, Vec<View>> = BTreeMap::new();
    for screen in wall.screens.iter().filter(|screen| screen.node == *node) {
        for window in scene.windows.iter().filter(|window| meet(window.rect, screen.grid.area)) {
            if let WindowContent::Source { source, crop, fit, label: _ } = &window.content {
                views.entry(source).or_default().push(view(window, screen, *crop, *fit));
            }
        }
    }
    let demands = views.into_iter().filter_map(|(id, views)| {
        let source = layout.source(id)?;
        Some(Demand {
            source: id.clone(),
            stream: choose(source, &views).map(|stream| stream.id.clone()),
            on_screen: views.iter().map(|view| view.size).max_by_key(|size| size.area())?,
            area_px: views.iter().map(|view| view.lit_px).sum(),
        })
    });
    demands.collect()
}

/// A window as one screen shows it.
struct View {
    /// The whole window at the screen's pitch, rounded up.
    size: Size,
    /// How much of it is lit, in screen pixels.
    lit_px: u64,
    crop: Crop,
    fit: Fit,
}

fn view(window: &Window, screen: &Screen, crop: Crop, fit: Fit) -> View {
    let (rect, area, pixels) = (window.rect, screen.grid.area, screen.grid.size);
    let scaled = |length: CanvasUnit, pixels: u32, span: CanvasUnit| {
        let product = i128::from(length.max(0)) * i128::from(pixels);
        let span = i128::from(span.max(1));
        u32::try_from((product + span - 1) / span).unwrap_or(u32::MAX)
    };
    let lit_wide = (rect.x + rect.width).min(area.x + area.width) - rect.x.max(area.x);
    let lit_high = (rect.y + rect.height).min(area.y + area.height) - rect.y.max(area.y);
    let lit =
        Size::new(scaled(lit_wide, pixels.width, area.width), scaled(lit_high, pixels.height, area.height));
    let size = Size::new(
        scaled(rect.width, pixels.width, area.width),
        scaled(rect.height, pixels.height, area.height),
    );
    View { size, lit_px: lit.area(), crop, fit }
}

/// The smallest stream that suffices for every view, else the largest. Streams are kept smallest first.
fn choose<'a>(source: &'a Source, views: &[View]) -> Option<&'a Stream> {
    let enough = |stream: &&Stream| views.iter().all(|view| suffices(stream.size, view));
    source.streams.iter().find(enough).or(source.streams.last())
}

/// Whether a picture of `size` fills the view without being magnified.
fn suffices(size: Size, view: &View) -> bool {
    // Pixels of the shown part, in 1/65536.
    let wide = u64::from(size.width) * u64::from(view.crop.width) >= u64::from(view.size.width) << 16;
    let high = u64::from(size.height) * u64::from(view.crop.height) >= u64::from(view.size.height) << 16;
    match view.fit {
        Fit::Cover | Fit::Stretch => wide && high,
        // The picture is as large as its tighter axis allows; on that axis it must suffice, on the other it does then.
        Fit::Contain => wide || high,
    }
}
