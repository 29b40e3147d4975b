//! From a layout to what every screen shows at one tick: a pure function, in integers.
//!
//! A screen's plan depends on the canvas only, never on which other screens there are, so one node or sixty-four tiles
//! give the same pixels.

mod change;
mod fit;
mod identify;
mod marks;
mod overlay;
mod stamp;
mod thumbnail;
mod widget;

pub(crate) use change::pairs;
pub use fit::fit_picture;
pub use identify::{identify, screen_number};
pub(crate) use marks::estimate;
pub use thumbnail::{solve_scene, solve_source};

use crate::layout::{Layout, Screen, Source, TextContent, Wall, Window, WindowContent};
use crate::on_air::OnAir;
use crate::plan::{
    Align, CANVAS_PIXEL, CanvasRect, CanvasUnit, Content, Crop, Draw, Fit, Outline, Output, Over, PixelGrid,
    Raster, Rgba, Rotation, TilePlan,
};
use crate::theme::Theme;
use crate::widget::Answers;
use change::{Pictures, Placed};
use marks::Style;
use media::{CanvasFrame, Health, NodeId, ScreenId, Size, SourceId, WallId, WallTime};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of a source at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceState {
    /// Display size of the picture that would be shown now; `None` while there is none.
    pub picture: Option<Size>,
    /// When that picture was captured, for the sync stamp.
    pub captured: Option<WallTime>,
    /// What may be said of it.
    pub health: Health,
}

/// A mark over everything by which a photograph of the wall shows whether its screens are in step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The node that draws.
    pub node: NodeId,
}

/// What is known of all sources; one that is absent is still connecting.
pub type SourceStates = BTreeMap<SourceId, SourceState>;

/// One plan for every screen of `wall` at tick `canvas_frame`, which begins at `now`, in document order.
///
/// Empty when there is no such wall. A scene that does not exist or is made for another wall leaves the screens empty: the
/// background alone. With a `stamp`, the sync stamp lies over everything.
#[expect(clippy::too_many_arguments, reason = "a tick is what it is solved from, each of its own kind")]
pub fn solve(
    layout: &Layout,
    wall: &WallId,
    on_air: &OnAir,
    canvas_frame: CanvasFrame,
    now: WallTime,
    states: &SourceStates,
    answers: &Answers,
    stamp: Option<&Stamp>,
) -> Vec<TilePlan> {
    let Some(wall) = layout.wall(wall) else { return Vec::new() };
    let tick = Tick { layout, wall, canvas_frame, now, states, answers };
    let shown = tick.pictures(on_air);
    wall.screens.iter().map(|screen| tick.screen_plan(screen, &shown, stamp)).collect()
}

/// The plan for one screen, as [`solve`] gives it; `None` when there is no such screen.
#[expect(clippy::too_many_arguments, reason = "a tick is what it is solved from, each of its own kind")]
pub fn solve_screen(
    layout: &Layout,
    screen: &ScreenId,
    on_air: &OnAir,
    canvas_frame: CanvasFrame,
    now: WallTime,
    states: &SourceStates,
    answers: &Answers,
    stamp: Option<&Stamp>,
) -> Option<TilePlan> {
    let (wall, screen) = layout.screen(screen)?;
    let tick = Tick { layout, wall, canvas_frame, now, states, answers };
    Some(tick.screen_plan(screen, &tick.pictures(on_air), stamp))
}

/// The whole canvas of `wall` as one picture, one pixel per canvas pixel and nothing behind bezels cut: what a designer
/// or a reader wants to see. `None` when there is no such wall. The plan bears the name of the wall's first screen. With
/// `stamped`, every screen's stamp names the node that drives it.
#[expect(clippy::too_many_arguments, reason = "a tick is what it is solved from, each of its own kind")]
pub fn solve_canvas(
    layout: &Layout,
    wall: &WallId,
    on_air: &OnAir,
    canvas_frame: CanvasFrame,
    now: WallTime,
    states: &SourceStates,
    answers: &Answers,
    stamped: bool,
) -> Option<TilePlan> {
    let wall = layout.wall(wall)?;
    let size = wall.canvas_size();
    let area = CanvasRect {
        width: CanvasUnit::from(size.width) * CANVAS_PIXEL,
        height: CanvasUnit::from(size.height) * CANVAS_PIXEL,
        ..wall.canvas
    };
    let tick = Tick { layout, wall, canvas_frame, now, states, answers };
    let (output, grid) = (Output { size, rotation: Rotation::None }, PixelGrid { area, size });
    let shown = tick.pictures(on_air);
    let plan = tick.plan(&wall.screens.first()?.id, output, grid, &shown);
    if !stamped {
        return Some(plan);
    }
    let screens = wall.screens.iter().map(|screen| (screen, &screen.node));
    Some(tick.with_stamp(plan, screens, &shown.windows))
}

