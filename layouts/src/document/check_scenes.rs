//! Checks scenes and turns every way of placing a window into a rectangle of canvas units.

use super::mistakes::{Collector, Span};
use super::reader::At;
use super::scenes::{
    BorderDoc, ContentDoc, FAR_PX_E3, GridDoc, PlaceDoc, SceneDoc, TextDoc, TransitionDoc, WindowDoc,
};
use super::values::{Paint, unscaled};
use super::widgets::{self, WidgetDoc};
use super::{Checked, claim, color, named_by, refer, value_or};
use crate::data::QuerySpec;
use crate::edit::window_names;
use crate::layout::{
    Border, Scene, Source, TextContent, Transition, TransitionKind, Wall, Window, WindowContent,
};
use crate::plan::{Align, CANVAS_PIXEL, CanvasRect, CanvasUnit, Crop, Fit, Rgba, Weight};
use crate::theme::{Palette, Theme};
use crate::variant::design_unit;
use crate::widget::WidgetContent;
use media::{QueryId, SourceId, WallId, WindowId};
use std::collections::BTreeMap;

/// What a window of one scene is checked against.
struct Around<'a> {
    /// `None` where the wall itself has mistakes.
    canvas: Option<CanvasRect>,
    grid: Option<Grid>,
    grid_given: bool,
    hz: u32,
    sources: &'a Checked<SourceId, Source>,
    queries: &'a Checked<QueryId, QuerySpec>,
    palette: &'a Palette,
}

/// A grid over a canvas, in canvas units.
#[derive(Clone, Copy)]
struct Grid {
    columns: u32,
    rows: u32,
    gutter: CanvasUnit,
    margin: CanvasUnit,
}

pub(super) fn check(
    docs: Vec<SceneDoc>,
    walls: &Checked<WallId, Wall>,
    sources: &Checked<SourceId, Source>,
    queries: &Checked<QueryId, QuerySpec>,
    palette: &Palette,
    found: &mut Collector<'_>,
) -> Vec<Scene> {
    let mut names = BTreeMap::new();
    let mut scenes = Vec::new();
    for doc in docs {
        let SceneDoc { id, wall, name, grid, grid_given, transition, windows } = doc;
        if let Some(id) = &id {
            claim(&mut names, id, "scene", found);
        }
        if let Some(wall) = &wall {
            refer(walls, wall, "wall", found);
        }
        let canvas = wall.as_ref().and_then(|wall| walls.right.iter().find(|right| right.id == wall.value));
        let (canvas, hz) = (canvas.map(|wall| wall.canvas), canvas.map_or(25, |wall| wall.tick.hz()));
        let grid = grid.and_then(|grid| check_grid(grid, canvas, found));
        let transition = transition.and_then(|transition| check_transition(transition, found));
        let around = Around { canvas, grid, grid_given, hz, sources, queries, palette };
        claim_slots(&windows, found);
        let names = window_names(windows.iter().map(slot));
        let mut windows: Vec<Window> = windows
            .into_iter()
            .zip(names)
            .filter_map(|(window, name)| check_window(window, &name, &around, found))
            .collect();
        windows.sort_by_key(|window| window.z);
        let (Some(id), Some(wall)) = (id, wall) else { continue };
        scenes.push(Scene {
            name: name.map_or_else(|| named_by(id.value.as_str()), |name| name.value),
            id: id.value,
            wall: wall.value,
            transition: transition.unwrap_or_default(),
            windows,
        });
    }
    scenes
}

/// The slot that a window names.
fn slot(window: &WindowDoc) -> Option<&str> {
    match &window.content.as_ref()?.value {
        ContentDoc::Source { slot, .. } => slot.as_ref().map(|slot| slot.value.as_str()),
        ContentDoc::Image { .. } | ContentDoc::Text(_) | ContentDoc::Widget(_) => None,
    }
}

fn wants_small(content: &ContentDoc) -> bool {
    matches!(content, ContentDoc::Source { small_stream: Some(At { value: true, .. }), .. })
}

/// Notes every slot that has another one's name.
fn claim_slots(windows: &[WindowDoc], found: &mut Collector<'_>) {
    let mut names = BTreeMap::new();
    for window in windows {
        if let Some(At { value: ContentDoc::Source { slot: Some(slot), .. }, .. }) = &window.content {
            claim(&mut names, slot, "slot", found);
        }
    }
}

