//! What hands do on the canvas: look around, select, drag, resize, crop, drop.

use crate::app::Editor;
use crate::canvas::{CanvasState, GRID, handles, is_picture};
use editor_model::{Grip, Handle, Item, Rect as Place, Sort, crop_moved, crop_scaled, percent_of, spoken};
use egui::{CursorIcon, Key, PointerButton, Response, Ui, vec2};
use layouts::WindowContent;
use layouts_edit::{NewContent, Percent};
use media::SourceId;

/// How near a line must be to hold something, in points.
const REACH: f32 = 7.0;

/// What is being done by dragging.
pub(super) enum Gesture {
    /// Windows are moved.
    Move { grip: Box<Grip>, from: (i64, i64) },
    /// A handle is dragged.
    Resize { grip: Box<Grip>, handle: Handle, from: (i64, i64) },
    /// Several are selected.
    Marquee { from: (i64, i64), more: bool },
    /// The picture moves behind its window.
    Crop { from: (i64, i64), crop: Percent, gesture: u64 },
}

/// Pans and zooms.
pub(super) fn look_around(canvas: &mut CanvasState, ui: &Ui, ground: &Response) {
    let pointer = ui.input(|input| input.pointer.hover_pos());
    let inside =
        pointer.filter(|at| ground.rect.contains(*at) && ui.ctx().layer_id_at(*at) == Some(ui.layer_id()));
    canvas.pointer = ui.input(|input| input.pointer.latest_pos()).map(|at| canvas.view.place(at));
    canvas.hovered = inside.is_some();
    let Some(at) = inside else { return };
    let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
    if canvas.cropping.is_none() && scroll != egui::Vec2::ZERO {
        canvas.view.pan(scroll);
    }
    if (zoom - 1.0).abs() > f32::EPSILON {
        canvas.view.zoom(f64::from(zoom), at);
    }
    let (middle, space) =
        ui.input(|input| (input.pointer.button_down(PointerButton::Middle), input.key_down(Key::Space)));
    let held = space && ui.input(|input| input.pointer.primary_down());
    if middle || held {
        canvas.view.pan(ui.input(|input| input.pointer.delta()));
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
}

fn pans(ui: &Ui) -> bool {
    ui.input(|input| input.key_down(Key::Space) || input.pointer.button_down(PointerButton::Middle))
}

/// Clicks on nothing, and the marquee.
pub(super) fn ground(editor: &mut Editor, ui: &Ui, ground: &Response) {
    let more = ui.input(|input| input.modifiers.shift);
    if ground.clicked() {
        editor.canvas.end_crop();
        if !more {
            editor.session.select([], false);
        }
    }
    if ground.drag_started_by(PointerButton::Primary) && !pans(ui) {
        editor.canvas.gesture = pressed(editor, ui).map(|from| Gesture::Marquee { from, more });
    }
    if ground.drag_stopped()
        && let Some(Gesture::Marquee { from, more }) = editor.canvas.gesture.take()
        && let Some(to) = editor.canvas.pointer
    {
        editor.session.select_in(Place::between(from, to), more);
    }
}

/// Where on the canvas the button went down.
fn pressed(editor: &Editor, ui: &Ui) -> Option<(i64, i64)> {
    let at = ui.input(|input| input.pointer.press_origin().or(input.pointer.latest_pos()))?;
    Some(editor.canvas.view.place(at))
}

/// How far the pointer has come from `from` on the canvas, in whole pixels of it: what stood on pixels stays on them.
fn way(editor: &Editor, from: (i64, i64)) -> (i64, i64) {
    let at = editor.canvas.pointer.unwrap_or(from);
    let whole = |thousandths: i64| (thousandths + 500).div_euclid(1000) * 1000;
    (whole(at.0 - from.0), whole(at.1 - from.1))
}

/// How far on the canvas a line attracts; not at all while snapping is off.
fn reach(editor: &Editor, ui: &Ui) -> i64 {
    match editor.preferences.snap && !ui.input(|input| input.modifiers.alt) {
        true => editor.canvas.view.distance(vec2(REACH, 0.0)).0,
        false => 0,
    }
}

/// Takes hold of what is selected.
fn grip(editor: &mut Editor) -> Option<Box<Grip>> {
    let grid = if editor.preferences.grid { GRID } else { 0 };
    editor.session.grip(grid).map(Box::new)
}

/// Clicks and drags on a window.
pub(super) fn window(editor: &mut Editor, ui: &Ui, item: &Item, response: &Response) {
    let more = ui.input(|input| input.modifiers.shift);
    if response.double_clicked() {
        editor.session.select([item.id.clone()], false);
        editor.canvas.end_crop();
        editor.canvas.toggle_crop(&editor.session);
    } else if response.clicked() {
        if editor.canvas.cropping.as_ref() != Some(&item.id) {
            editor.canvas.end_crop();
        }
        match more {
            true => editor.session.toggle(&item.id),
            false => editor.session.select([item.id.clone()], false),
        }
    }
    if response.secondary_clicked() && !item.selected {
        editor.session.select([item.id.clone()], false);
    }
    if editor.canvas.cropping.as_ref() == Some(&item.id) {
        crop(editor, ui, item, response);
    } else {
        drag(editor, ui, item, response, more);
    }
}

fn drag(editor: &mut Editor, ui: &Ui, item: &Item, response: &Response, more: bool) {
    if response.drag_started_by(PointerButton::Primary) && !pans(ui) {
        if !item.selected {
            editor.session.select([item.id.clone()], more);
        }
        editor.canvas.end_crop();
        let from = pressed(editor, ui);
        let grip = grip(editor);
        editor.canvas.gesture = grip.zip(from).map(|(grip, from)| Gesture::Move { grip, from });
    }
    if response.dragged_by(PointerButton::Primary)
        && let Some(Gesture::Move { grip, from }) = editor.canvas.gesture.take()
    {
        let (by, reach) = (way(editor, from), reach(editor, ui));
        let moved = editor.session.drag(&grip, by, reach);
        editor.canvas.guides = editor.tell(moved).unwrap_or_default();
        editor.canvas.gesture = Some(Gesture::Move { grip, from });
    }
    if response.drag_stopped() {
        editor.canvas.gesture = None;
    }
}

/// The crop that a window has.
fn crop_of(editor: &Editor, item: &Item) -> Option<Percent> {
    let window = editor.session.scene()?.window(&item.id)?;
    match &window.content {
        WindowContent::Source { crop, .. } | WindowContent::Image { crop, .. } => Some(percent_of(*crop)),
        _ => None,
    }
}

/// Moves and scales the picture behind a window.
fn crop(editor: &mut Editor, ui: &Ui, item: &Item, response: &Response) {
    let Some(now) = crop_of(editor, item) else { return };
    if response.drag_started_by(PointerButton::Primary) {
        let from = pressed(editor, ui);
        let gesture = editor.session.gesture();
        editor.canvas.gesture = from.map(|from| Gesture::Crop { from, crop: now, gesture });
    }
    if response.dragged_by(PointerButton::Primary)
        && let Some(&Gesture::Crop { from, crop, gesture }) = editor.canvas.gesture.as_ref()
    {
        let (by, Percent([_, _, width, height])) = (way(editor, from), crop);
        let part = |by: i64, side: i64, of: i64| -by * of / side.max(1);
        let by = (part(by.0, item.rect.width, width), part(by.1, item.rect.height, height));
        let done = editor.session.crop(spoken(crop_moved(crop, by)), Some(gesture));
        editor.tell(done);
    }
    if response.drag_stopped() {
        editor.canvas.gesture = None;
    }
    let scroll = ui.input(|input| input.smooth_scroll_delta().y);
    if response.hovered() && scroll != 0.0 {
        // A notch of the wheel is about a tenth.
        let e3 = (1000.0 * (1.0 - scroll / 400.0)).clamp(500.0, 2000.0) as i64;
        // Scaling goes on as long as the same window is cropped: one step.
        let gesture = (1 << 62) | u64::try_from(item.index).unwrap_or(0);
        let done = editor.session.crop(spoken(crop_scaled(now, e3)), Some(gesture));
        editor.tell(done);
    }
}

/// The handles of what is selected.
pub(super) fn handles(editor: &mut Editor, ui: &Ui) {
    if editor.canvas.cropping.is_some() {
        return;
    }
    let around = Place::around(editor.session.movable().into_iter().map(|item| item.rect));
    let Some(around) = around else { return };
    let rect = editor.canvas.view.rect(around);
    for (handle, response) in handles::show(ui, rect, editor.preferences.language) {
        if response.drag_started() {
            let from = pressed(editor, ui);
            let grip = grip(editor);
            editor.canvas.gesture = grip.zip(from).map(|(grip, from)| Gesture::Resize { grip, handle, from });
        }
        if response.dragged()
            && let Some(Gesture::Resize { grip, handle, from }) = editor.canvas.gesture.take()
        {
            let keep_aspect = ui.input(|input| input.modifiers.shift);
            let (by, reach) = (way(editor, from), reach(editor, ui));
            let done = editor.session.stretch(&grip, handle, by, keep_aspect, reach);
            editor.canvas.guides = editor.tell(done).unwrap_or_default();
            editor.canvas.gesture = Some(Gesture::Resize { grip, handle, from });
        }
        if response.drag_stopped() {
            editor.canvas.gesture = None;
        }
    }
}

/// A source that is dropped: into a window that shows pictures, else as a new window.
pub(super) fn drop_source(editor: &mut Editor, ui: &Ui, ground: &Response) {
    let released = ui.input(|input| input.pointer.any_released());
    let at = ui.input(|input| input.pointer.latest_pos()).filter(|at| ground.rect.contains(*at));
    let Some(at) = at else { return };
    let Some(source) = egui::DragAndDrop::payload::<SourceId>(ui.ctx()) else { return };
    let place = editor.canvas.view.place(at);
    let under = editor.session.items().into_iter().rev().find(|item| item.rect.contains(place));
    let over = under.as_ref().map_or(ground.rect, |item| editor.canvas.view.rect(item.rect));
    let edge = egui::Stroke::new(2.0, crate::style::Tokens::here(ui).accent);
    ui.painter().rect_stroke(over, 0.0, edge, egui::StrokeKind::Inside);
    if !released {
        return;
    }
    egui::DragAndDrop::clear_payload(ui.ctx());
    let scene = editor.session.scene();
    let fills = |item: &Item| scene.and_then(|scene| scene.window(&item.id)).is_some_and(is_picture);
    let shift = ui.input(|input| input.modifiers.shift);
    match under.filter(|item| fills(item) && !item.locked && !shift) {
        Some(item) => {
            let done = editor.session.show_source(&item.id, &source);
            editor.tell(done);
        }
        None => editor.add_source(&source, Some(place)),
    }
}

/// A kind of widget that is dropped becomes a new window.
pub(super) fn drop_widget(editor: &mut Editor, ui: &Ui, ground: &Response) {
    let released = ui.input(|input| input.pointer.any_released());
    let at = ui.input(|input| input.pointer.latest_pos()).filter(|at| ground.rect.contains(*at));
    let Some(at) = at else { return };
    let Some(sort) = egui::DragAndDrop::payload::<Sort>(ui.ctx()) else { return };
    let edge = egui::Stroke::new(2.0, crate::style::Tokens::here(ui).accent);
    ui.painter().rect_stroke(ground.rect, 0.0, edge, egui::StrokeKind::Inside);
    if released {
        egui::DragAndDrop::clear_payload(ui.ctx());
        editor.add_widget(*sort, Some(editor.canvas.view.place(at)));
    }
}

impl Editor {
    /// Opens a window for `source` with its middle at `at`, else in the middle of the canvas.
    pub(crate) fn add_source(&mut self, source: &SourceId, at: Option<(i64, i64)>) {
        let name = ("添加信号源".to_owned(), "Add source".to_owned());
        let rect = self.room(at, (16, 9));
        let done = self.session.add(name, NewContent::Source(source.clone()), rect);
        self.tell(done);
    }

    /// Opens a window with words in the middle of the canvas.
    pub(crate) fn add_text(&mut self) -> Result<(), layouts_edit::EditError> {
        let name = ("添加文字".to_owned(), "Add text".to_owned());
        let rect = self.room(None, (6, 1));
        let size = (rect.height / 2).clamp(12_000, 96_000);
        let words = ("文字".to_owned(), "Text".to_owned());
        self.session.add(name, NewContent::Text { words, size }, rect)
    }

    /// A place for something new: a third of the canvas wide, or as much as fits.
    pub(crate) fn room(&self, at: Option<(i64, i64)>, (wide, high): (i64, i64)) -> Place {
        let canvas = self.session.canvas();
        let width = (canvas.width / 3).min(canvas.height * wide / high).max(16_000) / 1000 * 1000;
        let height = (width * high / wide).max(16_000) / 1000 * 1000;
        let (x, y) = at.unwrap_or((canvas.x + canvas.width / 2, canvas.y + canvas.height / 2));
        let whole = |value: i64| value.div_euclid(1000) * 1000;
        Place { x: whole(x - width / 2), y: whole(y - height / 2), width, height }
    }
}