/// Whether two rectangles share any area.
pub(crate) fn meet(a: CanvasRect, b: CanvasRect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/// Lays `draws` over all that a plan shows.
fn lay_over(plan: &mut TilePlan, mut draws: Vec<Draw>) {
    draws.retain(|draw| meet(draw.rect, plan.grid.area));
    if let Some(over) = &mut plan.over {
        over.draws.extend_from_slice(&draws);
    }
    plan.draws.append(&mut draws);
}

/// The font size of the name in a window's strip; `None` where there is no room for a strip.
pub(crate) fn label_size(layout: &Layout, wall: &Wall, window: &Window) -> Option<CanvasUnit> {
    let theme = Theme::built_in();
    let palette = theme.palette(layout.hall.mode);
    let style = Style::new(palette, &theme.measures, &layout.hall, wall.canvas, window.rect);
    (style.strip_height() > 0).then(|| style.name_size())
}

/// All that a tick of one wall is solved from.
struct Tick<'a> {
    layout: &'a Layout,
    wall: &'a Wall,
    canvas_frame: CanvasFrame,
    now: WallTime,
    states: &'a SourceStates,
    answers: &'a Answers,
}

/// What is drawn on a wall, cut into no screens yet.
#[derive(Default)]
struct Shown<'a> {
    draws: Vec<Draw>,
    over: Option<Over>,
    /// The windows of the upper picture.
    windows: Vec<Placed<'a>>,
}