/// Thousandths of a canvas pixel → canvas units, to the nearest. Readers keep them below 2^43.
pub(super) fn units(px_e3: i64) -> CanvasUnit {
    (px_e3 * CANVAS_PIXEL + 500).div_euclid(1000)
}

fn check_grid(grid: At<GridDoc>, canvas: Option<CanvasRect>, found: &mut Collector<'_>) -> Option<Grid> {
    let GridDoc { columns, rows, gutter_px_e3, margin_px_e3 } = grid.value;
    let (gutter, margin) = (units(value_or(gutter_px_e3, 0)), units(value_or(margin_px_e3, 0)));
    let (columns, rows) = (columns?.value, rows?.value);
    if let Some(canvas) = canvas {
        let short = |extent: CanvasUnit, count: u32| {
            extent - 2 * margin - gutter * i64::from(count - 1) < i64::from(count) * CANVAS_PIXEL
        };
        if short(canvas.width, columns) || short(canvas.height, rows) {
            let message = "gutters and margins leave no room for the cells".to_owned();
            let (wide, high) = (canvas.width >> 16, canvas.height >> 16);
            let help =
                format!("the canvas has {wide} × {high} pixels; take fewer cells or a smaller gutter_px");
            found.add(grid.span, "no-room", message, help);
            return None;
        }
    }
    Some(Grid { columns, rows, gutter, margin })
}

fn check_transition(transition: At<TransitionDoc>, found: &mut Collector<'_>) -> Option<Transition> {
    let TransitionDoc { kind, duration_ms, easing } = transition.value;
    let kind = kind?.value;
    let usual = if kind == TransitionKind::Cut { 0 } else { 400 };
    if let (TransitionKind::Cut, Some(At { value: 1.., span })) = (kind, &duration_ms) {
        found.add(
            *span,
            "cut-lasts",
            "a cut takes no time",
            "remove `duration_ms`, or write kind = \"fade\"",
        );
    }
    if let (TransitionKind::Cut, Some(At { span, .. })) = (kind, &easing) {
        let message = "a cut takes no time that could go faster or slower";
        found.add(*span, "cut-lasts", message, "remove `easing`, or write kind = \"fade\"");
    }
    let easing = value_or(easing, kind.usual_easing());
    Some(Transition { kind, duration_ms: value_or(duration_ms, usual), easing })
}

fn check_window(
    doc: WindowDoc,
    name: &str,
    around: &Around<'_>,
    found: &mut Collector<'_>,
) -> Option<Window> {
    let WindowDoc { place, content, z, opacity_e4, border, corner_px_e3 } = doc;
    let rect = place.and_then(|place| check_place(place, around, found));
    let small_stream = content.as_ref().is_some_and(|content| wants_small(&content.value));
    let content = content.and_then(|content| check_content(content, around, found));
    let border = border.and_then(|border| check_border(border, around.palette));
    let opacity = value_or(opacity_e4, 10_000) * 255;
    Some(Window {
        id: WindowId::new(name).ok()?,
        rect: rect?,
        content: content?,
        z: i32::try_from(value_or(z, 0)).ok()?,
        opacity: u8::try_from((opacity + 5000) / 10_000).ok()?,
        border,
        corner: units(value_or(corner_px_e3, 0)),
        small_stream,
    })
}

fn check_border(border: At<BorderDoc>, palette: &Palette) -> Option<Border> {
    let BorderDoc { width_px_e3, color } = border.value;
    Some(Border { width: units(width_px_e3?.value), color: paint(color, palette, palette.accent.0) })
}

fn paint(at: Option<At<Paint>>, palette: &Palette, default: Rgba) -> Rgba {
    at.map_or(default, |at| color(at.value, palette))
}

