//! Checks walls and screens and turns millimetres into canvas units.

use super::mistakes::{Collector, Span};
use super::reader::At;
use super::values::unscaled;
use super::walls::{NodeDoc, SCREENS_MAX, ScreenDoc, WallDoc};
use super::{Checked, claim, color, value_or};
use crate::budget::NodeBudget;
use crate::layout::{Screen, Wall};
use crate::plan::{CANVAS_PIXEL, CanvasRect, CanvasUnit, Output, PixelGrid, Rotation};
use crate::theme::Palette;
use media::{NodeId, ScreenId, Size, TickRate, WallId};
use std::collections::BTreeMap;

/// Longest side of a canvas.
pub(super) const CANVAS_MAX: CanvasUnit = 65_536 * CANVAS_PIXEL;

/// Pixels may be this much taller than wide, or the other way round, in percent.
const SQUARE_PERCENT: i64 = 125;

/// What screens share across all walls.
#[derive(Default)]
struct Taken {
    ids: BTreeMap<ScreenId, usize>,
    outputs: BTreeMap<(NodeId, u32), String>,
    screens: usize,
}

/// A screen whose own fields are right.
struct Hanging {
    at: Span,
    screen: Screen,
}

pub(super) fn check(
    docs: Vec<WallDoc>,
    palette: &Palette,
    found: &mut Collector<'_>,
) -> Checked<WallId, Wall> {
    let mut checked = Checked::default();
    let mut taken = Taken::default();
    for doc in docs {
        let WallDoc {
            id,
            tick_hz,
            latency_ms,
            canvas_px_per_mm_e6,
            viewing_distance_mm,
            background,
            screens,
        } = doc;
        checked.nameless |= id.is_none();
        let count = screens.len();
        let free = id.as_ref().is_some_and(|id| claim(&mut checked.names, id, "wall", found));
        let hanging: Vec<Hanging> =
            screens.into_iter().filter_map(|doc| check_screen(doc, &mut taken, found)).collect();
        check_overlaps(&hanging, found);
        // While a screen cannot be placed nobody knows the canvas, and nothing is said about what lies on it.
        let known = free && count > 0 && hanging.len() == count;
        let (Some(id), Some(scale), true) = (id, canvas_px_per_mm_e6, known) else { continue };
        let Some((canvas, screens)) = place(hanging, &scale, found) else { continue };
        let Some(tick) = TickRate::new(value_or(tick_hz, 25)) else { continue };
        checked.right.push(Wall {
            id: id.value,
            tick,
            latency_ms: value_or(latency_ms, 120),
            canvas,
            canvas_px_per_mm_e6: scale.value,
            viewing_distance_mm: value_or(viewing_distance_mm, 5000),
            background: background.map_or(palette.canvas.0, |paint| color(paint.value, palette)),
            screens,
        });
    }
    checked
}

/// What nodes can carry, by their names.
pub(super) fn check_nodes(
    docs: Vec<NodeDoc>,
    walls: &Checked<WallId, Wall>,
    found: &mut Collector<'_>,
) -> BTreeMap<NodeId, NodeBudget> {
    let mut names = BTreeMap::new();
    let mut budgets = BTreeMap::new();
    // A wall with mistakes may have the node's screens.
    let all_known = !walls.nameless && walls.right.len() == walls.names.len();
    for NodeDoc { id, decodes_1080p, receive_mbit_s, upload_mb_s, memory_mb } in docs {
        let (Some(id), Some(decodes_1080p)) = (id, decodes_1080p) else { continue };
        if !claim(&mut names, &id, "node", found) {
            continue;
        }
        let mut screens = walls.right.iter().flat_map(|wall| &wall.screens);
        if all_known && !screens.any(|screen| screen.node == id.value) {
            let message = format!("node `{}` drives no screen", id.value);
            found.add(id.span, "unknown-reference", message, "name a node as its screens do");
        }
        let budget = NodeBudget {
            decodes_1080p: decodes_1080p.value,
            receive_mbit_s: receive_mbit_s.map(|at| at.value),
            upload_mb_s: upload_mb_s.map(|at| at.value),
            memory_mb: memory_mb.map(|at| at.value),
        };
        budgets.insert(id.value, budget);
    }
    budgets
}

