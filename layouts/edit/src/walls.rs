//! What can be done to walls and their screens, each as a value. Lengths are micrometres, which are what a document can say of
//! millimetres exactly.

use crate::edit::append_to;
use crate::found::Tables;
use crate::hall_text::EditError;
use crate::value::{number, numbers, put, thousandths};
use layouts::Rotation;
use media::{NodeId, ScreenId, Size, WallId};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, Value, value};

/// A screen that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewScreen {
    /// Its id, unique in the hall.
    pub id: ScreenId,
    /// The display node that drives it.
    pub node: NodeId,
    /// Which of the node's outputs, 1 to 64, each once.
    pub output: u32,
    /// The frame buffer, before the panel turns it.
    pub resolution: Size,
    /// The lit area's top left corner, in µm; y grows downwards.
    pub position_um: [i64; 2],
    /// The lit area as it hangs, in µm.
    pub size_um: [i64; 2],
    /// How it hangs.
    pub rotation: Rotation,
    /// Frame around the lit area as it hangs: left, top, right, bottom, in µm.
    pub bezel_um: [i64; 4],
}

/// One thing that a document says of a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScreenSetting {
    /// Its id; its display in `[control]` is called so, too.
    Id(ScreenId),
    /// The display node that drives it.
    Node(NodeId),
    /// Which of the node's outputs.
    Output(u32),
    /// The frame buffer, before the panel turns it.
    Resolution(Size),
    /// The lit area's top left corner, in µm.
    Position([i64; 2]),
    /// The lit area as it hangs, in µm.
    Size([i64; 2]),
    /// How it hangs.
    Rotation(Rotation),
    /// Frame as it hangs: left, top, right, bottom, in µm.
    Bezel([i64; 4]),
}

/// One thing that a document says of a wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WallSetting {
    /// How often it changes its picture, 1 to 240 times a second.
    TickHz(u32),
    /// From capture to light, in milliseconds, 20 to 5000.
    LatencyMs(u32),
    /// Canvas pixels per millimetre, in millionths.
    Scale(i64),
    /// How far away people sit, in millimetres.
    ViewingDistance(i64),
}

/// What becomes of a wall's windows when its canvas becomes another one: those that are placed in pixels are scaled, moved, and kept
/// on the canvas. What stands in percent or in a cell goes with the canvas by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptWindows {
    /// Which wall.
    pub wall: WallId,
    /// What was as wide as the first becomes as wide as the second.
    pub across: (i64, i64),
    /// What was as high as the first becomes as high as the second.
    pub down: (i64, i64),
    /// Then it is moved by so much, in thousandths of a canvas pixel.
    pub shift: [i64; 2],
    /// The new canvas in thousandths of a canvas pixel.
    pub canvas: [i64; 2],
    /// Whether letters, borders, corners and gutters are scaled like widths.
    pub lengths: bool,
}

/// One change of a wall or of its screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WallEdit {
    /// A wall behind the last one.
    Add {
        /// Its id.
        wall: WallId,
        /// Canvas pixels per millimetre, in millionths.
        scale_e6: i64,
        /// Its screens, at least one.
        screens: Vec<NewScreen>,
    },
    /// A wall is gone. Its scenes must be gone before.
    Remove {
        /// Which wall.
        wall: WallId,
    },
    /// Something else is said of a wall.
    Set {
        /// Which wall.
        wall: WallId,
        /// What.
        setting: WallSetting,
    },
    /// A screen behind the last one of its wall.
    AddScreen {
        /// Which wall.
        wall: WallId,
        /// The screen.
        screen: NewScreen,
    },
    /// Something else is said of a screen.
    SetScreen {
        /// Which screen.
        screen: ScreenId,
        /// What.
        setting: ScreenSetting,
    },
    /// A screen is gone, and its display in `[control]`.
    RemoveScreen {
        /// Which screen.
        screen: ScreenId,
    },
    /// What a node can decode, in streams of 1920 × 1080; with nothing, nothing is said of it any more.
    Node {
        /// Which node.
        node: NodeId,
        /// How many, 1 to 4096.
        decodes_1080p: Option<u32>,
    },
    /// The wall's windows are kept where they are while its canvas changes.
    KeepWindows(KeptWindows),
}

