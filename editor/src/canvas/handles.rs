//! The eight handles of what is selected, each with a name that can be found and read aloud.

use crate::canvas::guides::corner;
use crate::style::Tokens;
use crate::words::{Language, Word};
use editor_model::Handle;
use egui::{CursorIcon, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

/// A handle's side on the screen, in points.
const SIDE: f32 = 9.0;
/// The side of where it can be taken hold of.
const REACH: f32 = 16.0;
/// What is narrower has no handles in the middle of its edges.
const ROOM: f32 = 48.0;

const NAMES: [Word; 8] = [
    Word::HandleTopLeft,
    Word::HandleTop,
    Word::HandleTopRight,
    Word::HandleRight,
    Word::HandleBottomRight,
    Word::HandleBottom,
    Word::HandleBottomLeft,
    Word::HandleLeft,
];

fn cursor(handle: Handle) -> CursorIcon {
    match (handle.x, handle.y) {
        (-1, -1) | (1, 1) => CursorIcon::ResizeNwSe,
        (1, -1) | (-1, 1) => CursorIcon::ResizeNeSw,
        (0, _) => CursorIcon::ResizeVertical,
        _ => CursorIcon::ResizeHorizontal,
    }
}

/// Shows the handles of `rect` on the screen; gives each with what happens to it.
pub fn show(ui: &Ui, rect: Rect, language: Language) -> Vec<(Handle, Response)> {
    let tokens = Tokens::here(ui);
    let mut all = Vec::new();
    for (handle, name) in Handle::ALL.into_iter().zip(NAMES) {
        let (narrow, low) = (rect.width() < ROOM, rect.height() < ROOM);
        if (handle.x == 0 && narrow) || (handle.y == 0 && low) {
            continue;
        }
        let at = corner(rect, handle.x, handle.y);
        let reach = Rect::from_center_size(at, Vec2::splat(REACH));
        let response = ui.interact(reach, Id::unique(("handle", name)), Sense::drag());
        let response = response.on_hover_and_drag_cursor(cursor(handle));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name.get(language)));
        let side = if response.hovered() || response.dragged() { SIDE + 3.0 } else { SIDE };
        let square = Rect::from_center_size(at, Vec2::splat(side));
        ui.painter().rect(square, 2.0, tokens.text, Stroke::new(1.5, tokens.accent), StrokeKind::Inside);
        all.push((handle, response));
    }
    all
}
