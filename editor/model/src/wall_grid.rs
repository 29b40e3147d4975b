//! A wall that is built from rows and columns of equal panels: its screens, what drives each, and what is wrong with the plan before
//! it becomes a document.

use crate::outputs::{Assigned, Clash, Outputs};
use crate::panel::Panel;
use layouts::{Layout, Rotation, Words};
use layouts_edit::NewScreen;
use media::{NodeId, ScreenId, Size, WallId};
use std::collections::BTreeSet;

/// Most panels on one axis.
pub const PANELS_MAX: u32 = 64;
/// Most outputs of a node.
pub const OUTPUTS_MAX: u32 = 64;
/// Most screens of a hall.
const SCREENS_MAX: usize = 256;
/// The longest side of a canvas in pixels.
const CANVAS_MAX: i64 = 65_536;
/// A frame buffer's sides in pixels.
const SIDES: std::ops::RangeInclusive<u32> = 16..=16_384;

/// In which order panels get their outputs, from the top left one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Cabling {
    /// Row after row, each from the left.
    #[default]
    Rows,
    /// Row after row, there and back.
    Serpentine,
    /// Column after column, each from the top.
    Columns,
    /// Column after column, down and up.
    ColumnSerpentine,
}

/// A plan for a wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallGrid {
    /// Panels across, 1 to [`PANELS_MAX`].
    pub columns: u32,
    /// Panels down.
    pub rows: u32,
    /// The lit area of a panel as it stands on a desk, in µm.
    pub size_um: [i64; 2],
    /// Its pixels as it stands on a desk.
    pub resolution: Size,
    /// How all panels hang.
    pub rotation: Rotation,
    /// From one lit area to the next, across and down, in µm.
    pub gap_um: [i64; 2],
    /// How many panels, across and down as they hang, one output drives.
    pub block: [u32; 2],
    /// The display nodes, in their order. When more are needed, the last name is counted on: `wall-1`, `wall-2`.
    pub nodes: Vec<NodeId>,
    /// How many outputs each has, 1 to [`OUTPUTS_MAX`].
    pub outputs: u32,
    /// In which order outputs go to panels.
    pub cabling: Cabling,
}

impl Default for WallGrid {
    fn default() -> Self {
        let nodes = NodeId::new("wall-1").into_iter().collect();
        let mut grid = Self {
            columns: 4,
            rows: 2,
            size_um: [0; 2],
            resolution: Size::new(0, 0),
            rotation: Rotation::None,
            gap_um: [0; 2],
            block: [1, 1],
            nodes,
            outputs: 4,
            cabling: Cabling::Rows,
        };
        grid.take_panel(&Panel::USUAL[1]);
        grid
    }
}

/// A screen of a plan: which columns and rows of panels it holds.
struct Block {
    column: u32,
    row: u32,
    across: u32,
    down: u32,
}

impl WallGrid {
    /// Builds from another panel: its size, pixels and seam, and as many to an output as that can carry.
    pub fn take_panel(&mut self, panel: &Panel) {
        let Panel { name: _, kind: _, size_um, resolution, seam_um } = *panel;
        (self.size_um, self.resolution, self.gap_um) = (size_um, resolution, [seam_um; 2]);
        let [across, down] = panel.per_output();
        self.block = if is_turned(self.rotation) { [down, across] } else { [across, down] };
    }