fn check_screen(doc: ScreenDoc, taken: &mut Taken, found: &mut Collector<'_>) -> Option<Hanging> {
    let ScreenDoc { at, id, node, output, resolution, position_um, size_um, bezel_um, rotation } = doc;
    taken.screens += 1;
    if taken.screens == SCREENS_MAX + 1 {
        let message = format!("the hall has more than {SCREENS_MAX} screens");
        found.add(at, "too-many", message, "make a hall document of its own for some of the walls");
    }
    if let Some(id) = &id {
        claim(&mut taken.ids, id, "screen", found);
    }
    let name = id.as_ref().map_or_else(|| "this screen".to_owned(), |id| format!("`{}`", id.value));
    if let (Some(node), Some(output)) = (&node, &output) {
        claim_output(node, output, &name, taken, found);
    }
    let rotation = value_or(rotation, Rotation::None);
    if let (Some(resolution), Some(size)) = (&resolution, &size_um) {
        check_ratio(&name, resolution.value, size, rotation, found);
    }
    let size = resolution?.value;
    let upright = upright(size, rotation);
    let screen = Screen {
        id: id?.value,
        node: node?.value,
        output_number: output?.value,
        output: Output { size, rotation },
        // The area is known when all screens are.
        grid: PixelGrid { area: CanvasRect { x: 0, y: 0, width: 1, height: 1 }, size: upright },
        position_um: position_um?.value,
        size_um: size_um?.value,
        bezel_um: value_or(bezel_um, [0; 4]),
    };
    Some(Hanging { at, screen })
}

fn upright(size: Size, rotation: Rotation) -> Size {
    match rotation {
        Rotation::None | Rotation::Half => size,
        Rotation::Quarter | Rotation::ThreeQuarters => size.transposed(),
    }
}

fn claim_output(
    node: &At<NodeId>,
    output: &At<u32>,
    name: &str,
    taken: &mut Taken,
    found: &mut Collector<'_>,
) {
    let key = (node.value.clone(), output.value);
    match taken.outputs.get(&key) {
        None => {
            taken.outputs.insert(key, name.to_owned());
        }
        Some(first) => {
            let used = |n: &u32| taken.outputs.contains_key(&(node.value.clone(), *n));
            let free = (1..=64).find(|n| !used(n)).unwrap_or(64);
            let message = format!("output {} of node `{}` already drives {first}", output.value, node.value);
            found.add(
                output.span,
                "output-taken",
                message,
                format!("give {name} another output: {free} is free"),
            );
        }
    }
}

fn check_ratio(
    name: &str,
    resolution: Size,
    size: &At<[i64; 2]>,
    rotation: Rotation,
    found: &mut Collector<'_>,
) {
    let pixels = upright(resolution, rotation);
    // At most 10^8 µm × 16384 px × 100: far below 2^63.
    let odd = |width_um: i64, height_um: i64| {
        let (a, b) = (width_um * i64::from(pixels.height), height_um * i64::from(pixels.width));
        a.max(b) * 100 > a.min(b) * SQUARE_PERCENT
    };
    let [width, height] = size.value;
    if !odd(width, height) {
        return;
    }
    let mm = |um: i64| unscaled(um, 3);
    let message = format!(
        "{name}: {} × {} mm for {} × {} upright pixels makes them far from square",
        mm(width),
        mm(height),
        pixels.width,
        pixels.height
    );
    let turned = matches!(rotation, Rotation::Quarter | Rotation::ThreeQuarters);
    let help = match (odd(height, width), turned) {
        (false, true) => format!(
            "size_mm is as it hangs; turned by a quarter it is size_mm = [{}, {}]",
            mm(height),
            mm(width)
        ),
        (false, false) => format!(
            "if it hangs in portrait add rotation = 90; if not, size_mm = [{}, {}]",
            mm(height),
            mm(width)
        ),
        (true, _) => "measure the lit area again, or correct `resolution`".to_owned(),
    };
    found.add(size.span, "pixels-not-square", message, help);
}

/// Left, top, right, bottom in µm; with or without the bezel.
fn edges(screen: &Screen, with_bezel: bool) -> [i64; 4] {
    let [x, y] = screen.position_um;
    let [width, height] = screen.size_um;
    let [left, top, right, bottom] = if with_bezel { screen.bezel_um } else { [0; 4] };
    [x - left, y - top, x + width + right, y + height + bottom]
}

