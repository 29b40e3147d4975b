//! The axis of time: seconds to points and back, the ruler, and the playhead that can be dragged.

use crate::app::Editor;
use crate::panels::clock;
use crate::style::Tokens;
use crate::words::Word;
use egui::{FontId, Rangef, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::time::Duration;

/// Distances of marks on the ruler, in seconds.
const STEPS: [u64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400];
/// How far apart marks are at least, in points.
const APART: f32 = 64.0;
/// How high the ruler is.
const RULER: f32 = 22.0;
/// The most that a line is enlarged.
const ZOOM_MAX: f32 = 64.0;

/// Time along a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    left: f32,
    width: f32,
    length: Duration,
}

impl Axis {
    /// Where a moment lies.
    pub fn x(&self, at: Duration) -> f32 {
        self.left + at.as_secs_f32() / self.length.as_secs_f32().max(1e-3) * self.width
    }

    /// Which moment lies at `x`.
    pub fn at(&self, x: f32) -> Duration {
        let along = ((x - self.left) / self.width.max(1.0)).max(0.0);
        self.length.mul_f32(along)
    }

    /// From where to where a stretch of time lies, within `lane`.
    pub fn stretch(&self, lane: Rect, from: Duration, to: Duration) -> Rect {
        Rect::from_x_y_ranges(self.x(from)..=self.x(to).max(self.x(from) + 2.0), lane.y_range())
    }

    /// A lane for this axis.
    pub fn lane(&self, ui: &mut Ui, height: f32) -> Rect {
        ui.allocate_exact_size(vec2(self.width, height), Sense::hover()).0
    }
}

/// Draws the ruler over `length`, and gives its axis. `local` are the seconds after midnight at which the line begins, where it shows hours
/// of a day. A press anywhere on it takes the playhead there.
pub(super) fn ruler(
    editor: &mut Editor,
    ui: &mut Ui,
    width: f32,
    length: Duration,
    local: Option<Duration>,
) -> Axis {
    let tokens = Tokens::here(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, RULER), Sense::click_and_drag());
    let axis = Axis { left: rect.left(), width: rect.width(), length };
    let (name, head) = (Word::Playhead.get(editor.preferences.language), editor.time.head());
    response.widget_info(|| WidgetInfo::slider(true, head.as_secs_f64(), name));
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let fits = |step: &u64| axis.x(Duration::from_secs(*step)) - axis.left >= APART;
    let step = STEPS.into_iter().find(fits).unwrap_or(STEPS[STEPS.len() - 1]);
    let visible = ui.clip_rect();
    for mark in (0..=length.as_secs()).step_by(usize::try_from(step).unwrap_or(1)) {
        let at = Duration::from_secs(mark);
        let x = axis.x(at);
        if x < visible.left() - APART || x > visible.right() {
            continue;
        }
        painter.vline(x, Rangef::new(rect.bottom() - 5.0, rect.bottom()), Stroke::new(1.0, tokens.line));
        let words = match local {
            Some(begin) if step >= 60 => {
                let minutes = (begin + at).as_secs() / 60;
                format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
            }
            _ => clock(at),
        };
        // What has no room to be read is not written.
        if x + 36.0 > rect.right() {
            continue;
        }
        let place = pos2(x + 3.0, rect.center().y - 1.0);
        painter.text(place, egui::Align2::LEFT_CENTER, words, FontId::proportional(11.0), tokens.muted);
    }
    if (response.clicked() || response.dragged())
        && let Some(pointer) = response.interact_pointer_pos()
    {
        editor.scrub(axis.at(pointer.x));
    }
    axis
}

/// Draws the playhead over the lanes.
pub(super) fn playhead(editor: &Editor, ui: &Ui, axis: &Axis, lanes: Rangef) {
    let tokens = Tokens::here(ui);
    let color = if editor.time.is_on_canvas() { tokens.warn } else { tokens.muted };
    let x = axis.x(editor.time.head());
    let painter = ui.painter();
    painter.vline(x, lanes, Stroke::new(1.5, color));
    let top = lanes.min + RULER;
    let corners = [(-5.0, -9.0), (5.0, -9.0), (5.0, -4.0), (0.0, 0.0), (-5.0, -4.0)];
    let corners = corners.map(|(dx, dy)| pos2(x + dx, top + dy));
    painter.add(egui::Shape::convex_polygon(corners.to_vec(), color, Stroke::NONE));
}

/// How wide the line is in `room`: Ctrl and the wheel make it wider.
pub(super) fn zoomed(editor: &mut Editor, ui: &Ui, room: Rect) -> f32 {
    if ui.rect_contains_pointer(room) {
        let zoom = ui.input(|input| input.zoom_delta());
        editor.time.zoom = (editor.time.zoom * zoom).clamp(1.0, ZOOM_MAX);
    }
    // So narrow that what stands behind the last block and the playhead at the end still have their place.
    (room.width() - 36.0).max(40.0) * editor.time.zoom
}