    /// The usual panel that it is built from, if it is one.
    pub fn panel(&self) -> Option<&'static Panel> {
        Panel::USUAL.iter().find(|panel| {
            (panel.size_um, panel.resolution, [panel.seam_um; 2])
                == (self.size_um, self.resolution, self.gap_um)
        })
    }

    /// A panel's lit area as it hangs, in µm.
    fn hung_um(&self) -> [i64; 2] {
        let [width, height] = self.size_um;
        if is_turned(self.rotation) { [height, width] } else { [width, height] }
    }

    /// The wall as it hangs, from the first lit edge to the last, in µm.
    pub fn extent_um(&self) -> [i64; 2] {
        let [width, height] = self.hung_um();
        let counts = [i64::from(self.columns), i64::from(self.rows)];
        [
            counts[0] * (width + self.gap_um[0]) - self.gap_um[0],
            counts[1] * (height + self.gap_um[1]) - self.gap_um[1],
        ]
    }

    /// Canvas pixels per millimetre, in millionths, at which a canvas pixel is a pixel of the panels; fewer where the canvas would be too
    /// large for a document.
    pub fn scale_e6(&self) -> i64 {
        let own = i64::from(self.resolution.width) * 1_000_000_000 / self.size_um[0].max(1);
        let longest = self.extent_um().into_iter().max().unwrap_or(1).max(1);
        own.min(CANVAS_MAX * 1_000_000_000 / longest).clamp(10_000, 100_000_000)
    }

    /// The canvas at a scale, in pixels, rounded up.
    pub fn canvas(&self, scale_e6: i64) -> [i64; 2] {
        self.extent_um().map(|um| {
            let product = i128::from(um) * i128::from(scale_e6);
            i64::try_from((product + 999_999_999) / 1_000_000_000).unwrap_or(i64::MAX)
        })
    }

    fn blocks(&self) -> Vec<Block> {
        let (wide, high) = (self.block[0].max(1), self.block[1].max(1));
        let (columns, rows) = (self.columns.div_ceil(wide), self.rows.div_ceil(high));
        let block = |x: u32, y: u32| Block {
            column: x * wide,
            row: y * high,
            across: wide.min(self.columns - x * wide),
            down: high.min(self.rows - y * high),
        };
        let back = |index: u32, count: u32, turned: bool| if turned { count - 1 - index } else { index };
        let along = |first: u32, second: u32, serpentine: bool, swap: bool| -> Vec<Block> {
            let place = |i: u32, j: u32| {
                let j = back(j, second, serpentine && i % 2 == 1);
                if swap { block(i, j) } else { block(j, i) }
            };
            (0..first).flat_map(|i| (0..second).map(move |j| (i, j))).map(|(i, j)| place(i, j)).collect()
        };
        match self.cabling {
            Cabling::Rows => along(rows, columns, false, false),
            Cabling::Serpentine => along(rows, columns, true, false),
            Cabling::Columns => along(columns, rows, false, true),
            Cabling::ColumnSerpentine => along(columns, rows, true, true),
        }
    }

    /// The node and the output of the screen that is `index` in the order of cables.
    fn drives(&self, index: usize) -> Option<(NodeId, u32)> {
        let outputs = usize::try_from(self.outputs.max(1)).ok()?;
        let output = u32::try_from(index % outputs).ok()? + 1;
        let at = index / outputs;
        let node = match self.nodes.get(at) {
            Some(node) => node.clone(),
            None => counted_on(self.nodes.last()?, at + 1 - self.nodes.len())?,
        };
        Some((node, output))
    }

    /// The screens with their top left corner at `origin_um`, in reading order, named by row and column: a1, a2, b1. Names in `taken` get
    /// `stem` before them. Empty when no node is named.
    pub fn screens(&self, origin_um: [i64; 2], stem: &str, taken: &BTreeSet<ScreenId>) -> Vec<NewScreen> {
        let mut blocks: Vec<(Block, (NodeId, u32))> = self
            .blocks()
            .into_iter()
            .enumerate()
            .filter_map(|(at, block)| Some((block, self.drives(at)?)))
            .collect();
        blocks.sort_by_key(|(block, _)| (block.row, block.column));
        let plain = |block: &Block| {
            screen_name(block.row / self.block[1].max(1), block.column / self.block[0].max(1))
        };
        let is_taken = |name: &String| ScreenId::new(name).is_ok_and(|id| taken.contains(&id));
        let stem = if blocks.iter().any(|(block, _)| is_taken(&plain(block))) {
            format!("{stem}-")
        } else {
            String::new()
        };
        let screen = |(block, (node, output)): &(Block, (NodeId, u32))| {
            let id = ScreenId::new(&format!("{stem}{}", plain(block))).ok()?;
            Some(self.screen(block, id, node.clone(), *output, origin_um))
        };
        blocks.iter().filter_map(screen).collect()
    }

    fn screen(
        &self,
        block: &Block,
        id: ScreenId,
        node: NodeId,
        output: u32,
        origin_um: [i64; 2],
    ) -> NewScreen {
        let Block { column, row, across, down } = *block;
        let hung = self.hung_um();
        let length = |count: u32, one: i64, gap: i64| i64::from(count) * (one + gap) - gap;
        let at = |index: u32, one: i64, gap: i64| i64::from(index) * (one + gap);
        let turned = is_turned(self.rotation);
        let (wide, high) = if turned { (down, across) } else { (across, down) };
        let [gap_x, gap_y] = self.gap_um;
        NewScreen {
            id,
            node,
            output,
            resolution: Size::new(
                self.resolution.width.saturating_mul(wide),
                self.resolution.height.saturating_mul(high),
            ),
            position_um: [origin_um[0] + at(column, hung[0], gap_x), origin_um[1] + at(row, hung[1], gap_y)],
            size_um: [length(across, hung[0], gap_x), length(down, hung[1], gap_y)],
            rotation: self.rotation,
            // Half of the seam belongs to each of the two.
            bezel_um: [gap_x / 2, gap_y / 2, gap_x - gap_x / 2, gap_y - gap_y / 2],
        }
    }

    /// What is wrong with the plan: first what concerns the panels, then nodes and outputs. `replaces` is the wall whose screens it takes the place
    /// of. Empty when the wall can be built.
    pub fn faults(&self, layout: &Layout, replaces: Option<&WallId>) -> Vec<Words> {
        let mut faults = Vec::new();
        let mut say = |zh: String, en: String| faults.push(Words { zh, en });
        let others = layout.screens().filter(|(wall, _)| Some(&wall.id) != replaces);
        let mut all: Vec<Assigned> = others.map(|(_, screen)| Assigned::of(screen)).collect();
        let count = self.blocks().len();
        let free = SCREENS_MAX.saturating_sub(all.len());
        if count > free {
            say(
                format!("要 {count} 块屏幕，大厅还放得下 {free} 块；让一路输出带更多面板"),
                format!(
                    "{count} screens are needed and the hall has room for {free}; let one output drive more panels"
                ),
            );
        }
        let (wide, high) = (self.block[0].max(1), self.block[1].max(1));
        let frame = |block: u32, panels: u32, gap: i64| block.min(panels) > 1 && gap > 0;
        if frame(wide, self.columns, self.gap_um[0]) || frame(high, self.rows, self.gap_um[1]) {
            say(
                "拼缝落在一路输出的画面里，没法裁掉；每块面板给一路输出，或把拼缝设为 0".to_owned(),
                "a seam lies inside the picture of one output, where it cannot be cut; give each panel an output, or set the seam to 0"
                    .to_owned(),
            );
        }
        let size = self.biggest();
        if !SIDES.contains(&size.width) || !SIDES.contains(&size.height) {
            say(
                format!("一路输出要带 {size} 像素，能带的是 16 到 16384；让一路输出带更少面板"),
                format!(
                    "one output would carry {size} pixels, and can carry 16 to 16384; let it drive fewer panels"
                ),
            );
        }
        let ratio = |a: i64, b: i64| a.max(b) * 100 > a.min(b) * 125;
        let [across, down] = self.size_um;
        if ratio(across * i64::from(self.resolution.height), down * i64::from(self.resolution.width)) {
            say(
                "像素远不是方的：尺寸或分辨率有一个不对".to_owned(),
                "pixels are far from square: the size or the resolution is wrong".to_owned(),
            );
        }
        if self.nodes.is_empty() {
            say("写上至少一个显示节点的名字".to_owned(), "name at least one display node".to_owned());
        }
        let taken: BTreeSet<ScreenId> = all.iter().map(|other| other.screen.clone()).collect();
        let stem = replaces.map_or("new", WallId::as_str);
        all.extend(self.screens([0; 2], stem, &taken).into_iter().map(|screen| Assigned {
            screen: screen.id,
            node: screen.node,
            output: screen.output,
        }));
        let outputs = Outputs::new(all, self.nodes.iter());
        faults.extend(outputs.clashes().iter().map(Clash::words));
        faults
    }

    /// The largest frame buffer of one output.
    fn biggest(&self) -> Size {
        let (across, down) =
            (self.block[0].clamp(1, self.columns.max(1)), self.block[1].clamp(1, self.rows.max(1)));
        let (wide, high) = if is_turned(self.rotation) { (down, across) } else { (across, down) };
        Size::new(self.resolution.width.saturating_mul(wide), self.resolution.height.saturating_mul(high))
    }
}

