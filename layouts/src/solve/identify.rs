//! Numbered cards by which a person finds which cable ends in which panel.
//!
//! Each screen shows its number in the wall, its name, the node and the output that drive it, and an arrow towards the wall's upper
//! edge: a panel whose document says the wrong rotation shows an arrow that does not point up. Screens of one node have one colour. A
//! line of one pixel runs along the edge of the frame buffer, so that what a panel cuts off is seen to be missing.

use super::stamp::{Sheet, draw, fill};
use super::{lay_over, marks};
use crate::layout::{Language, Layout, Screen, Wall};
use crate::plan::{Align, Content, Draw, Outline, Raster, Rgba, Rotation, TilePlan, Weight};
use crate::theme::{Palette, Theme};
use media::{NodeId, ScreenId, WallId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The colours of the strip at a card's foot: a panel that lacks one, or shows two as one, is set wrong.
const STRIP: [[u8; 3]; 8] = [
    [255, 255, 255],
    [255, 255, 0],
    [0, 255, 255],
    [0, 255, 0],
    [255, 0, 255],
    [255, 0, 0],
    [0, 0, 255],
    [0, 0, 0],
];

/// Of how many rows the head of the arrow is made.
const HEAD_ROWS: i64 = 24;

/// What can be read on a screen of fewer pixels is its number alone.
const SIDE_MIN: i64 = 128;

/// The number of a screen in its wall: its place in the document, from 1.
pub fn screen_number(wall: &Wall, screen: &ScreenId) -> Option<usize> {
    wall.screens.iter().position(|candidate| candidate.id == *screen).map(|index| index + 1)
}

/// Lays a numbered card over each screen of `wall` that `plan` shows a part of: over one screen's plan its own, over the plan of the
/// canvas all of them. Nothing changes when there is no such wall.
pub fn identify(layout: &Layout, wall: &WallId, plan: &mut TilePlan) {
    let Some(wall) = layout.wall(wall) else { return };
    let palette = Theme::built_in().palette(layout.hall.mode);
    let nodes: BTreeSet<&NodeId> = wall.screens.iter().map(|screen| &screen.node).collect();
    let mut draws = Vec::new();
    for (index, screen) in wall.screens.iter().enumerate() {
        let node = nodes.iter().position(|node| **node == screen.node).unwrap_or(0);
        let color = palette.series[node % palette.series.len()].0;
        let card = Card { sheet: Sheet { grid: screen.grid }, palette, color, number: index + 1 };
        card.draw(screen, layout.hall.language, &mut draws);
    }
    lay_over(plan, draws);
}

/// One screen's card, in its upright pixels.
struct Card<'a> {
    sheet: Sheet,
    palette: &'a Palette,
    /// That of its node.
    color: Rgba,
    number: usize,
}

impl Card<'_> {
    fn draw(&self, screen: &Screen, language: Language, draws: &mut Vec<Draw>) {
        let (sheet, palette) = (&self.sheet, self.palette);
        let (wide, high) = (sheet.wide(), sheet.high());
        let whole = sheet.rect([0, 0, wide, high]);
        fill(draws, whole, marks::mixed(self.color, palette.canvas.0, 24), 0);
        let side = wide.min(high);
        let unit = (side / 24).max(1);
        draw(draws, Content::Fill(self.color), whole, Outline { radius: 0, ring: sheet.rows(unit / 2 + 1) });
        draw(draws, Content::Fill(palette.text.0), whole, Outline { radius: 0, ring: sheet.rows(1) });
        if side < SIDE_MIN {
            self.words(draws, &self.number.to_string(), [0, 0, wide, high], high * 6 / 10, palette.text.0);
            return;
        }
        self.arrow(draws, unit);
        let number = self.number.to_string();
        let em = (high * 38 / 100).min(wide * 100 / (62 * number.len() as i64 + 40));
        let top = unit * 5;
        let room = (high - top - unit * 11).max(1);
        self.words(draws, &number, [0, top, wide, room], em.min(room * 9 / 10), palette.text.0);
        self.names(screen, language, unit, draws);
        self.strip(unit, draws);
    }

    fn words(&self, draws: &mut Vec<Draw>, text: &str, row: [i64; 4], em: i64, color: Rgba) {
        let raster = Raster::Text {
            text: text.to_owned(),
            size: self.sheet.rows(em.max(1)),
            color,
            align: Align::Middle,
            vertical: Align::Middle,
            weight: Weight::Medium,
            lines_max: 1,
        };
        draw(draws, Content::Raster(Arc::new(raster)), self.sheet.rect(row), Outline::default());
    }

    /// Towards the wall's upper edge, in the middle of the card's.
    fn arrow(&self, draws: &mut Vec<Draw>, unit: i64) {
        let (middle, top, tall) = (self.sheet.wide() / 2, unit * 3 / 2, unit * 2);
        let rows = HEAD_ROWS.min(tall);
        for row in 0..rows {
            let (from, to) = (tall * row / rows, tall * (row + 1) / rows);
            let half = (tall * (row + 1) / rows).max(1);
            let part = [middle - half, top + from, 2 * half, (to - from).max(1)];
            fill(draws, self.sheet.rect(part), self.palette.text.0, 0);
        }
        let stem = [middle - unit * 2 / 3, top + tall, (unit * 4 / 3).max(1), unit * 3 / 2];
        fill(draws, self.sheet.rect(stem), self.palette.text.0, 0);
    }

    /// The screen's name, what drives it, and its frame buffer.
    fn names(&self, screen: &Screen, language: Language, unit: i64, draws: &mut Vec<Draw>) {
        let (wide, high) = (self.sheet.wide(), self.sheet.high());
        let output = match language {
            Language::Chinese => format!("{} · 输出 {}", screen.node, screen.output_number),
            Language::English => format!("{} · output {}", screen.node, screen.output_number),
        };
        let turn = match screen.output.rotation {
            Rotation::None => "",
            Rotation::Quarter => " · 90°",
            Rotation::Half => " · 180°",
            Rotation::ThreeQuarters => " · 270°",
        };
        let size = screen.output.size;
        let buffer = format!("{} × {}{turn}", size.width, size.height);
        let rows = [
            (screen.id.to_string(), 11, 3, self.palette.text.0),
            (output, 7, 2, self.color),
            (buffer, 4, 1, self.palette.text_2.0),
        ];
        for (words, above, ems, color) in rows {
            let row = [unit, high - unit * above, wide - 2 * unit, unit * (ems + 1)];
            self.words(draws, &words, row, unit * (2 * ems + 1) / 2, color);
        }
    }

    fn strip(&self, unit: i64, draws: &mut Vec<Draw>) {
        let (wide, high) = (self.sheet.wide(), self.sheet.high());
        let (left, room) = (unit * 2, wide - 4 * unit);
        let count = STRIP.len() as i64;
        for (index, [r, g, b]) in (0..).zip(STRIP) {
            let (from, to) = (room * index / count, room * (index + 1) / count);
            let part = [left + from, high - unit * 7 / 4, (to - from).max(1), (unit * 3 / 4).max(1)];
            fill(draws, self.sheet.rect(part), Rgba { r, g, b, a: 255 }, 0);
        }
    }
}