/// How far two boxes reach into each other on each axis; `None` when they do not.
fn overlap(a: [i64; 4], b: [i64; 4]) -> Option<[i64; 2]> {
    let width = a[2].min(b[2]) - a[0].max(b[0]);
    let height = a[3].min(b[3]) - a[1].max(b[1]);
    (width > 0 && height > 0).then_some([width, height])
}

fn check_overlaps(screens: &[Hanging], found: &mut Collector<'_>) {
    for (index, second) in screens.iter().enumerate() {
        for first in &screens[..index] {
            let (a, b) = (&first.screen, &second.screen);
            if let Some([width, height]) = overlap(edges(a, false), edges(b, false)) {
                let (wide, high) = (unscaled(width, 3), unscaled(height, 3));
                let message = format!("screens `{}` and `{}` overlap by {wide} × {high} mm", a.id, b.id);
                found.add(second.at, "screens-overlap", message, apart(a, b));
            } else if let Some([width, height]) = overlap(edges(a, true), edges(b, true)) {
                let by = unscaled(width.min(height), 3);
                let message = format!("the bezels of `{}` and `{}` overlap by {by} mm", a.id, b.id);
                let help = format!("{}, or correct bezel_mm", apart(a, b));
                found.add(second.at, "bezels-overlap", message, help);
            }
        }
    }
}

/// The smallest move of `b` that frees it from `a`.
fn apart(a: &Screen, b: &Screen) -> String {
    let (fixed, moving) = (edges(a, true), edges(b, true));
    let [x, y] = b.position_um;
    let moves = [
        (fixed[2] - moving[0], 'x', x + fixed[2] - moving[0]),
        (moving[2] - fixed[0], 'x', x - (moving[2] - fixed[0])),
        (fixed[3] - moving[1], 'y', y + fixed[3] - moving[1]),
        (moving[3] - fixed[1], 'y', y - (moving[3] - fixed[1])),
    ];
    let (_, axis, to) = moves.into_iter().min_by_key(|(by, ..)| *by).unwrap_or((0, 'x', x));
    format!("move `{}` to {axis} = {} in position_mm", b.id, unscaled(to, 3))
}

/// µm × px/mm in millionths → canvas units, to the nearest.
fn to_units(um: i64, px_per_mm_e6: i64) -> i128 {
    let product = i128::from(um) * i128::from(px_per_mm_e6) * i128::from(CANVAS_PIXEL);
    (product + 500_000_000).div_euclid(1_000_000_000)
}

/// Puts every screen on the canvas, whose corner is that of the box around all lit areas.
fn place(
    hanging: Vec<Hanging>,
    scale: &At<i64>,
    found: &mut Collector<'_>,
) -> Option<(CanvasRect, Vec<Screen>)> {
    let left = hanging.iter().map(|h| h.screen.position_um[0]).min().unwrap_or(0);
    let top = hanging.iter().map(|h| h.screen.position_um[1]).min().unwrap_or(0);
    let (mut width, mut height) = (1, 1);
    let mut placed = Vec::new();
    for Hanging { at: _, screen } in hanging {
        // Edges, not extents, are rounded: screens that touch in millimetres touch on the canvas.
        let [l, t, r, b] = edges(&screen, false);
        let [x0, y0, x1, y1] = [l - left, t - top, r - left, b - top]
            .map(|um| i64::try_from(to_units(um, scale.value)).unwrap_or(i64::MAX));
        (width, height) = (x1.max(width), y1.max(height));
        let area = CanvasRect { x: x0, y: y0, width: x1.saturating_sub(x0), height: y1.saturating_sub(y0) };
        placed.push(Screen { grid: PixelGrid { area, ..screen.grid }, ..screen });
    }
    let longest = width.max(height);
    if longest > CANVAS_MAX {
        let (wide, high) = (width >> 16, height >> 16);
        let message = format!("the canvas would be {wide} × {high} pixels; at most 65536 fit on each side");
        let fitting = i128::from(scale.value) * i128::from(CANVAS_MAX) / i128::from(longest);
        let fitting = i64::try_from(fitting / 1000 * 1000).unwrap_or(0).max(10_000);
        let help =
            format!("canvas_px_per_mm = {} or less fits, or correct position_mm", unscaled(fitting, 6));
        found.add(scale.span, "canvas-too-large", message, help);
        return None;
    }
    Some((CanvasRect { x: 0, y: 0, width, height }, placed))
}
