//! Small pictures for people who choose: a scene as a whole, a source alone. They are solved for their own few pixels, so that
//! what a privacy zone hides stays hidden however small the picture is.

use super::marks::Style;
use super::{Pen, SourceStates, Tick};
use crate::layout::{Layout, Screen, Wall};
use crate::on_air::OnAir;
use crate::plan::{CanvasRect, Crop, Fit, Output, PixelGrid, Rgba, Rotation, TilePlan};
use crate::theme::Theme;
use crate::widget::Answers;
use media::{CanvasFrame, SceneId, Size, SourceId, WallId, WallTime};

/// The whole canvas of `wall` with `scene` on it, as one picture of `size`. `None` when there is no such wall or scene, or the
/// scene is made for another wall. The plan bears the name of the wall's first screen.
#[expect(clippy::too_many_arguments, reason = "a tick is what it is solved from, each of its own kind")]
pub fn solve_scene(
    layout: &Layout,
    wall: &WallId,
    scene: &SceneId,
    size: Size,
    canvas_frame: CanvasFrame,
    now: WallTime,
    states: &SourceStates,
    answers: &Answers,
) -> Option<TilePlan> {
    let wall = layout.wall(wall)?;
    if layout.scene(scene)?.wall != wall.id {
        return None;
    }
    let (small, screen) = shrunk(wall, wall.canvas, size)?;
    let tick = Tick { layout, wall: &small, canvas_frame, now, states, answers };
    let shown = tick.pictures(&OnAir::still(scene.clone()));
    Some(tick.plan(&screen.id, screen.output, screen.grid, &shown))
}

/// The newest picture of `source` in a picture of `size`, whole, with its privacy zones and marks; or the card that stands in
/// its place. `None` when there is no such wall or source.
pub fn solve_source(
    layout: &Layout,
    wall: &WallId,
    source: &SourceId,
    size: Size,
    now: WallTime,
    states: &SourceStates,
) -> Option<TilePlan> {
    let (wall, source) = (layout.wall(wall)?, layout.source(source)?);
    // As wide as the wall, so that words on cards are as large in it as they are on a wall.
    let height = wall.canvas.width / i64::from(size.width.max(1)) * i64::from(size.height);
    let area = CanvasRect { x: 0, y: 0, height: height.max(1), ..wall.canvas };
    let (small, screen) = shrunk(wall, area, size)?;
    let answers = Answers::default();
    let tick = Tick { layout, wall: &small, canvas_frame: CanvasFrame(0), now, states, answers: &answers };
    let theme = Theme::built_in();
    let palette = theme.palette(layout.hall().mode);
    let style = Style::new(palette, &theme.measures, layout.hall(), area, area);
    let mut draws = Vec::new();
    let mut pen = Pen { draws: &mut draws, window: area, corner: 0, opacity: 255 };
    tick.draw_source(&mut pen, &style, source, (Crop::ALL, Fit::Contain, false));
    Some(TilePlan {
        screen: screen.id,
        canvas_frame: CanvasFrame(0),
        output: screen.output,
        grid: screen.grid,
        background: Rgba { a: 255, ..wall.background },
        draws,
        over: None,
    })
}

/// `wall` with `area` as its canvas and one screen of `size` over all of it.
fn shrunk(wall: &Wall, area: CanvasRect, size: Size) -> Option<(Wall, Screen)> {
    let (output, grid) = (Output { size, rotation: Rotation::None }, PixelGrid { area, size });
    let screen = Screen { output, grid, ..wall.screens.first()?.clone() };
    Some((Wall { canvas: area, screens: vec![screen.clone()], ..wall.clone() }, screen))
}