impl WallEdit {
    pub(crate) fn apply(&self, document: &mut DocumentMut) -> Result<(), EditError> {
        match self {
            Self::Add { wall, scale_e6, screens } => {
                let mut table = Table::new();
                table.decor_mut().set_prefix("\n");
                table.insert("id", value(wall.as_str()));
                table.insert("canvas_px_per_mm", Item::Value(number(*scale_e6, 6)));
                let screens: ArrayOfTables = screens.iter().map(NewScreen::table).collect();
                table.insert("screen", Item::ArrayOfTables(screens));
                append_to(document.as_table_mut(), "wall", table);
            }
            Self::Remove { wall: id } => {
                let index = wall_index(document, id)?;
                if let Some(walls) = Tables::of(document.as_table_mut(), "wall") {
                    walls.remove(index);
                }
            }
            Self::Set { wall: id, setting } => setting.apply(wall(document, id)?),
            Self::AddScreen { wall: id, screen } => {
                append_to(wall(document, id)?, "screen", screen.table());
            }
            Self::SetScreen { screen: id, setting } => {
                setting.apply(screen(document, id)?);
                if let ScreenSetting::Id(new) = setting {
                    each_display(document, id, |display| put(display, "screen", new.as_str().into()));
                }
            }
            Self::RemoveScreen { screen: id } => remove_screen(document, id)?,
            Self::Node { node, decodes_1080p } => say_of_node(document, node, *decodes_1080p),
            Self::KeepWindows(kept) => kept.apply(document),
        }
        Ok(())
    }
}

impl NewScreen {
    fn table(&self) -> Table {
        let Self { id, node, output, resolution, position_um, size_um, rotation, bezel_um } = self;
        let mut table = Table::new();
        table.insert("id", value(id.as_str()));
        let settings = [
            ScreenSetting::Node(node.clone()),
            ScreenSetting::Output(*output),
            ScreenSetting::Resolution(*resolution),
            ScreenSetting::Position(*position_um),
            ScreenSetting::Size(*size_um),
            ScreenSetting::Rotation(*rotation),
            ScreenSetting::Bezel(*bezel_um),
        ];
        settings.iter().for_each(|setting| setting.apply(&mut table));
        table
    }
}

impl ScreenSetting {
    fn apply(&self, screen: &mut dyn TableLike) {
        match self {
            Self::Id(id) => put(screen, "id", id.as_str().into()),
            Self::Node(node) => put(screen, "node", node.as_str().into()),
            Self::Output(output) => put(screen, "output", i64::from(*output).into()),
            Self::Resolution(Size { width, height }) => {
                put(screen, "resolution", numbers([*width, *height].map(i64::from), 0));
            }
            Self::Position(um) => put(screen, "position_mm", numbers(*um, 3)),
            Self::Size(um) => put(screen, "size_mm", numbers(*um, 3)),
            Self::Rotation(Rotation::None) => drop(screen.remove("rotation")),
            Self::Rotation(rotation) => put(screen, "rotation", degrees(*rotation).into()),
            Self::Bezel([0, 0, 0, 0]) => drop(screen.remove("bezel_mm")),
            Self::Bezel([left, top, right, bottom]) if [top, right, bottom] == [left; 3] => {
                put(screen, "bezel_mm", number(*left, 3));
            }
            Self::Bezel(um) => put(screen, "bezel_mm", numbers(*um, 3)),
        }
    }
}

fn degrees(rotation: Rotation) -> i64 {
    match rotation {
        Rotation::None => 0,
        Rotation::Quarter => 90,
        Rotation::Half => 180,
        Rotation::ThreeQuarters => 270,
    }
}

impl WallSetting {
    fn apply(&self, wall: &mut dyn TableLike) {
        match self {
            Self::TickHz(hz) => put(wall, "tick_hz", i64::from(*hz).into()),
            Self::LatencyMs(ms) => put(wall, "latency_ms", i64::from(*ms).into()),
            Self::Scale(e6) => put(wall, "canvas_px_per_mm", number(*e6, 6)),
            Self::ViewingDistance(mm) => put(wall, "viewing_distance_m", number(*mm, 3)),
        }
    }
}

