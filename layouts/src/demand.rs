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
/// lie on one node each is chosen for by every node alone. A wall, node or scene that does not exist needs nothing.
pub fn demand(layout: &Layout, wall: &WallId, on_air: &OnAir, node: &NodeId) -> Vec<Demand> {
    let Some(wall) = layout.wall(wall) else { return Vec::new() };
    let demands = views_by_source(layout, wall, on_air).into_iter().filter_map(|(id, views)| {
        let source = layout.source(id)?;
        let own = || views.iter().filter(|view| view.screen.node == *node);
        let on_screen = own().map(|view| view.size).max_by_key(|size| size.area())?;
        let sharing = sharing_nodes(&views);
        let alone = !sharing.contains(node);
        let deciding = views.iter().filter(|view| {
            if alone { view.screen.node == *node } else { sharing.contains(&view.screen.node) }
        });
        Some(Demand {
            source: id.clone(),
            stream: choose(source, deciding).map(|stream| stream.id.clone()),
            on_screen,
            area_px: own().map(|view| view.lit_px).sum(),
        })
    });
    demands.collect()
}

/// Every window of every source, once for each screen that it can be seen on.
fn views_by_source<'a>(
    layout: &'a Layout,
    wall: &'a Wall,
    on_air: &OnAir,
) -> BTreeMap<&'a SourceId, Vec<View<'a>>> {
    let change = on_air.change(layout);
    let scene = layout.scene(&on_air.scene);
    let scenes = scene.into_iter().chain(change.map(|(_, from)| from)).filter(|scene| scene.wall == wall.id);
    let mut seen: Vec<(&Window, CanvasRect)> =
        scenes.flat_map(|scene| &scene.windows).map(|window| (window, window.rect)).collect();
    if let Some((to, from)) = change.filter(|(to, _)| to.transition.kind == TransitionKind::Move) {
        for (old, new) in pairs(from, to) {
            // `to` comes first in `seen`.
            let around = around(from.windows[old].rect, to.windows[new].rect);
            for at in [new, to.windows.len() + old] {
                if let Some((_, reach)) = seen.get_mut(at) {
                    *reach = around;
                }
            }
        }
    }
    let mut views: BTreeMap<&SourceId, Vec<View<'_>>> = BTreeMap::new();
    for (number, (window, reach)) in seen.into_iter().enumerate() {
        let WindowContent::Source { source, crop, fit, label: _ } = &window.content else { continue };
        for screen in wall.screens.iter().filter(|screen| meet(reach, screen.grid.area)) {
            views.entry(source).or_default().push(View::new(number, window, screen, *crop, *fit));
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

/// The nodes that show some window together with another node.
fn sharing_nodes<'a>(views: &[View<'a>]) -> BTreeSet<&'a NodeId> {
    let shared = |view: &&View<'a>| {
        views.iter().any(|other| other.window == view.window && other.screen.node != view.screen.node)
    };
    views.iter().filter(shared).map(|view| &view.screen.node).collect()
}

/// A window as one screen shows it.
struct View<'a> {
    /// Which window: views of one window bear one number.
    window: usize,
    screen: &'a Screen,
    /// The whole window at the screen's pitch, rounded up.
    size: Size,
    /// How much of it is lit, in screen pixels; nothing where the window only passes by.
    lit_px: u64,
    crop: Crop,
    fit: Fit,
}

impl<'a> View<'a> {
    fn new(number: usize, window: &Window, screen: &'a Screen, crop: Crop, fit: Fit) -> Self {
        let (rect, area, pixels) = (window.rect, screen.grid.area, screen.grid.size);
        let scaled = |length: CanvasUnit, pixels: u32, span: CanvasUnit| {
            let product = i128::from(length.max(0)) * i128::from(pixels);
            let span = i128::from(span.max(1));
            u32::try_from((product + span - 1) / span).unwrap_or(u32::MAX)
        };
        let lit_wide = (rect.x + rect.width).min(area.x + area.width) - rect.x.max(area.x);
        let lit_high = (rect.y + rect.height).min(area.y + area.height) - rect.y.max(area.y);
        let lit = Size::new(
            scaled(lit_wide, pixels.width, area.width),
            scaled(lit_high, pixels.height, area.height),
        );
        let size = Size::new(
            scaled(rect.width, pixels.width, area.width),
            scaled(rect.height, pixels.height, area.height),
        );
        Self { window: number, screen, size, lit_px: lit.area(), crop, fit }
    }
}

/// The smallest stream that suffices for every view, else the largest. Streams are kept smallest first.
fn choose<'a, 'v>(
    source: &'a Source,
    views: impl Iterator<Item = &'v View<'v>> + Clone,
) -> Option<&'a Stream> {
    let enough = |stream: &&Stream| views.clone().all(|view| suffices(stream.size, view));
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