fn check_place(place: At<PlaceDoc>, around: &Around<'_>, found: &mut Collector<'_>) -> Option<CanvasRect> {
    let span = place.span;
    match place.value {
        PlaceDoc::Pixels([x, y, width, height]) => {
            let rect = [x, y, width, height].map(units);
            positive(rect, "rect_px", span, found)?;
            inside(rect, around.canvas, span, found)
        }
        PlaceDoc::Percent(rect) => {
            positive(rect, "rect_percent", span, found)?;
            let [x, y, width, height] = rect;
            if x + width > 1_000_000 || y + height > 1_000_000 {
                let reach = unscaled((x + width).max(y + height), 4);
                let message = format!("the window reaches {reach} % of the canvas");
                found.add(span, "window-outside", message, "x + width and y + height are at most 100");
                return None;
            }
            let canvas = around.canvas?;
            let part = |extent: CanvasUnit, e6: i64| extent * e6 / 1_000_000;
            let (x0, y0) = (part(canvas.width, x), part(canvas.height, y));
            let (x1, y1) = (part(canvas.width, x + width), part(canvas.height, y + height));
            Some(CanvasRect { x: x0, y: y0, width: (x1 - x0).max(1), height: (y1 - y0).max(1) })
        }
        PlaceDoc::Cell { column, row, columns, rows } => {
            if !around.grid_given {
                let help =
                    "add grid = { columns = 12, rows = 6 } to the scene, or use rect_px or rect_percent";
                found.add(span, "no-grid", "`cell` needs a grid, and the scene has none", help);
            }
            let (columns, rows) = (value_or(columns, 1), value_or(rows, 1));
            let grid = around.grid?;
            let wide = cells("column", column.as_ref()?.value, columns, grid.columns, span, found);
            let high = cells("row", row.as_ref()?.value, rows, grid.rows, span, found);
            let ((left, right), (top, bottom), canvas) = (wide?, high?, around.canvas?);
            let (x0, x1) = edges(canvas.width, grid.columns, grid, left, right);
            let (y0, y1) = edges(canvas.height, grid.rows, grid, top, bottom);
            Some(CanvasRect { x: x0, y: y0, width: x1 - x0, height: y1 - y0 })
        }
    }
}

/// The first cell's index and that after the last one's, or a mistake.
fn cells(
    what: &str,
    first: u32,
    count: u32,
    total: u32,
    span: Span,
    found: &mut Collector<'_>,
) -> Option<(u32, u32)> {
    let last = first + count - 1;
    if last <= total {
        return Some((first - 1, last));
    }
    let message = format!("the window reaches {what} {last}; the grid has {total}");
    let help = if first <= total {
        format!("from {what} {first}, {}s = {} is the most", what, total - first + 1)
    } else {
        format!("{what} is 1 to {total}")
    };
    found.add(span, "cell-outside", message, help);
    None
}

/// Where cells `first..end` of `count` begin and end along an axis.
fn edges(extent: CanvasUnit, count: u32, grid: Grid, first: u32, end: u32) -> (CanvasUnit, CanvasUnit) {
    let room = extent - 2 * grid.margin + grid.gutter;
    let edge = |index: u32| grid.margin + room * i64::from(index) / i64::from(count);
    (edge(first), edge(end) - grid.gutter)
}

fn positive(rect: [i64; 4], key: &str, span: Span, found: &mut Collector<'_>) -> Option<()> {
    if rect[2] > 0 && rect[3] > 0 {
        return Some(());
    }
    let message = format!("`{key} = {}` has no area", found.excerpt(span));
    found.add(span, "no-area", message, "write [x, y, width, height] with width and height above 0");
    None
}

/// The whole pixels that a length reaches into.
fn ceil(units: CanvasUnit) -> CanvasUnit {
    (units + CANVAS_PIXEL - 1) >> 16
}

/// The rectangle, if it lies on `canvas` up to the end of its last pixel.
fn fitting(rect: [CanvasUnit; 4], canvas: CanvasRect) -> Option<CanvasRect> {
    let [x, y, width, height] = rect;
    let (wide, high) = (ceil(canvas.width), ceil(canvas.height));
    let fits = x >= 0 && y >= 0 && x + width <= wide << 16 && y + height <= high << 16;
    fits.then_some(CanvasRect { x, y, width, height })
}

/// Where a window stands whose `rect_px` is this, in thousandths of a canvas pixel; `None` where that would be a mistake.
pub(crate) fn window_at(px_e3: [i64; 4], canvas: CanvasRect) -> Option<CanvasRect> {
    if px_e3.iter().any(|value| value.abs() > FAR_PX_E3) {
        return None;
    }
    let rect = px_e3.map(units);
    fitting(rect, canvas).filter(|rect| rect.width > 0 && rect.height > 0)
}