// ---- finding -----------------------------------------------------------------------------------------------------------------------

/// Where the table stands whose `key` says `name`.
fn index_of(parent: &mut dyn TableLike, list: &str, key: &str, name: &str) -> Option<usize> {
    let count = Tables::of(parent, list)?.len();
    (0..count).find(|index| {
        let table = Tables::of(parent, list).and_then(|tables| tables.get(*index));
        table.and_then(|table| Some(table.get(key)?.as_str()? == name)) == Some(true)
    })
}

fn wall_index(document: &mut DocumentMut, id: &WallId) -> Result<usize, EditError> {
    index_of(document.as_table_mut(), "wall", "id", id.as_str()).ok_or_else(|| EditError::NoWall(id.clone()))
}

fn wall<'d>(document: &'d mut DocumentMut, id: &WallId) -> Result<&'d mut dyn TableLike, EditError> {
    let index = wall_index(document, id)?;
    let found = Tables::of(document.as_table_mut(), "wall").and_then(|walls| walls.get(index));
    found.ok_or_else(|| EditError::NoWall(id.clone()))
}

/// The place of a screen: of which wall, in document order, and which of its screens.
fn screen_place(document: &mut DocumentMut, id: &ScreenId) -> Result<(usize, usize), EditError> {
    let count = Tables::of(document.as_table_mut(), "wall").map_or(0, |walls| walls.len());
    let place = |index| {
        let wall = Tables::of(document.as_table_mut(), "wall")?.get(index)?;
        Some((index, index_of(wall, "screen", "id", id.as_str())?))
    };
    (0..count).find_map(place).ok_or_else(|| EditError::NoScreen(id.clone()))
}

fn screen<'d>(document: &'d mut DocumentMut, id: &ScreenId) -> Result<&'d mut dyn TableLike, EditError> {
    let (wall, screen) = screen_place(document, id)?;
    let wall = Tables::of(document.as_table_mut(), "wall").and_then(|walls| walls.get(wall));
    let found = wall.and_then(|wall| Tables::of(wall, "screen")?.get(screen));
    found.ok_or_else(|| EditError::NoScreen(id.clone()))
}

fn remove_screen(document: &mut DocumentMut, id: &ScreenId) -> Result<(), EditError> {
    let (wall, screen) = screen_place(document, id)?;
    let wall = Tables::of(document.as_table_mut(), "wall").and_then(|walls| walls.get(wall));
    if let Some(screens) = wall.and_then(|wall| Tables::of(wall, "screen")) {
        screens.remove(screen);
    }
    if let Some(control) = document.get_mut("control").and_then(Item::as_table_like_mut)
        && let Some(index) = index_of(control, "display", "screen", id.as_str())
        && let Some(displays) = Tables::of(control, "display")
    {
        displays.remove(index);
    }
    Ok(())
}

fn each_display(document: &mut DocumentMut, id: &ScreenId, change: impl Fn(&mut dyn TableLike)) {
    if let Some(control) = document.get_mut("control").and_then(Item::as_table_like_mut)
        && let Some(index) = index_of(control, "display", "screen", id.as_str())
        && let Some(display) = Tables::of(control, "display").and_then(|displays| displays.get(index))
    {
        change(display);
    }
}

fn say_of_node(document: &mut DocumentMut, node: &NodeId, decodes_1080p: Option<u32>) {
    let index = index_of(document.as_table_mut(), "node", "id", node.as_str());
    match (index, decodes_1080p) {
        (None, None) => {}
        (Some(index), None) => {
            if let Some(nodes) = Tables::of(document.as_table_mut(), "node") {
                nodes.remove(index);
            }
        }
        (Some(index), Some(count)) => {
            let table = Tables::of(document.as_table_mut(), "node").and_then(|nodes| nodes.get(index));
            if let Some(table) = table {
                put(table, "decodes_1080p", i64::from(count).into());
            }
        }
        (None, Some(count)) => {
            let mut table = Table::new();
            table.decor_mut().set_prefix("\n");
            table.insert("id", value(node.as_str()));
            table.insert("decodes_1080p", value(i64::from(count)));
            append_to(document.as_table_mut(), "node", table);
        }
    }
}

