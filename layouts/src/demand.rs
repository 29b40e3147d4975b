//! Which streams a display node needs: what its screens show, at the resolution they show it, and nothing else.

use crate::layout::{Layout, Screen, Source, Stream, TransitionKind, Wall, Window, WindowContent};
use crate::on_air::OnAir;
use crate::plan::{CanvasRect, CanvasUnit, Crop, Fit};
use crate::solve::{meet, pairs};
use media::{NodeId, Size, SourceId, StreamId, WallId};
use std::collections::{BTreeMap, BTreeSet};

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

/// What `node` needs to show `on_air` on its screens of `wall`, sorted by source: the scene, and what it replaces with a
/// transition, on all the way from one to the other.
///
/// Of the declared streams it names the smallest one that needs no magnification in any window, else the largest one.
/// The nodes that share a window choose together, so that all its tiles show pictures of one stream; a source whose windows
/// lie on one node each is chosen for by every node alone. What `scene` shows is chosen for `scene`, so that no stream
/// changes when a transition ends. A wall, node or scene that does not exist needs nothing.
pub fn demand(layout: &Layout, wall: &WallId, on_air: &OnAir, node: &NodeId) -> Vec<Demand> {
    let Some(wall) = layout.wall(wall) else { return Vec::new() };
    let demands = views_by_source(layout, wall, on_air).into_iter().filter_map(|(id, views)| {
        let own = || views.iter().filter(|view| view.screen.node == *node);
        Some(Demand {
            source: id.clone(),
            on_screen: own().map(|view| view.size).max_by_key(|size| size.area())?,
            stream: choose(layout.source(id)?, &deciding(&views, node)).map(|stream| stream.id.clone()),
            area_px: own().map(|view| view.lit_px).sum(),
        })
    });
    demands.collect()
}

/// The views that a node must choose a source's stream for.
fn deciding<'v, 'a>(views: &'v [View<'a>], node: &NodeId) -> Vec<&'v View<'a>> {
    let stays = views.iter().any(|view| view.stays);
    // What only passes over a screen is drawn from what its place in the scene needs.
    let at_rest: Vec<&View<'_>> =
        views.iter().filter(|view| view.stays == stays && view.lit_px > 0).collect();
    let shared = |view: &&&View<'a>| {
        at_rest.iter().any(|other| other.window == view.window && other.screen.node != view.screen.node)
    };
    let sharing: BTreeSet<&NodeId> = at_rest.iter().filter(shared).map(|view| &view.screen.node).collect();
    let choosing = |view: &&View<'_>| {
        if sharing.contains(node) { sharing.contains(&view.screen.node) } else { view.screen.node == *node }
    };
    let chosen: Vec<&View<'_>> = at_rest.iter().copied().filter(choosing).collect();
    if chosen.is_empty() { at_rest } else { chosen }
}

/// Every window of every source that is not wholly transparent, once for each screen that it can be seen on.
fn views_by_source<'a>(
    layout: &'a Layout,
    wall: &'a Wall,
    on_air: &OnAir,
) -> BTreeMap<&'a SourceId, Vec<View<'a>>> {
    let mut views: BTreeMap<&SourceId, Vec<View<'_>>> = BTreeMap::new();
    let Some(scene) = layout.scene(&on_air.scene).filter(|scene| scene.wall == wall.id) else { return views };
    let from = on_air.change(layout).map(|(_, from)| from);
    let old = from.map_or(&[][..], |from| &from.windows);
    // Each window with the area in which it is seen.
    let mut seen: Vec<(&Window, CanvasRect)> =
        scene.windows.iter().chain(old).map(|window| (window, window.rect)).collect();
    if let Some(from) = from.filter(|_| scene.transition.kind == TransitionKind::Move) {
        for (old, new) in pairs(from, scene) {
            let around = around(from.windows[old].rect, scene.windows[new].rect);
            for at in [new, scene.windows.len() + old] {
                seen[at].1 = around;
            }
        }
    }
    for (number, (window, reach)) in seen.into_iter().enumerate() {
        // Nobody can see it. Windows that lie wholly behind others are read all the same: what covers them, an alarm above
        // all, may go at any moment, and a picture that must wait for its next key picture then would come seconds late.
        if window.opacity == 0 {
            continue;
        }
        let WindowContent::Source { source, crop, fit, label: _, slot: _ } = &window.content else {
            continue;
        };
        for screen in wall.screens.iter().filter(|screen| meet(reach, screen.grid.area)) {
            let (size, lit_px) = extent(window.rect, screen);
            let stays = number < scene.windows.len();
            let small = window.small_stream;
            let view = View { window: number, stays, screen, size, lit_px, crop: *crop, fit: *fit, small };
            views.entry(source).or_default().push(view);
        }
    }
    views
}

/// The box around two rectangles: what travels from one to the other never leaves it.
fn around(a: CanvasRect, b: CanvasRect) -> CanvasRect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = (a.x + a.width).max(b.x + b.width);
    let bottom = (a.y + a.height).max(b.y + b.height);
    CanvasRect { x, y, width: right - x, height: bottom - y }
}

/// A window as one screen shows it.
struct View<'a> {
    /// Which window: views of one window bear one number.
    window: usize,
    /// Whether it belongs to the scene that stays, not to the one that goes.
    stays: bool,
    screen: &'a Screen,
    /// The whole window at the screen's pitch, rounded up.
    size: Size,
    /// How much of it is lit, in screen pixels; nothing where the window only passes by.
    lit_px: u64,
    crop: Crop,
    fit: Fit,
    /// Any stream will do.
    small: bool,
}

/// How large a window is in a screen's pixels, rounded up, and how many of them it lights.
fn extent(rect: CanvasRect, screen: &Screen) -> (Size, u64) {
    let (area, pixels) = (screen.grid.area, screen.grid.size);
    let scaled = |length: CanvasUnit, pixels: u32, span: CanvasUnit| {
        let product = i128::from(length.max(0)) * i128::from(pixels);
        let span = i128::from(span.max(1));
        u32::try_from((product + span - 1) / span).unwrap_or(u32::MAX)
    };
    let size = |wide: CanvasUnit, high: CanvasUnit| {
        Size::new(scaled(wide, pixels.width, area.width), scaled(high, pixels.height, area.height))
    };
    let lit_wide = (rect.x + rect.width).min(area.x + area.width) - rect.x.max(area.x);
    let lit_high = (rect.y + rect.height).min(area.y + area.height) - rect.y.max(area.y);
    (size(rect.width, rect.height), size(lit_wide, lit_high).area())
}

/// The smallest stream that suffices for every view that asks for more than the smallest, else the largest. Streams are kept smallest first.
fn choose<'a>(source: &'a Source, views: &[&View<'_>]) -> Option<&'a Stream> {
    let enough = |stream: &&Stream| views.iter().all(|view| view.small || suffices(stream.size, view));
    source.streams.iter().find(enough).or(source.streams.last())
}

/// Whether a picture of `size` fills the view without being magnified.
fn suffices(size: Size, view: &View<'_>) -> bool {
    // Pixels of the shown part, in 1/65536.
    let wide = u64::from(size.width) * u64::from(view.crop.width) >= u64::from(view.size.width) << 16;
    let high = u64::from(size.height) * u64::from(view.crop.height) >= u64::from(view.size.height) << 16;
    match view.fit {
        Fit::Cover | Fit::Stretch => wide && high,
        // The picture is as large as its tighter axis allows; on that axis it must suffice, on the other it does then.
        Fit::Contain => wide || high,
    }
}