fn inside(
    rect: [CanvasUnit; 4],
    canvas: Option<CanvasRect>,
    span: Span,
    found: &mut Collector<'_>,
) -> Option<CanvasRect> {
    let canvas = canvas?;
    if let Some(rect) = fitting(rect, canvas) {
        return Some(rect);
    }
    let [x, y, width, height] = rect;
    let (wide, high) = (ceil(canvas.width), ceil(canvas.height));
    let message = format!(
        "the window spans x {} to {} and y {} to {}; the canvas has {wide} × {high} pixels",
        x >> 16,
        ceil(x + width),
        y >> 16,
        ceil(y + height)
    );
    found.add(
        span,
        "window-outside",
        message,
        "keep the whole window on the canvas; crop_percent cuts a picture",
    );
    None
}

fn check_content(
    content: At<ContentDoc>,
    around: &Around<'_>,
    found: &mut Collector<'_>,
) -> Option<WindowContent> {
    match content.value {
        ContentDoc::Source { source, crop, fit, label, slot, small_stream: _ } => {
            if let Some(source) = &source {
                refer(around.sources, source, "source", found);
            }
            Some(WindowContent::Source {
                crop: check_crop(crop, found)?,
                source: source?.value,
                fit: value_or(fit, Fit::Cover),
                label: value_or(label, true),
                slot: slot.map(|slot| slot.value.to_string()),
            })
        }
        ContentDoc::Image { path, crop, fit } => Some(WindowContent::Image {
            crop: check_crop(crop, found)?,
            path: path?.value,
            fit: value_or(fit, Fit::Contain),
        }),
        ContentDoc::Text(text) => check_text(text, around.palette),
        ContentDoc::Widget(widget) => check_widget(widget, around, found),
    }
}

fn check_widget(doc: WidgetDoc, around: &Around<'_>, found: &mut Collector<'_>) -> Option<WindowContent> {
    let WidgetDoc { title, kind, card, card_usual, text_px_e3 } = doc;
    let kind = kind?;
    for query in kind.queries() {
        refer(around.queries, query, "query", found);
    }
    let unit = design_unit(around.canvas?);
    let body = CanvasUnit::from(Theme::built_in().measures.body_px) * unit;
    Some(WindowContent::Widget(Box::new(WidgetContent {
        title: title.map(|title| title.value),
        kind: widgets::fill_in(kind.map(|query| query.value.clone()), unit, around.hz),
        card: value_or(card, card_usual),
        size: text_px_e3.map_or(body, |at| units(at.value)),
    })))
}

fn check_text(text: TextDoc, palette: &Palette) -> Option<WindowContent> {
    let TextDoc { words, size_px_e3, color: letters, background, align, vertical, weight, padding_px_e3 } =
        text;
    Some(WindowContent::Text(TextContent {
        words: words?.value,
        size: units(size_px_e3?.value),
        color: paint(letters, palette, palette.text.0),
        background: background.map(|at| color(at.value, palette)),
        align: value_or(align, Align::Start),
        vertical: value_or(vertical, Align::Middle),
        weight: value_or(weight, Weight::Regular),
        padding: units(value_or(padding_px_e3, 0)),
    }))
}

/// Ten-thousandths of a percent → 1/65536.
fn check_crop(crop: Option<At<[i64; 4]>>, found: &mut Collector<'_>) -> Option<Crop> {
    let Some(crop) = crop else { return Some(Crop::ALL) };
    positive(crop.value, "crop_percent", crop.span, found)?;
    let [x, y, width, height] = crop.value;
    if x + width > 1_000_000 || y + height > 1_000_000 {
        let message = format!("`crop_percent = {}` reaches beyond the picture", found.excerpt(crop.span));
        let help = "write [left, top, width, height]; left + width and top + height are at most 100";
        found.add(crop.span, "crop-outside", message, help);
        return None;
    }
    let part = |e6: i64| u32::try_from(e6 * 65_536 / 1_000_000).unwrap_or(0);
    let (x0, y0) = (part(x).min(65_535), part(y).min(65_535));
    let (x1, y1) = (part(x + width).max(x0 + 1), part(y + height).max(y0 + 1));
    Some(Crop { x: x0, y: y0, width: x1 - x0, height: y1 - y0 })
}
