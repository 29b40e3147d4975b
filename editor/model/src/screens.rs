//! The screens of the open wall: which there are, which are selected, and what can be taken hold of.

use crate::hanging::{ScreenGrip, WallFrame};
use crate::outputs::{Assigned, Outputs};
use crate::rect::Rect;
use crate::session::Session;
use layouts::Screen;
use media::{NodeId, ScreenId};
use std::collections::{BTreeMap, BTreeSet};

/// A screen as it hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenItem {
    /// Its id.
    pub id: ScreenId,
    /// Its number in the wall, from 1, as its card says.
    pub number: usize,
    /// Its lit area, in µm.
    pub lit: Rect,
    /// The same with its frame.
    pub framed: Rect,
    /// The node that drives it.
    pub node: NodeId,
    /// The node's output.
    pub output: u32,
    /// Whether it is selected.
    pub selected: bool,
}

impl ScreenItem {
    fn of(screen: &Screen, number: usize, selected: bool) -> Self {
        let ([x, y], [width, height]) = (screen.position_um, screen.size_um);
        let [left, top, right, bottom] = screen.bezel_um;
        Self {
            id: screen.id.clone(),
            number,
            lit: Rect { x, y, width, height },
            framed: Rect {
                x: x - left,
                y: y - top,
                width: width + left + right,
                height: height + top + bottom,
            },
            node: screen.node.clone(),
            output: screen.output_number,
            selected,
        }
    }
}

impl Session {
    /// The screens of the open wall, in document order.
    pub fn screen_items(&self) -> Vec<ScreenItem> {
        let screens = self.wall().map_or(&[][..], |wall| &wall.screens);
        let marked = self.marked_screens();
        let item =
            |(number, screen): (usize, &Screen)| ScreenItem::of(screen, number, marked.contains(&screen.id));
        (1..).zip(screens).map(item).collect()
    }

    /// The screens that are selected, in document order.
    pub fn selected_screens(&self) -> Vec<ScreenItem> {
        self.screen_items().into_iter().filter(|screen| screen.selected).collect()
    }

    /// The screen that is selected, if it is one alone.
    pub fn only_screen(&self) -> Option<(&Screen, ScreenItem)> {
        let [item]: [ScreenItem; 1] = self.selected_screens().try_into().ok()?;
        Some((self.wall()?.screen(&item.id)?, item))
    }

    /// Where the canvas lies in the hall.
    pub fn wall_frame(&self) -> Option<WallFrame> {
        let scale = self.wall()?.canvas_px_per_mm_e6;
        WallFrame::of(self.screen_items().iter().map(|screen| screen.lit), scale)
    }

    /// Selects screens; with `more` beside what is selected already.
    pub fn select_screens(&mut self, screens: impl IntoIterator<Item = ScreenId>, more: bool) {
        let mut marked = if more { self.marked_screens().clone() } else { BTreeSet::new() };
        marked.extend(screens);
        marked.retain(|screen| self.wall().is_some_and(|wall| wall.screen(screen).is_some()));
        self.mark_screens(marked);
    }

    /// Selects a screen, or takes it out of the selection.
    pub fn toggle_screen(&mut self, screen: &ScreenId) {
        let mut marked = self.marked_screens().clone();
        if !marked.remove(screen) {
            marked.insert(screen.clone());
        }
        self.mark_screens(marked);
    }

    /// Selects what meets `area`, in µm; with `more` beside what is selected already.
    pub fn select_screens_in(&mut self, area: Rect, more: bool) {
        let found = self.screen_items().into_iter().filter(|screen| screen.lit.meets(area));
        let found: Vec<ScreenId> = found.map(|screen| screen.id).collect();
        self.select_screens(found, more);
    }

    /// Selects every screen of the wall.
    pub fn select_all_screens(&mut self) {
        let all: Vec<ScreenId> = self.screen_items().into_iter().map(|screen| screen.id).collect();
        self.select_screens(all, false);
    }

    /// Takes hold of what is selected; `None` where nothing is.
    pub fn grip_screens(&self) -> Option<ScreenGrip> {
        let (screens, others): (Vec<_>, Vec<_>) =
            self.screen_items().into_iter().partition(|screen| screen.selected);
        let gap_um = self.usual_gap_um();
        (!screens.is_empty()).then_some(ScreenGrip { screens, others, gap_um })
    }

    /// The distance between lit areas that is met most often on the open wall, across and down, in µm; where no two are neighbours, the frames
    /// of two screens.
    pub fn usual_gap_um(&self) -> [i64; 2] {
        let items = self.screen_items();
        let frames = items.first().map_or([0; 2], |screen| {
            [screen.framed.width - screen.lit.width, screen.framed.height - screen.lit.height]
        });
        let across = usual(items.iter().filter_map(|one| gap_after(one.lit, &items)));
        let turned: Vec<ScreenItem> =
            items.iter().map(|item| ScreenItem { lit: transposed(item.lit), ..item.clone() }).collect();
        let down = usual(turned.iter().filter_map(|one| gap_after(one.lit, &turned)));
        [across.or(down).unwrap_or(frames[0]), down.or(across).unwrap_or(frames[1])]
    }

    /// Which output drives which screen, of all walls.
    pub fn outputs(&self) -> Outputs {
        Outputs::new(self.layout().screens().map(|(_, screen)| Assigned::of(screen)), [])
    }
}

fn transposed(Rect { x, y, width, height }: Rect) -> Rect {
    Rect { x: y, y: x, width: height, height: width }
}

/// How far the nearest neighbour to the right is.
fn gap_after(one: Rect, all: &[ScreenItem]) -> Option<i64> {
    let beside = |other: &&ScreenItem| other.lit.y < one.bottom() && one.y < other.lit.bottom();
    let gaps = all.iter().filter(beside).map(|other| other.lit.x - one.right());
    gaps.filter(|gap| *gap >= 0).min()
}

/// What is met most often; of equals the smallest.
fn usual(gaps: impl Iterator<Item = i64>) -> Option<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    gaps.for_each(|gap| *counts.entry(gap).or_default() += 1);
    let most = counts.values().max().copied()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(gap, _)| gap)
}