fn is_turned(rotation: Rotation) -> bool {
    matches!(rotation, Rotation::Quarter | Rotation::ThreeQuarters)
}

/// Row and column as people say them: a1 is the top left one.
fn screen_name(row: u32, column: u32) -> String {
    match u8::try_from(row).ok().filter(|row| *row < 26) {
        Some(row) => format!("{}{}", char::from(b'a' + row), column + 1),
        None => format!("r{}c{}", row + 1, column + 1),
    }
}

/// A name with its last number so much higher; a name without a number gets one from 2 on.
fn counted_on(node: &NodeId, by: usize) -> Option<NodeId> {
    let name = node.as_str();
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (stem, number) = name.split_at(name.len() - digits);
    let next = match number.parse::<usize>() {
        Ok(number) => format!("{stem}{}", number.checked_add(by)?),
        Err(_) => format!("{name}-{}", by + 1),
    };
    NodeId::new(&next).ok()
}

/// Nodes as they are typed: names with commas or spaces between them. What is no name is left out.
pub fn nodes_of(typed: &str) -> Vec<NodeId> {
    let parts = typed.split(|c: char| c == ',' || c == '，' || c == '、' || c.is_whitespace());
    let mut nodes: Vec<NodeId> = Vec::new();
    for node in parts.filter_map(|part| NodeId::new(part).ok()) {
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    nodes
}
