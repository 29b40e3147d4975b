//! From a layout to what every screen shows at one tick: a pure function, in integers.
//!
//! A screen's plan depends on the canvas only, never on which other screens there are, so one node or sixty-four tiles
//! give the same pixels.

mod fit;
mod marks;

pub use fit::fit_picture;

use crate::layout::{Layout, Scene, Screen, TextContent, Wall, Window, WindowContent};
use crate::plan::{
    CANVAS_PIXEL, CanvasRect, CanvasUnit, Content, Crop, Draw, Fit, Outline, Output, PixelGrid, Raster, Rgba,
    Rotation, TilePlan,
};
use crate::theme::{Palette, Theme};
use marks::Style;
use media::{CanvasFrame, Health, SceneId, ScreenId, Size, SourceId, WallId, WallTime};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of a source at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceState {
    /// Display size of the picture that would be shown now; `None` while there is none.
    pub picture: Option<Size>,
    /// What may be said of it.
    pub health: Health,
}

/// What is known of all sources; one that is absent is still connecting.
pub type SourceStates = BTreeMap<SourceId, SourceState>;

/// One plan for every screen of `wall` at tick `canvas_frame`, which begins at `now`, in document order.
///
/// Empty when there is no such wall. A scene that does not exist or is made for another wall leaves the screens empty: the
/// background alone.
pub fn solve(
    layout: &Layout,
    wall: &WallId,
    scene: &SceneId,
    canvas_frame: CanvasFrame,
    now: WallTime,
    states: &SourceStates,
) -> Vec<TilePlan> {
    let Some(wall) = layout.wall(wall) else { return Vec::new() };
    let draws = draw_scene(layout, wall, scene, now, states);
    wall.screens.iter().map(|screen| plan(wall, screen, canvas_frame, &draws)).collect()
}

/// The plan for one screen, as [`solve`] gives it; `None` when there is no such screen.
pub fn solve_screen(
    layout: &Layout,
    screen: &ScreenId,
    scene: &SceneId,
    canvas_frame: CanvasFrame,
    now: WallTime,
    states: &SourceStates,
) -> Option<TilePlan> {
    let (wall, screen) = layout.screen(screen)?;
    let draws = draw_scene(layout, wall, scene, now, states);
    Some(plan(wall, screen, canvas_frame, &draws))
}

/// The whole canvas of `wall` as one picture, one pixel per canvas pixel and nothing behind bezels cut: what a designer
/// or a reader wants to see. `None` when there is no such wall. The plan bears the name of the wall's first screen.
pub fn solve_canvas(
    layout: &Layout,
    wall: &WallId,
    scene: &SceneId,
    canvas_frame: CanvasFrame,
    now: WallTime,
    states: &SourceStates,
) -> Option<TilePlan> {
    let wall = layout.wall(wall)?;
    let size = wall.canvas_size();
    let area = CanvasRect {
        width: CanvasUnit::from(size.width) * CANVAS_PIXEL,
        height: CanvasUnit::from(size.height) * CANVAS_PIXEL,
        ..wall.canvas
    };
    Some(TilePlan {
        screen: wall.screens.first()?.id.clone(),
        canvas_frame,
        output: Output { size, rotation: Rotation::None },
        grid: PixelGrid { area, size },
        background: Rgba { a: 255, ..wall.background },
        draws: draw_scene(layout, wall, scene, now, states),
    })
}

/// Whether two rectangles share any area.
pub(crate) fn meet(a: CanvasRect, b: CanvasRect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

fn plan(wall: &Wall, screen: &Screen, canvas_frame: CanvasFrame, draws: &[Draw]) -> TilePlan {
    let area = screen.grid.area;
    let seen = |draw: &&Draw| meet(draw.rect, area) && meet(draw.clip, area);
    TilePlan {
        screen: screen.id.clone(),
        canvas_frame,
        output: screen.output,
        grid: screen.grid,
        background: Rgba { a: 255, ..wall.background },
        draws: draws.iter().filter(seen).cloned().collect(),
    }
}

/// The scene called `id`, if it is made for `wall`.
pub(crate) fn scene_on<'a>(layout: &'a Layout, wall: &Wall, id: &SceneId) -> Option<&'a Scene> {
    layout.scene(id).filter(|scene| scene.wall == wall.id)
}

/// The font size of the name in a window's strip; `None` where there is no room for a strip.
pub(crate) fn label_size(layout: &Layout, wall: &Wall, window: &Window) -> Option<CanvasUnit> {
    let theme = Theme::built_in();
    let palette = theme.palette(layout.hall.mode);
    let style = Style::new(palette, &theme.measures, &layout.hall, wall.canvas, window.rect);
    (style.strip_height() > 0).then(|| style.name_size())
}