// ---- windows on another canvas -----------------------------------------------------------------------------------------------------

/// Lengths of a window in canvas pixels beside its place, and what a document allows, in thousandths.
const LENGTHS: [(&str, (i64, i64)); 4] = [
    ("size_px", (4_000, 2_000_000)),
    ("text_px", (4_000, 2_000_000)),
    ("padding_px", (0, 4_096_000)),
    ("corner_px", (0, 4_096_000)),
];

impl KeptWindows {
    fn apply(&self, document: &mut DocumentMut) {
        let count = Tables::of(document.as_table_mut(), "scene").map_or(0, |scenes| scenes.len());
        for index in 0..count {
            let scene = Tables::of(document.as_table_mut(), "scene").and_then(|scenes| scenes.get(index));
            let Some(scene) = scene else { continue };
            if scene.get("wall").and_then(Item::as_str) != Some(self.wall.as_str()) {
                continue;
            }
            if self.lengths
                && let Some(grid) = scene.get_mut("grid").and_then(Item::as_table_like_mut)
            {
                self.scale(grid, "gutter_px", (0, 1_000_000));
                self.scale(grid, "margin_px", (0, 1_000_000));
            }
            let windows = Tables::of(scene, "window").map_or(0, |windows| windows.len());
            for window in 0..windows {
                if let Some(window) = Tables::of(scene, "window").and_then(|windows| windows.get(window)) {
                    self.window(window);
                }
            }
        }
    }

    fn window(&self, window: &mut dyn TableLike) {
        let written = window.get("rect_px").and_then(Item::as_array);
        let rect: Option<Vec<i64>> = written.map(|array| array.iter().filter_map(thousandths).collect());
        if let Some(rect) = rect.and_then(|rect| <[i64; 4]>::try_from(rect).ok()) {
            let kept = self.rect(rect);
            if kept != rect {
                put(window, "rect_px", numbers(kept, 3));
            }
        }
        if !self.lengths {
            return;
        }
        for (key, range) in LENGTHS {
            self.scale(window, key, range);
        }
        if let Some(border) = window.get_mut("border").and_then(Item::as_table_like_mut) {
            self.scale(border, "width_px", (100, 1_000_000));
        }
    }

    /// Each edge by itself, so that neighbours still meet.
    fn rect(&self, [x, y, width, height]: [i64; 4]) -> [i64; 4] {
        let Self { wall: _, across, down, shift, canvas, lengths: _ } = self;
        let axis = |begin: i64, length: i64, by: (i64, i64), shift: i64, room: i64| {
            let (from, to) = (scaled(begin, by) + shift, scaled(begin + length, by) + shift);
            let length = (to - from).clamp(1, room.max(1));
            (from.clamp(0, (room - length).max(0)), length)
        };
        let (x, width) = axis(x, width, *across, shift[0], canvas[0]);
        let (y, height) = axis(y, height, *down, shift[1], canvas[1]);
        [x, y, width, height]
    }

    fn scale(&self, table: &mut dyn TableLike, key: &str, (least, most): (i64, i64)) {
        let old = table.get(key).and_then(Item::as_value).and_then(thousandths);
        // By the smaller of the two ratios: what fitted fits.
        let smaller = scaled(1_000_000, self.across) <= scaled(1_000_000, self.down);
        let by = if smaller { self.across } else { self.down };
        if let Some(old) = old.filter(|old| *old > 0 && by.0 != by.1) {
            let new: Value = number(scaled(old, by).clamp(least, most), 3);
            put(table, key, new);
        }
    }
}

/// `value`, where `by` has become `of`, to the nearest.
fn scaled(value: i64, (by, of): (i64, i64)) -> i64 {
    let by = i128::from(by.max(1));
    let product = i128::from(value) * i128::from(of);
    i64::try_from((product + by / 2).div_euclid(by)).unwrap_or(i64::MAX / 4)
}
