//! Where the windows of one tick stand: as their scene has them, or on their way from one scene to the next.

use crate::layout::{Scene, TransitionKind, Window, WindowContent};
use crate::on_air::{Moment, WHOLE, between};
use crate::plan::{CanvasRect, CanvasUnit, Crop};

/// A window at one tick. Words, marks and opacity are those of its scene; place, crop and corners are the moment's.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    pub window: &'a Window,
    pub rect: CanvasRect,
    pub crop: Crop,
    pub corner: CanvasUnit,
}

/// The windows of one tick, back to front: one picture, or two of which the second lies over the first.
pub(super) struct Pictures<'a> {
    pub under: Vec<Placed<'a>>,
    /// With its opacity, 1 to 255.
    pub over: Option<(Vec<Placed<'a>>, u8)>,
}

impl<'a> Placed<'a> {
    fn at_rest(window: &'a Window) -> Self {
        Self { window, rect: window.rect, crop: crop_of(window), corner: window.corner }
    }

    /// `window`, which travels from where `from` stands to where `to` does.
    fn on_its_way(window: &'a Window, from: &Window, to: &Window, progress: u32) -> Self {
        let way = |a: CanvasUnit, b: CanvasUnit| between(a, b, progress);
        let part = |a: u32, b: u32| u32::try_from(way(a.into(), b.into())).unwrap_or(b);
        let (a, b) = (from.rect, to.rect);
        // Edges travel, not extents: windows that share an edge in both scenes share it all the way.
        let (x, y) = (way(a.x, b.x), way(a.y, b.y));
        let right = way(a.x + a.width, b.x + b.width);
        let bottom = way(a.y + a.height, b.y + b.height);
        let (c, d) = (crop_of(from), crop_of(to));
        let (left, top) = (part(c.x, d.x), part(c.y, d.y));
        let crop = Crop {
            x: left,
            y: top,
            width: part(c.x + c.width, d.x + d.width) - left,
            height: part(c.y + c.height, d.y + d.height) - top,
        };
        let rect = CanvasRect { x, y, width: right - x, height: bottom - y };
        Self { window, rect, crop, corner: way(from.corner, to.corner) }
    }
}

impl<'a> Pictures<'a> {
    /// What `moment` shows.
    pub(super) fn of(moment: Moment<'a>) -> Self {
        let still = |scene: &'a Scene| scene.windows.iter().map(Placed::at_rest).collect::<Vec<_>>();
        let (from, to, kind, progress) = match moment {
            Moment::Still(scene) => return Self { under: still(scene), over: None },
            Moment::Change { from, to, kind, progress } => (from, to, kind, progress),
        };
        let (mut under, mut over) = (still(from), still(to));
        if kind == TransitionKind::Move {
            for (old, new) in pairs(from, to) {
                let (a, b) = (&from.windows[old], &to.windows[new]);
                under[old] = Placed::on_its_way(a, a, b, progress);
                over[new] = Placed::on_its_way(b, a, b, progress);
            }
        }
        match u8::try_from((progress * 255 + WHOLE / 2) / WHOLE).unwrap_or(255) {
            0 => Self { under, over: None },
            opacity => Self { under, over: Some((over, opacity)) },
        }
    }
}

fn crop_of(window: &Window) -> Crop {
    match window.content {
        WindowContent::Source { crop, .. } | WindowContent::Image { crop, .. } => crop,
        WindowContent::Text(_) | WindowContent::Widget(_) | WindowContent::Banner(_) => Crop::ALL,
    }
}

/// The windows of two scenes that show the same thing, as places in their lists: a source, words, or a still picture, a
/// widget or a banner that keeps its size and would otherwise have to be rastered anew at every tick.
///
/// Where several show it, those that stay where they are belong together first; the others follow each other in the
/// order of their scenes.
pub(crate) fn pairs(from: &Scene, to: &Scene) -> Vec<(usize, usize)> {
    let mut left = vec![true; from.windows.len()];
    let mut partner = vec![None; to.windows.len()];
    for staying in [true, false] {
        for (window, partner) in to.windows.iter().zip(&mut partner).filter(|(_, partner)| partner.is_none())
        {
            let fits = |old: &Window| same_content(old, window) && (!staying || old.rect == window.rect);
            let found = from.windows.iter().zip(&left).position(|(old, left)| *left && fits(old));
            if let Some(old) = found {
                left[old] = false;
                *partner = Some(old);
            }
        }
    }
    partner.iter().enumerate().filter_map(|(new, old)| Some(((*old)?, new))).collect()
}

fn same_content(a: &Window, b: &Window) -> bool {
    match (&a.content, &b.content) {
        (WindowContent::Source { source: a, .. }, WindowContent::Source { source: b, .. }) => a == b,
        (WindowContent::Image { .. }, WindowContent::Image { .. })
        | (WindowContent::Widget(_), WindowContent::Widget(_))
        | (WindowContent::Banner(_), WindowContent::Banner(_)) => {
            let size = |rect: CanvasRect| (rect.width, rect.height);
            a.content == b.content && size(a.rect) == size(b.rect)
        }
        (WindowContent::Text(a), WindowContent::Text(b)) => a.words == b.words,
        _ => false,
    }
}