impl<'a> Tick<'a> {
    fn pictures(&self, on_air: &OnAir) -> Shown<'a> {
        let Some(moment) = on_air.at(self.layout, self.wall, self.canvas_frame) else {
            return Shown::default();
        };
        let Pictures { under, over } = Pictures::of(moment);
        let draws = self.draws(&under);
        match over {
            None => Shown { draws, over: None, windows: under },
            Some((windows, opacity)) => {
                Shown { draws, over: Some(Over { draws: self.draws(&windows), opacity }), windows }
            }
        }
    }

    /// All draws of a picture, back to front.
    fn draws(&self, windows: &[Placed<'_>]) -> Vec<Draw> {
        let Self { layout, wall, .. } = *self;
        let theme = Theme::built_in();
        let palette = theme.palette(layout.hall.mode);
        let mut draws = Vec::new();
        for placed in windows {
            // Marks keep the size that their scene gives them while their window changes its own.
            let style = Style::new(palette, &theme.measures, &layout.hall, wall.canvas, placed.window.rect);
            let opacity = placed.window.opacity;
            let mut pen = Pen { draws: &mut draws, window: placed.rect, corner: placed.corner, opacity };
            self.draw_window(&mut pen, &style, placed);
        }
        draws
    }

    fn draw_window(&self, pen: &mut Pen<'_>, style: &Style<'_>, placed: &Placed<'_>) {
        let Placed { window, rect, crop, corner } = placed;
        let Window { id: _, rect: own, content, z: _, opacity: _, border, corner: _, small_stream: _ } =
            window;
        match content {
            WindowContent::Source { source, crop: _, fit, label, slot: _ } => {
                if let Some(source) = self.layout.source(source) {
                    self.draw_source(pen, style, source, (*crop, *fit, *label));
                }
            }
            WindowContent::Text(text) => {
                draw_text(pen, self.layout, text, *own, border.map_or(0, |border| border.width));
            }
            WindowContent::Image { path, crop: _, fit } => {
                let raster = Raster::Image { path: path.clone(), crop: *crop, fit: *fit };
                pen.put(Content::Raster(Arc::new(raster)), *rect);
            }
            WindowContent::Widget(content) => widget::widget(pen, style, self, content),
            WindowContent::Banner(content) => widget::banner(pen, self, content),
        }
        if let Some(border) = border {
            pen.ring(Outline { radius: *corner, ring: border.width }, border.color);
        }
    }

    fn draw_source(
        &self,
        pen: &mut Pen<'_>,
        style: &Style<'_>,
        source: &Source,
        (crop, fit, label): (Crop, Fit, bool),
    ) {
        let palette = style.palette;
        let nothing = SourceState { picture: None, captured: None, health: Health::Connecting };
        let state = self.states.get(&source.id).copied().unwrap_or(nothing);
        let picture = state.picture.filter(|size| size.area() > 0);
        let (dot, live) = match (state.health, picture) {
            (Health::Live, Some(size)) => {
                self.draw_picture(pen, style, source, state, (size, crop, fit));
                (palette.ok.0, true)
            }
            (Health::Stale { since }, Some(size)) => {
                self.draw_picture(pen, style, source, state, (size, crop, fit));
                marks::stale(pen, style, since, self.now);
                (palette.stale.0, false)
            }
            (Health::Lost { since, fault }, _) => {
                marks::lost(pen, style, source, fault, since, self.now);
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

    /// The picture itself, and what belongs to it wherever it is shown.
    fn draw_picture(
        &self,
        pen: &mut Pen<'_>,
        style: &Style<'_>,
        source: &Source,
        state: SourceState,
        (size, crop, fit): (Size, Crop, Fit),
    ) {
        let (crop, rect) = fit_picture(size, crop, pen.window, fit);
        if rect != pen.window {
            pen.put(Content::Fill(style.palette.surface.0), pen.window);
        }
        pen.put(Content::Video { source: source.id.clone(), crop }, rect);
        let pictured = overlay::Pictured { size, crop, rect };
        let answer = source.detections.as_ref().and_then(|query| self.answers.get(query));
        if let (Some(answer), Some(captured)) = (answer, state.captured) {
            overlay::detections(pen, style, &pictured, answer, &source.id, captured);
        }
        // Above what was found, so that a box cannot draw into a zone that nobody is to see.
        overlay::masks(pen, style.palette, &pictured, &source.masks, self.pitch_max());
    }

    /// The side of the wall's largest pixel, and of the canvas's own.
    fn pitch_max(&self) -> CanvasUnit {
        let pitch = |screen: &Screen| {
            let PixelGrid { area, size } = screen.grid;
            let (wide, high) = (i64::from(size.width).max(1), i64::from(size.height).max(1));
            (area.width / wide).max(area.height / high) + 1
        };
        self.wall.screens.iter().map(pitch).fold(CANVAS_PIXEL, CanvasUnit::max)
    }

    /// What one screen shows.
    fn screen_plan(&self, screen: &Screen, shown: &Shown<'_>, stamp: Option<&Stamp>) -> TilePlan {
        let plan = self.plan(&screen.id, screen.output, screen.grid, shown);
        match stamp {
            Some(Stamp { node }) => self.with_stamp(plan, [(screen, node)].into_iter(), &shown.windows),
            None => plan,
        }
    }

    /// `plan` with the sync stamp of some screens over it.
    fn with_stamp<'s>(
        &self,
        mut plan: TilePlan,
        screens: impl Iterator<Item = (&'s Screen, &'s NodeId)>,
        windows: &[Placed<'_>],
    ) -> TilePlan {
        let facts = stamp::Facts {
            wall: self.wall,
            palette: Theme::built_in().palette(self.layout.hall.mode),
            canvas_frame: self.canvas_frame,
            now: self.now,
            utc_offset_s: self.layout.hall.utc_offset_s,
            states: self.states,
        };
        let mut draws = Vec::new();
        stamp::bars(&facts, &mut draws);
        for (screen, node) in screens {
            stamp::screen(&facts, &format!("{node} · {}", screen.id), screen.grid, windows, &mut draws);
        }
        lay_over(&mut plan, draws);
        plan
    }

    /// What one grid of pixels shows of the pictures.
    fn plan(&self, screen: &ScreenId, output: Output, grid: PixelGrid, shown: &Shown<'_>) -> TilePlan {
        let seen = |draw: &&Draw| meet(draw.rect, grid.area) && meet(draw.clip, grid.area);
        let here = |draws: &[Draw]| draws.iter().filter(seen).cloned().collect::<Vec<_>>();
        let draws = here(&shown.draws);
        let over = shown.over.as_ref().map(|over| Over { draws: here(&over.draws), opacity: over.opacity });
        TilePlan {
            screen: screen.clone(),
            canvas_frame: self.canvas_frame,
            output,
            grid,
            background: Rgba { a: 255, ..self.wall.background },
            // Where the two pictures are one, there is nothing to lay over.
            over: over.filter(|over| over.draws != draws),
            draws,
        }
    }
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

/// Words are set for `own`, the window as its scene has it, and keep their lines while the window changes its size.
fn draw_text(pen: &mut Pen<'_>, layout: &Layout, text: &TextContent, own: CanvasRect, border: CanvasUnit) {
    let TextContent { words, size, color, background, align, vertical, weight, padding } = text;
    if let Some(background) = background {
        pen.put(Content::Fill(*background), pen.window);
    }
    let (window, inset) = (pen.window, padding + border);
    let (width, height) = ((own.width - 2 * inset).max(1), (own.height - 2 * inset).max(1));
    let start = |align: &Align, free: CanvasUnit| match align {
        Align::Start => inset,
        Align::Middle => free / 2,
        Align::End => free - inset,
    };
    let x = window.x + start(align, window.width - width);
    let y = window.y + start(vertical, window.height - height);
    let rect = CanvasRect { x, y, width, height };
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