/// All draws of a scene, back to front.
fn draw_scene(
    layout: &Layout,
    wall: &Wall,
    scene: &SceneId,
    now: WallTime,
    states: &SourceStates,
) -> Vec<Draw> {
    let mut draws = Vec::new();
    let Some(scene) = scene_on(layout, wall, scene) else { return draws };
    let theme = Theme::built_in();
    let palette = theme.palette(layout.hall.mode);
    for window in &scene.windows {
        let style = Style::new(palette, &theme.measures, &layout.hall, wall.canvas, window.rect);
        let mut pen =
            Pen { draws: &mut draws, window: window.rect, corner: window.corner, opacity: window.opacity };
        draw_window(&mut pen, &style, layout, window, now, states);
    }
    draws
}

/// Puts draws into one window: cut to its outline, at its opacity.
struct Pen<'a> {
    draws: &'a mut Vec<Draw>,
    window: CanvasRect,
    corner: CanvasUnit,
    opacity: u8,
}

impl Pen<'_> {
    /// Fills `rect` with `content`.
    fn put(&mut self, content: Content, rect: CanvasRect) {
        let outline = Outline { radius: self.corner, ring: 0 };
        self.draws.push(Draw { content, rect, clip: self.window, opacity: self.opacity, outline });
    }

    /// Draws a ring along the window's edge.
    fn ring(&mut self, outline: Outline, color: Rgba) {
        let (rect, opacity) = (self.window, self.opacity);
        self.draws.push(Draw { content: Content::Fill(color), rect, clip: rect, opacity, outline });
    }
}

fn draw_window(
    pen: &mut Pen<'_>,
    style: &Style<'_>,
    layout: &Layout,
    window: &Window,
    now: WallTime,
    states: &SourceStates,
) {
    let Window { rect, content, z: _, opacity: _, border, corner } = window;
    match content {
        WindowContent::Source { source, crop, fit, label } => {
            let state = states.get(source).copied();
            draw_source(pen, style, layout, (source, *crop, *fit, *label), now, state);
        }
        WindowContent::Text(text) => draw_text(pen, layout, text, border.map_or(0, |border| border.width)),
        WindowContent::Image { path, crop, fit } => {
            let raster = Raster::Image { path: path.clone(), crop: *crop, fit: *fit };
            pen.put(Content::Raster(Arc::new(raster)), *rect);
        }
    }
    if let Some(border) = border {
        pen.ring(Outline { radius: *corner, ring: border.width }, border.color);
    }
}

fn draw_source(
    pen: &mut Pen<'_>,
    style: &Style<'_>,
    layout: &Layout,
    (id, crop, fit, label): (&SourceId, Crop, Fit, bool),
    now: WallTime,
    state: Option<SourceState>,
) {
    let Some(source) = layout.source(id) else { return };
    let palette = style.palette;
    let SourceState { picture, health } =
        state.unwrap_or(SourceState { picture: None, health: Health::Connecting });
    let picture = picture.filter(|size| size.area() > 0);
    let (dot, live) = match (health, picture) {
        (Health::Live, Some(size)) => {
            draw_video(pen, id, size, crop, fit, palette);
            (palette.ok.0, true)
        }
        (Health::Stale { since }, Some(size)) => {
            draw_video(pen, id, size, crop, fit, palette);
            marks::stale(pen, style, since, now);
            (palette.stale.0, false)
        }
        (Health::Lost { since, fault }, _) => {
            marks::lost(pen, style, source, fault, since, now);
            (palette.danger.0, false)
        }
        // Without a picture nothing can be held or live: this node has yet to receive its first.
        (Health::Connecting, _) | (Health::Live | Health::Stale { .. }, None) => {
            marks::connecting(pen, style);
            (palette.muted.0, false)
        }
    };
    // A window that hides its label while live still says whose picture is missing.
    if label || !live {
        marks::strip(pen, style, source, dot);
    }
}

fn draw_video(pen: &mut Pen<'_>, id: &SourceId, size: Size, crop: Crop, fit: Fit, palette: &Palette) {
    let (crop, rect) = fit_picture(size, crop, pen.window, fit);
    if rect != pen.window {
        pen.put(Content::Fill(palette.surface.0), pen.window);
    }
    pen.put(Content::Video { source: id.clone(), crop }, rect);
}

fn draw_text(pen: &mut Pen<'_>, layout: &Layout, text: &TextContent, border: CanvasUnit) {
    let TextContent { words, size, color, background, align, vertical, weight, padding } = text;
    if let Some(background) = background {
        pen.put(Content::Fill(*background), pen.window);
    }
    let (window, inset) = (pen.window, padding + border);
    let rect = CanvasRect {
        x: window.x + inset,
        y: window.y + inset,
        width: (window.width - 2 * inset).max(1),
        height: (window.height - 2 * inset).max(1),
    };
    let raster = Raster::Text {
        text: words.get(layout.hall.language).to_owned(),
        size: *size,
        color: *color,
        align: *align,
        vertical: *vertical,
        weight: *weight,
        lines_max: 0,
    };
    pen.put(Content::Raster(Arc::new(raster)), rect);
}
